/*
 * One rig and its servers for each case of a test program, with a store that outlives a
 * restart. Used by test_outbox_*.c; must never be used beside a rig of one's own.
 */
#ifndef TWICKET_TESTS_OUTBOX_CASE_H
#define TWICKET_TESTS_OUTBOX_CASE_H

#include "tests/unit/outbox_rig.h"

extern struct rig *rig;
extern struct sim *sim;

int outbox_case_up(void **state);
int outbox_case_down(void **state);
void outbox_case_restart(void); /* as after a kill: nothing of the open turn survives */

#endif
