/*
 * What is known already is not reported again: who mentions it hears so, and hears when it is over.
 * Called by core_ticket.c, and by core_words.c when something ends. It must never tell a stranger more
 * than the public hears, nor answer one mention twice.
 */
#include "agent/core_reporter.h"

#include "agent/incident_hand.h"
#include "agent/mention.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORTERS 256 /* of one incident that hear of its end */
#define AUDIENCES 64
#define KNOWN_AGAIN_MS (24 * INT64_C(3600000)) /* who asks again before that knows it */

/* --- known ------------------------------------------------------------------------------------- */

static void keep_live(void *arg, const struct incident_view *v)
{
	struct live_incidents *l = arg;

	if (v->open && !v->until_s && l->n < LIVE_INCIDENTS)
		l->id[l->n++] = v->id;
}

struct live_incidents *core_live(const struct core *c)
{
	struct live_incidents *live = calloc(1, sizeof *live);

	if (live)
		engine_each(c->engine, keep_live, live);
	return live;
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

uint64_t core_find_known(struct core *c, unsigned audience, const char *text, enum mention_fit least)
{
	struct mention_words *words = mention_read(text);
	struct live_incidents *live = core_live(c);
	enum mention_fit best = least - 1, fit; /* what is no better is not looked for */
	uint64_t found = 0;

	if (!live || !words)
		goto out;
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

struct told_before {
	const struct reply_row *reply;
	int64_t since_ms;
	bool is_so;
};

/* Oldest first: who was told that it is over, and it is not, is told anew. */
static int look_whether_told(void *arg, const struct post_row *row)
{
	struct told_before *t = arg;

	if (row->kind != POST_ANSWER || strcmp(row->account, t->reply->account) != 0 ||
	    strcmp(row->to_id, t->reply->author_id) != 0 || row->state == POST_DEAD || row->state == POST_CANCELLED)
		return 0;
	if (row->event == SAY_OVER)
		t->is_so = false;
	else if (row->event == SAY_KNOWN && row->created_ms > t->since_ms)
		t->is_so = true;
	return 0;
}

bool core_has_told_known(struct core *c, const struct inbox_mention *m)
{
	struct told_before t = {.reply = m->reply, .since_ms = c->now.wall_ms - KNOWN_AGAIN_MS};

	outbox_save(c->outbox); /* what was said just now counts as well */
	store_posts_of_incident(c->store, m->incident, look_whether_told, &t, NULL);
	return t.is_so;
}

void core_tell_known(struct core *c, struct inbox_mention *m, unsigned audience)
{
	struct said_to to = reporter_said_to(c, m, audience);
	struct say say;

	if (!reporter_may_be_answered(c, audience, m->account, m->reply->author_id, m->reply->acct) ||
	    !reporter_has_answer_left(c, m->account) ||
	    !engine_status(c->engine, m->incident, audience, m->account, false, &c->now, &say))
		return;
	/* one answer a mention is all that such a network allows: nothing more is promised */
	say.event = c->config->accounts[m->account].is_metered ? SAY_STATUS : SAY_KNOWN;
	to.incident = m->incident;
	to.tag = say.tag;
	reporter_say(c, &to, &say, SAY_KNOWN);
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

static bool is_end(const struct say *say)
{
	const uint64_t ends = SAY_BIT(SAY_RECOVERY) | SAY_BIT(SAY_PAST) | SAY_BIT(SAY_CLOSED) | SAY_BIT(SAY_ENDED);

	return (SAY_BIT(say->event) & ends) || (say->event == SAY_STABLE && say->symbol == SYMBOL_GREEN);
}

/* It was no trouble, or nobody looks any more: in the words that all others read. */
static bool is_let_go(enum say_event event)
{
	return event == SAY_RETRACT || event == SAY_GONE;
}

void core_tell_reporters(struct core *c, const struct say_target *target, const struct say *say)
{
	const struct config_account *account = &c->config->accounts[target->account];
	struct reporters *r;

	if (!target->incident || (!is_end(say) && !is_let_go(say->event)) || account->is_metered ||
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

		over.event = is_let_go(say->event) ? say->event : SAY_OVER;
		if (!r->at[k].was_told && reporter_may_be_answered(c, to.audience, to.account, to.author_id, to.acct))
			reporter_say(c, &to, &over, SAY_OVER);
	}
	free(r);
}
