/*
 * The outbox where posts cost money: the hard stop with its reserve, and who
 * hears of it. The prices are the simulated network's; nothing here knows a real one.
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
#define DECEMBER INT64_C(1764547200000) /* 2025-12-01 00:00 UTC, six days after the rig's start */
#define POST 15000
#define ANSWER 10000
#define OWN_READ 1000

static struct rig *rig;
static struct sim *sim;
static char path[64];

static int up(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "/tmp/test_outbox_money_%d.db", (int)getpid());
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

static void set_limit(int64_t micro)
{
	rig->accounts[0].usd_micro_per_month = micro;
	rig->accounts[0].is_metered = true;
	outbox_set_accounts(rig->outbox, &rig->config, rig->notifiers, rig->opened);
}

/* As after a kill: nothing of the open turn survives. */
static void restart(int64_t limit)
{
	rig_stop(rig);
	memset(rig, 0, sizeof *rig);
	rig_start(rig, sim, path, NULL, NULL);
	set_limit(limit);
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

static void spend(int64_t micro)
{
	ledger_post(rig->ledger, "one", micro, &rig->now);
}

struct seen {
	uint64_t id;
	int64_t not_before_ms;
	char reason[128];
};

static void see(void *arg, const struct post_row *row)
{
	struct seen *seen = arg;

	if (row->id != seen->id)
		return;
	seen->not_before_ms = row->not_before_ms;
	snprintf(seen->reason, sizeof seen->reason, "%s", row->reason);
}

static void test_hard_stop_waits_and_dies(void **state)
{
	struct seen seen = {0};
	uint64_t follower;

	(void)state;
	set_limit(20000000);
	spend(18000000 - POST + 1); /* a tenth is the reserve; one micro too much */
	seen.id = problem(7);
	follower = recovery(7);
	rig_run(rig, HOUR);
	assert_int_equal(sim->creates, 0);
	outbox_each(rig->outbox, see, &seen);
	assert_string_equal(seen.reason, "usd_per_month (20.00 USD) is spent");
	assert_true(seen.not_before_ms == DECEMBER);
	assert_true(outbox_next(rig->outbox, &rig->now) <= RIG_START_MS + 24 * HOUR);
	rig_run(rig, 24 * HOUR);
	assert_int_equal(state_of(seen.id), POST_DEAD);
	assert_string_equal(rig_row(rig, seen.id)->reason, "usd_per_month (20.00 USD) is spent");
	assert_false(rig_row(rig, seen.id)->maybe_sent);
	assert_int_equal(cost_of(seen.id), 0);
	assert_int_equal(state_of(follower), POST_CANCELLED);
	assert_int_equal(sim->creates, 0);
}

static void test_the_last_cent_but_one(void **state)
{
	uint64_t id, next;

	(void)state;
	set_limit(20000000);
	spend(18000000 - POST); /* exactly */
	id = problem(7);
	next = problem(8);
	rig_run(rig, HOUR);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(state_of(next), POST_QUEUED);
}

static void test_next_month(void **state)
{
	uint64_t id;

	(void)state;
	set_limit(20000000);
	rig_run(rig, DECEMBER - RIG_START_MS - HOUR);
	spend(19000000);
	id = problem(7);
	rig_run(rig, HOUR - SECOND);
	assert_int_equal(sim->creates, 0);
	rig_run(rig, 2 * SECOND);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(spent().month, 202512);
	assert_int_equal(spent().posts_micro, POST);
}

static void test_recovery_has_the_reserve(void **state)
{
	uint64_t root, end, orphan;

	(void)state;
	set_limit(20000000);
	root = problem(7);
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(root), POST_SENT);
	spend(20000000 - 2 * POST);
	orphan = problem(8);
	end = recovery(7);
	rig_run(rig, HOUR);
	assert_int_equal(state_of(end), POST_SENT);
	assert_int_equal(state_of(orphan), POST_QUEUED);
	/* not a micro is left: nor for a recovery */
	end = recovery(7);
	rig_run(rig, HOUR);
	assert_int_equal(state_of(end), POST_QUEUED);
	assert_int_equal(spent().posts_micro, 20000000);
}

static void put_told(uint64_t first, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct thread_row row = {
		    .id = first + i, .account = "one", .state = THREAD_TOLD, .root = DELIVERY_SENT};

		assert_int_equal(store_put_thread(rig->store, &row), 0);
	}
}

/* "It was down" has the reserve, too, but not at the cost of what is told. */
static void test_past_leaves_the_ends(void **state)
{
	uint64_t id, past;

	(void)state;
	set_limit(1000000);
	put_told(100, 2);
	spend(1000000 - 4 * POST + 1);
	id = problem(7);
	past = rig_say(rig, 8, SAY_PAST, "Web was down", "T9QM");
	rig_run(rig, HOUR);
	assert_int_equal(state_of(id), POST_QUEUED);
	assert_int_equal(state_of(past), POST_SENT);
	past = rig_say(rig, 9, SAY_PAST, "Web was down again", "T9QM");
	rig_run(rig, HOUR);
	assert_int_equal(state_of(past), POST_QUEUED);
}

/* Nine are told: their ends and that of the tenth must stay possible. */
static void test_reserve_for_what_is_told(void **state)
{
	uint64_t id;

	(void)state;
	set_limit(1000000); /* a tenth is less than ten ends */
	put_told(100, 9);
	spend(1000000 - 11 * POST + 1);
	id = problem(7);
	rig_run(rig, HOUR);
	assert_int_equal(state_of(id), POST_QUEUED);
	set_limit(1000001);
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
}

/* A problem with a link ends with one. */
static void test_reserve_of_a_dear_one(void **state)
{
	uint64_t id, plain;

	(void)state;
	set_limit(1000000);
	put_told(100, 2);
	spend(1000000 - 4 * 200000 + 1);
	id = rig_say(rig, 7, SAY_PROBLEM, "see http://a.b", "T7K2");
	plain = problem(8);
	rig_run(rig, HOUR);
	assert_int_equal(state_of(id), POST_QUEUED);
	assert_int_equal(state_of(plain), POST_SENT);
}

/* Many at once: what is on its way is as good as spent. */
static void test_never_more_than_the_limit(void **state)
{
	(void)state;
	set_limit(150000);
	sim->latency_ms = 5 * SECOND;
	for (uint64_t t = 1; t <= 40; t++)
		problem(t);
	rig_run(rig, 12 * HOUR);
	assert_int_equal(sim->n_posts, 9); /* and one is kept for an end */
	for (uint64_t t = 1; t <= 40; t++)
		recovery(t);
	rig_run(rig, 11 * HOUR);
	assert_int_equal(sim->n_posts, 10);
	assert_int_equal(spent().posts_micro, 150000);
}

/* The ends of those are reserved before the engine knows that they are told. */
static void test_ends_of_what_is_on_its_way(void **state)
{
	(void)state;
	set_limit(100000);
	spend(100000 - 4 * POST + 1);
	sim->latency_ms = 5 * SECOND;
	problem(7);
	problem(8);
	rig_run(rig, 2 * SECOND);
	assert_int_equal(sim->creates, 1);
	rig_run(rig, MINUTE);
	assert_int_equal(sim->creates, 2);
}

/* Unsettled ones are as good as spent, too, and give it back when they did not happen. */
static void test_what_is_on_its_way_gives_back(void **state)
{
	uint64_t first, second;

	(void)state;
	set_limit(20000000);
	spend(18000000 - POST - 10);
	first = problem(7);
	sim->drop_next = 1;
	sim->read_status = 503;
	rig_run(rig, 10 * SECOND);
	assert_int_equal(state_of(first), POST_UNKNOWN);
	second = rig_say(rig, 8, SAY_PROBLEM, "Web is down", "T9QM");
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(second), POST_QUEUED);
	assert_int_equal(rig->alarms, 1); /* 80 %; nothing says that all is spent */
	sim->read_status = 0;
	sim->status = 422; /* the first is sent again, and refused */
	rig_run(rig, 2 * MINUTE);
	assert_int_equal(state_of(first), POST_DEAD);
	sim->status = 0;
	second = rig_say(rig, 9, SAY_PROBLEM, "Web is down", "T9QM");
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(second), POST_SENT);
}

static void test_answers_need_money_favourites_none(void **state)
{
	uint64_t words, liked;

	(void)state;
	set_limit(20000000);
	spend(19000000);
	words = answer();
	liked = favourite();
	rig_run(rig, 50 * MINUTE);
	assert_int_equal(state_of(words), POST_QUEUED);
	assert_int_equal(state_of(liked), POST_SENT);
	rig_run(rig, 20 * MINUTE);
	assert_int_equal(state_of(words), POST_DEAD);
}

static void test_reads_count(void **state)
{
	uint64_t id;

	(void)state;
	set_limit(20000000);
	ledger_read(rig->ledger, "one", 19000000, &rig->now);
	id = problem(7);
	rig_run(rig, HOUR);
	assert_int_equal(state_of(id), POST_QUEUED);
}

static void test_limit_raised(void **state)
{
	uint64_t id;

	(void)state;
	set_limit(20000000);
	spend(19000000);
	id = problem(7);
	rig_run(rig, HOUR);
	assert_int_equal(rig->alarms, 1);
	set_limit(40000000);
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(rig->alarms, 2);
	assert_string_equal(rig->alarm, "one: over");
	spend(13000000); /* the new one has its own 80 % */
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 3);
}

static void test_no_limit(void **state)
{
	uint64_t id;

	(void)state;
	spend(INT64_C(1000000000000));
	id = problem(7);
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(rig->alarms, 0);
}

/* --- who hears of it --- */

static void test_eighty_percent_is_told_once(void **state)
{
	(void)state;
	set_limit(20000000);
	spend(15999999);
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 0);
	spend(1);
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 1);
	assert_string_equal(rig->alarm, "one: 16.00 USD of usd_per_month (20.00 USD) are spent");
	problem(7);
	rig_run(rig, HOUR);
	assert_int_equal(rig->alarms, 1); /* posting after it is no end of a trouble */
	restart(20000000);
	rig_run(rig, HOUR);
	assert_int_equal(rig->alarms, 0);
	rig_run(rig, DECEMBER - rig->now.wall_ms);
	spend(17000000);
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 1);
}

static void test_the_stop_is_told_once(void **state)
{
	static const char words[] = "one: usd_per_month (20.00 USD) is spent: until the month is "
				    "over (UTC) only recoveries are posted";

	(void)state;
	set_limit(20000000);
	problem(6);
	rig_run(rig, MINUTE);
	spend(17000000);
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 1);
	spend(2000000);
	problem(7);
	problem(8);
	rig_run(rig, HOUR);
	assert_int_equal(rig->alarms, 2);
	assert_string_equal(rig->alarm, words);
	recovery(6); /* of the reserve: it says nothing of the money */
	rig_run(rig, HOUR);
	assert_int_equal(sim->n_posts, 2);
	assert_int_equal(rig->alarms, 2);
	restart(20000000);
	problem(9);
	rig_run(rig, HOUR);
	assert_int_equal(rig->alarms, 0);
	/* December: the first post says that it speaks again */
	rig_run(rig, DECEMBER - rig->now.wall_ms);
	problem(10);
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 1);
	assert_string_equal(rig->alarm, "one: over");
}

/* An alarm whose commit fails is not forgotten, and not told by two transactions. */
static void test_alarm_outlives_a_failed_commit(void **state)
{
	(void)state;
	set_limit(20000000);
	spend(17000000);
	rig->commits_fail = true;
	rig_turn(rig);
	rig_turn(rig);
	assert_int_equal(rig->alarms, 1);
	rig->commits_fail = false;
	rig_turn(rig);
	restart(20000000);
	rig_run(rig, HOUR);
	assert_int_equal(spent().posts_micro, 17000000);
	assert_int_equal(rig->alarms, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
	const struct CMUnitTest tests[] = {
	    T(test_hard_stop_waits_and_dies),
	    T(test_the_last_cent_but_one),
	    T(test_next_month),
	    T(test_recovery_has_the_reserve),
	    T(test_past_leaves_the_ends),
	    T(test_reserve_for_what_is_told),
	    T(test_reserve_of_a_dear_one),
	    T(test_never_more_than_the_limit),
	    T(test_ends_of_what_is_on_its_way),
	    T(test_what_is_on_its_way_gives_back),
	    T(test_answers_need_money_favourites_none),
	    T(test_reads_count),
	    T(test_limit_raised),
	    T(test_no_limit),
	    T(test_eighty_percent_is_told_once),
	    T(test_the_stop_is_told_once),
	    T(test_alarm_outlives_a_failed_commit)};

	return cmocka_run_group_tests_name("outbox_money", tests, NULL, NULL);
}
