/*
 * Looks for the results of forced checks: at the few objects that were asked for, once a
 * second. Called by command.c and from the core's timer; sees its headers through neb_compat.h.
 * Must never have a callback on checks: the core has thousands of them a minute.
 */
#include "module/recheck.h"

#include <stdio.h>

#include "module/object.h"
#include "module/sender.h"

#define RECHECKS 16
#define RECHECK_SECONDS 60 /* then the agent has given up as well */

struct recheck {
	int is_used;
	unsigned seconds; /* of waiting */
	uint32_t id; /* of the command */
	unsigned kind;
	time_t after;
	char host[EVENT_NAME_MAX + 1], service[EVENT_NAME_MAX + 1];
};

static struct recheck rechecks[RECHECKS];

void recheck_reset(void)
{
	for (unsigned i = 0; i < RECHECKS; i++)
		rechecks[i].is_used = 0;
}

static struct recheck *free_slot(void)
{
	for (unsigned i = 0; i < RECHECKS; i++)
		if (!rechecks[i].is_used)
			return &rechecks[i];
	return NULL;
}

int recheck_has_room(void)
{
	return free_slot() != NULL;
}

void recheck_add(const struct event *command, time_t after)
{
	struct recheck *r = free_slot();

	if (!r)
		return;
	r->is_used = 1;
	r->seconds = 0;
	r->id = command->id;
	r->kind = command->kind;
	r->after = after;
	snprintf(r->host, sizeof r->host, "%s", command->host);
	snprintf(r->service, sizeof r->service, "%s", command->service);
}

static void look(struct recheck *r)
{
	struct object object = object_find(r->kind, r->host, r->service);
	struct event ev = {.type = EVENT_RESULT};
	struct event is = {.type = EVENT_OBJECT};

	if (!object_exists(&object) || r->seconds++ >= RECHECK_SECONDS) {
		r->is_used = 0; /* the agent says by itself that nothing came */
		return;
	}
	if (object_last_check(&object) <= r->after || !sender_has_room(EVENT_MAX))
		return;
	object_describe(&object, &is);
	ev.id = r->id;
	ev.kind = is.kind;
	ev.state = is.state;
	ev.text = is.text;
	sender_put(&ev);
	r->is_used = 0;
}

void recheck_look(void)
{
	for (unsigned i = 0; i < RECHECKS; i++)
		if (rechecks[i].is_used)
			look(&rechecks[i]);
}
