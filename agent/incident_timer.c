/*
 * The threads' deadlines. Called by incident.c whenever one may have passed.
 * Must never act on one that is still ahead.
 */
#include "agent/incident_internal.h"

#include <utlist.h>

#define OUTLIVE_MS (10 * 60000) /* a child that outlives its parent by this is told again */
#define DESCRIBE_WAIT_MS 5000	/* descriptions that do not come hold nobody up for longer */

static bool is_due(int64_t deadline, const struct now *now)
{
	return deadline && deadline <= now->boot_ms;
}

/* In a storm the host may stand behind its services in the queue: wait for what is being described. */
static bool must_wait(struct engine *e, const struct thread *t, const struct now *now)
{
	struct problem *p = t->incident->problems;
	const struct node *n = p ? p->node : NULL;

	if (!n || !n->undescribed || now->boot_ms - n->undescribed_since_ms >= DESCRIBE_WAIT_MS)
		return false;
	engine_wake(e, n->undescribed_since_ms + DESCRIBE_WAIT_MS);
	return true;
}

static void held_timer(struct engine *e, struct thread *t, const struct now *now)
{
	if (!is_due(t->due, now)) {
		engine_wake(e, t->due);
		return;
	}
	if (thread_is_silent(t) || thread_is_muted(t) || must_wait(e, t, now))
		return;
	thread_tell(e, t, SAY_PROBLEM, now);
}

static void told_timer(struct engine *e, struct thread *t, const struct now *now)
{
	if (thread_is_silent(t) || thread_is_muted(t))
		return;
	if ((t->flags & THREAD_NEWS) && is_due(t->update, now)) {
		thread_say(e, t, SAY_UPDATE, NULL, now);
		thread_told(e, t, now);
	} else if (is_due(t->remind, now) && t->root != DELIVERY_QUEUED) { /* nobody has read the first yet */
		t->reminders++;
		thread_say(e, t, SAY_UPDATE, NULL, now);
		thread_told(e, t, now);
	}
	if (t->flags & THREAD_NEWS)
		engine_wake(e, t->update);
	if (t->remind && t->root != DELIVERY_QUEUED)
		engine_wake(e, t->remind);
}

static void thread_timer(struct engine *e, struct thread *t, const struct now *now)
{
	switch (t->state) {
	case THREAD_HELD: held_timer(e, t, now); break;
	case THREAD_TOLD: told_timer(e, t, now); break;
	case THREAD_RECOVERING:
		if (is_due(t->due, now))
			thread_resolve(e, t, now);
		else
			engine_wake(e, t->due);
		break;
	case THREAD_RESOLVED:
		if (is_due(t->due, now))
			thread_finish(t, THREAD_CLOSED);
		else
			engine_wake(e, t->due);
		break;
	case THREAD_CLOSED:
	case THREAD_DROPPED: break;
	}
}

/* The parent is over and this one is not: after a while it is told on its own again. */
static void outlive(struct engine *e, struct incident *i, const struct now *now)
{
	struct problem *p;

	if (!i->release) {
		i->release = now->boot_ms + OUTLIVE_MS;
		engine_wake(e, i->release);
		return;
	}
	if (!is_due(i->release, now)) {
		engine_wake(e, i->release);
		return;
	}
	i->parent = NULL;
	i->release = 0;
	i->dirty = true;
	for (struct thread *t = i->threads; t; t = t->next) {
		bool was_silent = (t->flags & THREAD_PART_TOLD) != 0;

		t->flags &= ~(unsigned)THREAD_PART_TOLD;
		if (was_silent && t->state == THREAD_TOLD && thread_live(t)) {
			thread_say(e, t, SAY_UPDATE, NULL, now);
			thread_told(e, t, now);
		}
	}
	for (p = i->problems; p; p = p->next)
		threads_for(e, i, p, now);
}

void thread_timers(struct engine *e, struct incident *i, const struct now *now)
{
	struct thread *t, *next;

	if (!incident_is_known(i))
		return;
	if (is_due(i->unack_due, now))
		threads_unack_line(e, i, now);
	else if (i->unack_due)
		engine_wake(e, i->unack_due);
	if (i->parent && !incident_has_live(i->parent))
		outlive(e, i, now);
	else if (i->release && i->parent)
		i->release = 0;
	LL_FOREACH_SAFE (i->threads, t, next)
		thread_timer(e, t, now);
	if (incident_is_over(i) && !(i->parent && incident_has_live(i)))
		incident_close(e, i, now);
}
