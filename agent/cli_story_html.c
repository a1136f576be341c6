/*
 * The post-mortem as one page that needs nothing else: no script, no foreign resource. Called by
 * cli_story.c. It must never let a foreign text be markup; the page also forbids itself to load.
 */
#include "agent/cli_story.h"
#include "agent/cli_text.h"

#include <string.h>

#define TEXT_MAX (1u << 20)

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n<title>";

/*
 * Times and names keep their lines; what is long breaks anywhere rather than pushing the page apart, and
 * what is stacked high ends at its own row. On paper it is black on white.
 */
static const char style[] =
    "</title>\n<style>\n"
    ":root{color-scheme:light;--ink:#1d2430;--dim:#5b6675;--line:#d9dee6;--paper:#fff;--card:#f5f7fa;--link:#0b57c4}\n"
    "@media screen and (prefers-color-scheme:dark){:root{--ink:#e4e8ee;--dim:#9aa5b4;--line:#333b47;--paper:#14181f;"
    "color-scheme:dark;--card:#1c222b;--link:#7fb2ff}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1.25rem 1rem 3rem;max-width:60rem;background:var(--paper);color:var(--ink);"
    "font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}\n"
    "h2{font-size:1.1rem;margin:2rem 0 .6rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}\n"
    "a{color:var(--link)}\n"
    "dl{display:grid;grid-template-columns:fit-content(40%) 1fr;gap:.3rem 1.2rem;margin:0}\n"
    "dt{color:var(--dim)}dd{margin:0}\n"
    "ul{margin:0;padding-left:1.2rem}\n"
    "ol{list-style:none;margin:0;padding:0}\n"
    "ol li{display:grid;grid-template-columns:11.5rem 5.5rem 7rem 1fr;gap:0 .8rem;align-items:baseline;padding:.35rem 0;"
    "border-bottom:1px solid var(--line)}\n"
    "time,.kind,.where{color:var(--dim);font-size:.9rem}\n"
    "time{font-variant-numeric:tabular-nums}\n"
    "figure{margin:0 0 1rem}figcaption{color:var(--dim);font-size:.9rem;margin-bottom:.25rem}\n"
    "pre{margin:0;padding:.7rem .9rem;background:var(--card);border-radius:.5rem;"
    "font:inherit;white-space:pre-wrap}\n"
    "@media(max-width:40rem){ol li{grid-template-columns:auto auto 1fr}ol li p{grid-column:1/-1}"
    "}\n"
    "p{margin:0}\n"
    "h1,ol li,dt,dd,pre{overflow:hidden}\n"
    "@media print{body{max-width:none;padding:0}li,dt,dd,figure{break-inside:avoid}h2{break-after:avoid}"
    "pre{border:1px solid var(--line)}}\n</style>\n</head>\n<body>\n<h1>";

/* One line, and nothing in it but text. */
static void put(struct buf *out, const char *text)
{
	struct buf plain;

	buf_init(&plain, TEXT_MAX);
	cli_escape(&plain, text);
	for (const char *at = buf_text(&plain); *at; at++) {
		switch (*at) {
		case '<': buf_str(out, "&lt;"); break;
		case '>': buf_str(out, "&gt;"); break;
		case '&': buf_str(out, "&amp;"); break;
		case '"': buf_str(out, "&quot;"); break;
		case '\'': buf_str(out, "&#39;"); break;
		default: buf_char(out, *at);
		}
	}
	buf_finish(&plain);
}

static void put_link(struct buf *out, const char *url)
{
	if (!cli_story_is_link(url))
		return;
	buf_str(out, " <a rel=\"noreferrer nofollow\" href=\"");
	put(out, url);
	buf_str(out, "\">");
	put(out, url);
	buf_str(out, "</a>");
}

static void put_in(struct buf *out, const char *before, const char *text, const char *behind)
{
	buf_str(out, before);
	put(out, text);
	buf_str(out, behind);
}

static void html_begin(struct buf *out, const char *title)
{
	buf_str(out, head);
	put(out, title);
	buf_str(out, style);
	put(out, title);
	buf_str(out, "</h1>\n");
}

static const char *element(enum story_block block)
{
	switch (block) {
	case STORY_FACTS: return "dl";
	case STORY_LIST: return "ul";
	case STORY_LINES: return "ol";
	case STORY_POSTS: return "section";
	}
	return "div";
}

static void html_open(struct buf *out, enum story_block block, const char *heading)
{
	if (*heading)
		buf_printf(out, "<h2>%s</h2>\n", heading);
	buf_printf(out, "<%s>\n", element(block));
}

static void put_lines(struct buf *out, const char *text)
{
	struct buf line;

	while (*text) {
		size_t n = strcspn(text, "\n");

		buf_init(&line, TEXT_MAX);
		buf_add(&line, text, n);
		put(out, buf_text(&line));
		buf_finish(&line);
		text += n;
		if (*text == '\n') {
			buf_char(out, '\n');
			text++;
		}
	}
}

static void html_row(struct buf *out, enum story_block block, const char *const *cells, const char *url)
{
	switch (block) {
	case STORY_FACTS:
		put_in(out, "<dt>", cells[0], "</dt>");
		put_in(out, "<dd>", cells[1], "</dd>\n");
		break;
	case STORY_LIST: put_in(out, "<li>", cells[0], "</li>\n"); break;
	case STORY_LINES:
		put_in(out, "<li><time>", cells[0], "</time>");
		put_in(out, "<span class=\"kind\">", cells[1], "</span>");
		put_in(out, "<span class=\"where\">", cells[2], "</span>");
		put_in(out, "<p>", cells[3], "");
		put_link(out, url);
		buf_str(out, "</p></li>\n");
		break;
	case STORY_POSTS:
		put_in(out, "<figure><figcaption>", cells[0], "");
		put_link(out, url);
		buf_str(out, "</figcaption><pre>");
		put_lines(out, cells[1]);
		buf_str(out, "</pre></figure>\n");
		break;
	}
}

static void html_close(struct buf *out, enum story_block block)
{
	buf_printf(out, "</%s>\n", element(block));
}

static void html_end(struct buf *out)
{
	buf_str(out, "</body>\n</html>\n");
}

const struct story_pen cli_story_html = {html_begin, html_open, html_row, html_close, html_end};
