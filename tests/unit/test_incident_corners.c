/*
 * Corners that the random-event test (tests/random) found: a restart in the middle of an
 * incident, a pause that takes back what still waits. The engine on a virtual clock.
 * Must never need words, a store or a network.
 */
#include "agent/incident_hand.h"
#include "tests/unit/sink_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WALL INT64_C(1795348800000)
#define MINUTE_MS INT64_C(60000)
#define TOLD_S (WALL / 1000 - 600)

static struct config_account accounts[] = {
    {.name = (char *)"noc", .network = (char *)"mastodon", .language = (char *)"en"}};
static unsigned on[] = {0};
static struct config_audience audience;
static struct config config = {
    .accounts = accounts, .n_accounts = 1, .audiences = &audience, .n_audiences = 1};
static struct engine *engine;
static struct now now;
static unsigned said[SAY_EVENTS];
static char state_said[32]; /* with the last recovery */
static uint64_t next_id;
static uint64_t waiting; /* SAY_BITs of what cancel() takes back */

static void on_say(void *arg, const struct say_target *target, const struct say *say)
{
	(void)arg;
	(void)target;
	said[say->event]++;
	if (say->event == SAY_RECOVERY)
		snprintf(state_said, sizeof state_said, "%s", say->state);
}

static uint64_t on_cancel(void *arg, uint64_t thread)
{
	(void)arg;
	(void)thread;
	return waiting;
}

static uint64_t on_next_id(void *arg)
{
	(void)arg;
	return next_id++;
}

static void on_tag(void *arg, char tag[TAG_SIZE])
{
	(void)arg;
	snprintf(tag, TAG_SIZE, "T%03u", (unsigned)(next_id % 1000));
}

static const struct engine_sink sink = {
    .say = on_say,
    .describe = sink_rig_describe,
    .cancel = on_cancel,
    .erase = sink_rig_erase,
    .note = sink_rig_note,
    .born_s = sink_rig_born,
    .next_id = on_next_id,
    .fresh_tag = on_tag};

static void event_flags(
    enum event_type type, const char *host, const char *service, unsigned state, uint32_t flags)
{
	struct event ev = {
	    .type = (uint8_t)type,
	    .kind = service[0] ? EVENT_SERVICE : EVENT_HOST,
	    .state = (uint8_t)state,
	    .flags = flags,
	    .time_us = now.wall_ms * 1000,
	    .since = now.wall_ms / 1000,
	    .host = host,
	    .service = service,
	    .text = "",
	    .author = "",
	    .mark = "",
	    .list = ""};

	engine_event(engine, "mon1", &ev, &now);
}

static void event(enum event_type type, const char *host, const char *service, unsigned state)
{
	event_flags(type, host, service, state, EVENT_HARD);
}

static void described(const char *host, const char *service, bool is_ok)
{
	struct object *o = object_create("mon1", EVENT_SERVICE, host, service, "", 0);

	o->ok_since_s = is_ok ? now.wall_ms / 1000 : 0;
	engine_object(engine, "mon1", EVENT_SERVICE, host, service, o, &now);
	engine_timers(engine, &now);
}

static void pass(int64_t ms)
{
	int64_t end = now.boot_ms + ms;

	for (int k = 0; k < 1000 && now.boot_ms < end; k++) {
		int64_t next = engine_next(engine), step = (next < end ? next : end) - now.boot_ms;

		now.boot_ms += step > 0 ? step : 0;
		now.wall_ms += step > 0 ? step : 0;
		engine_timers(engine, &now);
	}
	assert_true(now.boot_ms >= end);
}

static void load_problem(uint64_t id, const char *service, int64_t since_s, int64_t until_s)
{
	engine_load_problem(
	    engine, &(struct problem_row){
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
	    .account = "noc",
	    .state = state,
	    .root = DELIVERY_SENT,
	    .told_state = 3,
	    .times = 1,
	    .due_boot_ms = state == THREAD_RECOVERING ? now.boot_ms + 30000 : 0,
	    .due_ms = state == THREAD_RECOVERING ? now.wall_ms + 30000 : 0,
	    .since_s = TOLD_S,
	    .until_s = state == THREAD_RECOVERING ? TOLD_S + 500 : 0};

	engine = engine_create(&config, &sink);
	engine_load_node(engine, &(struct node_row){.name = "mon1", .epoch = "e1", .adopted = true});
	engine_load_incident(
	    engine, &(struct incident_row){
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
	engine_load_thread(engine, &thread, true, &now);
	engine_loaded(engine, &now);
	engine_node_up(engine, "mon1", "e1", &now);
	event(EVENT_SNAP_BEGIN, "", "", 0);
}

static int setup(void **state)
{
	struct err err;

	(void)state;
	audience = (struct config_audience){
	    .name = (char *)"operators",
	    .base = (char *)"operators",
	    .accounts = on,
	    .n_accounts = 1,
	    .match_text = (char *)"*",
	    .match = match_parse("*", &err),
	    .as_contact = (char *)"",
	    .quiet_hours_text = (char *)"",
	    .urgent_text = (char *)"",
	    .states = STATE_BIT(EVENT_SERVICE, EVENT_CRITICAL),
	    .internals = true,
	    .hold_ms = 15000,
	    .recovery_hold_ms = 90000,
	    .reopen_ms = 30 * MINUTE_MS,
	    .update_ms = 2 * MINUTE_MS};
	memset(said, 0, sizeof said);
	waiting = 0;
	next_id = 100;
	now = (struct now){.wall_ms = WALL, .boot_ms = 10000000};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	engine_destroy(engine);
	match_destroy(audience.match);
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
	pass(5 * MINUTE_MS);
	assert_int_equal(said[SAY_RECOVERY], 1);
	assert_string_equal(state_said, "OK");
	pass(60 * MINUTE_MS);
	assert_null(engine_root_object(engine, 1)); /* closed */
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
	pass(5 * MINUTE_MS);
	assert_int_equal(said[SAY_RECOVERY], 0);
	event(EVENT_STATE, "db1", "Postgres", EVENT_OK);
	pass(5 * MINUTE_MS);
	assert_int_equal(said[SAY_RECOVERY], 1);
}

static void begin(void)
{
	engine = engine_create(&config, &sink);
	engine_node_up(engine, "mon1", "e1", &now);
	event(EVENT_SNAP_BEGIN, "", "", 0);
	event(EVENT_SNAP_END, "", "", 0);
	pass(60000);
}

/* The core says that it flaps; that line still waits when a pause takes it back, then it is over. */
static void test_unstable_taken_back(void **state)
{
	struct err err;

	(void)state;
	begin();
	event(EVENT_STATE, "db1", "Postgres", EVENT_CRITICAL);
	described("db1", "Postgres", false);
	pass(MINUTE_MS);
	for (uint64_t id = 1; id < next_id; id++)
		engine_delivery(engine, id, DELIVERY_SENT, true, &now);
	event(EVENT_STATE, "db1", "Postgres", EVENT_OK);
	pass(5 * MINUTE_MS);
	assert_int_equal(said[SAY_RECOVERY], 1);
	event_flags(EVENT_STATE, "db1", "Postgres", EVENT_CRITICAL, EVENT_HARD | EVENT_FLAPS);
	engine_timers(engine, &now);
	waiting = SAY_BIT(SAY_FLAPPING) | SAY_BIT(SAY_AGAIN);
	assert_int_equal(engine_pause(engine, "operators", NULL, "", "alice", &now, &err), 0);
	event_flags(EVENT_STATE, "db1", "Postgres", EVENT_OK, EVENT_HARD | EVENT_FLAPS);
	assert_int_equal(engine_resume(engine, "operators", NULL, "alice", &now, &err), 0);
	event_flags(EVENT_FLAPPING, "db1", "Postgres", EVENT_OK, 0);
	pass(60 * MINUTE_MS); /* fails where a deadline never passes */
	assert_null(engine_root_object(engine, 100));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_over_before_described),
	    CASE(test_broken_again_meanwhile),
	    CASE(test_unstable_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
