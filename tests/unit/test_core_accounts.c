/*
 * Logins that cannot be used: a token that cannot be read, or that the network's own code
 * refuses, is the trouble of its account; what is wrong in the configuration stops all.
 * Must never need a network: nothing takes a turn here.
 */
#include "agent/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TOKEN                                                                                      \
	"{\"consumer_key\":\"k\",\"consumer_secret\":\"s\",\"token\":\"17-t\",\"token_secret\":\"ts\","    \
	"\"user_id\":\"17\",\"screen_name\":\"examplenet\"}"
#define CUT "{\"consumer_key\":\"SECRET"

enum { TOOT, STATUS_X };

static const char *x_token; /* NULL: there is none */
static const struct now now = {.wall_ms = 1795348800000, .boot_ms = 5000};
static struct config *config;
static struct store *store;

static int load_token(const struct config_account *a, char **token, struct err *err)
{
	const char *text = strcmp(a->network, "x") == 0 ? x_token : "toot";

	if (!text)
		return err_set(err, "no token yet");
	*token = strdup(text);
	return 0;
}

static void free_token(char *token)
{
	free(token);
}

static void no_chance(void *bytes, size_t n)
{
	memset(bytes, 1, n);
}

static void no_describe(void *arg, const char *node, unsigned kind, const char *host, const char *service)
{
	(void)arg, (void)node, (void)kind, (void)host, (void)service;
}

static const struct carrier nowhere; /* nothing is submitted */
static const struct core_env env = {.carrier = &nowhere,
				    .random = no_chance,
				    .notifier = notifier_find,
				    .load_token = load_token,
				    .free_token = free_token,
				    .boot_id = "boot",
				    .describe = no_describe};

static int setup(void **state)
{
	char path[] = "/tmp/twicket-accounts-XXXXXX";
	struct config_report report;
	int fd = mkstemp(path);
	FILE *f = fd == -1 ? NULL : fdopen(fd, "w");
	struct err err;

	(void)state;
	if (!f)
		return -1;
	fprintf(f, "accounts = { toot = { network = \"mastodon\"; handle = \"toot@social.example.org\"; };\n"
		   "  status_x = { network = \"x\"; handle = \"examplenet\"; }; };\n"
		   "audiences = { public = { accounts = [ \"toot\", \"status_x\" ]; }; };\n"
		   "people = { alice = { x = \"alice_noc\"; }; };\n");
	fclose(f);
	config = config_load(path, &report);
	config_report_finish(&report);
	unlink(path);
	store = store_open(":memory:", &err);
	return config && store ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	store_close(store);
	config_destroy(config);
	return 0;
}

static void is_trouble(const struct core *c, unsigned account, const char *word)
{
	const char *trouble = core_login_trouble(c, account);

	assert_non_null(trouble);
	assert_non_null(strstr(trouble, word));
	assert_null(strstr(trouble, "SECRET"));
}

static void test_start(void **state)
{
	static const char *const words[][2] = {
	    {CUT, "no JSON object"}, {"{}", "missing"}, {"", "unusable"}, {NULL, "no token yet"}};
	struct err err = {""};

	(void)state;
	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct core *c;

		x_token = words[i][0];
		c = core_create(config, store, &env, &now, &err);
		assert_string_equal(err.text, "");
		assert_non_null(c);
		assert_null(core_login_trouble(c, TOOT));
		if (x_token && !*x_token) /* as if there were none: X says so at the first request */
			assert_null(core_login_trouble(c, STATUS_X));
		else
			is_trouble(c, STATUS_X, words[i][1]);
		core_destroy(c);
	}
}

static void test_later(void **state)
{
	struct err err = {""};
	struct core *c;

	(void)state;
	x_token = TOKEN;
	c = core_create(config, store, &env, &now, &err);
	assert_non_null(c);
	assert_null(core_login_trouble(c, STATUS_X));
	/* of no use, and whoever stored it hears so; what was there goes on */
	x_token = CUT;
	assert_int_equal(core_reload_token(c, STATUS_X, &now, &err), -1);
	assert_non_null(strstr(err.text, "accounts.status_x: "));
	assert_null(core_login_trouble(c, STATUS_X));
	/* nobody else's business */
	assert_int_equal(core_reload_token(c, TOOT, &now, &err), 0);
	assert_null(core_login_trouble(c, TOOT));
	is_trouble(c, STATUS_X, "no JSON object");
	assert_int_equal(core_set_config(c, config, &now, &err), 0);
	assert_int_equal(core_reload_token(c, -1, &now, &err), 0);
	is_trouble(c, STATUS_X, "no JSON object");
	x_token = TOKEN;
	assert_int_equal(core_reload_token(c, STATUS_X, &now, &err), 0);
	assert_null(core_login_trouble(c, STATUS_X));
	core_destroy(c);
}

/* A file that was never checked: what is wrong there is no token's fault. */
static void test_configuration(void **state)
{
	char *fields = config->accounts[STATUS_X].fields, wrong[] = "twit";
	struct err err = {""};

	(void)state;
	x_token = CUT;
	config->accounts[STATUS_X].fields = wrong;
	assert_null(core_create(config, store, &env, &now, &err));
	assert_non_null(strstr(err.text, "accounts.status_x: fields = \"twit\""));
	config->accounts[STATUS_X].fields = fields;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_start, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_later, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_configuration, setup, teardown),
	};

	return cmocka_run_group_tests_name("core_accounts", tests, NULL, NULL);
}
