/*
 * Silence by hand: quiet, of one incident or of some objects; pause, of an audience or an
 * account. Called by core.c for the command line and replies, and by whoever is about to speak.
 * Must never keep an end from those who heard of the beginning; only a pause may.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* --- quiet ------------------------------------------------------------------------- */

static bool quiet_holds(const struct quiet *q, const struct thread *t, int64_t wall_s)
{
	bool any = false;

	if (q->is_gone || q->until_s <= wall_s)
		return false;
	if (t->incident->flags & INCIDENT_MAINTENANCE)
		return maintenance_is_within(t->incident, q->match);
	for (const struct problem *p = t->incident->problems; p; p = p->next) {
		if (!problem_is_trouble(p) || !thread_hears(t, p))
			continue;
		if (!p->object || !match_object(q->match, p->object))
			return false;
		any = true;
	}
	return any;
}

bool quiet_covers(const struct engine *e, const struct thread *t, const struct now *now)
{
	int64_t wall_s = now->wall_ms / 1000;
	const struct quiet *q;

	if (t->incident->quiet_until_s > wall_s)
		return true;
	LL_FOREACH (e->quiets, q)
		if (quiet_holds(q, t, wall_s))
			return true;
	return false;
}

int engine_quiet(struct engine *e, uint64_t incident, int64_t until_s, const char *by, const struct now *now,
		 struct err *err)
{
	struct incident *i = incident_to_act_on(e, incident, err);

	if (!i)
		return -1;
	if (until_s && until_s <= now->wall_ms / 1000)
		return err_set(err, "that time has passed");
	i->quiet_until_s = until_s;
	incident_touch(i);
	engine_note(e, i, "command", until_s ? "quiet for %lld min, by %s" : "no longer quiet%.0lld, by %s",
		    until_s ? (long long)((until_s - now->wall_ms / 1000 + 59) / 60) : 0, by);
	engine_wake(e, now->boot_ms);
	return 0;
}

static void quiet_fill(const struct quiet *q, struct quiet_row *row)
{
	*row = (struct quiet_row){.id = q->id, .match = q->match_text, .text = q->text, .by = q->by,
				  .since_s = q->since_s, .until_s = q->until_s, .gone = q->is_gone};
}

struct quiet *quiet_add(struct engine *e, const struct quiet_row *row, struct err *err)
{
	struct match *match = match_parse(row->match, err);
	struct quiet *q = match ? calloc(1, sizeof *q) : NULL;

	if (!q) {
		if (match)
			err_set(err, "out of memory");
		match_destroy(match);
		return NULL;
	}
	q->id = row->id;
	q->match = match;
	q->since_s = row->since_s;
	q->until_s = row->until_s;
	engine_set_string(&q->match_text, row->match);
	engine_set_string(&q->text, row->text);
	engine_set_string(&q->by, row->by);
	LL_APPEND(e->quiets, q);
	return q;
}

int engine_quiet_match(struct engine *e, const char *match, int64_t until_s, const char *text, const char *by,
		       const struct now *now, uint64_t *id, struct err *err)
{
	struct quiet_row row = {.match = match, .text = text, .by = by,
				.since_s = now->wall_ms / 1000, .until_s = until_s};
	struct quiet *q;

	if (until_s <= row.since_s)
		return err_set(err, "that time has passed");
	if (!match || !*match)
		return err_set(err, "quiet about what? An empty match is nothing; \"*\" is everything");
	row.id = e->sink.next_id(e->sink.arg);
	q = quiet_add(e, &row, err);
	if (!q)
		return -1;
	q->dirty = true;
	*id = row.id;
	engine_wake(e, now->boot_ms);
	return 0;
}

int engine_quiet_end(struct engine *e, uint64_t id, const struct now *now, struct err *err)
{
	struct quiet *q;

	LL_FOREACH (e->quiets, q)
		if (q->id == id && !q->is_gone) {
			q->is_gone = q->dirty = true;
			engine_wake(e, now->boot_ms);
			return 0;
		}
	return err_set(err, "no quiet %llu: twicket quiet --list", (unsigned long long)id);
}

void engine_quiets(const struct engine *e, void (*fn)(void *arg, const struct quiet_row *row), void *arg)
{
	struct quiet_row row;
	const struct quiet *q;

	LL_FOREACH (e->quiets, q) {
		quiet_fill(q, &row);
		if (!row.gone)
			fn(arg, &row);
	}
}

void quiet_free(struct quiet *q)
{
	match_destroy(q->match);
	free(q->match_text);
	free(q->text);
	free(q->by);
	free(q);
}

void hand_timers(struct engine *e, const struct now *now)
{
	struct quiet *q;

	LL_FOREACH (e->quiets, q)
		if (!q->is_gone && q->until_s <= now->wall_ms / 1000)
			q->is_gone = q->dirty = true;
}

/* --- pause ------------------------------------------------------------------------- */

bool pause_covers(const struct engine *e, const struct pause *p, unsigned audience, unsigned account)
{
	return !p->is_gone && (!p->audience || !strcmp(p->audience, e->config->audiences[audience].name)) &&
	       (!p->account || !strcmp(p->account, e->config->accounts[account].name));
}

bool is_paused(const struct engine *e, unsigned audience, unsigned account)
{
	const struct pause *p;

	LL_FOREACH (e->pauses, p)
		if (pause_covers(e, p, audience, account))
			return true;
	return false;
}

bool engine_is_paused(const struct engine *e, unsigned audience, unsigned account)
{
	return is_paused(e, audience, account);
}

bool engine_account_is_paused(const struct engine *e, unsigned account)
{
	const struct pause *p;

	LL_FOREACH (e->pauses, p)
		if (!p->is_gone && !p->audience &&
		    (!p->account || !strcmp(p->account, e->config->accounts[account].name)))
			return true;
	return false;
}

bool engine_thread_is_paused(const struct engine *e, uint64_t thread, unsigned account)
{
	const struct incident *i;
	const struct thread *t;

	if (!e->pauses)
		return false;
	for (unsigned k = 0; k < e->n_channels; k++)
		if (e->channels[k].digest == thread || e->channels[k].storm == thread)
			return is_paused(e, e->channels[k].audience, e->channels[k].account);
	DL_FOREACH (e->incidents, i)
		LL_FOREACH (i->threads, t)
			if (t->id == thread)
				return is_paused(e, t->audience, t->account);
	for (unsigned k = 0; k < e->n_channels; k++) /* closed by now: whose it was is not known any more */
		if (e->channels[k].account == account && is_paused(e, e->channels[k].audience, account))
			return true;
	return false;
}

static bool is_same(const char *ours, const char *asked)
{
	return ours ? asked && *asked && !strcmp(ours, asked) : !asked || !*asked;
}

static struct pause *pause_find(struct engine *e, const char *audience, const char *account)
{
	struct pause *p;

	LL_FOREACH (e->pauses, p)
		if (!p->is_gone && is_same(p->audience, audience) && is_same(p->account, account))
			return p;
	return NULL;
}

/* Lines that were taken back are said anew when they are still so. */
static void take_back(struct thread *t, uint64_t waited)
{
	if (waited & SAY_BIT(SAY_PART_OF))
		t->flags &= ~(unsigned)THREAD_PART_TOLD;
	if (waited & SAY_BIT(SAY_FLAPPING))
		t->flags &= ~(unsigned)THREAD_FLAP_TOLD;
	if (waited & SAY_BIT(SAY_BEGUN))
		t->flags &= ~(unsigned)(THREAD_REST_TOLD | THREAD_BEGUN_TOLD);
	if (waited & SAY_BIT(SAY_WORSE))
		t->told_severity = 1;
	t->incident->look = 0; /* a maintenance looks again what is to be said */
}

/* What was taken back first says what was read last: before an end it is bad, before an "again" well. */
static void owe(const struct engine *e, struct thread *t, uint64_t waited)
{
	bool is_left = e->sink.is_pending(e->sink.arg, t->id, SAY_FLAPPING); /* on its way, and not taken back */
	bool flaps_again = (t->flags & THREAD_FLAP_AGAIN) && (waited & SAY_BIT(SAY_FLAPPING)) && !is_left;
	bool is_round = flaps_again && !(waited & SAY_ENDS & ~SAY_BIT(SAY_STABLE)); /* begun and ended */

	if (waited & SAY_END_FIRST)
		t->flags &= ~(unsigned)THREAD_OWES_AGAIN;
	if (t->state == THREAD_RESOLVED && (waited & SAY_END_FIRST) && !is_round)
		t->flags |= THREAD_OWES_END;
	if (t->state == THREAD_TOLD && !(waited & SAY_END_FIRST) && ((waited & SAY_BIT(SAY_AGAIN)) || flaps_again))
		t->flags |= THREAD_OWES_AGAIN;
}

/* What still waited is not said any more: it would be old news when the pause is over. */
static void thread_silence(struct engine *e, struct thread *t)
{
	uint64_t waited = e->sink.cancel(e->sink.arg, t->id);

	if (!waited)
		return;
	thread_touch(t);
	owe(e, t, waited);
	take_back(t, waited);
	if (t->root != DELIVERY_QUEUED)
		return;
	t->root = DELIVERY_NONE;
	if (t->state == THREAD_TOLD) {
		t->state = THREAD_HELD;
		t->due = 1;
		t->flags |= THREAD_OVERDUE;
	}
}

static void pause_silences(struct engine *e, const struct pause *p)
{
	struct incident *i;
	struct thread *t;

	DL_FOREACH (e->incidents, i)
		LL_FOREACH (i->threads, t)
			if (t->state != THREAD_CLOSED && pause_covers(e, p, t->audience, t->account))
				thread_silence(e, t); /* a last word that still waits is owed: the outbox keeps it */
	for (unsigned k = 0; k < e->n_channels; k++) {
		struct channel *c = &e->channels[k];

		if (!pause_covers(e, p, c->audience, c->account))
			continue;
		if (c->digest && c->digest_root == DELIVERY_QUEUED)
			channel_undo_digest(e, c);
	}
}

struct pause *pause_add(struct engine *e, const struct pause_row *row)
{
	struct pause *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	engine_set_string(&p->audience, row->audience);
	engine_set_string(&p->account, row->account);
	engine_set_string(&p->text, row->text);
	engine_set_string(&p->by, row->by);
	p->since_s = row->since_s;
	LL_APPEND(e->pauses, p);
	return p;
}

int engine_pause(struct engine *e, const char *audience, const char *account, const char *text, const char *by,
		 const struct now *now, struct err *err)
{
	struct pause_row row = {.audience = audience, .account = account, .text = text, .by = by,
				.since_s = now->wall_ms / 1000};
	struct pause *p;

	if (pause_find(e, audience, account))
		return err_set(err, "%s is paused already", audience ? audience : account ? account : "everything");
	p = pause_add(e, &row);
	if (!p)
		return err_set(err, "out of memory");
	p->dirty = true;
	pause_silences(e, p);
	return 0;
}

int engine_resume(struct engine *e, const char *audience, const char *account, const char *by,
		  const struct now *now, struct err *err)
{
	struct pause *p = pause_find(e, audience, account);

	(void)by;
	if (!p)
		return err_set(err, "it is not paused");
	for (unsigned k = 0; k < e->n_channels; k++)
		if (pause_covers(e, p, e->channels[k].audience, e->channels[k].account))
			channel_lift(e, &e->channels[k], p->since_s, now);
	p->is_gone = p->dirty = true;
	engine_wake(e, now->boot_ms);
	return 0;
}

void engine_pauses(const struct engine *e, void (*fn)(void *arg, const struct pause_row *row), void *arg)
{
	const struct pause *p;

	LL_FOREACH (e->pauses, p) {
		struct pause_row row = {.audience = p->audience ? p->audience : "",
					.account = p->account ? p->account : "",
					.text = p->text, .by = p->by, .since_s = p->since_s};

		if (!p->is_gone)
			fn(arg, &row);
	}
}

void pause_free(struct pause *p)
{
	free(p->audience);
	free(p->account);
	free(p->text);
	free(p->by);
	free(p);
}
