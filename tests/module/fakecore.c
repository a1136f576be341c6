/*
 * The fake core: what the module calls, and what the cases make it do.
 * Linked into the test binary with -rdynamic, so that twicket.so finds a core in it.
 * Must never be kinder than a real one: descriptors left behind and wild callbacks abort.
 */
#include "tests/module/fakecore_internal.h"

#include <dlfcn.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FDS 64
#define MODULES 4

struct host *host_list;
struct service *service_list;
unsigned long event_broker_options;
iobroker_set *nagios_iobs;

const char *core_version;
int core_command_code;
unsigned core_commands;
char core_last_command[8192], core_command_before[8192];
int64_t core_clock_step_ns, core_clock_offset_ns;

static struct {
	int (*callback[NEBCALLBACK_NUMITEMS])(int, void *);
	unsigned callbacks;
	struct watch {
		int (*handler)(int, int, void *);
		int events;
	} watch[FDS];
	void *module[MODULES];
	unsigned modules;
	int init_code;
	char log[1 << 16];
	size_t log_len;
	unsigned long next_comment;
} core;

void core_die(const char *what)
{
	fprintf(stderr, "fakecore: %s\n", what);
	abort();
}

void *core_take(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		core_die("out of memory");
	return p;
}

/* Before libc's for the module too, since we come first in the search order. */
int clock_gettime(clockid_t clock, struct timespec *t)
{
	int64_t ns;

	syscall(SYS_clock_gettime, clock, t);
	core_clock_offset_ns += core_clock_step_ns;
	ns = t->tv_nsec + core_clock_offset_ns;
	t->tv_sec += ns / 1000000000;
	t->tv_nsec = ns % 1000000000;
	return 0;
}

/* ---- what the module calls ---- */

#ifdef TWICKET_NAEMON
typedef enum NEBCallbackType callback_type;
const char *
#else
typedef int callback_type;
char *
#endif
get_program_version(void)
{
	return (char *)core_version;
}

void core_log(const char *format, va_list args)
{
	int n;

	n = vsnprintf(core.log + core.log_len, sizeof core.log - core.log_len, format, args);
	if (n > 0 && core.log_len + (size_t)n < sizeof core.log)
		core.log_len += (size_t)n;
}

int neb_register_callback(
    callback_type type, void *handle, int priority, int (*callback)(int, void *))
{
	(void)priority;
	if (!handle || (int)type < 0 || type >= NEBCALLBACK_NUMITEMS)
		core_die("bad callback");
	core.callback[type] = callback;
	core.callbacks++;
	return 0;
}

static int watch(int fd, int events, int (*handler)(int, int, void *))
{
	if (fd < 0 || fd >= FDS || core.watch[fd].handler)
		return -1;
	core.watch[fd] = (struct watch){handler, events};
	return 0;
}

int iobroker_register(iobroker_set *set, int fd, void *arg, int (*handler)(int, int, void *))
{
	(void)set, (void)arg;
	return watch(fd, POLLIN | POLLRDHUP, handler);
}

int iobroker_register_out(iobroker_set *set, int fd, void *arg, int (*handler)(int, int, void *))
{
	(void)set, (void)arg;
	return watch(fd, POLLOUT, handler);
}

int iobroker_unregister(iobroker_set *set, int fd)
{
	(void)set;
	if (fd < 0 || fd >= FDS || !core.watch[fd].handler)
		core_die("a descriptor is taken out that is not in the loop");
	core.watch[fd].handler = NULL;
	return 0;
}

struct host *find_host(const char *name)
{
	for (host *h = host_list; h; h = h->next)
		if (!strcmp(h->name, name))
			return h;
	return NULL;
}

struct service *find_service(const char *host_name, const char *name)
{
	for (service *s = service_list; s; s = s->next)
		if (!strcmp(s->host_name, host_name) && !strcmp(s->description, name))
			return s;
	return NULL;
}

struct hostgroup *find_hostgroup(const char *name)
{
	for (hostgroup *g = core_groups; g; g = g->next)
		if (!strcmp(g->group_name, name))
			return g;
	return NULL;
}

struct servicegroup *find_servicegroup(const char *name)
{
	(void)name;
	return NULL;
}

static void acknowledge(void *arg)
{
	service *s = arg;
	char *text = strrchr(core_last_command, ';') + 1;
	nebstruct_acknowledgement_data ds = {
	    .type = NEBTYPE_ACKNOWLEDGEMENT_ADD,
	    .acknowledgement_type = SERVICE_ACKNOWLEDGEMENT,
	    .host_name = s->host_name,
	    .service_description = s->description,
	    .author_name = (char *)"author",
	    .comment_data = text,
	    .is_sticky = TRUE,
	    .object_ptr = s};

#if COMPAT_ACKS_END
	long long end;

	if (strstr(core_last_command, "_PROBLEM_EXPIRE;") &&
	    sscanf(core_last_command, "%*[^;];%*[^;];%*[^;];%*d;%*d;%*d;%lld", &end) == 1)
		ds.end_time = end;
#endif

	core_dispatch(NEBCALLBACK_ACKNOWLEDGEMENT_DATA, &ds);
	s->problem_has_been_acknowledged = TRUE;
	s->acknowledgement_type = ACKNOWLEDGEMENT_STICKY;
	core_add_comment(s, ACKNOWLEDGEMENT_COMMENT, "author", text);
}

static void remove_ack(void *arg)
{
	((service *)arg)->problem_has_been_acknowledged = FALSE;
}

/* Of the commands only as much as the module looks at. */
int process_external_command1(char *line)
{
	char verb[64] = "", host_name[256] = "", name[256] = "", args[600];
	service *s;

	core_commands++;
	memcpy(core_command_before, core_last_command, sizeof core_command_before);
	snprintf(core_last_command, sizeof core_last_command, "%s", line);
	if (sscanf(line, "[%*[0-9]] %63[^;];%255[^;];%255[^;]", verb, host_name, name) < 2)
		return 2;
	memset(line, 'x', strlen(line)); /* it is the core's to write into */
	if (core_command_code)
		return core_command_code;
	s = find_service(host_name, name);
	snprintf(args, sizeof args, "%s;%s", host_name, name);
	if (s && !strncmp(verb, "ACKNOWLEDGE_SVC_PROBLEM", 23))
		core_external(CMD_ACKNOWLEDGE_SVC_PROBLEM, args, acknowledge, s);
	if (s && !strcmp(verb, "REMOVE_SVC_ACKNOWLEDGEMENT"))
		core_external(CMD_REMOVE_SVC_ACKNOWLEDGEMENT, args, remove_ack, s);
	if (!strcmp(verb, "DEL_SVC_DOWNTIME") || !strcmp(verb, "DEL_HOST_DOWNTIME"))
		core_delete_downtime(strtoul(host_name, NULL, 10));
	if (s && !strcmp(verb, "SCHEDULE_SVC_DOWNTIME"))
		core_add_downtime(s->host_ptr, s, 1, 2);
	return 0;
}

static void send_comment(int type, const compat_comment *c)
{
	nebstruct_comment_data ds = {
	    .type = type,
	    .comment_type = c->comment_type,
	    .host_name = c->host_name,
	    .service_description = c->service_description,
	    .author_name = c->author,
	    .comment_data = c->comment_data,
	    .persistent = c->persistent,
	    .entry_type = c->entry_type,
	    .comment_id = c->comment_id};

	core_dispatch(NEBCALLBACK_COMMENT_DATA, &ds);
}

unsigned long core_add_comment(service *s, int entry_type, const char *author, const char *text)
{
	compat_comment *c = core_take(sizeof *c);

	c->comment_type = SERVICE_COMMENT;
	c->entry_type = entry_type;
	c->comment_id = ++core.next_comment;
	c->host_name = strdup(s->host_name);
	c->service_description = strdup(s->description);
	c->author = strdup(author);
	c->comment_data = strdup(text);
	c->next = core_comments;
	core_comments = c;
	core_link_comment(s, c);
	send_comment(NEBTYPE_COMMENT_LOAD, c);
	send_comment(NEBTYPE_COMMENT_ADD, c);
	return c->comment_id;
}

void core_free_comment(compat_comment *c)
{
	free(c->host_name);
	free(c->service_description);
	free(c->author);
	free(c->comment_data);
	free(c);
}

void core_delete_comment(unsigned long id)
{
	compat_comment **at = &core_comments, *c;

	while (*at && (*at)->comment_id != id)
		at = &(*at)->next;
	if (!(c = *at))
		return;
	send_comment(NEBTYPE_COMMENT_DELETE, c);
	*at = c->next;
	core_unlink_comment(c);
	core_free_comment(c);
}

void core_reset(void)
{
	core_unload();
	agent_stop();
	core_free_objects();
	memset(&core, 0, sizeof core);
	event_broker_options = ~0ul;
	core_version = TWICKET_HEADERS;
	core_command_code = 0;
	core_commands = 0;
	core_clock_step_ns = core_clock_offset_ns = 0;
}

/* ---- life ---- */

void core_load(const char *so, const char *args)
{
	int (*init)(int, char *, void *);
	void *handle = dlopen(so, RTLD_NOW | RTLD_GLOBAL);
	int *api = handle ? dlsym(handle, "__neb_api_version") : NULL;
	char copy[512];

	if (!handle)
		core_die(dlerror());
	if (!api || !dlsym(handle, "nebmodule_deinit"))
		core_die("symbols are missing");
	if (core_version && !strcmp(core_version, TWICKET_HEADERS) && *api != CURRENT_NEB_API_VERSION)
		core_die("another number of the interface");
	if (core.modules == MODULES)
		core_die("too many modules");
	core.module[core.modules++] = handle;
	snprintf(copy, sizeof copy, "%s", args ? args : "");
	*(void **)&init = dlsym(handle, "nebmodule_init");
	core.init_code = init(0, args ? copy : NULL, handle);
}

int core_init_code(void)
{
	return core.init_code;
}

unsigned core_callbacks(void)
{
	return core.callbacks;
}

/* As the core: the list of callbacks is gone before the first deinit. */
void core_unload(void)
{
	int (*deinit)(int, int);

	core_stop_timer();
	memset(core.callback, 0, sizeof core.callback);
	core.callbacks = 0;
	for (unsigned i = 0; i < core.modules; i++) {
		*(void **)&deinit = dlsym(core.module[i], "nebmodule_deinit");
		if (deinit(1, 2))
			core_die("deinit failed");
		dlclose(core.module[i]);
	}
	core.modules = 0;
	if (core_descriptors())
		core_die("a descriptor is left in the loop");
}

static void send_process(int type)
{
	nebstruct_process_data ds = {.type = type};

	core_dispatch(NEBCALLBACK_PROCESS_DATA, &ds);
}

void core_enter_loop(void)
{
	send_process(NEBTYPE_PROCESS_EVENTLOOPSTART);
}

void core_leave_loop(int type)
{
	send_process(NEBTYPE_PROCESS_EVENTLOOPEND);
	if (core_descriptors())
		core_die("a descriptor is left in the loop at its end");
	send_process(type);
}

unsigned core_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < FDS; fd++)
		n += core.watch[fd].handler != NULL;
	return n;
}

int core_turn(void)
{
	struct pollfd p[FDS];
	int n = 0, ready = 0;

	for (int fd = 0; fd < FDS; fd++)
		if (core.watch[fd].handler)
			p[n++] = (struct pollfd){.fd = fd, .events = (short)core.watch[fd].events};
	if (poll(p, (nfds_t)n, 0) <= 0)
		return 0;
	for (int i = 0; i < n; i++) {
		if (!p[i].revents || !core.watch[p[i].fd].handler)
			continue;
		core.watch[p[i].fd].handler(p[i].fd, p[i].revents, NULL);
		ready++;
	}
	return ready;
}

void core_tick(unsigned seconds)
{
	while (seconds--) {
		core_clock_offset_ns += 1000000000;
		core_run_timer();
		core_turn();
	}
}

unsigned core_log_count(const char *part)
{
	unsigned n = 0;

	for (const char *at = core.log; (at = strstr(at, part)); at++)
		n++;
	return n;
}

__attribute__((noinline)) void core_dispatch(int type, void *data)
{
	if (core.callback[type])
		core.callback[type](type, data);
}

/* As checks.c: last_* are still the old ones at the callback. */
void core_change(service *s, int state, int state_type)
{
	nebstruct_statechange_data ds = {
	    .type = NEBTYPE_STATECHANGE_END,
	    .statechange_type = SERVICE_STATECHANGE,
	    .timestamp = {time(NULL), 0},
	    .host_name = s->host_name,
	    .service_description = s->description,
	    .object_ptr = s,
	    .output = s->plugin_output};

	s->last_state = s->current_state;
	ds.state = s->current_state = state;
	ds.state_type = s->state_type = state_type;
	core_dispatch(NEBCALLBACK_STATE_CHANGE_DATA, &ds);
	if (state_type == HARD_STATE)
		s->last_hard_state = state;
}

void core_change_host(host *h, int state)
{
	nebstruct_statechange_data ds = {
	    .type = NEBTYPE_STATECHANGE_END,
	    .statechange_type = HOST_STATECHANGE,
	    .host_name = h->name,
	    .object_ptr = h,
	    .state_type = HARD_STATE};

	h->last_state = h->current_state;
	ds.state = h->current_state = state;
	core_dispatch(NEBCALLBACK_STATE_CHANGE_DATA, &ds);
	h->last_hard_state = state;
}

void core_external(int command, const char *args, void (*action)(void *), void *arg)
{
	nebstruct_external_command_data ds = {
	    .type = NEBTYPE_EXTERNALCOMMAND_START,
	    .command_type = command,
	    .command_args = (char *)args};

	core_dispatch(NEBCALLBACK_EXTERNAL_COMMAND_DATA, &ds);
	if (action)
		action(arg);
	ds.type = NEBTYPE_EXTERNALCOMMAND_END;
	core_dispatch(NEBCALLBACK_EXTERNAL_COMMAND_DATA, &ds);
}
