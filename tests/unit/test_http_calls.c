/*
 * The wire from the loop's side: cancelling, submitting, descriptors, proxies, files.
 * Run by make check, against a server of its own on loopback.
 * It must never call back once a call is cancelled.
 */
#include "tests/unit/wire.h"

#include <curl/curl.h>
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

static void never(void *arg, const struct answer *a)
{
	(void)arg;
	(void)a;
	fail_msg("called after it was cancelled");
}

static void test_cancel(void **state)
{
	struct http_call *c;
	struct request r;
	struct wire_got g = {0};

	(void)state;
	server_start(SERVE_SLOW);
	r = wire_get();
	c = http_submit(wire_http, &r, NULL, never, NULL, &wire_err);
	http_cancel(c); /* before anything happened */
	c = http_submit(wire_http, &r, NULL, never, NULL, &wire_err);
	for (int i = 0; i < 200 && !server_seen->requests; i++)
		http_wait(wire_http, NULL, 0, 10);
	assert_int_equal(server_seen->requests, 1);
	http_cancel(c); /* in flight */
	http_cancel(NULL);
	wire_submit(&r, &g);
	wire_wait(&g, 1);
	assert_string_equal(g.body, "xxxxxxxxxx");
	http_submit(wire_http, &r, NULL, never, NULL, &wire_err); /* for http_destroy() */
	for (int i = 0; i < 200 && server_seen->requests < 3; i++)
		http_wait(wire_http, NULL, 0, 10);
}

struct chain {
	struct request r;
	struct wire_got g;
	struct http_call *other;
	int left;
};

/* A function may submit and cancel. */
static void next_link(void *arg, const struct answer *a)
{
	struct chain *c = arg;

	wire_keep(&c->g, a);
	http_cancel(c->other);
	c->other = NULL;
	if (--c->left > 0)
		assert_non_null(http_submit(wire_http, &c->r, NULL, next_link, c, &wire_err));
}

static void test_submit_from_callback(void **state)
{
	struct chain c = {.left = 5};

	(void)state;
	server_start(SERVE_OK);
	c.r = wire_get();
	c.other = http_submit(wire_http, &c.r, NULL, never, NULL, &wire_err);
	assert_non_null(c.other);
	http_cancel(c.other);
	c.r.url = "file:///dev/null";
	c.r.method = "PUT";
	assert_non_null(http_submit(wire_http, &c.r, NULL, next_link, &c, &wire_err));
	c.other =
	    http_submit(wire_http, &c.r, NULL, never, NULL, &wire_err); /* done in the same turn */
	assert_int_equal(http_turn(wire_http), 2); /* as many as were done when it began */
	assert_int_equal(http_turn(wire_http), 1);
	c.r = wire_get();
	for (int i = 0; i < 500 && c.left > 0; i++)
		http_wait(wire_http, NULL, 0, 50);
	assert_int_equal(c.g.times, 5);
}

static void test_many(void **state)
{
	struct request r;
	struct wire_got g = {0};

	(void)state;
	server_start(SERVE_OK);
	r = wire_get();
	for (int i = 0; i < 40; i++)
		assert_non_null(http_submit(wire_http, &r, NULL, wire_keep, &g, &wire_err));
	/* This server talks to one connection at a time: the kept ones must be given up. */
	for (int i = 0; i < 100 && g.times < 10; i++)
		http_wait(wire_http, NULL, 0, 50);
	assert_true(g.times >= 10);
	assert_true(server_seen->connections <= 4);
}

static void wait_for_requests(unsigned n)
{
	for (int i = 0; i < 200 && server_seen->requests < n; i++)
		http_wait(wire_http, NULL, 0, 10);
	http_wait(wire_http, NULL, 0, 50); /* more would come now */
	assert_int_equal(server_seen->requests, n);
}

/* What waits leaves when another is over, or not at all once it is cancelled; one that fails makes room, too. */
static void test_more_wait(void **state)
{
	struct wire_got g = {0};
	struct http_call *c[7];
	struct request r;

	(void)state;
	server_start(SERVE_NEVER);
	r = wire_post();
	for (int i = 0; i < 7; i++) {
		r.timeout_ms = i == 3 ? 300 : 30000;
		c[i] = http_submit(wire_http, &r, NULL, i == 3 ? wire_keep : never, &g, &wire_err);
		assert_non_null(c[i]);
	}
	wait_for_requests(4);
	http_cancel(c[4]); /* waits */
	http_cancel(c[0]); /* is on its way */
	wait_for_requests(5);
	wire_wait(&g, 1);
	assert_int_equal(g.transport, TRANSPORT_NO_ANSWER);
	wait_for_requests(6);
	c[0] = http_submit(wire_http, &r, NULL, never, NULL, &wire_err);
	assert_non_null(c[0]); /* for http_destroy() */
}

static void test_extra_descriptors(void **state)
{
	struct curl_waitfd w = {.events = CURL_WAIT_POLLIN};
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	w.fd = p[0];
	w.revents = CURL_WAIT_POLLIN; /* stale */
	assert_int_equal(http_wait(wire_http, &w, 1, 1), 0);
	assert_int_equal(w.revents, 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(http_wait(wire_http, &w, 1, 10000), 0);
	assert_int_equal(w.revents, CURL_WAIT_POLLIN);
	assert_int_equal(read(p[0], (char[1]){0}, 1), 1);
	close(p[1]); /* POLLHUP alone */
	assert_int_equal(http_wait(wire_http, &w, 1, 10000), 0);
	assert_int_equal(w.revents, CURL_WAIT_POLLIN);
	close(p[0]);
}

static void test_proxy_environment(void **state)
{
	struct http_route route = {.proxy = ""};
	struct request r;
	struct wire_got g = {0};
	char proxy[64];

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	setenv("no_proxy", "*", 1);
	server_start(SERVE_ECHO);
	r = wire_get();
	r.max_body = 8000;
	assert_non_null(http_submit(wire_http, &r, &route, wire_keep, &g, &wire_err));
	wire_wait(&g, 1);
	assert_non_null(strstr(g.body, "GET /p HTTP/1.1"));

	/* one that is configured is used, also for a name that does not resolve */
	server_stop();
	server_start(SERVE_ECHO);
	snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", server.port);
	route.proxy = proxy;
	r.url = "http://social.invalid/x";
	assert_non_null(http_submit(wire_http, &r, &route, wire_keep, &g, &wire_err));
	wire_wait(&g, 2);
	assert_non_null(strstr(g.body, "GET http://social.invalid/x HTTP/1.1"));
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	unsetenv("no_proxy");
}

/* A proxy that closes on CONNECT: the request itself never left. */
static void test_proxy_connect_fails(void **state)
{
	struct http_route route;
	struct request r;
	struct wire_got g = {0};
	char proxy[64];

	(void)state;
	server_start(SERVE_READ_CLOSE);
	snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", server.port);
	route = (struct http_route){.proxy = proxy};
	r = wire_post();
	r.url = "https://social.invalid/x";
	assert_non_null(http_submit(wire_http, &r, &route, wire_keep, &g, &wire_err));
	wire_wait(&g, 1);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
	assert_int_equal(server_seen->requests, 1);
}

static void test_bad_requests(void **state)
{
	struct request r;
	struct wire_got g;

	(void)state;
	server_start(SERVE_ECHO);
	r = wire_get();
	r.headers[0] = "X: a\r\nX-Injected: b";
	assert_null(http_submit(wire_http, &r, NULL, never, NULL, &wire_err));
	assert_non_null(strstr(wire_err.text, "line break"));
	r = wire_get();
	r.url = "http://127.0.0.1/a b\r\nX: y";
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
	r.url = "file:///tmp/x";
	r.method = "DELETE";
	assert_null(http_submit(wire_http, &r, NULL, never, NULL, &wire_err));
	r.method = "GET";
	r.url = "file://remote/x";
	assert_null(http_submit(wire_http, &r, NULL, never, NULL, &wire_err));
	assert_int_equal(server_seen->requests, 0);
}

static void test_files(void **state)
{
	char dir[] = "/tmp/twicket-http-XXXXXX", url[128], path[128];
	struct request r = {.method = "GET", .url = url, .max_body = 100};
	struct wire_got g;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(url, sizeof url, "file://%s/posts%%20here", dir);
	snprintf(path, sizeof path, "%s/posts here", dir);
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_ANSWERED);
	assert_int_equal(g.status, 404);
	r.method = "PUT";
	r.effect = EFFECT_CREATES;
	r.body = "one\n";
	r.body_len = 4;
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_ANSWERED);
	assert_int_equal(g.status, 200);
	r.body = "two\n";
	g = wire_ask(&r);
	r.method = "GET";
	r.body = NULL;
	g = wire_ask(&r);
	assert_int_equal(g.status, 200);
	assert_string_equal(g.body, "one\ntwo\n");
	assert_false(g.truncated);
	r.max_body = 5;
	g = wire_ask(&r);
	assert_string_equal(g.body, "\ntwo\n");
	assert_true(g.truncated);

	/* nothing was written */
	snprintf(url, sizeof url, "file://%s/no/such", dir);
	r.method = "PUT";
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
	snprintf(url, sizeof url, "file:///dev/full");
	r.body = "x";
	r.body_len = 1;
	g = wire_ask(&r);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
	snprintf(url, sizeof url, "file://%s", dir);
	r.method = "GET";
	g = wire_ask(&r);
	assert_int_equal(g.status, 500);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, wire_setup, wire_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_cancel),
	    TEST(test_submit_from_callback),
	    TEST(test_many),
	    TEST(test_more_wait),
	    TEST(test_extra_descriptors),
	    TEST(test_proxy_environment),
	    TEST(test_proxy_connect_fails),
	    TEST(test_bad_requests),
	    TEST(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
