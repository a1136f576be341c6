/*
 * A ring of whole frames that are written in one piece and read as a stream.
 * Used by sender.c between the core's callbacks and the socket.
 * Never allocates, never splits a frame, never loses count of one.
 */
#ifndef TWICKET_RING_H
#define TWICKET_RING_H

#include <stddef.h>
#include <stdint.h>

struct ring {
	char *mem;
	size_t cap;
	size_t head, tail; /* next byte to read, next byte to write */
	size_t wrap; /* end of the first region while tail is behind head, else 0 */
	size_t boundary; /* start of the first frame of which no byte was read */
	size_t passed; /* start of the frame before that one */
	size_t frames; /* whole ones, from boundary on */
};

void ring_init(struct ring *ring, void *mem, size_t cap);
void ring_clear(struct ring *ring);

/* Room for a frame of at most `need` bytes, or NULL; then say how many it became (0: none). */
void *ring_reserve(struct ring *ring, size_t need);
void ring_commit(struct ring *ring, size_t size);

/* The bytes that can be read in one piece; 0 = the ring is empty. */
size_t ring_peek(const struct ring *ring, const char **at);
void ring_consume(struct ring *ring, size_t n);

size_t ring_used(const struct ring *ring);

/*
 * Throws away all frames but the rest of one that is partly read, since a
 * reader could not find the next head without it. Returns how many.
 */
size_t ring_drop(struct ring *ring);

/* The frame that is partly read, as long as nothing was written since; NULL when there is none. */
const char *ring_part(const struct ring *ring);

/* For another reader: forgets the rest of what is partly read. */
void ring_skip_part(struct ring *ring);

/*
 * Forgets each frame that keep() does not want, when none is partly read. The others stay in their order; keep() may write into their heads.
 */
void ring_keep(struct ring *ring, int (*keep)(char *frame));

#endif
