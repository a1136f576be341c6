/*
 * The one match language (SURFACE 1.4): "hostgroup:web & service:HTTP*, !host:test-*".
 * Parsed once with the configuration, then asked by the engine and by people.c.
 * Pure: no I/O, no state; it must never guess at a term that it does not know.
 */
#ifndef TWICKET_MATCH_H
#define TWICKET_MATCH_H

#include "agent/object.h"
#include "common/err.h"

#include <stdbool.h>

struct match;

/* NULL with err that names the term at fault. "" matches nothing; "*" everything. */
struct match *match_parse(const char *text, struct err *err);
void match_destroy(struct match *m); /* NULL is fine */

/* Does the object belong to it? A list of only `!` terms means "all but". */
bool match_object(const struct match *m, const struct object *o);

/*
 * The same for what a person may do: `contact:` is an object where that contact may submit commands,
 * as in the web interface; behind a `!` any contact of it.
 */
bool match_for_person(const struct match *m, const struct object *o);

/*
 * Calls fn for every plain name in it (no wildcard), so that `check` can ask the
 * core for each: kind is "host", "service", "hostgroup", "servicegroup",
 * "contact", "contactgroup" or "node".
 */
void match_names(const struct match *m, void (*fn)(void *arg, const char *kind, const char *name),
		 void *arg);

#endif
