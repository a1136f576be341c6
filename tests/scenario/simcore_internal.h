/*
 * What simcore.c (objects, states), simcore_asked.c (descriptions, commands), simcore_plan.c
 * (scheduled downtimes) and simicinga*.c (the same as an Icinga 2) share. Must never be seen
 * by the runner.
 */
#ifndef TWICKET_SIMCORE_INTERNAL_H
#define TWICKET_SIMCORE_INTERNAL_H

#include "tests/scenario/simcore.h"

struct thing {
	struct thing *next;
	char *name, *host, *service;
	struct buf pairs;
	unsigned kind, state, downtimes;
	uint32_t flags;
	int64_t since_s, last_ok_s;
	char *output, *author, *mark, *ack_text; /* of its acknowledgement */
	int64_t changed_ms, checked_ms, acked_ms, ack_until_s;
	uint32_t checking; /* the command that asked for a check of it; 0 = none */
	bool is_unchecked;
};

struct plan {
	struct plan *next;
	struct simplan is;
	char *name, *author, *text;
	bool runs;
	int64_t added_ms, triggered_s;
	unsigned parent; /* the downtime that it belongs to; 0 = none */
};

struct asked {
	struct asked *next;
	bool is_command;
	struct event ev;
	char *host, *service, *author, *text, *mark;
};

/* What happens while nobody is connected waits in the module's ring. */
struct kept {
	struct kept *next;
	struct event ev;
	char *host, *service, *author, *text, *mark;
};

/* Another way of saying what happened than a module's. */
struct simtongue {
	struct http *(*create)(struct simcore *s);
	void (*destroy)(struct http *h); /* NULL is fine */
	void (*detach)(struct http *h); /* the agent has gone; NULL is fine */
	/* The agent can reach it: it looks now; cannot: it notices now. */
	void (*connect)(struct http *h, const struct now *now);
	void (*disconnect)(struct http *h, const struct now *now);
	void (*look)(struct http *h, const struct now *now);
	void (*obey)(struct http *h, const struct event *cmd, const struct now *now);
	int64_t (*ok_since)(struct http *h, const char *host, const char *service);
};

struct simcore {
	char *node;
	const struct simtongue *tongue; /* NULL: a module */
	struct http *other;		/* what it speaks that with */
	bool has_news;			/* something happened since the last look */
	int64_t looked_ms;		/* boot */
	struct kept *ring, *ring_end;
	unsigned n_ring;
	int lost;
	simcore_log_fn *log;
	void *arg;
	struct core *core;
	struct thing *things;
	struct asked *asked;
	struct plan *plans;
	unsigned epoch;
	uint64_t seq;
	unsigned last_plan; /* number of a downtime that a command made */
	const char *mark;   /* of the command under way; NULL: none is */
	bool connected, mute, busy;
	bool is_watched, is_listing; /* its objects were asked for, and that is not answered yet */
	struct simcore *peer; /* another node, with what stands in its way the same */
};

struct thing *simcore_find(const struct simcore *s, const char *name);
/* An event about it as it is now. */
struct event simcore_about(const struct simcore *s, const struct thing *t, unsigned type);
void simcore_acked(struct simcore *s, struct thing *t, const char *author, const char *text, const char *mark,
		   uint32_t flags, const struct now *now);
bool simcore_unacked(struct simcore *s, struct thing *t, const char *mark, uint32_t flags, const struct now *now);
void simcore_asked_free(struct asked *a);
void simcore_send(struct simcore *s, struct event *ev, const struct now *now);
void simcore_snapshot(struct simcore *s, const char *host, const struct now *now); /* "" = of everything */
/* Fixed ones from now on by a command; of a host with its services. Then: those of the mark's tag end,
 * or only those of the mark `only`. */
void simcore_plan_ordered(struct simcore *s, const struct thing *t, const struct event *cmd, const char *text,
			  const struct now *now);
unsigned simcore_plan_cancel(struct simcore *s, const char *mark, const char *only, const struct now *now);
void simcore_plans_say(struct simcore *s, const struct now *now);		      /* in a snapshot */

#endif
