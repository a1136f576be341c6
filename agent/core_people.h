/*
 * What a local admin does with people: a code for proof, revoke, restore; with a line in the
 * audit. Called by control.c and by the tests; the caller has seen to it that they may, and
 * lets a turn follow before it says that it is done.
 *
 * `by` is the local user. 0, or -1 with err.
 */
#ifndef TWICKET_CORE_PEOPLE_H
#define TWICKET_CORE_PEOPLE_H

#include "agent/core.h"

/* The code is told once, here, and kept nowhere but as its hash. until_ms: wall clock. */
int core_enrol(struct core *c, const char *name, const char *by, const struct now *now,
	       char code[PEOPLE_CODE_SIZE], int64_t *until_ms, struct err *err);
int core_revoke(struct core *c, const char *name, const char *by, const struct now *now, struct err *err);
int core_restore(struct core *c, const char *name, const char *by, const struct now *now, struct err *err);

struct people *core_people(struct core *c); /* borrowed, for `twicket people` */

#endif
