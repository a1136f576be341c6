/*
 * Tickets on a virtual clock, with the simulated desk: states, lost answers, order, answers
 * that come twice, ends and limits. Run by make check; needs nothing but memory and one file.
 */
#include "tests/unit/ticket_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* --- on its way ------------------------------------------------------------------------------ */

static void test_committed_before_it_leaves(void **state)
{
	struct ticket_rig *rig = *state;
	char name[TICKET_NAME_SIZE];

	ticket_rig_open(rig, "dora", "no mail", name);
	assert_memory_equal(name, "Q-", 2);
	ticket_rig_turn(rig, TICKET_RIG_HOLD);
	assert_int_equal(ticket_rig_note(rig, 0)->state, TICKET_NOTE_SENDING);
	assert_int_equal(rig->sim.desk.n_tickets, 0);
	ticket_rig_run(rig, MINUTE_MS / 2);
	assert_int_equal(ticket_rig_note(rig, 0)->state, TICKET_NOTE_SENT);
	assert_int_equal(rig->sim.desk.n_tickets, 1);
	assert_string_equal(rig->sim.desk.tickets[0].key, name);
	assert_string_equal(ticket_rig_ticket(rig, name)->desk_id, "1");
}

struct lost {
	const char *what;
	unsigned lose, drop, error; /* of the next requests that create */
	bool is_blind;
	unsigned again;		/* the same key once more at a desk that cannot be asked */
	int64_t least_ms, most_ms; /* until it is settled */
};

static const struct lost losses[] = {
    {.what = "acted, no answer", .lose = 1, .most_ms = 30000},
    {.what = "acted, 500", .error = 1, .most_ms = 30000},
    {.what = "not acted, no answer", .drop = 1, .least_ms = 20000, .most_ms = 90000},
    {.what = "not acted twice", .drop = 2, .least_ms = 40000, .most_ms = 180000},
    {.what = "blind: acted, no answer", .lose = 1, .is_blind = true, .again = 1, .most_ms = 60000},
    {.what = "blind: acted, 500", .error = 1, .is_blind = true, .again = 1, .most_ms = 60000},
    {.what = "blind: not acted", .drop = 1, .is_blind = true, .most_ms = 60000},
};

/* A ticket and then a note of it, each with its answer lost: there once, and nobody heard twice. */
static void test_lost_answers(void **state)
{
	struct ticket_rig *rig = *state;

	for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
		const struct lost *l = &losses[i];
		struct sim_desk *d = &rig->sim.desk;
		char name[TICKET_NAME_SIZE], words[32];

		ticket_rig_anew(rig);
		ticket_rig_set_desk(rig, l->is_blind ? &desk_sim_blind : &desk_sim);
		for (unsigned note = 0; note < 2; note++) {
			int64_t began_ms = rig->now.wall_ms, took_ms;

			d->lose_next = l->lose, d->drop_next = l->drop, d->error_next = l->error;
			snprintf(words, sizeof words, "words %u", note);
			if (note)
				assert_int_equal(ticket_rig_more(rig, "dora", words), TICKETS_HIS);
			else
				ticket_rig_open(rig, "dora", words, name);
			took_ms = ticket_rig_until_settled(rig) - began_ms;
			if (took_ms < l->least_ms || took_ms > l->most_ms)
				fail_msg("%s: settled after %lld ms", l->what, (long long)took_ms);
			assert_int_equal(ticket_rig_note(rig, note)->state, TICKET_NOTE_SENT);
			if (d->n_tickets != 1 || d->n_notes != note || d->again != l->again * (note + 1))
				fail_msg("%s: %u tickets, %u notes, %u again", l->what, d->n_tickets, d->n_notes, d->again);
		}
	}
}

/* Killed at that point: what was under way is asked for, and what waited goes after it. */
static void test_killed_while_it_is_sent(void **state)
{
	struct ticket_rig *rig = *state;
	char name[TICKET_NAME_SIZE];

	rig->sim.desk.lose_next = 1;
	ticket_rig_open(rig, "dora", "first", name);
	assert_int_equal(ticket_rig_more(rig, "dora", "second"), TICKETS_HIS);
	ticket_rig_turn(rig, TICKET_RIG_GO);
	assert_int_equal(ticket_rig_note(rig, 0)->state, TICKET_NOTE_SENDING);
	ticket_rig_restart(rig);
	ticket_rig_until_settled(rig);
	assert_int_equal(rig->sim.desk.n_tickets, 1);
	assert_int_equal(rig->sim.desk.n_notes, 1);
	assert_string_equal(rig->sim.desk.notes[0].key + strlen(name), ".1");
	assert_int_equal(ticket_rig_note(rig, 1)->state, TICKET_NOTE_SENT);
}

/* In one ticket nothing overtakes; another ticket does not wait for it. */
static void test_order(void **state)
{
	struct ticket_rig *rig = *state;
	char dora[TICKET_NAME_SIZE], emil[TICKET_NAME_SIZE];
	struct sim_desk *d = &rig->sim.desk;

	d->drop_next = 1;
	ticket_rig_open(rig, "dora", "hers", dora);
	for (unsigned k = 0; k < 3; k++)
		assert_int_equal(ticket_rig_more(rig, "dora", "more"), TICKETS_HIS);
	ticket_rig_open(rig, "emil", "his", emil);
	ticket_rig_run(rig, 10000);
	assert_int_equal(d->n_tickets, 1);
	assert_string_equal(d->tickets[0].key, emil);
	assert_int_equal(d->n_notes, 0);
	ticket_rig_until_settled(rig);
	assert_int_equal(d->n_tickets, 2);
	assert_int_equal(d->n_notes, 3);
	for (unsigned k = 0; k < 3; k++)
		assert_int_equal(d->notes[k].key[strlen(dora) + 1], '1' + (int)k);
}

/* What the desk does not take is dead, and what was said after it as well; people hear of it once. Others go on. */
static void test_refused_for_good(void **state)
{
	struct ticket_rig *rig = *state;
	char dora[TICKET_NAME_SIZE], emil[TICKET_NAME_SIZE], frida[TICKET_NAME_SIZE];
	struct tickets_health h;

	rig->sim.desk.status = 422;
	ticket_rig_open(rig, "dora", "hers", dora);
	ticket_rig_open(rig, "frida", "hers as well", frida);
	ticket_rig_run(rig, 1000);
	assert_int_equal(rig->alarms, 1); /* of both */
	rig->sim.desk.status = 0;
	assert_int_equal(ticket_rig_more(rig, "dora", "more"), TICKETS_HIS);
	ticket_rig_run(rig, HOUR_MS);
	assert_int_equal(rig->overs, 0);
	tickets_health(rig->tickets, &h);
	assert_non_null(strstr(h.trouble, " is not taken: the desk said 422"));
	ticket_rig_open(rig, "emil", "his", emil);
	ticket_rig_until_settled(rig);
	assert_int_equal(ticket_rig_note_of(rig, dora, 0)->state, TICKET_NOTE_DEAD);
	assert_string_equal(ticket_rig_note_of(rig, dora, 0)->reason, "the desk said 422");
	assert_int_equal(ticket_rig_note_of(rig, dora, 1)->state, TICKET_NOTE_DEAD);
	assert_string_equal(ticket_rig_note_of(rig, dora, 1)->reason, "the desk has no ticket of it");
	assert_int_equal(ticket_rig_note_of(rig, emil, 0)->state, TICKET_NOTE_SENT);
	assert_int_equal(rig->alarms, 1);
	assert_int_equal(rig->overs, 1);
	tickets_health(rig->tickets, &h);
	assert_string_equal(h.trouble, "");
}

/* --- a desk in trouble ----------------------------------------------------------------------- */

static void test_alarm_once(void **state)
{
	struct ticket_rig *rig = *state;
	struct tickets_health h;
	char name[TICKET_NAME_SIZE];

	rig->sim.desk.refuses = true;
	ticket_rig_open(rig, "dora", "hers", name);
	assert_int_equal(ticket_rig_more(rig, "dora", "still"), TICKETS_HIS); /* one ticket all the same */
	ticket_rig_run(rig, 60000);
	assert_int_equal(rig->alarms, 0);
	ticket_rig_run(rig, 2 * HOUR_MS);
	assert_int_equal(rig->alarms, 1);
	tickets_health(rig->tickets, &h);
	assert_int_equal(h.waiting, 1);
	assert_true(h.trouble[0]);
	ticket_rig_restart(rig);
	ticket_rig_run(rig, HOUR_MS);
	assert_int_equal(rig->alarms, 1);
	rig->sim.desk.refuses = false;
	ticket_rig_until_settled(rig);
	assert_int_equal(rig->overs, 1);
	assert_int_equal(rig->sim.desk.n_tickets, 1);
	tickets_health(rig->tickets, &h);
	assert_int_equal(h.waiting, 0);
	assert_string_equal(h.trouble, "");
}

/* A login that is refused: told at once, tried every ten minutes, and at once when a human says so. */
static void test_login_refused(void **state)
{
	struct ticket_rig *rig = *state;
	char name[TICKET_NAME_SIZE];
	unsigned asked;

	rig->sim.desk.status = 401;
	ticket_rig_open(rig, "dora", "hers", name);
	ticket_rig_run(rig, 1000);
	assert_int_equal(rig->alarms, 1);
	asked = rig->sim.desk.asked;
	ticket_rig_run(rig, 9 * MINUTE_MS);
	assert_int_equal(rig->sim.desk.asked, asked);
	ticket_rig_run(rig, 2 * MINUTE_MS);
	assert_int_equal(rig->sim.desk.asked, asked + 1);
	assert_int_equal(ticket_rig_note(rig, 0)->attempts, 0);
	rig->sim.desk.status = 0;
	tickets_resume(rig->tickets);
	ticket_rig_run(rig, 1000);
	assert_int_equal(ticket_rig_note(rig, 0)->state, TICKET_NOTE_SENT);
	assert_int_equal(rig->overs, 1);
}

/* A reload in the middle of a request, and a desk that goes away and comes back. */
static void test_desk_is_changed(void **state)
{
	struct ticket_rig *rig = *state;
	char name[TICKET_NAME_SIZE];

	ticket_rig_open(rig, "dora", "hers", name);
	ticket_rig_turn(rig, TICKET_RIG_GO);
	ticket_rig_set_desk(rig, NULL);
	ticket_rig_run(rig, HOUR_MS);
	assert_int_equal(ticket_rig_note(rig, 0)->state, TICKET_NOTE_UNKNOWN);
	assert_int_equal(ticket_rig_more(rig, "dora", "more"), TICKETS_HIS);
	assert_int_equal(rig->sim.desk.asked, 1); /* it acted, and nobody waits for its answer any more */
	ticket_rig_set_desk(rig, &desk_sim);
	ticket_rig_until_settled(rig);
	assert_int_equal(rig->sim.desk.n_tickets, 1);
	assert_int_equal(rig->sim.desk.n_notes, 1);
}

static void test_no_desk(void **state)
{
	struct ticket_rig *rig = *state;
	char name[TICKET_NAME_SIZE];
	struct err err = {""};

	tickets_set_desk(rig->tickets, NULL, NULL, NULL, 0);
	ticket_rig_open(rig, "dora", "hers", name);
	assert_int_equal(tickets_reply(rig->tickets, name, "Look again.", "root", &rig->now, &err), 0);
	ticket_rig_run(rig, HOUR_MS);
	assert_int_equal(ticket_rig_note(rig, 0)->state, TICKET_NOTE_KEPT);
	assert_int_equal(ticket_rig_note(rig, 1)->state, TICKET_NOTE_KEPT);
	assert_int_equal(rig->answers, 1);
	assert_string_equal(rig->answer, "Look again.");
	assert_int_equal(rig->sim.desk.asked, 0);
}

static void test_deaf(void **state)
{
	struct ticket_rig *rig = *state;
	char name[TICKET_NAME_SIZE];
	struct err err = {""};

	ticket_rig_open(rig, "deaf", "hers", name);
	ticket_rig_run(rig, 1000);
	assert_int_equal(tickets_reply(rig->tickets, name, "Look again.", "root", &rig->now, &err), -1);
	assert_non_null(strstr(err.text, "said stop"));
	ticket_rig_run(rig, MINUTE_MS);
	assert_int_equal(rig->sim.desk.n_notes, 0);
	assert_int_equal(rig->answers, 0);
}

/* --- what the desk says ---------------------------------------------------------------------- */

static void test_answers_come_once(void **state)
{
	struct ticket_rig *rig = *state;
	char name[TICKET_NAME_SIZE];

	ticket_rig_open(rig, "dora", "hers", name);
	ticket_rig_run(rig, 1000);
	sim_desk_answer(&rig->sim, 1, "We look at it.");
	ticket_rig_run(rig, 2 * MINUTE_MS);
	assert_int_equal(rig->answers, 1);
	assert_string_equal(rig->answer, "We look at it.");
	ticket_rig_lose_cursor(rig); /* as a desk that tells all of it again */
	ticket_rig_restart(rig);
	ticket_rig_run(rig, 10 * MINUTE_MS);
	assert_int_equal(rig->answers, 1);
	sim_desk_answer(&rig->sim, 1, "We look at it.");
	ticket_rig_run(rig, 10 * MINUTE_MS);
	assert_int_equal(rig->answers, 2); /* said again there: another note */
	assert_int_equal(rig->sim.desk.n_notes, 2); /* its own words do not go back to it */
}

/* Every minute while people talk, every ten when they do not. */
static void test_how_often_it_is_asked(void **state)
{
	struct ticket_rig *rig = *state;
	char name[TICKET_NAME_SIZE];
	unsigned asked;

	ticket_rig_open(rig, "dora", "hers", name);
	ticket_rig_run(rig, 1000);
	asked = rig->sim.desk.asked;
	ticket_rig_run(rig, 50 * MINUTE_MS);
	assert_in_range(rig->sim.desk.asked - asked, 49, 51);
	ticket_rig_run(rig, 20 * MINUTE_MS);
	asked = rig->sim.desk.asked;
	ticket_rig_run(rig, 100 * MINUTE_MS);
	assert_in_range(rig->sim.desk.asked - asked, 9, 11);
}

/* --- ends -------------------------------------------------------------------------------------- */

static void test_closed_at_the_desk(void **state)
{
	struct ticket_rig *rig = *state;
	char name[TICKET_NAME_SIZE];

	ticket_rig_open(rig, "dora", "hers", name);
	ticket_rig_run(rig, 1000);
	rig->sim.desk.tickets[0].is_closed = true;
	ticket_rig_run(rig, 50 * MINUTE_MS);
	assert_int_equal(ticket_rig_ticket(rig, name)->state, TICKET_OPEN); /* somebody may still answer */
	ticket_rig_run(rig, 25 * MINUTE_MS);
	assert_int_equal(ticket_rig_ticket(rig, name)->state, TICKET_CLOSED);
	assert_int_equal(ticket_rig_more(rig, "dora", "it is back"), TICKETS_HIS);
	ticket_rig_run(rig, 1000);
	assert_int_equal(ticket_rig_ticket(rig, name)->state, TICKET_OPEN);
	assert_int_equal(rig->sim.desk.n_notes, 1);
}

static void test_closed_by_hand(void **state)
{
	struct ticket_rig *rig = *state;
	char name[TICKET_NAME_SIZE];
	struct err err = {""};
	unsigned asked;

	ticket_rig_open(rig, "dora", "hers", name);
	ticket_rig_run(rig, 1000);
	assert_int_equal(tickets_close(rig->tickets, name, "root", &rig->now, &err), 0);
	ticket_rig_run(rig, 1000);
	assert_int_equal(tickets_close(rig->tickets, name, "root", &rig->now, &err), -1);
	assert_non_null(strstr(err.text, "closed already"));
	assert_int_equal(tickets_close(rig->tickets, "Q-2222", "root", &rig->now, &err), -1);
	assert_string_equal(err.text, "no ticket Q-2222");
	asked = rig->sim.desk.asked;
	ticket_rig_run(rig, DAY_MS);
	assert_int_equal(rig->sim.desk.asked, asked);
}

/* Closed before the desk had all of it: the rest goes there all the same, over a restart. */
static void test_closed_with_words_under_way(void **state)
{
	struct ticket_rig *rig = *state;
	char name[TICKET_NAME_SIZE];
	struct err err = {""};

	rig->sim.desk.refuses = true;
	ticket_rig_open(rig, "dora", "hers", name);
	ticket_rig_run(rig, 1000);
	assert_int_equal(tickets_close(rig->tickets, name, "root", &rig->now, &err), 0);
	ticket_rig_run(rig, 1000);
	ticket_rig_restart(rig);
	rig->sim.desk.refuses = false;
	ticket_rig_until_settled(rig);
	assert_int_equal(rig->sim.desk.n_tickets, 1);
	assert_int_equal(ticket_rig_ticket(rig, name)->state, TICKET_CLOSED);
}

static void test_stale(void **state)
{
	struct ticket_rig *rig = *state;
	char name[TICKET_NAME_SIZE];

	ticket_rig_open(rig, "dora", "hers", name);
	ticket_rig_run(rig, 29 * DAY_MS);
	assert_int_equal(ticket_rig_ticket(rig, name)->state, TICKET_OPEN);
	ticket_rig_run(rig, DAY_MS + HOUR_MS);
	assert_int_equal(ticket_rig_ticket(rig, name)->state, TICKET_CLOSED);
}

/* --- limits, and whose it is --------------------------------------------------------------------- */

static void test_notes_an_hour(void **state)
{
	struct ticket_rig *rig = *state;
	char name[TICKET_NAME_SIZE];
	unsigned taken = 0;

	ticket_rig_open(rig, "dora", "hers", name);
	for (unsigned k = 0; k < 100; k++)
		taken += ticket_rig_more(rig, "dora", "more") == TICKETS_HIS;
	assert_int_equal(taken, 20);
	ticket_rig_run(rig, HOUR_MS);
	assert_int_equal(rig->sim.desk.n_notes, 20);
	assert_int_equal(ticket_rig_more(rig, "dora", "more"), TICKETS_HIS);
}

static void test_whose_it_is(void **state)
{
	struct ticket_rig *rig = *state;
	char name[TICKET_NAME_SIZE];
	uint64_t ticket;
	struct reply_row reply = {.account = "status", .author_id = "id-mallory", .acct = "mallory@evil.example",
				  .remote_id = "x1", .parent_id = "r-dora", .text = "x", .id = 900};

	ticket_rig_open(rig, "dora", "hers", name);
	assert_int_equal(tickets_find(rig->tickets, &reply, &rig->now, &ticket), TICKETS_NONE);
	ticket_rig_keep_reply(rig, "dora"); /* her words are a row of the inbox as well */
	assert_int_equal(tickets_find(rig->tickets, &reply, &rig->now, &ticket), TICKETS_OTHERS);
	reply.author_id = "id-dora";
	assert_int_equal(tickets_find(rig->tickets, &reply, &rig->now, &ticket), TICKETS_HIS);
	reply.parent_id = "";
	assert_int_equal(tickets_find(rig->tickets, &reply, &rig->now, &ticket), TICKETS_NONE); /* said to all */
	reply.visibility = VISIBILITY_DIRECT;
	assert_int_equal(tickets_find(rig->tickets, &reply, &rig->now, &ticket), TICKETS_HIS);
	reply.account = "other";
	assert_int_equal(tickets_find(rig->tickets, &reply, &rig->now, &ticket), TICKETS_NONE);
	reply.account = "status";
	ticket_rig_run(rig, 7 * DAY_MS + HOUR_MS);
	assert_int_equal(tickets_find(rig->tickets, &reply, &rig->now, &ticket), TICKETS_NONE);
}

static void test_names_differ(void **state)
{
	struct ticket_rig *rig = *state;
	char names[60][TICKET_NAME_SIZE];

	for (unsigned k = 0; k < 60; k++) {
		rig->dice = 1; /* the same dice again: only what is taken makes the difference */
		ticket_rig_open(rig, "dora", "hers", names[k]);
		ticket_rig_run(rig, 1000);
		for (unsigned m = 0; m < k; m++)
			assert_string_not_equal(names[m], names[k]);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, ticket_rig_setup, ticket_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_committed_before_it_leaves), CASE(test_lost_answers), CASE(test_killed_while_it_is_sent),
	    CASE(test_order), CASE(test_refused_for_good), CASE(test_alarm_once), CASE(test_login_refused),
	    CASE(test_desk_is_changed), CASE(test_no_desk), CASE(test_deaf), CASE(test_answers_come_once),
	    CASE(test_how_often_it_is_asked), CASE(test_closed_at_the_desk), CASE(test_closed_by_hand),
	    CASE(test_closed_with_words_under_way), CASE(test_stale), CASE(test_notes_an_hour),
	    CASE(test_whose_it_is), CASE(test_names_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
