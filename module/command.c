/*
 * Runs the agent's commands: checked against the core's objects, built by gate.c.
 * Called by neb.c from the core's main loop; sees the core's headers through neb_compat.h.
 * Must never run anything but the commands of gate.h.
 */
#include "module/command.h"

#include <string.h>
#include <time.h>

#include "common/gate.h"
#include "module/object.h"
#include "module/recheck.h"
#include "module/sender.h"

static const char *running; /* the mark of the command under way */

const char *command_mark(void)
{
	return running;
}

static enum gate_command gate_of(unsigned verb, unsigned kind)
{
	int is_host = kind == EVENT_HOST;

	switch ((enum event_verb)verb) {
	case EVENT_VERB_ACK: return is_host ? GATE_ACK_HOST : GATE_ACK_SERVICE;
	case EVENT_VERB_UNACK: return is_host ? GATE_UNACK_HOST : GATE_UNACK_SERVICE;
	case EVENT_VERB_DOWNTIME: return is_host ? GATE_DOWNTIME_HOST : GATE_DOWNTIME_SERVICE;
	case EVENT_VERB_RECHECK: return is_host ? GATE_CHECK_HOST : GATE_CHECK_SERVICE;
	case EVENT_VERB_DOWNTIME_CANCEL: return is_host ? GATE_CANCEL_HOST : GATE_CANCEL_SERVICE;
	case EVENT_VERB_COMMENT: break;
	}
	return is_host ? GATE_COMMENT_HOST : GATE_COMMENT_SERVICE;
}

/* Returns EVENT_CODE_REFUSED when the gate lets it not through, else the core's own code. */
static int execute(const struct event *ev, const struct gate_order *order)
{
	char line[GATE_COMMAND_BYTES]; /* the core writes into it */
	int code;

	if (!gate_command(order, line, sizeof line))
		return EVENT_CODE_REFUSED;
	running = ev->mark;
	code = process_external_command1(line);
	running = NULL;
	return code >= 0 && code <= EVENT_CODE_CORE_MAX ? code : EVENT_CODE_CORE_MAX;
}

static struct gate_order order_of(const struct event *ev, enum gate_command command)
{
	time_t now = time(NULL);

	return (struct gate_order){
	    .command = command,
	    .time = now,
	    .from = now,
	    .until = ev->until,
	    .host = ev->host,
	    .service = ev->service,
	    .author = ev->author,
	    .text = ev->text,
	    .mark = ev->mark,
	    .is_sticky = !!(ev->flags & EVENT_STICKY),
	    .is_notifying = !!(ev->flags & EVENT_NOTIFY)};
}

/* Past its end, or where the core knows of no end: the agent takes it away. */
static enum gate_command ack_of(const struct event *ev)
{
	if (!COMPAT_ACKS_END || ev->until <= time(NULL))
		return gate_of(EVENT_VERB_ACK, ev->kind);
	return ev->kind == EVENT_HOST ? GATE_ACK_HOST_UNTIL : GATE_ACK_SERVICE_UNTIL;
}

static int execute_as(const struct event *ev, enum gate_command command)
{
	struct gate_order order = order_of(ev, command);

	return execute(ev, &order);
}

/* ---- downtimes ---- */

/* Of which incident: the tag that the mark begins with. */
static int has_our_tag(const char *text, const char *mark)
{
	char theirs[GATE_MARK_BYTES];

	gate_mark_of(text ? text : "", theirs);
	return *theirs && *mark && !strncmp(theirs, mark, strcspn(mark, ":") + 1);
}

static int has_mark(const char *text, const char *mark)
{
	char theirs[GATE_MARK_BYTES];

	gate_mark_of(text ? text : "", theirs);
	return *theirs && !strcmp(theirs, mark);
}

static const scheduled_downtime *find_ours(const struct event *ev)
{
	const scheduled_downtime *d = compat_first_downtime();

	while (d && !(*ev->text ? has_mark(d->comment, ev->text) : has_our_tag(d->comment, ev->mark)))
		d = compat_next_downtime(d);
	return d;
}

/* The core has no more of them than it says: one that it does not delete ends the walk. */
static int cancel_downtimes(const struct event *ev)
{
	const scheduled_downtime *d;
	unsigned long before = 0;
	int code = EVENT_CODE_NO_DOWNTIME;

	while ((d = find_ours(ev)) && d->downtime_id != before) {
		struct gate_order order = order_of(
		    ev, d->type == HOST_DOWNTIME ? GATE_CANCEL_HOST : GATE_CANCEL_SERVICE);

		before = d->downtime_id;
		order.id = before;
		code = execute(ev, &order);
		if (code != EVENT_CODE_OK)
			break;
	}
	return code;
}

/* ---- all of them ---- */

/* From the next second on: what was checked in this one may be from before. */
static int check_now(const struct event *ev)
{
	struct gate_order order = order_of(ev, gate_of(ev->sub, ev->kind));
	time_t now = (time_t)order.time;
	int code;

	order.from = now + 1;
	code = execute(ev, &order);
	if (code == EVENT_CODE_OK)
		recheck_add(ev, now);
	return code;
}

static int run(const struct event *ev)
{
	int code;

	switch ((enum event_verb)ev->sub) {
	case EVENT_VERB_DOWNTIME_CANCEL: return cancel_downtimes(ev);
	case EVENT_VERB_RECHECK: return check_now(ev);
	case EVENT_VERB_UNACK:
		code = execute_as(ev, gate_of(ev->sub, ev->kind));
		return code == EVENT_CODE_OK && *ev->text
			   ? execute_as(ev, gate_of(EVENT_VERB_COMMENT, ev->kind))
			   : code;
	case EVENT_VERB_DOWNTIME: /* the services first: the host's own event then means that all is done */
		code = ev->kind == EVENT_HOST ? execute_as(ev, GATE_DOWNTIME_SERVICES) : EVENT_CODE_OK;
		return code == EVENT_CODE_OK ? execute_as(ev, gate_of(ev->sub, ev->kind)) : code;
	case EVENT_VERB_ACK: return execute_as(ev, ack_of(ev));
	case EVENT_VERB_COMMENT: break;
	}
	return execute_as(ev, gate_of(ev->sub, ev->kind));
}

/* Why the core need not be asked at all. */
static const char *refusal(const struct event *ev, int *code)
{
	struct object object;

	*code = EVENT_CODE_REFUSED;
	if (ev->sub < EVENT_VERB_ACK || ev->sub > EVENT_VERB_RECHECK || ev->kind == EVENT_NONE)
		return EVENT_NO_SUCH_COMMAND;
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

static const char *words_of(int code)
{
	if (code == EVENT_CODE_OK)
		return "";
	if (code == EVENT_CODE_NO_DOWNTIME)
		return "no downtime of ours";
	return code == EVENT_CODE_REFUSED ? "author, text or mark not allowed" : "the core refused it";
}

void command_run(const struct event *ev)
{
	struct event result = {.type = EVENT_RESULT, .id = ev->id};
	int is_followed = ev->sub == EVENT_VERB_RECHECK && recheck_has_room();

	result.text = refusal(ev, &result.code);
	if (!result.text) {
		result.code = run(ev);
		result.text = words_of(result.code);
		if (result.code == EVENT_CODE_OK && is_followed)
			result.flags = EVENT_MORE;
	}
	sender_put(&result);
}
