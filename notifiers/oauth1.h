/*
 * OAuth 1.0a signatures, HMAC-SHA1 (RFC 5849; X: docs.x.com, "Creating a signature").
 * Used by the twitter notifier for every request and by `twicket auth` for the PIN
 * flow. Pure: the nonce and the time come from the caller.
 */
#ifndef TWICKET_OAUTH1_H
#define TWICKET_OAUTH1_H

#include "common/buf.h"
#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

struct oauth1_keys {
	const char *consumer_key, *consumer_secret;
	const char *token, *token_secret; /* NULL or "": none yet */
};

/* Neither is escaped. */
struct oauth1_param {
	const char *name, *value;
};

/* What is signed. Strings and arrays are the caller's. */
struct oauth1_request {
	const char *method; /* "GET" */
	const char *url;    /* with its query, as it is sent */
	const struct oauth1_param *form; /* of a form body only: JSON and multipart are not signed */
	size_t n_form;
	const struct oauth1_param *extra; /* further oauth_ parameters: oauth_callback, oauth_verifier */
	size_t n_extra;
	const char *nonce;
	int64_t timestamp; /* seconds, by the server's clock */
};

/* The signature base string (RFC 5849, 3.4.1). 0, -1 with err: no URL, or memory ran out. */
int oauth1_base_string(const struct oauth1_keys *k, const struct oauth1_request *r, struct buf *out,
		       struct err *err);

/* The signature in base64, not escaped; out is at least 29 bytes. */
int oauth1_signature(const struct oauth1_keys *k, const struct oauth1_request *r, char *out,
		     size_t size, struct err *err);

/* The value of the Authorization header: OAuth oauth_consumer_key="...", ... Appended. */
int oauth1_authorization(const struct oauth1_keys *k, const struct oauth1_request *r,
			 struct buf *out, struct err *err);

#endif
