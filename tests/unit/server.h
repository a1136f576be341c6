/*
 * A server on loopback that misbehaves in every way we know.
 * Used by the tests of the wire; one child at a time, stopped by its pid.
 * It must never need a fixed port, and ends by itself after a minute.
 */
#ifndef TWICKET_TESTS_SERVER_H
#define TWICKET_TESTS_SERVER_H

#include <stdatomic.h>
#include <sys/types.h>

enum manner {
	SERVE_OK, /* 200 with a body, keeps the connection */
	SERVE_ECHO, /* 200 with the request itself as the body */
	SERVE_SLOW, /* a byte every 20 ms */
	SERVE_CUT, /* says 100 bytes, sends 10, closes */
	SERVE_CUT_CHUNKED, /* one chunk and no end */
	SERVE_CUT_HEAD, /* closes within the headers */
	SERVE_READ_CLOSE, /* reads the request, closes */
	SERVE_CLOSE, /* closes at accept */
	SERVE_HUGE, /* 4 MiB */
	SERVE_HUGE_HEAD, /* headers without end */
	SERVE_HEADERS, /* 100 of them */
	SERVE_CHUNKED, /* with a trailer */
	SERVE_HTTP10, /* no length: ends by closing */
	SERVE_REDIRECT, /* 302 to itself */
	SERVE_CONTINUE, /* 100, 103, then 201 */
	SERVE_ONLY_100, /* 100, then closes */
	SERVE_SECOND_DIES, /* answers the first request of a connection, reads the second, closes */
	SERVE_IDLE_CLOSE, /* answers one request of each connection and closes it */
	SERVE_NEVER, /* reads the request, says nothing */
	SERVE_GARBAGE, /* not HTTP */
	SERVE_MISSING, /* 404 with a body */
	SERVE_EVENTS, /* POST: two lines, then silence until we close; else 200 once five requests are here */
	SERVE_ZERO /* "HTTP/1.1 000", headers that look like a status */
};

/* What it saw; reset by server_start() only when there was none before. */
struct server_seen {
	atomic_uint connections, requests;
	atomic_uint bodies; /* requests that came with their whole body */
	atomic_uint hangups; /* streams that we ended */
};

extern struct server_seen *server_seen; /* shared with the child */

struct server {
	pid_t pid;
	unsigned port;
	char url[64];
};

extern struct server server;

/* One connection after the other; a kept one keeps the next waiting. */
void server_start(enum manner manner);
void server_stop(void); /* nothing to stop is fine */
void server_reset(void); /* stops it and forgets what it saw */

int server_listen(unsigned *port); /* a listening socket of the caller */

#endif
