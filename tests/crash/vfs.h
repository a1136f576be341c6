/*
 * A SQLite file system that can be told to stop or to fail at its n-th write.
 * For crash tests and tests of degraded mode only; never linked into a program.
 * It goes through the default one and must not change a byte.
 */
#ifndef TWICKET_TESTS_VFS_H
#define TWICKET_TESTS_VFS_H

/*
 * Puts itself before the default file system, for everything that is opened from
 * now on; calling it again changes the function only. before_write (NULL is fine)
 * is called before each write, sync, truncation and deletion of a file, with
 * "write", "sync", "truncate" or "delete"; it may _exit().
 */
void crash_vfs_install(void (*before_write)(void *arg, const char *what), void *arg);

/* How many writes, syncs, truncations and deletions there were. */
unsigned crash_vfs_count(void);

/*
 * The next n of them go through, all later ones fail with this code (SQLITE_FULL,
 * SQLITE_IOERR_WRITE ...) and do nothing. n = -1: none fails.
 */
void crash_vfs_fail_after(int n, int code);

#endif
