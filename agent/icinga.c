/*
 * An Icinga 2 as a source: beginning and end, requests, what is asked of it. Called by sources.c.
 * Must never send a word without the pinned CA's blessing.
 */
#include "agent/icinga_internal.h"

#include "agent/secret.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define ANSWER_MAX (64u << 20) /* bytes: some hundred thousand objects; parsed they are ten times as much */
#define REFUSAL_MAX 65536
#define LINE_MAX_BYTES (1u << 20)
#define LOOKS_MAX 2 /* in vain, until an object is taken for gone */

/* --- requests -------------------------------------------------------------------------------- */

static struct request request_of(const struct icinga *i, enum icinga_ask kind, const char *url, const char *body)
{
	struct request request = {.method = "POST",
				  .url = url,
				  .headers = {"Accept: application/json", "Content-Type: application/json"},
				  .effect = kind == ASK_ACTION ? EFFECT_CREATES : EFFECT_NONE,
				  .body = body,
				  .body_len = strlen(body),
				  .max_body = kind == ASK_STREAM ? REFUSAL_MAX : ANSWER_MAX,
				  .timeout_ms = kind == ASK_ACTION ? ICINGA_ACTION_MS : ICINGA_REQUEST_MS};
	unsigned n = 2;

	if (kind == ASK_QUERY)
		request.headers[n++] = "X-HTTP-Method-Override: GET";
	request.headers[n] = i->login;
	return request;
}

struct http_call *icinga_ask(struct icinga *i, enum icinga_ask kind, const char *path, json_t *body, http_done_fn *done)
{
	const struct http_route route = {.ca_file = i->ca_file,
					 .connect_to = i->connect_to,
					 .cert_file = i->cert_file,
					 .key_file = i->key_file};
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	struct http_call *call = NULL;
	struct request request;
	struct buf url;
	struct err err;

	err_set(&err, "out of memory");
	buf_init(&url, 4096);
	buf_printf(&url, "%s/v1/%s", i->url, path);
	if (text && !url.cut) {
		request = request_of(i, kind, buf_text(&url), text);
		call = kind == ASK_STREAM
			   ? http_submit_stream(i->http, &request, &route, icinga_stream_bytes, done, i, &err)
			   : http_submit(i->http, &request, &route, done, i, &err);
	}
	if (!call)
		log_warnx("icinga", "%s: request not sent: %s", i->node, err.text);
	buf_finish(&url);
	free(text);
	json_decref(body);
	return call;
}

void icinga_keep_answer(struct icinga_answer *kept, const struct answer *answer)
{
	json_error_t error;

	*kept = (struct icinga_answer){.is_there = true, .transport = answer->transport, .status = answer->status};
	if (answer->transport == TRANSPORT_ANSWERED && !answer->truncated)
		kept->body = json_loadb(answer->body, answer->body_len, JSON_ALLOW_NUL, &error);
	if (answer->transport != TRANSPORT_ANSWERED)
		snprintf(kept->error, sizeof kept->error, "%s", answer->error);
	else if (!kept->body)
		snprintf(kept->error, sizeof kept->error, "%d, and %s", answer->status,
			 answer->truncated ? "the answer broke off" : "no JSON: is this an Icinga 2?");
}

void icinga_drop_answer(struct icinga_answer *kept)
{
	json_decref(kept->body);
	*kept = (struct icinga_answer){.is_there = false};
}

void icinga_tell(void *arg, const struct event *ev)
{
	struct icinga *i = arg;

	i->n_events++;
	i->events.event(i->events.arg, i->node, ev);
}

/* --- beginning and end ------------------------------------------------------------------------- */

static char *copy(const char *text)
{
	return text && *text ? strdup(text) : NULL;
}

/* https://10.0.0.5:5665 and NODE -> https://NODE:5665, to be had at 10.0.0.5:5665. */
static int set_url(struct icinga *i, const struct config_icinga *config)
{
	char base[1024];

	if (config_icinga_base(config, base, sizeof base) == -1)
		return -1;
	i->url = strdup(base);
	i->connect_to = strdup(config_icinga_address(config));
	return i->url && i->connect_to ? 0 : -1;
}

struct icinga *icinga_create(const struct config_icinga *config, const char *password, struct http *http,
			     const struct source_events *events, struct err *err)
{
	struct icinga *i = calloc(1, sizeof *i);

	if (!i) {
		err_set(err, "out of memory");
		return NULL;
	}
	i->http = http;
	i->events = *events;
	i->node = copy(config->node);
	i->ca_file = copy(config->ca_file);
	i->cert_file = copy(config->cert_file);
	i->key_file = copy(config->key_file);
	buf_init(&i->line, LINE_MAX_BYTES);
	i->wants_site = true;
	i->login = password ? secret_basic(config->user, password) : NULL;
	if (i->node && set_url(i, config) == 0 && (i->login || !password))
		return i;
	icinga_destroy(i);
	err_set(err, "out of memory");
	return NULL;
}

static void inventories_end(struct icinga *i)
{
	struct icinga_inventory *v, *next;

	LL_FOREACH_SAFE (i->inventories, v, next) {
		LL_DELETE(i->inventories, v);
		v->fn(v->arg, i->node, NULL);
		free(v);
	}
}

static void described_drop(struct icinga *i)
{
	struct described *d, *next;

	DL_FOREACH_SAFE (i->described, d, next)
		free(d);
	i->described = NULL;
}

void icinga_destroy(struct icinga *i)
{
	if (!i)
		return;
	icinga_poll_finish(i);
	icinga_stream_finish(i);
	icinga_command_finish(i);
	inventories_end(i);
	described_drop(i);
	picture_destroy(i->picture);
	site_destroy(i->site);
	secret_free(i->login);
	free(i->node);
	free(i->url);
	free(i->connect_to);
	free(i->ca_file);
	free(i->cert_file);
	free(i->key_file);
	free(i);
}

/* --- what is asked of it -------------------------------------------------------------------------- */

bool icinga_has_login(const struct icinga *i, const char *user, const char *password)
{
	char *login = password ? secret_basic(user, password) : NULL;
	bool has = i->login && login ? strcmp(i->login, login) == 0 : !i->login && !password;

	secret_free(login);
	return has;
}

const char *icinga_node(const struct icinga *i)
{
	return i->node;
}

/* Answered in the next turn, never from here: whoever asks is in the middle of something. */
void icinga_describe(struct icinga *i, unsigned kind, const char *host, const char *service)
{
	size_t a = strlen(host) + 1, b = strlen(service) + 1;
	struct described *d = calloc(1, sizeof *d + a + b);

	if (!d)
		return;
	d->kind = kind;
	memcpy(d->names, host, a);
	memcpy(d->names + a, service, b);
	d->service = d->names + a;
	DL_APPEND(i->described, d);
}

/* One that is not there may have been made a moment ago: another look tells. */
static bool is_to_wait(struct icinga *i, struct described *d)
{
	if (site_knows(i->site, d->names, d->kind == EVENT_SERVICE ? d->service : ""))
		return false;
	i->wants_site |= d->looks < LOOKS_MAX;
	return d->looks++ < LOOKS_MAX;
}

static bool is_promised(const struct icinga *i, const struct described *wanted)
{
	const struct described *d;

	DL_FOREACH (i->described, d)
		if (d->is_pending && d->kind == wanted->kind && !strcmp(d->names, wanted->names) &&
		    !strcmp(d->service, wanted->service))
			return true;
	return false;
}

/* True: it is told once more, when it was checked. */
static bool describe(struct icinga *i, struct described *d)
{
	struct object *o = site_object(i->site, d->kind, d->names, d->service);
	const char *service = d->kind == EVENT_SERVICE ? d->service : "";
	bool is_pending = o && picture_is_pending(i->picture, d->names, service);

	if (d->is_pending && is_pending) {
		object_destroy(o);
		return true;
	}
	d->is_pending = is_pending;
	if (o) {
		o->is_pending = is_pending;
		o->ok_since_s = picture_ok_since(i->picture, d->names, service);
	}
	i->events.object(i->events.arg, i->node, d->kind, d->names, d->service, o);
	return is_pending && !is_promised(i, d);
}

/* A site that may have changed answers nothing: what has gone would be called well. */
static bool may_describe(const struct icinga *i)
{
	return i->is_up && i->site && i->picture && !i->wants_site;
}

static void describe_all(struct icinga *i)
{
	struct described *all = i->described, *d, *next;

	if (!may_describe(i))
		return;
	i->described = NULL; /* answers make questions */
	DL_FOREACH_SAFE (all, d, next) {
		DL_DELETE(all, d);
		if (!i->wants_site && d->looked_at != i->n_looks && !is_to_wait(i, d) && !describe(i, d)) {
			free(d);
			continue;
		}
		d->looked_at = i->n_looks;
		DL_APPEND(i->described, d);
	}
	if (i->wants_site)
		icinga_wake(i);
}

/* Is there one that this look has not been asked for? */
static bool has_question(const struct icinga *i)
{
	const struct described *d;

	if (!may_describe(i))
		return false;
	DL_FOREACH (i->described, d)
		if (d->looked_at != i->n_looks)
			return true;
	return false;
}

unsigned icinga_inventory(struct icinga *i, source_inventory_fn *fn, void *arg)
{
	struct icinga_inventory *v = i->is_up ? calloc(1, sizeof *v) : NULL;

	if (!v)
		return 0;
	v->fn = fn;
	v->arg = arg;
	LL_APPEND(i->inventories, v);
	return 1;
}

void icinga_inventory_cancel(struct icinga *i, void *arg)
{
	struct icinga_inventory *v, *next;

	LL_FOREACH_SAFE (i->inventories, v, next)
		if (v->arg == arg) {
			LL_DELETE(i->inventories, v);
			free(v);
		}
}

struct listing {
	struct icinga *icinga;
	struct icinga_inventory *for_whom;
};

static void list_one(void *arg, const struct event *ev)
{
	struct listing *l = arg;

	l->for_whom->fn(l->for_whom->arg, l->icinga->node, ev);
}

static void list_all(struct icinga *i)
{
	struct icinga_inventory *v;

	while (i->site && (v = i->inventories)) {
		struct listing l = {.icinga = i, .for_whom = v};

		LL_DELETE(i->inventories, v);
		site_each(i->site, list_one, &l);
		v->fn(v->arg, i->node, NULL);
		free(v);
	}
}

void icinga_health(const struct icinga *i, struct source_health *out)
{
	*out = (struct source_health){.node = i->node,
				      .core = i->core,
				      .connected = i->is_up,
				      .since_ms = i->since_ms,
				      .events = i->n_events,
				      .trouble = *i->trouble ? i->trouble : i->stream_trouble};
}

/* --- turns ---------------------------------------------------------------------------------------- */

void icinga_turn(struct icinga *i, const struct now *now)
{
	i->now = *now;
	icinga_stream_turn(i);
	icinga_command_turn(i);
	icinga_poll_turn(i);
	describe_all(i);
	list_all(i);
}

void icinga_flush(struct icinga *i)
{
	icinga_command_start(i);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t icinga_next(const struct icinga *i)
{
	int64_t at = least(icinga_poll_next(i), least(icinga_stream_next(i), icinga_command_next(i)));

	return (i->inventories && i->site) || has_question(i) ? 0 : at;
}
