/*
 * `twicket preview`: who would be told of an object in trouble, when, in which words and
 * at which price; or why not. Called by cli.c. It must never post, nor change anything.
 */
#include "agent/cli_preview.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- the object ---------------------------------------------------------------------------- */

/* All services of a host, for the nearest; or all hosts. NULL-terminated, allocated. */
static const char **candidates(const struct cli_objects *objects, const char *host)
{
	const char **names = calloc(objects->n + 1, sizeof *names);
	size_t n = 0;

	for (size_t i = 0; names && i < objects->n; i++) {
		const struct object *o = objects->at[i];

		if (host ? o->kind == EVENT_SERVICE && strcmp(o->host, host) == 0
			 : o->kind == EVENT_HOST)
			names[n++] = host ? o->service : o->host;
	}
	return names;
}

static enum cli_exit unknown(
    const struct cli *cli, const struct cli_objects *objects, const char *host, const char *service)
{
	bool has_host = service && cli_objects_find(objects, host);
	const char **names = candidates(objects, has_host ? host : NULL);
	const char *near = names ? config_nearest(has_host ? service : host, names) : NULL;
	char where[320] = "";

	if (has_host)
		snprintf(where, sizeof where, " on host \"%.300s\"", host);
	cli_complain(
	    cli, CLI_NO, "the core has no %s \"%s\"%s%s%s%s", has_host ? "service" : "host",
	    has_host ? service : host, where, near ? "; nearest: \"" : "", near ? near : "",
	    near ? "\"" : "");
	free(names);
	return CLI_NO;
}

/* By HOST, HOST SERVICE, or HOST/SERVICE as other commands print it. */
static const struct object *
find(const struct cli_objects *objects, const char *host, const char *service)
{
	const struct object *o = NULL;
	char *name = NULL;

	if (!service)
		return cli_objects_find(objects, host);
	if (asprintf(&name, "%s/%s", host, service) != -1) {
		o = cli_objects_find(objects, name);
		free(name);
	}
	return o;
}

/* --- facts --------------------------------------------------------------------------------- */

static json_t *
posts_facts(const struct preview *p, const struct config_audience *a, struct err *err)
{
	json_t *posts = json_array(), *post;

	for (unsigned k = 0; k < a->n_accounts; k++) {
		post = preview_post(p, a, &p->config->accounts[a->accounts[k]], err);
		if (!post) {
			json_decref(posts);
			return NULL;
		}
		json_array_append_new(posts, post);
	}
	return posts;
}

static json_t *
audience_facts(const struct preview *p, const struct config_audience *a, struct err *err)
{
	json_t *audience, *posts;
	struct buf why;
	bool told;

	buf_init(&why, 65536);
	told = preview_is_told(p, a, &why);
	audience =
	    json_pack("{s:s, s:b, s:s}", "name", a->name, "told", told, "why", buf_text(&why));
	buf_finish(&why);
	if (!told || !audience)
		return audience ? audience : json_object();
	posts = posts_facts(p, a, err);
	if (!posts) {
		json_decref(audience);
		return NULL;
	}
	json_object_set_new(audience, "hold_ms", json_integer((json_int_t)a->hold_ms));
	json_object_set_new(audience, "posts", posts);
	return audience;
}

static json_t *facts_of(const struct preview *p, struct err *err)
{
	const struct object *o = p->object;
	json_t *audiences = json_array(), *audience;
	char *name = NULL;
	json_t *facts;

	for (unsigned i = 0; i < p->config->n_audiences; i++) {
		audience = audience_facts(p, &p->config->audiences[i], err);
		if (!audience) {
			json_decref(audiences);
			return NULL;
		}
		json_array_append_new(audiences, audience);
	}
	if (asprintf(&name, "%s%s%s", o->host, *o->service ? "/" : "", o->service) == -1)
		name = NULL;
	facts = json_pack(
	    "{s:b, s:s, s:s, s:s, s:o}", "ok", 1, "node", o->node, "object", name ? name : "",
	    "state", event_state_word(o->kind, p->state), "audiences", audiences);
	free(name);
	return facts;
}

/* --- all ----------------------------------------------------------------------------------- */

static enum cli_exit preview(
    struct cli *cli, const struct config *config, const struct cli_objects *objects,
    const char *const words[3])
{
	struct preview p = {
	    .config = config,
	    .objects = objects,
	    .object = find(objects, words[0], words[1]),
	    .now_s = cli->now_ms / 1000};
	json_t *facts;
	struct err err;

	if (!p.object)
		return unknown(cli, objects, words[0], words[1]);
	if (preview_state(p.object, words[2], &p.state, &err) == -1)
		return cli_misused(cli, "preview", "%s", err.text);
	err_set(&err, "out of memory");
	facts = facts_of(&p, &err);
	if (!facts)
		return cli_complain(cli, CLI_NO, "%s", err.text);
	return cli_put_answer(cli, facts, cli_preview_text);
}

static enum cli_exit
with_objects(struct cli *cli, const struct config *config, const char *const words[3])
{
	struct cli_objects objects;
	enum cli_exit rc;
	struct err err;

	rc = cli_objects_ask(cli, &objects, &err);
	if (rc == CLI_DONE)
		rc = preview(cli, config, &objects, words);
	else
		rc = cli_complain(
		    cli, rc == CLI_LATE ? CLI_AWAY : rc,
		    "%s (preview asks the agent what the core watches)", err.text);
	cli_objects_finish(&objects);
	return rc;
}

/* Times in posts are the configuration's, not this terminal's. */
static void use_timezone(const struct config *config)
{
	if (config->timezone && *config->timezone)
		setenv("TZ", config->timezone, 1);
	tzset();
}

enum cli_exit cli_preview(struct cli *cli, int argc, char **argv)
{
	const char *words[3] = {NULL, NULL, NULL}; /* host, service, state */
	const struct cli_option options[] = {{"--state", NULL, &words[2]}, {NULL, NULL, NULL}};
	struct config_report report = {.n = 0};
	struct config *config;
	enum cli_exit rc;
	struct err err;

	if (!cli_command_options(cli, &argc, argv, options, CLI_ALL_WORDS, &rc))
		return rc;
	if (argc != 2 && argc != 3)
		return cli_misused(
		    cli, "preview", "preview: of what? (preview HOST, preview HOST SERVICE)");
	words[0] = argv[1];
	words[1] = argc == 3 ? argv[2] : NULL;
	config = cli_config(cli, &report, &err);
	if (config) {
		use_timezone(config);
		rc = with_objects(cli, config, words);
	} else {
		rc = cli_complain(
		    cli, CLI_NO, "%s (twicket check)",
		    report.n && report.at[0].text ? report.at[0].text : err.text);
	}
	config_discard(config);
	config_report_finish(&report);
	return rc;
}
