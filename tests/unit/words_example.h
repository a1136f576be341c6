/*
 * Cases of words as data (data/words): facts, and the text that must come out. Used by
 * test_words*.c. Must never know a sentence itself.
 *
 * "== title", then one fact a line ("since 2026-11-22 03:12", named as in struct say), "--",
 * the text. Lists: "name", "member", "mention", once for each; "span" and "open" as
 * "name | state | tag | since | until". Besides: language, base, link, template (overrides
 * the sentence), limit (in code points) or "network x", count and weight (the text's
 * length for Mastodon and for X), number (say.count), with, acked, has_now, symbol.
 */
#ifndef TWICKET_TEST_WORDS_EXAMPLE_H
#define TWICKET_TEST_WORDS_EXAMPLE_H

#include "agent/words.h"

/* As Mastodon counts without links: code points. */
unsigned code_points(const char *text);

/* A words_measure in code points; arg is the limit, an unsigned. */
void measure_code_points(const void *arg, const char *text, unsigned *units, unsigned *limit);

/* A words_measure as X counts, up to 280; arg is not looked at. */
void measure_weight(const void *arg, const char *text, unsigned *units, unsigned *limit);

/* "2026-11-22 03:12" in local time. */
int64_t wall(const char *text);

/* Runs all cases of a file, fails at the first that is not as expected; how many they were. */
unsigned examples_run(const char *path);

#endif
