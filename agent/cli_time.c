/*
 * Times and durations as an admin reads and types them. Called by the commands of
 * the CLI. It must never read the clock: now is passed in.
 */
#include "agent/cli_text.h"
#include "agent/config.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* English whatever the locale says: scripts read it, and SURFACE shows it so. */
static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct tm cli_local(int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm = {.tm_year = 70};

	localtime_r(&t, &tm);
	return tm;
}

static bool same_day(const struct tm *a, const struct tm *b)
{
	return a->tm_year == b->tm_year && a->tm_yday == b->tm_yday;
}

/* A weekday says which day is meant only until it comes round again. */
static const char *day_of(char *out, size_t size, int64_t ms, int64_t now_ms)
{
	struct tm then = cli_local(ms), now = cli_local(now_ms);
	int64_t away = ms < now_ms ? now_ms - ms : ms - now_ms;

	if (same_day(&then, &now))
		snprintf(out, size, "%s", "");
	else if (away < 6 * 86400000LL)
		snprintf(out, size, "%s ", days[then.tm_wday % 7]);
	else if (then.tm_year == now.tm_year)
		snprintf(out, size, "%d %s ", then.tm_mday, months[then.tm_mon % 12]);
	else
		snprintf(
		    out, size, "%04d-%02d-%02d ", then.tm_year + 1900, then.tm_mon + 1,
		    then.tm_mday);
	return out;
}

const char *cli_clock(char out[CLI_TIME_SIZE], int64_t ms, int64_t now_ms)
{
	struct tm tm = cli_local(ms);
	char day[40];

	if (ms <= 0)
		snprintf(out, CLI_TIME_SIZE, "-");
	else
		snprintf(
		    out, CLI_TIME_SIZE, "%s%02d:%02d", day_of(day, sizeof day, ms, now_ms),
		    tm.tm_hour, tm.tm_min);
	return out;
}

const char *cli_clock_s(char out[CLI_TIME_SIZE], int64_t ms, int64_t now_ms)
{
	size_t n = strlen(cli_clock(out, ms, now_ms));

	if (ms > 0)
		snprintf(out + n, CLI_TIME_SIZE - n, ":%02d", cli_local(ms).tm_sec);
	return out;
}

const char *cli_date(char out[CLI_TIME_SIZE], int64_t ms, int64_t now_ms)
{
	struct tm tm = cli_local(ms);

	if (tm.tm_year == cli_local(now_ms).tm_year)
		snprintf(out, CLI_TIME_SIZE, "%d %s", tm.tm_mday, months[tm.tm_mon % 12]);
	else
		snprintf(
		    out, CLI_TIME_SIZE, "%d %s %d", tm.tm_mday, months[tm.tm_mon % 12],
		    tm.tm_year + 1900);
	return out;
}

/* Whole units of a duration; a step back of the clock is no time at all. */
struct span {
	long long s, min, h, d;
};

static struct span span_of(int64_t ms)
{
	long long s = ms > 0 ? ms / 1000 : 0;

	return (struct span){s, s / 60, s / 3600, s / 86400};
}

const char *cli_span(char out[CLI_TIME_SIZE], int64_t ms)
{
	struct span x = span_of(ms);

	if (x.d)
		snprintf(out, CLI_TIME_SIZE, "%lldd%02lldh", x.d, x.h % 24);
	else if (x.h)
		snprintf(out, CLI_TIME_SIZE, "%lldh%02lldm", x.h, x.min % 60);
	else if (x.min)
		snprintf(out, CLI_TIME_SIZE, "%lldm", x.min);
	else
		snprintf(out, CLI_TIME_SIZE, "%llds", x.s);
	return out;
}

/* "3 d 4 h"; a second part that is zero is left out. */
static void two_parts(char *out, long long a, const char *unit_a, long long b, const char *unit_b)
{
	if (b)
		snprintf(out, CLI_TIME_SIZE, "%lld %s %lld %s", a, unit_a, b, unit_b);
	else
		snprintf(out, CLI_TIME_SIZE, "%lld %s", a, unit_a);
}

const char *cli_span_words(char out[CLI_TIME_SIZE], int64_t ms)
{
	struct span x = span_of(ms);

	if (x.d)
		two_parts(out, x.d, "d", x.h % 24, "h");
	else if (x.h)
		two_parts(out, x.h, "h", x.min % 60, "min");
	else
		cli_span_about(out, ms);
	return out;
}

const char *cli_span_about(char out[CLI_TIME_SIZE], int64_t ms)
{
	struct span x = span_of(ms);

	if (x.d)
		snprintf(out, CLI_TIME_SIZE, "%lld d", x.d);
	else if (x.h)
		snprintf(out, CLI_TIME_SIZE, "%lld h", x.h);
	else if (x.min)
		snprintf(out, CLI_TIME_SIZE, "%lld min", x.min);
	else
		snprintf(out, CLI_TIME_SIZE, "%lld s", x.s);
	return out;
}

const char *cli_span_config(char out[CLI_TIME_SIZE], int64_t ms)
{
	struct span x = span_of(ms);

	if (x.s && x.s % 86400 == 0)
		snprintf(out, CLI_TIME_SIZE, "%lldd", x.d);
	else if (x.h && x.s % 3600 == 0)
		snprintf(out, CLI_TIME_SIZE, "%lldh", x.h);
	else if (x.h && x.s % 60 == 0)
		snprintf(out, CLI_TIME_SIZE, "%lldh%lldm", x.h, x.min % 60);
	else if (x.min && x.s % 60 == 0)
		snprintf(out, CLI_TIME_SIZE, "%lldm", x.min);
	else
		snprintf(out, CLI_TIME_SIZE, x.s ? "%llds" : "%lld", x.s);
	return out;
}

/* "16:00" at the start of text; returns what is behind it, NULL when it is none. */
static const char *parse_clock(const char *text, struct tm *tm)
{
	int hour, minute, used = 0;

	if (!isdigit((unsigned char)*text) ||
	    sscanf(text, "%2d:%2d%n", &hour, &minute, &used) != 2 || !used || hour > 24 ||
	    minute < 0 || minute > 59 || (hour == 24 && minute))
		return NULL;
	tm->tm_hour = hour;
	tm->tm_min = minute;
	tm->tm_sec = 0;
	tm->tm_isdst = -1;
	return text + used;
}

static int64_t ms_of(struct tm tm)
{
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm) * 1000;
}

/* "2026-11-21", "2026-11-21T16:00", "2026-11-21 16:00" */
static bool parse_date(const char *text, struct tm *tm)
{
	int year, month, day, used = 0;

	if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || year < 1970 ||
	    month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	*tm = (struct tm){
	    .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_isdst = -1};
	text += used;
	if (!*text)
		return true;
	if (*text != 'T' && *text != ' ')
		return false;
	text = parse_clock(text + 1, tm);
	return text && !*text;
}

/* "Sat" or "Saturday" in front; -1 when there is none. */
static int parse_day(const char **text)
{
	static const char *const rest[] = {"day", "day", "sday", "nesday", "rsday", "day", "urday"};

	for (int i = 0; i < 7; i++) {
		size_t n = strlen(rest[i]);

		if (strncasecmp(*text, days[i], 3) != 0)
			continue;
		*text += 3;
		if (strncasecmp(*text, rest[i], n) == 0)
			*text += n;
		return i;
	}
	return -1;
}

/* "16:00", "Sat", "Sat 22:00" in that week of now_ms which begins with its day; the weekday or -1. */
static bool parse_weekly(const char *text, int64_t now_ms, struct tm *tm, int *day)
{
	*tm = cli_local(now_ms);
	*day = parse_day(&text);
	text += strspn(text, " ");
	if (!*text && *day != -1) {
		tm->tm_hour = tm->tm_min = tm->tm_sec = 0;
		return true;
	}
	text = parse_clock(text, tm);
	return text && !*text;
}

/* The last one that has been. */
static bool parse_recent(const char *text, int64_t now_ms, int64_t *ms)
{
	struct tm tm;
	int day;

	if (!parse_weekly(text, now_ms, &tm, &day))
		return false;
	if (day != -1)
		tm.tm_mday -= (tm.tm_wday - day + 7) % 7;
	if (ms_of(tm) > now_ms)
		tm.tm_mday -= day == -1 ? 1 : 7;
	*ms = ms_of(tm);
	return true;
}

/* The first one that is to come. */
static bool parse_next(const char *text, int64_t now_ms, int64_t *ms)
{
	struct tm tm;
	int day;

	if (!parse_weekly(text, now_ms, &tm, &day))
		return false;
	if (day != -1)
		tm.tm_mday += (day - tm.tm_wday + 7) % 7;
	if (ms_of(tm) <= now_ms)
		tm.tm_mday += day == -1 ? 1 : 7;
	*ms = ms_of(tm);
	return true;
}

int cli_parse_ahead(const char *text, int64_t from_ms, int64_t *ms, struct err *err)
{
	int64_t for_ms;
	struct tm tm;

	if (parse_date(text, &tm)) {
		*ms = ms_of(tm);
		return 0;
	}
	if (parse_next(text, from_ms, ms))
		return 0;
	for_ms = config_duration(text, err);
	*ms = from_ms + for_ms;
	if (for_ms > 0)
		return 0;
	return err_set(err, "\"%s\" is no time to come: 16:00, \"Sat 22:00\", 2026-11-21T16:00, 2h", text);
}

int cli_parse_time(const char *text, int64_t now_ms, int64_t *ms, struct err *err)
{
	int64_t ago;
	struct tm tm;

	if (*text == '-') {
		ago = config_duration(text + 1, err);
		*ms = now_ms - ago;
		return ago < 0 ? -1 : 0;
	}
	if (parse_date(text, &tm)) {
		*ms = ms_of(tm);
		return 0;
	}
	if (parse_recent(text, now_ms, ms))
		return 0;
	return err_set(err, "\"%s\" is no time: 16:00, \"Sat 22:00\", 2026-11-21T16:00, -3h", text);
}
