/*
 * What suspicion.c keeps, and what it makes of it; the scenarios suspicion*.txt show the rest.
 * Run by the unit suite.
 */
#include "agent/suspicion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE INT64_C(60000)

static struct suspicion *s;
static char heard[1000];

static int setup(void **state)
{
	(void)state;
	s = suspicion_create();
	return !s;
}

static int teardown(void **state)
{
	(void)state;
	suspicion_destroy(s);
	return 0;
}

static void watch(const char *name, const char *german, uint64_t audiences)
{
	struct object_var vars[] = {{"_TWICKET_PUBLIC", name}, {"_TWICKET_PUBLIC_DE", german}, {NULL, NULL}};
	struct object o = {.vars = vars};

	if (!german)
		vars[1] = vars[2];
	suspicion_watch(s, &o, audiences);
}

static void on_suspected(void *arg, const struct suspected *what)
{
	size_t n = strlen(heard);

	(void)arg;
	snprintf(heard + n, sizeof heard - n, "%s%s %u since %d", n ? ", " : "", what->name, what->people,
		 (int)(what->first_ms / MINUTE));
}

static const char *take(const char *text, const char *who, unsigned audience, int minute)
{
	heard[0] = '\0';
	suspicion_take(
	    s, &(struct suspicion_report){.text = text, .who = who, .audience = audience, .at_ms = minute * MINUTE},
	    on_suspected, NULL);
	return heard;
}

static void test_counts_people(void **state)
{
	(void)state;
	watch("E-mail", "Elektropost", 1);
	watch("E-mail", NULL, 1);
	assert_string_equal(take("no mail", "dora", 0, 10), "E-mail 1 since 10");
	assert_string_equal(take("still no mail", "dora", 0, 20), "E-mail 1 since 10");
	assert_string_equal(take("Elektropost?", "emil", 0, 30), "E-mail 2 since 10");
	assert_string_equal(take("nothing works", "frida", 0, 30), "");
	assert_string_equal(take("mail", "frida", 0, 45), "E-mail 3 since 10");
	assert_string_equal(take("mail", "dora", 0, 51), "E-mail 3 since 30"); /* his first one was too long ago */
	assert_string_equal(take("mail", "dora", 0, 99), "E-mail 1 since 99");
}

/* Whatever names best, and all of those; each audience hears its own names only. */
static void test_names(void **state)
{
	(void)state;
	watch("E-mail", NULL, 1 | 2);
	watch("Mail archive", NULL, 1);
	watch("VPN", NULL, 2);
	watch("", NULL, 3);
	assert_string_equal(take("E-mail and VPN", "dora", 0, 1), "E-mail 1 since 1");
	assert_string_equal(take("E-mail and VPN", "dora", 1, 1), "E-mail 1 since 1, VPN 1 since 1");
	assert_string_equal(take("the mail archive", "dora", 0, 1), "Mail archive 1 since 1");
	assert_string_equal(take("mail archive, vpn", "dora", 1, 1), "VPN 1 since 1");
	assert_true(suspicion_is_called(s, "VPN", "VPN"));
	assert_false(suspicion_is_called(s, "VPN", "E-mail"));
	suspicion_forget(s);
	assert_string_equal(take("E-mail", "emil", 0, 1), "");
}

/* However many write, and however many names there are. */
static void test_bounds(void **state)
{
	char name[32];

	(void)state;
	for (unsigned i = 0; i <= SUSPICION_NAMES; i++) {
		snprintf(name, sizeof name, "thing%u", i);
		watch(name, NULL, 1);
	}
	snprintf(name, sizeof name, "thing%d", SUSPICION_NAMES - 1);
	assert_string_equal(take(name, "dora", 0, 1), "thing999 1 since 1");
	snprintf(name, sizeof name, "thing%d", SUSPICION_NAMES);
	assert_string_equal(take(name, "dora", 0, 1), "");
	suspicion_forget(s);
	watch("VPN", NULL, 1);
	for (unsigned i = 0; i < SUSPICION_REPORTS + 10; i++) {
		snprintf(name, sizeof name, "user%u", i);
		take("VPN", name, 0, 1);
	}
	assert_string_equal(heard, "VPN 1024 since 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_counts_people, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_names, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
