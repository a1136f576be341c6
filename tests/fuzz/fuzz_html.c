/*
 * Fuzz entry: HTML of strangers. The text must be short, valid UTF-8 in NFC and
 * without controls, whatever comes in. Seeds: tests/fuzz/corpus/html.
 */
#include "notifiers/html.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct buf *text)
{
	const utf8proc_uint8_t *s = (const utf8proc_uint8_t *)buf_text(text);
	size_t left = text->len;
	utf8proc_int32_t c = 0;
	utf8proc_ssize_t n;

	for (; left; s += n, left -= (size_t)n) {
		n = utf8proc_iterate(s, (utf8proc_ssize_t)left, &c);
		if (n <= 0 || (c < 0x20 && c != '\n') || (c >= 0x7f && c < 0xa0))
			abort();
	}
	if (text->len > 2000 || c == '\n' || c == ' ')
		abort();
	if (text->len && strchr(" \n", text->data[0]))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text;

	buf_init(&text, 2000);
	html_to_text((const char *)data, size, &text);
	check_text(&text);
	buf_finish(&text);
	return 0;
}
