/*
 * The jobs that read us, people and posts: VERIFY, LOOKUP, GET, RECENT.
 * Called by the frame in twitter.c.
 * It must never say "not there" of what it could not read to the end.
 */
#include "notifiers/twitter.h"
#include "notifiers/twitter_count.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define ANSWER_MAX 524288 /* one post or person */
#define RECENT_PAGES 10
/* Our clock is only corrected where it is 30 s off or more (twitter.c). */
#define RECENT_SLACK_MS 35000
#define OLDEST_MS INT64_C(1289001600000) /* 6 November 2010: X takes nothing before */

static bool is_status(const struct turn *turn, int status)
{
	return turn->answer->transport == TRANSPORT_ANSWERED && turn->answer->status == status;
}

static bool emit_self(struct op *op, struct turn *turn, const json_t *self)
{
	const char *display = json_string_value(json_object_get(self, "name"));
	char acct[TWITTER_ACCT_MAX], url[64];
	struct item item = {
	    .kind = ITEM_SELF,
	    .id = op->account->id,
	    .uri = "",
	    .url = url,
	    .parent_id = "",
	    .author_id = op->account->id,
	    .acct = acct,
	    .display = display ? display : "",
	    .text = "X API v2",
	    .cursor = "",
	    .by_us = true,
	    .locked = json_flag(self, "protected"),
	    .limit = TWITTER_LIMIT};

	snprintf(acct, sizeof acct, "%s@x.com", op->account->login);
	snprintf(url, sizeof url, "https://x.com/%s", op->account->login);
	return turn->env->emit(turn->env->arg, &item) != EMIT_FAILED;
}

/* What the app may do, where X says it. -1 with the result set: not even write. */
static int check_access(struct op *op, struct turn *turn)
{
	char level[64];

	if (!answer_header(turn->answer, "x-access-level", level, sizeof level) || !*level)
		return 0;
	if (!strstr(level, "write")) {
		twitter_finish(
		    op, turn, RESULT_AUTH, "the app may only read: " TWITTER_PERMISSIONS "%s",
		    op->account->name);
		return -1;
	}
	if (op->account->messages && !strstr(level, "directmessages"))
		twitter_emit_notice(
		    turn, "messages = true, but the app may not read direct messages: in X's "
			  "developer console, User authentication settings, choose Read and write "
			  "and Direct message, then make new tokens");
	return 0;
}

static enum op_step take_self(struct op *op, struct turn *turn, const json_t *answer)
{
	const json_t *self = json_object_get(answer, "data");
	struct account *a = op->account;
	char id[TWITTER_ID_MAX], name[64];
	struct problem p;

	twitter_json_id(self, "id", id);
	if (*id)
		twitter_charge(op, turn, PRICE_USER_READ, id);
	json_text(self, "username", name, sizeof name);
	if (!*id || !twitter_name(name, a->owner)) {
		twitter_problem(answer, &p);
		return twitter_finish(
		    op, turn, RESULT_BUG, "users/me names no account%s%s", *p.words ? ": " : "",
		    p.words);
	}
	if (strcmp(a->owner, a->login) != 0 || strcmp(id, a->id) != 0)
		return twitter_finish(
		    op, turn, RESULT_AUTH,
		    "the keys belong to %s (%s), the handle says %s (the token: %s): twicket auth "
		    "%s",
		    a->owner, id, a->login, a->id, a->name);
	if (check_access(op, turn) == -1)
		return OP_DONE;
	if (!emit_self(op, turn, self))
		return twitter_finish(op, turn, RESULT_RETRY, "the store did not take it");
	snprintf(turn->result->id, sizeof turn->result->id, "%s", id);
	turn->result->found = true;
	return twitter_finish(op, turn, RESULT_OK, "%s@x.com on X API v2", a->login);
}

/* We cost what anybody costs who is read; no field is asked for that might cost more. */
enum op_step twitter_verify(struct op *op, struct turn *turn)
{
	if (turn->answer)
		return twitter_take(op, turn, take_self);
	twitter_path(op, "/2/users/me");
	twitter_query(op, "user.fields", "id,name,protected,username");
	return twitter_send_get(op, turn, ANSWER_MAX);
}

/* A missing one is 404, 403, or 200 with an error that says so. */
static bool is_gone_status(const struct turn *turn)
{
	struct problem p;
	json_t *body;

	if (is_status(turn, 404))
		return true;
	if (!is_status(turn, 403))
		return false;
	body = answer_json(turn->answer);
	twitter_problem(body, &p);
	json_decref(body);
	return twitter_is_gone(&p);
}

/* 200 without data: not there, or X could not look. */
static enum op_step finish_empty(struct op *op, struct turn *turn, const json_t *answer)
{
	struct problem p;

	twitter_problem(answer, &p);
	if (twitter_is_gone(&p))
		return twitter_finish(op, turn, RESULT_OK, "not there: %s", p.words);
	return twitter_finish(
	    op, turn, *p.words ? RESULT_RETRY : RESULT_BUG, "200 without data%s%s",
	    *p.words ? ": " : "", p.words);
}

static enum op_step take_person(struct op *op, struct turn *turn, const json_t *answer)
{
	const json_t *person = json_object_get(answer, "data");
	const char *display = json_string_value(json_object_get(person, "name"));
	char id[TWITTER_ID_MAX], found[64], name[TWITTER_NAME_MAX], wanted[TWITTER_NAME_MAX];
	char acct[TWITTER_ACCT_MAX];
	struct item item = {
	    .kind = ITEM_PERSON,
	    .id = id,
	    .uri = "",
	    .url = "",
	    .parent_id = "",
	    .author_id = id,
	    .acct = acct,
	    .display = display ? display : "",
	    .text = "",
	    .cursor = ""};

	if (!json_is_object(person))
		return finish_empty(op, turn, answer);
	twitter_json_id(person, "id", id);
	if (*id)
		twitter_charge(op, turn, PRICE_USER_READ, id);
	json_text(person, "username", found, sizeof found);
	if (!*id || !twitter_name(found, name) || !twitter_name(op->job->to, wanted) ||
	    strcmp(name, wanted) != 0)
		return twitter_finish(
		    op, turn, RESULT_BUG, "asked for %s, X answers %s (%s)", op->job->to, found,
		    id);
	snprintf(acct, sizeof acct, "%s@x.com", name);
	item.by_us = strcmp(id, op->account->id) == 0;
	if (turn->env->emit(turn->env->arg, &item) == EMIT_FAILED)
		return twitter_finish(op, turn, RESULT_RETRY, "the store did not take it");
	snprintf(turn->result->id, sizeof turn->result->id, "%s", id);
	turn->result->found = true;
	return twitter_finish(op, turn, RESULT_OK, "%s is %s", acct, id);
}

enum op_step twitter_lookup(struct op *op, struct turn *turn)
{
	char name[TWITTER_NAME_MAX];

	if (!turn->answer) {
		twitter_name(op->job->to, name);
		twitter_path(op, "/2/users/by/username/");
		twitter_path_part(op, name);
		return twitter_send_get(op, turn, ANSWER_MAX);
	}
	if (is_gone_status(turn))
		return twitter_finish(op, turn, RESULT_OK, "no such account: %s", op->job->to);
	return twitter_take(op, turn, take_person);
}

static enum op_step take_get(struct op *op, struct turn *turn, const json_t *answer)
{
	const json_t *post = json_object_get(answer, "data");
	char id[TWITTER_ID_MAX], author[TWITTER_ID_MAX];
	bool is_ours;

	if (!json_is_object(post))
		return finish_empty(op, turn, answer);
	twitter_json_id(post, "id", id);
	twitter_json_id(post, "author_id", author);
	is_ours = strcmp(author, op->account->id) == 0;
	twitter_charge_posts(op, turn, answer, is_ours ? PRICE_OWN_READ : PRICE_READ);
	if (twitter_emit_post(op, turn, post, is_ours ? ITEM_OWN : ITEM_REPLY) == EMIT_FAILED)
		return twitter_finish(op, turn, RESULT_RETRY, "the store did not take it");
	if (op->skipped)
		return twitter_finish(op, turn, RESULT_BUG, "the post has no id or no author");
	twitter_take_post(turn->result, id);
	turn->result->found = true;
	return twitter_finish(op, turn, RESULT_OK, "found");
}

enum op_step twitter_get(struct op *op, struct turn *turn)
{
	if (!turn->answer) {
		twitter_path(op, "/2/tweets/");
		twitter_path_part(op, op->job->target_id);
		twitter_ask_fields(op, true);
		return twitter_send_get(op, turn, ANSWER_MAX);
	}
	if (is_gone_status(turn))
		return twitter_finish(op, turn, RESULT_OK, "the post is not there");
	return twitter_take(op, turn, take_get);
}

/* The same for all pages. */
static void reckon_since(struct op *op, const struct turn *turn)
{
	int64_t ms = op->job->since_ms - RECENT_SLACK_MS + op->account->skew_ms;
	int64_t now_ms = twitter_now_ms(op, turn) - RECENT_SLACK_MS;
	struct tm tm;
	time_t t;

	ms = ms > now_ms ? now_ms : ms;
	t = (time_t)((ms > OLDEST_MS ? ms : OLDEST_MS) / 1000);
	op->since_skew_ms = op->account->skew_ms;
	if (!gmtime_r(&t, &tm) || !strftime(op->since, sizeof op->since, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(op->since, sizeof op->since, "2010-11-06T00:00:00Z");
}

static enum op_step ask_recent(struct op *op, struct turn *turn)
{
	if (!*op->since)
		reckon_since(op, turn);
	twitter_path(op, "/2/users/");
	twitter_path_part(op, op->account->id);
	buf_str(&op->url, "/tweets");
	twitter_query(op, "start_time", op->since);
	twitter_query(op, "max_results", "100");
	if (*op->next)
		twitter_query(op, "pagination_token", op->next);
	twitter_ask_fields(op, false);
	return twitter_send_get(op, turn, TWITTER_PAGE_MAX);
}

enum recent_state { RECENT_POSTS, RECENT_MESSAGES };

static enum op_step finish_recent(struct op *op, struct turn *turn)
{
	/* The list of our posts does not show messages. */
	if (op->job->visibility == VISIBILITY_DIRECT) {
		op->state = RECENT_MESSAGES;
		return twitter_recent_messages(op, turn);
	}
	turn->result->found = op->fresh + op->known > 0;
	return twitter_finish(
	    op, turn, RESULT_OK, "%u own posts in %u pages", op->fresh + op->known, op->pages);
}

/* False when the store did not take it. */
static bool emit_recent(struct op *op, struct turn *turn, const json_t *list)
{
	char id[TWITTER_ID_MAX], author[TWITTER_ID_MAX];
	json_t *post;
	size_t i;

	json_array_foreach (list, i, post) {
		twitter_json_id(post, "id", id);
		twitter_json_id(post, "author_id", author);
		/* Without an id it could be the one that is looked for. */
		if (!*id)
			op->skipped++;
		else if (*author && strcmp(author, op->account->id) != 0)
			continue;
		else if (twitter_emit_post(op, turn, post, ITEM_OWN) == EMIT_FAILED)
			return false;
	}
	return true;
}

static enum op_step take_recent(struct op *op, struct turn *turn, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "data");
	const json_t *meta = json_object_get(answer, "meta");
	struct problem p;
	char next[sizeof op->next];

	twitter_charge_posts(op, turn, answer, PRICE_OWN_READ);
	/* Only this answer told how late it is there: what we asked for began at a wrong time. */
	if (!op->is_again &&
	    twitter_distance(op->account->skew_ms, op->since_skew_ms) > TWITTER_SKEW_MIN_MS) {
		op->is_again = true;
		op->since[0] = op->next[0] = '\0';
		return ask_recent(op, turn);
	}
	op->pages++;
	if (!emit_recent(op, turn, list))
		return twitter_finish(op, turn, RESULT_RETRY, "the store did not take it");
	twitter_problem(answer, &p);
	/* "Not there" is only said of a list that X says it gave in full. */
	if (op->skipped || !json_is_object(meta) || (list && !json_is_array(list)) ||
	    (*p.words && !twitter_is_gone(&p)))
		return twitter_finish(
		    op, turn, RESULT_RETRY, "the list of own posts is not whole%s%s",
		    *p.words ? ": " : "", p.words);
	json_text(meta, "next_token", next, sizeof next);
	if (!*next && !json_object_get(meta, "next_token"))
		return finish_recent(op, turn);
	if (!*next || strcmp(next, op->next) == 0 || op->pages >= RECENT_PAGES)
		return twitter_finish(
		    op, turn, RESULT_RETRY, "could not look back far enough in %u pages",
		    op->pages);
	snprintf(op->next, sizeof op->next, "%s", next);
	return ask_recent(op, turn);
}

/* UNKNOWN posts are settled by this: what is broken is never "not there". */
enum op_step twitter_recent(struct op *op, struct turn *turn)
{
	enum op_step step;

	if (!turn->answer)
		return ask_recent(op, turn);
	step = op->state == RECENT_MESSAGES ? twitter_recent_messages(op, turn)
					    : twitter_take(op, turn, take_recent);
	if (step == OP_DONE && turn->result->class == RESULT_BUG)
		turn->result->class = RESULT_RETRY;
	return step;
}
