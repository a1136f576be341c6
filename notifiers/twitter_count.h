/*
 * How X counts a text, and where it sees a link: twitter-text's v3 configuration
 * (config/v3.json: 280, weights of 100 and 200, URL 23, an emoji sequence 2). Used by
 * the twitter notifier. Pure.
 */
#ifndef TWICKET_TWITTER_COUNT_H
#define TWICKET_TWITTER_COUNT_H

#include <stdbool.h>
#include <stddef.h>

#define TWITTER_LIMIT 280
#define TWITTER_URL_WEIGHT 23

/* The weighted length of valid or invalid UTF-8; a byte that is none counts 2. */
unsigned twitter_weight(const char *text);

/* Would X take it: not empty, at most TWITTER_LIMIT, no U+FFFE, U+FFFF or U+FEFF. */
bool twitter_is_valid(const char *text);

/*
 * The next URL that twitter-text finds at or after *at: its place in *at and its length
 * in bytes; false when there is none.
 */
bool twitter_url(const char *text, size_t *at, size_t *len);

/*
 * Might X bill it as a post with a link? Stricter than twitter_url(): any "label.label"
 * whose last label is of letters (two at least), any "://", "mailto:" (X does not say what it
 * counts). Never true of what words_neutralise() or words_unlink() made.
 */
bool twitter_may_link(const char *text);

#endif
