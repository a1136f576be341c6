/*
 * The arithmetic of `twicket report`. Called by cli_report.c, incident by incident, and for its
 * spans by control_month.c. Must never read a clock, nor count one second twice.
 */
#include "agent/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

/* --- spans of time ------------------------------------------------------------------- */

static int by_begin(const void *a, const void *b)
{
	const struct report_span *x = a, *y = b;

	return (x->from_s > y->from_s) - (x->from_s < y->from_s);
}

size_t report_union(struct report_span *at, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(at, n, sizeof *at, by_begin);
	for (size_t k = 0; k < n; k++) {
		if (at[k].to_s <= at[k].from_s)
			continue;
		if (kept && at[k].from_s <= at[kept - 1].to_s) {
			if (at[k].to_s > at[kept - 1].to_s)
				at[kept - 1].to_s = at[k].to_s;
			continue;
		}
		at[kept++] = at[k];
	}
	return kept;
}

int64_t report_length(const struct report_span *at, size_t n)
{
	int64_t s = 0;

	for (size_t k = 0; k < n; k++)
		s += at[k].to_s - at[k].from_s;
	return s;
}

static struct report_span overlap(const struct report_span *a, const struct report_span *b)
{
	struct report_span both = {
	    a->from_s > b->from_s ? a->from_s : b->from_s, a->to_s < b->to_s ? a->to_s : b->to_s};

	if (both.to_s < both.from_s)
		both.to_s = both.from_s;
	return both;
}

int64_t report_common(const struct report_span *a, size_t n_a, const struct report_span *b, size_t n_b)
{
	size_t i = 0, k = 0;
	int64_t s = 0;

	while (i < n_a && k < n_b) {
		struct report_span both = overlap(&a[i], &b[k]);

		s += both.to_s - both.from_s;
		if (a[i].to_s < b[k].to_s)
			i++;
		else
			k++;
	}
	return s;
}

/* --- a month --------------------------------------------------------------------------- */

/* Local midnight at the beginning of the month; month counts from 0 and may be 12. */
static int64_t month_begin(int year, int month)
{
	struct tm tm = {.tm_year = year - 1900, .tm_mon = month, .tm_mday = 1, .tm_isdst = -1};

	return (int64_t)mktime(&tm);
}

static bool read_month(const char *text, int *year, int *month)
{
	int used = 0;

	if (strlen(text) != 7 || strspn(text, "0123456789-") != 7 || text[4] != '-' ||
	    sscanf(text, "%4d-%2d%n", year, month, &used) != 2 || used != 7)
		return false;
	return *year >= 1970 && *month >= 1 && *month <= 12;
}

int report_month(const char *text, int64_t now_s, struct report_month *month, struct err *err)
{
	time_t t = (time_t)now_s;
	struct tm now = {.tm_year = 70};
	int year, of_year;

	localtime_r(&t, &now);
	year = now.tm_year + 1900;
	of_year = now.tm_mon + 1;
	if (text && !read_month(text, &year, &of_year))
		return err_set(err, "\"%s\" is no month: 2026-11", text);
	month->number = (unsigned)(year * 100 + of_year);
	month->whole.from_s = month_begin(year, of_year - 1);
	month->whole.to_s = month_begin(year, of_year);
	if (month->whole.from_s > now_s)
		return err_set(err, "%s is still to come", text ? text : "that month");
	month->until_s = month->whole.to_s < now_s ? month->whole.to_s : now_s;
	return 0;
}

/* --- how long things took ---------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

struct report_times report_times(int64_t *at_s, size_t n)
{
	struct report_times t = {.n = n};
	int64_t sum = 0;

	if (!n)
		return t;
	qsort(at_s, n, sizeof *at_s, by_size);
	for (size_t k = 0; k < n; k++)
		sum += at_s[k];
	t.mean_s = sum / (int64_t)n;
	t.median_s = n % 2 ? at_s[n / 2] : (at_s[n / 2 - 1] + at_s[n / 2]) / 2;
	t.p90_s = at_s[(9 * n + 9) / 10 - 1];
	return t;
}

/* --- what it is about ------------------------------------------------------------------------ */

/* Grows by doubling; NULL: no memory, and it is as it was. */
static void *with_room(void *at, size_t n, size_t *cap, size_t size)
{
	size_t wanted = *cap ? 2 * *cap : 16;
	void *grown;

	if (n < *cap)
		return at;
	grown = reallocarray(at, wanted, size);
	if (grown)
		*cap = wanted;
	return grown;
}

struct spans {
	struct report_span *at;
	size_t n, cap;
};

/* An object or a public name. */
struct subject {
	UT_hash_handle hh;
	unsigned times;
	struct spans spans, planned;
	char name[];
};

struct subjects {
	struct subject *all;
	struct report_subject *sorted;
};

struct seconds {
	int64_t *at;
	size_t n, cap;
};

struct report {
	struct report_month month;
	struct report_sums sums;
	struct seconds to_ack, to_end;
	struct subjects flappers, objects, names;
};

static struct subject *subject_of(struct subjects *s, const char *name)
{
	struct subject *one;
	size_t n = strlen(name);

	HASH_FIND_STR(s->all, name, one);
	if (one)
		return one;
	one = calloc(1, sizeof *one + n + 1);
	if (!one)
		return NULL;
	memcpy(one->name, name, n + 1);
	HASH_ADD_STR(s->all, name, one);
	return one;
}

/* What of it lies in the month; what goes on, up to its end or now. 1, 0 nothing of it, -1. */
static int add_span(const struct report *r, struct spans *to, struct report_span span)
{
	struct report_span month = {r->month.whole.from_s, r->month.until_s};
	struct report_span *at;

	if (!span.to_s)
		span.to_s = month.to_s > span.from_s ? month.to_s : span.from_s;
	span = overlap(&span, &month);
	if (span.to_s == span.from_s)
		return 0;
	at = with_room(to->at, to->n, &to->cap, sizeof *at);
	if (!at)
		return -1;
	to->at = at;
	to->at[to->n++] = span;
	return 1;
}

static int add_seconds(struct seconds *to, int64_t s)
{
	int64_t *at = with_room(to->at, to->n, &to->cap, sizeof *at);

	if (!at)
		return -1;
	to->at = at;
	to->at[to->n++] = s > 0 ? s : 0; /* a clock that was set */
	return 0;
}

/* --- an incident --------------------------------------------------------------------------- */

enum report_noise report_judge(const struct report_incident *i)
{
	if (i->flags & REPORT_RETRACTED)
		return REPORT_FALSE_ALARM;
	if (i->times >= REPORT_OFTEN_TIMES)
		return REPORT_OFTEN;
	if (!(i->flags & REPORT_BY_HAND) && i->told_s && i->until_s && i->acked_by == REPORT_ACK_NEVER &&
	    i->until_s - i->told_s < REPORT_SHORT_S)
		return REPORT_SHORT;
	return REPORT_USEFUL;
}

static int add_flaps(struct report *r, const struct report_incident *i)
{
	for (size_t k = 0; k < i->n_flaps; k++) {
		struct subject *one = subject_of(&r->flappers, i->flaps[k].object);
		int rc = one ? add_span(r, &one->spans, i->flaps[k].span) : -1;

		if (rc == -1)
			return -1;
		one->times += rc == 1;
	}
	return 0;
}

/* 1: something of them is in the month; 0, -1. */
static int add_spans(const struct report *r, struct spans *to, const struct report_span *at, size_t n)
{
	int any = 0;

	for (size_t k = 0; k < n; k++) {
		int rc = add_span(r, to, at[k]);

		if (rc == -1)
			return -1;
		any |= rc;
	}
	return any;
}

static int add_bad(struct report *r, const struct report_incident *i)
{
	struct subject *one = subject_of(&r->objects, i->object);
	int n = one ? add_spans(r, &one->spans, i->bad, i->n_bad) : -1;

	if (n == -1)
		return -1;
	one->times += n;
	return 0;
}

static int add_public(struct report *r, const struct report_incident *i)
{
	for (size_t k = 0; k < i->n_names; k++) {
		struct subject *one = subject_of(&r->names, i->names[k]);
		int n = one ? add_spans(r, &one->spans, i->public, i->n_public) : -1;

		if (n == -1 || add_spans(r, &one->planned, i->work, i->n_work) == -1)
			return -1;
		one->times += n;
	}
	return 0;
}

static int add_times(struct report *r, const struct report_incident *i)
{
	struct report_sums *s = &r->sums;

	s->acked[i->acked_by]++;
	if (i->acked_by != REPORT_ACK_NEVER && add_seconds(&r->to_ack, i->acked_s - i->begun_s) == -1)
		return -1;
	if (i->flags & REPORT_RETRACTED)
		return 0; /* it was nothing that took time */
	if (i->until_s)
		return add_seconds(&r->to_end, i->until_s - i->begun_s);
	if (s->open < REPORT_TAGS)
		snprintf(s->open_tags[s->open], sizeof s->open_tags[0], "%s", i->tag);
	s->open++;
	return 0;
}

static int add_begun(struct report *r, const struct report_incident *i)
{
	struct report_sums *s = &r->sums;

	s->incidents++;
	s->public += (i->flags & REPORT_PUBLIC) != 0;
	s->majors += (i->flags & REPORT_MAJOR) != 0;
	s->by_hand += (i->flags & REPORT_BY_HAND) != 0;
	s->retracted += (i->flags & REPORT_RETRACTED) != 0;
	s->reports += i->reports;
	s->confirmed += i->confirmed;
	return add_times(r, i);
}

static bool is_in_month(const struct report *r, int64_t at_s)
{
	return at_s >= r->month.whole.from_s && at_s < r->month.whole.to_s;
}

static void add_posts(struct report *r, const struct report_incident *i)
{
	enum report_noise noise = report_judge(i);

	if (!i->posts)
		return;
	r->sums.posts += i->posts;
	r->sums.noise[noise]++;
	r->sums.noise_posts += noise == REPORT_USEFUL ? 0 : i->posts;
}

int report_add(struct report *r, const struct report_incident *i)
{
	bool is_begun = is_in_month(r, i->begun_s);
	bool reaches_in = i->begun_s < r->month.whole.from_s && (!i->until_s || i->until_s > r->month.whole.from_s);

	if (i->flags & REPORT_MAINTENANCE) {
		r->sums.maintenances += i->n_work && is_begun;
		r->sums.posts += i->posts;
		return add_public(r, i);
	}
	if (add_flaps(r, i) == -1)
		return -1;
	if (!(i->flags & REPORT_TOLD)) {
		r->sums.untold += is_begun;
		return 0;
	}
	add_posts(r, i);
	r->sums.earlier += reaches_in;
	if (is_begun && add_begun(r, i) == -1)
		return -1;
	if (i->flags & REPORT_RETRACTED)
		return 0; /* nothing was bad */
	return add_bad(r, i) == -1 ? -1 : add_public(r, i);
}

/* --- the sums ---------------------------------------------------------------------------------- */

/* The longest first; else by name, so that equal months look equal. */
static int by_seconds(const void *a, const void *b)
{
	const struct report_subject *x = a, *y = b;

	if (x->s != y->s)
		return x->s > y->s ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Who did it most often first. */
static int by_count(const void *a, const void *b)
{
	const struct report_subject *x = a, *y = b;

	if (x->times != y->times)
		return x->times > y->times ? -1 : 1;
	return by_seconds(a, b);
}

static struct report_subject sum_subject(struct subject *one)
{
	struct spans *bad = &one->spans, *planned = &one->planned;
	struct report_subject sum = {.name = one->name, .times = one->times};

	bad->n = report_union(bad->at, bad->n);
	planned->n = report_union(planned->at, planned->n);
	sum.apart_s = report_common(bad->at, bad->n, planned->at, planned->n);
	sum.s = report_length(bad->at, bad->n) - sum.apart_s;
	return sum;
}

static int sum_list(struct subjects *s, int (*order)(const void *, const void *), struct report_list *list)
{
	struct subject *one, *next;
	size_t n = 0;

	s->sorted = calloc(HASH_COUNT(s->all) + 1, sizeof *s->sorted);
	if (!s->sorted)
		return -1;
	HASH_ITER (hh, s->all, one, next) {
		s->sorted[n] = sum_subject(one);
		n += s->sorted[n].s || s->sorted[n].apart_s;
	}
	if (n)
		qsort(s->sorted, n, sizeof *s->sorted, order);
	*list = (struct report_list){s->sorted, n};
	return 0;
}

int report_sum(struct report *r, struct report_sums *sums)
{
	if (sum_list(&r->flappers, by_count, &r->sums.flappers) == -1 ||
	    sum_list(&r->objects, by_seconds, &r->sums.objects) == -1 ||
	    sum_list(&r->names, by_seconds, &r->sums.public_names) == -1)
		return -1;
	r->sums.to_ack = report_times(r->to_ack.at, r->to_ack.n);
	r->sums.to_end = report_times(r->to_end.at, r->to_end.n);
	*sums = r->sums;
	return 0;
}

struct report *report_create(const struct report_month *month)
{
	struct report *r = calloc(1, sizeof *r);

	if (r)
		r->month = *month;
	return r;
}

static void subjects_free(struct subjects *s)
{
	struct subject *one, *next;

	HASH_ITER (hh, s->all, one, next) {
		HASH_DEL(s->all, one);
		free(one->spans.at);
		free(one->planned.at);
		free(one);
	}
	free(s->sorted);
}

void report_destroy(struct report *r)
{
	if (!r)
		return;
	subjects_free(&r->flappers);
	subjects_free(&r->objects);
	subjects_free(&r->names);
	free(r->to_ack.at);
	free(r->to_end.at);
	free(r);
}
