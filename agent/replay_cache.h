/*
 * The objects of a core from its objects.cache: what `replay` knows of them when no agent
 * runs. Nagios Core 4 and Naemon write the same form.
 */
#ifndef TWICKET_REPLAY_CACHE_H
#define TWICKET_REPLAY_CACHE_H

#include "agent/cli_objects.h"

/* Reads the file; the objects are the caller's. -1 with err. */
int cache_read(const char *path, struct cli_objects *out, struct err *err);

/* The same from memory, which it changes; text ends with a NUL. name: for err. */
int cache_parse(const char *name, char *text, struct cli_objects *out, struct err *err);

#endif
