/*
 * What source_module.c (connections) and source_ask.c (questions and their answers) share.
 */
#ifndef TWICKET_SOURCE_INTERNAL_H
#define TWICKET_SOURCE_INTERNAL_H

#include "agent/source_module.h"
#include "common/buf.h"

#include <sys/types.h>
#include <uthash.h>

struct request { /* asked, not yet answered */
	UT_hash_handle hh;
	uint32_t id;
	unsigned kind;
	struct buf pairs;
	const char *service; /* in names */
	char names[];	     /* host NUL service NUL */
};

struct inventory {
	source_inventory_fn *fn;
	void *arg;
	uint32_t id;
	struct inventory *next;
};

struct connection {
	struct connection *next;
	int fd;
	uid_t uid;
	bool welcome, dead;
	char *node, *epoch, *core;
	struct buf out;
	unsigned char *in;
	size_t in_len;
	struct request *asked;	 /* by id */
	struct buf waiting; /* not yet asked, in order: kind, host NUL service NUL; one block, so that it leaves no holes */
	size_t waiting_at;  /* what is before was asked */
	unsigned n_asked;
	struct inventory *inventories;
	int64_t since_ms, lost_ms;
	uint64_t events, lost, gaps, next_seq;
};

struct source {
	int listener;
	char *path;
	char *const *users; /* the configuration's */
	uid_t *uids; /* who may connect; looked up seldom: a name service may hang */
	unsigned n_users, n_uids;
	int64_t look_ms, log_ms; /* boot: not before */
	unsigned unlogged; /* refused connections */
	struct source_events events;
	source_foreign_fn *is_foreign; /* NULL: nobody is */
	void *foreign_arg;
	struct connection *connections;
	struct source_refusal refusal;
	uint32_t next_id;
};

/* The connection of a node that was welcomed; NULL: it is away. */
struct connection *source_by_node(const struct source *s, const char *node);
/* Queues a message; a core that takes none is given up. */
void connection_send(struct connection *c, const struct event *ev);

/* source_ask.c */
void source_requests_init(struct connection *c);
void source_requests_drop(struct connection *c);
void source_ask_again(struct source *s, struct connection *c);
void source_on_description(struct source *s, struct connection *c, const struct event *ev);
void source_on_inventory(struct connection *c, const struct event *ev);

#endif
