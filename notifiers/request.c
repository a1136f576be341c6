/*
 * Making requests: the API's address, escaped parameters, JSON bodies.
 * Called by the notifiers.
 * It must never take an address that shows the token to others on the way.
 */
#include "notifiers/request.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void lower(char *s)
{
	for (; *s; s++)
		*s = (char)tolower((unsigned char)*s);
}

static bool url_has(CURLU *u, CURLUPart part)
{
	char *s = NULL;
	bool has = curl_url_get(u, part, &s, 0) == CURLUE_OK && s && *s;

	curl_free(s);
	return has;
}

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	/* an address, not a name that only begins like one */
	return inet_pton(AF_INET, host, &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127;
}

const char *base_url_scheme(const char *server)
{
	char host[256];
	size_t n = strcspn(server, ":");

	snprintf(host, sizeof host, "%.*s", (int)n, server);
	return is_loopback(host) ? "http://" : "https://";
}

static int url_reason(CURLU *u, const char *url, char *host, size_t size, struct err *err)
{
	char *scheme = NULL, *name = NULL, *port = NULL;
	int rc = -1;

	if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &name, 0) != CURLUE_OK) {
		err_set(err, "url = \"%s\" is no web address", url);
		goto out;
	}
	if (strcmp(scheme, "https") != 0 && (strcmp(scheme, "http") != 0 || !is_loopback(name))) {
		err_set(
		    err,
		    "url = \"%s\" must be https: anything else shows the token on the way "
		    "(http is taken for this machine itself only)",
		    url);
		goto out;
	}
	if (url_has(u, CURLUPART_USER) || url_has(u, CURLUPART_PASSWORD) ||
	    url_has(u, CURLUPART_QUERY) || url_has(u, CURLUPART_FRAGMENT)) {
		err_set(err, "url = \"%s\" must be an address only, without user, ? or #", url);
		goto out;
	}
	curl_url_get(u, CURLUPART_PORT, &port, 0);
	rc = snprintf(host, size, port ? "%s:%s" : "%s", name, port ? port : "") < (int)size ? 0
											     : -1;
	if (rc == -1)
		err_set(err, "url = \"%.60s...\" is too long", url);
	lower(host);
out:
	curl_free(scheme);
	curl_free(name);
	curl_free(port);
	return rc;
}

int base_url_host(const char *url, char *host, size_t size, struct err *err)
{
	CURLU *u = curl_url();
	int rc;

	if (!u)
		return err_set(err, "out of memory");
	rc = url_reason(u, url, host, size, err);
	curl_url_cleanup(u);
	return rc;
}

void base_url_trim(char *url)
{
	for (size_t n = strlen(url); n && url[n - 1] == '/'; n--)
		url[n - 1] = '\0';
}

void url_add_escaped(struct buf *url, const char *value)
{
	char *escaped = *value ? curl_easy_escape(NULL, value, (int)strlen(value)) : NULL;

	if (escaped)
		buf_str(url, escaped);
	curl_free(escaped);
}

void url_add_query(struct buf *url, size_t base_len, const char *name, const char *value)
{
	buf_char(url, strchr(buf_text(url) + base_len, '?') ? '&' : '?');
	url_add_escaped(url, name);
	buf_char(url, '=');
	url_add_escaped(url, value);
}

static int dump(const char *bytes, size_t n, void *arg)
{
	return buf_add(arg, bytes, n);
}

int json_into(const json_t *json, struct buf *out)
{
	return json_dump_callback(json, dump, out, JSON_COMPACT) == -1 || out->cut ? -1 : 0;
}
