/*
 * Commands in Icinga 2's words, and what its answers mean: as measured on 2.13.6.
 * Must never need a server.
 */
#include "agent/icinga_act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static const struct event a_command = {.type = EVENT_COMMAND,
				       .id = 7,
				       .kind = EVENT_SERVICE,
				       .flags = EVENT_STICKY,
				       .host = "web1",
				       .service = "http",
				       .author = "alice",
				       .text = "on it - via alice@x",
				       .mark = "TAB2:r7"};

static void assert_body(unsigned verb, const struct event *cmd, const json_t *names, const char *want)
{
	json_t *body = icinga_action_body(verb, cmd, names, 1000);
	char *text = body ? json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	assert_string_equal(text ? text : "(none)", want);
	free(text);
	json_decref(body);
}

static void test_bodies(void **state)
{
	struct event host = a_command, until = a_command;
	json_t *names = json_pack("[s]", "web1!d1");

	(void)state;
	host.kind = EVENT_HOST;
	host.service = "";
	host.until = until.until = 5000;
	assert_body(EVENT_VERB_ACK, &a_command, NULL,
		    "{\"author\":\"alice\",\"comment\":\"on it - via alice@x TAB2:r7\",\"notify\":false,"
		    "\"service\":\"web1!http\",\"sticky\":true,\"type\":\"Service\"}");
	assert_body(EVENT_VERB_ACK, &until, NULL,
		    "{\"author\":\"alice\",\"comment\":\"on it - via alice@x TAB2:r7\",\"notify\":false,"
		    "\"service\":\"web1!http\",\"sticky\":true,\"type\":\"Service\"}");
	assert_body(EVENT_VERB_UNACK, &host, NULL, "{\"author\":\"alice\",\"host\":\"web1\",\"type\":\"Host\"}");
	assert_body(EVENT_VERB_COMMENT, &a_command, NULL,
		    "{\"author\":\"alice\",\"comment\":\"on it - via alice@x TAB2:r7\",\"service\":\"web1!http\","
		    "\"type\":\"Service\"}");
	assert_body(EVENT_VERB_DOWNTIME, &host, NULL,
		    "{\"all_services\":true,\"author\":\"alice\",\"comment\":\"on it - via alice@x TAB2:r7\",\"end_time\":5000,"
		    "\"fixed\":true,\"host\":\"web1\",\"start_time\":1000,\"type\":\"Host\"}");
	assert_body(EVENT_VERB_DOWNTIME_CANCEL, &a_command, names,
		    "{\"author\":\"alice\",\"downtimes\":[\"web1!d1\"],\"type\":\"Downtime\"}");
	assert_body(EVENT_VERB_RECHECK, &a_command, NULL,
		    "{\"force\":true,\"service\":\"web1!http\",\"type\":\"Service\"}");
	json_decref(names);
}

/* What the gate would not let into a Nagios does not get into an Icinga either. */
static void test_gate(void **state)
{
	struct event cmd = a_command;

	(void)state;
	cmd.text = "<script>\n;$(reboot)` | x";
	cmd.author = "a;b\n|c";
	assert_body(EVENT_VERB_COMMENT, &cmd, NULL,
		    "{\"author\":\"a b c\",\"comment\":\"script reboot x TAB2:r7\",\"service\":\"web1!http\","
		    "\"type\":\"Service\"}");
	cmd.mark = "no mark; at all";
	assert_body(EVENT_VERB_COMMENT, &cmd, NULL, "(none)");
}

static void test_answers(void **state)
{
	static const struct {
		enum transport transport;
		int status;
		const char *body;
		enum icinga_outcome want;
		const char *why;
	} table[] = {
	    {TRANSPORT_ANSWERED, 200, "{\"results\":[{\"code\":200,\"status\":\"Successfully acknowledged\"}]}", ICINGA_DONE,
	     "Successfully acknowledged"},
	    {TRANSPORT_ANSWERED, 200, "{\"results\":[{\"code\":200,\"status\":\"a\"},{\"code\":500,\"status\":\"b\"}]}",
	     ICINGA_DOUBT, "b"},
	    {TRANSPORT_ANSWERED, 409, "{\"results\":[{\"code\":409,\"status\":\"Host web1 is UP.\"}]}", ICINGA_OVER,
	     "Host web1 is UP."},
	    {TRANSPORT_ANSWERED, 409, "{\"results\":[{\"code\":409,\"status\":\"Service a!b is OK.\"}]}", ICINGA_OVER,
	     "Service a!b is OK."},
	    {TRANSPORT_ANSWERED, 409,
	     "{\"results\":[{\"code\":409,\"status\":\"Service a!b is already acknowledged.\"}]}", ICINGA_TAKEN,
	     "Service a!b is already acknowledged."},
	    {TRANSPORT_ANSWERED, 409, "{\"results\":[{\"code\":409,\"status\":\"'expiry' must be in the future\"}]}",
	     ICINGA_REFUSED, "'expiry' must be in the future"},
	    {TRANSPORT_ANSWERED, 404, "{\"error\":404,\"status\":\"No objects found.\"}", ICINGA_NOWHERE, "No objects found."},
	    {TRANSPORT_ANSWERED, 500, "{\"results\":[]}", ICINGA_NOWHERE, ""},
	    {TRANSPORT_ANSWERED, 400, "{\"error\":400,\"status\":\"Invalid request body\"}", ICINGA_REFUSED,
	     "Invalid request body"},
	    {TRANSPORT_ANSWERED, 401, NULL, ICINGA_REFUSED, "Icinga 2 refuses our login"},
	    {TRANSPORT_ANSWERED, 503, NULL, ICINGA_DOUBT, ""},
	    {TRANSPORT_ANSWERED, 200, NULL, ICINGA_DOUBT, ""},
	    {TRANSPORT_ANSWERED, 200, "{\"results\":7}", ICINGA_REFUSED, ""},
	    {TRANSPORT_NO_ANSWER, 0, NULL, ICINGA_DOUBT, ""},
	    {TRANSPORT_NOT_SENT, 0, NULL, ICINGA_AGAIN, ""}};

	(void)state;
	for (size_t k = 0; k < sizeof table / sizeof table[0]; k++) {
		json_t *body = table[k].body ? json_loads(table[k].body, 0, NULL) : NULL;
		const char *why;

		assert_int_equal(icinga_judge(table[k].transport, table[k].status, body, &why), table[k].want);
		assert_string_equal(why, table[k].why);
		json_decref(body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bodies),
	    cmocka_unit_test(test_gate),
	    cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
