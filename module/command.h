/*
 * Commands from the agent, run in the core's main loop.
 * Used by neb.c; what happens in the core meanwhile carries the command's mark.
 */
#ifndef TWICKET_COMMAND_H
#define TWICKET_COMMAND_H

#include "common/event.h"

/* Checks, builds and runs one; RESULT goes into the ring. */
void command_run(const struct event *ev);

/* The mark of the command that is running, "" if it has none, or NULL when none runs. */
const char *command_mark(void);

#endif
