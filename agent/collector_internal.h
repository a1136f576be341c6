/*
 * What collector*.c share: an account as the collector sees it.
 */
#ifndef TWICKET_COLLECTOR_INTERNAL_H
#define TWICKET_COLLECTOR_INTERNAL_H

#include "agent/collector.h"

#define COLLECTOR_POLL_MIN_MS 6000 /* two paging requests each, and 300 per 15 min are allowed */
#define COLLECTOR_THREAD_MS 30000 /* least time between two looks under posts */
#define COLLECTOR_BACK_OFF_MS (10 * 60000)
#define COLLECTOR_VERIFY_MS (24 * 3600000)
#define COLLECTOR_DIRECT_MS (2 * 3600000) /* a private talk goes on for so long (SPEC 4.4) */
#define COLLECTOR_ASK_AGAIN_MS (24 * 3600000) /* for a name that nobody had */
#define COLLECTOR_WARN_AFTER 5 /* failures in a row, then one line */
#define COLLECTOR_GET_TRIES 5
#define COLLECTOR_GET_MS 30000 /* between them */
#define COLLECTOR_NOTICES 8 /* different ones that are remembered per account */

/* A status that the inbox asked for. */
struct errand {
	struct errand *next;
	uint64_t reply;
	char *remote_id;
	unsigned tries;
	int64_t at_ms; /* boot */
	char uri[512], parent_id[512];
};

/* One account: as configured, as the store knows it, and what it is doing now. */
struct feed {
	struct feed *next;
	struct collector *collector;
	char *name;
	const struct notifier *notifier; /* NULL: no token, or not configured any more */
	struct account *account;
	const struct config_account *config;
	unsigned index;
	int64_t poll_ms;

	char *cursor, *self_id, *self_acct, *software;
	int64_t last_read_ms; /* wall */
	bool is_changed, is_saving;

	struct run *run; /* never two at a time */
	struct job job;
	char *job_cursor, *job_target, *job_to;
	bool has_failed_item; /* the inbox could not take one: the cursor stays */

	bool is_verified, is_waiting; /* waiting: for a human */
	bool is_resumed; /* asked for while an op was under way */
	unsigned failures;
	bool is_warned;
	bool is_long_told; /* in the log, until it is read again */
	int64_t verify_ms, collect_ms, thread_ms; /* boot clock: due */
	int64_t pause_ms; /* boot clock: the network's wish, for all of it */
	uint64_t thread_incident, thread_post; /* looked at last */
	uint64_t look_reply; /* that is looked for: does it still stand there? */
	bool was_look; /* the last look under posts was such a one */
	struct errand *errands;
	char *notices[COLLECTOR_NOTICES];
	unsigned n_notices;
	char failure[256];

	/* where reading costs */
	bool is_internal; /* an audience with internals = true is told here */
	bool is_locked; /* as VERIFY said */
	bool is_idle; /* nothing is open: not read */
	int64_t direct_ms; /* boot clock: a person wrote in private; read until then */
	char person_id[32]; /* LOOKUP: what it found */
	int64_t names_ms; /* boot clock: no name is looked up before, by the network's wish */
	bool may_be_told; /* that nothing is read: the store may say so */
	unsigned spent_month; /* in which it was said that no money is left for reading */
};

struct collector {
	struct collector_parts parts;
	struct feed *feeds;
	struct now now;
};

void feed_set(char **slot, const char *value); /* a copy; frees the old one */
void errand_free(struct errand *e);

static inline int64_t feed_thread_pause(const struct feed *f)
{
	return f->poll_ms > COLLECTOR_THREAD_MS ? f->poll_ms : COLLECTOR_THREAD_MS;
}

/* Is a limit that reading met no business of the posts? */
static inline bool feed_has_limits_apart(const struct feed *f)
{
	return f->notifier && (f->notifier->caps & NOTIFIER_LIMITS_APART);
}

static inline bool feed_is_metered(const struct feed *f)
{
	return f->notifier && (f->notifier->caps & NOTIFIER_METERED);
}

/* collector_metered.c: where reading costs */
bool feed_is_self_known(const struct feed *f);
bool feed_is_locked(const struct feed *f); /* is it known that only approved followers read it? */
void feed_check_lock(struct feed *f); /* what depends upon it is looked at again every day */
enum feed_reading { FEED_LATER, FEED_NAME, FEED_READ };
enum feed_reading feed_reading(struct feed *f); /* a poll is due; FEED_NAME: job_to is the name to look up */
void feed_private(struct feed *f, const struct item *item); /* a new reply came */
void feed_paid(struct feed *f, const struct result *result);
void feed_unread(struct feed *f, const struct result *result); /* by a limit for long: told once */
void feed_read(struct feed *f); /* that is over */

/* For runner_start(); arg is the feed. */
enum emitted feed_emit(void *arg, const struct item *item);
enum emitted feed_emit_parent(void *arg, const struct item *item);
enum emitted feed_emit_person(void *arg, const struct item *item);
void feed_lookup_done(void *arg, const struct result *result);
void feed_ill(struct feed *f, const struct result *result);
void feed_well(struct feed *f);
int64_t feed_pause(const struct feed *f, const struct result *result); /* boot clock */
void feed_verify_done(void *arg, const struct result *result);
void feed_collect_done(void *arg, const struct result *result);
void feed_thread_done(void *arg, const struct result *result);
void feed_get_done(void *arg, const struct result *result);
enum emitted feed_emit_nothing(void *arg, const struct item *item);
void feed_look_done(void *arg, const struct result *result);

#endif
