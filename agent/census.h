/*
 * How much each core watches, and how many of it the sentinels match: what `isolation`
 * is a percentage of. Fed with an inventory by agent.c. Keeps numbers only.
 */
#ifndef TWICKET_CENSUS_H
#define TWICKET_CENSUS_H

#include "agent/match.h"
#include "agent/object.h"
#include "common/event.h"

struct census;

struct census_counts {
	unsigned objects, sentinels;
};

/* Each object as it goes by; it lives until the call returns. */
typedef void census_fn(void *arg, const struct object *o);
struct census *census_create(census_fn *fn, void *arg); /* fn NULL is fine */
void census_destroy(struct census *c); /* NULL is fine */

/* One message of a node's inventory; sentinels NULL: there are none. */
void census_take(struct census *c, const struct match *sentinels, const char *node, const struct event *ev);
/* The inventory of that node is through: its numbers, and the next one begins afresh. */
struct census_counts census_end(struct census *c, const char *node);

#endif
