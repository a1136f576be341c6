/*
 * A small loop around http.c and one runner, for commands that talk to a network
 * themselves. Called by `auth` and `check --online`. It must never repeat a request
 * that creates, and never print.
 */
#include "agent/cli_net.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define WAIT_MS 1000

struct cli_net {
	struct http *http;
	struct runner *runner;
	struct http_route route; /* of the account that is spoken for */
};

static struct now now_of(void)
{
	struct timespec wall = {0, 0}, boot = {0, 0};

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (struct now){
	    (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000,
	    (int64_t)boot.tv_sec * 1000 + boot.tv_nsec / 1000000};
}

int64_t cli_net_wall_ms(void)
{
	return now_of().wall_ms;
}

void cli_net_random(void *bytes, size_t n)
{
	unsigned char *at = bytes;

	while (n) {
		ssize_t got = getrandom(at, n, 0);

		if (got <= 0)
			continue; /* only an interrupted call: the pool of a running system is ready */
		at += got;
		n -= (size_t)got;
	}
}

static void *submit(
    void *arg, unsigned account, const struct request *request,
    void (*done)(void *done_arg, const struct answer *answer), void *done_arg)
{
	struct cli_net *net = arg;

	(void)account; /* there is one at a time */
	return http_submit(net->http, request, &net->route, done, done_arg, NULL);
}

static void cancel(void *arg, void *handle)
{
	(void)arg;
	http_cancel(handle);
}

struct cli_net *cli_net_create(struct err *err)
{
	struct cli_net *net = calloc(1, sizeof *net);
	struct carrier carrier = {.submit = submit, .cancel = cancel, .arg = net};

	if (!net) {
		err_set(err, "out of memory");
		return NULL;
	}
	net->http = http_create("twicket/" TWICKET_VERSION " (+monitoring status)", err);
	if (net->http)
		net->runner = runner_create(&carrier, cli_net_random);
	if (!net->runner) {
		if (net->http)
			err_set(err, "out of memory");
		cli_net_destroy(net);
		return NULL;
	}
	return net;
}

void cli_net_destroy(struct cli_net *net)
{
	if (!net)
		return;
	runner_destroy(net->runner);
	http_destroy(net->http);
	free(net);
}

/* --- one request --------------------------------------------------------------------------- */

struct fetch {
	struct cli_net_answer *answer;
	bool done;
};

static int64_t date_of(const struct answer *a)
{
	char text[64];
	time_t date;

	if (!answer_header(a, "Date", text, sizeof text))
		return 0;
	date = curl_getdate(text, NULL);
	return date > 0 ? (int64_t)date : 0;
}

static void fetched(void *arg, const struct answer *a)
{
	struct fetch *f = arg;

	f->done = true;
	f->answer->transport = a->transport;
	f->answer->status = a->status;
	f->answer->date_s = date_of(a);
	snprintf(f->answer->error, sizeof f->answer->error, "%s", a->error);
	buf_add(&f->answer->body, a->body, a->body_len);
}

int cli_net_request_by(
    struct cli_net *net, const struct http_route *route, const struct request *request,
    struct cli_net_answer *answer, struct err *err)
{
	struct fetch f = {.answer = answer};

	*answer = (struct cli_net_answer){.transport = TRANSPORT_NOT_SENT};
	buf_init(&answer->body, request->max_body);
	if (!http_submit(net->http, request, route, fetched, &f, err))
		return -1;
	while (!f.done) {
		if (http_wait(net->http, NULL, 0, WAIT_MS) == -1)
			return err_set(err, "waiting for the network failed");
	}
	if (answer->transport != TRANSPORT_ANSWERED)
		return err_set(err, "%s", answer->error);
	return 0;
}

int cli_net_request(
    struct cli_net *net, const struct config_account *a, const struct request *request,
    struct cli_net_answer *answer, struct err *err)
{
	net->route = (struct http_route){.proxy = a->proxy, .ca_file = a->ca_file};
	return cli_net_request_by(net, &net->route, request, answer, err);
}

void cli_net_answer_finish(struct cli_net_answer *answer)
{
	if (answer->body.data)
		explicit_bzero(answer->body.data, answer->body.len);
	buf_finish(&answer->body);
}

/* --- one job ------------------------------------------------------------------------------- */

struct errand {
	struct result *result;
	runner_emit_fn *emit; /* the caller's, NULL = nobody cares */
	void *emit_arg;
	bool done;
};

static enum emitted job_emit(void *arg, const struct item *item)
{
	struct errand *e = arg;

	return e->emit ? e->emit(e->emit_arg, item) : EMIT_NEW;
}

static void job_done(void *arg, const struct result *result)
{
	struct errand *e = arg;

	*e->result = *result;
	e->done = true;
}

static int wait_of(const struct runner *runner, const struct now *now)
{
	int64_t next = runner_next(runner);

	if (runner_is_ready(runner) || next <= now->wall_ms)
		return 0;
	return next - now->wall_ms < WAIT_MS ? (int)(next - now->wall_ms) : WAIT_MS;
}

void cli_net_job(
    struct cli_net *net, const struct config_account *a, const struct notifier *notifier,
    struct account *account, const struct job *job, runner_emit_fn *emit, void *arg,
    struct result *result)
{
	struct errand e = {.result = result, .emit = emit, .emit_arg = arg};
	struct now now;

	*result = (struct result){.class = RESULT_RETRY};
	net->route = (struct http_route){.proxy = a->proxy, .ca_file = a->ca_file};
	if (!runner_start(net->runner, notifier, account, 0, job, job_emit, job_done, &e)) {
		snprintf(result->text, sizeof result->text, "out of memory");
		return;
	}
	for (;;) {
		now = now_of();
		runner_turn(net->runner, &now);
		runner_release(net->runner);
		if (e.done)
			return;
		if (http_wait(net->http, NULL, 0, wait_of(net->runner, &now)) == -1)
			break;
	}
	snprintf(result->text, sizeof result->text, "waiting for the network failed");
}
