/*
 * The store: what goes in comes out, now and after a restart, through an index.
 * Run by make check; needs nothing but a temporary folder.
 * It must never know more of the store than store.h, but for columns and query plans.
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

static int count_rows(void *arg, const void *row)
{
	(void)row;
	++*(int *)arg;
	return 0;
}

#define COUNTER(noun)                                                                              \
	static int count_##noun(void *arg, const struct noun##_row *r)                             \
	{                                                                                          \
		return count_rows(arg, r);                                                         \
	}
COUNTER(problem)
COUNTER(incident)

static int keep_id_of_post(void *arg, const struct post_row *r)
{
	*(uint64_t *)arg = r->id;
	return 0;
}

static int keep_id_of_reply(void *arg, const struct reply_row *r)
{
	*(uint64_t *)arg = r->id;
	return 0;
}

static int keep_id_of_incident(void *arg, const struct incident_row *r)
{
	*(uint64_t *)arg = r->id;
	return 0;
}

static void test_null_strings(void **state)
{
	struct store *s = store_rig_open();
	struct post_row r = {.id = 1};
	struct account_row a = {.name = NULL};
	uint64_t id = 0;

	(void)state;
	assert_int_equal(store_put_post(s, &r), 0);
	assert_int_equal(store_put_account(s, &a), 0);
	assert_int_equal(store_put_meta(s, "k", NULL), 0);
	assert_int_equal(store_post_by_id(s, 1, keep_id_of_post, &id, &store_rig_err), 1);
	assert_int_equal(
	    store_post_by_remote(s, NULL, NULL, keep_id_of_post, &id, &store_rig_err), 0);
	assert_int_equal(store_post_by_uri(s, "", "", NULL, NULL, &store_rig_err), 0);
	assert_int_equal(store_reply_by_mark(s, "", NULL, NULL, &store_rig_err), 0);
	store_close(s);
	store_close(NULL);
}

static const struct post_row post = {
    .id = 4, .account = "acc", .text = "text", .remote_id = "rid", .uri = "uri"};
static const struct reply_row reply = {
    .id = 6,
    .account = "acc",
    .remote_id = "r1",
    .uri = "ruri",
    .author_id = "a1",
    .created_ms = 31,
    .incident = 2,
    .mark = "T7K2:r6",
    .visibility = VISIBILITY_DIRECT};

static void test_lookups(void **state)
{
	struct store *s = store_rig_open();
	struct post_row p = post;
	uint64_t id = 0;

	(void)state;
	store_put_post(s, &post);
	store_put_reply(s, &reply);
	store_put_alias(s, "acc", "old", 4);
	assert_int_equal(store_post_by_id(s, 4, keep_id_of_post, &id, &store_rig_err), 1);
	assert_int_equal(store_post_by_id(s, 5, keep_id_of_post, &id, &store_rig_err), 0);
	assert_int_equal(
	    store_post_by_remote(s, "acc", "rid", keep_id_of_post, &id, &store_rig_err), 1);
	assert_int_equal(
	    store_post_by_remote(s, "acc", "old", keep_id_of_post, &id, &store_rig_err), 1);
	assert_int_equal(
	    store_post_by_remote(s, "other", "old", keep_id_of_post, &id, &store_rig_err), 0);
	assert_int_equal(
	    store_post_by_remote(s, "acc", "nil", keep_id_of_post, &id, &store_rig_err), 0);
	assert_int_equal(
	    store_post_by_uri(s, "acc", "uri", keep_id_of_post, &id, &store_rig_err), 1);
	assert_int_equal(
	    store_post_by_uri(s, "other", "uri", keep_id_of_post, &id, &store_rig_err), 0);
	assert_int_equal(id, 4);
	assert_int_equal(
	    store_reply_by_uri(s, "acc", "ruri", keep_id_of_reply, &id, &store_rig_err), 1);
	assert_int_equal(
	    store_reply_by_remote(s, "acc", "r1", keep_id_of_reply, &id, &store_rig_err), 1);
	assert_int_equal(
	    store_reply_by_remote(s, "acc", "r2", keep_id_of_reply, &id, &store_rig_err), 0);
	assert_int_equal(
	    store_reply_by_mark(s, "T7K2:r6", keep_id_of_reply, &id, &store_rig_err), 1);
	assert_int_equal(id, 6);

	/* what an attacker may put into an id stays an id */
	assert_int_equal(
	    store_post_by_remote(s, "acc", "' OR 1=1 --", keep_id_of_post, &id, &store_rig_err), 0);
	p.id = 7;
	p.remote_id = "'; DROP TABLE post; --";
	store_put_post(s, &p);
	assert_int_equal(
	    store_post_by_remote(s, "acc", p.remote_id, keep_id_of_post, &id, &store_rig_err), 1);
	assert_int_equal(id, 7);
	store_close(s);
}

/* The partner's last incident: said directly, with an incident, recent enough. */
static void test_last_incident(void **state)
{
	struct store *s = store_rig_open();
	struct reply_row r = reply;
	uint64_t id = 0;

	(void)state;
	store_put_reply(s, &r);
	assert_int_equal(store_last_incident_of(s, "acc", "a1", 31, &id, &store_rig_err), 1);
	assert_int_equal(id, 2);
	assert_int_equal(store_last_incident_of(s, "acc", "a1", 32, &id, &store_rig_err), 0);
	r.id = 8;
	r.created_ms = 40;
	r.incident = 77;
	r.visibility = VISIBILITY_PUBLIC;
	store_put_reply(s, &r);
	assert_int_equal(store_last_incident_of(s, "acc", "a1", 0, &id, &store_rig_err), 1);
	assert_int_equal(id, 2);
	r.visibility = VISIBILITY_DIRECT;
	store_put_reply(s, &r);
	assert_int_equal(store_last_incident_of(s, "acc", "a1", 32, &id, &store_rig_err), 1);
	assert_int_equal(id, 77);
	/* two candidates: nobody knows which was meant */
	assert_int_equal(store_last_incident_of(s, "acc", "a1", 0, &id, &store_rig_err), 0);
	assert_int_equal(store_last_incident_of(s, "acc", "a2", 0, &id, &store_rig_err), 0);
	store_close(s);
}

static void test_incidents_and_tags(void **state)
{
	struct store *s = store_rig_open();
	struct thread_row t = {.id = 50, .incident = 2};
	struct problem_row p = {.id = 60, .incident = 2, .until_s = 5};
	uint64_t id = 0;
	int n = 0;

	(void)state;
	store_rig_incident(s, 1, "AAAA", false, 100, 200);
	store_rig_incident(s, 2, "BBBB", true, 150, 0);
	store_rig_incident(s, 3, "AAAA", false, 300, 400);
	store_put_thread(s, &t);
	t.id = 51;
	t.incident = 1;
	store_put_thread(s, &t);
	store_put_problem(s, &p); /* over, of an open incident */
	p.id = 61;
	p.incident = 1;
	store_put_problem(s, &p); /* over, of a closed one */
	p.id = 62;
	p.incident = 0;
	p.until_s = 0;
	store_put_problem(s, &p); /* adopted */
	assert_int_equal(store_live_problems(s, count_problem, &n, &store_rig_err), 2);
	assert_int_equal(n, 2);
	assert_int_equal(store_open_incidents(s, NULL, NULL, &store_rig_err), 1);
	assert_int_equal(store_open_threads(s, NULL, NULL, &store_rig_err), 1);
	assert_int_equal(store_incidents(s, false, 0, keep_id_of_incident, &id, &store_rig_err), 1);
	assert_int_equal(store_incidents(s, true, 0, keep_id_of_incident, &id, &store_rig_err), 3);
	assert_int_equal(id, 1); /* newest first */
	assert_int_equal(
	    store_incidents(s, true, 300, keep_id_of_incident, &id, &store_rig_err), 2);
	assert_int_equal(id, 2);
	assert_int_equal(
	    store_incident_by_tag(s, "AAAA", keep_id_of_incident, &id, &store_rig_err), 1);
	assert_int_equal(id, 3);
	assert_int_equal(
	    store_incident_by_tag(s, "CCCC", keep_id_of_incident, &id, &store_rig_err), 0);
	assert_int_equal(store_tag_used_since(s, "AAAA", 400, &store_rig_err), 1);
	assert_int_equal(store_tag_used_since(s, "AAAA", 401, &store_rig_err), 0);
	assert_int_equal(store_tag_used_since(s, "BBBB", 999, &store_rig_err), 1);
	assert_int_equal(store_tag_used_since(s, "CCCC", 0, &store_rig_err), 0);

	/* where answers may hang */
	store_rig_post(s, 70, 2, POST_SENT, "p70");
	store_rig_post(s, 71, 2, POST_QUEUED, "");
	store_rig_post(s, 72, 1, POST_SENT, "p72");
	assert_int_equal(store_told_posts(s, "acc", keep_id_of_post, &id, &store_rig_err), 1);
	assert_int_equal(id, 70);
	assert_int_equal(store_told_posts(s, "other", NULL, NULL, &store_rig_err), 0);
	assert_int_equal(store_posts_of_incident(s, 2, NULL, NULL, &store_rig_err), 2);
	assert_int_equal(store_posts_of_thread(s, 3, NULL, NULL, &store_rig_err), 2);
	assert_int_equal(store_replies_of_incident(s, 2, NULL, NULL, &store_rig_err), 0);
	/* what was sent, not what waits */
	assert_int_equal(store_count_posts(s, "acc", 1000, &store_rig_err), 2);
	assert_int_equal(store_count_posts(s, "acc", 2000, &store_rig_err), 0);
	store_close(s);
}

static void test_meta(void **state)
{
	struct store *s = store_rig_open();
	char value[8] = "junk";

	(void)state;
	assert_int_equal(store_meta(s, "boot", value, sizeof value, &store_rig_err), 0);
	assert_string_equal(value, "");
	store_put_meta(s, "boot", "one");
	store_put_meta(s, "boot", "twothreefour");
	s = store_rig_reopen(s);
	assert_int_equal(store_meta(s, "boot", value, sizeof value, &store_rig_err), 1);
	assert_string_equal(value, "twothre");
	store_close(s);
}

static void test_rollback(void **state)
{
	struct store *s = store_rig_open();

	(void)state;
	store_rig_incident(s, 1, "AAAA", true, 1, 0);
	store_rig_commit(s);
	store_rig_incident(s, 2, "BBBB", true, 1, 0);
	assert_int_equal(store_open_incidents(s, NULL, NULL, &store_rig_err), 2);
	store_rollback(s);
	assert_int_equal(store_open_incidents(s, NULL, NULL, &store_rig_err), 1);
	store_rollback(s);
	store_rig_commit(s); /* nothing to do is fine */
	store_rig_incident(s, 3, "CCCC", true, 1, 0);
	store_close(s); /* not committed */
	s = store_rig_open();
	assert_int_equal(store_open_incidents(s, NULL, NULL, &store_rig_err), 1);
	store_close(s);
}

static void test_ids(void **state)
{
	struct store *s = store_rig_open();
	uint64_t first = store_next_id(s), second = store_next_id(s), third;

	(void)state;
	assert_true(first > 0 && second == first + 1);
	store_rig_incident(s, second, "AAAA", true, 1, 0);
	store_rollback(s);
	third = store_next_id(s);
	assert_int_equal(third, second + 1); /* what was rolled back stays used */
	store_rig_incident(s, 1, "AAAA", true, 1, 0);
	s = store_rig_reopen(s);
	assert_int_equal(store_next_id(s), third + 1); /* also ids that no row shows */
	store_close(s);
	s = store_rig_open();
	store_rig_incident(s, 1000, "BBBB", true, 1, 0); /* a row from elsewhere */
	s = store_rig_reopen(s);
	assert_true(store_next_id(s) > 1000);
	store_close(s);
}

/* Callbacks that use the store, with the same statement too. */

struct nest {
	struct store *s;
	int depth, rows;
	uint64_t ids[8];
};

static int nested(void *arg, const struct post_row *r)
{
	struct nest *n = arg;
	struct post_row copy = *r;
	uint64_t id = 0;

	n->ids[n->rows++ % 8] = r->id;
	if (n->depth < 2) {
		n->depth++;
		assert_int_equal(store_unsettled_posts(n->s, nested, n, &store_rig_err), 3);
		n->depth--;
	}
	assert_int_equal(store_post_by_id(n->s, r->id, keep_id_of_post, &id, &store_rig_err), 1);
	assert_int_equal(id, r->id);
	copy.attempts++;
	assert_int_equal(store_put_post(n->s, &copy), 0);
	assert_string_equal(r->text, "text");
	return 0;
}

static int settle_post(void *arg, const struct post_row *r)
{
	struct nest *n = arg;
	struct post_row copy = *r;

	n->ids[n->rows++ % 8] = r->id;
	copy.state = POST_SENT;
	assert_int_equal(store_put_post(n->s, &copy), 0);
	assert_int_equal(store_commit(n->s, &store_rig_err), 0);
	return 0;
}

static int stop(void *arg, const struct post_row *r)
{
	(void)arg;
	(void)r;
	return 1;
}

static void test_nested_walks(void **state)
{
	struct nest n = {.s = store_rig_open()};

	(void)state;
	for (uint64_t id = 1; id <= 3; id++)
		store_rig_post(n.s, id, 1, POST_QUEUED, "");
	store_rig_commit(n.s);
	assert_int_equal(store_unsettled_posts(n.s, nested, &n, &store_rig_err), 3);
	assert_int_equal(n.rows, 3 + 9 + 27);
	assert_int_equal(store_unsettled_posts(n.s, stop, NULL, &store_rig_err), 1);
	store_rig_commit(n.s);

	/* settling what one walks over: each comes once, in order, through commits */
	n.rows = 0;
	assert_int_equal(store_unsettled_posts(n.s, settle_post, &n, &store_rig_err), 3);
	assert_int_equal(n.rows, 3);
	assert_true(n.ids[0] == 1 && n.ids[1] == 2 && n.ids[2] == 3);
	assert_int_equal(store_unsettled_posts(n.s, NULL, NULL, &store_rig_err), 0);
	store_close(n.s);
}

/* --- a row that moves on --- */

struct moved {
	char text[32], uri[32];
	enum post_state state;
	unsigned attempts;
	int64_t created_ms;
};

static int keep_moved(void *arg, const struct post_row *row)
{
	struct moved *m = arg;

	snprintf(m->text, sizeof m->text, "%s", row->text);
	snprintf(m->uri, sizeof m->uri, "%s", row->uri);
	m->state = row->state;
	m->attempts = row->attempts;
	m->created_ms = row->created_ms;
	return 0;
}

/* What happened to a post is written without its words; a row that is not there is written whole. */
static void test_moved_post(void **state)
{
	struct store *s = store_rig_open();
	struct post_row p = {.id = 4, .account = "acc", .text = "words", .created_ms = 100};
	struct moved m;
	uint64_t id = 0;

	(void)state;
	store_put_post(s, &p);
	p.text = "others";
	p.created_ms = 200;
	p.state = POST_SENT;
	p.attempts = 3;
	p.remote_id = "moved";
	p.uri = "address";
	assert_int_equal(store_move_post(s, &p), 0);
	assert_int_equal(store_post_by_id(s, 4, keep_moved, &m, &store_rig_err), 1);
	assert_string_equal(m.text, "words");
	assert_int_equal(m.created_ms, 100);
	assert_int_equal(m.state, POST_SENT);
	assert_int_equal(m.attempts, 3);
	assert_string_equal(m.uri, "address");
	assert_int_equal(store_post_by_remote(s, "acc", "moved", keep_id_of_post, &id, &store_rig_err), 1);
	assert_int_equal(store_unsettled_posts(s, NULL, NULL, &store_rig_err), 0);
	p.id = 5;
	assert_int_equal(store_move_post(s, &p), 0);
	assert_int_equal(store_post_by_id(s, 5, keep_moved, &m, &store_rig_err), 1);
	assert_string_equal(m.text, "others");
	store_close(s);
}

/* Tables that never have more rows than the configuration, the core or people give them at a time. */
static bool is_small(enum store_sql which)
{
	return which == SQL_NODES || which == SQL_PERSONS || which == SQL_ACCOUNTS || which == SQL_IDENTITIES ||
	       which == SQL_DOWNTIMES || which == SQL_CHANNELS || which == SQL_QUIETS ||
	       which == SQL_PAUSES || which == SQL_COMMANDS;
}

/* Every question is answered through an index: the history may be a million rows. */
static void test_no_scans(void **state)
{
	struct store *s = store_rig_open();

	(void)state;
	for (int i = SQL_NODES; i < SQL_END; i++) {
		char sql[2048];
		sqlite3_stmt *stmt;

		snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", store_sql[i]);
		assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL), SQLITE_OK);
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			const char *plan = (const char *)sqlite3_column_text(stmt, 3);
			if (!is_small(i) && strncmp(plan, "SCAN", 4) == 0 && !strstr(plan, "INDEX") &&
			    !strstr(plan, "CONSTANT ROW"))
				fail_msg("%s: %s", plan, store_sql[i]);
			if (strstr(plan, "AUTOMATIC") || strstr(plan, "SCAN post USING INDEX post_sent"))
				fail_msg("%s: %s", plan, store_sql[i]);
			if (i == SQL_COUNT_POSTS && !strstr(plan, "COVERING INDEX post_sent"))
				fail_msg("%s: %s", plan, store_sql[i]);
		}
		sqlite3_finalize(stmt);
	}
	store_close(s);
}

static void test_ten_thousand(void **state)
{
	struct store *s = store_rig_open();
	int n = 0;

	(void)state;
	for (uint64_t id = 1; id <= 10000; id++) {
		store_rig_incident(s, id, "AAAA", id % 10 == 0, (int64_t)id, 1);
		store_rig_post(s, id + 10000, id, id % 10 ? POST_SENT : POST_QUEUED, "");
		if (id % 100 == 0)
			store_rig_commit(s);
	}
	s = store_rig_reopen(s);
	assert_int_equal(store_open_incidents(s, count_incident, &n, &store_rig_err), 1000);
	assert_int_equal(store_unsettled_posts(s, NULL, NULL, &store_rig_err), 1000);
	assert_int_equal(n, 1000);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORE_RIG_TEST(test_null_strings),  STORE_RIG_TEST(test_lookups),
	    STORE_RIG_TEST(test_last_incident), STORE_RIG_TEST(test_incidents_and_tags),
	    STORE_RIG_TEST(test_meta),          STORE_RIG_TEST(test_rollback),
	    STORE_RIG_TEST(test_ids),           STORE_RIG_TEST(test_nested_walks),
	    STORE_RIG_TEST(test_no_scans),      STORE_RIG_TEST(test_ten_thousand),
	    STORE_RIG_TEST(test_moved_post),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
