/*
 * Words that report nothing: courtesies, which make no ticket, and what all reports share, which
 * makes no two of them alike. Pure. Used by core_ticket.c with a mention, and by ticket.c with two.
 */
#ifndef TWICKET_SMALLTALK_H
#define TWICKET_SMALLTALK_H

#include "common/err.h"

#include <stdbool.h>

/* The lists `reports` of every language's catalogue; people write to us in any of them. */
struct smalltalk;

struct smalltalk *smalltalk_create(struct err *err); /* NULL with err */
void smalltalk_destroy(struct smalltalk *s);	     /* NULL is fine */

enum smalltalk_sense {
	SMALLTALK_WORDLESS, /* only emoji, links, mentions, signs */
	SMALLTALK_COURTESY, /* and words that only are polite */
	SMALLTALK_SAYS	    /* something may be meant by it */
};
enum smalltalk_sense smalltalk_sense(const struct smalltalk *s, const char *text);

/*
 * Are two reports of one thing? By two words that not everybody uses, or one that is a name ("VPN",
 * "web2", "#EMail"), or because all such words are the same.
 */
bool smalltalk_is_alike(const struct smalltalk *s, const char *a, const char *b);

#endif
