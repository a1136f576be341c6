/*
 * A simulated network, deterministic and on a virtual clock: a server in shared
 * memory, which outlives a client that was killed; a carrier that leads to it; and
 * a notifier ("sim") that speaks with it. For crash, unit and scenario tests only.
 *
 *	sim = sim_create(); sim->now_ms = ...; sim->lose_every = 3;
 *	link = sim_link_create(sim, NULL, NULL);
 *	carrier = sim_link_carrier(link);
 *	... after each runner_release(): sim_link_deliver(link), then runner_turn()
 */
#ifndef TWICKET_TESTS_SIM_H
#define TWICKET_TESTS_SIM_H

#include "agent/runner.h"
#include "tests/crash/sim_desk.h"

#define SIM_POSTS 4096
#define SIM_REPLIES 1200
#define SIM_ID 32
#define SIM_NAME 64
#define SIM_TEXT 2048
#define SIM_PAGE 20 /* posts of one answer to RECENT */

/* Statuses of this network's own; any may be set as status or read_status. */
enum sim_status {
	SIM_NO_CREDIT = 402, /* with retry_after_s: AUTH until then */
	SIM_DUPLICATE = 409,
	SIM_LONG_LIMIT = 420, /* a 429 that people should hear of */
	SIM_NO_REPLIES = 451,
	SIM_NO_PARENT = 452
};

struct sim_post {
	char id[SIM_ID], parent[SIM_ID];
	char account[SIM_NAME]; /* name in the client's configuration */
	char text[SIM_TEXT];
	char key[SIM_NAME], to[SIM_NAME], language[16];
	enum visibility visibility;
	int64_t created_ms; /* later than now_ms: a request that is acted upon late */
	unsigned edits;
	bool is_deleted;
};

struct sim_reply {
	char id[SIM_ID], parent[SIM_ID];
	char uri[SIM_NAME]; /* "" = made from the id */
	char account[SIM_NAME]; /* whose mentions it is in */
	char author_id[SIM_ID], acct[SIM_NAME];
	char text[SIM_TEXT];
	int64_t created_ms;
	enum visibility visibility;
	bool is_reaction; /* not words: it was boosted or marked */
	bool has_media, is_bot, is_boost, is_edited, is_hidden; /* hidden: only THREAD and GET show it */
	bool is_deleted; /* by its author: nothing shows it */
};

struct sim_favourite {
	char account[SIM_NAME], target[SIM_ID];
	bool is_boost; /* it was boosted, not marked */
};

struct sim_person {
	char acct[SIM_NAME], id[SIM_ID];
};

/*
 * The server. Everything may be set and read at any time. "Creating" requests are
 * POST, EDIT, DELETE and FAVOURITE; the rest reads.
 */
struct sim {
	struct sim_x *x; /* where requests to SIM_X_BASE go; NULL: there is no X. The test's own */
	int64_t now_ms; /* the virtual clock: whoever drives the test moves it */
	int64_t skew_ms; /* the server's clock minus ours */
	int64_t latency_ms;

	bool honours_keys; /* a key that it knows gives the first post again */
	bool refuses; /* no connection at all */
	unsigned lose_every; /* acts, and the answer is lost: every nth post */
	unsigned error_every; /* acts, and answers 500: every nth post */
	unsigned lose_next; /* the same for the next n, once */
	unsigned error_next;
	unsigned drop_next; /* does not act, and no answer comes: the next n */
	unsigned late_next; /* acts late_ms later, no answer comes: the next n */
	int64_t late_ms;
	int status; /* 0, or what every creating request is answered, without acting */
	int read_status; /* 0, or what every reading one is answered */
	int64_t retry_after_s; /* with 429; 0 = not said */
	bool empty_ids; /* answers a post with 200 and no id */
	bool refuses_duplicates; /* of what an account has said already */
	bool refuses_replies; /* of an account to its own posts */
	unsigned refuse_parents; /* to whomever: the next n posts that have a parent */
	int64_t prices[PRICES]; /* what clients are told that things cost */
	int64_t charges; /* said in the answer to a post: what it did cost; 0 = nothing is said */
	char notice[SIM_NAME]; /* an answer to a post makes a client emit this */

	unsigned clients; /* links made so far: a seed that differs after each restart */
	unsigned creates, reads; /* requests that came in */
	uint64_t last_id;
	unsigned n_posts, n_replies, n_favourites, n_people;
	struct sim_post posts[SIM_POSTS];
	struct sim_reply replies[SIM_REPLIES];
	struct sim_favourite favourites[SIM_REPLIES];
	struct sim_person people[SIM_REPLIES];
	struct sim_desk desk;
};

struct sim *sim_create(void); /* shared between this process and its children */
void sim_destroy(struct sim *s);

/* Somebody's words: id and created_ms are made up when empty; account and text are not. The copy is returned. */
struct sim_reply *sim_inject(struct sim *s, const struct sim_reply *reply);
/* Makes an account known to LOOKUP; replies do that for their authors. */
void sim_person_add(struct sim *s, const char *acct, const char *id);
/* Posts of an account that stand there now and contain the text; *one is the first of them. NULLs are fine. */
unsigned
sim_count(const struct sim *s, const char *account, const char *text, const struct sim_post **one);

/* One request. The body is allocated and the caller's; *lost: acted, but no answer. */
struct sim_answer {
	int status;
	char headers[1024];
	char *body;
	bool is_lost;
};
void sim_serve(struct sim *s, const struct request *request, struct sim_answer *answer);

/* A client's connection; dies with the process. point is called before and after each request. */
struct sim_link;
struct sim_link *
sim_link_create(struct sim *s, void (*point)(void *arg, const char *what), void *arg);
void sim_link_destroy(struct sim_link *l);
struct carrier sim_link_carrier(struct sim_link *l);
unsigned sim_link_deliver(struct sim_link *l); /* brings what is due; says how many answers */
int64_t sim_link_next(const struct sim_link *l); /* wall ms, NOW_NEVER = nothing under way */

extern const struct notifier notifier_sim;

#endif
