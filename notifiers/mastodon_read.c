/*
 * The jobs that read posts and people: recent own posts, answers under a post,
 * one post, one account. Called by the frame in mastodon.c.
 * It must never say "not there" of what it could not read to the end.
 */
#include "notifiers/mastodon.h"

#include <stdio.h>
#include <string.h>

#define RECENT_LIMIT_TEXT "40"
#define CONTEXT_MAX (8 * 1024 * 1024) /* 4,096 posts at most on Mastodon */
#define PAGE_MAX (2 * 1024 * 1024) /* snac ignores limit: 518 KB seen (facts section 2) */
#define RECENT_PAGES 10
#define RECENT_LIMIT 40 /* the most that Mastodon gives */
/* Servers write times in whole seconds, and their clock is only known to the second. */
#define RECENT_SLACK_MS 5000

enum recent_state { RECENT_SELF, RECENT_PAGE };

/*
 * snac's accounts/:id/statuses holds public posts only (seen with 2.75; and it answers
 * 200 to a bad token). Its home timeline has all of ours, between other people's.
 */
static enum op_step ask_recent(struct op *op, struct turn *turn)
{
	op->state = RECENT_PAGE;
	if (op->account->software == MASTODON_SNAC) {
		mastodon_path(op, "/api/v1/timelines/home");
	} else {
		mastodon_path(op, "/api/v1/accounts/");
		mastodon_path_part(op, op->account->id);
		buf_str(&op->url, "/statuses");
	}
	mastodon_query(op, "limit", RECENT_LIMIT_TEXT);
	if (*op->max_id)
		mastodon_query(op, "max_id", op->max_id);
	return mastodon_send_get(op, turn, PAGE_MAX);
}

static enum op_step take_self(struct op *op, struct turn *turn)
{
	json_t *self = mastodon_json(op, turn, JSON_OBJECT);
	int rc = self ? mastodon_learn_self(op, turn, self) : -1;

	json_decref(self);
	return rc == -1 ? OP_DONE : ask_recent(op, turn);
}

/* False when the store did not take it. */
static bool emit_recent(struct op *op, struct turn *turn, const json_t *page, bool *is_past)
{
	int64_t since = op->job->since_ms + mastodon_skew_ms(turn) - RECENT_SLACK_MS, created_ms;
	char created[64];
	json_t *status;
	size_t i;

	json_array_foreach (page, i, status) {
		/* Without an author it could be the one that is looked for. */
		if (!json_is_object(json_object_get(status, "account")))
			op->skipped++;
		json_text(status, "created_at", created, sizeof created);
		/* Without a time it is shown rather than missed. */
		if (iso8601_ms(created, &created_ms) && created_ms < since) {
			*is_past = true;
			continue;
		}
		/* A boost of ours holds somebody else's words. */
		if (!mastodon_is_ours(op->account, status) ||
		    json_is_object(json_object_get(status, "reblog")))
			continue;
		if (mastodon_emit(op, turn, status, ITEM_OWN) == EMIT_FAILED)
			return false;
		turn->result->found = true;
	}
	return true;
}

/* Where the next older page ends; false when the server does not lead any further. */
static bool older_page(struct op *op, const struct turn *turn, const json_t *page)
{
	char id[MASTODON_ID_MAX];

	if (!mastodon_link(turn->answer, "next", "max_id", id, sizeof id))
		json_text(json_array_get(page, json_array_size(page) - 1), "id", id, sizeof id);
	if (!*id || strcmp(id, op->max_id) == 0)
		return false;
	snprintf(op->max_id, sizeof op->max_id, "%s", id);
	return true;
}

static enum op_step finish_recent(struct op *op, struct turn *turn)
{
	turn->result->found = op->fresh + op->known > 0;
	return mastodon_finish(
	    op, turn, RESULT_OK, "%u own posts in %u pages", op->fresh + op->known, op->pages);
}

static enum op_step take_recent(struct op *op, struct turn *turn, const json_t *page)
{
	bool is_past = false;

	op->pages++;
	if (!emit_recent(op, turn, page, &is_past))
		return mastodon_finish(op, turn, RESULT_RETRY, "the store did not take it");
	if (op->skipped)
		return mastodon_finish(
		    op, turn, RESULT_RETRY, "the list holds a post without id or author");
	if (is_past || json_array_size(page) == 0)
		return finish_recent(op, turn);
	if (older_page(op, turn, page) && op->pages < RECENT_PAGES)
		return ask_recent(op, turn);
	/* A server that pages no further has shown all if that was less than a page. */
	if (op->pages < RECENT_PAGES && json_array_size(page) < RECENT_LIMIT)
		return finish_recent(op, turn);
	return mastodon_finish(
	    op, turn, RESULT_RETRY, "could not look back far enough in %u pages", op->pages);
}

/* UNKNOWN posts are settled by this: what is broken is never "not there". */
static enum op_step recent_broken(struct turn *turn)
{
	if (turn->result->class == RESULT_BUG)
		turn->result->class = RESULT_RETRY;
	return OP_DONE;
}

enum op_step mastodon_recent(struct op *op, struct turn *turn)
{
	enum op_step step;
	json_t *page;

	if (!turn->answer && *op->account->id && op->account->software != MASTODON_UNKNOWN)
		return ask_recent(op, turn);
	if (!turn->answer) {
		mastodon_path(op, "/api/v1/accounts/verify_credentials");
		return mastodon_send_get(op, turn, 524288);
	}
	if (!mastodon_is_ok(turn))
		return mastodon_refuse(op, turn);
	if (op->state == RECENT_SELF)
		return take_self(op, turn) == OP_SEND ? OP_SEND : recent_broken(turn);
	page = mastodon_json(op, turn, JSON_ARRAY);
	if (!page)
		return recent_broken(turn);
	step = take_recent(op, turn, page);
	json_decref(page);
	return step;
}

static enum op_step take_thread(struct op *op, struct turn *turn, const json_t *context)
{
	const json_t *list = json_object_get(context, "descendants");
	json_t *status;
	size_t i;

	if (!json_is_array(list))
		return mastodon_finish(op, turn, RESULT_BUG, "the context has no descendants");
	json_array_foreach (list, i, status) {
		if (mastodon_emit(op, turn, status, ITEM_REPLY) == EMIT_FAILED)
			return mastodon_finish(op, turn, RESULT_RETRY, "the store did not take it");
	}
	turn->result->found = true;
	return mastodon_finish(
	    op, turn, RESULT_OK, "%u answers, %u of them new", op->fresh + op->known, op->fresh);
}

static bool is_gone(const struct turn *turn)
{
	return mastodon_is_status(turn, 404) || mastodon_is_status(turn, 410);
}

/* The whole tree on Mastodon and GoToSocial, direct answers only on snac. */
enum op_step mastodon_thread(struct op *op, struct turn *turn)
{
	enum op_step step;
	json_t *context;

	if (!turn->answer) {
		mastodon_path(op, "/api/v1/statuses/");
		mastodon_path_part(op, op->job->target_id);
		buf_str(&op->url, "/context");
		return mastodon_send_get(op, turn, CONTEXT_MAX);
	}
	if (is_gone(turn))
		return mastodon_finish(op, turn, RESULT_OK, "the post is not there");
	if (!mastodon_is_ok(turn))
		return mastodon_refuse(op, turn);
	context = mastodon_json(op, turn, JSON_OBJECT);
	if (!context)
		return OP_DONE;
	step = take_thread(op, turn, context);
	json_decref(context);
	return step;
}

static enum op_step take_get(struct op *op, struct turn *turn, const json_t *status)
{
	bool ours = mastodon_is_ours(op->account, status);

	if (!mastodon_take_ids(turn->result, status))
		return mastodon_finish(op, turn, RESULT_BUG, "the post has no id");
	if (mastodon_emit(op, turn, status, ours ? ITEM_OWN : ITEM_REPLY) == EMIT_FAILED)
		return mastodon_finish(op, turn, RESULT_RETRY, "the store did not take it");
	if (op->skipped)
		return mastodon_finish(op, turn, RESULT_BUG, "the post has no author");
	turn->result->found = true;
	return mastodon_finish(op, turn, RESULT_OK, "found");
}

enum op_step mastodon_get(struct op *op, struct turn *turn)
{
	enum op_step step;
	json_t *status;

	if (!turn->answer) {
		mastodon_path(op, "/api/v1/statuses/");
		mastodon_path_part(op, op->job->target_id);
		return mastodon_send_get(op, turn, PAGE_MAX);
	}
	if (is_gone(turn))
		return mastodon_finish(op, turn, RESULT_OK, "the post is not there");
	if (!mastodon_is_ok(turn))
		return mastodon_refuse(op, turn);
	status = mastodon_json(op, turn, JSON_OBJECT);
	if (!status)
		return OP_DONE;
	step = take_get(op, turn, status);
	json_decref(status);
	return step;
}

enum lookup_state {
	LOOKUP_DIRECT, /* what the server knows already */
	LOOKUP_SEARCH /* what it can find out: asks the other server */
};

static enum op_step ask_search(struct op *op, struct turn *turn)
{
	op->state = LOOKUP_SEARCH;
	mastodon_path(op, "/api/v2/search");
	mastodon_query(op, "q", op->job->to);
	mastodon_query(op, "type", "accounts");
	mastodon_query(op, "resolve", "true");
	mastodon_query(op, "limit", "5");
	return mastodon_send_get(op, turn, PAGE_MAX);
}

/* True when it is the account that was asked for; a result of -1 class is left alone. */
static bool is_wanted(const struct op *op, const json_t *person)
{
	char acct[MASTODON_ACCT_MAX], full[MASTODON_ACCT_MAX], wanted[MASTODON_ACCT_MAX];
	size_t n;

	json_text(person, "acct", acct, sizeof acct);
	if (!mastodon_acct(op->account, acct, full, sizeof full) ||
	    !mastodon_acct(op->account, op->job->to, wanted, sizeof wanted))
		return false;
	/* Our own server has two names where the API's host is not the account domain. */
	n = strcspn(wanted, "@") + 1;
	if (strcmp(wanted + n, op->account->host) == 0)
		snprintf(wanted + n, sizeof wanted - n, "%s", op->account->domain);
	return strcmp(full, wanted) == 0;
}

static enum op_step emit_person(struct op *op, struct turn *turn, const json_t *person)
{
	const char *display = json_string_value(json_object_get(person, "display_name"));
	const char *url = json_string_value(json_object_get(person, "url"));
	char id[MASTODON_ID_MAX], acct[MASTODON_ACCT_MAX], full[MASTODON_ACCT_MAX];
	struct item item = {
	    .kind = ITEM_PERSON,
	    .id = id,
	    .uri = "",
	    .url = url ? url : "",
	    .parent_id = "",
	    .author_id = id,
	    .acct = full,
	    .display = display ? display : "",
	    .text = "",
	    .cursor = "",
	    .bot = json_flag(person, "bot")};

	json_text(person, "id", id, sizeof id);
	json_text(person, "acct", acct, sizeof acct);
	if (!*id || !mastodon_acct(op->account, acct, full, sizeof full))
		return mastodon_finish(op, turn, RESULT_BUG, "the account has no id");
	item.by_us = *op->account->id && strcmp(id, op->account->id) == 0;
	if (turn->env->emit(turn->env->arg, &item) == EMIT_FAILED)
		return mastodon_finish(op, turn, RESULT_RETRY, "the store did not take it");
	snprintf(turn->result->id, sizeof turn->result->id, "%s", id);
	turn->result->found = true;
	return mastodon_finish(op, turn, RESULT_OK, "%s is %s", full, id);
}

static enum op_step take_search(struct op *op, struct turn *turn)
{
	json_t *found = mastodon_json(op, turn, JSON_OBJECT), *person;
	enum op_step step;
	size_t i;

	if (!found)
		return OP_DONE;
	json_array_foreach (json_object_get(found, "accounts"), i, person) {
		if (!is_wanted(op, person))
			continue;
		step = emit_person(op, turn, person);
		json_decref(found);
		return step;
	}
	json_decref(found);
	return mastodon_finish(op, turn, RESULT_OK, "no such account: %s", op->job->to);
}

static enum op_step take_lookup(struct op *op, struct turn *turn)
{
	json_t *person = mastodon_json(op, turn, JSON_OBJECT);
	enum op_step step;

	if (!person)
		return OP_DONE;
	step = is_wanted(op, person) ? emit_person(op, turn, person) : ask_search(op, turn);
	json_decref(person);
	return step;
}

/* "may not" and "not there" look alike where the scope is optional: then it is asked the other way. */
enum op_step mastodon_lookup(struct op *op, struct turn *turn)
{
	if (!turn->answer) {
		mastodon_path(op, "/api/v1/accounts/lookup");
		mastodon_query(op, "acct", op->job->to);
		return mastodon_send_get(op, turn, 524288);
	}
	if (op->state == LOOKUP_DIRECT && (is_gone(turn) || mastodon_is_status(turn, 403))) {
		op->could_look = is_gone(turn);
		return ask_search(op, turn);
	}
	if (op->state == LOOKUP_SEARCH &&
	    (is_gone(turn) || (op->could_look && mastodon_is_status(turn, 403))))
		return mastodon_finish(op, turn, RESULT_OK, "no such account: %s", op->job->to);
	if (!mastodon_is_ok(turn))
		return mastodon_refuse(op, turn);
	return op->state == LOOKUP_SEARCH ? take_search(op, turn) : take_lookup(op, turn);
}
