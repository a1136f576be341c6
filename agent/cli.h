/*
 * The command line program: what its commands share. cli.c reads the options and
 * finds the command; each command is one function in a file of its own.
 */
#ifndef TWICKET_CLI_H
#define TWICKET_CLI_H

#include "agent/config.h"
#include "common/buf.h"
#include "common/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum cli_exit {
	CLI_DONE = 0,
	CLI_NO = 1, /* the reason is on stderr */
	CLI_USAGE = 2,
	CLI_AWAY = 3, /* the agent does not answer */
	CLI_LATE = 4 /* asked, not confirmed in time */
};

#define CLI_CONFIG "/etc/twicket/twicket.cfg"
#define CLI_RUN_DIR "/run/twicket"
#define CLI_OUT_MAX (64u << 20) /* bytes of what one command prints */

/* What stands before the command. */
struct cli {
	const char *config_path, *state_dir, *run_dir; /* NULL = not given */
	bool json, help, version;
	int64_t now_ms; /* wall clock at the start */
};

/* An option: either flag or value is set. */
struct cli_option {
	const char *name; /* "--all", "-c" */
	bool *flag;
	const char **value;
};

/* The whole program. */
enum cli_exit cli_run(int argc, char **argv);

/*
 * Takes options out of argv (from argv[1] on) and closes the gaps; "--" ends them.
 * until_word: stops at the first word, for words that are nobody's options.
 * options end with a NULL name. -1 with err: no such option, no value.
 */
enum cli_scope { CLI_ALL_WORDS, CLI_UNTIL_WORD };
int cli_options(
    int *argc, char **argv, const struct cli_option *options, enum cli_scope scope,
    struct err *err);
/* The options of a command, with --json and --help. False: stop with *rc, all is said. */
bool cli_command_options(
    struct cli *cli, int *argc, char **argv, const struct cli_option *options, enum cli_scope scope,
    enum cli_exit *rc);

/* The commands: argv[0] is the command's name. */
enum cli_exit cli_check(struct cli *cli, int argc, char **argv);
enum cli_exit cli_auth(struct cli *cli, int argc, char **argv);
enum cli_exit cli_preview(struct cli *cli, int argc, char **argv);
enum cli_exit cli_replay(struct cli *cli, int argc, char **argv);
enum cli_exit cli_status(struct cli *cli, int argc, char **argv);
enum cli_exit cli_list(struct cli *cli, int argc, char **argv);
enum cli_exit cli_show(struct cli *cli, int argc, char **argv);
enum cli_exit cli_reply(struct cli *cli, int argc, char **argv);
enum cli_exit cli_queue(struct cli *cli, int argc, char **argv);
enum cli_exit cli_open(struct cli *cli, int argc, char **argv);
enum cli_exit cli_close(struct cli *cli, int argc, char **argv);
enum cli_exit cli_retract(struct cli *cli, int argc, char **argv);
enum cli_exit cli_quiet(struct cli *cli, int argc, char **argv);
enum cli_exit cli_pause(struct cli *cli, int argc, char **argv);
enum cli_exit cli_resume(struct cli *cli, int argc, char **argv);
enum cli_exit cli_people(struct cli *cli, int argc, char **argv);
enum cli_exit cli_audit(struct cli *cli, int argc, char **argv);
enum cli_exit cli_report(struct cli *cli, int argc, char **argv);

/* cli_out.c: one line on stderr ("twicket: ..."), escaped; with --json also an object on stdout. Returns code. */
enum cli_exit cli_complain(const struct cli *cli, enum cli_exit code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same after wrong usage, with a hint at the help of the command. */
enum cli_exit cli_misused(const struct cli *cli, const char *command, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A line of talk: on stdout, with --json on stderr, so that stdout holds JSON only. */
void cli_say(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* To stdout; CLI_NO when it could not be written. */
enum cli_exit cli_put(const struct cli *cli, const struct buf *out);
enum cli_exit cli_put_json(const struct cli *cli, const json_t *json);
/* The agent's answer, as it is with --json, else in the words of text(). Takes the answer over. */
enum cli_exit cli_put_answer(
    const struct cli *cli, json_t *answer,
    void (*text)(const json_t *answer, int64_t now_ms, struct buf *out));

/* The file, with what the options change of it. NULL: the report (the caller's) or err says why. */
void cli_take_clock(const struct cli *cli); /* quietly: a file with errors has no say */
void cli_use_timezone(const struct config *config); /* cli_config() does */
struct config *cli_config(const struct cli *cli, struct config_report *report, struct err *err);

/*
 * Asks the agent and takes the request over. On CLI_DONE *answer is the caller's;
 * else it has already complained.
 */
enum cli_exit cli_ask(const struct cli *cli, json_t *request, int timeout_ms, json_t **answer);
/* Path of the control socket, from the options, the file, or the default; the caller frees it. */
char *cli_socket(const struct cli *cli);

/* Members of JSON objects; "" and 0 when they are absent or of another type. */
const char *cli_string(const json_t *object, const char *key);
int64_t cli_number(const json_t *object, const char *key);

/* "#t7k2" as typed -> "T7K2"; false when it is no tag. */
bool cli_tag(const char *typed, char tag[16]);

/* The agent's answers as people read them; pure. */
void cli_status_text(const json_t *answer, int64_t now_ms, struct buf *out);
void cli_list_text(const json_t *answer, int64_t now_ms, struct buf *out);
void cli_show_text(const json_t *answer, int64_t now_ms, struct buf *out);
void cli_queue_text(const json_t *answer, int64_t now_ms, struct buf *out);
void cli_quiet_text(const json_t *answer, int64_t now_ms, struct buf *out);
void cli_people_text(const json_t *answer, int64_t now_ms, struct buf *out);
void cli_audit_text(const json_t *answer, int64_t now_ms, struct buf *out);
void cli_report_text(const json_t *report, int64_t now_ms, struct buf *out);
void cli_check_text(const json_t *facts, int64_t now_ms, struct buf *out);
void cli_preview_text(const json_t *facts, int64_t now_ms, struct buf *out);
/* "CRITICAL", "MAJOR DOWN", "by hand", "maintenance" of an incident. */
void cli_state(const json_t *incident, struct buf *out);
/* What became of a reply: the line to print and the exit code. */
enum cli_exit cli_reply_text(const json_t *answer, struct buf *out);

#endif
