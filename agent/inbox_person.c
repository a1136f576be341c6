/*
 * What a person asks of us, not of the core: help, what is known of such trouble, that a
 * helpful answer is kept, and to hear from us again. Called by inbox_act.c. It must never
 * say in public what is meant for operators.
 */
#include "agent/inbox_internal.h"
#include "agent/inbox_question.h"

#include <stdio.h>
#include <string.h>

bool inbox_needs_no_incident(enum reply_verb verb)
{
	return verb == REPLY_VERB_HELP || verb == REPLY_VERB_UNDO || verb == REPLY_VERB_START ||
	       verb == REPLY_VERB_STOP || verb == REPLY_VERB_PAUSE;
}

/* A question is always answered, whatever the account's `feedback` says of commands. */
static void person_hears(struct inbox *b, struct inbox_reply *r, const char *reason)
{
	inbox_finish(b, r, REPLY_QUERY, reason);
	inbox_trouble(b, r, reason);
}

static void person_help(struct inbox *b, struct inbox_reply *r)
{
	int person = r->is_local ? -1 : config_person_index(b->config, r->row.person);
	enum role role = person < 0 ? ROLE_ADMIN : b->config->people[person].role;
	const char *reason = "help_lead";

	switch (role) {
	case ROLE_OPERATOR: reason = "help_operator"; break;
	case ROLE_COMMUNICATOR: reason = "help_communicator"; break;
	case ROLE_NOBODY:
	case ROLE_LEAD:
	case ROLE_ADMIN: break;
	}
	person_hears(b, r, reason);
}

/* What is known of such trouble is core_words.c's to say, or that nothing is. */
static void person_last(struct inbox *b, struct inbox_reply *r)
{
	if (inbox_may(b, r, PEOPLE_DETAILS))
		person_hears(b, r, "last");
	else
		inbox_denied(b, r, "not_allowed");
}

static void person_start(struct inbox *b, struct inbox_reply *r)
{
	if (inbox_start(b, &r->row))
		inbox_hand_done(
		    b, r, &(struct inbox_answer){.event = SAY_TROUBLE, .reason = "started"},
		    IN_WORDS);
	else
		inbox_finish(b, r, REPLY_NO_EFFECT, "not_stopped");
}

/* The confirmation is the last that he hears. */
static void person_stop(struct inbox *b, struct inbox_reply *r)
{
	if (r->is_local) {
		inbox_hand_failed(b, r, "no_account");
	} else if (inbox_is_stopped(b, &r->row)) {
		inbox_finish(b, r, REPLY_IGNORED, "stopped");
	} else if (!r->is_sure) {
		inbox_ask(b, r, "sure_stop");
	} else {
		inbox_hand_done(
		    b, r, &(struct inbox_answer){.event = SAY_TROUBLE, .reason = "stopped"},
		    IN_WORDS);
		inbox_stop(b, &r->row);
	}
}

/* ---- pause ---- */

#define PAUSING "pausing"
#define PAUSING_MS 5000 /* for the answer to leave: then the account is silent */
#define PAUSING_MAX_MS 45000 /* where nobody knows whether it did: looked for twice, and sent again */

static void person_pause(struct inbox *b, struct inbox_reply *r)
{
	if (!inbox_may(b, r, PEOPLE_PAUSE)) {
		inbox_denied(b, r, "not_allowed");
	} else if (r->is_local) {
		inbox_hand_failed(b, r, "no_account");
	} else if (!r->is_sure) {
		inbox_ask(b, r, "sure_pause");
	} else {
		r->row.state = REPLY_SUBMITTED;
		r->submitted_ms = b->now.boot_ms;
		r->deadline_ms = b->now.boot_ms + PAUSING_MS;
		inbox_set(r, TEXT_REASON, PAUSING);
		inbox_put(b, r);
		inbox_trouble(b, r, "paused");
	}
}

bool inbox_is_pausing(const struct inbox_reply *r)
{
	return r->row.state == REPLY_SUBMITTED && strcmp(r->row.reason, PAUSING) == 0;
}

bool inbox_pause_begins(struct inbox *b, struct inbox_reply *r)
{
	int account = config_account_index(b->config, r->row.account);

	if (!inbox_is_pausing(r))
		return false;
	if (b->now.boot_ms - r->submitted_ms < PAUSING_MAX_MS && b->events.is_answering &&
	    b->events.is_answering(b->events.arg, r->row.id)) {
		r->deadline_ms = b->now.boot_ms + PAUSING_MS;
		return true;
	}
	if (account >= 0)
		b->events.pause(b->events.arg, (unsigned)account, inbox_author(r));
	inbox_finish(b, r, REPLY_DONE, "paused");
	b->is_again = true;
	return true;
}

bool inbox_pause_resumes(struct inbox *b, struct inbox_reply *r)
{
	if (!inbox_is_pausing(r))
		return false;
	r->is_resent = false;
	r->submitted_ms = b->now.boot_ms;
	r->deadline_ms = b->now.boot_ms + PAUSING_MS; /* nor has the answer left yet, perhaps */
	return true;
}

/* ---- endorse ---- */

struct helpful {
	char remote_id[512], acct[300], text[INBOX_HELPFUL];
	bool may_boost;
	uint64_t reply;
};

static int helpful_row(void *arg, const struct reply_row *row)
{
	struct helpful *h = arg;

	if (!row->text[0] || row->hash[0])
		return 1; /* nothing is left of it */
	snprintf(h->remote_id, sizeof(h->remote_id), "%s", row->remote_id);
	snprintf(h->acct, sizeof(h->acct), "%s", row->person[0] ? row->person : row->acct);
	snprintf(h->text, sizeof(h->text), "%s", row->text);
	h->reply = row->id;
	h->may_boost = row->visibility == VISIBILITY_PUBLIC || row->visibility == VISIBILITY_UNLISTED;
	return 1;
}

struct author_wish {
	const struct inbox *b;
	bool is_stopped;
};

static int author_wish_row(void *arg, const struct reply_row *row)
{
	struct author_wish *wish = arg;

	wish->is_stopped = inbox_is_stopped(wish->b, row);
	return 1;
}

/* Whoever wants to hear nothing from us is not boosted either: the network would tell him. */
static bool helpful_is_boosted(const struct inbox *b, const struct helpful *h, int account)
{
	const struct notifier *n = notifier_find(b->config->accounts[account].network);
	struct author_wish wish = {.b = b};

	if (!h->may_boost || !n || !(n->caps & NOTIFIER_BOOSTS))
		return false;
	store_reply_by_id(b->store, h->reply, author_wish_row, &wish, NULL);
	return !wish.is_stopped;
}

/* The only place where a follower's answer becomes a workaround, with credit. */
static void helpful_keep(struct inbox *b, const struct inbox_reply *r, const struct helpful *h)
{
	inbox_note(
	    b, r->row.incident, "command", "workaround endorsed by %s: %.600s (%.200s)",
	    inbox_author(r), h->text, h->acct);
	if (b->events.learn)
		b->events.learn(b->events.arg, &r->row, "workaround", h->text, h->acct);
}

static void person_endorse(struct inbox *b, struct inbox_reply *r)
{
	int account = config_account_index(b->config, r->row.account);
	struct helpful h = {.reply = 0};

	if (!inbox_may(b, r, PEOPLE_ENDORSE)) {
		inbox_denied(b, r, "not_allowed");
		return;
	}
	if (account >= 0 && r->row.parent_id[0])
		store_reply_by_remote(
		    b->store, r->row.account, r->row.parent_id, helpful_row, &h, NULL);
	if (!h.reply) {
		inbox_hand_failed(b, r, "endorse_what");
		return;
	}
	helpful_keep(b, r, &h);
	if (!helpful_is_boosted(b, &h, account)) {
		inbox_hand_done(
		    b, r, &(struct inbox_answer){.event = SAY_TROUBLE, .reason = "no_boost"},
		    IN_WORDS);
		return;
	}
	b->events.boost(b->events.arg, (unsigned)account, r->row.id, h.remote_id);
	inbox_hand_done(
	    b, r, &(struct inbox_answer){.event = SAY_TROUBLE, .reason = "endorsed"}, BY_FEEDBACK);
}

void inbox_act_person(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	if (p->verb == REPLY_VERB_HELP)
		person_help(b, r);
	else if (p->verb == REPLY_VERB_LAST)
		person_last(b, r);
	else if (p->verb == REPLY_VERB_ENDORSE)
		person_endorse(b, r);
	else if (p->verb == REPLY_VERB_UNDO)
		inbox_act_undo(b, r);
	else if (p->verb == REPLY_VERB_START)
		person_start(b, r);
	else if (p->verb == REPLY_VERB_STOP)
		person_stop(b, r);
	else if (p->verb == REPLY_VERB_PAUSE)
		person_pause(b, r);
}
