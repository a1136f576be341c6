/*
 * How strangers are spoken to: by which audience, how often, where and in whose words. Called by
 * core_ticket.c and core_known.c. It must never answer who does not want to hear from us.
 */
#include "agent/core_reporter.h"

#include "agent/incident_hand.h"

#include <stdio.h>

#define HOUR_MS INT64_C(3600000)
#define ANSWERS 60    /* an hour, to all: beyond it what comes in is kept, and nobody is answered */
#define PAID 10	      /* of those, where each costs */
#define TEXT_MAX 8192

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

bool reporter_one_more(struct core *c, struct hourly *h, unsigned most)
{
	if (c->now.wall_ms - h->since_ms >= HOUR_MS || c->now.wall_ms < h->since_ms)
		*h = (struct hourly){.since_ms = c->now.wall_ms};
	return h->n < most && ++h->n;
}

bool reporter_has_answer_left(struct core *c, unsigned account)
{
	if (c->config->accounts[account].is_metered)
		return reporter_one_more(c, &c->paid, PAID);
	return reporter_one_more(c, &c->answers, ANSWERS);
}

bool reporter_may_be_answered(
    struct core *c, unsigned audience, unsigned account, const char *author_id, const char *acct)
{
	const struct reply_row his = {
	    .account = c->config->accounts[account].name, .author_id = author_id, .acct = acct};

	return !engine_is_paused(c->engine, audience, account) && !inbox_is_stopped(c->inbox, &his);
}

/* --- saying ---------------------------------------------------------------------------------- */

int reporter_render(struct core *c, const struct said_to *to, struct say *say, struct buf *out)
{
	char writer[512];
	int rc;

	snprintf(writer, sizeof writer, "@%s", to->acct);
	if (!c->config->accounts[to->account].is_metered)
		say->writer = writer;
	rc = core_render(c, to->audience, to->account, "public", say, 0, out);
	say->writer = NULL;
	return rc;
}

void reporter_say(struct core *c, const struct said_to *to, struct say *say, enum say_event kept_as)
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
	struct buf text;

	buf_init(&text, TEXT_MAX);
	if (reporter_render(c, to, say, &text) == 0) {
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

struct said_to reporter_said_to(const struct core *c, const struct inbox_mention *m, unsigned audience)
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

struct say reporter_no_facts(const struct core *c, enum say_event event)
{
	return (struct say){
	    .event = event, .symbol = SYMBOL_WHITE, .now = c->now.wall_ms / 1000, .duration = -1};
}
