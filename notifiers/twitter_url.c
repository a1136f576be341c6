/*
 * Where X sees a link in a text: twitter-text 3.1.0's extractUrlsWithIndices, read off
 * its expressions and its conformance files and scanned by hand. Called by the counter
 * and, through twitter_may_link(), by the prices. Must take time in proportion to the text.
 *
 * A link is [http(s)://]domain[:port][/path][?query] behind a character that is no ASCII
 * letter or digit and none of @ $ #. Without a protocol only those parts of the domain count
 * that are of ASCII or accented Latin labels.
 */
#include "notifiers/twitter_text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define URL_MAX 4096 /* UTF-16 units with the protocol */
#define TCO_SLUG_MAX 40

/* ---- characters ---- */

static bool may_precede(int32_t c)
{
	return !twitter_is_alnum(c) && !twitter_is_one_of(c, "@$#") && c != 0xff20 && c != 0xff03 &&
	       !twitter_is_invalid(c);
}

static bool is_cyrillic(int32_t c)
{
	int32_t upper = c < 0x400 ? 0 : utf8proc_toupper(c);

	return (c >= 0x400 && c <= 0x4ff) || (upper >= 0x400 && upper <= 0x4ff);
}

static bool is_word(int32_t c)
{
	return twitter_is_alnum(c) || twitter_is_accented(c) || is_cyrillic(c);
}

static bool is_path(int32_t c)
{
	return is_word(c) || twitter_is_one_of(c, "!*';:=+,.$/%#[]-_~@|&") || c == 0x2013;
}

static bool is_path_end(int32_t c)
{
	return is_word(c) || twitter_is_one_of(c, "+-=_#/");
}

static bool is_query(int32_t c)
{
	return twitter_is_alnum(c) || twitter_is_one_of(c, "!?*'@();:&=+$/%#[]-_.,~|");
}

static bool is_query_end(int32_t c)
{
	return twitter_is_alnum(c) || twitter_is_one_of(c, "-_&=#/");
}

/* UTF-16 is what the library counts in. */
static size_t units(const int32_t *at, size_t n)
{
	size_t sum = n;

	while (n)
		sum += at[--n] > 0xffff;
	return sum;
}

/* ---- one match ---- */

struct match {
	size_t start, domain, domain_end, path_end, end;
	bool is_behind_sign; /* of those that a link without protocol must not stand behind */
};

static size_t protocol_length(const struct twitter_scan *s, size_t at)
{
	if (twitter_has(s->at + at, s->n - at, "https://"))
		return 8;
	return twitter_has(s->at + at, s->n - at, "http://") ? 7 : 0;
}

static size_t skip_path(const struct twitter_scan *s, size_t at)
{
	while (at < s->n && is_path(s->at[at]))
		at++;
	return at;
}

/* Behind "(a)" or "(a(b)c)"; 0: no such thing begins here. */
static size_t skip_parentheses(const struct twitter_scan *s, size_t at)
{
	size_t inner = skip_path(s, at + 1), end = inner;

	if (end < s->n && s->at[end] == '(') {
		inner = ++end;
		end = skip_path(s, inner);
		if (end == inner || end == s->n || s->at[end] != ')')
			return 0;
		end = skip_path(s, end + 1);
	} else if (inner == at + 1) {
		return 0;
	}
	return end < s->n && s->at[end] == ')' ? end + 1 : 0;
}

/*
 * As far as path characters and balanced parentheses go, then back to the last that may end
 * it: one of the characters, or parentheses directly behind what may.
 */
static size_t find_path_end(const struct twitter_scan *s, size_t slash)
{
	size_t at = slash + 1, end = at, next;

	while (at < s->n) {
		if (is_path_end(s->at[at])) {
			end = ++at;
		} else if (is_path(s->at[at])) {
			at++;
		} else if (s->at[at] == '(' && (next = skip_parentheses(s, at))) {
			end = end == at ? next : end;
			at = next;
		} else {
			break;
		}
	}
	return end;
}

/* Behind the query that begins at `mark`; mark itself when that begins none. */
static size_t find_query_end(const struct twitter_scan *s, size_t mark, size_t limit)
{
	size_t end = mark;

	if (mark >= limit || s->at[mark] != '?')
		return mark;
	for (size_t at = mark + 1; at < limit && is_query(s->at[at]); at++)
		if (is_query_end(s->at[at]))
			end = at + 1;
	return end;
}

static bool match_at(const struct twitter_scan *s, size_t at, struct match *m)
{
	size_t end;

	if (at >= s->n)
		return false;
	*m = (struct match){.start = at, .domain = at + protocol_length(s, at)};
	if (m->domain == s->n || s->at[m->domain] == '.' || !s->domain[m->domain])
		return false;
	m->domain_end = end = s->domain[m->domain];
	if (end + 1 < s->n && s->at[end] == ':' && twitter_is_digit(s->at[end + 1]))
		for (end++; end < s->n && twitter_is_digit(s->at[end]);)
			end++;
	if (end < s->n && s->at[end] == '/')
		m->path_end = end = find_path_end(s, end);
	m->end = find_query_end(s, end, s->n);
	return true;
}

/*
 * Where a link may begin: behind a character, at the very beginning, and, since the library
 * sees UTF-16, in the middle of a character beyond U+FFFF.
 */
static bool find_match(struct twitter_scan *s, struct match *m)
{
	bool is_found = false;

	while (!is_found && s->next < s->n) {
		size_t at = s->next++;

		if (s->at[at] > 0xffff && match_at(s, at, m))
			is_found = true;
		else if (may_precede(s->at[at]) && match_at(s, at + 1, m))
			is_found = m->is_behind_sign = true;
		else
			is_found = !at && match_at(s, at, m);
	}
	if (!is_found)
		return false;
	m->is_behind_sign = m->is_behind_sign && twitter_is_one_of(s->at[m->start - 1], "-_./");
	s->next = m->end;
	return true;
}

static bool is_match_valid(const struct twitter_scan *s, const struct match *m)
{
	size_t protocol = m->domain - m->start;

	return twitter_is_domain_valid(s, m->domain, m->domain_end) &&
	       (protocol ? protocol : strlen("https://")) +
		       units(s->at + m->start, m->end - m->start) <=
		   URL_MAX;
}

/* X's own short links have no more than a slug and a query. False: too long for one. */
static bool cut_tco(const struct twitter_scan *s, struct match *m)
{
	size_t slug = m->domain + strlen("t.co/"), end = slug;

	if (!twitter_has(s->at + m->domain, m->end - m->domain, "t.co/"))
		return true;
	while (end < m->end && twitter_is_alnum(s->at[end]))
		end++;
	if (end > slug)
		m->end = find_query_end(s, end, m->end);
	return end - slug <= TCO_SLUG_MAX;
}

/* One ASCII part of the domain; the last one has the path. */
static bool next_ascii(struct twitter_scan *s, struct twitter_link *out)
{
	struct twitter_link after;

	if (s->ascii >= s->ascii_end || !twitter_find_ascii(s, s->ascii, s->ascii_end, out))
		return false;
	s->ascii = out->end;
	if (s->has_path && !twitter_find_ascii(s, s->ascii, s->ascii_end, &after)) {
		out->counted += s->match_end - s->ascii_end;
		out->end = s->match_end;
	}
	return true;
}

int twitter_scan_init(struct twitter_scan *s, const struct twitter_runes *r)
{
	*s = (struct twitter_scan){.at = r->at, .n = r->n};
	s->domain = calloc(r->n + 1, sizeof *s->domain);
	if (!s->domain)
		return -1;
	twitter_find_domains(s);
	return 0;
}

void twitter_scan_finish(struct twitter_scan *s)
{
	free(s->domain);
	s->domain = NULL;
}

bool twitter_scan_next(struct twitter_scan *s, struct twitter_link *out)
{
	struct match m;

	if (next_ascii(s, out))
		return true;
	while (find_match(s, &m)) {
		if (!is_match_valid(s, &m))
			continue;
		if (m.domain > m.start) {
			if (!cut_tco(s, &m))
				continue;
			*out = (struct twitter_link){m.start, m.end, m.end - m.start};
			return true;
		}
		if (m.is_behind_sign)
			continue;
		s->ascii = m.domain;
		s->ascii_end = m.domain_end;
		s->match_end = m.end;
		s->has_path = m.path_end > 0;
		if (next_ascii(s, out))
			return true;
	}
	return false;
}
