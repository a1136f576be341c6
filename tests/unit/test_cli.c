/*
 * The command line: options, exit codes, the socket, and the agent's answers as text
 * (tests/unit/data/cli/NAME.json -> NAME.txt; the part of the name before a '-' says
 * which command). TWICKET_WRITE=1 writes the texts anew.
 */
#include "agent/cli.h"
#include "agent/cli_control.h"
#include "agent/cli_oauth.h"
#include "agent/cli_objects.h"
#include "agent/cli_text.h"
#include "agent/health.h"
#include "agent/metrics.h"
#include "tests/unit/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define DATA "tests/unit/data/cli"

static void test_tag(void **state)
{
	char tag[16];

	(void)state;
	assert_true(cli_tag("T7K2", tag));
	assert_true(cli_tag("#t7k2", tag));
	assert_string_equal(tag, "T7K2");
	assert_false(cli_tag("", tag));
	assert_false(cli_tag("#", tag));
	assert_false(cli_tag("T7K2\n", tag));
	assert_false(cli_tag("db1/Postgres", tag));
	assert_false(cli_tag("T7K2T7K2T", tag));
}

struct parsed {
	bool all;
	const char *since;
	int argc;
	char *argv[8];
};

static int parse(struct parsed *p, enum cli_scope scope, struct err *err)
{
	const struct cli_option options[] = {
	    {"--all", &p->all, NULL}, {"--since", NULL, &p->since}, {NULL, NULL, NULL}};

	for (p->argc = 0; p->argv[p->argc];)
		p->argc++;
	return cli_options(&p->argc, p->argv, options, scope, err);
}

static void test_options(void **state)
{
	struct parsed a = {.argv = {"list", "--all", "host:a", "--since", "-3h", NULL}};
	struct parsed b = {.argv = {"list", "--since=16:00", "--", "--all", NULL}};
	struct parsed c = {.argv = {"reply", "--all", "T7K2", "--since", "x", NULL}};
	struct parsed d = {.argv = {"list", "--al", NULL}}, e = {.argv = {"list", "--since", NULL}};
	struct parsed f = {.argv = {"list", "--all=1", NULL}}, g = {.argv = {"reply", "-", NULL}};
	struct err err;

	(void)state;
	assert_int_equal(parse(&a, CLI_ALL_WORDS, &err), 0);
	assert_true(a.all);
	assert_string_equal(a.since, "-3h");
	assert_int_equal(a.argc, 2);
	assert_string_equal(a.argv[1], "host:a");
	assert_int_equal(parse(&b, CLI_ALL_WORDS, &err), 0);
	assert_false(b.all);
	assert_string_equal(b.since, "16:00");
	assert_string_equal(b.argv[1], "--all");
	assert_int_equal(parse(&c, CLI_UNTIL_WORD, &err), 0);
	assert_true(c.all);
	assert_null(c.since);
	assert_int_equal(c.argc, 4);
	assert_int_equal(parse(&d, CLI_ALL_WORDS, &err), -1);
	assert_string_equal(err.text, "--al: no such option; did you mean --all?");
	assert_int_equal(parse(&e, CLI_ALL_WORDS, &err), -1);
	assert_int_equal(parse(&f, CLI_ALL_WORDS, &err), -1);
	assert_int_equal(parse(&g, CLI_ALL_WORDS, &err), 0);
	assert_string_equal(g.argv[1], "-");
}

static void test_exit_codes(void **state)
{
	char *none[] = {"twicket", NULL}, *typo[] = {"twicket", "stauts", NULL};
	char *log[] = {"twicket", "audit", "log", NULL},
	     *version[] = {"twicket", "--version", NULL};
	char *away[] = {"twicket", "-r", "/nonexistent/twicket", "status", NULL};
	char *tag[] = {"twicket", "-r", "/nonexistent/twicket", "show", "db1/x", NULL};
	char *words[] = {"twicket", "-r", "/nonexistent/twicket", "reply", "T7K2", NULL};
	char *file[] = {"twicket", "-c", "/nonexistent/twicket.cfg", "check", NULL};
	char *id[] = {"twicket", "-r", "/nonexistent/twicket", "queue", "drop", "0x11", NULL};
	char *behind[] = {"twicket", "check", "-c", "/nonexistent/twicket.cfg", NULL};
	char *nowhere[] = {"twicket", "status", "-r", "/nonexistent/twicket", NULL};
	char *help[] = {"twicket", "help", "-h", NULL};
	char *of_what[] = {"twicket", "-r", "/nonexistent/twicket", "preview", NULL};

	(void)state;
	assert_int_equal(cli_run(1, none), CLI_USAGE);
	assert_int_equal(cli_run(2, typo), CLI_USAGE);
	assert_int_equal(cli_run(3, log), CLI_USAGE);
	assert_int_equal(cli_run(2, version), CLI_DONE);
	assert_int_equal(cli_run(4, away), CLI_AWAY);
	assert_int_equal(cli_run(5, tag), CLI_USAGE);
	assert_int_equal(cli_run(5, words), CLI_USAGE);
	assert_int_equal(cli_run(4, file), CLI_NO);
	assert_int_equal(cli_run(4, behind), CLI_NO);
	assert_int_equal(cli_run(4, nowhere), CLI_AWAY);
	assert_int_equal(cli_run(3, help), CLI_DONE);
	assert_int_equal(cli_run(6, id), CLI_USAGE);
	assert_int_equal(cli_run(4, of_what), CLI_USAGE);
}

/* --- answers as text ----------------------------------------------------------------------- */

static void read_file(const char *path, struct buf *out)
{
	char piece[4096];
	FILE *f = fopen(path, "r");
	size_t n;

	buf_init(out, 1u << 20);
	while (f && (n = fread(piece, 1, sizeof piece, f)))
		buf_add(out, piece, n);
	if (f)
		fclose(f);
}

static void health_of(const json_t *answer, int64_t now_ms, struct buf *out)
{
	(void)now_ms;
	health_text(answer, &health_defaults, out);
}

static void metrics_of(const json_t *answer, int64_t now_ms, struct buf *out)
{
	(void)now_ms;
	metrics_text(answer, out);
}

static void render(const char *name, const json_t *json, struct buf *out)
{
	static const struct {
		const char *command;
		void (*text)(const json_t *answer, int64_t now_ms, struct buf *out);
	} texts[] = {
	    {"status", cli_status_text},
	    {"list", cli_list_text},
	    {"show", cli_show_text},
	    {"queue", cli_queue_text},
	    {"quiet", cli_quiet_text},
	    {"check", cli_check_text},
	    {"audit", cli_audit_text},
	    {"people", cli_people_text},
	    {"report", cli_report_text},
	    {"preview", cli_preview_text},
	    {"health", health_of},
	    {"metrics", metrics_of}};
	size_t n = strcspn(name, "-.");

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (strlen(texts[i].command) == n && strncmp(texts[i].command, name, n) == 0) {
			texts[i].text(json, cli_number(json, "_now_ms"), out);
			return;
		}
	}
	fail_msg("%s: of no command", name);
}

static void check_file(const char *name)
{
	char path[512];
	struct buf out, expected;
	json_error_t why;
	json_t *json;
	FILE *f;

	snprintf(path, sizeof path, DATA "/%s", name);
	json = json_load_file(path, 0, &why);
	if (!json)
		fail_msg("%s: %s", name, why.text);
	buf_init(&out, 1u << 20);
	render(name, json, &out);
	snprintf(path, sizeof path, DATA "/%.*s.txt", (int)strcspn(name, "."), name);
	if (getenv("TWICKET_WRITE") && (f = fopen(path, "w"))) {
		fputs(buf_text(&out), f);
		fclose(f);
	}
	read_file(path, &expected);
	if (strcmp(buf_text(&out), buf_text(&expected)) != 0)
		fail_msg("%s gives\n%s", name, buf_text(&out));
	buf_finish(&out);
	buf_finish(&expected);
	json_decref(json);
}

static void test_health_line(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	health_line(HEALTH_CRITICAL, "did not start: \x1b[31mred | 'x'=1\nTWICKET OK", &out);
	assert_string_equal(buf_text(&out), "TWICKET CRITICAL - did not start: \\x1b[31mred / 'x'=1 TWICKET OK\n");
	buf_finish(&out);
}

static void test_answers(void **state)
{
	DIR *dir = opendir(DATA);
	const struct dirent *entry;
	unsigned n = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0) {
			check_file(entry->d_name);
			n++;
		}
	}
	closedir(dir);
	assert_true(n >= 20);
}

/* An agent that sends nonsense of the right outer form must not hurt. */
static void test_nonsense(void **state)
{
	static const char *const kinds[] = {"status", "list",  "show",
					    "queue",  "check", "preview", "quiet",
					    "audit",  "people", "report", NULL};
	static const char *const answers[] = {
	    "{}",
	    "[]",
	    "{\"nodes\":7,\"accounts\":[1,null,{}]}",
	    "{\"incidents\":[7,{\"told\":{\"a\":1}},{\"told\":[3,{\"names\":[7,null]}]}]}",
	    "{\"incident\":[],\"story\":{\"a\":1}}",
	    "{\"story\":[1,{\"kind\":7,\"at_ms\":\"x\"}]}",
	    "{\"posts\":[[],{\"id\":\"x\"}]}",
	    "{\"quiet\":[7,{\"id\":\"x\"},{\"tag\":3}],\"paused\":{\"a\":1}}",
	    "{\"quiet\":3,\"paused\":[7,{\"audience\":0}]}",
	    "{\"audit\":[7,{\"at_ms\":\"x\",\"actor\":3},null],\"cut\":true}",
	    "{\"people\":[7,{\"name\":3,\"handles\":[1,{\"ids\":[0,{\"id\":1}]}],\"listed\":true}]}",
	    "{\"people\":{\"a\":1}}",
	    "{\"audit\":{\"a\":1},\"cut\":1}",
	    "{\"month\":-7,\"incidents\":{\"began\":\"x\",\"open\":-3,\"open_tags\":[1]},\"acked\":{\"never\":-1},"
	    "\"posts\":{\"said\":-1},\"replies\":{\"verbs\":[1]},\"objects\":[7,{\"name\":1}],\"public\":{}}",
	    "{\"month\":99999999999999,\"posts\":{\"said\":1},\"money\":{\"accounts\":[7,{}]},\"flappers\":[{}]}",
	    "{\"audiences\":[0],\"people\":[0],\"accounts\":[0]}",
	    "{\"audiences\":[{\"names\":[0],\"accounts\":[0],\"hold_ms\":-1}],\"objects\":1}",
	    "{\"audiences\":[{\"told\":true,\"posts\":[7,{\"text\":7,\"price_micro\":\"x\"}]}]}",
	    "{\"accounts\":[{\"spent_micro\":\"x\",\"limit_micro\":-1,\"prices\":{\"links\":7}},"
	    "{\"prices\":[1]}],\"cost_micro\":-5}",
	    NULL};

	(void)state;
	for (int k = 0; kinds[k]; k++) {
		for (int i = 0; answers[i]; i++) {
			json_t *json = json_loads(answers[i], 0, NULL);
			struct buf out;

			assert_non_null(json);
			buf_init(&out, 1u << 20);
			render(kinds[k], json, &out);
			assert_false(out.cut);
			buf_finish(&out);
			json_decref(json);
		}
	}
}

static void assert_reply(const char *answer, enum cli_exit code, const char *expected)
{
	json_t *json = json_loads(answer, 0, NULL);
	struct buf out;

	assert_non_null(json);
	buf_init(&out, 10000);
	assert_int_equal(cli_reply_text(json, &out), code);
	assert_string_equal(buf_text(&out), expected);
	buf_finish(&out);
	json_decref(json);
}

static void test_reply(void **state)
{
	(void)state;
	assert_reply(
	    "{\"state\":\"confirmed\",\"ms\":4,\"text\":\"\"}", CLI_DONE,
	    "confirmed by the core after 4 ms\n");
	assert_reply(
	    "{\"state\":\"comment\",\"ms\":3,\"text\":\"\"}", CLI_DONE, "kept as a comment\n");
	assert_reply(
	    "{\"state\":\"status\",\"text\":\"CRITICAL\\nsince \\u001b[1m03:12\\n\"}", CLI_DONE,
	    "CRITICAL\nsince \\x1b[1m03:12\n");
	assert_reply(
	    "{\"state\":\"done\",\"ms\":0,\"text\":\"db1: quiet until 16:00\"}", CLI_DONE,
	    "done: db1: quiet until 16:00\n");
	assert_reply(
	    "{\"state\":\"no effect\",\"text\":\"it is OK\"}", CLI_NO, "no effect: it is OK\n");
	assert_reply("{\"state\":\"denied\",\"text\":\"\"}", CLI_NO, "denied\n");
	assert_reply("{\"state\":\"timeout\"}", CLI_LATE, "the core did not confirm it in time\n");
	assert_reply("{\"state\":\"new word\"}", CLI_NO, "new word\n");
}

/* --- objects ------------------------------------------------------------------------------- */

static void test_objects(void **state)
{
	json_t *answer = json_loads(
	    "{\"objects\":["
	    "{\"node\":\"mon1\",\"host\":\"mx1\",\"service\":\"\",\"pairs\":[\"hostgroup\","
	    "\"mail\"]},"
	    "{\"node\":\"mon1\",\"host\":\"mx1\",\"service\":\"SMTP\",\"pairs\":[\"hostgroup\","
	    "\"mail\","
	    "\"_TWICKET_PUBLIC\",\"E-mail\"]},"
	    "{\"node\":\"mon1\",\"host\":\"a/b\",\"service\":\"\",\"pairs\":[]},"
	    "{\"node\":\"mon1\",\"host\":\"odd\",\"service\":\"\",\"pairs\":[\"key only\"]},"
	    "{\"host\":7}, 7, {\"host\":\"x\",\"pairs\":[1,2]}]}",
	    0, NULL);
	struct cli_objects objects;
	const char *near;

	(void)state;
	assert_non_null(answer);
	assert_int_equal(cli_objects_take(answer, &objects), 0);
	assert_true(objects.n >= 3);
	assert_string_equal(cli_objects_find(&objects, "mx1/SMTP")->service, "SMTP");
	assert_string_equal(cli_objects_find(&objects, "mx1")->service, "");
	assert_string_equal(cli_objects_find(&objects, "a/b")->host, "a/b");
	assert_null(cli_objects_find(&objects, "mx1/IMAP"));
	assert_true(cli_objects_know(&objects, "hostgroup", "mail", &near));
	assert_false(cli_objects_know(&objects, "hostgroup", "mial", &near));
	assert_string_equal(near, "mail");
	assert_false(cli_objects_know(&objects, "service", "SMPT", &near));
	assert_string_equal(near, "SMTP");
	assert_false(cli_objects_know(&objects, "contact", "alice", &near));
	assert_null(near);
	assert_true(cli_objects_know(&objects, "node", "mon1", &near));
	cli_objects_finish(&objects);
	json_decref(answer);
}

/* --- auth ---------------------------------------------------------------------------------- */

static void test_code(void **state)
{
	char code[64];

	(void)state;
	oauth_clean_code("  abc def\t\r", code, sizeof code);
	assert_string_equal(code, "abcdef");
	oauth_clean_code(
	    "https://x.example/oauth/authorize/native?code=abc&state=1", code, sizeof code);
	assert_string_equal(code, "abc");
	oauth_clean_code("a&b", code, sizeof code);
	assert_string_equal(code, "a&b");
	oauth_clean_code("", code, sizeof code);
	assert_string_equal(code, "");
}

static void assert_base(const char *handle, const char *url, const char *expected)
{
	struct config_account a = {.handle = (char *)handle, .url = (char *)url};
	struct oauth o;

	oauth_init(&o, NULL, &a);
	assert_string_equal(o.base, expected);
	oauth_finish(&o);
}

static void test_base(void **state)
{
	struct config_account a = {.handle = "s@h", .url = ""};
	struct oauth o;
	struct buf url;

	(void)state;
	assert_base("status@social.example", "", "https://social.example");
	assert_base("status@127.0.0.1:8001", "http://127.0.0.1:8001/", "http://127.0.0.1:8001");
	oauth_init(&o, NULL, &a);
	o.scopes = OAUTH_SCOPES_PROFILE;
	snprintf(o.client_id, sizeof o.client_id, "%s", "a&b=c d");
	buf_init(&url, 4096);
	assert_int_equal(oauth_url(&o, &url, NULL), 0);
	assert_string_equal(
	    buf_text(&url),
	    "https://h/oauth/authorize?response_type=code&client_id=a%26b%3Dc%20d"
	    "&redirect_uri=urn%3Aietf%3Awg%3Aoauth%3A2.0%3Aoob"
	    "&scope=profile%20read%3Anotifications%20read%3Astatuses%20write%3Astatuses"
	    "%20write%3Afavourites&force_login=true");
	buf_finish(&url);
	oauth_finish(&o);
}

/* --- the socket ---------------------------------------------------------------------------- */

/* An agent that takes one connection and answers with these bytes (NULL = never). */
static pid_t stub(const char *path, const char *bytes)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
	char request[4096];
	pid_t pid;

	snprintf(addr.sun_path, sizeof addr.sun_path, "%s", path);
	unlink(path);
	assert_int_equal(bind(listener, (struct sockaddr *)&addr, sizeof addr), 0);
	assert_int_equal(listen(listener, 5), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		fd = accept(listener, NULL, NULL);
		if (read(fd, request, sizeof request) > 0 && bytes &&
		    write(fd, bytes, strlen(bytes)) == -1)
			_exit(1);
		if (!bytes)
			pause();
		_exit(0);
	}
	close(listener);
	return pid;
}

static enum cli_exit ask_stub(const char *bytes, size_t max, struct err *err)
{
	char path[64];
	/* only who says nothing is not waited for: the machine may be busy */
	struct control_question q = {
	    .path = path, .timeout_ms = bytes ? CONTROL_TIMEOUT_MS : 200, .max = max};
	json_t *request = json_pack("{s:s}", "do", "status"), *answer;
	enum cli_exit rc;
	pid_t pid;

	snprintf(path, sizeof path, "/tmp/twicket-cli.%d.sock", (int)getpid());
	pid = stub(path, bytes);
	rc = cli_control_ask(&q, request, &answer, err);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink(path);
	json_decref(request);
	json_decref(answer);
	return rc;
}

static void test_control(void **state)
{
	char path[200];
	struct control_question q = {.path = path, .timeout_ms = 200, .max = 1000};
	json_t *answer;
	struct err err;

	(void)state;
	assert_int_equal(ask_stub("{\"ok\":true}\n", 1000, &err), CLI_DONE);
	assert_int_equal(
	    ask_stub("{\"ok\":false,\"error\":\"no incident T7K2\"}\n", 1000, &err), CLI_NO);
	assert_string_equal(err.text, "no incident T7K2");
	assert_int_equal(ask_stub("{\"ok\":true", 1000, &err), CLI_AWAY);
	assert_int_equal(ask_stub("HTTP/1.1 400 Bad Request\r\n\r\n", 1000, &err), CLI_AWAY);
	assert_int_equal(ask_stub("", 1000, &err), CLI_AWAY);
	assert_int_equal(ask_stub(NULL, 1000, &err), CLI_LATE);
	assert_int_equal(
	    ask_stub("{\"ok\":true,\"long\":\"xxxxxxxxxxxxxxxxx\"}\n", 20, &err), CLI_NO);
	snprintf(path, sizeof path, "/nonexistent/control.sock");
	assert_int_equal(cli_control_ask(&q, NULL, &answer, &err), CLI_AWAY);
	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	assert_int_equal(cli_control_ask(&q, NULL, &answer, &err), CLI_AWAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tag),        cmocka_unit_test(test_options),
	    cmocka_unit_test(test_exit_codes), cmocka_unit_test(test_health_line), cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_nonsense),   cmocka_unit_test(test_reply),
	    cmocka_unit_test(test_objects),    cmocka_unit_test(test_code),
	    cmocka_unit_test(test_base),       cmocka_unit_test(test_control),
	};

	return cmocka_run_group_tests_name("cli", tests, zone_utc, NULL);
}
