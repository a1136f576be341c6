/*
 * A reply's row and what leaves for people: audit, timeline, favourites, answers.
 * Called by inbox*.c. It must never answer anybody who is not in the configuration.
 */
#include "agent/audit.h"
#include "agent/inbox_internal.h"
#include "agent/inbox_question.h"
#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char **inbox_slot(struct reply_row *row, enum inbox_text which)
{
	switch (which) {
	case TEXT_ACCOUNT: return &row->account;
	case TEXT_REMOTE: return &row->remote_id;
	case TEXT_URI: return &row->uri;
	case TEXT_PARENT: return &row->parent_id;
	case TEXT_AUTHOR: return &row->author_id;
	case TEXT_ACCT: return &row->acct;
	case TEXT_PERSON: return &row->person;
	case TEXT_TEXT: return &row->text;
	case TEXT_VERB: return &row->verb;
	case TEXT_MARK: return &row->mark;
	case TEXT_REASON: return &row->reason;
	case TEXT_HASH: return &row->hash;
	case TEXT_NODE:
	case TEXT_HOST:
	case TEXT_SERVICE:
	case TEXT_WORDS:
	case TEXT_COUNT: break;
	}
	return NULL;
}

void inbox_set(struct inbox_reply *r, enum inbox_text which, const char *value)
{
	const char **slot = inbox_slot(&r->row, which);
	char *copy = strdup(value ? value : "");

	if (!copy)
		fatal("inbox", "out of memory");
	free(r->text[which]);
	r->text[which] = copy;
	if (slot)
		*slot = copy;
}

struct inbox_reply *inbox_add(struct inbox *b, const struct reply_row *row)
{
	struct inbox_reply *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->row = *row;
	for (int i = 0; i < TEXT_COUNT; i++) {
		const char **slot = inbox_slot(&r->row, (enum inbox_text)i);

		inbox_set(r, (enum inbox_text)i, slot ? *slot : "");
	}
	r->is_local = r->row.account[0] == '\0';
	r->row.hash = ""; /* who is under way was not purged; the row's own string is not ours */
	HASH_ADD(hh, b->live, row.id, sizeof(r->row.id), r);
	return r;
}

void inbox_put(struct inbox *b, struct inbox_reply *r)
{
	r->is_changed = true;
	r->is_fresh = true;
	store_put_reply(b->store, &r->row);
}

void inbox_keep_audit(struct inbox *b, const struct audit_row *row)
{
	struct inbox_audit *a;

	audit_copy(row);
	if (b->n_audits == b->cap_audits) {
		unsigned cap = b->cap_audits ? b->cap_audits * 2 : 64;
		struct inbox_audit *more =
		    cap > 4 * INBOX_LIVE_MAX ? NULL : realloc(b->audits, cap * sizeof(*more));

		if (!more)
			return; /* a reply's own row still says it */
		b->audits = more;
		b->cap_audits = cap;
	}
	a = &b->audits[b->n_audits++];
	*a = (struct inbox_audit){
	    .at_ms = row->at_ms,
	    .actor = strdup(row->actor),
	    .action = strdup(row->action),
	    .object = strdup(row->object),
	    .via = strdup(row->via ? row->via : ""),
	    .result = strdup(row->result)};
}

/* What it was about: the mark that the core has, else one like it, else where the reply stands. */
static const char *
inbox_object(const struct inbox *b, const struct inbox_reply *r, char *out, size_t size)
{
	struct incident_view v;

	if (r->row.mark[0])
		return r->row.mark;
	if (!r->row.person[0] && !r->is_local)
		return r->row.uri;
	if (!r->row.incident || !engine_view(b->engine, r->row.incident, &v))
		return r->row.uri;
	snprintf(out, size, "%s:r%llu", v.tag, (unsigned long long)r->row.id);
	return out;
}

void inbox_audit(
    struct inbox *b, const struct inbox_reply *r, const char *action, const char *result)
{
	char about[40];

	inbox_keep_audit(
	    b, &(struct audit_row){
		   .at_ms = b->now.wall_ms,
		   .actor = r->row.person[0] ? r->row.person : r->row.acct,
		   .action = action,
		   .object = inbox_object(b, r, about, sizeof(about)),
		   .via = r->is_local ? "twicket" : r->row.acct,
		   .result = result});
}

void inbox_note(struct inbox *b, uint64_t incident, const char *kind, const char *format, ...)
{
	char text[1024];
	va_list ap;

	if (!incident)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	b->events.note(b->events.arg, incident, kind, text);
}

static const char *inbox_state_name(enum reply_state state)
{
	switch (state) {
	case REPLY_SEEN: return "seen";
	case REPLY_SUBMITTED: return "submitted";
	case REPLY_CONFIRMED: return "confirmed";
	case REPLY_COMMENT: return "comment";
	case REPLY_QUERY: return "query";
	case REPLY_DENIED: return "denied";
	case REPLY_NO_EFFECT: return "no effect";
	case REPLY_IGNORED: return "ignored";
	case REPLY_DONE: return "done";
	}
	return "?";
}

const char *inbox_author(const struct inbox_reply *r)
{
	return r->is_local ? r->row.acct : r->row.person;
}

/* Its last state. reason NULL keeps the one that it has. */
void inbox_finish(
    struct inbox *b, struct inbox_reply *r, enum reply_state state, const char *reason)
{
	char result[160];

	b->ended[state]++;
	r->row.state = state;
	r->row.done_ms = b->now.wall_ms;
	r->is_unsent = false;
	r->hangs[0] = '\0';
	if (reason)
		inbox_set(r, TEXT_REASON, reason);
	r->row.look_ms = inbox_next_look(b, &r->row);
	snprintf(
	    result, sizeof(result), "%s%s%s", inbox_state_name(state), r->row.reason[0] ? ": " : "",
	    r->row.reason);
	inbox_audit(b, r, r->row.verb, result);
	log_info(
	    "inbox", "reply=r%llu account=%s from=%s person=%s verb=%s incident=%llu result=\"%s\"",
	    (unsigned long long)r->row.id, r->row.account, r->row.acct, r->row.person, r->row.verb,
	    (unsigned long long)r->row.incident, result);
	inbox_put(b, r);
}

void inbox_denied(struct inbox *b, struct inbox_reply *r, const char *reason)
{
	b->denied_ms[b->next_denied++ % 64] = b->now.boot_ms;
	inbox_finish(b, r, REPLY_DENIED, reason);
}

void inbox_health(const struct inbox *b, const struct now *now, struct inbox_health *out)
{
	*out = (struct inbox_health){0};
	memcpy(out->ended, b->ended, sizeof out->ended);
	for (const struct inbox_reply *r = b->live; r; r = r->hh.next)
		out->submitted += r->row.state == REPLY_SUBMITTED && !inbox_is_asked(r);
	for (unsigned i = 0; i < 64 && i < b->next_denied; i++)
		out->denied += now->boot_ms - b->denied_ms[i] < 600000;
}

/* ---- what the author gets back ---- */

bool inbox_is_metered(const struct inbox *b, const struct reply_row *row)
{
	int account = config_account_index(b->config, row->account);

	return account >= 0 && b->config->accounts[account].is_metered;
}

/* Where an answer costs, core.c decides about public ones: it keeps in the timeline what is not said. */
static bool inbox_is_muted(const struct inbox *b, const struct reply_row *row, unsigned account)
{
	return b->config->accounts[account].feedback == FEEDBACK_NONE &&
	       (!inbox_is_metered(b, row) || row->visibility == VISIBILITY_DIRECT);
}

bool inbox_is_revoked(const struct inbox *b, const struct reply_row *row)
{
	int person = row->account[0] ? config_person_index(b->config, row->person) : -1;

	return person >= 0 && people_is_revoked(b->people, (unsigned)person);
}

void inbox_reply_to(struct inbox *b, const struct reply_row *row, const struct inbox_answer *answer)
{
	int account = config_account_index(b->config, row->account);
	struct inbox_answer a = *answer;
	struct reply_parsed p;

	/* strangers are never answered, nor who has become one since they asked */
	if (account < 0 || !row->person[0] || inbox_is_revoked(b, row) || inbox_is_stopped(b, row))
		return;
	if (a.event == SAY_TROUBLE && row->state != REPLY_QUERY && inbox_is_muted(b, row, (unsigned)account))
		return;
	inbox_read(b, row->text, &b->now, &p);
	a.reply = row;
	a.account = (unsigned)account;
	if (!a.text && a.reason && (!strcmp(a.reason, "bare_number") || !strcmp(a.reason, "bad_time")))
		a.text = p.text; /* "30m?", "400d?" */
	b->events.answer(b->events.arg, &a);
}

void inbox_trouble(struct inbox *b, struct inbox_reply *r, const char *reason)
{
	if (!r->is_local)
		inbox_reply_to(
		    b, &r->row, &(struct inbox_answer){.event = SAY_TROUBLE, .reason = reason});
}

/* Seen and done. */
void inbox_thank(struct inbox *b, struct inbox_reply *r)
{
	int account = config_account_index(b->config, r->row.account);
	/* nothing had to be done, or no core did it */
	bool is_so = r->row.state == REPLY_NO_EFFECT || r->row.state == REPLY_DONE;

	if (r->is_local || account < 0 || inbox_is_revoked(b, &r->row) || inbox_is_stopped(b, &r->row))
		return;
	switch (b->config->accounts[account].feedback) {
	case FEEDBACK_FAVOURITE:
		if (strcmp(r->row.reason, "also_looking") == 0) { /* a favourite would read "you have it" */
			inbox_trouble(b, r, "also_looking");
			break;
		}
		b->events.favourite(b->events.arg, (unsigned)account, r->row.id, r->row.remote_id);
		break;
	case FEEDBACK_REPLY:
		inbox_reply_to(
		    b, &r->row,
		    &(struct inbox_answer){
			.event = is_so ? SAY_TROUBLE : SAY_STATUS,
			.reason = is_so ? r->row.reason : ""});
		break;
	case FEEDBACK_NONE: break;
	}
}
