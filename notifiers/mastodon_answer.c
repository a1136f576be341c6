/*
 * What an answer of a Mastodon server means: the error table of DESIGN section 4.
 * Called by the jobs of the Mastodon notifier.
 * It must never let a token, a control character or a guess through as a fact.
 */
#include "notifiers/mastodon.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MAX_MS (15 * 60 * 1000) /* the longest window of Mastodon itself (facts section 4) */
#define WAIT_UNSAID_MS (60 * 1000) /* 429 without a word: GoToSocial's throttle says 30 s */
#define LINK_MAX 4096

bool mastodon_is_status(const struct turn *turn, int status)
{
	return turn->answer->transport == TRANSPORT_ANSWERED && turn->answer->status == status;
}

bool mastodon_is_ok(const struct turn *turn)
{
	return turn->answer->transport == TRANSPORT_ANSWERED && turn->answer->status >= 200 &&
	       turn->answer->status < 300;
}

enum op_step
mastodon_finish(struct op *op, struct turn *turn, enum result_class class, const char *format, ...)
{
	const char *const secrets[] = {op->account->token, NULL};
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

/* Steals json. */
static json_t *expect(struct op *op, struct turn *turn, json_t *json, json_type type)
{
	const struct answer *answer = turn->answer;

	if (json && json_typeof(json) == type)
		return json;
	if (!json)
		mastodon_finish(
		    op, turn, unread(op), "%d, but %s: %.1500s", answer->status,
		    answer_fault(answer),
		    answer->body);
	else
		mastodon_finish(
		    op, turn, op->effect == EFFECT_CREATES ? RESULT_UNKNOWN : RESULT_BUG,
		    "%d, but the answer is not what the API promises: %.1500s", answer->status,
		    answer->body);
	json_decref(json);
	return NULL;
}

json_t *mastodon_json(struct op *op, struct turn *turn, json_type type)
{
	return expect(op, turn, answer_json(turn->answer), type);
}

json_t *mastodon_members(struct op *op, struct turn *turn, const char *const *names)
{
	return expect(op, turn, answer_members(turn->answer, names), JSON_OBJECT);
}

void mastodon_error_words(const struct turn *turn, char *out, size_t size)
{
	json_t *json = turn->answer->truncated ? NULL : answer_json(turn->answer);
	char error[512], description[512];

	out[0] = '\0';
	if (json_is_object(json)) {
		json_text(json, "error", error, sizeof error);
		json_text(json, "error_description", description, sizeof description);
		snprintf(
		    out, size, "%.*s%s%.*s", (int)(size / 2 - 2), error,
		    *error && *description ? ": " : "", (int)(size / 2 - 2), description);
	}
	json_decref(json);
}

/* The server's idea of now, so that its resets are right by our clock too. */
static int64_t server_now(const struct turn *turn)
{
	return answer_clock_ms(turn->answer, turn->env->wall_ms);
}

int64_t mastodon_skew_ms(const struct turn *turn)
{
	return server_now(turn) - turn->env->wall_ms;
}

static bool all_digits(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s);
}

/* How long to wait: seconds, an HTTP date, ISO 8601, or an epoch (old GoToSocial). */
static int64_t wait_of(const struct turn *turn, const char *header)
{
	char value[64];
	int64_t at;

	if (!answer_header(turn->answer, header, value, sizeof value))
		return 0;
	if (all_digits(value)) {
		at = strlen(value) > 15 ? INT64_MAX / 1000 : strtoll(value, NULL, 10);
		if (at < 1000000000)
			return at * 1000;
		at = at > 100000000000 ? at : at * 1000;
	} else if (!iso8601_ms(value, &at) && !http_date_ms(value, &at)) {
		return 0;
	}
	return at - server_now(turn);
}

int64_t mastodon_reset_ms(const struct turn *turn)
{
	int64_t after = wait_of(turn, "Retry-After");
	int64_t reset = wait_of(turn, "X-RateLimit-Reset");
	int64_t wait = after > reset ? after : reset;

	if (wait <= 0)
		return 0;
	return turn->env->wall_ms + (wait > WAIT_MAX_MS ? WAIT_MAX_MS : wait);
}

static bool says(const char *words, const char *const *list)
{
	for (; *list; list++) {
		if (strcasestr(words, *list))
			return true;
	}
	return false;
}

/* Words that are about the account as a whole, from Mastodon's and GoToSocial's messages. */
static const char *const account_words[] = {"scope",        "login",
					    "suspended",    "disabled",
					    "confirm",      "pending approval",
					    "access token", "requires an authenticated user",
					    "your account", NULL};

/*
 * 403 is "this token may not" or "this job may not". Without any words it is a
 * proxy's: nothing is lost by stopping the account until a human has looked.
 */
static enum result_class class_403(const struct op *op, const char *words)
{
	switch (op->job->type) {
	case JOB_FAVOURITE:
	case JOB_BOOST:
	case JOB_LOOKUP: return RESULT_PERMANENT; /* an account may live without */
	case JOB_VERIFY:
	case JOB_COLLECT: return RESULT_AUTH; /* nothing but the token can be at fault */
	case JOB_POST:
	case JOB_EDIT:
	case JOB_DELETE:
	case JOB_RECENT:
	case JOB_THREAD:
	case JOB_GET:
	case JOB_TICKET:
	case JOB_TICKET_NOTE:
	case JOB_TICKET_FIND:
	case JOB_TICKET_ANSWERS: break;
	}
	return !*words || says(words, account_words) ? RESULT_AUTH : RESULT_PERMANENT;
}

/* snac says 422 without a word to a bad token; Mastodon says it in words. */
static enum result_class class_422(const struct op *op, const struct turn *turn, const char *words)
{
	if (op->job->type == JOB_VERIFY && turn->answer->body_len == 0)
		return RESULT_AUTH;
	return says(words, account_words) ? RESULT_AUTH : RESULT_PERMANENT;
}

static enum result_class class_of(const struct op *op, const struct turn *turn, const char *words)
{
	int status = turn->answer->status;

	switch (status) {
	case 401: return RESULT_AUTH;
	case 403: return class_403(op, words);
	case 408: /* the request did not arrive whole */
	case 425: return RESULT_RETRY;
	case 409: return unread(op); /* the same key is being worked on */
	case 422: return class_422(op, turn, words);
	case 429: return RESULT_LIMIT;
	}
	if (status >= 400 && status < 500)
		return RESULT_PERMANENT;
	/* A redirect made nothing; at VERIFY it says that the address is wrong. */
	if (status >= 300 && status < 400)
		return op->job->type == JOB_VERIFY ? RESULT_PERMANENT : RESULT_RETRY;
	return unread(op);
}

static enum op_step refuse_transport(struct op *op, struct turn *turn)
{
	if (turn->answer->transport == TRANSPORT_NOT_SENT)
		return mastodon_finish(
		    op, turn, RESULT_RETRY, "could not connect: %s", turn->answer->error);
	return mastodon_finish(op, turn, unread(op), "no answer: %s", turn->answer->error);
}

enum op_step mastodon_refuse(struct op *op, struct turn *turn)
{
	char words[1100], location[256] = "";
	enum result_class class;
	int64_t reset;

	if (turn->answer->transport != TRANSPORT_ANSWERED)
		return refuse_transport(op, turn);
	mastodon_error_words(turn, words, sizeof words);
	class = class_of(op, turn, words);
	reset = mastodon_reset_ms(turn);
	if (class == RESULT_LIMIT && !reset)
		reset = turn->env->wall_ms + WAIT_UNSAID_MS;
	if (class == RESULT_LIMIT || turn->answer->status >= 500)
		turn->result->not_before_ms = reset;
	if (turn->answer->status >= 300 && turn->answer->status < 400)
		answer_header(turn->answer, "Location", location, sizeof location);
	return mastodon_finish(
	    op, turn, class, "%d%s%s%s%s", turn->answer->status,
	    *words ? ": " : " without explanation", words, *location ? ", sent on to " : "",
	    location);
}

static bool is_printable(const char *s, size_t n)
{
	for (; n; n--, s++) {
		if (!isgraph((unsigned char)*s) || (unsigned char)*s > 126)
			return false;
	}
	return true;
}

/* Copies the value of a parameter of a URL's query. */
static bool query_value(const char *url, const char *parameter, char *out, size_t size)
{
	size_t n = strlen(parameter), len;
	CURLU *u = curl_url();
	char *query = NULL, *plain, *s;
	bool found = false;
	int plain_len;

	if (!u || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_QUERY, &query, 0) != CURLUE_OK)
		goto out;
	for (s = query; *s && !found; s += len + (s[len] == '&')) {
		len = strcspn(s, "&");
		if (len <= n || s[n] != '=' || memcmp(s, parameter, n) != 0)
			continue;
		plain = curl_easy_unescape(NULL, s + n + 1, (int)(len - n - 1), &plain_len);
		found = plain && plain_len > 0 && (size_t)plain_len < size &&
			is_printable(plain, (size_t)plain_len);
		if (found)
			memcpy(out, plain, (size_t)plain_len + 1);
		curl_free(plain);
	}
out:
	curl_free(query);
	curl_url_cleanup(u);
	return found;
}

/* RFC 8288: <URL>; rel="prev", <URL>; rel="next". Only ids are taken out of it, never the host. */
bool mastodon_link(
    const struct answer *answer, const char *rel, const char *parameter, char *out, size_t size)
{
	char header[LINK_MAX], wanted[32], *url, *end, *next;

	out[0] = '\0';
	snprintf(wanted, sizeof wanted, "rel=\"%s\"", rel);
	if (!answer_header(answer, "Link", header, sizeof header))
		return false;
	for (url = strchr(header, '<'); url; url = next) {
		end = strchr(url, '>');
		if (!end)
			return false;
		*end++ = '\0';
		next = strchr(end, '<');
		if (next)
			*next = '\0';
		if (strstr(end, wanted))
			return query_value(url + 1, parameter, out, size);
		if (next)
			*next = '<';
	}
	return false;
}
