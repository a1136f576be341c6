/*
 * `take`: an acknowledgement over another owner, who is told. Called by inbox*.c. Must
 * never say it to the former owner before the core has said that it is so.
 */
#include "agent/inbox_internal.h"

#include <stdio.h>
#include <string.h>

#define TAKE_WAS "was " /* before the name in the row's reason, until it is confirmed: a restart must know */

void inbox_take_begins(struct inbox_reply *r, const char *owner)
{
	char reason[160];

	snprintf(reason, sizeof(reason), TAKE_WAS "%s", owner);
	inbox_set(r, TEXT_REASON, reason);
}

const char *inbox_take_former(const struct inbox_reply *r, char *out, size_t size)
{
	if (strncmp(r->row.reason, TAKE_WAS, sizeof(TAKE_WAS) - 1) != 0)
		return NULL;
	if (!size)
		return "";
	snprintf(out, size, "%s", r->row.reason + sizeof(TAKE_WAS) - 1);
	return out;
}

struct former {
	struct inbox *b;
	const char *name;
	struct inbox_answer answer;
	uint64_t reply; /* by which they had it: the last one */
};

static int find_former(void *arg, const struct reply_row *row)
{
	struct former *f = arg;

	if (row->state == REPLY_CONFIRMED && strcmp(row->person, f->name) == 0 &&
	    (strncmp(row->verb, "ack", 3) == 0 || strcmp(row->verb, "take") == 0 ||
	     strcmp(row->verb, "steal") == 0))
		f->reply = row->id;
	return 0;
}

static int tell_former(void *arg, const struct reply_row *row)
{
	struct former *f = arg;

	inbox_reply_to(f->b, row, &f->answer);
	return 1;
}

/* Who acknowledged elsewhere has no reply of ours to be told under: their thread says it. */
void inbox_take_done(struct inbox *b, struct inbox_reply *r, const char *former)
{
	struct former f = {
	    .b = b,
	    .name = former,
	    .answer = {.event = SAY_TROUBLE, .reason = "taken_away", .text = inbox_author(r)}};

	if (!r->is_local)
		inbox_reply_to(
		    b, &r->row,
		    &(struct inbox_answer){
			.event = SAY_TROUBLE, .reason = "taken", .text = *former ? former : NULL});
	if (!*former)
		return;
	store_replies_of_incident(b->store, r->row.incident, find_former, &f, NULL);
	if (f.reply)
		store_reply_by_id(b->store, f.reply, tell_former, &f, NULL);
}
