/*
 * All that a loaded configuration holds, against tests/unit/data/config/X.dump: the files
 * of the reference (its smallest, its middle one, and the one that has every key), and the
 * keys of policy through several hands.
 */
#include "agent/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/buf.h"

#define DATA "tests/unit/data/config/"
#define DUMP_MAX 100000
#define A_MONDAY 1795406400 /* 23 November 2026, 05:00 in Berlin */

static const char *yes(bool flag)
{
	return flag ? "yes" : "no";
}

/* Seconds would do: nothing in the files is finer. */
static void put_span(struct buf *out, const char *name, int64_t ms)
{
	buf_printf(out, " %s %" PRId64 "s", name, ms / 1000);
	if (ms % 1000)
		buf_printf(out, " and %" PRId64 "ms", ms % 1000);
}

static void put_globals(struct buf *out, const struct config *c)
{
	static const char *const kinds[] = {"none", "hostgroup", "servicegroup", "var"};

	buf_printf(
	    out, "language %s, timezone \"%s\", link \"%s\"\n", c->language, c->timezone, c->link);
	buf_printf(out, "state_dir %s, run_dir %s\ncore_users", c->state_dir, c->run_dir);
	for (unsigned i = 0; i < c->n_core_users; i++)
		buf_printf(out, " %s", c->core_users[i]);
	buf_printf(
	    out, "\nlog %d, log_format %d\ngroup_by %s \"%s\", group_min %u\nsame_objects",
	    (int)c->log, (int)c->log_format, kinds[c->group_kind], c->group_by, c->group_min);
	for (unsigned i = 0; i < c->n_same_objects; i++)
		buf_printf(out, " %s", c->same_objects[i]);
	buf_printf(
	    out, "\nsentinels \"%s\" (parsed: %s), isolation %u\n", c->sentinels_text,
	    yes(c->sentinels), c->isolation);
}

static void put_account(struct buf *out, const struct config_account *a)
{
	buf_printf(
	    out, "account %s (line %d): %s %s, url \"%s\"\n", a->name, a->line, a->network,
	    a->handle, a->url);
	buf_printf(
	    out, "  token_file %s, app_file \"%s\", language %s, proxy \"%s\", ca_file \"%s\"\n",
	    a->token_file, a->app_file, a->language, a->proxy, a->ca_file);
	buf_printf(
	    out, "  posts %u an hour, %u a day; feedback %d, metered %s, month %" PRId64 ",",
	    a->posts_per_hour, a->posts_per_day, (int)a->feedback, yes(a->is_metered),
	    a->usd_micro_per_month);
	put_span(out, "poll", a->poll_ms);
	buf_printf(out, "\n  fields \"%s\", messages %s, prices", a->fields, yes(a->messages));
	for (unsigned i = 0; i < PRICES; i++)
		buf_printf(out, " %" PRId64, a->prices[i]);
	buf_char(out, '\n');
}

static void put_patience(struct buf *out, const struct config_audience *a)
{
	buf_str(out, " ");
	put_span(out, "hold", a->hold_ms);
	put_span(out, "recovery_hold", a->recovery_hold_ms);
	put_span(out, "reopen", a->reopen_ms);
	put_span(out, "update", a->update_ms);
	put_span(out, "remind", a->remind_ms);
	put_span(out, "remind_acked", a->remind_acked_ms);
	put_span(out, "flap_digest", a->flap_digest_ms);
	buf_printf(out, "\n  storm %u, announce", a->storm);
	for (unsigned i = 0; i < a->n_announce; i++)
		put_span(out, "at", a->announce_ms[i]);
	buf_printf(
	    out,
	    "\n  quiet_hours \"%s\" (parsed: %s, 05:00 is quiet: %s), urgent \"%s\" (parsed: %s)\n",
	    a->quiet_hours_text, yes(a->quiet_hours), yes(hours_hold(a->quiet_hours, A_MONDAY)),
	    a->urgent_text, yes(a->urgent));
}

static void put_audience(struct buf *out, const struct config *c, const struct config_audience *a)
{
	buf_printf(out, "audience %s (line %d) as %s on", a->name, a->line, a->base);
	for (unsigned i = 0; i < a->n_accounts; i++)
		buf_printf(out, " %s", c->accounts[a->accounts[i]].name);
	buf_printf(
	    out, "\n  match \"%s\" (parsed: %s), states %#x, as_contact \"%s\"\n", a->match_text,
	    yes(a->match), a->states, a->as_contact);
	buf_printf(
	    out, "  soft %s, internals %s, acks %s, links %s, visibility %d\n", yes(a->soft),
	    yes(a->internals), yes(a->acks), yes(a->links), (int)a->visibility);
	buf_printf(
	    out, "  asked: acks %s, remind %s, remind_acked %s\n", yes(a->acks_asked),
	    yes(a->remind_asked), yes(a->remind_acked_asked));
	put_patience(out, a);
	for (unsigned i = 0; i < a->n_escalate; i++) {
		const struct config_escalation *e = &a->escalate[i];

		buf_printf(out, "  escalate (line %d)", e->line);
		put_span(out, "after", e->after_ms);
		for (unsigned k = 0; k < e->n_people; k++)
			buf_printf(out, "%s %s", k ? "" : " to", c->people[e->people[k]].name);
		buf_char(out, '\n');
	}
	for (unsigned i = 0; i < a->n_words; i++)
		buf_printf(
		    out, "  words %s.%s (line %d): %s\n", a->words[i].language, a->words[i].event,
		    a->words[i].line, a->words[i].text);
}

static void put_person(struct buf *out, const struct config_person *p)
{
	buf_printf(
	    out,
	    "person %s (line %d): mastodon \"%s\", x \"%s\", role %d, match \"%s\" (parsed: %s), "
	    "notify %s, mention %s\n",
	    p->name, p->line, p->mastodon, p->x, (int)p->role, p->match_text, yes(p->match),
	    yes(p->notify), yes(p->mention));
}

static void put_icinga(struct buf *out, const struct config_icinga *i)
{
	char base[600];

	assert_int_equal(config_icinga_base(i, base, sizeof base), 0);
	assert_int_equal(config_icinga_base(i, base, strlen(base)), -1);
	assert_int_equal(config_icinga_base(i, base, sizeof base), 0);
	buf_printf(
	    out, "icinga2 %s (line %d): %s by %s at %s\n", i->node, i->line, i->url, base,
	    config_icinga_address(i));
	buf_printf(
	    out,
	    "  user \"%s\", password_file \"%s\", cert_file \"%s\", key_file \"%s\", ca_file %s\n",
	    i->user, i->password_file, i->cert_file, i->key_file, i->ca_file);
}

static struct config *load(const char *name)
{
	struct config_report report;
	struct config *c;
	char path[300];

	snprintf(path, sizeof path, DATA "%s.cfg", name);
	c = config_load(path, &report);
	for (unsigned i = 0; !c && i < report.n; i++)
		print_message("%s\n", report.at[i].text);
	assert_non_null(c);
	config_report_finish(&report);
	return c;
}

static bool is_dump(const char *name, const struct buf *got)
{
	char path[300], *expected = calloc(1, DUMP_MAX);
	bool same;
	FILE *f;

	assert_non_null(expected);
	snprintf(path, sizeof path, DATA "%s.dump", name);
	f = fopen(path, "r");
	if (f) {
		expected[fread(expected, 1, DUMP_MAX - 1, f)] = '\0';
		fclose(f);
	}
	same = !strcmp(buf_text(got), expected);
	if (!same)
		printf("%s:\n%s--- expected\n%s", name, buf_text(got), expected);
	free(expected);
	return same;
}

static void check(const char *name)
{
	struct config *c = load(name);
	struct buf out;
	bool same;

	buf_init(&out, DUMP_MAX);
	put_globals(&out, c);
	for (unsigned i = 0; i < c->n_accounts; i++)
		put_account(&out, &c->accounts[i]);
	for (unsigned i = 0; i < c->n_audiences; i++)
		put_audience(&out, c, &c->audiences[i]);
	for (unsigned i = 0; i < c->n_people; i++)
		put_person(&out, &c->people[i]);
	for (unsigned i = 0; i < c->n_icinga; i++)
		put_icinga(&out, &c->icinga[i]);
	same = is_dump(name, &out);
	buf_finish(&out);
	config_destroy(c);
	assert_true(same);
}

static void test_small(void **state)
{
	(void)state;
	check("surface-1.1");
}

static void test_middle(void **state)
{
	(void)state;
	check("surface-middle-whole");
}

static void test_full(void **state)
{
	(void)state;
	check("surface-full");
}

static void test_policy(void **state)
{
	(void)state;
	check("policy-inherit");
}

static void test_icinga(void **state)
{
	(void)state;
	check("icinga");
}

/* -s moves what lies in the state folder, and nothing else. */
static void test_moved(void **state)
{
	struct config *c = load("icinga");
	struct err err;

	(void)state;
	assert_int_equal(config_override(c, "/srv/t", NULL, &err), 0);
	assert_string_equal(c->icinga[2].cert_file, "/srv/t/icinga.crt");
	assert_string_equal(c->icinga[2].key_file, "/srv/t/icinga.key");
	assert_string_equal(c->icinga[2].password_file, "");
	assert_string_equal(c->icinga[0].password_file, "/etc/twicket/icinga.pass");
	assert_string_equal(c->icinga[0].ca_file, "/var/lib/icinga2/certs/ca.crt");
	config_destroy(c);
}

/* A demonstration waits less, and never loses what is not "none". */
static void test_hurry(void **state)
{
	struct config *c = load("policy-inherit");
	const struct config_audience *team = &c->audiences[config_audience_index(c, "team")];
	const struct config_audience *none = &c->audiences[config_audience_index(c, "none")];

	(void)state;
	config_hurry(c, 0);
	assert_int_equal(team->hold_ms, 15000);
	config_hurry(c, 60);
	assert_int_equal(team->hold_ms, 250);
	assert_int_equal(team->recovery_hold_ms, 1500);
	assert_int_equal(team->flap_digest_ms, 90000);
	assert_int_equal(team->escalate[0].after_ms, 20000);
	assert_int_equal(team->escalate[2].after_ms, 60000);
	assert_int_equal(team->reopen_ms, 1800000);
	assert_int_equal(team->announce_ms[0], 172800000);
	assert_int_equal(none->flap_digest_ms, 0);
	config_hurry(c, 1000000);
	assert_int_equal(team->flap_digest_ms, 1);
	assert_int_equal(team->escalate[0].after_ms, 1);
	config_destroy(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_small), cmocka_unit_test(test_middle),
	    cmocka_unit_test(test_full),  cmocka_unit_test(test_policy),
	    cmocka_unit_test(test_hurry), cmocka_unit_test(test_icinga),
	    cmocka_unit_test(test_moved),
	};

	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
