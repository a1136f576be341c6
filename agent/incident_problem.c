/*
 * Problems: the mirror of one object's trouble, and who counts it as trouble.
 * Called by incident.c with what the sources say.
 * Must never speak or wait: that is the threads' business.
 */
#include "agent/incident_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void problem_touch(struct problem *p)
{
	struct engine *e = p->node->engine;

	if (p->dirty)
		return;
	p->dirty = true;
	p->dirty_next = e->dirty;
	e->dirty = p;
}

void problem_label(const struct problem *p, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", p->host, p->service[0] ? "/" : "", p->service);
}

char *problem_label_dup(const struct problem *p)
{
	size_t size = strlen(p->host) + strlen(p->service) + 2;
	char *s = malloc(size);

	if (s)
		problem_label(p, s, size);
	return s;
}

unsigned problem_severity(const struct problem *p)
{
	static const unsigned host[] = {0, 4, 3};
	static const unsigned service[] = {0, 1, 3, 2};

	return p->kind == EVENT_HOST ? host[p->state % 3] : service[p->state % 4];
}

const char *problem_state_word(const struct problem *p)
{
	return event_state_word(p->kind, p->state);
}

/* UNREACHABLE is told to whoever hears of DOWN: to people both mean "cannot be reached". */
static bool audience_hears_state(const struct config_audience *a, const struct problem *p)
{
	unsigned state = p->kind == EVENT_HOST && p->state == EVENT_UNREACHABLE ? EVENT_DOWN : p->state;

	if (!(p->flags & EVENT_HARD) && !a->soft)
		return false;
	if (p->incident && (p->incident->flags & INCIDENT_MAJOR))
		return p->state != EVENT_OK;
	return (a->states & STATE_BIT(p->kind, state)) != 0;
}

/* SURFACE 1.3 rules 3 and 5: no public name, no public post; a host lends its services' names. */
bool audience_includes(const struct config_audience *a, const struct object *o)
{
	if (a->internals)
		return match_object(a->match, o);
	if (object_public_name(o, "") && match_object(a->match, o))
		return true;
	for (unsigned k = 0; k < o->n_named; k++)
		if (match_object(a->match, &o->named[k]))
			return true;
	return false;
}

/* Once told, trouble stays trouble until OK, even where the state sinks below what the audience hears. */
static bool is_told(const struct problem *p, unsigned audience)
{
	if (!p->incident)
		return false;
	for (const struct thread *t = p->incident->threads; t; t = t->next)
		if (t->audience == audience &&
		    (t->state == THREAD_TOLD || t->state == THREAD_RECOVERING || t->state == THREAD_RESOLVED))
			return true;
	return false;
}

struct hearers {
	uint64_t in;	/* its object is theirs */
	uint64_t heard; /* and its state, too */
	uint64_t kept;	/* its state is not, but they were told of it */
};

static struct hearers hearers_of(const struct engine *e, const struct problem *p)
{
	const struct config *c = e->config;
	struct hearers h = {0, 0, 0};

	for (unsigned k = 0; k < c->n_audiences && k < AUDIENCES_MAX; k++) {
		const struct config_audience *a = &c->audiences[k];
		uint64_t bit = AUDIENCE_BIT(k);

		if (a->as_contact && a->as_contact[0]) {
			h.in |= p->notified & bit;
			h.heard |= p->notified & bit;
			continue;
		}
		if (!audience_includes(a, p->object)) { /* not, or by a reload not any more */
			h.kept |= is_told(p, k) ? bit : 0;
			continue;
		}
		h.in |= bit;
		if (audience_hears_state(a, p))
			h.heard |= bit;
		else if (is_told(p, k))
			h.kept |= bit;
	}
	return h;
}

void problem_hear(struct engine *e, struct problem *p)
{
	struct hearers h;
	uint64_t heard;

	if (!p->object)
		return;
	h = hearers_of(e, p);
	p->in = h.in;
	heard = problem_is_live(p) ? h.heard | (p->heard & h.kept) : p->heard & (h.in | h.kept);
	if (heard != p->heard)
		problem_touch(p);
	p->heard = heard;
}

uint64_t problem_heard_as(const struct engine *e, const struct problem *p)
{
	return hearers_of(e, p).heard;
}

struct problem *problem_create(struct engine *e, struct node *n, const struct event *ev)
{
	size_t node = strlen(n->name) + 1, host = strlen(ev->host) + 1, service = strlen(ev->service) + 1;
	struct problem *p = calloc(1, sizeof *p + node + host + service);

	if (!p)
		return NULL;
	memcpy(p->key, n->name, node);
	memcpy(p->key + node, ev->host, host);
	memcpy(p->key + node + host, ev->service, service);
	p->key_len = (uint16_t)(node + host + service);
	p->host = p->key + node;
	p->service = p->key + node + host;
	p->kind = ev->kind;
	p->node = n;
	HASH_ADD_KEYPTR(hh, e->problems, p->key, p->key_len, p);
	flap_recall(e, p);
	return p;
}

int64_t problem_since_for(const struct engine *e, const struct problem *p, unsigned audience)
{
	const struct config_audience *a = &e->config->audiences[audience];
	int64_t since_s = a->soft ? p->since_s : p->hard_s;
	struct problem was = {.kind = p->kind, .state = p->was_state, .flags = EVENT_HARD};

	if (p->worse_s > since_s && !(a->as_contact && a->as_contact[0]) && !audience_hears_state(a, &was))
		return p->worse_s;
	return since_s;
}

static int64_t event_since(const struct event *ev, const struct now *now)
{
	int64_t wall_s = now->wall_ms / 1000;
	int64_t since = ev->since > 0 ? ev->since : ev->time_us / 1000000;

	return since <= 0 || since > wall_s ? wall_s : since; /* never from the future */
}

/* Whether it is well is known now: what waited for that may be due. */
static void is_settled(struct problem *p, const struct now *now)
{
	p->seen = true;
	if (p->checking)
		engine_wake(p->node->engine, now->boot_ms);
	p->checking = false;
}

static void take_state(struct problem *p, const struct event *ev, const struct now *now)
{
	const uint32_t kept = EVENT_HARD | EVENT_ACKED | EVENT_STICKY | EVENT_FLAPS | EVENT_IN_DOWNTIME;

	p->state = ev->state;
	if ((p->flags ^ ev->flags) & EVENT_IN_DOWNTIME)
		engine_wake(p->node->engine, now->boot_ms); /* what it muted may be said */
	p->flags = ev->flags & kept;
	if (!(p->flags & EVENT_ACKED))
		engine_set_string(&p->owner, NULL);
	else if (ev->type == EVENT_OBJECT && ev->author[0])
		engine_set_string(&p->owner, ev->author);
	engine_set_string(&p->output, ev->text);
	if (problem_severity(p) > p->worst)
		p->worst = (uint8_t)problem_severity(p);
	member_changed(p);
	is_settled(p, now);
	problem_touch(p);
}

/* Audiences whose thread waits whether it is over. */
static uint64_t recovering_there(const struct problem *p)
{
	uint64_t bits = 0;

	for (const struct thread *t = p->incident ? p->incident->threads : NULL; t; t = t->next)
		if (t->state == THREAD_RECOVERING || t->state == THREAD_TOLD)
			bits |= AUDIENCE_BIT(t->audience);
	return bits;
}

struct problem *problem_open(struct engine *e, struct node *n, const struct event *ev, const struct now *now)
{
	struct problem *p = engine_problem(e, n->name, ev->host, ev->service);

	if (!p)
		p = problem_create(e, n, ev);
	if (!p)
		return NULL;
	/* A recovery that was not saved yet would leave its row live for ever: keep its number. */
	if (!p->id || !p->dirty) {
		p->id = e->sink.next_id(e->sink.arg);
		p->left = 0;
	}
	p->until_s = 0;
	p->is_past = p->by_restart = false;
	if (!problem_flaps(p)) { /* else whoever heard of it still does, be it as mild as it may */
		p->notified &= recovering_there(p); /* nor was its end said to these */
		p->heard = p->notified;
	}
	p->worst = 0;
	p->worse_s = 0;
	p->clock = clock_of(now);
	p->since_s = p->hard_s = event_since(ev, now);
	take_state(p, ev, now);
	flap_changed(e, p, now);
	return p;
}

static void note_worse(struct problem *p, const struct event *ev, const struct now *now)
{
	struct problem next = {.kind = p->kind, .state = ev->state};

	if (problem_severity(&next) <= problem_severity(p))
		return;
	p->was_state = p->state;
	p->worse_s = event_since(ev, now);
}

void problem_change(struct engine *e, struct problem *p, const struct event *ev, const struct now *now)
{
	if (!(p->flags & EVENT_HARD) && (ev->flags & EVENT_HARD))
		p->hard_s = event_since(ev, now);
	if ((p->flags & EVENT_HARD) && !(ev->flags & EVENT_HARD)) {
		is_settled(p, now); /* a retry that says nothing new */
		return;
	}
	note_worse(p, ev, now);
	take_state(p, ev, now);
	problem_hear(e, p);
}

void problem_stop_waiting(struct problem *p)
{
	if (p->waiting && --p->node->undescribed == 0 && p->node->is_awaited)
		engine_wake(p->node->engine, 0); /* who waited for the last of them looks at once */
	p->waiting = false;
}

#define LATE_S 120 /* over for so long when we hear of it: we were away */

/* Too short for anybody is not worth a question to the core. */
static bool came_late(const struct problem *p, int64_t wall_s)
{
	return (p->flags & EVENT_HARD) && wall_s - p->until_s > LATE_S && p->until_s > p->hard_s;
}

void problem_recover(struct engine *e, struct problem *p, int64_t until_s, const char *output, const struct now *now)
{
	int64_t wall_s = now->wall_ms / 1000;

	p->until_s = until_s > 0 && until_s <= wall_s && until_s >= p->since_s ? until_s : wall_s;
	if (p->until_s == 0)
		p->until_s = 1;
	if (!p->incident && !p->adopted && p->waiting && came_late(p, wall_s)) {
		p->is_past = true; /* forgotten when it is described */
		return;
	}
	p->state = EVENT_OK;
	member_changed(p);
	p->flags = EVENT_HARD | (problem_flaps(p) ? p->flags & (EVENT_FLAPS | EVENT_IN_DOWNTIME) : 0);
	is_settled(p, now);
	problem_touch(p);
	flap_changed(e, p, now);
	if (p->node->cut_off_s || e->config->n_same_objects > 1)
		engine_wake(e, now->boot_ms); /* do we see again? does another node not agree? */
	if (output)
		engine_set_string(&p->output, output);
	problem_stop_waiting(p);
	if (p->incident)
		return;
	/* Never part of an incident: forget it, but let an adopted one's row be closed. */
	flap_remember(e, p);
	problem_forget(e, p);
	if (p->adopted && p->kind == EVENT_HOST)
		place_left(e, p->node, p->host, now);
}

void problem_forget(struct engine *e, struct problem *p)
{
	p->is_past = false;
	p->state = EVENT_OK;
	HASH_DEL(e->problems, p);
	p->next = e->gone;
	e->gone = p;
}

void problem_free(struct problem *p)
{
	if (!p)
		return;
	object_destroy(p->object);
	free(p->output);
	free(p->owner);
	free(p);
}
