/*
 * The wire: one libcurl multi handle, its calls, and the loop's one poll.
 * Called by the loop (http_wait), the outbox and the collector (http_submit).
 * It must never call back from anywhere but http_turn().
 */
#include "agent/http_file.h"
#include "agent/http_internal.h"
#include "common/log.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define HOST_CONNECTIONS 4 /* so many requests are on their way to one server */
#define KEPT_CONNECTIONS 8

static void move(struct http_call *c, struct http_call **to)
{
	if (c->list)
		DL_DELETE(*c->list, c);
	c->list = to;
	if (to)
		DL_APPEND(*to, c);
}

struct http *http_create(const char *user_agent, struct err *err)
{
	static bool initialised;
	struct http *h;

	if (!initialised && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		err_set(err, "http: libcurl does not start");
		return NULL;
	}
	initialised = true;
	h = calloc(1, sizeof *h);
	if (!h || !(h->multi = curl_multi_init()) || !(h->user_agent = strdup(user_agent))) {
		err_set(err, "http: out of memory");
		if (h)
			curl_multi_cleanup(h->multi);
		free(h);
		return NULL;
	}
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
	return h;
}

static void drop_all(struct http_call **list)
{
	struct http_call *c;

	while ((c = *list)) {
		move(c, NULL);
		http_call_destroy(c);
	}
}

void http_destroy(struct http *h)
{
	if (!h)
		return;
	drop_all(&h->flying);
	drop_all(&h->waiting);
	drop_all(&h->done);
	curl_multi_cleanup(h->multi);
	free(h->user_agent);
	free(h);
}

void http_cancel(struct http_call *call)
{
	if (!call)
		return;
	move(call, NULL);
	http_call_destroy(call);
}

/*
 * libcurl would let it wait, too, but sets all of it up before it finds that it must, and again
 * after. A stream holds its connection for ever: it does not count, so that it holds up nobody.
 */
static bool has_room(const struct http_call *c)
{
	const struct http_call *other;
	unsigned n = 0;

	DL_FOREACH (c->http->flying, other)
		n += !other->bytes && strcmp(other->host, c->host) == 0;
	return c->bytes || n < HOST_CONNECTIONS;
}

static int launch(struct http_call *c)
{
	if (curl_multi_add_handle(c->http->multi, c->easy) != CURLM_OK)
		return -1;
	move(c, &c->http->flying);
	return 0;
}

/* True: libcurl has something to begin with. */
static bool launch_waiting(struct http *h)
{
	struct http_call *c, *next;
	bool has_begun = false;

	DL_FOREACH_SAFE (h->waiting, c, next) {
		if (!has_room(c))
			continue;
		has_begun = true;
		if (launch(c) == 0)
			continue;
		c->code = CURLE_FAILED_INIT;
		move(c, &h->done);
	}
	return has_begun;
}

static int start_transfer(
    struct http_call *c, const struct request *r, const struct http_route *route, struct err *err)
{
	if (http_call_prepare(c, r, route, err) == -1)
		return -1;
	if (!has_room(c))
		move(c, &c->http->waiting);
	else if (launch(c) == -1)
		return err_set(err, "http: %s: libcurl does not take it", r->url);
	return 0;
}

/* Files are not slow enough for a state machine: they are done when they are delivered. */
static int start_file(struct http_call *c, const struct request *r, struct err *err)
{
	c->append = strcmp(r->method, "PUT") == 0;
	if (!c->append && strcmp(r->method, "GET") != 0)
		return err_set(
		    err, "http: %s %s: a file knows GET and PUT only", r->method, r->url);
	c->path = http_file_path(r->url, err);
	if (!c->path)
		return -1;
	move(c, &c->http->done);
	return 0;
}

static struct http_call *submit(
    struct http *h, const struct request *request, const struct http_route *route,
    http_bytes_fn *bytes, http_done_fn *fn, void *arg, struct err *err)
{
	struct http_call *c = http_call_create(h, request);
	int rc;

	if (!c) {
		err_set(err, "http: out of memory");
		return NULL;
	}
	c->bytes = bytes;
	c->fn = fn;
	c->arg = arg;
	if (strncmp(request->url, "file:", 5) == 0)
		rc = start_file(c, request, err);
	else
		rc = start_transfer(c, request, route, err);
	if (rc == 0)
		return c;
	http_call_destroy(c);
	return NULL;
}

struct http_call *http_submit(
    struct http *h, const struct request *request, const struct http_route *route, http_done_fn *fn,
    void *arg, struct err *err)
{
	return submit(h, request, route, NULL, fn, arg, err);
}

struct http_call *http_submit_stream(
    struct http *h, const struct request *request, const struct http_route *route,
    http_bytes_fn *bytes, http_done_fn *fn, void *arg, struct err *err)
{
	return submit(h, request, route, bytes, fn, arg, err);
}

static void do_file(struct http_call *c, struct answer *a, struct err *err)
{
	if (!c->append) {
		a->status = http_file_read(c->path, &c->content, &a->truncated, err);
		a->transport = TRANSPORT_ANSWERED;
		return;
	}
	a->transport = http_file_append(c->path, c->body ? c->body : "", c->body_len, err);
	if (a->transport == TRANSPORT_ANSWERED)
		a->status = 200;
	else
		a->error = err->text;
}

static void deliver(struct http_call *c)
{
	struct answer a = {.error = ""};
	struct err err;

	move(c, NULL); /* from here on it cannot be cancelled */
	if (c->path)
		do_file(c, &a, &err);
	else
		http_call_judge(c, &a);
	if (a.transport == TRANSPORT_ANSWERED) {
		a.headers = buf_text(&c->head);
		a.body = buf_text(&c->content);
		a.body_len = c->content.len;
	} else {
		a.headers = a.body = "";
	}
	c->fn(c->arg, &a);
	http_call_destroy(c);
}

static void collect_finished(struct http *h)
{
	struct http_call *c;
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(h->multi, &left))) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&c);
		c->code = msg->data.result;
		curl_multi_remove_handle(h->multi, c->easy); /* frees the connection for the next */
		curl_easy_cleanup(c->easy);
		c->easy = NULL;
		move(c, &h->done);
	}
}

int http_turn(struct http *h)
{
	struct http_call *c;
	int running, done = 0, n;

	do {
		curl_multi_perform(h->multi, &running);
		collect_finished(h);
	} while (launch_waiting(h));
	/* What is done now: a function that submits files must not keep us here. */
	DL_COUNT(h->done, c, done);
	for (n = 0; n < done && h->done; n++)
		deliver(h->done);
	return n;
}

/* libcurl does not pass POLLHUP and POLLERR on: unseen, they would make the loop spin. */
static void show_hangups(struct curl_waitfd *extra, unsigned n)
{
	struct pollfd p;

	for (unsigned i = 0; i < n; i++)
		if (extra[i].revents)
			return; /* there is work; the rest is seen next time */
	for (unsigned i = 0; i < n; i++) {
		p = (struct pollfd){.fd = extra[i].fd};
		if (poll(&p, 1, 0) == 1)
			extra[i].revents = CURL_WAIT_POLLIN;
	}
}

int http_wait(struct http *h, struct curl_waitfd *extra, unsigned n, int timeout_ms)
{
	int ready = 0;
	CURLMcode rc;

	/* After a time-out libcurl leaves them as they were. */
	for (unsigned i = 0; i < n; i++)
		extra[i].revents = 0;
	if (timeout_ms < 0 || h->done)
		timeout_ms = 0;
	rc = curl_multi_poll(h->multi, extra, n, timeout_ms, &ready);
	if (rc == CURLM_UNRECOVERABLE_POLL && errno == EINTR)
		return http_turn(h); /* stopped and continued, or a debugger */
	if (rc != CURLM_OK) {
		log_warnx("http", "cannot poll: %s", curl_multi_strerror(rc));
		return -1;
	}
	if (ready)
		show_hangups(extra, n);
	return http_turn(h);
}
