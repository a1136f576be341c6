/*
 * Text of a reply: characters, words, mentions, tags. Included by reply*.c only.
 */
#ifndef TWICKET_REPLY_TEXT_H
#define TWICKET_REPLY_TEXT_H

#include "agent/reply.h"

#include <stdbool.h>
#include <stddef.h>

static inline bool reply_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Any character beyond ASCII counts as one. */
static inline bool reply_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || ((unsigned char)c & 0x80);
}

/* Valid, NFC, one kind of blank, one kind of newline. Allocated; NULL when memory ran out. */
char *reply_clean(const char *text);

/* Runs of blanks become one, none at the ends; newlines count as blanks. In place. */
void reply_collapse(char *s);

/* Copies what fits, whole characters only. */
void reply_copy(char *out, size_t size, const char *s);

/* The same behind what is there, with a blank between. */
void reply_append(char *out, size_t size, const char *s);

/* The text behind the mentions that it begins with, and their colons and blanks. */
char *reply_behind_mentions(char *s);

/* Spanish questions and exclamations begin with a mark, too. */
const char *reply_behind_opening(const char *s);

/* Cuts the mentions that end the line and copies them to tail. */
void reply_cut_tail(char *line, char *tail, size_t size);

/* Remembers the first #Txxx and takes it out wherever it stands; other tags stay words. */
void reply_take_tags(char *s, char tag[TAG_SIZE]);

/* A tag without its `#` at s: where the text goes on, s itself when there is none. */
const char *reply_take_bare(const char *s, struct reply_parsed *out);

/*
 * The tag that spoken words may begin with addresses the incident; any other is one of
 * the words: they are published as they were typed.
 */
const char *reply_behind_tag(const char *s, struct reply_parsed *out);

/*
 * How a phrase is spelled: as typed, ß as ss, that and without accents, that and ä as ae; in haste
 * without accents and apostrophes.
 */
enum reply_spelling {
	SPELLING_TYPED,
	SPELLING_SWISS,
	SPELLING_PLAIN,
	SPELLING_GERMAN,
	SPELLING_HASTY,
	REPLY_SPELLINGS
};

/*
 * Lower case, one kind of apostrophe, without skin tones and the like behind an emoji.
 * Of valid UTF-8 in NFC. "" when it does not fit.
 */
void reply_fold(
    const char *s, size_t len, enum reply_spelling spelling, char *out, size_t size);

#define REPLY_MARKS_SIZE 8

/*
 * The first so many words of the line, folded, with single blanks; marks is the punctuation
 * behind the last of them, rest what follows. false: fewer words, or marks before.
 */
bool reply_join(
    const char *line, unsigned words, char *out, size_t size, const char **rest,
    char marks[REPLY_MARKS_SIZE]);

#endif
