/*
 * Tickets ("twickets"): what somebody who is no person reports, where it is nothing known.
 * First a row of our own, then on its way to the desk; what the desk's people write comes
 * back. Fed by core_ticket.c, which decides what is a ticket and words every answer.
 *
 * Not an account of the outbox: a desk has no threads, tags, budgets or recent posts, its
 * lost answers are settled by key, and tickets of different names never wait for each other.
 * The states are the same, and so is the rule: committed before the first byte.
 */
#ifndef TWICKET_TICKET_H
#define TWICKET_TICKET_H

#include "agent/rows.h"
#include "agent/runner.h"
#include "agent/store.h"
#include "common/buf.h"
#include "common/now.h"

#define TICKET_NAME_SIZE 7 /* "Q-4K7M" and its end */
#define TICKET_LIFE_MS (365LL * 24 * 3600 * 1000) /* a name is used once in that time */

struct smalltalk;
struct tickets;

struct tickets_events {
	void *arg;
	/* The desk answers the reporter of a ticket. The strings live until it returns. */
	void (*answered)(void *arg, const struct ticket_row *ticket, const char *text, uint64_t note);
	/* Characters at the end of such an answer that fit into no post, and are not sent; 0: all is. */
	unsigned (*unsent)(void *arg, const struct ticket_row *ticket, const char *text);
	/* Why the reporter would not hear it; NULL: he would. */
	const char *(*is_deaf)(void *arg, const struct ticket_row *ticket);
	/* The desk cannot be reached, or refuses: said once, and again when it is over. */
	void (*alarm)(void *arg, const char *account, const char *text, bool is_over);
	/* Nothing is said on its account for now: its answers wait at the desk. */
	bool (*is_paused)(void *arg, const struct ticket_row *ticket);
	/* The words below a ticket's text: where its answers are read. Appended to out. */
	void (*where)(void *arg, const struct ticket_row *ticket, struct buf *out);
};

/* All are the caller's and outlive it. */
struct tickets_parts {
	struct runner *runner;
	struct store *store;
	void (*random)(void *bytes, size_t n);
	unsigned room; /* tickets in memory; 0 = as many as usual */
	struct tickets_events events;
};

struct tickets *tickets_create(const struct tickets_parts *parts);
void tickets_destroy(struct tickets *t); /* ends its op; before the runner. NULL is fine */

/*
 * The desk; NULL: there is none, or no login: what is new waits. `index`: as the carrier knows it.
 * place: where it is; the ids of another place mean nothing here.
 */
void tickets_set_desk(
    struct tickets *t, const char *place, const struct notifier *desk, struct account *account, unsigned index);
int tickets_load(struct tickets *t, struct err *err);

/* Somebody's words. link: where they stand. */
struct ticket_words {
	const struct reply_row *reply;
	const char *link;
	bool is_courtesy; /* "thanks": a closed one stays closed */
};

/* A new one: its name goes into name. -1: no memory. */
int tickets_open(
    struct tickets *t, const struct ticket_words *words, const struct now *now, char name[TICKET_NAME_SIZE]);

/* To which ticket do these words belong: by what they answer, else by the talk in private. */
enum tickets_found { TICKETS_NONE, TICKETS_HIS, TICKETS_OTHERS };
enum tickets_found tickets_find(struct tickets *t, const struct reply_row *reply, const struct now *now, uint64_t *ticket);
/* More of his words. -1: it is full for now. */
int tickets_note(struct tickets *t, uint64_t ticket, const struct ticket_words *words, const struct now *now);

/* Its author took that reply away (ticket_gone.c): its words go. words: what they were; nothing where it is no ticket's. */
void tickets_gone(struct tickets *t, uint64_t reply, const struct now *now, struct buf *words);

/* By hand. -1 with err: no such ticket, it is closed already, or its reporter would not hear it. */
int tickets_reply(struct tickets *t, const char *name, const char *text, const char *by, const struct now *now, struct err *err);
int tickets_close(struct tickets *t, const char *name, const char *by, const struct now *now, struct err *err);

/* Open ones since then, oldest first, with what each began with; only: one of them, NULL = all. */
typedef void tickets_fn(void *arg, const struct ticket_row *ticket, const char *text);
void tickets_recent(struct tickets *t, int64_t since_ms, const char *only, tickets_fn *fn, void *arg);

/* Is there an open one of that reporter, of this day, with just these words? Then a second one is nobody's wish. */
bool tickets_has_said(const struct tickets *t, const struct reply_row *said, const struct now *now);
/* How many of the last day say something alike. */
unsigned tickets_alike(const struct tickets *t, const struct smalltalk *smalltalk, const char *text, const struct now *now);

void tickets_turn(struct tickets *t, const struct now *now); /* between runner_turn() and the commit */
int64_t tickets_next(const struct tickets *t); /* boot_ms */
void tickets_save(struct tickets *t);
void tickets_saved(struct tickets *t);
void tickets_resume(struct tickets *t); /* a human acted */

struct tickets_health {
	bool has_desk;
	unsigned open, waiting; /* waiting: with words that the desk has not got */
	const char *trouble; /* of the desk; "" = none */
};
void tickets_health(const struct tickets *t, struct tickets_health *out);

#endif
