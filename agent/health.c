/*
 * What is wrong with the agent, worst first, each with what to do about it. Called by
 * health_text.c, cli_status.c and metrics.c. It must never need to know more than the answer.
 */
#include "agent/health.h"

#include "agent/cli.h"
#include "agent/cli_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_MS 1000
#define MICRO 1000000 /* of a USD */
#define CENT 10000
#define MINUTE_S 60
#define HOUR_MS (60 * MINUTE_S * SECOND_MS)
#define REFUSED_MS (5 * MINUTE_S * SECOND_MS) /* a module that is refused asks again every minute */
#define START_MS (MINUTE_S * SECOND_MS)	      /* until a core of this machine has connected */
#define UNSETTLED_MS (10 * MINUTE_S * SECOND_MS)

#define ABOVE(warning, critical) {{.to = (warning)}, {.to = (critical)}}

const struct health_limits health_defaults = {
    .queue = ABOVE(10 * MINUTE_S, 60 * MINUTE_S),
    .read = ABOVE(5 * MINUTE_S, 30 * MINUTE_S),
    .away = ABOVE(MINUTE_S, 5 * MINUTE_S),
    .budget = ABOVE(80, 99), /* 100 is used up */
    .clock = ABOVE(30, 240), /* X refuses what is 300 s off */
    .denied = ABOVE(5, 0),
};

/* What a judgement works with. */
struct judge {
	const json_t *status;
	const struct health_limits *limits;
	int64_t now_ms;
	struct health *out;
};

bool health_range_is_never(const struct health_range *r)
{
	return !r->from && !r->to && !r->is_alarm_inside;
}

static bool is_alarm(const struct health_range *r, int64_t value)
{
	return !health_range_is_never(r) && (value >= r->from && value <= r->to) == r->is_alarm_inside;
}

static enum health_level level_of(const struct health_limit *limit, int64_t value)
{
	if (is_alarm(&limit->critical, value))
		return HEALTH_CRITICAL;
	return is_alarm(&limit->warning, value) ? HEALTH_WARNING : HEALTH_OK;
}

/* Where it is kept: when all is full, instead of something less bad; NULL: nowhere. */
static struct health_finding *place(struct health *h, enum health_level level)
{
	if (h->n < HEALTH_FINDINGS)
		return &h->at[h->n++];
	for (unsigned k = h->n; k--;)
		if (h->at[k].level < level)
			return &h->at[k];
	return NULL;
}

static void find(
    struct judge *j, enum health_level level, enum health_about about, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void find(
    struct judge *j, enum health_level level, enum health_about about, const char *format, ...)
{
	struct health *h = j->out;
	struct health_finding *f = level == HEALTH_OK ? NULL : place(h, level);
	va_list ap;

	h->found += level != HEALTH_OK;
	if (level > h->level)
		h->level = level;
	if (!f)
		return;
	f->level = level;
	f->about = about;
	va_start(ap, format);
	vsnprintf(f->text, sizeof f->text, format, ap);
	va_end(ap);
}

/* --- store and cores ----------------------------------------------------------------------- */

static void judge_store(struct judge *j)
{
	const char *store = cli_string(j->status, "store");

	if (strcmp(store, "ok") != 0)
		find(j, HEALTH_CRITICAL, HEALTH_STORE, "store: %s", store);
}

static void judge_node(struct judge *j, const json_t *node)
{
	const char *name = cli_string(node, "name");
	int64_t since = cli_number(node, "since_ms"), lost = cli_number(node, "lost_ms");
	int64_t up = cli_number(j->status, "up_ms"), away = since ? j->now_ms - since : up;
	const char *trouble = cli_string(node, "trouble");
	char span[CLI_TIME_SIZE];

	if (!json_is_true(json_object_get(node, "connected")) && *trouble)
		find(
		    j, level_of(&j->limits->away, away / SECOND_MS), HEALTH_CORE,
		    "Icinga 2 %s has not been read for %s: %s", name, cli_span_about(span, away), trouble);
	else if (*trouble)
		find(j, HEALTH_WARNING, HEALTH_CORE, "Icinga 2 %s: %s", name, trouble);
	else if (!json_is_true(json_object_get(node, "connected")))
		find(
		    j, level_of(&j->limits->away, away / SECOND_MS), HEALTH_CORE,
		    "core %s has not been connected for %s: is it running, with broker_module= and "
		    "event_broker_options=-1?",
		    name, cli_span_about(span, away));
	else if (lost && j->now_ms - lost < HOUR_MS)
		find(
		    j, HEALTH_WARNING, HEALTH_CORE,
		    "core %s: events were lost %s ago (%" PRId64 " in all), a snapshot made up for them",
		    name, cli_span_about(span, j->now_ms - lost),
		    cli_number(node, "lost") + cli_number(node, "gaps"));
}

static void judge_cores(struct judge *j)
{
	const json_t *nodes = json_object_get(j->status, "nodes"), *node;
	const json_t *refused = json_object_get(j->status, "refused");
	size_t i;

	json_array_foreach (nodes, i, node)
		judge_node(j, node);
	if (!i && cli_number(j->status, "up_ms") >= START_MS)
		find(
		    j, HEALTH_CRITICAL, HEALTH_CORE,
		    "no core has ever connected: put broker_module= into its configuration and restart it "
		    "(twicket.so(7))");
	if (*cli_string(refused, "why") && j->now_ms - cli_number(refused, "at_ms") < REFUSED_MS)
		find(
		    j, HEALTH_CRITICAL, HEALTH_CORE, "module of %s refused: %s",
		    cli_string(refused, "node"), cli_string(refused, "why"));
}

/* --- accounts -------------------------------------------------------------------------------- */

static int64_t age_s(const struct judge *j, int64_t ms)
{
	return ms && j->now_ms > ms ? (j->now_ms - ms) / SECOND_MS : 0;
}

/* What is read stands still; what began to be read with the agent has no older past. */
int64_t health_read_age_s(const json_t *status, const json_t *account)
{
	int64_t now = cli_number(status, "wall_ms"), up = cli_number(status, "up_ms") / SECOND_MS;
	int64_t read = cli_number(account, "last_read_ms"), age = (now - read) / SECOND_MS;

	if (!cli_number(account, "poll_ms") || json_is_true(json_object_get(account, "idle")))
		return 0;
	if (!read || age > up)
		return up;
	return age > 0 ? age : 0;
}

static void judge_queue(struct judge *j, const json_t *account, const char *name)
{
	int64_t age = age_s(j, cli_number(account, "oldest_ms"));
	int64_t unsettled = cli_number(account, "unsettled_ms");
	char span[CLI_TIME_SIZE];

	find(
	    j, level_of(&j->limits->queue, age), HEALTH_ACCOUNT,
	    "%s: %" PRId64 " posts wait, the oldest for %s (twicket queue says why)", name,
	    cli_number(account, "queued") + cli_number(account, "unsettled"),
	    cli_span_about(span, age * SECOND_MS));
	if (unsettled && j->now_ms - unsettled >= UNSETTLED_MS)
		find(
		    j, HEALTH_WARNING, HEALTH_ACCOUNT,
		    "%s: the answer to a post has been missing for %s; nothing is posted twice meanwhile", name,
		    cli_span_about(span, j->now_ms - unsettled));
}

/* One that the network will not have: it says what of, and where the reason is kept. */
static void judge_dead(struct judge *j, const json_t *account, const char *name)
{
	int64_t dead = cli_number(account, "dead_ms");
	const char *tag = cli_string(account, "dead_tag");
	char span[CLI_TIME_SIZE];

	if (!dead || j->now_ms - dead >= HOUR_MS)
		return;
	cli_span_about(span, j->now_ms - dead);
	if (*tag)
		find(j, HEALTH_WARNING, HEALTH_ACCOUNT, "%s: a post was given up %s ago: twicket show %s", name, span, tag);
	else
		find(
		    j, HEALTH_WARNING, HEALTH_ACCOUNT,
		    "%s: a post was given up %s ago (journalctl -u twicketd says why)", name, span);
}

static void judge_read(struct judge *j, const json_t *account, const char *name)
{
	int64_t age = health_read_age_s(j->status, account);
	const char *text = cli_string(account, "text");
	char span[CLI_TIME_SIZE];

	find(
	    j, level_of(&j->limits->read, age), HEALTH_ACCOUNT, "%s: replies not read for %s%s%s", name,
	    cli_span_about(span, age * SECOND_MS), *text ? ": " : "", text);
}

static int64_t percent(int64_t part, int64_t whole)
{
	return whole > 0 ? part * 100 / whole : 0;
}

static void judge_budget(struct judge *j, const json_t *account, const char *name)
{
	int64_t posts = cli_number(account, "posts_day"), limit = cli_number(account, "limit_day");
	int64_t spent = cli_number(account, "spent_micro"), most = cli_number(account, "limit_micro");

	find(
	    j, level_of(&j->limits->budget, percent(posts, limit)), HEALTH_ACCOUNT_ROW,
	    "%s: %" PRId64 " of %" PRId64 " posts of today are used up%s", name, posts, limit,
	    posts >= limit ? ": only ends are told" : "");
	find(
	    j, level_of(&j->limits->budget, percent(spent, most)), HEALTH_ACCOUNT_ROW,
	    "%s: %" PRId64 ".%02" PRId64 " of %" PRId64 ".%02" PRId64 " USD of this month are spent%s", name,
	    spent / MICRO, spent % MICRO / CENT, most / MICRO, most % MICRO / CENT,
	    spent >= most ? ": only ends are told" : "");
}

static void judge_clock(struct judge *j, const json_t *account, const char *name)
{
	int64_t skew = cli_number(account, "skew_ms") / SECOND_MS;

	find(
	    j, level_of(&j->limits->clock, skew < 0 ? -skew : skew), HEALTH_ACCOUNT,
	    "%s: this machine's clock is %" PRId64 " s %s its server's: is time synchronised?", name,
	    skew < 0 ? -skew : skew, skew < 0 ? "ahead of" : "behind");
}

static void judge_account(struct judge *j, const json_t *account)
{
	const char *name = cli_string(account, "name"), *state = cli_string(account, "state");
	const char *text = cli_string(account, "text");
	bool has_step = strstr(text, "twicket auth") != NULL;

	judge_budget(j, account, name);
	judge_clock(j, account, name);
	if (strcmp(state, "no login") == 0) {
		find(
		    j, HEALTH_CRITICAL, HEALTH_ACCOUNT_ROW, "%s: no login: %s%s%s", name, text,
		    has_step ? "" : ": twicket auth ", has_step ? "" : name);
		return; /* all else follows from it */
	}
	judge_read(j, account, name);
	if (strcmp(state, "paused") == 0 && strncmp(text, "by hand", 7) == 0)
		return; /* said by judge_silence() */
	if (strcmp(state, "paused") == 0)
		find(j, HEALTH_WARNING, HEALTH_ACCOUNT_ROW, "%s: paused by its network: %s", name, text);
	judge_queue(j, account, name);
	judge_dead(j, account, name);
}

/* --- people, desk, silence --------------------------------------------------------------------- */

static void judge_people(struct judge *j)
{
	int64_t denied = cli_number(j->status, "denied");

	find(
	    j, level_of(&j->limits->denied, denied), HEALTH_PEOPLE,
	    "%" PRId64 " attempts were refused within 10 min (twicket audit)", denied);
}

static void judge_desk(struct judge *j)
{
	const json_t *tickets = json_object_get(j->status, "tickets");
	const char *trouble = cli_string(tickets, "trouble");

	if (*trouble)
		find(
		    j, HEALTH_WARNING, HEALTH_DESK, "desk: %s (%" PRId64 " tickets wait)", trouble,
		    cli_number(tickets, "waiting"));
}

static void judge_silence(struct judge *j)
{
	const json_t *pause;
	char span[CLI_TIME_SIZE];
	size_t i;

	json_array_foreach (json_object_get(j->status, "paused"), i, pause) {
		const char *audience = cli_string(pause, "audience"), *account = cli_string(pause, "account");
		const char *name = *audience ? audience : account;

		find(
		    j, HEALTH_WARNING, HEALTH_SILENCE, "%s paused by %s for %s: twicket resume%s%s",
		    *name ? name : "everything", cli_string(pause, "by"),
		    cli_span_about(span, j->now_ms - cli_number(pause, "since_ms")), *name ? " " : "",
		    name);
	}
}

/* Of the same level the first that was found stands first. */
static void sort(struct health *h)
{
	for (unsigned i = 1; i < h->n; i++) {
		struct health_finding f = h->at[i];
		unsigned k = i;

		for (; k && h->at[k - 1].level < f.level; k--)
			h->at[k] = h->at[k - 1];
		h->at[k] = f;
	}
}

void health_judge(const json_t *status, const struct health_limits *limits, struct health *out)
{
	struct judge j = {
	    .status = status,
	    .limits = limits,
	    .now_ms = cli_number(status, "wall_ms"),
	    .out = out};
	const json_t *account;
	size_t i;

	out->level = HEALTH_OK;
	out->n = out->found = 0;
	if (!json_is_string(json_object_get(status, "store"))) {
		find(&j, HEALTH_UNKNOWN, HEALTH_STORE, "what answered is no twicketd of this version");
		return;
	}
	judge_store(&j);
	judge_cores(&j);
	json_array_foreach (json_object_get(status, "accounts"), i, account)
		judge_account(&j, account);
	judge_people(&j);
	judge_desk(&j);
	judge_silence(&j);
	sort(out);
}

const char *health_word(enum health_level level)
{
	static const char *const word[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

	return word[level];
}
