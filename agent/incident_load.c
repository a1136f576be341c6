/*
 * What was kept comes back: rows into the engine, the way incident_rows.c wrote them.
 * Called by core.c at start, a table after the other.
 * Must never decide anything; a row is the state, not a log of it.
 */
#include "agent/incident_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

static unsigned split_numbers(const char *text, int64_t *at, unsigned max)
{
	unsigned n = 0;
	char *end;

	for (; text && *text && n < max; text = *end ? end + 1 : end) {
		at[n] = strtoll(text, &end, 10);
		if (end == text)
			break;
		n++;
	}
	return n;
}

static void load_relapses(struct problem *p, const char *text)
{
	int64_t at[RELAPSES_MAX];
	unsigned n = split_numbers(text, at, RELAPSES_MAX);

	for (unsigned k = 0; k < RELAPSES_MAX; k++)
		p->relapses[k] = k < n ? (uint32_t)at[k] : 0;
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

/* Are there names of audiences that are not in the file any more? */
static bool names_others(const char *names, uint64_t bits)
{
	unsigned n = names && *names ? 1 : 0;

	for (; n && *names; names++)
		n += *names == ',';
	for (; bits; bits &= bits - 1)
		n--;
	return n != 0;
}

void engine_load_node(struct engine *e, const struct node_row *row)
{
	struct node *n = engine_node(e, row->name);

	if (!n)
		return;
	engine_set_string(&n->epoch, row->epoch);
	n->adopted = row->adopted;
	n->seq = row->seq;
	n->cut_off_s = row->cut_off_s;
}

void engine_load_incident(struct engine *e, const struct incident_row *row)
{
	struct incident *i = calloc(1, sizeof *i);

	if (!i)
		return;
	i->id = row->id;
	i->due = NOW_NEVER;
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
	i->eta_s = row->eta_s;
	i->quiet_until_s = row->quiet_until_s;
	i->from_s = row->from_s;
	i->to_s = row->to_s;
	engine_set_string(&i->name, row->name);
	engine_set_string(&i->text, row->text);
	engine_set_string(&i->by, row->by);
	engine_set_string(&i->known, row->known);
	engine_set_string(&i->known_tag, row->known_tag);
	engine_set_string(&i->ticket, row->ticket);
	i->owner_round = row->owner_round;
	engine_set_string(&i->let_go, row->let_go);
	i->state_word = "";
	i->parent_id = row->parent; /* a child may be older, and loaded first */
	incident_link(e, i);
}

/* Audiences that hear of what the core notifies a contact of: they were, or they would not hear of it. */
static uint64_t contact_bits(const struct engine *e)
{
	uint64_t bits = 0;

	for (unsigned k = 0; k < e->config->n_audiences && k < AUDIENCES_MAX; k++)
		if (e->config->audiences[k].as_contact && e->config->audiences[k].as_contact[0])
			bits |= AUDIENCE_BIT(k);
	return bits;
}

void engine_load_problem(struct engine *e, const struct problem_row *row)
{
	struct event ev = {.kind = (uint8_t)row->kind, .host = row->host, .service = row->service};
	struct node *n = engine_node(e, row->node);
	struct incident *i = row->incident ? incident_find(e, row->incident) : NULL;
	struct problem *p = n ? engine_problem(e, row->node, row->host, row->service) : NULL;
	bool is_let_go;

	if (!n || (p && problem_is_live(p)))
		return;
	is_let_go = i && (i->flags & INCIDENT_RETRACTED); /* it only waits to say so */
	if (is_let_go && row->until_s)
		return;
	i = is_let_go ? NULL : i;
	/* of several troubles of the same object the last one counts: rows come in their order */
	if (p && p->incident && p->incident != i) {
		member_remove(p->incident, p);
	}
	if (!p)
		p = problem_create(e, n, &ev);
	if (!p)
		return;
	e->may_be_unknown = true;
	p->id = row->id;
	p->state = (uint8_t)row->state;
	p->flags = row->flags;
	p->since_s = p->hard_s = row->since_s;
	p->until_s = row->until_s;
	p->worst = (uint8_t)problem_severity(p);
	p->adopted = row->incident == 0 || is_let_go;
	p->heard = heard_bits(e, row->heard);
	p->notified = p->heard & contact_bits(e);
	if (row->hard_s)
		p->hard_s = row->hard_s;
	p->told = heard_bits(e, row->told);
	p->worse_s = row->worse_s;
	p->was_state = (uint8_t)row->was_state;
	p->changes = row->changes;
	p->flap_s = row->flap_s;
	p->changed_s = (uint32_t)row->changed_s;
	p->acked_as = (uint8_t)row->acked_as;
	load_relapses(p, row->relapses);
	engine_set_string(&p->output, row->output);
	engine_set_string(&p->owner, row->owner);
	if (names_others(row->heard, p->heard) || names_others(row->told, p->told))
		problem_touch(p);
	if (i && !p->incident)
		member_add(i, p);
	else
		member_changed(p);
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
	struct incident *i = incident_find(e, row->incident);
	int audience = config_audience_index(e->config, row->audience);
	int account = config_account_index(e->config, row->account);
	struct thread *t;

	if (!i)
		return;
	if (audience < 0 || account < 0 || !channel_find(e, (unsigned)audience, (unsigned)account)) {
		gone_thread(e, row);
		return;
	}
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
	engine_set_string(&t->names, row->names);
	t->escalated = row->escalated;
	t->flap = deadline(row->flap_boot_ms, row->flap_ms, same_boot, now);
	t->ask = deadline(row->ask_boot_ms, row->ask_ms, same_boot, now);
	t->escalate = deadline(row->escalate_boot_ms, row->escalate_ms, same_boot, now);
	approve_load(t, row, deadline(row->again_boot_ms, row->again_ms, same_boot, now));
	HASH_ADD(hh, e->threads, id, sizeof t->id, t);
	LL_APPEND(i->threads, t);
	if (!same_boot)
		thread_touch(t);
}

void engine_load_downtime(struct engine *e, const struct downtime_row *row)
{
	struct node *n = engine_node(e, row->node);
	struct downtime *d = n ? calloc(1, sizeof *d) : NULL;

	if (!d)
		return;
	d->node = n;
	d->id = row->id;
	d->kind = row->kind;
	d->flags = row->flags;
	d->from_s = row->from_s;
	d->to_s = row->to_s;
	d->host = strdup(row->host);
	d->service = strdup(row->service);
	engine_set_string(&d->author, row->author);
	engine_set_string(&d->text, row->text);
	downtime_link(e, d);
	if (row->incident && incident_find(e, row->incident))
		downtime_attach(d, incident_find(e, row->incident));
	d->dirty = false;
}

static void load_recent(struct channel *c, const char *text)
{
	int64_t at[RECENT_MAX * 2];
	unsigned n = split_numbers(text, at, RECENT_MAX * 2) / 2;

	for (unsigned k = 0; k < n; k++)
		c->recent[k] = (struct recent){.told_s = at[2 * k], .since_s = at[2 * k + 1]};
	c->n_recent = n;
}

void engine_load_channel(struct engine *e, const struct channel_row *row, bool same_boot, const struct now *now)
{
	int audience = config_audience_index(e->config, row->audience);
	int account = config_account_index(e->config, row->account);
	struct channel *c = audience < 0 || account < 0 ? NULL
							: channel_find(e, (unsigned)audience, (unsigned)account);

	if (!c) {
		if (row->from_s || row->digest || row->storm)
			gone_channel(e, row->audience, row->account);
		return;
	}
	c->digest = row->digest;
	snprintf(c->digest_tag, sizeof c->digest_tag, "%s", row->digest_tag);
	c->digest_root = row->digest_root;
	c->from_s = row->from_s;
	c->digest_due = deadline(row->digest_boot_ms, row->digest_ms, same_boot, now);
	c->folded = row->folded;
	c->lost = row->lost;
	c->folded_said = c->digest ? c->folded : 0;
	c->lost_said = c->digest ? c->lost : 0;
	c->longest_s = row->longest_s;
	engine_set_string(&c->longest, row->longest);
	c->storm = row->storm;
	snprintf(c->storm_tag, sizeof c->storm_tag, "%s", row->storm_tag);
	c->storm_root = row->storm_root;
	c->storm_s = row->storm_s;
	c->stormed = row->stormed;
	c->storm_told = row->storm_told;
	c->storm_due = deadline(row->storm_boot_ms, row->storm_ms, same_boot, now);
	c->calm = deadline(row->calm_boot_ms, row->calm_ms, same_boot, now);
	load_recent(c, row->recent);
	c->dirty = !same_boot;
}

void engine_load_quiet(struct engine *e, const struct quiet_row *row)
{
	struct err err;

	quiet_add(e, row, &err);
}

void engine_load_pause(struct engine *e, const struct pause_row *row)
{
	pause_add(e, row);
}

/* A store of before may have a circle; then nothing would ever end. */
static struct incident *parent_of(const struct engine *e, const struct incident *i)
{
	struct incident *parent = i->parent_id ? incident_find(e, i->parent_id) : NULL;

	for (const struct incident *up = parent; up; up = up->parent)
		if (up == i)
			return NULL;
	return parent;
}

void engine_loaded(struct engine *e, const struct now *now)
{
	struct incident *i;
	struct problem *p;
	struct node *n;

	LL_FOREACH (e->nodes, n)
		n->down_boot_ms = now->boot_ms, n->down_wall_s = now->wall_ms / 1000;
	DL_FOREACH (e->incidents, i) {
		i->parent = parent_of(e, i);
		if (i->parent)
			i->parent->has_parts = true;
		LL_FOREACH (i->problems, p)
			incident_add_refs(e, i, p); /* what is described before them may be of the same host */
		incident_refresh(i);
		i->unack_due = i->let_go ? now->boot_ms : 0;
	}
	channels_count(e);
	engine_wake(e, now->boot_ms);
}
