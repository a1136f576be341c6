/*
 * The posts of one audience, as `twicket replay --posts` prints them while the log runs.
 * Called by cli_replay_run.c. Must never keep a post, but for --json.
 */
#include "agent/cli_replay.h"
#include "agent/cli_text.h"

#include <stdio.h>
#include <string.h>

#define INDENT 4
#define POSTS_MAX 100000 /* that --json keeps */

static void keep(struct replay_run *run, const struct rehearsed *post)
{
	if (!run->posts)
		run->posts = json_array();
	if (json_array_size(run->posts) >= POSTS_MAX)
		return;
	json_array_append_new(
	    run->posts,
	    json_pack(
		"{s:I, s:s, s:s, s:b, s:s}", "at_ms", (json_int_t)post->at_ms, "tag", post->tag,
		"event", words_event_name(post->event), "root", post->root, "text", post->text));
}

/* Lines of a post, each wrapped for the terminal. */
static void put_text(struct buf *out, const char *text, unsigned left)
{
	struct buf line;

	buf_init(&line, 65536);
	while (*text) {
		size_t n = strcspn(text, "\n");
		struct cli_flow f = {out, left, 0, 1, CLI_TEXT_WIDTH};

		buf_reset(&line);
		cli_printf(&line, "%.*s", (int)n, text);
		cli_flow_text(&f, buf_text(&line));
		buf_char(out, '\n');
		text += n + (text[n] == '\n');
	}
	buf_finish(&line);
}

/* What follows in a thread stands further in. */
void replay_show_post(struct replay_run *run, const struct rehearsed *post)
{
	unsigned left = post->root || !post->thread ? 0 : INDENT;
	char clock[CLI_TIME_SIZE];

	if (run->cli->json) {
		keep(run, post);
		return;
	}
	buf_reset(&run->line);
	cli_pad(&run->line, 0, left);
	cli_printf(
	    &run->line, "%s  %s", cli_clock_s(clock, post->at_ms, run->cli->now_ms),
	    words_event_name(post->event));
	buf_char(&run->line, '\n');
	put_text(&run->line, post->text, left + INDENT);
	buf_char(&run->line, '\n');
	if (fwrite(buf_text(&run->line), 1, run->line.len, stdout) != run->line.len)
		run->has_failed = true;
}
