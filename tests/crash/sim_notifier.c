/*
 * The notifier of the simulated network: all jobs of notifier.h, in lines of text.
 * Called by the runner like any other. Must never look into the server.
 */
#include "tests/crash/sim.h"
#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS 24

struct account {
	char name[SIM_NAME];
	const int64_t *prices; /* NULL = nothing costs */
};

struct op {
	struct account *account;
	const struct job *job;
	struct buf body;
	char url[32];
	int64_t cost_micro; /* of all pages */
	char max_id[SIM_ID]; /* the page that comes next */
};

static int sim_check(const struct notifier_settings *s, struct err *err)
{
	(void)s;
	(void)err;
	return 0;
}

static struct account *sim_open(const struct notifier_settings *s, struct err *err)
{
	struct account *a = calloc(1, sizeof *a);

	(void)err;
	if (!a)
		abort();
	snprintf(a->name, sizeof a->name, "%s", s->name);
	a->prices = s->prices;
	return a;
}

static void sim_close(struct account *a)
{
	free(a);
}

static void sim_measure(const struct account *a, const char *text, unsigned *units, unsigned *limit)
{
	(void)a;
	*units = (unsigned)strlen(text);
	*limit = 500;
}

/* A link is what has "://" in it. */
static int64_t sim_price(const struct account *a, const struct job *job)
{
	if (a->prices && job->type == JOB_DELETE)
		return a->prices[PRICE_DELETE];
	if (!a->prices || job->type != JOB_POST)
		return 0;
	if (job->to && job->to[0])
		return a->prices[PRICE_ANSWER];
	return a->prices[job->text && strstr(job->text, "://") ? PRICE_POST_WITH_URL : PRICE_POST];
}

static struct op *sim_begin(struct account *a, const struct job *job, struct err *err)
{
	struct op *op;

	if (job->type == JOB_POST && (!job->text || !job->text[0])) {
		err_set(err, "nothing to say");
		return NULL;
	}
	op = calloc(1, sizeof *op);
	if (!op)
		abort();
	op->account = a;
	op->job = job;
	buf_init(&op->body, 16384);
	return op;
}

static void sim_end(struct op *op)
{
	if (!op)
		return;
	buf_finish(&op->body);
	free(op);
}

/* --- the request --- */

static void say(struct buf *out, const char *key, const char *value)
{
	if (!value || !value[0])
		return;
	buf_printf(out, "%s ", key);
	for (; *value; value++) {
		if (*value == '\n' || *value == '\\')
			buf_char(out, '\\');
		buf_char(out, *value == '\n' ? 'n' : *value);
	}
	buf_char(out, '\n');
}

static const char *verb(enum job_type type)
{
	switch (type) {
	case JOB_VERIFY: return "verify";
	case JOB_POST: return "post";
	case JOB_EDIT: return "edit";
	case JOB_DELETE: return "delete";
	case JOB_FAVOURITE: return "favourite";
	case JOB_BOOST: return "boost";
	case JOB_RECENT: return "recent";
	case JOB_COLLECT: return "collect";
	case JOB_THREAD: return "thread";
	case JOB_GET: return "get";
	case JOB_LOOKUP: return "lookup";
	case JOB_TICKET: return "ticket";
	case JOB_TICKET_NOTE: return "note";
	case JOB_TICKET_FIND: return "find";
	case JOB_TICKET_ANSWERS: return "answers";
	}
	return "";
}

static bool is_create(enum job_type type)
{
	return type == JOB_POST || type == JOB_EDIT || type == JOB_DELETE || type == JOB_FAVOURITE ||
	       type == JOB_BOOST;
}

/* No answer means that it may have happened, and must not happen twice. A delete may: gone is gone. */
static bool is_risky(enum job_type type)
{
	return is_create(type) && type != JOB_DELETE && type != JOB_BOOST;
}

static enum op_step sim_ask(struct op *op, struct request *request)
{
	const struct job *job = op->job;

	buf_reset(&op->body);
	say(&op->body, "account", op->account->name);
	say(&op->body, "parent", job->parent_id);
	say(&op->body, "key", job->key);
	say(&op->body, "to", job->to);
	say(&op->body, "language", job->language);
	say(&op->body, "target", job->target_id);
	say(&op->body, "cursor", job->cursor);
	say(&op->body, "max_id", op->max_id);
	buf_printf(&op->body, "visibility %d\n", (int)job->visibility);
	buf_printf(&op->body, "since %lld\n", (long long)job->since_ms);
	say(&op->body, "text", job->text);
	snprintf(op->url, sizeof op->url, "sim:%s", verb(job->type));
	request->method = is_create(job->type) ? "POST" : "GET";
	request->url = op->url;
	request->body = buf_text(&op->body);
	request->body_len = op->body.len;
	request->effect = is_risky(job->type) ? EFFECT_CREATES : EFFECT_NONE;
	request->max_body = 1 << 20;
	request->timeout_ms = 30000;
	return OP_SEND;
}

/* --- the answer --- */

struct record {
	char *keys[FIELDS], *values[FIELDS];
	unsigned n;
};

static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s == '\\' && s[1])
			*to++ = *++s == 'n' ? '\n' : *s;
		else
			*to++ = *s;
	}
	*to = '\0';
}

/* Takes the next record apart in place; NULL behind the last. */
static char *record_read(char *at, struct record *r)
{
	r->n = 0;
	while (*at && *at != '\n' && r->n < FIELDS) {
		char *end = strchr(at, '\n'), *value = strchr(at, ' ');

		if (!end || !value || value > end)
			return NULL;
		*end = *value = '\0';
		unescape(value + 1);
		r->keys[r->n] = at;
		r->values[r->n++] = value + 1;
		at = end + 1;
	}
	return r->n ? at + (*at == '\n') : NULL;
}

static const char *get(const struct record *r, const char *key)
{
	for (unsigned i = 0; i < r->n; i++) {
		if (strcmp(r->keys[i], key) == 0)
			return r->values[i];
	}
	return "";
}

static int64_t get_number(const struct record *r, const char *key)
{
	return strtoll(get(r, key), NULL, 10);
}

static const struct {
	const char *name;
	enum item_kind kind;
} kinds[] = {
    {"own", ITEM_OWN},
    {"reply", ITEM_REPLY},
    {"reaction", ITEM_REACTION},
    {"cursor", ITEM_CURSOR},
    {"person", ITEM_PERSON},
    {"self", ITEM_SELF}};

static void item_fill(const struct record *r, struct item *item)
{
	memset(item, 0, sizeof *item);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kinds[i].name, get(r, "kind")) == 0)
			item->kind = kinds[i].kind;
	}
	item->id = get(r, "id");
	item->uri = get(r, "uri");
	item->url = get(r, "url");
	item->parent_id = get(r, "parent");
	item->author_id = get(r, "author");
	item->acct = get(r, "acct");
	item->display = get(r, "acct");
	item->text = get(r, "text");
	item->cursor = get(r, "cursor");
	item->created_ms = get_number(r, "created");
	item->visibility = (enum visibility)get_number(r, "visibility");
	item->bot = get_number(r, "bot");
	item->is_boost = get_number(r, "boost");
	item->has_media = get_number(r, "media");
	item->edited = get_number(r, "edited");
	item->limit = 500;
}

static void result_fill(struct result *result, const struct item *item)
{
	result->found = true;
	snprintf(result->id, sizeof result->id, "%s", item->id);
	snprintf(result->uri, sizeof result->uri, "%s", item->uri);
	snprintf(result->url, sizeof result->url, "%s", item->url);
}

/* What the server says besides its items; false: it is an item. */
static bool read_aside(const struct record *r, const struct op_env *env, struct result *result)
{
	struct item item = {.kind = ITEM_NOTICE, .text = get(r, "notice")};

	if (strcmp(get(r, "kind"), "aside") != 0)
		return false;
	result->cost_micro = get_number(r, "charged");
	if (item.text[0])
		env->emit(env->arg, &item);
	return true;
}

/* Hands out the items of a page; how many they were, -1: one could not be taken. */
static int read_items(
    struct op *op, const struct answer *answer, const struct op_env *env, struct result *result)
{
	char *copy = strdup(answer->body), *at = copy;
	bool has_failed = false;
	struct record record;
	struct item item;
	int n = 0;

	if (!copy)
		abort();
	while ((at = record_read(at, &record)) && !has_failed) {
		if (read_aside(&record, env, result))
			continue;
		item_fill(&record, &item);
		result_fill(result, &item);
		if (!is_create(op->job->type))
			has_failed = env->emit(env->arg, &item) == EMIT_FAILED;
		snprintf(op->max_id, sizeof op->max_id, "%s", item.id);
		n++;
	}
	free(copy);
	return has_failed ? -1 : n;
}

static enum op_step sim_read(
    struct op *op, const struct answer *answer, const struct op_env *env, struct request *request,
    struct result *result)
{
	int n = read_items(op, answer, env, result);

	if (op->account->prices && !is_create(op->job->type))
		op->cost_micro += (n > 0 ? n : 0) * op->account->prices[PRICE_OWN_READ];
	if (op->job->type == JOB_RECENT && n == SIM_PAGE)
		return sim_ask(op, request);
	result->class = n < 0 ? RESULT_RETRY : RESULT_OK;
	if (!is_create(op->job->type))
		result->cost_micro = op->cost_micro;
	return OP_DONE;
}

static enum result_class class_of(const struct op *op, int status)
{
	bool creates = is_create(op->job->type);

	if (status >= 500)
		return is_risky(op->job->type) ? RESULT_UNKNOWN : RESULT_RETRY;
	if (status == 429 || status == SIM_LONG_LIMIT)
		return RESULT_LIMIT;
	if (status == 401 || status == SIM_NO_CREDIT)
		return RESULT_AUTH;
	if (status == SIM_DUPLICATE)
		return RESULT_UNKNOWN;
	if (status == 404 && (!creates || op->job->type == JOB_DELETE))
		return RESULT_OK; /* looked, and it is not there; deleted, and it was gone */
	return status == 418 ? RESULT_BUG : RESULT_PERMANENT;
}

static void fail(
    const struct op *op, const struct answer *answer, const struct op_env *env,
    struct result *result)
{
	char after[SIM_NAME];

	if (answer->transport != TRANSPORT_ANSWERED) {
		result->class = RESULT_RETRY; /* the runner knows whether it may have happened */
		snprintf(result->text, sizeof result->text, "%s", answer->error);
		return;
	}
	result->class = class_of(op, answer->status);
	result->is_duplicate = answer->status == SIM_DUPLICATE;
	result->is_alarm = answer->status == SIM_LONG_LIMIT;
	if (answer->status == SIM_NO_REPLIES)
		result->refusal = REFUSAL_REPLIES;
	else if (answer->status == SIM_NO_PARENT)
		result->refusal = REFUSAL_PARENT;
	snprintf(result->text, sizeof result->text, "the server said %d", answer->status);
	if (answer_header(answer, "Retry-After", after, sizeof after))
		result->not_before_ms = env->wall_ms + 1000 * strtoll(after, NULL, 10);
}

static enum op_step sim_step(
    struct op *op, const struct answer *answer, const struct op_env *env, struct request *request,
    struct result *result)
{
	if (!answer)
		return sim_ask(op, request);
	if (answer->transport == TRANSPORT_ANSWERED && answer->status == 200)
		return sim_read(op, answer, env, request, result);
	fail(op, answer, env, result);
	return OP_DONE;
}

const struct notifier notifier_sim = {
    .name = "sim",
    .caps = NOTIFIER_THREADS | NOTIFIER_EDITS | NOTIFIER_DELETES | NOTIFIER_FAVOURITES | NOTIFIER_BOOSTS |
	    NOTIFIER_KEYS | NOTIFIER_DIRECT | NOTIFIER_COLLECTS | NOTIFIER_ANSWERS,
    .check = sim_check,
    .open = sim_open,
    .close = sim_close,
    .measure = sim_measure,
    .price = sim_price,
    .begin = sim_begin,
    .step = sim_step,
    .end = sim_end,
};
