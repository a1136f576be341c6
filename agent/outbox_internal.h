/*
 * What the outbox's own files share: its rows in memory and how they hang together.
 * Included by agent/outbox*.c only. Everything that outbox.h promises to others is
 * there; nothing here may be used from outside.
 */
#ifndef TWICKET_OUTBOX_INTERNAL_H
#define TWICKET_OUTBOX_INTERNAL_H

#include "agent/outbox.h"
#include "agent/words.h"

#include <uthash.h>
#include <utlist.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)

#define OUTBOX_IN_FLIGHT 4 /* ops of one account */
/* Where answers come at once: four are on the wire, and four that the same commit has marked follow them. */
#define OUTBOX_AHEAD 8
#define OUTBOX_UNSETTLED_MAX                                                                       \
	8 /* unsettled posts of one account: beyond it nothing new is created */
#define OUTBOX_KEY_SIZE 33 /* 32 hexadecimal characters and the NUL */
#define BUDGET_MINUTES 61 /* an hour and the minute that has begun */
#define BUDGET_QUARTERS 97 /* the same for a day */
#define ALARM_NOTICES 4 /* texts of an account that are not told again within a day */
#define ALARM_TEXT 256
#define REFUSALS 2 /* so often a post asks for its parent */

/* One POST or FAVOURITE op under way. */
struct attempt {
	struct post *post;
	struct run *run; /* NULL: it is over, result holds */
	struct result result;
	int64_t started_ms; /* wall */
	bool has_parent;
};

/* What a look at our own posts brought for one row. */
struct found {
	char *id, *uri, *url;
	unsigned score; /* 0 = nothing */
};

/*
 * A row that is not settled, or settled and not yet saved. It hangs in its
 * account's waiting (QUEUED, RETRY) or busy (SENDING, UNKNOWN, watched) list, in its
 * thread's list until it is final, and in the dirty list until it is on disk.
 */
struct post {
	struct post_row row; /* its strings are ours */
	struct outbox_account *account;
	struct outbox_thread *thread; /* NULL: answers, favourites */
	const struct outbox_account *about; /* whose trouble it tells; not in the store */
	struct post *prev, *next; /* account->waiting, account->busy or none */
	struct post *thread_prev, *thread_next;
	struct post *dirty_prev, *dirty_next;
	struct attempt *attempt;
	struct found found;
	char *remote; /* block of remote_id, uri, url */
	char *target; /* of a DELETE that was made before it was known; NULL = in strings */
	char *reason;
	int64_t expires_ms; /* wall */
	int64_t budget_ms; /* wall: it waits for the budget until then, 0 = it does not */
	bool is_unpaid; /* that budget is usd_per_month */
	int64_t unknown_ms; /* wall: since when this process tries to settle it */
	int64_t look_ms; /* wall: next look */
	int64_t away_ms; /* wall: since when its network does not take it, 0 = it was not tried; not in the store */
	unsigned look_failures;
	unsigned tells; /* deliveries that were not yet told */
	bool is_suspect; /* an earlier attempt may still come true */
	bool is_in_look;
	bool is_watched; /* SENT after a resend: one more look for a double */
	bool is_warned;
	bool is_condemned; /* its thread was retracted while it was on its way */
	bool is_dirty, is_written;
	bool is_stored; /* the store has it, under this id and with these words */
	char strings[]; /* text, key, tag, language, to, to_id, target */
};

struct outbox_thread {
	uint64_t id;
	struct post *posts; /* not final, in their order */
	unsigned held; /* posts in memory that point here */
	char *root_id; /* remote id of its first SENT post, NULL = none */
	bool is_learnt; /* what the store knows of it was read */
	bool is_lost; /* a post of it was given up that certainly did not appear */
	bool may_stand; /* one was given up that may have appeared */
	UT_hash_handle hh;
};

/* One RECENT op: settles all UNKNOWN rows of an account that are due. */
struct look {
	struct run *run; /* NULL: none, or over and the result holds */
	struct result result;
	bool is_over, has_failed;
	int64_t not_before_ms; /* wall: the network's wish, where limits are apart */
};

struct budget {
	int64_t minute, quarter; /* numbers of the newest buckets */
	unsigned minutes[BUDGET_MINUTES], quarters[BUDGET_QUARTERS];
	bool is_counted; /* what the store knows was added */
};

/* As of this turn. Micro USD. */
struct money {
	int64_t limit; /* usd_per_month, 0 = none */
	int64_t spent;
	int64_t next_month_ms; /* wall */
	unsigned promises; /* ends that are still to be said */
};

enum trouble {
	TROUBLE_HUMAN = 1, /* somebody must act */
	TROUBLE_LIMIT = 2, /* paused for long */
	TROUBLE_MONEY = 4,
	TROUBLE_AWAY = 8 /* its network, for long */
};

/* ALARM_OVER: the end of all troubles. */
enum alarm_kind { ALARM_NOTICE, ALARM_TROUBLE, ALARM_OVER };

struct notice {
	uint64_t hash; /* of its text */
	int64_t told_ms; /* 0 = free */
};

/* What operators were told of an account; kept in the store. */
struct alarms {
	unsigned troubles; /* enum trouble */
	unsigned told; /* those of them that they heard of */
	unsigned lines; /* said of these troubles; not in the store */
	char money[64];
	char away[256]; /* what its network last did instead of taking a post; not in the store */
	int64_t away_ms; /* wall: the newest away_ms of its posts, gone ones included */
	struct notice notices[ALARM_NOTICES];
	bool is_learnt, is_dirty, is_written;
};

struct outbox_account {
	struct outbox_account *prev, *next;
	struct outbox *outbox;
	char *name;
	const struct notifier *notifier; /* NULL: no token, or not configured any more */
	struct account *account;
	bool is_configured;
	bool is_held; /* by hand: nothing is posted */
	unsigned index, per_hour, per_day;
	struct post *waiting; /* by id */
	struct post *busy;
	unsigned in_flight; /* ops, the look included */
	bool is_quick; /* its network took the last post, and at once */
	unsigned unsettled; /* SENDING and UNKNOWN */
	unsigned failures; /* RETRY verdicts in a row, of any post */
	int64_t breaker_ms; /* wall: nothing is started before */
	int64_t paused_ms; /* wall; past = not, NOW_NEVER = until a human acts */
	int64_t wake_ms; /* wall: outbox_turn() has something to do here */
	bool is_stirred; /* something changed: look at it in the next turn */
	bool is_auth_told; /* in the log */
	int64_t
	    alone_ms; /* wall: no threads before, as its network refuses them; 0 = it does not */
	char reason[256]; /* why it is paused or fails */
	struct look look;
	struct budget budget;
	uint64_t n_sent, n_dead; /* in this life */
	int64_t dead_ms; /* wall: when the last one was given up, 0 = none */
	char dead_tag[TAG_SIZE];
	int64_t last_post_ms, kept_post_ms; /* kept: as in the store, at most a minute behind */
	int64_t kept_paused_ms, kept_alone_ms;
	struct money money;
	struct alarms alarms;
	bool is_written; /* its row, in the open transaction */
	int64_t away_told_ms; /* wall: when operators heard that its network is away */
	char last_tag[TAG_SIZE];
};

/* A delivery, a note or an alarm that is told at the end of the turn, when no list is being walked. */
struct tell {
	struct tell *prev, *next;
	struct post *post;
	struct outbox_account *alarmed; /* an alarm: post is NULL, note its text */
	enum alarm_kind alarm;
	enum delivery delivery;
	bool is_root;
	char *note; /* NULL = none */
};

struct outbox {
	struct runner *runner;
	struct store *store;
	struct ledger *ledger;
	struct outbox_events events;
	void (*random)(void *bytes, size_t n);
	struct outbox_account *accounts;
	struct outbox_thread *threads; /* hash by id */
	struct post *dirty;
	struct tell *tells;
	const struct tell *telling; /* whoever is called now adds posts because of it */
	int64_t clocks_ms; /* wall - boot at the last turn */
	bool has_clocks;
	int64_t now_ms; /* wall, of the last turn */
};

/* Does sending it make something at the network that a look could find? */
static inline bool row_creates(const struct post_row *row)
{
	return row->kind == POST_SAY || row->kind == POST_ANSWER;
}

/* outbox.c: rows */
void *outbox_alloc(size_t n); /* zeroed; never NULL */
char *outbox_dup(const char *s);
struct outbox_account *account_of(struct outbox *o, const char *name);
struct post *post_create(struct outbox *o, const struct post_row *row);
void post_touch(struct outbox *o, struct post *p);
void post_wait(struct post *p); /* into account->waiting */
void post_set_reason(struct post *p, const char *reason);
void post_set_remote(struct post *p, const char *id, const char *uri, const char *url);
void found_finish(struct found *f);

/* outbox_thread.c: order, the end of a row, and who hears of it */
struct outbox_thread *thread_of(struct outbox *o, uint64_t id);
void thread_drop(struct outbox *o, struct outbox_thread *t); /* one row less; may free it */
bool thread_is_next(const struct post *p); /* all before it are final */
bool thread_learn(struct outbox *o, struct outbox_thread *t); /* false: the store cannot be read */
bool thread_lacks_problem(const struct post *p); /* it ends what was never said; once learnt */
bool post_is_root(const struct post *p);
const char *post_parent(const struct post *p, int64_t now_ms); /* "" = none */
/* The network takes it, but not under its parent. */
void post_refused(struct outbox *o, struct post *p, const struct result *result, int64_t now_ms);
/* Out of all lists, into its last state: without a word. */
void post_close(struct outbox *o, struct post *p, enum post_state state, const char *reason);
/* The same, told and logged; what hangs on it ends too. */
void post_finish(
    struct outbox *o, struct post *p, enum post_state state, const char *reason, int64_t now_ms);
void post_tell(struct outbox *o, struct post *p, enum delivery delivery, bool is_root);
void post_note(struct outbox *o, struct post *p, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void alarm_tell(struct outbox *o, struct outbox_account *a, const char *text, enum alarm_kind kind);
void outbox_flush(struct outbox *o);
const char *post_event_name(const struct post *p);

/* outbox_send.c: when to start, what a verdict means */
void account_turn(struct outbox *o, struct outbox_account *a, int64_t now_ms);
void account_wake(struct outbox_account *a, int64_t at_ms); /* not later than that */
struct job post_job(const struct post *p, int64_t now_ms); /* its strings are the post's */
int64_t outbox_backoff(struct outbox *o, int64_t first_ms, unsigned n);
int64_t post_age_limit(const struct post_row *row);
void post_extend(struct post *p, int64_t now_ms); /* waits through no fault of its network */
void post_requeue(struct outbox *o, struct post *p, enum post_state state, int64_t not_before_ms);
void post_sent(struct outbox *o, struct post *p, int64_t now_ms); /* its remote id is set */

/* outbox_pause.c: when an account must wait */
/* by: the post that met it, NULL = something else. */
void account_pause(
    struct outbox *o, struct outbox_account *a, const struct result *result, const struct post *by,
    int64_t now_ms);
bool account_can_send(const struct outbox_account *a, int64_t now_ms);
bool account_needs_human(const struct outbox_account *a); /* until it has posted again */
bool account_is_probed(const struct outbox_account *a); /* one at a time */
void breaker_failure(struct outbox_account *a, const char *reason, int64_t now_ms);
void breaker_success(struct outbox_account *a);

/* outbox_erase.c: LATER: what it deletes is not settled yet; NEVER: it was not posted, or nobody knows its id */
enum delete_ready { DELETE_NOW, DELETE_LATER, DELETE_NEVER };
enum delete_ready delete_learn(struct outbox *o, struct post *p);
void thread_condemn(const struct post *by); /* a retraction: what is on its way is not sent again */
void erase_loaded(struct outbox *o, struct outbox_account *a);

/* outbox_settle.c: UNKNOWN */
void post_doubt(struct outbox *o, struct post *p, const char *reason, int64_t now_ms);
void look_turn(struct outbox *o, struct outbox_account *a, int64_t now_ms);
void look_soon(struct post *p); /* no back-off any more */
void look_cancel(struct outbox_account *a);

/* outbox_double.c: what stands there twice */
bool text_is_same(const char *a, const char *b); /* but for blanks and leading mentions */
bool text_has_tag(const char *text, const char *tag);
void post_watch(struct post *p, int64_t now_ms); /* SENT after a resend: one more look */
void post_unwatch(struct outbox *o, struct post *p);
void double_report(
    struct outbox *o, const struct post *p, uint64_t post, int64_t cost_micro,
    const char *remote_id);
/* 1: the item is a double of another row of p's incident (and was reported), 0: not, -1: cannot tell. */
int double_of_other(struct outbox *o, struct post *p, const struct item *item);

/* outbox_queue.c: the pause and the last post, in the row that the collector shares */
void account_save(struct outbox *o, struct outbox_account *a);
void account_saved(struct outbox_account *a);

/* outbox_budget.c */
bool post_is_end(const struct post *p); /* of what was told */
bool post_has_reserve(const struct post *p);
void budget_count(struct outbox *o, struct outbox_account *a, int64_t now_ms);
void budget_spend(struct outbox_account *a, int64_t now_ms);
int64_t budget_free_ms(const struct outbox_account *a, const struct post *p, int64_t now_ms);
unsigned budget_hour(const struct outbox_account *a, int64_t now_ms);
unsigned budget_day(const struct outbox_account *a, int64_t now_ms);

/* outbox_money.c: amounts in micro USD */
int64_t post_price(const struct post *p, int64_t now_ms);
void money_count(struct outbox *o, struct outbox_account *a, int64_t now_ms); /* once a turn */
/* now_ms: it may cost what it costs. NOW_NEVER: when what is on its way is settled. Else the next month. */
int64_t money_free_ms(const struct post *p, int64_t now_ms);
int64_t money_spent(const struct outbox *o, const struct outbox_account *a, int64_t now_ms);
void money_reason(const struct outbox_account *a, char *out, size_t size);
void money_pay(struct outbox *o, const struct outbox_account *a, int64_t micro, int64_t now_ms);
void money_pay_look(
    struct outbox *o, const struct outbox_account *a, const struct result *result, int64_t now_ms);
void money_is_spent(
    struct outbox *o, struct outbox_account *a, int64_t now_ms); /* a post waits for it */
void money_watch(struct outbox *o, struct outbox_account *a, int64_t now_ms);

/* outbox_alarm.c */
void alarm_learn(struct outbox *o, struct outbox_account *a);
void alarm_save(struct outbox *o, struct outbox_account *a);
void alarm_saved(struct outbox_account *a);
/* It tells of an account: what happens to it is no reason for another alarm. NULL is none. */
bool post_is_alarm(const struct post *p);
/* A trouble, met by that post (NULL = by something else). True: it is new. */
bool alarm_trouble(
    struct outbox *o, struct outbox_account *a, unsigned trouble, const char *text,
    const struct post *by);
/* Tells of what an alarm met, when something else has to wait for it. */
void alarm_overdue(struct outbox *o, struct outbox_account *a, int64_t now_ms);
void alarm_posted(struct outbox *o, const struct post *p); /* accepted just now: troubles end */
void alarm_found(struct outbox *o, const struct post *p); /* accepted some time ago, as its network now says */
void alarm_failed(struct post *p, const char *reason, int64_t now_ms); /* no answer, or none that says anything */
/* Tells of a network that has been away for long while something other than alarms waits for it. */
void alarm_away(struct outbox *o, struct outbox_account *a, int64_t now_ms);
/* Was so much of this month's limit not told yet? From now on it was. */
bool alarm_money(struct outbox *o, struct outbox_account *a, unsigned percent, int64_t now_ms);
void alarm_notice(
    struct outbox *o, struct outbox_account *a, const char *text, const struct post *by);
/* Just taken: if it ends what another account was not told yet, neither is told there. */
void alarm_added(struct outbox *o, struct post *p, int64_t now_ms);

#endif
