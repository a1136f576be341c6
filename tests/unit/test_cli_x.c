/*
 * X's PIN flow against scripted answers, and the line that is kept. Run by make check;
 * listens on loopback.
 */
#include "agent/cli_pin.h"
#include "tests/unit/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OK "HTTP/1.1 200 OK\r\nConnection: close\r\n"
#define REFUSED "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n"
#define TOKEN "oauth_token=REQUEST&oauth_token_secret=HIDDEN3&oauth_callback_confirmed=true"

/* --- a server that says what it is told ----------------------------------------------------- */

static pid_t child;

static void answer(int listener, const char *bytes)
{
	char request[8192];
	size_t n = 0;
	ssize_t got;
	int fd = accept(listener, NULL, NULL);

	while (n + 1 < sizeof request &&
	       (got = read(fd, request + n, sizeof request - n - 1)) > 0) {
		request[n += (size_t)got] = '\0';
		if (strstr(request, "\r\n\r\n"))
			break;
	}
	if (write(fd, bytes, strlen(bytes)) == -1)
		_exit(1);
	close(fd);
}

/* One answer to each connection, in this order. */
static void serve(char url[64], const char *first, const char *second)
{
	unsigned port;
	int listener = server_listen(&port);

	snprintf(url, 64, "http://127.0.0.1:%u/", port);
	child = fork();
	assert_int_not_equal(child, -1);
	if (child == 0) {
		alarm(60);
		answer(listener, first);
		if (second)
			answer(listener, second);
		_exit(0);
	}
	close(listener);
}

static int end(void **state)
{
	(void)state;
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	child = 0;
	server_stop();
	return 0;
}

/* --- the PIN flow --------------------------------------------------------------------------- */

static struct secret_app app = {"HIDDEN1", "HIDDEN2"};

struct flow {
	struct config_account account;
	char url[64];
	struct cli_net *net;
	struct pin pin;
	struct err err;
};

static void flow_start(struct flow *f, const char *first, const char *second)
{
	*f = (struct flow){.account = {.name = "status_x", .network = "x"}};
	if (first)
		serve(f->url, first, second);
	f->account.url = f->url;
	f->net = cli_net_create(&f->err);
	assert_non_null(f->net);
	pin_init(&f->pin, f->net, &f->account, &app);
}

static void flow_end(struct flow *f)
{
	assert_null(strstr(f->err.text, "HIDDEN"));
	pin_finish(&f->pin);
	assert_string_equal(f->pin.secret, "");
	cli_net_destroy(f->net);
	end(NULL);
}

static void test_base(void **state)
{
	struct config_account a = {.url = ""};
	struct pin p;

	(void)state;
	pin_init(&p, NULL, &a, &app);
	assert_string_equal(p.base, "https://api.x.com");
	a.url = "http://127.0.0.1:8001//";
	pin_init(&p, NULL, &a, &app);
	assert_string_equal(p.base, "http://127.0.0.1:8001");
}

static void test_request(void **state)
{
	struct flow f;
	struct buf url;
	char expected[200];

	(void)state;
	flow_start(&f, OK "\r\noauth_token=RE%2FQ%3D&oauth_token_secret=HIDDEN3&more=1", NULL);
	assert_int_equal(pin_request(&f.pin, &f.err), 0);
	assert_int_equal(f.pin.skew_s, 0);
	buf_init(&url, 1000);
	assert_int_equal(pin_url(&f.pin, &url, &f.err), 0);
	snprintf(expected, sizeof expected, "%soauth/authorize?oauth_token=RE%%2FQ%%3D", f.url);
	assert_string_equal(buf_text(&url), expected);
	buf_finish(&url);
	flow_end(&f);
}

/* What a request token is refused with -> what the admin reads. */
static void test_request_refused(void **state)
{
	static const struct {
		const char *answer, *expected;
	} cases[] = {
	    {REFUSED "\r\n{\"errors\":[{\"code\":32,\"message\":\"Could not authenticate you.\"}]}",
	     "X refuses the app (401: Could not authenticate you.): compare the keys with"},
	    {REFUSED "\r\n{\"title\":\"Unauthorized\",\"status\":401}",
	     "X refuses the app (401: Unauthorized)"},
	    {REFUSED "\r\n{\"errors\":[{\"message\":\"no app HIDDEN1\"}]}",
	     "refuses the app (401):"},
	    {REFUSED "\r\n<html>HIDDEN2", "refuses the app (401):"},
	    {"HTTP/1.1 403 Forbidden\r\n\r\n{\"errors\":[{\"code\":415,\"message\":\"Callback URL "
	     "not "
	     "approved\"}]}",
	     "User authentication settings"},
	    {"HTTP/1.1 503 Over capacity\r\n\r\n", "X refuses the app (503)"},
	    {OK "\r\n", "but not as X does"},
	    {OK "\r\noauth_token=a&oauth_token=b", "but not as X does"},
	    {OK "\r\noauth_token=%00&oauth_token_secret=b", "but not as X does"},
	    {OK "\r\noauth_token=a%20b&oauth_token_secret=HIDDEN3", "but not as X does"},
	    {OK "\r\nxoauth_token=a&oauth_token_secretx=b&&=&%", "but not as X does"},
	    {OK "\r\n{\"oauth_token\":\"a\"}", "but not as X does"},
	};
	struct flow f;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		flow_start(&f, cases[i].answer, NULL);
		assert_int_equal(pin_request(&f.pin, &f.err), -1);
		if (!strstr(f.err.text, cases[i].expected))
			fail_msg("case %zu: %s", i, f.err.text);
		flow_end(&f);
	}
}

static void date_header(char out[64], int64_t ahead_s)
{
	time_t at = time(NULL) + ahead_s;
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(out, 64, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
}

/* Asked again once, by X's clock; and not when the clock cannot be the reason. */
static void test_clock(void **state)
{
	static const struct {
		int64_t ahead_s;
		int rc;
	} cases[] = {{4000, 0}, {-4000, 0}, {10, -1}};
	char date[64], first[300];
	struct flow f;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t ahead = cases[i].ahead_s;

		date_header(date, ahead);
		snprintf(first, sizeof first, REFUSED "%s\r\n", date);
		flow_start(&f, first, OK "\r\n" TOKEN);
		assert_int_equal(pin_request(&f.pin, &f.err), cases[i].rc);
		if (cases[i].rc == 0)
			assert_in_range(f.pin.skew_s - ahead + 100, 90, 110);
		else
			assert_int_equal(f.pin.skew_s, 0);
		flow_end(&f);
	}
	date_header(date, 4000); /* twice is enough */
	snprintf(first, sizeof first, REFUSED "%s\r\n", date);
	flow_start(&f, first, first);
	assert_int_equal(pin_request(&f.pin, &f.err), -1);
	flow_end(&f);
}

static void test_exchange(void **state)
{
	static const struct {
		const char *answer, *expected; /* NULL: it is taken */
	} cases[] = {
	    {OK "\r\noauth_token=12-A&oauth_token_secret=HIDDEN4&user_id=12&screen_name=ExampleNet",
	     NULL},
	    {REFUSED "\r\n{\"errors\":[{\"message\":\"HIDDEN5 is wrong\"}]}",
	     "X refuses the PIN (401): it holds once"},
	    {OK "\r\noauth_token=12-A&oauth_token_secret=HIDDEN4&user_id=12x&screen_name=a",
	     "not as"},
	    {OK "\r\noauth_token=12-A&oauth_token_secret=HIDDEN4&user_id=12&screen_name=a%22b",
	     "not as"},
	    {OK "\r\noauth_token=12-A&oauth_token_secret=HIDDEN4&user_id=12345678901234567890"
		"&screen_name=a",
	     "not as"},
	    {OK "\r\noauth_token=12-A&oauth_token_secret=HIDDEN4", "not as"},
	};
	struct pin_access access;
	struct flow f;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		flow_start(&f, cases[i].answer, NULL);
		assert_int_equal(
		    pin_exchange(&f.pin, "HIDDEN5", &access, &f.err), cases[i].expected ? -1 : 0);
		if (cases[i].expected && !strstr(f.err.text, cases[i].expected))
			fail_msg("case %zu: %s", i, f.err.text);
		assert_string_equal(access.secret, cases[i].expected ? "" : "HIDDEN4");
		assert_string_equal(access.screen_name, cases[i].expected ? "" : "ExampleNet");
		flow_end(&f);
	}
}

/* Servers that misbehave in every way we know. */
static void test_hostile(void **state)
{
	static const enum manner manners[] = {
	    SERVE_OK,   SERVE_ECHO, SERVE_CUT,     SERVE_CUT_HEAD, SERVE_CLOSE,
	    SERVE_HUGE, SERVE_ZERO, SERVE_GARBAGE, SERVE_REDIRECT, SERVE_READ_CLOSE};
	struct flow f;

	(void)state;
	server_reset();
	for (size_t i = 0; i < sizeof manners / sizeof manners[0]; i++) {
		server_start(manners[i]);
		flow_start(&f, NULL, NULL);
		snprintf(f.pin.base, sizeof f.pin.base, "%s", server.url);
		assert_int_equal(pin_request(&f.pin, &f.err), -1);
		assert_string_not_equal(f.err.text, "");
		flow_end(&f);
	}
}

static void test_clean(void **state)
{
	char pin[8];

	(void)state;
	pin_clean(" 123 4567\r", pin, sizeof pin);
	assert_string_equal(pin, "1234567");
	pin_clean("123456789", pin, sizeof pin);
	assert_string_equal(pin, "1234567");
	pin_clean("\x1b[ \xc3\xa4-", pin, sizeof pin);
	assert_string_equal(pin, "");
}

static void test_token(void **state)
{
	static const char whole[] =
	    "{\"consumer_key\":\"HIDDEN1\",\"consumer_secret\":\"HIDDEN2\",\"token\":\"12-A\","
	    "\"token_secret\":\"B\",\"user_id\":\"12\",\"screen_name\":\"ExampleNet\"}";
	static const char *const bad[] = {
	    "",
	    "abc",
	    "[]",
	    "{\"token\":\"HIDDEN\"}",
	    "{\"consumer_key\":\"a "
	    "b\",\"consumer_secret\":\"b\",\"token\":\"c\",\"token_secret\":\"d\","
	    "\"user_id\":\"1\",\"screen_name\":\"e\"}",
	    "{\"consumer_key\":\"a\",\"consumer_secret\":\"b\",\"token\":\"c\",\"token_secret\":"
	    "\"d\","
	    "\"user_id\":1,\"screen_name\":\"e\"}",
	    "{\"consumer_key\":\"a\",\"consumer_secret\":\"b\",\"token\":\"c\",\"token_secret\":"
	    "\"d\","
	    "\"user_id\":\"HIDDEN\",\"screen_name\":\"e\"}"};
	struct pin_access access = {"12-A", "B", "12", "ExampleNet"};
	char *token = pin_token(&app, &access), *again;
	char loose[sizeof whole + 20];
	struct err err;

	(void)state;
	assert_string_equal(token, whole);
	snprintf(loose, sizeof loose, "  { %s\r", whole + 1); /* as somebody may have typed it */
	assert_int_equal(pin_take(loose, &again, &err), 0);
	assert_string_equal(again, whole);
	secret_free(again);
	secret_free(token);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(pin_take(bad[i], &again, &err), -1);
		assert_null(strstr(err.text, "HIDDEN"));
	}
}

/* --- what to click -------------------------------------------------------------------------- */

static void test_advice(void **state)
{
	static const struct {
		const char *network, *expected;
		bool locked, is_metered;
		enum visibility visibility;
	} cases[] = {
	    {"x", "\"Protect your posts\"", false, true, VISIBILITY_FOLLOWERS},
	    {"x", "so no host names", false, true, VISIBILITY_DIRECT}, /* X has none of its own */
	    {"mastodon", "On Mastodon: ", false, false, VISIBILITY_FOLLOWERS},
	    {"mastodon", NULL, false, false, VISIBILITY_DIRECT},
	    {"x", NULL, true, true, VISIBILITY_FOLLOWERS}};
	unsigned on[] = {0};
	struct config_audience audience = {
	    .accounts = on, .n_accounts = 1, .internals = true};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct config_account account = {
		    .network = (char *)(uintptr_t)cases[i].network, .is_metered = cases[i].is_metered};
		struct config config = {
		    .accounts = &account, .n_accounts = 1, .audiences = &audience, .n_audiences = 1};
		struct cli_verified v = {.has_self = true, .locked = cases[i].locked};
		char *lines[4];
		unsigned n;

		audience.visibility = cases[i].visibility;
		n = cli_verified_advice(&v, &config, 0, lines, 4);

		assert_int_equal(n, cases[i].expected ? 1 : 0);
		for (unsigned k = 0; k < n; k++) {
			assert_non_null(strstr(lines[k], cases[i].expected));
			free(lines[k]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_base),
	    cmocka_unit_test_teardown(test_request, end),
	    cmocka_unit_test_teardown(test_request_refused, end),
	    cmocka_unit_test_teardown(test_clock, end),
	    cmocka_unit_test_teardown(test_exchange, end),
	    cmocka_unit_test_teardown(test_hostile, end),
	    cmocka_unit_test(test_clean),
	    cmocka_unit_test(test_token),
	    cmocka_unit_test(test_advice),
	};

	return cmocka_run_group_tests_name("cli_x", tests, NULL, NULL);
}
