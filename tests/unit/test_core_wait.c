/*
 * When the next turn is due: at once, at a deadline, or a little later because more of the same
 * storm is on its way. Everything that core_wait.c asks is a stub.
 */
#include "agent/core_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1000000
#define MAX 60000

static struct {
	bool is_asking, has_run, is_ready, has_reply, is_between, is_queueing;
	int64_t engine;
} is;

bool engine_is_asking(const struct engine *e)
{
	(void)e;
	return is.is_asking;
}

int64_t engine_next(const struct engine *e)
{
	(void)e;
	return is.engine;
}

bool runner_is_idle(const struct runner *r)
{
	(void)r;
	return !is.has_run;
}

bool runner_is_ready(const struct runner *r)
{
	(void)r;
	return is.is_ready;
}

bool runner_is_between(const struct runner *r)
{
	(void)r;
	return is.is_between;
}

bool outbox_is_queueing(const struct outbox *o)
{
	(void)o;
	return is.is_queueing;
}

int64_t runner_next(const struct runner *r)
{
	(void)r;
	return NOW_NEVER;
}

bool inbox_is_idle(const struct inbox *b)
{
	(void)b;
	return !is.has_reply;
}

int64_t inbox_next(const struct inbox *b)
{
	(void)b;
	return NOW_NEVER;
}

int64_t outbox_next(const struct outbox *o, const struct now *now)
{
	(void)o;
	(void)now;
	return NOW_NEVER;
}

int64_t tickets_next(const struct tickets *t)
{
	(void)t;
	return NOW_NEVER;
}

int64_t collector_next(const struct collector *c, const struct now *now)
{
	(void)c;
	(void)now;
	return NOW_NEVER;
}

static const struct {
	const char *what;
	int64_t ago_ms; /* since the last turn */
	bool has_news, is_asking, has_run, is_ready, has_reply;
	int64_t due_ms; /* of the engine, from now; -1 = never */
	bool gathers;
	int wait_ms;
} cases[] = {
    {"nothing to do", 10, true, false, false, false, false, -1, false, MAX},
    {"a deadline", 10, true, false, false, false, false, 300, false, 300},
    {"a deadline that has passed", 10, true, false, false, false, false, -5, false, 0},
    {"the first event after a quiet time", 5000, true, true, false, false, false, 0, false, 0},
    {"more of a storm, just after a turn", 0, true, true, false, false, false, 0, true, 50},
    {"more of a storm", 30, true, true, false, false, false, 0, true, 20},
    {"the core does not answer", 30, false, true, false, false, false, -1, true, MAX},
    {"a deadline that is farther away", 30, false, true, false, false, false, 400, true, 400},
    {"nothing is due, but to be kept", 30, true, true, false, false, false, -1, true, 20},
    {"it has waited for long enough", 50, true, true, false, false, false, 0, false, 0},
    {"a post is on its way", 10, true, true, true, false, false, 0, false, 0},
    {"an answer is there", 10, true, true, true, true, false, -1, false, 0},
    {"a reply waits for its command", 10, true, true, false, false, true, 0, false, 0},
};

static void test_wait(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
		struct core c = {.turned_ms = NOW - cases[k].ago_ms, .has_news = cases[k].has_news};
		struct now now = {.boot_ms = NOW, .wall_ms = NOW};

		is.is_asking = cases[k].is_asking;
		is.has_run = cases[k].has_run;
		is.is_ready = cases[k].is_ready;
		is.has_reply = cases[k].has_reply;
		is.engine = cases[k].due_ms == -1 ? NOW_NEVER : NOW + cases[k].due_ms;
		if (core_is_gathering(&c, &now) != cases[k].gathers)
			fail_msg("%s: gathers", cases[k].what);
		if (core_wait_ms(&c, &now, MAX) != cases[k].wait_ms)
			fail_msg("%s: waits %d ms", cases[k].what, core_wait_ms(&c, &now, MAX));
	}
}

static const struct {
	const char *what;
	int64_t ago_ms;
	bool is_between, is_queueing, has_reply, gathers;
	int wait_ms;
} answers[] = {
    {"one of four answers of a quick server", 1, true, true, false, true, 2},
    {"the same, and a reply waits for its command", 1, true, true, true, false, 0},
    {"all four are there", 1, false, true, false, false, 0},
    {"nothing waits behind them", 1, true, false, false, false, 0},
    {"a slow server", 3, true, true, false, false, 0},
};

static void test_answers(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof answers / sizeof answers[0]; k++) {
		struct core c = {.turned_ms = NOW - answers[k].ago_ms, .has_news = true};
		struct now now = {.boot_ms = NOW, .wall_ms = NOW};

		is.is_asking = false;
		is.has_run = is.is_ready = true;
		is.has_reply = answers[k].has_reply;
		is.is_between = answers[k].is_between;
		is.is_queueing = answers[k].is_queueing;
		is.engine = NOW_NEVER;
		if (core_is_gathering(&c, &now) != answers[k].gathers)
			fail_msg("%s: gathers", answers[k].what);
		if (core_wait_ms(&c, &now, MAX) != answers[k].wait_ms)
			fail_msg("%s: waits %d ms", answers[k].what, core_wait_ms(&c, &now, MAX));
	}
	is.is_between = is.is_queueing = false;
}

static void test_broken_store(void **state)
{
	struct core c = {.retry_boot_ms = NOW + 700, .turned_ms = NOW, .store_trouble = "disk full"};
	struct now now = {.boot_ms = NOW};

	(void)state;
	is.is_asking = is.is_ready = true;
	assert_int_equal(core_wait_ms(&c, &now, MAX), 700);
	assert_int_equal(core_wait_ms(&c, &now, 100), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wait),
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_broken_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
