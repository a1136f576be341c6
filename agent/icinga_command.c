/*
 * Doing: one command after the other, each by the actions that it takes. Called by icinga.c.
 * Must never send one twice whose first answer was lost, before it has looked.
 */
#include "agent/icinga_internal.h"

#include "agent/icinga_json.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define COMMANDS_MAX 10000
#define AGAIN_MS 1000
#define TRIES_MAX 5 /* that were not accepted; then we say so */
#define CHECK_MS 2000 /* between two looks for the result of a check */
#define CHECK_LOOKS 30 /* who asked is told of none after a minute */

enum command_state {
	COMMAND_WAITING,
	COMMAND_SENT,
	COMMAND_LOOKING, /* until a look that began behind it is through */
	COMMAND_CHECKING, /* until a check has its result: asked again at at_ms */
	COMMAND_ASKED	  /* when the last check was */
};

struct icinga_command {
	struct icinga_command *next;
	enum command_state state;
	unsigned verb; /* of the action under way: UNACK before an ACK that takes over */
	unsigned tries;
	bool is_doubtful; /* it may have happened */
	int32_t code;	  /* of the result, once looked */
	int64_t at_ms, looked_from_ms;
	int64_t checked_us; /* before ours, by Icinga's clock; -1 = not known yet */
	char why[256];
	struct event ev;
	char strings[];
};

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
	size_t n = size_of(cmd->host) + size_of(cmd->service) + size_of(cmd->author) + size_of(cmd->text) + size_of(cmd->mark);
	struct icinga_command *c, *other;
	char *at;
	int count;

	LL_COUNT(i->commands, other, count);
	c = i->is_up && count < COMMANDS_MAX ? calloc(1, sizeof *c + n) : NULL;
	if (!c)
		return -1;
	at = c->strings;
	c->checked_us = -1;
	c->ev = *cmd;
	c->ev.host = keep(&at, cmd->host);
	c->ev.service = keep(&at, cmd->service);
	c->ev.author = keep(&at, cmd->author);
	c->ev.text = keep(&at, cmd->text);
	c->ev.mark = keep(&at, cmd->mark);
	LL_APPEND(i->commands, c);
	return 0;
}

void icinga_command_finish(struct icinga *i)
{
	struct icinga_command *c, *next;

	http_cancel(i->acting);
	i->acting = NULL;
	icinga_drop_answer(&i->acted);
	LL_FOREACH_SAFE (i->commands, c, next)
		free(c);
	i->commands = NULL;
}

/* --- results ----------------------------------------------------------------------------------- */

static struct event result_of(const struct icinga_command *c)
{
	return (struct event){.type = EVENT_RESULT,
			      .id = c->ev.id,
			      .host = c->ev.host,
			      .service = c->ev.service,
			      .text = "",
			      .author = "",
			      .mark = ""};
}

/* Taken out before it is said: whoever hears it may command again. */
static void say_last(struct icinga *i, struct icinga_command *c, const struct event *ev)
{
	LL_DELETE(i->commands, c);
	icinga_tell(i, ev);
	free(c);
}

static void end(struct icinga *i, struct icinga_command *c, int32_t code, const char *why)
{
	struct event ev = result_of(c);

	ev.code = code;
	ev.kind = c->ev.sub == EVENT_VERB_RECHECK ? EVENT_NONE : c->ev.kind; /* no state is said */
	ev.text = why;
	say_last(i, c, &ev);
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

/* Icinga did it: that is an event like any other, only that we know it first. */
static void acked(struct icinga *i, struct icinga_command *c)
{
	struct event ev = echo_of(i, c, EVENT_ACK);
	char text[EVENT_TEXT_MAX];

	snprintf(text, sizeof text, "%s%s%s", ev.text, *ev.text && *ev.mark ? " " : "", ev.mark);
	ev.text = text;
	picture_note_ack(i->picture, ev.host, ev.service, ev.author, text, ev.mark);
	icinga_tell(i, &ev);
	end(i, c, EVENT_CODE_OK, "");
}

static void unacked(struct icinga *i, struct icinga_command *c)
{
	struct event ev = echo_of(i, c, EVENT_ACK_GONE);

	picture_note_ack(i->picture, ev.host, ev.service, NULL, "", "");
	icinga_tell(i, &ev);
	end(i, c, EVENT_CODE_OK, "");
}

/* Icinga will check it; what that gives is another matter. */
static void ordered(struct icinga *i, struct icinga_command *c)
{
	struct event ev = result_of(c);

	ev.flags = EVENT_MORE;
	c->state = COMMAND_CHECKING;
	c->at_ms = i->now.boot_ms + CHECK_MS;
	c->tries = 0;
	icinga_tell(i, &ev);
}

static void done(struct icinga *i, struct icinga_command *c)
{
	switch ((enum event_verb)c->ev.sub) {
	case EVENT_VERB_ACK:
		if (c->verb == EVENT_VERB_UNACK) { /* it was somebody else's: now it is free */
			picture_note_ack(i->picture, c->ev.host, c->ev.service, NULL, "", "");
			c->verb = EVENT_VERB_ACK;
			c->state = COMMAND_WAITING;
		} else {
			acked(i, c);
		}
		return;
	case EVENT_VERB_UNACK:
		if (c->verb == EVENT_VERB_UNACK && *c->ev.text) { /* and why */
			c->verb = EVENT_VERB_COMMENT;
			c->state = COMMAND_WAITING;
		} else {
			unacked(i, c);
		}
		return;
	case EVENT_VERB_COMMENT:
	case EVENT_VERB_DOWNTIME:
	case EVENT_VERB_DOWNTIME_CANCEL: look(i, c, EVENT_CODE_OK, ""); return;
	case EVENT_VERB_RECHECK: ordered(i, c); return;
	}
}

static void again(struct icinga *i, struct icinga_command *c)
{
	if (++c->tries >= TRIES_MAX) {
		end(i, c, EVENT_CODE_REFUSED, "Icinga 2 cannot be reached");
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
	case ICINGA_AGAIN: again(i, c); break;
	case ICINGA_DOUBT:
		c->is_doubtful = true;
		look(i, c, EVENT_CODE_REFUSED, "no answer");
		break;
	}
	icinga_drop_answer(&i->acted);
}

/* --- what a check gave ------------------------------------------------------------------------------ */

static void gave(struct icinga *i, struct icinga_command *c, const json_t *attrs)
{
	struct event ev = result_of(c);
	char text[EVENT_TEXT_MAX + 1];
	const char *output;
	size_t n = icinga_output(json_object_get(attrs, "last_check_result"), &output);

	memcpy(text, output, n);
	text[n] = '\0';
	ev.kind = c->ev.kind;
	ev.state = icinga_state(attrs, c->ev.kind);
	ev.text = text;
	say_last(i, c, &ev);
	icinga_wake(i);
}

/* Who asked hears by himself that there is no result yet. */
static void not_yet(struct icinga *i, struct icinga_command *c)
{
	if (++c->tries >= CHECK_LOOKS) {
		LL_DELETE(i->commands, c);
		free(c);
		return;
	}
	c->state = COMMAND_CHECKING;
	c->at_ms = i->now.boot_ms + CHECK_MS;
}

static void checked(struct icinga *i, struct icinga_command *c)
{
	const json_t *results = json_object_get(i->acted.body, "results");
	const json_t *attrs = json_object_get(json_array_get(results, 0), "attrs");
	int64_t at_us = icinga_us(attrs, "last_check");
	bool is_first = c->checked_us < 0;

	if (is_first && i->acted.transport == TRANSPORT_ANSWERED && (attrs || i->acted.status == 404)) {
		c->checked_us = at_us; /* of what is not there the action says so */
		c->state = COMMAND_WAITING;
	} else if (is_first) {
		again(i, c);
	} else if (at_us > c->checked_us) {
		gave(i, c, attrs);
	} else {
		not_yet(i, c);
	}
	icinga_drop_answer(&i->acted);
}

/* --- what a look says ----------------------------------------------------------------------------- */

static bool is_there(const struct icinga *i, const struct icinga_command *c)
{
	struct picture_view view;

	picture_find(i->picture, c->ev.host, c->ev.service, &view);
	switch ((enum event_verb)c->ev.sub) {
	case EVENT_VERB_ACK: return view.acked && *c->ev.mark && strstr(view.ack_text, c->ev.mark);
	case EVENT_VERB_UNACK: return !view.acked;
	case EVENT_VERB_COMMENT: return picture_has_comment(i->picture, c->ev.mark);
	case EVENT_VERB_DOWNTIME: return picture_has_downtime(i->picture, c->ev.mark);
	case EVENT_VERB_DOWNTIME_CANCEL: return false;
	case EVENT_VERB_RECHECK: return true; /* a second one does no harm, but nobody needs it */
	}
	return false;
}

/* At each look while it is under way: one that began before may still have shown them. */
void icinga_command_claim(struct icinga *i)
{
	const struct icinga_command *c;

	LL_FOREACH (i->commands, c)
		if (c->ev.sub == EVENT_VERB_DOWNTIME_CANCEL && c->state != COMMAND_WAITING)
			picture_note_cancel(i->picture, c->ev.mark, c->ev.text);
}

/* It came behind: what we see is what became of it. */
static void looked(struct icinga *i, struct icinga_command *c)
{
	struct picture_view view;
	char why[256];

	if (is_there(i, c)) {
		end(i, c, EVENT_CODE_OK, "");
	} else if (c->is_doubtful) {
		c->is_doubtful = false;
		again(i, c);
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

	LL_FOREACH_SAFE (i->commands, c, next)
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

/* Somebody else has it: Icinga takes a second acknowledgement for a mistake, so the first goes. */
static bool takes_over(const struct icinga *i, const struct icinga_command *c)
{
	struct picture_view view;

	picture_find(i->picture, c->ev.host, c->ev.service, &view);
	return c->ev.sub == EVENT_VERB_ACK && view.acked;
}

/* When it was checked last, and what that gave. */
static bool ask_check(struct icinga *i, struct icinga_command *c)
{
	bool is_host = c->ev.kind == EVENT_HOST;
	json_t *name = is_host ? json_string(c->ev.host) : json_sprintf("%s!%s", c->ev.host, c->ev.service);
	json_t *body = json_pack("{s:[o], s:[s, s, s, s]}", is_host ? "hosts" : "services", name, "attrs", "state",
				 "last_check", "last_reachable", "last_check_result");

	if (body)
		i->acting = icinga_ask(i, ASK_QUERY, is_host ? "objects/hosts" : "objects/services", body, on_acted);
	c->state = COMMAND_ASKED;
	if (!i->acting)
		again(i, c);
	return i->acting != NULL;
}

/* Returns false when it is through without a request. */
static bool start(struct icinga *i, struct icinga_command *c)
{
	struct picture_view view;
	json_t *names = NULL, *body;
	char path[64];

	if (c->ev.sub == EVENT_VERB_RECHECK && (c->state == COMMAND_CHECKING || c->checked_us < 0))
		return ask_check(i, c);
	picture_find(i->picture, c->ev.host, c->ev.service, &view);
	if (c->ev.sub == EVENT_VERB_UNACK && !c->verb && !view.acked) {
		end(i, c, EVENT_CODE_NOT_ACKED, "");
		return false;
	}
	if (!c->verb)
		c->verb = takes_over(i, c) ? EVENT_VERB_UNACK : c->ev.sub;
	if (!icinga_action(c->verb)) {
		end(i, c, EVENT_CODE_REFUSED, EVENT_NO_SUCH_COMMAND);
		return false;
	}
	if (c->verb == EVENT_VERB_DOWNTIME_CANCEL) {
		names = picture_downtimes_of(i->picture, c->ev.mark, c->ev.text);
		if (!json_array_size(names)) {
			json_decref(names);
			end(i, c, EVENT_CODE_NO_DOWNTIME, "");
			return false;
		}
	}
	body = icinga_action_body(c->verb, &c->ev, names, i->now.wall_ms / 1000);
	json_decref(names);
	if (!body) {
		end(i, c, EVENT_CODE_REFUSED, "");
		return false;
	}
	snprintf(path, sizeof path, "actions/%s", icinga_action(c->verb));
	i->acting = icinga_ask(i, ASK_ACTION, path, body, on_acted);
	c->state = COMMAND_SENT;
	if (!i->acting)
		again(i, c);
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
	LL_FOREACH_SAFE (i->commands, c, next)
		if (is_to_start(c) && i->now.boot_ms >= c->at_ms && start(i, c))
			return;
}

void icinga_command_turn(struct icinga *i)
{
	struct icinga_command *c;

	if (!i->acted.is_there)
		return;
	LL_FOREACH (i->commands, c)
		if (c->state == COMMAND_SENT || c->state == COMMAND_ASKED) {
			if (c->state == COMMAND_SENT)
				judge(i, c);
			else
				checked(i, c);
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
	LL_FOREACH (i->commands, c)
		if (is_to_start(c) && c->at_ms < at)
			at = c->at_ms;
	return at;
}
