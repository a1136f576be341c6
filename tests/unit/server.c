/*
 * A server on loopback that misbehaves in every way we know.
 * Used by the tests of the wire; one child at a time, stopped by its pid.
 * It must never need a fixed port, and ends by itself after a minute.
 */
#include "tests/unit/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct server_seen *server_seen;
struct server server;

static void say(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = send(fd, text, left, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		text += n;
		left -= (size_t)n;
	}
}

static void nap(int ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	nanosleep(&t, NULL);
}

/* One request with its body into text. False when there is none. */
static bool read_request(int fd, char *text, size_t size)
{
	size_t len = 0, want = 0;
	char *end;

	while (len + 1 < size) {
		ssize_t n = recv(fd, text + len, size - len - 1, 0);

		if (n <= 0)
			return false;
		len += (size_t)n;
		text[len] = '\0';
		end = strstr(text, "\r\n\r\n");
		if (!end)
			continue;
		if (!want) {
			char *length = strcasestr(text, "\r\nContent-Length:");

			want = (size_t)(end - text) + 4;
			if (length && length < end)
				want += strtoul(length + 17, NULL, 10);
			server_seen->requests++;
		}
		if (len >= want) {
			server_seen->bodies++;
			return true;
		}
	}
	return false;
}

static void say_many(int fd, const char *text, int times, int pause_ms)
{
	for (int i = 0; i < times; i++) {
		say(fd, text);
		if (pause_ms)
			nap(pause_ms);
	}
}

static void echo(int fd, const char *request)
{
	char head[128];

	snprintf(
	    head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", strlen(request));
	say(fd, head);
	say(fd, request);
}

/* As an Icinga 2 does: no length, ended by closing. */
static void stream(int fd)
{
	char byte;

	say(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"a\":1}\n{\"b\":");
	nap(20);
	say(fd, "2}\n");
	while (recv(fd, &byte, 1, 0) > 0)
		;
	server_seen->hangups++;
}

static void wait_for_five(void)
{
	for (int i = 0; i < 250 && server_seen->requests < 5; i++)
		nap(20);
}

static void say_headers(int fd)
{
	char line[64];

	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof line, "X-MiXed-%d: value %d\r\n", i, i);
		say(fd, line);
	}
	say(fd, "\r\n");
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello"
#define MISSING "HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\nno such path"

static bool stream_or_wait(int fd, const char *request)
{
	bool is_stream = strncmp(request, "POST", 4) == 0;

	if (is_stream) {
		stream(fd);
	} else {
		wait_for_five();
		say(fd, OK);
	}
	return !is_stream;
}

/* Answers the n-th request (from 1) of a connection. False: close it. */
static bool answer(int fd, enum manner manner, int n, const char *request)
{
	switch (manner) {
	case SERVE_OK: say(fd, OK); return true;
	case SERVE_ECHO: echo(fd, request); return true;
	case SERVE_SLOW:
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
		say_many(fd, "x", 10, 20);
		return true;
	case SERVE_CUT:
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
		return false;
	case SERVE_CUT_CHUNKED:
		say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
		return false;
	case SERVE_CUT_HEAD: say(fd, "HTTP/1.1 201 Created\r\nX-A: b\r\n"); return false;
	case SERVE_READ_CLOSE:
	case SERVE_CLOSE: return false;
	case SERVE_HUGE:
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4194304\r\n\r\n");
		say_many(
		    fd, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 65536,
		    0);
		return true;
	case SERVE_HUGE_HEAD:
		say(fd, "HTTP/1.1 200 OK\r\n");
		say_many(
		    fd, "X-Long: 0123456789abcdef0123456789abcdef0123456789abcdef\r\n", 20000, 0);
		return false;
	case SERVE_HEADERS: say_headers(fd); return true;
	case SERVE_CHUNKED:
		say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
			"5\r\nhello\r\n6\r\n world\r\n0\r\nX-T: trailer\r\n\r\n");
		return true;
	case SERVE_HTTP10: say(fd, "HTTP/1.0 200 OK\r\n\r\nto the end"); return false;
	case SERVE_REDIRECT:
		say(fd, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
		return true;
	case SERVE_CONTINUE:
		say(fd, "HTTP/1.1 100 Continue\r\nX-100: a\r\n\r\nHTTP/1.1 103 Early Hints\r\n"
			"Link: b\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");
		return true;
	case SERVE_ONLY_100: say(fd, "HTTP/1.1 100 Continue\r\n\r\n"); return false;
	case SERVE_SECOND_DIES:
		if (n == 1)
			say(fd, OK);
		return n == 1;
	case SERVE_IDLE_CLOSE: say(fd, OK); return false;
	case SERVE_NEVER: nap(5000); return false;
	case SERVE_GARBAGE: say(fd, "SSH-2.0-OpenSSH_9.2\r\nwhat is this?\r\n"); return false;
	case SERVE_MISSING: say(fd, MISSING); return true;
	case SERVE_EVENTS: return stream_or_wait(fd, request);
	case SERVE_ZERO: say(fd, "HTTP/1.1 000 Odd\r\nX-A: 200 OK\r\n\r\nHTTP/1.1 "); return false;
	}
	return false;
}

static void converse(int fd, enum manner manner)
{
	static char request[300000];
	int n = 0;

	if (manner != SERVE_CLOSE)
		while (n < 1000 && read_request(fd, request, sizeof request) &&
		       answer(fd, manner, ++n, request))
			;
	close(fd);
}

/* Each connection has a process of its own: a kept one holds nobody up. */
static void serve(int listener, enum manner manner)
{
	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < 200; i++) {
		int fd = accept(listener, NULL, NULL);

		if (fd == -1)
			_exit(1);
		server_seen->connections++;
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			alarm(60);
			converse(fd, manner);
			_exit(0);
		}
		close(fd);
	}
	_exit(0);
}

int server_listen(unsigned *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd != -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

void server_start(enum manner manner)
{
	int fd = server_listen(&server.port);

	snprintf(server.url, sizeof server.url, "http://127.0.0.1:%u/p", server.port);
	server.pid = fork();
	assert_true(server.pid != -1);
	if (server.pid == 0) {
		alarm(60);
		serve(fd, manner);
	}
	close(fd);
}

void server_stop(void)
{
	if (server.pid > 0) {
		kill(server.pid, SIGKILL);
		waitpid(server.pid, NULL, 0);
	}
	server = (struct server){0};
}

void server_reset(void)
{
	server_stop();
	if (!server_seen)
		server_seen = mmap(
		    NULL, sizeof *server_seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	assert_true(server_seen != MAP_FAILED);
	*server_seen = (struct server_seen){0};
}
