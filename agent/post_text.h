/*
 * From the facts of a sentence to the text of one post on one account: language, length
 * and links. Shared by core_words.c, which sends it, and by those who only rehearse.
 * Must never need a token, nor ask a network.
 */
#ifndef TWICKET_POST_TEXT_H
#define TWICKET_POST_TEXT_H

#include "agent/config.h"
#include "agent/words.h"

/* What an account speaks with. */
struct post_voice {
	const struct notifier *notifier;
	const struct account *account; /* NULL: it is not open, and nothing is measured */
	const struct words *words;
};

/*
 * The text of a sentence for an audience on an account (indexes into the configuration),
 * with the catalogue of base ("public" or "operators"), appended to out.
 * 0; 1 when there is nothing to say; -1 with err.
 */
int post_text(
    const struct config *config, unsigned audience, unsigned account,
    const struct post_voice *voice, const char *base, const struct say *say, struct buf *out,
    struct err *err);

#endif
