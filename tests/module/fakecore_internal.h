/*
 * Shared by the files of the fake core, not by its cases.
 */
#ifndef TWICKET_FAKECORE_INTERNAL_H
#define TWICKET_FAKECORE_INTERNAL_H

#include "tests/module/fakecore.h"

extern struct hostgroup *core_groups;

void core_die(const char *what) __attribute__((noreturn));
void *core_take(size_t size);
void core_free_objects(void);
void core_free_comment(nagios_comment *c);

#endif
