/*
 * Reading the core's hosts and services into messages.
 * Used by the core-facing files of the module; needs neb_compat.h.
 * Never keeps a pointer into the core beyond one run of its event loop.
 */
#ifndef TWICKET_OBJECT_H
#define TWICKET_OBJECT_H

#include "common/event.h"
#include "common/gate.h"
#include "module/neb_compat.h"

/* A host, or a service with its host. Both NULL: not known to the core. */
struct object {
	host *host;
	service *service;
};

struct object object_find(unsigned kind, const char *host_name, const char *service_name);
static inline int object_exists(const struct object *object)
{
	return object->host || object->service;
}

int object_state(const struct object *object);
int object_is_acked(const struct object *object);
time_t object_last_check(const struct object *object); /* when the last one began that gave a result */

/* What a snapshot has to say: not OK, acknowledged, flapping or in downtime. */
int object_is_noteworthy(const struct object *object);

/* Names and kind; then all that STATE and OBJECT carry. Strings are the core's. */
void object_name(const struct object *object, struct event *ev);
void object_describe(const struct object *object, struct event *ev);

/*
 * Author and mark of the newest acknowledgement comment, into ev and the caller's
 * mark buffer. Returns the comments looked at, as the measure of work.
 */
unsigned object_add_ack(const struct object *object, struct event *ev, char mark[GATE_MARK_BYTES]);

#endif
