/*
 * The lexicon as reply*.c use it: which command a phrase is, and the words of times.
 * Included by reply*.c only. A phrase here is folded: lower case, one kind of
 * apostrophe, single blanks.
 */
#ifndef TWICKET_REPLY_LEXICON_H
#define TWICKET_REPLY_LEXICON_H

#include "agent/reply.h"

#include <stdbool.h>
#include <stddef.h>

#define REPLY_PHRASE_SIZE 64 /* bytes of the longest phrase and its NUL */
#define REPLY_PHRASE_WORDS 6 /* and its words */

/* What may follow a command word (SPEC 5.1 rule 2). */
enum reply_args {
	ARGS_NONE,     /* the word is the whole line */
	ARGS_TIMED,    /* nothing or a duration; behind the word that takes text also [text] */
	ARGS_TEXT,     /* nothing; behind the word that takes text [text] */
	ARGS_COLON,    /* a colon and text */
	ARGS_DOWNTIME, /* a duration; behind the word that takes text also nothing, and [text] */
	ARGS_TIME,     /* a duration */
	ARGS_ETA,      /* a duration or a time of day */
	ARGS_TAG,      /* a tag */
	ARGS_KNOWN,    /* a tag, or a colon and text */
	ARGS_NUMBER,   /* nothing or one word with a digit in it */
	ARGS_ANSWER    /* nothing, not even a question mark */
};

struct reply_command {
	const char *list; /* its name in the catalogues */
	enum reply_verb verb;
	enum reply_args args;
	const char *word; /* its name in struct reply_parsed */
};

/* How a phrase may stand in the catalogue; the same words may in several ways. */
enum reply_form {
	REPLY_FORM_LINE = 1,  /* "on it": with its arguments the whole line */
	REPLY_FORM_TEXT = 2,  /* "ack …": any text may follow */
	REPLY_FORM_COLON = 4, /* "note:": a colon must */
	REPLY_FORM_ASKS = 8,  /* "last?": a question mark must */
	REPLY_FORM_ENGLISH = 16 /* in that language: there 18h is a duration, and nothing else */
};

struct reply_phrase {
	char say[REPLY_PHRASE_SIZE];
	const struct reply_command *command;
	unsigned forms;
};

enum reply_time {
	REPLY_TIME_MINUTES,
	REPLY_TIME_HOURS,
	REPLY_TIME_DAYS,
	REPLY_TIME_FOR,	  /* in front of a duration */
	REPLY_TIME_IN,	  /* likewise, where it says when */
	REPLY_TIME_UNTIL, /* in front of a time of day */
	REPLY_TIME_AT,	  /* likewise, where one is expected */
	REPLY_TIME_CLOCK, /* behind one: "18 Uhr" */
	REPLY_TIME_AM,
	REPLY_TIME_PM,
	REPLY_TIME_MORNING, /* in words, behind a clock's hour: "8 Uhr morgens" */
	REPLY_TIME_EVENING, /* "6 de la tarde" */
	REPLY_TIME_TOMORROW, /* behind a time of day: not taken */
	REPLY_TIME_AGO, /* behind a duration: it tells a story */
	REPLY_TIME_OTHER, /* units that are not taken: seconds, weeks */
	REPLY_TIMES
};

/* reply_say.c: the words behind "say:" in that text, "" when there are none. */
void reply_spoken(
    const struct reply_lexicon *lexicon, enum reply_verb verb, const char *text,
    struct reply_parsed *out);

/* NULL when no language has it. */
const struct reply_phrase *
reply_lexicon_find(const struct reply_lexicon *lexicon, const char *folded);

bool reply_lexicon_is_time(
    const struct reply_lexicon *lexicon, enum reply_time time, const char *folded);

#endif
