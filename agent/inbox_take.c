/*
 * `take`: an acknowledgement over another owner, who is told; and `undo`, which gives it
 * back. Called by inbox*.c. Must never say it to the former owner before the core has said
 * that it is so.
 */
#include "agent/inbox_internal.h"

#include <stdio.h>
#include <string.h>

#define TAKE_BACK "back to " /* likewise, of an `undo`: in whose name the core is asked */
#define UNACK_OF "of " /* likewise, of an `unack`: whose it was */
#define TAKE_WAS "was " /* before the name in the row's reason, until it is confirmed: a restart must know */

void inbox_take_begins(struct inbox_reply *r, const char *owner)
{
	char reason[160];

	snprintf(reason, sizeof(reason), TAKE_WAS "%s", owner);
	inbox_set(r, TEXT_REASON, reason);
}

static bool is_take(const char *reason)
{
	return strncmp(reason, TAKE_WAS, sizeof(TAKE_WAS) - 1) == 0;
}

const char *inbox_take_name(const char *reason)
{
	return is_take(reason) ? reason + sizeof(TAKE_WAS) - 1 : "";
}

void inbox_unack_begins(struct inbox_reply *r, const char *owner)
{
	char reason[160];

	snprintf(reason, sizeof(reason), UNACK_OF "%s", owner);
	inbox_set(r, TEXT_REASON, reason);
}

const char *inbox_unack_name(const char *reason)
{
	return strncmp(reason, UNACK_OF, sizeof(UNACK_OF) - 1) == 0 ? reason + sizeof(UNACK_OF) - 1 : "";
}

const char *inbox_take_former(const struct inbox_reply *r, char *out, size_t size)
{
	if (!is_take(r->row.reason))
		return NULL;
	if (!size)
		return "";
	snprintf(out, size, "%s", inbox_take_name(r->row.reason));
	return out;
}

struct former {
	struct inbox *b;
	const char *name;
	struct inbox_answer answer;
	uint64_t reply; /* by which they had it: the last one */
	int64_t expires_ms;
};

static int find_former(void *arg, const struct reply_row *row)
{
	struct former *f = arg;

	if (row->state == REPLY_CONFIRMED && strcmp(row->person, f->name) == 0 &&
	    (strncmp(row->verb, "ack", 3) == 0 || strcmp(row->verb, "take") == 0)) {
		f->reply = row->id;
		f->expires_ms = row->expires_ms;
	}
	return 0;
}

static int tell_former(void *arg, const struct reply_row *row)
{
	struct former *f = arg;

	inbox_reply_to(f->b, row, &f->answer);
	return 1;
}

/* ---- given back ---- */

/* In whose name the core is asked. */
const char *inbox_core_author(const struct inbox_reply *r)
{
	return strncmp(r->row.reason, TAKE_BACK, sizeof(TAKE_BACK) - 1) == 0 ? r->row.reason + sizeof(TAKE_BACK) - 1
									     : inbox_author(r);
}

bool inbox_is_over_owner(const struct inbox_reply *r)
{
	return inbox_take_former(r, NULL, 0) || inbox_core_author(r) != inbox_author(r);
}

/* Only in the name of somebody whose word would count by now. */
static bool may_have_it(const struct inbox *b, const char *name)
{
	int person = config_person_index(b->config, name);

	return person >= 0 && !people_is_revoked(b->people, (unsigned)person);
}

bool inbox_gives_back(struct inbox *b, struct inbox_reply *r, const struct incident_view *v, const char *name)
{
	const struct reply_parsed none = {.verb = REPLY_VERB_ACK};
	struct former f = {.b = b, .name = name};
	char reason[160];

	if (!*name || !may_have_it(b, name))
		return false;
	store_replies_of_incident(b->store, r->row.incident, find_former, &f, NULL);
	if (f.expires_ms > b->now.wall_ms)
		r->row.expires_ms = f.expires_ms;
	snprintf(reason, sizeof(reason), TAKE_BACK "%s", name);
	inbox_set(r, TEXT_REASON, reason);
	inbox_command(b, r, v, EVENT_VERB_ACK, &none);
	return true;
}

void inbox_given_back(struct inbox *b, const struct inbox_reply *r, const char *name)
{
	struct former f = {
	    .b = b,
	    .name = name,
	    .answer = {.event = SAY_TROUBLE, .reason = "taken", .text = inbox_author(r)}};

	store_replies_of_incident(b->store, r->row.incident, find_former, &f, NULL);
	if (f.reply)
		store_reply_by_id(b->store, f.reply, tell_former, &f, NULL);
}

/* ---- done ---- */

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
