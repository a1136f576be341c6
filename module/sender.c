/*
 * The ring and the socket to the agent.
 * Called by neb.c from the core's callbacks, its descriptor loop and its timer.
 * Must never block, allocate after sender_open, or believe the other side.
 */
#include "module/sender.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/gate.h"
#include "module/news.h"
#include "module/ring.h"

#define FRAME_BYTES 9000u /* any message without a list: head, two names, three texts */
#define FLUSH_BYTES (1u << 18) /* written in one turn of the loop at most */
#define FRAMES_PER_TURN 32
#define TURN_NS 2000000 /* read no further frame after that */
#define BACKOFF_MIN_MS 1000
#define BACKOFF_MAX_MS 10000 /* a connect to a local socket costs nothing */
#define STEADY_MS 60000 /* a connection that lived that long starts the back-off anew */
#define REFUSED_S 60
#define REFUSED_MAX_S 3600

enum phase {
	PHASE_DOWN, /* not connected: events are kept in the ring */
	PHASE_WAITING, /* HELLO is sent, and nothing else before WELCOME */
	PHASE_READY
};

static struct {
	struct sender_config config;
	struct sender_hooks hooks;
	enum phase phase;
	int in_fd, out_fd; /* one socket, dup'd: the core's loop has one handler a descriptor */
	int is_out_watched, is_in_watched, is_in_loop;
	unsigned told; /* bits of enum trouble */
	int64_t now_ms, next_try_ms, backoff_ms, connected_ms;
	uint64_t seq, lost, skipped;
	int is_event_cut; /* the frame that is partly sent is one that cannot be asked for again */
	struct ring ring;
	size_t have; /* bytes in `in` */
	int is_paused; /* frames in `in` wait for the next turn */
	char in[EVENT_MAX];
} sender = {.in_fd = -1, .out_fd = -1};

/* Why there is no connection. Each is logged once an outage, not once a try. */
enum trouble {
	TROUBLE_ABSENT,
	TROUBLE_LOST,
	TROUBLE_REFUSED,
	TROUBLE_UNTRUSTED,
	TROUBLE_GARBAGE,
	TROUBLE_LOOP
};

static void drop(enum trouble trouble, int64_t wait_ms, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void take_frames(void);

int sender_open(const struct sender_config *config, const struct sender_hooks *hooks)
{
	/* touched now: a page fault in a callback would be seen in the core's latency */
	void *mem = mmap(
	    NULL, config->ring_bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (mem == MAP_FAILED)
		return -1;
	madvise(
	    mem, config->ring_bytes, MADV_DONTFORK); /* no copy-on-write after the core's forks */
	sender.config = *config;
	sender.hooks = *hooks;
	ring_init(&sender.ring, mem, config->ring_bytes);
	sender.phase = PHASE_DOWN;
	sender.is_in_loop = 1;
	sender.told = 0;
	sender.next_try_ms = sender.backoff_ms = 0;
	sender.seq = sender.lost = sender.skipped = 0;
	sender.is_event_cut = 0;
	return 0;
}

static void unwatch_in(void)
{
	if (sender.is_in_watched)
		sender.hooks.unwatch(sender.in_fd);
	sender.is_in_watched = 0;
}

static void unwatch_out(void)
{
	if (sender.is_out_watched)
		sender.hooks.unwatch(sender.out_fd);
	sender.is_out_watched = 0;
}

static void watch_in(void)
{
	if (!sender.is_in_watched && sender.is_in_loop)
		sender.is_in_watched = sender.hooks.watch_in(sender.in_fd) == 0;
}

void sender_kick(void)
{
	if (!sender.is_out_watched && sender.is_in_loop && sender.phase == PHASE_READY)
		sender.is_out_watched = sender.hooks.watch_out(sender.out_fd) == 0;
}

/* Before WELCOME nothing but HELLO was sent, and the ring holds nothing but news. */
static void keep_news(void)
{
	if (sender.phase != PHASE_READY)
		return;
	sender.lost += sender.is_event_cut != 0;
	sender.is_event_cut = 0;
	ring_skip_part(&sender.ring);
	sender.seq = news_keep(&sender.ring, sender.seq, &sender.lost);
}

static void disconnect(void)
{
	keep_news();
	unwatch_in();
	unwatch_out();
	if (sender.in_fd >= 0) {
		/* the command-file worker is a fork that may hold a copy; the agent shall see the end */
		shutdown(sender.in_fd, SHUT_RDWR);
		close(sender.in_fd);
	}
	if (sender.out_fd >= 0)
		close(sender.out_fd);
	sender.in_fd = sender.out_fd = -1;
	sender.phase = PHASE_DOWN;
	sender.have = 0;
	sender.is_paused = 0;
}

/* Ends the connection and says so; the next try is after wait_ms, or the back-off when that is 0. */
static void drop(enum trouble trouble, int64_t wait_ms, const char *format, ...)
{
	char line[400];
	va_list args;

	if (sender.phase == PHASE_READY && sender.now_ms - sender.connected_ms >= STEADY_MS)
		sender.backoff_ms = 0;
	disconnect();
	sender.backoff_ms = sender.backoff_ms ? sender.backoff_ms * 2 : BACKOFF_MIN_MS;
	if (sender.backoff_ms > BACKOFF_MAX_MS)
		sender.backoff_ms = BACKOFF_MAX_MS;
	sender.next_try_ms = sender.now_ms + (wait_ms ? wait_ms : sender.backoff_ms);
	if (sender.told & 1u << trouble)
		return;
	sender.told |= 1u << trouble;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	sender.hooks.log(line);
}

void sender_leave_loop(void)
{
	unwatch_in();
	unwatch_out();
	sender.is_in_loop = 0;
}

uint64_t sender_close(void)
{
	uint64_t undelivered;

	disconnect();
	undelivered = sender.ring.frames + sender.lost;
	sender.lost = 0;
	if (sender.ring.mem)
		munmap(sender.ring.mem, sender.ring.cap);
	ring_init(&sender.ring, NULL, 0);
	return undelivered;
}

int sender_is_open(void)
{
	return sender.ring.mem != NULL;
}

int sender_is_ready(void)
{
	return sender.phase == PHASE_READY;
}

uint64_t sender_skipped(void)
{
	return sender.skipped;
}

int sender_has_room(size_t need)
{
	size_t used = ring_used(&sender.ring);

	return sender.phase == PHASE_READY && used + need <= sender.ring.cap / 2;
}

/* Since a snapshot must follow anyway, one step frees the whole ring: no event pays for another. */
static void *make_room(size_t need)
{
	sender.lost += ring_drop(&sender.ring);
	return ring_reserve(&sender.ring, need);
}

int sender_put(struct event *ev)
{
	size_t need = FRAME_BYTES + ev->list_len, size;
	void *at;

	if (!sender.ring.mem)
		return -1;
	if (!(at = ring_reserve(&sender.ring, need)) && !(at = make_room(need)))
		return -1;
	ev->seq = sender.seq + 1;
	size = event_encode(ev, at, need);
	ring_commit(&sender.ring, size);
	if (!size) {
		sender.skipped++;
		return -1;
	}
	sender.seq++;
	if (!sender.is_out_watched)
		sender_kick();
	return 0;
}

/* Returns -1 when the connection is gone. */
static int write_ring(void)
{
	size_t left = FLUSH_BYTES, n;
	const char *at, *part;
	ssize_t sent;

	while (left && (n = ring_peek(&sender.ring, &at))) {
		n = n < left ? n : left;
		sent = send(sender.out_fd, at, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return 0;
		if (sent < 0) {
			drop(TROUBLE_LOST, 0, "connection to the agent lost: %s", strerror(errno));
			return -1;
		}
		ring_consume(&sender.ring, (size_t)sent);
		part = ring_part(&sender.ring);
		sender.is_event_cut = part && news_is(part);
		left -= (size_t)sent;
	}
	return 0;
}

void sender_flush(void)
{
	if (sender.phase == PHASE_READY)
		write_ring();
}

static void tell_loss(void)
{
	struct event ev = {.type = EVENT_LOST};

	if (!sender.lost)
		return;
	ev.code = sender.lost > INT32_MAX ? INT32_MAX : (int32_t)sender.lost;
	sender.lost = 0;
	sender_put(&ev);
	sender.hooks.lost();
}

void sender_on_writable(void)
{
	int more;

	if (sender.phase != PHASE_READY || write_ring() < 0)
		return;
	if (sender.is_paused)
		take_frames();
	if (sender.phase != PHASE_READY)
		return;
	tell_loss();
	more = sender.hooks.work();
	if (write_ring() < 0)
		return;
	if (!more && !sender.is_paused && !ring_used(&sender.ring))
		unwatch_out();
}

/* ---- handshake ---- */

/* Past the ring, whose frames wait for WELCOME; its number is that before the first of them. */
static void say_hello(void)
{
	char frame[FRAME_BYTES];
	size_t size;
	struct event ev = {
	    .type = EVENT_HELLO,
	    .id = EVENT_VERSION,
	    .code = EVENT_MAGIC,
	    .host = sender.config.node,
	    .service = sender.config.epoch,
	    .text = sender.config.core,
	    .author = TWICKET_VERSION,
	    .seq = news_before(&sender.ring, sender.seq)};

	size = event_encode(&ev, frame, sizeof frame);
	if (send(sender.out_fd, frame, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size)
		drop(TROUBLE_LOST, 0, "connection to the agent lost: it takes no HELLO");
}

static enum sender_verdict take_welcome(const struct event *ev)
{
	char text[GATE_TEXT_BYTES], line[200];
	int64_t wait_s;

	if (ev->type == EVENT_WELCOME && ev->id == EVENT_VERSION) {
		sender.phase = PHASE_READY;
		sender.connected_ms = sender.now_ms;
		sender.told = 0;
		snprintf(line, sizeof line, "connected to the agent at %s", sender.config.socket);
		sender.hooks.log(line);
		sender.hooks.ready();
		return SENDER_DONE;
	}
	if (ev->type != EVENT_REFUSE)
		return SENDER_BAD;
	gate_clean(ev->text, text, sizeof text, 100);
	wait_s = ev->code > 0 && ev->code <= REFUSED_MAX_S ? ev->code : REFUSED_S;
	drop(TROUBLE_REFUSED, wait_s * 1000, "the agent refuses this module: %s", text);
	return SENDER_DONE;
}

static enum sender_verdict take_frame(const struct event *ev)
{
	if (sender.phase == PHASE_WAITING)
		return take_welcome(ev);
	return sender.hooks.take(ev);
}

static int64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/*
 * Hands on whole frames, few enough that the core's loop is not held. What is
 * left waits in `in`, with the descriptor out of the loop so that it cannot spin.
 */
static void take_frames(void)
{
	int64_t end_ns = clock_ns() + TURN_NS;
	enum sender_verdict verdict = SENDER_DONE;
	size_t at = 0, used;
	struct event ev;
	int r = 0;

	for (int n = 0; verdict == SENDER_DONE && sender.phase != PHASE_DOWN; n++) {
		if ((r = event_decode(sender.in + at, sender.have - at, &ev, &used)) <= 0)
			break;
		if (n >= FRAMES_PER_TURN || (n && clock_ns() > end_ns))
			verdict = SENDER_LATER;
		else if ((verdict = take_frame(&ev)) == SENDER_DONE)
			at += used;
	}
	if (sender.phase == PHASE_DOWN)
		return;
	if (r < 0 || verdict == SENDER_BAD) {
		drop(
		    TROUBLE_GARBAGE, 0,
		    "the agent sent what is no message of ours: connection dropped");
		return;
	}
	sender.have -= at;
	memmove(sender.in, sender.in + at, sender.have);
	sender.is_paused = verdict == SENDER_LATER;
	if (sender.is_paused) {
		unwatch_in();
		sender_kick();
	} else {
		watch_in();
	}
}

void sender_on_readable(void)
{
	ssize_t n;

	if (sender.phase == PHASE_DOWN)
		return;
	n = recv(
	    sender.in_fd, sender.in + sender.have, sizeof sender.in - sender.have, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(
		    TROUBLE_LOST, 0, "connection to the agent lost: %s",
		    n ? strerror(errno) : "it was closed");
		return;
	}
	sender.have += (size_t)n;
	take_frames();
}

/* ---- connect ---- */

/* Whose process listens is checked here: what we are told is done to the core. */
static int listener_is_trusted(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof cred;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len)) {
		drop(
		    TROUBLE_UNTRUSTED, 0, "cannot tell who listens at %s: %s", sender.config.socket,
		    strerror(errno));
		return 0;
	}
	if (cred.uid == 0 || cred.uid == sender.config.agent_uid)
		return 1;
	drop(
	    TROUBLE_UNTRUSTED, BACKOFF_MAX_MS,
	    "uid %u listens at %s, neither root nor the user= of this module", (unsigned)cred.uid,
	    sender.config.socket);
	return 0;
}

static void try_connect(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, sender.config.socket, sizeof address.sun_path);
	sender.in_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sender.in_fd < 0 ||
	    connect(sender.in_fd, (struct sockaddr *)&address, sizeof address)) {
		drop(
		    TROUBLE_ABSENT, 0, "no agent at %s: %s", sender.config.socket, strerror(errno));
		return;
	}
	if (!listener_is_trusted(sender.in_fd))
		return;
	sender.out_fd = fcntl(sender.in_fd, F_DUPFD_CLOEXEC, 0);
	sender.phase = PHASE_WAITING;
	watch_in();
	if (sender.out_fd < 0 || !sender.is_in_watched) {
		drop(
		    TROUBLE_LOOP, BACKOFF_MAX_MS,
		    "the core's loop does not take the socket to the agent");
		return;
	}
	say_hello();
}

void sender_on_tick(int64_t now_ms)
{
	sender.now_ms = now_ms;
	if (!sender.ring.mem || !sender.is_in_loop)
		return;
	if (sender.phase == PHASE_DOWN && now_ms >= sender.next_try_ms)
		try_connect();
	else if (sender.is_paused || sender.lost)
		sender_kick();
}
