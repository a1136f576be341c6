/*
 * Which words say nothing, by the lists of the catalogues. Called by core_ticket.c and ticket.c. Pure.
 * It must never call words nothing that somebody may mean: in doubt it is a report.
 */
#include "agent/smalltalk.h"

#include "agent/mention.h"
#include "agent/words.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define PHRASE_SIZE 64 /* bytes of the longest phrase and its NUL */
#define PHRASE_WORDS 6
#define TELLING_LETTERS 4 /* shorter words tell two reports apart only as names */
#define ALIKE_WORDS 2

/* Folded phrases with single blanks, sorted. */
struct phrases {
	char (*at)[PHRASE_SIZE];
	size_t n, cap;
};

struct smalltalk {
	struct phrases courtesy, common;
};

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool has(const struct phrases *p, const char *folded)
{
	return p->n && bsearch(folded, p->at, p->n, sizeof *p->at, compare);
}

/* The words from k on as one phrase; "": it would be longer than any. */
static void join(const struct mention_words *w, unsigned k, unsigned n, char out[PHRASE_SIZE])
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned i = k; i < k + n; i++) {
		size_t of_word = mention_word_len(w, i);

		if (len + of_word + 2 > PHRASE_SIZE) {
			out[0] = '\0';
			return;
		}
		if (len)
			out[len++] = ' ';
		memcpy(out + len, mention_word(w, i), of_word);
		len += of_word;
		out[len] = '\0';
	}
}

/* --- reading -------------------------------------------------------------------------------- */

static int add(struct phrases *p, const char *text, struct err *err)
{
	struct mention_words *w = mention_read(text);
	unsigned n = w ? mention_count(w) : 0;

	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 128;
		void *moved = realloc(p->at, cap * sizeof *p->at);

		if (!moved) {
			mention_free(w);
			return err_set(err, "out of memory");
		}
		p->at = moved;
		p->cap = cap;
	}
	if (n && n <= PHRASE_WORDS)
		join(w, 0, n, p->at[p->n]);
	mention_free(w);
	if (!n || n > PHRASE_WORDS || !p->at[p->n][0])
		return err_set(err, "reports: \"%s\" is not a phrase, or is too long", text);
	p->n++;
	return 0;
}

static int take(void *arg, const char *list, const char *text, struct err *err)
{
	struct smalltalk *s = arg;

	if (strcmp(list, "courtesy") == 0)
		return add(&s->courtesy, text, err);
	if (strcmp(list, "common") == 0)
		return add(&s->common, text, err);
	return err_set(err, "reports.%s: no such list", list);
}

struct smalltalk *smalltalk_create(struct err *err)
{
	struct smalltalk *s = calloc(1, sizeof *s);
	int rc = 0;

	if (!s)
		err_set(err, "out of memory");
	for (const char *const *l = words_languages(); s && *l && rc == 0; l++) {
		struct words *w = words_open(*l, err);

		rc = w ? words_lists(w, "reports", take, s, err) : -1;
		words_close(w);
	}
	if (rc == -1) {
		smalltalk_destroy(s);
		return NULL;
	}
	if (s) {
		qsort(s->courtesy.at, s->courtesy.n, sizeof *s->courtesy.at, compare);
		qsort(s->common.at, s->common.n, sizeof *s->common.at, compare);
	}
	return s;
}

void smalltalk_destroy(struct smalltalk *s)
{
	if (!s)
		return;
	free(s->courtesy.at);
	free(s->common.at);
	free(s);
}

/* --- does it say anything? -------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t';
}

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* Whom it is for and where it points to is not what it says. */
static bool is_address(const char *token)
{
	return *token == '@' || begins(token, ".@") || begins(token, "http://") || begins(token, "https://") ||
	       begins(token, "www.");
}

static void without_addresses(const char *text, struct buf *out)
{
	while (*text) {
		size_t n = 0;

		while (text[n] && !is_blank(text[n]))
			n++;
		if (!is_address(text))
			buf_add(out, text, n);
		buf_char(out, ' ');
		text += n + (text[n] != '\0');
	}
}

/* "<3", ":-D": no script that is written so has words of one such letter. */
static bool is_sign(const struct mention_words *w, unsigned k)
{
	return mention_word_len(w, k) == 1;
}

/* The longest courtesy that begins there, in words; 0: none. */
static unsigned courtesy_at(const struct smalltalk *s, const struct mention_words *w, unsigned k)
{
	unsigned left = mention_count(w) - k;
	char phrase[PHRASE_SIZE];

	for (unsigned n = left < PHRASE_WORDS ? left : PHRASE_WORDS; n; n--) {
		join(w, k, n, phrase);
		if (*phrase && has(&s->courtesy, phrase))
			return n;
	}
	return is_sign(w, k) ? 1 : 0;
}

static bool is_polite(const struct smalltalk *s, const struct mention_words *w)
{
	unsigned n;

	for (unsigned k = 0; k < mention_count(w); k += n) {
		n = courtesy_at(s, w, k);
		if (!n)
			return false;
	}
	return true;
}

enum smalltalk_sense smalltalk_sense(const struct smalltalk *s, const char *text)
{
	enum smalltalk_sense sense = SMALLTALK_SAYS;
	struct mention_words *w;
	struct buf words;

	buf_init(&words, MENTION_TEXT * 2);
	without_addresses(text, &words);
	w = mention_read(buf_text(&words));
	if (w && !mention_count(w))
		sense = SMALLTALK_WORDLESS;
	else if (w && !strchr(buf_text(&words), '?') && is_polite(s, w)) /* "hello?" wants something */
		sense = SMALLTALK_COURTESY;
	mention_free(w);
	buf_finish(&words);
	return sense;
}

/* --- are two alike? ----------------------------------------------------------------------------- */

static bool is_telling(const struct smalltalk *s, const struct mention_words *w, unsigned k)
{
	char word[PHRASE_SIZE];

	join(w, k, 1, word);
	return mention_letters(w, k) >= TELLING_LETTERS && !has(&s->common, word);
}

struct shared {
	unsigned telling, names, missing; /* missing: telling words that the other has not */
};

static struct shared share(const struct smalltalk *s, const struct mention_words *of, const struct mention_words *other)
{
	struct shared found = {0};

	for (unsigned k = 0; k < mention_count(of); k++) {
		bool has_it = mention_has_word(other, of, k);

		if (mention_is_name(of, k) && has_it)
			found.names++;
		if (!is_telling(s, of, k))
			continue;
		found.telling += has_it;
		found.missing += !has_it;
	}
	return found;
}

bool smalltalk_is_alike(const struct smalltalk *s, const char *a, const char *b)
{
	struct mention_words *one = mention_read(a), *other = mention_read(b);
	bool is_so = false;

	if (one && other) {
		struct shared there = share(s, one, other), back = share(s, other, one);

		is_so = (there.telling >= ALIKE_WORDS && back.telling >= ALIKE_WORDS) ||
			(there.names && back.names) ||
			(there.telling && !there.missing && !back.missing);
	}
	mention_free(one);
	mention_free(other);
	return is_so;
}
