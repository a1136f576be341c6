/*
 * Fields of what an Icinga 2 says, read without trust: what is missing, or of another kind,
 * is "" or 0. Borrowed from the document.
 */
#ifndef TWICKET_ICINGA_JSON_H
#define TWICKET_ICINGA_JSON_H

#include "agent/world.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

const char *icinga_text(const json_t *object, const char *name);
double icinga_number(const json_t *object, const char *name);
/* Times: seconds with a fraction there; out of range is 0. */
int64_t icinga_us(const json_t *object, const char *name);
int64_t icinga_s(const json_t *object, const char *name);
unsigned icinga_count(const json_t *object, const char *name, unsigned max);
bool icinga_flag(const json_t *object, const char *name); /* true, or more than 0 */

/* A host's state with its reachability, or a service's, as ours: enum event_host_state, event_state. */
uint8_t icinga_state(const json_t *attrs, unsigned kind);
/* The first line of a check result's output, which is the message: its length, at *text. */
size_t icinga_output(const json_t *check_result, const char **text);

/* status/IcingaApplication's results: when it started, s with a fraction; its version, "?" when it does not say. */
double icinga_program(const json_t *results, char *version, size_t size);

/* A list of attributes to ask for; a new reference. */
json_t *icinga_names(const char *const *names, size_t n);

/*
 * "host" or "host!service" -> host NUL service NUL. Its length; 0: empty, or longer than
 * EVENT_NAME_MAX each.
 */
#define ICINGA_KEY WORLD_KEY
size_t icinga_key(const char *name, unsigned kind, char key[ICINGA_KEY]);
/* The same of two names. */
size_t icinga_key_of(const char *host, const char *service, char key[ICINGA_KEY]);

#endif
