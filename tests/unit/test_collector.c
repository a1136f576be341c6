/*
 * When the collector asks, and how far its cursor goes; limits, refused tokens,
 * reloads. On the rig of collector_rig.h. Must never need a notifier.
 */
#include "tests/unit/collector_rig.h"

static void test_first(void **state)
{
	struct collector_health health;

	(void)state;
	verify();
	runs_job(JOB_COLLECT, ""); /* at once */
	turn();
	assert_int_equal(n_runs, 1); /* never two */
	assert_true(collector_next(collector, &now) == NOW_NEVER);
	emit(&a_reply);
	emit(&(struct item){.kind = ITEM_CURSOR, .cursor = "c1"});
	done(RESULT_OK, 0, false);
	assert_int_equal(n_items, 1);
	assert_string_equal(cursor(), "c1");
	assert_int_equal(wait(), 15000);
	runs_job(JOB_COLLECT, "c1");
	collector_health(collector, 0, &health);
	assert_true(health.verified);
	assert_string_equal(health.self_acct, "noc@x");
	assert_string_equal(health.software, "Mastodon 4.3");
	assert_int_equal(health.last_read_ms, WALL);
	/* a restart goes on from there */
	stop();
	start();
	verify();
	runs_job(JOB_COLLECT, "c1");
}

static void test_poll_not_too_fast(void **state)
{
	(void)state;
	config_accounts[0].poll_ms = 100;
	collector_set_accounts(collector, &config, notifiers, accounts);
	verify();
	done(RESULT_OK, 0, false);
	assert_int_equal(wait(), 6000);
}

static void test_failed_item_keeps_cursor(void **state)
{
	struct collector_health health;

	(void)state;
	verify();
	taken = EMIT_FAILED;
	emit(&a_reply);
	emit(&(struct item){.kind = ITEM_CURSOR, .cursor = "c1"});
	done(RESULT_OK, 0, false);
	assert_string_equal(cursor(), "");
	collector_health(collector, 0, &health);
	assert_int_equal(health.failures, 1);
	assert_string_equal(health.trouble, "replies could not be stored");
	taken = EMIT_NEW;
	wait();
	runs_job(JOB_COLLECT, "");
}

/* A reload may end the first reading: where it began is known by then, and no later beginning moves it. */
static void test_begins_when_verified(void **state)
{
	(void)state;
	turn();
	runs_job(JOB_VERIFY, "");
	emit(&(struct item){.kind = ITEM_CURSOR, .cursor = "began"});
	turn();
	assert_string_equal(cursor(), "began");
	emit(&(struct item){.kind = ITEM_CURSOR, .cursor = "later"});
	turn();
	assert_string_equal(cursor(), "began");
}

/* The commit failed: the cursor is written again with the replies. */
static void test_rolled_back(void **state)
{
	(void)state;
	verify();
	emit(&(struct item){.kind = ITEM_CURSOR, .cursor = "c1"});
	collector_save(collector);
	store_rollback(store);
	assert_string_equal(cursor(), "");
	turn();
	assert_string_equal(cursor(), "c1");
}

static void test_other_columns_stay(void **state)
{
	struct account_row row = {
	    .name = "noc", .paused_until_ms = 99, .pause_reason = "why", .last_post_ms = 5};

	(void)state;
	store_put_account(store, &row);
	verify();
	emit(&(struct item){.kind = ITEM_CURSOR, .cursor = "c1"});
	turn();
	assert_string_equal(cursor(), "c1");
	assert_int_equal(stored_pause_ms, 99);
}

static void test_back_off(void **state)
{
	static const int64_t want[] = {15000, 30000, 60000, 120000, 240000, 480000, 600000, 600000};
	struct collector_health health;

	(void)state;
	verify();
	for (unsigned i = 0; i < 8; i++) {
		done(RESULT_RETRY, 0, false);
		assert_int_equal(wait(), want[i]);
		runs_job(JOB_COLLECT, "");
	}
	collector_health(collector, 0, &health);
	assert_int_equal(health.failures, 8);
	assert_string_equal(health.trouble, "because");
	done(RESULT_OK, 0, false);
	assert_int_equal(wait(), 15000);
	collector_health(collector, 0, &health);
	assert_int_equal(health.failures, 0);
	assert_string_equal(health.trouble, "");
	assert_int_equal(n_results, 0);
}

static void test_limit(void **state)
{
	(void)state;
	verify();
	collector_get(collector, 0, 5, "x1");
	done(RESULT_LIMIT, now.wall_ms + 7 * MINUTE, false);
	assert_int_equal(n_results, 1);
	assert_int_equal(last_class, RESULT_LIMIT);
	assert_int_equal(wait(), 7 * MINUTE);
}

static void test_auth(void **state)
{
	struct collector_health health;

	(void)state;
	verify();
	done(RESULT_AUTH, 0, false);
	assert_int_equal(n_results, 1);
	assert_int_equal(last_class, RESULT_AUTH);
	assert_true(collector_next(collector, &now) == NOW_NEVER);
	collector_health(collector, 0, &health);
	assert_false(health.verified);
	now.boot_ms += 1000 * MINUTE;
	turn();
	assert_int_equal(n_runs, 0);
	collector_resume(collector, 0);
	assert_int_equal(collector_next(collector, &now), now.boot_ms);
	verify();
	runs_job(JOB_COLLECT, "");
	/* asked for while something is under way */
	collector_resume(collector, -1);
	done(RESULT_AUTH, 0, false);
	runs_job(JOB_VERIFY, "");
}

static void test_verify_again(void **state)
{
	struct collector_health health;

	(void)state;
	turn();
	done(RESULT_RETRY, 0, false);
	assert_int_equal(n_runs, 0); /* nothing before it is verified */
	assert_int_equal(wait(), 15000);
	verify();
	done(RESULT_OK, 0, false);
	now.boot_ms += 24 * 60 * MINUTE;
	now.wall_ms += 24 * 60 * MINUTE;
	for (int i = 0; i < 3 && (turn(), runs[0].job.type != JOB_VERIFY); i++)
		done(RESULT_OK, 0, false);
	runs_job(JOB_VERIFY, "");
	emit(&(struct item){.kind = ITEM_NOTICE, .text = "not flagged as a bot"});
	emit(&(struct item){.kind = ITEM_NOTICE, .text = "not flagged as a bot"});
	done(RESULT_OK, 0, false);
	collector_health(collector, 0, &health);
	assert_string_equal(health.trouble, "not flagged as a bot");
}

/* The token is another account's now: its cursor would be nonsense. */
static void test_other_self(void **state)
{
	(void)state;
	verify();
	emit(&(struct item){.kind = ITEM_CURSOR, .cursor = "c1"});
	done(RESULT_OK, 0, false);
	assert_string_equal(cursor(), "c1");
	collector_resume(collector, 0);
	turn();
	emit(&(struct item){
	    .kind = ITEM_SELF, .id = "8", .acct = "other@x", .text = "Mastodon 4.3"});
	done(RESULT_OK, 0, false);
	runs_job(JOB_COLLECT, "");
	assert_string_equal(cursor(), "");
}

static void test_reload(void **state)
{
	(void)state;
	verify();
	emit(&(struct item){.kind = ITEM_CURSOR, .cursor = "c1"});
	collector_set_accounts(collector, &config, notifiers, accounts);
	assert_int_equal(n_cancelled, 1);
	verify();
	runs_job(JOB_COLLECT, "c1");
	notifiers[0] = NULL; /* its token is gone */
	collector_set_accounts(collector, &config, notifiers, accounts);
	turn();
	assert_int_equal(n_runs, 0);
	assert_true(collector_next(collector, &now) == NOW_NEVER);
}

static void test_mute(void **state)
{
	(void)state;
	notifiers[0] = &mute;
	collector_set_accounts(collector, &config, notifiers, accounts);
	verify();
	assert_int_equal(n_runs, 0);
	assert_int_equal(collector_next(collector, &now), now.boot_ms + 24 * 60 * MINUTE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_first),
	    CASE(test_poll_not_too_fast),
	    CASE(test_failed_item_keeps_cursor),
	    CASE(test_begins_when_verified),
	    CASE(test_rolled_back),
	    CASE(test_other_columns_stay),
	    CASE(test_back_off),
	    CASE(test_limit),
	    CASE(test_auth),
	    CASE(test_verify_again),
	    CASE(test_other_self),
	    CASE(test_reload),
	    CASE(test_mute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
