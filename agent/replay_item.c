/*
 * What the log has told of each object, and the events that follow from it. Called by
 * replay.c. Must never tell an engine what the module would not.
 */
#include "agent/replay_internal.h"

#include <stdlib.h>
#include <string.h>

#define ITEMS_MAX 500000u /* objects; a log with more is not of one core */

/* --- the table ------------------------------------------------------------------------------------- */

struct log_item *item_find(const struct replay *r, const char *host, const char *service)
{
	char key[WORLD_KEY];
	size_t n = world_key(key, host, service);
	struct log_item *i = NULL;

	if (n)
		HASH_FIND(hh, r->items, key, n, i);
	return i;
}

static struct log_item *create(struct replay *r, uint8_t kind, const char *host, const char *service)
{
	char key[WORLD_KEY];
	size_t n = world_key(key, host, service);
	struct log_item *i = n ? calloc(1, sizeof *i + n) : NULL;

	if (!i)
		return NULL;
	memcpy(i->key, key, n);
	i->host = i->key;
	i->service = i->key + strlen(host) + 1;
	i->kind = kind;
	i->flags = EVENT_HARD;
	HASH_ADD_KEYPTR(hh, r->items, i->key, n, i);
	r->facts.objects++;
	r->facts.strangers += !world_knows(r->world, host, service);
	return i;
}

struct log_item *item_get(struct replay *r, uint8_t kind, const char *host, const char *service)
{
	struct log_item *i = item_find(r, host, service);

	if (i || r->facts.objects >= ITEMS_MAX)
		return i;
	i = create(r, kind, host, service);
	if (!i || kind == EVENT_HOST)
		return i;
	i->host_item = item_find(r, host, "");
	if (!i->host_item && r->facts.objects < ITEMS_MAX)
		i->host_item = create(r, EVENT_HOST, host, "");
	if (i->host_item) {
		i->next_service = i->host_item->services;
		i->host_item->services = i;
	}
	return i;
}

void items_free(struct replay *r)
{
	struct log_item *i, *next;

	HASH_ITER (hh, r->items, i, next) {
		HASH_DEL(r->items, i);
		free(i->output);
		free(i->owner);
		free(i);
	}
}

/* --- events --------------------------------------------------------------------------------------------- */

static uint32_t flags_of(const struct log_item *i)
{
	unsigned downtimes = i->downtimes + (i->host_item ? i->host_item->downtimes : 0);
	uint32_t flags = i->flags | (downtimes ? EVENT_IN_DOWNTIME : 0);

	if (i->host_item && i->host_item->state)
		flags |= EVENT_HOST_DOWN;
	return flags;
}

struct event item_event(const struct log_item *i, enum event_type type)
{
	return (struct event){
	    .type = (uint8_t)type,
	    .kind = i->kind,
	    .state = i->state,
	    .flags = flags_of(i),
	    .attempt = i->attempt,
	    .max_attempts = i->attempt,
	    .since = i->since_s,
	    .last_ok = i->last_ok_s,
	    .host = i->host,
	    .service = i->service,
	    .text = i->output ? i->output : "",
	    .author = i->owner ? i->owner : "",
	    .mark = "",
	    .list = ""};
}

static void set_string(char **at, const char *value)
{
	free(*at);
	*at = value && *value ? strdup(value) : NULL;
}

/* An acknowledgement ends with the problem; one that is not sticky, with the state. */
static void drop_ack(struct log_item *i, uint8_t state)
{
	if (state && (state == i->state || (i->flags & EVENT_STICKY)))
		return;
	i->flags &= ~(uint32_t)(EVENT_ACKED | EVENT_STICKY);
	set_string(&i->owner, NULL);
}

static void count(struct replay *r, struct log_item *i, const struct log_line *l)
{
	bool is_hard = (i->flags & EVENT_HARD) != 0;

	if (l->state != i->state || l->is_hard != is_hard)
		r->facts.changes++;
	if (l->state && l->is_hard && !i->is_trouble) {
		r->facts.problems++;
		i->is_trouble = true;
	} else if (!l->state) {
		i->is_trouble = false;
	}
}

static void take_state(struct replay *r, struct log_item *i, const struct log_line *l)
{
	bool was_hard = (i->flags & EVENT_HARD) != 0;

	drop_ack(i, l->state);
	if (l->is_hard && (l->state != i->state || !was_hard || !i->since_s))
		i->since_s = r->now_s;
	if (!l->state)
		i->last_ok_s = r->now_s;
	i->state = l->state;
	i->attempt = l->attempt;
	i->flags = l->is_hard ? i->flags | EVENT_HARD : i->flags & ~(uint32_t)EVENT_HARD;
	set_string(&i->output, l->state ? l->text : NULL);
}

static bool is_noteworthy(const struct log_item *i, const struct event *ev)
{
	return i->state || (ev->flags & (EVENT_ACKED | EVENT_FLAPS | EVENT_IN_DOWNTIME));
}

void item_result(struct replay *r, struct log_item *i, const struct log_line *l)
{
	struct event ev;

	if (l->kind == LINE_ALERT)
		count(r, i, l);
	else if (l->state && l->is_hard)
		i->is_trouble = true;
	take_state(r, i, l);
	ev = item_event(i, l->kind == LINE_ALERT ? EVENT_STATE : EVENT_OBJECT);
	ev.text = l->text;
	if (l->kind == LINE_STATE) {
		i->block = r->block;
		if (!is_noteworthy(i, &ev))
			return; /* what a snapshot leaves out is well */
		r->facts.open += i->state && r->is_first_list;
	}
	replay_send(r, &ev);
}

void item_ack(
    struct replay *r, struct log_item *i, const struct log_line *l, const char *author, const char *text)
{
	struct event ev = item_event(i, EVENT_ACK);

	if (!i->state)
		return; /* the core drops it without a trace */
	ev.flags = l->flags;
	ev.until = l->to_s;
	ev.author = author;
	ev.text = text;
	replay_send(r, &ev);
	i->flags |= EVENT_ACKED | (l->flags & EVENT_STICKY);
	set_string(&i->owner, author);
}

void item_unack(struct replay *r, struct log_item *i)
{
	struct event ev;

	if (!(i->flags & EVENT_ACKED))
		return;
	i->flags &= ~(uint32_t)(EVENT_ACKED | EVENT_STICKY);
	set_string(&i->owner, NULL);
	ev = item_event(i, EVENT_ACK_GONE);
	ev.flags = 0;
	replay_send(r, &ev);
}

void item_flap(struct replay *r, struct log_item *i, bool flaps)
{
	struct event ev;

	i->flags = flaps ? i->flags | EVENT_FLAPS : i->flags & ~(uint32_t)EVENT_FLAPS;
	ev = item_event(i, EVENT_FLAPPING);
	ev.flags = flaps ? EVENT_FLAPS : 0;
	ev.text = "";
	replay_send(r, &ev);
}

void item_notify(struct replay *r, struct log_item *i, const struct log_line *l)
{
	struct event ev = item_event(i, EVENT_NOTIFIED);

	ev.flags = 0;
	ev.state = l->is_stateless ? i->state : l->state;
	ev.sub = l->reason;
	ev.author = l->author;
	ev.text = l->text;
	replay_send(r, &ev);
	/* where commands are not logged, this is how an acknowledgement shows */
	if (l->is_ack && !(i->flags & EVENT_ACKED))
		item_ack(r, i, l, l->by, l->text);
}

/* --- snapshots ---------------------------------------------------------------------------------------------- */

void items_snapshot(struct replay *r, const struct log_item *host)
{
	const struct log_item *i;

	replay_frame(r, EVENT_SNAP_BEGIN, host ? host->host : "");
	for (i = host ? host->services : r->items; i; i = host ? i->next_service : i->hh.next) {
		const struct event ev = item_event(i, EVENT_OBJECT);

		if (is_noteworthy(i, &ev))
			replay_send(r, &ev);
	}
	replay_frame(r, EVENT_SNAP_END, host ? host->host : "");
}
