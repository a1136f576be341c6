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
		ring->passed = ring->boundary;
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

const char *ring_part(const struct ring *ring)
{
	return ring->head < ring->boundary ? ring->mem + ring->passed : NULL;
}

/* As if it had been read: then the next one is at the head, wherever that is. */
void ring_skip_part(struct ring *ring)
{
	if (ring->head < ring->boundary)
		ring_consume(ring, ring->boundary - ring->head);
}

/* Moves what is kept between at and end to at; returns its new end. */
static size_t keep_region(struct ring *ring, size_t at, size_t end, int (*keep)(char *frame))
{
	size_t to = at;
	uint32_t size;

	for (; at < end; at += size) {
		memcpy(&size, ring->mem + at, sizeof size);
		if (!keep(ring->mem + at)) {
			ring->frames--;
			continue;
		}
		if (to != at)
			memmove(ring->mem + to, ring->mem + at, size);
		to += size;
	}
	return to;
}

void ring_keep(struct ring *ring, int (*keep)(char *frame))
{
	size_t end = ring->wrap ? ring->wrap : ring->tail;

	end = keep_region(ring, ring->boundary, end, keep);
	if (!ring->wrap) {
		ring->tail = end;
	} else {
		ring->wrap = end;
		ring->tail = keep_region(ring, 0, ring->tail, keep);
		if (ring->head == ring->wrap)
			ring->head = ring->boundary = ring->wrap = 0;
	}
	if (!ring->wrap && ring->head == ring->tail)
		ring_clear(ring);
}
