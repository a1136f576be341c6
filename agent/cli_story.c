/*
 * An incident as a document: what a post-mortem tells, in its order. Called by cli_show.c.
 * Pure. It must never write a text itself: the pen escapes.
 */
#include "agent/cli_story.h"
#include "agent/cli_text.h"

#include <stdio.h>
#include <string.h>

#define CELL_MAX 65536

bool cli_story_is_link(const char *url)
{
	if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
		return false;
	for (; *url; url++)
		if ((unsigned char)*url <= ' ' || (unsigned char)*url >= 127 || strchr("<>\"'`\\()[]{}|^", *url))
			return false;
	return true;
}

/* A document is read in another week: the whole date. */
static const char *when(char out[CLI_TIME_SIZE], int64_t ms)
{
	struct tm tm = cli_local(ms);

	if (!strftime(out, CLI_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &tm))
		out[0] = '\0';
	return out;
}

static const char *zone(char out[CLI_TIME_SIZE], int64_t ms)
{
	struct tm tm = cli_local(ms);

	if (!strftime(out, CLI_TIME_SIZE, "%Z", &tm))
		out[0] = '\0';
	return out;
}

struct writing {
	const struct story_pen *pen;
	struct buf *out;
	bool is_open; /* the block */
	enum story_block block;
	const char *heading;
};

static void block(struct writing *w, enum story_block kind, const char *heading)
{
	if (w->is_open)
		w->pen->close(w->out, w->block);
	w->is_open = false;
	w->block = kind;
	w->heading = heading;
}

/* A block without a row is none. */
static void row(struct writing *w, const char *const cells[STORY_CELLS], const char *url)
{
	if (!w->is_open)
		w->pen->open(w->out, w->block, w->heading);
	w->is_open = true;
	w->pen->row(w->out, w->block, cells, url);
}

static void fact(struct writing *w, const char *name, const char *value)
{
	if (*value)
		row(w, (const char *const[STORY_CELLS]){name, value}, "");
}

static void fact_span(struct writing *w, const char *name, const json_t *answer, const char *key)
{
	char span[CLI_TIME_SIZE];

	if (json_object_get(answer, key))
		fact(w, name, cli_span_words(span, cli_number(answer, key)));
}

static void put_facts(struct writing *w, const json_t *answer, int64_t now_ms)
{
	const json_t *incident = json_object_get(answer, "incident");
	int64_t since = cli_number(incident, "since_ms"), until = cli_number(incident, "until_ms");
	bool open = json_is_true(json_object_get(incident, "open"));
	char time[CLI_TIME_SIZE], usd[CLI_TIME_SIZE + 8];
	struct buf state;

	block(w, STORY_FACTS, "");
	buf_init(&state, CELL_MAX);
	cli_state(incident, &state);
	fact(w, "State", open || until ? buf_text(&state) : "closed");
	fact(w, "From", when(time, since));
	fact(w, "To", until ? when(time, until) : "not over");
	fact(w, "Clock", zone(time, since));
	fact(w, "Lasted", cli_span_words(time, (until ? until : now_ms) - since));
	fact_span(w, "Told after", answer, "told_after_ms");
	fact_span(w, "Acknowledged after", answer, "acked_after_ms");
	fact_span(w, "Over after", answer, "over_after_ms");
	fact(w, open ? "Owner" : "Owner was", cli_string(incident, "owner"));
	fact(w, "Words", cli_string(incident, "text"));
	fact(w, "Known error", cli_string(incident, "known_tag"));
	fact(w, "Workaround", cli_string(incident, "known"));
	fact(w, "Part of", cli_string(incident, "parent"));
	if (cli_number(answer, "cost_micro")) {
		cli_usd(time, cli_number(answer, "cost_micro"));
		snprintf(usd, sizeof usd, "%s USD", time);
		fact(w, "Cost of its posts", usd);
	}
	buf_finish(&state);
}

/* "fixed: cleared /var/spool (bob; held in #T7K2, #T9QM)" */
static void put_fixes(struct writing *w, const json_t *answer)
{
	const json_t *fix, *tag;
	struct buf text;
	size_t i, k;

	block(w, STORY_LIST, "What was learnt");
	json_array_foreach (json_object_get(answer, "fixes"), i, fix) {
		buf_init(&text, CELL_MAX);
		buf_printf(&text, "%s: %s (%s", cli_string(fix, "kind"), cli_string(fix, "text"), cli_string(fix, "by"));
		json_array_foreach (json_object_get(fix, "held"), k, tag)
			buf_printf(&text, "%s#%s", k ? ", " : "; held in ", json_string_value(tag));
		buf_char(&text, ')');
		row(w, (const char *const[STORY_CELLS]){buf_text(&text)}, "");
		buf_finish(&text);
	}
}

static bool is_reply(const json_t *line)
{
	return json_object_get(line, "who") != NULL;
}

static bool is_post(const json_t *line)
{
	return json_object_get(line, "account") && !is_reply(line);
}

static bool is_first_of(const json_t *story, size_t at, const char *who)
{
	for (size_t i = 0; i < at; i++)
		if (is_reply(json_array_get(story, i)) && !strcmp(cli_string(json_array_get(story, i), "who"), who))
			return false;
	return true;
}

/* "alice: ack confirmed 03:16:20, fixed done 03:50:00": each person once, in the order of their first words. */
static void put_people(struct writing *w, const json_t *story)
{
	const json_t *line, *other;
	struct tm tm;
	struct buf text;
	char clock[16];
	size_t i, k;

	block(w, STORY_FACTS, "Who did what");
	json_array_foreach (story, i, line) {
		const char *who = cli_string(line, "who"), *gap = "";

		if (!is_reply(line) || !is_first_of(story, i, who))
			continue;
		buf_init(&text, CELL_MAX);
		json_array_foreach (story, k, other) {
			if (!is_reply(other) || strcmp(cli_string(other, "who"), who) != 0)
				continue;
			tm = cli_local(cli_number(other, "at_ms"));
			strftime(clock, sizeof clock, "%H:%M:%S", &tm);
			buf_printf(&text, "%s%s %s, %s", gap, clock,
				   *cli_string(other, "verb") ? cli_string(other, "verb") : "words",
				   cli_string(other, "state"));
			gap = "; ";
		}
		row(w, (const char *const[STORY_CELLS]){who, buf_text(&text)}, "");
		buf_finish(&text);
	}
}

static void put_line(struct writing *w, const json_t *line)
{
	const char *account = cli_string(line, "account"), *text = cli_string(line, "text"), *url = "";
	char time[CLI_TIME_SIZE];
	struct buf words;

	buf_init(&words, CELL_MAX);
	if (is_post(line)) {
		buf_printf(&words, "%s %s %s", cli_string(line, "state"), cli_string(line, "event"), cli_string(line, "reason"));
		url = cli_string(line, "url");
	} else if (is_reply(line)) {
		buf_printf(&words, "%s: %s (%s)", cli_string(line, "who"), text, cli_string(line, "state"));
		account = *account ? account : "local";
	} else {
		buf_str(&words, text);
	}
	row(w, (const char *const[STORY_CELLS]){when(time, cli_number(line, "at_ms")), cli_string(line, "kind"), account,
						buf_text(&words)},
	    url);
	buf_finish(&words);
}

static void put_posts(struct writing *w, const json_t *story)
{
	const json_t *line;
	char time[CLI_TIME_SIZE];
	struct buf head;
	size_t i;

	block(w, STORY_POSTS, "What was posted");
	json_array_foreach (story, i, line) {
		if (!is_post(line))
			continue;
		buf_init(&head, CELL_MAX);
		buf_printf(&head, "%s, %s, %s", cli_string(line, "account"), when(time, cli_number(line, "at_ms")),
			   cli_string(line, "state"));
		row(w, (const char *const[STORY_CELLS]){buf_text(&head), cli_string(line, "text")}, cli_string(line, "url"));
		buf_finish(&head);
	}
}

void cli_story_write(const struct story_pen *pen, const json_t *answer, int64_t now_ms, struct buf *out)
{
	const json_t *incident = json_object_get(answer, "incident");
	const json_t *story = json_object_get(answer, "story"), *line;
	struct writing w = {.pen = pen, .out = out};
	struct buf title;
	size_t i;

	buf_init(&title, CELL_MAX);
	buf_printf(&title, "#%s %s", cli_string(incident, "tag"), cli_string(incident, "object"));
	pen->begin(out, buf_text(&title));
	buf_finish(&title);
	put_facts(&w, answer, now_ms);
	put_fixes(&w, answer);
	put_people(&w, story);
	block(&w, STORY_LINES, "Timeline");
	json_array_foreach (story, i, line)
		put_line(&w, line);
	put_posts(&w, story);
	block(&w, STORY_LIST, "");
	pen->end(out);
}
