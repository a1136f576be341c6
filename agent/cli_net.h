/*
 * Requests of the CLI to the networks, one after the other: `auth` and
 * `check --online`. Around http.c and the notifiers, as the agent's loop is.
 */
#ifndef TWICKET_CLI_NET_H
#define TWICKET_CLI_NET_H

#include "agent/config.h"
#include "agent/http.h"
#include "agent/runner.h"
#include "common/buf.h"
#include "common/err.h"

#include <stdbool.h>

struct cli_net;

struct cli_net *cli_net_create(struct err *err);
void cli_net_destroy(struct cli_net *net); /* NULL is fine */

/* One answer; body is the caller's buffer. */
struct cli_net_answer {
	enum transport transport;
	int status;
	int64_t date_s; /* the server's clock, 0 = it does not say */
	char error[256]; /* why there is no answer; escaped by who prints it */
	struct buf body;
};

/* Sends it and waits. 0 when an answer came (of any status); -1 with err. Wipes nothing. */
int cli_net_request(
    struct cli_net *net, const struct config_account *a, const struct request *request,
    struct cli_net_answer *answer, struct err *err);
/* The same by a way of the caller's own. */
int cli_net_request_by(
    struct cli_net *net, const struct http_route *route, const struct request *request,
    struct cli_net_answer *answer, struct err *err);
/* Wipes the body: it may have held a secret. */
void cli_net_answer_finish(struct cli_net_answer *answer);

/* Runs one job of a notifier to its end. */
void cli_net_job(
    struct cli_net *net, const struct config_account *a, const struct notifier *notifier,
    struct account *account, const struct job *job, runner_emit_fn *emit, void *arg,
    struct result *result);

void cli_net_random(void *bytes, size_t n);
int64_t cli_net_wall_ms(void);

/* What VERIFY tells of an account. */
struct cli_verified {
	struct result result;
	bool has_self, bot, locked;
	unsigned limit;
	char acct[384], software[128];
	char *notices[16];
	unsigned n_notices;
};

/* Opens the account with the token, asks its server, closes it. */
void cli_net_verify(
    struct cli_net *net, const struct config_account *a, const char *token,
    struct cli_verified *out);
void cli_verified_finish(struct cli_verified *v);

/*
 * What an admin should change on the network, and where to click: at most `max`
 * lines, allocated. config says whether internals go to followers of this account.
 */
unsigned cli_verified_advice(
    const struct cli_verified *v, const struct config *config, unsigned account, char **lines,
    unsigned max);

#endif
