/*
 * How long one turn of the core's loop may be held for what can wait.
 * Used by snapshot.c and describe.c; the clock is read once in 64 steps.
 */
#ifndef TWICKET_SLICE_H
#define TWICKET_SLICE_H

#include <stdint.h>
#include <time.h>

#define SLICE_NS 1000000 /* with what is written before and after, a turn stays below 2 ms */
#define SLICE_STEPS 64

struct slice {
	int64_t end_ns;
	unsigned steps;
};

static inline int64_t slice_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline void slice_start(struct slice *slice)
{
	slice->end_ns = slice_clock_ns() + SLICE_NS;
	slice->steps = 0;
}

/* True when the turn is over. */
static inline int slice_spend(struct slice *slice, unsigned steps)
{
	slice->steps += steps;
	if (slice->steps < SLICE_STEPS)
		return 0;
	slice->steps = 0;
	return slice_clock_ns() >= slice->end_ns;
}

#endif
