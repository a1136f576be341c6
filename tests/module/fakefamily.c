/*
 * Where the fake core is Nagios or Naemon: its log, its timer, its sets of hosts, its comments.
 * Linked with fakecore.c; built against the same headers as the module.
 * Must never have a function that the real core of that family has not: the module would find it.
 */
#include "tests/module/fakecore_internal.h"

#include <stdarg.h>

compat_comment *core_comments;

/* ---- the log and the timer ---- */

#ifdef TWICKET_NAEMON
static struct {
	event_callback callback; /* NULL: none is planned */
	void *user_data;
} planned;

void nm_log(int type, const char *format, ...)
{
	va_list args;

	(void)type;
	va_start(args, format);
	core_log(format, args);
	va_end(args);
}

timed_event *schedule_event(time_t delay, event_callback callback, void *user_data)
{
	static int event;

	if (delay != 1 || planned.callback)
		core_die("a timer that is not once a second");
	planned.callback = callback;
	planned.user_data = user_data;
	return (timed_event *)&event;
}

static void end_timer(enum nm_exec_type how)
{
	struct nm_event_execution_properties event = {
	    .execution_type = how, .event_type = EVENT_TYPE_TIMED, .user_data = planned.user_data};
	event_callback callback = planned.callback;

	planned.callback = NULL;
	if (callback)
		callback(&event);
}

void core_run_timer(void)
{
	end_timer(EVENT_EXEC_NORMAL);
}

/* As the core at the end of its loop: what is planned is called once more, then forgotten. */
void core_stop_timer(void)
{
	end_timer(EVENT_EXEC_ABORTED);
	if (planned.callback)
		core_die("a timer is set that the core has just ended");
}
#else
static void (*timer)(void *);

void logit(int type, int display, const char *format, ...)
{
	va_list args;

	(void)type, (void)display;
	va_start(args, format);
	core_log(format, args);
	va_end(args);
}

timed_event *schedule_new_event(
    int type, int priority, time_t at, int recurring, unsigned long interval, void *timing,
    int compensate, void *function, void *args, int options)
{
	static timed_event event;

	(void)type, (void)priority, (void)at, (void)timing, (void)compensate, (void)args,
	    (void)options;
	if (!recurring || interval != 1)
		core_die("a timer that is not once a second");
	timer = (void (*)(void *))function;
	return &event;
}

void core_run_timer(void)
{
	if (timer)
		timer(NULL);
}

void core_stop_timer(void)
{
	timer = NULL;
}
#endif

/* ---- sets of hosts ---- */

#ifdef TWICKET_NAEMON
struct _GTree {
	struct entry {
		host *host;
		struct entry *next;
	} *first;
};

void core_add_to_set(compat_hosts **set, host *h)
{
	struct entry *e = core_take(sizeof *e);

	if (!*set)
		*set = core_take(sizeof **set);
	*e = (struct entry){h, (*set)->first};
	(*set)->first = e;
}

void g_tree_foreach(GTree *tree, GTraverseFunc visit, gpointer arg)
{
	for (struct entry *e = tree->first; e; e = e->next)
		if (visit(e->host->name, e->host, arg))
			return;
}

void core_free_set(compat_hosts *set)
{
	for (struct entry *e = set ? set->first : NULL, *next; e; e = next) {
		next = e->next;
		free(e);
	}
	free(set);
}
#else
void core_add_to_set(compat_hosts **set, host *h)
{
	hostsmember *m = core_take(sizeof *m);

	*m = (hostsmember){h->name, h, *set};
	*set = m;
}

void core_free_set(compat_hosts *set)
{
	for (hostsmember *next; set; set = next) {
		next = set->next;
		free(set);
	}
}
#endif

/* ---- comments ---- */

#if defined(TWICKET_NAEMON) && CURRENT_NEB_API_VERSION >= 6
void core_link_comment(service *s, compat_comment *c)
{
	objectlist *l = core_take(sizeof *l);

	*l = (objectlist){c, s->comments_list};
	s->comments_list = l;
}

void core_unlink_comment(compat_comment *c)
{
	service *s = find_service(c->host_name, c->service_description);
	objectlist **at = s ? &s->comments_list : NULL, *l;

	while (at && *at && (*at)->object_ptr != c)
		at = &(*at)->next;
	if (!at || !(l = *at))
		return;
	*at = l->next;
	free(l);
}
#else
void core_link_comment(service *s, compat_comment *c)
{
	(void)s, (void)c;
}

void core_unlink_comment(compat_comment *c)
{
	(void)c;
}

static compat_comment *comment_from(compat_comment *c, const char *name)
{
	while (c && strcmp(c->host_name, name))
		c = c->next;
	return c;
}

compat_comment *get_first_comment_by_host(char *name)
{
	return comment_from(core_comments, name);
}

compat_comment *get_next_comment_by_host(char *name, compat_comment *c)
{
	return comment_from(c->next, name);
}
#endif
