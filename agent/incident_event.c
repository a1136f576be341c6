/*
 * What one event does to the problem that it is about. Called by incident.c.
 * Must never open an incident by itself: placing is incident_place.c's.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define UNACK_PATIENCE_MS 2000

/* --- states -------------------------------------------------------------------------- */

static bool soft_is_wanted(const struct engine *e)
{
	for (unsigned k = 0; k < e->config->n_audiences; k++)
		if (e->config->audiences[k].soft)
			return true;
	return false;
}

static void note_state(struct engine *e, struct problem *p, const struct event *ev)
{
	if (p->incident)
		engine_note(e, p->incident, "event", "%s%s%s %s %s %u/%u: %.200s", ev->host,
			    ev->service[0] ? "/" : "", ev->service, event_state_word(ev->kind, ev->state),
			    ev->flags & EVENT_HARD ? "hard" : "soft", ev->attempt, ev->max_attempts, ev->text);
}

static void begin(struct engine *e, struct node *n, const struct event *ev, const struct now *now)
{
	struct problem *p = problem_open(e, n, ev, now);

	if (!p)
		return;
	if (n->adopting && ev->type == EVENT_OBJECT && !is_told_by_twin(e, p)) {
		p->adopted = true;
		n->adopted_now++;
		return;
	}
	p->adopted = false;
	if (!p->object || !p->incident) {
		p->rejoins = p->incident != NULL;
		engine_ask(e, p, now);
		return;
	}
	problem_hear(e, p); /* a member from before, broken again */
	place_problem(e, p, now);
	if (p->incident)
		note_state(e, p, ev);
}

static void end(struct engine *e, struct problem *p, int64_t until_s, const struct event *ev, const struct now *now)
{
	struct incident *i = p->incident;

	note_state(e, p, ev);
	problem_recover(e, p, until_s, ev->type == EVENT_STATE || ev->type == EVENT_OBJECT ? ev->text : NULL, now);
	if (i)
		incident_update(e, i, now);
}

/*
 * The core takes an acknowledgement away just before it reports the change of state
 * that made it do so: wait for that, then "no longer with" is said only of what was let go.
 */
static void unacked(struct engine *e, struct incident *i, const char *owner, int64_t patience_ms,
		    const struct now *now)
{
	engine_set_string(&i->let_go, owner ? owner : "somebody");
	i->unack_due = now->boot_ms + patience_ms;
	incident_touch(i);
	incident_wake(e, i, i->unack_due);
}

/* Acknowledged while we did not look (a snapshot says so): when exactly, nobody knows. */
static void acked_meanwhile(struct engine *e, struct incident *i, const struct now *now)
{
	i->acked_s = now->wall_ms / 1000;
	incident_touch(i);
	engine_note(e, i, "event", "acknowledged by %s", i->owner ? i->owner : "somebody");
	threads_ack_line(e, i, now);
	incident_wake(e, i, now->boot_ms);
}

/* An adopted problem that gets worse is news after all. */
static void change(struct engine *e, struct problem *p, const struct event *ev, const struct now *now)
{
	unsigned before = problem_severity(p);
	bool acked = (p->flags & EVENT_ACKED) != 0, was_root = p->incident && stands_for_incident(p->incident, p);
	char *owner = engine_strdup(p->owner);

	problem_change(e, p, ev, now);
	if (p->adopted && problem_severity(p) > before) {
		p->adopted = false;
		p->was_adopted = true;
		p->since_s = p->hard_s = ev->since ? ev->since : now->wall_ms / 1000;
		engine_ask(e, p, now);
		if (p->kind == EVENT_HOST)
			place_left(e, p->node, p->host, now);
	}
	if (p->incident) {
		struct incident *i = p->incident;

		if (problem_severity(p) != before)
			note_state(e, p, ev);
		threads_for(e, i, p, now);
		incident_update(e, i, now);
		if (!acked && (p->flags & EVENT_ACKED) && was_root && i->closed_ms == 0)
			acked_meanwhile(e, i, now);
		if (acked && !(p->flags & EVENT_ACKED) && was_root && i->closed_ms == 0)
			unacked(e, i, owner, 0, now);
	} else if (p->object && !p->adopted) {
		place_problem(e, p, now);
	}
	free(owner);
}

void event_state(struct engine *e, struct node *n, const struct event *ev, const struct now *now)
{
	struct problem *p = engine_problem(e, n->name, ev->host, ev->service);
	bool live = p && problem_is_live(p);
	bool news = p && (live || p->incident) && flap_follow(p, (ev->flags & EVENT_FLAPS) != 0, now);

	if (!live && p && ev->state == EVENT_OK) {
		p->seen = true; /* it is well, but it flaps, say */
		if (news && p->incident)
			incident_update(e, p->incident, now);
	}
	if (!live) {
		if (ev->state != EVENT_OK && ((ev->flags & EVENT_HARD) || soft_is_wanted(e)))
			begin(e, n, ev, now);
		return;
	}
	if (p->checking && p->incident)
		incident_wake(e, p->incident, now->boot_ms); /* its deadlines stood still till now */
	if (ev->state == EVENT_OK) {
		if (snapshot_is_older(p, ev))
			return; /* asked about at the snapshot's end */
		end(e, p, ev->since ? ev->since : ev->time_us / 1000000, ev, now);
		return;
	}
	if (ev->type == EVENT_OBJECT && ev->last_ok > p->since_s) {
		/* It was well in between, while we did not look. */
		struct event was = *ev;
		was.state = EVENT_OK;
		end(e, p, ev->last_ok, &was, now);
		if ((ev->flags & EVENT_HARD) || soft_is_wanted(e))
			begin(e, n, ev, now);
		return;
	}
	change(e, p, ev, now);
}

/* --- acknowledgements, downtime, flapping, notifications ------------------------------ */

/* Of our own commands only the person's words: "WORDS - via HANDLE MARK", or "ack - via ..." for none. */
static void set_ack_text(struct incident *i, const struct event *ev)
{
	char *via;

	engine_set_string(&i->ack_text, ev->text);
	if (!ev->mark[0] || !i->ack_text)
		return;
	via = strstr(i->ack_text, " - via ");
	if (via)
		*via = '\0';
	if (!strcmp(i->ack_text, "ack"))
		engine_set_string(&i->ack_text, NULL);
}

void event_ack(struct engine *e, struct problem *p, const struct event *ev, const struct now *now)
{
	struct incident *i = p->incident;
	bool news = !(p->flags & EVENT_ACKED) || !p->owner || strcmp(p->owner, ev->author) != 0;

	if (!(p->flags & EVENT_ACKED))
		p->acked_as = p->state;
	p->flags |= EVENT_ACKED | (ev->flags & EVENT_STICKY);
	engine_set_string(&p->owner, ev->author);
	problem_touch(p);
	if (!i)
		return;
	engine_note(e, i, "event", "%s%s%s acknowledged by %s: %.200s", p->host, p->service[0] ? "/" : "",
		    p->service, ev->author, ev->text);
	if (!stands_for_incident(i, p))
		return;
	i->acked_s = ev->time_us / 1000000;
	i->ack_until_s = ev->until;
	incident_touch(i);
	set_ack_text(i, ev);
	incident_refresh(i);
	if (news)
		threads_ack_line(e, i, now);
	incident_wake(e, i, now->boot_ms); /* nobody else has to be called */
}

void event_ack_gone(struct engine *e, struct problem *p, const struct event *ev, const struct now *now)
{
	struct incident *i = p->incident;
	char *owner = engine_strdup(p->owner);

	if (p->flags & EVENT_ACKED) {
		p->flags &= ~(uint32_t)(EVENT_ACKED | EVENT_STICKY);
		engine_set_string(&p->owner, NULL);
		problem_touch(p);
		if (i && stands_for_incident(i, p)) {
			incident_refresh(i);
			unacked(e, i, owner, ev->flags & EVENT_OURS ? 0 : UNACK_PATIENCE_MS, now);
		}
	}
	free(owner);
}

void event_flag(struct engine *e, struct problem *p, uint32_t flag, bool on, const struct now *now)
{
	struct thread *t;

	p->flags = on ? p->flags | flag : p->flags & ~flag;
	problem_touch(p);
	if (!p->incident)
		return;
	if (flag == EVENT_IN_DOWNTIME && !on) {
		threads_for(e, p->incident, p, now); /* what was told beside it may be over */
		LL_FOREACH (p->incident->threads, t)
			if (t->state == THREAD_HELD) {
				t->due = now->boot_ms + e->config->audiences[t->audience].hold_ms;
				thread_touch(t);
			}
	}
	incident_update(e, p->incident, now);
	engine_wake(e, now->boot_ms);
}

/* A host's downtime covers its services; the core itself does not say so. */
static bool is_concerned(const struct engine *e, const struct problem *p, const struct node *n,
			 const struct event *ev)
{
	if (p->node != n || !problem_is_trouble(p) || strcmp(p->host, ev->host) != 0 ||
	    (ev->kind == EVENT_SERVICE && strcmp(p->service, ev->service) != 0))
		return false;
	/* one of its own, or its host's, may go on */
	return ev->sub == EVENT_DOWNTIME_START || !downtime_mutes(e, p, false);
}

void event_downtime(struct engine *e, struct node *n, const struct event *ev, const struct now *now)
{
	bool begins = ev->sub == EVENT_DOWNTIME_START;
	struct problem *p, *next;

	if (!begins && (ev->sub != EVENT_DOWNTIME_STOP || ev->code > 0))
		return; /* another one goes on */
	HASH_ITER (hh, e->problems, p, next) /* all before anybody looks at one of them */
		if (is_concerned(e, p, n, ev))
			p->flags = begins ? p->flags | EVENT_IN_DOWNTIME : p->flags & ~(uint32_t)EVENT_IN_DOWNTIME;
	HASH_ITER (hh, e->problems, p, next)
		if (is_concerned(e, p, n, ev))
			event_flag(e, p, EVENT_IN_DOWNTIME, begins, now);
}

/* as_contact: the core decided to notify this contact; that is the audience's match and states. */
void event_notified(struct engine *e, struct node *n, const struct event *ev, const struct now *now)
{
	struct problem *p = engine_problem(e, n->name, ev->host, ev->service);
	const struct config *c = e->config;
	uint64_t bits = 0;

	for (unsigned k = 0; k < c->n_audiences && k < AUDIENCES_MAX; k++)
		if (c->audiences[k].as_contact && c->audiences[k].as_contact[0] &&
		    !strcmp(c->audiences[k].as_contact, ev->author))
			bits |= AUDIENCE_BIT(k);
	if (!bits || ev->state == EVENT_OK)
		return;
	if (!p || !problem_is_live(p)) {
		/* The core notifies before it reports the change of state. */
		struct event hard = *ev;
		hard.flags = EVENT_HARD;
		begin(e, n, &hard, now);
		p = engine_problem(e, n->name, ev->host, ev->service);
	}
	if (!p || !problem_is_live(p))
		return;
	p->notified |= bits;
	if (!p->object || p->adopted) /* told to nobody, or called a false alarm */
		return;
	problem_hear(e, p);
	if (!p->incident) {
		place_problem(e, p, now);
		return;
	}
	threads_for(e, p->incident, p, now);
	incident_update(e, p->incident, now);
}
