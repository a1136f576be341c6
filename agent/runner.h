/*
 * Runs notifier ops: steps them, hands their requests to a carrier, brings the
 * answers back. Used by the outbox (posts), the collector (replies) and auth.
 *
 * No request leaves before runner_release(): core.c calls it once per turn after
 * the store has committed, so whatever was decided is on disk first.
 */
#ifndef TWICKET_RUNNER_H
#define TWICKET_RUNNER_H

#include "common/now.h"
#include "notifiers/notifier.h"

/*
 * Where requests go: http.c in the agent, a simulated network in tests.
 * submit() copies what it needs and calls done exactly once, later, never from
 * inside submit(), unless the handle is cancelled first. NULL: could not even be
 * queued (the runner then reports NOT_SENT by itself).
 */
struct carrier {
	void *(*submit)(void *arg, unsigned account, const struct request *request,
			void (*done)(void *done_arg, const struct answer *answer), void *done_arg);
	void (*cancel)(void *arg, void *handle);
	void *arg;
};

struct runner;
struct run; /* one op under way */

typedef void runner_done_fn(void *arg, const struct result *result);
typedef enum emitted runner_emit_fn(void *arg, const struct item *item);

/* random fills bytes; both stay the caller's. */
struct runner *runner_create(const struct carrier *carrier, void (*random)(void *bytes, size_t n));
void runner_destroy(struct runner *r); /* ends all ops without calling their done; NULL is fine */

/*
 * Starts an op. The job's strings must live until done (or until run_cancel).
 * emit may be NULL. done is called exactly once, never from inside this call; a
 * job that the notifier refuses is reported as RESULT_PERMANENT on the next turn.
 */
struct run *runner_start(struct runner *r, const struct notifier *notifier, struct account *account,
			 unsigned account_index, const struct job *job, runner_emit_fn *emit,
			 runner_done_fn *done, void *arg);

/* Ends it without calling done. */
void run_cancel(struct run *run);

/* Steps what is due (answers that came in, OP_WAITs that are over); calls emit and done. */
void runner_turn(struct runner *r, const struct now *now);

/* Lets the requests of this turn leave. */
void runner_release(struct runner *r);

/* Wall ms at which runner_turn() has something to do by itself; NOW_NEVER = when an answer comes. */
int64_t runner_next(const struct runner *r);

/* An account's server's clock minus ours, ms, by its newest answer; right to two seconds. 0 = not known. */
int64_t runner_skew_ms(const struct runner *r, unsigned account);

/* Is no op under way at all? */
bool runner_is_idle(const struct runner *r);

/* Are answers to posts there that no turn has looked at, nothing else, and others still on their way? */
bool runner_is_between(const struct runner *r);

/* Is there something that runner_turn() or runner_release() would do right now? */
bool runner_is_ready(const struct runner *r);

#endif
