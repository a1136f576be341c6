/*
 * The daemon: one thread around one poll. Everything that is real is here (clock,
 * signals, sockets, transfers); everything that decides is in core.c.
 */
#ifndef TWICKET_AGENT_H
#define TWICKET_AGENT_H

struct agent_options {
	const char *config_path;
	const char *state_dir, *run_dir; /* NULL = as the configuration says */
	unsigned hurry;			 /* holds divided by this, for demonstrations; 0 = as configured */
};

/* Exit statuses: a later start may succeed, or not before somebody mends the configuration. */
enum { AGENT_WRONG = 1, AGENT_LATER = 3 };

/* Runs until SIGTERM or SIGINT: 0, or one of these. The reason is on stderr. */
int agent_run(const struct agent_options *options);

#endif
