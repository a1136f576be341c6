/*
 * By hand over the control socket: open, close, retract, quiet, pause, resume; and what
 * `status` says of it. Called by control.c for clients that may. Must never answer "done"
 * before the store has it.
 */
#include "agent/control_internal.h"
#include "agent/core_hand.h"

#include <string.h>

#define TIME_MAX_MS INT64_C(253402300799000) /* the year 9999: later ones cannot be said */

static const char *string_of(json_t *request, const char *key)
{
	const char *s = json_string_value(json_object_get(request, key));

	return s ? s : "";
}

/* Wall seconds, 0 = none is given. -1 with err: a time that no calendar has. */
static int time_of(json_t *request, const char *key, int64_t *wall_s, struct err *err)
{
	int64_t ms = json_integer_value(json_object_get(request, key));

	if (ms < 0 || ms > TIME_MAX_MS)
		return err_set(err, "%s: no such time", key);
	*wall_s = (ms + 999) / 1000;
	return 0;
}

json_t *control_done(struct control *c, json_t *answer)
{
	const char *trouble;

	core_turn(c->core, &c->now);
	trouble = core_store_trouble(c->core);
	if (!trouble)
		return answer;
	json_decref(answer);
	return answer_error("decided, but not kept yet, so nothing is sent: %s", trouble);
}

static bool is_audience_paused(struct control *c, unsigned audience)
{
	const struct config_audience *a = &core_config(c->core)->audiences[audience];

	for (unsigned k = 0; k < a->n_accounts; k++)
		if (!engine_is_paused(core_engine(c->core), audience, a->accounts[k]))
			return false;
	return true;
}

/* Of "public,operators" those that hear nothing now. */
static json_t *paused_of(struct control *c, const char *names)
{
	const struct config *config = core_config(c->core);
	json_t *paused = json_array();

	for (; *names; names += *names == ',') {
		size_t n = strcspn(names, ",");

		for (unsigned k = 0; k < config->n_audiences; k++) {
			const char *name = config->audiences[k].name;

			if (strlen(name) == n && !strncmp(name, names, n) && is_audience_paused(c, k))
				json_array_append_new(paused, json_string(name));
		}
		names += n;
	}
	return paused;
}

json_t *answer_open(struct control *c, json_t *request, const char *by)
{
	struct open_order order = {
		.text = string_of(request, "text"),
		.name = string_of(request, "name"),
		.by = by,
	};
	struct err err = {{0}};
	char tag[TAG_SIZE];

	if (time_of(request, "from_ms", &order.from_s, &err) == -1 ||
	    time_of(request, "until_ms", &order.to_s, &err) == -1)
		return answer_error("%s", err.text);
	if (order.from_s && !order.to_s)
		return answer_error("a planned maintenance has an end: until_ms");
	if (core_open(c->core, &order, string_of(request, "to"), &c->now, tag, &err) == -1)
		return answer_error("%s", err.text);
	return control_done(c, json_pack("{s:b, s:s, s:o}", "ok", 1, "tag", tag, "paused",
					paused_of(c, string_of(request, "to"))));
}

json_t *answer_close(struct control *c, json_t *request, const char *by)
{
	struct err err = {{0}};

	if (core_close(c->core, string_of(request, "tag"), string_of(request, "text"), by, &c->now, &err) == -1)
		return answer_error("%s", err.text);
	return control_done(c, json_pack("{s:b}", "ok", 1));
}

json_t *answer_retract(struct control *c, json_t *request, const char *by)
{
	enum retract_how how =
		json_is_true(json_object_get(request, "delete")) ? RETRACT_BY_DELETING : RETRACT_BY_POST;
	struct err err = {{0}};

	if (core_retract(c->core, string_of(request, "tag"), string_of(request, "text"), by, how, &c->now,
			 &err) == -1)
		return answer_error("%s", err.text);
	return control_done(c, json_pack("{s:b}", "ok", 1));
}

/* --- quiet ------------------------------------------------------------------------------ */

static void add_quiet(void *arg, const struct quiet_row *row)
{
	json_array_append_new(
		arg, json_pack("{s:I, s:o, s:o, s:o, s:I, s:I}", "id", (json_int_t)row->id, "match",
			       control_text(row->match), "text", control_text(row->text), "by",
			       control_text(row->by), "since_ms", (json_int_t)row->since_s * 1000, "until_ms",
			       (json_int_t)row->until_s * 1000));
}

struct quiet_list {
	json_t *quiets;
	int64_t wall_s;
};

/* Incidents that a reply has made quiet. */
static void add_quiet_incident(void *arg, const struct incident_view *v)
{
	struct quiet_list *l = arg;

	if (!v->open || v->quiet_until_s <= l->wall_s)
		return;
	json_array_append_new(l->quiets, json_pack("{s:s, s:o, s:I}", "tag", v->tag, "object",
						   control_text(v->object), "until_ms",
						   (json_int_t)v->quiet_until_s * 1000));
}

json_t *hand_quiets(struct control *c)
{
	struct quiet_list l = {.quiets = json_array(), .wall_s = c->now.wall_ms / 1000};

	engine_quiets(core_engine(c->core), add_quiet, l.quiets);
	engine_each(core_engine(c->core), add_quiet_incident, &l);
	return l.quiets;
}

json_t *answer_quiet(struct control *c, json_t *request, const char *by)
{
	const char *end = string_of(request, "end");
	struct err err = {{0}};
	int64_t until_s = 0;
	uint64_t id;

	if (json_is_true(json_object_get(request, "list")))
		return json_pack("{s:b, s:o}", "ok", 1, "quiet", hand_quiets(c));
	if (*end) {
		if (core_quiet_end(c->core, end, by, &c->now, &err) == -1)
			return answer_error("%s", err.text);
		return control_done(c, json_pack("{s:b}", "ok", 1));
	}
	if (!json_object_get(request, "until_ms"))
		return answer_error("quiet until when? until_ms");
	if (time_of(request, "until_ms", &until_s, &err) == -1 ||
	    core_quiet(c->core, string_of(request, "match"), until_s, string_of(request, "text"), by, &c->now, &id,
		       &err) == -1)
		return answer_error("%s", err.text);
	return control_done(c, json_pack("{s:b, s:I}", "ok", 1, "id", (json_int_t)id));
}

/* --- pause -------------------------------------------------------------------------------- */

static void add_pause(void *arg, const struct pause_row *row)
{
	json_array_append_new(arg, json_pack("{s:o, s:o, s:o, s:o, s:I}", "audience",
					     control_text(row->audience), "account", control_text(row->account),
					     "text", control_text(row->text), "by", control_text(row->by),
					     "since_ms", (json_int_t)row->since_s * 1000));
}

json_t *hand_pauses(struct control *c)
{
	json_t *pauses = json_array();

	engine_pauses(core_engine(c->core), add_pause, pauses);
	return pauses;
}

static json_t *target_to_json(const struct pause_target *target)
{
	return json_pack("{s:b, s:s, s:s}", "ok", 1, "audience", target->audience ? target->audience : "",
			 "account", target->account ? target->account : "");
}

/* One word alone, which names nothing: a reason has more than one. */
static bool is_only_text(const struct control *c, const char *name)
{
	return strchr(name, ' ') && !core_is_pause_name(c->core, name);
}

json_t *answer_pause(struct control *c, json_t *request, const char *by)
{
	const char *name = string_of(request, "name"), *text = string_of(request, "text");
	struct pause_target target;
	struct err err = {{0}};

	if (!*text && is_only_text(c, name)) {
		text = name;
		name = "";
	}
	if (core_pause_target(c->core, name, &target, &err) == -1 ||
	    core_pause(c->core, &target, text, by, &c->now, &err) == -1)
		return answer_error("%s", err.text);
	return control_done(c, target_to_json(&target));
}

json_t *answer_resume(struct control *c, json_t *request, const char *by)
{
	struct pause_target target;
	struct err err = {{0}};

	if (core_pause_target(c->core, string_of(request, "name"), &target, &err) == -1 ||
	    core_resume_pause(c->core, &target, by, &c->now, &err) == -1)
		return answer_error("%s", err.text);
	return control_done(c, target_to_json(&target));
}
