/*
 * What an engine asks of those around it, answered by nobody: for tests of the engine alone
 * that look at some of it only. Used in a struct engine_sink. Must never count or keep anything.
 */
#ifndef TWICKET_TESTS_SINK_RIG_H
#define TWICKET_TESTS_SINK_RIG_H

#include "agent/incident.h"

void sink_rig_describe(void *arg, const char *node, unsigned kind, const char *host, const char *service);
uint64_t sink_rig_cancel(void *arg, uint64_t thread); /* nothing was waiting */
void sink_rig_erase(void *arg, uint64_t thread);
void sink_rig_note(void *arg, uint64_t incident, const char *kind, const char *text);
int64_t sink_rig_born(void *arg, unsigned audience, unsigned account); /* ever since */

#endif
