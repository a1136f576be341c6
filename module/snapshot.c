/*
 * Snapshots in slices, in between which state changes go on.
 * Called by neb.c with the time it has; sees the core's headers through neb_compat.h.
 * Must never fill the ring: it only writes where the callbacks leave half of it free.
 */
#include "module/snapshot.h"

#include "module/object.h"
#include "module/sender.h"

#define ROOM_BYTES 16384u
#define HOSTS_MAX 1024 /* waiting for theirs; with more a whole snapshot is as cheap */

enum scope { SCOPE_ALL, SCOPE_HOST };
enum step { STEP_NONE, STEP_BEGIN, STEP_DOWNTIMES, STEP_HOSTS, STEP_SERVICES, STEP_END };

static struct {
	enum scope scope;
	enum step step;
	uint32_t id;
	int32_t sent;
	host *host;
	service *service;
	servicesmember *member;
	const scheduled_downtime *downtime;
	int downtimes_anew;
	host *waiting[HOSTS_MAX];
	size_t first, count;
} snapshot;

void snapshot_reset(void)
{
	snapshot.step = STEP_NONE;
	snapshot.count = 0;
}

void snapshot_request(uint32_t id)
{
	snapshot.scope = SCOPE_ALL;
	snapshot.step = STEP_BEGIN;
	snapshot.id = id;
	snapshot.count = 0; /* these are in it */
	sender_kick();
}

void snapshot_request_host(host *h)
{
	if (snapshot.scope == SCOPE_ALL && snapshot.step == STEP_BEGIN)
		return;
	if (snapshot.count == HOSTS_MAX) {
		snapshot_request(0);
		return;
	}
	snapshot.waiting[(snapshot.first + snapshot.count++) % HOSTS_MAX] = h;
	sender_kick();
}

static int next_job(void)
{
	if (snapshot.step != STEP_NONE)
		return 1;
	if (!snapshot.count)
		return 0;
	snapshot.scope = SCOPE_HOST;
	snapshot.step = STEP_BEGIN;
	snapshot.id = 0;
	snapshot.host = snapshot.waiting[snapshot.first];
	snapshot.first = (snapshot.first + 1) % HOSTS_MAX;
	snapshot.count--;
	return 1;
}

static int64_t wall_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Returns the steps of work that it took. */
static unsigned send_object(struct object object)
{
	struct event ev = {.type = EVENT_OBJECT};
	char mark[GATE_MARK_BYTES];
	unsigned steps = 1;

	if (!object_is_noteworthy(&object))
		return 1;
	object_describe(&object, &ev);
	ev.time_us = wall_us();
	if (ev.flags & EVENT_ACKED)
		steps += object_add_ack(&object, &ev, mark);
	if (sender_put(&ev) == 0)
		snapshot.sent++;
	return steps;
}

static void frame(enum event_type type, int32_t code)
{
	struct event ev = {
	    .type = (uint8_t)type,
	    .id = snapshot.id,
	    .sub = (uint8_t)snapshot.scope,
	    .code = code,
	    .time_us = wall_us()};

	if (snapshot.scope == SCOPE_HOST)
		ev.host = snapshot.host->name;
	sender_put(&ev);
}

static void begin(void)
{
	snapshot.sent = 0;
	frame(EVENT_SNAP_BEGIN, 0);
	if (snapshot.scope == SCOPE_HOST) {
		snapshot.member = snapshot.host->services;
		snapshot.step = STEP_SERVICES;
	} else {
		snapshot.host = host_list;
		snapshot.service = service_list;
		snapshot.downtimes_anew = 1;
		snapshot.step = STEP_DOWNTIMES;
	}
}

/* A flexible one that runs has times of its own. */
static void send_downtime(const scheduled_downtime *d)
{
	struct event ev = {.type = EVENT_DOWNTIME, .sub = EVENT_DOWNTIME_ADD};

	ev.kind = d->type == SERVICE_DOWNTIME ? EVENT_SERVICE : EVENT_HOST;
	ev.id = (uint32_t)d->downtime_id;
	ev.flags = (d->fixed ? EVENT_FIXED : 0) | (d->is_in_effect ? EVENT_IN_DOWNTIME : 0);
	ev.time_us = wall_us();
	ev.since = d->start_time;
	ev.until = d->end_time;
	if (d->is_in_effect && !d->fixed) {
		ev.since = d->flex_downtime_start;
		ev.until = ev.since + (int64_t)d->duration;
	}
	ev.host = d->host_name;
	ev.service = d->service_description;
	ev.author = d->author;
	ev.text = d->comment;
	sender_put(&ev);
}

/* The core frees what is deleted, where we may stand: then all again; whoever hears one twice hears nothing new. */
void snapshot_downtimes_changed(void)
{
	snapshot.downtimes_anew = 1;
}

static unsigned step_downtime(void)
{
	const scheduled_downtime *d;

	if (snapshot.downtimes_anew)
		snapshot.downtime = compat_first_downtime();
	snapshot.downtimes_anew = 0;
	d = snapshot.downtime;
	if (!d) {
		snapshot.step = STEP_HOSTS;
		return 1;
	}
	snapshot.downtime = compat_next_downtime(d);
	send_downtime(d);
	return 1;
}

static unsigned step_host(void)
{
	struct object object = {.host = snapshot.host};

	if (!snapshot.host) {
		snapshot.step = STEP_SERVICES;
		return 1;
	}
	snapshot.host = snapshot.host->next;
	return send_object(object);
}

static unsigned step_service(void)
{
	struct object object = {NULL, NULL};

	if (snapshot.scope == SCOPE_ALL && snapshot.service) {
		object.service = snapshot.service;
		snapshot.service = snapshot.service->next;
	} else if (snapshot.scope == SCOPE_HOST && snapshot.member) {
		object.service = snapshot.member->service_ptr;
		snapshot.member = snapshot.member->next;
	} else {
		snapshot.step = STEP_END;
		return 1;
	}
	return object.service ? send_object(object) : 1;
}

static unsigned step(void)
{
	switch (snapshot.step) {
	case STEP_NONE: break;
	case STEP_BEGIN: begin(); break;
	case STEP_DOWNTIMES: return step_downtime();
	case STEP_HOSTS: return step_host();
	case STEP_SERVICES: return step_service();
	case STEP_END:
		frame(EVENT_SNAP_END, snapshot.sent);
		snapshot.step = STEP_NONE;
		break;
	}
	return 1;
}

int snapshot_work(struct slice *slice)
{
	while (next_job())
		if (!sender_has_room(ROOM_BYTES) || slice_spend(slice, step()))
			return 1;
	return 0;
}
