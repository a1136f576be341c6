/*
 * Texts made alike. Called by store.c (as a function of SQL) and knowledge.c.
 * It must never fail on bytes from outside: what is no UTF-8 ends a word.
 */
#include "agent/fold.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

#define WORD_MAX 64  /* bytes; a longer run of letters is no word that two texts share */
#define HEX_LEAST 8 /* letters: "defaced" is a word, "deadbeef" an address */

/* Say nothing about what is broken, or when. */
static const char *const empty_words[] = {
    "ok", "warning", "critical", "unknown", "up", "down", "unreachable", "recovery", "mon", "tue",
    "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug",
    "sep", "oct", "nov", "dec", "am", "pm", "utc", "gmt", NULL};

struct folding {
	struct buf *out;
	char word[WORD_MAX + 8];
	size_t len;
	bool has_digit, is_too_long;
	unsigned words;
	bool is_output;
};

static bool is_hex(const char *word)
{
	return strlen(word) >= HEX_LEAST && strspn(word, "abcdef") == strlen(word);
}

static bool is_kept(const struct folding *f)
{
	if (f->is_too_long || f->words >= FOLD_WORDS)
		return false;
	if (!f->is_output)
		return true;
	for (int i = 0; empty_words[i]; i++)
		if (strcmp(f->word, empty_words[i]) == 0)
			return false;
	return !f->has_digit && !is_hex(f->word);
}

static void end_word(struct folding *f)
{
	f->word[f->len] = '\0';
	if (f->len && is_kept(f)) {
		if (f->words++)
			buf_char(f->out, ' ');
		buf_str(f->out, f->word);
	}
	f->len = 0;
	f->has_digit = f->is_too_long = false;
}

/* Letters of any script, marks that belong to them, and digits. */
static bool is_of_word(utf8proc_int32_t cp)
{
	utf8proc_category_t category = utf8proc_category(cp);

	return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

static void add_letter(struct folding *f, utf8proc_int32_t cp)
{
	if (f->len >= WORD_MAX) {
		f->is_too_long = true;
		return;
	}
	f->has_digit |= utf8proc_category(cp) >= UTF8PROC_CATEGORY_ND;
	f->len += (size_t)utf8proc_encode_char(
	    utf8proc_tolower(cp), (utf8proc_uint8_t *)f->word + f->len);
}

static void fold(struct folding *f, const char *text)
{
	while (text && *text && f->words < FOLD_WORDS) {
		utf8proc_int32_t cp;
		utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &cp);

		if (n > 0 && is_of_word(cp))
			add_letter(f, cp);
		else
			end_word(f);
		text += n > 0 ? n : 1;
	}
	end_word(f);
}

void fold_words(const char *text, struct buf *out)
{
	struct folding f = {.out = out};

	fold(&f, text);
}

void fold_output(const char *text, struct buf *out)
{
	struct folding f = {.out = out, .is_output = true};

	fold(&f, text);
}

/* Is the word at `at`, so long, among the first `before` bytes of text? */
static bool has_word(const char *text, size_t before, const char *at, size_t len)
{
	for (size_t i = 0; i < before;) {
		size_t n = strcspn(text + i, " ");

		if (n == len && memcmp(text + i, at, len) == 0)
			return true;
		i += n + (text[i + n] == ' ');
	}
	return false;
}

/* How many words a has, each once, and how many of them b has too. */
static unsigned count_words(const char *a, const char *b, unsigned *common)
{
	unsigned words = 0;

	*common = 0;
	for (size_t i = 0; a[i];) {
		size_t n = strcspn(a + i, " ");

		if (n && !has_word(a, i, a + i, n)) {
			words++;
			*common += has_word(b, strlen(b), a + i, n);
		}
		i += n + (a[i + n] == ' ');
	}
	return words;
}

unsigned fold_alike(const char *a, const char *b, unsigned *common)
{
	unsigned other, all = count_words(a, b, common) + count_words(b, a, &other) - *common;

	return all ? 100 * *common / all : 0;
}
