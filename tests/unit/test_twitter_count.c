/*
 * How long a text is for X and where it sees links: every rule with a text of its own.
 * The published cases are make check-vectors' business.
 */
#include "agent/words.h"
#include "notifiers/twitter_count.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 20000
#define S16 "sixteen-signs-16"
#define S64 S16 S16 S16 S16
#define S256 S64 S64 S64 S64

static void test_weights(void **state)
{
	static const struct {
		const char *text;
		unsigned weight;
	} cases[] = {
	    {"", 0},
	    {"mx1 down", 8},
	    {"M\u00fcll \u0416\u05d0\u10ff", 8}, /* up to U+10FF one each */
	    {"\u1100", 2}, /* and from there two */
	    {"\u65e5\u672c", 4},
	    {"\u2000\u200d\u2010\u201f\u2032\u2037", 6}, /* signs and blanks of one */
	    {"\u200e\u200f\u2020\u2031\u2038", 10}, /* and those between them */
	    {"\u20ac", 2},
	    {"e\u0301", 1}, /* NFC */
	    {"\u1112\u1161\u11ab", 2},
	    {"\U0001f534", 2},
	    {"\u00a9", 1},
	    {"\u00a9\ufe0f", 2},
	    {"\u2122", 2},
	    {"\u2764\ufe0f", 2},
	    {"\u2764\ufe0e", 4}, /* wants to be text */
	    {"\u2705\ufe0f", 4}, /* has no other style */
	    {"\u26a1\ufe0f", 2},
	    {"\U0001f321\ufe0f", 2},
	    {"1\ufe0f\u20e3", 2},
	    {"#\u20e3", 2},
	    {"1\ufe0f", 3},
	    {"12", 2},
	    {"\U0001f44d\U0001f3fd", 2}, /* skin tone */
	    {"\U0001f600\U0001f3fd", 4}, /* where there is no skin */
	    {"\U0001f1e9\U0001f1ea", 2}, /* DE */
	    {"\U0001f1e9\U0001f1e9", 4}, /* DD */
	    {"\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 4}, /* DE FR */
	    {"\U0001f1e9", 2},
	    {"\U0001f468\u200d\U0001f469\u200d\U0001f467", 2},
	    {"\U0001f469\U0001f3fd\u200d\u2695\ufe0f", 2},
	    {"\U0001f469\u200d\u2695", 5},
	    {"\U0001f469\u200d", 3},
	    {"\u200d\U0001f469", 3},
	    {"\u26f9\U0001f3fe\u200d\u2640\ufe0f", 2},
	    {"\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 2},
	    {"\U0001f3f4\U000e0067\U000e0062", 6},
	    {"\xff\xfe", 4},
	    {"a\xf0\x9f\x92z", 8},
	    {"\xed\xa0\x80", 6}, /* half of a character */
	    {"see https://example.org/a/very/long/path/that/costs/nothing?more=0 now", 31},
	    {"example.org", 23},
	    {"example.org:8080/x", 23},
	    {"example.org:8080", 28},
	    {"a.co b.co", 47},
	    {"(https://example.org)", 25},
	    {"root@example.org", 16},
	    {"example[.]org", 13},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (twitter_weight(cases[i].text) != cases[i].weight)
			fail_msg(
			    "case %zu, %s: %u", i, cases[i].text, twitter_weight(cases[i].text));
}

static void test_valid(void **state)
{
	(void)state;
	assert_false(twitter_is_valid(""));
	assert_true(twitter_is_valid("x"));
	assert_true(twitter_is_valid(S256 "eight more, and that: 24"));
	assert_false(twitter_is_valid(S256 "eight more, and that: 24."));
	assert_true(twitter_is_valid(S256 " https://example.org/path/to"));
	assert_false(twitter_is_valid(S256 "  https://example.org/path/to"));
	assert_false(twitter_is_valid("x\ufeffy"));
	assert_false(twitter_is_valid("\ufffe"));
	assert_false(twitter_is_valid("\uffff"));
	assert_true(twitter_is_valid("\ufffd\xff"));
}

/* The links of a text, each with one blank behind it. */
static void links_of(const char *text, struct buf *out)
{
	size_t at = 0, len = 0;

	buf_init(out, 100000);
	for (; twitter_url(text, &at, &len); at += len) {
		assert_in_range(len, 1, strlen(text + at));
		buf_add(out, text + at, len);
		buf_char(out, ' ');
	}
}

static const struct {
	const char *text, *links;
} links[] = {
    {"nothing here", ""},
    /* protocol */
    {"http://a.example.org https://b.example.org HTTPS://c.example.org",
     "http://a.example.org https://b.example.org HTTPS://c.example.org "},
    {"ftp://example.org", ""}, /* behind a slash */
    {"http://localhost http://10.0.0.1/x", ""},
    {"https://b\u00fccher.example.org/x", "https://b\u00fccher.example.org/x "},
    {"https://\u4f8b.\u307f\u3093\u306a/", "https://\u4f8b.\u307f\u3093\u306a/ "},
    {"https://xn--bcher-kva.xn--p1ai", "https://xn--bcher-kva.xn--p1ai "},
    {"https://\U0001f534.example.org", "https://\U0001f534.example.org "},
    /* without */
    {"example.org", "example.org "},
    {"see db01.example.com: check.sh, README.md", "db01.example.com check.sh README.md "},
    {"libc.so.6 main.rs Cargo.lock node.js x.service", "libc.so main.rs "},
    {"EXAMPLE.ORG", "EXAMPLE.ORG "},
    {"example.co.uk/x example.co.za", "example.co.uk/x example.co.za "},
    {"b\u00fccher.example.org", "b\u00fccher.example.org "}, /* accented Latin counts as ASCII */
    {"\u4f8b.example.org", "example.org "},
    {"\u0430\u0431.org", ""},
    {"\u65e5\u672cexample.org\u65e5\u672c", "example.org "},
    {"a.de\u4e2db.de", "a.de b.de "},
    {"a.de\u4e2db.de/x", "a.de b.de/x "},
    /* what stands before */
    {"xexample.org", "xexample.org "},
    {"a@example.org #example.org $example.org", ""},
    {"-example.org _example.org .example.org /example.org", ""},
    {"-https://example.org", "https://example.org "},
    {" @example.org x\uff03example.org",
     "example.org "}, /* a full-width sign is one of a label, too */
    {",example.org (example.org) \"example.org\"", "example.org example.org example.org "},
    {"\u202aexample.org\u202c", "example.org "},
    {"\ufeffexample.org x", ""},
    {"\U0001f534example.org", "example.org "},
    {"\U0001f534example.org/x", "example.org/x "},
    /* labels */
    {"https://a_b.example.org https://a_b.org", "https://a_b.example.org "},
    {"https://a-b.org https://a-.org https://-a.org", "https://a-b.org "},
    {"https://a..org", ""},
    {"a.b.c.d.e.f.org", "a.b.c.d.e.f.org "},
    {"https://" S64 ".org x.de", "x.de "},
    {"https://sixtyone" S16 S16 S16 "1234567.org", "https://sixtyone" S16 S16 S16 "1234567.org "},
    {"https://\u00fc\u00e4" S16 S16 S16 "12345678.org", ""}, /* too long in punycode */
    /* top-level domains */
    {"example.orgx example.org1 example.org-x example.org+ example.org@x", ""},
    {"example.org_x example.org\u00e9 example.org!", "example.org example.org example.org "},
    {"10.0.0.1 3.5 foo.internal host.lan example.c", ""},
    {"x.\u0440\u0444 x.\u0420\u0424/", "x.\u0440\u0444 x.\u0420\u0424/ "},
    {"x.verm\u00f6gensberatung", "x.verm\u00f6gensberatung "},
    {"x.xn-- x.xn--a", "x.xn--a "},
    {"example.ck example.xn--p1ai", "example.ck example.xn--p1ai "},
    /* ports */
    {"https://example.org:8080 https://example.org: https://example.org:x",
     "https://example.org:8080 https://example.org https://example.org "},
    {"example.org:25 is shut", "example.org "},
    {"example.org:8080/x", "example.org:8080/x "},
    /* paths */
    {"https://example.org/a.html. https://example.org/a, https://example.org/a?",
     "https://example.org/a.html https://example.org/a https://example.org/a "},
    {"https://example.org/~me/%20+x=1/", "https://example.org/~me/%20+x=1/ "},
    {"https://example.org/\u00e9\u0436/\u65e5", "https://example.org/\u00e9\u0436/ "},
    {"https://example.org/a_(b) https://example.org/a(b(c)d)e",
     "https://example.org/a_(b) https://example.org/a(b(c)d)e "},
    {"https://example.org/a(b(c(d))) https://example.org/a(b",
     "https://example.org/a https://example.org/a "},
    {"(see https://example.org/a) (https://example.org/(a))",
     "https://example.org/a https://example.org/(a) "},
    {"https://example.org/a.(b) https://example.org/a(b)(c)",
     "https://example.org/a https://example.org/a(b)(c) "},
    {"https://example.org/a(b).x", "https://example.org/a(b).x "},
    {"https://example.org/()", "https://example.org/ "},
    /* queries */
    {"https://example.org?a=1&b=(2) https://example.org/x?y!",
     "https://example.org?a=1&b=(2 https://example.org/x?y "},
    {"example.org?a=1", "example.org "},
    {"example.org/?a=1", "example.org/?a=1 "},
    {"https://example.org/x?. https://example.org/#top",
     "https://example.org/x https://example.org/#top "},
    /* X's own */
    {"https://t.co/aB3/more https://t.co/aB3?x=1. https://t.co",
     "https://t.co/aB3 https://t.co/aB3?x=1 https://t.co "},
    {"https://t.co/0123456789012345678901234567890123456789",
     "https://t.co/0123456789012345678901234567890123456789 "},
    {"https://t.co/01234567890123456789012345678901234567890 x.de", "x.de "},
    {"t.co/aB3/more https://at.co/aB3/more", "t.co/aB3/more https://at.co/aB3/more "},
    /* a text that is none */
    {"\xff"
     "example.org\xfe",
     "example.org "},
    {"\xc3", ""},
};

static void test_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		struct buf found;

		links_of(links[i].text, &found);
		if (strcmp(buf_text(&found), links[i].links))
			fail_msg("%s: %s", links[i].text, buf_text(&found));
		assert_true(!*links[i].links || twitter_may_link(links[i].text));
		buf_finish(&found);
	}
}

/* From a place in the middle the same links are found, not others. */
static void test_from(void **state)
{
	const char *text = "a.de http://b.de/x";
	size_t at = 1, len = 0;

	(void)state;
	assert_true(twitter_url(text, &at, &len));
	assert_int_equal(at, 5);
	assert_int_equal(len, 13);
	at = 6;
	assert_false(twitter_url(text, &at, &len));
	at = 1000;
	assert_false(twitter_url(text, &at, &len));
}

/* 4,096 with the protocol, and no more. */
static void test_longest(void **state)
{
	char text[4200];
	size_t at = 0, len = 0;

	(void)state;
	memset(text, 'a', sizeof text);
	memcpy(text, "https://example.org/", 20);
	text[4096 - 8] = '\0'; /* the protocol is counted twice, as the library does */
	assert_true(twitter_url(text, &at, &len));
	assert_int_equal(len, 4088);
	text[4096 - 8] = 'a';
	text[4096 - 7] = '\0';
	assert_false(twitter_url(text, &at, &len));
	assert_int_equal(twitter_weight(text), 4089);
	assert_true(twitter_may_link(text));
}

static void test_may_link(void **state)
{
	static const char *const yes[] = {
	    "x.unknown",
	    "db1.internal is away",
	    "foo.conf",
	    "end.Next",
	    "a.b.cd",
	    "x.y_z.ab",
	    "\u0436.\u0436\u0436",
	    "m\u00fcnchen.d\u00e9",
	    "gopher://x",
	    "://",
	    "MailTo:x",
	    "xmpp:x",
	    "magnet:?x",
	    "example.org.",
	    "(example.org)",
	    "a_.bc",
	    "1.de",
	};
	static const char *const no[] = {
	    "",        "example[.]com", "10.0.0.1",    "3.5",    "e.g. this", "12.3s",
	    "i.e.",    "U.S.",          "a.b",         "a.b2",   "a.bc2",     "0.02ms 3.5GiB",
	    "x. y",    "a . bc",        ". de",        "a..",    "a.-b",      "https[:]//10.0.0.1",
	    "12:03",   "a:/b",          "#T7K2 @x $y", "\u3002", "(.de)",     ".de",
	    "\xff.de",
	};

	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		if (!twitter_may_link(yes[i]))
			fail_msg("no link: %s", yes[i]);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (twitter_may_link(no[i]))
			fail_msg("a link: %s", no[i]);
}

/* ---- what words.c made harmless ---- */

static uint32_t dice(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % sides;
}

/* What links are made of, and what stands around them. */
static const char *const pieces[] = {
    "http://",
    "HTTPS://",
    "t.co/",
    "mailto:",
    "xmpp:",
    "magnet:",
    ":",
    "//",
    "/",
    ".",
    ".",
    ".",
    "..",
    "com",
    "org",
    "io",
    "de",
    "so",
    "xn--",
    "\u0440\u0444",
    "\u307f\u3093\u306a",
    "a",
    "b1",
    "e",
    "-",
    "_",
    "@",
    "#",
    "$",
    "(",
    ")",
    "[",
    "]",
    " ",
    "\n",
    "\u0301",
    "\u00e9",
    "\u0436",
    "\u65e5",
    "\u3002",
    "\uff0e",
    "\u2024",
    "\uff1a",
    "\uff0f",
    "\u200b",
    "\u200d",
    "\u202e",
    "\ufe0f",
    "\ufeff",
    "\U0001f534",
    "\U0001f1e9",
    "\u0345",
    "\u212a",
    "\u0130",
    "\xff",
    "\xc3",
    "*",
    "`",
    "\"",
    "?",
    "1",
    "\x01",
};

static void hostile(uint32_t *seed, char *out, size_t size)
{
	uint32_t n = 1 + dice(seed, 12);

	*out = '\0';
	while (n--) {
		size_t used = strlen(out);

		snprintf(
		    out + used, size - used, "%s",
		    pieces[dice(seed, sizeof pieces / sizeof *pieces)]);
	}
}

static void test_neutralised(void **state)
{
	uint32_t seed = 7, linked = 0;
	char text[256];

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct buf out;

		hostile(&seed, text, sizeof text);
		linked += twitter_may_link(text);
		buf_init(&out, 10000);
		words_neutralise(text, &out);
		if (twitter_may_link(buf_text(&out)))
			fail_msg("round %u: %s", i, buf_text(&out));
		buf_finish(&out);
	}
	assert_in_range(linked, ROUNDS / 10, ROUNDS - 1); /* else the test is about nothing */
}

static void test_unlinked(void **state)
{
	uint32_t seed = 11, same = 0;
	char text[256];

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct buf once, twice;

		hostile(&seed, text, sizeof text);
		buf_init(&once, 10000);
		buf_init(&twice, 10000);
		words_unlink(text, &once);
		words_unlink(buf_text(&once), &twice);
		assert_string_equal(buf_text(&twice), buf_text(&once));
		if (twitter_may_link(buf_text(&once)))
			fail_msg("round %u: %s", i, buf_text(&once));
		same += !strcmp(buf_text(&once), text);
		buf_finish(&twice);
		buf_finish(&once);
	}
	assert_in_range(same, ROUNDS / 10, ROUNDS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_weights),     cmocka_unit_test(test_valid),
	    cmocka_unit_test(test_links),       cmocka_unit_test(test_from),
	    cmocka_unit_test(test_longest),     cmocka_unit_test(test_may_link),
	    cmocka_unit_test(test_neutralised), cmocka_unit_test(test_unlinked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
