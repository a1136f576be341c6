/*
 * What of the ring outlives a connection: the events, for the agent that comes next.
 * Used by sender.c. Knows the frames by their heads only.
 */
#ifndef TWICKET_NEWS_H
#define TWICKET_NEWS_H

#include <stdint.h>

#include "module/ring.h"

/* Whether a frame tells an event; the others are answers, or parts of a snapshot. */
int news_is(const char *frame);

/*
 * Forgets all other frames and numbers the rest anew, without gaps. seq is the number given last;
 * returns what is so afterwards. A LOST that nobody has read is added to *lost. No frame may be
 * partly read.
 */
uint64_t news_keep(struct ring *ring, uint64_t seq, uint64_t *lost);

/* The number before that of the first frame; seq when there is none. */
uint64_t news_before(const struct ring *ring, uint64_t seq);

#endif
