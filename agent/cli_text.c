/*
 * What a terminal shows of foreign text, and tables of it. Called by all commands
 * of the CLI. It must never let a byte through that a terminal would obey.
 */
#include "agent/cli_text.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define ZWJ 0x200d /* joins emoji; alone it does nothing */

/* How a code point goes out. */
enum shown { SHOWN_AS_IS, SHOWN_ESCAPED, SHOWN_BLANK, SHOWN_NOT };

static enum shown shown(utf8proc_int32_t c)
{
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_CC: return c == '\n' || c == '\t' ? SHOWN_BLANK : SHOWN_ESCAPED;
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP: return SHOWN_BLANK;
	case UTF8PROC_CATEGORY_CF:
		if (c == ZWJ)
			return SHOWN_AS_IS;
		/* what words.c itself puts into foreign text, and a soft hyphen */
		return c == 0x200b || c == 0x2060 || c == 0xfeff || c == 0xad ? SHOWN_NOT
									      : SHOWN_ESCAPED;
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_CS: return SHOWN_ESCAPED;
	default: return SHOWN_AS_IS;
	}
}

void cli_escape(struct buf *out, const char *text)
{
	const utf8proc_uint8_t *s = (const utf8proc_uint8_t *)text;
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	for (; *s; s += n) {
		n = utf8proc_iterate(s, -1, &c);
		if (n <= 0) {
			buf_printf(out, "\\x%02x", *s);
			n = 1;
			continue;
		}
		switch (shown(c)) {
		case SHOWN_AS_IS: buf_add(out, s, (size_t)n); break;
		case SHOWN_BLANK: buf_char(out, ' '); break;
		case SHOWN_NOT: break;
		case SHOWN_ESCAPED:
			buf_printf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)c);
			break;
		}
	}
}

__attribute__((format(printf, 2, 0))) static void
print_escaped(struct buf *out, const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) == -1) {
		out->cut = true;
		return;
	}
	cli_escape(out, text);
	free(text);
}

void cli_printf(struct buf *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_escaped(out, format, args);
	va_end(args);
}

unsigned cli_width(const char *text)
{
	const utf8proc_uint8_t *s = (const utf8proc_uint8_t *)text;
	utf8proc_int32_t c;
	utf8proc_ssize_t n;
	unsigned width = 0;

	for (; *s; s += n) {
		n = utf8proc_iterate(s, -1, &c);
		if (n <= 0) {
			n = 1;
			width++;
		} else if (utf8proc_charwidth(c) > 0) {
			width += (unsigned)utf8proc_charwidth(c);
		}
	}
	return width;
}

void cli_cut(struct buf *out, const char *text, unsigned width)
{
	const utf8proc_uint8_t *s = (const utf8proc_uint8_t *)text;
	utf8proc_int32_t c, was = 0, state = 0;
	size_t end = 0, at = 0; /* of what fits together with the ellipsis */
	unsigned have = 0;

	if (cli_width(text) <= width) {
		buf_str(out, text);
		return;
	}
	for (; s[at]; was = c) {
		utf8proc_ssize_t n = utf8proc_iterate(s + at, -1, &c);

		if (n <= 0 || !was || utf8proc_grapheme_break_stateful(was, c, &state))
			end = at; /* never in the middle of what is one sign to people */
		have += n > 0 && utf8proc_charwidth(c) > 0 ? (unsigned)utf8proc_charwidth(c) : n <= 0;
		if (have + 1 > width)
			break;
		at += n > 0 ? (size_t)n : 1;
	}
	buf_add(out, text, end);
	buf_str(out, "…");
}

void cli_pad(struct buf *out, size_t from, unsigned width)
{
	unsigned have = from <= out->len ? cli_width(buf_text(out) + from) : 0;

	for (; have < width; have++)
		buf_char(out, ' ');
}

void cli_flow_word(struct cli_flow *f, const char *word)
{
	unsigned width = cli_width(word);

	if (f->at > f->left && f->at + f->gap + width > f->width) {
		buf_char(f->out, '\n');
		f->at = 0;
	}
	for (; f->at < f->left; f->at++)
		buf_char(f->out, ' ');
	if (f->at > f->left) {
		cli_pad(f->out, f->out->len, f->gap);
		f->at += f->gap;
	}
	buf_str(f->out, word);
	f->at += width;
}

void cli_flow_text(struct cli_flow *f, const char *text)
{
	struct buf word;

	buf_init(&word, 65536);
	for (; *text; text += strspn(text, " ")) {
		size_t n = strcspn(text, " ");

		buf_reset(&word);
		buf_add(&word, text, n);
		cli_flow_word(f, buf_text(&word));
		text += n;
	}
	buf_finish(&word);
}

void cli_table_init(struct cli_table *t, const struct cli_column *columns, unsigned n)
{
	*t = (struct cli_table){.columns = columns, .n_columns = n};
}

void cli_table_finish(struct cli_table *t)
{
	for (unsigned i = 0; i < t->n; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t->colours);
	*t = (struct cli_table){.columns = NULL};
}

static int make_room(struct cli_table *t)
{
	unsigned cap = t->cap ? 2 * t->cap : 64;
	enum cli_colour *colours;
	char **cells;

	if (t->n < t->cap)
		return 0;
	cells = reallocarray(t->cells, cap, sizeof *cells);
	if (!cells)
		return -1;
	t->cells = cells;
	colours = reallocarray(t->colours, cap, sizeof *colours);
	if (!colours)
		return -1;
	t->colours = colours;
	t->cap = cap;
	return 0;
}

void cli_table_cell(struct cli_table *t, const char *format, ...)
{
	struct buf cell;
	va_list args;

	buf_init(&cell, 65536);
	va_start(args, format);
	print_escaped(&cell, format, args);
	va_end(args);
	if (make_room(t) == 0) {
		t->colours[t->n] = CLI_PLAIN;
		t->cells[t->n] = buf_steal(&cell);
	}
	if (t->n == t->cap || !t->cells[t->n])
		t->failed = true;
	else
		t->n++;
	buf_finish(&cell);
}

void cli_table_colour(struct cli_table *t, enum cli_colour colour)
{
	if (t->n)
		t->colours[t->n - 1] = colour;
}

/* Of each column, gap included. */
static void measure(const struct cli_table *t, unsigned widths[CLI_COLUMNS])
{
	unsigned i, w;

	for (i = 0; i < t->n_columns; i++) {
		w = cli_width(t->columns[i].title) + t->columns[i].gap;
		widths[i] = w > t->columns[i].min ? w : t->columns[i].min;
	}
	for (i = 0; i < t->n; i++) {
		const struct cli_column *column = &t->columns[i % t->n_columns];

		w = cli_width(t->cells[i]) + column->gap;
		if (w > widths[i % t->n_columns])
			widths[i % t->n_columns] = w;
	}
}

static unsigned terminal; /* the process has but one, as it has one time zone; 0 = none */

void cli_table_fit(unsigned width)
{
	terminal = width;
}

#define CUT_LEAST 12 /* a name that is shorter says nothing */

/* The widest of those that may be cut gives first, until the table fits or nothing more can go. */
static void squeeze(const struct cli_table *t, unsigned widths[CLI_COLUMNS])
{
	unsigned sum = 0, widest, i;

	for (i = 0; i < t->n_columns; i++)
		sum += widths[i];
	while (terminal && sum > terminal) {
		for (widest = t->n_columns, i = 0; i < t->n_columns; i++)
			if (t->columns[i].fit == CLI_CUT && widths[i] > CUT_LEAST + t->columns[i].gap &&
			    (widest == t->n_columns || widths[i] > widths[widest]))
				widest = i;
		if (widest == t->n_columns)
			return;
		widths[widest]--;
		sum--;
	}
}

static void drop_blanks(struct buf *out)
{
	size_t n = out->len;

	while (n && buf_text(out)[n - 1] == ' ')
		n--;
	buf_truncate(out, n);
}

#define TITLES UINT_MAX

/* first: the row's first cell. */
static void print_row(
    const struct cli_table *t, const unsigned widths[CLI_COLUMNS], unsigned first, struct buf *out)
{
	for (unsigned i = 0; i < t->n_columns; i++) {
		const char *cell = first == TITLES ? t->columns[i].title : t->cells[first + i];
		enum cli_colour colour = first == TITLES ? CLI_PLAIN : t->colours[first + i];
		unsigned width = cli_width(cell) + t->columns[i].gap, have = 0;
		size_t from;

		if (t->columns[i].fit == CLI_RIGHT && width < widths[i])
			cli_pad(out, out->len, have = widths[i] - width);
		cli_colour_begin(out, colour);
		from = out->len;
		cli_cut(out, cell, widths[i] - t->columns[i].gap);
		have += cli_width(buf_text(out) + from); /* what is not text has no width */
		cli_colour_end(out, colour);
		cli_pad(out, out->len, have < widths[i] ? widths[i] - have : 0);
	}
	drop_blanks(out);
	buf_char(out, '\n');
}

void cli_table_print(const struct cli_table *t, struct buf *out)
{
	unsigned widths[CLI_COLUMNS], i;
	bool has_titles = false;

	if (t->failed) {
		out->cut = true;
		return;
	}
	measure(t, widths);
	squeeze(t, widths);
	for (i = 0; i < t->n_columns; i++)
		has_titles = has_titles || *t->columns[i].title;
	if (has_titles)
		print_row(t, widths, TITLES, out);
	for (i = 0; i + t->n_columns <= t->n; i += t->n_columns)
		print_row(t, widths, i, out);
}
