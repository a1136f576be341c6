/*
 * Request Tracker 5 by REST2, as a ticket desk. Called by the agent through notifier.h.
 * This file is the frame and what writes; what asks is in desk_rt_read.c and
 * desk_rt_answers.c. Measured against RT 5.0.3.
 * It must never do I/O, wait, or make a ticket twice: JOB_TICKET_FIND finds what was made.
 */
#include "notifiers/desk_rt.h"
#include "notifiers/answer.h"
#include "notifiers/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AUTHORIZATION "Authorization: token "
#define PATH "/REST/2.0"
#define BODY_MAX (4 * DESK_TEXT_MAX)
#define URL_MAX 4096
#define ANSWER_MAX (256 * 1024)
#define CAPS (NOTIFIER_DESK | NOTIFIER_DESK_FINDS | NOTIFIER_DESK_READS)

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static int check_settings(const struct notifier_settings *s, struct err *err)
{
	const char *c;

	if (!*or_empty(s->handle) || strlen(s->handle) >= RT_NAME_MAX)
		return err_set(err, "queue = \"%.60s\" is no name of a queue", or_empty(s->handle));
	for (c = s->handle; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == '/' || *c == 0x7f)
			return err_set(err, "queue = \"%s\" is no name of a queue", s->handle);
	}
	for (c = or_empty(s->token); *c; c++) {
		if ((unsigned char)*c <= ' ' || (unsigned char)*c > '~')
			return err_set(err, "the token holds a blank or a control character");
	}
	return 0;
}

/* People copy the address of the pages; the API stands below them. */
static char *base_of(const struct notifier_settings *s, struct err *err)
{
	char *url = desk_base_url(s, err), *base = NULL;

	if (!url)
		return NULL;
	if (asprintf(&base, "%s%s", url, strstr(url, PATH) ? "" : PATH) == -1) {
		base = NULL;
		err_set(err, "out of memory");
	}
	free(url);
	return base;
}

static int rt_check(const struct notifier_settings *s, struct err *err)
{
	char *base = base_of(s, err);

	free(base);
	return base ? check_settings(s, err) : -1;
}

static void rt_close(struct account *a)
{
	if (!a)
		return;
	if (a->authorization)
		explicit_bzero(a->authorization, strlen(a->authorization));
	free(a->authorization);
	free(a->queue);
	free(a->base);
	free(a);
}

static struct account *rt_open(const struct notifier_settings *s, struct err *err)
{
	struct account *a = calloc(1, sizeof *a);

	if (!a) {
		err_set(err, "out of memory");
		return NULL;
	}
	a->token = "";
	a->base = base_of(s, err);
	if (!a->base || check_settings(s, err) == -1 ||
	    base_url_host(a->base, a->host, sizeof a->host, err) == -1)
		goto out;
	a->queue = strdup(s->handle);
	if (*or_empty(s->token) && asprintf(&a->authorization, AUTHORIZATION "%s", s->token) == -1)
		a->authorization = NULL;
	if (a->authorization)
		a->token = a->authorization + strlen(AUTHORIZATION);
	if (a->queue && (a->authorization || !*or_empty(s->token)))
		return a;
	err_set(err, "out of memory");
out:
	rt_close(a);
	return NULL;
}

static enum op_step (*run_of(enum job_type type))(struct op *, struct rt_turn *)
{
	switch (type) {
	case JOB_VERIFY: return rt_verify;
	case JOB_TICKET: return rt_ticket;
	case JOB_TICKET_NOTE: return rt_note;
	case JOB_TICKET_FIND: return rt_find;
	case JOB_TICKET_ANSWERS: return rt_answers;
	case JOB_POST:
	case JOB_EDIT:
	case JOB_DELETE:
	case JOB_FAVOURITE:
	case JOB_BOOST:
	case JOB_RECENT:
	case JOB_COLLECT:
	case JOB_THREAD:
	case JOB_GET:
	case JOB_LOOKUP: break;
	}
	return NULL;
}

/* What becomes a part of a query must be a number. */
static int check_ids(const struct job *job, struct err *err)
{
	const char *target = or_empty(job->target_id), *cursor = or_empty(job->cursor);
	bool is_reading = job->type == JOB_TICKET_ANSWERS;

	if ((is_reading || job->type == JOB_TICKET_NOTE || *target) && !desk_is_number(target))
		return err_set(err, "\"%.60s\" is no number of a ticket in RT", target);
	if (is_reading && *cursor && !desk_is_number(cursor))
		return err_set(err, "\"%.60s\" is no cursor of ours", cursor);
	return 0;
}

static struct op *rt_begin(struct account *a, const struct job *job, struct err *err)
{
	struct op *op;

	if (desk_check_job(job, CAPS, err) == -1 || check_ids(job, err) == -1)
		return NULL;
	op = calloc(1, sizeof *op);
	if (!op) {
		err_set(err, "out of memory");
		return NULL;
	}
	op->account = a;
	op->job = job;
	op->run = run_of(job->type);
	return op;
}

static enum op_step rt_step(
    struct op *op, const struct answer *answer, const struct op_env *env, struct request *request,
    struct result *result)
{
	struct rt_turn turn = {.answer = answer, .env = env, .request = request, .result = result};
	enum op_step step;

	*result = (struct result){.class = RESULT_BUG};
	if (!op->account->authorization)
		return rt_finish(op, &turn, RESULT_AUTH, "no token yet");
	if (op->is_done || op->is_sent == !answer)
		return rt_finish(op, &turn, RESULT_BUG, "the caller lost its place");
	op->is_sent = false;
	step = op->run(op, &turn);
	op->is_done = step == OP_DONE;
	return step;
}

static void rt_end(struct op *op)
{
	if (!op)
		return;
	json_decref(op->reading.requestors);
	buf_finish(&op->url);
	buf_finish(&op->body);
	free(op);
}

/* --- what the jobs share ------------------------------------------------------------------------ */

void rt_path(struct op *op, const char *path)
{
	buf_finish(&op->url);
	buf_init(&op->url, URL_MAX);
	buf_str(&op->url, op->account->base);
	buf_str(&op->url, path);
}

static enum op_step rt_send(struct op *op, struct rt_turn *turn, const char *method)
{
	if (op->url.cut || op->body.cut)
		return rt_finish(op, turn, RESULT_PERMANENT, "too long, or memory ran out");
	*turn->request = (struct request){
	    .method = method,
	    .url = buf_text(&op->url),
	    .headers = {USER_AGENT, op->account->authorization, "Accept: application/json"},
	    .effect = op->effect,
	    .max_body = ANSWER_MAX,
	    .timeout_ms = DESK_TIMEOUT_MS};
	if (op->body.len) {
		turn->request->headers[3] = "Content-Type: application/json";
		turn->request->body = buf_text(&op->body);
		turn->request->body_len = op->body.len;
	}
	op->is_sent = true;
	return OP_SEND;
}

enum op_step rt_get(struct op *op, struct rt_turn *turn)
{
	op->effect = EFFECT_NONE;
	return rt_send(op, turn, "GET");
}

enum op_step rt_post(struct op *op, struct rt_turn *turn, json_t *body)
{
	buf_init(&op->body, BODY_MAX);
	json_into(body, &op->body);
	json_decref(body);
	op->effect = EFFECT_CREATES;
	return rt_send(op, turn, "POST");
}

json_t *rt_object(struct op *op, struct rt_turn *turn)
{
	if (desk_is_ok(turn->answer))
		return desk_json(turn->result, op->account->token, turn->answer, op->effect);
	rt_refuse(op, turn);
	return NULL;
}

enum op_step
rt_finish(struct op *op, struct rt_turn *turn, enum result_class class, const char *format, ...)
{
	const char *const secrets[] = {op->account->token, NULL};
	va_list ap;

	va_start(ap, format);
	result_words(turn->result, secrets, format, ap);
	va_end(ap);
	turn->result->class = class;
	return OP_DONE;
}

/*
 * 404 is an address that has no RT, or a ticket that is not there; 403 a right that we lack
 * in the queue, or on one ticket. Where no ticket was named it is about all of them.
 */
enum op_step rt_refuse(struct op *op, struct rt_turn *turn)
{
	bool has_target = or_empty(op->job->target_id)[0] != '\0';
	int status = turn->answer->transport == TRANSPORT_ANSWERED ? turn->answer->status : 0;

	desk_refuse(turn->result, op->account->token, turn->answer, op->effect, turn->env);
	if (status == 403 && has_target)
		turn->result->class = RESULT_PERMANENT;
	if (status == 404 && !has_target)
		turn->result->class = RESULT_AUTH;
	return OP_DONE;
}

void rt_ticket_url(const struct account *a, const char *id, char *out, size_t size)
{
	const char *end = strstr(a->base, PATH);
	int n = snprintf(
	    out, size, "%.*s/Ticket/Display.html?id=%s", (int)(end - a->base), a->base, id);

	if (n < 0 || (size_t)n >= size)
		out[0] = '\0';
}

/* --- a ticket, a note ------------------------------------------------------------------------------ */

static void set_report(json_t *body, const struct job *job)
{
	struct buf b;

	buf_init(&b, DESK_REPORT_MAX);
	desk_report(&b, job);
	json_object_set_new(body, "Content", json_string(buf_text(&b)));
	buf_finish(&b);
}

static void set_line(json_t *body, const char *key, const char *line)
{
	struct buf b;

	buf_init(&b, 1024);
	desk_line(&b, line, 1024);
	json_object_set_new(body, key, json_string(buf_text(&b)));
	buf_finish(&b);
}

static enum op_step send_ticket(struct op *op, struct rt_turn *turn)
{
	const struct job *job = op->job;
	json_t *body = json_object();
	struct buf subject;

	buf_init(&subject, DESK_SUBJECT_MAX);
	desk_subject(&subject, job->key, job->subject);
	json_object_set_new(body, "Queue", json_string(op->account->queue));
	json_object_set_new(body, "Subject", json_string(buf_text(&subject)));
	json_object_set_new(body, "ContentType", json_string("text/plain"));
	/* who and where stand in the text, too: RT drops a requestor that it cannot read */
	set_report(body, job);
	if (*or_empty(job->to)) {
		set_line(body, "Requestor", job->to);
		/* name@server looks like a mail address and is none: a stranger would get the mail.
		 * As a text: RT 5.0.3 drops it when it is an array. */
		set_line(body, "SquelchMailTo", job->to);
	}
	if (desk_is_link(job->link))
		json_object_set_new(body, "RefersTo", json_pack("[s]", job->link));
	buf_finish(&subject);
	rt_path(op, "/ticket");
	return rt_post(op, turn, body);
}

enum op_step rt_ticket(struct op *op, struct rt_turn *turn)
{
	struct result *result = turn->result;
	json_t *made;

	if (!turn->answer)
		return send_ticket(op, turn);
	made = rt_object(op, turn);
	if (!made)
		return OP_DONE;
	json_text(made, "id", result->id, sizeof result->id);
	json_decref(made);
	if (!desk_is_number(result->id)) {
		result->id[0] = '\0';
		return rt_finish(
		    op, turn, RESULT_UNKNOWN, "%d, but the answer has no number: %.300s",
		    turn->answer->status, turn->answer->body);
	}
	rt_ticket_url(op->account, result->id, result->url, sizeof result->url);
	return rt_finish(op, turn, RESULT_OK, "ticket %s in %s", result->id, op->account->queue);
}

/* Its subject is what JOB_TICKET_FIND knows it by: RT shows it in the ticket's history. */
static enum op_step send_note(struct op *op, struct rt_turn *turn)
{
	const struct job *job = op->job;
	json_t *body = json_object();
	struct buf tag;

	buf_init(&tag, DESK_SUBJECT_MAX);
	desk_tag(&tag, job->key);
	json_object_set_new(body, "Subject", json_string(buf_text(&tag)));
	json_object_set_new(body, "ContentType", json_string("text/plain"));
	set_report(body, job);
	buf_finish(&tag);
	rt_path(op, "/ticket/");
	buf_str(&op->url, job->target_id);
	buf_str(&op->url, job->note_for == NOTE_INTERNAL ? "/comment" : "/correspond");
	return rt_post(op, turn, body);
}

enum op_step rt_note(struct op *op, struct rt_turn *turn)
{
	if (!turn->answer)
		return send_note(op, turn);
	/* RT says what it did in words, as an array, and not under which number */
	if (!desk_is_ok(turn->answer))
		return rt_refuse(op, turn);
	if (turn->answer->status != 201)
		return rt_finish(
		    op, turn, RESULT_UNKNOWN, "%d instead of 201: %.300s", turn->answer->status,
		    turn->answer->body);
	snprintf(turn->result->id, sizeof turn->result->id, "%s", op->job->key);
	return rt_finish(op, turn, RESULT_OK, "added to ticket %s", op->job->target_id);
}

const struct notifier desk_rt = {
    .name = "rt",
    .caps = CAPS,
    .check = rt_check,
    .open = rt_open,
    .close = rt_close,
    .measure = desk_measure,
    .begin = rt_begin,
    .step = rt_step,
    .end = rt_end,
};
