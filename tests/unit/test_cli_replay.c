/*
 * `twicket replay`: its table, and what it says of hold-backs. Run by make check.
 */
#include "agent/cli_replay.h"
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

#define NOON 1795867200 /* Saturday, 28 November 2026, 12:00 UTC */

/* --- facts as people read them ------------------------------------------------------------------------- */

#define MIDDLE \
	"'ok':true,'from_ms':1791763200000,'to_ms':1795305540000,'changes':18204,'problems':2310,"
#define PUBLIC \
	"{'name':'public','incidents':19,'posts':44,'busiest':6,'busiest_ms':1793707200000,'never_said':212," \
	"'longest_ms':118000,'hold_ms':120000,'month_micro':1980000,'spent_micro':2700000,'saved':{}," \
	"'holds':[{'hold_ms':60000,'more_posts':31},{'hold_ms':300000,'more_posts':-9}]}"
#define OPERATORS \
	"{'name':'operators','incidents':301,'posts':702,'busiest':41,'busiest_ms':1793707200000," \
	"'never_said':870,'longest_ms':14000,'hold_ms':15000,'holds':[],'saved':{}}"

static const struct {
	const char *facts, *text;
} texts[] = {
    /* as SURFACE has it */
    {"{" MIDDLE "'runs':[{'config':'a.cfg','accounts':[],'audiences':[" PUBLIC "," OPERATORS "]}]}",
     "12 Oct - 21 Nov, 41 days, 18,204 state changes, 2,310 problems\n"
     "AUDIENCE    INCIDENTS  POSTS  BUSIEST DAY  NEVER SAID (hold)    USD/MONTH\n"
     "public             19     44  6 (3 Nov)    212, longest 1m58s        1.98\n"
     "operators         301    702  41 (3 Nov)   870, longest 14s\n"
     "hold = \"1m\" would add 31 public posts, \"5m\" would save 9. See them: --posts\n"
     "public\n"},
    /* nothing costs, nothing happened; and all the rest that may be said */
    {"{'ok':true,'from_ms':1795867200000,'to_ms':1795874460000,'changes':1,'problems':1,'open':3,"
     "'source':'x','strangers':2,'unnamed':1,'broken':12345,'backwards':1,'is_short':true,'runs':[{"
     "'config':'a.cfg','accounts':[{'name':'noc','over_hour':1,'posts_per_hour':20,'over_day':30,"
     "'posts_per_day':100,'busiest':130}],'audiences':[{'name':'operators','incidents':1,'posts':0,"
     "'saved':{'storm':3,'recovery_hold':1,'quiet_hours':2,'downtimes':4,'flapping':5},'holds':[{'hold_ms':5000,"
     "'more_posts':0},{'hold_ms':30000,'more_posts':-1}]}]}]}",
     "28 Nov, 2 h 1 min, 1 state change, 1 problem, 3 older ones\n"
     "AUDIENCE    INCIDENTS  POSTS  BUSIEST DAY  NEVER SAID (hold)\n"
     "operators           1      0  -            -\n"
     "Posts saved for operators: 1 by recovery_hold, 3 in storms, 2 in quiet hours, 4\n"
     "in downtimes, 5 while flapping.\n"
     "hold = \"30s\" would save 1 operators post. See them: --posts operators\n"
     "noc: 1 post more than posts_per_hour = 20 lets through (up to 130 a day)\n"
     "noc: 30 posts more than posts_per_day = 100 lets through (up to 130 a day)\n"
     "Note: 2 objects of the log are not configured any more; they have no public\n"
     "name.\n"
     "Note: 1 downtime was taken back by its number, which the log does not tell.\n"
     "Note: 12,345 lines make no sense and were skipped.\n"
     "Note: 1 line is older than the one before it.\n"},
    /* two configurations */
    {"{" MIDDLE "'is_short':true,'runs':[{'config':'a.cfg','accounts':[],'audiences':[" PUBLIC "," OPERATORS "]},"
     "{'config':'b.cfg','accounts':[],'audiences':[{'name':'public','incidents':18,'posts':50,'month_micro':2000000},"
     "{'name':'web','incidents':1,'posts':1}]}]}",
     "12 Oct - 21 Nov, 41 days, 18,204 state changes, 2,310 problems\n"
     "a.cfg\n"
     "AUDIENCE    INCIDENTS  POSTS  BUSIEST DAY  NEVER SAID (hold)    USD/MONTH\n"
     "public             19     44  6 (3 Nov)    212, longest 1m58s        1.98\n"
     "operators         301    702  41 (3 Nov)   870, longest 14s\n"
     "b.cfg\n"
     "AUDIENCE    INCIDENTS  POSTS  BUSIEST DAY  NEVER SAID (hold)    USD/MONTH\n"
     "public             18     50  -            -                         2.00\n"
     "web                 1      1  -            -\n"
     "\n"
     "public: -1 incident, +6 posts, +0.020 USD/month\n"
     "web: only in the second\n"
     "operators: only in the first\n"
     "hold = \"1m\" would add 31 public posts, \"5m\" would save 9. See them: --posts\n"
     "public\n"
     "Note: the log is shorter than a week; USD/MONTH is a guess.\n"},
};

static json_t *parse(const char *text)
{
	char *copy = strdup(text);
	json_t *json;

	for (char *at = copy; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	json = json_loads(copy, 0, NULL);
	free(copy);
	assert_non_null(json);
	return json;
}

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		json_t *facts = parse(texts[i].facts);
		struct buf out;

		buf_init(&out, 65536);
		cli_replay_text(facts, NOON * INT64_C(1000), &out);
		assert_string_equal(buf_text(&out), texts[i].text);
		buf_finish(&out);
		json_decref(facts);
	}
}

/* --- holds -------------------------------------------------------------------------------------------------- */

static void test_nice(void **state)
{
	static const struct {
		int64_t s, nice_s;
	} cases[] = {{0, 5}, {1, 5}, {7, 5}, {8, 10}, {37, 30}, {60, 60}, {300, 300}, {450, 600}, {9000, 7200}, {36000, 36000}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(replay_nice_ms(cases[i].s * 1000), cases[i].nice_s * 1000);
}

/* --- a whole run --------------------------------------------------------------------------------------------- */

static struct config *site(void)
{
	struct config_report report = {.n = 0};
	struct config *c = config_load(TWICKET_TEST_DATA "/replay/site.cfg", &report);

	if (!c)
		fail_msg("site.cfg: %s", report.n ? report.at[0].text : "?");
	config_report_finish(&report);
	return c;
}

/* One blip of 90 s, and one problem of 42 min that broke again a minute after its end. */
static const char blips[] =
    "[1795867200] Nagios 4.4.6 starting... (PID=1)\n"
    "[1795867200] SERVICE ALERT: mx1;SMTP;CRITICAL;HARD;3;x\n"
    "[1795867290] SERVICE ALERT: mx1;SMTP;OK;HARD;3;x\n"
    "[1795870000] SERVICE ALERT: mx1;SMTP;CRITICAL;HARD;3;x\n"
    "[1795871000] SERVICE ALERT: mx1;SMTP;OK;HARD;3;x\n"
    "[1795871060] SERVICE ALERT: mx1;SMTP;CRITICAL;HARD;3;x\n"
    "[1795872520] SERVICE ALERT: mx1;SMTP;OK;HARD;3;x\n"
    "[1795900000] LOG ROTATION: DAILY\n";

static int64_t number(const json_t *facts, const char *list, size_t at, const char *key)
{
	return cli_number(json_array_get(json_object_get(facts, list), at), key);
}

static void test_run(void **state)
{
	const struct cli cli = {.json = true, .now_ms = NOON * INT64_C(1000)};
	struct config *config = site();
	struct cli_objects objects;
	struct replay_run run;
	struct replay *replay;
	struct world *world;
	const json_t *public, *hold;
	json_t *facts;
	struct err err;

	(void)state;
	assert_int_equal(cache_read(TWICKET_TEST_DATA "/replay/objects.cache", &objects, &err), 0);
	world = world_create(objects.at, objects.n);
	replay = replay_create(world);
	assert_int_equal(replay_run_init(&run, &cli, config, replay, REPLAY_WITH_HINTS, 0, &err), 0);
	replay_file(replay, "t");
	assert_int_equal(replay_feed(replay, blips, strlen(blips), &err), 0);
	replay_end(replay);
	facts = replay_run_facts(&run, 15);
	public = json_array_get(json_object_get(facts, "audiences"), 0);
	assert_int_equal(cli_number(public, "incidents"), 1);
	assert_int_equal(cli_number(public, "posts"), 2);
	assert_int_equal(cli_number(public, "busiest"), 2);
	assert_int_equal(cli_number(public, "never_said"), 1);
	assert_int_equal(cli_number(public, "longest_ms"), 90000);
	assert_int_equal(cli_number(public, "spent_micro"), 30000);
	assert_int_equal(cli_number(public, "month_micro"), 60000);
	/* without its recovery_hold it would have said "working again" and "again" */
	assert_int_equal(cli_number(json_object_get(public, "saved"), "recovery_hold"), 2);
	assert_null(json_object_get(json_object_get(public, "saved"), "storm"));
	hold = json_array_get(json_object_get(public, "holds"), 0);
	assert_int_equal(cli_number(hold, "hold_ms"), 60000);
	assert_int_equal(cli_number(hold, "more_posts"), 2); /* then the blip is told */
	assert_int_equal(number(facts, "accounts", 0, "posts"), 2);
	assert_int_equal(number(facts, "accounts", 0, "over_hour"), 0);
	/* the words of its first account */
	assert_int_equal(json_array_size(run.posts), 2);
	assert_string_equal(
	    cli_string(json_array_get(run.posts, 0), "text"),
	    "🔴 E-mail: disruption since 12:46. News follows in this thread.\n#T223");
	json_decref(facts);
	replay_run_finish(&run);
	replay_destroy(replay);
	world_destroy(world);
	cli_objects_finish(&objects);
	config_discard(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_texts), cmocka_unit_test(test_nice), cmocka_unit_test(test_run)};

	return cmocka_run_group_tests_name("cli_replay", tests, zone_utc, NULL);
}
