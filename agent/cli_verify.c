/*
 * VERIFY from the command line: what a network says of an account, and what an admin
 * should click. Called by `auth` and `check --online`. It must never change anything
 * on the network.
 */
#include "agent/cli_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTICES (sizeof((struct cli_verified *)0)->notices / sizeof(char *))

static enum emitted take(void *arg, const struct item *item)
{
	struct cli_verified *v = arg;

	if (item->kind == ITEM_NOTICE && v->n_notices < NOTICES) {
		v->notices[v->n_notices] = strdup(item->text);
		v->n_notices += v->notices[v->n_notices] != NULL;
	}
	if (item->kind == ITEM_SELF) {
		v->has_self = true;
		v->bot = item->bot;
		v->locked = item->locked;
		v->limit = item->limit;
		snprintf(v->acct, sizeof v->acct, "%s", item->acct);
		snprintf(v->software, sizeof v->software, "%s", item->text);
	}
	return EMIT_NEW;
}

void cli_net_verify(
    struct cli_net *net, const struct config_account *a, const char *token,
    struct cli_verified *out)
{
	const struct notifier *network = notifier_find(a->network);
	const struct notifier *notifier = network ? network : desk_find(a->network);
	struct notifier_settings settings = config_settings(a, token);
	const struct job job = {.type = JOB_VERIFY};
	struct account *account;
	struct err err;

	*out = (struct cli_verified){.result = {.class = RESULT_PERMANENT}};
	if (!notifier) {
		snprintf(
		    out->result.text, sizeof out->result.text, "no such network: %s", a->network);
		return;
	}
	account = notifier->open(&settings, &err);
	if (!account) {
		snprintf(out->result.text, sizeof out->result.text, "%.255s", err.text);
		return;
	}
	cli_net_job(net, a, notifier, account, &job, take, out, &out->result);
	notifier->close(account);
}

void cli_verified_finish(struct cli_verified *v)
{
	for (unsigned i = 0; i < v->n_notices; i++)
		free(v->notices[i]);
	v->n_notices = 0;
}

/* Do host names and plugin output go to whoever may read this account? */
static bool has_internals(const struct config *config, unsigned account)
{
	if (config->accounts[account].is_metered) /* there a post has no visibility of its own */
		return config_tells_internals(config, account);
	for (unsigned i = 0; i < config->n_audiences; i++) {
		const struct config_audience *a = &config->audiences[i];

		for (unsigned k = 0; k < a->n_accounts; k++) {
			if (a->accounts[k] == account && a->internals &&
			    a->visibility == VISIBILITY_FOLLOWERS)
				return true;
		}
	}
	return false;
}

static void add(char **lines, unsigned *n, unsigned max, const char *what, const char *click)
{
	char *line = NULL;

	if (*n < max && asprintf(&line, "%s%s%s", what, *click ? ". " : "", click) != -1)
		lines[(*n)++] = line;
}

/* The words of Mastodon's own settings (4.3); other servers have the same under other names. */
static const char *click_for(const char *notice)
{
	if (strstr(notice, "(bot)"))
		return "On Mastodon: Preferences > Public profile: tick \"This is an automated "
		       "account\"";
	if (strstr(notice, "notification policy"))
		return "On Mastodon: Notifications > the sliders: \"Filter\" or \"Accept\" instead "
		       "of \"Ignore\"";
	return "";
}

/* Where followers are made to ask first, by network. */
static const char *click_to_lock(const struct config_account *a)
{
	if (strcmp(a->network, "x") == 0)
		return "On X: Settings > Privacy and safety > Audience, media and tagging: tick \"Protect "
		       "your posts\"";
	return "On Mastodon: Preferences > Public profile > Privacy and reach: untick "
	       "\"Automatically accept new followers\"";
}

unsigned cli_verified_advice(
    const struct cli_verified *v, const struct config *config, unsigned account, char **lines,
    unsigned max)
{
	unsigned n = 0;

	if (!v->has_self)
		return 0;
	for (unsigned i = 0; i < v->n_notices; i++)
		add(lines, &n, max, v->notices[i], click_for(v->notices[i]));
	if (!v->locked && has_internals(config, account))
		add(lines, &n, max,
		    config->accounts[account].is_metered
			? "everybody can read this account, so no host names and plugin output are told there"
			: "everybody can follow this account and read host names and plugin output",
		    click_to_lock(&config->accounts[account]));
	return n;
}
