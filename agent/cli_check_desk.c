/*
 * `check`: where reports go. Called by cli_check.c. It must never make a ticket, and says
 * what it could not find out without one.
 */
#include "agent/cli_check.h"
#include "agent/cli_net.h"
#include "agent/secret.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Mail may go without a login: on this machine most do. */
static bool needs_token(const struct config_account *desk)
{
	return strcmp(desk->network, "mail") != 0;
}

/* What the desk's own code thinks of the token; it has not seen one before. */
static void check_token(const struct check *c, const char *token)
{
	const struct config_account *desk = c->config->desk;
	struct notifier_settings settings = config_settings(desk, token);
	struct err err;

	if (desk_find(desk->network)->check(&settings, &err) == -1)
		check_complain(c->errors, c, desk->line, "desk: %s", err.text);
}

/* NULL: there is none, or none that may be used. */
static char *load_token(const struct check *c)
{
	const struct config_account *desk = c->config->desk;
	char *token = NULL;
	struct err err;

	switch (secret_load(desk, &token, &err)) {
	case SECRET_OK: check_token(c, token); break;
	case SECRET_NONE:
		if (needs_token(desk))
			check_complain(
			    c->warnings, c, 0, "desk: no %s yet: one line in %s, mode 0600",
			    strcmp(desk->network, "rt") == 0 ? "token" : "secret to sign with",
			    desk->token_file);
		break;
	case SECRET_ERROR:
		check_complain(
		    access(desk->token_file, R_OK) == -1 && errno == EACCES ? c->warnings
									    : c->errors,
		    c, 0, "desk: %s", err.text);
		break;
	}
	return token;
}

static void ask(const struct check *c, struct cli_net *net, const char *token, json_t *facts)
{
	const struct config_account *desk = c->config->desk;
	struct cli_verified v;

	cli_net_verify(net, desk, token ? token : "", &v);
	json_object_set_new(
	    facts, "online",
	    json_pack(
		"{s:s, s:s}", "result",
		v.result.class == RESULT_OK ? "ok" : result_class_name(v.result.class), "text",
		v.result.text));
	if (v.result.class != RESULT_OK)
		check_complain(c->errors, c, desk->line, "desk: %s", v.result.text);
	cli_verified_finish(&v);
}

void check_desk(const struct check *c, struct cli_net *net, json_t *facts)
{
	const struct config_account *desk = c->config->desk;
	json_t *mine;
	char *token;

	if (!desk)
		return;
	token = load_token(c);
	mine = json_pack(
	    "{s:s, s:s, s:s, s:b}", "type", desk->network, "url", desk->url, "queue", desk->handle,
	    "token", token != NULL);
	if (strcmp(desk->network, "mail") == 0)
		json_object_set_new(mine, "from", json_string(desk->from));
	if (net && (token || !needs_token(desk)))
		ask(c, net, token, mine);
	json_object_set_new(facts, "desk", mine);
	secret_free(token);
}
