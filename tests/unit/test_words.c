/*
 * The words: every printed example of SURFACE section 3 as data (data/words), what
 * happens to long texts, and foreign text that tries to come alive.
 */
#include "agent/words.h"

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
#define LIST_MAX 64

/* One case of a data file: the facts, and what must come out. */
struct example {
	char title[200], language[8], base[16], link[200], override[1000];
	char *names[LIST_MAX], *members[LIST_MAX];
	char *owned[40]; /* strings that say points to */
	unsigned n_owned, limit, count;
	struct say say;
	struct buf expected;
};

/* As Mastodon counts without links: code points. */
static unsigned code_points(const char *s)
{
	unsigned n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void measure(const void *arg, const char *text, unsigned *units, unsigned *limit)
{
	*units = code_points(text);
	*limit = *(const unsigned *)arg;
}

/* "2026-11-22 03:12" in local time. */
static int64_t when(const char *text)
{
	struct tm tm = {.tm_isdst = -1};

	assert_int_equal(
	    sscanf(
		text, "%d-%d-%d %d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
		&tm.tm_min),
	    5);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)mktime(&tm);
}

static void set_text(struct example *x, const char **to, const char *value)
{
	assert_true(x->n_owned < 40);
	*to = x->owned[x->n_owned++] = strdup(value);
}

/* The keys of a data file are the fields of struct say; false when it is of another kind. */
static bool set_say_text(struct example *x, const char *key, const char *value)
{
	const struct {
		const char *key;
		const char **to;
	} texts[] = {
	    {"tag", &x->say.tag},           {"object", &x->say.object},
	    {"host", &x->say.host},         {"service", &x->say.service},
	    {"state", &x->say.state},       {"was", &x->say.was},
	    {"output", &x->say.output},     {"owner", &x->say.owner},
	    {"text", &x->say.text},         {"parent", &x->say.parent},
	    {"writer", &x->say.writer},     {"reason", &x->say.reason},
	    {"last_fix", &x->say.last_fix}, {"ticket", &x->say.ticket},
	    {"list", &x->say.list},         {"situation", &x->say.situation},
	    {"longest", &x->say.longest},
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!strcmp(key, texts[i].key)) {
			set_text(x, texts[i].to, value);
			return true;
		}
	return false;
}

static bool set_say_number(struct example *x, const char *key, const char *value)
{
	const struct {
		const char *key;
		int64_t *time, *seconds;
		unsigned *number;
	} numbers[] = {
	    {"since", &x->say.since, NULL, NULL},
	    {"until", &x->say.until, NULL, NULL},
	    {"at", &x->say.at, NULL, NULL},
	    {"eta", &x->say.eta, NULL, NULL},
	    {"now", &x->say.now, NULL, NULL},
	    {"next", &x->say.next, NULL, NULL},
	    {"duration", NULL, &x->say.duration, NULL},
	    {"interval", NULL, &x->say.interval, NULL},
	    {"with", NULL, NULL, &x->say.with_services},
	    {"times", NULL, NULL, &x->say.times},
	    {"number", NULL, NULL, &x->say.count},
	    {"limit", NULL, NULL, &x->limit},
	    {"count", NULL, NULL, &x->count},
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (strcmp(key, numbers[i].key))
			continue;
		if (numbers[i].time)
			*numbers[i].time = when(value);
		else if (numbers[i].seconds)
			*numbers[i].seconds = strtoll(value, NULL, 10);
		else
			*numbers[i].number = (unsigned)strtoul(value, NULL, 10);
		return true;
	}
	return false;
}

static void set_fact(struct example *x, const char *key, const char *value)
{
	static const char *const symbols[] = {"red", "yellow", "green", "white"};

	if (set_say_text(x, key, value) || set_say_number(x, key, value))
		return;
	if (!strcmp(key, "language"))
		snprintf(x->language, sizeof x->language, "%s", value);
	else if (!strcmp(key, "base"))
		snprintf(x->base, sizeof x->base, "%s", value);
	else if (!strcmp(key, "link"))
		snprintf(x->link, sizeof x->link, "%s", value);
	else if (!strcmp(key, "template"))
		snprintf(x->override, sizeof x->override, "%s", value);
	else if (!strcmp(key, "name"))
		x->names[x->say.n_names++] = strdup(value);
	else if (!strcmp(key, "member"))
		x->members[x->say.n_members++] = strdup(value);
	else if (!strcmp(key, "event"))
		x->say.event = (enum say_event)words_event_find(value);
	else if (!strcmp(key, "acked"))
		x->say.acked = true;
	else if (strcmp(key, "symbol"))
		fail_msg("%s: no such fact as %s", x->title, key);
	for (int i = 0; i < 4 && !strcmp(key, "symbol"); i++)
		if (!strcmp(value, symbols[i]))
			x->say.symbol = (enum say_symbol)i;
}

static void example_init(struct example *x)
{
	memset(x, 0, sizeof *x);
	x->say.duration = -1;
	x->limit = 500;
	snprintf(x->language, sizeof x->language, "en");
	snprintf(x->base, sizeof x->base, "operators");
	buf_init(&x->expected, 10000);
}

static void example_finish(struct example *x)
{
	for (unsigned i = 0; i < x->n_owned; i++)
		free(x->owned[i]);
	for (unsigned i = 0; i < x->say.n_names; i++)
		free(x->names[i]);
	for (unsigned i = 0; i < x->say.n_members; i++)
		free(x->members[i]);
	buf_finish(&x->expected);
}

/* "\n" in a template of a data file is a line break. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++)
		*to++ = s[0] == '\\' && s[1] == 'n' ? (s++, '\n') : *s;
	*to = '\0';
}

static void run_example(struct example *x)
{
	struct err err = {""};
	struct words *w = words_open(x->language, &err);
	struct words_want want = {
	    .words = w,
	    .base = x->base,
	    .measure = measure,
	    .measure_arg = &x->limit,
	    .link = x->link};
	struct buf out;
	int rc;

	if (!w)
		fail_msg("%s", err.text);
	if (*x->override) {
		unescape(x->override);
		want.override = x->override;
	}
	x->say.names = (const char *const *)x->names;
	x->say.members = (const char *const *)x->members;
	buf_init(&out, 20000);
	rc = words_say(&want, &x->say, &out, &err);
	if (rc == 1)
		buf_str(&out, "(nothing)");
	else if (rc == -1)
		buf_printf(&out, "(error: %s)", err.text);
	if (strcmp(buf_text(&out), buf_text(&x->expected)))
		fail_msg(
		    "%s:\n%s\n--- expected\n%s", x->title, buf_text(&out), buf_text(&x->expected));
	if (x->count && code_points(buf_text(&out)) != x->count)
		fail_msg(
		    "%s: %u code points, not %u", x->title, code_points(buf_text(&out)), x->count);
	buf_finish(&out);
	words_close(w);
}

/* "== title", facts as "key value", "--", the text as it must be; lines until the next "==". */
static unsigned run_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[4000], *value;
	struct example x;
	bool text = false;
	unsigned n = 0;

	assert_non_null(f);
	example_init(&x);
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "== ", 3)) {
			if (n++)
				run_example(&x);
			example_finish(&x);
			example_init(&x);
			snprintf(x.title, sizeof x.title, "%s: %.150s", path, line + 3);
			text = false;
		} else if (text) {
			buf_printf(&x.expected, "%s%s", x.expected.len ? "\n" : "", line);
		} else if (!strcmp(line, "--")) {
			text = true;
		} else if (*line && *line != '#') {
			value = strchr(line, ' ');
			if (value)
				*value++ = '\0';
			set_fact(&x, line, value ? value : "");
		}
	}
	if (n)
		run_example(&x);
	example_finish(&x);
	fclose(f);
	return n;
}

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
		n += run_file(path);
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
	duration(86400, "1 d");
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

static void test_check(void **state)
{
	static const char *const bad[][2] = {
	    {"$NAME$", "$TAG$ is missing: without it no answer finds its incident"},
	    {"$OUTPT$ $TAG$", "no such macro as $OUTPT$; did you mean $OUTPUT$?"},
	    {"$OUTPUT$ $TAG$", "$OUTPUT$ is internal"},
	    {"$HOSTNAME$ $TAG$", "$HOSTNAME$ is internal"},
	    {"$LINK$ $TAG$", "$LINK$ is internal"},
	    {"$DIGEST$ $TAG$", "no such macro as $DIGEST$"},
	    {"$TICKET$ $TAG$", "$TICKET$ is not in this version"},
	    {"[$NAME$ $TAG$", "a [ without its ]"},
	    {"$NAME$] $TAG$", "a ] without its ["},
	    {"[[$NAME$]] $TAG$", "a [ inside of [ ]"},
	    {"100 $ $TAG$", "a $ without its partner before \" $TAG$\""},
	    {"$name$ $TAG$", "a $ without its partner before \"name$ $TAG$\""},
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(words_check(bad[i][0], false, &err), -1);
		assert_string_equal(err.text, bad[i][1]);
	}
	assert_int_equal(words_check("$NAME$[ $WHO$] $TAG$", false, &err), 0);
	assert_int_equal(words_check("$OUTPUT$ $TAG$", true, &err), 0);
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
