/*
 * What every network's code needs to read an answer: JSON, times, words for the log.
 * Used by the notifiers only; answer_header() is in notifier.h.
 * Nothing here may do I/O, read a clock, or let a secret through.
 */
#ifndef TWICKET_ANSWER_H
#define TWICKET_ANSWER_H

#include "notifiers/notifier.h"

#include <jansson.h>
#include <stdarg.h>

/* The body as JSON, bytes that are no UTF-8 replaced; NULL when it is none. The caller owns it. */
json_t *answer_json(const struct answer *answer);

/*
 * The same of an object of which only these members count (NULL ends the list); it may have others.
 * A server answers each post with pages about it and its author: to parse them costs more than
 * all else that a post costs here.
 */
json_t *answer_members(const struct answer *answer, const char *const *names);

/* The body, for words about it; something else when it repeats what we signed a request with. */
const char *answer_quote(const struct answer *answer);
/* Of one that is no JSON: why, in words. */
const char *answer_fault(const struct answer *answer);

/* A string or number as text; "" when it is neither or does not fit. */
void json_text(const json_t *object, const char *key, char *out, size_t size);
bool json_flag(const json_t *object, const char *key);

/* Milliseconds since the epoch; false when it is no such time. */
bool iso8601_ms(const char *s, int64_t *ms);
bool http_date_ms(const char *s, int64_t *ms);

/* The server's idea of now, from the Date header; otherwise_ms when it has none. */
int64_t answer_clock_ms(const struct answer *answer, int64_t otherwise_ms);

/*
 * Sets r->text: one line of valid UTF-8 without controls. Each of the secrets (NULL ends them,
 * "" is none) is blotted out: an error page may repeat the request.
 */
void result_words(struct result *r, const char *const *secrets, const char *format, va_list ap)
    __attribute__((format(printf, 3, 0)));

#endif
