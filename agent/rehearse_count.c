/*
 * What a rehearsal counts: posts by hour and day, and what was over before anybody was
 * told. Called by rehearse.c. Must never change what the engine decided.
 */
#include "agent/rehearse_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

void counter_add(struct counter *c, int64_t at_ms, unsigned per_hour, unsigned per_day)
{
	time_t t = (time_t)(at_ms / 1000);
	struct tm tm = {.tm_year = 70};
	int day, hour;

	localtime_r(&t, &tm);
	day = tm.tm_year * 400 + tm.tm_yday + 1;
	hour = day * 24 + tm.tm_hour;
	c->in_day = day == c->day ? c->in_day + 1 : 1;
	c->in_hour = hour == c->hour ? c->in_hour + 1 : 1;
	c->day = day;
	c->hour = hour;
	c->posts++;
	c->over_day += per_day && c->in_day > per_day;
	c->over_hour += per_hour && c->in_hour > per_hour;
	if (c->in_day <= c->busiest)
		return;
	c->busiest = c->in_day;
	c->busiest_ms = at_ms;
}

/* --- never said ------------------------------------------------------------------------------- */

static struct held *held_find(struct keeping *k, uint64_t thread)
{
	struct held *h;

	HASH_FIND(hh, k->held, &thread, sizeof thread, h);
	return h;
}

static void held_forget(struct keeping *k, struct held *h)
{
	if (!h)
		return;
	HASH_DEL(k->held, h);
	free(h);
}

static void held_begin(struct keeping *k, uint64_t thread, int64_t since_ms)
{
	struct held *h = held_find(k, thread);

	if (!h) {
		h = calloc(1, sizeof *h);
		if (!h)
			return;
		h->thread = thread;
		HASH_ADD(hh, k->held, thread, sizeof h->thread, h);
	}
	h->since_ms = since_ms;
}

/*
 * Over before its hold was: not what only went over to another incident, nor what a
 * downtime or the like kept back for longer.
 */
static void dropped(struct rows_watch *w, unsigned audience, uint64_t thread)
{
	struct keeping *k = w->keeping;
	struct held *h = held_find(k, thread);
	int64_t ms = h ? w->now_ms - h->since_ms : 0;

	if (!h || k->moved || k->parent || ms > w->config->audiences[audience].hold_ms)
		return;
	k->kept[audience]++;
	if (ms > k->longest_ms[audience])
		k->longest_ms[audience] = ms;
}

static void see_incident(void *arg, const struct incident_row *row)
{
	struct rows_watch *w = arg;

	w->keeping->incident = row->id;
	w->keeping->parent = row->parent;
	w->keeping->moved = !row->open && !row->until_s;
}

/* Of an audience's accounts the first stands for all. */
static void see_thread(void *arg, const struct thread_row *row)
{
	struct rows_watch *w = arg;
	int a = config_audience_index(w->config, row->audience);
	const struct config_audience *audience = a < 0 ? NULL : &w->config->audiences[a];

	if (!audience || !audience->n_accounts ||
	    strcmp(w->config->accounts[audience->accounts[0]].name, row->account) != 0)
		return;
	if (w->keeping->incident != row->incident) {
		w->keeping->incident = row->incident;
		w->keeping->parent = 0;
		w->keeping->moved = false;
	}
	if (row->state == THREAD_HELD) {
		if (row->due_ms)
			held_begin(w->keeping, row->id, row->due_ms - audience->hold_ms);
		return;
	}
	if (row->state == THREAD_DROPPED)
		dropped(w, (unsigned)a, row->id);
	held_forget(w->keeping, held_find(w->keeping, row->id));
}

static void see_node(void *arg, const struct node_row *row)
{
	(void)arg;
	(void)row;
}

static void see_problem(void *arg, const struct problem_row *row)
{
	(void)arg;
	(void)row;
}

static void see_downtime(void *arg, const struct downtime_row *row)
{
	(void)arg;
	(void)row;
}

static void see_channel(void *arg, const struct channel_row *row)
{
	(void)arg;
	(void)row;
}

static void see_quiet(void *arg, const struct quiet_row *row)
{
	(void)arg;
	(void)row;
}

static void see_pause(void *arg, const struct pause_row *row)
{
	(void)arg;
	(void)row;
}

void keeping_look(struct rows_watch *w, struct engine *e, const struct now *now)
{
	const struct engine_rows rows = {
	    .arg = w,
	    .node = see_node,
	    .problem = see_problem,
	    .incident = see_incident,
	    .thread = see_thread,
	    .downtime = see_downtime,
	    .channel = see_channel,
	    .quiet = see_quiet,
	    .pause = see_pause};

	w->now_ms = now->wall_ms;
	w->keeping->incident = 0;
	engine_save(e, &rows, now);
}

void keeping_finish(struct keeping *k)
{
	struct held *h, *next;

	HASH_ITER (hh, k->held, h, next)
		held_forget(k, h);
	free(k->kept);
	free(k->longest_ms);
}
