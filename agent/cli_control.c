/*
 * Talks to the running agent over its control socket. Called by every command that
 * needs it. It must never hang, whatever is at the other end of that path.
 */
#include "agent/cli_control.h"

#include "agent/last_words.h"
#include "common/buf.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 2000
#define BUSY_PAUSE_MS                                                                              \
	20 /* its queue of new connections is full: unix sockets cannot be polled for that */

struct control_client {
	int fd;
	int64_t deadline_ms;
};

static int64_t clock_ms(void)
{
	struct timespec ts = {0, 0};

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int left_ms(const struct control_client *c)
{
	int64_t left = c->deadline_ms - clock_ms();

	return left > 0 ? (int)left : 0;
}

/* 1 when it is ready, 0 when the time is over. */
static int wait_for(const struct control_client *c, short events)
{
	struct pollfd p = {.fd = c->fd, .events = events};
	int n;

	do
		n = poll(&p, 1, left_ms(c));
	while (n == -1 && errno == EINTR);
	return n > 0;
}

static int away(struct err *err, const char *path, const char *why)
{
	return err_set(err, "twicketd does not answer at %s: %s", path, why);
}

/* Nobody listens. Why, when the last one to try has said it. */
static int not_there(struct err *err, const char *path, const char *why)
{
	char words[256];

	last_words_read(path, words, sizeof words);
	if (!*words)
		return away(err, path, why);
	return err_set(err, "twicketd did not start: %s", words);
}

static int connect_in_time(struct control_client *c, const struct sockaddr_un *addr)
{
	struct timespec pause = {0, BUSY_PAUSE_MS * 1000000L};

	while (connect(c->fd, (const struct sockaddr *)addr, sizeof *addr) == -1) {
		if (errno != EAGAIN && errno != EINTR)
			return -1;
		if (!left_ms(c)) {
			errno = ETIMEDOUT;
			return -1;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int open_socket(struct control_client *c, const char *path, struct err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof addr.sun_path)
		return err_set(
		    err, "%s: the path of a socket has at most %zu bytes", path,
		    sizeof addr.sun_path - 1);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd == -1)
		return err_set(err, "socket: %s", strerror(errno));
	c->deadline_ms = clock_ms() + CONNECT_TIMEOUT_MS;
	if (connect_in_time(c, &addr) == -1)
		return errno == ENOENT         ? not_there(err, path, "no such socket; is it running?")
		       : errno == ECONNREFUSED ? not_there(err, path, "it is not running")
					       : away(err, path, strerror(errno));
	return 0;
}

static int send_all(struct control_client *c, const char *bytes, size_t n)
{
	while (n) {
		ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL);

		if (sent > 0) {
			bytes += sent;
			n -= (size_t)sent;
		} else if (sent == -1 && errno != EAGAIN && errno != EINTR) {
			return -1;
		} else if (!wait_for(c, POLLOUT)) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
	return 0;
}

static int send_request(struct control_client *c, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT), *line = NULL;
	int n = text ? asprintf(&line, "%s\n", text) : -1, rc = -1;

	/* in one piece: who answers and hangs up before the line's end would look like away */
	if (n != -1)
		rc = send_all(c, line, (size_t)n);
	else
		errno = ENOMEM;
	if (n != -1)
		free(line);
	free(text);
	return rc;
}

/* Up to the end of the line. 0; -1 with errno: ETIMEDOUT, EMSGSIZE, EPIPE when it hung up. */
static int read_line(struct control_client *c, struct buf *line)
{
	static char piece[65536];

	for (;;) {
		ssize_t n = recv(c->fd, piece, sizeof piece, 0);
		char *end = n > 0 ? memchr(piece, '\n', (size_t)n) : NULL;

		if (n > 0 && buf_add(line, piece, end ? (size_t)(end - piece) : (size_t)n) == -1) {
			errno = EMSGSIZE;
			return -1;
		}
		if (end)
			return 0;
		if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR)) {
			errno = n == 0 ? EPIPE : errno;
			return -1;
		}
		if (n == -1 && !wait_for(c, POLLIN)) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
}

static enum cli_exit
judge(const struct control_question *q, const struct buf *line, json_t **answer, struct err *err)
{
	json_t *json = json_loadb(buf_text(line), line->len, 0, NULL);
	const char *reason;

	if (!json_is_boolean(json_object_get(json, "ok"))) {
		json_decref(json);
		away(err, q->path, "what came back is not twicket's");
		return CLI_AWAY;
	}
	*answer = json;
	if (json_is_true(json_object_get(json, "ok")))
		return CLI_DONE;
	reason = json_string_value(json_object_get(json, "error"));
	err_set(err, "%s", reason && *reason ? reason : "twicketd refused and did not say why");
	return CLI_NO;
}

static enum cli_exit converse(
    struct control_client *c, const struct control_question *q, const json_t *request,
    struct buf *line, json_t **answer, struct err *err)
{
	if (open_socket(c, q->path, err) == -1)
		return CLI_AWAY;
	c->deadline_ms = clock_ms() + q->timeout_ms;
	if (send_request(c, request) == -1) {
		away(err, q->path, strerror(errno));
		return CLI_AWAY;
	}
	if (read_line(c, line) == 0)
		return judge(q, line, answer, err);
	if (errno == ETIMEDOUT) {
		err_set(
		    err, "twicketd at %s did not answer within %d s", q->path,
		    q->timeout_ms / 1000);
		return CLI_LATE;
	}
	if (errno == EMSGSIZE)
		err_set(err, "twicketd's answer is longer than %zu MiB", q->max >> 20);
	else
		away(err, q->path, errno == EPIPE ? "it hung up" : strerror(errno));
	return errno == EMSGSIZE ? CLI_NO : CLI_AWAY;
}

enum cli_exit cli_control_ask(
    const struct control_question *q, const json_t *request, json_t **answer, struct err *err)
{
	struct control_client c = {.fd = -1};
	struct buf line;
	enum cli_exit rc;

	*answer = NULL;
	buf_init(&line, q->max);
	rc = converse(&c, q, request, &line, answer, err);
	buf_finish(&line);
	if (c.fd != -1)
		close(c.fd);
	return rc;
}
