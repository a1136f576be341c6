/*
 * The time zone of a test program. Used by those that show or read local times.
 * Must never be left to the machine.
 */
#ifndef TWICKET_TESTS_ZONE_H
#define TWICKET_TESTS_ZONE_H

int zone_utc(void **state); /* a group's setup */

#endif
