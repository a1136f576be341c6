/*
 * The text of one post as one account carries it. Called by core_words.c and rehearse.c.
 * Must never post a text that is not the one that was measured.
 */
#include "agent/post_text.h"

#include <string.h>

#define UNLINKED_TIMES 3 /* so much longer a text may become without its links */

struct ruler {
	const struct post_voice *voice;
	bool unlinks; /* the network takes more money for a link, and nobody asked for one */
};

/* What is posted is what was measured. */
static void measure(const void *arg, const char *text, unsigned *units, unsigned *limit)
{
	const struct ruler *r = arg;
	struct buf plain;

	buf_init(&plain, UNLINKED_TIMES * strlen(text));
	if (r->unlinks)
		words_unlink(text, &plain);
	r->voice->notifier->measure(
	    r->voice->account, r->unlinks ? buf_text(&plain) : text, units, limit);
	buf_finish(&plain);
}

static const char *
override_for(const struct config_audience *a, const char *language, enum say_event event)
{
	for (unsigned k = 0; k < a->n_words; k++)
		if (!strcmp(a->words[k].language, language) &&
		    !strcmp(a->words[k].event, words_event_name(event)))
			return a->words[k].text;
	return NULL;
}

int post_text(
    const struct config *config, unsigned audience, unsigned account,
    const struct post_voice *voice, const char *base, const struct say *say, struct buf *out,
    struct err *err)
{
	const struct config_audience *a = &config->audiences[audience];
	const struct config_account *on = &config->accounts[account];
	struct ruler ruler = {voice, on->is_metered && !a->links};
	struct words_want want = {
	    .words = voice->words,
	    .base = base,
	    /* a sentence that was written for operators is none for the public */
	    .override = a->internals && !strcmp(base, "public")
			    ? NULL
			    : override_for(a, on->language, say->event),
	    .link = a->links ? config->link : NULL,
	    .measure = voice->account ? measure : NULL,
	    .measure_arg = &ruler,
	};
	struct buf text;
	int rc;

	buf_init(&text, out->max);
	rc = words_say(&want, say, &text, err);
	if (ruler.unlinks)
		words_unlink(buf_text(&text), out);
	else
		buf_str(out, buf_text(&text));
	buf_finish(&text);
	return rc;
}
