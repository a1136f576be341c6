/*
 * The configuration as data: each tests/unit/data/config/X.cfg with the report that it
 * must give in X.out ("ok" when there is none), and what a loaded one holds.
 */
#include "agent/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"

#define DATA "tests/unit/data/config"

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 100000);

	if (!f)
		fail_msg("%s cannot be opened", path);
	assert_non_null(text);
	text[fread(text, 1, 99999, f)] = '\0';
	fclose(f);
	return text;
}

static void report_text(const struct config_report *report, struct buf *out)
{
	for (unsigned i = 0; i < report->n; i++)
		buf_printf(
		    out, "%s%s\n", report->at[i].warning ? "warning: " : "", report->at[i].text);
	if (!report->errors)
		buf_str(out, "ok\n");
}

static bool run_case(const char *name)
{
	char in[300], out[300], *expected;
	struct config_report report;
	struct config *c;
	struct buf got;
	bool same;

	snprintf(in, sizeof in, DATA "/%s.cfg", name);
	snprintf(out, sizeof out, DATA "/%s.out", name);
	expected = slurp(out);
	c = config_load(in, &report);
	buf_init(&got, 100000);
	report_text(&report, &got);
	same = !strcmp(buf_text(&got), expected);
	if (!same)
		printf("%s:\n%s--- expected\n%s", name, buf_text(&got), expected);
	assert_true(!c == !!report.errors);
	config_destroy(c);
	config_report_finish(&report);
	buf_finish(&got);
	free(expected);
	return same;
}

static void test_reports(void **state)
{
	struct dirent *e;
	DIR *d = opendir(DATA);
	unsigned n = 0, bad = 0;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (len < 5 || strcmp(e->d_name + len - 4, ".cfg"))
			continue;
		e->d_name[len - 4] = '\0';
		n++;
		bad += !run_case(e->d_name);
	}
	closedir(d);
	print_message("%u files\n", n);
	assert_int_equal(bad, 0);
	assert_true(n > 30);
}

static struct config *load_sound(const char *path)
{
	struct config_report report;
	struct config *c = config_load(path, &report);

	for (unsigned i = 0; i < report.n; i++)
		print_message("%s\n", report.at[i].text);
	assert_non_null(c);
	config_report_finish(&report);
	return c;
}

/* How many warnings of a proxy's login; the file with that mode. */
static unsigned proxy_warnings(const char *text, mode_t mode)
{
	char path[] = "/tmp/twicket-proxy-XXXXXX";
	struct config_report report;
	struct config *c;
	unsigned n = 0;
	int fd = mkstemp(path);

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	c = config_load(path, &report);
	unlink(path);
	assert_non_null(c);
	for (unsigned i = 0; i < report.n; i++)
		n += strstr(report.at[i].text, "proxy: holds a login") != NULL;
	config_destroy(c);
	config_report_finish(&report);
	return n;
}

static void test_proxy_login(void **state)
{
	static const char login[] =
	    "accounts = { a = { network = \"mastodon\"; handle = \"s@example.org\";"
	    " proxy = \"http://us:secret@proxy:3128\"; }; };\n"
	    "audiences = { public = { accounts = [ \"a\" ]; }; };\n"
	    "desk = { type = \"rt\"; url = \"http://127.0.0.1/\"; proxy = \"us:secret@proxy:3128\"; };\n";
	static const char none[] =
	    "accounts = { a = { network = \"mastodon\"; handle = \"s@example.org\";"
	    " proxy = \"http://proxy:3128\"; }; };\n"
	    "audiences = { public = { accounts = [ \"a\" ]; }; };\n";

	(void)state;
	assert_int_equal(proxy_warnings(login, 0644), 2);
	assert_int_equal(proxy_warnings(login, 0640), 0);
	assert_int_equal(proxy_warnings(none, 0644), 0);
}

static void test_desk(void **state)
{
	struct config *c = load_sound(DATA "/desk-rt.cfg");
	struct notifier_settings s;
	struct err err;

	(void)state;
	assert_string_equal(c->desk->name, "desk");
	assert_string_equal(c->desk->network, "rt");
	assert_string_equal(c->desk->handle, "General");
	assert_string_equal(c->desk->ca_file, "/etc/ssl/own.pem");
	assert_string_equal(c->desk->token_file, "/var/lib/twicket/auth/desk");
	assert_int_equal(config_override(c, "/srv/state", NULL, &err), 0);
	assert_string_equal(c->desk->token_file, "/srv/state/auth/desk");
	config_destroy(c);
	c = load_sound(DATA "/desk-mail.cfg");
	s = config_settings(c->desk, "");
	assert_string_equal(s.handle, "help@example.net");
	assert_string_equal(s.from, "status@example.net");
	config_destroy(c);
	c = load_sound(DATA "/surface-1.1.cfg");
	assert_null(c->desk);
	config_destroy(c);
}

static void test_smallest(void **state)
{
	struct config *c = load_sound(DATA "/surface-1.1.cfg");
	const struct config_audience *a = &c->audiences[0];

	(void)state;
	assert_string_equal(c->state_dir, "/var/lib/twicket");
	assert_string_equal(c->core_users[1], "naemon");
	assert_int_equal(c->n_accounts, 1);
	assert_string_equal(c->accounts[0].token_file, "/var/lib/twicket/auth/status");
	assert_string_equal(c->accounts[0].language, "en");
	assert_int_equal(c->accounts[0].poll_ms, 15000);
	assert_int_equal(c->accounts[0].posts_per_hour, 20);
	assert_int_equal(c->accounts[0].posts_per_day, 100);
	assert_int_equal(c->accounts[0].feedback, FEEDBACK_FAVOURITE);
	assert_string_equal(a->base, "public");
	assert_string_equal(a->match_text, "named");
	assert_int_equal(
	    a->states, STATE_BIT(EVENT_SERVICE, EVENT_CRITICAL) |
			   STATE_BIT(EVENT_HOST, EVENT_DOWN) |
			   STATE_BIT(EVENT_HOST, EVENT_UNREACHABLE));
	assert_false(a->internals);
	assert_true(a->acks);
	assert_int_equal(a->hold_ms, 120000);
	assert_int_equal(a->remind_acked_ms, 4 * 3600000);
	assert_int_equal(a->visibility, VISIBILITY_PUBLIC);
	assert_int_equal(c->n_people, 2);
	assert_string_equal(c->people[1].mastodon, "bob@chaos.example");
	assert_int_equal(c->people[0].role, ROLE_OPERATOR);
	config_destroy(c);
}

static void test_sample(void **state)
{
	struct config *c = load_sound("sample.cfg");

	(void)state;
	assert_int_equal(c->n_accounts, 2);
	assert_int_equal(c->n_audiences, 2);
	assert_int_equal(c->n_people, 2);
	config_destroy(c);
}

static void test_inheritance(void **state)
{
	struct config *c = load_sound(DATA "/inherit.cfg");
	const struct config_audience *team = &c->audiences[config_audience_index(c, "web_team")];
	const struct config_audience *night = &c->audiences[config_audience_index(c, "night")];

	(void)state;
	assert_string_equal(team->base, "operators");
	assert_int_equal(team->hold_ms, 30000); /* of the file's operators, not the built-in's */
	assert_int_equal(team->update_ms, 120000);
	assert_int_equal(
	    team->states, STATE_BIT(EVENT_SERVICE, EVENT_CRITICAL) |
			      STATE_BIT(EVENT_HOST, EVENT_DOWN) |
			      STATE_BIT(EVENT_HOST, EVENT_UNREACHABLE));
	assert_string_equal(team->match_text, "hostgroup:web");
	assert_int_equal(team->accounts[0], config_account_index(c, "web"));
	assert_string_equal(night->base, "operators");
	assert_string_equal(night->match_text, "hostgroup:web");
	assert_int_equal(night->hold_ms, 30000);
	assert_int_equal(night->remind_ms, 0);
	assert_int_equal(night->n_words, 1);
	assert_string_equal(night->words[0].language, "en");
	assert_string_equal(night->words[0].event, "unack");
	assert_string_equal(night->words[0].text, "");
	assert_int_equal(team->n_words, 2);
	assert_string_equal(c->people[0].mastodon, "alice@social.example.net");
	assert_int_equal(c->people[0].role, ROLE_LEAD);
	assert_true(c->people[0].notify);
	config_destroy(c);
}

/* Where the keys of X are not in the file, and where they are. */
static void test_x(void **state)
{
	static const int64_t list[PRICES] = {15000, 200000, 10000, 10000, 15000,
					     5000,  1000,   10000, 10000};
	static const int64_t own[PRICES] = {15500, 0,	    11000,    12000, 13000,
					    5100,  1000000, 10000000, 1};
	struct config *c = load_sound(DATA "/x.cfg");
	const struct config_account *plain = &c->accounts[1], *full = &c->accounts[2];
	struct notifier_settings settings = config_settings(full, "t");
	struct err err;

	(void)state;
	assert_false(c->accounts[0].is_metered);
	assert_string_equal(c->accounts[0].app_file, "");
	assert_null(config_settings(&c->accounts[0], "").prices);
	assert_true(plain->is_metered);
	assert_string_equal(plain->network, "x");
	assert_string_equal(plain->handle, "examplenet");
	assert_int_equal(plain->usd_micro_per_month, 20000000);
	assert_int_equal(plain->posts_per_hour, 20);
	assert_int_equal(plain->posts_per_day, 45);
	assert_int_equal(plain->poll_ms, 60000);
	assert_int_equal(plain->feedback, FEEDBACK_NONE);
	assert_string_equal(plain->fields, "tweet");
	assert_false(plain->messages);
	assert_string_equal(plain->app_file, "/srv/twicket/auth/plain.app");
	assert_memory_equal(plain->prices, list, sizeof list);
	assert_int_equal(full->usd_micro_per_month, 12500000);
	assert_int_equal(full->posts_per_day, 500);
	assert_int_equal(full->poll_ms, 6000);
	assert_int_equal(full->feedback, FEEDBACK_REPLY);
	assert_string_equal(full->app_file, "/etc/twicket/full.app");
	assert_memory_equal(full->prices, own, sizeof own);
	assert_ptr_equal(settings.prices, full->prices);
	assert_string_equal(settings.fields, "post");
	assert_string_equal(settings.token, "t");
	assert_string_equal(c->people[0].x, "alice_noc");
	assert_string_equal(c->people[1].x, "1234567890");
	assert_string_equal(c->people[1].mastodon, "");
	assert_int_equal(config_override(c, "/tmp/t", NULL, &err), 0);
	assert_string_equal(plain->app_file, "/tmp/t/auth/plain.app");
	assert_string_equal(full->app_file, "/etc/twicket/full.app");
	config_destroy(c);
}

/* What costs is said only when the file asks for it; who inherits asks, too. */
static void test_asked(void **state)
{
	struct config *c = load_sound(DATA "/x.cfg");
	const struct config_audience *a = c->audiences;

	(void)state;
	assert_true(a[0].acks && !a[0].acks_asked);
	assert_false(a[0].remind_asked || a[0].remind_acked_asked);
	assert_true(a[1].acks_asked && a[1].remind_asked && !a[1].remind_acked_asked);
	assert_true(a[2].acks_asked && a[2].remind_asked && a[2].remind_acked_asked);
	config_destroy(c);
}

static void test_durations(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(config_duration("90s", &err), 90000);
	assert_int_equal(config_duration("2m", &err), 120000);
	assert_int_equal(config_duration("1h30m", &err), 5400000);
	assert_int_equal(config_duration("2d", &err), 172800000);
	assert_int_equal(config_duration("0", &err), 0);
	assert_int_equal(config_duration("0s", &err), 0);
	assert_int_equal(config_duration("2", &err), -1);
	assert_non_null(strstr(err.text, "\"2m\"?"));
	assert_int_equal(config_duration("1h30", &err), -1);
	assert_non_null(strstr(err.text, "\"1h30m\"?"));
	assert_int_equal(config_duration("", &err), -1);
	assert_int_equal(config_duration("30m1h", &err), -1);
	assert_int_equal(config_duration("-2m", &err), -1);
	assert_int_equal(config_duration("2 m", &err), -1);
	assert_int_equal(config_duration("2w", &err), -1);
	assert_int_equal(config_duration("99999999999999999999d", &err), -1);
	assert_int_equal(config_duration("3650d1h", &err), -1);
}

static void test_nearest(void **state)
{
	static const char *const words[] = {"hold", "recovery_hold", "update", "web", NULL};

	(void)state;
	assert_string_equal(config_nearest("hodl", words), "hold");
	assert_string_equal(config_nearest("Hold", words), "hold");
	assert_string_equal(config_nearest("recoveryhold", words), "recovery_hold");
	assert_string_equal(config_nearest("wbe", words), "web");
	assert_null(config_nearest("zebra", words));
	assert_null(config_nearest("x", words));
	assert_null(config_nearest("", words));
}

/* Files that are no configuration at all. */
static void test_not_a_file(void **state)
{
	char path[] = "/tmp/twicket-config-XXXXXX", *big = calloc(1, 1024 * 1024 + 2);
	int fd = mkstemp(path);
	struct config_report report;

	(void)state;
	assert_true(fd != -1);
	assert_null(config_load("/nonexistent/twicket.cfg", &report));
	assert_string_equal(
	    report.at[0].text, "twicket.cfg: cannot be read: there is no /nonexistent/twicket.cfg; man twicket.cfg has "
	    "one to begin with, -c FILE is another");
	config_report_finish(&report);
	assert_null(config_load("/tmp", &report));
	config_report_finish(&report);
	memset(big, '#', 1024 * 1024 + 1);
	assert_int_equal(write(fd, big, 1024 * 1024 + 1), 1024 * 1024 + 1);
	assert_null(config_load(path, &report));
	assert_non_null(strstr(report.at[0].text, "larger than"));
	config_report_finish(&report);
	assert_int_equal(ftruncate(fd, 10), 0);
	assert_int_equal(pwrite(fd, "a\0b", 3, 0), 3);
	assert_null(config_load(path, &report));
	assert_non_null(strstr(report.at[0].text, "NUL"));
	config_report_finish(&report);
	close(fd);
	unlink(path);
	free(big);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reports),    cmocka_unit_test(test_proxy_login),
	    cmocka_unit_test(test_desk),
	    cmocka_unit_test(test_smallest),
	    cmocka_unit_test(test_sample),     cmocka_unit_test(test_inheritance),
	    cmocka_unit_test(test_x),	       cmocka_unit_test(test_asked),
	    cmocka_unit_test(test_durations),  cmocka_unit_test(test_nearest),
	    cmocka_unit_test(test_not_a_file),
	};

	(void)argc;
	(void)argv;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
