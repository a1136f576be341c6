/*
 * The threads' deadlines (SPEC 4.2). Called by incident.c whenever one may have passed.
 * Must never act on one that is still ahead.
 */
#include "agent/incident_internal.h"

#include <utlist.h>

#define OUTLIVE_MS (10 * 60000) /* a child that outlives its parent by this is told again */
#define PAST_WAIT_MS (3 * 3600000) /* the outbox gives a "was disrupted" up after 2 h */
#define ANSWER_WAIT_MS (24 * 3600000) /* last words wait so long for a `go` */
#define DESCRIBE_WAIT_MS 5000	/* descriptions that do not come hold nobody up for longer */

int64_t clock_of(const struct now *now)
{
	return now->wall_ms - now->boot_ms;
}

bool is_due(int64_t deadline, const struct now *now)
{
	return deadline && deadline <= now->boot_ms;
}

/* In a storm the host may stand behind its services in the queue: wait for what is being described. */
static bool must_wait(struct engine *e, const struct thread *t, const struct now *now)
{
	struct problem *p = t->incident->problems;
	struct node *n = p ? p->node : NULL;

	if (!n || !n->undescribed || now->boot_ms - n->undescribed_since_ms >= DESCRIBE_WAIT_MS)
		return false;
	n->is_awaited = true;
	incident_wake(e, t->incident, n->undescribed_since_ms + DESCRIBE_WAIT_MS);
	return true;
}

/* The first post, by what the incident is by now. */
static void tell_first(struct engine *e, struct thread *t, const struct now *now)
{
	const struct incident *i = t->incident;
	const struct problem *root = incident_root_heard(i, t->audience);

	if (i->flags & INCIDENT_BY_HAND)
		thread_tell(e, t, SAY_OPENED, NULL, now);
	else if (thread_flaps(e, t, now))
		thread_flap_begin(e, t, now);
	else if (is_unexplained(e, t))
		thread_tell(e, t, SAY_UNREACHABLE, NULL, now);
	else if ((i->flags & INCIDENT_ACKED) && audience_of(e, t)->internals && root && root->acked_as &&
		 root->acked_as != root->state)
		thread_tell(e, t, SAY_WORSE, event_state_word(root->kind, root->acked_as), now);
	else
		thread_tell(e, t, SAY_PROBLEM, NULL, now);
}

static void held_timer(struct engine *e, struct thread *t, const struct now *now)
{
	enum hush hush;

	if (!is_due(t->due, now)) {
		incident_wake(e, t->incident, t->due);
		return;
	}
	if (must_wait(e, t, now))
		return;
	hush = thread_hush(e, t, now);
	if (hush == HUSH_NONE) {
		if (!storm_takes(e, t, now))
			tell_first(e, t, now);
	} else if (is_missed_by(hush) && !(t->flags & THREAD_OVERDUE) && !thread_is_muted(t)) {
		t->flags |= THREAD_OVERDUE;
		thread_touch(t);
	}
}

/* What flaps may just be well: then "still" is not so, and the line about flapping says the rest. */
static bool is_bad(const struct thread *t)
{
	return (t->incident->flags & INCIDENT_BY_HAND) || thread_worst(t) > 0;
}

static void told_timer(struct engine *e, struct thread *t, const struct now *now)
{
	escalate_watch(e, t, now);
	thread_part_line(e, t, now); /* the parent's first post may have arrived */
	thread_downtime_look(e, t, now);
	if (thread_hush(e, t, now) != HUSH_NONE || rest_is_pending(t))
		return; /* whatever lifts it wakes us */
	if (t->root == DELIVERY_NONE && !(t->flags & THREAD_OWES_AGAIN)) {
		thread_hold(e, t, 1, now); /* a storm's summary named it, then it was hushed */
		return;
	}
	if (t->flags & THREAD_OWES_AGAIN) {
		thread_tell_again(e, t, now);
		return;
	}
	thread_flap_look(e, t, now);
	if (t->state != THREAD_TOLD)
		return;
	thread_look(e, t, now);
	if ((t->flags & THREAD_NEWS) && is_due(t->update, now) && is_bad(t)) {
		thread_say(e, t, SAY_UPDATE, NULL, now);
		thread_told(e, t, now);
	}
	thread_remind(e, t, now);
	thread_escalate(e, t, now);
}

static void resolved_timer(struct engine *e, struct thread *t, const struct now *now)
{
	thread_pay_end(e, t, now);
	if (t->flags & (THREAD_OWES_END | THREAD_IN_STORM))
		return;
	thread_ask_fixed(e, t, now);
	if ((t->flags & THREAD_BY_PAST) && t->root != DELIVERY_SENT && !is_due(t->due + PAST_WAIT_MS, now)) {
		incident_wake(e, t->incident, t->due + PAST_WAIT_MS);
		return; /* its only line may yet have to go into a digest */
	}
	if (t->question && !is_due(t->due + ANSWER_WAIT_MS, now)) {
		incident_wake(e, t->incident, t->due + ANSWER_WAIT_MS); /* somebody may yet say `go` */
	} else if (is_due(t->due, now)) {
		thread_finish(t, THREAD_CLOSED);
		engine_wake(e, now->boot_ms); /* for whom it spoke till now */
	} else {
		incident_wake(e, t->incident, t->due);
	}
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
			incident_wake(e, t->incident, t->due);
		break;
	case THREAD_RESOLVED: resolved_timer(e, t, now); break;
	case THREAD_MISSED: /* the channel's digest ends it */
	case THREAD_CLOSED:
	case THREAD_DROPPED: break;
	}
}

/* The parent is over and this one is not: after a while it is told on its own again. */
static void outlive(struct engine *e, struct incident *i, const struct now *now)
{
	struct problem *p;

	if (!incident_has_live(i))
		return; /* it did not: "part of" stays its last word */
	if (!i->release || i->outlived_s != i->parent->until_s) { /* from its end, whenever we come to look */
		i->outlived_s = i->parent->until_s;
		i->release = boot_of(i->outlived_s, now) + OUTLIVE_MS;
	}
	if (i->release < 1)
		i->release = 1;
	if (!is_due(i->release, now)) {
		incident_wake(e, i, i->release);
		return;
	}
	i->parent = NULL;
	i->release = 0;
	i->flags &= ~(unsigned)INCIDENT_BOUND;
	incident_touch(i);
	for (struct thread *t = i->threads; t; t = t->next) {
		bool was_silent = (t->flags & THREAD_PART_TOLD) != 0;

		t->flags &= ~(unsigned)THREAD_PART_TOLD;
		thread_touch(t);
		if (t->flags & THREAD_FLAP_TOLD) {
			t->flags &= ~(unsigned)THREAD_FLAP_TOLD; /* said anew at once */
			engine_wake(e, now->boot_ms);
		} else if (was_silent && t->state == THREAD_TOLD && thread_is_live(t) && thread_worst(t) &&
		    thread_hush(e, t, now) == HUSH_NONE) {
			thread_say(e, t, SAY_UPDATE, NULL, now);
			thread_told(e, t, now);
		}
	}
	for (p = i->problems; p; p = p->next)
		threads_for(e, i, p, now);
}

/* A thread that did not notice an end or a beginning: not all members were described, or a snapshot had the news. */
static bool has_missed_something(const struct incident *i)
{
	for (const struct thread *t = i->threads; t; t = t->next) {
		bool is_open = t->state == THREAD_HELD || t->state == THREAD_TOLD;
		bool is_over = t->state == THREAD_RECOVERING || t->state == THREAD_RESOLVED;

		if ((is_open || is_over) && is_over == thread_is_live(t))
			return true;
	}
	return false;
}

void thread_timers(struct engine *e, struct incident *i, const struct now *now)
{
	struct thread *t, *next;

	if (i->quiet_until_s > now->wall_ms / 1000)
		incident_wake(e, i, boot_of(i->quiet_until_s, now));
	if (!incident_is_known(i))
		return;
	if (!(i->flags & INCIDENT_MAINTENANCE) && (i->ack_unsaid || has_missed_something(i)))
		incident_update(e, i, now);
	if (i->closed_ms)
		return;
	if (is_due(i->unack_due, now))
		threads_unack_line(e, i, now);
	else if (i->unack_due)
		incident_wake(e, i, i->unack_due);
	for (struct problem *p = i->parent ? i->problems : NULL; p; p = p->next)
		threads_for(e, i, p, now); /* whom the parent's thread speaks to no more */
	if (i->parent && !incident_has_live(i->parent))
		outlive(e, i, now);
	else if (i->release && i->parent)
		i->release = 0;
	flap_timers(e, i, now);
	if (i->closed_ms)
		return;
	same_timers(e, i, now);
	LL_FOREACH_SAFE (i->threads, t, next)
		approve_timer(e, t, now);
	if (i->flags & INCIDENT_MAINTENANCE)
		maintenance_timers(e, i, now);
	else
		LL_FOREACH_SAFE (i->threads, t, next)
			thread_timer(e, t, now);
	incident_close_if_over(e, i, now);
}
