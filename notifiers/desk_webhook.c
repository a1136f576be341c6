/*
 * A ticket desk of one's own: what happened, as signed JSON, to an address. Called by
 * the agent through notifier.h; the format is in twicket.cfg(5).
 * It must never send a body that the signature does not cover.
 *
 * The receiver drops what carries an Idempotency-Key that it has seen, so everything may
 * be sent again: a lost answer is a RETRY here, never an UNKNOWN.
 */
#include "notifiers/desk.h"
#include "notifiers/answer.h"
#include "notifiers/request.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_VERSION 1
#define KEY_SHORTEST 16 /* bytes of the secret: what is shorter can be guessed */
#define BODY_MAX (4 * DESK_TEXT_MAX)
#define ANSWER_MAX 65536
#define CAPS NOTIFIER_DESK

struct account {
	char *url;
	char *token; /* the key of the signature: a secret; NULL = none yet */
};

struct op {
	struct account *account;
	const struct job *job;
	bool is_sent;
	struct buf body;
	char signature[96], timestamp[64], key[80];
};

static int check_settings(const struct notifier_settings *s, struct err *err)
{
	const char *token = s->token ? s->token : "";

	if (*token && strlen(token) < KEY_SHORTEST)
		return err_set(
		    err, "the secret in token_file has fewer than %d characters", KEY_SHORTEST);
	return 0;
}

static int webhook_check(const struct notifier_settings *s, struct err *err)
{
	char *url = desk_base_url(s, err);

	free(url);
	return url ? check_settings(s, err) : -1;
}

static void webhook_close(struct account *a)
{
	if (!a)
		return;
	if (a->token)
		explicit_bzero(a->token, strlen(a->token));
	free(a->token);
	free(a->url);
	free(a);
}

static struct account *webhook_open(const struct notifier_settings *s, struct err *err)
{
	struct account *a = calloc(1, sizeof *a);
	bool has_token = s->token && *s->token;

	if (!a) {
		err_set(err, "out of memory");
		return NULL;
	}
	a->url = desk_base_url(s, err);
	if (!a->url || check_settings(s, err) == -1)
		goto out;
	a->token = has_token ? strdup(s->token) : NULL;
	if (!has_token || a->token)
		return a;
	err_set(err, "out of memory");
out:
	webhook_close(a);
	return NULL;
}

static struct op *webhook_begin(struct account *a, const struct job *job, struct err *err)
{
	struct op *op;

	if (desk_check_job(job, CAPS, err) == -1)
		return NULL;
	op = calloc(1, sizeof *op);
	if (!op) {
		err_set(err, "out of memory");
		return NULL;
	}
	op->account = a;
	op->job = job;
	return op;
}

static void webhook_end(struct op *op)
{
	if (!op)
		return;
	buf_finish(&op->body);
	free(op);
}

/* --- the body ------------------------------------------------------------------------------- */

static void set_clean(
    json_t *json, const char *key, const char *value, size_t max,
    void (*clean)(struct buf *out, const char *text, size_t max))
{
	struct buf b;

	if (!value || !*value)
		return;
	buf_init(&b, max);
	clean(&b, value, max);
	json_object_set_new(json, key, json_string(buf_text(&b)));
	buf_finish(&b);
}

/* One order of the keys for ever, so that the same job has the same bytes. */
static json_t *describe(const struct job *job)
{
	bool is_note = job->type == JOB_TICKET_NOTE;
	char ticket[DESK_TICKET_MAX] = "";
	json_t *json = json_object();
	unsigned number;

	desk_key(job->key, ticket, &number);
	json_object_set_new(json, "version", json_integer(FORMAT_VERSION));
	json_object_set_new(json, "event", json_string(is_note ? "note" : "ticket"));
	json_object_set_new(json, "key", json_string(job->key));
	json_object_set_new(json, "ticket", json_string(ticket));
	if (is_note) {
		set_clean(json, "desk_id", job->target_id, 128, desk_line);
		json_object_set_new(
		    json, "for", json_string(job->note_for == NOTE_INTERNAL ? "desk" : "reporter"));
	}
	set_clean(json, "subject", job->subject, DESK_SUBJECT_MAX, desk_line);
	set_clean(json, "text", job->text, DESK_TEXT_MAX, desk_text);
	set_clean(json, "reporter", job->to, 512, desk_line);
	if (desk_is_link(job->link))
		set_clean(json, "link", job->link, 1024, desk_line);
	return json;
}

/* HMAC-SHA256 over "TIMESTAMP.BODY". */
static int sign(struct op *op, int64_t wall_ms)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	const char *secret = op->account->token;
	unsigned n = 0;
	struct buf b;
	size_t at;

	buf_init(&b, BODY_MAX + 32);
	buf_printf(&b, "%" PRId64 ".", wall_ms / 1000);
	buf_add(&b, buf_text(&op->body), op->body.len);
	if (!b.cut)
		HMAC(
		    EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)buf_text(&b),
		    b.len, digest, &n);
	buf_finish(&b);
	if (n != 32)
		return -1;
	at = (size_t)snprintf(op->signature, sizeof op->signature, "X-Twicket-Signature: sha256=");
	for (unsigned i = 0; i < n; i++, at += 2)
		snprintf(op->signature + at, 3, "%02x", digest[i]);
	snprintf(
	    op->timestamp, sizeof op->timestamp, "X-Twicket-Timestamp: %" PRId64, wall_ms / 1000);
	return 0;
}

static enum op_step
send_words(struct op *op, const struct op_env *env, struct request *request, struct result *result)
{
	json_t *json = describe(op->job);
	int rc;

	buf_init(&op->body, BODY_MAX);
	rc = json_into(json, &op->body);
	json_decref(json);
	if (rc == -1 || sign(op, env->wall_ms) == -1)
		return desk_finish(result, "", RESULT_PERMANENT, "too long, or memory ran out");
	snprintf(op->key, sizeof op->key, "Idempotency-Key: %s", op->job->key);
	*request = (struct request){
	    .method = "POST",
	    .url = op->account->url,
	    .headers =
		{USER_AGENT, "Content-Type: application/json", "Accept: application/json", op->key,
		 op->timestamp, op->signature},
	    .body = buf_text(&op->body),
	    .body_len = op->body.len,
	    .effect = EFFECT_NONE,
	    .max_body = ANSWER_MAX,
	    .timeout_ms = DESK_TIMEOUT_MS};
	op->is_sent = true;
	return OP_SEND;
}

/* There is nothing that could be asked without making a ticket: only whether somebody listens. */
static enum op_step knock(struct op *op, struct request *request)
{
	*request = (struct request){
	    .method = "CONNECT", .url = op->account->url, .timeout_ms = DESK_TIMEOUT_MS};
	op->is_sent = true;
	return OP_SEND;
}

/* --- the answer ------------------------------------------------------------------------------- */

static enum op_step take_verified(
    const struct op *op, const struct answer *answer, const struct op_env *env,
    struct result *result)
{
	if (!desk_is_ok(answer))
		return desk_refuse(result, op->account->token, answer, EFFECT_NONE, env);
	result->found = true;
	return desk_finish(
	    result, "", RESULT_OK,
	    "somebody listens there; whether tickets are taken shows the first one");
}

/* The receiver may give its own number and address; without them the key is the id. */
static void take_ids(const struct op *op, const struct answer *answer, struct result *result)
{
	json_t *json = answer->truncated ? NULL : answer_json(answer);

	json_text(json, "id", result->id, sizeof result->id);
	json_text(json, "url", result->url, sizeof result->url);
	json_decref(json);
	if (!*result->id)
		snprintf(result->id, sizeof result->id, "%s", op->job->key);
}

/* Nothing is there, or it takes no POST: that is about all tickets, until somebody has looked. */
static bool is_no_address(const struct answer *answer)
{
	if (answer->transport != TRANSPORT_ANSWERED)
		return false;
	return answer->status == 404 || answer->status == 405 || answer->status == 410;
}

static enum op_step take(
    const struct op *op, const struct answer *answer, const struct op_env *env,
    struct result *result)
{
	bool is_done_before = answer->transport == TRANSPORT_ANSWERED && answer->status == 409;

	if (op->job->type == JOB_VERIFY)
		return take_verified(op, answer, env, result);
	if (!desk_is_ok(answer) && !is_done_before) {
		desk_refuse(result, op->account->token, answer, EFFECT_NONE, env);
		if (is_no_address(answer))
			result->class = RESULT_AUTH;
		return OP_DONE;
	}
	take_ids(op, answer, result);
	return desk_finish(
	    result, "", RESULT_OK, is_done_before ? "the desk had it already" : "the desk has it");
}

static enum op_step webhook_step(
    struct op *op, const struct answer *answer, const struct op_env *env, struct request *request,
    struct result *result)
{
	*result = (struct result){.class = RESULT_BUG};
	if (op->is_sent == !answer)
		return desk_finish(result, "", RESULT_BUG, "the caller lost its place");
	if (!op->account->token)
		return desk_finish(result, "", RESULT_AUTH, "no secret to sign with yet");
	if (answer)
		return take(op, answer, env, result);
	if (op->job->type == JOB_VERIFY)
		return knock(op, request);
	return send_words(op, env, request, result);
}

const struct notifier desk_webhook = {
    .name = "webhook",
    .caps = CAPS,
    .check = webhook_check,
    .open = webhook_open,
    .close = webhook_close,
    .measure = desk_measure,
    .begin = webhook_begin,
    .step = webhook_step,
    .end = webhook_end,
};
