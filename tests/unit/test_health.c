/*
 * Health: ranges of the guidelines, and more that is wrong than is kept.
 * What the plugin prints of a whole answer is in test_cli.c. Run by make check; changes nothing.
 */
#include "agent/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NEVER 0, 0, false

/* A queue whose oldest post has waited for so many seconds. */
static json_t *waiting(int64_t age_s)
{
	return json_pack(
	    "{s:s, s:I, s:I, s:[{s:s, s:b}], s:[{s:s, s:s, s:I, s:I}]}", "store", "ok", "wall_ms",
	    (json_int_t)1000000000, "up_ms", (json_int_t)5000000, "nodes", "name", "mon1", "connected", 1, "accounts",
	    "name", "noc", "state", "ok", "queued", (json_int_t)1, "oldest_ms", (json_int_t)(1000000000 - age_s * 1000));
}

static void test_ranges(void **state)
{
	static const struct {
		struct health_limit queue;
		int64_t age_s;
		enum health_level level;
	} cases[] = {
	    {{{0, 10, false}, {0, 20, false}}, 10, HEALTH_OK},
	    {{{0, 10, false}, {0, 20, false}}, 11, HEALTH_WARNING},
	    {{{0, 10, false}, {0, 20, false}}, 21, HEALTH_CRITICAL},
	    {{{NEVER}, {NEVER}}, 1000, HEALTH_OK},
	    {{{10, INT64_MAX, false}, {NEVER}}, 9, HEALTH_WARNING},
	    {{{10, INT64_MAX, false}, {NEVER}}, 10, HEALTH_OK},
	    {{{INT64_MIN, 10, false}, {NEVER}}, 11, HEALTH_WARNING},
	    {{{INT64_MIN, 10, false}, {NEVER}}, 0, HEALTH_OK},
	    {{{10, 20, true}, {NEVER}}, 20, HEALTH_WARNING},
	    {{{10, 20, true}, {NEVER}}, 21, HEALTH_OK},
	    {{{10, 20, true}, {15, 15, true}}, 15, HEALTH_CRITICAL},
	};
	struct health h;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct health_limits limits = {.queue = cases[i].queue};
		json_t *status = waiting(cases[i].age_s);

		health_judge(status, &limits, &h);
		assert_int_equal(h.level, cases[i].level);
		json_decref(status);
	}
}

/* The worst is found last, and is said first all the same. */
static void test_more_than_is_kept(void **state)
{
	const json_int_t accounts = HEALTH_FINDINGS + 5;
	json_t *status = waiting(0), *all = json_object_get(status, "accounts");
	struct health h;
	struct buf out;

	(void)state;
	for (json_int_t k = 0; k < accounts; k++)
		json_array_append_new(
		    all, json_pack("{s:s, s:s, s:I}", "name", "slow", "state", "ok", "skew_ms", (json_int_t)60000));
	json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "name", "mute", "state", "no login", "text", "no token"));
	health_judge(status, &health_defaults, &h);
	assert_int_equal(h.level, HEALTH_CRITICAL);
	assert_int_equal(h.n, HEALTH_FINDINGS);
	assert_int_equal(h.found, accounts + 1);
	assert_string_equal(h.at[0].text, "mute: no login: no token: twicket auth mute");
	buf_init(&out, 1u << 20);
	assert_int_equal(health_text(status, &health_defaults, &out), HEALTH_CRITICAL);
	assert_non_null(strstr(buf_text(&out), "twicket auth mute (and 69 more) |"));
	buf_finish(&out);
	json_decref(status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_ranges), cmocka_unit_test(test_more_than_is_kept)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
