/*
 * The X notifier against scripted answers: data/twitter/README and data/mastodon/README.
 * Run by `make check` from the top of the tree; no network.
 */
#include "notifiers/oauth1.h"
#include "notifiers/twitter_count.h"
#include "tests/unit/mastodon_script.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA "tests/unit/data/twitter"
#define TOKEN                                                                                      \
	"{\"consumer_key\":\"APP-KEY\",\"consumer_secret\":\"" SCRIPT_TOKEN "-APP\","              \
	"\"token\":\"700-USER-KEY\",\"token_secret\":\"" SCRIPT_TOKEN "-USER\","                   \
	"\"user_id\":\"700\",\"screen_name\":\"ExampleNet\"}"

static const struct oauth1_keys keys = {
    .consumer_key = "APP-KEY",
    .consumer_secret = SCRIPT_TOKEN "-APP",
    .token = "700-USER-KEY",
    .token_secret = SCRIPT_TOKEN "-USER"};

/* facts/X.md, "Prices" */
static const int64_t prices[PRICES] = {
    [PRICE_POST] = 15000,    [PRICE_POST_WITH_URL] = 200000, [PRICE_ANSWER] = 10000,
    [PRICE_DELETE] = 10000,  [PRICE_MESSAGE] = 15000,        [PRICE_READ] = 5000,
    [PRICE_OWN_READ] = 1000, [PRICE_USER_READ] = 10000,      [PRICE_MESSAGE_READ] = 10000,
};

/* The request in hand is signed for that second (from now), and its signature is right. */
static void expect_signed(const char *seconds)
{
	const char *header, *at;
	struct oauth1_request r = {.timestamp = SCRIPT_NOW_MS / 1000 + strtoll(seconds, NULL, 10)};
	char nonce[64] = "";
	struct buf want;

	script_start();
	header = script_header("Authorization: ", 15);
	r.method = script.request.method;
	r.url = script.request.url;
	if (!header)
		BROKEN("not signed");
	at = strstr(header, "oauth_nonce=\"");
	if (at)
		snprintf(nonce, sizeof nonce, "%.*s", (int)strcspn(at + 13, "\""), at + 13);
	if (strlen(nonce) < 16)
		BROKEN("no nonce worth the name");
	r.nonce = nonce;
	buf_init(&want, 4096);
	assert_int_equal(oauth1_authorization(&keys, &r, &want, NULL), 0);
	at = strcmp(header + 15, buf_text(&want)) == 0 ? NULL : header;
	buf_finish(&want);
	if (at)
		BROKEN("the signature is not that of this request at %s", seconds);
}

/* Each nonce is a new one: the script's randomness counts. */
static void expect_nonce(const char *bytes)
{
	char wanted[64];
	size_t i, n = (size_t)snprintf(wanted, sizeof wanted, "oauth_nonce=\"");

	for (i = 0; i < 16; i++)
		n += (size_t)snprintf(wanted + n, sizeof wanted - n, "%s", bytes);
	expect_header_part(wanted);
}

static void expect_price(const char *micro)
{
	script_open();
	if (notifier_twitter.price(script.account, &script.job) != strtoll(micro, NULL, 10))
		BROKEN(
		    "the price is %" PRId64, notifier_twitter.price(script.account, &script.job));
	script_end();
}

static bool word(const char *name, char *rest)
{
	if (strcmp(name, "fields") == 0)
		script.settings.fields = strcmp(rest, "post") == 0    ? "post"
					 : strcmp(rest, "tweet") == 0 ? "tweet"
								      : "x";
	else if (strcmp(name, "messages") == 0)
		script.settings.messages = true;
	else if (strcmp(name, "free") == 0)
		script.settings.prices = NULL;
	else if (strcmp(name, "costs") == 0)
		script.settings.prices = prices;
	else if (strcmp(name, "clock") == 0)
		script_env.wall_ms = SCRIPT_NOW_MS + 1000 * strtoll(rest, NULL, 10);
	else if (strcmp(name, "signed") == 0)
		expect_signed(rest);
	else if (strcmp(name, "nonce") == 0)
		expect_nonce(rest);
	else if (strcmp(name, "price") == 0)
		expect_price(rest);
	else
		return false;
	return true;
}

static const struct script_network x = {
    .notifier = &notifier_twitter, .handle = "examplenet", .token = TOKEN, .word = word};

static void test_cases(void **state)
{
	DIR *dir = opendir(DATA);
	struct dirent *entry;
	int cases = 0, failures = 0;
	char path[600];

	(void)state;
	if (!dir)
		fail_msg("run from the top of the tree: no " DATA);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof path, DATA "/%s", entry->d_name);
		if (strstr(entry->d_name, ".txt"))
			script_run(path, &cases, &failures);
	}
	closedir(dir);
	print_message("twitter: %d cases\n", cases);
	assert_int_equal(failures, 0);
	assert_true(cases > 80);
}

static void test_registry(void **state)
{
	(void)state;
	assert_ptr_equal(notifier_find("x"), &notifier_twitter);
	assert_ptr_equal(notifier_find("twitter"), &notifier_twitter);
	assert_int_equal(
	    notifier_twitter.caps, NOTIFIER_THREADS | NOTIFIER_DELETES | NOTIFIER_DIRECT |
				       NOTIFIER_COLLECTS | NOTIFIER_METERED |
				       NOTIFIER_LIMITS_APART);
	notifier_twitter.close(NULL);
	notifier_twitter.end(NULL);
}

static void test_measure(void **state)
{
	struct notifier_settings s = {.name = "s", .handle = "examplenet"};
	struct account *a = notifier_twitter.open(&s, NULL);
	unsigned units, limit;

	(void)state;
	assert_non_null(a);
	notifier_twitter.measure(a, "\xf0\x9f\x94\xb4 E-mail", &units, &limit);
	assert_int_equal(units, twitter_weight("\xf0\x9f\x94\xb4 E-mail"));
	assert_int_equal(limit, TWITTER_LIMIT);
	notifier_twitter.close(a);
}

/* end() at any moment, a caller that lost its place, and an account without a token. */
static void test_abandoned(void **state)
{
	struct notifier_settings s = {.name = "s", .handle = "examplenet", .token = TOKEN};
	struct job job = {.type = JOB_POST, .text = "x"};
	struct account *a = notifier_twitter.open(&s, NULL);
	struct request request;
	struct result result;
	struct op *op = notifier_twitter.begin(a, &job, NULL);

	(void)state;
	assert_int_equal(notifier_twitter.step(op, NULL, &script_env, &request, &result), OP_SEND);
	assert_int_equal(notifier_twitter.step(op, NULL, &script_env, &request, &result), OP_DONE);
	assert_int_equal(result.class, RESULT_BUG);
	notifier_twitter.end(op);
	op = notifier_twitter.begin(a, &job, NULL);
	notifier_twitter.end(op);
	notifier_twitter.close(a);
	s.token = "";
	a = notifier_twitter.open(&s, NULL);
	op = notifier_twitter.begin(a, &job, NULL);
	assert_int_equal(notifier_twitter.step(op, NULL, &script_env, &request, &result), OP_DONE);
	assert_int_equal(result.class, RESULT_AUTH);
	notifier_twitter.end(op);
	notifier_twitter.close(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_registry),
	    cmocka_unit_test(test_measure),
	    cmocka_unit_test(test_abandoned),
	    cmocka_unit_test(test_cases),
	};

	script_network = &x;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
