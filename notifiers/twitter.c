/*
 * X (Twitter), API v2 with OAuth 1.0a, as a notifier: network "x". Facts: facts/X.md.
 * Called by the agent through notifier.h. This file is the frame, the jobs are in
 * twitter_*.c. It must never do I/O, wait, or retry what may have created something.
 */
#include "notifiers/twitter.h"
#include "notifiers/twitter_count.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
twitter_measure(const struct account *a, const char *text, unsigned *units, unsigned *limit)
{
	(void)a;
	*units = twitter_weight(text);
	*limit = TWITTER_LIMIT;
}

static bool is_given(const char *s)
{
	return s && *s;
}

static int check_post(const struct job *job, struct err *err)
{
	if (job->visibility == VISIBILITY_DIRECT) {
		if (!is_given(job->to_id))
			return err_set(err, "a direct message on X needs the id of who gets it");
		return twitter_is_id(job->to_id)
			   ? 0
			   : err_set(err, "\"%.200s\" is no id of a person", job->to_id);
	}
	if (is_given(job->parent_id) && !twitter_is_id(job->parent_id))
		return err_set(err, "\"%.200s\" is no id to answer", job->parent_id);
	return 0;
}

static int check_job(const struct job *job, struct err *err)
{
	char name[TWITTER_NAME_MAX];

	switch (job->type) {
	case JOB_POST: return check_post(job, err);
	case JOB_EDIT: return err_set(err, "X lets nobody edit without paying for Premium");
	case JOB_BOOST: return err_set(err, "on X nothing is boosted: a repost by a machine is against its rules");
	case JOB_FAVOURITE: return err_set(err, "X sells no favourites to this kind of access");
	case JOB_THREAD: return err_set(err, "X does not list what stands under a post");
	case JOB_DELETE:
	case JOB_GET:
		if (twitter_is_id(job->target_id))
			return 0;
		return err_set(
		    err, "\"%.200s\" is no id of a post", job->target_id ? job->target_id : "");
	case JOB_LOOKUP:
		if (job->to && twitter_name(job->to, name))
			return 0;
		return err_set(err, "\"%.200s\" is no X name", job->to ? job->to : "");
	case JOB_VERIFY:
	case JOB_RECENT:
	case JOB_COLLECT: return 0;
	case JOB_TICKET:
	case JOB_TICKET_NOTE:
	case JOB_TICKET_FIND:
	case JOB_TICKET_ANSWERS: return err_set(err, "X is no ticket desk");
	}
	return err_set(err, "job %d is not known", (int)job->type);
}

static enum op_step (*run_of(enum job_type type))(struct op *, struct turn *)
{
	switch (type) {
	case JOB_VERIFY: return twitter_verify;
	case JOB_POST: return twitter_post;
	case JOB_DELETE: return twitter_delete;
	case JOB_RECENT: return twitter_recent;
	case JOB_COLLECT: return twitter_collect;
	case JOB_GET: return twitter_get;
	case JOB_LOOKUP: return twitter_lookup;
	case JOB_EDIT:
	case JOB_FAVOURITE:
	case JOB_BOOST:
	case JOB_THREAD:
	case JOB_TICKET:
	case JOB_TICKET_NOTE:
	case JOB_TICKET_FIND:
	case JOB_TICKET_ANSWERS: break;
	}
	return NULL;
}

static struct op *twitter_begin(struct account *a, const struct job *job, struct err *err)
{
	struct op *op;

	if (check_job(job, err) == -1)
		return NULL;
	op = calloc(1, sizeof *op);
	if (!op) {
		err_set(err, "out of memory");
		return NULL;
	}
	op->account = a;
	op->job = job;
	op->run = run_of(job->type);
	return op;
}

/* Nothing is ever posted from the wrong account; VERIFY may find out that it is right again. */
static const char *wrong_owner(const struct op *op)
{
	const struct account *a = op->account;

	if (strcasecmp(a->token_owner, a->login) != 0)
		return a->token_owner;
	if (op->job->type != JOB_VERIFY && *a->owner && strcmp(a->owner, a->login) != 0)
		return a->owner;
	return NULL;
}

int64_t twitter_distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

/* Once for each new difference, and only where people listen. */
static void tell_clock(const struct op *op, struct turn *turn)
{
	struct account *a = op->account;
	char text[200];

	if ((op->job->type != JOB_VERIFY && op->job->type != JOB_COLLECT) ||
	    twitter_distance(a->skew_ms, a->told_skew_ms) < TWITTER_SKEW_MIN_MS)
		return;
	a->told_skew_ms = a->skew_ms;
	if (!a->skew_ms)
		return;
	snprintf(
	    text, sizeof text,
	    "the clock of this machine is off by %lld s: it is %s that of X, which refuses such "
	    "requests; they carry X's time until it is set",
	    (long long)twitter_distance(a->skew_ms, 0) / 1000,
	    a->skew_ms > 0 ? "behind" : "ahead of");
	twitter_emit_notice(turn, text);
}

static void learn_clock(struct op *op, struct turn *turn)
{
	int64_t wall_ms = turn->env->wall_ms, clock_ms;

	if (turn->answer->transport != TRANSPORT_ANSWERED)
		return;
	clock_ms = answer_clock_ms(turn->answer, INT64_MIN);
	if (clock_ms == INT64_MIN)
		return;
	op->account->skew_ms =
	    twitter_distance(clock_ms, wall_ms) > TWITTER_SKEW_MIN_MS ? clock_ms - wall_ms : 0;
	tell_clock(op, turn);
}

/* A 401 created nothing; with the right time the same request may be welcome. */
static bool is_clock_to_blame(const struct op *op, const struct turn *turn)
{
	return turn->answer && turn->answer->transport == TRANSPORT_ANSWERED &&
	       turn->answer->status == 401 && !op->is_repeated &&
	       twitter_distance(op->account->skew_ms, op->sent_skew_ms) > TWITTER_SKEW_MIN_MS;
}

static enum op_step run(struct op *op, struct turn *turn)
{
	const char *owner;

	if (!op->account->token)
		return twitter_finish(op, turn, RESULT_AUTH, "no token yet");
	owner = wrong_owner(op);
	if (owner)
		return twitter_finish(
		    op, turn, RESULT_AUTH,
		    "the token belongs to %s, the handle says %s: twicket auth %s", owner,
		    op->account->login, op->account->name);
	if (op->is_done || op->is_sent == !turn->answer)
		return twitter_finish(op, turn, RESULT_BUG, "the caller lost its place");
	op->is_sent = false;
	if (turn->answer)
		learn_clock(op, turn);
	if (is_clock_to_blame(op, turn)) {
		op->is_repeated = true;
		return twitter_sign(op, turn);
	}
	return op->run(op, turn);
}

static enum op_step twitter_step(
    struct op *op, const struct answer *answer, const struct op_env *env, struct request *request,
    struct result *result)
{
	struct turn turn = {.answer = answer, .env = env, .request = request, .result = result};
	enum op_step step;

	*result = (struct result){.class = RESULT_BUG};
	step = run(op, &turn);
	op->is_done = step == OP_DONE;
	/* What was read was paid for, whatever came of it. */
	result->cost_micro = op->cost_micro;
	return step;
}

static void twitter_end(struct op *op)
{
	if (!op)
		return;
	buf_finish(&op->url);
	buf_finish(&op->body);
	buf_finish(&op->authorization);
	json_decref(op->collect.held);
	free(op);
}

const struct notifier notifier_twitter = {
    .name = "x",
    .caps = NOTIFIER_THREADS | NOTIFIER_DELETES | NOTIFIER_DIRECT | NOTIFIER_COLLECTS |
	    NOTIFIER_METERED | NOTIFIER_LIMITS_APART,
    .check = twitter_check,
    .open = twitter_open,
    .close = twitter_close,
    .measure = twitter_measure,
    .price = twitter_price,
    .begin = twitter_begin,
    .step = twitter_step,
    .end = twitter_end,
};
