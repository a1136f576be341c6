/*
 * Which of the things that we speak of does a mention mean? By whole words of their
 * public names and nothing else. Pure. Used by core_ticket.c with what is in trouble,
 * and by suspicion.c with all that the public knows.
 */
#ifndef TWICKET_MENTION_H
#define TWICKET_MENTION_H

#include <stdbool.h>

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

/* Do two texts share words enough to be of one thing? */
bool mention_alike(const char *a, const char *b);

#endif
