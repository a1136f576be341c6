/*
 * A byte buffer that grows up to a maximum and stays NUL-terminated.
 * Used wherever text or bytes are put together; the owner is the caller.
 * It never aborts: past its maximum it cuts and remembers that it did.
 */
#ifndef TWICKET_BUF_H
#define TWICKET_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* never NULL after the first append; NUL-terminated */
	size_t len; /* without the NUL */
	size_t cap;
	size_t max; /* most bytes that len may reach */
	bool cut;   /* something did not fit, or memory ran out */
};

/* An empty buffer that holds at most max bytes. Allocates nothing. */
void buf_init(struct buf *b, size_t max);

/* Frees the bytes; the buffer may be used again after buf_init(). */
void buf_finish(struct buf *b);

/* Empties it and keeps the memory. */
void buf_reset(struct buf *b);

/* Appends; -1 when it had to cut (b->cut is then set and stays). */
int buf_add(struct buf *b, const void *bytes, size_t n);
int buf_str(struct buf *b, const char *s);
int buf_char(struct buf *b, char c);
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text, "" when nothing was ever added. Borrowed until the next change. */
const char *buf_text(const struct buf *b);

/* The text as an allocated string that the caller frees; b is emptied. */
char *buf_steal(struct buf *b);

/* Removes the first n bytes (all, when there are fewer). */
void buf_drop(struct buf *b, size_t n);

/* Cuts to n bytes; does nothing when it is shorter. */
void buf_truncate(struct buf *b, size_t n);

#endif
