/*
 * The only file that knows SQL: what is true after a crash.
 *
 * Writes open a transaction by themselves; store_commit() ends it, durably, once
 * per turn of the loop. After a failed write or commit everything since the last
 * commit is rolled back and store_commit() says -1: the caller keeps its rows and
 * writes them again, and lets nothing leave the process before that succeeded.
 * Row ids are the caller's: store_next_id() gives fresh ones.
 */
#ifndef TWICKET_STORE_H
#define TWICKET_STORE_H

#include "agent/rows.h"
#include "common/buf.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

struct store;

/*
 * Opens or makes the store (SQLite, WAL, synchronous=FULL, private file mode).
 * Migrates an older schema; refuses a newer one, a foreign file and a damaged one
 * with a text that says what to do. path ":memory:" is for tests.
 */
struct store *store_open(const char *path, struct err *err);
void store_close(struct store *s); /* rolls back what was not committed; NULL is fine */

/* Gives back what a storm needed of memory for pages. Now and then, between commits. */
void store_trim(struct store *s);
/* 0: all writes since the last commit are on disk (or there were none). -1 with err. */
int store_commit(struct store *s, struct err *err);
void store_rollback(struct store *s);
/* What of it was found damaged since it was opened, also where nothing had to be written. NULL: nothing. */
const char *store_damage(const struct store *s);

/* Ids for problems, incidents, threads, posts and replies: from one counter, never 0, never reused. */
uint64_t store_next_id(struct store *s);

/* Writes: insert or replace by id (or name). -1: remembered, store_commit() will say why. */
int store_put_node(struct store *s, const struct node_row *r);
int store_put_problem(struct store *s, const struct problem_row *r);
int store_put_incident(struct store *s, const struct incident_row *r);
int store_put_thread(struct store *s, const struct thread_row *r);
int store_put_post(struct store *s, const struct post_row *r);
/*
 * The same for a row that is there already, of which nothing changed but what happened to it: state,
 * attempts, looks, refusals, maybe_sent, is_duplicate, cost, reason, remote id and addresses, and all
 * times but created_ms. Costs a third, as it leaves most indices alone.
 */
int store_move_post(struct store *s, const struct post_row *r);
int store_put_reply(struct store *s, const struct reply_row *r);
int store_put_account(struct store *s, const struct account_row *r);
int store_put_identity(struct store *s, const struct identity_row *r);
int store_put_person(struct store *s, const struct person_row *r);
int store_put_command(struct store *s, const struct command_row *r); /* one that is `gone` is deleted */
int store_put_ticket(struct store *s, const struct ticket_row *r);
int store_put_ticket_note(struct store *s, const struct ticket_note_row *r);
int store_put_timeline(struct store *s, const struct timeline_row *r);
/* For ever: the store refuses to change or delete such a row (store_schema.c). */
int store_put_audit(struct store *s, const struct audit_row *r);
int store_put_knowledge(struct store *s, const struct knowledge_row *r);
int store_put_ledger(struct store *s, const struct ledger_row *r);
/* Rows that are `gone` are deleted. */
int store_put_downtime(struct store *s, const struct downtime_row *r);
int store_put_channel(struct store *s, const struct channel_row *r);
int store_put_quiet(struct store *s, const struct quiet_row *r);
int store_put_pause(struct store *s, const struct pause_row *r);
int store_put_muted(struct store *s, const struct muted_row *r);
/* The first one of an hour stays. */
int store_put_report(struct store *s, const struct report_row *r);
int store_put_meta(struct store *s, const char *key, const char *value); /* "next_id" is the store's own */
/* account + remote id -> one of our posts; several may lead to one. */
int store_put_alias(struct store *s, const char *account, const char *remote_id, uint64_t post);
/* Of a reply that is there: when its network is asked for it again, 0 = never; its text is gone, a hash stays. */
int store_look_reply(struct store *s, uint64_t id, int64_t look_ms);
int store_purge_reply(struct store *s, uint64_t id, const char *hash);
/* What a ticket has of a reply. */
int store_cut_ticket_note(struct store *s, uint64_t reply, const char *instead);
/* What was learnt in exactly these words. */
int store_leave_desk(struct store *s); /* no ticket is at the desk any more */
int store_drop_knowledge(struct store *s, uint64_t incident, const char *text);
/* The lines of an incident's timeline that hold these words end in `instead` from there on. */
int store_cut_timeline(struct store *s, uint64_t incident, const char *words, const char *instead);

/*
 * Reads call fn for each row; its strings live until fn returns. fn returning
 * non-zero ends the walk; NULL only counts. fn may read, write and commit here.
 * They see what was written in the open transaction.
 * Return the number of rows, -1 with err.
 */
#define STORE_WALK(name, type) typedef int store_##name##_fn(void *arg, const struct type *row)
STORE_WALK(node, node_row);
STORE_WALK(problem, problem_row);
STORE_WALK(incident, incident_row);
STORE_WALK(thread, thread_row);
STORE_WALK(post, post_row);
STORE_WALK(reply, reply_row);
STORE_WALK(account, account_row);
STORE_WALK(identity, identity_row);
STORE_WALK(person, person_row);
STORE_WALK(command, command_row);
STORE_WALK(ticket, ticket_row);
STORE_WALK(ticket_note, ticket_note_row);
STORE_WALK(timeline, timeline_row);
STORE_WALK(audit, audit_row);
STORE_WALK(knowledge, knowledge_row);
STORE_WALK(ledger, ledger_row);
STORE_WALK(downtime, downtime_row);
STORE_WALK(channel, channel_row);
STORE_WALK(quiet, quiet_row);
STORE_WALK(pause, pause_row);
STORE_WALK(report, report_row);
#undef STORE_WALK

int store_nodes(struct store *s, store_node_fn *fn, void *arg, struct err *err);
int store_live_problems(struct store *s, store_problem_fn *fn, void *arg, struct err *err); /* live, or of an open incident */
int store_open_incidents(struct store *s, store_incident_fn *fn, void *arg, struct err *err);
int store_open_threads(struct store *s, store_thread_fn *fn, void *arg, struct err *err); /* of open incidents */
int store_downtimes(struct store *s, store_downtime_fn *fn, void *arg, struct err *err);
int store_channels(struct store *s, store_channel_fn *fn, void *arg, struct err *err);
int store_quiets(struct store *s, store_quiet_fn *fn, void *arg, struct err *err);
int store_pauses(struct store *s, store_pause_fn *fn, void *arg, struct err *err);
/* Not yet final: QUEUED SENDING RETRY UNKNOWN; in id order. */
int store_unsettled_posts(struct store *s, store_post_fn *fn, void *arg, struct err *err);
/* SEEN or SUBMITTED: not through yet. */
int store_submitted_replies(struct store *s, store_reply_fn *fn, void *arg, struct err *err);
int store_accounts(struct store *s, store_account_fn *fn, void *arg, struct err *err);
int store_identities(struct store *s, store_identity_fn *fn, void *arg, struct err *err);

int store_persons(struct store *s, store_person_fn *fn, void *arg, struct err *err);

int store_commands(struct store *s, store_command_fn *fn, void *arg, struct err *err); /* in id order */

/* For people: newest incidents first, closed ones too when since_ms says how far back. */
int store_incidents(struct store *s, bool closed_too, int64_t since_ms, store_incident_fn *fn, void *arg, struct err *err);
/* By tag: the newest incident of that tag. 1 found, 0 none, -1. */
int store_incident_by_tag(struct store *s, const char *tag, store_incident_fn *fn, void *arg, struct err *err);
int store_incident_by_id(struct store *s, uint64_t id, store_incident_fn *fn, void *arg, struct err *err);
int store_timeline(struct store *s, uint64_t incident, store_timeline_fn *fn, void *arg, struct err *err);
/* Since since_ms, newest first, at most max. */
int store_audit(struct store *s, int64_t since_ms, unsigned max, store_audit_fn *fn, void *arg, struct err *err);
int store_posts_of_incident(struct store *s, uint64_t incident, store_post_fn *fn, void *arg, struct err *err);
int store_threads_of_incident(struct store *s, uint64_t incident, store_thread_fn *fn, void *arg, struct err *err);
int store_posts_of_thread(struct store *s, uint64_t thread, store_post_fn *fn, void *arg, struct err *err);
int store_replies_of_incident(struct store *s, uint64_t incident, store_reply_fn *fn, void *arg, struct err *err);
/* Sent posts of open incidents on one account, oldest first: where answers may hang. */
int store_told_posts(struct store *s, const char *account, store_post_fn *fn, void *arg, struct err *err);

/* Lookups. 1 found, 0 not, -1 with err. */
int store_post_by_id(struct store *s, uint64_t id, store_post_fn *fn, void *arg, struct err *err);
int store_post_by_remote(struct store *s, const char *account, const char *remote_id, store_post_fn *fn, void *arg, struct err *err);
int store_post_by_uri(struct store *s, const char *account, const char *uri, store_post_fn *fn, void *arg, struct err *err);
int store_reply_by_uri(struct store *s, const char *account, const char *uri, store_reply_fn *fn, void *arg, struct err *err);
int store_reply_by_remote(struct store *s, const char *account, const char *remote_id, store_reply_fn *fn, void *arg, struct err *err);
int store_reply_by_mark(struct store *s, const char *mark, store_reply_fn *fn, void *arg, struct err *err);
int store_reply_by_id(struct store *s, uint64_t id, store_reply_fn *fn, void *arg, struct err *err);
/* The one whose look_ms is longest past. */
int store_reply_to_look_at(struct store *s, const char *account, int64_t now_ms, store_reply_fn *fn, void *arg, struct err *err);
int store_tag_used_since(struct store *s, const char *tag, int64_t since_ms, struct err *err);
/* The incident that a direct-message partner talked about since since_ms; 0 when there were several. 1, 0, -1. */
int store_last_incident_of(struct store *s, const char *account, const char *author_id, int64_t since_ms, uint64_t *incident, struct err *err);
/* The value is copied; "" when absent. */
int store_meta(struct store *s, const char *key, char *value, size_t size, struct err *err);
/* Posts sent on an account since since_ms, POST_SAY only: for the hour and day budgets. */
int store_count_posts(struct store *s, const char *account, int64_t since_ms, struct err *err);
int store_count_posts_of_thread(struct store *s, uint64_t thread, struct err *err);
/* One account's month (202611). 1 found, 0 nothing was spent, -1. */
int store_ledger(struct store *s, const char *account, unsigned month, store_ledger_fn *fn, void *arg, struct err *err);
/* 1: wants no answer from us; 0; -1. */
int store_is_muted(struct store *s, const char *place, const char *author_id, struct err *err);
/* Who reported an incident, by the hour; how many they are. */
int store_reports(struct store *s, uint64_t incident, store_report_fn *fn, void *arg, struct err *err);
int store_count_reports(struct store *s, uint64_t incident, struct err *err);
/* Answers to those who are no persons, on one account since since_ms. */
int store_count_told(struct store *s, const char *account, int64_t since_ms, struct err *err);
/* All problems that it had, each as often as it broke. live_too: where the incident is open. */
int store_problems_of_incident(struct store *s, uint64_t incident, bool live_too, store_problem_fn *fn, void *arg,
			       struct err *err);
/* A whole table in slices (store_slice.c): at most max rows behind this id, in the order of their ids. */
int store_incidents_after(struct store *s, uint64_t id, unsigned max, store_incident_fn *fn, void *arg, struct err *err);
int store_posts_after(struct store *s, uint64_t id, unsigned max, store_post_fn *fn, void *arg, struct err *err);
int store_replies_after(struct store *s, uint64_t id, unsigned max, store_reply_fn *fn, void *arg, struct err *err);
int store_tickets_after(struct store *s, uint64_t id, unsigned max, store_ticket_fn *fn, void *arg, struct err *err);
/* What one person said since since_ms, newest first. */
int store_replies_of_person(struct store *s, const char *person, int64_t since_ms, store_reply_fn *fn, void *arg, struct err *err);
/* Threads on an account whose problem is told and whose end is not: recoveries that are still to come. */
int store_count_promises(struct store *s, const char *account, struct err *err);

/*
 * What was learnt. An incident's fix held when the incident was over for a day (STORE_HELD_S)
 * without a new one of the same object, and did not break again after the fix was said.
 */
#define STORE_HELD_S 86400
int store_knowledge_of_incident(struct store *s, uint64_t incident, store_knowledge_fn *fn, void *arg, struct err *err);
/* Newest first, at most max. */
int store_knowledge_of_object(struct store *s, const char *object, unsigned max, store_knowledge_fn *fn, void *arg,
			      struct err *err);
int store_knowledge_recent(struct store *s, unsigned max, store_knowledge_fn *fn, void *arg, struct err *err);
/* The incidents in which a fix held, newest first: of an object, folded; or all that a person said. */
int store_fix_held(struct store *s, const char *object, const char *same, int64_t now_s, store_incident_fn *fn,
		   void *arg, struct err *err);
int store_fixes_held_of(struct store *s, const char *by, int64_t now_s, store_incident_fn *fn, void *arg,
			struct err *err);

/*
 * The index for searching: store_read_stories() takes up to max incidents that changed into it
 * and returns how many (-1: remembered); store_read_story() one, also when it did not change.
 */
int store_read_stories(struct store *s, unsigned max);
int store_read_story(struct store *s, uint64_t incident);
/*
 * Words that left the index (a purge, a deleted reply) are in its file until it was merged: a
 * slice of that. 1: there is more to do, 0: there is none left, -1: remembered.
 */
int store_merge_story(struct store *s);
/* An incident's outputs as fold_output() leaves them, a line each; "" when there is none. 1, 0, -1. */
int store_story_output(struct store *s, uint64_t incident, struct buf *out, struct err *err);
/*
 * Incidents that have all these words (or beginnings of words), newest first, at most max.
 * object and excerpt show why: \1 before, \2 behind what was found.
 */
typedef int store_search_fn(void *arg, uint64_t incident, const char *object, const char *excerpt);
int store_search(struct store *s, const char *words, unsigned max, store_search_fn *fn, void *arg, struct err *err);

/*
 * Retention (store_purge.c): deletes what is older than before_ms, at most about max rows at a
 * time: closed incidents with all that belongs to them, replies and posts that belong to none,
 * the audit. Returns how many rows went; 0 = nothing is left to do; -1: remembered.
 */
int store_purge(struct store *s, int64_t before_ms, unsigned max);
/* When a purged incident was closed. 1 found, 0 there was none of that tag, -1. */
int store_purged_tag(struct store *s, const char *tag, int64_t *closed_ms, struct err *err);
/* Tickets: open ones, oldest first; those and what was closed since then, newest first; one of them. */
/* Open ones, and those with words under way, behind that id, at most so many. */
int store_tickets(struct store *s, uint64_t behind, unsigned max, store_ticket_fn *fn, void *arg, struct err *err);
int store_count_tickets(struct store *s, unsigned *open, unsigned *waiting, struct err *err); /* waiting: with notes under way */
int store_recent_tickets(struct store *s, int64_t since_ms, store_ticket_fn *fn, void *arg, struct err *err);
int store_ticket_by_name(struct store *s, const char *name, int64_t since_ms, store_ticket_fn *fn, void *arg, struct err *err);
int store_ticket_by_reply(struct store *s, uint64_t reply, store_ticket_fn *fn, void *arg, struct err *err);
/* The newest of an author on an account of ours in which somebody said something since. */
int store_ticket_of(struct store *s, const char *account, const char *author_id, int64_t since_ms, store_ticket_fn *fn, void *arg, struct err *err);
int store_ticket_notes(struct store *s, uint64_t ticket, store_ticket_note_fn *fn, void *arg, struct err *err);
int store_ticket_note_by_remote(struct store *s, uint64_t ticket, const char *remote_id, store_ticket_note_fn *fn, void *arg, struct err *err);
/* Mentions of an author since then that were answered. */
int store_count_mentions(struct store *s, const char *account, const char *author_id, int64_t since_ms, struct err *err);

#endif
