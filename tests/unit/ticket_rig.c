/*
 * The loop of core.c in small, for tests of tickets. Called by test_ticket.c.
 * It must never use the real clock or real randomness.
 */
#include "tests/unit/ticket_rig.h"
#include "tests/unit/store_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START_MS INT64_C(1764000000000)
#define DAY_MS INT64_C(86400000)

static struct ticket_rig *now_in_use; /* the dice have no argument */

static void roll(void *bytes, size_t n)
{
	unsigned char *at = bytes;

	while (n--) {
		now_in_use->dice = now_in_use->dice * 1664525u + 1013904223u;
		*at++ = (unsigned char)(now_in_use->dice >> 24);
	}
}

static void answered(void *arg, const struct ticket_row *ticket, const char *text, uint64_t note)
{
	struct ticket_rig *rig = arg;

	assert_true(ticket->name[0] && note);
	snprintf(rig->answer, sizeof rig->answer, "%s", text);
	rig->answers++;
}

static unsigned unsent(void *arg, const struct ticket_row *ticket, const char *text)
{
	(void)arg;
	(void)ticket;
	return strlen(text) > 100 ? (unsigned)strlen(text) - 100 : 0;
}

static bool is_paused(void *arg, const struct ticket_row *ticket)
{
	(void)arg;
	(void)ticket;
	return false;
}

static const char *is_deaf(void *arg, const struct ticket_row *ticket)
{
	(void)arg;
	return !strcmp(ticket->acct, "deaf@users.example") ? "its reporter said stop" : NULL;
}

static void alarmed(void *arg, const char *account, const char *text, bool is_over)
{
	struct ticket_rig *rig = arg;

	assert_string_equal(account, "desk");
	assert_true(is_over || text[0]);
	rig->alarms += !is_over;
	rig->overs += is_over;
}

static void where(void *arg, const struct ticket_row *ticket, struct buf *out)
{
	(void)arg;
	buf_printf(out, "-- \n%s\n", ticket->account);
}

static void build(struct ticket_rig *rig)
{
	struct carrier carrier;
	struct err err = {""};

	now_in_use = rig;
	rig->link = sim_link_create(&rig->sim, NULL, NULL);
	carrier = sim_link_carrier(rig->link);
	rig->runner = runner_create(&carrier, roll);
	rig->store = store_rig_open();
	rig->tickets = tickets_create(&(struct tickets_parts){
	    .runner = rig->runner,
	    .store = rig->store,
	    .random = roll,
	    .room = rig->room,
	    .events = {.arg = rig, .answered = answered, .unsent = unsent, .is_deaf = is_deaf, .is_paused = is_paused, .alarm = alarmed, .where = where}});
	if (tickets_load(rig->tickets, &err) == -1)
		fail_msg("%s", err.text);
	ticket_rig_set_desk(rig, rig->desk);
}

static void tear_down(struct ticket_rig *rig)
{
	tickets_destroy(rig->tickets);
	runner_destroy(rig->runner);
	sim_link_destroy(rig->link);
	store_close(rig->store);
	if (rig->account)
		desk_sim.close(rig->account);
	rig->account = NULL;
}

int ticket_rig_setup(void **state)
{
	struct ticket_rig *rig = calloc(1, sizeof *rig);

	if (!rig || store_rig_setup(state) == -1)
		return -1;
	*state = rig;
	rig->now = (struct now){.wall_ms = START_MS, .boot_ms = 1000};
	rig->sim.now_ms = START_MS;
	rig->desk = &desk_sim;
	rig->dice = 1;
	build(rig);
	return 0;
}

int ticket_rig_teardown(void **state)
{
	struct ticket_rig *rig = *state;

	tear_down(rig);
	free(rig);
	return store_rig_teardown(state);
}

void ticket_rig_anew(struct ticket_rig *rig)
{
	tear_down(rig);
	store_rig_remove();
	rig->sim.desk = (struct sim_desk){.refuses = false};
	build(rig);
}

void ticket_rig_restart(struct ticket_rig *rig)
{
	store_rollback(rig->store);
	tear_down(rig);
	build(rig);
}

void ticket_rig_set_desk(struct ticket_rig *rig, const struct notifier *desk)
{
	struct account *old = rig->account;

	rig->account = desk ? desk->open(NULL, NULL) : NULL;
	tickets_set_desk(rig->tickets, "desk", desk ? desk : rig->desk, rig->account, 0);
	rig->desk = desk ? desk : rig->desk;
	if (old)
		desk_sim.close(old);
}

void ticket_rig_turn(struct ticket_rig *rig, enum ticket_rig_turn how)
{
	sim_link_deliver(rig->link);
	runner_turn(rig->runner, &rig->now);
	tickets_turn(rig->tickets, &rig->now);
	tickets_save(rig->tickets);
	store_rig_commit(rig->store);
	tickets_saved(rig->tickets);
	if (how == TICKET_RIG_GO)
		runner_release(rig->runner);
}

static int64_t earliest(struct ticket_rig *rig)
{
	int64_t boot_ms = tickets_next(rig->tickets), next = NOW_NEVER, at;

	if (boot_ms != NOW_NEVER)
		next = boot_ms - rig->now.boot_ms + rig->now.wall_ms;
	if (runner_is_ready(rig->runner))
		return rig->now.wall_ms;
	at = runner_next(rig->runner);
	next = at < next ? at : next;
	at = sim_link_next(rig->link);
	return at < next ? at : next;
}

static void step(struct ticket_rig *rig, int64_t wall_ms)
{
	if (wall_ms <= rig->now.wall_ms)
		return;
	rig->now.boot_ms += wall_ms - rig->now.wall_ms;
	rig->now.wall_ms = rig->sim.now_ms = wall_ms;
}

void ticket_rig_run(struct ticket_rig *rig, int64_t for_ms)
{
	int64_t end_ms = rig->now.wall_ms + for_ms;

	for (unsigned turns = 0; turns < 200000; turns++) {
		int64_t next;

		ticket_rig_turn(rig, TICKET_RIG_GO);
		next = earliest(rig);
		if (next > end_ms && rig->now.wall_ms == end_ms)
			return;
		step(rig, next < end_ms ? next : end_ms);
	}
	fail_msg("it never ends");
}

int64_t ticket_rig_until_settled(struct ticket_rig *rig)
{
	struct tickets_health h;

	for (int64_t end_ms = rig->now.wall_ms + DAY_MS; rig->now.wall_ms < end_ms;) {
		ticket_rig_run(rig, 1000);
		tickets_health(rig->tickets, &h);
		if (!h.waiting)
			return rig->now.wall_ms;
	}
	fail_msg("not settled in a day");
	return 0;
}

/* --- what people say --------------------------------------------------------------------------- */

struct words {
	char author_id[64], acct[64], remote_id[64];
	struct reply_row row;
};

static struct reply_row *words_of(struct ticket_rig *rig, struct words *w, const char *who, const char *text)
{
	snprintf(w->author_id, sizeof w->author_id, "id-%s", who);
	snprintf(w->acct, sizeof w->acct, "%s@users.example", who);
	snprintf(w->remote_id, sizeof w->remote_id, "r-%s", who);
	w->row = (struct reply_row){.id = 500 + ++rig->replies, .account = "status", .author_id = w->author_id,
				    .acct = w->acct, .remote_id = w->remote_id, .text = text,
				    .visibility = VISIBILITY_PUBLIC};
	return &w->row;
}

void ticket_rig_open(struct ticket_rig *rig, const char *who, const char *text, char name[TICKET_NAME_SIZE])
{
	struct words w;
	const struct ticket_words words = {.reply = words_of(rig, &w, who, text), .link = "https://users.example/1"};

	assert_int_equal(tickets_open(rig->tickets, &words, &rig->now, name), 0);
}

enum tickets_found ticket_rig_more(struct ticket_rig *rig, const char *who, const char *text)
{
	struct words w;
	const struct ticket_words words = {.reply = words_of(rig, &w, who, text), .link = ""};
	enum tickets_found found;
	uint64_t ticket;

	w.row.visibility = VISIBILITY_DIRECT;
	found = tickets_find(rig->tickets, &w.row, &rig->now, &ticket);
	if (found != TICKETS_HIS || tickets_note(rig->tickets, ticket, &words, &rig->now) == 0)
		return found;
	return TICKETS_OTHERS;
}

void ticket_rig_keep_reply(struct ticket_rig *rig, const char *who)
{
	struct words w;
	struct reply_row *row = words_of(rig, &w, who, "hers");

	row->id = 501;
	assert_int_equal(store_put_reply(rig->store, row), 0);
	store_rig_commit(rig->store);
}

/* --- looking ------------------------------------------------------------------------------------- */

static struct ticket_row ticket;
static struct ticket_note_row note;
static char strings[4][200];
static unsigned wanted;

static const char *keep(int slot, const char *text)
{
	snprintf(strings[slot], sizeof strings[slot], "%s", text);
	return strings[slot];
}

static int keep_ticket(void *arg, const struct ticket_row *row)
{
	(void)arg;
	ticket = *row;
	ticket.desk_id = keep(0, row->desk_id);
	return 1;
}

static int keep_note(void *arg, const struct ticket_note_row *row)
{
	(void)arg;
	if (row->number != wanted)
		return 0;
	note = *row;
	note.text = keep(1, row->text);
	note.reason = keep(2, row->reason);
	return 1;
}

const struct ticket_row *ticket_rig_ticket(struct ticket_rig *rig, const char *name)
{
	assert_int_equal(store_ticket_by_name(rig->store, name, 0, keep_ticket, NULL, NULL), 1);
	return &ticket;
}

const struct ticket_note_row *ticket_rig_note_of(struct ticket_rig *rig, const char *name, unsigned number)
{
	wanted = number;
	note = (struct ticket_note_row){.id = 0};
	store_ticket_notes(rig->store, ticket_rig_ticket(rig, name)->id, keep_note, NULL, NULL);
	assert_true(note.id);
	return &note;
}

static int keep_name(void *arg, const struct ticket_row *row)
{
	snprintf(arg, TICKET_NAME_SIZE, "%s", row->name);
	return 0; /* the last one is the oldest */
}

const struct ticket_note_row *ticket_rig_note(struct ticket_rig *rig, unsigned number)
{
	char name[TICKET_NAME_SIZE] = "";

	store_recent_tickets(rig->store, 0, keep_name, name, NULL);
	return ticket_rig_note_of(rig, name, number);
}

void ticket_rig_lose_cursor(struct ticket_rig *rig)
{
	assert_int_equal(sqlite3_exec(rig->store->db, "UPDATE ticket SET cursor=''", NULL, NULL, NULL), SQLITE_OK);
}
