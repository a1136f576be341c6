/*
 * What the agent asks of the simulated core: descriptions and commands, answered one at a
 * time. Called by the runner and the crash test. Must never answer before it is told to.
 */
#include "tests/scenario/simcore_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

void simcore_asked_free(struct asked *a)
{
	free(a->host);
	free(a->service);
	free(a->author);
	free(a->text);
	free(a->mark);
	free(a);
}

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
	struct simcore *s = simcore_peer(arg, node);

	if (s->connected)
		ask(s, host, service)->ev.kind = (uint8_t)kind;
}

int simcore_command(void *arg, const char *node, const struct event *cmd)
{
	struct simcore *s = simcore_peer(arg, node);
	struct asked *a;

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
	t = simcore_find(s, name);
	if (t)
		o = object_create(s->node, t->kind, t->host, t->service, buf_text(&t->pairs), t->pairs.len);
	if (o && s->tongue)
		o->ok_since_s = s->tongue->ok_since(s->other, a->host, a->service);
	else if (o && t->state == 0) {
		o->is_pending = t->is_unchecked;
		o->ok_since_s = t->since_s;
		o->ok_seen_s = t->last_ok_s;
	}
	core_object(s->core, s->node, a->ev.kind, a->host, a->service, o, now);
}

static unsigned begin_lists(struct simcore *s)
{
	unsigned n = s->peer ? begin_lists(s->peer) : 0;

	s->is_watched = true;
	s->is_listing = s->connected;
	return n + s->connected;
}

void simcore_list(void *arg)
{
	struct simcore *s = arg;
	unsigned nodes = begin_lists(s);

	core_watch(s->core, nodes);
}

static void list(struct simcore *s, const struct now *now)
{
	struct thing *t;

	s->is_listing = false;
	LL_FOREACH (s->things, t) {
		struct object *o =
			object_create(s->node, t->kind, t->host, t->service, buf_text(&t->pairs), t->pairs.len);

		if (o)
			core_watched(s->core, o, now);
		object_destroy(o);
	}
	core_watched(s->core, NULL, now);
}

static void result(struct simcore *s, const struct asked *a, int code, const struct now *now)
{
	struct event ev = {.type = EVENT_RESULT, .id = a->ev.id, .code = code};

	simcore_send(s, &ev, now);
}

static void comment(struct simcore *s, struct thing *t, const struct asked *a, const struct now *now)
{
	struct event ev = simcore_about(s, t, EVENT_COMMENT);
	char text[2600];

	snprintf(text, sizeof text, "%s %s", a->text, a->mark);
	ev.flags = EVENT_OURS | EVENT_PERSISTENT;
	ev.sub = 1;
	ev.author = a->author;
	ev.text = text;
	ev.mark = a->mark;
	simcore_send(s, &ev, now);
}

static int order_check(struct simcore *s, struct thing *t, const struct asked *a, const struct now *now)
{
	struct event ev = {.type = EVENT_RESULT, .id = a->ev.id, .flags = EVENT_MORE};

	t->checking = a->ev.id;
	simcore_send(s, &ev, now);
	return -1;
}

/* The code that its RESULT says; -1: that was said. */
static int obey(struct simcore *s, struct thing *t, const struct asked *a, const struct now *now)
{
	struct event cmd = a->ev;
	char text[2600];

	cmd.author = a->author;
	cmd.mark = a->mark;
	switch ((enum event_verb)a->ev.sub) {
	case EVENT_VERB_ACK:
		if (!t->state)
			return EVENT_CODE_NOT_A_PROBLEM;
		snprintf(text, sizeof text, "%s %s", a->text, a->mark);
		simcore_acked(s, t, a->author, text, a->mark, EVENT_OURS | (a->ev.flags & EVENT_STICKY), now);
		break;
	case EVENT_VERB_UNACK:
		return simcore_unacked(s, t, a->mark, EVENT_OURS, now) ? EVENT_CODE_OK : EVENT_CODE_NOT_ACKED;
	case EVENT_VERB_COMMENT: comment(s, t, a, now); break;
	case EVENT_VERB_DOWNTIME:
		snprintf(text, sizeof text, "%s %s", a->text, a->mark);
		simcore_plan_ordered(s, t, &cmd, text, now);
		break;
	case EVENT_VERB_DOWNTIME_CANCEL:
		return simcore_plan_cancel(s, a->mark, a->text, now) ? EVENT_CODE_OK : EVENT_CODE_NO_DOWNTIME;
	case EVENT_VERB_RECHECK: return order_check(s, t, a, now);
	}
	return EVENT_CODE_OK;
}

static void execute(struct simcore *s, const struct asked *a, const struct now *now)
{
	static const char *const verb[] = {"?", "ack", "unack", "comment", "downtime", "cancel", "recheck"};
	char name[512], line[4096];
	struct thing *t;
	int code = EVENT_CODE_UNKNOWN_OBJECT;

	snprintf(name, sizeof name, "%s%s%s", a->host, a->service[0] ? "/" : "", a->service);
	snprintf(line, sizeof line, "%s %s %s: %s %s", verb[a->ev.sub <= EVENT_VERB_RECHECK ? a->ev.sub : 0], name,
		 a->author, a->text, a->mark);
	s->log(s->arg, line);
	if (s->mute)
		return;
	if (s->tongue) {
		struct event cmd = a->ev;

		cmd.host = a->host;
		cmd.service = a->service;
		cmd.author = a->author;
		cmd.text = a->text;
		cmd.mark = a->mark;
		s->tongue->obey(s->other, &cmd, now);
		return;
	}
	t = simcore_find(s, name);
	if (t)
		code = obey(s, t, a, now);
	if (code >= 0)
		result(s, a, code, now);
}

bool simcore_checked(struct simcore *s, const char *name, const struct now *now)
{
	struct thing *t = simcore_find(s, name);
	struct event ev;

	if (!t || !t->checking)
		return false;
	ev = simcore_about(s, t, EVENT_RESULT);
	ev.flags = 0;
	ev.id = t->checking;
	t->checking = 0;
	t->checked_ms = now->wall_ms;
	simcore_send(s, &ev, now);
	return true;
}

void simcore_forget(struct simcore *s, const char *name, bool all)
{
	struct thing *t = simcore_find(s, name);

	if (!t)
		return;
	t->state = 0;
	t->flags = EVENT_HARD;
	t->is_unchecked = all;
	t->since_s = 0;
	t->last_ok_s = all ? 0 : t->last_ok_s;
}

void simcore_fine(struct simcore *s, const char *name, const struct now *now)
{
	struct thing *t = simcore_find(s, name);

	if (!t || t->state)
		return;
	t->is_unchecked = false;
	t->last_ok_s = now->wall_ms / 1000;
}

void simcore_mute(struct simcore *s, bool mute)
{
	s->mute = mute;
}

void simcore_busy(struct simcore *s, bool busy)
{
	s->busy = busy;
}

bool simcore_deliver(struct simcore *s, const struct now *now)
{
	struct asked *a = s->asked;

	if (s->is_listing && !s->busy && s->core && s->connected) {
		list(s, now);
		return true;
	}
	if (!a || !s->core || !s->connected || s->busy)
		return s->peer && simcore_deliver(s->peer, now);
	LL_DELETE(s->asked, a);
	if (a->is_command)
		execute(s, a, now);
	else
		describe(s, a, now);
	simcore_asked_free(a);
	return true;
}
