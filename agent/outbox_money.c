/*
 * What posts cost, and whether this month's money (usd_per_month) suffices for one.
 * Called by outbox_send.c before a post is started and by outbox_thread.c at its end.
 * Must never let the recovery of what was told go short, nor count a post twice.
 */
#include "agent/outbox_internal.h"
#include "common/log.h"

#include <stdio.h>

#define RESERVE_PART 10 /* of the limit, kept for recoveries */
#define WARN_PERCENT 80
#define SPENT_PERCENT 100
#define WORDS_SIZE 32

static struct now at(int64_t now_ms)
{
	return (struct now){.wall_ms = now_ms};
}

int64_t post_price(const struct post *p, int64_t now_ms)
{
	const struct outbox_account *a = p->account;
	struct job job;

	if (p->row.kind == POST_FAVOURITE || p->row.kind == POST_BOOST || !a->account || !a->notifier->price)
		return 0;
	job = post_job(p, now_ms);
	return a->notifier->price(a->account, &job);
}

static int64_t plain_price(const struct outbox_account *a)
{
	const struct job job = {
	    .type = JOB_POST, .text = "-", .key = "", .parent_id = "", .language = ""};

	return a->account && a->notifier->price ? a->notifier->price(a->account, &job) : 0;
}

int64_t money_spent(const struct outbox *o, const struct outbox_account *a, int64_t now_ms)
{
	struct now now = at(now_ms);
	struct ledger_row row;

	ledger_month(o->ledger, a->name, &now, &row);
	return row.posts_micro + row.reads_micro;
}

void money_count(struct outbox *o, struct outbox_account *a, int64_t now_ms)
{
	struct now now = at(now_ms);
	struct money *m = &a->money;
	int promises;

	if (!m->limit)
		return;
	promises = store_count_promises(o->store, a->name, NULL);
	if (promises >= 0) /* else as it was */
		m->promises = (unsigned)promises;
	ledger_end_price(o->ledger, a->name, plain_price(a), &now);
	m->spent = money_spent(o, a, now_ms);
	m->next_month_ms = ledger_next_month_ms(&now);
}

/* What the ends of n things that were told will cost. One that is dear (a link) ends as dearly. */
static int64_t ends_price(const struct outbox_account *a, int64_t n, int64_t price)
{
	int64_t plain = plain_price(a);

	return n * (price > plain ? price : plain);
}

/*
 * What a post must leave untouched: the end of what was told nothing; that of what nobody was told
 * the ends of what is told; any other also its own end, and a part of the limit at least.
 */
static int64_t reserve(const struct post *p, int64_t price)
{
	const struct outbox_account *a = p->account;
	int64_t told = a->money.promises, part = a->money.limit / RESERVE_PART, ends;
	const struct post *b;

	if (post_is_end(p))
		return 0;
	DL_FOREACH (a->busy, b)
		told += !b->is_watched && post_is_root(b);
	if (post_has_reserve(p))
		return ends_price(a, told, price);
	ends = ends_price(a, told + 1, price);
	return ends > part ? ends : part;
}

static int64_t on_the_way(const struct outbox_account *a)
{
	const struct post *p;
	int64_t sum = 0;

	DL_FOREACH (a->busy, p)
		sum += p->is_watched ? 0 : p->row.cost_micro;
	return sum;
}

int64_t money_free_ms(const struct post *p, int64_t now_ms)
{
	const struct money *m = &p->account->money;
	int64_t price = m->limit ? post_price(p, now_ms) : 0, rest;

	if (!price)
		return now_ms;
	rest = m->limit - m->spent - price - reserve(p, price);
	if (rest < 0)
		return m->next_month_ms;
	return rest >= on_the_way(p->account) ? now_ms : NOW_NEVER;
}

void money_reason(const struct outbox_account *a, char *out, size_t size)
{
	char limit[WORDS_SIZE];

	ledger_words(a->money.limit, limit, sizeof limit);
	snprintf(out, size, "usd_per_month (%s) is spent", limit);
}

/* --- the end of a post, a look --- */

void money_pay(struct outbox *o, const struct outbox_account *a, int64_t micro, int64_t now_ms)
{
	struct now now = at(now_ms);

	ledger_post(o->ledger, a->name, micro, &now);
}

void money_pay_look(
    struct outbox *o, const struct outbox_account *a, const struct result *result, int64_t now_ms)
{
	struct now now = at(now_ms);

	ledger_read(o->ledger, a->name, result->cost_micro, &now);
}

/* --- operators hear of it, once a month each --- */

void money_is_spent(struct outbox *o, struct outbox_account *a, int64_t now_ms)
{
	char why[64], text[160];

	if (!alarm_money(o, a, SPENT_PERCENT, now_ms))
		return;
	money_reason(a, why, sizeof why);
	snprintf(
	    text, sizeof text, "%s: until the month is over (UTC) only recoveries are posted", why);
	log_warnx("outbox", "%s: %s", a->name, text);
	alarm_trouble(o, a, TROUBLE_MONEY, text, NULL);
}

void money_watch(struct outbox *o, struct outbox_account *a, int64_t now_ms)
{
	int64_t limit = a->money.limit, spent = limit ? money_spent(o, a, now_ms) : 0;
	char words[WORDS_SIZE], of[WORDS_SIZE], text[160];

	if (!limit || spent < limit / 100 * WARN_PERCENT ||
	    !alarm_money(o, a, WARN_PERCENT, now_ms))
		return;
	ledger_words(spent, words, sizeof words);
	ledger_words(limit, of, sizeof of);
	snprintf(text, sizeof text, "%s of usd_per_month (%s) are spent", words, of);
	log_warnx("outbox", "%s: %s", a->name, text);
	alarm_tell(o, a, text, ALARM_NOTICE);
}
