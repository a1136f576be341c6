/*
 * Accounts: one login on one network each. Called by config.c. Must never let through
 * a handle that the network could read as somebody else.
 */
#include "agent/config_internal.h"
#include "agent/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_network(struct reader *r, const config_setting_t *s, void *into)
{
	static const char *const words[] = {"mastodon", "x", "file", NULL};
	struct config_account *a = into;
	const char *text = config_text(r, s);

	if (text && !strcmp(text, "twitter"))
		config_keep(r, &a->network, "x");
	else if (text && config_word(r, s, words) != -1)
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

/* False with a fault: the key is of one network, and this account is on another. */
bool config_is_on_x(struct reader *r, const config_setting_t *s, const struct config_account *a,
		    const char *why)
{
	if (!*a->network || !strcmp(a->network, CONFIG_X))
		return true;
	config_fault(r, s, "only on x: %s", why);
	return false;
}

/* Which names of X's API are sent: those of before its change of August 2026, or of after it. */
static void read_fields(struct reader *r, const config_setting_t *s, void *into)
{
	static const char *const words[] = {"tweet", "post", NULL};
	struct config_account *a = into;
	int i;

	if (!config_is_on_x(r, s, a, "other networks have one vocabulary"))
		return;
	i = config_word(r, s, words);
	if (i != -1)
		config_keep(r, &a->fields, words[i]);
}

static void read_messages(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_account *a = into;
	bool is_mastodon = !strcmp(a->network, "mastodon");

	if (!config_is_on_x(
		r, s, a,
		is_mastodon ? "on mastodon messages are always read" : "here is nobody who writes"))
		return;
	if (config_setting_type(s) == CONFIG_TYPE_BOOL)
		a->messages = config_setting_get_bool(s) != 0;
	else
		config_fault(r, s, "must be true or false, without quotes");
}

static void read_app_file(struct reader *r, const config_setting_t *s, void *into)
{
	static const struct config_key path[] = {
	    {"app_file", KEY_PATH, offsetof(struct config_account, app_file), NULL},
	    {NULL, KEY_TEXT, 0, NULL}};
	struct config_account *a = into;

	if (config_is_on_x(r, s, a, "`twicket auth` makes the app itself where a network allows that"))
		config_read_key(r, s, path, a);
}

const struct config_key config_account_keys[] = {
    {"network", KEY_ELSEWHERE, 0, NULL}, /* before all others: it decides what they may be */
    {"handle", KEY_ELSEWHERE, 0, NULL},
    {"url", KEY_OWN, 0, read_url},
    {"token_file", KEY_PATH, offsetof(struct config_account, token_file), NULL},
    {"language", KEY_OWN, 0, read_language},
    {"posts_per_hour", KEY_COUNT, offsetof(struct config_account, posts_per_hour), NULL},
    {"posts_per_day", KEY_COUNT, offsetof(struct config_account, posts_per_day), NULL},
    {"usd_per_month", KEY_OWN, 0, config_read_limit},
    {"prices", KEY_OWN, 0, config_read_prices},
    {"fields", KEY_OWN, 0, read_fields},
    {"messages", KEY_OWN, 0, read_messages},
    {"app_file", KEY_OWN, 0, read_app_file},
    {"poll", KEY_OWN, 0, read_poll},
    {"feedback", KEY_OWN, 0, read_feedback},
    {"proxy", KEY_TEXT, offsetof(struct config_account, proxy), NULL},
    {"ca_file", KEY_PATH, offsetof(struct config_account, ca_file), NULL},
    {NULL, KEY_TEXT, 0, NULL},
};

/* What depends on the network, so read before the file's own words. */
static void network_defaults(struct config_account *a)
{
	const struct notifier *n = notifier_find(a->network);

	a->is_metered = n && (n->caps & NOTIFIER_METERED);
	a->posts_per_day = a->is_metered ? 45 : 100;
	a->poll_ms = a->is_metered ? 60000 : 15000;
	a->feedback = a->is_metered ? FEEDBACK_NONE : FEEDBACK_FAVOURITE;
	if (a->is_metered)
		config_default_prices(a);
}

static void account_defaults(struct reader *r, struct config_account *a)
{
	a->posts_per_hour = 20;
	config_keep(r, &a->network, "");
	config_keep(r, &a->handle, "");
	config_keep(r, &a->url, "");
	config_keep(r, &a->language, r->c->language ? r->c->language : "");
	config_keep(r, &a->proxy, "");
	config_keep(r, &a->ca_file, "");
	config_keep(r, &a->fields, "tweet");
	if (!r->no_memory)
		network_defaults(a);
}

/* Where `twicket auth` puts the token, and finds the app, when the file does not say. */
static void default_files(struct reader *r, struct config_account *a)
{
	char path[4096];

	if (!a->token_file) {
		snprintf(
		    path, sizeof path, "%s/auth/%s", r->c->state_dir ? r->c->state_dir : "",
		    a->name);
		config_keep(r, &a->token_file, path);
	}
	if (!a->app_file && a->token_file) {
		snprintf(path, sizeof path, "%s.app", a->token_file);
		config_keep(r, &a->app_file, strcmp(a->network, CONFIG_X) ? "" : path);
	}
}

struct notifier_settings config_settings(const struct config_account *a, const char *token)
{
	return (struct notifier_settings){
	    .name = a->name,
	    .handle = a->handle,
	    .url = a->url,
	    .token = token,
	    .language = a->language,
	    .prices = a->is_metered ? a->prices : NULL,
	    .fields = a->fields,
	    .messages = a->messages,
	    .from = a->from};
}

void config_account_finish(struct config_account *a)
{
	free(a->name);
	free(a->network);
	free(a->handle);
	free(a->url);
	free(a->token_file);
	free(a->language);
	free(a->proxy);
	free(a->ca_file);
	free(a->fields);
	free(a->app_file);
	free(a->from);
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
	struct notifier_settings settings = config_settings(a, "");
	struct err err = {""};

	if (!n) {
		config_fault(r, s, "no notifier for the network \"%s\"", a->network);
		return;
	}
	if (n->check(&settings, &err) == -1)
		config_fault(r, s, "%s", err.text);
	check_feedback(r, s, a, n->caps);
}

void config_check_proxy(struct reader *r, const config_setting_t *s, const struct config_account *a)
{
	if (r->is_for_all && a->proxy && strchr(a->proxy, '@'))
		config_warning(
		    r, config_setting_get_member(s, "proxy"),
		    "holds a login, and everybody on this machine may read this file: chmod o-r");
}

static void read_handle(struct reader *r, const config_setting_t *s, struct config_account *a)
{
	const config_setting_t *handle = config_setting_get_member(s, "handle");
	const char *text;

	if (!handle)
		config_fault(
		    r, s, "handle is missing: \"name@server\", the name on x, or a file's path");
	else if (!strcmp(a->network, "mastodon"))
		config_handle(r, handle, &a->handle);
	else if (!strcmp(a->network, CONFIG_X))
		config_x_name(r, handle, &a->handle);
	else if ((text = config_text(r, handle)))
		config_keep(r, &a->handle, text);
}

static void read_account(struct reader *r, const config_setting_t *s, struct config_account *a)
{
	const config_setting_t *network = config_setting_get_member(s, "network");
	unsigned before = r->report->errors;

	config_keep(r, &a->name, config_setting_name(s));
	a->line = (int)config_setting_source_line(s);
	account_defaults(r, a);
	if (network && !r->no_memory)
		read_network(r, network, a);
	if (!r->no_memory)
		network_defaults(a);
	config_read_group(r, s, config_account_keys, a);
	if (r->no_memory)
		return;
	default_files(r, a);
	if (!network)
		config_fault(r, s, "network is missing: \"mastodon\", \"x\" or \"file\"");
	read_handle(r, s, a);
	config_check_proxy(r, s, a);
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
