/*
 * What somebody who is no person tells us by a mention: known already, or a ticket; and what
 * is said to him about it. Called by the inbox and by ticket.c. It must never tell a stranger
 * more than the public hears, nor answer one mention twice.
 */
#include "agent/core_ticket.h"

#include "agent/core_answer.h"
#include "agent/incident_hand.h"
#include "common/log.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HOUR_MS INT64_C(3600000)
#define OF_AUTHOR 5   /* mentions of one author and hour that are answered */
#define OPENED 1000   /* tickets an hour, of all: no desk reads more, each is a row and mostly a request */
#define TOLD 10	      /* tickets an hour that operators hear of one by one */
#define WORDS_MAX 4096

/* --- tickets -------------------------------------------------------------------------------------- */

static void tell_operators(struct core *c, const struct inbox_mention *m, const char *name)
{
	struct say say = reporter_no_facts(c, SAY_TICKET);

	if (!reporter_one_more(c, &c->told, TOLD))
		return;
	say.ticket = say.tag = name;
	say.owner = m->reply->acct;
	say.text = m->reply->text;
	say.count = tickets_alike(c->tickets, c->smalltalk, m->reply->text, &c->now);
	say.count = say.count > 1 ? say.count : 0; /* it is among them itself */
	core_say_inside(c, &say);
}

/* A limit for all, beside that of each writer: accounts cost nothing. */
static bool may_open_one_more(struct core *c)
{
	int64_t hour_ms = c->opened.since_ms;
	bool may = reporter_one_more(c, &c->opened, OPENED);
	char text[120];

	if (c->opened.since_ms != hour_ms)
		c->is_flood_told = false;
	if (may || c->is_flood_told)
		return may;
	c->is_flood_told = true;
	snprintf(text, sizeof text, "%d tickets were opened within an hour: what else is reported in it is not kept", OPENED);
	log_warnx("ticket", "%s", text);
	core_alarm(c, "tickets", text, false);
	return false;
}

static void make_ticket(struct core *c, struct inbox_mention *m, unsigned audience)
{
	const struct ticket_words words = {.reply = m->reply, .link = m->link};
	struct said_to to = reporter_said_to(c, m, audience);
	struct say say = reporter_no_facts(c, SAY_TICKET);
	char name[TICKET_NAME_SIZE];

	if (!may_open_one_more(c)) {
		m->reason = "too_many_tickets";
		m->is_done = false;
		return;
	}
	if (tickets_open(c->tickets, &words, &c->now, name) == -1)
		return;
	m->reason = "ticket";
	to.tag = say.ticket = name;
	if (reporter_may_be_answered(c, audience, m->account, m->reply->author_id, m->reply->acct) && reporter_has_answer_left(c, m->account))
		reporter_say(c, &to, &say, SAY_TICKET);
	tell_operators(c, m, name);
	core_suspect(c, name);
}

static int is_there(void *arg, const struct post_row *row)
{
	(void)arg;
	(void)row;
	return 1;
}

/* In a talk in private, but no answer: of something that is known meanwhile. A part of its name may be an answer. */
static bool is_of_known(struct core *c, const struct inbox_mention *m, unsigned audience)
{
	const struct reply_row *reply = m->reply;

	return reply->visibility == VISIBILITY_DIRECT && !(reply->parent_id && reply->parent_id[0]) &&
	       core_find_known(c, audience, reply->text, MENTION_WORDS);
}

/* More words in a talk that we have. True: that is all. */
static bool goes_on(struct core *c, struct inbox_mention *m, unsigned audience, enum smalltalk_sense sense)
{
	const struct ticket_words words = {
	    .reply = m->reply, .link = m->link, .is_courtesy = sense != SMALLTALK_SAYS};
	uint64_t ticket;

	switch (tickets_find(c->tickets, m->reply, &c->now, &ticket)) {
	case TICKETS_NONE: return false;
	case TICKETS_OTHERS: m->reason = "not_his"; return true;
	case TICKETS_HIS:
		if (is_of_known(c, m, audience))
			return false;
		m->is_done = tickets_note(c->tickets, ticket, &words, &c->now) == 0;
		m->reason = m->is_done ? "note" : "too_many";
		return true;
	}
	return true;
}

/* By name: one account of ours may be read through another. */
static bool is_ours(const struct core *c, const char *acct)
{
	for (unsigned k = 0; k < c->config->n_accounts; k++)
		if (!strcasecmp(c->config->accounts[k].handle, acct))
			return true;
	return false;
}

/* In a talk of others, or under a post of ours that is about nothing. */
static bool is_of_others(struct core *c, const struct reply_row *reply)
{
	if (!reply->parent_id || !reply->parent_id[0])
		return false;
	return reply->visibility != VISIBILITY_DIRECT ||
	       store_post_by_remote(c->store, reply->account, reply->parent_id, is_there, NULL, NULL) != 0;
}

static void take_report(struct core *c, struct inbox_mention *m, unsigned audience)
{
	const struct reply_row *reply = m->reply;

	if (store_count_mentions(c->store, reply->account, reply->author_id, c->now.wall_ms - HOUR_MS, NULL) >= OF_AUTHOR) {
		m->reason = "too_many";
		return;
	}
	m->incident = core_find_known(c, audience, reply->text, MENTION_PART);
	if (!m->incident && m->is_me_too)
		return;
	m->is_done = true;
	if (!m->incident && !m->has_media && tickets_has_said(c->tickets, reply, &c->now)) {
		m->reason = "ticket_again";
	} else if (!m->incident) {
		make_ticket(c, m, audience);
	} else if (core_has_told_known(c, m)) {
		m->reason = "known_again";
	} else {
		m->reason = "known";
		core_tell_known(c, m, audience);
	}
}

static void take(struct core *c, struct inbox_mention *m, unsigned audience, enum smalltalk_sense sense)
{
	if (goes_on(c, m, audience, sense) || is_of_others(c, m->reply))
		return;
	if (sense == SMALLTALK_SAYS || m->is_me_too)
		take_report(c, m, audience);
	else
		m->reason = "says_nothing";
}

void core_mention(void *arg, struct inbox_mention *m)
{
	struct core *c = arg;
	int audience = core_audience_for(c, m->account);
	const struct reply_row *typed = m->reply;
	enum smalltalk_sense sense = smalltalk_sense(c->smalltalk, typed->text);
	struct reply_row worded = *typed;
	struct buf words;

	if (audience < 0 || is_ours(c, typed->acct))
		return;
	buf_init(&words, WORDS_MAX);
	if (sense == SMALLTALK_WORDLESS && m->has_media) { /* the picture may say it: somebody should look */
		buf_printf(&words, "%s%s%s", typed->text, *typed->text ? " " : "",
			   words_picture(c->accounts.words[m->account]));
		worded.text = buf_text(&words);
		sense = SMALLTALK_SAYS;
	}
	m->reply = &worded;
	take(c, m, (unsigned)audience, sense);
	m->reply = typed;
	buf_finish(&words);
}

void core_gone(void *arg, const struct reply_row *reply, struct buf *words)
{
	struct core *c = arg;

	tickets_gone(c->tickets, reply->id, &c->now, words);
}

/* --- what the desk says ------------------------------------------------------------------------------ */

static bool is_paused(void *arg, const struct ticket_row *ticket)
{
	const struct core *c = arg;
	int account = config_account_index(c->config, ticket->account);
	int audience = account < 0 ? -1 : core_audience_for(c, (unsigned)account);

	return audience >= 0 && engine_is_paused(c->engine, (unsigned)audience, (unsigned)account);
}

static const char *is_deaf(void *arg, const struct ticket_row *ticket)
{
	struct core *c = arg;
	int account = config_account_index(c->config, ticket->account);
	const struct reply_row his = {.account = ticket->account, .author_id = ticket->author_id, .acct = ticket->acct};

	if (account < 0 || core_audience_for(c, (unsigned)account) < 0)
		return "no audience takes reports on its account any more";
	if (is_paused(c, ticket))
		return "its account is paused";
	return inbox_is_stopped(c->inbox, &his) ? "its reporter said stop" : NULL;
}

/* Where a message costs and he did not write one, an answer is all that is allowed. False: no audience takes it. */
static bool to_writer(const struct core *c, const struct ticket_row *ticket, struct said_to *to)
{
	int account = config_account_index(c->config, ticket->account);
	int audience = account < 0 ? -1 : core_audience_for(c, (unsigned)account);
	bool is_direct = ticket->visibility == VISIBILITY_DIRECT || account < 0 || !c->config->accounts[account].is_metered;

	*to = (struct said_to){.audience = (unsigned)audience,
			       .account = (unsigned)account,
			       .remote_id = ticket->remote_id,
			       .acct = ticket->acct,
			       .author_id = ticket->author_id,
			       .tag = ticket->name,
			       .reply = ticket->reply,
			       .visibility = is_direct ? VISIBILITY_DIRECT : VISIBILITY_PUBLIC};
	return audience >= 0;
}

static unsigned on_unsent(void *arg, const struct ticket_row *ticket, const char *text)
{
	struct said_to to;

	return to_writer(arg, ticket, &to) ? answer_unsent(arg, &to, ticket, text) : 0;
}

static void on_answered(void *arg, const struct ticket_row *ticket, const char *text, uint64_t note)
{
	const char *why = is_deaf(arg, ticket);
	struct said_to to;

	(void)note;
	if (why)
		log_warnx("ticket", "%s is answered at the desk and its reporter does not hear it: %s", ticket->name, why);
	else if (to_writer(arg, ticket, &to))
		answer_say(arg, &to, ticket, text);
}

static void on_where(void *arg, const struct ticket_row *ticket, struct buf *out)
{
	const struct core *c = arg;
	const struct notifier *desk = c->accounts.desk;
	int account = config_account_index(c->config, ticket->account);
	bool is_x = account >= 0 && c->config->accounts[account].is_metered;
	bool is_public = is_x && ticket->visibility != VISIBILITY_DIRECT;

	buf_printf(out, "-- \nWritten %s to %s.\n", ticket->visibility == VISIBILITY_DIRECT ? "in private" : "in public",
		   ticket->account);
	if (desk && (desk->caps & NOTIFIER_DESK_READS))
		buf_printf(out, "What you answer here is sent to the writer, who reads it %s. Comments stay here.\n",
			   is_public ? "in PUBLIC, with everybody else" : "in private");
	else
		buf_printf(out, "What you answer here does not reach the writer. This does, %s: twicket reply %s WORDS\n",
			   is_public ? "and everybody can read it" : "in private", ticket->name);
}

struct tickets *core_tickets_build(struct core *c)
{
	return tickets_create(&(struct tickets_parts){
	    .runner = c->runner,
	    .store = c->store,
	    .random = c->env.random,
	    .events = {.arg = c, .answered = on_answered, .unsent = on_unsent, .is_deaf = is_deaf, .is_paused = is_paused,
			   .alarm = core_alarm, .where = on_where}});
}
