/*
 * The module's last gate: what passes, what becomes a space, what is refused.
 * Run by make check. The attacks are those of facts/NEB.md section 7.
 * It must never expect a byte outside of the allow-list.
 */
#include "common/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_cleaned(const char *in, const char *expected)
{
	char out[GATE_TEXT_BYTES], again[GATE_TEXT_BYTES];

	assert_int_equal(gate_clean(in, out, sizeof out, GATE_TEXT_CHARS), strlen(expected));
	assert_string_equal(out, expected);
	gate_clean(out, again, sizeof again, GATE_TEXT_CHARS);
	assert_string_equal(again, out); /* what passed passes again */
}

static void test_plain(void **state)
{
	(void)state;
	assert_cleaned("", "");
	assert_cleaned(
	    "on it, 5 min. #T7K2 a/b_c-d:e+f=g? 9% me@x",
	    "on it, 5 min. #T7K2 a/b_c-d:e+f=g? 9% me@x");
	assert_cleaned("  two   blanks  ", "two blanks");
	assert_cleaned("don't say \"yes\"", "don\u2019t say \u201dyes\u201d");
	assert_cleaned(
	    "\u2018a\u2019 \u201cb\u201d \u2013 \u2014", "\u2019a\u2019 \u201db\u201d - -");
}

static void test_letters_of_the_world(void **state)
{
	static const char *const words[] = {
	    "\u00c4rger gr\u00f6\u00dfer",
	    "\u03b1\u03b2\u03b3",
	    "\u0436\u0443\u043a",
	    "\u05e9\u05dc\u05d5\u05dd",
	    "\u0639\u0631\u0628",
	    "\u0939\u093f\u0928\u094d\u0926\u0940",
	    "\u0e44\u0e17\u0e22",
	    "\u65e5\u672c\u8a9e\u30ab\u30bf\u304b\u306a",
	    "\ud55c\uad6d\uc5b4",
	    "Vi\u1ec7t",
	    "\U00020000"};

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		assert_cleaned(words[i], words[i]);
}

static void test_attacks(void **state)
{
	(void)state;
	assert_cleaned("$(touch /tmp/x)", "touch /tmp/x");
	assert_cleaned("`id` | sh & ; cmd ;", "id sh cmd");
	assert_cleaned("<script>alert(1)</script>", "script alert 1 /script");
	assert_cleaned("$NOTIFICATIONCOMMENT$", "NOTIFICATIONCOMMENT");
	assert_cleaned("a\n[1] SHUTDOWN_PROGRAM\r\tb", "a 1 SHUTDOWN_PROGRAM b");
	assert_cleaned("\\x ^ ~ * ! {a} [b] \x7f \x01", "x a b");
	assert_cleaned("'; DROP TABLE x; --", "\u2019 DROP TABLE x --");
}

static void test_invisible(void **state)
{
	static const char *const hidden[] = {
	    "\u200b",   "\u200f",     "\u202a",     "\u202e", "\u2066", "\u2069",
	    "\ufeff",   "\u2028",     "\u2029",     "\u00ad", "\u00a0", "\u061c",
	    "\u180e",   "\u115f",     "\u3164",     "\u17b4", "\ufffd", "\u034f",
	    "\xc2\x85", "\U000e0041", "\U0001f600", "\ufe0f"};
	char in[16];

	(void)state;
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
		snprintf(in, sizeof in, "a%sb", hidden[i]);
		assert_cleaned(in, "a b");
	}
}

static void test_broken_utf8(void **state)
{
	(void)state;
	assert_cleaned(
	    "a\xff\xfe"
	    "b",
	    "a b");
	assert_cleaned("a\xc3", "a"); /* ends in the middle */
	assert_cleaned(
	    "a\xc0\xbb"
	    "b",
	    "a b"); /* a ; in two bytes */
	assert_cleaned(
	    "a\xe0\x80\xbb"
	    "b",
	    "a b"); /* in three */
	assert_cleaned(
	    "a\xf0\x80\x80\xbb"
	    "b",
	    "a b");
	assert_cleaned(
	    "a\xed\xa0\x80"
	    "b",
	    "a b"); /* a surrogate */
	assert_cleaned(
	    "a\xf4\x90\x80\x80"
	    "b",
	    "a b");
	assert_cleaned("\xe2\x82;", "");
}

static void test_length(void **state)
{
	char in[4 * 400 + 1], out[GATE_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < 400; i++)
		memcpy(in + 4 * i, "\U00020000", 4);
	in[1600] = '\0';
	assert_int_equal(gate_clean(in, out, sizeof out, GATE_TEXT_CHARS), 4 * GATE_TEXT_CHARS);
	assert_int_equal(gate_clean(in, out, 10, GATE_TEXT_CHARS), 8); /* never half a character */
	assert_int_equal(gate_clean("abc def", out, sizeof out, 4), 3);
}

static void test_names(void **state)
{
	(void)state;
	assert_true(gate_name_is_safe("web 1 (north) $x"));
	assert_true(gate_name_is_safe("\u00e9"));
	assert_false(gate_name_is_safe(""));
	assert_false(gate_name_is_safe("a;b"));
	assert_false(gate_name_is_safe("a\nb"));
	assert_false(gate_name_is_safe("a\x7f"));
}

static void test_marks(void **state)
{
	static const char *const wrong[] = {
	    "T7K2",    "T7K2:",    "T7K2:r",   "T7K2:rx", "T7K:r1",  "T7K22:r1",
	    "t7k2:r1", "T7K2:r1 ", "T7K2:r1;", ":r1",     "T7K2:q1", "T7K2:r123456789012345678901"};
	char mark[GATE_MARK_BYTES];

	(void)state;
	assert_true(gate_mark_is_valid(""));
	assert_true(gate_mark_is_valid("T7K2:r1"));
	assert_true(gate_mark_is_valid("T7K2:r12345678901234567890"));
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(gate_mark_is_valid(wrong[i]));
	gate_mark_of("on it T7K2:r12", mark);
	assert_string_equal(mark, "T7K2:r12");
	gate_mark_of("T7K2:r12", mark);
	assert_string_equal(mark, "T7K2:r12");
	gate_mark_of("T7K2:r12 on it", mark);
	assert_string_equal(mark, "");
	gate_mark_of("", mark);
	assert_string_equal(mark, "");
	gate_mark_of("this-is-one-very-long-word-that-is-no-mark-at-all", mark);
	assert_string_equal(mark, "");
}

static void assert_command(struct gate_order order, enum gate_command command, const char *expected)
{
	char out[GATE_COMMAND_BYTES];

	order.command = command;
	assert_int_equal(gate_command(&order, out, sizeof out), strlen(expected));
	if (*expected)
		assert_string_equal(out, expected);
}

static const struct gate_order good = {
    .time = 1700000000,
    .host = "web",
    .service = "http",
    .author = "alice",
    .text = "on it - via @a",
    .mark = "T7K2:r1",
    .is_sticky = 1};

static void test_commands(void **state)
{
	struct gate_order order = good;

	(void)state;
	assert_command(
	    good, GATE_ACK_SERVICE,
	    "[1700000000] ACKNOWLEDGE_SVC_PROBLEM;web;http;2;0;0;alice;on it - via @a T7K2:r1");
	assert_command(
	    good, GATE_ACK_HOST,
	    "[1700000000] ACKNOWLEDGE_HOST_PROBLEM;web;2;0;0;alice;on it - via @a T7K2:r1");
	assert_command(
	    good, GATE_UNACK_SERVICE, "[1700000000] REMOVE_SVC_ACKNOWLEDGEMENT;web;http");
	assert_command(good, GATE_UNACK_HOST, "[1700000000] REMOVE_HOST_ACKNOWLEDGEMENT;web");
	assert_command(
	    good, GATE_COMMENT_SERVICE,
	    "[1700000000] ADD_SVC_COMMENT;web;http;1;alice;on it - via @a T7K2:r1");
	assert_command(
	    good, GATE_COMMENT_HOST,
	    "[1700000000] ADD_HOST_COMMENT;web;1;alice;on it - via @a T7K2:r1");
	order.from = 1700000000;
	order.until = 1700001800;
	order.id = 77;
	assert_command(
	    order, GATE_DOWNTIME_SERVICE,
	    "[1700000000] SCHEDULE_SVC_DOWNTIME;web;http;1700000000;1700001800;1;0;1800;alice;on it - via @a T7K2:r1");
	assert_command(
	    order, GATE_DOWNTIME_HOST,
	    "[1700000000] SCHEDULE_HOST_DOWNTIME;web;1700000000;1700001800;1;0;1800;alice;on it - via @a T7K2:r1");
	assert_command(
	    order, GATE_DOWNTIME_SERVICES,
	    "[1700000000] SCHEDULE_HOST_SVC_DOWNTIME;web;1700000000;1700001800;1;0;1800;alice;on it - via @a T7K2:r1");
	assert_command(
	    order, GATE_ACK_SERVICE_UNTIL,
	    "[1700000000] ACKNOWLEDGE_SVC_PROBLEM_EXPIRE;web;http;2;0;0;1700001800;alice;on it - via @a T7K2:r1");
	assert_command(
	    order, GATE_ACK_HOST_UNTIL,
	    "[1700000000] ACKNOWLEDGE_HOST_PROBLEM_EXPIRE;web;2;0;0;1700001800;alice;on it - via @a T7K2:r1");
	assert_command(order, GATE_CANCEL_HOST, "[1700000000] DEL_HOST_DOWNTIME;77");
	assert_command(order, GATE_CANCEL_SERVICE, "[1700000000] DEL_SVC_DOWNTIME;77");
	assert_command(order, GATE_CHECK_HOST, "[1700000000] SCHEDULE_FORCED_HOST_CHECK;web;1700000000");
	assert_command(order, GATE_CHECK_SERVICE, "[1700000000] SCHEDULE_FORCED_SVC_CHECK;web;http;1700000000");
	order.is_sticky = 0;
	order.is_notifying = 7;
	order.mark = "";
	assert_command(
	    order, GATE_ACK_HOST,
	    "[1700000000] ACKNOWLEDGE_HOST_PROBLEM;web;1;1;0;alice;on it - via @a");
	order.text = "";
	order.mark = "T7K2:r1";
	assert_command(
	    order, GATE_ACK_HOST, "[1700000000] ACKNOWLEDGE_HOST_PROBLEM;web;1;1;0;alice;T7K2:r1");
}

static void test_refused(void **state)
{
	struct gate_order order = good;

	(void)state;
	order.host = "a;b";
	assert_command(order, GATE_UNACK_HOST, "");
	order = good;
	order.service = "a\nb";
	assert_command(order, GATE_ACK_SERVICE, "");
	order = good;
	order.author = "$;<>";
	assert_command(order, GATE_COMMENT_HOST, "");
	order = good;
	order.text = "$";
	order.mark = "";
	assert_command(order, GATE_COMMENT_HOST, "");
	order = good;
	order.mark = "; rm";
	assert_command(order, GATE_ACK_HOST, "");
	order = good;
	order.from = order.until = 5; /* no time at all */
	assert_command(order, GATE_DOWNTIME_HOST, "");
	order.until = order.time; /* Naemon would take it for one without an end */
	assert_command(order, GATE_ACK_HOST_UNTIL, "");
	assert_command(order, GATE_CANCEL_HOST, ""); /* of none */
	order.host = "a;b";
	assert_command(order, GATE_CHECK_HOST, "");
}

static void test_author_shifts_no_field(void **state)
{
	struct gate_order order = good;

	(void)state;
	order.author = "x;y;z";
	order.text = "a;b";
	assert_command(
	    order, GATE_ACK_HOST,
	    "[1700000000] ACKNOWLEDGE_HOST_PROBLEM;web;2;0;0;x y z;a b T7K2:r1");
}

static void test_longest(void **state)
{
	char name[1001], text[2001], out[GATE_COMMAND_BYTES];
	struct gate_order order = good;

	(void)state;
	memset(name, 'n', 1000);
	name[1000] = '\0';
	memset(text, 't', 2000);
	text[2000] = '\0';
	order.command = GATE_ACK_SERVICE;
	order.host = order.service = name;
	order.author = order.text = text;
	order.mark = "T7K2:r12345678901234567890";
	assert_true(gate_command(&order, out, sizeof out) > 2400);
	assert_non_null(strstr(out, " T7K2:r12345678901234567890"));
	for (size_t cap = 1; cap < 2400; cap += 13)
		assert_int_equal(gate_command(&order, out, cap), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_letters_of_the_world),
	    cmocka_unit_test(test_attacks),
	    cmocka_unit_test(test_invisible),
	    cmocka_unit_test(test_broken_utf8),
	    cmocka_unit_test(test_length),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_marks),
	    cmocka_unit_test(test_commands),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_author_shifts_no_field),
	    cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
