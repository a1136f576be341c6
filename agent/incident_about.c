/*
 * What a thread is about: which members its people hear of, whether any of them is trouble and
 * how bad, since when and until when. Called by whoever looks at a thread.
 * Must never change anything.
 */
#include "agent/incident_internal.h"

const struct config_audience *audience_of(const struct engine *e, const struct thread *t)
{
	return &e->config->audiences[t->audience];
}

/* Where every line costs, only those that the file asks for by name are said beside the news. */
bool thread_costs(const struct engine *e, const struct thread *t)
{
	return e->config->accounts[t->account].is_metered;
}

bool thread_is_live(const struct thread *t)
{
	if (t->incident->flags & INCIDENT_BY_HAND)
		return t->incident->until_s == 0;
	for (const struct problem *p = t->incident->problems; p; p = p->next)
		if (problem_is_trouble(p) && thread_hears(t, p) &&
		    (t->state == THREAD_HELD || !problem_rests(p, t->audience)))
			return true;
	return false;
}

/* One object of several nodes is scheduled on one of them. */
bool problem_is_covered(const struct problem *p)
{
	const struct engine *e = p->node->engine;

	return (p->flags & EVENT_IN_DOWNTIME) || (e->config->n_same_objects > 1 && downtime_mutes(e, p, true));
}

/* Scheduled downtime mutes: nothing new is said while it covers everything. */
bool thread_is_muted(const struct thread *t)
{
	if (t->incident->flags & INCIDENT_BY_HAND)
		return false;
	for (const struct problem *p = t->incident->problems; p; p = p->next)
		if (problem_is_trouble(p) && thread_hears(t, p) && !problem_is_covered(p))
			return false;
	return true;
}

/* Does scheduled downtime cover all that these people hear of, but for this one? */
bool thread_is_unmuted_by(const struct thread *t, const struct problem *p)
{
	bool others = false;

	if (problem_is_covered(p))
		return false;
	for (const struct problem *q = t->incident->problems; q; q = q->next) {
		if (q == p || !problem_is_trouble(q) || !thread_hears(t, q))
			continue;
		if (!problem_is_covered(q))
			return false;
		others = true;
	}
	return others;
}

unsigned thread_worst(const struct thread *t)
{
	unsigned severity = 0;

	for (const struct problem *p = t->incident->problems; p; p = p->next)
		if (problem_is_live(p) && thread_hears(t, p) && problem_severity(p) > severity)
			severity = problem_severity(p);
	return severity;
}

int64_t thread_first_s(const struct engine *e, const struct thread *t)
{
	int64_t since = 0;

	for (const struct problem *p = t->incident->problems; p; p = p->next) {
		int64_t from = problem_since_for(e, p, t->audience);

		if (p->until_s && p->until_s < t->incident->since_s)
			continue; /* of a round before */
		if (thread_hears(t, p) && (!since || from < since))
			since = from;
	}
	return since ? since : t->incident->since_s;
}

int64_t thread_last_s(const struct thread *t)
{
	int64_t until = t->incident->flags & INCIDENT_BY_HAND ? t->incident->until_s : 0;

	for (const struct problem *p = t->incident->problems; p; p = p->next)
		if (thread_hears(t, p) && p->until_s > until)
			until = p->until_s;
	return until;
}

/* Whoever is told the object is told its own time; the public, since when anything is bad. */
int64_t thread_since(const struct engine *e, const struct thread *t)
{
	const struct problem *root = incident_root_heard(t->incident, t->audience);
	bool awake = incident_is_awake(t->incident, t->audience);
	int64_t since = 0;

	if (audience_of(e, t)->internals && root && thread_hears(t, root))
		return problem_since_for(e, root, t->audience);

	for (const struct problem *p = t->incident->problems; p; p = p->next) {
		int64_t from = problem_since_for(e, p, t->audience);

		if (problem_is_trouble(p) && thread_hears(t, p) && (!since || from < since) &&
		    !(awake && problem_rests(p, t->audience)))
			since = from;
	}
	return since ? since : t->incident->since_s;
}
