/*
 * The accounts' spending, month by month, in memory and in the store.
 * Called by the outbox, the collector and core.c. It must never lose what was
 * entered before a failed commit, nor forget a month because the agent restarted.
 */
#include "agent/ledger.h"
#include "common/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utlist.h>

#define READ_PART 4 /* reads may spend one part in so many */
#define KEPT_PART 10 /* one part in so many is for recoveries at least */

struct page {
	struct page *next;
	char *account;
	struct ledger_row row;
	int64_t end_micro; /* as the outbox knows it; 0 = it did not say */
	bool is_read; /* what the store has of it is in row */
	bool is_changed, is_written;
};

struct ledger {
	struct store *store;
	struct page *pages; /* of the months that this process met */
};

struct ledger *ledger_create(struct store *store)
{
	struct ledger *l = calloc(1, sizeof *l);

	if (l)
		l->store = store;
	return l;
}

void ledger_destroy(struct ledger *l)
{
	struct page *p, *tmp;

	if (!l)
		return;
	LL_FOREACH_SAFE(l->pages, p, tmp)
	{
		free(p->account);
		free(p);
	}
	free(l);
}

static unsigned month_of(const struct now *now)
{
	time_t t = (time_t)(now->wall_ms / 1000);
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		return 0;
	return (unsigned)((tm.tm_year + 1900) * 100 + tm.tm_mon + 1);
}

static int read_page(void *arg, const struct ledger_row *row)
{
	struct page *p = arg;

	p->row.posts += row->posts;
	p->row.posts_micro += row->posts_micro;
	p->row.reads += row->reads;
	p->row.reads_micro += row->reads_micro;
	return 1;
}

/* Until the store can be read the page holds only what came since, and is not written. */
static void learn_page(struct ledger *l, struct page *p)
{
	if (!p->is_read)
		p->is_read =
		    store_ledger(l->store, p->account, p->row.month, read_page, p, NULL) >= 0;
}

static struct page *page_of(struct ledger *l, const char *account, const struct now *now)
{
	unsigned month = month_of(now);
	struct page *p;

	LL_FOREACH (l->pages, p) {
		if (p->row.month == month && strcmp(p->account, account) == 0) {
			learn_page(l, p);
			return p;
		}
	}
	p = calloc(1, sizeof *p);
	if (!p || !(p->account = strdup(account)))
		fatal("ledger", "out of memory");
	p->row.account = p->account;
	p->row.month = month;
	learn_page(l, p);
	LL_PREPEND(l->pages, p);
	return p;
}

static void page_touch(struct page *p)
{
	p->is_changed = true;
	p->is_written = false; /* what is on its way to the disk is older */
}

void ledger_post(struct ledger *l, const char *account, int64_t micro, const struct now *now)
{
	struct page *p;

	if (micro <= 0)
		return;
	p = page_of(l, account, now);
	p->row.posts++;
	p->row.posts_micro += micro;
	page_touch(p);
}

void ledger_read(struct ledger *l, const char *account, int64_t micro, const struct now *now)
{
	struct page *p;

	if (micro <= 0)
		return;
	p = page_of(l, account, now);
	p->row.reads++;
	p->row.reads_micro += micro;
	page_touch(p);
}

void ledger_month(
    struct ledger *l, const char *account, const struct now *now, struct ledger_row *out)
{
	*out = page_of(l, account, now)->row;
	out->account = account;
}

void ledger_end_price(struct ledger *l, const char *account, int64_t micro, const struct now *now)
{
	page_of(l, account, now)->end_micro = micro;
}

/* What the outbox keeps for the ends of what was told: strangers must not use it up. */
static int64_t kept(struct ledger *l, const struct config_account *a, int64_t end_micro)
{
	int64_t part = a->usd_micro_per_month / KEPT_PART, plain = a->prices[PRICE_POST];
	int promises = store_count_promises(l->store, a->name, NULL);
	int64_t ends = promises > 0 ? promises * (end_micro > plain ? end_micro : plain) : 0;

	return ends > part ? ends : part;
}

int64_t ledger_left_to_read(struct ledger *l, const struct config_account *a, const struct now *now)
{
	const struct ledger_row *row;
	const struct page *p;
	int64_t part, whole;

	if (!a->is_metered || !a->usd_micro_per_month)
		return INT64_MAX;
	p = page_of(l, a->name, now);
	row = &p->row;
	part = a->usd_micro_per_month / READ_PART - row->reads_micro;
	whole =
	    a->usd_micro_per_month - kept(l, a, p->end_micro) - row->posts_micro - row->reads_micro;
	return part < whole ? part : whole;
}

bool ledger_may_read(struct ledger *l, const struct config_account *a, const struct now *now)
{
	return ledger_left_to_read(l, a, now) > 0;
}

int64_t ledger_next_month_ms(const struct now *now)
{
	unsigned month = month_of(now);
	struct tm tm = {
	    .tm_year = (int)(month / 100) - 1900, .tm_mon = (int)(month % 100), .tm_mday = 1};

	return (int64_t)timegm(&tm) * 1000; /* the 13th month is the next January */
}

void ledger_save(struct ledger *l)
{
	struct page *p;

	LL_FOREACH (l->pages, p) {
		learn_page(l, p);
		p->is_written = p->is_changed && p->is_read;
		if (p->is_written)
			store_put_ledger(l->store, &p->row);
	}
}

void ledger_saved(struct ledger *l)
{
	struct page *p;

	LL_FOREACH (l->pages, p) {
		if (p->is_written)
			p->is_changed = p->is_written = false;
	}
}
