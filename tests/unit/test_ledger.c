/*
 * The ledger: months in UTC, commits that fail, restarts, what strangers may cost.
 * Run by make check; needs nothing but a temporary folder.
 */
#include "agent/ledger.h"
#include "tests/unit/store_rig.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000)
#define DAY (86400 * SECOND)
#define NOVEMBER INT64_C(1793491200000) /* 2026-11-01 00:00 UTC */
#define USD INT64_C(1000000)

static struct store *store;
static struct ledger *ledger;

static const struct now mid = {.wall_ms = NOVEMBER + 14 * DAY};

static void start(void)
{
	store = store_rig_open();
	ledger = ledger_create(store);
	assert_non_null(ledger);
}

static void stop(void)
{
	ledger_destroy(ledger);
	store_close(store);
}

static int up(void **state)
{
	int rc = store_rig_setup(state);

	if (rc == 0)
		start();
	return rc;
}

static int down(void **state)
{
	stop();
	return store_rig_teardown(state);
}

static void commit(void)
{
	ledger_save(ledger);
	store_rig_commit(store);
	ledger_saved(ledger);
}

static void restart(void)
{
	stop();
	start();
}

static struct ledger_row month(const char *account, int64_t wall_ms)
{
	struct now now = {.wall_ms = wall_ms};
	struct ledger_row row;

	ledger_month(ledger, account, &now, &row);
	assert_string_equal(row.account, account);
	return row;
}

static void test_counts(void **state)
{
	struct ledger_row row;

	(void)state;
	ledger_post(ledger, "x", 15000, &mid);
	ledger_post(ledger, "x", 200000, &mid);
	ledger_read(ledger, "x", 1000, &mid);
	ledger_post(ledger, "y", 7, &mid);
	ledger_post(ledger, "x", 0, &mid); /* free, or not known: nothing happens */
	ledger_read(ledger, "x", -5, &mid);
	row = month("x", mid.wall_ms);
	assert_int_equal(row.month, 202611);
	assert_int_equal(row.posts, 2);
	assert_int_equal(row.posts_micro, 215000);
	assert_int_equal(row.reads, 1);
	assert_int_equal(row.reads_micro, 1000);
	assert_int_equal(month("y", mid.wall_ms).posts_micro, 7);
	assert_int_equal(month("z", mid.wall_ms).posts, 0);
}

static void test_months_are_utc(void **state)
{
	static const struct {
		int64_t wall_ms;
		unsigned month;
		int64_t next_ms;
	} at[] = {
	    {NOVEMBER - 1, 202610, NOVEMBER},
	    {NOVEMBER, 202611, NOVEMBER + 30 * DAY},
	    {NOVEMBER + 30 * DAY - 1, 202611, NOVEMBER + 30 * DAY},
	    {NOVEMBER + 60 * DAY, 202612, NOVEMBER + 61 * DAY}, /* 31 December */
	    {NOVEMBER + 61 * DAY, 202701, NOVEMBER + 92 * DAY},
	    {NOVEMBER + 92 * DAY, 202702, NOVEMBER + 120 * DAY},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof at / sizeof *at; i++) {
		struct now now = {.wall_ms = at[i].wall_ms};

		ledger_post(ledger, "x", 1, &now);
		assert_int_equal(month("x", at[i].wall_ms).month, at[i].month);
		assert_true(ledger_next_month_ms(&now) == at[i].next_ms);
	}
	assert_int_equal(month("x", NOVEMBER - 1).posts, 1);
	assert_int_equal(month("x", NOVEMBER).posts, 2);
}

static void test_restart(void **state)
{
	(void)state;
	ledger_post(ledger, "x", 15000, &mid);
	ledger_read(ledger, "x", 1000, &mid);
	commit();
	restart();
	assert_int_equal(month("x", mid.wall_ms).posts_micro, 15000);
	ledger_post(ledger, "x", 15000, &mid);
	commit();
	ledger_post(ledger, "x", 99, &mid); /* never committed */
	restart();
	assert_int_equal(month("x", mid.wall_ms).posts, 2);
	assert_int_equal(month("x", mid.wall_ms).posts_micro, 30000);
	assert_int_equal(month("x", mid.wall_ms).reads_micro, 1000);
}

/* What a failed commit lost is written by the next one. */
static void test_failed_commit(void **state)
{
	(void)state;
	ledger_post(ledger, "x", 15000, &mid);
	ledger_save(ledger);
	store_rollback(store);
	ledger_post(ledger, "x", 15000, &mid);
	commit();
	ledger_save(ledger); /* nothing is left to write */
	restart();
	assert_int_equal(month("x", mid.wall_ms).posts_micro, 30000);
}

/* Between save and saved something more is spent: it must not count as written. */
static void test_spent_while_committing(void **state)
{
	(void)state;
	ledger_post(ledger, "x", 15000, &mid);
	ledger_save(ledger);
	ledger_post(ledger, "x", 1, &mid);
	store_rig_commit(store);
	ledger_saved(ledger);
	commit();
	restart();
	assert_int_equal(month("x", mid.wall_ms).posts_micro, 15001);
}

static void alter(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(store_rig_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* A month that cannot be read now is not taken for one in which nothing was spent. */
static void test_store_cannot_be_read(void **state)
{
	(void)state;
	ledger_post(ledger, "x", 15000, &mid);
	commit();
	restart();
	alter("ALTER TABLE ledger RENAME TO away");
	ledger_post(ledger, "x", 15000, &mid);
	assert_int_equal(month("x", mid.wall_ms).posts_micro, 15000);
	commit(); /* must not write what it does not know */
	alter("ALTER TABLE away RENAME TO ledger");
	assert_int_equal(month("x", mid.wall_ms).posts_micro, 30000);
	commit();
	restart();
	assert_int_equal(month("x", mid.wall_ms).posts, 2);
	assert_int_equal(month("x", mid.wall_ms).posts_micro, 30000);
}

static void test_may_read(void **state)
{
	char name[] = "x";
	struct config_account a = {
	    .name = name, .is_metered = true, .usd_micro_per_month = 20 * USD};
	struct now december = {.wall_ms = NOVEMBER + 30 * DAY};

	(void)state;
	ledger_read(ledger, "x", 5 * USD - 1, &mid);
	assert_true(ledger_may_read(ledger, &a, &mid));
	ledger_read(ledger, "x", 1, &mid);
	assert_false(ledger_may_read(ledger, &a, &mid));
	assert_true(ledger_may_read(ledger, &a, &december));
	a.usd_micro_per_month = 0;
	assert_true(ledger_may_read(ledger, &a, &mid));
	a.usd_micro_per_month = 20 * USD;
	a.is_metered = false;
	assert_true(ledger_may_read(ledger, &a, &mid));
	a.is_metered = true;
	ledger_post(ledger, "x", 20 * USD, &december);
	assert_false(ledger_may_read(ledger, &a, &december));
}

/* The outbox says that the end of what is told costs more than a plain post. */
static void test_reads_leave_a_dear_end(void **state)
{
	char name[] = "x";
	struct config_account a = {
	    .name = name,
	    .is_metered = true,
	    .usd_micro_per_month = USD,
	    .prices = {[PRICE_POST] = 15000}};
	struct thread_row told = {
	    .id = 7, .account = "x", .state = THREAD_TOLD, .root = DELIVERY_SENT};

	(void)state;
	assert_int_equal(store_put_thread(store, &told), 0);
	ledger_post(ledger, "x", 700000, &mid);
	assert_int_equal(ledger_left_to_read(ledger, &a, &mid), 200000);
	ledger_end_price(ledger, "x", 200000, &mid);
	assert_int_equal(ledger_left_to_read(ledger, &a, &mid), 100000);
	ledger_end_price(ledger, "x", 0, &mid);
	assert_int_equal(ledger_left_to_read(ledger, &a, &mid), 200000);
}

static void test_words(void **state)
{
	static const struct {
		int64_t micro;
		const char *words;
	} cases[] = {{0, "0.000 USD"},        {15000, "0.015 USD"},
		     {500, "0.001 USD"},      {499, "0.000 USD"},
		     {200000, "0.200 USD"},   {999499, "0.999 USD"},
		     {999999, "1.00 USD"},    {1000000, "1.00 USD"},
		     {1240000, "1.24 USD"},   {1244999, "1.24 USD"},
		     {1245000, "1.25 USD"},   {20000000, "20.00 USD"},
		     {18600000, "18.60 USD"}, {INT64_C(123456789012), "123456.79 USD"}};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		char words[32];

		ledger_words(cases[i].micro, words, sizeof words);
		assert_string_equal(words, cases[i].words);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
	const struct CMUnitTest tests[] = {
	    T(test_counts),
	    T(test_months_are_utc),
	    T(test_restart),
	    T(test_failed_commit),
	    T(test_spent_while_committing),
	    T(test_store_cannot_be_read),
	    T(test_may_read),
	    T(test_reads_leave_a_dear_end),
	    T(test_words)};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
