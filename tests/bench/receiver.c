/*
 * The HTTP half of the benchmarks' Mastodon server: keep-alive, one thread, epoll.
 * Run by the Python side of `make bench`; prints its port and ends on SIGTERM.
 * Must never wait for one connection while another has something to say.
 */
#include "tests/bench/receiver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_MAX (1u << 20)
#define SEND_TRIES 20000 /* of 50 us: a client that reads nothing for a second is dropped */

struct connection {
	int fd;
	uint64_t due_ns; /* an answer that waits: when it leaves; 0 = none */
	struct text late;
	struct connection *next_late;
	size_t len;
	char in[REQUEST_MAX + 1];
};

static volatile sig_atomic_t stop;
static unsigned port;
static struct connection *late; /* all whose answer waits */

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void text_add(struct text *t, const void *bytes, size_t n)
{
	if (t->cap < t->len + n + 1) {
		t->cap = (t->len + n + 1) * 2;
		t->data = realloc(t->data, t->cap);
		if (!t->data)
			abort();
	}
	memcpy(t->data + t->len, bytes, n);
	t->len += n;
	t->data[t->len] = '\0';
}

void text_format(struct text *t, const char *format, ...)
{
	char line[4096];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	text_add(t, line, n < 0 ? 0 : (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

static int send_all(int fd, const char *at, size_t n)
{
	for (int tries = 0; n && tries < SEND_TRIES;) {
		ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);

		if (sent > 0) {
			at += sent;
			n -= (size_t)sent;
		} else if (errno == EAGAIN) {
			tries++;
			usleep(50);
		} else {
			return -1;
		}
	}
	return n ? -1 : 0;
}

static int respond(struct connection *c, const struct asked *asked)
{
	static struct answer answer;
	static struct text out;

	answer.status = 200;
	answer.replies = answer.delay_ms = 0;
	answer.body.len = answer.headers.len = out.len = 0;
	api_answer(asked, &answer, port);
	text_format(
	    &out,
	    "HTTP/1.1 %d %s\r\nContent-Type: application/json; charset=utf-8\r\n"
	    "X-RateLimit-Limit: 100000\r\nX-RateLimit-Remaining: 99999\r\n"
	    "Content-Length: %zu\r\n",
	    answer.status, answer.status == 200 ? "OK" : "Not Found", answer.body.len);
	text_add(&out, answer.headers.data, answer.headers.len);
	text_add(&out, "\r\n", 2);
	text_add(&out, answer.body.data, answer.body.len);
	if (answer.replies)
		api_serving(asked, &answer);
	if (!answer.delay_ms || c->due_ns)
		return send_all(c->fd, out.data, out.len);
	text_add(&c->late, out.data, out.len);
	c->due_ns = asked->at_ns + answer.delay_ms * UINT64_C(1000000);
	c->next_late = late;
	late = c;
	return 0;
}

static void send_late(void)
{
	uint64_t now = clock_ns();

	for (struct connection **at = &late; *at;) {
		struct connection *c = *at;

		if (c->due_ns > now) {
			at = &c->next_late;
			continue;
		}
		*at = c->next_late;
		send_all(c->fd, c->late.data, c->late.len);
		c->late.len = c->due_ns = 0;
	}
}

/* The value of a header inside head, "" when it is not there. Its end is cut off by a NUL. */
static char *header(char *head, const char *name)
{
	size_t n = strlen(name);

	for (char *line = strchr(head, '\n'); line; line = strchr(line + 1, '\n'))
		if (!strncasecmp(line + 1, name, n) && line[1 + n] == ':')
			return line + 2 + n + strspn(line + 2 + n, " ");
	return strchr(head, '\0');
}

/* "METHOD PATH?QUERY HTTP/1.1" in pieces. */
static void split(char *head, struct asked *asked)
{
	static char user[64], line[4096];
	char *token = strstr(header(head, "Authorization"), "token-"), *save = NULL, *path;

	snprintf(
	    user, sizeof user, "%.*s", token ? (int)strcspn(token + 6, "\r\n") : 0,
	    token ? token + 6 : "");
	snprintf(line, sizeof line, "%.*s", (int)strcspn(head, "\r\n"), head);
	asked->user = user;
	asked->method = strtok_r(line, " ", &save);
	path = strtok_r(NULL, " ", &save);
	asked->path = path ? path : "";
	asked->query = "";
	if (path && (path = strchr(path, '?'))) {
		*path = '\0';
		asked->query = path + 1;
	}
}

/* Bytes done with; 0: not yet whole; -1: the connection is of no use any more. */
static ssize_t take_one(struct connection *c)
{
	struct asked asked = {.at_ns = clock_ns()};
	char *end, last;
	size_t head, body, whole;

	c->in[c->len] = '\0';
	end = strstr(c->in, "\r\n\r\n");
	if (!end)
		return 0;
	end[2] = '\0';
	head = (size_t)(end - c->in) + 4;
	body = strtoul(header(c->in, "Content-Length"), NULL, 10);
	whole = head + body;
	if (whole > REQUEST_MAX)
		return -1;
	if (c->len < whole) {
		if (c->len == head && *header(c->in, "Expect"))
			send_all(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
		end[2] = '\r';
		return 0;
	}
	split(c->in, &asked);
	asked.body = c->in + head;
	asked.body_len = body;
	last = c->in[whole];
	c->in[whole] = '\0';
	if (respond(c, &asked) == -1)
		return -1;
	c->in[whole] = last;
	return (ssize_t)whole;
}

static void serve(struct connection *c)
{
	ssize_t n = recv(c->fd, c->in + c->len, REQUEST_MAX - c->len, 0), used = 1;

	if (n < 0 && errno == EAGAIN)
		return;
	c->len += n > 0 ? (size_t)n : 0;
	while (n > 0 && c->len && (used = take_one(c)) > 0)
		memmove(c->in, c->in + used, c->len -= (size_t)used);
	if (n > 0 && used >= 0 && c->len < REQUEST_MAX)
		return;
	for (struct connection **at = &late; *at; at = &(*at)->next_late)
		if (*at == c) {
			*at = c->next_late;
			break;
		}
	close(c->fd);
	free(c->late.data);
	free(c);
}

static void accept_all(int listener, int epoll)
{
	struct epoll_event ev = {.events = EPOLLIN};
	int fd, on = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct connection *c = calloc(1, sizeof *c);

		if (!c)
			abort();
		c->fd = fd;
		ev.data.ptr = c;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
	}
}

static int open_listener(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof a;

	if (bind(fd, (struct sockaddr *)&a, n) || listen(fd, 1024) ||
	    getsockname(fd, (struct sockaddr *)&a, &n)) {
		perror("receiver");
		exit(1);
	}
	port = ntohs(a.sin_port);
	printf("%u\n", port);
	fflush(stdout);
	return fd;
}

int main(void)
{
	struct sigaction term = {.sa_handler = on_term};
	struct epoll_event ev = {.events = EPOLLIN}, ready[128];
	int listener = open_listener(), epoll = epoll_create1(EPOLL_CLOEXEC), n;

	sigaction(SIGTERM, &term, NULL);
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &ev);
	while (!stop) {
		n = epoll_wait(epoll, ready, 128, late ? 5 : 1000);
		for (int i = 0; i < n; i++) {
			if (ready[i].data.ptr)
				serve(ready[i].data.ptr);
			else
				accept_all(listener, epoll);
		}
		send_late();
	}
	return 0;
}
