/*
 * Looks beside the poll: under our own posts, and at what a reply hangs under. On the
 * rig of collector_rig.h. Must never hand such a status to the inbox as a reply.
 */
#include "tests/unit/collector_rig.h"

static void put_post(uint64_t id, uint64_t incident, const char *remote_id)
{
	store_put_incident(
	    store, &(struct incident_row){.id = incident, .tag = "T222", .open = true});
	store_put_post(
	    store, &(struct post_row){
		       .id = id,
		       .incident = incident,
		       .account = "noc",
		       .state = POST_SENT,
		       .remote_id = remote_id,
		       .sent_ms = (int64_t)id});
}

static void test_threads(void **state)
{
	static const char *const want[] = {"i2b", "i2a", "i1b", "i1a", "i2b"};
	unsigned n = 0, polls = 0;

	(void)state;
	put_post(11, 1, "i1a");
	put_post(12, 2, "i2a");
	put_post(13, 1, "i1b");
	put_post(14, 2, "i2b");
	put_post(15, 2, "");
	verify();
	while (n < 5) {
		assert_int_equal(n_runs, 1);
		if (runs[0].job.type == JOB_THREAD)
			runs_job(JOB_THREAD, want[n++]);
		else
			polls++;
		emit(&a_reply);
		done(RESULT_OK, 0, false);
		if (n_runs == 0)
			wait();
		while (n_runs == 0)
			wait();
	}
	assert_true(polls >= 9 && polls <= 12); /* 15 s, and a look every 30 s */
	assert_int_equal(n_items, polls + 5);
}

static void test_get(void **state)
{
	(void)state;
	verify();
	collector_get(collector, 0, 5, "x1");
	collector_get(collector, 0, 6, "x2");
	collector_get(collector, 9, 6, "x2");
	done(RESULT_OK, 0, false);
	runs_job(JOB_GET, "x1");
	emit(&(struct item){.kind = ITEM_REPLY, .id = "x1", .uri = "u1", .parent_id = "x0"});
	assert_int_equal(n_items, 0); /* looked at, not acted upon */
	done(RESULT_OK, 0, true);
	assert_string_equal(parent, "r5 u1 x0");
	runs_job(JOB_GET, "x2");
	done(RESULT_PERMANENT, 0, false);
	assert_string_equal(parent, "r6  ");
}

static void test_get_again(void **state)
{
	unsigned tries = 0;

	(void)state;
	verify();
	collector_get(collector, 0, 5, "x1");
	done(RESULT_OK, 0, false);
	while (!parent[0]) {
		if (n_runs == 0)
			wait();
		if (n_runs == 0)
			continue;
		if (runs[0].job.type == JOB_GET) {
			tries++;
			done(RESULT_RETRY, 0, false);
		} else {
			done(RESULT_OK, 0, false);
		}
	}
	assert_int_equal(tries, 5);
	assert_string_equal(parent, "r5  ");
}

static void put_reply(uint64_t id, const char *remote_id, int64_t look_ms)
{
	store_put_reply(
	    store, &(struct reply_row){
		       .id = id,
		       .account = "noc",
		       .remote_id = remote_id,
		       .state = REPLY_DONE,
		       .look_ms = look_ms});
}

/* Runs until the next look beside the poll; polls succeed. */
static enum job_type next_look(void)
{
	for (unsigned i = 0; i < 20; i++) {
		while (n_runs == 0)
			wait();
		if (runs[0].job.type != JOB_COLLECT)
			return runs[0].job.type;
		done(RESULT_OK, 0, false);
	}
	return JOB_COLLECT;
}

/* Is what was said still there? Asked between the looks under our posts, of one at a time. */
static void test_looks(void **state)
{
	static const struct {
		enum result_class class;
		bool is_found;
		const char *want;
	} verdicts[] = {
	    {RESULT_OK, true, "r7 there"},   {RESULT_OK, false, "r7 gone"},
	    {RESULT_RETRY, false, "r7 ?"},   {RESULT_PERMANENT, false, "r7 ?"},
	    {RESULT_BUG, false, "r7 ?"},     {RESULT_LIMIT, false, ""},
	};

	(void)state;
	put_post(11, 1, "i1a");
	put_reply(5, "x5", 0);
	put_reply(6, "x6", now.wall_ms + 1000 * MINUTE);
	put_reply(7, "x7", now.wall_ms - 1);
	put_reply(8, "x8", now.wall_ms);
	verify();
	for (unsigned i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		looked[0] = '\0';
		if (next_look() == JOB_THREAD)
			done(RESULT_OK, 0, false);
		assert_int_equal(next_look(), JOB_GET);
		runs_job(JOB_GET, "x7"); /* the longest due; the inbox, a stub, lets it be due */
		emit(&a_reply);
		done(verdicts[i].class, 0, verdicts[i].is_found);
		assert_string_equal(looked, verdicts[i].want);
	}
	assert_int_equal(last_class, RESULT_LIMIT);
	put_reply(7, "x7", 0);
	if (next_look() == JOB_THREAD)
		done(RESULT_OK, 0, false);
	next_look();
	runs_job(JOB_GET, "x8");
	assert_int_equal(n_items, 0); /* none of them was taken for a reply */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_threads),
	    CASE(test_get),
	    CASE(test_get_again),
	    CASE(test_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
