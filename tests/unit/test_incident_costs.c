/*
 * What is said beside the news where a post costs: acknowledgements and reminders
 * only when the file asks for them, thread by thread. The engine on a virtual clock.
 * Must never need words, a store or a network.
 */
#include "agent/incident.h"
#include "tests/unit/sink_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WALL 1795348800000
#define HOUR_MS 3600000

enum { FREE, METERED };

static struct config_account accounts[] = {
    {.name = (char *)"toot", .network = (char *)"mastodon", .language = (char *)"en"},
    {.name = (char *)"paid",
     .network = (char *)"x",
     .language = (char *)"en",
     .is_metered = true},
};
static unsigned both[] = {FREE, METERED};
static struct config_audience audience;
static struct config config = {
    .accounts = accounts, .n_accounts = 2, .audiences = &audience, .n_audiences = 1};
static struct engine *engine;
static struct now now;
static unsigned said[2][SAY_EVENTS];
static uint64_t next_id;

static void on_say(void *arg, const struct say_target *target, const struct say *say)
{
	(void)arg;
	said[target->account][say->event]++;
}

static uint64_t on_next_id(void *arg)
{
	(void)arg;
	return next_id++;
}

static void on_tag(void *arg, char tag[TAG_SIZE])
{
	(void)arg;
	snprintf(tag, TAG_SIZE, "T7K2");
}

static const struct engine_sink sink = {
    .say = on_say,
    .describe = sink_rig_describe,
    .cancel = sink_rig_cancel,
    .note = sink_rig_note,
    .born_s = sink_rig_born,
    .next_id = on_next_id,
    .fresh_tag = on_tag};

static void event(enum event_type type, unsigned state, unsigned flags)
{
	struct event ev = {
	    .type = (uint8_t)type,
	    .kind = EVENT_SERVICE,
	    .state = (uint8_t)state,
	    .flags = flags,
	    .time_us = now.wall_ms * 1000,
	    .since = now.wall_ms / 1000,
	    .host = type == EVENT_SNAP_BEGIN || type == EVENT_SNAP_END ? "" : "db1",
	    .service = type == EVENT_SNAP_BEGIN || type == EVENT_SNAP_END ? "" : "Postgres",
	    .text = "no connection",
	    .author = "alice",
	    .mark = "",
	    .list = ""};

	engine_event(engine, "mon1", &ev, &now);
}

/* What ends may free something else in the same instant, but not for ever. */
static void pass(int64_t ms)
{
	int64_t end = now.boot_ms + ms;
	unsigned rounds = 0;

	while (now.boot_ms < end) {
		int64_t next = engine_next(engine), step = next < end ? next : end;

		step = step > now.boot_ms ? step - now.boot_ms : 0;
		now.boot_ms += step;
		now.wall_ms += step;
		engine_timers(engine, &now);
		rounds = step ? 0 : rounds + 1;
		if (rounds > 3)
			fail_msg("a deadline that never passes");
	}
}

/* The posts stand on the network. */
static void deliver(void)
{
	for (uint64_t id = 1; id < next_id; id++)
		engine_delivery(engine, id, DELIVERY_SENT, true, &now);
}

static int setup(void **state)
{
	struct err err;

	(void)state;
	audience = (struct config_audience){
	    .name = (char *)"operators",
	    .base = (char *)"operators",
	    .accounts = both,
	    .n_accounts = 2,
	    .match_text = (char *)"*",
	    .match = match_parse("*", &err),
	    .as_contact = (char *)"",
	    .states = STATE_BIT(EVENT_SERVICE, EVENT_CRITICAL),
	    .internals = true,
	    .acks = true,
	    .reopen_ms = HOUR_MS,
	    .update_ms = 60000,
	    .remind_ms = HOUR_MS,
	    .remind_acked_ms = 4 * HOUR_MS};
	memset(said, 0, sizeof said);
	next_id = 1;
	now = (struct now){.wall_ms = WALL, .boot_ms = 1000000};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	engine_destroy(engine);
	match_destroy(audience.match);
	return 0;
}

/* A problem that is told on both accounts; acknowledged after two hours, let go after ten more. */
static void live_through(void)
{
	engine = engine_create(&config, &sink);
	engine_node_up(engine, "mon1", "e1", &now);
	event(EVENT_SNAP_BEGIN, 0, 0);
	event(EVENT_SNAP_END, 0, 0);
	now.wall_ms += 1000;
	now.boot_ms += 1000;
	event(EVENT_STATE, EVENT_CRITICAL, EVENT_HARD);
	engine_object(
	    engine, "mon1", EVENT_SERVICE, "db1", "Postgres",
	    object_create("mon1", EVENT_SERVICE, "db1", "Postgres", "", 0), &now);
	pass(1000);
	deliver();
	pass(2 * HOUR_MS);
	event(EVENT_ACK, EVENT_CRITICAL, EVENT_STICKY);
	pass(10 * HOUR_MS);
	event(EVENT_ACK_GONE, EVENT_CRITICAL, 0);
	pass(60000);
	event(EVENT_STATE, EVENT_OK, EVENT_HARD);
	pass(1000);
}

static void test_not_asked(void **state)
{
	(void)state;
	live_through();
	assert_int_equal(said[FREE][SAY_PROBLEM], 1);
	assert_int_equal(said[FREE][SAY_ACK], 1);
	assert_int_equal(said[FREE][SAY_UNACK], 1);
	assert_int_equal(said[FREE][SAY_UPDATE], 3); /* after 1 h; 4 h and 8 h after the ack */
	assert_int_equal(said[FREE][SAY_RECOVERY], 1);
	/* where it costs: the problem and its end */
	for (int e = 0; e < SAY_EVENTS; e++)
		assert_int_equal(said[METERED][e], e == SAY_PROBLEM || e == SAY_RECOVERY);
}

static void test_acks_asked(void **state)
{
	(void)state;
	audience.acks_asked = true;
	live_through();
	assert_int_equal(said[METERED][SAY_ACK], 1);
	assert_int_equal(said[METERED][SAY_UNACK], 1);
	assert_int_equal(said[METERED][SAY_UPDATE], 0);
	assert_int_equal(said[METERED][SAY_RECOVERY], 1);
}

static void test_reminders_asked(void **state)
{
	(void)state;
	audience.remind_asked = audience.remind_acked_asked = true;
	audience.acks = false;
	live_through();
	assert_int_equal(said[METERED][SAY_UPDATE], said[FREE][SAY_UPDATE]);
	assert_true(said[METERED][SAY_UPDATE] >= 3);
	assert_int_equal(said[METERED][SAY_ACK], 0);
}

/* Each by its own key. */
static void test_one_reminder_asked(void **state)
{
	(void)state;
	audience.acks_asked = audience.remind_asked = true;
	live_through();
	assert_int_equal(said[METERED][SAY_UPDATE], 1);
	assert_int_equal(said[FREE][SAY_UPDATE], 3);
}

/* Asked for, and said to be none. */
static void test_asked_none(void **state)
{
	(void)state;
	audience.acks_asked = audience.remind_asked = audience.remind_acked_asked = true;
	audience.acks = false;
	audience.remind_ms = audience.remind_acked_ms = 0;
	live_through();
	for (int e = 0; e < SAY_EVENTS; e++)
		assert_int_equal(said[METERED][e], said[FREE][e]);
	assert_int_equal(said[METERED][SAY_UPDATE] + said[METERED][SAY_ACK], 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_not_asked),	   CASE(test_acks_asked), CASE(test_reminders_asked),
	    CASE(test_one_reminder_asked), CASE(test_asked_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
