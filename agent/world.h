/*
 * The objects of a core by name, with their relations: what the engine is told when it
 * asks to have one described. Made from an inventory, which has each object for itself.
 * For `replay`, `preview` and an Icinga 2.
 */
#ifndef TWICKET_WORLD_H
#define TWICKET_WORLD_H

#include "agent/match.h"
#include "agent/object.h"
#include "common/buf.h"

/* What objects are found by: host NUL service NUL. Returns its length; 0: names too long. */
#define WORLD_KEY (2 * EVENT_NAME_MAX + 2)
size_t world_key(char key[WORLD_KEY], const char *host, const char *service);

struct world;

/* The objects stay the caller's, and must outlive it. NULL without memory. */
struct world *world_create(struct object *const *objects, size_t n);
void world_destroy(struct world *w); /* NULL is fine */

bool world_knows(const struct world *w, const char *host, const char *service);

/*
 * A new description with relations. An object that it does not know has its name, and
 * what its host says of it. NULL without memory.
 */
struct object *
world_object(struct world *w, unsigned kind, const char *host, const char *service);

/* What an INVENTORY says of an object: its own facts and groups, of relations the parents only. */
void world_pairs(struct world *w, const struct object *o, struct buf *out);

/* fn for each member, by the groups and relations: enum world_set. */
enum world_set {
	WORLD_SERVICES,	    /* of the host */
	WORLD_CHILDREN,	    /* the host, and all hosts behind it */
	WORLD_HOSTS_OF,	    /* the hosts of a hostgroup */
	WORLD_SERVICES_OF,  /* the services of a hostgroup's hosts */
	WORLD_MEMBERS_OF,   /* the services of a servicegroup */
	WORLD_MEMBER_HOSTS  /* the hosts of a servicegroup's services */
};
void world_each(
    struct world *w, enum world_set set, const char *name,
    void (*fn)(void *arg, const char *host, const char *service), void *arg);

/* All objects, and how many of them a match takes (NULL: none). */
unsigned world_count(const struct world *w);
unsigned world_matched(const struct world *w, const struct match *m);

#endif
