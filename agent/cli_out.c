/*
 * What the commands of the CLI share: complaints, output, the configuration, the
 * question to the agent. Called by all of them. It must never print a secret, nor
 * anything foreign that is not escaped.
 */
#include "agent/cli.h"
#include "agent/cli_control.h"
#include "agent/cli_text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

__attribute__((format(printf, 3, 0))) static void
print_line(FILE *to, const char *before, const char *format, va_list args)
{
	struct buf line;
	char *text = NULL;

	buf_init(&line, 65536);
	if (vasprintf(&text, format, args) != -1) {
		cli_escape(&line, text);
		fprintf(to, "%s%s\n", before, buf_text(&line));
		free(text);
	}
	buf_finish(&line);
}

__attribute__((format(printf, 1, 0))) static void json_error(const char *format, va_list args)
{
	json_t *object = json_object();
	char *text = NULL;

	if (vasprintf(&text, format, args) != -1) {
		json_object_set_new(object, "ok", json_false());
		json_object_set_new(object, "error", json_string(text));
		json_dumpf(object, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
		fputc('\n', stdout);
		free(text);
	}
	json_decref(object);
}

enum cli_exit cli_complain(const struct cli *cli, enum cli_exit code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(stderr, "twicket: ", format, args);
	va_end(args);
	if (cli->json) {
		va_start(args, format);
		json_error(format, args);
		va_end(args);
	}
	return code;
}

enum cli_exit cli_misused(const struct cli *cli, const char *command, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(stderr, "twicket: ", format, args);
	va_end(args);
	fprintf(stderr, "(twicket help%s%s says more)\n", *command ? " " : "", command);
	if (cli->json) {
		va_start(args, format);
		json_error(format, args);
		va_end(args);
	}
	return CLI_USAGE;
}

void cli_say(const struct cli *cli, const char *format, ...)
{
	FILE *to = cli->json ? stderr : stdout;
	va_list args;

	va_start(args, format);
	print_line(to, "", format, args);
	va_end(args);
	fflush(to);
}

enum cli_exit cli_put(const struct cli *cli, const struct buf *out)
{
	if (out->cut)
		return cli_complain(cli, CLI_NO, "out of memory, or far too much to print");
	if (fwrite(buf_text(out), 1, out->len, stdout) != out->len || fflush(stdout) != 0) {
		fprintf(stderr, "twicket: standard output cannot be written\n");
		return CLI_NO;
	}
	return CLI_DONE;
}

enum cli_exit cli_put_json(const struct cli *cli, const json_t *json)
{
	/* ASCII only: a terminal may stand behind it */
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
	enum cli_exit rc;
	struct buf out;

	buf_init(&out, CLI_OUT_MAX * 8);
	if (text) {
		buf_str(&out, text);
		buf_char(&out, '\n');
	}
	out.cut = out.cut || !text;
	rc = cli_put(cli, &out);
	buf_finish(&out);
	free(text);
	return rc;
}

enum cli_exit cli_put_answer(
    const struct cli *cli, json_t *answer,
    void (*text)(const json_t *answer, int64_t now_ms, struct buf *out))
{
	enum cli_exit rc;
	struct buf out;

	if (cli->json) {
		rc = cli_put_json(cli, answer);
	} else {
		buf_init(&out, CLI_OUT_MAX);
		text(answer, cli->now_ms, &out);
		rc = cli_put(cli, &out);
		buf_finish(&out);
	}
	json_decref(answer);
	return rc;
}

bool cli_tag(const char *typed, char tag[16])
{
	size_t n;

	typed += *typed == '#';
	n = strlen(typed);
	if (n < 2 || n > 8)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)typed[i]))
			return false;
		tag[i] = (char)toupper((unsigned char)typed[i]);
	}
	tag[n] = '\0';
	return true;
}

/* Times are read and written in the clock of the posts, not in this terminal's. */
void cli_use_timezone(const struct config *config)
{
	if (config->timezone && *config->timezone)
		setenv("TZ", config->timezone, 1);
	tzset();
}

void cli_take_clock(const struct cli *cli)
{
	struct config_report report;
	struct config *c = config_load(cli->config_path ? cli->config_path : CLI_CONFIG, &report);

	if (c)
		cli_use_timezone(c);
	config_discard(c);
	config_report_finish(&report);
}

struct config *cli_config(const struct cli *cli, struct config_report *report, struct err *err)
{
	struct config *c = config_load(cli->config_path ? cli->config_path : CLI_CONFIG, report);

	if (!c) {
		err_set(err, "the configuration has errors");
		return NULL;
	}
	if (config_override(c, cli->state_dir, cli->run_dir, err) == -1) {
		config_discard(c);
		return NULL;
	}
	cli_use_timezone(c);
	return c;
}

/*
 * The agent runs on what it last read, so a file that is broken by now must not keep
 * an operator from it: then the socket is looked for in its usual place.
 */
static char *run_dir_of(const struct cli *cli)
{
	struct config_report report = {.n = 0};
	struct config *c;
	char *dir = NULL;

	if (cli->run_dir)
		return strdup(cli->run_dir);
	if (!cli->config_path && access(CLI_CONFIG, F_OK) == -1)
		return strdup(CLI_RUN_DIR);
	c = cli_config(cli, &report, NULL);
	if (c) {
		dir = strdup(c->run_dir);
	} else {
		fprintf(
		    stderr,
		    "twicket: the configuration cannot be used (twicket check); trying " CLI_RUN_DIR
		    "\n");
		dir = strdup(CLI_RUN_DIR);
	}
	config_discard(c);
	config_report_finish(&report);
	return dir;
}

char *cli_socket(const struct cli *cli)
{
	char *dir = run_dir_of(cli), *path = NULL;

	if (dir && asprintf(&path, "%s/control.sock", dir) == -1)
		path = NULL;
	free(dir);
	return path;
}

/* With --json the agent's own words, which say more than its reason. */
static enum cli_exit
refuse(const struct cli *cli, enum cli_exit code, const json_t *answer, const char *reason)
{
	struct cli plain = *cli;

	if (!answer || !cli->json)
		return cli_complain(cli, code, "%s", reason);
	plain.json = false;
	cli_complain(&plain, code, "%s", reason);
	cli_put_json(cli, answer);
	return code;
}

enum cli_exit cli_ask(const struct cli *cli, json_t *request, int timeout_ms, json_t **answer)
{
	struct control_question q = {.timeout_ms = timeout_ms, .max = CONTROL_ANSWER_MAX};
	char *path = cli_socket(cli);
	struct err err;
	enum cli_exit rc;

	*answer = NULL;
	q.path = path;
	if (!path || !request) {
		rc = cli_complain(cli, CLI_NO, "out of memory");
		goto out;
	}
	rc = cli_control_ask(&q, request, answer, &err);
	/* Only a reply can be waiting for somebody else: the rest is a matter of the agent. */
	if (rc == CLI_LATE && strcmp(cli_string(request, "do"), "reply") != 0)
		rc = CLI_AWAY;
	if (rc != CLI_DONE) {
		refuse(cli, rc, *answer, err.text);
		json_decref(*answer);
		*answer = NULL;
	}
out:
	json_decref(request);
	free(path);
	return rc;
}
