/*
 * Sends N state changes to twicket.so in the fake core while the agent is in a given state, for
 * callgrind to count inside core_dispatch(). Run by callback.sh (R4 of GOALS.md).
 * Must never let a change overflow the ring: that is another path.
 *
 * usage: callback twicket.so reading|killed|stopped|hung|garbage N
 */
#include "tests/module/fakecore.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define ENOUGH_S 40 /* whatever the module does about it, it has done it by then */

static void nothing(void)
{
}

static void is_killed(void)
{
	agent_stop();
	core_tick(ENOUGH_S);
}

/* Comes back and says nothing: no WELCOME, and reads nothing. */
static void is_hung(void)
{
	is_killed();
	agent_listen(geteuid());
	core_tick(ENOUGH_S);
	agent_accept();
	core_tick(1);
}

static void speaks_garbage(void)
{
	char noise[600];

	memset(noise, 0xa5, sizeof noise);
	agent_send_bytes(noise, sizeof noise);
	core_turn();
	core_turn();
}

static const struct {
	const char *name;
	void (*bring_about)(void);
} states[] = {
    {"reading", nothing}, {"killed", is_killed}, {"stopped", nothing /* who does not read, stands still */},
    {"hung", is_hung},	  {"garbage", speaks_garbage},
};

/* The agent reads between the changes, or never. */
static void change(service *s, long n, int is_read)
{
	while (n--) {
		core_change(s, n % 2 ? 1 : 2, HARD_STATE);
		while (is_read && agent_next())
			;
	}
}

int main(int argc, char **argv)
{
	const struct passwd *me = getpwuid(getuid());
	char args[300];
	service *s;

	if (argc != 4)
		return 2;
	for (size_t k = 0; k < sizeof states / sizeof *states; k++) {
		if (strcmp(argv[2], states[k].name) != 0)
			continue;
		core_reset();
		snprintf(agent_path, sizeof agent_path, "/tmp/twicket-callback-%d.sock", (int)getpid());
		snprintf(args, sizeof args, "socket=%s user=%s", agent_path, me ? me->pw_name : "root");
		s = core_add_service(core_add_host("web"), "http");
		agent_listen(geteuid());
		core_load(argv[1], args);
		core_enter_loop();
		agent_welcome();
		states[k].bring_about();
		change(s, strtol(argv[3], NULL, 10), strcmp(argv[2], "reading") == 0);
		core_leave_loop(NEBTYPE_PROCESS_SHUTDOWN);
		core_reset();
		return 0;
	}
	return 2;
}
