/*
 * Scheduled downtimes as the core has them, and the maintenance that each belongs to.
 * Called with the core's events and snapshots, and by whoever asks what covers an object.
 * Must never speak: what is said of them is incident_maintenance.c's and incident_rest.c's.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define CHAIN_S 60	       /* one that begins so soon after another goes on with it */
#define OTHERS_ID 0x80000000u /* no core counts so far */

static void touch(struct engine *e, struct downtime *d)
{
	d->dirty = true;
	e->downtime_changes++;
}

static bool is_of(const struct downtime *d, const struct node *n, const char *host, const char *service)
{
	return d->node == n && !strcmp(d->host, host) && !strcmp(d->service, service);
}

/* --- beginning and end of the struct ------------------------------------------------- */

static unsigned host_slot(const char *host)
{
	unsigned sum = 2166136261u; /* FNV-1a */

	while (*host)
		sum = (sum ^ (unsigned char)*host++) * 16777619u;
	return (sum ^ sum >> 16) % DOWNTIME_SLOTS;
}

void downtime_link(struct engine *e, struct downtime *d)
{
	LL_PREPEND(e->downtimes, d);
	LL_PREPEND2(e->of_host[host_slot(d->host)], d, host_next);
	LL_PREPEND2(e->of_id[d->id % DOWNTIME_SLOTS], d, id_next);
}

void downtime_unlink(struct engine *e, struct downtime *d)
{
	LL_DELETE(e->downtimes, d);
	LL_DELETE2(e->of_host[host_slot(d->host)], d, host_next);
	LL_DELETE2(e->of_id[d->id % DOWNTIME_SLOTS], d, id_next);
}

struct downtime *downtimes_near(const struct engine *e, const char *host)
{
	return e->of_host[host_slot(host)];
}

void downtime_free(struct downtime *d)
{
	if (!d)
		return;
	object_destroy(d->object);
	free(d->host);
	free(d->service);
	free(d->author);
	free(d->text);
	free(d);
}

void downtime_attach(struct downtime *d, struct incident *i)
{
	d->incident = i;
	d->sibling = NULL;
	d->dirty = true;
	LL_APPEND2(i->downtimes, d, sibling);
}

static void forget(struct downtime *d)
{
	if (d->incident)
		LL_DELETE2(d->incident->downtimes, d, sibling);
	d->incident = NULL;
	d->is_gone = d->dirty = true;
}

void downtimes_let_go(struct incident *i)
{
	struct downtime *d, *next;

	LL_FOREACH_SAFE2 (i->downtimes, d, next, sibling) {
		d->incident = NULL;
		d->sibling = NULL;
		d->dirty = true;
		d->flags |= DOWNTIME_UNTOLD;
		d->is_gone = (d->flags & DOWNTIME_OVER) != 0;
	}
	i->downtimes = NULL;
}

/*
 * A core that has forgotten its downtimes counts from 1 again: what had the number before
 * keeps its row under another one until its end has been told.
 */
static struct downtime *find(struct engine *e, struct node *n, const struct event *ev)
{
	struct downtime *d;

	for (d = e->of_id[ev->id % DOWNTIME_SLOTS]; d; d = d->id_next) {
		if (d->is_gone || d->node != n || d->id != ev->id)
			continue;
		if (is_of(d, n, ev->host, ev->service))
			return d;
		d->id |= OTHERS_ID; /* its slot stays the same */
		d->dirty = true;
	}
	return NULL;
}

static struct downtime *create(struct engine *e, struct node *n, const struct event *ev)
{
	struct downtime *d = calloc(1, sizeof *d);

	if (!d)
		return NULL;
	d->node = n;
	d->id = ev->id;
	d->kind = ev->kind;
	d->host = strdup(ev->host);
	d->service = strdup(ev->service);
	if (!d->host || !d->service) {
		downtime_free(d);
		return NULL;
	}
	downtime_link(e, d);
	return d;
}

/* --- events ------------------------------------------------------------------------------ */

/* Times, words; true where that is news. */
static bool take_facts(struct engine *e, struct downtime *d, const struct event *ev)
{
	unsigned flags = (d->flags & ~(unsigned)(DOWNTIME_OVER | DOWNTIME_FIXED)) |
			 (ev->flags & EVENT_FIXED ? DOWNTIME_FIXED : 0);
	bool is_news = flags != d->flags || d->from_s != ev->since || d->to_s != ev->until;

	d->flags = flags | DOWNTIME_SEEN;
	if (!is_news && d->author && !strcmp(d->author, ev->author))
		return false;
	d->from_s = ev->since;
	d->to_s = ev->until;
	engine_set_string(&d->author, ev->author);
	engine_set_string(&d->text, ev->text);
	touch(e, d);
	return is_news;
}

/*
 * What is flexible begins when trouble does: until then it is nothing to speak of. Nor is
 * what a node's first snapshot brings running: its people know.
 */
static void consider(struct engine *e, struct downtime *d, const struct now *now)
{
	bool is_running = (d->flags & DOWNTIME_RUNS) != 0;

	if (!d->incident && !(d->flags & DOWNTIME_UNTOLD) && ((d->flags & DOWNTIME_FIXED) || is_running) &&
	    !(is_running && d->node->adopting))
		maintenance_join(e, d, now);
}

static void take(struct engine *e, struct node *n, const struct event *ev, const struct now *now)
{
	struct downtime *d = find(e, n, ev);
	bool runs = ev->sub == EVENT_DOWNTIME_START || (ev->flags & EVENT_IN_DOWNTIME);
	bool is_known = d != NULL, is_start, is_news;

	if (!d)
		d = create(e, n, ev);
	if (!d)
		return;
	is_start = runs && !(d->flags & DOWNTIME_RUNS);
	is_news = take_facts(e, d, ev);
	if (is_start) {
		d->flags |= DOWNTIME_RUNS;
		touch(e, d);
	}
	if (!is_known || is_start)
		consider(e, d, now);
	if (d->incident && is_known && is_news)
		maintenance_settle(e, d->incident, now);
	if (d->incident)
		maintenance_look(e, d->incident, now);
}

/* An end before its time may be the first half of a change. */
static void over(struct engine *e, struct downtime *d, bool is_early, const struct now *now)
{
	if (d->flags & DOWNTIME_OVER)
		return;
	d->flags = (d->flags & ~(unsigned)DOWNTIME_RUNS) | DOWNTIME_OVER;
	touch(e, d);
	if (!d->incident) {
		forget(d);
		return;
	}
	if (is_early)
		maintenance_settle(e, d->incident, now);
	maintenance_look(e, d->incident, now);
}

void downtime_event(struct engine *e, struct node *n, const struct event *ev, const struct now *now)
{
	struct downtime *d;

	switch ((enum event_downtime)(ev->id ? ev->sub : 0)) {
	case EVENT_DOWNTIME_ADD:
	case EVENT_DOWNTIME_START: take(e, n, ev, now); break;
	case EVENT_DOWNTIME_STOP:
	case EVENT_DOWNTIME_DELETE:
		d = find(e, n, ev);
		if (d)
			over(e, d, ev->sub == EVENT_DOWNTIME_DELETE || (ev->flags & EVENT_CANCELLED), now);
		break;
	}
	event_downtime(e, n, ev, now);
	engine_wake(e, now->boot_ms);
}

void downtimes_begin(struct engine *e, struct node *n)
{
	struct downtime *d;

	LL_FOREACH (e->downtimes, d)
		if (d->node == n)
			d->flags &= ~(unsigned)DOWNTIME_SEEN;
}

/* What was not in the snapshot has ended, or was cancelled, while we did not look. */
void downtimes_end(struct engine *e, struct node *n, const struct now *now)
{
	struct downtime *d, *next;

	LL_FOREACH_SAFE (e->downtimes, d, next) {
		if (d->node != n || d->is_gone)
			continue;
		if (!(d->flags & DOWNTIME_SEEN)) {
			over(e, d, now->wall_ms / 1000 < d->to_s, now);
			d->flags |= DOWNTIME_ASKED;
		}
		if (!d->incident)
			continue;
		if (!d->object || (d->flags & DOWNTIME_ASKED))
			e->sink.describe(e->sink.arg, n->name, d->kind, d->host, d->service);
		maintenance_look(e, d->incident, now);
	}
}

void downtime_object(struct engine *e, struct node *n, const char *host, const char *service, struct object *o,
		     const struct now *now)
{
	struct downtime *d;

	LL_FOREACH2 (downtimes_near(e, host), d, host_next) {
		if (d->is_gone || !d->incident || !is_of(d, n, host, service))
			continue;
		d->flags &= ~(unsigned)(DOWNTIME_ASKED | DOWNTIME_UNKNOWN);
		if (!o)
			d->flags |= DOWNTIME_UNKNOWN;
		if (o) {
			object_destroy(d->object);
			d->object = object_share(o);
			maintenance_hear(e, d, now);
		}
		maintenance_look(e, d->incident, now);
	}
}

/* --- what covers an object --------------------------------------------------------------- */

/* Nodes that watch the same objects have the same work done on them. */
static bool is_same_site(const struct node *n, const struct node *other)
{
	return n == other || !strcmp(site_of(n->engine, n), site_of(n->engine, other));
}

bool downtime_covers(const struct downtime *d, const struct problem *p)
{
	return (d->kind == EVENT_HOST || !strcmp(d->service, p->service)) && !strcmp(d->host, p->host) &&
	       is_same_site(d->node, p->node);
}

bool downtime_mutes(const struct engine *e, const struct problem *p, bool on_any_node)
{
	const struct downtime *d;

	LL_FOREACH2 (downtimes_near(e, p->host), d, host_next)
		if ((d->flags & DOWNTIME_RUNS) && !d->is_gone && (on_any_node || d->node == p->node) &&
		    downtime_covers(d, p))
			return true;
	return false;
}

/* The end of what runs, and of what takes over from it without a gap; 0: none that we know of. */
int64_t downtime_end_of(const struct engine *e, const struct problem *p, const struct downtime **which)
{
	const struct downtime *d;
	int64_t end_s = 0;
	bool more = true;

	while (more) {
		more = false;
		LL_FOREACH2 (downtimes_near(e, p->host), d, host_next) {
			bool runs = (d->flags & DOWNTIME_RUNS) != 0;
			bool follows = end_s && (d->flags & DOWNTIME_FIXED) && d->from_s <= end_s + CHAIN_S;

			if (d->is_gone || (d->flags & DOWNTIME_OVER) || !(runs || follows) || d->to_s <= end_s ||
			    !downtime_covers(d, p))
				continue;
			end_s = d->to_s;
			*which = d;
			more = true;
		}
	}
	return end_s;
}
