/*
 * The outbox: every class of result, and the order within a thread.
 * UNKNOWN is in test_outbox_settle.c; budgets, pauses and restarts in test_outbox_queue.c.
 */
#include "tests/unit/outbox_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

static struct rig *rig;
static struct sim *sim;

static int up(void **state)
{
	(void)state;
	rig = calloc(1, sizeof *rig);
	sim = sim_create();
	rig_start(rig, sim, NULL, NULL, NULL);
	return 0;
}

static int down(void **state)
{
	(void)state;
	rig_stop(rig);
	free(rig);
	sim_destroy(sim);
	return 0;
}

static enum post_state state_of(uint64_t id)
{
	const struct post_row *row = rig_row(rig, id);

	assert_non_null(row);
	return row->state;
}

static void test_sent(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	const struct sim_post *post = NULL;
	const struct post_row *row;

	(void)state;
	rig_run(rig, 10 * SECOND);
	assert_int_equal(sim_count(sim, "one", NULL, &post), 1);
	assert_string_equal(post->text, "Mail is down\n#T7K2");
	assert_string_equal(post->parent, "");
	assert_string_equal(post->language, "en");
	assert_int_equal(post->visibility, VISIBILITY_UNLISTED);
	row = rig_row(rig, id);
	assert_int_equal(row->state, POST_SENT);
	assert_string_equal(row->remote_id, post->id);
	assert_true(row->uri[0]);
	assert_string_equal(row->key, post->key);
	assert_int_equal(strlen(row->key), 32);
	assert_int_equal(strspn(row->key, "0123456789abcdef"), 32);
	assert_int_equal(row->attempts, 1);
	assert_int_equal(rig->n_told, 2);
	assert_int_equal(rig->told[0].delivery, DELIVERY_UNSETTLED);
	assert_int_equal(rig->told[1].delivery, DELIVERY_SENT);
	assert_true(rig->told[1].is_root);
	assert_int_equal(outbox_next(rig->outbox, &rig->now), NOW_NEVER);
}

static void test_thread_in_order(void **state)
{
	uint64_t root = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	const struct sim_post *first = NULL, *post = NULL;

	(void)state;
	rig_say(rig, 7, SAY_ACK, "ops are on it", "T7K2");
	rig_say(rig, 7, SAY_RECOVERY, "Mail is back", "T7K2");
	rig_turn(rig);
	assert_int_equal(state_of(root), POST_SENDING);
	assert_int_equal(state_of(rig->last_id), POST_QUEUED);
	rig_run(rig, 10 * SECOND);
	assert_int_equal(sim->n_posts, 3);
	assert_int_equal(sim_count(sim, "one", "Mail is down", &first), 1);
	assert_int_equal(sim_count(sim, "one", "ops are", &post), 1);
	assert_string_equal(post->parent, first->id);
	assert_int_equal(sim_count(sim, "one", "is back", &post), 1);
	assert_string_equal(post->parent, first->id);
	assert_string_equal(sim->posts[2].text, "Mail is back\n#T7K2");
	/* later, when nothing of the thread is in memory any more */
	rig_say(rig, 7, SAY_AGAIN, "Mail is down again", "T7K2");
	rig_run(rig, 10 * SECOND);
	assert_string_equal(sim->posts[3].parent, first->id);
	assert_false(rig->told[rig->n_told - 1].is_root);
}

static void test_retry(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	const struct post_row *row;
	int64_t waited;

	(void)state;
	sim->refuses = true;
	rig_turn(rig);
	rig_turn(rig);
	row = rig_row(rig, id);
	assert_int_equal(row->state, POST_RETRY);
	assert_string_equal(row->reason, "connection refused");
	waited = row->not_before_ms - rig->now.wall_ms;
	assert_in_range(waited, 3750, 5000);
	rig_run(rig, HOUR);
	row = rig_row(rig, id);
	waited = row->not_before_ms - rig->now.wall_ms;
	assert_true(waited <= 5 * MINUTE);
	assert_in_range(row->attempts, 15, 25);
	assert_int_equal(rig_count_told(rig, id, DELIVERY_QUEUED), row->attempts);
	sim->refuses = false;
	rig_run(rig, 5 * MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->n_posts, 1);
}

static void test_age_limits(void **state)
{
	uint64_t said = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	uint64_t follower = rig_say(rig, 7, SAY_RECOVERY, "Mail is back", "T7K2");
	uint64_t answer = rig_say(rig, 0, -1, "@a@b you are welcome", "T7K2");
	struct post_row row = {
	    .account = "one", .kind = POST_FAVOURITE, .target = "5", .event = -1};
	uint64_t favourite = rig_add(rig, &row);

	(void)state;
	sim->refuses = true;
	rig_run(rig, HOUR - 5 * MINUTE);
	assert_int_equal(state_of(answer), POST_RETRY);
	assert_int_equal(state_of(favourite), POST_RETRY);
	rig_run(rig, 10 * MINUTE);
	assert_int_equal(state_of(answer), POST_DEAD);
	assert_string_equal(rig_row(rig, answer)->reason, "too old; last: connection refused");
	assert_int_equal(state_of(favourite), POST_DEAD);
	assert_int_equal(state_of(said), POST_RETRY);
	rig_run(rig, 24 * HOUR);
	assert_int_equal(state_of(said), POST_DEAD);
	assert_false(rig_row(rig, said)->maybe_sent);
	assert_int_equal(state_of(follower), POST_CANCELLED);
	assert_int_equal(rig_count_told(rig, said, DELIVERY_DEAD), 1);
	assert_int_equal(rig_count_told(rig, follower, DELIVERY_DEAD), 1);
	assert_int_equal(rig_count_told(rig, answer, DELIVERY_DEAD), 0);
	assert_int_equal(sim->n_posts, 0);
}

static void test_permanent_root(void **state)
{
	uint64_t root = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	uint64_t ack = rig_say(rig, 7, SAY_ACK, "ops are on it", "T7K2"), recovery, worse;

	(void)state;
	sim->status = 422;
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(root), POST_DEAD);
	assert_string_equal(rig_row(rig, root)->reason, "the server said 422");
	assert_int_equal(state_of(ack), POST_CANCELLED);
	assert_int_equal(rig_count_told(rig, root, DELIVERY_DEAD), 1);
	assert_int_equal(rig_count_told(rig, ack, DELIVERY_DEAD), 1);
	assert_int_equal(rig->notes, 1);
	/* no recovery without its problem, but another problem may be said */
	sim->status = 0;
	recovery = rig_say(rig, 7, SAY_RECOVERY, "Mail is back", "T7K2");
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(recovery), POST_CANCELLED);
	worse = rig_say(rig, 7, SAY_WORSE, "Mail is worse", "T7K2");
	recovery = rig_say(rig, 7, SAY_RECOVERY, "Mail is back", "T7K2");
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(worse), POST_SENT);
	assert_int_equal(state_of(recovery), POST_SENT);
	assert_string_equal(sim->posts[1].parent, sim->posts[0].id);
}

static void test_bug_and_refused_job(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2"), empty;

	(void)state;
	sim->status = 418;
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_DEAD);
	sim->status = 0;
	empty = rig_say(rig, 8, SAY_PROBLEM, "", NULL);
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(empty), POST_DEAD);
	assert_string_equal(rig_row(rig, empty)->reason, "nothing to say");
}

static void test_dead_follower_leaves_the_rest(void **state)
{
	uint64_t id;

	(void)state;
	rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	rig_run(rig, MINUTE);
	sim->status = 422;
	id = rig_say(rig, 7, SAY_ACK, "ops are on it", "T7K2");
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_DEAD);
	sim->status = 0;
	rig_say(rig, 7, SAY_RECOVERY, "Mail is back", "T7K2");
	rig_run(rig, MINUTE);
	assert_int_equal(sim->n_posts, 2);
	assert_string_equal(sim->posts[1].parent, sim->posts[0].id);
}

static void test_limit(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	struct outbox_health health;

	(void)state;
	sim->status = 429;
	sim->retry_after_s = 300;
	rig_run(rig, SECOND);
	rig_say(rig, 8, SAY_PROBLEM, "Web is down", "T9QM");
	rig_run(rig, 4 * MINUTE);
	assert_int_equal(sim->creates, 1);
	assert_int_equal(state_of(id), POST_RETRY);
	assert_int_equal(rig_row(rig, id)->attempts, 0);
	outbox_health(rig->outbox, 0, &rig->now, &health);
	assert_int_equal(health.paused_until_ms, RIG_START_MS + 300 * SECOND);
	assert_string_equal(health.pause_reason, "the server said 429");
	assert_int_equal(health.queued, 2);
	assert_int_equal(health.oldest_ms, RIG_START_MS);
	sim->status = 0;
	rig_run(rig, 2 * MINUTE);
	assert_int_equal(sim->n_posts, 2);
	outbox_health(rig->outbox, 0, &rig->now, &health);
	assert_int_equal(health.paused_until_ms, 0);
	assert_int_equal(health.queued, 0);
}

static void test_limit_without_time(void **state)
{
	(void)state;
	sim->status = 429;
	rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	rig_run(rig, 59 * SECOND);
	assert_int_equal(sim->creates, 1);
	rig_run(rig, 2 * SECOND);
	assert_int_equal(sim->creates, 2);
}

static void test_auth(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	struct outbox_health health;

	(void)state;
	sim->status = 401;
	rig_run(rig, 72 * HOUR);
	assert_int_equal(sim->creates, 1);
	assert_int_equal(state_of(id), POST_QUEUED);
	outbox_health(rig->outbox, 0, &rig->now, &health);
	assert_int_equal(health.paused_until_ms, NOW_NEVER);
	sim->status = 0;
	outbox_resume(rig->outbox, 0);
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(rig_row(rig, id)->attempts, 1);
}

static void test_other_account_goes_on(void **state)
{
	struct post_row row = {
	    .thread = 8, .incident = 1, .account = "two", .event = SAY_PROBLEM, .text = "x"};

	(void)state;
	outbox_account_result(
	    rig->outbox, 0, &(struct result){.class = RESULT_AUTH, .text = "401"}, &rig->now);
	rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	rig_add(rig, &row);
	rig_run(rig, MINUTE);
	assert_int_equal(sim_count(sim, "one", NULL, NULL), 0);
	assert_int_equal(sim_count(sim, "two", NULL, NULL), 1);
}

static void test_one_creating_per_incident(void **state)
{
	struct post_row row = {.incident = 1, .account = "one", .event = SAY_PROBLEM, .text = "x"};

	(void)state;
	sim->latency_ms = 10 * SECOND;
	for (uint64_t t = 1; t <= 3; t++) {
		row.thread = t;
		rig_add(rig, &row);
	}
	rig_say(rig, 0, -1, "an answer", NULL);
	rig_run(rig, 5 * SECOND);
	assert_int_equal(sim->creates, 1);
	rig_run(rig, 10 * SECOND);
	assert_int_equal(sim->creates, 2);
	rig_run(rig, MINUTE);
	assert_int_equal(sim->creates, 4);
}

static void test_four_in_flight(void **state)
{
	(void)state;
	sim->latency_ms = 10 * SECOND;
	for (unsigned i = 1; i <= 10; i++)
		rig_say(rig, i, SAY_PROBLEM, "down", "T7K2");
	rig_run(rig, SECOND);
	assert_int_equal(sim->creates, 4);
	rig_run(rig, 10 * SECOND);
	assert_int_equal(sim->creates, 8);
	rig_run(rig, 20 * SECOND);
	assert_int_equal(sim->n_posts, 10);
}

/* Where answers come at once a commit marks more of them; a slow one, or none, and it is four again. */
static void test_eight_where_quick(void **state)
{
	(void)state;
	sim->latency_ms = 100;
	for (unsigned i = 1; i <= 40; i++)
		rig_say(rig, i, SAY_PROBLEM, "down", "T7K2");
	rig_run(rig, 50);
	assert_int_equal(sim->creates, 4);
	rig_run(rig, 100);
	assert_int_equal(sim->creates, 12);
	sim->latency_ms = 10 * SECOND;
	rig_run(rig, 100);
	assert_int_equal(sim->creates, 20);
	rig_run(rig, 10 * SECOND);
	assert_int_equal(sim->creates, 24);
	rig_run(rig, MINUTE);
	assert_int_equal(sim->n_posts, 40);
}

static void test_replaced(void **state)
{
	uint64_t root, update, newer, ack;

	(void)state;
	sim->refuses = true;
	root = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	update = rig_say(rig, 7, SAY_UPDATE, "1 h", "T7K2");
	ack = rig_say(rig, 7, SAY_ACK, "ops are on it", "T7K2");
	rig_run(rig, MINUTE);
	newer = rig_say(rig, 7, SAY_UPDATE, "2 h", "T7K2");
	assert_int_not_equal(newer, update);
	assert_int_equal(rig_say(rig, 7, SAY_PROBLEM, "Mail is down since 9", "T7K2"), root);
	rig_turn(rig);
	assert_int_equal(state_of(update), POST_CANCELLED);
	assert_string_equal(rig_row(rig, update)->reason, "replaced by newer text");
	assert_int_not_equal(state_of(root), POST_CANCELLED);
	assert_string_equal(rig_row(rig, root)->text, "Mail is down since 9\n#T7K2");
	sim->refuses = false;
	rig_run(rig, HOUR);
	assert_int_equal(sim->n_posts, 3);
	assert_string_equal(sim->posts[0].text, "Mail is down since 9\n#T7K2");
	assert_string_equal(sim->posts[1].text, "ops are on it\n#T7K2");
	assert_string_equal(sim->posts[2].text, "2 h\n#T7K2");
	assert_string_equal(sim->posts[2].parent, sim->posts[0].id);
	assert_int_equal(state_of(ack), POST_SENT);
}

static void test_cancel_thread(void **state)
{
	uint64_t root = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2"), past;

	(void)state;
	sim->refuses = true;
	rig_run(rig, MINUTE);
	assert_true(outbox_is_pending(rig->outbox, 7, SAY_PROBLEM));
	assert_false(outbox_is_pending(rig->outbox, 7, SAY_PAST));
	outbox_cancel_thread(rig->outbox, 7);
	assert_false(outbox_is_pending(rig->outbox, 7, SAY_PROBLEM));
	past = rig_say(rig, 7, SAY_PAST, "Mail was down", "T7K2");
	rig_turn(rig);
	assert_int_equal(state_of(root), POST_CANCELLED);
	assert_int_equal(rig_count_told(rig, root, DELIVERY_DEAD), 0);
	sim->refuses = false;
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(past), POST_SENT);
	assert_int_equal(sim->n_posts, 1);
	outbox_cancel_thread(rig->outbox, 99);
}

static void test_cancel_spares_what_is_on_its_way(void **state)
{
	uint64_t root = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2"), ack, recovery;

	(void)state;
	sim->latency_ms = 5 * SECOND;
	ack = rig_say(rig, 7, SAY_ACK, "ops are on it", "T7K2");
	rig_turn(rig);
	outbox_cancel_thread(rig->outbox, 7);
	assert_true(outbox_is_pending(rig->outbox, 7, SAY_PROBLEM));
	assert_false(outbox_is_pending(rig->outbox, 7, SAY_ACK));
	recovery = rig_say(rig, 7, SAY_RECOVERY, "Mail is back", "T7K2");
	rig_run(rig, MINUTE);
	assert_false(outbox_is_pending(rig->outbox, 7, SAY_PROBLEM));
	assert_int_equal(state_of(root), POST_SENT);
	assert_int_equal(state_of(ack), POST_CANCELLED);
	assert_int_equal(state_of(recovery), POST_SENT);
	assert_string_equal(sim->posts[1].parent, sim->posts[0].id);
}

static void test_answer_and_favourite(void **state)
{
	struct sim_reply *words = sim_inject(
	    sim,
	    &(struct sim_reply){.account = "one", .author_id = "9", .acct = "a@b", .text = "?"});
	struct post_row row = {
	    .account = "one",
	    .kind = POST_ANSWER,
	    .event = -1,
	    .incident = 1,
	    .reply = 5,
	    .text = "@a@b it is fine",
	    .to = "a@b",
	    .target = words->id,
	    .visibility = VISIBILITY_DIRECT};
	uint64_t answer = rig_add(rig, &row), favourite;

	(void)state;
	row.kind = POST_FAVOURITE;
	row.text = "";
	favourite = rig_add(rig, &row);
	sim->lose_every = 2; /* whichever is the second */
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(answer), POST_SENT);
	assert_int_equal(state_of(favourite), POST_SENT);
	assert_int_equal(sim->n_posts, 1);
	assert_int_equal(sim->n_favourites, 1);
	assert_string_equal(sim->posts[0].parent, words->id);
	assert_string_equal(sim->posts[0].to, "a@b");
	assert_int_equal(sim->posts[0].visibility, VISIBILITY_DIRECT);
	assert_int_equal(rig->n_told, 0);
}

/* The answer is lost; then the wall clock, an hour fast, is put right, and only now we can look. */
static void test_clock_put_right_before_a_look(void **state)
{
	uint64_t id;

	(void)state;
	sim->skew_ms = -HOUR;
	sim->lose_next = 1;
	sim->read_status = 503;
	id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_UNKNOWN);
	sim->skew_ms = 0;
	rig->now.wall_ms -= HOUR;
	sim->now_ms = rig->now.wall_ms;
	rig_turn(rig);
	assert_in_range(
	    rig_row(rig, id)->sending_ms, RIG_START_MS - HOUR, RIG_START_MS - HOUR + MINUTE);
	sim->read_status = 0;
	rig_run(rig, 5 * MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->creates, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
	const struct CMUnitTest tests[] = {
	    T(test_sent),
	    T(test_thread_in_order),
	    T(test_retry),
	    T(test_age_limits),
	    T(test_permanent_root),
	    T(test_bug_and_refused_job),
	    T(test_dead_follower_leaves_the_rest),
	    T(test_limit),
	    T(test_limit_without_time),
	    T(test_auth),
	    T(test_other_account_goes_on),
	    T(test_one_creating_per_incident),
	    T(test_four_in_flight),
	    T(test_eight_where_quick),
	    T(test_replaced),
	    T(test_cancel_thread),
	    T(test_cancel_spares_what_is_on_its_way),
	    T(test_answer_and_favourite),
	    T(test_clock_put_right_before_a_look)};

	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
