/*
 * The engine's own structs, shared by incident*.c and by nobody else.
 * incident.c: the entrance. incident_event.c, incident_snapshot.c: what the core reports.
 * incident_problem.c: one object's trouble. incident_place.c: which incident it is.
 * incident_thread.c, incident_timer.c: when to speak. incident_say.c: the facts of a
 * sentence. incident_view.c: for others to look at. incident_rows.c: persistence.
 */
#ifndef TWICKET_INCIDENT_INTERNAL_H
#define TWICKET_INCIDENT_INTERNAL_H

#include "agent/incident.h"

#include <uthash.h>

#define AUDIENCES_MAX 64 /* bits of struct problem's masks */

struct node {
	struct engine *engine;
	char *name, *epoch;
	bool up;	    /* connected and its snapshot is through */
	bool connected;
	bool adopted;	    /* its first snapshot is through */
	bool adopting;	    /* the snapshot under way is its first */
	bool lost_told;
	bool dirty;
	uint64_t seq;
	int64_t down_boot_ms; /* since when it is away */
	int64_t down_wall_s;
	unsigned undescribed; /* problems that wait for their description */
	int64_t undescribed_since_ms;
	unsigned adopted_now;
	struct node *next;
};

struct problem {
	UT_hash_handle hh;
	uint64_t id;
	struct node *node;
	struct incident *incident; /* NULL: adopted, or not yet placed */
	struct problem *next;	   /* of the incident */
	struct problem *dirty_next;
	struct object *object;	   /* NULL until described */
	char *output, *owner;
	const char *host, *service; /* inside key */
	uint64_t in;	   /* audiences whose match it belongs to */
	uint64_t heard;	   /* audiences that count it as trouble */
	uint64_t notified; /* audiences told by as_contact */
	int64_t since_s, until_s;
	int64_t hard_s; /* HARD since; since_s may be of the SOFT state before */
	uint32_t flags;
	uint8_t kind, state;
	uint8_t worst; /* severity: the worst since it began */
	bool rejoins; /* a member from before, broken again, not yet described */
	bool adopted;
	bool waiting;  /* for its description */
	bool seen;     /* in the snapshot under way */
	bool is_unknown; /* to the core, when we asked last */
	bool checking; /* it was not: does the core still have it? */
	bool dirty;
	uint16_t key_len;
	char key[]; /* node NUL host NUL service NUL */
};

enum thread_flag {
	THREAD_NEWS = 1u << 0,	   /* something to say at the next update */
	THREAD_PART_TOLD = 1u << 1 /* "part of" was said */
};

struct thread {
	uint64_t id;
	struct thread *next;
	struct incident *incident;
	unsigned audience, account;
	enum thread_state state;
	enum delivery root;
	unsigned flags;
	unsigned told_severity, told_count;
	unsigned reminders, times;
	int64_t due, update, remind; /* boot ms, 0 = none */
	int64_t since_s, until_s;    /* as said */
	bool dirty;
};

struct incident {
	uint64_t id;
	struct incident *next, *prev;
	struct incident *parent;
	uint64_t parent_id; /* while loading */
	struct problem *problems;
	struct thread *threads;
	struct ref *refs; /* names that lead here */
	char *object, *owner, *was_owner, *ack_text;
	const char *state_word;
	int64_t opened_ms, closed_ms, since_s, until_s, acked_s, ack_until_s;
	int64_t release; /* boot ms: a child that outlives its parent is told again */
	unsigned flags, times;
	unsigned owner_round; /* was_owner had it when it was broken for the nth time */
	char tag[TAG_SIZE];
	char *let_go;	   /* whose acknowledgement went away */
	int64_t unack_due; /* boot ms: when that is said, unless it is over by then; 0 = nothing to say */
	bool ack_unsaid; /* the line waits until its problems are described */
	bool dirty;
};

/* A host ("h node host") or a public name ("p node name") that leads to an open incident. */
struct ref {
	UT_hash_handle hh;
	struct incident *incident;
	struct ref *next;
	char key[];
};

struct engine {
	const struct config *config;
	struct engine_sink sink;
	struct node *nodes;
	struct problem *problems; /* hash by key */
	struct problem *dirty;	  /* rows to save */
	struct problem *gone;	  /* recovered, row not yet saved; linked by next */
	struct incident *incidents; /* open ones */
	struct incident *closed;    /* closed, row not yet saved */
	struct ref *refs;
	int64_t next_due; /* boot ms; never later than the earliest deadline */
	uint64_t dropped;
	/* scratch for the facts of one sentence */
	const char **names, **members;
	unsigned names_cap, members_cap;
	char *object_text;
};

#define AUDIENCE_BIT(i) (UINT64_C(1) << (i))

/* incident.c */
struct node *engine_node(struct engine *e, const char *name);
struct problem *engine_problem(const struct engine *e, const char *node, const char *host, const char *service);
char *engine_strdup(const char *s);
void engine_set_string(char **at, const char *s);
void engine_note(struct engine *e, struct incident *i, const char *kind, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

void engine_ask(struct engine *e, struct problem *p, const struct now *now); /* for its description */

/* incident_event.c */
void event_state(struct engine *e, struct node *n, const struct event *ev, const struct now *now);
void event_ack(struct engine *e, struct problem *p, const struct event *ev, const struct now *now);
void event_ack_gone(struct engine *e, struct problem *p, const struct event *ev, const struct now *now);
void event_flag(struct engine *e, struct problem *p, uint32_t flag, bool on, const struct now *now);
void event_downtime(struct engine *e, struct node *n, const struct event *ev, const struct now *now);
void event_notified(struct engine *e, struct node *n, const struct event *ev, const struct now *now);

/* incident_snapshot.c */
void snapshot_begin(struct engine *e, struct node *n, const struct event *ev);
void snapshot_end(struct engine *e, struct node *n, const struct event *ev, const struct now *now);
void say_to_operators(struct engine *e, enum say_event event, const struct node *n, unsigned count,
		      const struct now *now);

/* incident_problem.c */
void problem_touch(struct problem *p); /* its row must be saved */
struct problem *problem_create(struct engine *e, struct node *n, const struct event *ev);
bool problem_is_live(const struct problem *p);
unsigned problem_severity(const struct problem *p); /* 0 OK, 1 WARNING, 2 UNKNOWN, 3 CRITICAL or UNREACHABLE, 4 DOWN */
const char *problem_state_word(const struct problem *p);
struct problem *problem_open(struct engine *e, struct node *n, const struct event *ev, const struct now *now);
void problem_change(struct engine *e, struct problem *p, const struct event *ev, const struct now *now);
void problem_recover(struct engine *e, struct problem *p, int64_t until_s, const char *output, const struct now *now);
void problem_stop_waiting(struct problem *p); /* for its description */
void problem_free(struct problem *p);
void problem_hear(struct engine *e, struct problem *p); /* recomputes in and heard */

/* incident_place.c */
void place_problem(struct engine *e, struct problem *p, const struct now *now);
struct problem *incident_root(const struct incident *i); /* the problem that stands for it; NULL: none left */
bool incident_has_live(const struct incident *i);
void incident_close(struct engine *e, struct incident *i, const struct now *now);
void incident_free(struct engine *e, struct incident *i);
void incident_add_refs(struct engine *e, struct incident *i, struct problem *p);
struct incident *incident_link(struct engine *e, struct incident *i);
bool is_only_live(const struct incident *i, const struct problem *p);
void incident_refresh(struct incident *i); /* object, state word: as last known */

/* incident_thread.c */
void incident_update(struct engine *e, struct incident *i, const struct now *now); /* after any change to its problems */
void threads_for(struct engine *e, struct incident *i, struct problem *p, const struct now *now);
void thread_timers(struct engine *e, struct incident *i, const struct now *now);
void threads_ack_line(struct engine *e, struct incident *i, const struct now *now);
void threads_unack_line(struct engine *e, struct incident *i, const struct now *now);
void threads_gone_line(struct engine *e, struct incident *i, const struct now *now);
void thread_finish(struct thread *t, enum thread_state state);
void thread_part_line(struct engine *e, struct thread *t, const struct now *now); /* "part of", once */
bool thread_is_silent(const struct thread *t);
unsigned thread_live(const struct thread *t);	 /* heard members that are not OK */
bool thread_is_muted(const struct thread *t);	 /* scheduled downtime covers them all */
bool incident_is_known(const struct incident *i); /* all members are described */
bool incident_is_over(const struct incident *i);  /* all threads are final */
void thread_told(struct engine *e, struct thread *t, const struct now *now);
void thread_tell(struct engine *e, struct thread *t, enum say_event event, const struct now *now);
void thread_resolve(struct engine *e, struct thread *t, const struct now *now);

/* incident_timer.c */
void engine_wake(struct engine *e, int64_t boot_ms);

/* incident_say.c */
void thread_say(struct engine *e, struct thread *t, enum say_event event, const char *was, const struct now *now);
void say_fill(struct engine *e, struct incident *i, unsigned audience, unsigned account, enum say_event event,
	      const struct now *now, struct say *out);
void say_internals(struct engine *e, struct incident *i, unsigned audience, struct say *out);
/* The member that stands for the incident to an audience. */
struct problem *incident_root_heard(const struct incident *i, unsigned audience);
unsigned thread_count(const struct thread *t); /* heard members, those behind a DOWN host not counted */
unsigned thread_names(struct engine *e, const struct thread *t); /* distinct public names */

#endif
