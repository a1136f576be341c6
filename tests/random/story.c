/*
 * What happens in the random-event test: steps that chance drew, and time. Called by
 * random.c. A step means the same whichever steps before it are left out, as far as it can;
 * that is what makes a broken run short. Must never ask an engine what to do next.
 */
#include "tests/random/rig.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum deed {
	OP_STATE,
	OP_BURST,
	OP_CASCADE,
	OP_WELL,
	OP_ACK,
	OP_UNACK,
	OP_FLAP,
	OP_PLAN,
	OP_PLAN_END,
	OP_NOTIFY,
	OP_SITE,
	OP_RESTART_CORE,
	OP_DEAF,
	OP_REMOVE,
	OP_RESTART,
	OP_CLOCK,
	OP_RELOAD,
	OP_NETWORK,
	OP_DELIVER,
	OP_SLOW,
	OP_PASS,
	OP_HAND,
	OPS
};

/* How often, by the style of a run: mixed, much trouble, a bad network, restarts, by hand. */
#define STYLES 5
static const unsigned char weights[OPS][STYLES] = {
	[OP_STATE] = {30, 30, 25, 25, 25}, [OP_BURST] = {3, 4, 2, 2, 2},      [OP_CASCADE] = {3, 10, 3, 3, 3},
	[OP_WELL] = {5, 8, 5, 5, 5},	   [OP_ACK] = {6, 4, 4, 4, 6},	      [OP_UNACK] = {2, 2, 2, 2, 2},
	[OP_FLAP] = {4, 4, 2, 3, 3},	   [OP_PLAN] = {3, 2, 2, 3, 3},	      [OP_PLAN_END] = {2, 2, 2, 2, 2},
	[OP_NOTIFY] = {4, 4, 4, 4, 4},	   [OP_SITE] = {2, 1, 1, 6, 1},	      [OP_RESTART_CORE] = {1, 1, 1, 3, 1},
	[OP_DEAF] = {1, 1, 1, 3, 1},	   [OP_REMOVE] = {1, 1, 1, 2, 1},     [OP_RESTART] = {2, 1, 2, 8, 3},
	[OP_CLOCK] = {1, 1, 1, 2, 1},	   [OP_RELOAD] = {1, 1, 1, 2, 1},     [OP_NETWORK] = {1, 1, 5, 1, 1},
	[OP_DELIVER] = {8, 8, 30, 8, 8},   [OP_SLOW] = {1, 1, 1, 1, 1},	      [OP_PASS] = {20, 15, 20, 20, 20},
	[OP_HAND] = {2, 2, 2, 3, 20},
};

/* splitmix64 */
uint64_t chance(uint64_t *dice)
{
	uint64_t z = (*dice += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void story_write(struct step *steps, unsigned n, uint64_t seed)
{
	uint64_t dice = seed;
	unsigned style = (unsigned)(chance(&dice) % STYLES), sum = 0;

	for (unsigned op = 0; op < OPS; op++)
		sum += weights[op][style];
	for (unsigned k = 0; k < n; k++) {
		unsigned at = (unsigned)(chance(&dice) % sum), op = 0;

		while (at >= weights[op][style])
			at -= weights[op++][style];
		steps[k] = (struct step){.op = (uint8_t)op, .a = (uint32_t)chance(&dice), .b = (uint32_t)chance(&dice),
					 .c = (uint32_t)chance(&dice)};
	}
}

/* --- the log ------------------------------------------------------------------------------------ */

void rig_log(struct rig *r, uint64_t incident, int thing, const char *format, ...)
{
	struct line *line;
	va_list ap;
	int n;

	if (!r->lines)
		return;
	line = &r->lines[r->n_lines++ % LINES];
	line->incident = incident;
	line->thing = thing;
	n = snprintf(line->text, sizeof line->text, "%8lld s  ", (long long)(r->now.boot_ms / 1000));
	va_start(ap, format);
	vsnprintf(line->text + n, sizeof line->text - (size_t)n, format, ap);
	va_end(ap);
}

/* --- time ------------------------------------------------------------------------------------------ */

void rig_turn(struct rig *r)
{
	for (unsigned k = 0; k < r->n_subjects; k++)
		subject_turn(&r->subjects[k], k > 0);
	for (unsigned k = 0; k < r->n_subjects && r->network == NETWORK_OK; k++)
		subject_deliver_all(&r->subjects[k]);
	for (unsigned k = 0; k < r->n_subjects; k++)
		subject_turn(&r->subjects[k], k > 0);
	judge_twins(r);
}

/* The twin looks at least so often, at whole seconds. */
#define TICKS 100

static int64_t tick_ms(int64_t ms)
{
	return ms <= TICKS * SECOND_MS ? SECOND_MS : ms / TICKS / SECOND_MS * SECOND_MS;
}

static int64_t next_moment(const struct rig *r, int64_t tick)
{
	int64_t next = engine_next(r->subjects[0].engine), left;

	if (r->n_subjects > 1 && next > r->now.boot_ms + tick)
		next = r->now.boot_ms + tick;
	for (unsigned k = 0; k < PLANS_MAX; k++) {
		const struct plan *p = &r->plans[k];

		left = (p->runs ? p->to_s : p->from_s) * 1000 - r->now.wall_ms;
		if (p->is_used && left > 0 && r->now.boot_ms + left < next)
			next = r->now.boot_ms + left;
	}
	return next;
}

static void advance(struct rig *r, int64_t boot_ms)
{
	r->now.wall_ms += boot_ms - r->now.boot_ms;
	r->now.boot_ms = boot_ms;
}

/* What is due at the very end stays undone: an event of the same instant comes first. */
void rig_pass(struct rig *r, int64_t ms)
{
	int64_t end = r->now.boot_ms + ms, tick = tick_ms(ms), next;

	while (!r->is_broken) {
		next = next_moment(r, tick);
		if (next <= r->now.boot_ms)
			next = r->now.boot_ms + SECOND_MS;
		if (next >= end)
			break;
		advance(r, next);
		truth_plans_due(r);
		rig_turn(r);
	}
	advance(r, end);
	truth_plans_due(r);
}

/* --- steps -------------------------------------------------------------------------------------------- */

static int any_thing(const struct rig *r, uint32_t a)
{
	return (int)(a % r->n_things);
}

static int any_host(const struct rig *r, uint32_t a)
{
	return r->things[a % r->n_things].home;
}

static void stir(struct rig *r)
{
	for (unsigned k = 0; k < r->n_subjects; k++)
		r->subjects[k].stir++;
}

static void do_state(struct rig *r, const struct step *s)
{
	int k = any_thing(r, s->a);
	const struct thing *t = &r->things[k];
	unsigned state = s->b % 5 < 2 ? EVENT_OK : t->kind == EVENT_HOST ? truth_host_state(r, k) : 1 + s->b % 3;

	truth_state(r, k, state, s->c % 4 != 0);
}

static void do_burst(struct rig *r, const struct step *s)
{
	int k = any_thing(r, s->a);
	bool is_host = r->things[k].kind == EVENT_HOST;

	for (uint32_t n = 0; n < 2 + s->b % 8 && !r->is_broken; n++) {
		bool well = r->things[k].state != 0;

		truth_state(r, k, well ? EVENT_OK : is_host ? truth_host_state(r, k) : EVENT_CRITICAL, s->c % 3 != 0);
		rig_turn(r);
		rig_pass(r, (int64_t)(1 + (s->c >> 8) % 300) * SECOND_MS);
	}
}

static bool is_behind(const struct rig *r, int thing, int host)
{
	int above[THINGS_MAX];
	unsigned n = thing_ancestors(r, thing, above);

	for (unsigned k = 0; k < n; k++)
		if (above[k] == host)
			return true;
	return r->things[thing].home == host;
}

/* A host fails, and all that hangs on it: what comes first is chance. */
static void do_cascade(struct rig *r, const struct step *s)
{
	int host = any_host(r, s->a);
	bool backwards = s->b & 1;

	for (unsigned n = 0; n < r->n_things && !r->is_broken; n++) {
		int k = (int)(backwards ? r->n_things - 1 - n : n);
		bool is_host = r->things[k].kind == EVENT_HOST;

		if (k != host && (!is_behind(r, k, host) || (s->c >> (k % 24)) % 5 == 0))
			continue;
		truth_state(r, k, is_host ? truth_host_state(r, k) : EVENT_CRITICAL, true);
		if ((s->b >> 4) % 3 == 0) {
			rig_turn(r);
			rig_pass(r, (int64_t)((s->b >> 8) % 20) * SECOND_MS);
		}
	}
	/* children that were DOWN before their parents are UNREACHABLE once somebody looks again */
	for (unsigned k = 0; (s->b & 2) && k < r->n_things; k++)
		if (r->things[k].kind == EVENT_HOST && r->things[k].state)
			truth_state(r, (int)k, truth_host_state(r, (int)k), true);
}

static void do_well(struct rig *r, const struct step *s)
{
	int host = any_host(r, s->a);

	for (unsigned k = 0; k < r->n_things && !r->is_broken; k++) {
		if (!is_behind(r, (int)k, host) || (s->c % 3 == 0 && (s->b >> (k % 24)) & 1))
			continue;
		truth_state(r, (int)k, EVENT_OK, true);
		if (s->c % 4 == 1) {
			rig_turn(r);
			rig_pass(r, (int64_t)((s->c >> 8) % 60) * SECOND_MS);
		}
	}
}

static void do_plan(struct rig *r, const struct step *s)
{
	static const int64_t in_s[] = {0, 0, 60, 1800, 5400, 90000, 100000};
	static const int64_t for_s[] = {300, 1800, 7200, 40000};

	truth_plan(r, any_thing(r, s->a), in_s[s->b % 7], for_s[s->c % 4]);
	if ((s->c >> 8) % 4 == 0) /* two that overlap */
		truth_plan(r, any_thing(r, s->a), in_s[s->b % 7] + 60, for_s[s->c % 4]);
	if ((s->c >> 10) % 4 == 0) /* the host's, too */
		truth_plan(r, any_host(r, s->a), in_s[s->b % 7], for_s[s->c % 4]);
}

static void do_notify(struct rig *r, const struct step *s)
{
	for (uint32_t k = 0; k < r->n_things; k++) {
		int at = any_thing(r, s->a + k);

		if (!r->things[at].state || !r->things[at].is_hard)
			continue;
		truth_notify(r, at, s->b % 4 ? "oncall" : "nobody");
		return;
	}
}

static void do_site(struct rig *r, const struct step *s, bool restarted)
{
	unsigned node = s->a % NODES;

	if (r->sites[node].is_connected && !restarted) {
		truth_disconnect(r, node);
		return;
	}
	truth_disconnect(r, node);
	truth_connect(r, node, restarted || s->b % 2);
}

/* The agent ends and starts, perhaps with the machine; the cores connect again. */
static void do_restart(struct rig *r, const struct step *s)
{
	bool reboots = s->a % 3 == 0;
	int64_t away_ms = (int64_t)(s->b % (s->c % 4 ? 60 : 7200)) * SECOND_MS;

	rig_turn(r); /* what is not committed never was */
	rig_log(r, 0, -1, "the agent is %s, %lld s", reboots ? "away with its machine" : "restarted", (long long)(away_ms / 1000));
	advance(r, r->now.boot_ms + away_ms);
	if (reboots) {
		r->now.boot_ms = 60 * SECOND_MS;
		r->boot++;
	}
	for (unsigned k = 0; k < NODES; k++)
		truth_disconnect(r, k);
	truth_plans_due(r);
	for (unsigned k = 0; k < r->n_subjects; k++)
		subject_restart(&r->subjects[k], !reboots);
	tally.restarts++;
	for (unsigned k = 0; k < NODES; k++)
		truth_connect(r, k, false);
}

static void do_clock(struct rig *r, const struct step *s)
{
	int64_t by_s = (int64_t)(s->a % (s->b % 3 ? 120 : 7200)) - (s->b % 3 ? 60 : 3600);

	if (by_s < 0 && r->now.wall_ms / 1000 > r->blurred_s)
		r->blurred_s = r->now.wall_ms / 1000;
	rig_log(r, 0, -1, "the clock steps by %lld s", (long long)by_s);
	r->now.wall_ms += by_s * 1000;
	truth_plans_due(r);
}

static bool is_born(const struct rig *r, const char *audience, const char *account)
{
	for (unsigned k = 0; k < r->n_born; k++)
		if (!strcmp(r->born[k].audience, audience) && !strcmp(r->born[k].account, account))
			return true;
	return false;
}

static void bear(struct rig *r, int64_t since_s)
{
	const struct config *c = &r->settings->config;

	for (unsigned a = 0; a < c->n_audiences; a++)
		for (unsigned k = 0; k < c->audiences[a].n_accounts; k++) {
			const char *account = c->accounts[c->audiences[a].accounts[k]].name;
			struct born *born = &r->born[r->n_born];

			if (is_born(r, c->audiences[a].name, account))
				continue;
			snprintf(born->audience, sizeof born->audience, "%s", c->audiences[a].name);
			snprintf(born->account, sizeof born->account, "%s", account);
			born->since_s = since_s;
			r->n_born++;
		}
}

/* Who is no longer told of it will never hear its end. */
static void excuse_removed(struct rig *r)
{
	const struct config *c = &r->settings->config;

	for (unsigned k = 0; k < r->n_subjects; k++) {
		struct strand *t, *next;

		HASH_ITER (hh, r->subjects[k].strands, t, next) {
			int audience = config_audience_index(c, t->audience);
			bool is_there = false;

			for (unsigned n = 0; audience >= 0 && n < c->audiences[audience].n_accounts; n++)
				is_there |= !strcmp(c->accounts[c->audiences[audience].accounts[n]].name, t->account);
			if (!is_there && !t->is_over)
				t->excuse = "its audience or account was removed";
		}
	}
}

static void do_reload(struct rig *r, const struct step *s)
{
	struct settings *old = r->settings;

	r->variant = s->a % 3;
	rig_log(r, 0, -1, "reload: variant %u", r->variant);
	r->settings = settings_create(r->family, r->variant);
	r->reloaded_s = r->now.wall_ms / 1000;
	bear(r, r->reloaded_s);
	for (unsigned k = 0; k < r->n_subjects; k++)
		engine_set_config(r->subjects[k].engine, &r->settings->config);
	excuse_removed(r);
	settings_destroy(old);
}

static void do_pass(struct rig *r, const struct step *s)
{
	static const int64_t scale_s[] = {60, 60, 300, 900, 900, 3600, 7200, 36000};
	uint32_t kind = s->a % 16;
	int64_t most = kind == 15 ? (r->n_subjects > 1 ? 36000 : 200000) : scale_s[kind % 8];

	rig_turn(r);
	rig_pass(r, (int64_t)(1 + s->b % (uint32_t)most) * SECOND_MS);
}

static void do_deliver(struct rig *r, const struct step *s)
{
	for (unsigned k = 0; k < r->n_subjects; k++)
		for (uint32_t n = 0; n < 1 + s->c % 4; n++)
			subject_deliver(&r->subjects[k], s->a + n, s->b >> n);
}

static void do_step(struct rig *r, const struct step *s)
{
	switch ((enum deed)s->op) {
	case OP_STATE: do_state(r, s); break;
	case OP_BURST: do_burst(r, s); break;
	case OP_CASCADE: do_cascade(r, s); break;
	case OP_WELL: do_well(r, s); break;
	case OP_ACK: truth_ack(r, any_thing(r, s->a), s->b & 1, s->c & 1 ? "alice" : "bob"); break;
	case OP_UNACK: truth_unack(r, any_thing(r, s->a)); break;
	case OP_FLAP: truth_flap(r, any_thing(r, s->a), !r->things[any_thing(r, s->a)].flaps); break;
	case OP_PLAN: do_plan(r, s); break;
	case OP_PLAN_END: truth_plan_end(r, (int)(s->a % PLANS_MAX), true); break;
	case OP_NOTIFY: do_notify(r, s); break;
	case OP_SITE: do_site(r, s, false); break;
	case OP_RESTART_CORE: do_site(r, s, true); break;
	case OP_DEAF: truth_deaf(r, s->a % NODES, !r->sites[s->a % NODES].is_deaf); break;
	case OP_REMOVE: truth_remove(r, any_thing(r, s->a), !r->things[any_thing(r, s->a)].is_removed); break;
	case OP_RESTART: do_restart(r, s); break;
	case OP_CLOCK: do_clock(r, s); break;
	case OP_RELOAD: do_reload(r, s); break;
	case OP_NETWORK: r->network = s->a % 3; break;
	case OP_DELIVER: do_deliver(r, s); break;
	case OP_SLOW: r->is_slow = s->a % 3 == 0; break;
	case OP_PASS: do_pass(r, s); break;
	case OP_HAND: hand_do(r, s); break;
	case OPS: break;
	}
}

void story_do(struct rig *r, const struct step *step)
{
	uint32_t wait = step->c >> 20;

	rig_pass(r, (int64_t)(wait % 4 < 2 ? 0 : wait % 4 == 2 ? wait % 20 : wait % 300) * SECOND_MS);
	if (step->op != OP_PASS && step->op != OP_DELIVER)
		stir(r);
	if (!r->is_broken && !(tally.left_out & (1u << step->op)))
		do_step(r, step);
	if (!r->is_broken)
		rig_turn(r);
	if (step->op == OP_RELOAD || step->op == OP_RESTART)
		stir(r); /* what follows from it follows later, too */
	for (unsigned k = 0; k < r->n_subjects && !r->is_broken; k++)
		judge_turn(&r->subjects[k]);
	if (!r->is_broken && step->c % 8 == 0 && !r->subjects[0].questions) /* else it does not know yet itself */
		subject_compare_rows(&r->subjects[0]);
}

void story_begin(struct rig *r)
{
	bear(r, 0);
	for (unsigned k = 0; k < NODES; k++)
		truth_connect(r, k, true);
	rig_turn(r);
}

/* Time passes until nobody has anything left to wait for. */
void story_end(struct rig *r)
{
	r->network = NETWORK_OK;
	r->is_slow = false;
	rig_log(r, 0, -1, "--- all is well from here on");
	hand_end(r);
	for (unsigned k = 0; k < NODES; k++)
		truth_deaf(r, k, false);
	for (unsigned k = 0; k < NODES; k++)
		if (!r->sites[k].is_connected)
			truth_connect(r, k, false);
	for (int k = 0; k < PLANS_MAX; k++)
		truth_plan_end(r, k, true);
	for (unsigned k = 0; k < r->n_things && !r->is_broken; k++) {
		truth_flap(r, (int)k, false);
		truth_state(r, (int)k, EVENT_OK, true);
	}
	stir(r);
	rig_turn(r);
	rig_pass(r, 9 * DAY_MS);
	rig_turn(r);
	if (!r->is_broken)
		subject_compare_rows(&r->subjects[0]);
	for (unsigned k = 0; k < r->n_subjects && !r->is_broken; k++)
		judge_end(&r->subjects[k]);
}
