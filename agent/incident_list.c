/*
 * What a list of incidents names: a digest's, a storm's. To the public a line for each name,
 * to operators one for each object. Called by incident_channel.c and incident_storm.c.
 * Must never outlive the turn: its strings are the incidents' and the engine's.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <string.h>

static struct say_span *span_add(struct spans *s)
{
	struct say_span *more;

	if (s->n == s->cap) {
		more = realloc(s->at, sizeof *more * (s->cap ? s->cap * 2 : 16));
		if (!more)
			return NULL;
		s->at = more;
		s->cap = s->cap ? s->cap * 2 : 16;
	}
	memset(&s->at[s->n], 0, sizeof s->at[s->n]);
	return &s->at[s->n++];
}

static bool has_span(const struct spans *s, const char *name, bool is_open)
{
	for (unsigned k = 0; is_open && k < s->n; k++)
		if (!strcmp(s->at[k].name, name))
			return true;
	return false;
}

/* MISSED: the incident may go on with other members; what this one was about is kept by name. */
static bool is_kept_by_name(const struct thread *t)
{
	return t->state == THREAD_MISSED && t->names;
}

/* Into e->names; the copies are the list's. */
static unsigned split_names(struct engine *e, struct spans *s, const struct thread *t)
{
	char *at, *end, **more = realloc(s->kept, sizeof *more * (s->n_kept + 1));
	unsigned n = 0;

	if (!more)
		return 0;
	s->kept = more;
	at = s->kept[s->n_kept++] = strdup(t->names);
	for (; at; at = end ? end + 1 : NULL) {
		end = strchr(at, '\n');
		if (end)
			*end = '\0';
		names_push(e, &n, at);
	}
	return n;
}

/* Public: a line in the list for each public name; else one for the object. */
void spans_take(struct engine *e, struct spans *s, const struct thread *t, bool is_open)
{
	const char *language = e->config->accounts[t->account].language;
	const struct incident *i = t->incident;
	struct say_span *span;
	unsigned n;

	if (audience_of(e, t)->internals) {
		span = i->object ? span_add(s) : NULL;
		if (!span)
			return;
		*span = (struct say_span){.name = is_open || !is_kept_by_name(t) ? i->object : t->names,
					  .since = t->since_s,
					  .until = is_open ? 0 : t->until_s};
		if (is_open) {
			span->state = i->state_word;
			span->tag = i->tag;
		}
		return;
	}
	n = is_open || !is_kept_by_name(t) ? incident_names(e, i, t->audience, language ? language : "")
					   : split_names(e, s, t);
	if (!n && (i->flags & INCIDENT_BY_HAND) && i->text)
		names_push(e, &n, i->text); /* without a name it is called as it was put */
	for (unsigned k = 0; k < n; k++) {
		if (has_span(s, e->names[k], is_open) || !(span = span_add(s)))
			continue;
		*span = (struct say_span){.name = e->names[k], .since = t->since_s,
					  .until = is_open ? 0 : t->until_s};
	}
}

void spans_finish(struct spans *s)
{
	for (unsigned k = 0; k < s->n_kept; k++)
		free(s->kept[k]);
	free(s->kept);
	free(s->at);
}
