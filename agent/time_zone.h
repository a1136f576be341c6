/*
 * The zone of the clock in posts and in quiet_hours.
 * It belongs to the whole process, as the C library has it.
 */
#ifndef TWICKET_TIME_ZONE_H
#define TWICKET_TIME_ZONE_H

/* zone: as in "Europe/Berlin"; NULL or "": the one that the process was started in. */
void time_zone_use(const char *zone);

#endif
