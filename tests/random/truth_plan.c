/*
 * Scheduled downtimes of the simulated cores: added, begun, ended, cancelled, by the clock
 * or by a person. Called by story.c. Must never tell the two engines different things.
 */
#include "tests/random/rig.h"

void truth_report_plan(struct rig *r, const struct plan *p, enum event_downtime sub, unsigned flags)
{
	struct event ev = truth_about(r, p->thing, EVENT_DOWNTIME);
	unsigned node = r->things[p->thing].node;

	ev.sub = (uint8_t)sub;
	ev.flags = flags | EVENT_FIXED;
	ev.id = p->id;
	ev.code = sub == EVENT_DOWNTIME_STOP ? (int)r->things[p->thing].running : 0;
	ev.since = p->from_s;
	ev.until = p->to_s;
	ev.author = "bob";
	ev.text = "new kernel";
	truth_send(r, node, p->thing, &ev);
	for (unsigned k = 0; truth_is_heard(r, node) && k < r->n_things; k++)
		if (r->things[k].home == p->thing || (int)k == p->thing)
			r->things[k].known.rests = thing_rests(r, (int)k);
}

int truth_plan(struct rig *r, int thing, int64_t in_s, int64_t for_s)
{
	int64_t now_s = r->now.wall_ms / 1000;

	for (int k = 0; k < PLANS_MAX; k++) {
		struct plan *p = &r->plans[k];

		if (p->is_used || r->things[thing].is_removed)
			continue;
		*p = (struct plan){.is_used = true, .id = ++r->next_plan, .thing = thing, .from_s = now_s + in_s,
				   .to_s = now_s + in_s + for_s};
		truth_report_plan(r, p, EVENT_DOWNTIME_ADD, 0);
		truth_plans_due(r);
		return k;
	}
	return -1;
}

/* The services of a host that is out of its downtime: what the module sends after it. */
static void report_services(struct rig *r, int host)
{
	struct event begin = {.type = EVENT_SNAP_BEGIN, .id = 1}, end = {.type = EVENT_SNAP_END, .id = 1};

	begin.sub = end.sub = 1;
	truth_send(r, r->things[host].node, host, &begin);
	for (unsigned k = 0; k < r->n_things; k++)
		if (r->things[k].home == host && (int)k != host && truth_is_worth_a_line(r, (int)k))
			truth_report(r, (int)k, EVENT_OBJECT);
	truth_send(r, r->things[host].node, host, &end);
}

void truth_plan_end(struct rig *r, int plan, bool cancelled)
{
	struct plan *p = &r->plans[plan];
	int thing = p->thing;

	if (!p->is_used)
		return;
	p->is_used = false;
	if (p->runs) {
		r->things[thing].running--;
		truth_report_plan(r, p, EVENT_DOWNTIME_STOP, cancelled ? EVENT_CANCELLED : 0);
	}
	truth_report_plan(r, p, EVENT_DOWNTIME_DELETE, 0);
	if (p->runs && r->things[thing].kind == EVENT_HOST)
		report_services(r, thing);
}

void truth_plans_due(struct rig *r)
{
	int64_t now_s = r->now.wall_ms / 1000;

	for (int k = 0; k < PLANS_MAX; k++) {
		struct plan *p = &r->plans[k];

		if (p->is_used && !p->runs && p->from_s <= now_s && p->to_s > now_s) {
			p->runs = true;
			r->things[p->thing].running++;
			truth_report_plan(r, p, EVENT_DOWNTIME_START, 0);
		}
		if (p->is_used && p->to_s <= now_s)
			truth_plan_end(r, k, false);
	}
}
