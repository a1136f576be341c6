/*
 * An answer to the writer of a ticket, whatever its length: see core_answer.c.
 */
#ifndef TWICKET_CORE_ANSWER_H
#define TWICKET_CORE_ANSWER_H

#include "agent/core_reporter.h"

/* Characters at its end that would not be said, because they fit into no post; 0: all is. */
unsigned answer_unsent(struct core *c, const struct said_to *to, const struct ticket_row *ticket, const char *text);
void answer_say(struct core *c, const struct said_to *to, const struct ticket_row *ticket, const char *text);

#endif
