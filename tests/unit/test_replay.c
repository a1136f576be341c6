/*
 * Old logs, played to a rehearsal: what would have been posted, and what is counted.
 * Objects and audiences stand in tests/replay. Run by make check.
 */
#include "agent/cli_replay.h"
#include "agent/replay_cache.h"
#include "tests/unit/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- a log, and what comes of it --------------------------------------------------------------------- */

/* Times are seconds since Saturday, 28 November 2026, 12:00 UTC: "@60 text" is a line. */
#define NOON 1795867200

struct play {
	const char *name, *config, *log;
	const char *posts, *events; /* NULL: not looked at */
	struct replay_facts facts; /* lines, broken, changes, problems, open, strangers, unnamed are compared */
};

struct stage {
	const struct config *config;
	struct replay *replay;
	struct buf posts, events;
};

static struct object *on_object(void *arg, unsigned kind, const char *host, const char *service)
{
	struct stage *s = arg;

	return replay_object(s->replay, kind, host, service);
}

static bool wants_words(void *arg, unsigned audience, unsigned account)
{
	(void)arg;
	(void)audience;
	(void)account;
	return true;
}

/* "12:02:00 public: the text / its second line", without the tag. X says the same. */
static void on_post(void *arg, const struct rehearsed *post)
{
	struct stage *s = arg;
	int64_t t = post->at_ms / 1000 - NOON + 12 * 3600;

	if (s->config->accounts[post->account].is_metered)
		return;
	buf_printf(
	    &s->posts, "%02d:%02d:%02d %s%s: ", (int)(t / 3600), (int)(t / 60 % 60), (int)(t % 60),
	    post->root ? "" : "  ", s->config->audiences[post->audience].name);
	for (const char *at = post->text; *at && strncmp(at, "\n#T", 3) != 0; at++)
		buf_str(&s->posts, *at == '\n' ? " / " : (char[2]){*at, '\0'});
	buf_char(&s->posts, '\n');
}

static void put_flags(uint32_t flags, struct buf *out)
{
	static const struct {
		uint32_t flag;
		const char *word;
	} words[] = {
	    {EVENT_HARD, "hard"},	   {EVENT_ACKED, "acked"},	     {EVENT_STICKY, "sticky"},
	    {EVENT_FLAPS, "flaps"},	   {EVENT_IN_DOWNTIME, "in-downtime"}, {EVENT_NOTIFY, "notify"},
	    {EVENT_CANCELLED, "cancelled"}, {EVENT_FIXED, "fixed"},	     {EVENT_HOST_DOWN, "host-down"}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (flags & words[i].flag)
			buf_printf(out, " %s", words[i].word);
}

static void on_event(void *arg, const struct event *ev)
{
	static const char *const subs[] = {"", " add", " start", " stop", " delete"};
	struct stage *s = arg;
	struct buf *out = &s->events;

	buf_printf(out, "@%d %s", (int)(ev->time_us / 1000000 - NOON), event_type_name(ev->type));
	if (*ev->host)
		buf_printf(out, " %s%s%s", ev->host, *ev->service ? "/" : "", ev->service);
	if (ev->type == EVENT_DOWNTIME)
		buf_printf(
		    out, "%s #%u %d-%d others %d", subs[ev->sub], ev->id, (int)(ev->since ? ev->since - NOON : 0),
		    (int)(ev->until ? ev->until - NOON : 0), ev->code);
	if (ev->type == EVENT_STATE || ev->type == EVENT_OBJECT || ev->type == EVENT_NOTIFIED)
		buf_printf(out, " %s", event_state_word(ev->kind, ev->state));
	put_flags(ev->flags, out);
	if (*ev->author)
		buf_printf(out, " by %s", ev->author);
	buf_char(out, '\n');
}

/* "@60 text" -> "[1795867260] text" */
static void feed(struct replay *r, const char *log)
{
	char line[600];
	struct err err;

	replay_file(r, "test.log");
	while (*log) {
		char *end;
		long at = strtol(log + 1, &end, 10);
		size_t n = strcspn(end, "\n");

		snprintf(line, sizeof line, "[%ld]%.*s\n", NOON + at, (int)n, end);
		assert_int_equal(replay_feed(r, line, strlen(line), &err), 0);
		log = end + n + (end[n] == '\n');
	}
	assert_int_equal(replay_file_end(r, &err), 0);
	replay_end(r);
}

static struct config *load(const char *name)
{
	struct config_report report = {.n = 0};
	struct config *c;
	char path[200];

	snprintf(path, sizeof path, TWICKET_TEST_DATA "/replay/%s", name);
	c = config_load(path, &report);
	if (!c)
		fail_msg("%s: %s", path, report.n ? report.at[0].text : "?");
	config_report_finish(&report);
	return c;
}

static void compare(const struct play *p, const struct stage *s)
{
	struct replay_facts f;

	if (p->posts && strcmp(buf_text(&s->posts), p->posts) != 0)
		fail_msg("%s:\n%s", p->name, buf_text(&s->posts));
	if (p->events && strcmp(buf_text(&s->events), p->events) != 0)
		fail_msg("%s:\n%s", p->name, buf_text(&s->events));
	replay_facts(s->replay, &f);
	if (f.broken != p->facts.broken || f.changes != p->facts.changes || f.problems != p->facts.problems ||
	    f.open != p->facts.open || f.strangers != p->facts.strangers || f.unnamed != p->facts.unnamed)
		fail_msg(
		    "%s: broken %d changes %d problems %d open %u strangers %u unnamed %u", p->name, (int)f.broken,
		    (int)f.changes, (int)f.problems, f.open, f.strangers, f.unnamed);
}

static void run(const struct play *p, struct world *world)
{
	struct config *config = load(p->config ? p->config : "site.cfg");
	struct stage s = {.config = config, .replay = replay_create(world)};
	struct rehearsal_order order = {
	    .config = config,
	    .node = "log",
	    .arg = &s,
	    .object = on_object,
	    .post = on_post,
	    .wants_words = wants_words};
	struct err err = {""};
	struct rehearsal *r;

	buf_init(&s.posts, 1u << 20);
	buf_init(&s.events, 1u << 20);
	r = rehearsal_create(&order, 0, &err);
	if (!r)
		fail_msg("%s: %s", p->name, err.text);
	assert_int_equal(replay_add(s.replay, r), 0);
	replay_listen(s.replay, on_event, &s);
	feed(s.replay, p->log);
	compare(p, &s);
	rehearsal_destroy(r);
	replay_destroy(s.replay);
	buf_finish(&s.posts);
	buf_finish(&s.events);
	config_discard(config);
}

#define START "@0 Nagios 4.4.6 starting... (PID=1)\n"
#define SMTP "mx1;SMTP;"

static const struct play plays[] = {
    {.name = "a short one",
     .log = START "@10 SERVICE ALERT: " SMTP "CRITICAL;SOFT;1;no answer\n"
		  "@70 SERVICE ALERT: " SMTP "CRITICAL;HARD;3;no answer\n"
		  "@130 SERVICE ALERT: " SMTP "OK;HARD;3;fine\n"
		  "@900 LOG ROTATION: DAILY\n",
     .posts =
	     "12:01:25 operators: 🔴 mx1/SMTP CRITICAL since 12:01 / no answer\n"
	     "12:03:40   operators: 🟢 mx1/SMTP OK since 12:02, after 1 min / fine\n",
     .events =
	     "@0 SNAP_BEGIN\n"
	     "@10 SNAP_END\n"
	     "@10 STATE mx1/SMTP CRITICAL\n"
	     "@70 STATE mx1/SMTP CRITICAL hard\n"
	     "@130 STATE mx1/SMTP OK hard\n",
     .facts = {.changes = 3, .problems = 1}},
    {.name = "a long one",
     .log = START "@0 SERVICE ALERT: " SMTP "CRITICAL;HARD;3;no answer\n"
		  "@2520 SERVICE ALERT: " SMTP "OK;HARD;3;fine\n"
		  "@4000 LOG ROTATION: DAILY\n",
     .posts =
	     "12:00:15 operators: 🔴 mx1/SMTP CRITICAL since 12:00 / no answer\n"
	     "12:02:00 public: 🔴 E-mail: disruption since 12:00. News follows in this thread.\n"
	     "12:30:15   operators: 🔴 mx1/SMTP still CRITICAL, 30 min, nobody has it / no answer\n"
	     "12:43:30   operators: 🟢 mx1/SMTP OK since 12:42, after 42 min / fine\n"
	     "12:44:00   public: 🟢 E-mail: working again since 12:42. Disrupted for 42 min, from 12:00.\n",
     .events =
	     "@0 SNAP_BEGIN\n"
	     "@0 SNAP_END\n"
	     "@0 STATE mx1/SMTP CRITICAL hard\n"
	     "@2520 STATE mx1/SMTP OK hard\n",
     .facts = {.changes = 2, .problems = 1}},
    {.name = "what is bad at the beginning",
     .log = START "@1 CURRENT HOST STATE: mx1;UP;HARD;1;up\n"
		  "@1 CURRENT SERVICE STATE: " SMTP "CRITICAL;HARD;3;no answer\n"
		  "@900 SERVICE ALERT: " SMTP "OK;HARD;3;fine\n"
		  "@2000 LOG ROTATION: DAILY\n",
     .posts = "",
     .events =
	     "@0 SNAP_BEGIN\n"
	     "@1 OBJECT mx1/SMTP CRITICAL hard\n"
	     "@900 SNAP_END\n"
	     "@900 STATE mx1/SMTP OK hard\n",
     .facts = {.changes = 1, .open = 1}},
    {.name = "a list of states knows better",
     .log = START "@0 SERVICE ALERT: " SMTP "CRITICAL;HARD;3;no answer\n"
		  "@0 SERVICE ALERT: router;Ping;CRITICAL;HARD;3;no answer\n"
		  "@900 LOG ROTATION: DAILY\n"
		  "@900 CURRENT HOST STATE: mx1;UP;HARD;1;up\n"
		  "@900 CURRENT SERVICE STATE: " SMTP "OK;HARD;3;fine\n"
		  "@901 LOG VERSION: 2.0\n"
		  "@2000 LOG VERSION: 2.0\n",
     .posts =
	     "12:00:15 operators: 🔴 mx1/SMTP CRITICAL since 12:00 / no answer\n"
	     "12:00:15 operators: 🔴 router/Ping CRITICAL since 12:00 / no answer\n"
	     "12:02:00 public: 🔴 E-mail: disruption since 12:00. News follows in this thread.\n"
	     "12:15:01   operators: ⚪ router/Ping is no longer monitored, CRITICAL since 12:00\n"
	     "12:16:30   operators: 🟢 mx1/SMTP OK since 12:15, after 15 min\n"
	     "12:17:00   public: 🟢 E-mail: working again since 12:15. Disrupted for 15 min, from 12:00.\n",
     .events =
	     "@0 SNAP_BEGIN\n"
	     "@0 SNAP_END\n"
	     "@0 STATE mx1/SMTP CRITICAL hard\n"
	     "@0 STATE router/Ping CRITICAL hard\n"
	     "@900 SNAP_BEGIN\n"
	     "@901 SNAP_END\n",
     .facts = {.changes = 2, .problems = 2, .strangers = 1}},
    {.name = "acknowledged by a command, let go, and by somebody who was notified",
     .log = START "@0 SERVICE ALERT: mx1;Queue;CRITICAL;HARD;3;long\n"
		  "@100 EXTERNAL COMMAND: ACKNOWLEDGE_SVC_PROBLEM;mx1;Queue;2;1;0;alice;on it\n"
		  "@100 SERVICE NOTIFICATION: carol;mx1;Queue;ACKNOWLEDGEMENT (CRITICAL);mail;long;alice;on it\n"
		  "@300 EXTERNAL COMMAND: REMOVE_SVC_ACKNOWLEDGEMENT;mx1;Queue\n"
		  "@400 SERVICE NOTIFICATION: carol;mx1;Queue;ACKNOWLEDGEMENT (CRITICAL);mail;long;bob;mine\n"
		  "@500 EXTERNAL COMMAND: ACKNOWLEDGE_SVC_PROBLEM;db1;Postgres;2;1;0;alice;too early\n"
		  "@600 LOG VERSION: 2.0\n",
     .posts =
	     "12:00:15 operators: 🔴 mx1/Queue CRITICAL since 12:00 / long\n"
	     "12:01:40   operators: 👀 mx1/Queue: alice has it since 12:01 / “on it”\n"
	     "12:05:02   operators: 🔴 mx1/Queue CRITICAL for 5 min, no longer with alice, nobody has it\n"
	     "12:06:40   operators: 👀 mx1/Queue: bob has it since 12:06 / “mine”\n",
     .events =
	     "@0 SNAP_BEGIN\n"
	     "@0 SNAP_END\n"
	     "@0 STATE mx1/Queue CRITICAL hard\n"
	     "@100 ACK mx1/Queue sticky notify by alice\n"
	     "@100 NOTIFIED mx1/Queue CRITICAL by carol\n"
	     "@300 ACK_GONE mx1/Queue\n"
	     "@400 NOTIFIED mx1/Queue CRITICAL by carol\n"
	     "@400 ACK mx1/Queue by bob\n",
     .facts = {.changes = 1, .problems = 1}},
    {.name = "a downtime as planned, and trouble in it",
     .log = START "@0 EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;mx1;7200;9000;1;0;1800;bob;long over\n"
		  "@10 EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;mx1;1795874400;1795876200;1;0;1800;bob;new kernel\n"
		  "@7200 HOST DOWNTIME ALERT: mx1;STARTED; Host has entered\n"
		  "@7300 HOST ALERT: mx1;DOWN;HARD;1;gone\n"
		  "@7800 HOST ALERT: mx1;UP;HARD;1;back\n"
		  "@9000 HOST DOWNTIME ALERT: mx1;STOPPED; Host has exited\n"
		  "@12000 LOG VERSION: 2.0\n",
     .events =
	     "@0 SNAP_BEGIN\n"
	     "@0 SNAP_END\n"
	     "@10 DOWNTIME mx1 add #1 7200-9000 others 0 fixed by bob\n"
	     "@7200 DOWNTIME mx1 start #1 7200-9000 others 0 fixed by bob\n"
	     "@7300 STATE mx1 DOWN hard in-downtime\n"
	     "@7800 STATE mx1 UP hard in-downtime\n"
	     "@9000 DOWNTIME mx1 stop #1 7200-9000 others 0 fixed by bob\n"
	     "@9000 DOWNTIME mx1 delete #1 7200-9000 others 0 fixed by bob\n",
     .facts = {.changes = 2, .problems = 1}},
    {.name = "a downtime that is taken back, one by its number, one that never begins",
     .log = START "@0 EXTERNAL COMMAND: SCHEDULE_SVC_DOWNTIME;" SMTP "1795874400;1795876200;1;0;1800;bob;x\n"
		  "@60 EXTERNAL COMMAND: DEL_DOWNTIME_BY_HOST_NAME;mx1;SMTP\n"
		  "@100 EXTERNAL COMMAND: SCHEDULE_SVC_DOWNTIME;" SMTP "1795870000;1795876200;1;0;1800;bob;y\n"
		  "@110 EXTERNAL COMMAND: SCHEDULE_SVC_DOWNTIME;" SMTP "1795874400;1795876200;1;0;1800;bob;z\n"
		  "@120 EXTERNAL COMMAND: DEL_SVC_DOWNTIME;17\n"
		  "@9000 LOG VERSION: 2.0\n",
     .events =
	     "@0 SNAP_BEGIN\n"
	     "@0 SNAP_END\n"
	     "@0 DOWNTIME mx1/SMTP add #1 7200-9000 others 0 fixed by bob\n"
	     "@60 DOWNTIME mx1/SMTP delete #1 7200-9000 others 0 cancelled fixed by bob\n"
	     "@100 DOWNTIME mx1/SMTP add #2 2800-9000 others 0 fixed by bob\n"
	     "@110 DOWNTIME mx1/SMTP add #3 7200-9000 others 0 fixed by bob\n"
	     "@3100 DOWNTIME mx1/SMTP delete #2 2800-9000 others 0 cancelled fixed by bob\n"
	     "@7500 DOWNTIME mx1/SMTP delete #3 7200-9000 others 0 cancelled fixed by bob\n",
     .facts = {.unnamed = 1}},
    {.name = "downtimes inside one another: the log tells the first and the last only",
     .log = START "@0 EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;mx1;1795867300;1795867600;1;0;300;bob;a\n"
		  "@0 EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;mx1;1795867400;1795867800;1;0;400;bob;b\n"
		  "@0 EXTERNAL COMMAND: SCHEDULE_SVC_DOWNTIME;" SMTP "1795867500;1795868200;1;0;700;bob;c\n"
		  "@100 HOST DOWNTIME ALERT: mx1;STARTED; x\n"
		  "@300 SERVICE DOWNTIME ALERT: mx1;SMTP;STARTED; x\n"
		  "@350 SERVICE ALERT: " SMTP "CRITICAL;HARD;3;gone\n"
		  "@600 HOST DOWNTIME ALERT: mx1;STOPPED; x\n"
		  "@700 SERVICE DOWNTIME ALERT: mx1;SMTP;CANCELLED; x\n"
		  "@800 LOG VERSION: 2.0\n",
     .events =
	     "@0 SNAP_BEGIN\n"
	     "@0 SNAP_END\n"
	     "@0 DOWNTIME mx1 add #1 100-400 others 0 fixed by bob\n"
	     "@0 DOWNTIME mx1 add #2 200-600 others 0 fixed by bob\n"
	     "@0 DOWNTIME mx1/SMTP add #3 300-1000 others 0 fixed by bob\n"
	     "@100 DOWNTIME mx1 start #1 100-400 others 0 fixed by bob\n"
	     "@200 DOWNTIME mx1 start #2 200-600 others 0 fixed by bob\n"
	     "@300 DOWNTIME mx1/SMTP start #3 300-1000 others 0 fixed by bob\n"
	     "@350 STATE mx1/SMTP CRITICAL hard in-downtime\n"
	     "@400 DOWNTIME mx1 stop #1 100-400 others 1 fixed by bob\n"
	     "@400 DOWNTIME mx1 delete #1 100-400 others 1 fixed by bob\n"
	     "@600 DOWNTIME mx1 stop #2 200-600 others 0 fixed by bob\n"
	     "@600 DOWNTIME mx1 delete #2 200-600 others 0 fixed by bob\n"
	     "@600 SNAP_BEGIN mx1\n"
	     "@600 OBJECT mx1/SMTP CRITICAL hard in-downtime\n"
	     "@600 SNAP_END mx1\n"
	     "@700 DOWNTIME mx1/SMTP stop #3 300-1000 others 0 cancelled fixed by bob\n"
	     "@700 DOWNTIME mx1/SMTP delete #3 300-1000 others 0 cancelled fixed by bob\n",
     .facts = {.changes = 1, .problems = 1}},
    {.name = "planned for groups, and what is behind a host",
     .log = START "@0 EXTERNAL COMMAND: SCHEDULE_HOSTGROUP_HOST_DOWNTIME;mail;1795874400;1795876200;1;0;1;bob;a\n"
		  "@1 EXTERNAL COMMAND: SCHEDULE_SERVICEGROUP_HOST_DOWNTIME;telephony;1795874400;1795876200;1;0;1;bob;b\n"
		  "@2 EXTERNAL COMMAND: SCHEDULE_HOST_SVC_DOWNTIME;mx1;1795874400;1795876200;1;0;1;bob;c\n"
		  "@3 EXTERNAL COMMAND: SCHEDULE_AND_PROPAGATE_HOST_DOWNTIME;mx1;1795874400;1795876200;1;0;1;bob;d\n"
		  "@4 EXTERNAL COMMAND: DEL_DOWNTIME_BY_HOSTGROUP_NAME;mail\n"
		  "@5 EXTERNAL COMMAND: DEL_DOWNTIME_BY_START_TIME_COMMENT;1795874400;d\n",
     .events =
	     "@0 SNAP_BEGIN\n"
	     "@0 SNAP_END\n"
	     "@0 DOWNTIME mx1 add #1 7200-9000 others 0 fixed by bob\n"
	     "@1 DOWNTIME mx1 add #2 7200-9000 others 0 fixed by bob\n"
	     "@1 DOWNTIME db1 add #3 7200-9000 others 0 fixed by bob\n"
	     "@2 DOWNTIME mx1/SMTP add #4 7200-9000 others 0 fixed by bob\n"
	     "@2 DOWNTIME mx1/Queue add #5 7200-9000 others 0 fixed by bob\n"
	     "@3 DOWNTIME mx1 add #6 7200-9000 others 0 fixed by bob\n"
	     "@3 DOWNTIME db1 add #7 7200-9000 others 0 fixed by bob\n"
	     "@4 DOWNTIME mx1 delete #6 7200-9000 others 0 cancelled fixed by bob\n"
	     "@4 DOWNTIME mx1/Queue delete #5 7200-9000 others 0 cancelled fixed by bob\n"
	     "@4 DOWNTIME mx1/SMTP delete #4 7200-9000 others 0 cancelled fixed by bob\n"
	     "@4 DOWNTIME mx1 delete #2 7200-9000 others 0 cancelled fixed by bob\n"
	     "@4 DOWNTIME mx1 delete #1 7200-9000 others 0 cancelled fixed by bob\n"
	     "@5 DOWNTIME db1 delete #7 7200-9000 others 0 cancelled fixed by bob\n"},
    {.name = "the core is away, and comes back",
     .log = START "@0 SERVICE ALERT: " SMTP "CRITICAL;HARD;3;no answer\n"
		  "@60 Successfully shutdown... (PID=1)\n"
		  "@900 Nagios 4.4.6 starting... (PID=2)\n"
		  "@2000 SERVICE ALERT: " SMTP "OK;HARD;3;fine\n"
		  "@3000 LOG VERSION: 2.0\n",
     .posts =
	     "12:00:15 operators: 🔴 mx1/SMTP CRITICAL since 12:00 / no answer\n"
	     "12:06:00   operators: ⚪ log: no word from the monitoring since 12:01. What stands here may be out of date.\n"
	     "12:06:00   web_team: ⚪ log: no word from the monitoring since 12:01. What stands here may be out of date.\n"
	     "12:15:00 public: 🔴 E-mail: disruption since 12:00. News follows in this thread.\n"
	     "12:30:15   operators: 🔴 mx1/SMTP still CRITICAL, 30 min, nobody has it / no answer\n"
	     "12:34:50   operators: 🟢 mx1/SMTP OK since 12:33, after 33 min / fine\n"
	     "12:35:20   public: 🟢 E-mail: working again since 12:33. Disrupted for 33 min, from 12:00.\n",
     .events =
	     "@0 SNAP_BEGIN\n"
	     "@0 SNAP_END\n"
	     "@0 STATE mx1/SMTP CRITICAL hard\n"
	     "@900 SNAP_BEGIN\n"
	     "@900 OBJECT mx1/SMTP CRITICAL hard\n"
	     "@900 SNAP_END\n"
	     "@2000 STATE mx1/SMTP OK hard\n",
     .facts = {.changes = 2, .problems = 1}},
    {.name = "flapping, as the core calls it",
     .log = START "@0 SERVICE ALERT: mx1;Queue;CRITICAL;HARD;3;long\n"
		  "@30 SERVICE FLAPPING ALERT: mx1;Queue;STARTED; x\n"
		  "@60 SERVICE ALERT: mx1;Queue;OK;HARD;3;short\n"
		  "@90 SERVICE ALERT: mx1;Queue;CRITICAL;HARD;3;long\n"
		  "@120 SERVICE ALERT: mx1;Queue;OK;HARD;3;short\n"
		  "@900 SERVICE FLAPPING ALERT: mx1;Queue;STOPPED; x\n"
		  "@2000 LOG VERSION: 2.0\n",
     .events =
	     "@0 SNAP_BEGIN\n"
	     "@0 SNAP_END\n"
	     "@0 STATE mx1/Queue CRITICAL hard\n"
	     "@30 FLAPPING mx1/Queue flaps\n"
	     "@60 STATE mx1/Queue OK hard flaps\n"
	     "@90 STATE mx1/Queue CRITICAL hard flaps\n"
	     "@120 STATE mx1/Queue OK hard flaps\n"
	     "@900 FLAPPING mx1/Queue\n",
     .facts = {.changes = 4, .problems = 2}},
    {.name = "a router, children first",
     .log = START "@0 HOST ALERT: mx1;DOWN;HARD;1;gone\n"
		  "@1 HOST ALERT: db1;DOWN;HARD;1;gone\n"
		  "@5 HOST ALERT: router;DOWN;HARD;1;gone\n"
		  "@6 HOST ALERT: mx1;UNREACHABLE;HARD;1;gone\n"
		  "@600 LOG VERSION: 2.0\n",
     .events =
	     "@0 SNAP_BEGIN\n"
	     "@0 SNAP_END\n"
	     "@0 STATE mx1 DOWN hard\n"
	     "@1 STATE db1 DOWN hard\n"
	     "@5 STATE router DOWN hard\n"
	     "@6 STATE mx1 UNREACHABLE hard\n",
     .facts = {.changes = 4, .problems = 3}},
    {.name = "of nobody we know",
     .log = START "@0 SERVICE ALERT: old1;HTTP;CRITICAL;HARD;3;gone\n"
		  "@1 SERVICE ALERT: mx1;Old;CRITICAL;HARD;3;gone\n"
		  "@2 SERVICE ALERT: mx1;Old;NONSENSE;HARD;3;gone\n"
		  "@600 LOG VERSION: 2.0\n",
     .posts =
	     "12:00:15 operators: 🔴 old1/HTTP CRITICAL since 12:00 / gone\n"
	     "12:00:16 operators: 🔴 mx1/Old CRITICAL since 12:00 / gone\n",
     .events =
	     "@0 SNAP_BEGIN\n"
	     "@0 SNAP_END\n"
	     "@0 STATE old1/HTTP CRITICAL hard\n"
	     "@1 STATE mx1/Old CRITICAL hard\n",
     .facts = {.broken = 1, .changes = 2, .problems = 2, .strangers = 3}},
    {.name = "as a contact hears it",
     .config = "contact.cfg",
     .log = START "@0 SERVICE ALERT: " SMTP "CRITICAL;HARD;3;no answer\n"
		  "@60 SERVICE NOTIFICATION: oncall;" SMTP "CRITICAL;page;no answer\n"
		  "@61 SERVICE NOTIFICATION: somebody;db1;Postgres;CRITICAL;page;no answer\n"
		  "@120 SERVICE ALERT: " SMTP "OK;HARD;3;fine\n"
		  "@600 LOG VERSION: 2.0\n",
     .posts =
	     "12:01:00 oncall: 🔴 mx1/SMTP CRITICAL since 12:00 / no answer\n"
	     "12:02:00   oncall: 🟢 mx1/SMTP OK since 12:02, after 2 min / fine\n",
     .events =
	     "@0 SNAP_BEGIN\n"
	     "@0 SNAP_END\n"
	     "@0 STATE mx1/SMTP CRITICAL hard\n"
	     "@60 NOTIFIED mx1/SMTP CRITICAL by oncall\n"
	     "@61 NOTIFIED db1/Postgres CRITICAL by somebody\n"
	     "@120 STATE mx1/SMTP OK hard\n",
     .facts = {.changes = 2, .problems = 1}},
};

static void test_plays(void **state)
{
	struct cli_objects objects;
	struct world *world;
	struct err err;

	(void)state;
	assert_int_equal(cache_read(TWICKET_TEST_DATA "/replay/objects.cache", &objects, &err), 0);
	world = world_create(objects.at, objects.n);
	for (size_t i = 0; i < sizeof plays / sizeof plays[0]; i++)
		run(&plays[i], world);
	world_destroy(world);
	cli_objects_finish(&objects);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_plays)};

	return cmocka_run_group_tests_name("replay", tests, zone_utc, NULL);
}
