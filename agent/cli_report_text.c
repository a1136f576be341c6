/*
 * A month for people: on a terminal, or as a document of cli_story_*.c. Called by cli_report.c.
 * Pure. It must never say of a number less than what it counts.
 */
#include "agent/cli_report.h"
#include "agent/cli_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LEFT 13	      /* where the facts begin */
#define NAME_WIDTH 44 /* of what a list is about; the rest of a longer name is cut */
#define TOP 10
#define COSTLY 5

/* Where it goes; as NULL: a terminal. */
struct pen {
	const struct story_pen *as;
	struct buf *out;
	unsigned left;
};

static void open_block(struct pen *p, const char *heading)
{
	p->left = *heading ? NAME_WIDTH + 2 : LEFT;
	if (p->as)
		p->as->open(p->out, STORY_FACTS, heading);
	else if (*heading)
		buf_printf(p->out, "%s\n", heading);
}

static void close_block(struct pen *p)
{
	if (p->as)
		p->as->close(p->out, STORY_FACTS);
}

/* Lines end behind a comma where they can: "3" and "planned maintenances" belong together. */
static void flow(struct cli_flow *f, const char *text)
{
	struct buf clause;

	buf_init(&clause, 65536);
	while (*text) {
		const char *comma = strstr(text, ", ");
		size_t n = comma ? (size_t)(comma - text) + 1 : strlen(text);

		buf_reset(&clause);
		buf_add(&clause, text, n);
		if (cli_width(buf_text(&clause)) <= f->width - f->left)
			cli_flow_word(f, buf_text(&clause));
		else
			cli_flow_text(f, buf_text(&clause));
		text += n + (comma != NULL);
	}
	buf_finish(&clause);
}

/* A name and what is so; nothing of nothing. Takes what value holds. */
static void put_row(struct pen *p, const char *name, struct buf *value)
{
	const char *cells[STORY_CELLS] = {name, buf_text(value), "", ""};
	struct cli_flow f = {.out = p->out, .left = p->left, .at = p->left, .gap = 1, .width = CLI_TEXT_WIDTH};
	size_t from = p->out->len;
	struct buf safe;

	if (p->as && value->len) {
		p->as->row(p->out, STORY_FACTS, cells, "");
	} else if (value->len) {
		buf_init(&safe, 65536);
		cli_escape(&safe, name);
		buf_str(p->out, p->left == LEFT ? "" : "  ");
		cli_cut(p->out, buf_text(&safe), p->left == LEFT ? LEFT - 1 : NAME_WIDTH - 2);
		cli_pad(p->out, from, p->left);
		buf_reset(&safe);
		cli_escape(&safe, buf_text(value));
		flow(&f, buf_text(&safe));
		buf_char(p->out, '\n');
		buf_finish(&safe);
	}
	buf_reset(value);
}

/* "3 incidents", ", 1 major"; 0 is not said where it is a part of something. */
static void count(struct buf *to, const char *before, int64_t n, const char *one, const char *many)
{
	if (n)
		buf_printf(to, "%s%" PRId64 " %s", to->len ? before : "", n, n == 1 ? one : many);
}

static const char *span_words(char out[CLI_TIME_SIZE], int64_t s)
{
	return cli_span_words(out, s * 1000);
}

static const char *minutes(char out[CLI_TIME_SIZE], int64_t s)
{
	if (s > 0 && s < 30)
		snprintf(out, CLI_TIME_SIZE, "under 1 min");
	else
		snprintf(out, CLI_TIME_SIZE, "%" PRId64 " min", (s + 30) / 60);
	return out;
}

static const char *hours(char out[CLI_TIME_SIZE], int64_t s)
{
	int64_t tenths = (s + 180) / 360;

	if (!tenths)
		return minutes(out, s);
	snprintf(out, CLI_TIME_SIZE, "%" PRId64 ".%" PRId64 " h", tenths / 10, tenths % 10);
	return out;
}

/* --- how many, how fast --------------------------------------------------------------------------- */

static void incidents(struct pen *p, const json_t *report, struct buf *value)
{
	const json_t *i = json_object_get(report, "incidents");
	int64_t began = cli_number(i, "began");

	buf_printf(value, "%" PRId64 " began", began);
	count(value, ", ", cli_number(i, "public"), "of them public", "of them public");
	count(value, ", ", cli_number(i, "major"), "major", "majors");
	count(value, ", ", cli_number(i, "by_hand"), "opened by hand", "opened by hand");
	count(value, ", ", cli_number(i, "retracted"), "false alarm", "false alarms");
	put_row(p, "Incidents", value);
	count(value, "", cli_number(i, "earlier"), "went on from before", "went on from before");
	count(value, ", ", cli_number(i, "untold"), "was over before anybody was told", "were over before anybody was told");
	count(value, ", ", cli_number(i, "maintenances"), "planned maintenance", "planned maintenances");
	put_row(p, "Beside them", value);
}

static void times(struct pen *p, const char *name, const json_t *t, struct buf *value)
{
	char mean[CLI_TIME_SIZE], median[CLI_TIME_SIZE], p90[CLI_TIME_SIZE];
	int64_t n = cli_number(t, "n");

	if (!n)
		return;
	span_words(mean, cli_number(t, "mean_s"));
	if (n == 1)
		buf_printf(value, "%s (1 incident)", mean);
	else
		buf_printf(
		    value, "mean %s, median %s, 90 %% within %s (%" PRId64 " incidents)", mean,
		    span_words(median, cli_number(t, "median_s")), span_words(p90, cli_number(t, "p90_s")), n);
	put_row(p, name, value);
}

static void not_over(struct pen *p, const json_t *report, struct buf *value)
{
	const json_t *i = json_object_get(report, "incidents"), *tags = json_object_get(i, "open_tags"), *tag;
	int64_t left = cli_number(i, "open") - (int64_t)json_array_size(tags);
	size_t k;

	json_array_foreach (tags, k, tag)
		buf_printf(value, "%s#%s", k ? ", " : "", json_is_string(tag) ? json_string_value(tag) : "?");
	count(value, " and ", left, "more", "more");
	if (value->len)
		buf_str(value, "; not in MTTR");
	put_row(p, "Not over", value);
}

static void share(struct buf *value, const char *what, int64_t n, int64_t all)
{
	buf_printf(
	    value, "%s%s %" PRId64 " (%" PRId64 " %%)", value->len ? ", " : "", what, n, (100 * n + all / 2) / all);
}

static void owners(struct pen *p, const json_t *report, struct buf *value)
{
	const json_t *a = json_object_get(report, "acked");
	int64_t reply = cli_number(a, "reply"), web = cli_number(a, "web"), never = cli_number(a, "never");
	int64_t all = reply + web + never;

	if (!all)
		return;
	share(value, "by reply", reply, all);
	share(value, "in the web", web, all);
	share(value, "never", never, all);
	put_row(p, "Acknowledged", value);
}

/* --- what people said, what it cost ------------------------------------------------------------- */

static void noise(struct pen *p, const json_t *report, struct buf *value)
{
	const json_t *n = json_object_get(report, "noise"), *posts = json_object_get(report, "posts");
	int64_t said = cli_number(posts, "said"), useless = cli_number(n, "useless_posts");

	if (!said)
		return;
	buf_printf(value, "%" PRId64 "%s", said, cli_number(posts, "answers") ? ", and " : "");
	if (cli_number(posts, "answers"))
		buf_printf(
		    value, "%" PRId64 " %s", cli_number(posts, "answers"),
		    cli_number(posts, "answers") == 1 ? "answer" : "answers");
	if (useless)
		buf_printf(
		    value, "; %" PRId64 " (%" PRId64 " %%) not worth it", useless, (100 * useless + said / 2) / said);
	put_row(p, "Posts", value);
	count(value, "", cli_number(n, "false_alarms"), "false alarm", "false alarms");
	count(value, ", ", cli_number(n, "short"), "over within 5 min", "over within 5 min");
	count(value, ", ", cli_number(n, "often"), "broke again and again", "broke again and again");
	put_row(p, "Noise", value);
}

static void replies(struct pen *p, const json_t *report, struct buf *value)
{
	const json_t *r = json_object_get(report, "replies");
	json_t *n;
	const char *verb;

	json_object_foreach (json_object_get(r, "verbs"), verb, n)
		buf_printf(
		    value, "%s%s %" PRId64, value->len ? ", " : "", verb, (int64_t)json_integer_value(n));
	count(value, ", ", cli_number(r, "no_effect"), "without effect", "without effect");
	count(value, ", ", cli_number(r, "denied"), "refused", "refused");
	count(value, ", ", cli_number(r, "others"), "by others", "by others");
	put_row(p, "Replies", value);
}

static void tickets(struct pen *p, const json_t *report, struct buf *value)
{
	const json_t *t = json_object_get(report, "tickets"), *i = json_object_get(report, "incidents");

	count(value, "", cli_number(t, "opened"), "opened", "opened");
	count(value, ", ", cli_number(t, "answered"), "answered", "answered");
	count(value, ", ", cli_number(t, "closed"), "closed", "closed");
	put_row(p, "Tickets", value);
	count(value, "", cli_number(i, "reports"), "person said \"me too\"", "people said \"me too\"");
	if (value->len)
		buf_printf(
		    value, ", %" PRId64 " within 15 min of what the monitoring saw", cli_number(i, "confirmed"));
	put_row(p, "Reports", value);
}

static void money(struct pen *p, const json_t *report, struct buf *value)
{
	const json_t *accounts = json_object_get(json_object_get(report, "money"), "accounts"), *a;
	char usd[CLI_TIME_SIZE];
	size_t k;

	json_array_foreach (accounts, k, a) {
		buf_printf(
		    value, "%s%s %s USD", k ? "; " : "", cli_string(a, "account"),
		    cli_usd(usd, cli_number(a, "posts_micro") + cli_number(a, "reads_micro")));
		count(value, ", ", cli_number(a, "posts"), "post", "posts");
		count(value, ", ", cli_number(a, "reads"), "read", "reads");
	}
	if (value->len)
		buf_str(value, ", in the month of UTC");
	put_row(p, "Money", value);
}

/* --- lists ------------------------------------------------------------------------------------------- */

struct listing {
	const char *key, *heading;
	size_t most;
	void (*say)(const json_t *one, struct buf *value);
};

static void say_flapper(const json_t *one, struct buf *value)
{
	char text[CLI_TIME_SIZE];

	count(value, "", cli_number(one, "times"), "time", "times");
	buf_printf(value, ", %s", hours(text, cli_number(one, "unstable_s")));
}

static void say_object(const json_t *one, struct buf *value)
{
	char text[CLI_TIME_SIZE];

	count(value, "", cli_number(one, "times"), "incident", "incidents");
	buf_printf(value, ", %s", minutes(text, cli_number(one, "bad_s")));
}

static void say_public(const json_t *one, struct buf *value)
{
	char text[CLI_TIME_SIZE];

	buf_str(value, minutes(text, cli_number(one, "lost_s")));
	if (cli_number(one, "in_maintenance_s"))
		buf_printf(value, ", in maintenance %s", minutes(text, cli_number(one, "in_maintenance_s")));
}

static void put_list(struct pen *p, const json_t *report, const struct listing *l, struct buf *value)
{
	const json_t *list = json_object_get(report, l->key), *one;
	size_t k, n = json_array_size(list);

	if (!n)
		return;
	open_block(p, l->heading);
	json_array_foreach (list, k, one) {
		if (k == l->most)
			break;
		l->say(one, value);
		put_row(p, cli_string(one, "name"), value);
	}
	if (n > l->most) {
		buf_printf(value, "%zu more", n - l->most);
		put_row(p, "and", value);
	}
	close_block(p);
}

/* --- all of it ------------------------------------------------------------------------------------------ */

static const char *title(char *out, size_t size, const json_t *report)
{
	static const char *const months[] = {"January", "February", "March",	 "April",   "May",	"June",
					     "July",	"August",   "September", "October", "November", "December"};
	int64_t month = cli_number(report, "month");

	snprintf(
	    out, size, "%s %" PRId64 "%s", months[(month + 11) % 100 % 12], month / 100,
	    json_is_true(json_object_get(report, "over")) ? "" : ", so far");
	return out;
}

static bool is_empty(const json_t *report)
{
	static const struct {
		const char *of, *key;
	} all[] = {{"incidents", "began"},	  {"incidents", "earlier"}, {"incidents", "untold"},
		   {"incidents", "maintenances"}, {"posts", "said"},	    {"posts", "answers"},
		   {"replies", "others"},	  {"replies", "denied"},    {"replies", "no_effect"},
		   {"tickets", "opened"},	  {"tickets", "answered"},  {"tickets", "closed"}};

	for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
		if (cli_number(json_object_get(report, all[k].of), all[k].key))
			return false;
	return !json_object_size(json_object_get(json_object_get(report, "replies"), "verbs")) &&
	       !json_array_size(json_object_get(report, "public")) &&
	       !json_array_size(json_object_get(json_object_get(report, "money"), "accounts"));
}

static void put_facts(struct pen *p, const json_t *report, struct buf *value)
{
	open_block(p, "");
	incidents(p, report, value);
	times(p, "MTTA", json_object_get(report, "to_ack"), value);
	times(p, "MTTR", json_object_get(report, "to_end"), value);
	not_over(p, report, value);
	owners(p, report, value);
	noise(p, report, value);
	replies(p, report, value);
	tickets(p, report, value);
	money(p, report, value);
	close_block(p);
}

void cli_report_write(const struct story_pen *as, const json_t *report, struct buf *out)
{
	static const struct listing lists[] = {
	    {"public", "Public minutes lost", TOP, say_public},
	    {"objects", "What cost most", COSTLY, say_object},
	    {"flappers", "Unstable", TOP, say_flapper}};
	struct pen p = {.as = as, .out = out};
	struct buf value;
	char text[100];

	buf_init(&value, 65536);
	title(text, sizeof text, report);
	if (is_empty(report)) {
		buf_printf(out, "%s: nothing happened.\n", text);
		goto out;
	}
	if (as)
		as->begin(out, text);
	else
		buf_printf(out, "%s\n", text);
	put_facts(&p, report, &value);
	for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++)
		put_list(&p, report, &lists[k], &value);
	if (as)
		as->end(out);
out:
	buf_finish(&value);
}

void cli_report_text(const json_t *report, int64_t now_ms, struct buf *out)
{
	(void)now_ms;
	cli_report_write(NULL, report, out);
}
