/*
 * Tickets with all that they need, on a virtual clock: store, runner, simulated desk.
 * Used by test_ticket.c. Nothing here decides anything: it turns like core.c does.
 */
#ifndef TWICKET_TESTS_TICKET_RIG_H
#define TWICKET_TESTS_TICKET_RIG_H

#include "agent/ticket.h"
#include "tests/crash/sim.h"
#include "tests/crash/sim_desk.h"

struct ticket_rig {
	struct sim sim; /* outlives a restart, as the file of the store does */
	struct sim_link *link;
	struct runner *runner;
	struct store *store;
	struct tickets *tickets;
	const struct notifier *desk;
	struct account *account;
	struct now now;
	uint32_t dice;
	unsigned room; /* for tickets, from the next restart on */
	uint64_t replies; /* ids given away */
	unsigned answers, alarms, overs;
	char answer[200]; /* the last one, to the reporter */
};

/* For cmocka: *state is a struct ticket_rig with a desk that can be asked. */
int ticket_rig_setup(void **state);
int ticket_rig_teardown(void **state);
void ticket_rig_anew(struct ticket_rig *rig);	 /* an empty store and desk */
void ticket_rig_restart(struct ticket_rig *rig); /* killed: what was not committed is lost */
void ticket_rig_set_desk(struct ticket_rig *rig, const struct notifier *desk); /* NULL: it has no login */

enum ticket_rig_turn { TICKET_RIG_GO, TICKET_RIG_HOLD /* what was decided does not leave yet */ };
void ticket_rig_turn(struct ticket_rig *rig, enum ticket_rig_turn how);
void ticket_rig_run(struct ticket_rig *rig, int64_t for_ms);
int64_t ticket_rig_until_settled(struct ticket_rig *rig); /* nothing is under way: wall ms; fails after a day */

/* Words of "id-WHO", in public. */
void ticket_rig_open(struct ticket_rig *rig, const char *who, const char *text, char name[TICKET_NAME_SIZE]);
/* In private, into the last ticket. TICKETS_OTHERS: there is none, or it is full. */
enum tickets_found ticket_rig_more(struct ticket_rig *rig, const char *who, const char *text);
void ticket_rig_keep_reply(struct ticket_rig *rig, const char *who); /* the first words, as "r-WHO" */

/* As the store has it; the strings live until the next call. Of the first ticket, or of a named one. */
const struct ticket_note_row *ticket_rig_note(struct ticket_rig *rig, unsigned number);
const struct ticket_note_row *ticket_rig_note_of(struct ticket_rig *rig, const char *name, unsigned number);
const struct ticket_row *ticket_rig_ticket(struct ticket_rig *rig, const char *name);
void ticket_rig_lose_cursor(struct ticket_rig *rig); /* in the store */

#endif
