/*
 * What the agent asks a core, and who waits for the answer: descriptions, inventories,
 * commands. Called by core.c through the loop; answers come through source_module.c.
 * Must never have more questions under way than a core answers in one turn of its loop.
 */
#include "agent/source_internal.h"

#include "common/log.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define ASKED_MAX 256	      /* descriptions under way; the others wait here, not in the core */
#define PAIRS_MAX (4u << 20)  /* bytes of one description */
#define WAITING_MAX (256u << 20) /* bytes of names: some millions of objects */
#define WAITING_KEPT 4096

static void request_free(struct request *r)
{
	buf_finish(&r->pairs);
	free(r);
}

void source_requests_init(struct connection *c)
{
	buf_init(&c->waiting, WAITING_MAX);
	c->waiting_at = 0;
}

void source_requests_drop(struct connection *c)
{
	struct request *r, *next;

	HASH_ITER (hh, c->asked, r, next) {
		HASH_DEL(c->asked, r);
		request_free(r);
	}
	buf_finish(&c->waiting);
	source_requests_init(c);
	c->n_asked = 0;
}

void connection_send(struct connection *c, const struct event *ev)
{
	unsigned char frame[EVENT_MAX];
	size_t n = event_encode(ev, frame, sizeof frame);

	if (!n || buf_add(&c->out, frame, n) == -1) {
		log_warnx("source", "node %s does not take what we send: dropped", c->node ? c->node : "?");
		c->dead = true;
	}
}

/* The next question, which is under way from now on. NULL: out of memory. */
static struct request *take_waiting(struct source *s, struct connection *c)
{
	const char *at = c->waiting.data + c->waiting_at, *host = at + 1;
	size_t host_size = strlen(host) + 1, size = host_size + strlen(host + host_size) + 1;
	struct request *r = calloc(1, sizeof *r + size);

	if (r) {
		r->id = ++s->next_id;
		r->kind = (unsigned char)*at;
		memcpy(r->names, host, size);
		r->service = r->names + host_size;
		buf_init(&r->pairs, PAIRS_MAX);
		HASH_ADD(hh, c->asked, id, sizeof r->id, r);
		c->n_asked++;
	}
	c->waiting_at += 1 + size;
	return r;
}

/* Moves what is left to the front now and then; an empty queue keeps little memory. */
static void forget_asked(struct connection *c)
{
	if (c->waiting_at == c->waiting.len && c->waiting.cap > WAITING_KEPT) {
		buf_finish(&c->waiting);
		source_requests_init(c);
	} else if (c->waiting_at > c->waiting.len / 2) {
		buf_drop(&c->waiting, c->waiting_at);
		c->waiting_at = 0;
	}
}

static void ask_more(struct source *s, struct connection *c)
{
	struct request *r;

	while (c->n_asked < ASKED_MAX && c->waiting_at < c->waiting.len) {
		r = take_waiting(s, c);
		if (r)
			connection_send(c, &(struct event){.type = EVENT_DESCRIBE, .id = r->id,
							   .kind = (uint8_t)r->kind, .host = r->names,
							   .service = r->service});
	}
	forget_asked(c);
}

/* False: it did not fit. */
static bool put_waiting(struct buf *waiting, unsigned kind, const char *host, const char *service)
{
	size_t before = waiting->len;

	buf_char(waiting, (char)kind);
	buf_add(waiting, host, strlen(host) + 1);
	if (buf_add(waiting, service, strlen(service) + 1) == 0 && !waiting->cut)
		return true;
	buf_truncate(waiting, before);
	waiting->cut = false;
	return false;
}

struct connection *source_by_node(const struct source *s, const char *node)
{
	struct connection *c;

	LL_FOREACH (s->connections, c)
		if (c->welcome && !c->dead && !strcmp(c->node, node))
			return c;
	return NULL;
}

/* What was answered may have gone with the ring: ask anew; late answers to old ids are ignored. */
void source_ask_again(struct source *s, struct connection *c)
{
	struct request *r, *next;
	struct buf first;

	buf_init(&first, WAITING_MAX);
	HASH_ITER (hh, c->asked, r, next) {
		HASH_DEL(c->asked, r);
		put_waiting(&first, r->kind, r->names, r->service);
		request_free(r);
	}
	c->n_asked = 0;
	buf_add(&first, buf_text(&c->waiting) + c->waiting_at, c->waiting.len - c->waiting_at);
	buf_finish(&c->waiting);
	c->waiting = first;
	c->waiting_at = 0;
	ask_more(s, c);
}

void source_describe(struct source *s, const char *node, unsigned kind, const char *host, const char *service)
{
	struct connection *c = source_by_node(s, node);

	/* If not: the snapshot after the next connect asks again. */
	if (c && put_waiting(&c->waiting, kind, host, service))
		ask_more(s, c);
}

int source_command(struct source *s, const char *node, const struct event *cmd)
{
	struct connection *c = source_by_node(s, node);

	if (!c)
		return -1;
	connection_send(c, cmd);
	return c->dead ? -1 : 0;
}

unsigned source_inventory(struct source *s, source_inventory_fn *fn, void *arg)
{
	struct connection *c;
	unsigned n = 0;

	LL_FOREACH (s->connections, c) {
		struct inventory *i = c->welcome && !c->dead ? calloc(1, sizeof *i) : NULL;
		struct event ev = {.type = EVENT_LIST};

		if (!i)
			continue;
		i->fn = fn;
		i->arg = arg;
		i->id = ev.id = ++s->next_id;
		LL_PREPEND(c->inventories, i);
		connection_send(c, &ev);
		n++;
	}
	return n;
}

void source_inventory_cancel(struct source *s, void *arg)
{
	struct connection *c;
	struct inventory *i, *next;

	LL_FOREACH (s->connections, c)
		LL_FOREACH_SAFE (c->inventories, i, next)
			if (i->arg == arg) {
				LL_DELETE(c->inventories, i);
				free(i);
			}
}

void source_on_description(struct source *s, struct connection *c, const struct event *ev)
{
	struct request *r;
	struct object *o = NULL;

	HASH_FIND(hh, c->asked, &ev->id, sizeof ev->id, r);
	if (!r)
		return;
	buf_add(&r->pairs, ev->list, ev->list_len);
	if (ev->flags & EVENT_MORE)
		return;
	HASH_DEL(c->asked, r);
	c->n_asked--;
	if (ev->code == 0)
		o = object_create(c->node, r->kind, r->names, r->service, buf_text(&r->pairs), r->pairs.len);
	if (o && ev->kind != EVENT_NONE && ev->state == EVENT_OK) {
		o->is_pending = (ev->flags & EVENT_UNCHECKED) != 0;
		o->ok_since_s = ev->since;
		o->ok_seen_s = ev->last_ok;
	}
	if (ev->code == 0 && !o)
		log_warnx("source", "node %s: description of %s %s is malformed", c->node, r->names, r->service);
	if (o || ev->code != 0)
		s->events.object(s->events.arg, c->node, r->kind, r->names, r->service, o);
	request_free(r);
	ask_more(s, c);
}

void source_on_inventory(struct connection *c, const struct event *ev)
{
	struct inventory *i, *next;

	LL_FOREACH_SAFE (c->inventories, i, next) {
		if (i->id != ev->id)
			continue;
		if (ev->type == EVENT_INVENTORY) {
			i->fn(i->arg, c->node, ev);
			continue;
		}
		LL_DELETE(c->inventories, i);
		i->fn(i->arg, c->node, NULL);
		free(i);
	}
}
