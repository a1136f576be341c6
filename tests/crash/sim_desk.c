/*
 * The simulated ticket desk and its notifiers. Called by the runner, and by sim.c for what
 * arrives. The notifiers must never look into the server: all goes through requests.
 */
#include "tests/crash/sim.h"
#include "common/buf.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct account {
	bool is_blind;
};

struct op {
	struct account *account;
	const struct job *job;
	char *body;
	char url[40];
};

/* --- the server ------------------------------------------------------------------------------ */

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static unsigned find_ticket(const struct sim_desk *d, const char *key)
{
	for (unsigned k = 0; k < d->n_tickets; k++)
		if (!strcmp(d->tickets[k].key, key))
			return k + 1;
	return 0;
}

static unsigned find_note(const struct sim_desk *d, unsigned ticket, const char *key)
{
	for (unsigned k = 0; k < d->n_notes; k++)
		if (d->notes[k].ticket == ticket && !strcmp(d->notes[k].key, key))
			return k + 1;
	return 0;
}

static unsigned make_ticket(struct sim_desk *d, const json_t *in)
{
	struct sim_desk_ticket *t = &d->tickets[d->n_tickets];

	if (d->n_tickets == SIM_DESK_TICKETS)
		return 0;
	snprintf(t->key, sizeof t->key, "%s", text_of(in, "key"));
	snprintf(t->subject, sizeof t->subject, "%s", text_of(in, "subject"));
	snprintf(t->to, sizeof t->to, "%s", text_of(in, "to"));
	snprintf(t->text, sizeof t->text, "%s", text_of(in, "text"));
	return ++d->n_tickets;
}

static unsigned make_note(struct sim_desk *d, unsigned ticket, const char *key, const char *text, bool is_answer)
{
	struct sim_desk_note *n = &d->notes[d->n_notes];

	if (d->n_notes == SIM_DESK_NOTES || !ticket || ticket > d->n_tickets)
		return 0;
	*n = (struct sim_desk_note){.ticket = ticket, .is_answer = is_answer};
	snprintf(n->key, sizeof n->key, "%s", key);
	snprintf(n->text, sizeof n->text, "%s", text);
	return ++d->n_notes;
}

static unsigned create(struct sim_desk *d, const json_t *in, bool is_note)
{
	unsigned ticket = (unsigned)strtoul(text_of(in, "target"), NULL, 10);
	const char *key = text_of(in, "key");
	unsigned same = is_note ? find_note(d, ticket, key) : find_ticket(d, key);

	if (same && json_is_true(json_object_get(in, "blind"))) {
		d->again++;
		return same;
	}
	return is_note ? make_note(d, ticket, key, text_of(in, "text"), false) : make_ticket(d, in);
}

static json_t *read_answers(const struct sim_desk *d, const json_t *in)
{
	unsigned ticket = (unsigned)strtoul(text_of(in, "target"), NULL, 10);
	unsigned after = (unsigned)strtoul(text_of(in, "cursor"), NULL, 10);
	json_t *out = json_array();

	for (unsigned k = after; k < d->n_notes; k++)
		if (d->notes[k].ticket == ticket && d->notes[k].is_answer)
			json_array_append_new(out, json_pack("{s:i,s:s}", "id", (int)k + 1, "text", d->notes[k].text));
	return json_pack("{s:o,s:i,s:b}", "answers", out, "cursor", (int)d->n_notes, "closed",
			 ticket && ticket <= d->n_tickets && d->tickets[ticket - 1].is_closed);
}

static bool count_down(unsigned *n)
{
	return *n && (*n)--;
}

static json_t *serve_create(struct sim_desk *d, const json_t *in, bool is_note, struct sim_answer *answer)
{
	unsigned id;

	if (count_down(&d->drop_next)) {
		answer->is_lost = true;
		return json_object();
	}
	id = create(d, in, is_note);
	answer->is_lost = count_down(&d->lose_next);
	if (count_down(&d->error_next))
		answer->status = 500;
	else if (!id)
		answer->status = 404;
	return json_pack("{s:i}", "id", (int)id);
}

void sim_desk_serve(struct sim *s, const struct request *request, struct sim_answer *answer)
{
	const char *what = request->url + strlen("desk:");
	struct sim_desk *d = &s->desk;
	json_t *in = json_loadb(request->body, request->body_len, 0, NULL), *out = NULL;
	unsigned found;

	memset(answer, 0, sizeof *answer);
	answer->status = d->status ? d->status : 200;
	d->asked++;
	if (d->status) {
		out = json_object();
	} else if (!strcmp(what, "ticket") || !strcmp(what, "note")) {
		out = serve_create(d, in, !strcmp(what, "note"), answer);
	} else if (!strcmp(what, "find")) {
		unsigned ticket = (unsigned)strtoul(text_of(in, "target"), NULL, 10);

		found = ticket ? find_note(d, ticket, text_of(in, "key")) : find_ticket(d, text_of(in, "key"));
		out = json_pack("{s:i}", "id", (int)found);
	} else {
		out = read_answers(d, in);
	}
	answer->body = json_dumps(out, JSON_COMPACT);
	json_decref(out);
	json_decref(in);
}

void sim_desk_answer(struct sim *s, unsigned n, const char *text)
{
	make_note(&s->desk, n, "", text, true);
}

/* --- the notifiers ------------------------------------------------------------------------------ */

static int desk_check(const struct notifier_settings *s, struct err *err)
{
	(void)s;
	(void)err;
	return 0;
}

static struct account *account_open(bool is_blind)
{
	struct account *a = calloc(1, sizeof *a);

	if (!a)
		abort();
	a->is_blind = is_blind;
	return a;
}

static struct account *desk_open(const struct notifier_settings *s, struct err *err)
{
	(void)s;
	(void)err;
	return account_open(false);
}

static struct account *desk_open_blind(const struct notifier_settings *s, struct err *err)
{
	(void)s;
	(void)err;
	return account_open(true);
}

static void desk_close(struct account *a)
{
	free(a);
}

static const char *verb(enum job_type type)
{
	return type == JOB_TICKET ? "ticket" : type == JOB_TICKET_NOTE ? "note" : type == JOB_TICKET_FIND ? "find" : "answers";
}

static struct op *desk_begin(struct account *a, const struct job *job, struct err *err)
{
	struct op *op;

	if (job->type < JOB_TICKET || (a->is_blind && job->type > JOB_TICKET_NOTE)) {
		err_set(err, "a job that this desk does not know");
		return NULL;
	}
	op = calloc(1, sizeof *op);
	if (!op)
		abort();
	op->account = a;
	op->job = job;
	return op;
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static enum op_step ask(struct op *op, struct request *request)
{
	const struct job *job = op->job;
	bool creates = job->type == JOB_TICKET || job->type == JOB_TICKET_NOTE;
	json_t *body = json_pack(
	    "{s:s,s:s,s:s,s:s,s:s,s:s,s:b}", "key", or_empty(job->key), "subject", or_empty(job->subject), "text",
	    or_empty(job->text), "target", or_empty(job->target_id), "to", or_empty(job->to), "cursor",
	    or_empty(job->cursor), "blind", op->account->is_blind);

	op->body = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	snprintf(op->url, sizeof op->url, "desk:%s", verb(job->type));
	request->method = "POST";
	request->url = op->url;
	request->body = op->body;
	request->body_len = strlen(op->body);
	request->effect = creates && !op->account->is_blind ? EFFECT_CREATES : EFFECT_NONE;
	request->max_body = 1 << 20;
	request->timeout_ms = 30000;
	return OP_SEND;
}

static void emit_answers(struct op *op, const json_t *in, const struct op_env *env, struct result *result)
{
	struct item item = {.kind = ITEM_REPLY, .acct = "desk@desk.example"};
	char id[32];
	const json_t *a;
	size_t i;

	json_array_foreach (json_object_get(in, "answers"), i, a) {
		snprintf(id, sizeof id, "%d", (int)json_integer_value(json_object_get(a, "id")));
		item.id = id;
		item.text = text_of(a, "text");
		if (env->emit(env->arg, &item) == EMIT_FAILED) {
			result->class = RESULT_RETRY;
			return;
		}
	}
	snprintf(id, sizeof id, "%d", (int)json_integer_value(json_object_get(in, "cursor")));
	item = (struct item){.kind = ITEM_CURSOR, .cursor = id};
	env->emit(env->arg, &item);
	result->ticket = json_is_true(json_object_get(in, "closed")) ? DESK_TICKET_CLOSED : DESK_TICKET_OPEN;
	(void)op;
}

static enum op_step take(struct op *op, const struct answer *answer, const struct op_env *env, struct result *result)
{
	json_t *in = json_loads(answer->body, 0, NULL);
	int id = (int)json_integer_value(json_object_get(in, "id"));

	result->class = RESULT_OK;
	result->found = id > 0;
	if (id > 0)
		snprintf(result->id, sizeof result->id, "%d", id);
	if (op->job->type == JOB_TICKET_ANSWERS)
		emit_answers(op, in, env, result);
	json_decref(in);
	return OP_DONE;
}

static enum result_class class_of(const struct op *op, const struct answer *answer)
{
	bool creates = op->job->type == JOB_TICKET || op->job->type == JOB_TICKET_NOTE;

	if (answer->transport != TRANSPORT_ANSWERED)
		return RESULT_RETRY; /* the runner knows whether it may have happened */
	if (answer->status >= 500)
		return creates && !op->account->is_blind ? RESULT_UNKNOWN : RESULT_RETRY;
	return answer->status == 401 ? RESULT_AUTH : answer->status == 429 ? RESULT_LIMIT : RESULT_PERMANENT;
}

static enum op_step desk_step(
    struct op *op, const struct answer *answer, const struct op_env *env, struct request *request,
    struct result *result)
{
	if (!answer)
		return ask(op, request);
	if (answer->transport == TRANSPORT_ANSWERED && answer->status == 200)
		return take(op, answer, env, result);
	result->class = class_of(op, answer);
	if (answer->transport == TRANSPORT_ANSWERED)
		snprintf(result->text, sizeof result->text, "the desk said %d", answer->status);
	else
		snprintf(result->text, sizeof result->text, "%s", answer->error);
	return OP_DONE;
}

static void desk_end(struct op *op)
{
	if (op)
		free(op->body);
	free(op);
}

const struct notifier desk_sim = {
    .name = "rt",
    .caps = NOTIFIER_DESK | NOTIFIER_DESK_FINDS | NOTIFIER_DESK_READS,
    .check = desk_check,
    .open = desk_open,
    .close = desk_close,
    .begin = desk_begin,
    .step = desk_step,
    .end = desk_end,
};

const struct notifier desk_sim_blind = {
    .name = "mail",
    .caps = NOTIFIER_DESK,
    .check = desk_check,
    .open = desk_open_blind,
    .close = desk_close,
    .begin = desk_begin,
    .step = desk_step,
    .end = desk_end,
};
