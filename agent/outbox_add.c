/*
 * Posts are taken and called off again. Called by core.c with what was decided. Must never
 * touch what may have left already: that is settled first.
 */
#include "agent/outbox_internal.h"
#include "common/log.h"

#include <stdio.h>

static void make_key(struct outbox *o, char key[OUTBOX_KEY_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[(OUTBOX_KEY_SIZE - 1) / 2];

	o->random(bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++) {
		key[2 * i] = digits[bytes[i] >> 4];
		key[2 * i + 1] = digits[bytes[i] & 15];
	}
	key[OUTBOX_KEY_SIZE - 1] = '\0';
}

static bool is_waiting(const struct post *p)
{
	return p->row.state == POST_QUEUED || p->row.state == POST_RETRY;
}

/* Its kind says the same again, newer; but each word of a person, and each call for one, is its own. */
static bool is_replaced(int event)
{
	return event >= 0 && event != SAY_SAY && event != SAY_ESCALATE;
}

/* The older text that a new one makes pointless. Nothing of it was accepted anywhere. */
static struct post *find_older(struct outbox *o, const struct post_row *row, int64_t now_ms)
{
	struct outbox_thread *t = NULL;
	struct post *p;

	if (!row->thread || row->kind != POST_SAY || !is_replaced(row->event))
		return NULL;
	HASH_FIND(hh, o->threads, &row->thread, sizeof row->thread, t);
	if (!t)
		return NULL;
	DL_FOREACH2(t->posts, p, thread_next)
	{
		bool is_beside = row->event == SAY_APPROVE && p->row.created_ms == now_ms; /* of one question */

		if (p->row.event == row->event && is_waiting(p) && !is_beside)
			return p;
	}
	return NULL;
}

static void cancel_quietly(struct outbox *o, struct post *p, const char *reason)
{
	post_close(o, p, POST_CANCELLED, reason);
	log_info(
	    "outbox", "post=%llu account=%s incident=%s event=%s result=cancelled reason=%s",
	    (unsigned long long)p->row.id, p->row.account, p->row.tag[0] ? p->row.tag : "-",
	    post_event_name(p), reason);
}

/*
 * The order of a thread is the order of its ids. So where the new text takes the
 * place of the thread's first post it takes its id too, and the old text is filed
 * under the fresh id.
 */
static void replace(struct outbox *o, struct post *old, struct post *p)
{
	struct outbox_thread *t = old->thread;

	if (t->posts == old && post_is_root(old)) {
		uint64_t id = old->row.id;

		DL_DELETE(old->account->waiting, old);
		old->row.id = p->row.id;
		old->is_stored = false;
		post_wait(old);
		p->row.id = id;
		DL_PREPEND2(t->posts, p, thread_prev, thread_next);
	} else {
		DL_APPEND2(t->posts, p, thread_prev, thread_next);
	}
	cancel_quietly(o, old, "replaced by newer text");
}

/* An older question may have had more pieces than its newer one. */
static void drop_rest(struct outbox *o, const struct post_row *row, int64_t now_ms)
{
	struct post *p;

	while (row->event == SAY_APPROVE && (p = find_older(o, row, now_ms)))
		cancel_quietly(o, p, "replaced by newer text");
}

uint64_t outbox_add(struct outbox *o, const struct post_row *post, const struct now *now)
{
	struct post *old = find_older(o, post, now->wall_ms), *p;
	struct post_row row = *post;
	char key[OUTBOX_KEY_SIZE];

	make_key(o, key);
	row.key = key;
	row.id = row.id ? row.id : store_next_id(o->store);
	row.state = POST_QUEUED;
	row.created_ms = row.created_ms ? row.created_ms : now->wall_ms;
	row.attempts = row.looks = row.refusals = 0;
	row.maybe_sent = row.is_duplicate = false;
	row.cost_micro = 0;
	row.sending_ms = row.sent_ms = row.looked_ms = 0;
	row.remote_id = row.uri = row.url = NULL;
	p = post_create(o, &row);
	if (old) {
		replace(o, old, p);
		drop_rest(o, post, now->wall_ms);
	} else if (p->thread) {
		DL_APPEND2(p->thread->posts, p, thread_prev, thread_next);
	}
	thread_condemn(p);
	post_wait(p);
	post_touch(o, p);
	alarm_added(o, p, now->wall_ms);
	return p->row.id;
}

bool outbox_is_pending(const struct outbox *o, uint64_t thread, int event)
{
	const struct outbox_thread *t = NULL;
	const struct post *p;

	HASH_FIND(hh, o->threads, &thread, sizeof thread, t);
	if (!t)
		return false;
	DL_FOREACH2(t->posts, p, thread_next)
	{
		if (p->row.event == event)
			return true;
	}
	return false;
}

uint64_t outbox_cancel_thread(struct outbox *o, uint64_t thread)
{
	struct outbox_thread *t = NULL;
	struct post *p, *tmp;
	uint64_t events = 0;

	HASH_FIND(hh, o->threads, &thread, sizeof thread, t);
	if (!t)
		return 0;
	DL_FOREACH_SAFE2(t->posts, p, tmp, thread_next)
	{
		if (!is_waiting(p))
			continue;
		if (p->row.event >= 0)
			events = say_add(events, (enum say_event)p->row.event);
		cancel_quietly(o, p, "cancelled");
	}
	return events;
}
