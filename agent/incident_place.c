/*
 * Which incident a problem belongs to (SPEC 4.0): same host; else an ancestor that
 * is not UP; else an equal public name.
 * Must never speak: it only moves problems and starts or ends threads.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* --- what leads to an incident ------------------------------------------------ */

/* "h NODE NAME", each behind a line's end; 0: too long. */
static size_t ref_key(char kind, const char *node, const char *name, char *out, size_t size)
{
	size_t a = strlen(node), b = strlen(name);

	if (a + b + 4 > size)
		return 0;
	out[0] = kind;
	out[1] = '\n';
	memcpy(out + 2, node, a);
	out[2 + a] = '\n';
	memcpy(out + 3 + a, name, b + 1);
	return 3 + a + b;
}

static struct ref *ref_find(const struct engine *e, char kind, const char *node, const char *name)
{
	char key[EVENT_NAME_MAX * 2 + 16];
	size_t n = ref_key(kind, node, name, key, sizeof key);
	struct ref *r = NULL;

	if (n)
		HASH_FIND(hh, e->refs, key, n, r);
	return r;
}

static void ref_add(struct engine *e, struct incident *i, char kind, const char *node, const char *name)
{
	size_t size = strlen(node) + strlen(name) + 4;
	struct ref *r;

	if (ref_find(e, kind, node, name))
		return;
	r = calloc(1, sizeof *r + size);
	if (!r)
		return;
	ref_key(kind, node, name, r->key, size);
	r->incident = i;
	LL_PREPEND(i->refs, r);
	HASH_ADD_KEYPTR(hh, e->refs, r->key, size - 1, r);
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

	ref_add(e, i, 'h', site_of(e, p->node), p->host);
	if (name)
		ref_add(e, i, 'p', "", name); /* one thing, whichever node sees it */
}

/* Another configuration: what is one thing by the names in it, is so from now on. */
void incidents_place_anew(struct engine *e, const struct now *now)
{
	struct incident *i, *next;
	struct problem *p, *pnext;

	DL_FOREACH (e->incidents, i)
		refs_drop(e, i);
	DL_FOREACH (e->incidents, i)
		LL_FOREACH (i->problems, p)
			if (p->object)
				incident_add_refs(e, i, p);
	DL_FOREACH_SAFE (e->incidents, i, next) {
		struct ref *r;

		p = i->parent ? NULL : incident_root(i);
		r = p && p->object && problem_is_live(p) ? ref_find(e, 'h', site_of(e, p->node), p->host) : NULL;
		if (r && r->incident != i && incident_has_live(r->incident))
			incident_take(e, r->incident, i, now);
	}
	HASH_ITER (hh, e->problems, p, pnext)
		if (problem_is_live(p))
			group_look(e, p, now);
}

/* That of an ancestor that is not UP, unless there is another way to it. */
static struct incident *find_cause(const struct engine *e, const struct problem *p)
{
	if (has_a_way(e, p))
		return NULL;
	for (const char *const *above = p->object->ancestors; above && *above; above++) {
		const struct problem *up = site_problem(e, p->node, *above, "");
		if (up && up->incident)
			return up->incident;
	}
	return NULL;
}

/* What was trouble of the host's own, and is over, is not what it has now. */
static struct incident *find_for(struct engine *e, struct problem *p)
{
	const char *name = object_public_name(p->object, "");
	struct ref *r = ref_find(e, 'h', site_of(e, p->node), p->host);
	struct incident *cause = r && incident_has_live(r->incident) ? NULL : find_cause(e, p);

	if (cause)
		return cause;
	if (!r && name)
		r = ref_find(e, 'p', "", name);
	return r ? r->incident : group_find(e, p);
}

/* --- incidents ------------------------------------------------------------------ */

struct incident *incident_link(struct engine *e, struct incident *i)
{
	i->engine = e;
	DL_APPEND(e->incidents, i);
	HASH_ADD(hh, e->by_id, id, sizeof i->id, i);
	return i;
}

struct incident *incident_create(struct engine *e, int64_t since_s, const struct now *now)
{
	struct incident *i = calloc(1, sizeof *i);

	if (!i)
		return NULL;
	i->id = e->sink.next_id(e->sink.arg);
	e->sink.fresh_tag(e->sink.arg, i->tag);
	i->opened_ms = now->wall_ms;
	i->since_s = since_s;
	i->times = 1;
	i->due = NOW_NEVER;
	incident_link(e, i);
	incident_touch(i);
	return i;
}

/* Lets go of its problems: the live ones live on unheard, the others are done with. */
static void drop_problems(struct engine *e, struct incident *i)
{
	struct problem *p, *next;

	for (p = i->problems; p; p = next) {
		next = p->next;
		p->next = NULL;
		p->left = i->id;
		p->incident = NULL;
		if (problem_is_live(p)) {
			problem_touch(p);
			continue;
		}
		problem_stop_waiting(p);
		flap_remember(e, p);
		HASH_DEL(e->problems, p);
		p->next = e->gone;
		e->gone = p;
	}
	i->problems = NULL;
	members_changed(i);
}

void incident_let_go(struct engine *e, struct incident *i, const struct now *now)
{
	release_children(e, i, now);
	drop_problems(e, i);
	downtimes_let_go(i);
	refs_drop(e, i);
}

void incident_close(struct engine *e, struct incident *i, const struct now *now)
{
	i->closed_ms = now->wall_ms;
	incident_touch(i);
	incident_let_go(e, i, now);
	DL_DELETE(e->incidents, i);
	HASH_DEL(e->by_id, i);
	LL_PREPEND(e->closed, i);
}

static bool is_final(const struct thread *t)
{
	return t->state == THREAD_CLOSED || t->state == THREAD_DROPPED;
}

bool incident_is_over(const struct incident *i)
{
	for (const struct thread *t = i->threads; t; t = t->next)
		if (!is_final(t))
			return false;
	if (i->flags & INCIDENT_RETRACTED)
		return true;
	if (i->flags & INCIDENT_MAINTENANCE)
		return maintenance_is_over(i);
	return !(i->flags & INCIDENT_BY_HAND) || i->until_s != 0;
}

/* Scheduled downtime keeps some of it from being said: when that is over it may have to be. */
static bool has_resting(const struct incident *i)
{
	for (const struct problem *p = i->problems; p; p = p->next)
		if (problem_is_live(p) && p->heard && problem_is_covered(p))
			return true;
	return false;
}

/* Nothing is left to be said of it. */
void incident_close_if_over(struct engine *e, struct incident *i, const struct now *now)
{
	if (incident_is_over(i) && !has_resting(i) && !(i->parent && (incident_has_live(i) || is_named_by_parent(e, i))))
		incident_close(e, i, now);
}

void incident_free(struct engine *e, struct incident *i)
{
	struct thread *t, *next;

	incident_forget_due(e, i);
	refs_drop(e, i);
	LL_FOREACH_SAFE (i->threads, t, next)
		thread_free(e, t);
	free(i->object);
	free(i->owner);
	free(i->was_owner);
	free(i->ack_text);
	free(i->let_go);
	free(i->name);
	free(i->text);
	free(i->by);
	free(i->ticket);
	free(i->known);
	free(i->known_tag);
	free(i);
}

/* --- placing --------------------------------------------------------------------- */

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
	bool relapse = i->problems && is_only_live(i, p) && !problem_flaps(p);

	if (!p->incident)
		member_add(i, p);
	problem_touch(p);
	incident_touch(i);
	if (relapse) {
		i->times++;
		i->since_s = p->since_s;
		i->eta_s = 0; /* it was promised for the trouble before */
		members_changed(i);
	} else if (p->since_s < i->since_s) {
		i->since_s = p->since_s;
		members_changed(i);
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

/* The next one, by number, that nobody was told of because of that host. */
static struct problem *find_left(const struct engine *e, const struct node *n, const char *host, uint64_t after)
{
	struct problem *p, *next, *found = NULL;

	HASH_ITER (hh, e->problems, p, next)
		if (p->node == n && p->id > after && (!found || p->id < found->id) && problem_is_live(p) &&
		    !p->incident && !p->adopted && !p->waiting && p->object && p->heard &&
		    (!strcmp(p->host, host) || object_is_behind(p->object, host)) && !follows_from_adopted(e, p))
			found = p;
	return found;
}

void place_left(struct engine *e, const struct node *n, const char *host, const struct now *now)
{
	uint64_t after = 0;
	struct problem *p;
	struct thread *t;

	while ((p = find_left(e, n, host, after)) != NULL) {
		after = p->id;
		place_problem(e, p, now);
		for (t = p->incident ? p->incident->threads : NULL; t; t = t->next)
			if (t->state == THREAD_HELD) /* it may follow its host: its next check says so */
				thread_hold(e, t, now->wall_ms / 1000, now);
	}
}

/* All that was to be said of it has been. */
static bool is_told_to_its_end(const struct incident *i)
{
	for (const struct thread *t = i->threads; t; t = t->next)
		if (t->state != THREAD_CLOSED && t->state != THREAD_DROPPED &&
		    (t->state != THREAD_RESOLVED || (t->flags & THREAD_OWES_END)))
			return false;
	return true;
}

/* It was trouble of its own before; what it has now is what something above it does to it. */
static void leave_old(struct engine *e, struct problem *p, const struct now *now)
{
	struct incident *i = p->incident, *cause = i && is_only_live(i, p) ? find_cause(e, p) : NULL;

	if (!cause || cause == i || !is_told_to_its_end(i))
		return;
	member_remove(i, p);
	p->left = i->id;
	incident_wake(e, i, now->boot_ms);
	problem_touch(p);
	incident_refresh(i);
}

void place_problem(struct engine *e, struct problem *p, const struct now *now)
{
	struct incident *i;

	leave_old(e, p, now);
	i = p->incident ? p->incident : find_for(e, p);

	/* What nobody hears of makes no incident, but it joins one that is there. */
	if (!i && (!p->heard || follows_from_adopted(e, p)))
		return;
	if (!i)
		i = incident_create(e, p->since_s, now);
	if (!i)
		return;
	join(i, p);
	incident_add_refs(e, i, p);
	find_parent(e, p, now);
	threads_for(e, i, p, now);
	if (p->kind == EVENT_HOST)
		absorb(e, p, now);
	group_look(e, p, now);
	if (p->incident)
		incident_update(e, p->incident, now);
}
