/*
 * Inside of the Mastodon notifier: what its files share.
 * Included by notifiers/mastodon*.c only; the agent sees notifier.h.
 * Nothing here may do I/O, read a clock or keep a global.
 */
#ifndef TWICKET_MASTODON_H
#define TWICKET_MASTODON_H

#include "common/buf.h"
#include "notifiers/answer.h"
#include "notifiers/notifier.h"

#define MASTODON_ID_MAX 128
#define MASTODON_ACCT_MAX 384
#define MASTODON_TEXT_MAX 2000 /* of an item: notifier.h */

/* Software that speaks this API and differs: facts/MASTODON.md section 2. */
enum mastodon_software {
	MASTODON_UNKNOWN,
	MASTODON_MASTODON,
	MASTODON_GOTOSOCIAL,
	MASTODON_SNAC,
	MASTODON_PLEROMA, /* and Akkoma */
	MASTODON_OTHER
};

struct account {
	char *base; /* of the API, no trailing slash */
	char *authorization; /* the header with the token: a secret; NULL = no token yet */
	const char *token; /* inside of authorization */
	char login[MASTODON_ACCT_MAX]; /* the name in settings->handle, lower case */
	char server[MASTODON_ACCT_MAX]; /* its server */
	char host[MASTODON_ACCT_MAX]; /* of base, with the port when it has one */

	/* Learnt from the server; safe defaults before that. */
	char id[MASTODON_ID_MAX]; /* "" = not known */
	char domain[MASTODON_ACCT_MAX]; /* what a bare acct means */
	enum mastodon_software software;
	unsigned version; /* 100 * major + minor of Mastodon itself; 0 = not known */
	unsigned characters; /* of a post */
	unsigned url_characters; /* at least, for each URL */
	int64_t began_ms; /* when it first said who we are, its clock; 0 = it has not */
};

/* What one step() has in hand. */
struct turn {
	const struct answer *answer;
	const struct op_env *env;
	struct request *request;
	struct result *result;
};

struct collect {
	char at[MASTODON_ID_MAX]; /* the highest notification seen */
	char from[MASTODON_ID_MAX]; /* everything up to here was handled; "" = nothing ever was */
	char below[MASTODON_ID_MAX]; /* walking back: only what is older than this is missing */
	char next_from[MASTODON_ID_MAX]; /* from, once this walk is complete */
	char position[MASTODON_ID_MAX]; /* walking forward: handled up to here */
	int64_t since_ms; /* while from is "": nothing from before we began, their clock */
	bool is_fresh; /* the very first time: only what came since the server knows that we are there */
};

struct op {
	struct account *account;
	const struct job *job;
	/* Called with answer NULL first, then with every answer. */
	enum op_step (*run)(struct op *op, struct turn *turn);
	int state; /* of run: which answer is awaited */
	bool is_sent, is_done;
	enum effect effect;
	const char *method;
	struct buf url, body;
	char key[256]; /* the Idempotency-Key header; "" = none */
	char max_id[MASTODON_ID_MAX]; /* RECENT: the page asked for ends before this */
	unsigned pages, fresh, known, skipped;
	struct collect collect;
	bool could_look; /* LOOKUP: the server answered for what it knows */
	json_t *self, *policy; /* VERIFY: who we are, and what is hidden from us; or NULL */
	char about[128]; /* VERIFY: software and version */
};

/* The jobs. */
enum op_step mastodon_verify(struct op *op, struct turn *turn);
enum op_step mastodon_post(struct op *op, struct turn *turn);
enum op_step mastodon_edit(struct op *op, struct turn *turn);
enum op_step mastodon_delete(struct op *op, struct turn *turn);
enum op_step mastodon_favourite(struct op *op, struct turn *turn);
enum op_step mastodon_boost(struct op *op, struct turn *turn);
enum op_step mastodon_recent(struct op *op, struct turn *turn);
enum op_step mastodon_thread(struct op *op, struct turn *turn);
enum op_step mastodon_get(struct op *op, struct turn *turn);
enum op_step mastodon_lookup(struct op *op, struct turn *turn);
enum op_step mastodon_collect(struct op *op, struct turn *turn);
/* Emits the cursor that began_ms is: what was answered before it is not ours. False: not taken. */
bool mastodon_begin_collecting(const struct op *op, struct turn *turn);

/* mastodon_account.c */
int mastodon_check(const struct notifier_settings *s, struct err *err);
struct account *mastodon_open(const struct notifier_settings *s, struct err *err);
void mastodon_close(struct account *a);

/* Takes who we are from an account entity; -1 with the result set: another login, or nonsense. */
int mastodon_learn_self(struct op *op, struct turn *turn, const json_t *self);

/* mastodon_request.c: all return OP_SEND. The path is put behind the base. */
void mastodon_path(struct op *op, const char *path);
void mastodon_path_part(struct op *op, const char *part); /* escaped */
void mastodon_query(struct op *op, const char *name, const char *value);
enum op_step mastodon_send_get(struct op *op, struct turn *turn, size_t max_body);
/* Steals body (may be NULL). */
enum op_step mastodon_send(
    struct op *op, struct turn *turn, const char *method, json_t *body, enum effect effect);

/* mastodon_answer.c */
bool mastodon_is_ok(const struct turn *turn); /* a 2xx came */
bool mastodon_is_status(const struct turn *turn, int status); /* this status came */
/* The parsed body of a 2xx, of this type; NULL with the result set. The caller owns it. */
json_t *mastodon_json(struct op *op, struct turn *turn, json_type type);
/* The same of an object, of which only these are looked at (NULL ends the list). */
json_t *mastodon_members(struct op *op, struct turn *turn, const char *const *names);
/* The result of an answer that is not 2xx. Always OP_DONE. */
enum op_step mastodon_refuse(struct op *op, struct turn *turn);
/* Sets class and text; control characters and the token are taken out. Always OP_DONE. */
enum op_step
mastodon_finish(struct op *op, struct turn *turn, enum result_class class, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The server's own words about an error, "" when there are none. */
void mastodon_error_words(const struct turn *turn, char *out, size_t size);
/* When the rate limit of this answer ends; 0 when it says nothing. Wall clock. */
int64_t mastodon_reset_ms(const struct turn *turn);
/* A parameter of the Link header's URL of that relation. */
bool mastodon_link(
    const struct answer *answer, const char *rel, const char *parameter, char *out, size_t size);
/* Server's clock minus ours, from the Date header; 0 when it has none. */
int64_t mastodon_skew_ms(const struct turn *turn);

/* mastodon_status.c */
/* By length, then by bytes: ids are opaque, but newer ones sort later. */
int mastodon_id_compare(const char *a, const char *b);
/* "name@server" in lower case; a bare name gets our domain. False when it is no such thing. */
bool mastodon_acct(const struct account *a, const char *acct, char *out, size_t size);
/* Emits a status as that kind; ITEM_REPLY becomes ITEM_OWN never. KNOWN when it is unusable. */
enum emitted
mastodon_emit(struct op *op, struct turn *turn, const json_t *status, enum item_kind kind);
enum emitted mastodon_emit_reaction(struct op *op, struct turn *turn, const json_t *notification);
/* True when the author of the status is this account. */
bool mastodon_is_ours(const struct account *a, const json_t *status);
/* id, uri and url of a status into the result; false without an id. */
bool mastodon_take_ids(struct result *result, const json_t *status);
const char *mastodon_visibility(enum visibility v);

#endif
