/*
 * What an answer of X means: the error table of facts/X.md section 2, as data.
 * Called by the jobs of the X notifier.
 * It must never let a key, a control character or a guess through as a fact.
 */
#include "notifiers/twitter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_MS (INT64_C(60) * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define WAIT_UNSAID_MS (15 * MINUTE_MS) /* X's usual window */
#define WAIT_MAX_MS (25 * HOUR_MS) /* its longest, and a little */
#define WORDS_MAX 170 /* of X, in a result that has 255 bytes */
#define CREDIT_MS (6 * HOUR_MS) /* between two looks whether money came */
#define DAY_SLICE_MS HOUR_MS /* a day's posts are handed out by the half hour (facts/X.md) */
#define REFUSED_MS (6 * HOUR_MS) /* between two looks whether X has changed its mind */

enum verdict {
	VERDICT_PERMANENT,
	VERDICT_RETRY,
	VERDICT_LIMIT,
	VERDICT_DAY, /* a limit for long, whatever the headers say */
	VERDICT_UNREAD,
	VERDICT_KEYS,
	VERDICT_AUTH,
	VERDICT_CREDIT,
	VERDICT_DUPLICATE,
	VERDICT_REPLIES,
	VERDICT_PARENT
};

/* What the request was about. */
enum about {
	ABOUT_ANYTHING = 0,
	ABOUT_POST = 1 << 0,
	ABOUT_ANSWER = 1 << 1, /* a post with a parent */
	ABOUT_MESSAGE = 1 << 2,
	ABOUT_ONE = 1 << 3, /* one post or person that we name */
	ABOUT_ASKED = 1 << 4, /* the same, only read */
	ABOUT_MENTIONS = 1 << 5,
	ABOUT_OWN = 1 << 6 /* our own posts */
};

#define CREDIT "no credit left at X: buy some, or raise the spending limit, at console.x.com"

/* The first that fits holds. Hosts of types changed: only their last path part is compared. */
static const struct rule {
	int status; /* 0 = any of 400 to 499 */
	unsigned about;
	const char *type, *words; /* NULL = any */
	enum verdict verdict;
	const char *hint; /* ends in a blank: the account's name follows */
} rules[] = {
    {402, 0, NULL, NULL, VERDICT_CREDIT, CREDIT},
    {0, 0, "credits", NULL, VERDICT_CREDIT, CREDIT},
    {0, 0, "usage-capped", NULL, VERDICT_CREDIT, CREDIT},
    {0, 0, NULL, "CreditsDepleted", VERDICT_CREDIT, CREDIT},
    {0, 0, NULL, "does not have any credits", VERDICT_CREDIT, CREDIT},
    {0, 0, NULL, "UsageCapExceeded", VERDICT_CREDIT, CREDIT},
    {401, 0, NULL, NULL, VERDICT_KEYS, "X refuses the keys: twicket auth "},
    {429, 0, NULL, NULL, VERDICT_LIMIT, NULL},
    {403, ABOUT_POST, NULL, "duplicate content", VERDICT_DUPLICATE, NULL},
    {403, ABOUT_POST, NULL, "is a duplicate", VERDICT_DUPLICATE, NULL},
    {403, ABOUT_POST, NULL, "daily limit", VERDICT_DAY, NULL},
    {403, ABOUT_POST, NULL, "update limit", VERDICT_DAY, NULL},
    {403, ABOUT_POST, NULL, "too long", VERDICT_PERMANENT, NULL},
    {403, ABOUT_POST, NULL, "shorter", VERDICT_PERMANENT, NULL},
    {403, ABOUT_POST, NULL, "280 characters", VERDICT_PERMANENT, NULL},
    {403, ABOUT_POST, NULL, "cashtag", VERDICT_PERMANENT, NULL},
    {403, ABOUT_ANSWER, NULL, "where you are mentioned or are the author", VERDICT_REPLIES, NULL},
    {403, ABOUT_ANSWER, NULL, "Reply to this conversation is not allowed", VERDICT_REPLIES, NULL},
    {0, ABOUT_ANSWER, NULL, "deleted or not visible", VERDICT_PARENT, NULL},
    {404, ABOUT_ANSWER, NULL, NULL, VERDICT_PARENT, NULL},
    {403, ABOUT_ANSWER, "resource-not-found", NULL, VERDICT_PARENT, NULL},
    {403, ABOUT_ANSWER, "not-authorized-for-resource", NULL, VERDICT_REPLIES, NULL},
    {403, ABOUT_MESSAGE, NULL, NULL, VERDICT_PERMANENT, NULL},
    {403, ABOUT_ONE, "not-authorized-for-resource", NULL, VERDICT_PERMANENT, NULL},
    {403, ABOUT_ONE, "resource-unavailable", NULL, VERDICT_PERMANENT, NULL},
    {403, ABOUT_ONE, "disallowed-resource", NULL, VERDICT_PERMANENT, NULL},
    {403, ABOUT_ASKED, NULL, NULL, VERDICT_PERMANENT, NULL},
    {403, ABOUT_MENTIONS, NULL, NULL, VERDICT_UNREAD, NULL},
    {403, ABOUT_OWN, NULL, NULL, VERDICT_RETRY, NULL},
    {403, 0, "oauth1-permissions", NULL, VERDICT_AUTH, TWITTER_PERMISSIONS},
    {403, 0, NULL, "oauth1 app permissions", VERDICT_AUTH, TWITTER_PERMISSIONS},
    {403, 0, NULL, "suspended", VERDICT_AUTH, "X has suspended the account: appeal there"},
    {403, ABOUT_ANSWER, NULL, "blocked", VERDICT_PERMANENT, NULL},
    {403, 0, NULL, "temporarily locked", VERDICT_AUTH, "X has locked the account: log in there and unlock it"},
    {403, 0, "client-forbidden", NULL, VERDICT_AUTH,
     "at console.x.com, the app must belong to a project"},
    {403, 0, NULL, NULL, VERDICT_AUTH, NULL},
    {408, 0, NULL, NULL, VERDICT_RETRY, NULL},
    {425, 0, NULL, NULL, VERDICT_RETRY, NULL},
    {0, 0, NULL, NULL, VERDICT_PERMANENT, NULL},
};

bool twitter_is_ok(const struct turn *turn)
{
	return turn->answer->transport == TRANSPORT_ANSWERED && turn->answer->status >= 200 &&
	       turn->answer->status < 300;
}

enum op_step
twitter_finish(struct op *op, struct turn *turn, enum result_class class, const char *format, ...)
{
	const struct oauth1_keys *k = &op->account->keys;
	const char *const secrets[] = {
	    k->consumer_secret, k->token_secret, k->consumer_key, k->token, NULL};
	va_list ap;

	va_start(ap, format);
	result_words(turn->result, secrets, format, ap);
	va_end(ap);
	turn->result->class = class;
	return OP_DONE;
}

/* SPEC 4.3 rule 2: what was written and not answered readably may have happened. */
static enum result_class unread(const struct op *op)
{
	return op->effect == EFFECT_CREATES ? RESULT_UNKNOWN : RESULT_RETRY;
}

json_t *twitter_json(struct op *op, struct turn *turn)
{
	const struct answer *answer = turn->answer;
	json_t *json = answer_json(answer);

	if (json_is_object(json))
		return json;
	if (!json)
		twitter_finish(
		    op, turn, unread(op), "%d, but %s: %.1500s", answer->status,
		    answer_fault(answer),
		    answer_quote(answer));
	else
		twitter_finish(
		    op, turn, op->effect == EFFECT_CREATES ? RESULT_UNKNOWN : RESULT_BUG,
		    "%d, but the answer is not what the API promises: %.1500s", answer->status,
		    answer_quote(answer));
	json_decref(json);
	return NULL;
}

/* Words that are not in there yet. */
static void add_words(struct problem *p, const json_t *object, const char *key)
{
	char words[512];
	size_t used = strlen(p->words);

	json_text(object, key, words, sizeof words);
	if (*words && !strstr(p->words, words))
		snprintf(p->words + used, sizeof p->words - used, "%s%s", used ? ": " : "", words);
}

static void add_problem(struct problem *p, const json_t *object)
{
	static const char *const keys[] = {"title", "detail", "message", "reason", "error"};
	char type[256];
	const char *last;

	json_text(object, "type", type, sizeof type);
	last = strrchr(type, '/');
	if (!*p->type)
		snprintf(p->type, sizeof p->type, "%.63s", last ? last + 1 : type);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		add_words(p, object, keys[i]);
}

void twitter_problem(const json_t *body, struct problem *p)
{
	json_t *one;
	size_t i;

	*p = (struct problem){.type = ""};
	add_problem(p, body);
	json_array_foreach (json_object_get(body, "errors"), i, one)
		add_problem(p, one);
}

void twitter_remark(struct op *op, const json_t *body)
{
	struct problem p;

	twitter_problem(body, &p);
	if (*p.words)
		snprintf(op->remark, sizeof op->remark, "; with errors: %.140s", p.words);
}

bool twitter_is_gone(const struct problem *p)
{
	static const char *const types[] = {
	    "resource-not-found", "resource-unavailable", "not-authorized-for-resource",
	    "disallowed-resource"};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (strcmp(p->type, types[i]) == 0)
			return true;
	}
	return strcasestr(p->words, "has been suspended") != NULL;
}

static int64_t header_number(const struct turn *turn, const char *name)
{
	char value[32];

	if (!answer_header(turn->answer, name, value, sizeof value) || !*value ||
	    strlen(value) > 12 || value[strspn(value, "0123456789")])
		return -1;
	return strtoll(value, NULL, 10);
}

/* From now; -1 when it is not said. */
static int64_t wait_until(const struct op *op, const struct turn *turn, const char *header)
{
	int64_t at = header_number(turn, header), wait;

	if (at < 0)
		return -1;
	wait = at * 1000 - answer_clock_ms(turn->answer, twitter_now_ms(op, turn));
	return wait > MINUTE_MS ? wait : MINUTE_MS;
}

int64_t twitter_reset_ms(const struct op *op, const struct turn *turn, bool *is_long)
{
	static const struct {
		const char *remaining, *reset;
	} days[] = {
	    {"x-user-limit-24hour-remaining", "x-user-limit-24hour-reset"},
	    {"x-app-limit-24hour-remaining", "x-app-limit-24hour-reset"},
	};
	int64_t wait = -1, day;

	*is_long = false;
	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		if (header_number(turn, days[i].remaining) != 0)
			continue;
		*is_long = true;
		day = wait_until(op, turn, days[i].reset);
		wait = day > wait ? day : wait;
	}
	if (wait < 0)
		wait = wait_until(op, turn, "x-rate-limit-reset");
	if (wait < 0)
		wait = WAIT_UNSAID_MS;
	*is_long = *is_long || wait > HOUR_MS;
	return turn->env->wall_ms + (wait < WAIT_MAX_MS ? wait : WAIT_MAX_MS);
}

static unsigned about(const struct op *op)
{
	switch (op->job->type) {
	case JOB_POST:
		if (op->job->visibility == VISIBILITY_DIRECT)
			return ABOUT_MESSAGE;
		return op->job->parent_id && *op->job->parent_id ? ABOUT_POST | ABOUT_ANSWER
								 : ABOUT_POST;
	case JOB_DELETE: return ABOUT_ONE;
	case JOB_GET:
	case JOB_LOOKUP: return ABOUT_ONE | ABOUT_ASKED;
	case JOB_RECENT: return ABOUT_OWN;
	case JOB_COLLECT: return ABOUT_MENTIONS;
	case JOB_EDIT:
	case JOB_FAVOURITE:
	case JOB_BOOST:
	case JOB_VERIFY:
	case JOB_THREAD:
	case JOB_TICKET:
	case JOB_TICKET_NOTE:
	case JOB_TICKET_FIND:
	case JOB_TICKET_ANSWERS: break;
	}
	return ABOUT_ANYTHING;
}

static const struct rule *rule_of(const struct op *op, int status, const struct problem *p)
{
	const struct rule *r = rules;

	/* The last one fits all. */
	while ((r->status && r->status != status) || (r->about && !(r->about & about(op))) ||
	       (r->type && strcmp(r->type, p->type) != 0) ||
	       (r->words && !strcasestr(p->words, r->words)))
		r++;
	return r;
}

/* X says "for today" and not when: its window's end, but at least an hour. */
static void wait_day(const struct op *op, struct turn *turn)
{
	int64_t least_ms = turn->env->wall_ms + DAY_SLICE_MS;
	struct result *r = turn->result;

	r->not_before_ms = twitter_reset_ms(op, turn, &r->is_alarm);
	if (r->not_before_ms < least_ms)
		r->not_before_ms = least_ms;
	r->is_alarm = true;
}

static enum result_class take_verdict(struct op *op, struct turn *turn, enum verdict verdict)
{
	struct result *r = turn->result;

	switch (verdict) {
	case VERDICT_PERMANENT: break;
	case VERDICT_RETRY: return RESULT_RETRY;
	case VERDICT_LIMIT:
		r->not_before_ms = twitter_reset_ms(op, turn, &r->is_alarm);
		return RESULT_LIMIT;
	case VERDICT_DAY: wait_day(op, turn); return RESULT_LIMIT;
	case VERDICT_UNREAD:
		r->not_before_ms = turn->env->wall_ms + REFUSED_MS;
		r->is_alarm = true;
		return RESULT_LIMIT;
	case VERDICT_CREDIT: r->not_before_ms = turn->env->wall_ms + CREDIT_MS; return RESULT_AUTH;
	case VERDICT_KEYS: return RESULT_AUTH;
	case VERDICT_AUTH: r->not_before_ms = turn->env->wall_ms + REFUSED_MS; return RESULT_AUTH;
	case VERDICT_DUPLICATE: r->is_duplicate = true; return RESULT_UNKNOWN;
	case VERDICT_REPLIES: r->refusal = REFUSAL_REPLIES; break;
	case VERDICT_PARENT: r->refusal = REFUSAL_PARENT; break;
	}
	return RESULT_PERMANENT;
}

/* X renamed its fields once: a complaint about ours tells which it knows. */
static const char *fields_hint(const struct account *a, const struct answer *answer)
{
	if (answer->status != 400 ||
	    !strstr(answer->body, a->sends_post ? "post.fields" : "tweet.fields"))
		return "";
	return a->sends_post ? "set fields = \"tweet\" for this account: "
			     : "set fields = \"post\" for this account: ";
}

/* To what leaves room for a hint, never within a character, and without a sign that leads nowhere. */
static void shorten(char *words)
{
	size_t n = strlen(words);

	if (n > WORDS_MAX)
		for (n = WORDS_MAX; n && (words[n] & 0xc0) == 0x80; n--)
			;
	while (n && strchr(": ", words[n - 1]))
		n--;
	words[n] = '\0';
}

static enum op_step refuse_4xx(struct op *op, struct turn *turn)
{
	json_t *body = turn->answer->truncated ? NULL : answer_json(turn->answer);
	const struct account *a = op->account;
	int status = turn->answer->status;
	const struct rule *rule;
	enum result_class class;
	struct problem p;

	twitter_problem(body, &p);
	json_decref(body);
	rule = rule_of(op, status, &p);
	class = take_verdict(op, turn, rule->verdict);
	if (rule->hint)
		return twitter_finish(
		    op, turn, class, "%d: %s%s%s%s", status, rule->hint,
		    rule->hint[strlen(rule->hint) - 1] == ' ' ? a->name : "", *p.words ? ": " : "",
		    p.words);
	shorten(p.words);
	return twitter_finish(
	    op, turn, class, "%d%s%s%s", status, *p.words ? ": " : " without explanation",
	    fields_hint(a, turn->answer), p.words);
}

static enum op_step refuse_transport(struct op *op, struct turn *turn)
{
	if (turn->answer->transport == TRANSPORT_NOT_SENT)
		return twitter_finish(
		    op, turn, RESULT_RETRY, "could not connect: %s", turn->answer->error);
	return twitter_finish(op, turn, unread(op), "no answer: %s", turn->answer->error);
}

enum op_step twitter_refuse(struct op *op, struct turn *turn)
{
	int status = turn->answer->status;
	char location[256];

	if (turn->answer->transport != TRANSPORT_ANSWERED)
		return refuse_transport(op, turn);
	if (status >= 400 && status < 500)
		return refuse_4xx(op, turn);
	if (status < 300 || status >= 400)
		return twitter_finish(op, turn, unread(op), "%d from X", status);
	/* A redirect made nothing; at VERIFY it says that the address is wrong. */
	answer_header(turn->answer, "Location", location, sizeof location);
	return twitter_finish(
	    op, turn, op->job->type == JOB_VERIFY ? RESULT_PERMANENT : RESULT_RETRY,
	    "%d, sent on to %s", status, *location ? location : "nowhere");
}

enum op_step twitter_take(
    struct op *op, struct turn *turn,
    enum op_step (*with)(struct op *, struct turn *, const json_t *))
{
	json_t *answer;
	enum op_step step;

	if (!twitter_is_ok(turn))
		return twitter_refuse(op, turn);
	answer = twitter_json(op, turn);
	if (!answer)
		return OP_DONE;
	step = with(op, turn, answer);
	json_decref(answer);
	return step;
}
