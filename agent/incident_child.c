/*
 * Incidents that are part of another (SPEC 4.0): a host that goes DOWN takes over what it
 * caused; its end lets them go. Called when a problem is placed and when an incident closes.
 * Must never take an incident that was told out of its thread: it becomes a child.
 */
#include "agent/incident_internal.h"

#include <string.h>
#include <utlist.h>

bool was_told(const struct incident *i)
{
	for (const struct thread *t = i->threads; t; t = t->next)
		if (t->state == THREAD_TOLD || t->state == THREAD_RECOVERING || t->state == THREAD_RESOLVED ||
		    t->state == THREAD_MISSED)
			return true;
	return false;
}

/* Nothing was said of it yet: its problems simply become members. */
void merge(struct engine *e, struct incident *into, struct incident *from, const struct now *now)
{
	struct problem *p, *next;

	for (p = from->problems, from->problems = NULL; p; p = next) {
		next = p->next;
		member_add(into, p);
		problem_touch(p);
	}
	for (struct thread *t = from->threads; t; t = t->next)
		thread_finish(t, THREAD_DROPPED);
	incident_close(e, from, now);
	for (p = into->problems; p; p = p->next) {
		if (!p->object)
			continue;
		incident_add_refs(e, into, p);
		threads_for(e, into, p, now);
	}
}

/* Nobody speaks for it any more: it is told on its own. */
static void stand_alone(struct engine *e, struct incident *i, const struct now *now)
{
	i->parent = NULL;
	incident_touch(i);
	for (struct thread *t = i->threads; t; t = t->next) {
		t->flags &= ~(unsigned)THREAD_PART_TOLD;
		thread_touch(t);
	}
	for (struct problem *p = i->problems; p; p = p->next)
		threads_for(e, i, p, now);
}

/* Equal public names, groups and people can put an incident behind what is behind itself: the nearer cause wins. */
static void break_circle(struct engine *e, struct incident *child, struct incident *parent, const struct now *now)
{
	for (struct incident *up = parent->parent; up; up = up->parent) {
		if (up != child)
			continue;
		parent->release = 0;
		parent->flags &= ~(unsigned)INCIDENT_BOUND;
		stand_alone(e, parent, now);
		return;
	}
}

void become_child(struct engine *e, struct incident *child, struct incident *parent, const struct now *now)
{
	break_circle(e, child, parent, now);
	child->parent = parent;
	parent->has_parts = true;
	child->release = 0;
	incident_touch(child);
	engine_wake(e, now->boot_ms); /* for whom it spoke till now */
	for (struct thread *t = child->threads; t; t = t->next) {
		if (!thread_is_silent(t))
			continue; /* these people do not hear of the parent */
		if (t->state == THREAD_HELD)
			thread_finish(t, THREAD_DROPPED);
		else
			thread_part_line(e, t, now);
	}
}

/* What was not told becomes a member, what was becomes a part. */
void incident_take(struct engine *e, struct incident *into, struct incident *from, const struct now *now)
{
	if (was_told(from))
		become_child(e, from, into, now);
	else
		merge(e, into, from, now);
}

/* Their parent is over for good: from now on they are told on their own. */
void release_children(struct engine *e, struct incident *i, const struct now *now)
{
	if (!i->has_parts)
		return;
	engine_wake(e, now->boot_ms);
	for (struct incident *child = e->incidents; child; child = child->next)
		if (child->parent == i)
			stand_alone(e, child, now);
}

static bool hangs_on(const struct engine *e, const struct problem *p, const struct problem *host)
{
	if (!p->object || strcmp(site_of(e, p->node), site_of(e, host->node)) != 0 || !problem_is_live(p) ||
	    has_a_way(e, p))
		return false;
	return object_is_behind(p->object, host->host);
}

/* Its root is; or it is of hosts that nothing explained so far, and one of them is. */
static bool is_behind(const struct engine *e, const struct incident *i, const struct problem *host)
{
	const struct problem *root = incident_root(i);

	if (!root || hangs_on(e, root, host))
		return root != NULL;
	if (root->kind != EVENT_HOST || root->state != EVENT_UNREACHABLE || !problem_is_live(root))
		return false;
	for (const struct problem *p = i->problems; p; p = p->next)
		if (p->kind == EVENT_HOST && p->state == EVENT_UNREACHABLE && hangs_on(e, p, host))
			return true;
	return false;
}

void absorb(struct engine *e, struct problem *host, const struct now *now)
{
	struct incident *i, *next;

	DL_FOREACH_SAFE (e->incidents, i, next) {
		if (i == host->incident || i->parent || !is_behind(e, i, host))
			continue;
		if (was_told(i))
			become_child(e, i, host->incident, now);
		else
			merge(e, host->incident, i, now);
	}
}

/* Broken again behind a host that went DOWN meanwhile: that one speaks for it. */
void find_parent(struct engine *e, struct problem *p, const struct now *now)
{
	struct incident *i = p->incident;

	if (i->parent || p->kind != EVENT_HOST || !p->object || incident_root(i) != p || !was_told(i))
		return;
	for (const char *const *above = p->object->ancestors; above && *above; above++) {
		struct problem *up = engine_problem(e, p->node->name, *above, "");

		if (!up || !problem_is_live(up) || !up->incident || up->incident == i)
			continue;
		become_child(e, i, up->incident, now);
		return;
	}
}
