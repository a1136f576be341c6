/*
 * When a post is started, and what each class of result means for it: the retry
 * policy of SPEC 4.3 in one file. Called by outbox_turn(), once per account.
 * Must never start a creating request that is not marked SENDING first.
 */
#include "agent/outbox_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUICK_MS 200
#define BACKOFF_MS (5 * SECOND_MS)
#define BACKOFF_MAX_MS (5 * MINUTE_MS)
#define SAY_AGE_MS (24 * HOUR_MS)
#define PAST_AGE_MS (2 * HOUR_MS)
#define ANSWER_AGE_MS HOUR_MS /* nobody waits longer for an answer or a favourite */
#define GRACE_MS HOUR_MS /* left to a post that waited for a human or a budget */

void account_wake(struct outbox_account *a, int64_t at_ms)
{
	if (at_ms < a->wake_ms)
		a->wake_ms = at_ms;
}

/* It tells of what is over: hours later nobody wants to hear of it on its own (SPEC 4.2). */
static bool is_past(const struct post_row *row)
{
	return row->kind == POST_SAY && row->event == SAY_PAST;
}

/* Somebody was told that he would hear of it. */
static bool is_promised(const struct post_row *row)
{
	return row->kind == POST_ANSWER &&
	       (row->event == SAY_ANSWER || row->event == SAY_OVER || row->event == SAY_TICKET);
}

static bool is_lasting(const struct post_row *row)
{
	return row->kind == POST_SAY || row->kind == POST_DELETE || is_promised(row);
}

int64_t post_age_limit(const struct post_row *row)
{
	if (is_past(row))
		return PAST_AGE_MS;
	return is_lasting(row) ? SAY_AGE_MS : ANSWER_AGE_MS;
}

void post_extend(struct post *p, int64_t now_ms)
{
	if (is_lasting(&p->row) && !is_past(&p->row) && p->expires_ms < now_ms + GRACE_MS)
		p->expires_ms = now_ms + GRACE_MS;
}

/* first_ms doubled n times, capped, less up to a quarter so that clients spread. */
int64_t outbox_backoff(struct outbox *o, int64_t first_ms, unsigned n)
{
	int64_t delay_ms = n < 10 ? first_ms << n : BACKOFF_MAX_MS;
	uint32_t dice = 0;

	if (delay_ms > BACKOFF_MAX_MS)
		delay_ms = BACKOFF_MAX_MS;
	o->random(&dice, sizeof dice);
	return delay_ms - (int64_t)(dice % (uint32_t)(delay_ms / 4 + 1));
}

/* --- verdicts --- */

/* SENDING or UNKNOWN back to waiting; nothing of this attempt was accepted. */
void post_requeue(struct outbox *o, struct post *p, enum post_state state, int64_t not_before_ms)
{
	DL_DELETE(p->account->busy, p);
	p->account->unsettled -= row_creates(&p->row);
	p->row.state = state;
	p->row.not_before_ms = not_before_ms;
	if (!p->is_suspect)
		p->row.sending_ms = 0;
	p->row.cost_micro = 0;
	post_wait(p);
	post_touch(o, p);
	post_tell(o, p, DELIVERY_QUEUED, post_is_root(p));
}

static void post_retry(struct outbox *o, struct post *p, const char *reason, int64_t now_ms)
{
	int64_t wait_ms = outbox_backoff(o, BACKOFF_MS, p->row.attempts - 1);

	log_debug(
	    "outbox", "post=%llu account=%s result=retry attempts=%u wait_ms=%lld reason=%s",
	    (unsigned long long)p->row.id, p->row.account, p->row.attempts, (long long)wait_ms,
	    reason);
	post_set_reason(p, reason);
	breaker_failure(p->account, reason, now_ms);
	alarm_failed(p, reason, now_ms);
	post_requeue(o, p, POST_RETRY, now_ms + wait_ms);
}

/* The account cannot, the job could: it has not used up an attempt. */
static void post_give_back(
    struct outbox *o, struct post *p, enum post_state state, const struct result *result,
    int64_t now_ms)
{
	int64_t again_ms = result->class == RESULT_AUTH ? result->not_before_ms : 0;

	p->row.attempts--;
	post_set_reason(p, result->text);
	account_pause(o, p->account, result, p, now_ms);
	if (again_ms) /* the next probe is another post: it may be this one that is refused */
		post_requeue(o, p, POST_RETRY, again_ms + SECOND_MS);
	else
		post_requeue(o, p, state, 0);
}

void post_sent(struct outbox *o, struct post *p, int64_t now_ms)
{
	struct outbox_account *a = p->account;

	p->row.sent_ms = now_ms;
	if (p->row.kind == POST_SAY)
		budget_spend(a, now_ms);
	if (row_creates(&p->row))
		a->last_post_ms = now_ms;
	if (row_creates(&p->row) && p->row.tag[0] && strlen(p->row.tag) < TAG_SIZE) /* no ticket's name */
		snprintf(a->last_tag, sizeof a->last_tag, "%s", p->row.tag);
	breaker_success(a);
	post_finish(o, p, POST_SENT, "", now_ms);
}

static void post_accepted(
    struct outbox *o, struct post *p, const struct result *result, bool has_parent, int64_t now_ms)
{
	bool is_resent = p->is_suspect && row_creates(&p->row);

	if (row_creates(&p->row) && !result->id[0]) {
		post_doubt(o, p, "accepted, but the answer has no id", now_ms);
		return;
	}
	if (row_creates(&p->row)) {
		post_set_remote(p, result->id, result->uri, result->url);
		p->row.cost_micro = result->cost_micro ? result->cost_micro : p->row.cost_micro;
		alarm_posted(o, p);
	}
	if (p->thread && has_parent) /* so its network takes them (again) */
		p->account->alone_ms = 0;
	post_sent(o, p, now_ms);
	if (is_resent)
		post_watch(p, now_ms);
}

/* The same post may be taken without its parent. An answer means nothing without. */
static bool is_refused(const struct post *p, const struct attempt *at)
{
	const struct result *result = &at->result;

	return result->refusal != REFUSAL_NONE && at->has_parent && p->row.kind == POST_SAY &&
	       (result->class == RESULT_RETRY || result->class == RESULT_PERMANENT);
}

/* What it cost to be told no: reads that the op needed. */
static void
pay_for_nothing(struct outbox *o, const struct post *p, const struct result *result, int64_t now_ms)
{
	if (result->class != RESULT_OK && result->class != RESULT_UNKNOWN)
		money_pay_look(o, p->account, result, now_ms);
}

/* Sent, and nobody can say whether it happened. */
static void
post_uncertain(struct outbox *o, struct post *p, const struct result *result, int64_t now_ms)
{
	p->row.is_duplicate = result->is_duplicate;
	if (!row_creates(&p->row)) /* may be done twice */
		post_retry(o, p, result->text, now_ms);
	else if (p->row.kind == POST_ANSWER && result->is_duplicate && !p->is_suspect)
		post_finish(
		    o, p, POST_DEAD, "refused: an answer with the same words stands there already",
		    now_ms); /* this attempt was the only one, so it is not ours to look for */
	else
		post_doubt(o, p, result->text, now_ms);
}

static void post_judge(struct outbox *o, struct post *p, const struct attempt *at, int64_t now_ms)
{
	const struct result *result = &at->result;

	switch (result->class) {
	case RESULT_OK: post_accepted(o, p, result, at->has_parent, now_ms); break;
	case RESULT_RETRY:
		if (result->refusal != REFUSAL_NONE && p->row.kind == POST_ANSWER)
			post_finish(o, p, POST_DEAD, result->text, now_ms);
		else
			post_retry(o, p, result->text, now_ms);
		break;
	case RESULT_LIMIT: post_give_back(o, p, POST_RETRY, result, now_ms); break;
	case RESULT_AUTH: post_give_back(o, p, POST_QUEUED, result, now_ms); break;
	case RESULT_PERMANENT:
	case RESULT_BUG: post_finish(o, p, POST_DEAD, result->text, now_ms); break;
	case RESULT_UNKNOWN: post_uncertain(o, p, result, now_ms); break;
	}
}

static void post_verdict(struct outbox *o, struct post *p, int64_t now_ms)
{
	struct attempt *at = p->attempt;

	p->attempt = NULL;
	p->account->in_flight--;
	p->account->is_quick = at->result.class == RESULT_OK && now_ms - at->started_ms <= QUICK_MS;
	pay_for_nothing(o, p, &at->result, now_ms);
	if (is_refused(p, at))
		post_refused(o, p, &at->result, now_ms);
	else
		post_judge(o, p, at, now_ms);
	free(at);
}

/* The runner's done: the verdict waits for outbox_turn(), which has the time. */
static void attempt_done(void *arg, const struct result *result)
{
	struct attempt *at = arg;

	at->run = NULL;
	at->result = *result;
	at->post->account->is_stirred = true;
}

/* What the network did besides taking the post. */
static enum emitted attempt_item(void *arg, const struct item *item)
{
	struct attempt *at = arg;
	struct outbox_account *a = at->post->account;

	if (item->kind == ITEM_NOTICE && item->text && item->text[0])
		alarm_notice(a->outbox, a, item->text, at->post);
	return EMIT_NEW;
}

/* --- starting --- */

struct job post_job(const struct post *p, int64_t now_ms)
{
	return (struct job){
	    .type = p->row.kind == POST_FAVOURITE ? JOB_FAVOURITE
		    : p->row.kind == POST_BOOST	  ? JOB_BOOST
		    : p->row.kind == POST_DELETE  ? JOB_DELETE
						  : JOB_POST,
	    .text = p->row.text,
	    .key = p->row.key,
	    .parent_id = post_parent(p, now_ms),
	    .target_id = p->row.target,
	    .to = p->row.to,
	    .to_id = p->row.to_id,
	    .visibility = (enum visibility)p->row.visibility,
	    .language = p->row.language};
}

static void post_start(struct outbox *o, struct post *p, int64_t now_ms)
{
	struct outbox_account *a = p->account;
	struct job job = post_job(p, now_ms);

	DL_DELETE(a->waiting, p);
	DL_APPEND(a->busy, p);
	a->unsettled += row_creates(&p->row);
	a->in_flight++;
	p->row.state = POST_SENDING;
	p->row.attempts++;
	p->row.sending_ms = p->row.sending_ms ? p->row.sending_ms : now_ms;
	p->row.cost_micro = post_price(p, now_ms);
	p->row.looks = 0;
	p->row.looked_ms = p->row.not_before_ms = 0;
	post_set_reason(p, "");
	post_touch(o, p);
	post_tell(o, p, DELIVERY_UNSETTLED, post_is_root(p));
	p->attempt = outbox_alloc(sizeof *p->attempt);
	p->attempt->post = p;
	p->attempt->started_ms = now_ms;
	p->attempt->has_parent = job.parent_id[0] != '\0';
	p->attempt->run = runner_start(
	    o->runner, a->notifier, a->account, a->index, &job, attempt_item, attempt_done,
	    p->attempt);
}

/* What belongs to no incident is told apart by its tag. */
static bool is_same_incident(const struct post_row *a, const struct post_row *b)
{
	return a->incident == b->incident && (a->incident || strcmp(a->tag, b->tag) == 0);
}

/* One unsettled creating request per incident: otherwise a look could not tell whose post it finds. */
static bool incident_is_busy(const struct post *p)
{
	const struct post *b;

	if (!row_creates(&p->row))
		return false;
	DL_FOREACH (p->account->busy, b) {
		if (!b->is_watched && row_creates(&b->row) && is_same_incident(&b->row, &p->row))
			return true;
	}
	return false;
}

static bool has_room(const struct outbox_account *a)
{
	unsigned most = account_is_probed(a) ? 1 : a->is_quick ? OUTBOX_AHEAD : OUTBOX_IN_FLIGHT;

	return a->in_flight < most && a->unsettled < OUTBOX_UNSETTLED_MAX;
}

/* Ends what is too old, or what says the end of something that was never said. */
static bool end_if_pointless(struct outbox *o, struct post *p, int64_t now_ms)
{
	if (p->expires_ms <= now_ms) {
		char reason[320];

		if (p->is_unpaid)
			money_reason(p->account, reason, sizeof reason);
		else
			snprintf(
			    reason, sizeof reason, "too old%s%s",
			    p->row.reason[0] ? "; last: " : "", p->row.reason);
		post_finish(o, p, POST_DEAD, reason, now_ms);
		return true;
	}
	if (p->is_condemned) {
		post_finish(o, p, POST_CANCELLED, "retracted", now_ms);
		return true;
	}
	if (p->row.kind == POST_DELETE && delete_learn(o, p) == DELETE_NEVER) {
		post_finish(o, p, POST_CANCELLED, "it was not posted", now_ms);
		return true;
	}
	if (thread_lacks_problem(p)) {
		post_finish(o, p, POST_CANCELLED, "its problem was never posted", now_ms);
		return true;
	}
	return false;
}

/* The same for its price; unlike the others this budget does not keep it young. */
static int64_t money_time(struct outbox *o, struct post *p, int64_t now_ms)
{
	int64_t free_ms = money_free_ms(p, now_ms);

	if (free_ms <= now_ms || free_ms == NOW_NEVER)
		return free_ms;
	p->is_unpaid = true;
	p->budget_ms = free_ms;
	if (!post_is_alarm(p))
		money_is_spent(o, p->account, now_ms);
	return free_ms;
}

/* By hand: whatever waits goes on waiting, and what is under way is settled. */
static bool is_paused_by_hand(const struct outbox_account *a, uint64_t thread)
{
	const struct outbox_events *e = &a->outbox->events;

	return e->is_paused && a->is_configured && e->is_paused(e->arg, a->index, thread);
}

/* Nothing new may appear there. What is to go may go. */
static bool must_stay(const struct post *p)
{
	if (p->row.kind == POST_DELETE)
		return false;
	return p->account->is_held || (p->thread && is_paused_by_hand(p->account, p->thread->id));
}

/* When p may start. It does not age while others or the budget keep it waiting. */
static int64_t start_time(struct outbox *o, struct post *p, int64_t now_ms)
{
	struct outbox_account *a = p->account;
	int64_t free_ms;

	p->budget_ms = 0;
	p->is_unpaid = false;
	if (!thread_is_next(p) || incident_is_busy(p) || must_stay(p) ||
	    (p->row.kind == POST_DELETE && delete_learn(o, p) == DELETE_LATER)) {
		post_extend(p, now_ms);
		return NOW_NEVER; /* something else changes first */
	}
	if (p->row.not_before_ms > now_ms || a->breaker_ms > now_ms)
		return p->row.not_before_ms > a->breaker_ms ? p->row.not_before_ms : a->breaker_ms;
	if (p->thread && !thread_learn(o, p->thread))
		return now_ms + SECOND_MS;
	free_ms = money_time(o, p, now_ms);
	if (free_ms > now_ms)
		return free_ms;
	free_ms = budget_free_ms(a, p, now_ms);
	if (free_ms <= now_ms)
		return now_ms;
	p->budget_ms = free_ms;
	post_extend(p, free_ms);
	return free_ms;
}

static void try_start(struct outbox *o, struct post *p, int64_t now_ms)
{
	int64_t at_ms = start_time(o, p, now_ms);

	if (end_if_pointless(o, p, now_ms))
		return;
	if (at_ms <= now_ms) {
		post_start(o, p, now_ms);
		return;
	}
	account_wake(p->account, at_ms);
	account_wake(p->account, p->expires_ms);
}

/* What waits for a human does not age: when the first of them is through, the others have their turn. */
static void keep_young(struct outbox_account *a, int64_t now_ms)
{
	struct post *p;

	DL_FOREACH (a->waiting, p)
		post_extend(p, now_ms);
}

static void start_waiting(struct outbox *o, struct outbox_account *a, int64_t now_ms)
{
	struct post *p, *tmp;

	DL_FOREACH_SAFE(a->waiting, p, tmp)
	{
		if (p->row.state != POST_QUEUED && p->row.state != POST_RETRY)
			continue; /* ended with its root just now */
		if (!has_room(a))
			break; /* whatever frees a place stirs the account */
		try_start(o, p, now_ms);
	}
}

/* Nobody can be asked: only what is too old to matter ends. */
static void idle(struct outbox *o, struct outbox_account *a, int64_t now_ms)
{
	struct post *p, *tmp;

	if (a->paused_ms > now_ms)
		account_wake(a, a->paused_ms);
	DL_FOREACH_SAFE(a->waiting, p, tmp)
	{
		if (p->row.state != POST_QUEUED && p->row.state != POST_RETRY)
			continue;
		if (!end_if_pointless(o, p, now_ms))
			account_wake(a, p->expires_ms);
	}
}

void account_turn(struct outbox *o, struct outbox_account *a, int64_t now_ms)
{
	struct post *p, *tmp;

	a->is_held = is_paused_by_hand(a, 0);
	if (!a->is_stirred && now_ms < a->wake_ms)
		return;
	a->wake_ms = NOW_NEVER;
	if (!a->budget.is_counted)
		budget_count(o, a, now_ms);
	alarm_learn(o, a);
	DL_FOREACH_SAFE(a->busy, p, tmp)
	{
		if (p->attempt && !p->attempt->run)
			post_verdict(o, p, now_ms);
	}
	look_turn(o, a, now_ms);
	money_count(o, a, now_ms);
	if (!a->notifier || account_needs_human(a) || a->is_held)
		keep_young(a, now_ms);
	if (account_can_send(a, now_ms))
		start_waiting(o, a, now_ms);
	else
		idle(o, a, now_ms);
	alarm_overdue(o, a, now_ms);
	alarm_away(o, a, now_ms);
	a->is_stirred = false; /* what this turn itself has moved, it has also looked at */
}
