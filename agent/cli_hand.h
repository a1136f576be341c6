/*
 * What the commands by hand share: cli_hand.c (open, close, retract) and cli_hand_hush.c
 * (quiet, pause, resume). Nobody else's.
 */
#ifndef TWICKET_CLI_HAND_H
#define TWICKET_CLI_HAND_H

#include "agent/cli.h"

/* Who we are, for the records; the agent knows it from the socket. */
const char *cli_user(void);

/* The words from argv[from] on as one text, which the caller finishes. False: too long, said. */
bool cli_words(const struct cli *cli, int argc, char **argv, int from, struct buf *out);

/* As cli_ask(), with our name; request NULL: its words were no UTF-8. */
enum cli_exit cli_hand_ask(struct cli *cli, json_t *request, json_t **answer);

/* Prints the answer with --json, else what is said of it. Takes the answer over. */
enum cli_exit cli_hand_done(struct cli *cli, json_t *answer, const char *said);

#endif
