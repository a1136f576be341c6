/*
 * Acknowledgements with a duration: we remove them when their time is over, if the core
 * (Naemon can) has not done so itself. Called by inbox*.c. It must never remove one that is not ours
 * any more: whatever happened to it since, somebody meant it.
 */
#include "agent/inbox_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPIRY_META "expiries" /* marks, one behind the other: what to look for at start */
#define EXPIRY_META_MAX 65536
#define EXPIRY_RETRY_MS 60000
#define EXPIRY_TRIES 5

static void expiry_drop(struct inbox *b, unsigned i)
{
	b->expiries[i] = b->expiries[--b->n_expiries];
	b->expiries_changed = true;
}

/* The newer reply wins: it has renewed what the older one asked for. */
void inbox_expiry_set(struct inbox *b, const struct inbox_reply *r, int64_t at_ms)
{
	struct inbox_expiry *e = NULL, *more;

	for (unsigned i = 0; i < b->n_expiries; i++)
		if (b->expiries[i].incident == r->row.incident)
			e = &b->expiries[i];
	if (e && e->reply > r->row.id)
		return;
	if (!e) {
		more = realloc(b->expiries, (b->n_expiries + 1) * sizeof(*more));
		if (!more)
			return;
		b->expiries = more;
		e = &more[b->n_expiries++];
	}
	*e = (struct inbox_expiry){.reply = r->row.id, .incident = r->row.incident, .at_ms = at_ms};
	snprintf(e->mark, sizeof(e->mark), "%s", r->row.mark);
	snprintf(e->person, sizeof(e->person), "%s", inbox_core_author(r));
	b->expiries_changed = true;
}

int64_t inbox_ack_until_s(const struct inbox *b, const struct event *ev)
{
	if (ev->type != EVENT_ACK || !ev->mark || !ev->mark[0])
		return 0;
	for (const struct inbox_reply *r = b->live; r; r = r->hh.next)
		if (r->row.mark && strcmp(r->row.mark, ev->mark) == 0)
			return r->row.expires_ms / 1000;
	return 0;
}

static bool expiry_is_about(
    const struct inbox *b, const struct inbox_expiry *e, const char *node, const struct event *ev)
{
	struct incident_view v;

	return engine_view(b->engine, e->incident, &v) && v.kind == ev->kind &&
	       strcmp(v.node, node) == 0 && strcmp(v.host, ev->host) == 0 &&
	       strcmp(v.service, ev->service) == 0;
}

/* Is the acknowledgement that the core tells of the one that we set? */
static bool expiry_is_ours(const struct inbox_expiry *e, const struct event *ev)
{
	const char *id = ev->mark ? strstr(ev->mark, ":r") : NULL;

	return id && strcmp(ev->author ? ev->author : "", e->person) == 0 &&
	       strtoull(id + 2, NULL, 10) <= e->reply;
}

static bool expiry_is_over(
    const struct inbox *b, const struct inbox_expiry *e, const char *node, const struct event *ev)
{
	if (ev->type == EVENT_RESULT)
		return ev->code != EVENT_CODE_OK && ev->code != EVENT_CODE_NOT_CARRIED && e->tries > 0 &&
		       ev->id == (uint32_t)e->reply;
	if (ev->type == EVENT_ACK)
		return !expiry_is_ours(e, ev) && expiry_is_about(b, e, node, ev);
	if (ev->type == EVENT_ACK_GONE)
		return expiry_is_about(b, e, node, ev);
	return ev->type == EVENT_OBJECT && (ev->flags & EVENT_ACKED) && ev->author &&
	       ev->author[0] && strcmp(ev->author, e->person) != 0 &&
	       expiry_is_about(b, e, node, ev);
}

/* It did not reach the core: as little a try as one of a node that is away. */
static void expiry_not_carried(struct inbox *b, const struct event *ev)
{
	if (ev->type != EVENT_RESULT || ev->code != EVENT_CODE_NOT_CARRIED)
		return;
	for (unsigned i = 0; i < b->n_expiries; i++)
		if (ev->id == (uint32_t)b->expiries[i].reply && b->expiries[i].tries > 0)
			b->expiries[i].tries--;
}

void inbox_expiry_event(struct inbox *b, const char *node, const struct event *ev)
{
	expiry_not_carried(b, ev);
	for (unsigned i = b->n_expiries; i-- > 0;)
		if (expiry_is_over(b, &b->expiries[i], node, ev))
			expiry_drop(b, i);
}

static bool expiry_is_still_true(const struct inbox *b, const struct inbox_expiry *e)
{
	struct incident_view v;

	return engine_view(b->engine, e->incident, &v) && v.open && v.state != 0 && v.acked &&
	       strcmp(v.owner, e->person) == 0;
}

void inbox_expiry_turn(struct inbox *b)
{
	for (unsigned i = b->n_expiries; i-- > 0;) {
		struct inbox_expiry *e = &b->expiries[i];

		if (e->at_ms > b->now.wall_ms || e->is_due || e->next_try_ms > b->now.boot_ms)
			continue;
		if (e->tries >= EXPIRY_TRIES)
			log_warnx(
			    "inbox",
			    "%s: the acknowledgement should have ended, but could not be removed",
			    e->mark);
		if (e->tries >= EXPIRY_TRIES || !expiry_is_still_true(b, e)) {
			expiry_drop(b, i);
			continue;
		}
		e->is_due = true;
		if (!e->tries)
			inbox_note(
			    b, e->incident, "command", "%-9s %s's time is over", "unack",
			    e->person);
	}
}

static void expiry_send(struct inbox *b, struct inbox_expiry *e)
{
	struct incident_view v;
	struct event cmd = {
	    .type = EVENT_COMMAND,
	    .id = (uint32_t)e->reply,
	    .sub = EVENT_VERB_UNACK,
	    .time_us = b->now.wall_ms * 1000,
	    .author = e->person,
	    .text = "",
	    .mark = e->mark};

	e->is_due = false;
	e->next_try_ms = b->now.boot_ms + EXPIRY_RETRY_MS;
	if (!engine_view(b->engine, e->incident, &v))
		return;
	cmd.kind = (uint8_t)v.kind;
	cmd.host = v.host;
	cmd.service = v.service;
	if (b->events.command(b->events.arg, v.node, &cmd) == 0)
		e->tries++; /* a node that is away is no try */
}

void inbox_expiry_send(struct inbox *b)
{
	for (unsigned i = 0; i < b->n_expiries; i++)
		if (b->expiries[i].is_due)
			expiry_send(b, &b->expiries[i]);
}

/* On the boot clock, as now: a clock that steps is seen at the next turn. */
int64_t inbox_expiry_next(const struct inbox *b)
{
	int64_t next = NOW_NEVER;

	for (unsigned i = 0; i < b->n_expiries; i++) {
		const struct inbox_expiry *e = &b->expiries[i];
		int64_t at = e->at_ms - b->now.wall_ms + b->now.boot_ms;

		if (at < e->next_try_ms)
			at = e->next_try_ms;
		if (!e->is_due && at < next)
			next = at;
	}
	return next;
}

/* ---- keeping ---- */

void inbox_expiry_save(struct inbox *b)
{
	size_t size = (size_t)b->n_expiries * sizeof(b->expiries->mark) + 1, n = 0;
	char *text;

	if (!b->expiries_changed || !(text = malloc(size)))
		return;
	text[0] = '\0';
	for (unsigned i = 0; i < b->n_expiries; i++)
		n += (size_t)snprintf(text + n, size - n, "%s ", b->expiries[i].mark);
	store_put_meta(b->store, EXPIRY_META, text);
	free(text);
}

static int expiry_load(void *arg, const struct reply_row *row)
{
	const struct inbox_reply r = {.row = *row, .is_local = row->account[0] == '\0'};

	if (row->expires_ms)
		inbox_expiry_set(arg, &r, row->expires_ms);
	return 1;
}

int inbox_expiry_load(struct inbox *b, struct err *err)
{
	char *text = malloc(EXPIRY_META_MAX), *at = text;
	int rc = text ? store_meta(b->store, EXPIRY_META, text, EXPIRY_META_MAX, err) : -1;

	while (rc != -1 && *at) {
		char *end = strchrnul(at, ' ');
		bool is_last = *end == '\0';

		*end = '\0';
		if (store_reply_by_mark(b->store, at, expiry_load, b, err) == -1)
			rc = -1;
		at = is_last ? end : end + 1;
	}
	b->expiries_changed = false;
	free(text);
	return rc == -1 ? -1 : 0;
}
