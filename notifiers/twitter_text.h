/*
 * What twitter_count.c, twitter_url.c and twitter_emoji.c share, and nobody else sees:
 * a text as characters, and what begins at each of them. Pure.
 */
#ifndef TWICKET_TWITTER_TEXT_H
#define TWICKET_TWITTER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A byte that is no UTF-8 is one U+FFFD. */
struct twitter_runes {
	int32_t *at;
	size_t n;
};

/* The first character at *text, which moves behind it. */
int32_t twitter_rune(const char **text);
int twitter_runes_init(struct twitter_runes *r, const char *text); /* -1: no memory */
void twitter_runes_finish(struct twitter_runes *r);

struct twitter_link {
	size_t start, end; /* characters */
	size_t counted; /* so many from start are the URL for the counter */
};

/* Goes through the links of a text, which is the caller's and stays. */
struct twitter_scan {
	const int32_t *at;
	size_t n;
	size_t *domain; /* of a dot: where a TLD behind it ends; of a label: its domain; 0 = none */
	size_t next; /* where the next match may begin */
	/* of a match without protocol: what is left of its domain, and of itself */
	size_t ascii, ascii_end, match_end;
	bool has_path;
};

int twitter_scan_init(struct twitter_scan *s, const struct twitter_runes *r); /* -1: no memory */
void twitter_scan_finish(struct twitter_scan *s);
bool twitter_scan_next(struct twitter_scan *s, struct twitter_link *out);

/* ---- twitter_domain.c ---- */

bool twitter_is_digit(int32_t c);
bool twitter_is_alnum(int32_t c); /* ASCII */
bool twitter_is_one_of(int32_t c, const char *signs); /* ASCII */
bool twitter_is_accented(int32_t c);
bool twitter_is_invalid(int32_t c); /* a text with it is refused */
/* Do these ASCII signs stand at `at`, whatever their case? signs is in lower case. */
bool twitter_has(const int32_t *at, size_t n, const char *signs);

void twitter_find_domains(struct twitter_scan *s); /* fills s->domain */
/* The next part of a domain that is of ASCII labels with a TLD. */
bool twitter_find_ascii(
    const struct twitter_scan *s, size_t from, size_t to, struct twitter_link *out);
bool twitter_is_domain_valid(const struct twitter_scan *s, size_t from, size_t to);

/* ---- twitter_emoji.c ---- */

/* How many characters at `at` are one emoji; 0 = it is none. */
size_t twitter_emoji(const int32_t *at, size_t n);

#endif
