/*
 * What the files of `twicket preview` share, and nobody else sees: one object, one
 * state, and what each audience would be told.
 */
#ifndef TWICKET_CLI_PREVIEW_H
#define TWICKET_CLI_PREVIEW_H

#include "agent/cli_objects.h"

struct preview {
	const struct config *config;
	const struct cli_objects *objects;
	const struct object *object;
	unsigned state; /* as in common/event.h, by the object's kind */
	int64_t now_s;
};

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

/*
 * cli_preview_post.c. The first post on one account: a new object with its words, their
 * length by the network's counting, and the price where it has one. NULL with err.
 */
json_t *preview_post(
    const struct preview *p, const struct config_audience *a,
    const struct config_account *account, struct err *err);

#endif
