/*
 * GOALS P3: the longest turn of the core's loop while a snapshot of 100,000 CRITICAL
 * services goes out, in CPU time of this thread, so that a busy machine does not count.
 * Run by module_instr.sh, which has started module_peer. Prints milliseconds.
 *
 * usage: module_slice twicket.so ARGUMENTS
 */
#include "tests/module/fakecore.h"

#include <sys/syscall.h>
#include <unistd.h>

#define SERVICES 100000

static int64_t cpu_ns(void)
{
	struct timespec t;

	syscall(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	int64_t start, took, longest = 0;
	char name[32];
	service *s;
	host *h;

	if (argc != 3)
		return 2;
	core_reset();
	h = core_add_host("web");
	for (int i = 0; i < SERVICES; i++) {
		snprintf(name, sizeof name, "service-%d", i);
		s = core_add_service(h, name);
		s->current_state = 2;
		s->plugin_output =
		    (char *)"CRITICAL - load average: 41.20, 38.11, 30.02, and so on "
			    "until there are about a hundred and ten characters";
	}
	core_load(argv[1], argv[2]);
	core_enter_loop();
	for (int idle = 0; idle < 3000; idle++) {
		start = cpu_ns();
		if (!core_turn()) {
			usleep(100);
			continue;
		}
		took = cpu_ns() - start;
		longest = took > longest ? took : longest;
		idle = 0;
	}
	printf("%.2f\n", (double)longest / 1e6);
	core_leave_loop(NEBTYPE_PROCESS_SHUTDOWN);
	core_reset();
	return 0;
}
