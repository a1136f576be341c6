/*
 * Counting an inventory. Called by agent.c when a core came and there are sentinels.
 * Must never keep more than numbers and the object under way.
 */
#include "agent/census.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define PAIRS_MAX (4u << 20) /* bytes of one object */

struct counted {
	struct counted *next;
	struct census_counts counts;
	struct buf pairs; /* of the object under way */
	char node[];
};

struct census {
	struct counted *nodes;
	census_fn *fn;
	void *arg;
};

struct census *census_create(census_fn *fn, void *arg)
{
	struct census *c = calloc(1, sizeof(struct census));

	if (c) {
		c->fn = fn;
		c->arg = arg;
	}
	return c;
}

void census_destroy(struct census *c)
{
	struct counted *n, *next;

	if (!c)
		return;
	LL_FOREACH_SAFE (c->nodes, n, next) {
		buf_finish(&n->pairs);
		free(n);
	}
	free(c);
}

static struct counted *of_node(struct census *c, const char *node)
{
	struct counted *n;

	LL_FOREACH (c->nodes, n)
		if (!strcmp(n->node, node))
			return n;
	n = calloc(1, sizeof *n + strlen(node) + 1);
	if (!n)
		return NULL;
	memcpy(n->node, node, strlen(node) + 1);
	buf_init(&n->pairs, PAIRS_MAX);
	LL_PREPEND(c->nodes, n);
	return n;
}

void census_take(struct census *c, const struct match *sentinels, const char *node, const struct event *ev)
{
	struct counted *n = of_node(c, node);
	struct object *o;

	if (!n)
		return;
	buf_add(&n->pairs, ev->list, ev->list_len);
	if (ev->flags & EVENT_MORE)
		return;
	o = object_create(node, ev->kind, ev->host, ev->service, n->pairs.data ? n->pairs.data : "", n->pairs.len);
	n->counts.objects++;
	n->counts.sentinels += o && sentinels && match_object(sentinels, o);
	if (o && c->fn)
		c->fn(c->arg, o);
	object_destroy(o);
	buf_drop(&n->pairs, n->pairs.len);
}

struct census_counts census_end(struct census *c, const char *node)
{
	struct counted *n = of_node(c, node);
	struct census_counts counts = {0, 0};

	if (!n)
		return counts;
	counts = n->counts;
	n->counts = (struct census_counts){0, 0};
	buf_drop(&n->pairs, n->pairs.len);
	return counts;
}
