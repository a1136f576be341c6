/*
 * When the next turn of core.c is due: what has a deadline, and what may wait for company.
 * Called by agent.c around its poll().
 * Must never put off a turn that somebody waits for.
 */
#include "agent/core_internal.h"

#define GATHER_MS 50
#define ANSWERS_MS 3

/*
 * A queue leaves a few posts at a time. Where a server is quick, their answers share one commit with
 * the marks of the next ones; a slow one has nobody wait for it.
 */
static bool gathers_answers(const struct core *c, const struct now *now)
{
	return now->boot_ms - c->turned_ms < ANSWERS_MS && runner_is_between(c->runner) &&
	       outbox_is_queueing(c->outbox) && inbox_is_idle(c->inbox);
}

/* As if that had not come in yet: whatever is asked of the core, its answers bring anew after a crash. */
bool core_is_gathering(const struct core *c, const struct now *now)
{
	if (gathers_answers(c, now))
		return true;
	return now->boot_ms - c->turned_ms < GATHER_MS && engine_is_asking(c->engine) &&
	       runner_is_idle(c->runner) && inbox_is_idle(c->inbox);
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t next_ms(const struct core *c, const struct now *now, int64_t wait)
{
	int64_t boot = sooner(engine_next(c->engine), inbox_next(c->inbox)), wall;

	boot = sooner(boot, sooner(collector_next(c->collector, now), tickets_next(c->tickets)));
	wall = sooner(outbox_next(c->outbox, now), runner_next(c->runner));
	if (boot != NOW_NEVER)
		wait = sooner(wait, boot - now->boot_ms);
	if (wall != NOW_NEVER)
		wait = sooner(wait, wall - now->wall_ms);
	return wait < 0 ? 0 : wait;
}

void core_turned(struct core *c, const struct now *now)
{
	c->turned_ms = now->boot_ms;
}

int core_wait_ms(const struct core *c, const struct now *now, int max_ms)
{
	int64_t wait, rest = c->turned_ms + GATHER_MS - now->boot_ms;

	if (c->store_trouble[0]) {
		wait = c->retry_boot_ms - now->boot_ms;
		return wait < 0 ? 0 : wait > max_ms ? max_ms : (int)wait;
	}
	if (gathers_answers(c, now))
		return (int)(c->turned_ms + ANSWERS_MS - now->boot_ms);
	if (runner_is_ready(c->runner))
		return 0;
	wait = next_ms(c, now, max_ms);
	/* a core that does not answer is no reason to wake up again and again */
	return core_is_gathering(c, now) && (c->has_news || wait < rest) ? (int)rest : (int)wait;
}
