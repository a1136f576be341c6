/*
 * Status as metrics. Called by agent.c for the file and by cli_status.c.
 * It must never put into a label what people wrote: only names of the configuration.
 */
#include "agent/metrics.h"

#include "agent/cli.h"
#include "agent/health.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

/* --- the text form ---------------------------------------------------------------------------- */

static void family(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP twicket_%s %s\n# TYPE twicket_%s %s\n", name, help, name, type);
}

/* A label's value: backslash, quote and line end are escaped. */
static void label(struct buf *out, const char *key, const char *value)
{
	buf_printf(out, "%s=\"", key);
	for (const char *s = value; *s; s++) {
		if (*s == '\\' || *s == '"')
			buf_char(out, '\\');
		if (*s == '\n')
			buf_str(out, "\\n");
		else
			buf_char(out, *s);
	}
	buf_char(out, '"');
}

/* Thousandths are written as a fraction, whole numbers plainly. */
static void value(struct buf *out, int64_t n, int64_t unit)
{
	int64_t rest = n % unit;

	if (!rest)
		buf_printf(out, " %" PRId64 "\n", n / unit);
	else
		buf_printf(
		    out, " %s%" PRId64 ".%0*" PRId64 "\n", n < 0 && n > -unit ? "-" : "", n / unit,
		    unit == 1000 ? 3 : 6, rest < 0 ? -rest : rest);
}

static void plain(
    struct buf *out, const char *name, const char *type, const char *help, int64_t n, int64_t unit)
{
	family(out, name, type, help);
	buf_printf(out, "twicket_%s", name);
	value(out, n, unit);
}

/* --- tables: a family for each member of an account, a core ---------------------------------------- */

struct member {
	const char *key, *name, *type, *help;
	int64_t unit; /* what the agent's number is divided by */
};

static const struct member of_account[] = {
    {"queued", "account_queued", "gauge", "Posts that wait.", 1},
    {"unsettled", "account_unsettled", "gauge", "Posts whose answer is missing.", 1},
    {"oldest_ms", "account_oldest_post_timestamp_seconds", "gauge",
     "When the oldest post that is on its way was decided; 0: none is.", 1000},
    {"last_post_ms", "account_last_post_timestamp_seconds", "gauge", "The last post; 0: never.", 1000},
    {"last_read_ms", "account_last_read_timestamp_seconds", "gauge",
     "When replies were read; 0: never, or there are none on that network.", 1000},
    {"posts_day", "account_posts_today", "gauge", "Automatic posts within 24 hours.", 1},
    {"limit_day", "account_posts_today_limit", "gauge", "posts_per_day.", 1},
    {"sent", "account_posts_total", "counter", "Posts since the agent started.", 1},
    {"dead", "account_posts_failed_total", "counter", "Posts that were given up since then.", 1},
    {"skew_ms", "account_clock_seconds", "gauge", "The network's clock minus ours.", 1000},
    {"spent_micro", "account_spent_usd", "gauge", "Spent this month.", 1000000},
    {"limit_micro", "account_limit_usd", "gauge", "usd_per_month.", 1000000},
};

static const struct member of_node[] = {
    {"events", "core_events_total", "counter", "Events since the core connected.", 1},
    {"lost", "core_events_lost_total", "counter", "Events that a full ring dropped; a snapshot followed.", 1},
    {"gaps", "core_gaps_total", "counter", "Holes in the numbers of its events; a snapshot followed.", 1},
    {"since_ms", "core_since_timestamp_seconds", "gauge", "Connected, or away, since then.", 1000},
};

/* A family, a sample for each that has the member. */
static void table(
    struct buf *out, const json_t *all, const char *what, const struct member *m)
{
	const json_t *one;
	size_t i;

	family(out, m->name, m->type, m->help);
	json_array_foreach (all, i, one) {
		if (!json_object_get(one, m->key))
			continue;
		buf_printf(out, "twicket_%s{", m->name);
		label(out, what, cli_string(one, "name"));
		buf_char(out, '}');
		value(out, cli_number(one, m->key), m->unit);
	}
}

static void accounts(struct buf *out, const json_t *all)
{
	static const char *const states[] = {"ok", "paused", "no login", "trouble"};
	const json_t *one;
	size_t i;

	family(out, "account_state", "gauge", "1 for the state that an account is in.");
	json_array_foreach (all, i, one) {
		for (size_t k = 0; k < sizeof states / sizeof states[0]; k++) {
			buf_str(out, "twicket_account_state{");
			label(out, "account", cli_string(one, "name"));
			buf_char(out, ',');
			label(out, "network", cli_string(one, "network"));
			buf_char(out, ',');
			label(out, "state", states[k]);
			buf_char(out, '}');
			value(out, strcmp(cli_string(one, "state"), states[k]) == 0, 1);
		}
	}
	for (size_t k = 0; k < sizeof of_account / sizeof of_account[0]; k++)
		table(out, all, "account", &of_account[k]);
}

static void cores(struct buf *out, const json_t *all)
{
	const json_t *one;
	size_t i;

	family(out, "core_connected", "gauge", "Is that monitoring core connected?");
	json_array_foreach (all, i, one) {
		buf_str(out, "twicket_core_connected{");
		label(out, "core", cli_string(one, "name"));
		buf_char(out, '}');
		value(out, json_is_true(json_object_get(one, "connected")), 1);
	}
	for (size_t k = 0; k < sizeof of_node / sizeof of_node[0]; k++)
		table(out, all, "core", &of_node[k]);
}

static void replies(struct buf *out, json_t *all)
{
	const char *key;
	json_t *n;

	family(out, "replies_total", "counter", "Replies since the agent started, by what became of them.");
	json_object_foreach (all, key, n) {
		buf_str(out, "twicket_replies_total{");
		label(out, "result", key);
		buf_char(out, '}');
		value(out, (int64_t)json_integer_value(n), 1);
	}
}

static void people(struct buf *out, const json_t *status)
{
	const json_t *tickets = json_object_get(status, "tickets");

	replies(out, json_object_get(status, "replies"));
	plain(out, "refused_10m", "gauge", "Attempts refused within 10 minutes.", cli_number(status, "denied"), 1);
	plain(out, "commands_waiting", "gauge", "Commands that wait for the core.", cli_number(status, "submitted"), 1);
	plain(out, "tickets_open", "gauge", "Open tickets.", cli_number(tickets, "open"), 1);
	plain(
	    out, "tickets_waiting", "gauge", "Tickets with words that the desk has not got.",
	    cli_number(tickets, "waiting"), 1);
}

static void incidents(struct buf *out, const json_t *status)
{
	plain(out, "incidents_open", "gauge", "Open incidents.", cli_number(status, "open"), 1);
	plain(out, "incidents_acknowledged", "gauge", "Those somebody has.", cli_number(status, "acked"), 1);
	plain(out, "problems_open", "gauge", "Objects in trouble.", cli_number(status, "problems"), 1);
	plain(
	    out, "held_total", "counter", "Never said, because it was over before its hold.",
	    cli_number(status, "dropped"), 1);
	plain(
	    out, "quiet_rules", "gauge", "Quiet rules and quiet incidents.",
	    (int64_t)json_array_size(json_object_get(status, "quiet")), 1);
	plain(
	    out, "pauses", "gauge", "What somebody paused.",
	    (int64_t)json_array_size(json_object_get(status, "paused")), 1);
}

void metrics_text(const json_t *status, struct buf *out)
{
	struct health h;

	health_judge(status, &health_defaults, &h);
	family(out, "info", "gauge", "Its version.");
	buf_str(out, "twicket_info{");
	label(out, "version", cli_string(status, "version"));
	buf_str(out, "} 1\n");
	plain(out, "health", "gauge", "As check_twicket: 0 ok, 1 warning, 2 critical, 3 unknown.", h.level, 1);
	plain(out, "uptime_seconds", "gauge", "Since the agent started.", cli_number(status, "up_ms"), 1000);
	plain(
	    out, "written_timestamp_seconds", "gauge", "When this was written: old means that the agent is gone.",
	    cli_number(status, "wall_ms"), 1000);
	plain(
	    out, "resident_memory_bytes", "gauge", "Memory of the agent.", cli_number(status, "rss_kib") * 1024, 1);
	plain(
	    out, "store_ok", "gauge", "Can the agent keep what it learns?",
	    strcmp(cli_string(status, "store"), "ok") == 0, 1);
	incidents(out, status);
	cores(out, json_object_get(status, "nodes"));
	accounts(out, json_object_get(status, "accounts"));
	people(out, status);
}

/* --- the file ------------------------------------------------------------------------------------ */

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t k = write(fd, bytes, n);

		if (k == -1 && errno != EINTR)
			return -1;
		if (k > 0) {
			bytes += k;
			n -= (size_t)k;
		}
	}
	return 0;
}

int metrics_write(const char *path, const struct buf *text)
{
	char fresh[PATH_SIZE];
	int fd, rc = -1;

	if (text->cut || (size_t)snprintf(fresh, sizeof fresh, "%s.new", path) >= sizeof fresh) {
		errno = ENAMETOOLONG;
		return -1;
	}
	unlink(fresh); /* of an agent that was killed; never followed, whatever it is */
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd == -1)
		return -1;
	if (fchmod(fd, 0644) == 0 && write_all(fd, buf_text(text), text->len) == 0)
		rc = 0;
	if (close(fd) == -1)
		rc = -1;
	if (rc == 0)
		rc = rename(fresh, path);
	if (rc == -1)
		unlink(fresh);
	return rc;
}
