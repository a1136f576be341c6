/*
 * OAuth of the Mastodon API without a browser on this machine: registers twicket,
 * makes the address that a human opens, turns the code into a token. Used by `auth`.
 */
#ifndef TWICKET_CLI_OAUTH_H
#define TWICKET_CLI_OAUTH_H

#include "agent/cli_net.h"

#define OAUTH_TEXT 512

struct oauth {
	struct cli_net *net;
	const struct config_account *account;
	char base[OAUTH_TEXT]; /* of the API, no slash at its end */
	char server[OAUTH_TEXT]; /* what it says it is: "Mastodon 4.5.1", "" = does not say */
	const char *scopes; /* that it was registered with */
	char client_id[OAUTH_TEXT];
	char client_secret[OAUTH_TEXT]; /* a secret */
};

/* No network. The account is the caller's for as long as it is used. */
void oauth_init(struct oauth *o, struct cli_net *net, const struct config_account *a);
void oauth_finish(struct oauth *o); /* wipes */

/* Is there a server that speaks this API? 0, -1 with err. */
int oauth_reach(struct oauth *o, struct err *err);
/* Registers twicket there, with the least scopes that the server knows. 0, -1 with err. */
int oauth_register(struct oauth *o, struct err *err);
/* The address for the browser. -1 with err. */
int oauth_url(const struct oauth *o, struct buf *out, struct err *err);
/* Wipe and free *token. The code as pasted: blanks are dropped. -1 with err, which holds no secret. */
int oauth_token(struct oauth *o, const char *code, char **token, struct err *err);
/* A token that will not be kept. Failing is no matter. */
void oauth_revoke(struct oauth *o, const char *token);

/* Pure parts, for the tests. */
#define OAUTH_SCOPES_PROFILE                                                                       \
	"profile read:notifications read:statuses write:statuses write:favourites"
#define OAUTH_SCOPES_ACCOUNTS                                                                      \
	"read:accounts read:notifications read:statuses write:statuses write:favourites"
#define OAUTH_SCOPES_WIDE "read write:statuses write:favourites"
/* What a human pasted: the code, blanks around and inside dropped, or the address that holds it. */
void oauth_clean_code(const char *pasted, char *code, size_t size);

#endif
