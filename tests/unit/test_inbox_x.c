/*
 * Replies on a network that takes money and shows only ids: who it was, what it hangs
 * under without a look, what is answered; one person on two networks. On the rig of
 * inbox_rig.h. It must never ask the network for anything.
 */
#include "tests/unit/inbox_rig.h"

#define STATUS_X 3
#define REPLY_X 4
#define ALICE "17"
#define BOB "1234567890"

static enum emitted say_x(
    unsigned account, const char *author, const char *id, const char *parent, const char *root,
    enum visibility visibility, const char *text)
{
	char acct[100], uri[100];
	struct item item = {
	    .kind = ITEM_REPLY,
	    .id = id,
	    .uri = uri,
	    .url = "",
	    .parent_id = parent,
	    .root_id = root,
	    .author_id = author,
	    .acct = acct,
	    .display = "",
	    .text = text,
	    .cursor = "",
	    .created_ms = now.wall_ms,
	    .visibility = visibility};

	snprintf(acct, sizeof(acct), "%s@x.com", author);
	snprintf(uri, sizeof(uri), "https://x.com/i/status/%s", id);
	return inbox_item(inbox, account, &item, &now);
}

static int setup_x(void **state)
{
	int rc = setup(state);

	people_learn(people, "x", "alice_noc", ALICE, &now);
	return rc;
}

static char found_acct[100];

static int keep_acct(void *arg, const struct reply_row *row)
{
	snprintf(found_acct, sizeof(found_acct), "%s", row->acct);
	return keep(arg, row);
}

static void is_row_on(unsigned account, const char *id, enum reply_state want, const char *reason)
{
	struct err err;

	assert_int_equal(
	    store_reply_by_remote(store, accounts[account].name, id, keep_acct, NULL, &err), 1);
	assert_string_equal(found_reason, reason);
	assert_int_equal(found.state, want);
}

/* ---- who ---- */

static void test_names(void **state)
{
	(void)state;
	say_x(STATUS_X, ALICE, "901", "p1", "p1", VISIBILITY_PUBLIC, "ack disk full");
	turn();
	went_out("ACK mon1 db1/Postgres sticky notify by alice: disk full - via alice_noc@x.com "
		 "[T7K2:r100] 100\n");
	is_row_on(STATUS_X, "901", REPLY_SUBMITTED, "");
	assert_string_equal(found_acct, "alice_noc@x.com");
	tell(EVENT_ACK, 0, EVENT_OURS, "alice", "x", "T7K2:r100");
	turn();
	went_out(""); /* done, and nothing costs */
	is_row_on(STATUS_X, "901", REPLY_CONFIRMED, "");
	/* a number in the file has no name */
	say_x(STATUS_X, BOB, "902", "p1", "p1", VISIBILITY_PUBLIC, "the fan");
	turn();
	went_out("COMMENT mon1 db1/Postgres persistent by bob: the fan - via 1234567890@x.com "
		 "[T7K2:r101] 101\n");
}

static void test_strangers(void **state)
{
	static const char *const authors[] = {"18", "171", "1", "alice_noc", "", "-17", "17 "};
	struct inbox_health health;
	char id[8];

	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		snprintf(id, sizeof(id), "80%u", i);
		say_x(STATUS_X, authors[i], id, "p1", "p1", VISIBILITY_PUBLIC, "ack");
		is_row_on(STATUS_X, id, REPLY_DENIED, "stranger");
	}
	assert_string_equal(found_acct, "17 @x.com");
	say_x(REPLY_X, "18", "808", "", "808", VISIBILITY_DIRECT, "?");
	turn();
	went_out("");
	inbox_health(inbox, &now, &health);
	assert_int_equal(health.denied, 7);
}

/* ---- which incident ---- */

static void test_root(void **state)
{
	(void)state;
	/* under a stranger's words that we do not have, in our thread */
	say_x(STATUS_X, ALICE, "901", "555", "p2", VISIBILITY_PUBLIC, "ack");
	turn();
	went_out("ACK mon1 web1/ sticky notify by alice: ack - via alice_noc@x.com "
		 "[T9QM:r100] 100\n");
	/* the nearer one wins */
	say_x(STATUS_X, ALICE, "902", "p1", "p2", VISIBILITY_PUBLIC, "the fan");
	say_x(STATUS_X, ALICE, "903", "902", "p2", VISIBILITY_PUBLIC, "the other fan");
	turn();
	went_out("COMMENT mon1 db1/Postgres persistent by alice: the fan - via alice_noc@x.com "
		 "[T7K2:r101] 101\n"
		 "COMMENT mon1 db1/Postgres persistent by alice: the other fan - via "
		 "alice_noc@x.com [T7K2:r102] 102\n");
	/* in somebody else's thread, or in none: never asked for */
	say_x(STATUS_X, ALICE, "904", "555", "556", VISIBILITY_PUBLIC, "ack");
	say_x(STATUS_X, ALICE, "905", "555", NULL, VISIBILITY_PUBLIC, "ack");
	say_x(STATUS_X, ALICE, "906", "555", "", VISIBILITY_PUBLIC, "ack");
	turn();
	went_out("");
	is_row_on(STATUS_X, "904", REPLY_IGNORED, "no_incident");
	is_row_on(STATUS_X, "905", REPLY_IGNORED, "no_incident");
	is_row_on(STATUS_X, "906", REPLY_IGNORED, "no_incident");
	/* no parent that the network shows, but a root */
	say_x(STATUS_X, ALICE, "907", "", "p1", VISIBILITY_PUBLIC, "the fan");
	turn();
	is_row_on(STATUS_X, "907", REPLY_SUBMITTED, "");
	assert_int_equal(found.incident, 1);
}

/* Where a look costs nothing the root saves it, too; without one there is a look. */
static void test_root_elsewhere(void **state)
{
	struct item item = {
	    .kind = ITEM_REPLY,
	    .id = "a1",
	    .uri = "uri:a1",
	    .parent_id = "q1",
	    .root_id = "p2",
	    .author_id = "id-alice",
	    .acct = "alice@social.example.net",
	    .text = "?"};

	(void)state;
	inbox_item(inbox, 0, &item, &now);
	went_out("answer alice@social.example.net on noc: status \n");
	item.id = "a2";
	item.uri = "uri:a2";
	item.root_id = "q0";
	inbox_item(inbox, 0, &item, &now);
	went_out("want noc r101 q1\n");
}

/* Under a post of one of our accounts, read by another: the same wherever ids mean the same. */
static void test_other_account(void **state)
{
	char *handle = accounts[1].handle, elsewhere[] = "status@chaos.example";
	struct item item = {
	    .kind = ITEM_REPLY,
	    .id = "a1",
	    .uri = "uri:a1",
	    .parent_id = "w1",
	    .author_id = "id-alice",
	    .acct = "alice@social.example.net",
	    .text = "?"};

	(void)state;
	put_post(41, 2, REPLY_X, "w2", "https://x.com/i/status/w2");
	put_post(42, 1, 1, "w1", "uri:w1");
	say_x(STATUS_X, ALICE, "901", "w2", "w2", VISIBILITY_PUBLIC, "ack");
	say_x(STATUS_X, ALICE, "902", "555", "w2", VISIBILITY_PUBLIC, "ack");
	say_x(STATUS_X, ALICE, "903", "w1", "w1", VISIBILITY_PUBLIC, "ack"); /* of another network */
	turn();
	is_row_on(STATUS_X, "901", REPLY_SUBMITTED, "");
	assert_int_equal(found.incident, 2);
	is_row_on(STATUS_X, "903", REPLY_IGNORED, "no_incident");
	/* the other one's answer is known, too: the way up goes through it */
	say_x(REPLY_X, ALICE, "904", "901", "", VISIBILITY_PUBLIC, "the fan");
	is_row_on(REPLY_X, "904", REPLY_SUBMITTED, "");
	assert_int_equal(found.incident, 2);
	buf_reset(&out);
	inbox_item(inbox, 0, &item, &now);
	went_out("answer alice@social.example.net on noc: status \n");
	accounts[1].handle = elsewhere;
	item.id = "a2";
	item.uri = "uri:a2";
	inbox_item(inbox, 0, &item, &now);
	accounts[1].handle = handle;
	went_out("want noc r105 w1\n");
}

/* ---- answers: what is public core.c decides about ---- */

static void test_answers(void **state)
{
	(void)state;
	views[0].state = 0;
	/* in private: as everywhere, so trouble only where the account answers */
	say_x(STATUS_X, ALICE, "901", "p1", "p1", VISIBILITY_DIRECT, "?");
	say_x(STATUS_X, ALICE, "902", "", "", VISIBILITY_DIRECT, "ack");
	went_out("answer alice_noc@x.com on status_x: status \n");
	say_x(REPLY_X, ALICE, "903", "p1", "p1", VISIBILITY_DIRECT, "ack");
	went_out("answer alice_noc@x.com on reply_x: trouble already_ok\n");
	/* in public: also where nothing is said, for the timeline */
	say_x(STATUS_X, ALICE, "904", "p1", "p1", VISIBILITY_PUBLIC, "ack");
	say_x(STATUS_X, ALICE, "905", "p1", "p1", VISIBILITY_PUBLIC, "?");
	went_out("answer alice_noc@x.com on status_x: trouble already_ok\n"
		 "answer alice_noc@x.com on status_x: status \n");
	say_x(REPLY_X, ALICE, "906", "p1", "p1", VISIBILITY_PUBLIC, "ack");
	went_out("answer alice_noc@x.com on reply_x: trouble already_ok\n");
}

/* ---- two networks ---- */

static void test_one_person(void **state)
{
	(void)state;
	alice_acks();
	say_x(STATUS_X, ALICE, "901", "p1", "p1", VISIBILITY_PUBLIC, "ack");
	turn();
	went_out(""); /* no second command, no post */
	is_row_on(STATUS_X, "901", REPLY_NO_EFFECT, "already_yours");
	assert_string_equal(found_person, "alice");
}

/* Before the core has confirmed the first one. */
static void test_one_person_at_once(void **state)
{
	(void)state;
	say_x(STATUS_X, ALICE, "901", "p1", "p1", VISIBILITY_PUBLIC, "ack");
	say("alice", "a1", "ack");
	turn();
	went_out("favourite noc r101 a1\n"
		 "ACK mon1 db1/Postgres sticky notify by alice: ack - via alice_noc@x.com "
		 "[T7K2:r100] 100\n");
	is_row("a1", REPLY_NO_EFFECT, "already_yours");
}

/* Somebody else on the other network: also looking, the owner stays. */
static void test_two_people(void **state)
{
	(void)state;
	alice_acks();
	say_x(STATUS_X, BOB, "901", "p1", "p1", VISIBILITY_PUBLIC, "mine");
	turn();
	went_out("COMMENT mon1 db1/Postgres persistent by bob: also looking - via "
		 "1234567890@x.com [T7K2:r101] 101\n");
}

/* One mention that both of our accounts get. */
static void test_two_accounts(void **state)
{
	(void)state;
	assert_int_equal(
	    say_x(STATUS_X, ALICE, "901", "p1", "p1", VISIBILITY_PUBLIC, "the fan"), EMIT_NEW);
	turn();
	buf_reset(&out);
	assert_int_equal(
	    say_x(REPLY_X, ALICE, "901", "p1", "p1", VISIBILITY_PUBLIC, "the fan"), EMIT_KNOWN);
	turn();
	went_out("");
}

#define CASE_X(test) cmocka_unit_test_setup_teardown(test, setup_x, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE_X(test_names),
	    CASE_X(test_strangers),
	    CASE_X(test_root),
	    CASE_X(test_root_elsewhere),
	    CASE_X(test_other_account),
	    CASE_X(test_answers),
	    CASE_X(test_one_person),
	    CASE_X(test_one_person_at_once),
	    CASE_X(test_two_people),
	    CASE_X(test_two_accounts),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
