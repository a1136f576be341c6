/*
 * What replay*.c share, and nobody else sees. replay.c: lines. replay_item.c: what each
 * object is in. replay_downtime.c: downtimes, which the log tells only in part.
 */
#ifndef TWICKET_REPLAY_INTERNAL_H
#define TWICKET_REPLAY_INTERNAL_H

#include "agent/replay.h"
#include "agent/replay_line.h"

#include <uthash.h>

#define LINE_BYTES 16384 /* of one line; the rest of a longer one does not count */

/* One host or service, as the log has told it so far. */
struct log_item {
	UT_hash_handle hh;
	struct log_item *host_item; /* a service's */
	struct log_item *services, *next_service;
	char *output, *owner; /* NULL = none */
	int64_t since_s, last_ok_s;
	unsigned downtimes; /* that run */
	unsigned block;	    /* the last list of states that named it */
	uint32_t flags;	    /* HARD ACKED STICKY FLAPS */
	uint16_t attempt;
	uint8_t kind, state;
	bool is_trouble; /* a HARD problem */
	bool tells_each; /* of its downtimes, not the first and the last only */
	const char *host, *service; /* inside key */
	char key[];
};

/* A scheduled downtime of one object. */
struct planned {
	struct planned *next;
	struct log_item *item;
	unsigned id;
	bool runs, is_fixed;
	int64_t from_s, to_s;
	char *author, *text;
};

struct replay {
	struct world *world;
	struct rehearsal **rehearsals;
	size_t n_rehearsals;
	void (*listener)(void *arg, const struct event *ev); /* NULL = nobody */
	void *listener_arg;
	struct replay_facts facts;
	/* the line under way */
	char line[LINE_BYTES];
	size_t n_line;
	bool is_long; /* its end is being skipped */
	const char *file;
	uint64_t file_lines;
	/* the clock, never back */
	int64_t now_s;
	bool has_begun, is_down;
	unsigned epochs;
	/* a list of states */
	bool is_listing, is_first_list, asks_missing;
	unsigned block;
	struct log_item *items;
	struct planned *planned;
	unsigned n_planned, next_id;
	int64_t next_look_s; /* when a downtime changes by itself; INT64_MAX = never */
};

/* replay.c */
void replay_send(struct replay *r, const struct event *ev);
/* SNAP_BEGIN or SNAP_END: of one host's services, or ("") of everything. */
void replay_frame(struct replay *r, enum event_type type, const char *host);

/* replay_item.c */
struct log_item *item_find(const struct replay *r, const char *host, const char *service);
struct log_item *item_get(struct replay *r, uint8_t kind, const char *host, const char *service); /* NULL: too many */
void items_free(struct replay *r);
/* An event about it, as the module would fill it. */
struct event item_event(const struct log_item *i, enum event_type type);
void item_result(struct replay *r, struct log_item *i, const struct log_line *l); /* takes over what it says */
void item_ack(struct replay *r, struct log_item *i, const struct log_line *l, const char *author, const char *text);
void item_unack(struct replay *r, struct log_item *i);
void item_flap(struct replay *r, struct log_item *i, bool flaps);
void item_notify(struct replay *r, struct log_item *i, const struct log_line *l);
/* A snapshot of all that is not well; of one host's services when host is not NULL. */
void items_snapshot(struct replay *r, const struct log_item *host);

/* replay_downtime.c */
void downtime_schedule(struct replay *r, const struct log_line *l);
void downtime_delete(struct replay *r, const struct log_line *l);
void downtime_alert(struct replay *r, struct log_item *i, const struct log_line *l);
void downtimes_look(struct replay *r); /* what began or ended without a line */
void downtimes_free(struct replay *r);

#endif
