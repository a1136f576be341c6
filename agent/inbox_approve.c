/*
 * `go`, `no` and `edit:`, the answers to words that wait to be published (`approve`). Called by
 * inbox_act.c once the incident is known. It must never take for an answer what was said where
 * nothing waits: there it is a comment like any other.
 */
#include "agent/inbox_internal.h"
#include "agent/incident_hand.h"

#include <string.h>

bool inbox_waits(const struct inbox *b, const struct inbox_reply *r)
{
	struct question_view q;

	return engine_question(b->engine, r->row.incident, &q) && strcmp(q.by, inbox_author(r)) == 0;
}

static int question_row(void *arg, const struct post_row *row)
{
	if (row->event == SAY_APPROVE)
		*(int64_t *)arg = row->created_ms;
	return 1;
}

static int any_row(void *arg, const struct post_row *row)
{
	(void)arg;
	(void)row;
	return 1;
}

/* A whole `go` or `no` under what somebody else said is for that one. */
static bool is_for_others(const struct inbox *b, const struct inbox_reply *r, enum reply_verb verb)
{
	return verb != REPLY_VERB_EDIT && !r->is_local && r->row.parent_id[0] &&
	       store_post_by_remote(b->store, r->row.account, r->row.parent_id, any_row, NULL, NULL) == 0;
}

/* When the question was asked that it stands under; 0 = it stands elsewhere. */
static int64_t question_ms(const struct inbox *b, const struct inbox_reply *r)
{
	int64_t at_ms = 0;

	if (!r->is_local && r->row.parent_id[0])
		store_post_by_remote(b->store, r->row.account, r->row.parent_id, question_row, &at_ms, NULL);
	return at_ms;
}

static void hears(struct inbox *b, struct inbox_reply *r, enum answer_kind kind, enum verdict answered)
{
	static const char *const done[] = {
	    [ANSWER_GO] = "approved", [ANSWER_NO] = "declined", [ANSWER_EDIT] = "asked_anew"};

	switch (answered) {
	case VERDICT_DONE:
		inbox_hand_done(
		    b, r, &(struct inbox_answer){.event = SAY_TROUBLE, .reason = done[kind]}, BY_FEEDBACK);
		break;
	case VERDICT_CHANGED: inbox_hand_failed(b, r, "words_changed"); break;
	case VERDICT_LATER: inbox_hand_failed(b, r, "not_now"); break;
	case VERDICT_OWN: inbox_hand_failed(b, r, "own_words"); break;
	case VERDICT_OVER: inbox_hand_failed(b, r, "already_ok"); break;
	case VERDICT_NOTHING: inbox_hand_failed(b, r, "nothing_waits"); break;
	}
}

static void answer(struct inbox *b, struct inbox_reply *r, enum answer_kind kind)
{
	char words[REPLY_TEXT_MAX + 1] = "";
	const struct go_or_no a = {.kind = kind,
				 .words = words,
				 .by = inbox_author(r),
				 .said_ms = inbox_said_ms(r),
				 .question_ms = question_ms(b, r)};

	if (kind == ANSWER_EDIT)
		reply_other_words(b->lexicon, r->row.text, words);
	if (!inbox_may(b, r, PEOPLE_APPROVE))
		inbox_denied(b, r, "not_allowed");
	else if (kind == ANSWER_EDIT && !words[0])
		inbox_hand_failed(b, r, "no_words");
	else
		hears(b, r, kind, engine_answer(b->engine, r->row.incident, &a, &b->now));
}

/* Nothing waits, or not any more: only a `go` was meant for us in any case. */
static bool is_too_late(struct inbox *b, struct inbox_reply *r)
{
	const struct reply_parsed none = {.verb = REPLY_VERB_GO};
	struct incident_view v;

	if (!inbox_may(b, r, PEOPLE_APPROVE))
		return false;
	inbox_set(r, TEXT_VERB, reply_verb_name(REPLY_VERB_GO));
	if (!engine_view(b->engine, r->row.incident, &v))
		inbox_say_closed(b, r, &none);
	else
		inbox_hand_failed(b, r, v.open ? "nothing_waits" : "already_ok");
	return true;
}

bool inbox_approves(struct inbox *b, struct inbox_reply *r)
{
	const struct now said = {.wall_ms = inbox_said_ms(r)};
	struct reply_parsed plain;
	struct question_view q;
	enum answer_kind kind = ANSWER_GO;

	if (!engine_approves(b->engine))
		return false;
	reply_parse(b->lexicon, r->row.text, &said, &plain); /* inbox_read() makes them comments */
	if (plain.verb != REPLY_VERB_GO && plain.verb != REPLY_VERB_NO && plain.verb != REPLY_VERB_EDIT)
		return false;
	if (is_for_others(b, r, plain.verb))
		return false;
	if (!engine_question(b->engine, r->row.incident, &q))
		return plain.verb == REPLY_VERB_GO && is_too_late(b, r);
	if (plain.verb == REPLY_VERB_NO)
		kind = ANSWER_NO;
	else if (plain.verb == REPLY_VERB_EDIT)
		kind = ANSWER_EDIT;
	inbox_set(r, TEXT_VERB, reply_verb_name(plain.verb));
	answer(b, r, kind);
	return true;
}
