/*
 * How long a text is for X, and whether it may cost as one with a link. Called by the
 * twitter notifier to measure and to price. Must never count less than X does: what X
 * finds too long it refuses. Counted as twitter-text 3.1.0 does with config/v3.json.
 */
#include "notifiers/twitter_count.h"
#include "common/buf.h"
#include "notifiers/twitter_text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define WEIGHT_WIDE 2 /* what has no weight of its own */
#define REPLACEMENT 0xfffd

/* ---- characters ---- */

int32_t twitter_rune(const char **text)
{
	int32_t c;
	utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)*text, -1, &c);

	if (n < 1) {
		++*text;
		return REPLACEMENT;
	}
	*text += n;
	return c;
}

int twitter_runes_init(struct twitter_runes *r, const char *text)
{
	*r = (struct twitter_runes){.at = malloc((strlen(text) + 1) * sizeof *r->at)};
	if (!r->at)
		return -1;
	while (*text)
		r->at[r->n++] = twitter_rune(&text);
	r->at[r->n] = 0;
	return 0;
}

void twitter_runes_finish(struct twitter_runes *r)
{
	free(r->at);
	*r = (struct twitter_runes){0};
}

static bool is_ascii(const char *text)
{
	while (*text && !((unsigned char)*text & 0x80))
		text++;
	return !*text;
}

static void put_rune(struct buf *out, int32_t c)
{
	utf8proc_uint8_t bytes[4];

	buf_add(out, bytes, (size_t)utf8proc_encode_char(c, bytes));
}

/* In NFC, which X counts. */
static int normalised(struct twitter_runes *r, const char *text)
{
	utf8proc_uint8_t *nfc = NULL;
	struct buf valid;
	int rc = -1;

	if (is_ascii(text))
		return twitter_runes_init(r, text);
	buf_init(&valid, 3 * strlen(text)); /* each bad byte becomes three */
	while (*text)
		put_rune(&valid, twitter_rune(&text));
	if (!valid.cut && (nfc = utf8proc_NFC((const utf8proc_uint8_t *)buf_text(&valid))))
		rc = twitter_runes_init(r, (const char *)nfc);
	free(nfc);
	buf_finish(&valid);
	return rc;
}

/* ---- counting ---- */

static unsigned rune_weight(int32_t c)
{
	bool is_light = c <= 0x10ff || (c >= 0x2000 && c <= 0x200d) ||
			(c >= 0x2010 && c <= 0x201f) || (c >= 0x2032 && c <= 0x2037);

	return is_light ? 1 : WEIGHT_WIDE;
}

static unsigned weigh(const struct twitter_runes *r, struct twitter_scan *s)
{
	struct twitter_link link;
	bool has_link = twitter_scan_next(s, &link);
	unsigned sum = 0;
	size_t emoji;

	for (size_t i = 0; i < r->n;) {
		if (has_link && link.start < i) {
			has_link = twitter_scan_next(s, &link);
		} else if (has_link && link.start == i) {
			sum += TWITTER_URL_WEIGHT;
			i += link.counted;
		} else if ((emoji = twitter_emoji(r->at + i, r->n - i))) {
			sum += WEIGHT_WIDE;
			i += emoji;
		} else {
			sum += rune_weight(r->at[i++]);
		}
	}
	return sum;
}

unsigned twitter_weight(const char *text)
{
	/* when memory is out: more than it can be */
	unsigned sum = TWITTER_URL_WEIGHT * (unsigned)strlen(text);
	struct twitter_runes r = {0};
	struct twitter_scan s = {0};

	if (normalised(&r, text) == 0 && twitter_scan_init(&s, &r) == 0)
		sum = weigh(&r, &s);
	twitter_scan_finish(&s);
	twitter_runes_finish(&r);
	return sum;
}

bool twitter_is_valid(const char *text)
{
	unsigned weight = twitter_weight(text);

	while (*text)
		if (twitter_is_invalid(twitter_rune(&text)))
			return false;
	return weight > 0 && weight <= TWITTER_LIMIT;
}

/* ---- links ---- */

static const char *skip_runes(const char *text, size_t n)
{
	while (n--)
		twitter_rune(&text);
	return text;
}

/* From the beginning each time: whether one is there depends on what stands before it. */
bool twitter_url(const char *text, size_t *at, size_t *len)
{
	struct twitter_runes r = {0};
	struct twitter_scan s = {0};
	struct twitter_link link;
	bool is_found = false;

	if (!strchr(text, '.') || twitter_runes_init(&r, text) || twitter_scan_init(&s, &r))
		goto out;
	while (!is_found && twitter_scan_next(&s, &link)) {
		const char *start = skip_runes(text, link.start);

		is_found = (size_t)(start - text) >= *at;
		if (is_found) {
			*at = (size_t)(start - text);
			*len = (size_t)(skip_runes(start, link.end - link.start) - start);
		}
	}
out:
	twitter_scan_finish(&s);
	twitter_runes_finish(&r);
	return is_found;
}

static bool is_letter(int32_t c)
{
	utf8proc_category_t k = utf8proc_category(c);

	return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO;
}

static bool is_mark(int32_t c)
{
	utf8proc_category_t k = utf8proc_category(c);

	return k >= UTF8PROC_CATEGORY_MN && k <= UTF8PROC_CATEGORY_ME;
}

static bool is_number(int32_t c)
{
	return utf8proc_category(c) == UTF8PROC_CATEGORY_ND;
}

/* Two letters at least, and no digit in it: "3.5", "12.3s" and "e.g. this" are no domains. */
static bool begins_tld(const char *text)
{
	int32_t c = twitter_rune(&text);
	size_t n = 0;

	if (!is_letter(c))
		return false;
	for (; is_letter(c) || is_mark(c); n++)
		c = *text ? twitter_rune(&text) : 0;
	return n > 1 && !is_number(c);
}

static bool has_domain(const char *text)
{
	bool is_label = false;

	while (*text) {
		int32_t c = twitter_rune(&text);

		if (c == '.' && is_label && *text && begins_tld(text))
			return true;
		is_label = c == '-' || c == '_' || is_letter(c) || is_mark(c) || is_number(c);
	}
	return false;
}

bool twitter_may_link(const char *text)
{
	static const char *const schemes[] = {"://", "mailto:", "xmpp:", "magnet:"};
	size_t at = 0, len;

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strcasestr(text, schemes[i]))
			return true;
	return has_domain(text) || twitter_url(text, &at, &len);
}
