/*
 * Many people report what the monitoring calls well (SPEC row 69): told to operators, once.
 * Called by core_ticket.c with what became a ticket, and by the agent with what is watched.
 * It must never tell the public, nor keep more of a reporter than his ticket does.
 */
#include "agent/core_internal.h"
#include "agent/incident_hand.h"
#include "agent/match.h"
#include "common/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AUDIENCES 64
#define KEY_MAX 600

/* --- what is watched --------------------------------------------------------------------------- */

static bool takes_reports(const struct config_audience *a)
{
	return a->tickets && !a->internals && a->reports;
}

/* The names are asked for when the first report comes: most sites never get one. */
static void want_names(struct core *c)
{
	if (c->wants_names || !c->env.inventory)
		return;
	c->wants_names = true;
	c->env.inventory(c->env.source_arg);
}

void core_watch(struct core *c, unsigned nodes)
{
	suspicion_forget(c->suspicion);
	c->nodes_to_come = nodes;
	c->knows_names = false;
}

bool core_awaits_objects(const struct core *c)
{
	return c->nodes_to_come > 0;
}

static uint64_t audiences_of(const struct core *c, const struct object *o)
{
	uint64_t audiences = 0;

	for (unsigned a = 0; a < c->config->n_audiences && a < AUDIENCES; a++)
		if (takes_reports(&c->config->audiences[a]) && match_object(c->config->audiences[a].match, o))
			audiences |= UINT64_C(1) << a;
	return audiences;
}

/* --- is it known? ------------------------------------------------------------------------------- */

/* Whoever was told or not: the monitoring has seen it. */
static bool is_in_trouble(struct core *c, unsigned audience, const char *name)
{
	struct live_incidents *live = core_live(c);
	bool is_so = false;
	struct say say;

	if (!live)
		return true;
	for (unsigned i = 0; i < live->n && !is_so; i++) {
		if (!engine_status(c->engine, live->id[i], audience, c->config->audiences[audience].accounts[0], false,
				   &c->now, &say))
			continue;
		for (unsigned k = 0; k < say.n_names && !is_so; k++)
			is_so = suspicion_is_called(c->suspicion, name, say.names[k]);
	}
	free(live);
	return is_so;
}

/* --- said once ----------------------------------------------------------------------------------- */

struct judged {
	struct core *c;
	unsigned audience;
	int64_t at_ms; /* of the report */
};

/*
 * Told, and somebody has reported it at least every half hour since: that is the same story.
 * The time of the last of these reports is kept in the store.
 */
static bool is_told(const struct judged *j, const char *key)
{
	char value[32];

	if (store_meta(j->c->store, key, value, sizeof value, NULL) == -1)
		return true; /* rather not at all than at each report */
	return *value && j->at_ms - strtoll(value, NULL, 10) <= SUSPICION_MS;
}

static void keep_told(const struct judged *j, const char *key)
{
	char value[32];

	snprintf(value, sizeof value, "%" PRId64, j->at_ms);
	store_put_meta(j->c->store, key, value);
}

static void tell_suspicion(struct core *c, const struct suspected *what)
{
	struct say say = {.event = SAY_KNOWN,
			  .symbol = SYMBOL_WHITE,
			  .object = what->name,
			  .count = what->people,
			  .since = what->first_ms / 1000,
			  .now = c->now.wall_ms / 1000,
			  .duration = -1};

	core_tell_inside(c, &say);
	log_info("ticket", "suspected people=%u name=%s", what->people, what->name);
}

static void judge(void *arg, const struct suspected *what)
{
	const struct judged *j = arg;
	struct core *c = j->c;
	const struct config_audience *a = &c->config->audiences[j->audience];
	char key[KEY_MAX];
	bool was_told;

	snprintf(key, sizeof key, "suspected:%s:%s", a->name, what->name);
	was_told = is_told(j, key);
	if (!was_told && (what->people < a->reports || is_in_trouble(c, j->audience, what->name)))
		return;
	keep_told(j, key);
	if (!was_told)
		tell_suspicion(c, what);
}

/* --- reports --------------------------------------------------------------------------------------- */

static void take(struct core *c, const struct ticket_row *ticket, const char *text)
{
	int account = config_account_index(c->config, ticket->account);
	int audience = account < 0 ? -1 : core_audience_for(c, (unsigned)account);
	struct judged j = {.c = c, .audience = (unsigned)audience, .at_ms = ticket->created_ms};

	if (audience < 0 || audience >= AUDIENCES || !takes_reports(&c->config->audiences[audience]))
		return;
	suspicion_take(c->suspicion,
		       &(struct suspicion_report){.text = text,
						  .who = *ticket->acct ? ticket->acct : ticket->author_id,
						  .audience = (unsigned)audience,
						  .at_ms = ticket->created_ms},
		       judge, &j);
}

static void take_earlier(void *arg, const struct ticket_row *ticket, const char *text)
{
	take(arg, ticket, text);
}

void core_suspect(struct core *c, const char *ticket)
{
	if (c->knows_names)
		tickets_recent(c->tickets, c->now.wall_ms - SUSPICION_MS, ticket, take_earlier, c);
	else
		want_names(c);
}

/* The names are there: what was reported before, and before a restart, counts as well. */
void core_watched(struct core *c, const struct object *o, const struct now *now)
{
	c->now = *now;
	if (o) {
		suspicion_watch(c->suspicion, o, audiences_of(c, o));
		return;
	}
	if (!c->nodes_to_come || --c->nodes_to_come)
		return;
	c->knows_names = true;
	tickets_recent(c->tickets, now->wall_ms - SUSPICION_MS, NULL, take_earlier, c);
}
