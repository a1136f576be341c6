/*
 * An http.c with a server that misbehaves, and short ways to ask it something.
 * Used by test_http*.c.
 * It must never wait without an end: every loop is counted.
 */
#include "tests/unit/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct http *wire_http;
struct err wire_err;

int wire_setup(void **state)
{
	(void)state;
	server_reset();
	wire_err = (struct err){""};
	wire_http = http_create("twicket/test", &wire_err);
	return wire_http ? 0 : -1;
}

int wire_teardown(void **state)
{
	(void)state;
	http_destroy(wire_http);
	server_stop();
	return 0;
}

void wire_keep(void *arg, const struct answer *a)
{
	struct wire_got *g = arg;

	g->times++;
	g->transport = a->transport;
	g->status = a->status;
	g->is_of_text = a->is_of_text;
	g->truncated = a->truncated;
	g->is_too_long = a->is_too_long;
	g->body_len = a->body_len;
	assert_int_equal(a->body[a->body_len], '\0');
	snprintf(g->headers, sizeof g->headers, "%s", a->headers);
	snprintf(g->body, sizeof g->body, "%s", a->body);
	snprintf(g->error, sizeof g->error, "%s", a->error);
	assert_true((a->transport == TRANSPORT_ANSWERED) == !*a->error);
}

struct request wire_get(void)
{
	return (struct request){
	    .method = "GET", .url = server.url, .max_body = 1000, .timeout_ms = 10000};
}

struct request wire_post(void)
{
	return (struct request){
	    .method = "POST",
	    .url = server.url,
	    .body = "status=x",
	    .body_len = 8,
	    .effect = EFFECT_CREATES,
	    .max_body = 1000,
	    .timeout_ms = 10000};
}

/* Waits for this many answers in all. */
void wire_wait(const struct wire_got *g, int times)
{
	for (int i = 0; i < 2000 && g->times < times; i++)
		assert_true(http_wait(wire_http, NULL, 0, 50) >= 0);
	assert_int_equal(g->times, times);
}

void wire_submit(const struct request *r, struct wire_got *g)
{
	if (!http_submit(wire_http, r, NULL, wire_keep, g, &wire_err))
		fail_msg("%s", wire_err.text);
	assert_int_equal(g->times, 0);
}

struct wire_got wire_ask(const struct request *r)
{
	struct wire_got g = {0};

	wire_submit(r, &g);
	wire_wait(&g, 1);
	return g;
}

struct wire_got wire_get_from(enum manner manner)
{
	struct request r;

	server_start(manner);
	r = wire_get();
	return wire_ask(&r);
}

struct wire_got wire_post_to(enum manner manner)
{
	struct request r;

	server_start(manner);
	r = wire_post();
	return wire_ask(&r);
}
