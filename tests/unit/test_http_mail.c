/*
 * Mail on the wire: what a server's replies, and its silence, are taken for.
 * Run by make check, against a server of its own on loopback: a child that follows a script.
 * The point of it all: NOT_SENT is never said of a mail that may have been taken.
 */
#include "tests/unit/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SEEN_MAX 200000

/* A reply for each of the steps; "" = hangs up without one, NULL = says nothing. */
struct smtp {
	const char *hello, *ehlo, *auth, *from, *to, *data, *end, *quit;
};

static const struct smtp friendly = {
    "220 mx ready",
    "250-mx\r\n250-8BITMIME\r\n250 AUTH PLAIN",
    "235 welcome",
    "250 ok",
    "250 ok",
    "354 go on",
    "250-two lines\r\n250 OK id=1",
    "221 bye"};

static char *seen; /* what the child read, shared with it */
static pid_t child;
static unsigned port;

static void say(FILE *to, const char *reply)
{
	if (!reply)
		return;
	if (!*reply)
		_exit(0);
	fprintf(to, "%s\r\n", reply);
	fflush(to);
}

static const char *reply_to(const struct smtp *s, const char *line)
{
	if (strncasecmp(line, "EHLO", 4) == 0 || strncasecmp(line, "HELO", 4) == 0)
		return s->ehlo;
	if (strncasecmp(line, "MAIL", 4) == 0)
		return s->from;
	if (strncasecmp(line, "RCPT", 4) == 0)
		return s->to;
	if (strncasecmp(line, "DATA", 4) == 0)
		return s->data;
	return strncasecmp(line, "QUIT", 4) == 0 ? s->quit : "250 fine";
}

static void converse(int fd, const struct smtp *s)
{
	FILE *f = fdopen(fd, "r+");
	FILE *to = f ? fdopen(dup(fd), "w") : NULL;
	static char line[100000];
	bool in_data = false, in_auth = false;
	size_t at = strlen(seen);

	if (!to)
		_exit(1);
	say(to, s->hello);
	while (fgets(line, sizeof line, f)) {
		if (at + strlen(line) < SEEN_MAX)
			at += (size_t)snprintf(seen + at, SEEN_MAX - at, "%s", line);
		if (in_data && strcmp(line, ".\r\n") != 0)
			continue;
		if (strncasecmp(line, "AUTH", 4) == 0) {
			in_auth = true;
			say(to, "334 ");
			continue;
		}
		say(to, in_auth ? s->auth : in_data ? s->end : reply_to(s, line));
		in_auth = false;
		in_data = !in_data && strncasecmp(line, "DATA", 4) == 0 &&
			  strncmp(s->data, "354", 3) == 0;
	}
	fclose(to);
	fclose(f);
}

static void serve(const struct smtp *s)
{
	int fd = server_listen(&port);

	seen[0] = '\0';
	child = fork();
	assert_int_not_equal(child, -1);
	if (child == 0) {
		alarm(60);
		for (int i = 0; i < 8; i++) {
			int one = accept(fd, NULL, NULL);

			if (one != -1)
				converse(one, s);
		}
		_exit(0);
	}
	close(fd);
}

static int stop(void **state)
{
	(void)state;
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	child = 0;
	return 0;
}

static struct request mail(const struct envelope *e)
{
	static char url[64];

	snprintf(url, sizeof url, "smtp://127.0.0.1:%u", port);
	return (struct request){
	    .method = "MAIL",
	    .url = url,
	    .envelope = e,
	    .body = "Subject: x\r\n\r\n.\r\n..dots\r\nend\r\n",
	    .body_len = 30,
	    .max_body = 4096,
	    .timeout_ms = 5000};
}

static const struct envelope local = {
    .from = "twicket@example.net",
    .to = "help@example.net",
    .user = "",
    .password = "",
    .is_local = true};

static struct wire_got send_to(const struct smtp *s, const struct envelope *e)
{
	struct request r;

	serve(s);
	r = mail(e);
	return wire_ask(&r);
}

static void test_taken(void **state)
{
	struct wire_got g = send_to(&friendly, &local);

	(void)state;
	assert_int_equal(g.transport, TRANSPORT_ANSWERED);
	assert_int_equal(g.status, 250);
	assert_string_equal(g.body, "two lines OK id=1");
	assert_non_null(strstr(seen, "\r\nMAIL FROM:<twicket@example.net>"));
	assert_non_null(strstr(seen, "\r\nRCPT TO:<help@example.net>"));
	assert_non_null(
	    strstr(seen, "\r\nDATA\r\nSubject: x\r\n\r\n..\r\n...dots\r\nend\r\n.\r\n"));
	assert_null(strstr(seen, "AUTH"));
}

static void test_login(void **state)
{
	struct envelope e = local;
	struct wire_got g;

	(void)state;
	e.user = "bob";
	e.password = "pass";
	g = send_to(&friendly, &e);
	assert_int_equal(g.status, 250);
	assert_non_null(strstr(seen, "AUTH PLAIN"));
	assert_non_null(strstr(seen, "AGJvYgBwYXNz")); /* \0bob\0pass */
}

/* Each step refused, and each step followed by silence. */
static void test_refusals(void **state)
{
	static const struct {
		size_t at;
		const char *reply;
		enum transport transport;
		int status;
	} cases[] = {
	    {offsetof(struct smtp, hello), "554 not for you", TRANSPORT_ANSWERED, 554},
	    {offsetof(struct smtp, auth), "535 wrong password", TRANSPORT_ANSWERED, 535},
	    {offsetof(struct smtp, from), "530 who are you", TRANSPORT_ANSWERED, 530},
	    {offsetof(struct smtp, to), "550 nobody here", TRANSPORT_ANSWERED, 550},
	    {offsetof(struct smtp, to), "450 later", TRANSPORT_ANSWERED, 450},
	    {offsetof(struct smtp, data), "451 later", TRANSPORT_ANSWERED, 451},
	    {offsetof(struct smtp, end), "554 spam", TRANSPORT_ANSWERED, 554},
	    {offsetof(struct smtp, end), "451 disk full", TRANSPORT_ANSWERED, 451},
	    {offsetof(struct smtp, hello), "", TRANSPORT_NOT_SENT, 0},
	    {offsetof(struct smtp, ehlo), "", TRANSPORT_NOT_SENT, 0},
	    {offsetof(struct smtp, from), "", TRANSPORT_NOT_SENT, 0},
	    {offsetof(struct smtp, to), "", TRANSPORT_NOT_SENT, 0},
	    {offsetof(struct smtp, data), "", TRANSPORT_NOT_SENT, 0},
	    {offsetof(struct smtp, end), "", TRANSPORT_NO_ANSWER, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct envelope e = local;
		struct smtp s = friendly;
		struct wire_got g;

		e.user = "bob";
		e.password = "pass";
		*(const char **)(void *)((char *)&s + cases[i].at) = cases[i].reply;
		g = send_to(&s, &e);
		if (g.transport != cases[i].transport || g.status != cases[i].status ||
		    g.is_of_text != (g.status && cases[i].at == offsetof(struct smtp, end)))
			fail_msg(
			    "case %zu: transport %d, status %d, %s%s", i, (int)g.transport,
			    g.status, g.error, g.body);
		stop(NULL);
	}
}

/* libcurl waits for the goodbye of a server that has answered: the loop stands still so long. */
static void test_no_goodbye(void **state)
{
	struct smtp s = friendly;
	struct timespec before, after;
	struct wire_got g;

	(void)state;
	s.quit = NULL;
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(send_to(&s, &local).status, 250);
	stop(NULL);
	s.to = "550 nobody here";
	g = send_to(&s, &local);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_int_equal(g.status, 550);
	assert_true(after.tv_sec - before.tv_sec < 30);
}

/* Without STARTTLS nothing is said to a server that is not this machine. */
static void test_no_tls(void **state)
{
	struct envelope e = local;
	struct wire_got g;

	(void)state;
	e.is_local = false;
	e.user = "bob";
	e.password = "pass";
	g = send_to(&friendly, &e);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
	assert_null(strstr(seen, "AUTH"));
	assert_null(strstr(seen, "MAIL"));
}

static void test_noop(void **state)
{
	struct request r;
	struct wire_got g;

	(void)state;
	serve(&friendly);
	r = mail(&local);
	r.method = "NOOP";
	r.body = NULL;
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_ANSWERED);
	assert_int_equal(g.status, 250);
	assert_string_equal(g.body, "fine");
	assert_null(strstr(seen, "MAIL"));
}

static void test_nobody_there(void **state)
{
	struct request r;
	struct wire_got g;
	int fd = server_listen(&port);

	(void)state;
	close(fd);
	r = mail(&local);
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
}

/* More than a buffer, and one mail after the other. */
static void test_large(void **state)
{
	size_t n = 0;
	char *body = malloc(130000);
	struct request r;
	struct wire_got g;

	(void)state;
	assert_non_null(body);
	for (int i = 0; i < 1500; i++)
		n += (size_t)snprintf(body + n, 130000 - n, ".%060d\r\n", i);
	serve(&friendly);
	for (int i = 0; i < 2; i++) {
		r = mail(&local);
		r.body = body;
		r.body_len = n;
		g = wire_ask(&r);
		assert_int_equal(g.status, 250);
	}
	assert_non_null(strstr(
	    seen, "\r\n..000000000000000000000000000000000000000000000000000000001499\r\n.\r\n"));
	free(body);
}

/* CONNECT goes no further than that. */
static void test_knock(void **state)
{
	struct request r;
	struct wire_got g;
	char url[64];

	(void)state;
	serve(&friendly);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/x", port);
	r = (struct request){.method = "CONNECT", .url = url, .timeout_ms = 5000};
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_ANSWERED);
	assert_int_equal(g.status, 200);
	stop(NULL);
	assert_string_equal(seen, "");
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
}

static void test_bad_requests(void **state)
{
	static const struct envelope bad[] = {
	    {.from = "a@b", .to = "c@d\r\nDATA", .is_local = true},
	    {.from = "a@b> SIZE=1", .to = "c@d", .is_local = true},
	    {.from = "a@b", .to = "", .is_local = true},
	    {.from = NULL, .to = "c@d", .is_local = true},
	    {.from = "a@b", .to = "c@d", .user = "x\n", .is_local = true},
	};
	struct request r = {
	    .method = "MAIL", .url = "smtp://127.0.0.1:1", .body = "x", .body_len = 1};
	struct wire_got g;
	struct err err;

	(void)state;
	assert_null(http_submit(wire_http, &r, NULL, wire_keep, &g, &err)); /* no envelope */
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		r.envelope = &bad[i];
		if (http_submit(wire_http, &r, NULL, wire_keep, &g, &err))
			fail_msg("envelope %zu was taken", i);
	}
	r.envelope = &local;
	r.method = "POST";
	assert_null(http_submit(wire_http, &r, NULL, wire_keep, &g, &err));
}

static int setup(void **state)
{
	seen = mmap(NULL, SEEN_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return seen == MAP_FAILED ? -1 : wire_setup(state);
}

static int teardown(void **state)
{
	munmap(seen, SEEN_MAX);
	return wire_teardown(state);
}

#define WITH_SERVER(f) cmocka_unit_test_teardown(f, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_SERVER(test_taken),        WITH_SERVER(test_login),  WITH_SERVER(test_refusals),
	    WITH_SERVER(test_no_goodbye),   WITH_SERVER(test_no_tls), WITH_SERVER(test_noop),
	    WITH_SERVER(test_nobody_there), WITH_SERVER(test_large),  WITH_SERVER(test_knock),
	    WITH_SERVER(test_bad_requests),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
