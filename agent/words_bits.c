/*
 * The small pieces of a sentence: times, durations, counted words, graphemes.
 * Called by words.c. Must never read a clock: the reader's "now" is passed in.
 */
#include "agent/words_internal.h"

#include <string.h>
#include <time.h>
#include <utf8proc.h>

#define DAYS_NEAR 6 /* a weekday alone is clear so far; beyond, the date is said */

/* Days since the epoch of the local date. */
static int64_t local_day(int64_t at, struct tm *tm)
{
	time_t t = (time_t)at;
	struct tm date;

	if (!localtime_r(&t, tm))
		memset(tm, 0, sizeof *tm);
	date = (struct tm){.tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday};
	return (int64_t)timegm(&date) / 86400;
}

bool words_same_day(int64_t a, int64_t b)
{
	struct tm tm;

	return local_day(a, &tm) == local_day(b, &tm);
}

/* Our own strftime: the names are the catalogue's, not the process' locale's. */
static void
put_format(const struct words *w, const char *format, const struct tm *tm, struct buf *out)
{
	for (; *format; format++) {
		if (*format != '%' || !format[1]) {
			buf_char(out, *format);
			continue;
		}
		switch (*++format) {
		case 'H': buf_printf(out, "%02d", tm->tm_hour); break;
		case 'M': buf_printf(out, "%02d", tm->tm_min); break;
		case 'e': buf_printf(out, "%d", tm->tm_mday); break;
		case 'd': buf_printf(out, "%02d", tm->tm_mday); break;
		case 'a': buf_str(out, w->days[tm->tm_wday % 7]); break;
		case 'b': buf_str(out, w->months[tm->tm_mon % 12]); break;
		default: buf_char(out, *format);
		}
	}
}

void words_time(const struct words *w, int64_t at, int64_t now, struct buf *out)
{
	struct tm tm, today;
	int64_t away = local_day(now, &today) - local_day(at, &tm);

	if (!away)
		put_format(w, w->time, &tm, out);
	else if (away >= -DAYS_NEAR && away <= DAYS_NEAR)
		put_format(w, w->day, &tm, out);
	else
		put_format(w, w->date, &tm, out);
}

void words_span_time(
    const struct words *w, int64_t at, int64_t before, int64_t now, struct buf *out)
{
	struct tm tm, today;
	int64_t away = local_day(now, &today) - local_day(at, &tm);
	int form = words_same_day(at, before) ? 0 : away >= -DAYS_NEAR && away <= DAYS_NEAR ? 1 : 2;

	put_format(w, w->span[form], &tm, out);
}

/* "2 d 4 h"; the small unit only when there is something of it. */
static void
two_units(int64_t n, int64_t in_big, const char *big, const char *small, struct buf *out)
{
	buf_printf(out, "%lld %s", (long long)(n / in_big), big);
	if (n % in_big)
		buf_printf(out, " %lld %s", (long long)(n % in_big), small);
}

/* units: second, minute, hour, day */
static void put_duration(const char *const *units, int64_t seconds, struct buf *out)
{
	if (seconds < 0)
		return;
	if (seconds < 60)
		buf_printf(out, "%lld %s", (long long)seconds, units[0]);
	else if (seconds < 3600)
		buf_printf(out, "%lld %s", (long long)(seconds / 60), units[1]);
	else if (seconds <= 86400) /* "in 24 h", as people say it */
		two_units(seconds / 60, 60, units[2], units[1], out);
	else
		two_units(seconds / 3600, 24, units[3], units[2], out);
}

void words_duration(int64_t seconds, struct buf *out)
{
	static const char *const units[] = {"s", "min", "h", "d"};

	put_duration(units, seconds, out);
}

void words_duration_in(const struct words *w, int64_t seconds, struct buf *out)
{
	put_duration(w->units, seconds, out);
}

void words_bit(
    const char *pattern, unsigned n, const char *list, const char *owner, struct buf *out)
{
	struct piece p;

	for (p = words_piece(&pattern); p.kind != PIECE_END; p = words_piece(&pattern)) {
		if (p.kind != PIECE_MACRO)
			buf_add(out, p.at, p.len);
		else if (p.len == 1 && *p.at == 'N')
			buf_printf(out, "%u", n);
		else if (p.macro == MACRO_LIST && list)
			buf_str(out, list);
		else if (p.macro == MACRO_OWNER && owner)
			buf_str(out, owner);
	}
}

/* The first grapheme boundary behind `at` bytes. */
static size_t next_boundary(const char *text, size_t at)
{
	const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text;
	utf8proc_int32_t state = 0, one, two;
	utf8proc_ssize_t n = utf8proc_iterate(bytes + at, -1, &one);

	while (n > 0) {
		at += (size_t)n;
		n = utf8proc_iterate(bytes + at, -1, &two);
		if (n < 1 || !two || utf8proc_grapheme_break_stateful(one, two, &state))
			return at;
		one = two;
	}
	return at + 1; /* not UTF-8: byte by byte */
}

size_t words_graphemes(const char *text, size_t n)
{
	size_t at = 0;

	while (n-- && text[at])
		at = next_boundary(text, at);
	return at;
}

size_t words_grapheme_floor(const char *text, size_t bytes)
{
	size_t at = 0, next;

	while (text[at] && (next = next_boundary(text, at)) <= bytes)
		at = next;
	return at;
}

/* Newlines are none here: it is a part of a line. */
static void put_cut_to(const char *text, unsigned max, struct buf *out)
{
	size_t n = words_graphemes(text, max), all = strlen(text), end;

	while (all && strchr(" .!", text[all - 1])) /* a list goes on behind it */
		all--;
	n = end = n < all ? n : all;
	while (n < all && end && text[end] != ' ')
		end--;
	n = end ? end : n;
	buf_add(out, text, n);
	if (n < all)
		buf_str(out, "…");
}

void words_fix(const struct words *w, const struct say_fix *fix, int64_t now, unsigned max, struct buf *out)
{
	struct tm tm;

	local_day(fix->at, &tm);
	put_format(w, words_same_day(fix->at, now) ? w->time : w->on_day, &tm, out);
	if (fix->object)
		buf_printf(out, ", %s", fix->object);
	buf_str(out, ", ");
	put_cut_to(fix->text, max, out);
	if (fix->by && *fix->by)
		buf_printf(out, ", %s", fix->by);
	if (fix->held) {
		buf_str(out, ", ");
		words_bit(w->held[fix->held > 1], fix->held, NULL, NULL, out);
	}
}
