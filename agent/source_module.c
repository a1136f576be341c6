/*
 * The module source: one connection per monitoring core. Called by the loop.
 * Must never block on a core, and never let one core's garbage touch another's state.
 */
#include "agent/source_internal.h"

#include "agent/socket.h"
#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#define READ_SIZE (256u << 10)
#define OUT_MAX (8u << 20)    /* bytes that may wait for one core; more means that it hangs */
#define CONNECTIONS_MAX 32
#define READS_PER_TURN 8      /* then the others have their turn */
#define REFUSED_WAIT_S 60
#define ACCEPTS_PER_TURN 64   /* or who connects faster than we refuse would have the turn for ever */
#define STRANGER_MS 60000     /* one line of the log, and one look for new users, in so long */

struct source *source_create(const char *path, char *const *users, unsigned n_users,
			     const struct source_events *events, struct err *err)
{
	struct source *s = calloc(1, sizeof *s);

	if (!s || !(s->path = strdup(path))) {
		free(s);
		err_set(err, "out of memory");
		return NULL;
	}
	s->events = *events;
	source_set_users(s, users, n_users);
	s->listener = socket_listen(path, err);
	if (s->listener == -1) {
		free(s->uids);
		free(s->path);
		free(s);
		return NULL;
	}
	return s;
}

static void find_users(struct source *s)
{
	uid_t *uids = calloc(s->n_users + 1, sizeof *uids);

	if (!uids)
		return; /* as before */
	free(s->uids);
	s->uids = uids;
	s->n_uids = 0;
	for (unsigned k = 0; k < s->n_users; k++)
		if (socket_find_user(s->users[k], &uids[s->n_uids]))
			s->n_uids++;
}

void source_set_users(struct source *s, char *const *users, unsigned n_users)
{
	s->users = users;
	s->n_users = n_users;
	find_users(s);
}

void source_set_foreign(struct source *s, source_foreign_fn *fn, void *arg)
{
	s->is_foreign = fn;
	s->foreign_arg = arg;
}

bool source_has(const struct source *s, const char *node)
{
	return source_by_node(s, node) != NULL;
}

/* --- connections --------------------------------------------------------------------- */

static void connection_free(struct connection *c)
{
	struct inventory *i, *next;

	source_requests_drop(c);
	LL_FOREACH_SAFE (c->inventories, i, next) {
		i->fn(i->arg, c->node, NULL);
		free(i);
	}
	close(c->fd);
	buf_finish(&c->out);
	free(c->in);
	free(c->node);
	free(c->epoch);
	free(c->core);
	free(c);
}

static void connection_flush(struct connection *c)
{
	while (c->out.len && !c->dead) {
		ssize_t n = send(c->fd, c->out.data, c->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			buf_drop(&c->out, (size_t)n);
			continue;
		}
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		c->dead = true;
	}
}

static void refuse(struct source *s, struct connection *c, const char *why, const struct now *now)
{
	struct event ev = {.type = EVENT_REFUSE, .id = EVENT_VERSION, .code = REFUSED_WAIT_S, .text = why};

	snprintf(s->refusal.node, sizeof s->refusal.node, "%s", c->node);
	snprintf(s->refusal.why, sizeof s->refusal.why, "%s", why);
	s->refusal.at_ms = now->wall_ms;
	log_warnx("source", "module of %s refused: %s", c->node, why);
	connection_send(c, &ev);
	connection_flush(c);
	c->dead = true;
}

/* An epoch is BOOT-ID.MICROSECONDS: of the same boot, the later load is the newer. */
static bool is_newer(const char *epoch, const char *than)
{
	const char *a = strrchr(epoch, '.'), *b = strrchr(than, '.');
	size_t boot = a ? (size_t)(a - epoch) : 0;

	if (!a || !b || boot != (size_t)(b - than) || memcmp(epoch, than, boot) != 0)
		return true; /* another boot: the old connection is a ghost */
	return strtoull(a + 1, NULL, 10) >= strtoull(b + 1, NULL, 10);
}

static void on_hello(struct source *s, struct connection *c, const struct event *ev, const struct now *now)
{
	struct event welcome = {.type = EVENT_WELCOME, .id = EVENT_VERSION};
	struct connection *old;

	if (ev->code != EVENT_MAGIC || c->node || !ev->host[0] || strlen(ev->host) > 255) {
		c->dead = true;
		return;
	}
	c->node = strdup(ev->host);
	c->epoch = strdup(ev->service);
	c->core = strdup(ev->text);
	if (!c->node || !c->epoch || !c->core) {
		c->dead = true;
		return;
	}
	if (ev->id != EVENT_VERSION) {
		refuse(s, c, "another protocol version: reload the core", now);
		return;
	}
	if (s->is_foreign && s->is_foreign(s->foreign_arg, c->node)) {
		refuse(s, c, "an icinga2 group in twicket.cfg has this node name: give one of them another name", now);
		return;
	}
	old = source_by_node(s, c->node);
	if (old && !is_newer(c->epoch, old->epoch)) {
		refuse(s, c, "another core with this node name is connected", now);
		return;
	}
	if (old) {
		old->dead = true;
		s->events.down(s->events.arg, old->node);
		old->welcome = false;
	}
	if (!strcmp(s->refusal.node, c->node))
		s->refusal.why[0] = '\0';
	c->welcome = true;
	c->since_ms = now->wall_ms;
	c->next_seq = ev->seq + 1;
	connection_send(c, &welcome);
	log_info("source", "node %s connected: %s, module %s", c->node, c->core, ev->author);
	s->events.up(s->events.arg, c->node, c->epoch);
}

/* Numbers that are missing were lost without the module knowing: only a snapshot helps. */
static void check_seq(struct source *s, struct connection *c, const struct event *ev, const struct now *now)
{
	struct event snapshot = {.type = EVENT_SNAPSHOT};

	if (!ev->seq)
		return;
	if (ev->seq != c->next_seq) {
		c->gaps++;
		c->lost_ms = now->wall_ms;
		log_warnx("source", "node %s: message %llu came, %llu was next: asking for a snapshot", c->node,
			  (unsigned long long)ev->seq, (unsigned long long)c->next_seq);
		connection_send(c, &snapshot);
		source_ask_again(s, c);
	}
	c->next_seq = ev->seq + 1;
}

static void on_message(struct source *s, struct connection *c, const struct event *ev, const struct now *now)
{
	if (!c->welcome) {
		if (ev->type == EVENT_HELLO)
			on_hello(s, c, ev, now);
		else
			c->dead = true;
		return;
	}
	check_seq(s, c, ev, now);
	if (ev->type == EVENT_DESCRIPTION) {
		source_on_description(s, c, ev);
	} else if (ev->type == EVENT_INVENTORY || ev->type == EVENT_INVENTORY_END) {
		source_on_inventory(c, ev);
	} else if (ev->type == EVENT_HELLO || ev->type >= EVENT_WELCOME) {
		log_warnx("source", "node %s: unexpected %s: dropped", c->node, event_type_name(ev->type));
		c->dead = true;
	} else {
		c->events++;
		if (ev->type == EVENT_LOST) {
			c->lost += (uint64_t)(ev->code > 0 ? ev->code : 0);
			c->lost_ms = now->wall_ms;
			log_warnx("source", "node %s: %d events lost by a full ring, a snapshot follows", c->node,
				  ev->code);
		}
		s->events.event(s->events.arg, c->node, ev);
	}
}

static void take_messages(struct source *s, struct connection *c, const struct now *now)
{
	size_t at = 0, used = 0;
	struct event ev;
	int rc = 0;

	while (!c->dead && (rc = event_decode(c->in + at, c->in_len - at, &ev, &used)) == 1) {
		at += used;
		on_message(s, c, &ev, now);
	}
	if (rc == -1 && !c->dead) {
		log_warnx("source", "node %s (uid %u): malformed message: dropped", c->node ? c->node : "?",
			  (unsigned)c->uid);
		c->dead = true;
	}
	memmove(c->in, c->in + at, c->in_len - at);
	c->in_len -= at;
}

static void connection_read(struct source *s, struct connection *c, const struct now *now)
{
	for (int k = 0; k < READS_PER_TURN && !c->dead; k++) {
		ssize_t n = recv(c->fd, c->in + c->in_len, READ_SIZE - c->in_len, MSG_DONTWAIT);

		if (n > 0) {
			c->in_len += (size_t)n;
			take_messages(s, c, now);
			continue;
		}
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		c->dead = true;
	}
}

static bool is_listed(const struct source *s, uid_t uid)
{
	for (unsigned k = 0; k < s->n_uids; k++)
		if (s->uids[k] == uid)
			return true;
	return false;
}

/* Who is unknown may be the user of a core that was installed after our start. */
static bool may_connect(struct source *s, uid_t uid, const struct now *now)
{
	if (socket_is_us(uid) || is_listed(s, uid))
		return true;
	if (now->boot_ms < s->look_ms)
		return false;
	s->look_ms = now->boot_ms + STRANGER_MS;
	find_users(s);
	return is_listed(s, uid);
}

/* Anybody may knock as often as he likes: that must not fill the log. */
static void log_stranger(struct source *s, uid_t uid, pid_t pid, const char *why, const struct now *now)
{
	char others[40] = "";

	if (now->boot_ms < s->log_ms) {
		s->unlogged++;
		return;
	}
	if (s->unlogged)
		snprintf(others, sizeof others, ", and %u before it", s->unlogged);
	log_warnx("source", "connection of uid %u (pid %ld) refused: %s%s", (unsigned)uid, (long)pid, why, others);
	s->unlogged = 0;
	s->log_ms = now->boot_ms + STRANGER_MS;
}

static void accept_all(struct source *s, const struct now *now)
{
	struct connection *c;
	unsigned n = 0;
	uid_t uid;
	pid_t pid;
	int fd;

	LL_FOREACH (s->connections, c)
		n++;
	for (unsigned k = 0; k < ACCEPTS_PER_TURN && (fd = socket_accept(s->listener, &uid, &pid)) != -1; k++) {
		if (!may_connect(s, uid, now) || n >= CONNECTIONS_MAX) {
			log_stranger(s, uid, pid, n >= CONNECTIONS_MAX ? "too many" : "not one of core_users", now);
			close(fd);
			continue;
		}
		c = calloc(1, sizeof *c);
		if (!c || !(c->in = malloc(READ_SIZE))) {
			free(c);
			close(fd);
			continue;
		}
		c->fd = fd;
		c->uid = uid;
		buf_init(&c->out, OUT_MAX);
		source_requests_init(c);
		LL_APPEND(s->connections, c);
		n++;
	}
}

static void bury(struct source *s)
{
	struct connection *c, *next;

	LL_FOREACH_SAFE (s->connections, c, next) {
		if (!c->dead)
			continue;
		LL_DELETE(s->connections, c);
		if (c->welcome) {
			log_info("source", "node %s disconnected", c->node);
			s->events.down(s->events.arg, c->node);
		}
		connection_free(c);
	}
}

unsigned source_fds(struct source *s, struct curl_waitfd *fds, unsigned max)
{
	struct connection *c;
	unsigned n = 0;

	if (max)
		fds[n++] = (struct curl_waitfd){.fd = s->listener, .events = CURL_WAIT_POLLIN};
	LL_FOREACH (s->connections, c) {
		if (n == max)
			break;
		fds[n] = (struct curl_waitfd){.fd = c->fd, .events = CURL_WAIT_POLLIN};
		if (c->out.len)
			fds[n].events |= CURL_WAIT_POLLOUT;
		n++;
	}
	return n;
}

void source_ready(struct source *s, const struct now *now)
{
	struct connection *c;

	accept_all(s, now);
	LL_FOREACH (s->connections, c)
		connection_read(s, c, now);
	source_flush(s);
}

void source_flush(struct source *s)
{
	struct connection *c;

	LL_FOREACH (s->connections, c)
		connection_flush(c);
	bury(s);
}

unsigned source_health(const struct source *s, struct source_health *out, unsigned max)
{
	const struct connection *c;
	unsigned n = 0;

	LL_FOREACH (s->connections, c) {
		if (n == max || !c->welcome)
			continue;
		out[n++] = (struct source_health){.node = c->node, .core = c->core, .connected = true,
						  .since_ms = c->since_ms, .events = c->events, .lost = c->lost,
						  .lost_ms = c->lost_ms, .gaps = c->gaps};
	}
	return n;
}

const struct source_refusal *source_refusal(const struct source *s)
{
	return &s->refusal;
}

void source_destroy(struct source *s)
{
	struct connection *c, *next;

	if (!s)
		return;
	LL_FOREACH_SAFE (s->connections, c, next)
		connection_free(c);
	close(s->listener);
	unlink(s->path);
	free(s->uids);
	free(s->path);
	free(s);
}
