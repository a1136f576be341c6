/*
 * Every member of every row goes into the store and comes out again.
 * Run by make check; needs nothing but a temporary folder.
 * When it fails after a change of rows.h, a column is missing: store_internal.h.
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

/* All fields, each with a value of its own, through a restart. */

static const struct node_row node = {
    .name = "n1", .epoch = "epoch1", .seq = UINT64_MAX - 1, .adopted = true, .last_seen_ms = 11,
    .cut_off_s = 12};
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
    .heard = "public,operators",
    .told = "public",
    .hard_s = 5,
    .worse_s = 6,
    .was_state = 7,
    .changes = 8,
    .flap_s = 9,
    .changed_s = 10,
    .acked_as = 11,
    .relapses = "12,13"};
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
    .let_go = "carol",
    .owner_round = 13,
    .acked_s = 11,
    .ack_until_s = 12,
    .eta_s = 14,
    .quiet_until_s = 15,
    .from_s = 16,
    .to_s = 17,
    .name = "E-mail",
    .text = "new disks",
    .by = "dave",
    .known = "restart it",
    .known_tag = "TAAA",
    .ticket = "INC123"};
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
    .until_s = 18,
    .names = "E-mail\nWeb",
    .escalated = 20,
    .flap_ms = 21,
    .flap_boot_ms = 22,
    .ask_ms = 23,
    .ask_boot_ms = 24,
    .escalate_ms = 25,
    .escalate_boot_ms = 26,
    .asked_event = 27,
    .asked_text = "E-mail: it burns\n#T7K2",
    .asked_words = "it burns",
    .asked_by = "erin",
    .asked_at_ms = 28,
    .asked_times = 2,
    .again_ms = 29,
    .again_boot_ms = 30};
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
    .visibility = VISIBILITY_DIRECT,
    .look_ms = 35,
    .hash = "9f86"};
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
static const struct downtime_row downtime = {
    .node = "n1",
    .host = "db1",
    .service = "Postgres",
    .id = 81,
    .kind = 2,
    .flags = 3,
    .from_s = 82,
    .to_s = 83,
    .author = "alice",
    .text = "new disks",
    .incident = 84};
static const struct channel_row channel = {
    .audience = "public",
    .account = "acc",
    .digest = 91,
    .digest_tag = "TDDD",
    .digest_root = DELIVERY_SENT,
    .from_s = 92,
    .digest_ms = 93,
    .digest_boot_ms = 94,
    .folded = 95,
    .longest_s = 96,
    .longest = "E-mail",
    .lost = 97,
    .storm = 98,
    .storm_tag = "TSSS",
    .storm_root = DELIVERY_UNSETTLED,
    .storm_s = 99,
    .stormed = 100,
    .storm_told = 101,
    .storm_ms = 102,
    .storm_boot_ms = 103,
    .calm_ms = 104,
    .calm_boot_ms = 105,
    .recent = "106,107"};
static const struct quiet_row quiet = {
    .id = 111, .match = "host=db*", .text = "tests", .by = "alice", .since_s = 112, .until_s = 113};
static const struct pause_row pause_of = {
    .audience = "public", .account = "acc", .text = "an audit", .by = "bob", .since_s = 121};

STORE_RIG_CHECKER(check_node, node, TABLE_NODE, node)
STORE_RIG_CHECKER(check_problem, problem, TABLE_PROBLEM, problem)
STORE_RIG_CHECKER(check_incident, incident, TABLE_INCIDENT, incident)
STORE_RIG_CHECKER(check_thread, thread, TABLE_THREAD, thread)
STORE_RIG_CHECKER(check_post, post, TABLE_POST, post)
STORE_RIG_CHECKER(check_reply, reply, TABLE_REPLY, reply)
STORE_RIG_CHECKER(check_account, account, TABLE_ACCOUNT, account)
STORE_RIG_CHECKER(check_identity, identity, TABLE_IDENTITY, identity)
STORE_RIG_CHECKER(check_timeline, timeline, TABLE_TIMELINE, timeline)
STORE_RIG_CHECKER(check_ledger, ledger, TABLE_LEDGER, ledger)
STORE_RIG_CHECKER(check_downtime, downtime, TABLE_DOWNTIME, downtime)
STORE_RIG_CHECKER(check_channel, channel, TABLE_CHANNEL, channel)
STORE_RIG_CHECKER(check_quiet, quiet, TABLE_QUIET, quiet)
STORE_RIG_CHECKER(check_pause, pause, TABLE_PAUSE, pause_of)

/*
 * A column list and a struct that drift apart would lose a member in silence: walking
 * the columns must lead over the whole struct without a gap. When this fails, a member
 * of rows.h is not in store_internal.h and in a migration. What says that a row is gone
 * is its last member, and no column.
 */
static void test_every_member_is_a_column(void **state)
{
	static const struct {
		enum store_table table;
		size_t size; /* up to `gone`, where there is one */
	} rows[] = {{TABLE_NODE, sizeof(struct node_row)},
		    {TABLE_PROBLEM, sizeof(struct problem_row)},
		    {TABLE_INCIDENT, sizeof(struct incident_row)},
		    {TABLE_THREAD, sizeof(struct thread_row)},
		    {TABLE_POST, sizeof(struct post_row)},
		    {TABLE_REPLY, sizeof(struct reply_row)},
		    {TABLE_ACCOUNT, sizeof(struct account_row)},
		    {TABLE_IDENTITY, sizeof(struct identity_row)},
		    {TABLE_PERSON, sizeof(struct person_row)},
		    {TABLE_COMMAND, offsetof(struct command_row, gone)},
		    {TABLE_TIMELINE, sizeof(struct timeline_row)},
		    {TABLE_AUDIT, sizeof(struct audit_row)},
		    {TABLE_LEDGER, sizeof(struct ledger_row)},
		    {TABLE_DOWNTIME, offsetof(struct downtime_row, gone)},
		    {TABLE_CHANNEL, sizeof(struct channel_row)},
		    {TABLE_QUIET, offsetof(struct quiet_row, gone)},
		    {TABLE_PAUSE, offsetof(struct pause_row, gone)}};
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
	const struct audit_row audit = {1, "bob", "ack", "T7K2", "bob@x", "ok"};
	int n[14] = {0};

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
	assert_int_equal(store_put_downtime(s, &downtime), 0);
	assert_int_equal(store_put_channel(s, &channel), 0);
	assert_int_equal(store_put_quiet(s, &quiet), 0);
	assert_int_equal(store_put_pause(s, &pause_of), 0);
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
		assert_int_equal(store_downtimes(s, check_downtime, &n[10], &store_rig_err), 1);
		assert_int_equal(store_channels(s, check_channel, &n[11], &store_rig_err), 1);
		assert_int_equal(store_quiets(s, check_quiet, &n[12], &store_rig_err), 1);
		assert_int_equal(store_pauses(s, check_pause, &n[13], &store_rig_err), 1);
		s = store_rig_reopen(s);
	}
	for (int i = 0; i < 14; i++)
		assert_int_equal(n[i], 2);
	assert_string_equal(store_rig_err.text, "");
	store_close(s);
}

/* A row that is gone takes itself away, and none of those beside it. */
static void test_gone_rows_are_deleted(void **state)
{
	struct store *s = store_rig_open();
	struct downtime_row d = downtime, other_node = downtime;
	struct quiet_row q = quiet, other_id = quiet;
	struct pause_row p = pause_of, of_all = {.since_s = 122};
	int n[3] = {0};

	(void)state;
	other_node.node = "n2"; /* each core counts its own downtimes */
	other_id.id++;
	for (int gone = 0; gone < 2; gone++) {
		assert_int_equal(store_put_downtime(s, &downtime), 0);
		assert_int_equal(store_put_quiet(s, &quiet), 0);
		assert_int_equal(store_put_pause(s, &pause_of), 0);
		other_node.gone = other_id.gone = of_all.gone = gone;
		assert_int_equal(store_put_downtime(s, &other_node), 0);
		assert_int_equal(store_put_quiet(s, &other_id), 0);
		assert_int_equal(store_put_pause(s, &of_all), 0);
		s = store_rig_reopen(s);
		assert_int_equal(store_downtimes(s, NULL, NULL, &store_rig_err), gone ? 1 : 2);
		assert_int_equal(store_quiets(s, NULL, NULL, &store_rig_err), gone ? 1 : 2);
		assert_int_equal(store_pauses(s, NULL, NULL, &store_rig_err), gone ? 1 : 2);
	}
	store_downtimes(s, check_downtime, &n[0], &store_rig_err);
	store_quiets(s, check_quiet, &n[1], &store_rig_err);
	store_pauses(s, check_pause, &n[2], &store_rig_err);
	assert_true(n[0] == 1 && n[1] == 1 && n[2] == 1);
	d.gone = q.gone = p.gone = true;
	for (int i = 0; i < 2; i++) { /* what is not there cannot go twice, and that is no failure */
		assert_int_equal(store_put_downtime(s, &d), 0);
		assert_int_equal(store_put_quiet(s, &q), 0);
		assert_int_equal(store_put_pause(s, &p), 0);
		s = store_rig_reopen(s);
		assert_int_equal(store_downtimes(s, NULL, NULL, &store_rig_err), 0);
		assert_int_equal(store_quiets(s, NULL, NULL, &store_rig_err), 0);
		assert_int_equal(store_pauses(s, NULL, NULL, &store_rig_err), 0);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORE_RIG_TEST(test_every_member_is_a_column),       STORE_RIG_TEST(test_round_trip),
	    STORE_RIG_TEST(test_ledger_is_by_account_and_month), STORE_RIG_TEST(test_promises),
	    STORE_RIG_TEST(test_gone_rows_are_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
