/*
 * What a storm must not cost: all incidents looked at for the sake of one, and rows written that
 * say nothing new. The engine on a virtual clock, and how many it looks at.
 * Must never need words, a store or a network.
 */
#include "agent/incident_internal.h"
#include "tests/unit/engine_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOSTS 200

static unsigned incident_rows;

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
	engine_save(alone.engine, &rows, &alone.now);
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
	(void)state;
	engine_rig_begin(1);
	alone.audience.reopen_ms = alone.audience.update_ms = RIG_HOUR_MS;
	engine_rig_create();
	engine_rig_connect();
	engine_rig_pass(1000);
	for (unsigned k = 0; k < HOSTS; k++)
		engine_rig_fails(host_name(k), "HTTP");
	engine_rig_pass(0);
	engine_rig_deliver();
	engine_rig_pass(1000);
	return alone.said[RIG_FREE][SAY_PROBLEM] == HOSTS ? 0 : -1;
}

static void test_one_is_looked_at(void **state)
{
	(void)state;
	engine_rig_fails("host007", "SMTP");
	assert_true(engine_next(alone.engine) <= alone.now.boot_ms);
	engine_timers(alone.engine, &alone.now);
	assert_int_equal(alone.engine->n_due, 1);
	assert_string_equal(alone.engine->due[0]->object, "host007/HTTP");
}

static void test_delivery_looks_at_one(void **state)
{
	uint64_t thread = alone.engine->incidents->next->threads->id;

	(void)state;
	engine_delivery(alone.engine, thread, DELIVERY_SENT, true, &alone.now);
	engine_timers(alone.engine, &alone.now);
	assert_int_equal(alone.engine->n_due, 1);
	assert_ptr_equal(alone.engine->due[0], alone.engine->incidents->next);
}

/* A host that speaks for its services: each of its deadlines may be theirs. */
static void test_parts_are_looked_at(void **state)
{
	struct incident *parent = alone.engine->incidents, *child = parent->next;

	(void)state;
	become_child(alone.engine, child, parent, &alone.now);
	engine_timers(alone.engine, &alone.now);
	assert_int_equal(alone.engine->n_due, HOSTS);
	engine_rig_pass(1000);
	incident_wake(alone.engine, parent, alone.now.boot_ms);
	engine_timers(alone.engine, &alone.now);
	assert_int_equal(alone.engine->n_due, HOSTS);
}

static void test_deadline_is_kept(void **state)
{
	struct incident *i = alone.engine->incidents;

	(void)state;
	engine_rig_pass(1000);
	incident_wake(alone.engine, i, alone.now.boot_ms + 5000);
	assert_int_equal(engine_next(alone.engine), alone.now.boot_ms + 5000);
	engine_rig_fails("host007", "SMTP"); /* another one's turn comes before */
	engine_rig_pass(1000);
	assert_int_equal(engine_next(alone.engine), alone.now.boot_ms + 4000);
	engine_rig_pass(4000);
	assert_true(engine_next(alone.engine) > alone.now.boot_ms);
}

static void test_same_row_is_not_written(void **state)
{
	(void)state;
	assert_int_equal(save(), HOSTS);
	engine_saved(alone.engine);
	engine_rig_fails("host007", "SMTP");
	assert_int_equal(save(), 0);
	engine_saved(alone.engine);
	engine_rig_event(EVENT_STATE, "host007", "HTTP", EVENT_OK, EVENT_HARD);
	engine_rig_event(EVENT_STATE, "host007", "SMTP", EVENT_OK, EVENT_HARD);
	assert_int_equal(save(), 1);
}

/* The commit failed: what was to be in it is written with the next. */
static void test_lost_row_is_written_again(void **state)
{
	(void)state;
	assert_int_equal(save(), HOSTS);
	assert_int_equal(save(), HOSTS);
	engine_saved(alone.engine);
	assert_int_equal(save(), 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, engine_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_one_is_looked_at),	CASE(test_delivery_looks_at_one),
	    CASE(test_parts_are_looked_at),	CASE(test_deadline_is_kept),
	    CASE(test_same_row_is_not_written), CASE(test_lost_row_is_written_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
