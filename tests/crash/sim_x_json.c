/*
 * How the simulated X words its answers, in both vocabularies. Called by its endpoints.
 * It must never show a field that was not asked for.
 */
#include "notifiers/twitter_count.h"
#include "tests/crash/sim_x_internal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SHOWN_MAX 280 /* longer: the text is cut, all of it stands in note_tweet */

static bool is_new(const struct sim_x *x)
{
	return x->vocabulary != SIM_X_TWEET;
}

static void type_of(const struct sim_x *x, const char *type, char *out, size_t size)
{
	if (type)
		snprintf(out, size, "https://api.%s/2/problems/%s", is_new(x) ? "x.com" : "twitter.com", type);
	else
		snprintf(out, size, "about:blank");
}

struct sim_x_reply sim_x_problem(const struct sim_x *x, int status, const char *type, const char *title,
				 const char *detail)
{
	char address[128];

	type_of(x, type, address, sizeof address);
	return (struct sim_x_reply){
	    .status = status,
	    .body = json_pack("{s:s, s:s, s:s, s:i}", "detail", detail, "type", address, "title", title, "status",
			      status)};
}

struct sim_x_reply sim_x_missing(const struct sim_x *x, const char *what, const char *parameter, const char *value)
{
	char address[128], detail[256];

	type_of(x, "resource-not-found", address, sizeof address);
	snprintf(detail, sizeof detail, "Could not find %s with %s: [%s].", what, parameter, value);
	return (struct sim_x_reply){
	    .status = 200,
	    .body = json_pack("{s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:s}]}", "errors", "value", value, "detail", detail,
			      "title", "Not Found Error", "resource_type", what, "parameter", parameter, "resource_id",
			      value, "type", address)};
}

json_t *sim_x_errors(const struct sim_x *x)
{
	struct sim_x_reply reply = sim_x_missing(x, "user", "author_id", "1");
	json_t *errors = json_incref(json_object_get(reply.body, "errors"));

	json_decref(reply.body);
	return errors;
}

bool sim_x_has_field(const char *fields, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = fields; at && *at; at += strcspn(at, ","), at += *at == ',')
		if (strncmp(at, name, n) == 0 && (at[n] == ',' || !at[n]))
			return true;
	return false;
}

static void set_time(json_t *o, const char *key, int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	char text[48];
	size_t n;

	gmtime_r(&t, &tm);
	n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof text - n, ".%03dZ", (int)(ms % 1000));
	json_object_set_new(o, key, json_string(text));
}

/* --- texts --- */

/* Appends one character as the API sends it; what does not fit is left out. */
static size_t put_char(char *out, size_t size, size_t n, char c)
{
	const char *name = c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : NULL;

	if (n + 8 >= size)
		return n;
	if (name)
		return n + (size_t)snprintf(out + n, size - n, "%s", name);
	out[n++] = c;
	return n;
}

void sim_x_shown(const struct sim_x *x, const struct sim_x_post *p, char *out, size_t size)
{
	size_t at = 0, len = 0, from = 0, n = 0;

	while (twitter_url(p->text + from, &at, &len)) {
		for (size_t k = 0; k < at; k++)
			n = put_char(out, size, n, p->text[from + k]);
		n += (size_t)snprintf(out + n, n + 32 < size ? size - n : 0, "https://t.co/%.10s", p->id + 4);
		from += at + len;
		at = 0;
	}
	for (; p->text[from]; from++)
		n = put_char(out, size, n, p->text[from]);
	out[n] = '\0';
	if (x->adds_tco && x->users[p->author].own >= 0)
		snprintf(out + n, size - n, " https://t.co/%.10s", p->id + 4);
}

static void set_text(const struct sim_x *x, json_t *o, const struct sim_x_post *p, const char *fields)
{
	const char *note = is_new(x) ? "note_post" : "note_tweet";
	char shown[SIM_X_TEXT * 5 + 64];
	size_t n = SHOWN_MAX - 30;

	sim_x_shown(x, p, shown, sizeof shown);
	if (twitter_weight(p->text) > TWITTER_LIMIT) {
		if (sim_x_has_field(fields, note))
			json_object_set_new(o, note, json_pack("{s:s}", "text", shown));
		while (n && shown[n] != ' ')
			n--;
		snprintf(shown + n, sizeof shown - n, "… https://t.co/%.10s", p->id + 4);
	}
	json_object_set_new(o, "text", json_string(shown));
}

/* --- posts, users, messages --- */

static void set_links(const struct sim_x *x, json_t *o, const struct sim_x_post *p, const char *fields)
{
	const char *list = is_new(x) ? "referenced_posts" : "referenced_tweets";
	const struct sim_x_post *up = p->parent[0] ? sim_x_find((struct sim_x *)x, p->parent) : NULL;

	if (!p->parent[0])
		return;
	if (sim_x_has_field(fields, list))
		json_object_set_new(o, list, json_pack("[{s:s, s:s}]", "type", p->is_quote ? "quoted" : "replied_to",
						       "id", p->parent));
	if (up && !p->is_quote && sim_x_has_field(fields, "in_reply_to_user_id"))
		json_object_set_new(o, "in_reply_to_user_id", json_string(x->users[up->author].id));
}

json_t *sim_x_post_json(const struct sim_x *x, const struct sim_x_post *p, const char *fields)
{
	json_t *o = json_pack("{s:s, s:[s]}", "id", p->id, is_new(x) ? "edit_history_post_ids" : "edit_history_tweet_ids",
			      p->id);

	set_text(x, o, p, fields);
	set_links(x, o, p, fields);
	if (sim_x_has_field(fields, "author_id"))
		json_object_set_new(o, "author_id", json_string(x->users[p->author].id));
	if (sim_x_has_field(fields, "conversation_id"))
		json_object_set_new(o, "conversation_id", json_string(p->root));
	if (sim_x_has_field(fields, "created_at"))
		set_time(o, "created_at", p->created_ms);
	return o;
}

json_t *sim_x_user_json(const struct sim_x_user *u, const char *fields)
{
	json_t *o = json_pack("{s:s, s:s, s:s}", "id", u->id, "name", u->name, "username", u->name);

	if (sim_x_has_field(fields, "protected"))
		json_object_set_new(o, "protected", json_boolean(u->is_protected));
	if (sim_x_has_field(fields, "verified"))
		json_object_set_new(o, "verified", json_false());
	if (sim_x_has_field(fields, "verified_type"))
		json_object_set_new(o, "verified_type", json_string("none"));
	return o;
}

json_t *sim_x_event_json(const struct sim_x *x, const struct sim_x_message *m, const char *fields)
{
	const char *a = x->users[m->from].id, *b = x->users[m->to].id;
	bool swap = strlen(a) > strlen(b) || (strlen(a) == strlen(b) && strcmp(a, b) > 0);
	json_t *o = json_pack("{s:s, s:s}", "id", m->id, "event_type", "MessageCreate");
	char conversation[2 * SIM_X_ID + 2];

	snprintf(conversation, sizeof conversation, "%s-%s", swap ? b : a, swap ? a : b);
	json_object_set_new(o, "text", json_string(m->text));
	if (sim_x_has_field(fields, "sender_id"))
		json_object_set_new(o, "sender_id", json_string(a));
	if (sim_x_has_field(fields, "dm_conversation_id"))
		json_object_set_new(o, "dm_conversation_id", json_string(conversation));
	if (sim_x_has_field(fields, "created_at"))
		set_time(o, "created_at", m->created_ms);
	return o;
}
