/*
 * What is kept: one plain struct per table. The engine, the outbox and the
 * collector fill them, store.c writes and reads them. No behaviour here.
 * Strings are borrowed for the length of the call; NULL is stored as "".
 * _ms and _s are wall clock; _boot_ms is CLOCK_BOOTTIME of the boot in meta.
 */
#ifndef TWICKET_ROWS_H
#define TWICKET_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#define TAG_SIZE 5 /* T, three characters, NUL */

struct node_row {
	const char *name, *epoch;
	uint64_t seq;	    /* last event of that epoch that was committed */
	bool adopted;	    /* its first snapshot is through */
	int64_t last_seen_ms;
	int64_t cut_off_s;  /* since when we may be cut off there; 0 = we are not */
};

struct problem_row {
	uint64_t id;
	uint64_t incident; /* 0 = adopted: recorded, told to nobody */
	const char *node, *host, *service;
	unsigned kind, state, flags; /* enum event_flag: ACKED STICKY FLAPS IN_DOWNTIME HARD */
	int64_t since_s;	     /* HARD since */
	int64_t until_s;	     /* over since; 0 = live */
	const char *output;
	const char *owner; /* author of its acknowledgement, "" = none */
	const char *heard; /* audiences that count it as trouble: "public,operators" */
	const char *told;  /* audiences to which it was named */
	int64_t hard_s;	   /* HARD since; since_s may be of the SOFT state before; 0 = as since_s */
	int64_t worse_s;   /* when it got worse last; 0 = it never did */
	unsigned was_state; /* before that */
	unsigned changes;  /* of state since it flaps */
	int64_t flap_s;	   /* it flaps since; 0 = it does not */
	int64_t changed_s; /* its state changed last */
	unsigned acked_as;    /* the state that its acknowledgement was given for */
	const char *relapses; /* when it broke again, the last ones: "1795332720,1795332780" */
};

enum incident_flag {
	/* of the root problem */
	INCIDENT_ACKED = 1,
	INCIDENT_STICKY = 2,
	INCIDENT_FLAPPING = 4,
	INCIDENT_DOWNTIME = 8,
	/* of the incident itself */
	INCIDENT_MAJOR = 16,
	INCIDENT_BY_HAND = 32,	   /* opened by a person: no problem belongs to it */
	INCIDENT_MAINTENANCE = 64, /* a planned one; no problem belongs to it */
	INCIDENT_BOUND = 128,	   /* made part of its parent by a person */
	INCIDENT_BEGUN = 256,	   /* a planned one that has begun */
	INCIDENT_GROUPED = 1024,   /* it took its group of `group_by` together */
	INCIDENT_DISAGREED = 2048, /* that its nodes disagree was said */
	INCIDENT_RETRACTED = 4096  /* a false alarm; where a pause holds, that is still to be said */
};
#define INCIDENT_OF_ROOT (INCIDENT_ACKED | INCIDENT_STICKY | INCIDENT_FLAPPING | INCIDENT_DOWNTIME)

struct incident_row {
	uint64_t id;
	uint64_t parent; /* the incident that it is part of, 0 = none */
	char tag[TAG_SIZE];
	bool open;
	unsigned flags; /* enum incident_flag */
	unsigned times; /* how often broken; 1 = once */
	int64_t opened_ms, closed_ms; /* closed_ms 0 = open */
	int64_t since_s, until_s;     /* trouble from, to (0 = still) */
	const char *object;	      /* "db1/Postgres": the root, as last known */
	const char *state;	      /* its word, as last known */
	const char *owner, *was_owner;
	const char *let_go;   /* whose acknowledgement went away, unsaid so far */
	unsigned owner_round; /* was_owner had it when it was broken for the nth time */
	int64_t acked_s, ack_until_s;
	int64_t eta_s;		/* a person expects its end then; 0 = nobody did */
	int64_t quiet_until_s;	/* nothing but its end is said until then */
	int64_t from_s, to_s;	/* of a planned maintenance */
	const char *name, *text, *by; /* opened by hand: public name ("" = none), words, who */
	const char *known, *known_tag; /* known error: workaround, and of which incident */
	const char *ticket; /* its number at the desk, as a person gave it */
};

enum thread_state {
	THREAD_HELD,
	THREAD_TOLD,
	THREAD_RECOVERING,
	THREAD_RESOLVED,
	THREAD_CLOSED,
	THREAD_DROPPED,
	THREAD_MISSED /* over before it could be told; waits for a digest */
};

/* What is known of the delivery of a thread's first post. */
enum delivery {
	DELIVERY_NONE,
	DELIVERY_QUEUED,
	DELIVERY_UNSETTLED,
	DELIVERY_SENT,
	DELIVERY_DEAD,
	DELIVERY_ASKED,	  /* it waits for a `go` */
	DELIVERY_DECLINED /* somebody said `no`: nothing of it is told there */
};

struct thread_row {
	uint64_t id, incident;
	const char *audience, *account; /* names in the configuration */
	enum thread_state state;
	enum delivery root;
	unsigned flags;	     /* the engine's own */
	unsigned told_state; /* worst severity that was said */
	unsigned told_count; /* of a maintenance: how many of its leads were announced */
	unsigned reminders, times; /* times: how often it broke, 1 = once */
	/* deadlines: 0 = none */
	int64_t due_ms, due_boot_ms;	   /* of the state: hold, recovery_hold, reopen */
	int64_t update_ms, update_boot_ms; /* earliest next automatic line */
	int64_t remind_ms, remind_boot_ms;
	int64_t since_s, until_s; /* as said */
	const char *names; /* of what the public was told; MISSED: what it was about; a name a line */
	unsigned escalated;	  /* steps of `escalate` that were taken */
	int64_t flap_ms, flap_boot_ms; /* next summary while it flaps */
	int64_t ask_ms, ask_boot_ms;   /* "what fixed it?", or "the promised end is near" */
	int64_t escalate_ms, escalate_boot_ms; /* next step */
	/* what waits for a `go`: asked_text NULL or "" = nothing was asked yet */
	int asked_event; /* enum say_event + 1; 0 = nothing waits */
	const char *asked_text, *asked_words, *asked_by;
	int64_t asked_at_ms;
	unsigned asked_times;
	int64_t again_ms, again_boot_ms; /* asked once more */
};

/* A scheduled downtime of one object, as the core has it. */
struct downtime_row {
	const char *node, *host, *service;
	unsigned id;	      /* the core's */
	unsigned kind, flags; /* enum downtime_flag of the engine */
	int64_t from_s, to_s;
	const char *author, *text;
	uint64_t incident; /* the maintenance that it belongs to */
	bool gone;	   /* the row is to be deleted */
};

/* One audience on one account: what is summed up there. */
struct channel_row {
	const char *audience, *account;
	/* the digest: missed threads are rows of their own */
	uint64_t digest;	   /* thread of the one on its way, 0 = none */
	const char *digest_tag;
	enum delivery digest_root;
	int64_t from_s;		   /* from when the next one counts; 0 = none is due */
	int64_t digest_ms, digest_boot_ms; /* not before */
	unsigned folded;	   /* problems that are only counted */
	int64_t longest_s;	   /* of those */
	const char *longest;	   /* its name */
	unsigned lost;		   /* events that never reached us */
	/* the storm */
	uint64_t storm; /* its thread, 0 = none */
	const char *storm_tag;
	enum delivery storm_root;
	int64_t storm_s; /* since */
	unsigned stormed;  /* incidents in it, those that were told one by one included */
	unsigned storm_told; /* how many of them the last line knew */
	int64_t storm_ms, storm_boot_ms; /* next line not before */
	int64_t calm_ms, calm_boot_ms;	 /* nothing new until then: it is over */
	const char *recent; /* when the last ones were told: wall seconds, comma between */
};

/* "Say nothing of these objects for a while." */
struct quiet_row {
	uint64_t id;
	const char *match, *text, *by;
	int64_t since_s, until_s;
	bool gone;
};

/* "Say nothing at all": "" = all audiences, all accounts. */
struct pause_row {
	const char *audience, *account;
	const char *text, *by;
	int64_t since_s;
	bool gone;
};

enum post_kind {
	POST_SAY,
	POST_ANSWER,
	POST_FAVOURITE,
	POST_DELETE, /* of the post that `reply` names */
	POST_BOOST
};

enum post_state {
	POST_QUEUED,
	POST_SENDING,
	POST_SENT,
	POST_RETRY,
	POST_UNKNOWN,
	POST_CANCELLED,
	POST_DEAD
};

struct post_row {
	uint64_t id;
	uint64_t thread;   /* 0: not part of a thread (answers, favourites) */
	uint64_t incident; /* 0: none */
	uint64_t reply;	   /* the reply that it answers, 0 = none; DELETE: the post that it deletes */
	const char *account;
	enum post_kind kind;
	int event; /* enum say_event, -1 = none */
	enum post_state state;
	const char *text, *key, *tag, *language, *to, *to_id; /* to_id: author_id of `to` */
	const char *target; /* FAVOURITE, BOOST, DELETE: remote id ("" = not known yet); ANSWER: remote id that it answers */
	unsigned visibility; /* enum visibility */
	unsigned attempts, looks;
	unsigned refusals; /* of its parent: from 2 on it goes without */
	bool maybe_sent; /* DEAD after UNKNOWN: it may stand there */
	bool is_duplicate; /* UNKNOWN: the network says that it stands there already */
	int64_t created_ms, sending_ms, sent_ms, not_before_ms, looked_ms;
	const char *remote_id, *uri, *url;
	const char *reason; /* why it waits or died */
	int64_t cost_micro; /* what it costs, by the prices of when it was sent last; 0 = nothing, or not sent yet */
};

enum reply_state {
	REPLY_SEEN,
	REPLY_SUBMITTED, /* a command went to the core */
	REPLY_CONFIRMED, /* the core's own event came back with our mark */
	REPLY_COMMENT,	 /* kept as a comment in the core (confirmed or not needed) */
	REPLY_QUERY,
	REPLY_DENIED,
	REPLY_NO_EFFECT,
	REPLY_IGNORED,
	REPLY_DONE /* by us: no core has to confirm it */
};
#define REPLY_STATES 9

struct reply_row {
	uint64_t id; /* the N of "r N" in marks */
	const char *account; /* "" = the command line */
	const char *remote_id, *uri, *parent_id;
	const char *author_id, *acct, *person; /* person: name in the configuration, "" = nobody */
	const char *text;
	int64_t created_ms, seen_ms, done_ms;
	int64_t expires_ms; /* of an ack with a duration: when we remove it; 0 = never */
	uint64_t incident; /* 0 = none found */
	enum reply_state state;
	const char *verb;   /* "ack", "unack", "?", "comment", "" */
	const char *mark;   /* "T7K2:r123" */
	const char *reason; /* of NO_EFFECT, IGNORED, DENIED */
	unsigned visibility;
	int64_t look_ms;  /* whether it still stands there is looked at then; 0 = not any more */
	const char *hash; /* its author deleted it: SHA-256 of the text that was purged; "" = he did not */
};

/* One of several commands of one reply ("ack all"), until all of them are through. */
struct command_row {
	uint64_t id, reply;
	const char *node, *host, *service;
	unsigned kind;
	unsigned state;	    /* enum command_state of the inbox */
	const char *reason; /* why it failed */
	bool gone;	    /* the row is to be deleted */
};

struct account_row {
	const char *name;
	const char *cursor;
	const char *self_id, *self_acct, *software;
	int64_t paused_until_ms; /* INT64_MAX = until a human acts */
	const char *pause_reason;
	int64_t last_read_ms, last_post_ms;
	int64_t alone_until_ms; /* the network refuses our answers to ourselves: no threads before then; 0 = it does not */
	bool is_locked; /* its followers must be approved, as the network said last; false = no, or not known */
};

/* What an account spent in one calendar month (UTC, as the networks bill). Money in micro USD. */
struct ledger_row {
	const char *account;
	unsigned month; /* 202611 */
	unsigned posts; /* posts, answers, messages and deletions that cost */
	int64_t posts_micro;
	unsigned reads; /* operations that read something which cost */
	int64_t reads_micro;
};

/* A handle and the id that was behind it when we first looked. */
struct identity_row {
	const char *person, *network, *acct, *server_account; /* which of our accounts' servers gave the id */
	const char *author_id;
	bool disabled; /* the handle showed another id */
	int64_t pinned_ms;
	int64_t proven_ms; /* by a one-time code; 0 = not */
};

/* What was decided about a person beside the configuration. */
struct person_row {
	const char *name;
	int64_t revoked_ms; /* 0 = not, or restored */
	const char *revoked_by;
	const char *code_hash; /* of the one-time code that is awaited; "" = none */
	int64_t code_until_ms;
	unsigned code_wrong; /* others that came instead */
};

/* Somebody who wants no answer and no message from us, for ever: by what never changes of him. */
struct muted_row {
	const char *place; /* network, and the server where the id is one's of it: "mastodon", "x" */
	const char *author_id; /* the id; where each server has its own, a hash of his full name */
	int64_t since_ms;
	bool gone;
};

/* Somebody who has the same trouble; once an hour and incident. */
struct report_row {
	uint64_t incident;
	uint64_t hour;	 /* since 1970 */
	const char *who; /* a hash: nobody can be told from it, nor found again in another incident */
	int64_t at_ms;
};

/* What somebody who is no person told us: a report of his own, with what was said about it since. */
enum ticket_state { TICKET_OPEN, TICKET_CLOSED };

struct ticket_row {
	uint64_t id;
	const char *name;    /* "Q-4K7M" */
	const char *account; /* of ours that was addressed */
	const char *author_id, *acct;
	const char *remote_id; /* his last words: what an answer hangs under */
	uint64_t reply;	       /* the same, as a reply */
	const char *link;      /* where his first words stand */
	const char *title;
	unsigned visibility;   /* of his last words */
	enum ticket_state state;
	const char *desk_id, *desk_url; /* "" = the desk has not got it yet */
	const char *cursor;		/* how far the desk's answers were read */
	unsigned notes;			/* numbers that were given away */
	int64_t created_ms, changed_ms, closed_ms;
};

enum ticket_by {
	TICKET_BY_REPORTER,
	TICKET_BY_DESK,
	TICKET_BY_HAND /* `twicket reply` */
};

/* On its way to the desk; the same rules as for a post. */
enum ticket_note_state {
	TICKET_NOTE_QUEUED,
	TICKET_NOTE_SENDING,
	TICKET_NOTE_SENT,
	TICKET_NOTE_RETRY,
	TICKET_NOTE_UNKNOWN,
	TICKET_NOTE_DEAD,
	TICKET_NOTE_KEPT /* there is no desk, or it came from there */
};

struct ticket_note_row {
	uint64_t id, ticket;
	unsigned number; /* 0 = what the ticket began with */
	enum ticket_by by;
	const char *author, *text;
	uint64_t reply;	       /* that brought it, 0 = none */
	const char *remote_id; /* of the desk: its id there */
	enum ticket_note_state state;
	unsigned attempts, looks;
	int64_t created_ms, sending_ms, sent_ms, looked_ms, not_before_ms;
	const char *reason; /* why it waits or died */
};

struct timeline_row {
	uint64_t incident;
	int64_t at_ms;
	const char *kind; /* "event", "post", "reply", "command", "note" */
	const char *text;
};

/* What a person said that helped, or was the cause. */
struct knowledge_row {
	uint64_t id; /* 0 = a new one */
	uint64_t incident;
	const char *tag, *node;
	const char *object; /* "db1/Postgres": the root of the incident when it was said */
	const char *kind;   /* "fixed", "cause", "workaround" */
	const char *text;
	const char *same; /* the text folded: equal ones are one fix */
	const char *by;	  /* person; of an endorsed answer its author's handle */
	int64_t at_s;
	unsigned times; /* how often the incident had broken by then */
};

struct audit_row {
	int64_t at_ms;
	const char *actor; /* person, local user, or the handle of somebody else */
	const char *action, *object;
	const char *via; /* the handle that spoke; "twicket" = the command line, "" = nobody did */
	const char *result;
};

#endif
