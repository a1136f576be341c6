/*
 * What rehearse.c and rehearse_count.c share, and nobody else sees.
 */
#ifndef TWICKET_REHEARSE_INTERNAL_H
#define TWICKET_REHEARSE_INTERNAL_H

#include "agent/post_text.h"
#include "agent/rehearse.h"

#include <uthash.h>

/* Posts by local hour and day. */
struct counter {
	int day, hour; /* as a number that each has alone; 0 = none yet */
	unsigned in_day, in_hour;
	unsigned posts, busiest, over_day, over_hour;
	int64_t busiest_ms;
};

/* One audience on one account. */
struct channel_count {
	struct counter counter;
	unsigned incidents;
	int64_t micro;
	uint8_t sentence[SAY_EVENTS]; /* enum sentence */
};

/* Whether the catalogue has one for an event is known after the first try. */
enum sentence { SENTENCE_UNKNOWN, SENTENCE_IS, SENTENCE_NONE };

/* A thread that waits for the end of its hold. */
struct held {
	UT_hash_handle hh;
	uint64_t thread;
	int64_t since_ms;
};

struct keeping {
	struct held *held;
	unsigned n_held;
	unsigned *kept; /* by audience */
	int64_t *longest_ms;
	/* the incident whose threads follow */
	uint64_t incident, parent;
	bool moved; /* its problems went to another one */
};

void counter_add(struct counter *c, int64_t at_ms, unsigned per_hour, unsigned per_day);

/* What the engine's rows tell of threads that were never told. */
struct rows_watch {
	struct keeping *keeping;
	const struct config *config;
	int64_t now_ms;
};
void keeping_look(struct rows_watch *w, struct engine *e, const struct now *now);
void keeping_finish(struct keeping *k);

#endif
