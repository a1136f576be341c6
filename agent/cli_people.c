/*
 * `twicket people`: who may do what, how we know them, proof by a code, revoke and restore.
 * Called by cli.c. It must never print more of a code than its one line, to who asked for it.
 */
#include "agent/cli_control.h"
#include "agent/cli_hand.h"
#include "agent/cli_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PEOPLE_LEFT 12 /* a name and a gap */

__attribute__((format(printf, 2, 3))) static void say(struct cli_flow *f, const char *format, ...)
{
	char text[2000];
	struct buf word;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	buf_init(&word, 16384);
	cli_escape(&word, text);
	cli_flow_text(f, buf_text(&word));
	buf_finish(&word);
}

static struct cli_flow new_line(struct buf *out)
{
	return (struct cli_flow){.out = out, .left = PEOPLE_LEFT, .gap = 1, .width = CLI_TEXT_WIDTH};
}

/* "id 17 since Fri 21:10, proven Sat 03:12": "at" only where several servers gave one; left: how many follow. */
static void id_text(const json_t *id, size_t left, bool is_one, int64_t now_ms, struct cli_flow *f)
{
	char since[CLI_TIME_SIZE], proven[CLI_TIME_SIZE];
	int64_t proven_ms = cli_number(id, "proven_ms");

	cli_clock(since, cli_number(id, "pinned_ms"), now_ms);
	cli_clock(proven, proven_ms, now_ms);
	say(f, "id %s%s%s since %s%s%s%s%s", cli_string(id, "id"), is_one ? "" : " at ",
	    is_one ? "" : cli_string(id, "server"), since,
	    json_is_true(json_object_get(id, "disabled"))
		? ", DISABLED: it shows another one now"
		: "",
	    proven_ms ? ", proven " : "", proven_ms ? proven : "", left ? ";" : "");
}

static void handle_text(const json_t *handle, int64_t now_ms, struct buf *out)
{
	const json_t *ids = json_object_get(handle, "ids"), *id;
	struct cli_flow f = new_line(out);
	size_t i;

	say(&f, "%s %s:", cli_string(handle, "network"), cli_string(handle, "handle"));
	if (!json_array_size(ids))
		say(&f, "no id seen yet");
	json_array_foreach (ids, i, id)
		id_text(id, json_array_size(ids) - i - 1, json_array_size(ids) == 1, now_ms, &f);
	buf_char(out, '\n');
}

/* "fixes that held: 2 (#T7K2, #T9QM)" */
static void tags_text(const char *what, const json_t *tags, struct buf *out)
{
	struct cli_flow f = new_line(out);
	size_t n = json_array_size(tags);

	if (!n)
		return;
	say(&f, "%s: %zu", what, n);
	for (size_t i = 0; i < n; i++) {
		const char *tag = json_string_value(json_array_get(tags, i));

		say(&f, "%s#%s%s", i ? "" : "(", tag ? tag : "?", i + 1 < n ? "," : ")");
	}
	buf_char(out, '\n');
}

static void person_text(const json_t *person, int64_t now_ms, struct buf *out)
{
	const json_t *handles = json_object_get(person, "handles"), *handle;
	int64_t revoked = cli_number(person, "revoked_ms"), code = cli_number(person, "code_until_ms");
	bool is_listed = json_is_true(json_object_get(person, "listed"));
	struct cli_flow f = new_line(out);
	char clock[CLI_TIME_SIZE];
	size_t i, from = out->len;

	cli_printf(out, "%s", cli_string(person, "name"));
	buf_char(out, ' ');
	cli_pad(out, from, PEOPLE_LEFT);
	f.at = cli_width(out->data + from);
	if (is_listed)
		say(&f, "%s %s", cli_string(person, "role"), cli_string(person, "match"));
	else
		say(&f, "not in the configuration");
	if (revoked)
		say(&f, "REVOKED %s by %s", cli_clock(clock, revoked, now_ms), cli_string(person, "revoked_by"));
	if (code > now_ms)
		say(&f, "(a code is awaited until %s)", cli_clock(clock, code, now_ms));
	buf_char(out, '\n');
	json_array_foreach (handles, i, handle)
		handle_text(handle, now_ms, out);
	tags_text("fixes that held", json_object_get(person, "held"), out);
	tags_text("reports that the monitoring confirmed", json_object_get(person, "confirmed"), out);
	if (is_listed && !json_array_size(handles))
		buf_printf(out, "%*sno handle: no reply counts as theirs\n", PEOPLE_LEFT, "");
}

void cli_people_text(const json_t *answer, int64_t now_ms, struct buf *out)
{
	const json_t *people = json_object_get(answer, "people"), *person;
	size_t i;

	if (!json_array_size(people))
		buf_str(out, "Nobody is in the configuration.\n");
	json_array_foreach (people, i, person)
		person_text(person, now_ms, out);
}

static enum cli_exit list(struct cli *cli)
{
	json_t *answer;
	enum cli_exit rc =
	    cli_ask(cli, json_pack("{s:s}", "do", "people"), CONTROL_TIMEOUT_MS, &answer);

	return rc == CLI_DONE ? cli_put_answer(cli, answer, cli_people_text) : rc;
}

/* The code alone on stdout: a script can hand it on. */
static enum cli_exit print_code(struct cli *cli, const char *name, json_t *answer)
{
	char clock[CLI_TIME_SIZE];
	enum cli_exit rc = CLI_DONE;

	if (cli->json) {
		rc = cli_put_json(cli, answer);
	} else {
		printf("%.10s\n", cli_string(answer, "code"));
		fflush(stdout);
		fprintf(
		    stderr,
		    "%.60s sends this, and nothing else, to one of our accounts from the account to be proven,\n"
		    "as a direct message or a reply, before %s.\n",
		    name, cli_clock(clock, cli_number(answer, "until_ms"), cli->now_ms));
	}
	json_decref(answer);
	return rc;
}

enum cli_exit cli_people(struct cli *cli, int argc, char **argv)
{
	json_t *answer;
	enum cli_exit rc;
	char said[200];

	if (!cli_command_options(cli, &argc, argv, NULL, CLI_ALL_WORDS, &rc))
		return rc;
	if (argc == 1)
		return list(cli);
	if (strcmp(argv[1], "enrol") != 0 && strcmp(argv[1], "revoke") != 0 &&
	    strcmp(argv[1], "restore") != 0)
		return cli_misused(cli, "people", "people %s: only enrol, revoke or restore", argv[1]);
	if (argc != 3)
		return cli_misused(cli, "people", "people %s: whom? (a name of the file)", argv[1]);
	rc = cli_hand_ask(cli, json_pack("{s:s, s:s}", "do", "people", argv[1], argv[2]), &answer);
	if (rc != CLI_DONE)
		return rc;
	if (strcmp(argv[1], "enrol") == 0)
		return print_code(cli, argv[2], answer);
	snprintf(
	    said, sizeof said, "%.60s: %s", argv[2],
	    strcmp(argv[1], "revoke") == 0 ? "revoked, a stranger from now on" : "restored");
	return cli_hand_done(cli, answer, said);
}
