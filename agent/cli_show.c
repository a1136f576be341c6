/*
 * `twicket show`: the whole story of one incident. Called by cli.c.
 * It must never say more than the agent told.
 */
#include "agent/cli.h"
#include "agent/cli_control.h"
#include "agent/cli_story.h"
#include "agent/cli_text.h"
#include "agent/cli_ticket.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LATE_MS 3000 /* less is no news */
#define KIND_WIDTH 8

static void told_text(const json_t *incident, struct buf *out)
{
	const json_t *told, *name;
	size_t i, k;

	json_array_foreach (json_object_get(incident, "told"), i, told) {
		const json_t *names = json_object_get(told, "names");

		if (!json_array_size(names))
			continue;
		cli_printf(out, "; %s: ", cli_string(told, "audience"));
		json_array_foreach (names, k, name)
			cli_printf(
			    out, "%s%s", k ? ", " : "",
			    json_is_string(name) ? json_string_value(name) : "");
	}
}

/* "; 37 people report it, 5 of them within 15 min of its beginning; reported in Q-4K7M, Q-6QR2" */
static void reports_text(const json_t *incident, struct buf *out)
{
	const json_t *tickets = json_object_get(incident, "tickets"), *ticket;
	int64_t reports = cli_number(incident, "reports"), confirmed = cli_number(incident, "confirmed");
	size_t i;

	if (reports)
		cli_printf(
		    out, "; %" PRId64 "%s", reports,
		    reports == 1 ? " person reports it" : " people report it");
	if (reports && confirmed)
		cli_printf(out, ", %" PRId64 " of them within 15 min of its beginning", confirmed);
	json_array_foreach (tickets, i, ticket)
		cli_printf(
		    out, "%s%s", i ? ", " : "; reported in ",
		    json_is_string(ticket) ? json_string_value(ticket) : "?");
}

/* What people have said of it: one fact behind the other. */
static void hand_text(const json_t *incident, int64_t now_ms, struct buf *out)
{
	const char *known = cli_string(incident, "known"), *known_tag = cli_string(incident, "known_tag");
	int64_t from = cli_number(incident, "from_ms"), to = cli_number(incident, "to_ms");
	int64_t eta = cli_number(incident, "eta_ms"), quiet = cli_number(incident, "quiet_ms");
	const json_t *waits = json_object_get(incident, "waits");
	char time[CLI_TIME_SIZE], until[CLI_TIME_SIZE];

	if (to)
		cli_printf(
		    out, "; planned %s to %s", cli_clock(time, from, now_ms),
		    cli_clock(until, to, now_ms));
	if (eta)
		cli_printf(out, "; end expected %s", cli_clock(time, eta, now_ms));
	if (*known || *known_tag)
		cli_printf(
		    out, "; known error%s%s%s%s", *known_tag ? " #" : "", known_tag,
		    *known ? ": " : "", known);
	if (*cli_string(incident, "ticket"))
		cli_printf(out, "; ticket %s", cli_string(incident, "ticket"));
	reports_text(incident, out);
	if (quiet)
		cli_printf(out, "; quiet until %s", cli_clock(time, quiet, now_ms));
	if (waits)
		cli_printf(
		    out, "; for %s, waits for a go from %s: %s", cli_string(waits, "audience"),
		    cli_string(waits, "asked"), cli_string(waits, "text"));
	if (*cli_string(incident, "parent"))
		cli_printf(out, "; part of #%s", cli_string(incident, "parent"));
}

static void state_text(const json_t *incident, struct buf *out)
{
	enum cli_colour colour;
	struct buf state;

	buf_init(&state, 1000);
	cli_state(incident, &state);
	colour = cli_colour_of(buf_text(&state));
	cli_colour_begin(out, colour);
	buf_str(out, buf_text(&state));
	cli_colour_end(out, colour);
	buf_finish(&state);
}

static void head_text(const json_t *incident, int64_t now_ms, struct buf *out)
{
	int64_t since = cli_number(incident, "since_ms"), until = cli_number(incident, "until_ms");
	bool open = json_is_true(json_object_get(incident, "open"));
	const char *owner = cli_string(incident, "owner");
	char from[CLI_TIME_SIZE], to[CLI_TIME_SIZE], span[CLI_TIME_SIZE];

	cli_printf(out, "#%s %s", cli_string(incident, "tag"), cli_string(incident, "object"));
	if (cli_number(incident, "members") > 1)
		buf_printf(out, " +%" PRId64, cli_number(incident, "members") - 1);
	cli_span_words(span, (until ? until : now_ms) - since);
	cli_clock_s(from, since, now_ms);
	buf_char(out, ' ');
	state_text(incident, out);
	if (until && until < since)
		cli_printf(out, ", called off %s", cli_clock_s(to, until, now_ms));
	else if (until)
		cli_printf(out, ", %s to %s (%s)", from, cli_clock_s(to, until, now_ms), span);
	else if (since <= now_ms) /* what is planned has its times behind it */
		cli_printf(out, " since %s (%s)", from, span);
	if (*owner)
		cli_printf(out, ", %s %s it", owner, open ? "has" : "had");
	told_text(incident, out);
	hand_text(incident, now_ms, out);
	buf_char(out, '\n');
}

/* "sent  recovery, 3 s late  https://..." */
static void post_text(const json_t *line, struct buf *out)
{
	const char *event = cli_string(line, "event"), *reason = cli_string(line, "reason");
	const char *url = cli_string(line, "url"), *gap = "  ";
	int64_t late = cli_number(line, "late_ms"), cost = cli_number(line, "cost_micro");
	char span[CLI_TIME_SIZE];

	cli_printf(out, "%s", cli_string(line, "state"));
	if (*event && strcmp(event, "problem") != 0)
		cli_printf(out, "%s%s", gap, event), gap = ", ";
	if (late >= LATE_MS)
		cli_printf(out, "%s%s late", gap, cli_span_words(span, late)), gap = ", ";
	if (cost)
		cli_printf(out, "%s%s USD", gap, cli_usd(span, cost)), gap = ", ";
	if (*reason)
		cli_printf(out, "%s%s", gap, reason);
	if (*url)
		cli_printf(out, "  %s", url);
}

/* "eta_noted" in words; what says no more than the state is left out. */
static const char *reason_words(const json_t *line, char words[64])
{
	const char *reason = cli_string(line, "reason");

	if (strcmp(reason, "other") == 0 || strcmp(reason, "kept") == 0)
		return "";
	snprintf(words, 64, "%s", reason);
	for (char *at = words; *at; at++)
		*at = *at == '_' ? ' ' : *at;
	return words;
}

static void reply_text(const json_t *line, struct buf *out)
{
	const char *who = cli_string(line, "who"), *state = cli_string(line, "state"), *reason;
	char words[64];

	reason = reason_words(line, words);
	cli_printf(out, "%s: %s", *who ? who : "?", cli_string(line, "text"));
	if (*state)
		cli_printf(out, "  (%s%s%s)", state, *reason ? ": " : "", reason);
}

static bool is_kind(const json_t *line, const char *kind)
{
	return strcmp(cli_string(line, "kind"), kind) == 0;
}

/* A reply is kept with its author and state, and may be a line of the timeline as well. */
static bool is_told_twice(const json_t *story, const json_t *line)
{
	const json_t *other;
	size_t i;

	if (!is_kind(line, "reply") || json_object_get(line, "who"))
		return false;
	json_array_foreach (story, i, other) {
		if (is_kind(other, "reply") && json_object_get(other, "who"))
			return true;
	}
	return false;
}

/* Of a post or reply; "local" for what came by `twicket reply`. */
static const char *account_of(const json_t *line)
{
	const char *account = cli_string(line, "account");

	return *account || !is_kind(line, "reply") ? account : "local";
}

/* Widest name of an account, and widest time, so that all stands in columns. */
static void
measure(const json_t *story, int64_t now_ms, unsigned *time_width, unsigned *account_width)
{
	const json_t *line;
	char time[CLI_TIME_SIZE];
	unsigned w;
	size_t i;

	*time_width = *account_width = 0;
	json_array_foreach (story, i, line) {
		w = cli_width(cli_clock_s(time, cli_number(line, "at_ms"), now_ms));
		if (w > *time_width)
			*time_width = w;
		w = json_object_get(line, "account") ? cli_width(account_of(line)) : 0;
		if (w > *account_width)
			*account_width = w;
	}
}

static void line_text(
    const json_t *line, int64_t now_ms, unsigned time_width, unsigned account_width,
    struct buf *out)
{
	bool is_post = is_kind(line, "post") && json_object_get(line, "account");
	bool is_reply = is_kind(line, "reply") && json_object_get(line, "who");
	char time[CLI_TIME_SIZE];
	size_t from = out->len;

	cli_printf(out, "%s", cli_clock_s(time, cli_number(line, "at_ms"), now_ms));
	cli_pad(out, from, time_width + 2);
	from = out->len;
	cli_printf(out, "%s", cli_string(line, "kind"));
	cli_pad(out, from, KIND_WIDTH - 1);
	buf_char(out, ' ');
	if (is_post || is_reply) {
		from = out->len;
		cli_printf(out, "%s", account_of(line));
		cli_pad(out, from, account_width + 2);
	}
	if (is_post)
		post_text(line, out);
	else if (is_reply)
		reply_text(line, out);
	else
		cli_printf(out, "%s", cli_string(line, "text"));
	buf_char(out, '\n');
}

/* In the agent's order: what was learnt, and in which incidents it held. */
static void fixes_text(const json_t *fixes, struct buf *out)
{
	const json_t *fix, *tag;
	size_t i, k;

	json_array_foreach (fixes, i, fix) {
		cli_printf(
		    out, "%s: %s, by %s", cli_string(fix, "kind"), cli_string(fix, "text"),
		    cli_string(fix, "by"));
		json_array_foreach (json_object_get(fix, "held"), k, tag)
			cli_printf(out, "%s#%s", k ? ", " : "; held in ", json_string_value(tag));
		buf_char(out, '\n');
	}
}

void cli_show_text(const json_t *answer, int64_t now_ms, struct buf *out)
{
	const json_t *story = json_object_get(answer, "story"), *line;
	unsigned time_width, account_width;
	char cost[CLI_TIME_SIZE];
	size_t i;

	head_text(json_object_get(answer, "incident"), now_ms, out);
	measure(story, now_ms, &time_width, &account_width);
	json_array_foreach (story, i, line) {
		if (!is_told_twice(story, line))
			line_text(line, now_ms, time_width, account_width, out);
	}
	fixes_text(json_object_get(answer, "fixes"), out);
	if (cli_number(answer, "cost_micro"))
		buf_printf(
		    out, "cost: %s USD for its posts\n",
		    cli_usd(cost, cli_number(answer, "cost_micro")));
}

static void show_md(const json_t *answer, int64_t now_ms, struct buf *out)
{
	cli_story_write(&cli_story_md, answer, now_ms, out);
}

static void show_html(const json_t *answer, int64_t now_ms, struct buf *out)
{
	cli_story_write(&cli_story_html, answer, now_ms, out);
}

enum cli_exit cli_show(struct cli *cli, int argc, char **argv)
{
	enum cli_exit rc;
	json_t *answer;
	char tag[16], ticket[CLI_TICKET_SIZE];
	bool md = false, html = false;
	const struct cli_option options[] = {{"--md", &md, NULL}, {"--html", &html, NULL}, {NULL, NULL, NULL}};

	if (!cli_command_options(cli, &argc, argv, options, CLI_ALL_WORDS, &rc))
		return rc;
	if (md + html + cli->json > 1)
		return cli_misused(cli, "show", "show: one of --md, --html and --json");
	if (argc != 2)
		return cli_misused(cli, "show", "show: which incident? (show T7K2)");
	if (cli_ticket_name(argv[1], ticket) && (md || html))
		return cli_misused(cli, "show", "show: --md and --html are of incidents");
	if (cli_ticket_name(argv[1], ticket))
		return cli_ticket_show(cli, ticket);
	if (!cli_tag(argv[1], tag))
		return cli_misused(cli, "show", "%s is no tag (T7K2 or #T7K2)", argv[1]);
	rc = cli_ask(
	    cli, json_pack("{s:s, s:s}", "do", "show", "tag", tag), CONTROL_TIMEOUT_MS, &answer);
	if (rc != CLI_DONE)
		return rc;
	return cli_put_answer(cli, answer, md ? show_md : html ? show_html : cli_show_text);
}
