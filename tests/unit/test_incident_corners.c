/*
 * Corners that the random-event test (tests/random) found: a restart in the middle of an
 * incident, a pause that takes back what still waits. The engine on a virtual clock.
 * Must never need words, a store or a network.
 */
#include "agent/incident_hand.h"
#include "tests/unit/engine_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOLD_S (RIG_WALL_MS / 1000 - 600)

static char state_said[32]; /* with the last recovery */
static uint64_t waiting;    /* SAY_BITs of what cancel() takes back */

static void on_say(void *arg, const struct say_target *target, const struct say *say)
{
	(void)arg;
	alone.said[target->account][say->event]++;
	if (say->event == SAY_RECOVERY)
		snprintf(state_said, sizeof state_said, "%s", say->state);
}

static uint64_t on_cancel(void *arg, uint64_t thread)
{
	(void)arg;
	(void)thread;
	return waiting;
}

static void event(enum event_type type, const char *host, const char *service, unsigned state)
{
	engine_rig_event(type, host, service, state, EVENT_HARD);
}

static void described(const char *host, const char *service, bool is_ok)
{
	engine_rig_describe(host, service, is_ok ? alone.now.wall_ms / 1000 : 0);
	engine_timers(alone.engine, &alone.now);
}

static void load_problem(uint64_t id, const char *service, int64_t since_s, int64_t until_s)
{
	engine_load_problem(
	    alone.engine, &(struct problem_row){
			.id = id,
			.incident = 1,
			.node = "mon1",
			.host = "db1",
			.service = service,
			.kind = EVENT_SERVICE,
			.state = until_s ? EVENT_OK : EVENT_CRITICAL,
			.flags = EVENT_HARD,
			.since_s = since_s,
			.until_s = until_s,
			.output = "",
			.owner = "",
			.heard = "operators",
			.relapses = ""});
}

/* db1/Postgres, told ten minutes ago; a second member that is over already. */
static void load(enum thread_state state)
{
	const struct thread_row thread = {
	    .id = 4,
	    .incident = 1,
	    .audience = "operators",
	    .account = "toot",
	    .state = state,
	    .root = DELIVERY_SENT,
	    .told_state = 3,
	    .times = 1,
	    .due_boot_ms = state == THREAD_RECOVERING ? alone.now.boot_ms + 30000 : 0,
	    .due_ms = state == THREAD_RECOVERING ? alone.now.wall_ms + 30000 : 0,
	    .since_s = TOLD_S,
	    .until_s = state == THREAD_RECOVERING ? TOLD_S + 500 : 0};

	engine_rig_create();
	engine_load_node(alone.engine, &(struct node_row){.name = "mon1", .epoch = "e1", .adopted = true});
	engine_load_incident(
	    alone.engine, &(struct incident_row){
			.id = 1,
			.tag = "T7K2",
			.open = true,
			.times = 1,
			.opened_ms = TOLD_S * 1000,
			.since_s = TOLD_S,
			.object = "db1/Postgres",
			.state = "CRITICAL",
			.owner = "",
			.was_owner = ""});
	load_problem(2, "Postgres", TOLD_S, state == THREAD_RECOVERING ? TOLD_S + 500 : 0);
	load_problem(3, "Disk", TOLD_S, TOLD_S + 60);
	engine_load_thread(alone.engine, &thread, true, &alone.now);
	engine_loaded(alone.engine, &alone.now);
	engine_node_up(alone.engine, "mon1", "e1", &alone.now);
	event(EVENT_SNAP_BEGIN, "", "", 0);
}

static int setup(void **state)
{
	(void)state;
	engine_rig_begin(1);
	alone.audience.hold_ms = 15000;
	alone.audience.recovery_hold_ms = 90000;
	alone.audience.reopen_ms = 30 * RIG_MINUTE_MS;
	alone.audience.update_ms = 2 * RIG_MINUTE_MS;
	alone.sink.say = on_say;
	alone.sink.cancel = on_cancel;
	alone.next_id = 100; /* those before are loaded */
	waiting = 0;
	return 0;
}

/* It is over before the core has described it: the recovery is told all the same. */
static void test_over_before_described(void **state)
{
	(void)state;
	load(THREAD_TOLD);
	event(EVENT_OBJECT, "db1", "Postgres", EVENT_CRITICAL);
	event(EVENT_SNAP_END, "", "", 0);
	event(EVENT_STATE, "db1", "Postgres", EVENT_OK);
	described("db1", "Postgres", true);
	described("db1", "Disk", true);
	engine_rig_pass(5 * RIG_MINUTE_MS);
	assert_int_equal(alone.said[RIG_FREE][SAY_RECOVERY], 1);
	assert_string_equal(state_said, "OK");
	engine_rig_pass(60 * RIG_MINUTE_MS);
	assert_null(engine_root_object(alone.engine, 1)); /* closed */
}

/* Broken again while we were away, in the middle of the recovery's hold: no recovery is told. */
static void test_broken_again_meanwhile(void **state)
{
	(void)state;
	load(THREAD_RECOVERING);
	event(EVENT_OBJECT, "db1", "Postgres", EVENT_CRITICAL);
	event(EVENT_SNAP_END, "", "", 0);
	described("db1", "Postgres", false);
	described("db1", "Disk", true); /* the last one that nobody knew yet */
	engine_rig_pass(5 * RIG_MINUTE_MS);
	assert_int_equal(alone.said[RIG_FREE][SAY_RECOVERY], 0);
	event(EVENT_STATE, "db1", "Postgres", EVENT_OK);
	engine_rig_pass(5 * RIG_MINUTE_MS);
	assert_int_equal(alone.said[RIG_FREE][SAY_RECOVERY], 1);
}

static void begin(void)
{
	engine_rig_create();
	engine_rig_connect();
	engine_rig_pass(60000);
}

/* The core says that it flaps; that line still waits when a pause takes it back, then it is over. */
static void test_unstable_taken_back(void **state)
{
	struct err err;

	(void)state;
	begin();
	event(EVENT_STATE, "db1", "Postgres", EVENT_CRITICAL);
	described("db1", "Postgres", false);
	engine_rig_pass(RIG_MINUTE_MS);
	engine_rig_deliver();
	event(EVENT_STATE, "db1", "Postgres", EVENT_OK);
	engine_rig_pass(5 * RIG_MINUTE_MS);
	assert_int_equal(alone.said[RIG_FREE][SAY_RECOVERY], 1);
	engine_rig_event(EVENT_STATE, "db1", "Postgres", EVENT_CRITICAL, EVENT_HARD | EVENT_FLAPS);
	engine_timers(alone.engine, &alone.now);
	waiting = SAY_BIT(SAY_FLAPPING) | SAY_BIT(SAY_AGAIN);
	assert_int_equal(engine_pause(alone.engine, "operators", NULL, "", "alice", &alone.now, &err), 0);
	engine_rig_event(EVENT_STATE, "db1", "Postgres", EVENT_OK, EVENT_HARD | EVENT_FLAPS);
	assert_int_equal(engine_resume(alone.engine, "operators", NULL, "alice", &alone.now, &err), 0);
	engine_rig_event(EVENT_FLAPPING, "db1", "Postgres", EVENT_OK, 0);
	engine_rig_pass(60 * RIG_MINUTE_MS); /* fails where a deadline never passes */
	assert_null(engine_root_object(alone.engine, 100));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, engine_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_over_before_described),
	    CASE(test_broken_again_meanwhile),
	    CASE(test_unstable_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
