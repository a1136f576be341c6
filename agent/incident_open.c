/*
 * Incidents by hand: opened, closed; and any incident called a false alarm. Called by
 * core.c. Must never end by hand what the monitoring watches: that it decides itself.
 */
#include "agent/incident_internal.h"

#include <string.h>

static void tell_audience(struct engine *e, struct incident *i, unsigned audience, const struct now *now)
{
	const struct config_audience *a = &e->config->audiences[audience];
	struct thread *t;

	for (unsigned k = 0; k < a->n_accounts; k++) {
		t = thread_create(e, i, audience, a->accounts[k]);
		if (!t)
			continue;
		t->state = THREAD_HELD;
		t->due = now->boot_ms;
	}
}

int engine_open(struct engine *e, const struct open_order *order, const struct now *now, uint64_t *incident,
		struct err *err)
{
	struct incident *i;

	if (!order->n_audiences)
		return err_set(err, "nobody would hear of it: name an audience");
	if (!order->text || !*order->text)
		return err_set(err, "without a word nobody knows what is open");
	if (order->to_s && order->to_s <= (order->from_s ? order->from_s : now->wall_ms / 1000))
		return err_set(err, "it would end before it begins");
	if (order->to_s && order->to_s <= now->wall_ms / 1000)
		return err_set(err, "that time has passed");
	if (order->to_s) {
		i = maintenance_open(e, order, now);
	} else {
		i = incident_create(e, now->wall_ms / 1000, now);
		if (i)
			i->flags |= INCIDENT_BY_HAND;
	}
	if (!i)
		return err_set(err, "out of memory");
	engine_set_string(&i->name, order->name);
	engine_set_string(&i->text, order->text);
	engine_set_string(&i->by, order->by);
	engine_set_string(&i->object, order->name && *order->name ? order->name : order->text);
	engine_note(e, i, "command", "%s by %s: %.400s", order->to_s ? "planned" : "opened", order->by,
		    order->text);
	if (!order->to_s)
		for (unsigned k = 0; k < order->n_audiences; k++)
			tell_audience(e, i, order->audiences[k], now);
	*incident = i->id;
	incident_touch(i);
	engine_wake(e, now->boot_ms);
	return 0;
}

int engine_close(struct engine *e, uint64_t incident, const char *text, const char *by, const struct now *now,
		 struct err *err)
{
	struct incident *i = incident_find(e, incident);

	if (!i)
		return err_set(err, "it is closed");
	if (i->flags & INCIDENT_MAINTENANCE)
		return maintenance_close(e, i, text, by, now, err);
	if (!(i->flags & INCIDENT_BY_HAND))
		return err_set(err, "only what was opened by hand can be closed: the monitoring decides about this one");
	if (i->until_s)
		return err_set(err, "#%s is closed", i->tag);
	i->until_s = now->wall_ms / 1000;
	engine_set_string(&i->ack_text, text);
	engine_set_string(&i->by, by);
	incident_touch(i);
	engine_note(e, i, "command", "closed by %s%s%.400s", by, text && *text ? ": " : "", text ? text : "");
	incident_update(e, i, now);
	engine_wake(e, now->boot_ms);
	return 0;
}

/* --- a false alarm ------------------------------------------------------------------ */

static bool was_read(const struct thread *t)
{
	return t->root == DELIVERY_SENT || t->root == DELIVERY_UNSETTLED;
}

/* A plan is no alarm: it is off. */
static void maintenance_retract(struct engine *e, struct thread *t, const char *text, const char *by,
				const struct now *now)
{
	engine_set_string(&t->incident->ack_text, text);
	thread_say_words(e, t, t->incident->flags & INCIDENT_BEGUN ? SAY_RECALLED : SAY_CANCELLED, text, by, now);
}

/* Said when the pause is lifted, or somebody has said `go`: what it was about must be kept until then. */
static void owe_retraction(struct engine *e, struct thread *t, const struct now *now)
{
	const char *language = e->config->accounts[t->account].language;

	thread_note_names(e, t, incident_names(e, t->incident, t->audience, language ? language : ""));
	t->state = THREAD_RESOLVED;
	t->flags = (t->flags & ~(unsigned)THREAD_OWES_AGAIN) | THREAD_OWES_END;
	t->due = now->boot_ms;
	thread_touch(t);
	incident_wake(e, t->incident, now->boot_ms); /* unless it is paused */
}

static void thread_retract(struct engine *e, struct thread *t, const char *text, const char *by,
			   enum retract_how how, const struct now *now)
{
	bool is_named = was_read(t) || storm_named(e, t);

	e->sink.cancel(e->sink.arg, t->id);
	if (t->state == THREAD_CLOSED || t->state == THREAD_DROPPED)
		return;
	if (!is_named || t->state == THREAD_HELD || t->state == THREAD_MISSED) {
		storm_leave(e, t);
		thread_finish(t, was_read(t) ? THREAD_CLOSED : THREAD_DROPPED);
		return;
	}
	storm_leave(e, t);
	if (how == RETRACT_BY_DELETING && was_read(t)) {
		e->sink.erase(e->sink.arg, t->id); /* a pause is no reason to leave it there */
	} else if (!(t->incident->flags & INCIDENT_MAINTENANCE) &&
		   (is_paused(e, t->audience, t->account) || (is_approving(e, t) && text && *text))) {
		owe_retraction(e, t, now);
		return;
	} else if (is_paused(e, t->audience, t->account)) {
		e->untold_ends++;
	} else if (t->incident->flags & INCIDENT_MAINTENANCE) {
		maintenance_retract(e, t, text, by, now);
	} else {
		thread_say_words(e, t, SAY_RETRACT, text, by, now);
	}
	thread_finish(t, THREAD_CLOSED);
}

int engine_retract(struct engine *e, uint64_t incident, const char *text, const char *by, enum retract_how how,
		   const struct now *now, struct err *err)
{
	struct incident *i = incident_find(e, incident);

	if (!i || (i->flags & INCIDENT_RETRACTED))
		return err_set(err, "it is closed");
	engine_note(e, i, "command", "called a false alarm by %s%s%.400s", by, text && *text ? ": " : "",
		    text ? text : "");
	for (struct thread *t = i->threads; t; t = t->next)
		thread_retract(e, t, text, by, how, now);
	/* what it was about is told again only when it gets worse, or when it was well in between */
	for (struct problem *p = i->problems; p; p = p->next)
		if (problem_is_live(p)) {
			p->adopted = true;
			problem_touch(p); /* also after a restart */
		}
	if (i->flags & INCIDENT_BY_HAND)
		i->until_s = i->until_s ? i->until_s : now->wall_ms / 1000;
	i->parent = NULL;
	i->flags |= INCIDENT_RETRACTED;
	if (!incident_is_over(i)) { /* kept for those who read it later */
		engine_set_string(&i->text, text);
		engine_set_string(&i->by, by);
	}
	incident_touch(i);
	incident_let_go(e, i, now);
	incident_close_if_over(e, i, now);
	channels_count(e);
	return 0;
}
