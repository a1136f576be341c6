/*
 * OAuth of the Mastodon API (docs.joinmastodon.org/client/token, July 2026), out of
 * band: the server shows a code. Called by `auth`. It must never print or keep a
 * secret, nor let one into an error text.
 */
#include "agent/cli_oauth.h"

#include <ctype.h>
#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_OF_BAND "urn:ietf:wg:oauth:2.0:oob"
#define BODY_MAX (256u << 10) /* GoToSocial's and Mastodon's instance documents stay below 64 KiB */
#define FORM_MAX 4096
#define TIMEOUT_MS 20000

void oauth_init(struct oauth *o, struct cli_net *net, const struct config_account *a)
{
	const struct notifier_settings settings = {.handle = a->handle, .url = a->url};
	char *base = mastodon_base_url(&settings);

	*o = (struct oauth){.net = net, .account = a, .scopes = ""};
	snprintf(o->base, sizeof o->base, "%s", base ? base : "");
	free(base);
}

void oauth_finish(struct oauth *o)
{
	explicit_bzero(o, sizeof *o);
}

/* --- requests ------------------------------------------------------------------------------ */

static int call(
    struct oauth *o, const char *method, const char *path, const struct buf *form,
    struct cli_net_answer *answer, struct err *err)
{
	char url[OAUTH_TEXT + 128];
	struct request request = {
	    .method = method,
	    .url = url,
	    .headers = {"Accept: application/json"},
	    .effect = EFFECT_NONE,
	    .max_body = BODY_MAX,
	    .timeout_ms = TIMEOUT_MS};

	snprintf(url, sizeof url, "%s%s", o->base, path);
	if (form) {
		request.headers[1] = "Content-Type: application/x-www-form-urlencoded";
		request.body = buf_text(form);
		request.body_len = form->len;
	}
	return cli_net_request(o->net, o->account, &request, answer, err);
}

static json_t *json_of(const struct cli_net_answer *answer)
{
	json_t *json = json_loadb(buf_text(&answer->body), answer->body.len, 0, NULL);

	if (json_is_object(json))
		return json;
	json_decref(json);
	return NULL;
}

static const char *member(const json_t *json, const char *key)
{
	const char *s = json_string_value(json_object_get(json, key));

	return s ? s : "";
}

static void wipe_member(json_t *json, const char *key)
{
	json_t *s = json_object_get(json, key);

	/* jansson has no wiping of its own; the string is this object's alone */
	if (json_is_string(s))
		explicit_bzero((char *)(uintptr_t)json_string_value(s), json_string_length(s));
}

static int add_field(struct buf *form, const char *name, const char *value)
{
	char *escaped = curl_easy_escape(NULL, value, 0);

	if (!escaped)
		return -1;
	buf_printf(form, "%s%s=%s", form->len ? "&" : "", name, escaped);
	explicit_bzero(escaped, strlen(escaped));
	curl_free(escaped);
	return form->cut ? -1 : 0;
}

static void form_finish(struct buf *form)
{
	if (form->data)
		explicit_bzero(form->data, form->len);
	buf_finish(form);
}

/* The server's words about an error, unless they hold what must not be shown. */
static int refused(
    const struct cli_net_answer *answer, const char *what, const char *secret, const char *secret2,
    struct err *err)
{
	json_t *json = json_of(answer);
	const char *words = member(json, "error_description");

	if (!*words)
		words = member(json, "error");
	if ((*secret && strstr(words, secret)) || (*secret2 && strstr(words, secret2)))
		words = "";
	err_set(err, "%s (%d%s%.200s)", what, answer->status, *words ? ": " : "", words);
	json_decref(json);
	return -1;
}

/* --- reach --------------------------------------------------------------------------------- */

static void take_version(struct oauth *o, const json_t *instance)
{
	const char *version = member(instance, "version");
	bool plain = isdigit((unsigned char)*version) && !strchr(version, '(');

	if (*version)
		snprintf(o->server, sizeof o->server, "%s%.100s", plain ? "version " : "", version);
}

int oauth_reach(struct oauth *o, struct err *err)
{
	static const char *const paths[] = {"/api/v2/instance", "/api/v1/instance"};
	struct cli_net_answer answer;
	int status = 0;

	for (size_t i = 0; i < 2; i++) {
		struct err why;
		json_t *instance;
		int rc = call(o, "GET", paths[i], NULL, &answer, &why);

		status = answer.status;
		instance = rc == 0 && status == 200 ? json_of(&answer) : NULL;
		cli_net_answer_finish(&answer);
		if (rc == -1)
			return err_set(err, "%s does not answer: %s", o->base, why.text);
		if (instance) {
			take_version(o, instance);
			json_decref(instance);
			return 0;
		}
		/* A closed server tells strangers nothing, and yet takes logins. */
		if (status == 401 || status == 403)
			return 0;
	}
	return err_set(err, "%s answers, but not as a Mastodon server does (%d)", o->base, status);
}

/* --- register ------------------------------------------------------------------------------ */

/* Mastodon 4.3 and later list what they know (RFC 8414); others have no such document. */
static bool knows_profile(struct oauth *o)
{
	struct cli_net_answer answer;
	const json_t *scope;
	json_t *json = NULL;
	bool found = false;
	size_t i;

	if (call(o, "GET", "/.well-known/oauth-authorization-server", NULL, &answer, NULL) == 0 &&
	    answer.status == 200)
		json = json_of(&answer);
	cli_net_answer_finish(&answer);
	json_array_foreach (json_object_get(json, "scopes_supported"), i, scope) {
		const char *s = json_string_value(scope);

		found = found || (s && strcmp(s, "profile") == 0);
	}
	json_decref(json);
	return found;
}

static int take_client(struct oauth *o, const struct cli_net_answer *answer, struct err *err)
{
	json_t *json = json_of(answer);
	const char *id = member(json, "client_id"), *secret = member(json, "client_secret");
	int rc = 0;

	if (!*id || strlen(id) >= sizeof o->client_id || strlen(secret) >= sizeof o->client_secret)
		rc = err_set(
		    err, "%s did not answer the registration as a Mastodon server does", o->base);
	else
		snprintf(o->client_id, sizeof o->client_id, "%s", id),
		    snprintf(o->client_secret, sizeof o->client_secret, "%s", secret);
	wipe_member(json, "client_secret");
	json_decref(json);
	return rc;
}

/* 0: registered; 1: it does not want these scopes; -1 with err. */
static int register_with(struct oauth *o, const char *scopes, struct err *err)
{
	struct cli_net_answer answer;
	struct buf form;
	int rc;

	buf_init(&form, FORM_MAX);
	o->scopes = scopes;
	if (add_field(&form, "client_name", "twicket") == -1 ||
	    add_field(&form, "redirect_uris", OUT_OF_BAND) == -1 ||
	    add_field(&form, "scopes", scopes) == -1) {
		form_finish(&form);
		return err_set(err, "out of memory");
	}
	rc = call(o, "POST", "/api/v1/apps", &form, &answer, err);
	if (rc == 0 && answer.status / 100 == 2)
		rc = take_client(o, &answer, err);
	else if (rc == 0)
		rc = refused(&answer, "the server refuses the registration", "", "", err);
	if (rc == -1 && (answer.status == 422 || answer.status == 400))
		rc = 1;
	cli_net_answer_finish(&answer);
	form_finish(&form);
	return rc;
}

int oauth_register(struct oauth *o, struct err *err)
{
	int rc =
	    register_with(o, knows_profile(o) ? OAUTH_SCOPES_PROFILE : OAUTH_SCOPES_ACCOUNTS, err);

	if (rc == 1)
		rc = register_with(o, OAUTH_SCOPES_WIDE, err);
	return rc == 0 ? 0 : -1;
}

/* --- the address --------------------------------------------------------------------------- */

int oauth_url(const struct oauth *o, struct buf *out, struct err *err)
{
	struct buf query;
	int rc = 0;

	buf_init(&query, FORM_MAX);
	/* force_login: a browser that is logged in as somebody still asks which account is meant */
	if (add_field(&query, "response_type", "code") == -1 ||
	    add_field(&query, "client_id", o->client_id) == -1 ||
	    add_field(&query, "redirect_uri", OUT_OF_BAND) == -1 ||
	    add_field(&query, "scope", o->scopes) == -1 ||
	    add_field(&query, "force_login", "true") == -1)
		rc = err_set(err, "out of memory");
	else
		buf_printf(out, "%s/oauth/authorize?%s", o->base, buf_text(&query));
	form_finish(&query);
	return rc;
}

/* --- the token ----------------------------------------------------------------------------- */

void oauth_clean_code(const char *pasted, char *code, size_t size)
{
	const char *in_address = strstr(pasted, "code=");
	const char *at = in_address ? in_address + strlen("code=") : pasted;
	size_t n = 0;

	for (; *at && n + 1 < size; at++) {
		if (in_address && strchr("&#", *at))
			break;
		if (isgraph((unsigned char)*at))
			code[n++] = *at;
	}
	code[n] = '\0';
}

static int
take_token(struct oauth *o, const struct cli_net_answer *answer, char **token, struct err *err)
{
	json_t *json = json_of(answer);
	const char *text = member(json, "access_token");
	int rc = 0;

	if (!*text)
		rc = err_set(err, "%s answered without a token", o->base);
	else if (!(*token = strdup(text)))
		rc = err_set(err, "out of memory");
	wipe_member(json, "access_token");
	json_decref(json);
	return rc;
}

static int fill_token_form(const struct oauth *o, const char *code, struct buf *form)
{
	if (add_field(form, "grant_type", "authorization_code") == -1 ||
	    add_field(form, "code", code) == -1 ||
	    add_field(form, "client_id", o->client_id) == -1 ||
	    add_field(form, "client_secret", o->client_secret) == -1 ||
	    add_field(form, "redirect_uri", OUT_OF_BAND) == -1 ||
	    add_field(form, "scope", o->scopes) == -1)
		return -1;
	return 0;
}

int oauth_token(struct oauth *o, const char *code, char **token, struct err *err)
{
	struct cli_net_answer answer;
	struct buf form;
	int rc;

	*token = NULL;
	buf_init(&form, FORM_MAX);
	if (fill_token_form(o, code, &form) == -1) {
		form_finish(&form);
		return err_set(err, "that is too long for a code");
	}
	rc = call(o, "POST", "/oauth/token", &form, &answer, err);
	if (rc == 0 && answer.status / 100 == 2)
		rc = take_token(o, &answer, token, err);
	else if (rc == 0)
		rc = refused(&answer, "the server refuses the code", code, o->client_secret, err);
	cli_net_answer_finish(&answer);
	form_finish(&form);
	return rc;
}

void oauth_revoke(struct oauth *o, const char *token)
{
	struct cli_net_answer answer;
	struct buf form;

	buf_init(&form, FORM_MAX);
	if (*o->client_id && add_field(&form, "client_id", o->client_id) == 0 &&
	    add_field(&form, "client_secret", o->client_secret) == 0 &&
	    add_field(&form, "token", token) == 0) {
		call(o, "POST", "/oauth/revoke", &form, &answer, NULL);
		cli_net_answer_finish(&answer);
	}
	form_finish(&form);
}
