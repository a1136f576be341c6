/*
 * An http.c with a server that misbehaves, and short ways to ask it something.
 * Used by test_http*.c.
 * It must never wait without an end: every loop is counted.
 */
#ifndef TWICKET_TESTS_WIRE_H
#define TWICKET_TESTS_WIRE_H

#include "agent/http.h"
#include "tests/unit/server.h"

extern struct http *wire_http;
extern struct err wire_err;

int wire_setup(void **state);
int wire_teardown(void **state);

struct wire_got {
	int times;
	enum transport transport;
	int status;
	bool truncated, is_too_long, is_of_text;
	size_t body_len;
	char headers[8192], body[8192], error[256];
};

/* An http_done_fn: copies the answer into a struct wire_got. */
void wire_keep(void *arg, const struct answer *a);

/* Requests to the server that runs: GET, and a POST that creates. */
struct request wire_get(void);
struct request wire_post(void);

void wire_submit(const struct request *r, struct wire_got *g);
void wire_wait(const struct wire_got *g, int times); /* for this many answers in all */
struct wire_got wire_ask(const struct request *r);
struct wire_got wire_get_from(enum manner manner); /* starts the server, too */
struct wire_got wire_post_to(enum manner manner);

#endif
