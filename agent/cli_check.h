/*
 * What the files of `twicket check` share, and nobody else sees.
 */
#ifndef TWICKET_CLI_CHECK_H
#define TWICKET_CLI_CHECK_H

#include "agent/config.h"

#include <jansson.h>

/* Of a metered account: a new object with what an incident costs there, and how many a month pays for. */
json_t *check_prices(const struct config *config, unsigned account);

#endif
