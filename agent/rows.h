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
};

enum incident_flag { INCIDENT_ACKED = 1, INCIDENT_STICKY = 2, INCIDENT_FLAPPING = 4, INCIDENT_DOWNTIME = 8 };

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
	int64_t acked_s, ack_until_s;
};

enum thread_state { THREAD_HELD, THREAD_TOLD, THREAD_RECOVERING, THREAD_RESOLVED, THREAD_CLOSED, THREAD_DROPPED };

/* What is known of the delivery of a thread's first post. */
enum delivery { DELIVERY_NONE, DELIVERY_QUEUED, DELIVERY_UNSETTLED, DELIVERY_SENT, DELIVERY_DEAD };

struct thread_row {
	uint64_t id, incident;
	const char *audience, *account; /* names in the configuration */
	enum thread_state state;
	enum delivery root;
	unsigned flags;	     /* the engine's own */
	unsigned told_state; /* worst severity that was said */
	unsigned told_count; /* members when last said */
	unsigned reminders, times; /* times: how often it broke, 1 = once */
	/* deadlines: 0 = none */
	int64_t due_ms, due_boot_ms;	   /* of the state: hold, recovery_hold, reopen */
	int64_t update_ms, update_boot_ms; /* earliest next automatic line */
	int64_t remind_ms, remind_boot_ms;
	int64_t since_s, until_s; /* as said */
};

enum post_kind { POST_SAY, POST_ANSWER, POST_FAVOURITE };

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
	uint64_t reply;	   /* the reply that it answers, 0 = none */
	const char *account;
	enum post_kind kind;
	int event; /* enum say_event, -1 = none */
	enum post_state state;
	const char *text, *key, *tag, *language, *to, *to_id; /* to_id: author_id of `to` */
	const char *target; /* FAVOURITE: remote id; ANSWER: remote id that it answers */
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
	REPLY_IGNORED
};

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
};

struct timeline_row {
	uint64_t incident;
	int64_t at_ms;
	const char *kind; /* "event", "post", "reply", "command", "note" */
	const char *text;
};

struct audit_row {
	int64_t at_ms;
	const char *actor; /* person or handle */
	const char *action, *object, *result;
};

#endif
