/*
 * GOALS P4: a stand-in core with HOSTS hosts of SERVICES services each, which all go CRITICAL
 * through the real module, as fast as that gets rid of them. Driven by p4.py.
 * Must never count its own cost as the module's more than it cannot help.
 *
 * usage: p4_core twicket.so ARGUMENTS HOSTS SERVICES
 *
 * Prints "ready" once the agent has what it wants to know; a line on its standard input begins the
 * storm. Then "fed FIRST-NS LAST-NS", CLOCK_MONOTONIC; at the end of its input "cpu NS": that of
 * the callbacks and of the loop while the module had something to do in it.
 */
#include "tests/module/fakecore.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uthash.h>

#define BURST 20 /* events from one turn of the loop to the next */
#define WAITING_MOST 4000 /* events that wait in the module: less than its ring holds */
#define IDLE_US 200
#define QUIET_TURNS 500

/* The fake core looks through lists, which is no work of a real one: linked without its two. */
#undef find_host
#undef find_service
struct host *find_host(const char *name);
struct service *find_service(const char *host_name, const char *name);

struct entry {
	UT_hash_handle hh;
	host *host;
	service *service;
	char key[64];
};

static struct entry *entries;
static service **order; /* the first service of every host, then the second of every one */
static int64_t spent_ns;

static void add_entry(host *h, service *s)
{
	struct entry *e = calloc(1, sizeof *e);

	if (!e)
		abort();
	snprintf(e->key, sizeof e->key, "%s/%s", h->name, s ? s->description : "");
	e->host = h;
	e->service = s;
	HASH_ADD_STR(entries, key, e);
}

static struct entry *find(const char *host_name, const char *name)
{
	struct entry *e;
	char key[sizeof e->key];

	snprintf(key, sizeof key, "%s/%s", host_name, name);
	HASH_FIND_STR(entries, key, e);
	return e;
}

struct host *find_host(const char *name)
{
	struct entry *e = find(name, "");

	return e ? e->host : NULL;
}

struct service *find_service(const char *host_name, const char *name)
{
	struct entry *e = find(host_name, name);

	return e ? e->service : NULL;
}

/* By the system call: the fake core has a clock_gettime of its own. */
static int64_t now_ns(clockid_t clock)
{
	struct timespec t;

	syscall(SYS_clock_gettime, clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void build(long hosts, long services)
{
	char text[200];

	order = calloc((size_t)(hosts * services), sizeof *order);
	if (!order)
		abort();
	for (long i = 0; i < hosts; i++) {
		host *h;

		snprintf(text, sizeof text, "host%05ld", i);
		h = core_add_host(text);
		add_entry(h, NULL);
		for (long k = 0; k < services; k++) {
			service *s;

			snprintf(text, sizeof text, "service-%03ld", k);
			s = core_add_service(h, text);
			snprintf(
			    text, sizeof text,
			    "CRITICAL - load average: 41.20, 38.11, 30.02 on host%05ld by "
			    "service-%03ld, limit 30 (sustained for 5 min), see page 7",
			    i, k);
			s->plugin_output = strdup(text);
			add_entry(h, s);
			order[k * hosts + i] = s;
		}
	}
}

/* One turn; true when the module did something. */
static int turn(void)
{
	int64_t start = now_ns(CLOCK_THREAD_CPUTIME_ID);

	if (!core_turn()) {
		usleep(IDLE_US);
		return 0;
	}
	spent_ns += now_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	return 1;
}

/* The module has something that it could not write yet: then it watches for room. */
static int is_behind(void)
{
	return core_descriptors() > 1;
}

static void settle(void)
{
	for (int quiet = 0; quiet < QUIET_TURNS;)
		quiet = turn() ? 0 : quiet + 1;
}

static void burst(service **at, long n)
{
	int64_t start = now_ns(CLOCK_THREAD_CPUTIME_ID);

	for (long i = 0; i < n; i++)
		core_change(at[i], 2, HARD_STATE);
	spent_ns += now_ns(CLOCK_THREAD_CPUTIME_ID) - start;
}

static void storm(long events)
{
	int64_t first = now_ns(CLOCK_MONOTONIC);
	long waiting = 0;

	for (long at = 0; at < events; at += BURST) {
		long n = events - at < BURST ? events - at : BURST;

		burst(order + at, n);
		turn();
		waiting = is_behind() ? waiting + n : 0;
		if (waiting < WAITING_MOST)
			continue;
		while (is_behind())
			turn();
		waiting = 0;
	}
	printf("fed %lld %lld\n", (long long)first, (long long)now_ns(CLOCK_MONOTONIC));
	fflush(stdout);
}

/* 1: there is a line; 0: not yet; -1: it ended. */
static int input(void)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	char line[16];

	if (poll(&p, 1, 0) <= 0)
		return 0;
	return read(STDIN_FILENO, line, sizeof line) > 0 ? 1 : -1;
}

int main(int argc, char **argv)
{
	long hosts, services;
	int said;

	if (argc != 5)
		return 2;
	hosts = strtol(argv[3], NULL, 10);
	services = strtol(argv[4], NULL, 10);
	core_reset();
	build(hosts, services);
	core_load(argv[1], argv[2]);
	core_enter_loop();
	settle();
	printf("ready\n");
	fflush(stdout);
	while (!(said = input()))
		turn();
	spent_ns = 0;
	if (said == 1)
		storm(hosts * services);
	while (input() != -1)
		turn();
	printf("cpu %lld\n", (long long)spent_ns);
	core_leave_loop(NEBTYPE_PROCESS_SHUTDOWN);
	return 0;
}
