/*
 * What the files of `twicket preview` share, and nobody else sees: one object, one
 * state, and what each audience would be told.
 */
#ifndef TWICKET_CLI_PREVIEW_H
#define TWICKET_CLI_PREVIEW_H

#include "agent/cli_objects.h"
#include "agent/world.h"

struct preview {
	const struct config *config;
	const struct cli_objects *objects;
	struct world *world;
	const struct object *object;
	unsigned state; /* as in common/event.h, by the object's kind */
	int64_t at_s;	/* when it goes wrong */
	const json_t *status; /* the agent's, for what is paused and quiet; NULL = not known */
};

/* cli_preview.c. What each audience would be told: the answer of the command. NULL with err. */
json_t *preview_facts(const struct preview *p, struct err *err);

/*
 * cli_preview_why.c. Would the audience be told of it? Why, and why not, into why.
 */
bool preview_is_told(
    const struct preview *p, const struct config_audience *a, struct buf *why);
/* The public names that the audience would read, in a language; each once. Allocated, NULL-terminated. */
const char **preview_names(
    const struct preview *p, const struct config_audience *a, const char *language);
/* "CRITICAL" typed as people do -> the object's state; -1 with err that lists them. NULL: the worst. */
int preview_state(const struct object *o, const char *word, unsigned *state, struct err *err);
/* Why it is not told at once, into why; false: nothing holds it back but the hold. */
bool preview_is_held(const struct preview *p, const struct config_audience *a, struct buf *why);

/*
 * cli_preview_post.c. All posts to an audience while the trouble lasts, and of its end: a new
 * array of objects with time, words, length by the network's counting, and price where it has
 * one. lasts_ms: how long that was taken to be. NULL with err.
 */
json_t *
preview_posts(const struct preview *p, unsigned audience, int64_t *lasts_ms, struct err *err);

#endif
