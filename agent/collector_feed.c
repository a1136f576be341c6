/*
 * One account's operations: what comes in, and what their verdicts mean for the
 * next ones. Called by the runner on behalf of collector.c. It must never act upon
 * a status that was only asked for to see what a reply hangs under.
 */
#include "agent/collector_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

void feed_set(char **slot, const char *value)
{
	char *copy = strdup(value ? value : "");

	if (!copy)
		fatal("collector", "out of memory");
	free(*slot);
	*slot = copy;
}

static void feed_notice(struct feed *f, const char *text)
{
	for (unsigned i = 0; i < f->n_notices; i++)
		if (strcmp(f->notices[i], text) == 0)
			return;
	log_warnx("collector", "%s: %s", f->name, text);
	if (f->n_notices == COLLECTOR_NOTICES) {
		free(f->notices[0]);
		memmove(f->notices, f->notices + 1, (COLLECTOR_NOTICES - 1) * sizeof(*f->notices));
		f->n_notices--;
	}
	f->notices[f->n_notices] = NULL;
	feed_set(&f->notices[f->n_notices++], text);
}

/* A token of another account: what we know of the old one is about other posts. */
static void feed_self(struct feed *f, const struct item *item)
{
	if (f->self_id[0] && strcmp(f->self_id, item->id) != 0) {
		log_warnx(
		    "collector", "%s: is another account now (%s, was %s): reading from now on",
		    f->name, item->acct, f->self_acct);
		feed_set(&f->cursor, "");
		f->is_changed = true;
	}
	if (strcmp(f->self_id, item->id) == 0 && strcmp(f->self_acct, item->acct) == 0 &&
	    strcmp(f->software, item->text) == 0 && f->is_locked == item->locked)
		return;
	feed_set(&f->self_id, item->id);
	feed_set(&f->self_acct, item->acct);
	feed_set(&f->software, item->text);
	f->is_locked = item->locked;
	f->is_changed = true;
	log_info("collector", "%s: is %s on %s", f->name, f->self_acct, f->software);
}

/* One that the inbox cannot take stops the cursor, not the others. */
static enum emitted feed_reply(struct feed *f, const struct item *item)
{
	enum emitted emitted = inbox_item(f->collector->parts.inbox, f->index, item, &f->collector->now);

	f->has_failed_item |= emitted == EMIT_FAILED;
	if (emitted == EMIT_NEW && feed_is_metered(f))
		feed_private(f, item);
	return emitted;
}

static enum emitted feed_cursor(struct feed *f, const struct item *item)
{
	if (f->has_failed_item)
		return EMIT_FAILED;
	if (strcmp(f->cursor, item->cursor) == 0)
		return EMIT_KNOWN;
	feed_set(&f->cursor, item->cursor);
	f->last_read_ms = f->collector->now.wall_ms;
	f->is_changed = true;
	return EMIT_NEW;
}

/* Where reading begins, said before it was ever read: what is answered from here on is heard. */
static enum emitted feed_begin(struct feed *f, const struct item *item)
{
	if (f->cursor[0])
		return EMIT_KNOWN;
	feed_set(&f->cursor, item->cursor);
	f->is_changed = true;
	return EMIT_NEW;
}

enum emitted feed_emit(void *arg, const struct item *item)
{
	struct feed *f = arg;

	switch (item->kind) {
	case ITEM_SELF: feed_self(f, item); return EMIT_NEW;
	case ITEM_NOTICE: feed_notice(f, item->text); return EMIT_NEW;
	case ITEM_REPLY: return feed_reply(f, item);
	case ITEM_REACTION:
		return f->job.type == JOB_COLLECT
			   ? inbox_reaction(f->collector->parts.inbox, f->index, item, &f->collector->now)
			   : EMIT_KNOWN;
	case ITEM_CURSOR:
		return f->job.type == JOB_COLLECT  ? feed_cursor(f, item)
		       : f->job.type == JOB_VERIFY ? feed_begin(f, item)
						   : EMIT_KNOWN;
	case ITEM_PERSON:
	case ITEM_OWN: return EMIT_KNOWN;
	}
	return EMIT_KNOWN;
}

/* What a reply hangs under is only looked at, never acted upon. */
enum emitted feed_emit_parent(void *arg, const struct item *item)
{
	struct errand *e = ((struct feed *)arg)->errands;

	if (e && (item->kind == ITEM_REPLY || item->kind == ITEM_OWN)) {
		snprintf(e->uri, sizeof(e->uri), "%s", item->uri ? item->uri : "");
		snprintf(
		    e->parent_id, sizeof(e->parent_id), "%s",
		    item->parent_id ? item->parent_id : "");
	}
	return EMIT_KNOWN;
}

/* Whether a reply still stands there is all that is asked; what it says was read before. */
enum emitted feed_emit_nothing(void *arg, const struct item *item)
{
	(void)arg;
	(void)item;
	return EMIT_KNOWN;
}

/* ---- verdicts ---- */

static int64_t feed_back_off(const struct feed *f)
{
	int64_t wait = f->poll_ms;

	for (unsigned i = 1; i < f->failures && wait < COLLECTOR_BACK_OFF_MS; i++)
		wait *= 2;
	return wait < COLLECTOR_BACK_OFF_MS ? wait : COLLECTOR_BACK_OFF_MS;
}

/* How long to stay away, at least until the network's own wish. */
int64_t feed_pause(const struct feed *f, const struct result *result)
{
	int64_t wait = feed_back_off(f), wish = result->not_before_ms - f->collector->now.wall_ms;

	return f->collector->now.boot_ms + (result->not_before_ms && wish > wait ? wish : wait);
}

void feed_well(struct feed *f)
{
	if (f->is_warned)
		log_info("collector", "%s: reads again", f->name);
	f->failures = 0;
	f->is_warned = f->is_long_told = false;
	f->failure[0] = '\0';
}

static void feed_alarm_unread(const struct feed *f)
{
	const struct collector_parts *parts = &f->collector->parts;
	char text[400];

	snprintf(text, sizeof(text), "replies are not read there: %s", f->failure);
	if (parts->alarm)
		parts->alarm(parts->arg, f->name, text, false);
}

/* That is no network that is away: it is said at the first time. */
static void feed_too_long(struct feed *f)
{
	if (!f->is_long_told)
		log_warnx("collector", "%s: not read: %s", f->name, f->failure);
	f->is_long_told = true;
}

void feed_ill(struct feed *f, const struct result *result)
{
	struct collector *c = f->collector;

	f->failures++;
	snprintf(f->failure, sizeof(f->failure), "%s", result->text);
	if (result->is_too_long)
		feed_too_long(f);
	if (result->class == RESULT_AUTH ||
	    (result->class == RESULT_LIMIT && !feed_has_limits_apart(f)))
		outbox_account_result(c->parts.outbox, f->index, result, &c->now);
	else if (result->class == RESULT_LIMIT && result->is_alarm)
		feed_unread(f, result);
	if (result->class == RESULT_LIMIT || result->not_before_ms)
		f->pause_ms = feed_pause(f, result);
	if (result->class == RESULT_AUTH && result->not_before_ms) {
		log_warnx("collector", "%s: not read for now: %s", f->name, f->failure);
	} else if (result->class == RESULT_AUTH) {
		f->is_waiting = !f->is_resumed;
		f->is_verified = false;
		log_warnx("collector", "%s: not read until somebody acts: %s", f->name, f->failure);
	} else if (f->failures >= COLLECTOR_WARN_AFTER && !f->is_warned) {
		f->is_warned = true;
		log_warnx(
		    "collector", "%s: could not be read %u times: %s", f->name, f->failures,
		    f->failure);
		if (result->class == RESULT_PERMANENT || result->class == RESULT_BUG)
			feed_alarm_unread(f); /* that does not mend itself */
	}
}

void feed_verify_done(void *arg, const struct result *result)
{
	struct feed *f = arg;
	bool was_verified = f->is_verified;

	f->run = NULL;
	feed_paid(f, result);
	if (result->class == RESULT_OK) {
		feed_well(f);
		f->is_verified = true;
		f->verify_ms = feed_is_metered(f)
				   ? NOW_NEVER
				   : f->collector->now.boot_ms + COLLECTOR_VERIFY_MS;
		if (!was_verified) {
			f->collect_ms = f->collector->now.boot_ms;
			f->thread_ms = f->collect_ms + feed_thread_pause(f);
		}
		return;
	}
	feed_ill(f, result);
	f->verify_ms = feed_pause(f, result);
}

void feed_collect_done(void *arg, const struct result *result)
{
	struct feed *f = arg;
	struct result kept = *result;

	f->run = NULL;
	feed_paid(f, result);
	if (kept.class == RESULT_OK && f->has_failed_item) {
		kept.class = RESULT_RETRY;
		snprintf(kept.text, sizeof(kept.text), "replies could not be stored");
	}
	if (kept.class == RESULT_OK) {
		feed_well(f);
		feed_read(f);
		f->last_read_ms = f->collector->now.wall_ms;
		f->collect_ms = f->collector->now.boot_ms + f->poll_ms;
		return;
	}
	feed_ill(f, &kept);
	f->collect_ms = feed_pause(f, &kept);
}

/* The safety net has no say in health; a limit or a refused token counts for all. */
static void feed_side_ill(struct feed *f, const struct result *result)
{
	if (result->class == RESULT_LIMIT || result->class == RESULT_AUTH)
		feed_ill(f, result);
}

void feed_thread_done(void *arg, const struct result *result)
{
	struct feed *f = arg;

	f->run = NULL;
	feed_paid(f, result);
	f->thread_ms = f->collector->now.boot_ms + feed_thread_pause(f);
	feed_side_ill(f, result);
}

void feed_get_done(void *arg, const struct result *result)
{
	struct feed *f = arg;
	struct errand *e = f->errands;
	bool is_settled = result->class == RESULT_OK || result->class == RESULT_PERMANENT ||
			  result->class == RESULT_BUG;

	f->run = NULL;
	feed_paid(f, result);
	feed_side_ill(f, result);
	if (!e)
		return;
	if (result->class == RESULT_LIMIT || result->class == RESULT_AUTH)
		return; /* waits as all do */
	if (!is_settled && ++e->tries < COLLECTOR_GET_TRIES) {
		e->at_ms = f->collector->now.boot_ms + COLLECTOR_GET_MS;
		return;
	}
	LL_DELETE(f->errands, e);
	if (result->class != RESULT_OK || !result->found)
		e->uri[0] = e->parent_id[0] = '\0';
	inbox_parent(f->collector->parts.inbox, e->reply, e->uri, e->parent_id, &f->collector->now);
	errand_free(e);
}

void feed_look_done(void *arg, const struct result *result)
{
	struct feed *f = arg;
	enum inbox_look look = INBOX_NOT_KNOWN;

	f->run = NULL;
	feed_paid(f, result);
	f->thread_ms = f->collector->now.boot_ms + feed_thread_pause(f);
	feed_side_ill(f, result);
	if (result->class == RESULT_LIMIT || result->class == RESULT_AUTH)
		return; /* asked for again when all others are */
	if (result->class == RESULT_OK)
		look = result->found ? INBOX_THERE : INBOX_GONE;
	inbox_looked(f->collector->parts.inbox, f->look_reply, look, &f->collector->now);
}
