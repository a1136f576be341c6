/*
 * The whole agent on a virtual clock: a simulated core on one side, simulated networks
 * (sim; and X, when sim->x is set) on the other, everything between them real. For
 * scenario and crash tests.
 */
#ifndef TWICKET_WORLD_H
#define TWICKET_WORLD_H

#include "agent/core.h"
#include "tests/crash/sim.h"
#include "tests/crash/sim_x.h"
#include "tests/scenario/simcore.h"

#define WORLD_BEGIN_MS INT64_C(1795316400000) /* Sunday, 22 November 2026, 03:00:00 UTC */

struct world {
	struct sim *sim;	 /* the network: survives the agent */
	struct sim_link *link;
	struct simcore *monitor; /* the monitoring core: survives the agent */
	struct core *core;	 /* the agent; NULL: not running */
	struct store *store;
	struct config *config;
	struct carrier carrier;
	struct now now;
	const char *store_path, *config_path;
	void (*point)(void *arg, const char *what); /* before and after each request */
	void *point_arg;
	void (*local)(void *arg, void *ticket, const struct reply_row *reply); /* a local reply is through */
	void *local_arg;
	const char *boot_id;
	char x_names[SIM_X_OURS][SIM_NAME]; /* our accounts on X, as the configuration calls them, by sim_x_user.own */
};

/* Opens the store and starts the agent; fatal for the test when it cannot. */
void world_start(struct world *w);
/* SIGHUP: the configuration file anew. */
void world_reload(struct world *w);
/* Ends it as a kill would: nothing is written any more. */
void world_stop(struct world *w);
/* Lets everything happen that needs no time. */
void world_settle(struct world *w);
/* Runs until that instant, stopping at each moment at which something happens; each is
 * called after every step (NULL is fine). */
void world_run_until(struct world *w, int64_t wall_ms, void (*each)(void *arg), void *arg);

/* The same, but what is due at that very instant stays undone: an event of that instant comes first. */
void world_run_before(struct world *w, int64_t wall_ms, void (*each)(void *arg), void *arg);

/* The user on X behind an account of the configuration; -1: it is on another network. */
int world_x_user(const struct world *w, const char *account);

/* A folder where writing to disk costs nothing, for the stores of tests. */
const char *world_fast_dir(void);

/* The same randomness for every run; world_seed() begins anew. */
void world_seed(uint64_t seed);
void world_random(void *bytes, size_t n);

#endif
