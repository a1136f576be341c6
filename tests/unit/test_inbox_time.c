/*
 * Replies and time: acknowledgements that end, a kill in between, a full disk. On the
 * rig of inbox_rig.h. It must never sleep.
 */
#include "tests/unit/inbox_rig.h"

/* ---- durations ---- */

static void test_expiry(void **state)
{
	(void)state;
	say("bob", "a1", "ack 2h disk");
	turn();
	tell(EVENT_ACK, 0, EVENT_OURS, "bob", "x", "T7K2:r100");
	views[0].acked = true;
	views[0].owner = "bob";
	turn();
	assert_int_equal(inbox_next(inbox), now.boot_ms + 7200000);
	buf_reset(&out);
	stop();
	start(); /* also through a restart */
	tell(EVENT_OBJECT, 0, EVENT_ACKED, "bob", "x", "T7K2:r100");
	now.wall_ms += 7200000;
	now.boot_ms += 7200000;
	turn();
	went_out("UNACK mon1 db1/Postgres by bob:  [T7K2:r100] 100\n");
	turn();
	went_out("");
	now.boot_ms += 60000;
	turn(); /* not heard: again */
	went_out("UNACK mon1 db1/Postgres by bob:  [T7K2:r100] 100\n");
	tell(EVENT_ACK_GONE, 0, EVENT_OURS, "", "", "T7K2:r100");
	turn();
	now.boot_ms += 60000;
	turn();
	went_out("");
	assert_int_equal(inbox_next(inbox), NOW_NEVER);
}

static void test_expiry_not_ours_any_more(void **state)
{
	(void)state;
	say("bob", "a1", "ack 2h disk");
	turn();
	tell(EVENT_ACK, 0, EVENT_OURS, "bob", "x", "T7K2:r100");
	views[0].acked = true;
	views[0].owner = "bob";
	tell(EVENT_ACK, 0, 0, "bob", "from the web, for good", "");
	turn();
	buf_reset(&out);
	now.wall_ms += 7200000;
	now.boot_ms += 7200000;
	turn();
	went_out("");
}

static void test_expiry_renewed(void **state)
{
	(void)state;
	say("bob", "a1", "ack 1h");
	turn();
	tell(EVENT_ACK, 0, EVENT_OURS, "bob", "x", "T7K2:r100");
	views[0].acked = true;
	views[0].owner = "bob";
	turn();
	say("bob", "a2", "ack 3h");
	turn();
	buf_reset(&out);
	now.wall_ms += 3600000;
	now.boot_ms += 3600000;
	turn();
	went_out("");
	now.wall_ms += 7200000;
	now.boot_ms += 7200000;
	views[0].owner = "alice"; /* somebody has it now: it is not ours to remove */
	turn();
	went_out("");
}

/* ---- crashes and full disks ---- */

static void test_killed(void **state)
{
	(void)state;
	say("bob", "a1", "ack 2h disk");
	inbox_save(inbox);
	assert_int_equal(store_commit(store, NULL), 0); /* and dies before saved() */
	stop();
	now.boot_ms += 3000;
	now.wall_ms += 3000;
	start();
	turn();
	went_out(""); /* the node's snapshot first */
	tell(EVENT_SNAP_END, 0, 0, "", "", "");
	turn();
	went_out(""); /* that was of one host */
	inbox_event(
	    inbox, "mon1",
	    &(struct event){
		.type = EVENT_SNAP_END,
		.host = "",
		.service = "",
		.text = "",
		.author = "",
		.mark = ""},
	    &now);
	turn();
	went_out("ACK mon1 db1/Postgres sticky by bob: disk - via bob@social.example.net "
		 "[T7K2:r100] 100\n");
	tell(EVENT_ACK, 0, EVENT_OURS, "bob", "x", "T7K2:r100");
	went_out("favourite noc r100 a1\n");
}

static void test_killed_after_the_core_did_it(void **state)
{
	(void)state;
	say("bob", "a1", "ack");
	turn();
	buf_reset(&out);
	stop();
	start();
	tell(EVENT_OBJECT, 0, EVENT_ACKED, "bob", "", "T7K2:r100");
	went_out("favourite noc r100 a1\n");
	turn();
	now.boot_ms += 60000;
	turn();
	went_out("");
	is_row("a1", REPLY_CONFIRMED, "");
}

static void test_killed_long_ago(void **state)
{
	(void)state;
	say("bob", "a1", "ack");
	turn();
	buf_reset(&out);
	stop();
	now.wall_ms += 3600000;
	start();
	turn();
	went_out("answer bob@social.example.net on noc: trouble not_confirmed\n");
}

static void test_disk_full(void **state)
{
	(void)state;
	say("bob", "a1", "ack");
	say("mallory@evil.example", "m1", "ack");
	inbox_turn(inbox, &now);
	inbox_save(inbox);
	store_rollback(store); /* the commit failed: nothing leaves */
	went_out("");
	assert_int_equal(say("bob", "a1", "ack"), EMIT_KNOWN);
	assert_true(inbox_next(inbox) > now.boot_ms);
	turn();
	went_out("ACK mon1 db1/Postgres sticky by bob: ack - via bob@social.example.net "
		 "[T7K2:r100] 100\n");
	is_row("a1", REPLY_SUBMITTED, "");
	is_row("m1", REPLY_DENIED, "stranger");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_expiry),
	    CASE(test_expiry_not_ours_any_more),
	    CASE(test_expiry_renewed),
	    CASE(test_killed),
	    CASE(test_killed_after_the_core_did_it),
	    CASE(test_killed_long_ago),
	    CASE(test_disk_full),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
