/*
 * Planned maintenance where no scenario's word reaches: by hand, paused, quiet, retracted,
 * cut off from its core, kept over a restart. The engine on a virtual clock.
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

#define WALL_S (RIG_WALL_MS / 1000)
#define MINUTE 60
#define HOUR 3600

static int64_t leads[] = {2 * HOUR * 1000, 30 * MINUTE * 1000};
static uint64_t described;
static char story[RIG_ACCOUNTS][1000]; /* what was said, "planned begun ..." */
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

static int64_t wall_s(void)
{
	return alone.now.wall_ms / 1000;
}

static void pass(int64_t seconds)
{
	engine_rig_pass(seconds * 1000);
}

/* db1's downtime, three hours ahead for one hour. */
static void downtime(enum event_downtime sub)
{
	struct event ev = {.type = EVENT_DOWNTIME, .sub = (uint8_t)sub, .id = 1, .kind = EVENT_HOST,
			   .flags = EVENT_FIXED, .since = WALL_S + 3 * HOUR, .until = WALL_S + 4 * HOUR,
			   .host = "db1", .service = "", .text = "new kernel", .author = "bob", .mark = "",
			   .list = ""};

	engine_event(alone.engine, "mon1", &ev, &alone.now);
}

static struct object *db1(void)
{
	static const char pairs[] = "display\0db1\0hostgroup\0db\0service\0Postgres";

	return object_create("mon1", EVENT_HOST, "db1", "", pairs, sizeof pairs);
}

static void describe(void)
{
	engine_object(alone.engine, "mon1", EVENT_HOST, "db1", "", db1(), &alone.now);
}

static void schedule(void)
{
	downtime(EVENT_DOWNTIME_ADD);
	describe();
	pass(20);
}

static int begin(void **state)
{
	(void)state;
	engine_rig_begin(RIG_ACCOUNTS);
	alone.audience.announce_ms = leads;
	alone.audience.n_announce = 2;
	alone.audience.states = ~0u;
	alone.audience.reopen_ms = 1000;
	alone.sink.say = on_say;
	alone.sink.describe = on_describe;
	memset(story, 0, sizeof story);
	described = 0;
	engine_rig_create();
	engine_rig_connect();
	return 0;
}

static uint64_t open_plan(const char *name, int64_t from_s, int64_t to_s)
{
	static const unsigned first[] = {0};
	struct open_order order = {.text = "Moving the mail store", .name = name, .by = "carol",
				   .audiences = first, .n_audiences = 1, .from_s = from_s, .to_s = to_s};
	uint64_t incident = 0;
	struct err err;

	assert_int_equal(engine_open(alone.engine, &order, &alone.now, &incident, &err), 0);
	pass(1);
	return incident;
}

/* --- by hand ------------------------------------------------------------------------------ */

static void test_by_hand(void **state)
{
	struct incident_view view;
	uint64_t incident = open_plan("E-mail", WALL_S + 3 * HOUR, WALL_S + 4 * HOUR);

	(void)state;
	assert_string_equal(story[RIG_FREE], "");
	pass(HOUR);
	assert_string_equal(story[RIG_FREE], "planned");
	assert_string_equal(last_object, "E-mail");
	assert_string_equal(last_text, "Moving the mail store");
	assert_int_equal(last.since, WALL_S + 3 * HOUR);
	assert_int_equal(last.until, WALL_S + 4 * HOUR);
	pass(3 * HOUR + MINUTE);
	assert_string_equal(story[RIG_FREE], "planned soon begun ended");
	assert_string_equal(story[RIG_METERED], "planned soon begun ended");
	assert_false(engine_view(alone.engine, incident, &view));
}

/* A person asked, so it is said, lead or no lead, price or no price. */
static void test_by_hand_without_leads(void **state)
{
	(void)state;
	alone.audience.n_announce = 0;
	open_plan("", WALL_S + 3 * HOUR, WALL_S + 4 * HOUR);
	assert_string_equal(story[RIG_METERED], "planned");
	assert_string_equal(last_object, "Moving the mail store");
	assert_string_equal(last_name, "Moving the mail store");
	assert_string_equal(last_text, "");
	pass(5 * HOUR);
	assert_string_equal(story[RIG_METERED], "planned begun ended");
}

static void test_by_hand_closed_before(void **state)
{
	uint64_t incident = open_plan("E-mail", WALL_S + 1 * HOUR, WALL_S + 4 * HOUR);
	struct err err;

	(void)state;
	assert_string_equal(story[RIG_FREE], "planned");
	assert_int_equal(engine_close(alone.engine, incident, "", "carol", &alone.now, &err), 0);
	assert_int_equal(engine_close(alone.engine, incident, "", "carol", &alone.now, &err), -1);
	pass(5 * HOUR);
	assert_string_equal(story[RIG_FREE], "planned cancelled");
}

static void test_by_hand_closed_while_it_runs(void **state)
{
	uint64_t incident = open_plan("E-mail", 0, WALL_S + 4 * HOUR);
	struct err err;

	(void)state;
	assert_string_equal(story[RIG_FREE], "begun");
	pass(HOUR);
	assert_int_equal(engine_close(alone.engine, incident, "done", "carol", &alone.now, &err), 0);
	pass(5 * HOUR);
	assert_string_equal(story[RIG_FREE], "begun ended");
}

/* --- what the core plans ------------------------------------------------------------------- */

static void test_costs_nothing_unasked(void **state)
{
	(void)state;
	alone.audience.n_announce = 0;
	schedule();
	pass(3 * HOUR - 20);
	downtime(EVENT_DOWNTIME_START);
	pass(HOUR);
	downtime(EVENT_DOWNTIME_STOP);
	downtime(EVENT_DOWNTIME_DELETE);
	pass(MINUTE);
	assert_string_equal(story[RIG_FREE], "begun ended");
	assert_string_equal(story[RIG_METERED], "");
}

static void test_cannot_be_closed_by_hand(void **state)
{
	struct incident_view view;
	struct err err;

	(void)state;
	schedule();
	assert_true(engine_view_tag(alone.engine, "T7K2", &view));
	assert_true(view.flags & INCIDENT_MAINTENANCE);
	assert_string_equal(view.object, "db1");
	assert_int_equal(engine_close(alone.engine, view.id, "", "carol", &alone.now, &err), -1);
}

/* Nothing is said of the rest of a maintenance that was called a mistake. */
static void test_retracted(void **state)
{
	struct incident_view view;
	struct err err;

	(void)state;
	schedule();
	pass(HOUR);
	assert_true(engine_view_tag(alone.engine, "T7K2", &view));
	engine_delivery(alone.engine, 2, DELIVERY_SENT, true, &alone.now);
	assert_int_equal(engine_retract(alone.engine, view.id, "wrong host", "carol", RETRACT_BY_POST, &alone.now, &err), 0);
	pass(2 * HOUR - 20);
	downtime(EVENT_DOWNTIME_START);
	pass(HOUR);
	downtime(EVENT_DOWNTIME_STOP);
	pass(MINUTE);
	assert_null(strstr(story[RIG_FREE], "begun"));
	assert_null(strstr(story[RIG_METERED], "begun"));
}

/* A pause hides it; what still is so is said when it is lifted, an end without beginning never. */
static void test_paused(void **state)
{
	struct err err;

	(void)state;
	schedule();
	assert_int_equal(engine_pause(alone.engine, NULL, "toot", "", "carol", &alone.now, &err), 0);
	pass(3 * HOUR);
	downtime(EVENT_DOWNTIME_START);
	pass(30 * MINUTE);
	assert_string_equal(story[RIG_FREE], "");
	assert_string_equal(story[RIG_METERED], "planned soon begun");
	assert_int_equal(engine_resume(alone.engine, NULL, "toot", "carol", &alone.now, &err), 0);
	pass(1);
	assert_string_equal(story[RIG_FREE], "begun");
	assert_int_equal(engine_pause(alone.engine, NULL, "toot", "", "carol", &alone.now, &err), 0);
	downtime(EVENT_DOWNTIME_STOP);
	pass(MINUTE);
	assert_string_equal(story[RIG_FREE], "begun");
	assert_int_equal(engine_resume(alone.engine, NULL, "toot", "carol", &alone.now, &err), 0);
	pass(1);
	assert_string_equal(story[RIG_FREE], "begun ended");
}

static void test_paused_all_the_time(void **state)
{
	struct err err;

	(void)state;
	schedule();
	assert_int_equal(engine_pause(alone.engine, NULL, NULL, "", "carol", &alone.now, &err), 0);
	pass(3 * HOUR);
	downtime(EVENT_DOWNTIME_START);
	pass(HOUR);
	downtime(EVENT_DOWNTIME_STOP);
	pass(MINUTE);
	assert_int_equal(engine_resume(alone.engine, NULL, NULL, "carol", &alone.now, &err), 0);
	pass(HOUR);
	assert_string_equal(story[RIG_FREE], "");
}

static void test_quiet(void **state)
{
	struct err err;
	uint64_t id;

	(void)state;
	schedule();
	assert_int_equal(
	    engine_quiet_match(alone.engine, "hostgroup:db", WALL_S + 3 * HOUR + 60, "", "carol", &alone.now, &id, &err), 0);
	pass(3 * HOUR - 20);
	downtime(EVENT_DOWNTIME_START);
	pass(50);
	assert_string_equal(story[RIG_FREE], "");
	pass(20);
	assert_string_equal(story[RIG_FREE], "begun");
	assert_int_equal(engine_quiet_match(alone.engine, "host:db2", wall_s() + HOUR, "", "carol", &alone.now, &id, &err), 0);
	downtime(EVENT_DOWNTIME_STOP);
	pass(20);
	assert_string_equal(story[RIG_FREE], "begun ended");
}

/* While the core is away nobody knows what it plans; what nobody could describe is not told. */
static void test_core_away(void **state)
{
	(void)state;
	downtime(EVENT_DOWNTIME_ADD);
	assert_int_equal(described, 1);
	pass(20);
	engine_node_down(alone.engine, "mon1", &alone.now);
	pass(2 * HOUR);
	engine_rig_connect(); /* its snapshot has no downtime */
	assert_int_equal(described, 2);
	describe();
	pass(4 * HOUR);
	assert_null(strstr(story[RIG_FREE], "planned"));
	assert_null(strstr(story[RIG_FREE], "cancelled"));
}

/* What a module kept for an agent that had never been there is no news. */
static void test_before_the_first_snapshot(void **state)
{
	(void)state;
	engine_node_up(alone.engine, "mon2", "boot.1", &alone.now);
	struct event ev = {.type = EVENT_STATE, .kind = EVENT_SERVICE, .state = EVENT_CRITICAL, .flags = EVENT_HARD,
			   .since = WALL_S - HOUR, .host = "old", .service = "s", .text = "", .author = "", .mark = "",
			   .list = ""};
	struct engine_counts counts;

	engine_event(alone.engine, "mon2", &ev, &alone.now);
	engine_counts(alone.engine, &counts);
	assert_int_equal(counts.problems, 0);
}

#define PLAN(name) cmocka_unit_test_setup_teardown(name, begin, engine_rig_teardown)

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
