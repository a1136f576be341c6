/*
 * Text for a terminal: escaping, display width, tables, and times as people read
 * and write them. Used by all commands of the CLI. Pure: no I/O; the clock is
 * passed in, the time zone is the process's.
 */
#ifndef TWICKET_CLI_TEXT_H
#define TWICKET_CLI_TEXT_H

#include "agent/cli_colour.h"
#include "common/buf.h"
#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/*
 * Appends foreign text so that a terminal shows it and does nothing else: control
 * characters as \x1b, bidirectional and private ones as \u202e, line ends as a
 * blank, what has no width and no meaning not at all. Valid UTF-8 comes out.
 */
void cli_escape(struct buf *out, const char *text);

/* printf, then escaped as a whole: the format must not hold a line end. */
void cli_printf(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Columns that the (escaped) text takes: wide characters are two, combining marks none. */
unsigned cli_width(const char *text);

/* Appends (escaped) text; what is wider than that ends in an ellipsis. */
void cli_cut(struct buf *out, const char *text, unsigned width);

/* Appends blanks until the text that began at `from` is so wide; at least none. */
void cli_pad(struct buf *out, size_t from, unsigned width);

/* Words behind one another, in lines that begin under the first. */
struct cli_flow {
	struct buf *out;
	unsigned left; /* where lines begin */
	unsigned at;   /* columns that the line has */
	unsigned gap;  /* blanks between two words */
	unsigned width;
};
#define CLI_TEXT_WIDTH 80

/* The next word, escaped already; it may hold blanks, where no line is to end. */
void cli_flow_word(struct cli_flow *f, const char *word);
/* A sentence, escaped already: lines end at its blanks. */
void cli_flow_text(struct cli_flow *f, const char *text);

enum cli_fit {
	CLI_LEFT,
	CLI_RIGHT, /* cells and title stand to the right */
	CLI_CUT	   /* to the left; cut where a terminal is too narrow for the table */
};

struct cli_column {
	const char *title;
	unsigned min; /* columns that it takes at least, gap included */
	unsigned gap; /* blanks behind the widest cell at least */
	enum cli_fit fit;
};

#define CLI_COLUMNS 12

struct cli_table {
	const struct cli_column *columns;
	unsigned n_columns;
	char **cells;
	enum cli_colour *colours; /* of each cell */
	unsigned n, cap;
	bool failed; /* memory ran out: prints nothing */
};

/* Columns are the caller's for as long as the table is used; at most CLI_COLUMNS. */
void cli_table_init(struct cli_table *t, const struct cli_column *columns, unsigned n);
void cli_table_finish(struct cli_table *t);
/* The next cell, row by row; escaped. An empty cell is "-" only if the caller says so. */
void cli_table_cell(struct cli_table *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void cli_table_colour(struct cli_table *t, enum cli_colour colour); /* of the last cell */
void cli_table_print(const struct cli_table *t, struct buf *out);
/* Of the terminal that the process prints to; 0, as at the start: it is none, and nothing is ever cut. */
void cli_table_fit(unsigned width);

#define CLI_TIME_SIZE 64

/* "03:12" today, "Fri 23:50" within six days, else "3 Nov 23:50", "2025-11-03 23:50"; 0 is "-". */
const char *cli_clock(char out[CLI_TIME_SIZE], int64_t ms, int64_t now_ms);
/* The same with seconds: "03:12:04". */
const char *cli_clock_s(char out[CLI_TIME_SIZE], int64_t ms, int64_t now_ms);
/* "3 Nov"; with its year where that is another one than now's. */
const char *cli_date(char out[CLI_TIME_SIZE], int64_t ms, int64_t now_ms);
struct tm cli_local(int64_t ms);
/* For a column: "40s", "42m", "4h04m", "3d04h". */
const char *cli_span(char out[CLI_TIME_SIZE], int64_t ms);
/* For a sentence: "40 s", "42 min", "4 h 4 min", "3 d 4 h". */
const char *cli_span_words(char out[CLI_TIME_SIZE], int64_t ms);
/* About: "8 s", "5 min", "3 h", "3 d". */
const char *cli_span_about(char out[CLI_TIME_SIZE], int64_t ms);
/* As it stands in the configuration: "90s", "2m", "1h30m", "0". */
const char *cli_span_config(char out[CLI_TIME_SIZE], int64_t ms);

/* cli_money.c: "0.015", "1.24"; amounts are micro USD. */
const char *cli_usd(char out[CLI_TIME_SIZE], int64_t micro);
/* "1.24 of 20 USD", "1.24 USD" without a limit (0). */
const char *cli_usd_month(char out[CLI_TIME_SIZE], int64_t spent, int64_t limit);

/*
 * TIME as people write it, the latest one that is not in the future: "16:00",
 * "Sat 22:00", "2026-11-21", "2026-11-21T16:00", "-3h". -1 with err.
 */
int cli_parse_time(const char *text, int64_t now_ms, int64_t *ms, struct err *err);
/*
 * TIME that is still to come, the first one behind from_ms: "16:00", "Sat 22:00", "2h" (from
 * then on), or a date, which may be any. -1 with err.
 */
int cli_parse_ahead(const char *text, int64_t from_ms, int64_t *ms, struct err *err);

#endif
