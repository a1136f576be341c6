/*
 * Forced checks that the agent asked for, until they gave a result.
 * Used by command.c and neb.c.
 */
#ifndef TWICKET_RECHECK_H
#define TWICKET_RECHECK_H

#include "common/event.h"

#include <time.h>

void recheck_reset(void); /* nobody waits any more */

/* Room for one more? And: a result of the object from after that second is the answer to the command. */
int recheck_has_room(void);
void recheck_add(const struct event *command, time_t after);

/* Once a second: which of them have a result by now? RESULT goes into the ring. */
void recheck_look(void);

#endif
