/*
 * What the files of `twicket check` share, and nobody else sees.
 */
#ifndef TWICKET_CLI_CHECK_H
#define TWICKET_CLI_CHECK_H

#include "agent/config.h"

#include <jansson.h>

/* Of a metered account: a new object with what an incident costs there, and how many a month pays for. */
json_t *check_prices(const struct config *config, unsigned account);

/*
 * What an admin who pays for an account should know before the first post: at most `max`
 * lines, which live as long as the program. Returns how many.
 */
unsigned check_price_advice(const struct config *config, unsigned account, const char **lines,
			    unsigned max);

#endif
