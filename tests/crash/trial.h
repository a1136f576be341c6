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
	char done[40][200]; /* what the core was told to do, one command each */
	unsigned n_done;
};

struct trial;

/* What happens in minute so-and-so. */
struct trial_step {
	int minute;
	void (*event)(struct trial *t); /* in the core, which outlives the agent: repeated for a new process */
	void (*act)(struct trial *t); /* by a person, whom a killed agent did not answer: does nothing when it is done */
};

struct trial_plan {
	const char *config;
	const struct trial_step *steps; /* NULL: a problem that is acknowledged, a second one, their recoveries */
	unsigned n_steps;
	int end_minute; /* 0: 70 */
	const char *const *objects; /* NULL: mx1/SMTP "E-mail" and db1/Postgres; else name, public name or "", ..., NULL */
	const char *db1_pair; /* of db1/Postgres, NULL: none */
	void (*restore)(struct trial *t); /* of what the core was told to do, in a new process; NULL: the acknowledgement */
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
	int killed_minute;	 /* of the agent's day; -1: it was not */
	struct world world;
};

/* Time zone, log, folders, shared memory; exits when there is none. */
void trial_init(struct trial *t, const struct trial_plan *plan, const char *name);
/* An undisturbed run, then one for every stride-th point. Returns how many failed. */
unsigned trial_suite(struct trial *t, const char *what, unsigned stride);
void trial_finish(struct trial *t);

/* What the core was told to do, and what stands on the servers, a line each. */
void trial_print(const struct trial *t);
/* Pairs of posts with the same words on one account. */
unsigned trial_twice(const struct sim *s);

#endif
