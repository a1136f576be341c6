/*
 * The one digest (SPEC 4.2): what came and went in a channel, that is one audience on one
 * account, while nothing might be said there or while we were away. Called by the threads
 * that were missed and by the timers.
 * Must never forget what no digest has said yet: its threads wait for the delivery.
 */
#include "agent/incident_internal.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define GATHER_MS 60000	     /* after an absence: more may come in */
#define AGAIN_MS (10 * 60000) /* after a digest that could not be delivered */
#define MISSED_NAMES_MAX 8192 /* bytes of public names in one line of a digest */
#define LISTED_MAX 200	     /* more are only counted; no post has room for so many */

/* --- the channels ----------------------------------------------------------------- */

int channels_build(struct engine *e)
{
	const struct config *c = e->config;
	unsigned n = 0;

	for (unsigned a = 0; a < c->n_audiences; a++)
		n += c->audiences[a].n_accounts;
	e->channels = calloc(n ? n : 1, sizeof *e->channels);
	if (!e->channels)
		return -1;
	for (unsigned a = 0; a < c->n_audiences; a++)
		for (unsigned k = 0; k < c->audiences[a].n_accounts; k++) {
			struct channel *ch = &e->channels[e->n_channels++];

			ch->audience = a;
			ch->account = c->audiences[a].accounts[k];
		}
	return 0;
}

struct channel *channel_find(struct engine *e, unsigned audience, unsigned account)
{
	for (unsigned k = 0; k < e->n_channels; k++)
		if (e->channels[k].audience == audience && e->channels[k].account == account)
			return &e->channels[k];
	return NULL;
}

/* Another configuration: what is summed up goes on by name; of a channel that is gone nobody hears. */
void channels_remap(struct engine *e, const struct config *old)
{
	struct channel *before = e->channels;
	unsigned n = e->n_channels;

	e->channels = NULL;
	e->n_channels = 0;
	if (channels_build(e) == -1)
		return;
	for (unsigned k = 0; k < n; k++) {
		int audience = config_audience_index(e->config, old->audiences[before[k].audience].name);
		int account = config_account_index(e->config, old->accounts[before[k].account].name);
		struct channel *c = audience < 0 || account < 0
					    ? NULL
					    : channel_find(e, (unsigned)audience, (unsigned)account);

		if (c) {
			*c = before[k];
			c->audience = (unsigned)audience;
			c->account = (unsigned)account;
			continue;
		}
		if (before[k].digest)
			e->sink.cancel(e->sink.arg, before[k].digest);
		if (before[k].storm)
			e->sink.cancel(e->sink.arg, before[k].storm);
		gone_channel(e, old->audiences[before[k].audience].name, old->accounts[before[k].account].name);
		free(before[k].longest);
	}
	free(before);
}

/* The wall clock was set: ten minutes stay ten minutes. */
void channels_clock(struct engine *e, int64_t step_ms)
{
	for (unsigned k = 0; k < e->n_channels; k++) {
		struct channel *c = &e->channels[k];

		for (unsigned n = 0; n < c->n_recent; n++)
			c->recent[n].told_s += step_ms / 1000;
		c->dirty |= c->n_recent != 0;
	}
}

static bool is_of(const struct channel *c, const struct thread *t)
{
	return t->audience == c->audience && t->account == c->account;
}

/* --- what is missed ----------------------------------------------------------------- */

static void fold(struct channel *c, const char *name, int64_t seconds)
{
	c->folded++;
	if (seconds > c->longest_s) {
		c->longest_s = seconds;
		engine_set_string(&c->longest, name);
	}
	c->dirty = true;
}

static void digest_from(struct engine *e, struct channel *c, int64_t from_s, int64_t due, const struct now *now)
{
	int64_t wall_s = now->wall_ms / 1000;

	if (from_s <= 0 || from_s > wall_s)
		from_s = wall_s;
	if (!c->from_s || from_s < c->from_s)
		c->from_s = from_s;
	if (!c->digest_due)
		c->digest_due = due;
	c->dirty = true;
	engine_wake(e, c->digest_due);
}

/* Since when the hush that stopped it holds. */
static int64_t hushed_since(const struct engine *e, const struct thread *t, enum hush why, const struct now *now)
{
	const struct config_audience *a = audience_of(e, t);
	int64_t since_s = thread_first_s(e, t), begin_s = 0;
	const struct pause *p;

	if (why == HUSH_HOURS)
		begin_s = hours_begin(a->quiet_hours, now->wall_ms / 1000);
	LL_FOREACH (e->pauses, p)
		if (why == HUSH_PAUSED && pause_covers(e, p, t->audience, t->account))
			begin_s = p->since_s;
	return begin_s && begin_s < since_s ? begin_s : since_s;
}

void channels_count(struct engine *e)
{
	struct incident *i;
	struct thread *t;

	for (unsigned k = 0; k < e->n_channels; k++)
		e->channels[k].missed = 0;
	DL_FOREACH (e->incidents, i)
		LL_FOREACH (i->threads, t) {
			struct channel *c = t->state == THREAD_MISSED ? channel_find(e, t->audience, t->account)
								      : NULL;

			if (c)
				c->missed++;
		}
}

/* What it was about is kept by name: the incident may go on with other members. */
void thread_note_names(struct engine *e, struct thread *t, unsigned n)
{
	struct buf names;

	if (!n)
		return; /* gone from the configuration: what was told before is all that is known */
	buf_init(&names, MISSED_NAMES_MAX);
	for (unsigned k = 0; k < n; k++) {
		buf_str(&names, k ? "\n" : "");
		buf_str(&names, e->names[k]);
	}
	engine_set_string(&t->names, buf_text(&names));
	buf_finish(&names);
}

void thread_miss(struct engine *e, struct thread *t, enum hush why, const struct now *now)
{
	struct channel *c = channel_find(e, t->audience, t->account);
	const char *language = e->config->accounts[t->account].language;
	int64_t seconds = thread_last_s(t) - thread_first_s(e, t);

	thread_finish(t, THREAD_MISSED);
	t->flags &= ~(unsigned)(THREAD_OWES_AGAIN | THREAD_OWES_END | THREAD_OVERDUE | THREAD_IN_DIGEST);
	t->since_s = thread_first_s(e, t);
	t->until_s = thread_last_s(t);
	thread_note_names(e, t, thread_names_since(e, t, language ? language : ""));
	if (!c)
		return;
	digest_from(e, c, hushed_since(e, t, why, now), now->boot_ms + (why == HUSH_NONE ? GATHER_MS : 1), now);
	if (c->missed < LISTED_MAX) {
		c->missed++;
		return;
	}
	fold(c, t->names ? t->names : t->incident->object, seconds);
	thread_finish(t, THREAD_DROPPED);
	e->summed++;
}

void problem_passed(struct engine *e, struct problem *p, const struct now *now)
{
	const struct config *c = e->config;
	char label[EVENT_NAME_MAX * 2 + 2];

	problem_label(p, label, sizeof label);
	p->heard = problem_heard_as(e, p);
	for (unsigned k = 0; k < e->n_channels; k++) {
		struct channel *ch = &e->channels[k];
		const struct config_audience *a = &c->audiences[ch->audience];

		if (!a->internals || !(p->heard & AUDIENCE_BIT(ch->audience)) ||
		    (p->until_s - p->hard_s) * 1000 < a->hold_ms ||
		    p->since_s < e->sink.born_s(e->sink.arg, ch->audience, ch->account))
			continue;
		fold(ch, label, p->until_s - p->hard_s);
		digest_from(e, ch, p->hard_s, now->boot_ms + GATHER_MS, now);
		e->summed++;
	}
	problem_forget(e, p);
}

void channels_lost(struct engine *e, unsigned lost, const struct now *now)
{
	for (unsigned k = 0; k < e->n_channels; k++) {
		struct channel *c = &e->channels[k];

		if (!e->config->audiences[c->audience].internals)
			continue;
		c->lost += lost;
		digest_from(e, c, now->wall_ms / 1000, now->boot_ms + GATHER_MS, now);
	}
}

void thread_died(struct engine *e, struct thread *t, const struct now *now)
{
	if (t->state == THREAD_RESOLVED && (t->flags & THREAD_BY_PAST)) {
		t->root = DELIVERY_NONE;
		t->flags &= ~(unsigned)THREAD_BY_PAST;
		thread_miss(e, t, HUSH_NONE, now); /* over, and not delivered for 2 h (SPEC 4.2) */
		return;
	}
	e->untold_ends++;
}

/* --- saying it -------------------------------------------------------------------------- */

static bool is_open_there(const struct thread *t)
{
	if (t->incident->flags & INCIDENT_MAINTENANCE)
		return false;
	return (t->state == THREAD_TOLD && !(t->flags & THREAD_PART_TOLD)) ||
	       (t->state == THREAD_HELD && (t->flags & THREAD_OVERDUE));
}

/* Walks the channel's threads; marks those that are in this digest. */
static void gather(struct engine *e, struct channel *c, struct spans *over, struct spans *open,
		   struct say_span *longest)
{
	struct incident *i;
	struct thread *t;

	*longest = (struct say_span){.name = c->longest, .since = 1, .until = 1 + c->longest_s};
	DL_FOREACH (e->incidents, i)
		LL_FOREACH (i->threads, t) {
			if (!is_of(c, t))
				continue;
			if (is_open_there(t))
				spans_take(e, open, t, true);
			if (t->state != THREAD_MISSED)
				continue;
			spans_take(e, over, t, false);
			t->flags |= THREAD_IN_DIGEST;
			thread_touch(t);
			if (t->until_s - t->since_s > longest->until - longest->since)
				*longest = (struct say_span){
					.name = t->names ? t->names : i->object, .since = t->since_s, .until = t->until_s};
		}
}

void channel_say(struct engine *e, const struct channel *c, const struct channel_line *line,
		 struct say *say)
{
	const struct config_audience *a = &e->config->audiences[c->audience];
	struct say_target target = {
		.thread = line->thread,
		.audience = c->audience,
		.account = c->account,
		.root = line->is_root,
	};

	say->event = line->event;
	say->tag = line->tag;
	if (!a->internals) {
		say->count = line->event == SAY_STORM ? say->count : 0;
		say->lost = 0;
		say->longest = (struct say_span){.name = NULL};
	}
	e->sink.say(e->sink.arg, &target, say);
}

/* One whose delivery nobody knows is settled first; one that still waits is replaced. */
static bool replaces_old(struct engine *e, struct channel *c)
{
	if (!c->digest)
		return true;
	if (c->digest_root != DELIVERY_QUEUED)
		return false;
	e->sink.cancel(e->sink.arg, c->digest);
	return true;
}

/* What was in it has been said. */
static void digest_sent(struct engine *e, struct channel *c, const struct now *now)
{
	struct incident *i, *next;
	struct thread *t;

	c->digest = 0;
	c->folded -= c->folded_said;
	c->lost -= c->lost_said;
	c->folded_said = c->lost_said = 0;
	c->longest_s = 0;
	engine_set_string(&c->longest, NULL);
	if (!c->digest_due)
		c->from_s = 0;
	DL_FOREACH_SAFE (e->incidents, i, next) {
		LL_FOREACH (i->threads, t) {
			if (t->state != THREAD_MISSED || !(t->flags & THREAD_IN_DIGEST) || !is_of(c, t))
				continue;
			thread_finish(t, t->root == DELIVERY_NONE ? THREAD_DROPPED : THREAD_CLOSED);
			e->summed++;
		}
		incident_close_if_over(e, i, now);
	}
	channels_count(e);
}

/* One that still waits says what was so when it was worded. */
void channel_changed(struct engine *e, const struct thread *t, const struct now *now)
{
	struct channel *c = channel_find(e, t->audience, t->account);

	if (!c || !c->digest || c->digest_root != DELIVERY_QUEUED || c->digest_due)
		return;
	c->digest_due = now->boot_ms;
	c->dirty = true;
	engine_wake(e, now->boot_ms);
}

/* What is missed has no name that may be said here; or nobody would say `go` to it (`approve`). */
static bool is_unsaid(const struct engine *e, const struct channel *c, const struct spans *over,
		      const struct spans *open)
{
	if (e->config->audiences[c->audience].approve)
		return true;
	return over->n + c->folded + c->lost == 0 && (!c->is_lifted || !open->n);
}

static void channel_digest(struct engine *e, struct channel *c, const struct now *now)
{
	struct spans over = {0}, open = {0};
	struct say say = {.symbol = SYMBOL_WHITE, .duration = -1, .has_now = true};

	if (!replaces_old(e, c))
		return; /* its delivery wakes us */
	c->digest_due = 0;
	c->dirty = true;
	gather(e, c, &over, &open, &say.longest);
	if (is_unsaid(e, c, &over, &open)) {
		c->is_lifted = false;
		digest_sent(e, c, now);
		c->from_s = 0;
		goto out;
	}
	c->is_lifted = false;
	say.spans = over.at;
	say.n_spans = over.n;
	say.open = open.at;
	say.n_open = open.n;
	say.count = over.n + c->folded;
	say.lost = c->lost;
	say.since = c->from_s;
	say.until = say.now = now->wall_ms / 1000;
	c->digest = e->sink.next_id(e->sink.arg);
	c->digest_root = DELIVERY_QUEUED;
	c->folded_said = c->folded;
	c->lost_said = c->lost;
	e->sink.fresh_tag(e->sink.arg, c->digest_tag);
	channel_say(e, c,
		    &(struct channel_line){
			    .event = SAY_DIGEST, .thread = c->digest, .tag = c->digest_tag, .is_root = true},
		    &say);
out:
	spans_finish(&over);
	spans_finish(&open);
}

void channel_lift(struct engine *e, struct channel *c, int64_t since_s, const struct now *now)
{
	digest_from(e, c, since_s, now->boot_ms, now);
	c->is_lifted = true;
	c->digest_due = now->boot_ms;
	engine_wake(e, now->boot_ms);
}

void channels_timers(struct engine *e, const struct now *now)
{
	for (unsigned k = 0; k < e->n_channels; k++) {
		struct channel *c = &e->channels[k];

		storm_timers(e, c, now);
		if (!c->digest_due || channel_hush(e, c->audience, c->account, now) != HUSH_NONE)
			continue;
		if (is_due(c->digest_due, now))
			channel_digest(e, c, now);
		else
			engine_wake(e, c->digest_due);
	}
}

/* --- delivery ------------------------------------------------------------------------------ */

static void digest_died(struct engine *e, struct channel *c, const struct now *now)
{
	c->digest = 0;
	digest_from(e, c, c->from_s, now->boot_ms + AGAIN_MS, now);
}

void channel_undo_digest(struct engine *e, struct channel *c)
{
	e->sink.cancel(e->sink.arg, c->digest);
	c->digest = 0;
	c->digest_due = 1;
	c->dirty = true;
}

bool channel_delivery(struct engine *e, uint64_t thread, enum delivery delivery, const struct now *now)
{
	for (unsigned k = 0; k < e->n_channels; k++) {
		struct channel *c = &e->channels[k];

		if (c->storm == thread) {
			c->storm_root = delivery;
			c->dirty = true;
			return true;
		}
		if (c->digest != thread)
			continue;
		c->digest_root = delivery;
		c->dirty = true;
		if (delivery == DELIVERY_SENT)
			digest_sent(e, c, now);
		else if (delivery == DELIVERY_DEAD)
			digest_died(e, c, now);
		return true;
	}
	return false;
}
