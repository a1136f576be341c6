/*
 * What was true when we stopped: the store's rows handed to the engine, the outbox, the
 * inbox and the collector. Called by core.c at start. Must never change a row but to
 * note the boot that we are in.
 */
#include "agent/core_internal.h"

#include <stdlib.h>
#include <string.h>

static int load_node(void *arg, const struct node_row *row)
{
	engine_load_node(arg, row);
	return 0;
}

static int load_incident(void *arg, const struct incident_row *row)
{
	engine_load_incident(arg, row);
	return 0;
}

static int load_problem(void *arg, const struct problem_row *row)
{
	engine_load_problem(arg, row);
	return 0;
}

static int load_thread(void *arg, const struct thread_row *row)
{
	struct core *c = arg;
	uint64_t *more;

	if (config_tells(c->config, row->audience, row->account)) {
		engine_load_thread(c->engine, row, c->same_boot, &c->now);
		return 0;
	}
	more = realloc(c->orphans, sizeof *more * (c->n_orphans + 1));
	if (more) {
		c->orphans = more;
		c->orphans[c->n_orphans++] = row->id;
	}
	return 0;
}

static int load_downtime(void *arg, const struct downtime_row *row)
{
	engine_load_downtime(arg, row);
	return 0;
}

static int load_channel(void *arg, const struct channel_row *row)
{
	struct core *c = arg;

	engine_load_channel(c->engine, row, c->same_boot, &c->now);
	return 0;
}

static int load_quiet(void *arg, const struct quiet_row *row)
{
	engine_load_quiet(arg, row);
	return 0;
}

static int load_pause(void *arg, const struct pause_row *row)
{
	engine_load_pause(arg, row);
	return 0;
}

/* Nobody is to hear any more of what an audience or account that was removed still had to say. */
static void cancel_orphans(struct core *c)
{
	for (unsigned k = 0; k < c->n_orphans; k++)
		outbox_cancel_thread(c->outbox, c->orphans[k]);
	free(c->orphans);
	c->orphans = NULL;
	c->n_orphans = 0;
}

int core_load(struct core *c, struct err *err)
{
	char boot[64] = "";

	if (store_meta(c->store, "boot_id", boot, sizeof boot, err) == -1)
		return -1;
	c->same_boot = c->env.boot_id && c->env.boot_id[0] && !strcmp(boot, c->env.boot_id);
	if (!c->same_boot && c->env.boot_id)
		store_put_meta(c->store, "boot_id", c->env.boot_id);
	if (store_nodes(c->store, load_node, c->engine, err) == -1 ||
	    store_open_incidents(c->store, load_incident, c->engine, err) == -1 ||
	    store_live_problems(c->store, load_problem, c->engine, err) == -1 ||
	    store_open_threads(c->store, load_thread, c, err) == -1 ||
	    store_downtimes(c->store, load_downtime, c->engine, err) == -1 ||
	    store_channels(c->store, load_channel, c, err) == -1 ||
	    store_quiets(c->store, load_quiet, c->engine, err) == -1 ||
	    store_pauses(c->store, load_pause, c->engine, err) == -1)
		return -1;
	engine_loaded(c->engine, &c->now);
	if (tickets_load(c->tickets, err) == -1 || people_load(c->people, err) == -1 || outbox_load(c->outbox, &c->now, err) == -1 ||
	    inbox_load(c->inbox, &c->now, err) == -1 || collector_load(c->collector, err) == -1)
		return -1;
	cancel_orphans(c);
	return 0;
}
