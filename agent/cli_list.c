/*
 * `twicket list`: incidents, open ones first. Called by cli.c.
 * It must never leave an incident out without having been asked to.
 */
#include "agent/cli.h"
#include "agent/cli_control.h"
#include "agent/cli_objects.h"
#include "agent/cli_text.h"
#include "agent/cli_ticket.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wish {
	bool all, tickets;
	const char *search; /* words, NULL = no */
	const char *since; /* as typed, NULL = any time */
	int64_t since_ms;
	const char *match_text;
	struct match *match; /* NULL = all */
};

/* "operators public(E-mail, Webmail)" */
static void told_cell(const json_t *incident, struct cli_table *t)
{
	const json_t *told, *name, *waits = json_object_get(incident, "waits");
	struct buf cell;
	size_t i, k;

	buf_init(&cell, 65536);
	json_array_foreach (json_object_get(incident, "told"), i, told) {
		const json_t *names = json_object_get(told, "names");

		buf_printf(&cell, "%s%s", i ? " " : "", cli_string(told, "audience"));
		json_array_foreach (names, k, name)
			buf_printf(
			    &cell, "%s%s", k ? ", " : "(",
			    json_is_string(name) ? json_string_value(name) : "");
		if (json_array_size(names))
			buf_char(&cell, ')');
	}
	if (!cell.len)
		buf_char(&cell, '-');
	if (cli_number(incident, "reports"))
		buf_printf(&cell, ", %" PRId64 " report it", cli_number(incident, "reports"));
	if (*cli_string(incident, "ticket"))
		buf_printf(&cell, ", %s", cli_string(incident, "ticket"));
	if (waits)
		buf_printf(
		    &cell, ", %s waits for a go from %s", cli_string(waits, "audience"),
		    cli_string(waits, "asked"));
	cli_table_cell(t, "%s", buf_text(&cell));
	buf_finish(&cell);
}

/* A maintenance that is still to come is none yet. */
static const char *planned_word(const json_t *incident)
{
	return strcmp(cli_string(incident, "state"), "planned") == 0 ? "planned" : "maintenance";
}

/* Where no core has a state for it, how it came about. */
void cli_state(const json_t *incident, struct buf *out)
{
	bool is_planned = json_is_true(json_object_get(incident, "maintenance"));
	bool is_by_hand = json_is_true(json_object_get(incident, "by_hand"));

	if (json_is_true(json_object_get(incident, "major")))
		buf_str(out, "MAJOR ");
	cli_printf(
	    out, "%s",
	    is_planned	 ? planned_word(incident)
	    : is_by_hand ? "by hand"
			 : cli_string(incident, "state"));
}

/* No core can break it again, so its end is the end. */
static bool is_ended_by_hand(const json_t *incident)
{
	return json_is_true(json_object_get(incident, "by_hand")) && cli_number(incident, "until_ms");
}

static void state_cell(const json_t *incident, struct cli_table *t)
{
	struct buf state;

	buf_init(&state, 1000);
	if (json_is_true(json_object_get(incident, "open")) && !is_ended_by_hand(incident))
		cli_state(incident, &state);
	else
		buf_str(&state, "closed");
	cli_table_cell(t, "%s", buf_text(&state));
	cli_table_colour(t, cli_colour_of(buf_text(&state)));
	buf_finish(&state);
}

static void incident_row(const json_t *incident, int64_t now_ms, struct cli_table *t)
{
	int64_t since = cli_number(incident, "since_ms"), until = cli_number(incident, "until_ms");
	int64_t members = cli_number(incident, "members");
	const char *owner = cli_string(incident, "owner");
	char text[CLI_TIME_SIZE];

	cli_table_cell(t, "#%s", cli_string(incident, "tag"));
	cli_table_cell(t, "%s", cli_clock(text, since, now_ms));
	if ((until ? until : now_ms) < since) /* planned, and perhaps called off before */
		cli_table_cell(t, "-");
	else
		cli_table_cell(t, "%s", cli_span(text, (until ? until : now_ms) - since));
	if (members > 1)
		cli_table_cell(t, "%s +%" PRId64, cli_string(incident, "object"), members - 1);
	else
		cli_table_cell(t, "%s", cli_string(incident, "object"));
	state_cell(incident, t);
	cli_table_cell(t, "%s", *owner ? owner : "-");
	if (json_object_get(incident, "found"))
		cli_table_cell(t, "%s", cli_string(incident, "found"));
	else
		told_cell(incident, t);
}

static bool is_search(const json_t *incidents)
{
	return json_object_get(json_array_get(incidents, 0), "found") != NULL;
}

void cli_list_text(const json_t *answer, int64_t now_ms, struct buf *out)
{
	struct cli_column columns[] = {
	    {"TAG", 8, 2, CLI_LEFT},    {"SINCE", 11, 2, CLI_LEFT}, {"FOR", 8, 2, CLI_LEFT},
	    {"WHAT", 17, 2, CLI_CUT},   {"STATE", 11, 2, CLI_LEFT}, {"WHO", 8, 2, CLI_CUT},
	    {"TOLD TO", 0, 0, CLI_CUT}};
	const json_t *incidents = json_object_get(answer, "incidents"), *incident;
	struct cli_table t;
	size_t i;

	if (is_search(incidents))
		columns[6].title = "FOUND";
	cli_table_init(&t, columns, sizeof columns / sizeof columns[0]);
	json_array_foreach (incidents, i, incident)
		incident_row(incident, now_ms, &t);
	cli_table_print(&t, out);
	cli_table_finish(&t);
}

/* host:, service: and * are answered by the incident's own name; for the rest the core is asked. */
static bool needs_objects(const char *match)
{
	while (*match) {
		match += strspn(match, " \t,&!");
		if (*match && strncmp(match, "host:", 5) != 0 &&
		    strncmp(match, "service:", 8) != 0 && *match != '*')
			return true;
		match += strcspn(match, ",&");
	}
	return false;
}

static bool matches_name(const struct match *match, const char *name)
{
	size_t n = strcspn(name, "/");
	char *host = strndup(name, n);
	struct object *o;
	bool yes;

	if (!host)
		return true;
	o = object_create(
	    "", name[n] ? EVENT_SERVICE : EVENT_HOST, host, name[n] ? name + n + 1 : "", "", 0);
	yes = !o || match_object(match, o);
	object_destroy(o);
	free(host);
	return yes;
}

static bool
is_wanted(const struct wish *w, const struct cli_objects *objects, const json_t *incident)
{
	const char *name = cli_string(incident, "object");
	const struct object *o;

	if (cli_number(incident, "since_ms") < w->since_ms)
		return false;
	if (!w->match)
		return true;
	o = cli_objects_find(objects, name);
	return o ? match_object(w->match, o) : matches_name(w->match, name);
}

static void filter(const struct wish *w, const struct cli_objects *objects, json_t *answer)
{
	json_t *incidents = json_object_get(answer, "incidents");
	size_t i = 0;

	while (i < json_array_size(incidents)) {
		if (is_wanted(w, objects, json_array_get(incidents, i)))
			i++;
		else
			json_array_remove(incidents, i);
	}
}

static enum cli_exit print_list(const struct cli *cli, const struct wish *w, const json_t *answer)
{
	enum cli_exit rc;
	struct buf out;

	if (cli->json)
		return cli_put_json(cli, answer);
	buf_init(&out, CLI_OUT_MAX);
	if (json_array_size(json_object_get(answer, "incidents")))
		cli_list_text(answer, cli->now_ms, &out);
	else
		buf_printf(
		    &out, "No %sincidents%s.\n", w->all || w->search ? "" : "open ",
		    w->match || w->since || w->search ? " of that kind" : "");
	if (json_is_true(json_object_get(answer, "cut")))
		buf_str(&out, "There are older ones: say more words.\n");
	if (json_is_true(json_object_get(answer, "behind")))
		buf_str(&out, "Not all incidents are in the index yet: ask again in a moment.\n");
	rc = cli_put(cli, &out);
	buf_finish(&out);
	if (w->match && !json_array_size(json_object_get(answer, "incidents")))
		cli_objects_warn(cli, w->match);
	return rc;
}

static enum cli_exit ask_and_print(const struct cli *cli, const struct wish *w)
{
	struct cli_objects objects = {.at = NULL};
	enum cli_exit rc = CLI_DONE;
	json_t *answer = NULL;
	struct err err;

	if (w->match && needs_objects(w->match_text))
		rc = cli_objects_ask(cli, &objects, &err);
	if (rc != CLI_DONE)
		return cli_complain(cli, rc == CLI_LATE ? CLI_AWAY : rc, "%s", err.text);
	rc = cli_ask(
	    cli,
	    json_pack(
		"{s:s, s:b, s:I, s:s*}", "do", "list", "closed", w->all, "since_ms",
		(json_int_t)w->since_ms, "search", w->search),
	    CONTROL_TIMEOUT_MS, &answer);
	if (rc == CLI_DONE) {
		filter(w, &objects, answer);
		rc = print_list(cli, w, answer);
	}
	json_decref(answer);
	cli_objects_finish(&objects);
	return rc;
}

enum cli_exit cli_list(struct cli *cli, int argc, char **argv)
{
	struct wish w = {.all = false};
	const struct cli_option options[] = {
	    {"--all", &w.all, NULL}, {"--tickets", &w.tickets, NULL}, {"--since", NULL, &w.since},
	    {"--search", NULL, &w.search}, {NULL, NULL, NULL}};
	enum cli_exit rc;
	struct err err;

	if (!cli_command_options(cli, &argc, argv, options, CLI_ALL_WORDS, &rc))
		return rc;
	if (w.tickets && (argc > 1 || w.since || w.search))
		return cli_misused(cli, "list", "list --tickets: with --all at most");
	if (w.tickets)
		return cli_tickets(cli, w.all);
	if (w.search && !w.search[strspn(w.search, " \t\"")])
		return cli_misused(cli, "list", "--search: which words?");
	if (argc > 2)
		return cli_misused(
		    cli, "list", "list: one MATCH only; quote it: list \"host:a, host:b\"");
	if (w.since && cli_parse_time(w.since, cli->now_ms, &w.since_ms, &err) == -1)
		return cli_misused(cli, "list", "--since: %s", err.text);
	if (argc == 2) {
		w.match_text = argv[1];
		w.match = match_parse(argv[1], &err);
		if (!w.match)
			return cli_misused(cli, "list", "%s", err.text);
	}
	rc = ask_and_print(cli, &w);
	match_destroy(w.match);
	return rc;
}
