/*
 * Fuzz entry: answers of a hostile Mastodon server, to every job.
 * Input: a digit (the job), "v" (VERIFY first) or any other byte, then answers with a
 * line "====" between them: status, headers, an empty line, body.
 * Seeds: tests/fuzz/corpus/mastodon.
 */
#include "notifiers/notifier.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define TOKEN "SECRET-TOKEN"
#define REQUESTS_MAX 32 /* of one job: COLLECT reads 20 pages, RECENT 1 + 10 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int is_true)
{
	if (!is_true)
		abort();
}

static void check_text(const char *s, size_t max, int line_ends)
{
	size_t left = strlen(s);
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	require(left <= max && !strstr(s, TOKEN));
	for (; left; s += n, left -= (size_t)n) {
		n = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)left, &c);
		require(
		    n > 0 && (c >= 0x20 || (c == '\n' && line_ends)) && !(c >= 0x7f && c < 0xa0));
	}
}

static enum emitted emit(void *arg, const struct item *item)
{
	unsigned *count = arg;
	const char *at;

	require(
	    item->id && item->uri && item->url && item->parent_id && item->author_id && item->acct);
	require(item->display && item->text && item->cursor);
	if (item->kind == ITEM_OWN || item->kind == ITEM_REPLY)
		check_text(item->text, 2000, 1);
	if (item->kind == ITEM_OWN || item->kind == ITEM_REPLY || item->kind == ITEM_PERSON ||
	    item->kind == ITEM_SELF) {
		at = strchr(item->acct, '@');
		require(at && at != item->acct && at[1] && !strchr(at + 1, '@') && *item->id);
	}
	if (item->kind == ITEM_OWN || item->kind == ITEM_REPLY)
		require(*item->uri != '\0');
	return ++*count % 7 == 0 ? EMIT_KNOWN : *count > 200 ? EMIT_FAILED : EMIT_NEW;
}

/* Cuts the next answer off the input; NO_ANSWER when there is none. */
static void next_answer(char **at, struct answer *answer)
{
	char *start = *at, *end, *body;

	*answer = (struct answer){
	    .transport = TRANSPORT_NO_ANSWER, .headers = "", .body = "", .error = "no more"};
	if (!start || !*start)
		return;
	end = strstr(start, "\n====\n");
	*at = end ? end + 6 : NULL;
	if (end)
		*end = '\0';
	body = strstr(start, "\n\n");
	if (body)
		*body = '\0', body += 2;
	else
		body = start + strlen(start);
	*answer = (struct answer){
	    .transport = TRANSPORT_ANSWERED,
	    .headers = start,
	    .body = body,
	    .body_len = strlen(body),
	    .error = "",
	    .status = (int)strtol(start, NULL, 10)};
	answer->truncated = answer->body_len % 16 == 15;
}

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
	unsigned count = 0, requests = 0;
	struct op_env env = {.wall_ms = 1795305600000, .emit = emit, .arg = &count};
	struct op *op = notifier_mastodon.begin(a, &job, NULL);
	struct request request;
	struct result result;
	struct answer answer;
	enum op_step step = notifier_mastodon.step(op, NULL, &env, &request, &result);

	while (step == OP_SEND) {
		require(
		    ++requests <= REQUESTS_MAX &&
		    strncmp(request.url, "https://social.example/api/", 27) == 0);
		next_answer(at, &answer);
		step = notifier_mastodon.step(op, &answer, &env, &request, &result);
	}
	require(step == OP_DONE);
	check_text(result.text, sizeof result.text, 0);
	/* Nothing but a readable 2xx with an id may say that a post was made. */
	require(type != JOB_POST || result.class != RESULT_OK || *result.id);
	notifier_mastodon.end(op);
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
