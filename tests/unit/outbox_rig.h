/*
 * An outbox with all that it needs, on a virtual clock: store, runner, simulated
 * network, and a note of every delivery. Used by test_outbox*.c and crash_outbox.c.
 * Nothing here decides anything: it turns like core.c does.
 */
#ifndef TWICKET_TESTS_OUTBOX_RIG_H
#define TWICKET_TESTS_OUTBOX_RIG_H

#include "agent/outbox.h"
#include "agent/words.h"
#include "tests/crash/sim.h"

#define RIG_START_MS INT64_C(1764000000000)
#define RIG_MONTH 202511 /* in which that is, UTC */
#define RIG_TOLD 4096

struct rig_told {
	uint64_t post;
	int event;
	enum delivery delivery;
	bool is_root;
};

struct rig {
	struct sim *sim;
	struct sim_link *link;
	struct runner *runner;
	struct store *store;
	struct ledger *ledger;
	struct outbox *outbox;
	struct config config;
	struct config_account accounts[2]; /* "one" and "two" */
	struct account *opened[2];
	const struct notifier *notifiers[2];
	struct now now;
	struct rig_told told[RIG_TOLD];
	unsigned n_told, notes, alarms;
	char alarm[512]; /* the last one */
	char note[512]; /* the last one */
	bool is_paused; /* account "one", by hand */
	uint64_t paused_thread; /* 0 = none */
	uint64_t last_id; /* of rig_say() and the like */
	bool commits_fail; /* every one, by ourselves */
	bool disk_may_fail; /* a commit that fails is no mistake of the test */
	bool has_failed; /* the last one */
	void (*at_turn)(struct rig *rig, void *arg); /* decisions of a script; NULL = none */
	void *at_turn_arg;
};

/* The server outlives restarts; so does the store, at a path. NULL: in memory. */
void rig_start(
    struct rig *rig, struct sim *sim, const char *path, void (*point)(void *arg, const char *what),
    void *point_arg);
void rig_stop(struct rig *rig);

void rig_turn(struct rig *rig); /* one turn of core.c's loop at the present time */
/* Turns, and moves the clock to whatever comes next, for so long; NOW_NEVER: until nothing comes. */
void rig_run(struct rig *rig, int64_t for_ms);

/* One post; thread 0: an answer. "#TAG" is appended to the text when tag is not NULL. */
uint64_t rig_say(struct rig *rig, uint64_t thread, int event, const char *text, const char *tag);
uint64_t rig_add(struct rig *rig, const struct post_row *row);

/* The row as the store has it; its strings live until the next call. NULL: none. */
const struct post_row *rig_row(struct rig *rig, uint64_t id);
/* How often this was told of a post. */
unsigned rig_count_told(const struct rig *rig, uint64_t post, enum delivery delivery);

#endif
