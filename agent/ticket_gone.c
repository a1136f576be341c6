/*
 * What a reporter took away again: his words leave the ticket, too. Called by core_ticket.c for
 * the inbox, which has asked his network. It must never send on what is gone, nor take away
 * anybody else's words; what the desk has is its own, and it is told.
 */
#include "agent/ticket_internal.h"
#include "common/log.h"

#include <stdio.h>

#define PURGED "(deleted by its author)"

struct gone {
	uint64_t reply;
	unsigned number;
	enum ticket_note_state state;
	bool is_found;
	struct buf *words;
};

static int gone_row(void *arg, const struct ticket_note_row *row)
{
	struct gone *g = arg;

	if (row->reply != g->reply)
		return 0;
	g->is_found = true;
	g->number = row->number;
	g->state = row->state;
	buf_str(g->words, row->text);
	return 1;
}

static struct ticket_note *under_way(struct ticket *k, uint64_t reply)
{
	struct ticket_note *n;

	DL_FOREACH (k->notes, n)
		if (n->row.reply == reply)
			return n;
	return NULL;
}

/* It has not left yet: then it does not. */
static void stop_note(struct tickets *t, struct ticket *k, struct ticket_note *n)
{
	ticket_note_set(&n->text, &n->row.text, PURGED);
	n->is_dirty = true;
	if (n->row.state != TICKET_NOTE_QUEUED && n->row.state != TICKET_NOTE_RETRY)
		return;
	n->row.state = TICKET_NOTE_DEAD;
	ticket_note_set(&n->reason, &n->row.reason, "deleted by its author");
	if (n->row.number == 0)
		ticket_close(t, k);
}

/* The desk has it, or may have: what is done with it there is for its people to say. */
static void tell_desk(struct tickets *t, struct ticket *k, const struct gone *g)
{
	char text[200], key[TICKET_NAME_SIZE + 12];

	switch (g->state) {
	case TICKET_NOTE_QUEUED:
	case TICKET_NOTE_RETRY:
	case TICKET_NOTE_DEAD:
	case TICKET_NOTE_KEPT: return;
	case TICKET_NOTE_SENDING:
	case TICKET_NOTE_SENT:
	case TICKET_NOTE_UNKNOWN: break;
	}
	if (!t->is_configured)
		return;
	if (g->number)
		snprintf(key, sizeof key, "%s.%u", k->row.name, g->number);
	else
		snprintf(key, sizeof key, "%s", k->row.name);
	snprintf(text, sizeof text, "(%s was deleted by its author. Please delete its words here, too.)", key);
	ticket_note_add(t, k, &(struct ticket_note_row){.by = TICKET_BY_REPORTER, .author = k->row.acct, .text = text});
}

void tickets_gone(struct tickets *t, uint64_t reply, const struct now *now, struct buf *words)
{
	struct gone g = {.reply = reply, .words = words};
	struct ticket_note *n;
	struct ticket *k;

	t->now = *now;
	k = ticket_by_reply(t, reply);
	if (!k)
		return;
	n = under_way(k, reply);
	if (n)
		gone_row(&g, &n->row);
	else
		store_ticket_notes(t->parts.store, k->row.id, gone_row, &g, NULL);
	if (!g.is_found)
		return;
	if (n)
		stop_note(t, k, n);
	store_cut_ticket_note(t->parts.store, reply, PURGED);
	if (g.number == 0)
		ticket_set(k, TICKET_TEXT_TITLE, PURGED);
	tell_desk(t, k, &g);
	log_info("ticket", "ticket=%s note=%u was deleted by its author: text purged", k->row.name, g.number);
}
