/*
 * From decisions to posts: takes the engine's facts, has them worded for the
 * account's language and length, and hands the text to the outbox.
 * Must never change what was decided, and never drop it silently.
 */
#include "agent/core_internal.h"
#include "agent/incident_hand.h"
#include "agent/post_text.h"
#include "common/log.h"

#include <stdio.h>
#include <string.h>

#define POST_MAX 8192
#define HANDLE_MAX 512

int core_render(struct core *c, unsigned audience, unsigned account, const char *base, const struct say *say,
		uint64_t incident, struct buf *out)
{
	const struct post_voice voice = {
		.notifier = c->accounts.notifiers[account],
		.account = c->accounts.accounts[account],
		.words = c->accounts.words[account],
	};
	struct say told = *say;
	struct buf fix;
	struct err err;
	int rc;

	buf_init(&fix, POST_MAX);
	if (say->event == SAY_PROBLEM && !strcmp(base, "operators") && incident &&
	    core_last_fix(c, incident, say, voice.words, &fix))
		told.last_fix = buf_text(&fix);
	rc = post_text(c->config, audience, account, &voice, base, &told, out, &err);
	buf_finish(&fix);

	if (rc == -1)
		log_warnx("core", "audience %s: %s cannot be said: %s", c->config->audiences[audience].name,
			  words_event_name(say->event), err.text);
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

	if (!core_may_tell(c, target) || engine_is_paused(c->engine, target->audience, target->account))
		return;
	buf_init(&text, POST_MAX);
	if (core_render(c, target->audience, target->account, a->base, say, target->incident, &text) == 0) {
		post.text = buf_text(&text);
		outbox_add(c->outbox, &post, &c->now);
		core_tell_reporters(c, target, say);
	}
	buf_finish(&text);
}

char *core_word(void *arg, const struct say_target *target, const struct say *say)
{
	struct core *c = arg;
	const char *base = c->config->audiences[target->audience].base;
	char *word = NULL;
	struct buf text;

	buf_init(&text, POST_MAX);
	if (core_render(c, target->audience, target->account, base, say, target->incident, &text) == 0)
		word = strdup(buf_text(&text));
	buf_finish(&text);
	return word;
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

/* How a reply is answered where it stands. */
enum manner {
	MANNER_DIRECT, /* to one person, in private: what the configuration allows that person to know */
	MANNER_OUTSIDER, /* to one of the public, in private: what the public may know */
	MANNER_PUBLIC, /* under the reply, for everybody: what the public may know */
	MANNER_SILENT, /* to one of the public it would cost */
	MANNER_NOTE    /* as PUBLIC would be, but only in the timeline: it would cost, and nobody asked for it */
};

struct answered {
	const struct reply_row *reply;
	bool is_so;
};

static int look_for_answer(void *arg, const struct post_row *row)
{
	struct answered *a = arg;

	a->is_so = row->kind == POST_ANSWER && row->reply == a->reply->id;
	return a->is_so;
}

/* Networks that take money want one public answer to a reply at most; a late confirmation is a second. */
static enum manner manner_of(struct core *c, const struct config_account *account, const struct inbox_answer *answer)
{
	const struct reply_row *reply = answer->reply;
	struct answered a = {.reply = reply};

	if (answer->asker == ASKER_ANYBODY) {
		if (!account->is_metered)
			return MANNER_OUTSIDER;
		if (account->feedback != FEEDBACK_REPLY)
			return MANNER_SILENT;
		return reply->visibility == VISIBILITY_DIRECT ? MANNER_OUTSIDER : MANNER_PUBLIC;
	}
	if (!account->is_metered || reply->visibility == VISIBILITY_DIRECT)
		return MANNER_DIRECT;
	if (reply->incident)
		store_posts_of_incident(c->store, reply->incident, look_for_answer, &a, NULL);
	return account->feedback == FEEDBACK_REPLY && !a.is_so ? MANNER_PUBLIC : MANNER_NOTE;
}

/* What the sentence of a reason names, beside the incident. label lives as long as say. */
static void reason_facts(struct core *c, uint64_t incident, const char *reason, char label[TAG_SIZE + 1],
			 struct say *say)
{
	struct incident_view v;
	const char *tag = "";

	if (!reason || !engine_view(c->engine, incident, &v))
		return;
	if (!strcmp(reason, "quiet_until"))
		say->until = v.quiet_until_s;
	else if (!strcmp(reason, "part_of_done"))
		tag = v.parent_tag;
	else if (!strcmp(reason, "known_noted"))
		tag = v.known_tag;
	snprintf(label, TAG_SIZE + 1, "#%s", tag);
	say->parent = *tag ? label : NULL;
}

#define LAST_CHARS 380 /* with handle, object and tag below 500 */
#define LAST_CHARS_METERED 180

/* What helped before, or that nothing is known. text lives as long as say. */
static void last_facts(struct core *c, uint64_t incident, unsigned account, struct buf *text, struct say *say)
{
	unsigned max = c->config->accounts[account].is_metered ? LAST_CHARS_METERED : LAST_CHARS;
	const struct now now = c->now;

	if (!say->reason || strcmp(say->reason, "last") != 0)
		return;
	if (core_last_text(c, incident, account, max, &now, text) == 0)
		say->last_fix = buf_text(text);
	else
		say->reason = "nothing_known";
}

/* Of an incident that is no more: nothing but that it is not. */
static struct say no_facts(const struct core *c)
{
	return (struct say){.symbol = SYMBOL_WHITE, .now = c->now.wall_ms / 1000, .duration = -1};
}

/* The facts of an answer; false: there is nothing that the public may be told. */
static bool answer_facts(struct core *c, const struct inbox_answer *answer, unsigned audience, enum manner manner,
			 struct say *say)
{
	bool internals = manner == MANNER_DIRECT;

	if (!engine_status(c->engine, answer->reply->incident, audience, answer->account, internals, &c->now, say))
		*say = no_facts(c);
	say->event = answer->event;
	say->reason = answer->reason;
	if (internals && (answer->text || answer->event == SAY_TROUBLE)) /* else those of its acknowledgement */
		say->text = answer->text;
	if (answer->until_s)
		say->until = answer->until_s;
	if (answer->total) {
		say->count = answer->count;
		say->total = answer->total;
	}
	if (internals)
		return true;
	say->object = say->host = say->service = say->state = say->output = say->owner = say->text = NULL;
	say->ticket = NULL;
	say->n_members = say->with_services = 0;
	return answer->event != SAY_STATUS || say->n_names > 0;
}

static void answer_note(struct core *c, const struct config_account *account, const struct reply_row *reply,
			const char *text)
{
	char line[600];

	snprintf(line, sizeof line, "%-9s not answered there: %s", account->name, text);
	for (char *at = line; *at; at++)
		if ((unsigned char)*at < ' ')
			*at = ' ';
	if (reply->incident)
		core_note(c, reply->incident, "note", line);
}

static void answer_send(struct core *c, const struct inbox_answer *answer, enum manner manner, const struct say *say,
			const char *text)
{
	const struct config_account *account = &c->config->accounts[answer->account];
	const struct reply_row *reply = answer->reply;
	struct post_row post = {
		.incident = reply->incident,
		.reply = reply->id,
		.account = account->name,
		.kind = POST_ANSWER,
		.event = (int)answer->event,
		.tag = say->tag,
		.language = account->language,
		.target = reply->remote_id,
		.to = reply->acct,
		.to_id = reply->author_id,
		.visibility = manner == MANNER_PUBLIC ? VISIBILITY_PUBLIC : VISIBILITY_DIRECT,
		.text = text,
	};

	if (manner == MANNER_NOTE)
		answer_note(c, account, reply, text);
	else
		outbox_add(c->outbox, &post, &c->now);
}

/*
 * Whom an answer is for; "" = the network says so by itself, as it does where an answer costs. But such
 * a network refuses what it has heard before: where it is public, two who ask in one minute differ by name.
 */
static void answer_writer(const struct config_account *account, const struct reply_row *reply, enum manner manner,
			  char *out, size_t size)
{
	size_t name = strcspn(reply->acct, "@");
	bool is_number = strspn(reply->acct, "0123456789") == name; /* of a stranger no more is known */

	out[0] = '\0';
	if (!account->is_metered)
		snprintf(out, size, "@%s", reply->acct);
	else if (manner == MANNER_PUBLIC && !is_number)
		snprintf(out, size, "%.*s:", (int)name, reply->acct);
}

void core_answer(void *arg, const struct inbox_answer *answer)
{
	struct core *c = arg;
	int audience = audience_of_account(c, answer->account);
	const struct config_account *account = &c->config->accounts[answer->account];
	enum manner manner = manner_of(c, account, answer);
	char writer[HANDLE_MAX], live_tag[TAG_SIZE + 1], label[TAG_SIZE + 1];
	struct incident_view live;
	struct say say = {0};
	struct buf text, last;

	if (audience < 0 || manner == MANNER_SILENT || engine_account_is_paused(c->engine, answer->account) ||
	    !answer_facts(c, answer, (unsigned)audience, manner, &say))
		return;
	reason_facts(c, answer->reply->incident, answer->reason, label, &say);
	answer_writer(account, answer->reply, manner, writer, sizeof writer);
	if (answer->live && engine_view(c->engine, answer->live, &live)) {
		snprintf(live_tag, sizeof live_tag, "#%s", live.tag);
		say.parent = live_tag;
	}
	say.writer = *writer ? writer : NULL;
	say.asked = account->is_metered && manner == MANNER_PUBLIC ? c->now.wall_ms / 1000 : 0;
	buf_init(&text, POST_MAX);
	buf_init(&last, POST_MAX);
	if (manner == MANNER_DIRECT)
		last_facts(c, answer->reply->incident, answer->account, &last, &say);
	if (core_render(c, (unsigned)audience, answer->account, manner == MANNER_DIRECT ? "operators" : "public", &say, 0,
			&text) == 0)
		answer_send(c, answer, manner, &say, buf_text(&text));
	buf_finish(&last);
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

	if (engine_account_is_paused(c->engine, account))
		return;
	outbox_add(c->outbox, &post, &c->now);
}

void core_boost(void *arg, unsigned account, uint64_t reply, const char *remote_id)
{
	struct core *c = arg;
	struct post_row post = {
		.reply = reply,
		.account = c->config->accounts[account].name,
		.kind = POST_BOOST,
		.event = -1,
		.target = remote_id,
		.text = "",
	};

	if (!engine_account_is_paused(c->engine, account))
		outbox_add(c->outbox, &post, &c->now);
}

int core_status_text(struct core *c, uint64_t incident, const struct now *now, struct buf *out)
{
	struct say say;
	unsigned account;

	c->now = *now;
	if (!c->config->n_audiences)
		return -1;
	account = c->config->audiences[0].accounts[0];
	if (!engine_status(c->engine, incident, 0, account, true, now, &say))
		return -1;
	return core_render(c, 0, account, "operators", &say, 0, out);
}

int core_reason_text(struct core *c, uint64_t incident, const char *reason, const struct now *now, struct buf *out)
{
	char label[TAG_SIZE + 1];
	struct buf last;
	struct say say;
	unsigned account;
	int rc;

	c->now = *now;
	if (!c->config->n_audiences)
		return -1;
	account = c->config->audiences[0].accounts[0];
	if (!engine_status(c->engine, incident, 0, account, true, now, &say))
		say = no_facts(c);
	say.event = SAY_TROUBLE;
	say.reason = reason;
	say.text = NULL; /* the acknowledgement's is not what the core says to it */
	reason_facts(c, incident, reason, label, &say);
	buf_init(&last, POST_MAX);
	last_facts(c, incident, account, &last, &say);
	rc = core_render(c, 0, account, "operators", &say, 0, out);
	buf_finish(&last);
	return rc;
}

void core_public_names(struct core *c, uint64_t incident, const char *audience, const struct now *now,
		       void (*fn)(void *arg, const char *name), void *arg)
{
	int index = config_audience_index(c->config, audience);
	struct say say;

	if (index < 0 || c->config->audiences[index].internals ||
	    !engine_status(c->engine, incident, (unsigned)index, c->config->audiences[index].accounts[0], false, now, &say))
		return;
	for (unsigned k = 0; k < say.n_names; k++)
		fn(arg, say.names[k]);
}
