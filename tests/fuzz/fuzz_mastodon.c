/*
 * Fuzz entry: answers of a hostile Mastodon server, to every job.
 * Input: a digit (the job), "v" (VERIFY first) or any other byte, then answers with a
 * line "====" between them: status, headers, an empty line, body.
 * Seeds: tests/fuzz/corpus/mastodon.
 */
#include "tests/fuzz/network.h"

#define REQUESTS_MAX 32 /* of one job: COLLECT reads 20 pages, RECENT 1 + 10 */

static void run(struct account *a, enum job_type type, char **at)
{
	struct job job = {
	    .type = type,
	    .text = "x",
	    .key = "k",
	    .parent_id = "1",
	    .target_id = "1",
	    .to = "alice@social.example",
	    .since_ms = 1795305000000,
	    .cursor = "{\"at\":\"1\",\"from\":\"1\"}"};

	run_job(&notifier_mastodon, a, &job, "https://social.example/api/", REQUESTS_MAX, at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct notifier_settings settings = {
	    .name = "status",
	    .handle = "status@social.example",
	    .url = "",
	    .token = TOKEN,
	    .language = "en"};
	struct account *a = notifier_mastodon.open(&settings, NULL);
	char *text = calloc(1, size + 1), *at = text;

	if (size > 2)
		memcpy(text, data, size);
	if (size > 2 && text[1] == 'v')
		at = text + 2, run(a, JOB_VERIFY, &at);
	if (at && size > 2)
		at = at == text ? text + 2 : at,
		run(a, (enum job_type)((unsigned char)text[0] % 10), &at);
	notifier_mastodon.close(a);
	free(text);
	return 0;
}
