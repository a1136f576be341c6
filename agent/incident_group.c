/*
 * What else is one thing (SPEC 4.0): the members of a group of `group_by`, and hosts that
 * are unreachable for a reason outside of the monitoring (4.5 case 5). Called when a
 * problem is placed, and by the timers. Must never take a problem out of an incident that
 * was told.
 */
#include "agent/incident_internal.h"

#include <string.h>
#include <utlist.h>

/* --- group_by -------------------------------------------------------------------------- */

static bool is_in(const char *const *list, const char *name)
{
	for (; list && *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

/* Which group an object belongs to: each value of a variable is one. NULL: none. */
static const char *group_of(const struct engine *e, const struct object *o)
{
	const struct config *c = e->config;
	const char *value;

	switch (c->group_kind) {
	case GROUP_HOSTGROUP: return is_in(o->hostgroups, c->group_by) ? c->group_by : NULL;
	case GROUP_SERVICEGROUP: return is_in(o->servicegroups, c->group_by) ? c->group_by : NULL;
	case GROUP_VAR:
		value = object_var(o, c->group_by);
		return value && *value ? value : NULL;
	case GROUP_NONE: break;
	}
	return NULL;
}

static bool is_of_group(const struct engine *e, const struct problem *p, const struct node *n, const char *group)
{
	const char *its = p->object && !strcmp(site_of(e, p->node), site_of(e, n)) ? group_of(e, p->object) : NULL;

	return its && !strcmp(its, group);
}

/* One that took its group together takes what comes later, too. */
struct incident *group_find(struct engine *e, struct problem *p)
{
	const char *group = group_of(e, p->object);
	struct incident *i;

	if (!group)
		return NULL;
	DL_FOREACH (e->incidents, i) {
		if (!(i->flags & INCIDENT_GROUPED) || !incident_has_live(i))
			continue;
		for (const struct problem *q = i->problems; q; q = q->next)
			if (is_of_group(e, q, p->node, group))
				return i;
	}
	return NULL;
}

/* Trouble of the group that nothing else has joined to another yet; what it stands for is its root. */
static bool is_single(const struct engine *e, const struct incident *i, const struct node *n, const char *group)
{
	const struct problem *root = incident_root(i);

	return root && problem_is_trouble(root) && root->heard && !i->parent &&
	       !(i->flags & (INCIDENT_BY_HAND | INCIDENT_MAINTENANCE)) && is_of_group(e, root, n, group);
}

static bool is_older(const struct incident *a, const struct incident *b)
{
	return !b || a->since_s < b->since_s || (a->since_s == b->since_s && a->id < b->id);
}

void group_look(struct engine *e, struct problem *p, const struct now *now)
{
	const char *group = p->object && p->incident && p->heard ? group_of(e, p->object) : NULL;
	struct incident *i, *next, *oldest = NULL;
	unsigned n = 0;

	if (!group || (p->incident->flags & INCIDENT_GROUPED))
		return;
	DL_FOREACH (e->incidents, i) {
		if (!is_single(e, i, p->node, group))
			continue;
		n++;
		oldest = is_older(i, oldest) ? i : oldest;
	}
	if (n < e->config->group_min)
		return;
	oldest->flags |= INCIDENT_GROUPED;
	engine_note(e, oldest, "note", "%u incidents of %s are one", n, group);
	DL_FOREACH_SAFE (e->incidents, i, next)
		if (i != oldest && is_single(e, i, p->node, group))
			incident_take(e, oldest, i, now);
	incident_update(e, oldest, now);
}

/* --- unreachable, and why -------------------------------------------------------------- */

/* Of its parents one is well while another is not: what it has is its own. */
bool has_a_way(const struct engine *e, const struct problem *p)
{
	bool any_well = false, any_bad = false;

	if (p->kind == EVENT_HOST && p->state == EVENT_UNREACHABLE)
		return false; /* the core has looked */
	for (const char *const *parent = p->object->parents; parent && *parent; parent++) {
		bool is_bad = site_problem(e, p->node, *parent, "") != NULL;

		any_bad |= is_bad;
		any_well |= !is_bad;
	}
	return any_well && any_bad;
}

static bool has_cause(const struct engine *e, const struct problem *p)
{
	for (const char *const *above = p->object->ancestors; above && *above; above++) {
		const struct problem *up = site_problem(e, p->node, *above, "");

		if (up && up->state == EVENT_DOWN)
			return true;
	}
	return false;
}

static bool is_lost(const struct engine *e, const struct problem *p)
{
	return p->kind == EVENT_HOST && p->state == EVENT_UNREACHABLE && problem_is_live(p) && p->heard &&
	       p->object && !has_cause(e, p);
}

/* A host that is DOWN would be its root. */
static bool is_lost_one(const struct engine *e, const struct incident *i)
{
	const struct problem *root = i->parent ? NULL : incident_root(i);

	return root && is_lost(e, root);
}

static unsigned count_lost(const struct engine *e, const struct thread *t)
{
	unsigned n = 0;

	for (const struct problem *p = t->incident->problems; p; p = p->next)
		n += thread_hears(t, p) && is_lost(e, p) && !is_said_by_twin(t->incident, p, t->audience);
	return n;
}

bool is_unexplained(const struct engine *e, const struct thread *t)
{
	return is_lost_one(e, t->incident) && count_lost(e, t) > 1;
}

/* Not in a pause, say: its hold is over again each time that anybody looks. */
static bool is_about_to_be_told(const struct engine *e, const struct incident *i, const struct now *now)
{
	for (const struct thread *t = i->threads; t; t = t->next)
		if (t->state == THREAD_HELD && is_due(t->due, now) && thread_hush(e, t, now) == HUSH_NONE)
			return true;
	return false;
}

/* The oldest of those that the node lost; others: is there more than one? */
static struct incident *first_lost(const struct engine *e, const struct node *n, bool *others)
{
	struct incident *i, *first = NULL;

	*others = false;
	DL_FOREACH (e->incidents, i) {
		if (!i->problems || i->problems->node != n || !is_lost_one(e, i))
			continue;
		*others |= first != NULL;
		first = is_older(i, first) ? i : first;
	}
	return first;
}

static struct incident *find_about_to_be_told(struct engine *e, bool *found, const struct now *now)
{
	struct incident *i, *first;

	for (unsigned k = 0; k < e->n_due; k++) {
		i = e->due[k];
		if (i->closed_ms || !is_about_to_be_told(e, i, now) || !is_lost_one(e, i))
			continue;
		first = first_lost(e, i->problems->node, found);
		if (*found)
			return first;
	}
	return NULL;
}

/* At the end of the hold nothing that is DOWN explains them: then the cause is one, and not ours. */
void group_timers(struct engine *e, const struct now *now)
{
	struct incident *into, *i, *next;
	bool found = false;

	while ((into = find_about_to_be_told(e, &found, now)) != NULL) {
		const struct node *n = into->problems->node;

		DL_FOREACH_SAFE (e->incidents, i, next)
			if (i != into && i->problems && i->problems->node == n && is_lost_one(e, i))
				incident_take(e, into, i, now);
		incident_update(e, into, now);
		engine_wake(e, now->boot_ms);
	}
}

void group_fill(struct engine *e, const struct thread *t, enum say_event event, struct say *say)
{
	if (event == SAY_UNREACHABLE)
		say->count = count_lost(e, t);
	else if (event == SAY_DISAGREE)
		same_fill(e, t->incident, say);
}
