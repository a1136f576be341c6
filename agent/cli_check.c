/*
 * `twicket check`: is the configuration right, and whom does it reach. Called by
 * cli.c; needs neither agent nor network, and says what it could not look at.
 * It must never change anything.
 */
#include "agent/cli.h"
#include "agent/cli_check.h"
#include "agent/cli_net.h"
#include "agent/cli_objects.h"
#include "agent/cli_text.h"
#include "agent/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ADVICE_MAX 16

/* "audiences.public: ..." with the file and line in front, as config.c writes its own. */
void check_complain(json_t *list, const struct check *c, int line, const char *format, ...)
{
	const char *slash = strrchr(c->config->path, '/');
	const char *file = slash ? slash + 1 : c->config->path;
	char *text = NULL, *whole = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) == -1)
		text = NULL;
	va_end(args);
	if (text && line && asprintf(&whole, "%s:%d: %s", file, line, text) == -1)
		whole = NULL;
	if (text)
		json_array_append_new(
		    list, json_pack("{s:i, s:s}", "line", line, "text", whole ? whole : text));
	free(whole);
	free(text);
}

static void take_report(const struct config_report *report, json_t *errors, json_t *warnings)
{
	for (unsigned i = 0; i < report->n; i++) {
		const struct config_error *e = &report->at[i];

		json_array_append_new(
		    e->warning ? warnings : errors,
		    json_pack("{s:i, s:s}", "line", e->line, "text", e->text ? e->text : "?"));
	}
}

/* --- audiences ----------------------------------------------------------------------------- */

static bool is_meant(const struct config_audience *a, const struct object *o)
{
	if (!a->as_contact || !*a->as_contact)
		return match_object(a->match, o);
	for (const char *const *c = o->contacts; c && *c; c++) {
		if (strcmp(*c, a->as_contact) == 0)
			return true;
	}
	return false;
}

/* No public name, no public post. */
static bool hears_of(const struct config_audience *a, const struct object *o)
{
	return (a->internals || object_named(o)) && is_meant(a, o);
}

/* Whose fault is it that nothing is reached? */
static const char *why_none(const struct check *c, const struct config_audience *a)
{
	for (size_t i = 0; i < c->objects.n; i++)
		if (is_meant(a, c->objects.at[i]) && strcmp(a->match_text, "named") != 0)
			return "none that match reaches has a _TWICKET_PUBLIC name";
	if (a->as_contact && *a->as_contact)
		return "the contact of as_contact has none";
	return strcmp(a->match_text, "named") == 0 ? "none has a _TWICKET_PUBLIC name"
						   : "match holds for none";
}

/* The name in the first language of the audience that has one. */
static const char *
name_for(const struct check *c, const struct config_audience *a, const struct object *o)
{
	const char *name = NULL;

	for (unsigned i = 0; i < a->n_accounts && !name; i++)
		name = object_public_name(o, c->config->accounts[a->accounts[i]].language);
	return name ? name : object_public_name(o, "");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted names -> [{"name":"E-mail","objects":2}] */
static json_t *counted_names(const char **names, size_t n)
{
	json_t *list = json_array();
	size_t i, same;

	qsort(names, n, sizeof *names, by_name);
	for (i = 0; i < n; i += same) {
		for (same = 1; i + same < n && strcmp(names[i], names[i + same]) == 0;)
			same++;
		json_array_append_new(
		    list, json_pack("{s:s, s:I}", "name", names[i], "objects", (json_int_t)same));
	}
	return list;
}

static void count_objects(const struct check *c, const struct config_audience *a, json_t *audience)
{
	const char **names = calloc(c->objects.n + 1, sizeof *names), *name;
	size_t hosts = 0, services = 0, n = 0;

	for (size_t i = 0; names && i < c->objects.n; i++) {
		const struct object *o = c->objects.at[i];

		if (!hears_of(a, o))
			continue;
		hosts += o->kind == EVENT_HOST;
		services += o->kind == EVENT_SERVICE;
		name = a->internals ? NULL : name_for(c, a, o);
		if (name)
			names[n++] = name;
	}
	json_object_set_new(audience, "hosts", json_integer((json_int_t)hosts));
	json_object_set_new(audience, "services", json_integer((json_int_t)services));
	if (names && !a->internals)
		json_object_set_new(audience, "names", counted_names(names, n));
	free(names);
	if (!hosts && !services)
		check_complain(
		    c->warnings, c, a->line, "audiences.%s: reaches no object: %s", a->name,
		    why_none(c, a));
}

static json_t *account_names(const struct check *c, const struct config_audience *a)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < a->n_accounts; i++) {
		const struct config_account *account = &c->config->accounts[a->accounts[i]];

		json_array_append_new(
		    list, json_pack(
			      "{s:s, s:s, s:s, s:i}", "name", account->name, "network",
			      account->network, "language", account->language, "limit", 0));
	}
	return list;
}

static json_t *audience_facts(const struct check *c, const struct config_audience *a)
{
	json_t *audience = json_pack(
	    "{s:s, s:s, s:b, s:I, s:o}", "name", a->name, "match", a->match_text, "internals",
	    a->internals, "hold_ms", (json_int_t)a->hold_ms, "accounts", account_names(c, a));

	check_policy(c->config, a, audience);
	if (c->has_objects)
		count_objects(c, a, audience);
	return audience;
}

/* --- people -------------------------------------------------------------------------------- */

static const char *role_name(enum role role)
{
	switch (role) {
	case ROLE_NOBODY: return "nobody";
	case ROLE_COMMUNICATOR: return "communicator";
	case ROLE_OPERATOR: return "operator";
	case ROLE_LEAD: return "lead";
	case ROLE_ADMIN: return "admin";
	}
	return "?";
}

static json_t *people_facts(const struct config *config)
{
	json_t *people = json_array();

	for (unsigned i = 0; i < config->n_people; i++) {
		const struct config_person *p = &config->people[i];

		json_array_append_new(
		    people, json_pack(
				"{s:s, s:s, s:s}", "name", p->name, "role", role_name(p->role),
				"match", p->match_text));
	}
	return people;
}

/* --- accounts ------------------------------------------------------------------------------ */

static const char *verdict(enum result_class class)
{
	return class == RESULT_OK ? "ok" : result_class_name(class);
}

static void
take_verified(const struct check *c, unsigned i, const struct cli_verified *v, json_t *account)
{
	const struct config_account *a = &c->config->accounts[i];
	char *lines[ADVICE_MAX];
	unsigned n = cli_verified_advice(v, c->config, i, lines, ADVICE_MAX);

	json_object_set_new(
	    account, "online",
	    json_pack(
		"{s:s, s:s, s:b, s:b}", "result", verdict(v->result.class), "text", v->result.text,
		"bot", v->bot, "locked", v->locked));
	if (v->has_self)
		json_object_set_new(account, "limit", json_integer(v->limit));
	if (v->result.class != RESULT_OK)
		check_complain(c->errors, c, a->line, "accounts.%s: %s", a->name, v->result.text);
	for (unsigned k = 0; k < n; k++) {
		check_complain(c->warnings, c, 0, "accounts.%s: %s", a->name, lines[k]);
		free(lines[k]);
	}
}

/* The limit that is assumed until the server says otherwise. */
static unsigned assumed_limit(const struct config_account *a)
{
	const struct notifier *notifier = notifier_find(a->network);
	struct notifier_settings settings = config_settings(a, "");
	struct account *account = notifier ? notifier->open(&settings, NULL) : NULL;
	unsigned units = 0, limit = 0;

	if (account) {
		notifier->measure(account, "", &units, &limit);
		notifier->close(account);
	}
	return limit;
}

/* A token that is there and cannot be used is wrong; one that only root may read is not. */
static bool is_ours_to_read(const struct config_account *a)
{
	return access(a->token_file, R_OK) == 0;
}

static void advise(const struct check *c, unsigned account)
{
	const struct config_account *a = &c->config->accounts[account];
	const char *lines[ADVICE_MAX];
	unsigned n = check_price_advice(c->config, account, lines, ADVICE_MAX);

	for (unsigned k = 0; k < n; k++)
		check_complain(c->warnings, c, a->line, "accounts.%s: %s", a->name, lines[k]);
}

static json_t *account_facts(const struct check *c, unsigned i, struct cli_net *net)
{
	const struct config_account *a = &c->config->accounts[i];
	const struct notifier *notifier = notifier_find(a->network);
	bool needs_token = notifier && (notifier->caps & NOTIFIER_COLLECTS);
	struct cli_verified verified;
	char *token = NULL;
	struct err err;
	json_t *account = json_pack(
	    "{s:s, s:s, s:s, s:i}", "name", a->name, "network", a->network, "handle", a->handle,
	    "limit", (int)assumed_limit(a));

	if (needs_token && secret_load(a, &token, &err) != SECRET_OK)
		check_complain(
		    is_ours_to_read(a) ? c->errors : c->warnings, c, 0, "accounts.%s: %s", a->name,
		    err.text);
	if (needs_token)
		json_object_set_new(account, "token", json_boolean(token));
	if (a->is_metered) {
		json_object_set_new(account, "prices", check_prices(c->config, i));
		advise(c, i);
	}
	if (net && (token || !needs_token)) {
		cli_net_verify(net, a, token ? token : "", &verified);
		take_verified(c, i, &verified, account);
		cli_verified_finish(&verified);
	}
	secret_free(token);
	return account;
}

static json_t *accounts_facts(const struct check *c, struct cli_net *net)
{
	json_t *accounts = json_array();

	for (unsigned i = 0; i < c->config->n_accounts; i++)
		json_array_append_new(accounts, account_facts(c, i, net));
	return accounts;
}

/* Audiences show the limits that the accounts turned out to have. */
static void share_limits(json_t *facts)
{
	const json_t *audience, *one, *account;
	size_t i, k, m;

	json_array_foreach (json_object_get(facts, "audiences"), i, audience) {
		json_array_foreach (json_object_get(audience, "accounts"), k, one) {
			json_array_foreach (json_object_get(facts, "accounts"), m, account) {
				if (strcmp(cli_string(account, "name"), cli_string(one, "name")) ==
				    0)
					json_object_set(
					    (json_t *)one, "limit",
					    json_object_get(account, "limit"));
			}
		}
	}
}

/* --- all ----------------------------------------------------------------------------------- */

static json_t *objects_facts(struct check *c)
{
	struct err err;
	enum cli_exit rc = cli_objects_ask(c->cli, &c->objects, &err);

	c->has_objects = rc == CLI_DONE;
	if (c->has_objects) {
		check_names(c);
		return json_pack("{s:b, s:I}", "checked", 1, "n", (json_int_t)c->objects.n);
	}
	return json_pack(
	    "{s:b, s:s}", "checked", 0, "why",
	    rc == CLI_NO ? err.text : "twicketd does not answer");
}

static json_t *gather(struct check *c, struct cli_net *net)
{
	json_t *facts = json_object();

	json_object_set_new(facts, "objects", objects_facts(c));
	json_object_set_new(facts, "audiences", json_array());
	for (unsigned i = 0; i < c->config->n_audiences; i++)
		json_array_append_new(
		    json_object_get(facts, "audiences"),
		    audience_facts(c, &c->config->audiences[i]));
	check_whole(c->config, c->has_objects ? &c->objects : NULL, facts);
	json_object_set_new(facts, "people", people_facts(c->config));
	json_object_set_new(facts, "accounts", accounts_facts(c, net));
	check_desk(c, net, facts);
	check_icinga(c, net, facts);
	share_limits(facts);
	return facts;
}

static enum cli_exit print_facts(struct cli *cli, json_t *facts)
{
	bool failed = json_array_size(json_object_get(facts, "errors")) != 0;
	enum cli_exit rc;
	struct buf out;

	json_object_set_new(facts, "ok", json_boolean(!failed));
	if (failed && !isatty(STDERR_FILENO))
		cli_colours_off();
	buf_init(&out, CLI_OUT_MAX);
	cli_check_text(facts, cli->now_ms, &out);
	if (failed)
		fputs(buf_text(&out), stderr);
	if (cli->json)
		rc = cli_put_json(cli, facts);
	else
		rc = failed ? CLI_NO : cli_put(cli, &out);
	buf_finish(&out);
	return failed ? CLI_NO : rc;
}

static enum cli_exit check(
    struct cli *cli, const struct config *config, const struct config_report *report,
    struct cli_net *net)
{
	struct check c = {
	    .cli = cli, .config = config, .errors = json_array(), .warnings = json_array()};
	json_t *facts;
	enum cli_exit rc;

	take_report(report, c.errors, c.warnings);
	facts = config ? gather(&c, net) : json_object();
	json_object_set_new(facts, "errors", c.errors);
	json_object_set_new(facts, "warnings", c.warnings);
	rc = print_facts(cli, facts);
	json_decref(facts);
	cli_objects_finish(&c.objects);
	return rc;
}

enum cli_exit cli_check(struct cli *cli, int argc, char **argv)
{
	bool online = false;
	const struct cli_option options[] = {{"--online", &online, NULL}, {NULL, NULL, NULL}};
	struct config_report report = {.n = 0};
	struct cli_net *net = NULL;
	struct config *config;
	enum cli_exit rc;
	struct err err;

	if (!cli_command_options(cli, &argc, argv, options, CLI_ALL_WORDS, &rc))
		return rc;
	if (argc > 1)
		return cli_misused(
		    cli, "check", "check takes no words; another file: twicket -c FILE check");
	config = cli_config(cli, &report, &err);
	if (!config && !report.errors)
		rc = cli_complain(cli, CLI_NO, "%s", err.text);
	else if (config && online && !(net = cli_net_create(&err)))
		rc = cli_complain(cli, CLI_NO, "%s", err.text);
	else
		rc = check(cli, config, &report, net);
	cli_net_destroy(net);
	config_discard(config);
	config_report_finish(&report);
	return rc;
}
