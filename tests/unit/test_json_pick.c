/*
 * json_pick(): what it copies, what it leaves to the parser, and that both agree.
 * Run by `make check` from the top of the tree.
 */
#include "notifiers/json_pick.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"id", "uri", NULL};

static const struct {
	const char *text;
	const char *picked; /* NULL: left to the parser */
} cases[] = {
    {"{}", "{}"},
    {" { } \n", "{}"},
    {"{\"id\":\"1\"}", "{\"id\":\"1\"}"},
    {"{ \"id\" : 12 , \"x\" : 3 }", "{\"id\" : 12}"},
    {"{\"a\":{\"id\":\"2\"},\"id\":\"1\"}", "{\"id\":\"1\"}"},
    {"{\"a\":[{\"id\":\"}\"},[\"]\"]],\"uri\":null}", "{\"uri\":null}"},
    {"{\"a\":\"\\\"id\\\":\\\\\",\"id\":\"1\",\"uri\":\"u\\\"v\"}", "{\"id\":\"1\",\"uri\":\"u\\\"v\"}"},
    {"{\"id\":\"1\",\"id\":\"2\"}", "{\"id\":\"1\",\"id\":\"2\"}"},
    {"{\"id\":[1,{\"b\":2}],\"c\":true}", "{\"id\":[1,{\"b\":2}]}"},
    {"{\"ids\":1,\"i\":2,\"\":3}", "{}"},
    {"{\"a\":\"\\", NULL},
    {"{\"\\u0069d\":\"1\"}", NULL},
    {"", NULL},
    {"[]", NULL},
    {"{", NULL},
    {"{\"id\"", NULL},
    {"{\"id\":", NULL},
    {"{\"id\":}", NULL},
    {"{\"id\":\"1\"", NULL},
    {"{\"id\":\"1\",}", NULL},
    {"{\"id\":\"1\"} x", NULL},
    {"{\"id\":\"1\"}{}", NULL},
    {"{\"id\":\"1\" \"uri\":\"2\"}", NULL},
    {"{\"a\":[1,2},\"id\":\"1\"}", NULL},
    {"{\"a\":{\"b\":1],\"id\":\"1\"}", NULL},
    {"<html>{\"id\":\"1\"}</html>", NULL},
};

static void test_picks(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
		size_t n = strlen(cases[k].text);
		char *text = malloc(n + 1); /* without its NUL: the sanitizer guards the end */
		struct buf out;
		bool is_picked;

		assert_non_null(text);
		memcpy(text, cases[k].text, n);
		text = realloc(text, n ? n : 1);
		buf_init(&out, n + 2);
		is_picked = json_pick(text, n, names, &out);
		if (is_picked != (cases[k].picked != NULL))
			fail_msg("%s: picked %d", cases[k].text, is_picked);
		if (is_picked)
			assert_string_equal(buf_text(&out), cases[k].picked);
		buf_finish(&out);
		free(text);
	}
}

/* Deep nesting is the parser's to refuse; a NUL is a byte like others. */
static void test_limits(void **state)
{
	static const char nul[] = "{\"a\":\"\0\",\"id\":1}";
	char deep[4096] = "{\"a\":";
	struct buf out;

	(void)state;
	memset(deep + 5, '[', 2000);
	memset(deep + 2005, ']', 2000);
	deep[4005] = '}';
	buf_init(&out, sizeof deep);
	assert_false(json_pick(deep, 4006, names, &out));
	buf_reset(&out);
	assert_true(json_pick(nul, sizeof nul - 1, names, &out));
	assert_string_equal(buf_text(&out), "{\"id\":1}");
	buf_finish(&out);
}

/* Each beginning of a long answer, and each with one byte changed: never another id than the parser's. */
static void test_agrees(void **state)
{
	static const char whole[] =
	    "{\"id\":\"115\",\"tags\":[{\"name\":\"t7k2\",\"url\":null}],\"uri\":\"https://a/1\",\"content\":"
	    "\"<p>\\\"db1\\\" [is] {down}</p>\",\"account\":{\"id\":\"9\",\"uri\":\"x\",\"bot\":false},\"poll\":null}";
	static const char changes[] = "\"\\{}[],: x";
	char text[sizeof whole];

	(void)state;
	for (size_t k = 0; k < (sizeof whole - 1) * (sizeof changes); k++) {
		size_t at = k / sizeof changes, n = sizeof whole - 1;
		struct buf out;
		json_t *all, *few;

		memcpy(text, whole, sizeof whole);
		if (k % sizeof changes)
			text[at] = changes[k % sizeof changes - 1];
		else
			n = at;
		buf_init(&out, sizeof text + 2);
		all = json_loadb(text, n, JSON_ALLOW_NUL, NULL);
		few = json_pick(text, n, names, &out) ? json_loadb(buf_text(&out), out.len, JSON_ALLOW_NUL, NULL) : NULL;
		if (all && few) {
			for (size_t m = 0; names[m]; m++)
				assert_true(json_equal(json_object_get(all, names[m]), json_object_get(few, names[m])) ||
					    (!json_object_get(all, names[m]) && !json_object_get(few, names[m])));
		}
		assert_true(n == sizeof whole - 1 || !few);
		json_decref(all);
		json_decref(few);
		buf_finish(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_picks),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
