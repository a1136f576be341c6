/*
 * The audit: what goes in comes out, newest first, and stays as it is. Run by make check;
 * needs nothing but a temporary folder.
 */
#include "tests/unit/store_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct audit_row rows[] = {
    {1000, "alice", "ack", "T7K2:r1", "alice@social.example", "confirmed"},
    {3000, "17@x.com", "ack", "https://x.com/i/status/5", "17@x.com", "denied: stranger"},
    {2000, "root", "pause", "public", "twicket", "done"}, /* the clock has stepped */
};

static struct store *open_filled(void)
{
	struct store *s = store_rig_open();

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(store_put_audit(s, &rows[i]), 0);
	return store_rig_reopen(s);
}

static char seen[100];

static int see(void *arg, const struct audit_row *r)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].at_ms == r->at_ms) {
			store_rig_same_row(TABLE_AUDIT, &rows[i], r);
			snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%zu", i);
		}
	++*(int *)arg;
	return 0;
}

static const char *since(struct store *s, int64_t since_ms, unsigned max)
{
	int n = 0, rc;

	seen[0] = '\0';
	rc = store_audit(s, since_ms, max, see, &n, &store_rig_err);
	assert_int_equal(rc, n);
	return seen;
}

static void test_since(void **state)
{
	struct store *s = open_filled();

	(void)state;
	assert_string_equal(since(s, 0, 10), "120");
	assert_string_equal(since(s, 0, 2), "12");
	assert_string_equal(since(s, 1001, 10), "12");
	assert_string_equal(since(s, 3000, 10), "1");
	assert_string_equal(since(s, 3001, 10), "");
	store_close(s);
}

static void test_only_added_to(void **state)
{
	static const struct {
		const char *sql;
		bool may;
	} cases[] = {
	    {"UPDATE audit SET result='confirmed' WHERE at_ms=3000", false},
	    {"UPDATE audit SET at_ms=1 WHERE at_ms=3000", false},
	    {"UPDATE audit SET actor='bob' WHERE at_ms=1000", false},
	    {"UPDATE audit SET via='bob@social.example' WHERE at_ms=1000", false},
	    {"UPDATE audit SET action='unack' WHERE at_ms=1000", false},
	    {"UPDATE audit SET object='T9QM:r1' WHERE at_ms=1000", false},
	    {"UPDATE audit SET result=NULL WHERE at_ms=1000", false},
	    {"DELETE FROM audit WHERE at_ms=1000", false},
	    {"DELETE FROM audit", false},
	    /* somebody asks to be forgotten */
	    {"UPDATE audit SET actor='',via='' WHERE actor='17@x.com'", true},
	    /* retention says first from when on the audit is whole */
	    {"INSERT INTO meta VALUES('audit_since_ms','2000')", true},
	    {"DELETE FROM audit WHERE at_ms=2000", false},
	    {"DELETE FROM audit WHERE at_ms<2000", true},
	};
	struct store *s = open_filled();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		bool could = sqlite3_exec(s->db, cases[i].sql, NULL, NULL, NULL) == SQLITE_OK;

		if (could != cases[i].may)
			fail_msg("%s: %s", could ? "done" : "refused", cases[i].sql);
	}
	assert_int_equal(store_audit(s, 0, 10, NULL, NULL, &store_rig_err), 2);
	store_close(s);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, store_rig_setup, store_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_since), TEST(test_only_added_to)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
