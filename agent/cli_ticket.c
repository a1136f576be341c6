/*
 * Tickets on the command line: `list --tickets`, and `show`, `reply`, `close` with a name like
 * Q-4K7M in the place of a tag. Called by those commands. It must never print a stranger's
 * words but escaped.
 */
#include "agent/cli.h"
#include "agent/cli_control.h"
#include "agent/cli_hand.h"
#include "agent/cli_text.h"
#include "agent/cli_ticket.h"

#include <stdio.h>
#include <string.h>

bool cli_ticket_name(const char *typed, char name[CLI_TICKET_SIZE])
{
	static const char alphabet[] = "23456789BCDFGHJKMNPQRSTVWXZ";
	size_t n = 0;

	typed += *typed == '#';
	for (; typed[n] && n + 1 < CLI_TICKET_SIZE; n++)
		name[n] = (char)(typed[n] >= 'a' && typed[n] <= 'z' ? typed[n] - 'a' + 'A' : typed[n]);
	name[n] = '\0';
	return n == 6 && !typed[n] && !strncmp(name, "Q-", 2) && strspn(name + 2, alphabet) == 4;
}

static const char *shown_time(char out[CLI_TIME_SIZE], const json_t *of, const char *key, int64_t now_ms)
{
	int64_t at = cli_number(of, key);

	return at ? cli_clock(out, at, now_ms) : "-";
}

#define FROM_WIDTH 28 /* columns of a name: whoever has a long one does not push all others aside */

/* What fits into so many columns; a sign says that there is more. */
static const char *shortened(const char *text, unsigned width, char *out, size_t size)
{
	size_t n = strlen(text);

	snprintf(out, size, "%s", text);
	while (n && (n >= size || cli_width(out) > width)) {
		do
			n--;
		while (n && ((unsigned char)text[n] & 0xc0) == 0x80);
		snprintf(out, size, "%.*s…", (int)n, text);
	}
	return out;
}

void cli_tickets_text(const json_t *answer, int64_t now_ms, struct buf *out)
{
	static const struct cli_column columns[] = {
	    {"TICKET", 8, 2, CLI_LEFT}, {"SINCE", 11, 2, CLI_LEFT}, {"STATE", 6, 2, CLI_LEFT},
	    {"DESK", 6, 2, CLI_LEFT},   {"FROM", 12, 2, CLI_CUT},   {"WHAT", 0, 0, CLI_CUT}};
	const json_t *tickets = json_object_get(answer, "tickets"), *t;
	char at[CLI_TIME_SIZE], from[512];
	struct cli_table table;
	size_t i;

	if (!json_array_size(tickets)) {
		buf_str(out, "No open tickets.\n");
		return;
	}
	cli_table_init(&table, columns, sizeof columns / sizeof *columns);
	json_array_foreach (tickets, i, t) {
		const char *desk = cli_string(t, "desk");

		cli_table_cell(&table, "%s", cli_string(t, "ticket"));
		cli_table_cell(&table, "%s", shown_time(at, t, "created_ms", now_ms));
		cli_table_cell(&table, "%s", cli_number(t, "closed_ms") ? "closed" : "open");
		cli_table_cell(&table, "%s", *desk ? desk : "-");
		cli_table_cell(&table, "%s", shortened(cli_string(t, "reporter"), FROM_WIDTH, from, sizeof from));
		cli_table_cell(&table, "%s", cli_string(t, "title"));
	}
	cli_table_print(&table, out);
	cli_table_finish(&table);
	if (cli_number(answer, "more"))
		cli_printf(out, "... and %lld more.", (long long)cli_number(answer, "more"));
	if (cli_number(answer, "more"))
		buf_char(out, '\n');
}

/* Long ones go on below, where the first words stand. */
static void note_line(const char *text, size_t n, struct buf *out)
{
	struct cli_flow flow = {.out = out, .left = 4, .at = 4, .gap = 1, .width = CLI_TEXT_WIDTH};
	struct buf line;

	buf_init(&line, 65536);
	cli_printf(&line, "%.*s", (int)n, text);
	if (n)
		buf_str(out, "    ");
	cli_flow_text(&flow, buf_text(&line));
	buf_char(out, '\n');
	buf_finish(&line);
}

static void note_text(const json_t *note, int64_t now_ms, struct buf *out)
{
	const char *state = cli_string(note, "state"), *text = cli_string(note, "text"), *author = cli_string(note, "author");
	char at[CLI_TIME_SIZE];

	/* without an author it is a word of ours */
	cli_printf(out, "%s  %s%s%s", shown_time(at, note, "at_ms", now_ms), *author ? cli_string(note, "by") : "twicket",
		   *author ? " " : "", author);
	if (strcmp(state, "sent") && strcmp(state, "kept"))
		cli_printf(out, " (%s%s%s)", state, *cli_string(note, "reason") ? ": " : "", cli_string(note, "reason"));
	buf_char(out, '\n');
	while (*text) {
		size_t n = strcspn(text, "\n");

		note_line(text, n, out);
		text += n + (text[n] == '\n');
	}
}

void cli_ticket_text(const json_t *answer, int64_t now_ms, struct buf *out)
{
	const json_t *t = json_object_get(answer, "ticket"), *note;
	char at[CLI_TIME_SIZE];
	size_t i;

	cli_printf(out, "%s from %s to %s since %s, %s", cli_string(t, "ticket"), cli_string(t, "reporter"),
		   cli_string(t, "account"), shown_time(at, t, "created_ms", now_ms),
		   cli_number(t, "closed_ms") ? "closed" : "open");
	if (*cli_string(t, "desk"))
		cli_printf(out, "; at the desk %s %s", cli_string(t, "desk"), cli_string(t, "url"));
	buf_char(out, '\n');
	json_array_foreach (json_object_get(answer, "notes"), i, note)
		note_text(note, now_ms, out);
}

static json_t *request_of(const char *what, const char *name, const char *text)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "do", "ticket", "words", what, "name", name, "text", text);
}

enum cli_exit cli_tickets(struct cli *cli, bool closed_too)
{
	json_t *answer;
	enum cli_exit rc = cli_hand_ask(
	    cli, json_pack("{s:s, s:b, s:b}", "do", "ticket", "list", 1, "closed", closed_too), &answer);

	return rc == CLI_DONE ? cli_put_answer(cli, answer, cli_tickets_text) : rc;
}

enum cli_exit cli_ticket_show(struct cli *cli, const char *name)
{
	json_t *answer;
	enum cli_exit rc = cli_hand_ask(cli, request_of("show", name, ""), &answer);

	return rc == CLI_DONE ? cli_put_answer(cli, answer, cli_ticket_text) : rc;
}

enum cli_exit cli_ticket_do(struct cli *cli, const char *what, const char *name, const char *text)
{
	json_t *answer;
	enum cli_exit rc = cli_hand_ask(cli, request_of(what, name, text), &answer);
	char said[64];

	if (rc != CLI_DONE)
		return rc;
	snprintf(said, sizeof said, "%s: %s", name, strcmp(what, "close") ? "the answer is on its way" : "closed");
	return cli_hand_done(cli, answer, said);
}
