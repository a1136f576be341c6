/*
 * Objects with their relations, from an inventory of single ones. Called by replay.c,
 * cli_preview.c and icinga.c. Must never follow relations in a circle.
 */
#include "agent/world.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#define PAIRS_MAX (16u << 20)
#define ANCESTORS_MAX 1024 /* as the module has it */

struct entry {
	UT_hash_handle hh;
	const struct object *object;
	struct entry *next_service; /* of a host */
	struct entry *services;
	char *pairs; /* all of them, once somebody asked */
	size_t len;
	unsigned visit;
	char key[]; /* host NUL service NUL */
};

struct world {
	struct entry *entries, *last;
	unsigned n, visit;
	const char *node;
};

size_t world_key(char key[WORLD_KEY], const char *host, const char *service)
{
	size_t a = strlen(host) + 1, b = strlen(service) + 1;

	if (a + b > WORLD_KEY)
		return 0;
	memcpy(key, host, a);
	memcpy(key + a, service, b);
	return a + b;
}

static struct entry *find(const struct world *w, const char *host, const char *service)
{
	char key[WORLD_KEY];
	size_t n = world_key(key, host, service);
	struct entry *e = NULL;

	if (n)
		HASH_FIND(hh, w->entries, key, n, e);
	return e;
}

static int add(struct world *w, const struct object *o)
{
	char key[WORLD_KEY];
	size_t n = world_key(key, o->host, o->service);
	struct entry *e;

	if (!n || find(w, o->host, o->service))
		return 0; /* another node has it, too */
	e = calloc(1, sizeof *e + n);
	if (!e)
		return -1;
	memcpy(e->key, key, n);
	e->object = o;
	HASH_ADD_KEYPTR(hh, w->entries, e->key, n, e);
	w->last = e;
	w->n++;
	return 0;
}

/* Services hang under their host in the order of the inventory: the last one first. */
static void hang(struct world *w)
{
	struct entry *e, *host;

	for (e = w->last; e; e = e->hh.prev) {
		host = e->object->kind == EVENT_SERVICE ? find(w, e->object->host, "") : NULL;
		if (!host)
			continue;
		e->next_service = host->services;
		host->services = e;
	}
}

struct world *world_create(struct object *const *objects, size_t n)
{
	struct world *w = calloc(1, sizeof *w);

	if (!w)
		return NULL;
	w->node = n ? objects[0]->node : "";
	for (size_t i = 0; i < n; i++) {
		if (add(w, objects[i]) == -1) {
			world_destroy(w);
			return NULL;
		}
	}
	hang(w);
	return w;
}

void world_destroy(struct world *w)
{
	struct entry *e, *next;

	if (!w)
		return;
	HASH_ITER (hh, w->entries, e, next) {
		HASH_DEL(w->entries, e);
		free(e->pairs);
		free(e);
	}
	free(w);
}

bool world_knows(const struct world *w, const char *host, const char *service)
{
	return find(w, host, service) != NULL;
}

unsigned world_count(const struct world *w)
{
	return w->n;
}

unsigned world_matched(const struct world *w, const struct match *m)
{
	const struct entry *e;
	unsigned n = 0;

	for (e = w->entries; m && e; e = e->hh.next)
		n += match_object(m, e->object);
	return n;
}

/* --- pairs, as the module would send them ------------------------------------------------------ */

static void pair(struct buf *out, const char *prefix, const char *key, const char *value)
{
	buf_str(out, prefix);
	buf_add(out, key, strlen(key) + 1);
	buf_add(out, value, strlen(value) + 1);
}

static void put_list(struct buf *out, const char *prefix, const char *key, const char *const *values)
{
	for (; values && *values; values++)
		pair(out, prefix, key, *values);
}

static void put_vars(struct buf *out, const char *prefix, const struct object_var *vars)
{
	for (; vars && vars->name; vars++)
		pair(out, prefix, vars->name, vars->value);
}

static void put_service_facts(struct buf *out, const char *prefix, const struct object *o)
{
	put_list(out, prefix, "servicegroup", o->servicegroups);
	put_list(out, prefix, "contact", o->contacts);
	put_list(out, prefix, "contactgroup", o->contactgroups);
	put_vars(out, prefix, o->vars);
}

static void put_services(struct buf *out, const struct entry *host)
{
	for (const struct entry *s = host->services; s; s = s->next_service) {
		pair(out, "", "service", s->object->service);
		if (object_named(s->object))
			put_service_facts(out, ".", s->object);
	}
}

/* Breadth first: the nearest come first, each once, however many ways lead there. */
static void put_ancestors(struct world *w, const struct object *host, struct buf *out)
{
	const char *names[ANCESTORS_MAX];
	const struct object *at = host;
	unsigned n = 0, done = 0;

	w->visit++;
	for (;;) {
		for (const char *const *up = at ? at->parents : NULL; up && *up; up++) {
			struct entry *e = find(w, *up, "");

			if (n == ANCESTORS_MAX || (e && e->visit == w->visit))
				continue;
			if (e)
				e->visit = w->visit;
			names[n++] = *up;
		}
		if (done == n)
			break;
		at = NULL;
		if (find(w, names[done], ""))
			at = find(w, names[done], "")->object;
		done++;
	}
	for (unsigned i = 0; i < n; i++)
		pair(out, "", "ancestor", names[i]);
}

static void put_host_facts(struct world *w, const struct object *host, struct buf *out)
{
	put_list(out, "", "hostgroup", host->hostgroups);
	put_list(out, "", "parent", host->parents);
	put_ancestors(w, host, out);
}

static void put_object(struct world *w, const struct entry *e, struct buf *out)
{
	const struct object *o = e->object;
	const struct entry *host = o->kind == EVENT_SERVICE ? find(w, o->host, "") : e;

	pair(out, "", "display", o->display);
	pair(out, "", "address", o->address);
	put_service_facts(out, "", o);
	put_host_facts(w, host ? host->object : o, out);
	if (o->kind == EVENT_HOST)
		put_services(out, e);
	else
		put_vars(out, "host.", host ? host->object->vars : o->host_vars);
}

void world_pairs(struct world *w, const struct object *o, struct buf *out)
{
	const struct entry *host = o->kind == EVENT_SERVICE ? find(w, o->host, "") : NULL;
	const struct object *about = host ? host->object : o;

	pair(out, "", "display", o->display);
	pair(out, "", "address", o->address);
	put_list(out, "", "hostgroup", about->hostgroups);
	put_service_facts(out, "", o);
	put_list(out, "", "parent", about->parents);
}

/* Of an object that is not among them any more, all that its host says. */
static void put_stranger(struct world *w, const char *host, struct buf *out)
{
	const struct entry *e = find(w, host, "");

	if (!e)
		return;
	put_host_facts(w, e->object, out);
	put_vars(out, "host.", e->object->vars);
}

static struct object *
create(const struct world *w, unsigned kind, const char *host, const char *service, struct buf *pairs)
{
	return object_create(w->node, kind, host, service, buf_text(pairs), pairs->len);
}

struct object *
world_object(struct world *w, unsigned kind, const char *host, const char *service)
{
	struct entry *e = find(w, host, kind == EVENT_SERVICE ? service : "");
	struct object *o = NULL;
	struct buf pairs;

	buf_init(&pairs, PAIRS_MAX);
	if (!e) {
		if (kind == EVENT_SERVICE)
			put_stranger(w, host, &pairs);
		o = create(w, kind, host, service, &pairs);
		buf_finish(&pairs);
		return o;
	}
	if (!e->pairs) {
		put_object(w, e, &pairs);
		if (pairs.cut) {
			buf_finish(&pairs);
			return NULL;
		}
		e->len = pairs.len;
		e->pairs = buf_steal(&pairs);
	}
	buf_finish(&pairs);
	return e->pairs ? object_create(e->object->node, kind, host, service, e->pairs, e->len) : NULL;
}

/* --- sets ------------------------------------------------------------------------------------------ */

static bool is_in(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static bool is_behind(struct world *w, const struct object *o, const char *host)
{
	struct buf up;
	bool is = strcmp(o->host, host) == 0;

	if (is || !o->parents)
		return is;
	buf_init(&up, PAIRS_MAX);
	put_ancestors(w, o, &up);
	for (size_t at = 0; at < up.len && !is; at += strlen(up.data + at) + 1) {
		at += strlen(up.data + at) + 1; /* the key */
		is = strcmp(up.data + at, host) == 0;
	}
	buf_finish(&up);
	return is;
}

static bool is_member(struct world *w, enum world_set set, const struct object *o, const char *name)
{
	bool is_host = o->kind == EVENT_HOST;

	switch (set) {
	case WORLD_SERVICES: return !is_host && strcmp(o->host, name) == 0;
	case WORLD_CHILDREN: return is_host && is_behind(w, o, name);
	case WORLD_HOSTS_OF: return is_host && is_in(o->hostgroups, name);
	case WORLD_SERVICES_OF: return !is_host && is_in(o->hostgroups, name);
	case WORLD_MEMBERS_OF:
	case WORLD_MEMBER_HOSTS: return !is_host && is_in(o->servicegroups, name);
	}
	return false;
}

void world_each(
    struct world *w, enum world_set set, const char *name,
    void (*fn)(void *arg, const char *host, const char *service), void *arg)
{
	unsigned visit = ++w->visit;
	struct entry *e, *host;

	for (e = w->entries; e; e = e->hh.next) {
		if (!is_member(w, set, e->object, name))
			continue;
		if (set != WORLD_MEMBER_HOSTS) {
			fn(arg, e->object->host, e->object->service);
			continue;
		}
		host = find(w, e->object->host, "");
		if (host && host->visit != visit) {
			host->visit = visit;
			fn(arg, e->object->host, "");
		}
	}
}
