/*
 * From decisions to posts: takes the engine's facts, has them worded for the
 * account's language and length, and hands the text to the outbox.
 * Must never change what was decided, and never drop it silently.
 */
#include "agent/core_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <string.h>

#define POST_MAX 8192
#define HANDLE_MAX 512

struct ruler {
	const struct notifier *notifier;
	const struct account *account;
};

static void measure(const void *arg, const char *text, unsigned *units, unsigned *limit)
{
	const struct ruler *r = arg;

	r->notifier->measure(r->account, text, units, limit);
}

static const char *override_for(const struct config_audience *a, const char *language, enum say_event event)
{
	for (unsigned k = 0; k < a->n_words; k++)
		if (!strcmp(a->words[k].language, language) &&
		    !strcmp(a->words[k].event, words_event_name(event)))
			return a->words[k].text;
	return NULL;
}

/* 0: out holds the text. 1: there is nothing to say. -1: cannot be said (logged). */
static int render(struct core *c, unsigned audience, unsigned account, const char *base, const struct say *say,
		  struct buf *out)
{
	const struct config_audience *a = &c->config->audiences[audience];
	const char *language = c->config->accounts[account].language;
	struct ruler ruler = {.notifier = c->accounts.notifiers[account], .account = c->accounts.accounts[account]};
	struct words_want want = {
		.words = c->accounts.words[account],
		.base = base,
		.override = override_for(a, language, say->event),
		.link = a->links ? c->config->link : NULL,
		.measure = ruler.account ? measure : NULL,
		.measure_arg = &ruler,
	};
	struct err err;
	int rc = words_say(&want, say, out, &err);

	if (rc == -1)
		log_warnx("core", "audience %s: %s cannot be said: %s", a->name, words_event_name(say->event),
			  err.text);
	return rc;
}

/* The first post of a public thread is public; what follows keeps the public timelines clean. */
static enum visibility visibility_for(const struct config_audience *a, bool root)
{
	return !root && a->visibility == VISIBILITY_PUBLIC ? VISIBILITY_UNLISTED : a->visibility;
}

void core_say(void *arg, const struct say_target *target, const struct say *say)
{
	struct core *c = arg;
	const struct config_audience *a = &c->config->audiences[target->audience];
	const struct config_account *account = &c->config->accounts[target->account];
	struct post_row post = {
		.thread = target->thread,
		.incident = target->incident,
		.account = account->name,
		.kind = POST_SAY,
		.event = (int)say->event,
		.tag = say->tag,
		.language = account->language,
		.visibility = visibility_for(a, target->root || !target->thread),
	};
	struct buf text;

	buf_init(&text, POST_MAX);
	if (render(c, target->audience, target->account, a->base, say, &text) == 0) {
		post.text = buf_text(&text);
		outbox_add(c->outbox, &post, &c->now);
	}
	buf_finish(&text);
}

/* --- answers to people --------------------------------------------------------------------- */

static int audience_of_account(const struct core *c, unsigned account)
{
	for (unsigned a = 0; a < c->config->n_audiences; a++)
		for (unsigned k = 0; k < c->config->audiences[a].n_accounts; k++)
			if (c->config->audiences[a].accounts[k] == account)
				return (int)a;
	return -1;
}

/* To one person, in private: what the configuration allows that person to know. */
void core_answer(void *arg, const struct inbox_answer *answer)
{
	struct core *c = arg;
	const struct reply_row *reply = answer->reply;
	int audience = audience_of_account(c, answer->account);
	const struct config_account *account = &c->config->accounts[answer->account];
	char writer[HANDLE_MAX], live_tag[TAG_SIZE + 1];
	struct incident_view live;
	struct say say = {0};
	struct buf text;

	if (audience < 0)
		return;
	snprintf(writer, sizeof writer, "@%s", reply->acct);
	if (!engine_status(c->engine, reply->incident, (unsigned)audience, true, &c->now, &say))
		say = (struct say){.symbol = SYMBOL_WHITE, .now = c->now.wall_ms / 1000, .duration = -1};
	say.event = answer->event;
	say.reason = answer->reason;
	if (answer->text)
		say.text = answer->text;
	if (answer->live && engine_view(c->engine, answer->live, &live)) {
		snprintf(live_tag, sizeof live_tag, "#%s", live.tag);
		say.parent = live_tag;
	}
	say.writer = writer;
	buf_init(&text, POST_MAX);
	if (render(c, (unsigned)audience, answer->account, "operators", &say, &text) == 0) {
		struct post_row post = {
			.incident = reply->incident,
			.reply = reply->id,
			.account = account->name,
			.kind = POST_ANSWER,
			.event = (int)answer->event,
			.tag = say.tag,
			.language = account->language,
			.target = reply->remote_id,
			.to = reply->acct,
			.visibility = VISIBILITY_DIRECT,
			.text = buf_text(&text),
		};
		outbox_add(c->outbox, &post, &c->now);
	}
	buf_finish(&text);
}

void core_favourite(void *arg, unsigned account, uint64_t reply, const char *remote_id)
{
	struct core *c = arg;
	struct post_row post = {
		.reply = reply,
		.account = c->config->accounts[account].name,
		.kind = POST_FAVOURITE,
		.event = -1,
		.target = remote_id,
		.text = "",
	};

	outbox_add(c->outbox, &post, &c->now);
}

int core_status_text(struct core *c, uint64_t incident, const struct now *now, struct buf *out)
{
	struct say say;

	c->now = *now;
	if (!c->config->n_audiences || !engine_status(c->engine, incident, 0, true, now, &say))
		return -1;
	return render(c, 0, c->config->audiences[0].accounts[0], "operators", &say, out);
}

void core_public_names(struct core *c, uint64_t incident, const char *audience, const struct now *now,
		       void (*fn)(void *arg, const char *name), void *arg)
{
	int index = config_audience_index(c->config, audience);
	struct say say;

	if (index < 0 || c->config->audiences[index].internals ||
	    !engine_status(c->engine, incident, (unsigned)index, false, now, &say))
		return;
	for (unsigned k = 0; k < say.n_names; k++)
		fn(arg, say.names[k]);
}
