/*
 * The ticket desks against scripted answers (data/desk, in the language of
 * data/mastodon/README), and what all three must refuse alike.
 * Run by `make check` from the top of the tree; no network.
 */
#include "tests/unit/mastodon_script.h"
#include "notifiers/desk.h"
#include "notifiers/mime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA "tests/unit/data/desk/"

/* --- words of the mail's cases: "| LINE", "end", "envelope FROM TO USER TLS" ----------------- */

static size_t mail_at;

static void expect_line(const char *wanted)
{
	const char *at, *end;
	char *plain = script_unescape(wanted);

	script_start();
	if (script.step != OP_SEND || !script.request.body)
		BROKEN("no mail: %s", script.result.text);
	at = script.request.body + mail_at;
	end = strstr(at, "\r\n");
	if (!end)
		BROKEN("the mail is over, wanted: %s", wanted);
	if (strlen(plain) != (size_t)(end - at) || memcmp(at, plain, (size_t)(end - at)) != 0)
		BROKEN("line\n  want [%s]\n  got  [%.*s]", plain, (int)(end - at), at);
	mail_at = (size_t)(end - script.request.body) + 2;
	free(plain);
}

static void expect_end(void)
{
	if (mail_at != script.request.body_len)
		BROKEN("more mail: %s", script.request.body + mail_at);
	for (size_t i = 0; i < script.request.body_len; i++) {
		unsigned char c = (unsigned char)script.request.body[i];

		if (c > 126 || (c < ' ' && c != '\r' && c != '\n'))
			BROKEN("byte %u in the mail", c);
	}
	mail_at = 0;
}

static void expect_envelope(const char *wanted)
{
	const struct envelope *e;
	char got[600];

	script_start();
	e = script.request.envelope;
	if (!e)
		BROKEN("no envelope: %s", script.result.text);
	snprintf(
	    got, sizeof got, "%s %s %s %s", *e->from ? e->from : "-", *e->to ? e->to : "-",
	    *e->user ? e->user : "-", e->is_local ? "local" : "tls");
	if (strcmp(got, wanted) != 0)
		BROKEN("envelope\n  want %s\n  got  %s", wanted, got);
	mail_at = 0;
}

static bool mail_word(const char *word, char *rest)
{
	if (strcmp(word, "|") == 0)
		expect_line(rest ? rest : "");
	else if (strcmp(word, "end") == 0)
		expect_end();
	else if (strcmp(word, "envelope") == 0)
		expect_envelope(rest);
	else
		return false;
	return true;
}

static void run_cases(const struct script_network *network, const char *file, int least)
{
	int cases = 0, failures = 0;

	script_network = network;
	script_run(file, &cases, &failures);
	print_message("%s: %d cases\n", file, cases);
	assert_int_equal(failures, 0);
	assert_true(cases >= least);
}

static void test_rt(void **state)
{
	static const struct script_network rt = {
	    .notifier = &desk_rt,
	    .handle = "Support",
	    .token = SCRIPT_TOKEN,
	    .url = "https://rt.example.net"};

	(void)state;
	run_cases(&rt, DATA "rt.txt", 40);
	run_cases(&rt, DATA "rt_answers.txt", 10);
}

static void test_webhook(void **state)
{
	static const struct script_network webhook = {
	    .notifier = &desk_webhook,
	    .handle = "",
	    .token = SCRIPT_TOKEN "-0123456789",
	    .url = "https://hook.example.net/twicket"};

	(void)state;
	run_cases(&webhook, DATA "webhook.txt", 15);
}

static void test_mail(void **state)
{
	static const struct script_network mail = {
	    .notifier = &desk_mail,
	    .handle = "help@example.net",
	    .token = "bob:" SCRIPT_TOKEN,
	    .url = "smtps://mail.example.net",
	    .word = mail_word};

	(void)state;
	run_cases(&mail, DATA "mail.txt", 20);
}

static void test_keys(void **state)
{
	static const struct {
		const char *key, *ticket;
		int rc;
		unsigned number;
	} cases[] = {
	    {"Q-4K7M", "Q-4K7M", 0, 0},
	    {"Q-4K7M.1", "Q-4K7M", 0, 1},
	    {"Q-4K7M.999999", "Q-4K7M", 0, 999999},
	    {"Q-4K7M.0", "", -1, 0},
	    {"Q-4K7M.01", "", -1, 0},
	    {"Q-4K7M.1000000", "", -1, 0},
	    {"Q-4K7M.", "", -1, 0},
	    {"Q-4K7M.1.2", "", -1, 0},
	    {"Q-4K7M.1@x", "", -1, 0},
	    {"Q 4K7M", "", -1, 0},
	    {"Q'4K7M", "", -1, 0},
	    {"Q-4K7M\n", "", -1, 0},
	    {"", "", -1, 0},
	    {NULL, "", -1, 0},
	    {"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456", "", -1, 0},
	    {"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char ticket[DESK_TICKET_MAX] = "";
		unsigned number = 0;

		if (desk_key(cases[i].key, ticket, &number) != cases[i].rc)
			fail_msg("key %s", cases[i].key ? cases[i].key : "NULL");
		if (cases[i].rc == -1)
			continue;
		assert_string_equal(ticket, cases[i].ticket);
		assert_int_equal(number, cases[i].number);
	}
}

/* As long as it may be: every part fits its bound. */
static void test_longest(void **state)
{
	static const struct notifier *const desks[] = {&desk_rt, &desk_webhook, &desk_mail};
	static const char *const urls[] = {
	    "http://127.0.0.1:1", "http://127.0.0.1:1", "smtp://127.0.0.1:1"};
	size_t n = 40000;
	char *text = malloc(n + 1);
	struct job job = {.type = JOB_TICKET, .key = "Q-4K7M", .to = text, .subject = text};
	struct request request;
	struct result result;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < n; i += 2)
		memcpy(text + i, "\xc3\xbc", 2);
	text[n] = '\0';
	job.text = text;
	for (size_t i = 0; i < 3; i++) {
		struct notifier_settings s = {
		    .name = "desk",
		    .handle = "help@example.net",
		    .url = urls[i],
		    .token = "bob:0123456789abcdef",
		    .from = "twicket@example.net"};
		struct account *a = desks[i]->open(&s, NULL);
		struct op *op = desks[i]->begin(a, &job, NULL);

		assert_non_null(op);
		assert_int_equal(desks[i]->step(op, NULL, &script_env, &request, &result), OP_SEND);
		assert_true(request.body_len > DESK_TEXT_MAX);
		assert_int_equal(desks[i]->step(op, NULL, &script_env, &request, &result), OP_DONE);
		assert_int_equal(result.class, RESULT_BUG);
		desks[i]->end(op);
		desks[i]->end(NULL);
		desks[i]->close(a);
		desks[i]->close(NULL);
	}
	free(text);
}

/* A network's job is no desk's, and a desk's no network's. */
static void test_wrong_jobs(void **state)
{
	struct notifier_settings s = {
	    .name = "desk",
	    .handle = "help@example.net",
	    .url = "https://rt.example.net",
	    .token = SCRIPT_TOKEN "-0123456789",
	    .from = "twicket@example.net"};
	struct job job = {.text = "x", .key = "Q-4K7M", .target_id = "1", .to = "a@b"};
	struct account *rt = desk_rt.open(&s, NULL), *webhook = desk_webhook.open(&s, NULL);
	struct err err;

	(void)state;
	for (job.type = JOB_POST; job.type <= JOB_LOOKUP; job.type++) {
		assert_null(desk_rt.begin(rt, &job, &err));
		assert_string_equal(err.text, "a ticket desk takes tickets only");
		assert_null(desk_webhook.begin(webhook, &job, &err));
	}
	for (job.type = JOB_TICKET_FIND; job.type <= JOB_TICKET_ANSWERS; job.type++) {
		assert_null(desk_webhook.begin(webhook, &job, &err));
		assert_string_equal(err.text, "this desk can only be written to");
	}
	desk_rt.close(rt);
	desk_webhook.close(webhook);
	s.handle = "/tmp/x";
	rt = notifier_file.open(&s, NULL);
	job.type = JOB_TICKET;
	assert_null(notifier_file.begin(rt, &job, &err));
	notifier_file.close(rt);
	assert_null(notifier_find("rt"));
	assert_null(notifier_find("mail"));
	assert_ptr_equal(desk_find("rt"), &desk_rt);
	assert_ptr_equal(desk_find("webhook"), &desk_webhook);
	assert_ptr_equal(desk_find("mail"), &desk_mail);
	assert_null(desk_find("mastodon"));
}

static void test_addresses(void **state)
{
	static const char *const good[] = {
	    "a@b", "help+desk@example.net", "o'neil@x-y.example", NULL};
	static const char *const bad[] = {"",
					  "a",
					  "@b",
					  "a@",
					  "a b@c",
					  "a@b c",
					  "<a@b>",
					  "a@b\r\nDATA",
					  "a@b@c",
					  "\xc3\xbc@b",
					  "a@\xc3\xbc",
					  "-a@b",
					  "a\"@b",
					  ".a@b",
					  "a@[127.0.0.1]",
					  "a@b>\r\nRCPT",
					  "a,c@b",
					  NULL};

	(void)state;
	for (size_t i = 0; good[i]; i++)
		if (!mime_is_address(good[i]))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; bad[i]; i++)
		if (mime_is_address(bad[i]))
			fail_msg("taken: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys),       cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_wrong_jobs), cmocka_unit_test(test_longest),
	    cmocka_unit_test(test_rt),         cmocka_unit_test(test_webhook),
	    cmocka_unit_test(test_mail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
