/*
 * Durations and times of day in a reply, in every language. Included by reply*.c only.
 * s is one line of clean text; what is returned is where the words behind go on, NULL
 * when s begins with no such thing.
 */
#ifndef TWICKET_REPLY_TIME_H
#define TWICKET_REPLY_TIME_H

#include "agent/reply_lexicon.h"

/* Up to six digits, and not one more. */
const char *reply_number(const char *s, int64_t *n);

/* `30m 2h 1d 1h30 45min`, "30 Minuten", `until 18:00`: at least a second, at most a year. */
const char *reply_duration(
    const struct reply_lexicon *lexicon, const char *s, const struct now *now, int64_t *seconds);

/* "for 2h", "in 2 Stunden": such a word and a duration, and nothing else. */
const char *reply_duration_behind(
    const struct reply_lexicon *lexicon, enum reply_time word, const char *s, int64_t *seconds);

/* "16:00", "um 16 Uhr", "à 16h": seconds until the clock shows that again. */
const char *reply_time_of_day(
    const struct reply_lexicon *lexicon, const char *s, const struct now *now, int64_t *seconds);

/*
 * What was meant as a time and is none, or none that is taken; behind it, NULL: it is no such
 * thing. Never "2 disks", "2nd disk", "2 hours ago".
 *	_span	"400d", "0m", "90s", "1.5h", "until 25:00", "until 6"
 *	_time	also "18:00", "6pm", "4.5" alone, and a number like "30, "
 *	_words	also "in 2h" and "at 18:00" where nothing follows, "- 2h": behind a word that takes any text
 */
const char *reply_odd_span(const struct reply_lexicon *lexicon, const char *s);
const char *reply_odd_time(const struct reply_lexicon *lexicon, const char *s);
const char *reply_odd_words(const struct reply_lexicon *lexicon, const char *s);

/* "18h", "18h30": to many people a time of day, to others a duration. */
bool reply_is_either(const char *s);

/* "d’ici 18h": likewise, behind a word that means both "by" and "within". */
bool reply_is_either_behind(const struct reply_lexicon *lexicon, const char *s);

#endif
