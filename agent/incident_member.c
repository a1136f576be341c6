/*
 * The members of an incident, and what is known of them without a walk: which of them stands for
 * it, how bad the worst is, whether any flaps. Called by whoever moves or changes a member.
 * Must never be believed after a change that was not told here: the sanitised build looks it up.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <utlist.h>

static bool is_ancestor(const struct problem *a, const struct problem *b)
{
	return b->object && object_is_behind(b->object, a->host);
}

/* A member that was over before it all began again. */
bool is_of_before(const struct incident *i, const struct problem *p)
{
	return !problem_is_live(p) && p->until_s < i->since_s;
}

/* A host before its services, the worse before the milder, the older before the younger. */
static bool stands_before(const struct incident *i, const struct problem *a, const struct problem *b)
{
	bool host_a = a->kind == EVENT_HOST, host_b = b->kind == EVENT_HOST;

	if (problem_is_live(a) != problem_is_live(b))
		return problem_is_live(a);
	if (is_of_before(i, a) != is_of_before(i, b))
		return is_of_before(i, b);
	if (host_a != host_b)
		return host_a;
	if (host_a && is_ancestor(a, b) != is_ancestor(b, a))
		return is_ancestor(a, b); /* whoever was found first, the nearer one is the cause */
	if (a->worst != b->worst)
		return a->worst > b->worst;
	if (a->since_s != b->since_s)
		return a->since_s < b->since_s;
	return a->id < b->id;
}

static struct summary sum_up(const struct incident *i)
{
	struct summary s = {.is_known = true};

	for (struct problem *p = i->problems; p; p = p->next) {
		if (!s.root || stands_before(i, p, s.root))
			s.root = p;
		if (problem_is_live(p) && problem_severity(p) > s.worst)
			s.worst = problem_severity(p);
		s.flaps |= problem_flaps(p);
	}
	return s;
}

static struct summary summary_of(const struct incident *i)
{
	struct summary s = i->summary.is_known ? i->summary : sum_up(i);

#ifdef __SANITIZE_ADDRESS__
	struct summary seen = sum_up(i);

	if (seen.root != s.root || seen.worst != s.worst || seen.flaps != s.flaps)
		abort(); /* a change that nobody told of */
#endif
	return s;
}

struct problem *incident_root(const struct incident *i)
{
	return summary_of(i).root;
}

unsigned incident_worst(const struct incident *i)
{
	return summary_of(i).worst;
}

bool incident_flaps(const struct incident *i)
{
	return summary_of(i).flaps;
}

void members_sum_up(struct incident *i)
{
	if (!i->summary.is_known)
		i->summary = sum_up(i);
}

void members_changed(struct incident *i)
{
	i->summary.is_known = false;
}

/* In a storm they come by the thousand: no walk for each. Of hosts the nearest stands for it, which only a walk finds. */
void member_add(struct incident *i, struct problem *p)
{
	struct summary *s = &i->summary;

	p->incident = i;
	LL_PREPEND(i->problems, p);
	if (!s->is_known || !s->root || (p->kind == EVENT_HOST && s->root->kind == EVENT_HOST)) {
		s->is_known = false;
		return;
	}
	if (stands_before(i, p, s->root))
		s->root = p;
	if (problem_is_live(p) && problem_severity(p) > s->worst)
		s->worst = problem_severity(p);
	s->flaps |= problem_flaps(p);
}

void member_remove(struct incident *i, struct problem *p)
{
	LL_DELETE(i->problems, p);
	p->next = NULL;
	p->incident = NULL;
	members_changed(i);
}

void member_changed(const struct problem *p)
{
	if (p->incident)
		members_changed(p->incident);
}
