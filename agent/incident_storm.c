/*
 * Storms (SPEC section 3 row 20): more new incidents in ten minutes than people read. From
 * then on one summary speaks for those that come, until it is calm. Called before a thread
 * would say its first post, and by the timers.
 * Must never swallow an incident: what outlives the storm is told by itself.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define WINDOW_S 600	 /* `storm` counts incidents in 10 min */
#define GATHER_MS 10000	 /* the others of the same moment are in the first post */

static void recent_add(struct channel *c, int64_t told_s, int64_t since_s)
{
	unsigned n = c->n_recent < RECENT_MAX - 1 ? c->n_recent : RECENT_MAX - 1;

	memmove(&c->recent[1], &c->recent[0], n * sizeof c->recent[0]);
	c->recent[0] = (struct recent){.told_s = told_s, .since_s = since_s};
	c->n_recent = n + 1;
	c->dirty = true;
}

static void recent_prune(struct channel *c, int64_t wall_s)
{
	while (c->n_recent && c->recent[c->n_recent - 1].told_s <= wall_s - WINDOW_S)
		c->n_recent--;
}

static void storm_begin(struct engine *e, struct channel *c, int64_t since_s, const struct now *now)
{
	c->storm = e->sink.next_id(e->sink.arg);
	c->storm_root = DELIVERY_NONE;
	e->sink.fresh_tag(e->sink.arg, c->storm_tag);
	c->storm_s = since_s;
	c->stormed = c->n_recent;
	for (unsigned k = 0; k < c->n_recent; k++)
		if (c->recent[k].since_s < c->storm_s)
			c->storm_s = c->recent[k].since_s;
	c->storm_told = 0;
	c->storm_due = now->boot_ms + GATHER_MS;
}

bool storm_named(struct engine *e, const struct thread *t)
{
	const struct channel *c = channel_find(e, t->audience, t->account);

	return (t->flags & THREAD_IN_STORM) && c && c->storm && c->storm_root != DELIVERY_NONE;
}

void storm_leave(struct engine *e, struct thread *t)
{
	struct channel *c = channel_find(e, t->audience, t->account);

	if (!(t->flags & THREAD_IN_STORM))
		return;
	t->flags &= ~(unsigned)THREAD_IN_STORM;
	if (!c || !c->stormed)
		return;
	c->stormed--;
	c->dirty = true;
}

bool storm_takes(struct engine *e, struct thread *t, const struct now *now)
{
	struct channel *c = channel_find(e, t->audience, t->account);
	unsigned limit = audience_of(e, t)->storm;
	int64_t since_s = thread_since(e, t);
	bool is_hushed;

	if (!c || !limit || is_approving(e, t) || (t->incident->flags & (INCIDENT_MAJOR | INCIDENT_BY_HAND)))
		return false;
	is_hushed = channel_hush(e, t->audience, t->account, now) != HUSH_NONE;
	recent_prune(c, now->wall_ms / 1000);
	/* what is urgent is told in quiet hours, and no summary may be */
	if (is_hushed || (!c->storm && c->n_recent < (limit < RECENT_MAX ? limit : RECENT_MAX))) {
		recent_add(c, now->wall_ms / 1000, since_s);
		return false;
	}
	if (!c->storm)
		storm_begin(e, c, since_s, now);
	c->stormed++;
	if (since_s < c->storm_s)
		c->storm_s = since_s;
	c->calm = now->boot_ms + WINDOW_S * 1000;
	c->dirty = true;
	engine_wake(e, c->storm_due);
	engine_wake(e, c->calm);
	t->state = THREAD_TOLD;
	t->flags = (t->flags & ~(unsigned)THREAD_OVERDUE) | THREAD_IN_STORM;
	t->due = 0;
	t->since_s = since_s;
	t->until_s = 0;
	thread_touch(t);
	thread_names_members(e, t);
	return true;
}

/* --- its lines ---------------------------------------------------------------------- */

struct tally {
	struct spans over, open; /* of the storm */
	struct spans all;	 /* open, with those that were told one by one before it */
	unsigned beside;	 /* bad, and told by their own threads */
	unsigned live;		 /* incidents that are not resolved yet */
	unsigned pending;	 /* of those, the ones whose recovery_hold runs */
};

static void tally_take(struct engine *e, const struct channel *c, struct tally *y)
{
	struct incident *i;
	struct thread *t;

	DL_FOREACH (e->incidents, i)
		LL_FOREACH (i->threads, t) {
			if (t->audience != c->audience || t->account != c->account)
				continue;
			if (t->state == THREAD_TOLD && t->since_s >= c->storm_s)
				spans_take(e, &y->all, t, true);
			y->beside += t->state == THREAD_TOLD && !(t->flags & THREAD_IN_STORM) &&
				     !(i->flags & INCIDENT_MAINTENANCE);
			if (!(t->flags & THREAD_IN_STORM))
				continue;
			y->live += t->state != THREAD_RESOLVED;
			y->pending += t->state == THREAD_RECOVERING;
			if (t->state == THREAD_TOLD)
				spans_take(e, &y->open, t, true);
			else
				spans_take(e, &y->over, t, false);
		}
}

static void tally_finish(struct tally *y)
{
	spans_finish(&y->over);
	spans_finish(&y->open);
	spans_finish(&y->all);
}

static unsigned name_once(const char **names, unsigned n, const char *name)
{
	for (unsigned k = 0; k < n; k++)
		if (!strcmp(names[k], name))
			return n;
	names[n] = name;
	return n + 1;
}

static void say_first(struct engine *e, struct channel *c, const struct tally *y, const struct now *now)
{
	const char **names = calloc(y->open.n + y->all.n + 1, sizeof *names);
	struct say say = {
		.symbol = SYMBOL_RED,
		.count = c->stormed,
		.since = c->storm_s,
		.now = now->wall_ms / 1000,
		.duration = now->wall_ms / 1000 - c->storm_s,
		.interval = e->config->audiences[c->audience].update_ms / 1000,
		.names = names,
	};

	/* the list may be cut: first those that stand nowhere else */
	for (unsigned k = 0; names && k < y->open.n; k++)
		say.n_names = name_once(names, say.n_names, y->open.at[k].name);
	for (unsigned k = 0; names && k < y->all.n; k++)
		say.n_names = name_once(names, say.n_names, y->all.at[k].name);
	c->storm_root = DELIVERY_QUEUED;
	channel_say(e, c,
		    &(struct channel_line){
			    .event = SAY_STORM, .thread = c->storm, .tag = c->storm_tag, .is_root = true},
		    &say);
	free(names);
}

static void say_summary(struct engine *e, struct channel *c, const struct tally *y, const struct now *now)
{
	const struct spans *open = y->open.n ? &y->open : &y->all; /* else not all is well */
	struct say say = {
		.symbol = SYMBOL_WHITE,
		.has_now = open->n || !y->beside,
		.count = y->over.n,
		.spans = y->over.at,
		.n_spans = y->over.n,
		.open = open->at,
		.n_open = open->n,
		.since = c->storm_s,
		.until = now->wall_ms / 1000,
		.now = now->wall_ms / 1000,
		.duration = -1,
	};

	if (!say.n_spans && !say.has_now)
		return; /* it would be empty */
	channel_say(e, c,
		    &(struct channel_line){.event = SAY_DIGEST, .thread = c->storm, .tag = c->storm_tag}, &say);
}

/* A number that changes whenever the summary would. */
static unsigned shown(const struct channel *c, const struct tally *y)
{
	return c->stormed * 1000 + y->live + 1;
}

static void storm_line(struct engine *e, struct channel *c, const struct tally *y, const struct now *now)
{
	if (c->storm_root == DELIVERY_NONE && !y->open.n) {
		c->storm_due = now->boot_ms + GATHER_MS; /* nothing has a name yet that may be said */
		c->dirty = true;
		return;
	}
	if (c->storm_root == DELIVERY_NONE)
		say_first(e, c, y, now);
	else if (c->storm_told != shown(c, y) || is_due(c->storm_remind, now))
		say_summary(e, c, y, now);
	else
		goto out;
	c->storm_told = shown(c, y);
	c->storm_remind = now->boot_ms + e->config->audiences[c->audience].remind_ms;
	if (!e->config->audiences[c->audience].remind_ms || e->config->accounts[c->account].is_metered)
		c->storm_remind = 0;
out:
	c->storm_due = now->boot_ms + e->config->audiences[c->audience].update_ms;
	c->dirty = true;
}

/* --- its end -------------------------------------------------------------------------- */

/* What was named already and may not be told again: only its end is to be said. */
static bool is_hushed_by_wish(enum hush hush)
{
	return hush == HUSH_QUIET || hush == HUSH_DOWNTIME;
}

/* What is over was told by the summary; what is not is told by itself from now on. */
static void storm_end(struct engine *e, struct channel *c, const struct now *now)
{
	bool was_said = c->storm_root != DELIVERY_NONE;
	struct incident *i, *next;
	struct thread *t;

	c->storm = 0;
	c->storm_due = c->calm = 0;
	c->n_recent = 0;
	c->dirty = true;
	DL_FOREACH_SAFE (e->incidents, i, next) {
		LL_FOREACH (i->threads, t) {
			if (t->audience != c->audience || t->account != c->account ||
			    !(t->flags & THREAD_IN_STORM))
				continue;
			t->flags &= ~(unsigned)THREAD_IN_STORM;
			thread_touch(t);
			if (t->state == THREAD_RESOLVED && !was_said) {
				thread_miss(e, t, HUSH_NONE, now);
			} else if (t->state == THREAD_RESOLVED) {
				thread_finish(t, THREAD_CLOSED);
				e->summed++;
			} else if (!was_said || t->state != THREAD_TOLD || !is_hushed_by_wish(thread_hush(e, t, now))) {
				thread_hold(e, t, 1, now); /* its hold is over long ago */
			}
		}
		incident_close_if_over(e, i, now);
	}
	engine_wake(e, now->boot_ms);
}

static bool is_calm(const struct engine *e, const struct channel *c, unsigned live, const struct now *now)
{
	if (c->storm_root == DELIVERY_NONE && live)
		return false;
	return live == 0 || (is_due(c->calm, now) && live <= e->config->audiences[c->audience].storm);
}

void storm_timers(struct engine *e, struct channel *c, const struct now *now)
{
	struct tally y = {.live = 0};
	bool may_speak;

	if (!c->storm)
		return;
	may_speak = channel_hush(e, c->audience, c->account, now) == HUSH_NONE;
	if (!may_speak || (!is_due(c->storm_due, now) && !is_due(c->calm, now))) {
		engine_wake(e, c->storm_due > now->boot_ms ? c->storm_due : NOW_NEVER);
		engine_wake(e, c->calm > now->boot_ms ? c->calm : NOW_NEVER);
		return;
	}
	tally_take(e, c, &y);
	if (c->storm_root == DELIVERY_NONE && y.over.n) {
		/* it could not be told as it was: a digest and the threads themselves do that now */
		storm_end(e, c, now);
		tally_finish(&y);
		return;
	}
	if (is_due(c->storm_due, now))
		storm_line(e, c, &y, now);
	if (!e->config->audiences[c->audience].storm) /* since a reload there are none */
		storm_end(e, c, now);
	else if (!y.pending && is_calm(e, c, y.live, now)) {
		if (c->storm_root != DELIVERY_NONE && c->storm_told != shown(c, &y))
			say_summary(e, c, &y, now);
		storm_end(e, c, now);
	}
	tally_finish(&y);
	if (c->storm) {
		engine_wake(e, c->storm_due);
		engine_wake(e, c->calm > now->boot_ms ? c->calm : NOW_NEVER);
	}
}
