/*
 * A rehearsal: the engine on a virtual clock. What it would say is worded, priced and
 * counted, and posted nowhere; each post counts as delivered at once. For `preview` and
 * `replay`, which bring the events. Needs no agent, no token and no network.
 */
#ifndef TWICKET_REHEARSE_H
#define TWICKET_REHEARSE_H

#include "agent/incident.h"

struct rehearsal;

/* One post as it would stand there. Pointers live until the call returns. */
struct rehearsed {
	unsigned audience, account; /* indexes into the configuration */
	uint64_t thread, incident;  /* 0 = of none */
	enum say_event event;
	bool root; /* the first of its thread */
	int64_t at_ms;
	const char *tag;
	const char *text; /* NULL where nobody wanted words */
	unsigned units, limit; /* of the text, by the network's counting */
	int64_t micro;	  /* what it costs */
};

/* What one audience would have heard: on that of its accounts which says the most. */
struct rehearsal_tally {
	unsigned incidents, posts;
	unsigned busiest; /* posts of its busiest day */
	int64_t busiest_ms; /* some time of that day; 0 = there was none */
	int64_t micro; /* of all its accounts */
	unsigned kept; /* problems that were over before their hold was */
	int64_t longest_ms; /* of those */
};

/* What would have been more than an account's posts_per_hour and posts_per_day. */
struct rehearsal_budget {
	unsigned posts, over_hour, over_day, busiest;
};

enum rehearse_ignore { IGNORE_NOTHING, IGNORE_FLAPPING = 1, IGNORE_DOWNTIMES = 2 };

struct rehearsal_order {
	const struct config *config; /* the caller's, as long as the rehearsal lives */
	const char *node;
	unsigned ignore; /* events that are left out */
	void *arg;
	/* A description of the object, the engine's from then on; NULL: the core does not have it. */
	struct object *(*object)(void *arg, unsigned kind, const char *host, const char *service);
	/* Each post; NULL: only counted, without prices. */
	void (*post)(void *arg, const struct rehearsed *post);
	/* Are words wanted there? NULL: nowhere. They are made all the same where they decide on a price. */
	bool (*wants_words)(void *arg, unsigned audience, unsigned account);
};

/* NULL with err. The clock begins at from_ms (wall); the node is not connected yet. */
struct rehearsal *
rehearsal_create(const struct rehearsal_order *order, int64_t from_ms, struct err *err);
void rehearsal_destroy(struct rehearsal *r); /* NULL is fine */

/* Everything that is due before then. The clock never goes back. */
void rehearsal_until(struct rehearsal *r, int64_t at_ms);
/* The node's connection, then its events: first the deadlines before them. */
void rehearsal_node_up(struct rehearsal *r, const char *epoch, int64_t at_ms);
void rehearsal_node_down(struct rehearsal *r, int64_t at_ms);
void rehearsal_event(struct rehearsal *r, const struct event *ev, int64_t at_ms);

/* How many objects there are, and how many of them are `sentinels`. */
void rehearsal_inventory(struct rehearsal *r, unsigned objects, unsigned sentinels, int64_t at_ms);

/* For what else the engine can be told. */
struct engine *rehearsal_engine(struct rehearsal *r);
const struct config *rehearsal_config(const struct rehearsal *r);

void rehearsal_audience(const struct rehearsal *r, unsigned audience, struct rehearsal_tally *out);
void rehearsal_account(const struct rehearsal *r, unsigned account, struct rehearsal_budget *out);

#endif
