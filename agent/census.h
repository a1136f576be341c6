/*
 * How much each core watches, and how many of it the sentinels match: what `isolation`
 * is a percentage of. Fed with an inventory by agent.c. Keeps numbers only.
 */
#ifndef TWICKET_CENSUS_H
#define TWICKET_CENSUS_H

#include "agent/match.h"
#include "common/event.h"

struct census;

struct census_counts {
	unsigned objects, sentinels;
};

struct census *census_create(void);
void census_destroy(struct census *c); /* NULL is fine */

/* One message of a node's inventory. */
void census_take(struct census *c, const struct match *sentinels, const char *node, const struct event *ev);
/* The inventory of that node is through: its numbers, and the next one begins afresh. */
struct census_counts census_end(struct census *c, const char *node);

#endif
