/*
 * What a storm must not cost: all incidents looked at for the sake of one, and rows written that
 * say nothing new. The engine on a virtual clock, and how many it looks at.
 * Must never need words, a store or a network.
 */
#include "agent/incident_internal.h"
#include "tests/unit/sink_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOSTS 200

static struct config_account account = {
    .name = (char *)"toot", .network = (char *)"mastodon", .language = (char *)"en"};
static unsigned first[] = {0};
static struct config_audience audience;
static struct config config = {
    .accounts = &account, .n_accounts = 1, .audiences = &audience, .n_audiences = 1};
static struct engine *engine;
static struct now now;
static uint64_t next_id;
static unsigned says, incident_rows;

static void on_say(void *arg, const struct say_target *target, const struct say *say)
{
	(void)arg;
	(void)target;
	(void)say;
	says++;
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

static void event(enum event_type type, const char *host, const char *service, unsigned state)
{
	struct event ev = {
	    .type = (uint8_t)type,
	    .kind = !*service ? EVENT_HOST : EVENT_SERVICE,
	    .state = (uint8_t)state,
	    .flags = EVENT_HARD,
	    .time_us = now.wall_ms * 1000,
	    .since = now.wall_ms / 1000,
	    .host = host,
	    .service = service,
	    .text = "no connection",
	    .author = "",
	    .mark = "",
	    .list = ""};

	engine_event(engine, "mon1", &ev, &now);
}

static void fails(const char *host, const char *service)
{
	event(EVENT_STATE, host, service, EVENT_CRITICAL);
	engine_object(
	    engine, "mon1", EVENT_SERVICE, host, service,
	    object_create("mon1", EVENT_SERVICE, host, service, "", 0), &now);
}

static void pass(int64_t ms)
{
	now.wall_ms += ms;
	now.boot_ms += ms;
	for (unsigned k = 0; k < 8 && engine_next(engine) <= now.boot_ms; k++)
		engine_timers(engine, &now);
	assert_true(engine_next(engine) > now.boot_ms);
}

static void node_row(void *arg, const struct node_row *row)
{
	(void)arg;
	(void)row;
}

static void problem_row(void *arg, const struct problem_row *row)
{
	(void)arg;
	(void)row;
}

static void incident_row(void *arg, const struct incident_row *row)
{
	(void)arg;
	(void)row;
	incident_rows++;
}

static void thread_row(void *arg, const struct thread_row *row)
{
	(void)arg;
	(void)row;
}

/* How many incidents it writes. */
static unsigned save(void)
{
	const struct engine_rows rows = {
	    .node = node_row, .problem = problem_row, .incident = incident_row, .thread = thread_row};

	incident_rows = 0;
	engine_save(engine, &rows, &now);
	return incident_rows;
}

static const char *host_name(unsigned k)
{
	static char name[16];

	snprintf(name, sizeof name, "host%03u", k);
	return name;
}

/* HOSTS incidents, told and delivered: their threads have every second number. */
static int setup(void **state)
{
	struct err err;

	(void)state;
	audience = (struct config_audience){
	    .name = (char *)"operators",
	    .base = (char *)"operators",
	    .accounts = first,
	    .n_accounts = 1,
	    .match_text = (char *)"*",
	    .match = match_parse("*", &err),
	    .as_contact = (char *)"",
	    .states = STATE_BIT(EVENT_SERVICE, EVENT_CRITICAL) | STATE_BIT(EVENT_HOST, EVENT_DOWN),
	    .internals = true,
	    .reopen_ms = 3600000,
	    .update_ms = 3600000};
	next_id = 1;
	says = 0;
	now = (struct now){.wall_ms = 1795348800000, .boot_ms = 1000000};
	engine = engine_create(&config, &sink);
	engine_node_up(engine, "mon1", "e1", &now);
	event(EVENT_SNAP_BEGIN, "", "", 0);
	event(EVENT_SNAP_END, "", "", 0);
	pass(1000);
	for (unsigned k = 0; k < HOSTS; k++)
		fails(host_name(k), "HTTP");
	pass(0);
	for (uint64_t id = 1; id < next_id; id++)
		engine_delivery(engine, id, DELIVERY_SENT, true, &now);
	pass(1000);
	return says == HOSTS ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	engine_destroy(engine);
	match_destroy(audience.match);
	return 0;
}

static void test_one_is_looked_at(void **state)
{
	(void)state;
	fails("host007", "SMTP");
	assert_true(engine_next(engine) <= now.boot_ms);
	engine_timers(engine, &now);
	assert_int_equal(engine->n_due, 1);
	assert_string_equal(engine->due[0]->object, "host007/HTTP");
}

static void test_delivery_looks_at_one(void **state)
{
	uint64_t thread = engine->incidents->next->threads->id;

	(void)state;
	engine_delivery(engine, thread, DELIVERY_SENT, true, &now);
	engine_timers(engine, &now);
	assert_int_equal(engine->n_due, 1);
	assert_ptr_equal(engine->due[0], engine->incidents->next);
}

/* A host that speaks for its services: each of its deadlines may be theirs. */
static void test_parts_are_looked_at(void **state)
{
	struct incident *parent = engine->incidents, *child = parent->next;

	(void)state;
	become_child(engine, child, parent, &now);
	engine_timers(engine, &now);
	assert_int_equal(engine->n_due, HOSTS);
	pass(1000);
	incident_wake(engine, parent, now.boot_ms);
	engine_timers(engine, &now);
	assert_int_equal(engine->n_due, HOSTS);
}

static void test_deadline_is_kept(void **state)
{
	struct incident *i = engine->incidents;

	(void)state;
	pass(1000);
	incident_wake(engine, i, now.boot_ms + 5000);
	assert_int_equal(engine_next(engine), now.boot_ms + 5000);
	fails("host007", "SMTP"); /* another one's turn comes before */
	pass(1000);
	assert_int_equal(engine_next(engine), now.boot_ms + 4000);
	pass(4000);
	assert_true(engine_next(engine) > now.boot_ms);
}

static void test_same_row_is_not_written(void **state)
{
	(void)state;
	assert_int_equal(save(), HOSTS);
	engine_saved(engine);
	fails("host007", "SMTP");
	assert_int_equal(save(), 0);
	engine_saved(engine);
	event(EVENT_STATE, "host007", "HTTP", EVENT_OK);
	event(EVENT_STATE, "host007", "SMTP", EVENT_OK);
	assert_int_equal(save(), 1);
}

/* The commit failed: what was to be in it is written with the next. */
static void test_lost_row_is_written_again(void **state)
{
	(void)state;
	assert_int_equal(save(), HOSTS);
	assert_int_equal(save(), HOSTS);
	engine_saved(engine);
	assert_int_equal(save(), 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_one_is_looked_at),	CASE(test_delivery_looks_at_one),
	    CASE(test_parts_are_looked_at),	CASE(test_deadline_is_kept),
	    CASE(test_same_row_is_not_written), CASE(test_lost_row_is_written_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
