/*
 * What an incident costs, and whom `preview` says is told, why and in which words.
 * Run by make check.
 */
#include "agent/cli_check.h"
#include "agent/cli_preview.h"
#include "agent/cli_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- prices --------------------------------------------------------------------------------- */

static int64_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void test_prices(void **state)
{
	unsigned on[] = {0};
	struct config_account account = {
	    .name = "status_x",
	    .is_metered = true,
	    .feedback = FEEDBACK_NONE,
	    .usd_micro_per_month = 20000000,
	    .prices = {
		[PRICE_POST] = 15000,
		[PRICE_POST_WITH_URL] = 200000,
		[PRICE_OWN_READ] = 1000,
		[PRICE_ANSWER] = 10000}};
	struct config_audience audiences[] = {
	    {.name = "public", .accounts = on, .n_accounts = 1, .acks = true},
	    {.name = "elsewhere", .acks = true, .acks_asked = true, .links = true}};
	struct config config = {
	    .accounts = &account, .n_accounts = 1, .audiences = audiences, .n_audiences = 2};
	json_t *p = check_prices(&config, 0);

	(void)state;
	assert_int_equal(number(p, "incident_micro"), 31000); /* facts: $0.031, with links $0.401 */
	assert_int_equal(number(p, "month_incidents"), 645);
	assert_int_equal(number(p, "linked_incident_micro"), 401000);
	assert_null(json_object_get(p, "ack_micro"));
	assert_true(json_is_false(json_object_get(p, "links")));
	json_decref(p);
	audiences[0].acks_asked = audiences[0].links = true;
	account.feedback = FEEDBACK_REPLY;
	account.usd_micro_per_month = 0;
	p = check_prices(&config, 0);
	assert_int_equal(number(p, "incident_micro"), 56000);
	assert_int_equal(number(p, "linked_incident_micro"), 611000);
	assert_int_equal(number(p, "month_incidents"), 0);
	assert_true(json_is_true(json_object_get(p, "links")));
	json_decref(p);
	account.feedback = FEEDBACK_NONE;
	memset(account.prices, 0, sizeof account.prices);
	account.usd_micro_per_month = 5;
	p = check_prices(&config, 0); /* free of charge: no division by it */
	assert_int_equal(number(p, "month_incidents"), 0);
	json_decref(p);
}

static void test_money(void **state)
{
	char text[CLI_TIME_SIZE];

	(void)state;
	assert_string_equal(cli_usd(text, 15000), "0.015");
	assert_string_equal(cli_usd(text, 1240000), "1.24");
	assert_string_equal(cli_usd_month(text, 1240000, 20000000), "1.24 of 20 USD");
	assert_string_equal(cli_usd_month(text, 0, 12500000), "0 of 12.50 USD");
	assert_string_equal(cli_usd_month(text, 31000, 0), "0.031 USD");
	assert_string_equal(
	    cli_usd_month(text, INT64_MAX, INT64_MIN), "1000000000.00 of 0.000 USD");
}

/* --- preview -------------------------------------------------------------------------------- */

static const char inventory[] =
    "{\"objects\":["
    "{\"node\":\"mon1\",\"host\":\"mx1\",\"service\":\"\",\"pairs\":[\"hostgroup\",\"mail\","
    "\"contact\",\"bob\"]},"
    "{\"node\":\"mon1\",\"host\":\"mx1\",\"service\":\"SMTP\",\"pairs\":[\"hostgroup\",\"mail\","
    "\"_TWICKET_PUBLIC\",\"E-mail\",\"_TWICKET_PUBLIC_DE\",\"E-Mail\",\"contact\",\"alice\"]},"
    "{\"node\":\"mon1\",\"host\":\"mx1\",\"service\":\"Queue\",\"pairs\":[\"hostgroup\",\"mail\"]},"
    "{\"node\":\"mon1\",\"host\":\"db1\",\"service\":\"\",\"pairs\":[]}]}";

struct told {
	const char *object, *state, *match, *as_contact;
	bool internals, told;
	unsigned states; /* 0 = critical and down */
	const char *why;
};

static const struct told tellings[] = {
    {"mx1/SMTP", NULL, "named", "", false, true, 0,
     "_TWICKET_PUBLIC \"E-mail\"; state critical is told"},
    {"mx1/SMTP", "Warning", "named", "", false, false, 0,
     "state warning is not told (told are critical, down)"},
    {"mx1/Queue", NULL, "named", "", false, false, 0, "it has no public name (_TWICKET_PUBLIC)"},
    {"mx1", NULL, "named", "", false, true, 0,
     "_TWICKET_PUBLIC \"E-mail\" of its services; state down is told"},
    {"db1", "DOWN", "*", "", false, false, 0,
     "neither it nor a service of it has a public name (_TWICKET_PUBLIC)"},
    {"mx1/SMTP", NULL, "hostgroup:web & contact:carol", "", false, false, 0,
     "match \"hostgroup:web & contact:carol\" does not hold (its hostgroups: mail; contacts: "
     "alice)"},
    {"mx1", NULL, "service:IMAP", "", false, false, 0, "match \"service:IMAP\" does not hold"},
    {"mx1/Queue", "critical", "!hostgroup:web", "", true, true, 0,
     "match \"!hostgroup:web\"; state critical is told"},
    {"db1", NULL, "hostgroup:web", "", true, false, 0,
     "match \"hostgroup:web\" does not hold (its hostgroups: none)"},
    {"mx1/Queue", "unknown", "*", "", true, true, 1u << EVENT_UNKNOWN,
     "match \"*\"; state unknown is told"},
    {"mx1/SMTP", "warning", "*", "alice", true, true, 0,
     "whenever Nagios notifies contact \"alice\""},
    {"mx1", NULL, "*", "alice", true, false, 0,
     "as_contact \"alice\" is no contact of it (contacts: bob)"},
    {"mx1/Queue", NULL, "*", "alice", false, false, 0, "it has no public name (_TWICKET_PUBLIC)"},
};

static void check_told(const struct cli_objects *objects, const struct told *t)
{
	struct config_audience a = {
	    .name = "a",
	    .match_text = (char *)(uintptr_t)t->match,
	    .as_contact = (char *)(uintptr_t)t->as_contact,
	    .internals = t->internals,
	    .states = t->states ? t->states
				: STATE_BIT(EVENT_SERVICE, EVENT_CRITICAL) |
				      STATE_BIT(EVENT_HOST, EVENT_DOWN)};
	struct preview p = {.objects = objects, .object = cli_objects_find(objects, t->object)};
	struct err err = {""};
	struct buf why;

	a.match = match_parse(t->match, &err);
	assert_non_null(a.match);
	assert_int_equal(preview_state(p.object, t->state, &p.state, &err), 0);
	buf_init(&why, 1000);
	if (preview_is_told(&p, &a, &why) != t->told || strcmp(buf_text(&why), t->why) != 0)
		fail_msg("%s %s: %s", t->object, t->match, buf_text(&why));
	buf_finish(&why);
	match_destroy(a.match);
}

static void test_told(void **state)
{
	json_t *answer_json = json_loads(inventory, 0, NULL);
	struct cli_objects objects;

	(void)state;
	assert_int_equal(cli_objects_take(answer_json, &objects), 0);
	for (size_t i = 0; i < sizeof tellings / sizeof tellings[0]; i++)
		check_told(&objects, &tellings[i]);
	cli_objects_finish(&objects);
	json_decref(answer_json);
}

static void test_state(void **state)
{
	struct object host = {.kind = EVENT_HOST}, service = {.kind = EVENT_SERVICE};
	unsigned which = 99;
	struct err err;

	(void)state;
	assert_int_equal(preview_state(&host, NULL, &which, &err), 0);
	assert_int_equal(which, EVENT_DOWN);
	assert_int_equal(preview_state(&service, "UnKnown", &which, &err), 0);
	assert_int_equal(which, EVENT_UNKNOWN);
	assert_int_equal(preview_state(&host, "critical", &which, &err), -1);
	assert_string_equal(err.text, "--state critical: the trouble of a host is down");
	assert_int_equal(preview_state(&service, "ok", &which, &err), -1);
}

/* The same facts in two languages, with and without internals. */
static void test_post(void **state)
{
	json_t *answer_json = json_loads(inventory, 0, NULL), *post;
	struct config_account account = {
	    .name = "out",
	    .network = "file",
	    .handle = "/nonexistent/out",
	    .url = "",
	    .language = "de"};
	struct config_audience a = {.base = "public", .hold_ms = 120000};
	struct config config = {.link = ""};
	struct cli_objects objects;
	struct preview p = {.config = &config, .objects = &objects, .now_s = 1795233120};
	struct err err;

	(void)state;
	assert_int_equal(cli_objects_take(answer_json, &objects), 0);
	a.match = match_parse("*", &err);
	p.object = cli_objects_find(&objects, "mx1");
	p.state = EVENT_DOWN;
	post = preview_post(&p, &a, &account, &err);
	assert_string_equal(
	    json_string_value(json_object_get(post, "text")),
	    "🔴 E-Mail: Störung seit 03:52 Uhr. Neues folgt hier im Thread.\n#T000");
	assert_null(json_object_get(post, "price_micro"));
	json_decref(post);
	a.internals = true;
	a.base = "operators";
	account.language = "en";
	post = preview_post(&p, &a, &account, &err);
	assert_string_equal(
	    json_string_value(json_object_get(post, "text")),
	    "🔴 mx1 DOWN since 03:52, with its 2 services\n(what the plugin says)\n#T000");
	json_decref(post);
	account.network = "nonsense";
	assert_null(preview_post(&p, &a, &account, &err));
	match_destroy(a.match);
	cli_objects_finish(&objects);
	json_decref(answer_json);
}

static int set_zone(void **state)
{
	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_prices), cmocka_unit_test(test_money),
	    cmocka_unit_test(test_told),   cmocka_unit_test(test_state),
	    cmocka_unit_test(test_post),
	};

	return cmocka_run_group_tests_name("cli_preview", tests, set_zone, NULL);
}
