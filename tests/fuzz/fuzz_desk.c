/*
 * Fuzz entry: answers of a hostile ticket desk, to every job of the three.
 * Input: a digit (desk and job), any byte, then answers with a line "====" between them:
 * status, headers, an empty line, body. The first answer's body is also a stranger's report.
 * Seeds: tests/fuzz/corpus/desk.
 */
#include "tests/fuzz/network.h"

#define REQUESTS_MAX 48 /* of one job: ANSWERS reads a ticket, a list, and two for each of 20 */

struct desk {
	const struct notifier *notifier;
	const char *url, *queue, *token;
};

static const struct desk desks[] = {
    {&desk_rt, "https://rt.example.net", "Support", TOKEN},
    {&desk_webhook, "https://rt.example.net/hook", "", TOKEN},
    {&desk_mail, "smtps://rt.example.net", "help@example.net", "bob:" TOKEN}};

/* What a mail must be, whatever the report holds. */
static void check_mail(const struct request *r)
{
	const char *s = r->body, *end = s + r->body_len, *line;
	bool is_head = true;

	for (; s < end; s = line + 2) {
		line = memmem(s, (size_t)(end - s), "\r\n", 2);
		require(line != NULL && line - s <= 998);
		is_head = is_head && line != s;
		require(!is_head || *s == ' ' || memchr(s, ':', (size_t)(line - s)));
		require(!is_head || strncasecmp(s, "Bcc", 3) != 0);
		for (const char *c = s; c < line; c++)
			require(*c >= ' ' && *c <= '~');
	}
	require(!is_head);
}

static void run_report(const struct desk *d, struct account *a, const char *report)
{
	struct op_env env = {.wall_ms = 1795305600000, .random = no_random, .emit = emit};
	struct job job = {
	    .type = JOB_TICKET,
	    .text = report,
	    .key = "Q-4K7M",
	    .to = report,
	    .subject = report,
	    .link = report};
	struct op *op = d->notifier->begin(a, &job, NULL);
	struct request request;
	struct result result;

	if (!op)
		return;
	if (d->notifier->step(op, NULL, &env, &request, &result) == OP_SEND &&
	    d->notifier == &desk_mail)
		check_mail(&request);
	d->notifier->end(op);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum job_type types[] = {
	    JOB_VERIFY, JOB_TICKET, JOB_TICKET_NOTE, JOB_TICKET_FIND, JOB_TICKET_ANSWERS};
	const struct desk *d = &desks[size ? data[0] / 5 % 3 : 0];
	struct notifier_settings settings = {
	    .name = "desk",
	    .handle = d->queue,
	    .url = d->url,
	    .token = d->token,
	    .from = "twicket@example.net"};
	struct account *a = d->notifier->open(&settings, NULL);
	char *text = calloc(1, size + 1), *at = text;
	struct job job = {.text = "x", .key = "Q-4K7M", .target_id = "17"};

	require(a != NULL);
	if (size > 2)
		memcpy(text, data, size);
	job.type = types[size ? data[0] % 5 : 0];
	if (job.type == JOB_TICKET_NOTE || job.type == JOB_TICKET_FIND)
		job.key = "Q-4K7M.1";
	if (size > 2) {
		run_report(d, a, text + 2);
		at = text + 2;
		run_job(
		    d->notifier, a, &job,
		    strncmp(d->url, "smtps", 5) == 0 ? "smtps://rt" : "https://rt.example.net",
		    REQUESTS_MAX, &at);
	}
	d->notifier->close(a);
	free(text);
	return 0;
}
