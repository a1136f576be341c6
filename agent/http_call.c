/*
 * One request: its options, what libcurl hands back, and what that means.
 * Called by http.c only.
 * It must never say NOT_SENT of something that a server may have read.
 *
 * What was sent? libcurl calls CURLOPT_PREREQFUNCTION when the connection stands, TLS
 * included, and before the first byte of the request (lib/multi.c, MSTATE_DO). Before
 * that a failure is NOT_SENT, after it NO_ANSWER. CURLINFO_REQUEST_SIZE is no proof:
 * it counts a proxy's CONNECT, and not what is sent later after a full socket buffer.
 *
 * And how often? When a kept-alive connection dies without an answer, libcurl sends
 * the request again on a new one, POST included (Curl_retry_request, lib/transfer.c,
 * 7.88.1 to 8.19): the server may have acted on the first. Each attempt comes through
 * the same function, which refuses the second one of a request that creates, or whose
 * signature counts once (OAuth 1.0a: X takes the second for a replay, a 401). The
 * other ways to repeat are off: HTTP/2 (REFUSED_STREAM, downgrade), redirects,
 * authentication rounds, Expect (417).
 */
#include "agent/http_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONNECT_MS 10000
#define REQUEST_MS 30000 /* when the request names no time-out */
#define HEAD_MAX 65536
#define KEEPALIVE_IDLE_S 30L /* of a stream, which has no time-out */
#define KEEPALIVE_EVERY_S 10L

/*
 * A request that may leave once only takes a kept connection only when it was used just now:
 * below the shortest usual keep-alive of a server (Apache's 5 s), so that the two
 * do not meet and end in "unknown".
 */
#define CREATES_IDLE_S 4L

/* Tokens are in headers and bodies: not left behind in freed memory. */
static void wipe(char *text, size_t len)
{
	if (text)
		explicit_bzero(text, len);
}

void http_call_destroy(struct http_call *c)
{
	if (c->easy) {
		curl_multi_remove_handle(c->http->multi, c->easy);
		curl_easy_cleanup(c->easy);
	}
	for (struct curl_slist *h = c->headers; h; h = h->next)
		wipe(h->data, strlen(h->data));
	curl_slist_free_all(c->headers);
	curl_slist_free_all(c->recipient);
	curl_slist_free_all(c->connect_to);
	wipe(c->body, c->body_len);
	free(c->body);
	free(c->path);
	buf_finish(&c->head);
	buf_finish(&c->content);
	free(c);
}

struct http_call *http_call_create(struct http *h, const struct request *r)
{
	struct http_call *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->http = h;
	buf_init(&c->head, HEAD_MAX);
	buf_init(&c->content, r->max_body);
	if (!r->body)
		return c;
	c->body = malloc(r->body_len + 1);
	if (!c->body) {
		free(c);
		return NULL;
	}
	c->body_len = r->body_len;
	memcpy(c->body, r->body, r->body_len);
	return c;
}

/* "https://name:port" of a URL. */
static void host_of(const char *url, char *out, size_t size)
{
	const char *name = strstr(url, "://");
	size_t n = name ? (size_t)(name - url) + 3 + strcspn(name + 3, "/?#") : 0;

	snprintf(out, size, "%.*s", (int)(n < size ? n : 0), url);
}

static bool hangs_up(const struct http *h, const char *host)
{
	for (unsigned k = 0; k < h->n_closers; k++)
		if (strcmp(h->closers[k], host) == 0)
			return true;
	return false;
}

static void remember_closer(struct http *h, const char *host)
{
	if (*host && h->n_closers < HTTP_CLOSERS && !hangs_up(h, host))
		snprintf(h->closers[h->n_closers++], HTTP_HOST_SIZE, "%s", host);
}

/* One attempt begins: the connection stands, nothing of the request is written. */
static int on_attempt(void *arg, char *ip, char *local_ip, int port, int local_port)
{
	struct http_call *c = arg;

	(void)ip;
	(void)local_ip;
	(void)port;
	(void)local_port;
	if (c->attempts)
		remember_closer(c->http, c->host);
	if (c->attempts && c->is_once)
		return CURL_PREREQFUNC_ABORT;
	c->attempts++;
	return CURL_PREREQFUNC_OK;
}

/* "HTTP/1.1 200 OK" -> 200. */
static int status_of(const char *line, size_t n)
{
	const char *p = memchr(line, ' ', n), *end = line + n;
	int status = 0;

	for (p = p ? p + 1 : end; p < end && *p >= '0' && *p <= '9' && status < 1000; p++)
		status = status * 10 + (*p - '0');
	return status;
}

/* Keeps the last header block only: one of 1xx is followed by another, trailers are not wanted. */
static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
	struct http_call *c = arg;
	size_t len = size * n;

	if (c->head_done && c->status >= 200)
		return len;
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	if (!c->in_head) {
		c->status = status_of(line, len);
		buf_reset(&c->head);
	}
	c->in_head = len != 0;
	c->head_done = !c->in_head;
	if (c->head_done)
		return size * n;
	buf_add(&c->head, line, len);
	buf_str(&c->head, "\r\n");
	return c->head.cut ? 0 : size * n;
}

static size_t on_content(char *bytes, size_t size, size_t n, void *arg)
{
	struct http_call *c = arg;

	if (c->bytes && c->status == 200)
		return c->bytes(c->arg, bytes, size * n) ? size * n : 0;
	return buf_add(&c->content, bytes, size * n) == -1 ? 0 : size * n;
}

static int add_headers(struct http_call *c, const struct request *r, struct err *err)
{
	struct curl_slist *more = curl_slist_append(NULL, "Expect:");

	for (unsigned i = 0; more && i < REQUEST_HEADERS && r->headers[i]; i++) {
		c->headers = more;
		/* A line break would make a header, or a second request, of a value. */
		if (strpbrk(r->headers[i], "\r\n"))
			return err_set(err, "http: line break in a header for %s", r->url);
		more = curl_slist_append(more, r->headers[i]);
	}
	if (!more)
		return err_set(err, "http: out of memory");
	c->headers = more;
	return 0;
}

static const char *given(const char *text)
{
	return text && *text ? text : NULL;
}

/* Connected to elsewhere than the URL says: then its certificate alone says who it is. */
static CURLcode set_place(struct http_call *c, const struct http_route *route)
{
	CURLcode rc = CURLE_OK;
	char line[600];

	if ((size_t)snprintf(line, sizeof line, "::%s", route->connect_to) >= sizeof line)
		return CURLE_URL_MALFORMAT;
	c->connect_to = curl_slist_append(NULL, line);
	if (!c->connect_to)
		return CURLE_OUT_OF_MEMORY;
	SET(CURLOPT_CONNECT_TO, c->connect_to);
	if (given(route->ca_file))
		SET(CURLOPT_CAPATH, NULL); /* a private CA is not one more beside the system's */
	return rc;
}

static CURLcode set_own_certificate(struct http_call *c, const struct http_route *route)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_SSLCERT, route->cert_file);
	SET(CURLOPT_SSLKEY, given(route->key_file));
	SET(CURLOPT_KEYPASSWD, ""); /* nobody is asked for one */
	return rc;
}

static CURLcode set_route(struct http_call *c, const struct http_route *route)
{
	const char *ca = route ? given(route->ca_file) : NULL;
	CURLcode rc = CURLE_OK;

	/* "" switches the environment's http_proxy, no_proxy and friends off. */
	SET(CURLOPT_PROXY, route && route->proxy ? route->proxy : "");
	SET(CURLOPT_NOPROXY, "");
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (ca) {
		SET(CURLOPT_CAINFO, ca);
		SET(CURLOPT_PROXY_CAINFO, ca);
#if LIBCURL_VERSION_NUM >= 0x075700 /* 7.87.0: else another one under this name is not seen for a day */
		SET(CURLOPT_CA_CACHE_TIMEOUT, 0L);
#endif
	}
	if (rc == CURLE_OK && route && given(route->connect_to))
		rc = set_place(c, route);
	if (rc == CURLE_OK && route && given(route->cert_file))
		rc = set_own_certificate(c, route);
	return rc;
}

static CURLcode set_patience(struct http_call *c, int64_t timeout_ms)
{
	long ms = timeout_ms > 0 && timeout_ms < 86400000 ? (long)timeout_ms : REQUEST_MS;
	CURLcode rc = CURLE_OK;

	if (c->bytes) {
		SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
		SET(CURLOPT_TCP_KEEPALIVE, 1L);
		SET(CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
		SET(CURLOPT_TCP_KEEPINTVL, KEEPALIVE_EVERY_S);
		return rc;
	}
	SET(CURLOPT_TIMEOUT_MS, ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, ms < CONNECT_MS ? ms : CONNECT_MS);
	return rc;
}

static CURLcode set_connection(struct http_call *c)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
#if LIBCURL_VERSION_NUM >= 0x075500 /* 7.85.0 */
	SET(CURLOPT_PROTOCOLS_STR, c->is_mail ? "smtp,smtps" : "http,https");
#else
	SET(CURLOPT_PROTOCOLS, c->is_mail ? CURLPROTO_SMTP | CURLPROTO_SMTPS
					  : CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
#if LIBCURL_VERSION_NUM >= 0x075700 /* 7.87.0: do not wait for a hanging resolver */
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif
#if LIBCURL_VERSION_NUM >= 0x075000 /* 7.80.0 */
	SET(CURLOPT_PREREQFUNCTION, on_attempt);
	SET(CURLOPT_PREREQDATA, c);
	if (c->is_once)
		SET(CURLOPT_MAXAGE_CONN, CREATES_IDLE_S);
	if (c->is_once && hangs_up(c->http, c->host))
		SET(CURLOPT_FRESH_CONNECT, 1L);
#else
#error "libcurl 7.80 or newer: without CURLOPT_PREREQFUNCTION nobody knows what was sent"
#endif
	return rc;
}

/* What a request has in any language. */
static CURLcode set_common(struct http_call *c, const struct request *r)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_URL, r->url);
	SET(CURLOPT_ERRORBUFFER, c->error);
	SET(CURLOPT_PRIVATE, c);
	SET(CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
	return rc;
}

static CURLcode set_request(struct http_call *c, const struct request *r)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_USERAGENT, c->http->user_agent);
	SET(CURLOPT_HTTPHEADER, c->headers);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, c);
	SET(CURLOPT_WRITEFUNCTION, on_content);
	SET(CURLOPT_WRITEDATA, c);
	if (c->is_knock) {
		SET(CURLOPT_CONNECT_ONLY, 1L);
		return rc;
	}
	if (r->body || strcmp(r->method, "POST") == 0) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body_len);
		SET(CURLOPT_POSTFIELDS, c->body ? c->body : "");
	}
	if (strcmp(r->method, "HEAD") == 0)
		SET(CURLOPT_NOBODY, 1L);
	else
		SET(CURLOPT_CUSTOMREQUEST, r->method);
	return rc;
}

int http_call_prepare(
    struct http_call *c, const struct request *r, const struct http_route *route, struct err *err)
{
	CURLcode rc;

	c->is_once = r->effect == EFFECT_CREATES || r->is_signed_once;
	c->is_mail = strncasecmp(r->url, "smtp", 4) == 0;
	c->is_knock = strcmp(r->method, "CONNECT") == 0;
	host_of(r->url, c->host, sizeof c->host);
	if (add_headers(c, r, err) == -1 || (c->is_mail && http_mail_check(r, err) == -1))
		return -1;
	c->easy = curl_easy_init();
	rc = c->easy ? set_common(c, r) : CURLE_OUT_OF_MEMORY;
	if (rc == CURLE_OK)
		rc = c->is_mail ? http_mail_set(c, r) : set_request(c, r);
	if (rc == CURLE_OK)
		rc = set_patience(c, r->timeout_ms);
	if (rc == CURLE_OK)
		rc = set_connection(c);
	if (rc == CURLE_OK)
		rc = set_route(c, route);
	if (rc != CURLE_OK)
		return err_set(err, "http: %s: %s", r->url, curl_easy_strerror(rc));
	return 0;
}

/* What the transfer came to. */
void http_call_judge(const struct http_call *c, struct answer *a)
{
	if (c->is_mail) {
		http_mail_judge(c, a);
		return;
	}
	if (c->is_knock && c->code == CURLE_OK) {
		a->transport = TRANSPORT_ANSWERED;
		a->status = 200;
		return;
	}
	if (c->status >= 200) {
		a->transport = TRANSPORT_ANSWERED;
		a->status = c->status;
		a->truncated = c->code != CURLE_OK || !c->head_done || c->content.cut;
		a->is_too_long = c->content.cut;
		return;
	}
	a->transport = c->attempts && !c->is_knock ? TRANSPORT_NO_ANSWER : TRANSPORT_NOT_SENT;
	if (c->attempts && c->code == CURLE_ABORTED_BY_CALLBACK)
		a->error = "the connection broke after the request was sent";
	else if (c->error[0])
		a->error = c->error;
	else
		a->error = c->code ? curl_easy_strerror(c->code) : "no status line";
}
