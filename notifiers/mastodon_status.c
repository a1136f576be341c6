/*
 * Entities of the Mastodon API (statuses, accounts, times) as items.
 * Called by the jobs of the Mastodon notifier.
 * It must never trust a type, a length or an order that a server sent.
 */
#include "notifiers/html.h"
#include "notifiers/mastodon.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define ALT "🖼 " /* what a picture shows, and nobody's command */

int mastodon_id_compare(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	if (n != m)
		return n < m ? -1 : 1;
	return strcmp(a, b);
}

bool mastodon_acct(const struct account *a, const char *acct, char *out, size_t size)
{
	int n;
	char *s;

	if (*acct == '@')
		acct++;
	n = strchr(acct, '@') ? snprintf(out, size, "%s", acct)
			      : snprintf(out, size, "%s@%s", acct, a->domain);
	if (n < 0 || (size_t)n >= size || !*acct || *acct == '@')
		return false;
	for (s = out; *s; s++) {
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return false;
		*s = (char)tolower((unsigned char)*s);
	}
	return s[-1] != '@' && strchr(out, '@') == strrchr(out, '@');
}

const char *mastodon_visibility(enum visibility v)
{
	switch (v) {
	case VISIBILITY_PUBLIC: return "public";
	case VISIBILITY_UNLISTED: return "unlisted";
	case VISIBILITY_FOLLOWERS: return "private";
	case VISIBILITY_DIRECT: return "direct";
	}
	return "direct";
}

/* What we do not know ("list:7", "mutuals_only") is taken for the most private. */
static enum visibility visibility_of(const json_t *status)
{
	char word[32];
	enum visibility v;

	json_text(status, "visibility", word, sizeof word);
	for (v = VISIBILITY_PUBLIC; v < VISIBILITY_DIRECT; v++) {
		if (strcmp(word, mastodon_visibility(v)) == 0)
			return v;
	}
	return strcmp(word, "local") == 0 ? VISIBILITY_PUBLIC : VISIBILITY_DIRECT;
}

bool mastodon_is_ours(const struct account *a, const json_t *status)
{
	const json_t *author = json_object_get(status, "account");
	char id[MASTODON_ID_MAX], acct[MASTODON_ACCT_MAX], full[MASTODON_ACCT_MAX];
	size_t n = strlen(a->login);

	json_text(author, "id", id, sizeof id);
	if (*a->id)
		return strcmp(id, a->id) == 0;
	json_text(author, "acct", acct, sizeof acct);
	return mastodon_acct(a, acct, full, sizeof full) && strncmp(full, a->login, n) == 0 &&
	       full[n] == '@' && strcmp(full + n + 1, a->domain) == 0;
}

bool mastodon_take_ids(struct result *result, const json_t *status)
{
	json_text(status, "id", result->id, sizeof result->id);
	json_text(status, "uri", result->uri, sizeof result->uri);
	json_text(status, "url", result->url, sizeof result->url);
	return *result->id != '\0';
}

/*
 * Our own words are looked through for the tag in their last line (SPEC 4.3 rule 3),
 * so of a long post the beginning and the end are kept, not the beginning alone.
 */
static void keep_both_ends(struct buf *text)
{
	struct buf both;
	size_t tail;

	if (text->len <= MASTODON_TEXT_MAX)
		return;
	tail = text->len - MASTODON_TEXT_MAX / 2 + 8;
	while (tail < text->len && ((unsigned char)text->data[tail] & 0xc0) == 0x80)
		tail++;
	buf_init(&both, MASTODON_TEXT_MAX);
	buf_add(&both, text->data, MASTODON_TEXT_MAX / 2);
	html_cut(&both, MASTODON_TEXT_MAX / 2 - 1);
	buf_str(&both, "\n");
	buf_add(&both, text->data + tail, text->len - tail);
	buf_finish(text);
	*text = both;
}

/* A line of plain text as the text of an HTML page: the same bounds and the same care for both. */
static void add_plain(const json_t *string, struct buf *text)
{
	const char *s = json_string_value(string), *end = s + (s ? json_string_length(string) : 0);
	struct buf html;

	buf_init(&html, 8 * MASTODON_TEXT_MAX);
	for (; s && s < end; s++) {
		if (*s == '<')
			buf_str(&html, "&lt;");
		else if (*s == '&')
			buf_str(&html, "&amp;");
		else
			buf_char(&html, *s);
	}
	if (html.len)
		buf_str(text, text->len ? "\n" ALT : ALT);
	html_to_text(buf_text(&html), html.len, text);
	buf_finish(&html);
}

/* Who writes no words but says what his picture shows has said it; behind that sign it is no command. */
static void add_descriptions(const json_t *status, struct buf *text)
{
	json_t *one;
	size_t i;

	json_array_foreach (json_object_get(status, "media_attachments"), i, one)
		add_plain(json_object_get(one, "description"), text);
}

static void status_text(const json_t *status, enum item_kind kind, struct buf *text)
{
	const json_t *content = json_object_get(status, "content");

	buf_init(text, kind == ITEM_OWN ? 10 * MASTODON_TEXT_MAX : MASTODON_TEXT_MAX);
	if (json_is_string(content))
		html_to_text(json_string_value(content), json_string_length(content), text);
	if (kind == ITEM_OWN)
		keep_both_ends(text);
	else if (!text->len)
		add_descriptions(status, text);
}

static bool is_object(const json_t *status, const char *key)
{
	return json_is_object(json_object_get(status, key));
}

static const char *string_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

/* Who reacts is in the notification; which post of ours, in its status. */
enum emitted mastodon_emit_reaction(struct op *op, struct turn *turn, const json_t *notification)
{
	const json_t *author = json_object_get(notification, "account");
	char id[MASTODON_ID_MAX], parent[MASTODON_ID_MAX], author_id[MASTODON_ID_MAX];
	char acct[MASTODON_ACCT_MAX], full[MASTODON_ACCT_MAX], created[64];
	struct item item = {
	    .kind = ITEM_REACTION,
	    .id = id,
	    .uri = "",
	    .url = "",
	    .parent_id = parent,
	    .author_id = author_id,
	    .acct = full,
	    .display = "",
	    .text = "",
	    .cursor = ""};

	json_text(notification, "id", id, sizeof id);
	json_text(json_object_get(notification, "status"), "id", parent, sizeof parent);
	json_text(author, "id", author_id, sizeof author_id);
	json_text(author, "acct", acct, sizeof acct);
	json_text(notification, "created_at", created, sizeof created);
	if (!*id || !*parent || !*author_id || !mastodon_acct(op->account, acct, full, sizeof full) ||
	    !iso8601_ms(created, &item.created_ms))
		return EMIT_KNOWN;
	item.bot = json_flag(author, "bot");
	return turn->env->emit(turn->env->arg, &item);
}

enum emitted
mastodon_emit(struct op *op, struct turn *turn, const json_t *status, enum item_kind kind)
{
	const json_t *author = json_object_get(status, "account");
	char id[MASTODON_ID_MAX], parent[MASTODON_ID_MAX], author_id[MASTODON_ID_MAX];
	char acct[MASTODON_ACCT_MAX], full[MASTODON_ACCT_MAX], created[64];
	struct item item = {
	    .kind = kind,
	    .id = id,
	    .parent_id = parent,
	    .author_id = author_id,
	    .acct = full,
	    .cursor = ""};
	enum emitted emitted = EMIT_KNOWN;
	struct buf text;

	json_text(status, "id", id, sizeof id);
	json_text(status, "in_reply_to_id", parent, sizeof parent);
	json_text(status, "created_at", created, sizeof created);
	json_text(author, "id", author_id, sizeof author_id);
	json_text(author, "acct", acct, sizeof acct);
	/* Nobody's words, or words without a name, can neither be answered nor be told apart. */
	if (!*id || !*author_id || !mastodon_acct(op->account, acct, full, sizeof full)) {
		op->skipped++;
		return EMIT_KNOWN;
	}
	item.uri = string_of(status, "uri");
	item.url = string_of(status, "url");
	if (!*item.uri)
		item.uri = *item.url ? item.url : id;
	item.display = string_of(author, "display_name");
	item.visibility = visibility_of(status);
	item.bot = json_flag(author, "bot");
	item.by_us = mastodon_is_ours(op->account, status);
	/* A poll is no command either (SPEC 5.1 rule 4). */
	item.is_boost =
	    is_object(status, "reblog") || is_object(status, "quote") || is_object(status, "poll");
	item.edited = *string_of(status, "edited_at") != '\0';
	item.has_media = json_array_size(json_object_get(status, "media_attachments")) > 0;
	if (!iso8601_ms(created, &item.created_ms))
		item.created_ms = 0;
	status_text(status, kind, &text);
	item.text = buf_text(&text);
	emitted = turn->env->emit(turn->env->arg, &item);
	buf_finish(&text);
	op->fresh += emitted == EMIT_NEW;
	op->known += emitted == EMIT_KNOWN;
	return emitted;
}
