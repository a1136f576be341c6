/*
 * The module's ring: frames whole and in order through every wrap, nothing lost uncounted.
 * Run by make check; the second half drives it at random against a plain list.
 * It must never look into the ring's memory but through ring_peek().
 */
#include "module/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CAP 1000

/* A frame: its size, its number, bytes that follow from the number. */
static int put(struct ring *ring, uint32_t number, uint32_t size, size_t need)
{
	char *at = ring_reserve(ring, need);

	if (!at)
		return 0;
	memcpy(at, &size, 4);
	memcpy(at + 4, &number, 4);
	memset(at + 8, (int)(number & 0xff), size - 8);
	ring_commit(ring, size);
	return 1;
}

static void test_empty(void **state)
{
	static char mem[CAP];
	struct ring ring;
	const char *at;

	(void)state;
	ring_init(&ring, mem, CAP);
	assert_int_equal(ring_peek(&ring, &at), 0);
	assert_int_equal(ring_used(&ring), 0);
	assert_int_equal(ring_drop(&ring), 0);
	assert_null(ring_reserve(&ring, CAP + 1));
	assert_non_null(ring_reserve(&ring, CAP));
	ring_commit(&ring, 0); /* thought better of it */
	assert_int_equal(ring_drop(&ring), 0);
}

static void test_partly_read_frame_survives(void **state)
{
	static char mem[CAP];
	struct ring ring;
	const char *at;

	(void)state;
	ring_init(&ring, mem, CAP);
	for (uint32_t i = 0; i < 5; i++)
		assert_true(put(&ring, i, 100, 100));
	ring_consume(&ring, 130); /* one frame and the head of the next */
	assert_int_equal(ring_drop(&ring), 3);
	assert_int_equal(ring_peek(&ring, &at), 70);
	assert_int_equal(at[0], 1);
	assert_true(put(&ring, 9, 100, 100));
	assert_int_equal(ring_used(&ring), 170);
	ring_consume(&ring, 70);
	assert_int_equal(ring_peek(&ring, &at), 100);
	assert_int_equal(at[8], 9);
	assert_int_equal(ring_drop(&ring), 1);
	assert_int_equal(ring_used(&ring), 0);
}

static void test_drop_when_wrapped(void **state)
{
	static char mem[CAP];
	struct ring ring;

	(void)state;
	ring_init(&ring, mem, CAP);
	for (uint32_t i = 0; i < 9; i++)
		assert_true(put(&ring, i, 100, 100));
	ring_consume(&ring, 450);
	assert_true(put(&ring, 9, 100, 150)); /* does not fit behind: wraps */
	assert_true(put(&ring, 10, 100, 150));
	assert_int_equal(ring_used(&ring), 650);
	assert_int_equal(ring_drop(&ring), 6);
	assert_int_equal(ring_used(&ring), 50);
	assert_true(put(&ring, 11, 100, 100));
}

static int is_even(char *frame)
{
	return (frame[4] & 1) == 0;
}

static void test_keep(void **state)
{
	static char mem[CAP];
	struct ring ring;
	const char *at;

	(void)state;
	ring_init(&ring, mem, CAP);
	for (uint32_t i = 0; i < 9; i++)
		assert_true(put(&ring, i, 100, 100));
	ring_consume(&ring, 450);
	assert_int_equal(ring_part(&ring)[4], 4);
	assert_true(put(&ring, 9, 100, 150));
	assert_true(put(&ring, 10, 100, 150));
	ring_skip_part(&ring);
	assert_null(ring_part(&ring));
	ring_keep(&ring, is_even); /* of 5 to 8 before the wrap, 9 and 10 behind it */
	assert_int_equal(ring_peek(&ring, &at), 200);
	assert_int_equal(at[4], 6);
	assert_int_equal(at[108], 8);
	ring_consume(&ring, 200);
	assert_int_equal(ring_peek(&ring, &at), 100);
	assert_int_equal(at[4], 10);
	assert_int_equal(ring_drop(&ring), 1);
	ring_keep(&ring, is_even); /* of nothing */
	assert_true(put(&ring, 11, 100, 100));
	ring_keep(&ring, is_even);
	assert_int_equal(ring_used(&ring), 0);
	assert_non_null(ring_reserve(&ring, CAP));
}

/* What is in the ring, as the numbers of frames, and how far the first was read. */
static struct {
	uint32_t number[4096], size[4096];
	size_t first, last, offset;
} model;

static void check_read(const char *at, size_t n)
{
	while (n) {
		uint32_t number = model.number[model.first % 4096];
		uint32_t size = model.size[model.first % 4096];
		char frame[300];
		size_t part = size - model.offset < n ? size - model.offset : n;

		memcpy(frame, &size, 4);
		memcpy(frame + 4, &number, 4);
		memset(frame + 8, (int)(number & 0xff), size - 8);
		assert_memory_equal(at, frame + model.offset, part);
		at += part;
		n -= part;
		model.offset += part;
		if (model.offset == size) {
			model.first++;
			model.offset = 0;
		}
	}
}

static void keep_even(struct ring *ring)
{
	size_t to;

	ring_skip_part(ring);
	model.first += model.offset > 0;
	model.offset = 0;
	ring_keep(ring, is_even);
	to = model.first;
	for (size_t i = model.first; i < model.last; i++) {
		if (model.number[i % 4096] & 1)
			continue;
		model.number[to % 4096] = model.number[i % 4096];
		model.size[to++ % 4096] = model.size[i % 4096];
	}
	model.last = to;
	assert_int_equal(ring->frames, model.last - model.first);
}

static void test_random(void **state)
{
	char *mem = malloc(CAP); /* of its own size, for ASan */
	struct ring ring;
	uint32_t number = 0;
	const char *at;
	size_t n;

	(void)state;
	srand(1);
	ring_init(&ring, mem, CAP);
	for (int i = 0; i < 300000; i++) {
		uint32_t size = 8 + (uint32_t)rand() % 200;

		if (rand() % 2) {
			if (put(&ring, ++number, size, size + (uint32_t)rand() % 50)) {
				model.number[model.last % 4096] = number;
				model.size[model.last++ % 4096] = size;
			}
		} else if ((n = ring_peek(&ring, &at))) {
			n = 1 + (size_t)rand() % n;
			check_read(at, n);
			ring_consume(&ring, n);
		}
		if (rand() % 50 == 0) {
			size_t whole = model.last - model.first - (model.offset > 0);

			assert_int_equal(ring_drop(&ring), whole);
			model.last = model.first + (model.offset > 0);
		}
		if (rand() % 50 == 0)
			keep_even(&ring);
		assert_true(ring_used(&ring) <= CAP);
		assert_int_equal(ring_used(&ring) == 0, model.first == model.last);
	}
	free(mem);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_partly_read_frame_survives),
	    cmocka_unit_test(test_drop_when_wrapped),
	    cmocka_unit_test(test_keep),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
