/*
 * The simulated monitoring core: its objects and what happens to them. Used by the scenario
 * runner and the crash test. Must never do anything by itself: the scenario is the clock.
 */
#include "tests/scenario/simcore_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define RING_MAX 20000 /* events */
#define LOOK_MS 300000 /* at least so often, when nothing happens */

struct simcore *simcore_create(const char *node, simcore_log_fn *log, void *arg)
{
	struct simcore *s = calloc(1, sizeof *s);

	s->node = strdup(node);
	s->log = log;
	s->arg = arg;
	return s;
}

struct simcore *simcore_peer(struct simcore *s, const char *node)
{
	while (strcmp(s->node, node) != 0) {
		if (!s->peer) {
			s->peer = simcore_create(node, s->log, s->arg);
			s->peer->core = s->core;
			s->peer->tongue = s->tongue;
		}
		s = s->peer;
	}
	return s;
}

void simcore_speak(struct simcore *s, const struct simtongue *tongue)
{
	s->tongue = tongue;
}

static void thing_free(struct thing *t)
{
	free(t->name);
	free(t->host);
	free(t->service);
	free(t->output);
	free(t->author);
	free(t->mark);
	free(t->ack_text);
	buf_finish(&t->pairs);
	free(t);
}

static void ring_clear(struct simcore *s)
{
	struct kept *k, *next;

	LL_FOREACH_SAFE (s->ring, k, next) {
		free(k->host);
		free(k->service);
		free(k->author);
		free(k->text);
		free(k->mark);
		free(k);
	}
	s->ring = s->ring_end = NULL;
	s->n_ring = 0;
}

void simcore_destroy(struct simcore *s)
{
	struct thing *t, *tn;
	struct asked *a, *an;

	if (!s)
		return;
	simcore_forget_plans(s);
	LL_FOREACH_SAFE (s->things, t, tn)
		thing_free(t);
	LL_FOREACH_SAFE (s->asked, a, an)
		simcore_asked_free(a);
	ring_clear(s);
	if (s->tongue)
		s->tongue->destroy(s->other);
	simcore_destroy(s->peer);
	free(s->node);
	free(s);
}

struct thing *simcore_find(const struct simcore *s, const char *name)
{
	struct thing *t;

	LL_FOREACH (s->things, t)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

void simcore_object(struct simcore *s, const char *name, const char *const *pairs, unsigned n)
{
	struct thing *t = calloc(1, sizeof *t);
	const char *slash = strchr(name, '/');

	t->name = strdup(name);
	t->host = strndup(name, slash ? (size_t)(slash - name) : strlen(name));
	t->service = strdup(slash ? slash + 1 : "");
	t->kind = slash ? EVENT_SERVICE : EVENT_HOST;
	t->output = strdup("");
	buf_init(&t->pairs, 65536);
	for (unsigned k = 0; k < n; k++) {
		const char *eq = strchr(pairs[k], '=');

		if (!eq)
			continue;
		buf_add(&t->pairs, pairs[k], (size_t)(eq - pairs[k]));
		buf_char(&t->pairs, '\0');
		buf_add(&t->pairs, eq + 1, strlen(eq + 1) + 1);
	}
	LL_APPEND(s->things, t);
	s->has_news = true;
}

void simcore_remove(struct simcore *s, const char *name)
{
	struct thing *t = simcore_find(s, name);

	if (!t)
		return;
	LL_DELETE(s->things, t);
	thing_free(t);
}

void simcore_attach(struct simcore *s, struct core *core)
{
	s->core = core;
	s->connected = false;
	if (s->tongue)
		s->tongue->detach(s->other);
	if (s->peer)
		simcore_attach(s->peer, core);
}

/* A full ring is emptied and counted. */
static void keep(struct simcore *s, const struct event *ev, const struct now *now)
{
	struct kept *k;

	if (!s->epoch || ev->type == EVENT_SNAP_BEGIN || ev->type == EVENT_SNAP_END || ev->type == EVENT_OBJECT)
		return;
	if (s->n_ring == RING_MAX) {
		s->lost += RING_MAX;
		ring_clear(s);
	}
	k = calloc(1, sizeof *k);
	k->ev = *ev;
	k->ev.time_us = now->wall_ms * 1000;
	k->ev.host = k->host = strdup(ev->host ? ev->host : "");
	k->ev.service = k->service = strdup(ev->service ? ev->service : "");
	k->ev.author = k->author = strdup(ev->author ? ev->author : "");
	k->ev.text = k->text = strdup(ev->text ? ev->text : "");
	k->ev.mark = k->mark = strdup(ev->mark ? ev->mark : "");
	if (s->ring_end)
		s->ring_end->next = k;
	else
		s->ring = k;
	s->ring_end = k;
	s->n_ring++;
}

void simcore_send(struct simcore *s, struct event *ev, const struct now *now)
{
	s->has_news = true;
	if (s->tongue)
		return; /* it is a state, and will be seen */
	if (!s->connected || !s->core) {
		keep(s, ev, now);
		return;
	}
	ev->seq = ++s->seq;
	ev->time_us = ev->time_us ? ev->time_us : now->wall_ms * 1000;
	ev->host = ev->host ? ev->host : "";
	ev->service = ev->service ? ev->service : "";
	ev->text = ev->text ? ev->text : "";
	ev->author = ev->author ? ev->author : "";
	ev->mark = ev->mark ? ev->mark : "";
	ev->list = "";
	core_event(s->core, s->node, ev, now);
}

static unsigned downtimes(const struct simcore *s, const struct thing *t)
{
	const struct thing *host = t->kind == EVENT_SERVICE ? simcore_find(s, t->host) : NULL;

	return t->downtimes + (host ? host->downtimes : 0);
}

struct event simcore_about(const struct simcore *s, const struct thing *t, unsigned type)
{
	return (struct event){.type = (uint8_t)type,
			      .kind = (uint8_t)t->kind,
			      .state = (uint8_t)t->state,
			      .flags = t->flags | (downtimes(s, t) ? EVENT_IN_DOWNTIME : 0),
			      .attempt = 3,
			      .max_attempts = 3,
			      .since = t->since_s,
			      .last_ok = t->last_ok_s,
			      .host = t->host,
			      .service = t->service,
			      .text = t->output};
}

/* Of everything, or of the services of one host. */
void simcore_snapshot(struct simcore *s, const char *host, const struct now *now)
{
	struct event begin = {.type = EVENT_SNAP_BEGIN, .id = 1, .host = host};
	struct event end = {.type = EVENT_SNAP_END, .id = 1, .host = host};
	struct thing *t;

	simcore_send(s, &begin, now);
	if (!host[0])
		simcore_plans_say(s, now);
	LL_FOREACH (s->things, t) {
		struct event ev = simcore_about(s, t, EVENT_OBJECT);

		if (host[0] && (t->kind == EVENT_HOST || strcmp(t->host, host) != 0))
			continue;
		ev.author = t->author;
		ev.mark = t->flags & EVENT_ACKED ? t->mark : NULL;
		if (t->state || (ev.flags & ~(uint32_t)EVENT_HARD))
			simcore_send(s, &ev, now);
	}
	simcore_send(s, &end, now);
}

void simcore_look(struct simcore *s, const struct now *now)
{
	bool is_due = s->has_news || now->boot_ms - s->looked_ms >= LOOK_MS;

	if (s->peer)
		simcore_look(s->peer, now);
	if (!s->tongue || !s->connected || !s->core || !is_due)
		return;
	s->has_news = false;
	s->looked_ms = now->boot_ms;
	s->tongue->look(s->other, now);
}

static void connect_other(struct simcore *s, const struct now *now)
{
	if (!s->other)
		s->other = s->tongue->create(s);
	s->tongue->connect(s->other, now);
	s->has_news = false;
	s->looked_ms = now->boot_ms;
	if (s->is_watched)
		simcore_list(s);
}

void simcore_connect(struct simcore *s, bool restarted, const struct now *now)
{
	char epoch[32];

	if (restarted || !s->epoch) {
		s->epoch++;
		ring_clear(s);
	}
	snprintf(epoch, sizeof epoch, "boot.%u", s->epoch);
	s->connected = true;
	if (s->tongue) {
		connect_other(s, now);
		return;
	}
	core_node_up(s->core, s->node, epoch, now);
	if (s->is_watched)
		simcore_list(s);
	if (s->lost) {
		struct event ev = {.type = EVENT_LOST, .code = s->lost};

		simcore_send(s, &ev, now);
		s->lost = 0;
	}
	for (struct kept *k = s->ring; k; k = k->next)
		simcore_send(s, &k->ev, now);
	ring_clear(s);
	simcore_snapshot(s, "", now);
}

void simcore_lose(struct simcore *s, unsigned n)
{
	s->lost += (int)n;
}

void simcore_inventory(struct simcore *s, unsigned objects, unsigned sentinels, const struct now *now)
{
	if (s->connected && s->core)
		core_inventory(s->core, s->node, objects, sentinels, now);
}

void simcore_disconnect(struct simcore *s, const struct now *now)
{
	struct asked *a, *next;

	bool was_there = s->connected && s->core;

	s->connected = s->is_listing = false;
	if (was_there && s->tongue)
		s->tongue->disconnect(s->other, now);
	else if (was_there)
		core_node_down(s->core, s->node, now);
	LL_FOREACH_SAFE (s->asked, a, next)
		simcore_asked_free(a);
	s->asked = NULL;
}

static int state_number(unsigned kind, const char *word)
{
	for (unsigned k = 0; k <= (kind == EVENT_HOST ? 2u : 3u); k++)
		if (!strcmp(event_state_word(kind, k), word))
			return (int)k;
	return -1;
}

/* To an Icinga 2 a host that cannot be reached is down, and nothing is well softly. */
static bool is_change(const struct simcore *s, const struct thing *t, unsigned number)
{
	if (s->tongue && t->kind == EVENT_HOST)
		return !number != !t->state;
	return number != t->state;
}

/* Since when: to a module each hard result says it, an Icinga 2 says when it became hard. */
static void set_state(struct simcore *s, struct thing *t, unsigned number, bool hard, const struct now *now)
{
	bool was_soft = t->state && !(t->flags & EVENT_HARD), changes = is_change(s, t, number);

	t->checked_ms = now->wall_ms;
	if (changes)
		t->changed_ms = now->wall_ms;
	if (s->tongue ? (hard || !number) && (was_soft || changes) : hard)
		t->since_s = now->wall_ms / 1000;
	t->state = number;
	t->flags = hard ? t->flags | EVENT_HARD : t->flags & ~(uint32_t)EVENT_HARD;
}

bool simcore_state(struct simcore *s, const char *name, const char *state, bool hard, const char *output,
		   const struct now *now)
{
	struct thing *t = simcore_find(s, name);
	int number = t ? state_number(t->kind, state) : -1;
	int64_t minute_ago = now->wall_ms / 1000 - 60;
	struct event ev;

	if (number < 0)
		return false;
	if (t->state == 0 && number != 0)
		t->last_ok_s = t->last_ok_s > minute_ago ? t->last_ok_s : minute_ago;
	if (number == 0) {
		t->flags &= ~(uint32_t)(EVENT_ACKED | EVENT_STICKY);
		t->last_ok_s = now->wall_ms / 1000;
	} else if (is_change(s, t, (unsigned)number) && !(t->flags & EVENT_STICKY)) {
		t->flags &= ~(uint32_t)EVENT_ACKED;
	}
	set_state(s, t, (unsigned)number, hard, now);
	free(t->output);
	t->output = strdup(output);
	ev = simcore_about(s, t, EVENT_STATE);
	simcore_send(s, &ev, now);
	return true;
}

void simcore_acked(struct simcore *s, struct thing *t, const char *author, const char *text, const char *mark,
		   uint32_t flags, const struct now *now)
{
	struct event ev = simcore_about(s, t, EVENT_ACK);

	ev.flags = flags;
	ev.author = author;
	ev.text = text;
	ev.mark = mark;
	simcore_send(s, &ev, now); /* the core tells before it sets the flag */
	t->flags |= EVENT_ACKED | (flags & EVENT_STICKY);
	free(t->author);
	t->author = strdup(author);
	free(t->mark);
	t->mark = strdup(mark);
	free(t->ack_text);
	t->ack_text = strdup(text);
	t->acked_ms = now->wall_ms;
	t->ack_until_s = 0;
}

bool simcore_ack(struct simcore *s, const char *name, const char *author, const char *text, const struct now *now)
{
	struct thing *t = simcore_find(s, name);
	const char *word = strrchr(text, ' '), *colon = word ? strstr(word, ":r") : NULL;

	if (!t || !t->state)
		return false;
	simcore_acked(s, t, author, text, colon ? word + 1 : "", EVENT_STICKY, now);
	return true;
}

bool simcore_unacked(struct simcore *s, struct thing *t, const char *mark, uint32_t flags, const struct now *now)
{
	struct event ev = simcore_about(s, t, EVENT_ACK_GONE);

	if (!(t->flags & EVENT_ACKED))
		return false;
	t->flags &= ~(uint32_t)(EVENT_ACKED | EVENT_STICKY);
	ev.flags = flags;
	ev.mark = mark;
	simcore_send(s, &ev, now);
	return true;
}

bool simcore_unack(struct simcore *s, const char *name, const struct now *now)
{
	struct thing *t = simcore_find(s, name);

	return t && simcore_unacked(s, t, "", 0, now);
}

bool simcore_downtime(struct simcore *s, const char *name, bool begins, const struct now *now)
{
	struct thing *t = simcore_find(s, name);
	struct event ev;

	if (!t)
		return false;
	t->downtimes = begins ? t->downtimes + 1 : t->downtimes ? t->downtimes - 1 : 0;
	ev = simcore_about(s, t, EVENT_DOWNTIME);
	ev.flags = 0;
	ev.code = begins ? 0 : (int)t->downtimes;
	ev.sub = begins ? EVENT_DOWNTIME_START : EVENT_DOWNTIME_STOP;
	simcore_send(s, &ev, now);
	if (!begins && t->kind == EVENT_HOST)
		simcore_snapshot(s, t->host, now);
	return true;
}

bool simcore_flapping(struct simcore *s, const char *name, bool starts, const struct now *now)
{
	struct thing *t = simcore_find(s, name);
	struct event ev;

	if (!t)
		return false;
	t->flags = starts ? t->flags | EVENT_FLAPS : t->flags & ~(uint32_t)EVENT_FLAPS;
	ev = (struct event){.type = EVENT_FLAPPING, .kind = (uint8_t)t->kind, .host = t->host,
			    .service = t->service, .flags = starts ? EVENT_FLAPS : 0};
	simcore_send(s, &ev, now);
	return true;
}

bool simcore_notify(struct simcore *s, const char *name, const char *contact, const struct now *now)
{
	struct thing *t = simcore_find(s, name);
	struct event ev;

	if (!t)
		return false;
	ev = simcore_about(s, t, EVENT_NOTIFIED);
	ev.flags = 0;
	ev.author = contact;
	simcore_send(s, &ev, now);
	return true;
}

bool simcore_is_acked(const struct simcore *s, const char *name, const char **author)
{
	const struct thing *t = simcore_find(s, name);

	if (author)
		*author = t && t->author ? t->author : "";
	return t && (t->flags & EVENT_ACKED);
}
