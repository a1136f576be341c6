/*
 * The reply language against its cases as data (tests/unit/data/reply), and on
 * texts that are too long or no text at all. Run by make check; no clock, no I/O
 * but the data files. It must never depend on the time zone of the machine.
 */
#include "agent/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <utf8proc.h>

#ifndef TWICKET_TEST_DATA
#define TWICKET_TEST_DATA "tests"
#endif
#define TEST_DATA TWICKET_TEST_DATA "/unit/data"

static const struct now noon = {.wall_ms = 1795348800000}; /* 2026-11-22 12:00:00 UTC */

static struct reply_lexicon *lexicon;

static const char *shown(enum reply_verb verb)
{
	if (verb == REPLY_VERB_BARE_NUMBER)
		return "bare";
	if (verb == REPLY_VERB_BAD_TIME)
		return "bad time";
	return verb == REPLY_VERB_EMPTY ? "empty" : reply_verb_name(verb);
}

/* \n and \uXXXX; in place. */
static void decode(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] == 'n') {
			*to++ = '\n';
			s += 2;
		} else if (s[0] == '\\' && s[1] == 'u') {
			char hex[5] = "";

			memcpy(hex, s + 2, 4);
			to += utf8proc_encode_char(
			    (utf8proc_int32_t)strtol(hex, NULL, 16), (utf8proc_uint8_t *)to);
			s += 6;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

static char *field(char **rest)
{
	char *at = *rest, *end = at ? strstr(at, " | ") : NULL;

	*rest = end ? end + 3 : NULL;
	if (end)
		*end = '\0';
	return at ? at : (char *)"";
}

static unsigned run_case(const char *file, unsigned line, char *text)
{
	char *rest = text, *input = field(&rest), *verb = field(&rest), *seconds = field(&rest);
	char *tag = field(&rest), *want = field(&rest), got[2200], named[16];
	struct reply_parsed p;

	decode(input);
	want = strcmp(want, "-") == 0 ? (char *)"" : want;
	reply_parse(lexicon, input, &noon, &p);
	snprintf(
	    named, sizeof(named), "%s%s%s", p.tag[0] ? p.tag : "-", p.other[0] ? ">" : "", p.other);
	snprintf(
	    got, sizeof(got), "%s %lld [%s] %s", shown(p.verb), (long long)p.duration_s, named,
	    p.text);
	if (strcmp(shown(p.verb), verb) == 0 && p.duration_s == strtoll(seconds, NULL, 10) &&
	    strcmp(named, tag) == 0 && strcmp(p.text, want) == 0)
		return 0;
	print_error(
	    "%s:%u: %s\n  want %s %s [%s] %s\n  got  %s\n", file, line, input, verb, seconds, tag,
	    want, got);
	return 1;
}

static unsigned run_file(const char *file, unsigned *cases)
{
	unsigned bad = 0, n = 0;
	char line[4096];
	FILE *f = fopen(file, "re");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		n++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' && line[1] == ' ')
			continue;
		bad += run_case(file, n, line);
		++*cases;
	}
	fclose(f);
	return bad;
}

static void test_data(void **state)
{
	static const char *const files[] = {
	    "spec", "hand", "attacks", "marks", "clock", "en", "de", "fr", "es",
	    "said_en", "said_de", "said_fr", "said_es"};
	unsigned cases = 0, bad = 0;
	char path[100];

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(path, sizeof(path), TEST_DATA "/reply/%s.txt", files[i]);
		bad += run_file(path, &cases);
	}
	print_message("%u cases\n", cases);
	assert_int_equal(bad, 0);
	assert_true(cases >= 500);
}

static void test_words(void **state)
{
	struct reply_parsed p;

	(void)state;
	reply_parse(lexicon, "dt 2h", &noon, &p);
	assert_string_equal(p.word, "downtime");
	reply_parse(lexicon, "on it", &noon, &p);
	assert_string_equal(p.word, "ack");
	reply_parse(lexicon, "history?", &noon, &p);
	assert_string_equal(p.word, "last");
	reply_parse(lexicon, "workaround: use web2", &noon, &p);
	assert_string_equal(p.word, "workaround");
	reply_parse(lexicon, "not major", &noon, &p);
	assert_string_equal(p.word, "not major");
	/* a word as well: only an incident of that name makes it one */
	reply_parse(lexicon, "part of tmrw", &noon, &p);
	assert_string_equal(p.other_bare, "tmrw");
	assert_false(p.is_other_sure);
	reply_parse(lexicon, "part of #tmrw", &noon, &p);
	assert_true(p.is_other_sure);
	assert_string_equal(p.other_bare, "");
}

static void test_bare_tags(void **state)
{
	struct reply_parsed p;

	(void)state;
	reply_parse(lexicon, "ack tmrw morning", &noon, &p);
	assert_string_equal(p.tag, "TMRW");
	assert_string_equal(p.bare, "tmrw");
	assert_false(p.tag_sure);
	reply_parse(lexicon, "ack TMRW morning", &noon, &p);
	assert_true(p.tag_sure);
	reply_parse(lexicon, "ack #tmrw morning", &noon, &p);
	assert_true(p.tag_sure);
	assert_string_equal(p.bare, "");
}

/* The hour that is not there and the one that is twice: Berlin, March and October 2026. */
static void test_summer_time(void **state)
{
	struct now before = {.wall_ms = 1774738800000}; /* 2026-03-29 00:00 CET */
	struct reply_parsed p;

	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	reply_parse(lexicon, "ack until 08:00", &before, &p);
	assert_int_equal(p.duration_s, 7 * 3600);
	before.wall_ms = 1792879200000; /* 2026-10-25 00:00 CEST */
	reply_parse(lexicon, "ack until 08:00", &before, &p);
	assert_int_equal(p.duration_s, 9 * 3600);
	setenv("TZ", "UTC", 1);
	tzset();
}

static void test_long(void **state)
{
	struct reply_parsed p;
	char *text = malloc(20001);

	(void)state;
	memset(text, 'a', 20000);
	text[20000] = '\0';
	memcpy(text, "ack ", 4);
	reply_parse(lexicon, text, &noon, &p);
	assert_int_equal(p.verb, REPLY_VERB_ACK);
	assert_int_equal(strlen(p.text), REPLY_TEXT_MAX);
	for (size_t i = 3; i + 3 < 20000; i += 3) /* cut between characters */
		memcpy(text + i, "€", 3);
	text[19998] = '\0';
	reply_parse(lexicon, text, &noon, &p);
	assert_int_equal(strlen(p.text) % 3, 0);
	assert_true(utf8proc_iterate((utf8proc_uint8_t *)p.text, -1, &(utf8proc_int32_t){0}) > 0);
	free(text);
}

static void test_bytes(void **state)
{
	struct reply_parsed p;

	(void)state;
	reply_parse(lexicon, "ack \xff\xfe\x80 disk \xc3", &noon, &p);
	assert_int_equal(p.verb, REPLY_VERB_ACK);
	assert_string_equal(p.text, "disk");
	reply_parse(lexicon, "", &noon, &p);
	assert_int_equal(p.verb, REPLY_VERB_EMPTY);
}

static int start(void **state)
{
	struct err err = {""};

	(void)state;
	lexicon = reply_lexicon_create(&err);
	if (!lexicon)
		print_error("%s\n", err.text);
	return lexicon ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	reply_lexicon_destroy(lexicon);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_data),      cmocka_unit_test(test_words),
	    cmocka_unit_test(test_bare_tags), cmocka_unit_test(test_summer_time),
	    cmocka_unit_test(test_long),      cmocka_unit_test(test_bytes),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, start, stop);
}
