/*
 * Downtime in the middle of an incident (SPEC 4.5 case 7): "in maintenance until ...", once;
 * another end; "over, still ...". Called on every change of an incident in trouble, and by the timers.
 * Must never tell the end of a downtime whose beginning was not told in the same thread.
 */
#include "agent/incident_internal.h"

#include <utlist.h>

#define ACT_S 60	/* times that differ by less are the same */
#define PATIENCE_MS 10000 /* what is deleted may be scheduled anew at once: then it was a change */

/* --- what covers it ------------------------------------------------------------------------ */

static bool is_heard_trouble(const struct thread *t, const struct problem *p)
{
	return problem_is_trouble(p) && thread_hears(t, p);
}

/* The latest end of all that covers its members. */
static int64_t end_of(const struct engine *e, const struct thread *t, const struct downtime **which)
{
	int64_t end_s = 0;

	for (const struct problem *p = t->incident->problems; p; p = p->next) {
		const struct downtime *d = NULL;
		int64_t at = is_heard_trouble(t, p) ? downtime_end_of(e, p, &d) : 0;

		if (at <= end_s)
			continue;
		end_s = at;
		*which = d;
	}
	return end_s;
}

int64_t thread_downtime_end(const struct engine *e, const struct thread *t)
{
	const struct downtime *which = NULL;

	return end_of(e, t, &which);
}

static bool is_covered_partly(const struct thread *t)
{
	for (const struct problem *p = t->incident->problems; p; p = p->next)
		if (is_heard_trouble(t, p) && problem_is_covered(p))
			return true;
	return false;
}

/* --- in one thread only -------------------------------------------------------------------- */

/* Was it announced to the same people, and under more names than are in trouble? Then it has its own end. */
static bool tells_of_more(const struct engine *e, const struct thread *plan, const struct thread *trouble)
{
	return plan->state == THREAD_TOLD && maintenance_names_more(e, plan->incident, trouble);
}

/* Has the maintenance's own thread of the same people said that it has begun, or will it? */
static bool plan_tells(const struct engine *e, const struct thread *t, const struct downtime *d)
{
	const struct thread *own = d->incident ? thread_find(d->incident, t->audience, t->account) : NULL;

	return own && ((own->flags & THREAD_BEGUN_TOLD) || tells_of_more(e, own, t));
}

static bool is_told_elsewhere(const struct engine *e, const struct thread *t)
{
	const struct downtime *d;

	for (const struct problem *p = t->incident->problems; p; p = p->next) {
		if (!is_heard_trouble(t, p))
			continue;
		LL_FOREACH2 (downtimes_near(e, p->host), d, host_next)
			if ((d->flags & DOWNTIME_RUNS) && downtime_covers(d, p) && plan_tells(e, t, d))
				return true;
	}
	return false;
}

static bool is_about(const struct engine *e, const struct incident *trouble, const struct incident *plan)
{
	const struct downtime *d;

	for (const struct problem *p = trouble->problems; p; p = p->next)
		LL_FOREACH2 (downtimes_near(e, p->host), d, host_next)
			if (d->incident == plan && downtime_covers(d, p))
				return true;
	return false;
}

bool rest_tells(const struct engine *e, const struct thread *t)
{
	const struct incident *i;

	DL_FOREACH (e->incidents, i) {
		const struct thread *theirs = i == t->incident ? NULL : thread_find(i, t->audience, t->account);

		if (theirs && (theirs->flags & THREAD_REST_TOLD) && is_about(e, i, t->incident) &&
		    !tells_of_more(e, t, theirs))
			return true;
	}
	return false;
}

bool rest_is_pending(const struct thread *t)
{
	return t->state == THREAD_TOLD && (t->flags & THREAD_REST_TOLD) && t->due;
}

/* --- what is said --------------------------------------------------------------------------- */

/* Nothing has changed since: looking is not for nothing where there are many. */
static bool has_looked(const struct engine *e, struct thread *t)
{
	bool has = t->rest_looked == e->downtime_changes + 1;

	t->rest_looked = e->downtime_changes + 1;
	return has;
}

/* True when there was time enough for the second half of a change. */
static bool is_settled(struct engine *e, struct thread *t, const struct now *now)
{
	if (!t->due) {
		t->due = now->boot_ms + PATIENCE_MS;
		thread_touch(t);
	}
	if (is_due(t->due, now)) {
		t->due = 0;
		return true;
	}
	incident_wake(e, t->incident, t->due);
	return false;
}

static void rest_begins(struct engine *e, struct thread *t, const struct now *now)
{
	if (has_looked(e, t) || is_told_elsewhere(e, t))
		return;
	t->flags |= THREAD_REST_TOLD;
	t->until_s = thread_downtime_end(e, t);
	t->due = 0;
	thread_touch(t);
	thread_say(e, t, SAY_BEGUN, NULL, now);
}

static void rest_goes_on(struct engine *e, struct thread *t, const struct now *now)
{
	int64_t end_s;

	if (has_looked(e, t) && !t->due)
		return;
	end_s = thread_downtime_end(e, t);
	if (!t->until_s)
		t->until_s = end_s; /* not known so far, or broken again within the downtime */
	if (!end_s || (end_s - t->until_s < ACT_S && t->until_s - end_s < ACT_S)) {
		t->due = 0;
		thread_touch(t);
		return;
	}
	if (!is_settled(e, t, now))
		return;
	t->until_s = end_s;
	thread_touch(t);
	thread_say(e, t, SAY_EXTENDED, NULL, now);
}

static void rest_ends(struct engine *e, struct thread *t, const struct now *now)
{
	bool is_early = now->wall_ms / 1000 + ACT_S < t->until_s;

	if (is_early && !is_settled(e, t, now))
		return;
	t->flags &= ~(unsigned)THREAD_REST_TOLD;
	t->flags += 1u << THREAD_RESTS_SHIFT;
	t->until_s = 0;
	t->due = 0;
	t->reminders = 0;
	escalate_restart(e, t, now); /* nobody was asked to look meanwhile */
	if (!thread_worst(t))
		return; /* it only flaps: that has lines of its own */
	thread_say(e, t, SAY_ENDED_BAD, NULL, now);
	thread_told(e, t, now);
}

void thread_downtime_look(struct engine *e, struct thread *t, const struct now *now)
{
	const unsigned elsewhere = THREAD_PART_TOLD | THREAD_OWES_AGAIN | THREAD_IN_STORM;
	bool is_told = (t->flags & THREAD_REST_TOLD) != 0, rests;
	enum hush hush;

	if (t->state != THREAD_TOLD || (t->flags & elsewhere) || !t->incident->problems ||
	    !t->incident->problems->node->up)
		return; /* what comes before a snapshot may be over by its end */
	rests = thread_is_muted(t) && thread_is_live(t);
	if ((!is_told && !rests) || !announces(e, t))
		return;
	hush = thread_hush(e, t, now);
	if (hush != HUSH_NONE && hush != HUSH_DOWNTIME)
		return;
	if (rests && is_told)
		rest_goes_on(e, t, now);
	else if (rests)
		rest_begins(e, t, now);
	else if (thread_is_live(t) && !is_covered_partly(t))
		rest_ends(e, t, now);
}

void rest_fill(const struct engine *e, const struct thread *t, enum say_event event, struct say *say)
{
	const struct downtime *which = NULL;

	say->with_services = 0; /* the thread has said it */
	say->text = NULL;
	if (event == SAY_ENDED_BAD) {
		say->nth = t->flags >> THREAD_RESTS_SHIFT;
		return;
	}
	say->until = t->until_s;
	end_of(e, t, &which);
	if (audience_of(e, t)->internals)
		say->owner = which ? which->author : NULL;
}
