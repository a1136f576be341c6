/*
 * One post's text from its facts. Called by core.c and control.c. Must never let a
 * foreign value out that was not neutralised, nor lose the tag or the state word.
 *
 * A template is rendered anew for each attempt to make it fit: a post is short, and
 * so the rules of shortening stand in one place (fit()) and not in every value.
 */
#include "agent/words_internal.h"

#include <stdint.h>
#include <string.h>

#define LIST_SHOWN 5 /* names before "and 2 more" (SURFACE section 3) */
#define WORD_LONG 60 /* bytes of a single word that may be cut inside */
#define TEXT_LEAST 100 /* bytes of what the sentence is there for: names become short first */

/* Graphemes of a name when nothing else helps; 0 = all of it. */
static const unsigned name_steps[] = {0, 60, 30, 15};

/* Never dropped: thing and state, who is answered, and what finds the post again. */
static bool must_stay(enum macro macro)
{
	return macro == MACRO_TAG || macro == MACRO_NAME || macro == MACRO_STATE ||
	       macro == MACRO_WRITER || macro == MACRO_HOSTSTATE || macro == MACRO_SERVICESTATE;
}

/* May this [part] go when the text is too long? `at` stands behind its bracket. */
static bool may_go(const char *at)
{
	struct piece p;

	for (p = words_piece(&at); p.kind != PIECE_CLOSE && p.kind != PIECE_END;
	     p = words_piece(&at))
		if (p.kind == PIECE_MACRO && must_stay((enum macro)p.macro))
			return false;
	return true;
}

/* Renders up to the closing bracket or the end; false when a macro was empty. */
static bool put_pieces(struct render *r, const char **at, struct buf *out)
{
	struct piece p;
	bool full = true;

	for (p = words_piece(at);
	     p.kind == PIECE_TEXT || p.kind == PIECE_MACRO || p.kind == PIECE_BAD;
	     p = words_piece(at)) {
		size_t before = out->len;

		if (p.kind == PIECE_TEXT)
			buf_add(out, p.at, p.len);
		else if (p.macro != -1)
			words_put_macro(r, (enum macro)p.macro, out);
		full = full && out->len > before;
	}
	return full;
}

/* What a sentence cannot do without: a nameless public post, one without its tag. */
static bool must_have(const struct render *r, int macro)
{
	return macro == MACRO_TAG || (macro == MACRO_NAME && r->base == BASE_PUBLIC) ||
	       (macro == MACRO_TEXT && r->base == BASE_PUBLIC && !r->text.all.len) ||
	       (macro == MACRO_REASON && r->say->event == SAY_TROUBLE);
}

void words_put_template(struct render *r, const char *text, bool whole, struct buf *out)
{
	struct buf part;
	struct piece p;
	unsigned n = 0;

	buf_init(&part, WORDS_TEXT_MAX);
	for (p = words_piece(&text); p.kind != PIECE_END; p = words_piece(&text)) {
		size_t before = out->len;

		if (p.kind == PIECE_OPEN) {
			bool gone = !whole && may_go(text) && ++n > r->parts - r->dropped;

			buf_reset(&part);
			if (put_pieces(r, &text, &part) && !gone)
				buf_str(out, buf_text(&part));
		} else if (p.kind == PIECE_TEXT) {
			buf_add(out, p.at, p.len);
		} else if (p.macro != -1) {
			words_put_macro(r, (enum macro)p.macro, out);
			if (out->len == before && must_have(r, p.macro))
				r->lost_macro = true;
		}
	}
	buf_finish(&part);
}

/* Renders as the present cuts say. Does it fit? */
static bool attempt(struct render *r, const char *text, struct buf *out)
{
	unsigned units = 0, limit = 0;
	size_t blanks;

	buf_reset(out);
	words_put_template(r, text, false, out);
	blanks = strspn(buf_text(out), " \n");
	buf_drop(out, blanks);
	while (out->len && strchr(" \n", out->data[out->len - 1]))
		buf_truncate(out, out->len - 1);
	if (out->cut)
		return false;
	if (!r->want->measure)
		return true;
	r->want->measure(r->want->measure_arg, buf_text(out), &units, &limit);
	return units <= limit;
}

/* The end of the last whole word within `bytes`; inside of a word that is too long to go. */
static size_t cut_floor(const struct cut *c, size_t bytes)
{
	const char *text = buf_text(&c->all);
	size_t at = bytes;

	if (at >= c->all.len)
		return c->all.len;
	while (at && text[at] != ' ')
		at--;
	if (!at && strcspn(text, " ") > WORD_LONG)
		at = words_grapheme_floor(text, bytes);
	return at;
}

/* As above, but never less than what must stay. */
static size_t cut_at(const struct cut *c, size_t bytes)
{
	size_t at = cut_floor(c, bytes);

	return at > c->least ? at : c->least;
}

/* As many words as fit, by halving; the least when not even the first does. */
static bool fit_cut(struct render *r, struct cut *c, const char *text, struct buf *out)
{
	size_t low = 0, high = c->all.len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		c->shown = cut_at(c, middle);
		if (attempt(r, text, out))
			low = middle + 1;
		else
			high = middle;
	}
	c->shown = cut_at(c, low ? low - 1 : 0);
	return attempt(r, text, out);
}

/* Shorter lists, then fewer parts, then short names, one step at a time. */
static bool fit_rest(struct render *r, const char *text, struct buf *out)
{
	while (r->list_max > 1) {
		r->list_max--;
		if (attempt(r, text, out))
			return true;
	}
	while (r->dropped < r->parts) {
		r->dropped++;
		if (attempt(r, text, out))
			return true;
	}
	for (size_t i = 1; i < sizeof name_steps / sizeof *name_steps; i++) {
		r->name_max = name_steps[i];
		if (attempt(r, text, out))
			return true;
	}
	return false;
}

/* The order of SURFACE section 3: words, lists, parts; then long names. */
static bool fit(struct render *r, const char *text, struct buf *out)
{
	if (attempt(r, text, out) || fit_cut(r, &r->output, text, out) ||
	    fit_cut(r, &r->text, text, out))
		return true;
	if (fit_rest(r, text, out)) /* its words may have the room that the last step made */
		return !r->text.least || fit_cut(r, &r->text, text, out);
	r->text.least = 0;
	return fit_cut(r, &r->text, text, out);
}

static unsigned count_parts(const char *text)
{
	struct piece p;
	unsigned n = 0;

	for (p = words_piece(&text); p.kind != PIECE_END; p = words_piece(&text))
		n += p.kind == PIECE_OPEN && may_go(text);
	return n;
}

/* Is $TEXT$ what the sentence is there for: outside of all [ ]? */
static bool needs_text(const char *text)
{
	bool inside = false;
	struct piece p;

	for (p = words_piece(&text); p.kind != PIECE_END; p = words_piece(&text)) {
		if (p.macro == MACRO_TEXT && !inside)
			return true;
		inside = p.kind == PIECE_OPEN || (inside && p.kind != PIECE_CLOSE);
	}
	return false;
}

static void cut_init(struct cut *c, const char *text)
{
	buf_init(&c->all, WORDS_VALUE_MAX);
	if (text)
		words_neutralise(text, &c->all);
	c->shown = c->all.len;
}

static int say_text(struct render *r, const char *text, struct buf *out, struct err *err)
{
	const char *event = words_event_name(r->say->event);
	bool fits = fit(r, text, out);

	if (r->lost_macro || !fits)
		buf_reset(out);
	if (r->lost_macro)
		return err_set(
		    err, "words: %s of #%s has no tag, name, text or reason", event,
		    r->say->tag ? r->say->tag : "");
	if (!fits)
		return err_set(
		    err, "words: %s of #%s does not fit into a post", event,
		    r->say->tag ? r->say->tag : "");
	return 0;
}

int words_say(
    const struct words_want *want, const struct say *say, struct buf *out, struct err *err)
{
	struct render r = {.want = want, .say = say, .list_max = LIST_SHOWN};
	const char *text = want->override;
	int rc;

	if ((unsigned)say->event >= SAY_EVENTS)
		return err_set(err, "words: no event %d", (int)say->event);
	r.base = words_base_find(want->base);
	if (!text)
		text = want->words->sentence[r.base][say->event];
	if (!*text)
		return 1;
	r.has_from = strstr(text, "$FROM$") != NULL;
	r.parts = count_parts(text);
	cut_init(&r.output, say->output);
	cut_init(&r.text, say->text);
	if (needs_text(text))
		r.text.least = cut_floor(&r.text, TEXT_LEAST);
	rc = say_text(&r, text, out, err);
	buf_finish(&r.output.all);
	buf_finish(&r.text.all);
	return rc;
}
