/*
 * What an ApiUser of Icinga 2 must be allowed: what a list of permissions lacks, and that
 * contrib/icinga2/twicket.conf has all of it and nothing more.
 */
#include "agent/cli_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define CONF "contrib/icinga2/twicket.conf"
#define RIGHTS 23

/* Those that are missing, each behind a blank; of these, how many one can do without. */
static unsigned missing(const json_t *permissions, struct buf *out)
{
	unsigned verbs = 0;

	buf_init(out, 10000);
	for (const struct check_right *r = NULL; (r = check_rights_missing(permissions, r));) {
		buf_printf(out, " %s", r->permission);
		verbs += r->verb != NULL;
		assert_true(*r->what);
	}
	return verbs;
}

static void expect(json_t *permissions, const char *expected)
{
	struct buf out;

	missing(permissions, &out);
	assert_string_equal(buf_text(&out), expected);
	buf_finish(&out);
	json_decref(permissions);
}

static void test_patterns(void **state)
{
	(void)state;
	expect(json_pack("[s]", "*"), "");
	expect(
	    json_pack("[s, s, s, s]", "status/*", "objects/query/*", "events/*", "actions/*"), "");
	expect(
	    json_pack("[s, s, s, s]", "STATUS/query", "Objects/Query/*", "events/?*", "actions/*"),
	    "");
	expect(
	    json_pack("[s, s, s, s]", "objects/*", "events/*", "actions/*", "status"),
	    " status/query");
	expect(
	    json_pack(
		"[s, s, s, s, i]", "status/query", "objects/query/*e*", "events/*", "actions/*", 5),
	    " objects/query/Host");
	/* a filter shows in the list, and still lets see something */
	expect(
	    json_pack(
		"[s, s, s, s]", "status/query (filtered)", "objects/* (filtered)", "events/*",
		"actions/*"),
	    "");
}

static void test_nothing_given(void **state)
{
	struct buf out;
	unsigned n = 0;

	(void)state;
	assert_int_equal(missing(NULL, &out), 3);
	for (const char *at = buf_text(&out); *at; at++)
		n += *at == ' ';
	assert_int_equal(n, RIGHTS);
	buf_finish(&out);
}

/* The texts in quotes with a slash; with those that stand in a comment, or without. */
static json_t *of_file(bool with_comments)
{
	json_t *list = json_array();
	FILE *f = fopen(CONF, "r");
	char line[500];

	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		char *text = strchr(line, '"'), *comment = strstr(line, "//"), *end;

		if (!text || (comment && comment < text && !with_comments))
			continue;
		end = strchr(++text, '"');
		assert_non_null(end);
		*end = '\0';
		if (strchr(text, '/'))
			json_array_append_new(list, json_string(text));
	}
	fclose(f);
	return list;
}

static void test_file(void **state)
{
	json_t *all = of_file(true), *some = of_file(false);
	struct buf out;

	(void)state;
	assert_int_equal(missing(all, &out), 0);
	assert_string_equal(buf_text(&out), "");
	assert_int_equal(json_array_size(all), RIGHTS);
	assert_int_equal(json_array_size(some), RIGHTS - 3);
	assert_int_equal(missing(some, &out), 3);
	assert_string_equal(
	    buf_text(&out),
	    " actions/schedule-downtime actions/remove-downtime actions/reschedule-check");
	buf_finish(&out);
	json_decref(all);
	json_decref(some);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_patterns),
	    cmocka_unit_test(test_nothing_given),
	    cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
