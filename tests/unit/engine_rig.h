/*
 * An engine alone, on a virtual clock: one audience of all objects, one node, and a sink that
 * counts what is said. Used by test_incident_*.c. Must never need words, a store or a network.
 */
#ifndef TWICKET_TESTS_ENGINE_RIG_H
#define TWICKET_TESTS_ENGINE_RIG_H

#include "agent/incident.h"

#define RIG_WALL_MS INT64_C(1795348800000)
#define RIG_MINUTE_MS INT64_C(60000)
#define RIG_HOUR_MS (60 * RIG_MINUTE_MS)

enum { RIG_FREE, RIG_METERED, RIG_ACCOUNTS }; /* "toot" and, where posts cost, "paid" */

struct engine_rig {
	struct engine *engine;
	struct now now;
	struct config config;
	struct config_audience audience; /* "operators" */
	struct engine_sink sink;
	uint64_t next_id;
	unsigned said[RIG_ACCOUNTS][SAY_EVENTS];
};
extern struct engine_rig alone;

/* All but the engine: any of it may be changed before engine_rig_create(). */
void engine_rig_begin(unsigned n_accounts);
int engine_rig_teardown(void **state);
void engine_rig_create(void);
void engine_rig_connect(void); /* the node "mon1", with an empty snapshot */

/* By alice; an empty service: of the host, an empty host: of neither. */
void engine_rig_event(enum event_type type, const char *host, const char *service, unsigned state, uint32_t flags);
void engine_rig_describe(const char *host, const char *service, int64_t ok_since_s); /* the core's answer */
void engine_rig_fails(const char *host, const char *service); /* CRITICAL, and described */
/* All that was said stands on its network. */
void engine_rig_deliver(void);
/* Time passes, and each deadline has its turn; fails where one never passes. */
void engine_rig_pass(int64_t ms);

#endif
