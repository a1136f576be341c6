/*
 * The engine and its rows: what changed goes out, what was kept comes back.
 * Called by core.c around every commit, and at start.
 * Must never decide anything; a row is the state, not a log of it.
 */
#include "agent/incident_internal.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

static void save_node(const struct engine_rows *rows, const struct node *n)
{
	struct node_row row = {.name = n->name, .epoch = n->epoch, .seq = n->seq, .adopted = n->adopted};

	rows->node(rows->arg, &row);
}

static const char *heard_names(const struct engine *e, const struct problem *p, struct buf *out)
{
	for (unsigned k = 0; k < e->config->n_audiences && k < AUDIENCES_MAX; k++)
		if (p->heard & AUDIENCE_BIT(k))
			buf_printf(out, "%s%s", out->len ? "," : "", e->config->audiences[k].name);
	return buf_text(out);
}

static uint64_t heard_bits(const struct engine *e, const char *names)
{
	uint64_t bits = 0;

	for (unsigned k = 0; names && k < e->config->n_audiences && k < AUDIENCES_MAX; k++) {
		const char *name = e->config->audiences[k].name, *at = names;
		size_t n = strlen(name);

		for (; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
			if (!strncmp(at, name, n) && (at[n] == ',' || at[n] == '\0'))
				bits |= AUDIENCE_BIT(k);
	}
	return bits;
}

static void save_problem(const struct engine *e, const struct engine_rows *rows, const struct problem *p)
{
	struct buf heard;
	struct problem_row row = {
		.id = p->id,
		.incident = p->incident ? p->incident->id : 0,
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
	};

	if (!p->incident && !p->adopted)
		return;
	buf_init(&heard, 8192);
	row.heard = heard_names(e, p, &heard);
	rows->problem(rows->arg, &row);
	buf_finish(&heard);
}

static void save_incident(const struct engine_rows *rows, const struct incident *i)
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
	};

	memcpy(row.tag, i->tag, sizeof row.tag);
	rows->incident(rows->arg, &row);
}

static int64_t on_the_wall(int64_t boot_ms, const struct now *now)
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
	};

	rows->thread(rows->arg, &row);
}

static void save_one(struct engine *e, const struct engine_rows *rows, struct incident *i,
		     const struct now *now)
{
	struct thread *t;

	if (i->dirty)
		save_incident(rows, i);
	LL_FOREACH (i->threads, t)
		if (t->dirty)
			save_thread(e, rows, t, now);
}

void engine_save(struct engine *e, const struct engine_rows *rows, const struct now *now)
{
	struct incident *i;
	struct node *n;

	LL_FOREACH (e->nodes, n)
		if (n->dirty)
			save_node(rows, n);
	DL_FOREACH (e->incidents, i)
		save_one(e, rows, i, now);
	LL_FOREACH (e->closed, i)
		save_one(e, rows, i, now);
	for (struct problem *p = e->dirty; p; p = p->dirty_next)
		save_problem(e, rows, p);
}

static void incident_clean(struct incident *i)
{
	struct thread *t;

	i->dirty = false;
	LL_FOREACH (i->threads, t)
		t->dirty = false;
}

void engine_saved(struct engine *e)
{
	struct problem *p, *next;
	struct incident *i, *inext;
	struct node *n;

	LL_FOREACH (e->nodes, n)
		n->dirty = false;
	DL_FOREACH (e->incidents, i)
		incident_clean(i);
	LL_FOREACH_SAFE (e->closed, i, inext)
		incident_free(e, i);
	e->closed = NULL;
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
}

/* --- at start ------------------------------------------------------------------- */

void engine_load_node(struct engine *e, const struct node_row *row)
{
	struct node *n = engine_node(e, row->name);

	if (!n)
		return;
	engine_set_string(&n->epoch, row->epoch);
	n->adopted = row->adopted;
	n->seq = row->seq;
}

void engine_load_incident(struct engine *e, const struct incident_row *row)
{
	struct incident *i = calloc(1, sizeof *i);

	if (!i)
		return;
	i->id = row->id;
	memcpy(i->tag, row->tag, sizeof i->tag);
	i->flags = row->flags;
	i->times = row->times;
	i->opened_ms = row->opened_ms;
	i->since_s = row->since_s;
	i->until_s = row->until_s;
	i->acked_s = row->acked_s;
	i->ack_until_s = row->ack_until_s;
	engine_set_string(&i->object, row->object);
	engine_set_string(&i->owner, row->owner);
	engine_set_string(&i->was_owner, row->was_owner);
	i->owner_round = i->times;
	i->state_word = "";
	i->parent_id = row->parent; /* a child may be older, and loaded first */
	incident_link(e, i);
}

static struct incident *incident_by_id(const struct engine *e, uint64_t id)
{
	struct incident *i;

	DL_FOREACH (e->incidents, i)
		if (i->id == id)
			return i;
	return NULL;
}

void engine_load_problem(struct engine *e, const struct problem_row *row)
{
	struct event ev = {.kind = (uint8_t)row->kind, .host = row->host, .service = row->service};
	struct node *n = engine_node(e, row->node);
	struct incident *i = row->incident ? incident_by_id(e, row->incident) : NULL;
	struct problem *p = n ? engine_problem(e, row->node, row->host, row->service) : NULL;

	if (!n || (p && (problem_is_live(p) || row->until_s)))
		return; /* an earlier trouble of the same object */
	if (!p)
		p = problem_create(e, n, &ev);
	if (!p)
		return;
	p->id = row->id;
	p->state = (uint8_t)row->state;
	p->flags = row->flags;
	p->since_s = p->hard_s = row->since_s;
	p->until_s = row->until_s;
	p->worst = (uint8_t)problem_severity(p);
	p->adopted = row->incident == 0;
	p->heard = heard_bits(e, row->heard);
	engine_set_string(&p->output, row->output);
	engine_set_string(&p->owner, row->owner);
	if (i && !p->incident) {
		p->incident = i;
		LL_PREPEND(i->problems, p);
	}
}

/* A deadline on this boot's clock; after a reboot only the wall clock knows. */
static int64_t deadline(int64_t boot_ms, int64_t wall_ms, bool same_boot, const struct now *now)
{
	if (!boot_ms && !wall_ms)
		return 0;
	if (same_boot)
		return boot_ms;
	boot_ms = now->boot_ms + (wall_ms - now->wall_ms);
	return boot_ms < 1 ? 1 : boot_ms;
}

void engine_load_thread(struct engine *e, const struct thread_row *row, bool same_boot, const struct now *now)
{
	struct incident *i = incident_by_id(e, row->incident);
	int audience = config_audience_index(e->config, row->audience);
	int account = config_account_index(e->config, row->account);
	struct thread *t;

	if (!i || audience < 0 || account < 0)
		return; /* no longer configured: nobody is told any more */
	t = calloc(1, sizeof *t);
	if (!t)
		return;
	t->id = row->id;
	t->incident = i;
	t->audience = (unsigned)audience;
	t->account = (unsigned)account;
	t->state = row->state;
	t->root = row->root;
	t->flags = row->flags;
	t->told_severity = row->told_state;
	t->told_count = row->told_count;
	t->reminders = row->reminders;
	t->times = row->times;
	t->due = deadline(row->due_boot_ms, row->due_ms, same_boot, now);
	t->update = deadline(row->update_boot_ms, row->update_ms, same_boot, now);
	t->remind = deadline(row->remind_boot_ms, row->remind_ms, same_boot, now);
	t->since_s = row->since_s;
	t->until_s = row->until_s;
	t->dirty = !same_boot;
	LL_APPEND(i->threads, t);
}

void engine_loaded(struct engine *e, const struct now *now)
{
	struct incident *i;
	struct node *n;

	LL_FOREACH (e->nodes, n)
		n->down_boot_ms = now->boot_ms, n->down_wall_s = now->wall_ms / 1000;
	DL_FOREACH (e->incidents, i) {
		i->parent = i->parent_id ? incident_by_id(e, i->parent_id) : NULL;
		incident_refresh(i);
	}
	engine_wake(e, now->boot_ms);
}
