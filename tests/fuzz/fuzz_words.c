/*
 * libFuzzer entry of the words: foreign text neutralised, and templates rendered with
 * it. The first byte chooses sentence and language, the second the limit; then a
 * template and a text, each up to a NUL. Run by make check-fuzz.
 */
#include "agent/words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* What no network may see: a sign before a name, a scheme, markup, a control. */
static void check_harmless(const char *text)
{
	const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	for (const char *p = text; *p; p++)
		if ((strchr("@#", *p) &&
		     (isalnum((unsigned char)p[1]) || (unsigned char)p[1] >= 0x80)) ||
		    (*p == '$' && isalpha((unsigned char)p[1])) || strchr("*`", *p) ||
		    (unsigned char)*p < ' ' || *p == 0x7f)
			abort();
	if (strstr(text, "://") || strstr(text, "](") || strstr(text, "~~"))
		abort();
	for (; *at; at += n) {
		n = utf8proc_iterate(at, -1, &c);
		if (n < 1 || utf8proc_category(c) == UTF8PROC_CATEGORY_CF)
			abort();
	}
}

static void measure(const void *arg, const char *text, unsigned *units, unsigned *limit)
{
	*units = (unsigned)strlen(text);
	*limit = *(const unsigned *)arg;
}

static void check_neutral(const char *text)
{
	struct buf out;

	buf_init(&out, 100000);
	words_neutralise(text, &out);
	check_harmless(buf_text(&out));
	buf_finish(&out);
	buf_init(&out, strlen(text) / 2); /* cut: still whole characters */
	words_neutralise(text, &out);
	if (!utf8proc_codepoint_valid(0) || strlen(buf_text(&out)) > out.max)
		abort();
	buf_finish(&out);
}

/* Eight of them over three days, some of them not over yet. */
static void fill_spans(struct say_span *spans, const char *const *names, const char *state)
{
	for (int i = 0; i < 8; i++)
		spans[i] = (struct say_span){
		    .name = names[i],
		    .state = state,
		    .tag = "T9QM",
		    .since = 1795000000 + i * 40000,
		    .until = i % 3 ? 1795000600 + i * 50000 : 0};
}

static struct words *language(unsigned which)
{
	static struct words *words[4];
	struct err err;

	if (!words[which])
		words[which] = words_open(words_languages()[which], &err);
	return words[which];
}

/* A ticket has a number of its own, and no incident. */
static bool has_tag(enum say_event event)
{
	return event != SAY_TICKET && event != SAY_ANSWER;
}

static void say(unsigned choice, unsigned limit, const char *template, const char *text)
{
	const char *names[] = {text, "E-mail", "Wiki", text, "VPN", "Web", "Printing", "Calendar"};
	const char *called[] = {"@alice@example.org", text};
	struct say_span spans[8];
	struct words_want want = {
	    .base = choice & 1 ? "public" : "operators",
	    .measure = measure,
	    .measure_arg = &limit,
	    .link = "https://mon/?h=$HOSTNAME$"};
	struct say s = {
	    .event = (enum say_event)(choice / 4 % SAY_EVENTS),
	    .tag = "T7K2",
	    .names = names,
	    .n_names = 8,
	    .object = text,
	    .host = text,
	    .service = "HTTP",
	    .state = "CRITICAL",
	    .was = "WARNING",
	    .output = text,
	    .members = names,
	    .n_members = 8,
	    .owner = text,
	    .acked = true,
	    .text = text,
	    .parent = text,
	    .writer = text,
	    .reason = "refused_by_core",
	    .times = 2,
	    .count = 3,
	    .since = 1795000000,
	    .until = 1795003600,
	    .at = 1795000100,
	    .duration = 3600,
	    .now = 1795003600,
	    .eta = 1795007200,
	    .spans = spans,
	    .n_spans = 8,
	    .open = spans,
	    .n_open = limit % 9,
	    .has_now = true,
	    .lost = 1,
	    .total = 9,
	    .mentions = called,
	    .n_mentions = 2,
	    .interval = 600};
	struct err err;
	struct buf out;
	int rc;

	fill_spans(spans, names, text);
	s.longest = spans[0];
	want.words = language((choice >> 1 ^ limit >> 4) & 3);
	if (*template && words_check(template, s.event, true, &err) == 0)
		want.override = template;
	buf_init(&out, 100000);
	rc = words_say(&want, &s, &out, &err);
	if (rc == 0 && (out.len > limit || (has_tag(s.event) && !strstr(buf_text(&out), "#T7K2"))))
		abort();
	buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 2), *template, *text;

	if (!copy || size < 2 || size > 4000) {
		free(copy);
		return 0;
	}
	memcpy(copy, data, size);
	copy[size] = copy[size + 1] = '\0';
	template = copy + 2;
	text = template + strlen(template) + 1;
	if (text > copy + size)
		text = template;
	check_neutral(text);
	say(data[0], data[1] * 4u, template, text);
	free(copy);
	return 0;
}
