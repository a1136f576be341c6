/*
 * When to try, wait, give up, ask again (SPEC 4.3): the only place with a retry
 * policy. Fed by core.c with rendered posts, drives notifiers through the runner,
 * keeps its rows in the store. It never decides what is said.
 *
 * Order of a turn (core.c): outbox_turn() -> outbox_save() -> store_commit() ->
 * outbox_saved() -> runner_release(). A post that is about to be created is
 * marked SENDING by outbox_turn(), so the mark is on disk before its first byte.
 */
#ifndef TWICKET_OUTBOX_H
#define TWICKET_OUTBOX_H

#include "agent/config.h"
#include "agent/ledger.h"
#include "agent/rows.h"
#include "agent/runner.h"
#include "agent/store.h"
#include "common/now.h"

struct outbox;

/* What the outbox tells core.c; all are called from outbox_turn() or runner_turn(). */
struct outbox_events {
	void *arg;
	/* The delivery of a thread's post: event says which; root = it is the thread's first. */
	void (*delivery)(void *arg, const struct post_row *post, enum delivery delivery, bool root);
	/* Something for the timeline of an incident, in words. */
	void (*note)(void *arg, uint64_t incident, const char *text);
	/*
	 * An account cannot speak until a human acts or money comes, or its network did what it
	 * must not: operators hear it elsewhere. Once per trouble; is_over: it can again.
	 */
	void (*alarm)(void *arg, const char *account, const char *text, bool is_over);
	/*
	 * Does somebody want nothing to be posted on that account (thread 0, asked once a turn), or in
	 * that thread? NULL = nobody does. When the answer changes: outbox_stir().
	 */
	bool (*is_paused)(void *arg, unsigned account, uint64_t thread);
};

struct outbox *outbox_create(struct runner *runner, struct store *store, struct ledger *ledger,
			     const struct outbox_events *events, void (*random)(void *bytes, size_t n));
/* After runner_destroy(), which ends the ops that lean on our strings. NULL is fine. */
void outbox_destroy(struct outbox *o);

/*
 * The accounts that posts may go to; again after a reload of the configuration.
 * notifiers[i]/accounts[i] belong to config->accounts[i] and are NULL where the
 * account has no token: its posts wait. All are the caller's.
 */
void outbox_set_accounts(struct outbox *o, const struct config *config,
			 const struct notifier *const *notifiers, struct account *const *accounts);

/* Reads what is unsettled; SENDING becomes UNKNOWN: we may have been killed in between. */
int outbox_load(struct outbox *o, const struct now *now, struct err *err);

/*
 * Takes a post (id 0 = give it one; state QUEUED). Newer text of the same thread
 * and event replaces queued older text, which is CANCELLED. Returns its id.
 */
uint64_t outbox_add(struct outbox *o, const struct post_row *post, const struct now *now);

/* Cancels what is QUEUED or in RETRY of a thread; what is SENDING or UNKNOWN is settled first.
 * Returns a bit (1 << event) for each sentence that was still waiting. */
uint64_t outbox_cancel_thread(struct outbox *o, uint64_t thread);
/* Is one of a thread's sentences not settled yet, one way or the other? */
bool outbox_is_pending(const struct outbox *o, uint64_t thread, int event);
/* Cancels, too, and deletes what was posted in it where the network can. */
void outbox_erase_thread(struct outbox *o, uint64_t thread, const struct now *now);

/* Deletes what was said of an event (SAY: a person's words) at that time, 0 = ever, wherever the network can. */
void outbox_erase_said(struct outbox *o, uint64_t incident, int event, int64_t at_ms, const struct now *now);

void outbox_turn(struct outbox *o, const struct now *now);
int64_t outbox_next(const struct outbox *o, const struct now *now); /* wall ms, NOW_NEVER = nothing to wait for */

/* Does an account have more posts waiting than it may send at a time? */
bool outbox_is_queueing(const struct outbox *o);

/* Something outside has changed that may let posts go: look at all of them in the next turn. */
void outbox_stir(struct outbox *o);

void outbox_save(struct outbox *o);  /* writes changed rows to the store */
void outbox_saved(struct outbox *o); /* the commit succeeded */

/* A human acted (auth, SIGHUP, queue retry): account index, or -1 for all. Ends AUTH pauses and back-off. */
void outbox_resume(struct outbox *o, int account);
/*
 * queue retry / queue drop by id. -1 with err when there is no such post or it must be settled first.
 * A retry also ends the pause of an account that waits for a human, not that of a limit.
 */
int outbox_retry(struct outbox *o, uint64_t post, struct err *err);
int outbox_drop(struct outbox *o, uint64_t post, struct err *err);

/* The collector met a LIMIT or AUTH verdict: the pause is the account's, not the job's. */
void outbox_account_result(struct outbox *o, unsigned account, const struct result *result,
			   const struct now *now);

struct outbox_health {
	unsigned queued, unsettled; /* unsettled: SENDING and UNKNOWN */
	int64_t oldest_ms;	    /* wall ms of the oldest unsent post, 0 = none */
	int64_t unsettled_ms;	    /* the same of those whose answer is missing */
	uint64_t sent_ever, dead_ever; /* since the agent started; dead: given up */
	int64_t dead_ms; /* wall ms of the last of these, 0 = none; dead_tag: its incident, "" = of none */
	char dead_tag[TAG_SIZE];
	int64_t paused_until_ms;    /* 0 = not paused, NOW_NEVER = until a human acts */
	char pause_reason[256];
	int64_t last_post_ms;
	char last_tag[TAG_SIZE];
	unsigned posts_hour, posts_day;
	int64_t spent_micro; /* this month; 0 where nothing costs */
	int64_t alone_until_ms; /* its network refuses replies to ourselves until then; 0 = it does not */
};
void outbox_health(const struct outbox *o, unsigned account, const struct now *now,
		   struct outbox_health *out);

/* Unsent rows, oldest first, for `twicket queue`. */
void outbox_each(const struct outbox *o, void (*fn)(void *arg, const struct post_row *post), void *arg);

#endif
