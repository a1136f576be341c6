/*
 * The fake core's hosts, services and groups. Built by cases, freed by core_reset().
 * Linked into the same binary as fakecore.c.
 * Must never share a string that the core would own.
 */
#include "tests/module/fakecore_internal.h"

struct hostgroup *core_groups;
struct scheduled_downtime *scheduled_downtime_list;
static unsigned long next_downtime;

#define KEPT_MAX 64
static void *kept[KEPT_MAX];
static unsigned n_kept;

host *core_add_host(const char *name)
{
	static host *last;
	host *h = core_take(sizeof *h);

	h->name = h->display_name = h->alias = strdup(name);
	h->address = (char *)"127.0.0.1";
	h->has_been_checked = TRUE;
	h->state_type = HARD_STATE;
	h->plugin_output = (char *)"PING OK";
	if (host_list)
		last->next = h;
	else
		host_list = h;
	return last = h;
}

service *core_add_service(host *h, const char *name)
{
	static service *last;
	service *s = core_take(sizeof *s);
	servicesmember *m = core_take(sizeof *m);

	s->host_name = h->name;
	s->host_ptr = h;
	s->description = s->display_name = strdup(name);
	s->has_been_checked = TRUE;
	s->state_type = HARD_STATE;
	s->max_attempts = 1;
	s->plugin_output = (char *)"OK - fine";
	*m = (servicesmember){h->name, s->description, s, h->services};
	h->services = m;
	if (service_list)
		last->next = s;
	else
		service_list = s;
	return last = s;
}

void core_add_parent(host *h, host *parent)
{
	core_add_to_set(&h->parent_hosts, parent);
	core_add_to_set(&parent->child_hosts, h);
}

void core_add_variable(customvariablesmember **list, const char *name, const char *value)
{
	customvariablesmember *v = core_take(sizeof *v);

	*v = (customvariablesmember){(char *)name, (char *)value, 0, *list};
	*list = v;
}

hostgroup *core_add_hostgroup(const char *name)
{
	hostgroup *g = core_take(sizeof *g);

	g->group_name = (char *)name;
	g->next = core_groups;
	return core_groups = g;
}

void core_add_member(hostgroup *group, host *h)
{
	objectlist *l = core_take(sizeof *l);

	core_add_to_set(&group->members, h);
	*l = (objectlist){group, h->hostgroups_ptr};
	h->hostgroups_ptr = l;
}

/* Who may command hangs on several objects at a time: freed together. */
static void *keep(size_t size)
{
	if (n_kept == KEPT_MAX)
		core_die("too many contacts");
	return kept[n_kept++] = core_take(size);
}

contact *core_add_contact(const char *name, int can_submit_commands)
{
	contact *c = keep(sizeof *c);

	c->name = (char *)name;
	c->can_submit_commands = can_submit_commands;
	return c;
}

void core_add_contact_to(contactsmember **list, contact *c)
{
	contactsmember *m = keep(sizeof *m);

	*m = (contactsmember){c->name, c, *list};
	*list = m;
}

void core_add_contactgroup(contactgroupsmember **list, const char *name, contact *member)
{
	contactgroupsmember *m = keep(sizeof *m);
	contactgroup *g = keep(sizeof *g);

	g->group_name = (char *)name;
	core_add_contact_to(&g->members, member);
	*m = (contactgroupsmember){g->group_name, g, *list};
	*list = m;
}

void core_add_escalation(host *h, service *s, contact *c)
{
	objectlist *l = keep(sizeof *l);
	hostescalation *of_host;
	serviceescalation *of_service;

	if (s) {
		l->object_ptr = of_service = keep(sizeof *of_service);
		core_add_contact_to(&of_service->contacts, c);
	} else {
		l->object_ptr = of_host = keep(sizeof *of_host);
		core_add_contact_to(&of_host->contacts, c);
	}
	l->next = s ? s->escalation_list : h->escalation_list;
	*(s ? &s->escalation_list : &h->escalation_list) = l;
}

static void send_downtime(int type, const scheduled_downtime *d)
{
	nebstruct_downtime_data ds = {
	    .type = type,
	    .downtime_type = d->type,
	    .host_name = d->host_name,
	    .service_description = d->service_description,
	    .author_name = d->author,
	    .comment_data = d->comment,
	    .start_time = d->start_time,
	    .end_time = d->end_time,
	    .fixed = d->fixed,
	    .downtime_id = d->downtime_id};

	core_dispatch(NEBCALLBACK_DOWNTIME_DATA, &ds);
}

scheduled_downtime *core_add_downtime(host *h, service *s, time_t from, time_t to)
{
	scheduled_downtime *d = core_take(sizeof *d), **at = &scheduled_downtime_list;

	d->type = s ? SERVICE_DOWNTIME : HOST_DOWNTIME;
	d->host_name = s ? s->host_name : h->name;
	d->service_description = s ? s->description : NULL;
	d->author = (char *)"bob";
	d->comment = (char *)"new kernel";
	d->start_time = from;
	d->end_time = to;
	d->fixed = TRUE;
	d->downtime_id = ++next_downtime;
	while (*at)
		at = &(*at)->next;
	*at = d;
	send_downtime(NEBTYPE_DOWNTIME_ADD, d);
	return d;
}

scheduled_downtime *core_find_downtime(unsigned long id)
{
	scheduled_downtime *d = scheduled_downtime_list;

	while (d && d->downtime_id != id)
		d = d->next;
	return d;
}

void core_set_downtime(unsigned long id, const char *comment)
{
	core_find_downtime(id)->comment = (char *)comment;
}

/* As the core: out of the list, then the event, then the memory. */
void core_delete_downtime(unsigned long id)
{
	scheduled_downtime **at = &scheduled_downtime_list, *d;

	while (*at && (*at)->downtime_id != id)
		at = &(*at)->next;
	if (!(d = *at))
		return;
	*at = d->next;
	send_downtime(NEBTYPE_DOWNTIME_DELETE, d);
	memset(d, 0xa5, sizeof *d);
	free(d);
}

static void free_variables(customvariablesmember *v)
{
	for (customvariablesmember *next; v; v = next) {
		next = v->next;
		free(v);
	}
}

static void free_host(host *h)
{
	core_free_set(h->parent_hosts);
	core_free_set(h->child_hosts);
	free_variables(h->custom_variables);
	for (servicesmember *m = h->services, *next; m; m = next) {
		next = m->next;
		free(m);
	}
	for (objectlist *l = h->hostgroups_ptr, *next; l; l = next) {
		next = l->next;
		free(l);
	}
	free(h->name);
	free(h);
}

void core_free_objects(void)
{
	while (core_comments)
		core_delete_comment(core_comments->comment_id);
	for (service *s = service_list, *next; s; s = next) {
		next = s->next;
		free_variables(s->custom_variables);
		free(s->description);
		free(s);
	}
	for (host *h = host_list, *next; h; h = next) {
		next = h->next;
		free_host(h);
	}
	for (hostgroup *g = core_groups, *next; g; g = next) {
		next = g->next;
		core_free_set(g->members);
		free(g);
	}
	for (scheduled_downtime *d = scheduled_downtime_list, *next; d; d = next) {
		next = d->next;
		free(d);
	}
	while (n_kept)
		free(kept[--n_kept]);
	scheduled_downtime_list = NULL;
	next_downtime = 0;
	service_list = NULL;
	host_list = NULL;
	core_groups = NULL;
}
