/*
 * Descriptions as lists of pairs, whole inventories, members of groups.
 * Called by neb.c with the time it has; sees the core's headers through neb_compat.h.
 * Must never allocate: a list is made anew for every part, without what was sent.
 */
#include "module/describe.h"

#include <string.h>

#include "module/object.h"
#include "module/sender.h"

#define PART_BYTES 57344u /* of a list in one message; with names and head below EVENT_MAX */
#define ROOM_BYTES 81920u
#define PAIRS_MAX 100000u /* of one answer; a misconfigured core must not hold its own loop */
#define ANCESTORS_MAX 1024

enum detail { DETAIL_INVENTORY, DETAIL_ALL };

/* A part under way: the first `skip` entries went out before. */
static struct part {
	size_t len;
	unsigned skip, index;
	int is_full;
	char list[PART_BYTES];
} part;

static struct {
	enum event_type type; /* of the answer under way, 0 = none */
	struct event head;
	struct object object;
	struct hostgroup *hostgroup;
	struct servicegroup *servicegroup;
	unsigned done;
} answer;

static struct {
	int is_running;
	uint32_t id;
	int32_t sent;
	host *host;
	service *service;
	unsigned done; /* entries of the present object that went out */
} inventory;

void describe_reset(void)
{
	answer.type = 0;
	inventory.is_running = 0;
}

int describe_is_busy(void)
{
	return answer.type != 0;
}

/* ---- parts ---- */

static void part_begin(unsigned skip)
{
	part.len = 0;
	part.skip = skip;
	part.index = 0;
	part.is_full = 0;
}

static void part_string(const char *s, size_t n)
{
	memcpy(part.list + part.len, s, n);
	part.len += n;
}

/* Cuts where a character begins. */
static size_t value_length(const char *value)
{
	size_t n = strnlen(value, EVENT_TEXT_MAX + 1);

	if (n <= EVENT_TEXT_MAX)
		return n;
	for (n = EVENT_TEXT_MAX; n && ((unsigned char)value[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

/* prefix and key make the first string; NULL leaves it out (a plain name). */
static void put(const char *prefix, const char *key, const char *value)
{
	size_t prefix_len = strlen(prefix), key_len = key ? value_length(key) : 0;
	size_t len = value ? value_length(value) : 0;

	if (part.is_full || part.index == PAIRS_MAX)
		return;
	if (part.index < part.skip) {
		part.index++;
		return;
	}
	if (part.len + prefix_len + key_len + len + 2 > PART_BYTES) {
		part.is_full = 1;
		return;
	}
	part.index++;
	if (key) {
		part_string(prefix, prefix_len);
		part_string(key, key_len);
		part_string("", 1);
	}
	part_string(value ? value : "", len);
	part_string("", 1);
}

static void pair(const char *key, const char *value)
{
	if (value && *value)
		put("", key, value);
}

/* ---- what an object has ---- */

static void put_variables(const char *prefix, const customvariablesmember *v)
{
	for (; v && !part.is_full; v = v->next)
		put(prefix, v->variable_name, v->variable_value);
}

static void
put_contacts(const char *prefix, const contactsmember *contact, const contactgroupsmember *group)
{
	const contactgroupsmember *g;

	for (; contact && !part.is_full; contact = contact->next)
		put(prefix, "contact", contact->contact_name);
	for (g = group; g && !part.is_full; g = g->next) {
		put(prefix, "contactgroup", g->group_name);
		for (contact = g->group_ptr ? g->group_ptr->members : NULL;
		     contact && !part.is_full; contact = contact->next)
			put(prefix, "contact", contact->contact_name);
	}
}

/* ---- who may submit commands in the web interface (cgi/cgiauth.c of Nagios 4.4) ---- */

static void put_commanders_of(const contactsmember *contact)
{
	for (; contact && !part.is_full; contact = contact->next)
		if (contact->contact_ptr && contact->contact_ptr->can_submit_commands)
			put("", "commander", contact->contact_name);
}

static void put_commanders(const contactsmember *contact, const contactgroupsmember *group)
{
	put_commanders_of(contact);
	for (; group && !part.is_full; group = group->next)
		put_commanders_of(group->group_ptr ? group->group_ptr->members : NULL);
}

/* Contacts of its escalations as well. */
static void put_host_commanders(const host *h)
{
	put_commanders(h->contacts, h->contact_groups);
	for (const objectlist *l = h->escalation_list; l && !part.is_full; l = l->next) {
		const hostescalation *e = l->object_ptr;

		put_commanders(e->contacts, e->contact_groups);
	}
}

/* Who may command a host may command its services. */
static void put_service_commanders(const service *s)
{
	put_commanders(s->contacts, s->contact_groups);
	for (const objectlist *l = s->escalation_list; l && !part.is_full; l = l->next) {
		const serviceescalation *e = l->object_ptr;

		put_commanders(e->contacts, e->contact_groups);
	}
	if (s->host_ptr)
		put_host_commanders(s->host_ptr);
}

/* ---- relations ---- */

static void put_hostgroups(const host *h)
{
	for (const objectlist *l = h->hostgroups_ptr; l && !part.is_full; l = l->next)
		put("", "hostgroup", ((const hostgroup *)l->object_ptr)->group_name);
}

static void put_servicegroups(const char *prefix, const service *s)
{
	for (const objectlist *l = s->servicegroups_ptr; l && !part.is_full; l = l->next)
		put(prefix, "servicegroup", ((const servicegroup *)l->object_ptr)->group_name);
}

static int put_host_name(const char *name, host *h, void *key)
{
	(void)h;
	put("", (const char *)key, name);
	return part.is_full;
}

static void put_hosts(const char *key, compat_hosts *hosts)
{
	if (!part.is_full)
		compat_each_host(hosts, put_host_name, (void *)key);
}

struct ancestors {
	host *seen[ANCESTORS_MAX];
	size_t n;
};

static int add_ancestor(const char *name, host *h, void *arg)
{
	struct ancestors *a = arg;

	(void)name;
	if (!h || a->n == ANCESTORS_MAX)
		return 0;
	for (size_t i = 0; i < a->n; i++)
		if (a->seen[i] == h)
			return 0;
	a->seen[a->n++] = h;
	return 0;
}

/* Breadth first, so that the nearest come first; each once, however many ways lead there. */
static void put_ancestors(const host *h)
{
	static struct ancestors a;

	a.n = 0;
	compat_each_host(h->parent_hosts, add_ancestor, &a);
	for (size_t at = 0; at < a.n; at++)
		compat_each_host(a.seen[at]->parent_hosts, add_ancestor, &a);
	for (size_t i = 0; i < a.n && !part.is_full; i++)
		put("", "ancestor", a.seen[i]->name);
}

static void put_upward(const host *h)
{
	put_hosts("parent", h->parent_hosts);
	put_ancestors(h);
}

static int is_public(const service *s)
{
	static const char name[] = "TWICKET_PUBLIC";
	size_t n = sizeof name - 1;

	for (const customvariablesmember *v = s->custom_variables; v; v = v->next)
		if (!strncmp(v->variable_name, name, n) &&
		    (!v->variable_name[n] || v->variable_name[n] == '_'))
			return 1;
	return 0;
}

static void put_services(const host *h)
{
	for (const servicesmember *m = h->services; m && !part.is_full; m = m->next) {
		put("", "service", m->service_description);
		if (!m->service_ptr || !is_public(m->service_ptr))
			continue;
		put_servicegroups(".", m->service_ptr);
		put_contacts(".", m->service_ptr->contacts, m->service_ptr->contact_groups);
		put_variables("._", m->service_ptr->custom_variables);
	}
}

static void put_host(const host *h, enum detail detail)
{
	pair("display", h->display_name);
	pair("alias", h->alias);
	pair("address", h->address);
	put_hostgroups(h);
	put_contacts("", h->contacts, h->contact_groups);
	put_variables("_", h->custom_variables);
	if (detail == DETAIL_INVENTORY) {
		put_hosts("parent", h->parent_hosts);
		return;
	}
	put_host_commanders(h);
	put_upward(h);
	put_hosts("child", h->child_hosts);
	put_services(h);
}

static void put_service(const service *s, enum detail detail)
{
	pair("display", s->display_name);
	put_servicegroups("", s);
	put_contacts("", s->contacts, s->contact_groups);
	if (detail == DETAIL_ALL)
		put_service_commanders(s);
	put_variables("_", s->custom_variables);
	if (!s->host_ptr)
		return;
	put_hostgroups(s->host_ptr);
	if (detail == DETAIL_ALL)
		put_upward(s->host_ptr);
	put_variables("host._", s->host_ptr->custom_variables);
}

static void put_object(const struct object *object, enum detail detail)
{
	if (object->service)
		put_service(object->service, detail);
	else if (object->host)
		put_host(object->host, detail);
}

/* A service group's members are pairs of host and service. */
static void put_members(void)
{
	const servicesmember *s = answer.servicegroup ? answer.servicegroup->members : NULL;

	if (answer.hostgroup)
		put_hosts(NULL, answer.hostgroup->members);
	for (; s && !part.is_full; s = s->next)
		put("", s->host_name, s->service_description);
}

/* Sends the part; returns true when it was the last one. *done is where the next begins. */
static int part_send(struct event *ev, unsigned *done)
{
	ev->list = part.list;
	ev->list_len = (uint32_t)part.len;
	ev->flags = (ev->flags & ~(uint32_t)EVENT_MORE) | (part.is_full ? EVENT_MORE : 0);
	*done = part.index;
	sender_put(ev);
	return !part.is_full;
}

/* ---- answers ---- */

static void start_description(const struct event *ev)
{
	struct event now = {0};

	answer.object = object_find(ev->kind, ev->host, ev->service);
	answer.head = (struct event){.type = EVENT_DESCRIPTION, .id = ev->id, .kind = ev->kind};
	if (!object_exists(&answer.object)) {
		answer.head.code = -1;
		return;
	}
	/* state and since: whoever missed a recovery learns when it was; the rest, whether the core saw one at all */
	object_describe(&answer.object, &now);
	answer.head.state = now.state;
	answer.head.since = now.since;
	answer.head.last_ok = now.last_ok;
	answer.head.flags = now.flags & EVENT_UNCHECKED;
	object_name(&answer.object, &answer.head);
}

static void start_members(const struct event *ev)
{
	answer.hostgroup = ev->sub == EVENT_HOSTGROUP ? find_hostgroup(ev->host) : NULL;
	answer.servicegroup = ev->sub == EVENT_SERVICEGROUP ? find_servicegroup(ev->host) : NULL;
	answer.head = (struct event){.type = EVENT_MEMBERS, .id = ev->id, .sub = ev->sub};
	if (answer.hostgroup)
		answer.head.host = answer.hostgroup->group_name;
	else if (answer.servicegroup)
		answer.head.host = answer.servicegroup->group_name;
	else
		answer.head.code = -1;
}

static void end_inventory(void)
{
	struct event ev = {.type = EVENT_INVENTORY_END, .id = inventory.id, .code = inventory.sent};

	inventory.is_running = 0;
	sender_put(&ev);
}

static void start_inventory(const struct event *ev)
{
	if (inventory.is_running)
		end_inventory();
	inventory.is_running = 1;
	inventory.id = ev->id;
	inventory.sent = 0;
	inventory.done = 0;
	inventory.host = host_list;
	inventory.service = service_list;
}

void describe_start(const struct event *ev)
{
	if (ev->type == EVENT_LIST) {
		start_inventory(ev);
		sender_kick();
		return;
	}
	answer.object = (struct object){NULL, NULL};
	answer.hostgroup = NULL;
	answer.servicegroup = NULL;
	if (ev->type == EVENT_DESCRIBE)
		start_description(ev);
	else
		start_members(ev);
	answer.type = (enum event_type)answer.head.type;
	answer.done = 0;
	sender_kick();
}

static void answer_part(void)
{
	part_begin(answer.done);
	if (answer.type == EVENT_DESCRIPTION)
		put_object(&answer.object, DETAIL_ALL);
	else
		put_members();
	if (part_send(&answer.head, &answer.done))
		answer.type = 0;
}

static void inventory_part(void)
{
	struct object object = {inventory.host, NULL};
	struct event ev = {.type = EVENT_INVENTORY, .id = inventory.id};

	if (!object.host)
		object.service = inventory.service;
	if (!object_exists(&object)) {
		end_inventory();
		return;
	}
	object_name(&object, &ev);
	part_begin(inventory.done);
	put_object(&object, DETAIL_INVENTORY);
	if (!part_send(&ev, &inventory.done))
		return;
	inventory.done = 0;
	inventory.sent++;
	if (object.host)
		inventory.host = object.host->next;
	else
		inventory.service = object.service->next;
}

int describe_work(struct slice *slice)
{
	while (describe_is_busy() || inventory.is_running) {
		if (!sender_has_room(ROOM_BYTES))
			return 1;
		if (describe_is_busy())
			answer_part();
		else
			inventory_part();
		if (slice_spend(slice, 1 + part.index / 8))
			return describe_is_busy() || inventory.is_running;
	}
	return 0;
}
