/*
 * Four eyes: which audience says `go` before another one is told (`approve`). Called by
 * config_audience.c once all audiences have been read. Must never leave words to be asked of
 * somebody who cannot answer, nor where strangers read them before they are published.
 */
#include "agent/config_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The key where it is written here, else the audience that inherits it. */
static const config_setting_t *approve_of(const config_setting_t *audience)
{
	const config_setting_t *own =
	    config_setting_is_group(audience) ? config_setting_get_member(audience, "approve") : NULL;

	return own ? own : audience;
}

static void unknown_audience(struct reader *r, const config_setting_t *s, const char *name)
{
	const char **names = calloc(r->c->n_audiences + 1, sizeof *names);
	char what[CONFIG_NAME_MAX + 32];

	r->no_memory = r->no_memory || !names;
	for (unsigned i = 0; names && i < r->c->n_audiences; i++)
		names[i] = r->c->audiences[i].name;
	snprintf(what, sizeof what, "no audience \"%.*s\"", (int)CONFIG_NAME_MAX, name);
	if (names)
		config_unknown(r, s, what, config_nearest(name, names));
	free(names);
}

static bool is_read_by_strangers(const struct config_audience *a)
{
	return a->visibility == VISIBILITY_PUBLIC || a->visibility == VISIBILITY_UNLISTED;
}

static void check_approve(struct reader *r, const config_setting_t *s, struct config_audience *a)
{
	int index = config_audience_index(r->c, a->approve_text);
	const struct config_audience *asked = index < 0 ? NULL : &r->c->audiences[index];

	if (!asked)
		unknown_audience(r, s, a->approve_text);
	else if (asked == a)
		config_fault(r, s, "\"%s\" would be asked for its own words: name another audience", a->name);
	else if (*asked->approve_text)
		config_fault(
		    r, s, "audiences.%s waits for a `go` itself: the question would never be read",
		    asked->name);
	else if (is_read_by_strangers(asked))
		config_fault(
		    r, s,
		    "strangers read what \"%s\" is asked: its visibility must be \"followers\" or "
		    "\"direct\"",
		    asked->name);
	else if (!asked->internals) /* only then its accounts must be locked, or protected */
		config_fault(r, s, "anybody may follow \"%s\": who is asked must have internals = true", asked->name);
	else if (!asked->n_accounts)
		config_fault(r, s, "audiences.%s has no accounts: nobody would be asked", asked->name);
	else
		a->approve = 1 + (unsigned)index;
}

void config_check_approve(struct reader *r, const config_setting_t *audiences)
{
	for (unsigned i = 0; i < r->c->n_audiences; i++) {
		struct config_audience *a = &r->c->audiences[i];

		if (a->approve_text && *a->approve_text)
			check_approve(r, approve_of(config_setting_get_elem(audiences, i)), a);
	}
}
