/*
 * More tickets than there is room for in memory, on a virtual clock with the simulated desk: none is lost,
 * all reach the desk, and what it answers to any of them arrives. Run by the unit suite.
 */
#include "tests/unit/ticket_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define ROOM 8
#define MANY 24
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)

static void count_one(void *arg, const struct ticket_row *ticket, const char *text)
{
	(void)ticket;
	(void)text;
	++*(unsigned *)arg;
}

static unsigned in_memory(struct ticket_rig *rig)
{
	unsigned n = 0;

	tickets_recent(rig->tickets, 0, NULL, count_one, &n);
	return n;
}

static struct tickets_health health(struct ticket_rig *rig)
{
	struct tickets_health h;

	tickets_health(rig->tickets, &h);
	return h;
}

static void open_many(struct ticket_rig *rig, unsigned n)
{
	char who[16], name[TICKET_NAME_SIZE];

	for (unsigned k = 0; k < n; k++) {
		snprintf(who, sizeof who, "user%u", k);
		ticket_rig_open(rig, who, "it does not work", name);
		ticket_rig_turn(rig, TICKET_RIG_GO);
		assert_true(in_memory(rig) <= ROOM + 1);
	}
}

static void begin(struct ticket_rig *rig)
{
	rig->room = ROOM;
	ticket_rig_restart(rig);
}

/* The desk is away, and we are killed: what waits is not held in memory, and is sent when it is back. */
static void test_all_reach_the_desk(void **state)
{
	struct ticket_rig *rig = *state;

	begin(rig);
	rig->sim.desk.refuses = true;
	open_many(rig, MANY);
	assert_int_equal(ticket_rig_more(rig, "user0", "still"), TICKETS_HIS);
	ticket_rig_run(rig, HOUR_MS);
	assert_true(in_memory(rig) <= ROOM);
	assert_int_equal(health(rig).open, MANY);
	assert_int_equal(health(rig).waiting, MANY);
	ticket_rig_restart(rig);
	assert_true(in_memory(rig) <= ROOM);
	rig->sim.desk.refuses = false;
	ticket_rig_until_settled(rig);
	assert_int_equal(rig->sim.desk.n_tickets, MANY);
	assert_int_equal(rig->sim.desk.again, 0);
	assert_int_equal(health(rig).open, MANY);
}

/* Each of them is answered, before a restart and after one. */
static void test_all_are_answered(void **state)
{
	struct ticket_rig *rig = *state;

	begin(rig);
	open_many(rig, MANY);
	ticket_rig_until_settled(rig);
	for (unsigned round = 1; round <= 2; round++) {
		for (unsigned k = 1; k <= MANY; k++)
			sim_desk_answer(&rig->sim, k, "We look at it.");
		ticket_rig_run(rig, 3 * HOUR_MS);
		assert_int_equal(rig->answers, round * MANY);
		assert_true(in_memory(rig) <= ROOM);
		ticket_rig_restart(rig);
	}
}

/* Words of the writer find it in the store; nobody's silence keeps one open for ever. */
static void test_away_is_not_gone(void **state)
{
	struct ticket_rig *rig = *state;

	begin(rig);
	open_many(rig, MANY);
	ticket_rig_until_settled(rig);
	for (unsigned k = 0; k < MANY; k++) {
		char who[16];

		snprintf(who, sizeof who, "user%u", k);
		assert_int_equal(ticket_rig_more(rig, who, "more"), TICKETS_HIS);
		ticket_rig_turn(rig, TICKET_RIG_GO);
	}
	ticket_rig_until_settled(rig);
	assert_int_equal(rig->sim.desk.n_notes, MANY);
	for (unsigned day = 0; day < 32; day++)
		ticket_rig_run(rig, 24 * HOUR_MS);
	assert_int_equal(health(rig).open, 0);
}

/* What waits for the desk is fetched with it: more words come behind it, and instead of nothing. */
static void test_words_behind_words(void **state)
{
	struct ticket_rig *rig = *state;

	begin(rig);
	rig->sim.desk.refuses = true;
	open_many(rig, MANY);
	ticket_rig_restart(rig);
	rig->sim.desk.refuses = false;
	for (unsigned k = MANY; k-- > 0;) {
		char who[16];

		snprintf(who, sizeof who, "user%u", k);
		assert_int_equal(ticket_rig_more(rig, who, "more"), TICKETS_HIS);
		ticket_rig_run(rig, MINUTE_MS / 4);
	}
	ticket_rig_run(rig, 6 * HOUR_MS);
	assert_int_equal(health(rig).waiting, 0);
	assert_int_equal(rig->sim.desk.n_tickets, MANY);
	assert_int_equal(rig->sim.desk.n_notes, MANY);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, ticket_rig_setup, ticket_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_all_reach_the_desk), CASE(test_all_are_answered), CASE(test_away_is_not_gone),
	    CASE(test_words_behind_words)};

	return cmocka_run_group_tests_name("ticket_room", tests, NULL, NULL);
}
