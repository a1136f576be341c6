/*
 * `undo`: the inverse of a person's last command, within ten minutes. Called by
 * inbox_person.c. It must never take back what another person has done since, nor a thing
 * of another incident than the one that is answered.
 */
#include "agent/inbox_internal.h"
#include "agent/incident_hand.h"

#include <stdio.h>
#include <string.h>

#define UNDO_MS INT64_C(600000)

struct undo {
	const struct inbox_reply *by;
	uint64_t incident;
	char verb[32], mark[40], reason[160];
	int64_t done_ms;
	bool is_overtaken;
};

/* What only asks, or says something, is no command. */
static bool is_command(const char *verb)
{
	static const char *const words[] = {"", "?", "comment", "note", "last", "help", "start", "enrol", "me too",
					    "yes", "no"}; /* what is done behind a yes stands in its own row */

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(verb, words[i]) == 0)
			return false;
	return true;
}

static int last_row(void *arg, const struct reply_row *row)
{
	struct undo *u = arg;
	bool is_done = row->state == REPLY_CONFIRMED || row->state == REPLY_DONE ||
		       row->state == REPLY_SUBMITTED;

	if (row->id == u->by->row.id || !is_done || !row->incident || !is_command(row->verb) ||
	    (u->by->row.incident && row->incident != u->by->row.incident))
		return 0;
	u->incident = row->incident;
	u->done_ms = row->done_ms;
	snprintf(u->verb, sizeof(u->verb), "%s", row->verb);
	snprintf(u->mark, sizeof(u->mark), "%s", row->mark);
	snprintf(u->reason, sizeof(u->reason), "%s", row->reason);
	return 1;
}

/* What is on its way to the core, or waits for a check's result, comes after all that is done. */
static void last_pending(const struct inbox *b, struct undo *u)
{
	for (const struct inbox_reply *r = b->live; r; r = r->hh.next)
		if (r->row.state == REPLY_SUBMITTED && strcmp(r->row.person, u->by->row.person) == 0)
			last_row(u, &r->row);
}

/* Another person's later word of the same kind stands. */
static int later_row(void *arg, const struct reply_row *row)
{
	struct undo *u = arg;

	u->is_overtaken = row->done_ms >= u->done_ms && row->state == REPLY_DONE &&
			  strcmp(row->verb, u->verb) == 0 && strcmp(row->person, u->by->row.person) != 0;
	return u->is_overtaken;
}

static bool is_overtaken(struct inbox *b, struct undo *u)
{
	store_replies_of_incident(b->store, u->incident, later_row, u, NULL);
	return u->is_overtaken;
}

static void undo_done(struct inbox *b, struct inbox_reply *r, const char *reason)
{
	inbox_hand_done(
	    b, r, &(struct inbox_answer){.event = SAY_TROUBLE, .reason = reason}, IN_WORDS);
}

/* Nobody has it since, or it stays so. What was another one's the core would have under the wrong name. */
static void undo_unack(struct inbox *b, struct inbox_reply *r, const struct undo *u)
{
	const struct reply_parsed none = {.verb = REPLY_VERB_ACK};
	struct incident_view v;

	if (engine_view(b->engine, r->row.incident, &v) && v.acked)
		inbox_hand_failed(b, r, "already_acked");
	else if (*inbox_unack_name(u->reason))
		inbox_fail(b, r, "was_anothers", inbox_unack_name(u->reason));
	else
		inbox_act_ack(b, r, &none);
}

/* A lead may take away anybody's, but this one is no longer theirs. */
static void undo_ack(struct inbox *b, struct inbox_reply *r)
{
	const struct reply_parsed none = {.verb = REPLY_VERB_UNACK};
	const struct inbox_reply *pending = inbox_pending_ack(b, r->row.incident);
	struct incident_view v;
	bool is_acked = engine_view(b->engine, r->row.incident, &v) && v.acked;
	const char *owner = pending ? inbox_author(pending) : is_acked ? v.owner : inbox_author(r);

	if (strcmp(owner, inbox_author(r)) != 0)
		inbox_hand_failed(b, r, "not_yours");
	else
		inbox_act_unack(b, r, &none);
}

/* Back to who had it; what nobody had was no more than an `ack`. */
static void undo_take(struct inbox *b, struct inbox_reply *r, const struct undo *u)
{
	const struct reply_parsed none = {.verb = REPLY_VERB_UNACK};
	const struct inbox_reply *pending = inbox_pending_ack(b, r->row.incident);
	const char *owner, *former = inbox_take_name(u->reason);
	struct incident_view v;

	if (!inbox_may(b, r, PEOPLE_TAKE)) {
		inbox_denied(b, r, "not_allowed");
		return;
	}
	if (!inbox_is_live(b, r, &none, &v))
		return;
	owner = pending ? inbox_core_author(pending) : v.acked ? v.owner : inbox_author(r);
	if (strcmp(owner, inbox_author(r)) != 0) {
		inbox_hand_failed(b, r, "not_yours");
	} else if (!inbox_gives_back(b, r, &v, former)) {
		inbox_set(r, TEXT_VERB, INBOX_UNDO "ack");
		undo_ack(b, r);
	}
}

typedef int undo_fn(
    struct engine *e, uint64_t incident, const char *by, const struct now *now, struct err *err);

static int undo_quiet(struct engine *e, uint64_t incident, const char *by, const struct now *now, struct err *err)
{
	return engine_quiet(e, incident, 0, by, now, err);
}

static int undo_major(struct engine *e, uint64_t incident, const char *by, const struct now *now, struct err *err)
{
	return engine_major(e, incident, false, by, now, err);
}

static int undo_not_major(struct engine *e, uint64_t incident, const char *by, const struct now *now, struct err *err)
{
	return engine_major(e, incident, true, by, now, err);
}

static int undo_ticket(struct engine *e, uint64_t incident, const char *by, const struct now *now, struct err *err)
{
	return engine_ticket(e, incident, "", by, now, err);
}

/* Operators' lines about it go with it, and those that it had taken the place of: nothing of it holds any more. */
static void unsay_line(struct inbox *b, const struct undo *u)
{
	if (strcmp(u->verb, "eta") == 0)
		b->events.unsay(b->events.arg, u->incident, SAY_ETA, 0);
	else if (strcmp(u->verb, "known") == 0)
		b->events.unsay(b->events.arg, u->incident, SAY_KNOWN_ERROR, 0);
}

static undo_fn *undo_of(const char *verb)
{
	static const struct {
		const char *verb;
		undo_fn *fn;
	} inverse[] = {{"quiet", undo_quiet},	      {"eta", engine_undo_eta},	    {"major", undo_major},
		       {"not major", undo_not_major}, {"known", engine_undo_known}, {"part of", engine_undo_part_of},
		       {"ticket", undo_ticket}};

	for (size_t i = 0; i < sizeof(inverse) / sizeof(*inverse); i++)
		if (strcmp(inverse[i].verb, verb) == 0)
			return inverse[i].fn;
	return NULL;
}

static int go_row(void *arg, const struct reply_row *row)
{
	struct undo *u = arg;

	u->is_overtaken = strcmp(row->verb, "go") == 0 && row->state == REPLY_DONE && row->done_ms >= u->done_ms;
	return u->is_overtaken;
}

/* In one audience it may be out, and wait in the next. */
static bool is_out(struct inbox *b, struct undo *u)
{
	store_replies_of_incident(b->store, u->incident, go_row, u, NULL);
	return u->is_overtaken;
}

static void undo_it(struct inbox *b, struct inbox_reply *r, struct undo *u)
{
	undo_fn *fn = undo_of(u->verb);
	struct err err;

	if (strcmp(u->verb, "ack") == 0) {
		undo_ack(b, r);
	} else if (strcmp(u->verb, "unack") == 0) {
		undo_unack(b, r, u);
	} else if (strcmp(u->verb, "take") == 0) {
		undo_take(b, r, u);
	} else if (strcmp(u->verb, "downtime") == 0 && u->mark[0]) {
		inbox_undo_downtime(b, r, u->mark);
	} else if (strcmp(u->verb, "say") == 0 && strcmp(u->reason, "say_asked") == 0) {
		if (!is_out(b, u) && engine_withdraw(b->engine, u->incident, inbox_author(r), &b->now)) {
			b->events.unsay(b->events.arg, u->incident, SAY_SAY, u->done_ms); /* where nothing waits */
			undo_done(b, r, "undone");
		} else {
			inbox_hand_failed(b, r, "cannot_undo"); /* somebody has answered */
		}
	} else if (strcmp(u->verb, "say") == 0) {
		b->events.unsay(b->events.arg, u->incident, SAY_SAY, u->done_ms);
		undo_done(b, r, "unsaid"); /* not every server deletes */
	} else if (!fn) {
		inbox_hand_failed(b, r, "cannot_undo");
	} else if (is_overtaken(b, u)) {
		inbox_hand_failed(b, r, "not_yours");
	} else if (fn(b->engine, r->row.incident, inbox_author(r), &b->now, &err) == -1) {
		inbox_hand_failed(b, r, "nothing_to_undo");
	} else {
		unsay_line(b, u);
		undo_done(b, r, "undone");
	}
}

struct local_undo {
	struct undo *u;
	int64_t since_ms;
};

/* A local user is no person: by name, among what was said of this incident, oldest first. */
static int local_row(void *arg, const struct reply_row *row)
{
	const struct local_undo *local = arg;

	if (!row->account[0] && strcmp(row->acct, local->u->by->row.acct) == 0 && row->done_ms >= local->since_ms)
		last_row(local->u, row);
	return 0;
}

static int beside_row(void *arg, const struct reply_row *row)
{
	struct undo *u = arg;

	u->is_overtaken = row->done_ms == u->done_ms && row->state == REPLY_DONE &&
			  strcmp(row->verb, "say") == 0 && strcmp(row->person, u->by->row.person) != 0;
	return u->is_overtaken;
}

/* Said in the same breath as what another person said: whose post is whose, nothing tells. */
static bool is_said_beside(struct inbox *b, struct undo *u)
{
	if (strcmp(u->verb, "say") == 0)
		store_replies_of_incident(b->store, u->incident, beside_row, u, NULL);
	return u->is_overtaken;
}

void inbox_act_undo(struct inbox *b, struct inbox_reply *r)
{
	struct undo u = {.by = r};
	char verb[48];

	if (!r->is_local) {
		store_replies_of_person(
		    b->store, r->row.person, b->now.wall_ms - UNDO_MS, last_row, &u, NULL);
		last_pending(b, &u);
	} else {
		store_replies_of_incident(
		    b->store, r->row.incident, local_row,
		    &(struct local_undo){&u, b->now.wall_ms - UNDO_MS}, NULL);
	}
	if (!u.incident || strncmp(u.verb, INBOX_UNDO, strlen(INBOX_UNDO)) == 0) {
		inbox_hand_failed(b, r, "nothing_to_undo");
		return;
	}
	r->row.incident = u.incident;
	snprintf(verb, sizeof(verb), INBOX_UNDO "%s", u.verb);
	inbox_set(r, TEXT_VERB, verb);
	if (is_said_beside(b, &u))
		inbox_hand_failed(b, r, "cannot_undo");
	else
		undo_it(b, r, &u);
}
