/*
 * The agent's end of the socket in the module's tests: speaks the wire, in the same process.
 * Turns the fake core's loop while it waits for an answer.
 * Must never wait for ever: a module that spins is an error.
 */
#include "tests/module/fakecore_internal.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct {
	int listener, fd;
	size_t have, used;
	struct event ev;
	char in[2 * EVENT_MAX];
} agent = {.listener = -1, .fd = -1};

char agent_path[100];

void agent_listen(uid_t uid)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	uid_t me = geteuid();

	snprintf(address.sun_path, sizeof address.sun_path, "%s", agent_path);
	unlink(agent_path);
	agent.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bind(agent.listener, (struct sockaddr *)&address, sizeof address))
		core_die("bind");
	/* SO_PEERCRED tells who called listen() */
	if ((uid != me && seteuid(uid)) || listen(agent.listener, 4) || (uid != me && seteuid(me)))
		core_die("listen");
}

void agent_hang_up(void)
{
	if (agent.fd >= 0)
		close(agent.fd);
	agent.fd = -1;
	agent.have = agent.used = 0;
}

void agent_stop(void)
{
	agent_hang_up();
	if (agent.listener >= 0)
		close(agent.listener);
	agent.listener = -1;
	unlink(agent_path);
}

int agent_accept(void)
{
	int fd = accept4(agent.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return 0;
	agent_hang_up();
	agent.fd = fd;
	return 1;
}

void agent_send_bytes(const void *bytes, size_t n)
{
	const char *at = bytes;
	ssize_t sent;

	for (int tries = 0; n && tries < 1000; tries++) {
		sent = send(agent.fd, at, n, MSG_NOSIGNAL);
		if (sent > 0) {
			at += sent;
			n -= (size_t)sent;
		} else {
			core_turn();
		}
	}
}

void agent_send(const struct event *ev)
{
	static char out[EVENT_MAX];

	agent_send_bytes(out, event_encode(ev, out, sizeof out));
}

static int read_more(void)
{
	ssize_t n = recv(agent.fd, agent.in + agent.have, sizeof agent.in - agent.have, 0);

	if (n > 0)
		agent.have += (size_t)n;
	return n > 0;
}

const struct event *agent_next(void)
{
	int r;

	agent.have -= agent.used;
	memmove(agent.in, agent.in + agent.used, agent.have);
	agent.used = 0;
	for (int idle = 0, turns = 0; idle < 3; turns++) {
		if (turns > 1000000)
			core_die("the module spins");
		r = event_decode(agent.in, agent.have, &agent.ev, &agent.used);
		if (r < 0)
			core_die("the module sent what is no message");
		if (r)
			return &agent.ev;
		agent.used = 0;
		if (agent.fd < 0 || !read_more())
			idle += core_turn() == 0;
	}
	return NULL;
}

const struct event *agent_find(unsigned type)
{
	const struct event *ev;

	while ((ev = agent_next()) && ev->type != type)
		;
	return ev;
}

int agent_is_open(void)
{
	char c;

	if (agent.fd < 0)
		return 0;
	return recv(agent.fd, &c, 1, MSG_PEEK) != 0 || agent.have > agent.used;
}

void agent_welcome(void)
{
	struct event welcome = {.type = EVENT_WELCOME, .id = EVENT_VERSION};

	if (!agent_accept() || !agent_find(EVENT_HELLO))
		core_die("no HELLO");
	agent_send(&welcome);
	if (!agent_find(EVENT_SNAP_END))
		core_die("no snapshot");
}
