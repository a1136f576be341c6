/*
 * How a reply is answered: in private with what its author may know; on a network that
 * takes money at most once in public, with what everybody may know, or only in the
 * timeline. The engine, the outbox and core.c's notes are stubs.
 */
#include "agent/core_internal.h"
#include "agent/incident_hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define NOON 1795348800 /* 2026-11-22 12:00:00 UTC */

enum { TOOT, QUIET_X, REPLY_X, STAFF_X, ACCOUNTS };

static struct config_account accounts[ACCOUNTS] = {
    {.name = (char *)"toot", .network = (char *)"mastodon", .language = (char *)"en"},
    {.name = (char *)"quiet_x",
     .network = (char *)"x",
     .language = (char *)"en",
     .is_metered = true,
     .feedback = FEEDBACK_NONE},
    {.name = (char *)"reply_x",
     .network = (char *)"x",
     .language = (char *)"en",
     .is_metered = true,
     .feedback = FEEDBACK_REPLY},
    {.name = (char *)"staff_x",
     .network = (char *)"x",
     .language = (char *)"en",
     .is_metered = true,
     .feedback = FEEDBACK_REPLY},
};
static unsigned public_accounts[] = {TOOT, QUIET_X, REPLY_X}, staff_accounts[] = {STAFF_X};
static struct config_word staff_words[] = {
    {(char *)"en", (char *)"status", (char *)"secret $OBJECT$ $OWNER$\n$TAG$", 1}};
static struct config_audience audiences[] = {
    {.name = (char *)"public",
     .base = (char *)"public",
     .accounts = public_accounts,
     .n_accounts = 3},
    {.name = (char *)"staff",
     .base = (char *)"operators",
     .accounts = staff_accounts,
     .n_accounts = 1,
     .internals = true,
     .words = staff_words,
     .n_words = 1},
};
static struct config config = {
    .accounts = accounts, .n_accounts = ACCOUNTS, .audiences = audiences, .n_audiences = 2};

/* ---- stubs ---- */

static const char *names[] = {"E-mail"};
static unsigned n_names;

/* Internals are in it whenever the audience may know them, as the engine does it. */
bool engine_status(
    struct engine *e, uint64_t incident, unsigned audience, unsigned account, bool internals,
    const struct now *now, struct say *out)
{
	(void)e, (void)account;
	if (incident != 1)
		return false;
	*out = (struct say){
	    .tag = "T7K2",
	    .symbol = SYMBOL_RED,
	    .names = names,
	    .n_names = n_names,
	    .since = NOON - 600,
	    .now = now->wall_ms / 1000,
	    .duration = 600,
	    .acked = true};
	if (internals || audiences[audience].internals) {
		out->object = "db1/Postgres";
		out->state = "CRITICAL";
		out->output = "no connection";
		out->owner = "alice";
	}
	return true;
}

bool engine_view(const struct engine *e, uint64_t incident, struct incident_view *out)
{
	(void)e;
	*out = (struct incident_view){
	    .id = 1, .parent_tag = "T9QM", .known_tag = "TB4X", .quiet_until_s = NOON + 3600};
	return incident == 1;
}

static bool is_silenced; /* account toot, by hand */

bool engine_account_is_paused(const struct engine *e, unsigned account)
{
	(void)e;
	return is_silenced && account == TOOT;
}

bool engine_is_paused(const struct engine *e, unsigned audience, unsigned account)
{
	(void)e, (void)audience;
	return is_silenced && account == TOOT;
}

/* What helped before, and who reported it, is shown in tests of their own. */
bool core_last_fix(
    struct core *c, uint64_t incident, const struct say *say, const struct words *words, struct buf *out)
{
	(void)c, (void)incident, (void)say, (void)words, (void)out;
	return false;
}

int core_last_text(
    struct core *c, uint64_t incident, unsigned account, unsigned max, const struct now *now,
    struct buf *out)
{
	(void)c, (void)incident, (void)account, (void)max, (void)now, (void)out;
	return 1;
}

void core_tell_reporters(struct core *c, const struct say_target *target, const struct say *say)
{
	(void)c, (void)target, (void)say;
}

static char said[2000], noted[2000];
static struct store *store;

uint64_t outbox_add(struct outbox *o, const struct post_row *post, const struct now *now)
{
	struct post_row row = *post;

	(void)o;
	(void)now;
	snprintf(
	    said + strlen(said), sizeof(said) - strlen(said), "%s %s to %s (%s) under %s: %s\n",
	    post->account, visibility_name((enum visibility)post->visibility), post->to, post->to_id,
	    post->target, post->text);
	row.id = 77;
	row.state = POST_QUEUED;
	store_put_post(store, &row);
	return row.id;
}

bool core_may_tell(struct core *c, const struct say_target *target)
{
	(void)c;
	(void)target;
	return true;
}

void core_note(struct core *c, uint64_t incident, const char *kind, const char *text)
{
	(void)c;
	assert_int_equal(incident, 1);
	assert_string_equal(kind, "note");
	snprintf(noted, sizeof(noted), "%s", text);
}

/* ---- set-up ---- */

static struct core core;

static int setup(void **state)
{
	struct err err;

	(void)state;
	said[0] = noted[0] = '\0';
	n_names = 1;
	store = store_open(":memory:", &err);
	core = (struct core){.config = &config, .store = store, .now = {.wall_ms = NOON * 1000LL}};
	core.accounts.n = ACCOUNTS;
	core.accounts.notifiers = calloc(ACCOUNTS, sizeof(*core.accounts.notifiers));
	core.accounts.accounts = calloc(ACCOUNTS, sizeof(*core.accounts.accounts));
	core.accounts.words = calloc(ACCOUNTS, sizeof(*core.accounts.words));
	for (unsigned i = 0; i < ACCOUNTS; i++)
		core.accounts.words[i] = words_open("en", &err);
	return store ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ACCOUNTS; i++)
		words_close(core.accounts.words[i]);
	free(core.accounts.notifiers);
	free(core.accounts.accounts);
	free(core.accounts.words);
	store_close(store);
	return 0;
}

static void answer(
    unsigned account, enum visibility visibility, uint64_t incident, enum say_event event,
    const char *reason)
{
	struct reply_row reply = {
	    .id = 5,
	    .incident = incident,
	    .account = accounts[account].name,
	    .remote_id = "901",
	    .author_id = "17",
	    .acct = account == TOOT ? "alice@server.example" : "alice_noc@x.com",
	    .person = "alice",
	    .text = "",
	    .visibility = visibility};

	core_answer(
	    &core, &(struct inbox_answer){
		       .reply = &reply,
		       .account = account,
		       .event = event,
		       .reason = reason,
		       .text = "30"});
}

/* ---- the cases ---- */

static void test_mastodon(void **state)
{
	(void)state;
	answer(TOOT, VISIBILITY_PUBLIC, 1, SAY_STATUS, "");
	assert_string_equal(
	    said, "toot direct to alice@server.example (17) under 901: @alice@server.example 🔴 "
		  "db1/Postgres CRITICAL since 11:50, 10 min, alice has it\n"
		  "no connection\n#T7K2\n");
	assert_string_equal(noted, "");
}

/* Nobody is named in it: the message goes to the id. */
static void test_direct_on_x(void **state)
{
	(void)state;
	answer(QUIET_X, VISIBILITY_DIRECT, 1, SAY_STATUS, "");
	assert_string_equal(
	    said, "quiet_x direct to alice_noc@x.com (17) under 901: 🔴 db1/Postgres CRITICAL since "
		  "11:50, 10 min, alice has it\nno connection\n#T7K2\n");
	answer(QUIET_X, VISIBILITY_DIRECT, 1, SAY_TROUBLE, "bare_number");
	assert_non_null(strstr(said, "\342\200\23430m\342\200\235?"));
}

static void test_public_on_x(void **state)
{
	(void)state;
	answer(REPLY_X, VISIBILITY_PUBLIC, 1, SAY_STATUS, "");
	assert_string_equal(
	    said, "reply_x public to alice_noc@x.com (17) under 901: alice_noc: 🔴 E-mail: disruption since "
		  "11:50. We are working on it. (12:00)\n#T7K2\n");
	said[0] = '\0';
	answer(REPLY_X, VISIBILITY_PUBLIC, 1, SAY_TROUBLE, "not_confirmed"); /* one is enough */
	assert_string_equal(said, "");
	assert_string_equal(
	    noted, "reply_x   not answered there: The monitoring has not confirmed it within 30 s. "
		   "Please look before you rely on it. #T7K2");
}

static void test_trouble_on_x(void **state)
{
	(void)state;
	answer(REPLY_X, VISIBILITY_PUBLIC, 1, SAY_TROUBLE, "not_yours");
	assert_string_equal(
	    said, "reply_x public to alice_noc@x.com (17) under 901: alice_noc: It was acknowledged by somebody "
		  "else, so it stays so. (12:00)\n#T7K2\n");
	said[0] = '\0';
	answer(REPLY_X, VISIBILITY_PUBLIC, 0, SAY_TROUBLE, "which");
	assert_string_equal(
	    said, "reply_x public to alice_noc@x.com (17) under 901: alice_noc: Which one of them? Please begin "
		  "with its tag. (12:00)\n");
}

static void test_nobody_asked_for_it(void **state)
{
	(void)state;
	answer(QUIET_X, VISIBILITY_PUBLIC, 1, SAY_STATUS, "");
	assert_string_equal(
	    noted, "quiet_x   not answered there: 🔴 E-mail: disruption since 11:50. We are working on "
		   "it. #T7K2");
	answer(QUIET_X, VISIBILITY_PUBLIC, 0, SAY_TROUBLE, "which"); /* no incident to note it at */
	assert_string_equal(said, "");
}

/* An account for operators: what stands in public under a reply has no internals all the same. */
static void test_internals_stay(void **state)
{
	(void)state;
	answer(STAFF_X, VISIBILITY_PUBLIC, 1, SAY_STATUS, "");
	assert_string_equal(
	    said, "staff_x public to alice_noc@x.com (17) under 901: alice_noc: 🔴 E-mail: disruption since "
		  "11:50. We are working on it. (12:00)\n#T7K2\n");
	said[0] = '\0';
	answer(STAFF_X, VISIBILITY_DIRECT, 1, SAY_STATUS, "");
	assert_non_null(strstr(said, "secret db1/Postgres alice"));
	said[0] = '\0';
	n_names = 0; /* nothing that the public knows a name for */
	answer(STAFF_X, VISIBILITY_PUBLIC, 1, SAY_STATUS, "");
	assert_string_equal(said, "");
	assert_string_equal(noted, "");
}

/* What a reason names beside the incident. */
static void test_reasons(void **state)
{
	(void)state;
	answer(TOOT, VISIBILITY_PUBLIC, 1, SAY_TROUBLE, "quiet_until");
	assert_non_null(strstr(said, "quiet until 13:00"));
	answer(TOOT, VISIBILITY_PUBLIC, 1, SAY_TROUBLE, "part_of_done");
	assert_non_null(strstr(said, "now part of #T9QM"));
	answer(TOOT, VISIBILITY_PUBLIC, 1, SAY_TROUBLE, "known_noted");
	assert_non_null(strstr(said, "known error #TB4X"));
}

/* A whole account is paused by hand: no answer there, no favourite; elsewhere as ever. */
static void test_silenced(void **state)
{
	(void)state;
	is_silenced = true;
	answer(TOOT, VISIBILITY_DIRECT, 1, SAY_STATUS, "");
	core_favourite(&core, TOOT, 7, "r7");
	assert_string_equal(said, "");
	answer(STAFF_X, VISIBILITY_DIRECT, 1, SAY_STATUS, "");
	assert_non_null(strstr(said, "staff_x direct"));
	is_silenced = false;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_mastodon),	  CASE(test_direct_on_x),    CASE(test_public_on_x),
	    CASE(test_trouble_on_x),	  CASE(test_nobody_asked_for_it), CASE(test_internals_stay),
	    CASE(test_reasons),		  CASE(test_silenced),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
