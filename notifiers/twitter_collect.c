/*
 * COLLECT: what people say to us, mentions first, then direct messages. The cursor is
 * "MENTION_ID MESSAGE_ID". Called by the frame in twitter.c.
 * It must never move the cursor past what the store did not take, nor pay for what it knows.
 */
#include "notifiers/twitter.h"

#include <stdio.h>
#include <string.h>

#define PAGES 8 /* of 100: X keeps 800 mentions */
#define SMALL_PAGES 80 /* of 10 */
#define PAGE 100
#define PAGE_SMALL 10
#define PAGE_LEAST 5 /* X takes no less */

enum collect_state { COLLECT_MENTIONS, COLLECT_MESSAGES };

/* Whatever is no position of ours counts as none. */
static void read_cursor(struct op *op)
{
	const char *cursor = op->job->cursor ? op->job->cursor : "";
	struct collect *c = &op->collect;
	size_t n = strcspn(cursor, " ");

	if (n < TWITTER_ID_MAX)
		snprintf(c->mention, sizeof c->mention, "%.*s", (int)n, cursor);
	if (!twitter_is_id(c->mention))
		c->mention[0] = '\0';
	else if (cursor[n] && twitter_is_id(cursor + n + 1))
		snprintf(c->message, sizeof c->message, "%s", cursor + n + 1);
}

bool twitter_emit_cursor(struct op *op, struct turn *turn)
{
	char cursor[2 * TWITTER_ID_MAX + 2];
	struct item item = {
	    .kind = ITEM_CURSOR,
	    .id = "",
	    .uri = "",
	    .url = "",
	    .parent_id = "",
	    .author_id = "",
	    .acct = "",
	    .display = "",
	    .text = "",
	    .cursor = cursor};

	snprintf(cursor, sizeof cursor, "%s %s", op->collect.mention, op->collect.message);
	return turn->env->emit(turn->env->arg, &item) != EMIT_FAILED;
}

/* From now on. An id holds its time, so this needs no question, and costs nothing. */
static enum op_step begin_now(struct op *op, struct turn *turn)
{
	twitter_id_at(twitter_now_ms(op, turn), op->collect.mention);
	if (op->account->messages)
		snprintf(
		    op->collect.message, sizeof op->collect.message, "%s", op->collect.mention);
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
	int64_t n = page_size(op);
	char size[16];

	snprintf(size, sizeof size, "%d", n < PAGE_LEAST ? PAGE_LEAST : (int)n);
	twitter_path(op, "/2/users/");
	twitter_path_part(op, op->account->id);
	buf_str(&op->url, "/mentions");
	twitter_query(op, "since_id", op->collect.mention);
	twitter_query(op, "max_results", size);
	if (*op->next)
		twitter_query(op, "pagination_token", op->next);
	twitter_ask_fields(op, true);
	return twitter_send_get(op, turn, TWITTER_PAGE_MAX);
}

/* False when the store did not take one. */
static bool emit_mentions(struct op *op, struct turn *turn, const json_t *list)
{
	char id[TWITTER_ID_MAX];
	json_t *post;
	size_t i;

	json_array_foreach (list, i, post) {
		if (twitter_emit_post(op, turn, post, ITEM_REPLY) == EMIT_FAILED)
			return false;
		twitter_json_id(post, "id", id);
		if (*id)
			twitter_id_raise(op->collect.newest, id, twitter_now_ms(op, turn));
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
	snprintf(op->collect.mention, sizeof op->collect.mention, "%s", op->collect.newest);
	op->next[0] = '\0';
	op->pages = 0;
	op->state = COLLECT_MESSAGES;
	return twitter_collect_messages(op, turn);
}

static enum op_step take_mentions(struct op *op, struct turn *turn, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "data");
	const json_t *meta = json_object_get(answer, "meta");
	char next[sizeof op->next];
	struct problem p;

	op->pages++;
	twitter_charge_posts(op, turn, answer, PRICE_OWN_READ);
	if (!json_is_array(list) && !json_is_object(meta)) {
		twitter_problem(answer, &p);
		return twitter_finish(
		    op, turn, *p.words ? RESULT_RETRY : RESULT_BUG,
		    "the answer is no list of mentions%s%s", *p.words ? ": " : "", p.words);
	}
	twitter_remark(op, answer);
	if (are_nobodys(list))
		return twitter_finish(
		    op, turn, RESULT_BUG,
		    "X shows no authors: set fields = \"%s\" for this account",
		    op->account->sends_post ? "tweet" : "post");
	if (!emit_mentions(op, turn, list))
		return twitter_finish(op, turn, RESULT_RETRY, "the store did not take it");
	json_text(meta, "next_token", next, sizeof next);
	if (!*next || strcmp(next, op->next) == 0 || page_size(op) < PAGE_LEAST ||
	    op->pages >= (op->is_small ? SMALL_PAGES : PAGES))
		return finish_mentions(op, turn);
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

	if (!twitter_is_ok(turn))
		return twitter_refuse(op, turn);
	if (is_too_large(op, turn)) {
		op->is_small = true;
		return ask_mentions(op, turn);
	}
	answer = twitter_json(op, turn);
	if (!answer)
		return OP_DONE;
	step = take_mentions(op, turn, answer);
	json_decref(answer);
	return step;
}

enum op_step twitter_collect(struct op *op, struct turn *turn)
{
	if (!turn->answer) {
		read_cursor(op);
		if (!*op->collect.mention)
			return begin_now(op, turn);
		snprintf(op->collect.newest, sizeof op->collect.newest, "%s", op->collect.mention);
		return ask_mentions(op, turn);
	}
	switch ((enum collect_state)op->state) {
	case COLLECT_MENTIONS: return take_page(op, turn);
	case COLLECT_MESSAGES: return twitter_collect_messages(op, turn);
	}
	return OP_DONE;
}
