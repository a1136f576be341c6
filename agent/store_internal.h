/*
 * What the store's own files share: the connection, the statements, the columns.
 * Included by store*.c and by tests/unit/test_store.c (query plans) only.
 * Nothing outside may rely on it; the contract is store.h.
 */
#ifndef TWICKET_STORE_INTERNAL_H
#define TWICKET_STORE_INTERNAL_H

#include "agent/store.h"

#include <sqlite3.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The columns of each table, in the order of the statements: A is the first, F
 * each further one; t is handed through. This is the only list: statements, bound
 * parameters and what is read come from it. Migrations are written out by hand,
 * because they may never change. A row's `gone`, its last member, is no column.
 */
#define NODE_FIELDS(A, F, t) A(t, name) F(t, epoch) F(t, seq) F(t, adopted) F(t, last_seen_ms) \
	F(t, cut_off_s)
#define PROBLEM_FIELDS(A, F, t)                                                                    \
	A(t, id) PROBLEM_CHANGES(F, F, t)
#define PROBLEM_CHANGES(A, F, t)                                                                   \
	A(t, incident) F(t, node) F(t, host) F(t, service) F(t, kind) F(t, state) F(t, flags)      \
	    F(t, since_s) F(t, until_s) F(t, output) F(t, owner) F(t, heard) F(t, told)            \
		F(t, hard_s) F(t, worse_s) F(t, was_state) F(t, changes) F(t, flap_s)              \
		    F(t, changed_s) F(t, acked_as) F(t, relapses)
#define INCIDENT_FIELDS(A, F, t)                                                                   \
	A(t, id) INCIDENT_CHANGES(F, F, t)
#define INCIDENT_CHANGES(A, F, t)                                                                  \
	A(t, parent)                                                                               \
	F(t, tag) F(t, open) F(t, flags) F(t, times) F(t, opened_ms) F(t, closed_ms)               \
	    F(t, since_s) F(t, until_s) F(t, object) F(t, state) F(t, owner) F(t, was_owner)       \
		F(t, let_go) F(t, owner_round) F(t, acked_s) F(t, ack_until_s) F(t, eta_s)         \
		    F(t, quiet_until_s) F(t, from_s) F(t, to_s) F(t, name) F(t, text) F(t, by)     \
			F(t, known) F(t, known_tag) F(t, ticket)
#define THREAD_FIELDS(A, F, t)                                                                     \
	A(t, id) F(t, incident) F(t, audience) F(t, account) THREAD_CHANGES(F, F, t)
#define THREAD_CHANGES(A, F, t)                                                                    \
	A(t, state)                                                                                \
	F(t, root) F(t, flags) F(t, told_state) F(t, told_count) F(t, reminders) F(t, times)       \
	    F(t, due_ms) F(t, due_boot_ms) F(t, update_ms) F(t, update_boot_ms) F(t, remind_ms)    \
		F(t, remind_boot_ms) F(t, since_s) F(t, until_s) F(t, names) F(t, escalated)      \
		    F(t, flap_ms) F(t, flap_boot_ms) F(t, ask_ms) F(t, ask_boot_ms) F(t, escalate_ms)            \
			F(t, escalate_boot_ms) F(t, asked_event) F(t, asked_text) F(t, asked_words)     \
			    F(t, asked_by) F(t, asked_at_ms) F(t, asked_times) F(t, again_ms)        \
				F(t, again_boot_ms)
#define POST_FIELDS(A, F, t)                                                                       \
	A(t, id) POST_CHANGES(F, F, t)
#define POST_CHANGES(A, F, t)                                                                      \
	A(t, thread) F(t, incident) F(t, reply) F(t, account) F(t, kind) F(t, event) F(t, state)   \
	    F(t, text) F(t, key) F(t, tag) F(t, language) F(t, to) F(t, to_id) F(t, target)        \
		F(t, visibility) F(t, attempts) F(t, looks) F(t, refusals) F(t, maybe_sent)        \
		    F(t, is_duplicate) F(t, created_ms) F(t, sending_ms) F(t, sent_ms)             \
			F(t, not_before_ms) F(t, looked_ms) F(t, remote_id) F(t, uri) F(t, url)    \
			    F(t, reason) F(t, cost_micro)
/* Those that change after the row was made; id is bound last. */
#define POST_MOVED_FIELDS(A, F, t)                                                                 \
	A(t, state)                                                                                \
	F(t, attempts) F(t, looks) F(t, refusals) F(t, maybe_sent) F(t, is_duplicate)              \
	    F(t, sending_ms) F(t, sent_ms) F(t, not_before_ms) F(t, looked_ms) F(t, remote_id)     \
		F(t, uri) F(t, url) F(t, reason) F(t, cost_micro) F(t, id)
#define REPLY_FIELDS(A, F, t)                                                                      \
	A(t, id)                                                                                   \
	F(t, account) F(t, remote_id) F(t, uri) F(t, parent_id) F(t, author_id) F(t, acct)         \
	    F(t, person) F(t, text) F(t, created_ms) F(t, seen_ms) F(t, done_ms) F(t, expires_ms)  \
		F(t, incident) F(t, state) F(t, verb) F(t, mark) F(t, reason) F(t, visibility) \
		F(t, look_ms) F(t, hash)
#define COMMAND_FIELDS(A, F, t)                                                                    \
	A(t, id)                                                                                   \
	F(t, reply) F(t, node) F(t, host) F(t, service) F(t, kind) F(t, state) F(t, reason)
#define ACCOUNT_FIELDS(A, F, t)                                                                    \
	A(t, name)                                                                                 \
	F(t, cursor) F(t, self_id) F(t, self_acct) F(t, software) F(t, paused_until_ms)            \
	    F(t, pause_reason) F(t, last_read_ms) F(t, last_post_ms) F(t, alone_until_ms)    \
	    F(t, is_locked)
#define LEDGER_FIELDS(A, F, t)                                                                     \
	A(t, account)                                                                              \
	F(t, month) F(t, posts) F(t, posts_micro) F(t, reads) F(t, reads_micro)
#define IDENTITY_FIELDS(A, F, t)                                                                   \
	A(t, person)                                                                               \
	F(t, network) F(t, acct) F(t, server_account) F(t, author_id) F(t, disabled)               \
	    F(t, pinned_ms) F(t, proven_ms)
#define PERSON_FIELDS(A, F, t)                                                                     \
	A(t, name)                                                                                 \
	F(t, revoked_ms) F(t, revoked_by) F(t, code_hash) F(t, code_until_ms) F(t, code_wrong)
#define TIMELINE_FIELDS(A, F, t) A(t, incident) F(t, at_ms) F(t, kind) F(t, text)
#define DOWNTIME_FIELDS(A, F, t)                                                                   \
	A(t, node)                                                                                 \
	F(t, host) F(t, service) F(t, id) F(t, kind) F(t, flags) F(t, from_s) F(t, to_s)           \
	    F(t, author) F(t, text) F(t, incident)
#define CHANNEL_FIELDS(A, F, t)                                                                    \
	A(t, audience)                                                                             \
	F(t, account) F(t, digest) F(t, digest_tag) F(t, digest_root) F(t, from_s) F(t, digest_ms) \
	    F(t, digest_boot_ms) F(t, folded) F(t, longest_s) F(t, longest) F(t, lost) F(t, storm) \
		F(t, storm_tag) F(t, storm_root) F(t, storm_s) F(t, stormed) F(t, storm_told)      \
		    F(t, storm_ms) F(t, storm_boot_ms) F(t, calm_ms) F(t, calm_boot_ms) F(t, recent)
#define QUIET_FIELDS(A, F, t)                                                                      \
	A(t, id) F(t, match) F(t, text) F(t, by) F(t, since_s) F(t, until_s)
#define PAUSE_FIELDS(A, F, t)                                                                      \
	A(t, audience) F(t, account) F(t, text) F(t, by) F(t, since_s)
#define MUTED_FIELDS(A, F, t) A(t, place) F(t, author_id) F(t, since_ms)
#define REPORT_FIELDS(A, F, t) A(t, incident) F(t, hour) F(t, who) F(t, at_ms)
#define TICKET_FIELDS(A, F, t)                                                                     \
	A(t, id)                                                                                   \
	F(t, name) F(t, account) F(t, author_id) F(t, acct) F(t, remote_id) F(t, reply) F(t, link) \
	    F(t, title) F(t, visibility) F(t, state) F(t, desk_id) F(t, desk_url) F(t, cursor)     \
		F(t, notes) F(t, created_ms) F(t, changed_ms) F(t, closed_ms)
#define TICKET_NOTE_FIELDS(A, F, t)                                                                \
	A(t, id)                                                                                   \
	F(t, ticket) F(t, number) F(t, by) F(t, author) F(t, text) F(t, reply) F(t, remote_id)     \
	    F(t, state) F(t, attempts) F(t, looks) F(t, created_ms) F(t, sending_ms) F(t, sent_ms) \
		F(t, looked_ms) F(t, not_before_ms) F(t, reason)
#define AUDIT_FIELDS(A, F, t)                                                                      \
	A(t, at_ms) F(t, actor) F(t, action) F(t, object) F(t, via) F(t, result)

#define KNOWLEDGE_FIELDS(A, F, t)                                                                  \
	A(t, id)                                                                                   \
	F(t, incident) F(t, tag) F(t, node) F(t, object) F(t, kind) F(t, text) F(t, same) F(t, by) \
	F(t, at_s) F(t, times)

enum store_table {
	TABLE_NODE,
	TABLE_PROBLEM,
	TABLE_INCIDENT,
	TABLE_THREAD,
	TABLE_POST,
	TABLE_REPLY,
	TABLE_ACCOUNT,
	TABLE_IDENTITY,
	TABLE_TIMELINE,
	TABLE_AUDIT,
	TABLE_LEDGER,
	TABLE_POST_MOVED, /* a post's changing columns */
	TABLE_DOWNTIME,
	TABLE_CHANNEL,
	TABLE_QUIET,
	TABLE_PAUSE,
	TABLE_PERSON,
	TABLE_COMMAND,
	TABLE_MUTED,
	TABLE_REPORT,
	TABLE_KNOWLEDGE,
	TABLE_TICKET,
	TABLE_TICKET_NOTE
};

enum column_type {
	COLUMN_TEXT,
	COLUMN_U64,
	COLUMN_I64,
	COLUMN_UINT, /* unsigned, and enums without negative members */
	COLUMN_INT,
	COLUMN_BOOL,
	COLUMN_TAG /* char[TAG_SIZE] */
};

struct column {
	enum column_type type;
	size_t offset; /* in the row's struct */
};

struct columns {
	const struct column *at;
	int n;
};

extern const struct columns store_columns[];

enum store_sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_PUT_NODE,
	SQL_PUT_PROBLEM,
	SQL_PUT_INCIDENT,
	SQL_PUT_THREAD,
	SQL_PUT_POST,
	SQL_MOVE_POST,
	SQL_PUT_REPLY,
	SQL_PUT_ACCOUNT,
	SQL_PUT_IDENTITY,
	SQL_PUT_TIMELINE,
	SQL_PUT_AUDIT,
	SQL_PUT_LEDGER,
	SQL_PUT_DOWNTIME,
	SQL_PUT_CHANNEL,
	SQL_PUT_QUIET,
	SQL_PUT_PAUSE,
	SQL_PUT_PERSON,
	SQL_PUT_COMMAND,
	SQL_DROP_COMMAND,
	SQL_PUT_MUTED,
	SQL_PUT_REPORT,
	SQL_DROP_MUTED,
	SQL_PUT_KNOWLEDGE,
	SQL_CUT_TICKET_NOTE,
	SQL_DROP_KNOWLEDGE,
	SQL_LEAVE_DESK,
	SQL_NEXT_UNREAD,
	SQL_PUT_UNREAD,
	SQL_PUT_STORY,
	SQL_DROP_UNREAD,
	SQL_PUT_TICKET,
	SQL_PUT_TICKET_NOTE,
	SQL_DROP_DOWNTIME,
	SQL_DROP_QUIET,
	SQL_DROP_PAUSE,
	SQL_PUT_META,
	SQL_PUT_ALIAS,
	SQL_LOOK_REPLY,
	SQL_PURGE_REPLY,
	SQL_CUT_TIMELINE,
	SQL_LAST_ID,
	SQL_NODES,
	SQL_LIVE_PROBLEMS,
	SQL_OPEN_INCIDENTS,
	SQL_OPEN_THREADS,
	SQL_THREADS_OF_INCIDENT,
	SQL_DOWNTIMES,
	SQL_CHANNELS,
	SQL_QUIETS,
	SQL_PAUSES,
	SQL_UNSETTLED_POSTS,
	SQL_SUBMITTED_REPLIES,
	SQL_ACCOUNTS,
	SQL_IDENTITIES,
	SQL_PERSONS,
	SQL_COMMANDS,
	SQL_RECENT_OPEN,
	SQL_RECENT_ALL,
	SQL_INCIDENT_BY_TAG,
	SQL_INCIDENT_BY_ID,
	SQL_TIMELINE,
	SQL_PROBLEMS_OF_INCIDENT,
	SQL_INCIDENTS_AFTER,
	SQL_POSTS_AFTER,
	SQL_REPLIES_AFTER,
	SQL_TICKETS_AFTER,
	SQL_POSTS_OF_INCIDENT,
	SQL_POSTS_OF_THREAD,
	SQL_REPLIES_OF_INCIDENT,
	SQL_TOLD_POSTS,
	SQL_POST_BY_ID,
	SQL_POST_BY_REMOTE,
	SQL_POST_BY_URI,
	SQL_REPLY_BY_URI,
	SQL_REPLY_BY_REMOTE,
	SQL_REPLY_BY_MARK,
	SQL_REPLY_BY_ID,
	SQL_REPLY_TO_LOOK_AT,
	SQL_TAG_USED,
	SQL_LAST_INCIDENT_OF,
	SQL_META,
	SQL_COUNT_POSTS,
	SQL_COUNT_POSTS_OF_THREAD,
	SQL_LEDGER,
	SQL_COUNT_PROMISES,
	SQL_AUDIT,
	SQL_MUTED,
	SQL_REPORTS,
	SQL_COUNT_REPORTS,
	SQL_COUNT_TOLD,
	SQL_REPLIES_OF_PERSON,
	SQL_KNOWLEDGE_OF_INCIDENT,
	SQL_KNOWLEDGE_OF_OBJECT,
	SQL_KNOWLEDGE_RECENT,
	SQL_STORY_OUTPUT,
	SQL_FIX_HELD,
	SQL_FIXES_HELD_OF,
	SQL_SEARCH,
	SQL_MERGE_STORY,
	SQL_PURGED_TAG,
	SQL_OLD_INCIDENT,
	SQL_PURGE_ALIAS,
	SQL_PURGE_POST,
	SQL_PURGE_REPLY_OF,
	SQL_PURGE_TIMELINE,
	SQL_PURGE_THREAD,
	SQL_PURGE_PROBLEM,
	SQL_PURGE_KNOWLEDGE,
	SQL_PURGE_REPORT,
	SQL_PURGE_STORY,
	SQL_PURGE_SKELETON,
	SQL_PURGE_INCIDENT,
	SQL_PURGE_LOOSE_REPLY,
	SQL_PURGE_EDITED,
	SQL_PURGE_LOOSE_ALIAS,
	SQL_PURGE_LOOSE_POST,
	SQL_PURGE_ADOPTED,
	SQL_PURGE_AUDIT,
	SQL_PURGE_TICKET_NOTE,
	SQL_PURGE_TICKET,
	SQL_TICKETS,
	SQL_COUNT_TICKETS,
	SQL_COUNT_TICKET_NOTES,
	SQL_RECENT_TICKETS,
	SQL_TICKET_BY_NAME,
	SQL_TICKET_BY_REPLY,
	SQL_TICKET_OF,
	SQL_TICKET_NOTES,
	SQL_TICKET_NOTE_BY_REMOTE,
	SQL_COUNT_MENTIONS,
	SQL_END
};

extern const char *const store_sql[SQL_END];

#define STORE_UNREAD 64

struct store_inode {
	dev_t dev;
	ino_t ino;
};

/* What we opened, and how long it was when last seen. */
struct store_place {
	struct store_inode file, wal;
	off_t size;
	bool is_known; /* it is a file at all */
};

struct store {
	sqlite3 *db;
	char *path;
	sqlite3_stmt *cached[SQL_END]; /* prepared when first asked for */
	bool taken[SQL_END]; /* a walk holds it: a nested one makes its own */
	uint64_t next_id; /* the next that store_next_id() gives */
	uint64_t next_id_written; /* as the open or last transaction has it */
	uint64_t unread[STORE_UNREAD]; /* their story changed in this transaction, and no row says so yet */
	unsigned n_unread;
	bool failed; /* a write failed: nothing more goes in before the end */
	struct err why;
	struct store_place place;
	struct err damage; /* met since it was opened, "" = none */
};

/* The schema, brought up to date; application_id and user_version are part of it. store_schema.c */
int store_migrate(struct store *s, struct err *err);

/* A statement that nobody else is stepping; give it back to store_put_back(). NULL: sqlite says why. */
sqlite3_stmt *store_take(struct store *s, enum store_sql which);
void store_put_back(struct store *s, enum store_sql which, sqlite3_stmt *stmt);

/* store_story.c: the functions that its statements call; SQLite's code. */
int store_add_functions(struct store *s);

/*
 * An incident's timeline changed: it is to be read anew. Written once per incident, with what the
 * transaction ends with; in a storm many lines are of one. 0, or -1 (remembered).
 */
int store_story_changed(struct store *s, uint64_t incident);
int store_write_unread(struct store *s);

/* There is something to merge; remembered until it is done. */
void store_story_lost_words(struct store *s);

/* Fills err with what failed, in words, and SQLite's own; returns -1. */
int store_err(struct store *s, struct err *err, const char *doing);

/* As store_err(), remembered: this transaction is lost. Only the first reason is kept. */
int store_fail(struct store *s, const char *doing);

/* store_place.c. Before anything is made: -1 with err when a log is there without its file. */
int store_place_check(const char *path, struct err *err);
void store_place_note(struct store *s); /* it is open */
/* -1 (remembered): what we write to is not what stands there. */
int store_place_look(struct store *s);
bool store_place_is_read_only(const char *path); /* its file system */

/* Opens the transaction when none is open. 0 or -1 (remembered). */
int store_begin(struct store *s);

#endif
