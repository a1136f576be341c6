/*
 * The simulated monitoring core. Used by the scenario runner and the crash test.
 */
#include "tests/scenario/simcore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct thing {
	struct thing *next;
	char *name, *host, *service;
	struct buf pairs;
	unsigned kind, state, downtimes;
	uint32_t flags;
	int64_t since_s, last_ok_s;
	char *output, *author;
};

struct asked {
	struct asked *next;
	bool is_command;
	struct event ev;
	char *host, *service, *author, *text, *mark;
};

struct simcore {
	char *node;
	simcore_log_fn *log;
	void *arg;
	struct core *core;
	struct thing *things;
	struct asked *asked;
	unsigned epoch;
	uint64_t seq;
	bool connected, mute;
};

struct simcore *simcore_create(const char *node, simcore_log_fn *log, void *arg)
{
	struct simcore *s = calloc(1, sizeof *s);

	s->node = strdup(node);
	s->log = log;
	s->arg = arg;
	return s;
}

static void thing_free(struct thing *t)
{
	free(t->name);
	free(t->host);
	free(t->service);
	free(t->output);
	free(t->author);
	buf_finish(&t->pairs);
	free(t);
}

static void asked_free(struct asked *a)
{
	free(a->host);
	free(a->service);
	free(a->author);
	free(a->text);
	free(a->mark);
	free(a);
}

void simcore_destroy(struct simcore *s)
{
	struct thing *t, *tn;
	struct asked *a, *an;

	if (!s)
		return;
	LL_FOREACH_SAFE (s->things, t, tn)
		thing_free(t);
	LL_FOREACH_SAFE (s->asked, a, an)
		asked_free(a);
	free(s->node);
	free(s);
}

static struct thing *find(const struct simcore *s, const char *name)
{
	struct thing *t;

	LL_FOREACH (s->things, t)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

void simcore_object(struct simcore *s, const char *name, const char *const *pairs, unsigned n)
{
	struct thing *t = calloc(1, sizeof *t);
	const char *slash = strchr(name, '/');

	t->name = strdup(name);
	t->host = strndup(name, slash ? (size_t)(slash - name) : strlen(name));
	t->service = strdup(slash ? slash + 1 : "");
	t->kind = slash ? EVENT_SERVICE : EVENT_HOST;
	t->output = strdup("");
	buf_init(&t->pairs, 65536);
	for (unsigned k = 0; k < n; k++) {
		const char *eq = strchr(pairs[k], '=');

		if (!eq)
			continue;
		buf_add(&t->pairs, pairs[k], (size_t)(eq - pairs[k]));
		buf_char(&t->pairs, '\0');
		buf_add(&t->pairs, eq + 1, strlen(eq + 1) + 1);
	}
	LL_APPEND(s->things, t);
}

void simcore_remove(struct simcore *s, const char *name)
{
	struct thing *t = find(s, name);

	if (!t)
		return;
	LL_DELETE(s->things, t);
	thing_free(t);
}

void simcore_attach(struct simcore *s, struct core *core)
{
	s->core = core;
	s->connected = false;
}

static void send(struct simcore *s, struct event *ev, const struct now *now)
{
	if (!s->connected || !s->core)
		return;
	ev->seq = ++s->seq;
	ev->time_us = now->wall_ms * 1000;
	ev->host = ev->host ? ev->host : "";
	ev->service = ev->service ? ev->service : "";
	ev->text = ev->text ? ev->text : "";
	ev->author = ev->author ? ev->author : "";
	ev->mark = ev->mark ? ev->mark : "";
	ev->list = "";
	core_event(s->core, s->node, ev, now);
}

static unsigned downtimes(const struct simcore *s, const struct thing *t)
{
	const struct thing *host = t->kind == EVENT_SERVICE ? find(s, t->host) : NULL;

	return t->downtimes + (host ? host->downtimes : 0);
}

static struct event about(const struct simcore *s, const struct thing *t, unsigned type)
{
	return (struct event){.type = (uint8_t)type,
			      .kind = (uint8_t)t->kind,
			      .state = (uint8_t)t->state,
			      .flags = t->flags | (downtimes(s, t) ? EVENT_IN_DOWNTIME : 0),
			      .attempt = 3,
			      .max_attempts = 3,
			      .since = t->since_s,
			      .last_ok = t->last_ok_s,
			      .host = t->host,
			      .service = t->service,
			      .text = t->output};
}

/* Of everything, or of the services of one host. */
static void snapshot(struct simcore *s, const char *host, const struct now *now)
{
	struct event begin = {.type = EVENT_SNAP_BEGIN, .id = 1, .host = host};
	struct event end = {.type = EVENT_SNAP_END, .id = 1, .host = host};
	struct thing *t;

	send(s, &begin, now);
	LL_FOREACH (s->things, t) {
		struct event ev = about(s, t, EVENT_OBJECT);

		if (host[0] && (t->kind == EVENT_HOST || strcmp(t->host, host) != 0))
			continue;
		ev.author = t->author;
		if (t->state || (ev.flags & ~(uint32_t)EVENT_HARD))
			send(s, &ev, now);
	}
	send(s, &end, now);
}

void simcore_connect(struct simcore *s, bool restarted, const struct now *now)
{
	char epoch[32];

	if (restarted || !s->epoch)
		s->epoch++;
	snprintf(epoch, sizeof epoch, "boot.%u", s->epoch);
	s->connected = true;
	core_node_up(s->core, s->node, epoch, now);
	snapshot(s, "", now);
}

void simcore_disconnect(struct simcore *s, const struct now *now)
{
	struct asked *a, *next;

	if (s->connected && s->core)
		core_node_down(s->core, s->node, now);
	s->connected = false;
	LL_FOREACH_SAFE (s->asked, a, next)
		asked_free(a);
	s->asked = NULL;
}

static int state_number(unsigned kind, const char *word)
{
	for (unsigned k = 0; k <= (kind == EVENT_HOST ? 2u : 3u); k++)
		if (!strcmp(event_state_word(kind, k), word))
			return (int)k;
	return -1;
}

bool simcore_state(struct simcore *s, const char *name, const char *state, bool hard, const char *output,
		   const struct now *now)
{
	struct thing *t = find(s, name);
	int number = t ? state_number(t->kind, state) : -1;
	struct event ev;

	if (number < 0)
		return false;
	if (t->state == 0 && number != 0)
		t->last_ok_s = now->wall_ms / 1000 - 60;
	if (number == 0) {
		t->flags &= ~(uint32_t)(EVENT_ACKED | EVENT_STICKY);
		t->last_ok_s = now->wall_ms / 1000;
	} else if ((unsigned)number != t->state && !(t->flags & EVENT_STICKY)) {
		t->flags &= ~(uint32_t)EVENT_ACKED;
	}
	t->state = (unsigned)number;
	t->flags = hard ? t->flags | EVENT_HARD : t->flags & ~(uint32_t)EVENT_HARD;
	if (hard)
		t->since_s = now->wall_ms / 1000;
	free(t->output);
	t->output = strdup(output);
	ev = about(s, t, EVENT_STATE);
	send(s, &ev, now);
	return true;
}

static void acked(struct simcore *s, struct thing *t, const char *author, const char *text, const char *mark,
		  uint32_t flags, const struct now *now)
{
	struct event ev = about(s, t, EVENT_ACK);

	ev.flags = flags;
	ev.author = author;
	ev.text = text;
	ev.mark = mark;
	send(s, &ev, now); /* the core tells before it sets the flag */
	t->flags |= EVENT_ACKED | (flags & EVENT_STICKY);
	free(t->author);
	t->author = strdup(author);
}

bool simcore_ack(struct simcore *s, const char *name, const char *author, const char *text, const struct now *now)
{
	struct thing *t = find(s, name);

	if (!t || !t->state)
		return false;
	acked(s, t, author, text, "", EVENT_STICKY, now);
	return true;
}

static bool unacked(struct simcore *s, struct thing *t, const char *mark, uint32_t flags, const struct now *now)
{
	struct event ev = about(s, t, EVENT_ACK_GONE);

	if (!(t->flags & EVENT_ACKED))
		return false;
	t->flags &= ~(uint32_t)(EVENT_ACKED | EVENT_STICKY);
	ev.flags = flags;
	ev.mark = mark;
	send(s, &ev, now);
	return true;
}

bool simcore_unack(struct simcore *s, const char *name, const struct now *now)
{
	struct thing *t = find(s, name);

	return t && unacked(s, t, "", 0, now);
}

bool simcore_downtime(struct simcore *s, const char *name, bool begins, const struct now *now)
{
	struct thing *t = find(s, name);
	struct event ev;

	if (!t)
		return false;
	t->downtimes = begins ? t->downtimes + 1 : t->downtimes ? t->downtimes - 1 : 0;
	ev = about(s, t, EVENT_DOWNTIME);
	ev.flags = 0;
	ev.code = begins ? 0 : (int)t->downtimes;
	ev.sub = begins ? EVENT_DOWNTIME_START : EVENT_DOWNTIME_STOP;
	send(s, &ev, now);
	if (!begins && t->kind == EVENT_HOST)
		snapshot(s, t->host, now);
	return true;
}

bool simcore_notify(struct simcore *s, const char *name, const char *contact, const struct now *now)
{
	struct thing *t = find(s, name);
	struct event ev;

	if (!t)
		return false;
	ev = about(s, t, EVENT_NOTIFIED);
	ev.flags = 0;
	ev.author = contact;
	send(s, &ev, now);
	return true;
}

bool simcore_is_acked(const struct simcore *s, const char *name, const char **author)
{
	const struct thing *t = find(s, name);

	if (author)
		*author = t && t->author ? t->author : "";
	return t && (t->flags & EVENT_ACKED);
}

/* --- what the agent asks ------------------------------------------------------------- */

static struct asked *ask(struct simcore *s, const char *host, const char *service)
{
	struct asked *a = calloc(1, sizeof *a);

	a->host = strdup(host);
	a->service = strdup(service);
	LL_APPEND(s->asked, a);
	return a;
}

void simcore_describe(void *arg, const char *node, unsigned kind, const char *host, const char *service)
{
	struct simcore *s = arg;

	(void)node;
	if (s->connected)
		ask(s, host, service)->ev.kind = (uint8_t)kind;
}

int simcore_command(void *arg, const char *node, const struct event *cmd)
{
	struct simcore *s = arg;
	struct asked *a;

	(void)node;
	if (!s->connected)
		return -1;
	a = ask(s, cmd->host, cmd->service);
	a->is_command = true;
	a->ev = *cmd;
	a->author = strdup(cmd->author ? cmd->author : "");
	a->text = strdup(cmd->text ? cmd->text : "");
	a->mark = strdup(cmd->mark ? cmd->mark : "");
	return 0;
}

static void describe(struct simcore *s, const struct asked *a, const struct now *now)
{
	char name[512];
	struct object *o = NULL;
	struct thing *t;

	snprintf(name, sizeof name, "%s%s%s", a->host, a->service[0] ? "/" : "", a->service);
	t = find(s, name);
	if (t)
		o = object_create(s->node, t->kind, t->host, t->service, buf_text(&t->pairs), t->pairs.len);
	if (o && t->state == 0)
		o->ok_since_s = t->since_s;
	core_object(s->core, s->node, a->ev.kind, a->host, a->service, o, now);
}

static void result(struct simcore *s, const struct asked *a, int code, const struct now *now)
{
	struct event ev = {.type = EVENT_RESULT, .id = a->ev.id, .code = code};

	send(s, &ev, now);
}

static void comment(struct simcore *s, struct thing *t, const struct asked *a, const struct now *now)
{
	struct event ev = about(s, t, EVENT_COMMENT);
	char text[2600];

	snprintf(text, sizeof text, "%s %s", a->text, a->mark);
	ev.flags = EVENT_OURS | EVENT_PERSISTENT;
	ev.sub = 1;
	ev.author = a->author;
	ev.text = text;
	ev.mark = a->mark;
	send(s, &ev, now);
}

static void execute(struct simcore *s, const struct asked *a, const struct now *now)
{
	static const char *const verb[] = {"?", "ack", "unack", "comment"};
	char name[512], line[4096];
	struct thing *t;
	int code = EVENT_CODE_OK;

	snprintf(name, sizeof name, "%s%s%s", a->host, a->service[0] ? "/" : "", a->service);
	snprintf(line, sizeof line, "%s %s %s: %s %s", verb[a->ev.sub & 3], name, a->author, a->text, a->mark);
	s->log(s->arg, line);
	if (s->mute)
		return;
	t = find(s, name);
	if (!t)
		code = EVENT_CODE_UNKNOWN_OBJECT;
	else if (a->ev.sub == EVENT_VERB_ACK && !t->state)
		code = EVENT_CODE_NOT_A_PROBLEM;
	else if (a->ev.sub == EVENT_VERB_ACK)
		acked(s, t, a->author, a->text, a->mark, EVENT_OURS | (a->ev.flags & EVENT_STICKY), now);
	else if (a->ev.sub == EVENT_VERB_UNACK && !unacked(s, t, a->mark, EVENT_OURS, now))
		code = EVENT_CODE_NOT_ACKED;
	else if (a->ev.sub == EVENT_VERB_COMMENT)
		comment(s, t, a, now);
	result(s, a, code, now);
}

void simcore_mute(struct simcore *s, bool mute)
{
	s->mute = mute;
}

bool simcore_deliver(struct simcore *s, const struct now *now)
{
	struct asked *a = s->asked;

	if (!a || !s->core || !s->connected)
		return false;
	LL_DELETE(s->asked, a);
	if (a->is_command)
		execute(s, a, now);
	else
		describe(s, a, now);
	asked_free(a);
	return true;
}
