/*
 * A simulated ticket desk: the server, and two notifiers that speak with it. One desk can be
 * asked (like Request Tracker), the other only takes (like mail). For scenario and crash tests;
 * it outlives a client that was killed, as it is a part of struct sim.
 */
#ifndef TWICKET_TESTS_SIM_DESK_H
#define TWICKET_TESTS_SIM_DESK_H

#include "notifiers/notifier.h"

#define SIM_DESK_TICKETS 1100
#define SIM_DESK_NOTES 256
#define SIM_DESK_TEXT 2600

struct sim_desk_ticket {
	char key[16], subject[200], to[64], text[SIM_DESK_TEXT];
	bool is_closed;
};

struct sim_desk_note {
	unsigned ticket; /* from 1 */
	char key[16], text[SIM_DESK_TEXT];
	bool is_answer; /* by the desk's people */
};

struct sim_desk {
	bool refuses;		       /* no connection */
	unsigned lose_next, drop_next; /* acts, and the answer is lost; does not act, and none comes */
	unsigned error_next;	       /* acts, and answers 500 */
	int status;		       /* 0, or what everything is answered */
	unsigned again;		       /* the same key twice at the desk that cannot be asked */
	unsigned n_tickets, n_notes, asked;
	struct sim_desk_ticket tickets[SIM_DESK_TICKETS];
	struct sim_desk_note notes[SIM_DESK_NOTES];
};

struct sim;
struct sim_answer;
/* A request to "desk:..."; called by sim_serve(). */
void sim_desk_serve(struct sim *s, const struct request *request, struct sim_answer *answer);
/* Somebody at the desk answers ticket n (from 1), or closes it. */
void sim_desk_answer(struct sim *s, unsigned n, const char *text);

extern const struct notifier desk_sim;	     /* finds and reads */
extern const struct notifier desk_sim_blind; /* takes */

#endif
