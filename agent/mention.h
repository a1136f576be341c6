/*
 * Which of the things that we speak of does a mention mean? By whole words of their
 * public names and nothing else. Pure. Used by core_known.c with what is in trouble, by
 * suspicion.c with all that the public knows, and by smalltalk.c with what means nothing.
 */
#ifndef TWICKET_MENTION_H
#define TWICKET_MENTION_H

#include <stdbool.h>
#include <stddef.h>

#define MENTION_TEXT 2000 /* bytes of a text that are looked at */

/*
 * How well does the text name it? Folded: case, accents and what joins words are nothing,
 * "#EMail", "e mail" and "E-Mail" are one name; a tag's words count as such.
 */
enum mention_fit {
	MENTION_NONE,
	MENTION_PART, /* a part of a compound name, "mail" of "E-mail"; four letters at least */
	MENTION_WORDS, /* all words of the name, wherever they stand */
	MENTION_NAME   /* the name itself */
};
enum mention_fit mention_fits(const char *text, const char *name);

/* The same text and many names: it is folded once. NULL: no memory, or it is no UTF-8. */
struct mention_words *mention_read(const char *text);
void mention_free(struct mention_words *words); /* NULL is fine */
enum mention_fit mention_fits_read(const struct mention_words *words, const char *name);

/* Its words, folded, one by one; they live as long as it does. A word is not ended by a NUL. */
unsigned mention_count(const struct mention_words *words);
const char *mention_word(const struct mention_words *words, unsigned k);
size_t mention_word_len(const struct mention_words *words, unsigned k); /* bytes */
size_t mention_letters(const struct mention_words *words, unsigned k);
/* Written as a name is: "VPN" among small letters, "web2", "#EMail". */
bool mention_is_name(const struct mention_words *words, unsigned k);
/* Has a text the word k of another? */
bool mention_has_word(const struct mention_words *words, const struct mention_words *of, unsigned k);

#endif
