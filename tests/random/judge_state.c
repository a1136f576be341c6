/*
 * What must hold of the engine after every step, and at the end of a run. Called by story.c.
 * Must never change what it looks at.
 */
#include "agent/incident_internal.h"
#include "tests/random/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* --- nobody is forgotten -------------------------------------------------------------------- */

static bool includes(const struct config_audience *a, const struct object *o)
{
	bool named = object_public_name(o, "") != NULL;

	if (a->internals || (named && match_object(a->match, o)))
		return match_object(a->match, o);
	for (unsigned k = 0; k < o->n_named; k++)
		if (match_object(a->match, &o->named[k]))
			return true;
	return false;
}

static bool should_hear(const struct config_audience *a, const struct problem *p)
{
	unsigned state = p->kind == EVENT_HOST && p->state == EVENT_UNREACHABLE ? EVENT_DOWN : p->state;

	if (a->as_contact[0] || (!(p->flags & EVENT_HARD) && !a->soft))
		return false;
	return (a->states & STATE_BIT(p->kind, state)) && includes(a, p->object);
}

static bool is_final(const struct thread *t)
{
	return t->state == THREAD_CLOSED || t->state == THREAD_DROPPED;
}

/* A thread of the incident, or of what it is part of. */
static const struct thread *thread_for(const struct incident *i, unsigned audience, unsigned account)
{
	const struct thread *t;

	for (; i; i = i->parent)
		LL_FOREACH (i->threads, t)
			if (t->audience == audience && t->account == account && !is_final(t))
				return t;
	return NULL;
}

/* What is caused by an adopted trouble is adopted, too. */
static bool follows_from_adopted(const struct engine *e, const struct problem *p)
{
	const struct problem *up = engine_problem(e, p->node->name, p->host, "");
	const char *const *above = p->object->ancestors;

	if (p->kind == EVENT_SERVICE && up && up->adopted && problem_is_live(up))
		return true;
	for (; p->state == EVENT_UNREACHABLE && p->kind == EVENT_HOST && above && *above; above++) {
		up = engine_problem(e, p->node->name, *above, "");
		if (up && up->adopted && problem_is_live(up))
			return true;
	}
	return false;
}

void judge_retracted(struct rig *r, uint64_t incident)
{
	const struct problem *p, *next;

	HASH_ITER (hh, r->subjects[0].engine->problems, p, next) {
		int k = thing_find(r, strcmp(p->node->name, site_names[0]) ? 1 : 0, p->host, p->service);

		if (k >= 0 && p->incident && p->incident->id == incident)
			r->things[k].is_retracted = true;
	}
}

static void judge_heard_by(struct subject *s, const struct problem *p, unsigned audience)
{
	const struct config_audience *a = &s->engine->config->audiences[audience];

	tally.checked[RULE_HEARD]++;
	if (should_hear(a, p) && !(p->heard & AUDIENCE_BIT(audience)))
		rig_break(s->rig, RULE_HEARD, p->incident ? p->incident->id : 0, "%s should hear of %s/%s", a->name,
			  p->host, p->service);
	if (!(p->heard & AUDIENCE_BIT(audience)) || (!a->as_contact[0] && !includes(a, p->object)))
		return; /* it is not theirs any more: who was told hears on, nobody else does */
	for (unsigned k = 0; k < a->n_accounts; k++) {
		const char *account = s->engine->config->accounts[a->accounts[k]].name;

		if (p->since_s <= s->engine->sink.born_s(s, audience, a->accounts[k]) ||
		    p->since_s <= s->rig->reloaded_s)
			continue; /* older than the audience, or than what the file says of it */
		if (p->since_s <= s->rig->blurred_s)
			continue;
		if (problem_rests(p, audience))
			continue; /* they hear of it when its downtime is over, if it is bad then */
		if (!p->incident)
			rig_break(s->rig, RULE_HEARD, 0, "%s/%s is heard by %s and belongs to no incident", p->host,
				  p->service, a->name);
		else if (!thread_for(p->incident, audience, a->accounts[k]))
			rig_break(s->rig, RULE_HEARD, p->incident->id, "%s has no thread for %s/%s on %s", a->name,
				  p->host, p->service, account);
	}
}

static void judge_heard(struct subject *s)
{
	const struct problem *p, *next;

	HASH_ITER (hh, s->engine->problems, p, next) {
		int k = thing_find(s->rig, strcmp(p->node->name, site_names[0]) ? 1 : 0, p->host, p->service);

		if (k >= 0 && s->rig->things[k].is_retracted)
			continue;
		if (!problem_is_live(p) || !p->object || p->adopted || p->waiting || !p->node->up ||
		    follows_from_adopted(s->engine, p))
			continue;
		for (unsigned a = 0; a < s->engine->config->n_audiences; a++)
			judge_heard_by(s, p, a);
	}
}

static void judge_tags(struct subject *s)
{
	const struct incident *a, *b;

	DL_FOREACH (s->engine->incidents, a)
		for (b = a->next; b; b = b->next)
			if (!strcmp(a->tag, b->tag))
				rig_break(s->rig, RULE_TAG, a->id, "#%s is two incidents", a->tag);
	tally.checked[RULE_TAG]++;
}

void judge_turn(struct subject *s)
{
	if (!s->rig->is_slow)
		judge_heard(s);
	judge_tags(s);
}

/* --- at the end --------------------------------------------------------------------------------- */

/* A promise is no trouble. */
static bool has_begun(const struct strand *t)
{
	for (unsigned k = 0; k < t->n; k++) {
		enum say_event event = t->parcels[k].event;

		if (t->parcels[k].state != PARCEL_CANCELLED && event != SAY_PLANNED && event != SAY_SOON &&
		    event != SAY_EXTENDED && event != SAY_MOVED && event != SAY_ETA && event != SAY_ETA_NEAR &&
		    !judge_is_aside(event))
			return true;
	}
	return false;
}

static void judge_strand(struct subject *s, struct strand *t)
{
	bool was_sent = false;

	for (unsigned k = 0; k < t->n; k++)
		was_sent |= t->parcels[k].state == PARCEL_SENT || t->parcels[k].state == PARCEL_MAYBE;
	tally.checked[RULE_END_TOLD]++;
	if (t->is_over || !was_sent || !t->incident)
		return;
	if (!has_begun(t))
		tally_excuse("planned, then over before anybody saw it begin");
	else if (t->is_part)
		tally_excuse("part of another incident");
	else if (t->excuse)
		tally_excuse(t->excuse);
	else
		rig_break(s->rig, RULE_END_TOLD, t->incident, "%s on %s never heard the end of #%s", t->audience,
			  t->account, t->tag);
}

void judge_end(struct subject *s)
{
	const struct engine *e = s->engine;
	struct strand *t, *next;
	struct engine_counts counts;

	engine_counts(e, &counts);
	tally.checked[RULE_CALM]++;
	if (e->incidents)
		rig_break(s->rig, RULE_CALM, e->incidents->id, "#%s %s is still there", e->incidents->tag,
			  e->incidents->object ? e->incidents->object : "");
	if (e->problems)
		rig_break(s->rig, RULE_CALM, e->problems->incident ? e->problems->incident->id : 0,
			  "%s/%s is still a problem", e->problems->host, e->problems->service);
	if (counts.problems || counts.incidents || counts.acked || counts.adopted || counts.threads)
		rig_break(s->rig, RULE_CALM, 0, "counters: %u problems, %u incidents, %u threads", counts.problems,
			  counts.incidents, counts.threads);
	HASH_ITER (hh, s->strands, t, next)
		judge_strand(s, t);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

#define SAID_MAX 2000

/* In one instant the order is chance's: the one looks between two answers, the other after both. */
static unsigned sorted_lines(const struct subject *s, char *lines[SAID_MAX])
{
	char *text = strdup(buf_text(&s->said)), *at = text, *end;
	unsigned n = 0;

	for (; at && *at && n < SAID_MAX; at = end ? end + 1 : NULL) {
		end = strchr(at, '\n');
		if (end)
			*end = '\0';
		lines[n++] = strdup(at);
	}
	free(text);
	qsort(lines, n, sizeof *lines, by_text);
	return n;
}

/* The first of a that b has not; NULL: none. */
static const char *only_in(char **a, unsigned n, char **b, unsigned m)
{
	for (unsigned k = 0, j = 0; k < n; k++) {
		while (j < m && strcmp(b[j], a[k]) < 0)
			j++;
		if (j == m || strcmp(b[j++], a[k]) != 0)
			return a[k];
	}
	return NULL;
}

static void compare_twins(struct rig *r)
{
	static char *a[SAID_MAX], *b[SAID_MAX];
	unsigned n = sorted_lines(&r->subjects[0], a), m = sorted_lines(&r->subjects[1], b);
	const char *x = only_in(a, n, b, m), *y = only_in(b, m, a, n);

	tally.checked[RULE_TWIN]++;
	if ((x || y) && getenv("RANDOM_STATES")) {
		subject_log(&r->subjects[0]);
		rig_log(r, 0, -1, "--- every second:");
		subject_log(&r->subjects[1]);
	}
	if (x || y)
		rig_break(r, RULE_TWIN, 0, "by its own deadlines \"%s\", every second \"%s\"", x ? x : "", y ? y : "");
	while (n)
		free(a[--n]);
	while (m)
		free(b[--m]);
}

void judge_twins(struct rig *r)
{
	if (r->n_subjects == 2 && (r->subjects[0].said.len || r->subjects[1].said.len))
		compare_twins(r);
	for (unsigned k = 0; k < r->n_subjects; k++)
		buf_reset(&r->subjects[k].said);
}
