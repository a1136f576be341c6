/*
 * How many tickets are held in memory: not more than there is room for, whoever opens how many. The
 * others are in the store and take their turn. Called by ticket.c and ticket_rows.c. It must never let
 * go of what is not committed, or of what the desk is asked about just now.
 */
#include "agent/ticket_internal.h"
#include "common/log.h"

#define TICKET_ROOM 2000 /* some kilobytes each; a desk is asked for as many in ten minutes at best */
#define SLICE 100	 /* a minute, of those that are only in the store */

static unsigned room_of(const struct tickets *t)
{
	return t->parts.room ? t->parts.room : TICKET_ROOM;
}

/* --- out of memory ---------------------------------------------------------------------------- */

static bool is_asked(const struct tickets *t, const struct ticket *k)
{
	return (t->errand.run || t->errand.is_over) && t->errand.ticket == k;
}

static bool may_leave(const struct tickets *t, const struct ticket *k)
{
	const struct ticket_note *n;

	if (k->is_dirty || is_asked(t, k))
		return false;
	DL_FOREACH (k->notes, n)
		if (n->is_dirty || (n->row.state != TICKET_NOTE_QUEUED && n->row.state != TICKET_NOTE_RETRY))
			return false; /* when to look for it again is not in the store */
	return true;
}

/* Its answers were asked for since it came, or nobody asks for them. */
static bool is_idle(const struct tickets *t, const struct ticket *k)
{
	return !k->notes && (k->poll_ms || !desk_polls(t, k));
}

static void leave(struct tickets *t, struct ticket *k)
{
	ticket_free(t, k);
	t->is_away = t->has_fresh = true;
}

/* Those whose answers were read go first, the ones that came last after them: a queue stays one. */
static void make_room(struct tickets *t, unsigned room)
{
	struct ticket *k, *next, *last;

	for (k = t->all; k && HASH_COUNT(t->all) > room; k = next) {
		next = k->hh.next;
		if (is_idle(t, k) && may_leave(t, k))
			leave(t, k);
	}
	last = t->all ? ELMT_FROM_HH(t->all->hh.tbl, t->all->hh.tbl->tail) : NULL;
	for (k = last; k && HASH_COUNT(t->all) > room_of(t); k = next) {
		next = k->hh.prev;
		if (may_leave(t, k))
			leave(t, k);
	}
}

void room_saved(struct tickets *t)
{
	make_room(t, room_of(t));
}

/* --- into it ------------------------------------------------------------------------------------- */

struct slice {
	struct tickets *t;
	struct ticket *ticket;
	unsigned rows, fresh;
};

/* We may have been killed while it was being sent. */
static int load_note(void *arg, const struct ticket_note_row *row)
{
	const struct slice *s = arg;
	struct ticket_note fresh = {.row = *row}, *n;

	if (ticket_note_is_final(&fresh))
		return 0;
	n = ticket_note_keep(s->ticket, row);
	if (n->row.state == TICKET_NOTE_SENDING) {
		n->row.state = TICKET_NOTE_UNKNOWN;
		n->row.looks = 0;
		n->is_dirty = true;
	}
	return 0;
}

struct ticket *room_fetch(struct tickets *t, const struct ticket_row *row)
{
	struct slice s = {.t = t};

	HASH_FIND(hh, t->all, &row->id, sizeof row->id, s.ticket);
	if (s.ticket)
		return s.ticket;
	s.ticket = ticket_keep(t, row);
	if (store_ticket_notes(t->parts.store, row->id, load_note, &s, NULL) == -1)
		log_warnx("ticket", "ticket=%s: what waits of it cannot be read", row->name);
	return s.ticket;
}

static int load_ticket(void *arg, const struct ticket_row *row)
{
	struct slice *s = arg;
	struct ticket *k = NULL;

	s->rows++;
	s->t->slice_id = row->id;
	HASH_FIND(hh, s->t->all, &row->id, sizeof row->id, k);
	if (k)
		return 0;
	s->fresh++;
	s->ticket = ticket_keep(s->t, row);
	return store_ticket_notes(s->t->parts.store, row->id, load_note, s, NULL) == -1;
}

/* The next of them; behind the last it begins anew, and ends when all were here. */
static int load_slice(struct tickets *t, unsigned max, struct err *err)
{
	struct slice s = {.t = t};

	if (store_tickets(t->parts.store, t->slice_id, max, load_ticket, &s, err) == -1)
		return -1;
	t->has_fresh = t->has_fresh || s.fresh;
	if (s.rows == max)
		return 0;
	t->is_away = t->has_fresh;
	t->has_fresh = false;
	t->slice_id = 0;
	return 0;
}

int room_load(struct tickets *t, struct err *err)
{
	if (load_slice(t, room_of(t), err) == -1)
		return -1;
	t->is_away = t->slice_id != 0;
	return 0;
}

void room_turn(struct tickets *t)
{
	unsigned room = room_of(t), slice = SLICE < room / 2 ? SLICE : room / 2;
	struct err err;

	if (!t->is_away || t->now.boot_ms < t->slice_ms)
		return;
	t->slice_ms = t->now.boot_ms + MINUTE_MS;
	make_room(t, room - slice);
	if (HASH_COUNT(t->all) < room)
		load_slice(t, room - HASH_COUNT(t->all), &err);
}

int64_t room_next(const struct tickets *t)
{
	return t->is_away ? t->slice_ms : NOW_NEVER;
}
