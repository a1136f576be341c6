/*
 * What the simulated core says as the API of an Icinga 2 (its documentation, "Objects" and
 * "Actions"; answers as measured on 2.13). Called by simicinga.c. Must never answer with an
 * attribute that was not asked for.
 */
#include "tests/scenario/simicinga.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define NAME_SIZE 512

/* "mx1!SMTP" */
static const char *icinga_name(const struct thing *t, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "%s%s%s", t->host, *t->service ? "!" : "", t->service);
	return name;
}

/* NULL: there is none of that name. */
static struct thing *thing_of(const struct simapi *api, const char *name)
{
	char here[NAME_SIZE], *bang;

	snprintf(here, sizeof here, "%s", name);
	bang = strchr(here, '!');
	if (bang)
		*bang = '/';
	return simcore_find(api->core, here);
}

/* --- hosts and services -------------------------------------------------------------------- */

static json_t *seconds(int64_t ms)
{
	return json_real((double)ms / 1000);
}

/* What the words of `object` are there: groups, custom variables, a name to show. */
static void add_configuration(json_t *attrs, const struct thing *t)
{
	const char *pairs = buf_text(&t->pairs), *end = pairs + t->pairs.len, *shown = NULL;
	json_t *groups = json_array(), *vars = json_object();

	for (const char *key = pairs, *value; key < end; key = value + strlen(value) + 1) {
		value = key + strlen(key) + 1;
		if (!strcmp(key, "display") || (!shown && !strcmp(key, "alias")))
			shown = value;
		else if (!strcmp(key, *t->service ? "servicegroup" : "hostgroup"))
			json_array_append_new(groups, json_string(value));
		else if (key[0] == '_') {
			char name[NAME_SIZE];
			size_t n = 0;

			for (; key[n + 1] && n + 1 < sizeof name; n++)
				name[n] = (char)tolower((unsigned char)key[n + 1]);
			name[n] = '\0';
			json_object_set_new(vars, name, json_string(value));
		} else if (!strcmp(key, "address")) {
			json_object_set_new(attrs, "address", json_string(value));
		}
	}
	json_object_set_new(attrs, "display_name", json_string(shown ? shown : *t->service ? t->service : t->host));
	json_object_set_new(attrs, "groups", groups);
	json_object_set_new(attrs, "vars", vars);
}

static unsigned ack_kind(const struct thing *t)
{
	return !(t->flags & EVENT_ACKED) ? 0 : t->flags & EVENT_STICKY ? 2 : 1;
}

static json_t *attrs_of_thing(const struct thing *t)
{
	bool is_host = t->kind == EVENT_HOST, is_hard = !t->state || (t->flags & EVENT_HARD);
	json_t *attrs = json_object();

	json_object_set_new(attrs, "state", json_real(is_host ? t->state != EVENT_UP : t->state));
	json_object_set_new(attrs, "state_type", json_real(is_hard));
	json_object_set_new(attrs, "last_check", seconds(t->checked_ms ? t->checked_ms : 1000));
	json_object_set_new(attrs, "last_hard_state_change", seconds(t->since_s * 1000));
	json_object_set_new(attrs, "last_state_change", seconds(t->changed_ms));
	json_object_set_new(attrs, "acknowledgement", json_real(ack_kind(t)));
	json_object_set_new(attrs, "acknowledgement_expiry", seconds(t->ack_until_s * 1000));
	json_object_set_new(attrs, "downtime_depth", json_real(t->downtimes));
	json_object_set_new(attrs, "flapping", json_boolean(t->flags & EVENT_FLAPS));
	json_object_set_new(attrs, "check_attempt", json_real(1));
	json_object_set_new(attrs, "max_check_attempts", json_real(3));
	json_object_set_new(attrs, is_host ? "last_state_up" : "last_state_ok", seconds(t->last_ok_s * 1000));
	json_object_set_new(attrs, "last_reachable", json_boolean(!is_host || t->state != EVENT_UNREACHABLE));
	json_object_set_new(attrs, "last_check_result", json_pack("{s:s}", "output", t->output));
	add_configuration(attrs, t);
	return attrs;
}

static void add_result(json_t *results, const char *type, const char *name, json_t *attrs, const json_t *body)
{
	json_t *wanted = json_object_get(body, "attrs"), *kept = json_object(), *each;
	size_t k;

	json_array_foreach (wanted, k, each) {
		json_t *value = json_object_get(attrs, json_string_value(each));

		if (value)
			json_object_set(kept, json_string_value(each), value);
	}
	json_decref(attrs);
	json_array_append_new(results, json_pack("{s:s, s:s, s:o}", "name", name, "type", type, "attrs", kept));
}

static int not_found(json_t **out)
{
	*out = json_pack("{s:i, s:s}", "error", 404, "status", "No objects found.");
	return 404;
}

/* All, or those that are named: one that is not there makes nothing of all. */
static int objects(struct simapi *api, unsigned kind, const json_t *body, json_t **out)
{
	const json_t *names = json_object_get(body, kind == EVENT_HOST ? "hosts" : "services"), *each;
	const char *type = kind == EVENT_HOST ? "Host" : "Service";
	json_t *results = json_array();
	struct thing *t;
	char name[NAME_SIZE];
	size_t k;

	json_array_foreach (names, k, each) {
		t = thing_of(api, json_string_value(each));
		if (!t || t->kind != kind) {
			json_decref(results);
			return not_found(out);
		}
		add_result(results, type, icinga_name(t, name), attrs_of_thing(t), body);
	}
	LL_FOREACH (api->core->things, t)
		if (!names && t->kind == kind)
			add_result(results, type, icinga_name(t, name), attrs_of_thing(t), body);
	*out = json_pack("{s:o}", "results", results);
	return 200;
}

/* --- dependencies, downtimes, comments --------------------------------------------------------- */

static json_t *dependencies(struct simapi *api, const json_t *body)
{
	json_t *results = json_array();
	struct thing *t;

	LL_FOREACH (api->core->things, t) {
		const char *pairs = buf_text(&t->pairs), *end = pairs + t->pairs.len;

		for (const char *key = pairs, *value; key < end; key = value + strlen(value) + 1) {
			value = key + strlen(key) + 1;
			if (t->kind == EVENT_HOST && !strcmp(key, "parent"))
				add_result(results, "Dependency", t->host,
					   json_pack("{s:s, s:s, s:s, s:s}", "parent_host_name", value,
						     "parent_service_name", "", "child_host_name", t->host,
						     "child_service_name", ""),
					   body);
		}
	}
	return results;
}

static void downtime_name(const struct thing *t, unsigned id, char name[NAME_SIZE])
{
	char object[NAME_SIZE];

	if (snprintf(name, NAME_SIZE, "%s!%u", icinga_name(t, object), id) >= NAME_SIZE)
		abort();
}

static json_t *attrs_of_plan(const struct simapi *api, const struct thing *t, const struct plan *p)
{
	json_t *attrs = json_object();
	char parent[NAME_SIZE] = "";
	struct thing *host = simcore_find(api->core, t->host);

	if (p->parent && host)
		downtime_name(host, p->parent, parent);
	json_object_set_new(attrs, "host_name", json_string(t->host));
	json_object_set_new(attrs, "service_name", json_string(t->service));
	json_object_set_new(attrs, "author", json_string(p->author));
	json_object_set_new(attrs, "comment", json_string(p->text));
	json_object_set_new(attrs, "entry_time", seconds(p->added_ms));
	json_object_set_new(attrs, "start_time", json_real((double)p->is.from_s));
	json_object_set_new(attrs, "end_time", json_real((double)p->is.to_s));
	json_object_set_new(attrs, "fixed", json_boolean(!p->is.flexible_s));
	json_object_set_new(attrs, "duration", json_real((double)p->is.flexible_s));
	json_object_set_new(attrs, "trigger_time", json_real((double)p->triggered_s));
	json_object_set_new(attrs, "parent", json_string(parent));
	return attrs;
}

static json_t *downtimes(struct simapi *api, const json_t *body)
{
	json_t *results = json_array();
	struct plan *p;
	char name[NAME_SIZE];

	LL_FOREACH (api->core->plans, p) {
		const struct thing *t = simcore_find(api->core, p->name);

		if (!t)
			continue;
		downtime_name(t, p->is.id, name);
		add_result(results, "Downtime", name, attrs_of_plan(api, t, p), body);
	}
	return results;
}

static json_t *attrs_of_comment(const struct thing *t, const struct simcomment *c)
{
	bool is_ack = !c;

	return json_pack("{s:s, s:s, s:s, s:s, s:f, s:f}", "host_name", t ? t->host : c->host, "service_name",
			 t ? t->service : c->service, "author", is_ack ? t->author : c->author, "text",
			 is_ack ? t->ack_text : c->text, "entry_type", is_ack ? 4.0 : 1.0, "entry_time",
			 (double)(is_ack ? t->acked_ms : c->added_ms) / 1000);
}

static json_t *comments(struct simapi *api, const json_t *body)
{
	json_t *results = json_array();
	const struct simcomment *c;
	char name[NAME_SIZE + 16], object[NAME_SIZE];
	struct thing *t;

	LL_FOREACH (api->comments, c) {
		snprintf(name, sizeof name, "%u", c->id);
		add_result(results, "Comment", name, attrs_of_comment(NULL, c), body);
	}
	LL_FOREACH (api->core->things, t) {
		if (!(t->flags & EVENT_ACKED))
			continue;
		snprintf(name, sizeof name, "%s!ack", icinga_name(t, object));
		add_result(results, "Comment", name, attrs_of_comment(t, NULL), body);
	}
	return results;
}

static json_t *application(const struct simapi *api)
{
	double start = 1795300000.0 + api->core->epoch;

	return json_pack("[{s:s, s:{s:{s:{s:s, s:f}}}}]", "name", "IcingaApplication", "status", "icingaapplication",
			 "app", "version", "r2.13.6-1", "program_start", start);
}

int simapi_query(struct simapi *api, const char *path, const json_t *body, json_t **out)
{
	json_t *results = NULL;

	if (!strcmp(path, "objects/hosts"))
		return objects(api, EVENT_HOST, body, out);
	if (!strcmp(path, "objects/services"))
		return objects(api, EVENT_SERVICE, body, out);
	if (!strcmp(path, "objects/dependencies"))
		results = dependencies(api, body);
	else if (!strcmp(path, "objects/downtimes"))
		results = downtimes(api, body);
	else if (!strcmp(path, "objects/comments"))
		results = comments(api, body);
	else if (!strcmp(path, "status/IcingaApplication"))
		results = application(api);
	if (!results)
		return not_found(out);
	*out = json_pack("{s:o}", "results", results);
	return 200;
}

/* --- actions ------------------------------------------------------------------------------------ */

static const char *text_of(const json_t *body, const char *key)
{
	const char *text = json_string_value(json_object_get(body, key));

	return text ? text : "";
}

static int said(int code, const char *status, json_t **out)
{
	*out = json_pack("{s:[{s:f, s:s}]}", "results", "code", (double)code, "status", status);
	return code;
}

static int acknowledge(struct simapi *api, struct thing *t, const json_t *body, json_t **out)
{
	const char *what = *t->service ? "Service" : "Host";
	int64_t until = (int64_t)json_number_value(json_object_get(body, "expiry"));
	char name[NAME_SIZE], words[NAME_SIZE + 64];

	icinga_name(t, name);
	if (!t->state) {
		snprintf(words, sizeof words, "%s %s is %s.", what, name, *t->service ? "OK" : "UP");
		return said(409, words, out);
	}
	if (t->flags & EVENT_ACKED) {
		snprintf(words, sizeof words, "%s %s is already acknowledged.", what, name);
		return said(409, words, out);
	}
	if (json_object_get(body, "expiry") && until <= api->now.wall_ms / 1000)
		return said(409, "Acknowledgement 'expiry' timestamp must be in the future.", out);
	simcore_acked(api->core, t, text_of(body, "author"), text_of(body, "comment"), "",
		      json_is_true(json_object_get(body, "sticky")) ? EVENT_STICKY : 0, &api->now);
	t->ack_until_s = until;
	return said(200, "Successfully acknowledged problem.", out);
}

static int add_comment(struct simapi *api, const struct thing *t, const json_t *body, json_t **out)
{
	struct simcomment *c = calloc(1, sizeof *c);

	c->id = ++api->n_comments;
	c->added_ms = api->now.wall_ms;
	c->host = strdup(t->host);
	c->service = strdup(t->service);
	c->author = strdup(text_of(body, "author"));
	c->text = strdup(text_of(body, "comment"));
	LL_APPEND(api->comments, c);
	return said(200, "Successfully added comment.", out);
}

static int schedule(struct simapi *api, const struct thing *t, const json_t *body, json_t **out)
{
	struct event cmd = {.author = text_of(body, "author"),
			    .until = (int64_t)json_number_value(json_object_get(body, "end_time"))};

	simcore_plan_ordered(api->core, t, &cmd, text_of(body, "comment"), &api->now);
	return said(200, "Successfully scheduled downtime.", out);
}

/* One, and what belongs to it. */
static void remove_plan(struct simapi *api, unsigned id)
{
	struct plan *p, *next;

	LL_FOREACH_SAFE (api->core->plans, p, next)
		if (p->parent == id)
			simcore_plan_step(api->core, p->is.id, "cancel", &api->now);
	simcore_plan_step(api->core, id, "cancel", &api->now);
}

static int remove_downtimes(struct simapi *api, const json_t *body, json_t **out)
{
	const json_t *names = json_object_get(body, "downtimes"), *each;
	size_t k;

	json_array_foreach (names, k, each) {
		const char *bang = strrchr(json_string_value(each), '!');

		if (bang)
			remove_plan(api, (unsigned)strtoul(bang + 1, NULL, 10));
	}
	return said(200, "Successfully removed downtime.", out);
}

int simapi_action(struct simapi *api, const char *action, const json_t *body, json_t **out)
{
	const char *name = text_of(body, !strcmp(text_of(body, "type"), "Host") ? "host" : "service");
	struct thing *t;

	if (!strcmp(action, "remove-downtime"))
		return remove_downtimes(api, body, out);
	t = thing_of(api, name);
	if (!t)
		return not_found(out);
	if (!strcmp(action, "acknowledge-problem"))
		return acknowledge(api, t, body, out);
	if (!strcmp(action, "add-comment"))
		return add_comment(api, t, body, out);
	if (!strcmp(action, "schedule-downtime"))
		return schedule(api, t, body, out);
	if (!strcmp(action, "remove-acknowledgement"))
		simcore_unacked(api->core, t, "", 0, &api->now); /* fine, acknowledged or not */
	else if (!strcmp(action, "reschedule-check"))
		t->checking = 1;
	else
		return not_found(out);
	return said(200, "Successfully done.", out);
}

void simapi_finish(struct simapi *api)
{
	struct simcomment *c, *next;

	LL_FOREACH_SAFE (api->comments, c, next) {
		free(c->host);
		free(c->service);
		free(c->author);
		free(c->text);
		free(c);
	}
	api->comments = NULL;
}
