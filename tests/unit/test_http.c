/*
 * The wire: what every kind of answer, and of none, is taken for.
 * Run by make check, against a server of its own on loopback.
 * The point of it all: a request that creates is never sent twice.
 */
#include "tests/unit/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void test_ok(void **state)
{
	struct wire_got g = wire_get_from(SERVE_OK);

	(void)state;
	assert_int_equal(g.transport, TRANSPORT_ANSWERED);
	assert_int_equal(g.status, 200);
	assert_false(g.truncated);
	assert_string_equal(g.body, "hello");
	assert_string_equal(g.headers, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n");
}

static void test_what_is_sent(void **state)
{
	struct request r;
	struct wire_got g;

	(void)state;
	server_start(SERVE_ECHO);
	r = wire_post();
	r.max_body = 8000;
	r.headers[0] = "Authorization: Bearer t0ken";
	r.headers[1] = "Content-Type: text/plain";
	g = wire_ask(&r);
	assert_non_null(strstr(g.body, "POST /p HTTP/1.1\r\n"));
	assert_non_null(strstr(g.body, "\r\nAuthorization: Bearer t0ken\r\n"));
	assert_non_null(strstr(g.body, "\r\nContent-Type: text/plain\r\n"));
	assert_non_null(strstr(g.body, "\r\nUser-Agent: twicket/test\r\n"));
	assert_non_null(strstr(g.body, "\r\nContent-Length: 8\r\n"));
	assert_non_null(strstr(g.body, "\r\n\r\nstatus=x"));
	assert_null(strcasestr(g.body, "Expect"));
	assert_null(strcasestr(g.body, "Cookie"));

	r.body = NULL; /* a POST of nothing says so */
	g = wire_ask(&r);
	assert_non_null(strstr(g.body, "\r\nContent-Length: 0\r\n"));

	r = wire_get();
	r.method = "DELETE";
	r.max_body = 8000;
	g = wire_ask(&r);
	assert_non_null(strstr(g.body, "DELETE /p HTTP/1.1\r\n"));
	r.method = "PUT";
	r.body = "abc";
	r.body_len = 3;
	g = wire_ask(&r);
	assert_non_null(strstr(g.body, "PUT /p HTTP/1.1\r\n"));
	assert_non_null(strstr(g.body, "\r\n\r\nabc"));
	assert_int_equal(server_seen->connections, 1); /* kept alive */
}

/* Bodies larger than a socket buffer, bytes that are not text. */
static void test_large_post(void **state)
{
	static char body[250000];
	struct request r;
	struct wire_got g;

	(void)state;
	memset(body, 'x', sizeof body);
	server_start(SERVE_OK);
	r = wire_post();
	r.body = body;
	r.body_len = sizeof body;
	g = wire_ask(&r);
	assert_int_equal(g.status, 200);
	assert_int_equal(server_seen->bodies, 1);
}

static void test_slow(void **state)
{
	struct wire_got g = wire_get_from(SERVE_SLOW);

	(void)state;
	assert_string_equal(g.body, "xxxxxxxxxx");
	assert_false(g.truncated);
}

static void test_cut_bodies(void **state)
{
	struct wire_got g = wire_get_from(SERVE_CUT);

	(void)state;
	assert_int_equal(g.transport, TRANSPORT_ANSWERED);
	assert_int_equal(g.status, 200);
	assert_true(g.truncated);
	assert_string_equal(g.body, "0123456789");
	server_stop();
	g = wire_post_to(SERVE_CUT_CHUNKED);
	assert_int_equal(g.transport, TRANSPORT_ANSWERED);
	assert_true(g.truncated);
	assert_string_equal(g.body, "hello");
	assert_int_equal(server_seen->requests, 2);
	server_stop();
	g = wire_post_to(SERVE_CUT_HEAD);
	assert_int_equal(g.transport, TRANSPORT_ANSWERED);
	assert_int_equal(g.status, 201);
	assert_true(g.truncated);
}

static void test_no_answer(void **state)
{
	static const enum manner manners[] = {
	    SERVE_READ_CLOSE, SERVE_CLOSE, SERVE_ONLY_100, SERVE_GARBAGE, SERVE_ZERO};

	(void)state;
	for (unsigned i = 0; i < sizeof manners / sizeof manners[0]; i++) {
		struct wire_got g = wire_post_to(manners[i]);

		if (g.transport != TRANSPORT_NO_ANSWER)
			fail_msg("manner %d: transport %d", (int)manners[i], (int)g.transport);
		assert_int_equal(g.status, 0);
		assert_int_equal(server_seen->connections, 1);
		server_reset();
	}
}

static void test_not_sent(void **state)
{
	unsigned port;
	int fd = server_listen(&port);
	struct request r;
	struct wire_got g;

	(void)state;
	close(fd);
	snprintf(server.url, sizeof server.url, "http://127.0.0.1:%u/", port);
	r = wire_post();
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
	assert_non_null(strstr(g.error, "connect"));
	r.url = "http://no-such-host.invalid/";
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
	r.url = "gopher://127.0.0.1/";
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
	r.url = "http://127.0.0.1:99999/";
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
}

/* A server that speaks no TLS: the request must not have left. */
static void test_tls_refused(void **state)
{
	struct request r;
	struct wire_got g;
	char url[64];

	(void)state;
	server_start(SERVE_GARBAGE);
	snprintf(url, sizeof url, "https://127.0.0.1:%u/", server.port);
	r = wire_post();
	r.url = url;
	r.timeout_ms = 300;
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
	assert_int_equal(server_seen->requests, 0);
}

static void test_caps(void **state)
{
	struct wire_got g = wire_get_from(SERVE_HUGE);
	struct request r;

	(void)state;
	assert_int_equal(g.transport, TRANSPORT_ANSWERED);
	assert_true(g.truncated);
	assert_true(g.is_too_long);
	assert_int_equal(g.body_len, 1000);
	server_stop();
	g = wire_get_from(SERVE_HUGE_HEAD);
	assert_int_equal(g.transport, TRANSPORT_ANSWERED);
	assert_int_equal(g.status, 200);
	assert_true(g.truncated);
	server_stop();
	server_start(SERVE_OK);
	r = wire_get();
	r.max_body = 5;
	g = wire_ask(&r);
	assert_false(g.truncated);
	r.max_body = 4;
	g = wire_ask(&r);
	assert_true(g.truncated);
	assert_string_equal(g.body, "hell");
	r.max_body = 0;
	g = wire_ask(&r);
	assert_true(g.truncated);
	assert_int_equal(g.body_len, 0);
}

static void test_headers(void **state)
{
	struct wire_got g = wire_get_from(SERVE_HEADERS);

	(void)state;
	assert_false(g.truncated);
	assert_non_null(strstr(g.headers, "\r\nX-MiXed-0: value 0\r\n"));
	assert_non_null(strstr(g.headers, "\r\nX-MiXed-99: value 99\r\n"));
}

static void test_framings(void **state)
{
	struct wire_got g = wire_get_from(SERVE_CHUNKED);

	(void)state;
	assert_string_equal(g.body, "hello world");
	assert_false(g.truncated);
	assert_null(strstr(g.headers, "X-T: trailer"));
	server_stop();
	g = wire_get_from(SERVE_HTTP10);
	assert_string_equal(g.body, "to the end");
	assert_false(g.truncated);
	server_stop();
	g = wire_post_to(SERVE_CONTINUE);
	assert_int_equal(g.status, 201);
	assert_string_equal(g.body, "ok");
	assert_null(strstr(g.headers, "X-100"));
	assert_null(strstr(g.headers, "Link"));
}

static void test_redirect_is_an_answer(void **state)
{
	struct wire_got g = wire_get_from(SERVE_REDIRECT);

	(void)state;
	assert_int_equal(g.status, 302);
	assert_non_null(strstr(g.headers, "Location: /elsewhere"));
	assert_int_equal(server_seen->requests, 1);
}

/* The heart: libcurl itself would send the POST again on a new connection. */
static void post_once_on_dead_connection(bool with_body)
{
	struct request r, p;
	struct wire_got g;

	server_start(SERVE_SECOND_DIES);
	r = wire_get();
	p = wire_post();
	if (!with_body)
		p.body = NULL; /* there is nothing to rewind */
	g = wire_ask(&r);
	assert_int_equal(g.status, 200);
	g = wire_ask(&p);
	assert_int_equal(g.transport, TRANSPORT_NO_ANSWER);
	assert_int_equal(server_seen->requests, 2);

	/* once is enough: from now on a request that creates has a connection of its own */
	g = wire_ask(&r);
	g = wire_ask(&p);
	assert_int_equal(g.status, 200);
	assert_int_equal(server_seen->requests, 4);
	g = wire_ask(&p);
	assert_int_equal(g.status, 200);
	assert_int_equal(server_seen->requests, 5);
}

static void test_post_once_on_dead_connection(void **state)
{
	(void)state;
	post_once_on_dead_connection(true);
}

static void test_empty_post_once_on_dead_connection(void **state)
{
	(void)state;
	post_once_on_dead_connection(false);
}

/* What creates nothing is repeated by libcurl, unseen. */
static void test_get_again_on_dead_connection(void **state)
{
	struct request r;
	struct wire_got g;

	(void)state;
	server_start(SERVE_SECOND_DIES);
	r = wire_get();
	g = wire_ask(&r);
	g = wire_ask(&r);
	assert_int_equal(g.status, 200);
	assert_int_equal(server_seen->requests, 3);
}

/* But not what is signed once: the server would take it for a replay. */
static void test_signed_once_on_dead_connection(void **state)
{
	struct request r;
	struct wire_got g;

	(void)state;
	server_start(SERVE_SECOND_DIES);
	r = wire_get();
	r.is_signed_once = true;
	g = wire_ask(&r);
	assert_int_equal(g.status, 200);
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_NO_ANSWER);
	assert_int_equal(server_seen->requests, 2);
	g = wire_ask(&r);
	assert_int_equal(g.status, 200);
	assert_int_equal(server_seen->requests, 3);
}

/* A connection that the server closed while it was idle costs nothing. */
static void test_post_after_idle_close(void **state)
{
	struct request p;
	struct wire_got g;
	const struct timespec pause = {.tv_nsec = 30000000};

	(void)state;
	server_start(SERVE_IDLE_CLOSE);
	p = wire_post();
	for (int i = 1; i <= 3; i++) {
		g = wire_ask(&p);
		assert_int_equal(g.status, 200);
		assert_int_equal(server_seen->requests, i);
		nanosleep(&pause, NULL);
	}
}

static void test_timeout(void **state)
{
	struct request r;
	struct wire_got g;

	(void)state;
	server_start(SERVE_NEVER);
	r = wire_post();
	r.timeout_ms = 200;
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_NO_ANSWER);
	assert_int_equal(server_seen->requests, 1);
	assert_non_null(strstr(g.error, "timed out"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, wire_setup, wire_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_ok),
	    TEST(test_what_is_sent),
	    TEST(test_large_post),
	    TEST(test_slow),
	    TEST(test_cut_bodies),
	    TEST(test_no_answer),
	    TEST(test_not_sent),
	    TEST(test_tls_refused),
	    TEST(test_caps),
	    TEST(test_headers),
	    TEST(test_framings),
	    TEST(test_redirect_is_an_answer),
	    TEST(test_post_once_on_dead_connection),
	    TEST(test_empty_post_once_on_dead_connection),
	    TEST(test_get_again_on_dead_connection),
	    TEST(test_signed_once_on_dead_connection),
	    TEST(test_post_after_idle_close),
	    TEST(test_timeout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
