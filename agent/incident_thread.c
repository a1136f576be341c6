/*
 * Threads: the table of SPEC 4.1. One incident as told by one audience on one account;
 * all patience lives here. What an event does to a thread in each of its states stands
 * in thread_update() and the functions that it calls, in the order of the table.
 * Must never word anything, and never speak before a deadline that is still ahead.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define PAST_MIN_S (10 * 60) /* an outage this long is told even when it is over (SPEC 4.5 case 1) */
#define LATE_S 120	     /* news so old on arrival came while we were away (case 14) */

/* --- one thread --------------------------------------------------------------------- */

void thread_finish(struct thread *t, enum thread_state state)
{
	approve_drop(t);
	t->state = state;
	t->due = t->update = t->remind = t->flap = t->ask = t->escalate = 0;
	thread_touch(t);
}

/* One that was dropped may be held anew, but never beside another. */
struct thread *thread_find(const struct incident *i, unsigned audience, unsigned account)
{
	struct thread *dropped = NULL;

	for (struct thread *t = i->threads; t; t = t->next) {
		if (t->audience != audience || t->account != account || t->state == THREAD_CLOSED ||
		    t->state == THREAD_MISSED)
			continue;
		if (t->state != THREAD_DROPPED)
			return t;
		dropped = t;
	}
	return dropped;
}

/* --- HELD ------------------------------------------------------------------------- */

void thread_hold(struct engine *e, struct thread *t, int64_t since_s, const struct now *now)
{
	int64_t ago = now->wall_ms - since_s * 1000;
	int64_t hold_ms = t->incident->flags & INCIDENT_MAJOR ? 0 : audience_of(e, t)->hold_ms;

	approve_drop(t);
	t->state = THREAD_HELD;
	t->root = DELIVERY_NONE;
	t->flags = 0;
	t->due = now->boot_ms - (ago > 0 ? ago : 0) + hold_ms;
	if (t->due < 1)
		t->due = 1;
	thread_touch(t);
	incident_wake(e, t->incident, t->due);
}

void thread_free(struct engine *e, struct thread *t)
{
	HASH_DEL(e->threads, t);
	approve_free(t);
	free(t->names);
	free(t);
}

struct thread *thread_create(struct engine *e, struct incident *i, unsigned audience, unsigned account)
{
	struct thread *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->id = e->sink.next_id(e->sink.arg);
	t->incident = i;
	t->audience = audience;
	t->account = account;
	t->times = 1;
	thread_touch(t);
	HASH_ADD(hh, e->threads, id, sizeof t->id, t);
	LL_APPEND(i->threads, t);
	return t;
}

/* The hold of what was muted is over long ago; this one has its own. */
static void hold_anew(struct engine *e, struct thread *t, const struct problem *p, const struct now *now)
{
	int64_t due = boot_of(problem_since_for(e, p, t->audience), now) + audience_of(e, t)->hold_ms;

	if (t->incident->flags & INCIDENT_MAJOR || due <= t->due || t->flags & THREAD_OVERDUE)
		return;
	t->due = due < now->boot_ms + audience_of(e, t)->hold_ms ? due : now->boot_ms + audience_of(e, t)->hold_ms;
	thread_touch(t);
	incident_wake(e, t->incident, t->due);
}

static void thread_ensure(struct engine *e, struct incident *i, unsigned audience, unsigned account,
			  const struct problem *p, const struct now *now)
{
	struct thread *t = thread_find(i, audience, account);

	if (t && t->state == THREAD_HELD && thread_is_unmuted_by(t, p)) {
		hold_anew(e, t, p, now);
		return;
	}
	if ((t && t->state != THREAD_DROPPED) || parent_speaks(i, audience, account))
		return; /* told already, or the parent speaks for it */
	if (!(p->in & AUDIENCE_BIT(audience)) || p->since_s < e->sink.born_s(e->sink.arg, audience, account))
		return; /* heard only by who was told already; or older than the audience */
	if (!t)
		t = thread_create(e, i, audience, account);
	if (!t)
		return;
	t->times = 1;
	thread_hold(e, t, problem_since_for(e, p, audience), now);
}

void threads_for(struct engine *e, struct incident *i, struct problem *p, const struct now *now)
{
	const struct config *c = e->config;

	for (unsigned a = 0; a < c->n_audiences && a < AUDIENCES_MAX; a++) {
		if (!(p->heard & AUDIENCE_BIT(a)) || !problem_is_trouble(p))
			continue;
		for (unsigned k = 0; k < c->audiences[a].n_accounts; k++)
			thread_ensure(e, i, a, c->audiences[a].accounts[k], p, now);
	}
}

/* Over before anything was said: nobody ever hears of it, or in a digest. */
static void thread_drop(struct engine *e, struct thread *t, const struct now *now)
{
	const struct config_audience *a = audience_of(e, t);
	int64_t until_s = thread_last_s(t), since_s = thread_first_s(e, t);
	bool came_late = now->wall_ms / 1000 - until_s > LATE_S && (until_s - since_s) * 1000 >= a->hold_ms &&
			 !(t->incident->flags & INCIDENT_DOWNTIME);

	if (t->flags & THREAD_OVERDUE) {
		thread_miss(e, t, thread_hush(e, t, now), now);
	} else if (came_late && a->internals) { /* we were away; the public needs no old news (SPEC 4.5 case 14) */
		thread_miss(e, t, HUSH_NONE, now);
	} else {
		thread_finish(t, THREAD_DROPPED);
		engine_wake(e, now->boot_ms); /* for whom it spoke till now */
		e->dropped++;
	}
}

/* --- TOLD: saying, and what follows from it ---------------------------------------- */

/* All that is trouble is named, or goes without saying for what is. */
void thread_names_members(const struct engine *e, struct thread *t)
{
	bool internals = audience_of(e, t)->internals; /* public names are all said, whatever stands before what */
	uint64_t bit = AUDIENCE_BIT(t->audience);
	bool awake = incident_is_awake(t->incident, t->audience);

	for (const struct incident *part = t->incident; part; part = next_part(e, t->incident, part, t->audience))
		for (struct problem *p = part->problems; p; p = p->next) {
			if ((p->told & bit) || !problem_is_trouble(p) || !thread_hears(t, p) ||
			    (awake && problem_is_covered(p)) || (internals && goes_without_saying(t->incident, p, t->audience)))
				continue;
			p->told |= bit;
			problem_touch(p);
		}
}

/* A thread begins, or breaks again: what is well by now is no part of it. */
static void forget_members(struct thread *t)
{
	uint64_t bit = AUDIENCE_BIT(t->audience);

	for (struct problem *p = t->incident->problems; p; p = p->next)
		if ((p->told & bit) && !problem_is_trouble(p)) {
			p->told &= ~bit;
			problem_touch(p);
		}
}

void thread_told(struct engine *e, struct thread *t, const struct now *now)
{
	thread_names_members(e, t);
	t->told_severity = thread_worst(t);
	t->flags &= ~(unsigned)THREAD_NEWS;
	t->update = now->boot_ms + audience_of(e, t)->update_ms;
	thread_touch(t);
	remind_restart(e, t, now);
}

/* The clock by which its beginning was noted. */
static int64_t since_clock(const struct engine *e, const struct thread *t, const struct now *now)
{
	for (const struct problem *p = t->incident->problems; p; p = p->next)
		if (thread_hears(t, p) && problem_since_for(e, p, t->audience) == t->since_s)
			return p->clock;
	return clock_of(now);
}

void thread_tell(struct engine *e, struct thread *t, enum say_event event, const char *was, const struct now *now)
{
	t->state = THREAD_TOLD;
	t->due = 0;
	t->since_s = thread_since(e, t);
	t->since_clock = since_clock(e, t, now);
	t->until_s = 0;
	t->reminders = 0;
	t->flags &= ~(unsigned)(THREAD_OVERDUE | THREAD_OWES_AGAIN);
	forget_members(t);
	channel_changed(e, t, now);
	thread_say(e, t, event, was, now);
	thread_told(e, t, now);
	escalate_restart(e, t, now);
	children_part_lines(e, t, now);
	if (e->config->n_same_objects > 1)
		engine_wake(e, now->boot_ms); /* that they disagree may be said now */
}

/*
 * As with the first post, what else happens meanwhile is in the line: more may fail,
 * and the services of a host that came back recover one check after the other.
 */
static int64_t news_patience(const struct engine *e, const struct thread *t)
{
	const struct config_audience *a = audience_of(e, t);

	return a->hold_ms > a->recovery_hold_ms ? a->hold_ms : a->recovery_hold_ms;
}

/* Severity crosses what was told: said at once, through an acknowledgement, too. */
static bool thread_worse(struct engine *e, struct thread *t, const struct now *now)
{
	static const char *const word[] = {"OK", "WARNING", "UNKNOWN", "CRITICAL", "DOWN"};
	unsigned severity;

	if (incident_worst(t->incident) <= t->told_severity)
		return false;
	severity = thread_worst(t);
	if (severity <= t->told_severity)
		return false;
	if (t->told_severity)
		thread_say(e, t, SAY_WORSE, word[t->told_severity], now);
	if (t->told_severity && audience_of(e, t)->internals) {
		thread_told(e, t, now);
		return true;
	}
	t->told_severity = severity; /* the public knows only broken and working */
	thread_touch(t);
	return false;
}

/* Something about its members changed, or may be said again. */
void thread_look(struct engine *e, struct thread *t, const struct now *now)
{
	if ((t->flags & (THREAD_OWES_AGAIN | THREAD_FLAP_TOLD)) || rest_is_pending(t) ||
	    thread_hush(e, t, now) != HUSH_NONE || thread_flaps(e, t, now))
		return;
	if (thread_worse(e, t, now))
		return;
	if (!(t->flags & THREAD_NEWS) && thread_has_news(e, t)) {
		int64_t patience = now->boot_ms + news_patience(e, t);

		t->flags |= THREAD_NEWS;
		t->update = t->update > patience ? t->update : patience;
		thread_touch(t);
	}
	if (t->flags & THREAD_NEWS)
		incident_wake(e, t->incident, t->update);
}

/* --- RECOVERING and RESOLVED -------------------------------------------------------- */

void thread_over(struct engine *e, struct thread *t, const struct now *now)
{
	int64_t ago_ms;

	t->state = THREAD_RECOVERING;
	t->until_s = thread_last_s(t);
	if (!t->until_s)
		t->until_s = now->wall_ms / 1000; /* what is left is none of theirs: SOFT again, say */
	t->until_clock = clock_of(now);
	ago_ms = now->wall_ms - t->until_s * 1000;
	t->due = now->boot_ms - (ago_ms > 0 ? ago_ms : 0) + audience_of(e, t)->recovery_hold_ms;
	if (t->due < now->boot_ms || (t->incident->flags & INCIDENT_BY_HAND))
		t->due = now->boot_ms;
	t->update = t->remind = t->flap = 0;
	thread_touch(t);
	incident_wake(e, t->incident, t->due);
	/* What nobody has read yet would no longer be so when they read it. */
	if (t->root == DELIVERY_QUEUED) {
		e->sink.cancel(e->sink.arg, t->id);
		t->root = DELIVERY_NONE;
	}
}

static enum say_event end_of(const struct thread *t)
{
	if (t->incident->flags & INCIDENT_BY_HAND)
		return SAY_CLOSED;
	return t->flags & THREAD_FLAP_TOLD ? SAY_STABLE : SAY_RECOVERY;
}

static void say_end(struct engine *e, struct thread *t, const struct now *now)
{
	enum say_event end = end_of(t);

	t->flags &= ~(unsigned)(THREAD_OWES_END | THREAD_REST_TOLD | THREAD_FLAP_TOLD);
	thread_touch(t);
	if (t->incident->flags & INCIDENT_RETRACTED) {
		thread_say_words(e, t, SAY_RETRACT, t->incident->text, t->incident->by, now);
		return;
	}
	ask_later(e, t, now);
	if (t->root == DELIVERY_NONE) {
		t->flags |= THREAD_BY_PAST;
		e->sink.cancel(e->sink.arg, t->id); /* an older one that nobody has read: one is enough */
		thread_say(e, t, SAY_PAST, NULL, now);
	} else {
		thread_say(e, t, end, NULL, now);
	}
}

void thread_resolved(struct engine *e, struct thread *t, const struct now *now)
{
	t->state = THREAD_RESOLVED;
	t->due = now->boot_ms + audience_of(e, t)->reopen_ms;
	thread_touch(t);
	incident_wake(e, t->incident, now->boot_ms); /* for whom it spoke till now */
	channel_changed(e, t, now);
}

/* Nobody has read of it and nobody can now: too short for a line of its own, or for a digest. */
static bool thread_passes_unsaid(struct engine *e, struct thread *t, enum hush hush, const struct now *now)
{
	bool is_unread = t->root == DELIVERY_NONE;

	if (!(t->flags & THREAD_OWES_AGAIN) && !is_unread)
		return false;
	if (is_unread && t->until_s - t->since_s < PAST_MIN_S && !is_missed_by(hush)) {
		thread_finish(t, THREAD_DROPPED);
		e->dropped++;
		return true;
	}
	if (is_missed_by(hush)) {
		thread_miss(e, t, hush, now);
		return true;
	}
	if (t->flags & THREAD_OWES_AGAIN) { /* the last that was said is an end: so it is */
		t->flags &= ~(unsigned)THREAD_OWES_AGAIN;
		thread_resolved(e, t, now);
		return true;
	}
	return false;
}

void thread_resolve(struct engine *e, struct thread *t, const struct now *now)
{
	enum hush hush = thread_hush(e, t, now);

	engine_wake(e, now->boot_ms); /* for whom it spoke till now */
	if ((t->flags & THREAD_PART_TOLD) && thread_is_silent(t)) {
		thread_finish(t, THREAD_CLOSED); /* "part of" was its last word */
		return;
	}
	if (t->flags & THREAD_IN_STORM) {
		thread_resolved(e, t, now);
		return;
	}
	if (approve_ends(e, t, now) || thread_passes_unsaid(e, t, hush, now))
		return;
	thread_resolved(e, t, now);
	if (hush_owes(hush))
		t->flags |= THREAD_OWES_END;
	else
		say_end(e, t, now);
}

/* RESOLVED while nothing might be said: now it may. */
void thread_pay_end(struct engine *e, struct thread *t, const struct now *now)
{
	if ((t->flags & THREAD_OWES_END) && !hush_owes(thread_hush(e, t, now)))
		say_end(e, t, now);
}

/* It broke again before the recovery was said: nothing happened, as far as anybody was told. */
static void thread_relapse(struct engine *e, struct thread *t, const struct now *now)
{
	unsigned kept = t->flags;

	t->root = t->root == DELIVERY_DEAD ? DELIVERY_NONE : t->root; /* it was refused: nobody was told */
	if (t->root == DELIVERY_NONE && !(t->flags & THREAD_IN_STORM)) {
		thread_hold(e, t, thread_since(e, t), now);
		t->flags |= kept & THREAD_OVERDUE;
		return;
	}
	t->state = THREAD_TOLD;
	t->flags &= ~(unsigned)THREAD_OWES_END;
	t->due = 0;
	t->until_s = 0;
	t->update = now->boot_ms + audience_of(e, t)->update_ms;
	thread_touch(t);
	remind_restart(e, t, now);
	thread_part_line(e, t, now);
	children_part_lines(e, t, now);
}

void thread_tell_again(struct engine *e, struct thread *t, const struct now *now)
{
	if (thread_flaps(e, t, now))
		thread_flap_begin(e, t, now);
	else
		thread_tell(e, t, SAY_AGAIN, NULL, now);
}

/* RESOLVED, and broken again. */
static void thread_again(struct engine *e, struct thread *t, const struct now *now)
{
	if (t->flags & (THREAD_OWES_END | THREAD_IN_STORM)) {
		thread_relapse(e, t, now);
		return;
	}
	t->times++;
	t->ask = 0;
	if (thread_hush(e, t, now) == HUSH_NONE) {
		thread_tell_again(e, t, now);
		return;
	}
	t->state = THREAD_TOLD;
	t->due = 0;
	t->since_s = thread_since(e, t);
	t->until_s = 0;
	t->flags |= THREAD_OWES_AGAIN;
	thread_touch(t);
}

/* --- the table ------------------------------------------------------------------------ */

static void thread_update(struct engine *e, struct thread *t, const struct now *now)
{
	bool live = thread_is_live(t);

	switch (t->state) {
	case THREAD_HELD:
		if (!live)
			thread_drop(e, t, now);
		break;
	case THREAD_TOLD:
		if (live)
			thread_look(e, t, now);
		else if (!(t->flags & THREAD_FLAP_TOLD)) /* else its end is "stable" */
			thread_over(e, t, now);
		break;
	case THREAD_RECOVERING:
		if (live) {
			thread_relapse(e, t, now);
			if (t->state == THREAD_TOLD)
				thread_look(e, t, now);
		}
		break;
	case THREAD_RESOLVED:
		if (live)
			thread_again(e, t, now);
		break;
	case THREAD_MISSED: /* broken again, it has a thread of its own: each time is in the digest */
	case THREAD_CLOSED:
	case THREAD_DROPPED: break;
	}
}

/* What held it back may be over with this change; or whom it spoke for is alone from now on. */
static void look_again(struct engine *e, const struct thread *t, const struct now *now)
{
	bool is_mute = t->state == THREAD_RESOLVED && incident_has_live(t->incident);

	if ((t->flags & THREAD_NEWS) && is_due(t->update, now))
		incident_wake(e, t->incident, now->boot_ms); /* it waited until it is bad again */
	if (is_mute || (t->flags & THREAD_OWES_AGAIN) || is_due(t->due, now) || is_due(t->remind, now) || is_due(t->escalate, now))
		engine_wake(e, now->boot_ms);
}

void incident_update(struct engine *e, struct incident *i, const struct now *now)
{
	struct thread *t, *next;

	incident_refresh(i);
	if (!incident_has_live(i))
		incident_wake(e, i, now->boot_ms); /* its children may be told again from now on */
	if (!incident_is_known(i) || incident_is_in_snapshot(i) || (i->flags & INCIDENT_MAINTENANCE))
		return;
	if (flap_calms(e, i, now))
		incident_refresh(i);
	LL_FOREACH_SAFE (i->threads, t, next) {
		thread_downtime_look(e, t, now); /* first: its line says what else would be said of the state */
		thread_update(e, t, now);
		thread_flap_look(e, t, now);
		look_again(e, t, now);
	}
	if (i->ack_unsaid)
		threads_ack_line(e, i, now);
	incident_close_if_over(e, i, now);
}
