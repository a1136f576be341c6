/*
 * Isolation (SPEC 4.5 case 22): very much fails within a minute, and everything that
 * stands for "we can see the world" with it. Then we may be the ones who are cut off.
 * Called by the timers. Must never take a part of the world for all of it: without the
 * numbers of an inventory nothing is concluded.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <utlist.h>

#define WINDOW_S 60
#define REJOIN_MS (5 * 60000) /* the other checks have their turn before we believe them */

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static unsigned sentinels_down(const struct engine *e, const struct node *n)
{
	struct problem *p, *next;
	unsigned down = 0;

	HASH_ITER (hh, e->problems, p, next)
		down += p->node == n && problem_is_live(p) && p->object &&
			match_object(e->config->sentinels, p->object);
	return down;
}

/* The most that failed within a minute, and when that minute began. */
static unsigned failed_at_once(const struct engine *e, const struct node *n, int64_t *since_s)
{
	unsigned all = HASH_COUNT(e->problems), have = 0, most = 0;
	int64_t *at = calloc(all + 1, sizeof *at);
	struct problem *p, *next;

	HASH_ITER (hh, e->problems, p, next)
		if (at && p->node == n && problem_is_live(p))
			at[have++] = p->since_s;
	if (have)
		qsort(at, have, sizeof *at, by_time);
	for (unsigned first = 0, k = 0; k < have; k++) {
		while (at[k] - at[first] > WINDOW_S)
			first++;
		if (k - first + 1 > most) {
			most = k - first + 1;
			*since_s = at[first];
		}
	}
	free(at);
	return most;
}

static void say_cut_off(struct engine *e, const struct node *n, unsigned count, const struct now *now)
{
	struct say say = {
		.event = count ? SAY_CUT_OFF : SAY_REJOINED,
		.symbol = count ? SYMBOL_WHITE : SYMBOL_GREEN,
		.object = n->name,
		.count = count,
		.total = n->objects,
		.since = n->cut_off_s,
		.now = now->wall_ms / 1000,
		.duration = now->wall_ms / 1000 - n->cut_off_s,
	};

	if (!count)
		say.until = say.now;
	operators_hear(e, &say, now);
}

static void cut_off_begins(struct engine *e, struct node *n, const struct now *now)
{
	int64_t since_s = 0;
	unsigned count = failed_at_once(e, n, &since_s);

	if ((uint64_t)count * 100 <= (uint64_t)e->config->isolation * n->objects)
		return;
	n->cut_off_s = since_s;
	n->rejoin = 0;
	n->dirty = true;
	engine_wake(e, now->boot_ms);
	say_cut_off(e, n, count, now);
}

static void cut_off_ends(struct engine *e, struct node *n, bool is_blind, const struct now *now)
{
	if (is_blind) {
		n->rejoin = 0;
		return;
	}
	if (!n->rejoin)
		n->rejoin = now->boot_ms + REJOIN_MS;
	if (!is_due(n->rejoin, now)) {
		engine_wake(e, n->rejoin);
		return;
	}
	say_cut_off(e, n, 0, now);
	n->cut_off_s = n->rejoin = 0;
	n->dirty = true;
	engine_wake(e, now->boot_ms);
}

void cutoff_look(struct engine *e, const struct now *now)
{
	struct node *n;

	LL_FOREACH (e->nodes, n) {
		bool is_blind;

		if (n->cut_off_s && (!e->config->sentinels || (n->objects && !n->sentinels))) {
			cut_off_ends(e, n, false, now); /* nobody looks any more */
			continue;
		}
		if (!e->config->sentinels || !n->objects || !n->sentinels || !n->up)
			continue;
		is_blind = sentinels_down(e, n) >= n->sentinels;
		if (n->cut_off_s)
			cut_off_ends(e, n, is_blind, now);
		else if (is_blind)
			cut_off_begins(e, n, now);
	}
}
