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

#define UNACK_PATIENCE_MS 2000
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
	e->next_due = NOW_NEVER;
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
	DL_FOREACH_SAFE (e->incidents, i, inext)
		incident_free(e, i);
	LL_FOREACH_SAFE (e->closed, i, inext)
		incident_free(e, i);
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

	(void)now;
	if (!n)
		return;
	n->connected = true;
	n->up = false; /* until its snapshot is through */
	engine_set_string(&n->epoch, epoch);
	n->dirty = true;
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

static void ask(struct engine *e, struct problem *p, const struct now *now)
{
	if (!p->waiting) {
		p->waiting = true;
		if (p->node->undescribed++ == 0)
			p->node->undescribed_since_ms = now->boot_ms;
	}
	e->sink.describe(e->sink.arg, p->node->name, p->kind, p->host, p->service);
}

/* The core does not have it any more: nobody may be told that it works. */
static void object_is_gone(struct engine *e, struct problem *p, const struct now *now)
{
	struct incident *i = p->incident;

	engine_note(e, i, "note", "%s%s%s is no longer monitored", p->host, p->service[0] ? "/" : "", p->service);
	if (i && is_only_live(i, p))
		threads_gone_line(e, i, now);
	p->heard = 0;
	problem_recover(e, p, 0, "", now);
	if (i)
		incident_update(e, i, now);
}

void engine_object(struct engine *e, const char *node, unsigned kind, const char *host,
		   const char *service, struct object *o, const struct now *now)
{
	struct problem *p = engine_problem(e, node, host, service);

	(void)kind;
	if (!p) {
		object_destroy(o);
		return;
	}
	if (p->waiting) {
		p->waiting = false;
		if (--p->node->undescribed == 0)
			engine_wake(e, now->boot_ms);
	}
	p->is_unknown = !o;
	if (!o) {
		if (problem_is_live(p))
			object_is_gone(e, p, now);
		return;
	}
	object_destroy(p->object);
	p->object = o;
	if (p->checking && problem_is_live(p)) {
		/* Not in the snapshot, but still configured: it is well. */
		p->checking = false;
		struct incident *i = p->incident;

		problem_recover(e, p, o->ok_since_s, "", now);
		if (i)
			incident_update(e, i, now);
		return;
	}
	problem_hear(e, p);
	if (p->adopted)
		return;
	if (!problem_is_live(p)) {
		engine_wake(e, now->boot_ms);
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
	engine_wake(e, now->boot_ms);
}

/* --- states -------------------------------------------------------------------------- */

static bool soft_is_wanted(const struct engine *e)
{
	for (unsigned k = 0; k < e->config->n_audiences; k++)
		if (e->config->audiences[k].soft)
			return true;
	return false;
}

static void note_state(struct engine *e, struct problem *p, const struct event *ev)
{
	if (p->incident)
		engine_note(e, p->incident, "event", "%s%s%s %s %s %u/%u: %.200s", ev->host,
			    ev->service[0] ? "/" : "", ev->service, event_state_word(ev->kind, ev->state),
			    ev->flags & EVENT_HARD ? "hard" : "soft", ev->attempt, ev->max_attempts, ev->text);
}

static void begin(struct engine *e, struct node *n, const struct event *ev, const struct now *now)
{
	struct problem *p = problem_open(e, n, ev, now);

	if (!p)
		return;
	if (n->adopting && ev->type == EVENT_OBJECT) {
		p->adopted = true;
		n->adopted_now++;
		return;
	}
	p->adopted = false;
	if (!p->object || !p->incident) {
		p->rejoins = p->incident != NULL;
		ask(e, p, now);
		return;
	}
	problem_hear(e, p); /* a member from before, broken again */
	place_problem(e, p, now);
	if (p->incident)
		note_state(e, p, ev);
}

static void end(struct engine *e, struct problem *p, int64_t until_s, const struct event *ev, const struct now *now)
{
	struct incident *i = p->incident;

	note_state(e, p, ev);
	problem_recover(e, p, until_s, ev->type == EVENT_STATE || ev->type == EVENT_OBJECT ? ev->text : NULL, now);
	if (i)
		incident_update(e, i, now);
}

/*
 * The core takes an acknowledgement away just before it reports the change of state
 * that made it do so: wait for that, then "has let go" is said only of what was let go.
 */
static void unacked(struct engine *e, struct incident *i, const char *owner, int64_t patience_ms,
		    const struct now *now)
{
	engine_set_string(&i->let_go, owner ? owner : "somebody");
	i->unack_due = now->boot_ms + patience_ms;
	engine_wake(e, i->unack_due);
}

/* Acknowledged while we did not look (a snapshot says so): when exactly, nobody knows. */
static void acked_meanwhile(struct engine *e, struct incident *i, const struct now *now)
{
	i->acked_s = now->wall_ms / 1000;
	engine_note(e, i, "event", "acknowledged by %s", i->owner ? i->owner : "somebody");
	threads_ack_line(e, i, now);
	e->sink.acked(e->sink.arg, i->id, true, "");
}

/* An adopted problem that gets worse is news after all. */
static void change(struct engine *e, struct problem *p, const struct event *ev, const struct now *now)
{
	unsigned before = problem_severity(p);
	bool acked = (p->flags & EVENT_ACKED) != 0, was_root = p->incident && incident_root(p->incident) == p;
	char *owner = engine_strdup(p->owner);

	problem_change(e, p, ev, now);
	if (p->adopted && problem_severity(p) > before) {
		p->adopted = false;
		p->since_s = ev->since ? ev->since : now->wall_ms / 1000;
		ask(e, p, now);
	}
	if (p->incident) {
		struct incident *i = p->incident;

		if (problem_severity(p) != before)
			note_state(e, p, ev);
		threads_for(e, i, p, now);
		incident_update(e, i, now);
		if (!acked && (p->flags & EVENT_ACKED) && was_root && i->closed_ms == 0)
			acked_meanwhile(e, i, now);
		if (acked && !(p->flags & EVENT_ACKED) && was_root && i->closed_ms == 0) {
			unacked(e, i, owner, 0, now);
			e->sink.acked(e->sink.arg, i->id, false, "");
		}
	} else if (p->object && !p->adopted) {
		place_problem(e, p, now);
	}
	free(owner);
}

static void on_state(struct engine *e, struct node *n, const struct event *ev, const struct now *now)
{
	struct problem *p = engine_problem(e, n->name, ev->host, ev->service);
	bool live = p && problem_is_live(p);

	if (!live) {
		if (ev->state != EVENT_OK && ((ev->flags & EVENT_HARD) || soft_is_wanted(e)))
			begin(e, n, ev, now);
		return;
	}
	if (ev->state == EVENT_OK) {
		end(e, p, ev->since ? ev->since : ev->time_us / 1000000, ev, now);
		return;
	}
	if (ev->type == EVENT_OBJECT && ev->last_ok > p->since_s) {
		/* It was well in between, while we did not look. */
		struct event was = *ev;
		was.state = EVENT_OK;
		end(e, p, ev->last_ok, &was, now);
		begin(e, n, ev, now);
		return;
	}
	change(e, p, ev, now);
}

/* --- acknowledgements, downtime, flapping, notifications ------------------------------ */

/* Of our own commands only the person's words: "WORDS - via HANDLE MARK", or "ack - via ..." for none. */
static void set_ack_text(struct incident *i, const struct event *ev)
{
	char *via;

	engine_set_string(&i->ack_text, ev->text);
	if (!ev->mark[0] || !i->ack_text)
		return;
	via = strstr(i->ack_text, " - via ");
	if (via)
		*via = '\0';
	if (!strcmp(i->ack_text, "ack"))
		engine_set_string(&i->ack_text, NULL);
}

static void on_ack(struct engine *e, struct problem *p, const struct event *ev, const struct now *now)
{
	struct incident *i = p->incident;
	bool news = !(p->flags & EVENT_ACKED) || !p->owner || strcmp(p->owner, ev->author) != 0;

	p->flags |= EVENT_ACKED | (ev->flags & EVENT_STICKY);
	engine_set_string(&p->owner, ev->author);
	problem_touch(p);
	if (!i)
		return;
	engine_note(e, i, "event", "%s%s%s acknowledged by %s: %.200s", p->host, p->service[0] ? "/" : "",
		    p->service, ev->author, ev->text);
	if (incident_root(i) != p)
		return;
	i->acked_s = ev->time_us / 1000000;
	i->ack_until_s = ev->until;
	set_ack_text(i, ev);
	incident_refresh(i);
	if (news)
		threads_ack_line(e, i, now);
	e->sink.acked(e->sink.arg, i->id, true, ev->mark);
}

static void on_ack_gone(struct engine *e, struct problem *p, const struct event *ev, const struct now *now)
{
	struct incident *i = p->incident;
	char *owner = engine_strdup(p->owner);

	if (p->flags & EVENT_ACKED) {
		p->flags &= ~(uint32_t)(EVENT_ACKED | EVENT_STICKY);
		engine_set_string(&p->owner, NULL);
		problem_touch(p);
		if (i && incident_root(i) == p) {
			incident_refresh(i);
			unacked(e, i, owner, ev->flags & EVENT_OURS ? 0 : UNACK_PATIENCE_MS, now);
			e->sink.acked(e->sink.arg, i->id, false, ev->mark);
		}
	}
	free(owner);
}

static void set_flag(struct engine *e, struct problem *p, uint32_t flag, bool on, const struct now *now)
{
	struct thread *t;

	p->flags = on ? p->flags | flag : p->flags & ~flag;
	problem_touch(p);
	if (!p->incident)
		return;
	if (flag == EVENT_IN_DOWNTIME && !on)
		LL_FOREACH (p->incident->threads, t)
			if (t->state == THREAD_HELD) {
				t->due = now->boot_ms + e->config->audiences[t->audience].hold_ms;
				t->dirty = true;
			}
	incident_update(e, p->incident, now);
	engine_wake(e, now->boot_ms);
}

/* A host's downtime covers its services; the core itself does not say so. */
static void on_downtime(struct engine *e, struct node *n, const struct event *ev, const struct now *now)
{
	bool begins = ev->sub == EVENT_DOWNTIME_START;
	struct problem *p, *next;

	if (!begins && ev->sub != EVENT_DOWNTIME_STOP)
		return;
	HASH_ITER (hh, e->problems, p, next) {
		if (p->node != n || !problem_is_live(p) || strcmp(p->host, ev->host) != 0)
			continue;
		if (ev->kind == EVENT_SERVICE && strcmp(p->service, ev->service) != 0)
			continue;
		set_flag(e, p, EVENT_IN_DOWNTIME, begins, now);
	}
}

/* as_contact: the core decided to notify this contact; that is the audience's match and states. */
static void on_notified(struct engine *e, struct node *n, const struct event *ev, const struct now *now)
{
	struct problem *p = engine_problem(e, n->name, ev->host, ev->service);
	const struct config *c = e->config;
	uint64_t bits = 0;

	for (unsigned k = 0; k < c->n_audiences && k < AUDIENCES_MAX; k++)
		if (c->audiences[k].as_contact && c->audiences[k].as_contact[0] &&
		    !strcmp(c->audiences[k].as_contact, ev->author))
			bits |= AUDIENCE_BIT(k);
	if (!bits || ev->state == EVENT_OK)
		return;
	if (!p || !problem_is_live(p)) {
		/* The core notifies before it reports the change of state. */
		struct event hard = *ev;
		hard.flags = EVENT_HARD;
		begin(e, n, &hard, now);
		p = engine_problem(e, n->name, ev->host, ev->service);
	}
	if (!p || !problem_is_live(p))
		return;
	p->notified |= bits;
	if (!p->object)
		return;
	problem_hear(e, p);
	if (!p->incident)
		place_problem(e, p, now);
	else
		threads_for(e, p->incident, p, now);
}

/* --- snapshots --------------------------------------------------------------------------- */

static bool in_scope(const struct problem *p, const struct node *n, const struct event *ev)
{
	if (p->node != n || !problem_is_live(p))
		return false;
	return !ev->host[0] || (p->kind == EVENT_SERVICE && !strcmp(p->host, ev->host));
}

static void snapshot_begin(struct engine *e, struct node *n, const struct event *ev)
{
	struct problem *p, *next;

	if (!ev->host[0]) {
		n->up = false;
		n->adopting = !n->adopted;
		n->adopted_now = 0;
	}
	HASH_ITER (hh, e->problems, p, next)
		if (in_scope(p, n, ev))
			p->seen = false;
}

static void say_to_operators(struct engine *e, enum say_event event, const struct node *n, unsigned count,
			     const struct now *now)
{
	const struct config *c = e->config;
	char tag[TAG_SIZE];

	for (unsigned a = 0; a < c->n_audiences; a++) {
		struct say_target target = {.audience = a};
		struct say say = {.event = event, .symbol = SYMBOL_WHITE, .count = count, .object = n->name,
				  .now = now->wall_ms / 1000, .duration = -1};

		if (!c->audiences[a].internals)
			continue;
		say.since = event == SAY_LOST ? n->down_wall_s : say.now;
		for (unsigned k = 0; k < c->audiences[a].n_accounts; k++) {
			target.account = c->audiences[a].accounts[k];
			e->sink.fresh_tag(e->sink.arg, tag);
			say.tag = tag;
			e->sink.say(e->sink.arg, &target, &say);
		}
	}
}

static void snapshot_end(struct engine *e, struct node *n, const struct event *ev, const struct now *now)
{
	struct problem *p, *next;

	HASH_ITER (hh, e->problems, p, next) {
		if (!in_scope(p, n, ev))
			continue;
		p->checking = !p->seen; /* well, or gone from the configuration? */
		if (p->checking || (!p->object && !p->adopted))
			ask(e, p, now);
	}
	/* what is over since our start still has to be named in its recovery */
	HASH_ITER (hh, e->problems, p, next)
		if (p->node == n && !problem_is_live(p) && p->incident && !p->object && !p->is_unknown)
			ask(e, p, now);
	if (ev->host[0])
		return;
	n->up = true;
	n->lost_told = false;
	if (n->adopting) {
		n->adopting = false;
		n->adopted = true;
		if (n->adopted_now)
			say_to_operators(e, SAY_ADOPTED, n, n->adopted_now, now);
	}
	n->dirty = true;
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
	if (ev->kind != EVENT_NONE)
		p = engine_problem(e, node, ev->host, ev->service);
	if (p && !problem_is_live(p))
		p = NULL;
	switch ((enum event_type)ev->type) {
	case EVENT_STATE:
	case EVENT_OBJECT: on_state(e, n, ev, now); break;
	case EVENT_SNAP_BEGIN: snapshot_begin(e, n, ev); break;
	case EVENT_SNAP_END: snapshot_end(e, n, ev, now); break;
	case EVENT_ACK:
		if (p)
			on_ack(e, p, ev, now);
		break;
	case EVENT_ACK_GONE:
		if (p)
			on_ack_gone(e, p, ev, now);
		break;
	case EVENT_FLAPPING:
		if (p)
			set_flag(e, p, EVENT_FLAPS, (ev->flags & EVENT_FLAPS) != 0, now);
		break;
	case EVENT_DOWNTIME: on_downtime(e, n, ev, now); break;
	case EVENT_NOTIFIED: on_notified(e, n, ev, now); break;
	case EVENT_HELLO:
	case EVENT_COMMENT:
	case EVENT_COMMENT_GONE:
	case EVENT_PROCESS:
	case EVENT_LOST:
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
	return i->problems && !i->problems->node->up;
}

void engine_timers(struct engine *e, const struct now *now)
{
	struct incident *i, *next;

	if (now->boot_ms < e->next_due)
		return;
	e->next_due = NOW_NEVER;
	node_timers(e, now);
	DL_FOREACH_SAFE (e->incidents, i, next)
		if (!stands_still(i))
			thread_timers(e, i, now);
}

int64_t engine_next(const struct engine *e)
{
	return e->next_due;
}

void engine_delivery(struct engine *e, uint64_t thread, enum delivery delivery, bool root, const struct now *now)
{
	struct incident *i;
	struct thread *t;

	(void)now;
	if (!root)
		return;
	DL_FOREACH (e->incidents, i)
		LL_FOREACH (i->threads, t)
			if (t->id == thread && t->root != DELIVERY_NONE) {
				t->root = delivery;
				t->dirty = true;
				return;
			}
}
