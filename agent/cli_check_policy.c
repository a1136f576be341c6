/*
 * What `check` knows of the policy in the configuration, as facts. Called by cli_check.c.
 * Pure; it must never show as set what is only the default.
 */
#include "agent/cli_check.h"

#include <string.h>

static json_t *announce_facts(const struct config_audience *a)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < a->n_announce; i++)
		json_array_append_new(list, json_integer((json_int_t)a->announce_ms[i]));
	return list;
}

static json_t *escalate_facts(const struct config *config, const struct config_audience *a)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < a->n_escalate; i++) {
		const struct config_escalation *e = &a->escalate[i];
		json_t *to = json_array();

		for (unsigned k = 0; k < e->n_people; k++)
			json_array_append_new(to, json_string(config->people[e->people[k]].name));
		json_array_append_new(
		    list, json_pack("{s:I, s:o}", "after_ms", (json_int_t)e->after_ms, "to", to));
	}
	return list;
}

void check_policy(const struct config *config, const struct config_audience *a, json_t *audience)
{
	unsigned storm =
	    strcmp(a->base, "public") == 0 ? CONFIG_STORM_PUBLIC : CONFIG_STORM_OPERATORS;

	if (a->quiet_hours)
		json_object_set_new(audience, "quiet_hours", json_string(a->quiet_hours_text));
	if (a->quiet_hours && a->urgent)
		json_object_set_new(audience, "urgent", json_string(a->urgent_text));
	if (a->n_announce)
		json_object_set_new(audience, "announce_ms", announce_facts(a));
	if (a->n_escalate)
		json_object_set_new(audience, "escalate", escalate_facts(config, a));
	if (a->storm != storm)
		json_object_set_new(audience, "storm", json_integer((json_int_t)a->storm));
}

size_t check_count(const struct cli_objects *objects, const struct match *match)
{
	size_t n = 0;

	for (size_t i = 0; i < objects->n; i++)
		n += match_object(match, objects->at[i]);
	return n;
}

static void put_group(json_t *facts, const struct config *config)
{
	const char *kind = config->group_kind == GROUP_HOSTGROUP      ? "hostgroup:"
			   : config->group_kind == GROUP_SERVICEGROUP ? "servicegroup:"
								      : "";

	json_object_set_new(
	    facts, "group",
	    json_pack(
		"{s:s+, s:I}", "by", kind, config->group_by, "min", (json_int_t)config->group_min));
}

void check_whole(const struct config *config, const struct cli_objects *objects, json_t *facts)
{
	json_t *sentinels;

	if (config->group_kind != GROUP_NONE)
		put_group(facts, config);
	if (!config->sentinels)
		return;
	sentinels = json_pack(
	    "{s:s, s:I}", "match", config->sentinels_text, "percent",
	    (json_int_t)config->isolation);
	if (objects)
		json_object_set_new(
		    sentinels, "objects",
		    json_integer((json_int_t)check_count(objects, config->sentinels)));
	json_object_set_new(facts, "sentinels", sentinels);
}
