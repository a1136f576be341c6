/*
 * What the core confirms after our patience was over, or what we asked for before a start: the
 * row is all that is left of it. Called by inbox_core.c. Must never touch a row that has its end.
 */
#include "agent/inbox_internal.h"

#include <string.h>

static bool inbox_is_all(const struct reply_row *row)
{
	return strcmp(row->verb, "ack all") == 0;
}

/* What the core was asked for. */
enum event_verb inbox_verb(const struct inbox *b, const struct reply_row *row)
{
	struct reply_parsed p;

	if (strcmp(row->reason, "already_yours") == 0 || strcmp(row->reason, "also_looking") == 0)
		return EVENT_VERB_COMMENT;
	if (strcmp(row->verb, INBOX_UNDO "unack") == 0 || strcmp(row->verb, INBOX_UNDO "take") == 0)
		return EVENT_VERB_ACK;
	if (strcmp(row->verb, INBOX_UNDO "downtime") == 0)
		return EVENT_VERB_DOWNTIME_CANCEL;
	if (strcmp(row->verb, INBOX_UNDO "ack") == 0)
		return EVENT_VERB_UNACK;
	inbox_read(b, row->text, &b->now, &p);
	if (p.verb == REPLY_VERB_ACK || p.verb == REPLY_VERB_TAKE || p.verb == REPLY_VERB_ACK_ALL)
		return EVENT_VERB_ACK;
	if (p.verb == REPLY_VERB_UNACK)
		return EVENT_VERB_UNACK;
	if (p.verb == REPLY_VERB_DOWNTIME)
		return EVENT_VERB_DOWNTIME;
	if (p.verb == REPLY_VERB_DOWNTIME_CANCEL)
		return EVENT_VERB_DOWNTIME_CANCEL;
	if (p.verb == REPLY_VERB_RECHECK || p.verb == REPLY_VERB_FIXED)
		return EVENT_VERB_RECHECK;
	return EVENT_VERB_COMMENT;
}

struct inbox_late {
	struct inbox *b;
	const struct event *ev;
	unsigned verb;
};

static bool inbox_is_unconfirmed(const struct reply_row *row)
{
	return row->state == REPLY_NO_EFFECT && strcmp(row->reason, "not_confirmed") == 0;
}

/* It came after our patience was over: the row is put right, the author hears of it. */
static int inbox_late(void *arg, const struct reply_row *row)
{
	const struct inbox_late *late = arg;
	struct inbox_reply *r;
	unsigned verb = inbox_verb(late->b, row);

	if (verb != late->verb ||
	    (!inbox_is_unconfirmed(row) && (late->ev->type != EVENT_ACK || !inbox_all_is_partly(row))))
		return 1;
	r = inbox_add(late->b, row);
	if (r && inbox_is_all(row)) {
		inbox_all_late(late->b, r, late->ev);
	} else if (r) {
		r->verb = (uint8_t)verb;
		inbox_set(r, TEXT_REASON, "");
		inbox_confirm(late->b, r);
	}
	return 1;
}

void inbox_confirmed_late(struct inbox *b, const char *mark, const struct event *ev, unsigned verb)
{
	store_reply_by_mark(b->store, mark, inbox_late, &(struct inbox_late){b, ev, verb}, NULL);
}
