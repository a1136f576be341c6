/*
 * Sends one state change and then N repeats of it (a volatile service, HARD) to
 * twicket.so in the fake core, for callgrind to count inside core_dispatch().
 * Run by module_instr.sh. Fails when a repeat reaches the agent.
 *
 * usage: module_repeat twicket.so N
 */
#include "tests/module/fakecore.h"

#include <unistd.h>

int main(int argc, char **argv)
{
	char args[200];
	service *s;
	long n;

	if (argc != 3)
		return 2;
	core_reset();
	snprintf(agent_path, sizeof agent_path, "/tmp/twicket-repeat-%d.sock", (int)getpid());
	snprintf(args, sizeof args, "socket=%s user=root", agent_path);
	s = core_add_service(core_add_host("web"), "http");
	agent_listen(geteuid());
	core_load(argv[1], args);
	core_enter_loop();
	agent_welcome();
	s->current_state = s->last_hard_state = 2;
	for (n = strtol(argv[2], NULL, 10); n > 0; n--)
		core_change(s, 2, HARD_STATE);
	if (agent_next()) {
		fprintf(stderr, "module_repeat: a repeat was sent\n");
		return 1;
	}
	core_leave_loop(NEBTYPE_PROCESS_SHUTDOWN);
	core_reset();
	return 0;
}
