/*
 * What people and the configuration do to the queue: accounts come and go, a human
 * retries or drops, status is asked. Called by core.c for SIGHUP and the control
 * socket. Must never start a request or tell a delivery by itself.
 */
#include "agent/outbox_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAST_POST_MS MINUTE_MS /* how far the row's last post may lie behind */

static bool is_waiting(const struct post *p)
{
	return p->row.state == POST_QUEUED || p->row.state == POST_RETRY;
}

/* --- accounts --- */

/* What was under way may have happened: it is settled through the new account. */
static void halt_post(struct outbox *o, struct post *p)
{
	run_cancel(p->attempt->run);
	free(p->attempt);
	p->attempt = NULL;
	p->account->in_flight--;
	if (!row_creates(&p->row)) {
		post_requeue(o, p, POST_RETRY, 0);
		return;
	}
	post_doubt(o, p, "the configuration was reloaded while it was sent", 0);
}

static void halt(struct outbox *o, struct outbox_account *a)
{
	struct post *p, *tmp;

	look_cancel(a);
	DL_FOREACH_SAFE(a->busy, p, tmp)
	{
		if (p->attempt && p->attempt->run)
			halt_post(o, p);
	}
	a->is_stirred = true;
}

static void set_account(
    struct outbox *o, struct outbox_account *a, const struct config_account *c, unsigned index,
    const struct notifier *notifier, struct account *account)
{
	if (a->notifier != notifier || a->account != account || a->index != index)
		halt(o, a);
	a->notifier = account ? notifier : NULL;
	a->account = account;
	a->is_configured = true;
	a->index = index;
	a->per_hour = c->posts_per_hour;
	a->per_day = c->posts_per_day;
	a->money.limit = c->usd_micro_per_month;
	a->is_stirred = true;
}

void outbox_set_accounts(
    struct outbox *o, const struct config *config, const struct notifier *const *notifiers,
    struct account *const *accounts)
{
	struct outbox_account *a;

	DL_FOREACH (o->accounts, a) {
		if (config_account_index(config, a->name) >= 0)
			continue;
		halt(o, a);
		a->is_configured = false;
		a->notifier = NULL;
		a->account = NULL;
	}
	for (unsigned i = 0; i < config->n_accounts; i++)
		set_account(
		    o, account_of(o, config->accounts[i].name), &config->accounts[i], i,
		    notifiers[i], accounts[i]);
}

static struct outbox_account *account_at(const struct outbox *o, unsigned index)
{
	struct outbox_account *a;

	DL_FOREACH (o->accounts, a) {
		if (a->index == index && a->is_configured)
			return a;
	}
	return NULL;
}

void outbox_account_result(
    struct outbox *o, unsigned account, const struct result *result, const struct now *now)
{
	struct outbox_account *a = account_at(o, account);

	if (a && (result->class == RESULT_LIMIT || result->class == RESULT_AUTH))
		account_pause(o, a, result, NULL, now->wall_ms);
}

/* --- the account's row: ours are the pause and the last post, the rest is the collector's --- */

struct kept {
	const char *name;
	struct account_row row;
	char *strings[4];
};

static int keep_row(void *arg, const struct account_row *row)
{
	struct kept *k = arg;
	const char **to[] = {&k->row.cursor, &k->row.self_id, &k->row.self_acct, &k->row.software};

	if (strcmp(row->name, k->name) != 0)
		return 0;
	k->row = *row;
	for (unsigned i = 0; i < 4; i++)
		*to[i] = k->strings[i] = outbox_dup(*to[i] ? *to[i] : "");
	return 1;
}

static bool row_is_stale(const struct outbox_account *a)
{
	return a->paused_ms != a->kept_paused_ms || a->alone_ms != a->kept_alone_ms ||
	       a->last_post_ms >= a->kept_post_ms + LAST_POST_MS;
}

void account_save(struct outbox *o, struct outbox_account *a)
{
	struct kept k = {.name = a->name};

	if (!row_is_stale(a) || store_accounts(o->store, keep_row, &k, NULL) < 0)
		return;
	k.row.name = a->name;
	k.row.paused_until_ms = a->paused_ms;
	k.row.pause_reason = a->paused_ms ? a->reason : "";
	k.row.last_post_ms = a->last_post_ms;
	k.row.alone_until_ms = a->alone_ms;
	store_put_account(o->store, &k.row);
	a->is_written = true;
	for (unsigned i = 0; i < 4; i++)
		free(k.strings[i]);
}

void account_saved(struct outbox_account *a)
{
	if (!a->is_written)
		return;
	a->is_written = false;
	a->kept_paused_ms = a->paused_ms;
	a->kept_alone_ms = a->alone_ms;
	a->kept_post_ms = a->last_post_ms;
}

/* --- by hand --- */

static void retry_post(struct outbox *o, struct post *p)
{
	p->row.state = POST_QUEUED;
	p->row.not_before_ms = 0;
	post_touch(o, p);
}

static void resume_account(struct outbox *o, struct outbox_account *a)
{
	struct post *p;

	a->paused_ms = a->breaker_ms = a->look.not_before_ms = 0;
	a->failures = 0;
	a->is_auth_told = false;
	a->reason[0] = '\0';
	a->is_stirred = true;
	DL_FOREACH (a->waiting, p) {
		if (p->row.state == POST_RETRY)
			retry_post(o, p);
	}
	DL_FOREACH (a->busy, p) {
		if (p->look_failures)
			look_soon(p);
	}
}

void outbox_resume(struct outbox *o, int account)
{
	struct outbox_account *a;

	DL_FOREACH (o->accounts, a) {
		if (account < 0 || (a->is_configured && a->index == (unsigned)account))
			resume_account(o, a);
	}
}

void outbox_stir(struct outbox *o)
{
	struct outbox_account *a;

	DL_FOREACH (o->accounts, a)
		a->is_stirred = true;
}

static struct post *find_in(struct post *head, uint64_t id)
{
	struct post *p;

	DL_FOREACH (head, p) {
		if (p->row.id == id && !p->is_watched)
			return p;
	}
	return NULL;
}

static struct post *find_waiting(const struct outbox *o, uint64_t id, struct err *err)
{
	struct outbox_account *a;
	struct post *p;

	DL_FOREACH (o->accounts, a) {
		if ((p = find_in(a->waiting, id)))
			return p;
		if (find_in(a->busy, id)) {
			err_set(
			    err, "post %llu is on its way: it must be settled first",
			    (unsigned long long)id);
			return NULL;
		}
	}
	err_set(err, "no post %llu is waiting", (unsigned long long)id);
	return NULL;
}

int outbox_retry(struct outbox *o, uint64_t post, struct err *err)
{
	struct post *p = find_waiting(o, post, err);

	if (!p)
		return -1;
	retry_post(o, p);
	if (account_needs_human(p->account))
		p->account->paused_ms = 0;
	p->account->breaker_ms = 0;
	p->account->is_stirred = true;
	return 0;
}

int outbox_drop(struct outbox *o, uint64_t post, struct err *err)
{
	struct post *p = find_waiting(o, post, err);

	if (!p)
		return -1;
	post_finish(o, p, POST_CANCELLED, "dropped by hand", p->row.created_ms);
	return 0;
}

bool outbox_is_queueing(const struct outbox *o)
{
	const struct outbox_account *a;
	const struct post *p;
	unsigned n;

	DL_FOREACH (o->accounts, a) {
		n = 0;
		for (p = a->waiting; p && n <= OUTBOX_IN_FLIGHT; p = p->next)
			n++;
		if (n > OUTBOX_IN_FLIGHT)
			return true;
	}
	return false;
}

/* --- status --- */

static void count_post(const struct post *p, struct outbox_health *out)
{
	if (p->is_watched)
		return;
	if (is_waiting(p))
		out->queued++;
	else
		out->unsettled++;
	if (!is_waiting(p) && p->row.state == POST_UNKNOWN &&
	    (!out->unsettled_ms || p->row.created_ms < out->unsettled_ms))
		out->unsettled_ms = p->row.created_ms;
	if (!out->oldest_ms || p->row.created_ms < out->oldest_ms)
		out->oldest_ms = p->row.created_ms;
}

void outbox_health(
    const struct outbox *o, unsigned account, const struct now *now, struct outbox_health *out)
{
	const struct outbox_account *a = account_at(o, account);
	const struct post *p;

	memset(out, 0, sizeof *out);
	if (!a)
		return;
	DL_FOREACH (a->waiting, p)
		count_post(p, out);
	DL_FOREACH (a->busy, p)
		count_post(p, out);
	if (a->paused_ms > now->wall_ms)
		out->paused_until_ms = a->paused_ms;
	if (out->paused_until_ms || a->failures)
		snprintf(out->pause_reason, sizeof out->pause_reason, "%s", a->reason);
	out->sent_ever = a->n_sent;
	out->dead_ever = a->n_dead;
	out->dead_ms = a->dead_ms;
	memcpy(out->dead_tag, a->dead_tag, sizeof out->dead_tag);
	out->last_post_ms = a->last_post_ms;
	memcpy(out->last_tag, a->last_tag, sizeof out->last_tag);
	out->posts_hour = budget_hour(a, now->wall_ms);
	out->posts_day = budget_day(a, now->wall_ms);
	out->spent_micro = money_spent(o, a, now->wall_ms);
	if (a->alone_ms > now->wall_ms)
		out->alone_until_ms = a->alone_ms;
}

static int by_id(const void *a, const void *b)
{
	const struct post *const *x = a, *const *y = b;

	return ((*x)->row.id > (*y)->row.id) - ((*x)->row.id < (*y)->row.id);
}

/* The row as it stands, with what its account adds to its waiting. */
static void show(const struct post *p, void (*fn)(void *arg, const struct post_row *row), void *arg)
{
	const struct outbox_account *a = p->account;
	struct post_row row = p->row;
	char unpaid[64];

	if (is_waiting(p) && a->paused_ms > row.not_before_ms)
		row.not_before_ms = a->paused_ms;
	if (is_waiting(p) && p->budget_ms > row.not_before_ms)
		row.not_before_ms = p->budget_ms;
	if (is_waiting(p) && p->is_unpaid) {
		money_reason(a, unpaid, sizeof unpaid);
		row.reason = unpaid;
	}
	if (is_waiting(p) && a->is_held)
		row.reason = "paused by hand";
	if (is_waiting(p) && !row.reason[0])
		row.reason = p->budget_ms   ? "the budget is spent"
			     : !a->notifier ? "the account has no token"
					    : a->reason;
	fn(arg, &row);
}

static unsigned gather(struct post *head, const struct post **into)
{
	const struct post *p;
	unsigned n = 0;

	DL_FOREACH (head, p) {
		if (p->is_watched)
			continue;
		if (into)
			into[n] = p;
		n++;
	}
	return n;
}

void outbox_each(
    const struct outbox *o, void (*fn)(void *arg, const struct post_row *post), void *arg)
{
	const struct post **all;
	struct outbox_account *a;
	unsigned n = 0;

	DL_FOREACH (o->accounts, a)
		n += gather(a->waiting, NULL) + gather(a->busy, NULL);
	all = outbox_alloc((n + 1) * sizeof *all);
	n = 0;
	DL_FOREACH (o->accounts, a) {
		n += gather(a->waiting, all + n);
		n += gather(a->busy, all + n);
	}
	qsort(all, n, sizeof *all, by_id);
	for (unsigned i = 0; i < n; i++)
		show(all[i], fn, arg);
	free(all);
}
