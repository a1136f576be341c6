/*
 * A post of ours without a link: what words_unlink() breaks and what it leaves alone, and
 * which accounts and audiences core_words.c does it for.
 */
#include "agent/core_internal.h"
#include "agent/words.h"
#include "notifiers/twitter_count.h"
#include "tests/unit/store_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_OUTPUT 60 /* names in it */

static const struct {
	const char *text, *want;
} cases[] = {
    {"", ""},
    {"\U0001f534 mx1/SMTP down\n#T7K2 @x $y 10.0.0.1",
     "\U0001f534 mx1/SMTP down\n#T7K2 @x $y 10.0.0.1"},
    {"see status.example.org", "see status[.]example[.]org"},
    {"https://example.org/a.html", "https[:]//example[.]org/a[.]html"},
    {"HTTP://10.0.0.1", "HTTP[:]//10.0.0.1"},
    {"mailto:a xmpp:b MAGNET:?c tel:1 12:03", "mailto[:]a xmpp[:]b MAGNET[:]?c tel:1 12:03"},
    {"e.g. this, 3.5 GB in 12.3s. v1.10.3, i.e. U.S.",
     "e.g. this, 3.5 GB in 12.3s. v1.10.3, i.e. U.S."},
    {"end.Next", "end[.]Next"},
    {"m\u00fcnchen.de \u0430.\u0440\u0444", "m\u00fcnchen[.]de \u0430[.]\u0440\u0444"},
    {"e\u0301.de", "e\u0301[.]de"},
    {"example[.]org http[:]//x", "example[.]org http[:]//x"},
    {"*bold* <b> e\u0301 \u200d \ufe0f  two blanks\t",
     "*bold* <b> e\u0301 \u200d \ufe0f  two blanks\t"},
    {"\xff.de a\xff.de \xc3", "\xff.de a\xff.de \xc3"},
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out;

		buf_init(&out, 1000);
		words_unlink(cases[i].text, &out);
		assert_string_equal(buf_text(&out), cases[i].want);
		assert_false(twitter_may_link(buf_text(&out)));
		buf_finish(&out);
	}
}

/* Where room is short nothing is cut in its middle. */
static void test_short(void **state)
{
	const char *want = "\u00fc[.]de";

	(void)state;
	for (size_t room = 0; room <= strlen(want); room++) {
		struct buf out;

		buf_init(&out, room);
		words_unlink("\u00fc.de", &out);
		assert_int_equal(out.cut, room < strlen(want));
		assert_memory_equal(buf_text(&out), want, out.len);
		assert_true(out.len == 0 || out.len == 2 || out.len >= 5);
		buf_finish(&out);
	}
}

/* ---- the core ---- */

static const char config_text[] =
    "link = \"https://mon.example.org/?h=$HOSTNAME$\";\n"
    "accounts = { x = { network = \"x\"; handle = \"examplenet\"; };\n"
    "             m = { network = \"mastodon\"; handle = \"noc@social.example.org\"; }; };\n"
    "audiences = {\n"
    "  plain = { use = \"operators\"; accounts = [\"x\", \"m\"];\n"
    "            words = { en = { problem = \"$OBJECT$[: $OUTPUT$] see status.example.org [$LINK$ "
    "]$TAG$\";\n"
    "              worse = \"$OBJECT$: $OUTPUT$ see a.lan b.lan c.lan d.lan $TAG$\"; }; }; };\n"
    "  linked = { use = \"operators\"; accounts = [\"x\"]; links = true;\n"
    "             words = { en = { problem = \"$OBJECT$[: $OUTPUT$] see status.example.org [$LINK$ "
    "]$TAG$\"; }; }; };\n"
    "};\n";

struct rig {
	struct config *config;
	struct store *store;
	struct core *core;
	struct now now;
};

static int load_token(const struct config_account *a, char **token, struct err *err)
{
	(void)err;
	*token = strdup(
	    strcmp(a->network, "x")
		? "t"
		: "{\"consumer_key\":\"a\",\"consumer_secret\":\"b\",\"token\":\"1-c\","
		  "\"token_secret\":\"d\",\"user_id\":\"1\","
		  "\"screen_name\":\"examplenet\"}");
	return 0;
}

static void free_token(char *token)
{
	free(token);
}

static void no_random(void *bytes, size_t n)
{
	memset(bytes, 1, n);
}

static void load_config(struct rig *r)
{
	struct config_report report = {0};
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/twicket.cfg", store_rig_dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(config_text, f);
	fclose(f);
	r->config = config_load(path, &report);
	for (unsigned i = 0; i < report.n && !r->config; i++)
		print_message("%s\n", report.at[i].text);
	unlink(path);
	config_report_finish(&report);
	assert_non_null(r->config);
}

static struct rig rig_open(void)
{
	static const struct carrier carrier; /* nothing is sent */
	const struct core_env env = {
	    .carrier = &carrier,
	    .random = no_random,
	    .notifier = notifier_find,
	    .load_token = load_token,
	    .free_token = free_token,
	    .boot_id = "boot"};
	struct rig r = {.now = {.wall_ms = INT64_C(1795000000000), .boot_ms = 1000}};
	struct err err = {""};

	load_config(&r);
	r.store = store_rig_open();
	/* else nothing of what is internal would be said there */
	store_put_account(
	    r.store, &(struct account_row){
			 .name = "x",
			 .self_id = "17",
			 .self_acct = r.config->accounts[config_account_index(r.config, "x")].handle,
			 .is_locked = true});
	r.core = core_create(r.config, r.store, &env, &r.now, &err);
	assert_string_equal(err.text, "");
	assert_non_null(r.core);
	return r;
}

static void rig_close(struct rig *r)
{
	core_destroy(r->core);
	store_close(r->store);
	config_destroy(r->config);
}

struct found {
	const char *account;
	char text[1000];
};

static void take(void *arg, const struct post_row *post)
{
	struct found *f = arg;

	if (!strcmp(post->account, f->account))
		snprintf(f->text, sizeof f->text, "%s", post->text);
}

/* What would be posted to an account (by its name) for an audience. */
static struct found said(
    struct rig *r, const char *audience, const char *account, enum say_event event,
    const char *output)
{
	const struct say say = {
	    .event = event,
	    .tag = "T7K2",
	    .object = "mx1.example.org",
	    .host = "mx1",
	    .state = "DOWN",
	    .output = output,
	    .since = 1795000000,
	    .now = 1795000000,
	    .duration = -1};
	struct say_target target = {
	    .audience = (unsigned)config_audience_index(r->config, audience)};
	struct found f = {.account = account};

	while (strcmp(r->config->accounts[target.account].name, account))
		target.account++;
	core_say(r->core, &target, &say);
	outbox_each(core_outbox(r->core), take, &f);
	return f;
}

static void test_core(void **state)
{
	struct rig r = rig_open();

	(void)state;
	assert_string_equal(
	    said(&r, "plain", "x", SAY_PROBLEM, "").text,
	    "mx1[.]example[.]org see status[.]example[.]org #T7K2");
	assert_string_equal(
	    said(&r, "plain", "m", SAY_PROBLEM, "").text,
	    "mx1[.]example[.]org see status.example.org #T7K2");
	assert_string_equal(
	    said(&r, "linked", "x", SAY_PROBLEM, "").text,
	    "mx1[.]example[.]org see status.example.org https://mon.example.org/?h=mx1 #T7K2");
	rig_close(&r);
}

/* It is the longer text that was measured: X takes no a.lan for a link, and so counts it as it is. */
static void test_measured(void **state)
{
	struct rig r = rig_open();
	char output[LONG_OUTPUT * 5 + 1] = "";
	struct found f;

	(void)state;
	for (unsigned i = 0; i < LONG_OUTPUT; i++)
		memcpy(output + 5 * i, "word ", 6);
	f = said(&r, "plain", "x", SAY_WORSE, output);
	assert_non_null(strstr(f.text, "word\u2026 see a[.]lan b[.]lan c[.]lan d[.]lan #T7K2"));
	assert_true(twitter_is_valid(f.text));
	assert_in_range(twitter_weight(f.text), TWITTER_LIMIT - 6, TWITTER_LIMIT);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_short),
	    cmocka_unit_test_setup_teardown(test_core, store_rig_setup, store_rig_teardown),
	    cmocka_unit_test_setup_teardown(test_measured, store_rig_setup, store_rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
