/*
 * The match language: each term, their combinations, what is refused, and that no
 * pattern takes long.
 */
#include "agent/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

static struct object *host_db1, *service_http, *service_disk, *host_test;

/* "key=value" pairs as DESCRIPTION has them. */
static struct object *make(
    const char *node, unsigned kind, const char *host, const char *service,
    const char *const *pairs)
{
	struct buf b;
	struct object *o;

	buf_init(&b, 10000);
	for (; *pairs; pairs++)
		buf_add(&b, *pairs, strlen(*pairs) + 1);
	o = object_create(node, kind, host, service, buf_text(&b), b.len);
	buf_finish(&b);
	assert_non_null(o);
	return o;
}

static int set_up(void **state)
{
	static const char *const db1[] = {
	    "hostgroup",    "db",  "hostgroup", "linux", "contact", "alice",
	    "contactgroup", "dba", "_RACK",     "7",     "contact", "reader",
	    "commander",    "alice", "commander", "erin", NULL};
	static const char *const http[] = {
	    "hostgroup",
	    "web",
	    "servicegroup",
	    "http",
	    "contact",
	    "bob",
	    "contactgroup",
	    "web-team",
	    "_TWICKET_PUBLIC",
	    "Website",
	    "_ENV",
	    "prod",
	    "host._RACK",
	    "8",
	    "host._ENV",
	    "host-env",
	    "host._TWICKET_PUBLIC",
	    "Web server",
	    NULL};
	static const char *const disk[] = {
	    "hostgroup",       "web", "host._RACK", "8", "host._TWICKET_PUBLIC", "Web server",
	    "_TWICKET_PUBLIC", "  ",  NULL};
	static const char *const test[] = {"hostgroup", "web", NULL};

	(void)state;
	host_db1 = make("mon1", EVENT_HOST, "db1", "", db1);
	service_http = make("mon1", EVENT_SERVICE, "web1", "HTTP main", http);
	service_disk = make("mon2", EVENT_SERVICE, "web1", "Disk Space", disk);
	host_test = make("mon2", EVENT_HOST, "test-1", "", test);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	object_destroy(host_db1);
	object_destroy(service_http);
	object_destroy(service_disk);
	object_destroy(host_test);
	return 0;
}

/* Which of the four: "d" db1, "h" web1/HTTP main, "s" web1/Disk Space, "t" test-1. */
static const char *matched(const char *text)
{
	static char out[8];
	struct err err = {""};
	struct match *m = match_parse(text, &err);

	if (!m)
		fail_msg("%s: %s", text, err.text);
	snprintf(
	    out, sizeof out, "%s%s%s%s", match_object(m, host_db1) ? "d" : "",
	    match_object(m, service_http) ? "h" : "", match_object(m, service_disk) ? "s" : "",
	    match_object(m, host_test) ? "t" : "");
	match_destroy(m);
	return out;
}

static void test_terms(void **state)
{
	(void)state;
	assert_string_equal(matched(""), "");
	assert_string_equal(matched("  "), "");
	assert_string_equal(matched("*"), "dhst");
	assert_string_equal(matched("named"), "h");
	assert_string_equal(matched("host:web1"), "hs");
	assert_string_equal(matched("host:WEB1"), "");
	assert_string_equal(matched("host: web1 "), "hs");
	assert_string_equal(matched("service:HTTP main"), "h");
	assert_string_equal(matched("service:*"), "hs"); /* never a host */
	assert_string_equal(matched("hostgroup:web"), "hst");
	assert_string_equal(matched("hostgroup:linux"), "d");
	assert_string_equal(matched("servicegroup:http"), "h");
	assert_string_equal(matched("contact:alice"), "d");
	assert_string_equal(matched("contactgroup:web-*"), "h");
	assert_string_equal(matched("node:mon2"), "st");
	assert_string_equal(matched("_RACK=8"), "hs");
	assert_string_equal(matched("_rack=7"), "d");
	assert_string_equal(matched("_RACK=*"), "dhs");
	assert_string_equal(matched("_ENV=prod"), "h"); /* the service's own before its host's */
	assert_string_equal(matched("_ENV=host-env"), "");
	assert_string_equal(
	    matched("_TWICKET_PUBLIC=Web*"), "h"); /* a host's name is not its services' */
}

static bool may(const char *text, const struct object *o)
{
	struct err err = {""};
	struct match *m = match_parse(text, &err);
	bool holds = m && match_for_person(m, o);

	assert_non_null(m);
	match_destroy(m);
	return holds;
}

/* A person's rights: who hears of it may not always command it, and the other way round. */
static void test_for_person(void **state)
{
	(void)state;
	assert_true(may("contact:alice", host_db1));
	assert_false(may("contact:reader", host_db1));
	assert_true(may("contact:erin", host_db1)); /* by an escalation, say */
	assert_string_equal(matched("contact:reader"), "d");
	assert_string_equal(matched("contact:erin"), "");
	assert_false(may("contact:bob", service_http)); /* a core that does not say it */
	assert_true(may("contact:nobody, host:db1", host_db1));
	assert_false(may("contact:reader & host:db1", host_db1));
	assert_true(may("contact:alice & host:db1", host_db1));
	/* "never" is about both */
	assert_false(may("*, !contact:reader", host_db1));
	assert_false(may("*, !contact:erin", host_db1));
	assert_true(may("*, !contact:bob", host_db1));
	assert_false(may("!contact:reader", host_db1));
	assert_true(may("contactgroup:dba", host_db1));
}

static void test_combinations(void **state)
{
	(void)state;
	assert_string_equal(matched("host:db1, host:test-1"), "dt");
	assert_string_equal(matched("hostgroup:web & service:Disk*"), "s");
	assert_string_equal(matched("hostgroup:web & node:mon2 & host:test*"), "t");
	assert_string_equal(matched("hostgroup:web, !host:test-*"), "hs");
	assert_string_equal(matched("!host:test-*, hostgroup:web"), "hs");
	assert_string_equal(matched("!host:test-*"), "dhs"); /* all but */
	assert_string_equal(matched("!hostgroup:web, !host:db1"), "");
	assert_string_equal(matched("hostgroup:web & !service:HTTP*"), "st");
	assert_string_equal(matched("!service:HTTP* & hostgroup:web, host:web1"), "st");
	assert_string_equal(matched("!service:HTTP* & !host:db1"), "st");
	assert_string_equal(matched("!service:HTTP* & !host:db1, host:test-1"), "t");
	assert_string_equal(matched("*, !*"), "");
	assert_string_equal(matched("host:web? & service:????*"), "hs");
}

static void test_wildcards(void **state)
{
	static const char *const umlaut[] = {"hostgroup", "größe", NULL};
	struct object *o = make("n", EVENT_HOST, "h", "", umlaut);
	struct match *m = match_parse("hostgroup:gr??e", NULL);

	(void)state;
	assert_true(match_object(m, o)); /* ? is a character, not a byte */
	match_destroy(m);
	object_destroy(o);
	assert_string_equal(matched("host:*1"), "dhst");
	assert_string_equal(matched("host:?b1"), "d");
	assert_string_equal(matched("host:??1"), "d");
	assert_string_equal(matched("host:***d***b***"), "d");
	assert_string_equal(matched("host:d*b*1*"), "d");
	assert_string_equal(matched("host:d*c*1*"), "");
	assert_string_equal(matched("service:*p*a*"), "s");
}

static void test_refused(void **state)
{
	static const char *const cases[][2] = {
	    {"hostgrp:web", "no such term as \"hostgrp:\"; did you mean \"hostgroup:\"?"},
	    {"nmaed", "\"nmaed\" is no term; did you mean \"named\"?"},
	    {"web1", "\"web1\" is no term; did you mean \"host:web1\" or \"hostgroup:web1\"?"},
	    {"core", "\"core\" is no term; did you mean \"host:core\" or \"hostgroup:core\"?"},
	    {"hostgroup", "\"hostgroup\" is no term; did you mean \"hostgroup:NAME\"?"},
	    {"host=gw", "\"host=gw\" is no term; did you mean \"host:gw\"?"},
	    {"! hostgrp = web ", "\"hostgrp=web\" is no term; did you mean \"hostgroup:web\"?"},
	    {"rack=7", "\"rack=7\" is no term; did you mean \"_rack=7\"?"},
	    {"host:a service:b", "between \"a\" and \"service:b\" a comma (any) or & (both) is missing"},
	    {"host:(gw)", "\"(gw)\": there are no brackets, quotes or |; where a name has one, write ?"},
	    {"host:a | host:b", "between \"a |\" and \"host:b\" a comma (any) or & (both) is missing"},
	    {"service:'Disk'", "\"'Disk'\": there are no brackets, quotes or |; where a name has one, write ?"},
	    {"zzzzz:web", "no such term as \"zzzzz:\"; there are host: service: hostgroup: "
			  "servicegroup: contact: contactgroup: node: _VAR= named *"},
	    {"host:", "\"host:\" names nothing"},
	    {"host:a,", "an empty term"},
	    {"host:a & , host:b", "an empty term"},
	    {",", "an empty term"},
	    {"!", "\"!\" forbids nothing"},
	    {"_RACK", "\"_RACK\" has no value: \"_RACK=VALUE\", or \"_RACK=*\" for any"},
	    {"_=7", "\"_=7\" names no variable"},
	    {"state:critical", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = {""};

		assert_null(match_parse(cases[i][0], &err));
		if (cases[i][1])
			assert_string_equal(err.text, cases[i][1]);
	}
}

static void collect(void *arg, const char *kind, const char *name)
{
	struct buf *b = arg;

	buf_printf(b, "%s=%s ", kind, name);
}

static void test_names(void **state)
{
	struct match *m = match_parse(
	    "host:a & service:B c, hostgroup:w*, !contact:x, _VAR=1, named, *, node:n", NULL);
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	match_names(m, collect, &b);
	assert_string_equal(buf_text(&b), "host=a service=B c contact=x node=n ");
	buf_finish(&b);
	match_destroy(m);
}

/* A pattern that makes naive matchers take for ever. */
static void test_time(void **state)
{
	char name[1001], pattern[1200];
	struct object *o;
	struct match *m;

	(void)state;
	memset(name, 'a', 1000);
	name[1000] = '\0';
	memcpy(pattern, "host:", 6);
	for (int i = 0; i < 500; i++)
		memcpy(pattern + 5 + i * 2, "*a", 3);
	memcpy(pattern + 5 + 1000, "*b", 3);
	o = object_create("n", EVENT_HOST, name, "", "", 0);
	m = match_parse(pattern, NULL);
	for (int i = 0; i < 100; i++)
		assert_false(match_object(m, o));
	match_destroy(m);
	object_destroy(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_terms),     cmocka_unit_test(test_for_person),
	    cmocka_unit_test(test_combinations),
	    cmocka_unit_test(test_wildcards), cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_names),     cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
