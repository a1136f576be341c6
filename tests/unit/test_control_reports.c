/*
 * Which reports the monitoring confirmed, as `show` and `people` tell it: the words came first,
 * or within a quarter of an hour; and what they are made of. On the rig of control_rig.h.
 */
#include "tests/unit/control_rig.h"

static void says(const char *acct, const char *text)
{
	struct sim_reply reply = {.visibility = VISIBILITY_PUBLIC};

	snprintf(reply.account, sizeof reply.account, "status");
	snprintf(reply.acct, sizeof reply.acct, "%s", acct);
	snprintf(reply.author_id, sizeof reply.author_id, "id-%s", acct);
	snprintf(reply.text, sizeof reply.text, "%s", text);
	sim_inject(world.sim, &reply);
	pass(MINUTE_MS);
}

static void turns(const char *state)
{
	assert_true(simcore_state(world.monitor, "mx1/SMTP", state, true, "said so", &world.now));
	pass(5 * MINUTE_MS);
}

/* What the answer has from the key on; "" = it does not have it. */
static const char *about(const char *request, const char *key, size_t n)
{
	static char answer[65536];
	char *at;

	ask(ROOT, request, answer, sizeof answer);
	at = strstr(answer, key);
	if (!at)
		return "";
	at[n] = '\0';
	return at;
}

#define PEOPLE "{\"do\":\"people\"}"
#define SHOW "{\"do\":\"show\",\"tag\":\"$N\"}"

static void note_newest(void *arg, const struct incident_view *view)
{
	(void)arg;
	if (strcmp(view->object, "mx1/SMTP") == 0 && !view->until_s)
		memcpy(tags['N'], view->tag, TAG_SIZE);
}

/* Recovered, closed, and broken a day later. */
static void breaks_anew(void)
{
	turns("OK");
	pass(26 * 60 * MINUTE_MS);
}

static void test_confirmed(void **state)
{
	char want[64];

	(void)state;
	breaks_anew();
	says("alice@social.example.org", "the e-mail is slow");
	says("alice@social.example.org", "the coffee is out");
	says("dora@users.example", "no mail since this morning");
	says("emil@users.example", "my invoice is wrong");
	assert_string_equal(about(PEOPLE, "\"confirmed\":[]", 14), "\"confirmed\":[]");
	turns("CRITICAL");
	engine_each(core_engine(world.core), note_newest, NULL);
	says("frida@users.example", "is the e-mail down?");
	pass(30 * MINUTE_MS);
	says("gustav@users.example", "e-mail?");
	expand("\"confirmed\":[\"$N\"]", want, sizeof want);
	assert_string_equal(about(PEOPLE, "\"confirmed\":[\"", strlen(want)), want);
	assert_int_equal(strncmp(about(SHOW, "\"reports\":2", 11), "\"reports\":2", 11), 0);
	assert_string_equal(about(SHOW, "\"confirmed\":", 13), "\"confirmed\":1");
	assert_int_equal(strlen(about(SHOW, "\"tickets\":[\"Q-", 20)), 20);
	assert_string_equal(about(SHOW, "\"tickets\":[\"Q-", 20) + 18, "\"]"); /* one, dora's */
}

/* Too early to be it, or of another thing. */
static void test_not_confirmed(void **state)
{
	(void)state;
	breaks_anew();
	says("alice@social.example.org", "the e-mail is slow");
	says("dora@users.example", "no mail since this morning");
	pass(20 * MINUTE_MS);
	says("alice@social.example.org", "the website is slow");
	says("emil@users.example", "no website");
	turns("CRITICAL");
	engine_each(core_engine(world.core), note_newest, NULL);
	assert_string_equal(about(PEOPLE, "\"confirmed\":[]", 14), "\"confirmed\":[]");
	assert_string_equal(about(SHOW, "\"tickets\":", 10), "");
	assert_string_equal(about(SHOW, "\"confirmed\":", 10), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_confirmed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_confirmed, setup, teardown),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	log_setup(LOG_LEVEL_WARN, LOG_FORMAT_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
