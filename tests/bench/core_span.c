/*
 * A module for the core under measurement: how long the callbacks of other modules took for a state
 * change. It registers before and behind them, and leaves the times in the file of its argument.
 * Loaded by cores.py. It must never write, allocate or take a system call for an event.
 *
 * The file: how many (uint64_t), then nanoseconds (uint32_t each). Without an argument there is neither
 * clock nor file, but one callback that does nothing: what the core itself spends on calling one.
 */
#include "module/neb_compat.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SPANS 1000000

NEB_API_VERSION(CURRENT_NEB_API_VERSION)

struct spans {
	uint64_t count;
	uint32_t ns[SPANS];
};

static struct spans *spans = MAP_FAILED;
static int64_t began_ns;

static int64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int before(int type, void *data)
{
	(void)type, (void)data;
	began_ns = clock_ns();
	return 0;
}

static int behind(int type, void *data)
{
	int64_t took_ns = clock_ns() - began_ns;

	(void)type, (void)data;
	if (spans->count < SPANS)
		spans->ns[spans->count++] = took_ns > UINT32_MAX ? UINT32_MAX : (uint32_t)took_ns;
	return 0;
}

static int nothing(int type, void *data)
{
	(void)type, (void)data;
	return 0;
}

int nebmodule_init(int flags, char *args, void *handle)
{
	int fd;

	(void)flags;
	if (!args || !*args)
		return neb_register_callback(NEBCALLBACK_STATE_CHANGE_DATA, handle, 0, nothing);
	fd = open(args, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	if (ftruncate(fd, sizeof *spans) == 0)
		spans = mmap(NULL, sizeof *spans, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	close(fd);
	if (spans == MAP_FAILED)
		return -1;
	/* lower priorities are called first; a module's own is 0 as a rule */
	return neb_register_callback(NEBCALLBACK_STATE_CHANGE_DATA, handle, -1, before) ||
	       neb_register_callback(NEBCALLBACK_STATE_CHANGE_DATA, handle, 1, behind);
}

int nebmodule_deinit(int flags, int reason)
{
	(void)flags, (void)reason;
	neb_deregister_callback(NEBCALLBACK_STATE_CHANGE_DATA, before);
	neb_deregister_callback(NEBCALLBACK_STATE_CHANGE_DATA, behind);
	neb_deregister_callback(NEBCALLBACK_STATE_CHANGE_DATA, nothing);
	return spans == MAP_FAILED ? 0 : munmap(spans, sizeof *spans);
}
