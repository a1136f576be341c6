/*
 * `twicket report`: what a month was like. Called by cli.c; asks the agent slice by slice, so
 * that it never has to stop for it. It must never leave an incident out without saying so.
 */
#include "agent/cli_report.h"
#include "agent/cli_control.h"

#include <stdlib.h>
#include <string.h>

struct gathering {
	struct report *report;
	struct report_month month;
	json_t *doc;
};

/* --- an incident of a slice ----------------------------------------------------------------- */

static const char *text_at(const json_t *list, size_t k)
{
	const char *s = json_string_value(json_array_get(list, k));

	return s ? s : "";
}

static struct report_span span_at(const json_t *list, size_t from)
{
	return (struct report_span){
	    (int64_t)json_integer_value(json_array_get(list, from)),
	    (int64_t)json_integer_value(json_array_get(list, from + 1))};
}

static unsigned flags_of(const json_t *one)
{
	static const struct {
		const char *key;
		enum report_flag flag;
	} all[] = {{"is_told", REPORT_TOLD},	  {"is_public", REPORT_PUBLIC},
		   {"major", REPORT_MAJOR},	  {"by_hand", REPORT_BY_HAND},
		   {"maintenance", REPORT_MAINTENANCE}, {"retracted", REPORT_RETRACTED}};
	unsigned flags = 0;

	for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
		flags |= json_is_true(json_object_get(one, all[k].key)) ? all[k].flag : 0;
	return flags;
}

static enum report_ack ack_of(const char *way)
{
	return !strcmp(way, "reply") ? REPORT_ACK_REPLY : !strcmp(way, "web") ? REPORT_ACK_WEB : REPORT_ACK_NEVER;
}

static struct report_span *spans_of(const json_t *list)
{
	size_t n = json_array_size(list);
	struct report_span *at = calloc(n + 1, sizeof *at);

	for (size_t k = 0; k < n && at; k++)
		at[k] = span_at(json_array_get(list, k), 0);
	return at;
}

static struct report_flap *flaps_of(const json_t *list)
{
	size_t n = json_array_size(list);
	struct report_flap *at = calloc(n + 1, sizeof *at);

	for (size_t k = 0; k < n && at; k++)
		at[k] = (struct report_flap){
		    text_at(json_array_get(list, k), 0), span_at(json_array_get(list, k), 1)};
	return at;
}

static const char **names_of(const json_t *list)
{
	size_t n = json_array_size(list);
	const char **at = calloc(n + 1, sizeof *at);

	for (size_t k = 0; k < n && at; k++)
		at[k] = text_at(list, k);
	return at;
}

static int add_incident(struct report *r, const json_t *one)
{
	const json_t *bad = json_object_get(one, "bad"), *public = json_object_get(one, "public");
	const json_t *work = json_object_get(one, "work");
	const json_t *flaps = json_object_get(one, "flaps"), *names = json_object_get(one, "names");
	struct report_span *bad_at = spans_of(bad), *public_at = spans_of(public), *work_at = spans_of(work);
	struct report_flap *flaps_at = flaps_of(flaps);
	const char **names_at = names_of(names);
	struct report_incident i = {
	    .tag = cli_string(one, "tag"),
	    .object = cli_string(one, "object"),
	    .flags = flags_of(one),
	    .begun_s = cli_number(one, "begun_s"),
	    .until_s = cli_number(one, "until_s"),
	    .told_s = cli_number(one, "told_s"),
	    .acked_s = cli_number(one, "acked_s"),
	    .acked_by = ack_of(cli_string(one, "acked_by")),
	    .times = (unsigned)cli_number(one, "times"),
	    .posts = (unsigned)cli_number(one, "posts"),
	    .reports = (unsigned)cli_number(one, "reports"),
	    .confirmed = (unsigned)cli_number(one, "confirmed"),
	    .bad = bad_at,
	    .n_bad = json_array_size(bad),
	    .public = public_at,
	    .n_public = json_array_size(public),
	    .work = work_at,
	    .n_work = json_array_size(work),
	    .flaps = flaps_at,
	    .n_flaps = json_array_size(flaps),
	    .names = names_at,
	    .n_names = json_array_size(names)};
	int rc = bad_at && public_at && work_at && flaps_at && names_at ? report_add(r, &i) : -1;

	free(bad_at);
	free(public_at);
	free(work_at);
	free(flaps_at);
	free(names_at);
	return rc;
}

/* --- the slices ------------------------------------------------------------------------------- */

/* What is counted by the agent: numbers are added to those that are there, objects in depth. */
static void add_counts(json_t *to, const json_t *from)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)from, key, value) {
		json_t *have = json_object_get(to, key);

		if (!strcmp(key, "next"))
			continue;
		if (json_is_object(value)) {
			if (!have)
				json_object_set_new(to, key, json_object());
			add_counts(json_object_get(to, key), value);
		} else if (json_is_integer(value)) {
			json_object_set_new(
			    to, key, json_integer(json_integer_value(have) + json_integer_value(value)));
		} else if (json_is_array(value)) {
			json_object_set(to, key, value);
		}
	}
}

static int take_slice(struct gathering *g, const char *part, const json_t *answer)
{
	const json_t *one;
	size_t k;

	if (strcmp(part, "incidents") != 0) {
		add_counts(json_object_get(g->doc, part), answer);
		return 0;
	}
	json_array_foreach (json_object_get(answer, "incidents"), k, one) {
		if (add_incident(g->report, one) == -1)
			return -1;
	}
	return 0;
}

static int take_part(struct gathering *g, const char *part, cli_report_ask_fn *ask, void *arg)
{
	int64_t after = 0, next;
	int rc = 0;

	json_object_set_new(g->doc, part, json_object());
	do {
		json_t *answer = ask(
		    arg, json_pack(
			     "{s:s, s:s, s:I, s:I, s:I, s:I}", "do", "report", "part", part, "after",
			     (json_int_t)after, "from_ms", (json_int_t)g->month.whole.from_s * 1000,
			     "until_ms", (json_int_t)g->month.whole.to_s * 1000, "month",
			     (json_int_t)g->month.number));

		next = cli_number(answer, "next");
		rc = answer ? take_slice(g, part, answer) : -1;
		json_decref(answer);
		if (next <= after)
			break; /* the end, or an agent that goes in circles */
		after = next;
	} while (rc == 0);
	return rc;
}

/* --- the sums as JSON --------------------------------------------------------------------------- */

static void set_number(json_t *to, const char *key, int64_t value)
{
	json_object_set_new(to, key, json_integer((json_int_t)value));
}

static json_t *times_to_json(const struct report_times *t)
{
	return json_pack(
	    "{s:I, s:I, s:I, s:I}", "n", (json_int_t)t->n, "mean_s", (json_int_t)t->mean_s, "median_s",
	    (json_int_t)t->median_s, "p90_s", (json_int_t)t->p90_s);
}

static json_t *list_to_json(const struct report_list *list, const char *seconds)
{
	json_t *out = json_array();

	for (size_t k = 0; k < list->n; k++)
		json_array_append_new(
		    out, json_pack(
			     "{s:s, s:I, s:I}", "name", list->at[k].name, "times",
			     (json_int_t)list->at[k].times, seconds, (json_int_t)list->at[k].s));
	return out;
}

static json_t *public_to_json(const struct report_list *list)
{
	json_t *out = list_to_json(list, "lost_s");

	for (size_t k = 0; k < list->n; k++)
		set_number(json_array_get(out, k), "in_maintenance_s", list->at[k].apart_s);
	return out;
}

static json_t *open_to_json(const struct report_sums *s)
{
	json_t *tags = json_array();

	for (unsigned k = 0; k < s->open && k < REPORT_TAGS; k++)
		json_array_append_new(tags, json_string(s->open_tags[k]));
	return tags;
}

static void sums_to_json(const struct report_sums *s, json_t *doc)
{
	json_t *incidents = json_object_get(doc, "incidents"), *noise = json_object();

	set_number(incidents, "began", s->incidents);
	set_number(incidents, "public", s->public);
	set_number(incidents, "major", s->majors);
	set_number(incidents, "by_hand", s->by_hand);
	set_number(incidents, "retracted", s->retracted);
	set_number(incidents, "untold", s->untold);
	set_number(incidents, "earlier", s->earlier);
	set_number(incidents, "maintenances", s->maintenances);
	set_number(incidents, "open", s->open);
	json_object_set_new(incidents, "open_tags", open_to_json(s));
	set_number(incidents, "reports", s->reports);
	set_number(incidents, "confirmed", s->confirmed);
	json_object_set_new(doc, "to_ack", times_to_json(&s->to_ack));
	json_object_set_new(doc, "to_end", times_to_json(&s->to_end));
	json_object_set_new(
	    doc, "acked",
	    json_pack(
		"{s:I, s:I, s:I}", "reply", (json_int_t)s->acked[REPORT_ACK_REPLY], "web",
		(json_int_t)s->acked[REPORT_ACK_WEB], "never", (json_int_t)s->acked[REPORT_ACK_NEVER]));
	json_object_set_new(doc, "flappers", list_to_json(&s->flappers, "unstable_s"));
	json_object_set_new(doc, "objects", list_to_json(&s->objects, "bad_s"));
	json_object_set_new(doc, "public", public_to_json(&s->public_names));
	set_number(noise, "posts", s->posts);
	set_number(noise, "useless_posts", s->noise_posts);
	set_number(noise, "false_alarms", s->noise[REPORT_FALSE_ALARM]);
	set_number(noise, "short", s->noise[REPORT_SHORT]);
	set_number(noise, "often", s->noise[REPORT_OFTEN]);
	json_object_set_new(doc, "noise", noise);
}

json_t *cli_report_gather(const struct report_month *month, cli_report_ask_fn *ask, void *arg)
{
	static const char *const parts[] = {"incidents", "posts", "replies", "tickets", "money"};
	struct gathering g = {.report = report_create(month), .month = *month, .doc = json_object()};
	struct report_sums sums;
	int rc = g.report ? 0 : -1;

	json_object_set_new(g.doc, "ok", json_true());
	set_number(g.doc, "month", month->number);
	set_number(g.doc, "from_ms", month->whole.from_s * 1000);
	set_number(g.doc, "until_ms", month->until_s * 1000);
	json_object_set_new(g.doc, "over", json_boolean(month->until_s == month->whole.to_s));
	for (size_t k = 0; k < sizeof parts / sizeof parts[0] && rc == 0; k++)
		rc = take_part(&g, parts[k], ask, arg);
	if (rc == 0 && (rc = report_sum(g.report, &sums)) == 0)
		sums_to_json(&sums, g.doc);
	report_destroy(g.report);
	if (rc == 0)
		return g.doc;
	json_decref(g.doc);
	return NULL;
}

/* --- the command ---------------------------------------------------------------------------------- */

struct asking {
	const struct cli *cli;
	enum cli_exit rc;
};

static json_t *ask_agent(void *arg, json_t *request)
{
	struct asking *a = arg;
	json_t *answer = NULL;

	a->rc = cli_ask(a->cli, request, CONTROL_TIMEOUT_MS, &answer);
	return a->rc == CLI_DONE ? answer : NULL;
}

static enum cli_exit put(const struct cli *cli, const struct story_pen *pen, const json_t *report)
{
	enum cli_exit rc;
	struct buf out;

	if (cli->json)
		return cli_put_json(cli, report);
	buf_init(&out, CLI_OUT_MAX);
	cli_report_write(pen, report, &out);
	rc = cli_put(cli, &out);
	buf_finish(&out);
	return rc;
}

enum cli_exit cli_report(struct cli *cli, int argc, char **argv)
{
	bool is_md = false, is_html = false;
	const char *text = NULL;
	const struct cli_option options[] = {
	    {"--month", NULL, &text}, {"--md", &is_md, NULL}, {"--html", &is_html, NULL}, {NULL, NULL, NULL}};
	struct asking asking = {cli, CLI_DONE};
	struct report_month month;
	enum cli_exit rc;
	json_t *report;
	struct err err;

	if (!cli_command_options(cli, &argc, argv, options, CLI_ALL_WORDS, &rc))
		return rc;
	if (argc > 1)
		return cli_misused(cli, "report", "report: only --month YYYY-MM, --md or --html");
	if (is_md + is_html + cli->json > 1)
		return cli_misused(cli, "report", "report: one of --json, --md and --html");
	if (report_month(text, cli->now_ms / 1000, &month, &err) == -1)
		return cli_misused(cli, "report", "--month: %s", err.text);
	report = cli_report_gather(&month, ask_agent, &asking);
	if (!report)
		return asking.rc == CLI_DONE ? cli_complain(cli, CLI_NO, "out of memory") : asking.rc;
	rc = put(cli, is_md ? &cli_story_md : is_html ? &cli_story_html : NULL, report);
	json_decref(report);
	return rc;
}
