/*
 * Tickets on the command line, for the commands that take a tag or the name of a ticket.
 */
#ifndef TWICKET_CLI_TICKET_H
#define TWICKET_CLI_TICKET_H

#include "agent/cli.h"

#define CLI_TICKET_SIZE 8

/* "q-4k7m" -> "Q-4K7M"; false: it is none. */
bool cli_ticket_name(const char *typed, char name[CLI_TICKET_SIZE]);

enum cli_exit cli_tickets(struct cli *cli, bool closed_too);
enum cli_exit cli_ticket_show(struct cli *cli, const char *name);
/* what: "reply" with a text, "close". */
enum cli_exit cli_ticket_do(struct cli *cli, const char *what, const char *name, const char *text);

void cli_tickets_text(const json_t *answer, int64_t now_ms, struct buf *out);
void cli_ticket_text(const json_t *answer, int64_t now_ms, struct buf *out);

#endif
