/*
 * The post-mortem: what is told, and that no text of others becomes markup. The documents as a
 * whole are tests/unit/data/story.md and .html; TWICKET_UPDATE=1 writes what comes out.
 */
#include "agent/cli_story.h"
#include "tests/unit/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA TWICKET_TEST_DATA "/unit/data/story."
#define NOW_MS INT64_C(1795400000000)

static char *written(const struct story_pen *pen)
{
	json_error_t why;
	json_t *answer = json_load_file(DATA "json", 0, &why);
	struct buf out;
	char *text;

	if (!answer)
		fail_msg("story.json:%d: %s", why.line, why.text);
	buf_init(&out, 1u << 20);
	cli_story_write(pen, answer, NOW_MS, &out);
	text = buf_steal(&out);
	json_decref(answer);
	return text;
}

static void same_as_file(const char *text, const char *path)
{
	static char want[1 << 16];
	const char *update = getenv("TWICKET_UPDATE");
	FILE *f = fopen(path, update ? "w" : "r");
	size_t n;

	assert_non_null(f);
	if (update) {
		fputs(text, f);
		fclose(f);
		return;
	}
	n = fread(want, 1, sizeof want - 1, f);
	want[n] = '\0';
	fclose(f);
	assert_string_equal(text, want);
}

/* What must not come out alive, in whatever the file says. */
static void none_of(const char *text, const char *const *bad)
{
	for (; *bad; bad++)
		if (strstr(text, *bad))
			fail_msg("has %s", *bad);
}

static void test_markdown(void **state)
{
	static const char *const bad[] = {"<script", "<img", "](", "\n```", "> ```", "@alice w", " https://example.org", "www.",
					  "\x1b", "\xe2\x80\xae", "<javascript", "*stars*", NULL};
	char *text = written(&cli_story_md);

	(void)state;
	none_of(text, bad);
	assert_non_null(strstr(text, "<https://social.example.net/@noc/1153>"));
	same_as_file(text, DATA "md");
	free(text);
}

static void test_html(void **state)
{
	static const char *const bad[] = {"<script", "<img", "<b>", "<i>", "href=\"javascript", "\x1b", "\xe2\x80\xae", "src=\"",
					  "url(", "@import", NULL};
	char *text = written(&cli_story_html);

	(void)state;
	none_of(text, bad);
	assert_non_null(strstr(text, "href=\"https://social.example.net/@noc/1153\""));
	assert_non_null(strstr(text, "default-src 'none'"));
	same_as_file(text, DATA "html");
	free(text);
}

static void test_links(void **state)
{
	static const struct {
		const char *url;
		bool is_link;
	} cases[] = {
	    {"https://a.example/@x/1", true},	{"http://a.example/1?a=b&c=d", true}, {"", false},
	    {"javascript:alert(1)", false},	{" https://a.example", false},	      {"https://a.example/\"x", false},
	    {"https://a.example/>x", false},	{"https://a.example/a b", false},     {"https://a.example/\xe2\x80\xae", false},
	    {"https://a.example/)x", false},	{"data:text/html,x", false},	      {"HTTPS://a.example", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (cli_story_is_link(cases[i].url) != cases[i].is_link)
			fail_msg("%s", cases[i].url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_markdown),
	    cmocka_unit_test(test_html),
	    cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests(tests, zone_utc, NULL);
}
