/*
 * Why nothing may be said in a thread right now, and what each reason stops. Called
 * wherever a thread is about to speak. Must never speak itself.
 *
 *		a first post	other news	its end
 * PAUSED	digest		no		owed: said when it is lifted
 * CUT_OFF	digest		no		owed
 * CHILD	no		no		none, or "part of" was it
 * STORM	(has one)	summary		summary
 * QUIET	no, not later	no		said
 * HOURS	digest		no		said
 * DOWNTIME	no, not later	no		said
 *
 * What stays bad longer than the hush is told when it is over.
 */
#include "agent/incident_internal.h"

#include <utlist.h>

static bool is_urgent(const struct engine *e, const struct thread *t)
{
	const struct match *urgent = audience_of(e, t)->urgent;

	if ((t->incident->flags & INCIDENT_MAJOR) || (urgent && maintenance_is_about(t->incident, urgent)))
		return true;
	for (const struct problem *p = t->incident->problems; urgent && p; p = p->next)
		if (problem_is_trouble(p) && thread_hears(t, p) && p->object && match_object(urgent, p->object))
			return true;
	return false;
}

/* Of any node that the incident is about; one by hand is about none. */
static bool is_cut_off(const struct engine *e, const struct incident *i)
{
	const struct downtime *d;
	const struct node *n;

	for (n = e->nodes; n && !n->cut_off_s; n = n->next)
		;
	if (!n || !i)
		return n != NULL;
	LL_FOREACH2 (i->downtimes, d, sibling)
		if (d->node->cut_off_s)
			return true;
	for (const struct problem *p = i->problems; p; p = p->next)
		if (p->node->cut_off_s)
			return true;
	return false;
}

enum hush thread_hush(const struct engine *e, const struct thread *t, const struct now *now)
{
	const struct config_audience *a = audience_of(e, t);

	if (e->pauses && is_paused(e, t->audience, t->account))
		return HUSH_PAUSED;
	if (!a->internals && is_cut_off(e, t->incident))
		return HUSH_CUT_OFF;
	if (thread_is_silent(t))
		return HUSH_CHILD;
	if (t->flags & THREAD_IN_STORM)
		return HUSH_STORM;
	if (quiet_covers(e, t, now))
		return HUSH_QUIET;
	if (a->quiet_hours && hours_hold(a->quiet_hours, now->wall_ms / 1000) && !is_urgent(e, t))
		return HUSH_HOURS;
	if (thread_is_muted(t))
		return HUSH_DOWNTIME;
	return HUSH_NONE;
}

enum hush channel_hush(const struct engine *e, unsigned audience, unsigned account, const struct now *now)
{
	const struct config_audience *a = &e->config->audiences[audience];

	if (is_paused(e, audience, account))
		return HUSH_PAUSED;
	if (!a->internals && is_cut_off(e, NULL))
		return HUSH_CUT_OFF;
	if (a->quiet_hours && hours_hold(a->quiet_hours, now->wall_ms / 1000))
		return HUSH_HOURS;
	return HUSH_NONE;
}

bool is_missed_by(enum hush hush)
{
	return hush == HUSH_PAUSED || hush == HUSH_CUT_OFF || hush == HUSH_HOURS;
}

bool hush_owes(enum hush hush)
{
	return hush == HUSH_PAUSED || hush == HUSH_CUT_OFF;
}

/* Boot ms of a wall second. */
int64_t boot_of(int64_t wall_s, const struct now *now)
{
	return now->boot_ms + wall_s * 1000 - now->wall_ms;
}

static void wake_at(struct engine *e, int64_t wall_s, const struct now *now)
{
	if (wall_s)
		engine_wake(e, boot_of(wall_s, now));
}

/* Is there anybody, or a digest, that may wait for the end of the quiet hours? */
static bool has_waiting(const struct engine *e)
{
	bool any = e->incidents != NULL;

	for (unsigned k = 0; k < e->n_channels && !any; k++)
		any = e->channels[k].digest_due != 0;
	return any;
}

void hush_wake(struct engine *e, const struct now *now)
{
	const struct config *c = e->config;
	struct quiet *q;
	int64_t wall_s = now->wall_ms / 1000;

	for (unsigned k = 0; k < c->n_audiences && has_waiting(e); k++)
		if (hours_hold(c->audiences[k].quiet_hours, wall_s))
			wake_at(e, hours_end(c->audiences[k].quiet_hours, wall_s), now);
	LL_FOREACH (e->quiets, q)
		if (!q->is_gone)
			wake_at(e, q->until_s, now);
}
