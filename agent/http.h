/*
 * Bytes on the wire: requests out, answers in, around one libcurl multi handle.
 * The loop waits in it; the outbox and the collector submit. One thread.
 * It never repeats a request that creates, follows a redirect, or reads the
 * environment's proxy variables.
 */
#ifndef TWICKET_HTTP_H
#define TWICKET_HTTP_H

#include "common/err.h"
#include "notifiers/notifier.h"

#include <stdbool.h>
#include <stddef.h>

struct http;
struct http_call;
struct curl_waitfd; /* <curl/multi.h>: fd, events, revents in CURL_WAIT_POLLIN, _POLLOUT */

/* How an account reaches its network; read during http_submit() only. "" is as NULL. */
struct http_route {
	const char *proxy; /* "http://proxy:3128"; NULL = none */
	const char *ca_file; /* PEM; NULL = the system's */
	/* "host:port" to connect to instead of the url's; the name in the url is verified, and
	 * by ca_file alone if there is one. */
	const char *connect_to;
	/* PEM: our own certificate, and a key without passphrase; NULL = none */
	const char *cert_file, *key_file;
};

/* The answer and all in it live until the function returns. */
typedef void http_done_fn(void *arg, const struct answer *answer);

/* NULL with err. The user agent is copied. */
struct http *http_create(const char *user_agent, struct err *err);

/* Drops the calls that are still in flight, their functions are not called. NULL is fine. */
void http_destroy(struct http *h);

/*
 * Takes a copy of the request and starts it with the next http_wait() or http_turn(),
 * which also call fn, exactly once; never from here. NULL with err when the request
 * makes no sense (nothing was sent then, and fn will not be called).
 *
 * http:// and https:// URLs: TLS is always verified; at most 4 calls are on their way to a
 * host, further ones wait, and their time-outs run from then on; a redirect is an answer.
 *
 * Method CONNECT goes no further than that, TLS included, and answers 200.
 *
 * smtp:// and smtps:// URLs: MAIL sends the body as it is (lines ended by CRLF) by the
 * envelope, NOOP only logs in. TLS is always verified; smtp:// without STARTTLS is for this
 * machine itself. A reply of the server is an answer: 250, or why not. NO_ANSWER: it may
 * have taken the mail.
 *
 * file:///path: PUT appends the body in one write, all of it or nothing, and answers
 * 200. GET answers 200 with the content, when it is longer than max_body with its
 * last max_body bytes and truncated set; 404 when there is no such file, 403 when it
 * cannot be opened, 500 when it cannot be read.
 */
struct http_call *http_submit(
    struct http *h, const struct request *request, const struct http_route *route, http_done_fn *fn,
    void *arg, struct err *err);

/* A piece of a body; false ends the call. It must neither submit nor cancel. */
typedef bool http_bytes_fn(void *arg, const char *bytes, size_t n);

/*
 * As http_submit(), for an answer that does not end by itself (an event stream), of http://
 * and https:// URLs: every piece of a body with status 200 goes to bytes() as it comes, from
 * http_wait() or http_turn(), and is not kept; the body of another status is kept up to
 * max_body. fn is called when it ends: truncated, unless the server ended it in good order.
 * No time-out for the whole; connected within 10 s; a dead peer is noticed by TCP keepalive
 * (after 30 s of silence, every 10 s). It does not count among the 4 connections to a host.
 */
struct http_call *http_submit_stream(
    struct http *h, const struct request *request, const struct http_route *route,
    http_bytes_fn *bytes, http_done_fn *fn, void *arg, struct err *err);

/* Legal at any moment before fn was called, which it then never is. NULL is fine. */
void http_cancel(struct http_call *call);

/*
 * One poll of our sockets and the caller's, at most timeout_ms (sooner when libcurl
 * wants it so); then work on the transfers and the functions of finished calls, which
 * may submit and cancel. extra[].revents is always set; a hang-up or error of a
 * descriptor shows as CURL_WAIT_POLLIN, so that reading it tells.
 * A signal is not noticed by itself: put a signalfd or a pipe among the extras.
 * Returns how many functions were called, -1 when polling itself failed.
 */
int http_wait(struct http *h, struct curl_waitfd *extra, unsigned n, int timeout_ms);

/* The same without waiting or looking at descriptors of the caller. */
int http_turn(struct http *h);

#endif
