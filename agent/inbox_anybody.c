/*
 * Replies of those who are not in the configuration: `?`, "me too", `stop` and `start` are
 * for anybody; the rest is kept, or refused without a word. Called by inbox.c. It must never
 * let a word of theirs reach the core, and never answer twice where once will do.
 */
#include "agent/inbox_internal.h"
#include "agent/incident_hand.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HOUR_MS INT64_C(3600000)
#define ANSWERS_AN_HOUR 30 /* to all of them together, on one account: we are no chat partner */
#define AUDIENCES 64

/* ---- who is it ---- */

void inbox_place(const struct inbox *b, unsigned account, char *out, size_t size)
{
	const struct config_account *a = &b->config->accounts[account];
	const char *server = a->handle ? strchr(a->handle, '@') : NULL;

	snprintf(out, size, "%s%s", a->network, server ? server : "");
}

struct ours {
	const struct inbox *b;
	unsigned account;
	const struct item *item;
	bool is_so;
};

/* By id where both are read through one server, else by the full name. */
static int ours_row(void *arg, const struct account_row *row)
{
	struct ours *o = arg;
	int index = config_account_index(o->b->config, row->name);
	char place[300], other[300];

	if (index < 0)
		return 0;
	inbox_place(o->b, o->account, place, sizeof(place));
	inbox_place(o->b, (unsigned)index, other, sizeof(other));
	if (strcmp(place, other) == 0)
		o->is_so = row->self_id[0] && strcmp(row->self_id, o->item->author_id) == 0;
	else
		o->is_so = row->self_acct[0] && strcasecmp(row->self_acct, o->item->acct) == 0;
	return o->is_so;
}

bool inbox_is_ours(const struct inbox *b, unsigned account, const struct item *item)
{
	struct ours o = {.b = b, .account = account, .item = item};

	store_accounts(b->store, ours_row, &o, NULL);
	return o.is_so;
}

/* ---- stop, start ---- */

/*
 * What does not change of somebody, wherever we read him: where there are many servers, each has
 * an id of its own for him, and may give him another one; his full name is his everywhere, and
 * for good. On a network of one place it is the other way round. False: it is not known.
 */
static bool lasting(const struct inbox *b, unsigned account, const char *author_id, const char *acct, char *out, size_t size)
{
	const struct config_account *a = &b->config->accounts[account];
	bool has_servers = a->handle && strchr(a->handle, '@') && acct && strchr(acct, '@');
	size_t n;

	n = (size_t)snprintf(out, size, "%s %s", a->network, has_servers ? acct : author_id);
	for (char *at = out; has_servers && *at; at++)
		*at = (char)(*at >= 'A' && *at <= 'Z' ? *at | 0x20 : *at);
	return has_servers && n < size;
}

/* How he is remembered; by the id of that one server what was so before. */
struct muting {
	char place[300], hash[INBOX_HASH];
	struct muted_row name, id; /* name.place NULL: by his id only */
};

static bool muting_of(const struct inbox *b, const struct reply_row *row, struct muting *m)
{
	int account = config_account_index(b->config, row->account);
	char whole[700];

	*m = (struct muting){.hash = ""};
	if (account < 0)
		return false;
	inbox_place(b, (unsigned)account, m->place, sizeof(m->place));
	m->id = (struct muted_row){.place = m->place, .author_id = row->author_id, .since_ms = b->now.wall_ms};
	if (!lasting(b, (unsigned)account, row->author_id, row->acct, whole, sizeof(whole)))
		return true;
	inbox_hash(whole, m->hash);
	m->name = (struct muted_row){
	    .place = b->config->accounts[account].network, .author_id = m->hash, .since_ms = b->now.wall_ms};
	return true;
}

bool inbox_is_stopped(const struct inbox *b, const struct reply_row *row)
{
	struct muting m;

	if (!muting_of(b, row, &m))
		return false;
	return store_is_muted(b->store, m.id.place, m.id.author_id, NULL) != 0 ||
	       (m.name.place && store_is_muted(b->store, m.name.place, m.name.author_id, NULL) != 0);
}

void inbox_stop(struct inbox *b, const struct reply_row *row)
{
	struct muting m;

	if (muting_of(b, row, &m))
		store_put_muted(b->store, m.name.place ? &m.name : &m.id);
}

/* True: it was so. */
bool inbox_start(struct inbox *b, const struct reply_row *row)
{
	bool was_stopped = inbox_is_stopped(b, row);
	struct muting m;

	if (!was_stopped || !muting_of(b, row, &m))
		return was_stopped;
	m.id.gone = m.name.gone = true;
	store_put_muted(b->store, &m.id);
	if (m.name.place)
		store_put_muted(b->store, &m.name);
	return true;
}

/* ---- answers ---- */

static bool is_tired(const struct inbox *b, const struct reply_row *row)
{
	int told = store_count_told(b->store, row->account, b->now.wall_ms - HOUR_MS, NULL);

	return told == -1 || told >= ANSWERS_AN_HOUR;
}

/* Nobody is answered for money unless the admin says so. */
static bool costs(const struct inbox *b, const struct reply_row *row)
{
	int account = config_account_index(b->config, row->account);

	return account >= 0 && inbox_is_metered(b, row) &&
	       b->config->accounts[account].feedback != FEEDBACK_REPLY;
}

/* What is told is kept as such before it is said: the limits count that. */
static void anybody_tell(
    struct inbox *b, struct inbox_reply *r, enum reply_state state, enum say_event event,
    const char *reason)
{
	int account = config_account_index(b->config, r->row.account);

	if (account < 0 || costs(b, &r->row) || is_tired(b, &r->row)) {
		inbox_finish(b, r, state, costs(b, &r->row) ? "costs" : "limit");
		return;
	}
	inbox_finish(b, r, state, "told");
	b->events.answer(
	    b->events.arg, &(struct inbox_answer){
			       .reply = &r->row,
			       .account = (unsigned)account,
			       .event = event,
			       .reason = reason,
			       .asker = ASKER_ANYBODY});
}

struct asked {
	const struct reply_row *row;
	int64_t since_ms;
	bool is_so;
};

static int asked_row(void *arg, const struct reply_row *row)
{
	struct asked *a = arg;

	a->is_so = row->id != a->row->id && row->done_ms > a->since_ms &&
		   strcmp(row->reason, "told") == 0 && strcmp(row->verb, a->row->verb) == 0 &&
		   strcmp(row->author_id, a->row->author_id) == 0;
	return a->is_so;
}

static bool was_asked(const struct inbox *b, const struct reply_row *row)
{
	struct asked a = {.row = row, .since_ms = b->now.wall_ms - HOUR_MS};

	store_replies_of_incident(b->store, row->incident, asked_row, &a, NULL);
	return a.is_so;
}

/* Was it told in public, on this very account? Of others nobody hears by asking. */
static bool is_public(const struct inbox *b, const struct reply_row *row)
{
	int account = config_account_index(b->config, row->account);
	const char *names[AUDIENCES];
	unsigned n = engine_told_to(b->engine, row->incident, names, AUDIENCES);

	for (unsigned i = 0; i < n; i++) {
		const struct config_audience *a =
		    &b->config->audiences[config_audience_index(b->config, names[i])];

		for (unsigned k = 0; k < a->n_accounts && !a->internals; k++)
			if ((int)a->accounts[k] == account)
				return true;
	}
	return false;
}

static int is_answer_row(void *arg, const struct post_row *row)
{
	*(bool *)arg = row->kind == POST_ANSWER;
	return 1;
}

/* An answer to our answer: a machine, as likely as not. */
static bool hangs_on_answer(const struct inbox *b, const struct reply_row *row)
{
	bool is_so = false;

	if (row->parent_id[0])
		store_post_by_remote(b->store, row->account, row->parent_id, is_answer_row, &is_so, NULL);
	return is_so;
}

static void anybody_asks(struct inbox *b, struct inbox_reply *r)
{
	const char *why = !is_public(b, &r->row)	    ? "no_incident"
			  : inbox_is_stopped(b, &r->row)    ? "stopped"
			  : hangs_on_answer(b, &r->row)	    ? "loop"
			  : was_asked(b, &r->row)	    ? "asked_before"
							    : NULL;

	if (why)
		inbox_finish(b, r, REPLY_IGNORED, why);
	else
		anybody_tell(b, r, REPLY_QUERY, SAY_STATUS, "");
}

static void anybody_stops(struct inbox *b, struct inbox_reply *r)
{
	if (inbox_is_stopped(b, &r->row)) {
		inbox_finish(b, r, REPLY_IGNORED, "stopped");
		return;
	}
	inbox_stop(b, &r->row);
	anybody_tell(b, r, REPLY_DONE, SAY_TROUBLE, "stopped");
}

static void anybody_starts(struct inbox *b, struct inbox_reply *r)
{
	if (inbox_start(b, &r->row))
		anybody_tell(b, r, REPLY_DONE, SAY_TROUBLE, "started");
	else
		inbox_finish(b, r, REPLY_IGNORED, "not_stopped");
}

/* ---- me too ---- */

static int first_report(void *arg, const struct report_row *row)
{
	int64_t *first_ms = arg;

	if (!*first_ms || row->at_ms < *first_ms)
		*first_ms = row->at_ms;
	return 0;
}

/* Of whose audience under whose post it was said; 0 = nobody is to be told. */
static unsigned reports_wanted(const struct inbox *b, unsigned account)
{
	for (unsigned i = 0; i < b->config->n_audiences; i++)
		for (unsigned k = 0; k < b->config->audiences[i].n_accounts; k++)
			if (b->config->audiences[i].accounts[k] == account)
				return b->config->audiences[i].reports;
	return 0;
}

void inbox_report(struct inbox *b, const struct inbox_reporter *by)
{
	struct report_row row = {
	    .incident = by->incident, .hour = (uint64_t)(by->at_ms / HOUR_MS), .at_ms = by->at_ms};
	char who[700], whole[1000], hash[INBOX_HASH];
	struct engine_reports reports = {.first = reports_wanted(b, by->account)};
	int before, after;
	int64_t first_ms = 0;

	if (!lasting(b, by->account, by->author_id, by->acct, who, sizeof(who))) {
		inbox_place(b, by->account, whole, sizeof(whole));
		snprintf(who, sizeof(who), "%.300s %.300s", whole, by->author_id);
	}
	snprintf(whole, sizeof(whole), "%llu %s", (unsigned long long)by->incident, who);
	inbox_hash(whole, hash);
	row.who = hash;
	before = store_count_reports(b->store, by->incident, NULL);
	store_put_report(b->store, &row);
	after = store_count_reports(b->store, by->incident, NULL);
	if (after <= before || before < 0)
		return;
	store_reports(b->store, by->incident, first_report, &first_ms, NULL);
	reports.count = (unsigned)after;
	reports.since_s = first_ms / 1000;
	engine_reported(b->engine, by->incident, &reports, &b->now);
}

/* Who it was is not kept: the hash of the report is enough to count him once. */
static void anybody_reports(struct inbox *b, struct inbox_reply *r)
{
	int account = config_account_index(b->config, r->row.account);
	struct inbox_reporter by = {
	    .account = (unsigned)account,
	    .author_id = r->row.author_id,
	    .acct = r->row.acct,
	    .incident = r->row.incident,
	    .at_ms = inbox_said_ms(r)};

	if (account < 0 || !is_public(b, &r->row)) {
		inbox_finish(b, r, REPLY_IGNORED, "no_incident");
		return;
	}
	inbox_report(b, &by);
	inbox_set(r, TEXT_TEXT, "");
	inbox_set(r, TEXT_AUTHOR, "");
	inbox_set(r, TEXT_ACCT, "");
	inbox_finish(b, r, REPLY_DONE, "counted");
}

static int reacted_post(void *arg, const struct post_row *row)
{
	if (row->kind == POST_SAY)
		*(uint64_t *)arg = row->incident;
	return 1;
}

/* As the network dates it, so that one that is read twice falls into the same hour. */
enum emitted
inbox_reaction(struct inbox *b, unsigned account, const struct item *item, const struct now *now)
{
	struct inbox_reporter by = {
	    .account = account, .author_id = item->author_id, .acct = item->acct, .at_ms = item->created_ms};
	struct reply_row row = {.author_id = item->author_id};
	unsigned person;

	b->now = *now;
	if (item->bot || account >= b->config->n_accounts || inbox_is_ours(b, account, item) ||
	    people_who(b->people, account, item->author_id, item->acct, item->bot, now, &person) != PEOPLE_NOBODY)
		return EMIT_KNOWN;
	row.account = b->config->accounts[account].name;
	if (store_post_by_remote(b->store, row.account, item->parent_id, reacted_post, &by.incident, NULL) != 1 ||
	    !by.incident)
		return EMIT_KNOWN;
	row.incident = by.incident;
	if (!is_public(b, &row))
		return EMIT_KNOWN;
	inbox_report(b, &by);
	return EMIT_NEW;
}

/* ---- all of it ---- */

enum reply_verb inbox_anybody_verb(const struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	const struct now said = {.wall_ms = inbox_said_ms(r)};
	struct reply_parsed raw;

	if (p->verb != REPLY_VERB_COMMENT)
		return p->verb;
	reply_parse(b->lexicon, r->row.text, &said, &raw);
	if (raw.verb == REPLY_VERB_ME_TOO)
		inbox_set(r, TEXT_VERB, reply_verb_name(raw.verb));
	return raw.verb == REPLY_VERB_ME_TOO ? raw.verb : p->verb;
}

/*
 * The words only where they belong to an incident's story and everybody can read them: what
 * somebody tells us in private, or of something else, is not ours to keep. No look at the network.
 */
void inbox_stranger(
    struct inbox *b, struct inbox_reply *r, struct reply_parsed *p, const char *reason)
{
	enum reply_verb verb = inbox_anybody_verb(b, r, p);

	inbox_match(b, r, p);
	if (!r->row.incident || r->row.visibility == VISIBILITY_DIRECT)
		inbox_set(r, TEXT_TEXT, "");
	switch (verb) {
	case REPLY_VERB_STATUS: anybody_asks(b, r); break;
	case REPLY_VERB_ME_TOO: anybody_reports(b, r); break;
	case REPLY_VERB_STOP: anybody_stops(b, r); break;
	case REPLY_VERB_START: anybody_starts(b, r); break;
	case REPLY_VERB_ACK:
	case REPLY_VERB_ACK_ALL:
	case REPLY_VERB_TAKE:
	case REPLY_VERB_UNACK:
	case REPLY_VERB_DOWNTIME:
	case REPLY_VERB_DOWNTIME_CANCEL:
	case REPLY_VERB_RECHECK:
	case REPLY_VERB_LAST:
	case REPLY_VERB_QUIET:
	case REPLY_VERB_ETA:
	case REPLY_VERB_MAJOR:
	case REPLY_VERB_NOT_MAJOR:
	case REPLY_VERB_KNOWN:
	case REPLY_VERB_PART_OF:
	case REPLY_VERB_SAY:
	case REPLY_VERB_TICKET:
	case REPLY_VERB_ENDORSE:
	case REPLY_VERB_UNDO:
	case REPLY_VERB_PAUSE:
	case REPLY_VERB_BARE_NUMBER:
	case REPLY_VERB_BAD_TIME: inbox_denied(b, r, reason); break;
	case REPLY_VERB_COMMENT:
	case REPLY_VERB_FIXED: /* whoever knows what helps may say so, to everybody but us */
	case REPLY_VERB_HELP:
	case REPLY_VERB_YES:
	case REPLY_VERB_NO:
	case REPLY_VERB_GO:
	case REPLY_VERB_EDIT:
	case REPLY_VERB_EMPTY: inbox_finish(b, r, REPLY_IGNORED, reason); break;
	}
}
