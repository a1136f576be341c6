/*
 * A nagios.log from bytes to events. Called by cli_replay.c.
 * Must never keep more of the log than the line under way.
 */
#include "agent/replay_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADOPT_S 60 /* so long after its first line a log may list what is bad already */
#define BACKWARDS_S 60
#define GAP_S (35 * 86400) /* a core that says nothing for so long does not run */

struct replay *replay_create(struct world *world)
{
	struct replay *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->world = world;
	r->file = "";
	r->next_look_s = INT64_MAX;
	return r;
}

void replay_destroy(struct replay *r)
{
	if (!r)
		return;
	downtimes_free(r);
	items_free(r);
	free(r->rehearsals);
	free(r);
}

int replay_add(struct replay *r, struct rehearsal *rehearsal)
{
	struct rehearsal **more =
	    realloc(r->rehearsals, (r->n_rehearsals + 1) * sizeof(struct rehearsal *));

	if (!more)
		return -1;
	r->rehearsals = more;
	r->rehearsals[r->n_rehearsals++] = rehearsal;
	return 0;
}

void replay_send(struct replay *r, const struct event *ev)
{
	struct event copy = *ev;

	copy.time_us = r->now_s * 1000000;
	for (size_t i = 0; i < r->n_rehearsals; i++)
		rehearsal_event(r->rehearsals[i], &copy, r->now_s * 1000);
	if (r->listener)
		r->listener(r->listener_arg, &copy);
}

void replay_listen(struct replay *r, void (*fn)(void *arg, const struct event *ev), void *arg)
{
	r->listener = fn;
	r->listener_arg = arg;
}

struct object *
replay_object(struct replay *r, unsigned kind, const char *host, const char *service)
{
	const struct log_item *i = item_find(r, host, kind == EVENT_SERVICE ? service : "");
	struct object *o;

	if (r->asks_missing && i && i->block != r->block)
		return NULL; /* the list that just ended did not have it */
	o = world_object(r->world, kind, host, service);
	if (o && i && !i->state)
		o->ok_since_s = i->last_ok_s;
	return o;
}

/* --- lists of states, and the core's own beginnings and ends --------------------------------------- */

void replay_frame(struct replay *r, enum event_type type, const char *host)
{
	const struct event ev = {
	    .type = (uint8_t)type,
	    .id = r->epochs,
	    .host = host,
	    .service = "",
	    .text = "",
	    .author = "",
	    .mark = "",
	    .list = ""};

	replay_send(r, &ev);
}

static void list_begin(struct replay *r)
{
	r->is_listing = true;
	r->block++;
	replay_frame(r, EVENT_SNAP_BEGIN, "");
}

static void list_end(struct replay *r)
{
	if (!r->is_listing)
		return;
	r->is_listing = false;
	r->asks_missing = !r->is_first_list;
	replay_frame(r, EVENT_SNAP_END, "");
	r->asks_missing = r->is_first_list = false;
}

static void core_down(struct replay *r)
{
	list_end(r);
	if (r->is_down)
		return;
	for (size_t i = 0; i < r->n_rehearsals; i++)
		rehearsal_node_down(r->rehearsals[i], r->now_s * 1000);
	r->is_down = true;
}

static void one_up(struct replay *r, struct rehearsal *rehearsal, const char *epoch)
{
	const struct match *sentinels = rehearsal_config(rehearsal)->sentinels;
	int64_t at_ms = r->now_s * 1000;

	rehearsal_node_up(rehearsal, epoch, at_ms);
	if (sentinels)
		rehearsal_inventory(
		    rehearsal, world_count(r->world), world_matched(r->world, sentinels), at_ms);
}

static void core_up(struct replay *r)
{
	char epoch[32];

	snprintf(epoch, sizeof epoch, "log.%u", ++r->epochs);
	for (size_t i = 0; i < r->n_rehearsals; i++)
		one_up(r, r->rehearsals[i], epoch);
	r->is_down = false;
}

/* It kept what it knew, as it does by default. */
static void core_again(struct replay *r)
{
	core_down(r);
	core_up(r);
	items_snapshot(r, NULL);
}

static void begin(struct replay *r, int64_t at_s)
{
	r->has_begun = true;
	r->now_s = r->facts.from_s = r->facts.to_s = at_s;
	core_up(r);
	r->is_first_list = true;
	list_begin(r);
}

/* --- lines ---------------------------------------------------------------------------------------------- */

static void take_object_line(struct replay *r, const struct log_line *l)
{
	struct log_item *i = item_get(r, l->object, l->host, l->service);

	if (!i) {
		r->facts.refused++;
		return;
	}
	if (l->kind == LINE_STATE || l->kind == LINE_ALERT)
		item_result(r, i, l);
	else if (l->kind == LINE_NOTIFICATION)
		item_notify(r, i, l);
	else if (l->kind == LINE_FLAPPING)
		item_flap(r, i, l->is_flapping);
	else if (l->kind == LINE_DOWNTIME)
		downtime_alert(r, i, l);
	else if (l->kind == LINE_ACK)
		item_ack(r, i, l, l->author, l->text);
	else
		item_unack(r, i);
}

static void take_line(struct replay *r, const struct log_line *l)
{
	switch (l->kind) {
	case LINE_OTHER: break;
	case LINE_BROKEN: r->facts.broken++; break;
	case LINE_ALERT:
	case LINE_STATE:
	case LINE_NOTIFICATION:
	case LINE_FLAPPING:
	case LINE_DOWNTIME:
	case LINE_ACK:
	case LINE_UNACK: take_object_line(r, l); break;
	case LINE_SCHEDULE: downtime_schedule(r, l); break;
	case LINE_DELETE: downtime_delete(r, l); break;
	case LINE_START:
		if (r->facts.lines > 1)
			core_again(r);
		break;
	case LINE_SHUTDOWN: core_down(r); break;
	}
}

static void pass_time(struct replay *r, int64_t at_s)
{
	if (at_s + BACKWARDS_S < r->now_s)
		r->facts.backwards++;
	if (at_s <= r->now_s)
		return;
	if (at_s - r->now_s > GAP_S && r->facts.lines > 1)
		core_down(r);
	while (r->next_look_s < at_s) {
		int64_t look_s = r->next_look_s;

		r->now_s = look_s > r->now_s ? look_s : r->now_s;
		downtimes_look(r);
		if (r->next_look_s <= look_s)
			break;
	}
	r->now_s = r->facts.to_s = at_s;
}

/* A list of states ends with the first line of another kind; what is bad at the beginning may come late. */
static void look_for_list(struct replay *r, const struct log_line *l)
{
	bool may_come = r->is_first_list && l->at_s <= r->facts.from_s + ADOPT_S &&
			(l->kind == LINE_OTHER || l->kind == LINE_START);

	if (l->kind == LINE_STATE) {
		if (!r->is_listing)
			list_begin(r);
	} else if (!may_come) {
		list_end(r);
	}
}

static int one_line(struct replay *r, struct err *err)
{
	struct log_line l;

	r->line[r->n_line] = '\0';
	if (r->n_line && r->line[r->n_line - 1] == '\r')
		r->line[r->n_line - 1] = '\0';
	r->n_line = 0;
	r->is_long = false;
	r->file_lines++;
	if (!r->line[0])
		return 0;
	r->facts.lines++;
	if (line_parse(r->line, &l) == -1) {
		if (r->file_lines == 1)
			return err_set(
			    err, "%s: this is no nagios.log: line 1 does not begin with \"[epoch] \"",
			    r->file);
		r->facts.broken++;
		return 0;
	}
	if (!r->has_begun)
		begin(r, l.at_s);
	pass_time(r, l.at_s);
	if (r->is_down && l.kind != LINE_OTHER && l.kind != LINE_START && l.kind != LINE_SHUTDOWN)
		core_again(r); /* it runs, whatever it forgot to say */
	look_for_list(r, &l);
	take_line(r, &l);
	return 0;
}

void replay_file(struct replay *r, const char *name)
{
	r->file = name;
	r->file_lines = 0;
	r->n_line = 0;
	r->is_long = false;
}

static void take_byte(struct replay *r, char c)
{
	if (r->is_long)
		return;
	if (r->n_line == LINE_BYTES - 1) {
		r->is_long = true;
		return;
	}
	r->line[r->n_line++] = c ? c : '?'; /* a NUL would hide the rest */
}

int replay_feed(struct replay *r, const char *bytes, size_t n, struct err *err)
{
	static const char packed[] = "\x1f\x8b";

	if (n >= 2 && !r->file_lines && !r->n_line && !memcmp(bytes, packed, 2))
		return err_set(
		    err, "%s is compressed: zcat %s | twicket replay -", r->file, r->file);
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != '\n')
			take_byte(r, bytes[i]);
		else if (one_line(r, err) == -1)
			return -1;
	}
	return 0;
}

int replay_file_end(struct replay *r, struct err *err)
{
	if (r->n_line && one_line(r, err) == -1)
		return -1;
	if (!r->has_begun)
		return err_set(err, "%s: this is no nagios.log: it is empty", r->file);
	return 0;
}

void replay_end(struct replay *r)
{
	list_end(r);
	for (size_t i = 0; i < r->n_rehearsals; i++)
		rehearsal_until(r->rehearsals[i], r->now_s * 1000 + 1);
}

void replay_facts(const struct replay *r, struct replay_facts *out)
{
	*out = r->facts;
}
