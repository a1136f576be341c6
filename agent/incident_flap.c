/*
 * Flapping: the core's word, or our own count where the core does not look (SPEC section 3
 * row 19). Called by the events and the timers. Must never say more than a beginning,
 * summaries and an end.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * Our own count. Three times in an hour is more than a relapse or two after a repair; and
 * after half an hour without a change all checks have had their turn, most of them often.
 */
#define REOPENS 3
#define WINDOW_S 3600
#define CALM_S (30 * 60)

/* --- what is remembered of objects that are forgotten ------------------------------------ */

#define BLIPS_MAX 1024 /* some 200 KiB */

/* An object whose trouble was over before anybody heard of it: it may be at it again. */
struct blip {
	UT_hash_handle hh; /* in the order of changed_s */
	int64_t changed_s;
	uint32_t relapses[RELAPSES_MAX];
	char key[];
};

static void blip_forget(struct engine *e, struct blip *b)
{
	HASH_DEL(e->blips, b);
	free(b);
}

void flap_remember(struct engine *e, const struct problem *p)
{
	struct blip *b = NULL;

	if (!p->changed_s)
		return;
	HASH_FIND(hh, e->blips, p->key, p->key_len, b);
	if (b)
		blip_forget(e, b);
	while (e->blips && (HASH_COUNT(e->blips) >= BLIPS_MAX || e->blips->changed_s < (int64_t)p->changed_s - WINDOW_S))
		blip_forget(e, e->blips);
	b = calloc(1, sizeof *b + p->key_len);
	if (!b)
		return;
	memcpy(b->key, p->key, p->key_len);
	memcpy(b->relapses, p->relapses, sizeof b->relapses);
	b->changed_s = p->changed_s;
	HASH_ADD_KEYPTR(hh, e->blips, b->key, p->key_len, b);
}

void flap_recall(struct engine *e, struct problem *p)
{
	struct blip *b = NULL;

	HASH_FIND(hh, e->blips, p->key, p->key_len, b);
	if (!b)
		return;
	memcpy(p->relapses, b->relapses, sizeof p->relapses);
	p->changed_s = (uint32_t)b->changed_s;
	blip_forget(e, b);
}

void flap_free(struct engine *e)
{
	while (e->blips)
		blip_forget(e, e->blips);
}

/* --- one object -------------------------------------------------------------------------- */

/* How often it broke, of late; the first of them is no relapse yet. */
static unsigned openings(const struct problem *p)
{
	unsigned n = 0;

	while (n < RELAPSES_MAX && p->relapses[n])
		n++;
	return n;
}

static void opening_add(struct problem *p, int64_t at_s)
{
	if (!p->changed_s || at_s - p->changed_s > WINDOW_S)
		memset(p->relapses, 0, sizeof p->relapses);
	memmove(&p->relapses[1], &p->relapses[0], sizeof p->relapses - sizeof p->relapses[0]);
	p->relapses[0] = (uint32_t)at_s;
}

static bool reopens_often(const struct problem *p)
{
	return openings(p) > REOPENS && (int64_t)p->relapses[0] - p->relapses[REOPENS - 1] <= WINDOW_S;
}

static void note(struct problem *p, const char *what)
{
	engine_note(p->node->engine, p->incident, "event", "%s%s%s %s", p->host, p->service[0] ? "/" : "",
		    p->service, what);
}

/* The first of its incident to flap, or to flap again: what others did before is another story. */
static void forget_changes(const struct incident *i)
{
	for (const struct problem *p = i->problems; p; p = p->next)
		if (problem_flaps(p))
			return;
	for (struct problem *p = i->problems; p; p = p->next) {
		if (p->changes)
			problem_touch(p);
		p->changes = 0;
	}
}

static void begins(struct problem *p, int64_t at_s)
{
	unsigned n = openings(p);

	if (p->incident)
		forget_changes(p->incident);
	p->flap_s = n ? p->relapses[n - 1] : at_s;
	p->changes = n ? 2 * n - problem_is_live(p) : 0;
	member_changed(p);
	problem_touch(p);
	note(p, "flaps");
}

void flap_ends(struct problem *p)
{
	if (!problem_flaps(p))
		return;
	p->flap_s = p->calm = 0;
	member_changed(p);
	p->flags &= ~(uint32_t)EVENT_FLAPS;
	memset(p->relapses, 0, sizeof p->relapses);
	problem_touch(p);
	note(p, "does not flap any more");
}

void flap_changed(struct engine *e, struct problem *p, const struct now *now)
{
	bool live = problem_is_live(p);
	int64_t at_s = live ? p->since_s : p->until_s;

	if (live)
		opening_add(p, at_s);
	p->changed_s = (uint32_t)at_s;
	p->calm = boot_of(at_s + CALM_S, now);
	problem_touch(p);
	if (problem_flaps(p))
		p->changes++;
	else if ((p->flags & EVENT_FLAPS) || (live && reopens_often(p)))
		begins(p, at_s);
	if (problem_flaps(p))
		engine_wake(e, p->calm);
}

bool flap_follow(struct problem *p, bool does, const struct now *now)
{
	bool did = (p->flags & EVENT_FLAPS) != 0, flapped = problem_flaps(p);

	if (does == did)
		return false;
	p->flags ^= EVENT_FLAPS;
	problem_touch(p);
	if (does && !flapped)
		begins(p, now->wall_ms / 1000);
	else if (!does)
		flap_ends(p);
	return true;
}

void flap_event(struct engine *e, struct node *n, const struct event *ev, const struct now *now)
{
	struct problem *p = engine_problem(e, n->name, ev->host, ev->service);
	struct incident *i = p ? p->incident : NULL;

	/* One that is OK and of no incident has no trouble; when it fails, it is said to flap. */
	if (!p || (!problem_is_live(p) && !i) || !flap_follow(p, (ev->flags & EVENT_FLAPS) != 0, now) || !i)
		return;
	threads_for(e, i, p, now);
	incident_update(e, i, now);
	engine_wake(e, now->boot_ms);
}

/* --- one incident ------------------------------------------------------------------------ */

/* By our own count: nothing has changed for long enough. */
static bool is_calm(struct engine *e, struct incident *i, struct problem *p, const struct now *now)
{
	if (!problem_flaps(p) || (p->flags & EVENT_FLAPS))
		return false;
	if (!p->calm)
		p->calm = boot_of(p->changed_s + CALM_S, now); /* loaded */
	if (is_due(p->calm, now))
		return true;
	incident_wake(e, i, p->calm);
	return false;
}

bool flap_calms(struct engine *e, struct incident *i, const struct now *now)
{
	bool any = false;

	for (struct problem *p = incident_flaps(i) ? i->problems : NULL; p; p = p->next) {
		if (!is_calm(e, i, p, now))
			continue;
		flap_ends(p);
		any = true;
	}
	return any;
}

void flap_timers(struct engine *e, struct incident *i, const struct now *now)
{
	if (!(i->flags & INCIDENT_MAINTENANCE) && flap_calms(e, i, now))
		incident_update(e, i, now);
}

/* --- one thread -------------------------------------------------------------------------- */

/* The first of them; 0 = none does. */
static int64_t flaps_since(const struct thread *t)
{
	int64_t since_s = 0;

	for (const struct problem *p = incident_flaps(t->incident) ? t->incident->problems : NULL; p; p = p->next)
		if (problem_flaps(p) && thread_hears(t, p) && (!since_s || p->flap_s < since_s))
			since_s = p->flap_s;
	return since_s;
}

/* Does anything beside it just stay bad? Then that is what people need to know. */
static bool hears_steady(struct engine *e, const struct thread *t, int64_t patience_ms, const struct now *now)
{
	bool is_steady = false;

	for (const struct problem *p = t->incident->problems; p; p = p->next) {
		int64_t since = patience_ms ? boot_of(p->hard_s, now) + patience_ms : now->boot_ms;

		if (!problem_is_live(p) || problem_flaps(p) || !thread_hears(t, p))
			continue;
		is_steady |= since <= now->boot_ms;
		if (since > now->boot_ms)
			incident_wake(e, t->incident, since);
	}
	return is_steady;
}

bool thread_flaps(struct engine *e, const struct thread *t, const struct now *now)
{
	return flaps_since(t) && !hears_steady(e, t, 0, now);
}

/* Where each line costs: its beginning and its end. */
static int64_t digest_ms(const struct engine *e, const struct thread *t)
{
	return thread_costs(e, t) ? 0 : audience_of(e, t)->flap_digest_ms;
}

static void plan_next(struct engine *e, struct thread *t, const struct now *now)
{
	t->flap = digest_ms(e, t) ? now->boot_ms + digest_ms(e, t) : 0;
	if (t->flap)
		incident_wake(e, t->incident, t->flap);
	thread_touch(t);
}

/* They are what it is about from here on, also where they went without saying before. */
static void tell_flapping(struct thread *t)
{
	uint64_t bit = AUDIENCE_BIT(t->audience);

	for (struct problem *p = t->incident->problems; p; p = p->next)
		if (problem_flaps(p) && thread_hears(t, p) && !(p->told & bit)) {
			p->told |= bit;
			problem_touch(p);
		}
}

void thread_flap_begin(struct engine *e, struct thread *t, const struct now *now)
{
	t->flags |= THREAD_FLAP_TOLD;
	plan_next(e, t, now);
	thread_tell(e, t, SAY_FLAPPING, NULL, now);
	tell_flapping(t);
	t->flags |= t->times > 1 ? THREAD_FLAP_AGAIN : 0;
	t->since_s = flaps_since(t);
}

/* One that was told as a problem: from here on it is a summary now and then. */
static void line(struct engine *e, struct thread *t, const struct now *now)
{
	if (flaps_since(t) < t->since_s)
		t->since_s = flaps_since(t);
	t->flags |= THREAD_FLAP_TOLD;
	t->flags &= ~(unsigned)THREAD_NEWS;
	if (!e->sink.is_pending(e->sink.arg, t->id, SAY_FLAPPING)) /* else nobody may have read so yet */
		t->flags &= ~(unsigned)THREAD_FLAP_AGAIN;
	plan_next(e, t, now);
	thread_say(e, t, SAY_FLAPPING, NULL, now);
	tell_flapping(t);
	t->update = now->boot_ms + audience_of(e, t)->update_ms;
	remind_restart(e, t, now);
}

/* It stays bad now, or something beside it does: a problem as any other. */
static void goes_on(struct engine *e, struct thread *t, const struct now *now)
{
	bool is_over = !flaps_since(t);

	t->flags &= ~(unsigned)THREAD_FLAP_TOLD;
	t->flap = 0;
	thread_touch(t);
	if (is_over && audience_of(e, t)->internals) {
		t->until_s = 0;
		thread_say(e, t, SAY_STABLE, NULL, now);
		thread_told(e, t, now);
		return;
	}
	if (!is_over)
		t->since_s = thread_since(e, t);
	t->flags |= THREAD_NEWS; /* the public knows no "stable" that is bad: it is still disrupted */
	incident_wake(e, t->incident, t->update);
	thread_look(e, t, now);
}

void thread_flap_look(struct engine *e, struct thread *t, const struct now *now)
{
	const struct config_audience *a = audience_of(e, t);
	bool may_speak;

	if (t->state != THREAD_TOLD || (t->flags & THREAD_OWES_AGAIN))
		return;
	if ((t->flags & THREAD_FLAP_TOLD) && !thread_is_live(t)) {
		thread_over(e, t, now);
		thread_resolve(e, t, now);
		return;
	}
	may_speak = thread_hush(e, t, now) == HUSH_NONE;
	if (!may_speak)
		return;
	if (!(t->flags & THREAD_FLAP_TOLD)) {
		if (thread_flaps(e, t, now))
			line(e, t, now);
	} else if (!flaps_since(t) ||
		   hears_steady(e, t, a->hold_ms > a->recovery_hold_ms ? a->hold_ms : a->recovery_hold_ms, now)) {
		goes_on(e, t, now);
	} else if (is_due(t->flap, now)) {
		line(e, t, now);
	} else if (t->flap) {
		incident_wake(e, t->incident, t->flap);
	} else if (digest_ms(e, t)) {
		plan_next(e, t, now); /* it was over, and nobody heard of that */
	}
}

/* --- its words --------------------------------------------------------------------------- */

/* Which members it is about: those that flap, or at the end those that did. */
static bool is_about(const struct thread *t, const struct problem *p, enum say_event event)
{
	return thread_hears(t, p) &&
	       (event == SAY_FLAPPING ? problem_flaps(p) : p->changes != 0);
}

/* Rather one that is bad than one that is OK, then the one that changes most. */
static bool stands_for(const struct problem *p, const struct problem *best)
{
	if (!best || problem_is_live(p) != problem_is_live(best))
		return !best || problem_is_live(p);
	return p->changes > best->changes;
}

/* When the next line comes: what is promised for the quiet hours comes when they are over. */
static int64_t next_of(const struct engine *e, const struct thread *t, int64_t now_s)
{
	const struct hours *quiet = audience_of(e, t)->quiet_hours;
	int64_t next_s = now_s + digest_ms(e, t) / 1000;

	return t->flap && quiet && hours_hold(quiet, next_s) ? hours_end(quiet, next_s) : t->flap ? next_s : 0;
}

void flap_fill(struct engine *e, const struct thread *t, enum say_event event, struct say *say)
{
	const struct problem *one = NULL;

	if (event != SAY_FLAPPING && event != SAY_STABLE)
		return;
	for (const struct problem *p = t->incident->problems; p; p = p->next) {
		if (!is_about(t, p, event))
			continue;
		if (stands_for(p, one))
			one = p;
		say->count += p->changes;
		if (event == SAY_STABLE && p->changed_s > say->until)
			say->until = p->changed_s;
	}
	if (say->count < 2)
		say->count = 0; /* we came late: the core has seen more */
	if (one && audience_of(e, t)->internals)
		say_object(e, one, say);
	if (event == SAY_FLAPPING) {
		say->since = flaps_since(t);
		say->next = next_of(e, t, say->now);
	}
	say->duration = (say->until ? say->until : say->now) - say->since;
}
