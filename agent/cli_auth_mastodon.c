/*
 * `twicket auth` on Mastodon and what speaks its API: OAuth with a code that a human
 * copies. Called by cli_auth.c. It must never print a token, a client secret or a code.
 */
#include "agent/cli_auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum cli_exit ask_code(struct auth *a)
{
	char pasted[AUTH_LINE], code[AUTH_LINE];
	enum cli_exit rc = CLI_DONE;
	struct err err;

	auth_read_code(a, "Code", pasted, sizeof pasted);
	oauth_clean_code(pasted, code, sizeof code);
	if (!*code)
		rc = auth_fail(a, "no code");
	else if (oauth_token(&a->oauth, code, &a->token, &err) == -1)
		rc = auth_fail(a, err.text);
	explicit_bzero(pasted, sizeof pasted);
	explicit_bzero(code, sizeof code);
	return rc;
}

static enum cli_exit log_in(struct auth *a)
{
	struct buf url;
	struct err err;

	oauth_init(&a->oauth, a->net, a->account);
	if (oauth_reach(&a->oauth, &err) == -1)
		return auth_fail(a, err.text);
	cli_say(
	    a->cli, "%s answers%s%s", a->oauth.base, *a->oauth.server ? ": " : "", a->oauth.server);
	buf_init(&url, 4096);
	if (oauth_register(&a->oauth, &err) == -1 || oauth_url(&a->oauth, &url, &err) == -1) {
		buf_finish(&url);
		return auth_fail(a, err.text);
	}
	cli_say(
	    a->cli,
	    "Open this address in any browser, log in as %s, and allow it:", a->account->handle);
	cli_say(a->cli, "%s", "");
	cli_say(a->cli, "%s", buf_text(&url));
	buf_finish(&url);
	return ask_code(a);
}

static int take(const char *line, char **token, struct err *err)
{
	size_t n = strcspn(line, " \t\r");

	if (!n || line[n + strspn(line + n, " \t\r")])
		return err_set(err, "standard input holds more than a token");
	*token = strndup(line, n);
	return *token ? 0 : err_set(err, "out of memory");
}

/* A token that nobody keeps must not live on at the server. */
static void give_up(struct auth *a)
{
	oauth_revoke(&a->oauth, a->token);
}

static void post_to_oneself(struct auth *a)
{
	struct notifier_settings settings = config_settings(a->account, a->token);
	unsigned char random[16];
	char key[2 * sizeof random + 1], *text = NULL;
	struct job job = {
	    .type = JOB_POST,
	    .key = key,
	    .to = a->verified.acct,
	    .visibility = VISIBILITY_DIRECT,
	    .language = a->account->language};
	struct account *account = a->notifier->open(&settings, NULL);
	struct result result = {.class = RESULT_BUG};

	cli_net_random(random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(key + 2 * i, 3, "%02x", random[i]);
	if (account && asprintf(&text, "@%s twicket can post here.", a->verified.acct) != -1) {
		job.text = text;
		cli_net_job(a->net, a->account, a->notifier, account, &job, NULL, NULL, &result);
	}
	if (result.class == RESULT_OK)
		cli_say(a->cli, "Sent: %s", *result.url ? result.url : result.id);
	else
		cli_say(
		    a->cli, "It was not sent (%s): %s", result_class_name(result.class),
		    result.text);
	a->notifier->close(account);
	free(text);
}

static void offer_post(struct auth *a)
{
	char line[64];

	if (!auth_is_terminal(a) || !(a->notifier->caps & NOTIFIER_DIRECT))
		return;
	cli_say(
	    a->cli, "Send a direct post from %s to itself, to see that it works?",
	    a->verified.acct);
	auth_prompt(a, "[y/N] ");
	if (auth_read_line(line, sizeof line) == 0 && (*line == 'y' || *line == 'Y'))
		post_to_oneself(a);
}

const struct auth_way auth_mastodon = {
    .network = "mastodon",
    .log_in = log_in,
    .take = take,
    .give_up = give_up,
    .afterwards = offer_post,
};
