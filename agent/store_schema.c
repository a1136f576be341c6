/*
 * The store's tables and how an older file becomes a newer one.
 * Called by store_open() only, before anything else is read.
 * A migration that was released is never edited: a change is a further one.
 */
#include "agent/store_internal.h"
#include "notifiers/notifier.h"

#include <string.h>

/* In the file's header at byte 68 ("twkt"), so that file(1) and we know our own. */
#define APPLICATION_ID 0x74776b74
#define APPLICATION_ID_SQL "1953983348"

/*
 * Numbers of enums are on disk: a member may be added at the end, never moved.
 * Partial indices name some of them, the queries repeat their words exactly.
 */
_Static_assert(POST_QUEUED == 0 && POST_SENDING == 1 && POST_SENT == 2, "on disk");
_Static_assert(POST_RETRY == 3 && POST_UNKNOWN == 4, "on disk");
_Static_assert(POST_CANCELLED == 5 && POST_DEAD == 6, "on disk");
_Static_assert(POST_SAY == 0 && POST_ANSWER == 1 && POST_FAVOURITE == 2, "on disk");
_Static_assert(POST_DELETE == 3 && REPLY_DONE == 8, "on disk");
_Static_assert(REPLY_SEEN == 0 && REPLY_SUBMITTED == 1 && REPLY_IGNORED == 7, "on disk");
_Static_assert(VISIBILITY_PUBLIC == 0 && VISIBILITY_DIRECT == 3, "on disk");
_Static_assert(THREAD_TOLD == 1 && THREAD_RECOVERING == 2, "on disk");
_Static_assert(THREAD_MISSED == 6, "on disk");
_Static_assert(THREAD_HELD == 0 && THREAD_CLOSED == 4 && THREAD_DROPPED == 5, "on disk");
_Static_assert(TICKET_OPEN == 0 && TICKET_CLOSED == 1, "on disk");
_Static_assert(TICKET_NOTE_SENT == 2 && TICKET_NOTE_UNKNOWN == 4 && TICKET_NOTE_KEPT == 6, "on disk");
_Static_assert(TICKET_BY_REPORTER == 0 && TICKET_BY_DESK == 1 && TICKET_BY_HAND == 2, "on disk");
_Static_assert(DELIVERY_NONE == 0 && DELIVERY_DEAD == 4, "on disk");
_Static_assert(DELIVERY_ASKED == 5 && DELIVERY_DECLINED == 6, "on disk");
_Static_assert(DELIVERY_UNSETTLED == 2 && DELIVERY_SENT == 3, "on disk");

static const char *const migrations[] = {
    /* 1: first release */
    "PRAGMA application_id=" APPLICATION_ID_SQL ";"
    "PRAGMA user_version=1;"
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE node(name TEXT PRIMARY KEY, epoch TEXT, seq INTEGER, adopted INTEGER,"
    " last_seen_ms INTEGER) WITHOUT ROWID;"
    "CREATE TABLE problem(id INTEGER PRIMARY KEY, incident INTEGER, node TEXT, host TEXT,"
    " service TEXT, kind INTEGER, state INTEGER, flags INTEGER, since_s INTEGER,"
    " until_s INTEGER, output TEXT, owner TEXT, heard TEXT);"
    "CREATE INDEX problem_incident ON problem(incident);"
    "CREATE INDEX problem_live ON problem(id) WHERE until_s=0;"
    "CREATE TABLE incident(id INTEGER PRIMARY KEY, parent INTEGER, tag TEXT, open INTEGER,"
    " flags INTEGER, times INTEGER, opened_ms INTEGER, closed_ms INTEGER, since_s INTEGER,"
    " until_s INTEGER, object TEXT, state TEXT, owner TEXT, was_owner TEXT, acked_s INTEGER,"
    " ack_until_s INTEGER);"
    "CREATE INDEX incident_open ON incident(id) WHERE open=1;"
    "CREATE INDEX incident_tag ON incident(tag);"
    "CREATE INDEX incident_closed ON incident(closed_ms);"
    "CREATE TABLE thread(id INTEGER PRIMARY KEY, incident INTEGER, audience TEXT, account TEXT,"
    " state INTEGER, root INTEGER, flags INTEGER, told_state INTEGER, told_count INTEGER,"
    " reminders INTEGER, times INTEGER, due_ms INTEGER, due_boot_ms INTEGER, update_ms INTEGER,"
    " update_boot_ms INTEGER, remind_ms INTEGER, remind_boot_ms INTEGER, since_s INTEGER,"
    " until_s INTEGER);"
    "CREATE INDEX thread_incident ON thread(incident);"
    "CREATE TABLE post(id INTEGER PRIMARY KEY, thread INTEGER, incident INTEGER, reply INTEGER,"
    " account TEXT, kind INTEGER, event INTEGER, state INTEGER, text TEXT, key TEXT, tag TEXT,"
    " language TEXT, \"to\" TEXT, target TEXT, visibility INTEGER, attempts INTEGER,"
    " looks INTEGER, maybe_sent INTEGER, created_ms INTEGER, sending_ms INTEGER,"
    " sent_ms INTEGER, not_before_ms INTEGER, looked_ms INTEGER, remote_id TEXT, uri TEXT,"
    " url TEXT, reason TEXT);"
    "CREATE INDEX post_unsettled ON post(id) WHERE state IN (0,1,3,4);"
    "CREATE INDEX post_incident ON post(incident);"
    "CREATE INDEX post_thread ON post(thread);"
    "CREATE INDEX post_remote ON post(remote_id, account) WHERE remote_id<>'';"
    "CREATE INDEX post_uri ON post(uri, account) WHERE uri<>'';"
    "CREATE INDEX post_created ON post(account, created_ms) WHERE kind=0;"
    "CREATE TABLE alias(remote_id TEXT, account TEXT, post INTEGER,"
    " PRIMARY KEY(remote_id, account)) WITHOUT ROWID;"
    "CREATE TABLE reply(id INTEGER PRIMARY KEY, account TEXT, remote_id TEXT, uri TEXT,"
    " parent_id TEXT, author_id TEXT, acct TEXT, person TEXT, text TEXT, created_ms INTEGER,"
    " seen_ms INTEGER, done_ms INTEGER, expires_ms INTEGER, incident INTEGER, state INTEGER, verb "
    "TEXT, mark TEXT,"
    " reason TEXT, visibility INTEGER);"
    "CREATE INDEX reply_submitted ON reply(id) WHERE state IN (0,1);"
    "CREATE INDEX reply_incident ON reply(incident);"
    "CREATE INDEX reply_remote ON reply(remote_id, account) WHERE remote_id<>'';"
    "CREATE INDEX reply_uri ON reply(uri, account) WHERE uri<>'';"
    "CREATE INDEX reply_mark ON reply(mark) WHERE mark<>'';"
    "CREATE INDEX reply_author ON reply(author_id, account, created_ms);"
    "CREATE TABLE account(name TEXT PRIMARY KEY, cursor TEXT, self_id TEXT, self_acct TEXT,"
    " software TEXT, paused_until_ms INTEGER, pause_reason TEXT, last_read_ms INTEGER,"
    " last_post_ms INTEGER) WITHOUT ROWID;"
    "CREATE TABLE identity(person TEXT, network TEXT, acct TEXT, server_account TEXT,"
    " author_id TEXT, disabled INTEGER, pinned_ms INTEGER,"
    " PRIMARY KEY(person, network, acct, server_account)) WITHOUT ROWID;"
    "CREATE TABLE timeline(incident INTEGER, at_ms INTEGER, kind TEXT, text TEXT);"
    "CREATE INDEX timeline_incident ON timeline(incident, at_ms);"
    "CREATE TABLE audit(at_ms INTEGER, actor TEXT, action TEXT, object TEXT, result TEXT);"
    "CREATE INDEX audit_at ON audit(at_ms);",
    /* 2: networks that take money */
    "PRAGMA user_version=2;"
    "ALTER TABLE post ADD COLUMN cost_micro INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE post ADD COLUMN to_id TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE post ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE post ADD COLUMN is_duplicate INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE account ADD COLUMN alone_until_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE account ADD COLUMN is_locked INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE ledger(account TEXT, month INTEGER, posts INTEGER, posts_micro INTEGER,"
    " reads INTEGER, reads_micro INTEGER, PRIMARY KEY(account, month)) WITHOUT ROWID;"
    "CREATE INDEX thread_told ON thread(account) WHERE state IN (1,2);",
    /* 3: downtime, flapping, digests and storms, what is done by hand */
    "PRAGMA user_version=3;"
    "ALTER TABLE node ADD COLUMN cut_off_s INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE problem ADD COLUMN told TEXT NOT NULL DEFAULT '';"
    "UPDATE problem SET told=heard WHERE until_s=0;"
    "ALTER TABLE problem ADD COLUMN hard_s INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE incident ADD COLUMN owner_round INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE incident ADD COLUMN let_go TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE problem ADD COLUMN worse_s INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE problem ADD COLUMN was_state INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE problem ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE problem ADD COLUMN flap_s INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE problem ADD COLUMN changed_s INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE problem ADD COLUMN acked_as INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE problem ADD COLUMN relapses TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE incident ADD COLUMN eta_s INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE incident ADD COLUMN quiet_until_s INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE incident ADD COLUMN from_s INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE incident ADD COLUMN to_s INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE incident ADD COLUMN name TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE incident ADD COLUMN text TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE incident ADD COLUMN \"by\" TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE incident ADD COLUMN known TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE incident ADD COLUMN known_tag TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE reply ADD COLUMN look_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE reply ADD COLUMN hash TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX reply_look ON reply(account, look_ms) WHERE look_ms<>0;"
    "ALTER TABLE thread ADD COLUMN names TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE thread ADD COLUMN escalated INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE thread ADD COLUMN flap_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE thread ADD COLUMN flap_boot_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE thread ADD COLUMN ask_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE thread ADD COLUMN ask_boot_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE thread ADD COLUMN escalate_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE thread ADD COLUMN escalate_boot_ms INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE downtime(node TEXT, id INTEGER, host TEXT, service TEXT, kind INTEGER,"
    " flags INTEGER, from_s INTEGER, to_s INTEGER, author TEXT, text TEXT, incident INTEGER,"
    " PRIMARY KEY(node, id)) WITHOUT ROWID;"
    "CREATE TABLE channel(audience TEXT, account TEXT, digest INTEGER, digest_tag TEXT,"
    " digest_root INTEGER, from_s INTEGER, digest_ms INTEGER, digest_boot_ms INTEGER,"
    " folded INTEGER, longest_s INTEGER, longest TEXT, lost INTEGER, storm INTEGER,"
    " storm_tag TEXT, storm_root INTEGER, storm_s INTEGER, stormed INTEGER, storm_told INTEGER,"
    " storm_ms INTEGER, storm_boot_ms INTEGER, calm_ms INTEGER, calm_boot_ms INTEGER,"
    " recent TEXT, PRIMARY KEY(audience, account)) WITHOUT ROWID;"
    "CREATE TABLE quiet(id INTEGER PRIMARY KEY, match TEXT, text TEXT, \"by\" TEXT,"
    " since_s INTEGER, until_s INTEGER);"
    "CREATE TABLE pause(audience TEXT, account TEXT, text TEXT, \"by\" TEXT, since_s INTEGER,"
    " PRIMARY KEY(audience, account)) WITHOUT ROWID;",
    /* 4: SQLite builds a table for each IN of more than two, whenever it writes such a row */
    "PRAGMA user_version=4;"
    "DROP INDEX post_unsettled;"
    "CREATE INDEX post_unsettled ON post(id) WHERE state<=4 AND state<>2;"
    /* in a storm each row of these went to a page of its own; what is live is found by that */
    "DROP INDEX problem_incident;"
    "CREATE INDEX problem_over ON problem(incident) WHERE until_s<>0;"
    "DROP INDEX timeline_incident;"
    "CREATE INDEX timeline_incident ON timeline(incident);",
    /*
     * 5: people. The audit is only added to. Two exceptions: a name in it may be erased, as the
     * networks ask for it; and retention deletes what is older than the time that it has noted
     * in meta before, so that the store says how far back it can be asked.
     */
    "PRAGMA user_version=5;"
    "ALTER TABLE identity ADD COLUMN proven_ms INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE person(name TEXT PRIMARY KEY, revoked_ms INTEGER, revoked_by TEXT,"
    " code_hash TEXT, code_until_ms INTEGER, code_wrong INTEGER) WITHOUT ROWID;"
    "ALTER TABLE audit ADD COLUMN via TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE muted(place TEXT, author_id TEXT, since_ms INTEGER,"
    " PRIMARY KEY(place, author_id)) WITHOUT ROWID;"
    "CREATE TABLE report(incident INTEGER, hour INTEGER, who TEXT, at_ms INTEGER,"
    " PRIMARY KEY(incident, hour, who)) WITHOUT ROWID;"
    "CREATE INDEX reply_told ON reply(account, done_ms) WHERE person='' AND reason='told';"
    "CREATE INDEX reply_person ON reply(person, done_ms) WHERE person<>'';"
    "ALTER TABLE incident ADD COLUMN ticket TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE ticket(id INTEGER PRIMARY KEY, name TEXT, account TEXT, author_id TEXT,"
    " acct TEXT, remote_id TEXT, reply INTEGER, link TEXT, title TEXT, visibility INTEGER,"
    " state INTEGER, desk_id TEXT, desk_url TEXT, cursor TEXT, notes INTEGER,"
    " created_ms INTEGER, changed_ms INTEGER, closed_ms INTEGER);"
    "CREATE INDEX ticket_open ON ticket(id) WHERE state=0;"
    "CREATE INDEX ticket_closed ON ticket(closed_ms);"
    "CREATE INDEX ticket_name ON ticket(name);"
    "CREATE INDEX ticket_author ON ticket(author_id, account, changed_ms);"
    "CREATE TABLE ticket_note(id INTEGER PRIMARY KEY, ticket INTEGER, number INTEGER,"
    " \"by\" INTEGER, author TEXT, text TEXT, reply INTEGER, remote_id TEXT, state INTEGER,"
    " attempts INTEGER, looks INTEGER, created_ms INTEGER, sending_ms INTEGER,"
    " sent_ms INTEGER, looked_ms INTEGER, not_before_ms INTEGER, reason TEXT);"
    "CREATE INDEX ticket_note_ticket ON ticket_note(ticket, number);"
    "CREATE INDEX ticket_note_reply ON ticket_note(reply) WHERE reply<>0;"
    "CREATE INDEX ticket_note_unsettled ON ticket_note(id) WHERE state<=4 AND state<>2;"
    "CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit WHEN NEW.at_ms IS NOT OLD.at_ms"
    " OR NEW.action IS NOT OLD.action OR NEW.result IS NOT OLD.result"
    " OR (NEW.actor IS NOT OLD.actor AND NEW.actor<>'')"
    " OR (NEW.object IS NOT OLD.object AND NEW.object<>'')"
    " OR (NEW.via IS NOT OLD.via AND NEW.via<>'')"
    " BEGIN SELECT RAISE(ABORT,'the audit is never changed'); END;"
    "CREATE TRIGGER audit_undeleted BEFORE DELETE ON audit WHEN OLD.at_ms>="
    "coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key='audit_since_ms'),0)"
    " BEGIN SELECT RAISE(ABORT,'the audit is kept'); END;"
    "CREATE TABLE command(id INTEGER PRIMARY KEY, reply INTEGER, node TEXT, host TEXT, service TEXT,"
    " kind INTEGER, state INTEGER, reason TEXT);",
    /*
     * 6: what was learnt. story is one row per incident, for searching; what is in unread changed
     * since.
     */
    "PRAGMA user_version=6;"
    "CREATE TABLE knowledge(id INTEGER PRIMARY KEY, incident INTEGER, tag TEXT, node TEXT,"
    " object TEXT, kind TEXT, text TEXT, same TEXT, \"by\" TEXT, at_s INTEGER, times INTEGER);"
    "CREATE INDEX knowledge_incident ON knowledge(incident);"
    "CREATE INDEX knowledge_object ON knowledge(object, at_s);"
    "CREATE INDEX knowledge_at ON knowledge(at_s);"
    "CREATE INDEX knowledge_by ON knowledge(\"by\");"
    "CREATE INDEX incident_object ON incident(object, since_s);"
    "CREATE INDEX alias_post ON alias(post);"
    "CREATE TABLE purged(tag TEXT PRIMARY KEY, closed_ms INTEGER) WITHOUT ROWID;"
    "CREATE VIRTUAL TABLE story USING"
    " fts5(object, output, words, tokenize='unicode61 remove_diacritics 2');"
    "ALTER TABLE thread ADD COLUMN asked_event INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE thread ADD COLUMN asked_text TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE thread ADD COLUMN asked_words TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE thread ADD COLUMN asked_by TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE thread ADD COLUMN asked_at_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE thread ADD COLUMN asked_times INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE thread ADD COLUMN again_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE thread ADD COLUMN again_boot_ms INTEGER NOT NULL DEFAULT 0;"
    /* a restart counts the posts of a day: from the index alone, or it would read them all */
    "DROP INDEX post_created;"
    "CREATE INDEX post_sent ON post(account, kind, state, sent_ms) WHERE kind=0 AND state=2;"
    "CREATE TABLE unread(incident INTEGER PRIMARY KEY);"
    "INSERT INTO unread SELECT id FROM incident;",
};

#define MIGRATIONS ((int)(sizeof migrations / sizeof migrations[0]))

/* One number of one row, for questions that are asked once. */
static int ask_number(struct store *s, const char *sql, int *value, struct err *err)
{
	sqlite3_stmt *stmt;
	int rc = -1;

	if (sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW) {
		*value = sqlite3_column_int(stmt, 0);
		rc = 0;
	} else {
		store_err(s, err, "cannot read it");
	}
	sqlite3_finalize(stmt);
	return rc;
}

/* Whose file is it, and of which version? Reads only: what is not ours stays untouched. */
static int identify(struct store *s, int *version, struct err *err)
{
	int id, objects;

	if (ask_number(s, "PRAGMA application_id", &id, err) == -1 ||
	    ask_number(s, "PRAGMA user_version", version, err) == -1 ||
	    ask_number(s, "SELECT count(*) FROM sqlite_schema", &objects, err) == -1)
		return -1;
	if (id == 0 && *version == 0 && objects == 0)
		return 0; /* empty: just made, or the first start was interrupted */
	if (id != APPLICATION_ID)
		return err_set(
		    err,
		    "store %s: this is a database of another program; give "
		    "twicket a file of its own",
		    s->path);
	if (*version > MIGRATIONS)
		return err_set(
		    err,
		    "store %s: written by a newer twicket (schema %d, this one "
		    "knows up to %d); install that version again, or move the file away "
		    "to start afresh",
		    s->path, *version, MIGRATIONS);
	return 0;
}

/* WAL is a property of the file and cannot be set within a transaction. */
static int use_wal(struct store *s, struct err *err)
{
	sqlite3_stmt *stmt;
	const char *mode;
	int rc = -1;

	if (sqlite3_prepare_v2(s->db, "PRAGMA journal_mode=WAL", -1, &stmt, NULL) != SQLITE_OK ||
	    sqlite3_step(stmt) != SQLITE_ROW) {
		store_err(s, err, "cannot write it");
		goto out;
	}
	mode = (const char *)sqlite3_column_text(stmt, 0);
	if (mode && (strcmp(mode, "wal") == 0 || strcmp(mode, "memory") == 0))
		rc = 0;
	else
		err_set(
		    err,
		    "store %s: this file system cannot share memory (journal mode %s); "
		    "put state_dir on a local disk",
		    s->path, mode ? mode : "?");
out:
	sqlite3_finalize(stmt);
	return rc;
}

int store_migrate(struct store *s, struct err *err)
{
	int version;

	if (identify(s, &version, err) == -1 || use_wal(s, err) == -1)
		return -1;
	for (; version < MIGRATIONS; version++) {
		if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
		    sqlite3_exec(s->db, migrations[version], NULL, NULL, NULL) == SQLITE_OK &&
		    sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
			continue;
		store_err(s, err, "cannot bring its tables up to date");
		if (!sqlite3_get_autocommit(s->db))
			sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		return -1;
	}
	return 0;
}
