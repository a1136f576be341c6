/*
 * twicket.so in a fake core, case by case; run under valgrind by `make check-module`.
 * usage: cases twicket.so [NAME]. Prints the number of cases.
 * Never sleeps: time is the fake core's.
 */
#include "tests/module/cases.h"

#include <pwd.h>
#include <unistd.h>

const char *case_so;
static const char *running;
static char args[300];

void case_fail(const char *what, int line)
{
	fprintf(stderr, "%s: line %d: not true: %s\n", running, line, what);
	exit(1);
}

const char *case_args(const char *more)
{
	const struct passwd *me = getpwuid(getuid());

	snprintf(
	    args, sizeof args, "node=n1 socket=%s user=%s %s", agent_path,
	    me ? me->pw_name : "root", more);
	return args;
}

/* A core with one host and two services, the module loaded, the loop entered. */
service *case_start(const char *more)
{
	host *h;
	service *s;

	h = core_add_host("web");
	s = core_add_service(h, "http");
	core_add_service(h, "ssh");
	agent_listen(geteuid());
	core_load(case_so, case_args(more));
	core_enter_loop();
	return s;
}

service *case_start_connected(const char *more)
{
	service *s = case_start(more);

	agent_welcome();
	return s;
}

void case_stop(void)
{
	core_leave_loop(NEBTYPE_PROCESS_SHUTDOWN);
	core_unload();
}

const struct event *
case_order(unsigned verb, const char *name, const char *author, const char *text, const char *mark)
{
	struct event ev = {
	    .type = EVENT_COMMAND,
	    .id = 5,
	    .sub = (uint8_t)verb,
	    .kind = EVENT_SERVICE,
	    .flags = EVENT_STICKY,
	    .host = "web",
	    .service = name,
	    .author = author,
	    .text = text,
	    .mark = mark};

	agent_send(&ev);
	return agent_find(EVENT_RESULT);
}

void case_add_problems(host *h, unsigned n)
{
	char name[32];

	while (n--) {
		snprintf(name, sizeof name, "s%u", n);
		core_add_service(h, name)->current_state = 2;
	}
}

static unsigned run(const struct test *tests, const char *only)
{
	unsigned n = 0;

	for (; tests->name; tests++) {
		if (only && strcmp(only, tests->name))
			continue;
		running = tests->name;
		core_reset();
		tests->run();
		n++;
	}
	return n;
}

int main(int argc, char **argv)
{
	const char *only = argc > 2 ? argv[2] : NULL;
	unsigned n;

	if (argc < 2)
		return 2;
	case_so = argv[1];
	snprintf(agent_path, sizeof agent_path, "/tmp/twicket-cases-%d.sock", (int)getpid());
	n = run(case_connection, only) + run(case_events, only) + run(case_ring, only) +
	    run(case_away, only) + run(case_commands, only) + run(case_acts, only);
	core_reset();
	printf("module: %u cases\n", n);
	return 0;
}
