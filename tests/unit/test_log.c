/*
 * The log: what foreign texts must not do to a terminal or to who reads the journal.
 * Run by make check; needs a temporary file.
 */
#include "common/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct line {
	const char *said, *text, *json;
};

static const struct line lines[] = {
    {"plain", "plain", "plain"},
    {"gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\xb4 \xd8\xb9", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\xb4 \xd8\xb9",
     "gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\xb4 \xd8\xb9"},
    {"a\nb\rc\x1b[31m\x7f", "a\\x0ab\\x0dc\\x1b[31m\\x7f", "a\\u000ab\\u000dc\\u001b[31m\\u007f"},
    {"say \"x\\y\"", "say \"x\\y\"", "say \\\"x\\\\y\\\""},
    {"\xc2\x9b" "31m \xc2\x80\xc2\xa0", "\\u009b31m \\u0080\xc2\xa0", "\\u009b31m \\u0080\xc2\xa0"},
    {"\xe2\x80\xae" "evil\xe2\x81\xa6", "\\u202eevil\\u2066", "\\u202eevil\\u2066"},
    {"\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\x8b\xef\xbb\xbf", "\\u2028\\u2029\\u200b\\ufeff", "\\u2028\\u2029\\u200b\\ufeff"},
    {"\xe2\x80\x9cx\xe2\x80\x9d \xe2\x80\x8d \xe2\x80\xa6", "\xe2\x80\x9cx\xe2\x80\x9d \xe2\x80\x8d \xe2\x80\xa6",
     "\xe2\x80\x9cx\xe2\x80\x9d \xe2\x80\x8d \xe2\x80\xa6"},
    {"cut \xe2\x80", "cut \\xe2\\x80", "cut \\u00e2\\u0080"},
    {"cut \xc2", "cut \\xc2", "cut \\u00c2"},
    {"caf\xe9 \xff\x80", "caf\\xe9 \\xff\\x80", "caf\\u00e9 \\u00ff\\u0080"},
    {"\xc0\xaf\xe0\x80\xaf", "\\xc0\\xaf\\xe0\\x80\\xaf", "\\u00c0\\u00af\\u00e0\\u0080\\u00af"},
    {"\xed\xa0\x80\xf4\x90\x80\x80", "\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80",
     "\\u00ed\\u00a0\\u0080\\u00f4\\u0090\\u0080\\u0080"},
};

/* What one line of it becomes. */
static void said(enum log_format format, const char *text, char *out, size_t size)
{
	FILE *f = tmpfile();
	int keep = dup(2);
	size_t n;

	assert_non_null(f);
	assert_true(keep >= 0);
	fflush(stderr);
	dup2(fileno(f), 2);
	log_setup(LOG_LEVEL_INFO, format);
	log_info("x", "%s", text);
	fflush(stderr);
	dup2(keep, 2);
	close(keep);
	rewind(f);
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	fclose(f);
}

static void test_lines(void **state)
{
	char got[512], want[512];

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		said(LOG_FORMAT_TEXT, lines[i].said, got, sizeof got);
		snprintf(want, sizeof want, "x: %s\n", lines[i].text);
		assert_string_equal(got, want);
		said(LOG_FORMAT_JSON, lines[i].said, got, sizeof got);
		snprintf(want, sizeof want, "{\"level\":\"info\",\"component\":\"x\",\"text\":\"%s\"}\n", lines[i].json);
		assert_string_equal(got, want);
	}
}

/* A text that is cut off is cut between two characters as far as JSON can tell, and the line has its end. */
static void test_long(void **state)
{
	static char text[4096], got[16384];
	size_t n;

	(void)state;
	for (n = 0; n + 3 < sizeof text; n += 2)
		memcpy(text + n, "\xc3\xbc", 3);
	said(LOG_FORMAT_JSON, text, got, sizeof got);
	n = strlen(got);
	assert_true(n > 2000);
	assert_string_equal(got + n - 9, "\\u00c3\"}\n");
	memset(text, 1, sizeof text - 1);
	said(LOG_FORMAT_JSON, text, got, sizeof got);
	n = strlen(got);
	assert_true(n > 6 * 2000);
	assert_string_equal(got + n - 9, "\\u0001\"}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines), cmocka_unit_test(test_long)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
