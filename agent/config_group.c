/*
 * What the whole site has in common for the engine: what else is one thing, which nodes
 * are one, and by what we see that we are cut off. Called by config.c.
 * Must never take a group that `match` could not ask for.
 */
#include "agent/config_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- group_by ------------------------------------------------------------------------------- */

#define FORMS "\"hostgroup:NAME\", \"servicegroup:NAME\" or \"_VAR\""

static void keep_variable(struct reader *r, const config_setting_t *s, const char *name)
{
	struct config *c = r->c;

	if (strchr(name, '=')) {
		config_fault(
		    r, s, "each value is a group of its own: \"%.*s\"", (int)strcspn(name, "= "),
		    name);
		return;
	}
	if (!name[1] || name[strcspn(name, " *?,&!")]) {
		config_fault(r, s, "\"%s\" names no variable; one is \"_RACK\"", name);
		return;
	}
	config_keep(r, &c->group_by, name);
	c->group_kind = GROUP_VAR;
	for (char *p = c->group_by; p && *p; p++) /* the core knows them in capitals only */
		*p = (char)toupper((unsigned char)*p);
}

static void
keep_group(struct reader *r, const config_setting_t *s, enum group_kind kind, const char *name)
{
	if (!*name || strpbrk(name, "*?,&!")) {
		config_fault(r, s, "must be one group, without wildcards: " FORMS);
		return;
	}
	config_keep(r, &r->c->group_by, name);
	r->c->group_kind = kind;
}

static void keep_by_kind(struct reader *r, const config_setting_t *s, char *text)
{
	static const char *const kinds[] = {"hostgroup", "servicegroup", NULL};
	char *name = strchr(text, ':');
	const char *near;

	if (name)
		*name++ = '\0';
	near = name ? config_nearest(config_trim(text), kinds) : NULL;
	if (!near)
		config_fault(
		    r, s, "nothing is grouped by \"%s\"; it is " FORMS,
		    config_setting_get_string(s));
	else if (strcmp(near, config_trim(text)) != 0)
		config_fault(
		    r, s, "nothing is grouped by \"%s\"; did you mean \"%s:%s\"?",
		    config_setting_get_string(s), near, config_trim(name));
	else
		keep_group(
		    r, s, near == kinds[0] ? GROUP_HOSTGROUP : GROUP_SERVICEGROUP,
		    config_trim(name));
}

void config_read_group_by(struct reader *r, const config_setting_t *s, void *into)
{
	const char *typed = config_text(r, s);
	char *copy = strdup(typed ? typed : ""), *text = copy ? config_trim(copy) : NULL;

	(void)into;
	r->no_memory = r->no_memory || !copy;
	if (text && *text == '_')
		keep_variable(r, s, text);
	else if (text && *text)
		keep_by_kind(r, s, text);
	free(copy);
}

void config_read_group_min(struct reader *r, const config_setting_t *s, void *into)
{
	struct config *c = into;

	config_read_number(r, s, 2, 1000000, &c->group_min);
}

/* --- same_objects --------------------------------------------------------------------------- */

static void drop_nodes(struct config *c)
{
	for (unsigned i = 0; i < c->n_same_objects; i++)
		free(c->same_objects[i]);
	free(c->same_objects);
	c->same_objects = NULL;
	c->n_same_objects = 0;
}

static void add_node(struct reader *r, const config_setting_t *s, void *into)
{
	struct config *c = into;
	const char *text = config_text(r, s);
	char **more;

	if (!text)
		return;
	if (!*text) {
		config_fault(r, s, "an empty name of a node");
		return;
	}
	for (unsigned i = 0; i < c->n_same_objects; i++)
		if (!strcmp(c->same_objects[i], text)) {
			config_fault(r, s, "\"%s\" stands there twice", text);
			return;
		}
	more = realloc(c->same_objects, (c->n_same_objects + 1) * sizeof *more);
	r->no_memory = r->no_memory || !more;
	if (!more)
		return;
	c->same_objects = more;
	c->same_objects[c->n_same_objects] = NULL;
	config_keep(r, &c->same_objects[c->n_same_objects++], text);
}

void config_read_same_objects(struct reader *r, const config_setting_t *s, void *into)
{
	unsigned before = r->report->errors;
	struct config *c = into;

	drop_nodes(c);
	config_read_texts(r, s, c, add_node);
	if (c->n_same_objects == 1 && r->report->errors == before)
		config_fault(r, s, "one node alone has nothing in common: name at least two");
}

/* --- isolation ------------------------------------------------------------------------------ */

void config_read_sentinels(struct reader *r, const config_setting_t *s, void *into)
{
	struct config *c = into;
	const char *text = config_text(r, s);
	struct err err;

	if (!text)
		return;
	config_keep(r, &c->sentinels_text, text);
	match_destroy(c->sentinels);
	c->sentinels = *text ? match_parse(text, &err) : NULL;
	if (*text && !c->sentinels)
		config_fault(r, s, "%s", err.text);
}

void config_read_isolation(struct reader *r, const config_setting_t *s, void *into)
{
	struct config *c = into;

	config_read_number(r, s, 1, 100, &c->isolation);
}

/* --- all ------------------------------------------------------------------------------------ */

void config_group_defaults(struct reader *r)
{
	config_keep(r, &r->c->group_by, "");
	config_keep(r, &r->c->sentinels_text, "");
	r->c->group_min = 3;
	r->c->isolation = 30;
}

static bool says_nothing(const config_setting_t *root, const char *key)
{
	const config_setting_t *s = config_setting_get_member(root, key);
	const char *text = s ? config_setting_get_string(s) : "";

	return text && !*text;
}

/* Keys that do nothing by themselves. */
void config_check_group(struct reader *r, const config_setting_t *root)
{
	const config_setting_t *min = config_setting_get_member(root, "group_min");
	const config_setting_t *isolation = config_setting_get_member(root, "isolation");

	if (min && says_nothing(root, "group_by"))
		config_warning(r, min, "does nothing without group_by");
	if (isolation && says_nothing(root, "sentinels"))
		config_warning(r, isolation, "does nothing without sentinels");
}

void config_group_finish(struct config *c)
{
	drop_nodes(c);
	free(c->group_by);
	free(c->sentinels_text);
	match_destroy(c->sentinels);
}
