/*
 * UNKNOWN: did it happen? Reads our own recent posts, finds the one, or sends again
 * after two looks without it (SPEC 4.3 rule 3). Called by outbox_send.c.
 * Must never send again what it could not look for.
 */
#include "agent/outbox_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOKS 2
#define LOOK_APART_MS (20 * SECOND_MS)
#define LOOK_BACKOFF_MS (10 * SECOND_MS)
#define CLOCK_SLACK_MS (5 * MINUTE_MS) /* between the network's clock and ours */
#define WARN_AFTER_MS (10 * MINUTE_MS)
#define GIVE_UP_AFTER_MS (2 * HOUR_MS)
#define WATCH_TRIES 3

void post_doubt(struct outbox *o, struct post *p, const char *reason, int64_t now_ms)
{
	p->row.state = POST_UNKNOWN;
	p->row.looks = 0;
	p->row.looked_ms = 0;
	p->unknown_ms = now_ms;
	p->look_ms = now_ms;
	p->look_failures = 0;
	p->is_suspect = true;
	p->is_warned = false;
	post_set_reason(p, reason);
	post_touch(o, p);
	alarm_failed(p, reason, now_ms);
	log_info(
	    "outbox",
	    "post=%llu account=%s incident=%s event=%s result=unknown attempts=%u reason=%s",
	    (unsigned long long)p->row.id, p->row.account, p->row.tag[0] ? p->row.tag : "-",
	    post_event_name(p), p->row.attempts, reason);
}

void look_soon(struct post *p)
{
	p->look_failures = 0;
	p->look_ms = p->row.looks ? p->row.looked_ms + LOOK_APART_MS : 0;
}

/* --- whose post is it? --- */

enum score { SCORE_NONE, SCORE_TAG, SCORE_TEXT };

static enum score match(const struct post *p, const struct item *item)
{
	if (item->created_ms && item->created_ms < p->row.sending_ms - CLOCK_SLACK_MS)
		return SCORE_NONE;
	if (text_is_same(p->row.text, item->text))
		return SCORE_TEXT;
	return text_has_tag(item->text, p->row.tag) ? SCORE_TAG : SCORE_NONE;
}

static bool may_have_sent(const struct post *p)
{
	return row_creates(&p->row) && (p->is_suspect || p->row.state == POST_SENDING);
}

/* The row that fits best: a text that another unsettled row has is not taken for a tag's sake. */
static struct post *best_match(struct outbox_account *a, const struct item *item, enum score *score)
{
	struct post *lists[] = {a->busy, a->waiting}, *p, *best = NULL;

	*score = SCORE_NONE;
	for (unsigned i = 0; i < 2; i++) {
		DL_FOREACH (lists[i], p) {
			enum score s = may_have_sent(p) ? match(p, item) : SCORE_NONE;

			if (s > *score && (p->is_in_look || s == SCORE_TEXT)) {
				*score = s;
				best = p;
			}
		}
	}
	return best && best->is_in_look ? best : NULL;
}

static int is_there(void *arg, const struct post_row *row)
{
	(void)arg;
	(void)row;
	return 1;
}

/* Is it on a row of ours? -1: the store cannot say. */
static int is_known(struct outbox_account *a, const struct item *item)
{
	struct outbox *o = a->outbox;
	const struct post *p;
	int rc;

	DL_FOREACH2(o->dirty, p, dirty_next)
	{
		if (p->account != a || p->row.state != POST_SENT)
			continue;
		if (strcmp(p->row.remote_id, item->id) == 0 ||
		    (item->uri && item->uri[0] && strcmp(p->row.uri, item->uri) == 0))
			return 1;
	}
	rc = store_post_by_remote(o->store, a->name, item->id, is_there, NULL, NULL);
	if (rc == 0 && item->uri && item->uri[0])
		rc = store_post_by_uri(o->store, a->name, item->uri, is_there, NULL, NULL);
	return rc;
}

/* Newest come first; of two that fit equally the older is the one, the newer its double. */
static void found_put(struct outbox *o, struct post *p, const struct item *item, unsigned score)
{
	struct found *f = &p->found;

	if (score < f->score || (f->id && strcmp(f->id, item->id) == 0))
		return;
	if (score == SCORE_TEXT && f->score == SCORE_TEXT)
		double_report(o, p, p->row.id, p->row.cost_micro, f->id);
	found_finish(f);
	f->id = outbox_dup(item->id);
	f->uri = outbox_dup(item->uri ? item->uri : "");
	f->url = outbox_dup(item->url ? item->url : "");
	f->score = score;
}

static enum emitted look_item(void *arg, const struct item *item)
{
	struct outbox_account *a = arg;
	enum score score;
	struct post *p;
	int rc;

	if (item->kind != ITEM_OWN || !item->id || !item->id[0] || !item->text)
		return EMIT_NEW;
	p = best_match(a, item, &score);
	if (!p)
		return EMIT_NEW;
	rc = is_known(a, item);
	if (rc == 0 && score == SCORE_TAG)
		rc = double_of_other(a->outbox, p, item);
	if (rc == 0)
		found_put(a->outbox, p, item, score);
	if (rc < 0)
		a->look.has_failed = true;
	return rc < 0 ? EMIT_FAILED : EMIT_NEW;
}

/* --- what a look means for a row --- */

static void settle_found(struct outbox *o, struct post *p, int64_t now_ms)
{
	struct found *f = &p->found;

	if (p->is_watched) {
		double_report(o, p, p->row.id, p->row.cost_micro, f->id);
		post_unwatch(o, p);
	} else {
		post_set_remote(p, f->id, f->uri, f->url);
		post_note(o, p, "found on %s after a lost answer", p->row.account);
		alarm_found(o, p);
		post_sent(o, p, now_ms);
	}
	found_finish(f);
}

static void settle_absent(struct outbox *o, struct post *p, int64_t now_ms)
{
	if (p->is_watched) {
		post_unwatch(o, p);
		return;
	}
	p->row.looks++;
	p->row.looked_ms = now_ms;
	p->look_failures = 0;
	p->look_ms = now_ms + LOOK_APART_MS;
	post_touch(o, p);
	if (p->row.looks < LOOKS)
		return;
	if (p->row.is_duplicate) { /* to send it again would be refused again */
		p->look_ms += outbox_backoff(o, LOOK_BACKOFF_MS, p->row.looks - LOOKS);
		return;
	}
	post_set_reason(p, "looked twice, it is not there: sending again");
	post_requeue(o, p, POST_RETRY, 0);
}

static void settle_unseen(struct outbox *o, struct post *p, int64_t now_ms)
{
	p->look_ms = now_ms + outbox_backoff(o, LOOK_BACKOFF_MS, p->look_failures++);
	if (p->is_watched && p->look_failures >= WATCH_TRIES)
		post_unwatch(o, p);
}

static bool has_limits_apart(const struct outbox_account *a)
{
	return a->notifier && (a->notifier->caps & NOTIFIER_LIMITS_APART);
}

/* A limit of looking is the account's only where the network counts all requests as one kind. */
static void look_refused(
    struct outbox *o, struct outbox_account *a, const struct result *result, int64_t now_ms)
{
	if (result->class == RESULT_AUTH || !has_limits_apart(a)) {
		account_pause(o, a, result, NULL, now_ms);
		return;
	}
	a->look.not_before_ms = result->not_before_ms;
	log_info(
	    "outbox", "account=%s look=limit wait_ms=%lld reason=%s", a->name,
	    (long long)(result->not_before_ms - now_ms), result->text);
}

static void look_done(struct outbox *o, struct outbox_account *a, int64_t now_ms)
{
	const struct result *result = &a->look.result;
	bool has_looked = result->class == RESULT_OK && !a->look.has_failed;
	struct post *p, *tmp;

	a->look.is_over = false;
	a->in_flight--;
	money_pay_look(o, a, result, now_ms);
	if (result->class == RESULT_LIMIT || result->class == RESULT_AUTH)
		look_refused(o, a, result, now_ms);
	DL_FOREACH_SAFE(a->busy, p, tmp)
	{
		if (!p->is_in_look)
			continue;
		p->is_in_look = false;
		if (p->found.score)
			settle_found(o, p, now_ms);
		else if (has_looked)
			settle_absent(o, p, now_ms);
		else
			settle_unseen(o, p, now_ms);
	}
}

/* --- starting a look --- */

static void look_over(void *arg, const struct result *result)
{
	struct outbox_account *a = arg;

	a->look.run = NULL;
	a->look.result = *result;
	a->look.is_over = true;
	a->is_stirred = true;
}

static bool wants_look(const struct post *p)
{
	return p->row.state == POST_UNKNOWN || p->is_watched;
}

/* All rows that are due share one look; false when there is none. */
static bool look_what(struct outbox_account *a, int64_t now_ms, struct job *job)
{
	int64_t since_ms = -1;
	struct post *p;

	DL_FOREACH (a->busy, p) {
		if (!wants_look(p) || p->look_ms > now_ms)
			continue;
		p->is_in_look = true;
		if (since_ms == -1 || p->row.sending_ms < since_ms)
			since_ms = p->row.sending_ms;
		if (p->row.visibility == VISIBILITY_DIRECT)
			job->visibility = VISIBILITY_DIRECT;
	}
	job->since_ms = since_ms > CLOCK_SLACK_MS ? since_ms - CLOCK_SLACK_MS : 0;
	return since_ms != -1;
}

static void look_start(struct outbox *o, struct outbox_account *a, int64_t now_ms)
{
	struct job job = {.type = JOB_RECENT};

	if (!look_what(a, now_ms, &job))
		return;
	a->in_flight++;
	a->look.has_failed = false;
	a->look.run = runner_start(
	    o->runner, a->notifier, a->account, a->index, &job, look_item, look_over, a);
}

void look_cancel(struct outbox_account *a)
{
	struct post *p;

	if (!a->look.run)
		return;
	run_cancel(a->look.run);
	a->look.run = NULL;
	a->in_flight--;
	DL_FOREACH (a->busy, p) {
		p->is_in_look = false;
		found_finish(&p->found);
	}
}

/* --- patience --- */

/* A duplicate that was looked for, and is not there: nothing more comes of it. */
static bool is_vainly_sought(const struct post *p)
{
	return p->row.is_duplicate && p->row.looks >= LOOKS;
}

static void warn_late(struct post *p, int64_t now_ms)
{
	if (p->is_warned || is_vainly_sought(p) || now_ms - p->unknown_ms < WARN_AFTER_MS)
		return;
	p->is_warned = true;
	log_warnx(
	    "outbox",
	    "post %llu (%s) on %s: its answer was lost and %s cannot be asked whether it stands "
	    "there",
	    (unsigned long long)p->row.id, p->row.tag[0] ? p->row.tag : "-", p->row.account,
	    p->row.account);
}

static int64_t patience_ms(const struct post *p)
{
	return is_vainly_sought(p) ? WARN_AFTER_MS : GIVE_UP_AFTER_MS;
}

/* Returns true when the row was given up. */
static bool give_up(struct outbox *o, struct post *p, int64_t now_ms)
{
	if (!p->unknown_ms) { /* from the store: the patience begins anew */
		p->unknown_ms = now_ms;
		look_soon(p);
	}
	warn_late(p, now_ms);
	if (p->is_in_look || now_ms - p->unknown_ms < patience_ms(p))
		return false;
	p->row.maybe_sent = true;
	post_finish(
	    o, p, POST_DEAD,
	    is_vainly_sought(p)
		? "its network says that it stands there already, but does not show it"
		: "could not find out whether it was posted",
	    now_ms);
	return true;
}

static void wake_for(struct outbox_account *a, const struct post *p, int64_t now_ms)
{
	if (p->look_ms > now_ms)
		account_wake(a, p->look_ms);
	if (p->row.state != POST_UNKNOWN)
		return;
	if (!p->is_warned)
		account_wake(a, p->unknown_ms + WARN_AFTER_MS);
	account_wake(a, p->unknown_ms + patience_ms(p));
}

/* Also while posts wait for a limit of theirs, but not while a human must act. */
static bool may_look(struct outbox_account *a, int64_t now_ms)
{
	if (!account_can_send(a, now_ms) &&
	    !(has_limits_apart(a) && a->account && !account_needs_human(a)))
		return false;
	if (a->look.not_before_ms > now_ms) {
		account_wake(a, a->look.not_before_ms);
		return false;
	}
	return true;
}

void look_turn(struct outbox *o, struct outbox_account *a, int64_t now_ms)
{
	struct post *p, *tmp;

	if (a->look.is_over)
		look_done(o, a, now_ms);
	DL_FOREACH_SAFE(a->busy, p, tmp)
	{
		if (!wants_look(p) || (p->row.state == POST_UNKNOWN && give_up(o, p, now_ms)))
			continue;
		wake_for(a, p, now_ms);
	}
	if (!a->look.run && may_look(a, now_ms) && a->in_flight < OUTBOX_IN_FLIGHT)
		look_start(o, a, now_ms);
}
