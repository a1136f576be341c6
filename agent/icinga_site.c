/*
 * An Icinga 2's objects in the words of ours. Called by icinga_poll.c.
 * Must never take a variable's name or value for more than text.
 */
#include "agent/icinga_site.h"

#include "agent/icinga_json.h"
#include "agent/world.h"
#include "common/buf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define PAIRS_MAX (1u << 20) /* bytes of one object */
#define VARS_DEEP 4	      /* dictionaries in dictionaries */
#define PARTS_MAX (EVENT_MAX / 2)

/* What a host hangs on. */
struct above {
	UT_hash_handle hh;
	struct buf names; /* NUL-terminated strings */
	char host[];
};

struct site {
	char *node;
	struct above *above;
	struct object **objects;
	size_t n, cap;
	struct world *world;
};

json_t *site_dependency_attrs(void)
{
	static const char *const list[] = {"parent_host_name", "parent_service_name", "child_host_name",
					   "child_service_name"};

	return icinga_names(list, sizeof list / sizeof list[0]);
}

/* A service has no address: Icinga refuses to be asked for one. */
json_t *site_attrs(unsigned kind)
{
	static const char *const list[] = {"display_name", "groups", "vars", "address"};

	return icinga_names(list, kind == EVENT_HOST ? 4 : 3);
}

struct site *site_create(const char *node)
{
	struct site *s = calloc(1, sizeof *s);

	if (s && (s->node = strdup(node)))
		return s;
	free(s);
	return NULL;
}

void site_destroy(struct site *s)
{
	struct above *a, *next;

	if (!s)
		return;
	world_destroy(s->world);
	HASH_ITER (hh, s->above, a, next) {
		HASH_DEL(s->above, a);
		buf_finish(&a->names);
		free(a);
	}
	for (size_t k = 0; k < s->n; k++)
		object_destroy(s->objects[k]);
	free(s->objects);
	free(s->node);
	free(s);
}

/* --- dependencies -------------------------------------------------------------------------- */

static int hang_on(struct site *s, const char *child, const char *parent)
{
	struct above *a = NULL;

	HASH_FIND_STR(s->above, child, a);
	if (!a) {
		a = calloc(1, sizeof *a + strlen(child) + 1);
		if (!a)
			return -1;
		memcpy(a->host, child, strlen(child) + 1);
		buf_init(&a->names, PAIRS_MAX);
		HASH_ADD_STR(s->above, host, a);
	}
	return buf_add(&a->names, parent, strlen(parent) + 1);
}

/* Of hosts on hosts only: that of a service says nothing about what lies in between. */
int site_take_dependencies(struct site *s, const json_t *results)
{
	const json_t *result;
	size_t k;

	json_array_foreach (results, k, result) {
		const json_t *attrs = json_object_get(result, "attrs");
		const char *child = icinga_text(attrs, "child_host_name"), *parent = icinga_text(attrs, "parent_host_name");

		if (!*child || !*parent || !strcmp(child, parent) || *icinga_text(attrs, "child_service_name") ||
		    *icinga_text(attrs, "parent_service_name"))
			continue;
		if (hang_on(s, child, parent) == -1)
			return -1;
	}
	return 0;
}

/* --- variables -------------------------------------------------------------------------------- */

static void pair(struct buf *out, const char *key, const char *value)
{
	buf_add(out, key, strlen(key) + 1);
	buf_add(out, value, strlen(value) + 1);
}

/* vars.twicket_public -> _TWICKET_PUBLIC, vars.disks["/"].warn -> _DISKS___WARN */
static void add_name(struct buf *name, const char *key)
{
	buf_char(name, '_');
	for (; *key; key++)
		buf_char(name, isalnum((unsigned char)*key) ? (char)toupper((unsigned char)*key) : '_');
}

static void add_scalar(struct buf *out, const json_t *value)
{
	if (json_is_string(value))
		buf_str(out, json_string_value(value));
	else if (json_is_integer(value))
		buf_printf(out, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		buf_printf(out, "%g", json_real_value(value));
	else if (json_is_boolean(value))
		buf_str(out, json_is_true(value) ? "1" : "0"); /* as Nagios' templates have it */
}

static void add_var(struct buf *out, struct buf *name, const json_t *value, unsigned deep)
{
	const json_t *item;
	const char *key;
	size_t at = name->len, k;
	struct buf text;

	if (json_is_object(value)) {
		json_object_foreach ((json_t *)value, key, item) {
			if (deep == VARS_DEEP)
				break;
			add_name(name, key);
			add_var(out, name, item, deep + 1);
			buf_truncate(name, at);
		}
		return;
	}
	if (json_is_null(value))
		return;
	buf_init(&text, EVENT_TEXT_MAX);
	if (!json_is_array(value))
		add_scalar(&text, value);
	json_array_foreach (value, k, item) {
		if (k)
			buf_char(&text, ',');
		add_scalar(&text, item);
	}
	pair(out, buf_text(name), buf_text(&text));
	buf_finish(&text);
}

static void add_vars(struct buf *out, const json_t *vars)
{
	struct buf name;
	const json_t *value;
	const char *key;

	buf_init(&name, EVENT_NAME_MAX);
	json_object_foreach ((json_t *)vars, key, value) {
		buf_reset(&name);
		add_name(&name, key);
		add_var(out, &name, value, 1);
	}
	buf_finish(&name);
}

/* --- objects ------------------------------------------------------------------------------------ */

static void add_groups(struct buf *out, const char *key, const json_t *groups)
{
	const json_t *group;
	size_t k;

	json_array_foreach (groups, k, group)
		if (json_is_string(group))
			pair(out, key, json_string_value(group));
}

static int keep(struct site *s, struct object *o)
{
	if (!o)
		return -1;
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 256;
		struct object **more = reallocarray(s->objects, cap, sizeof *more);

		if (!more) {
			object_destroy(o);
			return -1;
		}
		s->objects = more;
		s->cap = cap;
	}
	s->objects[s->n++] = o;
	return 0;
}

static void add_common(struct buf *pairs, const json_t *attrs)
{
	pair(pairs, "display", icinga_text(attrs, "display_name"));
	pair(pairs, "address", icinga_text(attrs, "address"));
	add_vars(pairs, json_object_get(attrs, "vars"));
}

static void add_parents(const struct site *s, struct buf *pairs, const char *host)
{
	struct above *a = NULL;

	HASH_FIND_STR(s->above, host, a);
	for (size_t at = 0; a && at < a->names.len; at += strlen(a->names.data + at) + 1)
		pair(pairs, "parent", a->names.data + at);
}

static int take_host(struct site *s, const json_t *result)
{
	const json_t *attrs = json_object_get(result, "attrs");
	const char *host = icinga_text(result, "name");
	struct buf pairs;
	int rc;

	if (!*host || strlen(host) > EVENT_NAME_MAX)
		return 0;
	buf_init(&pairs, PAIRS_MAX);
	add_common(&pairs, attrs);
	add_groups(&pairs, "hostgroup", json_object_get(attrs, "groups"));
	add_parents(s, &pairs, host);
	rc = keep(s, object_create(s->node, EVENT_HOST, host, "", buf_text(&pairs), pairs.len));
	buf_finish(&pairs);
	return rc;
}

static int take_service(struct site *s, const json_t *result)
{
	const json_t *attrs = json_object_get(result, "attrs");
	char key[ICINGA_KEY];
	struct buf pairs;
	int rc;

	if (!icinga_key(icinga_text(result, "name"), EVENT_SERVICE, key))
		return 0;
	buf_init(&pairs, PAIRS_MAX);
	add_common(&pairs, attrs);
	add_groups(&pairs, "servicegroup", json_object_get(attrs, "groups"));
	rc = keep(s, object_create(s->node, EVENT_SERVICE, key, key + strlen(key) + 1, buf_text(&pairs), pairs.len));
	buf_finish(&pairs);
	return rc;
}

int site_take_hosts(struct site *s, const json_t *results)
{
	const json_t *result;
	size_t k;

	json_array_foreach (results, k, result)
		if (take_host(s, result) == -1)
			return -1;
	return 0;
}

int site_take_services(struct site *s, const json_t *results)
{
	const json_t *result;
	size_t k;

	json_array_foreach (results, k, result)
		if (take_service(s, result) == -1)
			return -1;
	return 0;
}

int site_finish(struct site *s)
{
	s->world = world_create(s->objects, s->n);
	return s->world ? 0 : -1;
}

size_t site_count(const struct site *s)
{
	return s->n;
}

bool site_knows(const struct site *s, const char *host, const char *service)
{
	return world_knows(s->world, host, service);
}

struct object *site_object(struct site *s, unsigned kind, const char *host, const char *service)
{
	if (!world_knows(s->world, host, kind == EVENT_SERVICE ? service : ""))
		return NULL;
	return world_object(s->world, kind, host, service);
}

/* As the wire has it: a long list in parts, a pair never split. */
static void tell_parts(const struct object *o, const struct buf *pairs, void (*fn)(void *arg, const struct event *ev),
		       void *arg)
{
	struct event ev = {.type = EVENT_INVENTORY, .kind = o->kind, .host = o->host, .service = o->service};
	size_t at = 0, end = 0;

	do {
		at = end;
		while (end < pairs->len && end - at < PARTS_MAX) {
			end += strlen(pairs->data + end) + 1;
			end += strlen(pairs->data + end) + 1;
		}
		ev.list = buf_text(pairs) + at;
		ev.list_len = (uint32_t)(end - at);
		ev.flags = end < pairs->len ? EVENT_MORE : 0;
		fn(arg, &ev);
	} while (end < pairs->len);
}

void site_each(const struct site *s, void (*fn)(void *arg, const struct event *ev), void *arg)
{
	for (size_t k = 0; k < s->n; k++) {
		struct buf pairs;

		buf_init(&pairs, 4 * PAIRS_MAX);
		world_pairs(s->world, s->objects[k], &pairs);
		tell_parts(s->objects[k], &pairs, fn, arg);
		buf_finish(&pairs);
	}
}
