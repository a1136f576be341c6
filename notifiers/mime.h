/*
 * A mail as RFC 5322 and MIME want it: header fields and a text.
 * Used by desk_mail.c.
 * Whatever somebody's text holds, it must stay in its field, in lines of at most 76.
 */
#ifndef TWICKET_MIME_H
#define TWICKET_MIME_H

#include "common/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* "Name: value" with its line end. The value is one line of plain ASCII that we made. */
void mime_field(struct buf *out, const char *name, const char *value);

/* The same of somebody's words: as they are when that is safe, else as encoded words (RFC 2047),
 * folded. The name has at most 40 characters. */
void mime_words(struct buf *out, const char *name, const char *value);

/* "Date: Sun, 22 Nov 2026 00:00:00 +0000" */
void mime_date(struct buf *out, int64_t wall_ms);

/* Quoted-printable (RFC 2045); '\n' becomes a line end of a mail. Ends with one. */
void mime_text(struct buf *out, const char *text);

/* name@host of plain characters: what may stand between < and >. */
bool mime_is_address(const char *address);

#endif
