/*
 * What an audience would be told of one object in trouble, by a rehearsal: when, in which
 * words and at which price. Called by `preview`; the engine and core_words.c do it for real.
 * It must never need a token, nor ask a network.
 */
#include "agent/cli_preview.h"
#include "agent/incident_hand.h"
#include "agent/rehearse.h"

#include <stdlib.h>
#include <string.h>

#define TAG "T000" /* no incident has it: 0 is not in the alphabet */
#define OUTPUT "(what the plugin says)"
#define MINUTE_MS INT64_C(60000)
#define AFTERWARDS_MS (12 * MINUTE_MS) /* its end comes so long after the last line that would follow */
#define LASTS_MIN_MS (42 * MINUTE_MS)
#define LASTS_MAX_MS (1440 * MINUTE_MS)

struct scene {
	const struct preview *preview;
	unsigned audience;
	json_t *posts;
};

/* --- what the engine asks and says --------------------------------------------------------------- */

static struct object *on_object(void *arg, unsigned kind, const char *host, const char *service)
{
	const struct scene *s = arg;

	return world_object(s->preview->world, kind, host, service);
}

static bool wants_words(void *arg, unsigned audience, unsigned account)
{
	const struct scene *s = arg;

	(void)account;
	return audience == s->audience;
}

/* The tag of this incident becomes one that nobody can mistake for a real one. */
static void put_text(const char *text, const char *tag, struct buf *out)
{
	size_t n = strlen(tag);

	while (*text) {
		if (n && text[0] == '#' && strncmp(text + 1, tag, n) == 0) {
			buf_str(out, "#" TAG);
			text += n + 1;
		} else {
			buf_char(out, *text++);
		}
	}
}

static void on_post(void *arg, const struct rehearsed *r)
{
	struct scene *s = arg;
	const struct config_account *account = &s->preview->config->accounts[r->account];
	struct buf text;
	json_t *post;

	if (r->audience != s->audience || !r->text)
		return;
	buf_init(&text, 65536);
	put_text(r->text, r->tag, &text);
	post = json_pack(
	    "{s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:s}", "account", account->name, "network",
	    account->network, "language", account->language, "event", words_event_name(r->event),
	    "root", r->root, "at_ms", (json_int_t)r->at_ms, "after_ms",
	    (json_int_t)(r->at_ms - s->preview->at_s * 1000), "units", (json_int_t)r->units, "limit",
	    (json_int_t)r->limit, "text", buf_text(&text));
	buf_finish(&text);
	if (post && account->is_metered)
		json_object_set_new(post, "price_micro", json_integer((json_int_t)r->micro));
	json_array_append_new(s->posts, post);
}

/* --- what happens ------------------------------------------------------------------------------------ */

static void send(const struct preview *p, struct rehearsal *r, struct event ev, int64_t at_ms)
{
	ev.time_us = at_ms * 1000;
	ev.author = ev.author ? ev.author : "";
	ev.mark = ev.list = "";
	if (ev.kind) {
		ev.host = p->object->host;
		ev.service = p->object->service;
		ev.text = OUTPUT;
	} else {
		ev.host = ev.service = ev.text = "";
	}
	rehearsal_event(r, &ev, at_ms);
}

static void connect(const struct preview *p, struct rehearsal *r, int64_t at_ms)
{
	rehearsal_node_up(r, "preview", at_ms);
	send(p, r, (struct event){.type = EVENT_SNAP_BEGIN}, at_ms);
	send(p, r, (struct event){.type = EVENT_SNAP_END}, at_ms);
	rehearsal_inventory(
	    r, world_count(p->world), world_matched(p->world, p->config->sentinels), at_ms);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s && *s ? s : NULL;
}

/* What is quiet and paused now is so then, unless it has ended by then. */
static void hush(const struct preview *p, struct rehearsal *r, int64_t at_ms)
{
	const struct now now = {at_ms, at_ms};
	struct engine *e = rehearsal_engine(r);
	const json_t *rule;
	uint64_t id;
	size_t i;

	json_array_foreach (json_object_get(p->status, "paused"), i, rule)
		engine_pause(
		    e, text_of(rule, "audience"), text_of(rule, "account"), "", "preview", &now, NULL);
	json_array_foreach (json_object_get(p->status, "quiet"), i, rule)
		if (text_of(rule, "match"))
			engine_quiet_match(
			    e, text_of(rule, "match"), cli_number(rule, "until_ms") / 1000, "",
			    "preview", &now, &id, NULL);
}

/* Trouble, as the core reports it: whom it notifies, then the state. */
static void fail(const struct preview *p, struct rehearsal *r, int64_t at_ms)
{
	const char *const *contact = p->object->contacts;
	struct event ev = {
	    .kind = p->object->kind,
	    .state = (uint8_t)p->state,
	    .attempt = 1,
	    .max_attempts = 1,
	    .since = at_ms / 1000};

	for (; contact && *contact; contact++) {
		ev.type = EVENT_NOTIFIED;
		ev.author = *contact;
		send(p, r, ev, at_ms);
	}
	ev.type = EVENT_STATE;
	ev.flags = EVENT_HARD;
	ev.author = "";
	send(p, r, ev, at_ms);
}

static void recover(const struct preview *p, struct rehearsal *r, int64_t at_ms)
{
	const struct event ev = {
	    .type = EVENT_STATE,
	    .kind = p->object->kind,
	    .flags = EVENT_HARD,
	    .attempt = 1,
	    .max_attempts = 1,
	    .since = at_ms / 1000};

	send(p, r, ev, at_ms);
}

/* Long enough for a reminder and all who are called. */
static int64_t lasts(const struct config_audience *a)
{
	int64_t ms = a->remind_ms;

	for (unsigned k = 0; k < a->n_escalate; k++)
		if (a->escalate[k].after_ms > ms)
			ms = a->escalate[k].after_ms;
	ms += AFTERWARDS_MS;
	if (ms < LASTS_MIN_MS)
		ms = LASTS_MIN_MS;
	if (ms > LASTS_MAX_MS)
		ms = LASTS_MAX_MS;
	return ms > a->hold_ms + a->recovery_hold_ms ? ms : a->hold_ms + a->recovery_hold_ms + MINUTE_MS;
}

static void play(const struct preview *p, struct rehearsal *r, const struct config_audience *a, int64_t lasts_ms)
{
	int64_t at_ms = p->at_s * 1000, end_ms = at_ms + lasts_ms + MINUTE_MS;
	int64_t quiet_end_ms = hours_hold(a->quiet_hours, p->at_s + a->hold_ms / 1000)
				   ? hours_end(a->quiet_hours, p->at_s + a->hold_ms / 1000) * 1000
				   : 0;

	connect(p, r, at_ms - 1000);
	hush(p, r, at_ms - 1000);
	fail(p, r, at_ms);
	recover(p, r, at_ms + lasts_ms - a->recovery_hold_ms);
	rehearsal_until(r, quiet_end_ms + MINUTE_MS > end_ms ? quiet_end_ms + MINUTE_MS : end_ms);
}

json_t *preview_posts(const struct preview *p, unsigned audience, int64_t *lasts_ms, struct err *err)
{
	struct scene scene = {p, audience, json_array()};
	const struct config_audience *a = &p->config->audiences[audience];
	struct rehearsal_order order = {
	    .config = p->config,
	    .node = p->object->node,
	    .arg = &scene,
	    .object = on_object,
	    .post = on_post,
	    .wants_words = wants_words};
	struct rehearsal *r = rehearsal_create(&order, p->at_s * 1000 - 1000, err);

	*lasts_ms = lasts(a);
	if (r && scene.posts)
		play(p, r, a, *lasts_ms);
	if (!r) {
		json_decref(scene.posts);
		scene.posts = NULL;
	}
	rehearsal_destroy(r);
	return scene.posts;
}
