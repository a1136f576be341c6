/*
 * Which module fits which core, by version alone.
 * Run by make check.
 * It must never take a version that nobody knows for one that is known.
 */
#include "module/family.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	enum family_core core;
	const char *version;
	int group; /* those of one number are laid out alike; 0: no module */
	int api;
} cores[] = {
    {FAMILY_NAGIOS, "4.4.0", 1, 4},
    {FAMILY_NAGIOS, "4.4.6", 1, 4},
    {FAMILY_NAGIOS, "4.4.3rc1", 1, 4},
    {FAMILY_NAGIOS, "4.4.14", 1, 4},
    {FAMILY_NAGIOS, "4.5.0", 2, 4},
    {FAMILY_NAGIOS, "4.5.12", 2, 4},
    {FAMILY_NAGIOS, "4.5.1200", 2, 4},
    {FAMILY_NAGIOS, "4.3.4", 0, 4},
    {FAMILY_NAGIOS, "4.6.0", 0, 4},
    {FAMILY_NAGIOS, "4.45.0", 0, 4},
    {FAMILY_NAGIOS, "5.0", 0, 4},
    {FAMILY_NAGIOS, "1.5.2", 0, 4},
    {FAMILY_NAGIOS, "", 0, 4},
    {FAMILY_NAGIOS, "four", 0, 4},
    {FAMILY_NAGIOS, NULL, 0, 4},
    {FAMILY_NAEMON, "1.0.10", 0, 4},
    {FAMILY_NAEMON, "1.1.0", 3, 5},
    {FAMILY_NAEMON, "1.3.1", 3, 5},
    {FAMILY_NAEMON, "1.4.0", 4, 5},
    {FAMILY_NAEMON, "1.4.1", 4, 5},
    {FAMILY_NAEMON, "1.4.2", 5, 6},
    {FAMILY_NAEMON, "1.4.3", 6, 7},
    {FAMILY_NAEMON, "1.4.4.gabcdef.20260101", 6, 7},
    {FAMILY_NAEMON, "1.5", 7, 8},
    {FAMILY_NAEMON, "1.5.0", 7, 8},
    {FAMILY_NAEMON, "1.5.2-1", 7, 8},
    {FAMILY_NAEMON, "1.6.0", 0, 8},
    {FAMILY_NAEMON, "4.4.6", 0, 8},
    {FAMILY_NAEMON, NULL, 0, 8}};
#define CORES (sizeof cores / sizeof *cores)

static void test_families(void **state)
{
	const struct family *a, *b;

	(void)state;
	for (size_t i = 0; i < CORES; i++) {
		a = family_of(cores[i].core, cores[i].version);
		assert_int_equal(a != NULL, cores[i].group != 0);
		assert_int_equal(family_api(cores[i].core, cores[i].version), cores[i].api);
		for (size_t k = 0; a && k < CORES; k++) {
			b = family_of(cores[k].core, cores[k].version);
			assert_int_equal(a == b, cores[i].group == cores[k].group);
		}
	}
}

static void expect(const char *file, enum family_core core, const char *version, const char *want)
{
	char line[300];

	family_advise(family_of(FAMILY_NAGIOS, "4.4.6"), core, version, file, line, sizeof line);
	assert_string_equal(line, want);
}

static void test_advice(void **state)
{
	static const char file[] = "/usr/lib/twicket/nagios-4.4/twicket.so";
	char line[300];

	(void)state;
	expect(
	    file, FAMILY_NAGIOS, "4.5.12",
	    "built for Nagios 4.4, but the core is Nagios 4.5.12: "
	    "load /usr/lib/twicket/nagios-4.5/twicket.so instead; the module does nothing");
	expect(
	    file, FAMILY_NAEMON, "1.5.2",
	    "built for Nagios 4.4, but the core is Naemon 1.5.2: "
	    "load /usr/lib/twicket/naemon/twicket.so instead; the module does nothing");
	expect(
	    file, FAMILY_NAGIOS, "4.3.4",
	    "built for Nagios 4.4, but the core is Nagios 4.3.4, for which there is no twicket.so; "
	    "the module does nothing");
	expect(
	    file, FAMILY_NAGIOS, NULL,
	    "built for Nagios 4.4, but the core is Nagios of unknown version, for which there is no "
	    "twicket.so; the module does nothing");
	family_advise(
	    family_of(FAMILY_NAEMON, "1.5.2"), FAMILY_NAEMON, "1.4.3", file, line, sizeof line);
	assert_string_equal(
	    line, "built for Naemon 1.5, but the core is Naemon 1.4.3: load a twicket.so built with "
		  "the headers of Naemon 1.4.3 and 1.4.4; the module does nothing");
}

/* Copied elsewhere, or the loader does not say. */
static void test_elsewhere(void **state)
{
	static const char *const files[] = {
	    NULL, "", "twicket.so", "/tmp/module.so", "/nagios-4.4/twicket.so", "nagios-4.4/twicket.so"};

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		expect(
		    files[i], FAMILY_NAGIOS, "4.5.0",
		    "built for Nagios 4.4, but the core is Nagios 4.5.0: "
		    "load lib/twicket/nagios-4.5/twicket.so instead; the module does nothing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_families),
	    cmocka_unit_test(test_advice),
	    cmocka_unit_test(test_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
