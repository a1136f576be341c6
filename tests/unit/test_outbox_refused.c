/*
 * The outbox where a network does not take what it is given: posts under their parent,
 * texts that stand there already, and what it says besides.
 */
#include "tests/unit/outbox_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

static const char alone_words[] = "one: its network does not let it answer its own posts: updates "
				  "stand alone with their tag for a day";

static const struct post_row *row_of(uint64_t id)
{
	const struct post_row *row = rig_row(rig, id);

	assert_non_null(row);
	return row;
}

static int64_t alone_until(void)
{
	struct outbox_health health;

	outbox_health(rig->outbox, 0, &rig->now, &health);
	return health.alone_until_ms;
}

/* A thread whose root stands there; what follows is refused, or not. */
static void root(uint64_t thread)
{
	uint64_t id = rig_say(rig, thread, SAY_PROBLEM, "Mail is down", "T7K2");

	rig_run(rig, SECOND);
	assert_int_equal(row_of(id)->state, POST_SENT);
}

static uint64_t follow(uint64_t thread, int event, const char *text)
{
	return rig_say(rig, thread, event, text, "T7K2");
}

/* --- under its parent --- */

static void test_parent_not_visible_yet(void **state)
{
	uint64_t id;

	(void)state;
	root(7);
	sim->refuse_parents = 1;
	id = follow(7, SAY_ACK, "ops are on it");
	rig_run(rig, 4 * SECOND);
	assert_int_equal(row_of(id)->state, POST_RETRY);
	assert_int_equal(row_of(id)->refusals, 1);
	assert_int_equal(sim->creates, 2);
	rig_run(rig, 2 * SECOND);
	assert_int_equal(row_of(id)->state, POST_SENT);
	assert_int_equal(sim->n_posts, 2);
	assert_string_equal(sim->posts[1].parent, sim->posts[0].id);
	assert_int_equal(alone_until(), 0);
	assert_int_equal(rig->alarms, 0);
}

static void test_parent_refused_twice(void **state)
{
	uint64_t id, next;

	(void)state;
	root(7);
	sim->refuse_parents = 2;
	id = follow(7, SAY_ACK, "ops are on it");
	next = follow(7, SAY_UPDATE, "1 h");
	rig_run(rig, MINUTE);
	assert_int_equal(row_of(id)->state, POST_SENT);
	assert_int_equal(row_of(next)->state, POST_SENT);
	assert_int_equal(sim->n_posts, 3);
	assert_string_equal(sim->posts[1].text, "ops are on it\n#T7K2");
	assert_string_equal(sim->posts[1].parent, ""); /* for this one only */
	assert_string_equal(sim->posts[2].parent, sim->posts[0].id);
	assert_int_equal(alone_until(), 0);
	assert_int_equal(rig->alarms, 0);
}

static void test_replies_refused(void **state)
{
	struct post_row row = {
	    .account = "one",
	    .kind = POST_ANSWER,
	    .event = -1,
	    .incident = 1,
	    .text = "@a@b it is fine",
	    .to = "a@b"};
	uint64_t id, other;

	(void)state;
	sim->refuses_replies = true;
	root(7);
	root(8);
	id = follow(7, SAY_ACK, "ops are on it");
	rig_run(rig, MINUTE);
	assert_int_equal(row_of(id)->state, POST_SENT);
	assert_string_equal(sim->posts[2].parent, "");
	assert_int_equal(sim->creates, 2 + 3);
	assert_int_equal(rig->alarms, 1);
	assert_string_equal(rig->alarm, alone_words);
	assert_true(alone_until() > rig->now.wall_ms + 23 * HOUR);
	/* for a day nobody asks again, in no thread, also after a restart */
	outbox_case_restart();
	other = follow(8, SAY_UPDATE, "1 h");
	rig_run(rig, 23 * HOUR);
	assert_int_equal(row_of(other)->state, POST_SENT);
	assert_string_equal(sim->posts[3].parent, "");
	assert_int_equal(sim->creates, 6);
	assert_true(alone_until() > rig->now.wall_ms);
	/* an answer to somebody keeps its parent */
	row.target =
	    sim_inject(
		sim,
		&(struct sim_reply){.account = "one", .author_id = "9", .acct = "a@b", .text = "?"})
		->id;
	rig_add(rig, &row);
	rig_run(rig, MINUTE);
	assert_string_equal(sim->posts[4].parent, row.target);
	assert_int_equal(rig->alarms, 0);
}

/* After the day one asks again: refused, another day without a word; taken, and all is as before. */
static void test_replies_are_tried_again(void **state)
{
	(void)state;
	sim->refuses_replies = true;
	root(7);
	follow(7, SAY_ACK, "ops are on it");
	rig_run(rig, 25 * HOUR);
	assert_int_equal(alone_until(), 0);
	outbox_case_restart();
	follow(7, SAY_UPDATE, "1 d");
	rig_run(rig, MINUTE);
	assert_int_equal(sim->n_posts, 3);
	assert_int_equal(sim->creates, 4 + 3);
	assert_true(alone_until() > rig->now.wall_ms);
	assert_int_equal(rig->alarms, 0);
	rig_run(rig, 25 * HOUR);
	sim->refuses_replies = false;
	follow(7, SAY_UPDATE, "2 d");
	rig_run(rig, MINUTE);
	assert_string_equal(sim->posts[3].parent, sim->posts[0].id);
	/* and when it begins anew it is told anew */
	sim->refuses_replies = true;
	follow(7, SAY_UPDATE, "3 d");
	rig_run(rig, MINUTE);
	assert_string_equal(sim->posts[4].parent, "");
	assert_int_equal(rig->alarms, 1);
}

static void test_collectors_row_is_kept(void **state)
{
	struct account_row row = {.name = "one", .cursor = "c7"};
	int64_t until_ms;

	(void)state;
	store_put_account(rig->store, &row);
	sim->refuses_replies = true;
	root(7);
	follow(7, SAY_ACK, "ops are on it");
	rig_run(rig, MINUTE);
	until_ms = alone_until();
	row.alone_until_ms = 0;
	outbox_case_restart();
	assert_true(until_ms && alone_until() == until_ms);
}

/* Killed at each step of the ladder: never twice, never lost, never a third question. */
static void test_killed_on_the_way(void **state)
{
	(void)state;
	sim->refuses_replies = true;
	for (unsigned turns = 1; turns <= 8; turns++) {
		char text[32];
		const struct sim_post *post = NULL;
		uint64_t id;

		root(10 + turns);
		snprintf(text, sizeof text, "update %u.", turns);
		id = follow(10 + turns, SAY_UPDATE, text);
		for (unsigned i = 0; i < turns; i++)
			rig_run(rig, i % 2 ? SECOND : 0);
		outbox_case_restart();
		rig_run(rig, 5 * MINUTE);
		assert_int_equal(row_of(id)->state, POST_SENT);
		assert_int_equal(sim_count(sim, "one", text, &post), 1);
		assert_string_equal(post->parent, "");
		rig_run(rig, 25 * HOUR); /* so that the next asks again */
	}
}

static void test_refused_once_is_remembered(void **state)
{
	uint64_t id;

	(void)state;
	root(7);
	sim->refuse_parents = 2;
	id = follow(7, SAY_ACK, "ops are on it");
	rig_run(rig, SECOND);
	assert_int_equal(row_of(id)->refusals, 1);
	outbox_case_restart();
	rig_run(rig, 10 * SECOND);
	assert_int_equal(row_of(id)->state, POST_SENT);
	assert_int_equal(sim->creates, 1 + 3);
	assert_string_equal(sim->posts[1].parent, "");
}

static void test_refused_answer_is_dead(void **state)
{
	struct sim_reply *words = sim_inject(
	    sim,
	    &(struct sim_reply){.account = "one", .author_id = "9", .acct = "a@b", .text = "?"});
	struct post_row row = {
	    .account = "one",
	    .kind = POST_ANSWER,
	    .event = -1,
	    .text = "@a@b it is fine",
	    .to = "a@b",
	    .target = words->id};
	uint64_t id = rig_add(rig, &row);

	(void)state;
	sim->refuse_parents = 1;
	rig_run(rig, MINUTE);
	assert_int_equal(row_of(id)->state, POST_DEAD);
	assert_int_equal(sim->creates, 1);
	assert_int_equal(alone_until(), 0);
}

/* The ladder costs nothing but the post that is taken. */
static void test_refusals_are_free(void **state)
{
	struct ledger_row spent;

	(void)state;
	sim->prices[PRICE_POST] = 15000;
	sim->refuses_replies = true;
	root(7);
	follow(7, SAY_ACK, "ops are on it");
	rig_run(rig, MINUTE);
	ledger_month(rig->ledger, "one", &rig->now, &spent);
	assert_int_equal(spent.posts_micro, 30000);
}

/* --- it stands there already --- */

/* Lost, not shown when it is looked for, sent again: refused, looked for, found. */
static void test_duplicate_is_found(void **state)
{
	uint64_t id;

	(void)state;
	sim->refuses_duplicates = true;
	id = follow(7, SAY_PROBLEM, "Mail is down");
	sim->late_next = 1;
	sim->late_ms = 2 * MINUTE;
	rig_run(rig, MINUTE);
	assert_int_equal(row_of(id)->state, POST_UNKNOWN);
	assert_true(row_of(id)->is_duplicate);
	assert_int_equal(sim->creates, 2);
	rig_run(rig, 10 * MINUTE);
	assert_int_equal(row_of(id)->state, POST_SENT);
	assert_string_equal(row_of(id)->remote_id, "1001");
	assert_int_equal(sim->creates, 2);
	assert_int_equal(sim->n_posts, 1);
}

static void duplicate_of_a_ghost(bool is_restarted)
{
	uint64_t id;

	sim->refuses_duplicates = true;
	id = follow(7, SAY_PROBLEM, "Mail is down");
	sim->late_next = 1;
	sim->late_ms = 48 * HOUR; /* the server knows it and never shows it */
	rig_run(rig, 5 * MINUTE);
	assert_int_equal(row_of(id)->state, POST_UNKNOWN);
	if (is_restarted)
		outbox_case_restart(); /* ten minutes begin anew, but it is not sent again */
	rig_run(rig, is_restarted ? 9 * MINUTE : 4 * MINUTE);
	assert_int_equal(row_of(id)->state, POST_UNKNOWN);
	assert_in_range(sim->reads, 4, 12);
	rig_run(rig, 3 * MINUTE);
	assert_int_equal(row_of(id)->state, POST_DEAD);
	assert_true(row_of(id)->maybe_sent);
	assert_string_equal(
	    row_of(id)->reason,
	    "its network says that it stands there already, but does not show it");
	assert_int_equal(sim->creates, 2);
}

static void test_duplicate_is_not_sent_again(void **state)
{
	(void)state;
	duplicate_of_a_ghost(false);
}

static void test_duplicate_after_a_restart(void **state)
{
	(void)state;
	duplicate_of_a_ghost(true);
}

/* Nobody could look: the usual patience holds. */
static void test_duplicate_that_cannot_be_looked_for(void **state)
{
	uint64_t id;

	(void)state;
	sim->refuses_duplicates = true;
	root(7);
	id = rig_say(rig, 8, SAY_PROBLEM, "Mail is down", "T7K2");
	sim->read_status = 503;
	rig_run(rig, HOUR);
	assert_int_equal(row_of(id)->state, POST_UNKNOWN);
	rig_run(rig, 2 * HOUR);
	assert_int_equal(row_of(id)->state, POST_DEAD);
	assert_string_equal(row_of(id)->reason, "could not find out whether it was posted");
}

static uint64_t answer(void)
{
	const struct post_row row = {
	    .account = "one",
	    .kind = POST_ANSWER,
	    .event = -1,
	    .incident = 7,
	    .text = "@a@b fine",
	    .to = "a@b"};

	return rig_add(rig, &row);
}

/* Somebody asked twice and is told the same: the second is refused, and holds nothing. */
static void test_duplicate_answer_ends(void **state)
{
	struct ledger_row spent;
	uint64_t first, second, end;

	(void)state;
	sim->prices[PRICE_POST] = sim->prices[PRICE_ANSWER] = 10000;
	sim->refuses_duplicates = true;
	root(7);
	first = answer();
	rig_run(rig, MINUTE);
	second = answer();
	rig_run(rig, SECOND);
	end = follow(7, SAY_RECOVERY, "Mail is back");
	rig_run(rig, SECOND);
	assert_int_equal(row_of(first)->state, POST_SENT);
	assert_int_equal(row_of(second)->state, POST_DEAD);
	assert_false(row_of(second)->maybe_sent);
	assert_string_equal(
	    row_of(second)->reason, "refused: an answer with the same words stands there already");
	assert_int_equal(row_of(end)->state, POST_SENT);
	assert_int_equal(sim->reads, 0);
	ledger_month(rig->ledger, "one", &rig->now, &spent);
	assert_int_equal(spent.posts_micro, 30000);
}

/* One whose answer was lost may be the one that stands there. */
static void test_duplicate_answer_may_be_ours(void **state)
{
	uint64_t id;

	(void)state;
	sim->refuses_duplicates = true;
	id = answer();
	sim->late_next = 1;
	sim->late_ms = 2 * MINUTE;
	rig_run(rig, MINUTE);
	assert_int_equal(row_of(id)->state, POST_UNKNOWN);
	assert_int_equal(sim->creates, 2);
	outbox_case_restart();
	rig_run(rig, 10 * MINUTE);
	assert_int_equal(row_of(id)->state, POST_SENT);
	assert_int_equal(sim->creates, 2);
}

/* --- what else it says --- */

static void test_notice(void **state)
{
	(void)state;
	snprintf(sim->notice, sizeof sim->notice, "it made a link of what was none");
	root(7);
	assert_int_equal(rig->alarms, 1);
	assert_string_equal(rig->alarm, "one: it made a link of what was none");
	follow(7, SAY_ACK, "ops are on it");
	rig_run(rig, 23 * HOUR);
	assert_int_equal(rig->alarms, 1); /* once a day */
	snprintf(sim->notice, sizeof sim->notice, "something else");
	follow(7, SAY_UPDATE, "1 h");
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 2);
	snprintf(sim->notice, sizeof sim->notice, "it made a link of what was none");
	follow(7, SAY_UPDATE, "2 h");
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 2);
	rig_run(rig, 2 * HOUR);
	follow(7, SAY_UPDATE, "3 h");
	rig_run(rig, MINUTE);
	assert_int_equal(rig->alarms, 3);
	assert_int_equal(sim->n_posts, 5);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, outbox_case_up, outbox_case_down)
	const struct CMUnitTest tests[] = {
	    T(test_parent_not_visible_yet),
	    T(test_parent_refused_twice),
	    T(test_replies_refused),
	    T(test_replies_are_tried_again),
	    T(test_collectors_row_is_kept),
	    T(test_killed_on_the_way),
	    T(test_refused_once_is_remembered),
	    T(test_refused_answer_is_dead),
	    T(test_refusals_are_free),
	    T(test_duplicate_is_found),
	    T(test_duplicate_is_not_sent_again),
	    T(test_duplicate_after_a_restart),
	    T(test_duplicate_that_cannot_be_looked_for),
	    T(test_duplicate_answer_ends),
	    T(test_duplicate_answer_may_be_ours),
	    T(test_notice)};

	return cmocka_run_group_tests_name("outbox_refused", tests, NULL, NULL);
}
