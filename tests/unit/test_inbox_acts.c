/*
 * Commands that the core carries out beside ack and comment: how they end when the core, its
 * module or the agent do not go along. What they say is in tests/scenario/acts_*.txt.
 */
#include "tests/unit/inbox_rig.h"

/* A module of before answers with a RESULT, and the author hears why. */
static void test_old_module(void **state)
{
	static const char *const words[] = {"downtime 30m", "downtime cancel", "recheck"};
	char id[8], want[200];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		snprintf(id, sizeof(id), "o%u", i);
		say("alice", id, words[i]);
		turn();
		assert_non_null(strstr(buf_text(&out), " mon1 db1/Postgres by alice: "));
		buf_reset(&out);
		result(100 + i, EVENT_CODE_REFUSED, EVENT_NO_SUCH_COMMAND);
		snprintf(want, sizeof(want), "answer alice@social.example.net on noc: trouble old_module\n");
		went_out(want);
		turn();
		is_row(id, REPLY_NO_EFFECT, "old_module");
	}
}

/* One that took the check, and will not tell what it gave. */
static void test_untold_check(void **state)
{
	(void)state;
	say("alice", "u1", "recheck");
	turn();
	went_out("RECHECK mon1 db1/Postgres by alice:  [T7K2:r100] 100\n");
	result(100, EVENT_CODE_OK, "");
	turn();
	went_out("favourite noc r100 u1\n");
	is_row("u1", REPLY_CONFIRMED, "");
}

static void gives(uint32_t id, uint32_t flags, unsigned kind, unsigned how)
{
	struct event ev = {
	    .type = EVENT_RESULT,
	    .id = id,
	    .flags = flags,
	    .kind = (uint8_t)kind,
	    .state = (uint8_t)how,
	    .host = "",
	    .service = "",
	    .author = "",
	    .text = "",
	    .mark = ""};

	inbox_event(inbox, "mon1", &ev, &now);
}

/* Killed between the two answers: it is asked for again, and thanked for once. */
static void test_killed_while_checking(void **state)
{
	(void)state;
	say("alice", "k1", "recheck");
	turn();
	gives(100, EVENT_MORE, EVENT_NONE, 0);
	turn();
	buf_reset(&out);
	is_row("k1", REPLY_SUBMITTED, "checking");
	stop();
	start();
	now.boot_ms += 20000;
	turn();
	went_out("RECHECK mon1 db1/Postgres by alice:  [T7K2:r100] 100\n");
	gives(100, EVENT_MORE, EVENT_NONE, 0);
	turn();
	went_out("");
	gives(100, 0, EVENT_SERVICE, EVENT_OK);
	turn();
	went_out("answer alice@social.example.net on noc: trouble checked\n");
	is_row("k1", REPLY_CONFIRMED, "");
}

/* "take" that was killed before its confirmation still knows whom to tell. */
static void test_killed_while_taking(void **state)
{
	(void)state;
	alice_acks();
	say("bob", "t1", "take");
	turn();
	went_out("ACK mon1 db1/Postgres sticky by bob: ack - via bob@social.example.net [T7K2:r101] 101\n");
	stop();
	start();
	now.boot_ms += 20000;
	turn();
	went_out("ACK mon1 db1/Postgres sticky by bob: ack - via bob@social.example.net [T7K2:r101] 101\n");
	tell(EVENT_ACK, 0, EVENT_OURS, "bob", "x", "T7K2:r101");
	turn();
	went_out("answer bob@social.example.net on noc: trouble taken\n"
		 "answer alice@social.example.net on noc: trouble taken_away\n");
	is_row("t1", REPLY_CONFIRMED, "was alice");
}

/* Part of `ack all`: what the core refuses is named, and no row stays behind. */
static void test_all_partly(void **state)
{
	struct err err;

	(void)state;
	say("alice", "p1", "ack all");
	turn();
	went_out("ACK mon1 db1/Postgres sticky notify by alice: ack - via alice@social.example.net [T7K2:r100] 101\n");
	assert_int_equal(store_commands(store, NULL, NULL, &err), 1);
	result(101, EVENT_CODE_NOT_A_PROBLEM, "not a problem");
	went_out("answer alice@social.example.net on noc: trouble all_none\n");
	turn();
	is_row("p1", REPLY_NO_EFFECT, "not_confirmed");
	assert_int_equal(store_commands(store, NULL, NULL, &err), 0);
}

/* A question waits for nobody but who was asked, and not for ever; the core is not asked meanwhile. */
static void test_question(void **state)
{
	(void)state;
	say("alice", "q1", "downtime 5h");
	turn();
	went_out("answer alice@social.example.net on noc: trouble downtime_asks\n");
	is_row("q1", REPLY_SUBMITTED, "asked");
	now.boot_ms += 599000;
	inbox_turn(inbox, &now);
	turn();
	is_row("q1", REPLY_SUBMITTED, "asked");
	now.boot_ms += 1000;
	inbox_turn(inbox, &now);
	turn();
	went_out("");
	is_row("q1", REPLY_NO_EFFECT, "not_answered");
	say("alice", "q2", "downtime 5h");
	say("alice", "q3", "downtime 6h"); /* another command ends it */
	turn();
	is_row("q2", REPLY_NO_EFFECT, "not_answered");
	is_row("q3", REPLY_SUBMITTED, "asked");
	buf_reset(&out);
	say("alice", "q4", "yes");
	turn();
	went_out("DOWNTIME mon1 db1/Postgres by alice: downtime - via alice@social.example.net [T7K2:r102] 102\n");
	is_row("q4", REPLY_DONE, "answered");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CASE(test_old_module),	    CASE(test_untold_check), CASE(test_killed_while_checking),
	    CASE(test_killed_while_taking), CASE(test_all_partly),   CASE(test_question),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
