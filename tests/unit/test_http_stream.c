/*
 * Answers that do not end by themselves: what comes of them, when they end, and that they
 * hold up nobody. Run by make check, against a server of its own on loopback.
 * It must never wait for a time, only for what happens.
 */
#include "tests/unit/wire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

struct stream {
	struct wire_got g;
	unsigned pieces, most; /* most: so many are taken */
	size_t total;
	char text[200];
};

static bool take(void *arg, const char *bytes, size_t n)
{
	struct stream *s = arg;

	s->pieces++;
	if (s->total + n < sizeof s->text)
		memcpy(s->text + s->total, bytes, n);
	s->total += n;
	return s->pieces < s->most;
}

static void keep(void *arg, const struct answer *a)
{
	wire_keep(&((struct stream *)arg)->g, a);
}

static struct http_call *begin(struct stream *s)
{
	struct request r = wire_post();
	struct http_call *c;

	r.effect = EFFECT_NONE;
	r.max_body = 20;
	r.timeout_ms = 50; /* does not count */
	*s = (struct stream){.most = 1000000};
	c = http_submit_stream(wire_http, &r, NULL, take, keep, s, &wire_err);
	assert_non_null(c);
	return c;
}

static struct stream stream_of(enum manner manner)
{
	struct stream s;

	server_start(manner);
	begin(&s);
	wire_wait(&s.g, 1);
	return s;
}

static void test_pieces(void **state)
{
	struct stream s = stream_of(SERVE_SLOW); /* for 200 ms */

	(void)state;
	assert_string_equal(s.text, "xxxxxxxxxx");
	assert_true(s.pieces > 1);
	assert_int_equal(s.g.transport, TRANSPORT_ANSWERED);
	assert_int_equal(s.g.status, 200);
	assert_false(s.g.truncated);
	assert_string_equal(s.g.body, "");
}

static void test_framings(void **state)
{
	struct stream s = stream_of(SERVE_HTTP10);

	(void)state;
	assert_string_equal(s.text, "to the end");
	assert_false(s.g.truncated);
	server_stop();
	s = stream_of(SERVE_CHUNKED);
	assert_string_equal(s.text, "hello world");
	assert_false(s.g.truncated);
	server_stop();
	s = stream_of(SERVE_CUT_CHUNKED);
	assert_string_equal(s.text, "hello");
	assert_true(s.g.truncated);
}

/* Far more than max_body, which is for what is kept. */
static void test_large(void **state)
{
	struct stream s;

	(void)state;
	server_start(SERVE_HUGE);
	begin(&s);
	for (int i = 0; i < 200000 && !s.g.times; i++)
		http_wait(wire_http, NULL, 0, 50);
	assert_int_equal(s.g.times, 1);
	assert_int_equal(s.total, 4194304);
	assert_false(s.g.truncated);
}

static void test_other_status(void **state)
{
	struct stream s = stream_of(SERVE_MISSING);

	(void)state;
	assert_int_equal(s.g.status, 404);
	assert_string_equal(s.g.body, "no such path");
	assert_int_equal(s.pieces, 0);
	server_stop();
	s = stream_of(SERVE_CONTINUE); /* 201 in the end */
	assert_string_equal(s.g.body, "ok");
	assert_int_equal(s.pieces, 0);
	server_stop();
	s = stream_of(SERVE_READ_CLOSE);
	assert_int_equal(s.g.transport, TRANSPORT_NO_ANSWER);
}

static void test_enough(void **state)
{
	struct stream s;

	(void)state;
	server_start(SERVE_HUGE);
	begin(&s);
	s.most = 3;
	wire_wait(&s.g, 1);
	assert_int_equal(s.pieces, 3);
	assert_int_equal(s.g.status, 200);
	assert_true(s.g.truncated);
}

static void wait_for_text(struct stream *s, const char *text)
{
	for (int i = 0; i < 500 && strcmp(s->text, text) != 0; i++)
		http_wait(wire_http, NULL, 0, 10);
	assert_string_equal(s->text, text);
}

/* The lines are here while the answer is not over; who cancels hears no more. */
static void test_cancel(void **state)
{
	struct http_call *c;
	struct stream s;

	(void)state;
	server_start(SERVE_EVENTS);
	c = begin(&s);
	wait_for_text(&s, "{\"a\":1}\n{\"b\":2}\n");
	assert_int_equal(s.g.times, 0);
	http_cancel(c);
	for (int i = 0; i < 500 && !server_seen->hangups; i++)
		http_wait(wire_http, NULL, 0, 10);
	assert_int_equal(server_seen->hangups, 1);
	assert_int_equal(s.g.times, 0);
}

/* Of our end of the connection to the server. */
static int option_of(int level, int option)
{
	struct sockaddr_in peer = {.sin_port = 0};
	socklen_t n;
	int value = -1;

	for (int fd = 3; fd < 100; fd++) {
		n = sizeof peer;
		if (getpeername(fd, (struct sockaddr *)&peer, &n) == -1 || peer.sin_family != AF_INET ||
		    ntohs(peer.sin_port) != server.port)
			continue;
		n = sizeof value;
		assert_int_equal(getsockopt(fd, level, option, &value, &n), 0);
	}
	return value;
}

static void test_keepalive(void **state)
{
	struct stream s;

	(void)state;
	server_start(SERVE_EVENTS);
	begin(&s);
	wait_for_text(&s, "{\"a\":1}\n{\"b\":2}\n");
	assert_int_equal(option_of(SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(option_of(IPPROTO_TCP, TCP_KEEPIDLE), 30);
	assert_int_equal(option_of(IPPROTO_TCP, TCP_KEEPINTVL), 10);
}

/* Four requests beside it at the same time: the server answers none before all are here. */
static void test_beside_others(void **state)
{
	struct request r;
	struct wire_got g[4] = {{0}};
	struct stream s;

	(void)state;
	server_start(SERVE_EVENTS);
	begin(&s);
	wait_for_text(&s, "{\"a\":1}\n{\"b\":2}\n");
	r = wire_get();
	for (int i = 0; i < 4; i++)
		wire_submit(&r, &g[i]);
	for (int i = 0; i < 4; i++) {
		wire_wait(&g[i], 1);
		assert_int_equal(g[i].status, 200);
	}
	assert_int_equal(server_seen->requests, 5);
	assert_int_equal(server_seen->connections, 5);
	assert_int_equal(s.g.times, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, wire_setup, wire_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_pieces), TEST(test_framings), TEST(test_large),     TEST(test_other_status),
	    TEST(test_enough), TEST(test_cancel),   TEST(test_keepalive), TEST(test_beside_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
