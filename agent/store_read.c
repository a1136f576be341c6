/*
 * Rows out of the store: walks for start-up, lookups for a turn, lists for people.
 * Called from all of agent/; a callback may read and write the store again.
 * It must never keep a row: strings live until the callback returns.
 */
#include "agent/store_walk.h"

#include <string.h>

union any_row {
	struct node_row node;
	struct problem_row problem;
	struct incident_row incident;
	struct thread_row thread;
	struct post_row post;
	struct reply_row reply;
	struct account_row account;
	struct identity_row identity;
	struct person_row person;
	struct command_row command;
	struct ticket_row ticket;
	struct ticket_note_row ticket_note;
	struct timeline_row timeline;
	struct audit_row audit;
	struct knowledge_row knowledge;
	struct ledger_row ledger;
	struct downtime_row downtime;
	struct channel_row channel;
	struct quiet_row quiet;
	struct pause_row pause;
	struct report_row report;
};

static const char *text_at(sqlite3_stmt *stmt, int at)
{
	const char *text = (const char *)sqlite3_column_text(stmt, at);

	return text ? text : "";
}

static void read_column(sqlite3_stmt *stmt, int at, const struct column *c, void *row)
{
	char *p = (char *)row + c->offset;

	switch (c->type) {
	case COLUMN_TEXT: *(const char **)p = text_at(stmt, at); break;
	case COLUMN_TAG: sqlite3_snprintf(TAG_SIZE, p, "%s", text_at(stmt, at)); break;
	case COLUMN_U64: *(uint64_t *)p = (uint64_t)sqlite3_column_int64(stmt, at); break;
	case COLUMN_I64: *(int64_t *)p = sqlite3_column_int64(stmt, at); break;
	case COLUMN_UINT: *(unsigned *)p = (unsigned)sqlite3_column_int64(stmt, at); break;
	case COLUMN_INT: *(int *)p = sqlite3_column_int(stmt, at); break;
	case COLUMN_BOOL: *(bool *)p = sqlite3_column_int(stmt, at) != 0; break;
	}
}

/* A statement with its parameters bound. NULL with err. */
static sqlite3_stmt *
ask(struct store *s, enum store_sql which, const struct store_param *params, int n, struct err *err)
{
	sqlite3_stmt *stmt = store_take(s, which);
	int rc = stmt ? SQLITE_OK : SQLITE_ERROR;

	for (int i = 0; i < n && rc == SQLITE_OK; i++)
		rc = params[i].text
			 ? sqlite3_bind_text(stmt, i + 1, params[i].text, -1, SQLITE_STATIC)
			 : sqlite3_bind_int64(stmt, i + 1, params[i].number);
	if (rc == SQLITE_OK)
		return stmt;
	store_err(s, err, "cannot read");
	store_put_back(s, which, stmt);
	return NULL;
}

int store_walk(
    struct store *s, const struct store_question *q, store_give_fn *give, const void *call,
    struct err *err)
{
	const struct columns *c = &store_columns[q->table];
	sqlite3_stmt *stmt = ask(s, q->which, q->params, q->n_params, err);
	int n = 0, rc;

	if (!stmt)
		return -1;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		union any_row row = {0};

		for (int i = 0; i < c->n; i++)
			read_column(stmt, i, &c->at[i], &row);
		n++;
		if (give(call, &row)) {
			rc = SQLITE_DONE;
			break;
		}
	}
	if (rc != SQLITE_DONE)
		n = store_err(s, err, "cannot read");
	store_put_back(s, q->which, stmt);
	return n;
}

int store_ask_number(
    struct store *s, enum store_sql which, const struct store_param *params, int n, int64_t *value,
    struct err *err)
{
	sqlite3_stmt *stmt = ask(s, which, params, n, err);
	int rc;

	if (!stmt)
		return -1;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*value = sqlite3_column_int64(stmt, 0);
	else if (rc != SQLITE_DONE)
		store_err(s, err, "cannot read");
	store_put_back(s, which, stmt);
	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
}

GIVE(node)
GIVE(problem)
GIVE(incident)
GIVE(thread)
GIVE(post)
GIVE(reply)
GIVE(account)
GIVE(identity)
GIVE(person)
GIVE(command)
GIVE(timeline)
GIVE(audit)
GIVE(knowledge)
GIVE(ledger)
GIVE(downtime)
GIVE(channel)
GIVE(quiet)
GIVE(pause)
GIVE(report)

int store_nodes(struct store *s, store_node_fn *fn, void *arg, struct err *err)
{
	return WALK(node, TABLE_NODE, SQL_NODES, 0, NONE);
}

int store_live_problems(struct store *s, store_problem_fn *fn, void *arg, struct err *err)
{
	return WALK(problem, TABLE_PROBLEM, SQL_LIVE_PROBLEMS, 0, NONE);
}

int store_open_incidents(struct store *s, store_incident_fn *fn, void *arg, struct err *err)
{
	return WALK(incident, TABLE_INCIDENT, SQL_OPEN_INCIDENTS, 0, NONE);
}

int store_open_threads(struct store *s, store_thread_fn *fn, void *arg, struct err *err)
{
	return WALK(thread, TABLE_THREAD, SQL_OPEN_THREADS, 0, NONE);
}

int store_downtimes(struct store *s, store_downtime_fn *fn, void *arg, struct err *err)
{
	return WALK(downtime, TABLE_DOWNTIME, SQL_DOWNTIMES, 0, NONE);
}

int store_channels(struct store *s, store_channel_fn *fn, void *arg, struct err *err)
{
	return WALK(channel, TABLE_CHANNEL, SQL_CHANNELS, 0, NONE);
}

int store_quiets(struct store *s, store_quiet_fn *fn, void *arg, struct err *err)
{
	return WALK(quiet, TABLE_QUIET, SQL_QUIETS, 0, NONE);
}

int store_pauses(struct store *s, store_pause_fn *fn, void *arg, struct err *err)
{
	return WALK(pause, TABLE_PAUSE, SQL_PAUSES, 0, NONE);
}

int store_unsettled_posts(struct store *s, store_post_fn *fn, void *arg, struct err *err)
{
	return WALK(post, TABLE_POST, SQL_UNSETTLED_POSTS, 0, NONE);
}

int store_submitted_replies(struct store *s, store_reply_fn *fn, void *arg, struct err *err)
{
	return WALK(reply, TABLE_REPLY, SQL_SUBMITTED_REPLIES, 0, NONE);
}

int store_accounts(struct store *s, store_account_fn *fn, void *arg, struct err *err)
{
	return WALK(account, TABLE_ACCOUNT, SQL_ACCOUNTS, 0, NONE);
}

int store_identities(struct store *s, store_identity_fn *fn, void *arg, struct err *err)
{
	return WALK(identity, TABLE_IDENTITY, SQL_IDENTITIES, 0, NONE);
}

int store_persons(struct store *s, store_person_fn *fn, void *arg, struct err *err)
{
	return WALK(person, TABLE_PERSON, SQL_PERSONS, 0, NONE);
}

int store_commands(struct store *s, store_command_fn *fn, void *arg, struct err *err)
{
	return WALK(command, TABLE_COMMAND, SQL_COMMANDS, 0, NONE);
}

int store_incidents(
    struct store *s, bool closed_too, int64_t since_ms, store_incident_fn *fn, void *arg,
    struct err *err)
{
	if (closed_too)
		return WALK(incident, TABLE_INCIDENT, SQL_RECENT_ALL, 1, NUMBER(since_ms));
	return WALK(incident, TABLE_INCIDENT, SQL_RECENT_OPEN, 0, NONE);
}

int store_incident_by_tag(
    struct store *s, const char *tag, store_incident_fn *fn, void *arg, struct err *err)
{
	return WALK(incident, TABLE_INCIDENT, SQL_INCIDENT_BY_TAG, 1, TEXT(tag));
}

int store_incident_by_id(struct store *s, uint64_t id, store_incident_fn *fn, void *arg, struct err *err)
{
	return WALK(incident, TABLE_INCIDENT, SQL_INCIDENT_BY_ID, 1, NUMBER(id));
}

int store_timeline(
    struct store *s, uint64_t incident, store_timeline_fn *fn, void *arg, struct err *err)
{
	return WALK(timeline, TABLE_TIMELINE, SQL_TIMELINE, 1, NUMBER(incident));
}

int store_threads_of_incident(
    struct store *s, uint64_t incident, store_thread_fn *fn, void *arg, struct err *err)
{
	return WALK(thread, TABLE_THREAD, SQL_THREADS_OF_INCIDENT, 1, NUMBER(incident));
}

int store_audit(
    struct store *s, int64_t since_ms, unsigned max, store_audit_fn *fn, void *arg, struct err *err)
{
	return WALK(audit, TABLE_AUDIT, SQL_AUDIT, 2, NUMBER(since_ms), NUMBER(max));
}

int store_posts_of_incident(
    struct store *s, uint64_t incident, store_post_fn *fn, void *arg, struct err *err)
{
	return WALK(post, TABLE_POST, SQL_POSTS_OF_INCIDENT, 1, NUMBER(incident));
}

int store_posts_of_thread(
    struct store *s, uint64_t thread, store_post_fn *fn, void *arg, struct err *err)
{
	return WALK(post, TABLE_POST, SQL_POSTS_OF_THREAD, 1, NUMBER(thread));
}

int store_replies_of_incident(
    struct store *s, uint64_t incident, store_reply_fn *fn, void *arg, struct err *err)
{
	return WALK(reply, TABLE_REPLY, SQL_REPLIES_OF_INCIDENT, 1, NUMBER(incident));
}

int store_told_posts(
    struct store *s, const char *account, store_post_fn *fn, void *arg, struct err *err)
{
	return WALK(post, TABLE_POST, SQL_TOLD_POSTS, 1, TEXT(account));
}

int store_post_by_id(struct store *s, uint64_t id, store_post_fn *fn, void *arg, struct err *err)
{
	return WALK(post, TABLE_POST, SQL_POST_BY_ID, 1, NUMBER(id));
}

int store_post_by_remote(
    struct store *s, const char *account, const char *remote_id, store_post_fn *fn, void *arg,
    struct err *err)
{
	return WALK(post, TABLE_POST, SQL_POST_BY_REMOTE, 2, TEXT(account), TEXT(remote_id));
}

int store_post_by_uri(
    struct store *s, const char *account, const char *uri, store_post_fn *fn, void *arg,
    struct err *err)
{
	return WALK(post, TABLE_POST, SQL_POST_BY_URI, 2, TEXT(account), TEXT(uri));
}

int store_reply_by_uri(
    struct store *s, const char *account, const char *uri, store_reply_fn *fn, void *arg,
    struct err *err)
{
	return WALK(reply, TABLE_REPLY, SQL_REPLY_BY_URI, 2, TEXT(account), TEXT(uri));
}

int store_reply_by_remote(
    struct store *s, const char *account, const char *remote_id, store_reply_fn *fn, void *arg,
    struct err *err)
{
	return WALK(reply, TABLE_REPLY, SQL_REPLY_BY_REMOTE, 2, TEXT(account), TEXT(remote_id));
}

int store_reply_by_mark(
    struct store *s, const char *mark, store_reply_fn *fn, void *arg, struct err *err)
{
	return WALK(reply, TABLE_REPLY, SQL_REPLY_BY_MARK, 1, TEXT(mark));
}

int store_reply_by_id(struct store *s, uint64_t id, store_reply_fn *fn, void *arg, struct err *err)
{
	return WALK(reply, TABLE_REPLY, SQL_REPLY_BY_ID, 1, NUMBER(id));
}

int store_reply_to_look_at(
    struct store *s, const char *account, int64_t now_ms, store_reply_fn *fn, void *arg,
    struct err *err)
{
	return WALK(reply, TABLE_REPLY, SQL_REPLY_TO_LOOK_AT, 2, TEXT(account), NUMBER(now_ms));
}

int store_tag_used_since(struct store *s, const char *tag, int64_t since_ms, struct err *err)
{
	const struct store_param params[] = {TEXT(tag), NUMBER(since_ms)};
	int64_t used = 0;

	if (store_ask_number(s, SQL_TAG_USED, params, 2, &used, err) == -1)
		return -1;
	return used != 0;
}

int store_last_incident_of(
    struct store *s, const char *account, const char *author_id, int64_t since_ms,
    uint64_t *incident, struct err *err)
{
	const struct store_param params[] = {TEXT(account), TEXT(author_id), NUMBER(since_ms)};
	int64_t id = 0;
	int rc = store_ask_number(s, SQL_LAST_INCIDENT_OF, params, 3, &id, err);

	*incident = (uint64_t)id;
	return rc;
}

int store_meta(struct store *s, const char *key, char *value, size_t size, struct err *err)
{
	const struct store_param params[] = {TEXT(key)};
	sqlite3_stmt *stmt = ask(s, SQL_META, params, 1, err);
	int rc;

	value[0] = '\0';
	if (!stmt)
		return -1;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		sqlite3_snprintf((int)size, value, "%s", text_at(stmt, 0));
	else if (rc != SQLITE_DONE)
		store_err(s, err, "cannot read");
	store_put_back(s, SQL_META, stmt);
	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
}

int store_count_posts(struct store *s, const char *account, int64_t since_ms, struct err *err)
{
	const struct store_param params[] = {TEXT(account), NUMBER(since_ms)};
	int64_t n = 0;

	if (store_ask_number(s, SQL_COUNT_POSTS, params, 2, &n, err) == -1)
		return -1;
	return (int)n;
}

int store_count_posts_of_thread(struct store *s, uint64_t thread, struct err *err)
{
	const struct store_param params[] = {NUMBER(thread)};
	int64_t n = 0;

	if (store_ask_number(s, SQL_COUNT_POSTS_OF_THREAD, params, 1, &n, err) == -1)
		return -1;
	return (int)n;
}

int store_knowledge_of_incident(
    struct store *s, uint64_t incident, store_knowledge_fn *fn, void *arg, struct err *err)
{
	return WALK(knowledge, TABLE_KNOWLEDGE, SQL_KNOWLEDGE_OF_INCIDENT, 1, NUMBER(incident));
}

int store_knowledge_of_object(
    struct store *s, const char *object, unsigned max, store_knowledge_fn *fn, void *arg,
    struct err *err)
{
	return WALK(knowledge, TABLE_KNOWLEDGE, SQL_KNOWLEDGE_OF_OBJECT, 2, TEXT(object), NUMBER(max));
}

int store_knowledge_recent(
    struct store *s, unsigned max, store_knowledge_fn *fn, void *arg, struct err *err)
{
	return WALK(knowledge, TABLE_KNOWLEDGE, SQL_KNOWLEDGE_RECENT, 1, NUMBER(max));
}

int store_fix_held(
    struct store *s, const char *object, const char *same, int64_t now_s, store_incident_fn *fn,
    void *arg, struct err *err)
{
	return WALK(
	    incident, TABLE_INCIDENT, SQL_FIX_HELD, 3, NUMBER(now_s), TEXT(object), TEXT(same));
}

int store_fixes_held_of(
    struct store *s, const char *by, int64_t now_s, store_incident_fn *fn, void *arg,
    struct err *err)
{
	return WALK(incident, TABLE_INCIDENT, SQL_FIXES_HELD_OF, 2, NUMBER(now_s), TEXT(by));
}

int store_purged_tag(struct store *s, const char *tag, int64_t *closed_ms, struct err *err)
{
	const struct store_param params[] = {TEXT(tag)};

	return store_ask_number(s, SQL_PURGED_TAG, params, 1, closed_ms, err);
}

int store_ledger(
    struct store *s, const char *account, unsigned month, store_ledger_fn *fn, void *arg,
    struct err *err)
{
	return WALK(ledger, TABLE_LEDGER, SQL_LEDGER, 2, TEXT(account), NUMBER(month));
}

int store_count_promises(struct store *s, const char *account, struct err *err)
{
	const struct store_param params[] = {TEXT(account)};
	int64_t n = 0;

	if (store_ask_number(s, SQL_COUNT_PROMISES, params, 1, &n, err) == -1)
		return -1;
	return (int)n;
}

int store_is_muted(struct store *s, const char *place, const char *author_id, struct err *err)
{
	const struct store_param params[] = {TEXT(place), TEXT(author_id)};
	int64_t since_ms;

	return store_ask_number(s, SQL_MUTED, params, 2, &since_ms, err);
}

int store_reports(struct store *s, uint64_t incident, store_report_fn *fn, void *arg, struct err *err)
{
	return WALK(report, TABLE_REPORT, SQL_REPORTS, 1, NUMBER(incident));
}

int store_count_reports(struct store *s, uint64_t incident, struct err *err)
{
	const struct store_param params[] = {NUMBER(incident)};
	int64_t n = 0;

	return store_ask_number(s, SQL_COUNT_REPORTS, params, 1, &n, err) == -1 ? -1 : (int)n;
}

int store_count_told(struct store *s, const char *account, int64_t since_ms, struct err *err)
{
	const struct store_param params[] = {TEXT(account), NUMBER(since_ms)};
	int64_t n = 0;

	return store_ask_number(s, SQL_COUNT_TOLD, params, 2, &n, err) == -1 ? -1 : (int)n;
}

int store_replies_of_person(
    struct store *s, const char *person, int64_t since_ms, store_reply_fn *fn, void *arg,
    struct err *err)
{
	return WALK(reply, TABLE_REPLY, SQL_REPLIES_OF_PERSON, 2, TEXT(person), NUMBER(since_ms));
}
