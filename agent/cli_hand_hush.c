/*
 * `twicket quiet`, `pause`, `resume`: say nothing of these objects, or nothing at all. Called
 * by cli.c. It must never take a mistyped name for a reason: that would silence everybody.
 */
#include "agent/cli_control.h"
#include "agent/cli_hand.h"
#include "agent/cli_objects.h"
#include "agent/cli_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- quiet ------------------------------------------------------------------------------ */

static void quiet_row(const json_t *quiet, int64_t now_ms, struct cli_table *t)
{
	bool is_rule = json_object_get(quiet, "id") != NULL;
	char clock[CLI_TIME_SIZE];

	if (is_rule)
		cli_table_cell(t, "%" PRId64, cli_number(quiet, "id"));
	else
		cli_table_cell(t, "#%s", cli_string(quiet, "tag"));
	cli_table_cell(t, "%s", cli_string(quiet, is_rule ? "match" : "object"));
	cli_table_cell(t, "%s", cli_clock(clock, cli_number(quiet, "until_ms"), now_ms));
	cli_table_cell(t, "%s", is_rule ? cli_string(quiet, "by") : "-");
	cli_table_cell(t, "%s", cli_string(quiet, "text"));
}

void cli_quiet_text(const json_t *answer, int64_t now_ms, struct buf *out)
{
	static const struct cli_column columns[] = {{"N", 6, 2, CLI_LEFT},
						    {"WHAT", 17, 2, CLI_CUT},
						    {"UNTIL", 11, 2, CLI_LEFT},
						    {"BY", 8, 2, CLI_LEFT},
						    {"WHY", 0, 0, CLI_LEFT}};
	const json_t *quiets = json_object_get(answer, "quiet"), *quiet;
	struct cli_table t;
	size_t i;

	if (!json_array_size(quiets)) {
		buf_str(out, "Nothing is quiet.\n");
		return;
	}
	cli_table_init(&t, columns, sizeof columns / sizeof columns[0]);
	json_array_foreach (quiets, i, quiet)
		quiet_row(quiet, now_ms, &t);
	cli_table_print(&t, out);
	cli_table_finish(&t);
}

static enum cli_exit quiet_list(struct cli *cli)
{
	json_t *answer;
	enum cli_exit rc = cli_ask(
	    cli, json_pack("{s:s, s:b}", "do", "quiet", "list", 1), CONTROL_TIMEOUT_MS, &answer);

	return rc == CLI_DONE ? cli_put_answer(cli, answer, cli_quiet_text) : rc;
}

static enum cli_exit quiet_end(struct cli *cli, const char *which)
{
	json_t *answer;
	enum cli_exit rc =
	    cli_hand_ask(cli, json_pack("{s:s, s:s}", "do", "quiet", "end", which), &answer);
	char said[100];

	if (rc != CLI_DONE)
		return rc;
	snprintf(said, sizeof said, "%.60s: no longer quiet", which);
	return cli_hand_done(cli, answer, said);
}

static enum cli_exit quiet_begin(struct cli *cli, const char *match, int64_t until_ms, const char *text)
{
	json_t *answer, *request = json_pack(
			    "{s:s, s:s, s:I, s:s}", "do", "quiet", "match", match, "until_ms",
			    (json_int_t)until_ms, "text", text);
	enum cli_exit rc = cli_hand_ask(cli, request, &answer);
	char said[200], clock[CLI_TIME_SIZE];

	if (rc != CLI_DONE)
		return rc;
	snprintf(
	    said, sizeof said, "quiet until %s; to end it: twicket quiet --end %" PRId64,
	    cli_clock(clock, until_ms, cli->now_ms), cli_number(answer, "id"));
	return cli_hand_done(cli, answer, said);
}

/* MATCH FOR TEXT: a slip in the match is told here, a name that the core does not know behind it. */
static enum cli_exit quiet_words(struct cli *cli, int argc, char **argv)
{
	struct err err;
	struct match *match = match_parse(argv[1], &err);
	int64_t for_ms;
	enum cli_exit rc = CLI_USAGE;
	struct buf text;

	if (!match)
		return cli_misused(cli, "quiet", "%s", err.text);
	for_ms = config_duration(argv[2], &err);
	if (for_ms <= 0) {
		cli_misused(cli, "quiet", "quiet: %s", for_ms < 0 ? err.text : "for no time at all?");
	} else if (cli_words(cli, argc, argv, 3, &text)) {
		rc = quiet_begin(cli, argv[1], cli->now_ms + for_ms, buf_text(&text));
		buf_finish(&text);
	}
	if (rc == CLI_DONE)
		cli_objects_warn(cli, match);
	match_destroy(match);
	return rc;
}

enum cli_exit cli_quiet(struct cli *cli, int argc, char **argv)
{
	bool is_list = false;
	const char *end = NULL;
	const struct cli_option options[] = {
	    {"--list", &is_list, NULL}, {"--end", NULL, &end}, {NULL, NULL, NULL}};
	enum cli_exit rc;

	if (!cli_command_options(cli, &argc, argv, options, CLI_ALL_WORDS, &rc))
		return rc;
	if ((is_list || end) && argc > 1)
		return cli_misused(cli, "quiet", "quiet: --list and --end stand alone");
	if (is_list)
		return quiet_list(cli);
	if (end)
		return quiet_end(cli, end);
	if (argc < 4)
		return cli_misused(
		    cli, "quiet", "quiet: about what, for how long, and why? (quiet \"host:db*\" 2h moving racks)");
	return quiet_words(cli, argc, argv);
}

/* --- pause, resume ----------------------------------------------------------------------- */

static const char *target_of(const json_t *answer)
{
	const char *audience = cli_string(answer, "audience"), *account = cli_string(answer, "account");

	return *audience ? audience : *account ? account : "everything";
}

static enum cli_exit ask_target(struct cli *cli, json_t *request, const char *what)
{
	json_t *answer;
	enum cli_exit rc = cli_hand_ask(cli, request, &answer);
	char said[200];

	if (rc != CLI_DONE)
		return rc;
	snprintf(said, sizeof said, "%.100s: %s", target_of(answer), what);
	return cli_hand_done(cli, answer, said);
}

enum cli_exit cli_pause(struct cli *cli, int argc, char **argv)
{
	struct buf text;
	json_t *request;
	enum cli_exit rc;

	if (!cli_command_options(cli, &argc, argv, NULL, CLI_ALL_WORDS, &rc))
		return rc;
	if (!cli_words(cli, argc, argv, 2, &text))
		return CLI_USAGE;
	request = json_pack(
	    "{s:s, s:s, s:s}", "do", "pause", "name", argc > 1 ? argv[1] : "", "text", buf_text(&text));
	buf_finish(&text);
	return ask_target(cli, request, "paused, nothing is posted");
}

enum cli_exit cli_resume(struct cli *cli, int argc, char **argv)
{
	enum cli_exit rc;

	if (!cli_command_options(cli, &argc, argv, NULL, CLI_ALL_WORDS, &rc))
		return rc;
	if (argc > 2)
		return cli_misused(cli, "resume", "resume: one name, or none for the pause of everything");
	return ask_target(
	    cli, json_pack("{s:s, s:s}", "do", "resume", "name", argc > 1 ? argv[1] : ""), "goes on");
}
