/*
 * The program `check_twicket`: a plugin for the monitoring that twicket speaks for.
 * Started by the core as its own user; asks the agent for its status and nothing else.
 * It must never hang, and never call well what it could not ask.
 */
#include "agent/cli_control.h"
#include "agent/health.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MAX_S 300

struct plugin {
	char socket[4096];
	int timeout_s;
	bool verbose;
	struct health_limits limits;
};

static const char usage_text[] =
    "check_twicket " TWICKET_VERSION "\n"
    "Is twicket well: does it hear the core, can it post, does it read replies.\n"
    "\n"
    "Usage: check_twicket [-w RANGE] [-c RANGE] [options]\n"
    "\n"
    "  -w, --warning=RANGE     seconds that the oldest post has been on its way (600)\n"
    "  -c, --critical=RANGE    the same (3600)\n"
    "  --read=W,C              seconds since replies were read (300,1800)\n"
    "  --away=W,C              seconds since a core went away (60,300)\n"
    "  --budget=W,C            percent of a day's posts and a month's money (80,99)\n"
    "  --clock=W,C             seconds between this clock and a network's (30,240)\n"
    "  --denied=W,C            refused attempts within 10 min (5,0)\n"
    "  -r, --run-dir=DIR       where the agent's sockets are (" CLI_RUN_DIR ")\n"
    "  -t, --timeout=SECONDS   for the agent's answer (10)\n"
    "  -v, --verbose           the agent's whole answer behind it\n"
    "  -V, --version    -h, --help\n"
    "\n"
    "RANGE, W and C: 10 is an alarm above it, 10: below, 10:20 outside, @10:20 inside\n"
    "of it; 0 turns it off. Exit: 0 ok, 1 warning, 2 critical, 3 unknown (wrong\n"
    "usage). An agent that does not answer is critical. check_twicket(1)\n";

enum { OPTION_READ = 256, OPTION_AWAY, OPTION_BUDGET, OPTION_CLOCK, OPTION_DENIED };

static const struct option options[] = {
    {"warning", required_argument, NULL, 'w'}, {"critical", required_argument, NULL, 'c'},
    {"read", required_argument, NULL, OPTION_READ}, {"away", required_argument, NULL, OPTION_AWAY},
    {"budget", required_argument, NULL, OPTION_BUDGET},
    {"clock", required_argument, NULL, OPTION_CLOCK},
    {"denied", required_argument, NULL, OPTION_DENIED},
    {"run-dir", required_argument, NULL, 'r'}, {"timeout", required_argument, NULL, 't'},
    {"verbose", no_argument, NULL, 'v'}, {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};

static int unknown(const char *what, const char *value)
{
	printf("TWICKET UNKNOWN - %s: \"%.40s\"; check_twicket -h\n", what, value);
	return HEALTH_UNKNOWN;
}

static bool is(const char **at, char c)
{
	bool yes = **at == c;

	*at += yes;
	return yes;
}

static bool is_digit(const char *at)
{
	return *at >= '0' && *at <= '9';
}

static bool number(const char **at, int64_t *value)
{
	char *rest;

	if (!is_digit(*at))
		return false;
	errno = 0;
	*value = strtoll(*at, &rest, 10);
	*at = rest;
	return !errno && *value <= INT32_MAX;
}

/* [@][FROM:][TO], as the guidelines have it: FROM is 0 or, as ~, no end; TO that is not there is no end. */
static bool range(const char **at, struct health_range *r)
{
	bool is_open;

	*r = (struct health_range){.is_alarm_inside = is(at, '@'), .to = INT64_MAX};
	is_open = is(at, '~');
	if (is_open)
		r->from = INT64_MIN;
	else if (!number(at, &r->from))
		return false;
	if (is(at, ':'))
		return !is_digit(*at) || (number(at, &r->to) && r->from <= r->to);
	r->to = r->from;
	r->from = 0;
	return !is_open;
}

static bool one(const char *text, struct health_range *r)
{
	return range(&text, r) && !*text;
}

static bool pair(const char *text, struct health_limit *limit)
{
	return range(&text, &limit->warning) && is(&text, ',') && range(&text, &limit->critical) && !*text;
}

static bool seconds(const char *text, int *timeout_s)
{
	int64_t n = 0;
	bool ok = number(&text, &n) && !*text && n && n <= TIMEOUT_MAX_S;

	*timeout_s = (int)n;
	return ok;
}

static bool take(struct plugin *p, int option, const char *value)
{
	struct health_limits *l = &p->limits;

	switch (option) {
	case 'w': return one(value, &l->queue.warning);
	case 'c': return one(value, &l->queue.critical);
	case OPTION_READ: return pair(value, &l->read);
	case OPTION_AWAY: return pair(value, &l->away);
	case OPTION_BUDGET: return pair(value, &l->budget);
	case OPTION_CLOCK: return pair(value, &l->clock);
	case OPTION_DENIED: return pair(value, &l->denied);
	case 'r': return snprintf(p->socket, sizeof p->socket, "%s/control.sock", value) < (int)sizeof p->socket;
	case 't': return seconds(value, &p->timeout_s);
	case 'v': p->verbose = true; return true;
	}
	return false;
}

/* -1: go on. Else the exit code, all is said. */
static int read_options(struct plugin *p, int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "w:c:r:t:vVh", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage_text, stdout);
			return HEALTH_UNKNOWN; /* as the guidelines want it */
		}
		if (option == 'V') {
			puts("check_twicket " TWICKET_VERSION);
			return HEALTH_UNKNOWN;
		}
		if (option == '?')
			return unknown("no such option, or its value is missing", argv[optind - 1]);
		if (!take(p, option, optarg))
			return unknown("not a value that is meant there", optarg);
	}
	return optind < argc ? unknown("takes options only", argv[optind]) : -1;
}

static int report(const struct plugin *p, const json_t *status)
{
	enum health_level level;
	struct buf out;
	char *whole;

	buf_init(&out, 1u << 20);
	level = health_text(status, &p->limits, &out);
	fputs(buf_text(&out), stdout);
	whole = p->verbose ? json_dumps(status, JSON_INDENT(1) | JSON_ENSURE_ASCII) : NULL;
	for (char *s = whole; s && *s; s++) /* would begin performance data */
		putchar(*s == '|' ? '/' : *s);
	if (whole)
		putchar('\n');
	free(whole);
	buf_finish(&out);
	return (int)level;
}

/* The reason may come from a file that the agent left, or from anybody who answers there. */
static int complain(const char *why)
{
	struct buf out, text;

	buf_init(&text, 4096);
	buf_init(&out, 1u << 16);
	buf_printf(&text, "%s (systemctl status twicketd)", why);
	health_line(HEALTH_CRITICAL, buf_text(&text), &out);
	fputs(buf_text(&out), stdout);
	buf_finish(&text);
	buf_finish(&out);
	return HEALTH_CRITICAL;
}

int main(int argc, char **argv)
{
	struct plugin p = {.socket = CLI_RUN_DIR "/control.sock", .timeout_s = 10, .limits = health_defaults};
	struct control_question question = {.path = p.socket, .max = CONTROL_ANSWER_MAX};
	json_t *request, *status = NULL;
	struct err err = {{0}};
	int rc = read_options(&p, argc, argv);

	if (rc != -1)
		return rc;
	question.timeout_ms = p.timeout_s * 1000;
	request = json_pack("{s:s}", "do", "status");
	rc = cli_control_ask(&question, request, &status, &err) == CLI_DONE ? report(&p, status) : complain(err.text);
	json_decref(status);
	json_decref(request);
	return rc;
}
