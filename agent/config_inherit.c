/*
 * What an audience begins as: one of the two that are built in, or a copy of another.
 * Called by config_audience.c. Must never share a string or a list between two audiences.
 */
#include "agent/config_internal.h"

#include <stdlib.h>
#include <string.h>

#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

/* The built-in audiences, as SURFACE section 1.6 has them. */
void config_built_in(struct reader *r, struct config_audience *a, const char *base)
{
	bool public = !strcmp(base, "public");

	config_keep(r, &a->base, base);
	config_keep(r, &a->match_text, public ? "named" : "*");
	config_keep(r, &a->as_contact, "");
	config_keep(r, &a->approve_text, "");
	config_keep(r, &a->quiet_hours_text, "");
	config_keep(r, &a->urgent_text, "");
	a->states = STATE_BIT(EVENT_SERVICE, EVENT_CRITICAL) | STATE_BIT(EVENT_HOST, EVENT_DOWN) |
		    STATE_BIT(EVENT_HOST, EVENT_UNREACHABLE);
	if (!public)
		a->states |= STATE_BIT(EVENT_SERVICE, EVENT_WARNING) |
			     STATE_BIT(EVENT_SERVICE, EVENT_UNKNOWN);
	a->internals = !public;
	a->hold_ms = public ? 2 * MINUTE : 15 * SECOND;
	a->recovery_hold_ms = public ? 2 * MINUTE : 90 * SECOND;
	a->reopen_ms = public ? HOUR : 30 * MINUTE;
	a->update_ms = public ? 10 * MINUTE : 2 * MINUTE;
	a->remind_ms = public ? HOUR : 30 * MINUTE;
	a->remind_acked_ms = 4 * HOUR;
	a->flap_digest_ms = public ? 4 * HOUR : 2 * HOUR;
	a->reports = CONFIG_REPORTS;
	a->storm = public ? CONFIG_STORM_PUBLIC : CONFIG_STORM_OPERATORS;
	a->visibility = public ? VISIBILITY_PUBLIC : VISIBILITY_FOLLOWERS;
	a->acks = true;
	a->tickets = public;
}

/* A copy of n elements; NULL without any. Without memory *n becomes 0. */
static void *copy(struct reader *r, const void *from, unsigned *n, size_t size)
{
	void *to = *n ? calloc(*n, size) : NULL;

	if (to)
		memcpy(to, from, *n * size);
	r->no_memory = r->no_memory || (*n && !to);
	*n = to ? *n : 0;
	return to;
}

static void
inherit_words(struct reader *r, struct config_audience *a, const struct config_audience *from)
{
	a->words = copy(r, from->words, &a->n_words, sizeof *a->words);
	for (unsigned i = 0; i < a->n_words; i++) {
		a->words[i].language = a->words[i].event = a->words[i].text = NULL;
		config_keep(r, &a->words[i].language, from->words[i].language);
		config_keep(r, &a->words[i].event, from->words[i].event);
		config_keep(r, &a->words[i].text, from->words[i].text);
	}
}

void config_inherit(struct reader *r, struct config_audience *a, const struct config_audience *from)
{
	struct config_audience own = *a;

	*a = *from;
	a->name = own.name;
	a->line = own.line;
	a->base = a->match_text = a->as_contact = a->approve_text = a->quiet_hours_text = a->urgent_text = NULL;
	a->match = a->urgent = NULL; /* parsed anew when the text is known */
	a->quiet_hours = NULL;
	config_keep(r, &a->base, from->base);
	config_keep(r, &a->match_text, from->match_text);
	config_keep(r, &a->as_contact, from->as_contact);
	config_keep(r, &a->approve_text, from->approve_text);
	config_keep(r, &a->quiet_hours_text, from->quiet_hours_text);
	config_keep(r, &a->urgent_text, from->urgent_text);
	a->accounts = copy(r, from->accounts, &a->n_accounts, sizeof *a->accounts);
	a->announce_ms = copy(r, from->announce_ms, &a->n_announce, sizeof *a->announce_ms);
	a->escalate = copy(r, from->escalate, &a->n_escalate, sizeof *a->escalate);
	for (unsigned i = 0; i < a->n_escalate; i++) {
		struct config_escalation *e = &a->escalate[i];

		e->people = copy(r, e->people, &e->n_people, sizeof *e->people);
	}
	inherit_words(r, a, from);
}

void config_audience_finish(struct config_audience *a)
{
	config_drop_words(a);
	config_drop_escalate(a);
	free(a->name);
	free(a->base);
	free(a->accounts);
	free(a->match_text);
	free(a->as_contact);
	free(a->approve_text);
	free(a->announce_ms);
	free(a->quiet_hours_text);
	free(a->urgent_text);
	match_destroy(a->match);
	match_destroy(a->urgent);
	hours_destroy(a->quiet_hours);
}
