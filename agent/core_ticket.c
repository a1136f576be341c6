/*
 * What somebody who is no person tells us by a mention: known already, or a ticket; and what
 * is said to him about it. Called by the inbox and by ticket.c. It must never tell a stranger
 * more than the public hears, nor answer one mention twice.
 */
#include "agent/core_ticket.h"

#include "agent/core_internal.h"
#include "agent/incident_hand.h"
#include "agent/mention.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOUR_MS INT64_C(3600000)
#define OF_AUTHOR 5   /* mentions of one author and hour that are answered */
#define ANSWERS 60    /* an hour, to all: beyond it what comes in is kept, and nobody is answered */
#define PAID 10	      /* of those, where each costs */
#define TOLD 10	      /* tickets an hour that operators hear of one by one */
#define INCIDENTS 512 /* open ones that are looked at */
#define REPORTERS 256 /* of one incident that hear of its end */
#define TEXT_MAX 8192
#define AUDIENCES 64

/* The audience that tells strangers on this account, and takes what they say; -1: none does. */
int core_audience_for(const struct core *c, unsigned account)
{
	for (unsigned a = 0; a < c->config->n_audiences; a++) {
		const struct config_audience *at = &c->config->audiences[a];

		for (unsigned k = 0; k < at->n_accounts; k++)
			if (at->accounts[k] == account && at->tickets && !at->internals)
				return (int)a;
	}
	return -1;
}

/* --- limits -------------------------------------------------------------------------------- */

static bool one_more(struct core *c, struct hourly *h, unsigned most)
{
	if (c->now.wall_ms - h->since_ms >= HOUR_MS || c->now.wall_ms < h->since_ms)
		*h = (struct hourly){.since_ms = c->now.wall_ms};
	return h->n < most && ++h->n;
}

static bool may_answer_one_more(struct core *c, unsigned account)
{
	if (c->config->accounts[account].is_metered)
		return one_more(c, &c->paid, PAID);
	return one_more(c, &c->answers, ANSWERS);
}

/* The one place that says whether a stranger hears from us at all. */
static bool reporter_may_be_answered(
    struct core *c, unsigned audience, unsigned account, const char *author_id, const char *acct)
{
	const struct reply_row his = {
	    .account = c->config->accounts[account].name, .author_id = author_id, .acct = acct};

	return !engine_is_paused(c->engine, audience, account) && !inbox_is_stopped(c->inbox, &his);
}

/* --- saying ---------------------------------------------------------------------------------- */

struct said_to {
	unsigned audience, account;
	const char *remote_id, *acct, *author_id, *tag;
	uint64_t reply, incident;
	enum visibility visibility;
};

/* Renders in the words of the public, addressed to him. */
static void say_to(struct core *c, const struct said_to *to, struct say *say, enum say_event kept_as)
{
	const struct config_account *account = &c->config->accounts[to->account];
	struct post_row post = {
		.incident = to->incident,
		.reply = to->reply,
		.account = account->name,
		.kind = POST_ANSWER,
		.event = (int)kept_as,
		.tag = to->tag,
		.language = account->language,
		.target = to->remote_id,
		.to = to->acct,
		.to_id = to->author_id,
		.visibility = to->visibility,
	};
	char writer[512];
	struct buf text;

	snprintf(writer, sizeof writer, "@%s", to->acct);
	if (!account->is_metered)
		say->writer = writer;
	buf_init(&text, TEXT_MAX);
	if (core_render(c, to->audience, to->account, "public", say, 0, &text) == 0) {
		post.text = buf_text(&text);
		outbox_add(c->outbox, &post, &c->now);
	}
	buf_finish(&text);
}

/* Where the first answer goes: beside his words, as far as those could be seen. */
static enum visibility beside(const struct core *c, unsigned account, unsigned visibility)
{
	if (visibility != VISIBILITY_PUBLIC && visibility != VISIBILITY_UNLISTED)
		return VISIBILITY_DIRECT;
	return c->config->accounts[account].is_metered ? VISIBILITY_PUBLIC : VISIBILITY_UNLISTED;
}

static struct said_to said_to(const struct core *c, const struct inbox_mention *m, unsigned audience)
{
	return (struct said_to){
	    .audience = audience,
	    .account = m->account,
	    .remote_id = m->reply->remote_id,
	    .acct = m->reply->acct,
	    .author_id = m->reply->author_id,
	    .reply = m->reply->id,
	    .visibility = beside(c, m->account, m->reply->visibility)};
}

static struct say no_facts(const struct core *c, enum say_event event)
{
	return (struct say){
	    .event = event, .symbol = SYMBOL_WHITE, .now = c->now.wall_ms / 1000, .duration = -1};
}

/* --- known ------------------------------------------------------------------------------------- */

struct live {
	uint64_t id[INCIDENTS];
	unsigned n;
};

static void keep_live(void *arg, const struct incident_view *v)
{
	struct live *l = arg;

	if (v->open && !v->until_s && l->n < INCIDENTS)
		l->id[l->n++] = v->id;
}

static bool was_told(const struct core *c, uint64_t incident, unsigned audience)
{
	const char *names[AUDIENCES];
	unsigned n = engine_told_to(c->engine, incident, names, AUDIENCES);

	for (unsigned k = 0; k < n; k++)
		if (!strcmp(names[k], c->config->audiences[audience].name))
			return true;
	return false;
}

/* How well do the words name it, as the audience calls it on any of its accounts? */
static enum mention_fit fit_of(struct core *c, uint64_t incident, unsigned audience, const struct mention_words *words)
{
	const struct config_audience *a = &c->config->audiences[audience];
	enum mention_fit best = MENTION_NONE;
	struct say say;

	for (unsigned n = 0; n < a->n_accounts; n++) {
		if (!engine_status(c->engine, incident, audience, a->accounts[n], false, &c->now, &say) ||
		    say.symbol == SYMBOL_GREEN)
			continue;
		for (unsigned k = 0; k < say.n_names; k++) {
			enum mention_fit fit = mention_fits_read(words, say.names[k]);

			best = fit > best ? fit : best;
		}
	}
	return best;
}

/* The live incident that the audience was told of and the words name best; 0: none. */
static uint64_t find_known(struct core *c, unsigned audience, const char *text)
{
	struct mention_words *words = mention_read(text);
	struct live *live = calloc(1, sizeof *live);
	enum mention_fit best = MENTION_NONE, fit;
	uint64_t found = 0;

	if (!live || !words)
		goto out;
	engine_each(c->engine, keep_live, live);
	for (unsigned i = 0; i < live->n; i++) {
		fit = was_told(c, live->id[i], audience) ? fit_of(c, live->id[i], audience, words) : MENTION_NONE;
		if (fit > best) {
			best = fit;
			found = live->id[i];
		}
	}
out:
	mention_free(words);
	free(live);
	return found;
}

static void tell_known(struct core *c, struct inbox_mention *m, unsigned audience)
{
	struct said_to to = said_to(c, m, audience);
	struct say say;

	if (!reporter_may_be_answered(c, audience, m->account, m->reply->author_id, m->reply->acct) ||
	    !may_answer_one_more(c, m->account) ||
	    !engine_status(c->engine, m->incident, audience, m->account, false, &c->now, &say))
		return;
	/* one answer a mention is all that such a network allows: nothing more is promised */
	say.event = c->config->accounts[m->account].is_metered ? SAY_STATUS : SAY_KNOWN;
	to.incident = m->incident;
	to.tag = say.tag;
	say_to(c, &to, &say, SAY_KNOWN);
}

/* --- over ---------------------------------------------------------------------------------------- */

struct reporter {
	uint64_t reply;
	char remote_id[128], acct[256], author_id[128];
	enum visibility visibility;
	bool was_told;
};

struct reporters {
	const char *account;
	struct reporter at[REPORTERS];
	unsigned n;
};

/* His place in the list: of who asked twice the last words count. NULL: it is full. */
static struct reporter *place_of(struct reporters *r, const char *author_id)
{
	for (unsigned k = 0; k < r->n; k++)
		if (!strcmp(r->at[k].author_id, author_id))
			return &r->at[k];
	return r->n < REPORTERS ? &r->at[r->n++] : NULL;
}

static int keep_reporter(void *arg, const struct post_row *row)
{
	struct reporters *r = arg;
	struct reporter *one;

	if (row->kind != POST_ANSWER || strcmp(row->account, r->account) != 0)
		return 0;
	for (unsigned k = 0; row->event == SAY_OVER && k < r->n; k++)
		r->at[k].was_told = r->at[k].was_told || r->at[k].reply == row->reply;
	if (row->event != SAY_KNOWN || row->state == POST_DEAD || row->state == POST_CANCELLED)
		return 0;
	one = place_of(r, row->to_id);
	if (!one)
		return 0;
	*one = (struct reporter){.reply = row->reply, .visibility = (enum visibility)row->visibility};
	snprintf(one->remote_id, sizeof one->remote_id, "%s", row->target);
	snprintf(one->acct, sizeof one->acct, "%s", row->to);
	snprintf(one->author_id, sizeof one->author_id, "%s", row->to_id);
	return 0;
}

static bool is_end(enum say_event event)
{
	return event == SAY_RECOVERY || event == SAY_PAST || event == SAY_CLOSED || event == SAY_ENDED;
}

void core_tell_reporters(struct core *c, const struct say_target *target, const struct say *say)
{
	const struct config_account *account = &c->config->accounts[target->account];
	struct reporters *r;

	if (!target->incident || !is_end(say->event) || account->is_metered ||
	    c->config->audiences[target->audience].internals)
		return;
	r = calloc(1, sizeof *r);
	if (!r)
		return;
	r->account = account->name;
	outbox_save(c->outbox); /* who was told just now counts as well */
	store_posts_of_incident(c->store, target->incident, keep_reporter, r, NULL);
	for (unsigned k = 0; k < r->n; k++) {
		struct said_to to = {.audience = target->audience, .account = target->account,
				     .remote_id = r->at[k].remote_id, .acct = r->at[k].acct,
				     .author_id = r->at[k].author_id, .tag = say->tag, .reply = r->at[k].reply,
				     .incident = target->incident, .visibility = r->at[k].visibility};
		struct say over = *say;

		over.event = SAY_OVER;
		if (!r->at[k].was_told && reporter_may_be_answered(c, to.audience, to.account, to.author_id, to.acct))
			say_to(c, &to, &over, SAY_OVER);
	}
	free(r);
}

/* --- tickets -------------------------------------------------------------------------------------- */

static void tell_operators(struct core *c, const struct inbox_mention *m, const char *name)
{
	struct say say = no_facts(c, SAY_TICKET);

	if (!one_more(c, &c->told, TOLD))
		return;
	say.ticket = say.tag = name;
	say.owner = m->reply->acct;
	say.text = m->reply->text;
	say.count = tickets_alike(c->tickets, m->reply->text, &c->now);
	say.count = say.count > 1 ? say.count : 0; /* it is among them itself */
	core_say_inside(c, &say);
}

static void make_ticket(struct core *c, struct inbox_mention *m, unsigned audience)
{
	const struct ticket_words words = {.reply = m->reply, .link = m->link};
	struct said_to to = said_to(c, m, audience);
	struct say say = no_facts(c, SAY_TICKET);
	char name[TICKET_NAME_SIZE];

	if (tickets_open(c->tickets, &words, &c->now, name) == -1)
		return;
	m->reason = "ticket";
	to.tag = say.ticket = name;
	if (reporter_may_be_answered(c, audience, m->account, m->reply->author_id, m->reply->acct) && may_answer_one_more(c, m->account))
		say_to(c, &to, &say, SAY_TICKET);
	tell_operators(c, m, name);
	core_suspect(c, name);
}

static int is_there(void *arg, const struct post_row *row)
{
	(void)arg;
	(void)row;
	return 1;
}

/* More words in a talk that we have. True: that is all. */
static bool goes_on(struct core *c, struct inbox_mention *m)
{
	const struct ticket_words words = {.reply = m->reply, .link = m->link};
	uint64_t ticket;

	switch (tickets_find(c->tickets, m->reply, &c->now, &ticket)) {
	case TICKETS_NONE: return false;
	case TICKETS_OTHERS: m->reason = "not_his"; return true;
	case TICKETS_HIS:
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

void core_mention(void *arg, struct inbox_mention *m)
{
	struct core *c = arg;
	int audience = core_audience_for(c, m->account);
	const struct reply_row *reply = m->reply;
	bool is_answer = reply->parent_id && reply->parent_id[0];

	if (audience < 0 || is_ours(c, reply->acct) || goes_on(c, m))
		return;
	if (is_answer && reply->visibility != VISIBILITY_DIRECT)
		return; /* in a talk of others, or under a post of ours that is about nothing */
	if (is_answer && store_post_by_remote(c->store, reply->account, reply->parent_id, is_there, NULL, NULL) != 0)
		return;
	if (store_count_mentions(c->store, reply->account, reply->author_id, c->now.wall_ms - HOUR_MS, NULL) >= OF_AUTHOR) {
		m->reason = "too_many";
		return;
	}
	m->incident = find_known(c, (unsigned)audience, reply->text);
	if (!m->incident && m->is_me_too)
		return;
	m->is_done = true;
	if (!m->incident) {
		make_ticket(c, m, (unsigned)audience);
		return;
	}
	m->reason = "known";
	tell_known(c, m, (unsigned)audience);
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

static void on_answered(void *arg, const struct ticket_row *ticket, const char *text, uint64_t note)
{
	struct core *c = arg;
	int account = config_account_index(c->config, ticket->account);
	int audience = account < 0 ? -1 : core_audience_for(c, (unsigned)account);
	struct say say = no_facts(c, SAY_ANSWER);
	const char *why = is_deaf(c, ticket);
	struct said_to to;
	bool is_direct;

	(void)note;
	if (why) {
		log_warnx("ticket", "%s is answered at the desk and its reporter does not hear it: %s", ticket->name, why);
		return;
	}
	/* where a message costs and he did not write one, an answer is all that is allowed */
	is_direct = ticket->visibility == VISIBILITY_DIRECT || !c->config->accounts[account].is_metered;
	to = (struct said_to){.audience = (unsigned)audience,
			      .account = (unsigned)account,
			      .remote_id = ticket->remote_id,
			      .acct = ticket->acct,
			      .author_id = ticket->author_id,
			      .tag = ticket->name,
			      .reply = ticket->reply,
			      .visibility = is_direct ? VISIBILITY_DIRECT : VISIBILITY_PUBLIC};
	say.ticket = ticket->name;
	say.text = text;
	say_to(c, &to, &say, SAY_ANSWER);
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
	    .events = {.arg = c, .answered = on_answered, .is_deaf = is_deaf, .is_paused = is_paused,
			   .alarm = core_alarm, .where = on_where}});
}
