/*
 * An incident as a document: the post-mortem of `twicket show --md` and `--html`. What is told,
 * and in which order, is cli_story.c's; how it is written and escaped, each format's own file.
 */
#ifndef TWICKET_CLI_STORY_H
#define TWICKET_CLI_STORY_H

#include "agent/cli.h"

enum story_block {
	STORY_FACTS, /* rows of a name and a value */
	STORY_LIST,  /* rows of one text */
	STORY_LINES, /* rows of time, kind, where, text */
	STORY_POSTS  /* rows of a heading and a text of several lines, with its address */
};
#define STORY_CELLS 4

/* All texts are as they came: foreign. */
struct story_pen {
	void (*begin)(struct buf *out, const char *title);
	void (*open)(struct buf *out, enum story_block block, const char *heading);
	/* url "" = none; it is a link only if it is one of the web */
	void (*row)(struct buf *out, enum story_block block, const char *const *cells, const char *url);
	void (*close)(struct buf *out, enum story_block block);
	void (*end)(struct buf *out);
};

extern const struct story_pen cli_story_md, cli_story_html;

void cli_story_write(const struct story_pen *pen, const json_t *answer, int64_t now_ms, struct buf *out);

/* http or https, and nothing in it that ends a link in either format. */
bool cli_story_is_link(const char *url);

#endif
