/*
 * The wire: every type there and back, every truncation, every false length.
 * Run by make check, under ASan: each frame lies in a block of exactly its size.
 * It must never decode from a buffer that is longer than what it claims.
 */
#include "common/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD 80
#define LENGTHS 64 /* of host, service, text, author, mark; then 2 bytes, then the list's */

static const struct event full = {
    .kind = EVENT_SERVICE,
    .state = EVENT_CRITICAL,
    .sub = 3,
    .flags = EVENT_FLAGS_ALL,
    .id = 0xdeadbeef,
    .code = -5,
    .attempt = 2,
    .max_attempts = 65535,
    .seq = 1ull << 60,
    .time_us = INT64_MAX,
    .since = INT64_MIN,
    .until = 7,
    .last_ok = -1,
    .host = "web",
    .service = "h\xc3\xa9",
    .text = "CRITICAL - it burns",
    .author = "alice",
    .mark = "T7K2:r1",
    .list = "key\0value\0\0",
    .list_len = 11,
};

static const uint8_t types[] = {
    EVENT_HELLO,    EVENT_STATE,     EVENT_OBJECT,        EVENT_SNAP_BEGIN,   EVENT_SNAP_END,
    EVENT_ACK,      EVENT_ACK_GONE,  EVENT_COMMENT,       EVENT_COMMENT_GONE, EVENT_DOWNTIME,
    EVENT_FLAPPING, EVENT_NOTIFIED,  EVENT_PROCESS,       EVENT_LOST,         EVENT_DESCRIPTION,
    EVENT_MEMBERS,  EVENT_INVENTORY, EVENT_INVENTORY_END, EVENT_RESULT,       EVENT_WELCOME,
    EVENT_REFUSE,   EVENT_SNAPSHOT,  EVENT_DESCRIBE,      EVENT_GROUP,        EVENT_LIST,
    EVENT_COMMAND,
};

/* The frame in a block of its own size: whoever reads behind it is caught. */
static char *frame_of(const struct event *ev, size_t *size)
{
	static char big[EVENT_MAX];
	char *exact;

	*size = event_encode(ev, big, sizeof big);
	assert_true(*size > 0);
	exact = malloc(*size);
	assert_non_null(exact);
	memcpy(exact, big, *size);
	return exact;
}

static void assert_same(const struct event *a, const struct event *b)
{
	struct event copy = *a;

	copy.size = b->size;
	assert_memory_equal(&copy, b, offsetof(struct event, host));
	assert_string_equal(a->host, b->host);
	assert_string_equal(a->service, b->service);
	assert_string_equal(a->text, b->text);
	assert_string_equal(a->author, b->author);
	assert_string_equal(a->mark, b->mark);
	assert_int_equal(a->list_len, b->list_len);
	assert_memory_equal(a->list, b->list, a->list_len);
}

static void test_all_types(void **state)
{
	struct event in = full, out;
	size_t size, used;

	(void)state;
	for (size_t i = 0; i < sizeof types; i++) {
		in.type = types[i];
		char *frame = frame_of(&in, &size);
		assert_int_equal(event_decode(frame, size, &out, &used), 1);
		assert_int_equal(used, size);
		assert_int_equal(out.size, size);
		assert_same(&in, &out);
		assert_string_not_equal(event_type_name(types[i]), "?");
		free(frame);
	}
	for (unsigned type = 0; type < 256; type++)
		if (!memchr(types, (int)type, sizeof types))
			assert_string_equal(event_type_name(type), "?");
}

static void test_nothing_but_a_type(void **state)
{
	struct event in = {.type = EVENT_LIST}, out;
	size_t size, used;
	char *frame = frame_of(&in, &size);

	(void)state;
	assert_int_equal(event_decode(frame, size, &out, &used), 1);
	assert_string_equal(out.host, "");
	assert_string_equal(out.mark, "");
	assert_int_equal(out.list_len, 0);
	assert_null(event_list_next(&out, NULL));
	free(frame);
}

static void test_every_truncation(void **state)
{
	struct event in = full, out;
	size_t size, used;
	char *frame, *part;

	(void)state;
	in.type = EVENT_STATE;
	frame = frame_of(&in, &size);
	for (size_t n = 0; n < size; n++) {
		part = malloc(n ? n : 1);
		memcpy(part, frame, n);
		assert_int_equal(event_decode(part, n, &out, &used), 0);
		free(part);
	}
	free(frame);
}

/* The frame says it is shorter than its strings: never whole, never read beyond. */
static void test_every_false_size(void **state)
{
	struct event in = full, out;
	size_t size, used;
	char *frame, *part;

	(void)state;
	in.type = EVENT_STATE;
	frame = frame_of(&in, &size);
	for (uint32_t n = 0; n < size; n++) {
		part = malloc(n > 4 ? n : 4);
		memcpy(part, frame, n);
		memcpy(part, &n, sizeof n);
		assert_int_equal(event_decode(part, n > 4 ? n : 4, &out, &used), -1);
		free(part);
	}
	for (uint64_t n = EVENT_MAX + 1; n <= UINT32_MAX; n *= 2) {
		uint32_t wrong = (uint32_t)n;

		memcpy(frame, &wrong, sizeof wrong);
		assert_int_equal(event_decode(frame, size, &out, &used), -1);
	}
	free(frame);
}

static void test_every_false_length(void **state)
{
	static const int steps[] = {-100, -3, -2, -1, 1, 2, 3, 100, 65535};
	struct event in = full, out;
	size_t size, used;
	char *frame;

	(void)state;
	in.type = EVENT_STATE;
	frame = frame_of(&in, &size);
	for (size_t field = 0; field < 5; field++) {
		for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
			uint16_t right, wrong;

			memcpy(&right, frame + LENGTHS + field * 2, sizeof right);
			wrong = (uint16_t)(right + steps[i]);
			memcpy(frame + LENGTHS + field * 2, &wrong, sizeof wrong);
			assert_int_equal(event_decode(frame, size, &out, &used), -1);
			memcpy(frame + LENGTHS + field * 2, &right, sizeof right);
		}
	}
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		uint32_t wrong = (uint32_t)(11 + steps[i]);

		memcpy(frame + LENGTHS + 12, &wrong, sizeof wrong);
		assert_int_equal(event_decode(frame, size, &out, &used), -1);
	}
	free(frame);
}

static void test_strings_end_where_they_say(void **state)
{
	struct event in = full, out;
	size_t size, used;
	char *frame;

	(void)state;
	in.type = EVENT_STATE;
	frame = frame_of(&in, &size);
	frame[HEAD + 1] = '\0'; /* inside the host's name */
	assert_int_equal(event_decode(frame, size, &out, &used), -1);
	frame[HEAD + 1] = 'e';
	frame[HEAD + 3] = 'x'; /* its end */
	assert_int_equal(event_decode(frame, size, &out, &used), -1);
	frame[HEAD + 3] = '\0';
	frame[size - 1] = 'x'; /* the list's end */
	assert_int_equal(event_decode(frame, size, &out, &used), -1);
	frame[size - 1] = '\0';
	assert_int_equal(event_decode(frame, size, &out, &used), 1);
	free(frame);
}

static void assert_refused(struct event in)
{
	struct event out;
	size_t size, used;
	char *frame = frame_of(&in, &size);

	assert_int_equal(event_decode(frame, size, &out, &used), -1);
	free(frame);
}

static void test_numbers_nobody_has(void **state)
{
	struct event in = full;

	(void)state;
	in.type = 0;
	assert_refused(in);
	in.type = EVENT_RESULT + 1;
	assert_refused(in);
	in.type = EVENT_COMMAND + 1;
	assert_refused(in);
	in.type = EVENT_STATE;
	in.kind = EVENT_SERVICE + 1;
	assert_refused(in);
	in.kind = EVENT_HOST;
	in.state = EVENT_UNREACHABLE + 1;
	assert_refused(in);
	in.kind = EVENT_SERVICE;
	in.state = EVENT_UNKNOWN + 1;
	assert_refused(in);
	in.state = 0;
	in.flags = EVENT_FLAGS_ALL + 1;
	assert_refused(in);
}

static void test_two_in_one_buffer(void **state)
{
	struct event a = full, b = {.type = EVENT_LOST, .code = 3}, out;
	char both[1000];
	size_t first, second, used;

	(void)state;
	a.type = EVENT_STATE;
	first = event_encode(&a, both, sizeof both);
	second = event_encode(&b, both + first, sizeof both - first);
	assert_int_equal(event_decode(both, first + second, &out, &used), 1);
	assert_int_equal(used, first);
	assert_int_equal(event_decode(both + used, first + second - used, &out, &used), 1);
	assert_int_equal(out.type, EVENT_LOST);
	assert_int_equal(out.code, 3);
}

static void test_limits(void **state)
{
	static char out[2 * EVENT_MAX], list[EVENT_MAX];
	char name[EVENT_NAME_MAX + 2], text[EVENT_TEXT_MAX + 2];
	struct event in = {.type = EVENT_STATE, .host = name, .text = text}, back;
	size_t size, used;

	(void)state;
	memset(name, 'n', sizeof name);
	memset(text, 't', sizeof text);
	name[EVENT_NAME_MAX + 1] = text[EVENT_TEXT_MAX + 1] = '\0';
	assert_int_equal(event_encode(&in, out, sizeof out), 0); /* no name is cut */
	name[EVENT_NAME_MAX] = '\0';
	size = event_encode(&in, out, sizeof out);
	assert_int_equal(event_decode(out, size, &back, &used), 1);
	assert_int_equal(strlen(back.host), EVENT_NAME_MAX);
	assert_int_equal(strlen(back.text), EVENT_TEXT_MAX); /* a text is */
	assert_int_equal(event_encode(&in, out, size), size);
	for (size_t cap = 0; cap < size; cap += 7)
		assert_int_equal(event_encode(&in, out, cap), 0);
	in = (struct event){.type = EVENT_MEMBERS, .list = list, .list_len = EVENT_MAX - HEAD - 5};
	assert_int_equal(event_encode(&in, out, sizeof out), EVENT_MAX);
	in.list_len++;
	assert_int_equal(event_encode(&in, out, sizeof out), 0);
}

static void test_list_walk(void **state)
{
	struct event ev = {.list = "a\0\0ccc", .list_len = 7};
	const char *at = event_list_next(&ev, NULL);

	(void)state;
	assert_string_equal(at, "a");
	at = event_list_next(&ev, at);
	assert_string_equal(at, "");
	at = event_list_next(&ev, at);
	assert_string_equal(at, "ccc");
	assert_null(event_list_next(&ev, at));
}

static void test_state_words(void **state)
{
	(void)state;
	assert_string_equal(event_state_word(EVENT_HOST, EVENT_UNREACHABLE), "UNREACHABLE");
	assert_string_equal(event_state_word(EVENT_HOST, 3), "?");
	assert_string_equal(event_state_word(EVENT_SERVICE, EVENT_UNKNOWN), "UNKNOWN");
	assert_string_equal(event_state_word(EVENT_SERVICE, 4), "?");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_types),
	    cmocka_unit_test(test_nothing_but_a_type),
	    cmocka_unit_test(test_every_truncation),
	    cmocka_unit_test(test_every_false_size),
	    cmocka_unit_test(test_every_false_length),
	    cmocka_unit_test(test_strings_end_where_they_say),
	    cmocka_unit_test(test_numbers_nobody_has),
	    cmocka_unit_test(test_two_in_one_buffer),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_list_walk),
	    cmocka_unit_test(test_state_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
