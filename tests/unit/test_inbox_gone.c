/*
 * Replies that their authors deleted (SPEC 4.5 case 13): when they are looked for, and what
 * is left of them. On the rig of inbox_rig.h. Must never see anything undone.
 */
#include "tests/unit/inbox_rig.h"

#define MINUTE_MS INT64_C(60000)

static struct {
	int64_t look_ms;
	char hash[80], verb[32], author_id[64], mark[40];
	enum reply_state state;
} kept;

static int keep_more(void *arg, const struct reply_row *row)
{
	keep(arg, row);
	kept.look_ms = row->look_ms;
	kept.state = row->state;
	snprintf(kept.hash, sizeof(kept.hash), "%s", row->hash);
	snprintf(kept.verb, sizeof(kept.verb), "%s", row->verb);
	snprintf(kept.author_id, sizeof(kept.author_id), "%s", row->author_id);
	snprintf(kept.mark, sizeof(kept.mark), "%s", row->mark);
	return 1;
}

static uint64_t row_of(const char *id)
{
	for (unsigned i = 0; i < ACCOUNTS; i++)
		if (store_reply_by_remote(store, accounts[i].name, id, keep_more, NULL, NULL) == 1)
			return found.id;
	fail_msg("no reply %s", id);
	return 0;
}

static void pass(int64_t ms)
{
	now.wall_ms += ms;
	now.boot_ms += ms;
}

/* An acknowledgement that was done. */
static void said_and_done(const char *text)
{
	say("alice", "a1", text);
	turn();
	tell(EVENT_ACK, 0, EVENT_OURS, "alice", "disk", "T7K2:r100");
	turn();
	buf_reset(&out);
}

static char lines[1000];

static int keep_line(void *arg, const struct timeline_row *row)
{
	size_t n = strlen(lines);

	(void)arg;
	snprintf(lines + n, sizeof(lines) - n, "%s\n", row->text);
	return 0;
}

static const char *story(uint64_t incident)
{
	lines[0] = '\0';
	store_timeline(store, incident, keep_line, NULL, NULL);
	return lines;
}

static void put_line(uint64_t incident, const char *text)
{
	store_put_timeline(
	    store, &(struct timeline_row){.incident = incident, .at_ms = 1, .kind = "event", .text = text});
}

/* ---- when ---- */

static void test_when(void **state)
{
	static const int64_t looks[] = {10, 120, 24 * 60};
	uint64_t id;

	(void)state;
	say("alice", "a1", "the fan");
	assert_int_equal(row_of("a1"), 100);
	assert_int_equal(kept.look_ms, 0); /* not through yet: SUBMITTED */
	turn();
	tell(EVENT_COMMENT, 0, EVENT_OURS, "alice", "the fan", "T7K2:r100");
	turn();
	id = row_of("a1");
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(kept.look_ms, NOON + looks[i] * MINUTE_MS);
		pass(kept.look_ms - now.wall_ms);
		inbox_looked(inbox, id, INBOX_THERE, &now);
		turn();
		assert_int_equal(row_of("a1"), id);
		assert_string_equal(found_text, "the fan");
	}
	assert_int_equal(kept.look_ms, 0); /* and never again */
	assert_string_equal(kept.hash, "");
}

/* No answer is none: an hour later, for a day. */
static void test_not_known(void **state)
{
	(void)state;
	said_and_done("ack disk");
	pass(15 * MINUTE_MS);
	inbox_looked(inbox, row_of("a1"), INBOX_NOT_KNOWN, &now);
	row_of("a1");
	assert_int_equal(kept.look_ms, now.wall_ms + 60 * MINUTE_MS);
	assert_string_equal(found_text, "ack disk");
	pass(48 * 60 * MINUTE_MS);
	inbox_looked(inbox, row_of("a1"), INBOX_NOT_KNOWN, &now);
	row_of("a1");
	assert_int_equal(kept.look_ms, 0);
	inbox_looked(inbox, 4711, INBOX_GONE, &now); /* nobody's */
}

/* Never where a look costs, nor for what has no words here, or is none of a network's. */
static void test_never(void **state)
{
	char ticket[] = "t1";
	struct err err;

	(void)state;
	people_learn(people, "x", "alice_noc", "7", &now);
	say_full(3, "7@x.com", "x1", "p1", VISIBILITY_PUBLIC, now.wall_ms, "?");
	say_full(0, "mallory@evil.example", "m1", "p1", VISIBILITY_DIRECT, now.wall_ms, "secret");
	inbox_local(inbox, "T7K2", "fixed: the fan", "root", ticket, &now, &err);
	turn();
	row_of("x1");
	assert_int_equal(kept.look_ms, 0);
	row_of("m1");
	assert_int_equal(kept.look_ms, 0);
	assert_int_equal(store_reply_to_look_at(store, "", INT64_MAX, NULL, NULL, NULL), 0);
	say_full(0, "mallory@evil.example", "m2", "p1", VISIBILITY_PUBLIC, now.wall_ms, "me too");
	turn();
	row_of("m2"); /* a stranger's, kept with the story */
	assert_int_equal(kept.look_ms, NOON + 10 * MINUTE_MS);
}

/* ---- what is left ---- */

static void test_gone(void **state)
{
	struct inbox_health health;
	uint64_t id;

	(void)state;
	said_and_done("ack disk");
	id = row_of("a1");
	inbox_looked(inbox, id, INBOX_GONE, &now);
	turn();
	went_out(""); /* nothing is undone, nobody is told */
	assert_int_equal(row_of("a1"), id);
	assert_string_equal(found_text, "");
	/* sha256 of "ack disk" */
	assert_string_equal(kept.hash, "61ccba6e4aa6aa877e7c38bcd9d3f5c2ca6c699d6d6e641a207a84a96db1941b");
	assert_int_equal(kept.look_ms, 0);
	assert_int_equal(kept.state, REPLY_CONFIRMED);
	assert_string_equal(kept.verb, "ack");
	assert_string_equal(kept.author_id, "id-alice");
	assert_string_equal(kept.mark, "T7K2:r100");
	assert_string_equal(found_person, "alice");
	inbox_health(inbox, &now, &health);
	assert_int_equal((int)health.ended[REPLY_DENIED], 0);
}

/* His words go out of the story; everybody else's, and what else he said, stay. */
static void test_story(void **state)
{
	static const char text[] = "ack the “big” disk\nis full";
	static const char was[] = "noc       alice: ack the “big” disk is full\n"
				  "db1/Postgres acknowledged by alice: the ”big” disk\n"
				  "fixed     by alice: the “big” disk is full\n"
				  "noc       bob: ack the “big” disk is full\n"
				  "db1/Postgres CRITICAL hard: the “big” disk\n"
				  "noc       alice: the fan\n";
	static const char is[] = "noc       alice: (deleted by its author)\n"
				 "db1/Postgres acknowledged by alice: (deleted by its author)\n"
				 "fixed     by alice: (deleted by its author)\n"
				 "noc       bob: ack the “big” disk is full\n"
				 "db1/Postgres CRITICAL hard: the “big” disk\n"
				 "noc       alice: the fan\n";
	char copy[sizeof(was)], *rest = copy, *line;

	(void)state;
	said_and_done(text);
	memcpy(copy, was, sizeof(was));
	while ((line = strsep(&rest, "\n")) && *line) {
		put_line(1, line);
		put_line(2, line);
	}
	assert_string_equal(story(1), was);
	inbox_looked(inbox, row_of("a1"), INBOX_GONE, &now);
	turn();
	assert_string_equal(story(1), is);
	assert_string_equal(story(2), was); /* another incident */
}

/* Read again, as after a restore of the network's own: it is known, and not answered. */
static void test_comes_again(void **state)
{
	struct item item = {
	    .kind = ITEM_REPLY,
	    .id = "a1",
	    .uri = "uri:a1",
	    .parent_id = "p1",
	    .author_id = "id-alice",
	    .acct = "alice@social.example.net",
	    .display = "",
	    .text = "unack",
	    .edited = true};

	(void)state;
	said_and_done("ack disk");
	inbox_looked(inbox, row_of("a1"), INBOX_GONE, &now);
	turn();
	assert_int_equal(inbox_item(inbox, 0, &item, &now), EMIT_KNOWN);
	turn();
	went_out("");
	row_of("a1");
	assert_string_equal(found_text, "");
}

/* A commit that fails takes nothing away: it is looked for again. */
static void test_rolled_back(void **state)
{
	(void)state;
	said_and_done("ack disk");
	pass(11 * MINUTE_MS);
	inbox_looked(inbox, row_of("a1"), INBOX_GONE, &now);
	store_rollback(store);
	row_of("a1");
	assert_string_equal(found_text, "ack disk");
	assert_int_equal(store_reply_to_look_at(store, "noc", now.wall_ms, NULL, NULL, NULL), 1);
}

/* Still on its way to the core: its row is written again anyhow, so it is not touched. */
static void test_under_way(void **state)
{
	(void)state;
	say("alice", "a1", "ack disk");
	turn();
	inbox_looked(inbox, row_of("a1"), INBOX_GONE, &now);
	turn();
	row_of("a1");
	assert_string_equal(found_text, "ack disk");
	assert_int_equal(kept.state, REPLY_SUBMITTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_when),  CASE(test_not_known),   CASE(test_never),	      CASE(test_gone),
	    CASE(test_story), CASE(test_comes_again), CASE(test_rolled_back), CASE(test_under_way),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
