/*
 * Health as a monitoring plugin prints it: one line, then a line for each finding, with
 * performance data. Called by check_twicket. It must never let a byte through that the
 * core or a terminal would take for more than text.
 */
#include "agent/health.h"

#include "agent/cli.h"
#include "agent/cli_text.h"

#include <inttypes.h>
#include <string.h>

/* What begins performance data has no place in a text. */
static void put_text(struct buf *out, const char *text)
{
	struct buf safe;

	buf_init(&safe, 4096);
	cli_escape(&safe, text);
	for (size_t k = 0; k < safe.len; k++)
		buf_char(out, safe.data[k] == '|' ? '/' : safe.data[k]);
	buf_finish(&safe);
}

/* --- performance data ---------------------------------------------------------------------------- */

static void put_range(struct buf *out, const struct health_range *r)
{
	if (health_range_is_never(r))
		return;
	if (r->is_alarm_inside)
		buf_char(out, '@');
	if (r->from == INT64_MIN)
		buf_str(out, "~:");
	else if (r->from || r->to == INT64_MAX)
		buf_printf(out, "%" PRId64 ":", r->from);
	if (r->to != INT64_MAX)
		buf_printf(out, "%" PRId64, r->to);
}

/* Of a range of percents that of the whole. */
static struct health_range part_of(const struct health_range *percent, int64_t whole)
{
	struct health_range r = *percent;

	if (r.from != INT64_MIN)
		r.from = r.from * whole / 100;
	if (r.to != INT64_MAX)
		r.to = r.to * whole / 100;
	return r;
}

static void perf(
    struct buf *out, const char *account, const char *what, int64_t value, const char *unit,
    const struct health_limit *limit)
{
	buf_printf(out, " '");
	for (const char *s = account; *s; s++) /* a label has no quote and no equals sign */
		buf_char(out, strchr("'=|", *s) ? '_' : *s);
	buf_printf(out, "%s%s'=%" PRId64 "%s", *account ? "_" : "", what, value, unit);
	if (!limit)
		return;
	buf_char(out, ';');
	put_range(out, &limit->warning);
	buf_char(out, ';');
	put_range(out, &limit->critical);
}

static int64_t seconds_since(int64_t ms, int64_t now_ms)
{
	return ms && now_ms > ms ? (now_ms - ms) / 1000 : 0;
}

static void account_perf(
    const json_t *status, const json_t *account, const struct health_limits *limits, struct buf *out)
{
	const char *name = cli_string(account, "name");
	int64_t now_ms = cli_number(status, "wall_ms");
	int64_t limit_day = cli_number(account, "limit_day");
	const struct health_limit day = {
	    part_of(&limits->budget.warning, limit_day), part_of(&limits->budget.critical, limit_day)};

	perf(out, name, "queued", cli_number(account, "queued"), "", NULL);
	perf(
	    out, name, "queue_age", seconds_since(cli_number(account, "oldest_ms"), now_ms), "s",
	    &limits->queue);
	perf(out, name, "unsettled", cli_number(account, "unsettled"), "", NULL);
	if (cli_number(account, "poll_ms"))
		perf(out, name, "read_age", health_read_age_s(status, account), "s", &limits->read);
	perf(out, name, "posts_today", cli_number(account, "posts_day"), "", &day);
	if (json_object_get(account, "spent_micro"))
		perf(out, name, "usd_cents", cli_number(account, "spent_micro") / 10000, "", NULL);
	perf(out, name, "clock", cli_number(account, "skew_ms") / 1000, "s", NULL);
}

static void all_perf(const json_t *status, const struct health_limits *limits, struct buf *out)
{
	const json_t *node, *account;
	int64_t lost = 0;
	size_t i;

	json_array_foreach (json_object_get(status, "nodes"), i, node)
		lost += cli_number(node, "lost") + cli_number(node, "gaps");
	perf(out, "", "open", cli_number(status, "open"), "", NULL);
	perf(out, "", "acknowledged", cli_number(status, "acked"), "", NULL);
	perf(out, "", "lost", lost, "c", NULL);
	perf(out, "", "denied", cli_number(status, "denied"), "", &limits->denied);
	perf(out, "", "memory", cli_number(status, "rss_kib"), "KB", NULL);
	json_array_foreach (json_object_get(status, "accounts"), i, account)
		account_perf(status, account, limits, out);
}

/* --- the lines ------------------------------------------------------------------------------------ */

/* How much is silenced is no fault, and must be seen. */
static void summary(const json_t *status, struct buf *out)
{
	const json_t *nodes = json_object_get(status, "nodes");
	size_t quiet = json_array_size(json_object_get(status, "quiet"));

	buf_printf(
	    out, "%" PRId64 " open, %" PRId64 " acknowledged, %zu %s, %zu accounts",
	    cli_number(status, "open"), cli_number(status, "acked"), json_array_size(nodes),
	    json_array_size(nodes) == 1 ? "core" : "cores",
	    json_array_size(json_object_get(status, "accounts")));
	if (quiet)
		buf_printf(out, ", %zu quiet", quiet);
}

void health_line(enum health_level level, const char *text, struct buf *out)
{
	buf_printf(out, "TWICKET %s - ", health_word(level));
	put_text(out, text);
	buf_char(out, '\n');
}

enum health_level health_text(const json_t *status, const struct health_limits *limits, struct buf *out)
{
	struct health h;

	health_judge(status, limits, &h);
	buf_printf(out, "TWICKET %s - ", health_word(h.level));
	if (h.n)
		put_text(out, h.at[0].text);
	else
		summary(status, out);
	if (h.found > 1)
		buf_printf(out, " (and %u more)", h.found - 1);
	buf_str(out, " |");
	all_perf(status, limits, out);
	buf_char(out, '\n');
	for (unsigned k = 0; h.n > 1 && k < h.n; k++) {
		buf_printf(out, "%s: ", health_word(h.at[k].level));
		put_text(out, h.at[k].text);
		buf_char(out, '\n');
	}
	return h.level;
}
