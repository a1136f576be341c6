/*
 * Shared by the files of the fake core, not by its cases.
 */
#ifndef TWICKET_FAKECORE_INTERNAL_H
#define TWICKET_FAKECORE_INTERNAL_H

#include <stdarg.h>

#include "tests/module/fakecore.h"

extern struct hostgroup *core_groups;

void core_die(const char *what) __attribute__((noreturn));
void *core_take(size_t size);
void core_free_objects(void);
void core_free_comment(compat_comment *c);
void core_log(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* fakefamily.c */
extern compat_comment *core_comments;
void core_run_timer(void); /* if there is one */
void core_stop_timer(void); /* the core's loop is over */
void core_add_to_set(compat_hosts **set, host *h);
void core_free_set(compat_hosts *set);
void core_link_comment(service *s, compat_comment *c); /* once it has all its fields */
void core_unlink_comment(compat_comment *c);

#endif
