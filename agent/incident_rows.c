/*
 * What changed in the engine, as rows. Called by core.c around every commit; how they come
 * back stands in incident_load.c, in the same order.
 * Must never decide anything; a row is the state, not a log of it.
 */
#include "agent/incident_internal.h"
#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

static void save_node(const struct engine_rows *rows, const struct node *n)
{
	struct node_row row = {.name = n->name, .epoch = n->epoch, .seq = n->seq, .adopted = n->adopted,
			       .cut_off_s = n->cut_off_s};

	rows->node(rows->arg, &row);
}

/* "1795332720,1795332780"; 0 ends the list. */
static void join_numbers(const uint32_t *at, unsigned n, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned k = 0; k < n && at[k] && len + 24 < size; k++)
		len += (size_t)snprintf(out + len, size - len, "%s%u", k ? "," : "", (unsigned)at[k]);
}

static const char *names_of_bits(const struct engine *e, uint64_t bits, struct buf *out)
{
	for (unsigned k = 0; k < e->config->n_audiences && k < AUDIENCES_MAX; k++)
		if (bits & AUDIENCE_BIT(k)) {
			buf_str(out, out->len ? "," : "");
			buf_str(out, e->config->audiences[k].name);
		}
	return buf_text(out);
}

static void save_problem(const struct engine *e, const struct engine_rows *rows, const struct problem *p,
			 const struct now *now)
{
	struct buf heard, told;
	char relapses[RELAPSES_MAX * 24];
	struct problem_row row = {
		.id = p->id,
		.incident = p->incident ? p->incident->id : p->adopted ? 0 : p->left,
		.node = p->node->name,
		.host = p->host,
		.service = p->service,
		.kind = p->kind,
		.state = p->state,
		.flags = p->flags,
		.since_s = p->since_s,
		.until_s = p->until_s,
		.output = p->output,
		.owner = p->owner,
		.hard_s = p->hard_s,
		.worse_s = p->worse_s,
		.was_state = p->was_state,
		.changes = p->changes,
		.flap_s = p->flap_s,
		.changed_s = p->changed_s,
		.acked_as = p->acked_as,
		.relapses = relapses,
	};

	join_numbers(p->relapses, RELAPSES_MAX, relapses, sizeof relapses);
	if (!row.incident && !p->adopted && !p->was_adopted)
		return;
	if (!p->incident && !p->adopted && !row.until_s)
		row.until_s = now->wall_ms / 1000; /* as far as that one goes; the next snapshot brings it anew */
	buf_init(&heard, 8192);
	buf_init(&told, 8192);
	row.heard = names_of_bits(e, p->heard, &heard);
	row.told = names_of_bits(e, p->told, &told);
	rows->problem(rows->arg, &row);
	buf_finish(&heard);
	buf_finish(&told);
}

static uint64_t sum_bytes(uint64_t sum, const void *bytes, size_t n)
{
	const unsigned char *at = bytes;

	while (n--)
		sum = (sum ^ *at++) * UINT64_C(1099511628211);
	return sum;
}

/* Of all that its row says: another one, and there is something to write. Never 0. */
static uint64_t sum_of(const struct incident_row *row)
{
	const int64_t numbers[] = {
		(int64_t)row->parent, row->open,	row->flags,	  row->times,	     row->opened_ms,
		row->closed_ms,	      row->since_s,	row->until_s,	  row->acked_s,	     row->ack_until_s,
		row->owner_round,     row->eta_s,	row->quiet_until_s, row->from_s,     row->to_s};
	const char *const texts[] = {row->object, row->state, row->owner, row->was_owner, row->let_go, row->name,
				     row->text,	  row->by,    row->known, row->known_tag, row->ticket};
	uint64_t sum = sum_bytes(UINT64_C(14695981039346656037), numbers, sizeof numbers);

	for (unsigned k = 0; k < sizeof texts / sizeof texts[0]; k++)
		sum = sum_bytes(sum, texts[k] ? texts[k] : "", texts[k] ? strlen(texts[k]) + 1 : 1);
	return sum | 1;
}

/* Its members change more often than what is said of it here. */
static void save_incident(const struct engine_rows *rows, struct incident *i)
{
	struct incident_row row = {
		.id = i->id,
		.parent = i->parent ? i->parent->id : 0,
		.open = i->closed_ms == 0,
		.flags = i->flags,
		.times = i->times,
		.opened_ms = i->opened_ms,
		.closed_ms = i->closed_ms,
		.since_s = i->since_s,
		.until_s = i->until_s,
		.object = i->object,
		.state = i->state_word,
		.owner = i->owner,
		.was_owner = i->was_owner,
		.acked_s = i->acked_s,
		.ack_until_s = i->ack_until_s,
		.owner_round = i->owner_round,
		.let_go = i->unack_due ? i->let_go : NULL,
		.eta_s = i->eta_s,
		.quiet_until_s = i->quiet_until_s,
		.from_s = i->from_s,
		.to_s = i->to_s,
		.name = i->name,
		.text = i->text,
		.by = i->by,
		.known = i->known,
		.known_tag = i->known_tag,
		.ticket = i->ticket,
	};

	memcpy(row.tag, i->tag, sizeof row.tag);
	i->sum = sum_of(&row);
	if (i->sum != i->kept_sum)
		rows->incident(rows->arg, &row);
}

int64_t on_the_wall(int64_t boot_ms, const struct now *now)
{
	return boot_ms ? now->wall_ms + (boot_ms - now->boot_ms) : 0;
}

static void save_thread(struct engine *e, const struct engine_rows *rows, const struct thread *t,
			const struct now *now)
{
	struct thread_row row = {
		.id = t->id,
		.incident = t->incident->id,
		.audience = e->config->audiences[t->audience].name,
		.account = e->config->accounts[t->account].name,
		.state = t->state,
		.root = t->root,
		.flags = t->flags,
		.told_state = t->told_severity,
		.told_count = t->told_count,
		.reminders = t->reminders,
		.times = t->times,
		.due_ms = on_the_wall(t->due, now),
		.update_ms = on_the_wall(t->update, now),
		.remind_ms = on_the_wall(t->remind, now),
		.due_boot_ms = t->due,
		.update_boot_ms = t->update,
		.remind_boot_ms = t->remind,
		.since_s = t->since_s,
		.until_s = t->until_s,
		.names = t->names,
		.escalated = t->escalated,
		.flap_ms = on_the_wall(t->flap, now),
		.flap_boot_ms = t->flap,
		.ask_ms = on_the_wall(t->ask, now),
		.ask_boot_ms = t->ask,
		.escalate_ms = on_the_wall(t->escalate, now),
		.escalate_boot_ms = t->escalate,
	};

	approve_save(t, &row, now);
	rows->thread(rows->arg, &row);
}

static void save_downtimes(struct engine *e, const struct engine_rows *rows)
{
	const struct downtime *d;

	LL_FOREACH (e->downtimes, d) {
		struct downtime_row row = {.node = d->node->name, .host = d->host,
					   .service = d->service ? d->service : "", .id = d->id,
					   .kind = d->kind, .flags = d->flags & ~(unsigned)(DOWNTIME_SEEN | DOWNTIME_UNKNOWN | DOWNTIME_ASKED),
					   .from_s = d->from_s, .to_s = d->to_s, .author = d->author,
					   .text = d->text, .incident = d->incident ? d->incident->id : 0,
					   .gone = d->is_gone};

		if (d->dirty)
			rows->downtime(rows->arg, &row);
	}
}

static void save_channel(struct engine *e, const struct engine_rows *rows, const struct channel *c,
			 const struct now *now)
{
	char recent[RECENT_MAX * 32] = "";
	size_t len = 0;
	struct channel_row row = {
		.audience = e->config->audiences[c->audience].name,
		.account = e->config->accounts[c->account].name,
		.digest = c->digest,
		.digest_tag = c->digest_tag,
		.digest_root = c->digest_root,
		.from_s = c->from_s,
		.digest_ms = on_the_wall(c->digest_due, now),
		.digest_boot_ms = c->digest_due,
		.folded = c->folded,
		.longest_s = c->longest_s,
		.longest = c->longest,
		.lost = c->lost,
		.storm = c->storm,
		.storm_tag = c->storm_tag,
		.storm_root = c->storm_root,
		.storm_s = c->storm_s,
		.stormed = c->stormed,
		.storm_told = c->storm_told,
		.storm_ms = on_the_wall(c->storm_due, now),
		.storm_boot_ms = c->storm_due,
		.calm_ms = on_the_wall(c->calm, now),
		.calm_boot_ms = c->calm,
		.recent = recent,
	};

	for (unsigned k = 0; k < c->n_recent && len + 48 < sizeof recent; k++)
		len += (size_t)snprintf(recent + len, sizeof recent - len, "%s%lld,%lld", k ? "," : "",
					(long long)c->recent[k].told_s, (long long)c->recent[k].since_s);
	rows->channel(rows->arg, &row);
}

static void save_by_hand(struct engine *e, const struct engine_rows *rows, const struct now *now)
{
	const struct quiet *q;
	const struct pause *p;

	save_downtimes(e, rows);
	for (unsigned k = 0; k < e->n_channels; k++)
		if (e->channels[k].dirty)
			save_channel(e, rows, &e->channels[k], now);
	LL_FOREACH (e->quiets, q) {
		struct quiet_row row = {.id = q->id, .match = q->match_text, .text = q->text, .by = q->by,
					.since_s = q->since_s, .until_s = q->until_s, .gone = q->is_gone};

		if (q->dirty)
			rows->quiet(rows->arg, &row);
	}
	LL_FOREACH (e->pauses, p) {
		struct pause_row row = {.audience = p->audience, .account = p->account, .text = p->text,
					.by = p->by, .since_s = p->since_s, .gone = p->is_gone};

		if (p->dirty)
			rows->pause(rows->arg, &row);
	}
}

static void touch(struct incident *i)
{
	if (i->is_touched)
		return;
	i->is_touched = true;
	DL_APPEND2(i->engine->touched, i, dirty_prev, dirty_next);
}

void incident_touch(struct incident *i)
{
	i->is_dirty = true;
	touch(i);
}

void thread_touch(struct thread *t)
{
	t->is_dirty = true;
	touch(t->incident);
}

static void save_one(struct engine *e, const struct engine_rows *rows, struct incident *i, const struct now *now)
{
	struct thread *t;

	if (i->is_dirty)
		save_incident(rows, i);
	LL_FOREACH (i->threads, t)
		if (t->is_dirty)
			save_thread(e, rows, t, now);
}

void engine_save(struct engine *e, const struct engine_rows *rows, const struct now *now)
{
	struct incident *i;
	struct node *n;

	LL_FOREACH (e->nodes, n)
		if (n->dirty)
			save_node(rows, n);
	DL_FOREACH2 (e->touched, i, dirty_next)
		save_one(e, rows, i, now);
	gone_save(e, rows);
	for (struct problem *p = e->dirty; p; p = p->dirty_next)
		save_problem(e, rows, p, now);
	save_by_hand(e, rows, now);
}

static void incident_clean(struct incident *i)
{
	struct thread *t;

	i->is_dirty = i->is_touched = false;
	i->kept_sum = i->sum;
	LL_FOREACH (i->threads, t)
		t->is_dirty = false;
}

/* Clean now; what is gone is forgotten. */
static void by_hand_saved(struct engine *e)
{
	struct downtime *d, *dnext;
	struct quiet *q, *qnext;
	struct pause *p, *pnext;

	for (unsigned k = 0; k < e->n_channels; k++)
		e->channels[k].dirty = false;
	LL_FOREACH_SAFE (e->downtimes, d, dnext) {
		d->dirty = false;
		if (d->is_gone) {
			downtime_unlink(e, d);
			downtime_free(d);
		}
	}
	LL_FOREACH_SAFE (e->quiets, q, qnext) {
		q->dirty = false;
		if (q->is_gone) {
			LL_DELETE(e->quiets, q);
			quiet_free(q);
		}
	}
	LL_FOREACH_SAFE (e->pauses, p, pnext) {
		p->dirty = false;
		if (p->is_gone) {
			LL_DELETE(e->pauses, p);
			pause_free(p);
		}
	}
}

void engine_saved(struct engine *e)
{
	struct problem *p, *next;
	struct incident *i, *inext;
	struct node *n;

	LL_FOREACH (e->nodes, n)
		n->dirty = false;
	DL_FOREACH_SAFE2 (e->touched, i, inext, dirty_next)
		incident_clean(i);
	e->touched = NULL;
	LL_FOREACH_SAFE (e->closed, i, inext)
		incident_free(e, i);
	e->closed = NULL;
	gone_saved(e);
	for (p = e->dirty; p; p = next) {
		next = p->dirty_next;
		p->dirty = false;
		p->dirty_next = NULL;
	}
	e->dirty = NULL;
	for (p = e->gone; p; p = next) {
		next = p->next;
		problem_free(p);
	}
	e->gone = NULL;
	by_hand_saved(e);
}
