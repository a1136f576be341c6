/*
 * Which downtimes are one maintenance, who hears of it, and what it is called.
 * Called by incident_downtime.c and by whoever words it. Must never speak.
 */
#include "agent/incident_internal.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

#define ACT_S 60	 /* what people schedule in one act begins and ends within this */
#define GATHER_MS 10000	 /* 15 or 500 downtimes of one act are one line */

/* --- what belongs together ----------------------------------------------------------- */

static bool is_near(int64_t a, int64_t b)
{
	return a - b <= ACT_S && b - a <= ACT_S;
}

static bool is_same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/*
 * One act: the same words and times, or the same times and host. One after another: the cores
 * have no other way to prolong one of an object than another one, or to move one than to delete it
 * and to schedule another.
 */
static bool belongs(const struct downtime *d, const struct downtime *to, bool settles)
{
	bool same_host = !strcmp(d->host, to->host);
	bool is_over = (to->flags & DOWNTIME_OVER) != 0;

	if (d->node != to->node)
		return false;
	if (same_host && !strcmp(d->service, to->service) &&
	    (is_over ? settles : d->from_s <= to->to_s + ACT_S && to->from_s <= d->to_s + ACT_S))
		return true;
	return !is_over && is_near(d->from_s, to->from_s) && is_near(d->to_s, to->to_s) &&
	       (same_host || (is_same_text(d->author, to->author) && is_same_text(d->text, to->text)));
}

static struct incident *find_for(struct engine *e, const struct downtime *d, const struct now *now)
{
	struct incident *i;
	struct downtime *s;

	DL_FOREACH (e->incidents, i)
		LL_FOREACH2 (i->downtimes, s, sibling)
			if (belongs(d, s, i->settle > now->boot_ms))
				return i;
	return NULL;
}

void maintenance_look(struct engine *e, struct incident *i, const struct now *now)
{
	i->look = 0;
	engine_wake(e, now->boot_ms);
}

void maintenance_settle(struct engine *e, struct incident *i, const struct now *now)
{
	if (i->settle <= now->boot_ms)
		i->settle = now->boot_ms + GATHER_MS;
	maintenance_look(e, i, now);
}

void maintenance_join(struct engine *e, struct downtime *d, const struct now *now)
{
	struct incident *i = find_for(e, d, now);
	struct problem *p;

	if (!i) {
		i = incident_create(e, d->from_s, now);
		if (!i)
			return;
		i->flags |= INCIDENT_MAINTENANCE;
		i->from_s = d->from_s;
		i->to_s = d->to_s;
		engine_note(e, i, "event", "maintenance planned by %s: %.400s", d->author ? d->author : "somebody",
			    d->text ? d->text : "");
	}
	downtime_attach(d, i);
	maintenance_settle(e, i, now);
	p = engine_problem(e, d->node->name, d->host, d->service);
	if (!p || !p->object) {
		e->sink.describe(e->sink.arg, d->node->name, d->kind, d->host, d->service);
		return;
	}
	d->object = object_share(p->object);
	maintenance_hear(e, d, now);
}

/* --- who hears of it -------------------------------------------------------------------- */

static struct thread *thread_of(const struct incident *i, unsigned audience, unsigned account)
{
	for (struct thread *t = i->threads; t; t = t->next)
		if (t->audience == audience && t->account == account)
			return t;
	return NULL;
}

static void thread_ensure(struct engine *e, struct incident *i, unsigned audience, unsigned account,
			  const struct now *now)
{
	struct thread *t;

	if (thread_of(i, audience, account) || i->opened_ms / 1000 < e->sink.born_s(e->sink.arg, audience, account))
		return;
	t = thread_create(e, i, audience, account);
	if (!t)
		return;
	t->state = THREAD_HELD;
	maintenance_look(e, i, now);
}

/* An audience that Nagios notifies is told what Nagios notifies of: no downtime. */
void maintenance_hear(struct engine *e, struct downtime *d, const struct now *now)
{
	const struct config *c = e->config;

	for (unsigned k = 0; k < c->n_audiences && k < AUDIENCES_MAX; k++) {
		const struct config_audience *a = &c->audiences[k];

		if ((a->as_contact && a->as_contact[0]) || !audience_includes(a, d->object))
			continue;
		for (unsigned j = 0; j < a->n_accounts; j++)
			thread_ensure(e, d->incident, k, a->accounts[j], now);
	}
}

/* --- what it is about --------------------------------------------------------------------- */

bool maintenance_is_about(const struct incident *i, const struct match *match)
{
	const struct downtime *d;

	LL_FOREACH2 (i->downtimes, d, sibling)
		if (d->object && match_object(match, d->object))
			return true;
	return false;
}

bool maintenance_is_within(const struct incident *i, const struct match *match)
{
	const struct downtime *d;

	LL_FOREACH2 (i->downtimes, d, sibling)
		if (!d->object || !match_object(match, d->object))
			return false;
	return i->downtimes != NULL;
}

/* What has been cancelled is no part of it any more, unless all of it is over. */
struct parts {
	const struct incident *incident;
	const struct config_audience *audience; /* NULL = whoever */
	bool all_over;
};

static struct parts parts_of(const struct incident *i, const struct config_audience *a)
{
	struct parts parts = {.incident = i, .audience = a, .all_over = true};
	const struct downtime *d;

	LL_FOREACH2 (i->downtimes, d, sibling)
		parts.all_over &= (d->flags & DOWNTIME_OVER) != 0;
	return parts;
}

static bool is_part(const struct parts *parts, const struct downtime *d)
{
	if (parts->audience && (!d->object || !audience_includes(parts->audience, d->object)))
		return false;
	return parts->all_over || !(d->flags & DOWNTIME_OVER);
}

/* A host before services, the older before the younger. */
static bool stands_before(const struct downtime *d, const struct downtime *other)
{
	if (d->kind != other->kind)
		return d->kind == EVENT_HOST;
	return d->id < other->id;
}

static const struct downtime *root_of(const struct parts *parts)
{
	const struct downtime *d, *root = NULL;

	LL_FOREACH2 (parts->incident->downtimes, d, sibling)
		if (is_part(parts, d) && (!root || stands_before(d, root)))
			root = d;
	return root;
}

const struct downtime *maintenance_root(const struct incident *i, const struct config_audience *a)
{
	struct parts parts = parts_of(i, a);

	return root_of(&parts);
}

/* The second downtime of an object, or of a service of a host that is named. */
static bool is_named_by_host(const struct parts *parts, const struct downtime *d)
{
	const struct downtime *other;

	LL_FOREACH2 (downtimes_near(d->node->engine, d->host), other, host_next) {
		if (other->incident != parts->incident || other == d || other->node != d->node || strcmp(other->host, d->host) != 0)
			continue;
		if (other->kind != d->kind ? other->kind != EVENT_HOST
					   : other->id > d->id || strcmp(other->service, d->service) != 0)
			continue;
		if (is_part(parts, other))
			return true;
	}
	return false;
}

unsigned maintenance_label(const struct incident *i, const struct config_audience *a, char *out, size_t size)
{
	struct parts parts = parts_of(i, a);
	const struct downtime *root = root_of(&parts), *d;
	unsigned more = 0;
	int n;

	out[0] = '\0';
	if (!root)
		return 0;
	LL_FOREACH2 (i->downtimes, d, sibling)
		more += d != root && is_part(&parts, d) && !is_named_by_host(&parts, d);
	n = snprintf(out, size, "%s%s%s", root->host, root->service[0] ? "/" : "", root->service);
	if (more && n > 0 && (size_t)n < size)
		snprintf(out + n, size - (size_t)n, " +%u", more);
	return more;
}

/* --- facts ------------------------------------------------------------------------------------ */

bool maintenance_is_gone(const struct incident *i, const struct config_audience *a)
{
	const struct downtime *d;
	bool is_gone = false;

	LL_FOREACH2 (i->downtimes, d, sibling) {
		if (!d->object || !audience_includes(a, d->object))
			continue;
		if (!(d->flags & DOWNTIME_UNKNOWN))
			return false;
		is_gone = true;
	}
	return is_gone;
}

/* Its k-th public name for an audience: its own, then its services'; NULL: none, or not for them. */
static const char *name_at(const struct object *o, unsigned k, const struct match *match)
{
	const struct object *of = k ? &o->named[k - 1] : o;

	return match_object(match, of) ? object_public_name(of, "") : NULL;
}

static bool is_called(const struct object *o, const char *name, const struct match *match)
{
	for (unsigned k = 0; o && k <= o->n_named; k++) {
		const char *own = name_at(o, k, match);

		if (own && !strcmp(own, name))
			return true;
	}
	return false;
}

static bool trouble_is_called(const struct thread *t, const char *name, const struct match *match)
{
	for (const struct problem *p = t->incident->problems; p; p = p->next)
		if (problem_is_trouble(p) && thread_hears(t, p) && is_called(p->object, name, match))
			return true;
	return false;
}

/* Does the public know it by a name that is not told as disrupted there? */
bool maintenance_names_more(const struct engine *e, const struct incident *i, const struct thread *trouble)
{
	const struct config_audience *a = audience_of(e, trouble);
	const struct downtime *d;

	LL_FOREACH2 (i->downtimes, d, sibling)
		for (unsigned k = 0; !a->internals && d->object && k <= d->object->n_named; k++) {
			const char *name = d->flags & DOWNTIME_OVER ? NULL : name_at(d->object, k, a->match);

			if (name && !trouble_is_called(trouble, name, a->match))
				return true;
		}
	return false;
}

static bool plan_is_called(const struct incident *plan, const char *name, const struct match *match)
{
	const struct downtime *d;

	if ((plan->flags & INCIDENT_BY_HAND) && plan->name && !strcmp(plan->name, name))
		return true;
	LL_FOREACH2 (plan->downtimes, d, sibling)
		if (is_called(d->object, name, match))
			return true;
	return false;
}

/* One by hand has no objects but its public name; and the public knows an object by nothing else. */
static bool is_named_alike(const struct engine *e, const struct thread *t, const struct problem *p)
{
	const struct config_audience *a = audience_of(e, t);

	if (!p->object || !thread_hears(t, p) || (a->internals && !(t->incident->flags & INCIDENT_BY_HAND)))
		return false;
	for (unsigned k = 0; k <= p->object->n_named; k++) {
		const char *name = name_at(p->object, k, a->match);

		if (name && plan_is_called(t->incident, name, a->match))
			return true;
	}
	return false;
}

/* Is it the object of a downtime, or one of its host's services that these people know by name? */
static bool is_known_by(const struct downtime *d, const struct problem *p, const struct config_audience *a)
{
	if (!downtime_covers(d, p))
		return false;
	if (a->internals || d->kind == p->kind)
		return true;
	for (unsigned k = 0; d->object && k < d->object->n_named; k++)
		if (!strcmp(d->object->named[k].service, p->service) && match_object(a->match, &d->object->named[k]))
			return true;
	return false;
}

/* Recorded and told to nobody, so never described: it is bad all the same when work on it ends. */
static bool is_adopted_there(const struct engine *e, const struct thread *t, const struct problem *p)
{
	const struct downtime *d;

	if (!p->adopted)
		return false;
	LL_FOREACH2 (downtimes_near(e, p->host), d, host_next)
		if (d->incident == t->incident && is_known_by(d, p, audience_of(e, t)))
			return true;
	return false;
}

/* Among equals the older one, that it is the same whoever asks. */
static bool is_worse(const struct problem *p, const struct problem *worst)
{
	if (!worst || problem_severity(p) != problem_severity(worst))
		return !worst || problem_severity(p) > problem_severity(worst);
	return p->id < worst->id;
}

struct problem *maintenance_worst(const struct engine *e, const struct thread *t)
{
	struct problem *p, *next, *worst = NULL;
	const struct downtime *d;

	HASH_ITER (hh, e->problems, p, next) {
		if (!problem_is_live(p) || !is_worse(p, worst))
			continue;
		if (is_named_alike(e, t, p)) {
			worst = p;
			continue;
		}
		if (!thread_hears(t, p) && !is_adopted_there(e, t, p))
			continue;
		LL_FOREACH2 (downtimes_near(e, p->host), d, host_next)
			if (d->incident == t->incident && downtime_covers(d, p)) {
				worst = p;
				break;
			}
	}
	return worst;
}
