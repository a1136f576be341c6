/*
 * Text of a reply: characters, mentions, tags. Shared by reply.c and reply_text.c.
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

/* Cuts the mentions that end the line and copies them to tail. */
void reply_cut_tail(char *line, char *tail, size_t size);

/* Remembers the first #Txxx and takes it out wherever it stands; other tags stay words. */
void reply_take_tags(char *s, char tag[TAG_SIZE]);

/* A tag without its `#` at s: where the text goes on, s itself when there is none. */
const char *reply_take_bare(const char *s, struct reply_parsed *out);

/* Words behind "say:" as they were typed: they are published, so a tag in their middle stays there. */
void reply_spoken(const char *text, struct reply_parsed *out);

#endif
