/*
 * When to read what on which account, and how far we have read. Called by core.c
 * every turn; what it reads goes to the inbox. It must never move a cursor past
 * something that the inbox has not taken, nor ask twice for one account at a time.
 */
#include "agent/collector_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct collector *collector_create(const struct collector_parts *parts)
{
	struct collector *c = calloc(1, sizeof(*c));

	if (c)
		c->parts = *parts;
	return c;
}

void errand_free(struct errand *e)
{
	if (e)
		free(e->remote_id);
	free(e);
}

static void feed_stop(struct feed *f)
{
	if (f->run)
		run_cancel(f->run);
	f->run = NULL;
}

static void feed_free(struct feed *f)
{
	struct errand *e, *next;

	feed_stop(f);
	LL_FOREACH_SAFE(f->errands, e, next)
	errand_free(e);
	for (unsigned i = 0; i < f->n_notices; i++)
		free(f->notices[i]);
	free(f->name);
	free(f->cursor);
	free(f->self_id);
	free(f->self_acct);
	free(f->software);
	free(f->job_cursor);
	free(f->job_target);
	free(f->job_to);
	free(f);
}

void collector_destroy(struct collector *c)
{
	struct feed *f, *next;

	if (!c)
		return;
	LL_FOREACH_SAFE(c->feeds, f, next)
	feed_free(f);
	free(c);
}

static struct feed *feed_get(struct collector *c, const char *name)
{
	struct feed *f;

	LL_FOREACH (c->feeds, f)
		if (strcmp(f->name, name) == 0)
			return f;
	f = calloc(1, sizeof(*f));
	if (!f)
		fatal("collector", "out of memory");
	f->collector = c;
	feed_set(&f->name, name);
	feed_set(&f->cursor, "");
	feed_set(&f->self_id, "");
	feed_set(&f->self_acct, "");
	feed_set(&f->software, "");
	f->may_be_told = true;
	LL_APPEND(c->feeds, f);
	return f;
}

static struct feed *feed_by_index(const struct collector *c, unsigned account)
{
	struct feed *f;

	LL_FOREACH (c->feeds, f)
		if (f->notifier && f->index == account)
			return f;
	return NULL;
}

/*
 * Where asking costs, what the store knows is believed; but not that an account is still
 * protected to which internals are told. (X bills the same look once a day.)
 */
static void feed_trust(struct feed *f)
{
	f->is_verified = feed_is_metered(f) && feed_is_self_known(f);
	f->verify_ms = f->is_verified && !f->is_internal ? NOW_NEVER : 0;
}

void collector_set_accounts(
    struct collector *c, const struct config *config, const struct notifier *const *notifiers,
    struct account *const *accounts)
{
	struct feed *f;

	LL_FOREACH (c->feeds, f) {
		feed_stop(f); /* its account is about to be closed */
		f->notifier = NULL;
		f->account = NULL;
		f->config = NULL;
	}
	for (unsigned i = 0; i < config->n_accounts; i++) {
		const struct config_account *a = &config->accounts[i];

		if (!notifiers[i] || !accounts[i])
			continue;
		f = feed_get(c, a->name);
		f->notifier = notifiers[i];
		f->account = accounts[i];
		f->config = a;
		f->index = i;
		f->is_internal = config_tells_internals(config, i);
		f->poll_ms =
		    a->poll_ms < COLLECTOR_POLL_MIN_MS ? COLLECTOR_POLL_MIN_MS : a->poll_ms;
		f->is_waiting = f->is_idle = false;
		feed_trust(f);
		f->collect_ms = 0;
	}
}

static int load_row(void *arg, const struct account_row *row)
{
	struct feed *f = feed_get(arg, row->name);

	feed_set(&f->cursor, row->cursor);
	feed_set(&f->self_id, row->self_id);
	feed_set(&f->self_acct, row->self_acct);
	feed_set(&f->software, row->software);
	f->last_read_ms = row->last_read_ms;
	f->is_locked = row->is_locked;
	if (f->config) /* the accounts were set first */
		feed_trust(f);
	return 0;
}

int collector_load(struct collector *c, struct err *err)
{
	return store_accounts(c->parts.store, load_row, c, err) == -1 ? -1 : 0;
}

/* ---- keeping ---- */

struct kept_account {
	const char *name;
	struct account_row row;
	char reason[512];
};

/* The outbox's part of the row stays as it is. */
static int keep_row(void *arg, const struct account_row *row)
{
	struct kept_account *kept = arg;

	if (strcmp(row->name, kept->name) != 0)
		return 0;
	kept->row.paused_until_ms = row->paused_until_ms;
	kept->row.last_post_ms = row->last_post_ms;
	kept->row.alone_until_ms = row->alone_until_ms;
	snprintf(kept->reason, sizeof(kept->reason), "%s", row->pause_reason);
	return 1;
}

void collector_save(struct collector *c)
{
	struct feed *f;

	LL_FOREACH (c->feeds, f) {
		struct kept_account kept = {.name = f->name};

		if (!f->is_changed)
			continue;
		store_accounts(c->parts.store, keep_row, &kept, NULL);
		kept.row.name = f->name;
		kept.row.pause_reason = kept.reason;
		kept.row.cursor = f->cursor;
		kept.row.self_id = f->self_id;
		kept.row.self_acct = f->self_acct;
		kept.row.software = f->software;
		kept.row.last_read_ms = f->last_read_ms;
		kept.row.is_locked = f->is_locked;
		store_put_account(c->parts.store, &kept.row);
		f->is_saving = true;
	}
}

void collector_saved(struct collector *c)
{
	struct feed *f;

	LL_FOREACH (c->feeds, f) {
		if (f->is_saving)
			f->is_changed = false;
		f->is_saving = false;
	}
}

/* ---- what is due ---- */

struct choice {
	const struct feed *feed;
	uint64_t incident, post; /* 0 = none found */
	uint64_t first_incident, first_post;
	char remote_id[128], first_remote_id[128];
};

static bool is_before(uint64_t a_incident, uint64_t a_post, uint64_t b_incident, uint64_t b_post)
{
	return a_incident < b_incident || (a_incident == b_incident && a_post < b_post);
}

/* Newest incident first, one post after the other, then again from the top. */
static int choose_post(void *arg, const struct post_row *row)
{
	struct choice *c = arg;
	const struct feed *f = c->feed;

	if (!row->remote_id[0] || row->kind == POST_FAVOURITE || row->kind == POST_BOOST || row->kind == POST_DELETE)
		return 0;
	if (is_before(c->first_incident, c->first_post, row->incident, row->id)) {
		c->first_incident = row->incident;
		c->first_post = row->id;
		snprintf(c->first_remote_id, sizeof(c->first_remote_id), "%s", row->remote_id);
	}
	if (is_before(row->incident, row->id, f->thread_incident, f->thread_post) &&
	    is_before(c->incident, c->post, row->incident, row->id)) {
		c->incident = row->incident;
		c->post = row->id;
		snprintf(c->remote_id, sizeof(c->remote_id), "%s", row->remote_id);
	}
	return 0;
}

static void feed_run(struct feed *f, enum job_type type, runner_emit_fn *emit, runner_done_fn *done)
{
	f->has_failed_item = false;
	f->job = (struct job){
	    .type = type,
	    .target_id = f->job_target,
	    .cursor = f->job_cursor,
	    .to = f->job_to,
	    .spend_micro = ledger_left_to_read(
		f->collector->parts.ledger, f->config, &f->collector->now)};
	f->run = runner_start(
	    f->collector->parts.runner, f->notifier, f->account, f->index, &f->job, emit, done, f);
}

static int choose_reply(void *arg, const struct reply_row *row)
{
	struct feed *f = arg;

	f->look_reply = row->id;
	feed_set(&f->job_target, row->remote_id);
	return 1;
}

/* Every other time, so that many replies do not keep us from the answers under our posts. */
static bool feed_look(struct feed *f)
{
	f->was_look = !f->was_look && store_reply_to_look_at(f->collector->parts.store, f->name, f->collector->now.wall_ms,
							     choose_reply, f, NULL) == 1;
	if (f->was_look)
		feed_run(f, JOB_GET, feed_emit_nothing, feed_look_done);
	return f->was_look;
}

static void feed_thread(struct feed *f)
{
	struct choice c = {.feed = f};

	f->thread_ms = f->collector->now.boot_ms + feed_thread_pause(f);
	if (feed_look(f))
		return;
	if (store_told_posts(f->collector->parts.store, f->name, choose_post, &c, NULL) == -1 ||
	    !c.first_post)
		return;
	f->thread_incident = c.post ? c.incident : c.first_incident;
	f->thread_post = c.post ? c.post : c.first_post;
	feed_set(&f->job_target, c.post ? c.remote_id : c.first_remote_id);
	feed_run(f, JOB_THREAD, feed_emit, feed_thread_done);
}

static void feed_collect(struct feed *f)
{
	switch (feed_is_metered(f) ? feed_reading(f) : FEED_READ) {
	case FEED_LATER: break;
	case FEED_NAME: feed_run(f, JOB_LOOKUP, feed_emit_person, feed_lookup_done); break;
	case FEED_READ:
		feed_set(&f->job_cursor, f->cursor);
		feed_run(f, JOB_COLLECT, feed_emit, feed_collect_done);
		break;
	}
}

/* Earliest on the boot clock, and what; pauses and back-off are in it. NOW_NEVER = nothing by itself. */
enum feed_step { FEED_NONE, FEED_VERIFY, FEED_GET, FEED_COLLECT, FEED_THREAD };

static void feed_consider(
    const struct feed *f, enum feed_step step, int64_t at_ms, enum feed_step *next,
    int64_t *next_ms)
{
	if (at_ms < f->pause_ms)
		at_ms = f->pause_ms;
	if (at_ms >= *next_ms)
		return;
	*next = step;
	*next_ms = at_ms;
}

static enum feed_step feed_next(const struct feed *f, int64_t *at_ms)
{
	enum feed_step next = FEED_NONE;

	*at_ms = NOW_NEVER;
	if (!f->notifier || f->run || f->is_waiting)
		return next;
	feed_consider(f, FEED_VERIFY, f->verify_ms, &next, at_ms);
	if (!f->is_verified || !(f->notifier->caps & NOTIFIER_COLLECTS))
		return next;
	if (f->errands && !f->failures)
		feed_consider(f, FEED_GET, f->errands->at_ms, &next, at_ms);
	feed_consider(f, FEED_COLLECT, f->collect_ms, &next, at_ms);
	if (!f->failures && (f->notifier->caps & NOTIFIER_ANSWERS))
		feed_consider(f, FEED_THREAD, f->thread_ms, &next, at_ms);
	return next;
}

static void feed_start(struct feed *f, enum feed_step step)
{
	switch (step) {
	case FEED_NONE: break;
	case FEED_VERIFY: feed_run(f, JOB_VERIFY, feed_emit, feed_verify_done); break;
	case FEED_GET:
		feed_set(&f->job_target, f->errands->remote_id);
		feed_run(f, JOB_GET, feed_emit_parent, feed_get_done);
		break;
	case FEED_COLLECT: feed_collect(f); break;
	case FEED_THREAD: feed_thread(f); break;
	}
}

static void feed_turn(struct feed *f)
{
	enum feed_step step;
	int64_t at_ms;

	if (f->is_resumed && !f->run) {
		bool was_refused = f->is_waiting;

		f->is_resumed = f->is_waiting = f->is_verified = false;
		f->verify_ms = f->collect_ms = f->pause_ms = f->names_ms = 0;
		f->failures = 0;
		if (!was_refused) /* a reload of the configuration is no reason to pay */
			feed_trust(f);
	}
	feed_check_lock(f);
	step = feed_next(f, &at_ms);
	if (at_ms <= f->collector->now.boot_ms)
		feed_start(f, step);
}

void collector_turn(struct collector *c, const struct now *now)
{
	struct feed *f;

	c->now = *now;
	LL_FOREACH (c->feeds, f)
		feed_turn(f);
}

int64_t collector_next(const struct collector *c, const struct now *now)
{
	int64_t next = NOW_NEVER, at_ms;
	const struct feed *f;

	LL_FOREACH (c->feeds, f) {
		feed_next(f, &at_ms);
		if (f->is_resumed && !f->run && f->notifier)
			at_ms = now->boot_ms;
		next = at_ms < next ? at_ms : next;
	}
	return next;
}

void collector_get(struct collector *c, unsigned account, uint64_t reply, const char *remote_id)
{
	struct feed *f = feed_by_index(c, account);
	struct errand *e = f ? calloc(1, sizeof(*e)) : NULL;

	if (!e)
		return; /* its row stays SEEN; the next start looks again */
	e->reply = reply;
	feed_set(&e->remote_id, remote_id);
	LL_APPEND(f->errands, e);
}

void collector_resume(struct collector *c, int account)
{
	struct feed *f;

	LL_FOREACH (c->feeds, f)
		if (account < 0 || (f->notifier && f->index == (unsigned)account))
			f->is_resumed = true;
}

void collector_health(const struct collector *c, unsigned account, struct collector_health *out)
{
	const struct feed *f = feed_by_index(c, account);
	const char *trouble;

	*out = (struct collector_health){0};
	if (!f)
		return;
	trouble = f->failure[0] ? f->failure : f->n_notices ? f->notices[f->n_notices - 1] : "";
	if (!trouble[0] && feed_is_metered(f) && f->is_internal && !feed_is_locked(f))
		trouble = "not known to be protected: no internals are told there";
	out->last_read_ms = f->last_read_ms;
	out->failures = f->failures;
	out->verified = f->is_verified;
	out->is_locked = feed_is_locked(f);
	out->is_idle = f->is_idle;
	snprintf(out->self_acct, sizeof(out->self_acct), "%s", f->self_acct);
	snprintf(out->software, sizeof(out->software), "%s", f->software);
	snprintf(out->trouble, sizeof(out->trouble), "%s", trouble);
}
