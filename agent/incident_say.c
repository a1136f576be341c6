/*
 * The facts of one sentence, as one audience may hear them. Called by the threads.
 * Must never give a public audience more than names, times and counts.
 */
#include "agent/incident_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

static enum say_symbol symbol_for(enum say_event event, const struct problem *root)
{
	if (event == SAY_RECOVERY || event == SAY_PAST || event == SAY_CLOSED)
		return SYMBOL_GREEN;
	if (!root)
		return SYMBOL_RED;
	if (!problem_is_live(root))
		return SYMBOL_GREEN;
	return problem_severity(root) <= 2 ? SYMBOL_YELLOW : SYMBOL_RED;
}

static void fill_times(const struct incident *i, const struct now *now, struct say *out)
{
	int64_t end;

	out->since = i->since_s;
	out->until = i->until_s;
	out->at = i->acked_s;
	out->now = now->wall_ms / 1000;
	out->eta = i->eta_s > out->now ? i->eta_s : 0;
	end = out->until ? out->until : out->now;
	out->duration = end >= out->since ? end - out->since : -1;
}

void say_object(struct engine *e, const struct problem *p, struct say *out)
{
	free(e->object_text);
	e->object_text = problem_label_dup(p);
	out->object = e->object_text;
	out->host = p->host;
	out->service = p->service;
	out->state = problem_state_word(p);
	out->output = p->output;
}

void say_internals(struct engine *e, struct incident *i, unsigned audience, struct say *out)
{
	struct problem *root = incident_root_heard(i, audience);

	out->object = i->object;
	out->state = i->state_word;
	if (root)
		say_object(e, root, out);
	out->owner = i->owner;
	out->text = i->flags & INCIDENT_BY_HAND ? i->text : i->ack_text;
	if (!root)
		out->owner = i->by;
	if (i->flags & INCIDENT_BY_HAND) { /* no core has a state for it; whoever spoke last has it */
		out->state = i->until_s ? "over" : "open";
		out->acked = true;
	}
	out->ticket = i->ticket;
	out->n_members = members_fill(e, i, out->event == SAY_UNREACHABLE ? NULL : root, audience);
	out->members = e->members;
	if (root && root->kind == EVENT_HOST && problem_is_live(root) && root->object)
		out->with_services = root->object->services;
}

void say_fill(struct engine *e, struct incident *i, unsigned audience, unsigned account, enum say_event event,
	      const struct now *now, struct say *out)
{
	struct problem *root = incident_root_heard(i, audience);
	const char *language = e->config->accounts[account].language;

	memset(out, 0, sizeof *out);
	out->event = event;
	out->tag = i->tag;
	out->symbol = symbol_for(event, root);
	out->n_names = incident_names(e, i, audience, language ? language : "");
	out->names = e->names;
	out->acked = (i->flags & INCIDENT_ACKED) != 0;
	out->times = i->times;
	fill_times(i, now, out);
	if (e->config->audiences[audience].internals)
		say_internals(e, i, audience, out);
}

#define LABEL_MAX 200 /* bytes of the object before the tag: the tag is what matters */

static const char *parent_label(const struct incident *parent, bool internals)
{
	static char label[LABEL_MAX + 16];

	snprintf(label, sizeof label, "%.*s%s#%s", LABEL_MAX, internals && parent->object ? parent->object : "",
		 internals && parent->object ? " " : "", parent->tag);
	return label;
}

/* Who had it: in this round when it is over, in the one before when it broke again. */
static const char *owner_for(const struct incident *i, enum say_event event)
{
	if (i->owner)
		return i->owner;
	if (event == SAY_AGAIN)
		return i->owner_round + 1 == i->times ? i->was_owner : NULL;
	return i->owner_round == i->times ? i->was_owner : NULL;
}

bool incident_had_owner(const struct incident *i)
{
	return owner_for(i, SAY_RECOVERY) != NULL;
}

static const char *known_label(const struct incident *i)
{
	static char label[TAG_SIZE + 2];

	snprintf(label, sizeof label, "#%s", i->known_tag ? i->known_tag : "");
	return i->known_tag ? label : NULL;
}

#define STEP_MS 2000 /* less is not a step, but how clocks go */

/* By how many seconds the wall clock was set between the two ends of a span that we saw both. */
static int64_t clock_stepped(const struct thread *t, bool is_end, const struct now *now)
{
	int64_t step = (is_end ? t->until_clock : clock_of(now)) - t->since_clock;

	if (!t->since_clock || (is_end && !t->until_clock) || (step > -STEP_MS && step < STEP_MS))
		return 0;
	return step / 1000;
}

/* Whoever is told the object is told its own time: what stood for the incident before had another. */
static int64_t since_of(const struct engine *e, const struct thread *t, const struct problem *root)
{
	const struct problem *p = t->incident->problems;

	while (p && (p == root || !thread_hears(t, p) || problem_since_for(e, p, t->audience) != t->since_s))
		p = p->next;
	return p && root && thread_hears(t, root) && audience_of(e, t)->internals
		       ? problem_since_for(e, root, t->audience)
		       : t->since_s;
}

/* Until when, from when: by the kind of sentence. */
static void fill_span(const struct engine *e, const struct thread *t, enum say_event event, const struct now *now,
		      struct say *say)
{
	const struct incident *i = t->incident;
	const struct problem *root = incident_root_heard(i, t->audience);
	bool is_end = event == SAY_RECOVERY || event == SAY_PAST || event == SAY_CLOSED;

	if (t->since_s)
		say->since = event == SAY_WORSE ? t->since_s : since_of(e, t, root);
	if (event == SAY_WORSE && root && t->root == DELIVERY_NONE)
		say->since = root->hard_s; /* it was milder before; that is what it is about */
	say->until = is_end ? t->until_s : event == SAY_ACK ? i->ack_until_s : 0;
	say->duration = (is_end ? t->until_s : say->now) - say->since - clock_stepped(t, is_end, now);
	if (say->duration < 0)
		say->duration = 0;
}

/* What is still bad may be none of theirs: SOFT again, or not their object any more. */
static bool is_end_for(const struct thread *t, enum say_event event)
{
	return event == SAY_RECOVERY || (event == SAY_STABLE && t->state == THREAD_RESOLVED);
}

/* Facts that only one kind of sentence has, or that only operators hear. */
static void fill_special(struct engine *e, const struct thread *t, enum say_event event,
			 const struct words_of *words, struct say *say)
{
	const struct incident *i = t->incident;
	bool internals = e->config->audiences[t->audience].internals;
	const struct problem *root;

	if (event == SAY_OPENED)
		say->text = words ? words->text : i->text; /* or what an `edit:` puts there */
	else if (event == SAY_CLOSED)
		say->text = i->ack_text;
	else if (words)
		say->text = words->text;
	if ((i->flags & INCIDENT_BY_HAND) && !i->name &&
	    (event == SAY_OPENED || event == SAY_CLOSED || event == SAY_SAY || event == SAY_RETRACT))
		say->n_names = 0; /* it is called by its words, and these have their own or need none */
	if (event == SAY_PART_OF && i->parent)
		say->parent = parent_label(i->parent, internals);
	if (!internals)
		return;
	say->owner = words ? words->by : i->flags & INCIDENT_BY_HAND ? i->by : owner_for(i, event);
	if (event == SAY_OPENED && !i->name && (i->flags & INCIDENT_BY_HAND))
		say->object = NULL; /* its words say what it is */
	if (event == SAY_ETA || event == SAY_MAJOR || event == SAY_NOT_MAJOR || event == SAY_CLOSED ||
	    (event == SAY_OPENED && !words))
		say->owner = i->by;
	if (event == SAY_KNOWN_ERROR) {
		say->text = i->known;
		say->parent = known_label(i);
	}
	if (event == SAY_KNOWN) {
		say->count = i->reports;
		say->since = i->reported_s;
	}
	if (event == SAY_RECOVERY)
		say->by_restart = incident_root_heard(i, t->audience) &&
				  incident_root_heard(i, t->audience)->by_restart;
	if (event == SAY_PAST)
		say->was = "down";
	root = incident_root_heard(i, t->audience);
	if (is_end_for(t, event) && root && problem_is_live(root)) {
		say->state = event_state_word(root->kind, EVENT_OK);
		say->output = NULL;
	}
	if (event == SAY_GONE && !thread_worst(t))
		say->state = NULL; /* nobody knows */
}

static bool names_it(const struct object *o, const char *language, const char *name)
{
	const char *own = o ? object_public_name(o, language) : NULL;

	if (own && !strcmp(own, name))
		return true;
	for (unsigned k = 0; o && k < o->n_named; k++) {
		own = object_public_name(&o->named[k], language);
		if (own && !strcmp(own, name))
			return true;
	}
	return false;
}

/* Do the same people read in another thread that this name is still disrupted? */
static bool is_bad_elsewhere(const struct engine *e, const struct thread *t, const char *name)
{
	const char *language = e->config->accounts[t->account].language;
	const struct incident *i;

	DL_FOREACH (e->incidents, i) {
		const struct thread *other = i == t->incident ? NULL : thread_find(i, t->audience, t->account);

		if (!other || other->state != THREAD_TOLD)
			continue;
		for (const struct problem *p = i->problems; p; p = p->next)
			if (problem_is_trouble(p) && thread_hears(t, p) &&
			    names_it(p->object, language ? language : "", name))
				return true;
	}
	return false;
}

/* The end of one trouble is not the end of another that has the same public name. */
static void leave_bad_names(struct engine *e, const struct thread *t, struct say *say)
{
	unsigned kept = 0;

	for (unsigned k = 0; k < say->n_names; k++)
		if (!is_bad_elsewhere(e, t, e->names[k]))
			e->names[kept++] = e->names[k];
	if (kept)
		say->n_names = kept;
}

/* What was told has a name to its end, whatever the core or the file says of it by now. */
static void keep_names(struct engine *e, struct thread *t, const struct say_target *target, struct say *say)
{
	if (!say->n_names) {
		say->n_names = names_noted(e, t);
		say->names = e->names;
		return;
	}
	if (target->root || say->event == SAY_AGAIN)
		engine_set_string(&t->names, NULL);
	names_note(e, t, say->n_names);
}

void say_compose(struct engine *e, struct thread *t, const struct sentence *s, const struct now *now,
		 struct say_target *target, struct say *out)
{
	struct incident *i = t->incident;
	enum say_event event = s->event;
	bool internals = audience_of(e, t)->internals;

	*target = (struct say_target){
		.thread = t->id,
		.incident = i->id,
		.audience = t->audience,
		.account = t->account,
		.root = t->root == DELIVERY_NONE, /* whatever is said first is what the others hang under */
	};
	say_fill(e, i, t->audience, t->account, event, now, out);
	if (!internals)
		keep_names(e, t, target, out);
	if (!internals && (event == SAY_RECOVERY || event == SAY_PAST || event == SAY_STABLE))
		leave_bad_names(e, t, out);
	if (event == SAY_RETRACT && t->names && !internals) /* what it was about is let go */
		out->n_names = names_noted(e, t);
	if (is_end_for(t, event))
		out->symbol = SYMBOL_GREEN;
	out->was = s->was;
	out->times = t->times;
	fill_span(e, t, event, now, out);
	fill_special(e, t, event, s->words, out);
	flap_fill(e, t, event, out);
	remind_fill(e, t, event, out);
	group_fill(e, t, event, out);
	downtime_fill(e, t, event, out);
	if (approve_keeps_back(e, t, s))
		out->text = NULL;
}

void thread_say_sentence(struct engine *e, struct thread *t, const struct sentence *s, const struct now *now)
{
	struct say_target target;
	struct say say;

	if (approve_takes(e, t, s, now))
		return;
	say_compose(e, t, s, now, &target, &say);
	if (target.root)
		t->root = DELIVERY_QUEUED;
	thread_touch(t);
	if (s->event != SAY_PART_OF && !thread_is_silent(t)) /* "part of" is not its last word any more */
		t->flags &= ~(unsigned)THREAD_PART_TOLD;
	e->sink.say(e->sink.arg, &target, &say);
}

void thread_say(struct engine *e, struct thread *t, enum say_event event, const char *was, const struct now *now)
{
	thread_say_sentence(e, t, &(struct sentence){.event = event, .was = was}, now);
}

void thread_say_words(struct engine *e, struct thread *t, enum say_event event, const char *text, const char *by,
		      const struct now *now)
{
	const struct words_of words = {.text = text, .by = by};

	thread_say_sentence(e, t, &(struct sentence){.event = event, .words = &words}, now);
}
