/*
 * Is twicket well? Judges the agent's answer to `status` (agent/control.h), for
 * check_twicket, for the last lines of `twicket status` and for the metrics. Pure: no I/O,
 * no clock. It must never call well what it was not told.
 */
#ifndef TWICKET_HEALTH_H
#define TWICKET_HEALTH_H

#include "common/buf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* The exit codes of the Monitoring Plugins guidelines. */
enum health_level { HEALTH_OK, HEALTH_WARNING, HEALTH_CRITICAL, HEALTH_UNKNOWN };

/*
 * A range of the guidelines: the alarm goes off outside of it, `@` inside, ends included.
 * INT64_MIN and INT64_MAX are its open ends; all of it 0: never.
 */
struct health_range {
	int64_t from, to;
	bool is_alarm_inside;
};

struct health_limit {
	struct health_range warning, critical;
};

struct health_limits {
	struct health_limit queue;  /* s: the oldest post that is still on its way */
	struct health_limit read;   /* s: since replies were read the last time */
	struct health_limit away;   /* s: since a core went away */
	struct health_limit budget; /* percent of posts a day, and of the month's money */
	struct health_limit clock;  /* s: between a network's clock and ours, either way */
	struct health_limit denied; /* refusals within 10 min */
};
extern const struct health_limits health_defaults;

/* What it is about. */
enum health_about {
	HEALTH_STORE,
	HEALTH_CORE,
	HEALTH_ACCOUNT,
	HEALTH_ACCOUNT_ROW, /* an account, and its row in `twicket status` says so anyway */
	HEALTH_PEOPLE,
	HEALTH_DESK,
	HEALTH_SILENCE /* somebody wants it so */
};

struct health_finding {
	enum health_level level;
	enum health_about about;
	char text[600]; /* what is so, and what to do about it; as the agent said it, not escaped */
};

#define HEALTH_FINDINGS 64

struct health {
	enum health_level level; /* the worst */
	unsigned n, found; /* found: all of them, of which at most HEALTH_FINDINGS are kept, none before a worse one */
	struct health_finding at[HEALTH_FINDINGS]; /* worst first */
};

bool health_range_is_never(const struct health_range *range);

/* status: the whole answer. What is missing in it is taken for 0 or "". */
void health_judge(const json_t *status, const struct health_limits *limits, struct health *out);

/* Since an account's replies were read, s; 0 where none are. Never more than the agent's own age. */
int64_t health_read_age_s(const json_t *status, const json_t *account);

/* "OK", "WARNING", ... */
const char *health_word(enum health_level level);

/* The whole output of the plugin, escaped, performance data included; ends with a line end. Its level. */
enum health_level health_text(const json_t *status, const struct health_limits *limits, struct buf *out);

/* The same where there is no status: one line, escaped. */
void health_line(enum health_level level, const char *text, struct buf *out);

#endif
