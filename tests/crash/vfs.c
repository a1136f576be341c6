/*
 * The file system that stops or fails at the n-th write.
 * Called by SQLite below the store, in tests only.
 * It must never keep state per file: everything but the counters is the real one's.
 */
#include "tests/crash/vfs.h"

#include <sqlite3.h>
#include <stddef.h>
#include <string.h>

/* SQLite allocates szOsFile bytes: ours, with the real file behind it. */
struct crash_file {
	sqlite3_file base;
	sqlite3_io_methods methods;
};

#define REAL(f) ((sqlite3_file *)(void *)((char *)(f) + FILE_SIZE))
#define FILE_SIZE ((sizeof(struct crash_file) + 15) / 16 * 16)
#define REAL_VFS(v) ((sqlite3_vfs *)(v)->pAppData)

static sqlite3_vfs crash_vfs;
static void (*before)(void *arg, const char *what);
static void *before_arg;
static unsigned count;
static int left = -1, code_now;

static int step(const char *what)
{
	count++;
	if (before)
		before(before_arg, what);
	if (left == 0)
		return code_now;
	if (left > 0)
		left--;
	return SQLITE_OK;
}

static int f_close(sqlite3_file *f)
{
	return REAL(f)->pMethods->xClose(REAL(f));
}

static int f_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	return REAL(f)->pMethods->xRead(REAL(f), to, n, at);
}

static int f_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	int rc = step("write");

	return rc ? rc : REAL(f)->pMethods->xWrite(REAL(f), from, n, at);
}

static int f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc = step("truncate");

	return rc ? rc : REAL(f)->pMethods->xTruncate(REAL(f), size);
}

static int f_sync(sqlite3_file *f, int flags)
{
	int rc = step("sync");

	return rc ? rc : REAL(f)->pMethods->xSync(REAL(f), flags);
}

static int f_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return REAL(f)->pMethods->xFileSize(REAL(f), size);
}

static int f_lock(sqlite3_file *f, int level)
{
	return REAL(f)->pMethods->xLock(REAL(f), level);
}

static int f_unlock(sqlite3_file *f, int level)
{
	return REAL(f)->pMethods->xUnlock(REAL(f), level);
}

static int f_reserved(sqlite3_file *f, int *out)
{
	return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}

static int f_control(sqlite3_file *f, int op, void *arg)
{
	return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}

static int f_sector(sqlite3_file *f)
{
	return REAL(f)->pMethods->xSectorSize(REAL(f));
}

static int f_traits(sqlite3_file *f)
{
	return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}

static int f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
	return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, p);
}

static int f_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return REAL(f)->pMethods->xShmLock(REAL(f), offset, n, flags);
}

static void f_shm_barrier(sqlite3_file *f)
{
	REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int f_shm_unmap(sqlite3_file *f, int delete_it)
{
	return REAL(f)->pMethods->xShmUnmap(REAL(f), delete_it);
}

static int f_fetch(sqlite3_file *f, sqlite3_int64 at, int n, void **p)
{
	return REAL(f)->pMethods->xFetch(REAL(f), at, n, p);
}

static int f_unfetch(sqlite3_file *f, sqlite3_int64 at, void *p)
{
	return REAL(f)->pMethods->xUnfetch(REAL(f), at, p);
}

static const sqlite3_io_methods all_methods = {
    .xClose = f_close,
    .xRead = f_read,
    .xWrite = f_write,
    .xTruncate = f_truncate,
    .xSync = f_sync,
    .xFileSize = f_size,
    .xLock = f_lock,
    .xUnlock = f_unlock,
    .xCheckReservedLock = f_reserved,
    .xFileControl = f_control,
    .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_traits,
    .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock,
    .xShmBarrier = f_shm_barrier,
    .xShmUnmap = f_shm_unmap,
    .xFetch = f_fetch,
    .xUnfetch = f_unfetch,
};

static int v_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out_flags)
{
	struct crash_file *mine = (struct crash_file *)f;
	int rc;

	memset(f, 0, FILE_SIZE);
	rc = REAL_VFS(v)->xOpen(REAL_VFS(v), name, REAL(f), flags, out_flags);
	if (!REAL(f)->pMethods)
		return rc; /* nothing to close then */
	mine->methods = all_methods;
	mine->methods.iVersion = REAL(f)->pMethods->iVersion;
	mine->base.pMethods = &mine->methods;
	return rc;
}

static int v_delete(sqlite3_vfs *v, const char *name, int sync)
{
	int rc = step("delete");

	return rc ? rc : REAL_VFS(v)->xDelete(REAL_VFS(v), name, sync);
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
	return REAL_VFS(v)->xAccess(REAL_VFS(v), name, flags, out);
}

static int v_full(sqlite3_vfs *v, const char *name, int n, char *out)
{
	return REAL_VFS(v)->xFullPathname(REAL_VFS(v), name, n, out);
}

static int v_random(sqlite3_vfs *v, int n, char *out)
{
	return REAL_VFS(v)->xRandomness(REAL_VFS(v), n, out);
}

static int v_sleep(sqlite3_vfs *v, int us)
{
	return REAL_VFS(v)->xSleep(REAL_VFS(v), us);
}

static int v_time(sqlite3_vfs *v, double *out)
{
	return REAL_VFS(v)->xCurrentTime(REAL_VFS(v), out);
}

static int v_time64(sqlite3_vfs *v, sqlite3_int64 *out)
{
	return REAL_VFS(v)->xCurrentTimeInt64(REAL_VFS(v), out);
}

static int v_error(sqlite3_vfs *v, int n, char *out)
{
	return REAL_VFS(v)->xGetLastError(REAL_VFS(v), n, out);
}

void crash_vfs_install(void (*before_write)(void *arg, const char *what), void *arg)
{
	before = before_write;
	before_arg = arg;
	if (crash_vfs.pAppData)
		return;
	crash_vfs = (sqlite3_vfs){
	    .iVersion = 2,
	    .mxPathname = 1024,
	    .zName = "crash",
	    .pAppData = sqlite3_vfs_find(NULL),
	    .xOpen = v_open,
	    .xDelete = v_delete,
	    .xAccess = v_access,
	    .xFullPathname = v_full,
	    .xRandomness = v_random,
	    .xSleep = v_sleep,
	    .xCurrentTime = v_time,
	    .xCurrentTimeInt64 = v_time64,
	    .xGetLastError = v_error,
	};
	crash_vfs.szOsFile = (int)FILE_SIZE + REAL_VFS(&crash_vfs)->szOsFile;
	sqlite3_vfs_register(&crash_vfs, 1);
}

unsigned crash_vfs_count(void)
{
	return count;
}

void crash_vfs_fail_after(int n, int code)
{
	left = n;
	code_now = code;
}
