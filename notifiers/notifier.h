/*
 * The contract between the agent and one network's code.
 *
 * A notifier turns a job into HTTP requests and HTTP answers into a verdict. It
 * does no I/O, reads no clock, keeps no globals and never sleeps or retries:
 * when to try again is outbox.c's, bytes on the wire are http.c's.
 *
 *	op = n->begin(account, &job, &err);
 *	for (answer = NULL;; answer = <what http.c brought>) {
 *		step = n->step(op, answer, &env, &request, &result);
 *		OP_SEND: send request, come back with its answer
 *		OP_WAIT: come back with answer NULL at result.not_before_ms
 *		OP_DONE: result holds the verdict
 *	}
 *	n->end(op);
 *
 * Ownership: the job and its strings are the caller's from begin to end; the
 * request is the op's until the next step or end; the answer is the caller's for
 * one step; items and their strings are the notifier's for the length of emit();
 * the result is the caller's struct and holds no pointers.
 */
#ifndef TWICKET_NOTIFIER_H
#define TWICKET_NOTIFIER_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum notifier_cap {
	NOTIFIER_THREADS = 1u << 0,    /* can answer a post with a post */
	NOTIFIER_EDITS = 1u << 1,
	NOTIFIER_DELETES = 1u << 2,
	NOTIFIER_FAVOURITES = 1u << 3,
	NOTIFIER_KEYS = 1u << 4,       /* may honour an idempotency key; never relied on */
	NOTIFIER_DIRECT = 1u << 5,     /* has messages that only the addressed see */
	NOTIFIER_COLLECTS = 1u << 6,   /* people can answer */
	NOTIFIER_ANSWERS = 1u << 7,    /* can list what stands under a post: JOB_THREAD */
	NOTIFIER_METERED = 1u << 8,    /* takes money: reads only while an answer may come, counts what it spent */
	NOTIFIER_LIMITS_APART = 1u << 9, /* limits are per kind of request: what stops reading does not stop posting */
	NOTIFIER_DESK = 1u << 10,	/* takes tickets: VERIFY, TICKET and TICKET_NOTE, and none of the jobs for posts */
	NOTIFIER_DESK_FINDS = 1u << 11, /* a lost answer is settled by TICKET_FIND. Desks without it get the same
					 * job with the same key again: there it is EFFECT_NONE */
	NOTIFIER_BOOSTS = 1u << 13,
	NOTIFIER_DESK_READS = 1u << 12	/* TICKET_ANSWERS: what the desk's people wrote comes back */
};

/*
 * What a metered network charges for one thing. Amounts of money are integers,
 * millionths of a US dollar ("micro"), everywhere: 15000 = 0.015 USD.
 */
enum notifier_price {
	PRICE_POST,	     /* a post of our own, replies to ourselves included */
	PRICE_POST_WITH_URL, /* one in which the network finds a link */
	PRICE_ANSWER,	     /* an answer to somebody who mentioned us */
	PRICE_DELETE,
	PRICE_MESSAGE,	     /* a direct message sent */
	PRICE_READ,	     /* one post of somebody else's that was read */
	PRICE_OWN_READ,	     /* one post of ours or mention of us, read with our own app */
	PRICE_USER_READ,     /* one account that was looked up */
	PRICE_MESSAGE_READ,  /* one direct message that was read */
	PRICES
};

/* One account as configured. Strings are the caller's for as long as the account is open. */
struct notifier_settings {
	const char *name;     /* the account's name in the configuration */
	const char *handle;   /* "name@server", a name on X, a path for "file" */
	const char *url;      /* base of the API without a trailing slash, "" = from the handle */
	const char *token;    /* "" = none yet */
	const char *language; /* ISO 639, for the language mark */
	const int64_t *prices; /* PRICES of them, micro; NULL = everything is free */
	const char *fields;   /* x: which names are sent, "tweet" (before August 2026) or "post"; NULL = "tweet" */
	bool messages;	      /* x: COLLECT reads direct messages, too */
	const char *from;     /* desk "mail": the address that we write from; NULL or "" else */
};

struct account; /* a notifier's own */
struct op;	/* a notifier's own */

enum job_type {
	JOB_VERIFY,    /* who does the token belong to, what can the server do: emits ITEM_SELF, ITEM_NOTICE;
			* ITEM_CURSOR: COLLECT's "from now on", for who has no other yet */
	JOB_POST,      /* text key visibility language [parent_id] [to] */
	JOB_EDIT,      /* target_id text language; result.id is the id after the edit */
	JOB_DELETE,    /* target_id */
	JOB_FAVOURITE, /* target_id */
	JOB_BOOST,     /* target_id; twice is as once */
	JOB_RECENT,    /* our own posts since since_ms, newest first: emits ITEM_OWN; visibility DIRECT:
			* direct messages of ours, too, where those stand elsewhere */
	JOB_COLLECT,   /* mentions, direct messages and, where they cost nothing, boosts and favourites behind
			* cursor: emits ITEM_REPLY, ITEM_REACTION, ITEM_CURSOR last */
	JOB_THREAD,    /* answers under our post target_id: emits ITEM_REPLY */
	JOB_GET,       /* one status, target_id: emits ITEM_REPLY, or ITEM_OWN when it is ours */
	JOB_LOOKUP,    /* the account `to` ("name@server"): emits ITEM_PERSON; OK without an item = no such account */

	/* A desk's; key is our ticket's name ("Q-4K7M"), of a note with a number behind it ("Q-4K7M.1", never 0) */
	JOB_TICKET,	    /* subject text key [to] [link]: makes one; result.id and url are the desk's */
	JOB_TICKET_NOTE,    /* target_id (the desk's id) key text note_for [subject]: adds words to it */
	JOB_TICKET_FIND,    /* key: the ticket that carries it; with target_id: the note of that ticket */
	JOB_TICKET_ANSWERS  /* target_id cursor: what the desk's people wrote to the reporter, oldest first; no
			     * notes among themselves, nothing of ours. Emits ITEM_REPLY, ITEM_CURSOR last;
			     * cursor "" = from the ticket's beginning. result.ticket says how it stands */
};

/* Who may see a note. */
enum note_for {
	NOTE_INTERNAL, /* the desk's people only */
	NOTE_REQUESTOR /* the reporter, too */
};

/* How a ticket stands at the desk. */
enum desk_ticket { DESK_TICKET_UNSAID, DESK_TICKET_OPEN, DESK_TICKET_CLOSED };

enum visibility { VISIBILITY_PUBLIC, VISIBILITY_UNLISTED, VISIBILITY_FOLLOWERS, VISIBILITY_DIRECT };

struct job {
	enum job_type type;
	const char *text;      /* final: rendered, neutralised, counted */
	const char *key;       /* idempotency key, stored with the post */
	const char *parent_id; /* NULL or "": a post of its own */
	const char *target_id;
	const char *to;	       /* acct that is addressed ("name@server"), already in the text; TICKET: who reported it */
	const char *to_id;     /* its author_id; x: VISIBILITY_DIRECT goes to this id. NULL or "" = not known */
	enum visibility visibility;
	const char *language;
	int64_t since_ms;
	const char *cursor; /* as the last ITEM_CURSOR gave it; "" = from now on (emits the newest position only) */
	int64_t spend_micro; /* COLLECT: no further page when it would cost more than this in all; 0 = no limit */
	const char *subject;   /* TICKET, TICKET_NOTE: one line, without the key */
	const char *link;      /* TICKET: where the report stands; NULL or "" = nowhere */
	enum note_for note_for; /* TICKET_NOTE */
};

enum op_step { OP_SEND, OP_WAIT, OP_DONE };

enum effect {
	EFFECT_NONE,   /* may be repeated freely */
	EFFECT_CREATES /* no readable answer means: it may have happened */
};

#define REQUEST_HEADERS 8

/* What SMTP needs beside the text. One recipient; addresses without < >. */
struct envelope {
	const char *from, *to;
	const char *user, *password; /* "" = no login */
	bool is_local; /* this machine itself: without TLS. Else smtp:// is nothing without STARTTLS */
};

struct request {
	const char *method; /* of HTTP; "MAIL" and "NOOP" for SMTP; "CONNECT": no further than that, TLS included */
	const char *url;
	const struct envelope *envelope; /* SMTP only; method NOOP needs no addresses */
	const char *headers[REQUEST_HEADERS]; /* "Name: value", NULL-terminated unless full; Authorization included */
	const char *body;		      /* NULL = none */
	size_t body_len;
	enum effect effect;
	size_t max_body;    /* bytes of an answer worth reading; more is cut and said so */
	int64_t timeout_ms; /* whole request */
	bool is_signed_once; /* its signature counts once: sent again as it is, it is refused as a replay */
};

enum transport {
	TRANSPORT_NOT_SENT,  /* could not connect or resolve, TLS refused: nothing was accepted */
	TRANSPORT_NO_ANSWER, /* written at least in part, no status line came back */
	TRANSPORT_ANSWERED   /* a status line came; the body may still be cut */
};

struct answer {
	enum transport transport;
	int status;
	const char *headers; /* the last response's header block, lines ended by CRLF; never NULL */
	const char *body;    /* NUL-terminated behind body_len; never NULL */
	size_t body_len;
	bool truncated;	   /* longer than max_body, or the connection broke inside it */
	bool is_too_long;  /* truncated, and it was the former */
	const char *error; /* libcurl's words when not ANSWERED; "" else */
	/* SMTP: status is that of the last reply, body its words. CONNECT: 200. */
	bool is_of_text;   /* SMTP: the last reply came behind the text of the mail */
};

enum result_class {
	RESULT_OK,
	RESULT_RETRY,	  /* job: nothing was accepted; back off */
	RESULT_LIMIT,	  /* account: pause until not_before_ms */
	RESULT_AUTH,	  /* account: a human must act (token refused, no credit); not_before_ms: ask again by then */
	RESULT_PERMANENT, /* job: will never be accepted */
	RESULT_UNKNOWN,	  /* job: may have happened (5xx, or no answer to a CREATES) */
	RESULT_BUG	  /* job: an answer that the API does not have */
};

/* Why the same post might be taken without its parent. */
enum refusal {
	REFUSAL_NONE,
	REFUSAL_PARENT, /* this parent cannot be answered (not visible yet, or gone) */
	REFUSAL_REPLIES /* the account may not answer, not even its own posts (SPEC 4.3 rule 6) */
};

struct result {
	enum result_class class;
	int64_t not_before_ms; /* wall clock; 0 = no wish */
	char id[128];	       /* of what was made or is now meant */
	char uri[512], url[512];
	bool found;	       /* GET, RECENT, LOOKUP, TICKET_FIND: it was there */
	enum desk_ticket ticket; /* TICKET_ANSWERS */
	enum refusal refusal;  /* with RETRY (once more after some seconds) or PERMANENT */
	bool is_duplicate;     /* with UNKNOWN: the network says that this text stands there already */
	bool is_too_long;      /* set by who drives the op: it failed at an answer that was cut at max_body */
	bool is_alarm;	       /* with LIMIT: so long that people should hear of it by another way */
	int64_t cost_micro;    /* what all answers of this op cost, by the prices; a post's own price included */
	char text[256];	       /* for the log and the admin; no secret, no control characters */
};

enum item_kind {
	ITEM_SELF,   /* who we are: id, acct; text = server software and version; limit, locked, bot */
	ITEM_PERSON, /* id, acct, display */
	ITEM_OWN,    /* a post of our own: id, uri, url, parent_id, text, created_ms */
	ITEM_REPLY,  /* somebody's words: all fields */
	ITEM_CURSOR, /* cursor: store it in the same transaction as the items before */
	ITEM_REACTION, /* somebody boosted or marked our post parent_id: id, author_id, acct, created_ms, bot */
	ITEM_NOTICE  /* text: what an admin should know (policy drops mentions, not flagged as bot ...) */
};

struct item {
	enum item_kind kind;
	const char *id, *uri, *url;
	const char *parent_id; /* what it answers; "" = nothing, or not known */
	const char *root_id;   /* the first post of its thread; NULL or "" = not known */
	const char *author_id; /* opaque and stable on that server */
	const char *acct;      /* always "name@server", lower case; where only ids are shown "ID@server" */
	const char *display;   /* for logs only; never decides anything */
	const char *text;      /* plain text, or where there is none what its pictures are said to show; leading mentions dropped, at most 2,000 bytes (a desk's: 16,384), valid UTF-8, no controls but \n */
	const char *cursor;
	int64_t created_ms;
	enum visibility visibility;
	bool bot;      /* author is flagged as a bot */
	bool by_us;    /* author is this account */
	bool is_boost; /* a boost or quote: never a command */
	bool edited;   /* the text is not the first version */
	bool has_media; /* a picture or the like is with it; it is never fetched */
	bool locked;   /* SELF: followers must be approved */
	unsigned limit; /* SELF: characters of a post */
};

enum emitted { EMIT_NEW, EMIT_KNOWN, EMIT_FAILED };

struct op_env {
	int64_t wall_ms;
	void (*random)(void *bytes, size_t n);
	enum emitted (*emit)(void *arg, const struct item *item);
	void *arg;
};

struct notifier {
	const char *name;
	unsigned caps; /* of enum notifier_cap */

	/* Validates its part of the configuration. No I/O. 0, or -1 with err. */
	int (*check)(const struct notifier_settings *s, struct err *err);

	/* No network. NULL with err. The settings stay the caller's and must outlive the account. */
	struct account *(*open)(const struct notifier_settings *s, struct err *err);
	void (*close)(struct account *a); /* NULL is fine; secrets are wiped */

	/* The network's own counting of a text, and the most that it takes. Pure. */
	void (*measure)(const struct account *a, const char *text, unsigned *units, unsigned *limit);

	/*
	 * What a POST, EDIT or DELETE would cost, micro; 0 for what reads. Counts a link where
	 * the network might see one. Pure. NULL: the network takes no money.
	 */
	int64_t (*price)(const struct account *a, const struct job *job);

	/* NULL with err: the job makes no sense for this network. */
	struct op *(*begin)(struct account *a, const struct job *job, struct err *err);
	enum op_step (*step)(struct op *op, const struct answer *answer, const struct op_env *env,
			     struct request *request, struct result *result);
	void (*end)(struct op *op); /* legal at any moment; NULL is fine */
};

extern const struct notifier notifier_mastodon;
extern const struct notifier notifier_twitter; /* network "x" */
extern const struct notifier notifier_file;

/* Ticket desks: handle is the queue. */
extern const struct notifier desk_rt;
extern const struct notifier desk_webhook;
extern const struct notifier desk_mail;

/* By the word of the configuration, NULL when there is none. */
const struct notifier *desk_find(const char *type);

/*
 * The address of a Mastodon-like account's API: its url, else its handle's server; https
 * but for this machine itself. Also for `twicket auth`, which logs in there.
 * The caller frees it; NULL when memory ran out.
 */
char *mastodon_base_url(const struct notifier_settings *s);

/* By configuration name ("twitter" is "x"), NULL when there is none. */
const struct notifier *notifier_find(const char *name);

const char *result_class_name(enum result_class class);
const char *visibility_name(enum visibility v);

/* The value of a header, case-blind, copied into out; false when it is absent. */
bool answer_header(const struct answer *answer, const char *name, char *out, size_t size);

#endif
