/*
 * OAuth 1.0a with a PIN, as X does it. Called by cli_auth_x.c. It must never print or
 * keep a secret, nor let one into an error text, and never ask twice for one thing
 * unless the clock was at fault.
 */
#include "agent/cli_pin.h"
#include "notifiers/oauth1.h"

#include <ctype.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE "https://api.x.com"
#define BODY_MAX (64u << 10)
#define HEADER_MAX 4096
#define TIMEOUT_MS 20000
#define CLOCK_OFF_S 30 /* less than that no server minds */
#define WORDS_MAX 160

void pin_init(
    struct pin *p, struct cli_net *net, const struct config_account *a,
    const struct secret_app *app)
{
	size_t n;

	*p = (struct pin){.net = net, .account = a, .app = app};
	snprintf(p->base, sizeof p->base, "%s", a->url && *a->url ? a->url : BASE);
	for (n = strlen(p->base); n && p->base[n - 1] == '/'; n--)
		p->base[n - 1] = '\0';
}

void pin_finish(struct pin *p)
{
	explicit_bzero(p, sizeof *p);
}

void pin_access_finish(struct pin_access *access)
{
	explicit_bzero(access, sizeof *access);
}

/* --- requests ------------------------------------------------------------------------------ */

static void make_nonce(char *out, size_t size)
{
	unsigned char random[16];

	cli_net_random(random, sizeof random);
	for (size_t i = 0; i < sizeof random && 2 * i + 3 <= size; i++)
		snprintf(out + 2 * i, 3, "%02x", random[i]);
}

static void buf_wipe(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->len);
	buf_finish(b);
}

/* A POST without a body, signed, with one more oauth_ parameter. */
static int call(
    struct pin *p, const char *path, struct oauth1_param extra, struct cli_net_answer *answer,
    struct err *err)
{
	const struct oauth1_keys keys = {p->app->key, p->app->secret, p->token, p->secret};
	char url[PIN_TEXT + 64], nonce[33] = "";
	struct oauth1_request sign = {
	    .method = "POST",
	    .url = url,
	    .extra = &extra,
	    .n_extra = 1,
	    .nonce = nonce,
	    .timestamp = cli_net_wall_ms() / 1000 + p->skew_s};
	struct request request = {
	    .method = "POST",
	    .url = url,
	    .headers = {"Accept: */*"},
	    .effect = EFFECT_NONE, /* a token that nobody gets is worth nothing */
	    .max_body = BODY_MAX,
	    .timeout_ms = TIMEOUT_MS};
	struct buf header;
	int rc = -1;

	*answer = (struct cli_net_answer){.status = 0};
	snprintf(url, sizeof url, "%s%s", p->base, path);
	make_nonce(nonce, sizeof nonce);
	buf_init(&header, HEADER_MAX);
	buf_str(&header, "Authorization: ");
	if (oauth1_authorization(&keys, &sign, &header, err) == 0) {
		request.headers[1] = buf_text(&header);
		rc = header.cut ? err_set(err, "the keys are too long")
				: cli_net_request(p->net, p->account, &request, answer, err);
	}
	buf_wipe(&header);
	return rc;
}

/* --- answers ------------------------------------------------------------------------------- */

static bool is_value(const char *s)
{
	for (const char *at = s; *at; at++)
		if (!isgraph((unsigned char)*at))
			return false;
	return *s != '\0';
}

/* A field of "a=1&b=2", decoded; false when it is absent, too long or no plain text. */
static bool field(const char *form, const char *name, char *out, size_t size)
{
	size_t n = strlen(name), len;
	char *value;
	int got = 0;

	out[0] = '\0';
	for (; *form; form += *form == '&') {
		len = strcspn(form, "&");
		if (len > n && strncmp(form, name, n) == 0 && form[n] == '=' && len < 4096) {
			value = curl_easy_unescape(NULL, form + n + 1, (int)(len - n - 1), &got);
			if (value && (size_t)got < size && strlen(value) == (size_t)got)
				memcpy(out, value, (size_t)got + 1);
			if (value)
				explicit_bzero(value, (size_t)got);
			curl_free(value);
			return is_value(out);
		}
		form += len;
	}
	return false;
}

static const char *member(const json_t *json, const char *key)
{
	const char *s = json_string_value(json_object_get(json, key));

	return s ? s : "";
}

/* X's words about a refusal: {"errors":[{"message":...}]}, or a problem's detail or title. */
static const char *words_of(const json_t *json)
{
	const char *words = member(json_array_get(json_object_get(json, "errors"), 0), "message");

	if (!*words)
		words = member(json, "detail");
	return *words ? words : member(json, "title");
}

/* "what (401: X's words)hint"; the words only when they hold nothing that must not be shown. */
static int refused(
    const struct pin *p, const struct cli_net_answer *answer, const char *pin, const char *what,
    const char *hint, struct err *err)
{
	json_t *json = json_loadb(buf_text(&answer->body), answer->body.len, 0, NULL);
	const char *secrets[] = {p->app->key, p->app->secret, p->token, p->secret, pin};
	const char *words = words_of(json);

	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
		if (*secrets[i] && strstr(words, secrets[i]))
			words = "";
	err_set(
	    err, "%s (%d%s%.*s)%s", what, answer->status, *words ? ": " : "", WORDS_MAX, words,
	    hint);
	json_decref(json);
	return -1;
}

static int strange(const struct pin *p, struct err *err)
{
	return err_set(err, "%s answers, but not as X does", p->base);
}

/* --- the steps ----------------------------------------------------------------------------- */

/* 401, and our clocks are apart: remembers by how much. */
static bool is_clock_at_fault(struct pin *p, const struct cli_net_answer *answer)
{
	int64_t skew_s = answer->date_s - cli_net_wall_ms() / 1000;

	if (answer->status != 401 || !answer->date_s || p->skew_s ||
	    (skew_s >= -CLOCK_OFF_S && skew_s <= CLOCK_OFF_S))
		return false;
	p->skew_s = skew_s;
	return true;
}

static int take_request_token(struct pin *p, const struct cli_net_answer *answer, struct err *err)
{
	const char *hint = "";

	if (answer->status == 401)
		hint = ": compare the keys with the app's page \"Keys and tokens\"";
	if (answer->status == 403)
		hint = ": has the app its \"User authentication settings\", with \"Read and "
		       "write\"?";
	if (answer->status != 200)
		return refused(p, answer, "", "X refuses the app", hint, err);
	if (!field(buf_text(&answer->body), "oauth_token", p->token, sizeof p->token) ||
	    !field(buf_text(&answer->body), "oauth_token_secret", p->secret, sizeof p->secret))
		return strange(p, err);
	return 0;
}

int pin_request(struct pin *p, struct err *err)
{
	const struct oauth1_param oob = {"oauth_callback", "oob"};
	struct cli_net_answer answer;
	int rc = call(p, "/oauth/request_token", oob, &answer, err);

	if (rc == 0 && is_clock_at_fault(p, &answer)) {
		cli_net_answer_finish(&answer);
		rc = call(p, "/oauth/request_token", oob, &answer, err);
	}
	if (rc == 0)
		rc = take_request_token(p, &answer, err);
	cli_net_answer_finish(&answer);
	return rc;
}

int pin_url(const struct pin *p, struct buf *out, struct err *err)
{
	char *token = curl_easy_escape(NULL, p->token, 0);

	if (!token)
		return err_set(err, "out of memory");
	buf_printf(out, "%s/oauth/authorize?oauth_token=%s", p->base, token);
	curl_free(token);
	return out->cut ? err_set(err, "the address is too long") : 0;
}

static bool is_id(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0' && strlen(s) <= 19;
}

static bool is_name(const char *s)
{
	for (const char *at = s; *at; at++)
		if (!isalnum((unsigned char)*at) && *at != '_')
			return false;
	return *s != '\0';
}

static bool take_access(const char *form, struct pin_access *a)
{
	return field(form, "oauth_token", a->token, sizeof a->token) &&
	       field(form, "oauth_token_secret", a->secret, sizeof a->secret) &&
	       field(form, "user_id", a->user_id, sizeof a->user_id) &&
	       field(form, "screen_name", a->screen_name, sizeof a->screen_name) &&
	       is_id(a->user_id) && is_name(a->screen_name);
}

int pin_exchange(struct pin *p, const char *pin, struct pin_access *access, struct err *err)
{
	const struct oauth1_param verifier = {"oauth_verifier", pin};
	struct cli_net_answer answer;
	int rc = call(p, "/oauth/access_token", verifier, &answer, err);

	*access = (struct pin_access){.token = ""};
	if (rc == 0 && answer.status != 200)
		rc = refused(
		    p, &answer, pin, "X refuses the PIN", ": it holds once, and for some minutes",
		    err);
	else if (rc == 0 && !take_access(buf_text(&answer.body), access))
		rc = strange(p, err);
	if (rc == -1)
		pin_access_finish(access);
	cli_net_answer_finish(&answer);
	return rc;
}

void pin_clean(const char *pasted, char *pin, size_t size)
{
	size_t n = 0;

	for (; *pasted && n + 1 < size; pasted++)
		if (isalnum((unsigned char)*pasted))
			pin[n++] = *pasted;
	pin[n] = '\0';
}

/* --- what is kept -------------------------------------------------------------------------- */

/* What the notifier wants to find, in this order. */
static const char *const members[] = {"consumer_key", "consumer_secret", "token",
				      "token_secret", "user_id",         "screen_name"};
#define N_MEMBERS (sizeof members / sizeof members[0])

/* jansson has no wiping of its own; the strings are this object's alone. */
static void wipe(json_t *json)
{
	for (size_t i = 0; i < N_MEMBERS; i++) {
		json_t *s = json_object_get(json, members[i]);

		if (json_is_string(s))
			explicit_bzero(
			    (char *)(uintptr_t)json_string_value(s), json_string_length(s));
	}
	json_decref(json);
}

static char *token_of(const char *const values[N_MEMBERS])
{
	json_t *json = json_object();
	char *line;

	for (size_t i = 0; i < N_MEMBERS; i++)
		json_object_set_new(json, members[i], json_string(values[i]));
	line = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
	wipe(json);
	return line;
}

char *pin_token(const struct secret_app *app, const struct pin_access *access)
{
	const char *const values[N_MEMBERS] = {app->key,        app->secret,
					       access->token,   access->secret,
					       access->user_id, access->screen_name};

	return token_of(values);
}

int pin_take(const char *line, char **token, struct err *err)
{
	json_t *json = json_loads(line, 0, NULL);
	const char *values[N_MEMBERS];
	int rc = 0;

	if (!json_is_object(json))
		rc = err_set(
		    err, "X's token is a line of JSON: {\"consumer_key\":...,\"screen_name\":...}");
	for (size_t i = 0; i < N_MEMBERS && rc == 0; i++) {
		values[i] = member(json, members[i]);
		if (!is_value(values[i]) ||
		    (strcmp(members[i], "user_id") == 0 && !is_id(values[i])))
			rc = err_set(err, "the token has no good \"%s\"", members[i]);
	}
	if (rc == 0 && !(*token = token_of(values)))
		rc = err_set(err, "out of memory");
	wipe(json);
	return rc;
}
