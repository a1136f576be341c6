/*
 * The facts of a sentence about a maintenance: from when to when, what of it, whose words.
 * Called by incident_say.c when one is to be said. Must never speak, nor change anything.
 */
#include "agent/incident_internal.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

/* In whole minutes, so that "in 1 h" is one. */
static int64_t minutes_left(const struct incident *i, const struct say *say)
{
	return i->from_s > say->now ? (i->from_s - say->now + 59) / 60 * 60 : -1;
}

static void fill_bad(const struct engine *e, const struct thread *t, struct say *say)
{
	static char label[EVENT_NAME_MAX * 2 + 2];
	const struct problem *p = maintenance_worst(e, t);

	if (!p)
		return;
	say->acked = (p->flags & EVENT_ACKED) != 0;
	if (!audience_of(e, t)->internals)
		return;
	problem_label(p, label, sizeof label);
	say->object = label;
	say->host = p->host;
	say->service = p->service;
	say->state = problem_state_word(p);
	say->output = p->output;
	say->owner = p->owner;
	say->text = NULL;
}

static const char *state_now(const struct engine *e, const struct downtime *d)
{
	const struct problem *p = engine_problem(e, d->node->name, d->host, d->service);

	return p && problem_is_live(p) ? problem_state_word(p) : event_state_word(d->kind, EVENT_OK);
}

static const char *author_of_end(const struct incident *i)
{
	const struct downtime *d, *last = NULL;

	LL_FOREACH2 (i->downtimes, d, sibling)
		if (!(d->flags & DOWNTIME_OVER) && (!last || d->to_s > last->to_s))
			last = d;
	return last ? last->author : NULL;
}

static bool is_off(enum say_event event)
{
	return event == SAY_CANCELLED || event == SAY_RECALLED;
}

static void fill_root(const struct engine *e, const struct thread *t, enum say_event event, struct say *say)
{
	static char label[EVENT_NAME_MAX * 2 + 32];
	const struct config_audience *a = audience_of(e, t);
	const struct downtime *root = maintenance_root(t->incident, a);
	unsigned more = maintenance_label(t->incident, a, label, sizeof label);

	if (!root)
		return;
	say->object = label;
	say->host = root->host;
	say->service = root->service;
	if (!is_off(event)) /* whoever called it off, and said why, stands there */
		say->text = root->text;
	if (!is_off(event) || !say->owner)
		say->owner = event == SAY_EXTENDED ? author_of_end(t->incident) : root->author;
	say->state = event == SAY_ENDED ? state_now(e, root) : NULL;
	say->with_services = t->state == THREAD_HELD && !more && root->object ? root->object->services : 0;
}

/* By hand: what has no name is called as it was put. */
static void fill_by_hand(const struct incident *i, enum say_event event, struct say *say)
{
	say->object = i->name ? i->name : i->text;
	if (!is_off(event) || !say->owner)
		say->owner = i->by;
	say->state = NULL;
}

static bool is_of_a_plan(enum say_event event)
{
	return event == SAY_PLANNED || event == SAY_SOON || event == SAY_EXTENDED || event == SAY_MOVED ||
	       is_off(event) || event == SAY_BEGUN || event == SAY_ENDED || event == SAY_ENDED_BAD;
}

/* What a person wrote to be read: with the first line what it is, with the last one how it went. */
static void fill_words(const struct engine *e, const struct thread *t, enum say_event event, struct say *say)
{
	const struct incident *i = t->incident;
	bool is_first = event == SAY_PLANNED || (event == SAY_BEGUN && t->state == THREAD_HELD);

	if (is_off(event) || event == SAY_ENDED || event == SAY_ENDED_BAD)
		say->text = i->ack_text;
	else if (i->flags & INCIDENT_BY_HAND) /* without a name its text stands there as one */
		say->text = is_first && i->name ? i->text : NULL;
	else if (!audience_of(e, t)->internals || event == SAY_BEGUN)
		say->text = NULL;
}

void downtime_fill(const struct engine *e, const struct thread *t, enum say_event event, struct say *say)
{
	const struct incident *i = t->incident;

	if (!is_of_a_plan(event))
		return;
	if (!(i->flags & INCIDENT_MAINTENANCE)) {
		rest_fill(e, t, event, say);
		return;
	}
	say->since = i->from_s;
	say->until = i->to_s;
	say->duration = event == SAY_SOON ? minutes_left(i, say) : -1;
	if (audience_of(e, t)->internals && (i->flags & INCIDENT_BY_HAND))
		fill_by_hand(i, event, say);
	else if (audience_of(e, t)->internals)
		fill_root(e, t, event, say);
	fill_words(e, t, event, say);
	if (event == SAY_ENDED_BAD)
		fill_bad(e, t, say);
}
