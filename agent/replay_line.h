/*
 * One line of a nagios.log (Nagios Core 4.4 and 4.5, Naemon) or of Icinga 2's compat log, parsed.
 * For replay.c.
 * Pure; no byte is trusted.
 */
#ifndef TWICKET_REPLAY_LINE_H
#define TWICKET_REPLAY_LINE_H

#include "common/event.h"

#include <stdbool.h>
#include <stdint.h>

enum line_kind {
	LINE_OTHER,  /* of a kind that says nothing to us */
	LINE_BROKEN, /* of a kind that we know, but it makes no sense */
	LINE_ALERT,
	LINE_STATE, /* INITIAL or CURRENT STATE: what is so, not what changed */
	LINE_NOTIFICATION,
	LINE_FLAPPING,
	LINE_DOWNTIME, /* began or ended */
	LINE_ACK,
	LINE_UNACK,
	LINE_SCHEDULE, /* a downtime was planned */
	LINE_DELETE,   /* a downtime was taken back */
	LINE_START,
	LINE_SHUTDOWN
};

/* Which objects a command means. */
enum line_scope {
	SCOPE_OBJECT,
	SCOPE_HOST_SERVICES,
	SCOPE_CHILDREN, /* of the host, itself included */
	SCOPE_HOSTGROUP_HOSTS,
	SCOPE_HOSTGROUP_SERVICES,
	SCOPE_SERVICEGROUP_HOSTS,
	SCOPE_SERVICEGROUP_SERVICES
};

enum line_phase { PHASE_STARTED, PHASE_STOPPED, PHASE_CANCELLED };

/* Strings point into the line; they are never NULL. */
struct log_line {
	enum line_kind kind;
	int64_t at_s;
	uint8_t object; /* EVENT_HOST or EVENT_SERVICE */
	uint8_t state;
	bool is_hard;
	uint16_t attempt;
	const char *host, *service; /* host: also a group's name, by the scope */
	const char *text;	    /* output or comment */
	const char *author;	    /* NOTIFICATION: the contact */
	bool is_ack;		    /* NOTIFICATION: of an acknowledgement, `by` and text are its author and comment */
	const char *by;
	uint8_t reason;	   /* NOTIFICATION: the core's own number */
	bool is_stateless; /* NOTIFICATION: it does not say in which state */
	bool is_flapping;
	enum line_phase phase;
	bool is_one_of_many; /* DOWNTIME: each has lines of its own, not the first and the last only */
	uint32_t flags; /* ACK: STICKY NOTIFY PERSISTENT; SCHEDULE: FIXED */
	enum line_scope scope;
	int64_t from_s, to_s, duration_s; /* ACK: to_s is its end, 0 = none; DELETE: from_s 0 = any */
	bool is_numbered; /* DELETE: by a number that no log tells */
};

/*
 * Parses a line without its end, which it changes; NUL-terminated. -1: it has no time in
 * front, so that it is no line of such a log at all.
 */
int line_parse(char *text, struct log_line *out);

#endif
