/*
 * Accounts and people. Called by config.c. Must never let through a handle that the
 * network could read as somebody else.
 */
#include "agent/config_internal.h"
#include "agent/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_network(struct reader *r, const config_setting_t *s, void *into)
{
	static const char *const now[] = {"mastodon", "file", NULL};
	struct config_account *a = into;
	const char *text = config_text(r, s);

	if (text && (!strcmp(text, "x") || !strcmp(text, "twitter")))
		config_fault(r, s, "\"%s\" is not in this version", text);
	else if (text && config_word(r, s, now) != -1)
		config_keep(r, &a->network, text);
}

static void read_language(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_account *a = into;
	int i = config_word(r, s, words_languages());

	if (i != -1)
		config_keep(r, &a->language, words_languages()[i]);
}

static void read_poll(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_account *a = into;
	const char *text = config_setting_get_string(s);
	struct err err = {""};
	int64_t ms = text ? config_duration(text, &err) : -1;

	if (!text)
		config_fault(r, s, "a bare number has no unit: \"15s\"?");
	else if (ms == -1)
		config_fault(r, s, "%s", err.text);
	else if (ms < 6000)
		config_fault(r, s, "at least \"6s\": a poll is two requests, and servers allow 300 in 15 minutes");
	else
		a->poll_ms = ms;
}

/* "https://host" without a slash at its end; the network decides whether http will do. */
static void read_url(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_account *a = into;
	const char *text = config_text(r, s);
	size_t n;

	if (!text)
		return;
	if (strncmp(text, "https://", 8) && strncmp(text, "http://", 7)) {
		config_fault(r, s, "\"%s\" does not begin with https://", text);
		return;
	}
	config_keep(r, &a->url, text);
	for (n = a->url ? strlen(a->url) : 0; n && a->url[n - 1] == '/'; n--)
		a->url[n - 1] = '\0';
}

static void read_feedback(struct reader *r, const config_setting_t *s, void *into)
{
	static const char *const words[] = {"favourite", "reply", "none", NULL};
	struct config_account *a = into;
	int i = config_word(r, s, words);

	if (i != -1)
		a->feedback = (enum feedback)i;
}

static const struct config_key account_keys[] = {
    {"network", KEY_OWN, 0, read_network},
    {"handle", KEY_ELSEWHERE, 0, NULL},
    {"url", KEY_OWN, 0, read_url},
    {"token_file", KEY_PATH, offsetof(struct config_account, token_file), NULL},
    {"language", KEY_OWN, 0, read_language},
    {"posts_per_hour", KEY_COUNT, offsetof(struct config_account, posts_per_hour), NULL},
    {"posts_per_day", KEY_COUNT, offsetof(struct config_account, posts_per_day), NULL},
    {"usd_per_month", KEY_LATER, 0, NULL},
    {"poll", KEY_OWN, 0, read_poll},
    {"feedback", KEY_OWN, 0, read_feedback},
    {"proxy", KEY_TEXT, offsetof(struct config_account, proxy), NULL},
    {"ca_file", KEY_PATH, offsetof(struct config_account, ca_file), NULL},
    {NULL, KEY_TEXT, 0, NULL},
};

static void account_defaults(struct reader *r, struct config_account *a)
{
	a->posts_per_hour = 20;
	a->posts_per_day = 100;
	a->poll_ms = 15000;
	a->feedback = FEEDBACK_FAVOURITE;
	config_keep(r, &a->network, "");
	config_keep(r, &a->handle, "");
	config_keep(r, &a->url, "");
	config_keep(r, &a->language, r->c->language ? r->c->language : "");
	config_keep(r, &a->proxy, "");
	config_keep(r, &a->ca_file, "");
}

/* Where `twicket auth` puts the token when the file does not say. */
static void default_token_file(struct reader *r, struct config_account *a)
{
	char path[4096];

	if (a->token_file)
		return;
	snprintf(path, sizeof path, "%s/auth/%s", r->c->state_dir ? r->c->state_dir : "", a->name);
	config_keep(r, &a->token_file, path);
}

/* Feedback that the network cannot give: by default none, asked for a fault. */
static void
check_feedback(struct reader *r, const config_setting_t *s, struct config_account *a, unsigned caps)
{
	const config_setting_t *asked = config_setting_get_member(s, "feedback");
	bool can = a->feedback == FEEDBACK_NONE ||
		   (a->feedback == FEEDBACK_FAVOURITE && (caps & NOTIFIER_FAVOURITES)) ||
		   (a->feedback == FEEDBACK_REPLY && (caps & NOTIFIER_THREADS));

	if (can)
		return;
	if (asked)
		config_fault(r, asked, "the network \"%s\" cannot do that", a->network);
	a->feedback = FEEDBACK_NONE;
}

/* The network's own opinion of its part. */
static void check_network(struct reader *r, const config_setting_t *s, struct config_account *a)
{
	const struct notifier *n = notifier_find(a->network);
	struct notifier_settings settings = {
	    .name = a->name,
	    .handle = a->handle,
	    .url = a->url,
	    .token = "",
	    .language = a->language};
	struct err err = {""};

	if (!n) {
		config_fault(r, s, "no notifier for the network \"%s\"", a->network);
		return;
	}
	if (n->check(&settings, &err) == -1)
		config_fault(r, s, "%s", err.text);
	check_feedback(r, s, a, n->caps);
}

static void read_account(struct reader *r, const config_setting_t *s, struct config_account *a)
{
	const config_setting_t *handle = config_setting_get_member(s, "handle");
	unsigned before = r->report->errors;
	const char *text;

	config_keep(r, &a->name, config_setting_name(s));
	a->line = (int)config_setting_source_line(s);
	account_defaults(r, a);
	config_read_group(r, s, account_keys, a);
	default_token_file(r, a);
	if (!config_setting_get_member(s, "network"))
		config_fault(r, s, "network is missing: \"mastodon\" or \"file\"");
	if (!handle)
		config_fault(r, s, "handle is missing: \"name@server\", or a file's path");
	else if (a->network && !strcmp(a->network, "mastodon"))
		config_handle(r, handle, &a->handle);
	else if ((text = config_text(r, handle)))
		config_keep(r, &a->handle, text);
	if (r->report->errors == before && !r->no_memory)
		check_network(r, s, a);
}

/* Two logins under two names would post everything twice, and count their limits twice. */
static void check_same_login(struct reader *r, const config_setting_t *all, unsigned i)
{
	const struct config_account *a = &r->c->accounts[i];

	for (unsigned k = 0; k < i; k++) {
		const struct config_account *b = &r->c->accounts[k];

		if (*a->network && *a->handle && !strcmp(a->handle, b->handle) &&
		    !strcmp(a->network, b->network) && !strcmp(a->url, b->url))
			config_fault(
			    r, config_setting_get_elem(all, i), "is the same login as accounts.%s",
			    b->name);
	}
}

void config_read_accounts(struct reader *r, const config_setting_t *accounts)
{
	unsigned n = config_named_groups(r, accounts);

	r->c->accounts = calloc(n ? n : 1, sizeof *r->c->accounts);
	r->no_memory = r->no_memory || !r->c->accounts;
	for (unsigned i = 0; i < n && !r->no_memory; i++) {
		const config_setting_t *s = config_setting_get_elem(accounts, i);

		r->c->n_accounts = i + 1;
		if (config_setting_is_group(s))
			read_account(r, s, &r->c->accounts[i]);
		else
			account_defaults(r, &r->c->accounts[i]);
		config_keep(r, &r->c->accounts[i].name, config_setting_name(s));
		if (!r->no_memory)
			check_same_login(r, accounts, i);
	}
}

/* --- people ---------------------------------------------------------------------------- */

static void read_mastodon(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_person *p = into;

	config_handle(r, s, &p->mastodon);
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

static const struct config_key person_keys[] = {
    {"mastodon", KEY_OWN, 0, read_mastodon},
    {"x", KEY_LATER, 0, NULL},
    {"role", KEY_OWN, 0, read_role},
    {"match", KEY_OWN, 0, read_person_match},
    {"mention", KEY_LATER, 0, NULL},
    {"notify", KEY_FLAG, offsetof(struct config_person, notify), NULL},
    {NULL, KEY_TEXT, 0, NULL},
};

/* Whose words are these? Never a question with two answers. */
static void check_handle(struct reader *r, const config_setting_t *s, unsigned i)
{
	const config_setting_t *at = config_setting_get_member(s, "mastodon");
	const char *handle = r->c->people[i].mastodon;

	if (!at) {
		config_warning(r, s, "has no handle, so no reply counts as theirs");
		return;
	}
	if (!*handle)
		return;
	for (unsigned k = 0; k < i; k++)
		if (!strcmp(handle, r->c->people[k].mastodon))
			config_fault(
			    r, at, "\"%s\" is people.%s already", handle, r->c->people[k].name);
	for (unsigned k = 0; k < r->c->n_accounts; k++)
		if (!strcmp(handle, r->c->accounts[k].handle))
			config_fault(
			    r, at,
			    "\"%s\" is our own account \"%s\", whose posts are never commands",
			    handle, r->c->accounts[k].name);
}

static void read_person(struct reader *r, const config_setting_t *s, struct config_person *p)
{
	p->line = (int)config_setting_source_line(s);
	p->role = ROLE_OPERATOR;
	p->match = match_parse("*", NULL);
	config_keep(r, &p->name, config_setting_name(s));
	config_keep(r, &p->mastodon, "");
	config_keep(r, &p->match_text, "*");
	r->no_memory = r->no_memory || !p->match;
	if (config_setting_is_group(s))
		config_read_group(r, s, person_keys, p);
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
			check_handle(r, s, i);
	}
}
