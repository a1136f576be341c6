/*
 * What the agent asks about objects: DESCRIBE, GROUP and LIST, answered in parts.
 * Driven by neb.c like snapshots; the keys of the pairs are in common/event.h.
 */
#ifndef TWICKET_DESCRIBE_H
#define TWICKET_DESCRIBE_H

#include "common/event.h"
#include "module/slice.h"

void describe_reset(void);

/* One question at a time: true while the parts of an answer still wait for room. */
int describe_is_busy(void);

/* ev is DESCRIBE, GROUP or LIST. A LIST ends the one before it. */
void describe_start(const struct event *ev);

/* As snapshot_work(). */
int describe_work(struct slice *slice);

#endif
