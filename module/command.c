/*
 * Runs the agent's commands: checked against the core's objects, built by gate.c.
 * Called by neb.c from the core's main loop; sees the core's headers through neb_compat.h.
 * Must never run anything but the six commands of gate.h.
 */
#include "module/command.h"

#include <time.h>

#include "module/gate.h"
#include "module/object.h"
#include "module/sender.h"

static const char *running; /* the mark of the command under way */

const char *command_mark(void)
{
	return running;
}

static void reply(const struct event *ev, int code, const char *reason)
{
	struct event result = {.type = EVENT_RESULT, .id = ev->id, .code = code, .text = reason};

	sender_put(&result);
}

static enum gate_command gate_of(unsigned verb, unsigned kind)
{
	int is_host = kind == EVENT_HOST;

	switch ((enum event_verb)verb) {
	case EVENT_VERB_ACK: return is_host ? GATE_ACK_HOST : GATE_ACK_SERVICE;
	case EVENT_VERB_UNACK: return is_host ? GATE_UNACK_HOST : GATE_UNACK_SERVICE;
	case EVENT_VERB_COMMENT: break;
	}
	return is_host ? GATE_COMMENT_HOST : GATE_COMMENT_SERVICE;
}

/* Returns EVENT_CODE_REFUSED when the gate lets it not through, else the core's own code. */
static int execute(const struct event *ev, unsigned verb)
{
	char line[GATE_COMMAND_BYTES]; /* the core writes into it */
	struct gate_order order = {
	    .command = gate_of(verb, ev->kind),
	    .time = time(NULL),
	    .host = ev->host,
	    .service = ev->service,
	    .author = ev->author,
	    .text = ev->text,
	    .mark = ev->mark,
	    .is_sticky = !!(ev->flags & EVENT_STICKY),
	    .is_notifying = !!(ev->flags & EVENT_NOTIFY)};
	int code;

	if (!gate_command(&order, line, sizeof line))
		return EVENT_CODE_REFUSED;
	running = ev->mark;
	code = process_external_command1(line);
	running = NULL;
	return code >= 0 && code <= EVENT_CODE_CORE_MAX ? code : EVENT_CODE_CORE_MAX;
}

/* Why the core need not be asked at all. */
static const char *refusal(const struct event *ev, int *code)
{
	struct object object;

	*code = EVENT_CODE_REFUSED;
	if (ev->sub < EVENT_VERB_ACK || ev->sub > EVENT_VERB_COMMENT || ev->kind == EVENT_NONE)
		return "no such command";
	if (!gate_name_is_safe(ev->host) ||
	    (ev->kind == EVENT_SERVICE && !gate_name_is_safe(ev->service)))
		return "name not allowed";
	object = object_find(ev->kind, ev->host, ev->service);
	*code = EVENT_CODE_UNKNOWN_OBJECT;
	if (!object_exists(&object))
		return "no such object";
	*code = EVENT_CODE_NOT_A_PROBLEM;
	if (ev->sub == EVENT_VERB_ACK && !object_state(&object))
		return "not a problem";
	*code = EVENT_CODE_NOT_ACKED;
	if (ev->sub == EVENT_VERB_UNACK && !object_is_acked(&object))
		return "not acknowledged";
	return NULL;
}

void command_run(const struct event *ev)
{
	const char *reason;
	int code;

	if ((reason = refusal(ev, &code))) {
		reply(ev, code, reason);
		return;
	}
	code = execute(ev, ev->sub);
	if (code == EVENT_CODE_OK && ev->sub == EVENT_VERB_UNACK && *ev->text)
		code = execute(ev, EVENT_VERB_COMMENT);
	if (code == EVENT_CODE_REFUSED)
		reply(ev, code, "author, text or mark not allowed");
	else
		reply(ev, code, code ? "the core refused it" : "");
}
