/*
 * `twicket status`: is twicket well. Called by cli.c; check_twicket asks the agent
 * the same. It must never claim what the agent did not say.
 */
#include "agent/cli.h"
#include "agent/cli_control.h"
#include "agent/cli_text.h"
#include "agent/health.h"
#include "agent/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NODE_WIDTH 59 /* where "agent 1.0, up 3 d" stands, as SURFACE shows it */
#define MINUTE_MS 60000
#define LATELY_MS (60 * MINUTE_MS) /* until then "8 s ago" says more than a clock */

static void node_text(const json_t *node, int64_t now_ms, struct buf *out)
{
	const char *core = cli_string(node, "core");
	int64_t ms = now_ms - cli_number(node, "since_ms");
	char span[CLI_TIME_SIZE];
	size_t from = out->len;

	if (!*core) /* it is away, and did not say */
		core = "core";
	cli_printf(out, "%.*s %s", (int)strcspn(core, " "), core, cli_string(node, "name"));
	cli_pad(out, from, 11);
	buf_str(out, "   ");
	cli_span_about(span, ms);
	if (!json_is_true(json_object_get(node, "connected"))) {
		cli_colour_begin(out, CLI_RED);
		cli_printf(
		    out, cli_number(node, "since_ms") ? "away for %s" : "not connected", span);
		cli_colour_end(out, CLI_RED);
		return; /* why, below */
	}
	cli_printf(
	    out, "connected %s, %" PRId64 " events/min, %" PRId64 " lost", span,
	    cli_number(node, "events") / (ms > MINUTE_MS ? ms / MINUTE_MS : 1),
	    cli_number(node, "lost"));
}

static void agent_text(const json_t *answer, struct buf *out)
{
	char span[CLI_TIME_SIZE];

	cli_printf(
	    out, "agent %s, up %s, %" PRId64 " MiB", cli_string(answer, "version"),
	    cli_span_about(span, cli_number(answer, "up_ms")),
	    (cli_number(answer, "rss_kib") + 512) / 1024);
}

static void nodes_text(const json_t *answer, int64_t now_ms, struct buf *out)
{
	const json_t *nodes = json_object_get(answer, "nodes");
	size_t i, from;

	for (i = 0; i == 0 || i < json_array_size(nodes); i++) {
		from = out->len;
		if (json_array_size(nodes))
			node_text(json_array_get(nodes, i), now_ms, out);
		else
			buf_str(out, "no core has connected yet");
		if (i == 0) {
			cli_pad(out, from, NODE_WIDTH - 2);
			buf_str(out, "  ");
			agent_text(answer, out);
		}
		buf_char(out, '\n');
		if (*cli_string(json_array_get(nodes, i), "trouble"))
			cli_printf(out, "   %s\n", cli_string(json_array_get(nodes, i), "trouble"));
	}
}

/* What an admin should know, and do. */
static void account_trouble(const json_t *account, int64_t now_ms, struct cli_table *t)
{
	const char *text = cli_string(account, "text"), *name = cli_string(account, "name");
	int64_t unsettled = cli_number(account, "unsettled");
	int64_t alone = cli_number(account, "alone_until_ms");
	char clock[CLI_TIME_SIZE];
	struct buf words;

	buf_init(&words, 4096);
	if (strcmp(cli_string(account, "state"), "no login") == 0 && !strstr(text, "twicket auth"))
		buf_printf(&words, "%s%stwicket auth %s", text, *text ? ": " : "", name);
	else if (!*text && unsettled)
		buf_printf(&words, "%" PRId64 " not settled", unsettled);
	else
		buf_str(&words, text);
	if (alone > now_ms)
		buf_printf(
		    &words, "%sanswers to its own posts refused until %s: updates stand alone",
		    words.len ? "; " : "", cli_clock(clock, alone, now_ms));
	if (json_is_false(json_object_get(account, "may_read")))
		buf_printf(&words, "%sno money left to read replies", words.len ? "; " : "");
	cli_table_cell(t, "%s", buf_text(&words));
	buf_finish(&words);
}

static bool is_metered(const json_t *account)
{
	return json_object_get(account, "spent_micro") != NULL;
}

/* Nothing that is told there is open, so nothing is read: an old time would look like a fault. */
static void read_cell(const json_t *account, int64_t now_ms, struct cli_table *t)
{
	int64_t read = cli_number(account, "last_read_ms");
	char text[CLI_TIME_SIZE];

	if (json_is_true(json_object_get(account, "idle")))
		cli_table_cell(t, "idle");
	else if (read > 0 && now_ms - read < LATELY_MS)
		cli_table_cell(t, "%s ago", cli_span_about(text, now_ms - read));
	else
		cli_table_cell(t, "%s", cli_clock(text, read, now_ms));
}

static void month_cell(const json_t *account, struct cli_table *t)
{
	char text[CLI_TIME_SIZE] = "";

	if (is_metered(account))
		cli_usd_month(
		    text, cli_number(account, "spent_micro"), cli_number(account, "limit_micro"));
	cli_table_cell(t, "%s", text);
}

static void account_row(const json_t *account, int64_t now_ms, bool has_money, struct cli_table *t)
{
	int64_t post = cli_number(account, "last_post_ms");
	const char *tag = cli_string(account, "last_tag");
	char text[CLI_TIME_SIZE];

	cli_table_cell(t, "%s", cli_string(account, "name"));
	cli_table_cell(t, "%s", cli_string(account, "state"));
	cli_table_colour(t, cli_colour_of(cli_string(account, "state")));
	cli_table_cell(t, "%" PRId64, cli_number(account, "queued"));
	cli_table_cell(
	    t, "%s%s%s", cli_clock(text, post, now_ms), post && *tag ? " #" : "", post ? tag : "");
	read_cell(account, now_ms, t);
	cli_table_cell(
	    t, "%" PRId64 "/%" PRId64, cli_number(account, "posts_day"),
	    cli_number(account, "limit_day"));
	if (has_money)
		month_cell(account, t);
	account_trouble(account, now_ms, t);
}

static void accounts_text(const json_t *answer, int64_t now_ms, struct buf *out)
{
	static const struct cli_column plain[] = {
	    {"ACCOUNT", 11, 2, CLI_LEFT},
	    {"STATE", 9, 1, CLI_LEFT},
	    {"QUEUED", 8, 2, CLI_RIGHT},
	    {"LAST POST", 15, 2, CLI_LEFT},
	    {"LAST READ", 12, 2, CLI_LEFT},
	    {"TODAY", 9, 2, CLI_LEFT},
	    {"", 0, 0, CLI_LEFT}};
	static const struct cli_column money[] = {
	    {"ACCOUNT", 11, 2, CLI_LEFT},   {"STATE", 9, 1, CLI_LEFT},
	    {"QUEUED", 8, 2, CLI_RIGHT},    {"LAST POST", 15, 2, CLI_LEFT},
	    {"LAST READ", 12, 2, CLI_LEFT}, {"TODAY", 9, 2, CLI_LEFT},
	    {"MONTH", 16, 2, CLI_LEFT},     {"", 0, 0, CLI_LEFT}};
	const json_t *accounts = json_object_get(answer, "accounts"), *account;
	bool has_money = false;
	struct cli_table t;
	size_t i;

	json_array_foreach (accounts, i, account)
		has_money |= is_metered(account);
	cli_table_init(
	    &t, has_money ? money : plain,
	    has_money ? sizeof money / sizeof money[0] : sizeof plain / sizeof plain[0]);
	json_array_foreach (accounts, i, account)
		account_row(account, now_ms, has_money, &t);
	if (i)
		cli_table_print(&t, out);
	cli_table_finish(&t);
}

static const char *pause_name(const json_t *pause)
{
	const char *audience = cli_string(pause, "audience"), *account = cli_string(pause, "account");

	return *audience ? audience : *account ? account : "everything";
}

/* What somebody silenced, who, and why: a line each. */
static void by_hand_text(const json_t *answer, int64_t now_ms, struct buf *out)
{
	const json_t *pauses = json_object_get(answer, "paused"), *pause;
	char clock[CLI_TIME_SIZE];
	size_t i;

	json_array_foreach (pauses, i, pause) {
		const char *text = cli_string(pause, "text");

		cli_printf(
		    out, "%s paused since %s by %s%s%s", pause_name(pause),
		    cli_clock(clock, cli_number(pause, "since_ms"), now_ms), cli_string(pause, "by"),
		    *text ? ": " : "", text);
		buf_char(out, '\n');
	}
}

static bool is_paused_by_network(const json_t *account)
{
	return strcmp(cli_string(account, "state"), "paused") == 0 &&
	       strncmp(cli_string(account, "text"), "by hand", 7) != 0;
}

static void paused_text(const json_t *answer, struct buf *out)
{
	bool by_hand = json_array_size(json_object_get(answer, "paused")) != 0;
	const json_t *account;
	unsigned n = 0;
	size_t i;

	json_array_foreach (json_object_get(answer, "accounts"), i, account) {
		if (is_paused_by_network(account))
			cli_printf(
			    out, "%s%s", n++ ? " " : ", paused: ", cli_string(account, "name"));
	}
	if (!n && !by_hand)
		buf_str(out, ", nothing paused");
}

static void finding_label(enum health_level level, struct buf *out)
{
	enum cli_colour colour = level == HEALTH_CRITICAL ? CLI_RED : CLI_YELLOW;

	cli_colour_begin(out, colour);
	buf_str(out, level == HEALTH_CRITICAL ? "trouble" : "note");
	cli_colour_end(out, colour);
}

/* What check_twicket would say and the table above does not, with the step that is missing. */
static void findings_text(const json_t *answer, struct buf *out)
{
	struct health h;

	health_judge(answer, &health_defaults, &h);
	for (unsigned k = 0; k < h.n; k++) {
		if (h.at[k].about == HEALTH_SILENCE || h.at[k].about == HEALTH_ACCOUNT_ROW)
			continue;
		finding_label(h.at[k].level, out);
		cli_printf(out, ": %s", h.at[k].text);
		buf_char(out, '\n');
	}
}

void cli_status_text(const json_t *answer, int64_t now_ms, struct buf *out)
{
	nodes_text(answer, now_ms, out);
	accounts_text(answer, now_ms, out);
	buf_printf(
	    out, "%" PRId64 " open, %" PRId64 " acknowledged", cli_number(answer, "open"),
	    cli_number(answer, "acked"));
	if (json_object_get(answer, "quiet"))
		buf_printf(out, ", %zu quiet", json_array_size(json_object_get(answer, "quiet")));
	if (cli_number(answer, "questions"))
		buf_printf(out, ", %" PRId64 " waiting for a go", cli_number(answer, "questions"));
	paused_text(answer, out);
	buf_char(out, '\n');
	by_hand_text(answer, now_ms, out);
	findings_text(answer, out);
}

static void metrics_of(const json_t *answer, int64_t now_ms, struct buf *out)
{
	(void)now_ms;
	metrics_text(answer, out);
}

enum cli_exit cli_status(struct cli *cli, int argc, char **argv)
{
	bool metrics = false;
	const struct cli_option options[] = {{"--metrics", &metrics, NULL}, {NULL, NULL, NULL}};
	enum cli_exit rc;
	json_t *answer;

	if (!cli_command_options(cli, &argc, argv, options, CLI_ALL_WORDS, &rc))
		return rc;
	if (argc > 1)
		return cli_misused(cli, "status", "status takes no words");
	rc = cli_ask(cli, json_pack("{s:s}", "do", "status"), CONTROL_TIMEOUT_MS, &answer);
	if (rc != CLI_DONE)
		return rc;
	return cli_put_answer(cli, answer, metrics ? metrics_of : cli_status_text);
}
