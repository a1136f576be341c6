/*
 * What becomes of what an engine says: an outbox that behaves as the real one does towards
 * it: in order within a thread, lost, in doubt, or there. Called by story.c.
 * Must never decide by itself what the network does: that is drawn in story.c.
 */
#include "tests/random/rig.h"

static bool is_waiting(const struct parcel *p)
{
	return p->state == PARCEL_WAITS;
}

static bool is_root_now(const struct strand *t)
{
	for (unsigned k = 0; k < t->n; k++)
		if (t->parcels[k].state == PARCEL_SENT || t->parcels[k].state == PARCEL_MAYBE)
			return false;
	return true;
}

/* No recovery without its problem: as thread_lacks_problem() of the outbox. */
static bool lacks_problem(const struct strand *t, const struct parcel *p)
{
	return t->is_lost && is_root_now(t) &&
	       (p->event == SAY_RECOVERY || p->event == SAY_STABLE || p->event == SAY_ENDED);
}

static void tell(struct subject *s, const struct strand *t, enum delivery delivery, bool is_root)
{
	engine_delivery(s->engine, t->id, delivery, is_root, &s->rig->now);
	s->rig->events++;
}

static void drop_followers(struct subject *s, struct strand *t)
{
	for (unsigned k = 0; k < t->n; k++)
		if (is_waiting(&t->parcels[k])) {
			t->parcels[k].state = PARCEL_CANCELLED;
			s->open--;
			tell(s, t, DELIVERY_DEAD, false);
		}
}

static void end(struct subject *s, struct strand *t, struct parcel *p, enum parcel_state state)
{
	bool is_root = is_root_now(t);

	rig_log(s->rig, t->incident, -1, "%s: %s for %s on %s %s", s->name, words_event_name(p->event), t->audience,
		t->account, state == PARCEL_SENT ? "is sent" : state == PARCEL_MAYBE ? "may be sent" : "is dead");
	p->state = state;
	s->open--;
	if (state == PARCEL_SENT)
		tally.delivered++;
	if (state == PARCEL_MAYBE)
		t->may_stand = true;
	if (state == PARCEL_DEAD || state == PARCEL_CANCELLED)
		t->is_lost = true;
	tell(s, t, state == PARCEL_SENT ? DELIVERY_SENT : DELIVERY_DEAD, is_root);
	if (is_root && is_root_now(t)) {
		t->is_standing = false;
		drop_followers(s, t);
	}
}

static void fly(struct subject *s, struct strand *t, struct parcel *p)
{
	if (lacks_problem(t, p)) {
		p->state = PARCEL_CANCELLED;
		s->open--;
		tally_excuse("an end whose problem was dead");
		return;
	}
	judge_leaves(s, t, p);
	p->state = PARCEL_FLIES;
	rig_log(s->rig, t->incident, -1, "%s: %s for %s on %s leaves", s->name, words_event_name(p->event), t->audience,
		t->account);
	tell(s, t, DELIVERY_UNSETTLED, is_root_now(t));
}

static void settle(struct subject *s, struct strand *t, struct parcel *p, uint32_t how)
{
	switch (how % 16) {
	case 0: end(s, t, p, PARCEL_DEAD); break;
	case 1: end(s, t, p, PARCEL_MAYBE); break;
	case 2:
	case 3:
		p->state = PARCEL_WAITS; /* not accepted: once more, later */
		rig_log(s->rig, t->incident, -1, "%s: %s for %s on %s waits again", s->name,
			words_event_name(p->event), t->audience, t->account);
		tell(s, t, DELIVERY_QUEUED, is_root_now(t));
		break;
	default: end(s, t, p, PARCEL_SENT); break;
	}
}

/* The outbox keeps what waits for those who are told nothing right now. */
static struct parcel *first_open(const struct subject *s, struct strand *t)
{
	bool is_paused = s->rig->n_pauses && rig_is_paused(s->rig, t->audience, t->account);

	for (unsigned k = 0; k < t->n; k++)
		if (t->parcels[k].state == PARCEL_WAITS || t->parcels[k].state == PARCEL_FLIES)
			return is_paused && t->parcels[k].state == PARCEL_WAITS ? NULL : &t->parcels[k];
	return NULL;
}

void subject_deliver(struct subject *s, uint32_t which, uint32_t how)
{
	struct strand *t, *next, *found = NULL;
	unsigned n = 0;

	if (!s->open)
		return;
	HASH_ITER (hh, s->strands, t, next)
		n += first_open(s, t) != NULL;
	if (!n)
		return;
	which %= n;
	HASH_ITER (hh, s->strands, t, next)
		if (!found && first_open(s, t) && !which--)
			found = t;
	if (!found)
		return;
	if (first_open(s, found)->state == PARCEL_WAITS)
		fly(s, found, first_open(s, found));
	else
		settle(s, found, first_open(s, found), how);
}

void subject_deliver_all(struct subject *s)
{
	struct strand *t, *next, *first;

	while (s->open && !s->rig->is_broken) {
		first = NULL;
		HASH_ITER (hh, s->strands, t, next)
			if (first_open(s, t) && (!first || first_open(s, t)->number < first_open(s, first)->number))
				first = t;
		if (!first)
			return;
		if (first_open(s, first)->state == PARCEL_WAITS)
			fly(s, first, first_open(s, first));
		else
			end(s, first, first_open(s, first), PARCEL_SENT);
	}
}
