/*
 * The event-broker module: callbacks of the core in, messages to the agent out.
 * Loaded by the core's broker_module line; sees its headers through neb_compat.h.
 * Must never stop the core: not at load, whatever is wrong, and not later.
 */
#include "module/neb_compat.h"

#include <dlfcn.h>
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "common/event.h"
#include "module/args.h"
#include "module/callback.h"
#include "module/command.h"
#include "module/describe.h"
#include "module/family.h"
#include "module/recheck.h"
#include "module/sender.h"
#include "module/snapshot.h"

#define EXPORT __attribute__((visibility("default")))
#define NO_UID ((uid_t)-1) /* no process has it */

static struct {
	int is_loaded; /* of two broker_module lines with one file, which share this, one works */
	int is_in_loop; /* between EVENTLOOPSTART and EVENTLOOPEND: objects and descriptors are real */
	struct sender_config config;
} neb;

EXPORT int __neb_api_version = CURRENT_NEB_API_VERSION;
EXPORT int nebmodule_init(int flags, char *args, void *handle);
EXPORT int nebmodule_deinit(int flags, int reason);

static void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void log_error(const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	compat_log(1, line);
}

static void log_line(const char *line)
{
	compat_log(0, line);
}

static int64_t time_us(const struct timeval *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_usec;
}

/* ---- what the agent sends ---- */

static void on_ready(void)
{
	snapshot_reset();
	describe_reset();
	recheck_reset();
	snapshot_request(0);
}

static void on_lost(void)
{
	snapshot_request(0);
}

static int on_work(void)
{
	struct slice slice;
	int more;

	slice_start(&slice);
	more = describe_work(&slice);
	return snapshot_work(&slice) || more;
}

/* A frame that needs an answer waits until there is room for one: so nothing is done unanswered. */
static enum sender_verdict on_frame(const struct event *ev)
{
	switch ((enum event_type)ev->type) {
	case EVENT_SNAPSHOT: snapshot_request(ev->id); return SENDER_DONE;
	case EVENT_DESCRIBE:
	case EVENT_GROUP:
	case EVENT_LIST:
		if (describe_is_busy())
			return SENDER_LATER;
		describe_start(ev);
		return SENDER_DONE;
	case EVENT_COMMAND:
		if (!sender_has_room(EVENT_MAX))
			return SENDER_LATER;
		command_run(ev);
		return SENDER_DONE;
	case EVENT_HELLO:
	case EVENT_STATE:
	case EVENT_OBJECT:
	case EVENT_SNAP_BEGIN:
	case EVENT_SNAP_END:
	case EVENT_ACK:
	case EVENT_ACK_GONE:
	case EVENT_COMMENT:
	case EVENT_COMMENT_GONE:
	case EVENT_DOWNTIME:
	case EVENT_FLAPPING:
	case EVENT_NOTIFIED:
	case EVENT_PROCESS:
	case EVENT_LOST:
	case EVENT_DESCRIPTION:
	case EVENT_MEMBERS:
	case EVENT_INVENTORY:
	case EVENT_INVENTORY_END:
	case EVENT_RESULT:
	case EVENT_WELCOME:
	case EVENT_REFUSE: break;
	}
	return SENDER_BAD;
}

/* ---- the core's loop ---- */

static int on_socket_in(int fd, int events, void *arg)
{
	(void)fd, (void)events, (void)arg;
	sender_on_readable();
	return 0;
}

static int on_socket_out(int fd, int events, void *arg)
{
	(void)fd, (void)events, (void)arg;
	sender_on_writable();
	return 0;
}

static int watch_in(int fd)
{
	return iobroker_register(nagios_iobs, fd, NULL, on_socket_in);
}

static int watch_out(int fd)
{
	return iobroker_register_out(nagios_iobs, fd, NULL, on_socket_out);
}

static void unwatch(int fd)
{
	iobroker_unregister(nagios_iobs, fd);
}

static void on_tick(void *arg)
{
	(void)arg;
	if (!neb.is_in_loop)
		return;
	recheck_look();
	sender_on_tick(slice_clock_ns() / 1000000);
}

static void enter_loop(void)
{
	static const struct sender_hooks hooks = {
	    .watch_in = watch_in,
	    .watch_out = watch_out,
	    .unwatch = unwatch,
	    .log = log_line,
	    .ready = on_ready,
	    .lost = on_lost,
	    .take = on_frame,
	    .work = on_work};

	if (neb.is_in_loop)
		return;
	if (sender_open(&neb.config, &hooks)) {
		log_error(
		    "no memory for a ring of %zu bytes; the module does nothing",
		    neb.config.ring_bytes);
		return;
	}
	if (!compat_start_tick(on_tick)) {
		log_error("the core schedules no timer; the module does nothing");
		sender_close();
		return;
	}
	neb.is_in_loop = 1;
	callback_reset();
	recheck_reset();
	on_tick(NULL);
}

/* After this the core may free its objects, its descriptors and this module at any moment. */
static void leave_loop(void)
{
	if (!neb.is_in_loop)
		return;
	neb.is_in_loop = 0;
	sender_leave_loop();
}

static void say_farewell(enum event_process what)
{
	struct event ev = {.type = EVENT_PROCESS, .sub = (uint8_t)what};
	struct timeval now;
	uint64_t undelivered;

	if (sender_is_ready()) {
		gettimeofday(&now, NULL);
		ev.time_us = time_us(&now);
		sender_put(&ev);
		sender_flush();
	}
	if (sender_skipped())
		log_error(
		    "%llu messages were skipped for names longer than %u bytes",
		    (unsigned long long)sender_skipped(), EVENT_NAME_MAX);
	undelivered = sender_close();
	if (undelivered)
		log_error(
		    "%llu events did not reach the agent; it learns from the next snapshot how things stand",
		    (unsigned long long)undelivered);
}

static int on_process(int callback, void *data)
{
	const nebstruct_process_data *ds = data;

	(void)callback;
	switch (ds->type) {
	case NEBTYPE_PROCESS_EVENTLOOPSTART: enter_loop(); break;
	case NEBTYPE_PROCESS_EVENTLOOPEND: leave_loop(); break;
	case NEBTYPE_PROCESS_RESTART: say_farewell(EVENT_PROCESS_RESTART); break;
	case NEBTYPE_PROCESS_SHUTDOWN: say_farewell(EVENT_PROCESS_SHUTDOWN); break;
	}
	return 0;
}

/* ---- load and unload ---- */

/* Before the core looks at the number: a wrong one is refused by us, with our words, and it runs on. */
__attribute__((constructor)) static void adapt(void)
{
	__neb_api_version = family_api(compat_core(), compat_version());
}

static void read_boot_id(char *out, size_t cap)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!f || !fgets(out, (int)cap, f))
		snprintf(out, cap, "unknown");
	if (f)
		fclose(f);
	out[strcspn(out, "\n")] = '\0';
}

static void make_epoch(char *out, size_t cap)
{
	char boot[48];
	struct timeval now;

	read_boot_id(boot, sizeof boot);
	gettimeofday(&now, NULL);
	snprintf(out, cap, "%s.%lld", boot, (long long)time_us(&now));
}

static uid_t find_uid(const char *name)
{
	const struct passwd *user = getpwnam(name);

	if (user)
		return user->pw_uid;
	log_error(
	    "there is no user \"%s\" (user=): only an agent that runs as root is accepted", name);
	return NO_UID;
}

static int configure(const char *line)
{
	struct args args;
	char err[300];

	if (args_parse(line, &args, err, sizeof err)) {
		log_error("%s; the module does nothing", err);
		return -1;
	}
	memset(&neb.config, 0, sizeof neb.config);
	snprintf(neb.config.node, sizeof neb.config.node, "%s", args.node);
	if (!*args.node && gethostname(neb.config.node, 256)) {
		log_error(
		    "no host name (%s) and no node=; the module does nothing", strerror(errno));
		return -1;
	}
	memcpy(neb.config.socket, args.socket, sizeof neb.config.socket);
	snprintf(neb.config.core, sizeof neb.config.core, COMPAT_NAME " %s", compat_version());
	make_epoch(neb.config.epoch, sizeof neb.config.epoch);
	neb.config.ring_bytes = args.ring_kib * 1024;
	neb.config.agent_uid = find_uid(args.user);
	return 0;
}

/* The path that the core loaded us from: says where the modules for other cores are. */
static const char *own_file(void)
{
	Dl_info info;

	return dladdr((void *)nebmodule_init, &info) ? info.dli_fname : NULL;
}

static void refuse_core(void)
{
	char line[600];

	family_advise(
	    compat_family(), compat_core(), compat_version(), own_file(), line, sizeof line);
	compat_log(1, line);
}

static int is_usable(void)
{
	if (neb.is_loaded) {
		log_error(
		    "loaded twice: remove one of the broker_module lines; the second does nothing");
		return 0;
	}
	if (!compat_is_our_core()) {
		refuse_core();
		return 0;
	}
	if (!compat_brokers_all()) {
		log_error("event_broker_options must be -1; the module does nothing");
		return 0;
	}
	return 1;
}

static void register_callbacks(void *handle)
{
	static const struct {
		int type;
		int (*callback)(int, void *);
	} table[] = {
	    {NEBCALLBACK_PROCESS_DATA, on_process},
	    {NEBCALLBACK_STATE_CHANGE_DATA, callback_state},
	    {NEBCALLBACK_ACKNOWLEDGEMENT_DATA, callback_ack},
	    {NEBCALLBACK_COMMENT_DATA, callback_comment},
	    {NEBCALLBACK_DOWNTIME_DATA, callback_downtime},
	    {NEBCALLBACK_FLAPPING_DATA, callback_flapping},
	    {NEBCALLBACK_CONTACT_NOTIFICATION_DATA, callback_contact_notification},
	    {NEBCALLBACK_EXTERNAL_COMMAND_DATA, callback_external_command}};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (neb_register_callback(table[i].type, handle, 0, table[i].callback))
			log_error("the core refuses callback %d", table[i].type);
}

/* Always 0: for anything else the core would not start at all. */
int nebmodule_init(int flags, char *args, void *handle)
{
	(void)flags;
	if (!is_usable() || configure(args))
		return 0;
	neb.is_loaded = 1;
	register_callbacks(handle);
	log_line("module " TWICKET_VERSION " loaded");
	return 0;
}

/* Callbacks are left to the core: neb_deregister_callback() can drop those of other modules. */
int nebmodule_deinit(int flags, int reason)
{
	(void)flags, (void)reason;
	if (!neb.is_loaded)
		return 0;
	leave_loop();
	sender_close();
	neb.is_loaded = 0;
	return 0;
}
