/*
 * A simulated X, strict and on a virtual clock: API v2 as of August 2026, in shared
 * memory, so that it outlives a client that was killed. Speaks real HTTP requests and
 * JSON; reached through sim_link.c by every request whose URL begins with SIM_X_BASE.
 *
 *	x = sim_x_create(); sim->x = x;
 *	sim_x_account(x, "examplenet", token, sizeof token);	what `twicket auth` would write
 *	x->lose_next = 1; ... sim_x_say(x, "alice_noc", parent, "ack");
 *
 * It checks the OAuth 1.0a signature, time and nonce, the weighted length, doubled
 * texts, the reply rule, the name of every parameter and field, and X's rate limits; and it writes a
 * bill by the list prices (each resource read once per account and UTC day).
 */
#ifndef TWICKET_TESTS_SIM_X_H
#define TWICKET_TESTS_SIM_X_H

#include "notifiers/notifier.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_X_BASE "https://api.x.com/"
#define SIM_X_ID 24
#define SIM_X_NAME 32
#define SIM_X_TEXT 1400
#define SIM_X_USERS 512
#define SIM_X_OURS 4 /* users with a token */
#define SIM_X_POSTS 8192
#define SIM_X_MESSAGES 256
#define SIM_X_SCRIPTS 16
#define SIM_X_MONTHS 8
#define SIM_X_NONCES 4096
#define SIM_X_MENTIONED 4

/* What a request asks for; the last three stand for several in sim_x_script. */
enum sim_x_kind {
	SIM_X_POST,	/* POST /2/tweets */
	SIM_X_DELETE,
	SIM_X_MESSAGE,	/* POST /2/dm_conversations/with/:id/messages */
	SIM_X_GET,	/* GET /2/tweets/:id and /2/tweets?ids= */
	SIM_X_MENTIONS,
	SIM_X_OWN,	/* GET /2/users/:id/tweets */
	SIM_X_ME,
	SIM_X_USER,	/* GET /2/users/by/username/:name */
	SIM_X_EVENTS,	/* GET /2/dm_events */
	SIM_X_KINDS,
	SIM_X_ANY = SIM_X_KINDS,
	SIM_X_CREATES,
	SIM_X_READS,
	SIM_X_NO_KIND
};

struct sim_x_user {
	char id[SIM_X_ID], name[SIM_X_NAME];
	bool is_gone;
	bool is_protected; /* from the start when the name ends in "_locked" */
	int own; /* 0 to SIM_X_OURS-1: has a token; -1: somebody else */
	bool is_foreign_app; /* the app is not its own: reads are not owned reads */
	char key[48], secret[48], token[64], token_secret[48];
	int billed_day[SIM_X_OURS];
	unsigned asked[SIM_X_KINDS];   /* requests in the window under way */
	int64_t window_ms[SIM_X_KINDS]; /* when that ends */
};

struct sim_x_post {
	char id[SIM_X_ID], parent[SIM_X_ID], root[SIM_X_ID];
	unsigned author; /* index of the user */
	unsigned mentioned[SIM_X_MENTIONED], n_mentioned;
	char text[SIM_X_TEXT]; /* as it was sent */
	int64_t created_ms;    /* later than the clock: a request that is acted upon late */
	int64_t cost_micro;
	int billed_day[SIM_X_OURS];
	bool is_deleted, is_quote;
};

struct sim_x_message {
	char id[SIM_X_ID], text[SIM_X_TEXT];
	unsigned from, to;
	int64_t created_ms, cost_micro;
	int billed_day[SIM_X_OURS];
};

/* The next answers to requests of a kind, whatever is asked. */
struct sim_x_script {
	unsigned kind, left;
	int status;
	char headers[256]; /* lines ended by CRLF */
	char body[2048];
	bool acts; /* the request is acted upon all the same */
};

struct sim_x_month {
	unsigned month; /* 202611, UTC */
	int64_t micro;
};

enum sim_x_vocabulary {
	SIM_X_TWEET, /* before August 2026: tweet.fields, referenced_tweets ... */
	SIM_X_NEW,   /* after: post.fields, referenced_posts ... */
	SIM_X_BOTH   /* takes both, answers as after */
};

struct sim_x_counts {
	unsigned requests, refused_signatures, duplicates;
	unsigned asked[SIM_X_KINDS];
};

struct sim_x {
	int64_t now_ms;	 /* the virtual clock: sim_link.c sets it */
	int64_t skew_ms; /* the server's clock minus ours */

	enum sim_x_vocabulary vocabulary;
	bool refuses; /* no connection at all */
	bool refuses_replies; /* even under own posts */
	bool adds_tco; /* makes a link of what was none, and bills it */
	bool adds_errors; /* partial errors beside the data */
	unsigned page; /* posts of one answer at most; 0: what is asked for */
	/* creating requests only: */
	unsigned lose_every, lose_next;	  /* acts, and the answer is lost */
	unsigned error_every, error_next; /* acts, and answers 500 */
	unsigned drop_next;		  /* does not act, and no answer comes */
	unsigned late_next;		  /* acts late_ms later, no answer comes */
	int64_t late_ms;
	struct sim_x_script scripts[SIM_X_SCRIPTS]; /* the first with left > 0 that fits */
	bool has_credits; /* then credits_micro is what is left; 0 or less: 402 */
	int64_t credits_micro;

	unsigned creates; /* for lose_every and error_every */
	struct sim_x_counts counts;
	int64_t last_ms, sequence; /* of ids */
	uint64_t nonces[SIM_X_NONCES];
	unsigned n_nonces;
	struct sim_x_month bill[SIM_X_OURS][SIM_X_MONTHS];
	unsigned n_users, n_ours, n_posts, n_messages;
	struct sim_x_user users[SIM_X_USERS];
	struct sim_x_post posts[SIM_X_POSTS];
	struct sim_x_message messages[SIM_X_MESSAGES];
};

struct sim_x *sim_x_create(void); /* shared between this process and its children */
void sim_x_destroy(struct sim_x *x);

/* The user of that name, made when there is none (its id follows from the name); case does not count. */
unsigned sim_x_user(struct sim_x *x, const char *name);
/* One that we log in as; token: what the token file of the agent holds. */
unsigned sim_x_account(struct sim_x *x, const char *name, char *token, size_t size);

/* Somebody's post, not billed. parent "" or NULL: none; who wrote it is mentioned in front. The copy is returned. */
struct sim_x_post *sim_x_say(struct sim_x *x, const char *name, const char *parent, const char *text);
/* Somebody's direct message to user `to`. */
struct sim_x_message *sim_x_send(struct sim_x *x, const char *name, unsigned to, const char *text);

struct sim_x_post *sim_x_find(struct sim_x *x, const char *id);
/* Posts of ours that stand there and contain the text (NULL: all). */
unsigned sim_x_count(const struct sim_x *x, const char *text);
/* What a user's app was billed in a month (0: in all). */
int64_t sim_x_billed(const struct sim_x *x, unsigned user, unsigned month);

enum sim_x_kind sim_x_kind_find(const char *word);
/* Makes the next n requests of a kind be answered so; false: too many such orders. */
bool sim_x_order(struct sim_x *x, const struct sim_x_script *script);

/* One request. body is allocated and the caller's; is_lost: no answer comes. */
struct sim_x_answer {
	int status;
	char headers[1024];
	char *body;
	bool is_lost;
};
void sim_x_serve(struct sim_x *x, const struct request *request, struct sim_x_answer *answer);

#endif
