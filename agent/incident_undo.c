/*
 * What people said of an incident by hand, taken back (incident_hand.h). Called by inbox_undo.c.
 * Must never take back what somebody else said meanwhile: whoever calls has looked.
 */
#include "agent/incident_internal.h"

int engine_undo_eta(struct engine *e, uint64_t incident, const char *by, const struct now *now, struct err *err)
{
	struct incident *i = incident_to_act_on(e, incident, err);

	(void)now;
	if (!i)
		return -1;
	if (!i->eta_s)
		return err_set(err, "no end is promised");
	i->eta_s = 0;
	incident_touch(i);
	engine_note(e, i, "command", "no end is promised any more, by %s", by);
	for (struct thread *t = i->threads; t; t = t->next) {
		if (t->state == THREAD_RESOLVED) /* there another question may be on its way */
			continue;
		t->ask = 0;
		thread_touch(t);
	}
	return 0;
}

int engine_undo_known(struct engine *e, uint64_t incident, const char *by, const struct now *now, struct err *err)
{
	struct incident *i = incident_to_act_on(e, incident, err);

	(void)now;
	if (!i)
		return -1;
	if (!i->known && !i->known_tag)
		return err_set(err, "it is no known error");
	engine_set_string(&i->known, NULL);
	engine_set_string(&i->known_tag, NULL);
	incident_touch(i);
	engine_note(e, i, "command", "no known error after all, by %s", by);
	return 0;
}

int engine_undo_part_of(struct engine *e, uint64_t incident, const char *by, const struct now *now, struct err *err)
{
	struct incident *i = incident_to_act_on(e, incident, err);

	if (!i)
		return -1;
	if (!i->parent || !(i->flags & INCIDENT_BOUND))
		return err_set(err, "nobody made it part of another");
	i->parent = NULL;
	i->release = 0;
	i->flags &= ~(unsigned)INCIDENT_BOUND;
	incident_touch(i);
	engine_note(e, i, "command", "part of nothing any more, by %s", by);
	for (struct thread *t = i->threads; t; t = t->next) {
		t->flags &= ~(unsigned)THREAD_PART_TOLD;
		thread_touch(t);
	}
	for (struct problem *p = i->problems; p; p = p->next)
		threads_for(e, i, p, now);
	incident_update(e, i, now);
	engine_wake(e, now->boot_ms);
	return 0;
}
