/*
 * The Mastodon notifier against scripted answers (data/mastodon/README), and the registry.
 * Run by `make check` from the top of the tree; no network.
 */
#include "tests/unit/mastodon_script.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define DATA "tests/unit/data/mastodon"

static void test_cases(void **state)
{
	DIR *dir = opendir(DATA);
	struct dirent *entry;
	int cases = 0, failures = 0;
	char path[600];

	(void)state;
	if (!dir)
		fail_msg("run from the top of the tree: no " DATA);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof path, DATA "/%s", entry->d_name);
		if (strstr(entry->d_name, ".txt"))
			script_run(path, &cases, &failures);
	}
	closedir(dir);
	print_message("mastodon: %d cases\n", cases);
	assert_int_equal(failures, 0);
	assert_true(cases > 50);
}

static void test_header(void **state)
{
	struct answer a = {
	    .headers = "HTTP/1.1 200 OK\r\nlink:  <x>; rel=\"prev\" \r\nEmpty:\r\nX: y"};
	char out[32], small[3];

	(void)state;
	assert_true(answer_header(&a, "Link", out, sizeof out));
	assert_string_equal(out, "<x>; rel=\"prev\"");
	assert_true(answer_header(&a, "EMPTY", out, sizeof out));
	assert_string_equal(out, "");
	assert_true(answer_header(&a, "x", out, sizeof out));
	assert_string_equal(out, "y");
	assert_true(answer_header(&a, "link", small, sizeof small));
	assert_string_equal(small, "<x");
	assert_false(answer_header(&a, "Lin", out, sizeof out));
	assert_false(answer_header(&a, "HTTP/1.1 200 OK", out, sizeof out));
}

static void test_registry(void **state)
{
	(void)state;
	assert_ptr_equal(notifier_find("mastodon"), &notifier_mastodon);
	assert_ptr_equal(notifier_find("file"), &notifier_file);
	assert_null(notifier_find("gopher"));
	assert_string_equal(result_class_name(RESULT_UNKNOWN), "unknown");
	assert_string_equal(visibility_name(VISIBILITY_FOLLOWERS), "followers");
	notifier_mastodon.close(NULL);
	notifier_mastodon.end(NULL);
}

/* end() at any moment, and a caller that lost its place. */
static void test_abandoned(void **state)
{
	struct notifier_settings s = {
	    .name = "s", .handle = "status@social.example", .token = SCRIPT_TOKEN};
	struct job job = {.type = JOB_POST, .text = "x", .key = "k"};
	struct account *a = notifier_mastodon.open(&s, NULL);
	struct request request;
	struct result result;
	struct op *op = notifier_mastodon.begin(a, &job, NULL);

	(void)state;
	assert_int_equal(notifier_mastodon.step(op, NULL, &script_env, &request, &result), OP_SEND);
	assert_int_equal(notifier_mastodon.step(op, NULL, &script_env, &request, &result), OP_DONE);
	assert_int_equal(result.class, RESULT_BUG);
	notifier_mastodon.end(op);
	op = notifier_mastodon.begin(a, &job, NULL);
	notifier_mastodon.end(op);
	notifier_mastodon.close(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_registry),
	    cmocka_unit_test(test_abandoned),
	    cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
