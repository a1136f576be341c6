/*
 * Shared by the words*.c files only: a catalogue in memory, and the pieces that
 * words.c puts together. Nobody else may include it.
 */
#ifndef TWICKET_WORDS_INTERNAL_H
#define TWICKET_WORDS_INTERNAL_H

#include "agent/words.h"

#include <stddef.h>

enum words_base { BASE_PUBLIC, BASE_OPERATORS, BASES };
#define WORDS_REASONS 87

#define WORDS_VALUE_MAX 8192 /* bytes of one value; longer ones are nobody's post */
#define WORDS_TEXT_MAX 65536 /* bytes of a whole post before it is measured */

/* All strings are the catalogue's, valid until words_close(). None is NULL. */
struct words {
	const char *sentence[BASES][SAY_EVENTS];
	const char *reason[BASES][WORDS_REASONS]; /* in the order of words_reasons() */
	const char *more, *and;
	const char *with[2], *times[4], *went[2], *held[2];
	const char *has, *somebody, *nobody, *working, *restarted;
	const char *all_ok, *disrupted, *open, *still, *picture;
	const char *on_day; /* a date alone */
	const char *time, *day, *date, *span[3]; /* span: the three of them inside of a list */
	const char *units[4], *days[7], *months[12];
	void *catalogue; /* what holds the strings */
};

enum macro {
	MACRO_SYMBOL,
	MACRO_NAME,
	MACRO_TAG,
	MACRO_SINCE,
	MACRO_UNTIL,
	MACRO_AT,
	MACRO_ETA,
	MACRO_FROM,
	MACRO_TO,
	MACRO_NEXT,
	MACRO_ASKED,
	MACRO_DURATION,
	MACRO_TIMES,
	MACRO_NTH,
	MACRO_HOW,
	MACRO_COUNT,
	MACRO_WHO,
	MACRO_WRITER,
	MACRO_REASON,
	MACRO_INTERVAL,
	MACRO_TICKET,
	MACRO_LIST,
	MACRO_NOW,
	MACRO_PARENT, /* to the public only its tag */
	MACRO_TEXT,   /* to the public only a person's official words */
	/* internals from here on */
	MACRO_OBJECT,
	MACRO_STATE,
	MACRO_WAS,
	MACRO_OUTPUT,
	MACRO_WENT,
	MACRO_LOST,
	MACRO_TOTAL,
	MACRO_MENTIONS,
	MACRO_MEMBERS,
	MACRO_WITH,
	MACRO_OWNER,
	MACRO_LINK,
	MACRO_LASTFIX,
	MACRO_LONGEST,
	MACRO_HOSTNAME,
	MACRO_SERVICEDESC,
	MACRO_HOSTSTATE,
	MACRO_SERVICESTATE,
	MACRO_HOSTOUTPUT,
	MACRO_SERVICEOUTPUT,
	MACROS
};

/* One piece of a template. */
enum piece_kind { PIECE_END, PIECE_TEXT, PIECE_MACRO, PIECE_OPEN, PIECE_CLOSE, PIECE_BAD };

struct piece {
	enum piece_kind kind;
	const char *at; /* of a macro: its name without the dollar signs */
	size_t len;
	int macro; /* -1 = not known */
};

/* Cuts the next piece off; *at moves behind it. BAD: a dollar sign without a partner. */
struct piece words_piece(const char **at);

int words_macro_find(const char *name, size_t len); /* -1 = none */

/* words_check() without its demand for $TAG$; *tag becomes true when it is there. */
int words_check_pieces(
    const char *text, enum say_event event, bool internals, bool *tag, struct err *err);

/* The base's number; anything but "operators" is the public. */
enum words_base words_base_find(const char *name);

/* A time of day as the reader sees it from `now`: "03:12", "Sat 22:00", "Sat 28 Nov 22:00". */
void words_time(const struct words *w, int64_t at, int64_t now, struct buf *out);

/* The same inside of a list, where the reader comes from the day of `before`. */
void words_span_time(
    const struct words *w, int64_t at, int64_t before, int64_t now, struct buf *out);

/* words_duration() in the catalogue's units. */
void words_duration_in(const struct words *w, int64_t seconds, struct buf *out);

/* Are both on one local calendar day? */
bool words_same_day(int64_t a, int64_t b);

/* One foreign text that may lose words: all of it, and how many bytes are shown. */
struct cut {
	struct buf all;
	size_t shown, least; /* least: of what the sentence is there for, some must stay */
};

struct render {
	const struct words_want *want;
	const struct say *say;
	enum words_base base;
	bool has_from; /* $TO$ need not repeat the day of $FROM$ */
	struct cut output, text;
	unsigned list_max, name_max;
	unsigned parts, dropped; /* [parts] that may go, and how many went, from the last */
	bool lost_macro;	 /* a macro that no sentence can do without was empty */
};

/* A name or word: neutralised, and cut only as the last resort. */
void words_put_word(const struct render *r, const char *text, struct buf *out);

/* Does one of our own tags, "T7K2", stand here as a word of its own? */
bool words_is_tag(const char *s);

/* What stays live, an address or a tag: only the bytes that it may consist of pass. */
void words_put_live(const char *text, const char *allowed, struct buf *out);
#define WORDS_TAG_BYTES "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define WORDS_ADDRESS_BYTES WORDS_TAG_BYTES "abcdefghijklmnopqrstuvwxyz@._-:"

/* The lists (words_list.c): "a, b and 4 more". */
void words_put_names(
    const struct render *r, const char *const *names, unsigned n, struct buf *out);
void words_put_list(const struct render *r, struct buf *out);
void words_put_now(const struct render *r, struct buf *out);
void words_put_longest(const struct render *r, struct buf *out);
void words_put_mentions(const struct render *r, struct buf *out);

/* Appends the macro's value; nothing when it is not known. */
void words_put_macro(struct render *r, enum macro macro, struct buf *out);

/* `whole`: its parts are not among those that may go (the text of a reason). */
void words_put_template(struct render *r, const char *text, bool whole, struct buf *out);

/* The pattern with $N$, $LIST$ and $OWNER$ filled in; NULL ones vanish. */
void words_bit(const char *pattern, unsigned n, const char *list, const char *owner,
	       struct buf *out);

/* Bytes of the first n graphemes of valid UTF-8; of all, when there are fewer. */
size_t words_graphemes(const char *text, size_t n);

/* The end of the last whole grapheme in the first `bytes` bytes. */
size_t words_grapheme_floor(const char *text, size_t bytes);

#endif
