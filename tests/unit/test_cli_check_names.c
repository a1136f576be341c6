/*
 * `check`: every name in the configuration is asked for, a pattern is not, and what the
 * core does not have is said with the nearest that it has.
 */
#include "agent/cli_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

static struct object *
make(unsigned kind, const char *host, const char *service, const char *const *pairs)
{
	struct object *o;
	struct buf b;

	buf_init(&b, 10000);
	for (; *pairs; pairs++)
		buf_add(&b, *pairs, strlen(*pairs) + 1);
	o = object_create("mon1", kind, host, service, buf_text(&b), b.len);
	buf_finish(&b);
	assert_non_null(o);
	return o;
}

static bool with_mail; /* one name that two services have, and a German one that only one has */

/* web1 in "web" and "core", contact alice; gw-north in none, with a rack. */
static void fill(struct cli_objects *objects)
{
	static const char *const mail[] = {"_TWICKET_PUBLIC", "E-mail", "_TWICKET_PUBLIC_DE", "E-Mail", NULL};
	static const char *const plain[] = {"_TWICKET_PUBLIC", "E-mail", NULL};
	static const char *const web[] = {"hostgroup", "web",   "hostgroup", "core",
					  "contact",   "alice", NULL};
	static const char *const gw[] = {"_RACK", "7", NULL};

	objects->at = calloc(4, sizeof(struct object *));
	assert_non_null(objects->at);
	objects->at[objects->n++] = make(EVENT_HOST, "web1", "", web);
	objects->at[objects->n++] = make(EVENT_HOST, "gw-north", "", gw);
	if (!with_mail)
		return;
	objects->at[objects->n++] = make(EVENT_SERVICE, "mx1", "SMTP", mail);
	objects->at[objects->n++] = make(EVENT_SERVICE, "mx2", "SMTP", plain);
}

/* All warnings as lines. */
static void check_names_of(struct config *config, const char *expected)
{
	struct check c = {.config = config, .has_objects = true, .warnings = json_array()};
	const json_t *one;
	struct buf out;
	size_t i;

	fill(&c.objects);
	check_names(&c);
	buf_init(&out, 10000);
	json_array_foreach (c.warnings, i, one)
		buf_printf(&out, "%s\n", json_string_value(json_object_get(one, "text")));
	if (strcmp(buf_text(&out), expected) != 0)
		printf("%s--- expected\n%s", buf_text(&out), expected);
	assert_string_equal(buf_text(&out), expected);
	buf_finish(&out);
	json_decref(c.warnings);
	cli_objects_finish(&c.objects);
}

static struct config *load(const char *path)
{
	struct config_report report;
	struct config *config = config_load(path, &report);

	config_report_finish(&report);
	assert_non_null(config);
	return config;
}

static void test_names(void **state)
{
	struct config *config = load("tests/unit/data/config/names.cfg");

	(void)state;
	check_names_of(
	    config,
	    "names.cfg:9: audiences.public.urgent: Nagios has no hostgroup \"cor\"; nearest: "
	    "\"core\"\n"
	    "names.cfg:10: audiences.operators.match: Nagios has no hostgroup \"lab\"\n"
	    "names.cfg:11: audiences.team.match: Nagios has no hostgroup \"lab\"\n"
	    "names.cfg:11: audiences.team.as_contact: Nagios has no contact \"alcie\"; nearest: "
	    "\"alice\"\n"
	    "group_by: Nagios has no hostgroup \"wbe\"; nearest: \"web\"\n"
	    "sentinels: Nagios has no host \"gw-nroth\"; nearest: \"gw-north\"\n");
	config_discard(config);
}

/* Where an Icinga is watched, too, Nagios alone is not to be named. */
static void test_names_with_an_icinga(void **state)
{
	struct config *config = load("tests/unit/data/config/names-icinga.cfg");

	(void)state;
	check_names_of(
	    config,
	    "names-icinga.cfg:6: audiences.operators.match: no core has hostgroup \"wbe\"; nearest: \"web\"\n");
	config_discard(config);
}

/* What matches nothing at all would never work. */
static void test_nothing(void **state)
{
	struct config *config = load("tests/unit/data/config/policy-inherit.cfg");
	unsigned n = config->n_audiences;

	(void)state;
	config->n_audiences = 0; /* of interest are the keys of the whole file */
	check_names_of(config, "");
	match_destroy(config->sentinels);
	config->sentinels = match_parse("host:isp*", NULL);
	memcpy(config->group_by, "_ROOM", 6);
	check_names_of(
	    config, "group_by: no object has _ROOM\n"
		    "sentinels: reach no object: nobody would see that we are cut off\n");
	match_destroy(config->sentinels);
	config->sentinels = NULL;
	config->group_kind = GROUP_NONE;
	check_names_of(config, "");
	config->n_audiences = n;
	config_discard(config);
}

/* Equal public names are one thing, so one translation must not be enough for two. */
static void test_languages(void **state)
{
	struct config *config = load("tests/unit/data/config/policy-inherit.cfg");
	unsigned n = config->n_audiences;
	char de[] = "de", *language = config->accounts[0].language;

	(void)state;
	config->n_audiences = 0;
	with_mail = true;
	check_names_of(config, "");
	config->accounts[0].language = de;
	check_names_of(
	    config, "\"E-mail\" is one thing with two names in de: \"E-Mail\" on mx1/SMTP, \"E-mail\" on "
		    "mx2/SMTP\n");
	with_mail = false;
	config->accounts[0].language = language;
	config->n_audiences = n;
	config_discard(config);
}

/* A group that is too small, and what is urgent but nowhere. */
static void test_too_few(void **state)
{
	struct config *config = load("tests/unit/data/config/links-none.cfg");

	(void)state;
	config->audiences[0].urgent = match_parse("host:zz*", NULL);
	check_names_of(
	    config, "links-none.cfg:7: audiences.operators.urgent: holds for no object\n"
		    "group_by: hostgroup:web has 1 member, fewer than group_min = 3\n");
	config_discard(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names), cmocka_unit_test(test_names_with_an_icinga),
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_languages),
	    cmocka_unit_test(test_too_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
