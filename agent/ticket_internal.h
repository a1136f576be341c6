/*
 * What ticket*.c share: a ticket in memory, and its words that are under way.
 * Included by agent/ticket*.c only.
 */
#ifndef TWICKET_TICKET_INTERNAL_H
#define TWICKET_TICKET_INTERNAL_H

#include "agent/ticket.h"
#include "common/buf.h"

#include <uthash.h>
#include <utlist.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define TICKET_ACTIVE_MS HOUR_MS       /* so long after a word its answers are asked for every minute */
#define TICKET_POLL_MS MINUTE_MS
#define TICKET_QUIET_POLL_MS (10 * MINUTE_MS)
#define TICKET_TALK_MS (7 * DAY_MS)    /* a private talk goes on for so long */
#define TICKET_STALE_MS (30 * DAY_MS)  /* nobody said anything: it closes itself */
#define TICKET_NOTES_HOUR 20	       /* of one reporter in one ticket */

#define TICKET_META_PLACE "desk_place" /* where the ids of tickets are of */
#define TICKET_META_ALARM "desk_alarm" /* in the store: it was told */

/* Words that are under way to the desk, or not saved yet. The row's strings are ours. */
struct ticket_note {
	struct ticket_note *prev, *next;
	struct ticket_note_row row;
	char *author, *text, *remote_id, *reason;
	int64_t look_ms; /* wall: UNKNOWN */
	unsigned look_failures;
	bool is_dirty;
};

enum ticket_text {
	TICKET_TEXT_NAME,
	TICKET_TEXT_ACCOUNT,
	TICKET_TEXT_AUTHOR,
	TICKET_TEXT_ACCT,
	TICKET_TEXT_REMOTE,
	TICKET_TEXT_LINK,
	TICKET_TEXT_TITLE,
	TICKET_TEXT_DESK_ID,
	TICKET_TEXT_DESK_URL,
	TICKET_TEXT_CURSOR,
	TICKET_TEXTS
};

struct ticket {
	UT_hash_handle hh; /* by row.id; in the order in which they came */
	struct ticket_row row;
	char *text[TICKET_TEXTS];
	struct ticket_note *notes; /* by number */
	int64_t poll_ms; /* boot: its answers are asked for */
	int64_t hour_ms; /* wall: since then the reporter wrote so many notes */
	unsigned in_hour;
	bool is_dirty;
};

enum errand_kind { ERRAND_SEND, ERRAND_LOOK, ERRAND_READ };

/* The one op at the desk that is under way. */
struct desk_errand {
	struct run *run; /* NULL: none, or it is over */
	bool is_over, has_failed;
	enum errand_kind kind;
	struct ticket *ticket;
	struct ticket_note *note;
	struct job job;
	struct buf text;
	char key[TICKET_NAME_SIZE + 12], subject[200];
	struct result result;
};

struct tickets {
	struct tickets_parts parts;
	const struct notifier *desk;
	struct account *account;
	unsigned index;
	bool is_configured;
	char *place; /* NULL: compared with that of the store */
	struct ticket *all; /* open ones, as many as there is room for, and those that are not saved yet */
	struct desk_errand errand;
	struct now now;
	int64_t pause_ms; /* boot: nothing is asked before */
	bool is_away; /* some are in the store only */
	bool has_fresh; /* of this round through the store one was not here, or has left */
	uint64_t slice_id; /* so far it has come */
	int64_t slice_ms; /* boot: the next of them */
	int64_t clock, stale_ms; /* wall minus boot; boot: nothing is too old before */
	unsigned failures;
	bool is_alarmed;
	bool is_refusing; /* what was told is that it does not take something */
	char trouble[300];
};

/* ticket_rows.c */
struct ticket *ticket_keep(struct tickets *t, const struct ticket_row *row); /* in memory, once */
struct ticket_note *ticket_note_keep(struct ticket *k, const struct ticket_note_row *row);
void ticket_free(struct tickets *t, struct ticket *k);
void ticket_set(struct ticket *k, enum ticket_text which, const char *value);

/* ticket.c */
struct ticket *ticket_by_reply(struct tickets *t, uint64_t reply); /* closed ones, too; NULL: none */
void ticket_touch(struct tickets *t, struct ticket *k); /* somebody said something */
struct ticket_note *ticket_note_add(
    struct tickets *t, struct ticket *k, const struct ticket_note_row *row);
void ticket_note_set(char **slot, const char **at, const char *value);
bool ticket_note_is_final(const struct ticket_note *n);
void ticket_close(struct tickets *t, struct ticket *k);

/* ticket_room.c */
int room_load(struct tickets *t, struct err *err);
struct ticket *room_fetch(struct tickets *t, const struct ticket_row *row); /* with what waits of it */
void room_turn(struct tickets *t);
void room_saved(struct tickets *t); /* after a commit */
int64_t room_next(const struct tickets *t); /* boot_ms */

/* ticket_desk.c */
void desk_turn(struct tickets *t);
int64_t desk_next(const struct tickets *t); /* boot_ms */
bool desk_polls(const struct tickets *t, const struct ticket *k); /* are its answers asked for? */
void desk_place(struct tickets *t); /* ticket_place.c: is it still the one that the ids are of? */
void desk_stop(struct tickets *t);	    /* the op, if one is under way */

#endif
