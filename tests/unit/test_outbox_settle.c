/*
 * The outbox: posts whose answer was lost. Found, absent, not to be looked for.
 */
#include "tests/unit/outbox_rig.h"

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

static int is_alias_of(void *arg, const struct post_row *row)
{
	*(uint64_t *)arg = row->id;
	return 0;
}

static uint64_t post_of(const char *remote_id)
{
	uint64_t id = 0;

	store_post_by_remote(rig->store, "one", remote_id, is_alias_of, &id, NULL);
	return id;
}

static void test_found(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2"), ack;
	const struct post_row *row;

	(void)state;
	sim->lose_next = 1;
	ack = rig_say(rig, 7, SAY_ACK, "ops are on it", "T7K2");
	rig_turn(rig);
	rig_turn(rig);
	assert_int_equal(state_of(id), POST_UNKNOWN);
	assert_int_equal(state_of(ack), POST_QUEUED);
	rig_run(rig, 5 * SECOND);
	row = rig_row(rig, id);
	assert_int_equal(row->state, POST_SENT);
	assert_string_equal(row->remote_id, sim->posts[0].id);
	assert_string_equal(row->uri, "sim:/posts/1001");
	assert_int_equal(post_of("1001"), id);
	assert_int_equal(sim->n_posts, 2);
	assert_string_equal(sim->posts[1].parent, sim->posts[0].id);
	assert_int_equal(sim->reads, 1);
	assert_int_equal(rig->notes, 1);
	assert_int_equal(rig_count_told(rig, id, DELIVERY_SENT), 1);
	assert_int_equal(rig_count_told(rig, id, DELIVERY_DEAD), 0);
}

static void test_found_after_500(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");

	(void)state;
	sim->error_next = 1;
	rig_run(rig, 5 * SECOND);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->n_posts, 1);
}

static void test_found_without_an_id(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");

	(void)state;
	sim->empty_ids = true;
	rig_turn(rig);
	sim->empty_ids = false;
	rig_run(rig, 5 * SECOND);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->n_posts, 1);
}

/* 45 posts of others lie above ours: three pages. */
static void test_found_on_a_later_page(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");

	(void)state;
	sim->lose_next = 1;
	rig_turn(rig);
	for (unsigned i = 1; i <= 45; i++) {
		struct sim_post *p = &sim->posts[sim->n_posts++];

		*p = sim->posts[0];
		snprintf(p->id, sizeof p->id, "%u", 2000 + i);
		snprintf(p->text, sizeof p->text, "by hand, number %u", i);
	}
	rig_run(rig, 5 * SECOND);
	assert_int_equal(state_of(id), POST_SENT);
	assert_string_equal(rig_row(rig, id)->remote_id, "1001");
	assert_int_equal(sim->reads, 3);
}

static void test_sent_again(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	char key[40];

	(void)state;
	sim->drop_next = 1;
	rig_run(rig, 19 * SECOND);
	assert_int_equal(state_of(id), POST_UNKNOWN);
	assert_int_equal(rig_row(rig, id)->looks, 1);
	assert_int_equal(sim->reads, 1);
	assert_int_equal(sim->creates, 1);
	snprintf(key, sizeof key, "%s", rig_row(rig, id)->key);
	rig_run(rig, 2 * SECOND);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->creates, 2);
	assert_int_equal(sim->n_posts, 1);
	assert_string_equal(sim->posts[0].key, key);
	assert_int_equal(rig_row(rig, id)->attempts, 2);
	/* one more look for a double, then it is quiet */
	rig_run(rig, 5 * MINUTE);
	assert_int_equal(sim->reads, 3);
	assert_int_equal(outbox_next(rig->outbox, &rig->now), NOW_NEVER);
}

static void test_late_double_is_reported(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");

	(void)state;
	sim->late_next = 1;
	sim->late_ms = 40 * SECOND;
	rig_run(rig, 5 * MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim_count(sim, "one", NULL, NULL), 2);
	assert_int_equal(post_of("1001"), id);
	assert_int_equal(post_of("1002"), id);
}

/* The problem came twice, late; the acknowledgement that is looked for is not taken for it. */
static void test_late_double_is_not_another(void **state)
{
	uint64_t problem = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2"), ack;

	(void)state;
	rig_run(rig, SECOND);
	ack = rig_say(rig, 7, SAY_ACK, "ops are on it", "T7K2");
	sim->drop_next = 1;
	rig_turn(rig);
	sim->posts[1] = sim->posts[0];
	snprintf(sim->posts[1].id, SIM_ID, "2001");
	sim->n_posts++;
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(ack), POST_SENT);
	assert_int_equal(sim_count(sim, "one", "ops are", NULL), 1);
	assert_int_equal(post_of("2001"), problem);
}

static void test_late_but_before_the_second_look(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");

	(void)state;
	sim->late_next = 1;
	sim->late_ms = 15 * SECOND;
	rig_run(rig, HOUR);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->creates, 1);
}

static void test_cannot_look(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2"), recovery;
	uint64_t update = rig_say(rig, 7, SAY_UPDATE, "1 h", "T7K2");

	(void)state;
	sim->lose_next = 1;
	sim->read_status = 503;
	rig_run(rig, 2 * HOUR - MINUTE);
	assert_int_equal(state_of(id), POST_UNKNOWN);
	assert_in_range(sim->reads, 20, 40);
	rig_run(rig, 2 * MINUTE);
	assert_int_equal(state_of(id), POST_DEAD);
	assert_true(rig_row(rig, id)->maybe_sent);
	assert_true(rig->told[1].is_root);
	assert_int_equal(rig_count_told(rig, id, DELIVERY_DEAD), 1);
	/* what follows stands alone; what follows that hangs under it */
	assert_int_equal(state_of(update), POST_SENT);
	assert_string_equal(sim->posts[1].parent, "");
	recovery = rig_say(rig, 7, SAY_RECOVERY, "Mail is back", "T7K2");
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(recovery), POST_SENT);
	assert_string_equal(sim->posts[2].parent, sim->posts[1].id);
	assert_int_equal(sim->n_posts, 3);
}

static void test_can_look_again(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");

	(void)state;
	sim->lose_next = 1;
	sim->read_status = 503;
	rig_run(rig, 30 * MINUTE);
	sim->read_status = 0;
	rig_run(rig, 5 * MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->n_posts, 1);
}

/* A look that is refused tells about the account; the post waits for the human, but not for ever. */
static void test_look_meets_auth(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	struct outbox_health health;

	(void)state;
	sim->lose_next = 1;
	sim->read_status = 401;
	rig_run(rig, HOUR);
	assert_int_equal(sim->reads, 1);
	outbox_health(rig->outbox, 0, &rig->now, &health);
	assert_int_equal(health.paused_until_ms, NOW_NEVER);
	assert_int_equal(health.unsettled, 1);
	sim->read_status = 0;
	outbox_resume(rig->outbox, -1);
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
}

/* As notifier_sim, but that its limits are per kind of request. */
static void limit_apart(struct notifier *apart)
{
	*apart = notifier_sim;
	apart->caps |= NOTIFIER_LIMITS_APART;
	rig->notifiers[0] = rig->notifiers[1] = apart;
	outbox_set_accounts(rig->outbox, &rig->config, rig->notifiers, rig->opened);
}

static void test_limit_of_looks(void **state)
{
	struct outbox_health health;
	struct notifier apart;
	uint64_t id, other;

	(void)state;
	limit_apart(&apart);
	id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	sim->lose_next = 1;
	sim->read_status = SIM_LONG_LIMIT;
	sim->retry_after_s = 3600;
	rig_run(rig, MINUTE);
	outbox_health(rig->outbox, 0, &rig->now, &health);
	assert_int_equal(health.paused_until_ms, 0);
	assert_int_equal(rig->alarms, 0);
	other = rig_say(rig, 8, SAY_PROBLEM, "Web is down", "T9QM");
	rig_run(rig, 58 * MINUTE);
	assert_int_equal(state_of(other), POST_SENT);
	assert_int_equal(state_of(id), POST_UNKNOWN);
	assert_int_equal(sim->reads, 1);
	sim->read_status = 0;
	rig_run(rig, 2 * MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->reads, 2);
}

/* The posts' limit does not keep us from finding out; a human's turn does. */
static void test_looks_while_posts_wait(void **state)
{
	static const enum post_state settled[] = {POST_SENT, POST_UNKNOWN};
	struct notifier apart;

	(void)state;
	limit_apart(&apart);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t id = rig_say(rig, 7 + i, SAY_PROBLEM, "Mail is down", i ? "T7K2" : "T7KD");

		sim->lose_next = 1;
		sim->read_status = 503;
		rig_run(rig, SECOND);
		sim->status = i ? 401 : 429;
		sim->retry_after_s = 3600;
		rig_say(rig, 9 + i, SAY_PROBLEM, "Web is down", i ? "T9QM" : "T9QX");
		rig_run(rig, SECOND);
		sim->read_status = 0;
		rig_run(rig, MINUTE);
		assert_int_equal(state_of(id), settled[i]);
		sim->status = 0;
		rig_run(rig, HOUR);
	}
}

static void test_tag_is_a_whole_word(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	static const char *const texts[] = {"#T7K22 is not it", "a#T7K2",       "T7K2",
					    "#T7K2X",           "part of #T7K", "##T7K2x"};

	(void)state;
	sim->drop_next = 1;
	rig_turn(rig);
	for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct sim_post *p = &sim->posts[sim->n_posts++];

		snprintf(p->id, sizeof p->id, "%u", 2000 + i);
		snprintf(p->account, sizeof p->account, "one");
		snprintf(p->text, sizeof p->text, "%s", texts[i]);
		p->created_ms = sim->now_ms;
	}
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim_count(sim, "one", "Mail is down", NULL), 1);
	assert_string_equal(rig_row(rig, id)->remote_id, "1001");
}

static void test_rewritten_text_is_found_by_tag(void **state)
{
	uint64_t id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down, see http://a.b", "T7K2");

	(void)state;
	sim->lose_next = 1;
	rig_turn(rig);
	snprintf(sim->posts[0].text, SIM_TEXT, "Mail is down, see a.b (#t7k2)");
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->creates, 1);
}

static void test_no_tag_means_same_text(void **state)
{
	uint64_t id = rig_say(rig, 0, -1, "@a@b it  is\nfine", NULL);

	(void)state;
	sim->lose_next = 1;
	rig_turn(rig);
	snprintf(sim->posts[0].text, SIM_TEXT, "it is fine ");
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->creates, 1);
}

static void test_old_posts_do_not_count(void **state)
{
	uint64_t id;

	(void)state;
	rig_say(rig, 0, -1, "300 problems were open", NULL);
	rig_turn(rig);
	sim->posts[0].created_ms -= HOUR;
	snprintf(sim->posts[0].id, SIM_ID, "77"); /* not known to us */
	rig_run(rig, HOUR);
	sim->drop_next = 1;
	id = rig_say(rig, 0, -1, "300 problems were open", NULL);
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->creates, 3);
}

/* The same words stand there already, but they are another row's. */
static void test_same_words_twice(void **state)
{
	uint64_t first = rig_say(rig, 0, -1, "it is fine", "T7K2"), id;

	(void)state;
	rig_run(rig, SECOND);
	sim->drop_next = 1;
	id = rig_say(rig, 0, -1, "it is fine", "T7K2");
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->n_posts, 2);
	assert_int_equal(post_of("1001"), first);
	assert_int_equal(post_of("1002"), id);
}

/* The server's clock is 4 minutes behind. */
static void test_skewed_clock(void **state)
{
	uint64_t id;

	(void)state;
	sim->skew_ms = -4 * MINUTE;
	sim->lose_next = 1;
	id = rig_say(rig, 7, SAY_PROBLEM, "Mail is down", "T7K2");
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(id), POST_SENT);
	assert_int_equal(sim->creates, 1);
}

/* A post that says our tag, too ("part of"), is on its way at the same time. */
static void test_foreign_tag_in_our_own_post(void **state)
{
	uint64_t child = rig_say(rig, 8, SAY_PART_OF, "part of #T7K2", "T9QM");
	uint64_t parent = rig_say(rig, 7, SAY_PROBLEM, "Router is down", "T7K2");

	(void)state;
	sim->lose_next = 1;
	rig_turn(rig);
	sim->drop_next = 0;
	assert_int_equal(sim->n_posts, 2);
	sim->posts[1].is_deleted = true; /* only the child's stands there */
	rig_run(rig, MINUTE);
	assert_int_equal(state_of(child), POST_SENT);
	assert_string_equal(rig_row(rig, child)->remote_id, "1001");
	assert_int_equal(state_of(parent), POST_SENT);
}

static void test_every_third_answer_lost(void **state)
{
	char text[32];

	(void)state;
	sim->lose_every = 3;
	for (unsigned i = 1; i <= 60; i++) {
		snprintf(text, sizeof text, "event %u.", i);
		rig_say(rig, 1 + i % 20, SAY_PROBLEM + (int)(i % 7), text, "T7K2");
	}
	rig_run(rig, 2 * HOUR);
	assert_int_equal(sim->n_posts, 60);
	for (unsigned i = 1; i <= 60; i++) {
		snprintf(text, sizeof text, "event %u.", i);
		assert_int_equal(sim_count(sim, "one", text, NULL), 1);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
	const struct CMUnitTest tests[] = {
	    T(test_found),
	    T(test_found_after_500),
	    T(test_found_without_an_id),
	    T(test_found_on_a_later_page),
	    T(test_sent_again),
	    T(test_late_double_is_reported),
	    T(test_late_double_is_not_another),
	    T(test_late_but_before_the_second_look),
	    T(test_cannot_look),
	    T(test_can_look_again),
	    T(test_look_meets_auth),
	    T(test_limit_of_looks),
	    T(test_looks_while_posts_wait),
	    T(test_tag_is_a_whole_word),
	    T(test_rewritten_text_is_found_by_tag),
	    T(test_no_tag_means_same_text),
	    T(test_old_posts_do_not_count),
	    T(test_same_words_twice),
	    T(test_skewed_clock),
	    T(test_foreign_tag_in_our_own_post),
	    T(test_every_third_answer_lost)};

	return cmocka_run_group_tests_name("outbox_settle", tests, NULL, NULL);
}
