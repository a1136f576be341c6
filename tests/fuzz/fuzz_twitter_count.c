/*
 * libFuzzer entry of X's counting: any bytes as a text. Links lie in order within it, are
 * known to the prices, and are gone from what words.c made harmless; and the same bytes as
 * an address to be signed. Run by make check-fuzz.
 */
#include "agent/words.h"
#include "notifiers/oauth1.h"
#include "notifiers/twitter_count.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 4000
#define OUT_MAX 100000

static void check_links(const char *text)
{
	size_t at = 0, len = 0, n = strlen(text), from = 0;

	while (twitter_url(text, &at, &len)) {
		if (at < from || !len || at > n || len > n - at || !twitter_may_link(text))
			abort();
		from = at += len;
	}
	if (twitter_weight(text) > TWITTER_URL_WEIGHT * n)
		abort();
	if (twitter_is_valid(text) && twitter_weight(text) > TWITTER_LIMIT)
		abort();
}

static void check_harmless(const char *text)
{
	struct buf once, twice;

	buf_init(&once, OUT_MAX);
	buf_init(&twice, OUT_MAX);
	words_unlink(text, &once);
	words_unlink(buf_text(&once), &twice);
	if (twitter_may_link(buf_text(&once)) || strcmp(buf_text(&once), buf_text(&twice)))
		abort();
	buf_reset(&once);
	words_neutralise(text, &once);
	if (twitter_may_link(buf_text(&once)))
		abort();
	buf_finish(&twice);
	buf_finish(&once);
}

static void check_address(const char *text)
{
	const struct oauth1_keys keys = {"ck", "cs", "tk", "ts"};
	const struct oauth1_param form = {"status", text};
	const struct oauth1_request r = {
	    .method = "POST",
	    .url = text,
	    .form = &form,
	    .n_form = 1,
	    .nonce = text,
	    .timestamp = 1};
	struct buf out;
	struct err err;

	buf_init(&out, OUT_MAX);
	if (oauth1_authorization(&keys, &r, &out, &err) == 0 && strpbrk(buf_text(&out), "\r\n"))
		abort();
	buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[TEXT_MAX + 1];

	if (size > TEXT_MAX)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_links(text);
	check_harmless(text);
	check_address(text);
	return 0;
}
