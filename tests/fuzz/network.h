/*
 * What the fuzz entries of the networks share: hostile answers for one job after another.
 * Included by fuzz_mastodon.c, fuzz_twitter.c and fuzz_desk.c. The answers stand in the input with a line
 * "====" between them: status, headers, an empty line, body.
 */
#ifndef TWICKET_FUZZ_NETWORK_H
#define TWICKET_FUZZ_NETWORK_H

#include "notifiers/notifier.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define TOKEN "SECRET-TOKEN-0123456789" /* what may appear nowhere in our words */

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

	require(left <= max);
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
	require(item->kind != ITEM_NOTICE || !strstr(item->text, TOKEN));
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

static void no_random(void *bytes, size_t n)
{
	memset(bytes, 7, n);
}

/* Runs the job through the answers; no more requests than that, all below this address. */
static void run_job(
    const struct notifier *n, struct account *a, const struct job *job, const char *base,
    unsigned requests_max, char **at)
{
	unsigned count = 0, requests = 0;
	struct op_env env = {
	    .wall_ms = 1795305600000, .random = no_random, .emit = emit, .arg = &count};
	struct op *op = n->begin(a, job, NULL);
	struct request request;
	struct result result;
	struct answer answer;
	enum op_step step;

	if (!op)
		return;
	step = n->step(op, NULL, &env, &request, &result);
	while (step == OP_SEND) {
		require(
		    ++requests <= requests_max && strncmp(request.url, base, strlen(base)) == 0);
		next_answer(at, &answer);
		step = n->step(op, &answer, &env, &request, &result);
	}
	require(step == OP_DONE);
	require(result.cost_micro >= 0);
	check_text(result.text, sizeof result.text, 0);
	require(!strstr(result.text, TOKEN));
	/* Nothing but a readable 2xx with an id may say that a post was made. */
	require(job->type != JOB_POST || result.class != RESULT_OK || *result.id);
	n->end(op);
}

#endif
