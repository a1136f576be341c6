/*
 * Entities of the X API (ids, posts, messages) as items, in both vocabularies: the names
 * of before and after August 2026. Called by the jobs of the X notifier.
 * It must never trust a type, a length or an order that came from outside.
 */
#include "notifiers/html.h"
#include "notifiers/twitter.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* An id holds the time: milliseconds since then above 22 bits of who and which. */
#define ID_EPOCH_MS INT64_C(1288834974657)
#define ID_TIME_BITS 22
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)
#define HTML_MAX 65536 /* as much as html_to_text() reads */

bool twitter_is_id(const char *id)
{
	size_t n = id ? strspn(id, "0123456789") : 0;

	return n && n < TWITTER_ID_MAX && !id[n];
}

int twitter_id_compare(const char *a, const char *b)
{
	size_t n, m;

	a += strspn(a, "0");
	b += strspn(b, "0");
	n = strlen(a);
	m = strlen(b);
	if (n != m)
		return n < m ? -1 : 1;
	return strcmp(a, b);
}

void twitter_id_at(int64_t ms, char id[TWITTER_ID_MAX])
{
	const int64_t max = INT64_MAX >> ID_TIME_BITS;
	int64_t since = ms - ID_EPOCH_MS;

	since = since < 0 ? 0 : since > max ? max : since;
	snprintf(id, TWITTER_ID_MAX, "%" PRId64, since << ID_TIME_BITS);
}

void twitter_id_when(const char *id, char when[TWITTER_WHEN_MAX])
{
	int64_t ms = (strtoll(id, NULL, 10) >> ID_TIME_BITS) + ID_EPOCH_MS;
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(when, TWITTER_WHEN_MAX, "%Y-%m-%d %H:%M UTC", &tm))
		snprintf(when, TWITTER_WHEN_MAX, "some day");
}

/* One id from the far future as our position would hide everything up to then. */
bool twitter_id_raise(char newest[TWITTER_ID_MAX], const char *id, int64_t now_ms)
{
	char bound[TWITTER_ID_MAX];

	twitter_id_at(now_ms + DAY_MS, bound);
	if (twitter_id_compare(id, bound) >= 0)
		return false;
	if (twitter_id_compare(id, newest) > 0)
		snprintf(newest, TWITTER_ID_MAX, "%s", id);
	return true;
}

void twitter_json_id(const json_t *object, const char *key, char id[TWITTER_ID_MAX])
{
	json_text(object, key, id, TWITTER_ID_MAX);
	if (!twitter_is_id(id))
		id[0] = '\0';
}

/*
 * In the newer vocabulary the author and the post that is answered are expansions, which
 * come with the whole person and post, and may be charged: see twitter_charge_posts().
 */
void twitter_ask_fields(struct op *op, bool with_author)
{
	if (!op->account->sends_post) {
		twitter_query(
		    op, "tweet.fields",
		    "author_id,conversation_id,created_at,in_reply_to_user_id,note_tweet,"
		    "referenced_tweets");
		return;
	}
	twitter_query(op, "post.fields", "conversation_id,created_at,id,note_post,text");
	if (with_author)
		twitter_query(op, "expansions", "author_id,referenced_posts");
}

void twitter_take_post(struct result *result, const char *id)
{
	snprintf(result->id, sizeof result->id, "%s", id);
	snprintf(result->uri, sizeof result->uri, TWITTER_POST_URI "%s", id);
	snprintf(result->url, sizeof result->url, TWITTER_POST_URI "%s", id);
}

static const json_t *either(const json_t *object, const char *before, const char *after)
{
	const json_t *value = json_object_get(object, before);

	return value ? value : json_object_get(object, after);
}

/* The post's own id, or the first of its history: an edit makes a new one. */
static bool first_id(const json_t *post, char id[TWITTER_ID_MAX])
{
	const json_t *history = either(post, "edit_history_tweet_ids", "edit_history_post_ids");
	const char *first = json_string_value(json_array_get(history, 0));

	twitter_json_id(post, "id", id);
	if (*id && twitter_is_id(first))
		snprintf(id, TWITTER_ID_MAX, "%s", first);
	return json_array_size(history) > 1;
}

/* What a post refers to: the one that it answers into parent; true when there is another. */
static bool references(const json_t *post, char parent[TWITTER_ID_MAX])
{
	const json_t *list = either(post, "referenced_tweets", "referenced_posts");
	bool is_boost = false;
	char type[32];
	json_t *one;
	size_t i;

	parent[0] = '\0';
	json_array_foreach (list, i, one) {
		json_text(one, "type", type, sizeof type);
		if (strcmp(type, "replied_to") == 0)
			twitter_json_id(one, "id", parent);
		else
			is_boost = true;
	}
	return is_boost;
}

/* Past "@name @name", which X puts before an answer by itself. */
static const char *skip_mentions(const char *s, const char *end)
{
	const char *at = s;

	for (;;) {
		while (at < end && isspace((unsigned char)*at))
			at++;
		s = at;
		if (at == end || *at++ != '@')
			return s;
		while (at < end && (isalnum((unsigned char)*at) || *at == '_'))
			at++;
		if (at == s + 1 || (at < end && !strchr(" \t\r\n,:", *at)))
			return s;
		at += at < end && (*at == ',' || *at == ':');
	}
}

static bool is_entity(const char *s, size_t n)
{
	return (n >= 5 && memcmp(s, "&amp;", 5) == 0) || (n >= 4 && memcmp(s, "&lt;", 4) == 0) ||
	       (n >= 4 && memcmp(s, "&gt;", 4) == 0);
}

/*
 * X escapes & < > and nothing else: with that made sure of, its text is the text of an HTML
 * page, and goes the same way as other networks' (bounds, controls, NFC).
 */
static void plain_text(const json_t *string, struct buf *out)
{
	const char *s = json_string_value(string), *end;
	struct buf html;

	buf_init(out, TWITTER_TEXT_MAX);
	if (!s)
		return;
	end = s + json_string_length(string);
	buf_init(&html, HTML_MAX);
	for (s = skip_mentions(s, end); s < end && !html.cut; s++) {
		if (*s == '\n')
			buf_str(&html, "<br>");
		else if (*s == '<')
			buf_str(&html, "&lt;");
		else if (*s == '&' && !is_entity(s, (size_t)(end - s)))
			buf_str(&html, "&amp;");
		else
			buf_char(&html, *s);
	}
	html_to_text(buf_text(&html), html.len, out);
	buf_finish(&html);
}

/* The long form where there is one: text stops at 280. */
static const json_t *text_of(const json_t *post)
{
	const json_t *note = json_object_get(either(post, "note_tweet", "note_post"), "text");

	return json_is_string(note) ? note : json_object_get(post, "text");
}

/* X shows a picture as one of its own links. Such a link alone may be one: what it is costs to ask. */
static bool may_be_picture(const char *text)
{
	return strncmp(text, "https://t.co/", 13) == 0 && !strpbrk(text, " \n");
}

static enum emitted
emit(struct op *op, struct turn *turn, struct item *item, const json_t *words, const json_t *from)
{
	char acct[TWITTER_ACCT_MAX], created[64];
	enum emitted emitted;
	struct buf text;

	item->by_us = strcmp(item->author_id, op->account->id) == 0;
	snprintf(acct, sizeof acct, "%s@x.com", item->by_us ? op->account->login : item->author_id);
	json_text(from, "created_at", created, sizeof created);
	/* In our time: who takes it compares it with what we did. */
	if (iso8601_ms(created, &item->created_ms))
		item->created_ms -= op->account->skew_ms;
	else
		item->created_ms = 0;
	plain_text(words, &text);
	item->acct = acct;
	item->display = item->cursor = "";
	item->text = buf_text(&text);
	item->has_media = may_be_picture(item->text);
	emitted = turn->env->emit(turn->env->arg, item);
	buf_finish(&text);
	op->fresh += emitted == EMIT_NEW;
	op->known += emitted == EMIT_KNOWN;
	return emitted;
}

enum emitted
twitter_emit_post(struct op *op, struct turn *turn, const json_t *post, enum item_kind kind)
{
	char id[TWITTER_ID_MAX], parent[TWITTER_ID_MAX], root[TWITTER_ID_MAX];
	char author[TWITTER_ID_MAX], uri[64];
	struct item item = {
	    .kind = kind,
	    .id = id,
	    .uri = uri,
	    .url = uri,
	    .parent_id = parent,
	    .root_id = root,
	    .author_id = author,
	    .visibility = VISIBILITY_PUBLIC};

	item.edited = first_id(post, id);
	item.is_boost = references(post, parent);
	twitter_json_id(post, "conversation_id", root);
	twitter_json_id(post, "author_id", author);
	/* Our own list need not say whose posts they are. */
	if (!*author && kind == ITEM_OWN)
		snprintf(author, sizeof author, "%s", op->account->id);
	if (!*id || !*author) {
		op->skipped++;
		return EMIT_KNOWN;
	}
	snprintf(uri, sizeof uri, TWITTER_POST_URI "%s", id);
	return emit(op, turn, &item, text_of(post), post);
}

enum emitted
twitter_emit_message(struct op *op, struct turn *turn, const json_t *event, enum item_kind kind)
{
	char id[TWITTER_ID_MAX], author[TWITTER_ID_MAX], uri[64];
	struct item item = {
	    .kind = kind,
	    .id = id,
	    .uri = uri,
	    .url = "",
	    .parent_id = "",
	    .root_id = "",
	    .author_id = author,
	    .visibility = VISIBILITY_DIRECT};

	twitter_json_id(event, "id", id);
	twitter_json_id(event, "sender_id", author);
	if (!*id || !*author) {
		op->skipped++;
		return EMIT_KNOWN;
	}
	snprintf(uri, sizeof uri, TWITTER_MESSAGE_URI "%s", id);
	return emit(op, turn, &item, json_object_get(event, "text"), event);
}

bool twitter_emit_notice(struct turn *turn, const char *text)
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
	    .text = text,
	    .cursor = ""};

	return turn->env->emit(turn->env->arg, &item) != EMIT_FAILED;
}
