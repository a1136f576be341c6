/*
 * The outbox's rows: taken, kept, saved, forgotten; policy is in outbox_send.c.
 * Called by core.c as outbox.h says; outbox_*.c use the post_ functions.
 * Must never read a clock, and never free a row that is not on disk.
 */
#include "agent/outbox_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MS (2 * SECOND_MS) /* a smaller change of wall against boot clock is slewing */

void *outbox_alloc(size_t n)
{
	void *p = calloc(1, n);

	if (!p)
		fatal("outbox", "out of memory");
	return p;
}

char *outbox_dup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(outbox_alloc(n), s, n);
}

struct outbox_account *account_of(struct outbox *o, const char *name)
{
	struct outbox_account *a;

	DL_FOREACH (o->accounts, a) {
		if (strcmp(a->name, name) == 0)
			return a;
	}
	a = outbox_alloc(sizeof *a);
	a->outbox = o;
	a->name = outbox_dup(name);
	a->is_stirred = true;
	DL_APPEND(o->accounts, a);
	return a;
}

/* --- one row --- */

static const char *copy_string(char **at, const char *from)
{
	char *to = *at;
	size_t n = strlen(from ? from : "") + 1;

	memcpy(to, from ? from : "", n);
	*at += n;
	return to;
}

static size_t string_size(const char *s)
{
	return (s ? strlen(s) : 0) + 1;
}

struct post *post_create(struct outbox *o, const struct post_row *row)
{
	size_t n = string_size(row->text) + string_size(row->key) + string_size(row->tag) +
		   string_size(row->language) + string_size(row->to) + string_size(row->to_id) +
		   string_size(row->target);
	struct post *p = outbox_alloc(sizeof *p + n);
	char *at = p->strings;

	p->row = *row;
	p->account = account_of(o, row->account ? row->account : "");
	p->row.account = p->account->name;
	p->row.text = copy_string(&at, row->text);
	p->row.key = copy_string(&at, row->key);
	p->row.tag = copy_string(&at, row->tag);
	p->row.language = copy_string(&at, row->language);
	p->row.to = copy_string(&at, row->to);
	p->row.to_id = copy_string(&at, row->to_id);
	p->row.target = copy_string(&at, row->target);
	post_set_remote(p, row->remote_id, row->uri, row->url);
	p->row.reason = "";
	post_set_reason(p, row->reason ? row->reason : "");
	p->expires_ms = row->created_ms + post_age_limit(row);
	p->is_suspect = row->sending_ms != 0;
	if (row->thread && row->kind == POST_SAY) {
		p->thread = thread_of(o, row->thread);
		p->thread->held++;
	}
	return p;
}

void found_finish(struct found *f)
{
	free(f->id);
	free(f->uri);
	free(f->url);
	memset(f, 0, sizeof *f);
}

static void post_free(struct outbox *o, struct post *p)
{
	free(p->attempt);
	found_finish(&p->found);
	if (p->thread)
		thread_drop(o, p->thread);
	free(p->remote);
	free(p->target);
	free(p->reason);
	free(p);
}

void post_touch(struct outbox *o, struct post *p)
{
	p->is_written = false;
	if (p->is_dirty)
		return;
	p->is_dirty = true;
	DL_APPEND2(o->dirty, p, dirty_prev, dirty_next);
}

static int by_id(const struct post *a, const struct post *b)
{
	return (a->row.id > b->row.id) - (a->row.id < b->row.id);
}

void post_wait(struct post *p)
{
	struct outbox_account *a = p->account;

	if (!a->waiting || by_id(a->waiting->prev, p) < 0)
		DL_APPEND(a->waiting, p);
	else
		DL_INSERT_INORDER(a->waiting, p, by_id);
	a->is_stirred = true;
}

void post_set_reason(struct post *p, const char *reason)
{
	char *copy = reason[0] ? outbox_dup(reason) : NULL;

	free(p->reason);
	p->reason = copy;
	p->row.reason = copy ? copy : "";
}

void post_set_remote(struct post *p, const char *id, const char *uri, const char *url)
{
	size_t n = string_size(id) + string_size(uri) + string_size(url);
	char *block = n > 3 ? outbox_alloc(n) : NULL, *at = block;

	p->row.remote_id = block ? copy_string(&at, id) : "";
	p->row.uri = block ? copy_string(&at, uri) : "";
	p->row.url = block ? copy_string(&at, url) : "";
	free(p->remote);
	p->remote = block;
}

/* --- the store --- */

static int load_post(void *arg, const struct post_row *row)
{
	struct outbox *o = arg;
	struct post *p = post_create(o, row);

	p->is_stored = true;
	if (p->thread)
		DL_APPEND2(p->thread->posts, p, thread_prev, thread_next);
	if (row->state == POST_UNKNOWN || (row->state == POST_SENDING && row_creates(row))) {
		DL_APPEND(p->account->busy, p);
		p->account->unsettled++;
	} else {
		post_wait(p);
	}
	if (row->state != POST_SENDING)
		return 0;
	p->row.state = row_creates(row) ? POST_UNKNOWN : POST_RETRY;
	p->row.looks = 0;
	p->row.looked_ms = 0;
	post_touch(o, p);
	return 0;
}

/* A pause that the network asked for holds; one that waits for a human is tried once more. */
static int load_account(void *arg, const struct account_row *row)
{
	struct outbox_account *a = account_of(arg, row->name);

	a->last_post_ms = a->kept_post_ms = row->last_post_ms;
	a->kept_paused_ms = row->paused_until_ms;
	a->alone_ms = a->kept_alone_ms = row->alone_until_ms;
	if (!row->paused_until_ms || row->paused_until_ms == NOW_NEVER)
		return 0;
	a->paused_ms = row->paused_until_ms;
	snprintf(a->reason, sizeof a->reason, "%s", row->pause_reason ? row->pause_reason : "");
	return 0;
}

int outbox_load(struct outbox *o, const struct now *now, struct err *err)
{
	struct outbox_account *a;
	struct post *p;

	if (store_accounts(o->store, load_account, o, err) < 0)
		return -1;
	if (store_unsettled_posts(o->store, load_post, o, err) < 0)
		return -1;
	DL_FOREACH (o->accounts, a) {
		a->is_stirred = true;
		erase_loaded(o, a);
		DL_FOREACH (a->waiting, p) /* we were away: what is old gets one more chance */
			post_extend(p, now->wall_ms);
		DL_FOREACH (a->busy, p) /* is it the first of its thread? What becomes of it is told soon */
			if (p->thread && !thread_learn(o, p->thread))
				return err_set(err, "the posts of a thread cannot be read");
	}
	return 0;
}

void outbox_save(struct outbox *o)
{
	struct outbox_account *a;
	struct post *p;

	DL_FOREACH (o->accounts, a) {
		account_save(o, a);
		alarm_save(o, a);
	}
	DL_FOREACH2(o->dirty, p, dirty_next)
	{
		if (p->is_stored)
			store_move_post(o->store, &p->row);
		else
			store_put_post(o->store, &p->row);
		p->is_written = true;
	}
}

static bool is_final(const struct post *p)
{
	switch (p->row.state) {
	case POST_SENT:
	case POST_CANCELLED:
	case POST_DEAD: return true;
	case POST_QUEUED:
	case POST_SENDING:
	case POST_RETRY:
	case POST_UNKNOWN: break;
	}
	return false;
}

void outbox_saved(struct outbox *o)
{
	struct outbox_account *a;
	struct post *p, *tmp;

	DL_FOREACH (o->accounts, a) {
		account_saved(a);
		alarm_saved(a);
	}
	DL_FOREACH_SAFE2(o->dirty, p, tmp, dirty_next)
	{
		if (!p->is_written)
			continue;
		p->is_stored = true;
		if (p->tells)
			continue;
		DL_DELETE2(o->dirty, p, dirty_prev, dirty_next);
		p->is_dirty = false;
		if (is_final(p) && !p->is_watched)
			post_free(o, p);
	}
}

/* --- the whole --- */

struct outbox *outbox_create(
    struct runner *runner, struct store *store, struct ledger *ledger,
    const struct outbox_events *events, void (*random)(void *bytes, size_t n))
{
	struct outbox *o = outbox_alloc(sizeof *o);

	o->runner = runner;
	o->store = store;
	o->ledger = ledger;
	o->events = *events;
	o->random = random;
	return o;
}

static void free_list(struct outbox *o, struct post *head)
{
	struct post *p, *tmp;

	DL_FOREACH_SAFE(head, p, tmp)
	{
		if (p->is_dirty)
			DL_DELETE2(o->dirty, p, dirty_prev, dirty_next);
		post_free(o, p);
	}
}

static void account_free(struct outbox *o, struct outbox_account *a)
{
	free_list(o, a->waiting);
	free_list(o, a->busy);
	free(a->name);
	free(a);
}

void outbox_destroy(struct outbox *o)
{
	struct outbox_account *a, *tmp_a;
	struct tell *t, *tmp_t;
	struct post *p, *tmp_p;

	if (!o)
		return;
	DL_FOREACH_SAFE(o->tells, t, tmp_t)
	{
		free(t->note);
		free(t);
	}
	DL_FOREACH_SAFE(o->accounts, a, tmp_a)
	account_free(o, a);
	DL_FOREACH_SAFE2(o->dirty, p, tmp_p, dirty_next)
	post_free(o, p);
	free(o);
}

static void shift(int64_t *at, int64_t step)
{
	if (*at && *at != NOW_NEVER)
		*at += step;
}

static void shift_account(struct outbox_account *a, int64_t step)
{
	struct post *lists[] = {a->waiting, a->busy}, *p;

	shift(&a->breaker_ms, step);
	shift(&a->paused_ms, step);
	shift(&a->alone_ms, step);
	shift(&a->away_told_ms, step);
	shift(&a->alarms.away_ms, step);
	shift(&a->look.not_before_ms, step);
	for (unsigned i = 0; i < 2; i++) {
		DL_FOREACH (lists[i], p) {
			shift(&p->row.not_before_ms, step);
			shift(&p->row.sending_ms, step); /* is compared with the network's times */
			post_touch(a->outbox, p);
			shift(&p->row.looked_ms, step);
			shift(&p->expires_ms, step);
			shift(&p->unknown_ms, step);
			shift(&p->look_ms, step);
			shift(&p->away_ms, step);
		}
	}
	a->is_stirred = true;
}

/* Deadlines are wall times; when the wall clock steps they move with it (SPEC 4.5, case 15). */
static void heed_clock_step(struct outbox *o, const struct now *now)
{
	int64_t clocks_ms = now->wall_ms - now->boot_ms, step = clocks_ms - o->clocks_ms;
	struct outbox_account *a;

	o->clocks_ms = clocks_ms;
	if (o->has_clocks && (step > STEP_MS || step < -STEP_MS)) {
		DL_FOREACH (o->accounts, a)
			shift_account(a, step);
	}
	o->has_clocks = true;
}

void outbox_turn(struct outbox *o, const struct now *now)
{
	struct outbox_account *a;

	heed_clock_step(o, now);
	o->now_ms = now->wall_ms;
	DL_FOREACH (o->accounts, a) {
		account_turn(o, a, now->wall_ms);
		money_watch(o, a, now->wall_ms);
	}
	outbox_flush(o);
}

int64_t outbox_next(const struct outbox *o, const struct now *now)
{
	int64_t next = o->tells ? now->wall_ms : NOW_NEVER;
	struct outbox_account *a;

	DL_FOREACH (o->accounts, a) {
		int64_t at = a->is_stirred ? now->wall_ms : a->wake_ms;

		if (at < next)
			next = at;
	}
	return next;
}
