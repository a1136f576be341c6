/*
 * Whole tables in slices, for who adds up a month. Called by the control socket.
 * It must never walk on after its slice: the caller has a loop to go back to.
 */
#include "agent/store_walk.h"

GIVE(incident)
GIVE(problem)
GIVE(post)
GIVE(reply)
GIVE(ticket)

int store_problems_of_incident(
    struct store *s, uint64_t incident, bool live_too, store_problem_fn *fn, void *arg,
    struct err *err)
{
	return WALK(
	    problem, TABLE_PROBLEM, SQL_PROBLEMS_OF_INCIDENT, 2, NUMBER(incident), NUMBER(live_too));
}

int store_incidents_after(
    struct store *s, uint64_t id, unsigned max, store_incident_fn *fn, void *arg, struct err *err)
{
	return WALK(incident, TABLE_INCIDENT, SQL_INCIDENTS_AFTER, 2, NUMBER(id), NUMBER(max));
}

int store_posts_after(
    struct store *s, uint64_t id, unsigned max, store_post_fn *fn, void *arg, struct err *err)
{
	return WALK(post, TABLE_POST, SQL_POSTS_AFTER, 2, NUMBER(id), NUMBER(max));
}

int store_replies_after(
    struct store *s, uint64_t id, unsigned max, store_reply_fn *fn, void *arg, struct err *err)
{
	return WALK(reply, TABLE_REPLY, SQL_REPLIES_AFTER, 2, NUMBER(id), NUMBER(max));
}

int store_tickets_after(
    struct store *s, uint64_t id, unsigned max, store_ticket_fn *fn, void *arg, struct err *err)
{
	return WALK(ticket, TABLE_TICKET, SQL_TICKETS_AFTER, 2, NUMBER(id), NUMBER(max));
}
