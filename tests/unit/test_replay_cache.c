/*
 * objects.cache into objects, and objects into descriptions with their relations.
 * Run by make check.
 */
#include "agent/cli_objects.h"
#include "agent/replay_cache.h"
#include "agent/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void put_list(struct buf *out, const char *key, const char *const *list)
{
	for (; list && *list; list++)
		buf_printf(out, " %s=%s", key, *list);
}

static void put_vars(struct buf *out, const char *key, const struct object_var *v)
{
	for (; v && v->name; v++)
		buf_printf(out, " %s%s=%s", key, v->name, v->value);
}

static void show(const struct object *o, struct buf *out)
{
	buf_printf(out, "%s", *o->display ? o->display : "-");
	put_list(out, "hg", o->hostgroups);
	put_list(out, "sg", o->servicegroups);
	put_list(out, "c", o->contacts);
	put_list(out, "cg", o->contactgroups);
	put_vars(out, "", o->vars);
	put_vars(out, "host.", o->host_vars);
	put_list(out, "up", o->parents);
	put_list(out, "above", o->ancestors);
	if (o->kind == EVENT_HOST)
		buf_printf(out, " services=%u", o->services);
	for (unsigned i = 0; i < o->n_named; i++)
		buf_printf(out, " named=%s:%s", o->named[i].service, object_public_name(&o->named[i], "de"));
}

static const struct {
	const char *host, *service, *shown;
} objects[] = {
    {"router", "", "- services=0"},
    {"mx1", "", "Mail 1 hg=mail c=alice c=bob cg=admins _RACK=r7 up=router above=router services=2 named=SMTP:E-Mail"},
    {"mx1", "SMTP",
     "- hg=mail sg=telephony c=carol _TWICKET_PUBLIC=E-mail _TWICKET_PUBLIC_DE=E-Mail host._RACK=r7 up=router "
     "above=router"},
    {"mx1", "Queue", "- hg=mail host._RACK=r7 up=router above=router"},
    {"db1", "", "- hg=db up=router up=mx1 above=router above=mx1 services=1 named=Postgres:E-mail"},
    {"mx1", "Old", "- hg=mail host._RACK=r7 up=router above=router"}, /* not configured any more */
    {"old1", "", "- services=0"},
    {"old1", "HTTP", "-"},
};

static void test_site(void **state)
{
	struct cli_objects site;
	struct world *world;
	struct err err;

	(void)state;
	assert_int_equal(cache_read(TWICKET_TEST_DATA "/replay/objects.cache", &site, &err), 0);
	assert_int_equal(site.n, 6);
	world = world_create(site.at, site.n);
	for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
		struct object *o = world_object(
		    world, *objects[i].service ? EVENT_SERVICE : EVENT_HOST, objects[i].host, objects[i].service);
		struct buf out;

		buf_init(&out, 4000);
		assert_non_null(o);
		show(o, &out);
		if (strcmp(buf_text(&out), objects[i].shown) != 0)
			fail_msg("%s/%s: %s", objects[i].host, objects[i].service, buf_text(&out));
		buf_finish(&out);
		object_destroy(o);
	}
	world_destroy(world);
	cli_objects_finish(&site);
}

static void add_name(void *arg, const char *host, const char *service)
{
	buf_printf(arg, " %s%s%s", host, *service ? "/" : "", service);
}

static const struct {
	enum world_set set;
	const char *name, *members;
} sets[] = {
    {WORLD_SERVICES, "mx1", " mx1/SMTP mx1/Queue"},
    {WORLD_CHILDREN, "router", " router mx1 db1"},
    {WORLD_CHILDREN, "mx1", " mx1 db1"},
    {WORLD_HOSTS_OF, "mail", " mx1"},
    {WORLD_SERVICES_OF, "mail", " mx1/SMTP mx1/Queue"},
    {WORLD_MEMBERS_OF, "telephony", " mx1/SMTP db1/Postgres"},
    {WORLD_MEMBER_HOSTS, "telephony", " mx1 db1"},
    {WORLD_HOSTS_OF, "nothing", ""},
};

static void test_sets(void **state)
{
	struct cli_objects site;
	struct match *match;
	struct world *world;
	struct err err;

	(void)state;
	assert_int_equal(cache_read(TWICKET_TEST_DATA "/replay/objects.cache", &site, &err), 0);
	world = world_create(site.at, site.n);
	for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
		struct buf out;

		buf_init(&out, 4000);
		world_each(world, sets[i].set, sets[i].name, add_name, &out);
		assert_string_equal(buf_text(&out), sets[i].members);
		buf_finish(&out);
	}
	match = match_parse("host:mx1", &err);
	assert_int_equal(world_count(world), 6);
	assert_int_equal(world_matched(world, match), 3);
	assert_int_equal(world_matched(world, NULL), 0);
	match_destroy(match);
	world_destroy(world);
	cli_objects_finish(&site);
}

/* Parents in a circle end somewhere. */
static void test_circle(void **state)
{
	char text[] = "define host {\nhost_name a\nparents b\n}\ndefine host {\nhost_name b\nparents a,c\n}\n";
	struct cli_objects site;
	struct world *world;
	struct object *o;
	struct err err;

	(void)state;
	assert_int_equal(cache_parse("t", text, &site, &err), 0);
	world = world_create(site.at, site.n);
	o = world_object(world, EVENT_HOST, "a", "");
	assert_string_equal(o->ancestors[0], "b");
	assert_string_equal(o->ancestors[1], "a");
	assert_string_equal(o->ancestors[2], "c");
	assert_null(o->ancestors[3]);
	object_destroy(o);
	world_destroy(world);
	cli_objects_finish(&site);
}

static const struct {
	const char *text;
	int objects; /* -1: refused */
} texts[] = {
    {"", -1},
    {"[1] SERVICE ALERT: x", -1},
    {"define contact {\n\tcontact_name\talice\n\t}\n", -1},
    {"define host {\n\thost_name\ta\n", 1}, /* it ends in the middle */
    {"define host {\n\thost_name\n\talias\tx\n\t}\ndefine host{\nhost_name a\n}", 1},
    {"define host {\nhost_name a\n}\ndefine host {\nhost_name a\n}\n", 1},
    {"define service {\nhost_name a\nservice_description s\n}\n", 1},
    {"define host {\r\n\thost_name\ta\r\n\tparents\t,,a , \r\n\t_X\r\n\t}\r\n", 1},
    {"host_name a\n}\n}\ndefine host {\nhost_name a\n}", 1},
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char *copy = strdup(texts[i].text);
		struct cli_objects found;
		struct err err = {""};
		int rc = cache_parse("t", copy, &found, &err);

		if (rc == -1 ? texts[i].objects != -1 : texts[i].objects != (int)found.n)
			fail_msg("%s: %d, %zu, %s", texts[i].text, rc, found.n, err.text);
		cli_objects_finish(&found);
		free(copy);
	}
}

static void test_files(void **state)
{
	struct cli_objects found;
	struct err err;

	(void)state;
	assert_int_equal(cache_read("/nonexistent/objects.cache", &found, &err), -1);
	assert_string_equal(err.text, "/nonexistent/objects.cache: No such file or directory");
	assert_int_equal(cache_read("/dev/null", &found, &err), -1);
	assert_non_null(strstr(err.text, "it is empty"));
	assert_int_equal(cache_read(TWICKET_TEST_DATA "/replay/site.cfg", &found, &err), -1);
	assert_non_null(strstr(err.text, "it defines no host"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_site),  cmocka_unit_test(test_sets),	cmocka_unit_test(test_circle),
	    cmocka_unit_test(test_texts), cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests_name("replay_cache", tests, NULL, NULL);
}
