/*
 * People: whose reply counts, by which handles, what they may do. Called by config.c.
 * Must never leave a handle with two owners, nor take one of ours for a person's.
 */
#include "agent/config_internal.h"

#include <stdlib.h>
#include <string.h>

static void read_mastodon(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_person *p = into;

	config_handle(r, s, &p->mastodon);
}

static void read_x(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_person *p = into;

	config_x_person(r, s, &p->x);
}

static void read_role(struct reader *r, const config_setting_t *s, void *into)
{
	static const char *const words[] = {"communicator", "operator", "lead", NULL};
	static const enum role roles[] = {ROLE_COMMUNICATOR, ROLE_OPERATOR, ROLE_LEAD};
	struct config_person *p = into;
	int i = config_word(r, s, words);

	if (i != -1)
		p->role = roles[i];
}

static void read_person_match(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_person *p = into;
	const char *text = config_text(r, s);
	struct err err;

	if (!text)
		return;
	config_keep(r, &p->match_text, text);
	match_destroy(p->match);
	p->match = match_parse(text, &err);
	if (!p->match)
		config_fault(r, s, "%s", err.text);
}

const struct config_key config_person_keys[] = {
    {"mastodon", KEY_OWN, 0, read_mastodon},
    {"x", KEY_OWN, 0, read_x},
    {"role", KEY_OWN, 0, read_role},
    {"match", KEY_OWN, 0, read_person_match},
    {"mention", KEY_FLAG, offsetof(struct config_person, mention), NULL},
    {"notify", KEY_FLAG, offsetof(struct config_person, notify), NULL},
    {NULL, KEY_TEXT, 0, NULL},
};

static const char *handle_of(const struct config_person *p, const char *network)
{
	return !strcmp(network, CONFIG_X) ? p->x : p->mastodon;
}

/* Whose words are these? Never a question with two answers. */
static void
check_handle(struct reader *r, const config_setting_t *s, unsigned i, const char *network)
{
	const config_setting_t *at = config_setting_get_member(s, network);
	const char *handle = handle_of(&r->c->people[i], network);

	if (!at || !*handle)
		return;
	for (unsigned k = 0; k < i; k++)
		if (!strcmp(handle, handle_of(&r->c->people[k], network)))
			config_fault(
			    r, at, "\"%s\" is people.%s already", handle, r->c->people[k].name);
	for (unsigned k = 0; k < r->c->n_accounts; k++)
		if (!strcmp(network, r->c->accounts[k].network) &&
		    !strcmp(handle, r->c->accounts[k].handle))
			config_fault(
			    r, at,
			    "\"%s\" is our own account \"%s\", whose posts are never commands",
			    handle, r->c->accounts[k].name);
}

static void check_handles(struct reader *r, const config_setting_t *s, unsigned i)
{
	if (!config_setting_get_member(s, "mastodon") && !config_setting_get_member(s, CONFIG_X))
		config_warning(r, s, "has no handle, so no reply counts as theirs");
	check_handle(r, s, i, "mastodon");
	check_handle(r, s, i, CONFIG_X);
}

static void read_person(struct reader *r, const config_setting_t *s, struct config_person *p)
{
	p->line = (int)config_setting_source_line(s);
	p->role = ROLE_OPERATOR;
	p->match = match_parse("*", NULL);
	config_keep(r, &p->name, config_setting_name(s));
	config_keep(r, &p->mastodon, "");
	config_keep(r, &p->x, "");
	config_keep(r, &p->match_text, "*");
	r->no_memory = r->no_memory || !p->match;
	if (config_setting_is_group(s))
		config_read_group(r, s, config_person_keys, p);
}

void config_read_people(struct reader *r, const config_setting_t *people)
{
	unsigned n = config_named_groups(r, people);

	r->c->people = calloc(n ? n : 1, sizeof *r->c->people);
	r->no_memory = r->no_memory || !r->c->people;
	for (unsigned i = 0; i < n && !r->no_memory; i++) {
		const config_setting_t *s = config_setting_get_elem(people, i);

		r->c->n_people = i + 1;
		read_person(r, s, &r->c->people[i]);
		if (config_setting_is_group(s) && !r->no_memory)
			check_handles(r, s, i);
	}
}
