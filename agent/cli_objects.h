/*
 * What the core watches, as the agent's inventory tells it: for `check` and for
 * `list MATCH`. Kept for the length of one command.
 */
#ifndef TWICKET_CLI_OBJECTS_H
#define TWICKET_CLI_OBJECTS_H

#include "agent/cli.h"
#include "agent/match.h"
#include "agent/object.h"

struct cli_objects {
	struct object **at;
	size_t n;
};

/* Asks the agent; quietly: what went wrong is in err. The objects are the caller's on CLI_DONE. */
enum cli_exit cli_objects_ask(const struct cli *cli, struct cli_objects *objects, struct err *err);

/* From the agent's answer; entries that make no sense are left out. -1 without memory. */
int cli_objects_take(const json_t *answer, struct cli_objects *objects);
void cli_objects_finish(struct cli_objects *objects);

/* By "host" or "host/service" as incidents name it; NULL when there is none. */
const struct object *cli_objects_find(const struct cli_objects *objects, const char *name);

/*
 * The nearest name of that kind ("host", "hostgroup", ...; as match_names() says
 * them) that some object has. True when the name itself is one; else *near is the
 * nearest or NULL, borrowed from the objects.
 */
bool cli_objects_know(
    const struct cli_objects *objects, const char *kind, const char *name, const char **near);

/* Says on stderr which names the core does not know, as `check` does; nothing without a core. */
void cli_objects_warn(const struct cli *cli, const struct match *match);

#endif
