/*
 * A second module for the core under measurement: when a state changed and when an
 * acknowledgement took effect, CLOCK_MONOTONIC, as lines in the file of its argument.
 * Loaded beside twicket.so by core.py; one write a line, and nothing else.
 *
 *   state NS HOST SERVICE       ack NS HOST SERVICE
 */
#include "module/neb_compat.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

NEB_API_VERSION(CURRENT_NEB_API_VERSION)

static int fd = -1;

static void put(const char *what, const char *host_name, const char *service_name)
{
	struct timespec t;
	char line[512];
	int n;

	clock_gettime(CLOCK_MONOTONIC, &t);
	n = snprintf(
	    line, sizeof line, "%s %lld%09ld %s %s\n", what, (long long)t.tv_sec, t.tv_nsec,
	    host_name, service_name ? service_name : "-");
	if (n > 0 && (size_t)n < sizeof line && write(fd, line, (size_t)n) != n)
		return; /* seen by the reader as missing */
}

static int on_state(int type, void *data)
{
	const nebstruct_statechange_data *ds = data;

	(void)type;
	if (ds->type == NEBTYPE_STATECHANGE_END)
		put("state", ds->host_name, ds->service_description);
	return 0;
}

/* The core calls it behind the assignment of problem_has_been_acknowledged. */
static int on_ack(int type, void *data)
{
	const nebstruct_acknowledgement_data *ds = data;

	(void)type;
	put("ack", ds->host_name, ds->service_description);
	return 0;
}

int nebmodule_init(int flags, char *args, void *handle)
{
	(void)flags;
	fd = open(args ? args : "", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	neb_register_callback(NEBCALLBACK_STATE_CHANGE_DATA, handle, 0, on_state);
	neb_register_callback(NEBCALLBACK_ACKNOWLEDGEMENT_DATA, handle, 0, on_ack);
	return 0;
}

int nebmodule_deinit(int flags, int reason)
{
	(void)flags;
	(void)reason;
	neb_deregister_callback(NEBCALLBACK_STATE_CHANGE_DATA, on_state);
	neb_deregister_callback(NEBCALLBACK_ACKNOWLEDGEMENT_DATA, on_ack);
	close(fd);
	return 0;
}
