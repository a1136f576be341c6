/*
 * Scheduled downtimes of the simulated core, by their numbers. Called by the scenario's words.
 * Must never begin or end one by itself: the scenario is the clock.
 */
#include "tests/scenario/simcore_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* What the core says of one scheduled downtime; a flexible one that runs has its own times. */
static void say_plan(struct simcore *s, const struct plan *p, enum event_downtime sub, uint32_t flags,
		      const struct now *now)
{
	struct thing *t = simcore_find(s, p->name);
	struct event ev = {.type = EVENT_DOWNTIME, .sub = (uint8_t)sub, .id = p->is.id, .author = p->author,
			   .text = p->text, .since = p->is.from_s, .until = p->is.to_s,
			   .flags = flags | (p->is.flexible_s ? 0 : EVENT_FIXED)};

	if (!t)
		return;
	ev.kind = (uint8_t)t->kind;
	if (s->mark) {
		ev.mark = s->mark;
		ev.flags |= EVENT_OURS;
	}
	ev.host = t->host;
	ev.service = t->service;
	ev.code = sub == EVENT_DOWNTIME_STOP ? (int)t->downtimes : 0;
	simcore_send(s, &ev, now);
}

void simcore_plans_say(struct simcore *s, const struct now *now)
{
	const struct plan *p;

	LL_FOREACH (s->plans, p)
		say_plan(s, p, EVENT_DOWNTIME_ADD, p->runs ? EVENT_IN_DOWNTIME : 0, now);
}

bool simcore_plan(struct simcore *s, const char *name, const struct simplan *is, const struct now *now)
{
	struct plan *p;

	if (!simcore_find(s, name))
		return false;
	p = calloc(1, sizeof *p);
	p->is = *is;
	p->name = strdup(name);
	p->author = strdup(is->author);
	p->text = strdup(is->text);
	p->added_ms = now->wall_ms;
	LL_APPEND(s->plans, p);
	say_plan(s, p, EVENT_DOWNTIME_ADD, 0, now);
	return true;
}

/* Those of its services from that number on belong to the host's. */
static void adopt(struct simcore *s, const char *host, unsigned first)
{
	const struct plan *whole = NULL;
	struct plan *p;

	LL_FOREACH (s->plans, p)
		if (p->is.id >= first && !strcmp(p->name, host))
			whole = p;
	LL_FOREACH (s->plans, p)
		if (whole && p != whole && p->is.id >= first)
			p->parent = whole->is.id;
}

unsigned simcore_plan_host(struct simcore *s, const char *host, const struct simplan *is, const struct now *now)
{
	struct simplan each = *is;
	struct thing *t;

	LL_FOREACH (s->things, t)
		if (!strcmp(t->host, host)) {
			simcore_plan(s, t->name, &each, now);
			each.id++;
		}
	adopt(s, host, is->id);
	return each.id - is->id;
}

static void plan_free(struct plan *p)
{
	free(p->name);
	free(p->author);
	free(p->text);
	free(p);
}

static void plan_begins(struct simcore *s, struct plan *p, const struct now *now)
{
	struct thing *t = simcore_find(s, p->name);

	p->runs = true;
	p->triggered_s = now->wall_ms / 1000;
	t->downtimes += 1;
	if (p->is.flexible_s && !s->tongue) {
		p->is.from_s = now->wall_ms / 1000;
		p->is.to_s = p->is.from_s + p->is.flexible_s;
	}
	say_plan(s, p, EVENT_DOWNTIME_START, 0, now);
}

static void plan_ends(struct simcore *s, struct plan *p, uint32_t flags, const struct now *now)
{
	struct thing *t = simcore_find(s, p->name);

	if (p->runs) {
		t->downtimes -= 1;
		say_plan(s, p, EVENT_DOWNTIME_STOP, flags, now);
	}
	say_plan(s, p, EVENT_DOWNTIME_DELETE, 0, now);
	LL_DELETE(s->plans, p);
	if (p->runs && t->kind == EVENT_HOST)
		simcore_snapshot(s, t->host, now);
	plan_free(p);
}

bool simcore_plan_step(struct simcore *s, unsigned id, const char *step, const struct now *now)
{
	struct plan *p;

	LL_FOREACH (s->plans, p)
		if (p->is.id == id)
			break;
	if (!p || !simcore_find(s, p->name))
		return false;
	if (!strcmp(step, "start") && !p->runs)
		plan_begins(s, p, now);
	else if (!strcmp(step, "stop") || !strcmp(step, "cancel"))
		plan_ends(s, p, !strcmp(step, "cancel") ? EVENT_CANCELLED : 0, now);
	else
		return false;
	return true;
}

static void order_one(struct simcore *s, const struct thing *t, const struct event *cmd, const char *text,
		      const struct now *now)
{
	struct simplan is = {.id = 1000 + s->last_plan++, .from_s = now->wall_ms / 1000, .to_s = cmd->until,
			     .author = cmd->author, .text = text};

	simcore_plan(s, t->name, &is, now);
}

void simcore_plan_ordered(struct simcore *s, const struct thing *t, const struct event *cmd, const char *text,
			  const struct now *now)
{
	unsigned first = 1000 + s->last_plan;
	struct thing *other;
	struct plan *p;

	s->mark = cmd->mark;
	LL_FOREACH (s->things, other)
		if (t->kind == EVENT_HOST && other->kind == EVENT_SERVICE && !strcmp(other->host, t->host))
			order_one(s, other, cmd, text, now);
	order_one(s, t, cmd, text, now);
	if (t->kind == EVENT_HOST)
		adopt(s, t->host, first);
	s->mark = NULL;
	LL_FOREACH (s->plans, p) /* the core begins them in its next turn */
		if (p->is.id >= first)
			plan_begins(s, p, now);
}

unsigned simcore_plan_cancel(struct simcore *s, const char *mark, const char *only, const struct now *now)
{
	struct plan *p, *next;
	unsigned n = 0;

	s->mark = mark;
	LL_FOREACH_SAFE (s->plans, p, next) {
		const char *word = strrchr(p->text, ' ');

		if (!word || (*only ? strcmp(word + 1, only) : strncmp(word + 1, mark, strcspn(mark, ":") + 1)) != 0)
			continue;
		plan_ends(s, p, EVENT_CANCELLED, now);
		n++;
	}
	s->mark = NULL;
	return n;
}

void simcore_forget_plans(struct simcore *s)
{
	struct plan *p, *next;

	LL_FOREACH_SAFE (s->plans, p, next) {
		struct thing *t = p->runs ? simcore_find(s, p->name) : NULL;

		if (t)
			t->downtimes -= 1;
		plan_free(p);
	}
	s->plans = NULL;
	s->has_news = true;
}
