/*
 * Which incidents are looked at now: those whose own deadline has passed, or all, when something
 * happened that may matter to any. Called by incident.c, and by whoever sets a deadline.
 * Must never walk all of them for the sake of one: in a storm that would be most of the work.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <utlist.h>

#define WOKEN_MAX 64 /* more are found, and in their order, by a walk */

static void wake(int64_t *at, int64_t boot_ms)
{
	if (boot_ms < *at)
		*at = boot_ms;
}

void engine_wake(struct engine *e, int64_t boot_ms)
{
	wake(&e->all_due, boot_ms);
	wake(&e->next_due, boot_ms);
}

/* Nothing outside of it depends on what it does, nor it on anything that does not wake all. */
static bool stands_alone(const struct engine *e, const struct incident *i)
{
	return !i->parent && !i->has_parts && !(i->flags & INCIDENT_MAINTENANCE) && e->config->n_same_objects < 2;
}

void incident_wake(struct engine *e, struct incident *i, int64_t boot_ms)
{
	if (!stands_alone(e, i)) {
		engine_wake(e, boot_ms);
		return;
	}
	wake(&e->next_due, boot_ms);
	if (boot_ms >= i->due)
		return;
	i->due = boot_ms;
	if (i->is_woken)
		return;
	i->is_woken = true;
	LL_PREPEND2(e->woken, i, next_woken);
	e->n_woken++;
}

void incident_forget_due(struct engine *e, struct incident *i)
{
	if (!i->is_woken)
		return;
	LL_DELETE2(e->woken, i, next_woken);
	e->n_woken--;
}

static void add(struct engine *e, struct incident *i)
{
	if (e->n_due == e->due_cap) {
		unsigned cap = e->due_cap ? e->due_cap * 2 : WOKEN_MAX;
		struct incident **more = realloc(e->due, sizeof *more * cap);

		if (!more) {
			e->all_due = 0; /* the next time */
			return;
		}
		e->due = more;
		e->due_cap = cap;
	}
	e->due[e->n_due++] = i;
}

static int by_birth(const void *a, const void *b)
{
	const struct incident *x = *(struct incident *const *)a, *y = *(struct incident *const *)b;

	return (x->id > y->id) - (x->id < y->id);
}

static void take_woken(struct engine *e, const struct now *now)
{
	struct incident *i, *next;

	LL_FOREACH_SAFE2 (e->woken, i, next, next_woken) {
		i->is_woken = false;
		if (i->closed_ms)
			continue;
		if (i->due <= now->boot_ms)
			add(e, i);
		else
			wake(&e->own_due, i->due);
	}
	if (e->n_due)
		qsort(e->due, e->n_due, sizeof *e->due, by_birth);
}

static void take_all(struct engine *e, int64_t until_ms)
{
	struct incident *i, *next;

	LL_FOREACH_SAFE2 (e->woken, i, next, next_woken)
		i->is_woken = false;
	e->own_due = NOW_NEVER;
	DL_FOREACH (e->incidents, i)
		if (i->due <= until_ms)
			add(e, i);
		else
			wake(&e->own_due, i->due);
}

bool due_take(struct engine *e, const struct now *now)
{
	bool is_for_all = e->all_due <= now->boot_ms;

	e->n_due = 0;
	if (is_for_all) {
		e->all_due = NOW_NEVER;
		take_all(e, NOW_NEVER);
	} else if (e->own_due <= now->boot_ms || e->n_woken > WOKEN_MAX) {
		take_all(e, now->boot_ms);
	} else {
		take_woken(e, now);
	}
	e->woken = NULL;
	e->n_woken = 0;
	e->next_due = e->all_due < e->own_due ? e->all_due : e->own_due;
	return is_for_all;
}
