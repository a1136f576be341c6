/*
 * Replies that the engine alone carries out: eta, major, known, part of, quiet, say, ticket;
 * and fixed, which is kept. Called by inbox_act.c once the incident is known. It must never do
 * anything before people.c has said that its author may.
 */
#include "agent/inbox_internal.h"
#include "agent/incident_hand.h"

#include <string.h>

#define SAID_MS INT64_C(600000) /* later it is news that it still is so */

static void hand_thank(
    struct inbox *b, struct inbox_reply *r, const struct inbox_answer *answer, enum inbox_thanks how)
{
	int account = config_account_index(b->config, r->row.account);

	if (r->is_local || account < 0)
		return;
	if (how == IN_WORDS || b->config->accounts[account].feedback == FEEDBACK_REPLY)
		inbox_reply_to(b, &r->row, answer);
	else
		inbox_thank(b, r);
}

void inbox_hand_done(
    struct inbox *b, struct inbox_reply *r, const struct inbox_answer *answer, enum inbox_thanks how)
{
	inbox_finish(b, r, REPLY_DONE, answer->reason);
	hand_thank(b, r, answer, how);
}

void inbox_hand_failed(struct inbox *b, struct inbox_reply *r, const char *reason)
{
	inbox_finish(b, r, REPLY_NO_EFFECT, reason);
	inbox_trouble(b, r, reason);
}

static void hand_ticket(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	const struct inbox_answer answer = {.event = SAY_TROUBLE, .reason = "ticket_noted"};
	struct err err;

	if (!inbox_may(b, r, PEOPLE_TICKET))
		inbox_denied(b, r, "not_allowed");
	else if (!p->text[0])
		inbox_hand_failed(b, r, "no_words");
	else if (engine_ticket(b->engine, r->row.incident, p->text, inbox_author(r), &b->now, &err) == -1)
		inbox_say_closed(b, r, p);
	else
		inbox_hand_done(b, r, &answer, BY_FEEDBACK);
}

static struct inbox_answer hand_answer(const char *reason)
{
	return (struct inbox_answer){.event = SAY_TROUBLE, .reason = reason};
}

/* May they, and is there still something to say about it? If not, all that is to be said is said. */
static bool hand_begins(
    struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p, enum people_action action,
    struct incident_view *v)
{
	if (!inbox_may(b, r, action)) {
		inbox_denied(b, r, "not_allowed");
		return false;
	}
	if (!engine_view(b->engine, r->row.incident, v)) {
		inbox_say_closed(b, r, p);
		return false;
	}
	if (!v->open)
		inbox_hand_failed(b, r, "already_ok");
	return v->open;
}

/* Wall seconds of a time that counts from when it was said. */
static int64_t hand_time(const struct inbox_reply *r, const struct reply_parsed *p)
{
	return inbox_said_ms(r) / 1000 + p->duration_s;
}

static void hand_quiet(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	const struct inbox_answer answer = hand_answer("quiet_until");
	int64_t until_s = hand_time(r, p);
	struct incident_view v;
	struct err err;

	if (!hand_begins(b, r, p, PEOPLE_QUIET, &v))
		return;
	if (p->duration_s > AUTHORITY_QUIET_S && !inbox_may(b, r, PEOPLE_QUIET_LONG))
		inbox_hand_failed(b, r, "quiet_too_long");
	else if (until_s <= b->now.wall_ms / 1000 ||
		 engine_quiet(b->engine, v.id, until_s, inbox_author(r), &b->now, &err) == -1)
		inbox_hand_failed(b, r, "passed");
	else
		inbox_hand_done(b, r, &answer, BY_FEEDBACK);
}

static void hand_eta(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	const struct inbox_answer answer = hand_answer("eta_noted");
	struct incident_view v;
	struct err err;

	if (!hand_begins(b, r, p, PEOPLE_ETA, &v))
		return;
	if (hand_time(r, p) <= b->now.wall_ms / 1000 ||
	    engine_eta(b->engine, v.id, hand_time(r, p), inbox_author(r), &b->now, &err) == -1)
		inbox_hand_failed(b, r, "passed");
	else
		inbox_hand_done(b, r, &answer, BY_FEEDBACK);
}

static void hand_major(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	bool is_major = p->verb == REPLY_VERB_MAJOR;
	const struct inbox_answer answer = hand_answer(is_major ? "major_now" : "not_major_now");
	struct incident_view v;
	struct err err;

	if (!hand_begins(b, r, p, PEOPLE_MAJOR, &v))
		return;
	if (engine_major(b->engine, v.id, is_major, inbox_author(r), &b->now, &err) == -1)
		inbox_hand_failed(b, r, answer.reason); /* so it was before */
	else
		inbox_hand_done(b, r, &answer, IN_WORDS);
}

/* "part of tmrw" was no incident after all. */
static void hand_comment(struct inbox *b, struct inbox_reply *r, struct reply_parsed *p)
{
	inbox_drop_other(p);
	inbox_set(r, TEXT_VERB, reply_verb_name(p->verb));
	inbox_act_comment(b, r, p);
}

static void hand_known(struct inbox *b, struct inbox_reply *r, struct reply_parsed *p)
{
	const struct inbox_answer answer = hand_answer("known_noted");
	uint64_t other = 0;
	bool is_there = !p->other[0] || inbox_find_tag(b, p->other, &other);
	struct incident_view v;
	struct err err;

	if (!is_there && !p->is_other_sure) {
		hand_comment(b, r, p);
		return;
	}
	if (!hand_begins(b, r, p, PEOPLE_KNOWN, &v))
		return;
	if (other && !inbox_may_with(b, r, PEOPLE_KNOWN, other))
		inbox_denied(b, r, "not_allowed");
	else if (!is_there)
		inbox_hand_failed(b, r, "no_such_tag");
	else if (!p->other[0] && !p->text[0])
		inbox_hand_failed(b, r, "no_words");
	else if (engine_known(b->engine, v.id, p->other, p->text, inbox_author(r), &b->now, &err) == -1)
		inbox_hand_failed(b, r, "other");
	else
		inbox_hand_done(b, r, &answer, BY_FEEDBACK);
}

static void hand_part_of(struct inbox *b, struct inbox_reply *r, struct reply_parsed *p)
{
	const struct inbox_answer answer = hand_answer("part_of_done");
	struct incident_view v, of;
	bool is_there = engine_view_tag(b->engine, p->other, &of) && of.open, was_part;
	struct err err;

	if (!is_there && p->other[0] && !p->is_other_sure &&
	    !inbox_find_tag(b, p->other, &(uint64_t){0})) {
		hand_comment(b, r, p);
		return;
	}
	if (!hand_begins(b, r, p, PEOPLE_PART_OF, &v))
		return;
	if (!is_there) {
		inbox_hand_failed(b, r, p->other[0] ? "no_such_tag" : "which");
		return;
	}
	if (!inbox_may_with(b, r, PEOPLE_PART_OF, of.id)) {
		inbox_denied(b, r, "not_allowed");
		return;
	}
	was_part = strcmp(v.parent_tag, of.tag) == 0;
	if (!was_part &&
	    engine_part_of(b->engine, v.id, of.id, inbox_author(r), &b->now, &err) == -1)
		inbox_hand_failed(b, r, "part_of_itself");
	else
		inbox_hand_done(b, r, &answer, IN_WORDS);
}

struct saying {
	const struct inbox_reply *by;
	int64_t since_ms, said_ms, taken_back_ms;
};

static int said_row(void *arg, const struct reply_row *row)
{
	struct saying *s = arg;

	if (row->id == s->by->row.id || row->state != REPLY_DONE || row->done_ms < s->since_ms)
		return 0;
	if (strcmp(row->verb, INBOX_UNDO "say") == 0 && row->done_ms > s->taken_back_ms)
		s->taken_back_ms = row->done_ms;
	if (strcmp(row->verb, "say") == 0 && strcmp(row->reason, "say_asked") != 0 && row->done_ms > s->said_ms &&
	    strcmp(row->text, s->by->row.text) == 0)
		s->said_ms = row->done_ms;
	return 0;
}

/* A thumb that slipped, or two who agreed on the words: they stand there already. */
static bool is_said_already(struct inbox *b, const struct inbox_reply *r)
{
	struct saying s = {.by = r, .since_ms = b->now.wall_ms - SAID_MS};

	store_replies_of_incident(b->store, r->row.incident, said_row, &s, NULL);
	return s.said_ms > s.taken_back_ms;
}

/* Also when it is over: people want to hear why. */
static void hand_say(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	const struct inbox_answer answer = hand_answer(p->is_cut ? "said_first" : "said");
	const struct inbox_answer waits = hand_answer("say_asked");
	bool is_stale = !r->is_local && b->now.wall_ms - inbox_said_ms(r) > INBOX_STALE_MS;
	struct incident_view v;
	struct err err;

	if (!inbox_may(b, r, PEOPLE_SAY))
		inbox_denied(b, r, "not_allowed");
	else if (!engine_view(b->engine, r->row.incident, &v))
		inbox_say_closed(b, r, p);
	else if (!p->text[0])
		inbox_hand_failed(b, r, "no_words");
	else if (is_stale) /* "back in half an hour": nobody knows whether it still is true */
		inbox_hand_failed(b, r, "say_stale");
	else if (is_said_already(b, r))
		inbox_hand_failed(b, r, "said"); /* there is nothing of it to undo */
	else if (engine_say(b->engine, v.id, p->text, inbox_author(r), &b->now, &err) == -1)
		inbox_hand_failed(b, r, "not_public");
	else if (inbox_waits(b, r))
		inbox_hand_done(b, r, &waits, IN_WORDS);
	else
		inbox_hand_done(b, r, &answer, IN_WORDS);
}

/* What was learnt belongs to the incident, live or not. */
static void hand_fixed(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	const struct inbox_answer answer = hand_answer("fixed_noted");

	if (!inbox_may(b, r, PEOPLE_FIXED)) {
		inbox_denied(b, r, "not_allowed");
		return;
	}
	if (!p->text[0]) {
		inbox_hand_failed(b, r, "no_words");
		return;
	}
	inbox_note(b, r->row.incident, "command", "%-9s by %s: %.600s", r->row.verb, inbox_author(r), p->text);
	if (b->events.learn)
		b->events.learn(b->events.arg, &r->row, r->row.verb, p->text, inbox_author(r));
	if (inbox_checks_fixed(b, r))
		hand_thank(b, r, &answer, BY_FEEDBACK);
	else
		inbox_hand_done(b, r, &answer, BY_FEEDBACK);
}

void inbox_act_hand(struct inbox *b, struct inbox_reply *r, struct reply_parsed *p)
{
	switch (p->verb) {
	case REPLY_VERB_QUIET: hand_quiet(b, r, p); break;
	case REPLY_VERB_ETA: hand_eta(b, r, p); break;
	case REPLY_VERB_MAJOR:
	case REPLY_VERB_NOT_MAJOR: hand_major(b, r, p); break;
	case REPLY_VERB_KNOWN: hand_known(b, r, p); break;
	case REPLY_VERB_PART_OF: hand_part_of(b, r, p); break;
	case REPLY_VERB_SAY: hand_say(b, r, p); break;
	case REPLY_VERB_FIXED: hand_fixed(b, r, p); break;
	case REPLY_VERB_TICKET: hand_ticket(b, r, p); break;
	case REPLY_VERB_COMMENT:
	case REPLY_VERB_ACK:
	case REPLY_VERB_UNACK:
	case REPLY_VERB_STATUS:
	case REPLY_VERB_ACK_ALL:
	case REPLY_VERB_TAKE:
	case REPLY_VERB_DOWNTIME:
	case REPLY_VERB_DOWNTIME_CANCEL:
	case REPLY_VERB_RECHECK:
	case REPLY_VERB_LAST:
	case REPLY_VERB_ENDORSE:
	case REPLY_VERB_UNDO:
	case REPLY_VERB_PAUSE:
	case REPLY_VERB_HELP:
	case REPLY_VERB_STOP:
	case REPLY_VERB_START:
	case REPLY_VERB_ME_TOO:
	case REPLY_VERB_YES:
	case REPLY_VERB_NO:
	case REPLY_VERB_GO:
	case REPLY_VERB_EDIT:
	case REPLY_VERB_BARE_NUMBER:
	case REPLY_VERB_BAD_TIME:
	case REPLY_VERB_EMPTY: break;
	}
}
