/*
 * What people say of an incident by hand (incident_hand.h): eta, major, known, part of, say.
 * Called by core.c for replies and the command line. Must never ask whether they may:
 * people.c has answered that.
 */
#include "agent/incident_internal.h"

#include <limits.h>
#include <string.h>

#define ETA_LEAD_S 600 /* operators are reminded so long before a promised end */

struct incident *incident_to_act_on(struct engine *e, uint64_t id, struct err *err)
{
	struct incident *i = incident_find(e, id);

	if (i && (incident_has_live(i) || (i->flags & INCIDENT_MAINTENANCE)))
		return i;
	err_set(err, "it is over");
	return NULL;
}

/* --- what is known of it --------------------------------------------------------------- */

/* Where each line costs, who wants to read of acknowledgements wants to read of these. */
static bool pays_for_lines(const struct engine *e, const struct thread *t)
{
	return !thread_costs(e, t) || (audience_of(e, t)->acks && audience_of(e, t)->acks_asked);
}

/* To those who may hear who said what. */
static void operators_line(struct engine *e, struct incident *i, enum say_event event, const struct now *now)
{
	for (struct thread *t = i->threads; t; t = t->next)
		if (audience_of(e, t)->internals && pays_for_lines(e, t) && thread_takes_lines(e, t, now))
			thread_say(e, t, event, NULL, now);
}

int engine_eta(struct engine *e, uint64_t incident, int64_t eta_s, const char *by, const struct now *now,
	       struct err *err)
{
	struct incident *i = incident_to_act_on(e, incident, err);
	int64_t left_s = eta_s - now->wall_ms / 1000;

	if (!i)
		return -1;
	if (left_s <= 0)
		return err_set(err, "that time has passed");
	i->eta_s = eta_s;
	engine_set_string(&i->by, by);
	incident_touch(i);
	engine_note(e, i, "command", "expected end in %lld min, by %s", (long long)((left_s + 59) / 60), by);
	operators_line(e, i, SAY_ETA, now);
	for (struct thread *t = i->threads; t; t = t->next) {
		thread_touch(t);
		if (t->state == THREAD_RESOLVED) /* there another question may be on its way */
			continue;
		if (audience_of(e, t)->internals) {
			t->ask = boot_of(eta_s - (left_s > 2 * ETA_LEAD_S ? ETA_LEAD_S : left_s / 2), now);
			engine_wake(e, t->ask);
		} else if (t->state == THREAD_TOLD && !thread_costs(e, t)) {
			t->flags |= THREAD_NEWS; /* said with the next line, no sooner than `update` allows */
			engine_wake(e, t->update);
		}
	}
	return 0;
}

int engine_major(struct engine *e, uint64_t incident, bool is_major, const char *by, const struct now *now,
		 struct err *err)
{
	struct incident *i = incident_to_act_on(e, incident, err);

	if (!i)
		return -1;
	if (is_major == ((i->flags & INCIDENT_MAJOR) != 0))
		return err_set(err, is_major ? "it is one already" : "it is none");
	i->flags ^= INCIDENT_MAJOR;
	incident_touch(i);
	engine_set_string(&i->by, by);
	engine_note(e, i, "command", "%smajor incident, by %s", is_major ? "" : "no longer a ", by);
	for (struct problem *p = i->problems; p; p = p->next) {
		problem_hear(e, p);
		threads_for(e, i, p, now);
	}
	for (struct thread *t = i->threads; t; t = t->next) {
		if (is_major && (t->flags & THREAD_IN_STORM) && t->state == THREAD_TOLD) {
			t->flags &= ~(unsigned)THREAD_IN_STORM; /* it has a line of its own from now on */
			thread_hold(e, t, 1, now);
		}
		if (t->state == THREAD_HELD && is_major)
			t->due = now->boot_ms; /* told sooner */
		if (t->state == THREAD_TOLD)
			remind_restart(e, t, now);
		thread_touch(t);
	}
	operators_line(e, i, is_major ? SAY_MAJOR : SAY_NOT_MAJOR, now);
	incident_update(e, i, now);
	engine_wake(e, now->boot_ms);
	return 0;
}

int engine_known(struct engine *e, uint64_t incident, const char *tag, const char *text, const char *by,
		 const struct now *now, struct err *err)
{
	struct incident *i = incident_to_act_on(e, incident, err);

	if (!i)
		return -1;
	if ((!tag || !*tag) && (!text || !*text))
		return err_set(err, "known as what? A tag, or words after \"known:\"");
	engine_set_string(&i->known_tag, tag);
	engine_set_string(&i->known, text);
	incident_touch(i);
	engine_note(e, i, "command", "known error%s%s%s%.300s, by %s", tag && *tag ? " #" : "", tag ? tag : "",
		    text && *text ? ": " : "", text ? text : "", by);
	operators_line(e, i, SAY_KNOWN_ERROR, now);
	return 0;
}

int engine_ticket(struct engine *e, uint64_t incident, const char *number, const char *by, const struct now *now,
		  struct err *err)
{
	struct incident *i = incident_find(e, incident);

	(void)now;
	if (!i)
		return err_set(err, "it is closed");
	engine_set_string(&i->ticket, number);
	incident_touch(i);
	engine_note(e, i, "command", "ticket %.100s, by %s", number, by);
	return 0;
}

/* At `first`, and whenever there are twice as many. */
static bool is_worth_a_line(unsigned count, unsigned first)
{
	unsigned at = first;

	while (at && at < count && at <= UINT_MAX / 2)
		at *= 2;
	return at && at == count;
}

void engine_reported(struct engine *e, uint64_t incident, const struct engine_reports *reports, const struct now *now)
{
	struct incident *i = incident_find(e, incident);

	if (!i || !is_worth_a_line(reports->count, reports->first))
		return;
	i->reports = reports->count;
	i->reported_s = reports->since_s;
	operators_line(e, i, SAY_KNOWN, now);
}

int engine_part_of(struct engine *e, uint64_t incident, uint64_t parent, const char *by, const struct now *now,
		   struct err *err)
{
	struct incident *child = incident_to_act_on(e, incident, err), *to = incident_to_act_on(e, parent, err);

	if (!child || !to)
		return -1;
	if ((child->flags | to->flags) & INCIDENT_MAINTENANCE)
		return err_set(err, "a planned maintenance is no part of anything");
	for (const struct incident *up = to; up; up = up->parent)
		if (up == child)
			return err_set(err, "it would be a part of itself");
	if (child->parent == to)
		return err_set(err, "it is a part of that already");
	child->flags |= INCIDENT_BOUND;
	engine_note(e, child, "command", "part of #%s, by %s", to->tag, by);
	for (struct thread *t = child->threads; t; t = t->next) {
		t->flags &= ~(unsigned)THREAD_PART_TOLD;
		thread_touch(t);
	}
	become_child(e, child, to, now);
	incident_update(e, child, now);
	return 0;
}

static bool is_standing(const struct thread *t)
{
	return (t->state == THREAD_TOLD || t->state == THREAD_RECOVERING || t->state == THREAD_RESOLVED) &&
	       t->root != DELIVERY_NONE && t->root != DELIVERY_DEAD;
}

void insiders_hear(struct engine *e, struct incident *i, const struct words_of *words, const struct now *now)
{
	engine_note(e, i, "command", "said in public by %s: %.400s", words->by, words->text);
	for (struct thread *t = i->threads; t; t = t->next) {
		if (!audience_of(e, t)->internals || !is_standing(t) || is_paused(e, t->audience, t->account) ||
		    t->root == DELIVERY_ASKED || t->root == DELIVERY_DECLINED)
			continue;
		t->is_approved = true; /* all the world has heard it: nobody is asked */
		thread_say_words(e, t, SAY_SAY, words->text, words->by, now);
		t->is_approved = false;
	}
}

/* Where it waits for a `go`, who may hear who said it hears that when it is said. */
int engine_say(struct engine *e, uint64_t incident, const char *text, const char *by, const struct now *now,
	       struct err *err)
{
	struct incident *i = incident_find(e, incident);
	bool heard = false, waits = false;

	for (struct thread *t = i ? i->threads : NULL; t; t = t->next) {
		if (audience_of(e, t)->internals || !is_standing(t) || is_paused(e, t->audience, t->account))
			continue;
		thread_say_words(e, t, SAY_SAY, text, by, now);
		waits |= t->question != NULL;
		t->update = now->boot_ms + audience_of(e, t)->update_ms;
		remind_restart(e, t, now);
		heard = true;
	}
	if (!heard)
		return err_set(err, "nobody in the public has heard of it, so there is nowhere to say it");
	if (!waits)
		insiders_hear(e, i, &(struct words_of){.text = text, .by = by}, now);
	return 0;
}
