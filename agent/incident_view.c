/*
 * The engine as others may look at it: one incident for a reply, all of them for
 * the CLI, the facts for `?`; and the change of configuration.
 * Must never change what was decided.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct incident *incident_find(const struct engine *e, uint64_t id)
{
	struct incident *i;

	HASH_FIND(hh, e->by_id, &id, sizeof id, i);
	return i;
}

static void fill(const struct incident *i, struct incident_view *out)
{
	const struct problem *root = incident_root(i);

	memset(out, 0, sizeof *out);
	out->id = i->id;
	out->tag = i->tag;
	out->open = incident_has_live(i) || (i->flags & INCIDENT_MAINTENANCE);
	out->acked = (i->flags & INCIDENT_ACKED) != 0;
	out->object = i->object ? i->object : "";
	out->owner = i->owner ? i->owner : "";
	out->since_s = i->since_s;
	out->until_s = i->until_s;
	out->acked_s = i->acked_s;
	out->times = i->times;
	out->flags = i->flags;
	out->eta_s = i->eta_s;
	out->quiet_until_s = i->quiet_until_s;
	out->from_s = i->from_s;
	out->to_s = i->to_s;
	out->text = i->text ? i->text : "";
	out->known = i->known ? i->known : "";
	out->known_tag = i->known_tag ? i->known_tag : "";
	out->ticket = i->ticket ? i->ticket : "";
	out->parent_tag = i->parent ? i->parent->tag : "";
	out->public_name = i->name;
	out->node = out->host = out->service = out->output = "";
	out->state_word = i->state_word ? i->state_word : "";
	out->members = incident_members(i);
	if (!root)
		return;
	out->node = root->node->name;
	out->host = root->host;
	out->service = root->service;
	out->kind = root->kind;
	out->state = root->state;
	out->is_doubted = root->checking && root->is_doubted;
	out->output = root->output ? root->output : "";
	if (root->object)
		out->public_name = object_public_name(root->object, "");
}

bool engine_view(const struct engine *e, uint64_t incident, struct incident_view *out)
{
	const struct incident *i = incident_find(e, incident);

	if (i)
		fill(i, out);
	return i != NULL;
}

bool engine_is_told_on(const struct engine *e, unsigned account)
{
	const struct incident *i;
	const struct thread *t;

	DL_FOREACH (e->incidents, i)
		for (t = i->threads; t; t = t->next)
			if (t->account == account && !(i->flags & INCIDENT_MAINTENANCE) &&
			    (t->root == DELIVERY_SENT || t->root == DELIVERY_UNSETTLED) &&
			    (t->state == THREAD_TOLD || t->state == THREAD_RECOVERING ||
			     t->state == THREAD_RESOLVED))
				return true;
	return false;
}

bool engine_view_tag(const struct engine *e, const char *tag, struct incident_view *out)
{
	const struct incident *i;

	DL_FOREACH (e->incidents, i) {
		if (strcasecmp(i->tag, tag) != 0)
			continue;
		fill(i, out);
		return true;
	}
	return false;
}

const struct object *engine_root_object(const struct engine *e, uint64_t incident)
{
	const struct incident *i = incident_find(e, incident);
	const struct problem *root = i ? incident_root(i) : NULL;

	return root ? root->object : NULL;
}

void engine_each_member(const struct engine *e, uint64_t incident,
			void (*fn)(void *arg, const struct incident_member *member), void *arg)
{
	const struct incident *i = incident_find(e, incident);
	const struct problem *p;

	if (!i)
		return;
	LL_FOREACH (i->problems, p)
		if (is_member(i, p))
			fn(arg, &(struct incident_member){.node = p->node->name,
							  .host = p->host,
							  .service = p->service,
							  .kind = p->kind,
							  .acked = (p->flags & EVENT_ACKED) != 0,
							  .owner = p->owner ? p->owner : "",
							  .object = p->object});
}

void engine_each(const struct engine *e, void (*fn)(void *arg, const struct incident_view *view), void *arg)
{
	struct incident_view view;
	const struct incident *i;

	DL_FOREACH (e->incidents, i) {
		fill(i, &view);
		fn(arg, &view);
	}
}

bool engine_status(struct engine *e, uint64_t incident, unsigned audience, unsigned account, bool internals,
		   const struct now *now, struct say *out)
{
	struct incident *i = incident_find(e, incident);

	if (!i || audience >= e->config->n_audiences || account >= e->config->n_accounts)
		return false;
	say_fill(e, i, audience, account, SAY_STATUS, now, out);
	if (internals)
		say_internals(e, i, audience, out);
	return true;
}

unsigned engine_told_to(const struct engine *e, uint64_t incident, const char **names, unsigned max)
{
	const struct incident *i = incident_find(e, incident);
	const struct thread *t;
	unsigned n = 0;

	if (!i)
		return 0;
	LL_FOREACH (i->threads, t) {
		const char *name = e->config->audiences[t->audience].name;
		bool known = t->state == THREAD_HELD || t->state == THREAD_DROPPED ||
			     t->root == DELIVERY_ASKED || t->root == DELIVERY_DECLINED;

		for (unsigned k = 0; k < n && !known; k++)
			known = !strcmp(names[k], name);
		if (!known && n < max)
			names[n++] = name;
	}
	return n;
}

unsigned engine_nodes(const struct engine *e, struct engine_node *out, unsigned max)
{
	const struct node *node;
	unsigned n = 0;

	LL_FOREACH (e->nodes, node) {
		if (n == max)
			break;
		out[n++] = (struct engine_node){.name = node->name,
						.is_connected = node->connected,
						.away_ms = node->connected ? 0 : node->down_wall_s * 1000};
	}
	return n;
}

void engine_counts(const struct engine *e, struct engine_counts *out)
{
	struct problem *p, *next;
	const struct incident *i;
	const struct downtime *d;
	const struct thread *t;
	const struct quiet *q;
	const struct pause *pause;
	struct question_view question;

	memset(out, 0, sizeof *out);
	out->dropped = e->dropped;
	out->summed = e->summed;
	out->untold_ends = e->untold_ends;
	LL_FOREACH (e->quiets, q)
		out->quiet += !q->is_gone;
	LL_FOREACH (e->pauses, pause)
		out->paused += !pause->is_gone;
	LL_FOREACH (e->downtimes, d)
		out->downtimes += !d->is_gone;
	HASH_ITER (hh, e->problems, p, next) {
		out->problems += problem_is_live(p);
		out->adopted += problem_is_live(p) && p->adopted;
	}
	DL_FOREACH (e->incidents, i) {
		out->maintenances += (i->flags & INCIDENT_MAINTENANCE) != 0;
		out->questions += engine_question(e, i->id, &question);
		if (!incident_has_live(i))
			continue;
		out->incidents++;
		out->acked += (i->flags & INCIDENT_ACKED) != 0;
		LL_FOREACH (i->threads, t)
			out->threads++;
	}
}

/* --- another configuration --------------------------------------------------------- */

static uint64_t map_bits(uint64_t bits, const int *to, unsigned n)
{
	uint64_t out = 0;

	for (unsigned k = 0; k < n && k < AUDIENCES_MAX; k++)
		if ((bits & AUDIENCE_BIT(k)) && to[k] >= 0 && to[k] < AUDIENCES_MAX)
			out |= AUDIENCE_BIT(to[k]);
	return out;
}

/* The row still has the names of those that are gone. */
static bool names_gone(const struct problem *p, const int *to, unsigned n)
{
	for (unsigned k = 0; k < n && k < AUDIENCES_MAX; k++)
		if (to[k] < 0 && ((p->heard | p->told) & AUDIENCE_BIT(k)))
			return true;
	return false;
}

static bool still_there(const struct config *c, unsigned audience, unsigned account)
{
	for (unsigned k = 0; k < c->audiences[audience].n_accounts; k++)
		if (c->audiences[audience].accounts[k] == account)
			return true;
	return false;
}

static void remap_threads(struct engine *e, struct incident *i, const struct config *old, const int *to)
{
	struct thread *t, *next;

	LL_FOREACH_SAFE (i->threads, t, next) {
		int audience = to[t->audience];
		int account = config_account_index(e->config, old->accounts[t->account].name);

		if (audience >= 0 && account >= 0 && still_there(e->config, (unsigned)audience, (unsigned)account)) {
			t->audience = (unsigned)audience;
			t->account = (unsigned)account;
			continue;
		}
		e->sink.cancel(e->sink.arg, t->id);
		gone_thread(e, &(struct thread_row){.id = t->id,
						    .incident = i->id,
						    .audience = old->audiences[t->audience].name,
						    .account = old->accounts[t->account].name,
						    .root = t->root,
						    .times = t->times,
						    .since_s = t->since_s,
						    .until_s = t->until_s});
		LL_DELETE(i->threads, t);
		thread_free(e, t);
	}
}

void engine_set_config(struct engine *e, const struct config *config)
{
	const struct config *old = e->config;
	unsigned n = old->n_audiences;
	int *to = calloc(n + 1, sizeof *to);
	struct problem *p, *next;
	struct incident *i;

	if (!to)
		return; /* the old configuration stays: the caller keeps it alive */
	e->config = config;
	for (unsigned k = 0; k < n; k++)
		to[k] = config_audience_index(config, old->audiences[k].name);
	DL_FOREACH (e->incidents, i) {
		remap_threads(e, i, old, to);
		i->look = 0;
	}
	channels_remap(e, old);
	channels_count(e);
	HASH_ITER (hh, e->problems, p, next) {
		if (names_gone(p, to, n))
			problem_touch(p);
		p->heard = map_bits(p->heard, to, n);
		p->told = map_bits(p->told, to, n);
		p->notified = map_bits(p->notified, to, n);
		problem_hear(e, p);
	}
	free(to);
	e->is_new_config = true;
	engine_wake(e, 0);
}
