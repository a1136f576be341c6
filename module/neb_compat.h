/*
 * All that differs between cores, and the only place that includes their headers.
 * Included by the files of module/ that touch the core: neb.c, callback.c, object.c,
 * snapshot.c, describe.c, command.c, recheck.c. Nothing else may see a core's structure.
 *
 * TWICKET_NAEMON is set for Naemon, else it is Nagios; TWICKET_HEADERS is the version of the headers.
 */
#ifndef TWICKET_NEB_COMPAT_H
#define TWICKET_NEB_COMPAT_H

#include <stddef.h>
#include <string.h>
#include <time.h>

#include "module/family.h"

#ifdef TWICKET_NAEMON
#include <naemon/naemon.h>
#define COMPAT_CORE FAMILY_NAEMON
#define COMPAT_NAME "naemon"
#define HOST_UP STATE_UP
#else
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
#define COMPAT_CORE FAMILY_NAGIOS
#define COMPAT_NAME "nagios"
#endif

/* ---- what the headers must look like ---- */

/*
 * Nagios 4.4 and 4.5 share one API version, so the core loads either's module, but host and
 * service differ (event_handler_period, commit dcf0fc95, 2023-06-23); so do Naemon's 1.3 and
 * 1.4.0. The family is compared at load (family.c), and the layout when this is built.
 */
#if defined(__x86_64__) && defined(__LP64__)
#ifndef TWICKET_NAEMON
#ifdef TWICKET_NAGIOS_45
#define COMPAT_MORE 8
#else
#define COMPAT_MORE 0
#endif
#define COMPAT_IS(what, n) _Static_assert((what) == (n), "these headers are of another Nagios")
COMPAT_IS(sizeof(struct host), 832 + 2 * COMPAT_MORE);
COMPAT_IS(sizeof(struct service), 768 + 2 * COMPAT_MORE);
COMPAT_IS(offsetof(struct service, current_state), 304 + COMPAT_MORE);
COMPAT_IS(offsetof(struct service, host_ptr), 664 + COMPAT_MORE);
COMPAT_IS(offsetof(struct host, custom_variables), 352 + COMPAT_MORE);
COMPAT_IS(sizeof(nebstruct_statechange_data), 96);
COMPAT_IS(sizeof(nebstruct_acknowledgement_data), 104);
#else
#define COMPAT_IS(what, n) _Static_assert((what) == (n), "these headers are of another Naemon")
#if CURRENT_NEB_API_VERSION == 8
COMPAT_IS(sizeof(struct host), 856);
COMPAT_IS(sizeof(struct service), 800);
COMPAT_IS(offsetof(struct service, current_state), 312);
COMPAT_IS(offsetof(struct service, host_ptr), 688);
COMPAT_IS(offsetof(struct host, custom_variables), 344);
COMPAT_IS(sizeof(nebstruct_acknowledgement_data), 112);
#endif
COMPAT_IS(sizeof(nebstruct_statechange_data), 88);
#endif
COMPAT_IS(sizeof(nebstruct_comment_data), 120);
COMPAT_IS(sizeof(nebstruct_notification_data), 136);
COMPAT_IS(sizeof(nebstruct_downtime_data), 136);
COMPAT_IS(offsetof(struct scheduled_downtime, downtime_id), 80);
#undef COMPAT_IS
#endif

/* ---- what the module takes from the core ---- */

/*
 * All weak: the core resolves at load, and stops when a symbol is missing. In the wrong core
 * the module is loaded nevertheless, says so, and touches none of them but these two.
 */
#ifdef TWICKET_NAEMON
void logit(int data_type, int display, const char *format, ...);
#else
void nm_log(int data_type, const char *format, ...);
#endif
#pragma weak logit
#pragma weak nm_log
#pragma weak get_program_version
#pragma weak event_broker_options
#pragma weak neb_register_callback
#pragma weak process_external_command1
#pragma weak nagios_iobs
#pragma weak iobroker_register
#pragma weak iobroker_register_out
#pragma weak iobroker_unregister
#pragma weak schedule_new_event
#pragma weak schedule_event
#pragma weak host_list
#pragma weak service_list
#pragma weak find_host
#pragma weak find_service
#pragma weak find_hostgroup
#pragma weak find_servicegroup
#pragma weak get_first_comment_by_host
#pragma weak get_next_comment_by_host
#pragma weak g_tree_foreach
/* A core without it is told nothing of what is planned, but it starts. */
#pragma weak scheduled_downtime_list

/* ---- which core this is ---- */

static inline enum family_core compat_core(void)
{
	return &nm_log ? FAMILY_NAEMON : FAMILY_NAGIOS;
}

/* NULL: it does not say. */
static inline const char *compat_version(void)
{
	return &get_program_version ? get_program_version() : NULL;
}

static inline const struct family *compat_family(void)
{
	return family_of(COMPAT_CORE, TWICKET_HEADERS);
}

/* Whether the running core is of the family that this was built for. */
static inline int compat_is_our_core(void)
{
	return compat_family() && compat_family() == family_of(compat_core(), compat_version());
}

static inline int compat_brokers_all(void)
{
	unsigned long need = BROKER_PROGRAM_STATE | BROKER_NOTIFICATIONS | BROKER_FLAPPING_DATA |
			     BROKER_COMMENT_DATA | BROKER_DOWNTIME_DATA |
			     BROKER_EXTERNALCOMMAND_DATA | BROKER_ACKNOWLEDGEMENT_DATA |
			     BROKER_STATECHANGE_DATA;

	return (event_broker_options & need) == need;
}

/* The types of log lines have one number in all cores. */
static inline void compat_log(int is_error, const char *line)
{
	int type = is_error ? NSLOG_RUNTIME_ERROR : NSLOG_INFO_MESSAGE;

	if (&nm_log)
		nm_log(type, "twicket: %s\n", line);
	else if (&logit)
		logit(type, 1, "twicket: %s\n", line);
}

/* ---- the timer ---- */

#ifdef TWICKET_NAEMON
/* Naemon's events are for once. What is left at the end of its loop is called as aborted. */
static inline void compat_on_event(struct nm_event_execution_properties *event)
{
	void (*tick)(void *) = (void (*)(void *))event->user_data;

	if (event->execution_type != EVENT_EXEC_NORMAL)
		return;
	schedule_event(1, compat_on_event, event->user_data);
	tick(NULL);
}

static inline int compat_start_tick(void (*tick)(void *))
{
	return schedule_event(1, compat_on_event, (void *)tick) != NULL;
}
#else
/* Calls tick(NULL) every second. Only once the event queue exists: not before EVENTLOOPSTART. */
static inline int compat_start_tick(void (*tick)(void *))
{
	return schedule_new_event(
		   EVENT_USER_FUNCTION, TRUE, time(NULL) + 1, TRUE, 1, NULL, TRUE, (void *)tick,
		   NULL, 0) != NULL;
}
#endif

/* ---- hosts of a host or a group: a list in Nagios, a tree of GLib in Naemon ---- */

/* Returns true to have no more. h is NULL where the core has only the name. */
typedef int compat_visit(const char *name, host *h, void *arg);

#ifdef TWICKET_NAEMON
typedef GTree compat_hosts;

struct compat_walk {
	compat_visit *visit;
	void *arg;
};

static inline gboolean compat_on_host(gpointer name, gpointer value, gpointer data)
{
	const struct compat_walk *walk = (const struct compat_walk *)data;

	return walk->visit((const char *)name, (host *)value, walk->arg);
}

static inline void compat_each_host(compat_hosts *hosts, compat_visit *visit, void *arg)
{
	struct compat_walk walk = {visit, arg};

	if (hosts)
		g_tree_foreach(hosts, compat_on_host, &walk);
}
#else
typedef hostsmember compat_hosts;

static inline void compat_each_host(compat_hosts *hosts, compat_visit *visit, void *arg)
{
	for (; hosts; hosts = hosts->next)
		if (visit(hosts->host_name, hosts->host_ptr, arg))
			return;
}
#endif

/* ---- comments of one object; in Nagios those of its host and all services are passed by ---- */

#ifdef TWICKET_NAEMON
typedef struct comment compat_comment;
#else
typedef nagios_comment compat_comment;
#endif

struct compat_comments {
	const service *of; /* NULL: of the host */
	char *host_name;
	compat_comment *next;
	const objectlist *rest;
	unsigned looked; /* at so many, as a measure of work */
};

#if defined(TWICKET_NAEMON) && CURRENT_NEB_API_VERSION >= 6
static inline struct compat_comments compat_comments(const host *h, const service *s)
{
	return (struct compat_comments){.of = s, .rest = s ? s->comments_list : h->comments_list};
}

static inline const compat_comment *compat_next_comment(struct compat_comments *walk)
{
	const objectlist *at = walk->rest;

	if (!at)
		return NULL;
	walk->rest = at->next;
	walk->looked++;
	return (const compat_comment *)at->object_ptr;
}
#else
static inline struct compat_comments compat_comments(const host *h, const service *s)
{
	char *name = s ? s->host_name : h->name;

	return (struct compat_comments){
	    .of = s, .host_name = name, .next = get_first_comment_by_host(name)};
}

static inline int compat_is_of(const compat_comment *c, const service *s)
{
	if (!s)
		return c->comment_type == HOST_COMMENT;
	return c->comment_type == SERVICE_COMMENT && !strcmp(c->service_description, s->description);
}

static inline const compat_comment *compat_next_comment(struct compat_comments *walk)
{
	compat_comment *at;

	while ((at = walk->next)) {
		walk->next = get_next_comment_by_host(walk->host_name, at);
		walk->looked++;
		if (compat_is_of(at, walk->of))
			return at;
	}
	return NULL;
}
#endif

/* ---- acknowledgements that end by themselves ---- */

#if defined(TWICKET_NAEMON) && CURRENT_NEB_API_VERSION >= 6
#define COMPAT_ACKS_END 1

static inline time_t compat_ack_end(const nebstruct_acknowledgement_data *ds)
{
	return ds->end_time;
}
#else
#define COMPAT_ACKS_END 0

/* 0: it has none. */
static inline time_t compat_ack_end(const nebstruct_acknowledgement_data *ds)
{
	(void)ds;
	return 0;
}
#endif

/* ---- downtimes ---- */

/* The core's scheduled downtimes in its own order. A pointer is good until one is deleted. */
static inline const scheduled_downtime *compat_first_downtime(void)
{
	return &scheduled_downtime_list ? scheduled_downtime_list : NULL;
}

static inline const scheduled_downtime *compat_next_downtime(const scheduled_downtime *d)
{
	return d->next;
}

#endif
