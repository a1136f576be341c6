/*
 * Reads the cases of data/words and renders them. Called by test_words*.c. Must never
 * pass a case whose facts it did not understand.
 */
#include "tests/unit/words_example.h"

#include "notifiers/twitter_count.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIST_MAX 64
#define OWNED_MAX 400

/* One case of a data file: the facts, and what must come out. */
struct example {
	char title[200], language[8], base[16], link[200], override[1000];
	const char *names[LIST_MAX], *members[LIST_MAX], *mentions[LIST_MAX];
	struct say_span spans[LIST_MAX], open[LIST_MAX];
	char *owned[OWNED_MAX]; /* strings that say points to */
	unsigned n_owned, limit, count, weight;
	bool is_for_x; /* measured as X does */
	struct say say;
	struct buf expected;
};

unsigned code_points(const char *s)
{
	unsigned n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

void measure_weight(const void *arg, const char *text, unsigned *units, unsigned *limit)
{
	(void)arg;
	*units = twitter_weight(text);
	*limit = TWITTER_LIMIT;
}

void measure_code_points(const void *arg, const char *text, unsigned *units, unsigned *limit)
{
	*units = code_points(text);
	*limit = *(const unsigned *)arg;
}

int64_t wall(const char *text)
{
	struct tm tm = {.tm_isdst = -1};

	assert_int_equal(
	    sscanf(
		text, "%d-%d-%d %d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
		&tm.tm_min),
	    5);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)mktime(&tm);
}

static void set_text(struct example *x, const char **to, const char *value)
{
	assert_true(x->n_owned < OWNED_MAX);
	*to = x->owned[x->n_owned++] = strdup(value);
}

/* The keys of a data file are the fields of struct say; false when it is of another kind. */
static bool set_say_text(struct example *x, const char *key, const char *value)
{
	const struct {
		const char *key;
		const char **to;
	} texts[] = {
	    {"tag", &x->say.tag},           {"object", &x->say.object}, {"host", &x->say.host},
	    {"service", &x->say.service},   {"state", &x->say.state},   {"was", &x->say.was},
	    {"output", &x->say.output},     {"owner", &x->say.owner},   {"text", &x->say.text},
	    {"parent", &x->say.parent},     {"writer", &x->say.writer}, {"reason", &x->say.reason},
	    {"last_fix", &x->say.last_fix}, {"ticket", &x->say.ticket},
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!strcmp(key, texts[i].key)) {
			set_text(x, texts[i].to, value);
			return true;
		}
	return false;
}

static bool set_say_number(struct example *x, const char *key, const char *value)
{
	const struct {
		const char *key;
		int64_t *time, *seconds;
		unsigned *number;
	} numbers[] = {
	    {"since", &x->say.since, NULL, NULL},
	    {"until", &x->say.until, NULL, NULL},
	    {"at", &x->say.at, NULL, NULL},
	    {"eta", &x->say.eta, NULL, NULL},
	    {"now", &x->say.now, NULL, NULL},
	    {"next", &x->say.next, NULL, NULL},
	    {"duration", NULL, &x->say.duration, NULL},
	    {"interval", NULL, &x->say.interval, NULL},
	    {"with", NULL, NULL, &x->say.with_services},
	    {"times", NULL, NULL, &x->say.times},
	    {"number", NULL, NULL, &x->say.count},
	    {"limit", NULL, NULL, &x->limit},
	    {"nth", NULL, NULL, &x->say.nth},
	    {"lost", NULL, NULL, &x->say.lost},
	    {"total", NULL, NULL, &x->say.total},
	    {"count", NULL, NULL, &x->count},
	    {"weight", NULL, NULL, &x->weight},
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (strcmp(key, numbers[i].key))
			continue;
		if (numbers[i].time)
			*numbers[i].time = wall(value);
		else if (numbers[i].seconds)
			*numbers[i].seconds = strtoll(value, NULL, 10);
		else
			*numbers[i].number = (unsigned)strtoul(value, NULL, 10);
		return true;
	}
	return false;
}

/* "db1/Postgres | DOWN | T9QM | 2026-11-22 02:10 | 2026-11-22 02:52"; "-" and what is missing: not known. */
static void set_span(struct example *x, struct say_span *to, const char *value)
{
	const char *fields[5] = {NULL};
	int n = 0;

	for (; *value && n < 5; n++) {
		size_t len = strcspn(value, "|"), end = len;
		char field[400];

		while (end && value[end - 1] == ' ')
			end--;
		snprintf(field, sizeof field, "%.*s", (int)end, value);
		if (*field && strcmp(field, "-"))
			set_text(x, &fields[n], field);
		value += len;
		value += strspn(value, "| ");
	}
	*to = (struct say_span){fields[0], fields[1], fields[2], 0, 0};
	to->since = fields[3] ? wall(fields[3]) : 0;
	to->until = fields[4] ? wall(fields[4]) : 0;
}

static bool set_list(struct example *x, const char *key, const char *value)
{
	if (!strcmp(key, "span") && x->say.n_spans < LIST_MAX)
		set_span(x, &x->spans[x->say.n_spans++], value);
	else if (!strcmp(key, "open") && x->say.n_open < LIST_MAX)
		set_span(x, &x->open[x->say.n_open++], value);
	else if (!strcmp(key, "longest"))
		set_span(x, &x->say.longest, value);
	else if (!strcmp(key, "name") && x->say.n_names < LIST_MAX)
		set_text(x, &x->names[x->say.n_names++], value);
	else if (!strcmp(key, "member") && x->say.n_members < LIST_MAX)
		set_text(x, &x->members[x->say.n_members++], value);
	else if (!strcmp(key, "mention") && x->say.n_mentions < LIST_MAX)
		set_text(x, &x->mentions[x->say.n_mentions++], value);
	else
		return false;
	return true;
}

static void set_fact(struct example *x, const char *key, const char *value)
{
	static const char *const symbols[] = {"red", "yellow", "green", "white"};

	if (set_say_text(x, key, value) || set_say_number(x, key, value) || set_list(x, key, value))
		return;
	if (!strcmp(key, "language"))
		snprintf(x->language, sizeof x->language, "%s", value);
	else if (!strcmp(key, "base"))
		snprintf(x->base, sizeof x->base, "%s", value);
	else if (!strcmp(key, "link"))
		snprintf(x->link, sizeof x->link, "%s", value);
	else if (!strcmp(key, "template"))
		snprintf(x->override, sizeof x->override, "%s", value);
	else if (!strcmp(key, "event"))
		x->say.event = (enum say_event)words_event_find(value);
	else if (!strcmp(key, "acked"))
		x->say.acked = true;
	else if (!strcmp(key, "network") && !strcmp(value, "x"))
		x->is_for_x = true;
	else if (!strcmp(key, "has_now"))
		x->say.has_now = true;
	else if (strcmp(key, "symbol"))
		fail_msg("%s: no such fact as %s", x->title, key);
	for (int i = 0; i < 4 && !strcmp(key, "symbol"); i++)
		if (!strcmp(value, symbols[i]))
			x->say.symbol = (enum say_symbol)i;
}

static void example_init(struct example *x)
{
	memset(x, 0, sizeof *x);
	x->say.duration = -1;
	x->limit = 500;
	snprintf(x->language, sizeof x->language, "en");
	snprintf(x->base, sizeof x->base, "operators");
	buf_init(&x->expected, 10000);
}

static void example_finish(struct example *x)
{
	for (unsigned i = 0; i < x->n_owned; i++)
		free(x->owned[i]);
	buf_finish(&x->expected);
}

/* "\n" in a template of a data file is a line break. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++)
		*to++ = s[0] == '\\' && s[1] == 'n' ? (s++, '\n') : *s;
	*to = '\0';
}

static void run_example(struct example *x)
{
	struct err err = {""};
	struct words *w = words_open(x->language, &err);
	struct words_want want = {
	    .words = w,
	    .base = x->base,
	    .measure = x->is_for_x ? measure_weight : measure_code_points,
	    .measure_arg = &x->limit,
	    .link = x->link};
	struct buf out;
	int rc;

	if (!w)
		fail_msg("%s", err.text);
	if (*x->override) {
		unescape(x->override);
		want.override = x->override;
	}
	x->say.names = x->names;
	x->say.members = x->members;
	x->say.mentions = x->mentions;
	x->say.spans = x->spans;
	x->say.open = x->open;
	buf_init(&out, 20000);
	rc = words_say(&want, &x->say, &out, &err);
	if (rc == 1)
		buf_str(&out, "(nothing)");
	else if (rc == -1)
		buf_printf(&out, "(error: %s)", err.text);
	if (strcmp(buf_text(&out), buf_text(&x->expected)))
		fail_msg(
		    "%s:\n%s\n--- expected\n%s", x->title, buf_text(&out), buf_text(&x->expected));
	if (x->weight && twitter_weight(buf_text(&out)) != x->weight)
		fail_msg(
		    "%s: weighs %u for X, not %u", x->title, twitter_weight(buf_text(&out)),
		    x->weight);
	if (x->count && code_points(buf_text(&out)) != x->count)
		fail_msg(
		    "%s: %u code points, not %u", x->title, code_points(buf_text(&out)), x->count);
	buf_finish(&out);
	words_close(w);
}

/* "== title", facts as "key value", "--", the text as it must be; lines until the next "==". */
unsigned examples_run(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[4000], *value;
	struct example x;
	bool text = false;
	unsigned n = 0;

	assert_non_null(f);
	example_init(&x);
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "== ", 3)) {
			if (n++)
				run_example(&x);
			example_finish(&x);
			example_init(&x);
			snprintf(x.title, sizeof x.title, "%s: %.150s", path, line + 3);
			text = false;
		} else if (text) {
			buf_printf(&x.expected, "%s%s", x.expected.len ? "\n" : "", line);
		} else if (!strcmp(line, "--")) {
			text = true;
		} else if (*line && *line != '#') {
			value = strchr(line, ' ');
			if (value)
				*value++ = '\0';
			set_fact(&x, line, value ? value : "");
		}
	}
	if (n)
		run_example(&x);
	example_finish(&x);
	fclose(f);
	return n;
}
