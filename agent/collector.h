/*
 * Reads what people answer: polls every account with the cursor in the store, and
 * looks under our own posts of open incidents as the safety net. Only timing and
 * cursors live here; what a reply means is inbox.c's.
 */
#ifndef TWICKET_COLLECTOR_H
#define TWICKET_COLLECTOR_H

#include "agent/config.h"
#include "agent/inbox.h"
#include "agent/ledger.h"
#include "agent/outbox.h"
#include "agent/people.h"
#include "agent/runner.h"
#include "agent/store.h"
#include "common/now.h"

struct collector;

/* What a collector works with; all are the caller's and outlive it. */
struct collector_parts {
	struct runner *runner;
	struct store *store;
	struct inbox *inbox;
	struct outbox *outbox;
	struct people *people;
	struct ledger *ledger;
	/* May an answer come on this account (index): is anything told there still open? */
	bool (*is_awaited)(void *arg, unsigned account);
	/* As outbox_events.alarm. */
	void (*alarm)(void *arg, const char *account, const char *text, bool is_over);
	void *arg;
};

struct collector *collector_create(const struct collector_parts *parts);
void collector_destroy(struct collector *c); /* NULL is fine */
/* As outbox_set_accounts(); each account is VERIFYed first, and again every day. Where reading costs,
 * only one that the store does not know, and never again by itself. */
void collector_set_accounts(struct collector *c, const struct config *config,
			    const struct notifier *const *notifiers, struct account *const *accounts);
int collector_load(struct collector *c, struct err *err);

/* For inbox_events.want_parent. */
void collector_get(struct collector *c, unsigned account, uint64_t reply, const char *remote_id);

/* Starts what is due. While nothing is open an account is still polled (mentions may come),
 * unless reading costs: then nothing is asked for.
 * In a turn before runner_turn(): the items that come then are dated with this now. */
void collector_turn(struct collector *c, const struct now *now);
int64_t collector_next(const struct collector *c, const struct now *now); /* boot_ms */

void collector_save(struct collector *c);
void collector_saved(struct collector *c);

/* The outbox met AUTH, or a human acted: verify again before the next poll; -1 = all accounts. */
void collector_resume(struct collector *c, int account);

struct collector_health {
	int64_t last_read_ms; /* wall; 0 = never */
	unsigned failures;    /* polls in a row that did not succeed */
	char self_acct[256], software[128];
	char trouble[256]; /* the newest notice or failure, "" = none */
	bool verified;
	bool is_locked; /* only approved followers read it; false = not so, or not known */
	bool is_idle; /* nothing is open there and reading costs: not read, which is no fault */
};
void collector_health(const struct collector *c, unsigned account, struct collector_health *out);

#endif
