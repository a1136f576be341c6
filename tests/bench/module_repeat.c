/*
 * Sends one state change and then N repeats of it (a volatile service, HARD) to
 * twicket.so in the fake core, for callgrind to count inside core_dispatch();
 * with "changes" N changes instead. Run by module_instr.sh.
 * Fails when a repeat reaches the agent, or a change does not.
 *
 * usage: module_repeat twicket.so N [changes]
 */
#include "tests/module/fakecore.h"

#include <unistd.h>

#define BURST 50 /* events in one turn of the core's loop */
/* As long as that of the other measurement */
#define OUTPUT                                                                                     \
	"CRITICAL - load average: 41.20, 38.11, 30.02, and so on until there are about a hundred " \
	"and ten characters   "

static int repeat(service *s, long n)
{
	s->current_state = s->last_hard_state = 2;
	while (n-- > 0)
		core_change(s, 2, HARD_STATE);
	return agent_next() == NULL;
}

static int change(service *s, long n)
{
	s->plugin_output = (char *)OUTPUT;
	for (; n > 0; n -= BURST) {
		for (int i = 0; i < BURST; i++)
			core_change(s, 1 + (i & 1), HARD_STATE);
		for (int i = 0; i < BURST; i++)
			if (!agent_find(EVENT_STATE))
				return 0;
	}
	return 1;
}

int main(int argc, char **argv)
{
	char args[200];
	service *s;
	long n;
	int is_well;

	if (argc != 3 && (argc != 4 || strcmp(argv[3], "changes")))
		return 2;
	core_reset();
	snprintf(agent_path, sizeof agent_path, "/tmp/twicket-repeat-%d.sock", (int)getpid());
	snprintf(args, sizeof args, "socket=%s user=root", agent_path);
	s = core_add_service(core_add_host("web"), "http");
	agent_listen(geteuid());
	core_load(argv[1], args);
	core_enter_loop();
	agent_welcome();
	n = strtol(argv[2], NULL, 10);
	is_well = argc == 4 ? change(s, n) : repeat(s, n);
	if (!is_well) {
		fprintf(stderr, "module_repeat: %s\n", argc == 4 ? "a change was lost" : "a repeat was sent");
		return 1;
	}
	core_leave_loop(NEBTYPE_PROCESS_SHUTDOWN);
	core_reset();
	return 0;
}
