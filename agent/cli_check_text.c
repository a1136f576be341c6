/*
 * `twicket check` as people read it, from the facts that cli_check.c gathered.
 * Called by cli_check.c and the tests. Pure.
 */
#include "agent/cli.h"
#include "agent/cli_check.h"
#include "agent/cli_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LEFT_MIN 12 /* "operators" and a gap */
#define LEFT_GAP 3

static unsigned left_width(const json_t *facts)
{
	unsigned width = LEFT_MIN, w;
	const json_t *audience;
	size_t i;

	json_array_foreach (json_object_get(facts, "audiences"), i, audience) {
		w = cli_width(cli_string(audience, "name")) + LEFT_GAP;
		if (w > width)
			width = w;
	}
	return width;
}

void check_label(struct buf *out, const char *text, unsigned width)
{
	size_t from = out->len;

	cli_printf(out, "%s", text);
	cli_pad(out, from, width);
}

static void count_word(struct cli_flow *f, int64_t n, const char *one, const char *many)
{
	char word[CLI_TIME_SIZE];

	snprintf(word, sizeof word, "%" PRId64 " %s,", n, n == 1 ? one : many);
	cli_flow_word(f, word);
}

/* "12 services, 9 names," */
static void counts_text(const json_t *audience, struct cli_flow *f)
{
	int64_t hosts = cli_number(audience, "hosts"), services = cli_number(audience, "services");

	if (hosts)
		count_word(f, hosts, "host", "hosts");
	if (services || !hosts)
		count_word(f, services, "service", "services");
	if (!json_is_true(json_object_get(audience, "internals")))
		count_word(
		    f, (int64_t)json_array_size(json_object_get(audience, "names")), "name", "names");
}

/* "on status (mastodon, en, 500), stoerung (mastodon, de, 500);" */
static void accounts_text(const json_t *audience, struct cli_flow *f)
{
	const json_t *accounts = json_object_get(audience, "accounts"), *account;
	struct buf word;
	size_t i;

	json_array_foreach (accounts, i, account) {
		buf_init(&word, 65536);
		cli_printf(
		    &word, "%s%s (%s, %s, %" PRId64 ")%s", i ? "" : "on ",
		    cli_string(account, "name"), cli_string(account, "network"),
		    cli_string(account, "language"), cli_number(account, "limit"),
		    i + 1 < json_array_size(accounts) ? "," : ";");
		cli_flow_word(f, buf_text(&word));
		buf_finish(&word);
	}
}

static void hold_text(const json_t *audience, struct cli_flow *f)
{
	char word[CLI_TIME_SIZE + 32], span[CLI_TIME_SIZE];

	if (cli_number(audience, "hold_ms"))
		snprintf(
		    word, sizeof word, "first post after %s",
		    cli_span_config(span, cli_number(audience, "hold_ms")));
	else
		snprintf(word, sizeof word, "first post at once");
	cli_flow_word(f, word);
}

static bool is_counted(const json_t *facts)
{
	return json_is_true(json_object_get(json_object_get(facts, "objects"), "checked"));
}

static void names_text(const json_t *names, unsigned left, struct buf *out)
{
	struct cli_flow flow = {out, left, 0, 2, CLI_TEXT_WIDTH};
	const json_t *name;
	size_t i;

	json_array_foreach (names, i, name) {
		struct buf word;

		buf_init(&word, 65536);
		cli_printf(&word, "%s", cli_string(name, "name"));
		if (cli_number(name, "objects") > 1)
			buf_printf(&word, " (%" PRId64 ")", cli_number(name, "objects"));
		cli_flow_word(&flow, buf_text(&word));
		buf_finish(&word);
	}
	if (json_array_size(names))
		buf_char(out, '\n');
}

/* "quiet 22:00-07:00 but for hostgroup:core" */
static void quiet_item(const json_t *audience, struct buf *out)
{
	const char *urgent = cli_string(audience, "urgent");

	if (!*cli_string(audience, "quiet_hours"))
		return;
	cli_printf(out, "quiet %s", cli_string(audience, "quiet_hours"));
	if (*urgent)
		cli_printf(out, " but for %s", urgent);
}

static const char *item_gap(size_t i, size_t n)
{
	return !i ? " " : i + 1 < n ? ", " : " and ";
}

/* "; maintenance announced 24h and 1h before" */
static void announce_item(const json_t *announce, struct buf *out)
{
	size_t n = json_array_size(announce);
	char span[CLI_TIME_SIZE];

	if (!n)
		return;
	buf_printf(out, "%smaintenance announced", out->len ? "; " : "");
	for (size_t i = 0; i < n; i++)
		buf_printf(
		    out, "%s%s", item_gap(i, n),
		    cli_span_config(span, json_integer_value(json_array_get(announce, i))));
	buf_str(out, " before");
}

/* "; calls alice and bob after 20m, carol after 1h" */
static void escalate_item(const json_t *steps, struct buf *out)
{
	char span[CLI_TIME_SIZE];
	const json_t *step;
	size_t i;

	json_array_foreach (steps, i, step) {
		const json_t *to = json_object_get(step, "to");
		size_t n = json_array_size(to);

		buf_str(out, i ? "," : out->len ? "; calls" : "calls");
		for (size_t k = 0; k < n; k++) {
			buf_str(out, item_gap(k, n));
			cli_printf(out, "%s", json_string_value(json_array_get(to, k)));
		}
		buf_printf(
		    out, " after %s", cli_span_config(span, cli_number(step, "after_ms")));
	}
}

/* Only where it is not what one expects. */
static void storm_item(const json_t *audience, struct buf *out)
{
	const json_t *storm = json_object_get(audience, "storm");

	if (!storm)
		return;
	buf_str(out, out->len ? "; " : "");
	if (json_integer_value(storm))
		buf_printf(
		    out, "a summary beyond %" PRId64 " incidents in 10m",
		    (int64_t)json_integer_value(storm));
	else
		buf_str(out, "no summary however many incidents");
}

/* What is not in force by default, in a sentence under the audience. */
static void policy_text(const json_t *audience, unsigned left, struct buf *out)
{
	struct cli_flow flow = {out, left, 0, 1, CLI_TEXT_WIDTH};
	struct buf text;

	buf_init(&text, 65536);
	quiet_item(audience, &text);
	announce_item(json_object_get(audience, "announce_ms"), &text);
	escalate_item(json_object_get(audience, "escalate"), &text);
	storm_item(audience, &text);
	if (text.len) {
		cli_flow_text(&flow, buf_text(&text));
		buf_char(out, '\n');
	}
	buf_finish(&text);
}

static void audiences_text(const json_t *facts, unsigned left, struct buf *out)
{
	const json_t *audience;
	size_t i;

	json_array_foreach (json_object_get(facts, "audiences"), i, audience) {
		struct cli_flow flow = {out, left, left, 1, CLI_TEXT_WIDTH};

		check_label(out, cli_string(audience, "name"), left);
		if (is_counted(facts))
			counts_text(audience, &flow);
		accounts_text(audience, &flow);
		hold_text(audience, &flow);
		buf_char(out, '\n');
		names_text(json_object_get(audience, "names"), left, out);
		policy_text(audience, left, out);
	}
}

/* "group_by    hostgroup:web, from 3 objects on" */
static void group_text(const json_t *group, unsigned left, struct buf *out)
{
	if (!group)
		return;
	check_label(out, "group_by", left);
	cli_printf(
	    out, "%s, from %" PRId64 " objects on", cli_string(group, "by"), cli_number(group, "min"));
	buf_char(out, '\n');
}

/* "sentinels   host:gw-* (2 objects): all down and 30 % of all failing means cut off" */
static void sentinels_text(const json_t *sentinels, unsigned left, struct buf *out)
{
	struct cli_flow flow = {out, left, left, 1, CLI_TEXT_WIDTH};
	struct buf text;

	if (!sentinels)
		return;
	check_label(out, "sentinels", left);
	buf_init(&text, 65536);
	cli_printf(&text, "%s", cli_string(sentinels, "match"));
	if (json_object_get(sentinels, "objects"))
		buf_printf(
		    &text, " (%" PRId64 " object%s)", cli_number(sentinels, "objects"),
		    cli_number(sentinels, "objects") == 1 ? "" : "s");
	buf_printf(
	    &text, ": all down and %" PRId64 " %% of all failing means cut off",
	    cli_number(sentinels, "percent"));
	cli_flow_text(&flow, buf_text(&text));
	buf_finish(&text);
	buf_char(out, '\n');
}

static void people_text(const json_t *facts, unsigned left, struct buf *out)
{
	const json_t *people = json_object_get(facts, "people"), *person;
	struct cli_flow flow = {out, left, left, 3, CLI_TEXT_WIDTH};
	size_t i;

	if (!json_array_size(people))
		return;
	check_label(out, "people", left);
	json_array_foreach (people, i, person) {
		struct buf word;

		buf_init(&word, 65536);
		cli_printf(
		    &word, "%s %s %s", cli_string(person, "name"), cli_string(person, "role"),
		    cli_string(person, "match"));
		cli_flow_word(&flow, buf_text(&word));
		buf_finish(&word);
	}
	buf_char(out, '\n');
}

/* "name 0.015" and what closes it, as one word of the flow; nothing where there is no such price. */
static void price_word(
    struct cli_flow *f, const json_t *prices, const char *before, const char *key, const char *after)
{
	char usd[CLI_TIME_SIZE], word[CLI_TIME_SIZE * 2];

	if (!json_object_get(prices, key))
		return;
	snprintf(word, sizeof word, "%s%s%s", before, cli_usd(usd, cli_number(prices, key)), after);
	cli_flow_word(f, word);
}

static void month_words(struct cli_flow *f, const json_t *prices)
{
	char word[CLI_TIME_SIZE];

	if (!cli_number(prices, "month_micro")) {
		cli_flow_word(f, "no limit a month;");
		return;
	}
	price_word(f, prices, "", "month_micro", " USD a month");
	snprintf(
	    word, sizeof word, "are %" PRId64 " incidents;", cli_number(prices, "month_incidents"));
	cli_flow_word(f, word);
}

/* links = true costs a multiple: said before somebody tries it, and with what it leaves a month. */
static void link_words(struct cli_flow *f, const json_t *prices)
{
	bool on = json_is_true(json_object_get(prices, "links"));
	char word[CLI_TIME_SIZE];

	price_word(
	    f, prices, on ? "links = true: up to " : "links = true: ", "linked_incident_micro",
	    on && cli_number(prices, "month_micro") ? "," : ";");
	if (!on || !cli_number(prices, "month_micro"))
		return;
	snprintf(
	    word, sizeof word, "%" PRId64 " incidents;",
	    cli_number(prices, "linked_month_incidents"));
	cli_flow_word(f, word);
}

/* "status_x: 0.031 USD per incident (problem 0.015, ...), 20.00 USD a month are 645 incidents; ..." */
static void price_text(const json_t *account, const json_t *prices, unsigned left, struct buf *out)
{
	struct cli_flow f = {out, left, left, 1, CLI_TEXT_WIDTH};
	struct buf name;

	check_label(out, "price", left);
	buf_init(&name, 65536);
	cli_printf(&name, "%s:", cli_string(account, "name"));
	cli_flow_word(&f, buf_text(&name));
	buf_finish(&name);
	price_word(&f, prices, "", "incident_micro", " USD per incident");
	price_word(&f, prices, "(problem ", "problem_micro", ",");
	price_word(&f, prices, "acknowledgement ", "ack_micro", ",");
	price_word(&f, prices, "reply read ", "read_micro", ",");
	price_word(&f, prices, "answer to it ", "answer_micro", ",");
	price_word(&f, prices, "recovery ", "recovery_micro", "),");
	month_words(&f, prices);
	link_words(&f, prices);
	if (json_is_true(json_object_get(prices, "messages")))
		price_word(&f, prices, "direct messages are read, ", "message_read_micro", " each");
	else
		cli_flow_word(&f, "direct messages are not read");
	buf_char(out, '\n');
}

static void prices_text(const json_t *facts, unsigned left, struct buf *out)
{
	const json_t *account;
	size_t i;

	json_array_foreach (json_object_get(facts, "accounts"), i, account) {
		const json_t *prices = json_object_get(account, "prices");

		if (json_is_object(prices))
			price_text(account, prices, left, out);
	}
}

/* "desk  rt, queue Support at https://rt.example.net" */
static void desk_text(const json_t *desk, unsigned left, struct buf *out)
{
	const char *type = cli_string(desk, "type"), *url = cli_string(desk, "url");

	if (!desk)
		return;
	check_label(out, "desk", left);
	if (strcmp(type, "mail") == 0)
		cli_printf(
		    out, "mail to %s by %s, from %s", cli_string(desk, "queue"), url,
		    cli_string(desk, "from"));
	else if (strcmp(type, "rt") == 0)
		cli_printf(out, "rt, queue %s at %s", cli_string(desk, "queue"), url);
	else
		cli_printf(out, "%s to %s", type, url);
	buf_char(out, '\n');
}

/* What --online was told. */
static void online_text(const json_t *facts, unsigned left, struct buf *out)
{
	const json_t *desk = json_object_get(json_object_get(facts, "desk"), "online");
	const json_t *account;
	size_t i;

	json_array_foreach (json_object_get(facts, "accounts"), i, account) {
		const json_t *online = json_object_get(account, "online");

		if (!online)
			continue;
		check_label(out, "online", left);
		cli_printf(out, "%s: %s", cli_string(account, "name"), cli_string(online, "text"));
		buf_char(out, '\n');
	}
	if (desk) {
		check_label(out, "online", left);
		cli_printf(out, "desk: %s", cli_string(desk, "text"));
		buf_char(out, '\n');
	}
	check_icinga_online_text(json_object_get(facts, "icinga2"), left, out);
}

static size_t complaints(
    const json_t *facts, const char *kind, const char *before, unsigned width, struct buf *out)
{
	enum cli_colour of_kind = strcmp(kind, "errors") == 0 ? CLI_RED : CLI_YELLOW;
	enum cli_colour colour = *before ? of_kind : CLI_PLAIN;
	const json_t *list = json_object_get(facts, kind), *one;
	size_t i;

	json_array_foreach (list, i, one) {
		cli_colour_begin(out, colour);
		check_label(out, before, width);
		cli_colour_end(out, colour);
		for (const char *at = cli_string(one, "text");;
		     at++) { /* the caret has its own line */
			size_t n = strcspn(at, "\n");

			cli_printf(out, "%.*s", (int)n, at);
			buf_char(out, '\n');
			at += n;
			if (!*at)
				break;
		}
	}
	return json_array_size(list);
}

/* "3 errors, 1 warning" */
static void sum_text(size_t errors, size_t warnings, struct buf *out)
{
	enum cli_colour colour = errors ? CLI_RED : CLI_GREEN;

	cli_colour_begin(out, colour);
	if (errors)
		buf_printf(out, "%zu error%s", errors, errors == 1 ? "" : "s");
	else
		buf_str(out, "ok");
	cli_colour_end(out, colour);
	if (warnings)
		buf_printf(out, ", %zu warning%s", warnings, warnings == 1 ? "" : "s");
	buf_char(out, '\n');
}

void cli_check_text(const json_t *facts, int64_t now_ms, struct buf *out)
{
	const char *why = cli_string(json_object_get(facts, "objects"), "why");
	unsigned left = left_width(facts);
	size_t errors, warnings;

	(void)now_ms;
	audiences_text(facts, left, out);
	prices_text(facts, left, out);
	group_text(json_object_get(facts, "group"), left, out);
	sentinels_text(json_object_get(facts, "sentinels"), left, out);
	people_text(facts, left, out);
	desk_text(json_object_get(facts, "desk"), left, out);
	check_icinga_text(json_object_get(facts, "icinga2"), left, out);
	online_text(facts, left, out);
	if (*why)
		cli_printf(out, "%s: objects not checked", why), buf_char(out, '\n');
	/* An error in the file is all there is to say: nothing of it was used. */
	if (json_object_get(facts, "audiences")) {
		errors = complaints(facts, "errors", "error", left, out);
		warnings = complaints(facts, "warnings", "warning", left, out);
	} else {
		errors = complaints(facts, "errors", "", 0, out);
		warnings = complaints(facts, "warnings", "warning: ", 0, out);
	}
	sum_text(errors, warnings, out);
}
