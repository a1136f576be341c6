/*
 * An X account: its settings, its keys, whose they are.
 * Called by twitter.c and by the jobs that learn.
 * It must never let a key into a text, nor leave one in freed memory.
 */
#include "notifiers/request.h"
#include "notifiers/twitter.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API "https://api.x.com"
#define TOKEN_HINT "the token is not what `twicket auth` writes for x: "
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

bool twitter_name(const char *s, char name[TWITTER_NAME_MAX])
{
	size_t n, i;

	s += *s == '@';
	n = strspn(s, NAME_CHARACTERS);
	if (!n || n >= TWITTER_NAME_MAX || (s[n] && strcasecmp(s + n, "@x.com") != 0))
		return false;
	for (i = 0; i < n; i++)
		name[i] = (char)tolower((unsigned char)s[i]);
	name[n] = '\0';
	return true;
}

/* Printable and without blanks: it goes into a header. */
static const char *key_of(const json_t *token, const char *name)
{
	const json_t *value = json_object_get(token, name);
	const char *s = json_string_value(value), *at;

	if (!s || !*s || strlen(s) != json_string_length(value) || strlen(s) > 500)
		return NULL;
	for (at = s; *at; at++) {
		if (!isgraph((unsigned char)*at))
			return NULL;
	}
	return s;
}

/* Takes the token apart; -1 with err, which never quotes it. */
static int read_token(struct account *a, const char *text, struct err *err)
{
	char name[TWITTER_NAME_MAX];
	size_t i;
	struct {
		const char *name, **to;
	} wanted[] = {
	    {"consumer_key", &a->keys.consumer_key},
	    {"consumer_secret", &a->keys.consumer_secret},
	    {"token", &a->keys.token},
	    {"token_secret", &a->keys.token_secret},
	    {"user_id", &a->id},
	    {"screen_name", &a->token_owner},
	};

	if (!*text)
		return 0;
	a->token = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(a->token))
		return err_set(err, TOKEN_HINT "it is no JSON object");
	for (i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		*wanted[i].to = key_of(a->token, wanted[i].name);
		if (!*wanted[i].to)
			return err_set(
			    err, TOKEN_HINT "\"%s\" is missing or unusable", wanted[i].name);
	}
	if (!twitter_is_id(a->id))
		return err_set(err, TOKEN_HINT "user_id is no id");
	if (!twitter_name(a->token_owner, name) || strchr(a->token_owner, '@'))
		return err_set(err, TOKEN_HINT "screen_name is no X name");
	return 0;
}

static void wipe_token(struct account *a)
{
	const char *key;
	json_t *value;

	json_object_foreach (a->token, key, value) {
		if (json_is_string(value))
			explicit_bzero((char *)json_string_value(value), json_string_length(value));
	}
	json_decref(a->token);
	a->token = NULL;
}

static int read_base(struct account *a, const struct notifier_settings *s, struct err *err)
{
	char host[300];

	a->base = strdup(*or_empty(s->url) ? s->url : API);
	if (!a->base)
		return err_set(err, "out of memory");
	base_url_trim(a->base);
	return base_url_host(a->base, host, sizeof host, err);
}

static int read_settings(struct account *a, const struct notifier_settings *s, struct err *err)
{
	const char *handle = or_empty(s->handle), *fields = s->fields ? s->fields : "tweet";

	if (!twitter_name(handle, a->login) || strchr(handle + (*handle == '@'), '@'))
		return err_set(
		    err, "handle = \"%s\" is no X name (1 to 15 of letters, digits and _)", handle);
	if (strcmp(fields, "tweet") != 0 && strcmp(fields, "post") != 0)
		return err_set(err, "fields = \"%s\" is neither \"tweet\" nor \"post\"", fields);
	a->name = or_empty(s->name);
	a->sends_post = strcmp(fields, "post") == 0;
	a->messages = s->messages;
	if (s->prices)
		memcpy(a->prices, s->prices, sizeof a->prices);
	if (read_base(a, s, err) == -1)
		return -1;
	return read_token(a, or_empty(s->token), err);
}

struct account *twitter_open(const struct notifier_settings *s, struct err *err)
{
	struct account *a = calloc(1, sizeof *a);

	if (!a) {
		err_set(err, "out of memory");
	} else if (read_settings(a, s, err) == -1) {
		twitter_close(a);
		a = NULL;
	}
	return a;
}

int twitter_check(const struct notifier_settings *s, struct err *err)
{
	struct account *a = twitter_open(s, err);

	twitter_close(a);
	return a ? 0 : -1;
}

void twitter_close(struct account *a)
{
	if (!a)
		return;
	wipe_token(a);
	free(a->base);
	free(a);
}
