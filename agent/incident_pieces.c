/*
 * A text that is to be read whole, in as many posts as it needs. Called by incident_approve.c. Must
 * never leave out a word: what is cut off nobody has read.
 */
#include "agent/incident_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MORE "…" /* where it goes on in another post */

/* So many bytes from at on, with what says that there is more. NULL: no memory. */
static char *piece_of(const char *shown, const char *at, size_t n)
{
	char *piece;

	if (asprintf(&piece, "%s%.*s%s", at == shown ? "" : MORE, (int)n, at, at[n] ? MORE : "") == -1)
		return NULL;
	return piece;
}

static bool holds(struct engine *e, const struct say_target *target, struct say *say, const char *piece)
{
	char *post;
	bool is_all;

	say->text = piece;
	post = e->sink.word(e->sink.arg, target, say);
	is_all = post && piece && strstr(post, piece);
	free(post);
	return is_all;
}

/* Back to where a word begins, or at least a character. */
static size_t whole(const char *at, size_t n)
{
	size_t word = n;

	while (at[n] && word > n / 2 && at[word] != ' ' && at[word] != '\n')
		word--;
	if (word > n / 2)
		return word;
	while (n && ((unsigned char)at[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* What one post holds of it; what cannot be looked for goes out as it is. */
static size_t fitting(struct engine *e, const struct say_target *target, struct say *say, const char *shown,
		      const char *at)
{
	size_t low = 0, high = strlen(at), all = high;

	for (size_t n = high; low < high; n = low + (high - low + 1) / 2) {
		size_t cut = whole(at, n);
		char *piece = piece_of(shown, at, cut);

		if (cut && holds(e, target, say, piece))
			low = n;
		else
			high = n - 1;
		free(piece);
	}
	low = whole(at, low);
	return low ? low : all;
}

void pieces_say(struct engine *e, const struct say_target *target, struct say *say, const char *shown)
{
	for (const char *at = shown; *at; at += strspn(at, " \n")) {
		size_t n = fitting(e, target, say, shown, at);
		char *piece = piece_of(shown, at, n);

		say->text = piece;
		if (piece)
			e->sink.say(e->sink.arg, target, say);
		free(piece);
		at += n;
	}
}
