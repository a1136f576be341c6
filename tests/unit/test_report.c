/*
 * The arithmetic of a month, as tables: spans that overlap, borders of months and of daylight
 * saving, what is in a mean, what counts as noise, what began before and is not over.
 */
#include "agent/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define SAMOA "WSST-13" /* ahead of UTC by more than half a day */
#define H 3600
#define DAY (24 * H)
#define NOV INT64_C(1793487600) /* 2026-11-01 00:00 in Berlin, 2026-10-31 23:00 UTC */
#define COUNT(x) (sizeof(x) / sizeof((x)[0]))

static void use_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

/* ---- spans ---- */

struct span_case {
	struct report_span at[4];
	size_t n, joined;
	int64_t length;
};

static void test_union(void **state)
{
	static const struct span_case cases[] = {
		{.n = 0, .joined = 0, .length = 0},
		{{{0, 10}}, 1, 1, 10},
		{{{0, 10}, {20, 30}}, 2, 2, 20},
		{{{20, 30}, {0, 10}}, 2, 2, 20}, /* out of order */
		{{{0, 10}, {5, 15}}, 2, 1, 15},	 /* overlap */
		{{{0, 10}, {10, 20}}, 2, 1, 20}, /* touch */
		{{{0, 100}, {5, 15}}, 2, 1, 100},	/* within */
		{{{0, 100}, {5, 15}, {50, 120}}, 3, 1, 120}, /* the long one goes on behind the short */
		{{{0, 10}, {0, 10}, {0, 10}}, 3, 1, 10}, /* equal ones are one */
		{{{10, 10}, {20, 15}, {0, 1}}, 3, 1, 1}, /* empty, and backwards */
	};

	(void)state;
	for (size_t k = 0; k < COUNT(cases); k++) {
		struct span_case c = cases[k];
		size_t n = report_union(c.at, c.n);

		if (n != c.joined || report_length(c.at, n) != c.length)
			fail_msg("case %zu: %zu spans, %lld s", k, n, (long long)report_length(c.at, n));
	}
}

static void test_common(void **state)
{
	static const struct {
		struct report_span a[3], b[3];
		size_t n_a, n_b;
		int64_t common;
	} cases[] = {
		{{{0, 10}}, {{0, 0}}, 1, 0, 0},
		{{{0, 10}}, {{10, 20}}, 1, 1, 0},
		{{{0, 10}}, {{5, 20}}, 1, 1, 5},
		{{{0, 100}}, {{10, 20}, {30, 40}, {90, 200}}, 1, 3, 30},
		{{{0, 5}, {10, 15}, {20, 25}}, {{3, 22}}, 3, 1, 2 + 5 + 2},
	};

	(void)state;
	for (size_t k = 0; k < COUNT(cases); k++) {
		assert_int_equal(report_common(cases[k].a, cases[k].n_a, cases[k].b, cases[k].n_b), cases[k].common);
		assert_int_equal(report_common(cases[k].b, cases[k].n_b, cases[k].a, cases[k].n_a), cases[k].common);
	}
}

/* ---- months ---- */

static void test_month(void **state)
{
	static const struct {
		const char *zone, *text;
		int64_t now_s;
		unsigned number;
		int64_t from_s, length_s, until_s;
	} cases[] = {
		{BERLIN, NULL, NOV + 5 * H, 202611, NOV, 30 * DAY, NOV + 5 * H},
		{BERLIN, NULL, NOV, 202611, NOV, 30 * DAY, NOV}, /* the first second */
		{BERLIN, NULL, NOV - 1, 202610, NOV - 31 * DAY - H, 31 * DAY + H, NOV - 1},
		{BERLIN, "2026-10", NOV, 202610, NOV - 31 * DAY - H, 31 * DAY + H, NOV}, /* an hour twice */
		{BERLIN, "2026-03", NOV, 202603, 1772319600, 31 * DAY - H, 1772319600 + 31 * DAY - H}, /* an hour missing */
		{BERLIN, "2024-02", NOV, 202402, 1706742000, 29 * DAY, 1706742000 + 29 * DAY},
		{BERLIN, "2025-12", NOV, 202512, 1764543600, 31 * DAY, 1764543600 + 31 * DAY},
		{"UTC", NULL, NOV, 202610, NOV + H - 31 * DAY, 31 * DAY, NOV},
		{SAMOA, NULL, NOV, 202611, NOV - 12 * H, 30 * DAY, NOV},
	};
	struct report_month month;
	struct err err;

	(void)state;
	for (size_t k = 0; k < COUNT(cases); k++) {
		use_zone(cases[k].zone);
		assert_int_equal(report_month(cases[k].text, cases[k].now_s, &month, &err), 0);
		if (month.number != cases[k].number || month.whole.from_s != cases[k].from_s ||
		    month.whole.to_s - month.whole.from_s != cases[k].length_s || month.until_s != cases[k].until_s)
			fail_msg("case %zu: %u, from %lld for %lld until %lld", k, month.number,
				 (long long)month.whole.from_s, (long long)(month.whole.to_s - month.whole.from_s),
				 (long long)month.until_s);
	}
}

static void test_no_month(void **state)
{
	static const char *const texts[] = {"2026-12", "2027-01", "9999-12", "2026-13", "2026-00", "2026-1", "26-11",
					    "2026/11", "november", "", "2026-11-01", " 2026-11", "2026--1", "-026-11",
					    "1969-12", "2026-1a"};
	struct report_month month;
	struct err err;

	(void)state;
	use_zone(BERLIN);
	for (size_t k = 0; k < COUNT(texts); k++)
		if (report_month(texts[k], NOV, &month, &err) != -1 || !err.text[0])
			fail_msg("\"%s\" was taken for a month", texts[k]);
}

/* ---- times ---- */

static void test_times(void **state)
{
	static const struct {
		int64_t at[11];
		size_t n;
		int64_t mean_s, median_s, p90_s;
	} cases[] = {
		{{0}, 0, 0, 0, 0},
		{{60}, 1, 60, 60, 60},
		{{10, 20}, 2, 15, 15, 20},
		{{30, 10, 20}, 3, 20, 20, 30},
		{{1, 1, 1, 97}, 4, 25, 1, 97}, /* what a mean hides */
		{{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 10, 5, 5, 9},
		{{11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 11, 6, 6, 10},
	};

	(void)state;
	for (size_t k = 0; k < COUNT(cases); k++) {
		int64_t at[11];
		struct report_times t;

		memcpy(at, cases[k].at, sizeof at);
		t = report_times(at, cases[k].n);
		if (t.n != cases[k].n || t.mean_s != cases[k].mean_s || t.median_s != cases[k].median_s ||
		    t.p90_s != cases[k].p90_s)
			fail_msg("case %zu: mean %lld, median %lld, p90 %lld", k, (long long)t.mean_s,
				 (long long)t.median_s, (long long)t.p90_s);
	}
}

/* ---- noise ---- */

static void test_noise(void **state)
{
	static const struct {
		struct report_incident i;
		enum report_noise noise;
	} cases[] = {
		{{.flags = REPORT_TOLD, .told_s = 100, .until_s = 100 + REPORT_SHORT_S - 1, .times = 1}, REPORT_SHORT},
		{{.flags = REPORT_TOLD, .told_s = 100, .until_s = 100 + REPORT_SHORT_S, .times = 1}, REPORT_USEFUL},
		{{.flags = REPORT_TOLD, .told_s = 100, .until_s = 90, .times = 1}, REPORT_SHORT}, /* told late */
		{{.flags = REPORT_TOLD, .told_s = 100, .times = 1}, REPORT_USEFUL},		  /* it goes on */
		{{.flags = REPORT_TOLD, .until_s = 100, .times = 1}, REPORT_USEFUL},		  /* nothing was sent */
		{{.flags = REPORT_TOLD, .told_s = 100, .until_s = 110, .times = 1, .acked_by = REPORT_ACK_WEB},
		 REPORT_USEFUL},
		{{.flags = REPORT_TOLD | REPORT_BY_HAND, .told_s = 100, .until_s = 110, .times = 1}, REPORT_USEFUL},
		{{.flags = REPORT_TOLD, .told_s = 100, .until_s = 9000, .times = 3}, REPORT_USEFUL},
		{{.flags = REPORT_TOLD, .told_s = 100, .until_s = 9000, .times = 4}, REPORT_OFTEN},
		{{.flags = REPORT_TOLD | REPORT_RETRACTED, .told_s = 100, .times = 4}, REPORT_FALSE_ALARM},
	};

	(void)state;
	for (size_t k = 0; k < COUNT(cases); k++)
		if (report_judge(&cases[k].i) != cases[k].noise)
			fail_msg("case %zu: %d", k, (int)report_judge(&cases[k].i));
}

/* ---- a whole month ---- */

#define NOW (NOV + 10 * DAY)
#define MAIL ((const char *const[]){"E-mail"})
#define BOTH ((const char *const[]){"E-mail", "Wiki"})
#define SPANS(...) ((const struct report_span[]){__VA_ARGS__})
#define SPAN(from, to) {(from), (to)}
#define AT(h) (NOV + (h) * H)

static void add_all(struct report *r, const struct report_incident *at, size_t n)
{
	for (size_t k = 0; k < n; k++)
		assert_int_equal(report_add(r, &at[k]), 0);
}

static struct report *november(void)
{
	struct report_month month;
	struct err err;

	use_zone(BERLIN);
	assert_int_equal(report_month(NULL, NOW, &month, &err), 0);
	return report_create(&month);
}

static void same_subject(const struct report_list *list, size_t k, const struct report_subject *want)
{
	const struct report_subject *have = &list->at[k];

	if (k >= list->n)
		fail_msg("no %s among %zu", want->name, list->n);
	if (strcmp(have->name, want->name) != 0 || have->times != want->times || have->s != want->s ||
	    have->apart_s != want->apart_s)
		fail_msg("%s: %u times, %lld s, %lld s apart", have->name, have->times, (long long)have->s,
			 (long long)have->apart_s);
}

static void test_public_minutes(void **state)
{
	const struct report_incident all[] = {
		/* began in October, over at 02:00: two hours of it */
		{.tag = "TOLD", .object = "mx1", .flags = REPORT_TOLD | REPORT_PUBLIC, .begun_s = AT(-5), .until_s = AT(2),
		 .bad = SPANS(SPAN(AT(-5), AT(2))), .n_bad = 1, .public = SPANS(SPAN(AT(-5), AT(2))), .n_public = 1,
		 .names = MAIL, .n_names = 1},
		/* another of the same name overlaps: one more hour */
		{.tag = "TNEW", .object = "mx2", .flags = REPORT_TOLD | REPORT_PUBLIC, .begun_s = AT(1), .until_s = AT(3),
		 .bad = SPANS(SPAN(AT(1), AT(3))), .n_bad = 1, .public = SPANS(SPAN(AT(1), AT(3))), .n_public = 1,
		 .names = BOTH, .n_names = 2},
		/* planned work on the second half of that, and of nothing more */
		{.tag = "TPLN", .object = "mx2", .flags = REPORT_TOLD | REPORT_MAINTENANCE, .begun_s = AT(2),
		 .until_s = AT(30), .work = SPANS(SPAN(AT(2), AT(30))), .n_work = 1, .names = MAIL, .n_names = 1},
		/* still bad, for the last hour */
		{.tag = "TNOW", .object = "www", .flags = REPORT_TOLD | REPORT_PUBLIC, .begun_s = NOW - H,
		 .bad = SPANS(SPAN(NOW - H, 0)), .n_bad = 1, .public = SPANS(SPAN(NOW - H, 0)), .n_public = 1,
		 .names = MAIL, .n_names = 1},
		/* a false alarm: nothing was bad */
		{.tag = "TNOT", .object = "www", .flags = REPORT_TOLD | REPORT_PUBLIC | REPORT_RETRACTED, .begun_s = AT(50),
		 .until_s = AT(60), .bad = SPANS(SPAN(AT(50), AT(60))), .n_bad = 1,
		 .public = SPANS(SPAN(AT(50), AT(60))), .n_public = 1, .names = MAIL, .n_names = 1},
		/* over when the month began */
		{.tag = "TOFF", .object = "old", .flags = REPORT_TOLD | REPORT_PUBLIC, .begun_s = AT(-9), .until_s = NOV,
		 .bad = SPANS(SPAN(AT(-9), NOV)), .n_bad = 1, .public = SPANS(SPAN(AT(-9), NOV)), .n_public = 1,
		 .names = MAIL, .n_names = 1},
	};
	struct report *r = november();
	struct report_sums s;

	(void)state;
	add_all(r, all, COUNT(all));
	assert_int_equal(report_sum(r, &s), 0);
	assert_int_equal(s.incidents, 3);
	assert_int_equal(s.earlier, 1);
	assert_int_equal(s.maintenances, 1);
	assert_int_equal(s.retracted, 1);
	assert_int_equal(s.public_names.n, 2);
	same_subject(&s.public_names, 0, &(struct report_subject){"E-mail", 3, 3 * H, H});
	same_subject(&s.public_names, 1, &(struct report_subject){"Wiki", 1, 2 * H, 0});
	assert_int_equal(s.objects.n, 3);
	same_subject(&s.objects, 0, &(struct report_subject){"mx1", 1, 2 * H, 0});
	same_subject(&s.objects, 1, &(struct report_subject){"mx2", 1, 2 * H, 0});
	same_subject(&s.objects, 2, &(struct report_subject){"www", 1, H, 0});
	report_destroy(r);
}

static void test_acks_and_ends(void **state)
{
	const struct report_incident all[] = {
		{.tag = "T1", .object = "a", .flags = REPORT_TOLD | REPORT_MAJOR, .begun_s = AT(1), .until_s = AT(1) + 600,
		 .acked_s = AT(1) + 60, .acked_by = REPORT_ACK_REPLY, .posts = 2, .told_s = AT(1)},
		{.tag = "T2", .object = "a", .flags = REPORT_TOLD, .begun_s = AT(2), .until_s = AT(2) + 1200,
		 .acked_s = AT(2) + 180, .acked_by = REPORT_ACK_WEB, .posts = 2, .told_s = AT(2)},
		/* it ended in December, as seen later: it is of November all the same */
		{.tag = "T3", .object = "b", .flags = REPORT_TOLD | REPORT_BY_HAND, .begun_s = AT(3),
		 .until_s = AT(3) + 40 * DAY, .posts = 1, .told_s = AT(3)},
		/* of October: in nothing but the posts */
		{.tag = "T4", .object = "b", .flags = REPORT_TOLD, .begun_s = AT(-1), .until_s = AT(-1) + 60,
		 .acked_s = AT(-1) + 30, .acked_by = REPORT_ACK_REPLY, .posts = 1, .told_s = AT(-1)},
		/* not over */
		{.tag = "T5", .object = "c", .flags = REPORT_TOLD, .begun_s = AT(5), .posts = 4, .told_s = AT(5)},
		/* over at once */
		{.tag = "T6", .object = "c", .flags = REPORT_TOLD, .begun_s = AT(6), .until_s = AT(6) + 60, .posts = 3,
		 .told_s = AT(6) + 30, .times = 1},
		/* nobody heard of it */
		{.tag = "T7", .object = "d", .flags = 0, .begun_s = AT(7), .until_s = AT(7) + 5},
	};
	struct report *r = november();
	struct report_sums s;

	(void)state;
	add_all(r, all, COUNT(all));
	assert_int_equal(report_sum(r, &s), 0);
	assert_int_equal(s.incidents, 5);
	assert_int_equal(s.majors, 1);
	assert_int_equal(s.by_hand, 1);
	assert_int_equal(s.untold, 1);
	assert_int_equal(s.earlier, 0);
	assert_int_equal(s.acked[REPORT_ACK_REPLY], 1);
	assert_int_equal(s.acked[REPORT_ACK_WEB], 1);
	assert_int_equal(s.acked[REPORT_ACK_NEVER], 3);
	assert_int_equal(s.to_ack.n, 2);
	assert_int_equal(s.to_ack.mean_s, 120);
	assert_int_equal(s.to_end.n, 4);
	assert_int_equal(s.to_end.median_s, 900);
	assert_int_equal(s.to_end.p90_s, 40 * DAY);
	assert_int_equal(s.open, 1);
	assert_string_equal(s.open_tags[0], "T5");
	assert_int_equal(s.posts, 13);
	assert_int_equal(s.noise[REPORT_SHORT], 1);
	assert_int_equal(s.noise_posts, 3);
	report_destroy(r);
}

static void test_flappers(void **state)
{
	static const struct report_flap first[] = {{"mx1/SMTP", SPAN(AT(-2), AT(1))}, {"mx1/SMTP", SPAN(AT(3), AT(4))},
						   {"db1", SPAN(AT(1), AT(9))}};
	static const struct report_flap second[] = {{"db2", SPAN(NOW - H, 0)}, {"db3", SPAN(AT(-9), AT(-8))}};
	const struct report_incident all[] = {
		{.tag = "T1", .object = "x", .flags = REPORT_TOLD, .begun_s = AT(-2), .until_s = AT(9), .flaps = first,
		 .n_flaps = 3},
		{.tag = "T2", .object = "y", .begun_s = AT(20), .flaps = second, .n_flaps = 2},
	};
	struct report *r = november();
	struct report_sums s;

	(void)state;
	add_all(r, all, COUNT(all));
	assert_int_equal(report_sum(r, &s), 0);
	assert_int_equal(s.flappers.n, 3);
	same_subject(&s.flappers, 0, &(struct report_subject){"mx1/SMTP", 2, 2 * H, 0});
	same_subject(&s.flappers, 1, &(struct report_subject){"db1", 1, 8 * H, 0});
	same_subject(&s.flappers, 2, &(struct report_subject){"db2", 1, H, 0});
	report_destroy(r);
}

static void test_many(void **state)
{
	struct report *r = november();
	struct report_sums s;

	(void)state;
	for (unsigned k = 0; k < 1000; k++) {
		struct report_span bad = {AT(1) + k, AT(1) + k + 1};
		struct report_incident i = {.tag = "T1", .object = "a", .flags = REPORT_TOLD, .begun_s = AT(1) + k,
					    .bad = &bad, .n_bad = 1};

		assert_int_equal(report_add(r, &i), 0);
	}
	assert_int_equal(report_sum(r, &s), 0);
	assert_int_equal(s.open, 1000);
	assert_string_equal(s.open_tags[REPORT_TAGS - 1], "T1");
	same_subject(&s.objects, 0, &(struct report_subject){"a", 1000, 1000, 0});
	report_destroy(r);
	report_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_union),	       cmocka_unit_test(test_common),
		cmocka_unit_test(test_month),	       cmocka_unit_test(test_no_month),
		cmocka_unit_test(test_times),	       cmocka_unit_test(test_noise),
		cmocka_unit_test(test_public_minutes), cmocka_unit_test(test_acks_and_ends),
		cmocka_unit_test(test_flappers),       cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
