/*
 * Threads: what may be said before what, what ends together, who hears of it.
 * Called by outbox.c and outbox_send.c. Must never tell anybody while a list is
 * being walked: deliveries are kept and told by outbox_flush().
 */
#include "agent/outbox_internal.h"
#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define REFUSED_MS (5 * SECOND_MS) /* a parent may not be visible yet */
#define ALONE_MS (24 * HOUR_MS)

struct outbox_thread *thread_of(struct outbox *o, uint64_t id)
{
	struct outbox_thread *t = NULL;

	HASH_FIND(hh, o->threads, &id, sizeof id, t);
	if (t)
		return t;
	t = outbox_alloc(sizeof *t);
	t->id = id;
	HASH_ADD(hh, o->threads, id, sizeof t->id, t);
	return t;
}

void thread_drop(struct outbox *o, struct outbox_thread *t)
{
	if (--t->held)
		return;
	HASH_DEL(o->threads, t);
	free(t->root_id);
	free(t);
}

/* Rows come by id: the first SENT one is the root. */
static int learn_row(void *arg, const struct post_row *row)
{
	struct outbox_thread *t = arg;

	switch (row->state) {
	case POST_SENT:
		if (!t->root_id && row->remote_id[0])
			t->root_id = outbox_dup(row->remote_id);
		break;
	case POST_DEAD:
		if (row->maybe_sent)
			t->may_stand = true;
		else
			t->is_lost = true;
		break;
	case POST_CANCELLED: t->is_lost = true; break;
	case POST_QUEUED:
	case POST_SENDING:
	case POST_RETRY:
	case POST_UNKNOWN: break;
	}
	return 0;
}

/* Are all rows of the store here, and none is over? Its index knows, without a look at the rows. */
static bool is_all_here(struct outbox *o, const struct outbox_thread *t)
{
	const struct post *p;
	int n = 0;

	DL_FOREACH2 (t->posts, p, thread_next)
		n += p->is_stored;
	return store_count_posts_of_thread(o->store, t->id, NULL) == n;
}

bool thread_learn(struct outbox *o, struct outbox_thread *t)
{
	struct err err;

	if (t->is_learnt)
		return true;
	if (!is_all_here(o, t) && store_posts_of_thread(o->store, t->id, learn_row, t, &err) < 0) {
		log_warnx("outbox", "cannot read the posts of a thread: %s", err.text);
		return false;
	}
	t->is_learnt = true;
	return true;
}

bool thread_is_next(const struct post *p)
{
	return !p->thread || p->thread->posts == p;
}

bool post_is_root(const struct post *p)
{
	return p->thread && !p->thread->root_id && !p->thread->may_stand;
}

bool thread_lacks_problem(const struct post *p)
{
	const struct outbox_thread *t = p->thread;

	if (!t || !t->is_learnt || t->posts != p || !t->is_lost || !post_is_root(p))
		return false;
	return post_is_end(p);
}

/* --- the parent --- */

const char *post_parent(const struct post *p, int64_t now_ms)
{
	if (!p->thread)
		return p->row.target;
	if (p->row.refusals >= REFUSALS || p->account->alone_ms > now_ms || !p->thread->root_id)
		return "";
	return p->thread->root_id;
}

/* For a day no post of the account asks for its parent; then one tries again. */
static void account_alone(struct outbox *o, struct outbox_account *a, int64_t now_ms)
{
	static const char words[] = "its network does not let it answer its own posts: updates "
				    "stand alone with their tag for a day";
	bool is_told = a->alone_ms != 0; /* since the last one that was taken */

	a->alone_ms = now_ms + ALONE_MS;
	if (is_told)
		return;
	log_warnx("outbox", "%s: %s", a->name, words);
	alarm_tell(o, a, words, ALARM_NOTICE);
}

void post_refused(struct outbox *o, struct post *p, const struct result *result, int64_t now_ms)
{
	bool is_last = ++p->row.refusals >= REFUSALS;

	if (is_last && result->refusal == REFUSAL_REPLIES)
		account_alone(o, p->account, now_ms);
	log_info(
	    "outbox", "post=%llu account=%s result=refused refusals=%u reason=%s",
	    (unsigned long long)p->row.id, p->row.account, p->row.refusals, result->text);
	post_set_reason(p, result->text);
	post_requeue(o, p, POST_RETRY, is_last ? now_ms : now_ms + REFUSED_MS);
}

/* --- the end of a row --- */

static void thread_remember(struct outbox_thread *t, const struct post *p)
{
	DL_DELETE2(t->posts, p, thread_prev, thread_next);
	if (p->row.state == POST_SENT && !t->root_id)
		t->root_id = outbox_dup(p->row.remote_id);
	else if (p->row.state == POST_DEAD && p->row.maybe_sent)
		t->may_stand = true;
	else if (p->row.state != POST_SENT)
		t->is_lost = true;
}

void post_close(struct outbox *o, struct post *p, enum post_state state, const char *reason)
{
	struct outbox_account *a = p->account;

	if (p->row.state == POST_QUEUED || p->row.state == POST_RETRY) {
		DL_DELETE(a->waiting, p);
	} else {
		DL_DELETE(a->busy, p);
		a->unsettled -= row_creates(&p->row);
	}
	p->row.state = state;
	p->row.not_before_ms = 0;
	if (state != POST_SENT && !(state == POST_DEAD && p->row.maybe_sent))
		p->row.cost_micro = 0;
	post_set_reason(p, reason);
	if (p->thread)
		thread_remember(p->thread, p);
	post_touch(o, p);
	a->is_stirred = true;
}

const char *post_event_name(const struct post *p)
{
	switch (p->row.kind) {
	case POST_SAY: break;
	case POST_ANSWER: return "answer";
	case POST_FAVOURITE: return "favourite";
	case POST_DELETE: return "delete";
	case POST_BOOST: return "boost";
	}
	return p->row.event >= 0 ? words_event_name((enum say_event)p->row.event) : "-";
}

static const char *or_dash(const char *s)
{
	return s[0] ? s : "-";
}

/* The delivery line: these keys in this order, the text last. */
static void post_log(const struct post *p, int64_t now_ms)
{
	const struct post_row *r = &p->row;
	const char *result = r->state == POST_SENT        ? "sent"
			     : r->state == POST_CANCELLED ? "cancelled"
			     : r->maybe_sent              ? "unsettled"
							  : "dead";

	log_info(
	    "outbox",
	    "post=%llu account=%s incident=%s event=%s result=%s attempts=%u id=%s after_ms=%lld "
	    "reason=%s",
	    (unsigned long long)r->id, r->account, or_dash(r->tag), post_event_name(p), result,
	    r->attempts, or_dash(r->remote_id), (long long)(now_ms - r->created_ms),
	    or_dash(r->reason));
}

static void finish_one(
    struct outbox *o, struct post *p, enum post_state state, const char *reason, bool is_root,
    int64_t now_ms)
{
	post_close(o, p, state, reason);
	money_pay(o, p->account, p->row.cost_micro, now_ms); /* also what only may stand there */
	post_log(p, now_ms);
	post_tell(o, p, state == POST_SENT ? DELIVERY_SENT : DELIVERY_DEAD, is_root);
	p->account->n_sent += state == POST_SENT;
	if (state != POST_DEAD)
		return;
	p->account->n_dead++;
	p->account->dead_ms = now_ms;
	snprintf(p->account->dead_tag, sizeof p->account->dead_tag, "%s", p->row.tag ? p->row.tag : "");
	log_warnx(
	    "outbox", "post %llu (%s) on %s was given up: %s", (unsigned long long)p->row.id,
	    or_dash(p->row.tag), p->row.account, reason);
	post_note(
	    o, p, "not %s on %s: %s", p->row.kind == POST_DELETE ? "deleted" : "posted",
	    p->row.account, reason);
}

/* No recovery without its problem: what was to hang under it goes with it. */
static void finish_followers(struct outbox *o, struct outbox_thread *t, int64_t now_ms)
{
	struct post *p, *tmp;

	DL_FOREACH_SAFE2(t->posts, p, tmp, thread_next)
	{
		if (p->row.state == POST_QUEUED || p->row.state == POST_RETRY)
			finish_one(
			    o, p, POST_CANCELLED, "the first post of its thread was given up",
			    false, now_ms);
	}
}

void post_finish(
    struct outbox *o, struct post *p, enum post_state state, const char *reason, int64_t now_ms)
{
	bool is_root = post_is_root(p);

	finish_one(o, p, state, reason, is_root, now_ms);
	if (is_root && post_is_root(p))
		finish_followers(o, p->thread, now_ms);
}

/* --- telling --- */

static struct tell *tell_add(struct outbox *o, struct post *p)
{
	struct tell *t = outbox_alloc(sizeof *t);

	t->post = p;
	p->tells++;
	DL_APPEND(o->tells, t);
	return t;
}

void post_tell(struct outbox *o, struct post *p, enum delivery delivery, bool is_root)
{
	struct tell *t;

	if (!p->thread)
		return;
	t = tell_add(o, p);
	t->delivery = delivery;
	t->is_root = is_root;
}

void post_note(struct outbox *o, struct post *p, const char *format, ...)
{
	char text[512];
	va_list ap;

	if (!p->row.incident)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	tell_add(o, p)->note = outbox_dup(text);
}

void alarm_tell(struct outbox *o, struct outbox_account *a, const char *text, enum alarm_kind kind)
{
	struct tell *t = outbox_alloc(sizeof *t);

	t->alarmed = a;
	t->note = outbox_dup(text);
	t->alarm = kind;
	DL_APPEND(o->tells, t);
}

static void tell_now(struct outbox *o, const struct tell *t)
{
	const struct outbox_events *e = &o->events;

	if (t->alarmed)
		e->alarm(e->arg, t->alarmed->name, t->note, t->alarm == ALARM_OVER);
	else if (t->note)
		e->note(e->arg, t->post->row.incident, t->note);
	else
		e->delivery(e->arg, &t->post->row, t->delivery, t->is_root);
}

void outbox_flush(struct outbox *o)
{
	struct tell *t;

	while ((t = o->tells)) {
		DL_DELETE(o->tells, t);
		o->telling = t;
		tell_now(o, t);
		o->telling = NULL;
		if (t->post)
			t->post->tells--;
		free(t->note);
		free(t);
	}
}
