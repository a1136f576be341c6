/*
 * What the outbox takes back: posts of a retracted thread, in every state that they can have;
 * pauses by hand; and which sentences are ends. On a virtual clock and a simulated network.
 */
#include "agent/outbox_internal.h"
#include "tests/unit/outbox_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define MINUTE_OF_TEST 60000

static uint64_t say(uint64_t thread, int event, const char *text)
{
	return rig_say(rig, thread, event, text, "T7K2");
}

static void erase(uint64_t thread)
{
	outbox_erase_thread(rig->outbox, thread, &rig->now);
}

static enum post_state state_of(uint64_t id)
{
	const struct post_row *row = rig_row(rig, id);

	assert_non_null(row);
	return row->state;
}

static unsigned standing(void)
{
	return sim_count(sim, "one", "", NULL);
}

/* The DELETE rows of an incident. */
static struct post_row deletes[8];
static char targets[8][64], reasons[8][128];
static unsigned n_deletes;

static int keep_delete(void *arg, const struct post_row *row)
{
	(void)arg;
	if (row->kind != POST_DELETE || n_deletes == 8)
		return 0;
	deletes[n_deletes] = *row;
	snprintf(targets[n_deletes], sizeof targets[0], "%s", row->target);
	snprintf(reasons[n_deletes], sizeof reasons[0], "%s", row->reason);
	n_deletes++;
	return 0;
}

static void look_up(uint64_t incident)
{
	n_deletes = 0;
	store_posts_of_incident(rig->store, incident, keep_delete, NULL, NULL);
}

static void test_sent(void **state)
{
	uint64_t root = say(1, SAY_PROBLEM, "down"), update = say(1, SAY_UPDATE, "still");
	struct outbox_health health;

	(void)state;
	rig_run(rig, MINUTE_OF_TEST);
	assert_int_equal(standing(), 2);
	erase(1);
	erase(1); /* a second time asks for nothing more */
	rig_turn(rig);
	outbox_health(rig->outbox, 0, &rig->now, &health);
	rig_run(rig, MINUTE_OF_TEST);
	assert_int_equal(standing(), 0);
	look_up(1);
	assert_int_equal(n_deletes, 2);
	assert_int_equal(deletes[0].state, POST_SENT);
	assert_int_equal(deletes[0].reply, root);
	assert_int_equal(deletes[1].reply, update);
	/* what was posted is still known by its id */
	assert_int_equal(state_of(root), POST_SENT);
	assert_string_equal(rig_row(rig, root)->remote_id, targets[0]);
	outbox_health(rig->outbox, 0, &rig->now, &health);
	assert_int_equal(health.posts_day, 2); /* a delete is no post */
	erase(1); /* gone already: nothing happens */
	rig_run(rig, MINUTE_OF_TEST);
	assert_int_equal(standing(), 0);
}

static void test_waiting(void **state)
{
	uint64_t root;

	(void)state;
	sim->refuses = true;
	root = say(1, SAY_PROBLEM, "down");
	rig_run(rig, 1000);
	erase(1);
	sim->refuses = false;
	rig_run(rig, 10 * MINUTE_OF_TEST);
	assert_int_equal(state_of(root), POST_CANCELLED);
	look_up(1);
	assert_int_equal(n_deletes, 0);
	assert_int_equal(sim->n_posts, 0);
}

/* The delete is on disk before anything is asked for. */
static void test_committed_first(void **state)
{
	(void)state;
	say(1, SAY_PROBLEM, "down");
	rig_run(rig, MINUTE_OF_TEST);
	rig->commits_fail = true;
	erase(1);
	rig_turn(rig);
	rig_turn(rig);
	assert_int_equal(standing(), 1);
	rig->commits_fail = false;
	rig_run(rig, MINUTE_OF_TEST);
	assert_int_equal(standing(), 0);
}

/* Killed while it was under way: asked for again, which does no harm. */
static void test_killed(void **state)
{
	(void)state;
	say(1, SAY_PROBLEM, "down");
	rig_run(rig, MINUTE_OF_TEST);
	erase(1);
	rig_turn(rig); /* SENDING, and out */
	look_up(1);
	assert_int_equal(deletes[0].state, POST_SENDING);
	outbox_case_restart();
	rig_run(rig, MINUTE_OF_TEST);
	look_up(1);
	assert_int_equal(n_deletes, 1);
	assert_int_equal(deletes[0].state, POST_SENT);
	assert_int_equal(standing(), 0);
}

/* Its answer was lost: found first, then deleted; with a restart in between. */
static void test_unknown(void **state)
{
	uint64_t root;

	(void)state;
	sim->lose_next = 1;
	sim->read_status = 503;
	root = say(1, SAY_PROBLEM, "down");
	rig_run(rig, 1000);
	assert_int_equal(state_of(root), POST_UNKNOWN);
	erase(1);
	rig_run(rig, 1000);
	assert_int_equal(standing(), 1);
	outbox_case_restart();
	rig_run(rig, 1000);
	look_up(1);
	assert_int_equal(deletes[0].state, POST_QUEUED);
	sim->read_status = 0;
	rig_run(rig, 10 * MINUTE_OF_TEST);
	assert_int_equal(state_of(root), POST_SENT);
	look_up(1);
	assert_int_equal(deletes[0].state, POST_SENT);
	assert_int_equal(standing(), 0);
}

/* It never arrived: it is not sent again, and there is nothing to delete. */
static void test_never_arrived(void **state)
{
	uint64_t root;

	(void)state;
	sim->drop_next = 1;
	root = say(1, SAY_PROBLEM, "down");
	rig_run(rig, 500);
	erase(1);
	rig_turn(rig);
	outbox_case_restart();
	rig_run(rig, 10 * MINUTE_OF_TEST);
	assert_int_equal(state_of(root), POST_CANCELLED);
	look_up(1);
	assert_int_equal(deletes[0].state, POST_CANCELLED);
	assert_string_equal(reasons[0], "it was not posted");
	assert_int_equal(sim->n_posts, 0);
}

/* A retraction said of what is on its way: where that did not arrive, neither does. */
static void test_retraction_of_nothing(void **state)
{
	uint64_t root, retraction;

	(void)state;
	sim->drop_next = 1;
	root = say(1, SAY_PROBLEM, "down");
	rig_run(rig, 500);
	retraction = say(1, SAY_RETRACT, "false alarm");
	rig_turn(rig);
	outbox_case_restart();
	rig_run(rig, 10 * MINUTE_OF_TEST);
	assert_int_equal(state_of(root), POST_CANCELLED);
	assert_int_equal(state_of(retraction), POST_CANCELLED);
	assert_int_equal(sim->n_posts, 0);
}

static void test_refused(void **state)
{
	(void)state;
	say(1, SAY_PROBLEM, "down");
	rig_run(rig, MINUTE_OF_TEST);
	sim->status = 422;
	erase(1);
	rig_run(rig, MINUTE_OF_TEST);
	look_up(1);
	assert_int_equal(deletes[0].state, POST_DEAD);
	assert_string_equal(rig->note, "not deleted on one: the server said 422");
	assert_int_equal(standing(), 1);
}

/* Gone already is as good as deleted. */
static void test_gone(void **state)
{
	(void)state;
	say(1, SAY_PROBLEM, "down");
	rig_run(rig, MINUTE_OF_TEST);
	sim->posts[0].is_deleted = true;
	erase(1);
	rig_run(rig, MINUTE_OF_TEST);
	look_up(1);
	assert_int_equal(deletes[0].state, POST_SENT);
	assert_int_equal(rig->notes, 0);
}

static void test_cannot(void **state)
{
	struct notifier keeps = notifier_sim;

	(void)state;
	say(1, SAY_PROBLEM, "down");
	say(1, SAY_UPDATE, "still");
	rig_run(rig, MINUTE_OF_TEST);
	keeps.caps &= ~(unsigned)NOTIFIER_DELETES;
	rig->notifiers[0] = &keeps;
	outbox_set_accounts(rig->outbox, &rig->config, rig->notifiers, rig->opened);
	erase(1);
	assert_string_equal(rig->note, "cannot be deleted on one");
	assert_int_equal(rig->notes, 1);
	rig_run(rig, MINUTE_OF_TEST);
	look_up(1);
	assert_int_equal(n_deletes, 0);
	assert_int_equal(standing(), 2);
}

static void test_money(void **state)
{
	int64_t prices[PRICES] = {[PRICE_POST] = 15000, [PRICE_DELETE] = 10000};

	(void)state;
	memcpy(sim->prices, prices, sizeof prices);
	rig->accounts[0].usd_micro_per_month = 40000;
	outbox_case_restart();
	rig->accounts[0].usd_micro_per_month = 40000;
	outbox_set_accounts(rig->outbox, &rig->config, rig->notifiers, rig->opened);
	say(1, SAY_PROBLEM, "down");
	rig_run(rig, MINUTE_OF_TEST);
	/* no money left but for one delete: it may, nothing else may */
	ledger_post(rig->ledger, "one", 15000, &rig->now);
	erase(1);
	say(2, SAY_PROBLEM, "another");
	rig_run(rig, MINUTE_OF_TEST);
	look_up(1);
	assert_int_equal(deletes[0].state, POST_SENT);
	assert_int_equal(deletes[0].cost_micro, 10000);
	assert_int_equal(standing(), 0);
}

/* --- pauses by hand ------------------------------------------------------------------- */

static void test_paused_account(void **state)
{
	uint64_t told = say(1, SAY_PROBLEM, "down"), root, answer, on_two;

	(void)state;
	rig_run(rig, MINUTE_OF_TEST);
	rig->is_paused = true;
	root = say(2, SAY_PROBLEM, "another");
	answer = say(0, -1, "an answer");
	on_two = rig_add(
	    rig, &(struct post_row){.account = "two", .kind = POST_SAY, .event = SAY_PROBLEM, .text = "x"});
	erase(1); /* what is to go may go */
	rig_run(rig, 30 * MINUTE_OF_TEST);
	assert_int_equal(state_of(root), POST_QUEUED);
	assert_int_equal(state_of(answer), POST_QUEUED);
	assert_int_equal(state_of(on_two), POST_SENT);
	assert_int_equal(standing(), 0);
	assert_int_equal(state_of(told), POST_SENT);
	rig->is_paused = false;
	outbox_stir(rig->outbox);
	rig_run(rig, MINUTE_OF_TEST);
	assert_int_equal(state_of(root), POST_SENT);
	assert_int_equal(state_of(answer), POST_SENT);
}

/* On its way when the pause began, and it did not arrive: not sent again while it lasts. */
static void test_paused_on_its_way(void **state)
{
	uint64_t root;

	(void)state;
	sim->drop_next = 1;
	root = say(1, SAY_PROBLEM, "down");
	rig_run(rig, 500);
	rig->paused_thread = 1;
	rig_run(rig, 30 * MINUTE_OF_TEST);
	assert_int_equal(state_of(root), POST_RETRY);
	assert_int_equal(sim->n_posts, 0);
	rig->paused_thread = 0;
	outbox_stir(rig->outbox);
	rig_run(rig, MINUTE_OF_TEST);
	assert_int_equal(state_of(root), POST_SENT);
}

/* --- which sentences are ends ------------------------------------------------------------ */

enum end { NO_END, HAS_RESERVE, IS_END };

static enum end end_of(int event)
{
	switch (event) {
	case SAY_RECOVERY:
	case SAY_STABLE:
	case SAY_ENDED:
	case SAY_CLOSED:
	case SAY_CANCELLED:
	case SAY_RECALLED:
	case SAY_GONE:
	case SAY_RETRACT: return IS_END;
	case SAY_PAST:
	case SAY_DIGEST:
	case SAY_ENDED_BAD: return HAS_RESERVE;
	}
	return NO_END;
}

/* An end whose beginning was never posted is not said; anything else may begin a thread. */
static void test_ends(void **state)
{
	(void)state;
	for (int event = 0; event < SAY_EVENTS; event++) {
		uint64_t thread = 100 + (uint64_t)event, first, last;
		struct post p = {.row = {.event = event}};

		assert_int_equal(post_is_end(&p), end_of(event) == IS_END);
		assert_int_equal(post_has_reserve(&p), end_of(event) != NO_END);
		first = say(thread, SAY_PROBLEM, "down");
		outbox_cancel_thread(rig->outbox, thread);
		last = say(thread, event, "words");
		rig_run(rig, 100);
		assert_int_equal(state_of(first), POST_CANCELLED);
		assert_int_equal(state_of(last), end_of(event) == IS_END ? POST_CANCELLED : POST_SENT);
	}
}

static void count_waiting(void *arg, const struct post_row *row)
{
	(void)row;
	++*(unsigned *)arg;
}

/* Newer words replace older ones of their kind; but what somebody says, whom we call, and what is of one
 * question stays. */
static void test_replaced(void **state)
{
	(void)state;
	sim->refuses = true;
	for (int event = 0; event < SAY_EVENTS; event++) {
		uint64_t thread = 200 + (uint64_t)event;
		unsigned waiting = 0;

		say(thread, event, "old");
		say(thread, event, "new");
		outbox_each(rig->outbox, count_waiting, &waiting);
		assert_int_equal(waiting, event == SAY_SAY || event == SAY_ESCALATE || event == SAY_APPROVE ? 2 : 1);
		outbox_cancel_thread(rig->outbox, thread);
	}
}

/* Two summaries belong to no incident: one that is not settled does not hold up the other. */
static void test_summaries(void **state)
{
	struct post_row row = {
	    .account = "one", .kind = POST_SAY, .event = SAY_DIGEST, .thread = 1, .tag = "TAAA", .text = "one\n#TAAA"};
	uint64_t one, two, three;

	(void)state;
	sim->lose_next = 1;
	sim->read_status = 503;
	one = rig_add(rig, &row);
	rig_run(rig, 1000);
	assert_int_equal(state_of(one), POST_UNKNOWN);
	row.thread = 2;
	row.tag = "TBBB";
	row.text = "two\n#TBBB";
	two = rig_add(rig, &row);
	row.thread = 3;
	row.tag = "TAAA";
	row.text = "three\n#TAAA";
	three = rig_add(rig, &row); /* a look could not tell it from the first */
	rig_run(rig, 1000);
	assert_int_equal(state_of(two), POST_SENT);
	assert_int_equal(state_of(three), POST_QUEUED);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, outbox_case_up, outbox_case_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_sent),	  CASE(test_waiting),	       CASE(test_committed_first),
	    CASE(test_killed),	  CASE(test_unknown),	       CASE(test_never_arrived),
	    CASE(test_refused),	  CASE(test_retraction_of_nothing),
	    CASE(test_gone),	  CASE(test_cannot),	       CASE(test_money),
	    CASE(test_ends),	  CASE(test_paused_account),   CASE(test_paused_on_its_way),
	    CASE(test_replaced),  CASE(test_summaries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
