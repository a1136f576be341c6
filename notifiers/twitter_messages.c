/*
 * Direct messages: the second half of COLLECT, where the configuration asks for them, and
 * of RECENT, where an answer about one was lost. Called by twitter_collect.c and twitter_read.c.
 * It must never keep the mentions back because messages cannot be read.
 */
#include "notifiers/twitter.h"

#include <stdio.h>
#include <string.h>

#define MESSAGES_EVERY_MS (65 * 1000) /* 15 questions in 15 minutes are allowed */
#define MESSAGES_REFUSED_MS (INT64_C(6) * 60 * 60 * 1000)
#define PAGES 8
#define PAGE_SIZE_MAX 100
#define SENT_PAGE 10 /* how far back the lost one may stand */

static enum op_step ask(struct op *op, struct turn *turn)
{
	char size[16];

	snprintf(size, sizeof size, "%u", op->collect.size);
	twitter_path(op, "/2/dm_events");
	twitter_query(op, "event_types", "MessageCreate");
	twitter_query(op, "max_results", size);
	if (*op->next)
		twitter_query(op, "pagination_token", op->next);
	if (op->account->sends_post) {
		twitter_query(
		    op, "dm_event.fields", "created_at,dm_conversation_id,event_type,id,text");
		twitter_query(op, "expansions", "sender_id");
	} else {
		twitter_query(
		    op, "dm_event.fields",
		    "created_at,dm_conversation_id,event_type,id,sender_id,text");
	}
	op->account->messages_read_ms = turn->env->wall_ms;
	return twitter_send_get(op, turn, TWITTER_PAGE_MAX);
}

static bool is_due(const struct account *a, int64_t now_ms)
{
	return a->messages && now_ms >= a->messages_not_before_ms &&
	       (now_ms - a->messages_read_ms >= MESSAGES_EVERY_MS || now_ms < a->messages_read_ms);
}

/* X tells the newest first, in pages; what was said first is to be done first. False: the store did not take one. */
static bool emit_held(struct op *op, struct turn *turn)
{
	json_t *held = op->collect.held;
	bool is_taken = true;

	op->collect.held = NULL;
	for (size_t i = json_array_size(held); i-- > 0 && is_taken;)
		is_taken = twitter_emit_message(op, turn, json_array_get(held, i), ITEM_REPLY) != EMIT_FAILED;
	json_decref(held);
	return is_taken;
}

/* The verdict stands; what was brought until then is kept in any case. */
static enum op_step finish(struct op *op, struct turn *turn)
{
	if (!emit_held(op, turn) || !twitter_emit_cursor(op, turn))
		return twitter_finish(op, turn, RESULT_RETRY, "the store did not take it");
	return OP_DONE;
}

static enum op_step finish_ok(struct op *op, struct turn *turn, const char *remark)
{
	if (!emit_held(op, turn))
		return twitter_finish(op, turn, RESULT_RETRY, "the store did not take it");
	twitter_finish(
	    op, turn, RESULT_OK, "%u mentions and messages, %u of them new, %u unusable%s%s",
	    op->fresh + op->known, op->fresh, op->skipped, remark, op->remark);
	return finish(op, turn);
}

/* What X keeps from us here says nothing about posting: it must not stop the account. */
static enum op_step refused(struct op *op, struct turn *turn)
{
	int status = turn->answer->transport == TRANSPORT_ANSWERED ? turn->answer->status : 0;
	struct account *a = op->account;
	bool is_long;

	twitter_refuse(op, turn);
	if (status == 429 && turn->result->class == RESULT_LIMIT) {
		a->messages_not_before_ms = twitter_reset_ms(op, turn, &is_long);
		*turn->result = (struct result){.class = RESULT_OK};
		return finish_ok(op, turn, "; X wants fewer questions about messages");
	}
	if (status == 403 && turn->result->class == RESULT_LIMIT) {
		a->messages_not_before_ms = turn->env->wall_ms + MESSAGES_REFUSED_MS;
		*turn->result = (struct result){.class = RESULT_OK};
		twitter_emit_notice(
		    turn, "direct messages cannot be read: X refuses it (403). The app needs Read "
			  "and write and Direct message; or set messages = false");
		return finish_ok(op, turn, "; X lets us read no messages");
	}
	return finish(op, turn);
}

static bool is_message(const json_t *event)
{
	char type[32];

	json_text(event, "event_type", type, sizeof type);
	return !*type || strcmp(type, "MessageCreate") == 0;
}

static bool is_ours(const struct op *op, const json_t *event)
{
	char sender[TWITTER_ID_MAX];

	twitter_json_id(event, "sender_id", sender);
	return strcmp(sender, op->account->id) == 0;
}

/* True when a known one was reached. *failed: out of memory. */
static bool hold_events(struct op *op, struct turn *turn, const json_t *list, bool *failed)
{
	char id[TWITTER_ID_MAX];
	bool is_first = !*op->collect.message, is_known = is_first;
	json_t *event;
	size_t i;

	json_array_foreach (list, i, event) {
		twitter_json_id(event, "id", id);
		if (!*id)
			continue;
		twitter_charge(op, turn, PRICE_MESSAGE_READ, id);
		if (!is_first && twitter_id_compare(id, op->collect.message) <= 0) {
			is_known = true;
			continue;
		}
		twitter_id_raise(op->collect.newest, id, twitter_now_ms(op, turn));
		if (is_first || !is_message(event) || is_ours(op, event))
			continue;
		if (!op->collect.held)
			op->collect.held = json_array();
		*failed |= json_array_append(op->collect.held, event) == -1;
	}
	return is_known;
}

static void charge_senders(struct op *op, const struct turn *turn, const json_t *answer)
{
	char id[TWITTER_ID_MAX];
	json_t *user;
	size_t i;

	json_array_foreach (
	    json_object_get(json_object_get(answer, "includes"), "users"), i, user) {
		twitter_json_id(user, "id", id);
		if (*id)
			twitter_charge(op, turn, PRICE_USER_READ, id);
	}
}

/* Twice as many each time: never much more than there are new ones, nor than there is money for. */
static unsigned next_size(const struct op *op)
{
	const struct account *a = op->account;
	int64_t price = a->prices[PRICE_MESSAGE_READ] + (a->sends_post ? a->prices[PRICE_USER_READ] : 0);
	int64_t left = op->job->spend_micro - op->cost_micro;
	unsigned size = op->collect.size < PAGE_SIZE_MAX / 2 ? 2 * op->collect.size : PAGE_SIZE_MAX;

	if (!op->job->spend_micro || !price || left / price >= size)
		return size;
	return left < price ? 0 : (unsigned)(left / price);
}

/* X lets us begin with the newest only: what is not reached now never will be. */
static void tell_skipped(const struct op *op, struct turn *turn, const json_t *list)
{
	char id[TWITTER_ID_MAX], last[TWITTER_ID_MAX], when[TWITTER_WHEN_MAX], text[200];
	json_t *event;
	size_t i;

	memcpy(last, op->collect.newest, sizeof last);
	json_array_foreach (list, i, event) {
		twitter_json_id(event, "id", id);
		if (*id && twitter_id_compare(id, last) < 0)
			memcpy(last, id, sizeof last);
	}
	twitter_id_when(last, when);
	snprintf(
	    text, sizeof text,
	    "direct messages from before %s were not read: more came than can be read at once, or "
	    "than there is money for",
	    when);
	twitter_emit_notice(turn, text);
}

static enum op_step take_events(struct op *op, struct turn *turn, const json_t *answer)
{
	const json_t *meta = json_object_get(answer, "meta");
	const json_t *list = json_object_get(answer, "data");
	char next[TWITTER_NEXT_MAX];
	enum more more = twitter_next_page(op, answer, next);
	bool failed = false, is_known;
	struct problem p;

	op->pages++;
	if (!json_is_array(list) && !json_is_object(meta)) {
		twitter_problem(answer, &p);
		twitter_finish(
		    op, turn, *p.words ? RESULT_RETRY : RESULT_BUG,
		    "the answer is no list of messages%s%s", *p.words ? ": " : "", p.words);
		return finish(op, turn);
	}
	twitter_remark(op, answer);
	charge_senders(op, turn, answer);
	is_known = hold_events(op, turn, list, &failed) || more == MORE_NO;
	if (failed)
		return twitter_finish(op, turn, RESULT_RETRY, "out of memory");
	if (!is_known && more == MORE_YES && op->pages < PAGES && next_size(op)) {
		snprintf(op->next, sizeof op->next, "%s", next);
		op->collect.size = next_size(op);
		return ask(op, turn);
	}
	if (!is_known)
		tell_skipped(op, turn, list);
	snprintf(op->collect.message, sizeof op->collect.message, "%s", op->collect.newest);
	return finish_ok(op, turn, "");
}

static enum op_step take_page(struct op *op, struct turn *turn)
{
	json_t *answer;
	enum op_step step;

	if (!twitter_is_ok(turn))
		return refused(op, turn);
	answer = twitter_json(op, turn);
	if (!answer)
		return finish(op, turn);
	step = take_events(op, turn, answer);
	json_decref(answer);
	return step;
}

enum op_step twitter_collect_messages(struct op *op, struct turn *turn)
{
	if (op->collect.size)
		return take_page(op, turn);
	if (!is_due(op->account, turn->env->wall_ms))
		return finish_ok(op, turn, "");
	/* One at first: each that is read costs. */
	op->collect.size = 1;
	snprintf(
	    op->collect.newest, sizeof op->collect.newest, "%s",
	    *op->collect.message ? op->collect.message : "0");
	return ask(op, turn);
}

/* Ours since the time of the job, newest first; false when the store did not take one. */
static bool emit_sent(struct op *op, struct turn *turn, const json_t *list, bool *is_past)
{
	char id[TWITTER_ID_MAX], since[TWITTER_ID_MAX];
	json_t *event;
	size_t i;

	twitter_id_at(op->job->since_ms + op->account->skew_ms, since);
	json_array_foreach (list, i, event) {
		twitter_json_id(event, "id", id);
		if (!*id)
			continue;
		twitter_charge(op, turn, PRICE_MESSAGE_READ, id);
		*is_past |= twitter_id_compare(id, since) < 0;
		if (is_ours(op, event) &&
		    twitter_emit_message(op, turn, event, ITEM_OWN) == EMIT_FAILED)
			return false;
	}
	return true;
}

static enum op_step take_sent(struct op *op, struct turn *turn, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "data");
	const json_t *meta = json_object_get(answer, "meta");
	bool is_past = false;

	charge_senders(op, turn, answer);
	if (!emit_sent(op, turn, list, &is_past))
		return twitter_finish(op, turn, RESULT_RETRY, "the store did not take it");
	if (!json_is_object(meta) || (json_object_get(meta, "next_token") && !is_past))
		return twitter_finish(op, turn, RESULT_RETRY, "the list of messages is not whole");
	turn->result->found = op->fresh + op->known > 0;
	return twitter_finish(
	    op, turn, RESULT_OK, "%u own posts and messages", op->fresh + op->known);
}

/* What cannot be looked at stays unknown; a limit or a ban of messages is not the account's. */
enum op_step twitter_recent_messages(struct op *op, struct turn *turn)
{
	enum op_step step;
	json_t *answer;

	if (!op->collect.size) {
		op->collect.size = SENT_PAGE;
		op->next[0] = '\0';
		return ask(op, turn);
	}
	if (!twitter_is_ok(turn)) {
		twitter_refuse(op, turn);
		if (turn->answer->status == 403 || turn->answer->status == 429) {
			turn->result->class = RESULT_RETRY;
			turn->result->is_alarm = false;
		}
		return OP_DONE;
	}
	answer = twitter_json(op, turn);
	if (!answer)
		return OP_DONE;
	step = take_sent(op, turn, answer);
	json_decref(answer);
	return step;
}
