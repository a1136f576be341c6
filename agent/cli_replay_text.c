/*
 * `twicket replay` as people read it, from the facts that cli_replay*.c gathered.
 * Called by cli_replay.c and the tests. Pure.
 */
#include "agent/cli_replay.h"
#include "agent/cli_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS INT64_C(86400000)

/* --- words ------------------------------------------------------------------------------------------- */

/* "14s", "1m58s", "2h05m" */
static const char *length(char out[CLI_TIME_SIZE], int64_t ms)
{
	long long s = ms / 1000;

	if (s >= 60 && s < 3600)
		snprintf(out, CLI_TIME_SIZE, "%lldm%02llds", s / 60, s % 60);
	else
		cli_span(out, ms);
	return out;
}

/* "18,204" */
static const char *grouped(char out[CLI_TIME_SIZE], int64_t n)
{
	char plain[32];
	size_t len = (size_t)snprintf(plain, sizeof plain, "%" PRId64, n), k = 0;

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[k++] = ',';
		out[k++] = plain[i];
	}
	out[k] = '\0';
	return out;
}

/* Begins a line, or goes on behind a comma. */
static void item(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void item(struct buf *out, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	cli_printf(out, "%s%s", out->len ? ", " : "", text);
}

static void line(struct buf *out, const char *text, unsigned left)
{
	struct cli_flow f = {out, left, left, 1, CLI_TEXT_WIDTH};

	cli_flow_text(&f, text);
	buf_char(out, '\n');
}

/* --- the head -------------------------------------------------------------------------------------------- */

/* Days of the calendar that it touches; "2 h 28 min" when it is all in one. */
static void put_period(const json_t *facts, int64_t now_ms, struct buf *out)
{
	int64_t from = cli_number(facts, "from_ms"), to = cli_number(facts, "to_ms");
	struct tm a = cli_local(from), b = cli_local(to);
	char text[CLI_TIME_SIZE], other[CLI_TIME_SIZE];
	int64_t days;

	if (a.tm_yday == b.tm_yday && a.tm_year == b.tm_year) {
		item(out, "%s", cli_date(text, from, now_ms));
		item(out, "%s", cli_span_words(text, to - from));
		return;
	}
	a.tm_hour = b.tm_hour = 12;
	a.tm_isdst = b.tm_isdst = -1;
	days = (int64_t)((mktime(&b) - mktime(&a) + 43200) / 86400) + 1;
	item(out, "%s - %s", cli_date(text, from, now_ms), cli_date(other, to, now_ms));
	item(out, "%" PRId64 " days", days);
}

static void put_count(struct buf *out, int64_t n, const char *one, const char *many)
{
	char text[CLI_TIME_SIZE];

	item(out, "%s %s", grouped(text, n), n == 1 ? one : many);
}

static void head(const json_t *facts, int64_t now_ms, struct buf *out)
{
	struct buf text;

	buf_init(&text, 4096);
	put_period(facts, now_ms, &text);
	put_count(&text, cli_number(facts, "changes"), "state change", "state changes");
	put_count(&text, cli_number(facts, "problems"), "problem", "problems");
	if (cli_number(facts, "open"))
		item(&text, "%" PRId64 " older ones", cli_number(facts, "open"));
	line(out, buf_text(&text), 0);
	buf_finish(&text);
}

/* --- the table --------------------------------------------------------------------------------------------- */

static bool costs(const json_t *run)
{
	const json_t *audience;
	size_t i;

	json_array_foreach (json_object_get(run, "audiences"), i, audience)
		if (json_object_get(audience, "month_micro"))
			return true;
	return false;
}

static void put_row(const json_t *audience, bool with_money, int64_t now_ms, struct cli_table *t)
{
	char text[CLI_TIME_SIZE];

	cli_table_cell(t, "%s", cli_string(audience, "name"));
	cli_table_cell(t, "%" PRId64, cli_number(audience, "incidents"));
	cli_table_cell(t, "%" PRId64, cli_number(audience, "posts"));
	if (cli_number(audience, "busiest"))
		cli_table_cell(
		    t, "%" PRId64 " (%s)", cli_number(audience, "busiest"),
		    cli_date(text, cli_number(audience, "busiest_ms"), now_ms));
	else
		cli_table_cell(t, "-");
	if (cli_number(audience, "never_said"))
		cli_table_cell(
		    t, "%" PRId64 ", longest %s", cli_number(audience, "never_said"),
		    length(text, cli_number(audience, "longest_ms")));
	else
		cli_table_cell(t, "-");
	if (with_money && json_object_get(audience, "month_micro"))
		cli_table_cell(t, "%s", cli_usd(text, cli_number(audience, "month_micro")));
	else if (with_money)
		cli_table_cell(t, "%s", "");
}

static void table(const json_t *run, int64_t now_ms, struct buf *out)
{
	static const struct cli_column columns[] = {
	    {"AUDIENCE", 11, 1, CLI_LEFT},
	    {"INCIDENTS", 10, 0, CLI_RIGHT},
	    {"POSTS", 9, 2, CLI_RIGHT},
	    {"BUSIEST DAY", 13, 2, CLI_LEFT},
	    {"NEVER SAID (hold)", 20, 1, CLI_LEFT},
	    {"USD/MONTH", 10, 0, CLI_RIGHT}};
	const json_t *audience;
	struct cli_table t;
	bool with_money = costs(run);
	size_t i;

	cli_table_init(&t, columns, with_money ? 6 : 5);
	json_array_foreach (json_object_get(run, "audiences"), i, audience)
		put_row(audience, with_money, now_ms, &t);
	cli_table_print(&t, out);
	cli_table_finish(&t);
}

/* --- hints --------------------------------------------------------------------------------------------------- */

static void saved(const json_t *run, struct buf *out)
{
	static const struct {
		const char *key, *words;
	} kinds[] = {
	    {"recovery_hold", "by recovery_hold"},
	    {"storm", "in storms"},
	    {"quiet_hours", "in quiet hours"},
	    {"downtimes", "in downtimes"},
	    {"flapping", "while flapping"}};
	const json_t *audience, *one;
	struct buf text;
	size_t i;

	buf_init(&text, 4096);
	json_array_foreach (json_object_get(run, "audiences"), i, audience) {
		buf_reset(&text);
		for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
			one = json_object_get(json_object_get(audience, "saved"), kinds[k].key);
			if (one)
				item(
				    &text, "%lld %s", (long long)json_integer_value(one),
				    kinds[k].words);
		}
		if (text.len) {
			struct buf whole;

			buf_init(&whole, 8192);
			cli_printf(&whole, "Posts saved for %s: ", cli_string(audience, "name"));
			buf_printf(&whole, "%s.", buf_text(&text));
			line(out, buf_text(&whole), 0);
			buf_finish(&whole);
		}
	}
	buf_finish(&text);
}

/* hold = "1m" would add 31 public posts, "5m" would save 9. */
static void hold_hint(const json_t *audience, struct buf *out)
{
	char span[CLI_TIME_SIZE];
	const json_t *hold;
	struct buf text;
	size_t i;

	buf_init(&text, 4096);
	json_array_foreach (json_object_get(audience, "holds"), i, hold) {
		int64_t more = cli_number(hold, "more_posts");

		if (!more)
			continue;
		cli_printf(
		    &text, "%s\"%s\" would %s %" PRId64, text.len ? ", " : "hold = ",
		    cli_span_config(span, cli_number(hold, "hold_ms")), more > 0 ? "add" : "save",
		    more > 0 ? more : -more);
		if (!strstr(buf_text(&text), "posts"))
			cli_printf(
			    &text, " %s post%s", cli_string(audience, "name"),
			    more == 1 || more == -1 ? "" : "s");
	}
	if (text.len)
		cli_printf(&text, ". See them: --posts %s", cli_string(audience, "name"));
	if (text.len)
		line(out, buf_text(&text), 0);
	buf_finish(&text);
}

static void budgets(const json_t *run, struct buf *out)
{
	static const struct {
		const char *over, *limit;
	} kinds[] = {{"over_hour", "posts_per_hour"}, {"over_day", "posts_per_day"}};
	const json_t *account;
	struct buf text;
	size_t i;

	buf_init(&text, 4096);
	json_array_foreach (json_object_get(run, "accounts"), i, account) {
		for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
			int64_t over = cli_number(account, kinds[k].over);

			if (!over)
				continue;
			buf_reset(&text);
			cli_printf(
			    &text, "%s: %" PRId64 " post%s more than %s = %" PRId64 " lets through (up to %" PRId64
			    " a day)", cli_string(account, "name"), over, over == 1 ? "" : "s", kinds[k].limit,
			    cli_number(account, kinds[k].limit), cli_number(account, "busiest"));
			line(out, buf_text(&text), 0);
		}
	}
	buf_finish(&text);
}

/* --- notes --------------------------------------------------------------------------------------------------- */

static void note(struct buf *out, int64_t n, const char *one, const char *many)
{
	char count[CLI_TIME_SIZE];
	struct buf text;

	if (!n)
		return;
	buf_init(&text, 4096);
	buf_printf(&text, "Note: %s %s", grouped(count, n), n == 1 ? one : many);
	line(out, buf_text(&text), 0);
	buf_finish(&text);
}

static void notes(const json_t *facts, struct buf *out)
{
	const json_t *run = json_array_get(json_object_get(facts, "runs"), 0);

	if (json_is_true(json_object_get(facts, "is_short")) && costs(run))
		line(out, "Note: the log is shorter than a week; USD/MONTH is a guess.", 0);
	if (*cli_string(facts, "source"))
		note(
		    out, cli_number(facts, "strangers"),
		    "object of the log is not configured any more; it has no public name.",
		    "objects of the log are not configured any more; they have no public name.");
	note(
	    out, cli_number(facts, "unnamed"),
	    "downtime was taken back by its number, which the log does not tell.",
	    "downtimes were taken back by their numbers, which the log does not tell.");
	note(
	    out, cli_number(facts, "broken"), "line makes no sense and was skipped.",
	    "lines make no sense and were skipped.");
	note(
	    out, cli_number(facts, "backwards"), "line is older than the one before it.",
	    "lines are older than those before them.");
	note(
	    out, cli_number(facts, "refused"), "line was skipped: too many objects.",
	    "lines were skipped: too many objects.");
}

/* --- two configurations ---------------------------------------------------------------------------------------- */

static const json_t *same_audience(const json_t *run, const char *name)
{
	const json_t *audience;
	size_t i;

	json_array_foreach (json_object_get(run, "audiences"), i, audience)
		if (strcmp(cli_string(audience, "name"), name) == 0)
			return audience;
	return NULL;
}

static void difference(const json_t *a, const json_t *b, struct buf *out)
{
	int64_t posts = cli_number(b, "posts") - cli_number(a, "posts");
	int64_t incidents = cli_number(b, "incidents") - cli_number(a, "incidents");
	int64_t micro = cli_number(b, "month_micro") - cli_number(a, "month_micro");
	char usd[CLI_TIME_SIZE];
	struct buf text;

	buf_init(&text, 4096);
	if (incidents)
		item(&text, "%+" PRId64 " incident%s", incidents, incidents == 1 || incidents == -1 ? "" : "s");
	if (posts)
		item(&text, "%+" PRId64 " post%s", posts, posts == 1 || posts == -1 ? "" : "s");
	if (micro)
		item(
		    &text, "%s%s USD/month", micro > 0 ? "+" : "-",
		    cli_usd(usd, micro > 0 ? micro : -micro));
	cli_printf(out, "%s: %s", cli_string(b, "name"), text.len ? buf_text(&text) : "no difference");
	buf_char(out, '\n');
	buf_finish(&text);
}

static void compared(const json_t *first, const json_t *second, struct buf *out)
{
	const json_t *audience, *other;
	size_t i;

	buf_char(out, '\n');
	json_array_foreach (json_object_get(second, "audiences"), i, audience) {
		other = same_audience(first, cli_string(audience, "name"));
		if (other)
			difference(other, audience, out);
		else
			cli_printf(out, "%s: only in the second", cli_string(audience, "name"));
		if (!other)
			buf_char(out, '\n');
	}
	json_array_foreach (json_object_get(first, "audiences"), i, audience) {
		if (same_audience(second, cli_string(audience, "name")))
			continue;
		cli_printf(out, "%s: only in the first", cli_string(audience, "name"));
		buf_char(out, '\n');
	}
}

static void named_table(const json_t *run, int64_t now_ms, struct buf *out)
{
	cli_printf(out, "%s", cli_string(run, "config"));
	buf_char(out, '\n');
	table(run, now_ms, out);
}

/* --- all ------------------------------------------------------------------------------------------------------------ */

void cli_replay_text(const json_t *facts, int64_t now_ms, struct buf *out)
{
	const json_t *runs = json_object_get(facts, "runs"), *first = json_array_get(runs, 0), *audience;
	const json_t *second = json_array_get(runs, 1);
	size_t i;

	head(facts, now_ms, out);
	if (second) {
		named_table(first, now_ms, out);
		named_table(second, now_ms, out);
		compared(first, second, out);
	} else {
		table(first, now_ms, out);
	}
	saved(first, out);
	json_array_foreach (json_object_get(first, "audiences"), i, audience)
		hold_hint(audience, out);
	budgets(first, out);
	notes(facts, out);
}
