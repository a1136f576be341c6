/*
 * Forced checks: asked for by `recheck`, and by `fixed:` which only speaks up when it is
 * still bad. Called by inbox*.c. Must never say how it is before a check has said so.
 */
#include "agent/inbox_internal.h"

#include <stdio.h>
#include <string.h>

#define RECHECK_TAKEN "checking" /* the row's reason from when the core took it: it is thanked for once */

static bool recheck_is_fixed(const struct inbox *b, const struct inbox_reply *r)
{
	struct reply_parsed p;

	inbox_parse(b, r, &p);
	return p.verb == REPLY_VERB_FIXED;
}

static bool recheck_is_taken(const struct inbox_reply *r)
{
	return strcmp(r->row.reason, RECHECK_TAKEN) == 0;
}

void inbox_act_recheck(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	struct incident_view v;

	if (!inbox_may(b, r, PEOPLE_RECHECK))
		inbox_denied(b, r, "not_allowed");
	else if (inbox_has_object(b, r, p, &v))
		inbox_submit(b, r, &v, EVENT_VERB_RECHECK, "");
}

bool inbox_checks_fixed(struct inbox *b, struct inbox_reply *r)
{
	struct incident_view v;

	if (r->is_local || !engine_view(b->engine, r->row.incident, &v) || !v.open || !v.host[0])
		return false;
	inbox_set(r, TEXT_REASON, RECHECK_TAKEN); /* what was said is kept already */
	inbox_submit(b, r, &v, EVENT_VERB_RECHECK, "");
	r->deadline_ms = b->now.boot_ms + INBOX_RESULT_MS;
	return true;
}

static void recheck_finish(struct inbox *b, struct inbox_reply *r, const char *reason)
{
	if (recheck_is_fixed(b, r))
		inbox_finish(b, r, REPLY_DONE, "fixed_noted");
	else
		inbox_finish(b, r, REPLY_CONFIRMED, reason);
	b->is_again = true;
}

static void recheck_say(struct inbox *b, struct inbox_reply *r, const char *reason, const char *text)
{
	if (!r->is_local)
		inbox_reply_to(
		    b, &r->row,
		    &(struct inbox_answer){.event = SAY_TROUBLE, .reason = reason, .text = text});
}

/* A favourite at most: the answer is what the check gave. */
static void recheck_thank(struct inbox *b, struct inbox_reply *r)
{
	int account = config_account_index(b->config, r->row.account);

	if (account >= 0 && b->config->accounts[account].feedback == FEEDBACK_FAVOURITE)
		inbox_thank(b, r);
}

static void recheck_taken(struct inbox *b, struct inbox_reply *r, const struct event *ev)
{
	if (!recheck_is_taken(r)) {
		inbox_note(b, r->row.incident, "command", "%-9s taken by the core", r->row.verb);
		recheck_thank(b, r);
	}
	if (r->is_local || !(ev->flags & EVENT_MORE)) { /* nobody will say what it gave */
		recheck_finish(b, r, "");
		return;
	}
	inbox_set(r, TEXT_REASON, RECHECK_TAKEN);
	r->deadline_ms = b->now.boot_ms + INBOX_RESULT_MS;
	inbox_put(b, r);
}

static void recheck_gave(struct inbox *b, struct inbox_reply *r, const struct event *ev)
{
	bool is_fixed = recheck_is_fixed(b, r);
	char text[400];

	snprintf(
	    text, sizeof(text), "%s%s%.300s", event_state_word(ev->kind, ev->state),
	    ev->text[0] ? ": " : "", ev->text);
	inbox_note(b, r->row.incident, "command", "%-9s gave %s", r->row.verb, text);
	recheck_finish(b, r, "");
	if (!is_fixed)
		recheck_say(b, r, "checked", text);
	else if (ev->state != EVENT_OK)
		recheck_say(b, r, "still_bad", text);
}

/* Twice for one command: that the core took it, then what it gave. */
void inbox_recheck_result(struct inbox *b, struct inbox_reply *r, const struct event *ev)
{
	if (ev->kind == EVENT_NONE)
		recheck_taken(b, r, ev);
	else
		recheck_gave(b, r, ev);
}

bool inbox_recheck_ends(struct inbox *b, struct inbox_reply *r)
{
	if (r->verb != EVENT_VERB_RECHECK || !recheck_is_taken(r))
		return false;
	recheck_finish(b, r, "no_result");
	if (!recheck_is_fixed(b, r))
		recheck_say(b, r, "no_result", NULL);
	return true;
}
