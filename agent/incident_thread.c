/*
 * Threads: when to speak (SPEC 4.1). One incident as told by one audience on one
 * account; all patience lives here.
 * Must never word anything, and never speak before a deadline that is still ahead.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define PAST_MIN_S (10 * 60)   /* an outage this long is told even when it is over (SPEC 4.5 case 1) */
#define REMIND_DOUBLINGS 6

void engine_wake(struct engine *e, int64_t boot_ms)
{
	if (boot_ms < e->next_due)
		e->next_due = boot_ms;
}

static const struct config_audience *audience_of(const struct engine *e, const struct thread *t)
{
	return &e->config->audiences[t->audience];
}

/* Where every line costs, only those that the file asks for by name are said beside the news. */
static bool costs(const struct engine *e, const struct thread *t)
{
	return e->config->accounts[t->account].is_metered;
}

static bool says_acks(const struct engine *e, const struct thread *t)
{
	const struct config_audience *a = audience_of(e, t);

	return a->acks && (a->acks_asked || !costs(e, t));
}

static bool hears(const struct thread *t, const struct problem *p)
{
	return (p->heard & AUDIENCE_BIT(t->audience)) != 0;
}

unsigned thread_live(const struct thread *t)
{
	unsigned n = 0;

	for (const struct problem *p = t->incident->problems; p; p = p->next)
		n += problem_is_live(p) && hears(t, p);
	return n;
}

/* Scheduled downtime mutes: nothing new is said while it covers everything. */
bool thread_is_muted(const struct thread *t)
{
	for (const struct problem *p = t->incident->problems; p; p = p->next)
		if (problem_is_live(p) && hears(t, p) && !(p->flags & EVENT_IN_DOWNTIME))
			return false;
	return true;
}

static unsigned worst(const struct thread *t)
{
	unsigned severity = 0;

	for (const struct problem *p = t->incident->problems; p; p = p->next)
		if (problem_is_live(p) && hears(t, p) && problem_severity(p) > severity)
			severity = problem_severity(p);
	return severity;
}

static unsigned news_count(struct engine *e, const struct thread *t)
{
	return audience_of(e, t)->internals ? thread_count(t) : thread_names(e, t);
}

void thread_finish(struct thread *t, enum thread_state state)
{
	t->state = state;
	t->due = t->update = t->remind = 0;
	t->dirty = true;
}

static bool is_final(const struct thread *t)
{
	return t->state == THREAD_CLOSED || t->state == THREAD_DROPPED;
}

static struct thread *thread_find(const struct incident *i, unsigned audience, unsigned account)
{
	for (struct thread *t = i->threads; t; t = t->next)
		if (t->audience == audience && t->account == account && t->state != THREAD_CLOSED)
			return t;
	return NULL;
}

/* Part of another incident that the same people hear of: that one speaks for both. */
bool thread_is_silent(const struct thread *t)
{
	const struct incident *parent = t->incident->parent;
	const struct thread *theirs = parent ? thread_find(parent, t->audience, t->account) : NULL;

	return theirs && theirs->state != THREAD_DROPPED;
}

/* Said as soon as the parent stands there to be read; a tag that nobody has seen explains nothing. */
void thread_part_line(struct engine *e, struct thread *t, const struct now *now)
{
	const struct incident *parent = t->incident->parent;
	const struct thread *theirs = parent ? thread_find(parent, t->audience, t->account) : NULL;

	if (t->state != THREAD_TOLD || (t->flags & THREAD_PART_TOLD) || !theirs || theirs->state != THREAD_TOLD)
		return;
	t->flags |= THREAD_PART_TOLD;
	t->dirty = true;
	thread_say(e, t, SAY_PART_OF, NULL, now);
}

/* The children's threads of the same people, when a thread of the parent was told. */
static void tell_children(struct engine *e, const struct thread *parent, const struct now *now)
{
	struct incident *child;
	struct thread *t;

	DL_FOREACH (e->incidents, child) {
		if (child->parent != parent->incident)
			continue;
		LL_FOREACH (child->threads, t)
			if (t->audience == parent->audience && t->account == parent->account)
				thread_part_line(e, t, now);
	}
}

/* --- beginning ------------------------------------------------------------------ */

static void thread_hold(struct engine *e, struct thread *t, int64_t since_s, const struct now *now)
{
	int64_t ago = now->wall_ms - since_s * 1000;

	t->state = THREAD_HELD;
	t->root = DELIVERY_NONE;
	t->flags = 0;
	t->due = now->boot_ms - (ago > 0 ? ago : 0) + audience_of(e, t)->hold_ms;
	if (t->due < 1)
		t->due = 1;
	t->dirty = true;
	engine_wake(e, t->due);
}

static void thread_ensure(struct engine *e, struct incident *i, unsigned audience, unsigned account,
			  const struct problem *p, const struct now *now)
{
	struct thread *t = thread_find(i, audience, account);
	struct thread *theirs = i->parent ? thread_find(i->parent, audience, account) : NULL;

	if ((t && t->state != THREAD_DROPPED) || (theirs && theirs->state != THREAD_DROPPED))
		return; /* told already, or the parent speaks for it */
	if (p->since_s < e->sink.born_s(e->sink.arg, audience, account))
		return; /* older than the audience */
	if (!t) {
		t = calloc(1, sizeof *t);
		if (!t)
			return;
		t->id = e->sink.next_id(e->sink.arg);
		t->incident = i;
		t->audience = audience;
		t->account = account;
		LL_APPEND(i->threads, t);
	}
	t->times = 1;
	thread_hold(e, t, e->config->audiences[audience].soft ? p->since_s : p->hard_s, now);
}

void threads_for(struct engine *e, struct incident *i, struct problem *p, const struct now *now)
{
	const struct config *c = e->config;

	for (unsigned a = 0; a < c->n_audiences && a < AUDIENCES_MAX; a++) {
		if (!(p->heard & AUDIENCE_BIT(a)) || !problem_is_live(p))
			continue;
		for (unsigned k = 0; k < c->audiences[a].n_accounts; k++)
			thread_ensure(e, i, a, c->audiences[a].accounts[k], p, now);
	}
}

/* --- saying, and what follows from it -------------------------------------------- */

static int64_t remind_interval(const struct engine *e, const struct thread *t)
{
	const struct config_audience *a = audience_of(e, t);
	bool acked = (t->incident->flags & INCIDENT_ACKED) && a->internals;
	bool asked = acked ? a->remind_acked_asked : a->remind_asked;
	int64_t ms = acked ? a->remind_acked_ms : a->remind_ms;
	unsigned doublings = t->reminders < REMIND_DOUBLINGS ? t->reminders : REMIND_DOUBLINGS;

	if (costs(e, t) && !asked)
		return 0;
	return ms << (acked ? 0 : doublings);
}

void thread_told(struct engine *e, struct thread *t, const struct now *now)
{
	int64_t interval = remind_interval(e, t);

	t->told_severity = worst(t);
	t->told_count = news_count(e, t);
	t->flags &= ~(unsigned)THREAD_NEWS;
	t->update = now->boot_ms + audience_of(e, t)->update_ms;
	t->remind = interval > 0 ? now->boot_ms + interval : 0;
	if (t->remind)
		engine_wake(e, t->remind);
	t->dirty = true;
}

/* Whoever is told the object is told its own time; the public, since when anything is bad. */
static int64_t told_since(const struct engine *e, const struct thread *t)
{
	const struct problem *root = incident_root_heard(t->incident, t->audience);
	bool soft = audience_of(e, t)->soft;
	int64_t since = 0;

	if (audience_of(e, t)->internals && root && hears(t, root))
		return soft ? root->since_s : root->hard_s;

	for (const struct problem *p = t->incident->problems; p; p = p->next) {
		int64_t from = soft ? p->since_s : p->hard_s;

		if (problem_is_live(p) && hears(t, p) && (!since || from < since))
			since = from;
	}
	return since;
}

void thread_tell(struct engine *e, struct thread *t, enum say_event event, const struct now *now)
{
	t->state = THREAD_TOLD;
	t->due = 0;
	t->since_s = told_since(e, t);
	t->until_s = 0;
	t->reminders = 0;
	if (event == SAY_PROBLEM)
		t->root = DELIVERY_QUEUED;
	thread_say(e, t, event, NULL, now);
	thread_told(e, t, now);
	tell_children(e, t, now);
}

static int64_t latest_until(const struct thread *t)
{
	int64_t until = 0;

	for (const struct problem *p = t->incident->problems; p; p = p->next)
		if (hears(t, p) && p->until_s > until)
			until = p->until_s;
	return until;
}

static void thread_recovering(struct engine *e, struct thread *t, const struct now *now)
{
	t->state = THREAD_RECOVERING;
	t->until_s = latest_until(t);
	t->due = now->boot_ms + audience_of(e, t)->recovery_hold_ms;
	t->update = t->remind = 0;
	t->dirty = true;
	engine_wake(e, t->due);
	/* What nobody has read yet would no longer be so when they read it. */
	if (t->root == DELIVERY_QUEUED) {
		e->sink.cancel(e->sink.arg, t->id);
		t->root = DELIVERY_NONE;
	}
}

void thread_resolve(struct engine *e, struct thread *t, const struct now *now)
{
	if ((t->flags & THREAD_PART_TOLD) && thread_is_silent(t)) {
		thread_finish(t, THREAD_CLOSED); /* "part of" was its last word */
		return;
	}
	if (t->root == DELIVERY_NONE && t->until_s - t->since_s < PAST_MIN_S) {
		thread_finish(t, THREAD_DROPPED);
		e->dropped++;
		return;
	}
	t->state = THREAD_RESOLVED;
	t->due = now->boot_ms + audience_of(e, t)->reopen_ms;
	t->dirty = true;
	engine_wake(e, t->due);
	if (t->root == DELIVERY_NONE) {
		t->root = DELIVERY_QUEUED;
		e->sink.cancel(e->sink.arg, t->id); /* an older one that nobody has read: one is enough */
		thread_say(e, t, SAY_PAST, NULL, now);
	} else {
		thread_say(e, t, SAY_RECOVERY, NULL, now);
	}
}

/* It broke again before the recovery was said: nothing happened, as far as anybody was told. */
static void thread_relapse(struct engine *e, struct thread *t, const struct now *now)
{
	if (t->root == DELIVERY_NONE) {
		thread_hold(e, t, told_since(e, t), now);
		return;
	}
	t->state = THREAD_TOLD;
	t->due = 0;
	t->until_s = 0;
	t->update = now->boot_ms + audience_of(e, t)->update_ms;
	t->remind = remind_interval(e, t) > 0 ? now->boot_ms + remind_interval(e, t) : 0;
	if (t->remind)
		engine_wake(e, t->remind);
	t->dirty = true;
}

static void thread_again(struct engine *e, struct thread *t, const struct now *now)
{
	t->times++;
	thread_tell(e, t, SAY_AGAIN, now);
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

/* TOLD, and something about its members changed. */
static void thread_look(struct engine *e, struct thread *t, const struct now *now)
{
	static const char *const word[] = {"OK", "WARNING", "UNKNOWN", "CRITICAL", "DOWN"};
	unsigned severity = worst(t);

	if (thread_is_silent(t) || thread_is_muted(t))
		return;
	if (severity > t->told_severity) {
		thread_say(e, t, SAY_WORSE, word[t->told_severity], now);
		if (audience_of(e, t)->internals) {
			thread_told(e, t, now);
			return;
		}
		t->told_severity = severity; /* the public knows only broken and working */
		t->dirty = true;
	}
	if (news_count(e, t) > t->told_count && !(t->flags & THREAD_NEWS)) {
		int64_t patience = now->boot_ms + news_patience(e, t);

		t->flags |= THREAD_NEWS;
		t->update = t->update > patience ? t->update : patience;
		t->dirty = true;
		engine_wake(e, t->update);
	}
}

static void thread_update(struct engine *e, struct thread *t, const struct now *now)
{
	unsigned live = thread_live(t);

	switch (t->state) {
	case THREAD_HELD:
		if (!live) {
			thread_finish(t, THREAD_DROPPED);
			e->dropped++;
		}
		break;
	case THREAD_TOLD:
		if (!live)
			thread_recovering(e, t, now);
		else
			thread_look(e, t, now);
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
	case THREAD_CLOSED:
	case THREAD_DROPPED: break;
	}
}

/* While a member is not described (after a restart) nobody knows who hears of it, and by which name. */
bool incident_is_known(const struct incident *i)
{
	for (const struct problem *p = i->problems; p; p = p->next)
		if (!p->object && !p->is_unknown)
			return false;
	return true;
}

bool incident_is_over(const struct incident *i)
{
	for (const struct thread *t = i->threads; t; t = t->next)
		if (!is_final(t))
			return false;
	return true;
}

void incident_update(struct engine *e, struct incident *i, const struct now *now)
{
	struct thread *t, *next;

	incident_refresh(i);
	if (!incident_is_known(i))
		return;
	LL_FOREACH_SAFE (i->threads, t, next)
		thread_update(e, t, now);
	if (i->ack_unsaid)
		threads_ack_line(e, i, now);
	if (incident_is_over(i) && !(i->parent && incident_has_live(i)))
		incident_close(e, i, now);
}

/* --- acknowledgements --------------------------------------------------------------- */

void threads_ack_line(struct engine *e, struct incident *i, const struct now *now)
{
	i->ack_unsaid = !incident_is_known(i) && (i->flags & INCIDENT_ACKED);
	if (i->ack_unsaid || !(i->flags & INCIDENT_ACKED))
		return;
	for (struct thread *t = i->threads; t; t = t->next) {
		if (t->state != THREAD_TOLD || thread_is_silent(t) || !says_acks(e, t))
			continue;
		thread_say(e, t, SAY_ACK, NULL, now);
		t->reminders = 0;
		t->remind = remind_interval(e, t) > 0 ? now->boot_ms + remind_interval(e, t) : 0;
		if (t->remind)
			engine_wake(e, t->remind);
		t->dirty = true;
	}
}

void threads_unack_line(struct engine *e, struct incident *i, const struct now *now)
{
	char *shown = i->owner;

	i->unack_due = 0;
	if ((i->flags & INCIDENT_ACKED) || !incident_has_live(i))
		return; /* somebody has it again, or it is over */
	engine_note(e, i, "event", "acknowledgement of %s removed", i->let_go);

	for (struct thread *t = i->threads; t; t = t->next) {
		if (t->state != THREAD_TOLD || thread_is_silent(t) || !says_acks(e, t))
			continue;
		i->owner = i->let_go; /* "bob has let go": named though no longer owner */
		thread_say(e, t, SAY_UNACK, NULL, now);
		i->owner = shown;
	}
}

/* The object left the configuration: that is all that can be said. */
void threads_gone_line(struct engine *e, struct incident *i, const struct now *now)
{
	for (struct thread *t = i->threads; t; t = t->next) {
		if (t->state != THREAD_TOLD && t->state != THREAD_RECOVERING)
			continue;
		if (t->root == DELIVERY_QUEUED)
			e->sink.cancel(e->sink.arg, t->id);
		else
			thread_say(e, t, SAY_GONE, NULL, now);
		thread_finish(t, THREAD_CLOSED);
	}
}
