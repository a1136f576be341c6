/*
 * A reply's way from the collector to the core and back: what is sent, when it is
 * done, and what its author hears. On the rig of inbox_rig.h: no network, no clock.
 * It must never need the order of two lines that are independent.
 */
#include "tests/unit/inbox_rig.h"

/* ---- acknowledge ---- */

static void test_ack(void **state)
{
	(void)state;
	assert_int_equal(say("alice", "a1", "@noc ack Disk FULL"), EMIT_NEW);
	went_out(""); /* nothing leaves before the commit */
	turn();
	went_out("ACK mon1 db1/Postgres sticky notify by alice: Disk FULL - via "
		 "alice@social.example.net "
		 "[T7K2:r100] 100\n");
	is_row("a1", REPLY_SUBMITTED, "");
	result(100, 0, "");
	turn();
	went_out("");
	now.boot_ms += 4;
	tell(EVENT_ACK, 0, EVENT_OURS, "alice", "x", "T7K2:r100");
	went_out("favourite noc r100 a1\n");
	turn();
	is_row("a1", REPLY_CONFIRMED, "");
	assert_string_equal(found_person, "alice");
	assert_int_equal(notes, 2);
	/* the same event once more, and the same reply once more */
	tell(EVENT_ACK, 0, EVENT_OURS, "alice", "x", "T7K2:r100");
	assert_int_equal(say("alice", "a1", "@noc ack Disk FULL"), EMIT_KNOWN);
	turn();
	went_out("");
}

static void test_mark_in_text(void **state)
{
	(void)state;
	say("bob", "a1", "on it");
	turn();
	went_out("ACK mon1 db1/Postgres sticky by bob: ack - via bob@social.example.net "
		 "[T7K2:r100] 100\n");
	tell(EVENT_ACK, 0, 0, "bob", "ack - via bob@social.example.net T7K2:r100", "");
	went_out("favourite noc r100 a1\n");
}

/* Others' events, other objects, other nodes and other marks confirm nothing. */
static void test_not_ours(void **state)
{
	(void)state;
	say("bob", "a1", "ack");
	turn();
	buf_reset(&out);
	tell(EVENT_ACK, 0, 0, "web", "I have it", "");
	tell(EVENT_ACK, 0, EVENT_OURS, "bob", "x", "T7K2:r101");
	tell(EVENT_ACK, 1, EVENT_OURS, "bob", "x", "T7K2:r100");
	tell(EVENT_COMMENT, 0, EVENT_OURS, "bob", "x", "T7K2:r100");
	tell(EVENT_ACK_GONE, 0, EVENT_OURS, "bob", "x", "T7K2:r100");
	tell(EVENT_OBJECT, 0, 0, "bob", "x", "T7K2:r100");
	turn();
	went_out("");
	is_row("a1", REPLY_SUBMITTED, "");
}

static void test_time_out(void **state)
{
	(void)state;
	say("bob", "a1", "ack");
	turn();
	buf_reset(&out);
	assert_int_equal(inbox_next(inbox), now.boot_ms + 30000);
	now.boot_ms += 29999;
	turn();
	went_out("");
	now.boot_ms += 1;
	turn();
	went_out("answer bob@social.example.net on noc: trouble not_confirmed\n");
	turn();
	is_row("a1", REPLY_NO_EFFECT, "not_confirmed");
	/* it was only slow */
	tell(EVENT_ACK, 0, EVENT_OURS, "bob", "x", "T7K2:r100");
	went_out("favourite noc r100 a1\n");
	turn();
	is_row("a1", REPLY_CONFIRMED, "");
}

static void test_acked_by_web_meanwhile(void **state)
{
	(void)state;
	say("bob", "a1", "ack");
	turn();
	buf_reset(&out);
	views[0].acked = true;
	views[0].owner = "dave (web)";
	now.boot_ms += 30000;
	turn();
	went_out("answer bob@social.example.net on noc: trouble already_acked\n");
}

static void test_refused(void **state)
{
	static const struct {
		int code;
		const char *reason;
	} cases[] = {
	    {EVENT_CODE_UNKNOWN_OBJECT, "no_object"},
	    {EVENT_CODE_NOT_A_PROBLEM, "already_ok"},
	    {EVENT_CODE_NOT_ACKED, "not_acked"},
	    {EVENT_CODE_REFUSED, "refused_by_core"},
	    {4, "refused_by_core"}};
	char id[8], want[100];

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(id, sizeof(id), "a%u", i);
		say("bob", id, "ack");
		turn();
		buf_reset(&out);
		result(100 + i, cases[i].code, "no");
		snprintf(
		    want, sizeof(want), "answer bob@social.example.net on noc: trouble %s\n",
		    cases[i].reason);
		went_out(want);
		turn();
		is_row(id, REPLY_NO_EFFECT, cases[i].reason);
	}
}

static void test_not_connected(void **state)
{
	(void)state;
	is_connected = false;
	say("bob", "a1", "ack");
	turn();
	went_out(""); /* the core may be back in a moment */
	now.boot_ms += 30000;
	now.wall_ms += 30000;
	turn();
	went_out("answer bob@social.example.net on noc: trouble source_lost\n");
	turn();
	is_row("a1", REPLY_NO_EFFECT, "source_lost");
	assert_true(inbox_next(inbox) > now.boot_ms);
}

static void test_recovered(void **state)
{
	(void)state;
	views[0].state = EVENT_OK;
	views[0].open = false;
	say("bob", "a1", "ack restarted it");
	turn();
	went_out("answer bob@social.example.net on noc: trouble already_ok\n");
	is_row("a1", REPLY_NO_EFFECT, "already_ok");
	assert_string_equal(found_text, "ack restarted it");
	say("bob", "a2", "it was the fan");
	turn();
	went_out("favourite noc r101 a2\n");
	is_row("a2", REPLY_COMMENT, "kept");
}

static void test_closed(void **state)
{
	(void)state;
	say("alice", "a1", "ack #TCCC");
	turn();
	went_out("answer alice@social.example.net on noc: trouble closed live\n");
	are_there[1] = false;
	say("alice", "a2", "ack #TCCC");
	turn();
	went_out("answer alice@social.example.net on noc: trouble closed\n");
}

static void test_mine_already(void **state)
{
	(void)state;
	alice_acks();
	say("alice", "a1", "ack");
	turn();
	went_out("favourite noc r101 a1\n");
	is_row("a1", REPLY_NO_EFFECT, "already_yours");
	say("alice", "a2", "ack new disk is here");
	turn();
	went_out("COMMENT mon1 db1/Postgres persistent by alice: new disk is here - via "
		 "alice@social.example.net "
		 "[T7K2:r102] 102\n");
	tell(EVENT_COMMENT, 0, EVENT_OURS, "alice", "x", "T7K2:r102");
	went_out("favourite noc r102 a2\n");
	turn();
	is_row("a2", REPLY_COMMENT, "already_yours");
}

static void test_somebody_elses(void **state)
{
	(void)state;
	alice_acks();
	say("bob", "a1", "ack");
	turn();
	went_out("COMMENT mon1 db1/Postgres persistent by bob: also looking - via "
		 "bob@social.example.net "
		 "[T7K2:r101] 101\n");
	tell(EVENT_COMMENT, 0, EVENT_OURS, "bob", "x", "T7K2:r101");
	turn();
	is_row("a1", REPLY_COMMENT, "also_looking");
}

/* Twice from one person before the core has answered once: one command. */
static void test_twice_in_flight(void **state)
{
	(void)state;
	say("alice", "a1", "ack");
	say_full(1, "alice", "a2", "p1", VISIBILITY_PUBLIC, now.wall_ms, "ack");
	turn();
	went_out("answer alice@social.example.net on status: trouble already_yours\n"
		 "ACK mon1 db1/Postgres sticky notify by alice: ack - via alice@social.example.net "
		 "[T7K2:r100] 100\n");
}

/* One post that mentions two accounts of ours arrives twice. */
static void test_two_accounts(void **state)
{
	(void)state;
	assert_int_equal(
	    say_full(0, "alice", "a1", "p1", VISIBILITY_PUBLIC, now.wall_ms, "ack"), EMIT_NEW);
	assert_int_equal(
	    say_full(1, "alice", "a1", "p1", VISIBILITY_PUBLIC, now.wall_ms, "ack"), EMIT_KNOWN);
}

static void test_late(void **state)
{
	(void)state;
	say_full(0, "bob", "a1", "p1", VISIBILITY_PUBLIC, NOON - 10000000, "ack disk");
	turn();
	went_out(
	    "ACK mon1 db1/Postgres sticky by bob: disk, said 09:13 - via bob@social.example.net "
	    "[T7K2:r100] 100\n");
	say_full(0, "bob", "a2", "p2", VISIBILITY_PUBLIC, NOON - 10000000, "ack");
	is_row("a2", REPLY_DENIED, "not_allowed");
	say_full(0, "alice", "a3", "p2", VISIBILITY_PUBLIC, NOON - 10000000, "ack 2h");
	turn();
	went_out("answer alice@social.example.net on noc: trouble expired\n");
}

static void test_long_text(void **state)
{
	char text[1900];
	const char *at;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "äb", 3);
	text[sizeof(text) - 2] = '\0';
	say("bob", "a1", text);
	turn();
	at = strstr(buf_text(&out), "by bob: ") + 8;
	for (; strncmp(at, " [T7K2", 6) != 0; at++)
		n += ((unsigned char)*at & 0xc0) != 0x80;
	assert_int_equal(n, 300);
}

/* ---- taking it back ---- */

static void test_unack(void **state)
{
	(void)state;
	say("bob", "a1", "unack");
	went_out("answer bob@social.example.net on noc: trouble not_acked\n");
	turn();
	alice_acks();
	say("bob", "a2", "release");
	went_out("answer bob@social.example.net on noc: trouble not_yours\n");
	say("alice", "a3", "unack");
	turn();
	went_out("UNACK mon1 db1/Postgres by alice:  [T7K2:r103] 103\n");
	tell(EVENT_ACK_GONE, 0, EVENT_OURS, "", "", "T7K2:r103");
	went_out("favourite noc r103 a3\n");
	turn();
	is_row("a3", REPLY_CONFIRMED, "");
	views[0].owner = "bob";
	say("alice", "a4", "unack bob is ill"); /* a lead any */
	turn();
	went_out("UNACK mon1 db1/Postgres by alice: bob is ill - via alice@social.example.net "
		 "[T7K2:r104] 104\n");
}

/* ---- comments and questions ---- */

static void test_comment(void **state)
{
	(void)state;
	say("carol", "a1", "A reboot fixed it");
	turn();
	went_out("COMMENT mon1 db1/Postgres persistent by carol: A reboot fixed it - via "
		 "carol@social.example.net "
		 "[T7K2:r100] 100\n");
	tell(EVENT_ACK, 0, EVENT_OURS, "carol", "x", "T7K2:r100"); /* not a comment */
	went_out("");
	tell(EVENT_COMMENT, 0, EVENT_OURS, "carol", "x", "T7K2:r100");
	went_out("favourite noc r100 a1\n");
	turn();
	is_row("a1", REPLY_COMMENT, "");
}

static void test_question(void **state)
{
	(void)state;
	say("carol", "a1", "?");
	went_out("answer carol@social.example.net on noc: status \n");
	turn();
	is_row("a1", REPLY_QUERY, "");
	say_full(0, "bob", "a2", "p2", VISIBILITY_PUBLIC, now.wall_ms, "status"); /* not his */
	went_out("");
	is_row("a2", REPLY_DENIED, "not_allowed");
}

static void test_hints(void **state)
{
	(void)state;
	say("bob", "a1", "ack 30");
	went_out("answer bob@social.example.net on noc: trouble bare_number30\n");
	say("bob", "a2", "quiet 30");
	went_out("answer bob@social.example.net on noc: trouble bare_number30\n");
	is_row("a2", REPLY_NO_EFFECT, "bare_number");
	say("bob", "a3", "ack #T222");
	went_out("answer bob@social.example.net on noc: trouble no_incident\n");
	say_full(0, "bob", "a4", "", VISIBILITY_PUBLIC, now.wall_ms, "ack");
	went_out("answer bob@social.example.net on noc: trouble which\n");
	say("bob", "a5", "ack 30");
	went_out("answer bob@social.example.net on noc: trouble bare_number30\n");
	say("bob", "a6", "ack 30"); /* five are enough */
	went_out("");
	say("bob", "a7", "?");
	say("bob", "a8", "ack 30");
	went_out("answer bob@social.example.net on noc: status \n"
		 "answer bob@social.example.net on noc: trouble bare_number30\n");
	say("bob", "a9", "@noc");
	went_out("");
	is_row("a9", REPLY_IGNORED, "empty");
}

static void test_flood(void **state)
{
	char id[8];

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		snprintf(id, sizeof(id), "a%u", i);
		say("bob", id, "?");
	}
	assert_non_null(strstr(buf_text(&out), "trouble too_many\n"));
	buf_reset(&out);
	is_row("a11", REPLY_NO_EFFECT, "too_many");
	now.wall_ms += 61000;
	say("bob", "b1", "?");
	went_out("answer bob@social.example.net on noc: status \n");
}

static void test_feedback(void **state)
{
	(void)state;
	say_full(1, "bob", "a1", "p1", VISIBILITY_PUBLIC, now.wall_ms, "ack");
	turn();
	buf_reset(&out);
	tell(EVENT_ACK, 0, EVENT_OURS, "bob", "x", "T7K2:r100");
	went_out("answer bob@social.example.net on status: status \n");
	turn();
	say_full(2, "bob", "a2", "p1", VISIBILITY_PUBLIC, now.wall_ms, "ack 30");
	say_full(2, "bob", "a3", "p1", VISIBILITY_PUBLIC, now.wall_ms, "unack");
	went_out("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_ack),
	    CASE(test_mark_in_text),
	    CASE(test_not_ours),
	    CASE(test_time_out),
	    CASE(test_acked_by_web_meanwhile),
	    CASE(test_refused),
	    CASE(test_not_connected),
	    CASE(test_recovered),
	    CASE(test_closed),
	    CASE(test_mine_already),
	    CASE(test_somebody_elses),
	    CASE(test_twice_in_flight),
	    CASE(test_two_accounts),
	    CASE(test_late),
	    CASE(test_long_text),
	    CASE(test_unack),
	    CASE(test_comment),
	    CASE(test_question),
	    CASE(test_hints),
	    CASE(test_flood),
	    CASE(test_feedback),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
