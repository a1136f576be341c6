/*
 * OAuth 1.0a signatures (RFC 5849, section 3.4). Called by the twitter notifier and by
 * `twicket auth`. Must never sign another parameter than those that are sent, nor leave
 * a secret in memory that it has freed.
 */
#include "notifiers/oauth1.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE_MAX 65536
#define OWN_PARAMS 7 /* what every request has, the signature included */
#define DIGEST_SIZE 20
#define BASE64_SIZE 29

/* Name and value as they are signed: escaped, one behind the other in one piece of memory. */
struct pair {
	char *name, *value;
};

struct pairs {
	struct pair *at;
	size_t n, max;
};

static void pairs_finish(struct pairs *p)
{
	while (p->n)
		free(p->at[--p->n].name);
	free(p->at);
}

/* ---- escaping ---- */

static bool is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~", c));
}

/* Three bytes at most are written, no NUL; behind them. */
static char *escape_byte(char *to, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";

	if (is_unreserved(c)) {
		*to++ = (char)c;
		return to;
	}
	*to++ = '%';
	*to++ = hex[c >> 4];
	*to++ = hex[c & 15];
	return to;
}

/* RFC 3986, 2.1 and 2.3: all but the unreserved, in upper case. To has three times the space. */
static char *escape(char *to, const char *text)
{
	for (; *text; text++)
		to = escape_byte(to, (unsigned char)*text);
	*to = '\0';
	return to;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * The same of a piece of a query: it is decoded first, as a form ("+" is a blank), since
 * there are many ways to write the same value and only one to sign it (3.4.1.3.1).
 */
static char *reescape(char *to, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = text[i] == '%' && i + 2 < n ? hex_value(text[i + 1]) : -1;
		int low = high >= 0 ? hex_value(text[i + 2]) : -1;

		if (low >= 0)
			i += 2;
		to = escape_byte(
		    to, low >= 0         ? (unsigned char)(high << 4 | low)
			: text[i] == '+' ? ' '
					 : (unsigned char)text[i]);
	}
	*to = '\0';
	return to;
}

static void put_escaped(struct buf *out, const char *text)
{
	char bytes[3];

	for (; *text; text++)
		buf_add(out, bytes, (size_t)(escape_byte(bytes, (unsigned char)*text) - bytes));
}

/* ---- parameters ---- */

/* Room for one more, escaped strings of so many bytes each before that. */
static struct pair *pairs_room(struct pairs *p, size_t name, size_t value)
{
	struct pair *room = p->n < p->max ? &p->at[p->n] : NULL;

	if (!room || !(room->name = malloc(3 * (name + value) + 2)))
		return NULL;
	p->n++;
	return room;
}

static int add(struct pairs *p, const char *name, const char *value)
{
	struct pair *room = pairs_room(p, strlen(name), strlen(value));

	if (!room)
		return -1;
	room->value = escape(room->name, name) + 1;
	escape(room->value, value);
	return 0;
}

static int add_all(struct pairs *p, const struct oauth1_param *params, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++)
		rc = add(p, params[i].name, params[i].value);
	return rc;
}

static int add_query(struct pairs *p, const char *query)
{
	while (*query) {
		size_t all = strcspn(query, "&"), name = strcspn(query, "=&");
		size_t value = name < all ? all - name - 1 : 0;
		struct pair *room = all ? pairs_room(p, name, value) : NULL;

		if (all && !room)
			return -1;
		if (room) {
			room->value = reescape(room->name, query, name) + 1;
			reescape(room->value, query + name + 1, value);
		}
		query += all + (query[all] == '&');
	}
	return 0;
}

/* The oauth_ parameters without the signature. */
static int add_own(struct pairs *p, const struct oauth1_keys *k, const struct oauth1_request *r)
{
	char timestamp[24];

	snprintf(timestamp, sizeof timestamp, "%" PRId64, r->timestamp);
	if (add(p, "oauth_consumer_key", k->consumer_key) || add(p, "oauth_nonce", r->nonce) ||
	    add(p, "oauth_signature_method", "HMAC-SHA1") || add(p, "oauth_timestamp", timestamp) ||
	    add(p, "oauth_version", "1.0"))
		return -1;
	if (k->token && *k->token && add(p, "oauth_token", k->token))
		return -1;
	return add_all(p, r->extra, r->n_extra);
}

static int compare(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int names = strcmp(x->name, y->name);

	return names ? names : strcmp(x->value, y->value);
}

/* Room for what the request has, and the query's pieces. */
static int pairs_init(struct pairs *p, const struct oauth1_request *r, const char *query)
{
	size_t pieces = 1;

	for (const char *c = query; *c; c++)
		pieces += *c == '&';
	*p = (struct pairs){.max = OWN_PARAMS + r->n_form + r->n_extra + pieces};
	p->at = calloc(p->max, sizeof *p->at);
	return p->at ? 0 : -1;
}

/* ---- the base string ---- */

struct url {
	char *scheme, *host, *port, *path, *query;
};

static void url_finish(struct url *u)
{
	curl_free(u->scheme);
	curl_free(u->host);
	curl_free(u->port);
	curl_free(u->path);
	curl_free(u->query);
}

static void lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text |= 0x20;
}

/* The address itself stays out of the error: it may carry a token in its query. */
static int url_split(const char *text, struct url *u, struct err *err)
{
	CURLU *parser = curl_url();
	int rc = -1;

	*u = (struct url){0};
	if (!parser || curl_url_set(parser, CURLUPART_URL, text, CURLU_PATH_AS_IS) ||
	    curl_url_get(parser, CURLUPART_SCHEME, &u->scheme, 0) ||
	    curl_url_get(parser, CURLUPART_HOST, &u->host, 0) ||
	    curl_url_get(parser, CURLUPART_PATH, &u->path, 0)) {
		err_set(err, "an address that cannot be signed");
		goto out;
	}
	lower(u->scheme);
	lower(u->host);
	if (strcmp(u->scheme, "http") && strcmp(u->scheme, "https")) {
		err_set(err, "an address of %.16s:// cannot be signed", u->scheme);
		goto out;
	}
	curl_url_get(parser, CURLUPART_PORT, &u->port, CURLU_NO_DEFAULT_PORT);
	curl_url_get(parser, CURLUPART_QUERY, &u->query, 0);
	rc = 0;
out:
	curl_url_cleanup(parser);
	return rc;
}

static void put_base(
    const struct oauth1_request *r, const struct url *u, const struct pairs *p, struct buf *out)
{
	put_escaped(out, r->method);
	buf_char(out, '&');
	put_escaped(out, u->scheme);
	put_escaped(out, "://");
	put_escaped(out, u->host);
	if (u->port) {
		put_escaped(out, ":");
		put_escaped(out, u->port);
	}
	put_escaped(out, u->path);
	buf_char(out, '&');
	for (size_t i = 0; i < p->n; i++) {
		if (i)
			put_escaped(out, "&");
		put_escaped(out, p->at[i].name);
		put_escaped(out, "=");
		put_escaped(out, p->at[i].value);
	}
}

int oauth1_base_string(
    const struct oauth1_keys *k, const struct oauth1_request *r, struct buf *out, struct err *err)
{
	struct pairs pairs = {0};
	const char *query;
	struct url u;
	int rc = -1;

	if (url_split(r->url, &u, err))
		goto out;
	query = u.query ? u.query : "";
	if (pairs_init(&pairs, r, query) || add_query(&pairs, query) || add_own(&pairs, k, r) ||
	    add_all(&pairs, r->form, r->n_form)) {
		err_set(err, "out of memory");
		goto out;
	}
	qsort(pairs.at, pairs.n, sizeof *pairs.at, compare);
	put_base(r, &u, &pairs, out);
	rc = out->cut ? err_set(err, "a request too long to be signed") : 0;
out:
	pairs_finish(&pairs);
	url_finish(&u);
	return rc;
}

/* ---- the signature ---- */

static int sign(const struct oauth1_keys *k, const struct buf *base, unsigned char *digest)
{
	const char *token_secret = k->token_secret ? k->token_secret : "";
	size_t size = 3 * (strlen(k->consumer_secret) + strlen(token_secret)) + 2;
	char *key = malloc(size), *end;
	unsigned n = 0;

	if (!key)
		return -1;
	end = escape(key, k->consumer_secret);
	*end++ = '&';
	end = escape(end, token_secret);
	if (!HMAC(
		EVP_sha1(), key, (int)(end - key), (const unsigned char *)buf_text(base), base->len,
		digest, &n))
		n = 0;
	OPENSSL_cleanse(key, size);
	free(key);
	return n == DIGEST_SIZE ? 0 : -1;
}

int oauth1_signature(
    const struct oauth1_keys *k, const struct oauth1_request *r, char *out, size_t size,
    struct err *err)
{
	unsigned char digest[EVP_MAX_MD_SIZE], base64[BASE64_SIZE];
	struct buf base;
	int rc = -1;

	buf_init(&base, BASE_MAX);
	if (oauth1_base_string(k, r, &base, err))
		goto out;
	if (size < BASE64_SIZE || sign(k, &base, digest)) {
		err_set(err, "the request could not be signed");
		goto out;
	}
	EVP_EncodeBlock(base64, digest, DIGEST_SIZE);
	memcpy(out, base64, sizeof base64);
	OPENSSL_cleanse(digest, sizeof digest);
	rc = 0;
out:
	buf_finish(&base);
	return rc;
}

int oauth1_authorization(
    const struct oauth1_keys *k, const struct oauth1_request *r, struct buf *out, struct err *err)
{
	struct pairs pairs = {0};
	char signature[BASE64_SIZE];
	int rc = -1;

	if (oauth1_signature(k, r, signature, sizeof signature, err))
		return -1;
	if (pairs_init(&pairs, r, "") || add_own(&pairs, k, r) ||
	    add(&pairs, "oauth_signature", signature)) {
		err_set(err, "out of memory");
		goto out;
	}
	qsort(pairs.at, pairs.n, sizeof *pairs.at, compare);
	buf_str(out, "OAuth ");
	for (size_t i = 0; i < pairs.n; i++)
		buf_printf(out, "%s%s=\"%s\"", i ? ", " : "", pairs.at[i].name, pairs.at[i].value);
	rc = out->cut ? err_set(err, "no room for the signature") : 0;
out:
	pairs_finish(&pairs);
	return rc;
}
