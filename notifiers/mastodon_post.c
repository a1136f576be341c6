/*
 * The jobs that change something: post, edit, delete, favourite, boost.
 * Called by the frame in mastodon.c.
 * It must never post twice for one answer: only mastodon_post() creates.
 */
#include "notifiers/mastodon.h"

#include <stdio.h>
#include <string.h>

#define VERSION_QUOTE_POLICY 405 /* quote_approval_policy came with Mastodon 4.5 */

static bool has_text(const char *text)
{
	return text && text[strspn(text, " \t\r\n")];
}

/* snac posts an empty note, Mastodon and GoToSocial refuse it: the same refusal for all. */
static enum op_step refuse_empty(struct op *op, struct turn *turn)
{
	return mastodon_finish(op, turn, RESULT_PERMANENT, "an empty text is not sent");
}

/* jansson takes no string that is not UTF-8: the text would be missing. */
static enum op_step
send_text(struct op *op, struct turn *turn, const char *method, json_t *body, enum effect effect)
{
	if (json_object_get(body, "status"))
		return mastodon_send(op, turn, method, body, effect);
	json_decref(body);
	return mastodon_finish(op, turn, RESULT_PERMANENT, "a text that is not UTF-8 is not sent");
}

static void set_text(json_t *body, const char *key, const char *value)
{
	if (value && *value)
		json_object_set_new(body, key, json_string(value));
}

/* Never markdown or BBCode, where a server would ask; others ignore or refuse the word. */
static void set_plain(const struct account *a, json_t *body)
{
	if (a->software == MASTODON_GOTOSOCIAL || a->software == MASTODON_PLEROMA)
		set_text(body, "content_type", "text/plain");
}

static enum op_step send_post(struct op *op, struct turn *turn)
{
	const struct account *a = op->account;
	const struct job *job = op->job;
	json_t *body = json_object();

	set_text(body, "status", job->text);
	set_text(body, "visibility", mastodon_visibility(job->visibility));
	set_text(body, "language", job->language);
	set_text(body, "in_reply_to_id", job->parent_id);
	if (a->software == MASTODON_MASTODON && a->version >= VERSION_QUOTE_POLICY)
		set_text(body, "quote_approval_policy", "nobody");
	set_plain(a, body);
	if (job->key && *job->key)
		snprintf(op->key, sizeof op->key, "Idempotency-Key: %s", job->key);
	mastodon_path(op, "/api/v1/statuses");
	return send_text(op, turn, "POST", body, EFFECT_CREATES);
}

/* snac makes a root of an answer to a post that it does not know (facts section 2). */
static enum op_step finish_post(struct op *op, struct turn *turn, const json_t *status)
{
	bool wants_parent = op->job->parent_id && *op->job->parent_id;
	char parent[MASTODON_ID_MAX];

	json_text(status, "in_reply_to_id", parent, sizeof parent);
	if (wants_parent && !*parent)
		return mastodon_finish(
		    op, turn, RESULT_OK,
		    "posted, but outside the thread: the server did not know the post %s",
		    op->job->parent_id);
	return mastodon_finish(op, turn, RESULT_OK, "posted");
}

/* All that can be missing is the post that is answered: somebody deleted it. */
static enum op_step refuse_post(struct op *op, struct turn *turn)
{
	if (op->job->parent_id && *op->job->parent_id &&
	    (mastodon_is_status(turn, 404) || mastodon_is_status(turn, 410)))
		turn->result->refusal = REFUSAL_PARENT;
	return mastodon_refuse(op, turn);
}

enum op_step mastodon_post(struct op *op, struct turn *turn)
{
	static const char *const members[] = {"id", "uri", "url", "in_reply_to_id", NULL};
	enum op_step step;
	json_t *status;

	if (!turn->answer)
		return has_text(op->job->text) ? send_post(op, turn) : refuse_empty(op, turn);
	if (!mastodon_is_ok(turn))
		return refuse_post(op, turn);
	status = mastodon_members(op, turn, members);
	if (!status)
		return OP_DONE;
	if (mastodon_take_ids(turn->result, status))
		step = finish_post(op, turn, status);
	else
		step = mastodon_finish(
		    op, turn, RESULT_UNKNOWN, "%d, but the answer has no id: %.1500s",
		    turn->answer->status, turn->answer->body);
	json_decref(status);
	return step;
}

/* The full set each time: GoToSocial resets what is left out (facts section 4, PUT). */
static enum op_step send_edit(struct op *op, struct turn *turn)
{
	json_t *body = json_object();

	set_text(body, "status", op->job->text);
	set_text(body, "language", op->job->language);
	json_object_set_new(body, "spoiler_text", json_string(""));
	json_object_set_new(body, "sensitive", json_false());
	set_plain(op->account, body);
	mastodon_path(op, "/api/v1/statuses/");
	mastodon_path_part(op, op->job->target_id);
	return send_text(op, turn, "PUT", body, EFFECT_NONE);
}

enum op_step mastodon_edit(struct op *op, struct turn *turn)
{
	json_t *status;
	bool has_id;

	if (!turn->answer)
		return has_text(op->job->text) ? send_edit(op, turn) : refuse_empty(op, turn);
	if (!mastodon_is_ok(turn))
		return mastodon_refuse(op, turn);
	status = mastodon_json(op, turn, JSON_OBJECT);
	if (!status)
		return OP_DONE;
	/* On snac the id is another one after the edit: it is a further alias of the post. */
	has_id = mastodon_take_ids(turn->result, status);
	json_decref(status);
	if (!has_id)
		return mastodon_finish(op, turn, RESULT_BUG, "edited, but the answer has no id");
	return mastodon_finish(op, turn, RESULT_OK, "edited");
}

static void take_target(const struct op *op, struct turn *turn)
{
	snprintf(turn->result->id, sizeof turn->result->id, "%s", op->job->target_id);
}

/* A server that knows the call says 404 in JSON; one that does not, snac, says it in HTML. */
static enum op_step finish_gone(struct op *op, struct turn *turn)
{
	char words[256];

	mastodon_error_words(turn, words, sizeof words);
	if (op->account->software == MASTODON_SNAC || (turn->answer->status == 404 && !*words))
		return mastodon_finish(
		    op, turn, RESULT_PERMANENT, "404: deleting is not supported by this server");
	take_target(op, turn);
	return mastodon_finish(op, turn, RESULT_OK, "already gone");
}

enum op_step mastodon_delete(struct op *op, struct turn *turn)
{
	if (!turn->answer) {
		mastodon_path(op, "/api/v1/statuses/");
		mastodon_path_part(op, op->job->target_id);
		return mastodon_send(op, turn, "DELETE", NULL, EFFECT_NONE);
	}
	if (mastodon_is_status(turn, 404) || mastodon_is_status(turn, 410))
		return finish_gone(op, turn);
	if (!mastodon_is_ok(turn))
		return mastodon_refuse(op, turn);
	take_target(op, turn);
	return mastodon_finish(op, turn, RESULT_OK, "deleted");
}

/* What changes one status without a text. */
static enum op_step mark(struct op *op, struct turn *turn, const char *call, const char *done)
{
	json_t *status;

	if (!turn->answer) {
		mastodon_path(op, "/api/v1/statuses/");
		mastodon_path_part(op, op->job->target_id);
		buf_str(&op->url, call);
		return mastodon_send(op, turn, "POST", json_object(), EFFECT_NONE);
	}
	if (!mastodon_is_ok(turn))
		return mastodon_refuse(op, turn);
	status = mastodon_json(op, turn, JSON_OBJECT);
	if (!status)
		return OP_DONE;
	json_decref(status);
	take_target(op, turn);
	return mastodon_finish(op, turn, RESULT_OK, "%s", done);
}

enum op_step mastodon_favourite(struct op *op, struct turn *turn)
{
	return mark(op, turn, "/favourite", "marked as favourite");
}

/* The answer is a status of our own around the other; a second call gives the same one. */
enum op_step mastodon_boost(struct op *op, struct turn *turn)
{
	return mark(op, turn, "/reblog", "boosted");
}
