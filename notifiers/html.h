/*
 * The HTML of a status as the plain text that a person typed.
 * Called by the notifiers of networks that deliver HTML.
 * It must never fail on foreign bytes, nor trust that anything was escaped.
 */
#ifndef TWICKET_HTML_H
#define TWICKET_HTML_H

#include "common/buf.h"

#include <stddef.h>

/*
 * Appends the text of n bytes of HTML to out, at most as many bytes as out may
 * still take, cut between characters. The text is valid UTF-8 in NFC without
 * control characters but '\n', leading mentions dropped, ends trimmed, never
 * more than one empty line in a row. Only the first 64 KB of HTML are read.
 */
void html_to_text(const char *html, size_t n, struct buf *out);

/* Cuts b to at most n bytes without splitting a UTF-8 character. */
void html_cut(struct buf *b, size_t n);

#endif
