/*
 * The words of a scenario about tickets: what the desk does, what is done by hand, and what
 * the store has of them. Called by script.c.
 */
#include "tests/scenario/script.h"

#include "agent/core_ticket.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN 20 /* tickets at the desk; more are only counted */

static void put_text(struct run *r, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		buf_printf(&r->out, "| %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

void run_look_at_desk(struct run *r)
{
	const struct sim_desk *d = &r->world.sim->desk;

	for (; r->tickets_seen < d->n_tickets; r->tickets_seen++) {
		const struct sim_desk_ticket *t = &d->tickets[r->tickets_seen];

		if (r->tickets_seen >= SHOWN)
			continue;
		run_stamp(r);
		buf_printf(&r->out, "desk: ticket %u is %s, from %s: %s\n", r->tickets_seen + 1, t->key, t->to, t->subject);
		put_text(r, t->text);
	}
	for (; r->notes_seen < d->n_notes; r->notes_seen++) {
		const struct sim_desk_note *n = &d->notes[r->notes_seen];

		if (n->is_answer)
			continue;
		run_stamp(r);
		buf_printf(&r->out, "desk: note %s\n", n->key);
		put_text(r, n->text);
	}
}

struct named {
	unsigned at, want;
	char name[16];
};

static int name_row(void *arg, const struct ticket_row *row)
{
	struct named *n = arg;

	if (n->at++ == n->want)
		snprintf(n->name, sizeof n->name, "%s", row->name);
	return 0;
}

/* "1" is the oldest. */
static const char *name_of(struct run *r, const char *number, struct named *out)
{
	int all = store_recent_tickets(r->world.store, 0, NULL, NULL, NULL);

	*out = (struct named){.want = (unsigned)all - (unsigned)strtoul(number, NULL, 10), .name = "Q-NONE"};
	store_recent_tickets(r->world.store, 0, name_row, out, NULL);
	return out->name;
}

static void say_done(struct run *r, int rc, const struct err *err)
{
	run_stamp(r);
	buf_printf(&r->out, rc == -1 ? "cli: refused: %s\n" : "cli: done\n", err->text);
}

static void do_ticket(struct run *r, char *args)
{
	const char *what = run_word(&args), *number = run_word(&args);
	const struct now *now = &r->world.now;
	struct named named;
	struct err err = {""};

	name_of(r, number, &named);
	if (!strcmp(what, "reply"))
		say_done(r, core_ticket_reply(r->world.core, named.name, args, "root", now, &err), &err);
	else if (!strcmp(what, "close"))
		say_done(r, core_ticket_close(r->world.core, named.name, "root", now, &err), &err);
	else
		run_fail(r, "unknown word in ticket", what);
}

static int put_note(void *arg, const struct ticket_note_row *row)
{
	static const char *const by[] = {"reporter", "desk", "hand"};
	static const char *const states[] = {"queued", "sending", "sent", "retry", "unknown", "dead", "kept"};
	struct run *r = arg;

	buf_printf(&r->out, "|   %u by %s, %s%s%s: ", row->number, by[row->by], states[row->state],
		   row->reason[0] ? ", " : "", row->reason);
	for (const char *at = row->text; *at; at++)
		buf_char(&r->out, *at == '\n' ? ' ' : *at);
	buf_char(&r->out, '\n');
	return 0;
}

static int put_ticket(void *arg, const struct ticket_row *row)
{
	struct run *r = arg;

	buf_printf(&r->out, "| %s %s from %s, desk %s\n", row->name, row->state == TICKET_OPEN ? "open" : "closed", row->acct,
		   row->desk_id[0] ? row->desk_id : "-");
	store_ticket_notes(r->world.store, row->id, put_note, r, NULL);
	return 0;
}

static void do_desk(struct run *r, char *args)
{
	const char *what = run_word(&args);
	struct sim_desk *d = &r->world.sim->desk;
	unsigned n = (unsigned)strtoul(args, NULL, 10);

	if (!strcmp(what, "answers"))
		sim_desk_answer(r->world.sim, n, strstr(args, ": ") ? strstr(args, ": ") + 2 : "");
	else if (!strcmp(what, "closes") && n && n <= d->n_tickets)
		d->tickets[n - 1].is_closed = true;
	else if (!strcmp(what, "refuses") || !strcmp(what, "ok"))
		d->refuses = *what == 'r', d->status = 0;
	else if (!strcmp(what, "loses"))
		d->lose_next = n;
	else if (!strcmp(what, "drops"))
		d->drop_next = n;
	else if (!strcmp(what, "errors"))
		d->error_next = n;
	else if (!strcmp(what, "status"))
		d->status = (int)n;
	else
		run_fail(r, "unknown word in desk", what);
}

/* So many mentions, each by somebody else. */
static void do_flood(struct run *r, char *args)
{
	const char *account = run_word(&args);
	unsigned n = (unsigned)strtoul(args, NULL, 10);

	for (unsigned end = r->n_replies + n, k = r->n_replies; k < end; k++) {
		struct sim_reply reply = {.visibility = VISIBILITY_PUBLIC};

		snprintf(reply.account, sizeof reply.account, "%s", account);
		snprintf(reply.acct, sizeof reply.acct, "user%u@flood.example", k);
		snprintf(reply.author_id, sizeof reply.author_id, "flood%u", k);
		snprintf(reply.text, sizeof reply.text, "my number %u does not work", k);
		run_reply_add(r, false, r->world.sim->n_replies);
		sim_inject(r->world.sim, &reply);
	}
}

struct counted {
	unsigned open, with_desk;
};

static int count_ticket(void *arg, const struct ticket_row *row)
{
	struct counted *c = arg;

	c->open += row->state == TICKET_OPEN;
	c->with_desk += row->desk_id[0] != '\0';
	return 0;
}

static void do_count(struct run *r)
{
	struct counted c = {0, 0};
	int all = store_recent_tickets(r->world.store, 0, count_ticket, &c, NULL);

	run_stamp(r);
	buf_printf(&r->out, "tickets %d, open %u, with the desk %u, at the desk %u\n", all, c.open, c.with_desk,
		   r->world.sim->desk.n_tickets);
}

bool run_ticket(struct run *r, const char *what, char *args)
{
	if (!strcmp(what, "desk")) {
		do_desk(r, args);
	} else if (!strcmp(what, "ticket")) {
		do_ticket(r, args);
	} else if (!strcmp(what, "mentions")) {
		do_flood(r, args);
	} else if (!strcmp(what, "tickets") && !strcmp(args, "count")) {
		do_count(r);
	} else if (!strcmp(what, "tickets")) {
		run_stamp(r);
		buf_str(&r->out, "tickets\n");
		store_recent_tickets(r->world.store, 0, put_ticket, r, NULL);
	} else {
		return false;
	}
	return true;
}
