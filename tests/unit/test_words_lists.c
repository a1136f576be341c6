/*
 * Lists under any limit: whatever is cut, every name is whole or ends at a whole grapheme,
 * what is not shown is counted, and the tag is there. Random, from a fixed seed.
 */
#include "tests/unit/words_example.h"

#include "notifiers/twitter_count.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utf8proc.h>

#define NAMES_MAX 12
#define TAG "T7K2"

static uint64_t seed = 20261122;

static unsigned roll(unsigned sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % sides;
}

/* Graphemes of one to five code points; no comma, no blank, nothing that is neutralised. */
static const char *const graphemes[] = {
    "a",
    "Z",
    "7",
    "-",
    "ä",
    "ß",
    "Ж",
    "漢",
    "e\xcc\xa7\xcc\xa3",
    "x\xcc\xb2\xcc\xb3\xcc\xb4",
    "🇩🇪",
    "🇫🇷",
    "👍🏽",
    "👩🏿",
    "각",
    "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8",
    "नि",
    "கி",
    "🔧",
    "é"};

struct lists {
	char raw[4][NAMES_MAX][600];
	char clean[4][NAMES_MAX][800]; /* as neutralised alone */
	const char *at[4][NAMES_MAX];
	unsigned n[4];
	struct say_span spans[NAMES_MAX], open[NAMES_MAX];
	struct say say;
};

static void name_make(char *raw, size_t size, char *clean, size_t clean_size)
{
	unsigned len = 1 + roll(roll(4) ? 12 : 90);
	struct buf b;

	*raw = '\0';
	for (unsigned i = 0; i < len; i++) {
		const char *g = graphemes[roll(sizeof graphemes / sizeof *graphemes)];
		size_t used = strlen(raw);

		if (used + strlen(g) + 1 < size)
			snprintf(raw + used, size - used, "%s", g);
	}
	buf_init(&b, clean_size - 1);
	words_neutralise(raw, &b);
	snprintf(clean, clean_size, "%s", buf_text(&b));
	buf_finish(&b);
}

static void lists_make(struct lists *l)
{
	static const char *const tags[] = {"T222", "T9QM", NULL};
	int64_t now = wall("2026-11-22 07:00");

	memset(l, 0, sizeof *l);
	for (int k = 0; k < 4; k++) {
		l->n[k] = roll(NAMES_MAX + 1);
		for (unsigned i = 0; i < l->n[k]; i++) {
			name_make(
			    l->raw[k][i], sizeof l->raw[k][i], l->clean[k][i],
			    sizeof l->clean[k][i]);
			l->at[k][i] = l->raw[k][i];
		}
	}
	for (unsigned i = 0; i < NAMES_MAX; i++) {
		int64_t since = now - 60 * (int64_t)(1 + roll(20000));

		l->spans[i] = (struct say_span){
		    l->at[2][i], roll(2) ? "DOWN" : NULL, tags[roll(3)], since,
		    roll(4) ? since + 600 : 0};
		l->open[i] = (struct say_span){
		    l->at[3][i], roll(2) ? "DOWN" : NULL, tags[roll(3)], since, 0};
	}
	l->say = (struct say){
	    .event = SAY_DIGEST,
	    .tag = TAG,
	    .names = l->at[0],
	    .n_names = l->n[0],
	    .members = l->at[1],
	    .n_members = l->n[1],
	    .spans = l->spans,
	    .n_spans = l->n[2],
	    .open = l->open,
	    .n_open = l->n[3],
	    .has_now = true,
	    .now = now,
	    .duration = -1};
}

/* Is `bytes` the end of a whole grapheme of text? */
static bool is_boundary(const char *text, size_t bytes)
{
	const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
	utf8proc_int32_t last = 0, c, state = 0;
	size_t done = 0;

	while (done < bytes && text[done]) {
		utf8proc_ssize_t n = utf8proc_iterate(at + done, -1, &c);

		if (n < 1)
			return false;
		if (done)
			utf8proc_grapheme_break_stateful(last, c, &state);
		last = c;
		done += (size_t)n;
	}
	if (done != bytes)
		return false;
	if (!text[bytes])
		return true;
	utf8proc_iterate(at + done, -1, &c);
	return utf8proc_grapheme_break_stateful(last, c, &state);
}

static bool is_utf8(const char *text)
{
	utf8proc_int32_t c;

	while (*text) {
		utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);

		if (n < 1)
			return false;
		text += n;
	}
	return true;
}

/* The i-th name of a list as it stands in the post, up to `end`. */
static void check_name(const struct lists *l, int k, unsigned i, const char *shown, size_t len)
{
	const char *clean = l->clean[k][i];
	static const char dots[] = "…";
	size_t n = sizeof dots - 1;

	if (len == strlen(clean) && !strncmp(shown, clean, len))
		return;
	if (len < n || strncmp(shown + len - n, dots, n))
		fail_msg("\"%.*s\" is not \"%s\"", (int)len, shown, clean);
	len -= n;
	if (len >= strlen(clean) || strncmp(shown, clean, len) || !len)
		fail_msg("\"%.*s\" does not begin \"%s\"", (int)len, shown, clean);
	if (!is_boundary(clean, len))
		fail_msg("\"%.*s\" is cut inside of a character of \"%s\"", (int)len, shown, clean);
}

/* "a, b and c" or "a DOWN 04:00–04:20 #T222, b and 4 more": all accounted for? */
static void check_list(const struct lists *l, int k, const char *line, size_t len)
{
	unsigned i = 0;
	const char *end = line + len;

	while (line < end) {
		size_t item = 0, name;
		unsigned more;

		assert_true(i < l->n[k]);
		while (line + item < end && strncmp(line + item, ", ", 2) &&
		       strncmp(line + item, " and ", 5))
			item++;
		name = strcspn(line, " ,\n|");
		check_name(l, k, i++, line, name < item ? name : item);
		line += item;
		if (line == end)
			break;
		if (sscanf(line, " and %u more", &more) == 1 && more + i == l->n[k]) {
			assert_true(more > 1);
			assert_ptr_equal(line + strlen(" and  more") + (more > 9 ? 2 : 1), end);
			return;
		}
		line += *line == ',' ? 2 : 5;
	}
	assert_int_equal(i, l->n[k]);
}

/* Four lists in one text, each in brackets of its own sign. */
#define TEMPLATE "🔴 {$NAME$}[\n{$MEMBERS$}][\n{$LIST$}][\n{$NOW$}]\n$TAG$"

static void check_text(const struct lists *l, const char *text)
{
	static const char *const opens[] = {"{", "{", "{", "{Open: "};
	const char *at = text;
	size_t n = strlen(text);

	if (n < 6 || strcmp(text + n - 6, "\n#" TAG))
		fail_msg("no tag: %s", text);
	for (int k = 0; k < 4; k++) {
		const char *end;

		if (!l->n[k] && k)
			continue;
		if (k && strncmp(at, "\n{", 2)) /* this part had to go, and with it all behind it */
			break;
		at = strchr(at, '{');
		assert_non_null(at);
		at += strlen(opens[k]);
		end = strchr(at, '}');
		assert_non_null(end);
		check_list(l, k, at, (size_t)(end - at));
		at = end + 1;
	}
	assert_int_equal(strcmp(at, "\n#" TAG), 0);
}

static void run(struct lists *l, const struct words *words, unsigned *cut, unsigned *refused)
{
	unsigned limit = 40 + roll(roll(2) ? 200 : 1500), units, most;
	bool weighted = !roll(3);
	struct words_want want = {
	    .words = words,
	    .base = "operators",
	    .override = TEMPLATE,
	    .measure = weighted ? measure_weight : measure_code_points,
	    .measure_arg = &limit};
	struct err err = {""};
	struct buf out;

	lists_make(l);
	buf_init(&out, 60000);
	if (words_say(&want, &l->say, &out, &err) == 0) {
		want.measure(&limit, buf_text(&out), &units, &most);
		assert_true(units <= most);
		assert_true(is_utf8(buf_text(&out)));
		check_text(l, buf_text(&out));
		*cut += strstr(buf_text(&out), " more}") || strstr(buf_text(&out), "…");
	} else {
		assert_true(limit < 100 || weighted);
		++*refused;
	}
	buf_finish(&out);
}

static void test_any_limit(void **state)
{
	unsigned rounds = getenv("TWICKET_LONG") ? 100000 : 3000, cut = 0, refused = 0;
	struct lists *l = malloc(sizeof *l);
	struct err err = {""};
	struct words *words = words_open("en", &err);

	(void)state;
	assert_non_null(l);
	assert_non_null(words);
	for (unsigned i = 0; i < rounds; i++)
		run(l, words, &cut, &refused);
	print_message("%u lists, %u cut, %u refused\n", rounds, cut, refused);
	assert_true(cut > rounds / 3 && refused < rounds / 10);
	words_close(words);
	free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_limit)};

	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
