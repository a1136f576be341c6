/*
 * Doing: one command after the other, each by the actions that it takes. Called by icinga.c.
 * Must never send one twice whose first answer was lost, before it has looked.
 */
#include "agent/icinga_command_internal.h"

#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define COMMANDS_MAX 10000
#define AGAIN_MS 1000
#define TRIES_MAX 5 /* that were not accepted; then we say so */
#define LATE_MS 30000 /* then whoever asked has been told that it was not confirmed */

static const char *keep(char **at, const char *text)
{
	size_t n = strlen(text ? text : "") + 1;
	char *start = *at;

	memcpy(start, text ? text : "", n);
	*at += n;
	return start;
}

static size_t size_of(const char *text)
{
	return strlen(text ? text : "") + 1;
}

int icinga_command(struct icinga *i, const struct event *cmd)
{
	struct picture_view view;
	struct icinga_command *c;
	size_t n;
	char *at;

	if (!i->is_up || i->n_commands >= COMMANDS_MAX)
		return -1;
	picture_find(i->picture, cmd->host, cmd->service, &view);
	n = size_of(cmd->host) + size_of(cmd->service) + size_of(cmd->author) + size_of(cmd->text) + size_of(cmd->mark) +
	    size_of(view.owner);
	c = calloc(1, sizeof *c + n);
	if (!c)
		return -1;
	at = c->strings;
	c->checked_us = -1;
	c->until_ms = i->now.boot_ms + LATE_MS;
	c->ev = *cmd;
	c->ev.host = keep(&at, cmd->host);
	c->ev.service = keep(&at, cmd->service);
	c->ev.author = keep(&at, cmd->author);
	c->ev.text = keep(&at, cmd->text);
	c->ev.mark = keep(&at, cmd->mark);
	c->was_acked = view.acked;
	c->owner = keep(&at, view.owner);
	DL_APPEND(i->commands, c);
	i->n_commands++;
	return 0;
}

void icinga_command_drop(struct icinga *i, struct icinga_command *c)
{
	DL_DELETE(i->commands, c);
	i->n_commands--;
	free(c);
}

void icinga_command_finish(struct icinga *i)
{
	struct icinga_command *c, *next;

	http_cancel(i->acting);
	i->acting = NULL;
	icinga_drop_answer(&i->acted);
	DL_FOREACH_SAFE (i->commands, c, next)
		icinga_command_drop(i, c);
}

/* --- results ----------------------------------------------------------------------------------- */

struct event icinga_result_of(const struct icinga_command *c)
{
	return (struct event){.type = EVENT_RESULT,
			      .id = c->ev.id,
			      .host = c->ev.host,
			      .service = c->ev.service,
			      .text = "",
			      .author = "",
			      .mark = ""};
}

void icinga_say_last(struct icinga *i, struct icinga_command *c, const struct event *ev)
{
	DL_DELETE(i->commands, c);
	i->n_commands--;
	icinga_tell(i, ev);
	free(c);
}

static void end(struct icinga *i, struct icinga_command *c, int32_t code, const char *why)
{
	struct event ev = icinga_result_of(c);

	if (c->has_freed && code != EVENT_CODE_OK)
		icinga_wake(i); /* nobody has it now: the look tells */
	ev.code = code;
	ev.kind = c->ev.sub == EVENT_VERB_RECHECK ? EVENT_NONE : c->ev.kind; /* no state is said */
	ev.text = why;
	icinga_say_last(i, c, &ev);
}

static void end_taken(struct icinga *i, struct icinga_command *c, const struct picture_view *view)
{
	char why[256];

	snprintf(why, sizeof why, "acknowledged by %s meanwhile", *view->owner ? view->owner : "somebody");
	end(i, c, EVENT_CODE_REFUSED, why);
}

/* The result is said behind what the next look brings: its echo, or whose it is. */
static void look(struct icinga *i, struct icinga_command *c, int32_t code, const char *why)
{
	c->state = COMMAND_LOOKING;
	c->code = code;
	c->looked_from_ms = i->now.boot_ms;
	snprintf(c->why, sizeof c->why, "%s", why);
	icinga_wake(i);
}

static struct event echo_of(const struct icinga *i, const struct icinga_command *c, enum event_type type)
{
	struct event ev = c->ev;

	ev.type = (uint8_t)type;
	ev.sub = 0;
	ev.id = 0;
	ev.flags = (c->ev.flags & EVENT_STICKY) | EVENT_OURS;
	ev.time_us = i->now.wall_ms * 1000;
	return ev;
}

/* Is what it wants so, as far as we have seen? */
static bool is_there(const struct icinga *i, const struct icinga_command *c)
{
	struct picture_view view;

	picture_find(i->picture, c->ev.host, c->ev.service, &view);
	switch ((enum event_verb)c->ev.sub) {
	case EVENT_VERB_ACK: return view.acked && *c->ev.mark && strstr(view.ack_text, c->ev.mark);
	case EVENT_VERB_UNACK: return c->has_freed ? picture_has_comment(i->picture, c->ev.mark) : !view.acked;
	case EVENT_VERB_COMMENT: return picture_has_comment(i->picture, c->ev.mark);
	case EVENT_VERB_DOWNTIME: return picture_has_downtime(i->picture, c->ev.mark);
	case EVENT_VERB_DOWNTIME_CANCEL:
		return c->is_doubtful && !picture_has_downtime_of(i->picture, c->ev.mark, c->ev.text);
	case EVENT_VERB_RECHECK: return true; /* a second one does no harm, but nobody needs it */
	}
	return false;
}

/* Icinga did it: that is an event like any other, only that we know it first, mostly. */
static void acked(struct icinga *i, struct icinga_command *c)
{
	struct event ev = echo_of(i, c, EVENT_ACK);
	char author[GATE_AUTHOR_BYTES], text[ICINGA_TEXT_BYTES];

	icinga_act_text(&c->ev, text);
	icinga_act_author(&c->ev, author);
	ev.text = text;
	if (!is_there(i, c)) {
		picture_note_ack(i->picture, &ev, author, i->now.boot_ms);
		icinga_tell(i, &ev);
	}
	end(i, c, EVENT_CODE_OK, "");
}

static void unacked(struct icinga *i, struct icinga_command *c)
{
	struct event ev = echo_of(i, c, EVENT_ACK_GONE);
	struct picture_view view;

	picture_find(i->picture, c->ev.host, c->ev.service, &view);
	if (view.acked && strcmp(view.owner, c->owner) != 0) { /* while the reason was on its way */
		end_taken(i, c, &view);
		return;
	}
	picture_note_ack(i->picture, &ev, NULL, i->now.boot_ms);
	icinga_tell(i, &ev);
	end(i, c, EVENT_CODE_OK, "");
}

static void done(struct icinga *i, struct icinga_command *c)
{
	switch ((enum event_verb)c->ev.sub) {
	case EVENT_VERB_ACK:
		if (c->verb == EVENT_VERB_UNACK) { /* it was somebody else's: now it is free */
			c->has_freed = true;
			c->verb = EVENT_VERB_ACK;
			c->state = COMMAND_WAITING;
		} else {
			acked(i, c);
		}
		return;
	case EVENT_VERB_UNACK:
		if (c->verb == EVENT_VERB_UNACK && *c->ev.text) { /* and why */
			c->has_freed = true;
			c->verb = EVENT_VERB_COMMENT;
			c->state = COMMAND_WAITING;
		} else {
			unacked(i, c);
		}
		return;
	case EVENT_VERB_COMMENT:
	case EVENT_VERB_DOWNTIME:
	case EVENT_VERB_DOWNTIME_CANCEL: look(i, c, EVENT_CODE_OK, ""); return;
	case EVENT_VERB_RECHECK: icinga_ordered(i, c); return;
	}
}

/* Nobody waits for it any more, and the trouble may be another one by now; one that is half done goes on. */
static bool is_late(const struct icinga *i, const struct icinga_command *c)
{
	return i->now.boot_ms >= c->until_ms && !c->has_freed;
}

void icinga_again(struct icinga *i, struct icinga_command *c)
{
	if (++c->tries >= TRIES_MAX || is_late(i, c)) {
		end(i, c, EVENT_CODE_NOT_CARRIED, "Icinga 2 cannot be reached");
		return;
	}
	c->state = COMMAND_WAITING;
	c->at_ms = i->now.boot_ms + AGAIN_MS * c->tries;
}

/* Of what is there: not permitted. */
static void nowhere(struct icinga *i, struct icinga_command *c)
{
	char why[128];

	if (!i->site || !site_knows(i->site, c->ev.host, c->ev.service)) {
		end(i, c, EVENT_CODE_UNKNOWN_OBJECT, "");
		return;
	}
	if (c->verb == EVENT_VERB_DOWNTIME_CANCEL && !c->is_second) { /* one of them had gone: then none goes */
		c->is_second = c->is_doubtful = true;
		look(i, c, EVENT_CODE_REFUSED, "");
		return;
	}
	snprintf(why, sizeof why, "the ApiUser may not actions/%s", icinga_action(c->verb));
	log_warnx("icinga", "%s: %s: add it to its permissions", i->node, why);
	end(i, c, EVENT_CODE_REFUSED, why);
}

static void judge(struct icinga *i, struct icinga_command *c)
{
	const char *why;

	switch (icinga_judge(i->acted.transport, i->acted.status, i->acted.body, &why)) {
	case ICINGA_DONE: done(i, c); break;
	case ICINGA_OVER:
		icinga_wake(i); /* we have not heard of its end yet */
		end(i, c, EVENT_CODE_NOT_A_PROBLEM, why);
		break;
	case ICINGA_TAKEN: look(i, c, EVENT_CODE_REFUSED, why); break;
	case ICINGA_NOWHERE: nowhere(i, c); break;
	case ICINGA_REFUSED: end(i, c, EVENT_CODE_REFUSED, why); break;
	case ICINGA_AGAIN: icinga_again(i, c); break;
	case ICINGA_DOUBT:
		c->is_doubtful = true;
		look(i, c, EVENT_CODE_REFUSED, "no answer");
		break;
	}
	icinga_drop_answer(&i->acted);
}

/* --- what a look says ----------------------------------------------------------------------------- */

/* At each look while it is under way: one that began before may still have shown them. */
void icinga_command_claim(struct icinga *i)
{
	const struct icinga_command *c;

	DL_FOREACH (i->commands, c)
		if (c->ev.sub == EVENT_VERB_DOWNTIME_CANCEL && c->state != COMMAND_WAITING)
			picture_note_cancel(i->picture, c->ev.mark, c->ev.text);
}

/* It came behind: what we see is what became of it. */
static void looked(struct icinga *i, struct icinga_command *c)
{
	struct picture_view view;
	char why[256];

	if (is_there(i, c) && c->ev.sub == EVENT_VERB_UNACK) {
		if (!c->has_freed)
			c->verb = EVENT_VERB_UNACK;
		done(i, c); /* that it has gone the look told, not that it was this one's doing */
	} else if (is_there(i, c)) {
		end(i, c, EVENT_CODE_OK, "");
	} else if (c->is_doubtful) {
		c->is_doubtful = false;
		icinga_again(i, c);
	} else if (c->ev.sub == EVENT_VERB_ACK && picture_find(i->picture, c->ev.host, c->ev.service, &view) && view.acked) {
		snprintf(why, sizeof why, "already acknowledged by %s", *view.owner ? view.owner : "somebody");
		end(i, c, EVENT_CODE_REFUSED, why);
	} else {
		snprintf(why, sizeof why, "%s", c->why);
		end(i, c, c->code, why);
	}
}

void icinga_command_looked(struct icinga *i)
{
	struct icinga_command *c, *next;

	DL_FOREACH_SAFE (i->commands, c, next)
		if (c->state == COMMAND_LOOKING && i->began_ms > c->looked_from_ms)
			looked(i, c);
		else if (c->state == COMMAND_LOOKING)
			icinga_wake(i);
}

/* --- sending ---------------------------------------------------------------------------------------- */

static void on_acted(void *arg, const struct answer *answer)
{
	struct icinga *i = arg;

	i->acting = NULL;
	icinga_keep_answer(&i->acted, answer);
}

/* Icinga takes a second acknowledgement for a mistake, so the one that was known then, or is their own, goes. */
static bool takes_over(const struct icinga *i, const struct icinga_command *c)
{
	struct picture_view view;

	picture_find(i->picture, c->ev.host, c->ev.service, &view);
	return view.acked && ((c->was_acked && !strcmp(view.owner, c->owner)) || !strcmp(view.owner, c->ev.author));
}

static unsigned verb_of(const struct icinga *i, const struct icinga_command *c)
{
	if (c->ev.sub == EVENT_VERB_ACK)
		return !c->has_freed && takes_over(i, c) ? EVENT_VERB_UNACK : EVENT_VERB_ACK;
	return c->verb ? c->verb : c->ev.sub;
}

/* Not any more what it was about: ended, with the reason. */
static bool is_idle(struct icinga *i, struct icinga_command *c)
{
	struct picture_view view;

	if (is_late(i, c)) {
		end(i, c, EVENT_CODE_NOT_CARRIED, "Icinga 2 had no time for it");
		return true;
	}
	picture_find(i->picture, c->ev.host, c->ev.service, &view);
	if (c->ev.sub != EVENT_VERB_UNACK || c->verb == EVENT_VERB_COMMENT)
		return false;
	if (!view.acked) {
		end(i, c, EVENT_CODE_NOT_ACKED, "");
	} else if (!c->was_acked || strcmp(view.owner, c->owner) != 0) {
		end_taken(i, c, &view);
	} else {
		return false;
	}
	return true;
}

/* NULL: it has ended, for this reason. */
static json_t *body_of(struct icinga *i, struct icinga_command *c, int32_t *code)
{
	json_t *names = NULL, *body;

	*code = EVENT_CODE_REFUSED;
	if (c->verb == EVENT_VERB_DOWNTIME_CANCEL) {
		names = picture_downtimes_of(i->picture, c->ev.mark, c->ev.text);
		if (!json_array_size(names)) {
			json_decref(names);
			*code = EVENT_CODE_NO_DOWNTIME;
			return NULL;
		}
	}
	body = icinga_action_body(c->verb, &c->ev, names, i->now.wall_ms / 1000);
	json_decref(names);
	return body;
}

/* Returns false when it is through without a request. */
static bool start(struct icinga *i, struct icinga_command *c)
{
	json_t *body;
	char path[64];
	int32_t code;

	if (c->ev.sub == EVENT_VERB_RECHECK && (c->state == COMMAND_CHECKING || c->checked_us < 0))
		return icinga_ask_check(i, c, on_acted);
	if (is_idle(i, c))
		return false;
	c->verb = verb_of(i, c);
	if (!icinga_action(c->verb)) {
		end(i, c, EVENT_CODE_REFUSED, EVENT_NO_SUCH_COMMAND);
		return false;
	}
	body = body_of(i, c, &code);
	if (!body) {
		end(i, c, code, "");
		return false;
	}
	snprintf(path, sizeof path, "actions/%s", icinga_action(c->verb));
	i->acting = icinga_ask(i, ASK_ACTION, path, body, on_acted);
	c->state = COMMAND_SENT;
	if (!i->acting)
		icinga_again(i, c);
	return i->acting != NULL;
}

static bool is_to_start(const struct icinga_command *c)
{
	return c->state == COMMAND_WAITING || c->state == COMMAND_CHECKING;
}

void icinga_command_start(struct icinga *i)
{
	struct icinga_command *c, *next;

	if (i->acting || i->acted.is_there)
		return;
	DL_FOREACH_SAFE (i->commands, c, next)
		if (is_to_start(c) && i->now.boot_ms >= c->at_ms && start(i, c))
			return;
}

void icinga_command_turn(struct icinga *i)
{
	struct icinga_command *c;

	if (!i->acted.is_there)
		return;
	DL_FOREACH (i->commands, c)
		if (c->state == COMMAND_SENT || c->state == COMMAND_ASKED) {
			if (c->state == COMMAND_SENT)
				judge(i, c);
			else
				icinga_checked(i, c);
			return;
		}
	icinga_drop_answer(&i->acted);
}

int64_t icinga_command_next(const struct icinga *i)
{
	const struct icinga_command *c;
	int64_t at = NOW_NEVER;

	if (i->acted.is_there)
		return 0;
	if (i->acting)
		return NOW_NEVER;
	DL_FOREACH (i->commands, c)
		if (is_to_start(c) && c->at_ms < at)
			at = c->at_ms;
	return at;
}

bool icinga_command_awaits_look(const struct icinga *i)
{
	const struct icinga_command *c;

	DL_FOREACH (i->commands, c)
		if (c->state == COMMAND_LOOKING)
			return true;
	return false;
}
