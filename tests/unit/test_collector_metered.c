/*
 * Accounts whose network takes money for reading: nothing is asked while nothing is
 * open, names before replies, and an end when the money is used up. On the rig of
 * collector_rig.h. Must never need the network that it is about.
 */
#include "tests/unit/collector_rig.h"

#define CURSOR "1790000000000000001"

static const struct notifier metered = {
    .name = "x", .caps = NOTIFIER_COLLECTS | NOTIFIER_METERED};
static const struct notifier apart = {
    .name = "x", .caps = NOTIFIER_COLLECTS | NOTIFIER_METERED | NOTIFIER_LIMITS_APART};
static struct config_person persons[] = {
    {.name = (char *)"alice", .x = (char *)"alice_noc", .role = ROLE_LEAD},
    {.name = (char *)"bob", .x = (char *)"bob_noc", .role = ROLE_OPERATOR},
};
static struct config_person somebody = {.name = (char *)"carol", .x = (char *)"99"}; /* an id: not asked for */
static const struct config_account saved = {.name = (char *)"noc", .poll_ms = 15000};

static void configure(unsigned n_people)
{
	config_accounts[0] = (struct config_account){
	    .name = (char *)"noc",
	    .network = (char *)"x",
	    .handle = (char *)"noc",
	    .poll_ms = MINUTE,
	    .is_metered = true,
	    .usd_micro_per_month = 20000000};
	config.people = n_people ? persons : &somebody;
	config.n_people = n_people ? n_people : 1;
	notifiers[0] = &metered;
}

static int setup_metered(void **state)
{
	int rc = setup(state);

	configure(0);
	collector_set_accounts(collector, &config, notifiers, accounts);
	return rc;
}

static int teardown_metered(void **state)
{
	config_accounts[0] = saved;
	config.n_people = 0;
	return teardown(state);
}

static struct ledger_row spent(void)
{
	struct ledger_row row;

	ledger_month(ledger, "noc", &now, &row);
	return row;
}

static void restart(void)
{
	stop();
	start();
}

/* Verified, and its first poll made at once, which only says where to begin: no request is in it. */
static void begin(void)
{
	verify();
	runs_job(JOB_COLLECT, "");
	emit(&(struct item){.kind = ITEM_CURSOR, .cursor = CURSOR});
	done(RESULT_OK, 0, true);
}

/* ---- nothing is asked while nothing is open ---- */

static void test_idle(void **state)
{
	struct collector_health health;
	int64_t end;

	(void)state;
	begin();
	end = now.boot_ms + 30LL * 24 * 60 * MINUTE;
	n_asked = 0;
	while (now.boot_ms < end) {
		wait();
		assert_int_equal(n_runs, 0); /* not even a daily VERIFY */
	}
	assert_int_equal(n_asked, 30 * 24 * 60);
	collector_health(collector, 0, &health);
	assert_true(health.verified && health.is_idle);
	assert_int_equal(health.failures, 0);
	is_awaited = true;
	assert_true(wait() <= MINUTE);
	runs_job(JOB_COLLECT, CURSOR);
	collector_health(collector, 0, &health);
	assert_false(health.is_idle);
}

/* Whom nobody may answer is not read at all. */
static void test_nobody(void **state)
{
	(void)state;
	begin();
	config.n_people = 0;
	is_awaited = true;
	for (int i = 0; i < 100; i++) {
		wait();
		assert_int_equal(n_runs, 0);
	}
	config.n_people = 1;
	wait();
	runs_job(JOB_COLLECT, CURSOR);
}

/* Reading begins where the account was first seen, not where an answer was first awaited. */
static void test_position_first(void **state)
{
	(void)state;
	begin();
	is_awaited = true;
	assert_int_equal(wait(), MINUTE);
	runs_job(JOB_COLLECT, CURSOR);
}

static void test_no_threads_no_daily(void **state)
{
	unsigned polls = 0;

	(void)state;
	store_put_incident(store, &(struct incident_row){.id = 1, .tag = "T222", .open = true});
	store_put_post(
	    store, &(struct post_row){.id = 11,
				      .incident = 1,
				      .account = "noc",
				      .state = POST_SENT,
				      .remote_id = "9",
				      .sent_ms = 1});
	begin();
	is_awaited = true;
	for (; polls < 3 * 24 * 60; polls++) {
		assert_int_equal(wait(), MINUTE);
		runs_job(JOB_COLLECT, CURSOR);
		done(RESULT_OK, 0, true);
	}
}

static void test_verify_known(void **state)
{
	(void)state;
	begin();
	restart(); /* the store knows who we are */
	is_awaited = true;
	turn();
	runs_job(JOB_COLLECT, CURSOR);
	done(RESULT_OK, 0, true);
	collector_resume(collector, 0); /* a reload: no reason to pay */
	turn();
	runs_job(JOB_COLLECT, CURSOR);
	done(RESULT_AUTH, 0, true);
	collector_resume(collector, 0); /* a human acted */
	turn();
	runs_job(JOB_VERIFY, "");
	done(RESULT_OK, 0, true);
	config_accounts[0].handle = (char *)"other"; /* another login */
	restart();
	turn();
	runs_job(JOB_VERIFY, "");
}

/* ---- the talk in private goes on for a while ---- */

static void reply_from(const char *id, enum visibility visibility)
{
	char acct[50];

	snprintf(acct, sizeof(acct), "%s@x.com", id);
	emit(&(struct item){
	    .kind = ITEM_REPLY,
	    .id = "1",
	    .author_id = id,
	    .acct = acct,
	    .visibility = visibility});
}

static void test_direct(void **state)
{
	unsigned polls = 0;

	(void)state;
	persons[0].x = (char *)"17";
	configure(1);
	begin();
	is_awaited = true;
	wait();
	reply_from("66", VISIBILITY_DIRECT);
	reply_from("17", VISIBILITY_PUBLIC);
	is_awaited = false;
	done(RESULT_OK, 0, true);
	wait();
	assert_int_equal(n_runs, 0); /* a stranger, and words that were not private */
	is_awaited = true;
	wait();
	reply_from("17", VISIBILITY_DIRECT);
	is_awaited = false;
	done(RESULT_OK, 0, true);
	for (; wait() == MINUTE && n_runs; polls++)
		done(RESULT_OK, 0, true);
	assert_int_equal(polls, 119);
	persons[0].x = (char *)"alice_noc";
}

/* ---- names ---- */

static void test_names_first(void **state)
{
	(void)state;
	configure(2);
	begin();
	wait();
	assert_int_equal(n_runs, 0); /* never before a poll is needed */
	is_awaited = true;
	wait();
	runs_job(JOB_LOOKUP, "alice_noc");
	emit(&(struct item){.kind = ITEM_PERSON, .id = "17", .acct = "alice_noc@x.com"});
	done_for(RESULT_OK, 0, 10000);
	runs_job(JOB_LOOKUP, "bob_noc");
	done_for(RESULT_OK, 0, 0); /* there is no such account */
	runs_job(JOB_COLLECT, CURSOR);
	done(RESULT_OK, 0, true);
	assert_int_equal(spent().reads_micro, 10000);
	for (int i = 0; i < 24 * 60; i++) {
		wait();
		runs_job(JOB_COLLECT, CURSOR);
		done(RESULT_OK, 0, true);
	}
	wait();
	runs_job(JOB_LOOKUP, "bob_noc"); /* after a day */
	done(RESULT_OK, 0, true);
	runs_job(JOB_COLLECT, CURSOR);
	restart();
	turn();
	runs_job(JOB_LOOKUP, "bob_noc"); /* alice's id is kept */
}

/* Replies wait for names: one that is read too soon would be a stranger's. */
static void test_names_later(void **state)
{
	(void)state;
	configure(1);
	begin();
	is_awaited = true;
	wait();
	runs_job(JOB_LOOKUP, "alice_noc");
	done(RESULT_RETRY, 0, true);
	assert_int_equal(wait(), MINUTE);
	runs_job(JOB_LOOKUP, "alice_noc");
	done(RESULT_LIMIT, now.wall_ms + 7 * MINUTE, true);
	assert_int_equal(n_results, 1);
	assert_int_equal(wait(), 7 * MINUTE);
	runs_job(JOB_LOOKUP, "alice_noc");
	done(RESULT_PERMANENT, 0, true); /* but one that cannot be asked holds nobody up */
	runs_job(JOB_COLLECT, CURSOR);
}

/* One name that cannot be asked for holds the others up once, and is asked for ever more rarely. */
static void test_names_failing(void **state)
{
	unsigned lookups = 0, polls = 0;

	(void)state;
	configure(2);
	begin();
	is_awaited = true;
	wait();
	runs_job(JOB_LOOKUP, "alice_noc");
	done(RESULT_RETRY, 0, true);
	assert_int_equal(n_runs, 0);
	assert_int_equal(wait(), MINUTE);
	runs_job(JOB_LOOKUP, "alice_noc");
	done(RESULT_RETRY, 0, true);
	runs_job(JOB_LOOKUP, "bob_noc");
	emit(&(struct item){.kind = ITEM_PERSON, .id = "18", .acct = "bob_noc@x.com"});
	done(RESULT_OK, 0, true);
	runs_job(JOB_COLLECT, CURSOR);
	done(RESULT_OK, 0, true);
	for (int64_t end = now.boot_ms + 10LL * 60 * MINUTE; now.boot_ms < end;) {
		wait();
		if (runs[0].job.type == JOB_LOOKUP) {
			lookups++;
			runs_job(JOB_LOOKUP, "alice_noc");
			done(RESULT_RETRY, 0, true);
		}
		runs_job(JOB_COLLECT, CURSOR);
		polls++;
		done(RESULT_OK, 0, true);
	}
	assert_int_equal(polls, 600);
	assert_in_range(lookups, 10, 15);
}

/* ---- limits of reading, where posts have their own ---- */

static void begin_apart(void)
{
	notifiers[0] = &apart;
	collector_set_accounts(collector, &config, notifiers, accounts);
	begin();
	is_awaited = true;
	wait();
}

static void done_alarming(int64_t for_ms)
{
	struct run run = runs[0];
	struct result result = {
	    .class = RESULT_LIMIT,
	    .not_before_ms = now.wall_ms + for_ms,
	    .is_alarm = true,
	    .text = "403: no"};

	n_runs = 0;
	run.done(run.arg, &result);
	turn();
}

static void test_limit_apart(void **state)
{
	struct collector_health health;

	(void)state;
	begin_apart();
	runs_job(JOB_COLLECT, CURSOR);
	done(RESULT_LIMIT, now.wall_ms + 7 * MINUTE, true);
	assert_int_equal(wait(), 7 * MINUTE);
	runs_job(JOB_COLLECT, CURSOR);
	assert_int_equal(n_alarms, 0);
	done_alarming(6 * 60 * MINUTE);
	assert_int_equal(n_alarms, 1);
	assert_string_equal(
	    last_alarm, "noc: replies on X are not read, asked again in 6 h: 403: no");
	collector_health(collector, 0, &health);
	assert_string_equal(health.trouble, last_alarm + 5);
	assert_int_equal(wait(), 6 * 60 * MINUTE);
	done_alarming(6 * 60 * MINUTE);
	restart();
	turn();
	runs_job(JOB_COLLECT, CURSOR);
	done_alarming(6 * 60 * MINUTE);
	assert_int_equal(n_alarms, 1); /* once, also through a restart */
	wait();
	done(RESULT_OK, 0, true);
	wait();
	done_alarming(6 * 60 * MINUTE);
	assert_int_equal(n_alarms, 2); /* it had been read meanwhile */
	assert_int_equal(n_results, 0); /* and the posts never heard of it */
	wait();
	done(RESULT_AUTH, 0, true);
	assert_int_equal(n_results, 1);
}

/* Names have their limit, replies have another. */
static void test_names_limit_apart(void **state)
{
	(void)state;
	configure(2);
	begin_apart();
	runs_job(JOB_LOOKUP, "alice_noc");
	done(RESULT_LIMIT, now.wall_ms + 3 * MINUTE, true);
	for (int i = 0; i < 3; i++) {
		runs_job(JOB_COLLECT, CURSOR);
		done(RESULT_OK, 0, true);
		wait();
	}
	runs_job(JOB_LOOKUP, "alice_noc");
	assert_int_equal(n_results, 0);
}

/* ---- money ---- */

static void test_costs(void **state)
{
	(void)state;
	turn();
	runs_job(JOB_VERIFY, "");
	emit(&(struct item){.kind = ITEM_SELF, .id = "7", .acct = "noc@x", .text = "X"});
	done_for(RESULT_OK, 0, 500);
	emit(&(struct item){.kind = ITEM_CURSOR, .cursor = CURSOR});
	done(RESULT_OK, 0, true);
	is_awaited = true;
	wait();
	done_for(RESULT_OK, 0, 3000);
	wait();
	done_for(RESULT_RETRY, 0, 2000);
	assert_int_equal(spent().reads_micro, 5500);
	assert_int_equal(spent().reads, 3);
	assert_int_equal(spent().posts, 0);
}

/* A stranger's flood of mentions ends at a quarter of the month's money. */
static void test_quarter(void **state)
{
	struct collector_health health;
	unsigned polls = 0;

	(void)state; /* 22 November */
	begin();
	is_awaited = true;
	while (wait() == MINUTE && n_runs) {
		runs_job(JOB_COLLECT, CURSOR);
		polls++;
		done_for(RESULT_OK, 0, 100000);
	}
	assert_int_equal(polls, 50);
	assert_int_equal(spent().reads_micro, 5000000);
	assert_int_equal(n_alarms, 1);
	assert_string_equal(
	    last_alarm, "noc: mentions have used up a quarter of usd_per_month: replies on X are "
			"not read before 1 December");
	collector_health(collector, 0, &health);
	assert_string_equal(health.trouble, last_alarm + 5);
	for (int i = 0; i < 100; i++)
		wait();
	assert_int_equal(n_runs, 0);
	restart();
	for (int i = 0; i < 100; i++)
		wait();
	assert_int_equal(n_runs, 0);
	assert_int_equal(n_alarms, 1); /* not again */
	now.wall_ms += 9LL * 24 * 60 * MINUTE; /* 1 December */
	now.boot_ms += 9LL * 24 * 60 * MINUTE;
	wait();
	runs_job(JOB_COLLECT, CURSOR);
	collector_health(collector, 0, &health);
	assert_string_equal(health.trouble, "");
	done_for(RESULT_OK, 0, 20000000);
	wait();
	assert_int_equal(n_runs, 0);
	assert_int_equal(n_alarms, 2);
	assert_string_equal(
	    last_alarm, "noc: usd_per_month is spent: replies on X are not read before 1 January");
}

/* Nothing of it where the admin set no limit. */
static void test_no_limit(void **state)
{
	(void)state;
	config_accounts[0].usd_micro_per_month = 0;
	begin();
	is_awaited = true;
	wait();
	done_for(RESULT_OK, 0, 900000000);
	wait();
	runs_job(JOB_COLLECT, CURSOR);
	assert_int_equal(n_alarms, 0);
}

/* No credit: asked again when the network says, not only when a human acts. */
static void test_no_credit(void **state)
{
	(void)state;
	begin();
	is_awaited = true;
	wait();
	done(RESULT_AUTH, now.wall_ms + 60 * MINUTE, true);
	assert_int_equal(n_results, 1);
	assert_int_equal(last_class, RESULT_AUTH);
	assert_int_equal(wait(), 60 * MINUTE);
	runs_job(JOB_COLLECT, CURSOR);
	done(RESULT_AUTH, 0, true);
	assert_true(collector_next(collector, &now) == NOW_NEVER);
}

#define METERED(test) cmocka_unit_test_setup_teardown(test, setup_metered, teardown_metered)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    METERED(test_idle),
	    METERED(test_nobody),
	    METERED(test_position_first),
	    METERED(test_no_threads_no_daily),
	    METERED(test_verify_known),
	    METERED(test_direct),
	    METERED(test_names_first),
	    METERED(test_names_later),
	    METERED(test_names_failing),
	    METERED(test_limit_apart),
	    METERED(test_names_limit_apart),
	    METERED(test_costs),
	    METERED(test_quarter),
	    METERED(test_no_limit),
	    METERED(test_no_credit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
