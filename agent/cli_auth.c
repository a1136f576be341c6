/*
 * `twicket auth`: from nothing to a stored token, on a terminal without a browser.
 * Called by cli.c; works without the agent. It must never print a token, a client
 * secret or a code, nor store a token that it did not check.
 */
#include "agent/cli_auth.h"
#include "agent/cli_control.h"
#include "agent/cli_text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define ADVICE_MAX 16

/* A network with a login is one line here and one file beside this one. */
static const struct auth_way *const ways[] = {&auth_mastodon, &auth_x};

static const struct auth_way *way_of(const struct config_account *account)
{
	const struct notifier *n = notifier_find(account->network);

	for (size_t i = 0; n && i < sizeof ways / sizeof ways[0]; i++) {
		if (strcmp(ways[i]->network, n->name) == 0)
			return ways[i];
	}
	return NULL;
}

/* No core file, and nobody else may look into this process. */
static void keep_secrets(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	umask(0077);
}

enum cli_exit auth_fail(const struct auth *a, const char *why)
{
	return cli_complain(
	    a->cli, CLI_NO, "accounts.%s: %s; nothing was stored", a->account->name, why);
}

/* --- the human ----------------------------------------------------------------------------- */

bool auth_is_terminal(const struct auth *a)
{
	return !a->cli->json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

int auth_read_line(char *line, size_t size)
{
	size_t n = 0;
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n') {
		if (n + 1 >= size)
			return -1;
		line[n++] = c;
	}
	line[n] = '\0';
	return n ? 0 : -1;
}

void auth_prompt(const struct auth *a, const char *text)
{
	FILE *to = a->cli->json ? stderr : stdout;

	fputs(text, to);
	fflush(to);
}

int auth_read_hidden(const struct auth *a, const char *question, char *line, size_t size)
{
	struct termios shown, hidden;
	int rc;

	*line = '\0';
	if (tcgetattr(STDIN_FILENO, &shown) == -1)
		return -1;
	hidden = shown;
	/* as getpass(): a ^C that killed us here would leave a terminal without echo */
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &hidden) == -1)
		return -1;
	auth_prompt(a, question); /* not before: what is pasted at once would be seen */
	rc = auth_read_line(line, size);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &shown);
	auth_prompt(a, "\n");
	for (const char *at = line; rc == 0 && *at; at++)
		rc = (unsigned char)*at < ' ' && *at != '\r' ? -1 : 0;
	return rc;
}

int auth_read_code(const struct auth *a, const char *name, char *line, size_t size)
{
	auth_prompt(a, "\n");
	auth_prompt(a, name);
	auth_prompt(a, ": ");
	if (auth_read_line(line, size) == -1)
		*line = '\0';
	if (!isatty(STDIN_FILENO)) /* nobody pressed the return key */
		auth_prompt(a, "\n");
	return *line ? 0 : -1;
}

static enum cli_exit take_from_stdin(struct auth *a, const struct auth_way *way)
{
	char line[AUTH_LINE];
	enum cli_exit rc = CLI_DONE;
	struct err err;

	if (auth_read_line(line, sizeof line) == -1)
		return auth_fail(a, "no token on standard input");
	if (way->take(line, &a->token, &err) == -1)
		rc = auth_fail(a, err.text);
	explicit_bzero(line, sizeof line);
	return rc;
}

/* --- checks, and storing ------------------------------------------------------------------- */

static void tell_verified(struct auth *a)
{
	const struct cli_verified *v = &a->verified;
	char *lines[ADVICE_MAX];
	unsigned n = cli_verified_advice(v, a->config, a->index, lines, ADVICE_MAX);
	json_t *notices = json_array();

	cli_say(
	    a->cli, "This is %s on %s, posts of %u characters.", v->acct, v->software, v->limit);
	for (unsigned i = 0; i < n; i++) {
		cli_say(a->cli, "Please look: %s", lines[i]);
		json_array_append_new(notices, json_string(lines[i]));
		free(lines[i]);
	}
	json_object_set_new(a->facts, "acct", json_string(v->acct));
	json_object_set_new(a->facts, "software", json_string(v->software));
	json_object_set_new(a->facts, "limit", json_integer(v->limit));
	json_object_set_new(a->facts, "bot", json_boolean(v->bot));
	json_object_set_new(a->facts, "locked", json_boolean(v->locked));
	json_object_set_new(a->facts, "notices", notices);
}

static enum cli_exit verify(struct auth *a, const struct auth_way *way)
{
	cli_net_verify(a->net, a->account, a->token, &a->verified);
	if (a->verified.result.class == RESULT_OK && a->verified.has_self) {
		tell_verified(a);
		return CLI_DONE;
	}
	way->give_up(a);
	return auth_fail(
	    a, *a->verified.result.text ? a->verified.result.text
					: "the server does not say who it is");
}

/* Ctrl-C in the middle of it would leave a part of the file behind. */
static int store_undisturbed(const struct auth *a, struct err *err)
{
	sigset_t set, old;
	int rc;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &old);
	rc = secret_store(a->account, a->token, err);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return rc;
}

static enum cli_exit store(struct auth *a, const struct auth_way *way)
{
	struct err err;

	if (store_undisturbed(a, &err) == -1) {
		way->give_up(a);
		return auth_fail(a, err.text);
	}
	cli_say(a->cli, "Stored in %s.", a->account->token_file);
	json_object_set_new(a->facts, "stored", json_string(a->account->token_file));
	return CLI_DONE;
}

/* --- afterwards ---------------------------------------------------------------------------- */

/* The running agent takes the token at once; one that does not run will when it starts. */
static void tell_agent(struct auth *a)
{
	struct control_question q = {.timeout_ms = CONTROL_TIMEOUT_MS, .max = 65536};
	json_t *request = json_pack("{s:s, s:s}", "do", "login", "account", a->account->name);
	json_t *answer = NULL;
	char *path = cli_socket(a->cli);
	enum cli_exit rc = CLI_AWAY;
	struct err err;

	q.path = path;
	if (path && request)
		rc = cli_control_ask(&q, request, &answer, &err);
	if (rc == CLI_DONE)
		cli_say(a->cli, "twicketd uses it from now on.");
	else if (rc == CLI_NO)
		cli_say(
		    a->cli, "twicketd did not take it: %s. Reload it, or start it again.",
		    err.text);
	else
		cli_say(a->cli, "twicketd does not answer; it will use the token when it starts.");
	json_object_set_new(a->facts, "resumed", json_boolean(rc == CLI_DONE));
	json_decref(answer);
	json_decref(request);
	free(path);
}

/* --- all ----------------------------------------------------------------------------------- */

static enum cli_exit run(struct auth *a, const struct auth_way *way, bool from_stdin)
{
	enum cli_exit rc = from_stdin ? take_from_stdin(a, way) : way->log_in(a);

	if (rc == CLI_DONE)
		rc = verify(a, way);
	if (rc == CLI_DONE)
		rc = store(a, way);
	if (rc != CLI_DONE)
		return rc;
	tell_agent(a);
	way->afterwards(a);
	if (!a->cli->json)
		return CLI_DONE;
	json_object_set_new(a->facts, "ok", json_true());
	json_object_set_new(a->facts, "account", json_string(a->account->name));
	return cli_put_json(a->cli, a->facts);
}

static enum cli_exit begin(struct cli *cli, const struct config *config, int index, bool from_stdin)
{
	struct auth a = {.cli = cli, .config = config, .index = (unsigned)index};
	const struct auth_way *way = way_of(&config->accounts[index]);
	enum cli_exit rc;
	struct err err;

	a.account = &config->accounts[index];
	a.notifier = notifier_find(a.account->network);
	if (!way)
		return cli_complain(
		    cli, CLI_NO, "accounts.%s: the network \"%s\" needs no login", a.account->name,
		    a.account->network);
	if (secret_check_place(a.account, &err) == -1)
		return cli_complain(
		    cli, CLI_NO, "accounts.%s: %s (sudo? has twicketd been started once?)", a.account->name,
		    err.text);
	keep_secrets();
	a.net = cli_net_create(&err);
	if (!a.net)
		return cli_complain(cli, CLI_NO, "%s", err.text);
	a.facts = json_object();
	rc = run(&a, way, from_stdin);
	json_decref(a.facts);
	cli_verified_finish(&a.verified);
	oauth_finish(&a.oauth);
	secret_free(a.token);
	cli_net_destroy(a.net);
	return rc;
}

static enum cli_exit
no_such_account(const struct cli *cli, const struct config *config, const char *name)
{
	const char **names = calloc(config->n_accounts + 1, sizeof *names);
	const char *near = NULL;

	for (unsigned i = 0; names && i < config->n_accounts; i++)
		names[i] = config->accounts[i].name;
	if (names)
		near = config_nearest(name, names);
	cli_complain(
	    cli, CLI_NO, "no account \"%s\" in the configuration%s%s%s", name,
	    near ? "; nearest: \"" : "", near ? near : "", near ? "\"" : "");
	free(names);
	return CLI_NO;
}

enum cli_exit cli_auth(struct cli *cli, int argc, char **argv)
{
	bool from_stdin = false;
	const struct cli_option options[] = {
	    {"--token-stdin", &from_stdin, NULL}, {NULL, NULL, NULL}};
	struct config_report report = {.n = 0};
	struct config *config;
	enum cli_exit rc;
	struct err err;
	int index;

	if (!cli_command_options(cli, &argc, argv, options, CLI_ALL_WORDS, &rc))
		return rc;
	if (argc != 2)
		return cli_misused(
		    cli, "auth", "auth: which account? (its name in the configuration)");
	config = cli_config(cli, &report, &err);
	if (!config)
		rc = cli_complain(
		    cli, CLI_NO, "%s (twicket check)",
		    report.n && report.at[0].text ? report.at[0].text : err.text);
	else if ((index = config_account_index(config, argv[1])) < 0)
		rc = no_such_account(cli, config, argv[1]);
	else
		rc = begin(cli, config, index, from_stdin);
	config_discard(config);
	config_report_finish(&report);
	return rc;
}
