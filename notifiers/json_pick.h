/*
 * The few members of a long JSON object that are wanted, before it is parsed.
 * Called by answer.c.
 * It must never say what a text means: that is the parser's, and so is whatever is in doubt.
 */
#ifndef TWICKET_JSON_PICK_H
#define TWICKET_JSON_PICK_H

#include "common/buf.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Appends an object of those members whose names are in the list (NULL ends it), as they stand.
 * The others are passed over by their quotes and brackets alone. False: not plainly a whole
 * object, or one with escapes in its names; out then holds nothing of use.
 */
bool json_pick(const char *text, size_t n, const char *const *names, struct buf *out);

#endif
