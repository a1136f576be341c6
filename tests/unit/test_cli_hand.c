/*
 * How the commands by hand are called: open, close, retract, quiet, pause, resume. There is no
 * agent; what they print stands in tests/unit/data/cli.
 */
#include "agent/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

/* Wrong usage is found before the agent is asked; what is right goes on to ask it. */
static const struct {
	enum cli_exit want;
	const char *words[8];
} usages[] = {
    {CLI_USAGE, {"open"}},
    {CLI_USAGE, {"open", "it burns"}},
    {CLI_USAGE, {"open", "", "--to", "public"}},
    {CLI_USAGE, {"open", "--to", "public"}},
    {CLI_USAGE, {"open", "x", "--to", "public", "--from", "22:00"}},
    {CLI_USAGE, {"open", "x", "--to", "public", "--until", "soon"}},
    {CLI_USAGE, {"open", "x", "--to", "public", "--until", "-3h"}},
    {CLI_AWAY, {"open", "x", "--to", "public"}},
    {CLI_AWAY, {"open", "x", "--to", "public", "--until", "2h"}},
    {CLI_USAGE, {"close"}},
    {CLI_USAGE, {"close", "db1/x"}},
    {CLI_AWAY, {"close", "#t7k2", "all", "well"}},
    {CLI_USAGE, {"retract"}},
    {CLI_USAGE, {"retract", "T7K2", "--deleted"}},
    {CLI_AWAY, {"retract", "T7K2", "monitoring fault", "--delete"}},
    {CLI_USAGE, {"quiet"}},
    {CLI_USAGE, {"quiet", "host:a"}},
    {CLI_USAGE, {"quiet", "host:a", "2h"}},
    {CLI_USAGE, {"quiet", "hst:a", "2h", "why"}},
    {CLI_USAGE, {"quiet", "host:a", "2", "why"}},
    {CLI_USAGE, {"quiet", "host:a", "0", "why"}},
    {CLI_USAGE, {"quiet", "--list", "host:a"}},
    {CLI_USAGE, {"quiet", "--end"}},
    {CLI_AWAY, {"quiet", "host:a", "2h", "why"}},
    {CLI_AWAY, {"quiet", "--list"}},
    {CLI_AWAY, {"quiet", "--end", "17"}},
    {CLI_AWAY, {"pause"}},
    {CLI_AWAY, {"pause", "public", "moving", "racks"}},
    {CLI_USAGE, {"resume", "a", "b"}},
    {CLI_AWAY, {"resume", "public"}},
    {CLI_USAGE, {"people", "alice"}},
    {CLI_USAGE, {"people", "enrol"}},
    {CLI_USAGE, {"people", "revoke", "alice", "bob"}},
    {CLI_AWAY, {"people"}},
    {CLI_AWAY, {"people", "enrol", "alice"}},
    {CLI_AWAY, {"people", "revoke", "alice"}},
    {CLI_AWAY, {"people", "restore", "alice", "--json"}},
    {CLI_USAGE, {"audit", "log"}},
    {CLI_USAGE, {"audit", "--since", "soon"}},
    {CLI_AWAY, {"audit"}},
    {CLI_AWAY, {"audit", "--since", "-3h", "--json"}},
    {CLI_AWAY, {"report"}},
    {CLI_AWAY, {"report", "--month", "2024-02", "--json"}},
    {CLI_AWAY, {"report", "--month=2024-02", "--md"}},
    {CLI_USAGE, {"report", "2024-02"}},
    {CLI_USAGE, {"report", "--month"}},
    {CLI_USAGE, {"report", "--month", "2024-13"}},
    {CLI_USAGE, {"report", "--month", "last"}},
    {CLI_USAGE, {"report", "--month", "9999-01"}},
    {CLI_USAGE, {"report", "--md", "--json"}},
    {CLI_DONE, {"help", "report"}},
    {CLI_DONE, {"open", "-h"}},
    {CLI_DONE, {"help", "pause"}},
};

static void test_hand_usage(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof usages / sizeof usages[0]; i++) {
		char *argv[16] = {"twicket", "-r", "/nonexistent/twicket"};
		int argc = 3;

		for (int k = 0; k < 8 && usages[i].words[k]; k++)
			argv[argc++] = (char *)(uintptr_t)usages[i].words[k];
		if (cli_run(argc, argv) != usages[i].want)
			fail_msg("case %zu: twicket %s", i, usages[i].words[0]);
	}
}

/* --from 10:00 is ten o'clock in the posts' clock, whatever this terminal's is. */
static void test_clock(void **state)
{
	char config[] = "tests/unit/data/config/policy-inherit.cfg";
	char *words[] = {"twicket", "-c",	  config,  "-r",     "/nonexistent/twicket",
			 "open",    "it burns", "--to", "public", "--from",
			 "10:00",   "--until",	  "11:00", NULL};

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	assert_int_equal(cli_run(13, words), CLI_AWAY);
	assert_string_equal(getenv("TZ"), "Europe/Berlin");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hand_usage), cmocka_unit_test(test_clock)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
