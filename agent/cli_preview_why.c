/*
 * Who would be told of an object in trouble, and why (not). Called by `preview`; the
 * rules are the engine's (incident_problem.c), told in words here. Pure.
 */
#include "agent/cli_preview.h"
#include "agent/cli_text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct state_word {
	unsigned kind, state;
	const char *word;
};

static const struct state_word states[] = {
    {EVENT_SERVICE, EVENT_CRITICAL, "critical"}, /* the first of a kind is what is assumed */
    {EVENT_SERVICE, EVENT_WARNING, "warning"},
    {EVENT_SERVICE, EVENT_UNKNOWN, "unknown"},
    {EVENT_HOST, EVENT_DOWN, "down"},
};
#define N_STATES (sizeof states / sizeof states[0])

int preview_state(const struct object *o, const char *word, unsigned *state, struct err *err)
{
	for (size_t i = 0; i < N_STATES; i++) {
		if (states[i].kind == o->kind && (!word || strcasecmp(states[i].word, word) == 0)) {
			*state = states[i].state;
			return 0;
		}
	}
	return err_set(
	    err, "--state %.60s: the trouble of a %s is %s", word ? word : "",
	    o->kind == EVENT_HOST ? "host" : "service",
	    o->kind == EVENT_HOST ? "down" : "warning, critical or unknown");
}

static const char *word_of(unsigned kind, unsigned state)
{
	for (size_t i = 0; i < N_STATES; i++)
		if (states[i].kind == kind && states[i].state == state)
			return states[i].word;
	return "?";
}

/* --- public names -------------------------------------------------------------------------- */

static void add_name(const char **names, const char *name)
{
	size_t n;

	for (n = 0; names[n]; n++)
		if (name && strcmp(names[n], name) == 0)
			return;
	names[n] = name;
}

static bool is_its_service(const struct object *host, const struct object *o)
{
	return host->kind == EVENT_HOST && o->kind == EVENT_SERVICE &&
	       strcmp(o->node, host->node) == 0 && strcmp(o->host, host->host) == 0;
}

/* SURFACE 1.3 rule 5: a host stands for its services that have a public name. */
const char **
preview_names(const struct preview *p, const struct config_audience *a, const char *language)
{
	const char **names = calloc(p->objects->n + 2, sizeof *names);

	if (!names)
		return NULL;
	if (match_object(a->match, p->object))
		add_name(names, object_public_name(p->object, language));
	for (size_t i = 0; i < p->objects->n; i++) {
		const struct object *o = p->objects->at[i];

		if (is_its_service(p->object, o) && match_object(a->match, o))
			add_name(names, object_public_name(o, language));
	}
	return names;
}

/* Has it, or has one of its services, a public name at all: whatever the audience's match? */
static bool has_public_name(const struct preview *p)
{
	if (object_named(p->object))
		return true;
	for (size_t i = 0; i < p->objects->n; i++)
		if (is_its_service(p->object, p->objects->at[i]) && object_named(p->objects->at[i]))
			return true;
	return false;
}

/* --- reasons ------------------------------------------------------------------------------- */

static void list(struct buf *out, const char *const *names)
{
	for (size_t i = 0; names && names[i]; i++)
		buf_printf(out, "%s%s", i ? ", " : "", names[i]);
	if (!names || !*names)
		buf_str(out, "none");
}

/* What the object has of the kinds that the match speaks of. */
static void why_no_match(const struct preview *p, const struct config_audience *a, struct buf *why)
{
	const struct object *o = p->object;
	const struct {
		const char *term, *words;
		const char *const *names;
	} kinds[] = {
	    {"hostgroup:", "hostgroups", o->hostgroups},
	    {"servicegroup:", "servicegroups", o->servicegroups},
	    {"contact:", "contacts", o->contacts},
	    {"contactgroup:", "contactgroups", o->contactgroups}};
	const char *gap = " (its ";

	buf_printf(why, "match \"%s\" does not hold", a->match_text);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (!strstr(a->match_text, kinds[i].term))
			continue;
		buf_printf(why, "%s%s: ", gap, kinds[i].words);
		list(why, kinds[i].names);
		gap = "; ";
	}
	if (*gap == ';')
		buf_char(why, ')');
}

static bool is_in(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static bool is_contacted(const struct preview *p, const struct config_audience *a, struct buf *why)
{
	bool is = is_in(p->object->contacts, a->as_contact);

	if (is)
		buf_printf(why, "whenever Nagios notifies contact \"%s\"", a->as_contact);
	else
		buf_printf(why, "as_contact \"%s\" is no contact of it (contacts: ", a->as_contact);
	if (!is) {
		list(why, p->object->contacts);
		buf_char(why, ')');
	}
	return is;
}

static bool is_matched(const struct preview *p, const struct config_audience *a, struct buf *why)
{
	if (!match_object(a->match, p->object)) {
		why_no_match(p, a, why);
		return false;
	}
	buf_printf(why, "match \"%s\"", a->match_text);
	return true;
}

/* No public name, no public post (SURFACE 1.3 rule 3). */
static bool is_named(const struct preview *p, const struct config_audience *a, struct buf *why)
{
	const char **names = preview_names(p, a, "");
	bool is = names && *names;

	if (is) {
		buf_printf(why, "_TWICKET_PUBLIC \"%s\"", names[0]);
		for (size_t i = 1; names[i]; i++)
			buf_printf(why, ", \"%s\"", names[i]);
		if (!object_public_name(p->object, ""))
			buf_str(why, " of its services");
	} else if (has_public_name(p)) {
		why_no_match(p, a, why);
	} else {
		buf_str(
		    why, p->object->kind == EVENT_HOST
			     ? "neither it nor a service of it has a public name (_TWICKET_PUBLIC)"
			     : "it has no public name (_TWICKET_PUBLIC)");
	}
	free(names);
	return is;
}

static bool is_heard(const struct preview *p, const struct config_audience *a, struct buf *why)
{
	unsigned kind = p->object->kind;
	const char *gap = " (told are ";

	if (a->states & STATE_BIT(kind, p->state)) {
		buf_printf(why, "; state %s is told", word_of(kind, p->state));
		return true;
	}
	buf_reset(why);
	buf_printf(why, "state %s is not told", word_of(kind, p->state));
	for (size_t i = 0; i < N_STATES; i++) {
		if (!(a->states & STATE_BIT(states[i].kind, states[i].state)))
			continue;
		buf_printf(why, "%s%s", gap, states[i].word);
		gap = ", ";
	}
	if (*gap == ',')
		buf_char(why, ')');
	return false;
}

bool preview_is_told(const struct preview *p, const struct config_audience *a, struct buf *why)
{
	if (!a->internals && !is_named(p, a, why))
		return false;
	if (a->as_contact && *a->as_contact) {
		buf_reset(why);
		return is_contacted(p, a, why);
	}
	return (!a->internals || is_matched(p, a, why)) && is_heard(p, a, why);
}

/* --- what holds it back ----------------------------------------------------------------------- */

static bool is_or_all(const json_t *rule, const char *key, const char *name)
{
	const char *value = cli_string(rule, key);

	return !*value || strcmp(value, name) == 0;
}

static void put_words(const json_t *rule, struct buf *why)
{
	if (*cli_string(rule, "by"))
		buf_printf(why, " by %s", cli_string(rule, "by"));
	if (*cli_string(rule, "text"))
		buf_printf(why, ": %s", cli_string(rule, "text"));
}

/* On all of its accounts: one that speaks is enough to be told. */
static bool is_paused(const struct preview *p, const struct config_audience *a, struct buf *why)
{
	const json_t *rule;
	size_t i;

	json_array_foreach (json_object_get(p->status, "paused"), i, rule) {
		if (!is_or_all(rule, "audience", a->name) || *cli_string(rule, "account"))
			continue;
		buf_str(why, "paused");
		put_words(rule, why);
		return true;
	}
	return false;
}

static bool is_quiet(const struct preview *p, struct buf *why)
{
	const json_t *rule;
	size_t i;

	json_array_foreach (json_object_get(p->status, "quiet"), i, rule) {
		struct match *m = match_parse(cli_string(rule, "match"), NULL);
		bool is = m && cli_number(rule, "until_ms") > p->at_s * 1000 && match_object(m, p->object);
		char clock[CLI_TIME_SIZE];

		match_destroy(m);
		if (!is)
			continue;
		buf_printf(
		    why, "quiet \"%s\" until %s", cli_string(rule, "match"),
		    cli_clock(clock, cli_number(rule, "until_ms"), p->at_s * 1000));
		put_words(rule, why);
		return true;
	}
	return false;
}

bool preview_is_held(const struct preview *p, const struct config_audience *a, struct buf *why)
{
	int64_t first_s = p->at_s + a->hold_ms / 1000;

	if (is_paused(p, a, why) || is_quiet(p, why))
		return true;
	if (!hours_hold(a->quiet_hours, first_s))
		return false;
	buf_printf(why, "quiet hours %s, ", a->quiet_hours_text);
	if (a->urgent && match_object(a->urgent, p->object)) {
		buf_str(why, "but urgent");
		return false;
	}
	buf_str(why, "not urgent");
	return true;
}
