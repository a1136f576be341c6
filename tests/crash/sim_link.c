/*
 * The way to the simulated servers: a carrier whose answers come when the virtual
 * clock says so. Called by the runner (submit, cancel) and by the test (deliver).
 * Must never answer from inside submit().
 */
#include "tests/crash/sim.h"
#include "tests/crash/sim_x.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct flight {
	struct flight *prev, *next;
	struct sim_link *link;
	enum transport transport;
	struct sim_answer answer;
	int64_t due_ms;
	void (*done)(void *arg, const struct answer *answer);
	void *arg;
};

struct sim_link {
	struct sim *sim;
	void (*point)(void *arg, const char *what);
	void *arg;
	struct flight *flights;
};

struct sim_link *
sim_link_create(struct sim *s, void (*point)(void *arg, const char *what), void *arg)
{
	struct sim_link *l = calloc(1, sizeof *l);

	if (!l)
		abort();
	l->sim = s;
	s->clients++;
	l->point = point;
	l->arg = arg;
	return l;
}

static void flight_free(struct flight *f)
{
	DL_DELETE(f->link->flights, f);
	free(f->answer.body);
	free(f);
}

void sim_link_destroy(struct sim_link *l)
{
	struct flight *f, *tmp;

	if (!l)
		return;
	DL_FOREACH_SAFE(l->flights, f, tmp)
	flight_free(f);
	free(l);
}

static bool is_for_x(const struct sim *s, const struct request *request)
{
	return s->x && strncmp(request->url, SIM_X_BASE, strlen(SIM_X_BASE)) == 0;
}

static bool is_for_desk(const struct request *request)
{
	return strncmp(request->url, "desk:", 5) == 0;
}

static bool refuses(const struct sim *s, const struct request *request)
{
	if (is_for_desk(request))
		return s->desk.refuses;
	return is_for_x(s, request) ? s->x->refuses : s->refuses;
}

static void serve(struct sim *s, const struct request *request, struct sim_answer *answer)
{
	struct sim_x_answer from_x;

	if (is_for_desk(request)) {
		sim_desk_serve(s, request, answer);
		return;
	}
	if (!is_for_x(s, request)) {
		sim_serve(s, request, answer);
		return;
	}
	s->x->now_ms = s->now_ms;
	sim_x_serve(s->x, request, &from_x);
	answer->status = from_x.status;
	answer->body = from_x.body;
	answer->is_lost = from_x.is_lost;
	memcpy(answer->headers, from_x.headers, sizeof answer->headers);
}

static void *link_submit(
    void *arg, unsigned account, const struct request *request,
    void (*done)(void *done_arg, const struct answer *answer), void *done_arg)
{
	struct sim_link *l = arg;
	struct flight *f = calloc(1, sizeof *f);

	(void)account;
	if (!f)
		abort();
	f->link = l;
	f->done = done;
	f->arg = done_arg;
	f->due_ms = l->sim->now_ms + l->sim->latency_ms;
	f->transport = TRANSPORT_NOT_SENT;
	if (l->point)
		l->point(l->arg, "before request");
	if (!refuses(l->sim, request)) {
		serve(l->sim, request, &f->answer);
		f->transport = f->answer.is_lost ? TRANSPORT_NO_ANSWER : TRANSPORT_ANSWERED;
	}
	if (l->point)
		l->point(l->arg, "after request");
	DL_APPEND(l->flights, f);
	return f;
}

static void link_cancel(void *arg, void *handle)
{
	(void)arg;
	flight_free(handle);
}

struct carrier sim_link_carrier(struct sim_link *l)
{
	return (struct carrier){.submit = link_submit, .cancel = link_cancel, .arg = l};
}

static void deliver(struct flight *f)
{
	struct answer answer = {
	    .transport = f->transport, .headers = "", .body = "", .error = "connection refused"};

	if (f->transport == TRANSPORT_NO_ANSWER)
		answer.error = "the connection was closed";
	if (f->transport == TRANSPORT_ANSWERED) {
		answer.error = "";
		answer.status = f->answer.status;
		answer.headers = f->answer.headers;
		answer.body = f->answer.body;
		answer.body_len = strlen(f->answer.body);
	}
	f->done(f->arg, &answer);
	flight_free(f);
}

unsigned sim_link_deliver(struct sim_link *l)
{
	struct flight *f, *tmp;
	unsigned n = 0;

	DL_FOREACH_SAFE(l->flights, f, tmp)
	{
		if (f->due_ms > l->sim->now_ms)
			continue;
		deliver(f);
		n++;
	}
	return n;
}

int64_t sim_link_next(const struct sim_link *l)
{
	int64_t next = NOW_NEVER;
	struct flight *f;

	DL_FOREACH (l->flights, f) {
		if (f->due_ms < next)
			next = f->due_ms;
	}
	return next;
}
