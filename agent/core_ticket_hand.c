/*
 * Tickets by hand: each act is a line of the audit. Called by the control socket and the tests.
 * Must never call something done before ticket.c has taken it.
 */
#include "agent/core_ticket.h"

#include "agent/core_internal.h"

/* Hands rc on. */
static int audited(struct core *c, const char *by, const char *action, const char *name, int rc, const struct err *err)
{
	inbox_log(c->inbox, &(struct audit_row){.at_ms = c->now.wall_ms,
						.actor = by,
						.action = action,
						.object = name,
						.via = "twicket",
						.result = rc == -1 ? err->text : "done"});
	return rc;
}

int core_ticket_reply(struct core *c, const char *name, const char *text, const char *by, const struct now *now,
		      struct err *err)
{
	c->now = *now;
	return audited(c, by, "answer", name, tickets_reply(c->tickets, name, text, by, now, err), err);
}

int core_ticket_close(struct core *c, const char *name, const char *by, const struct now *now, struct err *err)
{
	c->now = *now;
	return audited(c, by, "close", name, tickets_close(c->tickets, name, by, now, err), err);
}
