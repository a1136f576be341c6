/*
 * The engine's rows in memory: what a store would have after the last commit. Called by
 * subject.c. Must never keep what the store would not.
 */
#include "agent/store_internal.h"
#include "tests/random/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum table { NODE, PROBLEM, INCIDENT, THREAD, DOWNTIME, CHANNEL, QUIET, PAUSE, TABLES };

struct kept {
	UT_hash_handle hh;
	enum table table;
	uint64_t number; /* in order of arrival */
	union {
		struct node_row node;
		struct problem_row problem;
		struct incident_row incident;
		struct thread_row thread;
		struct downtime_row downtime;
		struct channel_row channel;
		struct quiet_row quiet;
		struct pause_row pause;
	} row;
	char key[160];
};

/* The store's own columns: what it does not write is not kept here either. */
struct part {
	size_t offset, size;
	bool is_text;
};
#define IS_TEXT(t, f) _Generic(((t *)0)->f, const char *: true, default: false)
#define PART_A(t, f) {offsetof(t, f), sizeof(((t *)0)->f), IS_TEXT(t, f)}
#define PART_F(t, f) , PART_A(t, f)
#define PARTS(noun, FIELDS) static const struct part noun##_parts[] = {FIELDS(PART_A, PART_F, struct noun##_row)}
#define COUNTED(noun) {noun##_parts, sizeof noun##_parts / sizeof *noun##_parts}

PARTS(node, NODE_FIELDS);
PARTS(problem, PROBLEM_FIELDS);
PARTS(incident, INCIDENT_FIELDS);
PARTS(thread, THREAD_FIELDS);
PARTS(downtime, DOWNTIME_FIELDS);
PARTS(channel, CHANNEL_FIELDS);
PARTS(quiet, QUIET_FIELDS);
PARTS(pause, PAUSE_FIELDS);

static const struct shape {
	const struct part *parts;
	size_t n;
} shapes[TABLES] = {
	[NODE] = COUNTED(node),	    [PROBLEM] = COUNTED(problem),   [INCIDENT] = COUNTED(incident),
	[THREAD] = COUNTED(thread), [DOWNTIME] = COUNTED(downtime), [CHANNEL] = COUNTED(channel),
	[QUIET] = COUNTED(quiet),   [PAUSE] = COUNTED(pause),
};

static const char *string_in(const void *row, const struct part *part)
{
	const char *s;

	memcpy(&s, (const char *)row + part->offset, sizeof s);
	return s;
}

static void kept_empty(struct kept *k)
{
	const struct shape *shape = &shapes[k->table];

	for (size_t n = 0; n < shape->n; n++)
		if (shape->parts[n].is_text)
			free((void *)(uintptr_t)string_in(&k->row, &shape->parts[n]));
}

static void kept_fill(struct kept *k, const void *row)
{
	const struct shape *shape = &shapes[k->table];

	memset(&k->row, 0, sizeof k->row);
	for (size_t n = 0; n < shape->n; n++) {
		const struct part *part = &shape->parts[n];
		char *at = (char *)&k->row + part->offset, *copy;

		memcpy(at, (const char *)row + part->offset, part->size);
		if (!part->is_text)
			continue;
		copy = strdup(string_in(row, part) ? string_in(row, part) : ""); /* a store gives "" for NULL */
		memcpy(at, &copy, sizeof copy);
	}
}

static void put(struct keep *keep, enum table table, const char *key, const void *row, bool gone)
{
	static uint64_t number;
	struct kept *k = NULL;

	HASH_FIND_STR(keep->rows, key, k);
	if (!k) {
		k = calloc(1, sizeof *k);
		if (!k)
			exit(2);
		k->table = table;
		k->number = ++number;
		memcpy(k->key, key, strlen(key) + 1);
		HASH_ADD_STR(keep->rows, key, k);
	} else {
		kept_empty(k);
	}
	kept_fill(k, row);
	if (!gone)
		return;
	kept_empty(k);
	HASH_DEL(keep->rows, k);
	free(k);
}

#define KEY(...)                                                                                   \
	char key[sizeof((struct kept *)0)->key];                                                   \
	snprintf(key, sizeof key, __VA_ARGS__)

static void put_node(void *arg, const struct node_row *row)
{
	KEY("n %s", row->name);
	put(arg, NODE, key, row, false);
}

static void put_problem(void *arg, const struct problem_row *row)
{
	KEY("p %llu", (unsigned long long)row->id);
	put(arg, PROBLEM, key, row, false);
}

static void put_incident(void *arg, const struct incident_row *row)
{
	KEY("i %llu", (unsigned long long)row->id);
	put(arg, INCIDENT, key, row, false);
}

static void put_thread(void *arg, const struct thread_row *row)
{
	KEY("t %llu", (unsigned long long)row->id);
	put(arg, THREAD, key, row, false);
}

static void put_downtime(void *arg, const struct downtime_row *row)
{
	KEY("d %s %u", row->node, row->id);
	put(arg, DOWNTIME, key, row, row->gone);
}

static void put_channel(void *arg, const struct channel_row *row)
{
	KEY("c %s %s", row->audience, row->account);
	put(arg, CHANNEL, key, row, false);
}

static void put_quiet(void *arg, const struct quiet_row *row)
{
	KEY("q %llu", (unsigned long long)row->id);
	put(arg, QUIET, key, row, row->gone);
}

static void put_pause(void *arg, const struct pause_row *row)
{
	KEY("u %s %s", row->audience, row->account);
	put(arg, PAUSE, key, row, row->gone);
}

/* Of an incident that is closed nothing is read again; a store keeps it for people. */
static void forget_closed(struct keep *keep)
{
	struct kept *k, *next, *of;

	HASH_ITER (hh, keep->rows, k, next) {
		KEY("i %llu", (unsigned long long)(k->table == THREAD    ? k->row.thread.incident
						   : k->table == PROBLEM ? k->row.problem.incident
									 : 0));
		if (k->table == THREAD || (k->table == PROBLEM && k->row.problem.until_s)) {
			HASH_FIND_STR(keep->rows, key, of);
			if (of && of->row.incident.open)
				continue;
			kept_empty(k);
			HASH_DEL(keep->rows, k);
			free(k);
		}
	}
	HASH_ITER (hh, keep->rows, k, next)
		if (k->table == INCIDENT && !k->row.incident.open) {
			kept_empty(k);
			HASH_DEL(keep->rows, k);
			free(k);
		}
}

void keep_save(struct keep *keep, struct engine *e, const struct now *now)
{
	const struct engine_rows rows = {.arg = keep, .node = put_node, .problem = put_problem,
					 .incident = put_incident, .thread = put_thread, .downtime = put_downtime,
					 .channel = put_channel, .quiet = put_quiet, .pause = put_pause};

	engine_save(e, &rows, now);
	engine_saved(e);
	if (HASH_COUNT(keep->rows) > 60)
		forget_closed(keep);
}

static int by_id(const struct kept *a, const struct kept *b)
{
	uint64_t x = a->number, y = b->number;

	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	if (a->table == PROBLEM) {
		x = a->row.problem.id;
		y = b->row.problem.id;
	} else if (a->table == INCIDENT) {
		x = a->row.incident.id;
		y = b->row.incident.id;
	} else if (a->table == THREAD) {
		x = a->row.thread.id;
		y = b->row.thread.id;
	}
	return x < y ? -1 : x > y;
}

static void load_one(const struct kept *k, struct engine *e, bool same_boot, const struct now *now)
{
	switch (k->table) {
	case NODE: engine_load_node(e, &k->row.node); break;
	case INCIDENT:
		if (k->row.incident.open)
			engine_load_incident(e, &k->row.incident);
		break;
	case PROBLEM: engine_load_problem(e, &k->row.problem); break;
	case THREAD: engine_load_thread(e, &k->row.thread, same_boot, now); break;
	case DOWNTIME: engine_load_downtime(e, &k->row.downtime); break;
	case CHANNEL: engine_load_channel(e, &k->row.channel, same_boot, now); break;
	case QUIET: engine_load_quiet(e, &k->row.quiet); break;
	case PAUSE: engine_load_pause(e, &k->row.pause); break;
	case TABLES: break;
	}
}

void keep_load(const struct keep *keep, struct engine *e, bool same_boot, const struct now *now)
{
	static const enum table order[] = {NODE, INCIDENT, PROBLEM, THREAD, DOWNTIME, CHANNEL, QUIET, PAUSE};
	struct keep *sorted = (struct keep *)(uintptr_t)keep;
	struct kept *k, *next;

	forget_closed(sorted);
	HASH_SORT(sorted->rows, by_id);
	for (unsigned n = 0; n < TABLES; n++)
		HASH_ITER (hh, sorted->rows, k, next)
			if (k->table == order[n])
				load_one(k, e, same_boot, now);
	engine_loaded(e, now);
}

void keep_clear(struct keep *keep)
{
	struct kept *k, *next;

	HASH_ITER (hh, keep->rows, k, next) {
		kept_empty(k);
		HASH_DEL(keep->rows, k);
		free(k);
	}
}
