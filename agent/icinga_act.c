/*
 * Commands to an Icinga 2, put together and judged. Called by icinga_command.c.
 * Must never let a word of a stranger pass that the gate would not.
 */
#include "agent/icinga_act.h"

#include "agent/icinga_json.h"

#include <stdio.h>
#include <string.h>

const char *icinga_action(unsigned verb)
{
	switch ((enum event_verb)verb) {
	case EVENT_VERB_ACK: return "acknowledge-problem";
	case EVENT_VERB_UNACK: return "remove-acknowledgement";
	case EVENT_VERB_COMMENT: return "add-comment";
	case EVENT_VERB_DOWNTIME: return "schedule-downtime";
	case EVENT_VERB_DOWNTIME_CANCEL: return "remove-downtime";
	case EVENT_VERB_RECHECK: return "reschedule-check";
	}
	return NULL;
}

/* By name, never by a filter: that takes a permission more. */
static json_t *of_object(const struct event *cmd)
{
	if (cmd->kind == EVENT_HOST)
		return json_pack("{s:s, s:s}", "type", "Host", "host", cmd->host);
	return json_pack("{s:s, s:o}", "type", "Service", "service", json_sprintf("%s!%s", cmd->host, cmd->service));
}

void icinga_act_text(const struct event *cmd, char out[ICINGA_TEXT_BYTES])
{
	char text[GATE_TEXT_BYTES];
	size_t len = gate_clean(cmd->text, text, sizeof text, GATE_TEXT_CHARS);

	snprintf(out, ICINGA_TEXT_BYTES, "%s%s%s", text, len && *cmd->mark ? " " : "", cmd->mark);
}

void icinga_act_author(const struct event *cmd, char out[GATE_AUTHOR_BYTES])
{
	if (!gate_clean(cmd->author, out, GATE_AUTHOR_BYTES, GATE_AUTHOR_CHARS))
		memcpy(out, "twicket", sizeof "twicket");
}

static void add_text(json_t *body, const struct event *cmd)
{
	char text[ICINGA_TEXT_BYTES];

	icinga_act_text(cmd, text);
	json_object_set_new(body, "comment", json_string(text));
}

static void add_author(json_t *body, const struct event *cmd)
{
	char author[GATE_AUTHOR_BYTES];

	icinga_act_author(cmd, author);
	json_object_set_new(body, "author", json_string(author));
}

/*
 * Its end is ours alone: Icinga would end it late, with the next result, and an `ack 1h` that
 * renews an `ack 30m` at the time of the first.
 */
static void add_ack(json_t *body, const struct event *cmd)
{
	json_object_set_new(body, "sticky", json_boolean(cmd->flags & EVENT_STICKY));
	json_object_set_new(body, "notify", json_boolean(cmd->flags & EVENT_NOTIFY));
}

static void add_downtime(json_t *body, const struct event *cmd, int64_t now_s)
{
	json_object_set_new(body, "start_time", json_integer(now_s));
	json_object_set_new(body, "end_time", json_integer(cmd->until));
	json_object_set_new(body, "fixed", json_true());
	if (cmd->kind == EVENT_HOST)
		json_object_set_new(body, "all_services", json_true());
}

json_t *icinga_action_body(unsigned verb, const struct event *cmd, const json_t *names, int64_t now_s)
{
	json_t *body;

	if (*cmd->mark && !gate_mark_is_valid(cmd->mark))
		return NULL;
	if (verb == EVENT_VERB_DOWNTIME_CANCEL)
		body = json_pack("{s:s, s:O}", "type", "Downtime", "downtimes", names);
	else
		body = of_object(cmd);
	if (!body)
		return NULL;
	switch ((enum event_verb)verb) {
	case EVENT_VERB_ACK:
		add_author(body, cmd);
		add_text(body, cmd);
		add_ack(body, cmd);
		break;
	case EVENT_VERB_COMMENT:
	case EVENT_VERB_DOWNTIME:
		add_author(body, cmd);
		add_text(body, cmd);
		if (verb == EVENT_VERB_DOWNTIME)
			add_downtime(body, cmd, now_s);
		break;
	case EVENT_VERB_UNACK:
	case EVENT_VERB_DOWNTIME_CANCEL: add_author(body, cmd); break;
	case EVENT_VERB_RECHECK: json_object_set_new(body, "force", json_true()); break;
	}
	return body;
}

/* --- answers --------------------------------------------------------------------------------- */

#define CODE_MAX 999

/* The first result that is none, else the first; several only where several downtimes go. */
static const json_t *result_of(const json_t *body)
{
	const json_t *results = json_object_get(body, "results"), *result, *found = NULL;
	size_t k;

	json_array_foreach (results, k, result) {
		unsigned code = icinga_count(result, "code", CODE_MAX);

		if (!found || code < 200 || code > 299)
			found = result;
	}
	return found;
}

/* 409 is said for three reasons; the words tell which (lib/icinga/apiactions.cpp). */
static enum icinga_outcome conflict(const char *words)
{
	size_t n = strlen(words);

	if (strstr(words, "already acknowledged"))
		return ICINGA_TAKEN;
	if ((n > 7 && strcmp(words + n - 7, " is OK.") == 0) || (n > 7 && strcmp(words + n - 7, " is UP.") == 0))
		return ICINGA_OVER;
	return ICINGA_REFUSED;
}

enum icinga_outcome icinga_judge(enum transport transport, int status, const json_t *body, const char **why)
{
	const json_t *result = result_of(body), *results = json_object_get(body, "results");
	const char *words = json_string_value(json_object_get(result ? result : body, "status"));
	int code = result ? (int)icinga_count(result, "code", CODE_MAX) : status;

	*why = words ? words : "";
	if (transport == TRANSPORT_NOT_SENT)
		return ICINGA_AGAIN;
	if (transport == TRANSPORT_NO_ANSWER || (!body && status < 400))
		return ICINGA_DOUBT;
	if (code >= 200 && code <= 299 && result)
		return ICINGA_DONE;
	if (code == 404 || (status == 500 && results && !json_array_size(results)))
		return ICINGA_NOWHERE;
	if (code == 409)
		return conflict(*why);
	if (code == 401)
		*why = "Icinga 2 refuses our login";
	return code >= 500 || status >= 500 ? ICINGA_DOUBT : ICINGA_REFUSED;
}
