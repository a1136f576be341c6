/*
 * The argument of the core's broker_module line: node= socket= user= ring=.
 * Pure; used by neb.c and the unit tests.
 */
#ifndef TWICKET_ARGS_H
#define TWICKET_ARGS_H

#include <stddef.h>

#include "common/event.h"

#define ARGS_RING_MIN_KIB 512
#define ARGS_RING_MAX_KIB 65536

struct args {
	char node[EVENT_NAME_MAX + 1]; /* "" when not given */
	char socket[108];
	char user[64];
	size_t ring_kib;
};

/* Fills in defaults and what `line` (may be NULL) says. Returns -1 and a reason in err. */
int args_parse(const char *line, struct args *args, char *err, size_t cap);

#endif
