/*
 * What is still bad when a planned maintenance ends: one post says so, and from there on the
 * trouble is told in the thread of the maintenance, under its tag. Called by incident_maintenance.c.
 * Must never take over what was told to anybody by itself, nor what another downtime still covers.
 */
#include "agent/incident_internal.h"

#include <utlist.h>

static bool was_begun(const struct thread *t)
{
	return t->state == THREAD_TOLD && (t->flags & THREAD_BEGUN_TOLD);
}

static bool is_ours(const struct engine *e, const struct incident *plan, const struct problem *p)
{
	const struct downtime *d;

	LL_FOREACH2 (downtimes_near(e, p->host), d, host_next)
		if (d->incident == plan && downtime_covers(d, p))
			return true;
	return false;
}

/* Trouble that nobody was told of, and all of it within this maintenance. */
static bool is_left_by(const struct engine *e, const struct incident *plan, const struct incident *trouble)
{
	const unsigned other = INCIDENT_BY_HAND | INCIDENT_MAINTENANCE;
	bool is_heard = false;

	if (trouble->parent || (trouble->flags & other) || was_told(trouble) || !incident_is_known(trouble))
		return false;
	for (const struct problem *p = trouble->problems; p; p = p->next) {
		if (!problem_is_trouble(p))
			continue;
		if (problem_flaps(p) || problem_is_covered(p) || !is_ours(e, plan, p))
			return false;
		is_heard |= p->heard != 0;
	}
	return is_heard;
}

static bool hears_of_rest(const struct engine *e, const struct thread *t)
{
	const struct incident *i;

	DL_FOREACH (e->incidents, i)
		for (const struct problem *p = is_left_by(e, t->incident, i) ? i->problems : NULL; p; p = p->next)
			if (problem_is_live(p) && thread_hears(t, p))
				return true;
	return false;
}

static bool may_hand_over(struct engine *e, struct incident *plan, const struct now *now)
{
	bool any = false;

	if (!(plan->flags & INCIDENT_BEGUN) || (plan->flags & INCIDENT_BY_HAND))
		return false;
	for (const struct thread *t = plan->threads; t; t = t->next) {
		if (!was_begun(t))
			continue;
		if (!maintenance_may_end(e, t, now))
			return false;
		any |= hears_of_rest(e, t);
	}
	return any;
}

static void take_over(struct engine *e, struct incident *plan, struct incident *trouble, const struct now *now)
{
	struct incident *child;

	DL_FOREACH (e->incidents, child)
		if (child->parent == trouble && child != plan) {
			child->parent = plan;
			incident_touch(child);
		}
	plan->has_parts |= trouble->has_parts;
	if (trouble->since_s < plan->since_s)
		plan->since_s = trouble->since_s;
	if (trouble->flags & INCIDENT_ACKED) {
		plan->acked_s = trouble->acked_s;
		plan->ack_until_s = trouble->ack_until_s;
		engine_set_string(&plan->ack_text, trouble->ack_text);
	}
	plan->flags |= trouble->flags & INCIDENT_MAJOR;
	for (struct problem *p = trouble->problems; p; p = p->next)
		p->told = 0; /* in another thread */
	merge(e, plan, trouble, now);
}

/* It is an incident as any other from here on. */
static void become_trouble(struct engine *e, struct incident *plan, const struct now *now)
{
	struct incident *i, *next, *left = NULL;

	engine_note(e, plan, "event", "what is still bad goes on under this tag");
	DL_FOREACH_SAFE (e->incidents, i, next)
		if (is_left_by(e, plan, i)) {
			plan->since_s = left ? plan->since_s : i->since_s;
			plan->flags &= ~(unsigned)(INCIDENT_MAINTENANCE | INCIDENT_BEGUN);
			plan->until_s = 0;
			left = i;
			take_over(e, plan, i, now);
		}
	downtimes_let_go(plan);
	incident_refresh(plan);
	incident_touch(plan);
	engine_wake(e, now->boot_ms);
}

static void thread_goes_on(struct engine *e, struct thread *t, const struct now *now)
{
	if (t->state == THREAD_HELD) {
		t->due = now->boot_ms + audience_of(e, t)->hold_ms;
		engine_wake(e, t->due);
		return;
	}
	if (t->state != THREAD_TOLD)
		return;
	t->flags &= ~(unsigned)(THREAD_BEGUN_TOLD | THREAD_SOON_TOLD);
	t->told_count = t->reminders = 0;
	t->since_s = thread_since(e, t);
	t->until_s = 0;
	t->since_clock = 0;
	thread_told(e, t, now);
	escalate_restart(e, t, now);
	children_part_lines(e, t, now);
}

bool maintenance_hands_over(struct engine *e, struct incident *plan, const struct now *now)
{
	struct thread *t;

	if (!may_hand_over(e, plan, now))
		return false;
	LL_FOREACH (plan->threads, t)
		if (t->state != THREAD_CLOSED && !(was_begun(t) && hears_of_rest(e, t)))
			maintenance_thread_ends(e, t, now);
	LL_FOREACH (plan->threads, t)
		if (was_begun(t))
			thread_say(e, t, SAY_ENDED_BAD, NULL, now); /* of all that was planned */
	become_trouble(e, plan, now);
	LL_FOREACH (plan->threads, t)
		thread_goes_on(e, t, now);
	return true;
}
