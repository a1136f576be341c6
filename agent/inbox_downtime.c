/*
 * Scheduled downtime by reply, and its end. Called by inbox*.c. Must never cancel what
 * was not made for the same incident by a reply.
 */
#include "agent/inbox_internal.h"
#include "agent/inbox_question.h"

#include <stdio.h>
#include <string.h>

bool inbox_has_object(
    struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p, struct incident_view *v)
{
	const char *reason = "already_ok";

	if (!engine_view(b->engine, r->row.incident, v)) {
		inbox_say_closed(b, r, p);
		return false;
	}
	if (v->host[0])
		return true;
	if (v->flags & (INCIDENT_BY_HAND | INCIDENT_MAINTENANCE))
		reason = "opened_by_hand";
	inbox_finish(b, r, REPLY_NO_EFFECT, reason);
	inbox_trouble(b, r, reason);
	return false;
}

/* "30m" counts from when it was said, as every duration does. */
int64_t inbox_downtime_until_s(const struct inbox_reply *r, const struct reply_parsed *p)
{
	return p->verb == REPLY_VERB_DOWNTIME ? inbox_said_ms(r) / 1000 + p->duration_s : 0;
}

static const char *downtime_refusal(const struct inbox *b, const struct inbox_reply *r, const struct reply_parsed *p)
{
	if (!p->duration_s)
		return "downtime_how_long";
	/* SPEC 4.5 case 14: it was meant for then */
	if (!r->is_sure && b->now.wall_ms - inbox_said_ms(r) > INBOX_STALE_MS)
		return "downtime_stale";
	return inbox_downtime_until_s(r, p) <= b->now.wall_ms / 1000 ? "passed" : NULL;
}

static bool downtime_is_big(const struct inbox *b, const struct inbox_reply *r, const struct reply_parsed *p)
{
	const struct object *o = engine_root_object(b->engine, r->row.incident);

	return p->duration_s > AUTHORITY_DOWNTIME_S ||
	       (o && o->kind == EVENT_HOST && o->services > AUTHORITY_DOWNTIME_SERVICES);
}

/* Does its size stand in the way? Then that is said, or asked. */
static bool downtime_is_stopped(struct inbox *b, struct inbox_reply *r)
{
	switch (inbox_may(b, r, PEOPLE_DOWNTIME_LONG)) {
	case PEOPLE_MAY: return false;
	case PEOPLE_MAY_ASKED:
		if (!r->is_sure)
			inbox_ask(b, r, "downtime_asks");
		return !r->is_sure;
	case PEOPLE_MAY_NOT: break;
	}
	inbox_fail(b, r, "downtime_too_long", "");
	return true;
}

void inbox_act_downtime(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	struct incident_view v;
	const char *reason;

	if (!inbox_may(b, r, PEOPLE_DOWNTIME)) {
		inbox_denied(b, r, "not_allowed");
		return;
	}
	if (!inbox_has_object(b, r, p, &v))
		return;
	reason = downtime_refusal(b, r, p);
	if (reason) {
		inbox_fail(b, r, reason, "");
		return;
	}
	if (downtime_is_big(b, r, p) && downtime_is_stopped(b, r))
		return;
	r->until_s = inbox_downtime_until_s(r, p);
	inbox_command(b, r, &v, EVENT_VERB_DOWNTIME, p);
}

void inbox_act_cancel(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	struct incident_view v;

	if (!inbox_may(b, r, PEOPLE_DOWNTIME))
		inbox_denied(b, r, "not_allowed");
	else if (inbox_has_object(b, r, p, &v))
		inbox_submit(b, r, &v, EVENT_VERB_DOWNTIME_CANCEL, "");
}

#define CANCELS "of " /* before the mark in the row's reason, until it is confirmed: a restart must know */

const char *inbox_cancels(const struct inbox_reply *r)
{
	return strncmp(r->row.reason, CANCELS, sizeof(CANCELS) - 1) == 0 ? r->row.reason + sizeof(CANCELS) - 1 : "";
}

void inbox_undo_downtime(struct inbox *b, struct inbox_reply *r, const char *mark)
{
	const struct reply_parsed none = {.verb = REPLY_VERB_DOWNTIME_CANCEL};
	struct incident_view v;
	char reason[80];

	if (!inbox_may(b, r, PEOPLE_DOWNTIME)) {
		inbox_denied(b, r, "not_allowed");
		return;
	}
	if (!inbox_has_object(b, r, &none, &v))
		return;
	snprintf(reason, sizeof(reason), CANCELS "%s", mark);
	inbox_set(r, TEXT_REASON, reason);
	inbox_command(b, r, &v, EVENT_VERB_DOWNTIME_CANCEL, &none);
}

void inbox_downtime_done(struct inbox *b, struct inbox_reply *r)
{
	struct inbox_answer answer = {.event = SAY_TROUBLE, .reason = "downtime_until", .until_s = r->until_s};
	struct reply_parsed p;

	if (r->verb == EVENT_VERB_DOWNTIME_CANCEL) {
		answer.reason = "downtime_cancelled";
		answer.count = answer.total = r->n_gone;
	} else if (!answer.until_s) { /* it came late */
		inbox_parse(b, r, &p);
		answer.until_s = inbox_downtime_until_s(r, &p);
	}
	if (!r->is_local)
		inbox_reply_to(b, &r->row, &answer);
}
