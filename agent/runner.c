/*
 * Steps notifier ops and carries their requests to a carrier and back.
 * Called by core.c once per turn (runner_turn, runner_release), by the outbox and
 * the collector (runner_start). Must never decide about trying again, and never
 * let a request leave outside runner_release().
 */
#include "agent/runner.h"
#include "common/log.h"
#include "notifiers/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define SENDS_MAX 64 /* requests of one op; more is a notifier that runs in circles */
#define SKEWS_MAX 64 /* accounts whose clock is watched */
#define STEPS_MAX 1024 /* the same for OP_WAIT */

enum run_state {
	RUN_REFUSED, /* begin() said no: reported on the next turn */
	RUN_NEW, /* never stepped */
	RUN_READY, /* has a request that waits for runner_release() */
	RUN_FLYING, /* the carrier has it */
	RUN_ANSWERED, /* an answer waits for runner_turn() */
	RUN_WAITING, /* until wait_ms */
	RUN_DONE, /* a result waits for runner_turn() */
	RUN_GONE /* cancelled or reported; freed at the end of the turn */
};

/* A carrier's answer with its strings in one piece: it outlives the call. */
struct kept_answer {
	struct answer answer;
	char bytes[];
};

struct run {
	struct run *prev, *next;
	struct runner *runner;
	enum run_state state;
	const struct notifier *notifier;
	struct account *account;
	unsigned account_index;
	struct job job;
	struct op *op;
	struct request request; /* the op's until its next step */
	struct kept_answer *kept;
	void *handle; /* the carrier's, while FLYING */
	int64_t wait_ms; /* wall */
	unsigned sends, steps;
	bool has_emitted; /* in the step under way */
	bool is_create_on_way; /* the request under way creates */
	bool has_created; /* one that creates was handed to the carrier */
	bool is_create_unanswered;
	runner_emit_fn *emit;
	runner_done_fn *done;
	void *arg;
	struct result result;
};

struct runner {
	struct carrier carrier;
	void (*random)(void *bytes, size_t n);
	struct run *runs;
	struct run *stepping; /* its op is on the stack: it cannot be ended now */
	bool is_busy; /* inside runner_turn() or runner_release(): GONE runs stay allocated */
	int64_t wall_ms; /* of the last turn, 0 = none yet */
	int64_t skew_ms[SKEWS_MAX]; /* by account */
};

struct runner *runner_create(const struct carrier *carrier, void (*random)(void *bytes, size_t n))
{
	struct runner *r = calloc(1, sizeof *r);

	if (!r)
		fatal("runner", "out of memory");
	r->carrier = *carrier;
	r->random = random;
	return r;
}

/* Gives back all that the run holds but its own memory. */
static void run_close(struct run *run)
{
	if (run->handle)
		run->runner->carrier.cancel(run->runner->carrier.arg, run->handle);
	run->handle = NULL;
	if (run->op && run->runner->stepping != run) {
		run->notifier->end(run->op);
		run->op = NULL;
	}
	free(run->kept);
	run->kept = NULL;
}

static void run_free(struct run *run)
{
	run_close(run);
	DL_DELETE(run->runner->runs, run);
	free(run);
}

void runner_destroy(struct runner *r)
{
	struct run *run, *tmp;

	if (!r)
		return;
	DL_FOREACH_SAFE(r->runs, run, tmp)
	run_free(run);
	free(r);
}

struct run *runner_start(
    struct runner *r, const struct notifier *notifier, struct account *account,
    unsigned account_index, const struct job *job, runner_emit_fn *emit, runner_done_fn *done,
    void *arg)
{
	struct run *run = calloc(1, sizeof *run);
	struct err err = {{0}};

	if (!run)
		fatal("runner", "out of memory");
	run->runner = r;
	run->notifier = notifier;
	run->account = account;
	run->account_index = account_index;
	run->job = *job;
	run->emit = emit;
	run->done = done;
	run->arg = arg;
	run->state = RUN_NEW;
	run->op = notifier->begin(account, &run->job, &err);
	if (!run->op) {
		run->state = RUN_REFUSED;
		run->result.class = RESULT_PERMANENT;
		snprintf(run->result.text, sizeof run->result.text, "%.255s", err.text);
	}
	DL_APPEND(r->runs, run);
	return run;
}

void run_cancel(struct run *run)
{
	struct runner *r = run->runner;

	if (run->state == RUN_GONE)
		return;
	run->state = RUN_GONE;
	if (!r->is_busy)
		run_free(run);
	else if (r->stepping != run)
		run_close(run);
}

/* What a notifier is given as env.emit: stands between it and the caller. */
static enum emitted emit_item(void *arg, const struct item *item)
{
	struct run *run = arg;

	if (run->state == RUN_GONE)
		return EMIT_FAILED;
	run->has_emitted = true;
	return run->emit ? run->emit(run->arg, item) : EMIT_NEW;
}

/*
 * The last word on the class: only here it is known what each request would have
 * done. A creating request without an answer may have happened, whatever the
 * notifier made of it; one that never left cannot have.
 */
static void correct_class(struct run *run)
{
	if (run->result.class == RESULT_OK)
		return;
	if (run->is_create_unanswered)
		run->result.class = RESULT_UNKNOWN;
	else if (run->result.class == RESULT_UNKNOWN && !run->has_created)
		run->result.class = RESULT_RETRY;
}

static void finish(struct run *run)
{
	correct_class(run);
	run->state = RUN_DONE;
}

static void finish_as_bug(struct run *run, const char *text)
{
	memset(&run->result, 0, sizeof run->result);
	run->result.class = RESULT_BUG;
	snprintf(run->result.text, sizeof run->result.text, "%s", text);
	finish(run);
}

static void take_step(struct run *run, enum op_step step)
{
	switch (step) {
	case OP_SEND:
		run->state = RUN_READY;
		if (++run->sends > SENDS_MAX)
			finish_as_bug(run, "more than 64 requests for one job");
		return;
	case OP_WAIT:
		run->state = RUN_WAITING;
		run->wait_ms = run->result.not_before_ms;
		if (run->steps > STEPS_MAX)
			finish_as_bug(run, "more than 1024 steps for one job");
		return;
	case OP_DONE: finish(run); return;
	}
	finish_as_bug(run, "a step of no known kind");
}

/* Taken on the turn that the answer is looked at: what it waited before is in the two seconds. */
static void note_clock(struct runner *r, unsigned account, const struct answer *answer)
{
	int64_t theirs = answer_clock_ms(answer, 0);

	if (account < SKEWS_MAX && theirs)
		r->skew_ms[account] = theirs - r->wall_ms;
}

int64_t runner_skew_ms(const struct runner *r, unsigned account)
{
	return account < SKEWS_MAX ? r->skew_ms[account] : 0;
}

static void run_step(struct run *run)
{
	struct runner *r = run->runner;
	struct op_env env = {
	    .wall_ms = r->wall_ms, .random = r->random, .emit = emit_item, .arg = run};
	struct kept_answer *kept = run->kept;
	enum op_step step;

	if (kept)
		note_clock(r, run->account_index, &kept->answer);
	run->kept = NULL;
	run->steps++;
	run->has_emitted = false;
	memset(&run->request, 0, sizeof run->request);
	memset(&run->result, 0, sizeof run->result);
	r->stepping = run;
	step = run->notifier->step(
	    run->op, kept ? &kept->answer : NULL, &env, &run->request, &run->result);
	r->stepping = NULL;
	run->result.is_too_long = kept && kept->answer.is_too_long && run->result.class != RESULT_OK;
	free(kept);
	if (run->state == RUN_GONE)
		run_close(run);
	else
		take_step(run, step);
}

/* The op ends before done: the caller may free the job's strings in it. */
static void run_report(struct run *run)
{
	run_close(run);
	run->state = RUN_GONE;
	run->done(run->arg, &run->result);
}

static char *keep(char **at, const char *from, size_t n)
{
	char *to = *at;

	if (n)
		memcpy(to, from, n);
	to[n] = '\0';
	*at += n + 1;
	return to;
}

static struct kept_answer *answer_keep(const struct answer *a)
{
	const char *headers = a->headers ? a->headers : "", *error = a->error ? a->error : "";
	size_t n_headers = strlen(headers), n_error = strlen(error);
	struct kept_answer *k = malloc(sizeof *k + n_headers + a->body_len + n_error + 3);
	char *at;

	if (!k)
		fatal("runner", "out of memory");
	at = k->bytes;
	k->answer = *a;
	k->answer.headers = keep(&at, headers, n_headers);
	k->answer.body = keep(&at, a->body, a->body_len);
	k->answer.error = keep(&at, error, n_error);
	return k;
}

static void run_answered(void *arg, const struct answer *answer)
{
	struct run *run = arg;

	run->handle = NULL;
	if (run->is_create_on_way && answer->transport == TRANSPORT_NO_ANSWER)
		run->is_create_unanswered = true;
	if (run->is_create_on_way && answer->transport != TRANSPORT_NOT_SENT)
		run->has_created = true;
	run->kept = answer_keep(answer);
	run->state = RUN_ANSWERED;
}

static void run_send(struct run *run)
{
	struct carrier *c = &run->runner->carrier;

	run->state = RUN_FLYING;
	run->is_create_on_way = run->request.effect == EFFECT_CREATES;
	run->handle = c->submit(c->arg, run->account_index, &run->request, run_answered, run);
	if (!run->handle)
		run_answered(
		    run, &(struct answer){
			     .transport = TRANSPORT_NOT_SENT,
			     .headers = "",
			     .body = "",
			     .error = "the request could not be queued"});
}

static void sweep(struct runner *r)
{
	struct run *run, *tmp;

	DL_FOREACH_SAFE(r->runs, run, tmp)
	{
		if (run->state == RUN_GONE)
			run_free(run);
	}
}

static void run_turn(struct run *run)
{
	switch (run->state) {
	case RUN_NEW:
	case RUN_ANSWERED: run_step(run); break;
	case RUN_WAITING:
		if (run->wait_ms <= run->runner->wall_ms)
			run_step(run);
		break;
	case RUN_REFUSED:
	case RUN_DONE:
	case RUN_READY:
	case RUN_FLYING:
	case RUN_GONE: break;
	}
	if (run->state == RUN_DONE || run->state == RUN_REFUSED)
		run_report(run);
}

void runner_turn(struct runner *r, const struct now *now)
{
	struct run *run, *last = r->runs ? r->runs->prev : NULL;

	r->wall_ms = now->wall_ms;
	r->is_busy = true;
	DL_FOREACH (r->runs, run) {
		run_turn(run);
		if (run == last)
			break; /* what done has started waits for its release */
	}
	r->is_busy = false;
	sweep(r);
}

/*
 * What was started in this turn takes its first step here, after the commit; if
 * that step gave something out (a token), its request waits for the next commit.
 */
void runner_release(struct runner *r)
{
	struct run *run;

	r->is_busy = true;
	DL_FOREACH (r->runs, run) {
		bool is_first = run->state == RUN_NEW && r->wall_ms;

		if (is_first)
			run_step(run);
		if (run->state == RUN_READY && !(is_first && run->has_emitted))
			run_send(run);
	}
	r->is_busy = false;
	sweep(r);
}

int64_t runner_next(const struct runner *r)
{
	int64_t next = NOW_NEVER;
	struct run *run;

	DL_FOREACH (r->runs, run) {
		if (run->state == RUN_WAITING && run->wait_ms < next)
			next = run->wait_ms;
	}
	return next;
}

bool runner_is_idle(const struct runner *r)
{
	return !r->runs;
}

bool runner_is_between(const struct runner *r)
{
	bool has_answer = false, has_flying = false;
	const struct run *run;

	DL_FOREACH (r->runs, run) {
		if (run->state == RUN_ANSWERED && !run->is_create_on_way)
			return false; /* it may bring what somebody wrote */
		has_answer |= run->state == RUN_ANSWERED;
		has_flying |= run->state == RUN_FLYING;
		if (run->state != RUN_ANSWERED && run->state != RUN_FLYING && run->state != RUN_WAITING)
			return false;
	}
	return has_answer && has_flying;
}

bool runner_is_ready(const struct runner *r)
{
	struct run *run;

	DL_FOREACH (r->runs, run) {
		switch (run->state) {
		case RUN_REFUSED:
		case RUN_NEW:
		case RUN_READY:
		case RUN_ANSWERED:
		case RUN_DONE: return true;
		case RUN_WAITING:
			if (run->wait_ms <= r->wall_ms)
				return true;
			break;
		case RUN_FLYING:
		case RUN_GONE: break;
		}
	}
	return false;
}
