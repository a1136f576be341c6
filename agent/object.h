/*
 * What the core's configuration says of one host or service: the answer to a
 * DESCRIBE, kept for the epoch. Made by the module source, read by match.c and
 * the engine. Pure data; strings that repeat are shared through an intern table.
 */
#ifndef TWICKET_OBJECT_H
#define TWICKET_OBJECT_H

#include "common/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object_var {
	const char *name; /* with its underscore, in capitals: "_TWICKET_PUBLIC" */
	const char *value;
};

/* Lists are shared between objects and end with a NULL; an empty one is NULL itself. */
struct object {
	const char *node, *host, *service; /* service "" for a host */
	const char *display, *address;
	const char *const *hostgroups; /* of the host, also in a service */
	const char *const *servicegroups;
	const char *const *contacts, *const *contactgroups;
	const char *const *commanders; /* contacts who may submit commands; of a description only */
	const struct object_var *vars;	    /* end with a NULL name */
	const struct object_var *host_vars; /* a service's host's variables; empty in a host */
	const char *const *parents;	    /* of the host, also in a service */
	const char *const *ancestors;	    /* nearest first */
	bool is_pending;		/* never checked: neither well nor bad; told again when it was */
	int64_t ok_since_s;		/* it is OK or UP now, since then; 0 = it is not, or not known */
	int64_t ok_seen_s;		/* when its core saw it so last; 0 = not known */
	struct object *named;		/* a host: its services that have a public name */
	unsigned n_named;
	unsigned services;		/* a host: how many services it has */
	unsigned shares; /* owners besides the first; object_share() and object_destroy() count them */
	uint8_t kind; /* EVENT_HOST or EVENT_SERVICE; here it takes no word of its own */
};

/*
 * Builds an object from the collected pairs of a DESCRIPTION or INVENTORY (all
 * parts joined; a NUL-terminated string after the other, key then value).
 * NULL when the pairs are malformed or memory ran out.
 */
struct object *object_create(const char *node, unsigned kind, const char *host,
			     const char *service, const char *pairs, size_t len);
void object_destroy(struct object *o); /* NULL is fine; the last owner's call frees it */
struct object *object_share(struct object *o); /* one more owner; NULL is fine */

/* The public name in a language ("de", or "" for the plain one): _TWICKET_PUBLIC_DE, else
 * _TWICKET_PUBLIC; NULL when it has none. Blanks around it do not count. Borrowed. */
const char *object_public_name(const struct object *o, const char *language);

/* Has it a public name in any language at all? The term `named` of match. */
bool object_named(const struct object *o);

/* A variable's value, the host's where a service has none; NULL when absent. */
const char *object_var(const struct object *o, const char *name);

/* Is that host one of its ancestors? */
bool object_is_behind(const struct object *o, const char *host);

#endif
