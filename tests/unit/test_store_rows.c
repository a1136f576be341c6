/*
 * Every member of every row goes into the store and comes out again.
 * Run by make check; needs nothing but a temporary folder.
 * When it fails after a change of rows.h, a column is missing: store_internal.h.
 */
#include "agent/store_internal.h"
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

/* All fields, each with a value of its own, through a restart. */

static const struct node_row node = {
    .name = "n1", .epoch = "epoch1", .seq = UINT64_MAX - 1, .adopted = true, .last_seen_ms = 11};
static const struct problem_row problem = {
    .id = 1,
    .incident = 2,
    .node = "n1",
    .host = "db1",
    .service = "Post'gres",
    .kind = 1,
    .state = 2,
    .flags = 3,
    .since_s = -4,
    .output = "load \xc3\xa4 <5 \"x\"",
    .owner = "alice",
    .heard = "public,operators"};
static const struct incident_row incident = {
    .id = 2,
    .parent = 9,
    .tag = "T7K2",
    .open = true,
    .flags = 5,
    .times = 6,
    .opened_ms = 7,
    .since_s = 9,
    .until_s = 10,
    .object = "db1/Postgres",
    .state = "CRITICAL",
    .owner = "alice",
    .was_owner = "bob",
    .acked_s = 11,
    .ack_until_s = 12};
static const struct thread_row thread = {
    .id = 3,
    .incident = 2,
    .audience = "public",
    .account = "acc",
    .state = THREAD_RESOLVED,
    .root = DELIVERY_DEAD,
    .flags = 7,
    .told_state = 2,
    .told_count = 9,
    .reminders = 10,
    .times = 19,
    .due_ms = 11,
    .due_boot_ms = 12,
    .update_ms = 13,
    .update_boot_ms = 14,
    .remind_ms = 15,
    .remind_boot_ms = 16,
    .since_s = 17,
    .until_s = 18};
static const struct post_row post = {
    .id = 4,
    .thread = 3,
    .incident = 2,
    .reply = 6,
    .account = "acc",
    .kind = POST_ANSWER,
    .event = -1,
    .state = POST_UNKNOWN,
    .text = "te\nxt",
    .key = "key",
    .tag = "T7K2",
    .language = "de",
    .to = "bob@x",
    .to_id = "a1",
    .target = "tgt",
    .visibility = VISIBILITY_DIRECT,
    .attempts = 2,
    .looks = 3,
    .refusals = 4,
    .maybe_sent = true,
    .is_duplicate = true,
    .created_ms = 21,
    .sending_ms = 22,
    .sent_ms = 23,
    .not_before_ms = 24,
    .looked_ms = 25,
    .remote_id = "rid",
    .uri = "uri",
    .url = "url",
    .reason = "why",
    .cost_micro = INT64_C(15000000000)};
static const struct reply_row reply = {
    .id = 6,
    .account = "acc",
    .remote_id = "r1",
    .uri = "ruri",
    .parent_id = "rid",
    .author_id = "a1",
    .acct = "bob@x",
    .person = "bob",
    .text = "ack",
    .created_ms = 31,
    .seen_ms = 32,
    .done_ms = 33,
    .expires_ms = 34,
    .incident = 2,
    .state = REPLY_SUBMITTED,
    .verb = "ack",
    .mark = "T7K2:r6",
    .reason = "none",
    .visibility = VISIBILITY_DIRECT};
static const struct account_row account = {
    .name = "acc",
    .cursor = "cur",
    .self_id = "self",
    .self_acct = "me@x",
    .software = "snac",
    .paused_until_ms = INT64_MAX,
    .pause_reason = "401",
    .last_read_ms = 41,
    .last_post_ms = 42,
    .alone_until_ms = 43,
    .is_locked = true};
static const struct ledger_row ledger = {
    .account = "acc",
    .month = 202611,
    .posts = 71,
    .posts_micro = INT64_C(72000000000),
    .reads = 73,
    .reads_micro = 74};
static const struct identity_row identity = {
    .person = "bob",
    .network = "mastodon",
    .acct = "bob@x",
    .server_account = "acc",
    .author_id = "a1",
    .disabled = true,
    .pinned_ms = 51};
static const struct timeline_row timeline = {
    .incident = 2, .at_ms = 61, .kind = "note", .text = "hello"};

static bool same_column(const struct column *c, const char *a, const char *b)
{
	a += c->offset;
	b += c->offset;
	switch (c->type) {
	case COLUMN_TEXT: return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
	case COLUMN_TAG: return strcmp(a, b) == 0;
	case COLUMN_U64:
	case COLUMN_I64: return memcmp(a, b, 8) == 0;
	case COLUMN_UINT:
	case COLUMN_INT: return memcmp(a, b, 4) == 0;
	case COLUMN_BOOL: return *(const bool *)a == *(const bool *)b;
	}
	return false;
}

/* arg counts the rows that came; each must be the one above. */
static int check_row(enum store_table t, const void *want, const void *got, void *arg)
{
	for (int i = 0; i < store_columns[t].n; i++)
		if (!same_column(&store_columns[t].at[i], want, got))
			fail_msg("table %d column %d differs", (int)t, i);
	++*(int *)arg;
	return 0;
}

#define CHECKER(noun, TABLE)                                                                       \
	static int check_##noun(void *arg, const struct noun##_row *r)                             \
	{                                                                                          \
		return check_row(TABLE, &noun, r, arg);                                            \
	}
CHECKER(node, TABLE_NODE)
CHECKER(problem, TABLE_PROBLEM)
CHECKER(incident, TABLE_INCIDENT)
CHECKER(thread, TABLE_THREAD)
CHECKER(post, TABLE_POST)
CHECKER(reply, TABLE_REPLY)
CHECKER(account, TABLE_ACCOUNT)
CHECKER(identity, TABLE_IDENTITY)
CHECKER(timeline, TABLE_TIMELINE)
CHECKER(ledger, TABLE_LEDGER)

/*
 * A column list and a struct that drift apart would lose a member in silence: walking
 * the columns must lead over the whole struct without a gap. When this fails, a member
 * of rows.h is not in store_internal.h and in a migration.
 */
static void test_every_member_is_a_column(void **state)
{
	static const struct {
		enum store_table table;
		size_t size;
	} rows[] = {{TABLE_NODE, sizeof(struct node_row)},
		    {TABLE_PROBLEM, sizeof(struct problem_row)},
		    {TABLE_INCIDENT, sizeof(struct incident_row)},
		    {TABLE_THREAD, sizeof(struct thread_row)},
		    {TABLE_POST, sizeof(struct post_row)},
		    {TABLE_REPLY, sizeof(struct reply_row)},
		    {TABLE_ACCOUNT, sizeof(struct account_row)},
		    {TABLE_IDENTITY, sizeof(struct identity_row)},
		    {TABLE_TIMELINE, sizeof(struct timeline_row)},
		    {TABLE_AUDIT, sizeof(struct audit_row)},
		    {TABLE_LEDGER, sizeof(struct ledger_row)}};
	static const size_t sizes[] = {sizeof(char *), 8,       8, sizeof(unsigned), sizeof(int),
				       sizeof(bool),   TAG_SIZE};

	(void)state;
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t end = 0, at;

		for (int k = 0; k < store_columns[rows[i].table].n; k++) {
			const struct column *c = &store_columns[rows[i].table].at[k];

			at = (end + sizes[c->type] - 1) / sizes[c->type] * sizes[c->type];
			if (c->type == COLUMN_TAG)
				at = end;
			if (c->offset != at)
				fail_msg(
				    "table %d: something before column %d is not stored",
				    (int)rows[i].table, k);
			end = at + sizes[c->type];
		}
		if ((end + 7) / 8 * 8 != rows[i].size)
			fail_msg("table %d: its last member is not stored", (int)rows[i].table);
	}
}

static void test_round_trip(void **state)
{
	struct store *s = store_rig_open();
	const struct audit_row audit = {1, "bob", "ack", "T7K2", "ok"};
	int n[10] = {0};

	(void)state;
	assert_int_equal(store_put_node(s, &node), 0);
	assert_int_equal(store_put_problem(s, &problem), 0);
	assert_int_equal(store_put_incident(s, &incident), 0);
	assert_int_equal(store_put_thread(s, &thread), 0);
	assert_int_equal(store_put_post(s, &post), 0);
	assert_int_equal(store_put_post(s, &post), 0); /* replaces itself */
	assert_int_equal(store_put_reply(s, &reply), 0);
	assert_int_equal(store_put_account(s, &account), 0);
	assert_int_equal(store_put_identity(s, &identity), 0);
	assert_int_equal(store_put_timeline(s, &timeline), 0);
	assert_int_equal(store_put_audit(s, &audit), 0);
	assert_int_equal(store_put_ledger(s, &ledger), 0);
	assert_int_equal(store_put_ledger(s, &ledger), 0); /* a month is one row */
	for (int i = 0; i < 2; i++) { /* within the transaction, then after a restart */
		assert_int_equal(store_nodes(s, check_node, &n[0], &store_rig_err), 1);
		assert_int_equal(store_live_problems(s, check_problem, &n[1], &store_rig_err), 1);
		assert_int_equal(store_open_incidents(s, check_incident, &n[2], &store_rig_err), 1);
		assert_int_equal(store_open_threads(s, check_thread, &n[3], &store_rig_err), 1);
		assert_int_equal(store_unsettled_posts(s, check_post, &n[4], &store_rig_err), 1);
		assert_int_equal(store_submitted_replies(s, check_reply, &n[5], &store_rig_err), 1);
		assert_int_equal(store_accounts(s, check_account, &n[6], &store_rig_err), 1);
		assert_int_equal(store_identities(s, check_identity, &n[7], &store_rig_err), 1);
		assert_int_equal(store_timeline(s, 2, check_timeline, &n[8], &store_rig_err), 1);
		assert_int_equal(
		    store_ledger(s, "acc", 202611, check_ledger, &n[9], &store_rig_err), 1);
		s = store_rig_reopen(s);
	}
	for (int i = 0; i < 10; i++)
		assert_int_equal(n[i], 2);
	assert_string_equal(store_rig_err.text, "");
	store_close(s);
}

static void test_ledger_is_by_account_and_month(void **state)
{
	struct store *s = store_rig_open();

	(void)state;
	assert_int_equal(store_put_ledger(s, &ledger), 0);
	s = store_rig_reopen(s);
	assert_int_equal(store_ledger(s, "acc", 202610, NULL, NULL, &store_rig_err), 0);
	assert_int_equal(store_ledger(s, "other", 202611, NULL, NULL, &store_rig_err), 0);
	assert_int_equal(store_ledger(s, "acc", 202611, NULL, NULL, &store_rig_err), 1);
	store_close(s);
}

/* What is told and not over yet; what waits, or was given up, needs no recovery. */
static void test_promises(void **state)
{
	static const struct {
		const char *account;
		enum thread_state state;
		enum delivery root;
	} threads[] = {
	    {"acc", THREAD_TOLD, DELIVERY_SENT},      {"acc", THREAD_RECOVERING, DELIVERY_SENT},
	    {"acc", THREAD_TOLD, DELIVERY_UNSETTLED}, {"acc", THREAD_TOLD, DELIVERY_QUEUED},
	    {"acc", THREAD_TOLD, DELIVERY_DEAD},      {"acc", THREAD_HELD, DELIVERY_NONE},
	    {"acc", THREAD_RESOLVED, DELIVERY_SENT},  {"acc", THREAD_CLOSED, DELIVERY_SENT},
	    {"other", THREAD_TOLD, DELIVERY_SENT}};
	struct store *s = store_rig_open();

	(void)state;
	for (unsigned i = 0; i < sizeof threads / sizeof *threads; i++) {
		struct thread_row r = {
		    .id = 10 + i,
		    .account = threads[i].account,
		    .state = threads[i].state,
		    .root = threads[i].root};

		assert_int_equal(store_put_thread(s, &r), 0);
	}
	assert_int_equal(store_count_promises(s, "acc", &store_rig_err), 3);
	assert_int_equal(store_count_promises(s, "nobody", &store_rig_err), 0);
	store_close(s);
}

/* --- a file of schema 1 --- */

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, store_rig_setup, store_rig_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_every_member_is_a_column),       TEST(test_round_trip),
	    TEST(test_ledger_is_by_account_and_month), TEST(test_promises),
	    TEST(test_schema_1_is_brought_up_to_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
