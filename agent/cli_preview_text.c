/*
 * `twicket preview` as people read it, from the facts that cli_preview.c gathered.
 * Called by cli_preview.c and the tests. Pure.
 */
#include "agent/cli.h"
#include "agent/cli_text.h"

#include <inttypes.h>
#include <string.h>

#define LEFT 12 /* where `check` has it */
#define WORDS_LEFT (LEFT + 2)

static void blanks(struct buf *out, unsigned n)
{
	cli_pad(out, out->len, n);
}

/* A sentence behind the left margin, wrapped. */
static void sentence(const char *text, struct buf *out)
{
	struct cli_flow f = {out, LEFT, 0, 1, CLI_TEXT_WIDTH};

	cli_flow_text(&f, text);
	buf_char(out, '\n');
}

static void audience_text(const json_t *audience, struct buf *out)
{
	bool told = json_is_true(json_object_get(audience, "told"));
	struct cli_flow f = {out, LEFT, 0, 1, CLI_TEXT_WIDTH};
	struct buf words;
	size_t from = out->len;

	cli_printf(out, "%s", cli_string(audience, "name"));
	cli_pad(out, from, LEFT - 2);
	buf_str(out, "  ");
	f.at = f.left = cli_width(buf_text(out) + from); /* a long name moves its line only */
	buf_init(&words, 65536);
	cli_printf(&words, "%s: %s", told ? "yes" : "no", cli_string(audience, "why"));
	cli_flow_text(&f, buf_text(&words));
	buf_finish(&words);
	buf_char(out, '\n');
}

/* --- one post --------------------------------------------------------------------------------- */

/* "+30m", "+1h12m" */
static void put_after(const json_t *post, struct buf *out)
{
	char span[CLI_TIME_SIZE];

	buf_printf(out, "+%s", cli_span(span, cli_number(post, "after_ms")));
}

/* "03:00:15  problem   noc   147 of 500   0 USD" */
static void head(const json_t *post, const json_t *facts, const char *when, unsigned width, struct buf *out)
{
	char usd[CLI_TIME_SIZE];
	size_t from;

	blanks(out, LEFT);
	cli_printf(out, "%s  %s   ", when, cli_string(post, "event"));
	from = out->len;
	cli_printf(out, "%s", cli_string(post, "account"));
	cli_pad(out, from, width);
	buf_printf(
	    out, "   %" PRId64 " of %" PRId64, cli_number(post, "units"), cli_number(post, "limit"));
	if (json_object_get(post, "price_micro"))
		buf_printf(out, "   %s USD", cli_usd(usd, cli_number(post, "price_micro")));
	else if (json_is_true(json_object_get(facts, "costs")))
		buf_str(out, "   0 USD");
	buf_char(out, '\n');
}

static void words_text(const char *text, struct buf *out)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		blanks(out, WORDS_LEFT);
		cli_printf(out, "%.*s", (int)n, text);
		buf_char(out, '\n');
		text += n + (text[n] == '\n');
	}
}

/* --- all posts --------------------------------------------------------------------------------------- */

static unsigned accounts_width(const json_t *posts)
{
	const json_t *post;
	unsigned width = 0, w;
	size_t i;

	json_array_foreach (posts, i, post) {
		w = cli_width(cli_string(post, "account"));
		width = w > width ? w : width;
	}
	return width;
}

static bool same(const json_t *a, const json_t *b, const char *key)
{
	return strcmp(cli_string(a, key), cli_string(b, key)) == 0;
}

static bool is_first(const json_t *posts, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (same(json_array_get(posts, i), json_array_get(posts, at), "account"))
			return false;
	return true;
}

/* Accounts that carry the same words stand above them together. */
static void posts_text(const json_t *facts, const json_t *posts, struct buf *out)
{
	bool all = json_is_true(json_object_get(facts, "all"));
	unsigned width = accounts_width(posts);
	const json_t *post, *open = NULL;
	char clock[CLI_TIME_SIZE];
	struct buf when;
	size_t i;

	buf_init(&when, 200);
	json_array_foreach (posts, i, post) {
		if (!all && !is_first(posts, i))
			continue;
		if (open && !same(open, post, "text"))
			words_text(cli_string(open, "text"), out);
		buf_reset(&when);
		if (is_first(posts, i))
			buf_str(&when, cli_clock_s(clock, cli_number(post, "at_ms"), cli_number(facts, "at_ms")));
		else
			put_after(post, &when);
		head(post, facts, buf_text(&when), width, out);
		open = post;
	}
	if (open)
		words_text(cli_string(open, "text"), out);
	buf_finish(&when);
}

/* "+30m  update   +42m  recovery" */
static void follow_ups(const json_t *posts, const json_t *of, struct buf *out)
{
	const json_t *post;
	size_t i;

	json_array_foreach (posts, i, post) {
		if (!same(post, of, "account") || is_first(posts, i))
			continue;
		if (out->len)
			buf_str(out, "   ");
		put_after(post, out);
		cli_printf(out, "  %s", cli_string(post, "event"));
	}
}

static int64_t sum_of(const json_t *posts, const json_t *of)
{
	const json_t *post;
	int64_t sum = 0;
	size_t i;

	json_array_foreach (posts, i, post)
		if (same(post, of, "account"))
			sum += cli_number(post, "price_micro");
	return sum;
}

static bool follow_alike(const json_t *posts, const json_t *a, const json_t *b)
{
	struct buf x, y;
	bool is;

	buf_init(&x, 4096);
	buf_init(&y, 4096);
	follow_ups(posts, a, &x);
	follow_ups(posts, b, &y);
	is = strcmp(buf_text(&x), buf_text(&y)) == 0;
	buf_finish(&x);
	buf_finish(&y);
	return is;
}

/* Accounts on which something else follows are named. */
static bool all_alike(const json_t *posts)
{
	const json_t *post;
	size_t i;

	json_array_foreach (posts, i, post)
		if (!follow_alike(posts, post, json_array_get(posts, 0)))
			return false;
	return true;
}

static void follow_text(const json_t *posts, struct buf *out)
{
	unsigned width = accounts_width(posts);
	bool alike = all_alike(posts);
	const json_t *post;
	struct buf line;
	size_t i, from;

	json_array_foreach (posts, i, post) {
		if (!is_first(posts, i) || (alike && i))
			continue;
		buf_init(&line, 4096);
		follow_ups(posts, post, &line);
		if (line.len) {
			blanks(out, LEFT);
			from = out->len;
			if (!alike)
				cli_printf(out, "%s", cli_string(post, "account"));
			cli_pad(out, from, alike ? 0 : width + 2);
			buf_str(out, buf_text(&line));
			buf_str(out, "   (--all shows their words)");
			buf_char(out, '\n');
		}
		buf_finish(&line);
	}
}

static void sums_text(const json_t *posts, struct buf *out)
{
	char usd[CLI_TIME_SIZE];
	const json_t *post;
	size_t i;

	json_array_foreach (posts, i, post) {
		if (!is_first(posts, i) || !sum_of(posts, post))
			continue;
		blanks(out, LEFT);
		cli_printf(
		    out, "%s: %s USD in all", cli_string(post, "account"),
		    cli_usd(usd, sum_of(posts, post)));
		buf_char(out, '\n');
	}
}

/* --- one audience ----------------------------------------------------------------------------------------- */

static bool is_summed_up(const json_t *posts)
{
	return strcmp(cli_string(json_array_get(posts, 0), "event"), "digest") == 0;
}

/* "held: quiet hours 22:00-07:00, not urgent -> summed up at 07:00" */
static void held_text(const json_t *facts, const json_t *audience, struct buf *out)
{
	const json_t *posts = json_object_get(audience, "posts");
	const json_t *first = json_array_get(posts, 0);
	char clock[CLI_TIME_SIZE];
	struct buf text;

	buf_init(&text, 65536);
	if (json_object_get(audience, "held")) {
		cli_printf(&text, "held: %s", cli_string(audience, "held"));
		if (first)
			buf_printf(
			    &text, " -> %s at %s", is_summed_up(posts) ? "summed up" : "told",
			    cli_clock(clock, cli_number(first, "at_ms"), cli_number(facts, "at_ms")));
		else
			buf_str(&text, " -> nothing is said");
	} else if (json_object_get(audience, "urgent")) {
		cli_printf(&text, "%s", cli_string(audience, "urgent"));
	} else if (!first) {
		buf_str(&text, "but its accounts have no words for it");
	}
	if (text.len)
		sentence(buf_text(&text), out);
	buf_finish(&text);
	if (*cli_string(audience, "waits")) {
		buf_init(&text, 1000);
		cli_printf(&text, "waits for a go from %s", cli_string(audience, "waits"));
		sentence(buf_text(&text), out);
		buf_finish(&text);
	}
}

void cli_preview_text(const json_t *facts, int64_t now_ms, struct buf *out)
{
	bool all = json_is_true(json_object_get(facts, "all"));
	const json_t *audience, *posts;
	size_t i;

	(void)now_ms;
	cli_printf(out, "%s %s", cli_string(facts, "object"), cli_string(facts, "state"));
	buf_char(out, '\n');
	json_array_foreach (json_object_get(facts, "audiences"), i, audience) {
		audience_text(audience, out);
		if (!json_is_true(json_object_get(audience, "told")))
			continue;
		posts = json_object_get(audience, "posts");
		held_text(facts, audience, out);
		if (json_object_get(audience, "held") && !all)
			continue;
		posts_text(facts, posts, out);
		if (!all)
			follow_text(posts, out);
		sums_text(posts, out);
	}
}
