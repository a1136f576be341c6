/*
 * One incident after the other through all sentences, in all languages: no two lines of a
 * thread read alike when only time has passed, and five long names fit into a post of X.
 */
#include "tests/unit/words_example.h"

#include "notifiers/twitter_count.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EVENT_BIT(e) (UINT64_C(1) << (e))

static const char *const bases[] = {"public", "operators"};

struct language {
	const char *name;
	struct words *words;
};

static void for_languages(void (*fn)(const struct language *c))
{
	for (const char *const *l = words_languages(); *l; l++) {
		struct err err = {""};
		struct language c = {*l, words_open(*l, &err)};

		if (!c.words)
			fail_msg("%s", err.text);
		fn(&c);
		words_close(c.words);
	}
}

/* ---- sentences with all their facts ---- */

struct facts {
	struct say say;
	const char *names[5], *members[2], *mentions[1];
	struct say_span spans[2], open[1];
};

#define HOUR 3600

/* What has a beginning of its own each time. */
#define BEGINS_ANEW                                                                                \
	(EVENT_BIT(SAY_ALARM) | EVENT_BIT(SAY_LOST) | EVENT_BIT(SAY_CUT_OFF) |                     \
	 EVENT_BIT(SAY_KNOWN) | EVENT_BIT(SAY_DISAGREE) | EVENT_BIT(SAY_AGAIN) | EVENT_BIT(SAY_STORM))

/* The same incident, `step` hours later: only time has passed. */
static void facts_fill(struct facts *f, int event, int step)
{
	static const char *const names[] = {
	    "Mailing lists and forums", "Customer self-service desk", "Video conferences and chat",
	    "Shared calendars and tasks", "Remote access from home"};
	int64_t start = wall("2026-11-22 03:12"), now = start + (step + 1) * HOUR;

	*f =
	    (struct facts){.members = {"db1/Disk", "db1/Load"}, .mentions = {"@alice@example.org"}};
	memcpy(f->names, names, sizeof names);
	f->spans[0] = (struct say_span){"Wiki", NULL, NULL, start, start + HOUR};
	f->spans[1] = (struct say_span){"Mail", NULL, NULL, start, start + HOUR};
	f->open[0] = (struct say_span){"mx1", "DOWN", "T9QM", start, 0};
	f->say = (struct say){
	    .event = (enum say_event)event,
	    .tag = "T7K2",
	    .names = f->names,
	    .n_names = 5,
	    .object = "db1/Postgres",
	    .state = "CRITICAL",
	    .was = "WARNING",
	    .output = "refused",
	    .members = f->members,
	    .n_members = 2,
	    .owner = "alice",
	    .acked = true,
	    .text = "Soon over.",
	    .parent = "gw #T9QX",
	    .writer = "@bob_noc",
	    .reason = "other",
	    .times = (unsigned)step + 2,
	    .nth = (unsigned)step + 1,
	    .count = 7,
	    .since = start,
	    .until = now,
	    .at = now,
	    .eta = now + HOUR,
	    .duration = now - start,
	    .now = now,
	    .next = now + HOUR,
	    .spans = f->spans,
	    .n_spans = 2,
	    .open = f->open,
	    .n_open = 1,
	    .has_now = true,
	    .longest = f->spans[0],
	    .total = 9,
	    .mentions = f->mentions,
	    .n_mentions = 1,
	    .interval = 600,
	    .ticket = "Q-4K7M"};
	if (event == SAY_SOON) /* it comes nearer */
		f->say.duration = (3 - step) * HOUR;
	if (EVENT_BIT(event) & BEGINS_ANEW)
		f->say.since = now;
}

static void render(const struct language *c, int base, const struct facts *f, struct buf *out)
{
	struct words_want want = {.words = c->words, .base = bases[base]};
	struct err err = {""};

	buf_reset(out);
	if (words_say(&want, &f->say, out, &err) == -1)
		fail_msg("%s: %s", c->name, err.text);
}

/* Once in the life of a thread, so never twice alike; beginnings never follow each other. */
#define BEGINNINGS                                                                                 \
	(EVENT_BIT(SAY_PROBLEM) | EVENT_BIT(SAY_PAST) | EVENT_BIT(SAY_UNREACHABLE) |               \
	 EVENT_BIT(SAY_PLANNED) | EVENT_BIT(SAY_OPENED))
#define ENDS (EVENT_BIT(SAY_GONE) | EVENT_BIT(SAY_RETRACT) | EVENT_BIT(SAY_CANCELLED) |               \
	      EVENT_BIT(SAY_RECALLED))
#define ONCE (EVENT_BIT(SAY_PART_OF) | EVENT_BIT(SAY_FIXED) | EVENT_BIT(SAY_ADOPTED))
/* To one who is no person; where it costs, the network itself says whom it is for. */
#define TO_STRANGERS                                                                               \
	(EVENT_BIT(SAY_KNOWN) | EVENT_BIT(SAY_OVER) | EVENT_BIT(SAY_TICKET) | EVENT_BIT(SAY_ANSWER))
/* The words are a person's own, or an answer to whoever asks twice. */
#define FREE                                                                                       \
	(EVENT_BIT(SAY_SAY) | EVENT_BIT(SAY_KNOWN_ERROR) | EVENT_BIT(SAY_STATUS) |                 \
	 EVENT_BIT(SAY_TROUBLE) | TO_STRANGERS)

static bool may_follow(int first, int second)
{
	uint64_t both = EVENT_BIT(first) & EVENT_BIT(second);

	if (both & (ENDS | ONCE | FREE))
		return false;
	return !(EVENT_BIT(first) & BEGINNINGS && EVENT_BIT(second) & BEGINNINGS);
}

static void check_pairs(const struct language *c)
{
	struct facts early, late;
	struct buf one, two;
	unsigned n = 0;

	buf_init(&one, 10000);
	buf_init(&two, 10000);
	for (int base = 0; base < 2; base++)
		for (int k = 0; k < SAY_EVENTS * SAY_EVENTS; k++) {
			int a = k / SAY_EVENTS, b = k % SAY_EVENTS;

			facts_fill(&early, a, 0);
			facts_fill(&late, b, 1);
			render(c, base, &early, &one);
			render(c, base, &late, &two);
			if (!one.len || !two.len || !may_follow(a, b))
				continue;
			n++;
			if (!strcmp(buf_text(&one), buf_text(&two)))
				fail_msg(
				    "%s: %s.%s and a later %s read alike: %s", c->name, bases[base],
				    early.say.event == late.say.event
					? "one"
					: words_event_name(early.say.event),
				    words_event_name(late.say.event), buf_text(&one));
		}
	assert_true(n > 1500);
	buf_finish(&one);
	buf_finish(&two);
}

static void test_pairs(void **state)
{
	(void)state;
	for_languages(check_pairs);
}

/* ---- room on X ---- */

static void check_room(const struct language *c)
{
	struct facts f;
	struct buf out;
	unsigned most = 0, weight;
	const char *longest = "";

	buf_init(&out, 10000);
	for (int e = 0; e < SAY_EVENTS; e++) {
		facts_fill(&f, e, 1);
		if (EVENT_BIT(e) & TO_STRANGERS)
			f.say.writer = NULL;
		render(c, 0, &f, &out);
		weight = twitter_weight(buf_text(&out));
		if (weight > TWITTER_LIMIT)
			fail_msg("%s: %u for X: %s", c->name, weight, buf_text(&out));
		if (twitter_may_link(buf_text(&out)))
			fail_msg("%s: X would see a link in: %s", c->name, buf_text(&out));
		if (weight > most)
			longest = words_event_name((enum say_event)e);
		most = weight > most ? weight : most;
	}
	print_message(
	    "%s: the longest with five long names is %s, %u of 280\n", c->name, longest, most);
	buf_finish(&out);
}

/* Names that nobody should choose: shorter by the ladder, but thing and tag are in it. */
static void check_endless_names(const struct language *c)
{
	static const char name[] =
	    "Ein öffentlicher Name, der länger ist, als irgendjemand lesen möchte, "
	    "und der trotzdem noch immer nicht zu Ende ist";
	struct words_want want = {.words = c->words, .base = "public", .measure = measure_weight};
	struct err err = {""};
	struct facts f;
	struct buf out;

	buf_init(&out, 10000);
	for (int e = 0; e < SAY_EVENTS; e++) {
		int rc;

		facts_fill(&f, e, 1);
		for (int i = 0; i < 5; i++)
			f.names[i] = name;
		f.spans[0].name = f.spans[1].name = f.open[0].name = name;
		buf_reset(&out);
		rc = words_say(&want, &f.say, &out, &err);
		if (rc == -1)
			fail_msg("%s: %s", c->name, err.text);
		if (rc == 1)
			continue;
		if (e == SAY_TICKET || e == SAY_ANSWER) {
			if (!strstr(buf_text(&out), "Q-4K7M"))
				fail_msg("%s: lost its ticket: %s", c->name, buf_text(&out));
			continue;
		}
		if (!strstr(buf_text(&out), "#T7K2") || (e != SAY_TROUBLE && e != SAY_DIGEST &&
							 !strstr(buf_text(&out), "Ein öffentli")))
			fail_msg("%s: lost its tag or thing: %s", c->name, buf_text(&out));
	}
	buf_finish(&out);
}

static void test_room(void **state)
{
	(void)state;
	for_languages(check_room);
	for_languages(check_endless_names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pairs),
	    cmocka_unit_test(test_room),
	};

	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
