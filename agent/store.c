/*
 * The store's connection: open, commit, roll back, and what to say when it fails.
 * Called by the loop (once per turn) and by whoever reads or writes rows.
 * It must never let a transaction end half: all of it, or none and a reason.
 */
#include "agent/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One writer, one thread: waiting long for a stranger's lock would stop the loop. */
#define BUSY_MS 200

#define READ_ONLY_FS "its file system is read-only; look into dmesg for the reason"

/* What a result code means to an admin. */
static const char *in_words(const char *path, int rc, int sys_errno)
{
	bool may_be_read_only = (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_READONLY ||
				(rc & 0xff) == SQLITE_CANTOPEN;

	if (may_be_read_only && store_place_is_read_only(path))
		return READ_ONLY_FS;
	if (rc == SQLITE_IOERR_WRITE && sys_errno != ENOSPC) /* SQLite seldom knows the errno by now */
		return "input/output error: a full quota, a size limit or a broken disk";
	switch (rc & 0xff) {
	case SQLITE_FULL: return "the disk is full";
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return "another process has it locked";
	case SQLITE_CORRUPT: return "the file is damaged; stop twicketd, then put a backup in its place, try "
				    "sqlite3's .recover, or move it away with its -wal";
	case SQLITE_NOTADB: return "this is not a database; move it away with its -wal, or put a "
				   "backup in its place";
	case SQLITE_READONLY:
	case SQLITE_PERM: return "it may not be written; look at its owner and mode";
	case SQLITE_CANTOPEN: return "it cannot be opened; look at the folder's owner and mode";
	case SQLITE_ABORT: return "interrupted by a rollback";
	case SQLITE_NOMEM: return "out of memory";
	case SQLITE_IOERR:
		return sys_errno == ENOSPC || sys_errno == EDQUOT ? "the disk is full"
								  : "input/output error";
	}
	return "unexpected";
}

int store_err(struct store *s, struct err *err, const char *doing)
{
	int rc = sqlite3_extended_errcode(s->db), sys = sqlite3_system_errno(s->db);
	bool is_damage = (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB;
	struct err text;

	err_set(
	    &text, "store %s: %s: %s (%s)", s->path, doing, in_words(s->path, rc, sys), sqlite3_errmsg(s->db));
	if (is_damage && !s->damage.text[0])
		s->damage = text;
	return err_set(err, "%s", text.text);
}

int store_fail(struct store *s, const char *doing)
{
	if (!s->failed)
		store_err(s, &s->why, doing);
	s->failed = true;
	return -1;
}

sqlite3_stmt *store_take(struct store *s, enum store_sql which)
{
	sqlite3_stmt *stmt = NULL;

	if (s->cached[which] && !s->taken[which]) {
		s->taken[which] = true;
		return s->cached[which];
	}
	if (sqlite3_prepare_v3(
		s->db, store_sql[which], -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
		return NULL;
	if (!s->cached[which]) {
		s->cached[which] = stmt;
		s->taken[which] = true;
	}
	return stmt;
}

void store_put_back(struct store *s, enum store_sql which, sqlite3_stmt *stmt)
{
	if (stmt && stmt == s->cached[which]) {
		sqlite3_reset(stmt);
		sqlite3_clear_bindings(stmt); /* they are borrowed */
		s->taken[which] = false;
	} else {
		sqlite3_finalize(stmt);
	}
}

/* Runs one of BEGIN, COMMIT, ROLLBACK. SQLite's code. */
static int run(struct store *s, enum store_sql which)
{
	sqlite3_stmt *stmt = store_take(s, which);
	int rc = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;

	/* Not put back before the caller asked why: a reset of a failed step keeps the error. */
	store_put_back(s, which, stmt);
	return rc;
}

int store_begin(struct store *s)
{
	if (s->failed)
		return -1;
	if (!sqlite3_get_autocommit(s->db))
		return 0;
	return run(s, SQL_BEGIN) == SQLITE_DONE ? 0 : store_fail(s, "cannot write");
}

static void end_failed(struct store *s)
{
	/* After some errors SQLite has rolled back by itself. */
	if (!sqlite3_get_autocommit(s->db))
		run(s, SQL_ROLLBACK);
	s->failed = false;
	s->next_id_written = 0;
	s->n_unread = 0;
}

/* The ids that this transaction uses are never given again, also not after a crash. */
static int write_next_id(struct store *s)
{
	char number[24];

	if (s->next_id == s->next_id_written)
		return 0;
	sqlite3_snprintf(sizeof number, number, "%llu", (unsigned long long)s->next_id);
	if (store_put_meta(s, "next_id", number) == -1)
		return -1;
	s->next_id_written = s->next_id;
	return 0;
}

int store_commit(struct store *s, struct err *err)
{
	int rc = 0;

	store_place_look(s);
	if (!s->failed && sqlite3_get_autocommit(s->db))
		return 0;
	if (!s->failed && store_write_unread(s) == 0 && write_next_id(s) == 0 && run(s, SQL_COMMIT) != SQLITE_DONE)
		store_fail(s, "cannot commit");
	if (s->failed) {
		rc = err_set(err, "%s", s->why.text);
		end_failed(s);
	}
	return rc;
}

void store_rollback(struct store *s)
{
	end_failed(s);
}

const char *store_damage(const struct store *s)
{
	return s->damage.text[0] ? s->damage.text : NULL;
}

uint64_t store_next_id(struct store *s)
{
	return s->next_id++;
}

static int load_next_id(struct store *s, struct err *err)
{
	char number[24];
	sqlite3_stmt *stmt;
	uint64_t meta, rows;

	if (store_meta(s, "next_id", number, sizeof number, err) == -1)
		return -1;
	meta = strtoull(number, NULL, 10);
	stmt = store_take(s, SQL_LAST_ID);
	if (!stmt || sqlite3_step(stmt) != SQLITE_ROW) {
		store_err(s, err, "cannot read");
		store_put_back(s, SQL_LAST_ID, stmt);
		return -1;
	}
	rows = (uint64_t)sqlite3_column_int64(stmt, 0) + 1;
	store_put_back(s, SQL_LAST_ID, stmt);
	s->next_id = meta > rows ? meta : rows;
	s->next_id_written = meta;
	return 0;
}

/*
 * Before SQLite opens it: that would make -wal and -shm as read-only as the file is, and
 * leave them so when somebody has mended its mode.
 */
static int check_writable(const char *path, struct err *err)
{
	static const char *const tail[] = {"", "-wal", "-shm"};
	char name[4096];

	for (unsigned k = 0; k < sizeof tail / sizeof *tail; k++) {
		if ((size_t)snprintf(name, sizeof name, "%s%s", path, tail[k]) >= sizeof name)
			return err_set(err, "store %s: path too long", path);
		if (access(name, W_OK) == -1 && errno == EROFS)
			return err_set(err, "store %s: " READ_ONLY_FS, name);
		if (access(name, W_OK) == -1 && errno != ENOENT)
			return err_set(
			    err, "store %s: it may not be written; look at its owner and mode (%s)", name,
			    strerror(errno));
	}
	return 0;
}

/*
 * SQLite gives -wal and -shm the mode of the file itself. The file is opened here
 * only while it does not exist: to close any descriptor of it drops SQLite's locks.
 */
static int make_private(const char *path, struct err *err)
{
	struct stat st;
	int fd;

	if (strcmp(path, ":memory:") == 0)
		return 0;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd != -1) {
		close(fd);
		return 0;
	}
	if (errno != EEXIST)
		return err_set(err, "store %s: cannot make it: %s", path, strerror(errno));
	if (stat(path, &st) == -1)
		return err_set(err, "store %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, "store %s: not a regular file", path);
	if ((st.st_mode & 077) && chmod(path, st.st_mode & 0700) == -1)
		return err_set(
		    err, "store %s: others may read it, and chmod failed: %s", path,
		    strerror(errno));
	return check_writable(path, err);
}

/*
 * cache_size: KiB, the most pages that stay in memory; a storm needs them, see store_trim().
 * wal_autocheckpoint: pages, so the log is folded in about every 16 MiB, which spares the
 * pages that each commit of a storm changes again; journal_size_limit cuts it back after
 * a burst, but not below that: to write over a block costs a third of allocating it anew
 * with every commit. cell_size_check finds damage before it spreads. No quick_check at start:
 * it reads everything, the log makes kill -9 harmless, and damage is said when met.
 */
static int settle(struct store *s, struct err *err)
{
	static const char pragmas[] = "PRAGMA synchronous=FULL;"
				      "PRAGMA cache_size=-8192;"
				      "PRAGMA wal_autocheckpoint=4000;"
				      "PRAGMA journal_size_limit=20971520;"
				      "PRAGMA temp_store=MEMORY;"
				      "PRAGMA cell_size_check=ON;"
				      "PRAGMA trusted_schema=OFF;"
				      "PRAGMA secure_delete=ON;"; /* what is deleted is overwritten */

	/* A misspelt "column" must be an error, not a string. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	if (store_add_functions(s) != SQLITE_OK)
		return store_err(s, err, "cannot open it");
	if (sqlite3_exec(s->db, pragmas, NULL, NULL, NULL) != SQLITE_OK)
		return store_err(s, err, "cannot open it");
	if (sqlite3_db_readonly(s->db, "main") == 1)
		return err_set(
		    err, "store %s: it may not be written; look at its owner and mode", s->path);
	return 0;
}

#define TRIM_BYTES (1 << 20)

void store_trim(struct store *s)
{
	int bytes = 0, highest;

	sqlite3_db_status(s->db, SQLITE_DBSTATUS_CACHE_USED, &bytes, &highest, 0);
	if (bytes > TRIM_BYTES)
		sqlite3_db_release_memory(s->db);
}

/* One thread uses SQLite here: no locks, and no counting of bytes under one. As the first thing, or never. */
static void set_up_sqlite(void)
{
	static bool is_done;

	if (is_done)
		return;
	is_done = true;
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

struct store *store_open(const char *path, struct err *err)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	struct store *s;

	set_up_sqlite();
	if (store_place_check(path, err) == -1 || make_private(path, err) == -1)
		return NULL;
	s = calloc(1, sizeof *s);
	if (!s || !(s->path = strdup(path))) {
		err_set(err, "store %s: out of memory", path);
		goto fail;
	}
	if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK) {
		store_err(s, err, "cannot open it");
		goto fail;
	}
	if (settle(s, err) == -1 || store_migrate(s, err) == -1 || load_next_id(s, err) == -1)
		goto fail;
	store_place_note(s);
	return s;
fail:
	store_close(s);
	return NULL;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->db && !sqlite3_get_autocommit(s->db))
		run(s, SQL_ROLLBACK);
	for (int i = 0; i < SQL_END; i++)
		sqlite3_finalize(s->cached[i]);
	sqlite3_close(s->db);
	free(s->path);
	free(s);
}
