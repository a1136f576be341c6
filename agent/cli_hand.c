/*
 * `twicket open`, `close`, `retract`: incidents by hand. Called by cli.c. It must never say
 * that something is told: only that the agent has taken it.
 */
#include "agent/cli_hand.h"
#include "agent/cli_ticket.h"
#include "agent/cli_control.h"
#include "agent/cli_text.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 2000

const char *cli_user(void)
{
	const struct passwd *pw = getpwuid(getuid());

	return pw ? pw->pw_name : "?";
}

bool cli_words(const struct cli *cli, int argc, char **argv, int from, struct buf *out)
{
	buf_init(out, TEXT_MAX);
	for (int i = from; i < argc; i++) {
		if (i > from)
			buf_char(out, ' ');
		buf_str(out, argv[i]);
	}
	if (!out->cut)
		return true;
	cli_misused(cli, argv[0], "that is more than %d bytes", TEXT_MAX);
	buf_finish(out);
	return false;
}

enum cli_exit cli_hand_ask(struct cli *cli, json_t *request, json_t **answer)
{
	if (!request)
		return cli_complain(cli, CLI_USAGE, "the words are not UTF-8");
	json_object_set_new(request, "user", json_string(cli_user()));
	return cli_ask(cli, request, CONTROL_TIMEOUT_MS, answer);
}

enum cli_exit cli_hand_done(struct cli *cli, json_t *answer, const char *said)
{
	enum cli_exit rc = CLI_DONE;

	if (cli->json)
		rc = cli_put_json(cli, answer);
	else
		cli_say(cli, "%s", said);
	json_decref(answer);
	return rc;
}

/* --- open ------------------------------------------------------------------------------ */

struct open_wish {
	const char *to, *name, *from, *until;
	int64_t from_ms, until_ms;
};

/* An end without a date is the first one behind the beginning. */
static bool take_times(const struct cli *cli, struct open_wish *w, enum cli_exit *rc)
{
	struct err err;

	if (w->from && cli_parse_ahead(w->from, cli->now_ms, &w->from_ms, &err) == -1) {
		*rc = cli_misused(cli, "open", "--from: %s", err.text);
		return false;
	}
	if (w->until && cli_parse_ahead(
			    w->until, w->from_ms ? w->from_ms : cli->now_ms, &w->until_ms, &err) == -1) {
		*rc = cli_misused(cli, "open", "--until: %s", err.text);
		return false;
	}
	if (w->from && !w->until) {
		*rc = cli_misused(cli, "open", "--from needs --until: a planned maintenance has an end");
		return false;
	}
	return true;
}

static void warn_paused(const json_t *paused)
{
	const json_t *audience;
	size_t i;

	json_array_foreach (paused, i, audience)
		fprintf(
		    stderr, "twicket: warning: %s is paused, so nothing is told there until it is resumed\n",
		    json_string_value(audience));
}

static enum cli_exit open_it(struct cli *cli, const struct open_wish *w, const char *text)
{
	json_t *request = json_pack(
	    "{s:s, s:s, s:s, s:s, s:I, s:I}", "do", "open", "text", text, "to", w->to, "name",
	    w->name ? w->name : "", "from_ms", (json_int_t)w->from_ms, "until_ms",
	    (json_int_t)w->until_ms);
	json_t *answer;
	enum cli_exit rc = cli_hand_ask(cli, request, &answer);
	char said[16], from[CLI_TIME_SIZE], until[CLI_TIME_SIZE];

	if (rc != CLI_DONE)
		return rc;
	warn_paused(json_object_get(answer, "paused"));
	if (w->until_ms)
		fprintf(
		    stderr, "planned %s to %s\n", cli_clock(from, w->from_ms ? w->from_ms : cli->now_ms, cli->now_ms),
		    cli_clock(until, w->until_ms, cli->now_ms));
	snprintf(said, sizeof said, "#%.8s", cli_string(answer, "tag"));
	return cli_hand_done(cli, answer, said);
}

enum cli_exit cli_open(struct cli *cli, int argc, char **argv)
{
	struct open_wish w = {0};
	const struct cli_option options[] = {{"--to", NULL, &w.to},
					     {"--name", NULL, &w.name},
					     {"--from", NULL, &w.from},
					     {"--until", NULL, &w.until},
					     {NULL, NULL, NULL}};
	struct buf text;
	enum cli_exit rc;

	if (!cli_command_options(cli, &argc, argv, options, CLI_ALL_WORDS, &rc))
		return rc;
	if (argc < 2)
		return cli_misused(cli, "open", "open: what is it? (open \"the switch burns\" --to operators)");
	if (!w.to || !*w.to)
		return cli_misused(cli, "open", "open: to whom? (--to AUDIENCE)");
	if (!take_times(cli, &w, &rc))
		return rc;
	if (!cli_words(cli, argc, argv, 1, &text))
		return CLI_USAGE;
	if (!*buf_text(&text))
		rc = cli_misused(cli, "open", "open: without a word nobody knows what is open");
	else
		rc = open_it(cli, &w, buf_text(&text));
	buf_finish(&text);
	return rc;
}

/* --- close, retract ------------------------------------------------------------------------ */

/* What both have: TAG [TEXT]. */
static enum cli_exit end_it(struct cli *cli, int argc, char **argv, bool is_deleting)
{
	bool is_retract = strcmp(argv[0], "retract") == 0;
	json_t *request, *answer;
	char tag[16], said[64];
	enum cli_exit rc;
	struct buf text;

	if (argc < 2)
		return cli_misused(cli, argv[0], "%s: which incident? (%s T7K2)", argv[0], argv[0]);
	if (!cli_tag(argv[1], tag))
		return cli_misused(cli, argv[0], "%s is no tag (T7K2 or #T7K2)", argv[1]);
	if (!cli_words(cli, argc, argv, 2, &text))
		return CLI_USAGE;
	request = json_pack("{s:s, s:s, s:s}", "do", argv[0], "tag", tag, "text", buf_text(&text));
	if (is_deleting && request)
		json_object_set_new(request, "delete", json_true());
	buf_finish(&text);
	rc = cli_hand_ask(cli, request, &answer);
	if (rc != CLI_DONE)
		return rc;
	snprintf(
	    said, sizeof said, "#%s: %s", tag,
	    !is_retract	  ? "closed"
	    : is_deleting ? "retracted, its posts are being deleted"
			  : "retracted");
	return cli_hand_done(cli, answer, said);
}

enum cli_exit cli_close(struct cli *cli, int argc, char **argv)
{
	enum cli_exit rc;
	char ticket[CLI_TICKET_SIZE];

	if (!cli_command_options(cli, &argc, argv, NULL, CLI_ALL_WORDS, &rc))
		return rc;
	if (argc == 2 && cli_ticket_name(argv[1], ticket))
		return cli_ticket_do(cli, "close", ticket, "");
	return end_it(cli, argc, argv, false);
}

enum cli_exit cli_retract(struct cli *cli, int argc, char **argv)
{
	bool is_deleting = false;
	const struct cli_option options[] = {{"--delete", &is_deleting, NULL}, {NULL, NULL, NULL}};
	enum cli_exit rc;

	if (!cli_command_options(cli, &argc, argv, options, CLI_ALL_WORDS, &rc))
		return rc;
	return end_it(cli, argc, argv, is_deleting);
}
