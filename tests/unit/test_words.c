/*
 * The words: every printed example of SURFACE section 3 as data (data/words), what
 * happens to long texts, and foreign text that tries to come alive.
 */
#include "tests/unit/words_example.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DATA "tests/unit/data/words"

static void test_examples(void **state)
{
	char path[300];
	struct dirent *e;
	DIR *d = opendir(DATA);
	unsigned n = 0;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (len < 4 || strcmp(e->d_name + len - 4, ".txt"))
			continue;
		snprintf(path, sizeof path, DATA "/%s", e->d_name);
		n += examples_run(path);
	}
	closedir(d);
	print_message("%u examples\n", n);
	assert_true(n > 80);
}

static void neutral(const char *in, const char *expected)
{
	struct buf out;

	buf_init(&out, 10000);
	words_neutralise(in, &out);
	assert_string_equal(buf_text(&out), expected);
	buf_finish(&out);
}

static void test_signs(void **state)
{
	(void)state;
	neutral("", "");
	neutral("@alice", "[@]alice");
	neutral("mail root@db1.example.net now", "mail root[@]db1[.]example[.]net now");
	neutral(
	    "\xef\xbc\xa0"
	    "alice \xef\xbc\x83tag",
	    "[@]alice [#]tag"); /* full-width signs */
	neutral("#tag C# # 1", "[#]tag C# # 1");
	neutral("#", "[#]");
	neutral("x #", "x [#]"); /* who knows what comes behind it */
	neutral("$AAPL $5 5$", "[$]AAPL $5 5[$]");
	neutral("@@x ##x", "[@][@]x [#][#]x");
	neutral("db1.example.net", "db1[.]example[.]net");
	neutral("db1.example.net.", "db1[.]example[.]net.");
	neutral("10.2.0.11 4.2 v1.10.3 0.02ms 3.5GiB", "10.2.0.11 4.2 v1.10.3 0.02ms 3.5GiB");
	neutral("foo.conf e.g. U.S. end.Next", "foo[.]conf e.g. U.S. end[.]Next");
	neutral(
	    "m\xc3\xbcnchen.de \xd0\xbf.\xd1\x80\xd1\x84",
	    "m\xc3\xbcnchen[.]de \xd0\xbf[.]\xd1\x80\xd1\x84");
	neutral("a.x", "a[.]x"); /* who knows what comes behind it */
	neutral("a.xn--p1ai", "a[.]xn--p1ai");
	neutral("http://10.2.0.11/x", "http[:]//10.2.0.11/x");
	neutral("HTTPS://Evil.Example", "HTTPS[:]//Evil[.]Example");
	neutral("time=0.02 (host:db1)", "time=0.02 (host:db1)");
}

static void test_markup(void **state)
{
	(void)state;
	neutral("*bold* `code` ~~x~~ ~10 __u__ a_b", "∗bold∗ ‘code‘ ∼∼x∼∼ ~10 ＿＿u＿＿ a_b");
	neutral("[text](http://x.example)", "[text] (http[:]//x[.]example)");
	neutral("@(x)", "@(x)");
	neutral("<script>alert(1)</script> load <5 & >3", "‹script>alert(1)‹/script> load <5 & >3");
	neutral("> quoted", "› quoted");
	neutral("a<", "a‹");
	neutral("&lt;b&gt;", "&lt;b&gt;");
}

static void test_invisible(void **state)
{
	(void)state;
	neutral("a\nb\r\n\tc\v d", "a b c d");
	neutral("  a  \xc2\xa0 b\xe3\x80\x80", "a b");
	neutral("a\x01\x1b[31mb\x7f", "a[31mb");
	neutral(
	    "a\xe2\x80\xae"
	    "b\xe2\x80\x8b\xef\xbb\xbf\xe2\x81\xa6"
	    "c",
	    "abc"); /* RLO ZWSP BOM LRI */
	neutral(
	    "@\xe2\x80\x8b"
	    "alice",
	    "[@]alice"); /* the break of somebody else goes, ours comes */
	neutral(
	    "ali\xc2\xad"
	    "ce",
	    "alice");
	neutral("\xf3\xa0\x81\x81x", "x"); /* a tag character */
	neutral("\xee\x80\x80x", "x"); /* private use */
	neutral("x\xe3\x85\xa4y", "xy"); /* Hangul filler */
	neutral("u\xcc\x88", "\xc3\xbc"); /* NFC */
	neutral(
	    "a\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86\xcc\x87",
	    "\xc3\xa1\xcc\x82\xcc\x83\xcc\x84"); /* four marks, one of them composed */
	neutral("\xcc\x81x", "x"); /* a mark on what stands before us */
	neutral(
	    "a\xff"
	    "b\xc3",
	    "a\xef\xbf\xbd"
	    "b\xef\xbf\xbd");
	neutral("\xed\xa0\x80x", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx"); /* a surrogate */
	neutral("🔴 ok", "🔴 ok");
}

/* Neutralised twice is what may happen; nothing may come alive by it, and a full buffer
 * ends at a whole character. */
static void test_edges(void **state)
{
	struct buf out;

	(void)state;
	neutral("[@]alice [.]x", "[@]alice [.]x");
	buf_init(&out, 5);
	words_neutralise("äöü@x", &out);
	assert_string_equal(buf_text(&out), "äö");
	assert_true(out.cut);
	buf_finish(&out);
	buf_init(&out, 8);
	words_neutralise("äöü@x", &out);
	assert_string_equal(buf_text(&out), "äöü"); /* rather no sign than half a break */
	buf_finish(&out);
}

static void duration(int64_t seconds, const char *expected)
{
	struct buf out;

	buf_init(&out, 100);
	words_duration(seconds, &out);
	assert_string_equal(buf_text(&out), expected);
	buf_finish(&out);
}

static void test_duration(void **state)
{
	(void)state;
	duration(-1, "");
	duration(0, "0 s");
	duration(59, "59 s");
	duration(60, "1 min");
	duration(3599, "59 min");
	duration(3600, "1 h");
	duration(4859, "1 h 20 min");
	duration(86400, "24 h");
	duration(2 * 86400 + 4 * 3600 + 59, "2 d 4 h");
}

/* Every sentence of every catalogue: opens, and a public one has no internal macro. */
static void test_catalogues(void **state)
{
	struct err err = {""};

	(void)state;
	assert_null(words_open("xx", &err));
	assert_string_equal(err.text, "no language \"xx\"");
	for (const char *const *l = words_languages(); *l; l++) {
		struct words *w = words_open(*l, &err);

		if (!w)
			fail_msg("%s", err.text);
		words_close(w);
	}
	for (int e = 0; e < SAY_EVENTS; e++)
		assert_int_equal(words_event_find(words_event_name((enum say_event)e)), e);
	assert_int_equal(words_event_find("nothing"), -1);
}

/* Each of them as a sentence of `problem`, in public; then what only other sentences may have. */
static void test_check(void **state)
{
	static const char *const bad[][2] = {
	    {"$NAME$", "$TAG$ is missing: without it no answer finds its incident"},
	    {"$OUTPT$ $TAG$", "no such macro as $OUTPT$; did you mean $OUTPUT$?"},
	    {"$OUTPUT$ $TAG$", "$OUTPUT$ is internal"},
	    {"$HOSTNAME$ $TAG$", "$HOSTNAME$ is internal"},
	    {"$LINK$ $TAG$", "$LINK$ is internal"},
	    {"$LONGEST$ $TAG$", "$LONGEST$ is internal"},
	    {"$MENTIONS$ $TAG$", "$MENTIONS$ is internal"},
	    {"$TEXT$ $TAG$", "$TEXT$ is public only in what is said by hand and of maintenance, "
			     "elsewhere it is internal"},
	    {"$DIGEST$ $TAG$", "no such macro as $DIGEST$"},
	    {"[$NAME$ $TAG$", "a [ without its ]"},
	    {"$NAME$] $TAG$", "a ] without its ["},
	    {"[[$NAME$]] $TAG$", "a [ inside of [ ]"},
	    {"100 $ $TAG$", "a $ without its partner before \" $TAG$\"; a mere dollar is $$"},
	    {"$name$ $TAG$", "a $ without its partner before \"name$ $TAG$\"; a mere dollar is $$"},
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(words_check(bad[i][0], SAY_PROBLEM, false, &err), -1);
		assert_string_equal(err.text, bad[i][1]);
	}
	assert_int_equal(words_check("$NAME$[ $WHO$] $TAG$", SAY_PROBLEM, false, &err), 0);
	assert_int_equal(words_check("$NAME$ costs 5 $$$NAME$ $TAG$", SAY_PROBLEM, false, &err), 0);
	assert_int_equal(words_check("$LIST$ $NOW$ $TAG$", SAY_DIGEST, false, &err), 0);
	assert_int_equal(words_check("$OUTPUT$ $TEXT$ $TAG$", SAY_ACK, true, &err), 0);
	for (int e = 0; e < SAY_EVENTS; e++) {
		bool official =
		    e == SAY_SAY || e == SAY_RETRACT || e == SAY_OPENED || e == SAY_CLOSED ||
		    e == SAY_CANCELLED || e == SAY_RECALLED || e == SAY_PLANNED || e == SAY_BEGUN ||
		    e == SAY_ENDED || e == SAY_ENDED_BAD || e == SAY_ANSWER || e == SAY_APPROVE;

		assert_int_equal(
		    words_check("$TEXT$ $TAG$", (enum say_event)e, false, &err), official ? 0 : -1);
	}
	assert_int_equal(words_check_link("https://x/?h=$HOSTNAME$", &err), 0);
	assert_int_equal(words_check_link("x/?h=$HOSTNAME$", &err), -1);
	assert_int_equal(words_check_link("https://x/?h=$OUTPUT$", &err), -1);
	assert_int_equal(words_check_link("https://x/ y", &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_examples),   cmocka_unit_test(test_signs),
	    cmocka_unit_test(test_markup),     cmocka_unit_test(test_invisible),
	    cmocka_unit_test(test_edges),      cmocka_unit_test(test_duration),
	    cmocka_unit_test(test_catalogues), cmocka_unit_test(test_check),
	};

	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
