/*
 * Who counts as whom: pinned ids, look-alikes, recycled handles, roles. On a store in
 * memory; the configuration is made by hand. Must never need the network.
 */
#include "agent/people.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct config_account accounts[] = {
    {.name = (char *)"status",
     .network = (char *)"mastodon",
     .handle = (char *)"status@social.example.net"},
    {.name = (char *)"noc",
     .network = (char *)"mastodon",
     .handle = (char *)"noc@social.example.net"},
    {.name = (char *)"far",
     .network = (char *)"mastodon",
     .handle = (char *)"far@other.example.org"},
    {.name = (char *)"dry", .network = (char *)"file", .handle = (char *)"/tmp/x"},
    {.name = (char *)"status_x", .network = (char *)"x", .handle = (char *)"examplenet"},
    {.name = (char *)"noc_x", .network = (char *)"x", .handle = (char *)"examplenoc"},
};

static struct config_person persons[] = {
    {.name = (char *)"alice",
     .mastodon = (char *)"alice@social.example.net",
     .x = (char *)"alice_noc",
     .role = ROLE_LEAD},
    {.name = (char *)"bob",
     .mastodon = (char *)"bob@social.example.net",
     .x = (char *)"bob_noc",
     .role = ROLE_OPERATOR},
    {.name = (char *)"carol",
     .mastodon = (char *)"carol@social.example.net",
     .role = ROLE_COMMUNICATOR},
    {.name = (char *)"dave",
     .mastodon = (char *)"",
     .x = (char *)"1234567890",
     .role = ROLE_OPERATOR},
};

static struct config config = {
    .accounts = accounts, .n_accounts = 6, .people = persons, .n_people = 4};
static const struct now now = {.wall_ms = 1795348800000, .boot_ms = 1000};
static struct store *store;
static struct people *people;

static int setup(void **state)
{
	struct err err;

	(void)state;
	store = store_open(":memory:", &err);
	persons[0].match_text = (char *)"*";
	persons[1].match_text = (char *)"hostgroup:web";
	persons[2].match_text = (char *)" * ";
	for (int i = 0; i < 3; i++)
		persons[i].match = match_parse(persons[i].match_text, &err);
	people = people_create(&config, store);
	return store && people && people_load(people, &err) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	people_destroy(people);
	for (int i = 0; i < 3; i++)
		match_destroy(persons[i].match);
	store_close(store);
	return 0;
}

static enum people_verdict who(unsigned account, const char *id, const char *acct, unsigned *person)
{
	*person = 99;
	return people_who(people, account, id, acct, false, &now, person);
}

static void commit(void)
{
	struct err err;

	people_save(people);
	assert_int_equal(store_commit(store, &err), 0);
	people_saved(people);
}

static void test_pin(void **state)
{
	unsigned person;

	(void)state;
	assert_int_equal(who(0, "17", "alice@social.example.net", &person), PEOPLE_PERSON);
	assert_int_equal(person, 0);
	assert_int_equal(who(0, "17", "Alice@Social.Example.NET", &person), PEOPLE_PERSON);
	/* the same server gives the same id to our other account */
	assert_int_equal(who(1, "17", "alice@social.example.net", &person), PEOPLE_PERSON);
	/* another server has ids of its own */
	assert_int_equal(who(2, "4711", "alice@social.example.net", &person), PEOPLE_PERSON);
	assert_int_equal(who(0, "17", "alice@social.example.net", &person), PEOPLE_PERSON);
}

static void test_lookalikes(void **state)
{
	static const char *const bad[] = {
	    "alice@social.example.org",
	    "alice@social.example.net.evil.example",
	    "alice@evil.example",
	    "alice@social.example.ne",
	    "alice",
	    "@alice@social.example.net",
	    "alice＠social.example.net",
	    "аlice@social.example.net",
	    "alice@sосial.example.net",
	    "al\304\261ce@social.example.net",
	    "alice@social.example.net ",
	    " alice@social.example.net",
	    "alice@social.example.net\xe2\x80\x8b",
	    "alice_@social.example.net",
	    "ａlice@social.example.net",
	    "\342\204\252arol@social.example.net",
	    "",
	};
	unsigned person;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(who(0, "66", bad[i], &person), PEOPLE_NOBODY);
	assert_int_equal(who(0, "", "alice@social.example.net", &person), PEOPLE_NOBODY);
	assert_int_equal(who(3, "1", "alice@social.example.net", &person), PEOPLE_NOBODY);
	assert_int_equal(who(9, "1", "alice@social.example.net", &person), PEOPLE_NOBODY);
	assert_int_equal(
	    people_who(people, 0, "17", "alice@social.example.net", true, &now, &person),
	    PEOPLE_NOBODY);
	/* nobody of them was pinned */
	assert_int_equal(who(0, "17", "alice@social.example.net", &person), PEOPLE_PERSON);
}

/* ---- networks that show only ids ---- */

#define DAY_MS 86400000

static struct now later(int64_t ms)
{
	return (struct now){.wall_ms = now.wall_ms + ms, .boot_ms = now.boot_ms + ms};
}

static void learn(const char *name, const char *id)
{
	people_learn(people, "x", name, id, &now);
}

static const char *unknown(void)
{
	return people_unknown(people, "x", now.wall_ms - DAY_MS);
}

static void test_learnt(void **state)
{
	unsigned person;
	struct err err;

	(void)state;
	assert_null(people_unknown(people, "mastodon", now.wall_ms));
	assert_string_equal(unknown(), "alice_noc");
	assert_int_equal(who(4, "17", "17@x.com", &person), PEOPLE_NOBODY);
	learn("alice_noc", "17");
	assert_string_equal(unknown(), "bob_noc"); /* carol has none, dave is a number */
	learn("bob_noc", "18");
	assert_null(unknown());
	assert_null(people_unknown(people, "x", INT64_MAX));
	assert_int_equal(who(4, "17", "17@x.com", &person), PEOPLE_PERSON);
	assert_int_equal(person, 0);
	/* whatever the account calls itself; on our other account, too */
	assert_int_equal(who(5, "17", "renamed@x.com", &person), PEOPLE_PERSON);
	assert_int_equal(who(4, "18", "alice_noc@x.com", &person), PEOPLE_PERSON);
	assert_int_equal(person, 1);
	assert_int_equal(
	    people_who(people, 4, "17", "17@x.com", true, &now, &person), PEOPLE_NOBODY);
	commit();
	people_destroy(people);
	people = people_create(&config, store);
	assert_int_equal(people_load(people, &err), 0);
	assert_null(unknown());
	assert_int_equal(who(4, "17", "17@x.com", &person), PEOPLE_PERSON);
}

static void test_number_in_file(void **state)
{
	unsigned person;

	(void)state;
	assert_int_equal(who(4, "1234567890", "1234567890@x.com", &person), PEOPLE_PERSON);
	assert_int_equal(person, 3);
	/* a name is no number, and a name on x is none on mastodon */
	assert_int_equal(who(4, "99", "1234567890@x.com", &person), PEOPLE_NOBODY);
	assert_int_equal(who(4, "99", "alice_noc@x.com", &person), PEOPLE_NOBODY);
	assert_int_equal(who(4, "alice_noc", "alice_noc@x.com", &person), PEOPLE_NOBODY);
	assert_int_equal(who(0, "1234567890", "1234567890", &person), PEOPLE_NOBODY);
	assert_int_equal(who(3, "1234567890", "1234567890@x.com", &person), PEOPLE_NOBODY);
}

/* The same number on two networks is two people. */
static void test_networks_apart(void **state)
{
	unsigned person;

	(void)state;
	assert_int_equal(who(0, "17", "bob@social.example.net", &person), PEOPLE_PERSON);
	learn("alice_noc", "17");
	assert_int_equal(who(4, "17", "17@x.com", &person), PEOPLE_PERSON);
	assert_int_equal(person, 0);
	assert_int_equal(who(0, "17", "bob@social.example.net", &person), PEOPLE_PERSON);
	assert_int_equal(person, 1);
}

static int count_pins(void *arg, const struct identity_row *row)
{
	if (strcmp(row->network, "x") == 0) {
		assert_string_equal(row->server_account, "x.com");
		*(unsigned *)arg += 1;
	}
	return 0;
}

/* An id that belongs to another listed person, by number or by name. */
static void test_learnt_refused(void **state)
{
	unsigned person, pins = 0;
	struct err err;

	(void)state;
	learn("alice_noc", "1234567890");
	assert_int_equal(who(4, "1234567890", "1234567890@x.com", &person), PEOPLE_PERSON);
	assert_int_equal(person, 3);
	assert_string_equal(unknown(), "bob_noc"); /* alice not again today */
	learn("bob_noc", "18");
	people_learn(people, "x", "alice_noc", "18", &now);
	assert_int_equal(who(4, "18", "18@x.com", &person), PEOPLE_PERSON);
	assert_int_equal(person, 1);
	learn("alice_noc", "not a number");
	learn("alice_noc", "");
	people_learn(people, "mastodon", "alice@social.example.net", "20", &now);
	learn("mallory", "21");
	learn("1234567890", "22");
	commit();
	assert_int_equal(store_identities(store, count_pins, &pins, &err), 1);
	assert_int_equal(pins, 1);
}

/* Asked again after a day, and not before. */
static void test_no_such_name(void **state)
{
	struct now next = later(DAY_MS + 1);
	unsigned person;

	(void)state;
	learn("alice_noc", "");
	learn("bob_noc", "");
	assert_null(unknown());
	assert_string_equal(people_unknown(people, "x", next.wall_ms - DAY_MS), "alice_noc");
	people_learn(people, "x", "alice_noc", "", &next);
	assert_string_equal(people_unknown(people, "x", next.wall_ms - DAY_MS), "bob_noc");
	people_learn(people, "x", "bob_noc", "18", &next);
	assert_null(people_unknown(people, "x", next.wall_ms - DAY_MS));
	assert_int_equal(who(4, "18", "18@x.com", &person), PEOPLE_PERSON);
}

/* What could not be asked for is asked again, ever more rarely; the others' turn comes meanwhile. */
static void test_name_not_learnt(void **state)
{
	int64_t since = now.wall_ms - DAY_MS, waits[] = {0, 2, 4, 8, 16, 32, 60, 60};

	(void)state;
	for (unsigned i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		assert_string_equal(people_unknown(people, "x", since), "alice_noc");
		assert_int_equal(people_not_learnt(people, "alice_noc", since), i + 1);
		since += waits[i] * 60000;
		assert_string_equal(people_unknown(people, "x", since), "bob_noc");
		since++;
	}
	learn("alice_noc", "17");
	assert_string_equal(people_unknown(people, "x", since), "bob_noc");
}

/* The admin writes another name: the old one's id is nobody's, the new one is asked for. */
static void test_other_name(void **state)
{
	char *was = persons[0].x;
	unsigned person;

	(void)state;
	learn("alice_noc", "17");
	learn("bob_noc", "18");
	persons[0].x = (char *)"ally_noc";
	assert_int_equal(who(4, "17", "17@x.com", &person), PEOPLE_NOBODY);
	assert_string_equal(unknown(), "ally_noc");
	learn("ally_noc", "17"); /* she has renamed herself */
	assert_int_equal(who(4, "17", "17@x.com", &person), PEOPLE_PERSON);
	assert_int_equal(person, 0);
	persons[0].x = was;
	assert_null(unknown());
	assert_int_equal(who(4, "17", "17@x.com", &person), PEOPLE_PERSON);
}

static int count_audit(void *arg, const struct identity_row *row)
{
	*(unsigned *)arg += row->disabled;
	return 0;
}

static void test_recycled(void **state)
{
	unsigned person, disabled = 0;
	struct err err;

	(void)state;
	assert_int_equal(who(0, "17", "alice@social.example.net", &person), PEOPLE_PERSON);
	commit();
	assert_int_equal(who(0, "18", "alice@social.example.net", &person), PEOPLE_DISABLED);
	/* also the first owner, until somebody has looked */
	assert_int_equal(who(0, "17", "alice@social.example.net", &person), PEOPLE_DISABLED);
	assert_int_equal(who(1, "17", "alice@social.example.net", &person), PEOPLE_DISABLED);
	commit();
	people_destroy(people);
	people = people_create(&config, store);
	assert_int_equal(people_load(people, &err), 0);
	assert_int_equal(who(0, "17", "alice@social.example.net", &person), PEOPLE_DISABLED);
	assert_int_equal(store_identities(store, count_audit, &disabled, &err), 1);
	assert_int_equal(disabled, 1);
}

/* Somebody renames himself to a handle of ours that nobody has used yet. */
static void test_moved(void **state)
{
	unsigned person;

	(void)state;
	assert_int_equal(who(0, "17", "alice@social.example.net", &person), PEOPLE_PERSON);
	assert_int_equal(who(0, "17", "alice2@social.example.net", &person), PEOPLE_NOBODY);
	assert_int_equal(who(0, "17", "bob@social.example.net", &person), PEOPLE_NOBODY);
	assert_int_equal(who(0, "20", "bob@social.example.net", &person), PEOPLE_PERSON);
}

/* The admin follows a rename: the old handle is in the file no more. */
static void test_renamed_in_config(void **state)
{
	char *was = persons[0].mastodon;
	unsigned person;

	(void)state;
	assert_int_equal(who(0, "17", "alice@social.example.net", &person), PEOPLE_PERSON);
	persons[0].mastodon = (char *)"ally@social.example.net";
	assert_int_equal(who(0, "17", "alice@social.example.net", &person), PEOPLE_NOBODY);
	assert_int_equal(who(0, "17", "ally@social.example.net", &person), PEOPLE_PERSON);
	persons[0].mastodon = was;
}

/* A commit that fails takes the pin with it; it is written again. */
static void test_rolled_back(void **state)
{
	unsigned person, disabled = 0;
	struct err err;

	(void)state;
	assert_int_equal(who(0, "17", "alice@social.example.net", &person), PEOPLE_PERSON);
	store_rollback(store);
	assert_int_equal(store_identities(store, count_audit, &disabled, &err), 0);
	commit();
	assert_int_equal(store_identities(store, count_audit, &disabled, &err), 1);
}

static void test_may(void **state)
{
	const char *web[] = {"web", NULL}, *db[] = {"db", NULL};
	struct object on_web = {
	    .kind = EVENT_HOST, .node = "n", .host = "web1", .service = "", .hostgroups = web};
	struct object on_db = {
	    .kind = EVENT_HOST, .node = "n", .host = "db1", .service = "", .hostgroups = db};

	(void)state;
	/* lead */
	assert_true(people_may(people, 0, PEOPLE_ACK, &on_db));
	assert_true(people_may(people, 0, PEOPLE_UNACK_OTHERS, &on_db));
	assert_true(people_may(people, 0, PEOPLE_ACK, NULL));
	/* operator within match */
	assert_true(people_may(people, 1, PEOPLE_ACK, &on_web));
	assert_true(people_may(people, 1, PEOPLE_UNACK, &on_web));
	assert_false(people_may(people, 1, PEOPLE_UNACK_OTHERS, &on_web));
	assert_true(people_may(people, 1, PEOPLE_COMMENT, &on_web));
	assert_false(people_may(people, 1, PEOPLE_ACK, &on_db));
	assert_false(people_may(people, 1, PEOPLE_DETAILS, &on_db));
	assert_false(people_may(people, 1, PEOPLE_ACK, NULL));
	/* communicator */
	assert_false(people_may(people, 2, PEOPLE_ACK, &on_web));
	assert_false(people_may(people, 2, PEOPLE_UNACK, &on_web));
	assert_true(people_may(people, 2, PEOPLE_COMMENT, &on_web));
	assert_true(people_may(people, 2, PEOPLE_DETAILS, NULL));
	assert_false(people_may(people, 99, PEOPLE_DETAILS, &on_web));
}

/* The role's row and the match together: lead, operator within and beyond its match, communicator. */
static void test_may_by_hand(void **state)
{
	static const struct {
		enum people_action action;
		bool lead, operator, communicator;
	} cells[] = {
	    {PEOPLE_FIXED, true, true, false},	     {PEOPLE_QUIET, true, true, false},
	    {PEOPLE_ETA, true, true, false},	     {PEOPLE_KNOWN, true, true, false},
	    {PEOPLE_QUIET_LONG, true, false, false}, {PEOPLE_SAY, true, false, true},
	    {PEOPLE_MAJOR, true, false, true},	     {PEOPLE_PART_OF, true, false, false},
	};
	const char *web[] = {"web", NULL}, *db[] = {"db", NULL};
	struct object on_web = {
	    .kind = EVENT_HOST, .node = "n", .host = "web1", .service = "", .hostgroups = web};
	struct object on_db = {
	    .kind = EVENT_HOST, .node = "n", .host = "db1", .service = "", .hostgroups = db};

	(void)state;
	for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
		enum people_action action = cells[i].action;

		assert_int_equal(people_may(people, 0, action, &on_db), cells[i].lead);
		assert_int_equal(people_may(people, 0, action, NULL), cells[i].lead);
		assert_int_equal(people_may(people, 1, action, &on_web), cells[i].operator);
		assert_false(people_may(people, 1, action, &on_db));
		assert_false(people_may(people, 1, action, NULL));
		assert_int_equal(people_may(people, 2, action, &on_db), cells[i].communicator);
		assert_int_equal(people_may(people, 2, action, NULL), cells[i].communicator);
		assert_false(people_may(people, 99, action, &on_web));
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_pin),
	    CASE(test_lookalikes),
	    CASE(test_recycled),
	    CASE(test_moved),
	    CASE(test_renamed_in_config),
	    CASE(test_rolled_back),
	    CASE(test_learnt),
	    CASE(test_number_in_file),
	    CASE(test_networks_apart),
	    CASE(test_learnt_refused),
	    CASE(test_no_such_name),
	    CASE(test_name_not_learnt),
	    CASE(test_other_name),
	    CASE(test_may), CASE(test_may_by_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
