/*
 * What an incident costs, and whom `preview` says is told, why and in which words.
 * Run by make check.
 */
#include "agent/cli_check.h"
#include "agent/cli_preview.h"
#include "agent/cli_text.h"
#include "agent/replay_cache.h"
#include "tests/unit/zone.h"

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

/* --- the whole command, on the site of tests/replay ---------------------------------------------- */

struct shown {
	const char *object, *state;
	int64_t at_s;
	bool all;
	const char *status, *text;
};

#define SAT_03 1795834800 /* Saturday, 28 November 2026, 03:00 */
#define SAT_12 1795867200

static const struct shown shows[] = {
    {"db1/Postgres", NULL, SAT_03, false, NULL,
     "db1/Postgres CRITICAL\n"
     "public      yes: _TWICKET_PUBLIC \"E-mail\"; state critical is told\n"
     "            held: quiet hours 22:00-07:00, not urgent -> summed up at 07:00\n"
     "operators   yes: match \"!hostgroup:web, !hostgroup:lab\"; state critical is told\n"
     "            03:00:15  problem   noc   64 of 500   0 USD\n"
     "              🔴 db1/Postgres CRITICAL since 03:00\n"
     "              (what the plugin says)\n"
     "              #T000\n"
     "            +30m  update   +42m  recovery   (--all shows their words)\n"
     "web_team    no: match \"hostgroup:web\" does not hold (its hostgroups: db)\n"},
    {"mx1/SMTP", NULL, SAT_12, false, NULL,
     "mx1/SMTP CRITICAL\n"
     "public      yes: _TWICKET_PUBLIC \"E-mail\"; state critical is told\n"
     "            12:02:00  problem   status     68 of 500   0 USD\n"
     "            12:02:00  problem   status_x   69 of 280   0.015 USD\n"
     "              🔴 E-mail: disruption since 12:00. News follows in this thread.\n"
     "              #T000\n"
     "            status    +1h02m  update   +1h12m  recovery   (--all shows their words)\n"
     "            status_x  +1h12m  recovery   (--all shows their words)\n"
     "            status_x: 0.030 USD in all\n"
     "operators   yes: match \"!hostgroup:web, !hostgroup:lab\"; state critical is told\n"
     "            12:00:15  problem   noc   60 of 500   0 USD\n"
     "              🔴 mx1/SMTP CRITICAL since 12:00\n"
     "              (what the plugin says)\n"
     "              #T000\n"
     "            +30m  update   +42m  recovery   (--all shows their words)\n"
     "web_team    no: match \"hostgroup:web\" does not hold (its hostgroups: mail)\n"},
    {"mx1", NULL, SAT_12, true, NULL,
     "mx1 DOWN\n"
     "public      yes: _TWICKET_PUBLIC \"E-mail\" of its services; state down is told\n"
     "            12:02:00  problem   status     68 of 500   0 USD\n"
     "            12:02:00  problem   status_x   69 of 280   0.015 USD\n"
     "              🔴 E-mail: disruption since 12:00. News follows in this thread.\n"
     "              #T000\n"
     "            +1h02m  update   status     51 of 500   0 USD\n"
     "              🔴 E-mail: still disrupted, for 1 h 2 min now.\n"
     "              #T000\n"
     "            +1h12m  recovery   status     80 of 500   0 USD\n"
     "            +1h12m  recovery   status_x   81 of 280   0.015 USD\n"
     "              🟢 E-mail: working again since 13:10. Disrupted for 1 h 10 min, from 12:00.\n"
     "              #T000\n"
     "            status_x: 0.030 USD in all\n"
     "operators   yes: match \"!hostgroup:web, !hostgroup:lab\"; state down is told\n"
     "            12:00:15  problem   noc   72 of 500   0 USD\n"
     "              🔴 mx1 DOWN since 12:00, with its 2 services\n"
     "              (what the plugin says)\n"
     "              #T000\n"
     "            +30m  update   noc   68 of 500   0 USD\n"
     "              🔴 mx1 still DOWN, 30 min, nobody has it\n"
     "              (what the plugin says)\n"
     "              #T000\n"
     "            +42m  recovery   noc   63 of 500   0 USD\n"
     "              🟢 mx1 UP since 12:40, after 40 min\n"
     "              (what the plugin says)\n"
     "              #T000\n"
     "web_team    no: match \"hostgroup:web\" does not hold (its hostgroups: mail)\n"},
    {"mx1/Queue", "warning", SAT_12, false, NULL,
     "mx1/Queue WARNING\n"
     "public      no: it has no public name (_TWICKET_PUBLIC)\n"
     "operators   yes: match \"!hostgroup:web, !hostgroup:lab\"; state warning is told\n"
     "            12:00:15  problem   noc   60 of 500   0 USD\n"
     "              🟡 mx1/Queue WARNING since 12:00\n"
     "              (what the plugin says)\n"
     "              #T000\n"
     "            +30m  update   +42m  recovery   (--all shows their words)\n"
     "web_team    no: match \"hostgroup:web\" does not hold (its hostgroups: mail)\n"},
    {"mx1/SMTP", NULL, SAT_12, false, "{\"paused\":[{\"audience\":\"public\",\"account\":\"\",\"text\":\"tests\",\"by\":\"alice\"}],\"quiet\":[{\"match\":\"host:db1\",\"until_ms\":1795870800000}]}",
     "mx1/SMTP CRITICAL\n"
     "public      yes: _TWICKET_PUBLIC \"E-mail\"; state critical is told\n"
     "            held: paused by alice: tests -> nothing is said\n"
     "operators   yes: match \"!hostgroup:web, !hostgroup:lab\"; state critical is told\n"
     "            12:00:15  problem   noc   60 of 500   0 USD\n"
     "              🔴 mx1/SMTP CRITICAL since 12:00\n"
     "              (what the plugin says)\n"
     "              #T000\n"
     "            +30m  update   +42m  recovery   (--all shows their words)\n"
     "web_team    no: match \"hostgroup:web\" does not hold (its hostgroups: mail)\n"},
    {"db1/Postgres", NULL, SAT_12, false, "{\"paused\":[],\"quiet\":[{\"match\":\"host:db1\",\"until_ms\":1795870800000,\"text\":\"disk swap\",\"by\":\"bob\"}]}",
     "db1/Postgres CRITICAL\n"
     "public      yes: _TWICKET_PUBLIC \"E-mail\"; state critical is told\n"
     "            held: quiet \"host:db1\" until 13:00 by bob: disk swap -> told at\n"
     "            13:00\n"
     "operators   yes: match \"!hostgroup:web, !hostgroup:lab\"; state critical is told\n"
     "            held: quiet \"host:db1\" until 13:00 by bob: disk swap -> nothing is\n"
     "            said\n"
     "web_team    no: match \"hostgroup:web\" does not hold (its hostgroups: db)\n"},
};

static struct config *site(void)
{
	struct config_report report = {.n = 0};
	struct config *c = config_load(TWICKET_TEST_DATA "/replay/site.cfg", &report);

	if (!c)
		fail_msg("site.cfg: %s", report.n ? report.at[0].text : "?");
	config_report_finish(&report);
	return c;
}

static void check_shown(const struct config *config, const struct cli_objects *objects, const struct shown *s)
{
	struct preview p = {
	    .config = config,
	    .objects = objects,
	    .world = world_create(objects->at, objects->n),
	    .object = cli_objects_find(objects, s->object),
	    .at_s = s->at_s,
	    .status = s->status ? json_loads(s->status, 0, NULL) : NULL};
	struct err err = {""};
	json_t *facts;
	struct buf out;

	assert_non_null(p.object);
	assert_int_equal(preview_state(p.object, s->state, &p.state, &err), 0);
	facts = preview_facts(&p, &err);
	assert_non_null(facts);
	json_object_set_new(facts, "all", json_boolean(s->all));
	buf_init(&out, 65536);
	cli_preview_text(facts, s->at_s * 1000, &out);
	if (strcmp(buf_text(&out), s->text) != 0)
		fail_msg("%s, status %s:\n%s", s->object, s->status ? s->status : "-", buf_text(&out));
	buf_finish(&out);
	json_decref(facts);
	json_decref((json_t *)(uintptr_t)p.status);
	world_destroy(p.world);
}

static void test_shown(void **state)
{
	struct config *config = site();
	struct cli_objects objects;
	struct err err;

	(void)state;
	assert_int_equal(cache_read(TWICKET_TEST_DATA "/replay/objects.cache", &objects, &err), 0);
	for (size_t i = 0; i < sizeof shows / sizeof shows[0]; i++)
		check_shown(config, &objects, &shows[i]);
	cli_objects_finish(&objects);
	config_discard(config);
}

/* The public hears nothing of it before operators were asked. */
static void test_waits(void **state)
{
	static const struct shown waits = {
	    "mx1/SMTP", NULL, SAT_12, false, "{\"paused\":[{\"audience\":\"\",\"account\":\"\",\"by\":\"alice\"}],\"quiet\":[]}",
	    "mx1/SMTP CRITICAL\n"
	    "public      yes: _TWICKET_PUBLIC \"E-mail\"; state critical is told\n"
	    "            held: paused by alice -> nothing is said\n"
	    "            waits for a go from operators\n"
	    "operators   yes: match \"!hostgroup:web, !hostgroup:lab\"; state critical is told\n"
	    "            held: paused by alice -> nothing is said\n"
	    "web_team    no: match \"hostgroup:web\" does not hold (its hostgroups: mail)\n"};
	struct config *config = site();
	struct cli_objects objects;
	struct err err;

	(void)state;
	assert_int_equal(cache_read(TWICKET_TEST_DATA "/replay/objects.cache", &objects, &err), 0);
	config->audiences[config_audience_index(config, "public")].approve =
	    1 + (unsigned)config_audience_index(config, "operators");
	check_shown(config, &objects, &waits);
	cli_objects_finish(&objects);
	config_discard(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_prices), cmocka_unit_test(test_money),
	    cmocka_unit_test(test_told),   cmocka_unit_test(test_state),
	    cmocka_unit_test(test_shown),  cmocka_unit_test(test_waits),
	};

	return cmocka_run_group_tests_name("cli_preview", tests, zone_utc, NULL);
}
