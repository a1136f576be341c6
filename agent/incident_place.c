/*
 * Which incident a problem belongs to (SPEC 4.0): same host; else an ancestor that
 * is not UP; else an equal public name. And the other way round: a host that goes
 * DOWN takes over what it caused.
 * Must never speak: it only moves problems and starts or ends threads.
 */
#include "agent/incident_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* --- what leads to an incident ------------------------------------------------ */

static struct ref *ref_find(const struct engine *e, char kind, const char *node, const char *name)
{
	char key[EVENT_NAME_MAX * 2 + 16];
	struct ref *r = NULL;
	int n = snprintf(key, sizeof key, "%c\n%s\n%s", kind, node, name);

	if (n > 0 && (size_t)n < sizeof key)
		HASH_FIND(hh, e->refs, key, (size_t)n, r);
	return r;
}

static void ref_add(struct engine *e, struct incident *i, char kind, const char *node, const char *name)
{
	size_t n = strlen(node) + strlen(name) + 4;
	struct ref *r;

	if (ref_find(e, kind, node, name))
		return;
	r = calloc(1, sizeof *r + n + 1);
	if (!r)
		return;
	snprintf(r->key, n + 1, "%c\n%s\n%s", kind, node, name);
	r->incident = i;
	LL_PREPEND(i->refs, r);
	HASH_ADD_KEYPTR(hh, e->refs, r->key, strlen(r->key), r);
}

static void refs_drop(struct engine *e, struct incident *i)
{
	struct ref *r, *next;

	LL_FOREACH_SAFE (i->refs, r, next) {
		HASH_DEL(e->refs, r);
		free(r);
	}
	i->refs = NULL;
}

void incident_add_refs(struct engine *e, struct incident *i, struct problem *p)
{
	const char *name = p->object ? object_public_name(p->object, "") : NULL;

	ref_add(e, i, 'h', p->node->name, p->host);
	if (name)
		ref_add(e, i, 'p', p->node->name, name);
}

static struct incident *find_for(const struct engine *e, const struct problem *p)
{
	const char *name = object_public_name(p->object, "");
	struct ref *r = ref_find(e, 'h', p->node->name, p->host);

	for (const char *const *above = p->object->ancestors; !r && above && *above; above++) {
		struct problem *up = engine_problem(e, p->node->name, *above, "");
		if (up && problem_is_live(up) && up->incident)
			return up->incident;
	}
	if (!r && name)
		r = ref_find(e, 'p', p->node->name, name);
	return r ? r->incident : NULL;
}

/* --- incidents ------------------------------------------------------------------ */

struct incident *incident_link(struct engine *e, struct incident *i)
{
	DL_APPEND(e->incidents, i);
	return i;
}

static struct incident *incident_create(struct engine *e, const struct problem *p, const struct now *now)
{
	struct incident *i = calloc(1, sizeof *i);

	if (!i)
		return NULL;
	i->id = e->sink.next_id(e->sink.arg);
	e->sink.fresh_tag(e->sink.arg, i->tag);
	i->opened_ms = now->wall_ms;
	i->since_s = p->since_s;
	i->times = 1;
	i->dirty = true;
	return incident_link(e, i);
}

/* A host before its services, the worse before the milder, the older before the younger. */
static bool stands_before(const struct problem *a, const struct problem *b)
{
	bool host_a = a->kind == EVENT_HOST, host_b = b->kind == EVENT_HOST;

	if (problem_is_live(a) != problem_is_live(b))
		return problem_is_live(a);
	if (host_a != host_b)
		return host_a;
	if (a->worst != b->worst)
		return a->worst > b->worst;
	if (a->since_s != b->since_s)
		return a->since_s < b->since_s;
	return a->id < b->id;
}

struct problem *incident_root(const struct incident *i)
{
	struct problem *root = NULL;

	for (struct problem *p = i->problems; p; p = p->next)
		if (!root || stands_before(p, root))
			root = p;
	return root;
}

bool incident_has_live(const struct incident *i)
{
	for (const struct problem *p = i->problems; p; p = p->next)
		if (problem_is_live(p))
			return true;
	return false;
}

/* The incident is acknowledged when its root problem is. */
void incident_refresh(struct incident *i)
{
	struct problem *root = incident_root(i);
	unsigned flags = 0;
	char *text;

	if (!root)
		return;
	if (problem_is_live(root)) {
		size_t n = strlen(root->host) + strlen(root->service) + 2;

		text = malloc(n);
		if (text) {
			snprintf(text, n, "%s%s%s", root->host, root->service[0] ? "/" : "", root->service);
			free(i->object);
			i->object = text;
		}
		flags = (root->flags & EVENT_ACKED ? INCIDENT_ACKED : 0) |
			(root->flags & EVENT_STICKY ? INCIDENT_STICKY : 0) |
			(root->flags & EVENT_FLAPS ? INCIDENT_FLAPPING : 0) |
			(root->flags & EVENT_IN_DOWNTIME ? INCIDENT_DOWNTIME : 0);
		i->until_s = 0;
	} else {
		i->until_s = root->until_s;
		for (struct problem *p = i->problems; p; p = p->next)
			if (p->until_s > i->until_s)
				i->until_s = p->until_s;
	}
	i->state_word = event_state_word(root->kind, root->state);
	if (!problem_is_live(root) && i->object)
		i->state_word = event_state_word(strchr(i->object, '/') ? EVENT_SERVICE : EVENT_HOST, 0);
	if ((i->flags & INCIDENT_ACKED) && !(flags & INCIDENT_ACKED)) {
		if (i->owner)
			engine_set_string(&i->was_owner, i->owner);
		i->owner_round = i->times;
		engine_set_string(&i->owner, NULL);
		engine_set_string(&i->ack_text, NULL);
		i->acked_s = 0;
	}
	if ((flags & INCIDENT_ACKED) && root->owner)
		engine_set_string(&i->owner, root->owner);
	i->flags = flags;
	i->dirty = true;
}

/* Lets go of its problems: the live ones live on unheard, the others are done with. */
static void drop_problems(struct engine *e, struct incident *i)
{
	struct problem *p, *next;

	for (p = i->problems; p; p = next) {
		next = p->next;
		p->next = NULL;
		if (problem_is_live(p)) {
			p->incident = NULL;
			continue;
		}
		problem_stop_waiting(p);
		HASH_DEL(e->problems, p);
		p->next = e->gone;
		e->gone = p;
	}
	i->problems = NULL;
}

/* Their parent is over for good: from now on they are told on their own. */
static void release_children(struct engine *e, struct incident *i, const struct now *now)
{
	for (struct incident *child = e->incidents; child; child = child->next) {
		if (child->parent != i)
			continue;
		child->parent = NULL;
		child->dirty = true;
		for (struct thread *t = child->threads; t; t = t->next)
			t->flags &= ~(unsigned)THREAD_PART_TOLD;
		for (struct problem *p = child->problems; p; p = p->next)
			threads_for(e, child, p, now);
	}
}

void incident_close(struct engine *e, struct incident *i, const struct now *now)
{
	i->closed_ms = now->wall_ms;
	i->dirty = true;
	release_children(e, i, now);
	drop_problems(e, i);
	refs_drop(e, i);
	DL_DELETE(e->incidents, i);
	LL_PREPEND(e->closed, i);
}

void incident_free(struct engine *e, struct incident *i)
{
	struct thread *t, *next;

	refs_drop(e, i);
	LL_FOREACH_SAFE (i->threads, t, next)
		free(t);
	free(i->object);
	free(i->owner);
	free(i->was_owner);
	free(i->ack_text);
	free(i->let_go);
	free(i);
}

/* --- a host that went DOWN, and what it caused ------------------------------------ */

static bool is_behind(const struct incident *i, const struct problem *host)
{
	const struct problem *root = incident_root(i);

	if (!root || !root->object || root->node != host->node || !problem_is_live(root))
		return false;
	for (const char *const *above = root->object->ancestors; above && *above; above++)
		if (!strcmp(*above, host->host))
			return true;
	return false;
}

static bool was_told(const struct incident *i)
{
	for (const struct thread *t = i->threads; t; t = t->next)
		if (t->state == THREAD_TOLD || t->state == THREAD_RECOVERING || t->state == THREAD_RESOLVED)
			return true;
	return false;
}

/* Nothing was said of it yet: its problems simply become members. */
static void merge(struct engine *e, struct incident *into, struct incident *from, const struct now *now)
{
	struct problem *p, *next;

	for (p = from->problems, from->problems = NULL; p; p = next) {
		next = p->next;
		p->incident = into;
		problem_touch(p);
		LL_PREPEND(into->problems, p);
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

static void become_child(struct engine *e, struct incident *child, struct incident *parent, const struct now *now)
{
	child->parent = parent;
	child->release = 0;
	child->dirty = true;
	for (struct thread *t = child->threads; t; t = t->next) {
		if (!thread_is_silent(t))
			continue; /* these people do not hear of the parent */
		if (t->state == THREAD_HELD)
			thread_finish(t, THREAD_DROPPED);
		else
			thread_part_line(e, t, now);
	}
}

/* Two hosts with one public name can put an incident behind what is behind itself: the nearer cause wins. */
static void break_circle(struct incident *child, struct incident *parent)
{
	for (struct incident *up = parent->parent; up; up = up->parent) {
		if (up != child)
			continue;
		parent->parent = NULL;
		parent->release = 0;
		parent->dirty = true;
		for (struct thread *t = parent->threads; t; t = t->next) {
			t->flags &= ~(unsigned)THREAD_PART_TOLD;
			t->dirty = true;
		}
		return;
	}
}

static void absorb(struct engine *e, struct problem *host, const struct now *now)
{
	struct incident *i, *next;

	DL_FOREACH_SAFE (e->incidents, i, next) {
		if (i == host->incident || i->parent || !is_behind(i, host))
			continue;
		break_circle(i, host->incident);
		if (was_told(i))
			become_child(e, i, host->incident, now);
		else
			merge(e, host->incident, i, now);
	}
}

bool is_only_live(const struct incident *i, const struct problem *p)
{
	for (const struct problem *q = i->problems; q; q = q->next)
		if (q != p && problem_is_live(q))
			return false;
	return true;
}

/* Joins p to i, or takes it up again where it still is a member from before. */
static void join(struct incident *i, struct problem *p)
{
	bool relapse = i->problems && is_only_live(i, p);

	if (!p->incident) {
		p->incident = i;
		LL_PREPEND(i->problems, p);
	}
	problem_touch(p);
	if (relapse) {
		i->times++;
		i->since_s = p->since_s;
	} else if (p->since_s < i->since_s) {
		i->since_s = p->since_s;
	}
}

/* What an adopted trouble causes is as old as that: it is told to nobody either. */
static bool follows_from_adopted(const struct engine *e, const struct problem *p)
{
	const struct problem *host = engine_problem(e, p->node->name, p->host, "");

	if (p->kind == EVENT_SERVICE)
		return host && problem_is_live(host) && host->adopted;
	if (p->state != EVENT_UNREACHABLE)
		return false;
	for (const char *const *above = p->object->ancestors; above && *above; above++) {
		host = engine_problem(e, p->node->name, *above, "");
		if (host && problem_is_live(host) && host->adopted)
			return true;
	}
	return false;
}

void place_problem(struct engine *e, struct problem *p, const struct now *now)
{
	struct incident *i = p->incident ? p->incident : find_for(e, p);

	/* What nobody hears of makes no incident, but it joins one that is there. */
	if (!i && (!p->heard || follows_from_adopted(e, p)))
		return;
	if (!i)
		i = incident_create(e, p, now);
	if (!i)
		return;
	join(i, p);
	incident_add_refs(e, i, p);
	threads_for(e, i, p, now);
	if (p->kind == EVENT_HOST)
		absorb(e, p, now);
	incident_update(e, i, now);
}
