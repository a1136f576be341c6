/*
 * The CLI's end of the control socket (agent/control.h has the protocol): one
 * question, one answer, within a time and a size.
 */
#ifndef TWICKET_CLI_CONTROL_H
#define TWICKET_CLI_CONTROL_H

#include "agent/cli.h"
#include "common/err.h"

#include <jansson.h>

/* What an answer may take. */
#define CONTROL_TIMEOUT_MS 5000
#define CONTROL_REPLY_TIMEOUT_MS 35000 /* the agent itself gives up after 30 s */
#define CONTROL_LIST_TIMEOUT_MS 12000 /* of an inventory: the agent's limit is 10 s */
#define CONTROL_ANSWER_MAX (16u << 20)
#define CONTROL_LIST_MAX (256u << 20) /* 100,000 objects with their groups are about 40 MB */

struct control_question {
	const char *path; /* of the socket */
	int timeout_ms;
	size_t max; /* bytes of the answer */
};

/*
 * Sends the request and waits for its answer.
 * CLI_DONE: "ok" is true. CLI_NO: err is the agent's reason. CLI_AWAY: nobody
 * answers there, err says why. CLI_LATE: it took the question, and no answer came
 * in time. *answer (the caller's, may be NULL) is what came with DONE and NO.
 */
enum cli_exit cli_control_ask(
    const struct control_question *q, const json_t *request, json_t **answer, struct err *err);

#endif
