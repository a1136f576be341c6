/*
 * The agent's log. Called from all of agent/ and notifiers/.
 * Must never fail, block on anything but stderr, or print raw control bytes.
 */
#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Escapes in place of copying: control bytes, DEL, what is hidden and, for JSON, quotes. */
static void put_escaped(FILE *out, const char *s, bool json)
{
	unsigned code, n;

	for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
		if (json && (*p == '"' || *p == '\\')) {
			fprintf(out, "\\%c", *p);
		} else if (*p < 0x20 || *p == 0x7f) {
			fprintf(out, json ? "\\u%04x" : "\\x%02x", *p);
		} else if ((n = hidden(p, &code)) > 0) {
			fprintf(out, "\\u%04x", code);
			p += n - 1;
		} else {
			putc(*p, out);
		}
	}
}

__attribute__((format(printf, 3, 0))) static void
put_line(enum log_level level, const char *component, const char *format, va_list ap)
{
	char text[2048];

	vsnprintf(text, sizeof text, format, ap);
	flockfile(stderr);
	if (format_now == LOG_FORMAT_JSON) {
		fprintf(stderr, "{\"level\":\"%s\",\"component\":\"%s\",\"text\":\"", level_word[level],
			component);
		put_escaped(stderr, text, true);
		fputs("\"}\n", stderr);
	} else {
		fprintf(stderr, "%s%s: ", level == LOG_LEVEL_WARN ? "warning: " : "", component);
		put_escaped(stderr, text, false);
		putc('\n', stderr);
	}
	funlockfile(stderr);
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
