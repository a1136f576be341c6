/*
 * The core's events, made into messages: one function for each kind of callback.
 * Called by the core in its main loop; sees its headers through neb_compat.h.
 * Must never call the system, allocate, or take long: the core waits.
 */
#include "module/callback.h"

#include <stdio.h>
#include <string.h>

#include "common/event.h"
#include "module/command.h"
#include "module/object.h"
#include "module/sender.h"
#include "module/snapshot.h"

static struct {
	struct object removing; /* acknowledged when the command that removes it began */
	const void *gone; /* whose acknowledgement's end was told last */
	int command; /* the core's number of the external command under way, 0 = none */
} callback;

void callback_reset(void)
{
	callback.removing = (struct object){NULL, NULL};
	callback.gone = NULL;
	callback.command = 0;
}

static int64_t time_us(const struct timeval *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_usec;
}

/* ---- states ---- */

/* A volatile service sends every result; the core still has the previous states at this point. */
static int is_repeat(const nebstruct_statechange_data *ds, int last_state, int last_hard_state)
{
	return ds->state_type == HARD_STATE && ds->state == last_state &&
	       last_state == last_hard_state;
}

int callback_state(int type, void *data)
{
	const nebstruct_statechange_data *ds = data;
	struct event ev;
	struct object object = {NULL, NULL};

	(void)type;
	if (!sender_is_open() || ds->type != NEBTYPE_STATECHANGE_END || !ds->object_ptr)
		return 0;
	if (ds->statechange_type == SERVICE_STATECHANGE) {
		object.service = ds->object_ptr;
		if (is_repeat(ds, object.service->last_state, object.service->last_hard_state))
			return 0;
	} else {
		object.host = ds->object_ptr;
		if (is_repeat(ds, object.host->last_state, object.host->last_hard_state))
			return 0;
	}
	memset(&ev, 0, sizeof ev);
	ev.type = EVENT_STATE;
	ev.time_us = time_us(&ds->timestamp);
	object_describe(&object, &ev);
	ev.flags &= ~(uint32_t)EVENT_UNCHECKED; /* the core sets has_been_checked after this */
	sender_put(&ev);
	/* of its services the core sends nothing now, whatever they have become meanwhile */
	if (object.host && object.host->current_state == HOST_UP)
		snapshot_request_host(object.host);
	return 0;
}

/* ---- acknowledgements ---- */

/* Marks what happens inside one of our own commands. */
static void add_mark(struct event *ev)
{
	const char *mark = command_mark();

	if (!mark)
		return;
	ev->flags |= EVENT_OURS;
	ev->mark = mark;
}

static const void *object_key(const struct object *object)
{
	return object->service ? (const void *)object->service : object->host;
}

/* Called before the core sets its flag. */
int callback_ack(int type, void *data)
{
	const nebstruct_acknowledgement_data *ds = data;
	struct event ev = {.type = EVENT_ACK};

	(void)type;
	if (!sender_is_open() || ds->type != NEBTYPE_ACKNOWLEDGEMENT_ADD)
		return 0;
	callback.gone = NULL;
	ev.kind = ds->acknowledgement_type == SERVICE_ACKNOWLEDGEMENT ? EVENT_SERVICE : EVENT_HOST;
	ev.flags = (ds->is_sticky ? EVENT_STICKY : 0) | (ds->notify_contacts ? EVENT_NOTIFY : 0) |
		   (ds->persistent_comment ? EVENT_PERSISTENT : 0);
	ev.time_us = time_us(&ds->timestamp);
	ev.until = compat_ack_end(ds);
	ev.host = ds->host_name;
	ev.service = ds->service_description;
	ev.author = ds->author_name;
	ev.text = ds->comment_data;
	add_mark(&ev);
	sender_put(&ev);
	return 0;
}

/* Once for each time, though several comments of one acknowledgement may be deleted. */
static void tell_ack_gone(const struct object *object, const struct timeval *when)
{
	struct event ev = {.type = EVENT_ACK_GONE};

	if (!object_exists(object) || object_is_acked(object) ||
	    callback.gone == object_key(object))
		return;
	callback.gone = object_key(object);
	ev.time_us = time_us(when);
	object_name(object, &ev);
	add_mark(&ev);
	sender_put(&ev);
}

/* The object that a REMOVE_*_ACKNOWLEDGEMENT names: "host" or "host;service". */
static struct object removed_object(const nebstruct_external_command_data *ds)
{
	unsigned kind =
	    ds->command_type == CMD_REMOVE_SVC_ACKNOWLEDGEMENT ? EVENT_SERVICE : EVENT_HOST;
	char args[2 * EVENT_NAME_MAX + 2], *service, *rest;

	snprintf(args, sizeof args, "%s", ds->command_args ? ds->command_args : "");
	service = strchr(args, ';');
	if (service)
		*service++ = '\0';
	if (service && (rest = strchr(service, ';')))
		*rest = '\0';
	return object_find(kind, args, service ? service : "");
}

/* The core has no event for a removed acknowledgement: the flag before and after tells. */
int callback_external_command(int type, void *data)
{
	const nebstruct_external_command_data *ds = data;

	(void)type;
	if (!sender_is_open())
		return 0;
	if (ds->type == NEBTYPE_EXTERNALCOMMAND_START) {
		callback.command = ds->command_type;
		callback.removing = (struct object){NULL, NULL};
		if (callback.command == CMD_REMOVE_HOST_ACKNOWLEDGEMENT ||
		    callback.command == CMD_REMOVE_SVC_ACKNOWLEDGEMENT)
			callback.removing = removed_object(ds);
		if (object_exists(&callback.removing) && !object_is_acked(&callback.removing))
			callback.removing = (struct object){NULL, NULL};
		return 0;
	}
	callback.gone = object_exists(&callback.removing) ? NULL : callback.gone;
	tell_ack_gone(&callback.removing, &ds->timestamp);
	callback.removing = (struct object){NULL, NULL};
	callback.command = 0;
	return 0;
}

/* ---- comments, downtimes, flapping, notifications ---- */

/*
 * A state change that ends an acknowledgement deletes its comments first. Inside a
 * command it is either REMOVE_*, told at its end, or a deletion that touches no flag.
 */
static void look_for_lost_ack(const nebstruct_comment_data *ds, unsigned kind)
{
	struct object object;

	if (ds->type != NEBTYPE_COMMENT_DELETE || ds->entry_type != ACKNOWLEDGEMENT_COMMENT ||
	    (callback.command && callback.command != CMD_PROCESS_SERVICE_CHECK_RESULT &&
	     callback.command != CMD_PROCESS_HOST_CHECK_RESULT))
		return;
	object = object_find(kind, ds->host_name, ds->service_description);
	tell_ack_gone(&object, &ds->timestamp);
}

int callback_comment(int type, void *data)
{
	const nebstruct_comment_data *ds = data;
	struct event ev = {.type = EVENT_COMMENT};

	(void)type;
	if (!sender_is_open() ||
	    (ds->type != NEBTYPE_COMMENT_ADD && ds->type != NEBTYPE_COMMENT_DELETE))
		return 0;
	ev.kind = ds->comment_type == SERVICE_COMMENT ? EVENT_SERVICE : EVENT_HOST;
	ev.id = (uint32_t)ds->comment_id;
	ev.sub = (uint8_t)ds->entry_type;
	ev.time_us = time_us(&ds->timestamp);
	ev.host = ds->host_name;
	ev.service = ds->service_description;
	if (ds->type == NEBTYPE_COMMENT_DELETE) {
		ev.type = EVENT_COMMENT_GONE;
	} else {
		ev.flags = ds->persistent ? EVENT_PERSISTENT : 0;
		ev.author = ds->author_name;
		ev.text = ds->comment_data;
		add_mark(&ev);
	}
	sender_put(&ev);
	look_for_lost_ack(ds, ev.kind);
	return 0;
}

static unsigned downtime_step(int type)
{
	switch (type) {
	case NEBTYPE_DOWNTIME_ADD: return EVENT_DOWNTIME_ADD;
	case NEBTYPE_DOWNTIME_START: return EVENT_DOWNTIME_START;
	case NEBTYPE_DOWNTIME_STOP: return EVENT_DOWNTIME_STOP;
	case NEBTYPE_DOWNTIME_DELETE: return EVENT_DOWNTIME_DELETE;
	}
	return 0;
}

/* The core counts down only after it has told us. */
static int downtimes_left(const nebstruct_downtime_data *ds)
{
	struct object object = object_find(
	    ds->downtime_type == SERVICE_DOWNTIME ? EVENT_SERVICE : EVENT_HOST, ds->host_name,
	    ds->service_description);
	int depth = object.service ? object.service->scheduled_downtime_depth
		    : object.host  ? object.host->scheduled_downtime_depth
				   : 0;

	return depth > 1 ? depth - 1 : 0;
}

static void downtime_of_services(const char *host_name)
{
	struct object object = object_find(EVENT_HOST, host_name, "");

	if (object.host)
		snapshot_request_host(object.host);
}

int callback_downtime(int type, void *data)
{
	const nebstruct_downtime_data *ds = data;
	struct event ev = {.type = EVENT_DOWNTIME};

	(void)type;
	if (!sender_is_open() || !(ev.sub = (uint8_t)downtime_step(ds->type)))
		return 0;
	if (ev.sub == EVENT_DOWNTIME_DELETE)
		snapshot_downtimes_changed();
	ev.kind = ds->downtime_type == SERVICE_DOWNTIME ? EVENT_SERVICE : EVENT_HOST;
	ev.id = (uint32_t)ds->downtime_id;
	ev.flags = ds->fixed ? EVENT_FIXED : 0;
	if (ds->type == NEBTYPE_DOWNTIME_STOP && ds->attr == NEBATTR_DOWNTIME_STOP_CANCELLED)
		ev.flags |= EVENT_CANCELLED;
	ev.time_us = time_us(&ds->timestamp);
	ev.since = ds->start_time;
	ev.until = ds->end_time;
	ev.host = ds->host_name;
	ev.service = ds->service_description;
	ev.author = ds->author_name;
	ev.text = ds->comment_data;
	if (ev.sub == EVENT_DOWNTIME_START && !ds->fixed) { /* until now it had a window */
		ev.since = ds->timestamp.tv_sec;
		ev.until = ev.since + (int64_t)ds->duration;
	}
	if (ev.sub == EVENT_DOWNTIME_STOP)
		ev.code = downtimes_left(ds);
	add_mark(&ev);
	sender_put(&ev);
	if (ev.sub == EVENT_DOWNTIME_STOP && ev.kind == EVENT_HOST)
		downtime_of_services(ds->host_name); /* which of them have one of their own? */
	return 0;
}

int callback_flapping(int type, void *data)
{
	const nebstruct_flapping_data *ds = data;
	struct event ev = {.type = EVENT_FLAPPING};

	(void)type;
	if (!sender_is_open())
		return 0;
	ev.kind = ds->flapping_type == SERVICE_FLAPPING ? EVENT_SERVICE : EVENT_HOST;
	ev.flags = ds->type == NEBTYPE_FLAPPING_START ? EVENT_FLAPS : 0;
	ev.time_us = time_us(&ds->timestamp);
	ev.host = ds->host_name;
	ev.service = ds->service_description;
	sender_put(&ev);
	return 0;
}

int callback_contact_notification(int type, void *data)
{
	const nebstruct_contact_notification_data *ds = data;
	struct event ev = {.type = EVENT_NOTIFIED};
	int last;

	(void)type;
	if (!sender_is_open() || ds->type != NEBTYPE_CONTACTNOTIFICATION_END)
		return 0;
	ev.kind = ds->notification_type == SERVICE_NOTIFICATION ? EVENT_SERVICE : EVENT_HOST;
	last = ev.kind == EVENT_SERVICE ? (int)EVENT_UNKNOWN : (int)EVENT_UNREACHABLE;
	ev.state = (uint8_t)(ds->state >= 0 && ds->state <= last ? ds->state : last);
	ev.sub = (uint8_t)ds->reason_type;
	ev.time_us = time_us(&ds->timestamp);
	ev.host = ds->host_name;
	ev.service = ds->service_description;
	ev.author = ds->contact_name;
	ev.text = ds->output;
	sender_put(&ev);
	return 0;
}
