/*
 * `twicket reply`: what the same reply on the network would do, as the local user.
 * Called by cli.c. It must never say "confirmed" unless the agent did.
 */
#include "agent/cli.h"
#include "agent/cli_control.h"
#include "agent/cli_hand.h"
#include "agent/cli_text.h"
#include "agent/cli_ticket.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WORDS_MAX 4000

/* Which answer of the agent means what; text of its own goes behind it. */
static const struct outcome {
	const char *state, *said;
	enum cli_exit code;
} outcomes[] = {
    {"confirmed", "confirmed by the core", CLI_DONE},
    {"comment", "kept as a comment", CLI_DONE},
    {"status", "", CLI_DONE},
    {"done", "done", CLI_DONE},
    {"no effect", "no effect", CLI_NO},
    {"denied", "denied", CLI_NO},
    {"timeout", "the core did not confirm it in time", CLI_LATE},
};

static const struct outcome *outcome_of(const char *state)
{
	for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
		if (strcmp(outcomes[i].state, state) == 0)
			return &outcomes[i];
	}
	return NULL;
}

/* An answer to `?` has lines of its own: each is escaped, the ends stay. */
static void lines_text(const char *text, struct buf *out)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		cli_printf(out, "%.*s", (int)n, text);
		text += n + (text[n] == '\n');
		if (*text)
			buf_char(out, '\n');
	}
}

enum cli_exit cli_reply_text(const json_t *answer, struct buf *out)
{
	const char *state = cli_string(answer, "state"), *text = cli_string(answer, "text");
	const struct outcome *o = outcome_of(state);
	const char *said = o ? o->said : state;

	if (strcmp(state, "comment") == 0 && strcmp(text, "kept") == 0)
		text = ""; /* that is said already */

	cli_printf(out, "%s", said);
	if (strcmp(state, "confirmed") == 0 && json_object_get(answer, "ms"))
		buf_printf(out, " after %" PRId64 " ms", cli_number(answer, "ms"));
	if (*said && *text)
		buf_str(out, ": ");
	lines_text(text, out);
	buf_char(out, '\n');
	return o ? o->code : CLI_NO;
}

static enum cli_exit send_words(struct cli *cli, const char *tag, const char *words)
{
	json_t *answer, *request = json_pack(
			    "{s:s, s:s, s:s, s:s}", "do", "reply", "tag", tag, "words", words,
			    "user", cli_user());
	enum cli_exit rc;
	struct buf out;

	if (!request)
		return cli_complain(cli, CLI_USAGE, "the words are not UTF-8");
	rc = cli_ask(cli, request, CONTROL_REPLY_TIMEOUT_MS, &answer);
	if (rc != CLI_DONE)
		return rc;
	buf_init(&out, CLI_OUT_MAX);
	rc = cli_reply_text(answer, &out);
	if (cli->json)
		cli_put_json(cli, answer);
	else if (rc == CLI_DONE)
		rc = cli_put(cli, &out);
	if (rc != CLI_DONE) /* the reason belongs on stderr */
		fprintf(stderr, "twicket: #%s: %s", tag, buf_text(&out));
	buf_finish(&out);
	json_decref(answer);
	return rc;
}

enum cli_exit cli_reply(struct cli *cli, int argc, char **argv)
{
	enum cli_exit rc;
	struct buf words;
	char tag[16] = "", ticket[CLI_TICKET_SIZE];
	bool is_ticket;

	if (!cli_command_options(cli, &argc, argv, NULL, CLI_UNTIL_WORD, &rc))
		return rc;
	if (argc < 3)
		return cli_misused(
		    cli, "reply", "reply: to which incident, and what? (reply T7K2 ack)");
	is_ticket = cli_ticket_name(argv[1], ticket);
	if (!is_ticket && !cli_tag(argv[1], tag))
		return cli_misused(cli, "reply", "%s is no tag (T7K2 or #T7K2)", argv[1]);
	buf_init(&words, WORDS_MAX);
	for (int i = 2; i < argc; i++) {
		buf_str(&words, argv[i]);
		if (i + 1 < argc)
			buf_char(&words, ' ');
	}
	if (words.cut)
		rc = cli_misused(cli, "reply", "that is more than %d bytes", WORDS_MAX);
	else if (is_ticket)
		rc = cli_ticket_do(cli, "reply", ticket, buf_text(&words));
	else
		rc = send_words(cli, tag, buf_text(&words));
	buf_finish(&words);
	return rc;
}
