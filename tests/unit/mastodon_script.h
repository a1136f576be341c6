/*
 * The scripted server of test_mastodon.c, test_twitter.c and test_desk.c: its language is in data/mastodon/README.
 * Shared by mastodon_script.c (what is done) and mastodon_expect.c (what is checked).
 * A line that fails ends its case, not the run.
 */
#ifndef TWICKET_TEST_MASTODON_SCRIPT_H
#define TWICKET_TEST_MASTODON_SCRIPT_H

#include "common/buf.h"
#include "notifiers/notifier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SCRIPT_NOW_MS INT64_C(1795305600000) /* 2026-11-22T00:00:00Z */
#define SCRIPT_TOKEN "SECRET-TOKEN"
#define SCRIPT_ITEMS 256
#define SCRIPT_FIELDS 13

struct item_text {
	enum item_kind kind;
	char *field[SCRIPT_FIELDS]; /* in the order of item_fields */
};

/* Whose notifier is under test; test_mastodon.c's unless a test says otherwise. */
struct script_network {
	const struct notifier *notifier;
	const char *handle, *token; /* unless the case names others */
	const char *url; /* the same; NULL = "" */
	bool (*word)(const char *word, char *rest); /* further words; false = not one of them */
};

/* One case: one account, any number of jobs. */
struct script {
	char where[600];
	char *handle, *url, *token;
	struct notifier_settings settings;
	struct account *account;
	struct job job;
	char *job_strings[10];
	bool has_job;
	struct op *op;
	enum op_step step;
	struct request request;
	struct result result;
	struct buf headers, body;
	bool truncated;
	unsigned char randoms; /* how often randomness was asked for */
	int fail_at; /* the emit that fails, counted from 1; 0 = none */
	char *known; /* this uri is KNOWN */
	struct item_text items[SCRIPT_ITEMS];
	size_t item_count, item_next;
	bool is_broken; /* the rest of the case is skipped */
};

extern struct script script;
extern jmp_buf script_broken;
extern const struct script_network *script_network;
extern struct op_env script_env;

#define BROKEN(...)                                                                                \
	do {                                                                                       \
		print_error("%s: ", script.where);                                                 \
		print_error(__VA_ARGS__);                                                          \
		print_error("\n");                                                                 \
		longjmp(script_broken, 1);                                                         \
	} while (0)

/* Runs the cases of one file; the numbers are added to. */
void script_run(const char *path, int *cases, int *failures);

char *script_dup(const char *s);
char *script_unescape(const char *s); /* \n, \xHH and \\ */
int script_find(const char *const *list, size_t n, const char *word);
#define FIND(list, word) script_find(list, sizeof(list) / sizeof((list)[0]), word)

void script_open(void);
void script_start(void); /* the job's fields are complete: its first step */
void script_end(void);
void script_drop_items(void);
const char *script_header(const char *wanted, size_t n);
enum emitted script_emit(void *arg, const struct item *item);

void expect_request(const char *line);
void expect_header(const char *wanted);
void expect_header_part(const char *wanted);
void expect_body(const char *wanted);
void expect_effect(const char *wanted);
void expect_item(char *line);
void expect_result(char *line);
void expect_measure(const char *line);

#endif
