/*
 * A compat log of a real Icinga 2, tests/replay/icinga.log: what events come of it, and that no line
 * of it is strange. Run by make check.
 */
#include "agent/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define LOG "/replay/icinga.log"

static const char expected[] =
    "SNAP_BEGIN\n"
    "SNAP_END\n"
    "STATE mx1 UP hard: from the test\n"
    "STATE mx1/SMTP OK hard: fine\n"
    "STATE mx1/Queue OK hard: fine\n"
    "STATE mx1/Flappy OK hard: fine\n"
    "STATE gw1 UP hard: from the test\n"
    "STATE web1 UP hard: from the test\n"
    "STATE web1/http OK hard: fine\n"
    "STATE mx1/SMTP CRITICAL: refused; try 1\n"
    "STATE mx1/SMTP CRITICAL hard: refused\n"
    "NOTIFIED mx1/SMTP 0 CRITICAL by oncall: refused\n"
    "NOTIFIED mx1/SMTP 1 CRITICAL by oncall: mine; all mine\n"
    "ACK mx1/SMTP by carol: mine; all mine\n"
    "STATE gw1 DOWN hard: gone\n"
    "NOTIFIED gw1 0 DOWN by oncall: gone\n"
    "STATE web1 UNREACHABLE hard: gone, too\n"
    "STATE gw1 UP hard: back\n"
    "NOTIFIED gw1 0 UP by oncall: back\n"
    "STATE web1 UP hard: back, too\n"
    "DOWNTIME mx1/Queue start #1 others 0\n"
    "NOTIFIED mx1/Queue 5 OK by oncall: fine\n"
    "DOWNTIME mx1/Queue start #2 others 0\n"
    "NOTIFIED mx1/Queue 5 OK by oncall: fine\n"
    "NOTIFIED mx1/Queue 6 OK by oncall: fine\n"
    "DOWNTIME mx1/Queue stop #2 others 1 cancelled\n"
    "DOWNTIME mx1/Queue delete #2 others 1 cancelled\n"
    "STATE mx1/Queue WARNING hard in-downtime: long, as planned\n"
    "STATE mx1/Queue OK hard in-downtime: short\n"
    "DOWNTIME mx1/Queue stop #1 others 0 cancelled\n"
    "DOWNTIME mx1/Queue delete #1 others 0 cancelled\n"
    "NOTIFIED mx1/Queue 6 OK by oncall: short\n"
    "STATE mx1/Flappy CRITICAL hard: bad 0\n"
    "NOTIFIED mx1/Flappy 2 CRITICAL by oncall: bad 0\n"
    "FLAPPING mx1/Flappy flaps\n"
    "STATE mx1/Flappy OK hard flaps: good 0\n"
    "STATE mx1/Flappy CRITICAL hard flaps: bad 1\n"
    "STATE mx1/Flappy OK hard flaps: good 1\n"
    "SNAP_BEGIN\n"
    "OBJECT mx1/SMTP CRITICAL hard acked by carol: refused\n"
    "OBJECT mx1/Flappy OK hard flaps: good 11\n"
    "SNAP_END\n"
    "STATE mx1/SMTP OK hard: fine\n"
    "NOTIFIED mx1/SMTP 0 OK by oncall: fine\n";

static void put_flags(uint32_t flags, struct buf *out)
{
	static const struct {
		uint32_t flag;
		const char *word;
	} words[] = {
	    {EVENT_HARD, "hard"},		{EVENT_ACKED, "acked"},	     {EVENT_FLAPS, "flaps"},
	    {EVENT_IN_DOWNTIME, "in-downtime"}, {EVENT_CANCELLED, "cancelled"}, {EVENT_HOST_DOWN, "host-down"}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (flags & words[i].flag)
			buf_printf(out, " %s", words[i].word);
}

static void on_event(void *arg, const struct event *ev)
{
	static const char *const downtimes[] = {"", " add", " start", " stop", " delete"};
	struct buf *out = arg;

	buf_str(out, event_type_name(ev->type));
	if (*ev->host)
		buf_printf(out, " %s%s%s", ev->host, *ev->service ? "/" : "", ev->service);
	if (ev->type == EVENT_DOWNTIME)
		buf_printf(out, "%s #%u others %d", downtimes[ev->sub], ev->id, ev->code);
	if (ev->type == EVENT_NOTIFIED)
		buf_printf(out, " %u", ev->sub);
	if (ev->type == EVENT_STATE || ev->type == EVENT_OBJECT || ev->type == EVENT_NOTIFIED)
		buf_printf(out, " %s", event_state_word(ev->kind, ev->state));
	put_flags(ev->flags, out);
	if (*ev->author)
		buf_printf(out, " by %s", ev->author);
	if (*ev->text)
		buf_printf(out, ": %s", ev->text);
	buf_char(out, '\n');
}

static void feed(struct replay *r)
{
	FILE *f = fopen(TWICKET_TEST_DATA LOG, "re");
	char part[500];
	struct err err;
	size_t n;

	assert_non_null(f);
	replay_file(r, "icinga.log");
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		assert_int_equal(replay_feed(r, part, n, &err), 0);
	fclose(f);
	assert_int_equal(replay_file_end(r, &err), 0);
	replay_end(r);
}

static void test_a_real_log(void **state)
{
	struct world *world = world_create(NULL, 0);
	struct replay *r = replay_create(world);
	struct replay_facts facts;
	struct buf out;

	(void)state;
	buf_init(&out, 1u << 20);
	replay_listen(r, on_event, &out);
	feed(r);
	if (strcmp(buf_text(&out), expected) != 0)
		fail_msg("%s", buf_text(&out));
	replay_facts(r, &facts);
	assert_int_equal(facts.broken, 0);
	assert_int_equal(facts.backwards, 0);
	assert_int_equal(facts.open, 0);
	assert_int_equal(facts.objects, 7);
	/* mx1/SMTP, gw1, web1, mx1/Queue, and mx1/Flappy twice */
	assert_int_equal(facts.problems, 6);
	replay_destroy(r);
	world_destroy(world);
	buf_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_real_log)};

	return cmocka_run_group_tests_name("replay_icinga", tests, NULL, NULL);
}
