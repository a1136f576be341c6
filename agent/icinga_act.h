/*
 * Commands in Icinga 2's words: an EVENT_COMMAND as an action of its API, and what the answer
 * to it means. Pure (source: Icinga 2's API documentation, "Actions"; answers as measured).
 */
#ifndef TWICKET_ICINGA_ACT_H
#define TWICKET_ICINGA_ACT_H

#include "common/event.h"
#include "common/gate.h"
#include "notifiers/notifier.h"

#include <jansson.h>

/* The action of a verb: "acknowledge-problem". For an ACK that takes over, UNACK's comes first. */
const char *icinga_action(unsigned verb);

/*
 * The body of that action. names: of the downtimes to cancel, DOWNTIME_CANCEL only. now_s: when.
 * A new reference; NULL: what the command says may not pass, or no memory.
 */
json_t *icinga_action_body(unsigned verb, const struct event *cmd, const json_t *names, int64_t now_s);

/* What Icinga is given as text and as author: no more than the gate lets through. */
#define ICINGA_TEXT_BYTES (GATE_TEXT_BYTES + GATE_MARK_BYTES)
void icinga_act_text(const struct event *cmd, char out[ICINGA_TEXT_BYTES]);
void icinga_act_author(const struct event *cmd, char out[GATE_AUTHOR_BYTES]);

enum icinga_outcome {
	ICINGA_DONE,
	ICINGA_OVER,	/* no problem any more */
	ICINGA_TAKEN,	/* acknowledged by somebody already */
	ICINGA_NOWHERE, /* no such object, or not permitted: Icinga says the same of both */
	ICINGA_REFUSED, /* reason in Icinga's words */
	ICINGA_AGAIN,	/* nothing was accepted: may be repeated */
	ICINGA_DOUBT	/* it may have happened: look before repeating */
};

/* body: the answer's JSON, NULL: none. why: Icinga's words or ours, borrowed from both. */
enum icinga_outcome icinga_judge(enum transport transport, int status, const json_t *body, const char **why);

#endif
