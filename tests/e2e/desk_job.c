/*
 * Runs one job of a ticket desk over the real wire: what the agent does with it, without
 * the agent. Run by test_desk_*.py; JSON on standard input, JSON on standard output.
 * It must never print the token, nor repeat anything.
 *
 *   {"desk": {"type", "url", "queue", "token", "from", "proxy", "ca_file"},
 *    "job": {"type": "TICKET", "key", "subject", "text", "to", "link", "target", "cursor", "note"}}
 *   -> {"class", "id", "url", "text", "found", "ticket", "items": [{"kind", "id", "acct", "text", "cursor"}]}
 */
#include "agent/cli_net.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const job_types[] = {
    [JOB_VERIFY] = "VERIFY",
    [JOB_TICKET] = "TICKET",
    [JOB_TICKET_NOTE] = "TICKET_NOTE",
    [JOB_TICKET_FIND] = "TICKET_FIND",
    [JOB_TICKET_ANSWERS] = "TICKET_ANSWERS"};

static const char *text_of(const json_t *from, const char *key)
{
	const char *s = json_string_value(json_object_get(from, key));

	return s ? s : "";
}

static struct job read_job(const json_t *from)
{
	struct job job = {
	    .key = text_of(from, "key"),
	    .subject = text_of(from, "subject"),
	    .text = text_of(from, "text"),
	    .to = text_of(from, "to"),
	    .link = text_of(from, "link"),
	    .target_id = text_of(from, "target"),
	    .cursor = text_of(from, "cursor"),
	    .note_for =
		strcmp(text_of(from, "note"), "requestor") == 0 ? NOTE_REQUESTOR : NOTE_INTERNAL};

	for (size_t i = 0; i < sizeof job_types / sizeof job_types[0]; i++)
		if (job_types[i] && strcmp(job_types[i], text_of(from, "type")) == 0)
			job.type = (enum job_type)i;
	return job;
}

static enum emitted take(void *arg, const struct item *item)
{
	json_array_append_new(
	    arg, json_pack(
		     "{s:i, s:s, s:s, s:s, s:s, s:s, s:I}", "kind", (int)item->kind, "id", item->id,
		     "acct", item->acct, "display", item->display, "text", item->text, "cursor",
		     item->cursor, "created_ms", (json_int_t)item->created_ms));
	return EMIT_NEW;
}

static void print_result(const struct result *r, json_t *items)
{
	static const char *const tickets[] = {"unsaid", "open", "closed"};
	json_t *out = json_pack(
	    "{s:s, s:s, s:s, s:s, s:b, s:s, s:O}", "class", result_class_name(r->class), "id",
	    r->id, "url", r->url, "text", r->text, "found", r->found, "ticket", tickets[r->ticket],
	    "items", items);

	json_dumpf(out, stdout, JSON_COMPACT);
	json_decref(out);
}

static int run(const json_t *in)
{
	const json_t *desk = json_object_get(in, "desk");
	struct notifier_settings s = {
	    .name = "desk",
	    .handle = text_of(desk, "queue"),
	    .url = text_of(desk, "url"),
	    .token = text_of(desk, "token"),
	    .from = text_of(desk, "from"),
	    .language = ""};
	const struct config_account a = {
	    .proxy = (char *)text_of(desk, "proxy"), .ca_file = (char *)text_of(desk, "ca_file")};
	const struct notifier *n = desk_find(text_of(desk, "type"));
	struct job job = read_job(json_object_get(in, "job"));
	struct err err = {"no such desk"};
	struct cli_net *net = cli_net_create(&err);
	struct account *account = n && net ? n->open(&s, &err) : NULL;
	json_t *items = json_array();
	struct result result;

	if (account) {
		cli_net_job(net, &a, n, account, &job, take, items, &result);
		print_result(&result, items);
		n->close(account);
	} else {
		fprintf(stderr, "desk_job: %s\n", err.text);
	}
	json_decref(items);
	cli_net_destroy(net);
	return account ? 0 : 1;
}

int main(void)
{
	json_error_t error;
	json_t *in = json_loadf(stdin, 0, &error);
	int rc;

	if (!in) {
		fprintf(stderr, "desk_job: %s\n", error.text);
		return 2;
	}
	rc = run(in);
	json_decref(in);
	return rc;
}
