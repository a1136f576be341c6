/*
 * libFuzzer entry of the matching of mentions: a text, and behind the first 0 a public name, or another text.
 * Run by make check for a short time, by make check-long for ten minutes.
 * It must never find one answer where the text is read once, and another where it is read anew, nor
 * one alike to another that is not alike to the first.
 */
#include "agent/mention.h"
#include "agent/smalltalk.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 2);
	static struct smalltalk *smalltalk; /* for all runs */
	struct mention_words *words;
	const char *name;
	struct err err;

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
	if (!smalltalk)
		smalltalk = smalltalk_create(&err);
	if (smalltalk_is_alike(smalltalk, text, name) != smalltalk_is_alike(smalltalk, name, text))
		abort();
	smalltalk_sense(smalltalk, text);
	mention_free(words);
	free(text);
	return 0;
}
