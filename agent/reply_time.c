/*
 * Durations and times of day as people type them. Called by reply.c only; pure: the
 * clock is passed in, only the time zone is the process's. It must never take a number
 * of something else ("2 disks") for a time.
 */
#include "agent/reply_time.h"
#include "agent/reply_text.h"

#include <string.h>
#include <time.h>

#define REPLY_DURATION_MAX (366 * 86400) /* an acknowledgement for longer is a slip of the finger */
#define REPLY_TIME_WORDS 3 /* of the longest entry in the catalogues' `times` */

static bool reply_is_end(char c)
{
	return c == '\0' || strchr(" .,!;:", c) != NULL;
}

static const char *reply_behind(const char *s)
{
	s += strspn(s, ".,!;:");
	return s + strspn(s, " ");
}

const char *reply_number(const char *s, int64_t *n)
{
	const char *start = s;

	for (*n = 0; reply_is_digit(*s) && s - start < 6; s++)
		*n = *n * 10 + (*s - '0');
	return s == start || reply_is_digit(*s) ? NULL : s;
}

/* The letters at s are a word of that list: behind them. */
static const char *
reply_time_suffix(const struct reply_lexicon *lexicon, enum reply_time time, const char *s)
{
	const char *end = s;
	char folded[REPLY_PHRASE_SIZE];

	while (reply_is_letter(*end))
		end++;
	reply_fold(s, (size_t)(end - s), SPELLING_TYPED, folded, sizeof(folded));
	return end > s && reply_lexicon_is_time(lexicon, time, folded) ? end : NULL;
}

/* "pm", and as the Spanish and many papers write it, "p.m." and "p. m.": behind the letters. */
static const char *
reply_half_day(const struct reply_lexicon *lexicon, enum reply_time time, const char *s)
{
	const char *end = reply_time_suffix(lexicon, time, s), *second = s + 2;
	char letters[2], folded[REPLY_PHRASE_SIZE];

	if (end || !reply_is_letter(*s) || s[1] != '.')
		return end;
	second += *second == ' ';
	if (!reply_is_letter(*second) || reply_is_letter(second[1]))
		return NULL;
	letters[0] = *s;
	letters[1] = *second;
	reply_fold(letters, sizeof(letters), SPELLING_TYPED, folded, sizeof(folded));
	return reply_lexicon_is_time(lexicon, time, folded) ? second + 1 : NULL;
}

/* Whole words, longest first: "hasta las", "hasta". */
static const char *
reply_time_prefix(const struct reply_lexicon *lexicon, enum reply_time time, const char *s)
{
	char folded[REPLY_PHRASE_SIZE], marks[REPLY_MARKS_SIZE];
	const char *rest;

	for (unsigned n = REPLY_TIME_WORDS; n > 0; n--)
		if (reply_join(s, n, folded, sizeof(folded), &rest, marks) &&
		    reply_lexicon_is_time(lexicon, time, folded))
			return rest;
	return NULL;
}

/* ---- durations ---- */

static const char *reply_unit(const struct reply_lexicon *lexicon, const char *s, int64_t *seconds)
{
	static const struct {
		enum reply_time time;
		int64_t seconds;
	} units[] = {{REPLY_TIME_MINUTES, 60}, {REPLY_TIME_HOURS, 3600}, {REPLY_TIME_DAYS, 86400}};

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		const char *end = reply_time_suffix(lexicon, units[i].time, s);

		*seconds = units[i].seconds;
		if (end)
			return end;
	}
	return NULL;
}

/* "2h", "30 min", and the 30 of 1h30: a smaller unit than the last one. Adds to *seconds. */
static const char *reply_piece(
    const struct reply_lexicon *lexicon, const char *s, int64_t *last, int64_t *seconds)
{
	int64_t n, unit = 60;
	const char *end;

	s = reply_number(s, &n);
	if (!s)
		return NULL;
	end = reply_unit(lexicon, s, &unit);
	if (!end && *s == ' ') {
		end = reply_unit(lexicon, s + 1, &unit);
		if (end && unit == 60 && end - s == 2)
			end = NULL; /* "5 m away" */
	}
	if (!end && *last == 3600 && reply_is_end(*s)) {
		end = s;
		unit = 60;
	}
	if (!end || unit >= *last)
		return NULL;
	*last = unit;
	*seconds += n * unit;
	return end;
}

static const char *
reply_span(const struct reply_lexicon *lexicon, const char *s, int64_t *seconds)
{
	int64_t last = INT64_MAX;
	const char *next;

	*seconds = 0;
	s = reply_piece(lexicon, s, &last, seconds);
	while (s && !reply_is_end(*s))
		s = reply_piece(lexicon, s, &last, seconds);
	if (!s)
		return NULL;
	next = s + (*s == '.'); /* "1 Std. 30 Min." */
	if (*next == ' ') {
		int64_t more = 0;

		next = reply_piece(lexicon, next + 1, &last, &more);
		if (next && reply_is_end(*next) && !reply_is_digit(next[-1])) {
			*seconds += more;
			s = next;
		}
	}
	s = reply_behind(s);
	return reply_time_prefix(lexicon, REPLY_TIME_AGO, s) ? NULL : s;
}

/* ---- times of day ---- */

/* Seconds from now until the next time that the clock shows so many minutes. */
static int64_t reply_until(int64_t minutes, const struct now *now)
{
	time_t t = (time_t)(now->wall_ms / 1000), at;
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return 0;
	tm.tm_hour = (int)(minutes / 60);
	tm.tm_min = (int)(minutes % 60);
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	at = mktime(&tm);
	if (at <= t) {
		tm.tm_mday++;
		tm.tm_hour = (int)(minutes / 60);
		tm.tm_min = (int)(minutes % 60);
		tm.tm_isdst = -1;
		at = mktime(&tm);
	}
	return at > t ? (int64_t)(at - t) : 0;
}

/* What stands before the number decides how little behind it is enough. */
enum reply_clock {
	CLOCK_ALONE, /* "16:00", "16 Uhr", "4pm"; 16h is a duration */
	CLOCK_BEHIND_WORD /* "until", "um": also 16h, 16h30, 16.30, and 16 where no text follows */
};

struct reply_day {
	int64_t h, m;
	bool is_clear; /* nothing but a time of day looks like this */
};

/* "18 Uhr 30", where nothing follows. */
static const char *reply_clock_minutes(const char *s, struct reply_day *day)
{
	int64_t m;
	const char *end = *s == ' ' ? reply_number(s + 1, &m) : NULL;

	if (!end || end - s != 3 || end[strspn(end, ".! ")] != '\0')
		return s;
	day->m = m;
	return end;
}

/* "Uhr", "pm", glued or behind a blank; s itself when there is none. */
static const char *
reply_clock_suffix(const struct reply_lexicon *lexicon, const char *s, struct reply_day *day)
{
	const char *word = s + (*s == ' '), *end = reply_time_suffix(lexicon, REPLY_TIME_CLOCK, word);
	bool is_half_day = day->h >= 1 && day->h <= 12;

	if (!end && is_half_day && (end = reply_half_day(lexicon, REPLY_TIME_AM, word)))
		day->h %= 12;
	else if (!end && is_half_day && (end = reply_half_day(lexicon, REPLY_TIME_PM, word)))
		day->h = day->h % 12 + 12;
	day->is_clear = day->is_clear || end;
	if (!end)
		return s;
	return day->m == 0 ? reply_clock_minutes(end, day) : end;
}

/* " abends", " de la tarde": which half of the day; s itself when no such words follow. */
static const char *
reply_clock_half(const struct reply_lexicon *lexicon, const char *s, struct reply_day *day)
{
	const char *word = *s == ' ' ? s + 1 : "";
	const char *evening = reply_time_prefix(lexicon, REPLY_TIME_EVENING, word);
	const char *end = evening ? evening : reply_time_prefix(lexicon, REPLY_TIME_MORNING, word);

	if (!end)
		return s;
	if (day->h == 12)
		day->h = 24; /* "12 de la noche" is midnight to some: none that is taken */
	else if (evening && day->h < 12)
		day->h += 12;
	day->is_clear = true;
	return end[-1] == ' ' ? end - 1 : end;
}

/* "18:00" and the like; minutes of the day. */
static const char *reply_clock(
    const struct reply_lexicon *lexicon, const char *s, enum reply_clock how, int64_t *minutes)
{
	struct reply_day day = {0};
	const char *separators = how == CLOCK_ALONE ? ":." : ":.hH";

	s = reply_number(s, &day.h);
	if (s && *s && strchr(separators, *s) && reply_is_digit(s[1])) {
		day.is_clear = *s == ':' || how == CLOCK_BEHIND_WORD;
		s = reply_number(s + 1, &day.m);
	}
	if (!s)
		return NULL;
	s = reply_clock_half(lexicon, reply_clock_suffix(lexicon, s, &day), &day);
	if (how == CLOCK_BEHIND_WORD && day.h > 12 && s[strspn(s, ".! ")] == '\0')
		day.is_clear = true; /* "until 18": no morning has it */
	if (!day.is_clear || day.h > 23 || day.m > 59 || !reply_is_end(*s))
		return NULL;
	if (reply_time_prefix(lexicon, REPLY_TIME_TOMORROW, reply_behind(s)))
		return NULL; /* at three in the morning, which one is that? */
	*minutes = day.h * 60 + day.m;
	return reply_behind(s);
}

const char *reply_duration(
    const struct reply_lexicon *lexicon, const char *s, const struct now *now, int64_t *seconds)
{
	const char *word = reply_time_prefix(lexicon, REPLY_TIME_UNTIL, s), *end;
	int64_t minutes;

	if (word) {
		end = reply_clock(lexicon, word, CLOCK_BEHIND_WORD, &minutes);
		*seconds = end ? reply_until(minutes, now) : 0;
	} else {
		end = reply_span(lexicon, s, seconds);
	}
	return end && *seconds > 0 && *seconds <= REPLY_DURATION_MAX ? end : NULL;
}

const char *reply_duration_behind(
    const struct reply_lexicon *lexicon, enum reply_time word, const char *s, int64_t *seconds)
{
	const char *end = reply_time_prefix(lexicon, word, s);

	end = end ? reply_span(lexicon, end, seconds) : NULL;
	return end && !*end && *seconds > 0 && *seconds <= REPLY_DURATION_MAX ? end : NULL;
}

const char *reply_time_of_day(
    const struct reply_lexicon *lexicon, const char *s, const struct now *now, int64_t *seconds)
{
	const char *word = reply_time_prefix(lexicon, REPLY_TIME_AT, s), *end;
	int64_t minutes;

	end = word ? reply_clock(lexicon, word, CLOCK_BEHIND_WORD, &minutes)
		   : reply_clock(lexicon, s, CLOCK_ALONE, &minutes);
	*seconds = end ? reply_until(minutes, now) : 0;
	return *seconds > 0 ? end : NULL;
}

/* ---- what was meant as a time, and is none ---- */

/* Digits, and what may stand between them. */
struct reply_figure {
	unsigned before, after; /* digits in front of and behind the last mark */
	unsigned marks, colons;
};

static const char *reply_figure(const char *s, struct reply_figure *f)
{
	*f = (struct reply_figure){0};
	for (; reply_is_digit(*s) || (f->before && *s && strchr(".,:", *s) && reply_is_digit(s[1])); s++) {
		if (reply_is_digit(*s)) {
			f->after++;
			f->before += f->marks == 0;
			continue;
		}
		f->colons += *s == ':';
		f->marks++;
		f->after = 0;
	}
	return f->before ? s : NULL;
}

/* What such a figure must be to be meant as a time. */
enum reply_odd {
	ODD_SPAN, /* so many of a unit */
	ODD_UNTIL, /* or alone, or a clock's */
	ODD_FIGURE /* or in front of a colon or comma */
};

/* "d", " weeks", "pm": a word of time behind a figure; one letter only where it is glued. */
static const char *
reply_odd_unit(const struct reply_lexicon *lexicon, const char *s, enum reply_odd how)
{
	static const enum reply_time words[] = {
	    REPLY_TIME_MINUTES, REPLY_TIME_HOURS, REPLY_TIME_DAYS, REPLY_TIME_OTHER,
	    REPLY_TIME_CLOCK,	REPLY_TIME_AM,	  REPLY_TIME_PM};
	bool is_glued = *s != ' ';

	for (size_t i = 0; i < (how == ODD_SPAN ? 4 : sizeof(words) / sizeof(*words)); i++) {
		bool is_half_day = words[i] == REPLY_TIME_AM || words[i] == REPLY_TIME_PM;
		const char *end = is_half_day ? reply_half_day(lexicon, words[i], s + !is_glued)
					      : reply_time_suffix(lexicon, words[i], s + !is_glued);
		bool is_short = end && end - s == 2 && (words[i] == REPLY_TIME_MINUTES || words[i] == REPLY_TIME_OTHER);

		if (!end || (!is_glued && (is_short || (is_half_day && how != ODD_UNTIL && end[strspn(end, ".! ")]))))
			continue; /* "5 m away", "5 am router" */
		while (is_glued && (reply_is_digit(*end) || (reply_is_digit(end[-1]) && reply_is_letter(*end))))
			end++; /* "2h30x" */
		return reply_is_end(*end) ? end : NULL;
	}
	return NULL;
}

/* May a figure without a unit be a time? "2 disks" and "4.2 is the cause" are none. */
static bool reply_odd_alone(const struct reply_figure *f, const char *end, enum reply_odd how)
{
	if (how == ODD_SPAN || !reply_is_end(*end))
		return false;
	if (end[strspn(end, ".! ")] == '\0' || (f->colons == 1 && f->marks == 1 && f->before <= 2 && f->after == 2))
		return true;
	/* "ack 502, upstream is dead": nobody means minutes by so many digits */
	return how == ODD_FIGURE && f->before <= 2 && ((strchr(",:;", *end) && end[1] == ' ') || strncmp(end, " - ", 3) == 0);
}

static const char *
reply_odd_figure(const struct reply_lexicon *lexicon, const char *s, enum reply_odd how)
{
	struct reply_figure f;
	const char *end = reply_figure(s, &f), *unit;

	unit = end ? reply_odd_unit(lexicon, end, how) : NULL;
	if (!unit && (!end || !reply_odd_alone(&f, end, how)))
		return NULL;
	end = reply_behind(unit ? unit : end);
	return reply_time_prefix(lexicon, REPLY_TIME_AGO, end) ? NULL : end;
}

const char *reply_odd_span(const struct reply_lexicon *lexicon, const char *s)
{
	const char *word = reply_time_prefix(lexicon, REPLY_TIME_UNTIL, s);

	return reply_odd_figure(lexicon, word ? word : s, word ? ODD_UNTIL : ODD_SPAN);
}

const char *reply_odd_time(const struct reply_lexicon *lexicon, const char *s)
{
	const char *end = reply_odd_span(lexicon, s);

	return end ? end : reply_odd_figure(lexicon, s, ODD_FIGURE);
}

const char *reply_odd_words(const struct reply_lexicon *lexicon, const char *s)
{
	static const enum reply_time before[] = {REPLY_TIME_FOR, REPLY_TIME_IN, REPLY_TIME_AT};
	const char *word, *end;

	s += strspn(s, "-~+=<>:, ");
	end = reply_odd_time(lexicon, s);
	for (size_t i = 0; !end && i < sizeof(before) / sizeof(*before); i++) {
		word = reply_time_prefix(lexicon, before[i], s);
		end = word ? reply_odd_figure(lexicon, word, ODD_UNTIL) : NULL;
		if (end && *end)
			end = NULL; /* "for 2 hours it was fine" */
	}
	return end;
}

bool reply_is_either(const char *s)
{
	int64_t n;
	const char *end = reply_number(s, &n);

	return end && (*end == 'h' || *end == 'H') && n >= 6 && n <= 23 && !reply_is_letter(end[1]);
}

bool reply_is_either_behind(const struct reply_lexicon *lexicon, const char *s)
{
	const char *in = reply_time_prefix(lexicon, REPLY_TIME_IN, s);

	return in && in == reply_time_prefix(lexicon, REPLY_TIME_AT, s) && reply_is_either(in);
}
