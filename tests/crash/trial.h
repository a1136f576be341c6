/*
 * kill -9 at a chosen point, and again from there: the whole agent in a child process,
 * the servers, the core and the clock in memory that outlives it. Used by crash_agent.c
 * and crash_x.c, which say what must have come out.
 */
#ifndef TWICKET_TESTS_TRIAL_H
#define TWICKET_TESTS_TRIAL_H

#include "tests/scenario/world.h"

struct trial_shared { /* what outlives a killed agent besides the networks: the core and the clock */
	struct now now;
	unsigned step;
	bool acked;
	unsigned commands;
	int64_t note; /* the plan's own */
};

struct trial;

struct trial_plan {
	const char *config;
	const char *db1_pair; /* of db1/Postgres, NULL: none */
	void (*begin)(struct trial *t); /* the servers are new: sets them up */
	void (*reply)(struct trial *t); /* alice acknowledges the first problem */
	void (*end)(struct trial *t); /* at the end of the agent's day, before it is stopped; NULL is fine */
	unsigned (*posts)(const struct trial *t); /* on all servers */
	bool (*is_right)(const struct trial *t, const char *what, unsigned stop);
};

struct trial {
	const struct trial_plan *plan;
	struct sim *sim; /* and its x */
	struct trial_shared *shared;
	char db[64], cfg[64];
	unsigned point, stop_at; /* stop_at 0: never */
	unsigned expected;	 /* posts of the undisturbed run */
	unsigned lose_every;	 /* answers, by every server */
	unsigned ran;
	struct world world;
};

/* Time zone, log, folders, shared memory; exits when there is none. */
void trial_init(struct trial *t, const struct trial_plan *plan, const char *name);
/* An undisturbed run, then one for every stride-th point. Returns how many failed. */
unsigned trial_suite(struct trial *t, const char *what, unsigned stride);
void trial_finish(struct trial *t);

#endif
