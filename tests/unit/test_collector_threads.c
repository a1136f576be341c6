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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_threads),
	    CASE(test_get),
	    CASE(test_get_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
