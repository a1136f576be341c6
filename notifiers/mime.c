/*
 * Mails as bytes. Called by desk_mail.c.
 * It must never write a byte above 126, a bare line end, or a line that a server could
 * read as a command or as the end of the mail.
 */
#include "notifiers/mime.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <utf8proc.h>

#define LINE_MAX_BYTES 76
#define WORD_BYTES 42 /* in one encoded word: 56 of base64, and "=?UTF-8?B?" "?=" around them */
#define WORD_FRAME 12

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void mime_field(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%s: %s\r\n", name, value);
}

static bool is_plain(const char *name, const char *value)
{
	const char *s;

	for (s = value; *s; s++) {
		if ((unsigned char)*s < ' ' || (unsigned char)*s > '~')
			return false;
	}
	/* blanks at the ends would be lost, and "=?" be taken for an encoded word */
	return strlen(name) + 2 + strlen(value) <= LINE_MAX_BYTES && !strstr(value, "=?") &&
	       *value != ' ' && (s == value || s[-1] != ' ');
}

static void add_base64(struct buf *out, const unsigned char *in, size_t n)
{
	for (; n; in += 3, n -= n < 3 ? n : 3) {
		unsigned bits = (unsigned)in[0] << 16 | (n > 1 ? (unsigned)in[1] << 8 : 0) |
				(n > 2 ? in[2] : 0);

		buf_char(out, base64[bits >> 18]);
		buf_char(out, base64[bits >> 12 & 63]);
		buf_char(out, n > 1 ? base64[bits >> 6 & 63] : '=');
		buf_char(out, n > 2 ? base64[bits & 63] : '=');
	}
}

/* How many bytes of whole characters go into one word of at most so many. */
static size_t word_of(const char *value, size_t max)
{
	size_t left = strlen(value), n = 0;
	utf8proc_int32_t c;
	utf8proc_ssize_t len;

	while (n < left) {
		len = utf8proc_iterate(
		    (const utf8proc_uint8_t *)value + n, (utf8proc_ssize_t)(left - n), &c);
		len = len > 0 ? len : 1;
		if (n + (size_t)len > max)
			break;
		n += (size_t)len;
	}
	return n;
}

void mime_words(struct buf *out, const char *name, const char *value)
{
	size_t room = LINE_MAX_BYTES - WORD_FRAME - strlen(name) - 2, n;
	size_t max = room / 4 * 3 < WORD_BYTES ? room / 4 * 3 : WORD_BYTES;

	if (is_plain(name, value)) {
		mime_field(out, name, value);
		return;
	}
	buf_printf(out, "%s:", name);
	for (; *value; value += n, max = WORD_BYTES) {
		n = word_of(value, max);
		buf_str(out, " =?UTF-8?B?");
		add_base64(out, (const unsigned char *)value, n);
		buf_str(out, value[n] ? "?=\r\n" : "?=");
	}
	buf_str(out, "\r\n");
}

void mime_date(struct buf *out, int64_t wall_ms)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		return;
	/* not strftime(): its names are those of the locale */
	buf_printf(
	    out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday], tm.tm_mday,
	    months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Must the byte be written as "=XX"? At: where on the line it comes. */
static bool is_escaped(const char *s, unsigned at)
{
	unsigned char c = (unsigned char)*s;

	if (c < ' ' || c > '~' || c == '=')
		return true;
	if (*s == ' ') /* lost at the end of a line */
		return s[1] == '\n' || !s[1];
	/* the end of a mail in SMTP, and its begin in a mailbox */
	return at == 0 && (*s == '.' || strncmp(s, "From ", 5) == 0);
}

void mime_text(struct buf *out, const char *text)
{
	unsigned at = 0, width;
	bool escaped;

	for (; *text; text++) {
		if (*text == '\n') {
			buf_str(out, "\r\n");
			at = 0;
			continue;
		}
		escaped = is_escaped(text, at);
		width = escaped ? 3 : 1;
		if (at + width >= LINE_MAX_BYTES) { /* the "=" of the break counts */
			buf_str(out, "=\r\n");
			at = 0;
			escaped = is_escaped(text, at);
			width = escaped ? 3 : 1;
		}
		if (escaped)
			buf_printf(out, "=%02X", (unsigned)(unsigned char)*text);
		else
			buf_char(out, *text);
		at += width;
	}
	if (at)
		buf_str(out, "\r\n");
}

bool mime_is_address(const char *address)
{
	static const char local[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789.!#$%&'*+-/=?^_`{|}~";
	static const char host[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789.-";
	size_t n = strspn(address, local);

	return n && n <= 64 && address[n] == '@' && address[n + 1] &&
	       strspn(address + n + 1, host) == strlen(address + n + 1) && strlen(address) <= 254 &&
	       address[0] != '.' && address[0] != '-';
}
