/*
 * Colours of what the commands print: of words that say how something is, and only where a
 * person looks at it. Used by the commands of the CLI.
 * Must never be the only thing that says it.
 */
#ifndef TWICKET_CLI_COLOUR_H
#define TWICKET_CLI_COLOUR_H

#include "common/buf.h"

enum cli_colour { CLI_PLAIN, CLI_RED, CLI_YELLOW, CLI_GREEN };

/* Where stdout is a terminal that can, and nobody asked for none (NO_COLOR). Before, and else, all is plain. */
void cli_colours_find(void);
void cli_colours_off(void); /* what follows goes elsewhere */

/* Of a state ("CRITICAL", "MAJOR DOWN", "closed") as cores and accounts have it. */
enum cli_colour cli_colour_of(const char *state);

/* Around text that is escaped already. */
void cli_colour_begin(struct buf *out, enum cli_colour colour);
void cli_colour_end(struct buf *out, enum cli_colour colour);

#endif
