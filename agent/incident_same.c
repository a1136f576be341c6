/*
 * Nodes that watch the same objects (`same_objects`, SPEC 4.5 case 19): what several of them
 * say of one object is one trouble, counted and named once; and when they disagree for long,
 * operators hear of it. Called wherever problems are looked up or counted. Must never take
 * two objects for one because their names are alike on nodes that have nothing in common.
 */
#include "agent/incident_internal.h"
#include "common/buf.h"

#include <string.h>

#define PATIENCE_S (10 * 60) /* no check comes so late that this is still a difference in time */

static bool is_same_node(const struct engine *e, const char *name)
{
	for (unsigned k = 0; k < e->config->n_same_objects; k++)
		if (!strcmp(e->config->same_objects[k], name))
			return true;
	return false;
}

/* One name for all that watch the same. */
const char *site_of(const struct engine *e, const struct node *n)
{
	return is_same_node(e, n->name) ? e->config->same_objects[0] : n->name;
}

/* Live trouble of an object, as whichever of them sees it; rather DOWN than UNREACHABLE. */
struct problem *site_problem(const struct engine *e, const struct node *n, const char *host, const char *service)
{
	struct problem *best = engine_problem(e, n->name, host, service);

	if (best && !problem_is_live(best))
		best = NULL;
	if (!is_same_node(e, n->name))
		return best;
	for (unsigned k = 0; k < e->config->n_same_objects; k++) {
		struct problem *p = engine_problem(e, e->config->same_objects[k], host, service);

		if (p && problem_is_live(p) && (!best || problem_severity(p) > problem_severity(best)))
			best = p;
	}
	return best;
}

bool is_twin(const struct problem *a, const struct problem *b)
{
	const struct engine *e = a->node->engine;

	return a != b && a->node != b->node && !strcmp(a->host, b->host) && !strcmp(a->service, b->service) &&
	       is_same_node(e, a->node->name) && is_same_node(e, b->node->name);
}

/* heard: by whom, 0 = no matter. */
static bool has_older_twin(const struct incident *i, const struct problem *p, uint64_t heard)
{
	if (p->node->engine->config->n_same_objects < 2)
		return false;
	for (const struct problem *q = i->problems; q; q = q->next)
		if (q->id < p->id && problem_is_live(q) && (!heard || (q->heard & heard)) && is_twin(p, q))
			return true;
	return false;
}

/* Another node has said the same already: not to be counted or named again. */
bool is_said_by_twin(const struct incident *i, const struct problem *p, unsigned audience)
{
	return has_older_twin(i, p, AUDIENCE_BIT(audience));
}

bool is_member(const struct incident *i, const struct problem *p)
{
	return problem_is_live(p) && !has_older_twin(i, p, 0);
}

unsigned incident_members(const struct incident *i)
{
	unsigned n = 0;

	for (const struct problem *p = i->problems; p; p = p->next)
		n += is_member(i, p);
	return n;
}

/* Whoever acknowledged it on one node has it. NULL: nobody has. */
const struct problem *incident_acked(const struct incident *i, const struct problem *root)
{
	if (!root || !problem_is_live(root) || (root->flags & EVENT_ACKED))
		return root && problem_is_live(root) ? root : NULL;
	if (i->engine->config->n_same_objects < 2)
		return NULL;
	for (const struct problem *p = i->problems; p; p = p->next)
		if (problem_is_live(p) && (p->flags & EVENT_ACKED) && is_twin(p, root))
			return p;
	return NULL;
}

bool stands_for_incident(const struct incident *i, const struct problem *p)
{
	const struct problem *root = incident_root(i);

	return root && (root == p || is_twin(root, p));
}

/* Another node's trouble with the same object is told: this one belongs to it. */
bool is_told_by_twin(const struct engine *e, const struct problem *p)
{
	const struct problem *other = site_problem(e, p->node, p->host, p->service);

	return other && other != p && other->incident;
}

/* --- they disagree ------------------------------------------------------------------------ */

static const struct node *node_that_is_up(const struct engine *e, const char *name)
{
	const struct node *n;

	for (n = e->nodes; n && strcmp(n->name, name) != 0; n = n->next)
		;
	return n && n->up ? n : NULL;
}

/* Since when another node says OK while this one does not; 0 = none does. */
static int64_t denied_since(const struct engine *e, const struct problem *p)
{
	const struct config *c = e->config;
	int64_t since_s = 0;

	if (!problem_is_live(p) || !p->heard || !p->node->up || !is_same_node(e, p->node->name))
		return 0;
	for (unsigned k = 0; k < c->n_same_objects; k++) {
		const struct problem *other = engine_problem(e, c->same_objects[k], p->host, p->service);
		int64_t from_s = other && other->until_s > p->hard_s ? other->until_s : p->hard_s;

		if (!node_that_is_up(e, c->same_objects[k]) || (other && problem_is_live(other)))
			continue;
		if (!since_s || from_s < since_s)
			since_s = from_s;
	}
	return since_s;
}

static const struct problem *denied_one(const struct engine *e, const struct incident *i, int64_t *since_s)
{
	const struct problem *first = NULL;

	*since_s = 0;
	for (const struct problem *p = i->problems; p; p = p->next) {
		int64_t from_s = denied_since(e, p);

		if (from_s && (!first || from_s < *since_s)) {
			*since_s = from_s;
			first = p;
		}
	}
	return first;
}

/* "mon1 CRITICAL, mon2 OK" */
static void who_says_what(const struct engine *e, const struct problem *p, struct buf *out)
{
	const struct config *c = e->config;

	for (unsigned k = 0; k < c->n_same_objects; k++) {
		const struct problem *other = engine_problem(e, c->same_objects[k], p->host, p->service);
		unsigned state = other && problem_is_live(other) ? other->state : EVENT_OK;

		if (node_that_is_up(e, c->same_objects[k]))
			buf_printf(out, "%s%s %s", out->len ? ", " : "", c->same_objects[k],
				   event_state_word(p->kind, state));
	}
}

static bool say_disagree(struct engine *e, struct incident *i, const struct problem *p, const struct now *now)
{
	struct buf text;
	bool said = false;

	buf_init(&text, 1024);
	who_says_what(e, p, &text);
	for (struct thread *t = i->threads; t; t = t->next) {
		if (!audience_of(e, t)->internals || thread_costs(e, t) || !thread_takes_lines(e, t, now))
			continue;
		thread_say_words(e, t, SAY_DISAGREE, buf_text(&text), NULL, now);
		said = true;
	}
	buf_finish(&text);
	return said;
}

/* One line per incident: that they disagree, not each time about what. */
void same_timers(struct engine *e, struct incident *i, const struct now *now)
{
	const struct problem *p;
	int64_t since_s, due;

	if (e->config->n_same_objects < 2 || (i->flags & INCIDENT_DISAGREED))
		return;
	p = denied_one(e, i, &since_s);
	if (!p)
		return;
	due = boot_of(since_s + PATIENCE_S, now);
	if (due > now->boot_ms) {
		engine_wake(e, due);
		return;
	}
	if (!say_disagree(e, i, p, now))
		return;
	i->flags |= INCIDENT_DISAGREED;
	incident_touch(i);
}

void same_fill(struct engine *e, const struct incident *i, struct say *say)
{
	int64_t since_s;
	const struct problem *p = denied_one(e, i, &since_s);

	if (!p)
		return;
	say_object(e, p, say);
	say->since = since_s;
}
