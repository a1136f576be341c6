/*
 * Planned maintenance: announced, begun, another end, over, cancelled. Called by the timers
 * and for what is planned by hand. What of it an audience hears on an account stands in
 * thread_ahead(), thread_during() and maintenance_thread_ends().
 * Must never tell one downtime in two threads of the same people.
 */
#include "agent/incident_internal.h"

#include <string.h>
#include <utlist.h>

#define MISSED_S 7200 /* an end that is older is no news */
#define ACT_S 60	/* times that differ by less are the same */
#define ON_TIME_S 300	/* an announcement that comes later is for the leads of the next minutes, too */
#define BEGIN_MS 10000	/* 500 downtimes of one act begin one after the other */

/* --- where it stands ------------------------------------------------------------------- */

static void look_at(struct incident *i, int64_t boot_ms)
{
	if (boot_ms < i->look)
		i->look = boot_ms;
}

static void begins(struct engine *e, struct incident *i, const struct now *now)
{
	if (i->flags & INCIDENT_BEGUN)
		return;
	i->flags |= INCIDENT_BEGUN;
	i->begun = now->boot_ms;
	i->since_s = now->wall_ms / 1000;
	incident_touch(i);
	engine_note(e, i, "event", "maintenance has begun");
}

/* To its planned end, and nobody was there to see it begin: the agent was down, or a look came too late. */
static bool has_passed(const struct incident *i)
{
	return !(i->flags & INCIDENT_BEGUN) && i->until_s && i->until_s >= i->to_s;
}

static void ends(struct engine *e, struct incident *i, int64_t until_s)
{
	if (i->until_s)
		return;
	i->until_s = until_s;
	incident_touch(i);
	engine_note(e, i, "event", i->flags & INCIDENT_BEGUN || has_passed(i) ? "maintenance is over" : "maintenance is cancelled");
}

static void is_from_to(struct incident *i, int64_t from_s, int64_t to_s)
{
	if (i->from_s == from_s && i->to_s == to_s && !i->until_s)
		return;
	i->from_s = from_s;
	i->to_s = to_s;
	i->until_s = 0;
	i->since_s = i->flags & INCIDENT_BEGUN ? i->since_s : from_s;
	incident_touch(i);
}

/* Whether it runs is the core's word, never the clock's. True: all of it does that will. */
static bool follow_core(struct engine *e, struct incident *i, const struct now *now)
{
	int64_t from_s = 0, to_s = 0;
	unsigned live = 0, running = 0;
	const struct downtime *d;

	LL_FOREACH2 (i->downtimes, d, sibling) {
		if (d->flags & DOWNTIME_OVER)
			continue;
		from_s = !live || d->from_s < from_s ? d->from_s : from_s;
		to_s = !live || d->to_s > to_s ? d->to_s : to_s;
		running += (d->flags & DOWNTIME_RUNS) != 0;
		live++;
	}
	if (running)
		begins(e, i, now);
	if (live)
		is_from_to(i, from_s, to_s);
	else
		ends(e, i, now->wall_ms / 1000);
	return running == live;
}

/* By hand there is only the clock. */
static bool follow_clock(struct engine *e, struct incident *i, const struct now *now)
{
	int64_t wall_s = now->wall_ms / 1000;

	if (!i->until_s && wall_s >= i->from_s && wall_s < i->to_s)
		begins(e, i, now);
	if (!i->until_s && wall_s >= i->to_s)
		ends(e, i, i->to_s);
	if (!i->until_s)
		look_at(i, boot_of(wall_s < i->from_s ? i->from_s : i->to_s, now));
	return true;
}

/* Who hears of it, and by which name, is known; and what the core says is of now. */
static bool is_known(const struct incident *i)
{
	const struct downtime *d;

	LL_FOREACH2 (i->downtimes, d, sibling)
		if (!d->node->up || d->node->undescribed || (d->flags & DOWNTIME_ASKED) ||
		    !(d->object || (d->flags & DOWNTIME_UNKNOWN))) {
			d->node->is_awaited = true;
			return false;
		}
	return true;
}

static void take_label(struct incident *i)
{
	char label[EVENT_NAME_MAX * 2 + 32];

	i->state_word = i->until_s ? "over" : i->flags & INCIDENT_BEGUN ? "in downtime" : "planned";
	if (!i->downtimes)
		return;
	maintenance_label(i, NULL, label, sizeof label);
	if (i->object && !strcmp(i->object, label))
		return;
	engine_set_string(&i->object, label);
	incident_touch(i);
}

bool maintenance_is_over(const struct incident *i)
{
	return i->until_s != 0;
}

/* --- may it be said ---------------------------------------------------------------------- */

/* A downtime must not cost, unless the file asks for announcements or a person for this one. */
bool announces(const struct engine *e, const struct thread *t)
{
	bool by_hand = (t->incident->flags & INCIDENT_MAINTENANCE) && (t->incident->flags & INCIDENT_BY_HAND);

	return by_hand || audience_of(e, t)->n_announce || !thread_costs(e, t);
}

enum line {
	LINE_NEWS,     /* there is time: not in quiet hours */
	LINE_PROMISED, /* in quiet hours, too, to those who know of it */
	LINE_END
};

static bool may_say(struct engine *e, const struct thread *t, enum line line, const struct now *now)
{
	bool may = false;

	switch (thread_hush(e, t, now)) {
	case HUSH_NONE:
	case HUSH_STORM:
	case HUSH_DOWNTIME: may = true; break;
	case HUSH_HOURS: may = line != LINE_NEWS && t->state == THREAD_TOLD; break;
	case HUSH_QUIET: may = line == LINE_END; break;
	case HUSH_PAUSED:
	case HUSH_CUT_OFF:
	case HUSH_CHILD: break;
	}
	t->incident->is_held_back |= !may;
	return may;
}

bool maintenance_may_end(struct engine *e, const struct thread *t, const struct now *now)
{
	return may_say(e, t, LINE_END, now);
}

static void tell(struct engine *e, struct thread *t, enum say_event event, const struct now *now)
{
	thread_say(e, t, event, NULL, now); /* while the state still says whether it is the first line */
	t->state = THREAD_TOLD;
	t->flags &= ~(unsigned)THREAD_OVERDUE;
	t->since_s = t->incident->from_s;
	t->until_s = t->incident->to_s;
	thread_touch(t);
}

static bool differs(int64_t a, int64_t b)
{
	return a - b >= ACT_S || b - a >= ACT_S;
}

/* --- ahead of it --------------------------------------------------------------------------- */

static int64_t lead_s(const struct thread *t, const struct config_audience *a, unsigned k)
{
	return t->incident->from_s - a->announce_ms[k] / 1000;
}

static unsigned leads_until(const struct thread *t, const struct config_audience *a, int64_t wall_s)
{
	unsigned n = 0;

	while (n < a->n_announce && lead_s(t, a, n) <= wall_s)
		n++;
	return n;
}

/*
 * PLANNED at the first lead, or at once where that was missed; SOON at the later ones. What
 * was planned by hand is announced at once where the file names no lead: a person asked.
 */
static void announce(struct engine *e, struct thread *t, const struct now *now)
{
	const struct config_audience *a = audience_of(e, t);
	int64_t wall_s = now->wall_ms / 1000, left_s = t->incident->from_s - wall_s;
	unsigned passed = leads_until(t, a, wall_s);
	bool is_told = t->state == THREAD_TOLD, is_late;

	if (!a->n_announce && (t->incident->flags & INCIDENT_BY_HAND) && !is_told && left_s > 0 &&
	    may_say(e, t, LINE_NEWS, now))
		tell(e, t, SAY_PLANNED, now);
	if (passed <= t->told_count)
		return;
	is_late = wall_s - lead_s(t, a, passed - 1) > ON_TIME_S;
	if (left_s > 0) {
		if (!may_say(e, t, LINE_NEWS, now))
			return;
		tell(e, t, is_told ? SAY_SOON : SAY_PLANNED, now);
	}
	t->told_count = is_late ? leads_until(t, a, wall_s + ON_TIME_S) : passed;
	thread_touch(t);
}

static void thread_ahead(struct engine *e, struct thread *t, const struct now *now)
{
	const struct config_audience *a = audience_of(e, t);
	const struct incident *i = t->incident;
	bool is_moved = differs(i->from_s, t->since_s);
	unsigned next;

	if (t->state == THREAD_HELD && t->told_count && (t->flags & THREAD_OVERDUE)) {
		t->told_count = 0; /* a pause has taken back what was said */
		t->flags &= ~(unsigned)THREAD_OVERDUE;
		thread_touch(t);
	}
	if (t->state == THREAD_TOLD && (is_moved || differs(i->to_s, t->until_s))) {
		if (!may_say(e, t, LINE_NEWS, now))
			return;
		tell(e, t, is_moved ? SAY_MOVED : SAY_EXTENDED, now); /* the latter says no beginning */
		t->told_count = leads_until(t, a, now->wall_ms / 1000 + ON_TIME_S);
	} else {
		announce(e, t, now);
	}
	next = leads_until(t, a, now->wall_ms / 1000);
	next = t->told_count > next ? t->told_count : next;
	if (next < a->n_announce)
		look_at(t->incident, boot_of(lead_s(t, a, next), now));
}

/* --- while it runs, and afterwards ----------------------------------------------------------- */

static void thread_during(struct engine *e, struct thread *t, bool all_run, const struct now *now)
{
	struct incident *i = t->incident;

	if ((t->flags & THREAD_BEGUN_TOLD) && t->state == THREAD_TOLD) {
		if (differs(i->to_s, t->until_s) && may_say(e, t, LINE_PROMISED, now))
			tell(e, t, SAY_EXTENDED, now);
		return;
	}
	if (!all_run && now->boot_ms < i->begun + BEGIN_MS) {
		look_at(i, i->begun + BEGIN_MS);
		return;
	}
	if (rest_tells(e, t)) {
		thread_finish(t, t->state == THREAD_TOLD ? THREAD_CLOSED : THREAD_DROPPED);
		return;
	}
	if (!may_say(e, t, LINE_PROMISED, now))
		return;
	tell(e, t, SAY_BEGUN, now);
	t->flags |= THREAD_BEGUN_TOLD;
}

/* No end without its beginning; what nobody was told of is not cancelled either. */
void maintenance_thread_ends(struct engine *e, struct thread *t, const struct now *now)
{
	const struct incident *i = t->incident;
	bool has_begun = (i->flags & INCIDENT_BEGUN) != 0;
	bool was_missed = has_passed(i) && i->until_s < i->to_s + MISSED_S;
	bool owes = has_begun ? (t->flags & THREAD_BEGUN_TOLD) != 0 : was_missed || i->until_s < i->from_s;

	if (t->state != THREAD_TOLD) {
		thread_finish(t, THREAD_DROPPED);
		return;
	}
	if (owes && !may_say(e, t, has_begun || was_missed ? LINE_END : LINE_NEWS, now))
		return;
	if (owes && !has_begun && !was_missed)
		thread_say(e, t, SAY_CANCELLED, NULL, now);
	else if (owes && maintenance_is_gone(i, audience_of(e, t)))
		thread_say(e, t, SAY_GONE, NULL, now);
	else if (owes)
		thread_say(e, t, maintenance_worst(e, t) ? SAY_ENDED_BAD : SAY_ENDED, NULL, now);
	thread_finish(t, THREAD_CLOSED);
}

/* It goes on, but nothing that these people know of has a part in it any more. */
static bool is_over_for(const struct engine *e, const struct thread *t)
{
	const struct incident *i = t->incident;

	return i->until_s || (i->downtimes && !maintenance_root(i, audience_of(e, t)));
}

static void threads_maintain(struct engine *e, struct incident *i, bool all_run, const struct now *now)
{
	struct thread *t;

	if (i->until_s && maintenance_hands_over(e, i, now))
		return;
	LL_FOREACH (i->threads, t) {
		if (t->state == THREAD_CLOSED || t->state == THREAD_DROPPED)
			continue;
		if (!announces(e, t))
			thread_finish(t, THREAD_DROPPED);
		else if (is_over_for(e, t))
			maintenance_thread_ends(e, t, now);
		else if (i->flags & INCIDENT_BEGUN)
			thread_during(e, t, all_run, now);
		else
			thread_ahead(e, t, now);
	}
}

void maintenance_timers(struct engine *e, struct incident *i, const struct now *now)
{
	bool all_run;

	if (i->look <= now->boot_ms) {
		i->look = NOW_NEVER;
		i->is_held_back = false;
		all_run = i->flags & INCIDENT_BY_HAND ? follow_clock(e, i, now) : follow_core(e, i, now);
		if (!is_known(i)) {
			i->look = 0; /* a description, or a snapshot's end, wakes us */
			return;
		}
		take_label(i);
		if (i->settle > now->boot_ms)
			look_at(i, i->settle);
		else
			threads_maintain(e, i, all_run, now);
		if (!(i->flags & INCIDENT_MAINTENANCE))
			return;
	}
	if (i->look > now->boot_ms)
		engine_wake(e, i->look);
	if (i->is_held_back)
		i->look = 0; /* whatever lifts the hush wakes us before */
}

/* --- by hand ---------------------------------------------------------------------------------- */

struct incident *maintenance_open(struct engine *e, const struct open_order *order, const struct now *now)
{
	int64_t from_s = order->from_s ? order->from_s : now->wall_ms / 1000;
	struct incident *i = incident_create(e, from_s, now);

	if (!i)
		return NULL;
	i->flags |= INCIDENT_BY_HAND | INCIDENT_MAINTENANCE;
	i->from_s = from_s;
	i->to_s = order->to_s;
	for (unsigned k = 0; k < order->n_audiences; k++) {
		const struct config_audience *a = &e->config->audiences[order->audiences[k]];

		for (unsigned j = 0; j < a->n_accounts; j++) {
			struct thread *t = thread_create(e, i, order->audiences[k], a->accounts[j]);

			if (t)
				t->state = THREAD_HELD;
		}
	}
	return i;
}

int maintenance_close(struct engine *e, struct incident *i, const char *text, const char *by,
		      const struct now *now, struct err *err)
{
	if (!(i->flags & INCIDENT_BY_HAND))
		return err_set(err, "only what was planned by hand can be closed: the monitoring decides about this one");
	if (i->until_s)
		return err_set(err, "#%s is closed", i->tag);
	engine_note(e, i, "command", "closed by %s%s%.400s", by, text && *text ? ": " : "", text ? text : "");
	engine_set_string(&i->ack_text, text);
	engine_set_string(&i->by, by);
	ends(e, i, now->wall_ms / 1000);
	maintenance_look(e, i, now);
	return 0;
}
