/*
 * The text of a reply before anybody asks what it means: one form of characters and
 * blanks, mentions dropped, tags taken out. Called by reply.c only; pure.
 * It must never fail on bytes from outside, and never make them longer than they were.
 */
#include "agent/reply_text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define REPLY_INPUT_MAX 8000 /* bytes looked at; notifiers give 2,000, `twicket reply` less */

static bool reply_is_alnum(char c)
{
	return reply_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Nothing to see: zero-width, direction marks and overrides, soft hyphen, emoji selectors. */
static bool reply_is_invisible(utf8proc_int32_t c)
{
	return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe0fff);
}

/* '\n' for what ends a line, ' ' for every other blank and control, 0 to drop, else c. */
static utf8proc_int32_t reply_plain(utf8proc_int32_t c)
{
	utf8proc_category_t category;

	if (c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029)
		return '\n';
	if (reply_is_invisible(c))
		return 0;
	category = utf8proc_category(c);
	return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_CC ? ' ' : c;
}

/* Valid, NFC, one kind of blank, one kind of newline. Allocated; NULL when memory ran out. */
char *reply_clean(const char *text)
{
	size_t len = strnlen(text, REPLY_INPUT_MAX), at = 0, n = 0;
	const utf8proc_uint8_t *in = (const utf8proc_uint8_t *)text;
	utf8proc_uint8_t *plain = malloc(len + 1), *nfc = NULL;

	if (!plain)
		return NULL;
	while (at < len) {
		utf8proc_int32_t c;
		utf8proc_ssize_t used = utf8proc_iterate(in + at, (utf8proc_ssize_t)(len - at), &c);

		at += used > 0 ? (size_t)used : 1;
		c = used > 0 ? reply_plain(c) : ' ';
		if (c > 0)
			n += (size_t)utf8proc_encode_char(
			    c, plain + n); /* never longer than its source */
	}
	plain[n] = '\0';
	if (utf8proc_map(plain, (utf8proc_ssize_t)n, &nfc, UTF8PROC_STABLE | UTF8PROC_COMPOSE) < 0)
		nfc = NULL;
	free(plain);
	return (char *)nfc;
}

/* Runs of blanks become one, none at the ends; newlines count as blanks. In place. */
void reply_collapse(char *s)
{
	char *to = s;

	for (const char *from = s; *from; from++) {
		char c = *from == '\n' ? ' ' : *from;

		if (c == ' ' && (to == s || to[-1] == ' '))
			continue;
		*to++ = c;
	}
	if (to > s && to[-1] == ' ')
		to--;
	*to = '\0';
}

/* Copies what fits, whole characters only. */
void reply_copy(char *out, size_t size, const char *s)
{
	size_t n = strlen(s);

	if (n >= size) {
		n = size - 1;
		while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
	}
	memmove(out, s, n);
	out[n] = '\0';
}

void reply_append(char *out, size_t size, const char *s)
{
	size_t n = strlen(out);

	if (*s && n > 0 && n + 1 < size) {
		out[n++] = ' ';
		out[n] = '\0';
	}
	reply_copy(out + n, size - n, s);
	reply_collapse(out);
}

/* "@name", "@name@server:port"; also ".@name". Its end, NULL when s begins with none. */
static const char *reply_mention(const char *s)
{
	const char *start;

	if (*s == '.' && s[1] == '@')
		s++;
	if (*s != '@')
		return NULL;
	start = ++s;
	while (reply_is_alnum(*s) || *s == '_' || *s == '-' || *s == '@' ||
	       (*s == '.' && reply_is_alnum(s[1])) || (*s == ':' && reply_is_digit(s[1])))
		s++;
	return s > start ? s : NULL;
}

/* The text behind the mentions that it begins with, and their colons and blanks. */
char *reply_behind_mentions(char *s)
{
	const char *end;

	for (;;) {
		s += strspn(s, " \n");
		end = reply_mention(s);
		if (!end || (*end && !strchr(" \n:,", *end)))
			return s;
		s += end - s;
		s += strspn(s, ":,");
	}
}

/* Cuts the mentions that end the line and copies them to tail. */
void reply_cut_tail(char *line, char *tail, size_t size)
{
	char *at = line + strlen(line), *cut = NULL;

	*tail = '\0';
	for (;;) {
		char *blank = memrchr(line, ' ', (size_t)(at - line));

		if (!blank || reply_mention(blank + 1) != at)
			break;
		cut = at = blank;
	}
	if (cut) {
		reply_copy(tail, size, cut + 1);
		*cut = '\0';
	}
}

static bool reply_is_tag(const char *s)
{
	if ((*s | 0x20) != 't')
		return false;
	for (int i = 1; i < TAG_SIZE - 1; i++) {
		char c = s[i] >= 'a' && s[i] <= 'z' ? (char)(s[i] - 'a' + 'A') : s[i];

		if (c == '\0' || !strchr("23456789BCDFGHJKMNPQRSTVWXZ", c))
			return false;
	}
	return true;
}

static void reply_set_tag(char tag[TAG_SIZE], const char *s)
{
	for (int i = 0; i < TAG_SIZE - 1; i++)
		tag[i] = s[i] >= 'a' && s[i] <= 'z' ? (char)(s[i] - 'a' + 'A') : s[i];
	tag[TAG_SIZE - 1] = '\0';
}

static bool reply_is_boundary(char c)
{
	return c == '\0' || (!reply_is_alnum(c) && c != '_' && !((unsigned char)c & 0x80));
}

/* Remembers the first #Txxx and takes it out wherever it stands; other tags stay words. */
void reply_take_tags(char *s, char tag[TAG_SIZE])
{
	char *to = s, found[TAG_SIZE];

	for (const char *from = s; *from;) {
		if (*from == '#' && reply_is_tag(from + 1) && reply_is_boundary(from[TAG_SIZE]) &&
		    (to == s || !reply_is_alnum(to[-1]))) {
			reply_set_tag(found, from + 1);
			if (!tag[0])
				memcpy(tag, found, TAG_SIZE);
			if (memcmp(tag, found, TAG_SIZE) == 0) {
				from += TAG_SIZE;
				continue;
			}
		}
		*to++ = *from++;
	}
	*to = '\0';
}

/* A tag without its `#` at s: where the text goes on, s itself when there is none. */
const char *reply_take_bare(const char *s, struct reply_parsed *out)
{
	if (out->tag[0] || !reply_is_tag(s) || !strchr(" :,.!?", s[TAG_SIZE - 1]))
		return s;
	reply_set_tag(out->tag, s);
	memcpy(out->bare, s, TAG_SIZE - 1);
	out->bare[TAG_SIZE - 1] = '\0';
	/* "tmrw" is a word as well; "T9QM" and "t9qm" are not */
	out->tag_sure =
	    memcmp(out->tag, out->bare, TAG_SIZE) == 0 || strpbrk(out->bare, "23456789");
	s += TAG_SIZE - 1;
	return s + strspn(s, " :,.!");
}

const char *reply_behind_tag(const char *s, struct reply_parsed *out)
{
	struct reply_parsed first = {.tag_sure = true};
	const char *end = reply_take_bare(s + (*s == '#'), &first);

	if (first.tag[0] && memcmp(first.tag, out->tag, TAG_SIZE) == 0)
		return end;
	if (out->is_tag_inside)
		out->tag[0] = '\0';
	return s;
}

/* ---- words ---- */

/* Skin tones, and the signs that make a person a man or a woman. */
static bool reply_is_shade(utf8proc_int32_t c)
{
	return (c >= 0x1f3fb && c <= 0x1f3ff) || c == 0x2640 || c == 0x2642;
}

static bool reply_is_apostrophe(utf8proc_int32_t c)
{
	return c == 0x2019 || c == 0x2018 || c == 0x2bc || c == 0xb4 || c == '`';
}

/* ß, œ: what no decomposition takes apart. NULL: not such a letter. */
static const char *reply_two_letters(utf8proc_int32_t c)
{
	return c == 0xdf ? "ss" : c == 0x153 ? "oe" : NULL;
}

static const char *reply_umlaut(utf8proc_int32_t c)
{
	return c == 0xe4 ? "ae" : c == 0xf6 ? "oe" : c == 0xfc ? "ue" : NULL;
}

/* One lower-case letter in that spelling: at most four bytes. */
static size_t reply_put(utf8proc_int32_t c, enum reply_spelling spelling, char *out)
{
	utf8proc_int32_t parts[8];
	const char *letters = spelling == SPELLING_GERMAN ? reply_umlaut(c) : NULL;
	int boundary = 0;

	if (!letters && spelling != SPELLING_TYPED)
		letters = reply_two_letters(c);
	if (letters) {
		memcpy(out, letters, 2);
		return 2;
	}
	if ((spelling == SPELLING_PLAIN || spelling == SPELLING_HASTY) && c < 0x250 && /* Latin: base letter, then its marks */
	    utf8proc_decompose_char(c, parts, 8, UTF8PROC_DECOMPOSE, &boundary) > 1)
		c = parts[0];
	return (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)out);
}

void reply_fold(const char *s, size_t len, enum reply_spelling spelling, char *out, size_t size)
{
	const utf8proc_uint8_t *in = (const utf8proc_uint8_t *)s;
	size_t n = 0, at = 0;
	utf8proc_int32_t c;

	while (at < len && n + 4 < size) {
		utf8proc_ssize_t used = utf8proc_iterate(in + at, (utf8proc_ssize_t)(len - at), &c);

		if (used <= 0)
			break;
		at += (size_t)used;
		if (n > 0 && reply_is_shade(c))
			continue;
		c = reply_is_apostrophe(c) ? '\'' : utf8proc_tolower(c);
		if (c == '\'' && spelling == SPELLING_HASTY)
			continue;
		n += reply_put(c, spelling, out + n);
	}
	out[at < len ? 0 : n] = '\0';
}

/* The bytes of the word without the punctuation at its end: "…" is what phones make of "...". */
static size_t reply_stem(const char *word, size_t len, char marks[REPLY_MARKS_SIZE])
{
	static const char dots[] = "…";
	size_t stem = len, n = 0;

	for (;;) {
		if (stem > 0 && strchr(".!?:,", word[stem - 1]))
			stem--;
		else if (stem >= strlen(dots) && memcmp(word + stem - strlen(dots), dots, strlen(dots)) == 0)
			stem -= strlen(dots);
		else
			break;
	}
	for (size_t i = stem; i < len && n < REPLY_MARKS_SIZE - 1; i++)
		if (!((unsigned char)word[i] & 0x80))
			marks[n++] = word[i];
	marks[n] = '\0';
	return len - stem < REPLY_MARKS_SIZE ? stem : 0;
}

bool reply_join(
    const char *line, unsigned words, char *out, size_t size, const char **rest,
    char marks[REPLY_MARKS_SIZE])
{
	size_t n = 0;

	for (unsigned i = 0; i < words; i++) {
		size_t len = strcspn(line, " :\n"), stem;

		len += line[len] == ':';
		stem = reply_stem(line, len, marks);
		if (stem == 0 || n + 2 > size || (i + 1 < words && marks[0]))
			return false;
		if (n > 0)
			out[n++] = ' ';
		reply_fold(line, stem, SPELLING_TYPED, out + n, size - n);
		if (out[n] == '\0')
			return false;
		n += strlen(out + n);
		line += len;
		line += *line == ' ';
	}
	*rest = line;
	return words > 0;
}

/* Spanish questions and exclamations begin with a mark, too. */
const char *reply_behind_opening(const char *s)
{
	while (strncmp(s, "¿", strlen("¿")) == 0 || strncmp(s, "¡", strlen("¡")) == 0)
		s += strlen("¿");
	return s;
}
