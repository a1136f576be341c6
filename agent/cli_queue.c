/*
 * `twicket queue`: posts on their way, why they wait, and a hand on them.
 * Called by cli.c. It must never touch a post whose number was not typed.
 */
#include "agent/cli.h"
#include "agent/cli_control.h"
#include "agent/cli_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void post_row(const json_t *post, int64_t now_ms, bool has_prices, struct cli_table *t)
{
	int64_t next = cli_number(post, "not_before_ms");
	const char *tag = cli_string(post, "tag"), *reason = cli_string(post, "reason");
	const char *text = cli_string(post, "text");
	char clock[CLI_TIME_SIZE];

	cli_table_cell(t, "%" PRId64, cli_number(post, "id"));
	cli_table_cell(t, "%s", cli_string(post, "account"));
	cli_table_cell(t, "%s%s", *tag ? "#" : "-", tag);
	cli_table_cell(t, "%s", cli_string(post, "event"));
	cli_table_cell(t, "%s", cli_string(post, "state"));
	cli_table_cell(t, "%s", cli_clock(clock, cli_number(post, "created_ms"), now_ms));
	/* "until a human acts" is as far away as a number goes */
	if (next > now_ms && next - now_ms > 366LL * 86400000)
		cli_table_cell(t, "-");
	else
		cli_table_cell(t, "%s", next > now_ms ? cli_clock_s(clock, next, now_ms) : "now");
	cli_table_cell(t, "%" PRId64, cli_number(post, "attempts"));
	if (has_prices && cli_number(post, "price_micro"))
		cli_table_cell(t, "%s USD", cli_usd(clock, cli_number(post, "price_micro")));
	else if (has_prices)
		cli_table_cell(t, "-");
	/* Without a reason its first line says which post it is. */
	cli_table_cell(
	    t, "%.*s", *reason ? (int)strlen(reason) : (int)strcspn(text, "\n"),
	    *reason ? reason : text);
}

void cli_queue_text(const json_t *answer, int64_t now_ms, struct buf *out)
{
	static const struct cli_column plain[] = {
	    {"ID", 4, 2, CLI_RIGHT},       {"ACCOUNT", 11, 2, CLI_LEFT}, {"TAG", 8, 2, CLI_LEFT},
	    {"WHAT", 11, 2, CLI_LEFT},     {"STATE", 10, 2, CLI_LEFT},   {"SINCE", 11, 2, CLI_LEFT},
	    {"NEXT TRY", 10, 2, CLI_LEFT}, {"TRIES", 7, 2, CLI_RIGHT},   {"WHY", 0, 0, CLI_LEFT}};
	static const struct cli_column prices[] = {
	    {"ID", 4, 2, CLI_RIGHT},       {"ACCOUNT", 11, 2, CLI_LEFT}, {"TAG", 8, 2, CLI_LEFT},
	    {"WHAT", 11, 2, CLI_LEFT},     {"STATE", 10, 2, CLI_LEFT},   {"SINCE", 11, 2, CLI_LEFT},
	    {"NEXT TRY", 10, 2, CLI_LEFT}, {"TRIES", 7, 2, CLI_RIGHT},   {"PRICE", 11, 2, CLI_LEFT},
	    {"WHY", 0, 0, CLI_LEFT}};
	const json_t *posts = json_object_get(answer, "posts"), *post;
	bool has_prices = false;
	struct cli_table t;
	size_t i;

	if (!json_array_size(posts)) {
		buf_str(out, "No posts on their way.\n");
		return;
	}
	json_array_foreach (posts, i, post)
		has_prices |= cli_number(post, "price_micro") != 0;
	cli_table_init(
	    &t, has_prices ? prices : plain,
	    has_prices ? sizeof prices / sizeof prices[0] : sizeof plain / sizeof plain[0]);
	json_array_foreach (posts, i, post)
		post_row(post, now_ms, has_prices, &t);
	cli_table_print(&t, out);
	cli_table_finish(&t);
}

static enum cli_exit print_queue(struct cli *cli)
{
	json_t *answer;
	enum cli_exit rc =
	    cli_ask(cli, json_pack("{s:s}", "do", "queue"), CONTROL_TIMEOUT_MS, &answer);

	if (rc != CLI_DONE)
		return rc;
	return cli_put_answer(cli, answer, cli_queue_text);
}

static enum cli_exit change(struct cli *cli, const char *verb, const char *id)
{
	char *end;
	long long n = strtoll(id, &end, 10);
	enum cli_exit rc;
	json_t *answer;

	if (n <= 0 || *end)
		return cli_misused(cli, "queue", "%s is no number of a post (twicket queue)", id);
	rc = cli_ask(
	    cli, json_pack("{s:s, s:I}", "do", "queue", verb, (json_int_t)n), CONTROL_TIMEOUT_MS,
	    &answer);
	if (rc != CLI_DONE)
		return rc;
	if (cli->json)
		rc = cli_put_json(cli, answer);
	else
		cli_say(
		    cli, strcmp(verb, "retry") == 0 ? "%lld: tried again now" : "%lld: dropped", n);
	json_decref(answer);
	return rc;
}

enum cli_exit cli_queue(struct cli *cli, int argc, char **argv)
{
	enum cli_exit rc;

	if (!cli_command_options(cli, &argc, argv, NULL, CLI_ALL_WORDS, &rc))
		return rc;
	if (argc == 1)
		return print_queue(cli);
	if (strcmp(argv[1], "retry") != 0 && strcmp(argv[1], "drop") != 0)
		return cli_misused(cli, "queue", "queue %s: only retry or drop", argv[1]);
	if (argc != 3)
		return cli_misused(cli, "queue", "queue %s: which post? (its ID)", argv[1]);
	return change(cli, argv[1], argv[2]);
}
