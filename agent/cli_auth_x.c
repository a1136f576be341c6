/*
 * `twicket auth` on X: the keys of the admin's own app, the PIN, and in plain words how
 * to make the app. Called by cli_auth.c. It must never print a key, a token or the PIN,
 * nor post to see whether it works: on X that costs.
 */
#include "agent/cli_auth.h"
#include "agent/cli_pin.h"
#include "agent/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MONEY 32
#define CONNECTED "Settings > Security and account access > Apps and sessions > Connected apps"

static const char *bare_handle(const struct auth *a)
{
	return a->account->handle + (*a->account->handle == '@');
}

static const char *price(const struct auth *a, enum notifier_price what, char out[MONEY])
{
	ledger_words(a->account->prices[what], out, MONEY);
	return out;
}

/* --- how to make the app -------------------------------------------------------------------- */

static void explain_app(struct auth *a, const char *path)
{
	const struct cli *cli = a->cli;
	char own[MONEY], others[MONEY], month[MONEY];

	price(a, PRICE_OWN_READ, own);
	price(a, PRICE_READ, others);
	ledger_words(a->account->usd_micro_per_month, month, sizeof month);
	cli_say(cli, "X wants an app of your own. This is how to make it:");
	cli_say(cli, "%s", "");
	cli_say(
	    cli, " 1. Log in at https://console.x.com as @%s, the status account itself:",
	    bare_handle(a));
	cli_say(cli, "    then it owns the app, and a reply that is read costs %s,", own);
	cli_say(cli, "    not %s.", others);
	cli_say(cli, " 2. Buy pay-per-use credits, and set a spending limit.");
	if (a->account->usd_micro_per_month)
		cli_say(cli, "    twicket stops by itself at usd_per_month: %s.", month);
	cli_say(
	    cli, " 3. Make an app. In its \"User authentication settings\", BEFORE you make keys:");
	cli_say(
	    cli, "    App permissions: \"%s\";",
	    a->account->messages ? "Read and write and Direct message" : "Read and write");
	cli_say(cli, "    Type of App: \"Web App, Automated App or Bot\".");
	cli_say(
	    cli, "    It asks for a callback and a website: any address of yours, not used here.");
	cli_say(
	    cli,
	    " 4. In \"Keys and tokens\" make the API key and the API key secret, and put them");
	cli_say(cli, "    into this file, the key in the first line, the secret in the second:");
	cli_say(cli, "      %s", path);
	cli_say(cli, "    Mode 0600, of the user who reads it (chmod 0600).");
	cli_say(
	    cli, " 5. On x.com, as @%s: Settings > Your account > Account information >",
	    bare_handle(a));
	cli_say(cli, "    Automation: mark it as automated, linked to the account of a human.");
	cli_say(cli, "    Say in its bio who runs it.");
	cli_say(cli, " 6. Then again: twicket auth %s", a->account->name);
}

static char *ask_hidden(const struct auth *a, const char *question)
{
	char line[AUTH_LINE], *value = NULL;
	size_t n;

	if (auth_read_hidden(a, question, line, sizeof line) == 0) {
		for (n = strlen(line); n && strchr(" \t\r", line[n - 1]); n--)
			line[n - 1] = '\0';
		value = *line ? strdup(line) : NULL;
	}
	explicit_bzero(line, sizeof line);
	return value;
}

/* False: nobody typed them. */
static bool type_keys(const struct auth *a, struct secret_app *app)
{
	if (!auth_is_terminal(a))
		return false;
	cli_say(a->cli, "%s", "");
	cli_say(
	    a->cli,
	    "If you have the keys at hand, type or paste them here: they are not shown, and");
	cli_say(a->cli, "go into that file. Only return: later.");
	app->key = ask_hidden(a, "API key: ");
	if (app->key)
		app->secret = ask_hidden(a, "API key secret: ");
	if (app->key && app->secret)
		return true;
	secret_app_finish(app);
	return false;
}

static enum cli_exit get_keys(struct auth *a, struct secret_app *app, bool *typed)
{
	char *path = secret_app_path(a->account);
	enum cli_exit rc = CLI_DONE;
	struct err err;

	switch (secret_load_app(a->account, app, &err)) {
	case SECRET_OK: break;
	case SECRET_ERROR: rc = auth_fail(a, err.text); break;
	case SECRET_NONE:
		explain_app(a, path ? path : "");
		*typed = type_keys(a, app);
		if (!*typed)
			rc = auth_fail(a, err.text);
		break;
	}
	free(path);
	return rc;
}

/* Keys that X has taken are worth keeping. */
static enum cli_exit keep_keys(struct auth *a, const struct secret_app *app)
{
	char *path = secret_app_path(a->account);
	enum cli_exit rc = CLI_DONE;
	struct err err;

	if (secret_store_app(a->account, app, &err) == -1)
		rc = auth_fail(a, err.text);
	else
		cli_say(a->cli, "The keys are good, and stored in %s.", path ? path : "its file");
	free(path);
	return rc;
}

/* --- the PIN -------------------------------------------------------------------------------- */

static void tell_clock(const struct auth *a, const struct pin *p)
{
	long long off = p->skew_s < 0 ? -p->skew_s : p->skew_s;

	if (p->skew_s)
		cli_say(
		    a->cli,
		    "This machine's clock is %lld s %s by X's: set it, logins depend on it. Going "
		    "on by "
		    "X's clock.",
		    off, p->skew_s < 0 ? "fast" : "slow");
}

static void give_up(struct auth *a)
{
	if (a->is_fresh)
		cli_say(
		    a->cli,
		    "What you allowed stays allowed at X until you take it back there: " CONNECTED
		    ".");
}

/* The token of somebody else must not be kept, however it came about. */
static enum cli_exit
take_access(struct auth *a, const struct secret_app *app, const struct pin_access *access)
{
	char why[256];

	a->is_fresh = true;
	if (strcasecmp(access->screen_name, bare_handle(a)) != 0) {
		snprintf(
		    why, sizeof why, "it was allowed as @%s, the configuration says @%.64s",
		    access->screen_name, bare_handle(a));
		give_up(a);
		return auth_fail(a, why);
	}
	a->token = pin_token(app, access);
	return a->token ? CLI_DONE : auth_fail(a, "out of memory");
}

static enum cli_exit ask_pin(struct auth *a, struct pin *p, const struct secret_app *app)
{
	char pasted[AUTH_LINE], pin[64];
	struct pin_access access = {.token = ""};
	enum cli_exit rc;
	struct err err;

	auth_read_code(a, "PIN", pasted, sizeof pasted);
	pin_clean(pasted, pin, sizeof pin);
	if (!*pin)
		rc = auth_fail(a, "no PIN");
	else if (pin_exchange(p, pin, &access, &err) == -1)
		rc = auth_fail(a, err.text);
	else
		rc = take_access(a, app, &access);
	explicit_bzero(pasted, sizeof pasted);
	explicit_bzero(pin, sizeof pin);
	pin_access_finish(&access);
	return rc;
}

static enum cli_exit show_address(struct auth *a, const struct pin *p)
{
	enum cli_exit rc = CLI_DONE;
	struct buf url;
	struct err err;

	buf_init(&url, 4096);
	if (pin_url(p, &url, &err) == -1) {
		rc = auth_fail(a, err.text);
	} else {
		cli_say(
		    a->cli,
		    "Open this address in any browser, log in as @%s, and authorize the app:",
		    bare_handle(a));
		cli_say(a->cli, "%s", "");
		cli_say(a->cli, "%s", buf_text(&url));
	}
	buf_finish(&url);
	return rc;
}

static enum cli_exit log_in(struct auth *a)
{
	struct secret_app app = {.key = NULL};
	bool typed = false;
	enum cli_exit rc = get_keys(a, &app, &typed);
	struct pin p;
	struct err err;

	if (rc != CLI_DONE)
		return rc;
	pin_init(&p, a->net, a->account, &app);
	if (pin_request(&p, &err) == -1)
		rc = auth_fail(a, err.text);
	tell_clock(a, &p);
	if (rc == CLI_DONE && typed)
		rc = keep_keys(a, &app);
	if (rc == CLI_DONE)
		rc = show_address(a, &p);
	if (rc == CLI_DONE)
		rc = ask_pin(a, &p, &app);
	pin_finish(&p);
	secret_app_finish(&app);
	return rc;
}

/* --- afterwards ---------------------------------------------------------------------------- */

static void tell_costs(struct auth *a)
{
	char post[MONEY];

	cli_say(
	    a->cli, "No post is made to try it: the first real one will cost %s (twicket check).",
	    price(a, PRICE_POST, post));
}

const struct auth_way auth_x = {
    .network = "x",
    .log_in = log_in,
    .take = pin_take,
    .give_up = give_up,
    .afterwards = tell_costs,
};
