/*
 * What is done about a person's reply: the state of its incident and the rights of
 * its author decide. Called by inbox.c once the incident is known, or known to be
 * none. It must never do more than one thing, and never say that it is done.
 */
#include "agent/inbox_internal.h"
#include "agent/inbox_question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INBOX_ANSWERS 5 /* to what was not understood, until something valid comes */
#define INBOX_MINUTE_MS 60000
#define INBOX_HANDLE_CHARS 100

/* ---- how often ---- */

void inbox_speakers_finish(struct inbox *b)
{
	for (unsigned i = 0; i < b->n_speakers; i++)
		free(b->speakers[i].name);
	free(b->speakers);
}

/* By name: a reload may change the indexes. NULL when memory ran out. */
static struct inbox_speaker *inbox_speaker(struct inbox *b, const char *name)
{
	struct inbox_speaker *more;

	for (unsigned i = 0; i < b->n_speakers; i++)
		if (strcmp(b->speakers[i].name, name) == 0)
			return &b->speakers[i];
	more = realloc(b->speakers, (b->n_speakers + 1) * sizeof(*more));
	if (!more)
		return NULL;
	b->speakers = more;
	more[b->n_speakers] = (struct inbox_speaker){.name = strdup(name)};
	return more[b->n_speakers].name ? &more[b->n_speakers++] : NULL;
}

/* More than ten in the minute in which it was said? Late replies come in a bunch: their own time counts. */
static bool inbox_is_too_much(struct inbox_speaker *s, int64_t said_ms)
{
	int64_t tenth = s->at_ms[s->next % 10], distance = said_ms - tenth;

	if (tenth && distance > -INBOX_MINUTE_MS && distance < INBOX_MINUTE_MS)
		return true;
	s->at_ms[s->next++ % 10] = said_ms;
	s->is_warned = false;
	return false;
}

/* Not a command that can be done: say why, but not for ever. */
static void
inbox_puzzled(struct inbox *b, struct inbox_reply *r, enum reply_state state, const char *reason)
{
	struct inbox_speaker *s = inbox_speaker(b, inbox_author(r));

	inbox_finish(b, r, state, reason);
	if (s && s->not_understood < INBOX_ANSWERS) {
		s->not_understood++;
		inbox_trouble(b, r, reason);
	}
}

static bool inbox_is_flood(struct inbox *b, struct inbox_reply *r)
{
	struct inbox_speaker *s = r->is_local ? NULL : inbox_speaker(b, inbox_author(r));

	if (r->is_local || (s && !inbox_is_too_much(s, inbox_said_ms(r))))
		return false;
	inbox_finish(b, r, REPLY_NO_EFFECT, "too_many");
	if (s && !s->is_warned)
		inbox_trouble(b, r, "too_many");
	if (s)
		s->is_warned = true;
	return true;
}

static void inbox_understood(struct inbox *b, struct inbox_reply *r)
{
	struct inbox_speaker *s = inbox_speaker(b, inbox_author(r));

	if (s)
		s->not_understood = 0;
}

/* ---- may they ---- */

enum people_may
inbox_may(struct inbox *b, const struct inbox_reply *r, enum people_action action)
{
	return inbox_may_with(b, r, action, r->row.incident);
}

enum people_may inbox_may_with(
    struct inbox *b, const struct inbox_reply *r, enum people_action action, uint64_t incident)
{
	int person;

	if (r->is_local)
		return authority_may(ROLE_ADMIN, action);
	person = config_person_index(b->config, r->row.person);
	if (person < 0)
		return PEOPLE_MAY_NOT;
	return people_may(
	    b->people, (unsigned)person, action, engine_root_object(b->engine, incident));
}

/* ---- words for the core ---- */

/* The first so many characters. */
static void inbox_cut(char *s, size_t chars)
{
	while (*s && chars > 0) {
		s++;
		while (((unsigned char)*s & 0xc0) == 0x80)
			s++;
		chars--;
	}
	*s = '\0';
}

static size_t inbox_chars(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* `WORDS, said 09:14 - via HANDLE`: what is too long is cut from the words. */
void inbox_words(struct inbox *b, const struct inbox_reply *r, const char *words, char *out, size_t size)
{
	int64_t said_ms = inbox_said_ms(r);
	char via[600], said[40] = "", handle[512];
	size_t left;

	snprintf(handle, sizeof(handle), "%s", r->is_local ? "twicket" : r->row.acct);
	inbox_cut(handle, INBOX_HANDLE_CHARS);
	if (b->now.wall_ms - said_ms > INBOX_STALE_MS) {
		time_t t = (time_t)(said_ms / 1000);
		struct tm tm;

		if (localtime_r(&t, &tm))
			strftime(said, sizeof(said), ", said %H:%M", &tm);
	}
	snprintf(via, sizeof(via), "%s - via %s", said, handle);
	snprintf(out, size, "%s", words);
	left = inbox_chars(via);
	inbox_cut(out, left < INBOX_CORE_CHARS ? INBOX_CORE_CHARS - left : 0);
	left = strlen(out);
	snprintf(out + left, size - left, "%s", via);
}

/* What the core is told when its author said no words. */
static const char *inbox_default(const struct inbox_reply *r, enum event_verb verb)
{
	switch (verb) {
	case EVENT_VERB_ACK: return inbox_core_author(r) == inbox_author(r) ? "ack" : "given back";
	case EVENT_VERB_COMMENT:
		return strcmp(r->row.reason, "also_looking") == 0 ? "also looking" : "";
	case EVENT_VERB_DOWNTIME: return "downtime";
	case EVENT_VERB_DOWNTIME_CANCEL:
	case EVENT_VERB_RECHECK:
	case EVENT_VERB_UNACK: return ""; /* then the module adds no comment */
	}
	return "";
}

void inbox_command(
    struct inbox *b, struct inbox_reply *r, const struct incident_view *v, enum event_verb verb,
    const struct reply_parsed *p)
{
	const char *words = p->text[0] ? p->text : inbox_default(r, verb);
	char text[REPLY_TEXT_MAX + 700] = "";

	if (verb == EVENT_VERB_DOWNTIME_CANCEL)
		snprintf(text, sizeof(text), "%s", inbox_cancels(r));
	else if (*words)
		inbox_words(b, r, words, text, sizeof(text));
	inbox_submit(b, r, v, verb, text);
}

/* ---- what they ask for ---- */

struct inbox_closed {
	uint64_t id, live;
	char tag[TAG_SIZE], object[2100];
};

static void inbox_same_object(void *arg, const struct incident_view *v)
{
	struct inbox_closed *closed = arg;

	if (v->open && closed->object[0] && strcmp(v->object, closed->object) == 0)
		closed->live = v->id;
}

static int inbox_closed_tag(void *arg, const struct post_row *row)
{
	snprintf(((struct inbox_closed *)arg)->tag, TAG_SIZE, "%s", row->tag);
	return 1;
}

static int inbox_closed_row(void *arg, const struct incident_row *row)
{
	struct inbox_closed *closed = arg;

	if (row->id == closed->id)
		snprintf(closed->object, sizeof(closed->object), "%s", row->object);
	return 1;
}

/* SPEC 4.5 case 10: the author is pointed to the live incident, nothing is transferred. */
void inbox_say_closed(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	struct inbox_closed closed = {.id = r->row.incident};

	memcpy(closed.tag, p->tag, TAG_SIZE);
	if (!closed.tag[0])
		store_posts_of_incident(b->store, r->row.incident, inbox_closed_tag, &closed, NULL);
	if (store_incident_by_tag(b->store, closed.tag, inbox_closed_row, &closed, NULL) == 1)
		engine_each(b->engine, inbox_same_object, &closed);
	inbox_finish(b, r, REPLY_NO_EFFECT, "closed");
	if (!r->is_local)
		inbox_reply_to(
		    b, &r->row,
		    &(struct inbox_answer){
			.event = SAY_TROUBLE, .reason = "closed", .live = closed.live});
}

bool inbox_is_live(
    struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p, struct incident_view *v)
{
	const char *reason;

	if (!engine_view(b->engine, r->row.incident, v)) {
		inbox_say_closed(b, r, p);
		return false;
	}
	if (v->open && v->state != 0)
		return true;
	/* what was opened by hand no core knows: nobody can acknowledge it there */
	reason = v->open && (v->flags & (INCIDENT_BY_HAND | INCIDENT_MAINTENANCE)) ? "opened_by_hand" : "already_ok";
	inbox_finish(b, r, REPLY_NO_EFFECT, reason);
	inbox_trouble(b, r, reason);
	return false;
}

struct inbox_looking {
	const struct inbox_reply *reply;
	int64_t since_ms;
	bool is_said;
};

static int inbox_looks(void *arg, const struct reply_row *row)
{
	struct inbox_looking *l = arg;

	l->is_said |= row->id != l->reply->row.id && row->done_ms >= l->since_ms &&
		      row->state == REPLY_COMMENT && strcmp(row->reason, "also_looking") == 0 &&
		      strcmp(row->person, l->reply->row.person) == 0;
	return l->is_said;
}

/* Has the same person said so on any network, since somebody has it? Once is enough for the core. */
static bool inbox_is_looking(
    const struct inbox *b, const struct inbox_reply *r, const struct incident_view *v)
{
	struct inbox_looking l = {.reply = r, .since_ms = v->acked ? v->acked_s * 1000 : INT64_MAX};

	store_replies_of_incident(b->store, r->row.incident, inbox_looks, &l, NULL);
	return l.is_said;
}

/* Somebody has it, or has just asked for it. */
static void inbox_act_again(
    struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p,
    const struct incident_view *v, const char *owner)
{
	bool is_mine = strcmp(owner, inbox_author(r)) == 0;

	inbox_set(r, TEXT_REASON, is_mine ? "already_yours" : "also_looking");
	if (is_mine && r->row.expires_ms) {
		inbox_mark(r, v); /* a restart finds it by that, and the core takes no end without one */
		inbox_expiry_set(b, r, r->row.expires_ms);
	}
	if (p->text[0] || (!is_mine && (r->is_local || !inbox_is_looking(b, r, v)))) {
		inbox_command(b, r, v, EVENT_VERB_COMMENT, p);
		return;
	}
	inbox_finish(b, r, REPLY_NO_EFFECT, NULL);
	inbox_thank(b, r);
}

void inbox_act_ack(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	bool is_take = p->verb == REPLY_VERB_TAKE;
	const struct inbox_reply *pending;
	struct incident_view v;
	const char *owner;

	if (!inbox_may(b, r, is_take ? PEOPLE_TAKE : PEOPLE_ACK)) {
		inbox_denied(b, r, "not_allowed");
		return;
	}
	if (!inbox_is_live(b, r, p, &v))
		return;
	if (p->duration_s) {
		r->row.expires_ms = inbox_said_ms(r) + p->duration_s * 1000;
		if (r->row.expires_ms <= b->now.wall_ms) {
			inbox_finish(b, r, REPLY_NO_EFFECT, "expired");
			inbox_trouble(b, r, "expired");
			return;
		}
	}
	pending = inbox_pending_ack(b, r->row.incident);
	owner = v.acked ? v.owner : pending ? inbox_author(pending) : NULL;
	if (owner && (!is_take || strcmp(owner, inbox_author(r)) == 0)) {
		inbox_act_again(b, r, p, &v, owner);
		return;
	}
	if (is_take)
		inbox_take_begins(r, owner ? owner : "");
	inbox_command(b, r, &v, EVENT_VERB_ACK, p);
}

void inbox_act_unack(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	const struct inbox_reply *pending;
	struct incident_view v;
	const char *owner;

	if (!inbox_may(b, r, PEOPLE_UNACK)) {
		inbox_denied(b, r, "not_allowed");
		return;
	}
	if (!inbox_is_live(b, r, p, &v))
		return;
	pending = inbox_pending_ack(b, r->row.incident);
	if (!v.acked && !pending) {
		inbox_finish(b, r, REPLY_NO_EFFECT, "not_acked");
		inbox_trouble(b, r, "not_acked");
		return;
	}
	owner = v.acked ? v.owner : inbox_author(pending);
	if (strcmp(owner, inbox_author(r)) != 0 && !inbox_may(b, r, PEOPLE_UNACK_OTHERS)) {
		inbox_finish(b, r, REPLY_NO_EFFECT, "not_yours");
		inbox_trouble(b, r, "not_yours");
		return;
	}
	if (strcmp(owner, inbox_author(r)) != 0)
		inbox_unack_begins(r, owner);
	inbox_command(b, r, &v, EVENT_VERB_UNACK, p);
}

void inbox_act_comment(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p)
{
	struct incident_view v;

	if (!inbox_may(b, r, PEOPLE_COMMENT)) {
		inbox_denied(b, r, "not_allowed");
		return;
	}
	if (engine_view(b->engine, r->row.incident, &v) && v.open && v.state != 0) {
		inbox_command(b, r, &v, EVENT_VERB_COMMENT, p);
		return;
	}
	/* over: what was learnt belongs to the incident, not as a lasting comment to a healthy object */
	inbox_finish(b, r, REPLY_COMMENT, "kept");
	inbox_thank(b, r);
}

static void inbox_act_status(struct inbox *b, struct inbox_reply *r)
{
	if (!inbox_may(b, r, PEOPLE_DETAILS)) {
		inbox_denied(b, r, "not_allowed");
		return;
	}
	inbox_finish(b, r, REPLY_QUERY, "");
	if (!r->is_local)
		inbox_reply_to(
		    b, &r->row, &(struct inbox_answer){.event = SAY_STATUS, .reason = ""});
}

/* A command without an incident. Under somebody's unknown post nothing is said (GoAlert #4254). */
static void inbox_act_nowhere(
    struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p, enum inbox_found found)
{
	bool is_ours_to_say = !r->row.parent_id[0] || r->row.visibility == VISIBILITY_DIRECT;

	if (found == FOUND_NO_SUCH_TAG)
		inbox_puzzled(b, r, REPLY_NO_EFFECT, "no_incident");
	else if (p->verb != REPLY_VERB_COMMENT && (is_ours_to_say || found == FOUND_SEVERAL))
		inbox_puzzled(b, r, REPLY_NO_EFFECT, "which");
	else
		inbox_finish(b, r, REPLY_IGNORED, "no_incident");
}

void inbox_do(struct inbox *b, struct inbox_reply *r, struct reply_parsed *p)
{
	inbox_understood(b, r);
	switch (p->verb) {
	case REPLY_VERB_ACK:
	case REPLY_VERB_TAKE: inbox_act_ack(b, r, p); break;
	case REPLY_VERB_UNACK: inbox_act_unack(b, r, p); break;
	case REPLY_VERB_COMMENT: inbox_act_comment(b, r, p); break;
	case REPLY_VERB_STATUS: inbox_act_status(b, r); break;
	case REPLY_VERB_QUIET:
	case REPLY_VERB_ETA:
	case REPLY_VERB_MAJOR:
	case REPLY_VERB_NOT_MAJOR:
	case REPLY_VERB_KNOWN:
	case REPLY_VERB_PART_OF:
	case REPLY_VERB_SAY:
	case REPLY_VERB_TICKET:
	case REPLY_VERB_FIXED: inbox_act_hand(b, r, p); break;
	case REPLY_VERB_ACK_ALL: inbox_act_all(b, r, p); break;
	case REPLY_VERB_DOWNTIME: inbox_act_downtime(b, r, p); break;
	case REPLY_VERB_DOWNTIME_CANCEL: inbox_act_cancel(b, r, p); break;
	case REPLY_VERB_RECHECK: inbox_act_recheck(b, r, p); break;
	case REPLY_VERB_LAST:
	case REPLY_VERB_ENDORSE:
	case REPLY_VERB_UNDO:
	case REPLY_VERB_HELP:
	case REPLY_VERB_START:
	case REPLY_VERB_PAUSE:
	case REPLY_VERB_STOP: inbox_act_person(b, r, p); break;
	case REPLY_VERB_ME_TOO:
	case REPLY_VERB_YES:
	case REPLY_VERB_NO:
	case REPLY_VERB_GO:
	case REPLY_VERB_EDIT:
	case REPLY_VERB_BARE_NUMBER:
	case REPLY_VERB_BAD_TIME:
	case REPLY_VERB_EMPTY: break;
	}
}

static void inbox_note_reply(struct inbox *b, const struct inbox_reply *r)
{
	char text[500];

	snprintf(text, sizeof(text), "%s", r->row.text);
	for (char *s = text; *s; s++)
		if ((unsigned char)*s < ' ')
			*s = ' ';
	inbox_note(
	    b, r->row.incident, "reply", "%-9s %s: %s", r->is_local ? "local" : r->row.account,
	    inbox_author(r), text);
}

void inbox_act(
    struct inbox *b, struct inbox_reply *r, struct reply_parsed *p, enum inbox_found found)
{
	if (found == FOUND_LATER) {
		inbox_put(b, r);
		return;
	}
	if (p->verb == REPLY_VERB_EMPTY) {
		inbox_finish(b, r, REPLY_IGNORED, "empty");
		return;
	}
	if (inbox_is_flood(b, r) || inbox_answers(b, r, p))
		return;
	if (found == FOUND_INCIDENT)
		inbox_note_reply(b, r);
	if (p->verb == REPLY_VERB_BARE_NUMBER)
		inbox_puzzled(b, r, REPLY_NO_EFFECT, p->text[0] ? "bare_number" : "bad_time"); /* "eta" alone */
	else if (p->verb == REPLY_VERB_BAD_TIME)
		inbox_puzzled(b, r, REPLY_NO_EFFECT, "bad_time");
	else if (found == FOUND_INCIDENT && inbox_approves(b, r))
		return;
	else if (
	    found == FOUND_INCIDENT ||
	    (found != FOUND_NO_SUCH_TAG && inbox_needs_no_incident(p->verb)))
		inbox_do(b, r, p);
	else
		inbox_act_nowhere(b, r, p, found);
}
