/*
 * Chance for tags, keys and codes.
 */
#ifndef TWICKET_CHANCE_H
#define TWICKET_CHANCE_H

#include <stddef.h>

/* n random bytes; the program ends where there are none to be had. */
void chance_bytes(void *bytes, size_t n);

#endif
