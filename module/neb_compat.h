/*
 * All that differs between cores, and the only place that includes their headers.
 * Included by the files of module/ that touch the core: neb.c, callback.c, object.c,
 * snapshot.c, describe.c, command.c, recheck.c. Nothing else may see a core's structure.
 */
#ifndef TWICKET_NEB_COMPAT_H
#define TWICKET_NEB_COMPAT_H

#ifndef NSCORE
#define NSCORE
#endif
#include "include/config.h"
#include "include/common.h"
#include "include/objects.h"
#include "include/nagios.h"
#include "include/broker.h"
#include "include/comments.h"
#include "include/downtime.h"
#include "include/nebcallbacks.h"
#include "include/nebmodules.h"
#include "include/nebstructs.h"
#include "lib/libnagios.h"

/*
 * Nagios 4.4 and 4.5 share one API version, so the core loads either's module,
 * but host and service differ (event_handler_period, commit dcf0fc95, 2023-06-23):
 * the family is compared at load, and the layout when this is built.
 */
#define COMPAT_FAMILY "4.4."
#define COMPAT_NAME "nagios"

#if defined(__x86_64__) && defined(__LP64__)
_Static_assert(sizeof(struct host) == 832, "these are no headers of Nagios 4.4");
_Static_assert(sizeof(struct service) == 768, "these are no headers of Nagios 4.4");
_Static_assert(
    offsetof(struct service, current_state) == 304, "these are no headers of Nagios 4.4");
_Static_assert(offsetof(struct service, host_ptr) == 664, "these are no headers of Nagios 4.4");
_Static_assert(
    offsetof(struct host, custom_variables) == 352, "these are no headers of Nagios 4.4");
_Static_assert(sizeof(nebstruct_statechange_data) == 96, "these are no headers of Nagios 4.4");
_Static_assert(sizeof(nebstruct_acknowledgement_data) == 104, "these are no headers of Nagios 4.4");
_Static_assert(sizeof(nebstruct_comment_data) == 120, "these are no headers of Nagios 4.4");
_Static_assert(sizeof(nebstruct_notification_data) == 136, "these are no headers of Nagios 4.4");
_Static_assert(sizeof(nebstruct_downtime_data) == 136, "these are no headers of Nagios 4.4");
_Static_assert(
    offsetof(struct scheduled_downtime, downtime_id) == 80, "these are no headers of Nagios 4.4");
#endif

/* A core without it is told nothing of what is planned, but it starts. */
#pragma weak scheduled_downtime_list

/* The core's scheduled downtimes in its own order. A pointer is good until one is deleted. */
static inline const scheduled_downtime *compat_first_downtime(void)
{
	return &scheduled_downtime_list ? scheduled_downtime_list : NULL;
}

static inline const scheduled_downtime *compat_next_downtime(const scheduled_downtime *d)
{
	return d->next;
}

/* Whether the running core is of the family that this was built for; its version for the log. */
static inline int compat_is_our_core(const char **version)
{
	*version = get_program_version();
	return *version && !strncmp(*version, COMPAT_FAMILY, sizeof COMPAT_FAMILY - 1);
}

static inline int compat_brokers_all(void)
{
	unsigned long need = BROKER_PROGRAM_STATE | BROKER_NOTIFICATIONS | BROKER_FLAPPING_DATA |
			     BROKER_COMMENT_DATA | BROKER_DOWNTIME_DATA |
			     BROKER_EXTERNALCOMMAND_DATA | BROKER_ACKNOWLEDGEMENT_DATA |
			     BROKER_STATECHANGE_DATA;

	return (event_broker_options & need) == need;
}

static inline void compat_log(int is_error, const char *line)
{
	logit(is_error ? NSLOG_RUNTIME_ERROR : NSLOG_INFO_MESSAGE, TRUE, "twicket: %s\n", line);
}

/* Calls tick(NULL) every second. Only once the event queue exists: not before EVENTLOOPSTART. */
static inline int compat_start_tick(void (*tick)(void *))
{
	return schedule_new_event(
		   EVENT_USER_FUNCTION, TRUE, time(NULL) + 1, TRUE, 1, NULL, TRUE, (void *)tick,
		   NULL, 0) != NULL;
}

#endif
