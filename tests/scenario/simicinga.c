/*
 * The simulated core as an Icinga 2: the agent's own source looks at it and acts on it, by
 * requests that simicinga_api.c answers instead of a server. The linker puts it in place of
 * agent/http.c, in the scenario runner only. Must never let a look take time: what happens is told at once.
 */
#include "tests/scenario/simicinga.h"

#include "agent/icinga_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define TURNS_MAX 1000

struct http_call {
	struct http_call *next;
	struct http *http;
	http_done_fn *fn;
	void *arg;
	enum transport transport;
	int status;
	char *body;
};

/* One Icinga 2, and the agent that looks at it. */
struct http {
	struct simapi api;
	struct icinga *icinga;
	struct http_call *calls; /* answered in the next turn */
	int64_t turns;		 /* each a millisecond to the source: one look comes behind the other */
};

/* --- instead of agent/http.c, by ld's --wrap ------------------------------------------------------------------- */

static char *answer_of(struct http *h, const char *path, const char *text, int *status)
{
	json_t *body = json_loads(text, 0, NULL), *out = NULL;
	char *answer;

	if (!strncmp(path, "actions/", 8))
		*status = simapi_action(&h->api, path + 8, body, &out);
	else
		*status = simapi_query(&h->api, path, body, &out);
	answer = json_dumps(out, JSON_COMPACT);
	json_decref(out);
	json_decref(body);
	return answer;
}

struct http_call *__wrap_http_submit(struct http *h, const struct request *request, const struct http_route *route,
				     http_done_fn *fn, void *arg, struct err *err)
{
	const char *path = strstr(request->url, "/v1/");
	struct http_call *call = calloc(1, sizeof *call);

	(void)route;
	(void)err;
	*call = (struct http_call){.http = h, .fn = fn, .arg = arg, .transport = TRANSPORT_NOT_SENT};
	if (h->api.core->connected && path) {
		call->transport = TRANSPORT_ANSWERED;
		call->body = answer_of(h, path + 4, request->body, &call->status);
	}
	LL_APPEND(h->calls, call);
	return call;
}

/* What it would tell is looked at as soon as it happens. */
struct http_call *__wrap_http_submit_stream(struct http *h, const struct request *request,
					    const struct http_route *route, http_bytes_fn *bytes, http_done_fn *fn,
					    void *arg, struct err *err)
{
	(void)bytes;
	return __wrap_http_submit(h, request, route, fn, arg, err);
}

static void call_free(struct http_call *call)
{
	free(call->body);
	free(call);
}

void __wrap_http_cancel(struct http_call *call)
{
	if (!call)
		return;
	LL_DELETE(call->http->calls, call);
	call_free(call);
}

static bool deliver(struct http *h)
{
	struct http_call *call = h->calls;
	struct answer answer;

	if (!call)
		return false;
	LL_DELETE(h->calls, call);
	answer = (struct answer){.transport = call->transport,
				 .status = call->status,
				 .headers = "",
				 .body = call->body ? call->body : "",
				 .body_len = call->body ? strlen(call->body) : 0,
				 .error = call->transport == TRANSPORT_ANSWERED ? "" : "connection refused"};
	call->fn(call->arg, &answer);
	call_free(call);
	return true;
}

/* --- what the source says ------------------------------------------------------------------------- */

static void up(void *arg, const char *node, const char *epoch)
{
	struct http *h = arg;

	core_node_up(h->api.core->core, node, epoch, &h->api.now);
}

static void down(void *arg, const char *node)
{
	struct http *h = arg;

	core_node_down(h->api.core->core, node, &h->api.now);
}

static void event(void *arg, const char *node, const struct event *ev)
{
	struct http *h = arg;

	core_event(h->api.core->core, node, ev, &h->api.now);
}

static struct http *create(struct simcore *s)
{
	struct http *h = calloc(1, sizeof *h);

	h->api.core = s;
	return h;
}

static void attach(struct http *h)
{
	char url[] = "https://127.0.0.1:5665", user[] = "twicket";
	struct config_icinga config = {.url = url, .node = h->api.core->node, .user = user};
	struct source_events events = {.arg = h, .up = up, .down = down, .event = event};
	struct err err;

	h->icinga = icinga_create(&config, "secret", h, &events, &err);
	if (!h->icinga)
		abort();
}

static void detach(struct http *h)
{
	if (!h)
		return;
	icinga_destroy(h->icinga);
	h->icinga = NULL;
}

static void destroy(struct http *h)
{
	if (!h)
		return;
	detach(h);
	simapi_finish(&h->api);
	free(h);
}

/* --- turns ---------------------------------------------------------------------------------------- */

static void turn(struct http *h, const struct now *now)
{
	h->api.now = *now;
	h->icinga->now = *now;
	h->icinga->now.boot_ms += ++h->turns;
}

/* What the commands under way have to ask, as far as it needs no time. */
static void act(struct http *h, const struct now *now)
{
	struct icinga *i = h->icinga;

	do {
		turn(h, now);
		icinga_command_start(i);
		if (!deliver(h))
			return;
		icinga_command_turn(i);
	} while (i->commands);
}

/* One look from its beginning to its end. */
static void look_once(struct http *h, const struct now *now)
{
	struct icinga *i = h->icinga;

	turn(h, now);
	i->poll_ms = 0;
	icinga_poll_turn(i);
	for (unsigned k = 0; i->step != STEP_NONE && k < TURNS_MAX; k++) {
		deliver(h);
		turn(h, now);
		icinga_poll_turn(i);
	}
}

static void look(struct http *h, const struct now *now)
{
	look_once(h, now);
	act(h, now);
}

static void connect_to(struct http *h, const struct now *now)
{
	if (!h->icinga)
		attach(h);
	h->icinga->wants_all = true; /* as at the end of its stream */
	look(h, now);
}

static void disconnect(struct http *h, const struct now *now)
{
	for (unsigned k = 0; h->icinga && h->icinga->is_up && k < TURNS_MAX; k++)
		look_once(h, now);
}

/* A command, with the look that says what became of it; what needs time goes on in looks to come. */
static void obey(struct http *h, const struct event *cmd, const struct now *now)
{
	struct icinga *i = h->icinga;

	turn(h, now);
	if (icinga_command(i, cmd) == -1)
		return;
	act(h, now);
	look(h, now);
	simcore_look(h->api.core, now); /* its own doing wakes it, too */
}

static int64_t ok_since(struct http *h, const char *host, const char *service)
{
	return picture_ok_since(h->icinga->picture, host, service);
}

const struct simtongue simicinga = {.create = create,
				    .destroy = destroy,
				    .detach = detach,
				    .connect = connect_to,
				    .disconnect = disconnect,
				    .look = look,
				    .obey = obey,
				    .ok_since = ok_since};
