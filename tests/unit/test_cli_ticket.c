/*
 * Lists of tickets as a terminal shows them: names of every length and script, many of them, and what
 * was said in one. Run by the unit suite.
 */
#include "agent/cli_text.h"
#include "agent/cli_ticket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS INT64_C(1795348800000) /* 12:00 */

static json_t *ticket(const char *name, const char *from, const char *title)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "ticket", name, "account", "status", "reporter", from,
			 "title", title, "desk", "17", "url", "https://rt.example/17", "created_ms",
			 (json_int_t)(NOW_MS - 3600000), "closed_ms", (json_int_t)0);
}

static void expect(struct buf *out, const char *text)
{
	assert_string_equal(buf_text(out), text);
	buf_finish(out);
}

static void test_list(void **state)
{
	json_t *all = json_array(), *answer;
	struct buf out;

	(void)state;
	json_array_append_new(all, ticket("Q-2222", "dora@users.example", "my invoice is wrong"));
	json_array_append_new(
	    all, ticket("Q-3333", "averyveryverylongname@avery.long.example", "the 🚪 does\nnot open\x1b[31m"));
	json_array_append_new(all, ticket("Q-4444", "名前名前名前名前名前名前名前名前@x.example", "الباب لا يفتح"));
	json_array_append_new(all, ticket("Q-5555", "دورا@users.example", "\xe2\x80\xaeno"));
	answer = json_pack("{s:o, s:i}", "tickets", all, "more", 7);
	buf_init(&out, 65536);
	cli_tickets_text(answer, NOW_MS, &out);
	json_decref(answer);
	expect(&out, "TICKET  SINCE      STATE  DESK  FROM                          WHAT\n"
		     "Q-2222  11:00      open   17    dora@users.example            my invoice is wrong\n"
		     "Q-3333  11:00      open   17    averyveryverylongname@avery…  the 🚪 does not open\\x1b[31m\n"
		     "Q-4444  11:00      open   17    名前名前名前名前名前名前名…   الباب لا يفتح\n"
		     "Q-5555  11:00      open   17    دورا@users.example            \\u202eno\n"
		     "... and 7 more.\n");
}

static void test_one(void **state)
{
	static const char text[] = "the door does not open, and nobody comes when I ring the bell that stands beside it\n"
				   "\n"
				   "please help";
	json_t *notes = json_array(), *answer;
	struct buf out;

	(void)state;
	json_array_append_new(notes, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "by", "reporter", "author",
					       "dora@users.example", "text", text, "state", "sent", "reason", "", "at_ms",
					       (json_int_t)(NOW_MS - 3600000)));
	json_array_append_new(notes, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "by", "hand", "author", "", "text",
					       "(not sent)", "state", "waits", "reason", "503", "at_ms", (json_int_t)NOW_MS));
	answer = json_pack("{s:o, s:o}", "ticket", ticket("Q-2222", "dora@users.example", "the door"), "notes", notes);
	buf_init(&out, 65536);
	cli_ticket_text(answer, NOW_MS, &out);
	json_decref(answer);
	expect(&out, "Q-2222 from dora@users.example to status since 11:00, open; at the desk 17 https://rt.example/17\n"
		     "11:00  reporter dora@users.example\n"
		     "    the door does not open, and nobody comes when I ring the bell that stands\n"
		     "    beside it\n"
		     "\n"
		     "    please help\n"
		     "12:00  twicket (waits: 503)\n"
		     "    (not sent)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_list), cmocka_unit_test(test_one)};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests_name("cli_ticket", tests, NULL, NULL);
}
