/*
 * Shared by the files of cases: the tables that cases.c runs, and how a case begins.
 * A case runs in a core that was reset before it.
 */
#ifndef TWICKET_CASES_H
#define TWICKET_CASES_H

#include "tests/module/fakecore.h"

struct test {
	const char *name;
	void (*run)(void);
};
#define CASE(x)                                                                                    \
	{                                                                                          \
#x, x                                                                              \
	}

extern const struct test case_connection[], case_events[], case_ring[], case_away[], case_commands[], case_acts[];
extern const char *case_so; /* the module's file */

#define CHECK(x) ((x) ? (void)0 : case_fail(#x, __LINE__))
void case_fail(const char *what, int line);

/* The module's arguments for this process as the agent, and more. */
const char *case_args(const char *more);

/* A core with host "web", services "http" (returned) and "ssh", the module loaded, the loop entered. */
service *case_start(const char *more);
service *case_start_connected(const char *more);
void case_stop(void);

void case_add_problems(host *h, unsigned n); /* CRITICAL services */

/* Sends a COMMAND for a service of "web" and returns its RESULT. */
const struct event *
case_order(unsigned verb, const char *name, const char *author, const char *text, const char *mark);

#endif
