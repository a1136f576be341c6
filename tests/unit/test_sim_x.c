/*
 * The simulated X by raw requests: that it is as strict as X, and bills as X does. It is
 * the ground of the scenarios and crash tests. It must never use the notifier.
 */
#include "notifiers/oauth1.h"
#include "tests/crash/sim_x.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#define START_MS INT64_C(1795316400000) /* Sunday, 22 November 2026, 03:00:00 UTC */
#define DAY_MS INT64_C(86400000)

struct bench {
	struct sim_x *x;
	unsigned us, other;
	struct oauth1_keys keys;
	unsigned nonce;
	int64_t skew_s; /* of our timestamps */
	int status;
	char headers[1024];
	bool is_lost;
	json_t *body;
	char id[SIM_X_ID]; /* data.id of the last answer that had one */
};

static void keys_of(struct bench *b, unsigned user)
{
	const struct sim_x_user *u = &b->x->users[user];

	b->keys = (struct oauth1_keys){.consumer_key = u->key,
				       .consumer_secret = u->secret,
				       .token = u->token,
				       .token_secret = u->token_secret};
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	char token[512];

	b->x = sim_x_create();
	b->x->now_ms = START_MS;
	b->us = sim_x_account(b->x, "examplenet", token, sizeof token);
	b->other = sim_x_account(b->x, "another", token, sizeof token);
	keys_of(b, b->us);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	sim_x_destroy(b->x);
	json_decref(b->body);
	free(b);
	return 0;
}

static void keep(struct bench *b, struct sim_x_answer *answer)
{
	const char *id;

	b->status = answer->status;
	b->is_lost = answer->is_lost;
	memcpy(b->headers, answer->headers, sizeof b->headers);
	json_decref(b->body);
	b->body = json_loads(answer->body, 0, NULL);
	id = json_string_value(json_object_get(json_object_get(b->body, "data"), "id"));
	if (id)
		snprintf(b->id, sizeof b->id, "%s", id);
	free(answer->body);
}

static void ask_signed(struct bench *b, const char *method, const char *path, const char *body, const char *nonce)
{
	struct sim_x_answer answer;
	struct buf head;
	struct err err;
	char url[512];
	struct request request = {.method = method, .url = url, .body = body, .body_len = body ? strlen(body) : 0};
	const struct oauth1_request r = {.method = method,
					 .url = url,
					 .nonce = nonce,
					 .timestamp = b->x->now_ms / 1000 + b->skew_s};

	snprintf(url, sizeof url, "https://api.x.com%s", path);
	buf_init(&head, 4096);
	buf_str(&head, "Authorization: ");
	assert_int_equal(oauth1_authorization(&b->keys, &r, &head, &err), 0);
	request.headers[0] = buf_text(&head);
	request.headers[1] = body ? "Content-Type: application/json" : NULL;
	request.effect = strcmp(method, "GET") ? EFFECT_CREATES : EFFECT_NONE;
	sim_x_serve(b->x, &request, &answer);
	keep(b, &answer);
	buf_finish(&head);
}

static int ask(struct bench *b, const char *method, const char *path, const char *body)
{
	char nonce[32];

	snprintf(nonce, sizeof nonce, "nonce%u", ++b->nonce);
	ask_signed(b, method, path, body, nonce);
	return b->status;
}

static int post(struct bench *b, const char *text, const char *parent)
{
	char body[2048];

	if (parent)
		snprintf(body, sizeof body, "{\"text\":\"%s\",\"reply\":{\"in_reply_to_tweet_id\":\"%s\"}}", text, parent);
	else
		snprintf(body, sizeof body, "{\"text\":\"%s\"}", text);
	return ask(b, "POST", "/2/tweets", body);
}

static const char *detail(struct bench *b)
{
	const char *text = json_string_value(json_object_get(b->body, "detail"));

	return text ? text : "";
}

static int mentions(struct bench *b, const char *more)
{
	char path[256];

	snprintf(path, sizeof path, "/2/users/%s/mentions?tweet.fields=author_id,referenced_tweets,created_at%s",
		 b->x->users[b->us].id, more);
	return ask(b, "GET", path, NULL);
}

static int mentions_new(struct bench *b)
{
	char path[256];

	snprintf(path, sizeof path, "/2/users/%s/mentions?post.fields=created_at&expansions=author_id,referenced_posts",
		 b->x->users[b->us].id);
	return ask(b, "GET", path, NULL);
}

static const char *meta(struct bench *b, const char *name)
{
	return json_string_value(json_object_get(json_object_get(b->body, "meta"), name));
}

static size_t shown(struct bench *b)
{
	return json_array_size(json_object_get(b->body, "data"));
}

/* --- who --- */

static void signatures_are_checked(void **state)
{
	struct bench *b = *state;

	assert_int_equal(post(b, "one", NULL), 201);
	ask_signed(b, "POST", "/2/tweets", "{\"text\":\"two\"}", "nonce1");
	assert_int_equal(b->status, 401); /* the nonce was there before */
	b->keys.token_secret = "wrong";
	assert_int_equal(post(b, "three", NULL), 401);
	b->keys.token_secret = b->x->users[b->us].token_secret;
	b->keys.token = "wrong";
	assert_int_equal(post(b, "four", NULL), 401);
	keys_of(b, b->us);
	b->skew_s = 301;
	assert_int_equal(post(b, "five", NULL), 401);
	b->skew_s = -301;
	assert_int_equal(post(b, "six", NULL), 401);
	b->skew_s = 299;
	assert_int_equal(post(b, "seven", NULL), 201);
	assert_int_equal(b->x->counts.refused_signatures, 5);
	assert_int_equal(sim_x_count(b->x, NULL), 2);
}

static void the_clock_is_in_every_answer(void **state)
{
	struct bench *b = *state;

	b->x->skew_ms = 3600000;
	assert_int_equal(post(b, "one", NULL), 401);
	assert_non_null(strstr(b->headers, "date: Sun, 22 Nov 2026 04:00:00 GMT\r\n"));
}

/* --- what --- */

static void texts_are_checked(void **state)
{
	struct bench *b = *state;
	char longest[400];

	memset(longest, 'a', sizeof longest);
	longest[280] = '\0';
	assert_int_equal(post(b, longest, NULL), 201);
	longest[279] = 'b';
	assert_int_equal(post(b, longest, NULL), 201);
	longest[280] = 'b';
	longest[281] = '\0';
	assert_int_equal(post(b, longest, NULL), 400);
	assert_int_equal(post(b, "", NULL), 400);
	assert_int_equal(ask(b, "POST", "/2/tweets", "{\"text\":\"a\",\"media\":{}}"), 400);
	assert_int_equal(ask(b, "POST", "/2/tweets", "text=a"), 400);
	assert_int_equal(ask(b, "GET", "/2/tweets/1?media.fields=url", NULL), 400);
	assert_int_equal(ask(b, "GET", "/1.1/statuses", NULL), 404);
	assert_int_equal(sim_x_count(b->x, NULL), 2);
}

static void identical_text_is_refused(void **state)
{
	struct bench *b = *state;

	assert_int_equal(post(b, "disk full", NULL), 201);
	assert_int_equal(post(b, "disk full", NULL), 403);
	assert_string_equal(detail(b), "You are not allowed to create a Tweet with duplicate content.");
	keys_of(b, b->other);
	assert_int_equal(post(b, "disk full", NULL), 201);
	assert_int_equal(b->x->counts.duplicates, 1);
}

static void replies_only_to_own_and_to_who_mentioned_us(void **state)
{
	struct bench *b = *state;
	char own[SIM_X_ID], *them, *us;

	assert_int_equal(post(b, "root", NULL), 201);
	snprintf(own, sizeof own, "%s", b->id);
	assert_int_equal(post(b, "update", own), 201);
	them = sim_x_say(b->x, "stranger", "", "nobody in particular")->id;
	us = sim_x_say(b->x, "stranger", "", "@ExampleNet hello")->id;
	assert_int_equal(post(b, "unasked", them), 403);
	assert_non_null(strstr(detail(b), "where you are mentioned or are the author"));
	assert_int_equal(post(b, "asked", us), 201);
	assert_int_equal(post(b, "into nothing", "12345"), 403);
	b->x->refuses_replies = true;
	assert_int_equal(post(b, "another update", own), 403);
	assert_int_equal(post(b, "asked again", us), 201);
}

static void ids_say_when(void **state)
{
	struct bench *b = *state;
	int64_t first;

	post(b, "one", NULL);
	first = strtoll(b->id, NULL, 10);
	assert_int_equal((first >> 22) + INT64_C(1288834974657), START_MS);
	post(b, "two", NULL);
	assert_true(strtoll(b->id, NULL, 10) > first);
}

/* --- reading --- */

static void mentions_come_in_pages(void **state)
{
	struct bench *b = *state;
	char since[128], token[64];

	assert_int_equal(mentions(b, ""), 200);
	assert_null(json_object_get(b->body, "data"));
	for (int k = 0; k < 12; k++) {
		char text[32];

		snprintf(text, sizeof text, "@examplenet %d", k);
		sim_x_say(b->x, "alice", "", text);
	}
	assert_int_equal(mentions(b, "&max_results=5"), 200);
	assert_int_equal(shown(b), 5);
	snprintf(since, sizeof since, "&max_results=5&since_id=%s", meta(b, "oldest_id"));
	snprintf(token, sizeof token, "&max_results=5&pagination_token=%s", meta(b, "next_token"));
	mentions(b, token);
	assert_int_equal(shown(b), 5);
	snprintf(token, sizeof token, "&max_results=5&pagination_token=%s", meta(b, "next_token"));
	mentions(b, token);
	assert_int_equal(shown(b), 2);
	assert_null(meta(b, "next_token"));
	mentions(b, since);
	assert_int_equal(shown(b), 4);
	assert_int_equal(mentions(b, "&max_results=4"), 400);
	assert_int_equal(sim_x_billed(b->x, b->us, 202611), 12 * 1000); /* each once, however often it was shown */
	b->x->now_ms += DAY_MS;
	mentions(b, since);
	assert_int_equal(sim_x_billed(b->x, b->us, 202611), 16 * 1000); /* another day */
}

static void own_posts_since_a_time(void **state)
{
	struct bench *b = *state;
	char path[256];

	post(b, "old <&>", NULL);
	b->x->now_ms += 60000;
	post(b, "new", NULL);
	snprintf(path, sizeof path, "/2/users/%s/tweets?start_time=2026-11-22T03:00:30Z", b->x->users[b->us].id);
	assert_int_equal(ask(b, "GET", path, NULL), 200);
	assert_int_equal(shown(b), 1);
	snprintf(path, sizeof path, "/2/users/%s/tweets?start_time=2026-11-22T03:00:00.000Z", b->x->users[b->us].id);
	assert_int_equal(ask(b, "GET", path, NULL), 200);
	assert_int_equal(shown(b), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(b->body, "data"), 1),
							      "text")),
			    "old &lt;&amp;&gt;");
	snprintf(path, sizeof path, "/2/users/%s/tweets?start_time=yesterday", b->x->users[b->us].id);
	assert_int_equal(ask(b, "GET", path, NULL), 400);
}

static void what_is_missing_is_a_partial_error(void **state)
{
	struct bench *b = *state;

	assert_int_equal(ask(b, "GET", "/2/tweets/12345", NULL), 200);
	assert_null(json_object_get(b->body, "data"));
	assert_int_equal(json_array_size(json_object_get(b->body, "errors")), 1);
	assert_int_equal(ask(b, "GET", "/2/users/by/username/nobody", NULL), 200);
	assert_null(json_object_get(b->body, "data"));
	assert_int_equal(sim_x_billed(b->x, b->us, 0), 0);
	assert_int_equal(ask(b, "GET", "/2/users/me", NULL), 200);
	assert_string_equal(b->id, b->x->users[b->us].id);
}

static void both_vocabularies(void **state)
{
	struct bench *b = *state;
	char path[128], *id = sim_x_say(b->x, "alice", "", "@examplenet hello")->id;

	b->x->vocabulary = SIM_X_NEW;
	snprintf(path, sizeof path, "/2/tweets/%s?tweet.fields=author_id", id);
	assert_int_equal(ask(b, "GET", path, NULL), 400);
	snprintf(path, sizeof path, "/2/tweets/%s?post.fields=author_id", id);
	assert_int_equal(ask(b, "GET", path, NULL), 400); /* 2.167 has it by expansion only */
	snprintf(path, sizeof path, "/2/tweets/%s?post.fields=created_at", id);
	assert_int_equal(ask(b, "GET", path, NULL), 200);
	assert_non_null(json_object_get(json_object_get(b->body, "data"), "edit_history_post_ids"));
	mentions_new(b);
	assert_int_equal(json_array_size(json_object_get(json_object_get(b->body, "includes"), "users")), 1);
	assert_int_equal(sim_x_billed(b->x, b->us, 0), 5000 + 10000);
	b->x->vocabulary = SIM_X_TWEET;
	assert_int_equal(ask(b, "GET", path, NULL), 400);
	assert_int_equal(mentions(b, ""), 200);
	assert_non_null(json_object_get(json_array_get(json_object_get(b->body, "data"), 0), "edit_history_tweet_ids"));
}

/* --- messages --- */

static void messages_only_to_who_wrote_first(void **state)
{
	struct bench *b = *state;
	char path[128];

	snprintf(path, sizeof path, "/2/dm_conversations/with/%s/messages",
		 b->x->users[sim_x_user(b->x, "alice")].id);
	assert_int_equal(ask(b, "POST", path, "{\"text\":\"hello\"}"), 403);
	sim_x_send(b->x, "alice", b->us, "ack");
	assert_int_equal(ask(b, "POST", path, "{\"text\":\"hello\"}"), 201);
	assert_int_equal(ask(b, "GET", "/2/dm_events?dm_event.fields=sender_id", NULL), 200);
	assert_int_equal(shown(b), 2);
	assert_int_equal(sim_x_billed(b->x, b->us, 0), 15000 + 2 * 10000);
}

/* --- money and limits --- */

static void the_bill_is_by_the_list(void **state)
{
	struct bench *b = *state;
	char path[64], *asked = sim_x_say(b->x, "alice", "", "@examplenet ?")->id;

	post(b, "plain", NULL);
	assert_int_equal(sim_x_billed(b->x, b->us, 0), 15000);
	snprintf(path, sizeof path, "/2/tweets/%s", b->id);
	post(b, "a self-reply", b->id);
	assert_int_equal(sim_x_billed(b->x, b->us, 0), 30000);
	post(b, "summoned", asked);
	assert_int_equal(sim_x_billed(b->x, b->us, 0), 40000);
	post(b, "see https://example.com/a", NULL);
	assert_int_equal(sim_x_billed(b->x, b->us, 0), 240000);
	ask(b, "DELETE", path, NULL);
	assert_int_equal(b->status, 200);
	assert_int_equal(sim_x_billed(b->x, b->us, 0), 250000);
	assert_int_equal(ask(b, "DELETE", path, NULL), 404);
	post(b, "plain", NULL);
	assert_int_equal(sim_x_billed(b->x, b->us, 202611), 250000); /* a refused one costs nothing */
	assert_int_equal(sim_x_billed(b->x, b->us, 202612), 0);
}

static void credits_run_out(void **state)
{
	struct bench *b = *state;

	b->x->has_credits = true;
	b->x->credits_micro = 16000;
	assert_int_equal(post(b, "one", NULL), 201);
	assert_int_equal(post(b, "two", NULL), 201); /* slightly negative is what X allows */
	assert_int_equal(post(b, "three", NULL), 402);
	assert_string_equal(json_string_value(json_object_get(b->body, "title")), "CreditsDepleted");
	assert_int_equal(mentions(b, ""), 402);
}

static void a_window_has_a_limit(void **state)
{
	struct bench *b = *state;

	for (int k = 0; k < 15; k++)
		assert_int_equal(ask(b, "GET", "/2/dm_events", NULL), 200);
	assert_int_equal(ask(b, "GET", "/2/dm_events", NULL), 429);
	assert_non_null(strstr(b->headers, "x-rate-limit-limit: 15\r\nx-rate-limit-remaining: 0\r\n"
					   "x-rate-limit-reset: 1795317300\r\n"));
	b->x->now_ms += 15 * 60000;
	assert_int_equal(ask(b, "GET", "/2/dm_events", NULL), 200);
}

/* --- misbehaving --- */

static void answers_can_be_lost(void **state)
{
	struct bench *b = *state;

	b->x->lose_next = 1;
	post(b, "lost", NULL);
	assert_true(b->is_lost);
	b->x->drop_next = 1;
	post(b, "dropped", NULL);
	assert_true(b->is_lost);
	b->x->error_next = 1;
	assert_int_equal(post(b, "error", NULL), 500);
	b->x->late_next = 1;
	b->x->late_ms = 30000;
	post(b, "late", NULL);
	assert_true(b->is_lost);
	assert_int_equal(sim_x_count(b->x, NULL), 2);
	b->x->now_ms += 30000;
	assert_int_equal(sim_x_count(b->x, NULL), 3);
	assert_int_equal(sim_x_count(b->x, "dropped"), 0);
}

static void orders_are_followed_once(void **state)
{
	struct bench *b = *state;
	struct sim_x_script order = {.kind = SIM_X_READS, .left = 1, .status = 503, .headers = "retry-after: 7\r\n"};

	assert_true(sim_x_order(b->x, &order));
	assert_int_equal(post(b, "no read", NULL), 201);
	assert_int_equal(mentions(b, ""), 503);
	assert_non_null(strstr(b->headers, "retry-after: 7\r\n"));
	assert_int_equal(mentions(b, ""), 200);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(signatures_are_checked),
		TEST(the_clock_is_in_every_answer),
		TEST(texts_are_checked),
		TEST(identical_text_is_refused),
		TEST(replies_only_to_own_and_to_who_mentioned_us),
		TEST(ids_say_when),
		TEST(mentions_come_in_pages),
		TEST(own_posts_since_a_time),
		TEST(what_is_missing_is_a_partial_error),
		TEST(both_vocabularies),
		TEST(messages_only_to_who_wrote_first),
		TEST(the_bill_is_by_the_list),
		TEST(credits_run_out),
		TEST(a_window_has_a_limit),
		TEST(answers_can_be_lost),
		TEST(orders_are_followed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
