/*
 * "Did you mean ...?" Called by the configuration, match.c and words.c.
 * Must never suggest what is not near: a wrong hint is worse than none.
 */
#include "agent/config.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define LONGEST 40 /* of our keys and words; more is nobody's slip of the finger */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edits and swaps of neighbours from a to b, case-blind ("hodl" to "hold" is 1). */
static unsigned distance(const char *a, size_t la, const char *b, size_t lb)
{
	unsigned d[LONGEST + 1][LONGEST + 1];

	for (size_t i = 0; i <= la; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= lb; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		for (size_t j = 1; j <= lb; j++) {
			int x = tolower((unsigned char)a[i - 1]),
			    y = tolower((unsigned char)b[j - 1]);

			d[i][j] =
			    least(least(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (x != y));
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]))
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[la][lb];
}

const char *config_nearest(const char *word, const char *const *names)
{
	size_t len = strlen(word);
	unsigned best = (unsigned)(len / 4 + 2); /* one more than what is still near */
	const char *found = NULL;

	if (len < 2 || len > LONGEST)
		return NULL;
	for (; *names; names++) {
		size_t n = strlen(*names);
		unsigned d;

		if (n > LONGEST)
			continue;
		d = distance(word, len, *names, n);
		if (d < best && d < n) {
			best = d;
			found = *names;
		}
	}
	return found;
}
