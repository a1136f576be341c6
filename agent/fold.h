/*
 * Texts made alike: what two outputs of a plugin, or two notes of what helped, have in
 * common. Pure; used by the store's index and by knowledge.c.
 */
#ifndef TWICKET_FOLD_H
#define TWICKET_FOLD_H

#include "common/buf.h"

#define FOLD_WORDS 64 /* of a text; what comes behind is not looked at */

/* Its words in lower case, a blank between: "Cleared  /var/spool." -> "cleared var spool". */
void fold_words(const char *text, struct buf *out);

/*
 * The same without what differs from one time to the next: numbers and whatever holds a digit
 * (times, addresses, sizes), hex, days and months, and the core's words for states.
 */
void fold_output(const char *text, struct buf *out);

/*
 * How alike two folded texts are: words that both have, each once, in percent of all words of
 * the two; *common: how many both have.
 */
unsigned fold_alike(const char *a, const char *b, unsigned *common);

#endif
