/*
 * The domains in a text, as twitter-text 3.1.0 takes them: which there are, which of
 * their parts count without a protocol, which are too long. Called by twitter_url.c.
 * Must take time in proportion to the text.
 *
 * The list of top-level domains is libpsl's: the library's own is of March 2020, and 1,574
 * names that somebody else keeps up to date are better than a copy that nobody does. It has
 * no dead ones (libpsl 0.21.2 lacks 101 of them) and it has the new ones.
 */
#include "notifiers/twitter_text.h"

#include <libpsl.h>
#include <string.h>
#include <utf8proc.h>

#define TLD_MAX 32 /* characters; the longest that is not punycode has 24 */
#define LABEL_MAX 63 /* of a label in punycode */

/* ---- characters ---- */

bool twitter_is_digit(int32_t c)
{
	return c >= '0' && c <= '9';
}

bool twitter_is_alnum(int32_t c)
{
	return twitter_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool twitter_is_one_of(int32_t c, const char *signs)
{
	return c > 0 && c < 0x80 && strchr(signs, (int)c);
}

bool twitter_is_invalid(int32_t c)
{
	return c == 0xfffe || c == 0xfeff || c == 0xffff;
}

static bool is_space(int32_t c)
{
	return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       c == 0x180e || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
	       c == 0x202f || c == 0x205f || c == 0x3000;
}

static bool is_directional(int32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2066 && c <= 0x2069);
}

/* Nearly everything: even quotation marks, controls and emoji. */
static bool is_domain(int32_t c)
{
	return !twitter_is_one_of(c, "!'#%&()*+,\\-./:;<=>?@[]^_{|}~$") && !is_space(c) &&
	       !twitter_is_invalid(c) && !is_directional(c);
}

static bool is_label(int32_t c)
{
	return c == '-' || c == '_' || is_domain(c);
}

static bool is_latin_exact(int32_t c)
{
	static const int32_t single[] = {0x253, 0x254, 0x256, 0x257, 0x259, 0x25b, 0x263,
					 0x268, 0x26f, 0x272, 0x289, 0x28b, 0x2bb};

	for (size_t i = 0; i < sizeof single / sizeof *single; i++)
		if (c == single[i])
			return true;
	return (c >= 0xc0 && c <= 0x24f && c != 0xd7 && c != 0xf7) || (c >= 0x300 && c <= 0x36f) ||
	       (c >= 0x1e00 && c <= 0x1eff);
}

/* The library's classes ignore case: what has its other case in one is in it, too, and the
 * combining iota of one has the Greek letters. */
bool twitter_is_accented(int32_t c)
{
	if (c < 0xc0)
		return false;
	if (c == 0x399 || c == 0x3b9 || c == 0x1fbe)
		return true;
	return is_latin_exact(c) || is_latin_exact(utf8proc_toupper(c)) ||
	       is_latin_exact(utf8proc_tolower(c));
}

/* Do these ASCII signs stand at `at`, whatever their case? */
bool twitter_has(const int32_t *at, size_t n, const char *signs)
{
	for (; *signs; signs++, at++, n--)
		if (!n || (*at != *signs && !(twitter_is_alnum(*at) && (*at | 0x20) == *signs)))
			return false;
	return true;
}

/* ---- domains ---- */

/* In lower case, UTF-8. Of the living ones only "za" is missing there: it is listed by its
 * second level ("co.za"), since nobody can be directly under it. */
static bool is_tld(const char *name)
{
	return psl_is_public_suffix2(psl_builtin(), name, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) ==
		   1 ||
	       !strcmp(name, "za");
}

/* What follows may not be part of the name; a letter of another script may. */
static bool ends_tld(const struct twitter_scan *s, size_t at)
{
	return at == s->n || !(twitter_is_alnum(s->at[at]) || twitter_is_one_of(s->at[at], "@+-"));
}

/* Where the longest TLD ends that begins at `at`; 0 = none does. */
static size_t tld_end(const struct twitter_scan *s, size_t at)
{
	char name[4 * TLD_MAX + 1];
	size_t end = at, found = 0, len = 0;

	if (twitter_has(s->at + at, s->n - at, "xn--")) {
		for (end = at + 4;
		     end < s->n && (twitter_is_alnum(s->at[end]) || s->at[end] == '-');)
			end++;
		return end > at + 4 ? end : 0;
	}
	while (end < s->n && end - at < TLD_MAX && is_domain(s->at[end])) {
		len += (size_t)utf8proc_encode_char(
		    utf8proc_tolower(s->at[end++]), (utf8proc_uint8_t *)name + len);
		name[len] = '\0';
		if (ends_tld(s, end) && is_tld(name))
			found = end;
	}
	return found;
}

/*
 * From the end to the beginning, so that each label knows of the one behind it: the
 * domain with the most labels counts. The last label before the TLD has no underscore.
 */
void twitter_find_domains(struct twitter_scan *s)
{
	size_t label_end = s->n, underscore = s->n;

	for (size_t i = s->n; i-- > 0;) {
		int32_t c = s->at[i];

		if (c == '.')
			s->domain[i] = tld_end(s, i + 1);
		if (c == '_')
			underscore = i;
		if (!is_label(c))
			label_end = i;
		if (!is_domain(c) || label_end == s->n || s->at[label_end] != '.' ||
		    !is_domain(s->at[label_end - 1]))
			continue;
		if (label_end + 1 < s->n && s->at[label_end + 1] != '.')
			s->domain[i] = s->domain[label_end + 1];
		if (!s->domain[i] && underscore > label_end)
			s->domain[i] = s->domain[label_end];
	}
}

static bool is_ascii_label(int32_t c)
{
	return c == '-' || twitter_is_alnum(c) || twitter_is_accented(c);
}

/* Within a domain: the next part of ASCII labels and a TLD. */
bool twitter_find_ascii(
    const struct twitter_scan *s, size_t from, size_t to, struct twitter_link *out)
{
	size_t at = from;

	while (at < to) {
		size_t start = at, end = 0;

		while (at < to && is_ascii_label(s->at[at])) {
			while (at < to && is_ascii_label(s->at[at]))
				at++;
			if (at == to || s->at[at] != '.')
				break;
			if (s->domain[at] && s->domain[at] <= to)
				end = s->domain[at];
			at++;
		}
		if (end) {
			*out = (struct twitter_link){start, end, end - start};
			return true;
		}
		at += at == start;
	}
	return false;
}

/* ---- valid or not ---- */

/* Bias adaptation of RFC 3492, 6.1. */
static uint32_t adapt(uint32_t delta, uint32_t points, bool is_first)
{
	uint32_t k = 0;

	delta = is_first ? delta / 700 : delta / 2;
	for (delta += delta / points; delta > 455; k += 36)
		delta /= 35;
	return k + 36 * delta / (delta + 38);
}

/* The digits of one delta (6.3). */
static size_t delta_digits(uint32_t delta, uint32_t bias)
{
	size_t n = 1;

	for (uint32_t k = 36;; k += 36, n++) {
		uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;

		if (delta < t)
			return n;
		delta = (delta - t) / (36 - t);
	}
}

static int32_t next_point(const int32_t *at, size_t n, int32_t from)
{
	int32_t next = INT32_MAX;

	for (size_t i = 0; i < n; i++)
		if (at[i] >= from && at[i] < next)
			next = at[i];
	return next;
}

/* How long a label is in punycode (RFC 3492, 6.3); past LABEL_MAX it does not matter how much. */
static size_t punycode_length(const int32_t *at, size_t n)
{
	uint32_t delta = 0, bias = 72, done = 0, basic;
	bool is_plain = true;
	size_t length;

	if (n > LABEL_MAX)
		return n;
	for (size_t i = 0; i < n; i++) {
		is_plain &= at[i] >= ' ' && at[i] < 0x7f;
		done += at[i] < 0x80;
	}
	if (is_plain)
		return n;
	basic = done;
	length = 4 + done + (done > 0);
	for (int32_t point = 0x80; done < n; point++, delta++) {
		int32_t next = next_point(at, n, point);

		delta += (uint32_t)(next - point) * (done + 1);
		point = next;
		for (size_t i = 0; i < n; i++) {
			delta += at[i] < point;
			if (at[i] != point)
				continue;
			length += delta_digits(delta, bias);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
	return length;
}

/* The full stops of East Asia divide a label for punycode, and for nothing else here. */
static size_t label_length(const int32_t *at, size_t n)
{
	size_t length = 0, start = 0;

	for (size_t i = 0; i <= n; i++) {
		if (i < n && at[i] != 0x3002 && at[i] != 0xff0e && at[i] != 0xff61)
			continue;
		length += punycode_length(at + start, i - start) + (i < n);
		start = i + 1;
	}
	return length;
}

bool twitter_is_domain_valid(const struct twitter_scan *s, size_t from, size_t to)
{
	struct twitter_link unused;
	size_t start = from;

	if (to - from >= 4 && s->at[from] == 'x' && s->at[from + 1] == 'n' &&
	    twitter_has(s->at + from, 4, "xn--") && !twitter_find_ascii(s, from, to, &unused))
		return false;
	for (size_t i = from; i <= to; i++) {
		if (i < to && s->at[i] != '.')
			continue;
		if (label_length(s->at + start, i - start) > LABEL_MAX)
			return false;
		start = i + 1;
	}
	return true;
}
