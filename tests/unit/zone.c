/*
 * The time zone of a test program. See zone.h.
 */
#include "tests/unit/zone.h"

#include <stdlib.h>
#include <time.h>

int zone_utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	return 0;
}
