/*
 * Planned maintenance where no scenario's word reaches: by hand, paused, quiet, retracted,
 * cut off from its core, kept over a restart. The engine on a virtual clock.
 * Must never need words, a store or a network.
 */
#include "agent/incident.h"
#include "agent/incident_hand.h"
#include "tests/unit/sink_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WALL_S INT64_C(1795348800)
#define MINUTE 60
#define HOUR 3600

enum { FREE, METERED };

static struct config_account accounts[] = {
    {.name = (char *)"toot", .network = (char *)"mastodon", .language = (char *)"en"},
    {.name = (char *)"paid", .network = (char *)"x", .language = (char *)"en", .is_metered = true},
};
static unsigned both[] = {FREE, METERED};
static int64_t leads[] = {2 * HOUR * 1000, 30 * MINUTE * 1000};
static struct config_audience audience;
static struct config config = {
    .accounts = accounts, .n_accounts = 2, .audiences = &audience, .n_audiences = 1};
static struct engine *engine;
static struct now now;
static uint64_t next_id, described;
static char story[2][1000]; /* what was said, "planned begun ..." */
static struct say last;	    /* numbers only */
static char last_name[100], last_object[100], last_text[100];

static void copy(char out[100], const char *text)
{
	snprintf(out, 100, "%s", text ? text : "");
}

static void on_say(void *arg, const struct say_target *target, const struct say *say)
{
	char *at = story[target->account];

	(void)arg;
	snprintf(at + strlen(at), 1000 - strlen(at), "%s%s", *at ? " " : "", words_event_name(say->event));
	last = *say;
	copy(last_name, say->n_names ? say->names[0] : NULL);
	copy(last_object, say->object);
	copy(last_text, say->text);
}

static void on_describe(void *arg, const char *node, unsigned kind, const char *host, const char *service)
{
	(void)arg, (void)node, (void)kind, (void)host, (void)service;
	described++;
}

static uint64_t on_next_id(void *arg)
{
	(void)arg;
	return ++next_id;
}

static void on_tag(void *arg, char tag[TAG_SIZE])
{
	(void)arg;
	snprintf(tag, TAG_SIZE, "T7K2");
}

static const struct engine_sink sink = {.say = on_say, .describe = on_describe, .cancel = sink_rig_cancel,
					.note = sink_rig_note, .born_s = sink_rig_born, .next_id = on_next_id,
					.fresh_tag = on_tag, .erase = sink_rig_erase};

static int64_t wall_s(void)
{
	return now.wall_ms / 1000;
}

/* So many seconds pass; every deadline has its turn. */
static void pass(int64_t seconds)
{
	int64_t end = now.boot_ms + seconds * 1000;

	for (int k = 0; k < 1000; k++) {
		int64_t next = engine_next(engine), step;

		step = (next < end ? next > now.boot_ms ? next : now.boot_ms : end) - now.boot_ms;
		now.boot_ms += step;
		now.wall_ms += step;
		engine_timers(engine, &now);
		if (now.boot_ms >= end && engine_next(engine) > now.boot_ms)
			return;
	}
	fail_msg("its deadlines never end");
}

static void event(enum event_type type, unsigned sub, unsigned id, const char *service)
{
	struct event ev = {.type = (uint8_t)type, .sub = (uint8_t)sub, .id = id,
			   .host = type == EVENT_DOWNTIME ? "db1" : "", .service = service, .text = "new kernel",
			   .author = "bob", .mark = "", .list = ""};

	if (type == EVENT_DOWNTIME) {
		ev.kind = *service ? EVENT_SERVICE : EVENT_HOST;
		ev.flags = EVENT_FIXED;
		ev.since = WALL_S + 3 * HOUR;
		ev.until = WALL_S + 4 * HOUR;
	}
	engine_event(engine, "mon1", &ev, &now);
}

static void connect_core(void)
{
	engine_node_up(engine, "mon1", "boot.1", &now);
	event(EVENT_SNAP_BEGIN, 0, 0, "");
	event(EVENT_SNAP_END, 0, 0, "");
}

static struct object *db1(void)
{
	static const char pairs[] = "display\0db1\0hostgroup\0db\0service\0Postgres";

	return object_create("mon1", EVENT_HOST, "db1", "", pairs, sizeof pairs);
}

static void describe(void)
{
	engine_object(engine, "mon1", EVENT_HOST, "db1", "", db1(), &now);
}

/* The core's downtime, three hours ahead for one hour. */
static void schedule(void)
{
	event(EVENT_DOWNTIME, EVENT_DOWNTIME_ADD, 1, "");
	describe();
	pass(20);
}

static int begin(void **state)
{
	struct err err;

	(void)state;
	audience = (struct config_audience){.name = (char *)"operators", .base = (char *)"operators",
					    .accounts = both, .n_accounts = 2, .internals = true,
					    .announce_ms = leads, .n_announce = 2, .states = ~0u,
					    .match = match_parse("*", &err), .reopen_ms = 1000};
	now = (struct now){.wall_ms = WALL_S * 1000, .boot_ms = 5000000};
	memset(story, 0, sizeof story);
	described = 0;
	engine = engine_create(&config, &sink);
	connect_core();
	return 0;
}

static int end(void **state)
{
	(void)state;
	engine_destroy(engine);
	match_destroy(audience.match);
	return 0;
}

static uint64_t open_plan(const char *name, int64_t from_s, int64_t to_s)
{
	static const unsigned first[] = {0};
	struct open_order order = {.text = "Moving the mail store", .name = name, .by = "carol",
				   .audiences = first, .n_audiences = 1, .from_s = from_s, .to_s = to_s};
	uint64_t incident = 0;
	struct err err;

	assert_int_equal(engine_open(engine, &order, &now, &incident, &err), 0);
	pass(1);
	return incident;
}

/* --- by hand ------------------------------------------------------------------------------ */

static void test_by_hand(void **state)
{
	struct incident_view view;
	uint64_t incident = open_plan("E-mail", WALL_S + 3 * HOUR, WALL_S + 4 * HOUR);

	(void)state;
	assert_string_equal(story[FREE], "");
	pass(HOUR);
	assert_string_equal(story[FREE], "planned");
	assert_string_equal(last_object, "E-mail");
	assert_string_equal(last_text, "Moving the mail store");
	assert_int_equal(last.since, WALL_S + 3 * HOUR);
	assert_int_equal(last.until, WALL_S + 4 * HOUR);
	pass(3 * HOUR + MINUTE);
	assert_string_equal(story[FREE], "planned soon begun ended");
	assert_string_equal(story[METERED], "planned soon begun ended");
	assert_false(engine_view(engine, incident, &view));
}

/* A person asked, so it is said, lead or no lead, price or no price. */
static void test_by_hand_without_leads(void **state)
{
	(void)state;
	audience.n_announce = 0;
	open_plan("", WALL_S + 3 * HOUR, WALL_S + 4 * HOUR);
	assert_string_equal(story[METERED], "planned");
	assert_string_equal(last_object, "Moving the mail store");
	assert_string_equal(last_name, "Moving the mail store");
	assert_string_equal(last_text, "");
	pass(5 * HOUR);
	assert_string_equal(story[METERED], "planned begun ended");
}

static void test_by_hand_closed_before(void **state)
{
	uint64_t incident = open_plan("E-mail", WALL_S + 1 * HOUR, WALL_S + 4 * HOUR);
	struct err err;

	(void)state;
	assert_string_equal(story[FREE], "planned");
	assert_int_equal(engine_close(engine, incident, "", "carol", &now, &err), 0);
	assert_int_equal(engine_close(engine, incident, "", "carol", &now, &err), -1);
	pass(5 * HOUR);
	assert_string_equal(story[FREE], "planned cancelled");
}

static void test_by_hand_closed_while_it_runs(void **state)
{
	uint64_t incident = open_plan("E-mail", 0, WALL_S + 4 * HOUR);
	struct err err;

	(void)state;
	assert_string_equal(story[FREE], "begun");
	pass(HOUR);
	assert_int_equal(engine_close(engine, incident, "done", "carol", &now, &err), 0);
	pass(5 * HOUR);
	assert_string_equal(story[FREE], "begun ended");
}

/* --- what the core plans ------------------------------------------------------------------- */

static void test_costs_nothing_unasked(void **state)
{
	(void)state;
	audience.n_announce = 0;
	schedule();
	pass(3 * HOUR - 20);
	event(EVENT_DOWNTIME, EVENT_DOWNTIME_START, 1, "");
	pass(HOUR);
	event(EVENT_DOWNTIME, EVENT_DOWNTIME_STOP, 1, "");
	event(EVENT_DOWNTIME, EVENT_DOWNTIME_DELETE, 1, "");
	pass(MINUTE);
	assert_string_equal(story[FREE], "begun ended");
	assert_string_equal(story[METERED], "");
}

static void test_cannot_be_closed_by_hand(void **state)
{
	struct incident_view view;
	struct err err;

	(void)state;
	schedule();
	assert_true(engine_view_tag(engine, "T7K2", &view));
	assert_true(view.flags & INCIDENT_MAINTENANCE);
	assert_string_equal(view.object, "db1");
	assert_int_equal(engine_close(engine, view.id, "", "carol", &now, &err), -1);
}

/* Nothing is said of the rest of a maintenance that was called a mistake. */
static void test_retracted(void **state)
{
	struct incident_view view;
	struct err err;

	(void)state;
	schedule();
	pass(HOUR);
	assert_true(engine_view_tag(engine, "T7K2", &view));
	engine_delivery(engine, 2, DELIVERY_SENT, true, &now);
	assert_int_equal(engine_retract(engine, view.id, "wrong host", "carol", RETRACT_BY_POST, &now, &err), 0);
	pass(2 * HOUR - 20);
	event(EVENT_DOWNTIME, EVENT_DOWNTIME_START, 1, "");
	pass(HOUR);
	event(EVENT_DOWNTIME, EVENT_DOWNTIME_STOP, 1, "");
	pass(MINUTE);
	assert_null(strstr(story[FREE], "begun"));
	assert_null(strstr(story[METERED], "begun"));
}

/* A pause hides it; what still is so is said when it is lifted, an end without beginning never. */
static void test_paused(void **state)
{
	struct err err;

	(void)state;
	schedule();
	assert_int_equal(engine_pause(engine, NULL, "toot", "", "carol", &now, &err), 0);
	pass(3 * HOUR);
	event(EVENT_DOWNTIME, EVENT_DOWNTIME_START, 1, "");
	pass(30 * MINUTE);
	assert_string_equal(story[FREE], "");
	assert_string_equal(story[METERED], "planned soon begun");
	assert_int_equal(engine_resume(engine, NULL, "toot", "carol", &now, &err), 0);
	pass(1);
	assert_string_equal(story[FREE], "begun");
	assert_int_equal(engine_pause(engine, NULL, "toot", "", "carol", &now, &err), 0);
	event(EVENT_DOWNTIME, EVENT_DOWNTIME_STOP, 1, "");
	pass(MINUTE);
	assert_string_equal(story[FREE], "begun");
	assert_int_equal(engine_resume(engine, NULL, "toot", "carol", &now, &err), 0);
	pass(1);
	assert_string_equal(story[FREE], "begun ended");
}

static void test_paused_all_the_time(void **state)
{
	struct err err;

	(void)state;
	schedule();
	assert_int_equal(engine_pause(engine, NULL, NULL, "", "carol", &now, &err), 0);
	pass(3 * HOUR);
	event(EVENT_DOWNTIME, EVENT_DOWNTIME_START, 1, "");
	pass(HOUR);
	event(EVENT_DOWNTIME, EVENT_DOWNTIME_STOP, 1, "");
	pass(MINUTE);
	assert_int_equal(engine_resume(engine, NULL, NULL, "carol", &now, &err), 0);
	pass(HOUR);
	assert_string_equal(story[FREE], "");
}

static void test_quiet(void **state)
{
	struct err err;
	uint64_t id;

	(void)state;
	schedule();
	assert_int_equal(
	    engine_quiet_match(engine, "hostgroup:db", WALL_S + 3 * HOUR + 60, "", "carol", &now, &id, &err), 0);
	pass(3 * HOUR - 20);
	event(EVENT_DOWNTIME, EVENT_DOWNTIME_START, 1, "");
	pass(50);
	assert_string_equal(story[FREE], "");
	pass(20);
	assert_string_equal(story[FREE], "begun");
	assert_int_equal(engine_quiet_match(engine, "host:db2", wall_s() + HOUR, "", "carol", &now, &id, &err), 0);
	event(EVENT_DOWNTIME, EVENT_DOWNTIME_STOP, 1, "");
	pass(20);
	assert_string_equal(story[FREE], "begun ended");
}

/* While the core is away nobody knows what it plans; what nobody could describe is not told. */
static void test_core_away(void **state)
{
	(void)state;
	event(EVENT_DOWNTIME, EVENT_DOWNTIME_ADD, 1, "");
	assert_int_equal(described, 1);
	pass(20);
	engine_node_down(engine, "mon1", &now);
	pass(2 * HOUR);
	connect_core(); /* its snapshot has no downtime */
	assert_int_equal(described, 2);
	describe();
	pass(4 * HOUR);
	assert_null(strstr(story[FREE], "planned"));
	assert_null(strstr(story[FREE], "cancelled"));
}

/* What a module kept for an agent that had never been there is no news. */
static void test_before_the_first_snapshot(void **state)
{
	(void)state;
	engine_node_up(engine, "mon2", "boot.1", &now);
	struct event ev = {.type = EVENT_STATE, .kind = EVENT_SERVICE, .state = EVENT_CRITICAL, .flags = EVENT_HARD,
			   .since = WALL_S - HOUR, .host = "old", .service = "s", .text = "", .author = "", .mark = "",
			   .list = ""};
	struct engine_counts counts;

	engine_event(engine, "mon2", &ev, &now);
	engine_counts(engine, &counts);
	assert_int_equal(counts.problems, 0);
}

#define PLAN(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    PLAN(test_by_hand),
	    PLAN(test_by_hand_without_leads),
	    PLAN(test_by_hand_closed_before),
	    PLAN(test_by_hand_closed_while_it_runs),
	    PLAN(test_costs_nothing_unasked),
	    PLAN(test_cannot_be_closed_by_hand),
	    PLAN(test_retracted),
	    PLAN(test_paused),
	    PLAN(test_paused_all_the_time),
	    PLAN(test_quiet),
	    PLAN(test_core_away),
	    PLAN(test_before_the_first_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
