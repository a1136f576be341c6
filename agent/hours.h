/*
 * Hours of the week: "22:00-07:00", or as in a timeperiod "sat-sun 00:00-24:00, 22:00-07:00".
 * Parsed with the configuration, asked by the engine. Pure; times are local ones of the
 * process's time zone. A span whose end is not later than its beginning lasts until the next
 * day; it belongs to the day on which it begins.
 *
 * A part without days is of every day, one without times is the whole day. Spans that touch or
 * overlap are one. Where a clock change leaves a time out, the moment of the change stands for
 * it; where a time comes twice, a span begins at its first and ends at its second coming.
 */
#ifndef TWICKET_HOURS_H
#define TWICKET_HOURS_H

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

struct hours;

/* NULL with err that names the part at fault. */
struct hours *hours_parse(const char *text, struct err *err);
void hours_destroy(struct hours *h); /* NULL is fine */

/* Is it one of these hours at wall_s? h NULL: never. The first second counts, the end does not. */
bool hours_hold(const struct hours *h, int64_t wall_s);

/* When the present or next stretch of such hours ends, and when it began or will begin (spans that
 * touch are one); wall seconds; 0 = h is NULL, or the whole week, which neither begins nor ends. */
int64_t hours_end(const struct hours *h, int64_t wall_s);
int64_t hours_begin(const struct hours *h, int64_t wall_s);

#endif
