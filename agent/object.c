/*
 * Objects of the core from the pairs of a DESCRIPTION or INVENTORY. Called by the
 * module source. Must never trust a pair, and must stay small: ten thousand
 * objects share their strings and lists.
 */
#include "agent/object.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define PUBLIC_VAR "_TWICKET_PUBLIC"

/*
 * The intern tables: strings in one, arrays of interned pointers in the other, so
 * that the services of a host share even its list of groups. Counted, for the whole
 * process (one thread); the last user of an entry frees it.
 */
struct interned {
	UT_hash_handle hh;
	unsigned refs;
	_Alignas(void *) char bytes[];
};

static struct interned *strings, *arrays;

#define ARRAY_END 2 /* NULLs behind an array: a variable has a name and a value */

static struct interned *interned_of(const void *bytes)
{
	return (struct interned *)((uintptr_t)bytes - offsetof(struct interned, bytes));
}

/* NULL when memory ran out. A new array takes over the references of its strings. */
static const void *intern(struct interned **table, const void *bytes, size_t len, bool *is_new)
{
	struct interned *in;

	*is_new = false;
	HASH_FIND(hh, *table, bytes, len, in);
	if (in) {
		in->refs++;
		return in->bytes;
	}
	in = malloc(sizeof *in + len);
	if (!in)
		return NULL;
	memset(in, 0, sizeof *in);
	in->refs = 1;
	memcpy(in->bytes, bytes, len);
	HASH_ADD_KEYPTR(hh, *table, in->bytes, len, in);
	if (!in->hh.tbl) {
		free(in);
		return NULL;
	}
	*is_new = true;
	return in->bytes;
}

static const char *string_take(const char *s)
{
	bool is_new;

	return intern(&strings, s, strlen(s) + 1, &is_new);
}

static void string_release(const char *s)
{
	struct interned *in;

	if (!s)
		return;
	in = interned_of(s);
	if (--in->refs)
		return;
	HASH_DEL(strings, in);
	free(in);
}

static void array_release(const void *at)
{
	struct interned *in;

	if (!at)
		return;
	in = interned_of(at);
	if (--in->refs)
		return;
	for (const char *const *each = at; *each; each++)
		string_release(*each);
	HASH_DEL(arrays, in);
	free(in);
}

/* The n strings become the array's, which ends with all of each; NULL when memory ran out. */
static const void *array_take(const char **each, size_t n)
{
	bool is_new;
	const void *at = intern(&arrays, each, (n + ARRAY_END) * sizeof *each, &is_new);

	if (at && !is_new)
		for (size_t i = 0; i < n; i++)
			string_release(each[i]);
	return at;
}

/* What a draft collects while the pairs are read: interned strings that it owns. */
struct strings {
	const char **at;
	size_t n, cap;
	bool failed;
};

enum draft_list {
	LIST_HOSTGROUP,
	LIST_SERVICEGROUP,
	LIST_CONTACT,
	LIST_CONTACTGROUP,
	LIST_COMMANDER,
	LIST_VAR, /* name, value, name, value */
	LIST_HOST_VAR, /* likewise */
	LIST_PARENT,
	LIST_ANCESTOR,
	LISTS
};

struct draft {
	const char *service, *display, *address; /* borrowed from the pairs */
	struct strings list[LISTS];
	bool named;
};

/* A host's pairs: its own draft, and one for each of its services with a public name. */
struct drafts {
	struct draft own;
	struct draft *named;
	size_t n_named, cap_named;
	unsigned services;
	bool failed;
};

static void add_string(struct strings *list, const char *s)
{
	const char **at;

	if (list->n == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 8;
		at = realloc(list->at, (list->cap + ARRAY_END) * sizeof *at);
		if (!at) {
			list->cap = list->n;
			list->failed = true;
			return;
		}
		list->at = at;
	}
	list->at[list->n] = string_take(s);
	if (list->at[list->n])
		list->n++;
	else
		list->failed = true;
}

static bool is_public_var(const char *name)
{
	size_t n = strlen(PUBLIC_VAR);

	return !strncmp(name, PUBLIC_VAR, n) && (!name[n] || name[n] == '_');
}

static char *copy_trimmed(const char *s)
{
	size_t n;

	s += strspn(s, " \t\r\n");
	n = strlen(s);
	while (n && strchr(" \t\r\n", s[n - 1]))
		n--;
	return strndup(s, n);
}

/* Blanks around a public name do not count, and a blank one is none. */
static void add_public(struct draft *d, const char *name, const char *value)
{
	char *trimmed = copy_trimmed(value);

	if (!trimmed) {
		d->list[LIST_VAR].failed = true;
	} else if (*trimmed) {
		add_string(&d->list[LIST_VAR], name);
		add_string(&d->list[LIST_VAR], trimmed);
		d->named = true;
	}
	free(trimmed);
}

static void add_var(struct draft *d, enum draft_list which, const char *name, const char *value)
{
	if (is_public_var(name) && which == LIST_VAR) {
		add_public(d, name, value);
		return;
	}
	if (is_public_var(name))
		return; /* a host's public name is never its services' */
	add_string(&d->list[which], name);
	add_string(&d->list[which], value);
}

/* One pair of an object itself; a key that we do not know is a later version's. */
static void add_pair(struct draft *d, const char *key, const char *value)
{
	static const struct {
		const char *key;
		enum draft_list list;
	} lists[] = {
	    {"hostgroup", LIST_HOSTGROUP}, {"servicegroup", LIST_SERVICEGROUP},
	    {"contact", LIST_CONTACT},     {"contactgroup", LIST_CONTACTGROUP},
	    {"commander", LIST_COMMANDER}, {"parent", LIST_PARENT},
	    {"ancestor", LIST_ANCESTOR},
	};

	if (*key == '_')
		add_var(d, LIST_VAR, key, value);
	else if (!strncmp(key, "host._", 6))
		add_var(d, LIST_HOST_VAR, key + 5, value);
	else if (!strcmp(key, "display"))
		d->display = value;
	else if (!strcmp(key, "address"))
		d->address = value;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (!strcmp(key, lists[i].key))
			add_string(&d->list[lists[i].list], value);
}

static void draft_finish(struct draft *d)
{
	for (int l = 0; l < LISTS; l++) {
		for (size_t i = 0; i < d->list[l].n; i++)
			string_release(d->list[l].at[i]);
		free(d->list[l].at);
	}
}

/* A service begins: room for it. The one before stays only if it has a public name. */
static void begin_service(struct drafts *ds, const char *name)
{
	struct draft *more;

	ds->services++;
	if (ds->n_named && !ds->named[ds->n_named - 1].named)
		draft_finish(&ds->named[--ds->n_named]);
	if (ds->n_named == ds->cap_named) {
		ds->cap_named = ds->cap_named ? ds->cap_named * 2 : 4;
		more = realloc(ds->named, ds->cap_named * sizeof *more);
		if (!more) {
			ds->cap_named = ds->n_named;
			ds->failed = true;
			return;
		}
		ds->named = more;
	}
	ds->named[ds->n_named++] = (struct draft){.service = name};
}

/* False when the pairs are malformed. */
static bool read_pairs(struct drafts *ds, unsigned kind, const char *pairs, size_t len)
{
	const char *end = pairs + len, *key, *value;

	if (len && end[-1])
		return false;
	while (pairs < end) {
		key = pairs;
		value = key + strlen(key) + 1;
		if (value >= end)
			return false;
		pairs = value + strlen(value) + 1;
		if (kind == EVENT_HOST && !strcmp(key, "service")) {
			begin_service(ds, value);
		} else if (*key == '.') {
			if (!ds->services)
				return false;
			if (ds->n_named)
				add_pair(&ds->named[ds->n_named - 1], key + 1, value);
		} else {
			add_pair(&ds->own, key, value);
		}
	}
	if (ds->n_named && !ds->named[ds->n_named - 1].named)
		draft_finish(&ds->named[--ds->n_named]);
	return !ds->failed;
}

static bool take_array(struct draft *d, enum draft_list which, const void **out)
{
	struct strings *s = &d->list[which];

	if (s->failed)
		return false;
	if (!s->n)
		return true; /* the object began as zeros */
	for (size_t i = 0; i < ARRAY_END; i++)
		s->at[s->n + i] = NULL;
	*out = array_take(s->at, s->n);
	if (!*out)
		return false;
	s->n = 0;
	return true;
}

static bool take_list(struct draft *d, enum draft_list which, const char *const **out)
{
	const void *at = NULL;
	bool ok = take_array(d, which, &at);

	*out = at;
	return ok;
}

static bool take_vars(struct draft *d, enum draft_list which, const struct object_var **out)
{
	const void *at = NULL;
	bool ok = take_array(d, which, &at);

	*out = at;
	return ok;
}

/* Moves a draft into its place; what it took so far is released by object_release(). */
static bool take_draft(struct object *o, struct draft *d)
{
	o->service = string_take(d->service ? d->service : "");
	o->display = string_take(d->display ? d->display : "");
	o->address = string_take(d->address ? d->address : "");
	return o->service && o->display && o->address &&
	       take_list(d, LIST_HOSTGROUP, &o->hostgroups) &&
	       take_list(d, LIST_SERVICEGROUP, &o->servicegroups) &&
	       take_list(d, LIST_CONTACT, &o->contacts) &&
	       take_list(d, LIST_CONTACTGROUP, &o->contactgroups) &&
	       take_list(d, LIST_COMMANDER, &o->commanders) &&
	       take_vars(d, LIST_VAR, &o->vars) && take_vars(d, LIST_HOST_VAR, &o->host_vars) &&
	       take_list(d, LIST_PARENT, &o->parents) && take_list(d, LIST_ANCESTOR, &o->ancestors);
}

static const void *array_share(const void *at, const void *instead_of)
{
	array_release(instead_of);
	if (at)
		interned_of(at)->refs++;
	return at;
}

/* What a named service has from its host. */
static bool take_host(struct object *o, const struct object *host)
{
	o->node = string_take(host->node);
	o->host = string_take(host->host);
	o->hostgroups = array_share(host->hostgroups, o->hostgroups);
	o->parents = array_share(host->parents, o->parents);
	o->ancestors = array_share(host->ancestors, o->ancestors);
	o->host_vars = array_share(host->vars, o->host_vars);
	return o->node && o->host;
}

static void object_release(struct object *o)
{
	string_release(o->node);
	string_release(o->host);
	string_release(o->service);
	string_release(o->display);
	string_release(o->address);
	array_release(o->hostgroups);
	array_release(o->servicegroups);
	array_release(o->contacts);
	array_release(o->contactgroups);
	array_release(o->commanders);
	array_release(o->vars);
	array_release(o->host_vars);
	array_release(o->parents);
	array_release(o->ancestors);
}

struct object *object_share(struct object *o)
{
	if (o)
		o->shares++;
	return o;
}

void object_destroy(struct object *o)
{
	if (!o)
		return;
	if (o->shares) {
		o->shares--;
		return;
	}
	for (unsigned i = 0; i < o->n_named; i++)
		object_release(&o->named[i]);
	object_release(o);
	free(o);
}

/* The object and its named services are one block. */
static struct object *build(const char *node, unsigned kind, const char *host, struct drafts *ds)
{
	struct object *o = calloc(1 + ds->n_named, sizeof *o);
	bool ok;

	if (!o)
		return NULL;
	o->kind = (uint8_t)kind;
	o->node = string_take(node);
	o->host = string_take(host);
	o->services = ds->services;
	o->named = ds->n_named ? o + 1 : NULL;
	ok = o->node && o->host && take_draft(o, &ds->own);
	for (size_t i = 0; ok && i < ds->n_named; i++) {
		o->n_named++;
		o->named[i].kind = EVENT_SERVICE;
		ok = take_draft(&o->named[i], &ds->named[i]) && take_host(&o->named[i], o);
	}
	if (ok)
		return o;
	object_destroy(o);
	return NULL;
}

struct object *object_create(
    const char *node, unsigned kind, const char *host, const char *service, const char *pairs,
    size_t len)
{
	struct drafts ds = {.own = {.service = kind == EVENT_SERVICE ? service : ""}};
	struct object *o = NULL;

	if (read_pairs(&ds, kind, pairs, len))
		o = build(node, kind, host, &ds);
	draft_finish(&ds.own);
	for (size_t i = 0; i < ds.n_named; i++)
		draft_finish(&ds.named[i]);
	free(ds.named);
	return o;
}

static const char *find_var(const struct object_var *vars, const char *name)
{
	for (; vars && vars->name; vars++)
		if (!strcmp(vars->name, name))
			return vars->value;
	return NULL;
}

const char *object_var(const struct object *o, const char *name)
{
	const char *value = find_var(o->vars, name);

	if (!value && !is_public_var(name))
		value = find_var(o->host_vars, name);
	return value;
}

/* "pt-br" asks for _TWICKET_PUBLIC_PT_BR: names in the core have no hyphen. */
static const char *public_in(const struct object *o, const char *language)
{
	char name[64];
	size_t at = strlen(PUBLIC_VAR "_");

	if (strlen(language) >= sizeof name - at)
		return NULL;
	memcpy(name, PUBLIC_VAR "_", at);
	for (const char *p = language; *p; p++)
		name[at++] = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p == '-' ? '_' : *p;
	name[at] = '\0';
	return find_var(o->vars, name);
}

const char *object_public_name(const struct object *o, const char *language)
{
	const char *name = *language ? public_in(o, language) : NULL;

	return name ? name : find_var(o->vars, PUBLIC_VAR);
}

bool object_named(const struct object *o)
{
	for (const struct object_var *v = o->vars; v && v->name; v++)
		if (is_public_var(v->name))
			return true;
	return false;
}

bool object_is_behind(const struct object *o, const char *host)
{
	for (const char *const *above = o->ancestors; above && *above; above++)
		if (!strcmp(*above, host))
			return true;
	return false;
}
