/*
 * SPEC 5.3 as a table: a row for each action, a column for each role. Called by people.c
 * and inbox*.c. Must never say yes to what is not in it.
 */
#include "agent/authority.h"

#define NO PEOPLE_MAY_NOT
#define YES PEOPLE_MAY
#define ASKED PEOPLE_MAY_ASKED

/* The columns stand as the roles do: anybody, communicator, operator, lead, local admin. */
static const enum people_may authority_table[PEOPLE_ACTIONS][ROLE_ADMIN + 1] = {
    [PEOPLE_PUBLIC_STATUS] = {YES, YES, YES, YES, YES},
    [PEOPLE_DETAILS] = {NO, YES, YES, YES, YES},
    [PEOPLE_COMMENT] = {NO, YES, YES, YES, YES},
    [PEOPLE_ACK] = {NO, NO, YES, YES, YES},
    [PEOPLE_UNACK] = {NO, NO, YES, YES, YES},
    [PEOPLE_TAKE] = {NO, NO, YES, YES, YES},
    [PEOPLE_ETA] = {NO, NO, YES, YES, YES},
    [PEOPLE_FIXED] = {NO, NO, YES, YES, YES},
    [PEOPLE_RECHECK] = {NO, NO, YES, YES, YES},
    [PEOPLE_KNOWN] = {NO, NO, YES, YES, YES},
    [PEOPLE_TICKET] = {NO, NO, YES, YES, YES},
    [PEOPLE_UNACK_OTHERS] = {NO, NO, NO, YES, YES},
    [PEOPLE_ACK_ALL] = {NO, NO, YES, YES, YES},
    [PEOPLE_ACK_ALL_MANY] = {NO, NO, NO, YES, YES},
    [PEOPLE_PART_OF] = {NO, NO, NO, YES, YES},
    [PEOPLE_DOWNTIME] = {NO, NO, YES, YES, YES},
    [PEOPLE_DOWNTIME_LONG] = {NO, NO, NO, ASKED, YES},
    [PEOPLE_QUIET] = {NO, NO, YES, YES, YES},
    [PEOPLE_QUIET_LONG] = {NO, NO, NO, YES, YES},
    [PEOPLE_SAY] = {NO, YES, NO, YES, YES},
    [PEOPLE_APPROVE] = {NO, YES, NO, YES, YES},
    [PEOPLE_ENDORSE] = {NO, YES, NO, YES, YES},
    [PEOPLE_RETRACT] = {NO, YES, NO, YES, YES},
    [PEOPLE_MAJOR] = {NO, YES, NO, YES, YES},
    [PEOPLE_PAUSE] = {NO, YES, NO, YES, YES},
    [PEOPLE_PEOPLE] = {NO, NO, NO, NO, YES},
};

enum people_may authority_may(enum role role, enum people_action action)
{
	if ((unsigned)role > ROLE_ADMIN || (unsigned)action >= PEOPLE_ACTIONS)
		return PEOPLE_MAY_NOT;
	return authority_table[action][role];
}
