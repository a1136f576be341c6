/*
 * Lines of a nagios.log, and of Icinga 2's compat log: what each says, and what makes no sense. Run by make check.
 */
#include "agent/replay_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* The fields as one text, so that a table can hold them. */
static void show(const struct log_line *l, char *out, size_t size)
{
	static const char *const kinds[] = {"other", "broken", "alert", "state", "notification", "flapping",
					    "downtime", "ack", "unack", "schedule", "delete", "start", "shutdown"};
	static const char *const phases[] = {"started", "stopped", "cancelled"};
	static const char *const scopes[] = {"", " services", " children", " hg-hosts", " hg-services", " sg-hosts",
					     " sg-services"};
	size_t n = (size_t)snprintf(out, size, "%lld %s", (long long)l->at_s, kinds[l->kind]);

	if (*l->host)
		n += (size_t)snprintf(out + n, size - n, " [%s][%s]", l->host, l->service);
	if (l->kind == LINE_ALERT || l->kind == LINE_STATE)
		n += (size_t)snprintf(out + n, size - n, " %s %s %u", event_state_word(l->object, l->state),
				      l->is_hard ? "hard" : "soft", l->attempt);
	if (l->kind == LINE_NOTIFICATION)
		n += (size_t)snprintf(out + n, size - n, " %s %u to %s%s%s",
				      l->is_stateless ? "any" : event_state_word(l->object, l->state), l->reason, l->author,
				      l->is_ack ? " ack by " : "", l->by);
	if (l->kind == LINE_FLAPPING)
		n += (size_t)snprintf(out + n, size - n, " %s", l->is_flapping ? "on" : "off");
	if (l->kind == LINE_DOWNTIME)
		n += (size_t)snprintf(out + n, size - n, " %s%s", phases[l->phase], l->is_one_of_many ? " one" : "");
	if (l->kind == LINE_ACK)
		n += (size_t)snprintf(out + n, size - n, "%s%s by %s until %lld", l->flags & EVENT_STICKY ? " sticky" : "",
				      l->flags & EVENT_NOTIFY ? " notify" : "", l->author, (long long)l->to_s);
	if (l->kind == LINE_SCHEDULE)
		n += (size_t)snprintf(out + n, size - n, "%s %lld-%lld%s by %s", scopes[l->scope], (long long)l->from_s,
				      (long long)l->to_s, l->flags & EVENT_FIXED ? " fixed" : "", l->author);
	if (l->kind == LINE_DELETE)
		n += (size_t)snprintf(out + n, size - n, "%s%s from %lld", l->is_numbered ? " by number" : "",
				      scopes[l->scope], (long long)l->from_s);
	if (*l->text)
		snprintf(out + n, size - n, ": %s", l->text);
}

static const struct {
	const char *line, *shown; /* shown NULL: no line of such a log */
} lines[] = {
    {"[1795327178] SERVICE ALERT: mx1;SMTP;CRITICAL;HARD;3;from; the test",
     "1795327178 alert [mx1][SMTP] CRITICAL hard 3: from; the test"},
    {"[1795327178] SERVICE ALERT: mx1;Disk Space;OK;SOFT;2;", "1795327178 alert [mx1][Disk Space] OK soft 2"},
    {"[1] HOST ALERT: mx1;UNREACHABLE;HARD;1;PING", "1 alert [mx1][] UNREACHABLE hard 1: PING"},
    {"[1] CURRENT HOST STATE: mx1;UP;HARD;1;OK - up", "1 state [mx1][] UP hard 1: OK - up"},
    {"[1] INITIAL SERVICE STATE: mx1;SMTP;UNKNOWN;HARD;1;?", "1 state [mx1][SMTP] UNKNOWN hard 1: ?"},
    {"[1] SERVICE NOTIFICATION: oncall;mx1;SMTP;CRITICAL;page;disk; full",
     "1 notification [mx1][SMTP] CRITICAL 0 to oncall: disk; full"},
    {"[1] HOST NOTIFICATION: oncall;mx1;FLAPPINGSTART (DOWN);page;x",
     "1 notification [mx1][] DOWN 2 to oncall: x"},
    {"[1] SERVICE NOTIFICATION: oncall;mx1;SMTP;ACKNOWLEDGEMENT (WARNING);page;out;alice;on it; soon",
     "1 notification [mx1][SMTP] WARNING 1 to oncall ack by alice: on it; soon"},
    {"[1] SERVICE FLAPPING ALERT: mx1;SMTP;STARTED; Service appears", "1 flapping [mx1][SMTP] on"},
    {"[1] HOST FLAPPING ALERT: mx1;DISABLED; Flap detection", "1 flapping [mx1][] off"},
    {"[1] HOST DOWNTIME ALERT: mx1;STARTED; Host has", "1 downtime [mx1][] started"},
    {"[1] SERVICE DOWNTIME ALERT: mx1;SMTP;CANCELLED; x", "1 downtime [mx1][SMTP] cancelled"},
    {"[1] EXTERNAL COMMAND: ACKNOWLEDGE_SVC_PROBLEM;mx1;SMTP;2;1;0;alice;on it; now",
     "1 ack [mx1][SMTP] sticky notify by alice until 0: on it; now"},
    {"[1] EXTERNAL COMMAND: ACKNOWLEDGE_HOST_PROBLEM_EXPIRE;mx1;1;0;1;1795327178;bob;x",
     "1 ack [mx1][] by bob until 1795327178: x"},
    {"[1] EXTERNAL COMMAND: REMOVE_SVC_ACKNOWLEDGEMENT;mx1;SMTP", "1 unack [mx1][SMTP]"},
    {"[1] EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;mx1;100;200;1;0;100;bob;new; kernel",
     "1 schedule [mx1][] 100-200 fixed by bob: new; kernel"},
    {"[1] EXTERNAL COMMAND: SCHEDULE_SVC_DOWNTIME;mx1;SMTP;100;200;0;0;50;bob;x",
     "1 schedule [mx1][SMTP] 100-200 by bob: x"},
    {"[1] EXTERNAL COMMAND: SCHEDULE_HOSTGROUP_SVC_DOWNTIME;mail;100;200;1;0;100;bob;x",
     "1 schedule [mail][] hg-services 100-200 fixed by bob: x"},
    {"[1] EXTERNAL COMMAND: SCHEDULE_AND_PROPAGATE_HOST_DOWNTIME;mx1;100;200;1;0;100;bob;x",
     "1 schedule [mx1][] children 100-200 fixed by bob: x"},
    {"[1] EXTERNAL COMMAND: DEL_SVC_DOWNTIME;42", "1 delete by number from 0"},
    {"[1] EXTERNAL COMMAND: DEL_DOWNTIME_BY_HOST_NAME;mx1;SMTP;100;x", "1 delete [mx1][SMTP] from 100: x"},
    {"[1] EXTERNAL COMMAND: DEL_DOWNTIME_BY_HOST_NAME;mx1", "1 delete [mx1][] from 0"},
    {"[1] EXTERNAL COMMAND: DEL_DOWNTIME_BY_HOSTGROUP_NAME;mail", "1 delete [mail][] hg-hosts from 0"},
    {"[1] EXTERNAL COMMAND: DEL_DOWNTIME_BY_HOSTGROUP_NAME;mail;mx1;;100", "1 delete [mx1][] from 100"},
    {"[1] EXTERNAL COMMAND: DEL_DOWNTIME_BY_START_TIME_COMMENT;100;x", "1 delete from 100: x"},
    {"[1] Nagios 4.4.6 starting... (PID=7842)", "1 start"},
    {"[1] Naemon 1.4.1 starting... (PID=3)", "1 start"},
    {"[1] Successfully shutdown... (PID=7842)", "1 shutdown"},
    {"[1] LOG ROTATION: DAILY", "1 other"},
    {"[1] EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;mx1;SMTP;0;ok", "1 other"},
    {"[1] ", "1 other"},
    /* Icinga 2's compat log */
    {"[1] HOST NOTIFICATION: oncall;gw1;DOWN (DOWN);page;gone;", "1 notification [gw1][] DOWN 0 to oncall: gone"},
    {"[1] HOST NOTIFICATION: oncall;gw1;RECOVERY (UP);page;back;", "1 notification [gw1][] UP 0 to oncall: back"},
    {"[1] SERVICE NOTIFICATION: oncall;mx1;SMTP;CRITICAL;page;a; b;",
     "1 notification [mx1][SMTP] CRITICAL 0 to oncall: a; b"},
    {"[1] SERVICE NOTIFICATION: oncall;mx1;SMTP;RECOVERY;page;fine;",
     "1 notification [mx1][SMTP] OK 0 to oncall: fine"},
    {"[1] SERVICE NOTIFICATION: oncall;mx1;SMTP;DOWNTIMEEND;page;fine;",
     "1 notification [mx1][SMTP] any 6 to oncall: fine"},
    {"[1] SERVICE NOTIFICATION: oncall;mx1;SMTP;FLAPPINGEND;page;fine;",
     "1 notification [mx1][SMTP] any 3 to oncall: fine"},
    {"[1] SERVICE NOTIFICATION: oncall;mx1;SMTP;ACKNOWLEDGEMENT;page;refused;carol;mine; all mine",
     "1 notification [mx1][SMTP] any 1 to oncall ack by carol: mine; all mine"},
    {"[1] HOST NOTIFICATION: oncall;gw1;ACKNOWLEDGEMENT (DOWN);page;gone;carol;mine",
     "1 notification [gw1][] DOWN 1 to oncall ack by carol: mine"},
    {"[1] CURRENT HOST STATE: mx1;DOWN;SOFT;1;", "1 state [mx1][] UP hard 1"},
    {"[1] CURRENT SERVICE STATE: mx1;SMTP;UNKNOWN;SOFT;1;", "1 state [mx1][SMTP] OK hard 1"},
    {"[1] CURRENT SERVICE STATE: mx1;SMTP;UNKNOWN;SOFT;1;?", "1 state [mx1][SMTP] UNKNOWN soft 1: ?"},
    {"[1] SERVICE ALERT: mx1;SMTP;UNKNOWN;SOFT;1;", "1 alert [mx1][SMTP] UNKNOWN soft 1"},
    {"[1] HOST DOWNTIME ALERT: gw1;STARTED; Checkable has entered a period of scheduled downtime.",
     "1 downtime [gw1][] started one"},
    {"[1] SERVICE DOWNTIME ALERT: mx1;SMTP;CANCELLED; Scheduled downtime for service has been cancelled.",
     "1 downtime [mx1][SMTP] cancelled"},
    {"[1] LOG VERSION: 2.0", "1 other"},
    /* of a kind that we know, without sense */
    {"[1] HOST NOTIFICATION: oncall;gw1;DOWN (CRITICAL);page;gone;", "1 broken [gw1][]"},
    {"[1] SERVICE NOTIFICATION: oncall;mx1;SMTP;RECOVERED;page;x;", "1 broken [mx1][SMTP]"},
    {"[1] SERVICE ALERT: mx1;SMTP;BROKEN;HARD;3;x", "1 broken [mx1][SMTP]"},
    {"[1] SERVICE ALERT: mx1;SMTP;CRITICAL;FIRM;3;x", "1 broken [mx1][SMTP]"},
    {"[1] SERVICE ALERT: mx1", "1 broken [mx1][]"},
    {"[1] HOST ALERT: ;UP;HARD;1;x", "1 broken"},
    {"[1] HOST ALERT: mx1;CRITICAL;HARD;1;x", "1 broken [mx1][]"},
    {"[1] SERVICE NOTIFICATION: oncall;mx1;SMTP;SOMETHING (CRITICAL);page;x", "1 broken [mx1][SMTP]"},
    {"[1] HOST DOWNTIME ALERT: mx1;PAUSED; x", "1 broken [mx1][]"},
    {"[1] EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;mx1;200;100;1;0;100;bob;x", "1 broken [mx1][]: x"},
    {"[1] EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;mx1;-5;99999999999999999999;1;0;1;b;x", "1 broken [mx1][]: x"},
    /* no such log */
    {"", NULL},
    {"Nov 21 03:12:04 mon1 nagios: SERVICE ALERT: x", NULL},
    {"[nagios] x", NULL},
    {"[1795327178]x", NULL},
    {"[1795327178", NULL},
    {"[-1] x", NULL},
    {"[9999999999999] x", NULL},
    {"[ 1] x", NULL},
};

static void test_lines(void **state)
{
	char copy[400], shown[800];
	struct log_line l;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		snprintf(copy, sizeof copy, "%s", lines[i].line);
		if (line_parse(copy, &l) == -1) {
			if (lines[i].shown)
				fail_msg("%s: refused", lines[i].line);
			continue;
		}
		shown[0] = '\0';
		show(&l, shown, sizeof shown);
		if (!lines[i].shown || strcmp(shown, lines[i].shown) != 0)
			fail_msg("%s\n%s", lines[i].line, shown);
	}
}

static void test_long_names(void **state)
{
	char line[3000] = "[1] HOST ALERT: ", *at = line + strlen(line);
	struct log_line l;

	(void)state;
	memset(at, 'x', EVENT_NAME_MAX + 1);
	snprintf(at + EVENT_NAME_MAX + 1, 40, ";UP;HARD;1;x");
	assert_int_equal(line_parse(line, &l), 0);
	assert_int_equal(l.kind, LINE_BROKEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines), cmocka_unit_test(test_long_names)};

	return cmocka_run_group_tests_name("replay_line", tests, NULL, NULL);
}
