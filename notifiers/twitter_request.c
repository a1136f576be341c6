/*
 * Requests of the X API: address, JSON body, OAuth 1.0a signature.
 * Called by the jobs of the X notifier.
 * It must never put a value into an address unescaped, or sign twice with one nonce.
 */
#include "notifiers/request.h"
#include "notifiers/twitter.h"

#include <stdio.h>
#include <string.h>

#define URL_MAX 8192
#define BODY_MAX 262144
#define AUTHORIZATION_MAX 8192
#define TIMEOUT_MS 30000

void twitter_path(struct op *op, const char *path)
{
	buf_finish(&op->url);
	buf_init(&op->url, URL_MAX);
	buf_str(&op->url, op->account->base);
	buf_str(&op->url, path);
}

void twitter_path_part(struct op *op, const char *part)
{
	url_add_escaped(&op->url, part);
}

void twitter_query(struct op *op, const char *name, const char *value)
{
	url_add_query(&op->url, strlen(op->account->base), name, value);
}

int64_t twitter_now_ms(const struct op *op, const struct turn *turn)
{
	return turn->env->wall_ms + op->account->skew_ms;
}

static void fresh_nonce(const struct op_env *env, char nonce[33])
{
	unsigned char bytes[16];
	size_t i;

	env->random(bytes, sizeof bytes);
	for (i = 0; i < sizeof bytes; i++)
		snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
}

static int authorize(struct op *op, struct turn *turn, struct err *err)
{
	char nonce[33];
	int64_t now_ms = twitter_now_ms(op, turn);
	struct oauth1_request r = {
	    .method = op->method,
	    .url = buf_text(&op->url),
	    .nonce = nonce,
	    .timestamp = now_ms > 0 ? now_ms / 1000 : 0};

	fresh_nonce(turn->env, nonce);
	op->sent_skew_ms = op->account->skew_ms;
	buf_finish(&op->authorization);
	buf_init(&op->authorization, AUTHORIZATION_MAX);
	buf_str(&op->authorization, "Authorization: ");
	if (oauth1_authorization(&op->account->keys, &r, &op->authorization, err) == -1)
		return -1;
	return op->authorization.cut ? err_set(err, "the keys are too long") : 0;
}

enum op_step twitter_sign(struct op *op, struct turn *turn)
{
	struct request *r = turn->request;
	struct err err;
	size_t n = 0;

	if (authorize(op, turn, &err) == -1)
		return twitter_finish(
		    op, turn, RESULT_PERMANENT, "the request cannot be signed: %s", err.text);
	*r = (struct request){
	    .method = op->method,
	    .url = buf_text(&op->url),
	    .effect = op->effect,
	    .max_body = op->max_body,
	    .timeout_ms = TIMEOUT_MS,
	    .is_signed_once = true};
	r->headers[n++] = USER_AGENT;
	r->headers[n++] = "Accept: application/json";
	r->headers[n++] = buf_text(&op->authorization);
	if (op->body.len) {
		r->headers[n++] = "Content-Type: application/json";
		r->headers[n++] = "Expect:";
		r->body = buf_text(&op->body);
		r->body_len = op->body.len;
	}
	op->is_sent = true;
	return OP_SEND;
}

enum op_step twitter_send_get(struct op *op, struct turn *turn, size_t max_body)
{
	op->method = "GET";
	op->effect = EFFECT_NONE;
	op->max_body = max_body;
	buf_finish(&op->body);
	if (op->url.cut)
		return twitter_finish(
		    op, turn, RESULT_BUG, "the address of the request is too long");
	return twitter_sign(op, turn);
}

enum op_step
twitter_send(struct op *op, struct turn *turn, const char *method, json_t *body, enum effect effect)
{
	int rc = 0;

	op->method = method;
	op->effect = effect;
	op->max_body = BODY_MAX;
	buf_finish(&op->body);
	buf_init(&op->body, BODY_MAX);
	if (body)
		rc = json_into(body, &op->body);
	json_decref(body);
	if (rc == -1 || op->url.cut)
		return twitter_finish(
		    op, turn, RESULT_PERMANENT, "the text is too long or not UTF-8");
	return twitter_sign(op, turn);
}
