/*
 * Who may do what: the table of SPEC 5.3, in one place. Asked by people.c for a person
 * and by inbox*.c for a local admin. Pure; it knows roles, nobody's name and no object:
 * a person's `match` is people.c's business.
 */
#ifndef TWICKET_AUTHORITY_H
#define TWICKET_AUTHORITY_H

#include "agent/config.h"

/* The order is that of the table. */
enum people_action {
	PEOPLE_PUBLIC_STATUS, /* `?` as the public may read it, "me too", a report, `stop` */
	PEOPLE_DETAILS,	      /* `?` as operators read it, members, `last?` */
	PEOPLE_COMMENT,	      /* in the core */
	PEOPLE_ACK,
	PEOPLE_UNACK, /* one's own acknowledgement */
	PEOPLE_TAKE,
	PEOPLE_ETA,
	PEOPLE_FIXED, /* cause and workaround as well */
	PEOPLE_RECHECK,
	PEOPLE_KNOWN,
	PEOPLE_TICKET,
	PEOPLE_UNACK_OTHERS, /* somebody else's */
	PEOPLE_ACK_ALL,	     /* of at most AUTHORITY_ACK_ALL problems */
	PEOPLE_ACK_ALL_MANY,
	PEOPLE_PART_OF,
	PEOPLE_DOWNTIME,      /* of at most AUTHORITY_DOWNTIME_S, on at most AUTHORITY_DOWNTIME_SERVICES */
	PEOPLE_DOWNTIME_LONG, /* longer, or on a host with more services */
	PEOPLE_QUIET,	      /* of at most AUTHORITY_QUIET_S */
	PEOPLE_QUIET_LONG,
	PEOPLE_SAY,
	PEOPLE_APPROVE, /* `go`, `no`, `edit:` */
	PEOPLE_ENDORSE,
	PEOPLE_RETRACT,
	PEOPLE_MAJOR,
	PEOPLE_PAUSE,
	PEOPLE_PEOPLE, /* people, purge, configuration */
	PEOPLE_ACTIONS
};

/* What ends where the next row of the table begins (SPEC 5.3). */
#define AUTHORITY_ACK_ALL 20
#define AUTHORITY_DOWNTIME_S (2 * 3600)
#define AUTHORITY_DOWNTIME_SERVICES 50
#define AUTHORITY_QUIET_S 3600

enum people_may {
	PEOPLE_MAY_NOT, /* 0: it may be asked as a question of yes and no */
	PEOPLE_MAY,
	PEOPLE_MAY_ASKED /* once they have said `yes` to "really?" */
};

/* ROLE_NOBODY is anybody, ROLE_ADMIN a local admin. */
enum people_may authority_may(enum role role, enum people_action action);

#endif
