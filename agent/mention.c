/*
 * Does a text name a thing? Called by core_known.c, suspicion.c and
 * smalltalk.c. Pure. It must never take a piece of a
 * word for the word: an answer that names the wrong trouble hides a report.
 */
#include "agent/mention.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define WORDS 400
#define PART_LETTERS 4

#define NAME_LETTERS 2

/* Folded words, in one buffer; blank_before: not joined to the word before by a sign. */
struct mention_words {
	char *text;
	unsigned at[WORDS], len[WORDS], n;
	bool blank_before[WORDS], is_name[WORDS];
};

static bool is_letter(utf8proc_int32_t c)
{
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ND: return true;
	default: return false; /* all other kinds of Unicode */
	}
}

static char *fold(const char *text, utf8proc_option_t casing)
{
	utf8proc_uint8_t *out = NULL;
	char cut[MENTION_TEXT + 1];

	snprintf(cut, sizeof cut, "%s", text);
	for (size_t n = strlen(cut); n && ((unsigned char)cut[n - 1] & 0xc0) == 0x80 && n + 4 > MENTION_TEXT; n--)
		cut[n - 1] = '\0'; /* a character that was cut */
	if (utf8proc_map(
		(const utf8proc_uint8_t *)cut, 0, &out,
		UTF8PROC_NULLTERM | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | casing |
		    UTF8PROC_STRIPMARK | UTF8PROC_IGNORE) < 0) {
		free(out);
		return NULL;
	}
	return (char *)out;
}

static bool split(const char *text, utf8proc_option_t casing, struct mention_words *w)
{
	const utf8proc_uint8_t *at;
	utf8proc_int32_t c;
	utf8proc_ssize_t n;
	bool is_in = false, blank = true;

	w->n = 0;
	w->text = fold(text, casing);
	if (!w->text)
		return false;
	for (at = (const utf8proc_uint8_t *)w->text; *at; at += n) {
		n = utf8proc_iterate(at, -1, &c);
		if (n <= 0)
			break;
		if (!is_letter(c)) {
			blank = blank || c == ' ' || c == '\n';
			is_in = false;
			continue;
		}
		if (!is_in && w->n == WORDS)
			break;
		if (!is_in) {
			w->at[w->n] = (unsigned)(at - (const utf8proc_uint8_t *)w->text);
			w->len[w->n] = 0;
			w->blank_before[w->n++] = blank;
		}
		w->len[w->n - 1] += (unsigned)n;
		is_in = true;
		blank = false;
	}
	return true;
}

const char *mention_word(const struct mention_words *w, unsigned k)
{
	return w->text + w->at[k];
}

size_t mention_letters(const struct mention_words *w, unsigned k)
{
	size_t n = 0;

	for (unsigned i = 0; i < w->len[k]; i++)
		n += ((unsigned char)mention_word(w, k)[i] & 0xc0) != 0x80;
	return n;
}

/* Do the words of the text from k on, put together, make all words of the name? */
static bool runs(const struct mention_words *text, unsigned k, const struct mention_words *name)
{
	unsigned of_text = 0, of_name = 0, j = 0;

	for (;;) {
		if (of_text == text->len[k]) {
			k++;
			of_text = 0;
		}
		if (of_name == name->len[j]) {
			j++;
			of_name = 0;
		}
		if (j == name->n)
			return of_text == 0; /* where a word of the text ends */
		if (k == text->n || mention_word(text, k)[of_text++] != mention_word(name, j)[of_name++])
			return false;
	}
}

bool mention_has_word(const struct mention_words *text, const struct mention_words *name, unsigned k)
{
	for (unsigned i = 0; i < text->n; i++)
		if (text->len[i] == name->len[k] && !memcmp(mention_word(text, i), mention_word(name, k), name->len[k]))
			return true;
	return false;
}

static enum mention_fit fit(const struct mention_words *text, const struct mention_words *name)
{
	bool has_all = true, has_part = false, is_compound = true;

	if (!name->n)
		return MENTION_NONE;
	for (unsigned i = 0; i < text->n; i++)
		if (runs(text, i, name))
			return MENTION_NAME;
	for (unsigned k = 0; k < name->n; k++) {
		bool has = mention_has_word(text, name, k);

		has_all = has_all && has;
		has_part = has_part || (has && mention_letters(name, k) >= PART_LETTERS);
		is_compound = is_compound && (k == 0 || !name->blank_before[k]);
	}
	if (has_all)
		return MENTION_WORDS;
	return has_part && is_compound ? MENTION_PART : MENTION_NONE;
}

/* --- names ---------------------------------------------------------------------------------- */

static bool has_digit_and_letter(const struct mention_words *w, unsigned k)
{
	unsigned digits = 0;

	for (unsigned i = 0; i < w->len[k]; i++)
		digits += mention_word(w, k)[i] >= '0' && mention_word(w, k)[i] <= '9';
	return digits && digits < w->len[k];
}

/* Capital letters of a word as it was typed. */
static unsigned capitals(const struct mention_words *typed, unsigned k)
{
	const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)mention_word(typed, k), *end = at + typed->len[k];
	utf8proc_int32_t c;
	unsigned n = 0;

	for (utf8proc_ssize_t step; at < end; at += step) {
		step = utf8proc_iterate(at, end - at, &c);
		if (step <= 0)
			break;
		n += utf8proc_category(c) == UTF8PROC_CATEGORY_LU;
	}
	return n;
}

/* Who shouts all of it writes no name with that. The words are the same, only not yet small. */
static void find_names(const char *text, struct mention_words *w)
{
	struct mention_words *typed = calloc(1, sizeof *typed);
	bool shouts = true;

	if (!typed || !split(text, 0, typed) || typed->n != w->n)
		goto out;
	for (unsigned k = 0; k < typed->n; k++)
		shouts = shouts && capitals(typed, k) == mention_letters(typed, k);
	for (unsigned k = 0; k < typed->n; k++) {
		unsigned n = capitals(typed, k);
		bool is_tag = typed->at[k] && typed->text[typed->at[k] - 1] == '#';

		w->is_name[k] = mention_letters(typed, k) >= NAME_LETTERS &&
				(is_tag || has_digit_and_letter(typed, k) ||
				 (!shouts && n >= NAME_LETTERS && n == mention_letters(typed, k)));
	}
out:
	if (typed)
		free(typed->text);
	free(typed);
}

unsigned mention_count(const struct mention_words *words)
{
	return words->n;
}

size_t mention_word_len(const struct mention_words *words, unsigned k)
{
	return words->len[k];
}

bool mention_is_name(const struct mention_words *words, unsigned k)
{
	return words->is_name[k];
}

static struct mention_words *read_words(const char *text)
{
	struct mention_words *w = calloc(1, sizeof *w);

	if (w && split(text, UTF8PROC_CASEFOLD, w))
		return w;
	free(w);
	return NULL;
}

struct mention_words *mention_read(const char *text)
{
	struct mention_words *w = read_words(text);

	if (w)
		find_names(text, w);
	return w;
}

void mention_free(struct mention_words *words)
{
	if (words)
		free(words->text);
	free(words);
}

enum mention_fit mention_fits_read(const struct mention_words *words, const char *name)
{
	struct mention_words *of_name = read_words(name);
	enum mention_fit found = of_name ? fit(words, of_name) : MENTION_NONE;

	mention_free(of_name);
	return found;
}

enum mention_fit mention_fits(const char *text, const char *name)
{
	struct mention_words *words = read_words(text);
	enum mention_fit found = words ? mention_fits_read(words, name) : MENTION_NONE;

	mention_free(words);
	return found;
}
