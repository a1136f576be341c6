/*
 * What stands for an incident: its root, and what follows from that for all of it: since when,
 * in which state, whose acknowledgement. Called whenever a member has changed.
 * Must never speak, nor move a problem.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

bool incident_has_live(const struct incident *i)
{
	if (i->flags & INCIDENT_BY_HAND)
		return i->until_s == 0;
	for (const struct problem *p = i->problems; p; p = p->next)
		if (problem_is_trouble(p))
			return true;
	return false;
}

/*
 * While a member is not described (after a restart) nobody knows who hears of it, and by which
 * name; while it is missing in a snapshot nobody knows whether it is well.
 */
static bool has_unknown(const struct incident *i)
{
	for (const struct problem *p = i->problems; p; p = p->next)
		if ((!p->object && !p->is_unknown) || (p->checking && problem_is_trouble(p)))
			return true;
	return false;
}

bool incident_is_known(const struct incident *i)
{
	return !i->problems || !i->problems->node->engine->may_be_unknown || !has_unknown(i);
}

bool any_is_unknown(const struct engine *e)
{
	const struct incident *i;

	DL_FOREACH (e->incidents, i)
		if (has_unknown(i))
			return true;
	return false;
}

static bool any_in_snapshot(const struct engine *e)
{
	const struct node *n;

	LL_FOREACH (e->nodes, n)
		if (n->connected && !n->up)
			return true;
	return false;
}

/* What comes before a snapshot's end may be over by then: the timers look at it all at once. */
bool incident_is_in_snapshot(const struct incident *i)
{
	for (const struct problem *p = any_in_snapshot(i->engine) ? i->problems : NULL; p; p = p->next)
		if (p->node->connected && !p->node->up)
			return true;
	return false;
}

static bool is_named_as(const struct incident *i, const struct problem *root)
{
	size_t n = strlen(root->host);

	if (!i->object || strncmp(i->object, root->host, n) != 0)
		return false;
	return root->service[0] ? i->object[n] == '/' && !strcmp(i->object + n + 1, root->service) : !i->object[n];
}

/* The incident is acknowledged when its root problem is. */
void incident_refresh(struct incident *i)
{
	const struct problem *acked;
	struct problem *root;
	unsigned flags = 0;
	char *text;

	members_sum_up(i);
	root = incident_root(i);
	acked = incident_acked(i, root);
	if (!root)
		return;
	if (i->object && !incident_is_known(i)) {
		/* after a restart nobody knows what stands behind what until all are described */
		for (struct problem *p = i->problems; p && !incident_has_live(i); p = p->next)
			if (p->until_s > i->until_s) {
				i->until_s = p->until_s;
				incident_touch(i);
			}
		return;
	}
	if (problem_is_live(root)) {
		if (!is_named_as(i, root) && (text = problem_label_dup(root))) {
			free(i->object);
			i->object = text;
		}
		flags = (acked ? INCIDENT_ACKED : 0) |
			(acked && (acked->flags & EVENT_STICKY) ? INCIDENT_STICKY : 0) |
			(root->flags & EVENT_IN_DOWNTIME ? INCIDENT_DOWNTIME : 0);
		i->until_s = 0;
	} else if (incident_has_live(i)) {
		i->until_s = 0; /* it flaps */
	} else {
		i->until_s = root->until_s;
		for (struct problem *p = i->problems; p; p = p->next)
			if (p->until_s > i->until_s)
				i->until_s = p->until_s;
	}
	flags |= problem_flaps(root) ? INCIDENT_FLAPPING : 0;
	i->state_word = event_state_word(root->kind, root->state);
	if (!problem_is_live(root) && i->object)
		i->state_word = event_state_word(strchr(i->object, '/') ? EVENT_SERVICE : EVENT_HOST, 0);
	if ((i->flags ^ flags) & INCIDENT_ACKED)
		engine_wake(root->node->engine, 0); /* from now on somebody has to be called, or nobody */
	if ((i->flags & INCIDENT_ACKED) && !(flags & INCIDENT_ACKED)) {
		if (i->owner)
			engine_set_string(&i->was_owner, i->owner);
		i->owner_round = i->times;
		engine_set_string(&i->owner, NULL);
		engine_set_string(&i->ack_text, NULL);
		i->acked_s = 0;
	}
	if (acked && acked->owner)
		engine_set_string(&i->owner, acked->owner);
	i->flags = flags | (i->flags & ~(unsigned)INCIDENT_OF_ROOT);
	incident_touch(i);
}
