/*
 * One instant on both clocks, passed in wherever time matters.
 * Made by the loop once per turn; the engine never reads a clock itself.
 */
#ifndef TWICKET_NOW_H
#define TWICKET_NOW_H

#include <stdint.h>

struct now {
	int64_t wall_ms; /* since the epoch: for words and for other people's clocks */
	int64_t boot_ms; /* CLOCK_BOOTTIME: for timers; counts suspend, never steps */
};

#define NOW_NEVER INT64_MAX

#endif
