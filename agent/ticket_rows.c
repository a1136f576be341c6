/*
 * Tickets in memory and in the store: what is open, and what is on its way. Called by
 * ticket.c and once per turn by core.c. It must never forget what is not committed.
 */
#include "agent/ticket_internal.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

static const char **slot_of(struct ticket_row *row, enum ticket_text which)
{
	switch (which) {
	case TICKET_TEXT_NAME: return &row->name;
	case TICKET_TEXT_ACCOUNT: return &row->account;
	case TICKET_TEXT_AUTHOR: return &row->author_id;
	case TICKET_TEXT_ACCT: return &row->acct;
	case TICKET_TEXT_REMOTE: return &row->remote_id;
	case TICKET_TEXT_LINK: return &row->link;
	case TICKET_TEXT_TITLE: return &row->title;
	case TICKET_TEXT_DESK_ID: return &row->desk_id;
	case TICKET_TEXT_DESK_URL: return &row->desk_url;
	case TICKET_TEXT_CURSOR: return &row->cursor;
	case TICKET_TEXTS: break;
	}
	return NULL;
}

static char *copy_of(const char *s)
{
	char *copy = strdup(s ? s : "");

	if (!copy)
		fatal("ticket", "out of memory");
	return copy;
}

void ticket_set(struct ticket *k, enum ticket_text which, const char *value)
{
	char *copy = copy_of(value);

	free(k->text[which]);
	k->text[which] = copy;
	*slot_of(&k->row, which) = copy;
	k->is_dirty = true;
}

void ticket_note_set(char **slot, const char **at, const char *value)
{
	char *copy = copy_of(value);

	free(*slot);
	*slot = copy;
	*at = copy;
}

struct ticket *ticket_keep(struct tickets *t, const struct ticket_row *row)
{
	struct ticket *k = NULL;
	struct ticket_row from = *row;

	HASH_FIND(hh, t->all, &row->id, sizeof row->id, k);
	if (k)
		return k;
	k = calloc(1, sizeof *k);
	if (!k)
		fatal("ticket", "out of memory");
	k->row = from;
	for (int i = 0; i < TICKET_TEXTS; i++)
		ticket_set(k, (enum ticket_text)i, *slot_of(&from, (enum ticket_text)i));
	k->is_dirty = false;
	HASH_ADD(hh, t->all, row.id, sizeof k->row.id, k);
	return k;
}

struct ticket_note *ticket_note_keep(struct ticket *k, const struct ticket_note_row *row)
{
	struct ticket_note *n = calloc(1, sizeof *n);

	if (!n)
		fatal("ticket", "out of memory");
	n->row = *row;
	ticket_note_set(&n->author, &n->row.author, row->author);
	ticket_note_set(&n->text, &n->row.text, row->text);
	ticket_note_set(&n->remote_id, &n->row.remote_id, row->remote_id);
	ticket_note_set(&n->reason, &n->row.reason, row->reason);
	DL_APPEND(k->notes, n);
	return n;
}

static void note_free(struct ticket_note *n)
{
	free(n->author);
	free(n->text);
	free(n->remote_id);
	free(n->reason);
	free(n);
}

void ticket_free(struct tickets *t, struct ticket *k)
{
	struct ticket_note *n, *next;

	HASH_DEL(t->all, k);
	DL_FOREACH_SAFE (k->notes, n, next)
		note_free(n);
	for (int i = 0; i < TICKET_TEXTS; i++)
		free(k->text[i]);
	free(k);
}

void tickets_save(struct tickets *t)
{
	for (struct ticket *k = t->all; k; k = k->hh.next) {
		const struct ticket_note *n;

		if (k->is_dirty)
			store_put_ticket(t->parts.store, &k->row);
		DL_FOREACH (k->notes, n)
			if (n->is_dirty)
				store_put_ticket_note(t->parts.store, &n->row);
	}
}

void tickets_saved(struct tickets *t)
{
	struct ticket *k, *next;

	HASH_ITER (hh, t->all, k, next) {
		struct ticket_note *n, *after;

		k->is_dirty = false;
		DL_FOREACH_SAFE (k->notes, n, after) {
			n->is_dirty = false;
			if (!ticket_note_is_final(n))
				continue;
			DL_DELETE(k->notes, n);
			note_free(n);
		}
		if (k->row.state == TICKET_CLOSED && !k->notes &&
		    !(t->errand.run && t->errand.ticket == k) && !(t->errand.is_over && t->errand.ticket == k))
			ticket_free(t, k);
	}
	room_saved(t);
}

int tickets_load(struct tickets *t, struct err *err)
{
	char alarm[8];

	if (store_meta(t->parts.store, TICKET_META_ALARM, alarm, sizeof alarm, err) == -1)
		return -1;
	t->is_alarmed = alarm[0] != '\0';
	return room_load(t, err);
}

void tickets_health(const struct tickets *t, struct tickets_health *out)
{
	*out = (struct tickets_health){.has_desk = t->is_configured, .trouble = t->trouble};
	if (t->is_away && store_count_tickets(t->parts.store, &out->open, &out->waiting, NULL) == 0)
		return;
	for (const struct ticket *k = t->all; k; k = k->hh.next) {
		const struct ticket_note *n;

		out->open += k->row.state == TICKET_OPEN;
		DL_FOREACH (k->notes, n) {
			if (!ticket_note_is_final(n))
				break;
		}
		out->waiting += n != NULL;
	}
}
