/*
 * The Icinga 2 that are watched: where their APIs are, and how we log in there. Called by
 * config.c. Must never let through an address to which a login would travel unverified.
 */
#include "agent/config_internal.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SCHEME "https://"
#define PORT "5665" /* Icinga's own, when url has none */
#define NODE_MAX 253 /* characters; longer is no name that TLS could verify */

/* --- where it is ---------------------------------------------------------------------------- */

static bool has(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool found = curl_url_get(u, part, &text, 0) == CURLUE_OK && *text;

	curl_free(text);
	return found;
}

static bool is_server_only(CURLU *u)
{
	char *path = NULL;
	bool root = curl_url_get(u, CURLUPART_PATH, &path, 0) != CURLUE_OK || !strcmp(path, "/");

	curl_free(path);
	return root && !has(u, CURLUPART_USER) && !has(u, CURLUPART_PASSWORD) &&
	       !has(u, CURLUPART_QUERY) && !has(u, CURLUPART_FRAGMENT);
}

/* "https://host:port" in one spelling, whatever the file has. */
static void keep_url(struct reader *r, const config_setting_t *s, CURLU *u, char **to)
{
	char *host = NULL, *port = NULL, whole[512];

	if (curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		curl_url_get(u, CURLUPART_PORT, &port, 0);
		snprintf(whole, sizeof whole, SCHEME "%s:%s", host, port ? port : PORT);
		config_keep(r, to, whole);
	} else {
		config_fault(r, s, "names no server");
	}
	curl_free(host);
	curl_free(port);
}

/* What is wrong is never quoted: there may be a password in it. */
static void read_url(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_icinga *i = into;
	const char *text = config_text(r, s);
	CURLU *u;

	if (!text)
		return;
	if (!strncasecmp(text, "http://", 7)) {
		config_fault(
		    r, s,
		    "must be https://: Icinga's API is nothing else, not even on this machine");
		return;
	}
	u = curl_url();
	r->no_memory = r->no_memory || !u;
	if (strncasecmp(text, SCHEME, strlen(SCHEME)) || strlen(text) > 400 ||
	    (u && curl_url_set(u, CURLUPART_URL, text, 0) != CURLUE_OK))
		config_fault(r, s, "is no address of an API; one is \"https://10.0.0.5:5665\"");
	else if (u && !is_server_only(u))
		config_fault(
		    r, s,
		    "must be the server only: no path, and the login is in user and password_file");
	else if (u)
		keep_url(r, s, u, &i->url);
	curl_url_cleanup(u);
}

/* --- who it is -------------------------------------------------------------------------------- */

/* It stands in the address that a certificate is verified for. */
static bool is_node(const char *name)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t n = strlen(name);

	return n && n <= NODE_MAX && strspn(name, letters) == n;
}

static void read_node(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_icinga *i = into;
	const char *text = config_text(r, s);

	if (!text)
		return;
	if (is_node(text))
		config_keep(r, &i->node, text);
	else
		config_fault(
		    r, s,
		    "\"%s\" is no NodeName: letters, digits, dot, - and _, as in the certificate",
		    text);
}

/* Not given: the host of the url. An address is in no certificate that Icinga makes. */
static void default_node(struct reader *r, const config_setting_t *s, struct config_icinga *i)
{
	size_t n = strcspn(i->url + strlen(SCHEME), "]:");
	char host[512];
	bool is_number;

	if (i->url[strlen(SCHEME)] == '[')
		n = strcspn(i->url + strlen(SCHEME), "]") + 1;
	snprintf(host, sizeof host, "%.*s", (int)n, i->url + strlen(SCHEME));
	is_number = *host == '[' || inet_pton(AF_INET, host, &(struct in_addr){0}) == 1;
	if (is_number)
		config_warning(
		    r, s,
		    "node is missing: the certificate of an Icinga 2 names its NodeName, hardly %s",
		    host);
	config_keep(r, &i->node, host);
}

static void check_nodes(struct reader *r, const config_setting_t *all)
{
	for (unsigned i = 1; i < r->c->n_icinga; i++)
		for (unsigned k = 0; k < i; k++) {
			const struct config_icinga *a = &r->c->icinga[k], *b = &r->c->icinga[i];

			if (!a->node || !b->node || strcasecmp(a->node, b->node))
				continue;
			config_fault(
			    r, config_setting_get_elem(all, i),
			    "the node \"%s\" is that of line %d already", b->node, a->line);
			break;
		}
}

/* --- how we log in ---------------------------------------------------------------------------- */

static void read_user(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_icinga *i = into;
	const char *text = config_text(r, s);

	if (!text)
		return;
	if (*text && !strchr(text, ':'))
		config_keep(r, &i->user, text);
	else
		config_fault(r, s, "\"%s\" is no name of an ApiUser that has a password", text);
}

/* Either of the two, and never a guess which one was meant. */
static void check_login(struct reader *r, const config_setting_t *s, struct config_icinga *i)
{
	const config_setting_t *user = config_setting_get_member(s, "user");

	if (*i->cert_file && !*i->key_file)
		config_fault(
		    r, s, "key_file is missing: a certificate is of no use without its key");
	if (*i->key_file && !*i->cert_file)
		config_fault(
		    r, s, "cert_file is missing: a key is of no use without its certificate");
	if (*i->cert_file && *i->password_file)
		config_fault(
		    r, s,
		    "cert_file and password_file: one login is enough, the certificate is the "
		    "better");
	if (!*i->cert_file && !*i->key_file && !*i->password_file)
		config_fault(r, s, "no login: cert_file and key_file, or password_file");
	if (*i->cert_file && user)
		config_warning(
		    r, user, "does nothing beside cert_file: the certificate says who we are");
	if (*i->cert_file)
		config_keep(r, &i->user, "");
}

/* --- all ---------------------------------------------------------------------------------------- */

static const struct config_key icinga_keys[] = {
    {"url", KEY_OWN, 0, read_url},
    {"node", KEY_OWN, 0, read_node},
    {"user", KEY_OWN, 0, read_user},
    {"password_file", KEY_PATH, offsetof(struct config_icinga, password_file), NULL},
    {"cert_file", KEY_PATH, offsetof(struct config_icinga, cert_file), NULL},
    {"key_file", KEY_PATH, offsetof(struct config_icinga, key_file), NULL},
    {"ca_file", KEY_PATH, offsetof(struct config_icinga, ca_file), NULL},
    {NULL, KEY_TEXT, 0, NULL},
};

static void read_one(struct reader *r, const config_setting_t *s, struct config_icinga *i)
{
	unsigned before = r->report->errors;

	i->line = (int)config_setting_source_line(s);
	config_keep(r, &i->user, "twicket");
	config_keep(r, &i->ca_file, "/var/lib/icinga2/certs/ca.crt");
	config_keep(r, &i->password_file, "");
	config_keep(r, &i->cert_file, "");
	config_keep(r, &i->key_file, "");
	if (r->no_memory)
		return;
	if (!config_setting_is_group(s)) {
		config_fault(r, s, "must be a group: { ... }");
		return;
	}
	config_read_group(r, s, icinga_keys, i);
	if (!i->url && r->report->errors == before)
		config_fault(r, s, "url is missing: \"https://10.0.0.5:5665\"");
	if (r->report->errors == before && !r->no_memory)
		check_login(r, s, i);
	if (i->url && !i->node && r->report->errors == before)
		default_node(r, s, i);
}

/* One group, or a list of them. */
void config_read_icinga(struct reader *r, const config_setting_t *all)
{
	bool is_list = config_setting_is_list(all);
	unsigned n = is_list ? (unsigned)config_setting_length(all) : 1;

	if (!is_list && !config_setting_is_group(all)) {
		config_fault(
		    r, all, "must be a group, { ... }, or a list of groups, ( { ... }, { ... } )");
		return;
	}
	r->c->icinga = calloc(n + 1, sizeof *r->c->icinga);
	r->no_memory = r->no_memory || !r->c->icinga;
	for (unsigned k = 0; k < n && !r->no_memory; k++) {
		r->c->n_icinga = k + 1;
		read_one(r, is_list ? config_setting_get_elem(all, k) : all, &r->c->icinga[k]);
	}
	if (is_list)
		check_nodes(r, all);
}

/* --- one by itself ---------------------------------------------------------------------------- */

static const size_t texts[] = {offsetof(struct config_icinga, url),	  offsetof(struct config_icinga, node),
			       offsetof(struct config_icinga, user),	  offsetof(struct config_icinga, password_file),
			       offsetof(struct config_icinga, cert_file), offsetof(struct config_icinga, key_file),
			       offsetof(struct config_icinga, ca_file)};

#define N_TEXTS (sizeof texts / sizeof texts[0])

static char **text_at(const struct config_icinga *i, size_t k)
{
	return (char **)((char *)i + texts[k]);
}

void config_icinga_clear(struct config_icinga *i)
{
	for (size_t k = 0; k < N_TEXTS; k++)
		free(*text_at(i, k));
	*i = (struct config_icinga){.line = 0};
}

int config_icinga_copy(struct config_icinga *to, const struct config_icinga *from)
{
	*to = (struct config_icinga){.line = from->line};
	for (size_t k = 0; k < N_TEXTS; k++) {
		const char *text = *text_at(from, k);

		*text_at(to, k) = strdup(text ? text : "");
		if (!*text_at(to, k)) {
			config_icinga_clear(to);
			return -1;
		}
	}
	return 0;
}

bool config_icinga_is_same(const struct config_icinga *a, const struct config_icinga *b)
{
	for (size_t k = 0; k < N_TEXTS; k++) {
		const char *x = *text_at(a, k), *y = *text_at(b, k);

		if (strcmp(x ? x : "", y ? y : "") != 0)
			return false;
	}
	return true;
}

void config_icinga_finish(struct config *c)
{
	for (unsigned k = 0; k < c->n_icinga; k++)
		config_icinga_clear(&c->icinga[k]);
	free(c->icinga);
}

const char *config_icinga_address(const struct config_icinga *i)
{
	return i->url + strlen(SCHEME);
}

int config_icinga_base(const struct config_icinga *i, char *out, size_t size)
{
	const char *port = strrchr(i->url, ':');
	int n = snprintf(out, size, SCHEME "%s%s", i->node, port);

	return n > 0 && (size_t)n < size ? 0 : -1;
}
