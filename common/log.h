/*
 * The agent's log: component first, one line per event, to stderr (journald).
 * warn = an admin should act, info = the story, debug = for developers.
 * It must never print a secret; control characters are escaped here.
 */
#ifndef TWICKET_LOG_H
#define TWICKET_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

void log_setup(enum log_level level, enum log_format format);

void log_warnx(const char *component, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_info(const char *component, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Whatever the level is: for what is a record and no talk. */
void log_always(const char *component, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_debug(const char *component, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For start-up and broken invariants only: bytes from outside never lead here. */
void fatal(const char *component, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

#endif
