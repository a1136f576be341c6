/*
 * Tickets out of the store, with what was said in them. Called by ticket.c, core_ticket.c and
 * control_ticket.c. It must never keep a row: strings live until the callback returns.
 */
#include "agent/store_walk.h"

GIVE(ticket)
GIVE(ticket_note)

int store_tickets(struct store *s, uint64_t behind, unsigned max, store_ticket_fn *fn, void *arg, struct err *err)
{
	return WALK(ticket, TABLE_TICKET, SQL_TICKETS, 2, NUMBER(behind), NUMBER(max));
}

int store_count_tickets(struct store *s, unsigned *open, unsigned *waiting, struct err *err)
{
	int64_t tickets = 0, with_notes = 0;

	if (store_ask_number(s, SQL_COUNT_TICKETS, NULL, 0, &tickets, err) == -1 ||
	    store_ask_number(s, SQL_COUNT_TICKET_NOTES, NULL, 0, &with_notes, err) == -1)
		return -1;
	*open = (unsigned)tickets;
	*waiting = (unsigned)with_notes;
	return 0;
}

int store_recent_tickets(struct store *s, int64_t since_ms, store_ticket_fn *fn, void *arg, struct err *err)
{
	return WALK(ticket, TABLE_TICKET, SQL_RECENT_TICKETS, 1, NUMBER(since_ms));
}

int store_ticket_by_name(
    struct store *s, const char *name, int64_t since_ms, store_ticket_fn *fn, void *arg, struct err *err)
{
	return WALK(ticket, TABLE_TICKET, SQL_TICKET_BY_NAME, 2, TEXT(name), NUMBER(since_ms));
}

int store_ticket_by_reply(
    struct store *s, uint64_t reply, store_ticket_fn *fn, void *arg, struct err *err)
{
	return WALK(ticket, TABLE_TICKET, SQL_TICKET_BY_REPLY, 1, NUMBER(reply));
}

int store_ticket_of(
    struct store *s, const char *account, const char *author_id, int64_t since_ms, store_ticket_fn *fn,
    void *arg, struct err *err)
{
	return WALK(
	    ticket, TABLE_TICKET, SQL_TICKET_OF, 3, TEXT(account), TEXT(author_id), NUMBER(since_ms));
}

int store_ticket_notes(
    struct store *s, uint64_t ticket, store_ticket_note_fn *fn, void *arg, struct err *err)
{
	return WALK(ticket_note, TABLE_TICKET_NOTE, SQL_TICKET_NOTES, 1, NUMBER(ticket));
}

int store_ticket_note_by_remote(
    struct store *s, uint64_t ticket, const char *remote_id, store_ticket_note_fn *fn, void *arg,
    struct err *err)
{
	return WALK(
	    ticket_note, TABLE_TICKET_NOTE, SQL_TICKET_NOTE_BY_REMOTE, 2, NUMBER(ticket),
	    TEXT(remote_id));
}

int store_count_mentions(
    struct store *s, const char *account, const char *author_id, int64_t since_ms, struct err *err)
{
	const struct store_param params[] = {TEXT(author_id), TEXT(account), NUMBER(since_ms)};
	int64_t n = 0;

	if (store_ask_number(s, SQL_COUNT_MENTIONS, params, 3, &n, err) == -1)
		return -1;
	return (int)n;
}
