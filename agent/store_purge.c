/*
 * Retention: what is older than `keep` goes, a few rows at a time. Called by core_knowledge.c
 * in the turn's transaction. It must never touch an open incident, nor leave a text behind of
 * one that it purged: all that stays is its tag, and when it was closed.
 */
#include "agent/store_internal.h"

/* What belongs to an incident, in this order; the incident itself goes last. */
static const enum store_sql of_incident[] = {
    SQL_PURGE_ALIAS, SQL_PURGE_POST, SQL_PURGE_REPLY_OF, SQL_PURGE_TIMELINE,
    SQL_PURGE_THREAD, SQL_PURGE_PROBLEM, SQL_PURGE_KNOWLEDGE, SQL_PURGE_REPORT};
static const enum store_sql itself[] = {
    SQL_PURGE_STORY, SQL_DROP_UNREAD, SQL_PURGE_SKELETON, SQL_PURGE_INCIDENT};
static const enum store_sql of_none[] = {
    SQL_PURGE_LOOSE_REPLY, SQL_PURGE_EDITED, SQL_PURGE_LOOSE_ALIAS, SQL_PURGE_LOOSE_POST,
    SQL_PURGE_ADOPTED, SQL_PURGE_AUDIT, SQL_PURGE_TICKET_NOTE, SQL_PURGE_TICKET};

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* Rows that a statement took; -1: remembered. */
static int purge(struct store *s, enum store_sql which, int64_t what, unsigned max)
{
	sqlite3_stmt *stmt = store_begin(s) == 0 ? store_take(s, which) : NULL;
	int rc = stmt ? sqlite3_bind_int64(stmt, 1, what) : SQLITE_ERROR;

	if (rc == SQLITE_OK && sqlite3_bind_parameter_count(stmt) > 1)
		rc = sqlite3_bind_int64(stmt, 2, max);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc != SQLITE_DONE)
		store_fail(s, "cannot purge");
	store_put_back(s, which, stmt);
	return rc == SQLITE_DONE ? sqlite3_changes(s->db) : -1;
}

/* The next of a list of statements until max rows went; -1: remembered. */
static int purge_all(struct store *s, const enum store_sql *list, size_t n, int64_t what, unsigned max)
{
	unsigned gone = 0;

	for (size_t i = 0; i < n && gone < max; i++) {
		int rows = purge(s, list[i], what, max - gone);

		if (rows == -1)
			return -1;
		gone += (unsigned)rows;
	}
	return (int)gone;
}

/* 0: none is that old. */
static int64_t oldest(struct store *s, int64_t before_ms)
{
	sqlite3_stmt *stmt = store_take(s, SQL_OLD_INCIDENT);
	int64_t id = 0;

	if (stmt && sqlite3_bind_int64(stmt, 1, before_ms) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		id = sqlite3_column_int64(stmt, 0);
	store_put_back(s, SQL_OLD_INCIDENT, stmt);
	return id;
}

static int purge_incidents(struct store *s, int64_t before_ms, unsigned max)
{
	unsigned gone = 0;
	int64_t id;
	int rows;

	while (gone < max && (id = oldest(s, before_ms))) {
		rows = purge_all(s, of_incident, COUNT(of_incident), id, max - gone);
		if (rows == -1)
			return -1;
		gone += (unsigned)rows;
		if (gone >= max) /* the rest of it next time */
			break;
		if (purge_all(s, itself, COUNT(itself), id, COUNT(itself) * 2) == -1)
			return -1;
		gone++;
		store_story_lost_words(s);
	}
	return (int)gone;
}

/* The audit gives rows away only before the time that meta names; it never goes back. */
static int allow_audit(struct store *s, int64_t before_ms)
{
	char since[24];

	sqlite3_snprintf(sizeof since, since, "%lld", (long long)before_ms);
	return store_put_meta(s, "audit_since_ms", since);
}

int store_purge(struct store *s, int64_t before_ms, unsigned max)
{
	int gone, more = 0;

	if (before_ms <= 0)
		return 0;
	gone = purge_incidents(s, before_ms, max);
	if (gone == -1 || allow_audit(s, before_ms) == -1)
		return -1;
	if ((unsigned)gone < max)
		more = purge_all(s, of_none, COUNT(of_none), before_ms, max - (unsigned)gone);
	return more == -1 ? -1 : gone + more;
}
