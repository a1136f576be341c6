/*
 * COLLECT: mentions, direct messages, boosts and favourites behind our cursor.
 * Called by the frame in mastodon.c, some 4 times a minute and account.
 * It must never move the cursor over what the store has not taken.
 *
 * Forward (min_id) where the server has Link headers, as Mastodon and GoToSocial
 * do; back (max_id) where it has none and a page may be only the newest part, and
 * where there was no notification at all when we began. What is skipped by neither:
 * a page that is empty but has a Link (GoToSocial, after a root post was deleted).
 *
 * The cursor is JSON: "from": all up to here was handled and is not asked for again;
 * "at": the highest id seen, the next "from". So each page is asked for twice: ids are
 * given out before rows become visible, and a late one below "at" is seen the second
 * time; the store knows the others. "below": the walk back is not done yet. "since": there
 * was no id when we began, so what is older than that is not ours.
 */
#include "notifiers/mastodon.h"

#include <stdio.h>
#include <string.h>

#define COLLECT_PAGES 20 /* per job; Mastodon allows 300 paging requests in 15 minutes */
#define COLLECT_LIMIT "80" /* the most that Mastodon gives; snac has never more than 64 */
#define SNAC_WINDOW 64
#define PAGE_MAX (4 * 1024 * 1024)
#define PAGE_ITEMS_MAX 1000 /* next_behind() costs the square of them; nobody gives more than 80 */

struct page {
	char high[MASTODON_ID_MAX], low[MASTODON_ID_MAX];
	size_t count;
};

static void copy_id(char *to, const char *from)
{
	snprintf(to, MASTODON_ID_MAX, "%s", from);
}

/* A cursor of another form (by hand, or of an older version) is taken for an id. */
static void read_cursor(struct collect *c, const char *cursor)
{
	json_t *json = json_loads(cursor, 0, NULL);

	if (json_is_object(json)) {
		json_text(json, "at", c->at, sizeof c->at);
		json_text(json, "from", c->from, sizeof c->from);
		json_text(json, "below", c->below, sizeof c->below);
		c->since_ms = json_integer_value(json_object_get(json, "since"));
	} else if (strlen(cursor) < sizeof c->at) {
		copy_id(c->at, cursor);
		copy_id(c->from, cursor);
	}
	json_decref(json);
	c->is_fresh = *cursor == '\0';
	copy_id(c->next_from, c->at);
	copy_id(c->position, c->from);
}

static bool is_back(const struct collect *c)
{
	return *c->below || !*c->from;
}

static void add_wanted(struct op *op)
{
	mastodon_query(op, "types[]", "mention");
	mastodon_query(op, "types[]", "favourite");
	mastodon_query(op, "types[]", "reblog");
}

/*
 * types[] is ignored by snac, and an unknown word in it refused by Pleroma; exclude_types[]
 * is known to all. snac is asked for all kinds, to see when its window of 64 was too short.
 */
static void add_types(struct op *op)
{
	static const char *const unwanted[] = {"follow", "poll"};
	size_t i;

	switch (op->account->software) {
	case MASTODON_SNAC: return;
	case MASTODON_GOTOSOCIAL:
		add_wanted(op);
		/* A reply that the interaction policy holds back is here only. */
		mastodon_query(op, "types[]", "pending.reply");
		return;
	case MASTODON_MASTODON:
	case MASTODON_PLEROMA: add_wanted(op); return;
	case MASTODON_UNKNOWN:
	case MASTODON_OTHER: break;
	}
	for (i = 0; i < sizeof unwanted / sizeof unwanted[0]; i++)
		mastodon_query(op, "exclude_types[]", unwanted[i]);
}

static enum op_step ask(struct op *op, struct turn *turn)
{
	const struct collect *c = &op->collect;

	mastodon_path(op, "/api/v1/notifications");
	mastodon_query(op, "limit", COLLECT_LIMIT);
	/* Without it Mastodon 4.3 keeps back what its policy filters; harmless elsewhere. */
	mastodon_query(op, "include_filtered", "true");
	add_types(op);
	/* Never min_id=0: Pixelfed answers 302 (pixelfed issue 2086). */
	if (!is_back(c)) {
		mastodon_query(op, "min_id", c->position);
	} else {
		if (*c->from)
			mastodon_query(op, "since_id", c->from);
		if (*c->below)
			mastodon_query(op, "max_id", c->below);
	}
	return mastodon_send_get(op, turn, PAGE_MAX);
}

/* Takes the reference. False when the store did not take it. */
static bool emit_cursor(struct turn *turn, json_t *json)
{
	struct item item = {
	    .kind = ITEM_CURSOR,
	    .id = "",
	    .uri = "",
	    .url = "",
	    .parent_id = "",
	    .author_id = "",
	    .acct = "",
	    .display = "",
	    .text = ""};
	char cursor[8 * MASTODON_ID_MAX];
	size_t n = json_dumpb(json, cursor, sizeof cursor - 1, JSON_COMPACT);

	json_decref(json);
	if (!n || n >= sizeof cursor)
		return false;
	cursor[n] = '\0';
	item.cursor = cursor;
	return turn->env->emit(turn->env->arg, &item) != EMIT_FAILED;
}

/* What of a walk is known to be handled. False when the store did not take it. */
static bool save(struct op *op, struct turn *turn, bool is_complete)
{
	struct collect *c = &op->collect;
	const char *from = is_complete ? c->next_from : is_back(c) ? c->from : c->position;
	json_t *json = json_pack("{s:s, s:s}", "at", c->at, "from", from);

	if (!*from)
		json_object_set_new(json, "since", json_integer(c->since_ms));
	if (!is_complete && *c->below)
		json_object_set_new(json, "below", json_string(c->below));
	return emit_cursor(turn, json);
}

bool mastodon_begin_collecting(const struct op *op, struct turn *turn)
{
	return emit_cursor(
	    turn, json_pack("{s:s, s:s, s:I}", "at", "", "from", "", "since", (json_int_t)op->account->began_ms));
}

/* With "pending.reply" (GoToSocial) the reply is there, only not shown to others yet. */
static bool is_reply(const json_t *notification)
{
	const char *type = json_string_value(json_object_get(notification, "type"));

	return type && (strcmp(type, "mention") == 0 || strcmp(type, "pending.reply") == 0);
}

static bool is_reaction(const json_t *notification)
{
	const char *type = json_string_value(json_object_get(notification, "type"));

	return type && (strcmp(type, "favourite") == 0 || strcmp(type, "reblog") == 0);
}

static void measure_page(const json_t *list, struct page *page)
{
	json_t *notification;
	char id[MASTODON_ID_MAX];
	size_t i;

	*page = (struct page){.count = json_array_size(list)};
	json_array_foreach (list, i, notification) {
		json_text(notification, "id", id, sizeof id);
		if (!*id)
			continue;
		if (!*page->high || mastodon_id_compare(id, page->high) > 0)
			copy_id(page->high, id);
		if (!*page->low || mastodon_id_compare(id, page->low) < 0)
			copy_id(page->low, id);
	}
}

/* When it was said: servers make the notifications of one author's replies in any order. */
static int64_t said_ms(const json_t *notification)
{
	const json_t *status = json_object_get(notification, "status");
	char created[64];
	int64_t ms;

	json_text(is_reply(notification) ? status : notification, "created_at", created, sizeof created);
	return iso8601_ms(created, &ms) ? ms : 0;
}

struct place {
	int64_t said_ms;
	char id[MASTODON_ID_MAX];
};

static int compare_places(const struct place *a, const struct place *b)
{
	if (a->said_ms != b->said_ms)
		return a->said_ms < b->said_ms ? -1 : 1;
	return mastodon_id_compare(a->id, b->id);
}

/* The next one behind that place, of what is newer than "from": lists are in any order. */
static json_t *next_behind(const json_t *list, const char *from, struct place *at)
{
	struct place here, next = {.said_ms = INT64_MAX};
	json_t *notification, *found = NULL;
	size_t i;

	json_array_foreach (list, i, notification) {
		json_text(notification, "id", here.id, sizeof here.id);
		if (!*here.id || mastodon_id_compare(here.id, from) <= 0)
			continue;
		here.said_ms = said_ms(notification);
		if (compare_places(&here, at) > 0 && (!found || compare_places(&here, &next) < 0)) {
			found = notification;
			next = here;
		}
	}
	if (found)
		*at = next;
	return found;
}

/* From before we began: only where there was no id to tell it by. Fresh, what has no date is old. */
static bool is_too_old(const struct collect *c, const json_t *notification)
{
	char created[64];
	int64_t ms;

	if (*c->from)
		return false;
	json_text(notification, "created_at", created, sizeof created);
	return iso8601_ms(created, &ms) ? ms < c->since_ms : c->is_fresh;
}

static bool has_older(const struct collect *c, const json_t *list)
{
	json_t *notification;
	size_t i;

	json_array_foreach (list, i, notification)
		if (is_too_old(c, notification))
			return true;
	return false;
}

/*
 * Oldest first, so that "ack" is done before "unack". What is not newer than "from"
 * was sent by a server that ignores min_id. False when the store did not take it.
 */
static bool emit_page(struct op *op, struct turn *turn, const json_t *list)
{
	struct place at = {.said_ms = INT64_MIN};
	const json_t *notification, *status;
	enum emitted emitted;

	while ((notification = next_behind(list, op->collect.from, &at))) {
		status = json_object_get(notification, "status");
		if (!json_is_object(status) || is_too_old(&op->collect, notification))
			continue;
		emitted = is_reply(notification)      ? mastodon_emit(op, turn, status, ITEM_REPLY)
			  : is_reaction(notification) ? mastodon_emit_reaction(op, turn, notification)
						      : EMIT_KNOWN;
		if (emitted == EMIT_FAILED)
			return false;
	}
	return true;
}

static enum op_step finish(struct op *op, struct turn *turn, bool is_complete)
{
	if (!save(op, turn, is_complete))
		return mastodon_finish(op, turn, RESULT_RETRY, "the store did not take the cursor");
	return mastodon_finish(
	    op, turn, RESULT_OK, "%u new, %u known, %u pages%s", op->fresh, op->known, op->pages,
	    is_complete ? "" : ", more to come");
}

/* The first time: nothing that was there already is executed. */
static enum op_step finish_fresh(struct op *op, struct turn *turn)
{
	copy_id(op->collect.next_from, op->collect.at);
	if (!save(op, turn, true))
		return mastodon_finish(op, turn, RESULT_RETRY, "the store did not take the cursor");
	return mastodon_finish(op, turn, RESULT_OK, "listening from now on, %u new", op->fresh);
}

static bool warn_of_gap(struct turn *turn)
{
	struct item item = {
	    .kind = ITEM_NOTICE,
	    .id = "",
	    .uri = "",
	    .url = "",
	    .parent_id = "",
	    .author_id = "",
	    .acct = "",
	    .display = "",
	    .cursor = "",
	    .text =
		"more than 64 notifications since the last look, and snac keeps only the newest "
		"64: answers may be missing that are no answers to our own posts"};

	return turn->env->emit(turn->env->arg, &item) != EMIT_FAILED;
}

/* Forward without a Link: is this all, or only the newest part of what is behind "from"? */
static bool is_whole(const struct op *op, const struct page *page)
{
	return !*page->low || op->account->software == MASTODON_SNAC ||
	       mastodon_id_compare(page->low, op->collect.from) <= 0;
}

enum walk { WALK_ON, WALK_DONE };

static enum walk step_forward(struct op *op, const struct turn *turn, const struct page *page)
{
	struct collect *c = &op->collect;
	char next[MASTODON_ID_MAX];
	bool has_link = mastodon_link(turn->answer, "prev", "min_id", next, sizeof next) ||
			mastodon_link(turn->answer, "prev", "since_id", next, sizeof next) ||
			mastodon_link(turn->answer, "next", "max_id", next, sizeof next);

	if (!has_link && !is_whole(op, page)) {
		copy_id(c->below, page->low);
		return WALK_ON;
	}
	/* The newer of what the Link says and what was seen: an empty page has only the Link. */
	if (!mastodon_link(turn->answer, "prev", "min_id", next, sizeof next) ||
	    mastodon_id_compare(next, page->high) < 0)
		copy_id(next, page->high);
	if (!has_link || !*next || mastodon_id_compare(next, c->position) <= 0)
		return WALK_DONE;
	copy_id(c->position, next);
	if (mastodon_id_compare(next, c->at) > 0)
		copy_id(c->at, next);
	return WALK_ON;
}

static enum walk step_back(struct op *op, const struct turn *turn, const struct page *page)
{
	struct collect *c = &op->collect;
	char next[MASTODON_ID_MAX];

	if (!mastodon_link(turn->answer, "next", "max_id", next, sizeof next) ||
	    (*page->low && mastodon_id_compare(page->low, next) < 0))
		copy_id(next, page->low);
	if (!*next || (*c->below && mastodon_id_compare(next, c->below) >= 0) ||
	    (*c->from && mastodon_id_compare(next, c->from) <= 0))
		return WALK_DONE;
	copy_id(c->below, next);
	return WALK_ON;
}

/* A limit that is nearly spent ends the walk before the server says 429. */
static bool is_budget_spent(struct turn *turn)
{
	char left[24];

	if (!answer_header(turn->answer, "X-RateLimit-Remaining", left, sizeof left) ||
	    (strcmp(left, "0") != 0 && strcmp(left, "1") != 0))
		return false;
	turn->result->not_before_ms = mastodon_reset_ms(turn);
	return turn->result->not_before_ms != 0;
}

static enum op_step take_page(struct op *op, struct turn *turn, const json_t *list)
{
	struct collect *c = &op->collect;
	struct page page;
	enum walk walk;

	if (json_array_size(list) > PAGE_ITEMS_MAX)
		return mastodon_finish(
		    op, turn, RESULT_BUG, "%zu notifications on one page", json_array_size(list));
	op->pages++;
	measure_page(list, &page);
	if (c->is_fresh && !c->since_ms)
		c->since_ms = op->account->began_ms ? op->account->began_ms
						    : turn->env->wall_ms + mastodon_skew_ms(turn) - 1000;
	if (!emit_page(op, turn, list))
		return mastodon_finish(op, turn, RESULT_RETRY, "the store did not take it");
	if (op->account->software == MASTODON_SNAC && !*c->below && page.count >= SNAC_WINDOW && !has_older(c, list) &&
	    mastodon_id_compare(page.low, c->from) > 0 && !warn_of_gap(turn))
		return mastodon_finish(op, turn, RESULT_RETRY, "the store did not take it");
	if (*page.high && mastodon_id_compare(page.high, c->at) > 0)
		copy_id(c->at, page.high);
	walk = is_back(c) ? step_back(op, turn, &page) : step_forward(op, turn, &page);
	if (has_older(c, list))
		walk = WALK_DONE; /* further back all is */
	if (c->is_fresh && (walk == WALK_DONE || op->pages >= COLLECT_PAGES || is_budget_spent(turn)))
		return finish_fresh(op, turn);
	if (is_budget_spent(turn) || walk == WALK_DONE || op->pages >= COLLECT_PAGES)
		return finish(op, turn, walk == WALK_DONE);
	return ask(op, turn);
}

/*
 * The pages before a failure are the store's already: do not ask for them again. The first time
 * it is kept when we began, so that what comes until the server answers is heard.
 */
static enum op_step refuse(struct op *op, struct turn *turn)
{
	struct collect *c = &op->collect;

	if (c->is_fresh && op->account->began_ms) {
		c->since_ms = op->account->began_ms;
		c->at[0] = c->below[0] = '\0';
		save(op, turn, false);
	} else if (op->pages && !c->is_fresh) {
		save(op, turn, false);
	}
	return OP_DONE;
}

enum op_step mastodon_collect(struct op *op, struct turn *turn)
{
	enum op_step step;
	json_t *list;

	if (!turn->answer) {
		read_cursor(&op->collect, op->job->cursor ? op->job->cursor : "");
		return ask(op, turn);
	}
	if (!mastodon_is_ok(turn)) {
		mastodon_refuse(op, turn);
		return refuse(op, turn);
	}
	list = mastodon_json(op, turn, JSON_ARRAY);
	if (!list)
		return refuse(op, turn);
	step = take_page(op, turn, list);
	json_decref(list);
	return step;
}
