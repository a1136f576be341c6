/*
 * What an engine asks of those around it, answered by nobody. See sink_rig.h.
 */
#include "tests/unit/sink_rig.h"

void sink_rig_describe(void *arg, const char *node, unsigned kind, const char *host, const char *service)
{
	(void)arg, (void)node, (void)kind, (void)host, (void)service;
}

uint64_t sink_rig_cancel(void *arg, uint64_t thread)
{
	(void)arg, (void)thread;
	return 0;
}

void sink_rig_erase(void *arg, uint64_t thread)
{
	(void)arg, (void)thread;
}

void sink_rig_note(void *arg, uint64_t incident, const char *kind, const char *text)
{
	(void)arg, (void)incident, (void)kind, (void)text;
}

int64_t sink_rig_born(void *arg, unsigned audience, unsigned account)
{
	(void)arg, (void)audience, (void)account;
	return 0;
}
