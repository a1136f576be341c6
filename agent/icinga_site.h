/*
 * What an Icinga 2 is configured to watch: names, groups, variables, who hangs on whom.
 * Made from its answers, in this order: dependencies, hosts, services. Pure data.
 */
#ifndef TWICKET_ICINGA_SITE_H
#define TWICKET_ICINGA_SITE_H

#include "agent/object.h"
#include "common/event.h"

#include <jansson.h>

struct site;

struct site *site_create(const char *node); /* NULL without memory */
void site_destroy(struct site *s); /* NULL is fine */

/* The "results" of one answer each. -1: out of memory. */
int site_take_dependencies(struct site *s, const json_t *results);
int site_take_hosts(struct site *s, const json_t *results);
int site_take_services(struct site *s, const json_t *results);
/* All is in. -1: out of memory. */
int site_finish(struct site *s);

size_t site_count(const struct site *s);
/* A new description, the caller's; NULL: there is no such object, or no memory. */
struct object *site_object(struct site *s, unsigned kind, const char *host, const char *service);
/* Is it configured? */
bool site_knows(const struct site *s, const char *host, const char *service);
/* fn for each object, as a module's INVENTORY has them. */
void site_each(const struct site *s, void (*fn)(void *arg, const struct event *ev), void *arg);

/* The attributes that the requests must ask for; a new reference. */
json_t *site_dependency_attrs(void);
json_t *site_attrs(unsigned kind);

#endif
