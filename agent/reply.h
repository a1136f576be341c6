/*
 * What did they mean: the reply language (SPEC section 5), in all languages at once.
 * Pure: text in, verb out. Knows nothing of people, incidents or networks, and never
 * guesses: a sentence is never a command.
 */
#ifndef TWICKET_REPLY_H
#define TWICKET_REPLY_H

#include "agent/rows.h"
#include "common/err.h"
#include "common/now.h"

enum reply_verb {
	REPLY_VERB_COMMENT, /* any other text, and `note:` */
	REPLY_VERB_ACK,
	REPLY_VERB_ACK_ALL,
	REPLY_VERB_TAKE, /* ack over another owner */
	REPLY_VERB_UNACK,
	REPLY_VERB_STATUS,   /* ? */
	REPLY_VERB_DOWNTIME, /* duration_s, text; no duration: ask for it */
	REPLY_VERB_DOWNTIME_CANCEL,
	REPLY_VERB_RECHECK, /* text */
	REPLY_VERB_LAST,    /* last?, history? */
	REPLY_VERB_QUIET,   /* duration_s */
	REPLY_VERB_ETA,	    /* duration_s from when it was said */
	REPLY_VERB_MAJOR,
	REPLY_VERB_NOT_MAJOR,
	REPLY_VERB_KNOWN,   /* other, text or both; neither: it was not said which */
	REPLY_VERB_PART_OF, /* other; "": it was not said of which */
	REPLY_VERB_SAY,	    /* text; "": nothing */
	REPLY_VERB_FIXED,   /* fixed, cause, workaround: text */
	REPLY_VERB_TICKET,  /* text: the desk's number; "": it was not said which */
	REPLY_VERB_ENDORSE,
	REPLY_VERB_UNDO,
	REPLY_VERB_PAUSE,
	REPLY_VERB_HELP,
	REPLY_VERB_STOP,
	REPLY_VERB_START,
	REPLY_VERB_ME_TOO,	/* whoever says it: the same trouble; text is all of it */
	REPLY_VERB_YES,		/* the answer to an open question, else a comment; text is all of it */
	REPLY_VERB_NO,		/* likewise; to words that wait, too */
	REPLY_VERB_GO,		/* the answer to words that wait, else a comment; text is all of it */
	REPLY_VERB_EDIT,	/* likewise; the other words are reply_other_words()'s */
	REPLY_VERB_BARE_NUMBER, /* "ack 30": ask whether 30m is meant; "quiet": ask for how long */
	REPLY_VERB_BAD_TIME, /* "ack 400d": ask for one that can be kept; text is what was said */
	REPLY_VERB_EMPTY	/* nothing but mentions and blanks */
};

#define REPLY_TEXT_MAX 2000

struct reply_parsed {
	enum reply_verb verb;
	char tag[TAG_SIZE]; /* the first #Txxx in the text, or the tag argument; "" = none */
	char bare[TAG_SIZE]; /* the tag as typed when it had no `#`; "" else */
	bool tag_sure;	     /* false: "tmrw" is a word as well, a tag only if there is such an incident */
	bool is_tag_inside;  /* that #Txxx stood behind words: "known #T7K2" */
	char other[TAG_SIZE]; /* of known, part of: the incident that is named; "" = none */
	char other_bare[TAG_SIZE]; /* as typed when it had no `#`; "" else */
	bool is_other_sure;  /* as tag_sure */
	int64_t duration_s; /* of ack, ack all, take, downtime, quiet, eta; 0 = none */
	char text[REPLY_TEXT_MAX + 1]; /* the free words; for COMMENT all of them, one line */
	bool is_cut; /* of say: there were more lines, which are no part of it */
	char word[16];		       /* the command as the English have it: "ack", "cause"; "" of a comment */
};

/* The words of every language, compiled from the catalogues; never changed after that. */
struct reply_lexicon;

/* NULL with err: a catalogue has a gap, or a phrase that means two things. */
struct reply_lexicon *reply_lexicon_create(struct err *err);
void reply_lexicon_destroy(struct reply_lexicon *lexicon); /* NULL is fine */

/* text is the plain text of the post, mentions already dropped or not. now gives `until 18:00`. */
void reply_parse(
    const struct reply_lexicon *lexicon, const char *text, const struct now *now,
    struct reply_parsed *out);

/* What stands behind "edit:", as it was typed: it is to be published. "" when there is nothing. */
void reply_other_words(
    const struct reply_lexicon *lexicon, const char *text, char out[REPLY_TEXT_MAX + 1]);

/* "ack" and the like, as stored with the reply. */
const char *reply_verb_name(enum reply_verb verb);

#endif
