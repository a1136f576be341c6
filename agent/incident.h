/*
 * The engine: is this an incident, who is told, when. Fed by core.c with the
 * sources' events; answers with decisions through a sink. Pure: no I/O, no clock,
 * no randomness; (state, event, now) -> (state, decisions), so that thousands of
 * hours run in a test in seconds.
 *
 * Four small machines (SPEC 4.0): a problem mirrors one object's trouble; an
 * incident is what people treat as one thing; a thread is that incident as told
 * by one audience on one account, and holds all patience; delivery is outbox.c's.
 */
#ifndef TWICKET_INCIDENT_H
#define TWICKET_INCIDENT_H

#include "agent/config.h"
#include "agent/object.h"
#include "agent/rows.h"
#include "agent/words.h"
#include "common/event.h"
#include "common/now.h"

struct engine;

/* Where a sentence goes: the engine's thread, by audience and account. */
struct say_target {
	uint64_t thread, incident;
	unsigned audience, account; /* indexes into the configuration */
	bool root;		    /* the first post of its thread */
};


/* Decisions, called from inside engine_*(); pointers live until the call returns. */
struct engine_sink {
	void *arg;
	void (*say)(void *arg, const struct say_target *target, const struct say *say);
	/* The engine needs to know this object: engine_object() with the answer, or NULL if unknown. */
	void (*describe)(void *arg, const char *node, unsigned kind, const char *host, const char *service);
	/*
	 * Nothing of this thread that has not been sent may be sent any more. Returns a bit
	 * (SAY_BIT) for each sentence that was still waiting, and SAY_END_FIRST.
	 */
	uint64_t (*cancel)(void *arg, uint64_t thread);
	/* Is such a sentence of this thread still waiting, or on its way? */
	bool (*is_pending)(void *arg, uint64_t thread, enum say_event event);
	/* What was posted in this thread is to be deleted where the network can. */
	void (*erase)(void *arg, uint64_t thread);
	/* The post that say() would make of it, to be freed; NULL: none. May itself be NULL: then nothing
	 * waits for a `go`, for nobody could say it. */
	char *(*word)(void *arg, const struct say_target *target, const struct say *say);
	void (*note)(void *arg, uint64_t incident, const char *kind, const char *text);
	/* Wall seconds since when this audience is told on this account (SPEC 4.2: it takes only what
	 * opens after that); 0 = always. */
	int64_t (*born_s)(void *arg, unsigned audience, unsigned account);
	/* Has that person (index in the configuration) left? Then nobody calls them. NULL: nobody has. */
	bool (*is_revoked)(void *arg, unsigned person);
	/* Do they want to hear nothing on that account? Then they are named, not mentioned. NULL: nobody. */
	bool (*is_stopped)(void *arg, unsigned person, unsigned account);
	uint64_t (*next_id)(void *arg);
	void (*fresh_tag)(void *arg, char tag[TAG_SIZE]); /* unused within a year */
};

struct engine *engine_create(const struct config *config, const struct engine_sink *sink);
void engine_destroy(struct engine *e); /* NULL is fine */

/* A reload: threads keep their audience and account by name; those of removed ones are closed silently. */
void engine_set_config(struct engine *e, const struct config *config);

/* A node's connection came (with its epoch) or went. */
void engine_node_up(struct engine *e, const char *node, const char *epoch, const struct now *now);
void engine_node_down(struct engine *e, const char *node, const struct now *now);

/* Is it connected, but has not yet said in a snapshot what is true? */
/* Does any node still describe what broke? */
bool engine_is_asking(const struct engine *e);
bool engine_node_waits(const struct engine *e, const char *node);

/* One event of a node. Types that are none of its business are ignored. */
void engine_event(struct engine *e, const char *node, const struct event *ev, const struct now *now);

/* What a node watches: all objects, and how many of them the sentinels match (`isolation`). */
void engine_inventory(struct engine *e, const char *node, unsigned objects, unsigned sentinels,
		      const struct now *now);

/* The answer to describe(); takes the object over. o NULL: the core does not know it. */
void engine_object(struct engine *e, const char *node, unsigned kind, const char *host,
		   const char *service, struct object *o, const struct now *now);

/* What became of a post of a thread (enum delivery); root = it was the thread's first. */
void engine_delivery(struct engine *e, uint64_t thread, enum delivery delivery, bool root, const struct now *now);

/* Runs every deadline that has passed; an event of the same instant must come first. */
void engine_timers(struct engine *e, const struct now *now);
int64_t engine_next(const struct engine *e); /* boot_ms, NOW_NEVER = none */

/* What an incident is right now, for replies, the CLI and `?`. Strings are the engine's until its next call. */
struct incident_view {
	uint64_t id;
	const char *tag, *node;
	bool open, acked;
	bool is_doubted; /* its core has forgotten the trouble, and no result has come since */
	const char *object;	    /* "db1/Postgres" */
	const char *host, *service; /* the root problem's; service "" for a host */
	unsigned kind, state;
	const char *state_word, *output, *owner, *public_name;
	int64_t since_s, until_s, acked_s;
	unsigned members; /* live problems */
	unsigned times;
	unsigned flags; /* enum incident_flag */
	int64_t eta_s, quiet_until_s, from_s, to_s;
	const char *text;	/* of one that was opened by hand */
	const char *known, *known_tag;
	const char *ticket;	/* its number at the desk */
	const char *parent_tag; /* "" = it is part of nothing */
};
bool engine_view(const struct engine *e, uint64_t incident, struct incident_view *out);
bool engine_view_tag(const struct engine *e, const char *tag, struct incident_view *out);
/* Each live problem of an incident, an object once; object NULL while not described. Strings and object as of a view. */
struct incident_member {
	const char *node, *host, *service;
	unsigned kind;
	bool acked;
	const char *owner; /* "" = nobody that is known */
	const struct object *object;
};
void engine_each_member(const struct engine *e, uint64_t incident,
			void (*fn)(void *arg, const struct incident_member *member), void *arg);
/* The object of the root problem, for `match` of people; NULL while not described. */
const struct object *engine_root_object(const struct engine *e, uint64_t incident);
void engine_each(const struct engine *e, void (*fn)(void *arg, const struct incident_view *view), void *arg);
/* Facts for the answer to `?`: what an audience hears of it in the language of an account, with
 * internals for a person who may know them; pointers live until the next engine call. */
bool engine_status(struct engine *e, uint64_t incident, unsigned audience, unsigned account, bool internals,
		   const struct now *now, struct say *out);
/* Names of the audiences that were told of an incident; for `list`. Returns how many. */
unsigned engine_told_to(const struct engine *e, uint64_t incident, const char **names, unsigned max);

/* Is an incident told on this account (index) that is not closed: may somebody still answer there? */
bool engine_is_told_on(const struct engine *e, unsigned account);

/* Words that wait for somebody's `go`. Strings are the engine's until its next call. */
struct question_view {
	const char *audience, *asked; /* for whom, and who is asked; names in the configuration */
	const char *text;	      /* the whole post; "" = it could not be asked yet */
	const char *by;		      /* whose words they are; "" = ours */
	int64_t asked_ms;	      /* wall; 0 = not yet */
};
/* The first of an incident; false: nothing waits. */
bool engine_question(const struct engine *e, uint64_t incident, struct question_view *out);
/* Is there an audience that is told nothing without a `go`? */
bool engine_approves(const struct engine *e);

struct engine_counts {
	unsigned questions; /* incidents with words that wait for a `go` */
	unsigned problems, incidents, acked, adopted, threads;
	unsigned quiet, paused; /* quiet rules, pauses */
	unsigned downtimes, maintenances;
	uint64_t dropped; /* held back until they were over: never said */
	uint64_t summed;  /* said in a digest only */
	uint64_t untold_ends; /* told, but their end was not: paused, gone or dead */
};
void engine_counts(const struct engine *e, struct engine_counts *out);

/* A monitoring server that the store knows. */
struct engine_node {
	const char *name; /* the engine's */
	bool is_connected;
	int64_t away_ms; /* wall: since when it is not; 0 = it is */
};
/* At most max of them into out; returns how many. */
unsigned engine_nodes(const struct engine *e, struct engine_node *out, unsigned max);

/*
 * Persistence. save() hands out every row that changed since the last saved();
 * until then they stay marked. load() functions rebuild the state at start, in the
 * order nodes, incidents, problems, threads, then the others; then engine_loaded().
 */
struct engine_rows {
	void *arg;
	void (*node)(void *arg, const struct node_row *row);
	void (*problem)(void *arg, const struct problem_row *row);
	void (*incident)(void *arg, const struct incident_row *row);
	void (*thread)(void *arg, const struct thread_row *row);
	void (*downtime)(void *arg, const struct downtime_row *row);
	void (*channel)(void *arg, const struct channel_row *row);
	void (*quiet)(void *arg, const struct quiet_row *row);
	void (*pause)(void *arg, const struct pause_row *row);
};
void engine_save(struct engine *e, const struct engine_rows *rows, const struct now *now);
void engine_saved(struct engine *e);

void engine_load_node(struct engine *e, const struct node_row *row);
void engine_load_incident(struct engine *e, const struct incident_row *row);
void engine_load_problem(struct engine *e, const struct problem_row *row);
/* same_boot: the stored boot clock is this boot's; else deadlines come from the wall. */
void engine_load_thread(struct engine *e, const struct thread_row *row, bool same_boot, const struct now *now);
void engine_load_downtime(struct engine *e, const struct downtime_row *row);
void engine_load_channel(struct engine *e, const struct channel_row *row, bool same_boot, const struct now *now);
void engine_load_quiet(struct engine *e, const struct quiet_row *row);
void engine_load_pause(struct engine *e, const struct pause_row *row);
/* Asks for the descriptions of what is live. */
void engine_loaded(struct engine *e, const struct now *now);

#endif
