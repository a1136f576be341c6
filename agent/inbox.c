/*
 * Replies come in: once each, with a row, an author and an incident. Called by the
 * collector, by control.c and once per turn by core.c. It must never let a word of
 * somebody who is not in the configuration go further than its own row.
 */
#include "agent/inbox_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inbox *inbox_create(
    const struct config *config, struct engine *engine, struct people *people, struct store *store,
    const struct inbox_events *events)
{
	struct inbox *b = calloc(1, sizeof(*b));
	struct err err;

	if (!b)
		return NULL;
	b->config = config;
	b->engine = engine;
	b->people = people;
	b->store = store;
	b->events = *events;
	b->lexicon = reply_lexicon_create(&err);
	if (b->lexicon)
		return b;
	log_warnx("inbox", "%s", err.text);
	free(b);
	return NULL;
}

static void inbox_free(struct inbox *b, struct inbox_reply *r)
{
	HASH_DEL(b->live, r);
	for (int i = 0; i < TEXT_COUNT; i++)
		free(r->text[i]);
	inbox_all_free(r);
	free(r);
}

static void inbox_forget_audits(struct inbox *b)
{
	for (unsigned i = 0; i < b->n_audits; i++) {
		free(b->audits[i].actor);
		free(b->audits[i].action);
		free(b->audits[i].object);
		free(b->audits[i].via);
		free(b->audits[i].result);
	}
	b->n_audits = 0;
}

void inbox_destroy(struct inbox *b)
{
	struct inbox_reply *r, *next;

	if (!b)
		return;
	HASH_ITER (hh, b->live, r, next)
		inbox_free(b, r);
	inbox_forget_audits(b);
	inbox_speakers_finish(b);
	free(b->audits);
	free(b->expiries);
	reply_lexicon_destroy(b->lexicon);
	free(b);
}

void inbox_set_config(struct inbox *b, const struct config *config)
{
	b->config = config;
}

struct inbox_edit {
	struct inbox *b;
	const struct item *item;
};

/* Would it have been another command? */
static bool inbox_changes_command(struct inbox *b, const char *before, const char *after)
{
	struct reply_parsed was, is;

	inbox_read(b, before, &b->now, &was);
	inbox_read(b, after, &b->now, &is);
	return is.verb != was.verb && is.verb != REPLY_VERB_COMMENT && is.verb != REPLY_VERB_EMPTY;
}

/* A later version of a reply that we have: nothing of it is done (SPEC 4.5 case 12), each is audited once. */
static int inbox_edited(void *arg, const struct reply_row *row)
{
	const struct inbox_edit *e = arg;
	char key[40], seen[INBOX_HASH + 2] = "", value[INBOX_HASH + 2], hash[INBOX_HASH];
	bool is_told, is_news;
	struct reply_parsed is;

	if (!e->item->edited || !row->person[0] || row->hash[0] || strcmp(row->text, e->item->text) == 0)
		return 1;
	inbox_hash(e->item->text, hash);
	snprintf(key, sizeof(key), "edited:r%llu", (unsigned long long)row->id);
	if (store_meta(e->b->store, key, seen, sizeof(seen), NULL) == -1 || (seen[0] && strcmp(seen + 1, hash) == 0))
		return 1; /* seen before */
	is_told = seen[0] == '1';
	is_news = !is_told && inbox_changes_command(e->b, row->text, e->item->text);
	snprintf(value, sizeof(value), "%c%s", is_told || is_news ? '1' : '0', hash);
	store_put_meta(e->b->store, key, value);
	inbox_read(e->b, e->item->text, &e->b->now, &is);
	inbox_keep_audit(
	    e->b, &(struct audit_row){
		      .at_ms = e->b->now.wall_ms,
		      .actor = row->person,
		      .action = reply_verb_name(is.verb),
		      .object = row->uri,
		      .via = row->acct,
		      .result = "ignored: edited"});
	if (is_news)
		inbox_reply_to(e->b, row, &(struct inbox_answer){.event = SAY_TROUBLE, .reason = "edited"});
	return 1;
}

/* 1: it was here before, on this account or on another that speaks the same network; 0; -1. */
static int inbox_is_known(struct inbox *b, unsigned account, const struct item *item)
{
	const struct config *c = b->config;
	struct inbox_edit edit = {b, item};
	int known = 0;

	if (b->is_behind)
		for (const struct inbox_reply *r = b->live; r; r = r->hh.next)
			if (*item->uri ? strcmp(r->row.uri, item->uri) == 0
				       : strcmp(r->row.remote_id, item->id) == 0)
				return 1;
	if (!*item->uri)
		return store_reply_by_remote(
		    b->store, c->accounts[account].name, item->id, inbox_edited, &edit, NULL);
	for (unsigned i = 0; i < c->n_accounts && known == 0; i++)
		if (strcmp(c->accounts[i].network, c->accounts[account].network) == 0)
			known = store_reply_by_uri(
			    b->store, c->accounts[i].name, item->uri, inbox_edited, &edit, NULL);
	return known;
}

static struct inbox_reply *inbox_take(struct inbox *b, unsigned account, const struct item *item)
{
	struct inbox_reply *r = inbox_add(
	    b, &(struct reply_row){
		   .id = b->events.next_id(b->events.arg),
		   .account = b->config->accounts[account].name,
		   .remote_id = item->id,
		   .uri = item->uri,
		   .parent_id = item->parent_id,
		   .author_id = item->author_id,
		   .acct = item->acct,
		   .text = item->text,
		   .created_ms = item->created_ms,
		   .seen_ms = b->now.wall_ms,
		   .visibility = (unsigned)item->visibility});

	if (r && item->root_id)
		snprintf(r->root, sizeof(r->root), "%s", item->root_id);
	return r;
}

/* A network that shows only numbers: the core and the log get the name that the file has for it. */
static void inbox_name(struct inbox *b, struct inbox_reply *r, unsigned account, unsigned person)
{
	const char *name = b->config->people[person].x;
	char acct[64];

	if (strcmp(b->config->accounts[account].network, "x") != 0 || !name ||
	    name[strspn(name, "0123456789")] == '\0')
		return;
	snprintf(acct, sizeof(acct), "%s@x.com", name);
	inbox_set(r, TEXT_ACCT, acct);
}

static void
inbox_judge(struct inbox *b, struct inbox_reply *r, unsigned account, const struct item *item)
{
	struct people_proof proof = {
	    .account = account, .author_id = item->author_id, .acct = item->acct};
	struct reply_parsed p;

	inbox_parse(b, r, &p);
	inbox_set(r, TEXT_VERB, p.word[0] ? p.word : reply_verb_name(p.verb));
	if (item->is_boost || item->bot) {
		inbox_finish(b, r, REPLY_IGNORED, item->is_boost ? "boost" : "bot");
		return;
	}
	switch (people_who(
	    b->people, account, item->author_id, item->acct, item->bot, &b->now, &proof.person)) {
	case PEOPLE_NOBODY:
		if (!inbox_mentions(b, r, &p, item))
			inbox_stranger(b, r, &p, "stranger");
		break;
	case PEOPLE_REVOKED: inbox_stranger(b, r, &p, "revoked"); break;
	case PEOPLE_DISABLED:
		if (inbox_enrols(b, r, &proof, &p))
			break;
		inbox_match(b, r, &p);
		inbox_denied(b, r, "other_id");
		break;
	case PEOPLE_PERSON:
		if (inbox_enrols(b, r, &proof, &p))
			break;
		inbox_set(r, TEXT_PERSON, b->config->people[proof.person].name);
		inbox_name(b, r, account, proof.person);
		inbox_act(b, r, &p, inbox_match(b, r, &p));
		break;
	}
}

enum emitted
inbox_item(struct inbox *b, unsigned account, const struct item *item, const struct now *now)
{
	struct inbox_reply *r;
	int known;

	b->now = *now;
	if (!item->id || !item->uri || !item->author_id || !item->acct || !item->text)
		return EMIT_KNOWN; /* not a reply that the contract knows */
	if (item->kind != ITEM_REPLY || item->by_us || account >= b->config->n_accounts ||
	    inbox_is_ours(b, account, item))
		return EMIT_KNOWN;
	known = inbox_is_known(b, account, item);
	if (known)
		return known == 1 ? EMIT_KNOWN : EMIT_FAILED;
	if (HASH_COUNT(b->live) >= INBOX_LIVE_MAX || !(r = inbox_take(b, account, item)))
		return EMIT_FAILED;
	inbox_judge(b, r, account, item);
	return EMIT_NEW;
}

/* Words that say nothing that could be done, or that are about another incident than the one named. */
static bool inbox_refuses(const struct reply_parsed *p, const char *tag, struct err *err)
{
	bool is_comment = p->verb == REPLY_VERB_COMMENT;

	if (inbox_is_of_account(p->verb))
		err_set(err, "\"%s\" is of the account that is answered, and here is none", p->word);
	else if (p->verb == REPLY_VERB_BARE_NUMBER && !p->text[0])
		err_set(err, "\"%s\" needs a time behind it: %s 2h", p->word, p->word);
	else if (p->verb == REPLY_VERB_BARE_NUMBER)
		err_set(err, "\"%s\": a duration needs its unit: 30m or 2h, say", p->text);
	else if (p->verb == REPLY_VERB_BAD_TIME)
		err_set(err, "\"%s\": a time is 30m, 2h or 3d, at most a year, or until 18:00", p->text);
	else if (p->verb == REPLY_VERB_EMPTY)
		err_set(err, "nothing to say");
	else if (p->tag[0] && p->tag_sure && !is_comment && strcasecmp(p->tag, tag) != 0)
		err_set(err, "#%s or #%s?", tag, p->tag);
	else
		return false;
	return true;
}

int inbox_local(
    struct inbox *b, const char *tag, const char *words, const char *user, void *ticket,
    const struct now *now, struct err *err)
{
	struct inbox_reply *r;
	struct reply_parsed p;
	uint64_t incident;

	b->now = *now;
	tag += *tag == '#';
	if (!inbox_find_tag(b, tag, &incident))
		return err_set(err, "no incident #%s", tag);
	inbox_read(b, words, now, &p);
	if (inbox_refuses(&p, tag, err))
		return -1;
	if (strcasecmp(p.tag, tag) != 0)
		inbox_drop_tag(&p); /* that one is meant as a word */
	r = inbox_add(
	    b, &(struct reply_row){
		   .id = b->events.next_id(b->events.arg),
		   .acct = user,
		   .text = words,
		   .created_ms = now->wall_ms,
		   .seen_ms = now->wall_ms,
		   .incident = incident,
		   .visibility = VISIBILITY_DIRECT,
		   .verb = p.word[0] ? p.word : reply_verb_name(p.verb)});
	if (!r)
		return err_set(err, "out of memory");
	r->ticket = ticket;
	r->deadline_ms = now->boot_ms + INBOX_CONFIRM_MS;
	inbox_act(b, r, &p, FOUND_INCIDENT);
	return 0;
}

void inbox_log(struct inbox *b, const struct audit_row *row)
{
	inbox_keep_audit(b, row);
}

void inbox_forget(struct inbox *b, void *ticket)
{
	for (struct inbox_reply *r = b->live; r; r = r->hh.next)
		if (r->ticket == ticket)
			r->ticket = NULL;
}

void inbox_parent(
    struct inbox *b, uint64_t reply, const char *uri, const char *parent_id, const struct now *now)
{
	struct inbox_reply *r;
	struct reply_parsed p;
	enum inbox_found found;

	b->now = *now;
	HASH_FIND(hh, b->live, &reply, sizeof(reply), r);
	if (!r || r->row.state != REPLY_SEEN || !r->hangs[0])
		return;
	inbox_parse(b, r, &p);
	inbox_drop_tag(&p); /* it led nowhere, or we would not be here */
	if (inbox_is_revoked(b, &r->row)) { /* meanwhile */
		inbox_set(r, TEXT_PERSON, "");
		inbox_stranger(b, r, &p, "revoked");
		return;
	}
	found = inbox_climb(b, r, uri, parent_id);
	if (found == FOUND_NOTHING)
		found = inbox_match_partner(b, r);
	inbox_act(b, r, &p, found);
}

/* ---- keeping ---- */

void inbox_save(struct inbox *b)
{
	for (struct inbox_reply *r = b->live; r; r = r->hh.next) {
		if (r->is_changed && !r->is_fresh)
			store_put_reply(b->store, &r->row);
		inbox_all_save(b, r);
		r->is_fresh = false;
	}
	people_save(b->people); /* first: who it was, then what they did */
	for (unsigned i = 0; i < b->n_audits; i++)
		store_put_audit(
		    b->store, &(struct audit_row){
				  .at_ms = b->audits[i].at_ms,
				  .actor = b->audits[i].actor,
				  .action = b->audits[i].action,
				  .object = b->audits[i].object,
				  .via = b->audits[i].via,
				  .result = b->audits[i].result});
	inbox_expiry_save(b);
	b->is_behind = true;
}

static bool inbox_is_final(const struct inbox_reply *r)
{
	return r->row.state != REPLY_SEEN && r->row.state != REPLY_SUBMITTED;
}

static void inbox_tell_local(struct inbox *b, struct inbox_reply *r)
{
	if (r->ticket)
		b->events.local_done(b->events.arg, r->ticket, &r->row);
	r->ticket = NULL;
}

void inbox_saved(struct inbox *b)
{
	struct inbox_reply *r, *next;

	HASH_ITER (hh, b->live, r, next) {
		r->is_changed = false;
		if (!inbox_is_final(r))
			continue;
		inbox_tell_local(b, r);
		inbox_free(b, r);
	}
	inbox_forget_audits(b);
	people_saved(b->people);
	b->expiries_changed = false;
	b->is_behind = false;
	inbox_send(b);
	inbox_expiry_send(b);
}

/* A store that cannot commit must not keep the command line waiting. */
void inbox_turn(struct inbox *b, const struct now *now)
{
	b->now = *now;
	b->is_again = false;
	inbox_time_out(b);
	inbox_expiry_turn(b);
	for (struct inbox_reply *r = b->live; r; r = r->hh.next)
		if (inbox_is_final(r) && r->deadline_ms <= now->boot_ms)
			inbox_tell_local(b, r);
}

bool inbox_is_idle(const struct inbox *b)
{
	return !b->live && !b->is_again;
}

int64_t inbox_next(const struct inbox *b)
{
	int64_t next = b->is_again ? 0 : inbox_expiry_next(b);

	for (const struct inbox_reply *r = b->live; r; r = r->hh.next) {
		if (r->row.state != REPLY_SUBMITTED)
			continue;
		if (r->deadline_ms < next)
			next = r->deadline_ms;
		/* nothing is sent while nothing can be committed */
		if (r->is_unsent && !b->is_behind && r->try_ms < next)
			next = r->try_ms;
	}
	return next;
}
