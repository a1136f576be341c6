/*
 * How many posts an account may still make in this hour and this day.
 * Called by outbox_send.c before a post is started and after it was sent.
 * Must never end a post: a spent budget only makes it wait.
 */
#include "agent/outbox_internal.h"

#include <string.h>

#define QUARTER_MS (15 * MINUTE_MS)
#define RESERVE_PART 5 /* one in five is kept for ends */

/* A ring of counts, one per slot of time; newest is the number of the last slot written. */
struct ring {
	unsigned *at;
	unsigned n;
	int64_t slot_ms, *newest;
};

static struct ring hour_ring(const struct outbox_account *a)
{
	struct budget *b = (struct budget *)&a->budget;

	return (struct ring){b->minutes, BUDGET_MINUTES, MINUTE_MS, &b->minute};
}

static struct ring day_ring(const struct outbox_account *a)
{
	struct budget *b = (struct budget *)&a->budget;

	return (struct ring){b->quarters, BUDGET_QUARTERS, QUARTER_MS, &b->quarter};
}

static void ring_add(struct ring r, int64_t at_ms, unsigned count)
{
	int64_t slot = at_ms / r.slot_ms;

	if (slot > *r.newest + r.n)
		*r.newest = slot - r.n;
	while (*r.newest < slot)
		r.at[++*r.newest % r.n] = 0;
	if (slot <= *r.newest - r.n)
		slot = *r.newest; /* the clock went back: count it now rather than never */
	r.at[slot % r.n] += count;
}

/* Counts of the window that ends at now_ms; slots from the future count too. */
static unsigned ring_sum(struct ring r, int64_t now_ms)
{
	int64_t oldest = now_ms / r.slot_ms - r.n;
	unsigned sum = 0;

	for (int64_t slot = *r.newest; slot > *r.newest - r.n && slot > oldest && slot >= 0; slot--)
		sum += r.at[slot % r.n];
	return sum;
}

/* When the window has lost enough of its oldest counts that at most `most` are left. */
static int64_t ring_free_ms(struct ring r, int64_t now_ms, unsigned most)
{
	int64_t oldest = now_ms / r.slot_ms - r.n + 1;
	unsigned sum = ring_sum(r, now_ms);

	for (int64_t slot = oldest; slot <= *r.newest; slot++) {
		if (slot > *r.newest - r.n && slot >= 0)
			sum -= r.at[slot % r.n];
		if (sum <= most)
			return (slot + r.n) * r.slot_ms;
	}
	return now_ms + r.slot_ms;
}

/* Spreads what the store knows over the slots in steps; the newest end of a step counts. */
static void ring_load(
    struct outbox *o, struct outbox_account *a, struct ring r, int64_t now_ms, int64_t step_ms,
    int64_t span_ms)
{
	int total = store_count_posts(o->store, a->name, now_ms - span_ms, NULL), seen = 0;
	int counts[32] = {0}, steps = 0;

	while (steps < 32 && steps * step_ms < span_ms && seen < total) {
		int n = store_count_posts(o->store, a->name, now_ms - (steps + 1) * step_ms, NULL);

		counts[steps++] = n > seen ? n - seen : 0;
		seen = n > seen ? n : seen;
	}
	while (steps-- > 0)
		ring_add(r, now_ms - steps * step_ms, (unsigned)counts[steps]);
}

void budget_count(struct outbox *o, struct outbox_account *a, int64_t now_ms)
{
	if (a->per_hour)
		ring_load(o, a, hour_ring(a), now_ms, 5 * MINUTE_MS, HOUR_MS);
	if (a->per_day)
		ring_load(o, a, day_ring(a), now_ms, HOUR_MS, 24 * HOUR_MS);
	a->budget.is_counted = true;
}

void budget_spend(struct outbox_account *a, int64_t now_ms)
{
	ring_add(hour_ring(a), now_ms, 1);
	ring_add(day_ring(a), now_ms, 1);
}

unsigned budget_hour(const struct outbox_account *a, int64_t now_ms)
{
	return ring_sum(hour_ring(a), now_ms);
}

unsigned budget_day(const struct outbox_account *a, int64_t now_ms)
{
	return ring_sum(day_ring(a), now_ms);
}

bool post_is_end(const struct post *p)
{
	switch (p->row.event) {
	case SAY_RECOVERY:
	case SAY_STABLE:
	case SAY_ENDED:
	case SAY_CLOSED:
	case SAY_CANCELLED:
	case SAY_RECALLED:
	case SAY_GONE:
	case SAY_RETRACT: return true;
	}
	return false;
}

/* A digest of what came and went; the summaries of a storm have a first post above them. */
static bool is_old_news(const struct post *p)
{
	return p->row.event == SAY_DIGEST && post_is_root(p);
}

/* The ends; and what tells of an end that nobody was promised, or that it is not one yet. */
bool post_has_reserve(const struct post *p)
{
	return post_is_end(p) || p->row.event == SAY_PAST || p->row.event == SAY_ENDED_BAD ||
	       (p->row.event == SAY_DIGEST && !is_old_news(p));
}

/* Posts on their way count as made. */
static unsigned on_the_way(const struct outbox_account *a)
{
	const struct post *p;
	unsigned n = 0;

	DL_FOREACH (a->busy, p)
		n += p->row.kind == POST_SAY && !p->is_watched;
	return n;
}

/* What is said of live trouble has its slot first. */
static unsigned left_to_others(const struct post *p)
{
	const struct post *other;
	unsigned n = 0;

	if (!is_old_news(p))
		return 0;
	DL_FOREACH (p->account->waiting, other)
		n += other->row.kind == POST_SAY && !is_old_news(other);
	return n;
}

static int64_t
free_in(struct ring r, unsigned budget, const struct post *p, unsigned pending, int64_t now_ms)
{
	unsigned reserve = (budget + RESERVE_PART - 1) / RESERVE_PART, most;

	most = post_has_reserve(p) || budget == 1 ? budget : budget - reserve;
	pending += left_to_others(p);
	if (!budget || ring_sum(r, now_ms) + pending < most)
		return now_ms;
	if (pending >= most)
		return now_ms + MINUTE_MS;
	return ring_free_ms(r, now_ms, most - pending - 1);
}

int64_t budget_free_ms(const struct outbox_account *a, const struct post *p, int64_t now_ms)
{
	unsigned pending;
	int64_t hour_ms, day_ms;

	if (p->row.kind != POST_SAY || (!a->per_hour && !a->per_day))
		return now_ms;
	pending = on_the_way(a);
	hour_ms = free_in(hour_ring(a), a->per_hour, p, pending, now_ms);
	day_ms = free_in(day_ring(a), a->per_day, p, pending, now_ms);
	return hour_ms > day_ms ? hour_ms : day_ms;
}
