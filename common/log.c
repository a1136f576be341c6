/*
 * The agent's log. Called from all of agent/ and notifiers/.
 * Must never fail, block on anything but stderr, or print raw control bytes.
 */
#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE 2048
#define LINE_SIZE (6 * TEXT_SIZE + 128) /* each byte escaped */

static enum log_level level_now = LOG_LEVEL_INFO;
static enum log_format format_now = LOG_FORMAT_TEXT;

static const char *const level_word[] = {"warn", "info", "debug"};

void log_setup(enum log_level level, enum log_format format)
{
	level_now = level;
	format_now = format;
}

/*
 * The length of a character that no eye sees and a terminal obeys: C1 controls, Unicode's ends of line
 * and marks of direction, blanks without width; U+200D apart, which joins emoji. 0: it is none.
 */
static unsigned hidden(const unsigned char *p, unsigned *code)
{
	if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f) {
		*code = p[1];
		return 2;
	}
	if (p[0] == 0xe2 && (p[1] == 0x80 || p[1] == 0x81) && p[2] >= 0x80 && p[2] <= 0xbf)
		*code = 0x2000 + (p[1] - 0x80U) * 0x40 + (p[2] - 0x80U);
	else if (p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf)
		*code = 0xfeff;
	else
		return 0;
	if ((*code >= 0x200b && *code <= 0x200f && *code != 0x200d) || (*code >= 0x2028 && *code <= 0x202e) ||
	    (*code >= 0x2060 && *code <= 0x206f) || *code == 0xfeff)
		return 3;
	return 0;
}

/* The length of the UTF-8 character at p; 0 where there is none: cut off, longer than it must be, a surrogate. */
static unsigned character(const unsigned char *p)
{
	static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned n = *p < 0x80 ? 1 : *p < 0xc0 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf8 ? 4 : 0;
	unsigned code = n > 1 ? *p & (0x7fU >> n) : *p;

	for (unsigned k = 1; k < n; k++) {
		if ((p[k] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[k] & 0x3fU);
	}
	return n < 2 || (code >= least[n] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)) ? n : 0;
}

/* Written at once: standard error is not buffered, and a line must not be torn by another program's. */
struct line {
	size_t n;
	char text[LINE_SIZE];
};

static void put(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct line *line, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line->text + line->n, sizeof line->text - line->n, format, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof line->text - line->n)
		line->n += (size_t)n;
}

/* Escapes in place of copying: control bytes, DEL, what is hidden or no UTF-8 and, for JSON, quotes. */
static void put_escaped(struct line *out, const char *s, bool json)
{
	unsigned code, n;

	for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
		if (json && (*p == '"' || *p == '\\')) {
			put(out, "\\%c", *p);
		} else if (*p < 0x20 || *p == 0x7f || !(n = character(p))) {
			put(out, json ? "\\u%04x" : "\\x%02x", *p);
		} else if (hidden(p, &code) > 0) {
			put(out, "\\u%04x", code);
			p += n - 1;
		} else {
			put(out, "%.*s", (int)n, (const char *)p);
			p += n - 1;
		}
	}
}

__attribute__((format(printf, 3, 0))) static void
put_line(enum log_level level, const char *component, const char *format, va_list ap)
{
	struct line line;
	char text[TEXT_SIZE];

	line.n = 0;
	vsnprintf(text, sizeof text, format, ap);
	if (format_now == LOG_FORMAT_JSON) {
		put(&line, "{\"level\":\"%s\",\"component\":\"%s\",\"text\":\"", level_word[level], component);
		put_escaped(&line, text, true);
		put(&line, "\"}\n");
	} else {
		put(&line, "%s%s: ", level == LOG_LEVEL_WARN ? "warning: " : "", component);
		put_escaped(&line, text, false);
		put(&line, "\n");
	}
	fwrite(line.text, 1, line.n, stderr);
}

#define LOG_AT(level)                                                                              \
	do {                                                                                       \
		va_list ap;                                                                        \
		if ((level) > level_now)                                                           \
			return;                                                                    \
		va_start(ap, format);                                                              \
		put_line((level), component, format, ap);                                          \
		va_end(ap);                                                                        \
	} while (0)

void log_warnx(const char *component, const char *format, ...)
{
	LOG_AT(LOG_LEVEL_WARN);
}

void log_info(const char *component, const char *format, ...)
{
	LOG_AT(LOG_LEVEL_INFO);
}

void log_always(const char *component, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	put_line(LOG_LEVEL_INFO, component, format, ap);
	va_end(ap);
}

void log_debug(const char *component, const char *format, ...)
{
	LOG_AT(LOG_LEVEL_DEBUG);
}

void fatal(const char *component, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	put_line(LOG_LEVEL_WARN, component, format, ap);
	va_end(ap);
	exit(1);
}
