/*
 * `twicket auth`: what its frame (cli_auth.c) and the ways to log in to one network
 * each (cli_auth_mastodon.c, cli_auth_x.c) share, and nobody else sees.
 */
#ifndef TWICKET_CLI_AUTH_H
#define TWICKET_CLI_AUTH_H

#include "agent/cli.h"
#include "agent/cli_net.h"
#include "agent/cli_oauth.h"
#include "agent/secret.h"

#define AUTH_LINE (SECRET_MAX + 2)

/* One login under way. */
struct auth {
	struct cli *cli;
	const struct config *config;
	unsigned index;
	const struct config_account *account;
	const struct notifier *notifier;
	struct cli_net *net;
	struct oauth oauth; /* Mastodon's alone */
	char *token; /* a secret, NULL = none yet */
	bool is_fresh; /* the network gave it just now */
	struct cli_verified verified;
	json_t *facts; /* for --json */
};

/* How one network is logged in to. */
struct auth_way {
	const char *network;
	/* From nothing to a token; has complained when it is not CLI_DONE. */
	enum cli_exit (*log_in)(struct auth *a);
	/* What came on standard input -> the token as it is kept, allocated. -1 with err, which holds no secret. */
	int (*take)(const char *line, char **token, struct err *err);
	/* A token that will not be kept. */
	void (*give_up)(struct auth *a);
	/* All is stored: what a human may want to see or know now. */
	void (*afterwards)(struct auth *a);
};

extern const struct auth_way auth_mastodon;
extern const struct auth_way auth_x;

/* "accounts.NAME: WHY; nothing was stored" */
enum cli_exit auth_fail(const struct auth *a, const char *why);

/* Is there a human at both ends? */
bool auth_is_terminal(const struct auth *a);
void auth_prompt(const struct auth *a, const char *text);
/* Without a line end; byte by byte, so that nothing is read ahead. -1 when nothing came. */
int auth_read_line(char *line, size_t size);
/* Asks, and does not show what is typed; a control character (^C too) is "nothing". */
int auth_read_hidden(const struct auth *a, const char *question, char *line, size_t size);
/* The code that the network showed, as it was pasted. */
int auth_read_code(const struct auth *a, const char *name, char *line, size_t size);

#endif
