/*
 * What every network's code needs to make a request: addresses, parameters, JSON bodies.
 * Used by the notifiers only.
 * Nothing here may put a value into an address unescaped, or send a token in the clear.
 */
#ifndef TWICKET_REQUEST_H
#define TWICKET_REQUEST_H

#include "common/buf.h"
#include "common/err.h"

#include <jansson.h>

/* GoToSocial answers 418 to a request without one (facts/MASTODON.md section 2). */
#define USER_AGENT "User-Agent: twicket/" TWICKET_VERSION " (+bot)"

#ifndef TWICKET_VERSION
#error "the build must define TWICKET_VERSION"
#endif

/*
 * The host of an API's address in lower case, with the port when it has one. -1 with err: no
 * address, or one that would show the token on the way (http is for this machine itself).
 */
int base_url_host(const char *url, char *host, size_t size, struct err *err);

/* "http://" for a server on this machine itself, "https://" else. `server` may carry a port. */
const char *base_url_scheme(const char *server);

/* Takes the slashes off its end. */
void base_url_trim(char *url);

void url_add_escaped(struct buf *url, const char *value);

/* Appends name=value behind "?" or "&"; the first base_len bytes are the API's own address. */
void url_add_query(struct buf *url, size_t base_len, const char *name, const char *value);

/* The JSON in compact form, appended. -1 when it does not fit. */
int json_into(const json_t *json, struct buf *out);

#endif
