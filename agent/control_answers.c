/*
 * What the control socket answers. Called by control.c; reads the core, changes
 * nothing but what `queue` and `login` ask for.
 * Must never put a secret into an answer.
 */
#include "agent/control_internal.h"
#include "agent/incident_hand.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <utf8proc.h>

json_t *answer_error(const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	return json_pack("{s:b, s:o}", "ok", 0, "error", control_text(text));
}

json_t *control_text(const char *s)
{
	json_t *whole = s ? json_string(s) : json_string("");
	struct buf b;

	if (whole)
		return whole;
	buf_init(&b, 1u << 20);
	while (*s) {
		utf8proc_int32_t cp;
		utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s, -1, &cp);

		if (n < 1) {
			buf_str(&b, "\xef\xbf\xbd");
			s++;
			continue;
		}
		buf_add(&b, s, (size_t)n);
		s += n;
	}
	whole = json_string(buf_text(&b));
	buf_finish(&b);
	return whole;
}

/* --- show ------------------------------------------------------------------------------------- */

static const char *post_state_word(enum post_state state)
{
	static const char *const word[] = {"queued", "sending", "sent", "retry", "unknown", "cancelled", "dead"};

	return word[state];
}

static const char *reply_state_word(enum reply_state state)
{
	static const char *const word[] = {"seen", "submitted", "confirmed", "comment", "status", "denied",
					   "no effect", "ignored", "done"};

	return word[state];
}

static json_t *post_to_json(const struct post_row *p)
{
	const char *event = p->kind == POST_DELETE ? "delete" :
			    p->event >= 0	   ? words_event_name((enum say_event)p->event) :
						     "";
	int64_t at = p->sent_ms ? p->sent_ms : p->created_ms;

	return json_pack("{s:I, s:s, s:I, s:o, s:s, s:s, s:o, s:o, s:I, s:o, s:I, s:I, s:I, s:o}", "at_ms",
			 (json_int_t)at, "kind", "post", "id", (json_int_t)p->id, "account", control_text(p->account),
			 "state", post_state_word(p->state), "event", event, "text", control_text(p->text), "url",
			 control_text(p->url), "late_ms", (json_int_t)(p->sent_ms ? p->sent_ms - p->created_ms : 0),
			 "reason", control_text(p->reason), "created_ms", (json_int_t)p->created_ms, "not_before_ms",
			 (json_int_t)p->not_before_ms, "attempts", (json_int_t)p->attempts, "tag",
			 control_text(p->tag));
}

/* It stands there, or may: then it was paid for. What is on its way has a price, but no cost yet. */
static bool is_paid(const struct post_row *p)
{
	return p->state == POST_SENT || p->state == POST_DEAD;
}

static int add_post(void *arg, const struct post_row *p)
{
	json_t *post = p->kind == POST_FAVOURITE || p->kind == POST_BOOST ? NULL : post_to_json(p);

	if (post && is_paid(p) && p->cost_micro)
		json_object_set_new(post, "cost_micro", json_integer((json_int_t)p->cost_micro));
	if (post)
		json_array_append_new(arg, post);
	return 0;
}

static json_int_t sum_of(const json_t *story)
{
	json_int_t sum = 0;

	for (size_t k = 0; k < json_array_size(story); k++)
		sum += json_integer_value(json_object_get(json_array_get(story, k), "cost_micro"));
	return sum;
}

static int add_event(void *arg, const struct timeline_row *r)
{
	if (!strcmp(r->kind, "reply"))
		return 0; /* its own row says more */
	json_array_append_new(arg, json_pack("{s:I, s:o, s:o}", "at_ms", (json_int_t)r->at_ms, "kind",
					     control_text(r->kind), "text", control_text(r->text)));
	return 0;
}

static int add_reply(void *arg, const struct reply_row *r)
{
	json_array_append_new(
		arg, json_pack("{s:I, s:s, s:o, s:o, s:o, s:s, s:o, s:o}", "at_ms", (json_int_t)r->seen_ms, "kind",
			       "reply", "account", control_text(r->account), "who",
			       control_text(r->person && r->person[0] ? r->person : r->acct), "text",
			       control_text(r->hash && r->hash[0] ? "(deleted)" : r->text), "state",
			       reply_state_word(r->state), "reason", control_text(r->reason), "verb",
			       control_text(r->verb)));
	return 0;
}

struct shown {
	struct control *control;
	json_t *incident, *story;
	uint64_t id;
};

static int found(void *arg, const struct incident_row *row)
{
	struct shown *s = arg;
	struct incident_view view;

	s->id = row->id;
	s->incident = engine_view(core_engine(s->control->core), row->id, &view) ?
			      control_live(s->control, &view) :
			      control_kept(s->control, row);
	return 0;
}

static int by_time(const void *a, const void *b)
{
	json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "at_ms"));
	json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, "at_ms"));

	return (x > y) - (x < y);
}

static json_t *sorted(json_t *story)
{
	size_t n = json_array_size(story);
	json_t **at = malloc(sizeof *at * (n + 1)), *out = json_array();

	if (!at)
		return story;
	for (size_t k = 0; k < n; k++)
		at[k] = json_array_get(story, k);
	qsort(at, n, sizeof *at, by_time);
	for (size_t k = 0; k < n; k++)
		json_array_append(out, at[k]);
	free(at);
	json_decref(story);
	return out;
}

static json_t *no_incident(struct store *store, const char *tag)
{
	int64_t closed_ms = 0;
	char day[32];
	struct tm tm;
	time_t t;

	if (store_purged_tag(store, tag, &closed_ms, NULL) != 1)
		return answer_error("no incident %s", tag);
	t = (time_t)(closed_ms / 1000);
	if (!localtime_r(&t, &tm) || !strftime(day, sizeof day, "%Y-%m-%d", &tm))
		day[0] = '\0';
	return answer_error("#%s was closed on %s and is removed: older than `keep`", tag, day);
}

json_t *answer_show(struct control *c, json_t *request)
{
	const char *tag = json_string_value(json_object_get(request, "tag"));
	struct shown s = {.control = c};
	struct store *store = core_store(c->core);
	struct err err = {{0}};
	char upper[TAG_SIZE];
	json_t *answer;
	size_t k;

	tag = tag && tag[0] == '#' ? tag + 1 : tag;
	if (!tag || strlen(tag) >= sizeof upper)
		return answer_error("a tag looks like T7K2");
	for (k = 0; tag[k]; k++)
		upper[k] = (char)(tag[k] >= 'a' && tag[k] <= 'z' ? tag[k] - 32 : tag[k]);
	upper[k] = '\0';
	if (store_incident_by_tag(store, upper, found, &s, &err) != 1)
		return err.text[0] ? answer_error("%s", err.text) : no_incident(store, upper);
	s.story = json_array();
	if (store_timeline(store, s.id, add_event, s.story, &err) == -1 ||
	    store_posts_of_incident(store, s.id, add_post, s.story, &err) == -1 ||
	    store_replies_of_incident(store, s.id, add_reply, s.story, &err) == -1) {
		json_decref(s.incident);
		json_decref(s.story);
		return answer_error("%s", err.text);
	}
	answer = json_pack("{s:b, s:o, s:o}", "ok", 1, "incident", s.incident, "story", sorted(s.story));
	control_story_facts(c, s.id, answer);
	control_reports_facts(c, s.id, s.incident);
	if (sum_of(json_object_get(answer, "story")))
		json_object_set_new(answer, "cost_micro", json_integer(sum_of(json_object_get(answer, "story"))));
	return answer;
}

/* --- queue, login, reply -------------------------------------------------------------------------- */

struct queueing {
	struct control *control;
	json_t *posts;
};

static void add_queued(void *arg, const struct post_row *p)
{
	struct queueing *q = arg;
	json_t *post = post_to_json(p);
	int64_t micro = answer_price(q->control, p);

	if (micro)
		json_object_set_new(post, "price_micro", json_integer((json_int_t)micro));
	json_array_append_new(q->posts, post);
}

json_t *answer_queue(struct control *c, json_t *request)
{
	json_t *retry = json_object_get(request, "retry"), *drop = json_object_get(request, "drop");
	struct outbox *outbox = core_outbox(c->core);
	struct queueing q = {.control = c};
	struct err err;

	if (json_is_integer(retry) && outbox_retry(outbox, (uint64_t)json_integer_value(retry), &err) == -1)
		return answer_error("%s", err.text);
	if (json_is_integer(drop) && outbox_drop(outbox, (uint64_t)json_integer_value(drop), &err) == -1)
		return answer_error("%s", err.text);
	q.posts = json_array();
	outbox_each(outbox, add_queued, &q);
	return json_pack("{s:b, s:o}", "ok", 1, "posts", q.posts);
}

json_t *answer_login(struct control *c, json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "account"));
	int account = name ? config_account_index(core_config(c->core), name) : -1;
	struct err err = {{0}};

	if (name && account < 0)
		return answer_error("no account \"%.60s\"", name);
	if (core_reload_token(c->core, account, &c->now, &err) == -1)
		return answer_error("%s", err.text);
	return json_pack("{s:b}", "ok", 1);
}

/* Up to the tag in the last line. */
static size_t before_tag(const char *text)
{
	const char *last = strrchr(text, '\n');

	return last && last[1] == '#' ? (size_t)(last - text) : strlen(text);
}

/* The catalogue's words for what was done, without the tag below them; else its key stays. */
static void reason_text(struct control *c, const struct reply_row *reply, const struct now *now, struct buf *out)
{
	struct buf words;

	buf_init(&words, 8192);
	if (core_reason_text(c->core, reply->incident, reply->reason, now, &words) == 0) {
		buf_reset(out);
		buf_add(out, buf_text(&words), before_tag(buf_text(&words)));
	}
	buf_finish(&words);
}

json_t *answer_reply(struct control *c, const struct reply_row *reply, const struct now *now)
{
	json_t *text = json_string("");
	struct buf out;

	buf_init(&out, 8192);
	if (reply->reason && reply->reason[0])
		buf_str(&out, reply->reason);
	if (reply->state == REPLY_QUERY && reply->reason && reply->reason[0]) /* `last?`, `help` */
		reason_text(c, reply, now, &out);
	else if (reply->state == REPLY_QUERY && core_status_text(c->core, reply->incident, now, &out) == -1)
		buf_str(&out, "closed; `twicket show` has its story");
	else if (reply->state == REPLY_DONE || reply->state == REPLY_NO_EFFECT)
		reason_text(c, reply, now, &out);
	json_decref(text);
	text = control_text(buf_text(&out));
	buf_finish(&out);
	return json_pack("{s:b, s:s, s:I, s:o}", "ok", 1, "state", reply_state_word(reply->state), "ms",
			 (json_int_t)(reply->done_ms > reply->seen_ms ? reply->done_ms - reply->seen_ms : 0), "text",
			 text);
}
