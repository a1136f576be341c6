/*
 * The core's objects.cache, read into objects. Called by cli_replay.c.
 * Must never trust the file: whatever makes no sense in it is left out.
 */
#include "agent/replay_cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#define FILE_MAX (256u << 20) /* 100,000 services are about 120 MB */
#define PAIRS_MAX (16u << 20) /* of one object */
#define NAME_KEY (2 * EVENT_NAME_MAX + 2)

/* Where a name begins, which may be found by its name; all strings stand in the text. */
struct thing {
	UT_hash_handle hh;
	const char *host, *service;
	const char *contacts, *contact_groups;
	struct buf pairs; /* its own */
	struct thing *in; /* a service's host */
	char key[]; /* host NUL service NUL */
};

/* A block of the file, of those that say who belongs to a group. */
struct group {
	struct group *next;
	const char *name, *members;
};

struct cache {
	struct thing *things;
	struct group *hostgroups, *servicegroups, *contactgroups;
	bool failed; /* memory ran out */
};

enum block { BLOCK_OTHER, BLOCK_HOST, BLOCK_SERVICE, BLOCK_HOSTGROUP, BLOCK_SERVICEGROUP, BLOCK_CONTACTGROUP };

/* --- text ------------------------------------------------------------------------------------------ */

/* The next line, without blanks around it; NULL behind the last. */
static char *next_line(char **at)
{
	char *line = *at, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	*at = end ? end + 1 : NULL;
	if (!end)
		end = line + strlen(line);
	while (end > line && strchr(" \t\r", end[-1]))
		end--;
	*end = '\0';
	return line + strspn(line, " \t");
}

/* Splits "key<blanks>value"; the value is "" when there is none. */
static char *split(char *line)
{
	size_t n = strcspn(line, " \t");
	char *value = line + n;

	if (!*value)
		return value;
	*value++ = '\0';
	return value + strspn(value, " \t");
}

/* The next name of a list with commas, trimmed and ended; NULL behind the last. */
static char *next_name(char **at)
{
	char *name = *at, *end;
	size_t n;

	if (!name)
		return NULL;
	end = strchr(name, ',');
	*at = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	name += strspn(name, " \t");
	n = strlen(name);
	while (n && strchr(" \t", name[n - 1]))
		name[--n] = '\0';
	return name;
}

static void add_pair(struct buf *out, const char *prefix, const char *key, const char *value)
{
	buf_str(out, prefix);
	buf_add(out, key, strlen(key) + 1);
	buf_add(out, value, strlen(value) + 1);
}

/* Each name of a list as a pair of that key. The list stays as it is. */
static void add_list(struct cache *c, struct buf *out, const char *key, const char *list)
{
	char *copy = list && *list ? strdup(list) : NULL, *at = copy, *name;

	c->failed |= list && *list && !copy;
	while ((name = next_name(&at)))
		if (*name)
			add_pair(out, "", key, name);
	free(copy);
}

/* --- things ------------------------------------------------------------------------------------------ */

static struct thing *find(const struct cache *c, const char *host, const char *service)
{
	char key[NAME_KEY];
	size_t a = strlen(host) + 1, b = strlen(service) + 1;
	struct thing *t;

	if (a + b > sizeof key)
		return NULL;
	memcpy(key, host, a);
	memcpy(key + a, service, b);
	HASH_FIND(hh, c->things, key, a + b, t);
	return t;
}

static struct thing *make(struct cache *c, const char *host, const char *service)
{
	size_t a = strlen(host) + 1, b = strlen(service) + 1;
	struct thing *t = find(c, host, service);

	if (t || a == 1 || a > EVENT_NAME_MAX || b > EVENT_NAME_MAX)
		return NULL; /* a second one of that name, or none */
	t = calloc(1, sizeof *t + a + b);
	if (!t) {
		c->failed = true;
		return NULL;
	}
	memcpy(t->key, host, a);
	memcpy(t->key + a, service, b);
	t->host = t->key;
	t->service = t->key + a;
	buf_init(&t->pairs, PAIRS_MAX);
	HASH_ADD_KEYPTR(hh, c->things, t->key, a + b, t);
	return t;
}

/* What a block of a host or service says; its first lines are its names. */
struct draft {
	enum block block;
	const char *host, *service, *name, *members;
	struct thing *thing;
};

static void take_fact(struct cache *c, struct thing *t, const char *key, const char *value)
{
	if (*key == '_')
		add_pair(&t->pairs, "", key, strcmp(value, "null") == 0 ? "" : value);
	else if (!strcmp(key, "display_name"))
		add_pair(&t->pairs, "", "display", value);
	else if (!strcmp(key, "address"))
		add_pair(&t->pairs, "", "address", value);
	else if (!strcmp(key, "parents") && !*t->service)
		add_list(c, &t->pairs, "parent", value);
	else if (!strcmp(key, "contacts"))
		t->contacts = value;
	else if (!strcmp(key, "contact_groups"))
		t->contact_groups = value;
}

static void take_object_line(struct cache *c, struct draft *d, const char *key, const char *value)
{
	if (!strcmp(key, "host_name"))
		d->host = value;
	else if (!strcmp(key, "service_description"))
		d->service = value;
	if (!d->thing && d->host && (d->block == BLOCK_HOST || d->service))
		d->thing = make(c, d->host, d->block == BLOCK_HOST ? "" : d->service);
	else if (d->thing)
		take_fact(c, d->thing, key, value);
}

static void take_group_line(struct draft *d, const char *key, const char *value)
{
	size_t n = strlen(key);

	if (n > 5 && !strcmp(key + n - 5, "_name"))
		d->name = value;
	else if (!strcmp(key, "members"))
		d->members = value;
}

static void end_group(struct cache *c, struct draft *d)
{
	struct group **list = d->block == BLOCK_HOSTGROUP	 ? &c->hostgroups
			      : d->block == BLOCK_SERVICEGROUP ? &c->servicegroups
							       : &c->contactgroups;
	struct group *g;

	if (!d->name || !d->members)
		return;
	g = calloc(1, sizeof *g);
	if (!g) {
		c->failed = true;
		return;
	}
	*g = (struct group){*list, d->name, d->members};
	*list = g;
}

/* --- the file ------------------------------------------------------------------------------------------ */

static enum block block_of(const char *line)
{
	static const struct {
		const char *word;
		enum block block;
	} words[] = {
	    {"host", BLOCK_HOST},
	    {"service", BLOCK_SERVICE},
	    {"hostgroup", BLOCK_HOSTGROUP},
	    {"servicegroup", BLOCK_SERVICEGROUP},
	    {"contactgroup", BLOCK_CONTACTGROUP}};
	size_t n;

	line += strlen("define") + strspn(line + strlen("define"), " \t");
	n = strcspn(line, " \t{");
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strlen(words[i].word) == n && !strncmp(words[i].word, line, n))
			return words[i].block;
	return BLOCK_OTHER;
}

static void take_line(struct cache *c, struct draft *d, char *line)
{
	char *value = split(line);

	switch (d->block) {
	case BLOCK_OTHER: break;
	case BLOCK_HOST:
	case BLOCK_SERVICE: take_object_line(c, d, line, value); break;
	case BLOCK_HOSTGROUP:
	case BLOCK_SERVICEGROUP:
	case BLOCK_CONTACTGROUP: take_group_line(d, line, value); break;
	}
}

static void end_block(struct cache *c, struct draft *d)
{
	if (d->block == BLOCK_HOSTGROUP || d->block == BLOCK_SERVICEGROUP ||
	    d->block == BLOCK_CONTACTGROUP)
		end_group(c, d);
	*d = (struct draft){.block = BLOCK_OTHER};
}

/* How many blocks it found. */
static unsigned read_blocks(struct cache *c, char *text)
{
	struct draft d = {.block = BLOCK_OTHER};
	bool is_inside = false;
	unsigned n = 0;
	char *line;

	while ((line = next_line(&text))) {
		if (!strncmp(line, "define", 6) && strchr(" \t", line[6])) {
			end_block(c, &d);
			d.block = block_of(line);
			is_inside = true;
			n++;
		} else if (*line == '}') {
			end_block(c, &d);
			is_inside = false;
		} else if (is_inside && *line && *line != '#') {
			take_line(c, &d, line);
		}
	}
	end_block(c, &d);
	return n;
}

/* --- relations ------------------------------------------------------------------------------------------- */

static void join_hosts(struct cache *c)
{
	for (struct group *g = c->hostgroups; g; g = g->next) {
		char *copy = strdup(g->members), *at = copy, *name;

		c->failed |= !copy;
		while ((name = next_name(&at))) {
			struct thing *t = find(c, name, "");

			if (t)
				add_pair(&t->pairs, "", "hostgroup", g->name);
		}
		free(copy);
	}
}

/* Members are host, service, host, service. */
static void join_services(struct cache *c)
{
	for (struct group *g = c->servicegroups; g; g = g->next) {
		char *copy = strdup(g->members), *at = copy, *host, *service;

		c->failed |= !copy;
		while ((host = next_name(&at)) && (service = next_name(&at))) {
			struct thing *t = find(c, host, service);

			if (t)
				add_pair(&t->pairs, "", "servicegroup", g->name);
		}
		free(copy);
	}
}

static void add_contacts(struct cache *c, struct thing *t)
{
	char *copy = t->contact_groups ? strdup(t->contact_groups) : NULL, *at = copy, *name;
	const struct group *g;

	add_list(c, &t->pairs, "contact", t->contacts);
	while ((name = next_name(&at))) {
		add_pair(&t->pairs, "", "contactgroup", name);
		for (g = c->contactgroups; g; g = g->next)
			if (!strcmp(g->name, name))
				add_list(c, &t->pairs, "contact", g->members);
	}
	free(copy);
}

/* A service has its host's groups and variables as well; a host's public name is never its services'. */
static void add_host_facts(struct thing *t, const struct thing *host)
{
	const char *at = host->pairs.data, *end = at ? at + host->pairs.len : NULL;

	while (at < end) {
		const char *value = at + strlen(at) + 1;

		if (*at == '_')
			add_pair(&t->pairs, "host.", at, value);
		else if (!strcmp(at, "hostgroup"))
			add_pair(&t->pairs, "", at, value);
		at = value + strlen(value) + 1;
	}
}

static void relate(struct cache *c)
{
	struct thing *t;

	join_hosts(c);
	join_services(c);
	for (t = c->things; t; t = t->hh.next) {
		add_contacts(c, t);
		t->in = *t->service ? find(c, t->host, "") : NULL;
		if (t->in)
			add_host_facts(t, t->in);
	}
}

static int to_objects(const struct cache *c, struct cli_objects *out)
{
	const struct thing *t;
	struct object *o;

	out->at = calloc(HASH_COUNT(c->things) + 1, sizeof *out->at);
	if (!out->at)
		return -1;
	for (t = c->things; t; t = t->hh.next) {
		o = t->pairs.cut ? NULL
				 : object_create("", *t->service ? EVENT_SERVICE : EVENT_HOST, t->host, t->service,
						 buf_text(&t->pairs), t->pairs.len);
		if (o)
			out->at[out->n++] = o;
	}
	return 0;
}

static void groups_free(struct group *g)
{
	struct group *next;

	for (; g; g = next) {
		next = g->next;
		free(g);
	}
}

static void cache_finish(struct cache *c)
{
	struct thing *t, *next;

	HASH_ITER (hh, c->things, t, next) {
		HASH_DEL(c->things, t);
		buf_finish(&t->pairs);
		free(t);
	}
	groups_free(c->hostgroups);
	groups_free(c->servicegroups);
	groups_free(c->contactgroups);
}

int cache_parse(const char *name, char *text, struct cli_objects *out, struct err *err)
{
	struct cache c = {.things = NULL};
	unsigned blocks = read_blocks(&c, text);
	int rc = -1;

	*out = (struct cli_objects){.at = NULL};
	relate(&c);
	if (!blocks || !c.things)
		err_set(err, "%s: this is no objects.cache: it defines no host", name);
	else if (c.failed || to_objects(&c, out) == -1)
		err_set(err, "out of memory");
	else
		rc = 0;
	cache_finish(&c);
	return rc;
}

int cache_read(const char *path, struct cli_objects *out, struct err *err)
{
	FILE *f = fopen(path, "re");
	struct buf text;
	char part[65536];
	size_t n;
	int rc = -1;

	*out = (struct cli_objects){.at = NULL};
	if (!f)
		return err_set(err, "%s: %s", path, strerror(errno));
	buf_init(&text, FILE_MAX);
	while ((n = fread(part, 1, sizeof part, f)) && !text.cut)
		buf_add(&text, part, n);
	if (ferror(f))
		err_set(err, "%s: %s", path, strerror(errno));
	else if (text.cut)
		err_set(err, "%s: more than %u MB", path, FILE_MAX >> 20);
	else if (!text.data || strlen(text.data) != text.len)
		err_set(err, "%s: this is no objects.cache: %s", path, text.len ? "it holds a NUL" : "it is empty");
	else
		rc = cache_parse(path, text.data, out, err);
	buf_finish(&text);
	fclose(f);
	return rc;
}
