/*
 * The last gate before the core: which characters of a stranger's text may pass,
 * and the one place that builds an external command (facts: NEB.md section 7).
 * Pure; used by command.c, the unit tests and the fuzzer.
 */
#ifndef TWICKET_GATE_H
#define TWICKET_GATE_H

#include <stddef.h>
#include <stdint.h>

#define GATE_TEXT_CHARS 300 /* characters of text, the mark not counted */
#define GATE_AUTHOR_CHARS 100
#define GATE_TEXT_BYTES (GATE_TEXT_CHARS * 4 + 1)
#define GATE_AUTHOR_BYTES (GATE_AUTHOR_CHARS * 4 + 1)
#define GATE_MARK_BYTES 32
#define GATE_COMMAND_BYTES 4096 /* the longest names, author, text and mark fit */

enum gate_command {
	GATE_ACK_HOST,
	GATE_ACK_SERVICE,
	GATE_ACK_HOST_UNTIL, /* Naemon's: it ends by itself */
	GATE_ACK_SERVICE_UNTIL,
	GATE_UNACK_HOST,
	GATE_UNACK_SERVICE,
	GATE_COMMENT_HOST,
	GATE_COMMENT_SERVICE,
	GATE_DOWNTIME_HOST,
	GATE_DOWNTIME_SERVICE,
	GATE_DOWNTIME_SERVICES, /* all those of a host */
	GATE_CANCEL_HOST,
	GATE_CANCEL_SERVICE,
	GATE_CHECK_HOST,
	GATE_CHECK_SERVICE
};

struct gate_order {
	enum gate_command command;
	int64_t time;
	int64_t from, until; /* of a downtime; of a check: from is when; of an acknowledgement: until */
	uint64_t id;	     /* of the downtime to cancel; host and service do not count then */
	const char *host,
	    *service; /* as the core has them; service only where the command has one */
	const char *author, *text, *mark; /* as they came, cleaned here; mark may be "" */
	unsigned is_sticky, is_notifying;
};

/*
 * Copies at most `chars` characters of `in` that are on the allow-list: letters,
 * digits, space and . , : - _ / @ # + ? = % with ' " made typographic. All else,
 * bytes that are not UTF-8 included, becomes a space; runs of spaces become one, at
 * the ends none. Returns the length; cap >= 5.
 */
size_t gate_clean(const char *in, char *out, size_t cap, size_t chars);

/* A host or service name that cannot break out of its field. */
int gate_name_is_safe(const char *name);

/* "T7K2:r123", or "" for none. */
int gate_mark_is_valid(const char *mark);

/* Copies the last word of a comment when it is a mark, else "". out holds GATE_MARK_BYTES. */
void gate_mark_of(const char *text, char *out);

/*
 * Writes "[time] COMMAND;...". Returns its length, 0 when a field does not pass:
 * an unsafe name, a false mark, no author, or nothing to say where something must be said.
 */
size_t gate_command(const struct gate_order *order, char *out, size_t cap);

#endif
