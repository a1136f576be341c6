/*
 * Rows into the store. Called by the engine, the outbox, the collector and command.c.
 * Each opens the transaction when none is open; only store_commit() ends it.
 * It must never go on after a failure: the rest of the turn would be kept without it.
 */
#include "agent/store_internal.h"

#include <string.h>

static int bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
	return sqlite3_bind_text(stmt, at, text ? text : "", -1, SQLITE_STATIC);
}

static int bind_column(sqlite3_stmt *stmt, int at, const struct column *c, const void *row)
{
	const char *p = (const char *)row + c->offset;

	switch (c->type) {
	case COLUMN_TEXT: return bind_text(stmt, at, *(const char *const *)p);
	case COLUMN_TAG:
		return sqlite3_bind_text(stmt, at, p, (int)strnlen(p, TAG_SIZE), SQLITE_STATIC);
	case COLUMN_U64: return sqlite3_bind_int64(stmt, at, (int64_t) * (const uint64_t *)p);
	case COLUMN_I64: return sqlite3_bind_int64(stmt, at, *(const int64_t *)p);
	case COLUMN_UINT: return sqlite3_bind_int64(stmt, at, *(const unsigned *)p);
	case COLUMN_INT: return sqlite3_bind_int(stmt, at, *(const int *)p);
	case COLUMN_BOOL: return sqlite3_bind_int(stmt, at, *(const bool *)p);
	}
	return SQLITE_MISUSE;
}

static sqlite3_stmt *start(struct store *s, enum store_sql which)
{
	sqlite3_stmt *stmt;

	if (store_begin(s) == -1)
		return NULL;
	stmt = store_take(s, which);
	if (!stmt)
		store_fail(s, "cannot write");
	return stmt;
}

static int finish(struct store *s, enum store_sql which, sqlite3_stmt *stmt, int rc)
{
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc != SQLITE_DONE)
		store_fail(s, "cannot write");
	store_put_back(s, which, stmt);
	return rc == SQLITE_DONE ? 0 : -1;
}

static int put(struct store *s, enum store_sql which, enum store_table table, const void *row)
{
	const struct columns *c = &store_columns[table];
	sqlite3_stmt *stmt = start(s, which);
	int rc = SQLITE_OK;

	if (!stmt)
		return -1;
	for (int i = 0; i < c->n && rc == SQLITE_OK; i++)
		rc = bind_column(stmt, i + 1, &c->at[i], row);
	return finish(s, which, stmt, rc);
}

int store_put_node(struct store *s, const struct node_row *r)
{
	return put(s, SQL_PUT_NODE, TABLE_NODE, r);
}

int store_put_problem(struct store *s, const struct problem_row *r)
{
	return put(s, SQL_PUT_PROBLEM, TABLE_PROBLEM, r);
}

int store_put_incident(struct store *s, const struct incident_row *r)
{
	return put(s, SQL_PUT_INCIDENT, TABLE_INCIDENT, r);
}

int store_put_thread(struct store *s, const struct thread_row *r)
{
	return put(s, SQL_PUT_THREAD, TABLE_THREAD, r);
}

int store_put_post(struct store *s, const struct post_row *r)
{
	return put(s, SQL_PUT_POST, TABLE_POST, r);
}

int store_move_post(struct store *s, const struct post_row *r)
{
	if (put(s, SQL_MOVE_POST, TABLE_POST_MOVED, r) == -1)
		return -1;
	return sqlite3_changes(s->db) ? 0 : store_put_post(s, r);
}

int store_put_reply(struct store *s, const struct reply_row *r)
{
	return put(s, SQL_PUT_REPLY, TABLE_REPLY, r);
}

int store_put_account(struct store *s, const struct account_row *r)
{
	return put(s, SQL_PUT_ACCOUNT, TABLE_ACCOUNT, r);
}

int store_put_identity(struct store *s, const struct identity_row *r)
{
	return put(s, SQL_PUT_IDENTITY, TABLE_IDENTITY, r);
}

int store_put_person(struct store *s, const struct person_row *r)
{
	return put(s, SQL_PUT_PERSON, TABLE_PERSON, r);
}

int store_put_ticket(struct store *s, const struct ticket_row *r)
{
	return put(s, SQL_PUT_TICKET, TABLE_TICKET, r);
}

int store_put_ticket_note(struct store *s, const struct ticket_note_row *r)
{
	return put(s, SQL_PUT_TICKET_NOTE, TABLE_TICKET_NOTE, r);
}

int store_put_timeline(struct store *s, const struct timeline_row *r)
{
	if (put(s, SQL_PUT_TIMELINE, TABLE_TIMELINE, r) == -1)
		return -1;
	return store_story_changed(s, r->incident);
}

int store_put_audit(struct store *s, const struct audit_row *r)
{
	return put(s, SQL_PUT_AUDIT, TABLE_AUDIT, r);
}

int store_put_knowledge(struct store *s, const struct knowledge_row *r)
{
	return put(s, SQL_PUT_KNOWLEDGE, TABLE_KNOWLEDGE, r);
}

int store_put_ledger(struct store *s, const struct ledger_row *r)
{
	return put(s, SQL_PUT_LEDGER, TABLE_LEDGER, r);
}

/* Its statement names the row by a text and a number, or by two texts; NULL: only the number. */
static int drop(struct store *s, enum store_sql which, const char *a, const char *b, int64_t number)
{
	sqlite3_stmt *stmt = start(s, which);
	int rc = SQLITE_OK, at = 1;

	if (!stmt)
		return -1;
	if (a)
		rc = bind_text(stmt, at++, a);
	if (rc == SQLITE_OK)
		rc = b ? bind_text(stmt, at, b) : sqlite3_bind_int64(stmt, at, number);
	return finish(s, which, stmt, rc);
}

int store_leave_desk(struct store *s)
{
	return drop(s, SQL_LEAVE_DESK, NULL, NULL, 0);
}

int store_put_downtime(struct store *s, const struct downtime_row *r)
{
	if (r->gone)
		return drop(s, SQL_DROP_DOWNTIME, r->node, NULL, r->id);
	return put(s, SQL_PUT_DOWNTIME, TABLE_DOWNTIME, r);
}

int store_put_command(struct store *s, const struct command_row *r)
{
	if (r->gone)
		return drop(s, SQL_DROP_COMMAND, NULL, NULL, (int64_t)r->id);
	return put(s, SQL_PUT_COMMAND, TABLE_COMMAND, r);
}

int store_put_channel(struct store *s, const struct channel_row *r)
{
	return put(s, SQL_PUT_CHANNEL, TABLE_CHANNEL, r);
}

int store_put_quiet(struct store *s, const struct quiet_row *r)
{
	if (r->gone)
		return drop(s, SQL_DROP_QUIET, NULL, NULL, (int64_t)r->id);
	return put(s, SQL_PUT_QUIET, TABLE_QUIET, r);
}

int store_put_pause(struct store *s, const struct pause_row *r)
{
	if (r->gone)
		return drop(s, SQL_DROP_PAUSE, r->audience ? r->audience : "", r->account ? r->account : "", 0);
	return put(s, SQL_PUT_PAUSE, TABLE_PAUSE, r);
}

int store_put_muted(struct store *s, const struct muted_row *r)
{
	if (r->gone)
		return drop(s, SQL_DROP_MUTED, r->place, r->author_id, 0);
	return put(s, SQL_PUT_MUTED, TABLE_MUTED, r);
}

int store_put_report(struct store *s, const struct report_row *r)
{
	return put(s, SQL_PUT_REPORT, TABLE_REPORT, r);
}

int store_put_meta(struct store *s, const char *key, const char *value)
{
	sqlite3_stmt *stmt = start(s, SQL_PUT_META);
	int rc;

	if (!stmt)
		return -1;
	rc = bind_text(stmt, 1, key);
	if (rc == SQLITE_OK)
		rc = bind_text(stmt, 2, value);
	return finish(s, SQL_PUT_META, stmt, rc);
}

int store_put_alias(struct store *s, const char *account, const char *remote_id, uint64_t post)
{
	sqlite3_stmt *stmt = start(s, SQL_PUT_ALIAS);
	int rc;

	if (!stmt)
		return -1;
	rc = bind_text(stmt, 1, account);
	if (rc == SQLITE_OK)
		rc = bind_text(stmt, 2, remote_id);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 3, (int64_t)post);
	return finish(s, SQL_PUT_ALIAS, stmt, rc);
}

/* A row by its number: that, and one text, two, or a number. */
static int change(
    struct store *s, enum store_sql which, uint64_t id, const char *a, const char *b,
    int64_t number)
{
	sqlite3_stmt *stmt = start(s, which);
	int rc;

	if (!stmt)
		return -1;
	rc = sqlite3_bind_int64(stmt, 1, (int64_t)id);
	if (rc == SQLITE_OK)
		rc = a ? bind_text(stmt, 2, a) : sqlite3_bind_int64(stmt, 2, number);
	if (rc == SQLITE_OK && b)
		rc = bind_text(stmt, 3, b);
	return finish(s, which, stmt, rc);
}

int store_look_reply(struct store *s, uint64_t id, int64_t look_ms)
{
	return change(s, SQL_LOOK_REPLY, id, NULL, NULL, look_ms);
}

int store_purge_reply(struct store *s, uint64_t id, const char *hash)
{
	return change(s, SQL_PURGE_REPLY, id, hash ? hash : "", NULL, 0);
}

int store_cut_ticket_note(struct store *s, uint64_t reply, const char *instead)
{
	return change(s, SQL_CUT_TICKET_NOTE, reply, instead ? instead : "", NULL, 0);
}

int store_drop_knowledge(struct store *s, uint64_t incident, const char *text)
{
	return change(s, SQL_DROP_KNOWLEDGE, incident, text ? text : "", NULL, 0);
}

int store_cut_timeline(struct store *s, uint64_t incident, const char *words, const char *instead)
{
	if (change(s, SQL_CUT_TIMELINE, incident, words, instead ? instead : "", 0) == -1)
		return -1;
	store_story_lost_words(s);
	if (store_story_changed(s, incident) == -1)
		return -1;
	return change(s, SQL_PURGE_STORY, incident, NULL, NULL, 1); /* until it is read anew */
}
