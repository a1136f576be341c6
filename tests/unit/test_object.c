/*
 * Objects from pairs: what is kept, what is refused, public names, and memory.
 */
#include "agent/object.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

static void add(struct buf *b, const char *key, const char *value)
{
	buf_add(b, key, strlen(key) + 1);
	buf_add(b, value, strlen(value) + 1);
}

static struct object *take(unsigned kind, const char *host, const char *service, struct buf *b)
{
	struct object *o = object_create("mon1", kind, host, service, buf_text(b), b->len);

	buf_finish(b);
	return o;
}

static void test_service(void **state)
{
	struct object *o;
	struct buf b;

	(void)state;
	buf_init(&b, 10000);
	add(&b, "display", "The web");
	add(&b, "hostgroup", "web");
	add(&b, "servicegroup", "http");
	add(&b, "contact", "alice");
	add(&b, "contact", "bob");
	add(&b, "contactgroup", "web-team");
	add(&b, "_TWICKET_PUBLIC", " Website ");
	add(&b, "_TWICKET_PUBLIC_DE", "Webseite");
	add(&b, "_TWICKET_PUBLIC_PT_BR", "  ");
	add(&b, "_ENV", "");
	add(&b, "host._TWICKET_PUBLIC", "Server");
	add(&b, "host._RACK", "7");
	add(&b, "parent", "gw");
	add(&b, "ancestor", "gw");
	add(&b, "ancestor", "core");
	add(&b, "child", "nobody");
	add(&b, "key-of-a-later-version", "x");
	o = take(EVENT_SERVICE, "web1", "HTTP", &b);
	assert_non_null(o);
	assert_int_equal(o->kind, EVENT_SERVICE);
	assert_string_equal(o->node, "mon1");
	assert_string_equal(o->service, "HTTP");
	assert_string_equal(o->display, "The web");
	assert_string_equal(o->address, "");
	assert_string_equal(o->contacts[1], "bob");
	assert_null(o->contacts[2]);
	assert_string_equal(o->ancestors[1], "core");
	assert_string_equal(object_public_name(o, ""), "Website");
	assert_string_equal(object_public_name(o, "de"), "Webseite");
	assert_string_equal(object_public_name(o, "fr"), "Website");
	assert_string_equal(object_public_name(o, "pt-br"), "Website"); /* a blank one is none */
	assert_string_equal(object_var(o, "_RACK"), "7");
	assert_string_equal(object_var(o, "_ENV"), "");
	assert_null(object_var(o, "_NONE"));
	assert_true(object_named(o));
	object_destroy(o);
}

/* A host's public name must never become its services'. */
static void test_no_leak(void **state)
{
	struct object *o;
	struct buf b;

	(void)state;
	buf_init(&b, 10000);
	add(&b, "host._TWICKET_PUBLIC", "Server");
	add(&b, "host._TWICKET_PUBLIC_DE", "Server");
	add(&b, "_TWICKET_PUBLIC", "\t ");
	add(&b, "_TWICKET_PUBLICITY", "no");
	o = take(EVENT_SERVICE, "web1", "HTTP", &b);
	assert_non_null(o);
	assert_null(object_public_name(o, ""));
	assert_null(object_public_name(o, "de"));
	assert_null(object_var(o, "_TWICKET_PUBLIC"));
	assert_string_equal(object_var(o, "_TWICKET_PUBLICITY"), "no");
	assert_false(object_named(o));
	object_destroy(o);
}

static void test_host(void **state)
{
	struct object *o;
	struct buf b;

	(void)state;
	buf_init(&b, 10000);
	add(&b, "address", "10.0.0.1");
	add(&b, "service", "Disk");
	add(&b, "service", "HTTP");
	add(&b, ".servicegroup", "http");
	add(&b, ".contact", "alice");
	add(&b, "._TWICKET_PUBLIC_DE", "Webseite");
	add(&b, ".hostgroup", "from nowhere");
	add(&b, ".host._X", "from nowhere");
	add(&b, "hostgroup", "web"); /* behind the services, and still theirs */
	add(&b, "_RACK", "7");
	add(&b, "service", "SMTP");
	add(&b, "._TWICKET_PUBLIC", "E-mail");
	add(&b, "service", "SSH");
	add(&b, "._OTHER", "x");
	o = take(EVENT_HOST, "web1", "ignored", &b);
	assert_non_null(o);
	assert_string_equal(o->service, "");
	assert_string_equal(o->address, "10.0.0.1");
	assert_int_equal(o->services, 4);
	assert_int_equal(o->n_named, 2);
	assert_null(object_public_name(o, "de"));
	assert_int_equal(o->named[0].kind, EVENT_SERVICE);
	assert_string_equal(o->named[0].service, "HTTP");
	assert_string_equal(o->named[0].host, "web1");
	assert_string_equal(o->named[0].contacts[0], "alice");
	assert_string_equal(o->named[0].hostgroups[0], "web");
	assert_null(o->named[0].hostgroups[1]);
	assert_string_equal(object_public_name(&o->named[0], "de"), "Webseite");
	assert_null(object_public_name(&o->named[0], "en"));
	assert_true(object_named(&o->named[0]));
	assert_string_equal(object_var(&o->named[1], "_RACK"), "7");
	object_destroy(o);
}

static void test_malformed(void **state)
{
	(void)state;
	assert_null(object_create("n", EVENT_HOST, "h", "", "key", 4));
	assert_null(
	    object_create("n", EVENT_HOST, "h", "", "key\0value", 9)); /* no NUL at the end */
	assert_null(object_create("n", EVENT_HOST, "h", "", "a\0b\0c", 6));
	assert_null(object_create("n", EVENT_HOST, "h", "", ".contact\0alice", 15));
	object_destroy(object_create("n", EVENT_HOST, "h", "", "", 0));
	object_destroy(object_create("n", EVENT_HOST, "h", "", "\0", 2));
	object_destroy(NULL);
}

/* 10,000 services of 1,000 hosts that share groups and contacts. */
static void test_memory(void **state)
{
	enum { N = 10000 };
	static struct object *all[N];
	size_t before = mallinfo2().uordblks, used;
	char host[32], service[32], group[32];

	(void)state;
	for (int i = 0; i < N; i++) {
		struct buf b;

		buf_init(&b, 10000);
		snprintf(host, sizeof host, "host%04d.example.net", i / 10);
		snprintf(service, sizeof service, "Service number %d", i % 10);
		snprintf(group, sizeof group, "group-of-hosts-%d", i / 10 % 20);
		add(&b, "display", service);
		add(&b, "hostgroup", "all-linux-servers");
		add(&b, "hostgroup", group);
		add(&b, "servicegroup", "everything");
		for (int k = 0; k < 5; k++) {
			snprintf(group, sizeof group, "contact-%d", k);
			add(&b, "contact", group);
		}
		add(&b, "contactgroup", "admins");
		add(&b, "_SLA", "gold");
		add(&b, "host._RACK", "7");
		add(&b, "parent", "gateway");
		add(&b, "ancestor", "gateway");
		all[i] = take(EVENT_SERVICE, host, service, &b);
		assert_non_null(all[i]);
	}
	used = (mallinfo2().uordblks - before) / N;
	print_message("%zu bytes for an object of %zu\n", used, sizeof **all);
	for (int i = 0; i < N; i++)
		object_destroy(all[i]);
#ifndef __SANITIZE_ADDRESS__
	assert_true(used < 180);
	assert_true(mallinfo2().uordblks <= before + 65536); /* all but what malloc caches */
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_service), cmocka_unit_test(test_no_leak),
	    cmocka_unit_test(test_host),    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
