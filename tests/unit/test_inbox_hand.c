/*
 * Replies that need no core: who may, what the engine is asked for, what the author hears,
 * and what is kept. On the rig's fake engine. Must never need the network.
 */
#include "tests/unit/inbox_rig.h"

#define BOB "bob@social.example.net"

/* alice is a lead, bob an operator for hostgroup db (T7K2), carol a communicator. */
static void test_rights(void **state)
{
	static const struct {
		const char *words, *alice, *bob, *carol;
	} cases[] = {
	    {"quiet 1h", "quiet 1 3600 by alice\n", "quiet 1 3600 by bob\n", ""},
	    {"quiet 2h", "quiet 1 7200 by alice\n", "no", ""},
	    {"eta 2h", "eta 1 7200 by alice\n", "eta 1 7200 by bob\n", ""},
	    {"known: text", "known 1 [] [text] by alice\n", "known 1 [] [text] by bob\n", ""},
	    {"major", "major 1 by alice\n", "", "major 1 by carol\n"},
	    {"not major", "not major 1 by alice\n", "", "not major 1 by carol\n"},
	    /* once: what carol may is to say it, and it stands there */
	    {"say: it rains", "say 1 \"it rains\" by alice\n", "", "answer carol@social.example.net on noc: trouble said\n"},
	    {"part of T9QM", "part 1 of 2 by alice\n", "", ""},
	};
	char id[16];

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *who[] = {"alice", "bob", "carol"};
		const char *want[] = {cases[i].alice, cases[i].bob, cases[i].carol};

		for (unsigned k = 0; k < 3; k++) {
			size_t n = strlen(want[k]);

			snprintf(id, sizeof(id), "r%u%u", i, k);
			now.wall_ms += 60000;
			say(who[k], id, cases[i].words);
			turn();
			if (!n) { /* refused: no oracle */
				went_out("");
				is_row(id, REPLY_DENIED, "not_allowed");
			} else if (strcmp(want[k], "no") == 0) {
				went_out("answer " BOB " on noc: trouble quiet_too_long\n");
				is_row(id, REPLY_NO_EFFECT, "quiet_too_long");
			} else {
				if (strncmp(buf_text(&out), want[k], n) != 0)
					fail_msg("%s, %s: %s", who[k], cases[i].words, buf_text(&out));
				buf_reset(&out);
			}
		}
	}
}

static void test_match(void **state)
{
	(void)state;
	/* bob's match does not hold for web1 */
	say_full(0, "bob", "w1", "p2", VISIBILITY_PUBLIC, now.wall_ms, "eta 2h");
	turn();
	went_out("");
	is_row("w1", REPLY_DENIED, "not_allowed");
	say_full(0, "dora", "w2", "p1", VISIBILITY_PUBLIC, now.wall_ms, "major");
	say_full(0, "dora", "w3", "p1", VISIBILITY_PUBLIC, now.wall_ms, "workaround: use webmail");
	turn();
	went_out("");
	is_row("w2", REPLY_DENIED, "stranger");
	is_row("w3", REPLY_IGNORED, "stranger");
}

/* What works by a favourite, what is answered in words; by the account's feedback. */
static void test_feedback(void **state)
{
	(void)state;
	say("alice", "f1", "eta 16:00");
	turn();
	went_out("eta 1 14400 by alice\nfavourite noc r100 f1\n");
	is_row("f1", REPLY_DONE, "eta_noted");
	assert_string_equal(found_person, "alice");

	say("alice", "f2", "major");
	turn();
	went_out("major 1 by alice\nanswer alice@social.example.net on noc: trouble major_now\n");
	is_row("f2", REPLY_DONE, "major_now");

	say_full(1, "alice", "f3", "p1", VISIBILITY_PUBLIC, now.wall_ms, "quiet 1h");
	turn();
	went_out(
	    "quiet 1 3600 by alice\nanswer alice@social.example.net on status: trouble quiet_until\n");
	say_full(2, "alice", "f4", "p1", VISIBILITY_PUBLIC, now.wall_ms, "eta 2h");
	say_full(2, "alice", "f5", "p1", VISIBILITY_PUBLIC, now.wall_ms, "say: it rains");
	turn();
	went_out("eta 1 7200 by alice\nsay 1 \"it rains\" by alice\n");
	say("alice", "f6", "part of T9QM");
	turn();
	went_out("part 1 of 2 by alice\nanswer alice@social.example.net on noc: trouble part_of_done\n");
	say("alice", "f7", "fixed: new disk");
	turn();
	went_out("favourite noc r106 f7\nRECHECK mon1 db1/Postgres by alice:  [T7K2:r106] 106\n");
	is_row("f7", REPLY_SUBMITTED, "checking");
	now.boot_ms += 60000;
	inbox_turn(inbox, &now);
	turn();
	went_out("");
	is_row("f7", REPLY_DONE, "fixed_noted");
	assert_string_equal(found_text, "fixed: new disk");
}

static void trouble(const char *words, const char *id, const char *reason)
{
	char want[200];

	now.wall_ms += 60000;
	say("alice", id, words);
	turn();
	snprintf(want, sizeof(want), "answer alice@social.example.net on noc: trouble %s\n", reason);
	went_out(want);
	is_row(id, REPLY_NO_EFFECT, reason);
}

static void test_refused(void **state)
{
	(void)state;
	trouble("known TZZZ", "t1", "no_such_tag");
	trouble("known", "t2", "no_words");
	trouble("part of TZZZ", "t3", "no_such_tag");
	trouble("part of", "t4", "which");
	trouble("part of TCCC", "t5", "no_such_tag"); /* closed */
	trouble("say:", "t6", "no_words");
	trouble("fixed:", "t7", "no_words");
	is_refusing = true;
	trouble("major", "t8", "major_now");
	trouble("not major", "t9", "not_major_now");
	trouble("part of T9QM", "ta", "part_of_itself");
	trouble("say: x", "tb", "not_public");
	trouble("quiet 1h", "tc", "passed");
	trouble("eta 1h", "td", "passed");
	is_refusing = false;
	views[0].parent_tag = "T9QM";
	now.wall_ms += 60000;
	say("alice", "te", "part of T9QM");
	turn();
	went_out("answer alice@social.example.net on noc: trouble part_of_done\n");
	is_row("te", REPLY_DONE, "part_of_done");
}

/* A time counts from when it was said. */
static void test_said(void **state)
{
	int64_t ago = now.wall_ms - 600000;

	(void)state;
	say_full(0, "alice", "s1", "p1", VISIBILITY_PUBLIC, ago, "eta 30m");
	say_full(0, "alice", "s2", "p1", VISIBILITY_PUBLIC, ago, "quiet 5m");
	say_full(0, "alice", "s3", "p1", VISIBILITY_PUBLIC, ago, "eta 11:55"); /* 11:50 when it was said */
	turn();
	went_out(
	    "eta 1 1200 by alice\nfavourite noc r100 s1\n"
	    "answer alice@social.example.net on noc: trouble passed\n"
	    "answer alice@social.example.net on noc: trouble passed\n");
}

/* What may be a word or a tag is a tag only where there is such an incident. */
static void test_words(void **state)
{
	(void)state;
	say("alice", "o1", "part of tmrw");
	turn();
	went_out(
	    "COMMENT mon1 db1/Postgres persistent by alice: part of tmrw - via "
	    "alice@social.example.net [T7K2:r100] 100\n");
	say("alice", "o2", "known tmrw");
	turn();
	went_out(
	    "COMMENT mon1 db1/Postgres persistent by alice: known tmrw - via "
	    "alice@social.example.net [T7K2:r101] 101\n");
	say("alice", "o3", "part of t9qm");
	turn();
	went_out("part 1 of 2 by alice\nanswer alice@social.example.net on noc: trouble part_of_done\n");
}

/* When it is over there is nothing to promise, but there may be something to say. */
static void test_over(void **state)
{
	(void)state;
	views[0].open = false;
	views[0].state = 0;
	trouble("eta 2h", "v1", "already_ok");
	trouble("quiet 1h", "v2", "already_ok");
	say("alice", "v3", "say: it was the store");
	say("alice", "v4", "cause: the store");
	turn();
	went_out(
	    "say 1 \"it was the store\" by alice\n"
	    "answer alice@social.example.net on noc: trouble said\n"
	    "favourite noc r103 v4\n");
	are_there[0] = false;
	trouble("say: too late", "v5", "closed");
	say("alice", "v6", "fixed: the pump");
	turn();
	went_out("favourite noc r105 v6\n");
}

/* What was opened by hand no core knows. */
static void test_by_hand(void **state)
{
	(void)state;
	views[0].state = 0;
	views[0].flags = INCIDENT_BY_HAND;
	trouble("ack", "h1", "opened_by_hand");
	say("alice", "h2", "eta 2h");
	say("alice", "h3", "a new fuse");
	turn();
	went_out("eta 1 7200 by alice\nfavourite noc r101 h2\nfavourite noc r102 h3\n");
	is_row("h3", REPLY_COMMENT, "kept");
}

/* Under a summary: which one? But somebody who only thanks is not asked. */
static void test_summary(void **state)
{
	(void)state;
	store_put_post(
	    store, &(struct post_row){
		       .id = 50,
		       .thread = 60,
		       .account = "noc",
		       .event = SAY_DIGEST,
		       .state = POST_SENT,
		       .remote_id = "p9"});
	say_full(0, "alice", "d1", "p9", VISIBILITY_PUBLIC, now.wall_ms, "ack");
	say_full(0, "alice", "d2", "p9", VISIBILITY_PUBLIC, now.wall_ms, "thanks");
	say_full(0, "alice", "d3", "p9", VISIBILITY_PUBLIC, now.wall_ms, "T7K2 major");
	turn();
	went_out(
	    "answer alice@social.example.net on noc: trouble which\n"
	    "major 1 by alice\nanswer alice@social.example.net on noc: trouble major_now\n");
	is_row("d1", REPLY_NO_EFFECT, "which");
	is_row("d2", REPLY_IGNORED, "no_incident");
}

static void local(const char *words, const char *want)
{
	struct err err = {{0}};

	if (inbox_local(inbox, "#t7k2", words, "root", (void *)"tty", &now, &err) == -1)
		buf_printf(&out, "refused: %s\n", err.text);
	turn();
	went_out(want);
}

static void test_local(void **state)
{
	(void)state;
	local("eta 2h", "eta 1 7200 by root\ndone tty 8 eta_noted\n");
	local("major", "major 1 by root\ndone tty 8 major_now\n");
	local("known #T9QM", "known 1 [T9QM] [] by root\ndone tty 8 known_noted\n");
	local("part of T9QM", "part 1 of 2 by root\ndone tty 8 part_of_done\n");
	local("say: see #T9QM", "say 1 \"see #T9QM\" by root\ndone tty 8 said\n");
	local("quiet 400h", "quiet 1 1440000 by root\ndone tty 8 quiet_until\n");
	local("quiet", "refused: \"quiet\" needs a time behind it: quiet 2h\n");
	local("eta 2", "refused: \"2\": a duration needs its unit: 30m or 2h, say\n");
	local("T9QM major", "refused: #t7k2 or #T9QM?\n");
	local("known TZZZ", "done tty 6 no_such_tag\n");
	local("tmrw it is over", "COMMENT mon1 db1/Postgres persistent by root: tmrw it is over - via twicket "
				 "[T7K2:r107] 107\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_rights, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_match, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_feedback, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_said, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_words, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_over, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_by_hand, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_summary, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_local, setup, teardown),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
