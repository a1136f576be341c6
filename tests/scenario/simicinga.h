/*
 * The simulated core as the API of an Icinga 2: what it answers to a query, and what an action
 * does to it. Called by simicinga.c only. Must never tell anything by itself.
 */
#ifndef TWICKET_SIMICINGA_H
#define TWICKET_SIMICINGA_H

#include "tests/scenario/simcore_internal.h"

#include <jansson.h>

/* A comment that somebody made; those of acknowledgements are with their objects. */
struct simcomment {
	struct simcomment *next;
	unsigned id;
	int64_t added_ms;
	char *host, *service, *author, *text;
};

struct simapi {
	struct simcore *core;
	struct simcomment *comments;
	unsigned n_comments;
	struct now now;
};

void simapi_finish(struct simapi *api);
/* path without "/v1/"; the status is returned, *out is a new reference. */
int simapi_query(struct simapi *api, const char *path, const json_t *body, json_t **out);
int simapi_action(struct simapi *api, const char *action, const json_t *body, json_t **out);

#endif
