/*
 * X's login without a browser on this machine: OAuth 1.0a with a PIN (docs.x.com,
 * "PIN-based OAuth", August 2026). Asks for a request token, makes the address that a
 * human opens, turns the PIN into the access that is kept. Used by `auth`.
 */
#ifndef TWICKET_CLI_PIN_H
#define TWICKET_CLI_PIN_H

#include "agent/cli_net.h"
#include "agent/secret.h"

#define PIN_TEXT 512
#define PIN_NAME 32 /* a name on X has 15 characters, an id 19 */

struct pin {
	struct cli_net *net;
	const struct config_account *account;
	const struct secret_app *app;
	char base[PIN_TEXT]; /* of the API, no slash at its end */
	int64_t skew_s; /* X's clock less ours, once that mattered */
	char token[PIN_TEXT], secret[PIN_TEXT]; /* of the request: secrets */
};

/* Who has allowed the app, and with which keys: both are secrets. */
struct pin_access {
	char token[PIN_TEXT], secret[PIN_TEXT];
	char user_id[PIN_NAME], screen_name[PIN_NAME];
};

/* No network. Account and app are the caller's for as long as it is used. */
void pin_init(
    struct pin *p, struct cli_net *net, const struct config_account *a,
    const struct secret_app *app);
void pin_finish(struct pin *p); /* wipes */
void pin_access_finish(struct pin_access *access); /* wipes */

/*
 * Gets a request token; tried twice when our clock is wrong, which skew_s tells then.
 * 0, -1 with err, which holds no secret.
 */
int pin_request(struct pin *p, struct err *err);
/* The address for the browser. -1 with err. */
int pin_url(const struct pin *p, struct buf *out, struct err *err);
/* The PIN as pin_clean() left it. -1 with err, which holds no secret. */
int pin_exchange(struct pin *p, const char *pin, struct pin_access *access, struct err *err);

/* What a human pasted: letters and digits of it. Pure. */
void pin_clean(const char *pasted, char *pin, size_t size);

/* The line that is kept as the account's token, allocated; NULL without memory. Pure. */
char *pin_token(const struct secret_app *app, const struct pin_access *access);
/* The same from a line that somebody brings. -1 with err, which holds none of it. Pure. */
int pin_take(const char *line, char **token, struct err *err);

#endif
