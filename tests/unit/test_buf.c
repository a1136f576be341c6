/*
 * The growing buffer: grows, cuts at its maximum, stays NUL-terminated.
 * Run by make check.
 * It must never look inside beyond what buf.h promises.
 */
#include "common/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_empty(void **state)
{
	struct buf b;
	char *text;

	(void)state;
	buf_init(&b, 10);
	assert_null(b.data);
	assert_string_equal(buf_text(&b), "");
	buf_drop(&b, 5);
	buf_truncate(&b, 5);
	buf_reset(&b);
	assert_int_equal(buf_add(&b, NULL, 0), 0);
	assert_string_equal(b.data, "");
	buf_finish(&b);
	text = buf_steal(&b); /* also of nothing: the caller frees it */
	assert_string_equal(text, "");
	free(text);
}

static void test_add(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(buf_str(&b, "one "), 0);
	assert_int_equal(buf_char(&b, '2'), 0);
	assert_int_equal(buf_printf(&b, " %s %d", "three", 4), 0);
	assert_string_equal(buf_text(&b), "one 2 three 4");
	assert_int_equal(b.len, 13);
	assert_int_equal(buf_add(&b, "\0x", 2), 0);
	assert_int_equal(b.len, 15);
	assert_int_equal(b.data[15], '\0');
	buf_finish(&b);
	assert_null(b.data);
	assert_int_equal(b.max, 1000);
}

/* Every length around every maximum: never beyond, always terminated, says that it cut. */
static void test_maximum(void **state)
{
	static const char text[] = "0123456789012345678901234567890123456789"
				   "0123456789012345678901234567890123456789";

	(void)state;
	for (size_t max = 0; max < 70; max++) {
		for (size_t n = 0; n < 80; n++) {
			struct buf b;

			buf_init(&b, max);
			assert_int_equal(buf_add(&b, text, n), n > max ? -1 : 0);
			assert_int_equal(b.len, n > max ? max : n);
			assert_int_equal(b.cut, n > max);
			assert_int_equal(b.data[b.len], '\0');
			assert_memory_equal(b.data, text, b.len);
			buf_finish(&b);
		}
	}
}

static void test_cut_stays(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 3);
	assert_int_equal(buf_str(&b, "abcd"), -1);
	assert_string_equal(b.data, "abc");
	assert_int_equal(buf_char(&b, 'x'), -1);
	buf_truncate(&b, 1);
	assert_int_equal(buf_char(&b, 'x'), -1); /* it has room again, but something is missing */
	assert_string_equal(b.data, "ax");
	buf_reset(&b);
	assert_false(b.cut);
	assert_int_equal(buf_str(&b, "abc"), 0);
	buf_finish(&b);
}

static void test_long_printf(void **state)
{
	char text[1000];
	struct buf b;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	for (int n = 250; n < 260; n++) { /* around the small buffer inside */
		buf_init(&b, 2000);
		assert_int_equal(buf_printf(&b, "%.*s!", n, text), 0);
		assert_int_equal(b.len, n + 1);
		assert_int_equal(b.data[n], '!');
		buf_finish(&b);
	}
	buf_init(&b, 500);
	assert_int_equal(buf_printf(&b, "%s", text), -1);
	assert_int_equal(b.len, 500);
	assert_true(b.cut);
	buf_finish(&b);
}

static void test_drop_and_truncate(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_str(&b, "0123456789");
	buf_drop(&b, 0);
	buf_drop(&b, 3);
	assert_string_equal(b.data, "3456789");
	buf_truncate(&b, 7);
	buf_truncate(&b, 99);
	assert_int_equal(b.len, 7);
	buf_truncate(&b, 2);
	assert_string_equal(b.data, "34");
	buf_drop(&b, 99);
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
	buf_finish(&b);
}

static void test_steal(void **state)
{
	struct buf b;
	char *text;

	(void)state;
	buf_init(&b, 100);
	buf_str(&b, "mine");
	text = buf_steal(&b);
	assert_string_equal(text, "mine");
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_str(&b, "next"), 0); /* the maximum stays */
	assert_int_equal(b.max, 100);
	free(text);
	buf_finish(&b);
}

/* Bytes that come in small pieces and leave at the front, as from a socket. */
static void test_stream(void **state)
{
	struct buf b;
	unsigned in = 0, out = 0;

	(void)state;
	buf_init(&b, 64);
	for (int i = 0; i < 10000; i++) {
		while (b.len < 50)
			assert_int_equal(buf_char(&b, (char)in++), 0);
		assert_int_equal((unsigned char)b.data[0], (unsigned char)out);
		buf_drop(&b, 1 + (size_t)i % 40);
		out += 1 + (unsigned)i % 40;
		assert_true(b.cap <= 65);
	}
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),       cmocka_unit_test(test_add),
	    cmocka_unit_test(test_maximum),     cmocka_unit_test(test_cut_stays),
	    cmocka_unit_test(test_long_printf), cmocka_unit_test(test_drop_and_truncate),
	    cmocka_unit_test(test_steal),       cmocka_unit_test(test_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
