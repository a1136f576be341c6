/*
 * html_to_text() against the cases in tests/unit/data/html, and what text files cannot hold.
 * Run by `make check` from the top of the tree.
 */
#include "notifiers/html.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA "tests/unit/data/html"

static int cases;

/* \xHH, \n and \\ in both parts. */
static void unescape(const char *s, size_t n, struct buf *out)
{
	char hex[3] = "";
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i] != '\\' || i + 1 >= n) {
			buf_char(out, s[i]);
		} else if (s[i + 1] == 'x' && i + 3 < n) {
			memcpy(hex, s + i + 2, 2);
			buf_char(out, (char)strtol(hex, NULL, 16));
			i += 3;
		} else {
			buf_char(out, s[i + 1] == 'n' ? '\n' : s[i + 1]);
			i++;
		}
	}
}

static char *read_all(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf b;
	char chunk[4096];
	size_t n;

	assert_non_null(f);
	buf_init(&b, 1 << 20);
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_add(&b, chunk, n);
	fclose(f);
	return buf_steal(&b);
}

/* One "== name\nHTML\n--\ntext\n". Returns 1 when it failed. */
static int run_case(const char *file, const char *text)
{
	const char *name_end = strchr(text, '\n'), *sep = strstr(text, "\n--\n");
	struct buf html, want, got;
	int failed;

	if (!name_end || !sep)
		fail_msg("%s: broken case %.40s", file, text);
	buf_init(&html, 1 << 20);
	buf_init(&want, 1 << 20);
	buf_init(&got, 2000);
	if (sep > name_end)
		unescape(name_end + 1, (size_t)(sep - name_end - 1), &html);
	unescape(sep + 4, strlen(sep + 4), &want);
	while (want.len && want.data[want.len - 1] == '\n')
		buf_truncate(&want, want.len - 1);
	html_to_text(buf_text(&html), html.len, &got);
	failed = strcmp(buf_text(&got), buf_text(&want)) != 0;
	if (failed)
		print_error(
		    "%s: %.*s\n  want [%s]\n  got  [%s]\n", file, (int)(name_end - text), text,
		    buf_text(&want), buf_text(&got));
	buf_finish(&html);
	buf_finish(&want);
	buf_finish(&got);
	return failed;
}

static int run_file(const char *name)
{
	char path[512], *all, *at, *next;
	int failed = 0;

	snprintf(path, sizeof path, DATA "/%s", name);
	all = read_all(path);
	at = strncmp(all, "== ", 3) == 0 ? all : strstr(all, "\n== ");
	for (at = at && *at == '\n' ? at + 1 : at; at; at = next) {
		next = strstr(at + 3, "\n== ");
		if (next)
			*next++ = '\0';
		failed += run_case(name, at + 3);
		cases++;
	}
	free(all);
	return failed;
}

static void test_cases(void **state)
{
	DIR *dir = opendir(DATA);
	struct dirent *entry;
	int failed = 0;

	(void)state;
	if (!dir)
		fail_msg("run from the top of the tree: no " DATA);
	while ((entry = readdir(dir))) {
		if (strstr(entry->d_name, ".txt")) {
			failed += run_file(entry->d_name);
		}
	}
	closedir(dir);
	print_message("html: %d cases\n", cases);
	assert_true(cases > 40);
	assert_int_equal(failed, 0);
}

static void fill(struct buf *b, const char *s, size_t n)
{
	buf_init(b, n * strlen(s) + 64);
	while (n--)
		buf_str(b, s);
}

/* Deep nesting, reopened formatting, 20 MB: bounded in time, memory and stack. */
static void test_hostile(void **state)
{
	static const char *const parts[] = {
	    "<i>",  "<b a>x<p>y", "<div><span>", "<table><tr><td>a",      "</p>",    "<svg><a>",
	    "&amp", "\xf0\x9f",   "<!--",        "<a class=\"mention\">", "\xcc\x81"};
	struct buf html, out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		fill(&html, parts[i], 20000000 / strlen(parts[i]));
		buf_str(&html, "the end");
		buf_init(&out, 2000);
		html_to_text(buf_text(&html), html.len, &out);
		assert_true(out.len <= 2000);
		buf_finish(&html);
		buf_finish(&out);
	}
}

static void test_cut_at_character(void **state)
{
	struct buf html, out;

	(void)state;
	fill(&html, "\xe2\x82\xac", 1000); /* 3 bytes each: 2,000 is no multiple */
	buf_init(&out, 2000);
	html_to_text(buf_text(&html), html.len, &out);
	assert_int_equal(out.len, 1998);
	html_cut(&out, 4);
	assert_string_equal(buf_text(&out), "\xe2\x82\xac");
	buf_finish(&html);
	buf_finish(&out);
}

static void test_appends(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 10);
	buf_str(&out, "was: ");
	html_to_text("<p>12345678", 11, &out);
	assert_string_equal(buf_text(&out), "was: 12345");
	buf_finish(&out);
}

static void test_nul(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 2000);
	html_to_text("a\0b<br>c", 8, &out);
	assert_string_equal(buf_text(&out), "ab\nc");
	buf_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_cut_at_character),
	    cmocka_unit_test(test_appends),
	    cmocka_unit_test(test_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
