/*
 * The store whose file is moved, removed, replaced, cut or damaged while it is open, and after.
 * Run by make check; needs nothing but a temporary folder.
 * It must never take "it still commits" for "it is kept".
 */
#include "tests/unit/store_rig.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ROWS 3

static char aside[128], wal[128];

static struct store *open_with_rows(void)
{
	struct store *s = store_rig_open();

	snprintf(aside, sizeof aside, "%s.aside", store_rig_path);
	snprintf(wal, sizeof wal, "%s-wal", store_rig_path);
	for (uint64_t id = 1; id <= ROWS; id++)
		store_rig_incident(s, id, "AAAA", true, 1, 0);
	store_rig_commit(s);
	return s;
}

static void commits_no_more(struct store *s, const char *word)
{
	store_rig_incident(s, ROWS + 1, "BBBB", true, 1, 0);
	assert_int_equal(store_commit(s, &store_rig_err), -1);
	if (!strstr(store_rig_err.text, word))
		fail_msg("\"%s\" does not say \"%s\"", store_rig_err.text, word);
	assert_int_equal(store_commit(s, &store_rig_err), -1); /* nothing to write is no reason to call it well */
}

static void has_rows(struct store *s, int n)
{
	assert_int_equal(store_open_incidents(s, NULL, NULL, &store_rig_err), n);
}

static void refused(const char *word)
{
	assert_null(store_open(store_rig_path, &store_rig_err));
	if (!strstr(store_rig_err.text, word))
		fail_msg("\"%s\" does not say \"%s\"", store_rig_err.text, word);
}

static void test_moved_and_put_back(void **state)
{
	struct store *s = open_with_rows();

	(void)state;
	assert_int_equal(rename(store_rig_path, aside), 0);
	commits_no_more(s, "was moved or removed");
	assert_int_equal(rename(aside, store_rig_path), 0);
	store_rig_incident(s, ROWS + 1, "BBBB", true, 1, 0);
	s = store_rig_reopen(s);
	has_rows(s, ROWS + 1);
	store_close(s);
}

/* What was told is not forgotten without a word: the next start would tell it again. */
static void test_removed(void **state)
{
	struct store *s = open_with_rows();

	(void)state;
	assert_int_equal(unlink(store_rig_path), 0);
	commits_no_more(s, "was moved or removed");
	store_close(s);
	refused("the file is gone, but its log");
	assert_int_equal(access(store_rig_path, F_OK), -1); /* nothing was made, either */
	assert_int_equal(unlink(wal), 0);
	s = store_rig_open(); /* afresh, as the admin wanted */
	has_rows(s, 0);
	store_close(s);
}

static void test_moved_after_a_crash(void **state)
{
	struct store *s = open_with_rows();

	(void)state;
	assert_int_equal(rename(store_rig_path, aside), 0);
	refused("the file is gone, but its log");
	assert_int_equal(rename(aside, store_rig_path), 0);
	store_rig_commit(s);
	store_close(s);
}

static void copy_file(const char *from, const char *to)
{
	static char bytes[1 << 20];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t n = read(in, bytes, sizeof bytes);

	assert_true(n > 0 && n < (ssize_t)sizeof bytes);
	assert_int_equal(write(out, bytes, (size_t)n), n);
	close(in);
	close(out);
}

/* The log of the old one must not be poured over the new one. */
static void test_replaced(void **state)
{
	struct store *s = store_rig_reopen(open_with_rows());
	struct stat st;

	(void)state;
	copy_file(store_rig_path, aside);
	store_rig_incident(s, ROWS + 1, "BBBB", true, 1, 0);
	store_rig_commit(s);
	assert_int_equal(rename(aside, store_rig_path), 0);
	commits_no_more(s, "another file was put in its place");
	store_close(s);
	assert_true(stat(wal, &st) == -1 || st.st_size == 0);
	s = store_rig_open();
	has_rows(s, ROWS);
	store_close(s);
}

static void test_log_removed(void **state)
{
	struct store *s = open_with_rows();

	(void)state;
	assert_int_equal(unlink(wal), 0);
	commits_no_more(s, "its -wal was moved or removed");
	store_close(s);
	s = store_rig_open();
	has_rows(s, ROWS);
	store_close(s);
}

static void cut_at(off_t size, const char *start_word)
{
	struct store *s = store_rig_reopen(open_with_rows());

	store_rig_incident(s, ROWS + 1, "BBBB", true, 1, 0); /* is in the log only */
	store_rig_commit(s);
	assert_int_equal(truncate(store_rig_path, size), 0);
	commits_no_more(s, "the file was cut short");
	store_close(s);
	assert_int_equal(access(wal, F_OK), 0);
	refused(start_word);
	store_rig_remove();
}

static void test_cut(void **state)
{
	(void)state;
	cut_at(0, "the file is empty, but its log");
	cut_at(4096, "damaged");
}

/* Somebody's sqlite3 tidied up: it is shorter, and whole. */
static void test_vacuumed(void **state)
{
	struct store *s = open_with_rows();
	static char text[4000];
	const struct timeline_row t = {.incident = 1, .at_ms = 1, .kind = "note", .text = text};
	sqlite3 *other;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	for (int i = 0; i < 500; i++)
		store_put_timeline(s, &t);
	s = store_rig_reopen(s);
	store_rig_commit(s);
	assert_int_equal(sqlite3_open(store_rig_path, &other), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(
		other, "DELETE FROM timeline; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(other);
	store_rig_incident(s, ROWS + 1, "BBBB", true, 1, 0);
	store_rig_commit(s);
	store_close(s);
}

/* Rows go in, but what is asked for cannot be read: that is said, too, not only to who asked. */
static void test_damage_is_remembered(void **state)
{
	struct store *s = store_rig_open();
	char junk[4096];
	int fd;

	(void)state;
	for (uint64_t id = 1; id <= 2000; id++)
		store_rig_post(s, id, 1, POST_SENT, "");
	s = store_rig_reopen(s);
	assert_null(store_damage(s));
	memset(junk, 0xa5, sizeof junk);
	fd = open(store_rig_path, O_WRONLY);
	for (int page = 60; page < 110; page++)
		assert_int_equal(pwrite(fd, junk, sizeof junk, page * 4096L), sizeof junk);
	close(fd);
	store_put_meta(s, "k", "1");
	store_rig_commit(s);
	assert_int_equal(store_posts_of_incident(s, 1, NULL, NULL, &store_rig_err), -1);
	store_put_meta(s, "k", "2");
	store_rig_commit(s);
	assert_non_null(store_damage(s));
	assert_non_null(strstr(store_damage(s), "the file is damaged; stop twicketd"));
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORE_RIG_TEST(test_moved_and_put_back),
	    STORE_RIG_TEST(test_removed),
	    STORE_RIG_TEST(test_moved_after_a_crash),
	    STORE_RIG_TEST(test_replaced),
	    STORE_RIG_TEST(test_log_removed),
	    STORE_RIG_TEST(test_cut),
	    STORE_RIG_TEST(test_vacuumed),
	    STORE_RIG_TEST(test_damage_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
