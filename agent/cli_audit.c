/*
 * `twicket audit`: who did what, through which handle, with which result, refusals included.
 * Called by cli.c; only reads. It must never leave anything out without saying so.
 */
#include "agent/cli.h"
#include "agent/cli_control.h"
#include "agent/cli_text.h"

#include <string.h>

#define AUDIT_DAY_MS 86400000
#define AUDIT_LEFT 17 /* "3 Nov 23:50:04" and a gap */

/* A word of foreign text; "" leaves it out. */
static void flow(struct cli_flow *f, const char *before, const char *text, const char *after)
{
	struct buf word;

	if (!*text)
		return;
	buf_init(&word, 8192);
	buf_str(&word, before);
	cli_escape(&word, text);
	buf_str(&word, after);
	cli_flow_word(f, buf_text(&word));
	buf_finish(&word);
}

static void audit_line(const json_t *line, int64_t now_ms, struct buf *out)
{
	const char *actor = cli_string(line, "actor"), *via = cli_string(line, "via");
	struct cli_flow f = {
	    .out = out, .left = AUDIT_LEFT, .at = AUDIT_LEFT, .gap = 1, .width = CLI_TEXT_WIDTH};
	char clock[CLI_TIME_SIZE];
	size_t from = out->len;

	buf_str(out, cli_clock_s(clock, cli_number(line, "at_ms"), now_ms));
	cli_pad(out, from, AUDIT_LEFT);
	flow(&f, "", *actor ? actor : "(erased)", "");
	flow(&f, "", cli_string(line, "action"), *cli_string(line, "result") ? ":" : "");
	flow(&f, "", cli_string(line, "result"), "");
	flow(&f, "(", cli_string(line, "object"), ")");
	if (strcmp(via, actor) != 0)
		flow(&f, "via ", via, "");
	buf_char(out, '\n');
}

void cli_audit_text(const json_t *answer, int64_t now_ms, struct buf *out)
{
	const json_t *lines = json_object_get(answer, "audit"), *line;
	size_t i;

	if (!json_array_size(lines))
		buf_str(out, "Nobody did anything in that time.\n");
	if (json_is_true(json_object_get(answer, "cut")))
		buf_printf(out, "Only the newest %zu; --since asks for less.\n", json_array_size(lines));
	json_array_foreach (lines, i, line)
		audit_line(line, now_ms, out);
}

enum cli_exit cli_audit(struct cli *cli, int argc, char **argv)
{
	const char *since = NULL;
	const struct cli_option options[] = {{"--since", NULL, &since}, {NULL, NULL, NULL}};
	int64_t since_ms = cli->now_ms - AUDIT_DAY_MS;
	json_t *answer;
	enum cli_exit rc;
	struct err err;

	if (!cli_command_options(cli, &argc, argv, options, CLI_ALL_WORDS, &rc))
		return rc;
	if (argc > 1)
		return cli_misused(cli, "audit", "audit: only --since TIME");
	if (since && cli_parse_time(since, cli->now_ms, &since_ms, &err) == -1)
		return cli_misused(cli, "audit", "--since: %s", err.text);
	rc = cli_ask(
	    cli, json_pack("{s:s, s:I}", "do", "audit", "since_ms", (json_int_t)since_ms),
	    CONTROL_TIMEOUT_MS, &answer);
	return rc == CLI_DONE ? cli_put_answer(cli, answer, cli_audit_text) : rc;
}
