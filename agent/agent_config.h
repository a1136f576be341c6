/*
 * The agent's configuration: the file, what the command line has instead, and what is wrong said.
 */
#ifndef TWICKET_AGENT_CONFIG_H
#define TWICKET_AGENT_CONFIG_H

#include "agent/agent.h"
#include "agent/config.h"

/*
 * running: what is in force, whose log is written to; NULL at the start, where a file that is
 * good sets the log up. NULL: it has errors, which are told; err is the first. The caller destroys it.
 */
struct config *
agent_config_load(const struct agent_options *options, const struct config *running, struct err *err);

#endif
