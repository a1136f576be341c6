/*
 * The facts of one sentence, as one audience may hear them. Called by the threads.
 * Must never give a public audience more than names, times and counts.
 */
#include "agent/incident_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool hears(const struct problem *p, unsigned audience)
{
	return (p->heard & AUDIENCE_BIT(audience)) != 0;
}

/* Is it a service of a host that is itself DOWN and heard here, or behind one? Then it goes without saying. */
static bool goes_without_saying(const struct incident *i, const struct problem *p, unsigned audience)
{
	for (const struct problem *q = i->problems; q; q = q->next) {
		if (q == p || q->kind != EVENT_HOST || !problem_is_live(q) || !hears(q, audience))
			continue;
		if (p->kind == EVENT_SERVICE && !strcmp(q->host, p->host))
			return true;
		if (q->state != EVENT_DOWN || !p->object)
			continue;
		for (const char *const *above = p->object->ancestors; above && *above; above++)
			if (!strcmp(*above, q->host))
				return true;
	}
	return false;
}

unsigned thread_count(const struct thread *t)
{
	unsigned n = 0;

	for (const struct problem *p = t->incident->problems; p; p = p->next)
		n += problem_is_live(p) && hears(p, t->audience) &&
		     !goes_without_saying(t->incident, p, t->audience);
	return n;
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

/* SURFACE 1.3 rule 5: a host that is not UP stands for all of its services that have a public name. */
static void names_of(struct engine *e, unsigned *n, const struct problem *p, unsigned audience,
		     const char *language)
{
	const struct match *match = e->config->audiences[audience].match;

	if (!p->object)
		return;
	if (match_object(match, p->object))
		names_add(e, n, object_public_name(p->object, language));
	if (p->kind != EVENT_HOST)
		return;
	for (unsigned k = 0; k < p->object->n_named; k++)
		if (match_object(match, &p->object->named[k]))
			names_add(e, n, object_public_name(&p->object->named[k], language));
}

/* Live members, or all that were members where none is live any more. */
static unsigned names_fill(struct engine *e, const struct incident *i, unsigned audience, const char *language)
{
	bool live = false;
	unsigned n = 0;

	for (const struct problem *p = i->problems; p; p = p->next)
		live |= problem_is_live(p) && hears(p, audience);
	for (const struct problem *p = i->problems; p; p = p->next)
		if (hears(p, audience) && (problem_is_live(p) || !live))
			names_of(e, &n, p, audience, language);
	return n;
}

unsigned thread_names(struct engine *e, const struct thread *t)
{
	return names_fill(e, t->incident, t->audience, "");
}

static char *label_of(const struct problem *p)
{
	size_t size = strlen(p->host) + strlen(p->service) + 2;
	char *s = malloc(size);

	if (s)
		snprintf(s, size, "%s%s%s", p->host, p->service[0] ? "/" : "", p->service);
	return s;
}

static void members_free(struct engine *e)
{
	for (unsigned k = 0; k < e->members_cap; k++) {
		free((void *)(uintptr_t)e->members[k]);
		e->members[k] = NULL;
	}
}

static unsigned members_fill(struct engine *e, const struct incident *i, const struct problem *root,
			     unsigned audience)
{
	unsigned n = 0;

	members_free(e);
	for (const struct problem *p = i->problems; p; p = p->next) {
		unsigned cap = e->members_cap;

		if (p == root || !problem_is_live(p) || !hears(p, audience) ||
		    goes_without_saying(i, p, audience))
			continue;
		if (!grow(&e->members, &e->members_cap, n))
			break;
		for (; cap < e->members_cap; cap++)
			e->members[cap] = NULL;
		e->members[n] = label_of(p);
		if (!e->members[n])
			break;
		n++;
	}
	return n;
}

/* --- one sentence -------------------------------------------------------------------- */

/* The member that stands for the incident to this audience. */
struct problem *incident_root_heard(const struct incident *i, unsigned audience)
{
	struct problem *root = incident_root(i), *best = NULL;

	if (root && hears(root, audience))
		return root;
	for (struct problem *p = i->problems; p; p = p->next) {
		if (!hears(p, audience))
			continue;
		if (!best || (problem_is_live(p) && !problem_is_live(best)) ||
		    (problem_is_live(p) == problem_is_live(best) && p->worst > best->worst))
			best = p;
	}
	return best ? best : root;
}

static enum say_symbol symbol_for(enum say_event event, const struct problem *root)
{
	if (event == SAY_RECOVERY || event == SAY_PAST)
		return SYMBOL_GREEN;
	if (!root || !problem_is_live(root))
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
	end = out->until ? out->until : out->now;
	out->duration = end >= out->since ? end - out->since : -1;
}

void say_internals(struct engine *e, struct incident *i, unsigned audience, struct say *out)
{
	struct problem *root = incident_root_heard(i, audience);

	free(e->object_text);
	e->object_text = root ? label_of(root) : NULL;
	out->object = e->object_text ? e->object_text : i->object;
	out->host = root ? root->host : NULL;
	out->service = root ? root->service : NULL;
	out->state = root ? problem_state_word(root) : i->state_word;
	out->output = root ? root->output : NULL;
	out->owner = i->owner;
	out->text = i->ack_text;
	out->n_members = members_fill(e, i, root, audience);
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
	out->n_names = names_fill(e, i, audience, language ? language : "");
	out->names = e->names;
	out->acked = (i->flags & INCIDENT_ACKED) != 0;
	out->times = i->times;
	fill_times(i, now, out);
	if (e->config->audiences[audience].internals)
		say_internals(e, i, audience, out);
}

static const char *parent_label(const struct incident *parent, bool internals)
{
	static char label[EVENT_NAME_MAX * 2 + 16];

	snprintf(label, sizeof label, "%s%s#%s", internals && parent->object ? parent->object : "",
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

void thread_say(struct engine *e, struct thread *t, enum say_event event, const char *was, const struct now *now)
{
	struct incident *i = t->incident;
	struct say say;
	struct say_target target = {
		.thread = t->id,
		.incident = i->id,
		.audience = t->audience,
		.account = t->account,
		.root = event == SAY_PROBLEM || event == SAY_PAST,
	};

	say_fill(e, i, t->audience, t->account, event, now, &say);
	say.was = was;
	say.times = t->times;
	if (e->config->audiences[t->audience].internals)
		say.owner = owner_for(i, event);
	if (t->since_s)
		say.since = t->since_s;
	if (event == SAY_RECOVERY || event == SAY_PAST)
		say.until = t->until_s;
	else
		say.until = event == SAY_ACK ? i->ack_until_s : 0;
	say.duration = (event == SAY_RECOVERY || event == SAY_PAST ? t->until_s : say.now) - say.since;
	if (event == SAY_PAST)
		say.was = "down";
	if (event == SAY_PART_OF && i->parent)
		say.parent = parent_label(i->parent, e->config->audiences[t->audience].internals);
	e->sink.say(e->sink.arg, &target, &say);
}
