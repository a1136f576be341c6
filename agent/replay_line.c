/*
 * Lines of a nagios.log, and of Icinga 2's compat log. Called by replay.c and the fuzzer.
 * Must never read behind the line, whatever stands in it.
 */
#include "agent/replay_line.h"

#include <stdlib.h>
#include <string.h>

#define LATEST_S INT64_C(4102444800) /* 2100: what is later is nonsense */

/* The next field, up to `;`; "" when there is none left. */
static char *field(char **at)
{
	char *from = *at, *end = strchr(from, ';');

	if (end)
		*end = '\0';
	*at = end ? end + 1 : from + strlen(from);
	return from;
}

static bool take_number(const char *text, int64_t *out)
{
	char *end;
	long long n = strtoll(text, &end, 10);

	*out = n;
	return end != text && n >= 0 && n <= LATEST_S;
}

static int64_t number(char **at)
{
	int64_t n;

	return take_number(field(at), &n) ? n : 0;
}

static bool is_name(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= EVENT_NAME_MAX;
}

/* Host, and for a service its description. False: it has no such names. */
static bool take_names(struct log_line *l, char **at)
{
	l->host = field(at);
	if (l->object == EVENT_SERVICE)
		l->service = field(at);
	return is_name(l->host) && (l->object == EVENT_HOST || is_name(l->service));
}

static bool take_state(struct log_line *l, const char *word, size_t n)
{
	for (uint8_t k = 0; k <= (l->object == EVENT_HOST ? EVENT_UNREACHABLE : EVENT_UNKNOWN); k++) {
		const char *known = event_state_word(l->object, k);

		if (strlen(known) != n || strncmp(known, word, n) != 0)
			continue;
		l->state = k;
		return true;
	}
	return false;
}

/* --- kinds ------------------------------------------------------------------------------------------ */

/* "mx1;SMTP;CRITICAL;HARD;3;the output", where the output may hold anything. */
static bool take_result(struct log_line *l, char *at)
{
	const char *type;
	int64_t attempt;

	if (!take_names(l, &at))
		return false;
	type = field(&at);
	if (!take_state(l, type, strlen(type)))
		return false;
	type = field(&at);
	l->is_hard = !strcmp(type, "HARD");
	if (!l->is_hard && strcmp(type, "SOFT") != 0)
		return false;
	attempt = number(&at);
	l->attempt = (uint16_t)(attempt > UINT16_MAX ? UINT16_MAX : attempt);
	l->text = at;
	return true;
}

/* In a list of states. What was never checked is well to Nagios, broken to Icinga, with no word why. */
static bool take_listed(struct log_line *l, char *at)
{
	if (!take_result(l, at))
		return false;
	if (l->state && !l->is_hard && !*l->text) {
		l->state = 0;
		l->is_hard = true;
	}
	return true;
}

/* Icinga has words of its own for some. */
static const struct {
	const char *word;
	uint8_t number;
} reasons[] = {{"PROBLEM", 0},
	       {"RECOVERY", 0},
	       {"ACKNOWLEDGEMENT", 1},
	       {"FLAPPINGSTART", 2},
	       {"FLAPPINGSTOP", 3},
	       {"FLAPPINGEND", 3},
	       {"FLAPPINGDISABLED", 4},
	       {"DOWNTIMESTART", 5},
	       {"DOWNTIMEEND", 6},
	       {"DOWNTIMECANCELLED", 7},
	       {"DOWNTIMEREMOVED", 7},
	       {"CUSTOM", 8}};
#define REASON_ACK 1
#define N_REASONS (sizeof reasons / sizeof reasons[0])

static bool is_reason(struct log_line *l, const char *word, size_t n)
{
	for (size_t k = 0; k < N_REASONS; k++) {
		if (strlen(reasons[k].word) != n || strncmp(reasons[k].word, word, n) != 0)
			continue;
		l->reason = reasons[k].number;
		return true;
	}
	return false;
}

/*
 * "CRITICAL", or "ACKNOWLEDGEMENT (CRITICAL)". Icinga names no state of a service, "RECOVERY",
 * and a host's twice, "DOWN (DOWN)".
 */
static bool take_reason(struct log_line *l, const char *word)
{
	size_t n = strcspn(word, " ");
	const char *open = word + n;

	if (!is_reason(l, word, n) && !take_state(l, word, n))
		return false;
	if (*open)
		return !strncmp(open, " (", 2) && take_state(l, open + 2, strcspn(open + 2, ")"));
	l->is_stateless = l->reason != 0;
	return true; /* RECOVERY: to 0, as it stands there */
}

/* Icinga ends each with an author and a comment, also where it has none: "output;". */
static void drop_end(char *text)
{
	size_t n = strlen(text);

	if (n && text[n - 1] == ';')
		text[n - 1] = '\0';
}

static bool take_notification(struct log_line *l, char *at)
{
	l->author = field(&at);
	if (!is_name(l->author) || !take_names(l, &at) || !take_reason(l, field(&at)))
		return false;
	field(&at); /* the command */
	l->is_ack = l->reason == REASON_ACK;
	if (l->is_ack) {
		field(&at); /* the output */
		l->by = field(&at);
	} else {
		drop_end(at);
	}
	l->text = at;
	return true;
}

static bool take_flapping(struct log_line *l, char *at)
{
	const char *word;

	if (!take_names(l, &at))
		return false;
	word = field(&at);
	l->is_flapping = !strcmp(word, "STARTED");
	return l->is_flapping || !strcmp(word, "STOPPED") || !strcmp(word, "DISABLED");
}

static bool take_downtime(struct log_line *l, char *at)
{
	static const char *const words[] = {"STARTED", "STOPPED", "CANCELLED"};
	const char *word;

	if (!take_names(l, &at))
		return false;
	word = field(&at);
	for (int k = 0; k < 3; k++) {
		if (strcmp(words[k], word) != 0)
			continue;
		l->phase = (enum line_phase)k;
		l->is_one_of_many = !strncmp(at, " Checkable has", 14); /* as Icinga says it */
		return true;
	}
	return false;
}

/* --- commands ----------------------------------------------------------------------------------------- */

/* "2;0;1;author;comment"; with an end where the name says so. */
static bool take_ack(struct log_line *l, char *at)
{
	if (!take_names(l, &at))
		return false;
	l->flags = number(&at) == 2 ? EVENT_STICKY : 0;
	l->flags |= number(&at) ? EVENT_NOTIFY : 0;
	l->flags |= number(&at) ? EVENT_PERSISTENT : 0;
	if (l->to_s)
		l->to_s = number(&at);
	l->author = field(&at);
	l->text = at;
	return true;
}

static bool take_unack(struct log_line *l, char *at)
{
	return take_names(l, &at);
}

/* "start;end;fixed;trigger;duration;author;comment" */
static bool take_schedule(struct log_line *l, char *at)
{
	if (!take_names(l, &at))
		return false;
	l->from_s = number(&at);
	l->to_s = number(&at);
	l->flags = number(&at) ? EVENT_FIXED : 0;
	field(&at);
	l->duration_s = number(&at);
	l->author = field(&at);
	l->text = at;
	return l->from_s && l->to_s > l->from_s;
}

static bool take_delete_number(struct log_line *l, char *at)
{
	(void)at;
	l->is_numbered = true;
	return true;
}

/* "host[;service[;start[;comment]]]"; what is empty means any. */
static bool take_delete_host(struct log_line *l, char *at)
{
	l->host = field(&at);
	l->service = field(&at);
	l->object = *l->service ? EVENT_SERVICE : EVENT_HOST;
	l->from_s = number(&at);
	l->text = at;
	return is_name(l->host);
}

/* "group[;host[;service[;start[;comment]]]]" */
static bool take_delete_group(struct log_line *l, char *at)
{
	const char *group = field(&at);

	if (*at && *at != ';')
		return take_delete_host(l, at);
	l->host = group;
	field(&at);
	l->service = field(&at);
	l->from_s = number(&at);
	l->text = at;
	l->scope = SCOPE_HOSTGROUP_HOSTS;
	return is_name(l->host);
}

/* "start[;comment]" */
static bool take_delete_start(struct log_line *l, char *at)
{
	l->from_s = number(&at);
	l->text = at;
	return l->from_s || *l->text;
}

typedef bool take_fn(struct log_line *l, char *at);

static const struct {
	const char *name;
	take_fn *take;
	enum line_kind kind;
	uint8_t object;
	enum line_scope scope;
	uint8_t has_end;
} commands[] = {
    {"ACKNOWLEDGE_HOST_PROBLEM", take_ack, LINE_ACK, EVENT_HOST, SCOPE_OBJECT, 0},
    {"ACKNOWLEDGE_SVC_PROBLEM", take_ack, LINE_ACK, EVENT_SERVICE, SCOPE_OBJECT, 0},
    {"ACKNOWLEDGE_HOST_PROBLEM_EXPIRE", take_ack, LINE_ACK, EVENT_HOST, SCOPE_OBJECT, 1},
    {"ACKNOWLEDGE_SVC_PROBLEM_EXPIRE", take_ack, LINE_ACK, EVENT_SERVICE, SCOPE_OBJECT, 1},
    {"REMOVE_HOST_ACKNOWLEDGEMENT", take_unack, LINE_UNACK, EVENT_HOST, SCOPE_OBJECT, 0},
    {"REMOVE_SVC_ACKNOWLEDGEMENT", take_unack, LINE_UNACK, EVENT_SERVICE, SCOPE_OBJECT, 0},
    {"SCHEDULE_HOST_DOWNTIME", take_schedule, LINE_SCHEDULE, EVENT_HOST, SCOPE_OBJECT, 0},
    {"SCHEDULE_SVC_DOWNTIME", take_schedule, LINE_SCHEDULE, EVENT_SERVICE, SCOPE_OBJECT, 0},
    {"SCHEDULE_HOST_SVC_DOWNTIME", take_schedule, LINE_SCHEDULE, EVENT_HOST, SCOPE_HOST_SERVICES, 0},
    {"SCHEDULE_AND_PROPAGATE_HOST_DOWNTIME", take_schedule, LINE_SCHEDULE, EVENT_HOST, SCOPE_CHILDREN, 0},
    {"SCHEDULE_AND_PROPAGATE_TRIGGERED_HOST_DOWNTIME", take_schedule, LINE_SCHEDULE, EVENT_HOST,
     SCOPE_CHILDREN, 0},
    {"SCHEDULE_HOSTGROUP_HOST_DOWNTIME", take_schedule, LINE_SCHEDULE, EVENT_HOST,
     SCOPE_HOSTGROUP_HOSTS, 0},
    {"SCHEDULE_HOSTGROUP_SVC_DOWNTIME", take_schedule, LINE_SCHEDULE, EVENT_HOST,
     SCOPE_HOSTGROUP_SERVICES, 0},
    {"SCHEDULE_SERVICEGROUP_HOST_DOWNTIME", take_schedule, LINE_SCHEDULE, EVENT_HOST,
     SCOPE_SERVICEGROUP_HOSTS, 0},
    {"SCHEDULE_SERVICEGROUP_SVC_DOWNTIME", take_schedule, LINE_SCHEDULE, EVENT_HOST,
     SCOPE_SERVICEGROUP_SERVICES, 0},
    {"DEL_HOST_DOWNTIME", take_delete_number, LINE_DELETE, EVENT_HOST, SCOPE_OBJECT, 0},
    {"DEL_SVC_DOWNTIME", take_delete_number, LINE_DELETE, EVENT_SERVICE, SCOPE_OBJECT, 0},
    {"DEL_DOWNTIME_BY_HOST_NAME", take_delete_host, LINE_DELETE, EVENT_HOST, SCOPE_OBJECT, 0},
    {"DEL_DOWNTIME_BY_HOSTGROUP_NAME", take_delete_group, LINE_DELETE, EVENT_HOST, SCOPE_OBJECT, 0},
    {"DEL_DOWNTIME_BY_START_TIME_COMMENT", take_delete_start, LINE_DELETE, EVENT_HOST, SCOPE_OBJECT, 0},
};

static void take_command(struct log_line *l, char *at)
{
	const char *name = field(&at);

	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(commands[i].name, name) != 0)
			continue;
		l->object = commands[i].object;
		l->scope = commands[i].scope;
		l->to_s = commands[i].has_end;
		l->kind = commands[i].take(l, at) ? commands[i].kind : LINE_BROKEN;
		return;
	}
}

/* --- a line ---------------------------------------------------------------------------------------------- */

static const struct {
	const char *head;
	take_fn *take;
	enum line_kind kind;
	uint8_t object;
} heads[] = {
    {"SERVICE ALERT: ", take_result, LINE_ALERT, EVENT_SERVICE},
    {"HOST ALERT: ", take_result, LINE_ALERT, EVENT_HOST},
    {"CURRENT SERVICE STATE: ", take_listed, LINE_STATE, EVENT_SERVICE},
    {"CURRENT HOST STATE: ", take_listed, LINE_STATE, EVENT_HOST},
    {"INITIAL SERVICE STATE: ", take_listed, LINE_STATE, EVENT_SERVICE},
    {"INITIAL HOST STATE: ", take_listed, LINE_STATE, EVENT_HOST},
    {"SERVICE NOTIFICATION: ", take_notification, LINE_NOTIFICATION, EVENT_SERVICE},
    {"HOST NOTIFICATION: ", take_notification, LINE_NOTIFICATION, EVENT_HOST},
    {"SERVICE FLAPPING ALERT: ", take_flapping, LINE_FLAPPING, EVENT_SERVICE},
    {"HOST FLAPPING ALERT: ", take_flapping, LINE_FLAPPING, EVENT_HOST},
    {"SERVICE DOWNTIME ALERT: ", take_downtime, LINE_DOWNTIME, EVENT_SERVICE},
    {"HOST DOWNTIME ALERT: ", take_downtime, LINE_DOWNTIME, EVENT_HOST},
};

/* "Nagios 4.4.6 starting... (PID=7842)", "Naemon 1.4.1 starting...", "Successfully shutdown... (PID=7842)" */
static enum line_kind process_kind(const char *text)
{
	if (!strncmp(text, "Successfully shutdown", 21))
		return LINE_SHUTDOWN;
	if ((!strncmp(text, "Nagios ", 7) || !strncmp(text, "Naemon ", 7)) &&
	    strstr(text, " starting..."))
		return LINE_START;
	return LINE_OTHER;
}

static void take_body(struct log_line *l, char *text)
{
	static const char command[] = "EXTERNAL COMMAND: ";

	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		size_t n = strlen(heads[i].head);

		if (strncmp(text, heads[i].head, n) != 0)
			continue;
		l->object = heads[i].object;
		l->kind = heads[i].take(l, text + n) ? heads[i].kind : LINE_BROKEN;
		return;
	}
	if (!strncmp(text, command, sizeof command - 1))
		take_command(l, text + sizeof command - 1);
	else
		l->kind = process_kind(text);
}

int line_parse(char *text, struct log_line *out)
{
	char *end;

	*out = (struct log_line){
	    .kind = LINE_OTHER, .host = "", .service = "", .text = "", .author = "", .by = ""};
	if (text[0] != '[' || text[1] < '0' || text[1] > '9' || !take_number(text + 1, &out->at_s))
		return -1;
	end = text + 1 + strspn(text + 1, "0123456789");
	if (end[0] != ']' || end[1] != ' ')
		return -1;
	take_body(out, end + 2);
	return 0;
}
