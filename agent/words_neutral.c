/*
 * Foreign text made harmless. Called by words.c for every value, and by whoever
 * shows foreign words. Must never let a mention, a tag, a link or markup come alive.
 *
 * Signs are put into brackets, "[@]", like the "[.]" of a broken domain: it can be
 * read and copied, while a zero-width blank would be copied along unseen, may be
 * stripped by a server before it looks for mentions, and a full-width sign is taken
 * as the sign itself by twitter-text and by everything that normalises to NFKC.
 */
#include "agent/words.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define MARKS_MAX 4 /* combining marks on one character; more is a flood */

struct runes {
	int32_t *at;
	size_t n;
};

static bool is_mark(int32_t c)
{
	utf8proc_category_t k = c < 0x300 ? UTF8PROC_CATEGORY_CN : utf8proc_category(c);

	return k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_MC || k == UTF8PROC_CATEGORY_ME;
}

static bool is_letter(int32_t c)
{
	utf8proc_category_t k;

	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	k = utf8proc_category(c);
	return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO;
}

static bool is_label(int32_t c)
{
	if (c < 0x80)
		return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
	return is_letter(c) || is_mark(c) || utf8proc_category(c) == UTF8PROC_CATEGORY_ND;
}

/* What is drawn as nothing at all, beyond the categories. */
static bool is_invisible(int32_t c)
{
	return c == 0x034f || c == 0x115f || c == 0x1160 || c == 0x17b4 || c == 0x17b5 ||
	       (c >= 0x180b && c <= 0x180f) || c == 0x3164 || c == 0xffa0 ||
	       (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0000 && c <= 0xe0fff);
}

/* 0 = drop it, ' ' for all kinds of blanks, else what stays. */
static int32_t filter(int32_t c)
{
	if (c > ' ' && c < 0x7f)
		return c;
	if (c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r' || c == 0x85 ||
	    c == 0x2800)
		return ' ';
	if (is_invisible(c))
		return 0;
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP: return ' ';
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO: return 0;
	default: return c;
	}
}

/* The look-alikes that some program takes for the sign itself. */
static int32_t plain(int32_t c)
{
	switch (c) {
	case 0xff20:
	case 0xfe6b: return '@';
	case 0xff03:
	case 0xfe5f: return '#';
	case 0xff04:
	case 0xfe69: return '$';
	case 0xff0e:
	case 0xfe52:
	case 0x2024: return '.';
	case 0xff1a: return ':';
	case 0xff0f: return '/';
	default: return c;
	}
}

static void put_rune(struct buf *out, int32_t c)
{
	utf8proc_uint8_t bytes[4] = {(utf8proc_uint8_t)c};
	utf8proc_ssize_t n = c < 0x80 ? 1 : utf8proc_encode_char(c, bytes);

	if (out->max - out->len < (size_t)n)
		out->cut = true; /* never half a character */
	else
		buf_add(out, bytes, (size_t)n);
}

/* The next character of what may be no UTF-8 at all. */
static int32_t next_rune(const char **at)
{
	utf8proc_ssize_t n;
	int32_t c;

	if ((unsigned char)**at < 0x80)
		return *(*at)++;
	n = utf8proc_iterate((const utf8proc_uint8_t *)*at, -1, &c);
	if (n < 1) {
		++*at;
		return 0xfffd;
	}
	*at += n;
	return c;
}

static size_t graphic_ascii(const char *text)
{
	size_t n = 0;

	while (text[n] > ' ' && text[n] < 0x7f)
		n++;
	return n;
}

/* Valid UTF-8 without controls, single blanks inside, at most MARKS_MAX marks in a row. */
static void clean(const char *text, struct buf *out)
{
	unsigned marks = MARKS_MAX; /* a mark at the very beginning has no base */
	bool blank = false;

	while (*text) {
		size_t n = graphic_ascii(text);
		int32_t c;

		if (n) { /* most of what plugins say */
			if (blank)
				buf_char(out, ' ');
			blank = false;
			marks = 0;
			buf_add(out, text, n);
			text += n;
			continue;
		}
		c = filter(next_rune(&text));
		if (!c)
			continue;
		if (c == ' ') {
			blank = out->len > 0;
			marks = MARKS_MAX;
			continue;
		}
		if (is_mark(c) && marks++ >= MARKS_MAX)
			continue;
		if (!is_mark(c))
			marks = 0;
		if (blank)
			buf_char(out, ' ');
		blank = false;
		put_rune(out, plain(c));
	}
}

static bool is_ascii(const char *text)
{
	while (*text && !((unsigned char)*text & 0x80))
		text++;
	return !*text;
}

/* NFC, as characters; one 0 stands behind the last. False when memory ran out. */
static bool normalise(const char *text, struct runes *r)
{
	utf8proc_uint8_t *nfc =
	    is_ascii(text) ? NULL : utf8proc_NFC((const utf8proc_uint8_t *)text);
	const char *at = nfc ? (const char *)nfc : text;

	*r = (struct runes){.at = malloc((strlen(at) + 1) * sizeof *r->at)};
	if (r->at) {
		while (*at)
			r->at[r->n++] = next_rune(&at);
		r->at[r->n] = 0;
	}
	free(nfc);
	return r->at != NULL;
}

/* Could what follows make a mention or tag of the sign before it? At the end: who knows. */
static bool may_name(int32_t next)
{
	return !next || next >= 0x80 || is_label(next) || strchr("@#$*`~<", (int)next);
}

/* "label.label": a dot that a network could take for one of a domain. At the end: who knows. */
static bool is_domain_dot(const int32_t *at, int32_t before)
{
	return is_label(before) && is_letter(at[1]) && (!at[2] || is_label(at[2]));
}

/* "mailto:", "xmpp:" (snac) and "magnet:" (Mastodon) are links without "//". */
static bool ends_scheme(const int32_t *at, const int32_t *start)
{
	static const char *const schemes[] = {"mailto", "xmpp", "magnet"};

	for (size_t k = 0; k < sizeof schemes / sizeof *schemes; k++) {
		size_t n = strlen(schemes[k]), i = 0;

		while (i < n && (size_t)(at - start) >= n && (at[(ptrdiff_t)i - (ptrdiff_t)n] | 0x20) == schemes[k][i])
			i++;
		if (i == n)
			return true;
	}
	return false;
}

static const char *sign(const int32_t *at, int32_t before, const int32_t *start)
{
	switch (*at) {
	case '@': return may_name(at[1]) ? "[@]" : NULL;
	case '#': return may_name(at[1]) || !before ? "[#]" : NULL;
	case '$': return !at[1] || is_letter(at[1]) || at[1] == '_' ? "[$]" : NULL;
	case '.': return is_domain_dot(at, before) ? "[.]" : NULL;
	case ':':
		return (at[1] == '/' && at[2] == '/') || ends_scheme(at, start) ? "[:]" : NULL;
	default: return NULL;
	}
}

static bool opens_tag(int32_t next)
{
	return !next || is_letter(next) || next == '/' || next == '!' || next == '?';
}

/* Markup of snac and of servers that pass HTML through; the look-alike reads the same. */
static int32_t unmarked(const int32_t *at, int32_t before)
{
	switch (*at) {
	case '*': return 0x2217;
	case '`': return 0x2018;
	case '~': return at[1] == '~' || before == '~' ? 0x223c : '~';
	case '_': return at[1] == '_' || before == '_' ? 0xff3f : '_';
	case '>': return before ? '>' : 0x203a;
	case '<': return opens_tag(at[1]) ? 0x2039 : '<';
	default: return *at;
	}
}

static void put_safe(const struct runes *r, struct buf *out)
{
	int32_t before = 0;

	for (const int32_t *at = r->at; *at && !out->cut; before = *at++) {
		const char *broken = sign(at, before, r->at);

		/* "](" would make a link of the brackets before it */
		if (*at == '(' && out->len && out->data[out->len - 1] == ']')
			buf_char(out, ' ');
		if (broken && out->max - out->len >= strlen(broken))
			buf_str(out, broken);
		else if (broken)
			out->cut = true;
		else
			put_rune(out, unmarked(at, before));
	}
}

void words_neutralise(const char *text, struct buf *out)
{
	struct buf cleaned;
	struct runes r;

	buf_init(&cleaned, strlen(text) * 3); /* each bad byte becomes three */
	clean(text, &cleaned);
	if (cleaned.len && normalise(buf_text(&cleaned), &r)) {
		put_safe(&r, out);
		free(r.at);
	}
	buf_finish(&cleaned);
}

/* ---- links only ---- */

static bool is_scheme_before(const char *text, const char *colon)
{
	static const char *const schemes[] = {"mailto", "xmpp", "magnet"};

	for (size_t k = 0; k < sizeof schemes / sizeof *schemes; k++) {
		size_t n = strlen(schemes[k]);

		if ((size_t)(colon - text) >= n && !strncasecmp(colon - n, schemes[k], n))
			return true;
	}
	return false;
}

/* As is_domain_dot(), but the end is the end: nothing comes behind it any more. */
static bool links_words(const char *behind, int32_t before)
{
	int32_t first = *behind ? next_rune(&behind) : 0;

	return is_label(before) && is_letter(first) && *behind && is_label(next_rune(&behind));
}

void words_unlink(const char *text, struct buf *out)
{
	int32_t before = 0;

	for (const char *at = text, *next = text; *at && !out->cut; at = next) {
		int32_t c = next_rune(&next);
		size_t n = (size_t)(next - at);
		const char *broken = NULL;

		if (c == '.' && links_words(next, before))
			broken = "[.]";
		else if (c == ':' && (!strncmp(next, "//", 2) || is_scheme_before(text, at)))
			broken = "[:]";
		before = c;
		if (out->max - out->len < (broken ? strlen(broken) : n))
			out->cut = true; /* never half a character */
		else
			buf_add(out, broken ? broken : at, broken ? strlen(broken) : n);
	}
}
