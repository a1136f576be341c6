/*
 * The outbox's pauses that a human must hear of, and those that nobody must; what is said of
 * them, and of a network's oddities, by another account.
 */
#include "tests/unit/outbox_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

static void say_many(unsigned n)
{
	for (unsigned i = 1; i <= n; i++)
		rig_say(rig, i, SAY_PROBLEM, "down", "T7K2");
}

static enum post_state state_of(uint64_t id)
{
	const struct post_row *row = rig_row(rig, id);

	assert_non_null(row);
	return row->state;
}

static int64_t paused_until(void)
{
	struct outbox_health health;

	outbox_health(rig->outbox, 0, &rig->now, &health);
	return health.paused_until_ms;
}

static void test_asked_again_by_then(void **state)
{
	(void)state;
	say_many(8);
	sim->status = SIM_NO_CREDIT;
	sim->retry_after_s = 6 * 3600;
	rig_run(rig, SECOND);
	assert_int_equal(sim->creates, 4); /* were on their way together */
	assert_true(paused_until() == RIG_START_MS + 6 * HOUR);
	assert_int_equal(rig->alarms, 1);
	assert_string_equal(
	    rig->alarm,
	    "one: posts wait for somebody to act, one is tried again in 6 h: the server said 402");
	rig_run(rig, 6 * HOUR);
	assert_int_equal(sim->creates, 5); /* one probe */
	assert_true(paused_until() > rig->now.wall_ms);
	rig_run(rig, 66 * HOUR); /* three days: nothing has aged */
	assert_int_equal(sim->creates, 5 + 11);
	assert_int_equal(rig->alarms, 1);
	sim->status = 0;
	rig_run(rig, 6 * HOUR);
	assert_int_equal(sim->n_posts, 8);
	assert_int_equal(rig->alarms, 2);
	assert_string_equal(rig->alarm, "one: over");
	rig_say(rig, 1, SAY_RECOVERY, "up", "T7K2");
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 2);
}

static void test_never_longer_than_a_day(void **state)
{
	(void)state;
	say_many(1);
	sim->status = SIM_NO_CREDIT;
	sim->retry_after_s = 30 * 86400;
	rig_run(rig, SECOND);
	assert_true(paused_until() == RIG_START_MS + 24 * HOUR);
}

static void test_resume_ends_it_at_once(void **state)
{
	uint64_t id;

	(void)state;
	say_many(1);
	id = rig->last_id;
	sim->status = SIM_NO_CREDIT;
	sim->retry_after_s = 6 * 3600;
	rig_run(rig, SECOND);
	outbox_resume(rig->outbox, 0);
	rig_run(rig, SECOND);
	assert_int_equal(sim->creates, 2);
	assert_int_equal(rig->alarms, 1); /* the same trouble still */
	sim->status = 0;
	assert_int_equal(outbox_retry(rig->outbox, id, NULL), 0);
	rig_run(rig, SECOND);
	assert_int_equal(state_of(id), POST_SENT);
	assert_string_equal(rig->alarm, "one: over");
}

/* A restart neither forgets the pause nor says it again. */
static void test_restart(void **state)
{
	(void)state;
	say_many(4);
	sim->status = SIM_NO_CREDIT;
	sim->retry_after_s = 6 * 3600;
	rig_run(rig, SECOND);
	assert_int_equal(rig->alarms, 1);
	outbox_case_restart();
	rig_run(rig, 6 * HOUR - MINUTE);
	assert_int_equal(sim->creates, 4);
	rig_run(rig, 2 * MINUTE);
	assert_int_equal(sim->creates, 5);
	assert_int_equal(rig->alarms, 0);
	sim->status = 0;
	outbox_case_restart();
	rig_run(rig, 7 * HOUR);
	assert_int_equal(sim->n_posts, 4);
	assert_int_equal(rig->alarms, 1);
	assert_string_equal(rig->alarm, "one: over");
	outbox_case_restart();
	say_many(1);
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 0);
}

static void test_token_refused(void **state)
{
	(void)state;
	say_many(1);
	sim->status = 401;
	rig_run(rig, 72 * HOUR);
	assert_true(paused_until() == NOW_NEVER);
	assert_int_equal(rig->alarms, 1);
	assert_string_equal(rig->alarm, "one: posts wait for somebody to act: the server said 401");
	outbox_case_restart();
	rig_run(rig, HOUR); /* tried once after a restart, and not told again */
	assert_int_equal(sim->creates, 2);
	assert_int_equal(rig->alarms, 0);
	sim->status = 0;
	outbox_resume(rig->outbox, -1);
	rig_run(rig, MINUTE);
	assert_int_equal(sim->n_posts, 1);
	assert_string_equal(rig->alarm, "one: over");
}

/* What the collector met is the same trouble: one alarm. */
static void test_collector_and_outbox(void **state)
{
	struct result result = {
	    .class = RESULT_AUTH, .not_before_ms = RIG_START_MS + HOUR, .text = "no credit"};

	(void)state;
	outbox_account_result(rig->outbox, 0, &result, &rig->now);
	assert_int_equal(rig->alarms, 0); /* told in the turn */
	assert_true(outbox_next(rig->outbox, &rig->now) <= rig->now.wall_ms);
	say_many(2);
	sim->status = SIM_NO_CREDIT;
	sim->retry_after_s = 3600;
	rig_run(rig, 5 * HOUR);
	assert_int_equal(rig->alarms, 1);
	assert_string_equal(
	    rig->alarm,
	    "one: posts wait for somebody to act, one is tried again in 1 h: no credit");
	assert_in_range(sim->creates, 4, 5);
}

/* A token that is refused outweighs a time; a time never shortens "until a human acts". */
static void test_the_longer_pause_holds(void **state)
{
	struct result result = {.class = RESULT_AUTH, .text = "401"};

	(void)state;
	outbox_account_result(rig->outbox, 0, &result, &rig->now);
	result.not_before_ms = RIG_START_MS + HOUR;
	outbox_account_result(rig->outbox, 0, &result, &rig->now);
	assert_true(paused_until() == NOW_NEVER);
}

static void test_long_limit(void **state)
{
	(void)state;
	say_many(1);
	sim->status = SIM_LONG_LIMIT;
	sim->retry_after_s = 10 * 3600;
	rig_run(rig, 18 * HOUR);
	assert_int_equal(sim->creates, 2);
	assert_int_equal(rig->alarms, 1);
	assert_string_equal(rig->alarm, "one: posts wait: the server said 420");
	sim->status = 0;
	rig_run(rig, 7 * HOUR);
	assert_int_equal(sim->n_posts, 1);
	assert_string_equal(rig->alarm, "one: over");
}

static void test_nobody_hears_of_the_ordinary(void **state)
{
	(void)state;
	say_many(4);
	sim->status = 429;
	sim->retry_after_s = 3600;
	rig_run(rig, 3 * HOUR);
	sim->status = 0;
	rig_run(rig, 3 * HOUR);
	assert_int_equal(sim->n_posts, 4);
	say_many(4);
	sim->refuses = true;
	rig_run(rig, 4 * MINUTE);
	sim->refuses = false;
	sim->error_next = 2;
	rig_run(rig, 3 * HOUR);
	assert_int_equal(sim->n_posts, 8);
	assert_int_equal(rig->alarms, 0);
}

/* Once when it has been so for ten minutes, and once when something is posted again. */
static void test_long_away(void **state)
{
	(void)state;
	say_many(4);
	sim->refuses = true;
	rig_run(rig, 9 * MINUTE);
	assert_int_equal(rig->alarms, 0);
	rig_run(rig, 9 * HOUR);
	assert_int_equal(rig->alarms, 1);
	assert_non_null(strstr(rig->alarm, "one: posting is delayed: "));
	sim->refuses = false;
	rig_run(rig, HOUR);
	assert_int_equal(sim->n_posts, 4);
	assert_int_equal(rig->alarms, 2);
	assert_string_equal(rig->alarm, "one: over");
}

/* A post that a look finds was taken before the trouble: it says nothing of its end. */
static void test_found_is_not_posted_again(void **state)
{
	struct result result = {
	    .class = RESULT_AUTH, .not_before_ms = RIG_START_MS + HOUR, .text = "no credit"};
	uint64_t id;

	(void)state;
	say_many(1);
	id = rig->last_id;
	sim->lose_next = 1;
	rig_turn(rig);
	outbox_account_result(rig->outbox, 0, &result, &rig->now);
	rig_run(rig, 2 * HOUR);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(rig->alarms, 1);
	rig_say(rig, 1, SAY_RECOVERY, "up", "T7K2");
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 2);
}

static void say_alarm(int event)
{
	const struct post_row row = {
	    .account = "one", .kind = POST_SAY, .event = event, .text = "two: no credit"};

	rig_add(rig, &row);
}

/* A line about another account meets a trouble: nobody hears of it until something else must wait. */
static void test_alarms_do_not_alarm(void **state)
{
	(void)state;
	say_alarm(SAY_ALARM);
	sim->status = SIM_NO_CREDIT;
	sim->retry_after_s = 6 * 3600;
	rig_run(rig, 7 * HOUR);
	assert_int_equal(rig->alarms, 0);
	assert_true(paused_until() > rig->now.wall_ms);
	outbox_case_restart();
	rig_run(rig, HOUR);
	assert_int_equal(rig->alarms, 0);
	say_many(2);
	rig_run(rig, 20 * HOUR);
	assert_int_equal(rig->alarms, 1);
	assert_string_equal(rig->alarm, "one: posts wait: the server said 402");
	sim->status = 0;
	rig_run(rig, 7 * HOUR);
	assert_int_equal(sim->n_posts, 3);
	assert_int_equal(rig->alarms, 2);
	assert_string_equal(rig->alarm, "one: over");
}

/* Nobody heard of it, so nobody hears of its end. */
static void test_end_of_what_nobody_heard(void **state)
{
	(void)state;
	say_alarm(SAY_ALARM);
	sim->status = SIM_NO_CREDIT;
	sim->retry_after_s = 6 * 3600;
	rig_run(rig, HOUR);
	sim->status = 0;
	rig_run(rig, 7 * HOUR);
	assert_int_equal(sim->n_posts, 1);
	say_many(1);
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 0);
}

static void test_notice_outlives_a_restart(void **state)
{
	(void)state;
	snprintf(sim->notice, sizeof sim->notice, "it made a link of what was none");
	say_many(1);
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 1);
	outbox_case_restart();
	rig_say(rig, 1, SAY_ACK, "ops are on it", "T7K2");
	rig_run(rig, 23 * HOUR);
	assert_int_equal(sim->n_posts, 2);
	assert_int_equal(rig->alarms, 0);
	outbox_case_restart();
	rig_run(rig, 2 * HOUR);
	rig_say(rig, 1, SAY_UPDATE, "1 d", "T7K2");
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 1);
}

/* What a line about another account meets is in the log: two accounts would alarm of each other. */
static void test_no_notice_by_an_alarm(void **state)
{
	(void)state;
	snprintf(sim->notice, sizeof sim->notice, "it made a link of what was none");
	say_alarm(SAY_ALARM);
	say_alarm(SAY_ALARM_OVER);
	rig_run(rig, MINUTE);
	assert_int_equal(sim->n_posts, 2);
	assert_int_equal(rig->alarms, 0);
	say_many(1);
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, outbox_case_up, outbox_case_down)
	const struct CMUnitTest tests[] = {
	    T(test_asked_again_by_then),
	    T(test_never_longer_than_a_day),
	    T(test_resume_ends_it_at_once),
	    T(test_restart),
	    T(test_token_refused),
	    T(test_collector_and_outbox),
	    T(test_the_longer_pause_holds),
	    T(test_long_limit),
	    T(test_nobody_hears_of_the_ordinary),
	    T(test_long_away),
	    T(test_found_is_not_posted_again),
	    T(test_alarms_do_not_alarm),
	    T(test_end_of_what_nobody_heard),
	    T(test_notice_outlives_a_restart),
	    T(test_no_notice_by_an_alarm)};

	return cmocka_run_group_tests_name("outbox_pause", tests, NULL, NULL);
}
