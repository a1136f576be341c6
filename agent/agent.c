/*
 * The loop. Called by main.c; calls core.c, the module source, the control socket
 * and http.c, in that order, once per turn.
 * Must never decide anything about incidents, and never block but in the one poll.
 */
#include "agent/agent.h"

#include "agent/agent_config.h"
#include "agent/census.h"
#include "agent/chance.h"
#include "agent/control.h"
#include "agent/core.h"
#include "agent/http.h"
#include "agent/last_words.h"
#include "agent/secret.h"
#include "agent/sources.h"
#include "agent/time_zone.h"
#include "common/log.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FDS_MAX 128
#define WAIT_MAX_MS 60000
#define PATH_SIZE 4096
#define TRIM_MS 10000
#define TRIM_BYTES (512u << 10)

struct agent {
	const struct agent_options *options;
	struct config *config;
	struct store *store;
	struct http *http;
	struct core *core;
	struct sources *sources;
	struct control *control;
	struct census *census;
	struct carrier carrier;
	struct now now;
	char boot_id[64];
	int signals, lock;
	int64_t trimmed_ms; /* boot */
	bool stop, reload;
	bool is_second; /* another agent has our state_dir */
	bool wants_objects; /* the core does, and not only how many */
};

/* --- what is real ---------------------------------------------------------------- */

static int64_t clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void read_clock(struct agent *a)
{
	a->now.wall_ms = clock_ms(CLOCK_REALTIME);
	a->now.boot_ms = clock_ms(CLOCK_BOOTTIME);
}

static void read_boot_id(struct agent *a)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (f && fgets(a->boot_id, sizeof a->boot_id, f))
		a->boot_id[strcspn(a->boot_id, "\n")] = '\0';
	if (f)
		fclose(f);
}

/* --- between core and http --------------------------------------------------------- */

static void *submit(void *arg, unsigned account, const struct request *request,
		    void (*done)(void *done_arg, const struct answer *answer), void *done_arg)
{
	struct agent *a = arg;
	const struct config *config = core_config(a->core);
	struct http_route route = {0};
	struct http_call *call;
	struct err err;

	if (account < config->n_accounts) {
		route.proxy = config->accounts[account].proxy;
		route.ca_file = config->accounts[account].ca_file;
	} else if (config->desk) {
		route.proxy = config->desk->proxy;
		route.ca_file = config->desk->ca_file;
	}
	call = http_submit(a->http, request, &route, done, done_arg, &err);
	if (!call)
		log_warnx("agent", "request not sent: %s", err.text);
	return call;
}

static void cancel(void *arg, void *handle)
{
	(void)arg;
	http_cancel(handle);
}

/* --- between core and source --------------------------------------------------------- */

static void on_counted(void *arg, const char *node, const struct event *ev)
{
	struct agent *a = arg;
	struct census_counts counts;

	if (ev) {
		census_take(a->census, core_config(a->core)->sentinels, node, ev);
		return;
	}
	counts = census_end(a->census, node);
	if (core_config(a->core)->sentinels)
		core_inventory(a->core, node, counts.objects, counts.sentinels, &a->now);
	if (a->wants_objects)
		core_watched(a->core, NULL, &a->now);
}

static void on_seen(void *arg, const struct object *o)
{
	struct agent *a = arg;

	if (a->wants_objects)
		core_watched(a->core, o, &a->now);
}

/* How much is watched, and by how many we see that we see: asked only where somebody wants to know. */
static void count_objects(struct agent *a)
{
	unsigned nodes = 0;

	sources_inventory_cancel(a->sources, a);
	census_destroy(a->census);
	a->census = census_create(on_seen, a);
	if (a->census && (a->wants_objects || core_config(a->core)->sentinels))
		nodes = sources_inventory(a->sources, on_counted, a);
	if (a->wants_objects)
		core_watch(a->core, nodes);
}

static void inventory(void *arg)
{
	struct agent *a = arg;

	a->wants_objects = true;
	count_objects(a);
}

static void on_up(void *arg, const char *node, const char *epoch)
{
	struct agent *a = arg;

	core_node_up(a->core, node, epoch, &a->now);
	count_objects(a);
}

static void on_down(void *arg, const char *node)
{
	struct agent *a = arg;

	core_node_down(a->core, node, &a->now);
	if (core_awaits_objects(a->core)) /* the rest of its will not come */
		count_objects(a);
}

static void on_event(void *arg, const char *node, const struct event *ev)
{
	struct agent *a = arg;

	core_event(a->core, node, ev, &a->now);
}

static void on_object(void *arg, const char *node, unsigned kind, const char *host, const char *service,
		      struct object *o)
{
	struct agent *a = arg;

	core_object(a->core, node, kind, host, service, o, &a->now);
}

static void describe(void *arg, const char *node, unsigned kind, const char *host, const char *service)
{
	struct agent *a = arg;

	sources_describe(a->sources, node, kind, host, service);
}

static int command(void *arg, const char *node, const struct event *cmd)
{
	struct agent *a = arg;

	return sources_command(a->sources, node, cmd);
}

static void local_done(void *arg, void *ticket, const struct reply_row *reply)
{
	struct agent *a = arg;

	control_reply_done(a->control, ticket, reply, &a->now);
}

static int load_token(const struct config_account *account, char **token, struct err *err)
{
	switch (secret_load(account, token, err)) {
	case SECRET_OK: return 0;
	case SECRET_NONE: return err_set(err, "no token yet: twicket auth %s", account->name);
	case SECRET_ERROR: break;
	}
	return -1;
}

/* --- configuration -------------------------------------------------------------------- */

/* A file that is wrong changes nothing but the log. */
static void reload(struct agent *a)
{
	struct err err = {{0}};
	struct config *fresh = agent_config_load(a->options, a->config, &err), *old = a->config;

	a->reload = false;
	if (!fresh) {
		log_warnx("agent", "%s has errors: the running configuration stays", a->options->config_path);
		return;
	}
	if (strcmp(fresh->state_dir, old->state_dir) != 0 || strcmp(fresh->run_dir, old->run_dir) != 0)
		log_warnx("agent", "state_dir and run_dir only change with a restart");
	if (core_set_config(a->core, fresh, &a->now, &err) == -1) {
		log_warnx("agent", "%s: the running configuration stays", err.text);
		config_destroy(fresh);
		return;
	}
	a->config = fresh;
	sources_set_config(a->sources, fresh);
	count_objects(a);
	log_setup(fresh->log, fresh->log_format);
	time_zone_use(fresh->timezone);
	config_destroy(old);
	log_info("agent", "configuration reloaded");
}

/* --- start and end ----------------------------------------------------------------------- */

static int make_dir(const char *path, mode_t mode, struct err *err)
{
	if (mkdir(path, mode) == 0)
		return chmod(path, mode) == 0 ? 0 : err_set(err, "%s: %s", path, strerror(errno)); /* whatever the umask */
	if (errno == EEXIST)
		return 0;
	return err_set(err, "%s: cannot make this folder: %s", path, strerror(errno));
}

/* Two agents on one store would both post what waits in it. Held until we end. */
static int lock_state(struct agent *a, struct err *err)
{
	char path[PATH_SIZE];

	if ((size_t)snprintf(path, sizeof path, "%s/lock", a->config->state_dir) >= sizeof path)
		return err_set(err, "%s: path too long", a->config->state_dir);
	a->lock = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (a->lock == -1 && errno == EROFS)
		return err_set(err, "%s: its file system is read-only; look into dmesg for the reason", path);
	if (a->lock == -1)
		return err_set(err, "%s: %s", path, strerror(errno));
	a->is_second = flock(a->lock, LOCK_EX | LOCK_NB) == -1;
	return !a->is_second ? 0 : err_set(err, "%s: another twicketd uses this state_dir", a->config->state_dir);
}

static int open_store(struct agent *a, struct err *err)
{
	char path[PATH_SIZE];

	if (make_dir(a->config->run_dir, 0755, err) == -1 || make_dir(a->config->state_dir, 0700, err) == -1 ||
	    lock_state(a, err) == -1)
		return -1;
	if ((size_t)snprintf(path, sizeof path, "%s/twicket.db", a->config->state_dir) >= sizeof path)
		return err_set(err, "%s: path too long", a->config->state_dir);
	a->store = store_open(path, err);
	return a->store ? 0 : -1;
}

static int open_sockets(struct agent *a, struct err *err)
{
	const struct source_events events = {.arg = a, .up = on_up, .down = on_down, .event = on_event,
					     .object = on_object};
	char path[PATH_SIZE];

	if ((size_t)snprintf(path, sizeof path, "%s/core.sock", a->config->run_dir) >= sizeof path)
		return err_set(err, "%s: path too long", a->config->run_dir);
	a->sources = sources_create(path, a->config, a->http, &events, err);
	if (!a->sources)
		return -1;
	snprintf(path, sizeof path, "%s/control.sock", a->config->run_dir);
	a->control = control_create(path, a->core, a->sources, err);
	return a->control ? 0 : -1;
}

static int open_core(struct agent *a, struct err *err)
{
	const struct core_env env = {
		.carrier = &a->carrier,
		.random = chance_bytes,
		.notifier = notifier_find,
		.desk = desk_find,
		.load_token = load_token,
		.free_token = secret_free,
		.boot_id = a->boot_id,
		.source_arg = a,
		.describe = describe,
		.command = command,
		.inventory = inventory,
		.local_arg = a,
		.local_done = local_done,
	};

	a->carrier = (struct carrier){.submit = submit, .cancel = cancel, .arg = a};
	a->http = http_create("twicket/" TWICKET_VERSION " (+monitoring status)", err);
	if (!a->http)
		return -1;
	a->core = core_create(a->config, a->store, &env, &a->now, err);
	return a->core ? 0 : -1;
}

static int open_signals(struct agent *a, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a full disk, which we live through */
	a->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return a->signals == -1 ? err_set(err, "signalfd: %s", strerror(errno)) : 0;
}

/* Tokens live in this process: no core file, and nobody else may look into its memory. */
static void keep_secrets(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	umask(0077);
}

static void take_signals(struct agent *a)
{
	struct signalfd_siginfo info;

	while (read(a->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGHUP)
			a->reload = true;
		else
			a->stop = true;
	}
}

/* A storm leaves its queue's memory free, in holes that only malloc_trim() gives back. */
static void trim_memory(struct agent *a)
{
	if (a->now.boot_ms - a->trimmed_ms < TRIM_MS)
		return;
	a->trimmed_ms = a->now.boot_ms;
	store_trim(a->store);
	if (mallinfo2().fordblks > TRIM_BYTES)
		malloc_trim(0);
}

static int wait_ms(const struct agent *a)
{
	int ms = core_wait_ms(a->core, &a->now, *a->config->metrics_file ? METRICS_MS : WAIT_MAX_MS);

	return sources_wait_ms(a->sources, &a->now, ms);
}

static bool is_any_ready(const struct curl_waitfd *fds, unsigned n)
{
	while (n--)
		if (fds[n].revents)
			return true;
	return false;
}

/* In a storm most turns are the network's: to ask each socket costs more than the poll that knew. */
static void serve_sockets(struct agent *a, const struct curl_waitfd *fds, unsigned n_source, unsigned n_control)
{
	if (is_any_ready(fds, n_source))
		sources_ready(a->sources, &a->now);
	if (is_any_ready(fds + n_source, n_control) || !control_is_idle(a->control))
		control_ready(a->control, &a->now);
}

static void loop(struct agent *a)
{
	struct curl_waitfd fds[FDS_MAX];

	while (!a->stop) {
		unsigned n_source, n_control;

		fds[0] = (struct curl_waitfd){.fd = a->signals, .events = CURL_WAIT_POLLIN};
		n_source = sources_fds(a->sources, fds + 1, FDS_MAX / 2);
		n_control = control_fds(a->control, fds + 1 + n_source, FDS_MAX - 1 - n_source);
		read_clock(a);
		http_wait(a->http, fds, 1 + n_source + n_control, wait_ms(a));
		read_clock(a);
		take_signals(a);
		if (a->reload)
			reload(a);
		serve_sockets(a, fds + 1, n_source, n_control);
		sources_turn(a->sources, &a->now);
		if (a->stop || !core_is_gathering(a->core, &a->now)) {
			core_turn(a->core, &a->now);
			read_clock(a); /* the turn itself took time */
			core_turned(a->core, &a->now);
		}
		control_metrics(a->control, &a->now);
		sources_flush(a->sources);
		trim_memory(a);
	}
}

static void agent_finish(struct agent *a)
{
	sources_destroy(a->sources);
	control_destroy(a->control);
	census_destroy(a->census);
	core_destroy(a->core);
	http_destroy(a->http);
	store_close(a->store);
	config_destroy(a->config);
	if (a->signals != -1)
		close(a->signals);
	if (a->lock != -1)
		close(a->lock);
}

int agent_run(const struct agent_options *options)
{
	struct agent a = {.options = options, .signals = -1, .lock = -1};
	struct err err = {{0}};
	int status = AGENT_LATER;

	keep_secrets();
	read_clock(&a);
	read_boot_id(&a);
	a.config = agent_config_load(options, NULL, &err);
	if (!a.config) {
		last_words_leave_alone(options->run_dir, err.text);
		return AGENT_WRONG;
	}
	time_zone_use(a.config->timezone);
	if (open_signals(&a, &err) == -1 || open_store(&a, &err) == -1 || open_core(&a, &err) == -1 ||
	    open_sockets(&a, &err) == -1) {
		log_warnx("agent", "not started: %s", err.text);
		if (!a.is_second) /* the first speaks for itself */
			last_words_leave(a.config->run_dir, err.text);
		goto out;
	}
	last_words_take_back(a.config->run_dir);
	log_info("agent", "twicketd " TWICKET_VERSION " ready, %u accounts, %u audiences", a.config->n_accounts,
		 a.config->n_audiences);
	loop(&a);
	log_info("agent", "stopped");
	status = 0;
out:
	agent_finish(&a);
	return status;
}
