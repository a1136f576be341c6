/*
 * libFuzzer entry of the hours of the week: four bytes are the moment, what follows the
 * text. Run by make check-fuzz. Hold, begin and end must tell the same story.
 */
#include "agent/hours.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WEEK_S INT64_C(604800)

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static void ask(const struct hours *h, int64_t at)
{
	int64_t begin = hours_begin(h, at), end = hours_end(h, at);

	require(!begin == !end, "both or none");
	if (!end) {
		require(hours_hold(h, at), "the whole week holds always");
		return;
	}
	require(begin < end && at < end, "begin, now, end");
	require(hours_hold(h, at) == (begin <= at), "it holds from its beginning on");
	require(hours_hold(h, begin) && hours_hold(h, end - 1), "the first and the last second");
	require(!hours_hold(h, begin - 1) && !hours_hold(h, end), "not outside");
	require(hours_end(h, begin) == end && hours_begin(h, end - 1) == begin, "one stretch");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_set;
	struct err err = {""};
	struct hours *h;
	uint32_t at;
	char *text;

	if (!is_set) {
		setenv("TZ", "Europe/Berlin", 1);
		tzset();
		is_set = true;
	}
	if (size < sizeof at || memchr(data + sizeof at, 0, size - sizeof at))
		return 0;
	memcpy(&at, data, sizeof at);
	text = strndup((const char *)data + sizeof at, size - sizeof at);
	if (!text)
		return 0;
	h = hours_parse(text, &err);
	require(h || err.text[0], "what is refused has a reason");
	if (h)
		ask(h, at + WEEK_S); /* 0, the first second of 1970, is "none" */
	hours_destroy(h);
	free(text);
	return 0;
}
