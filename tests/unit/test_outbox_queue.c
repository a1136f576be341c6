/*
 * The outbox: budgets, restarts, failing commits, reloads, and what people do by hand.
 */
#include "tests/unit/outbox_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

static enum post_state state_of(uint64_t id)
{
	const struct post_row *row = rig_row(rig, id);

	assert_non_null(row);
	return row->state;
}

static void set_budget(unsigned hour, unsigned day)
{
	rig->accounts[0].posts_per_hour = hour;
	rig->accounts[0].posts_per_day = day;
	outbox_set_accounts(rig->outbox, &rig->config, rig->notifiers, rig->opened);
}

static void say_many(unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++)
		rig_say(rig, i, SAY_PROBLEM, "down", "T7K2");
}

/* --- budgets --- */

static void test_hour_budget_and_reserve(void **state)
{
	struct outbox_health health;
	uint64_t recovery;

	(void)state;
	set_budget(5, 0);
	say_many(1, 10);
	rig_run(rig, MINUTE);
	assert_int_equal(sim->n_posts, 4);
	recovery = rig_say(rig, 1, SAY_RECOVERY, "up", "T7K2");
	rig_say(rig, 2, SAY_RECOVERY, "up", "T7K2");
	rig_say(rig, 0, -1, "answers have no budget", NULL);
	rig_run(rig, MINUTE);
	assert_int_equal(sim->n_posts, 6);
	assert_int_equal(state_of(recovery), POST_SENT);
	assert_int_equal(state_of(rig->last_id), POST_SENT);
	outbox_health(rig->outbox, 0, &rig->now, &health);
	assert_int_equal(health.posts_hour, 5);
	assert_int_equal(health.queued, 7);
	rig_run(rig, HOUR - 3 * MINUTE);
	assert_int_equal(sim->n_posts, 6);
	rig_run(rig, 4 * MINUTE);
	/* four have left the hour, the recovery has not: three ordinary ones, and the reserve */
	assert_int_equal(sim->n_posts, 6 + 3 + 1);
}

static void test_day_budget_kills_nothing(void **state)
{
	(void)state;
	set_budget(0, 10);
	say_many(1, 40);
	rig_run(rig, 12 * HOUR);
	assert_int_equal(sim->n_posts, 8);
	rig_run(rig, 40 * HOUR);
	assert_int_equal(sim->n_posts, 24);
	rig_run(rig, 96 * HOUR);
	assert_int_equal(sim->n_posts, 40);
}

static void see_waiting(void *arg, const struct post_row *row)
{
	unsigned *n = arg;

	assert_int_equal(row->state, POST_QUEUED);
	assert_in_range(row->not_before_ms, rig->now.wall_ms + 1, rig->now.wall_ms + 61 * MINUTE);
	assert_string_equal(row->reason, "the budget is spent");
	++*n;
}

static void test_budget_after_restart(void **state)
{
	struct outbox_health health;
	unsigned n = 0;

	(void)state;
	set_budget(5, 0);
	say_many(1, 4);
	rig_run(rig, 30 * MINUTE);
	outbox_case_restart();
	set_budget(5, 0);
	say_many(11, 2);
	rig_run(rig, 10 * MINUTE);
	assert_int_equal(sim->n_posts, 4);
	outbox_each(rig->outbox, see_waiting, &n);
	assert_int_equal(n, 2);
	outbox_health(rig->outbox, 0, &rig->now, &health);
	assert_int_equal(health.posts_hour, 4);
	rig_run(rig, 30 * MINUTE);
	assert_int_equal(sim->n_posts, 6);
}

static void test_budget_of_one(void **state)
{
	(void)state;
	set_budget(1, 1);
	say_many(1, 2);
	rig_run(rig, HOUR);
	assert_int_equal(sim->n_posts, 1);
}

/* Both at once, and one slot left: what is bad now goes first, whichever was queued first. */
static void test_digest_after_live(void **state)
{
	uint64_t digest, live;

	(void)state;
	set_budget(0, 5);
	say_many(1, 3);
	rig_run(rig, MINUTE);
	digest = rig_say(rig, 11, SAY_DIGEST, "came and went", "T9QM");
	live = rig_say(rig, 12, SAY_PROBLEM, "down", "T9QX");
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(live), POST_SENT);
	assert_int_equal(state_of(digest), POST_QUEUED); /* the reserve is for ends */
	rig_say(rig, 12, SAY_RECOVERY, "up", "T9QX");
	rig_run(rig, MINUTE);
	assert_int_equal(sim->n_posts, 5);
	rig_run(rig, 25 * HOUR);
	assert_int_equal(state_of(digest), POST_SENT);
	assert_int_equal(sim->n_posts, 6);
}

/* --- the store --- */

static void test_nothing_leaves_before_a_commit(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");

	(void)state;
	rig->commits_fail = true;
	for (unsigned i = 0; i < 50; i++)
		rig_turn(rig);
	assert_int_equal(sim->creates, 0);
	assert_null(rig_row(rig, id));
	rig->commits_fail = false;
	rig_turn(rig);
	assert_int_equal(sim->creates, 1);
	assert_int_equal(state_of(id), POST_SENDING);
	rig->commits_fail = true; /* the answer comes in, and cannot be kept */
	rig_run(rig, 0);
	rig_say(rig, 7, SAY_ACK, "ops are on it", "T7K2");
	rig_turn(rig);
	assert_int_equal(state_of(id), POST_SENDING);
	assert_int_equal(sim->creates, 1);
	rig->commits_fail = false;
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->n_posts, 2);
	assert_string_equal(sim->posts[1].parent, sim->posts[0].id);
}

static void test_restart_while_sending(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2"), ack;
	struct post_row row = {
	    .account = "one", .kind = POST_FAVOURITE, .target = "5", .event = -1};
	uint64_t favourite = rig_add(rig, &row);

	(void)state;
	ack = rig_say(rig, 7, SAY_ACK, "ops are on it", "T7K2");
	rig_turn(rig); /* the requests have left */
	assert_int_equal(state_of(id), POST_SENDING);
	assert_int_equal(state_of(favourite), POST_SENDING);
	outbox_case_restart();
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(state_of(ack), POST_SENT);
	assert_int_equal(state_of(favourite), POST_SENT);
	assert_int_equal(sim->n_posts, 2);
	assert_int_equal(sim->n_favourites, 1);
	assert_string_equal(sim->posts[1].parent, sim->posts[0].id);
}

static void test_restart_between_looks(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");

	(void)state;
	sim->drop_next = 1;
	rig_run(rig, 5 * SECOND);
	assert_int_equal(rig_row(rig, id)->looks, 1);
	outbox_case_restart();
	rig_run(rig, 10 * SECOND);
	assert_int_equal(sim->reads, 1);
	rig_run(rig, 10 * SECOND);
	assert_int_equal(sim->reads, 2);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->n_posts, 1);
}

/* Away for three hours with an UNKNOWN: it is looked for, not given up. */
static void test_restart_after_hours(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");

	(void)state;
	rig_turn(rig);
	sim->now_ms += 3 * HOUR;
	outbox_case_restart();
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->n_posts, 1);
}

static void test_restart_keeps_order(void **state)
{
	(void)state;
	sim->refuses = true;
	rig_say(rig, 7, SAY_PROBLEM, "first", "T7K2");
	rig_say(rig, 7, SAY_ACK, "second", "T7K2");
	rig_say(rig, 7, SAY_UPDATE, "third", "T7K2");
	rig_run(rig, MINUTE);
	rig_say(rig, 7, SAY_PROBLEM, "first, newer", "T7K2");
	rig_turn(rig);
	sim->refuses = false;
	outbox_case_restart();
	rig_run(rig, HOUR);
	assert_int_equal(sim->n_posts, 3);
	assert_string_equal(sim->posts[0].text, "first, newer\n#T7K2");
	assert_string_equal(sim->posts[1].text, "second\n#T7K2");
	assert_string_equal(sim->posts[2].text, "third\n#T7K2");
	assert_string_equal(sim->posts[2].parent, sim->posts[0].id);
}

static void test_restart_after_days(void **state)
{
	uint64_t id;

	(void)state;
	sim->refuses = true;
	id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	rig_run(rig, MINUTE);
	sim->now_ms += 72 * HOUR;
	sim->refuses = false;
	outbox_case_restart();
	rig_run(rig, 10 * MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
}

static int see_account(void *arg, const struct account_row *row)
{
	(void)arg;
	assert_string_equal(row->name, "one");
	assert_string_equal(row->cursor, "c7");
	assert_string_equal(row->self_acct, "one@sim");
	return 0;
}

static void test_account_row(void **state)
{
	struct account_row row = {.name = "one", .cursor = "c7", .self_acct = "one@sim"};
	struct outbox_health health;

	(void)state;
	store_put_account(rig->store, &row);
	rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	rig_run(rig, SECOND);
	sim->status = 429;
	sim->retry_after_s = 3600;
	rig_say(rig, 7, SAY_RECOVERY, "Mail is back", "T7K2");
	rig_run(rig, MINUTE);
	outbox_case_restart();
	outbox_health(rig->outbox, 0, &rig->now, &health);
	assert_int_equal(health.paused_until_ms, RIG_START_MS + SECOND + HOUR);
	assert_string_equal(health.pause_reason, "the server said 429");
	assert_int_equal(health.last_post_ms, RIG_START_MS);
	store_accounts(rig->store, see_account, NULL, NULL);
	rig_run(rig, HOUR - 2 * MINUTE);
	assert_int_equal(sim->n_posts, 1);
}

static void test_pause_is_kept(void **state)
{
	struct account_row row = {
	    .name = "one", .paused_until_ms = RIG_START_MS + HOUR, .pause_reason = "429"};
	struct outbox_health health;

	(void)state;
	store_put_account(rig->store, &row);
	rig_turn(rig);
	outbox_case_restart();
	rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	rig_run(rig, HOUR - MINUTE);
	outbox_health(rig->outbox, 0, &rig->now, &health);
	assert_string_equal(health.pause_reason, "429");
	assert_int_equal(sim->creates, 0);
	rig_run(rig, 2 * MINUTE);
	assert_int_equal(sim->n_posts, 1);
}

/* --- people and configuration --- */

static void test_retry_by_hand(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	struct err err = {{0}};

	(void)state;
	sim->refuses = true;
	rig_run(rig, HOUR);
	sim->refuses = false;
	assert_int_equal(outbox_retry(rig->outbox, id, &err), 0);
	rig_turn(rig);
	assert_int_equal(sim->n_posts, 1);
	assert_int_equal(outbox_retry(rig->outbox, id, &err), -1);
	assert_string_equal(err.text, "post 1 is on its way: it must be settled first");
	rig_run(rig, MINUTE);
	assert_int_equal(outbox_retry(rig->outbox, id, &err), -1);
	assert_string_equal(err.text, "no post 1 is waiting");
}

static void test_drop_by_hand(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	uint64_t ack = rig_say(rig, 7, SAY_ACK, "ops are on it", "T7K2");
	struct err err;

	(void)state;
	sim->refuses = true;
	rig_run(rig, MINUTE);
	assert_int_equal(outbox_drop(rig->outbox, id, &err), 0);
	assert_int_equal(outbox_drop(rig->outbox, id, &err), -1);
	assert_int_equal(outbox_next(rig->outbox, &rig->now), rig->now.wall_ms);
	outbox_save(rig->outbox); /* before it was told: the row must stay */
	outbox_saved(rig->outbox);
	rig_turn(rig);
	assert_int_equal(state_of(id), POST_CANCELLED);
	assert_int_equal(state_of(ack), POST_CANCELLED);
	assert_int_equal(rig_count_told(rig, id, DELIVERY_DEAD), 1);
	assert_int_equal(rig_count_told(rig, ack, DELIVERY_DEAD), 1);
}

static void see_order(void *arg, const struct post_row *row)
{
	uint64_t *last = arg;

	assert_true(row->id > *last);
	*last = row->id;
}

static void test_each_is_by_age(void **state)
{
	struct post_row row = {.account = "two", .event = SAY_PROBLEM, .text = "x"};
	uint64_t last = 0;

	(void)state;
	sim->refuses = true;
	say_many(1, 3);
	row.thread = row.incident = 9;
	rig_add(rig, &row);
	say_many(4, 3);
	rig_run(rig, MINUTE);
	outbox_each(rig->outbox, see_order, &last);
	assert_int_equal(last, 7);
}

static void test_account_without_token(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	struct account *kept = rig->opened[0];

	(void)state;
	rig->opened[0] = NULL;
	outbox_set_accounts(rig->outbox, &rig->config, rig->notifiers, rig->opened);
	rig_run(rig, 72 * HOUR);
	assert_int_equal(state_of(id), POST_QUEUED);
	rig->opened[0] = kept;
	outbox_set_accounts(rig->outbox, &rig->config, rig->notifiers, rig->opened);
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
}

static void test_reload_while_sending(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	struct notifier_settings s = {.name = "one"};
	struct account *old = rig->opened[0];

	(void)state;
	sim->latency_ms = SECOND;
	rig_turn(rig);
	rig->opened[0] = notifier_sim.open(&s, NULL);
	outbox_set_accounts(rig->outbox, &rig->config, rig->notifiers, rig->opened);
	notifier_sim.close(old);
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->n_posts, 1);
	/* the same again changes nothing for what is under way */
	rig_say(rig, 8, SAY_PROBLEM, "Web is down", "T9QM");
	rig_turn(rig);
	outbox_set_accounts(rig->outbox, &rig->config, rig->notifiers, rig->opened);
	assert_int_equal(state_of(rig->last_id), POST_SENDING);
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(rig->last_id), POST_SENT);
	assert_int_equal(rig_row(rig, rig->last_id)->attempts, 1);
}

/* The wall clock goes back an hour while a post backs off. */
static void test_clock_steps(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");

	(void)state;
	sim->refuses = true;
	rig_turn(rig);
	rig_turn(rig);
	assert_int_equal(state_of(id), POST_RETRY);
	rig->now.wall_ms -= HOUR;
	sim->now_ms = rig->now.wall_ms;
	sim->refuses = false;
	rig_run(rig, 6 * SECOND);
	assert_int_equal(state_of(id), POST_SENT);
}

static void test_breaker(void **state)
{
	(void)state;
	sim->refuses = true;
	say_many(1, 50);
	rig_run(rig, HOUR);
	assert_in_range(sim->creates, 0, 0);
	assert_in_range(rig->n_told, 2 * 50, 2 * 90);
	sim->refuses = false;
	rig_run(rig, 6 * MINUTE);
	assert_int_equal(sim->n_posts, 50);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, outbox_case_up, outbox_case_down)
	const struct CMUnitTest tests[] = {
	    T(test_hour_budget_and_reserve),
	    T(test_day_budget_kills_nothing),
	    T(test_budget_after_restart),
	    T(test_budget_of_one),
	    T(test_digest_after_live),
	    T(test_nothing_leaves_before_a_commit),
	    T(test_restart_while_sending),
	    T(test_restart_between_looks),
	    T(test_restart_after_hours),
	    T(test_restart_keeps_order),
	    T(test_restart_after_days),
	    T(test_account_row),
	    T(test_pause_is_kept),
	    T(test_retry_by_hand),
	    T(test_drop_by_hand),
	    T(test_each_is_by_age),
	    T(test_account_without_token),
	    T(test_reload_while_sending),
	    T(test_clock_steps),
	    T(test_breaker)};

	return cmocka_run_group_tests_name("outbox_queue", tests, NULL, NULL);
}
