/*
 * The rig of the test_collector*.c: the runner, the inbox and the outbox as stubs, a
 * store in memory. A header, because its stubs must not be linked into other tests.
 */
#ifndef TWICKET_TEST_COLLECTOR_RIG_H
#define TWICKET_TEST_COLLECTOR_RIG_H

#include "agent/collector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WALL 1795348800000
#define MINUTE 60000

/* ---- the runner: at most one op, kept here ---- */

struct run {
	struct job job;
	unsigned account;
	runner_emit_fn *emit;
	runner_done_fn *done;
	void *arg;
};

static struct run runs[4];
static unsigned n_runs, n_cancelled;

struct run *runner_start(
    struct runner *r, const struct notifier *notifier, struct account *account,
    unsigned account_index, const struct job *job, runner_emit_fn *emit, runner_done_fn *done,
    void *arg)
{
	(void)r;
	(void)notifier;
	(void)account;
	assert_true(n_runs < 4);
	runs[n_runs] = (struct run){*job, account_index, emit, done, arg};
	return &runs[n_runs++];
}

void run_cancel(struct run *run)
{
	assert_ptr_equal(run, &runs[0]);
	n_runs = 0;
	n_cancelled++;
}

/* ---- inbox and outbox ---- */

static unsigned n_items, n_results;
static enum emitted taken = EMIT_NEW;
static enum result_class last_class;
static char parent[200];

enum emitted
inbox_item(struct inbox *b, unsigned account, const struct item *item, const struct now *now)
{
	(void)b;
	(void)account;
	(void)item;
	assert_true(now->boot_ms > 0);
	n_items++;
	return taken;
}

void inbox_parent(
    struct inbox *b, uint64_t reply, const char *uri, const char *parent_id, const struct now *now)
{
	(void)b;
	(void)now;
	snprintf(parent, sizeof(parent), "r%u %s %s", (unsigned)reply, uri, parent_id);
}

static char looked[200]; /* "r5 there", "r5 gone", "r5 ?" */

enum emitted
inbox_reaction(struct inbox *b, unsigned account, const struct item *item, const struct now *at)
{
	(void)b, (void)account, (void)item, (void)at;
	return EMIT_KNOWN;
}

void inbox_looked(struct inbox *b, uint64_t reply, enum inbox_look look, const struct now *now)
{
	static const char *const words[] = {"there", "gone", "?"};

	(void)b;
	(void)now;
	snprintf(looked, sizeof(looked), "r%u %s", (unsigned)reply, words[look]);
}

void outbox_account_result(
    struct outbox *o, unsigned account, const struct result *result, const struct now *now)
{
	(void)o;
	(void)account;
	(void)now;
	n_results++;
	last_class = result->class;
}

/* ---- what is open, and what is told of it ---- */

static bool is_awaited;
static unsigned n_asked, n_alarms;
static char last_alarm[300];

static inline bool awaited(void *arg, unsigned account)
{
	(void)arg;
	assert_int_equal(account, 0);
	n_asked++;
	return is_awaited;
}

static inline void alarmed(void *arg, const char *account, const char *text, bool is_over)
{
	(void)arg;
	snprintf(
	    last_alarm, sizeof(last_alarm), "%s: %s%s", account, is_over ? "over: " : "", text);
	n_alarms++;
}

/* ---- set-up ---- */

static const struct notifier network = {
    .name = "mastodon", .caps = NOTIFIER_COLLECTS | NOTIFIER_ANSWERS};
static const struct notifier mute = {.name = "file"};
static struct config_account config_accounts[] = {
    {.name = (char *)"noc", .poll_ms = 15000}, {.name = (char *)"none", .poll_ms = 15000}};
static struct config config = {.accounts = config_accounts, .n_accounts = 1};
static int account_body;
static const struct notifier *notifiers[2] = {&network, NULL};
static struct account *accounts[2] = {(struct account *)&account_body, NULL};
static struct store *store;
static struct people *people;
static struct ledger *ledger;
static struct collector *collector;
static struct now now;

static inline void start(void)
{
	struct err err;

	people = people_create(&config, store);
	ledger = ledger_create(store);
	collector = collector_create(&(struct collector_parts){.store = store,
							       .people = people,
							       .ledger = ledger,
							       .is_awaited = awaited,
							       .alarm = alarmed});
	assert_int_equal(people_load(people, &err), 0);
	assert_int_equal(collector_load(collector, &err), 0);
	collector_set_accounts(collector, &config, notifiers, accounts);
}

static inline void stop(void)
{
	n_runs = 0;
	collector_destroy(collector);
	ledger_destroy(ledger);
	people_destroy(people);
}

static inline int setup(void **state)
{
	struct err err;

	(void)state;
	now = (struct now){.wall_ms = WALL, .boot_ms = 1000000};
	n_runs = n_items = n_results = n_cancelled = n_asked = n_alarms = 0;
	is_awaited = false;
	taken = EMIT_NEW;
	parent[0] = looked[0] = '\0';
	config.n_accounts = 1;
	config_accounts[0].poll_ms = 15000;
	notifiers[0] = &network;
	store = store_open(":memory:", &err);
	start();
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	stop();
	store_close(store);
	return 0;
}

static inline void turn(void)
{
	struct err err;

	collector_turn(collector, &now);
	collector_save(collector);
	ledger_save(ledger);
	people_save(people);
	assert_int_equal(store_commit(store, &err), 0);
	collector_saved(collector);
	ledger_saved(ledger);
	people_saved(people);
}

/* Goes to when something is due, and says how long that took. */
static inline int64_t wait(void)
{
	int64_t next = collector_next(collector, &now), ms = next - now.boot_ms;

	assert_true(next != NOW_NEVER);
	if (ms > 0) {
		now.boot_ms += ms;
		now.wall_ms += ms;
	}
	turn();
	return ms > 0 ? ms : 0;
}

static inline void runs_job(enum job_type type, const char *argument)
{
	assert_int_equal(n_runs, 1);
	assert_int_equal(runs[0].job.type, type);
	if (type == JOB_COLLECT)
		assert_string_equal(runs[0].job.cursor, argument);
	else if (type == JOB_LOOKUP)
		assert_string_equal(runs[0].job.to, argument);
	else if (*argument)
		assert_string_equal(runs[0].job.target_id, argument);
}

static inline void emit(const struct item *item)
{
	runs[0].emit(runs[0].arg, item);
}

static inline void done_for(enum result_class class, int64_t not_before_ms, int64_t cost_micro)
{
	struct run run = runs[0];
	struct result result = {
	    .class = class,
	    .not_before_ms = not_before_ms,
	    .found = true,
	    .cost_micro = cost_micro,
	    .text = "because"};

	n_runs = 0;
	run.done(run.arg, &result);
	turn();
}

static inline void done(enum result_class class, int64_t not_before_ms, bool is_found)
{
	struct run run = runs[0];
	struct result result = {
	    .class = class, .not_before_ms = not_before_ms, .found = is_found, .text = "because"};

	n_runs = 0;
	run.done(run.arg, &result);
	turn();
}

static inline void verify(void)
{
	turn();
	runs_job(JOB_VERIFY, "");
	emit(&(struct item){.kind = ITEM_SELF, .id = "7", .acct = "noc@x", .text = "Mastodon 4.3"});
	done(RESULT_OK, 0, false);
}

static const struct item a_reply = {.kind = ITEM_REPLY, .id = "1"};

static char stored_cursor[50];
static int64_t stored_pause_ms;

static inline int keep_cursor(void *arg, const struct account_row *row)
{
	(void)arg;
	stored_pause_ms = row->paused_until_ms;
	snprintf(stored_cursor, sizeof(stored_cursor), "%s", row->cursor);
	return 0;
}

static inline const char *cursor(void)
{
	stored_cursor[0] = '\0';
	store_accounts(store, keep_cursor, NULL, NULL);
	return stored_cursor;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
