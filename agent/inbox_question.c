/*
 * Commands that are done only once their author has said yes. Called by inbox*.c. Must
 * never take anybody's yes but that of the person who was asked.
 */
#include "agent/inbox_question.h"

#include <string.h>

#define QUESTION_REASON "asked"

bool inbox_is_asked(const struct inbox_reply *r)
{
	return r->row.state == REPLY_SUBMITTED && strcmp(r->row.reason, QUESTION_REASON) == 0;
}

static struct inbox_reply *question_of(struct inbox *b, const char *person)
{
	for (struct inbox_reply *r = b->live; r; r = r->hh.next)
		if (inbox_is_asked(r) && strcmp(r->row.person, person) == 0)
			return r;
	return NULL;
}

bool inbox_question_ends(struct inbox *b, struct inbox_reply *r)
{
	if (!inbox_is_asked(r))
		return false;
	inbox_finish(b, r, REPLY_NO_EFFECT, "not_answered");
	inbox_note(b, r->row.incident, "command", "%-9s not done: nobody said yes", r->row.verb);
	b->is_again = true;
	return true;
}

void inbox_ask(struct inbox *b, struct inbox_reply *r, const char *reason)
{
	struct inbox_reply *before = question_of(b, r->row.person);

	if (before)
		inbox_question_ends(b, before);
	r->row.state = REPLY_SUBMITTED;
	r->deadline_ms = b->now.boot_ms + QUESTION_MS;
	inbox_set(r, TEXT_REASON, QUESTION_REASON);
	inbox_put(b, r);
	inbox_trouble(b, r, reason);
}

static void question_yes(struct inbox *b, struct inbox_reply *asked)
{
	struct reply_parsed p;

	inbox_parse(b, asked, &p);
	inbox_set(asked, TEXT_REASON, "");
	asked->is_sure = true;
	inbox_do(b, asked, &p);
}

static bool is_command(const struct reply_parsed *p)
{
	return p->verb != REPLY_VERB_COMMENT && p->verb != REPLY_VERB_BARE_NUMBER &&
	       p->verb != REPLY_VERB_BAD_TIME;
}

/* Where the question stands, or in private and below nothing: a yes elsewhere answers somebody else. */
static bool is_about(const struct inbox_reply *asked, const struct inbox_reply *r, const struct reply_parsed *p)
{
	bool is_message = r->row.visibility == VISIBILITY_DIRECT && !r->row.parent_id[0] && !p->tag[0];

	return is_message || !asked->row.incident || asked->row.incident == r->row.incident;
}

bool inbox_answers(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	struct inbox_reply *asked = r->is_local ? NULL : question_of(b, r->row.person);
	const struct now said = {.wall_ms = inbox_said_ms(r)};
	struct reply_parsed plain;

	if (!asked || asked == r)
		return false;
	reply_parse(b->lexicon, r->row.text, &said, &plain); /* inbox_read() makes a yes a comment */
	if (plain.verb != REPLY_VERB_YES && plain.verb != REPLY_VERB_NO) {
		if (is_command(p))
			inbox_question_ends(b, asked);
		return false;
	}
	if (!is_about(asked, r, p))
		return false;
	inbox_set(r, TEXT_VERB, reply_verb_name(plain.verb));
	inbox_finish(b, r, REPLY_DONE, "answered");
	if (plain.verb == REPLY_VERB_YES) {
		question_yes(b, asked);
	} else {
		inbox_question_ends(b, asked);
		inbox_thank(b, r);
	}
	return true;
}

void inbox_revoked(struct inbox *b, const char *person, const struct now *now)
{
	b->now = *now;
	for (struct inbox_reply *r = b->live; r; r = r->hh.next) {
		if (r->is_local || strcmp(r->row.person, person) != 0 ||
		    (!inbox_is_asked(r) && !inbox_is_pausing(r)))
			continue;
		inbox_denied(b, r, "revoked");
		b->is_again = true;
	}
}

bool inbox_question_resumes(struct inbox *b, struct inbox_reply *r)
{
	int64_t left = r->row.seen_ms + QUESTION_MS - b->now.wall_ms;

	if (!inbox_is_asked(r))
		return false;
	r->is_resent = false;
	r->deadline_ms = b->now.boot_ms + (left > QUESTION_MS ? QUESTION_MS : left);
	return true;
}
