/*
 * A Mastodon account: its settings, its secrets, and who the server says it is.
 * Called by mastodon.c and by the jobs that learn.
 * It must never let the token into a text, nor leave it in freed memory.
 */
#include "notifiers/mastodon.h"
#include "notifiers/request.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEARER "Authorization: Bearer "

static void lower(char *s)
{
	for (; *s; s++)
		*s = (char)tolower((unsigned char)*s);
}

/* name@server, each of the characters that names and host names (with a port) have. */
static int split_handle(const char *handle, char *name, char *server, size_t size)
{
	size_t n =
	    strspn(handle, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
	const char *host = handle + n + 1;

	if (!n || n >= size || handle[n] != '@' || !*host || strlen(host) >= size)
		return -1;
	if (strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") !=
	    strlen(host))
		return -1;
	snprintf(name, size, "%.*s", (int)n, handle);
	snprintf(server, size, "%s", host);
	lower(name);
	lower(server);
	return 0;
}

static int check_token(const char *token, struct err *err)
{
	for (; *token; token++) {
		if (!isgraph((unsigned char)*token))
			return err_set(err, "the token holds a blank or a control character");
	}
	return 0;
}

static int check_language(const char *language, struct err *err)
{
	size_t n = strcspn(language, "-_");

	if (!*language ||
	    ((n == 2 || n == 3) && strlen(language) <= 16 && isalpha((unsigned char)language[0])))
		return 0;
	return err_set(err, "language = \"%s\" is no ISO 639 code (en, de, ...)", language);
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

char *mastodon_base_url(const struct notifier_settings *s)
{
	const char *url = or_empty(s->url), *at = strrchr(or_empty(s->handle), '@');
	const char *server = at ? at + 1 : or_empty(s->handle);
	char *base;
	int n;

	n = *url ? asprintf(&base, "%s", url)
		 : asprintf(&base, "%s%s", base_url_scheme(server), server);
	if (n == -1)
		return NULL;
	base_url_trim(base);
	return base;
}

/* Fills login, server, host and base. */
static int read_settings(struct account *a, const struct notifier_settings *s, struct err *err)
{
	if (split_handle(or_empty(s->handle), a->login, a->server, sizeof a->login) == -1)
		return err_set(
		    err, "handle = \"%s\" is not of the form name@server.example",
		    or_empty(s->handle));
	a->base = mastodon_base_url(s);
	if (!a->base)
		return err_set(err, "out of memory");
	if (base_url_host(a->base, a->host, sizeof a->host, err) == -1)
		return -1;
	if (check_language(or_empty(s->language), err) == -1)
		return -1;
	return check_token(or_empty(s->token), err);
}

int mastodon_check(const struct notifier_settings *s, struct err *err)
{
	struct account a = {.base = NULL};
	int rc = read_settings(&a, s, err);

	free(a.base);
	return rc;
}

struct account *mastodon_open(const struct notifier_settings *s, struct err *err)
{
	struct account *a = calloc(1, sizeof *a);

	if (!a || read_settings(a, s, err) == -1) {
		if (!a)
			err_set(err, "out of memory");
		mastodon_close(a);
		return NULL;
	}
	/* Until the server says otherwise: facts/MASTODON.md section 4, "Length". */
	a->characters = 500;
	a->url_characters = 23;
	snprintf(a->domain, sizeof a->domain, "%s", a->server);
	if (s->token && *s->token) {
		if (asprintf(&a->authorization, BEARER "%s", s->token) == -1) {
			a->authorization = NULL;
			err_set(err, "out of memory");
			mastodon_close(a);
			return NULL;
		}
		a->token = a->authorization + strlen(BEARER);
	}
	return a;
}

void mastodon_close(struct account *a)
{
	if (!a)
		return;
	if (a->authorization) {
		explicit_bzero(a->authorization, strlen(a->authorization));
		free(a->authorization);
	}
	free(a->base);
	free(a);
}

int mastodon_learn_self(struct op *op, struct turn *turn, const json_t *self)
{
	struct account *a = op->account;
	char id[MASTODON_ID_MAX], acct[MASTODON_ACCT_MAX];
	size_t n;

	json_text(self, "id", id, sizeof id);
	json_text(self, "acct", acct, sizeof acct);
	n = strcspn(acct, "@");
	if (!*id || !n) {
		mastodon_finish(op, turn, RESULT_BUG, "verify_credentials names no account");
		return -1;
	}
	/* A token of another login is refused, so nothing is ever posted from the wrong account. */
	if (strlen(a->login) != n || strncasecmp(acct, a->login, n) != 0) {
		mastodon_finish(
		    op, turn, RESULT_AUTH, "the token belongs to %.*s, the handle says %s@%s",
		    (int)n, acct, a->login, a->server);
		return -1;
	}
	snprintf(a->id, sizeof a->id, "%s", id);
	return 0;
}
