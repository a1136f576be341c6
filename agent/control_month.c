/*
 * `report` over the control socket: a slice of what a month was, fact by fact; the CLI asks
 * until it has all of it, and adds it up. Called by control.c; reads the store only. It must
 * never hold the loop for longer than some milliseconds, however long the history is.
 */
#include "agent/control_internal.h"

#include <string.h>

#define ROWS 500	   /* in a slice: about as many reads take 4 ms */
#define INCIDENTS ROWS	   /* that are looked at; those that count bring rows of their own */

struct slice {
	struct control *control;
	struct store *store;
	int64_t from_ms, until_ms; /* the month */
	uint64_t last; /* id of the last row of it */
	unsigned rows;
	json_t *answer, *list;
};

static bool is_in(const struct slice *s, int64_t at_ms)
{
	return at_ms >= s->from_ms && at_ms < s->until_ms;
}

static void set_number(json_t *to, const char *key, int64_t value)
{
	json_object_set_new(to, key, json_integer((json_int_t)value));
}

static void add_one(json_t *to, const char *key)
{
	set_number(to, key, json_integer_value(json_object_get(to, key)) + 1);
}

/* --- incidents --------------------------------------------------------------------------------- */

/* One that went over to another incident, or is of another time, is not of this month. */
static bool concerns(const struct slice *s, const struct incident_row *row)
{
	if (!row->open && !row->until_s && !(row->flags & INCIDENT_RETRACTED))
		return false;
	return row->opened_ms < s->until_ms && (row->open || row->closed_ms >= s->from_ms);
}

static int see_incident(void *arg, const struct incident_row *row)
{
	struct slice *s = arg;

	s->rows++;
	s->last = row->id;
	if (!concerns(s, row))
		return 0;
	json_array_append_new(s->list, control_month_incident(s->control, row, s->from_ms, s->until_ms, &s->rows));
	return row->open || s->rows >= ROWS; /* all that live were looked through for an open one */
}

/* --- the other parts ---------------------------------------------------------------------------------- */

static int see_post(void *arg, const struct post_row *p)
{
	struct slice *s = arg;

	s->last = p->id;
	if (p->sent_ms && is_in(s, p->sent_ms) && (p->kind == POST_SAY || p->kind == POST_ANSWER))
		add_one(s->answer, p->kind == POST_SAY ? "said" : "answers");
	return 0;
}

static int see_reply(void *arg, const struct reply_row *r)
{
	struct slice *s = arg;

	s->last = r->id;
	if (!is_in(s, r->seen_ms))
		return 0;
	if (!r->person[0] && r->account[0])
		add_one(s->answer, "others");
	else if (r->state == REPLY_DENIED)
		add_one(s->answer, "denied");
	else if (r->state == REPLY_NO_EFFECT)
		add_one(s->answer, "no_effect");
	else
		add_one(json_object_get(s->answer, "verbs"), r->verb[0] ? r->verb : "comment");
	return 0;
}

static int see_note(void *arg, const struct ticket_note_row *row)
{
	int64_t *answered_ms = arg;

	if (row->by != TICKET_BY_REPORTER && !*answered_ms)
		*answered_ms = row->created_ms;
	return 0;
}

static int see_ticket(void *arg, const struct ticket_row *row)
{
	struct slice *s = arg;
	int64_t answered_ms = 0;
	int n = 0;

	s->last = row->id;
	if (row->created_ms >= s->until_ms || row->changed_ms < s->from_ms)
		return 0;
	n = store_ticket_notes(s->store, row->id, see_note, &answered_ms, NULL);
	s->rows += n > 0 ? (unsigned)n : 0;
	if (is_in(s, row->created_ms))
		add_one(s->answer, "opened");
	if (is_in(s, answered_ms))
		add_one(s->answer, "answered");
	if (is_in(s, row->closed_ms))
		add_one(s->answer, "closed");
	return s->rows >= ROWS;
}

static int add_money(void *arg, const struct ledger_row *row)
{
	json_array_append_new(
	    arg, json_pack("{s:o, s:I, s:I, s:I, s:I}", "account", control_text(row->account), "posts",
			   (json_int_t)row->posts, "posts_micro", (json_int_t)row->posts_micro, "reads",
			   (json_int_t)row->reads, "reads_micro", (json_int_t)row->reads_micro));
	return 0;
}

/* The networks bill by the month of UTC. */
static int money(struct slice *s, json_t *request, struct err *err)
{
	const struct config *config = core_config(s->control->core);
	unsigned month = (unsigned)json_integer_value(json_object_get(request, "month"));

	json_object_set(s->answer, "accounts", s->list);
	for (unsigned k = 0; k < config->n_accounts; k++)
		if (store_ledger(s->store, config->accounts[k].name, month, add_money, s->list, err) == -1)
			return -1;
	return 0;
}

/* Rows that were looked at, so that there may be more; -1. */
static int read_part(struct slice *s, json_t *request, struct err *err)
{
	const char *part = json_string_value(json_object_get(request, "part"));
	uint64_t after = (uint64_t)json_integer_value(json_object_get(request, "after"));

	if (part && !strcmp(part, "incidents")) {
		json_object_set(s->answer, part, s->list);
		return store_incidents_after(s->store, after, INCIDENTS, see_incident, s, err);
	}
	if (part && !strcmp(part, "posts"))
		return store_posts_after(s->store, after, ROWS, see_post, s, err);
	if (part && !strcmp(part, "replies")) {
		json_object_set_new(s->answer, "verbs", json_object());
		return store_replies_after(s->store, after, ROWS, see_reply, s, err);
	}
	if (part && !strcmp(part, "tickets"))
		return store_tickets_after(s->store, after, ROWS, see_ticket, s, err);
	if (part && !strcmp(part, "money"))
		return money(s, request, err);
	return err_set(err, "report: part is incidents, posts, replies, tickets or money");
}

json_t *answer_report(struct control *c, json_t *request, const char *by)
{
	struct slice s = {
	    .control = c,
	    .store = core_store(c->core),
	    .from_ms = json_integer_value(json_object_get(request, "from_ms")),
	    .until_ms = json_integer_value(json_object_get(request, "until_ms")),
	    .answer = json_pack("{s:b}", "ok", 1),
	    .list = json_array(),
	};
	struct err err = {{0}};
	int n = read_part(&s, request, &err);

	(void)by;
	json_decref(s.list);
	if (n == -1) {
		json_decref(s.answer);
		return answer_error("%s", err.text);
	}
	set_number(s.answer, "next", n ? (int64_t)s.last : 0);
	return s.answer;
}
