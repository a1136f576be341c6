/*
 * The time zone of the process. Called by agent.c at its start and when the configuration is new.
 * It must never keep a zone that is no longer asked for.
 */
#include "agent/time_zone.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct {
	bool is_known;
	char *zone; /* NULL: TZ was not set */
} at_start; /* setenv() takes away what getenv() found */

void time_zone_use(const char *zone)
{
	const char *now = getenv("TZ");

	if (!at_start.is_known) {
		at_start.is_known = true;
		at_start.zone = now ? strdup(now) : NULL;
	}
	if (!zone || !*zone)
		zone = at_start.zone;
	if (zone)
		setenv("TZ", zone, 1);
	else
		unsetenv("TZ");
	tzset();
}
