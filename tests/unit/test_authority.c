/*
 * The table of rights against SPEC 5.3, written out once more as it stands there. Run by
 * make check; pure.
 */
#include "agent/authority.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The columns of SPEC 5.3. */
static const enum role columns[] = {
    ROLE_NOBODY, ROLE_OPERATOR, ROLE_LEAD, ROLE_COMMUNICATOR, ROLE_ADMIN};
#define COLUMNS (sizeof columns / sizeof columns[0])

/* y yes, - no, a asks back; rows that hold two ("up to / longer") are two. */
static const struct {
	enum people_action action;
	const char *cells;
} rows[] = {
    /* public ?, me too, report, stop */
    {PEOPLE_PUBLIC_STATUS, "yyyyy"},
    /* details, members, last? */
    {PEOPLE_DETAILS, "-yyyy"},
    /* comment in the core */
    {PEOPLE_COMMENT, "-yyyy"},
    /* ack, own unack, take, eta, fixed, recheck, known, ticket */
    {PEOPLE_ACK, "-yy-y"},
    {PEOPLE_UNACK, "-yy-y"},
    {PEOPLE_TAKE, "-yy-y"},
    {PEOPLE_ETA, "-yy-y"},
    {PEOPLE_FIXED, "-yy-y"},
    {PEOPLE_RECHECK, "-yy-y"},
    {PEOPLE_KNOWN, "-yy-y"},
    {PEOPLE_TICKET, "-yy-y"},
    /* `ack all` of fewer is an ack of each */
    {PEOPLE_ACK_ALL, "-yy-y"},
    /* others' unack, `ack all` above 20, part of */
    {PEOPLE_UNACK_OTHERS, "--y-y"},
    {PEOPLE_ACK_ALL_MANY, "--y-y"},
    {PEOPLE_PART_OF, "--y-y"},
    /* downtime up to 2 h / longer, or a host with more than 50 services */
    {PEOPLE_DOWNTIME, "-yy-y"},
    {PEOPLE_DOWNTIME_LONG, "--a-y"},
    /* quiet up to 1 h / longer */
    {PEOPLE_QUIET, "-yy-y"},
    {PEOPLE_QUIET_LONG, "--y-y"},
    /* say, endorse, retract */
    {PEOPLE_SAY, "--yyy"},
    {PEOPLE_APPROVE, "--yyy"}, /* go, no, edit: who may say */
    {PEOPLE_ENDORSE, "--yyy"},
    {PEOPLE_RETRACT, "--yyy"},
    /* major, pause */
    {PEOPLE_MAJOR, "--yyy"},
    {PEOPLE_PAUSE, "--yyy"},
    /* people, purge, configuration */
    {PEOPLE_PEOPLE, "----y"},
};
#define ROWS (sizeof rows / sizeof rows[0])

static char letter(enum people_may may)
{
	switch (may) {
	case PEOPLE_MAY_NOT: return '-';
	case PEOPLE_MAY: return 'y';
	case PEOPLE_MAY_ASKED: return 'a';
	}
	return '?';
}

static void test_cells(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		char got[COLUMNS + 1] = "";

		for (size_t k = 0; k < COLUMNS; k++)
			got[k] = letter(authority_may(columns[k], rows[i].action));
		if (strcmp(got, rows[i].cells) != 0)
			fail_msg("row %zu: %s, should be %s", i, got, rows[i].cells);
	}
}

/* Each action has its row above, once. */
static void test_all_actions(void **state)
{
	unsigned seen[PEOPLE_ACTIONS] = {0};

	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		seen[rows[i].action]++;
	for (int k = 0; k < PEOPLE_ACTIONS; k++)
		assert_int_equal(seen[k], 1);
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(AUTHORITY_ACK_ALL, 20);
	assert_int_equal(AUTHORITY_DOWNTIME_S, 7200);
	assert_int_equal(AUTHORITY_DOWNTIME_SERVICES, 50);
	assert_int_equal(AUTHORITY_QUIET_S, 3600);
}

static void test_beyond_the_table(void **state)
{
	(void)state;
	assert_int_equal(authority_may(ROLE_ADMIN, PEOPLE_ACTIONS), PEOPLE_MAY_NOT);
	assert_int_equal(authority_may((enum role)(ROLE_ADMIN + 1), PEOPLE_ACK), PEOPLE_MAY_NOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cells),
	    cmocka_unit_test(test_all_actions),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_beyond_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
