/*
 * Lines that tell no news of the trouble itself: "part of", who has it and who has let go, no
 * longer monitored. Called by the threads and for what the core says of an incident.
 * Must never be a thread's first line, nor stand where it would be heard against a hush.
 */
#include "agent/incident_internal.h"

#include <utlist.h>

/* --- part of another incident ----------------------------------------------------- */

/*
 * Does a thread of the same people in the incident that this one is part of speak for both?
 * One that has ended while its incident goes on, unheard there, does not any more; one that
 * scheduled downtime holds back speaks of nothing.
 */
bool parent_speaks(const struct incident *i, unsigned audience, unsigned account)
{
	struct thread *theirs = i->parent ? thread_find(i->parent, audience, account) : NULL;

	if (!theirs || theirs->state == THREAD_DROPPED ||
	    (theirs->state == THREAD_HELD && thread_is_muted(theirs)) ||
	    (theirs->state == THREAD_RESOLVED && incident_has_live(i->parent)))
		return false;
	return true;
}

bool thread_is_silent(const struct thread *t)
{
	return parent_speaks(t->incident, t->audience, t->account);
}

/* Said as soon as the parent stands there to be read; a tag that nobody has seen explains nothing. */
void thread_part_line(struct engine *e, struct thread *t, const struct now *now)
{
	const struct incident *parent = t->incident->parent;
	const struct thread *theirs = parent ? thread_find(parent, t->audience, t->account) : NULL;

	if (t->state != THREAD_TOLD || (t->flags & (THREAD_PART_TOLD | THREAD_IN_STORM | THREAD_OWES_AGAIN)) ||
	    !theirs || theirs->state != THREAD_TOLD || theirs->root != DELIVERY_SENT || (theirs->flags & THREAD_IN_STORM) ||
	    is_paused(e, t->audience, t->account))
		return;
	t->flags |= THREAD_PART_TOLD;
	thread_touch(t);
	thread_say(e, t, SAY_PART_OF, NULL, now);
}

/* The children's threads of the same people, when a thread of the parent was told. */
void children_part_lines(struct engine *e, const struct thread *parent, const struct now *now)
{
	struct incident *child;
	struct thread *t;

	if (!parent->incident->has_parts)
		return; /* looking is not for nothing where there are many */
	DL_FOREACH (e->incidents, child) {
		if (child->parent != parent->incident)
			continue;
		LL_FOREACH (child->threads, t)
			if (t->audience == parent->audience && t->account == parent->account)
				thread_part_line(e, t, now);
	}
}

/* --- acknowledgements --------------------------------------------------------------- */

static bool says_acks(const struct engine *e, const struct thread *t)
{
	const struct config_audience *a = audience_of(e, t);

	return a->acks && (a->acks_asked || !thread_costs(e, t));
}

/* A line that tells no news: not where it would be heard against the rules. */
bool thread_takes_lines(const struct engine *e, const struct thread *t, const struct now *now)
{
	enum hush hush = thread_hush(e, t, now);

	return t->state == THREAD_TOLD && !(t->flags & THREAD_OWES_AGAIN) &&
	       (hush == HUSH_NONE || hush == HUSH_DOWNTIME);
}

void threads_ack_line(struct engine *e, struct incident *i, const struct now *now)
{
	i->ack_unsaid = !incident_is_known(i); /* whether it is one is looked at then */
	if (i->ack_unsaid || !(i->flags & INCIDENT_ACKED))
		return;
	for (struct thread *t = i->threads; t; t = t->next) {
		if (!thread_takes_lines(e, t, now) || !says_acks(e, t))
			continue;
		thread_say(e, t, SAY_ACK, NULL, now);
		t->reminders = 0;
		remind_restart(e, t, now);
	}
}

void threads_unack_line(struct engine *e, struct incident *i, const struct now *now)
{
	char *shown = i->owner;

	i->unack_due = 0;
	incident_touch(i);
	if ((i->flags & INCIDENT_ACKED) || !incident_root(i) || !problem_is_live(incident_root(i)))
		return; /* somebody has it again, or it is over, if only until it flaps again */
	engine_note(e, i, "event", "acknowledgement of %s removed", i->let_go);
	engine_set_string(&i->was_owner, NULL); /* let go is not had */
	incident_touch(i);

	for (struct thread *t = i->threads; t; t = t->next) {
		if (!thread_takes_lines(e, t, now) || !says_acks(e, t))
			continue;
		i->owner = i->let_go; /* "no longer with bob": named though no owner any more */
		thread_say(e, t, SAY_UNACK, NULL, now);
		i->owner = shown;
		if (!audience_of(e, t)->internals)
			continue; /* its reminders were the same all the time */
		t->reminders = 0;
		remind_restart(e, t, now);
	}
}

/* --- it left -------------------------------------------------------------------------- */

/* Do these people hear of this one, and of nothing else that is still bad? */
static bool hears_only(const struct thread *t, const struct problem *p)
{
	for (const struct problem *q = t->incident->problems; q; q = q->next)
		if (q != p && thread_hears(t, q) && problem_is_trouble(q))
			return false;
	return thread_hears(t, p);
}

/* The object left the configuration: that is all that can be said. */
void threads_gone_line(struct engine *e, struct incident *i, const struct problem *p, const struct now *now)
{
	for (struct thread *t = i->threads; t; t = t->next) {
		if ((t->state != THREAD_TOLD && t->state != THREAD_RECOVERING) || !hears_only(t, p))
			continue;
		if (t->root == DELIVERY_QUEUED)
			e->sink.cancel(e->sink.arg, t->id);
		else if (thread_hush(e, t, now) == HUSH_PAUSED || (t->flags & (THREAD_OWES_AGAIN | THREAD_IN_STORM)))
			e->untold_ends++;
		else
			thread_say(e, t, SAY_GONE, NULL, now);
		thread_finish(t, THREAD_CLOSED);
	}
}
