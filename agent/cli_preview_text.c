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

static void blanks(struct buf *out, unsigned n)
{
	cli_pad(out, out->len, n);
}

/* "status_x    69 of 280   0.015 USD" */
static void account_text(const json_t *post, unsigned width, struct buf *out)
{
	char usd[CLI_TIME_SIZE];
	size_t from;

	blanks(out, LEFT);
	from = out->len;
	cli_printf(out, "%s", cli_string(post, "account"));
	cli_pad(out, from, width);
	if (json_object_get(post, "text"))
		buf_printf(
		    out, "  %" PRId64 " of %" PRId64, cli_number(post, "units"),
		    cli_number(post, "limit"));
	else
		buf_str(out, "  says nothing of it");
	if (json_object_get(post, "price_micro"))
		buf_printf(out, "   %s USD", cli_usd(usd, cli_number(post, "price_micro")));
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

/* Accounts that carry the same words stand above them together. */
static void posts_text(const json_t *posts, struct buf *out)
{
	unsigned width = accounts_width(posts);
	const json_t *post;
	size_t i;

	json_array_foreach (posts, i, post) {
		const char *text = cli_string(post, "text");

		account_text(post, width, out);
		if (strcmp(text, cli_string(json_array_get(posts, i + 1), "text")) != 0)
			words_text(text, out);
	}
}

void cli_preview_text(const json_t *facts, int64_t now_ms, struct buf *out)
{
	char span[CLI_TIME_SIZE];
	const json_t *audience;
	size_t i;

	(void)now_ms;
	cli_printf(out, "%s %s", cli_string(facts, "object"), cli_string(facts, "state"));
	buf_char(out, '\n');
	json_array_foreach (json_object_get(facts, "audiences"), i, audience) {
		int64_t hold = cli_number(audience, "hold_ms");

		audience_text(audience, out);
		if (!json_is_true(json_object_get(audience, "told")))
			continue;
		blanks(out, LEFT);
		if (hold > 0)
			buf_printf(out, "first post after %s:\n", cli_span_config(span, hold));
		else
			buf_str(out, "first post at once:\n");
		posts_text(json_object_get(audience, "posts"), out);
	}
}
