/*
 * What was learnt: what is alike, what held, and what is found by searching. Run by make check;
 * needs nothing but a temporary folder.
 */
#include "agent/knowledge.h"
#include "tests/unit/store_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_S INT64_C(3600)

static void put_story(struct store *s, uint64_t id, const char *tag, const char *object, int64_t until_s, const char *output,
		      const char *fix)
{
	const struct incident_row incident = {.id = id, .tag = {tag[0], tag[1], tag[2], tag[3]}, .object = object,
					      .since_s = until_s - HOUR_S, .until_s = until_s, .times = 1};
	const struct knowledge_row knowledge = {.incident = id, .tag = tag, .object = object, .kind = "fixed",
						.text = fix, .by = "bob", .at_s = until_s, .times = 1};
	struct knowledge *k = knowledge_create(s);
	char text[300];

	snprintf(text, sizeof text, "%s CRITICAL hard 3/3: %s", object, output);
	store_put_incident(s, &incident);
	store_put_timeline(s, &(struct timeline_row){.incident = id, .kind = "event", .text = text});
	if (fix) {
		assert_int_equal(knowledge_keep(k, &knowledge), 0);
		knowledge_save(k);
		knowledge_saved(k);
	}
	knowledge_destroy(k);
}

static struct knowledge_fix fixes[3];

static int like(struct store *s, const char *object, const char *output, int64_t now_s)
{
	const struct knowledge_about about = {.object = object, .output = output, .now_s = now_s};

	return knowledge_like(s, &about, fixes, 3, &store_rig_err);
}

static void test_what_is_alike(void **state)
{
	static const struct {
		const char *object, *output;
		int found;
	} cases[] = {
	    {"db1/Postgres", "something else", 1}, /* the same object, whatever it says */
	    {"db2/Postgres", "Connection refused (10.2.0.12:5432) at 12:03:04", 1},
	    {"db2/Postgres", "timeout after 10 s", 0},
	    {"db1/Mysql", "connection REFUSED (10.2.0.11:3306)", 1},
	    {"web1/HTTP", "Connection refused (10.2.0.11:5432)", 0}, /* two words are in every plugin */
	    {"web1/HTTP", "", 0},
	    {"web1/HTTP", "\" OR rowid:* NEAR(", 0}, /* no grammar */
	    {"x/Disk", "DISK CRITICAL - free space: /var/spool 12 MB (3% inode=91%)", 1},
	};
	struct store *s = store_rig_open();

	(void)state;
	put_story(s, 10, "T222", "db1/Postgres", 10 * HOUR_S, "Connection refused (10.2.0.11:5432)", "restarted it");
	put_story(s, 20, "T333", "y/Spool", 11 * HOUR_S, "DISK CRITICAL - free space: /var/spool 0 MB (0% inode=99%)", "rm");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (like(s, cases[i].object, cases[i].output, 100 * HOUR_S) != cases[i].found)
			fail_msg("%s: %s", cases[i].object, cases[i].output);
	assert_string_equal(fixes[0].text, "rm");
	assert_false(fixes[0].is_same);
	store_close(s);
}

/* Over for a day, nothing new of the same object, and not broken again: only then it held. */
static void test_what_held(void **state)
{
	struct store *s = store_rig_open();

	(void)state;
	put_story(s, 10, "T222", "db1", 100 * HOUR_S, "gone", "Pulled the plug.");
	assert_int_equal(like(s, "db1", "gone", 124 * HOUR_S - 1), 1);
	assert_int_equal(fixes[0].held, 0);
	like(s, "db1", "gone", 124 * HOUR_S);
	assert_int_equal(fixes[0].held, 1);
	put_story(s, 20, "T333", "db1", 124 * HOUR_S, "gone", "pulled  the PLUG"); /* began 23 h later */
	like(s, "db1", "gone", 500 * HOUR_S);
	assert_int_equal(fixes[0].held, 1); /* the second only */
	put_story(s, 30, "T444", "db1", 300 * HOUR_S, "gone", "pulled the plug!");
	put_story(s, 40, "T555", "db1", 400 * HOUR_S, "gone", "prayed");
	assert_int_equal(like(s, "db1", "gone", 500 * HOUR_S), 3);
	assert_string_equal(fixes[0].text, "prayed");
	assert_int_equal(fixes[0].held, 1);
	assert_int_equal(fixes[1].held, 2);
	assert_int_equal(store_fixes_held_of(s, "bob", 500 * HOUR_S, NULL, NULL, &store_rig_err), 3);
	assert_int_equal(store_fixes_held_of(s, "eve", 500 * HOUR_S, NULL, NULL, &store_rig_err), 0);
	store_close(s);
}

static void test_confirmed_reports(void **state)
{
	const int64_t reports[] = {1000, 5000, 9000}, troubles[] = {1900, 8099, 20000};

	(void)state;
	assert_int_equal(knowledge_confirmed(reports, 3, troubles, 3), 1);
	assert_int_equal(knowledge_confirmed(reports, 0, troubles, 3), 0);
	assert_int_equal(knowledge_confirmed(reports, 3, troubles, 0), 0);
}

static int keep_found(void *arg, uint64_t incident, const char *object, const char *excerpt)
{
	snprintf(arg, 300, "%d %s %s", (int)incident, object, excerpt);
	return 0;
}

static void test_search(void **state)
{
	static const struct {
		const char *words, *found;
	} cases[] = {
	    {"refus", "10 db1/Postgres db1/Postgres CRITICAL hard 3/3: Connection \001refused\002 (10.2.0.11:5432)"},
	    {"postgres connection", NULL},
	    {"10.2.0.11", NULL},
	    {"refused nothing", ""},
	    {"postgres - refused / \xe2\x80\x93", NULL},
	    {"-", ""},
	    {"\xff", ""},
	    {"NOT AND (", ""},
	    {"\"", ""},
	    {"words:refused", ""},
	    {"", ""},
	};
	struct store *s = store_rig_open();
	char found[300];

	(void)state;
	put_story(s, 10, "T222", "db1/Postgres", 10 * HOUR_S, "Connection refused (10.2.0.11:5432)", NULL);
	assert_int_equal(store_read_stories(s, 10), 1);
	assert_int_equal(store_read_stories(s, 10), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		found[0] = '\0';
		assert_int_equal(store_search(s, cases[i].words, 5, keep_found, found, &store_rig_err), 0);
		if (!cases[i].found)
			assert_int_equal(found[0], '1');
		else if (i)
			assert_string_equal(found, cases[i].found);
		else
			assert_non_null(strstr(found, "\001refused\002"));
	}
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_what_is_alike, store_rig_setup, store_rig_teardown),
	    cmocka_unit_test_setup_teardown(test_what_held, store_rig_setup, store_rig_teardown),
	    cmocka_unit_test(test_confirmed_reports),
	    cmocka_unit_test_setup_teardown(test_search, store_rig_setup, store_rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
