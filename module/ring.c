/*
 * The ring of frames: a bip buffer, so that a frame always lies in one piece.
 * Called by sender.c; knows of a frame only that its first four bytes are its size.
 * Must never block, allocate or call the system.
 */
#include "module/ring.h"

#include <string.h>

void ring_init(struct ring *ring, void *mem, size_t cap)
{
	*ring = (struct ring){.mem = mem, .cap = cap};
}

void ring_clear(struct ring *ring)
{
	ring_init(ring, ring->mem, ring->cap);
}

void *ring_reserve(struct ring *ring, size_t need)
{
	if (ring->wrap)
		return ring->head - ring->tail > need ? ring->mem + ring->tail : NULL;
	if (ring->cap - ring->tail >= need)
		return ring->mem + ring->tail;
	if (ring->head <= need)
		return NULL;
	ring->wrap = ring->tail;
	ring->tail = 0;
	return ring->mem;
}

void ring_commit(struct ring *ring, size_t size)
{
	ring->tail += size;
	ring->frames += size > 0;
}

size_t ring_peek(const struct ring *ring, const char **at)
{
	*at = ring->mem + ring->head;
	return (ring->wrap ? ring->wrap : ring->tail) - ring->head;
}

static void pass_boundaries(struct ring *ring)
{
	uint32_t size;

	while (ring->boundary < ring->head) {
		memcpy(&size, ring->mem + ring->boundary, sizeof size);
		ring->boundary += size;
		ring->frames--;
	}
}

void ring_consume(struct ring *ring, size_t n)
{
	ring->head += n;
	pass_boundaries(ring);
	if (ring->wrap && ring->head == ring->wrap)
		ring->head = ring->boundary = ring->wrap = 0;
	if (!ring->wrap && ring->head == ring->tail)
		ring_clear(ring); /* start over where the cache is warm */
}

size_t ring_used(const struct ring *ring)
{
	return ring->wrap ? ring->wrap - ring->head + ring->tail : ring->tail - ring->head;
}

size_t ring_drop(struct ring *ring)
{
	size_t dropped = ring->frames;

	ring->tail = ring->boundary;
	ring->wrap = 0;
	ring->frames = 0;
	if (ring->head == ring->tail)
		ring_clear(ring);
	return dropped;
}
