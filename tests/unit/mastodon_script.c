/*
 * Reads and runs a scripted case: the job, the answers. Called by test_mastodon.c, test_twitter.c,
 * test_desk.c.
 */
#include "tests/unit/mastodon_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const job_names[] = {"VERIFY", "POST",    "EDIT",   "DELETE", "FAVOURITE", "BOOST",
					"RECENT", "COLLECT", "THREAD", "GET",    "LOOKUP",
					"TICKET", "TICKET_NOTE", "TICKET_FIND", "TICKET_ANSWERS"};

static const struct script_network mastodon = {
    .notifier = &notifier_mastodon, .handle = "status@social.example", .token = SCRIPT_TOKEN};

struct script script;
const struct script_network *script_network = &mastodon;
jmp_buf script_broken;
static int failed;

char *script_dup(const char *s)
{
	char *copy = strdup(s ? s : "");

	assert_non_null(copy);
	return copy;
}

void script_drop_items(void)
{
	size_t i, k;

	for (i = 0; i < script.item_count; i++) {
		for (k = 0; k < SCRIPT_FIELDS; k++)
			free(script.items[i].field[k]);
	}
	script.item_count = script.item_next = 0;
}

static void fixed_random(void *bytes, size_t n)
{
	memset(bytes, ++script.randoms, n);
}

struct op_env script_env = {
    .wall_ms = SCRIPT_NOW_MS, .random = fixed_random, .emit = script_emit};

/* \n, \xHH and \\ in a value. */
char *script_unescape(const char *s)
{
	char *out = script_dup(s), *w = out, hex[3] = "";

	for (; *s; s++) {
		if (*s == '\\' && s[1] == 'x' && s[2] && s[3]) {
			memcpy(hex, s + 2, 2);
			*w++ = (char)strtol(hex, NULL, 16);
			s += 3;
		} else if (*s == '\\' && s[1]) {
			s++;
			*w++ = *s == 'n' ? '\n' : *s;
		} else {
			*w++ = *s;
		}
	}
	*w = '\0';
	return out;
}

int script_find(const char *const *list, size_t n, const char *word)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(list[i], word) == 0)
			return (int)i;
	}
	BROKEN("what is \"%s\"?", word);
	return -1;
}

/* Beside what a case's own words put there. */
static void fill_settings(void)
{
	struct notifier_settings *s = &script.settings;

	s->name = "status";
	s->handle = script.handle ? script.handle : script_network->handle;
	s->url = script.url ? script.url : script_network->url ? script_network->url : "";
	s->token = script.token ? script.token : script_network->token;
	s->language = "en";
	s->from = "twicket@example.net";
}

void script_open(void)
{
	struct err err;

	if (script.account)
		return;
	fill_settings();
	script.account = script_network->notifier->open(&script.settings, &err);
	if (!script.account)
		BROKEN("open: %s", err.text);
}

void script_end(void)
{
	size_t i;

	script_network->notifier->end(script.op);
	script.op = NULL;
	for (i = 0; i < 10; i++) {
		free(script.job_strings[i]);
		script.job_strings[i] = NULL;
	}
	script.has_job = false;
}

static void finish_case(void)
{
	script_end();
	script_env.wall_ms = SCRIPT_NOW_MS;
	script_network->notifier->close(script.account);
	script_drop_items();
	free(script.handle);
	free(script.url);
	free(script.token);
	free(script.known);
	buf_finish(&script.headers);
	buf_finish(&script.body);
	memset(&script, 0, sizeof script);
}

static void new_case(const char *file, const char *name)
{
	snprintf(script.where, sizeof script.where, "%s: %s", file, name);
	buf_init(&script.headers, 65536);
	buf_init(&script.body, 32 << 20);
}

/* " field value" under "job". */
static void job_field(char *line)
{
	static const char *const names[] = {
	    "text",  "key",     "parent", "target",     "to",    "cursor", "language",
	    "to_id", "subject", "link",   "visibility", "since", "note"};
	static const char *const notes[] = {"internal", "requestor"};
	char *value = strchr(line, ' ');
	const char **strings[] = {&script.job.text,	&script.job.key,    &script.job.parent_id,
				  &script.job.target_id, &script.job.to,     &script.job.cursor,
				  &script.job.language, &script.job.to_id, &script.job.subject,
				  &script.job.link};
	int which;

	if (value)
		*value++ = '\0';
	which = FIND(names, line);
	if (which == 12)
		script.job.note_for = (enum note_for)FIND(notes, value);
	if (which == 11)
		script.job.since_ms = strtoll(value, NULL, 10);
	if (which == 10) {
		while (strcmp(visibility_name(script.job.visibility), value) != 0)
			script.job.visibility++;
	}
	if (which < 10) {
		script.job_strings[which] = script_unescape(value ? value : "");
		*strings[which] = script.job_strings[which];
	}
}

/* The job's fields are complete: the first step. */
void script_start(void)
{
	struct err err;

	if (!script.has_job || script.op)
		return;
	script_open();
	script.op = script_network->notifier->begin(script.account, &script.job, &err);
	if (!script.op)
		BROKEN("begin: %s", err.text);
	script.step =
	    script_network->notifier->step(script.op, NULL, &script_env, &script.request, &script.result);
}

/* "STATUS", "notsent WORDS" or "noanswer WORDS": what was gathered goes in. */
static void give_answer(const char *line)
{
	struct answer answer = {.transport = TRANSPORT_ANSWERED, .error = ""};

	script_start();
	if (script.step != OP_SEND)
		BROKEN(
		    "an answer, but nothing was asked (%s: %s)",
		    result_class_name(script.result.class), script.result.text);
	if (strncmp(line, "notsent ", 8) == 0)
		answer.transport = TRANSPORT_NOT_SENT, answer.error = line + 8;
	else if (strncmp(line, "noanswer ", 9) == 0)
		answer.transport = TRANSPORT_NO_ANSWER, answer.error = line + 9;
	else
		answer.status = (int)strtol(line, NULL, 10);
	answer.is_of_text = strstr(line, " text") != NULL;
	answer.headers = buf_text(&script.headers);
	answer.body = buf_text(&script.body);
	answer.body_len = script.body.len;
	answer.truncated = script.truncated;
	if (script.body.len > script.request.max_body) {
		buf_truncate(&script.body, script.request.max_body);
		answer.body_len = script.body.len;
		answer.truncated = true;
	}
	script.step = script_network->notifier->step(
	    script.op, &answer, &script_env, &script.request, &script.result);
	buf_reset(&script.headers);
	buf_reset(&script.body);
	script.truncated = false;
}

/* "repeat N TEXT" into the body. */
static void body_repeat(const char *line)
{
	char *end;
	long n = strtol(line, &end, 10);

	while (n-- > 0)
		buf_str(&script.body, end + 1);
}

/* What a VERIFY says to make the account know its server. */
static void verify(const char *software)
{
	static const struct {
		const char *name, *instance;
	} servers[] = {
	    {"mastodon",
	     "{\"domain\":\"social.example\",\"version\":\"4.3.1\",\"configuration\":"
	     "{\"statuses\":{\"max_characters\":500,\"characters_reserved_per_url\":23}}}"},
	    {"mastodon45", "{\"domain\":\"social.example\",\"version\":\"4.5.0\"}"},
	    {"gotosocial",
	     "{\"domain\":\"gts.social.example\",\"account_domain\":\"social.example\","
	     "\"version\":\"0.20.0-dev\",\"configuration\":{\"statuses\":"
	     "{\"max_characters\":5000,\"characters_reserved_per_url\":25}}}"},
	    {"snac",
	     "{\"version\":\"4.0.0 (not true; really snac/2.75)\",\"configuration\":{\"statuses\":"
	     "{\"max_characters\":100000,\"characters_reserved_per_url\":32}}}"},
	    {"pleroma",
	     "{\"version\":\"2.7.2 (compatible; Pleroma 2.6.0)\",\"max_toot_chars\":5000}"},
	};
	size_t i;

	script.job = (struct job){.type = JOB_VERIFY};
	script.has_job = true;
	buf_str(&script.body, "{\"id\":\"1\",\"acct\":\"status\",\"bot\":true}");
	give_answer("200");
	for (i = 0; strcmp(servers[i].name, software) != 0; i++)
		assert_true(i < 4);
	buf_str(&script.body, servers[i].instance);
	give_answer("200");
	if (script.step == OP_SEND)
		give_answer("404");
	if (script.step == OP_SEND)
		give_answer("404");
	if (script.step != OP_DONE || script.result.class != RESULT_OK)
		BROKEN("verify %s: %s", software, script.result.text);
	script_drop_items();
	script_end();
}

static void begin_refused(const char *wanted)
{
	struct err err;

	script_open();
	script.op = script_network->notifier->begin(script.account, &script.job, &err);
	if (script.op)
		BROKEN("the job was taken");
	if (!strstr(err.text, wanted))
		BROKEN("refused with: %s", err.text);
	script_end();
}

static void check_refused(const char *wanted)
{
	const struct notifier *n = script_network->notifier;
	struct err err = {""};

	fill_settings();
	if (n->check(&script.settings, &err) == 0)
		BROKEN("the settings were taken");
	if (!strstr(err.text, wanted) || n->open(&script.settings, &err))
		BROKEN("refused with: %s", err.text);
}

static void run_word(char *line)
{
	char *rest = strchr(line, ' ');

	if (rest)
		*rest++ = '\0';
	if (strcmp(line, "job") == 0) {
		script.job = (struct job){.type = (enum job_type)FIND(job_names, rest)};
		script.has_job = true;
	} else if (strcmp(line, "handle") == 0) {
		script.handle = script_dup(rest);
	} else if (strcmp(line, "url") == 0) {
		script.url = script_dup(rest);
	} else if (strcmp(line, "token") == 0) {
		script.token = script_dup(rest);
	} else if (strcmp(line, "verify") == 0) {
		verify(rest);
	} else if (strcmp(line, "fail") == 0) {
		script.fail_at = (int)strtol(rest, NULL, 10);
	} else if (strcmp(line, "known") == 0) {
		script.known = script_dup(rest);
	} else if (strcmp(line, "refused") == 0) {
		begin_refused(rest);
	} else if (strcmp(line, "check") == 0) {
		check_refused(rest);
	} else if (strcmp(line, "measure") == 0) {
		expect_measure(rest);
	} else if (!script_network->word || !script_network->word(line, rest)) {
		BROKEN("what is \"%s\"?", line);
	}
}

static void run_line(char *line)
{
	if (!*line || *line == '#')
		return;
	if (*line == ' ')
		job_field(line + 1);
	else if (strncmp(line, "> ", 2) == 0)
		expect_request(line + 2);
	else if (strncmp(line, ">h ", 3) == 0)
		expect_header(line + 3);
	else if (strncmp(line, ">h~ ", 4) == 0)
		expect_header_part(line + 4);
	else if (strncmp(line, ">no ", 4) == 0)
		assert_null(script_header(line + 4, strlen(line + 4)));
	else if (strncmp(line, ">b ", 3) == 0)
		expect_body(line + 3);
	else if (strncmp(line, ">effect ", 8) == 0)
		expect_effect(line + 8);
	else if (strncmp(line, "<h ", 3) == 0)
		buf_printf(&script.headers, "%s\r\n", line + 3);
	else if (strncmp(line, "<b ", 3) == 0)
		buf_str(&script.body, line + 3);
	else if (strncmp(line, "<repeat ", 8) == 0)
		body_repeat(line + 8);
	else if (strncmp(line, "<x ", 3) == 0)
		buf_char(&script.body, (char)strtol(line + 3, NULL, 16));
	else if (strcmp(line, "<cut") == 0)
		script.truncated = true;
	else if (strncmp(line, "< ", 2) == 0)
		give_answer(line + 2);
	else if (strncmp(line, "* ", 2) == 0)
		expect_item(line + 2);
	else if (strncmp(line, "= ", 2) == 0)
		expect_result(line + 2);
	else
		run_word(line);
}

/* A line that fails ends its case, not the run. */
static void try_line(char *line)
{
	if (script.is_broken)
		return;
	if (setjmp(script_broken) == 0) {
		run_line(line);
	} else {
		script.is_broken = true;
		failed++;
	}
}

static void end_case(void)
{
	if (!script.is_broken && (script.op || script.has_job)) {
		print_error("%s: the case ends without a result\n", script.where);
		failed++;
	}
	finish_case();
}

void script_run(const char *path, int *cases, int *failures)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int seen = 0;

	assert_non_null(f);
	failed = 0;
	/* What stands before the first case is a comment. */
	while ((n = getline(&line, &cap, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (strncmp(line, "== ", 3) == 0) {
			end_case();
			new_case(path, line + 3);
			seen++;
		} else if (seen) {
			try_line(line);
		}
	}
	end_case();
	free(line);
	fclose(f);
	*cases += seen;
	*failures += failed;
}
