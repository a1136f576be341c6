/*
 * What was learnt, between inbox, store and words: kept with the right incident, also after it
 * closed, and told in one answer that fits. The engine is a stub.
 */
#include "agent/core_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/zone.h"

#include <cmocka.h>

#define NOON INT64_C(1795348800) /* 2026-11-22 12:00:00 UTC */

/* Incident 9 is live; all others are in the store only. */
bool engine_view(const struct engine *e, uint64_t incident, struct incident_view *out)
{
	(void)e;
	*out = (struct incident_view){.id = 9, .tag = "T999", .node = "mon1", .object = "db1/Postgres",
				      .output = "Connection refused", .times = 2};
	return incident == 9;
}

static struct core core;
static struct words *spoken[1];
static struct config config = {.keep_ms = 400 * INT64_C(86400000)};

static int setup(void **state)
{
	struct err err;

	(void)state;
	memset(&core, 0, sizeof core);
	core.config = &config;
	core.store = store_open(":memory:", &err);
	core.knowledge = knowledge_create(core.store);
	core.now = (struct now){.wall_ms = NOON * 1000, .boot_ms = 1};
	spoken[0] = words_open("en", &err);
	core.accounts.words = spoken;
	core.accounts.n = 1;
	return core.store && core.knowledge && spoken[0] ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	knowledge_destroy(core.knowledge);
	store_close(core.store);
	words_close(spoken[0]);
	return 0;
}

static void put_incident(uint64_t id, const char *tag, int64_t until_s)
{
	struct incident_row row = {.id = id, .object = "db1/Postgres", .times = 1, .since_s = until_s - 600, .until_s = until_s};

	snprintf(row.tag, sizeof row.tag, "%s", tag);
	assert_int_equal(store_put_incident(core.store, &row), 0);
}

static void learn(uint64_t incident, const char *kind, const char *text)
{
	core_learn(&core, &(struct reply_row){.incident = incident}, kind, text, "alice");
	knowledge_save(core.knowledge);
	knowledge_saved(core.knowledge);
}

static const char *last(unsigned max, int want)
{
	static char text[4096];
	struct buf out;

	buf_init(&out, sizeof text - 1);
	assert_int_equal(core_last_text(&core, 9, 0, max, &core.now, &out), want);
	snprintf(text, sizeof text, "%s", buf_text(&out));
	buf_finish(&out);
	return text;
}

static void test_one_answer(void **state)
{
	(void)state;
	assert_string_equal(last(500, 1), "");
	put_incident(1, "T222", NOON - 40 * 86400);
	core.now.wall_ms = (NOON - 40 * 86400) * 1000;
	learn(1, "cause", "moths");
	learn(1, "fixed", "cleared /var/spool");
	core.now.wall_ms = NOON * 1000;
	put_incident(2, "T333", NOON - 3600);
	learn(2, "workaround", "use the other one.");
	learn(9, "fixed", "a new disk");
	assert_string_equal(last(500, 0), /* the one that is asked about is over: its own fix first */
			    "T999: 12:00, a new disk, alice; T333: 12:00, use the other one, alice; "
			    "T222: 13 Oct, cleared /var/spool, alice, held once");
}

static void test_it_fits(void **state)
{
	char text[1500];
	unsigned characters = 0;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof text; i++)
		text[i] = i % 7 ? 'x' : ' ';
	text[sizeof text - 1] = '\0';
	for (unsigned i = 0; i < 5; i++) {
		char tag[TAG_SIZE] = {'T', '2', '2', (char)('2' + i), '\0'};

		put_incident(10 + i, tag, NOON - 3600);
		learn(10 + i, "fixed", text);
	}
	for (const char *at = last(280, 0); *at; at++)
		characters += ((unsigned char)*at & 0xc0) != 0x80;
	assert_in_range(characters, 100, 280);
}

/* Whoever helped may have a name that alone is too long; a character is never cut. */
static void test_it_fits_a_long_name(void **state)
{
	char name[181] = "";
	const char *text, *at;
	unsigned characters = 0;

	(void)state;
	for (unsigned i = 0; i < 90; i++)
		memcpy(name + 2 * i, "é", 3);
	put_incident(20, "T999", NOON - 3600);
	core_learn(&core, &(struct reply_row){.incident = 20}, "workaround", "cleared /var/spool, all of it", name);
	knowledge_save(core.knowledge);
	knowledge_saved(core.knowledge);
	text = last(60, 0);
	for (at = text; *at; at++)
		characters += ((unsigned char)*at & 0xc0) != 0x80;
	assert_int_equal(characters, 60);
	assert_string_equal(text + strlen(text) - 5, "é…");
}

static int see_row(void *arg, const struct knowledge_row *row)
{
	snprintf(arg, 200, "%s %s %s %s %u", row->tag, row->object, row->kind, row->same, row->times);
	return 1;
}

static void test_kept_where_it_belongs(void **state)
{
	char seen[200] = "";

	(void)state;
	learn(4711, "fixed", "of an incident that nobody knows");
	assert_int_equal(store_knowledge_of_incident(core.store, 4711, NULL, NULL, NULL), 0);
	learn(9, "fixed", "Pulled the PLUG.");
	assert_int_equal(store_knowledge_of_incident(core.store, 9, see_row, seen, NULL), 1);
	assert_string_equal(seen, "T999 db1/Postgres fixed pulled the plug 2");
	put_incident(1, "T222", NOON);
	learn(1, "workaround", "later");
	assert_int_equal(store_knowledge_of_incident(core.store, 1, see_row, seen, NULL), 1);
	assert_string_equal(seen, "T222 db1/Postgres workaround later 1");
}

/* A slice at a time, and not in each turn. */
static void test_history_is_kept_so_long(void **state)
{
	const int64_t day_ms = 86400000;
	struct incident_row old = {.id = 1, .tag = "T222", .closed_ms = NOON * 1000 - 401 * day_ms};

	(void)state;
	store_put_incident(core.store, &old);
	old.id = 2;
	snprintf(old.tag, sizeof old.tag, "T333");
	old.closed_ms += 2 * day_ms;
	store_put_incident(core.store, &old);
	core_keep_house(&core);
	assert_int_equal(store_incident_by_id(core.store, 1, NULL, NULL, NULL), 0);
	assert_int_equal(store_incident_by_id(core.store, 2, NULL, NULL, NULL), 1);
	core.now.wall_ms += 2 * day_ms;
	core_keep_house(&core);
	assert_int_equal(store_incident_by_id(core.store, 2, NULL, NULL, NULL), 1);
	core.now.boot_ms += 2 * day_ms;
	core_keep_house(&core);
	assert_int_equal(store_incident_by_id(core.store, 2, NULL, NULL, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_one_answer, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_it_fits, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_it_fits_a_long_name, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_kept_where_it_belongs, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_history_is_kept_so_long, setup, teardown),
	};

	return cmocka_run_group_tests(tests, zone_utc, NULL);
}
