/*
 * Inside of the X (Twitter) notifier: what its files share.
 * Included by notifiers/twitter*.c only; the agent sees notifier.h.
 * Nothing here may do I/O, read a clock or keep a global.
 */
#ifndef TWICKET_TWITTER_H
#define TWICKET_TWITTER_H

#include "common/buf.h"
#include "notifiers/answer.h"
#include "notifiers/notifier.h"
#include "notifiers/oauth1.h"

#include <jansson.h>

#define TWITTER_ID_MAX 20 /* 1 to 19 digits, and the NUL */
#define TWITTER_NAME_MAX 16 /* 1 to 15 of [A-Za-z0-9_], and the NUL */
#define TWITTER_ACCT_MAX 32 /* "ID@x.com", "name@x.com" */
#define TWITTER_WHEN_MAX 32 /* "2026-11-22 00:00 UTC" */
#define TWITTER_GAPS 4
#define TWITTER_TEXT_MAX 2000 /* of an item: notifier.h */
#define TWITTER_POST_URI "https://x.com/i/status/"
#define TWITTER_MESSAGE_URI "x-message:" /* they have no address */
#define TWITTER_PAGE_MAX (4 * 1024 * 1024) /* 100 posts, a few of them of 25,000 characters */
#define TWITTER_NEXT_MAX 512
#define TWITTER_CHARGES 4096
/* X takes timestamps that are minutes off; below this ours needs no correction. */
#define TWITTER_SKEW_MIN_MS (30 * 1000)

/*
 * What was charged for today (UTC): the same thing read twice costs once (facts/X.md, "Prices").
 * An open hash table. When it is full the rest counts every time: too high, never too low.
 */
struct charges {
	int64_t day;
	size_t count;
	uint64_t keys[TWITTER_CHARGES]; /* 0 = free */
};

struct account {
	const char *name; /* in the configuration */
	char *base; /* of the API, no trailing slash */
	char login[TWITTER_NAME_MAX]; /* settings->handle, lower case */
	json_t *token; /* of the token file: secrets; NULL = no token yet */
	struct oauth1_keys keys; /* inside of token; wiped with it */
	const char *token_owner; /* the screen_name in token */
	const char *id; /* the user_id in token */
	char owner[TWITTER_NAME_MAX]; /* who VERIFY found behind the token; "" = it did not run */
	int64_t prices[PRICES];
	bool sends_post; /* fields = "post": the names of OpenAPI 2.167 */
	bool messages;
	int64_t
	    skew_ms; /* X's clock minus ours; 0 when that is no more than what X tolerates easily */
	int64_t told_skew_ms; /* what people were told about it */
	int64_t messages_read_ms; /* when dm_events was asked last; 0 = never */
	int64_t messages_not_before_ms; /* X wants no question about messages before */
	struct charges charges;
	bool makes_links; /* of what is none: what we post may cost as if it had one */
};

/* What one step() has in hand. */
struct turn {
	const struct answer *answer;
	const struct op_env *env;
	struct request *request;
	struct result *result;
};

/*
 * Mentions: ascending positions. Between each even one and the next is a gap (not read yet), the
 * rest below the last is read. While the newest are read they are a gap, too: up to "", the end.
 */
struct collect {
	char at[2 * TWITTER_GAPS + 3][TWITTER_ID_MAX];
	unsigned count; /* of at, odd; 0 = never read */
	unsigned gap; /* which is being read: its lower end in at */
	char lowest[TWITTER_ID_MAX]; /* what it has been read down to */
	unsigned asked, read; /* requests, mentions */
	unsigned empty; /* pages without progress, in a row */
	char message[TWITTER_ID_MAX];
	char newest[TWITTER_ID_MAX]; /* the newest message of this walk */
	unsigned size; /* messages asked for with one request */
	json_t *held; /* messages, newest first, until all are there */
};

struct op {
	struct account *account;
	const struct job *job;
	/* Called with answer NULL first, then with every answer. */
	enum op_step (*run)(struct op *op, struct turn *turn);
	int state; /* of run: which answer is awaited */
	bool is_sent, is_done;
	bool is_repeated; /* once more with the corrected clock: once */
	int64_t sent_skew_ms; /* with which the request in flight was signed */
	enum effect effect;
	const char *method;
	size_t max_body;
	struct buf url, body, authorization;
	int64_t cost_micro;
	unsigned pages, fresh, known, skipped;
	bool is_small; /* a page did not fit: smaller ones */
	char next[TWITTER_NEXT_MAX]; /* the pagination_token; "" = first page */
	char since[32]; /* RECENT: start_time */
	int64_t since_skew_ms; /* with which that was reckoned */
	bool is_again; /* RECENT: begun once more with the right clock */
	struct collect collect;
	char remark[160]; /* errors beside data, for the result's text; "" = none */
};

/* What an error says; all of it is optional (facts/X.md, "Errors"). */
struct problem {
	char type[64]; /* the last path part of the type */
	char words[1024]; /* title, detail and messages */
};

/* The jobs. */
enum op_step twitter_verify(struct op *op, struct turn *turn);
enum op_step twitter_post(struct op *op, struct turn *turn);
enum op_step twitter_delete(struct op *op, struct turn *turn);
enum op_step twitter_recent(struct op *op, struct turn *turn);
enum op_step twitter_get(struct op *op, struct turn *turn);
enum op_step twitter_lookup(struct op *op, struct turn *turn);
enum op_step twitter_collect(struct op *op, struct turn *turn);
enum op_step twitter_collect_messages(struct op *op, struct turn *turn);
enum op_step twitter_recent_messages(struct op *op, struct turn *turn);
/* Is there a next page? BROKEN: there may be one, but this answer does not lead there. */
enum more { MORE_NO, MORE_YES, MORE_BROKEN };
enum more twitter_next_page(const struct op *op, const json_t *answer, char next[TWITTER_NEXT_MAX]);
/* Emits the cursor; false when the store did not take it. */
bool twitter_emit_cursor(struct op *op, struct turn *turn);

/* twitter_account.c */
int twitter_check(const struct notifier_settings *s, struct err *err);
struct account *twitter_open(const struct notifier_settings *s, struct err *err);
void twitter_close(struct account *a);
/* "name", "@name" or "name@x.com" in lower case; false when it is no X name. */
bool twitter_name(const char *s, char name[TWITTER_NAME_MAX]);

/* twitter_request.c: what is sent. The path is put behind the base. */
void twitter_path(struct op *op, const char *path);
void twitter_path_part(struct op *op, const char *part); /* escaped */
void twitter_query(struct op *op, const char *name, const char *value);
enum op_step twitter_send_get(struct op *op, struct turn *turn, size_t max_body);
/* Steals body (may be NULL). */
enum op_step twitter_send(
    struct op *op, struct turn *turn, const char *method, json_t *body, enum effect effect);
/* Signs what is there with a fresh nonce and the clock as it is known now. */
enum op_step twitter_sign(struct op *op, struct turn *turn);
/* X's clock, as far as it is known. */
int64_t twitter_now_ms(const struct op *op, const struct turn *turn);
int64_t twitter_distance(int64_t a, int64_t b); /* twitter.c */

/* What to click when an app may not write; the account's name follows. */
#define TWITTER_PERMISSIONS                                                                        \
	"in X's developer console, User authentication settings, choose Read and write, then "     \
	"make new tokens: twicket auth "

/* twitter_answer.c */
bool twitter_is_ok(const struct turn *turn); /* a 2xx came */
/* The parsed object of a 2xx; NULL with the result set. The caller owns it. */
json_t *twitter_json(struct op *op, struct turn *turn);
void twitter_problem(const json_t *body, struct problem *p);
/* Keeps the errors that stand beside data, with what joins them to a text. */
void twitter_remark(struct op *op, const json_t *body);
/* The post or person asked for is not there, or not for us. */
bool twitter_is_gone(const struct problem *p);
/* The result of an answer that is not 2xx. Always OP_DONE. */
enum op_step twitter_refuse(struct op *op, struct turn *turn);
/* Wall clock, by our clock: when the limit that this 429 speaks of ends. */
int64_t twitter_reset_ms(const struct op *op, const struct turn *turn, bool *is_long);
/* Parses the object of a 2xx, hands it to `with`, frees it; else the result is set. */
enum op_step twitter_take(
    struct op *op, struct turn *turn,
    enum op_step (*with)(struct op *op, struct turn *turn, const json_t *answer));
/* Sets class and text; control characters and secrets are taken out. Always OP_DONE. */
enum op_step
twitter_finish(struct op *op, struct turn *turn, enum result_class class, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* twitter_item.c */
bool twitter_is_id(const char *id);
/* Numeric; both are ids. */
int twitter_id_compare(const char *a, const char *b);
/* The id that a post made at that time would have. */
void twitter_id_at(int64_t ms, char id[TWITTER_ID_MAX]);
/* X's time of that id, for people. */
void twitter_id_when(const char *id, char when[TWITTER_WHEN_MAX]);
/* Takes the larger one; false when the time of id has not come: it is no position. */
bool twitter_id_raise(char newest[TWITTER_ID_MAX], const char *id, int64_t now_ms);
/* An id; "" when it is none. */
void twitter_json_id(const json_t *object, const char *key, char id[TWITTER_ID_MAX]);
/* Names to ask for: adds them to the request. */
void twitter_ask_fields(struct op *op, bool with_author);
/* The id that a post is known by (the first of its edit history), uri and url. */
void twitter_take_post(struct result *result, const char *id);
/* Emit a post as that kind, or a direct message. KNOWN when it is unusable (op->skipped). */
enum emitted
twitter_emit_post(struct op *op, struct turn *turn, const json_t *post, enum item_kind kind);
enum emitted
twitter_emit_message(struct op *op, struct turn *turn, const json_t *event, enum item_kind kind);
/* False when the store did not take it. */
bool twitter_emit_notice(struct turn *turn, const char *text);

/* twitter_cost.c */
int64_t twitter_price(const struct account *a, const struct job *job);
/* Enters one thing that was read, unless it was charged today. */
void twitter_charge(
    struct op *op, const struct turn *turn, enum notifier_price price, const char *id);
/* Enters the posts and people of "data" (one or a list of posts) and "includes". */
void twitter_charge_posts(
    struct op *op, const struct turn *turn, const json_t *answer, enum notifier_price price);

#endif
