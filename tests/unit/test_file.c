/*
 * The file notifier: what it asks http.c to write and how it finds its posts again.
 * Run by `make check`; touches no file.
 */
#include "notifiers/notifier.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct notifier_settings settings = {
    .name = "dry", .handle = "/tmp/a b/posts#1", .language = "en"};
static char seen[1024];
static bool refuses;

static enum emitted emit(void *arg, const struct item *item)
{
	size_t n = strlen(seen);

	(void)arg;
	if (refuses)
		return EMIT_FAILED;
	snprintf(
	    seen + n, sizeof seen - n, "%d %s<%s %s|%s|%s;", (int)item->kind, item->id,
	    item->parent_id, item->text, item->cursor, visibility_name(item->visibility));
	return EMIT_NEW;
}

static const struct op_env env = {.wall_ms = 1795305600000, .emit = emit};

/* The first step; the caller ends the op. */
static struct op *start(
    struct account *a, const struct job *job, enum op_step *step, struct request *q,
    struct result *r)
{
	struct op *op = notifier_file.begin(a, job, NULL);

	assert_non_null(op);
	seen[0] = '\0';
	*step = notifier_file.step(op, NULL, &env, q, r);
	return op;
}

static void check_line(const struct request *q, const char *wanted)
{
	json_t *want = json_loads(wanted, 0, NULL), *got;

	assert_int_equal(q->body[q->body_len - 1], '\n');
	assert_ptr_equal(memchr(q->body, '\n', q->body_len), q->body + q->body_len - 1);
	got = json_loadb(q->body, q->body_len, 0, NULL);
	assert_non_null(want);
	if (!json_equal(want, got))
		fail_msg("got %s", q->body);
	json_decref(want);
	json_decref(got);
}

static void test_post(void **state)
{
	struct account *a = notifier_file.open(&settings, NULL);
	struct job job = {
	    .type = JOB_POST,
	    .text = "down\n\"#T7K2\"",
	    .key = "k1",
	    .parent_id = "k0",
	    .visibility = VISIBILITY_UNLISTED,
	    .language = "en"};
	struct answer answer = {
	    .transport = TRANSPORT_ANSWERED, .status = 200, .headers = "", .body = ""};
	struct request q;
	struct result r;
	enum op_step step;
	struct op *op = start(a, &job, &step, &q, &r);

	(void)state;
	assert_int_equal(step, OP_SEND);
	assert_string_equal(q.method, "PUT");
	assert_string_equal(q.url, "file:///tmp/a%20b/posts%231");
	assert_int_equal(q.effect, EFFECT_CREATES);
	check_line(
	    &q, "{\"time\":\"2026-11-22T00:00:00Z\",\"time_ms\":1795305600000,\"key\":\"k1\","
		"\"parent\":\"k0\",\"visibility\":\"unlisted\",\"language\":\"en\","
		"\"text\":\"down\\n\\\"#T7K2\\\"\"}");
	assert_int_equal(notifier_file.step(op, &answer, &env, &q, &r), OP_DONE);
	assert_int_equal(r.class, RESULT_OK);
	assert_string_equal(r.id, "k1");
	notifier_file.end(op);
	notifier_file.close(a);
}

static void test_edit(void **state)
{
	struct account *a = notifier_file.open(&settings, NULL);
	struct job job = {.type = JOB_EDIT, .text = "over", .target_id = "k1"};
	struct answer answer = {
	    .transport = TRANSPORT_ANSWERED, .status = 200, .headers = "", .body = ""};
	struct request q;
	struct result r;
	enum op_step step;
	struct op *op = start(a, &job, &step, &q, &r);

	(void)state;
	check_line(
	    &q, "{\"time\":\"2026-11-22T00:00:00Z\",\"time_ms\":1795305600000,\"edit\":\"k1\","
		"\"text\":\"over\"}");
	notifier_file.step(op, &answer, &env, &q, &r);
	assert_string_equal(r.id, "k1");
	notifier_file.end(op);
	notifier_file.close(a);
}

static enum result_class class_of(struct account *a, const struct answer *answer)
{
	struct job job = {.type = JOB_POST, .text = "x", .key = "k"};
	struct request q;
	struct result r;
	enum op_step step;
	struct op *op = start(a, &job, &step, &q, &r);

	notifier_file.step(op, answer, &env, &q, &r);
	notifier_file.end(op);
	return r.class;
}

static void test_failures(void **state)
{
	struct account *a = notifier_file.open(&settings, NULL);
	struct answer answer = {.headers = "", .body = "", .error = "Permission\ndenied"};

	(void)state;
	answer.transport = TRANSPORT_NOT_SENT;
	assert_int_equal(class_of(a, &answer), RESULT_RETRY);
	answer.transport = TRANSPORT_NO_ANSWER;
	assert_int_equal(class_of(a, &answer), RESULT_UNKNOWN);
	answer.transport = TRANSPORT_ANSWERED;
	answer.status = 507;
	assert_int_equal(class_of(a, &answer), RESULT_RETRY);
	notifier_file.close(a);
}

#define LINES                                                                                      \
	"{\"time_ms\":1000,\"key\":\"old\",\"text\":\"x\"}\n"                                      \
	"{\"time_ms\":2000,\"key\":\"k1\",\"text\":\"one\",\"visibility\":\"direct\"}\n"           \
	"no json\n\n"                                                                              \
	"{\"time_ms\":2500,\"edit\":\"k1\",\"text\":\"edited\"}\n"                                 \
	"{\"time_ms\":3000,\"key\":\"k2\",\"parent\":\"k1\",\"text\":\"two\",\"visibility\":"      \
	"\"public\"}\n"

static struct result recent(const char *body, int status, bool truncated)
{
	struct account *a = notifier_file.open(&settings, NULL);
	struct job job = {.type = JOB_RECENT, .since_ms = 2000};
	struct answer answer = {
	    .transport = TRANSPORT_ANSWERED,
	    .status = status,
	    .headers = "",
	    .body = body,
	    .body_len = strlen(body),
	    .truncated = truncated,
	    .error = ""};
	struct request q;
	struct result r;
	enum op_step step;
	struct op *op = start(a, &job, &step, &q, &r);

	assert_string_equal(q.method, "GET");
	assert_int_equal(q.effect, EFFECT_NONE);
	notifier_file.step(op, &answer, &env, &q, &r);
	notifier_file.end(op);
	notifier_file.close(a);
	return r;
}

static void test_recent(void **state)
{
	struct result r = recent(LINES "{\"time_ms\":4000,\"key\":\"half", 200, false);

	(void)state;
	assert_int_equal(r.class, RESULT_OK);
	assert_true(r.found);
	assert_string_equal(seen, "2 k2<k1 two||public;2 k1< one||direct;");
	r = recent("", 200, false);
	assert_true(r.class == RESULT_OK && !r.found);
	r = recent("", 404, false);
	assert_true(r.class == RESULT_OK && !r.found);
	/* Of a long file the end is read: good if it reaches back far enough. */
	assert_int_equal(recent(LINES, 200, true).class, RESULT_OK);
	assert_int_equal(recent(strchr(LINES, '\n') + 1, 200, true).class, RESULT_RETRY);
	assert_int_equal(recent(LINES "{\"key\"", 200, true).class, RESULT_RETRY);
	assert_int_equal(recent("", 500, false).class, RESULT_RETRY);
	refuses = true;
	assert_int_equal(recent(LINES, 200, false).class, RESULT_RETRY);
	refuses = false;
}

static void done(struct account *a, enum job_type type, const char *wanted)
{
	struct job job = {.type = type, .cursor = "", .target_id = "k"};
	struct request q;
	struct result r;
	enum op_step step;
	struct op *op = start(a, &job, &step, &q, &r);

	assert_int_equal(step, OP_DONE);
	assert_int_equal(r.class, RESULT_OK);
	assert_string_equal(seen, wanted);
	notifier_file.end(op);
}

static void test_others(void **state)
{
	struct account *a = notifier_file.open(&settings, NULL);
	struct job job = {.type = JOB_DELETE, .target_id = "k"};
	struct err err;

	(void)state;
	done(a, JOB_VERIFY, "0 /tmp/a b/posts#1< file||public;");
	done(a, JOB_COLLECT, "4 < |file|public;");
	done(a, JOB_THREAD, "");
	assert_null(notifier_file.begin(a, &job, &err));
	job = (struct job){.type = JOB_POST, .text = "x"};
	assert_null(notifier_file.begin(a, &job, &err));
	notifier_file.end(NULL);
	notifier_file.close(NULL);
	notifier_file.close(a);
}

static void test_settings(void **state)
{
	static const char *const wrong[] = {"", "posts", "./posts", "/tmp/", "/tmp/a\nb"};
	struct notifier_settings s = {.name = "dry"};
	struct account *a = notifier_file.open(&settings, NULL);
	unsigned units, limit;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		s.handle = wrong[i];
		assert_int_equal(notifier_file.check(&s, &err), -1);
		assert_null(notifier_file.open(&s, &err));
	}
	s.handle = NULL;
	assert_int_equal(notifier_file.check(&s, &err), -1);
	notifier_file.measure(a, "aé😀\xff", &units, &limit);
	assert_int_equal(units, 4);
	assert_int_equal(limit, 500);
	notifier_file.close(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_post),     cmocka_unit_test(test_edit),
	    cmocka_unit_test(test_failures), cmocka_unit_test(test_recent),
	    cmocka_unit_test(test_others),   cmocka_unit_test(test_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
