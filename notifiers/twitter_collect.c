/*
 * COLLECT: what people say to us, mentions first, then direct messages. The cursor is
 * "MENTION_ID[-ID-ID]... MESSAGE_ID", the gaps of struct collect. Called by the frame in twitter.c.
 * It must never move the cursor past what was not read or taken, nor pay for what it knows.
 */
#include "notifiers/twitter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASKED_MAX 50 /* with those for messages less than the agent lets one job send */
#define READ_MAX 800 /* X keeps no more */
#define EMPTY_MAX 10
#define ASK_LEAST 100 /* of X's 300 in 15 minutes: for the polls to come */
#define PAGE 100
#define PAGE_SMALL 10
#define PAGE_LEAST 5 /* X takes no less */

enum collect_state { COLLECT_MENTIONS, COLLECT_MESSAGES };

/* ---- positions ---- */

/* False: they are none of ours. */
static bool read_positions(struct collect *c, const char *s, size_t n)
{
	char *at;
	size_t len;

	for (c->count = 0;; s += len + 1, n -= len + 1) {
		at = c->at[c->count];
		len = strcspn(s, "- ");
		if (len >= TWITTER_ID_MAX || c->count == 2 * TWITTER_GAPS + 1)
			return false;
		snprintf(at, TWITTER_ID_MAX, "%.*s", (int)len, s);
		if (!twitter_is_id(at) ||
		    (c->count && twitter_id_compare(at, c->at[c->count - 1]) < 0))
			return false;
		c->count++;
		if (len >= n)
			return c->count % 2 == 1;
	}
}

/* Whatever is no position of ours counts as none. */
static void read_cursor(struct op *op)
{
	const char *cursor = op->job->cursor ? op->job->cursor : "";
	struct collect *c = &op->collect;
	size_t n = strcspn(cursor, " ");

	if (!read_positions(c, cursor, n))
		c->count = 0;
	else if (cursor[n] && twitter_is_id(cursor + n + 1))
		snprintf(c->message, sizeof c->message, "%s", cursor + n + 1);
}

/* Without that position and the next: no gap there, or none between two reads. */
static void forget(struct collect *c, unsigned at)
{
	memmove(c->at + at, c->at + at + 2, (c->count - at - 2) * sizeof c->at[0]);
	c->count -= 2;
}

static bool is_new(const struct collect *c)
{
	return !*c->at[c->gap + 1];
}

static bool has_progress(const struct collect *c)
{
	return strcmp(c->lowest, c->at[c->gap + 1]) != 0;
}

/* From its upper end down. */
static void begin_gap(struct op *op, unsigned gap)
{
	struct collect *c = &op->collect;

	c->gap = gap;
	memcpy(c->lowest, c->at[gap + 1], sizeof c->lowest);
	c->empty = 0;
	op->next[0] = '\0';
}

/* What nobody has read yet: above the last position. */
static void begin_new(struct op *op)
{
	struct collect *c = &op->collect;

	c->at[c->count][0] = '\0';
	memcpy(c->at[c->count + 1], c->at[c->count - 1], sizeof c->at[0]);
	c->count += 2;
	begin_gap(op, c->count - 3);
}

/* The gap ends where it was read to. False when nothing is left of it. */
static bool shrink_gap(struct collect *c)
{
	if (*c->lowest && twitter_id_compare(c->lowest, c->at[c->gap]) > 0) {
		memcpy(c->at[c->gap + 1], c->lowest, sizeof c->lowest);
		return true;
	}
	forget(c, c->gap);
	return false;
}

bool twitter_emit_cursor(struct op *op, struct turn *turn)
{
	struct collect *c = &op->collect;
	struct buf cursor;
	struct item item = {
	    .kind = ITEM_CURSOR,
	    .id = "",
	    .uri = "",
	    .url = "",
	    .parent_id = "",
	    .author_id = "",
	    .acct = "",
	    .display = "",
	    .text = ""};
	bool is_taken;

	/* Two gaps and what is between them as one: better read twice than not at all. */
	while (c->count > 2 * TWITTER_GAPS + 1)
		forget(c, 1);
	buf_init(&cursor, sizeof c->at + TWITTER_ID_MAX);
	for (unsigned i = 0; i < c->count; i++) {
		buf_str(&cursor, i ? "-" : "");
		buf_str(&cursor, c->at[i]);
	}
	buf_str(&cursor, " ");
	buf_str(&cursor, c->message);
	item.cursor = buf_text(&cursor);
	is_taken = turn->env->emit(turn->env->arg, &item) != EMIT_FAILED;
	buf_finish(&cursor);
	return is_taken;
}

/* ---- mentions ---- */

/* From now on. An id holds its time, so this needs no question, and costs nothing. */
static enum op_step begin_now(struct op *op, struct turn *turn)
{
	struct collect *c = &op->collect;

	twitter_id_at(twitter_now_ms(op, turn), c->at[0]);
	c->count = 1;
	if (op->account->messages)
		memcpy(c->message, c->at[0], sizeof c->message);
	if (!twitter_emit_cursor(op, turn))
		return twitter_finish(op, turn, RESULT_RETRY, "the store did not take it");
	return twitter_finish(op, turn, RESULT_OK, "reading from now on");
}

/* With the newer names its author and the post that it answers come along. */
static int64_t mention_price(const struct account *a)
{
	const int64_t *prices = a->prices;

	return prices[PRICE_OWN_READ] +
	       (a->sends_post ? prices[PRICE_USER_READ] + prices[PRICE_READ] : 0);
}

/* How many mentions the next page may bring: as many as there is money for. */
static int64_t page_size(const struct op *op)
{
	int64_t price = mention_price(op->account), most = op->is_small ? PAGE_SMALL : PAGE, n;

	if (!op->job->spend_micro || !price)
		return most;
	n = (op->job->spend_micro - op->cost_micro) / price;
	return n < most ? n : most;
}

static enum op_step ask_mentions(struct op *op, struct turn *turn)
{
	struct collect *c = &op->collect;
	int64_t n = page_size(op);
	char size[16];

	c->asked++;
	snprintf(size, sizeof size, "%d", n < PAGE_LEAST ? PAGE_LEAST : (int)n);
	twitter_path(op, "/2/users/");
	twitter_path_part(op, op->account->id);
	buf_str(&op->url, "/mentions");
	twitter_query(op, "since_id", c->at[c->gap]);
	if (!is_new(c))
		twitter_query(op, "until_id", c->at[c->gap + 1]);
	twitter_query(op, "max_results", size);
	if (*op->next)
		twitter_query(op, "pagination_token", op->next);
	twitter_ask_fields(op, true);
	return twitter_send_get(op, turn, TWITTER_PAGE_MAX);
}

/* Newer than all that was read, or older: what lies between is no longer missing. */
static void take_position(struct op *op, const struct turn *turn, const char *id)
{
	struct collect *c = &op->collect;
	char newest[TWITTER_ID_MAX];

	memcpy(newest, c->at[c->gap + 2], sizeof newest);
	if (!twitter_id_raise(newest, id, twitter_now_ms(op, turn)))
		return;
	if (is_new(c))
		memcpy(c->at[c->gap + 2], newest, sizeof newest);
	if (!*c->lowest || twitter_id_compare(id, c->lowest) < 0) {
		snprintf(c->lowest, sizeof c->lowest, "%s", id);
		c->empty = 0;
	}
}

/*
 * X tells the newest first; what was said first is to be done first, "ack" before "unack". No position is
 * taken before all of the page are: those that the store did not take are the newer ones. False then.
 */
static bool emit_mentions(struct op *op, struct turn *turn, const json_t *list)
{
	char id[TWITTER_ID_MAX];
	json_t *post;
	size_t i;

	op->collect.empty++;
	for (i = json_array_size(list); i-- > 0;) {
		op->collect.read++;
		if (twitter_emit_post(op, turn, json_array_get(list, i), ITEM_REPLY) == EMIT_FAILED)
			return false;
	}
	json_array_foreach (list, i, post) {
		twitter_json_id(post, "id", id);
		if (*id)
			take_position(op, turn, id);
	}
	return true;
}

/* All without an author: X ignored the names of the fields that we asked for. */
static bool are_nobodys(const json_t *list)
{
	char author[TWITTER_ID_MAX];
	json_t *post;
	size_t i;

	json_array_foreach (list, i, post) {
		twitter_json_id(post, "author_id", author);
		if (*author)
			return false;
	}
	return json_array_size(list) > 0;
}

static enum op_step finish_mentions(struct op *op, struct turn *turn)
{
	op->next[0] = '\0';
	op->pages = 0;
	op->state = COLLECT_MESSAGES;
	return twitter_collect_messages(op, turn);
}

/* The verdict stands; what was read before it need not be read again. */
static enum op_step fail(struct op *op, struct turn *turn)
{
	if (!op->pages)
		return OP_DONE;
	shrink_gap(&op->collect);
	if (!twitter_emit_cursor(op, turn))
		return twitter_finish(op, turn, RESULT_RETRY, "the store did not take it");
	return OP_DONE;
}

enum more twitter_next_page(const struct op *op, const json_t *answer, char next[TWITTER_NEXT_MAX])
{
	const json_t *meta = json_object_get(answer, "meta");
	const json_t *token = json_object_get(meta, "next_token");

	json_text(meta, "next_token", next, TWITTER_NEXT_MAX);
	if (!json_is_object(meta))
		return MORE_BROKEN;
	if (!token || json_is_null(token) || (json_is_string(token) && !json_string_length(token)))
		return MORE_NO;
	return *next && strcmp(next, op->next) != 0 ? MORE_YES : MORE_BROKEN;
}

/* Within our bounds, the money's and X's. */
static bool may_ask(const struct op *op, const struct turn *turn)
{
	const struct collect *c = &op->collect;
	char left[32];

	return c->asked < ASKED_MAX && c->read < READ_MAX && page_size(op) >= PAGE_LEAST &&
	       (!answer_header(turn->answer, "x-rate-limit-remaining", left, sizeof left) ||
		strtol(left, NULL, 10) >= ASK_LEAST);
}

/* X says that there is more, and does not show it. */
static void give_up(struct op *op, struct turn *turn)
{
	const struct collect *c = &op->collect;
	char from[TWITTER_WHEN_MAX], to[TWITTER_WHEN_MAX], text[240];

	twitter_id_when(c->at[c->gap], from);
	twitter_id_when(c->at[c->gap + 1], to);
	snprintf(
	    text, sizeof text,
	    "mentions between %s and %s may be missing: X says that there are more, and does not "
	    "show them",
	    from, to);
	twitter_emit_notice(turn, text);
	forget(&op->collect, c->gap);
}

/* A walk has ended: on in the same gap, or in the next older one. */
static enum op_step next_gap(struct op *op, struct turn *turn, enum more more)
{
	struct collect *c = &op->collect;
	unsigned gap = c->gap;

	if (more == MORE_NO)
		forget(c, gap);
	else if (!is_new(c) && !has_progress(c))
		give_up(op, turn);
	else if (shrink_gap(c))
		gap += 2;
	if (gap < 2 || !may_ask(op, turn))
		return finish_mentions(op, turn);
	begin_gap(op, gap - 2);
	return ask_mentions(op, turn);
}

static enum op_step take_mentions(struct op *op, struct turn *turn, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "data");
	char next[TWITTER_NEXT_MAX];
	enum more more = twitter_next_page(op, answer, next);
	struct problem p;

	twitter_charge_posts(op, turn, answer, PRICE_OWN_READ);
	if (!json_is_array(list) && !json_is_object(json_object_get(answer, "meta"))) {
		twitter_problem(answer, &p);
		twitter_finish(
		    op, turn, *p.words ? RESULT_RETRY : RESULT_BUG,
		    "the answer is no list of mentions%s%s", *p.words ? ": " : "", p.words);
		return fail(op, turn);
	}
	twitter_remark(op, answer);
	if (are_nobodys(list)) {
		twitter_finish(
		    op, turn, RESULT_BUG,
		    "X shows no authors: set fields = \"%s\" for this account",
		    op->account->sends_post ? "tweet" : "post");
		return fail(op, turn);
	}
	op->pages++;
	if (!emit_mentions(op, turn, list))
		return twitter_finish(op, turn, RESULT_RETRY, "the store did not take it");
	if (more != MORE_YES || op->collect.empty >= EMPTY_MAX)
		return next_gap(op, turn, more);
	if (!may_ask(op, turn)) {
		shrink_gap(&op->collect);
		return finish_mentions(op, turn);
	}
	snprintf(op->next, sizeof op->next, "%s", next);
	return ask_mentions(op, turn);
}

/* Long posts can make a page that is too large: the same in smaller ones, once. */
static bool is_too_large(const struct op *op, const struct turn *turn)
{
	return twitter_is_ok(turn) && turn->answer->truncated && !op->is_small;
}

static enum op_step take_page(struct op *op, struct turn *turn)
{
	enum op_step step;
	json_t *answer;

	if (!twitter_is_ok(turn)) {
		twitter_refuse(op, turn);
		return fail(op, turn);
	}
	if (is_too_large(op, turn)) {
		op->is_small = true;
		return ask_mentions(op, turn);
	}
	answer = twitter_json(op, turn);
	if (!answer)
		return fail(op, turn);
	step = take_mentions(op, turn, answer);
	json_decref(answer);
	return step;
}

enum op_step twitter_collect(struct op *op, struct turn *turn)
{
	if (!turn->answer) {
		read_cursor(op);
		if (!op->collect.count)
			return begin_now(op, turn);
		begin_new(op);
		return ask_mentions(op, turn);
	}
	switch ((enum collect_state)op->state) {
	case COLLECT_MENTIONS: return take_page(op, turn);
	case COLLECT_MESSAGES: return twitter_collect_messages(op, turn);
	}
	return OP_DONE;
}
