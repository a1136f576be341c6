/*
 * The engine's entrance: what the sources report, turned into problems and handed
 * to the incidents they belong to. Called by core.c, once per event.
 * Must never read a clock, do I/O or word a sentence.
 */
#include "agent/incident_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define LOST_MS (5 * 60000) /* operators hear of a lost source after this (SPEC 4.2) */

char *engine_strdup(const char *s)
{
	return s && *s ? strdup(s) : NULL;
}

void engine_set_string(char **at, const char *s)
{
	char *copy;

	if (*at && s && !strcmp(*at, s))
		return;
	copy = engine_strdup(s);
	free(*at);
	*at = copy;
}

void engine_note(struct engine *e, struct incident *i, const char *kind, const char *format, ...)
{
	char text[512];
	va_list ap;

	if (!i)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	e->sink.note(e->sink.arg, i->id, kind, text);
}

struct engine *engine_create(const struct config *config, const struct engine_sink *sink)
{
	struct engine *e = calloc(1, sizeof *e);

	if (!e)
		return NULL;
	e->config = config;
	e->sink = *sink;
	e->next_due = e->all_due = e->own_due = NOW_NEVER;
	if (channels_build(e) == -1) {
		free(e);
		return NULL;
	}
	return e;
}

static void free_list(struct problem *list)
{
	struct problem *p, *next;

	for (p = list; p; p = next) {
		next = p->next;
		problem_free(p);
	}
}

static void free_by_hand(struct engine *e)
{
	struct downtime *d, *dnext;
	struct quiet *q, *qnext;
	struct pause *p, *pnext;

	LL_FOREACH_SAFE (e->downtimes, d, dnext)
		downtime_free(d);
	LL_FOREACH_SAFE (e->quiets, q, qnext)
		quiet_free(q);
	LL_FOREACH_SAFE (e->pauses, p, pnext)
		pause_free(p);
	for (unsigned k = 0; k < e->n_channels; k++)
		free(e->channels[k].longest);
	free(e->channels);
}

void engine_destroy(struct engine *e)
{
	struct problem *p, *pnext;
	struct incident *i, *inext;
	struct node *n, *nnext;

	if (!e)
		return;
	HASH_ITER (hh, e->problems, p, pnext) {
		HASH_DEL(e->problems, p);
		problem_free(p);
	}
	free_list(e->gone);
	flap_free(e);
	LL_FOREACH2 (e->woken, i, next_woken)
		i->is_woken = false;
	gone_saved(e);
	HASH_CLEAR(hh, e->by_id);
	DL_FOREACH_SAFE (e->incidents, i, inext)
		incident_free(e, i);
	LL_FOREACH_SAFE (e->closed, i, inext)
		incident_free(e, i);
	free_by_hand(e);
	LL_FOREACH_SAFE (e->nodes, n, nnext) {
		free(n->name);
		free(n->epoch);
		free(n);
	}
	for (unsigned k = 0; k < e->members_cap; k++)
		free((void *)(uintptr_t)e->members[k]);
	free(e->members);
	free(e->names);
	free(e->object_text);
	free(e->due);
	free(e);
}

/* --- nodes and problems -------------------------------------------------------- */

struct node *engine_node(struct engine *e, const char *name)
{
	struct node *n;

	LL_FOREACH (e->nodes, n)
		if (!strcmp(n->name, name))
			return n;
	n = calloc(1, sizeof *n);
	if (!n)
		return NULL;
	n->engine = e;
	n->name = strdup(name);
	if (!n->name) {
		free(n);
		return NULL;
	}
	LL_PREPEND(e->nodes, n);
	return n;
}

struct problem *engine_problem(const struct engine *e, const char *node, const char *host, const char *service)
{
	char key[EVENT_NAME_MAX * 2 + 260];
	size_t a = strlen(node) + 1, b = strlen(host) + 1, c = strlen(service) + 1;
	struct problem *p;

	if (a + b + c > sizeof key)
		return NULL;
	memcpy(key, node, a);
	memcpy(key + a, host, b);
	memcpy(key + a + b, service, c);
	HASH_FIND(hh, e->problems, key, a + b + c, p);
	return p;
}

void engine_node_up(struct engine *e, const char *node, const char *epoch, const struct now *now)
{
	struct node *n = engine_node(e, node);

	if (!n)
		return;
	n->connected = true;
	n->up = false; /* until its snapshot is through */
	n->restarted = n->epoch && strcmp(n->epoch, epoch) != 0;
	engine_set_string(&n->epoch, epoch);
	n->dirty = true;
	snapshot_ahead(e, n, now);
}

bool engine_is_asking(const struct engine *e)
{
	const struct node *n;

	LL_FOREACH (e->nodes, n)
		if (n->connected && n->undescribed)
			return true;
	return false;
}

bool engine_node_waits(const struct engine *e, const char *node)
{
	const struct node *n;

	LL_FOREACH (e->nodes, n)
		if (!strcmp(n->name, node))
			return n->connected && !n->up;
	return false;
}

void engine_node_down(struct engine *e, const char *node, const struct now *now)
{
	struct node *n = engine_node(e, node);

	if (!n || !n->connected)
		return;
	n->connected = n->up = false;
	n->down_boot_ms = now->boot_ms;
	n->down_wall_s = now->wall_ms / 1000;
	engine_wake(e, now->boot_ms + LOST_MS);
}

/* --- descriptions ----------------------------------------------------------------- */

void engine_ask(struct engine *e, struct problem *p, const struct now *now)
{
	if (!p->waiting) {
		p->waiting = true;
		if (p->node->undescribed++ == 0)
			p->node->undescribed_since_ms = now->boot_ms;
	}
	p->is_asked = true;
	e->sink.describe(e->sink.arg, p->node->name, p->kind, p->host, p->service);
}

/* The core does not have it any more: nobody may be told that it works. */
static void object_is_gone(struct engine *e, struct problem *p, const struct now *now)
{
	struct incident *i = p->incident;

	engine_note(e, i, "note", "%s%s%s is no longer monitored", p->host, p->service[0] ? "/" : "", p->service);
	if (i)
		threads_gone_line(e, i, p, now);
	p->heard = p->notified = 0;
	flap_ends(p);
	problem_recover(e, p, 0, "", now);
	if (i)
		incident_update(e, i, now);
}

/* It is known better by now. One of no incident may matter to any. */
static void problem_wake(struct engine *e, struct problem *p, const struct now *now)
{
	if (p->incident)
		incident_wake(e, p->incident, now->boot_ms);
	else
		engine_wake(e, now->boot_ms);
}

static void is_answered(struct engine *e, struct problem *p, const struct now *now)
{
	struct node *n = p->node;

	problem_stop_waiting(p);
	p->is_asked = false;
	if (p->incident)
		incident_wake(e, p->incident, now->boot_ms);
	if (n->undescribed || !n->is_awaited)
		return;
	n->is_awaited = false;
	engine_wake(e, now->boot_ms);
}

/* It was not in the snapshot, or its end was lost on the way; but it is configured, and well. */
static void object_is_well(struct engine *e, struct problem *p, int64_t since_s, const struct now *now)
{
	struct incident *i = p->incident;

	p->by_restart = p->checking && p->node->restarted && !p->is_doubted;
	if (p->checking)
		flap_follow(p, false, now);
	p->checking = false;
	problem_recover(e, p, since_s, "", now);
	if (i)
		incident_update(e, i, now);
}

void engine_object(struct engine *e, const char *node, unsigned kind, const char *host,
		   const char *service, struct object *o, const struct now *now)
{
	struct problem *p = engine_problem(e, node, host, service);

	(void)kind;
	downtime_object(e, engine_node(e, node), host, service, o, now);
	if (!p) {
		object_destroy(o);
		return;
	}
	is_answered(e, p, now);
	p->is_unknown = !o;
	if (!o) {
		if (p->is_past)
			problem_forget(e, p);
		else if (problem_is_trouble(p))
			object_is_gone(e, p, now);
		return;
	}
	object_destroy(p->object);
	p->object = o;
	member_changed(p); /* what it stands behind is known */
	if (p->is_past) {
		problem_passed(e, p, now);
		return;
	}
	if (snapshot_proves_nothing(e, p, o, now))
		return;
	if (problem_is_live(p) && (p->checking || (o->ok_since_s && o->ok_since_s >= p->since_s))) {
		object_is_well(e, p, o->ok_since_s, now);
		return;
	}
	if (p->checking)
		flap_follow(p, p->checking = false, now); /* the incident's update sees it */
	problem_hear(e, p);
	if (p->adopted)
		return;
	if (!problem_is_live(p)) {
		if (p->incident) { /* over since before anybody could name it */
			incident_add_refs(e, p->incident, p);
			incident_update(e, p->incident, now);
		}
		problem_wake(e, p, now);
		return;
	}
	if (!p->incident || p->rejoins) {
		p->rejoins = false;
		place_problem(e, p, now);
		if (p->incident)
			engine_note(e, p->incident, "event", "%s%s%s %s hard: %.200s", p->host, p->service[0] ? "/" : "",
				    p->service, problem_state_word(p), p->output ? p->output : "");
	} else {
		incident_add_refs(e, p->incident, p);
		threads_for(e, p->incident, p, now);
		incident_update(e, p->incident, now);
	}
	problem_wake(e, p, now);
}

void engine_inventory(struct engine *e, const char *node, unsigned objects, unsigned sentinels,
		      const struct now *now)
{
	struct node *n = engine_node(e, node);

	if (!n)
		return;
	n->objects = objects;
	n->sentinels = sentinels;
	engine_wake(e, now->boot_ms);
}

void engine_event(struct engine *e, const char *node, const struct event *ev, const struct now *now)
{
	struct node *n = engine_node(e, node);
	struct problem *p = NULL;

	if (!n)
		return;
	if (ev->seq)
		n->seq = ev->seq;
	if (!n->adopted && !n->adopting && ev->type != EVENT_SNAP_BEGIN)
		return; /* of before our time: the module kept it for whoever would come */
	if (ev->kind != EVENT_NONE)
		p = engine_problem(e, node, ev->host, ev->service);
	if (p && !problem_is_live(p))
		p = NULL;
	switch ((enum event_type)ev->type) {
	case EVENT_STATE:
	case EVENT_OBJECT: event_state(e, n, ev, now); break;
	case EVENT_SNAP_BEGIN: snapshot_begin(e, n, ev); break;
	case EVENT_SNAP_END: snapshot_end(e, n, ev, now); break;
	case EVENT_ACK:
		if (p)
			event_ack(e, p, ev, now);
		break;
	case EVENT_ACK_GONE:
		if (p)
			event_ack_gone(e, p, ev, now);
		break;
	case EVENT_FLAPPING: flap_event(e, n, ev, now); break;
	case EVENT_DOWNTIME: downtime_event(e, n, ev, now); break;
	case EVENT_NOTIFIED: event_notified(e, n, ev, now); break;
	case EVENT_LOST:
		if (ev->code > 0)
			channels_lost(e, (unsigned)ev->code, now);
		break;
	case EVENT_HELLO:
	case EVENT_COMMENT:
	case EVENT_COMMENT_GONE:
	case EVENT_PROCESS:
	case EVENT_DESCRIPTION:
	case EVENT_MEMBERS:
	case EVENT_INVENTORY:
	case EVENT_INVENTORY_END:
	case EVENT_RESULT:
	case EVENT_WELCOME:
	case EVENT_REFUSE:
	case EVENT_SNAPSHOT:
	case EVENT_DESCRIBE:
	case EVENT_GROUP:
	case EVENT_LIST:
	case EVENT_COMMAND: break;
	}
}

/* --- time ---------------------------------------------------------------------------------- */

static void node_timers(struct engine *e, const struct now *now)
{
	struct node *n;

	LL_FOREACH (e->nodes, n) {
		if (n->connected || n->lost_told)
			continue;
		if (now->boot_ms - n->down_boot_ms < LOST_MS) {
			engine_wake(e, n->down_boot_ms + LOST_MS);
			continue;
		}
		n->lost_told = true;
		say_to_operators(e, SAY_LOST, n, 0, now);
	}
}

/* Timers of a node stand still while it is away or its snapshot is under way. */
static bool stands_still(const struct incident *i)
{
	for (const struct problem *p = i->problems; p; p = p->next)
		if (p->node->up)
			return false;
	return i->problems != NULL;
}

static void incident_timers(struct engine *e, struct incident *i, const struct now *now)
{
	if (i->closed_ms)
		return; /* another one took it in */
	i->due = NOW_NEVER; /* its timers say anew what they wait for */
	if (!stands_still(i))
		thread_timers(e, i, now);
}

void engine_timers(struct engine *e, const struct now *now)
{
	int64_t step = clock_of(now) - e->clock;
	struct incident *i;
	bool is_for_all;

	e->clock = clock_of(now);
	if (step > 1000 || step < -1000) { /* the wall clock was set: what it decides is due anew */
		engine_wake(e, now->boot_ms);
		if (step != clock_of(now)) /* not the first look of all */
			channels_clock(e, step);
		DL_FOREACH (e->incidents, i)
			i->look = 0;
	}
	if (now->boot_ms < e->next_due)
		return;
	if (e->is_new_config)
		incidents_place_anew(e, now);
	e->is_new_config = false;
	is_for_all = due_take(e, now);
	node_timers(e, now);
	snapshot_timers(e, now);
	hand_timers(e, now);
	cutoff_look(e, now);
	channels_timers(e, now); /* a summary stands before what is told after it */
	group_timers(e, now);
	for (unsigned k = 0; k < e->n_due; k++)
		incident_timers(e, e->due[k], now);
	if (is_for_all && e->may_be_unknown)
		e->may_be_unknown = any_is_unknown(e);
	hush_wake(e, now);
}

int64_t engine_next(const struct engine *e)
{
	return e->next_due;
}

void engine_delivery(struct engine *e, uint64_t thread, enum delivery delivery, bool root, const struct now *now)
{
	struct thread *t = NULL;

	if (!root)
		return;
	if (channel_delivery(e, thread, delivery, now)) {
		engine_wake(e, now->boot_ms);
		return;
	}
	HASH_FIND(hh, e->threads, &thread, sizeof thread, t);
	if (!t || t->incident->closed_ms || t->root == DELIVERY_NONE)
		return;
	incident_wake(e, t->incident, now->boot_ms);
	t->root = delivery;
	thread_touch(t);
	if (delivery == DELIVERY_SENT && is_due(t->remind, now))
		remind_restart(e, t, now); /* read only now */
	if (delivery == DELIVERY_DEAD)
		thread_died(e, t, now);
}
