/*
 * OAuth 1.0a as the simulated X checks it: who signed, rightly, now, and for the first
 * time. Called for each request. It must never take a request that X would refuse.
 */
#include "notifiers/oauth1.h"
#include "tests/crash/sim_x_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WINDOW_S 300 /* X: "Timestamp out of bounds" beyond five minutes */

struct header {
	char consumer_key[64], token[96], nonce[128], method[32], timestamp[32], version[8], signature[64];
};

static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		char hex[3] = {0};

		if (*s == '%' && s[1] && s[2]) {
			hex[0] = s[1];
			hex[1] = s[2];
			*to++ = (char)strtoul(hex, NULL, 16);
			s += 2;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* The value of name="..." in the header. */
static bool field(const char *header, const char *name, char *out, size_t size)
{
	char look[48];
	const char *at, *end;

	snprintf(look, sizeof look, "%s=\"", name);
	at = strstr(header, look);
	if (!at || (at > header && at[-1] != ' ' && at[-1] != ','))
		return false;
	at += strlen(look);
	end = strchr(at, '"');
	if (!end || (size_t)(end - at) >= size)
		return false;
	snprintf(out, size, "%.*s", (int)(end - at), at);
	unescape(out);
	return true;
}

#define FIELD(header, name, array) field(header, name, array, sizeof(array))

static bool parse(const struct request *request, struct header *h)
{
	static const char start[] = "Authorization: OAuth ";
	const char *value = NULL;

	for (unsigned k = 0; k < REQUEST_HEADERS && request->headers[k]; k++)
		if (strncasecmp(request->headers[k], start, strlen(start)) == 0)
			value = request->headers[k] + strlen(start);
	return value && FIELD(value, "oauth_consumer_key", h->consumer_key) && FIELD(value, "oauth_token", h->token) &&
	       FIELD(value, "oauth_nonce", h->nonce) && FIELD(value, "oauth_signature_method", h->method) &&
	       FIELD(value, "oauth_timestamp", h->timestamp) && FIELD(value, "oauth_version", h->version) &&
	       FIELD(value, "oauth_signature", h->signature);
}

static bool is_signed(const struct sim_x_user *u, const struct request *request, const struct header *h)
{
	const struct oauth1_keys keys = {.consumer_key = u->key,
					 .consumer_secret = u->secret,
					 .token = u->token,
					 .token_secret = u->token_secret};
	const struct oauth1_request r = {.method = request->method,
					 .url = request->url,
					 .nonce = h->nonce,
					 .timestamp = strtoll(h->timestamp, NULL, 10)};
	char expected[64];
	struct err err;

	return oauth1_signature(&keys, &r, expected, sizeof expected, &err) == 0 && strcmp(expected, h->signature) == 0;
}

/* Only the last ones are kept: older ones fail by their time. */
static bool is_new(struct sim_x *x, const struct header *h)
{
	uint64_t sum = UINT64_C(14695981039346656037);
	unsigned kept = x->n_nonces < SIM_X_NONCES ? x->n_nonces : SIM_X_NONCES;

	for (const char *at = h->nonce; *at; at++)
		sum = (sum ^ (unsigned char)*at) * UINT64_C(1099511628211);
	for (unsigned k = 0; k < kept; k++)
		if (x->nonces[k] == sum)
			return false;
	x->nonces[x->n_nonces++ % SIM_X_NONCES] = sum;
	return true;
}

bool sim_x_auth(struct sim_x *x, const struct request *request, struct sim_x_call *call)
{
	struct header h = {0};
	int64_t late;
	unsigned k = 0;

	if (!parse(request, &h) || strcmp(h.method, "HMAC-SHA1") != 0 || strcmp(h.version, "1.0") != 0)
		return false;
	while (k < x->n_users &&
	       (x->users[k].own < 0 || strcmp(x->users[k].key, h.consumer_key) || strcmp(x->users[k].token, h.token)))
		k++;
	if (k == x->n_users)
		return false;
	late = sim_x_clock(x) / 1000 - strtoll(h.timestamp, NULL, 10);
	if (late > WINDOW_S || late < -WINDOW_S || !is_signed(&x->users[k], request, &h) || !is_new(x, &h))
		return false;
	call->user = k;
	return true;
}
