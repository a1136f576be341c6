/*
 * The control socket's connections: lines in, lines out. Called by the loop.
 * Must never wait for a client, and never do anything for one that may not ask.
 */
#include "agent/control_internal.h"

#include "agent/socket.h"
#include "common/buf.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#define CLIENTS_MAX 32
#define CLIENTS_OF_ONE 4 /* connections of one uid that is not ours */
#define ACCEPTS_PER_TURN 64 /* or who connects faster than we hang up would have the turn for ever */
#define OUT_WAITS 65536 /* who does not read its answers is not read either */
#define LINE_MAX_BYTES 65536
#define STRING_MAX_BYTES 4000 /* of a member; nothing that is longer would be said */
#define READ_SIZE 4096
#define OUT_MAX (64u << 20)
#define INVENTORY_MS 10000
#define IDLE_MS 60000
#define ADMIN_GROUP "twicket"

struct client {
	struct client *next;
	struct control *control;
	int fd;
	uid_t uid;
	bool dead;
	bool hung;    /* it has nothing more to say; what it asked for is still answered */
	bool waiting; /* for a reply or an inventory */
	struct buf in, out;
	json_t *objects; /* of the inventory under way */
	json_t *nodes;
	unsigned nodes_left;
	int64_t deadline_ms; /* boot */
};

struct control *control_create(const char *path, struct core *core, struct sources *sources, struct err *err)
{
	struct control *c = calloc(1, sizeof *c);

	if (!c || !(c->path = strdup(path))) {
		free(c);
		err_set(err, "out of memory");
		return NULL;
	}
	c->core = core;
	c->sources = sources;
	c->listener = socket_listen(path, err);
	if (c->listener == -1) {
		free(c->path);
		free(c);
		return NULL;
	}
	return c;
}

static void client_free(struct client *k)
{
	sources_inventory_cancel(k->control->sources, k);
	core_forget(k->control->core, k);
	json_decref(k->objects);
	json_decref(k->nodes);
	buf_finish(&k->in);
	buf_finish(&k->out);
	close(k->fd);
	free(k);
}

void control_destroy(struct control *c)
{
	struct client *k, *next;

	if (!c)
		return;
	LL_FOREACH_SAFE (c->clients, k, next) {
		json_decref(k->objects);
		json_decref(k->nodes);
		buf_finish(&k->in);
		buf_finish(&k->out);
		close(k->fd);
		free(k);
	}
	close(c->listener);
	unlink(c->path);
	free(c->path);
	free(c);
}

/* --- answering ------------------------------------------------------------------------ */

static void client_flush(struct client *k)
{
	while (k->out.len && !k->dead) {
		ssize_t n = send(k->fd, k->out.data, k->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			buf_drop(&k->out, (size_t)n);
		else if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		else if (n != -1 || errno != EINTR)
			k->dead = true;
	}
}

/* Takes the answer over. */
static void client_answer(struct client *k, json_t *answer)
{
	char *line = answer ? json_dumps(answer, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	k->waiting = false;
	if (!line || buf_str(&k->out, line) == -1 || buf_char(&k->out, '\n') == -1)
		k->dead = true;
	free(line);
	json_decref(answer);
	client_flush(k);
}

void control_reply_done(struct control *c, void *ticket, const struct reply_row *reply, const struct now *now)
{
	struct client *k;

	LL_FOREACH (c->clients, k)
		if (k == ticket && k->waiting)
			client_answer(k, answer_reply(c, reply, now));
}

/* --- inventory -------------------------------------------------------------------------- */

static json_t *pairs_to_json(const struct event *ev)
{
	json_t *pairs = json_array();
	const char *at = NULL;

	while ((at = event_list_next(ev, at)))
		json_array_append_new(pairs, control_text(at));
	return pairs;
}

static void inventory_end(struct client *k)
{
	json_t *answer = json_pack("{s:b, s:O, s:O}", "ok", 1, "nodes", k->nodes, "objects", k->objects);

	json_decref(k->objects);
	json_decref(k->nodes);
	k->objects = k->nodes = NULL;
	client_answer(k, answer);
}

static void on_inventory(void *arg, const char *node, const struct event *ev)
{
	struct client *k = arg;
	json_t *object;

	if (!k->objects)
		return;
	if (!ev) {
		json_array_append_new(k->nodes, control_text(node));
		if (--k->nodes_left == 0)
			inventory_end(k);
		return;
	}
	object = json_pack("{s:o, s:o, s:o, s:o}", "node", control_text(node), "host", control_text(ev->host), "service",
			   control_text(ev->service), "pairs", pairs_to_json(ev));
	if (object)
		json_array_append_new(k->objects, object);
}

static json_t *begin_inventory(struct control *c, struct client *k)
{
	k->objects = json_array();
	k->nodes = json_array();
	k->deadline_ms = c->now.boot_ms + INVENTORY_MS;
	k->nodes_left = sources_inventory(c->sources, on_inventory, k);
	if (k->nodes_left) {
		k->waiting = true;
		return NULL;
	}
	json_decref(k->objects);
	json_decref(k->nodes);
	k->objects = k->nodes = NULL;
	return answer_error("no core is connected");
}

/* --- requests ------------------------------------------------------------------------------ */

static bool is_admin(const struct client *k)
{
	return socket_is_us(k->uid) || socket_is_member(k->uid, ADMIN_GROUP);
}

/* Root may say for whom it speaks (sudo); everybody else is who they are. */
static const char *author_of(const struct client *k, const char *claimed, char *name, size_t size)
{
	if (socket_is_us(k->uid))
		return claimed && *claimed ? claimed : "admin";
	return socket_login_of(k->uid, name, size) ? name : "admin";
}

static json_t *begin_reply(struct control *c, struct client *k, json_t *request)
{
	const char *tag = json_string_value(json_object_get(request, "tag"));
	const char *words = json_string_value(json_object_get(request, "words"));
	const char *user = json_string_value(json_object_get(request, "user"));
	struct err err = {{0}};
	char name[64];

	if (!tag || !words)
		return answer_error("reply needs a tag and words");
	k->waiting = true;
	if (core_reply(c->core, tag, words, author_of(k, user, name, sizeof name), k, &c->now, &err) == 0)
		return NULL;
	k->waiting = false;
	return answer_error("%s", err.text);
}

typedef json_t *by_hand(struct control *c, json_t *request, const char *by);

static by_hand *find_by_hand(const char *what)
{
	static const struct {
		const char *what;
		by_hand *answer;
	} all[] = {{"open", answer_open},	{"close", answer_close}, {"retract", answer_retract},
		   {"quiet", answer_quiet}, {"pause", answer_pause}, {"resume", answer_resume},
		   {"people", answer_people}, {"audit", answer_audit}, {"ticket", answer_ticket},
		   {"report", answer_report}};

	for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
		if (!strcmp(what, all[k].what))
			return all[k].answer;
	return NULL;
}

static json_t *serve_by_hand(struct control *c, struct client *k, by_hand *answer, json_t *request)
{
	const char *user = json_string_value(json_object_get(request, "user"));
	char name[64];

	return answer(c, request, author_of(k, user, name, sizeof name));
}

static bool is_type(const json_t *value, json_type type)
{
	return json_typeof(value) == type || (type == JSON_TRUE && json_is_false(value));
}

/*
 * The first member that is not what it should be: one that is taken for absent would pause
 * everything instead of one thing, and what is too long to be said would be told to nobody.
 */
static json_t *refuse_members(const json_t *request)
{
	static const struct {
		const char *key;
		json_type type;
	} all[] = {{"do", JSON_STRING},	       {"tag", JSON_STRING},   {"words", JSON_STRING},	 {"user", JSON_STRING},
		   {"text", JSON_STRING},      {"to", JSON_STRING},    {"name", JSON_STRING},	 {"match", JSON_STRING},
		   {"enrol", JSON_STRING},     {"revoke", JSON_STRING}, {"search", JSON_STRING}, {"restore", JSON_STRING},
		   {"account", JSON_STRING},   {"end", JSON_STRING},   {"from_ms", JSON_INTEGER}, {"until_ms", JSON_INTEGER},
		   {"since_ms", JSON_INTEGER}, {"retry", JSON_INTEGER}, {"drop", JSON_INTEGER},	 {"delete", JSON_TRUE},
		   {"list", JSON_TRUE},	       {"closed", JSON_TRUE},  {"part", JSON_STRING},	 {"after", JSON_INTEGER},
		   {"month", JSON_INTEGER}};

	for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
		const json_t *value = json_object_get(request, all[k].key);

		if (value && !is_type(value, all[k].type))
			return answer_error("%s must be %s", all[k].key,
					    all[k].type == JSON_STRING	? "a string" :
					    all[k].type == JSON_INTEGER ? "a whole number" :
									  "true or false");
		if (json_string_length(value) > STRING_MAX_BYTES)
			return answer_error("%s has more than %d bytes", all[k].key, STRING_MAX_BYTES);
	}
	return NULL;
}

/* The answer, or NULL: it comes later. */
static json_t *serve(struct control *c, struct client *k, json_t *request)
{
	const char *what = json_string_value(json_object_get(request, "do"));
	json_t *denied, *refused;

	if (!what)
		return answer_error("a request says what to do: {\"do\":\"status\"}");
	if (!strcmp(what, "status"))
		return is_admin(k) ? answer_status(c) : answer_status_outline(c);
	if (!is_admin(k)) {
		denied = answer_error("only root and members of the group " ADMIN_GROUP " may do that");
		json_object_set_new(denied, "denied", json_true());
		return denied;
	}
	refused = refuse_members(request);
	if (refused)
		return refused;
	if (!strcmp(what, "list"))
		return answer_list(c, request);
	if (!strcmp(what, "show"))
		return answer_show(c, request);
	if (!strcmp(what, "queue"))
		return answer_queue(c, request);
	if (!strcmp(what, "login"))
		return answer_login(c, request);
	if (!strcmp(what, "reply"))
		return begin_reply(c, k, request);
	if (!strcmp(what, "inventory"))
		return begin_inventory(c, k);
	if (find_by_hand(what))
		return serve_by_hand(c, k, find_by_hand(what), request);
	return answer_error("unknown request \"%.40s\"", what);
}

static void take_line(struct control *c, struct client *k, const char *line, size_t n)
{
	json_error_t why;
	json_t *request = json_loadb(line, n, JSON_REJECT_DUPLICATES, &why);
	json_t *answer;

	if (!json_is_object(request))
		answer = answer_error("that is not a JSON object");
	else
		answer = serve(c, k, request);
	json_decref(request);
	if (answer)
		client_answer(k, answer);
}

static void take_lines(struct control *c, struct client *k)
{
	char *end;

	/* One at a time: what came while an answer is under way waits for it. */
	while (!k->dead && !k->waiting && k->out.len < OUT_WAITS && k->in.len &&
	       (end = memchr(k->in.data, '\n', k->in.len))) {
		size_t n = (size_t)(end - k->in.data);

		take_line(c, k, k->in.data, n);
		buf_drop(&k->in, n + 1);
	}
}

/* Who does not read its answers is not read either; and a line has an end. */
static bool has_room(const struct client *k)
{
	return k->out.len < OUT_WAITS && k->in.len + READ_SIZE <= LINE_MAX_BYTES;
}

static void client_read(struct control *c, struct client *k)
{
	char bytes[READ_SIZE];
	ssize_t n = -1;

	while (!k->dead && !k->hung && has_room(k) &&
	       (n = recv(k->fd, bytes, sizeof bytes, MSG_DONTWAIT)) != 0) {
		if (n == -1) {
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN && errno != EWOULDBLOCK)
				k->dead = true;
			break;
		}
		k->deadline_ms = c->now.boot_ms + IDLE_MS;
		buf_add(&k->in, bytes, (size_t)n);
	}
	if (n == 0)
		k->hung = true;
	take_lines(c, k);
	if (!k->waiting && k->out.len < OUT_WAITS && !has_room(k)) {
		log_warnx("control", "line of uid %u too long: dropped", (unsigned)k->uid);
		k->dead = true;
	}
}

/* One user of the machine must not keep the others out. */
static bool has_place(const struct control *c, uid_t uid)
{
	const struct client *k;
	unsigned all = 0, same = 0;

	LL_FOREACH (c->clients, k) {
		all++;
		same += k->uid == uid;
	}
	return all < CLIENTS_MAX && (same < CLIENTS_OF_ONE || socket_is_us(uid));
}

static void accept_all(struct control *c)
{
	struct client *k;
	uid_t uid;
	pid_t pid;
	int fd;

	for (unsigned n = 0; n < ACCEPTS_PER_TURN && (fd = socket_accept(c->listener, &uid, &pid)) != -1; n++) {
		k = has_place(c, uid) ? calloc(1, sizeof *k) : NULL;
		if (!k) {
			close(fd);
			continue;
		}
		k->control = c;
		k->fd = fd;
		k->uid = uid;
		k->deadline_ms = c->now.boot_ms + IDLE_MS;
		buf_init(&k->in, LINE_MAX_BYTES);
		buf_init(&k->out, OUT_MAX);
		LL_PREPEND(c->clients, k);
	}
}

static void client_clock(struct control *c, struct client *k)
{
	if (c->now.boot_ms < k->deadline_ms)
		return;
	if (k->objects) {
		sources_inventory_cancel(c->sources, k);
		json_decref(k->objects);
		json_decref(k->nodes);
		k->objects = k->nodes = NULL;
		client_answer(k, answer_error("the core did not list its objects in time"));
	} else if (!k->waiting)
		k->dead = true;
}

unsigned control_fds(struct control *c, struct curl_waitfd *fds, unsigned max)
{
	struct client *k;
	unsigned n = 0;

	if (max)
		fds[n++] = (struct curl_waitfd){.fd = c->listener, .events = CURL_WAIT_POLLIN};
	LL_FOREACH (c->clients, k) {
		if (n == max)
			break;
		if (k->hung && !k->out.len)
			continue; /* a hung-up descriptor in the array spins */
		fds[n] = (struct curl_waitfd){.fd = k->fd};
		if (!k->hung && has_room(k))
			fds[n].events |= CURL_WAIT_POLLIN;
		if (k->out.len)
			fds[n].events |= CURL_WAIT_POLLOUT;
		n++;
	}
	return n;
}

bool control_is_idle(const struct control *c)
{
	return !c->clients && c->started.boot_ms;
}

void control_ready(struct control *c, const struct now *now)
{
	struct client *k, *next;

	c->now = *now;
	if (!c->started.boot_ms)
		c->started = *now;
	accept_all(c);
	LL_FOREACH_SAFE (c->clients, k, next) {
		client_read(c, k);
		client_flush(k);
		take_lines(c, k); /* what waited for the client to read */
		client_clock(c, k);
		if (k->hung && !k->waiting && !k->out.len)
			k->dead = true;
		if (!k->dead)
			continue;
		LL_DELETE(c->clients, k);
		client_free(k);
	}
}
