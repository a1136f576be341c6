/*
 * What the files of `twicket replay` share, and nobody else sees: a configuration, the
 * rehearsals that it needs, and what came of them.
 */
#ifndef TWICKET_CLI_REPLAY_H
#define TWICKET_CLI_REPLAY_H

#include "agent/cli.h"
#include "agent/cli_objects.h"
#include "agent/replay.h"

/* One configuration on the log: as it is, and with one thing changed each. */
enum variant {
	VARIANT_NONE,
	/* about half of a hold, and two and a half times as long: what operators hear early forms the
	 * incidents of the public as well, so each kind of audience for itself */
	VARIANT_SHORT_HOLD,
	VARIANT_LONG_HOLD,
	VARIANT_SHORT_INTERNAL_HOLD,
	VARIANT_LONG_INTERNAL_HOLD,
	VARIANT_NO_RECOVERY_HOLD,
	VARIANT_NO_STORM,
	VARIANT_NO_QUIET_HOURS,
	VARIANT_NO_DOWNTIMES, /* the log's are not looked at */
	VARIANT_NO_FLAPPING,  /* nor the core's flapping */
	VARIANTS
};

struct replay_run {
	const struct config *config;
	struct replay *replay;
	struct config configs[VARIANTS]; /* shallow copies, with audiences of their own */
	struct rehearsal *rehearsals[VARIANTS]; /* NULL: it would change nothing */
	/* posts of one audience, in words, are printed as they come */
	int shown; /* index, -1 = none */
	const struct cli *cli;
	json_t *posts; /* with --json */
	struct buf line;
	bool has_failed; /* stdout does not take it */
};

enum replay_detail { REPLAY_WITH_HINTS, REPLAY_PLAIN };

/* Adds its rehearsals to the replay. -1 with err. The config stays the caller's. */
int replay_run_init(
    struct replay_run *run, const struct cli *cli, const struct config *config,
    struct replay *replay, enum replay_detail detail, int shown, struct err *err);
void replay_run_finish(struct replay_run *run); /* of one that was not begun, too */

/* What came of it: a new object. */
json_t *replay_run_facts(const struct replay_run *run, double days);

/* The next nice duration for a hold that is about so long. */
int64_t replay_nice_ms(int64_t ms);

/* cli_replay_posts.c: one post of the audience, printed or kept. */
void replay_show_post(struct replay_run *run, const struct rehearsed *post);

/* cli_replay_text.c: facts as people read them. Pure. */
void cli_replay_text(const json_t *facts, int64_t now_ms, struct buf *out);

/* cli_replay_objects.c: where the objects come from, in words. */
struct replay_source {
	struct cli_objects objects;
	char text[600]; /* "the running core", a path; "" = nowhere */
};
/* file NULL: not given. CLI_DONE also when there are none. Complains by itself. */
enum cli_exit replay_objects(
    const struct cli *cli, const char *file, const char *log, struct replay_source *out);

#endif
