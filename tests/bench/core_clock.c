/*
 * A second module for the core under measurement: when a state changed and when an
 * acknowledgement took effect, CLOCK_MONOTONIC, as lines in the file of its argument.
 * Loaded beside twicket.so by core.py; one write a line, and nothing else.
 *
 *   state NS HOST SERVICE       ack NS HOST SERVICE
 *   stall NS MICROSECONDS -     with the further argument "stalls": the core's loop, which has a
 *                               timer of PERIOD_MS in it, came back so late
 */
#include "module/neb_compat.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_MS 5
#define TELL_MS 8 /* a shorter time between two turns is none that anybody waits for */

NEB_API_VERSION(CURRENT_NEB_API_VERSION)

static int fd = -1, timer = -1;
static int is_watched;
static int64_t turned_ns; /* when the loop came to the timer last */

static int64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void put(const char *what, const char *host_name, const char *service_name)
{
	char line[512];
	int n;

	n = snprintf(
	    line, sizeof line, "%s %lld %s %s\n", what, (long long)clock_ns(), host_name,
	    service_name ? service_name : "-");
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

static int on_timer(int timer_fd, int events, void *arg)
{
	int64_t now_ns = clock_ns();
	char text[24];
	uint64_t n;

	(void)events, (void)arg;
	if (read(timer_fd, &n, sizeof n) != sizeof n)
		return 0;
	if (turned_ns && now_ns - turned_ns > TELL_MS * INT64_C(1000000)) {
		snprintf(text, sizeof text, "%lld", (long long)(now_ns - turned_ns) / 1000);
		put("stall", text, NULL);
	}
	turned_ns = now_ns;
	return 0;
}

static int on_process(int type, void *data)
{
	(void)type;
	if (((nebstruct_process_data *)data)->type == NEBTYPE_PROCESS_EVENTLOOPSTART && !is_watched)
		is_watched = iobroker_register(nagios_iobs, timer, NULL, on_timer) == 0;
	return 0;
}

static int start_timer(void *handle)
{
	const struct itimerspec each = {{0, PERIOD_MS * 1000000}, {0, PERIOD_MS * 1000000}};

	timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (timer < 0 || timerfd_settime(timer, 0, &each, NULL))
		return -1;
	return neb_register_callback(NEBCALLBACK_PROCESS_DATA, handle, 0, on_process);
}

int nebmodule_init(int flags, char *args, void *handle)
{
	char *more = args ? strchr(args, ' ') : NULL;

	(void)flags;
	if (more)
		*more = '\0';
	fd = open(args ? args : "", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0 || (more && !strcmp(more + 1, "stalls") && start_timer(handle)))
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
	neb_deregister_callback(NEBCALLBACK_PROCESS_DATA, on_process);
	if (is_watched)
		iobroker_unregister(nagios_iobs, timer);
	if (timer >= 0)
		close(timer);
	close(fd);
	return 0;
}
