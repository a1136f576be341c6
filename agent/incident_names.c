/*
 * Which members a sentence names, and how: the public by its names, operators by objects.
 * Called by whoever words a sentence or asks whether there is a new name to be said.
 * Must never name an object to a public audience.
 */
#include "agent/incident_internal.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* --- which members are named at all ------------------------------------------------ */

static bool hears(const struct problem *p, unsigned audience)
{
	return (p->heard & AUDIENCE_BIT(audience)) != 0;
}

static bool is_behind(const struct problem *p, const char *host)
{
	for (const char *const *above = p->object ? p->object->ancestors : NULL; above && *above; above++)
		if (!strcmp(*above, host))
			return true;
	return false;
}

/* Another member, a host of this name, whichever node sees it. By name: of members there may be thousands. */
static const struct problem *member_host(const struct incident *i, const struct problem *p, const char *host,
					 unsigned audience, bool is_down)
{
	const struct engine *e = p->node->engine;

	for (const struct node *n = e->nodes; n; n = n->next) {
		const struct problem *q = engine_problem(e, n->name, host, "");

		if (q && q != p && q->incident == i && problem_is_live(q) && hears(q, audience) &&
		    (!is_down || q->state == EVENT_DOWN))
			return q;
	}
	return NULL;
}

/* The host that says it, too: its own one that is not UP, or one above it that is DOWN; heard here. NULL: none. */
static const struct problem *said_by(const struct incident *i, const struct problem *p, unsigned audience)
{
	const struct problem *q = p->kind == EVENT_SERVICE ? member_host(i, p, p->host, audience, false) : NULL;

	for (const char *const *above = p->object ? p->object->ancestors : NULL; !q && above && *above; above++)
		q = member_host(i, p, *above, audience, true);
	return q;
}

/* Is it a service of a host that is itself DOWN and heard here, or behind one? Then it goes without saying. */
bool goes_without_saying(const struct incident *i, const struct problem *p, unsigned audience)
{
	return said_by(i, p, audience) != NULL;
}

static bool is_told(const struct problem *p, unsigned audience)
{
	return (p->told & AUDIENCE_BIT(audience)) != 0;
}

/* Does scheduled downtime cover it, and were these people not told of it before? Then it is not said. */
bool problem_rests(const struct problem *p, unsigned audience)
{
	return !is_told(p, audience) && problem_is_covered(p);
}

/* Is some of it trouble that may be said, so that what rests is left out? */
bool incident_is_awake(const struct incident *i, unsigned audience)
{
	for (const struct problem *p = i->problems; p; p = p->next)
		if (hears(p, audience) && problem_is_trouble(p) && !problem_is_covered(p))
			return true;
	return false;
}

/*
 * Which members a sentence is about: those that are trouble, but for what rests; where none is,
 * those that were told. What only rests is so to whoever was told nothing.
 */
enum about { ABOUT_AWAKE, ABOUT_LIVE, ABOUT_TOLD, ABOUT_ALL };

static enum about about(const struct incident *i, unsigned audience)
{
	enum about what = ABOUT_ALL;

	for (const struct problem *p = i->problems; p; p = p->next) {
		if (!hears(p, audience))
			continue;
		if (problem_is_trouble(p) && !problem_rests(p, audience))
			return ABOUT_AWAKE;
		if (is_told(p, audience))
			what = ABOUT_TOLD;
		else if (problem_is_trouble(p) && what == ABOUT_ALL)
			what = ABOUT_LIVE;
	}
	return what;
}

static bool is_about(const struct problem *p, unsigned audience, enum about what)
{
	if (!hears(p, audience))
		return false;
	switch (what) {
	case ABOUT_AWAKE: return problem_is_trouble(p) && !problem_rests(p, audience);
	case ABOUT_LIVE: return problem_is_trouble(p);
	case ABOUT_TOLD: return is_told(p, audience);
	case ABOUT_ALL: break;
	}
	return true;
}

static bool stands_better(const struct incident *i, const struct problem *p, const struct problem *best)
{
	if (problem_is_live(p) != problem_is_live(best))
		return problem_is_live(p);
	if (is_of_before(i, p) != is_of_before(i, best))
		return is_of_before(i, best);
	return p->worst > best->worst;
}

/* The member that stands for the incident to this audience. */
struct problem *incident_root_heard(const struct incident *i, unsigned audience)
{
	struct problem *root = incident_root(i), *best = NULL;
	enum about what = about(i, audience);

	if (root && is_about(root, audience, what))
		return root;
	for (struct problem *p = i->problems; p; p = p->next) {
		if (!is_about(p, audience, what))
			continue;
		if (!best || stands_better(i, p, best))
			best = p;
	}
	return best ? best : root;
}

/* --- lists ------------------------------------------------------------------------- */

static bool grow(const char ***at, unsigned *cap, unsigned n)
{
	const char **more;

	if (n < *cap)
		return true;
	more = realloc(*at, sizeof **at * (*cap ? *cap * 2 : 16));
	if (!more)
		return false;
	*cap = *cap ? *cap * 2 : 16;
	*at = more;
	return true;
}

static void names_add(struct engine *e, unsigned *n, const char *name)
{
	if (!name)
		return;
	for (unsigned k = 0; k < *n; k++)
		if (!strcmp(e->names[k], name))
			return;
	if (grow(&e->names, &e->names_cap, *n))
		e->names[(*n)++] = name;
}

void names_push(struct engine *e, unsigned *n, const char *name)
{
	if (grow(&e->names, &e->names_cap, *n))
		e->names[(*n)++] = name;
}

unsigned names_noted(struct engine *e, const struct thread *t)
{
	unsigned n = 0;

	free(e->object_text);
	e->object_text = engine_strdup(t->names);
	for (char *at = e->object_text, *end; at; at = end) {
		end = strchr(at, '\n');
		if (end)
			*end++ = '\0';
		names_push(e, &n, at);
	}
	return n;
}

/* SURFACE 1.3 rule 5: a host that is not UP stands for all of its services that have a public name. */
static void names_of(struct engine *e, unsigned *n, const struct object *o, unsigned audience,
		     const char *language)
{
	const struct match *match = e->config->audiences[audience].match;

	if (!o)
		return;
	if (match_object(match, o))
		names_add(e, n, object_public_name(o, language));
	for (unsigned k = 0; k < o->n_named; k++)
		if (match_object(match, &o->named[k]))
			names_add(e, n, object_public_name(&o->named[k], language));
}

/* What was told is told to its end, whatever the file says by now. */
static void names_of_problem(struct engine *e, unsigned *n, const struct problem *p, unsigned audience,
			     const char *language)
{
	if (p->object && p->kind == EVENT_SERVICE && is_told(p, audience))
		names_add(e, n, object_public_name(p->object, language));
	else
		names_of(e, n, p->object, audience, language);
}

/* What was planned by hand without a name is called as it was put. */
static unsigned names_of_plan(struct engine *e, const struct incident *i, unsigned audience, const char *language)
{
	const struct downtime *d;
	bool live = false;
	unsigned n = 0;

	if (i->flags & INCIDENT_BY_HAND)
		names_add(e, &n, i->name ? i->name : i->text);
	LL_FOREACH2 (i->downtimes, d, sibling)
		live |= !(d->flags & DOWNTIME_OVER) && d->object &&
			audience_includes(&e->config->audiences[audience], d->object);
	LL_FOREACH2 (i->downtimes, d, sibling)
		if (!live || !(d->flags & DOWNTIME_OVER))
			names_of(e, &n, d->object, audience, language);
	return n;
}

/* "part of" was its last word: the end, too, is the parent's to say. */
static bool is_left_to_parent(const struct thread *t)
{
	return (t->flags & THREAD_PART_TOLD) && (t->state == THREAD_CLOSED || t->state == THREAD_RECOVERING);
}

static bool has_own_thread(const struct incident *i, unsigned audience)
{
	for (const struct thread *t = i->threads; t; t = t->next)
		if (t->audience == audience && t->root != DELIVERY_NONE && !is_left_to_parent(t))
			return true;
	return false;
}

/*
 * The incident itself, then those that are part of it and are not told by themselves (any more):
 * to the public the host that is DOWN speaks for them by their names (SURFACE 1.3 rule 5).
 */
const struct incident *next_part(const struct engine *e, const struct incident *i, const struct incident *at,
				 unsigned audience)
{
	const struct problem *root = incident_root(i);

	if (e->config->audiences[audience].internals || !root || root->kind != EVENT_HOST)
		return NULL;
	for (at = at == i ? e->incidents : at->next; at; at = at->next)
		if (at->parent == i && !has_own_thread(at, audience))
			return at;
	return NULL;
}

unsigned incident_names(struct engine *e, const struct incident *i, unsigned audience, const char *language)
{
	enum about what = about(i, audience);
	unsigned n = 0;

	if (i->flags & INCIDENT_MAINTENANCE)
		return names_of_plan(e, i, audience, language);
	if (i->flags & INCIDENT_BY_HAND)
		names_add(e, &n, i->name ? i->name : i->text);
	for (const struct incident *part = i; part; part = next_part(e, i, part, audience))
		for (const struct problem *p = part->problems; p; p = p->next)
			if (is_about(p, audience, what) && (part == i || what != ABOUT_TOLD || !problem_is_trouble(p)))
				names_of_problem(e, &n, p, audience, language);
	return n;
}

/* Has the parent told the public of it, and not yet that it is over? */
bool is_named_by_parent(const struct engine *e, const struct incident *i)
{
	for (const struct thread *t = i->parent ? i->parent->threads : NULL; t; t = t->next) {
		bool ends = t->state == THREAD_TOLD || t->state == THREAD_RECOVERING || (t->flags & THREAD_OWES_END);

		if (!ends || audience_of(e, t)->internals || has_own_thread(i, t->audience))
			continue;
		for (const struct problem *p = i->problems; p; p = p->next)
			if (is_told(p, t->audience))
				return true;
	}
	return false;
}

/* A host before services, the worse before the milder, the longer before the shorter. */
static bool was_more(const struct problem *p, const struct problem *root)
{
	if (p->kind != root->kind)
		return p->kind == EVENT_HOST;
	if (p->worst != root->worst)
		return p->worst > root->worst;
	return p->until_s - p->since_s > root->until_s - root->since_s;
}

/* What was over in the round that this thread is about: public names, or the object. */
unsigned thread_names_since(struct engine *e, const struct thread *t, const char *language)
{
	const struct incident *i = t->incident;
	bool internals = e->config->audiences[t->audience].internals;
	const struct problem *root = NULL;
	unsigned n = 0;

	names_add(e, &n, i->name || !(i->flags & INCIDENT_BY_HAND) ? i->name : i->text);
	for (const struct problem *p = i->problems; p; p = p->next) {
		if (!hears(p, t->audience) || p->until_s < t->since_s)
			continue;
		if (!internals)
			names_of(e, &n, p->object, t->audience, language);
		else if (!root || was_more(p, root))
			root = p;
	}
	if (!root)
		return n;
	free(e->object_text);
	e->object_text = problem_label_dup(root);
	names_add(e, &n, e->object_text);
	return n;
}

/* --- names that outlive their objects ------------------------------------------------ */

#define TOLD_NAMES_MAX 8192 /* bytes; a post names five of them */

static bool is_listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (; list; list = strchr(list, '\n') ? strchr(list, '\n') + 1 : NULL)
		if (!strncmp(list, name, n) && (list[n] == '\n' || !list[n]))
			return true;
	return false;
}

void names_note(const struct engine *e, struct thread *t, unsigned n)
{
	struct buf all;

	buf_init(&all, TOLD_NAMES_MAX);
	buf_str(&all, t->names ? t->names : "");
	for (unsigned k = 0; k < n; k++) {
		if (is_listed(t->names, e->names[k]))
			continue;
		buf_str(&all, all.len ? "\n" : "");
		buf_str(&all, e->names[k]);
	}
	if (!all.cut)
		engine_set_string(&t->names, buf_text(&all));
	buf_finish(&all);
}

/* --- members ------------------------------------------------------------------------- */

static void members_free(struct engine *e)
{
	for (unsigned k = 0; k < e->members_cap; k++) {
		free((void *)(uintptr_t)e->members[k]);
		e->members[k] = NULL;
	}
}

unsigned members_fill(struct engine *e, const struct incident *i, const struct problem *root,
		      unsigned audience)
{
	enum about what = about(i, audience);
	unsigned n = 0;

	members_free(e);
	for (const struct problem *p = i->problems; p; p = p->next) {
		unsigned cap = e->members_cap;

		if (p == root || !problem_is_live(p) || !is_about(p, audience, what) ||
		    goes_without_saying(i, p, audience) || is_said_by_twin(i, p, audience) ||
		    (root && is_twin(root, p)))
			continue;
		if (!grow(&e->members, &e->members_cap, n))
			break;
		for (; cap < e->members_cap; cap++)
			e->members[cap] = NULL;
		e->members[n] = problem_label_dup(p);
		if (!e->members[n])
			break;
		n++;
	}
	return n;
}

/* --- news --------------------------------------------------------------------------- */

static bool has_further_name(struct engine *e, const struct thread *t)
{
	const struct incident *i = t->incident;
	bool awake = incident_is_awake(i, t->audience);
	unsigned n = 0, before = 0;

	for (int pass = 0; pass < 2; pass++) {
		before = n; /* what was told, then what is not */
		for (const struct incident *part = i; part; part = next_part(e, i, part, t->audience))
			for (const struct problem *p = part->problems; p; p = p->next)
				if (hears(p, t->audience) && is_told(p, t->audience) == (pass == 0) &&
				    (pass == 0 || (problem_is_trouble(p) && !(awake && problem_is_covered(p)))))
					names_of_problem(e, &n, p, t->audience, "");
	}
	return n > before;
}

/* By another node, which may say by now that it is well: one object all the same. */
static bool is_told_of_twin(const struct incident *i, const struct problem *p, unsigned audience)
{
	if (i->engine->config->n_same_objects < 2)
		return false;
	for (const struct problem *q = i->problems; q; q = q->next)
		if (is_told(q, audience) && is_twin(p, q))
			return true;
	return is_said_by_twin(i, p, audience);
}

/* To the public only a further name is news; to operators each further object. */
bool thread_has_news(struct engine *e, const struct thread *t)
{
	bool internals = e->config->audiences[t->audience].internals;
	bool awake = incident_is_awake(t->incident, t->audience);
	const struct problem *said = NULL; /* by the same one as the member before, mostly */

	if (!internals)
		return has_further_name(e, t);
	for (const struct problem *p = t->incident->problems; p; p = p->next) {
		if (!problem_is_trouble(p) || !hears(p, t->audience) || is_told(p, t->audience) ||
		    (awake && problem_is_covered(p)) || is_told_of_twin(t->incident, p, t->audience))
			continue;
		if (said && said != p && said->state == EVENT_DOWN && is_behind(p, said->host))
			continue;
		said = said_by(t->incident, p, t->audience);
		if (!said)
			return true;
	}
	return false;
}
