/*
 * The jobs that change something: post, direct message, delete.
 * Called by the frame in twitter.c.
 * It must never say "posted" without an id from X.
 */
#include "notifiers/twitter.h"
#include "notifiers/twitter_count.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_direct(const struct op *op)
{
	return op->job->visibility == VISIBILITY_DIRECT;
}

static enum op_step send_post(struct op *op, struct turn *turn)
{
	const struct job *job = op->job;
	json_t *body = json_object();

	/* jansson takes no string that is not UTF-8: the text would be missing. */
	if (json_object_set_new(body, "text", json_string(job->text)) == -1) {
		json_decref(body);
		return twitter_finish(
		    op, turn, RESULT_PERMANENT, "a text that is not UTF-8 is not sent");
	}
	if (is_direct(op)) {
		twitter_path(op, "/2/dm_conversations/with/");
		twitter_path_part(op, job->to_id);
		buf_str(&op->url, "/messages");
	} else {
		twitter_path(op, "/2/tweets");
		if (job->parent_id && *job->parent_id)
			json_object_set_new(
			    body, "reply",
			    json_pack("{s:s}", "in_reply_to_tweet_id", job->parent_id));
	}
	return twitter_send(op, turn, "POST", body, EFFECT_CREATES);
}

/*
 * Whether X bills what it made a link of is not documented (facts/X.md section 3): people
 * hear of it, and it is entered as if it did, as is the price of all that follows.
 */
static void watch_links(struct op *op, struct turn *turn, const json_t *data)
{
	const char *text = json_string_value(json_object_get(data, "text"));
	struct account *a = op->account;
	int64_t price = a->prices[PRICE_POST_WITH_URL];
	char notice[320];

	/* Had we sent a link, it would be billed as one anyway. */
	if (!text || !strstr(text, "https://t.co/") || twitter_may_link(op->job->text))
		return;
	snprintf(
	    notice, sizeof notice,
	    "X makes links of something in our posts: each may cost %" PRId64 ".%02" PRId64
	    " USD (links = false is meant to prevent that: please look at the last post, and "
	    "report what it was)",
	    price / 1000000, price % 1000000 / 10000);
	twitter_emit_notice(turn, notice);
	a->makes_links = true; /* what comes may be linked, too */
	op->cost_micro = twitter_price(a, op->job);
}

static enum op_step take_post(struct op *op, struct turn *turn, const json_t *answer)
{
	const json_t *data = json_object_get(answer, "data");
	char id[TWITTER_ID_MAX];

	twitter_json_id(data, is_direct(op) ? "dm_event_id" : "id", id);
	if (!*id)
		return twitter_finish(
		    op, turn, RESULT_UNKNOWN, "%d, but the answer has no id: %.1500s",
		    turn->answer->status, turn->answer->body);
	op->cost_micro = twitter_price(op->account, op->job);
	if (is_direct(op)) {
		snprintf(turn->result->id, sizeof turn->result->id, "%s", id);
		snprintf(turn->result->uri, sizeof turn->result->uri, TWITTER_MESSAGE_URI "%s", id);
	} else {
		twitter_take_post(turn->result, id);
		watch_links(op, turn, data);
	}
	twitter_remark(op, answer);
	return twitter_finish(op, turn, RESULT_OK, "posted%s", op->remark);
}

enum op_step twitter_post(struct op *op, struct turn *turn)
{
	const char *text = op->job->text;

	if (!turn->answer) {
		if (!text || !text[strspn(text, " \t\r\n")])
			return twitter_finish(
			    op, turn, RESULT_PERMANENT, "an empty text is not sent");
		return send_post(op, turn);
	}
	return twitter_take(op, turn, take_post);
}

static enum op_step take_deleted(struct op *op, struct turn *turn, const json_t *answer)
{
	struct problem p;

	if (json_flag(json_object_get(answer, "data"), "deleted")) {
		op->cost_micro = twitter_price(op->account, op->job);
		twitter_take_post(turn->result, op->job->target_id);
		return twitter_finish(op, turn, RESULT_OK, "deleted");
	}
	twitter_problem(answer, &p);
	if (strcmp(p.type, "resource-not-found") == 0) {
		twitter_take_post(turn->result, op->job->target_id);
		return twitter_finish(op, turn, RESULT_OK, "already gone");
	}
	return twitter_finish(
	    op, turn, RESULT_PERMANENT, "%d, but not deleted%s%s", turn->answer->status,
	    *p.words ? ": " : "", p.words);
}

enum op_step twitter_delete(struct op *op, struct turn *turn)
{
	if (!turn->answer) {
		twitter_path(op, "/2/tweets/");
		twitter_path_part(op, op->job->target_id);
		return twitter_send(op, turn, "DELETE", NULL, EFFECT_NONE);
	}
	if (turn->answer->transport == TRANSPORT_ANSWERED && turn->answer->status == 404) {
		twitter_take_post(turn->result, op->job->target_id);
		return twitter_finish(op, turn, RESULT_OK, "already gone");
	}
	return twitter_take(op, turn, take_deleted);
}
