/*
 * Snapshots: what a core says it has right now, compared with what we knew; and the
 * lines about a core itself, which only operators hear. Called by incident.c.
 * Must never take silence for a recovery before the core was asked.
 */
#include "agent/incident_internal.h"

#include <string.h>
#include <utlist.h>

#define DOUBT_MS 30000 /* between two questions; often enough for a check each minute */

static bool in_scope(const struct problem *p, const struct node *n, const struct event *ev)
{
	if (p->node != n || !problem_is_trouble(p) || p->is_past)
		return false;
	return !ev->host[0] || (p->kind == EVENT_SERVICE && !strcmp(p->host, ev->host));
}

/* What was told goes before what is new: that may belong to it, by a public name, say. */
void snapshot_ahead(struct engine *e, struct node *n, const struct now *now)
{
	struct problem *p, *next;

	HASH_ITER (hh, e->problems, p, next) {
		if (p->node != n)
			continue;
		p->is_asked = false; /* what was asked before is lost with the connection */
		if (p->incident && !p->object && !p->is_unknown)
			engine_ask(e, p, now);
	}
}

void snapshot_begin(struct engine *e, struct node *n, const struct event *ev)
{
	struct problem *p, *next;

	if (!ev->host[0]) {
		n->up = false;
		n->adopting = !n->adopted;
		n->adopted_now = 0;
		downtimes_begin(e, n);
	}
	HASH_ITER (hh, e->problems, p, next)
		if (in_scope(p, n, ev))
			p->seen = false;
}

void operators_hear(struct engine *e, struct say *say, const struct now *now)
{
	const struct config *c = e->config;
	char tag[TAG_SIZE];

	(void)now;
	for (unsigned k = 0; k < e->n_channels; k++) {
		struct say_target target = {.audience = e->channels[k].audience, .account = e->channels[k].account};

		if (!c->audiences[target.audience].internals || is_paused(e, target.audience, target.account))
			continue;
		e->sink.fresh_tag(e->sink.arg, tag);
		say->tag = tag;
		e->sink.say(e->sink.arg, &target, say);
	}
}

void say_to_operators(struct engine *e, enum say_event event, const struct node *n, unsigned count,
		      const struct now *now)
{
	struct say say = {.event = event, .symbol = SYMBOL_WHITE, .count = count, .object = n->name,
			  .now = now->wall_ms / 1000, .duration = -1};

	say.since = event == SAY_LOST ? n->down_wall_s : say.now;
	operators_hear(e, &say, now);
}

/* What is over since our start still has to be named in its recovery; what came and went, in a digest. */
static bool is_to_be_named(const struct problem *p)
{
	return !p->is_asked && (p->is_past || (!problem_is_live(p) && p->incident && !p->object && !p->is_unknown));
}

void snapshot_end(struct engine *e, struct node *n, const struct event *ev, const struct now *now)
{
	struct problem *p, *next;

	HASH_ITER (hh, e->problems, p, next) {
		if (!in_scope(p, n, ev))
			continue;
		p->is_doubted = false;
		p->checking = !p->seen; /* well, or gone from the configuration? */
		e->may_be_unknown |= p->checking;
		if (!p->checking && !problem_is_live(p))
			continue;
		if (!p->is_asked && (p->checking || (!p->object && !p->adopted)))
			engine_ask(e, p, now);
	}
	HASH_ITER (hh, e->problems, p, next)
		if (p->node == n && is_to_be_named(p))
			engine_ask(e, p, now);
	if (ev->host[0])
		return;
	n->up = true;
	n->lost_told = false;
	downtimes_end(e, n, now);
	if (n->adopting) {
		n->adopting = false;
		n->adopted = true;
		if (n->adopted_now)
			say_to_operators(e, SAY_ADOPTED, n, n->adopted_now, now);
	}
	n->dirty = true;
	engine_wake(e, now->boot_ms);
}

/*
 * A core that was killed comes back with what its last file kept, or with nothing: its "OK" may be from
 * before the trouble. The next result, when it is OK too, is no change to the core, and no event: so ask.
 */
static bool is_older(const struct problem *p, bool is_unchecked, int64_t ok_seen_s)
{
	return is_unchecked || (p->node->restarted && ok_seen_s && ok_seen_s < p->since_s);
}

bool snapshot_is_older(const struct problem *p, const struct event *ev)
{
	return ev->type == EVENT_OBJECT && is_older(p, (ev->flags & EVENT_UNCHECKED) != 0, ev->last_ok);
}

bool snapshot_proves_nothing(struct engine *e, struct problem *p, const struct object *o, const struct now *now)
{
	if (!p->checking || !is_older(p, o->is_pending, o->ok_seen_s))
		return false;
	p->is_doubted = true;
	if (!p->node->doubt)
		p->node->doubt = now->boot_ms + DOUBT_MS;
	engine_wake(e, p->node->doubt);
	return true;
}

static void ask_again(struct engine *e, struct node *n, const struct now *now)
{
	struct problem *p, *next;

	HASH_ITER (hh, e->problems, p, next)
		if (p->node == n && p->checking && !p->is_asked && problem_is_trouble(p))
			engine_ask(e, p, now);
}

void snapshot_timers(struct engine *e, const struct now *now)
{
	struct node *n;

	LL_FOREACH (e->nodes, n) {
		if (!n->doubt)
			continue;
		if (now->boot_ms < n->doubt) {
			engine_wake(e, n->doubt);
			continue;
		}
		n->doubt = 0;
		if (n->up)
			ask_again(e, n, now);
	}
}
