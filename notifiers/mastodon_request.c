/*
 * Requests of the Mastodon API: URL, headers, JSON body.
 * Called by the jobs of the Mastodon notifier.
 * It must never put a value into a URL unescaped, or JSON together by hand.
 */
#include "notifiers/mastodon.h"
#include "notifiers/request.h"

#include <stdlib.h>
#include <string.h>

#define URL_MAX 8192
#define BODY_MAX 262144
#define TIMEOUT_MS 30000

void mastodon_path(struct op *op, const char *path)
{
	buf_finish(&op->url);
	buf_init(&op->url, URL_MAX);
	buf_str(&op->url, op->account->base);
	buf_str(&op->url, path);
}

void mastodon_path_part(struct op *op, const char *part)
{
	url_add_escaped(&op->url, part);
}

void mastodon_query(struct op *op, const char *name, const char *value)
{
	url_add_query(&op->url, strlen(op->account->base), name, value);
}

static enum op_step fill(struct op *op, struct turn *turn, size_t max_body)
{
	struct request *r = turn->request;
	size_t n = 0;

	*r = (struct request){
	    .method = op->method,
	    .url = buf_text(&op->url),
	    .effect = op->effect,
	    .max_body = max_body,
	    .timeout_ms = TIMEOUT_MS};
	r->headers[n++] = USER_AGENT;
	r->headers[n++] = "Accept: application/json";
	r->headers[n++] = op->account->authorization;
	if (op->body.len) {
		r->headers[n++] = "Content-Type: application/json";
		/* snac leaves "100-continue" unanswered: a second lost (facts section 2). */
		r->headers[n++] = "Expect:";
		r->body = buf_text(&op->body);
		r->body_len = op->body.len;
		if (*op->key)
			r->headers[n++] = op->key;
	}
	op->is_sent = true;
	return OP_SEND;
}

enum op_step mastodon_send_get(struct op *op, struct turn *turn, size_t max_body)
{
	op->method = "GET";
	op->effect = EFFECT_NONE;
	buf_finish(&op->body);
	if (op->url.cut)
		return mastodon_finish(
		    op, turn, RESULT_BUG, "the address of the request is too long");
	return fill(op, turn, max_body);
}

enum op_step mastodon_send(
    struct op *op, struct turn *turn, const char *method, json_t *body, enum effect effect)
{
	int rc = 0;

	op->method = method;
	op->effect = effect;
	buf_finish(&op->body);
	buf_init(&op->body, BODY_MAX);
	if (body)
		rc = json_into(body, &op->body);
	json_decref(body);
	if (rc == -1 || op->body.cut || op->url.cut)
		return mastodon_finish(
		    op, turn, RESULT_PERMANENT, "the text is too long or not UTF-8");
	return fill(op, turn, 262144);
}
