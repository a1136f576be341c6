/*
 * `ack all`: every problem of an incident is acknowledged by a command of its own, so many at
 * a time. Called by inbox*.c. Must never send one whose row is not on disk, nor count one that
 * the core has not confirmed.
 */
#include "agent/inbox_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define ALL_AT_ONCE 20 /* commands under way: the core does them between its checks */
#define ALL_RETRY_MS 2000
#define ALL_NAMED 5
#define ALL_PARTLY "partly" /* the reason of a row where more may come */

/* ---- which ---- */

struct all_wanted {
	struct inbox *b;
	struct inbox_reply *r;
	unsigned total;
};

static bool all_may(const struct all_wanted *w, const struct incident_member *m)
{
	int person = config_person_index(w->b->config, w->r->row.person);

	return w->r->is_local ||
	       (person >= 0 && people_may(w->b->people, (unsigned)person, PEOPLE_ACK, m->object));
}

static struct inbox_part *part_create(struct inbox_reply *r, const struct command_row *row)
{
	struct inbox_part *part = calloc(1, sizeof(*part));

	if (!part)
		return NULL;
	part->row = *row;
	part->row.node = strdup(row->node);
	part->row.host = strdup(row->host);
	part->row.service = strdup(row->service);
	part->row.reason = strdup(row->reason);
	LL_APPEND(r->parts, part);
	return part;
}

/* What somebody has stays theirs. */
static void all_want(void *arg, const struct incident_member *m)
{
	struct all_wanted *w = arg;
	struct command_row row = {
	    .reply = w->r->row.id, .node = m->node, .host = m->host, .service = m->service, .kind = m->kind, .reason = ""};
	struct inbox_part *part;

	if (m->acked)
		return;
	row.id = w->b->events.next_id(w->b->events.arg);
	if (!all_may(w, m)) {
		row.state = COMMAND_FAILED;
		row.reason = "not_allowed";
	}
	part = part_create(w->r, &row);
	if (!part)
		return;
	part->is_changed = true;
	w->total++;
}

void inbox_all_free(struct inbox_reply *r)
{
	struct inbox_part *part, *next;

	LL_FOREACH_SAFE (r->parts, part, next) {
		free((char *)part->row.node);
		free((char *)part->row.host);
		free((char *)part->row.service);
		free((char *)part->row.reason);
		free(part);
	}
	r->parts = NULL;
}

/* ---- their end ---- */

static unsigned all_count(const struct inbox_reply *r, enum command_state state)
{
	const struct inbox_part *part;
	unsigned n = 0;

	LL_FOREACH (r->parts, part)
		n += part->row.state == (unsigned)state;
	return n;
}

/* "web1/HTTP, web2/HTTP +3": what was not done; "" when all was. */
static void all_names(const struct inbox_reply *r, char *out, size_t size)
{
	const struct inbox_part *part;
	size_t used = 0;
	unsigned n = 0;

	out[0] = '\0';
	LL_FOREACH (r->parts, part)
		if (part->row.state != COMMAND_DONE && n++ < ALL_NAMED && used < size)
			used += (size_t)snprintf(
			    out + used, size - used, "%s%s%s%s", n > 1 ? ", " : "", part->row.host,
			    part->row.service[0] ? "/" : "", part->row.service);
	if (n > ALL_NAMED && used < size)
		snprintf(out + used, size - used, " +%u", n - ALL_NAMED);
}

static void all_answer(struct inbox *b, struct inbox_reply *r, const struct inbox_answer *answer)
{
	if (!r->is_local)
		inbox_reply_to(b, &r->row, answer);
}

void inbox_all_ends(struct inbox *b, struct inbox_reply *r)
{
	struct inbox_answer answer = {.event = SAY_TROUBLE, .count = all_count(r, COMMAND_DONE)};
	struct inbox_part *part;
	char names[1024];

	all_names(r, names, sizeof(names));
	LL_FOREACH (r->parts, part) {
		answer.total++;
		part->row.gone = part->is_changed = true;
	}
	answer.text = names[0] ? names : NULL;
	answer.reason = !answer.count ? "all_none" : names[0] ? "all_partly" : "all_done";
	inbox_note(
	    b, r->row.incident, "command", "%-9s %u of %u confirmed%s%s", r->row.verb, answer.count,
	    answer.total, names[0] ? "; not: " : "", names);
	inbox_finish(
	    b, r, answer.count ? REPLY_CONFIRMED : REPLY_NO_EFFECT,
	    !answer.count ? "not_confirmed" : names[0] ? ALL_PARTLY : "");
	all_answer(b, r, &answer);
	b->is_again = true;
}

static void part_ends(struct inbox *b, struct inbox_reply *r, struct inbox_part *part, enum command_state state)
{
	part->row.state = state;
	part->is_changed = true;
	r->try_ms = b->now.boot_ms; /* there is room for another one */
	b->is_again = true;
	if (all_count(r, COMMAND_WAITS) + all_count(r, COMMAND_SENT) == 0)
		inbox_all_ends(b, r);
}

/* ---- begun ---- */

static void all_refuse(struct inbox *b, struct inbox_reply *r, const char *reason, unsigned total)
{
	inbox_all_free(r);
	inbox_finish(b, r, REPLY_NO_EFFECT, reason);
	all_answer(
	    b, r, &(struct inbox_answer){.event = SAY_TROUBLE, .reason = reason, .count = total, .total = total});
}

static void all_submit(
    struct inbox *b, struct inbox_reply *r, const struct incident_view *v, const struct reply_parsed *p)
{
	char text[REPLY_TEXT_MAX + 700];

	inbox_words(b, r, p->text[0] ? p->text : "ack", text, sizeof(text));
	inbox_submit(b, r, v, EVENT_VERB_ACK, text);
	if (all_count(r, COMMAND_WAITS) == 0)
		inbox_all_ends(b, r);
}

void inbox_act_all(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	struct all_wanted w = {.b = b, .r = r};
	struct incident_view v;

	if (!inbox_may(b, r, PEOPLE_ACK_ALL)) {
		inbox_denied(b, r, "not_allowed");
		return;
	}
	if (!inbox_is_live(b, r, p, &v))
		return;
	if (p->duration_s) { /* we could only end the root's */
		all_refuse(b, r, "all_no_time", 0);
		return;
	}
	engine_each_member(b->engine, r->row.incident, all_want, &w);
	if (!w.total)
		all_refuse(b, r, "all_taken", 0);
	else if (w.total > AUTHORITY_ACK_ALL && !inbox_may(b, r, PEOPLE_ACK_ALL_MANY))
		all_refuse(b, r, "all_too_many", w.total);
	else
		all_submit(b, r, &v, p);
}

/* ---- sent, and what came back ---- */

void inbox_all_send(struct inbox *b, struct inbox_reply *r, const struct event *order)
{
	unsigned under_way = all_count(r, COMMAND_SENT);
	struct event cmd = *order;
	struct inbox_part *part;

	LL_FOREACH (r->parts, part) {
		if (part->row.state != COMMAND_WAITS || under_way >= ALL_AT_ONCE ||
		    engine_node_waits(b->engine, part->row.node))
			continue;
		cmd.id = (uint32_t)part->row.id;
		cmd.kind = (uint8_t)part->row.kind;
		cmd.host = part->row.host;
		cmd.service = part->row.service;
		if (b->events.command(b->events.arg, part->row.node, &cmd) == -1)
			continue;
		part->row.state = COMMAND_SENT;
		under_way++;
	}
	r->is_unsent = all_count(r, COMMAND_WAITS) > 0;
	r->try_ms = b->now.boot_ms + ALL_RETRY_MS;
}

bool inbox_all_echo(struct inbox *b, struct inbox_reply *r, const char *node, const struct event *ev)
{
	struct inbox_part *part;

	if (!r->parts || r->row.state != REPLY_SUBMITTED)
		return false;
	LL_FOREACH (r->parts, part)
		if (part->row.state <= COMMAND_SENT && strcmp(part->row.node, node) == 0 &&
		    strcmp(part->row.host, ev->host) == 0 && strcmp(part->row.service, ev->service) == 0)
			break;
	if (part)
		part_ends(b, r, part, COMMAND_DONE);
	return true;
}

static struct inbox_part *part_by_id(struct inbox *b, uint32_t id, struct inbox_reply **of)
{
	struct inbox_part *part;

	for (struct inbox_reply *r = b->live; r; r = r->hh.next)
		LL_FOREACH (r->parts, part)
			if ((uint32_t)part->row.id == id && part->row.state == COMMAND_SENT) {
				*of = r;
				return part;
			}
	return NULL;
}

bool inbox_all_result(struct inbox *b, const char *node, const struct event *ev, const char *reason)
{
	struct inbox_reply *r = NULL;
	struct inbox_part *part = part_by_id(b, ev->id, &r);

	if (!part || strcmp(part->row.node, node) != 0)
		return false;
	if (ev->code == EVENT_CODE_OK)
		return true; /* the event decides */
	free((char *)part->row.reason);
	part->row.reason = strdup(reason);
	part_ends(b, r, part, COMMAND_FAILED);
	return true;
}

/* ---- confirmed late ---- */

bool inbox_all_is_partly(const struct reply_row *row)
{
	return row->state == REPLY_CONFIRMED && strcmp(row->verb, "ack all") == 0 &&
	       strcmp(row->reason, ALL_PARTLY) == 0;
}

/* What its author has by now, and what still nobody has. */
static void all_look(void *arg, const struct incident_member *m)
{
	struct all_wanted *w = arg;
	struct command_row row = {
	    .reply = w->r->row.id, .node = m->node, .host = m->host, .service = m->service, .kind = m->kind, .reason = ""};

	if (m->acked && strcmp(m->owner, inbox_author(w->r)) != 0)
		return;
	row.id = w->b->events.next_id(w->b->events.arg);
	row.state = m->acked ? COMMAND_DONE : COMMAND_SENT;
	part_create(w->r, &row);
}

void inbox_all_late(struct inbox *b, struct inbox_reply *r, const struct event *ev)
{
	struct all_wanted w = {.b = b, .r = r};

	engine_each_member(b->engine, r->row.incident, all_look, &w);
	inbox_note(
	    b, r->row.incident, "command", "%-9s confirmed late: %s%s%s", r->row.verb, ev->host,
	    ev->service[0] ? "/" : "", ev->service);
	r->verb = EVENT_VERB_ACK;
	r->row.state = REPLY_SUBMITTED;
	r->submitted_ms = b->now.boot_ms;
	r->deadline_ms = b->now.boot_ms + INBOX_CONFIRM_MS;
	if (all_count(r, COMMAND_SENT) == 0)
		inbox_all_ends(b, r);
}

/* ---- keeping ---- */

void inbox_all_save(struct inbox *b, struct inbox_reply *r)
{
	struct inbox_part *part;

	LL_FOREACH (r->parts, part) {
		struct command_row row = part->row;

		if (!part->is_changed && !b->is_behind)
			continue;
		if (row.state == COMMAND_SENT) /* after a start nobody knows whether it was */
			row.state = COMMAND_WAITS;
		store_put_command(b->store, &row);
		part->is_changed = false;
	}
}

static int all_load_row(void *arg, const struct command_row *row)
{
	struct inbox *b = arg;
	struct inbox_reply *r;

	HASH_FIND(hh, b->live, &row->reply, sizeof(row->reply), r);
	if (r)
		part_create(r, row);
	return 0;
}

int inbox_all_load(struct inbox *b, struct err *err)
{
	return store_commands(b->store, all_load_row, b, err);
}
