/*
 * Which colour a state has, and whether colours are wanted at all. Called by the commands
 * that print states, and by cli.c at the start.
 * It must never colour what goes to a file, to another program or into JSON.
 */
#include "agent/cli_colour.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_on; /* the process has but one terminal */

void cli_colours_find(void)
{
	const char *terminal = getenv("TERM"), *none = getenv("NO_COLOR");

	is_on = isatty(STDOUT_FILENO) && terminal && *terminal && strcmp(terminal, "dumb") != 0 &&
		!(none && *none); /* no-color.org: set, and not empty */
}

void cli_colours_off(void)
{
	is_on = false;
}

enum cli_colour cli_colour_of(const char *state)
{
	static const struct {
		const char *word;
		enum cli_colour colour;
	} words[] = {{"CRITICAL", CLI_RED}, {"DOWN", CLI_RED},	   {"WARNING", CLI_YELLOW}, {"OK", CLI_GREEN},
		     {"UP", CLI_GREEN},	    {"no login", CLI_RED}, {"trouble", CLI_RED},    {"paused", CLI_YELLOW},
		     {"ok", CLI_GREEN}};

	if (strncmp(state, "MAJOR ", 6) == 0)
		state += 6;
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].word, state) == 0)
			return words[i].colour;
	return CLI_PLAIN;
}

void cli_colour_begin(struct buf *out, enum cli_colour colour)
{
	if (!is_on)
		return;
	switch (colour) {
	case CLI_PLAIN: return;
	case CLI_RED: buf_str(out, "\x1b[31m"); return;
	case CLI_YELLOW: buf_str(out, "\x1b[33m"); return;
	case CLI_GREEN: buf_str(out, "\x1b[32m"); return;
	}
}

void cli_colour_end(struct buf *out, enum cli_colour colour)
{
	if (is_on && colour != CLI_PLAIN)
		buf_str(out, "\x1b[0m");
}
