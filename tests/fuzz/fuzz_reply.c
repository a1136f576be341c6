/*
 * libFuzzer entry of the reply language: any bytes in, a valid verdict out.
 * Run by make check for a short time, by make check-long for ten minutes.
 * It must never see more than the parser does: one NUL-terminated text.
 */
#include "agent/reply.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static void is_valid(const char *s)
{
	const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)s;
	utf8proc_int32_t c;

	while (*at) {
		utf8proc_ssize_t used = utf8proc_iterate(at, -1, &c);

		if (used <= 0 || c < ' ' || c == 0x7f || (c >= 0x202a && c <= 0x202e))
			abort();
		at += used;
	}
}

static struct reply_lexicon *lexicon;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lexicon = reply_lexicon_create(NULL);
	return lexicon ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct now now = {.wall_ms = 1795348800000};
	struct reply_parsed p;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	reply_parse(lexicon, text, &now, &p);
	is_valid(p.text);
	if (p.duration_s < 0 || strlen(p.text) > REPLY_TEXT_MAX || (p.tag[0] && strlen(p.tag) != 4))
		abort();
	if ((p.verb == REPLY_VERB_COMMENT || p.verb == REPLY_VERB_EMPTY) != (p.word[0] == '\0'))
		abort();
	free(text);
	return 0;
}
