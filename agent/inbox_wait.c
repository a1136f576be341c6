/*
 * A command that had to wait for its core: what has become of its object meanwhile. Called
 * by inbox_core.c before it leaves. It must never let one go over what was not there when
 * it was asked for.
 */
#include "agent/inbox_internal.h"

#include <stdio.h>
#include <string.h>

/* Well by now, as a snapshot has shown: the core would drop the command without a trace. */
bool inbox_came_too_late(const struct inbox *b, const struct inbox_reply *r)
{
	struct incident_view v;

	return r->verb == EVENT_VERB_ACK && engine_view(b->engine, r->row.incident, &v) && !v.open;
}

/* It had to wait, and somebody else has it since: only a `take` goes over that. */
bool inbox_is_overtaken(struct inbox *b, struct inbox_reply *r)
{
	bool has_waited = r->is_resent || b->now.boot_ms - r->submitted_ms >= INBOX_RETRY_MS;
	bool is_unack = r->verb == EVENT_VERB_UNACK;
	struct incident_view v;
	char owner[256];

	if (!has_waited || (!is_unack && r->verb != EVENT_VERB_ACK) ||
	    !engine_view(b->engine, r->row.incident, &v) || !v.acked ||
	    strcmp(v.owner, inbox_author(r)) == 0)
		return false;
	if (is_unack ? v.acked_s * 1000 <= r->row.seen_ms : inbox_take_former(r, NULL, 0) != NULL)
		return false; /* it was meant */
	snprintf(owner, sizeof(owner), "%s", v.owner);
	inbox_fail(b, r, is_unack ? "not_yours" : "already_acked", owner);
	return true;
}
