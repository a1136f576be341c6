/*
 * The runner: order of step, request, answer and done; cancelling at any moment;
 * what becomes of an op that runs in circles; the last word on the class.
 */
#include "agent/runner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define FLIGHTS 100

/* --- a carrier that keeps what it is given --- */

struct flight {
	char url[32];
	void (*done)(void *arg, const struct answer *answer);
	void *arg;
	bool is_over;
};

static struct flight flights[FLIGHTS];
static unsigned n_flights;
static bool has_no_room;

static void *submit(
    void *arg, unsigned account, const struct request *request,
    void (*done)(void *done_arg, const struct answer *answer), void *done_arg)
{
	struct flight *f = &flights[n_flights];

	assert_ptr_equal(arg, flights);
	assert_int_equal(account, 3);
	if (has_no_room)
		return NULL;
	assert_true(n_flights < FLIGHTS);
	n_flights++;
	snprintf(f->url, sizeof f->url, "%s", request->url);
	f->done = done;
	f->arg = done_arg;
	f->is_over = false;
	return f;
}

static void cancel(void *arg, void *handle)
{
	struct flight *f = handle;

	(void)arg;
	assert_false(f->is_over);
	f->is_over = true;
}

static void answer_with(unsigned i, enum transport transport, int status, const char *body)
{
	char copy[64]; /* gone after the call: the runner must have kept it */
	struct answer a = {
	    .transport = transport, .status = status, .headers = "", .body = copy, .error = ""};

	snprintf(copy, sizeof copy, "%s", body);
	a.body_len = strlen(copy);
	flights[i].is_over = true;
	flights[i].done(flights[i].arg, &a);
	memset(copy, 'x', sizeof copy);
}

/* --- a notifier whose ops do what a string says, a letter per step --- */

struct op {
	const char *script;
	char url[32];
	unsigned at;
};

static unsigned n_ops;
static char last_body[64];

static struct op *begin(struct account *a, const struct job *job, struct err *err)
{
	struct op *op;

	(void)a;
	if (!job->text) {
		err_set(err, "no text");
		return NULL;
	}
	op = calloc(1, sizeof *op);
	op->script = job->text;
	n_ops++;
	return op;
}

static enum op_step send(struct op *op, struct request *request, enum effect effect)
{
	snprintf(op->url, sizeof op->url, "%s/%u", op->script, op->at);
	request->method = "POST";
	request->url = op->url;
	request->effect = effect;
	return OP_SEND;
}

/* c creates, r reads, i emits and reads, w waits 10 s; O R U P end with a class; * begins anew. */
static enum op_step step(
    struct op *op, const struct answer *answer, const struct op_env *env, struct request *request,
    struct result *result)
{
	struct item item = {.kind = ITEM_NOTICE, .text = op->script};
	char letter = op->script[op->at++];

	if (answer)
		snprintf(last_body, sizeof last_body, "%s", answer->body);
	if (letter == '*') {
		op->at = 0;
		letter = op->script[op->at++];
	}
	switch (letter) {
	case 'c': return send(op, request, EFFECT_CREATES);
	case 'i': env->emit(env->arg, &item); return send(op, request, EFFECT_NONE);
	case 'r': return send(op, request, EFFECT_NONE);
	case 'w': result->not_before_ms = env->wall_ms + 10000; return OP_WAIT;
	case 'O': result->class = RESULT_OK; break;
	case 'R': result->class = RESULT_RETRY; break;
	case 'U': result->class = RESULT_UNKNOWN; break;
	default: result->class = RESULT_PERMANENT; break;
	}
	return OP_DONE;
}

static void end(struct op *op)
{
	n_ops--;
	free(op);
}

static const struct notifier scripted = {
    .name = "scripted", .begin = begin, .step = step, .end = end};

/* --- the client --- */

struct client {
	struct run *run, *victim;
	struct result result;
	unsigned dones, emits;
	bool cancels_itself_in_emit, starts_another;
};

static struct runner *runner;
static struct now now;
static struct client second;

static struct run *start(struct client *c, const char *script);

static void done(void *arg, const struct result *result)
{
	struct client *c = arg;

	c->dones++;
	c->result = *result;
	if (c->victim)
		run_cancel(c->victim);
	if (c->starts_another)
		start(&second, "O");
	run_cancel(c->run); /* itself: safe, and nothing happens */
}

static enum emitted emit(void *arg, const struct item *item)
{
	struct client *c = arg;

	(void)item;
	c->emits++;
	if (c->cancels_itself_in_emit)
		run_cancel(c->run);
	return EMIT_NEW;
}

static struct run *start(struct client *c, const char *script)
{
	struct job job = {.type = JOB_POST, .text = script};

	c->run = runner_start(runner, &scripted, NULL, 3, &job, emit, done, c);
	return c->run;
}

static int up(void **state)
{
	struct carrier carrier = {.submit = submit, .cancel = cancel, .arg = flights};

	(void)state;
	n_flights = n_ops = 0;
	has_no_room = false;
	memset(&second, 0, sizeof second);
	now = (struct now){.wall_ms = 1000, .boot_ms = 1};
	runner = runner_create(&carrier, NULL);
	runner_turn(runner, &now);
	return 0;
}

static int down(void **state)
{
	(void)state;
	runner_destroy(runner);
	assert_int_equal(n_ops, 0);
	return 0;
}

static void test_nothing_leaves_before_release(void **state)
{
	struct client c = {0};

	(void)state;
	start(&c, "crO");
	runner_turn(runner, &now);
	runner_turn(runner, &now);
	assert_int_equal(n_flights, 0);
	assert_true(runner_is_ready(runner));
	runner_release(runner);
	assert_int_equal(n_flights, 1);
	assert_false(runner_is_ready(runner));
	assert_int_equal(runner_next(runner), NOW_NEVER);
	answer_with(0, TRANSPORT_ANSWERED, 200, "hello");
	assert_true(runner_is_ready(runner));
	runner_turn(runner, &now);
	assert_string_equal(last_body, "hello");
	assert_int_equal(n_flights, 1);
	runner_release(runner);
	assert_string_equal(flights[1].url, "crO/2");
	answer_with(1, TRANSPORT_ANSWERED, 200, "");
	assert_int_equal(c.dones, 0);
	runner_turn(runner, &now);
	assert_int_equal(c.dones, 1);
	assert_int_equal(n_ops, 0);
}

static void test_first_step_in_release(void **state)
{
	struct client c = {0}, d = {0};

	(void)state;
	start(&c, "c");
	runner_release(runner);
	assert_int_equal(n_flights, 1);
	/* what gave something out waits for the commit of that */
	start(&d, "iO");
	runner_release(runner);
	assert_int_equal(d.emits, 1);
	assert_int_equal(n_flights, 1);
	runner_turn(runner, &now);
	runner_release(runner);
	assert_int_equal(n_flights, 2);
}

static void test_refused(void **state)
{
	struct client c = {.starts_another = true};

	(void)state;
	start(&c, NULL);
	assert_int_equal(c.dones, 0);
	assert_true(runner_is_ready(runner));
	runner_turn(runner, &now);
	assert_int_equal(c.dones, 1);
	assert_int_equal(c.result.class, RESULT_PERMANENT);
	assert_string_equal(c.result.text, "no text");
	assert_int_equal(second.dones, 0);
	runner_turn(runner, &now);
	assert_int_equal(second.dones, 1);
}

static void test_wait(void **state)
{
	struct client c = {0};

	(void)state;
	start(&c, "wO");
	runner_turn(runner, &now);
	assert_int_equal(runner_next(runner), 11000);
	now.wall_ms = 10999;
	runner_turn(runner, &now);
	assert_int_equal(c.dones, 0);
	now.wall_ms = 11000;
	runner_turn(runner, &now);
	assert_int_equal(c.dones, 1);
}

static enum result_class class_of(const char *script, enum transport transport)
{
	struct client c = {0};
	unsigned first = n_flights;

	start(&c, script);
	runner_turn(runner, &now);
	runner_release(runner);
	answer_with(first, transport, 500, "");
	runner_turn(runner, &now);
	assert_int_equal(c.dones, 1);
	return c.result.class;
}

static void test_class(void **state)
{
	(void)state;
	assert_int_equal(class_of("cR", TRANSPORT_NO_ANSWER), RESULT_UNKNOWN);
	assert_int_equal(class_of("cP", TRANSPORT_NO_ANSWER), RESULT_UNKNOWN);
	assert_int_equal(class_of("cO", TRANSPORT_NO_ANSWER), RESULT_OK);
	assert_int_equal(class_of("cR", TRANSPORT_NOT_SENT), RESULT_RETRY);
	assert_int_equal(class_of("cU", TRANSPORT_NOT_SENT), RESULT_RETRY);
	assert_int_equal(class_of("cU", TRANSPORT_ANSWERED), RESULT_UNKNOWN);
	assert_int_equal(class_of("rU", TRANSPORT_NO_ANSWER), RESULT_RETRY);
	assert_int_equal(class_of("rR", TRANSPORT_NO_ANSWER), RESULT_RETRY);
	assert_int_equal(class_of("cP", TRANSPORT_ANSWERED), RESULT_PERMANENT);
}

static void test_no_room(void **state)
{
	struct client c = {0};

	(void)state;
	has_no_room = true;
	start(&c, "cR");
	runner_release(runner);
	assert_true(runner_is_ready(runner));
	runner_turn(runner, &now);
	assert_int_equal(c.result.class, RESULT_RETRY);
}

static void turn_in_circles(struct client *c)
{
	for (unsigned i = 0; i < FLIGHTS && !c->dones; i++) {
		unsigned n = n_flights;

		runner_release(runner);
		if (n_flights > n)
			answer_with(n, TRANSPORT_ANSWERED, 200, "");
		runner_turn(runner, &now);
	}
}

static void test_circles(void **state)
{
	struct client c = {0}, waits = {0};

	(void)state;
	start(&c, "r*");
	turn_in_circles(&c);
	assert_int_equal(n_flights, 64);
	assert_int_equal(c.result.class, RESULT_BUG);
	start(&waits, "w*");
	for (unsigned i = 0; i < 2000 && !waits.dones; i++) {
		now.wall_ms += 10000;
		runner_turn(runner, &now);
	}
	assert_int_equal(waits.result.class, RESULT_BUG);
}

static void test_cancel(void **state)
{
	struct client c = {0}, d = {0};

	(void)state;
	run_cancel(start(&c, "cO"));
	runner_release(runner);
	assert_int_equal(n_flights, 0);
	run_cancel(start(&c, NULL));
	start(&c, "cO"); /* under way */
	runner_release(runner);
	run_cancel(c.run);
	assert_true(flights[0].is_over);
	start(&c, "cO"); /* answered, not yet stepped */
	runner_release(runner);
	answer_with(1, TRANSPORT_ANSWERED, 200, "late");
	run_cancel(c.run);
	start(&c, "iO"); /* from inside its own step */
	c.cancels_itself_in_emit = true;
	runner_turn(runner, &now);
	assert_int_equal(c.emits, 1);
	start(&c, "O"); /* one from another's done */
	c.victim = start(&d, "O");
	c.run = NULL;
	assert_int_equal(c.dones, 0);
	c.run = c.victim;
	runner_turn(runner, &now);
	assert_int_equal(c.dones, 1);
	assert_int_equal(d.dones, 0);
	assert_int_equal(n_ops, 0);
}

static void test_destroy_ends_all(void **state)
{
	struct client c = {0};

	(void)state;
	start(&c, "cO");
	runner_release(runner);
	start(&c, "cO");
	start(&c, "wO");
	runner_turn(runner, &now);
	start(&c, NULL);
	/* down() destroys and counts the ops */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
	const struct CMUnitTest tests[] = {
	    T(test_nothing_leaves_before_release),
	    T(test_first_step_in_release),
	    T(test_refused),
	    T(test_wait),
	    T(test_class),
	    T(test_no_room),
	    T(test_circles),
	    T(test_cancel),
	    T(test_destroy_ends_all)};

	return cmocka_run_group_tests_name("runner", tests, NULL, NULL);
}
