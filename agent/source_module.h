/*
 * The module source: listens for the modules of monitoring cores, speaks the wire
 * format with them, and turns what they say into calls to core.c. One connection
 * per node; the newer epoch wins. A malformed message drops that connection only.
 */
#ifndef TWICKET_SOURCE_MODULE_H
#define TWICKET_SOURCE_MODULE_H

#include "agent/object.h"
#include "common/err.h"
#include "common/event.h"
#include "common/now.h"

#include <curl/curl.h>
#include <stdbool.h>

struct source;

struct source_events {
	void *arg;
	void (*up)(void *arg, const char *node, const char *epoch);
	void (*down)(void *arg, const char *node);
	void (*event)(void *arg, const char *node, const struct event *ev);
	/* The answer to source_describe(); o becomes the receiver's, NULL = the core does not know it. */
	void (*object)(void *arg, const char *node, unsigned kind, const char *host, const char *service,
		       struct object *o);
};

/* One object of an inventory; end: ev is NULL. */
typedef void source_inventory_fn(void *arg, const char *node, const struct event *ev);

/*
 * Listens on path (mode 0666); users: who may connect besides root and ourselves
 * (login names, by SO_PEERCRED; borrowed until source_set_users() has others), looked up
 * here and, at most once a minute, when somebody connects who is none of them.
 */
struct source *source_create(const char *path, char *const *users, unsigned n_users,
			     const struct source_events *events, struct err *err);
void source_destroy(struct source *s); /* NULL is fine; removes the socket */
void source_set_users(struct source *s, char *const *users, unsigned n_users);

/* Who has such a node name already, and is no module: then one that says hello by it is refused. */
typedef bool source_foreign_fn(void *arg, const char *node);
void source_set_foreign(struct source *s, source_foreign_fn *fn, void *arg);
/* Is a module of that node connected? */
bool source_has(const struct source *s, const char *node);

unsigned source_fds(struct source *s, struct curl_waitfd *fds, unsigned max);
void source_ready(struct source *s, const struct now *now);
/* Bytes that wait to be written leave now as far as they can. */
void source_flush(struct source *s);

/* Asks; answered by events.object. Dropped silently while the node is away. */
void source_describe(struct source *s, const char *node, unsigned kind, const char *host, const char *service);
/* Sends a COMMAND; -1: the node is not connected. */
int source_command(struct source *s, const char *node, const struct event *cmd);
/* Streams all objects of all connected nodes to fn; returns how many nodes were asked. */
unsigned source_inventory(struct source *s, source_inventory_fn *fn, void *arg);
void source_inventory_cancel(struct source *s, void *arg);

struct source_health {
	const char *node, *core;
	bool connected;
	int64_t since_ms;
	int64_t lost_ms; /* wall: when it last lost something; 0 = never */
	uint64_t events, lost, gaps;
	const char *trouble; /* what is wrong with it now; NULL or "" = nothing */
};
unsigned source_health(const struct source *s, struct source_health *out, unsigned max);

/* The newest module that was refused, until one of that node is welcome. */
struct source_refusal {
	char node[256], why[128]; /* why: "" = none was */
	int64_t at_ms; /* wall */
};
const struct source_refusal *source_refusal(const struct source *s);

#endif
