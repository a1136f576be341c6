/*
 * What was posted is taken back: a row of its own for each post of a thread, committed before
 * anything is deleted; and what was called a false alarm before it arrived is not sent again.
 * Called by core.c when an incident is retracted, and by outbox_send.c.
 * Must never touch the rows of the posts: who answers under one is still understood.
 */
#include "agent/outbox_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>

struct erasing {
	struct outbox *o;
	const struct now *now;
	bool is_noted; /* that it cannot be done there */
};

static bool is_delete_of(const struct post *p, uint64_t post)
{
	return p->row.kind == POST_DELETE && p->row.reply == post;
}

static bool is_being_deleted(const struct outbox_account *a, uint64_t post)
{
	const struct post *p;

	DL_FOREACH (a->waiting, p) {
		if (is_delete_of(p, post))
			return true;
	}
	DL_FOREACH (a->busy, p) {
		if (is_delete_of(p, post))
			return true;
	}
	return false;
}

static bool cannot_delete(struct erasing *e, const struct outbox_account *a, const struct post_row *row)
{
	char text[200];

	if (!a->notifier || (a->notifier->caps & NOTIFIER_DELETES))
		return false;
	snprintf(text, sizeof text, "cannot be deleted on %s", a->name);
	if (!e->is_noted && row->incident)
		e->o->events.note(e->o->events.arg, row->incident, text);
	e->is_noted = true;
	return true;
}

static void delete_add(struct erasing *e, const struct post_row *row)
{
	const struct outbox_account *a = account_of(e->o, row->account);
	const struct post_row post = {
	    .incident = row->incident,
	    .reply = row->id,
	    .account = row->account,
	    .kind = POST_DELETE,
	    .event = SAY_RETRACT,
	    .text = "",
	    .tag = row->tag,
	    .language = row->language,
	    .target = row->remote_id,
	    .visibility = row->visibility};

	if (!cannot_delete(e, a, row) && !is_being_deleted(a, row->id))
		outbox_add(e->o, &post, e->now);
}

static int erase_row(void *arg, const struct post_row *row)
{
	if (row->kind == POST_SAY && row->state == POST_SENT && row->remote_id && row->remote_id[0])
		delete_add(arg, row);
	return 0;
}

/* What is on its way is deleted once it stands there; if it does not get there, it never will. */
static void erase_memory(struct erasing *e, uint64_t thread)
{
	struct outbox_thread *t = NULL;
	struct post *p, *tmp;

	DL_FOREACH_SAFE2(e->o->dirty, p, tmp, dirty_next)
	{
		if (p->thread && p->thread->id == thread)
			erase_row(e, &p->row);
	}
	HASH_FIND(hh, e->o->threads, &thread, sizeof thread, t);
	if (!t)
		return;
	DL_FOREACH2(t->posts, p, thread_next)
	{
		p->is_condemned = true;
		delete_add(e, &p->row);
	}
}

void outbox_erase_thread(struct outbox *o, uint64_t thread, const struct now *now)
{
	struct erasing e = {.o = o, .now = now};
	struct err err;

	outbox_cancel_thread(o, thread);
	if (store_posts_of_thread(o->store, thread, erase_row, &e, &err) == -1)
		log_warnx("outbox", "cannot read what is to be deleted: %s", err.text);
	erase_memory(&e, thread);
}

struct unsaying {
	struct erasing e;
	uint64_t incident;
	int event;
	int64_t at_ms;
};

static bool is_unsaid(const struct unsaying *u, const struct post_row *row)
{
	return row->kind == POST_SAY && row->event == u->event && row->incident == u->incident &&
	       (!u->at_ms || row->created_ms == u->at_ms);
}

static int unsay_row(void *arg, const struct post_row *row)
{
	struct unsaying *u = arg;

	return is_unsaid(u, row) ? erase_row(&u->e, row) : 0;
}

void outbox_erase_said(struct outbox *o, uint64_t incident, int event, int64_t at_ms, const struct now *now)
{
	struct unsaying u = {.e = {.o = o, .now = now}, .incident = incident, .event = event, .at_ms = at_ms};
	struct outbox_thread *t, *next;
	struct post *p;
	struct err err;

	if (store_posts_of_incident(o->store, incident, unsay_row, &u, &err) == -1)
		log_warnx("outbox", "cannot read what is to be deleted: %s", err.text);
	HASH_ITER (hh, o->threads, t, next)
		DL_FOREACH2(t->posts, p, thread_next)
		{
			if (!is_unsaid(&u, &p->row))
				continue;
			p->is_condemned = true;
			delete_add(&u.e, &p->row);
		}
}

/* --- what a delete is about ------------------------------------------------------------ */

static struct post *find_in_memory(const struct outbox *o, const struct outbox_account *a, uint64_t id)
{
	struct post *p;

	DL_FOREACH (a->waiting, p) {
		if (p->row.id == id)
			return p;
	}
	DL_FOREACH (a->busy, p) {
		if (p->row.id == id)
			return p;
	}
	DL_FOREACH2(o->dirty, p, dirty_next)
	{
		if (p->row.id == id)
			return p;
	}
	return NULL;
}

static void take_target(struct post *p, const char *remote_id)
{
	free(p->target);
	p->target = outbox_dup(remote_id);
	p->row.target = p->target;
}

struct about {
	struct post *delete;
	enum delete_ready ready;
};

static int learn_row(void *arg, const struct post_row *row)
{
	struct about *about = arg;

	switch (row->state) {
	case POST_SENT:
		take_target(about->delete, row->remote_id);
		about->ready = DELETE_NOW;
		break;
	case POST_QUEUED:
	case POST_SENDING:
	case POST_RETRY:
	case POST_UNKNOWN: about->ready = DELETE_LATER; break;
	case POST_CANCELLED:
	case POST_DEAD: about->ready = DELETE_NEVER; break;
	}
	return 1;
}

enum delete_ready delete_learn(struct outbox *o, struct post *p)
{
	struct about about = {.delete = p, .ready = DELETE_NEVER};
	const struct post *of;

	if (p->row.target[0])
		return DELETE_NOW;
	of = find_in_memory(o, p->account, p->row.reply);
	if (of)
		learn_row(&about, &of->row);
	else if (store_post_by_id(o->store, p->row.reply, learn_row, &about, NULL) == -1)
		about.ready = DELETE_LATER;
	if (about.ready == DELETE_NOW)
		post_touch(o, p);
	return about.ready;
}

void thread_condemn(const struct post *by)
{
	struct post *p;

	if (by->row.event != SAY_RETRACT || !by->thread)
		return;
	DL_FOREACH2(by->thread->posts, p, thread_next)
		p->is_condemned = p->is_condemned || p != by;
}

void erase_loaded(struct outbox *o, struct outbox_account *a)
{
	struct post *p, *of;

	DL_FOREACH (a->waiting, p) {
		thread_condemn(p);
		if (p->row.kind != POST_DELETE || p->row.target[0])
			continue;
		of = find_in_memory(o, a, p->row.reply);
		if (of)
			of->is_condemned = true;
	}
}
