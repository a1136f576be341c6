/*
 * The arguments of the broker_module line.
 * Run by make check.
 * It must never depend on the host that it runs on.
 */
#include "module/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_defaults(void **state)
{
	static const char *const lines[] = {NULL, "", "  \t\n"};
	struct args args;
	char err[100];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(args_parse(lines[i], &args, err, sizeof err), 0);
		assert_string_equal(args.node, "");
		assert_string_equal(args.socket, "/run/twicket/core.sock");
		assert_string_equal(args.user, "twicket");
		assert_int_equal(args.ring_kib, 4096);
	}
}

static void test_all(void **state)
{
	struct args args;
	char err[100];

	(void)state;
	assert_int_equal(
	    args_parse(
		" node=mon1  socket=/tmp/x.sock\tuser=me ring=512\n", &args, err, sizeof err),
	    0);
	assert_string_equal(args.node, "mon1");
	assert_string_equal(args.socket, "/tmp/x.sock");
	assert_string_equal(args.user, "me");
	assert_int_equal(args.ring_kib, 512);
}

static void test_wrong(void **state)
{
	static const char *const lines[] = {"x",          "node",
					    "node=",      "node =x",
					    "Node=x",     "socket=x",
					    "user=",      "ring=",
					    "ring=0",     "ring=511",
					    "ring=65537", "ring=-1",
					    "ring=1e3",   "ring=99999999999999999999",
					    "=",          "node=a b",
					    "socket="};
	struct args args;
	char err[100], line[300] = "socket=/";

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		*err = '\0';
		assert_int_equal(args_parse(lines[i], &args, err, sizeof err), -1);
		assert_true(*err);
	}
	memset(line + 8, 'x', 107); /* one more than a socket's path may have */
	assert_int_equal(args_parse(line, &args, err, sizeof err), -1);
	line[114] = '\0';
	assert_int_equal(args_parse(line, &args, err, sizeof err), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
