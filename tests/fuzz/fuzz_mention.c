/*
 * libFuzzer entry of the matching of mentions: a text, and behind the first 0 a public name.
 * Run by make check for a short time, by make check-long for ten minutes.
 * It must never find one answer where the text is read once, and another where it is read anew.
 */
#include "agent/mention.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 2);
	struct mention_words *words;
	const char *name;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = text[size + 1] = '\0';
	name = text + strlen(text) + 1;
	if (name > text + size)
		name = "";
	words = mention_read(text);
	if (mention_fits(text, name) != (words ? mention_fits_read(words, name) : MENTION_NONE))
		abort();
	mention_alike(text, name);
	mention_free(words);
	free(text);
	return 0;
}
