/*
 * The simulated cores of the random-event test: they keep the truth and report it as the
 * module would. Called by story.c. Must never tell the two engines different things.
 */
#include "tests/random/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

const char *const site_names[NODES] = {"mon1", "mon2"};

/* Routers, hosts behind them, hosts of their own; on a second core some of the same. */
static const struct {
	unsigned node;
	const char *host, *service, *parents[2], *name, *group, *rack;
} topology[] = {
	{0, "r1", "", {0}, NULL, NULL, "A"},
	{0, "r2", "", {"r1"}, NULL, NULL, "A"},
	{0, "h1", "", {"r1"}, NULL, "web", "A"},
	{0, "h1", "http", {0}, "Web", "web", "A"},
	{0, "h1", "ssh", {0}, NULL, "web", "A"},
	{0, "h2", "", {"r1"}, NULL, NULL, "A"},
	{0, "h2", "http", {0}, "Web", NULL, "A"},
	{0, "h2", "smtp", {0}, "E-mail", NULL, "A"},
	{0, "h3", "", {"r2"}, "Archive", NULL, "B"},
	{0, "h3", "db", {0}, NULL, NULL, "B"},
	{0, "h3", "disk", {0}, NULL, NULL, "B"},
	{0, "h4", "", {"r2", "r1"}, NULL, NULL, "B"},
	{0, "h4", "smtp", {0}, "E-mail", NULL, "B"},
	{0, "h4", "load", {0}, NULL, NULL, "B"},
	{0, "h5", "", {0}, NULL, "web", "B"},
	{0, "h5", "shop", {0}, "Shop", "web", "B"},
	{0, "h5", "cart", {0}, "Shop", "web", "B"},
	{0, "h5", "disk", {0}, NULL, "web", "B"},
	{0, "h6", "", {0}, NULL, "web", "C"},
	{0, "h6", "http", {0}, NULL, "web", "C"},
	{0, "h6", "vpn", {0}, "VPN", "web", "C"},
	{1, "r1", "", {0}, NULL, NULL, "A"},
	{1, "h1", "", {"r1"}, NULL, "web", "A"},
	{1, "h1", "http", {0}, "Web", "web", "A"},
	{1, "x1", "", {0}, NULL, NULL, "C"},
	{1, "x1", "dns", {0}, "Names", NULL, "C"},
};
#define TOPOLOGY (sizeof topology / sizeof *topology)

int thing_find(const struct rig *r, unsigned node, const char *host, const char *service)
{
	for (unsigned k = 0; k < r->n_things; k++)
		if (r->things[k].node == node && !strcmp(r->things[k].host, host) &&
		    !strcmp(r->things[k].service, service))
			return (int)k;
	return -1;
}

void truth_init(struct rig *r)
{
	int64_t ago = r->now.wall_ms / 1000 - 86400;

	for (unsigned k = 0; k < TOPOLOGY; k++) {
		struct thing *t = &r->things[r->n_things++];

		*t = (struct thing){.node = topology[k].node, .host = topology[k].host, .service = topology[k].service,
				    .name = topology[k].name, .group = topology[k].group, .rack = topology[k].rack,
				    .author = "", .since_s = ago, .ok_s = ago, .parents = {-1, -1}};
		t->kind = t->service[0] ? EVENT_SERVICE : EVENT_HOST;
		t->home = thing_find(r, t->node, t->host, "");
		for (unsigned j = 0; j < 2 && topology[k].parents[j]; j++)
			t->parents[j] = thing_find(r, t->node, topology[k].parents[j], "");
	}
}

const char *thing_label(const struct thing *t)
{
	static char text[4][2 * NAME_MAX_LEN];
	static unsigned turn;
	char *at = text[turn++ % 4];

	snprintf(at, sizeof text[0], "%s%s:%s%s%s", t->node ? "2" : "", t->node ? "" : "1", t->host, t->service[0] ? "/" : "", t->service);
	return at;
}

unsigned thing_ancestors(const struct rig *r, int thing, int out[THINGS_MAX])
{
	unsigned n = 0;

	out[n++] = r->things[thing].home;
	for (unsigned at = 0; at < n; at++)
		for (unsigned j = 0; j < 2; j++) {
			int up = r->things[out[at]].parents[j];
			bool is_new = up >= 0;

			for (unsigned k = 0; k < n; k++)
				is_new = is_new && out[k] != up;
			if (is_new)
				out[n++] = up;
		}
	memmove(out, out + 1, (n - 1) * sizeof *out);
	return n - 1;
}

bool thing_rests(const struct rig *r, int thing)
{
	const struct thing *t = &r->things[thing];

	return t->running || r->things[t->home].running;
}

/* --- descriptions -------------------------------------------------------------------------- */

static void pair(struct buf *out, const char *key, const char *value)
{
	if (!value)
		return;
	buf_add(out, key, strlen(key) + 1);
	buf_add(out, value, strlen(value) + 1);
}

static void describe_service(const struct thing *t, struct buf *out)
{
	pair(out, "service", t->service);
	if (!t->name)
		return;
	pair(out, ".servicegroup", t->group);
	pair(out, "._TWICKET_PUBLIC", t->name);
}

struct object *thing_object(const struct rig *r, int thing)
{
	const struct thing *t = &r->things[thing], *home = &r->things[t->home];
	int above[THINGS_MAX];
	unsigned n = thing_ancestors(r, thing, above);
	struct object *o;
	struct buf pairs;

	buf_init(&pairs, 65536);
	pair(&pairs, "hostgroup", home->group);
	pair(&pairs, t->kind == EVENT_HOST ? "_RACK" : "host._RACK", home->rack);
	pair(&pairs, "_TWICKET_PUBLIC", t->name);
	if (t->kind == EVENT_SERVICE)
		pair(&pairs, "servicegroup", t->group);
	for (unsigned k = 0; k < 2; k++)
		if (home->parents[k] >= 0)
			pair(&pairs, "parent", r->things[home->parents[k]].host);
	for (unsigned k = 0; k < n; k++)
		pair(&pairs, "ancestor", r->things[above[k]].host);
	for (unsigned k = 0; t->kind == EVENT_HOST && k < r->n_things; k++)
		if (r->things[k].home == thing && r->things[k].kind == EVENT_SERVICE && !r->things[k].is_removed)
			describe_service(&r->things[k], &pairs);
	o = object_create(site_names[t->node], t->kind, t->host, t->service, buf_text(&pairs), pairs.len);
	buf_finish(&pairs);
	if (o && t->state == EVENT_OK)
		o->ok_since_s = t->since_s;
	return o;
}

bool truth_answer(struct rig *r, struct subject *s)
{
	struct question *q = s->questions;
	struct object *o = NULL;
	int thing;

	while (q && !r->sites[q->node].is_connected) { /* the question is gone with the connection */
		LL_DELETE(s->questions, q);
		free(q);
		q = s->questions;
	}
	if (!q)
		return false;
	LL_DELETE(s->questions, q);
	thing = thing_find(r, q->node, q->host, q->service);
	if (thing >= 0 && !r->things[thing].is_removed)
		o = thing_object(r, thing);
	if (thing >= 0 && (!o || o->ok_since_s)) {
		r->things[thing].known.state = EVENT_OK;
		r->things[thing].known.removed = !o;
	}
	s->stir++;
	rig_log(r, 0, thing, "%s described %s/%s%s", s->name, q->host, q->service, o ? "" : ": not there");
	engine_object(s->engine, site_names[q->node], q->kind, q->host, q->service, o, &r->now);
	free(q);
	return true;
}

/* --- events ------------------------------------------------------------------------------------ */

bool truth_is_heard(const struct rig *r, unsigned node)
{
	return r->sites[node].is_connected && !r->sites[node].is_deaf;
}

void truth_send(struct rig *r, unsigned node, int thing, struct event *ev)
{
	const struct thing *t = thing >= 0 ? &r->things[thing] : NULL;

	ev->seq = ++r->sites[node].seq;
	ev->time_us = r->now.wall_ms * 1000;
	ev->host = t ? t->host : "";
	ev->service = t ? t->service : "";
	ev->text = ev->text ? ev->text : t && t->state ? "it hurts" : "fine";
	ev->author = ev->author ? ev->author : "";
	ev->mark = ev->list = "";
	r->events++;
	rig_log(r, 0, thing, "%s %s %s flags=%x sub=%u id=%u code=%d %s%s", event_type_name(ev->type), t ? thing_label(t) : site_names[node],
		t ? event_state_word(ev->kind, ev->state) : "", ev->flags, ev->sub, ev->id, ev->code, ev->author,
		truth_is_heard(r, node) ? "" : " (lost)");
	if (!truth_is_heard(r, node))
		return;
	for (unsigned k = 0; k < r->n_subjects; k++) {
		r->subjects[k].stir++;
		engine_event(r->subjects[k].engine, site_names[node], ev, &r->now);
	}
}

struct event truth_about(const struct rig *r, int thing, enum event_type type)
{
	const struct thing *t = &r->things[thing];

	return (struct event){.type = (uint8_t)type,
			      .kind = (uint8_t)t->kind,
			      .state = (uint8_t)t->state,
			      .flags = (t->is_hard ? EVENT_HARD : 0) | (t->is_acked ? EVENT_ACKED : 0) |
				       (t->is_sticky ? EVENT_STICKY : 0) | (t->flaps ? EVENT_FLAPS : 0) |
				       (thing_rests(r, thing) ? EVENT_IN_DOWNTIME : 0),
			      .attempt = 3,
			      .max_attempts = 3,
			      .since = t->since_s,
			      .last_ok = t->ok_s};
}

static void learn(struct rig *r, int thing)
{
	struct thing *t = &r->things[thing];

	t->known = (struct known){.acked = t->is_acked, .flaps = t->flaps, .rests = thing_rests(r, thing),
				  .hard = t->is_hard, .state = t->state};
}

void truth_report(struct rig *r, int thing, enum event_type type)
{
	struct event ev = truth_about(r, thing, type);

	if (truth_is_heard(r, r->things[thing].node))
		learn(r, thing);
	if (type == EVENT_OBJECT && r->things[thing].is_acked)
		ev.author = r->things[thing].author;
	truth_send(r, r->things[thing].node, thing, &ev);
}

unsigned truth_host_state(const struct rig *r, int thing)
{
	const struct thing *t = &r->things[thing];
	bool has_parent = false;

	for (unsigned k = 0; k < 2; k++) {
		if (t->parents[k] < 0)
			continue;
		has_parent = true;
		if (!r->things[t->parents[k]].state)
			return EVENT_DOWN;
	}
	return has_parent ? EVENT_UNREACHABLE : EVENT_DOWN;
}

/* A normal acknowledgement ends with any change, a sticky one with OK; the core tells it first. */
static void drop_ack(struct rig *r, int thing, unsigned state)
{
	struct thing *t = &r->things[thing];

	if (!t->is_acked || t->state == state || (t->is_sticky && state != EVENT_OK))
		return;
	truth_unack(r, thing);
}

void truth_state(struct rig *r, int thing, unsigned state, bool hard)
{
	struct thing *t = &r->things[thing];
	bool was_hard = t->is_hard || !t->state;
	int64_t now_s = r->now.wall_ms / 1000;

	if (t->is_removed || (state == t->state && (t->is_hard || !hard)))
		return;
	drop_ack(r, thing, state);
	if (!t->state && state)
		t->ok_s = now_s - 60;
	if (!state)
		t->ok_s = now_s;
	/* a problem that is HARD stays so, whatever it turns into; an end of a SOFT one is SOFT */
	t->is_hard = state ? hard || (t->state && t->is_hard) : was_hard;
	t->state = state;
	t->since_s = now_s;
	t->is_retracted = t->is_retracted && state;
	truth_report(r, thing, EVENT_STATE);
	t->is_hard = t->is_hard || !state;
}

void truth_ack(struct rig *r, int thing, bool sticky, const char *author)
{
	struct thing *t = &r->things[thing];
	struct event ev;

	if (!t->state || !t->is_hard || t->is_removed)
		return;
	t->is_acked = true;
	t->is_sticky = sticky;
	t->author = author;
	ev = truth_about(r, thing, EVENT_ACK);
	ev.flags = sticky ? EVENT_STICKY : 0;
	ev.author = author;
	ev.text = "looking";
	if (truth_is_heard(r, t->node))
		t->known.acked = true;
	truth_send(r, t->node, thing, &ev);
}

void truth_unack(struct rig *r, int thing)
{
	struct thing *t = &r->things[thing];
	struct event ev;

	if (!t->is_acked)
		return;
	t->is_acked = t->is_sticky = false;
	ev = truth_about(r, thing, EVENT_ACK_GONE);
	ev.flags = 0;
	if (truth_is_heard(r, t->node))
		t->known.acked = false;
	truth_send(r, t->node, thing, &ev);
}

void truth_flap(struct rig *r, int thing, bool flaps)
{
	struct thing *t = &r->things[thing];
	struct event ev;

	if (t->is_removed || t->flaps == flaps)
		return;
	t->flaps = flaps;
	ev = truth_about(r, thing, EVENT_FLAPPING);
	ev.flags = flaps ? EVENT_FLAPS : 0;
	if (truth_is_heard(r, t->node))
		t->known.flaps = flaps;
	truth_send(r, t->node, thing, &ev);
}

void truth_notify(struct rig *r, int thing, const char *contact)
{
	const struct thing *t = &r->things[thing];
	struct event ev = truth_about(r, thing, EVENT_NOTIFIED);

	if (!t->state || !t->is_hard || t->is_removed || thing_rests(r, thing))
		return;
	ev.flags = 0;
	ev.author = contact;
	truth_send(r, t->node, thing, &ev);
}

/* The core must be restarted for it, in truth; here it simply is not there at the next snapshot. */
void truth_remove(struct rig *r, int thing, bool is_removed)
{
	struct thing *t = &r->things[thing];

	if (t->kind == EVENT_HOST)
		return;
	t->is_removed = is_removed;
	if (is_removed) {
		for (unsigned k = 0; k < PLANS_MAX; k++)
			if (r->plans[k].is_used && r->plans[k].thing == thing)
				r->plans[k].is_used = false;
		t->state = EVENT_OK;
		t->is_acked = t->is_sticky = t->flaps = false;
		t->is_hard = true;
		t->running = 0;
		t->since_s = t->ok_s = r->now.wall_ms / 1000;
	}
	hand_excuse_paused(r, "gone while it was paused");
	rig_log(r, 0, thing, "%s %s the configuration", thing_label(t), is_removed ? "leaves" : "enters");
	truth_disconnect(r, t->node);
	truth_connect(r, t->node, true);
}

/* What is in neither a snapshot nor an event is OK. */
bool truth_is_worth_a_line(const struct rig *r, int thing)
{
	const struct thing *t = &r->things[thing];

	return !t->is_removed && (t->state || t->is_acked || t->flaps || thing_rests(r, thing));
}

/* As the module lists them at the head of a snapshot. */
static void list_plans(struct rig *r, unsigned node)
{
	for (unsigned k = 0; k < PLANS_MAX; k++)
		if (r->plans[k].is_used && r->things[r->plans[k].thing].node == node)
			truth_report_plan(r, &r->plans[k], EVENT_DOWNTIME_ADD, r->plans[k].runs ? EVENT_IN_DOWNTIME : 0);
}

/* --- the connection ------------------------------------------------------------------------------ */

void truth_snapshot(struct rig *r, unsigned node)
{
	struct event begin = {.type = EVENT_SNAP_BEGIN, .id = 1}, end = {.type = EVENT_SNAP_END, .id = 1};

	truth_send(r, node, -1, &begin);
	list_plans(r, node);
	for (unsigned k = 0; k < r->n_things; k++) {
		struct thing *t = &r->things[k];

		if (t->node != node || t->is_removed)
			continue;
		if (truth_is_worth_a_line(r, (int)k))
			truth_report(r, (int)k, EVENT_OBJECT);
		else
			t->known.acked = t->known.flaps = t->known.rests = false;
	}
	truth_send(r, node, -1, &end);
}

void truth_connect(struct rig *r, unsigned node, bool restarted)
{
	struct site *site = &r->sites[node];
	char epoch[32];

	if (restarted || !site->epoch)
		site->epoch++;
	site->is_connected = true;
	site->is_deaf = false;
	snprintf(epoch, sizeof epoch, "boot.%u", site->epoch);
	r->events++;
	rig_log(r, 0, -1, "%s up, epoch %s", site_names[node], epoch);
	for (unsigned k = 0; k < r->n_subjects; k++)
		engine_node_up(r->subjects[k].engine, site_names[node], epoch, &r->now);
	truth_snapshot(r, node);
}

void truth_disconnect(struct rig *r, unsigned node)
{
	if (!r->sites[node].is_connected)
		return;
	r->sites[node].is_connected = false;
	r->events++;
	rig_log(r, 0, -1, "%s down", site_names[node]);
	for (unsigned k = 0; k < r->n_subjects; k++)
		engine_node_down(r->subjects[k].engine, site_names[node], &r->now);
}

/* A ring that overflows: what happens is lost, then a count of it and a snapshot. */
void truth_deaf(struct rig *r, unsigned node, bool is_deaf)
{
	struct event lost = {.type = EVENT_LOST, .code = 3};

	if (!r->sites[node].is_connected || r->sites[node].is_deaf == is_deaf)
		return;
	r->sites[node].is_deaf = is_deaf;
	if (is_deaf)
		return;
	truth_send(r, node, -1, &lost);
	truth_snapshot(r, node);
}
