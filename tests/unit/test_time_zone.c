/*
 * The zone of the process: asked for, no longer asked for, asked for again.
 * Run by make check; changes nothing but this process.
 */
#include "agent/time_zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/* The hour of the local clock, midnight in UTC. */
static int hour(void)
{
	const time_t midnight = 86400;
	struct tm tm;

	assert_non_null(localtime_r(&midnight, &tm));
	return tm.tm_hour;
}

static void test_back(void **state)
{
	(void)state;
	setenv("TZ", "XXX-3", 1);
	time_zone_use(NULL);
	assert_int_equal(hour(), 3);
	time_zone_use("Asia/Tokyo");
	assert_int_equal(hour(), 9);
	time_zone_use("");
	assert_int_equal(hour(), 3);
	time_zone_use("UTC");
	assert_int_equal(hour(), 0);
	time_zone_use(NULL);
	assert_int_equal(hour(), 3);
	assert_string_equal(getenv("TZ"), "XXX-3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_back)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
