/*
 * `check`: does the core know what the configuration names. Called by cli_check.c when
 * there is an inventory. It must never complain of a pattern: it may match tomorrow.
 */
#include "agent/cli_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct naming {
	const struct check *check;
	const char *where; /* "people.bob.match" */
	int line;
};

static void check_name(void *arg, const char *kind, const char *name)
{
	const struct naming *n = arg;
	const char *near;

	if (cli_objects_know(&n->check->objects, kind, name, &near))
		return;
	check_complain(
	    n->check->warnings, n->check, n->line, "%s: %s %s \"%s\"%s%s%s", n->where,
	    n->check->config->n_icinga ? "no core has" : "Nagios has no", kind, name,
	    near ? "; nearest: \"" : "", near ? near : "", near ? "\"" : "");
}

/* NULL: there is no such match */
static void
check_match(const struct check *c, int line, const struct match *match, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void
check_match(const struct check *c, int line, const struct match *match, const char *format, ...)
{
	char where[256];
	struct naming naming = {c, where, line};
	va_list args;

	va_start(args, format);
	vsnprintf(where, sizeof where, format, args);
	va_end(args);
	if (match)
		match_names(match, check_name, &naming);
}

static void check_audience_names(const struct check *c, const struct config_audience *a)
{
	char where[256];
	struct naming naming = {c, where, a->line};
	size_t n;

	check_match(c, a->line, a->match, "audiences.%s.match", a->name);
	n = json_array_size(c->warnings);
	check_match(c, a->line, a->urgent, "audiences.%s.urgent", a->name);
	if (a->urgent && json_array_size(c->warnings) == n && !check_count(&c->objects, a->urgent))
		check_complain(
		    c->warnings, c, a->line, "audiences.%s.urgent: holds for no object", a->name);
	snprintf(where, sizeof where, "audiences.%s.as_contact", a->name);
	if (a->as_contact && *a->as_contact)
		check_name(&naming, "contact", a->as_contact);
}

/* How many hosts or services are members of the group of group_by. */
static void check_members(const struct check *c, const char *kind)
{
	char text[EVENT_NAME_MAX + 32];
	struct match *match;
	unsigned n = 0;

	snprintf(text, sizeof text, "%s:%s", kind, c->config->group_by);
	match = match_parse(text, NULL);
	for (size_t i = 0; match && i < c->objects.n; i++) {
		const struct object *o = c->objects.at[i];

		n += match_object(match, o) && (o->kind == EVENT_HOST || *kind == 's');
	}
	match_destroy(match);
	if (n && n < c->config->group_min)
		check_complain(
		    c->warnings, c, 0, "group_by: %s has %u member%s, fewer than group_min = %u", text,
		    n, n == 1 ? "" : "s", c->config->group_min);
}

/* The keys of the whole file have no line in the configuration. */
static void check_group_by(const struct check *c)
{
	struct naming naming = {c, "group_by", 0};

	switch (c->config->group_kind) {
	case GROUP_NONE: break;
	case GROUP_HOSTGROUP:
		check_name(&naming, "hostgroup", c->config->group_by);
		check_members(c, "hostgroup");
		break;
	case GROUP_SERVICEGROUP:
		check_name(&naming, "servicegroup", c->config->group_by);
		check_members(c, "servicegroup");
		break;
	case GROUP_VAR:
		for (size_t i = 0; i < c->objects.n; i++)
			if (object_var(c->objects.at[i], c->config->group_by))
				return;
		check_complain(
		    c->warnings, c, 0, "group_by: no object has %s", c->config->group_by);
		break;
	}
}

static void check_sentinels(const struct check *c)
{
	check_match(c, 0, c->config->sentinels, "sentinels");
	if (c->config->sentinels && !check_count(&c->objects, c->config->sentinels))
		check_complain(
		    c->warnings, c, 0,
		    "sentinels: reach no object: nobody would see that we are cut off");
}

static void object_label(const struct object *o, char out[EVENT_NAME_MAX * 2 + 2])
{
	snprintf(
	    out, EVENT_NAME_MAX * 2 + 2, "%s%s%s", o->host, *o->service ? "/" : "", o->service);
}

/* Equal public names are one thing: in another language they must be equal, too. */
static void check_language(const struct check *c, const char *language)
{
	char one[EVENT_NAME_MAX * 2 + 2], two[EVENT_NAME_MAX * 2 + 2];

	for (size_t i = 0; i < c->objects.n; i++) {
		const struct object *a = c->objects.at[i];
		const char *name = object_public_name(a, ""), *own = object_public_name(a, language);

		for (size_t k = i + 1; name && k < c->objects.n; k++) {
			const struct object *b = c->objects.at[k];
			const char *same = object_public_name(b, "");

			if (!same || strcmp(same, name) != 0 ||
			    strcmp(object_public_name(b, language), own) == 0)
				continue;
			object_label(a, one);
			object_label(b, two);
			check_complain(
			    c->warnings, c, 0,
			    "\"%s\" is one thing with two names in %s: \"%s\" on %s, \"%s\" on %s",
			    name, language, own, one, object_public_name(b, language), two);
			return; /* one is enough to look at them */
		}
	}
}

/* Each language that an account speaks, once. */
static void check_languages(const struct check *c)
{
	const struct config *config = c->config;

	for (unsigned i = 0; i < config->n_accounts; i++) {
		unsigned k = 0;

		while (strcmp(config->accounts[k].language, config->accounts[i].language) != 0)
			k++;
		if (k == i)
			check_language(c, config->accounts[i].language);
	}
}

void check_names(const struct check *c)
{
	check_languages(c);
	for (unsigned i = 0; i < c->config->n_audiences; i++)
		check_audience_names(c, &c->config->audiences[i]);
	for (unsigned i = 0; i < c->config->n_people; i++) {
		const struct config_person *p = &c->config->people[i];

		check_match(c, p->line, p->match, "people.%s.match", p->name);
	}
	check_group_by(c);
	check_sentinels(c);
}
