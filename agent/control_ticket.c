/*
 * Tickets over the control socket: list, show, reply, close. Called by control.c for clients
 * that may. Must never answer "done" before the store has it.
 */
#include "agent/control_internal.h"
#include "agent/core_ticket.h"

#include <string.h>

#define LIST_MAX 1000 /* open ones that are listed: nobody reads more, and the answer has a bound */

static json_t *ticket_to_json(const struct ticket_row *row)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I}", "ticket", control_text(row->name), "account",
			 control_text(row->account), "reporter", control_text(row->acct), "title",
			 control_text(row->title), "desk", control_text(row->desk_id), "url",
			 control_text(row->desk_url), "created_ms", (json_int_t)row->created_ms, "changed_ms",
			 (json_int_t)row->changed_ms, "closed_ms", (json_int_t)row->closed_ms);
}

static int add_ticket(void *arg, const struct ticket_row *row)
{
	json_array_append_new(arg, ticket_to_json(row));
	return 0;
}

static int add_note(void *arg, const struct ticket_note_row *row)
{
	static const char *const by[] = {"reporter", "desk", "hand"};
	static const char *const states[] = {"waits", "waits", "sent", "waits", "uncertain", "refused", "kept"};

	json_array_append_new(arg, json_pack("{s:s, s:o, s:o, s:s, s:o, s:I}", "by", by[row->by], "author",
					     control_text(row->author), "text", control_text(row->text), "state",
					     states[row->state], "reason", control_text(row->reason), "at_ms",
					     (json_int_t)row->created_ms));
	return 0;
}

struct shown {
	struct store *store;
	json_t *answer;
};

static int show_ticket(void *arg, const struct ticket_row *row)
{
	struct shown *s = arg;
	json_t *notes = json_array();

	store_ticket_notes(s->store, row->id, add_note, notes, NULL);
	s->answer = json_pack("{s:b, s:o, s:o}", "ok", 1, "ticket", ticket_to_json(row), "notes", notes);
	return 1;
}

static json_t *show(struct control *c, const char *name)
{
	struct shown s = {.store = core_store(c->core)};
	struct err err;

	if (store_ticket_by_name(s.store, name, c->now.wall_ms - TICKET_LIFE_MS, show_ticket, &s, &err) == -1)
		return answer_error("%s", err.text);
	return s.answer ? s.answer : answer_error("no ticket %.20s", name);
}

static json_t *list(struct control *c, json_t *request)
{
	bool closed_too = json_is_true(json_object_get(request, "closed"));
	json_t *all = json_array();
	unsigned open = 0, waiting = 0;
	struct err err;
	int rc = closed_too ? store_recent_tickets(core_store(c->core), 0, add_ticket, all, &err)
			    : store_tickets(core_store(c->core), 0, LIST_MAX, add_ticket, all, &err);

	if (rc == -1) {
		json_decref(all);
		return answer_error("%s", err.text);
	}
	if (!closed_too && json_array_size(all) == LIST_MAX)
		store_count_tickets(core_store(c->core), &open, &waiting, NULL);
	return json_pack("{s:b, s:o, s:I}", "ok", 1, "tickets", all, "more",
			 (json_int_t)(open > LIST_MAX ? open - LIST_MAX : 0));
}

json_t *answer_ticket(struct control *c, json_t *request, const char *by)
{
	const char *name = json_string_value(json_object_get(request, "name"));
	const char *text = json_string_value(json_object_get(request, "text"));
	const char *what = json_string_value(json_object_get(request, "words"));
	struct err err = {{0}};
	int rc;

	if (json_is_true(json_object_get(request, "list")))
		return list(c, request);
	if (!name || !what)
		return answer_error("ticket needs a name and words: show, reply or close");
	if (!strcmp(what, "show"))
		return show(c, name);
	if (!strcmp(what, "reply") && text && *text)
		rc = core_ticket_reply(c->core, name, text, by, &c->now, &err);
	else if (!strcmp(what, "close"))
		rc = core_ticket_close(c->core, name, by, &c->now, &err);
	else
		return answer_error("ticket needs a name and words: show, reply (with text) or close");
	return rc == -1 ? answer_error("%s", err.text) : control_done(c, json_pack("{s:b}", "ok", 1));
}
