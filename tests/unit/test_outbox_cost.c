/*
 * The outbox where posts cost money: what is entered in the ledger, and when. The
 * prices are the simulated network's; nothing here knows a real one.
 */
#include "tests/unit/outbox_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define POST 15000
#define ANSWER 10000
#define OWN_READ 1000

static struct rig *rig;
static struct sim *sim;
static char path[64];

static int up(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "/tmp/test_outbox_cost_%d.db", (int)getpid());
	unlink(path);
	rig = calloc(1, sizeof *rig);
	sim = sim_create();
	sim->prices[PRICE_POST] = POST;
	sim->prices[PRICE_POST_WITH_URL] = 200000;
	sim->prices[PRICE_ANSWER] = ANSWER;
	sim->prices[PRICE_OWN_READ] = OWN_READ;
	rig_start(rig, sim, path, NULL, NULL);
	return 0;
}

static int down(void **state)
{
	(void)state;
	rig_stop(rig);
	free(rig);
	sim_destroy(sim);
	unlink(path);
	return 0;
}

/* As after a kill: nothing of the open turn survives. */
static void restart(void)
{
	rig_stop(rig);
	memset(rig, 0, sizeof *rig);
	rig_start(rig, sim, path, NULL, NULL);
}

static struct ledger_row spent(void)
{
	struct ledger_row row;

	ledger_month(rig->ledger, "one", &rig->now, &row);
	return row;
}

static enum post_state state_of(uint64_t id)
{
	const struct post_row *row = rig_row(rig, id);

	assert_non_null(row);
	return row->state;
}

static int64_t cost_of(uint64_t id)
{
	const struct post_row *row = rig_row(rig, id);

	assert_non_null(row);
	return row->cost_micro;
}

static uint64_t problem(uint64_t thread)
{
	return rig_say(rig, thread, SAY_PROBLEM, "Mail is down", "T7K2");
}

static uint64_t recovery(uint64_t thread)
{
	return rig_say(rig, thread, SAY_RECOVERY, "Mail is back", "T7K2");
}

static uint64_t answer(void)
{
	struct post_row row = {
	    .account = "one", .kind = POST_ANSWER, .event = -1, .text = "@a@b hi", .to = "a@b"};

	return rig_add(rig, &row);
}

static uint64_t favourite(void)
{
	struct post_row row = {
	    .account = "one", .kind = POST_FAVOURITE, .target = "5", .event = -1};

	return rig_add(rig, &row);
}

static void test_each_kind(void **state)
{
	uint64_t root = problem(7), end, words, link, liked;

	(void)state;
	rig_turn(rig);
	assert_int_equal(state_of(root), POST_SENDING);
	assert_int_equal(cost_of(root), POST); /* on disk before the first byte */
	assert_int_equal(spent().posts, 0);
	end = recovery(7);
	words = answer();
	link = rig_say(rig, 8, SAY_PROBLEM, "see http://a.b", "T9QM");
	liked = favourite();
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(liked), POST_SENT);
	assert_int_equal(cost_of(end), POST);
	assert_int_equal(cost_of(words), ANSWER);
	assert_int_equal(cost_of(link), 200000);
	assert_int_equal(cost_of(liked), 0);
	assert_int_equal(spent().posts, 4);
	assert_int_equal(spent().posts_micro, 2 * POST + ANSWER + 200000);
	assert_int_equal(spent().reads, 0);
	restart();
	assert_int_equal(spent().posts_micro, 2 * POST + ANSWER + 200000);
}

/* The network's own word counts, where it has one. */
static void test_the_answers_cost_is_preferred(void **state)
{
	uint64_t id = problem(7);

	(void)state;
	sim->charges = 200000;
	rig_run(rig, MINUTE);
	assert_int_equal(cost_of(id), 200000);
	assert_int_equal(spent().posts_micro, 200000);
}

static void test_found_by_a_look(void **state)
{
	uint64_t id = problem(7);

	(void)state;
	sim->lose_next = 1;
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(spent().posts, 1);
	assert_int_equal(spent().posts_micro, POST);
	assert_int_equal(spent().reads, 1);
	assert_int_equal(spent().reads_micro, OWN_READ);
}

static void test_killed_before_the_answer(void **state)
{
	uint64_t id = problem(7);

	(void)state;
	rig_turn(rig);
	assert_int_equal(state_of(id), POST_SENDING);
	restart();
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->creates, 1);
	assert_int_equal(spent().posts, 1);
	assert_int_equal(spent().posts_micro, POST);
}

static void test_retries_cost_nothing(void **state)
{
	uint64_t id = problem(7), dead;

	(void)state;
	sim->refuses = true;
	rig_run(rig, HOUR);
	assert_int_equal(cost_of(id), 0);
	assert_int_equal(spent().posts, 0);
	sim->refuses = false;
	rig_run(rig, 5 * MINUTE);
	assert_int_equal(spent().posts_micro, POST);
	sim->status = 422;
	dead = problem(8);
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(dead), POST_DEAD);
	assert_int_equal(cost_of(dead), 0);
	assert_int_equal(spent().posts, 1);
}

static void test_sent_again_after_two_looks(void **state)
{
	(void)state;
	problem(7);
	sim->drop_next = 1;
	rig_run(rig, 5 * MINUTE);
	assert_int_equal(sim->creates, 2);
	assert_int_equal(spent().posts, 1);
}

static void test_a_double_is_counted(void **state)
{
	(void)state;
	problem(7);
	sim->late_next = 1;
	sim->late_ms = 40 * SECOND;
	rig_run(rig, 5 * MINUTE);
	assert_int_equal(sim_count(sim, "one", NULL, NULL), 2);
	assert_int_equal(spent().posts, 2);
	assert_int_equal(spent().posts_micro, 2 * POST);
}

/* It may stand there: better counted for nothing than not counted. */
static void test_given_up_unsettled(void **state)
{
	uint64_t id = problem(7);

	(void)state;
	sim->lose_next = 1;
	sim->read_status = 503;
	rig_run(rig, 3 * HOUR);
	assert_int_equal(state_of(id), POST_DEAD);
	assert_true(rig_row(rig, id)->maybe_sent);
	assert_int_equal(cost_of(id), POST);
	assert_int_equal(spent().posts_micro, POST);
}

static void test_replaced_cost_nothing(void **state)
{
	uint64_t old;

	(void)state;
	sim->refuses = true;
	problem(7);
	old = rig_say(rig, 7, SAY_UPDATE, "1 h", "T7K2");
	rig_run(rig, MINUTE);
	rig_say(rig, 7, SAY_UPDATE, "2 h", "T7K2");
	sim->refuses = false;
	rig_run(rig, HOUR);
	assert_int_equal(state_of(old), POST_CANCELLED);
	assert_int_equal(cost_of(old), 0);
	assert_int_equal(spent().posts, 2);
}

static void test_health(void **state)
{
	struct outbox_health health;

	(void)state;
	problem(7);
	rig_run(rig, MINUTE);
	ledger_read(rig->ledger, "one", OWN_READ, &rig->now);
	outbox_health(rig->outbox, 0, &rig->now, &health);
	assert_int_equal(health.spent_micro, POST + OWN_READ);
	outbox_health(rig->outbox, 1, &rig->now, &health);
	assert_int_equal(health.spent_micro, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
	const struct CMUnitTest tests[] = {
	    T(test_each_kind),
	    T(test_the_answers_cost_is_preferred),
	    T(test_found_by_a_look),
	    T(test_killed_before_the_answer),
	    T(test_retries_cost_nothing),
	    T(test_sent_again_after_two_looks),
	    T(test_a_double_is_counted),
	    T(test_given_up_unsettled),
	    T(test_replaced_cost_nothing),
	    T(test_health)};

	return cmocka_run_group_tests_name("outbox_cost", tests, NULL, NULL);
}
