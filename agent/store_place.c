/*
 * Is what stands under the store's name still the file that we write? Called by store.c when
 * it opens, commits and explains a failure.
 * It must never open that file: to close any descriptor of it drops SQLite's locks.
 */
#include "agent/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the file itself (""), or of its log ("-wal"). */
static bool look(const char *path, const char *tail, struct stat *st)
{
	char name[4096];

	return (size_t)snprintf(name, sizeof name, "%s%s", path, tail) < sizeof name && stat(name, st) == 0;
}

static bool is_same(const struct stat *st, const struct store_inode *known)
{
	return st->st_ino == known->ino && st->st_dev == known->dev;
}

static bool is_in_memory(const char *path)
{
	return strcmp(path, ":memory:") == 0;
}

/* SQLite would throw such a log away without a word, and with it what nobody has but the log. */
int store_place_check(const char *path, struct err *err)
{
	struct stat file, wal;
	bool is_there = look(path, "", &file);

	if (is_in_memory(path) || (is_there && file.st_size > 0) || !look(path, "-wal", &wal) || wal.st_size == 0)
		return 0;
	return err_set(
	    err,
	    "store %s: the file is %s, but its log %s-wal is not: put the file back, or move the log away, "
	    "too, to begin afresh",
	    path, is_there ? "empty" : "gone", path);
}

void store_place_note(struct store *s)
{
	struct stat file, wal;

	s->place.is_known = !is_in_memory(s->path) && look(s->path, "", &file) && look(s->path, "-wal", &wal);
	if (!s->place.is_known)
		return;
	s->place.file = (struct store_inode){.dev = file.st_dev, .ino = file.st_ino};
	s->place.wal = (struct store_inode){.dev = wal.st_dev, .ino = wal.st_ino};
	s->place.size = file.st_size;
}

/* Somebody's VACUUM makes it shorter, too, and then it is as long as it says. */
static bool is_cut(struct store *s, off_t size)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3_int64 bytes = 0;

	if (size >= s->place.size)
		return false;
	if (sqlite3_prepare_v2(
		s->db, "SELECT page_count*page_size FROM pragma_page_count,pragma_page_size", -1, &stmt,
		NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		bytes = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return bytes != size;
}

/* NULL: it is in its place. */
static const char *trouble_of(struct store *s, bool *keeps_log)
{
	struct stat file, wal;

	*keeps_log = true;
	if (!look(s->path, "", &file))
		return "the file was moved or removed while twicketd runs; put it back, or stop twicketd and move "
		       "its -wal away, too, to begin afresh";
	*keeps_log = false;
	if (!is_same(&file, &s->place.file)) {
		/* the log must not be poured over the other one at the next start: it goes to whose it is */
		sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
		return "another file was put in its place while twicketd runs; restart twicketd to use that";
	}
	if (!look(s->path, "-wal", &wal) || !is_same(&wal, &s->place.wal))
		return "its -wal was moved or removed while twicketd runs; restart twicketd, nothing is lost "
		       "by that";
	if (!is_cut(s, file.st_size)) {
		s->place.size = file.st_size;
		return NULL;
	}
	*keeps_log = true;
	return "the file was cut short while twicketd runs; stop twicketd, then put a backup in its place, or "
	       "move it away with its -wal";
}

int store_place_look(struct store *s)
{
	const char *trouble;
	bool keeps_log;

	if (!s->place.is_known)
		return 0;
	trouble = trouble_of(s, &keeps_log);
	/* What is in the log only must not go where nobody finds it, or what is damaged mixed with it. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, trouble && keeps_log, NULL);
	if (!trouble)
		return 0;
	if (!s->failed)
		err_set(&s->why, "store %s: %s", s->path, trouble);
	s->failed = true;
	return -1;
}

/* Not by its flags: after an error ext4 refuses writes and still calls itself writable. */
bool store_place_is_read_only(const char *path)
{
	const char *end = strrchr(path, '/');
	char folder[4096];
	int fd;

	if ((size_t)snprintf(folder, sizeof folder, "%.*s", end ? (int)(end - path) + 1 : 1, end ? path : ".") >=
	    sizeof folder)
		return false;
	fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600); /* leaves nothing behind */
	if (fd == -1)
		return errno == EROFS;
	close(fd);
	return false;
}
