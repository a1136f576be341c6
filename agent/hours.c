/*
 * Hours of the week, parsed and asked. Called by config_policy.c and by the engine.
 * Must never read a clock, nor take a part that it only half understands.
 */
#include "agent/hours.h"
#include "agent/config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_MINUTES 1440
#define WEEK_MINUTES (7 * DAY_MINUTES)
#define DAY_S ((int64_t)86400)
#define WEEK_S (7 * DAY_S)
#define EPOCH_WEEKDAY 4 /* 1 January 1970 was a Thursday; Sunday is 0 */
#define PART_MAX 100 /* bytes of one part; "wednesday-saturday 00:00-24:00" has 31 */
#define PARTS_MAX 50 /* so that asking stays cheap */

/* Minutes of the local week, from Sunday 00:00; `to` may lie in the week that follows. */
struct run {
	int from, to;
};

struct hours {
	bool always;
	unsigned n;
	struct run runs[]; /* disjoint, not touching, by `from`; only the last may leave its week */
};

/* --- the text ------------------------------------------------------------------------------- */

struct part {
	int first_day, last_day; /* 0 = Sunday; last before first: over the end of the week */
	int from, to; /* minutes of the day */
	bool has_days, has_times;
};

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t\r\n");
}

/* The word at *at is a day: its number, and *at moves behind it. */
static int parse_day(const char **at, int *day, struct err *err)
{
	static const char *const days[] = {"sun",       "mon",      "tue",    "wed",      "thu",
					   "fri",       "sat",      "sunday", "monday",   "tuesday",
					   "wednesday", "thursday", "friday", "saturday", NULL};
	char word[PART_MAX];
	const char *near;
	size_t n = 0;

	for (; isalpha((unsigned char)(*at)[n]); n++)
		word[n] = (char)tolower((unsigned char)(*at)[n]);
	word[n] = '\0';
	*at += n;
	for (*day = 0; days[*day]; ++*day)
		if (!strcmp(days[*day], word)) {
			*day %= 7;
			return 0;
		}
	near = config_nearest(word, days);
	if (near)
		return err_set(err, "no such day as \"%s\"; did you mean \"%s\"?", word, near);
	return err_set(err, "no such day as \"%s\"; one is \"mon\" or \"monday\"", word);
}

/* "mon", "mon-fri" */
static int parse_days(const char **at, struct part *p, struct err *err)
{
	const char *dash;

	if (parse_day(at, &p->first_day, err) == -1)
		return -1;
	p->last_day = p->first_day;
	p->has_days = true;
	dash = skip_blanks(*at);
	if (*dash != '-' || !isalpha((unsigned char)*skip_blanks(dash + 1)))
		return 0;
	*at = skip_blanks(dash + 1);
	return parse_day(at, &p->last_day, err);
}

static int no_time(const char *at, struct err *err)
{
	int n = (int)strcspn(at, " \t\r\n-");

	if (!n)
		return err_set(err, "a time is missing before \"%s\"", at);
	if (strspn(at, "0123456789") == (size_t)n && n <= 2)
		return err_set(
		    err, "\"%.*s\" is no time of day; did you mean \"%.*s:00\"?", n, at, n, at);
	return err_set(err, "\"%.*s\" is no time of day; one is \"22:00\"", n, at);
}

/* "22:00" or "7:00"; at the end of a span also "24:00". */
static int parse_time(const char **at, int last, int *minutes, struct err *err)
{
	size_t n = strspn(*at, "0123456789");
	const char *rest = *at + n;
	long hour, minute;

	if (n < 1 || n > 2 || *rest != ':' || strspn(rest + 1, "0123456789") != 2)
		return no_time(*at, err);
	hour = strtol(*at, NULL, 10);
	minute = strtol(rest + 1, NULL, 10);
	*minutes = (int)(hour * 60 + minute);
	if (minute > 59 || *minutes > last)
		return no_time(*at, err);
	*at = rest + 3;
	return 0;
}

/* "22:00-07:00" */
static int parse_times(const char **at, struct part *p, struct err *err)
{
	const char *from = *at;
	int n;

	if (parse_time(at, DAY_MINUTES - 1, &p->from, err) == -1)
		return -1;
	n = (int)(*at - from);
	*at = skip_blanks(*at);
	if (**at != '-')
		return err_set(err, "\"%.*s\" has no end: \"%.*s-07:00\"?", n, from, n, from);
	*at = skip_blanks(*at + 1);
	if (!**at)
		return err_set(err, "\"%.*s-\" has no end: \"%.*s-07:00\"?", n, from, n, from);
	p->has_times = true;
	return parse_time(at, DAY_MINUTES, &p->to, err);
}

static int parse_part(const char *text, struct part *p, struct err *err)
{
	const char *at = skip_blanks(text);

	*p = (struct part){0, 6, 0, DAY_MINUTES, false, false};
	if (!*at)
		return err_set(err, "an empty part; one is \"22:00-07:00\"");
	if (isalpha((unsigned char)*at) && parse_days(&at, p, err) == -1)
		return -1;
	at = skip_blanks(at);
	if (*at && parse_times(&at, p, err) == -1)
		return -1;
	at = skip_blanks(at);
	if (*at)
		return err_set(
		    err, "\"%s\" is too much behind \"%.*s\"", at, (int)(at - text), text);
	return 0;
}

/* --- the week ------------------------------------------------------------------------------- */

static void mark(bool *week, const struct part *p)
{
	int length = p->to > p->from ? p->to - p->from : p->to + DAY_MINUTES - p->from;

	for (int day = p->first_day;; day = (day + 1) % 7) {
		int from = day * DAY_MINUTES + p->from;

		for (int i = 0; i < length; i++)
			week[(from + i) % WEEK_MINUTES] = true;
		if (day == p->last_day)
			return;
	}
}

/*
 * "sat, sun 10:00-12:00": in a list of days Saturday has the hours, in a list of parts it is
 * silent all day. We do not guess.
 */
static int
check_list(const struct part *before, const struct part *p, const char *text, struct err *err)
{
	if (before->has_days && !before->has_times && p->has_days && p->has_times)
		return err_set(
		    err,
		    "days without times before \"%s\": say the times of both, as in \"sat "
		    "00:00-24:00\"",
		    skip_blanks(text));
	return 0;
}

static int parse_parts(const char *text, bool *week, struct err *err)
{
	struct part before = {.has_times = true}, p;
	char part[PART_MAX];

	for (int parts = 1;; parts++) {
		size_t n = strcspn(text, ",");

		if (parts > PARTS_MAX)
			return err_set(err, "more than %d parts", PARTS_MAX);
		if (n >= sizeof part)
			return err_set(
			    err, "\"%.20s...\" is too long; one part is \"22:00-07:00\"", text);
		memcpy(part, text, n);
		while (n && strchr(" \t\r\n", part[n - 1]))
			n--;
		part[n] = '\0';
		if (parse_part(part, &p, err) == -1 || check_list(&before, &p, part, err) == -1)
			return -1;
		mark(week, &p);
		before = p;
		text += strcspn(text, ",");
		if (!*text++)
			return 0;
	}
}

/* The marked minutes as runs; `to` is behind the last. With h NULL only counts. */
static unsigned runs_of(const bool *week, struct hours *h)
{
	unsigned n = 0;

	for (int at = 0; at < WEEK_MINUTES; at++) {
		int end = at;

		if (!week[at] || week[(at + WEEK_MINUTES - 1) % WEEK_MINUTES])
			continue;
		while (week[end % WEEK_MINUTES])
			end++;
		if (h)
			h->runs[n] = (struct run){at, end};
		n++;
	}
	return n;
}

/* What word processors and phones make of a "-". */
static bool has_long_dash(const char *text, struct err *err)
{
	static const char *const dashes[] = {"\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212"};

	for (unsigned i = 0; i < sizeof dashes / sizeof *dashes; i++)
		if (strstr(text, dashes[i])) {
			err_set(err, "a long dash, \"%s\"; write \"-\", as in \"22:00-07:00\"", dashes[i]);
			return true;
		}
	return false;
}

struct hours *hours_parse(const char *text, struct err *err)
{
	bool week[WEEK_MINUTES] = {false};
	struct hours *h;
	unsigned n;

	if (has_long_dash(text, err) || parse_parts(text, week, err) == -1)
		return NULL;
	n = runs_of(week, NULL);
	h = calloc(1, sizeof *h + n * sizeof h->runs[0]);
	if (!h) {
		err_set(err, "out of memory");
		return NULL;
	}
	h->n = runs_of(week, h);
	h->always = !n; /* no minute begins a run: each is marked */
	return h;
}

void hours_destroy(struct hours *h)
{
	free(h);
}

/* --- the clock ------------------------------------------------------------------------------ */

/* Seconds that the local clock is ahead of UTC then. */
static int64_t ahead(int64_t wall_s)
{
	time_t t = (time_t)wall_s;
	struct tm tm = {0};

	localtime_r(&t, &tm);
	return tm.tm_gmtoff;
}

/* The moment between two others at which the clock is changed. */
static int64_t change_between(int64_t before, int64_t after)
{
	int64_t old = ahead(before);

	while (after - before > 1) {
		int64_t middle = before + (after - before) / 2;

		if (ahead(middle) == old)
			before = middle;
		else
			after = middle;
	}
	return after;
}

enum coming { FIRST, SECOND };

/* When the local clock shows this (seconds as if it were UTC). */
static int64_t wall_of(int64_t local_s, enum coming coming)
{
	int64_t old = ahead(local_s - DAY_S), new = ahead(local_s + DAY_S);
	int64_t early = local_s - old, late = local_s - new;
	bool was = ahead(early) == old, will = ahead(late) == new;

	if (was && will)
		return (early < late) == (coming == FIRST) ? early : late;
	if (was || will)
		return was ? early : late;
	return change_between(late, early); /* the clock goes over it */
}

struct stretch {
	int64_t begin, end;
};

/* Run i of the local week that begins at `week`, in local seconds; i may lie in weeks before or behind. */
static struct stretch local_run(const struct hours *h, int64_t week, int i)
{
	int n = (int)h->n, weeks = i < 0 ? -((n - 1 - i) / n) : i / n;
	const struct run *run = &h->runs[i - weeks * n];

	week += weeks * WEEK_S;
	return (struct stretch){week + run->from * 60, week + run->to * 60};
}

static struct stretch stretch_of(const struct hours *h, int64_t week, int i)
{
	struct stretch local = local_run(h, week, i);

	return (struct stretch){wall_of(local.begin, FIRST), wall_of(local.end, SECOND)};
}

static int64_t local_week(int64_t local_s)
{
	int64_t since = (local_s + EPOCH_WEEKDAY * DAY_S) % WEEK_S;

	return local_s - (since < 0 ? since + WEEK_S : since);
}

/* The present or next stretch. A clock change may take away what is between two, or one whole. */
static struct stretch find(const struct hours *h, int64_t wall_s)
{
	int64_t local_s = wall_s + ahead(wall_s), week = local_week(local_s);
	struct stretch found, next;
	int i = -(int)h->n - 1, last;

	while (local_run(h, week, i).end <
	       local_s - 2 * DAY_S) /* what no clock change brings back */
		i++;
	do
		found = stretch_of(h, week, i++);
	while (found.end <= wall_s || found.begin >= found.end);
	for (last = i; (next = stretch_of(h, week, last)).begin <= found.end; last++)
		found.end = next.end;
	for (i -= 2; (next = stretch_of(h, week, i)).end >= found.begin; i--)
		found.begin = next.begin;
	return found;
}

/* Far from a clock change the local time alone tells. */
static bool holds_plainly(const struct hours *h, int64_t local_s)
{
	int minute = (int)((local_s - local_week(local_s)) / 60);

	for (unsigned i = 0; i < h->n; i++)
		if ((minute >= h->runs[i].from && minute < h->runs[i].to) ||
		    minute + WEEK_MINUTES < h->runs[i].to)
			return true;
	return false;
}

bool hours_hold(const struct hours *h, int64_t wall_s)
{
	int64_t now;

	if (!h || h->always)
		return h != NULL;
	now = ahead(wall_s);
	if (ahead(wall_s - DAY_S) == now && ahead(wall_s + DAY_S) == now)
		return holds_plainly(h, wall_s + now);
	return find(h, wall_s).begin <= wall_s;
}

int64_t hours_end(const struct hours *h, int64_t wall_s)
{
	return h && !h->always ? find(h, wall_s).end : 0;
}

int64_t hours_begin(const struct hours *h, int64_t wall_s)
{
	return h && !h->always ? find(h, wall_s).begin : 0;
}
