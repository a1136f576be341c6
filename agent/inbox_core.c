/*
 * Commands to the core, and what came back of them. Called by inbox_act.c and by
 * core.c with the sources' events. "Done" is said by the core's own event with our
 * mark, never by the fact that we asked; and never a second time.
 */
#include "agent/inbox_internal.h"
#include "agent/inbox_question.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool inbox_is_notifying(const struct inbox *b, const struct inbox_reply *r)
{
	int person = config_person_index(b->config, r->row.person);

	return !r->is_local && person >= 0 && b->config->people[person].notify;
}

static uint32_t
inbox_flags(const struct inbox *b, const struct inbox_reply *r, enum event_verb verb)
{
	switch (verb) {
	case EVENT_VERB_ACK: return EVENT_STICKY | (inbox_is_notifying(b, r) ? EVENT_NOTIFY : 0);
	case EVENT_VERB_COMMENT: return EVENT_PERSISTENT;
	case EVENT_VERB_UNACK:
	case EVENT_VERB_DOWNTIME:
	case EVENT_VERB_DOWNTIME_CANCEL:
	case EVENT_VERB_RECHECK: return 0;
	}
	return 0;
}

void inbox_mark(struct inbox_reply *r, const struct incident_view *v)
{
	char mark[40];

	snprintf(mark, sizeof(mark), "%s:r%llu", v->tag, (unsigned long long)r->row.id);
	inbox_set(r, TEXT_MARK, mark);
}

/* The row is written now, the command leaves after the commit. */
void inbox_submit(
    struct inbox *b, struct inbox_reply *r, const struct incident_view *v, enum event_verb verb,
    const char *words)
{
	inbox_mark(r, v);
	inbox_set(r, TEXT_NODE, v->node);
	inbox_set(r, TEXT_HOST, v->host);
	inbox_set(r, TEXT_SERVICE, v->service);
	inbox_set(r, TEXT_WORDS, words);
	r->kind = (uint8_t)v->kind;
	r->verb = (uint8_t)verb;
	r->flags = inbox_flags(b, r, verb);
	r->row.state = REPLY_SUBMITTED;
	r->is_unsent = true;
	r->submitted_ms = r->try_ms = b->now.boot_ms;
	r->deadline_ms = b->now.boot_ms + INBOX_CONFIRM_MS;
	inbox_put(b, r);
}

/* The last acknowledgement of that incident that the core has not yet confirmed. */
struct inbox_reply *inbox_pending_ack(struct inbox *b, uint64_t incident)
{
	struct inbox_reply *last = NULL;

	for (struct inbox_reply *r = b->live; r; r = r->hh.next)
		if (r->row.state == REPLY_SUBMITTED && r->verb == EVENT_VERB_ACK &&
		    r->row.incident == incident)
			last = r;
	return last;
}

void inbox_fail(struct inbox *b, struct inbox_reply *r, const char *reason, const char *detail)
{
	if (inbox_recheck_ends(b, r))
		return;
	inbox_finish(b, r, REPLY_NO_EFFECT, reason);
	inbox_note(
	    b, r->row.incident, "command", "%-9s had no effect: %s%s%s", r->row.verb, reason,
	    detail[0] ? ": " : "", detail);
	if (!r->is_local)
		inbox_reply_to(
		    b, &r->row,
		    &(struct inbox_answer){
			.event = SAY_TROUBLE, .reason = reason, .text = detail[0] ? detail : NULL});
	b->is_again = true;
}

/* Asked for before we were killed, and there it is: nothing to ask for a second time. */
static bool inbox_is_there(struct inbox *b, const struct inbox_reply *r)
{
	struct incident_view v;

	return r->is_resent && r->verb == EVENT_VERB_ACK &&
	       engine_view(b->engine, r->row.incident, &v) && v.acked &&
	       (!inbox_is_over_owner(r) || strcmp(v.owner, inbox_core_author(r)) == 0);
}

static void inbox_send_one(struct inbox *b, struct inbox_reply *r)
{
	struct event cmd = {
	    .type = EVENT_COMMAND,
	    .id = (uint32_t)r->row.id,
	    .sub = r->verb,
	    .kind = r->kind,
	    .flags = r->flags,
	    .time_us = b->now.wall_ms * 1000,
	    .until = r->until_s ? r->until_s : r->row.expires_ms / 1000,
	    .host = r->text[TEXT_HOST],
	    .service = r->text[TEXT_SERVICE],
	    .author = inbox_core_author(r),
	    .text = r->text[TEXT_WORDS],
	    .mark = r->row.mark};

	if (inbox_is_revoked(b, &r->row)) { /* since they asked */
		if (r->parts)
			inbox_all_ends(b, r); /* with what was done by then */
		else
			inbox_denied(b, r, "revoked");
		b->is_again = true;
		return;
	}
	if (r->parts) {
		inbox_all_send(b, r, &cmd);
		return;
	}
	if (engine_node_waits(b->engine, r->text[TEXT_NODE])) {
		r->try_ms = b->now.boot_ms + INBOX_RETRY_MS; /* what its snapshot will tell decides */
		return;
	}
	if (inbox_came_too_late(b, r)) {
		inbox_fail(b, r, "already_ok", "");
		return;
	}
	if (!inbox_is_there(b, r) && inbox_is_overtaken(b, r))
		return;
	if (inbox_is_there(b, r) || b->events.command(b->events.arg, r->text[TEXT_NODE], &cmd) == 0)
		r->is_unsent = false;
	else if (r->is_local)
		inbox_fail(b, r, "source_lost", "");
	else /* a core that restarts is back in a moment; at the deadline it is lost */
		r->try_ms = b->now.boot_ms + INBOX_RETRY_MS;
}

void inbox_send(struct inbox *b)
{
	for (struct inbox_reply *r = b->live; r; r = r->hh.next)
		if (r->row.state == REPLY_SUBMITTED && r->is_unsent && r->try_ms <= b->now.boot_ms)
			inbox_send_one(b, r);
}

/* ---- what came back ---- */

static bool inbox_is_word_mark(const char *s)
{
	return strlen(s) > TAG_SIZE && s[TAG_SIZE - 1] == ':' && s[TAG_SIZE] == 'r';
}

/* Our mark: as the module says it, else the last word of the text; "" when there is none. */
static const char *inbox_mark_of(const struct event *ev)
{
	const char *word;

	if (ev->mark && ev->mark[0])
		return ev->mark;
	word = ev->text ? strrchr(ev->text, ' ') : NULL;
	word = word ? word + 1 : ev->text ? ev->text : "";
	return inbox_is_word_mark(word) ? word : "";
}

static struct inbox_reply *inbox_by_mark(struct inbox *b, const char *mark)
{
	uint64_t id = inbox_is_word_mark(mark) ? strtoull(mark + TAG_SIZE + 1, NULL, 10) : 0;
	struct inbox_reply *r;

	HASH_FIND(hh, b->live, &id, sizeof(id), r);
	return r && strcmp(r->row.mark, mark) == 0 ? r : NULL;
}

void inbox_confirm(struct inbox *b, struct inbox_reply *r)
{
	long long took = (long long)(b->now.boot_ms - r->submitted_ms);
	char was[128], back[128] = "";
	const char *former = inbox_take_former(r, was, sizeof(was));

	if (r->verb == EVENT_VERB_ACK && inbox_core_author(r) != inbox_author(r))
		snprintf(back, sizeof(back), "%s", inbox_core_author(r));
	switch ((enum event_verb)r->verb) {
	case EVENT_VERB_ACK:
		if (r->row.expires_ms)
			inbox_expiry_set(b, r, r->row.expires_ms);
		inbox_finish(b, r, REPLY_CONFIRMED, former && *former ? NULL : ""); /* `undo` asks for it */
		break;
	case EVENT_VERB_UNACK: /* `undo` asks whose it was */
		inbox_finish(b, r, REPLY_CONFIRMED, *inbox_unack_name(r->row.reason) ? NULL : "");
		break;
	case EVENT_VERB_DOWNTIME:
	case EVENT_VERB_DOWNTIME_CANCEL:
	case EVENT_VERB_RECHECK: inbox_finish(b, r, REPLY_CONFIRMED, ""); break;
	case EVENT_VERB_COMMENT: inbox_finish(b, r, REPLY_COMMENT, NULL); break;
	}
	if (r->submitted_ms)
		inbox_note(
		    b, r->row.incident, "command", "%-9s confirmed after %lld ms", r->row.verb,
		    took);
	else
		inbox_note(b, r->row.incident, "command", "%-9s confirmed late", r->row.verb);
	if (*back)
		inbox_given_back(b, r, back);
	if (strncmp(r->row.verb, INBOX_UNDO, strlen(INBOX_UNDO)) == 0)
		inbox_trouble(b, r, "undone");
	else if (r->verb == EVENT_VERB_DOWNTIME || r->verb == EVENT_VERB_DOWNTIME_CANCEL)
		inbox_downtime_done(b, r);
	else if (former)
		inbox_take_done(b, r, former);
	else
		inbox_thank(b, r);
}

static bool inbox_is_answer(const struct inbox_reply *r, const char *node, const struct event *ev)
{
	return r->kind == ev->kind && strcmp(r->text[TEXT_NODE], node) == 0 &&
	       strcmp(r->text[TEXT_HOST], ev->host) == 0 &&
	       strcmp(r->text[TEXT_SERVICE], ev->service) == 0;
}

/* What kind of command would this event confirm? 0 = none. */
static unsigned inbox_verb_of(const struct event *ev)
{
	switch ((enum event_type)ev->type) {
	case EVENT_ACK: return EVENT_VERB_ACK;
	case EVENT_OBJECT: return ev->flags & EVENT_ACKED ? EVENT_VERB_ACK : 0;
	case EVENT_ACK_GONE: return EVENT_VERB_UNACK;
	case EVENT_COMMENT: return EVENT_VERB_COMMENT;
	case EVENT_DOWNTIME:
		return ev->sub == EVENT_DOWNTIME_ADD	    ? EVENT_VERB_DOWNTIME
		       : ev->sub == EVENT_DOWNTIME_DELETE ? EVENT_VERB_DOWNTIME_CANCEL
							    : 0;
	case EVENT_HELLO:
	case EVENT_STATE:
	case EVENT_SNAP_BEGIN:
	case EVENT_SNAP_END:
	case EVENT_COMMENT_GONE:
	case EVENT_FLAPPING:
	case EVENT_NOTIFIED:
	case EVENT_PROCESS:
	case EVENT_LOST:
	case EVENT_DESCRIPTION:
	case EVENT_MEMBERS:
	case EVENT_INVENTORY:
	case EVENT_INVENTORY_END:
	case EVENT_RESULT:
	case EVENT_WELCOME:
	case EVENT_REFUSE:
	case EVENT_SNAPSHOT:
	case EVENT_DESCRIBE:
	case EVENT_GROUP:
	case EVENT_LIST:
	case EVENT_COMMAND: return 0;
	}
	return 0;
}

static void inbox_echo(struct inbox *b, const char *node, const struct event *ev, unsigned verb)
{
	const char *mark = inbox_mark_of(ev);
	struct inbox_reply *r = mark[0] ? inbox_by_mark(b, mark) : NULL;

	if (r && verb == EVENT_VERB_ACK && inbox_all_echo(b, r, node, ev))
		return;
	if (r && r->row.state == REPLY_SUBMITTED && r->verb == verb && verb == EVENT_VERB_DOWNTIME_CANCEL)
		r->n_gone++; /* its RESULT says that these were all */
	else if (r && r->row.state == REPLY_SUBMITTED && r->verb == verb && inbox_is_answer(r, node, ev))
		inbox_confirm(b, r);
	else if (!r && mark[0])
		inbox_confirmed_late(b, mark, ev, verb);
}

static const char *inbox_refusal(int code, const char *text)
{
	if (code == EVENT_CODE_REFUSED && strcmp(text, EVENT_NO_SUCH_COMMAND) == 0)
		return "old_module";
	if (code == EVENT_CODE_NOT_CARRIED)
		return "source_lost";
	if (code == EVENT_CODE_NO_DOWNTIME)
		return "no_downtime";
	if (code == EVENT_CODE_UNKNOWN_OBJECT)
		return "no_object";
	if (code == EVENT_CODE_NOT_A_PROBLEM)
		return "already_ok";
	return code == EVENT_CODE_NOT_ACKED ? "not_acked" : "refused_by_core";
}

/* A core that has forgotten the trouble calls it well, which nobody has seen. */
static const char *inbox_why(const struct inbox *b, const struct inbox_reply *r, const struct event *ev)
{
	struct incident_view v;

	if (ev->code == EVENT_CODE_NOT_A_PROBLEM && engine_view(b->engine, r->row.incident, &v) && v.is_doubted)
		return "no_result";
	return inbox_refusal(ev->code, ev->text);
}

/* Asked for before we were killed, and the core did it then: it has nothing left to take away. */
static bool inbox_was_done(const struct inbox_reply *r, int code)
{
	return code == EVENT_CODE_NOT_ACKED && r->is_resent && r->verb == EVENT_VERB_UNACK;
}

/* Somebody else has it, and this reply does not take it from them. owner: who. */
static bool inbox_is_anothers(const struct inbox *b, const struct inbox_reply *r, char owner[256])
{
	struct incident_view v;

	if (r->verb != EVENT_VERB_ACK || inbox_is_over_owner(r) || !engine_view(b->engine, r->row.incident, &v) || !v.acked)
		return false;
	snprintf(owner, 256, "%s", v.owner);
	return strcmp(owner, inbox_author(r)) != 0;
}

/* A result that is no error says only that the core took it: the event decides, but for a check. */
static void inbox_result(struct inbox *b, const char *node, const struct event *ev)
{
	char owner[256];

	if (inbox_all_result(b, node, ev, inbox_refusal(ev->code, ev->text)))
		return;
	for (struct inbox_reply *r = b->live; r; r = r->hh.next) {
		if ((uint32_t)r->row.id != ev->id || r->row.state != REPLY_SUBMITTED ||
		    r->is_unsent || strcmp(r->text[TEXT_NODE], node) != 0)
			continue;
		if (inbox_was_done(r, ev->code))
			inbox_confirm(b, r);
		else if (ev->code == EVENT_CODE_REFUSED && inbox_is_anothers(b, r, owner))
			inbox_fail(b, r, "already_acked", owner);
		else if (ev->code != EVENT_CODE_OK)
			inbox_fail(b, r, inbox_why(b, r, ev), ev->text);
		else if (r->verb == EVENT_VERB_RECHECK)
			inbox_recheck_result(b, r, ev);
		else if (r->verb == EVENT_VERB_DOWNTIME_CANCEL && r->n_gone)
			inbox_confirm(b, r);
		return;
	}
}

/* ---- after a start ---- */

/* The node's snapshot is in: what it did not confirm was never done, or must be asked for again. */
static void inbox_snapshot(struct inbox *b, const char *node, const struct event *ev)
{
	if (ev->host[0])
		return; /* of one host only */
	for (struct inbox_reply *r = b->live; r; r = r->hh.next)
		if (r->is_unsent && strcmp(r->text[TEXT_NODE], node) == 0)
			r->try_ms = b->now.boot_ms;
	b->is_again = true;
}

static int inbox_load_row(void *arg, const struct reply_row *row)
{
	struct inbox *b = arg;
	struct inbox_reply *r = inbox_add(b, row);

	if (!r)
		return 1;
	r->is_resent = true;
	return 0;
}

/* Killed while it was on its way: once more with the same mark, or to its end. */
static void inbox_resume(struct inbox *b, struct inbox_reply *r)
{
	enum event_verb verb = inbox_verb(b, &r->row);
	struct reply_parsed p;
	struct incident_view v;

	inbox_parse(b, r, &p);
	if (p.tag[0] && !inbox_find_tag(b, p.tag, &(uint64_t){0}))
		inbox_drop_tag(&p);
	if (r->row.state == REPLY_SEEN) { /* it waited for its parents */
		r->is_resent = false;
		inbox_act(b, r, &p, inbox_match(b, r, &p));
		return;
	}
	if (inbox_question_resumes(b, r) || inbox_pause_resumes(b, r))
		return;
	r->verb = (uint8_t)verb;
	r->until_s = inbox_downtime_until_s(r, &p);
	if (b->now.wall_ms - r->row.seen_ms > INBOX_RESEND_MS ||
	    !engine_view(b->engine, r->row.incident, &v) || !v.open || v.state == 0) {
		if (r->parts)
			inbox_all_ends(b, r);
		else
			inbox_fail(b, r, "not_confirmed", "");
		return;
	}
	inbox_command(b, r, &v, r->parts ? EVENT_VERB_ACK : verb, &p);
	r->try_ms = b->now.boot_ms + INBOX_SNAPSHOT_MS;
	r->deadline_ms = r->try_ms + INBOX_CONFIRM_MS;
}

int inbox_load(struct inbox *b, const struct now *now, struct err *err)
{
	struct inbox_reply *r, *next;

	b->now = *now;
	if (inbox_expiry_load(b, err) == -1 ||
	    store_submitted_replies(b->store, inbox_load_row, b, err) == -1 ||
	    inbox_all_load(b, err) == -1)
		return -1;
	HASH_ITER (hh, b->live, r, next)
		inbox_resume(b, r);
	return 0;
}

/* ---- time ---- */

/* Nobody confirmed it. What the core says of the object is still better than "do not know". */
static void inbox_give_up(struct inbox *b, struct inbox_reply *r)
{
	struct incident_view v;
	bool is_known = (r->verb == EVENT_VERB_ACK || r->verb == EVENT_VERB_UNACK) &&
			engine_view(b->engine, r->row.incident, &v);
	char owner[256] = "";

	if (inbox_question_ends(b, r) || inbox_pause_begins(b, r))
		return;
	if (r->parts) {
		inbox_all_ends(b, r);
		return;
	}

	if (is_known && (!v.open || v.state == 0)) {
		inbox_fail(b, r, "already_ok", "");
	} else if (is_known && r->verb == EVENT_VERB_UNACK && !v.acked) {
		if (inbox_was_done(r, EVENT_CODE_NOT_ACKED))
			inbox_confirm(b, r);
		else
			inbox_fail(b, r, "not_acked", "");
	} else if (inbox_is_anothers(b, r, owner)) {
		inbox_fail(b, r, "already_acked", owner);
	} else if (is_known && r->verb == EVENT_VERB_ACK && v.acked && r->is_resent &&
		   strcmp(v.owner, inbox_core_author(r)) == 0) {
		inbox_finish(b, r, REPLY_NO_EFFECT, "already_yours");
		inbox_thank(b, r);
	} else {
		inbox_fail(b, r, r->is_unsent ? "source_lost" : "not_confirmed", "");
	}
}

void inbox_time_out(struct inbox *b)
{
	for (struct inbox_reply *r = b->live; r; r = r->hh.next)
		if (r->row.state == REPLY_SUBMITTED && r->deadline_ms <= b->now.boot_ms)
			inbox_give_up(b, r);
}

void inbox_event(struct inbox *b, const char *node, const struct event *ev, const struct now *now)
{
	unsigned verb = inbox_verb_of(ev);

	b->now = *now;
	if (verb)
		inbox_echo(b, node, ev, verb);
	else if (ev->type == EVENT_RESULT)
		inbox_result(b, node, ev);
	else if (ev->type == EVENT_SNAP_END)
		inbox_snapshot(b, node, ev);
	inbox_expiry_event(b, node, ev);
}
