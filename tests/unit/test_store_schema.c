/*
 * A store that an older release wrote becomes one like any other: nothing of it is lost.
 * Run by make check; needs nothing but a temporary folder. One dump for each old schema: data/store-N.sql.
 * It must never read a file that the code of today made: those have today's tables.
 */
#include "notifiers/notifier.h"
#include "tests/unit/store_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct ledger_row ledger = {.account = "acc", .month = 202611, .posts = 71};
static const struct post_row post = {.id = 40, .thread = 3, .account = "acc", .text = "text"};

static void read_sql(const char *name)
{
	static char sql[65536];
	FILE *f = fopen(name, "r");
	sqlite3 *db;
	size_t n;

	if (!f)
		fail_msg("cannot open %s", name);
	n = fread(sql, 1, sizeof sql - 1, f);
	sql[n] = '\0';
	fclose(f);
	assert_int_equal(sqlite3_open(store_rig_path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

/* --- schema 1: before networks that take money --- */

static int see_old_post(void *arg, const struct post_row *r)
{
	++*(int *)arg;
	if (r->id == 4) {
		assert_int_equal(r->state, POST_SENT);
		assert_string_equal(r->remote_id, "1001");
	} else {
		assert_int_equal(r->id, 5);
		assert_int_equal(r->state, POST_UNKNOWN);
		assert_string_equal(r->text, "it is back\n#T7K2");
		assert_string_equal(r->to, "bob@x");
		assert_string_equal(r->target, "tgt");
		assert_int_equal(r->looks, 1);
		assert_int_equal(r->looked_ms, 33);
		assert_string_equal(r->reason, "no answer");
	}
	assert_string_equal(r->to_id, "");
	assert_int_equal(r->cost_micro, 0);
	assert_int_equal(r->refusals, 0);
	assert_false(r->is_duplicate);
	return 0;
}

static int see_old_account(void *arg, const struct account_row *r)
{
	++*(int *)arg;
	assert_string_equal(r->name, "status");
	assert_string_equal(r->cursor, "c7");
	assert_true(r->paused_until_ms == INT64_MAX);
	assert_int_equal(r->last_post_ms, 42);
	assert_int_equal(r->alone_until_ms, 0);
	assert_false(r->is_locked);
	return 0;
}

static void test_schema_1_is_brought_up_to_date(void **state)
{
	struct store *s;
	int posts = 0, accounts = 0;

	(void)state;
	read_sql(TWICKET_TEST_DATA "/unit/data/store-1.sql");
	s = store_rig_open();
	for (int i = 0; i < 2; i++) { /* migrated just now, then a store like any other */
		struct err *err = &store_rig_err;

		assert_int_equal(store_posts_of_thread(s, 3, see_old_post, &posts, err), 2);
		assert_int_equal(store_accounts(s, see_old_account, &accounts, err), 1);
		assert_int_equal(store_nodes(s, NULL, NULL, err), 1);
		assert_int_equal(store_live_problems(s, NULL, NULL, err), 1);
		assert_int_equal(store_open_incidents(s, NULL, NULL, err), 1);
		assert_int_equal(store_open_threads(s, NULL, NULL, err), 1);
		assert_int_equal(store_submitted_replies(s, NULL, NULL, err), 1);
		assert_int_equal(store_identities(s, NULL, NULL, err), 1);
		assert_int_equal(store_timeline(s, 2, NULL, NULL, err), 1);
		assert_int_equal(store_post_by_remote(s, "status", "1001", NULL, NULL, err), 1);
		assert_int_equal(store_count_promises(s, "status", err), 1);
		assert_int_equal(store_ledger(s, "status", 202611, NULL, NULL, err), 0);
		s = store_rig_reopen(s);
	}
	assert_int_equal(store_next_id(s), 41);
	assert_int_equal(posts, 4);
	assert_int_equal(accounts, 2);
	assert_int_equal(store_put_ledger(s, &ledger), 0);
	assert_int_equal(store_put_post(s, &post), 0);
	s = store_rig_reopen(s);
	assert_int_equal(store_ledger(s, "acc", 202611, NULL, NULL, &store_rig_err), 1);
	store_close(s);
}

/* --- schema 2: before downtimes, flapping, digests and what is done by hand --- */

static const struct node_row node_2 = {
    .name = "mon1", .epoch = "e1", .seq = 7, .adopted = true, .last_seen_ms = 11};

/* One that lasts was named to all who heard of it; one that is over needs no recovery. */
static const struct problem_row problems_2[] = {
    {.id = 1,
     .incident = 2,
     .node = "mon1",
     .host = "db1",
     .service = "Postgres",
     .kind = 1,
     .state = 2,
     .flags = 1,
     .since_s = 5,
     .output = "it's down",
     .owner = "alice",
     .heard = "public,operators",
     .told = "public,operators",
     .relapses = ""},
    {.id = 8,
     .incident = 2,
     .node = "mon1",
     .host = "db1",
     .service = "Disk",
     .kind = 1,
     .since_s = 6,
     .until_s = 7,
     .output = "",
     .owner = "",
     .heard = "public",
     .told = "",
     .relapses = ""},
    {.id = 9,
     .node = "mon1",
     .host = "web",
     .service = "",
     .state = 1,
     .since_s = 3,
     .output = "refused",
     .owner = "",
     .heard = "",
     .told = "",
     .relapses = ""}};
static const struct incident_row incident_2 = {
    .id = 2,
    .tag = "T7K2",
    .open = true,
    .flags = INCIDENT_ACKED,
    .times = 1,
    .opened_ms = 7,
    .since_s = 9,
    .object = "db1/Postgres",
    .state = "CRITICAL",
    .owner = "alice",
    .was_owner = "bob",
    .let_go = "",
    .owner_round = 1,
    .acked_s = 12,
    .name = "",
    .text = "",
    .by = "",
    .known = "",
    .known_tag = "",
    .ticket = ""};
static const struct thread_row thread_2 = {
    .id = 3,
    .incident = 2,
    .audience = "public",
    .account = "status",
    .state = THREAD_TOLD,
    .root = DELIVERY_SENT,
    .told_state = 3,
    .reminders = 1,
    .times = 1,
    .due_ms = 71,
    .due_boot_ms = 72,
    .since_s = 9,
    .names = "",
    .asked_text = "",
    .asked_words = "",
    .asked_by = ""};
static const struct account_row account_2 = {
    .name = "status",
    .cursor = "c7",
    .self_id = "1",
    .self_acct = "status@x",
    .software = "snac",
    .paused_until_ms = INT64_MAX,
    .pause_reason = "401",
    .last_read_ms = 41,
    .last_post_ms = 42,
    .alone_until_ms = 43,
    .is_locked = true};
static const struct ledger_row ledger_2 = {
    .account = "status",
    .month = 202611,
    .posts = 2,
    .posts_micro = 30000,
    .reads = 1,
    .reads_micro = 5000};

static int see_problem_2(void *arg, const struct problem_row *r)
{
	unsigned *n = arg;

	assert_true(*n < sizeof problems_2 / sizeof *problems_2);
	store_rig_same_row(TABLE_PROBLEM, &problems_2[(*n)++], r);
	return 0;
}

STORE_RIG_CHECKER(see_node_2, node, TABLE_NODE, node_2)
STORE_RIG_CHECKER(see_incident_2, incident, TABLE_INCIDENT, incident_2)
STORE_RIG_CHECKER(see_thread_2, thread, TABLE_THREAD, thread_2)
STORE_RIG_CHECKER(see_account_2, account, TABLE_ACCOUNT, account_2)
STORE_RIG_CHECKER(see_ledger_2, ledger, TABLE_LEDGER, ledger_2)

/* Its index was made anew: what waits is found, what is settled is not. */
static int see_unsettled_2(void *arg, const struct post_row *r)
{
	static const struct {
		uint64_t id;
		enum post_state state;
	} posts[] = {{5, POST_UNKNOWN}, {20, POST_QUEUED}, {21, POST_SENDING}, {23, POST_RETRY}};
	unsigned *n = arg;

	assert_true(*n < sizeof posts / sizeof *posts);
	assert_int_equal(r->id, posts[*n].id);
	assert_int_equal(r->state, posts[*n].state);
	++*n;
	return 0;
}

static void check_schema_2(struct store *s)
{
	struct err *err = &store_rig_err;
	unsigned problems = 0, posts = 0;
	int n = 0;

	assert_int_equal(store_nodes(s, see_node_2, &n, err), 1);
	assert_int_equal(store_live_problems(s, see_problem_2, &problems, err), 3);
	assert_int_equal(store_open_incidents(s, see_incident_2, &n, err), 1);
	assert_int_equal(store_incidents(s, true, 0, NULL, NULL, err), 2);
	assert_int_equal(store_open_threads(s, see_thread_2, &n, err), 1);
	assert_int_equal(store_accounts(s, see_account_2, &n, err), 1);
	assert_int_equal(store_ledger(s, "status", 202611, see_ledger_2, &n, err), 1);
	assert_int_equal(n, 5); /* each was looked at */
	assert_int_equal(store_unsettled_posts(s, see_unsettled_2, &posts, err), 4);
	assert_int_equal(store_posts_of_thread(s, 3, NULL, NULL, err), 7);
	assert_int_equal(store_submitted_replies(s, NULL, NULL, err), 1);
	assert_int_equal(store_timeline(s, 2, NULL, NULL, err), 1);
	assert_int_equal(store_count_promises(s, "status", err), 1);
	assert_int_equal(store_downtimes(s, NULL, NULL, err), 0);
	assert_int_equal(store_channels(s, NULL, NULL, err), 0);
	assert_int_equal(store_quiets(s, NULL, NULL, err), 0);
	assert_int_equal(store_pauses(s, NULL, NULL, err), 0);
}

static void test_schema_2_is_brought_up_to_date(void **state)
{
	const struct downtime_row downtime = {.node = "mon1", .id = 7};
	const struct channel_row channel = {.audience = "public", .account = "status"};
	const struct quiet_row quiet = {.id = 41, .match = "host=db*"};
	const struct pause_row everything = {.since_s = 1};
	struct store *s;

	(void)state;
	read_sql(TWICKET_TEST_DATA "/unit/data/store-2.sql");
	s = store_rig_open();
	for (int i = 0; i < 2; i++) { /* migrated just now, then a store like any other */
		check_schema_2(s);
		s = store_rig_reopen(s);
	}
	assert_int_equal(store_next_id(s), 41);
	assert_int_equal(store_put_downtime(s, &downtime), 0);
	assert_int_equal(store_put_channel(s, &channel), 0);
	assert_int_equal(store_put_quiet(s, &quiet), 0);
	assert_int_equal(store_put_pause(s, &everything), 0);
	s = store_rig_reopen(s);
	assert_int_equal(store_downtimes(s, NULL, NULL, &store_rig_err), 1);
	assert_int_equal(store_channels(s, NULL, NULL, &store_rig_err), 1);
	assert_int_equal(store_quiets(s, NULL, NULL, &store_rig_err), 1);
	assert_int_equal(store_pauses(s, NULL, NULL, &store_rig_err), 1);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORE_RIG_TEST(test_schema_1_is_brought_up_to_date),
	    STORE_RIG_TEST(test_schema_2_is_brought_up_to_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
