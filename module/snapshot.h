/*
 * Telling the agent how things stand: of all objects, or of one host's services.
 * Driven by neb.c from the write-readiness of the socket, a slice a turn.
 */
#ifndef TWICKET_SNAPSHOT_H
#define TWICKET_SNAPSHOT_H

#include "module/neb_compat.h"
#include "module/slice.h"

/* Forget everything; the connection is new or the core's loop has ended. */
void snapshot_reset(void);

/* All objects, from the start, instead of whatever is under way. id is the request's, 0 for none. */
void snapshot_request(uint32_t id);

/* The services of a host that came back, for which Nagios sends no change. */
void snapshot_request_host(host *h);

/* One of the core's downtimes is being deleted. */
void snapshot_downtimes_changed(void);

/* Sends until the slice is spent or the ring half full; true while there is more. */
int snapshot_work(struct slice *slice);

#endif
