/*
 * Proof by a one-time code, and who is revoked: what counts, what is kept, what a restart
 * finds. On a store in memory; the codes are the test's. Must never need the network.
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
    {.name = (char *)"noc",
     .network = (char *)"mastodon",
     .handle = (char *)"noc@social.example.net"},
    {.name = (char *)"status_x", .network = (char *)"x", .handle = (char *)"examplenet"},
};
static struct config_person persons[] = {
    {.name = (char *)"alice",
     .mastodon = (char *)"alice@social.example.net",
     .x = (char *)"alice_noc",
     .role = ROLE_LEAD,
     .match_text = (char *)"*"},
    {.name = (char *)"bob",
     .mastodon = (char *)"bob@social.example.net",
     .x = (char *)"1234567890",
     .role = ROLE_OPERATOR,
     .match_text = (char *)"*"},
    {.name = (char *)"carol", .role = ROLE_OPERATOR, .match_text = (char *)"*"},
};
static struct config config = {
    .accounts = accounts, .n_accounts = 2, .people = persons, .n_people = 3};
#define MASTODON 0
#define ON_X 1

static struct now now;
static struct store *store;
static struct people *people;
static struct err err;

static int setup(void **state)
{
	(void)state;
	now = (struct now){.wall_ms = 1795348800000, .boot_ms = 1000};
	config.n_people = 3;
	store = store_open(":memory:", &err);
	people = people_create(&config, store);
	return store && people && people_load(people, &err) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	people_destroy(people);
	store_close(store);
	return 0;
}

static void restart(void)
{
	people_save(people);
	assert_int_equal(store_commit(store, &err), 0);
	people_saved(people);
	people_destroy(people);
	people = people_create(&config, store);
	assert_int_equal(people_load(people, &err), 0);
}

static void later(int64_t ms)
{
	now.wall_ms += ms;
	now.boot_ms += ms;
}

static enum people_verdict who(unsigned account, const char *id, const char *acct)
{
	unsigned person;

	return people_who(people, account, id, acct, false, &now, &person);
}

static enum people_code
say(unsigned account, unsigned person, const char *id, const char *text)
{
	const struct people_proof proof = {
	    .account = account,
	    .person = person,
	    .author_id = id,
	    .acct = account == ON_X ? id : persons[person].mastodon};

	return people_code(people, &proof, text, &now);
}

static void enrol(const char *name, const char *code)
{
	assert_int_equal(people_enrol(people, name, code, &now, &err), 0);
}

#define ALICE "alice@social.example.net"
#define CODE "7K2BCDFGHJ"
#define OTHER "7K2BCDFGHK"

/* ---- the code ---- */

static unsigned char dice;

static void roll(void *bytes, size_t n)
{
	for (unsigned char *at = bytes; n--; at++)
		*at = dice++;
}

/* Each of the letters as often as any other, and nothing else. */
static void test_code_letters(void **state)
{
	static const char letters[] = "23456789BCDFGHJKMNPQRSTVWXZ";
	unsigned seen[256] = {0};
	char code[PEOPLE_CODE_SIZE];

	(void)state;
	for (int i = 0; i < 243; i++) { /* ten letters each: ten rounds of the dice that count */
		people_make_code(roll, code);
		assert_int_equal(strlen(code), 10);
		for (int k = 0; k < 10; k++)
			seen[(unsigned char)code[k]]++;
	}
	for (const char *l = letters; *l; l++)
		assert_int_equal(seen[(unsigned char)*l], 2430 / 27);
}

static void test_forms(void **state)
{
	static const struct {
		const char *text;
		enum people_code is;
	} cases[] = {
	    {"", PEOPLE_NO_CODE},
	    {"ack", PEOPLE_NO_CODE},
	    {"7K2BCDFGH", PEOPLE_NO_CODE},
	    {"7K2BCDFGHJK", PEOPLE_NO_CODE},
	    {"7K2BCDFGHJ ", PEOPLE_NO_CODE},
	    {"code 7K2BCDFGHJ", PEOPLE_NO_CODE},
	    {"AEIOUAEIOU", PEOPLE_NO_CODE},
	    {"7K2BC-FGHJ", PEOPLE_NO_CODE},
	    {"７K2BCDFGHJ", PEOPLE_NO_CODE},
	    {OTHER, PEOPLE_CODE_WRONG},
	    {"7k2bcdfghj", PEOPLE_CODE_RIGHT},
	};

	(void)state;
	enrol("alice", CODE);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (say(MASTODON, 0, "17", cases[i].text) != cases[i].is)
			fail_msg("\"%s\"", cases[i].text);
}

static int no_plain_code(void *arg, const struct person_row *row)
{
	assert_string_equal(row->name, "alice");
	assert_int_equal(strlen(row->code_hash), 64);
	assert_null(strstr(row->code_hash, CODE));
	++*(int *)arg;
	return 0;
}

static int no_code_in_audit(void *arg, const struct audit_row *row)
{
	assert_null(strstr(row->object, CODE));
	assert_null(strstr(row->result, CODE));
	++*(int *)arg;
	return 0;
}

static void test_kept_as_hash_only(void **state)
{
	int n = 0, lines = 0;

	(void)state;
	enrol("alice", CODE);
	restart();
	assert_int_equal(store_persons(store, no_plain_code, &n, &err), 1);
	assert_int_equal(n, 1);
	assert_int_equal(say(MASTODON, 0, "17", CODE), PEOPLE_CODE_RIGHT);
	restart();
	assert_int_equal(store_audit(store, 0, 10, no_code_in_audit, &lines, &err), 1);
	assert_int_equal(lines, 1);
}

/* ---- what it proves ---- */

static void test_disabled_handle(void **state)
{
	(void)state;
	assert_int_equal(who(MASTODON, "17", ALICE), PEOPLE_PERSON);
	assert_int_equal(who(MASTODON, "18", ALICE), PEOPLE_DISABLED);
	enrol("alice", CODE);
	assert_int_equal(who(MASTODON, "18", ALICE), PEOPLE_DISABLED);
	assert_int_equal(say(MASTODON, 0, "18", CODE), PEOPLE_CODE_RIGHT);
	assert_int_equal(who(MASTODON, "18", ALICE), PEOPLE_PERSON);
	restart();
	assert_int_equal(who(MASTODON, "18", ALICE), PEOPLE_PERSON);
	assert_int_equal(who(MASTODON, "17", ALICE), PEOPLE_DISABLED);
}

static void seen_proven(void *arg, const struct identity_row *id)
{
	assert_string_equal(id->author_id, "1234567890");
	assert_int_equal(id->proven_ms, now.wall_ms);
	++*(int *)arg;
}

/* On X a number of the file has no pin before. */
static void test_number_on_x(void **state)
{
	int n = 0;

	(void)state;
	enrol("bob", CODE);
	assert_int_equal(who(ON_X, "1234567890", "1234567890@x.com"), PEOPLE_PERSON);
	assert_int_equal(say(ON_X, 1, "1234567890", CODE), PEOPLE_CODE_RIGHT);
	restart();
	people_each_id(people, "x", "1234567890", seen_proven, &n);
	assert_int_equal(n, 1);
	assert_int_equal(who(ON_X, "1234567890", "1234567890@x.com"), PEOPLE_PERSON);
}

/* An id is one person's: bob's account does not become alice's by her code. */
static void test_id_of_another(void **state)
{
	(void)state;
	assert_int_equal(who(MASTODON, "20", "bob@social.example.net"), PEOPLE_PERSON);
	enrol("alice", CODE);
	assert_int_equal(say(MASTODON, 0, "20", CODE), PEOPLE_CODE_WRONG);
	assert_int_equal(say(MASTODON, 1, "20", CODE), PEOPLE_NO_CODE);
	assert_int_equal(say(MASTODON, 0, "17", CODE), PEOPLE_CODE_RIGHT);
}

/* ---- how long, how often ---- */

static void test_once(void **state)
{
	(void)state;
	enrol("alice", CODE);
	assert_int_equal(say(MASTODON, 0, "17", CODE), PEOPLE_CODE_RIGHT);
	assert_int_equal(say(MASTODON, 0, "18", CODE), PEOPLE_CODE_WRONG);
	assert_int_equal(who(MASTODON, "18", ALICE), PEOPLE_DISABLED);
}

static void test_time(void **state)
{
	(void)state;
	enrol("alice", CODE);
	later(15 * 60000 - 1);
	restart();
	assert_int_equal(say(MASTODON, 0, "17", OTHER), PEOPLE_CODE_WRONG);
	later(1);
	assert_int_equal(say(MASTODON, 0, "17", CODE), PEOPLE_CODE_WRONG);
	later(60 * 60000); /* then it is a word like any other */
	assert_int_equal(say(MASTODON, 0, "17", CODE), PEOPLE_NO_CODE);
	enrol("alice", CODE);
	enrol("alice", OTHER); /* the newer one alone */
	assert_int_equal(say(MASTODON, 0, "17", CODE), PEOPLE_CODE_WRONG);
	assert_int_equal(say(MASTODON, 0, "17", OTHER), PEOPLE_CODE_RIGHT);
}

static void test_tries(void **state)
{
	(void)state;
	enrol("alice", CODE);
	for (int i = 0; i < 4; i++)
		assert_int_equal(say(MASTODON, 0, "17", OTHER), PEOPLE_CODE_WRONG);
	restart();
	assert_int_equal(say(MASTODON, 0, "17", CODE), PEOPLE_CODE_RIGHT);
	enrol("alice", CODE);
	for (int i = 0; i < 5; i++)
		assert_int_equal(say(MASTODON, 0, "17", OTHER), PEOPLE_CODE_WRONG);
	restart();
	assert_int_equal(say(MASTODON, 0, "17", CODE), PEOPLE_CODE_WRONG);
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(people_enrol(people, "alcie", CODE, &now, &err), -1);
	assert_string_equal(err.text, "no person \"alcie\"; did you mean \"alice\"?");
	assert_int_equal(people_enrol(people, "carol", CODE, &now, &err), -1);
	assert_string_equal(err.text, "carol has no handle in the file to send a code from");
	assert_int_equal(people_revoke(people, "alice", "root", &now, &err), 0);
	assert_int_equal(people_enrol(people, "alice", CODE, &now, &err), -1);
}

/* ---- revoked ---- */

static void test_revoked(void **state)
{
	(void)state;
	people_learn(people, "x", "alice_noc", "17", &now);
	assert_int_equal(who(ON_X, "17", "17@x.com"), PEOPLE_PERSON);
	enrol("alice", CODE);
	assert_int_equal(people_may(people, 0, PEOPLE_ACK, NULL), PEOPLE_MAY);
	assert_int_equal(people_revoke(people, "alice", "root", &now, &err), 0);
	assert_int_equal(people_revoke(people, "alice", "root", &now, &err), -1);
	for (int i = 0; i < 2; i++) {
		assert_true(people_is_revoked(people, 0));
		assert_false(people_is_revoked(people, 1));
		assert_int_equal(who(MASTODON, "16", ALICE), PEOPLE_REVOKED);
		assert_int_equal(who(ON_X, "17", "17@x.com"), PEOPLE_REVOKED);
		for (int action = 0; action < PEOPLE_ACTIONS; action++)
			assert_int_equal(
			    people_may(people, 0, (enum people_action)action, NULL), PEOPLE_MAY_NOT);
		assert_int_equal(who(MASTODON, "20", "bob@social.example.net"), PEOPLE_PERSON);
		restart();
	}
	assert_int_equal(people_restore(people, "alice", &err), 0);
	assert_int_equal(people_restore(people, "alice", &err), -1);
	restart();
	assert_int_equal(who(ON_X, "17", "17@x.com"), PEOPLE_PERSON);
	assert_int_equal(who(MASTODON, "16", ALICE), PEOPLE_PERSON); /* nothing was pinned meanwhile */
	assert_int_equal(say(MASTODON, 0, "16", CODE), PEOPLE_CODE_WRONG); /* the code died with it */
}

static void count_view(void *arg, const struct people_view *v)
{
	char *out = arg;

	strncat(out, v->name, 60);
	strncat(out, v->person ? " " : "! ", 3);
}

/* Taken out of the file, and back again: still revoked, and shown all the while. */
static void test_revoked_out_of_the_file(void **state)
{
	char names[300] = "";

	(void)state;
	assert_int_equal(people_revoke(people, "carol", "root", &now, &err), 0);
	config.n_people = 2;
	restart();
	people_each(people, count_view, names);
	assert_string_equal(names, "alice bob carol! ");
	config.n_people = 3;
	assert_true(people_is_revoked(people, 2));
	config.n_people = 2;
	assert_int_equal(people_restore(people, "carol", &err), 0);
	assert_int_equal(people_restore(people, "dave", &err), -1);
}

/* Who is revoked is not asked for on a network that takes money for it. */
static void test_revoked_not_asked_for(void **state)
{
	(void)state;
	assert_string_equal(people_unknown(people, "x", now.wall_ms), "alice_noc");
	assert_int_equal(people_revoke(people, "alice", "root", &now, &err), 0);
	assert_null(people_unknown(people, "x", now.wall_ms));
	assert_true(people_anybody(people, "x"));
	assert_int_equal(people_revoke(people, "bob", "root", &now, &err), 0);
	assert_false(people_anybody(people, "x"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_code_letters),
	    CASE(test_forms),
	    CASE(test_kept_as_hash_only),
	    CASE(test_disabled_handle),
	    CASE(test_number_on_x),
	    CASE(test_id_of_another),
	    CASE(test_once),
	    CASE(test_time),
	    CASE(test_tries),
	    CASE(test_refused),
	    CASE(test_revoked),
	    CASE(test_revoked_out_of_the_file),
	    CASE(test_revoked_not_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
