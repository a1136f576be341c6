/*
 * `recheck`: a check that was ordered, and what it gave. Called by icinga_command.c.
 * Must never give an older result for an answer.
 */
#include "agent/icinga_command_internal.h"

#include "agent/icinga_json.h"

#include <string.h>

#define CHECK_MS 2000 /* between two looks for the result of a check */
#define CHECK_LOOKS 30 /* who asked is told of none after a minute */

/* When it was checked last, and what that gave. */
bool icinga_ask_check(struct icinga *i, struct icinga_command *c, http_done_fn *done)
{
	bool is_host = c->ev.kind == EVENT_HOST;
	json_t *name = is_host ? json_string(c->ev.host) : json_sprintf("%s!%s", c->ev.host, c->ev.service);
	json_t *body = json_pack("{s:[o], s:[s, s, s, s]}", is_host ? "hosts" : "services", name, "attrs", "state",
				 "last_check", "last_reachable", "last_check_result");

	if (body)
		i->acting = icinga_ask(i, ASK_QUERY, is_host ? "objects/hosts" : "objects/services", body, done);
	c->state = COMMAND_ASKED;
	if (!i->acting)
		icinga_again(i, c);
	return i->acting != NULL;
}

/* Icinga will check it; what that gives is another matter. */
void icinga_ordered(struct icinga *i, struct icinga_command *c)
{
	struct event ev = icinga_result_of(c);

	ev.flags = EVENT_MORE;
	c->state = COMMAND_CHECKING;
	c->at_ms = i->now.boot_ms + CHECK_MS;
	c->tries = 0;
	icinga_tell(i, &ev);
}

static void gave(struct icinga *i, struct icinga_command *c, const json_t *attrs)
{
	struct event ev = icinga_result_of(c);
	char text[EVENT_TEXT_MAX + 1];
	const char *output;
	size_t n = icinga_output(json_object_get(attrs, "last_check_result"), &output);

	memcpy(text, output, n);
	text[n] = '\0';
	ev.kind = c->ev.kind;
	ev.state = icinga_state(attrs, c->ev.kind);
	ev.text = text;
	icinga_say_last(i, c, &ev);
	icinga_wake(i);
}

/* Who asked hears by himself that there is no result yet. */
static void not_yet(struct icinga *i, struct icinga_command *c)
{
	if (++c->tries >= CHECK_LOOKS) {
		icinga_command_drop(i, c);
		return;
	}
	c->state = COMMAND_CHECKING;
	c->at_ms = i->now.boot_ms + CHECK_MS;
}

void icinga_checked(struct icinga *i, struct icinga_command *c)
{
	const json_t *results = json_object_get(i->acted.body, "results");
	const json_t *attrs = json_object_get(json_array_get(results, 0), "attrs");
	int64_t at_us = icinga_us(attrs, "last_check");
	bool is_first = c->checked_us < 0;

	if (is_first && i->acted.transport == TRANSPORT_ANSWERED && (attrs || i->acted.status == 404)) {
		c->checked_us = at_us; /* of what is not there the action says so */
		c->state = COMMAND_WAITING;
	} else if (is_first) {
		icinga_again(i, c);
	} else if (at_us > c->checked_us) {
		gave(i, c, attrs);
	} else {
		not_yet(i, c);
	}
	icinga_drop_answer(&i->acted);
}
