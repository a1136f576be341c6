/*
 * `twicket preview`: who would be told of an object in trouble, when, in which words and
 * at which price; or why not. Called by cli.c. It must never post, nor change anything.
 */
#include "agent/cli_preview.h"
#include "agent/cli_control.h"
#include "agent/cli_text.h"

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

/* Whatever is said besides: why it is not told at once, or why it is. */
static void add_held(const struct preview *p, const struct config_audience *a, json_t *audience)
{
	struct buf why;
	bool held;

	buf_init(&why, 65536);
	held = preview_is_held(p, a, &why);
	if (why.len)
		json_object_set_new(audience, held ? "held" : "urgent", json_string(buf_text(&why)));
	buf_finish(&why);
}

static json_t *audience_facts(const struct preview *p, unsigned k, struct err *err)
{
	const struct config_audience *a = &p->config->audiences[k];
	json_t *audience, *posts;
	int64_t lasts_ms;
	struct buf why;
	bool told;

	buf_init(&why, 65536);
	told = preview_is_told(p, a, &why);
	audience =
	    json_pack("{s:s, s:b, s:s}", "name", a->name, "told", told, "why", buf_text(&why));
	buf_finish(&why);
	if (!told || !audience)
		return audience ? audience : json_object();
	posts = preview_posts(p, k, &lasts_ms, err);
	if (!posts) {
		json_decref(audience);
		return NULL;
	}
	add_held(p, a, audience);
	if (a->approve)
		json_object_set_new(audience, "waits", json_string(p->config->audiences[a->approve - 1].name));
	json_object_set_new(audience, "hold_ms", json_integer((json_int_t)a->hold_ms));
	json_object_set_new(audience, "lasts_ms", json_integer((json_int_t)lasts_ms));
	json_object_set_new(audience, "posts", posts);
	return audience;
}

static bool costs(const struct config *c)
{
	for (unsigned k = 0; k < c->n_accounts; k++)
		if (c->accounts[k].is_metered)
			return true;
	return false;
}

json_t *preview_facts(const struct preview *p, struct err *err)
{
	const struct object *o = p->object;
	json_t *audiences = json_array(), *audience;
	char *name = NULL;
	json_t *facts;

	for (unsigned i = 0; i < p->config->n_audiences; i++) {
		audience = audience_facts(p, i, err);
		if (!audience) {
			json_decref(audiences);
			return NULL;
		}
		json_array_append_new(audiences, audience);
	}
	if (asprintf(&name, "%s%s%s", o->host, *o->service ? "/" : "", o->service) == -1)
		name = NULL;
	facts = json_pack(
	    "{s:b, s:s, s:s, s:s, s:I, s:b, s:o}", "ok", 1, "node", o->node, "object",
	    name ? name : "", "state", event_state_word(o->kind, p->state), "at_ms",
	    (json_int_t)p->at_s * 1000, "costs", costs(p->config), "audiences", audiences);
	free(name);
	return facts;
}

/* --- all ----------------------------------------------------------------------------------- */

/* What was typed. */
struct typed {
	const char *host, *service, *state, *at;
	int64_t at_ms;
	bool all;
};

/* The running agent knows what is paused and quiet; an older one does not say. */
static json_t *ask_status(const struct cli *cli)
{
	struct control_question q = {.timeout_ms = CONTROL_TIMEOUT_MS, .max = CONTROL_ANSWER_MAX};
	json_t *request = json_pack("{s:s}", "do", "status"), *answer = NULL;
	char *path = cli_socket(cli);
	struct err err;

	q.path = path;
	if (request && path)
		cli_control_ask(&q, request, &answer, &err);
	json_decref(request);
	free(path);
	return answer;
}

/* The next such time; with a "-" in front so long ago. */
static int take_time(const char *text, int64_t now_ms, int64_t *ms, struct err *err)
{
	return *text == '-' ? cli_parse_time(text, now_ms, ms, err)
			    : cli_parse_ahead(text, now_ms, ms, err);
}

static enum cli_exit preview(struct cli *cli, struct preview *p, const struct typed *t)
{
	json_t *facts;
	struct err err;

	p->object = find(p->objects, t->host, t->service);
	if (!p->object)
		return unknown(cli, p->objects, t->host, t->service);
	if (preview_state(p->object, t->state, &p->state, &err) == -1)
		return cli_misused(cli, "preview", "%s", err.text);
	p->at_s = t->at_ms / 1000;
	err_set(&err, "out of memory");
	p->world = world_create(p->objects->at, p->objects->n);
	facts = p->world ? preview_facts(p, &err) : NULL;
	world_destroy(p->world);
	if (!facts)
		return cli_complain(cli, CLI_NO, "%s", err.text);
	json_object_set_new(facts, "all", json_boolean(t->all));
	return cli_put_answer(cli, facts, cli_preview_text);
}

static enum cli_exit with_objects(struct cli *cli, const struct config *config, const struct typed *t)
{
	struct cli_objects objects;
	struct preview p = {.config = config, .objects = &objects};
	enum cli_exit rc;
	json_t *status;
	struct err err;

	rc = cli_objects_ask(cli, &objects, &err);
	if (rc == CLI_DONE) {
		p.status = status = ask_status(cli);
		rc = preview(cli, &p, t);
		json_decref(status);
	} else {
		rc = cli_complain(
		    cli, rc == CLI_LATE ? CLI_AWAY : rc,
		    "%s (preview asks the agent what the core watches)", err.text);
	}
	cli_objects_finish(&objects);
	return rc;
}

enum cli_exit cli_preview(struct cli *cli, int argc, char **argv)
{
	struct typed t = {.host = NULL};
	const struct cli_option options[] = {
	    {"--state", NULL, &t.state},
	    {"--at", NULL, &t.at},
	    {"--all", &t.all, NULL},
	    {NULL, NULL, NULL}};
	struct config_report report = {.n = 0};
	struct config *config;
	enum cli_exit rc;
	struct err err;

	if (!cli_command_options(cli, &argc, argv, options, CLI_ALL_WORDS, &rc))
		return rc;
	if (argc != 2 && argc != 3)
		return cli_misused(
		    cli, "preview", "preview: of what? (preview HOST, preview HOST SERVICE)");
	t.host = argv[1];
	t.service = argc == 3 ? argv[2] : NULL;
	t.at_ms = cli->now_ms;
	if (t.at && take_time(t.at, cli->now_ms, &t.at_ms, &err) == -1)
		return cli_misused(cli, "preview", "--at: %s", err.text);
	config = cli_config(cli, &report, &err);
	if (config) {
		cli_use_timezone(config);
		rc = with_objects(cli, config, &t);
	} else {
		rc = cli_complain(
		    cli, CLI_NO, "%s (twicket check)",
		    report.n && report.at[0].text ? report.at[0].text : err.text);
	}
	config_discard(config);
	config_report_finish(&report);
	return rc;
}
