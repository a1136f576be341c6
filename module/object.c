/*
 * The core's structures, read. Called by the callbacks, snapshots and commands.
 * Sees the core's headers through neb_compat.h.
 * Must never change anything there.
 */
#include "module/object.h"

#include <string.h>

struct object object_find(unsigned kind, const char *host_name, const char *service_name)
{
	struct object object = {NULL, NULL};

	if (kind == EVENT_SERVICE)
		object.service = find_service(host_name, service_name);
	else if (kind == EVENT_HOST)
		object.host = find_host(host_name);
	return object;
}

int object_state(const struct object *object)
{
	return object->service ? object->service->current_state : object->host->current_state;
}

int object_is_acked(const struct object *object)
{
	return object->service ? object->service->problem_has_been_acknowledged
			       : object->host->problem_has_been_acknowledged;
}

time_t object_last_check(const struct object *object)
{
	return object->service ? object->service->last_check : object->host->last_check;
}

int object_is_noteworthy(const struct object *object)
{
	const service *s = object->service;
	const host *h = object->host;

	if (s)
		return s->current_state || s->problem_has_been_acknowledged || s->is_flapping ||
		       s->scheduled_downtime_depth > 0;
	return h->current_state || h->problem_has_been_acknowledged || h->is_flapping ||
	       h->scheduled_downtime_depth > 0;
}

void object_name(const struct object *object, struct event *ev)
{
	const service *s = object->service;

	ev->kind = s ? EVENT_SERVICE : EVENT_HOST;
	ev->host = s ? s->host_name : object->host->name;
	ev->service = s ? s->description : NULL;
}

/* The wire knows no other numbers; a module of somebody else's might set some. */
static uint8_t clamp_state(int state, int last)
{
	return (uint8_t)(state >= 0 && state <= last ? state : last);
}

static uint16_t clamp_count(int n)
{
	return (uint16_t)(n < 0 ? 0 : n > UINT16_MAX ? UINT16_MAX : n);
}

static uint32_t common_flags(int state_type, int acked, int ack_type, int flaps, int depth)
{
	uint32_t flags = state_type == HARD_STATE ? EVENT_HARD : 0;

	if (acked)
		flags |= EVENT_ACKED | (ack_type == ACKNOWLEDGEMENT_STICKY ? EVENT_STICKY : 0);
	if (flaps)
		flags |= EVENT_FLAPS;
	if (depth > 0)
		flags |= EVENT_IN_DOWNTIME;
	return flags;
}

static void describe_service(const service *s, struct event *ev)
{
	ev->state = clamp_state(s->current_state, EVENT_UNKNOWN);
	ev->flags = common_flags(
	    s->state_type, s->problem_has_been_acknowledged, s->acknowledgement_type,
	    s->is_flapping,
	    s->scheduled_downtime_depth + (s->host_ptr ? s->host_ptr->scheduled_downtime_depth : 0));
	if (!s->has_been_checked)
		ev->flags |= EVENT_UNCHECKED;
	if (s->host_ptr && s->host_ptr->current_state)
		ev->flags |= EVENT_HOST_DOWN;
	ev->attempt = clamp_count(s->current_attempt);
	ev->max_attempts = clamp_count(s->max_attempts);
	ev->since = s->last_hard_state_change;
	ev->last_ok = s->last_time_ok;
	ev->text = s->plugin_output;
}

static void describe_host(const host *h, struct event *ev)
{
	ev->state = clamp_state(h->current_state, EVENT_UNREACHABLE);
	ev->flags = common_flags(
	    h->state_type, h->problem_has_been_acknowledged, h->acknowledgement_type,
	    h->is_flapping, h->scheduled_downtime_depth);
	if (!h->has_been_checked)
		ev->flags |= EVENT_UNCHECKED;
	ev->attempt = clamp_count(h->current_attempt);
	ev->max_attempts = clamp_count(h->max_attempts);
	ev->since = h->last_hard_state_change;
	ev->last_ok = h->last_time_up;
	ev->text = h->plugin_output;
}

void object_describe(const struct object *object, struct event *ev)
{
	object_name(object, ev);
	if (object->service)
		describe_service(object->service, ev);
	else
		describe_host(object->host, ev);
}

unsigned object_add_ack(const struct object *object, struct event *ev, char mark[GATE_MARK_BYTES])
{
	struct compat_comments walk = compat_comments(object->host, object->service);
	const compat_comment *newest = NULL;
	const compat_comment *c;

	while ((c = compat_next_comment(&walk)))
		if (c->entry_type == ACKNOWLEDGEMENT_COMMENT &&
		    (!newest || c->comment_id > newest->comment_id))
			newest = c;
	if (!newest)
		return walk.looked;
	ev->author = newest->author;
	gate_mark_of(newest->comment_data ? newest->comment_data : "", mark);
	ev->mark = mark;
	return walk.looked;
}
