/*
 * Hours of the week: data/hours/asked.txt says when they hold, begin and end, refused.txt
 * what is said of nonsense. Besides, what must be true of any hours at any moment.
 */
#include "agent/hours.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DATA "tests/unit/data/hours/"

static void set_zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

/* "2026-11-21 22:00:00+1" -> wall seconds; "never" -> 0. */
static int64_t moment(const char *text)
{
	struct tm tm = {0};
	const char *rest;

	if (!strncmp(text, "never", 5))
		return 0;
	rest = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);
	if (!rest)
		fail_msg("no moment: %s", text);
	return timegm(&tm) - strtol(rest, NULL, 10) * 3600;
}

/* The part behind the n-th bar, without blanks. */
static const char *field(const char *line, int n)
{
	for (; n; n--) {
		line = strchr(line, '|');
		if (!line++)
			fail_msg("fields are missing");
	}
	return line + strspn(line, " ");
}

static bool is_same(int line, const char *what, int64_t got, int64_t expected)
{
	if (got != expected)
		print_message(
		    "asked.txt:%d: %s is %" PRId64 ", not %" PRId64 "\n", line, what, got,
		    expected);
	return got == expected;
}

static bool ask(const struct hours *h, const char *text, int line)
{
	int64_t at = moment(text);
	bool same = is_same(line, "in", hours_hold(h, at), field(text, 1)[0] == 'i');

	same &= is_same(line, "begin", hours_begin(h, at), moment(field(text, 2)));
	return is_same(line, "end", hours_end(h, at), moment(field(text, 3))) && same;
}

static FILE *open_data(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f)
		fail_msg("%s cannot be opened", path);
	return f;
}

static void test_asked(void **state)
{
	FILE *f = open_data(DATA "asked.txt");
	struct hours *h = NULL;
	char line[300];
	unsigned asked = 0, wrong = 0;
	struct err err;

	(void)state;
	for (int n = 1; fgets(line, sizeof line, f); n++) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "zone ", 5)) {
			set_zone(line + 5);
		} else if (!strncmp(line, "hours ", 6)) {
			hours_destroy(h);
			h = hours_parse(line + 6, &err);
			if (!h)
				fail_msg("asked.txt:%d: %s", n, err.text);
		} else if (!strncmp(line, "at ", 3)) {
			asked++;
			wrong += !ask(h, line + 3, n);
		} else if (*line && *line != '#') {
			fail_msg("asked.txt:%d: %s", n, line);
		}
	}
	hours_destroy(h);
	fclose(f);
	assert_int_equal(wrong, 0);
	assert_true(asked > 60);
}

static void test_refused(void **state)
{
	FILE *f = open_data(DATA "refused.txt");
	unsigned n = 0, wrong = 0;
	char line[300];

	(void)state;
	while (fgets(line, sizeof line, f)) {
		char *said = strstr(line, " => ");
		struct err err = {""};
		struct hours *h;

		if (*line == '#')
			continue;
		assert_non_null(said);
		*said = '\0';
		said += 4;
		said[strcspn(said, "\n")] = '\0';
		h = hours_parse(line, &err);
		if (h || strcmp(err.text, said) != 0) {
			print_message("%s:\n  %s\n  %s\n", line, h ? "taken" : err.text, said);
			wrong++;
		}
		hours_destroy(h);
		n++;
	}
	fclose(f);
	assert_int_equal(wrong, 0);
	assert_true(n > 20);
}

static void test_many_parts(void **state)
{
	char text[1000] = "";
	struct hours *h;
	struct err err;

	(void)state;
	for (int i = 0; i < 50; i++)
		memcpy(text + i * 12, "00:00-01:00,", 13);
	text[50 * 12 - 1] = '\0';
	h = hours_parse(text, &err);
	assert_non_null(h);
	hours_destroy(h);
	memcpy(text + 50 * 12 - 1, ",sat", 5);
	assert_null(hours_parse(text, &err));
	assert_string_equal(err.text, "more than 50 parts");
	assert_null(hours_parse(text, NULL));
}

static void test_none(void **state)
{
	(void)state;
	assert_false(hours_hold(NULL, 1000000));
	assert_int_equal(hours_begin(NULL, 1000000), 0);
	assert_int_equal(hours_end(NULL, 1000000), 0);
	hours_destroy(NULL);
}

/* Through a year, at ever other times of day: hold, begin and end tell the same story. */
static void check_story(const char *text, int64_t from, int64_t to)
{
	struct hours *h = hours_parse(text, NULL);
	int64_t begin, end;

	assert_non_null(h);
	for (int64_t at = from; at < to; at += 9 * 3600 + 67) {
		begin = hours_begin(h, at);
		end = hours_end(h, at);
		assert_true(begin < end && at < end);
		assert_int_equal(hours_hold(h, at), begin <= at);
		assert_true(hours_hold(h, begin) && hours_hold(h, end - 1));
		assert_false(hours_hold(h, begin - 1) || hours_hold(h, end));
		assert_int_equal(hours_begin(h, begin), begin);
		assert_int_equal(hours_end(h, end - 1), end);
		assert_true(hours_begin(h, end) > end);
	}
	hours_destroy(h);
}

static void test_story(void **state)
{
	static const char *const zones[] = {"Europe/Berlin",       "America/Santiago",
					    "Australia/Lord_Howe", "America/St_Johns",
					    "Asia/Kolkata",        "UTC"};
	static const char *const texts[] = {
	    "22:00-07:00",
	    "sat-sun 00:00-24:00, 22:00-07:00",
	    "sun 01:30-02:30",
	    "02:00-02:01, 02:59-03:00",
	    "sun",
	    "mon-sat 00:00-24:00, sun 00:00-02:00, sun 03:00-24:00",
	    "00:00-00:30, 01:00-01:30, 02:00-02:30, 03:00-03:30, 23:30-23:45"};
	int64_t from = moment("2026-01-01 00:00:00+0"), to = moment("2027-01-01 00:00:00+0");

	(void)state;
	for (size_t z = 0; z < sizeof zones / sizeof *zones; z++) {
		set_zone(zones[z]);
		for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
			check_story(texts[t], from, to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_asked),      cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_many_parts), cmocka_unit_test(test_none),
	    cmocka_unit_test(test_story),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
