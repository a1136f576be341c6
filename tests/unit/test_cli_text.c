/*
 * Text for a terminal: what is escaped, how wide it is, tables, and times as people
 * read and type them. Saturday, 21 November 2026, 03:54 UTC is now.
 */
#include "agent/cli_text.h"
#include "tests/unit/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOW 1795233240000LL /* 2026-11-21 03:54:00 UTC */
#define HOUR 3600000LL
#define DAY (24 * HOUR)

static void assert_escaped(const char *text, const char *expected)
{
	struct buf out;

	buf_init(&out, 1000);
	cli_escape(&out, text);
	assert_string_equal(buf_text(&out), expected);
	buf_finish(&out);
}

static void test_escape(void **state)
{
	(void)state;
	assert_escaped("Größe 東京 🔴 e\xcc\x81", "Größe 東京 🔴 e\xcc\x81");
	assert_escaped("\x1b[31mred\x07", "\\x1b[31mred\\x07");
	assert_escaped("a\nb\tc\rd", "a b c\\x0dd");
	assert_escaped(
	    "\xc2\x9b"
	    "2J",
	    "\\x9b2J"); /* CSI in one character */
	assert_escaped("x\xe2\x80\xaegpj.exe", "x\\u202egpj.exe"); /* right-to-left override */
	assert_escaped("\xe2\x81\xa6y\xe2\x81\xa9", "\\u2066y\\u2069"); /* isolates */
	assert_escaped(
	    "@\xe2\x80\x8b"
	    "alice",
	    "@alice"); /* our own zero-width space */
	assert_escaped(
	    "a\xe2\x80\xa8"
	    "b",
	    "a b"); /* line separator */
	assert_escaped("\xff\xc3", "\\xff\\xc3");
	assert_escaped("\xee\x80\x80", "\\ue000"); /* private use */
	assert_escaped("\xf3\xa0\x81\x81", "\\ue0041"); /* a tag character */
	assert_escaped("", "");
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(cli_width("abc"), 3);
	assert_int_equal(cli_width("Größe"), 5);
	assert_int_equal(cli_width("東京"), 4);
	assert_int_equal(cli_width("e\xcc\x81"), 1);
	assert_int_equal(cli_width("🔴"), 2);
	assert_int_equal(cli_width(""), 0);
}

static void test_table(void **state)
{
	static const struct cli_column columns[] = {
	    {"A", 4, 1, CLI_LEFT}, {"N", 6, 2, CLI_RIGHT}, {"LAST", 0, 0, CLI_LEFT}};
	struct cli_table t;
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	cli_table_init(&t, columns, 3);
	cli_table_cell(&t, "%s", "東京都");
	cli_table_cell(&t, "%d", 7);
	cli_table_cell(&t, "%s", "");
	cli_table_cell(&t, "%s", "b");
	cli_table_cell(&t, "%d", 12345);
	cli_table_cell(&t, "%s", "x\x1b");
	cli_table_print(&t, &out);
	cli_table_finish(&t);
	assert_string_equal(
	    buf_text(&out), "A          N  LAST\n"
			    "東京都     7\n"
			    "b      12345  x\\x1b\n");
	buf_finish(&out);
}

static void test_cut(void **state)
{
	static const struct {
		const char *text;
		unsigned width;
		const char *cut;
	} cases[] = {
	    {"abcdef", 6, "abcdef"}, {"abcdef", 5, "abcd…"},	      {"abcdef", 1, "…"},
	    {"東京都", 6, "東京都"}, {"東京都", 5, "東京…"},	      {"東京都", 4, "東…"},
	    {"e\xcc\x81" "e\xcc\x81" "e", 2, "e\xcc\x81" "…"}, {"👩‍💻👩‍💻x", 1, "…"},      {"", 0, ""},
	};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		buf_init(&out, 1000);
		cli_cut(&out, cases[i].text, cases[i].width);
		assert_string_equal(buf_text(&out), cases[i].cut);
		buf_finish(&out);
	}
}

/* On a terminal: the widest that may give gives, never below what says something; piped, nothing does. */
static void test_fit(void **state)
{
	static const struct cli_column columns[] = {{"TAG", 0, 2, CLI_LEFT}, {"WHAT", 0, 2, CLI_CUT}, {"TOLD", 0, 0, CLI_CUT}};
	static const struct {
		unsigned terminal;
		const char *line;
	} cases[] = {
	    {0, "#T7K2  database-1.example/Postgres  operators public\n"},
	    {52, "#T7K2  database-1.example/Postgres  operators public\n"},
	    {51, "#T7K2  database-1.example/Postgr…  operators public\n"},
	    {40, "#T7K2  database-1.exa…  operators public\n"},
	    {20, "#T7K2  database-1.…  operators p…\n"},
	};
	struct cli_table t;
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		buf_init(&out, 1000);
		cli_table_init(&t, columns, 3);
		cli_table_cell(&t, "#T7K2");
		cli_table_cell(&t, "database-1.example/Postgres");
		cli_table_cell(&t, "operators public");
		cli_table_fit(cases[i].terminal);
		cli_table_print(&t, &out);
		cli_table_fit(0);
		cli_table_finish(&t);
		assert_string_equal(strchr(buf_text(&out), '\n') + 1, cases[i].line);
		buf_finish(&out);
	}
}

static void test_clock(void **state)
{
	char out[CLI_TIME_SIZE];

	(void)state;
	assert_string_equal(cli_clock(out, NOW, NOW), "03:54");
	assert_string_equal(cli_clock_s(out, NOW + 4000, NOW), "03:54:04");
	assert_string_equal(cli_clock(out, NOW - 4 * HOUR, NOW), "Fri 23:54");
	assert_string_equal(cli_clock(out, NOW - 5 * DAY, NOW), "Mon 03:54");
	assert_string_equal(cli_clock(out, NOW - 7 * DAY, NOW), "14 Nov 03:54");
	assert_string_equal(cli_clock(out, NOW - 365 * DAY, NOW), "2025-11-21 03:54");
	assert_string_equal(cli_clock(out, NOW + DAY, NOW), "Sun 03:54");
	assert_string_equal(cli_clock(out, 0, NOW), "-");
	assert_string_equal(cli_clock_s(out, -5, NOW), "-");
	cli_clock(out, INT64_MAX, NOW); /* whatever it says: no crash */
}

static void test_spans(void **state)
{
	char out[CLI_TIME_SIZE];

	(void)state;
	assert_string_equal(cli_span(out, 40000), "40s");
	assert_string_equal(cli_span(out, 42 * 60000), "42m");
	assert_string_equal(cli_span(out, 4 * HOUR + 4 * 60000), "4h04m");
	assert_string_equal(cli_span(out, 3 * DAY + 4 * HOUR), "3d04h");
	assert_string_equal(cli_span(out, -5), "0s");
	assert_string_equal(cli_span_words(out, 42 * 60000), "42 min");
	assert_string_equal(cli_span_words(out, HOUR + 20 * 60000), "1 h 20 min");
	assert_string_equal(cli_span_words(out, 2 * HOUR), "2 h");
	assert_string_equal(cli_span_words(out, 3 * DAY + HOUR), "3 d 1 h");
	assert_string_equal(cli_span_about(out, 3 * DAY + 23 * HOUR), "3 d");
	assert_string_equal(cli_span_about(out, 8000), "8 s");
	assert_string_equal(cli_span_config(out, 0), "0");
	assert_string_equal(cli_span_config(out, 15000), "15s");
	assert_string_equal(cli_span_config(out, 90000), "90s");
	assert_string_equal(cli_span_config(out, 120000), "2m");
	assert_string_equal(cli_span_config(out, 90 * 60000), "1h30m");
	assert_string_equal(cli_span_config(out, 4 * HOUR), "4h");
	assert_string_equal(cli_span_config(out, 2 * DAY), "2d");
}

static void assert_time(const char *text, int64_t expected)
{
	int64_t ms = 0;
	struct err err;

	assert_int_equal(cli_parse_time(text, NOW, &ms, &err), 0);
	assert_int_equal(ms, expected);
}

static void test_parse_time(void **state)
{
	static const char *const wrong[] = {
	    "",           "x",           "25:00",       "12:60",     "24:01", "Sat 25:00", "Sat x",
	    "2026-13-01", "2026-11-21T", "2026-11-21x", "16:00 ",    "-",     "-3",        "-3x",
	    "16",         "+5:00",       "1:-5",        "yesterday", NULL};
	int64_t ms;
	struct err err;

	(void)state;
	assert_time("03:00", NOW - 54 * 60000);
	assert_time("16:00", NOW - DAY + 12 * HOUR + 6 * 60000); /* not yet today: yesterday's */
	assert_time("Sat 03:54", NOW);
	assert_time("Sat 22:00", NOW - 7 * DAY + 18 * HOUR + 6 * 60000);
	assert_time("fri 23:54", NOW - 4 * HOUR);
	assert_time("Friday 23:54", NOW - 4 * HOUR);
	assert_time("Sun", NOW - 6 * DAY - 3 * HOUR - 54 * 60000);
	assert_time("2026-11-21", NOW - 3 * HOUR - 54 * 60000);
	assert_time("2026-11-20T23:54", NOW - 4 * HOUR);
	assert_time("2026-11-20 23:54", NOW - 4 * HOUR);
	assert_time("-3h", NOW - 3 * HOUR);
	assert_time("-1h30m", NOW - HOUR - HOUR / 2);
	for (int i = 0; wrong[i]; i++) {
		if (cli_parse_time(wrong[i], NOW, &ms, &err) != -1)
			fail_msg("\"%s\" was taken for a time", wrong[i]);
	}
}

static void assert_ahead(const char *text, int64_t expected)
{
	struct err err;
	int64_t ms = -1;

	if (cli_parse_ahead(text, NOW, &ms, &err) != (expected < 0 ? -1 : 0) ||
	    (expected >= 0 && ms != expected))
		fail_msg("%s: %lld, not %lld", text, (long long)ms, (long long)expected);
}

/* Times to come; now is Saturday, 03:54. */
static void test_ahead(void **state)
{
	int64_t midnight = NOW - (3 * HOUR + 54 * 60000);

	(void)state;
	assert_ahead("04:00", midnight + 4 * HOUR);
	assert_ahead("03:54", midnight + DAY + 3 * HOUR + 54 * 60000);
	assert_ahead("03:00", midnight + DAY + 3 * HOUR);
	assert_ahead("24:00", midnight + DAY);
	assert_ahead("Sat 22:00", midnight + 22 * HOUR);
	assert_ahead("Sat 03:00", midnight + 7 * DAY + 3 * HOUR);
	assert_ahead("sunday 01:00", midnight + DAY + HOUR);
	assert_ahead("Fri", midnight + 6 * DAY);
	assert_ahead("2026-11-28T22:00", midnight + 7 * DAY + 22 * HOUR);
	assert_ahead("2026-11-20", midnight - DAY);
	assert_ahead("2h", NOW + 2 * HOUR);
	assert_ahead("1h30m", NOW + 90 * 60000);
	assert_ahead("0", -1);
	assert_ahead("-3h", -1);
	assert_ahead("2", -1);
	assert_ahead("soon", -1);
	assert_ahead("", -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_escape), cmocka_unit_test(test_width),
	    cmocka_unit_test(test_table), cmocka_unit_test(test_cut), cmocka_unit_test(test_fit),  cmocka_unit_test(test_clock),
	    cmocka_unit_test(test_spans),  cmocka_unit_test(test_parse_time),
	    cmocka_unit_test(test_ahead),
	};

	return cmocka_run_group_tests_name("cli_text", tests, zone_utc, NULL);
}
