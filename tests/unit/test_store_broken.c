/*
 * The store when things break: full, locked, damaged, not ours, killed at any write.
 * Run by make check; needs nothing but a temporary folder.
 * It must never leave a child or a file behind.
 */
#include "tests/crash/vfs.h"
#include "tests/unit/store_rig.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Degraded: full, broken, locked, damaged, not ours. */

static void check_fails(int code, const char *word)
{
	struct store *s = store_rig_open();

	store_rig_incident(s, 1, "AAAA", true, 1, 0);
	store_rig_commit(s);
	for (int n = 0; n < 3; n++) {
		int rc;

		store_rig_incident(s, 2, "BBBB", true, 1, 0);
		crash_vfs_fail_after(n, code);
		rc = store_commit(s, &store_rig_err);
		crash_vfs_fail_after(-1, 0);
		assert_int_equal(rc, -1);
		assert_non_null(strstr(store_rig_err.text, word));
		assert_non_null(strstr(store_rig_err.text, store_rig_path));
		assert_int_equal(store_open_incidents(s, NULL, NULL, &store_rig_err), 1);
	}
	store_rig_incident(s, 2, "BBBB", true, 1, 0); /* the disk has room again */
	s = store_rig_reopen(s);
	assert_int_equal(store_open_incidents(s, NULL, NULL, &store_rig_err), 2);
	store_close(s);
	store_rig_remove();
}

static void test_disk_full(void **state)
{
	(void)state;
	crash_vfs_install(NULL, NULL);
	check_fails(SQLITE_FULL, "the disk is full");
	check_fails(SQLITE_IOERR_WRITE, "input/output error");
}

/* A page cache that overflows makes the failure come from a put, not from the commit. */
static void test_full_while_writing(void **state)
{
	struct store *s = store_rig_open();
	struct timeline_row t = {.incident = 1, .kind = "note"};
	static char text[4000];
	int failed = 0;

	(void)state;
	crash_vfs_install(NULL, NULL);
	memset(text, 'x', sizeof text - 1);
	t.text = text;
	crash_vfs_fail_after(10, SQLITE_FULL);
	for (int i = 0; i < 2000; i++)
		failed += store_put_timeline(s, &t) == -1;
	crash_vfs_fail_after(-1, 0);
	assert_true(failed > 0 && failed < 2000);
	assert_int_equal(store_put_timeline(s, &t), -1); /* poisoned until the end */
	assert_int_equal(store_commit(s, &store_rig_err), -1);
	assert_non_null(strstr(store_rig_err.text, "the disk is full"));
	assert_int_equal(store_timeline(s, 1, NULL, NULL, &store_rig_err), 0);
	assert_int_equal(store_put_timeline(s, &t), 0);
	s = store_rig_reopen(s);
	assert_int_equal(store_timeline(s, 1, NULL, NULL, &store_rig_err), 1);
	store_close(s);
}

static void test_locked(void **state)
{
	struct store *s = store_rig_open();
	sqlite3 *other;

	(void)state;
	store_rig_incident(s, 1, "AAAA", true, 1, 0);
	store_rig_commit(s);
	assert_int_equal(sqlite3_open(store_rig_path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(store_put_meta(s, "k", "v"), -1);
	assert_int_equal(store_put_meta(s, "k", "v"), -1);
	assert_int_equal(
	    store_open_incidents(s, NULL, NULL, &store_rig_err), 1); /* reading goes on */
	assert_int_equal(store_commit(s, &store_rig_err), -1);
	assert_non_null(strstr(store_rig_err.text, "another process has it locked"));
	sqlite3_close(other);
	assert_int_equal(store_put_meta(s, "k", "v"), 0);
	store_rig_commit(s);
	store_close(s);
}

static void write_file(const void *bytes, size_t n)
{
	int fd = open(store_rig_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd != -1);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

static void refused(const char *word)
{
	assert_null(store_open(store_rig_path, &store_rig_err));
	if (!strstr(store_rig_err.text, word))
		fail_msg("\"%s\" does not say \"%s\"", store_rig_err.text, word);
}

static void alter(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(store_rig_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void test_refusals(void **state)
{
	static char junk[8192];

	(void)state;
	store_close(store_rig_open());
	alter("PRAGMA user_version=99");
	refused("newer twicket (schema 99");
	store_rig_remove();

	alter("CREATE TABLE bookmarks(url)");
	refused("another program");
	alter("PRAGMA application_id=77");
	refused("another program");
	store_rig_remove();

	memset(junk, 'j', sizeof junk);
	write_file(junk, sizeof junk);
	refused("not a database");
	memcpy(junk, "SQLite format 3", 16);
	write_file(junk, sizeof junk);
	assert_null(store_open(store_rig_path, &store_rig_err));
	store_rig_remove();

	assert_int_equal(mkdir(store_rig_path, 0700), 0);
	refused("not a regular file");
	rmdir(store_rig_path);
	snprintf(store_rig_path, sizeof store_rig_path, "%s/no/such", store_rig_dir);
	refused("cannot make it");
	snprintf(store_rig_path, sizeof store_rig_path, "%s/store.db", store_rig_dir);

	write_file("", 0); /* as if the first start was killed: fine */
	store_close(store_rig_open());
}

static void test_damage_is_said(void **state)
{
	struct store *s = store_rig_open();
	char junk[4096];
	int fd, rc = 0;

	(void)state;
	for (uint64_t id = 1; id <= 2000; id++)
		store_rig_post(s, id, 1, POST_QUEUED, "");
	store_rig_commit(s);
	store_close(s);
	memset(junk, 0xa5, sizeof junk);
	fd = open(store_rig_path, O_WRONLY);
	for (int page = 60; page < 90; page++)
		assert_int_equal(pwrite(fd, junk, sizeof junk, page * 4096L), sizeof junk);
	close(fd);
	s = store_open(store_rig_path, &store_rig_err);
	if (s)
		rc = store_unsettled_posts(s, NULL, NULL, &store_rig_err);
	assert_true(!s || rc == -1);
	assert_non_null(strstr(store_rig_err.text, "damaged"));
	store_close(s);
}

static unsigned mode_of(const char *tail)
{
	char name[128];
	struct stat st;

	snprintf(name, sizeof name, "%s%s", store_rig_path, tail);
	return stat(name, &st) == 0 ? st.st_mode & 0777 : 0;
}

static void test_modes(void **state)
{
	mode_t old = umask(0);
	struct store *s = store_rig_open();

	(void)state;
	store_rig_incident(s, 1, "AAAA", true, 1, 0);
	store_rig_commit(s);
	assert_int_equal(mode_of(""), 0600);
	assert_int_equal(mode_of("-wal"), 0600);
	assert_int_equal(mode_of("-shm"), 0600);
	store_close(s);
	assert_int_equal(chmod(store_rig_path, 0644), 0);
	store_close(store_rig_open());
	assert_int_equal(mode_of(""), 0600);
	umask(old);
}

/* Runs fn in a child; its exit code, or the signal's number and 256. */
static int in_child(void (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();
	int status;

	assert_true(pid != -1);
	if (pid == 0) {
		fn(arg);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static void open_as_nobody(void *arg)
{
	const char *word = arg;
	struct store *s;

	if (geteuid() == 0 && setuid(65534) == -1)
		_exit(3);
	s = store_open(store_rig_path, &store_rig_err);
	_exit(!s && strstr(store_rig_err.text, word) ? 0 : 4);
}

static bool is_there(const char *tail)
{
	char name[128];

	snprintf(name, sizeof name, "%s%s", store_rig_path, tail);
	return access(name, F_OK) == 0;
}

/* Nothing is left behind that is read-only, too, when the file's mode is mended. */
static void refused_in_a_folder_of_ours(void)
{
	assert_int_equal(chown(store_rig_dir, 65534, 65534), 0);
	assert_int_equal(chown(store_rig_path, 65534, 65534), 0);
	assert_int_equal(chmod(store_rig_path, 0400), 0);
	assert_int_equal(in_child(open_as_nobody, "it may not be written; look at its owner and mode"), 0);
	assert_false(is_there("-wal"));
	assert_false(is_there("-shm"));
}

static void test_read_only(void **state)
{
	(void)state;
	assert_int_equal(chmod(store_rig_dir, 0755), 0);
	if (geteuid() == 0) {
		assert_int_equal(in_child(open_as_nobody, "Permission denied"), 0);
		store_close(store_rig_open());
		assert_int_equal(chmod(store_rig_path, 0444), 0);
		assert_int_equal(in_child(open_as_nobody, "store"), 0);
		refused_in_a_folder_of_ours();
	} else {
		assert_int_equal(chmod(store_rig_dir, 0500), 0);
		assert_int_equal(in_child(open_as_nobody, "Permission denied"), 0);
	}
}

/*
 * kill -9 at every write. The child makes three commits of which each moves rows in
 * four tables and says so on a pipe; the parent must then find exactly the last said
 * one, or the next.
 */

struct crash {
	unsigned at; /* stop before this write */
	int say; /* the pipe */
};

static void die(void *arg, const char *what)
{
	struct crash *c = arg;

	(void)what;
	if (crash_vfs_count() == c->at)
		raise(SIGKILL);
}

static void turn(struct store *s, int step, int say)
{
	char number[8], text[3000];
	struct timeline_row t = {.incident = 1, .at_ms = step, .kind = "note", .text = text};
	char said = (char)step;

	snprintf(number, sizeof number, "%d", step);
	memset(text, '0' + step, sizeof text - 1);
	text[sizeof text - 1] = '\0';
	store_rig_incident(s, 1, "AAAA", true, step, 0);
	store_rig_post(s, 2, 1, (enum post_state)step, number);
	store_rig_post(s, store_next_id(s) + 100, 1, POST_SENT, "");
	store_put_timeline(s, &t);
	store_put_meta(s, "step", number);
	if (store_commit(s, &store_rig_err) == -1 || write(say, &said, 1) != 1)
		_exit(5);
}

static void work(void *arg)
{
	struct crash *c = arg;
	struct store *s;

	crash_vfs_install(die, c);
	s = store_open(store_rig_path, &store_rig_err);
	if (!s)
		_exit(6);
	for (int step = 1; step <= 3; step++)
		turn(s, step, c->say);
	store_close(s);
}

static int keep_opened(void *arg, const struct incident_row *r)
{
	*(int *)arg = (int)r->opened_ms;
	return 0;
}

static int keep_state(void *arg, const struct post_row *r)
{
	*(int *)arg = (int)r->state;
	return 0;
}

/* Which step the file is at; fails when its rows do not agree. */
static int step_of(struct store *s)
{
	char number[8];
	int step, opened = 0, sent = 0;

	assert_true(store_meta(s, "step", number, sizeof number, &store_rig_err) >= 0);
	step = (int)strtol(number, NULL, 10);
	assert_true(store_open_incidents(s, keep_opened, &opened, &store_rig_err) >= 0);
	assert_true(store_post_by_id(s, 2, keep_state, &sent, &store_rig_err) >= 0);
	assert_int_equal(opened, step);
	assert_int_equal(sent, step);
	assert_int_equal(store_timeline(s, 1, NULL, NULL, &store_rig_err), step);
	assert_int_equal(
	    store_posts_of_incident(s, 1, NULL, NULL, &store_rig_err), step ? step + 1 : 0);
	return step;
}

static void test_crash_at_every_write(void **state)
{
	unsigned at, ended = 0;

	(void)state;
	for (at = 1; at < 500 && !ended; at++) {
		struct crash c = {.at = at};
		int pipe_of[2], rc, said = 0, step;
		struct store *s;
		char byte;

		assert_int_equal(pipe(pipe_of), 0);
		c.say = pipe_of[1];
		rc = in_child(work, &c);
		close(pipe_of[1]);
		while (read(pipe_of[0], &byte, 1) == 1)
			said = byte;
		close(pipe_of[0]);
		assert_true(rc == 256 + SIGKILL || rc == 0);
		ended = rc == 0;
		s = store_rig_open();
		step = step_of(s);
		assert_true(step == said || step == said + 1);
		store_rig_incident(s, store_next_id(s), "BBBB", true, 1, 0); /* and it goes on */
		store_rig_commit(s);
		store_close(s);
		store_rig_remove();
	}
	assert_true(ended && at > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORE_RIG_TEST(test_locked),    STORE_RIG_TEST(test_refusals),           STORE_RIG_TEST(test_damage_is_said),
	    STORE_RIG_TEST(test_modes),     STORE_RIG_TEST(test_read_only),          STORE_RIG_TEST(test_crash_at_every_write),
	    STORE_RIG_TEST(test_disk_full), STORE_RIG_TEST(test_full_while_writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
