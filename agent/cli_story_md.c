/*
 * The post-mortem as Markdown, as CommonMark and GitHub read it. Called by cli_story.c.
 * It must never let a foreign text be markup: not a link, a fence, a mention, nor HTML.
 */
#include "agent/cli_story.h"
#include "agent/cli_text.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX (1u << 20)

/* One line; what a terminal must not see (escapes, bidi) is no text here either. */
static void put(struct buf *out, const char *text)
{
	struct buf plain;

	buf_init(&plain, TEXT_MAX);
	cli_escape(&plain, text);
	for (const char *at = buf_text(&plain); *at; at++) {
		if (*at == '<')
			buf_str(out, "&lt;");
		else if (*at == '&')
			buf_str(out, "&amp;");
		else if (*at == '@')
			buf_str(out, "&#64;"); /* a backslash does not stop a mention */
		else if (strchr("\\`*_{}[]()#+-.!|~>:$=", *at))
			buf_printf(out, "\\%c", *at);
		else
			buf_char(out, *at);
	}
	buf_finish(&plain);
}

static void put_link(struct buf *out, const char *before, const char *url)
{
	if (cli_story_is_link(url))
		buf_printf(out, "%s<%s>", before, url);
}

static void md_begin(struct buf *out, const char *title)
{
	buf_str(out, "# ");
	put(out, title);
	buf_str(out, "\n\n");
}

static void md_open(struct buf *out, enum story_block block, const char *heading)
{
	if (*heading)
		buf_printf(out, "## %s\n\n", heading);
	if (block == STORY_LINES)
		buf_str(out, "| Time | What | Where | |\n|---|---|---|---|\n");
}

static void put_quoted(struct buf *out, const char *text)
{
	char line[8192];

	while (*text) {
		size_t n = strcspn(text, "\n");

		snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), text);
		buf_str(out, "> ");
		put(out, line);
		buf_str(out, "  \n"); /* two blanks: the line ends here */
		text += n + (text[n] == '\n');
	}
}

static void md_row(struct buf *out, enum story_block block, const char *const *cells, const char *url)
{
	switch (block) {
	case STORY_FACTS:
		buf_str(out, "* **");
		put(out, cells[0]);
		buf_str(out, "**: ");
		put(out, cells[1]);
		buf_char(out, '\n');
		break;
	case STORY_LIST:
		buf_str(out, "* ");
		put(out, cells[0]);
		buf_char(out, '\n');
		break;
	case STORY_LINES:
		for (int i = 0; i < STORY_CELLS; i++) {
			buf_str(out, "| ");
			put(out, cells[i]);
			put_link(out, " ", i == STORY_CELLS - 1 ? url : "");
			buf_char(out, ' ');
		}
		buf_str(out, "|\n");
		break;
	case STORY_POSTS:
		put(out, cells[0]);
		put_link(out, " ", url);
		buf_str(out, "\n\n");
		put_quoted(out, cells[1]);
		buf_char(out, '\n');
		break;
	}
}

static void md_close(struct buf *out, enum story_block block)
{
	if (block != STORY_POSTS)
		buf_char(out, '\n');
}

static void md_end(struct buf *out)
{
	(void)out;
}

const struct story_pen cli_story_md = {md_begin, md_open, md_row, md_close, md_end};
