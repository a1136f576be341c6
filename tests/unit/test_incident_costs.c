/*
 * What is said beside the news where a post costs: acknowledgements and reminders
 * only when the file asks for them, thread by thread. The engine on a virtual clock.
 * Must never need words, a store or a network.
 */
#include "tests/unit/engine_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
	(void)state;
	engine_rig_begin(RIG_ACCOUNTS);
	alone.audience.acks = true;
	alone.audience.reopen_ms = RIG_HOUR_MS;
	alone.audience.update_ms = RIG_MINUTE_MS;
	alone.audience.remind_ms = RIG_HOUR_MS;
	alone.audience.remind_acked_ms = 4 * RIG_HOUR_MS;
	return 0;
}

/* A problem that is told on both accounts; acknowledged after two hours, let go after ten more. */
static void live_through(void)
{
	engine_rig_create();
	engine_rig_connect();
	engine_rig_pass(1000);
	engine_rig_fails("db1", "Postgres");
	engine_rig_pass(1000);
	engine_rig_deliver();
	engine_rig_pass(2 * RIG_HOUR_MS);
	engine_rig_event(EVENT_ACK, "db1", "Postgres", EVENT_CRITICAL, EVENT_STICKY);
	engine_rig_pass(10 * RIG_HOUR_MS);
	engine_rig_event(EVENT_ACK_GONE, "db1", "Postgres", EVENT_CRITICAL, 0);
	engine_rig_pass(RIG_MINUTE_MS);
	engine_rig_event(EVENT_STATE, "db1", "Postgres", EVENT_OK, EVENT_HARD);
	engine_rig_pass(1000);
}

static void test_not_asked(void **state)
{
	(void)state;
	live_through();
	assert_int_equal(alone.said[RIG_FREE][SAY_PROBLEM], 1);
	assert_int_equal(alone.said[RIG_FREE][SAY_ACK], 1);
	assert_int_equal(alone.said[RIG_FREE][SAY_UNACK], 1);
	assert_int_equal(alone.said[RIG_FREE][SAY_UPDATE], 3); /* after 1 h; 4 h and 8 h after the ack */
	assert_int_equal(alone.said[RIG_FREE][SAY_RECOVERY], 1);
	/* where it costs: the problem and its end */
	for (int e = 0; e < SAY_EVENTS; e++)
		assert_int_equal(alone.said[RIG_METERED][e], e == SAY_PROBLEM || e == SAY_RECOVERY);
}

static void test_acks_asked(void **state)
{
	(void)state;
	alone.audience.acks_asked = true;
	live_through();
	assert_int_equal(alone.said[RIG_METERED][SAY_ACK], 1);
	assert_int_equal(alone.said[RIG_METERED][SAY_UNACK], 1);
	assert_int_equal(alone.said[RIG_METERED][SAY_UPDATE], 0);
	assert_int_equal(alone.said[RIG_METERED][SAY_RECOVERY], 1);
}

static void test_reminders_asked(void **state)
{
	(void)state;
	alone.audience.remind_asked = alone.audience.remind_acked_asked = true;
	alone.audience.acks = false;
	live_through();
	assert_int_equal(alone.said[RIG_METERED][SAY_UPDATE], alone.said[RIG_FREE][SAY_UPDATE]);
	assert_true(alone.said[RIG_METERED][SAY_UPDATE] >= 3);
	assert_int_equal(alone.said[RIG_METERED][SAY_ACK], 0);
}

/* Each by its own key. */
static void test_one_reminder_asked(void **state)
{
	(void)state;
	alone.audience.acks_asked = alone.audience.remind_asked = true;
	live_through();
	assert_int_equal(alone.said[RIG_METERED][SAY_UPDATE], 1);
	assert_int_equal(alone.said[RIG_FREE][SAY_UPDATE], 3);
}

/* Asked for, and said to be none. */
static void test_asked_none(void **state)
{
	(void)state;
	alone.audience.acks_asked = alone.audience.remind_asked = alone.audience.remind_acked_asked = true;
	alone.audience.acks = false;
	alone.audience.remind_ms = alone.audience.remind_acked_ms = 0;
	live_through();
	for (int e = 0; e < SAY_EVENTS; e++)
		assert_int_equal(alone.said[RIG_METERED][e], alone.said[RIG_FREE][e]);
	assert_int_equal(alone.said[RIG_METERED][SAY_UPDATE] + alone.said[RIG_METERED][SAY_ACK], 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, engine_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_not_asked),	   CASE(test_acks_asked), CASE(test_reminders_asked),
	    CASE(test_one_reminder_asked), CASE(test_asked_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
