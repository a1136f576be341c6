/*
 * The logins: opens one notifier account per configured account that has a token.
 * Called by core.c at start, on a new configuration and when a token was stored.
 * Must never let a token into a log line or an error text.
 */
#include "agent/core_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int accounts_alloc(struct accounts *a, unsigned n)
{
	memset(a, 0, sizeof *a);
	a->n = n;
	a->notifiers = calloc(n + 1, sizeof *a->notifiers);
	a->accounts = calloc(n + 1, sizeof *a->accounts);
	a->tokens = calloc(n + 1, sizeof *a->tokens);
	a->words = calloc(n + 1, sizeof *a->words);
	a->settings = calloc(n + 1, sizeof *a->settings);
	a->troubles = calloc(n + 1, sizeof *a->troubles);
	return a->notifiers && a->accounts && a->tokens && a->words && a->settings && a->troubles ? 0 : -1;
}

void core_accounts_close(struct core *c, struct accounts *a)
{
	for (unsigned k = 0; k < a->n; k++) {
		if (a->accounts && a->accounts[k])
			a->notifiers[k]->close(a->accounts[k]);
		if (a->tokens && a->tokens[k])
			c->env.free_token(a->tokens[k]);
		if (a->words)
			words_close(a->words[k]);
		if (a->troubles)
			free(a->troubles[k]);
	}
	if (a->desk_account)
		a->desk->close(a->desk_account);
	if (a->desk_token)
		c->env.free_token(a->desk_token);
	free(a->notifiers);
	free(a->accounts);
	free(a->tokens);
	free(a->words);
	free(a->settings);
	free(a->troubles);
	memset(a, 0, sizeof *a);
}

/* Only a network with somebody to log in to needs a token. */
static bool needs_token(const struct notifier *n)
{
	return (n->caps & NOTIFIER_COLLECTS) != 0;
}

/* Trouble of this account alone: all others go on. */
static int account_has_trouble(const struct config_account *config, struct accounts *a, unsigned k,
			       const struct err *why)
{
	log_warnx("core", "account %s: %s", config->name, why->text);
	a->troubles[k] = strdup(why->text);
	return 0;
}

static int account_open(struct core *c, const struct config_account *config, struct accounts *a, unsigned k,
			struct err *err)
{
	struct notifier_settings *settings = &a->settings[k]; /* outlives the account */
	const struct notifier *n = c->env.notifier(config->network);
	struct err why;

	if (!n)
		return err_set(err, "accounts.%s: no notifier for network \"%s\"", config->name, config->network);
	*settings = config_settings(config, "");
	a->notifiers[k] = n;
	a->words[k] = words_open(config->language, err);
	if (!a->words[k])
		return -1;
	if (n->check(settings, &why) == -1) /* without a token: what is wrong then is the configuration */
		return err_set(err, "accounts.%s: %s", config->name, why.text);
	if (needs_token(n) && c->env.load_token(config, &a->tokens[k], &why) == -1)
		return account_has_trouble(config, a, k, &why);
	if (a->tokens[k])
		settings->token = a->tokens[k];
	a->accounts[k] = n->open(settings, &why);
	if (a->accounts[k])
		return 0;
	if (a->tokens[k])
		return account_has_trouble(config, a, k, &why);
	return err_set(err, "accounts.%s: %s", config->name, why.text);
}

/* Without its login tickets wait; a desk that needs none gets an empty one. */
static void desk_open(struct core *c, const struct config *config, struct accounts *a)
{
	struct err err = {""};

	if (!config->desk || !c->env.desk)
		return;
	a->desk = c->env.desk(config->desk->network);
	a->desk_settings = config_settings(config->desk, "");
	if (a->desk && c->env.load_token(config->desk, &a->desk_token, &err) == 0 && a->desk_token)
		a->desk_settings.token = a->desk_token;
	if (a->desk)
		a->desk_account = a->desk->open(&a->desk_settings, &err);
	if (!a->desk_account)
		log_warnx("core", "desk: %s", err.text);
}

int core_accounts_open(struct core *c, const struct config *config, struct accounts *out, struct err *err)
{
	if (accounts_alloc(out, config->n_accounts) == -1)
		return err_set(err, "out of memory");
	for (unsigned k = 0; k < config->n_accounts; k++)
		if (account_open(c, &config->accounts[k], out, k, err) == -1)
			return -1;
	desk_open(c, config, out);
	return 0;
}

/* The same address in other words is the same place: RT's pages and its API, a slash at the end. */
static void desk_use(struct core *c)
{
	const struct config_account *desk = c->env.desk ? c->config->desk : NULL;
	const char *api = desk ? strstr(desk->url, "/REST/2.0") : NULL;
	char place[500];
	size_t n;

	if (desk) {
		snprintf(place, sizeof place, "%s %.*s", desk->network,
			 (int)(api ? (size_t)(api - desk->url) : strlen(desk->url)), desk->url);
		for (n = strlen(place); n && place[n - 1] == '/'; n--)
			place[n - 1] = '\0';
	}
	tickets_set_desk(c->tickets, desk ? place : NULL, c->accounts.desk, c->accounts.desk_account, c->config->n_accounts);
}

void core_accounts_use(struct core *c)
{
	outbox_set_accounts(c->outbox, c->config, c->accounts.notifiers, c->accounts.accounts);
	collector_set_accounts(c->collector, c->config, c->accounts.notifiers, c->accounts.accounts);
	desk_use(c);
}

/* Takes the fresh ones over; ops that lean on the old ones end before those do. */
static void accounts_swap(struct core *c, const struct accounts *fresh)
{
	struct accounts old = c->accounts;

	c->accounts = *fresh;
	core_accounts_use(c);
	core_accounts_close(c, &old);
}

int core_set_config(struct core *c, const struct config *config, const struct now *now, struct err *err)
{
	struct accounts fresh;
	int64_t *born_s;

	c->now = *now;
	if (core_born_load(c, config, &born_s, err) == -1)
		return -1;
	if (core_accounts_open(c, config, &fresh, err) == -1) {
		core_accounts_close(c, &fresh);
		free(born_s);
		return -1;
	}
	free(c->born_s);
	c->born_s = born_s;
	engine_set_config(c->engine, config);
	people_set_config(c->people, config);
	inbox_set_config(c->inbox, config);
	c->config = config;
	core_watch(c, 0); /* other audiences may hear of other names: they are asked for again */
	c->wants_names = false;
	accounts_swap(c, &fresh);
	core_resume(c, -1, now);
	return 0;
}

void core_resume(struct core *c, int account, const struct now *now)
{
	c->now = *now;
	outbox_resume(c->outbox, account);
	collector_resume(c->collector, account);
	tickets_resume(c->tickets);
}

/* All accounts are opened anew: rare, and it keeps one way to do it. */
int core_reload_token(struct core *c, int account, const struct now *now, struct err *err)
{
	struct accounts fresh;

	c->now = *now;
	if (core_accounts_open(c, c->config, &fresh, err) == -1)
		goto fail;
	if (account >= 0 && fresh.tokens[account] && !fresh.accounts[account]) {
		/* what was just stored is of no use: who asked hears it, what was there goes on */
		err_set(err, "accounts.%s: %s", c->config->accounts[account].name,
			fresh.troubles[account] ? fresh.troubles[account] : "out of memory");
		goto fail;
	}
	accounts_swap(c, &fresh);
	core_resume(c, account, now);
	return 0;
fail:
	core_accounts_close(c, &fresh);
	return -1;
}

const char *core_login_trouble(const struct core *c, unsigned account)
{
	const struct accounts *a = &c->accounts;

	if (account < a->n && a->accounts[account])
		return NULL;
	return account < a->n && a->troubles[account] ? a->troubles[account] : "no such account";
}
