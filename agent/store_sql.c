/*
 * Every statement of the store, and where each column lives in its row's struct.
 * Read by store_write.c and store_read.c; each is prepared when first asked for.
 * Values are bound, never pasted in; column lists come from store_internal.h.
 */
#include "agent/store_internal.h"

/* "a","b","c" and ?,?,? of a list of columns. */
#define NAME_A(t, f) "\"" #f "\""
#define NAME_F(t, f) ",\"" #f "\""
#define MARK_A(t, f) "?"
#define MARK_F(t, f) ",?"
#define MARK_FRESH(t, f) "nullif(?,0)" /* 0: SQLite counts */
#define NAMES(FIELDS) FIELDS(NAME_A, NAME_F, t)
#define PUT(table, FIELDS)                                                                         \
	"INSERT OR REPLACE INTO " table "(" NAMES(FIELDS) ") VALUES(" FIELDS(MARK_A, MARK_F, t) ")"
/*
 * The same where rows are many, at half the price: SQLite need not be able to take back a
 * replacement. Columns that are not among the CHANGES never change; nor does their index.
 */
#define SET_A(t, f) "\"" #f "\"=excluded.\"" #f "\""
#define SET_F(t, f) "," SET_A(t, f)
#define PUT_OR_SET(table, FIELDS, CHANGES)                                                         \
	"INSERT INTO " table "(" NAMES(FIELDS) ") VALUES(" FIELDS(MARK_A, MARK_F, t) ")"           \
	" ON CONFLICT(id) DO UPDATE SET " CHANGES(SET_A, SET_F, t)
#define SELECT(table, FIELDS) "SELECT " NAMES(FIELDS) " FROM " table " "

#define SELECT_PROBLEM SELECT("problem", PROBLEM_FIELDS)
#define SELECT_INCIDENT SELECT("incident", INCIDENT_FIELDS)
#define SELECT_THREAD SELECT("thread", THREAD_FIELDS)
#define SELECT_POST SELECT("post", POST_FIELDS)
#define PURGE_OF(table)                                                                            \
	"DELETE FROM " table " WHERE rowid IN (SELECT rowid FROM " table " WHERE incident=?1 LIMIT ?2)"
#define SELECT_KNOWLEDGE SELECT("knowledge", KNOWLEDGE_FIELDS)
/* Incidents whose fix held; ?1 is now, in seconds. */
#define SELECT_HELD                                                                                \
	SELECT_INCIDENT                                                                            \
	"WHERE id IN (SELECT k.incident FROM knowledge k JOIN incident i ON i.id=k.incident WHERE" \
	" k.kind='fixed' AND i.until_s<>0 AND i.until_s<=?1-86400 AND i.times<=k.times AND NOT"   \
	" EXISTS(SELECT 1 FROM incident j WHERE j.object=i.object AND j.id<>i.id AND"             \
	" j.since_s>=i.until_s AND j.since_s<i.until_s+86400) AND "
#define HELD_END ") ORDER BY id DESC"
#define SELECT_REPLY SELECT("reply", REPLY_FIELDS)
#define SELECT_TICKET SELECT("ticket", TICKET_FIELDS)
#define SELECT_TICKET_NOTE SELECT("ticket_note", TICKET_NOTE_FIELDS)

/* "+id" keeps the planner from walking the whole table just to have it in order. */
const char *const store_sql[SQL_END] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_PUT_NODE] = PUT("node", NODE_FIELDS),
    [SQL_PUT_PROBLEM] = PUT_OR_SET("problem", PROBLEM_FIELDS, PROBLEM_CHANGES),
    [SQL_PUT_INCIDENT] = PUT_OR_SET("incident", INCIDENT_FIELDS, INCIDENT_CHANGES),
    [SQL_PUT_THREAD] = PUT_OR_SET("thread", THREAD_FIELDS, THREAD_CHANGES),
    [SQL_PUT_POST] = PUT_OR_SET("post", POST_FIELDS, POST_CHANGES),
    [SQL_MOVE_POST] = "UPDATE post SET state=?,attempts=?,looks=?,refusals=?,maybe_sent=?,"
		      "is_duplicate=?,sending_ms=?,sent_ms=?,not_before_ms=?,looked_ms=?,"
		      "remote_id=?,uri=?,url=?,reason=?,cost_micro=? WHERE id=?",
    [SQL_PUT_REPLY] = PUT("reply", REPLY_FIELDS),
    [SQL_PUT_ACCOUNT] = PUT("account", ACCOUNT_FIELDS),
    [SQL_PUT_PERSON] = PUT("person", PERSON_FIELDS),
    [SQL_PUT_COMMAND] = PUT("command", COMMAND_FIELDS),
    [SQL_DROP_COMMAND] = "DELETE FROM command WHERE id=?",
    [SQL_PUT_TICKET] = PUT("ticket", TICKET_FIELDS),
    [SQL_PUT_TICKET_NOTE] = PUT("ticket_note", TICKET_NOTE_FIELDS),
    [SQL_PUT_IDENTITY] = PUT("identity", IDENTITY_FIELDS),
    [SQL_PUT_TIMELINE] = PUT("timeline", TIMELINE_FIELDS),
    [SQL_PUT_AUDIT] = PUT("audit", AUDIT_FIELDS),
    [SQL_PUT_KNOWLEDGE] = "INSERT OR REPLACE INTO knowledge(" NAMES(KNOWLEDGE_FIELDS) ") VALUES("
	KNOWLEDGE_FIELDS(MARK_FRESH, MARK_F, t) ")",
    [SQL_CUT_TICKET_NOTE] = "UPDATE ticket_note SET text=?2 WHERE reply=?1 AND reply<>0",
    [SQL_DROP_KNOWLEDGE] = "DELETE FROM knowledge WHERE incident=?1 AND text=?2",
    [SQL_NEXT_UNREAD] = "SELECT incident FROM unread WHERE incident>? ORDER BY incident LIMIT 1",
    [SQL_PUT_UNREAD] = "INSERT OR IGNORE INTO unread VALUES(?)",
    [SQL_DROP_UNREAD] = "DELETE FROM unread WHERE incident=?",
    [SQL_PUT_STORY] =
	"INSERT OR REPLACE INTO story(rowid,object,output,words) SELECT id,object,coalesce((SELECT"
	" group_concat(o,char(10)) FROM (SELECT DISTINCT fold_output(substr(text,instr(text,': ')+2)) AS o"
	" FROM timeline WHERE incident=i.id AND kind='event' AND instr(text,': ')<>0 AND text LIKE '% hard%'"
	" AND text NOT LIKE '% OK hard%' AND text NOT LIKE '% UP hard%' ORDER BY rowid LIMIT 20)),''),"
	"trim(tag||' '||name||' '||text||' '||known)||char(10)||coalesce((SELECT group_concat(text,char(10))"
	" FROM (SELECT text FROM timeline WHERE incident=i.id ORDER BY at_ms,rowid LIMIT 500)),'')"
	" FROM incident i WHERE id=?",
    [SQL_PUT_LEDGER] = PUT("ledger", LEDGER_FIELDS),
    [SQL_PUT_DOWNTIME] = PUT("downtime", DOWNTIME_FIELDS),
    [SQL_PUT_CHANNEL] = PUT("channel", CHANNEL_FIELDS),
    [SQL_PUT_QUIET] = PUT("quiet", QUIET_FIELDS),
    [SQL_PUT_PAUSE] = PUT("pause", PAUSE_FIELDS),
    [SQL_PUT_MUTED] = PUT("muted", MUTED_FIELDS),
    /* who said so first in an hour is who counts */
    [SQL_PUT_REPORT] = "INSERT OR IGNORE INTO report(incident,hour,who,at_ms) VALUES(?,?,?,?)",
    [SQL_LEAVE_DESK] = "UPDATE ticket SET desk_id='',cursor='' WHERE desk_id<>'' AND id>?",
    [SQL_DROP_MUTED] = "DELETE FROM muted WHERE place=? AND author_id=?",
    [SQL_DROP_DOWNTIME] = "DELETE FROM downtime WHERE node=? AND id=?",
    [SQL_DROP_QUIET] = "DELETE FROM quiet WHERE id=?",
    [SQL_DROP_PAUSE] = "DELETE FROM pause WHERE audience=? AND account=?",
    [SQL_PUT_META] = "INSERT OR REPLACE INTO meta(key,value) VALUES(?,?)",
    [SQL_PUT_ALIAS] = "INSERT OR REPLACE INTO alias(account,remote_id,post) VALUES(?,?,?)",
    [SQL_LOOK_REPLY] = "UPDATE reply SET look_ms=?2 WHERE id=?1",
    [SQL_PURGE_REPLY] = "UPDATE reply SET text='',look_ms=0,hash=?2 WHERE id=?1",
    [SQL_CUT_TIMELINE] = "UPDATE timeline SET text=substr(text,1,instr(text,?2)-1)||?3"
	" WHERE incident=?1 AND instr(text,?2)<>0",
    [SQL_LAST_ID] = "SELECT max(coalesce((SELECT max(id) FROM problem),0),"
		    "coalesce((SELECT max(id) FROM incident),0),"
		    "coalesce((SELECT max(id) FROM thread),0),"
		    "coalesce((SELECT max(id) FROM post),0),"
		    "coalesce((SELECT max(id) FROM reply),0),"
		    "coalesce((SELECT max(id) FROM ticket),0),"
		    "coalesce((SELECT max(id) FROM ticket_note),0),"
		    "coalesce((SELECT max(id) FROM quiet),0),"
		    "coalesce((SELECT max(id) FROM command),0))",
    [SQL_NODES] = SELECT("node", NODE_FIELDS) "ORDER BY name",
    [SQL_LIVE_PROBLEMS] = SELECT_PROBLEM
    "WHERE id IN (SELECT id FROM problem WHERE until_s=0 UNION ALL SELECT p.id FROM incident i"
    " CROSS JOIN problem p ON p.incident=i.id AND p.until_s<>0 WHERE i.open=1) ORDER BY id",
    [SQL_OPEN_INCIDENTS] = SELECT_INCIDENT "WHERE open=1 ORDER BY id",
    [SQL_OPEN_THREADS] =
	SELECT_THREAD "WHERE incident IN (SELECT id FROM incident WHERE open=1) ORDER BY +id",
    [SQL_THREADS_OF_INCIDENT] = SELECT_THREAD "WHERE incident=? ORDER BY id",
    [SQL_DOWNTIMES] = SELECT("downtime", DOWNTIME_FIELDS) "ORDER BY node,id",
    [SQL_CHANNELS] = SELECT("channel", CHANNEL_FIELDS) "ORDER BY audience,account",
    [SQL_QUIETS] = SELECT("quiet", QUIET_FIELDS) "ORDER BY id",
    [SQL_PAUSES] = SELECT("pause", PAUSE_FIELDS) "ORDER BY audience,account",
    [SQL_UNSETTLED_POSTS] = SELECT_POST "WHERE state<=4 AND state<>2 ORDER BY id",
    [SQL_SUBMITTED_REPLIES] = SELECT_REPLY "WHERE state IN (0,1) ORDER BY id",
    [SQL_ACCOUNTS] = SELECT("account", ACCOUNT_FIELDS) "ORDER BY name",
    [SQL_IDENTITIES] =
	SELECT("identity", IDENTITY_FIELDS) "ORDER BY person,network,acct,server_account",
    [SQL_PERSONS] = SELECT("person", PERSON_FIELDS) "ORDER BY name",
    [SQL_COMMANDS] = SELECT("command", COMMAND_FIELDS) "ORDER BY id",
    [SQL_RECENT_OPEN] = SELECT_INCIDENT "WHERE open=1 ORDER BY opened_ms DESC,+id DESC",
    [SQL_RECENT_ALL] = SELECT_INCIDENT
    "WHERE id IN (SELECT id FROM incident WHERE open=1 UNION ALL SELECT id FROM incident"
    " WHERE closed_ms>=max(?,1)) ORDER BY opened_ms DESC,+id DESC",
    [SQL_INCIDENT_BY_ID] = SELECT_INCIDENT "WHERE id=?",
    [SQL_INCIDENT_BY_TAG] = SELECT_INCIDENT "WHERE tag=? ORDER BY id DESC LIMIT 1",
    [SQL_TIMELINE] = SELECT("timeline", TIMELINE_FIELDS) "WHERE incident=? ORDER BY at_ms,rowid",
    /* ?2: live ones, too; only of an open incident is it worth looking through all that live */
    [SQL_PROBLEMS_OF_INCIDENT] = SELECT_PROBLEM
    "WHERE id IN (SELECT id FROM problem WHERE incident=?1 AND until_s<>0 UNION ALL"
    " SELECT id FROM problem WHERE until_s=0 AND incident=?1 AND ?2) ORDER BY id",
    [SQL_INCIDENTS_AFTER] = SELECT_INCIDENT "WHERE id>? ORDER BY id LIMIT ?",
    [SQL_POSTS_AFTER] = SELECT_POST "WHERE id>? ORDER BY id LIMIT ?",
    [SQL_REPLIES_AFTER] = SELECT_REPLY "WHERE id>? ORDER BY id LIMIT ?",
    [SQL_TICKETS_AFTER] = SELECT_TICKET "WHERE id>? ORDER BY id LIMIT ?",
    [SQL_POSTS_OF_INCIDENT] = SELECT_POST "WHERE incident=? ORDER BY id",
    [SQL_POSTS_OF_THREAD] = SELECT_POST "WHERE thread=? ORDER BY id",
    [SQL_COUNT_POSTS_OF_THREAD] = "SELECT count(*) FROM post WHERE thread=?",
    [SQL_REPLIES_OF_INCIDENT] = SELECT_REPLY "WHERE incident=? ORDER BY id",
    [SQL_TOLD_POSTS] = SELECT_POST
    "WHERE incident IN (SELECT id FROM incident WHERE open=1 AND (flags & 64)=0) AND +account=? AND state=2"
    " ORDER BY sent_ms,+id",
    [SQL_POST_BY_ID] = SELECT_POST "WHERE id=?",
    [SQL_POST_BY_REMOTE] = SELECT_POST
    "WHERE id IN (SELECT post FROM alias WHERE remote_id=?2 AND account=?1 UNION ALL"
    " SELECT id FROM post WHERE remote_id=?2 AND account=?1 AND remote_id<>'')"
    " ORDER BY id DESC LIMIT 1",
    [SQL_POST_BY_URI] =
	SELECT_POST "WHERE account=? AND uri=? AND uri<>'' ORDER BY +id DESC LIMIT 1",
    [SQL_REPLY_BY_URI] =
	SELECT_REPLY "WHERE account=? AND uri=? AND uri<>'' ORDER BY +id DESC LIMIT 1",
    [SQL_REPLY_BY_REMOTE] =
	SELECT_REPLY "WHERE account=? AND remote_id=? AND remote_id<>'' ORDER BY +id DESC LIMIT 1",
    [SQL_REPLY_BY_MARK] = SELECT_REPLY "WHERE mark=? AND mark<>'' ORDER BY +id DESC LIMIT 1",
    [SQL_REPLY_BY_ID] = SELECT_REPLY "WHERE id=?",
    [SQL_REPLY_TO_LOOK_AT] = SELECT_REPLY
    "WHERE account=? AND look_ms<>0 AND look_ms<=? ORDER BY look_ms LIMIT 1",
    [SQL_TAG_USED] =
	"SELECT EXISTS(SELECT 1 FROM incident WHERE tag=?1 AND (open=1 OR closed_ms>=?2 OR"
	" opened_ms>=?2)) OR EXISTS(SELECT 1 FROM purged WHERE tag=?1 AND closed_ms>=?2)",
    /* 3: only what was said directly makes a direct message's "it" */
    [SQL_LAST_INCIDENT_OF] =
	"SELECT max(incident) FROM reply WHERE account=? AND author_id=? AND created_ms>=? AND"
	" visibility=3 AND incident<>0 HAVING count(DISTINCT incident)=1",
    [SQL_META] = "SELECT value FROM meta WHERE key=?",
    [SQL_COUNT_POSTS] = "SELECT count(*) FROM post WHERE account=? AND sent_ms>=? AND kind=0 AND state=2",
    [SQL_LEDGER] = SELECT("ledger", LEDGER_FIELDS) "WHERE account=? AND month=?",
    [SQL_COUNT_PROMISES] =
	"SELECT count(*) FROM thread WHERE account=? AND state IN (1,2) AND root IN (2,3)",
    [SQL_KNOWLEDGE_OF_INCIDENT] = SELECT_KNOWLEDGE "WHERE incident=? ORDER BY id",
    [SQL_KNOWLEDGE_OF_OBJECT] = SELECT_KNOWLEDGE "WHERE object=? ORDER BY at_s DESC,id DESC LIMIT ?",
    [SQL_KNOWLEDGE_RECENT] = SELECT_KNOWLEDGE "ORDER BY at_s DESC,id DESC LIMIT ?",
    [SQL_STORY_OUTPUT] = "SELECT output FROM story WHERE rowid=?",
    /* it was over, for a day, and nothing began anew; the incident did not break again after it */
    [SQL_FIX_HELD] = SELECT_HELD "k.object=?2 AND k.same=?3" HELD_END,
    [SQL_FIXES_HELD_OF] = SELECT_HELD "k.\"by\"=?2" HELD_END,
    /* ?1 is not looked at; 64 pages are a few milliseconds */
    [SQL_MERGE_STORY] = "INSERT INTO story(story,rank) SELECT 'merge',-64+0*?1",
    [SQL_SEARCH] = "SELECT rowid,highlight(story,0,char(1),char(2)),snippet(story,2,char(1),char(2),"
		   "char(8230),12) FROM story WHERE story MATCH ? ORDER BY rowid DESC LIMIT ?",
    [SQL_PURGED_TAG] = "SELECT closed_ms FROM purged WHERE tag=?",
    /* ?1: the incident, or the time before which it is old; ?2: rows */
    [SQL_OLD_INCIDENT] =
	"SELECT id FROM incident WHERE open=0 AND closed_ms>0 AND closed_ms<? ORDER BY closed_ms LIMIT 1",
    [SQL_PURGE_ALIAS] = "DELETE FROM alias WHERE post IN (SELECT id FROM post WHERE incident=?1 ORDER BY id"
	" LIMIT ?2)",
    [SQL_PURGE_POST] =
	"DELETE FROM post WHERE id IN (SELECT id FROM post WHERE incident=?1 ORDER BY id LIMIT ?2)",
    [SQL_PURGE_REPLY_OF] = PURGE_OF("reply"),
    [SQL_PURGE_TIMELINE] = PURGE_OF("timeline"),
    [SQL_PURGE_THREAD] = PURGE_OF("thread"),
    /* none of an incident that is closed is live */
    [SQL_PURGE_PROBLEM] = "DELETE FROM problem WHERE rowid IN (SELECT rowid FROM problem WHERE incident=?1"
			  " AND until_s<>0 LIMIT ?2)",
    [SQL_PURGE_KNOWLEDGE] = PURGE_OF("knowledge"),
    [SQL_PURGE_REPORT] = "DELETE FROM report WHERE (incident,hour,who) IN (SELECT incident,hour,who FROM report"
	" WHERE incident=?1 LIMIT ?2)",
    [SQL_PURGE_STORY] = "DELETE FROM story WHERE rowid=?1 AND ?2",
    [SQL_PURGE_SKELETON] = "INSERT OR REPLACE INTO purged(tag,closed_ms) SELECT tag,closed_ms FROM"
	" incident WHERE id=?1 AND ?2",
    [SQL_PURGE_INCIDENT] = "DELETE FROM incident WHERE id=?1 AND ?2",
    /* of no incident: only the oldest are looked at, their ids grow with time */
    [SQL_PURGE_LOOSE_REPLY] = "DELETE FROM reply WHERE id IN (SELECT id FROM reply WHERE incident=0"
	" ORDER BY id LIMIT ?2) AND seen_ms<?1 AND state>1",
    /* inbox.c remembers by "edited:r" and the reply's id what it has seen of later versions */
    [SQL_PURGE_EDITED] = "DELETE FROM meta WHERE key IN (SELECT key FROM meta WHERE key>='edited:r' AND"
	" key<'edited:s' AND ?1 AND NOT EXISTS(SELECT 1 FROM reply WHERE id=CAST(substr(key,9) AS INTEGER))"
	" LIMIT ?2)",
    [SQL_PURGE_LOOSE_ALIAS] = "DELETE FROM alias WHERE post IN (SELECT id FROM post WHERE id IN (SELECT"
	" id FROM post WHERE incident=0 ORDER BY id LIMIT ?2) AND created_ms<?1)",
    [SQL_PURGE_LOOSE_POST] = "DELETE FROM post WHERE id IN (SELECT id FROM post WHERE incident=0"
	" ORDER BY id LIMIT ?2) AND created_ms<?1",
    [SQL_PURGE_ADOPTED] = "DELETE FROM problem WHERE id IN (SELECT id FROM problem WHERE incident=0"
	" AND until_s<>0 AND until_s<?1/1000 LIMIT ?2)",
    [SQL_PURGE_AUDIT] =
	"DELETE FROM audit WHERE rowid IN (SELECT rowid FROM audit WHERE at_ms<?1 LIMIT ?2)",
    [SQL_PURGE_TICKET_NOTE] = "DELETE FROM ticket_note WHERE id IN (SELECT n.id FROM ticket t JOIN ticket_note n"
	" ON n.ticket=t.id WHERE t.state=1 AND t.closed_ms>0 AND t.closed_ms<?1 LIMIT ?2)",
    [SQL_PURGE_TICKET] = "DELETE FROM ticket WHERE id IN (SELECT id FROM ticket WHERE state=1 AND closed_ms>0"
	" AND closed_ms<?1 AND NOT EXISTS(SELECT 1 FROM ticket_note WHERE ticket=ticket.id) LIMIT ?2)",
    [SQL_AUDIT] =
	SELECT("audit", AUDIT_FIELDS) "WHERE at_ms>=? ORDER BY at_ms DESC,rowid DESC LIMIT ?",
    [SQL_MUTED] = "SELECT since_ms FROM muted WHERE place=? AND author_id=?",
    [SQL_REPORTS] = SELECT("report", REPORT_FIELDS) "WHERE incident=? ORDER BY hour,who",
    [SQL_COUNT_REPORTS] = "SELECT count(DISTINCT who) FROM report WHERE incident=?",
    [SQL_COUNT_TOLD] =
	"SELECT count(*) FROM reply WHERE account=? AND done_ms>=? AND person='' AND reason='told'",
    [SQL_REPLIES_OF_PERSON] =
	SELECT_REPLY "WHERE person=? AND done_ms>=? AND person<>'' ORDER BY +id DESC",
    [SQL_TICKETS] = SELECT_TICKET
    "WHERE id IN (SELECT id FROM ticket WHERE state=0 UNION ALL SELECT ticket FROM ticket_note"
    " WHERE state<=4 AND state<>2) AND id>? ORDER BY id LIMIT ?",
    [SQL_COUNT_TICKETS] = "SELECT count(*) FROM ticket WHERE state=0",
    [SQL_COUNT_TICKET_NOTES] = "SELECT count(DISTINCT ticket) FROM ticket_note WHERE state<=4 AND state<>2",
    [SQL_RECENT_TICKETS] = SELECT_TICKET
    "WHERE id IN (SELECT id FROM ticket WHERE state=0 UNION ALL SELECT id FROM ticket"
    " WHERE closed_ms>=max(?,1)) ORDER BY id DESC",
    [SQL_TICKET_BY_NAME] = SELECT_TICKET "WHERE name=? AND created_ms>=? ORDER BY +id DESC LIMIT 1",
    [SQL_TICKET_BY_REPLY] = SELECT_TICKET
    "WHERE id IN (SELECT ticket FROM ticket_note WHERE reply=? AND reply<>0) LIMIT 1",
    [SQL_TICKET_OF] = SELECT_TICKET
    "WHERE account=? AND author_id=? AND changed_ms>=? ORDER BY +id DESC LIMIT 1",
    [SQL_TICKET_NOTES] = SELECT_TICKET_NOTE "WHERE ticket=? ORDER BY number,id",
    [SQL_TICKET_NOTE_BY_REMOTE] = SELECT_TICKET_NOTE "WHERE ticket=? AND remote_id=? LIMIT 1",
    [SQL_COUNT_MENTIONS] = "SELECT count(*) FROM reply WHERE author_id=? AND account=? AND"
	" created_ms>=? AND reason IN ('known','ticket')",
};

/* The type comes from the member itself; enums are unsigned to gcc and clang. */
#define TYPE(t, f)                                                                                 \
	_Generic(((t *)0)->f, const char *: COLUMN_TEXT, char *: COLUMN_TAG, bool: COLUMN_BOOL,    \
		 int: COLUMN_INT, uint64_t: COLUMN_U64, int64_t: COLUMN_I64, default: COLUMN_UINT)
#define COLUMN_A(t, f)                                                                             \
	{                                                                                          \
		TYPE(t, f), offsetof(t, f)                                                         \
	}
#define COLUMN_F(t, f)                                                                             \
	,                                                                                          \
	{                                                                                          \
		TYPE(t, f), offsetof(t, f)                                                         \
	}

#define COLUMNS(noun, FIELDS)                                                                      \
	static const struct column noun##_columns[] = {                                            \
	    FIELDS(COLUMN_A, COLUMN_F, struct noun##_row)}
#define COUNTED(noun)                                                                              \
	{                                                                                          \
		noun##_columns, (int)(sizeof noun##_columns / sizeof noun##_columns[0])            \
	}

COLUMNS(node, NODE_FIELDS);
COLUMNS(problem, PROBLEM_FIELDS);
COLUMNS(incident, INCIDENT_FIELDS);
COLUMNS(thread, THREAD_FIELDS);
COLUMNS(post, POST_FIELDS);
static const struct column post_moved_columns[] = {
    POST_MOVED_FIELDS(COLUMN_A, COLUMN_F, struct post_row)};
COLUMNS(reply, REPLY_FIELDS);
COLUMNS(account, ACCOUNT_FIELDS);
COLUMNS(identity, IDENTITY_FIELDS);
COLUMNS(person, PERSON_FIELDS);
COLUMNS(command, COMMAND_FIELDS);
COLUMNS(ticket, TICKET_FIELDS);
COLUMNS(ticket_note, TICKET_NOTE_FIELDS);
COLUMNS(timeline, TIMELINE_FIELDS);
COLUMNS(audit, AUDIT_FIELDS);
COLUMNS(knowledge, KNOWLEDGE_FIELDS);
COLUMNS(ledger, LEDGER_FIELDS);
COLUMNS(downtime, DOWNTIME_FIELDS);
COLUMNS(channel, CHANNEL_FIELDS);
COLUMNS(quiet, QUIET_FIELDS);
COLUMNS(pause, PAUSE_FIELDS);
COLUMNS(muted, MUTED_FIELDS);
COLUMNS(report, REPORT_FIELDS);

const struct columns store_columns[] = {
    [TABLE_NODE] = COUNTED(node),         [TABLE_PROBLEM] = COUNTED(problem),
    [TABLE_INCIDENT] = COUNTED(incident), [TABLE_THREAD] = COUNTED(thread),
    [TABLE_POST] = COUNTED(post),         [TABLE_REPLY] = COUNTED(reply),
    [TABLE_ACCOUNT] = COUNTED(account),   [TABLE_IDENTITY] = COUNTED(identity),
    [TABLE_TIMELINE] = COUNTED(timeline), [TABLE_AUDIT] = COUNTED(audit),
    [TABLE_LEDGER] = COUNTED(ledger),     [TABLE_DOWNTIME] = COUNTED(downtime),
    [TABLE_CHANNEL] = COUNTED(channel),   [TABLE_QUIET] = COUNTED(quiet),
    [TABLE_PAUSE] = COUNTED(pause),       [TABLE_PERSON] = COUNTED(person),
    [TABLE_POST_MOVED] = COUNTED(post_moved), [TABLE_COMMAND] = COUNTED(command),
    [TABLE_MUTED] = COUNTED(muted),       [TABLE_REPORT] = COUNTED(report),
    [TABLE_KNOWLEDGE] = COUNTED(knowledge),
    [TABLE_TICKET] = COUNTED(ticket),     [TABLE_TICKET_NOTE] = COUNTED(ticket_note),
};
