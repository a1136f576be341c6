/*
 * What the engine knows, as structs: nodes, problems, incidents, threads, channels. No behaviour
 * here. Included by incident_internal.h, for incident*.c and for nobody else.
 * Must never hold a decision that no row keeps: a restart would forget it.
 */
#ifndef TWICKET_INCIDENT_STATE_H
#define TWICKET_INCIDENT_STATE_H

#include "agent/incident.h"

#include <uthash.h>

#define AUDIENCES_MAX 64 /* bits of struct problem's masks */
#define DOWNTIME_SLOTS 1024 /* a power of 2: many of a hostgroup's may be scheduled in one act */

struct node {
	struct engine *engine;
	char *name, *epoch;
	bool up;	    /* connected and its snapshot is through */
	bool connected;
	bool adopted;	    /* its first snapshot is through */
	bool adopting;	    /* the snapshot under way is its first */
	bool lost_told;
	bool restarted;	    /* this connection is of another epoch than the one before */
	bool dirty;
	uint64_t seq;
	int64_t down_boot_ms; /* since when it is away */
	int64_t down_wall_s;
	unsigned undescribed; /* problems that wait for their description */
	int64_t undescribed_since_ms;
	bool is_awaited; /* somebody does nothing until they are described */
	unsigned adopted_now;
	int64_t doubt;	     /* boot ms: then it is asked again what it may have forgotten; 0 = nothing */
	unsigned objects, sentinels; /* what it watches; 0 = not known */
	int64_t cut_off_s;	     /* wall: since when we may be cut off; 0 = we are not */
	int64_t rejoin;		     /* boot ms: then we believe that we are not any more */
	struct node *next;
};

enum downtime_flag {
	DOWNTIME_RUNS = 1u << 0,
	DOWNTIME_FIXED = 1u << 1, /* else it begins when trouble does */
	DOWNTIME_SEEN = 1u << 2,  /* in the snapshot under way */
	DOWNTIME_OVER = 1u << 3,  /* the core has it no more; kept while that is still to be told */
	DOWNTIME_UNKNOWN = 1u << 4, /* the core does not know its object */
	DOWNTIME_ASKED = 1u << 6, /* was not in the snapshot: does the core still have its object? */
	DOWNTIME_UNTOLD = 1u << 5 /* its maintenance was called a false alarm: nothing more of it */
};

/* One scheduled downtime of one object; those that belong together are one maintenance. */
struct downtime {
	struct downtime *next;
	struct downtime *sibling; /* of the same maintenance */
	struct downtime *host_next, *id_next; /* in the engine's slots */
	struct node *node;
	struct object *object;	   /* NULL until described */
	struct incident *incident; /* its maintenance */
	char *host, *service, *author, *text;
	unsigned id, kind, flags;
	int64_t from_s, to_s;
	bool dirty, is_gone; /* gone: only its row is still to be deleted */
};

#define RELAPSES_MAX 4

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
	uint64_t left;	   /* the incident whose member its row still is, unless it is of another by now; 0 = none */
	uint64_t in;	   /* audiences whose match it belongs to */
	uint64_t heard;	   /* audiences that count it as trouble */
	uint64_t told;	   /* audiences to which it was named, since their thread began or broke again */
	uint64_t notified; /* audiences told by as_contact */
	int64_t since_s, until_s;
	int64_t hard_s; /* HARD since; since_s may be of the SOFT state before */
	int64_t clock;	 /* wall minus boot, ms, when it began; 0 = not in this life */
	int64_t worse_s; /* when it got worse last; 0 = it never did */
	uint32_t flags;
	uint8_t was_state; /* before worse_s */
	uint8_t kind, state;
	uint8_t worst; /* severity: the worst since it began */
	uint8_t acked_as; /* the milder state that its acknowledgement was given for; 0 = none */
	/* There are ten thousand of them: 48 bytes less than with a word for each flag and time. */
	bool rejoins : 1; /* a member from before, broken again, not yet described */
	bool adopted : 1;
	bool was_adopted : 1; /* its row may still say so */
	bool waiting : 1;  /* for its description */
	bool is_asked : 1; /* the core, since it is connected */
	bool seen : 1;	   /* in the snapshot under way */
	bool is_unknown : 1; /* to the core, when we asked last */
	bool is_past : 1;  /* begun and ended while we were away: only a digest asks who would have heard */
	bool by_restart : 1; /* it recovered while the core restarted */
	bool checking : 1; /* it was not: does the core still have it? */
	bool is_doubted : 1; /* its core, restarted, has forgotten it */
	bool dirty : 1;
	/* flapping (incident_flap.c) */
	int64_t flap_s;
	int64_t calm; /* boot ms: by our own count it does not flap any more */
	unsigned changes;
	uint32_t changed_s; /* wall s, till the year 2106; so are these: */
	uint32_t relapses[RELAPSES_MAX]; /* when it broke, of late, the newest first */
	uint16_t key_len;
	char key[]; /* node NUL host NUL service NUL */
};

enum thread_flag {
	THREAD_NEWS = 1u << 0,	    /* something to say at the next update */
	THREAD_PART_TOLD = 1u << 1, /* "part of" was said */
	THREAD_OVERDUE = 1u << 2,   /* it would have been told, but for the hush */
	THREAD_OWES_END = 1u << 3,  /* resolved, but that was not said yet */
	THREAD_OWES_AGAIN = 1u << 4, /* broken again, but that was not said yet */
	THREAD_IN_STORM = 1u << 5,  /* the storm's summary speaks for it */
	THREAD_IN_DIGEST = 1u << 6, /* missed, and in the digest that is on its way */
	THREAD_FLAP_TOLD = 1u << 7, /* "unstable" was said, its end was not */
	THREAD_REST_TOLD = 1u << 8, /* "in maintenance" was said, its end was not */
	THREAD_SOON_TOLD = 1u << 9, /* flags of a maintenance's thread, see incident_maintenance.c */
	THREAD_BEGUN_TOLD = 1u << 10,
	THREAD_BY_PAST = 1u << 11, /* its root is a "was disrupted", not a problem */
	THREAD_FLAP_AGAIN = 1u << 12, /* "unstable" said that it is broken again, and may not be read yet */
	THREAD_ASKED = 1u << 16	   /* "what fixed it?" */
};
#define THREAD_RESTS_SHIFT 24 /* above it: how often "maintenance over, still bad" was said */

/*
 * Why nothing may be said in a thread right now; the first that holds. What each of them
 * stops stands in incident_hush.c.
 */
enum hush {
	HUSH_NONE,
	HUSH_PAUSED,  /* by hand: nothing at all */
	HUSH_CUT_OFF, /* the public hears nothing while we may not see */
	HUSH_CHILD,   /* another incident speaks for it */
	HUSH_STORM,   /* the summary speaks for it */
	HUSH_QUIET,   /* by hand: nothing but its end */
	HUSH_HOURS,   /* quiet hours: nothing new but what is urgent */
	HUSH_DOWNTIME /* scheduled: nothing new */
};

/* Words that nobody reads before somebody has said `go`; incident_approve.c's. */
struct held_words {
	enum say_event event;
	char *words, *by; /* a person's; words NULL: ours, or those with which it was opened */
	char *text;	  /* all that would be published, as it was asked */
	int64_t asked_ms; /* wall; 0 = it waits to be asked */
	unsigned times;	  /* how often it was asked */
	int64_t again;	  /* boot ms: asked once more; 0 = not any more */
};

struct thread {
	UT_hash_handle hh; /* in engine.threads, by id */
	uint64_t id;
	struct thread *next;
	struct incident *incident;
	unsigned audience, account;
	enum thread_state state;
	enum delivery root;
	unsigned flags;
	unsigned told_severity;
	unsigned told_count; /* of a maintenance: how many of its leads were announced */
	unsigned reminders, times, escalated;
	int64_t due, update, remind; /* boot ms, 0 = none */
	int64_t flap, ask;	     /* next summary while it flaps; next question */
	int64_t escalate;	     /* next step, if nobody has it by then */
	int64_t since_s, until_s;    /* as said; of one that rests, the end that was promised */
	struct held_words *question; /* NULL = none */
	bool is_approved; /* what is said just now was said `go` to */
	unsigned rest_looked;	     /* engine.downtime_changes when its rest was looked at last */
	char *names; /* of what the public was told; MISSED: what it was about; a name a line */
	int64_t since_clock, until_clock; /* wall minus boot, ms, when these were noted; 0 = not in this life */
	bool is_dirty;
};

/* Of all members, kept so that nobody has to walk them; incident_member.c's. */
struct summary {
	struct problem *root; /* NULL: there is none */
	unsigned worst;	      /* severity, of those that are live */
	bool flaps;	      /* any of them */
	bool is_known;	      /* else a member has changed since */
};

struct incident {
	UT_hash_handle hh; /* in engine.by_id, while open */
	uint64_t id;
	struct engine *engine;
	struct incident *next, *prev;
	struct incident *parent;
	uint64_t parent_id; /* while loading */
	bool has_parts;	    /* it is, or was, the parent of another */
	int64_t due;	    /* boot ms: nothing happens to it by itself before */
	struct incident *next_woken;
	bool is_woken;
	struct problem *problems; /* its members */
	struct summary summary;
	struct thread *threads;
	struct ref *refs; /* names that lead here */
	char *object, *owner, *was_owner, *ack_text;
	const char *state_word;
	int64_t opened_ms, closed_ms, since_s, until_s, acked_s, ack_until_s;
	int64_t release; /* boot ms: a child that outlives its parent is told again */
	int64_t outlived_s; /* the end of the parent from which that counts */
	unsigned flags, times;
	unsigned owner_round; /* was_owner had it when it was broken for the nth time */
	char tag[TAG_SIZE];
	char *let_go;	   /* whose acknowledgement went away */
	int64_t unack_due; /* boot ms: when that is said, unless it is over by then; 0 = nothing to say */
	bool ack_unsaid; /* the line waits until its problems are described */
	int64_t eta_s, quiet_until_s;
	/* of a planned maintenance; the last ones in boot ms, and not kept */
	int64_t from_s, to_s;
	struct downtime *downtimes; /* linked by sibling; none when it was planned by hand */
	int64_t settle;		    /* until then more of the same act may come */
	int64_t begun;		    /* its first downtime began */
	int64_t look;		    /* nothing to do before */
	bool is_held_back;	    /* something is not said because of a hush */
	char *name, *text, *by;	 /* opened by hand */
	char *known, *known_tag;
	char *ticket;		 /* its number at the desk */
	unsigned reports;	 /* people who say that they have it too, as heard last; not kept */
	int64_t reported_s;	 /* the first of them */
	struct incident *dirty_next, *dirty_prev; /* in engine.touched */
	uint64_t sum, kept_sum; /* of its row: as written, as committed; 0 = not in this life */
	bool is_dirty;
	bool is_touched; /* it, or a thread of it, is dirty */
};

/* When the storm's limit was used up, a root at a time. */
struct recent {
	int64_t told_s, since_s; /* wall */
};
#define RECENT_MAX 128

/* One audience on one account: what is summed up there. incident_channel.c's and incident_storm.c's. */
struct channel {
	unsigned audience, account;
	/* digest */
	uint64_t digest;
	char digest_tag[TAG_SIZE];
	enum delivery digest_root;
	int64_t from_s, digest_due; /* due: boot ms, 0 = none */
	unsigned missed; /* threads that wait for it */
	bool is_lifted;	 /* a pause is over: said even if nothing came and went */
	unsigned folded, lost;
	unsigned folded_said, lost_said; /* in the digest on its way */
	int64_t longest_s;
	char *longest;
	/* storm */
	uint64_t storm;
	char storm_tag[TAG_SIZE];
	enum delivery storm_root;
	int64_t storm_s, storm_due, calm;
	int64_t storm_remind; /* boot ms: a summary then even if nothing has changed; not kept over a restart */
	unsigned stormed, storm_told;
	struct recent recent[RECENT_MAX]; /* the newest first */
	unsigned n_recent;
	bool dirty;
};

struct quiet {
	struct quiet *next;
	uint64_t id;
	struct match *match;
	char *match_text, *text, *by;
	int64_t since_s, until_s;
	bool dirty, is_gone;
};

struct pause {
	struct pause *next;
	char *audience, *account, *text, *by; /* "" = all */
	int64_t since_s;
	bool dirty, is_gone;
};

/* A host ("h node host") or a public name ("p  name") that leads to an open incident. */
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
	struct incident *by_id;	    /* the same ones: hash by id */
	struct incident *closed;    /* closed, row not yet saved */
	struct incident *touched;   /* rows to save, open ones and closed, in the order of the changes */
	struct ref *refs;
	struct gone *of_others; /* rows that nobody is told of any more, to be closed; incident_gone.c's */
	struct blip *blips; /* of objects that are forgotten; incident_flap.c's */
	bool is_new_config; /* since the last timers */
	bool may_be_unknown; /* else incident_is_known() of all of them */
	/* incident_due.c's */
	int64_t next_due; /* boot ms; never later than all_due and any incident's due */
	int64_t all_due;  /* boot ms: then all incidents are looked at */
	int64_t own_due;  /* boot ms: never later than the due of any that is not woken */
	struct incident *woken; /* they have an earlier due since the last timers */
	unsigned n_woken;
	struct incident **due; /* whose timers run now, in their order */
	unsigned n_due, due_cap;

	struct thread *threads; /* of open incidents: hash by id */
	int64_t clock;	  /* wall minus boot, ms, when we looked last */
	uint64_t dropped, summed, untold_ends;
	struct downtime *downtimes;
	struct downtime *of_host[DOWNTIME_SLOTS], *of_id[DOWNTIME_SLOTS]; /* the same ones, to be found fast */
	unsigned downtime_changes; /* counted, so that who depends on them looks again */
	struct channel *channels; /* all pairs of the configuration */
	unsigned n_channels;
	struct quiet *quiets;
	struct pause *pauses;
	/* scratch for the facts of one sentence */
	const char **names, **members;
	unsigned names_cap, members_cap;
	char *object_text;
	const char **mentions;
	unsigned n_mentions;
};

#define AUDIENCE_BIT(i) (UINT64_C(1) << (i))

#endif
