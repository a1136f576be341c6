/*
 * Tickets by hand, for the control socket and the tests.
 */
#ifndef TWICKET_CORE_TICKET_H
#define TWICKET_CORE_TICKET_H

#include "agent/core.h"
#include "agent/ticket.h"

/* Answers the reporter: to his conversation, and a note at the desk. name: "Q-4K7M". -1 with err. */
int core_ticket_reply(struct core *c, const char *name, const char *text, const char *by, const struct now *now,
		      struct err *err);
int core_ticket_close(struct core *c, const char *name, const char *by, const struct now *now, struct err *err);

#endif
