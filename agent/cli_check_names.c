/*
 * `check`: does the core know what the configuration names. Called by cli_check.c when
 * there is an inventory. It must never complain of a pattern: it may match tomorrow.
 */
#include "agent/cli_check.h"

#include <stdarg.h>
#include <stdio.h>

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
	    n->check->warnings, n->check, n->line, "%s: Nagios has no %s \"%s\"%s%s%s", n->where,
	    kind, name, near ? "; nearest: \"" : "", near ? near : "", near ? "\"" : "");
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

	check_match(c, a->line, a->match, "audiences.%s.match", a->name);
	check_match(c, a->line, a->urgent, "audiences.%s.urgent", a->name);
	snprintf(where, sizeof where, "audiences.%s.as_contact", a->name);
	if (a->as_contact && *a->as_contact)
		check_name(&naming, "contact", a->as_contact);
}

/* The keys of the whole file have no line in the configuration. */
static void check_group_by(const struct check *c)
{
	struct naming naming = {c, "group_by", 0};

	switch (c->config->group_kind) {
	case GROUP_NONE: break;
	case GROUP_HOSTGROUP: check_name(&naming, "hostgroup", c->config->group_by); break;
	case GROUP_SERVICEGROUP: check_name(&naming, "servicegroup", c->config->group_by); break;
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

void check_names(const struct check *c)
{
	for (unsigned i = 0; i < c->config->n_audiences; i++)
		check_audience_names(c, &c->config->audiences[i]);
	for (unsigned i = 0; i < c->config->n_people; i++) {
		const struct config_person *p = &c->config->people[i];

		check_match(c, p->line, p->match, "people.%s.match", p->name);
	}
	check_group_by(c);
	check_sentinels(c);
}
