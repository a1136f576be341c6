/*
 * What went wrong, for a human: one line that names the value at fault.
 * A function that can fail takes one and returns -1; NULL is fine.
 * Nothing here logs or exits.
 */
#ifndef TWICKET_ERR_H
#define TWICKET_ERR_H

struct err {
	char text[512];
};

/* Fills err (when not NULL) and returns -1, so that callers can return it. */
int err_set(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
