/*
 * Old logs as bytes: what is no log, lines without end, nonsense, in pieces of any size.
 * Run by make check.
 */
#include "agent/cli_objects.h"
#include "agent/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

struct bytes {
	const char *text;
	size_t len;
	const char *error; /* NULL: it is taken */
	uint64_t lines, broken, changes;
};
#define BYTES(s) (s), sizeof(s) - 1

static const struct bytes logs[] = {
    {BYTES("[1] SERVICE ALERT: a;b;CRITICAL;HARD;1;x\r\n[2] SERVICE ALERT: a;b;OK;HARD;1;no end"), NULL, 2, 0, 2},
    {BYTES("[1] SERVICE ALERT: a\0b;s;CRITICAL;HARD;1;\x80\xff\x1b[2J\n"), NULL, 1, 0, 1},
    {BYTES("[1] x\nno line\n\n[2] x\n"), NULL, 3, 1, 0},
    {BYTES("[5] x\n[1] HOST ALERT: a;DOWN;HARD;1;x\n"), NULL, 2, 0, 1},
    {BYTES("[1] x\n[4102444800] HOST ALERT: a;DOWN;HARD;1;x\n[4102444800] y\n"), NULL, 3, 0, 1},
    {BYTES("define host {\n"), "t: this is no nagios.log: line 1 does not begin with \"[epoch] \"", 0, 0, 0},
    {BYTES("\x1f\x8b\x08"), "t is compressed: zcat t | twicket replay -", 0, 0, 0},
    {BYTES(""), "t: this is no nagios.log: it is empty", 0, 0, 0},
    {BYTES("\n\n"), "t: this is no nagios.log: it is empty", 0, 0, 0},
};

static void check_bytes(const struct bytes *b, struct world *world, size_t chunk)
{
	struct replay *r = replay_create(world);
	struct replay_facts f;
	struct err err = {""};
	int rc = 0;

	replay_file(r, "t");
	for (size_t at = 0; rc == 0 && at < b->len; at += chunk)
		rc = replay_feed(r, b->text + at, b->len - at < chunk ? b->len - at : chunk, &err);
	if (rc == 0)
		rc = replay_file_end(r, &err);
	if (rc == 0)
		replay_end(r);
	if ((rc == -1) != (b->error != NULL) || (b->error && strcmp(b->error, err.text) != 0))
		fail_msg("%s: %s", b->text, err.text);
	replay_facts(r, &f);
	if (rc == 0 && (f.lines != b->lines || f.broken != b->broken || f.changes != b->changes))
		fail_msg("%s: %d %d %d", b->text, (int)f.lines, (int)f.broken, (int)f.changes);
	replay_destroy(r);
}

static void test_bytes(void **state)
{
	struct cli_objects none = {.at = NULL};
	struct world *world = world_create(none.at, none.n);

	(void)state;
	for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
		check_bytes(&logs[i], world, 65536);
		if (!logs[i].error || !strstr(logs[i].error, "compressed"))
			check_bytes(&logs[i], world, 1);
	}
	world_destroy(world);
}

/* A line that never ends is cut, and the next one is a line again. */
static void test_long_line(void **state)
{
	static const char begin[] = "[1] HOST ALERT: a;DOWN;HARD;1;", end[] = "\n[2] HOST ALERT: a;UP;HARD;1;\n";
	struct cli_objects none = {.at = NULL};
	struct world *world = world_create(none.at, none.n);
	struct replay *r = replay_create(world);
	struct replay_facts f;
	struct err err;

	(void)state;
	replay_file(r, "t");
	assert_int_equal(replay_feed(r, begin, sizeof begin - 1, &err), 0);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(replay_feed(r, "0123456789", 10, &err), 0);
	assert_int_equal(replay_feed(r, end, sizeof end - 1, &err), 0);
	replay_facts(r, &f);
	assert_int_equal(f.lines, 2);
	assert_int_equal(f.changes, 2);
	replay_destroy(r);
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_bytes), cmocka_unit_test(test_long_line)};

	return cmocka_run_group_tests_name("replay_bytes", tests, NULL, NULL);
}
