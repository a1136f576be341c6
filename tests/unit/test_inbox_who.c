/*
 * Whose reply counts and which incident it means; the command line; attacks. On the
 * rig of inbox_rig.h. It must never let a stranger's word have an effect.
 */
#include "tests/unit/inbox_rig.h"

/* ---- who ---- */

static void test_strangers(void **state)
{
	struct inbox_health health;
	static const char *const words[] = {"ack", "unack", "mine", "ack 30"};
	char id[8];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		snprintf(id, sizeof(id), "m%u", i);
		assert_int_equal(say("mallory@evil.example", id, words[i]), EMIT_NEW);
		is_row(id, REPLY_DENIED, "stranger");
		assert_int_equal(found.incident, 1);
	}
	say("mallory@evil.example", "m5", "?");
	say("mallory@evil.example", "m6", "me too");
	say("mallory@evil.example", "m7", "help");
	say("mallory@evil.example", "m8", "ack #T222");
	say_full(0, "mallory@evil.example", "m9", "p999", VISIBILITY_PUBLIC, now.wall_ms, "ack");
	say_full(0, "mallory@evil.example", "m10", "", VISIBILITY_DIRECT, now.wall_ms, "ack");
	is_row("m5", REPLY_IGNORED, "no_incident");
	is_row("m6", REPLY_IGNORED, "no_incident");
	turn();
	went_out(""); /* no command, no answer, no favourite, no look at the network */
	inbox_health(inbox, &now, &health);
	assert_int_equal(health.denied, 7);
	now.boot_ms += 600000;
	inbox_health(inbox, &now, &health);
	assert_int_equal(health.denied, 0);
	assert_int_equal((int)health.ended[REPLY_DENIED], 7);
}

static void test_not_allowed(void **state)
{
	(void)state;
	say_full(0, "bob", "a1", "p2", VISIBILITY_PUBLIC, now.wall_ms, "ack");
	is_row("a1", REPLY_DENIED, "not_allowed");
	say_full(0, "bob", "a2", "p2", VISIBILITY_PUBLIC, now.wall_ms, "the fan");
	is_row("a2", REPLY_DENIED, "not_allowed");
	say("carol", "a3", "ack");
	is_row("a3", REPLY_DENIED, "not_allowed");
	turn();
	went_out("");
}

static void test_other_id(void **state)
{
	struct item item = {
	    .kind = ITEM_REPLY,
	    .id = "x1",
	    .uri = "uri:x1",
	    .parent_id = "p1",
	    .author_id = "id-other",
	    .acct = "alice@social.example.net",
	    .display = "alice",
	    .text = "ack"};

	(void)state;
	say("alice", "a1", "?");
	turn();
	buf_reset(&out);
	inbox_item(inbox, 0, &item, &now);
	is_row("x1", REPLY_DENIED, "other_id");
	turn();
	went_out("");
}

static void test_machines(void **state)
{
	struct item item = {
	    .kind = ITEM_REPLY,
	    .id = "x1",
	    .uri = "uri:x1",
	    .parent_id = "p1",
	    .author_id = "id-alice",
	    .acct = "alice@social.example.net",
	    .display = "",
	    .text = "ack"};

	(void)state;
	item.by_us = true;
	assert_int_equal(inbox_item(inbox, 0, &item, &now), EMIT_KNOWN);
	item.by_us = false;
	item.is_boost = true;
	assert_int_equal(inbox_item(inbox, 0, &item, &now), EMIT_NEW);
	is_row("x1", REPLY_IGNORED, "boost");
	item.is_boost = false;
	item.bot = true;
	item.id = "x2";
	item.uri = "uri:x2";
	inbox_item(inbox, 0, &item, &now);
	is_row("x2", REPLY_IGNORED, "bot");
	turn();
	went_out("");
}

/* ---- which incident ---- */

static void test_tag_wins(void **state)
{
	(void)state;
	say("alice", "a1", "ack T9QM disk");
	turn();
	went_out("ACK mon1 web1/ sticky notify by alice: disk - via alice@social.example.net "
		 "[T9QM:r100] 100\n");
	say("alice", "a2", "ack tmrw morning"); /* no such incident: words */
	turn();
	went_out("ACK mon1 db1/Postgres sticky notify by alice: tmrw morning - via "
		 "alice@social.example.net "
		 "[T7K2:r101] 101\n");
}

static void test_parents(void **state)
{
	(void)state;
	/* under a reply that we know, whatever its author tagged */
	say("mallory@evil.example", "m1", "#T9QM look");
	say_full(0, "alice", "a1", "m1", VISIBILITY_PUBLIC, now.wall_ms, "ack");
	turn();
	went_out("ACK mon1 db1/Postgres sticky notify by alice: ack - via alice@social.example.net "
		 "[T7K2:r101] 101\n");
	tell(EVENT_ACK, 0, EVENT_OURS, "alice", "x", "T7K2:r101");
	turn();
	buf_reset(&out);
	/* under something unknown: two steps up to ours, known by its uri only */
	say_full(0, "alice", "a2", "q1", VISIBILITY_PUBLIC, now.wall_ms, "unack");
	went_out("want noc r102 q1\n");
	turn();
	is_row("a2", REPLY_SEEN, "");
	inbox_parent(inbox, 102, "uri:q1", "q2", &now);
	went_out("want noc r102 q2\n");
	views[0].acked = true;
	views[0].owner = "alice";
	inbox_parent(inbox, 102, "uri:p1", "", &now);
	turn();
	went_out("UNACK mon1 db1/Postgres by alice:  [T7K2:r102] 102\n");
	inbox_parent(inbox, 102, "uri:p2", "", &now); /* too late to matter */
	/* no end: given up silently */
	say_full(0, "alice", "a3", "q3", VISIBILITY_PUBLIC, now.wall_ms, "ack");
	inbox_parent(inbox, 103, "uri:q3", "q4", &now);
	inbox_parent(inbox, 103, "uri:q4", "q5", &now);
	inbox_parent(inbox, 103, "uri:q5", "q6", &now);
	went_out("want noc r103 q3\nwant noc r103 q4\nwant noc r103 q5\n");
	turn();
	is_row("a3", REPLY_IGNORED, "no_incident");
	say_full(0, "alice", "a4", "q7", VISIBILITY_PUBLIC, now.wall_ms, "ack");
	inbox_parent(inbox, 104, "", "", &now);
	went_out("want noc r104 q7\n");
}

static void test_direct(void **state)
{
	(void)state;
	say_full(0, "alice", "a1", "p2", VISIBILITY_DIRECT, now.wall_ms, "?");
	turn();
	buf_reset(&out);
	say_full(0, "alice", "a2", "", VISIBILITY_DIRECT, now.wall_ms, "ack");
	turn();
	went_out("ACK mon1 web1/ sticky notify by alice: ack - via alice@social.example.net "
		 "[T9QM:r101] 101\n");
	now.wall_ms += 3 * 3600000;
	now.boot_ms += 3 * 3600000;
	turn();
	buf_reset(&out);
	say_full(0, "alice", "a3", "", VISIBILITY_DIRECT, now.wall_ms, "ack");
	went_out("answer alice@social.example.net on noc: trouble which\n");
}

static void test_edited(void **state)
{
	struct item item = {
	    .kind = ITEM_REPLY,
	    .id = "a1",
	    .uri = "uri:a1",
	    .parent_id = "p1",
	    .author_id = "id-alice",
	    .acct = "alice@social.example.net",
	    .display = "",
	    .text = "ack",
	    .edited = true};

	(void)state;
	say("alice", "a1", "the fan");
	turn();
	buf_reset(&out);
	assert_int_equal(inbox_item(inbox, 0, &item, &now), EMIT_KNOWN);
	went_out("answer alice@social.example.net on noc: trouble edited\n");
	assert_int_equal(inbox_item(inbox, 0, &item, &now), EMIT_KNOWN);
	item.text = "the big fan";
	assert_int_equal(inbox_item(inbox, 0, &item, &now), EMIT_KNOWN);
	turn();
	went_out("");
	is_row("a1", REPLY_SUBMITTED, "");
}

/* ---- the command line ---- */

static void test_local(void **state)
{
	char ticket[] = "t1", other[] = "t2";
	struct err err;

	(void)state;
	assert_int_equal(inbox_local(inbox, "T222", "ack", "root", ticket, &now, &err), -1);
	assert_int_equal(inbox_local(inbox, "T7K2", "pause", "root", ticket, &now, &err), -1);
	assert_int_equal(inbox_local(inbox, "T7K2", "ack 30", "root", ticket, &now, &err), -1);
	assert_int_equal(inbox_local(inbox, "#T7K2", "ack disk", "root", ticket, &now, &err), 0);
	went_out("");
	turn();
	went_out("ACK mon1 db1/Postgres sticky by root: disk - via twicket [T7K2:r100] 100\n");
	tell(EVENT_ACK, 0, EVENT_OURS, "root", "x", "T7K2:r100");
	went_out("");
	turn();
	went_out("done t1 2 \n");
	assert_int_equal(inbox_local(inbox, "T9QM", "ack", "root", other, &now, &err), 0);
	turn();
	inbox_forget(inbox, other);
	buf_reset(&out);
	now.boot_ms += 30000;
	turn();
	went_out("");
	assert_int_equal(inbox_local(inbox, "T9QM", "the fan", "root", other, &now, &err), 0);
	turn();
	buf_reset(&out);
	now.boot_ms += 30000;
	turn();
	went_out("done t2 6 not_confirmed\n");
}

/* ---- attacks ---- */

/* facts/NEB.md section 7: whatever it is, it is in the text field, and the gate is still behind it. */
static void test_attacks(void **state)
{
	static const char *const texts[] = {
	    "ack $(touch /tmp/pwned)",
	    "ack `touch /tmp/pwned`",
	    "ack \"; touch /tmp/x ; \"",
	    "ack x\n[1700000000] SCHEDULE_HOST_DOWNTIME;db1;0;0;1;0;7200;x;x",
	    "ack x;db2;2;1;1;root;forged",
	    "ack <script>alert(1)</script>",
	    "ack $NOTIFICATIONCOMMENT$ $USER1$",
	    "ack \342\200\256T9QM:r1",
	    "ack \x1b[2J\x07",
	    "ack T9QM:r100",
	    "A'; DROP TABLE reply; --",
	    "%s%n%s",
	    "ack \xff\xfe",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char id[8], clean[GATE_TEXT_BYTES];
		const char *line, *at;

		now.wall_ms += 60000;
		snprintf(id, sizeof(id), "a%zu", i);
		say("alice", id, texts[i]);
		turn();
		line = buf_text(&out);
		assert_non_null(line);
		at = strstr(line, " by alice: ");
		assert_non_null(at);
		assert_true(
		    strncmp(line, "ACK mon1 ", 9) == 0 || strncmp(line, "COMMENT mon1 ", 13) == 0);
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
		for (const char *c = line; c[1]; c++)
			assert_true((unsigned char)*c >= ' ');
		gate_clean(at + 11, clean, sizeof(clean), GATE_TEXT_CHARS);
		assert_null(strpbrk(clean, "$`;\"'<>|&\\"));
		buf_reset(&out);
		inbox_event(
		    inbox, "mon1",
		    &(struct event){
			.type = EVENT_RESULT,
			.id = (uint32_t)(next_id - 1),
			.code = 4,
			.text = "",
			.host = "",
			.service = "",
			.author = "",
			.mark = ""},
		    &now);
		turn();
		buf_reset(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_strangers), CASE(test_not_allowed), CASE(test_other_id), CASE(test_machines),
	    CASE(test_tag_wins),  CASE(test_parents),     CASE(test_direct),   CASE(test_edited),
	    CASE(test_local),     CASE(test_attacks),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
