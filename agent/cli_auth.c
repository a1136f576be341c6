/*
 * `twicket auth`: from nothing to a stored token, on a terminal without a browser.
 * Called by cli.c; works without the agent. It must never print a token, a client
 * secret or a code, nor store a token that it did not check.
 */
#include "agent/cli.h"
#include "agent/cli_control.h"
#include "agent/cli_net.h"
#include "agent/cli_oauth.h"
#include "agent/cli_text.h"
#include "agent/secret.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define ADVICE_MAX 16
#define LINE_SIZE (SECRET_MAX + 2)

struct auth {
	struct cli *cli;
	const struct config *config;
	unsigned index;
	const struct config_account *account;
	const struct notifier *notifier;
	struct cli_net *net;
	struct oauth oauth;
	char *token; /* a secret, NULL = none yet */
	struct cli_verified verified;
	json_t *facts; /* for --json */
};

/* No core file, and nobody else may look into this process. */
static void keep_secrets(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	umask(0077);
}

static enum cli_exit fail(const struct auth *a, const char *why)
{
	return cli_complain(
	    a->cli, CLI_NO, "accounts.%s: %s; nothing was stored", a->account->name, why);
}

/* --- the human ----------------------------------------------------------------------------- */

/* Without a line end; byte by byte, so that nothing is read ahead. -1 when nothing came. */
static int read_line(int fd, char *line, size_t size)
{
	size_t n = 0;
	char c;

	while (read(fd, &c, 1) == 1 && c != '\n') {
		if (n + 1 >= size)
			return -1;
		line[n++] = c;
	}
	line[n] = '\0';
	return n ? 0 : -1;
}

static void prompt(const struct auth *a, const char *text)
{
	FILE *to = a->cli->json ? stderr : stdout;

	fputs(text, to);
	fflush(to);
}

static enum cli_exit ask_code(struct auth *a)
{
	char pasted[LINE_SIZE], code[LINE_SIZE];
	enum cli_exit rc = CLI_DONE;
	struct err err;

	prompt(a, "\nCode: ");
	if (read_line(STDIN_FILENO, pasted, sizeof pasted) == -1)
		pasted[0] = '\0';
	if (!isatty(STDIN_FILENO)) /* nobody pressed the return key */
		prompt(a, "\n");
	oauth_clean_code(pasted, code, sizeof code);
	if (!*code)
		rc = fail(a, "no code");
	else if (oauth_token(&a->oauth, code, &a->token, &err) == -1)
		rc = fail(a, err.text);
	explicit_bzero(pasted, sizeof pasted);
	explicit_bzero(code, sizeof code);
	return rc;
}

/* --- ways to a token ----------------------------------------------------------------------- */

static enum cli_exit log_in(struct auth *a)
{
	struct buf url;
	struct err err;

	oauth_init(&a->oauth, a->net, a->account);
	if (oauth_reach(&a->oauth, &err) == -1)
		return fail(a, err.text);
	cli_say(
	    a->cli, "%s answers%s%s", a->oauth.base, *a->oauth.server ? ": " : "", a->oauth.server);
	buf_init(&url, 4096);
	if (oauth_register(&a->oauth, &err) == -1 || oauth_url(&a->oauth, &url, &err) == -1) {
		buf_finish(&url);
		return fail(a, err.text);
	}
	cli_say(
	    a->cli,
	    "Open this address in any browser, log in as %s, and allow it:", a->account->handle);
	cli_say(a->cli, "%s", "");
	cli_say(a->cli, "%s", buf_text(&url));
	buf_finish(&url);
	return ask_code(a);
}

static enum cli_exit take_from_stdin(struct auth *a)
{
	char line[LINE_SIZE];
	enum cli_exit rc = CLI_DONE;
	size_t n;

	if (read_line(STDIN_FILENO, line, sizeof line) == -1)
		return fail(a, "no token on standard input");
	n = strcspn(line, " \t\r");
	if (!n || line[n + strspn(line + n, " \t\r")])
		rc = fail(a, "standard input holds more than a token");
	else if (!(a->token = strndup(line, n)))
		rc = fail(a, "out of memory");
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

static enum cli_exit verify(struct auth *a)
{
	cli_net_verify(a->net, a->account, a->token, &a->verified);
	if (a->verified.result.class == RESULT_OK && a->verified.has_self) {
		tell_verified(a);
		return CLI_DONE;
	}
	/* A token that nobody keeps must not live on at the server. */
	oauth_revoke(&a->oauth, a->token);
	return fail(
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

static enum cli_exit store(struct auth *a)
{
	struct err err;

	if (store_undisturbed(a, &err) == -1) {
		oauth_revoke(&a->oauth, a->token);
		return fail(a, err.text);
	}
	cli_say(a->cli, "Stored in %s.", a->account->token_file);
	json_object_set_new(a->facts, "stored", json_string(a->account->token_file));
	return CLI_DONE;
}

/* --- afterwards ---------------------------------------------------------------------------- */

static void post_to_oneself(struct auth *a)
{
	struct notifier_settings settings = cli_net_settings(a->account, a->token);
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

	if (a->cli->json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    !(a->notifier->caps & NOTIFIER_DIRECT))
		return;
	cli_say(
	    a->cli, "Send a direct post from %s to itself, to see that it works?",
	    a->verified.acct);
	prompt(a, "[y/N] ");
	if (read_line(STDIN_FILENO, line, sizeof line) == 0 && (*line == 'y' || *line == 'Y'))
		post_to_oneself(a);
}

/* The running agent takes the token at once; one that does not run will when it starts. */
static void tell_agent(struct auth *a)
{
	struct control_question q = {.timeout_ms = CONTROL_TIMEOUT_MS, .max = 65536};
	json_t *request = json_pack("{s:s, s:s}", "do", "resume", "account", a->account->name);
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

static enum cli_exit run(struct auth *a, bool from_stdin)
{
	enum cli_exit rc = from_stdin ? take_from_stdin(a) : log_in(a);

	if (rc == CLI_DONE)
		rc = verify(a);
	if (rc == CLI_DONE)
		rc = store(a);
	if (rc != CLI_DONE)
		return rc;
	tell_agent(a);
	offer_post(a);
	if (!a->cli->json)
		return CLI_DONE;
	json_object_set_new(a->facts, "ok", json_true());
	json_object_set_new(a->facts, "account", json_string(a->account->name));
	return cli_put_json(a->cli, a->facts);
}

static enum cli_exit begin(struct cli *cli, const struct config *config, int index, bool from_stdin)
{
	struct auth a = {.cli = cli, .config = config, .index = (unsigned)index};
	enum cli_exit rc;
	struct err err;

	a.account = &config->accounts[index];
	a.notifier = notifier_find(a.account->network);
	if (!a.notifier || !(a.notifier->caps & NOTIFIER_COLLECTS))
		return cli_complain(
		    cli, CLI_NO, "accounts.%s: the network \"%s\" needs no login", a.account->name,
		    a.account->network);
	keep_secrets();
	a.net = cli_net_create(&err);
	if (!a.net)
		return cli_complain(cli, CLI_NO, "%s", err.text);
	a.facts = json_object();
	rc = run(&a, from_stdin);
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
