/*
 * The core's objects from the agent's inventory. Called by `check` and `list MATCH`.
 * It must never trust that the answer has the right form.
 */
#include "agent/cli_objects.h"
#include "agent/cli_control.h"
#include "agent/cli_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS_MAX (16u << 20) /* of one object */

static void take_pairs(const json_t *pairs, struct buf *out)
{
	const json_t *one;
	size_t i;

	json_array_foreach (pairs, i, one) {
		const char *s = json_string_value(one);

		buf_add(out, s ? s : "", s ? strlen(s) + 1 : 1);
	}
}

static struct object *object_of(const json_t *entry)
{
	const char *host = cli_string(entry, "host"), *service = cli_string(entry, "service");
	struct object *o = NULL;
	struct buf pairs;

	buf_init(&pairs, PAIRS_MAX);
	take_pairs(json_object_get(entry, "pairs"), &pairs);
	if (*host && !pairs.cut)
		o = object_create(
		    cli_string(entry, "node"), *service ? EVENT_SERVICE : EVENT_HOST, host, service,
		    buf_text(&pairs), pairs.len);
	buf_finish(&pairs);
	return o;
}

int cli_objects_take(const json_t *answer, struct cli_objects *objects)
{
	const json_t *entries = json_object_get(answer, "objects"), *entry;
	size_t i;

	*objects =
	    (struct cli_objects){.at = calloc(json_array_size(entries) + 1, sizeof *objects->at)};
	if (!objects->at)
		return -1;
	json_array_foreach (entries, i, entry) {
		struct object *o = object_of(entry);

		if (o)
			objects->at[objects->n++] = o;
	}
	return 0;
}

void cli_objects_finish(struct cli_objects *objects)
{
	for (size_t i = 0; i < objects->n; i++)
		object_destroy(objects->at[i]);
	free(objects->at);
	*objects = (struct cli_objects){.at = NULL};
}

enum cli_exit cli_objects_ask(const struct cli *cli, struct cli_objects *objects, struct err *err)
{
	struct control_question q = {
	    .timeout_ms = CONTROL_LIST_TIMEOUT_MS, .max = CONTROL_LIST_MAX};
	json_t *request = json_pack("{s:s}", "do", "inventory"), *answer = NULL;
	char *path = cli_socket(cli);
	enum cli_exit rc = CLI_NO;

	*objects = (struct cli_objects){.at = NULL};
	q.path = path;
	err_set(err, "out of memory");
	if (request && path)
		rc = cli_control_ask(&q, request, &answer, err);
	if (rc == CLI_DONE && cli_objects_take(answer, objects) == -1)
		rc = CLI_NO;
	json_decref(answer);
	json_decref(request);
	free(path);
	return rc;
}

const struct object *cli_objects_find(const struct cli_objects *objects, const char *name)
{
	for (size_t i = 0; i < objects->n; i++) {
		const struct object *o = objects->at[i];
		size_t n = strlen(o->host);

		if (strncmp(name, o->host, n) != 0)
			continue;
		if (*o->service ? name[n] == '/' && strcmp(name + n + 1, o->service) == 0
				: !name[n])
			return o;
	}
	return NULL;
}

/* The names of a kind that one object has: a list, or one name. */
static const char *const *names_of(const struct object *o, const char *kind, const char *one[2])
{
	if (strcmp(kind, "hostgroup") == 0)
		return o->hostgroups;
	if (strcmp(kind, "servicegroup") == 0)
		return o->servicegroups;
	if (strcmp(kind, "contact") == 0)
		return o->contacts;
	if (strcmp(kind, "contactgroup") == 0)
		return o->contactgroups;
	one[0] = strcmp(kind, "host") == 0    ? o->host
	       : strcmp(kind, "service") == 0 ? o->service
	       : strcmp(kind, "node") == 0    ? o->node
					      : "";
	one[1] = NULL;
	return *one[0] ? one : NULL;
}

/* All names of a kind, once or more often, ended by NULL; interned, so pointers tell. */
static const char **collect(const struct cli_objects *objects, const char *kind)
{
	const char **names = NULL, *one[2], *last = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < objects->n; i++) {
		const char *const *list = names_of(objects->at[i], kind, one);

		for (; list && *list; list++) {
			if (*list == last)
				continue;
			if (n + 1 >= cap) {
				const char **more;

				cap = cap ? 2 * cap : 256;
				more = reallocarray(names, cap, sizeof *names);
				if (!more)
					goto out;
				names = more;
			}
			names[n++] = last = *list;
		}
	}
out:
	if (names)
		names[n] = NULL;
	return names;
}

bool cli_objects_know(
    const struct cli_objects *objects, const char *kind, const char *name, const char **near)
{
	const char **names = collect(objects, kind);
	bool known = false;

	*near = NULL;
	for (size_t i = 0; names && names[i] && !known; i++)
		known = strcmp(names[i], name) == 0;
	if (names && !known)
		*near = config_nearest(name, names);
	free(names);
	return known;
}

struct warning {
	const struct cli_objects *objects;
	struct buf text;
};

static void warn_of(void *arg, const char *kind, const char *name)
{
	struct warning *w = arg;
	const char *near;

	if (cli_objects_know(w->objects, kind, name, &near))
		return;
	buf_str(&w->text, "twicket: warning: ");
	cli_printf(
	    &w->text, "no core has %s \"%s\"%s%s%s", kind, name, near ? "; nearest: \"" : "",
	    near ? near : "", near ? "\"" : "");
	buf_char(&w->text, '\n');
}

void cli_objects_warn(const struct cli *cli, const struct match *match)
{
	struct cli_objects objects;
	struct warning w = {.objects = &objects};
	struct err err;

	buf_init(&w.text, 65536);
	if (cli_objects_ask(cli, &objects, &err) == CLI_DONE && objects.n)
		match_names(match, warn_of, &w);
	fputs(buf_text(&w.text), stderr);
	buf_finish(&w.text);
	cli_objects_finish(&objects);
}
