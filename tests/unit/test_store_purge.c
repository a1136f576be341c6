/*
 * Retention: what is old goes, a slice at a time; what is open or young stays, and no text of
 * what went is left in the file. Run by make check; needs nothing but a temporary folder.
 */
#include "tests/unit/store_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DAY_MS INT64_C(86400000)
#define SECRET "zebrafinch"

/* An incident with a row of everything, each with the secret in it. */
static void put_all(struct store *s, uint64_t id, const char *tag, bool open, int64_t closed_ms)
{
	const struct post_row post = {.id = id + 1, .incident = id, .account = "noc", .state = POST_SENT,
				      .text = SECRET, .remote_id = tag, .created_ms = closed_ms};
	const struct reply_row reply = {.id = id + 2, .incident = id, .account = "noc", .text = SECRET,
					.acct = SECRET, .state = REPLY_DONE, .seen_ms = closed_ms};
	const struct problem_row problem = {.id = id + 3, .incident = id, .host = "db1", .output = SECRET, .until_s = 1};
	const struct thread_row thread = {.id = id + 4, .incident = id, .names = SECRET, .account = "noc"};
	const struct knowledge_row knowledge = {.id = id + 5, .incident = id, .tag = tag, .object = "db1",
						.kind = "fixed", .text = SECRET, .same = SECRET, .by = "bob"};
	struct timeline_row line = {.incident = id, .at_ms = closed_ms, .kind = "event",
				    .text = "db1 DOWN hard 3/3: " SECRET " is away"};

	store_rig_incident(s, id, tag, open, 1, closed_ms);
	assert_int_equal(store_put_post(s, &post), 0);
	assert_int_equal(store_put_alias(s, "noc", tag, id + 1), 0);
	assert_int_equal(store_put_reply(s, &reply), 0);
	assert_int_equal(store_put_problem(s, &problem), 0);
	assert_int_equal(store_put_thread(s, &thread), 0);
	for (int i = 0; i < 30; i++)
		assert_int_equal(store_put_timeline(s, &line), 0);
	assert_int_equal(store_put_knowledge(s, &knowledge), 0);
	assert_int_equal(store_read_story(s, id), 0);
}

static int count(struct store *s, const char *table)
{
	sqlite3_stmt *stmt;
	char *sql = sqlite3_mprintf("SELECT count(*) FROM \"%w\"", table);
	int n;

	assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	n = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_free(sql);
	return n;
}

/* Is a piece of the secret in the file? The index cuts off what words begin with in common. */
static bool file_has_secret(void)
{
	static char bytes[1 << 20];
	FILE *f = fopen(store_rig_path, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	return memmem(bytes, n, "rafinch", 7) != NULL;
}

/* Slices until nothing is left, each in a transaction of its own; the most that one took. */
static int purge_all(struct store *s, int64_t before_ms, unsigned max)
{
	int n, most = 0;

	for (int i = 0; i < 1000 && (n = store_purge(s, before_ms, max)); i++) {
		assert_true(n > 0);
		most = n > most ? n : most;
		store_rig_commit(s);
	}
	assert_int_equal(n, 0);
	for (int i = 0; i < 1000 && store_merge_story(s) == 1; i++)
		store_rig_commit(s);
	return most;
}

static const char *const tables[] = {"incident", "post",	 "reply",  "problem", "thread",
				     "timeline", "knowledge", "story", "alias"};

static void test_what_is_old_goes(void **state)
{
	struct store *s = store_rig_open();
	int64_t closed_ms = 0;

	(void)state;
	put_all(s, 10, "T222", false, DAY_MS);
	put_all(s, 20, "T333", false, 2 * DAY_MS);
	s = store_rig_reopen(s);
	store_close(s);
	assert_true(file_has_secret());
	s = store_rig_open();
	assert_true(purge_all(s, 3 * DAY_MS, 7) <= 8);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		assert_int_equal(count(s, tables[i]), 0);
	assert_int_equal(store_purged_tag(s, "T222", &closed_ms, &store_rig_err), 1);
	assert_int_equal(closed_ms, DAY_MS);
	assert_int_equal(store_purged_tag(s, "T444", &closed_ms, &store_rig_err), 0);
	assert_int_equal(store_tag_used_since(s, "T222", DAY_MS, &store_rig_err), 1);
	s = store_rig_reopen(s);
	store_close(s);
	assert_false(file_has_secret());
}

static void test_what_is_open_or_young_stays(void **state)
{
	struct store *s = store_rig_open();

	(void)state;
	put_all(s, 10, "T222", true, 0);
	put_all(s, 20, "T333", false, 3 * DAY_MS);
	put_all(s, 30, "T444", false, 3 * DAY_MS - 1);
	purge_all(s, 3 * DAY_MS, 100);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		assert_int_equal(count(s, tables[i]), strcmp(tables[i], "timeline") ? 2 : 60);
	assert_int_equal(store_incident_by_tag(s, "T444", NULL, NULL, &store_rig_err), 0);
	assert_int_equal(store_incident_by_tag(s, "T333", NULL, NULL, &store_rig_err), 1);
	store_close(s);
}

/* What belongs to no incident: strangers' replies, favourites, the audit. */
static void test_what_is_loose_goes(void **state)
{
	struct store *s = store_rig_open();
	struct reply_row reply = {.id = 1, .text = SECRET, .state = REPLY_IGNORED, .seen_ms = DAY_MS};
	struct post_row post = {.id = 3, .kind = POST_FAVOURITE, .state = POST_SENT, .created_ms = DAY_MS};
	struct audit_row audit = {.at_ms = DAY_MS, .actor = SECRET};
	char value[40];

	(void)state;
	store_put_meta(s, "edited:r1", "0" SECRET);
	store_put_meta(s, "edited:r2", "1" SECRET);
	for (int i = 0; i < 2; i++) {
		store_put_reply(s, &reply);
		store_put_post(s, &post);
		store_put_audit(s, &audit);
		reply.id++, post.id++;
		reply.seen_ms = post.created_ms = audit.at_ms = 4 * DAY_MS;
	}
	purge_all(s, 3 * DAY_MS, 100);
	assert_int_equal(count(s, "reply"), 1);
	assert_int_equal(count(s, "post"), 1);
	assert_int_equal(count(s, "audit"), 1);
	assert_int_not_equal(store_meta(s, "edited:r1", value, sizeof value, NULL), -1);
	assert_string_equal(value, "");
	assert_int_not_equal(store_meta(s, "edited:r2", value, sizeof value, NULL), -1);
	assert_string_equal(value, "1" SECRET);
	store_close(s);
}

/* A ticket of two notes with the secret everywhere; open, or closed at a time. */
static void put_ticket(struct store *s, uint64_t id, const char *name, int64_t closed_ms)
{
	const struct ticket_row ticket = {.id = id, .name = name, .account = SECRET, .author_id = SECRET, .acct = SECRET,
					  .remote_id = SECRET, .link = SECRET, .title = SECRET, .desk_id = "1",
					  .state = closed_ms ? TICKET_CLOSED : TICKET_OPEN, .created_ms = DAY_MS / 2,
					  .changed_ms = DAY_MS / 2, .closed_ms = closed_ms};
	struct ticket_note_row note = {.id = id + 1, .ticket = id, .author = SECRET, .text = SECRET, .remote_id = SECRET,
				       .state = TICKET_NOTE_SENT, .reason = SECRET, .created_ms = DAY_MS / 2};

	assert_int_equal(store_put_ticket(s, &ticket), 0);
	assert_int_equal(store_put_ticket_note(s, &note), 0);
	note.id++, note.number++;
	assert_int_equal(store_put_ticket_note(s, &note), 0);
}

/* Tickets go by the day on which they were closed: an open one stays, however old. */
static void test_tickets_go(void **state)
{
	struct store *s = store_rig_open();

	(void)state;
	put_ticket(s, 10, "Q-2222", DAY_MS);
	put_ticket(s, 20, "Q-3333", 3 * DAY_MS);
	put_ticket(s, 30, "Q-4444", 0);
	assert_true(purge_all(s, 3 * DAY_MS, 2) <= 3);
	assert_int_equal(count(s, "ticket"), 2);
	assert_int_equal(count(s, "ticket_note"), 4);
	assert_int_equal(store_ticket_by_name(s, "Q-2222", 0, NULL, NULL, &store_rig_err), 0);
	assert_int_equal(store_ticket_by_name(s, "Q-3333", 0, NULL, NULL, &store_rig_err), 1);
	assert_int_equal(store_ticket_by_name(s, "Q-4444", 0, NULL, NULL, &store_rig_err), 1);
	put_ticket(s, 30, "Q-4444", 4 * DAY_MS);
	purge_all(s, 5 * DAY_MS, 2);
	assert_int_equal(count(s, "ticket"), 0);
	assert_int_equal(count(s, "ticket_note"), 0);
	s = store_rig_reopen(s);
	store_close(s);
	assert_false(file_has_secret());
}

/* Who reported it goes with the incident, and only then. */
static void test_reports_go(void **state)
{
	struct store *s = store_rig_open();
	struct report_row report = {.incident = 10, .hour = 1, .at_ms = DAY_MS};
	static const char *const who[] = {"a", "b", "c"};

	(void)state;
	put_all(s, 10, "T222", false, DAY_MS);
	put_all(s, 20, "T333", true, 0);
	for (unsigned k = 0; k < 6; k++) {
		report.who = who[k % 3];
		report.incident = k < 3 ? 10 : 20;
		assert_int_equal(store_put_report(s, &report), 0);
	}
	purge_all(s, 3 * DAY_MS, 4);
	assert_int_equal(count(s, "report"), 3);
	assert_int_equal(store_count_reports(s, 10, &store_rig_err), 0);
	assert_int_equal(store_count_reports(s, 20, &store_rig_err), 3);
	store_close(s);
}

/* Its author took a reply away: the words leave the index as well. */
static void test_cut_words_leave_the_index(void **state)
{
	struct store *s = store_rig_open();

	(void)state;
	put_all(s, 10, "T222", true, 0);
	assert_int_equal(store_search(s, SECRET, 10, NULL, NULL, &store_rig_err), 0);
	assert_int_equal(store_cut_timeline(s, 10, SECRET, "(deleted)"), 0);
	assert_int_equal(count(s, "story"), 0);
	assert_int_equal(store_read_stories(s, 10), 1);
	assert_int_equal(count(s, "story"), 1);
	store_close(s);
}

static int found(void *arg, uint64_t incident, const char *object, const char *excerpt)
{
	(void)object;
	(void)excerpt;
	*(uint64_t *)arg += incident;
	return 0;
}

/* What was committed and not read before the end is found afterwards; what was not committed is not. */
static void test_unread_is_kept(void **state)
{
	const unsigned incidents = 3 * STORE_UNREAD;
	struct store *s = store_rig_open();
	struct timeline_row line = {.kind = "event", .text = "db1 DOWN hard 3/3: " SECRET " is away"};
	uint64_t sum = 0;

	(void)state;
	for (unsigned round = 0; round < 2; round++)
		for (line.incident = 1; line.incident <= incidents; line.incident++) {
			if (!round)
				store_rig_incident(s, line.incident, "T222", true, 1, 0);
			assert_int_equal(store_put_timeline(s, &line), 0);
		}
	store_rig_commit(s);
	assert_int_equal(count(s, "unread"), incidents);
	line.incident = incidents + 1;
	store_put_timeline(s, &line);
	store_rollback(s);
	s = store_rig_reopen(s);
	assert_int_equal(count(s, "unread"), incidents);
	assert_int_equal(store_read_stories(s, 2 * incidents), incidents);
	assert_int_equal(store_search(s, SECRET, 2 * incidents, found, &sum, &store_rig_err), 0);
	assert_int_equal(sum, incidents * (incidents + 1) / 2);
	line.incident = 1; /* in one transaction: read, and changed after that */
	line.text = "later";
	store_put_timeline(s, &line);
	store_rig_commit(s);
	assert_int_equal(count(s, "unread"), 1);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_what_is_old_goes, store_rig_setup, store_rig_teardown),
	    cmocka_unit_test_setup_teardown(test_what_is_open_or_young_stays, store_rig_setup, store_rig_teardown),
	    cmocka_unit_test_setup_teardown(test_what_is_loose_goes, store_rig_setup, store_rig_teardown),
	    cmocka_unit_test_setup_teardown(test_tickets_go, store_rig_setup, store_rig_teardown),
	    cmocka_unit_test_setup_teardown(test_reports_go, store_rig_setup, store_rig_teardown),
	    cmocka_unit_test_setup_teardown(test_cut_words_leave_the_index, store_rig_setup, store_rig_teardown),
	    cmocka_unit_test_setup_teardown(test_unread_is_kept, store_rig_setup, store_rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
