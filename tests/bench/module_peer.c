/*
 * A stand-in for the agent in benchmarks: accepts the module, says WELCOME, drains.
 * Run by module_instr.sh; on SIGTERM it prints what arrived, one "key value" a line.
 * Never measures anything itself; decodes with the agent's own decoder.
 *
 * usage: module_peer SOCKET [STATES]: stops itself (SIGSTOP) after so many of them
 */
#include "common/event.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static volatile sig_atomic_t stop;
static unsigned long count[128], lost, gaps, stop_after;
static char in[2 * EVENT_MAX];

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static void take(int fd, const struct event *ev)
{
	struct event welcome = {.type = EVENT_WELCOME, .id = EVENT_VERSION};
	char out[256];
	static uint64_t seq;

	count[ev->type & 127]++;
	if (stop_after && count[EVENT_STATE] == stop_after) {
		stop_after = 0;
		raise(SIGSTOP);
	}
	if (ev->type == EVENT_LOST)
		lost += (unsigned long)ev->code;
	if (ev->type != EVENT_HELLO && ev->seq != seq + 1)
		gaps += (unsigned long)(ev->seq - seq - 1);
	seq = ev->seq;
	if (ev->type == EVENT_HELLO)
		(void)!write(fd, out, event_encode(&welcome, out, sizeof out));
}

static void serve(int fd)
{
	size_t have = 0, used;
	struct event ev;
	ssize_t n;
	int r;

	while (!stop && (n = read(fd, in + have, sizeof in - have)) > 0) {
		size_t at = 0;

		have += (size_t)n;
		while ((r = event_decode(in + at, have - at, &ev, &used)) == 1) {
			take(fd, &ev);
			at += used;
		}
		if (r < 0) {
			fprintf(stderr, "module_peer: not a message of ours\n");
			break;
		}
		memmove(in, in + at, have -= at);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct sigaction term = {.sa_handler = on_term};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;

	if (argc < 2 || strlen(argv[1]) >= sizeof address.sun_path)
		return 2;
	if (argc > 2)
		stop_after = strtoul(argv[2], NULL, 10);
	sigaction(SIGTERM, &term, NULL);
	memcpy(address.sun_path, argv[1], strlen(argv[1]) + 1);
	unlink(argv[1]);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4)) {
		perror(argv[1]);
		return 1;
	}
	while (!stop && (fd = accept(listener, NULL, NULL)) >= 0)
		serve(fd);
	for (unsigned i = 0; i < 128; i++)
		if (count[i])
			printf("%s %lu\n", event_type_name(i), count[i]);
	printf("lost %lu\ngaps %lu\n", lost, gaps);
	return 0;
}
