/*
 * What the files of the random-event test share. random.c: runs, shrinking, the summary.
 * story.c, hand.c: what happens, drawn by chance. truth*.c: the simulated cores. subject.c:
 * an engine under test; delivery.c: its outbox. judge*.c: what must hold. settings.c:
 * configurations. keep.c: rows in memory. dump.c: an engine's state as text.
 */
#ifndef TWICKET_RANDOM_RIG_H
#define TWICKET_RANDOM_RIG_H

#include "agent/incident.h"
#include "agent/incident_hand.h"
#include "common/buf.h"

#include <uthash.h>

#define NODES 2
#define THINGS_MAX 40
#define PLANS_MAX 24
#define NAME_MAX_LEN 24
#define LINES 4000
#define LINE_MAX_LEN 400
#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* --- the invariants: names and counts; judge.c has the list -------------------------------- */

enum rule {
	RULE_END,	/* 1 */
	RULE_PAST,
	RULE_ROOT,	/* 2 */
	RULE_FIRST,
	RULE_PAUSED,	/* 3 */
	RULE_END_TOLD,	/* 4 */
	RULE_CALM,
	RULE_PART,
	RULE_AFTER_END, /* 5 */
	RULE_LEAK,	/* 6 */
	RULE_NAMED,
	RULE_TIMER,	/* 7 */
	RULE_TWIN,
	RULE_ROWS,	/* 8 */
	RULE_TRUE,	/* 9 */
	RULE_LIMIT,	/* 10 */
	RULE_STORM,
	RULE_TAG,	/* 11 */
	RULE_HEARD,	/* 13 */
	RULES
};

/* --- configurations --------------------------------------------------------------------------- */

#define ACCOUNTS 5
#define AUDIENCES 6

struct settings {
	struct config config;
	struct config_account accounts[ACCOUNTS];
	struct config_audience audiences[AUDIENCES];
	struct config_person people[2];
	struct config_escalation steps[AUDIENCES][2];
	int64_t announce[AUDIENCES][2];
	unsigned told_on[AUDIENCES][ACCOUNTS];
	unsigned called[1];
	char *nodes[NODES];
};

unsigned settings_families(void);
/* variant: 0 as it was, others as an admin may have changed it. */
struct settings *settings_create(unsigned family, unsigned variant);
void settings_destroy(struct settings *s); /* NULL is fine */

/* --- what is watched -------------------------------------------------------------------------- */

struct thing {
	unsigned node, kind;
	int home; /* its host; of a host: itself */
	int parents[2]; /* of a host; -1 none */
	const char *host, *service, *name, *group, *rack;
	/* the truth */
	bool is_removed, is_hard, is_acked, is_sticky, flaps;
	bool is_retracted; /* its trouble: a false alarm, they said */
	unsigned state, running; /* downtimes of its own that run */
	const char *author;
	int64_t since_s, ok_s;
	/* what the agent was told last */
	struct known {
		bool acked, flaps, rests, removed, hard;
		unsigned state;
	} known;
};

struct plan {
	bool is_used, runs;
	unsigned id;
	int thing;
	int64_t from_s, to_s;
};

struct site { /* a monitoring core */
	bool is_connected, is_deaf; /* deaf: events are lost until a snapshot */
	unsigned epoch;
	uint64_t seq;
};

/* --- rows in memory: what a store would have --------------------------------------------------- */

struct kept; /* one row */

struct keep {
	struct kept *rows;
};

void keep_save(struct keep *k, struct engine *e, const struct now *now);
void keep_load(const struct keep *k, struct engine *e, bool same_boot, const struct now *now);
void keep_clear(struct keep *k);

/* --- an engine under test ----------------------------------------------------------------------- */

enum parcel_state { PARCEL_WAITS, PARCEL_FLIES, PARCEL_SENT, PARCEL_DEAD, PARCEL_MAYBE, PARCEL_CANCELLED };

struct parcel {
	enum say_event event;
	enum parcel_state state;
	bool is_root; /* as the engine meant it */
	bool ends, begins; /* it is over with it; it is not, any more */
	char parent[TAG_SIZE]; /* of PART_OF */
	uint64_t number; /* in the order in which they were said */
};

/* A thread as its readers know it. */
struct strand {
	UT_hash_handle hh;
	uint64_t id, incident;
	char audience[NAME_MAX_LEN], account[NAME_MAX_LEN], tag[TAG_SIZE];
	bool is_public;
	struct parcel *parcels;
	unsigned n, cap;
	bool is_lost, is_standing, may_stand; /* of its first post: as in outbox_thread.c */
	/* judge.c's */
	bool is_over, is_part, is_excused;
	bool has_stormed; /* it told of a storm */
	bool is_left; /* the last was "maintenance over, and not all is well" */
	const char *excuse;
	unsigned idle; /* reminders since anything happened */
	int64_t line_ms; /* boot: the last automatic line, 0 = none */
	int64_t flap_ms; /* boot: "unstable" was said, nothing of it since; 0 = it was not */
	uint64_t stir;	 /* of the incident when the last line was said */
	unsigned boot;
};

struct question {
	struct question *next;
	unsigned node, kind;
	char host[NAME_MAX_LEN], service[NAME_MAX_LEN];
};

struct rig;

struct subject {
	struct rig *rig;
	const char *name; /* "a", and its twin "b" */
	struct engine *engine;
	struct keep keep;
	struct strand *strands;
	struct question *questions;
	uint64_t next_id, next_tag, next_parcel;
	unsigned open; /* parcels that are neither there nor given up */
	struct buf said; /* since the twins were compared last */
	uint64_t stir;	 /* counts inputs */
	struct root_time {
		char audience[NAME_MAX_LEN], account[NAME_MAX_LEN];
		int64_t boot_ms;
		unsigned boot;
	} roots[256];
	unsigned n_roots;
};

int subject_init(struct subject *s, struct rig *rig, const char *name);
void subject_finish(struct subject *s);
/* Everything that needs no time; ticks: look at every deadline, however late engine_next() says it is. */
void subject_turn(struct subject *s, bool ticks);
void subject_restart(struct subject *s, bool same_boot);
void subject_compare_rows(struct subject *s);
/* One step of the delivery of one thread; chance decides which and how it ends. */
void subject_deliver(struct subject *s, uint32_t which, uint32_t how);
/* All of it, in order. */
void subject_deliver_all(struct subject *s);
void subject_log(struct subject *s); /* its state */
struct thread *subject_thread(const struct subject *s, uint64_t id);

/* --- one run ------------------------------------------------------------------------------------- */

struct line {
	uint64_t incident;
	int thing; /* -1: none */
	char text[LINE_MAX_LEN];
};

struct born {
	char audience[NAME_MAX_LEN], account[NAME_MAX_LEN];
	int64_t since_s;
};

struct rig {
	struct now now;
	unsigned boot; /* counts reboots */
	struct thing things[THINGS_MAX];
	unsigned n_things;
	struct plan plans[PLANS_MAX];
	unsigned next_plan;
	struct site sites[NODES];
	struct settings *settings;
	unsigned family, variant;
	struct subject subjects[2];
	unsigned n_subjects;
	enum { NETWORK_OK, NETWORK_DOWN, NETWORK_SHAKY } network;
	bool is_slow; /* the cores answer descriptions only when time passes */
	struct pause_of {
		char audience[NAME_MAX_LEN], account[NAME_MAX_LEN]; /* "" = all */
	} pauses[8]; /* by hand */
	unsigned n_pauses;
	struct born born[64];
	unsigned n_born;
	int64_t reloaded_s; /* wall */
	int64_t blurred_s;  /* wall: the clock was put back then; what is dated before may be older than it looks */
	struct line *lines; /* LINES of them; NULL: nobody wants them */
	unsigned n_lines;
	uint64_t events; /* inputs so far */
	bool is_broken;
	enum rule rule;
	char why[1000];
	uint64_t incident; /* at fault; 0 = none */
};

struct tally { /* over all runs */
	uint64_t events, says, roots, delivered, cancelled, restarts;
	uint64_t checked[RULES], broken[RULES];
	uint64_t by_event[SAY_EVENTS];
	unsigned skipped, left_out; /* rules, steps: as bits */
	struct excuse {
		const char *why;
		uint64_t n;
	} excuses[24];
};
extern struct tally tally;

void rig_log(struct rig *r, uint64_t incident, int thing, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The first broken rule counts; what follows from it does not. */
void rig_break(struct rig *r, enum rule rule, uint64_t incident, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
bool rig_is_paused(const struct rig *r, const char *audience, const char *account);
const char *rule_name(enum rule rule);
void tally_excuse(const char *why);

/* Everything that is due, as often as it takes. */
void rig_turn(struct rig *r);
void rig_pass(struct rig *r, int64_t ms);

/* --- truth.c --------------------------------------------------------------------------------------- */

extern const char *const site_names[NODES];

void truth_init(struct rig *r);
const char *thing_label(const struct thing *t); /* until the next call but three */
int thing_find(const struct rig *r, unsigned node, const char *host, const char *service);
/* ancestors of a thing's host, nearest first; returns how many */
unsigned thing_ancestors(const struct rig *r, int thing, int out[THINGS_MAX]);
bool thing_rests(const struct rig *r, int thing); /* in scheduled downtime, its own or its host's */
struct object *thing_object(const struct rig *r, int thing);

void truth_state(struct rig *r, int thing, unsigned state, bool hard);
unsigned truth_host_state(const struct rig *r, int thing); /* DOWN or UNREACHABLE, by its parents */
void truth_ack(struct rig *r, int thing, bool sticky, const char *author);
void truth_unack(struct rig *r, int thing);
void truth_flap(struct rig *r, int thing, bool flaps);
void truth_notify(struct rig *r, int thing, const char *contact);
void truth_remove(struct rig *r, int thing, bool is_removed);
int truth_plan(struct rig *r, int thing, int64_t in_s, int64_t for_s);
void truth_plan_end(struct rig *r, int plan, bool cancelled);
void truth_plans_due(struct rig *r); /* begins and ends those whose time has come */
/* truth.c's, for truth_plan.c */
bool truth_is_heard(const struct rig *r, unsigned node);
void truth_send(struct rig *r, unsigned node, int thing, struct event *ev);
struct event truth_about(const struct rig *r, int thing, enum event_type type);
void truth_report(struct rig *r, int thing, enum event_type type);
void truth_report_plan(struct rig *r, const struct plan *p, enum event_downtime sub, unsigned flags);
bool truth_is_worth_a_line(const struct rig *r, int thing);
void truth_connect(struct rig *r, unsigned node, bool restarted);
void truth_disconnect(struct rig *r, unsigned node);
void truth_deaf(struct rig *r, unsigned node, bool is_deaf);
void truth_snapshot(struct rig *r, unsigned node);
/* Answers what the subject's engine asked for; true when there was something. */
bool truth_answer(struct rig *r, struct subject *s);

/* --- story.c ----------------------------------------------------------------------------------------- */

struct step {
	uint8_t op;
	uint32_t a, b, c;
};

uint64_t chance(uint64_t *dice);
void story_write(struct step *steps, unsigned n, uint64_t seed);
void story_do(struct rig *r, const struct step *step);
void story_begin(struct rig *r);
void story_end(struct rig *r); /* all is well again, and days pass */

/* --- hand.c: by hand -------------------------------------------------------------------------------- */

/* What ends now is not told where it is paused, and not owed either. */
void hand_excuse_paused(struct rig *r, const char *why);
void hand_do(struct rig *r, const struct step *s);
void hand_end(struct rig *r); /* all pauses and quiets are over, what was opened is closed */

/* --- judge.c ------------------------------------------------------------------------------------------- */

void judge_say(struct subject *s, struct strand *t, const struct say_target *target, const struct say *say,
	       struct parcel *parcel);
void judge_cancelled(struct strand *t); /* what its readers never saw does not count */
void judge_leaves(struct subject *s, const struct strand *t, const struct parcel *p);
void judge_alone(struct subject *s, const struct say_target *target, const struct say *say);
bool judge_is_aside(enum say_event event); /* it tells nothing of how the thing is */
void judge_turn(struct subject *s);
void judge_retracted(struct rig *r, uint64_t incident); /* its members are not to be told any more */
void judge_end(struct subject *s);
void judge_twins(struct rig *r);

/* --- dump.c ---------------------------------------------------------------------------------------------- */

/* Canonical: two engines with the same text are in the same state. */
void dump_engine(const struct engine *e, struct buf *out);

#endif
