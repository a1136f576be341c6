/*
 * Tickets on their way to the desk, and what comes back: one op at a time. Called once per
 * turn by ticket.c. It must never start what is not marked SENDING first, nor send again
 * what the desk may have, before it was asked for it by its key.
 */
#include "agent/ticket_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOKS 2
#define LOOK_APART_MS 20000
#define BACKOFF_MS 5000
#define BACKOFF_MAX_MS (5 * MINUTE_MS)
#define AUTH_MS (10 * MINUTE_MS)
#define ALARM_AFTER 5 /* failures in a row */

static bool can(const struct tickets *t, unsigned cap)
{
	return t->desk && (t->desk->caps & cap) != 0;
}

static int64_t backoff(unsigned n)
{
	int64_t wait = n < 10 ? (int64_t)BACKOFF_MS << n : BACKOFF_MAX_MS;

	return wait > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : wait;
}

static void note_state(struct ticket_note *n, enum ticket_note_state state, const char *reason)
{
	n->row.state = state;
	ticket_note_set(&n->reason, &n->row.reason, reason);
	n->is_dirty = true;
}

/* --- the desk itself -------------------------------------------------------------------------- */

static void desk_fails(struct tickets *t, const struct result *result, int64_t wait_ms, bool is_alarm)
{
	t->pause_ms = t->now.boot_ms + wait_ms;
	t->failures++;
	snprintf(t->trouble, sizeof t->trouble, "%s", result->text);
	if (t->is_alarmed || !(is_alarm || t->failures >= ALARM_AFTER))
		return;
	t->is_alarmed = true;
	store_put_meta(t->parts.store, TICKET_META_ALARM, "1");
	log_warnx("ticket", "the desk gets no tickets: %s", t->trouble);
	t->parts.events.alarm(t->parts.events.arg, "desk", t->trouble, false);
}

/* It answers: one that has refused something is well again when it takes something, not when it is read. */
static void desk_works(struct tickets *t)
{
	t->failures = 0;
	if (t->is_refusing && t->errand.kind != ERRAND_SEND)
		return;
	t->trouble[0] = '\0';
	t->is_refusing = false;
	if (!t->is_alarmed)
		return;
	t->is_alarmed = false;
	store_put_meta(t->parts.store, TICKET_META_ALARM, "");
	t->parts.events.alarm(t->parts.events.arg, "desk", "", true);
}

static int64_t wish(const struct tickets *t, const struct result *result, int64_t least_ms)
{
	int64_t wait = result->not_before_ms - t->now.wall_ms;

	return result->not_before_ms && wait > 0 ? wait : least_ms;
}

/* What the verdict says of the desk, whatever was asked. */
static void desk_judge(struct tickets *t, const struct result *result)
{
	switch (result->class) {
	case RESULT_OK: desk_works(t); break;
	case RESULT_PERMANENT: t->failures = 0; break;
	case RESULT_RETRY: desk_fails(t, result, backoff(t->failures), false); break;
	case RESULT_LIMIT: desk_fails(t, result, wish(t, result, MINUTE_MS), result->is_alarm); break;
	case RESULT_AUTH: desk_fails(t, result, wish(t, result, AUTH_MS), true); break;
	case RESULT_UNKNOWN:
	case RESULT_BUG: snprintf(t->trouble, sizeof t->trouble, "%s", result->text); break;
	}
}

/* --- verdicts ----------------------------------------------------------------------------------- */

static void note_sent(struct tickets *t, struct ticket *k, struct ticket_note *n, const struct result *result)
{
	n->row.sent_ms = t->now.wall_ms;
	if (n->row.number == 0) {
		ticket_set(k, TICKET_TEXT_DESK_ID, result->id);
		ticket_set(k, TICKET_TEXT_DESK_URL, result->url);
		k->poll_ms = t->now.boot_ms + TICKET_POLL_MS;
	}
	note_state(n, TICKET_NOTE_SENT, "");
	log_info("ticket", "ticket=%s note=%u result=sent desk=%s attempts=%u", k->row.name, n->row.number,
		 k->row.desk_id, n->row.attempts);
}

static void note_again(struct tickets *t, struct ticket_note *n, const char *reason, int64_t wait_ms)
{
	note_state(n, TICKET_NOTE_RETRY, reason);
	n->row.not_before_ms = t->now.wall_ms + wait_ms;
}

static void note_doubt(struct tickets *t, struct ticket_note *n, const char *reason)
{
	if (!can(t, NOTIFIER_DESK_FINDS)) { /* the same key again is the same note there */
		note_again(t, n, reason, backoff(n->row.attempts - 1));
		return;
	}
	n->row.looks = 0;
	n->look_failures = 0;
	n->look_ms = t->now.wall_ms;
	note_state(n, TICKET_NOTE_UNKNOWN, reason);
}

static void note_dead(struct ticket *k, struct ticket_note *n, const char *reason)
{
	log_warnx("ticket", "the desk does not take %s: %s", k->row.name, reason);
	note_state(n, TICKET_NOTE_DEAD, reason);
}

/* Somebody was told that his report is in, and it is not: people hear of the first, the others are logged. */
static void note_refused(struct tickets *t, struct ticket *k, struct ticket_note *n, const char *reason)
{
	note_dead(k, n, reason);
	snprintf(t->trouble, sizeof t->trouble, "%s is not taken: %s", k->row.name, reason);
	t->is_refusing = true;
	if (t->is_alarmed)
		return;
	t->is_alarmed = true;
	store_put_meta(t->parts.store, TICKET_META_ALARM, "1");
	t->parts.events.alarm(t->parts.events.arg, "desk", t->trouble, false);
}

static void send_over(struct tickets *t, struct ticket *k, struct ticket_note *n, const struct result *result)
{
	switch (result->class) {
	case RESULT_OK:
		if (n->row.number == 0 && !result->id[0])
			note_doubt(t, n, "accepted, but the answer has no id");
		else
			note_sent(t, k, n, result);
		break;
	case RESULT_RETRY: note_again(t, n, result->text, 0); break;
	case RESULT_LIMIT:
	case RESULT_AUTH:
		n->row.attempts--;
		note_again(t, n, result->text, 0);
		break;
	case RESULT_PERMANENT:
	case RESULT_BUG: note_refused(t, k, n, result->text); break;
	case RESULT_UNKNOWN: note_doubt(t, n, result->text); break;
	}
}

static void look_over(struct tickets *t, struct ticket *k, struct ticket_note *n, const struct result *result)
{
	if (result->class != RESULT_OK) {
		n->look_ms = t->now.wall_ms + backoff(n->look_failures++);
		return;
	}
	if (result->found) {
		note_sent(t, k, n, result);
		return;
	}
	n->row.looks++;
	n->row.looked_ms = t->now.wall_ms;
	n->look_failures = 0;
	n->look_ms = t->now.wall_ms + LOOK_APART_MS;
	n->is_dirty = true;
	if (n->row.looks >= LOOKS)
		note_again(t, n, "looked twice, it is not there: sending again", backoff(n->row.attempts - 1));
}

static void read_over(struct tickets *t, struct ticket *k, const struct result *result)
{
	bool is_active = t->now.wall_ms - k->row.changed_ms < TICKET_ACTIVE_MS;

	k->poll_ms = t->now.boot_ms + (is_active ? TICKET_POLL_MS : TICKET_QUIET_POLL_MS);
	/* words that came behind its end may still be answered, where the desk does not open it again */
	if (result->class == RESULT_OK && result->ticket == DESK_TICKET_CLOSED && !is_active &&
	    k->row.state == TICKET_OPEN && !t->errand.has_failed) {
		log_info("ticket", "ticket=%s closed by=desk", k->row.name);
		ticket_close(t, k);
	}
}

static void errand_over(struct tickets *t)
{
	struct desk_errand *e = &t->errand;

	e->is_over = false;
	desk_judge(t, &e->result);
	switch (e->kind) {
	case ERRAND_SEND: send_over(t, e->ticket, e->note, &e->result); break;
	case ERRAND_LOOK: look_over(t, e->ticket, e->note, &e->result); break;
	case ERRAND_READ: read_over(t, e->ticket, &e->result); break;
	}
	e->ticket = NULL;
	e->note = NULL;
}

/* The runner's done: the verdict waits for the turn, which has the time. */
static void errand_done(void *arg, const struct result *result)
{
	struct tickets *t = arg;

	t->errand.run = NULL;
	t->errand.result = *result;
	t->errand.is_over = true;
}

/* --- what the desk says --------------------------------------------------------------------------- */

static int is_there(void *arg, const struct ticket_note_row *row)
{
	(void)arg;
	(void)row;
	return 1;
}

/* 1: it was here before; 0; -1: the store cannot say. */
static int is_known(struct tickets *t, const struct ticket *k, const char *id)
{
	const struct ticket_note *n;

	DL_FOREACH (k->notes, n)
		if (n->row.by == TICKET_BY_DESK && strcmp(n->row.remote_id, id) == 0)
			return 1;
	return store_ticket_note_by_remote(t->parts.store, k->row.id, id, is_there, NULL, NULL);
}

/* The desk hears of what its words lost on the way: as a comment, which goes to nobody else. */
static void tell_unsent(struct tickets *t, struct ticket *k, const char *text)
{
	unsigned n = t->parts.events.unsent(t->parts.events.arg, &k->row, text);
	char words[200];

	if (!n || t->parts.events.is_deaf(t->parts.events.arg, &k->row))
		return;
	snprintf(words, sizeof words,
		 "(The last %u characters of this answer were not sent to the writer: they do not fit. Please answer again, with the rest.)",
		 n);
	log_warnx("ticket", "%s: the last %u characters of an answer of the desk were not sent: they do not fit", k->row.name, n);
	ticket_note_add(t, k, &(struct ticket_note_row){.by = TICKET_BY_HAND, .author = "", .text = words});
}

static enum emitted take_answer(struct tickets *t, struct ticket *k, const struct item *item)
{
	int known = is_known(t, k, item->id);
	struct ticket_note *n;

	if (known)
		return known == 1 ? EMIT_KNOWN : EMIT_FAILED;
	if (t->parts.events.is_paused(t->parts.events.arg, &k->row)) /* since it was asked for */
		return EMIT_FAILED;
	n = ticket_note_add(
	    t, k, &(struct ticket_note_row){
		      .by = TICKET_BY_DESK,
		      .author = item->acct,
		      .text = item->text,
		      .remote_id = item->id});
	ticket_touch(t, k);
	t->parts.events.answered(t->parts.events.arg, &k->row, n->row.text, n->row.id);
	tell_unsent(t, k, n->row.text);
	return EMIT_NEW;
}

static enum emitted errand_item(void *arg, const struct item *item)
{
	struct tickets *t = arg;
	struct ticket *k = t->errand.ticket;
	enum emitted taken = EMIT_NEW;

	if (t->errand.kind != ERRAND_READ)
		return EMIT_NEW;
	if (item->kind == ITEM_REPLY && item->id && item->text && item->text[0])
		taken = take_answer(t, k, item);
	else if (item->kind == ITEM_CURSOR && item->cursor && !t->errand.has_failed)
		ticket_set(k, TICKET_TEXT_CURSOR, item->cursor);
	t->errand.has_failed = t->errand.has_failed || taken == EMIT_FAILED;
	return taken;
}

/* --- what is due ------------------------------------------------------------------------------------ */

/* The first of its words that is not through: they go in their order. */
static struct ticket_note *first_note(const struct ticket *k)
{
	struct ticket_note *n;

	DL_FOREACH (k->notes, n)
		if (!ticket_note_is_final(n))
			return n;
	return NULL;
}

/* Wall; a note without its ticket at the desk: the desk did not take it, and takes no more of it. */
static int64_t note_due(const struct tickets *t, struct ticket *k, struct ticket_note *n)
{
	if (n->row.number > 0 && !k->row.desk_id[0]) {
		note_dead(k, n, "the desk has no ticket of it");
		return NOW_NEVER;
	}
	if (n->row.state != TICKET_NOTE_UNKNOWN)
		return n->row.not_before_ms;
	return can(t, NOTIFIER_DESK_FINDS) ? n->look_ms : 0;
}

static int64_t boot_of(const struct tickets *t, int64_t wall_ms)
{
	int64_t boot_ms = wall_ms == NOW_NEVER ? NOW_NEVER : wall_ms - t->now.wall_ms + t->now.boot_ms;

	return boot_ms < t->pause_ms ? t->pause_ms : boot_ms;
}

bool desk_polls(const struct tickets *t, const struct ticket *k)
{
	return can(t, NOTIFIER_DESK_READS) && k->row.state == TICKET_OPEN && k->row.desk_id[0] &&
	       !t->parts.events.is_paused(t->parts.events.arg, &k->row);
}

static int64_t ticket_due(const struct tickets *t, struct ticket *k)
{
	struct ticket_note *n = first_note(k);
	int64_t due = n ? boot_of(t, note_due(t, k, n)) : NOW_NEVER;
	int64_t poll = desk_polls(t, k) ? boot_of(t, k->poll_ms - t->now.boot_ms + t->now.wall_ms) : NOW_NEVER;

	return poll < due ? poll : due;
}

int64_t desk_next(const struct tickets *t)
{
	int64_t next = NOW_NEVER, due;

	if (t->errand.is_over)
		return 0;
	if (!t->desk || t->errand.run)
		return NOW_NEVER;
	for (struct ticket *k = t->all; k; k = k->hh.next) {
		due = ticket_due(t, k);
		next = due < next ? due : next;
	}
	return next;
}

/* --- starting ------------------------------------------------------------------------------------------ */

static void make_text(struct tickets *t, const struct ticket *k, const struct ticket_note *n)
{
	struct buf *out = &t->errand.text;

	buf_reset(out);
	if (n->row.author[0] && (n->row.number > 0 || n->row.by == TICKET_BY_HAND)) /* without one it is ours */
		buf_printf(out, "%s%s:\n", n->row.author, n->row.by == TICKET_BY_HAND ? " answers" : " writes");
	buf_str(out, n->row.text);
	if (n->row.number > 0)
		return;
	buf_str(out, "\n\n");
	t->parts.events.where(t->parts.events.arg, &k->row, out);
}

static void make_job(struct tickets *t, enum job_type type, const struct ticket *k, const struct ticket_note *n)
{
	struct desk_errand *e = &t->errand;

	if (n && n->row.number > 0)
		snprintf(e->key, sizeof e->key, "%s.%u", k->row.name, n->row.number);
	else
		snprintf(e->key, sizeof e->key, "%s", k->row.name);
	snprintf(e->subject, sizeof e->subject, "%s", k->row.title);
	e->job = (struct job){
	    .type = type,
	    .key = e->key,
	    .subject = e->subject,
	    .text = buf_text(&e->text),
	    .target_id = n && n->row.number == 0 ? "" : k->row.desk_id,
	    .to = k->row.acct,
	    .link = k->row.link,
	    .cursor = k->row.cursor,
	    .note_for = NOTE_INTERNAL};
}

static void start(struct tickets *t, enum errand_kind kind, struct ticket *k, struct ticket_note *n)
{
	struct desk_errand *e = &t->errand;

	e->kind = kind;
	e->ticket = k;
	e->note = n;
	e->has_failed = false;
	e->run = runner_start(
	    t->parts.runner, t->desk, t->account, t->index, &e->job, errand_item, errand_done, t);
}

static void start_note(struct tickets *t, struct ticket *k, struct ticket_note *n)
{
	if (n->row.state == TICKET_NOTE_UNKNOWN && can(t, NOTIFIER_DESK_FINDS)) {
		buf_reset(&t->errand.text);
		make_job(t, JOB_TICKET_FIND, k, n);
		start(t, ERRAND_LOOK, k, n);
		return;
	}
	n->row.attempts++;
	n->row.sending_ms = t->now.wall_ms;
	note_state(n, TICKET_NOTE_SENDING, "");
	make_text(t, k, n);
	make_job(t, n->row.number ? JOB_TICKET_NOTE : JOB_TICKET, k, n);
	start(t, ERRAND_SEND, k, n);
}

static void start_read(struct tickets *t, struct ticket *k)
{
	make_job(t, JOB_TICKET_ANSWERS, k, NULL);
	start(t, ERRAND_READ, k, NULL);
}

static void start_first(struct tickets *t)
{
	struct ticket *reader = NULL;

	for (struct ticket *k = t->all; k; k = k->hh.next) {
		struct ticket_note *n = first_note(k);

		if (n && note_due(t, k, n) <= t->now.wall_ms) {
			start_note(t, k, n);
			return;
		}
		if (desk_polls(t, k) && k->poll_ms <= t->now.boot_ms && (!reader || k->poll_ms < reader->poll_ms))
			reader = k;
	}
	if (reader)
		start_read(t, reader);
}

void desk_turn(struct tickets *t)
{
	if (t->errand.is_over)
		errand_over(t);
	if (t->desk && t->place)
		desk_place(t);
	if (t->desk && !t->place && !t->errand.run && t->pause_ms <= t->now.boot_ms)
		start_first(t);
}

/* --- from outside ---------------------------------------------------------------------------------------- */

/* What was under way may have happened. */
void desk_stop(struct tickets *t)
{
	struct desk_errand *e = &t->errand;

	if (e->is_over)
		errand_over(t);
	if (!e->run)
		return;
	run_cancel(e->run);
	e->run = NULL;
	if (e->kind == ERRAND_SEND)
		note_doubt(t, e->note, "stopped while it was under way");
	e->ticket = NULL;
	e->note = NULL;
}
