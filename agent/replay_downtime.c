/*
 * Scheduled downtimes. The log tells when one is planned (if commands are logged), and when
 * an object enters and leaves them; not their numbers, nor, but for Icinga's, what begins or
 * ends inside another one. Called by replay.c. Must never keep one for ever.
 */
#include "agent/replay_internal.h"

#include <stdlib.h>
#include <string.h>

#define PLANNED_MAX 200000u
#define EARLY_S 60 /* the core may begin a bit before what the clock says */
#define LATE_S 300 /* what has not begun by then was taken back */

static void send(struct replay *r, const struct planned *p, enum event_downtime sub, uint32_t flags, unsigned others)
{
	struct event ev = item_event(p->item, EVENT_DOWNTIME);

	ev.id = p->id;
	ev.sub = (uint8_t)sub;
	ev.code = (int32_t)others;
	ev.flags = flags | (p->is_fixed ? EVENT_FIXED : 0);
	ev.since = p->from_s;
	ev.until = p->to_s;
	ev.author = p->author ? p->author : "";
	ev.text = p->text ? p->text : "";
	replay_send(r, &ev);
}

static void forget(struct replay *r, struct planned **at)
{
	struct planned *p = *at;

	*at = p->next;
	r->n_planned--;
	free(p->author);
	free(p->text);
	free(p);
}

void downtimes_free(struct replay *r)
{
	while (r->planned)
		forget(r, &r->planned);
}

/* The next instant at which downtimes_look() may find something. */
static void look_at(struct replay *r, const struct planned *p)
{
	int64_t at = p->runs || !p->is_fixed ? p->to_s : p->from_s;

	if (p->runs && p->to_s <= r->now_s)
		at = p->to_s + LATE_S;
	else if (!p->runs && p->is_fixed && p->from_s <= r->now_s)
		at = p->from_s + LATE_S;
	if (at < r->next_look_s)
		r->next_look_s = at;
}

static struct planned *plan(struct replay *r, struct log_item *i, int64_t from_s, int64_t to_s)
{
	struct planned *p = r->n_planned < PLANNED_MAX ? calloc(1, sizeof *p) : NULL;

	if (!p)
		return NULL;
	p->next = r->planned;
	p->item = i;
	p->id = ++r->next_id;
	p->from_s = from_s;
	p->to_s = to_s;
	r->planned = p;
	r->n_planned++;
	return p;
}

/* --- planned ------------------------------------------------------------------------------------------- */

struct scheduling {
	struct replay *replay;
	const struct log_line *line;
};

static void schedule_one(void *arg, const char *host, const char *service)
{
	struct scheduling *s = arg;
	const struct log_line *l = s->line;
	struct log_item *i = item_get(s->replay, *service ? EVENT_SERVICE : EVENT_HOST, host, service);
	struct planned *p = i ? plan(s->replay, i, l->from_s, l->to_s) : NULL;

	if (!p)
		return;
	p->is_fixed = (l->flags & EVENT_FIXED) != 0;
	p->author = strdup(l->author);
	p->text = strdup(l->text);
	send(s->replay, p, EVENT_DOWNTIME_ADD, 0, 0);
	look_at(s->replay, p);
}

static enum world_set set_of(enum line_scope scope)
{
	switch (scope) {
	case SCOPE_OBJECT:
	case SCOPE_HOST_SERVICES: return WORLD_SERVICES;
	case SCOPE_CHILDREN: return WORLD_CHILDREN;
	case SCOPE_HOSTGROUP_HOSTS: return WORLD_HOSTS_OF;
	case SCOPE_HOSTGROUP_SERVICES: return WORLD_SERVICES_OF;
	case SCOPE_SERVICEGROUP_HOSTS: return WORLD_MEMBER_HOSTS;
	case SCOPE_SERVICEGROUP_SERVICES: return WORLD_MEMBERS_OF;
	}
	return WORLD_SERVICES;
}

void downtime_schedule(struct replay *r, const struct log_line *l)
{
	struct scheduling s = {r, l};

	if (l->to_s <= r->now_s)
		return;
	if (l->scope == SCOPE_OBJECT)
		schedule_one(&s, l->host, l->service);
	else
		world_each(r->world, set_of(l->scope), l->host, schedule_one, &s);
}

/* --- taken back ------------------------------------------------------------------------------------------ */

static bool is_meant(const struct planned *p, const struct log_line *l)
{
	if (*l->host && strcmp(p->item->host, l->host) != 0)
		return false;
	if (*l->service && strcmp(p->item->service, l->service) != 0)
		return false;
	if (l->from_s && p->from_s != l->from_s)
		return false;
	return !*l->text || (p->text && strcmp(p->text, l->text) == 0);
}

/* One that runs is left to the line that says so. */
static void delete_pending(struct replay *r, const struct log_line *l)
{
	struct planned **at = &r->planned;

	while (*at) {
		if ((*at)->runs || !is_meant(*at, l)) {
			at = &(*at)->next;
			continue;
		}
		send(r, *at, EVENT_DOWNTIME_DELETE, EVENT_CANCELLED, 0);
		forget(r, at);
	}
}

/* By its number: clear only where there is just one. */
static void delete_numbered(struct replay *r, const struct log_line *l)
{
	struct planned **only = NULL;
	unsigned n = 0;

	for (struct planned **at = &r->planned; *at; at = &(*at)->next) {
		if ((*at)->item->kind != l->object)
			continue;
		only = at;
		n++;
	}
	if (n != 1) {
		r->facts.unnamed++;
		return;
	}
	if ((*only)->runs)
		return;
	send(r, *only, EVENT_DOWNTIME_DELETE, EVENT_CANCELLED, 0);
	forget(r, only);
}

static void delete_of_host(void *arg, const char *host, const char *service)
{
	struct scheduling *s = arg;
	struct log_line l = *s->line;

	(void)service;
	l.host = host;
	delete_pending(s->replay, &l);
}

void downtime_delete(struct replay *r, const struct log_line *l)
{
	struct scheduling s = {r, l};

	if (l->is_numbered)
		delete_numbered(r, l);
	else if (l->scope == SCOPE_HOSTGROUP_HOSTS)
		world_each(r->world, WORLD_HOSTS_OF, l->host, delete_of_host, &s);
	else
		delete_pending(r, l);
}

/* --- begun and over ------------------------------------------------------------------------------------------ */

static void begin(struct replay *r, struct planned *p)
{
	p->runs = true;
	if (!p->is_fixed && p->to_s && p->from_s < r->now_s)
		p->from_s = r->now_s;
	p->item->downtimes++;
	send(r, p, EVENT_DOWNTIME_START, 0, 0);
	look_at(r, p);
}

/* The one that began first of those that may begin now. */
static struct planned *next_to_begin(const struct replay *r, const struct log_item *i)
{
	struct planned *best = NULL;

	for (struct planned *p = r->planned; p; p = p->next)
		if (p->item == i && !p->runs && p->from_s <= r->now_s + EARLY_S &&
		    (!best || p->from_s < best->from_s))
			best = p;
	return best;
}

/* Services that have a downtime of their own stay in it: as the module, say what is so. */
static void tell_services(struct replay *r, const struct log_item *host)
{
	const struct log_item *i;

	for (i = host->services; i && !i->downtimes; i = i->next_service)
		;
	if (i)
		items_snapshot(r, host);
}

static void end(struct replay *r, struct planned **at, uint32_t flags)
{
	struct log_item *i = (*at)->item;

	i->downtimes -= i->downtimes > 0;
	send(r, *at, EVENT_DOWNTIME_STOP, flags, i->downtimes);
	send(r, *at, EVENT_DOWNTIME_DELETE, flags, i->downtimes);
	forget(r, at);
	if (i->kind == EVENT_HOST && !i->downtimes)
		tell_services(r, i);
}

/* The one that is to end first, of those with an end. */
static struct planned **next_to_end(struct replay *r, const struct log_item *i)
{
	struct planned **best = NULL;

	for (struct planned **at = &r->planned; *at; at = &(*at)->next)
		if ((*at)->item == i && (*at)->runs &&
		    (!best || ((*at)->to_s && (!(*best)->to_s || (*at)->to_s < (*best)->to_s))))
			best = at;
	return best;
}

/* The object has left one, which is all of them unless each has its line. */
static void leave(struct replay *r, struct log_item *i, uint32_t flags)
{
	struct planned **at, *p;

	while ((at = next_to_end(r, i))) {
		end(r, at, flags);
		if (i->tells_each)
			return;
	}
	if (!i->downtimes)
		return;
	i->downtimes = 1; /* it began before the log */
	p = plan(r, i, 0, r->now_s);
	if (p)
		end(r, &r->planned, flags);
}

void downtime_alert(struct replay *r, struct log_item *i, const struct log_line *l)
{
	struct planned *p;

	i->tells_each |= l->is_one_of_many;
	if (l->phase != PHASE_STARTED) {
		leave(r, i, l->phase == PHASE_CANCELLED ? EVENT_CANCELLED : 0);
		return;
	}
	p = next_to_begin(r, i);
	if (!p)
		p = plan(r, i, r->now_s, 0); /* it was planned before the log, or commands are not logged */
	if (p)
		begin(r, p);
}

/* True: it is gone. */
static bool look_at_one(struct replay *r, struct planned **at)
{
	struct planned *p = *at;
	int64_t now = r->now_s;
	/* inside another one, where only the first and the last have lines */
	bool is_untold = !p->item->tells_each && p->item->downtimes > (p->runs ? 1u : 0u);

	if (p->runs && p->to_s && p->to_s <= now && (is_untold || p->to_s + LATE_S <= now)) {
		end(r, at, 0);
		return true;
	}
	if (p->runs || p->from_s > now)
		return false;
	if (p->is_fixed && is_untold) {
		begin(r, p);
		return false;
	}
	if (now < (p->is_fixed ? p->from_s + LATE_S : p->to_s))
		return false;
	send(r, p, EVENT_DOWNTIME_DELETE, EVENT_CANCELLED, 0);
	forget(r, at);
	return true;
}

void downtimes_look(struct replay *r)
{
	struct planned **at = &r->planned;

	if (r->now_s < r->next_look_s)
		return;
	r->next_look_s = INT64_MAX;
	while (*at) {
		if (look_at_one(r, at))
			continue;
		if (!(*at)->runs || (*at)->to_s)
			look_at(r, *at);
		at = &(*at)->next;
	}
}
