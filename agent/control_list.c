/*
 * `list` over the control socket, and an incident as JSON for `show`. Called by control.c;
 * reads the core, changes nothing. Must never say more of a closed incident than the store has.
 */
#include "agent/control_internal.h"

#include <string.h>

#define TOLD_MAX 64

static void add_name(void *arg, const char *name)
{
	json_array_append_new(arg, control_text(name));
}

static json_t *told_to_json(struct control *c, uint64_t incident)
{
	const char *audiences[TOLD_MAX];
	unsigned n = engine_told_to(core_engine(c->core), incident, audiences, TOLD_MAX);
	json_t *told = json_array();

	for (unsigned k = 0; k < n; k++) {
		json_t *names = json_array();

		core_public_names(c->core, incident, audiences[k], &c->now, add_name, names);
		json_array_append_new(told, json_pack("{s:o, s:o}", "audience", control_text(audiences[k]), "names",
						      names));
	}
	return told;
}

static void add_flags(json_t *to, unsigned flags)
{
	if (flags & INCIDENT_BY_HAND)
		json_object_set_new(to, "by_hand", json_true());
	if (flags & INCIDENT_MAINTENANCE)
		json_object_set_new(to, "maintenance", json_true());
	if (flags & INCIDENT_MAJOR)
		json_object_set_new(to, "major", json_true());
}

static void add_time(json_t *to, const char *key, int64_t s)
{
	if (s)
		json_object_set_new(to, key, json_integer((json_int_t)s * 1000));
}

static void add_text(json_t *to, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(to, key, control_text(text));
}

/* How many people say that they have it, too; of whom nothing else is known. */
static void add_reports(struct control *c, uint64_t incident, json_t *to)
{
	int n = store_count_reports(core_store(c->core), incident, NULL);

	if (n > 0)
		json_object_set_new(to, "reports", json_integer(n));
}

/* Words that nobody has said `go` to. */
static void add_waits(struct control *c, uint64_t incident, json_t *to)
{
	struct question_view q;

	if (engine_question(core_engine(c->core), incident, &q))
		json_object_set_new(to, "waits", json_pack("{s:o, s:o, s:o, s:o, s:I}", "audience", control_text(q.audience),
							   "asked", control_text(q.asked), "text", control_text(q.text),
							   "by", control_text(q.by), "asked_ms", (json_int_t)q.asked_ms));
}

/* What people have said of it. */
static json_t *add_hand(struct control *c, const struct incident_view *v, json_t *to)
{
	int64_t wall_s = c->now.wall_ms / 1000;

	add_flags(to, v->flags);
	add_time(to, "eta_ms", v->eta_s);
	add_time(to, "quiet_ms", v->quiet_until_s > wall_s ? v->quiet_until_s : 0);
	add_time(to, "from_ms", v->from_s);
	add_time(to, "to_ms", v->to_s);
	add_text(to, "text", v->text);
	add_text(to, "known", v->known);
	add_text(to, "known_tag", v->known_tag);
	add_text(to, "ticket", v->ticket);
	add_reports(c, v->id, to);
	add_waits(c, v->id, to);
	add_text(to, "parent", v->parent_tag);
	return to;
}

json_t *control_live(struct control *c, const struct incident_view *v)
{
	return add_hand(c, v, json_pack("{s:s, s:I, s:I, s:o, s:I, s:o, s:o, s:b, s:o}", "tag", v->tag, "since_ms",
			 (json_int_t)v->since_s * 1000, "until_ms", (json_int_t)(v->open ? 0 : v->until_s * 1000),
			 "object", control_text(v->object), "members", (json_int_t)v->members, "state",
			 control_text(v->state_word), "owner", control_text(v->owner), "open", v->open, "told",
			 told_to_json(c, v->id)));
}

static bool is_told(const json_t *told, const char *audience)
{
	const json_t *one;
	size_t i;

	json_array_foreach (told, i, one)
		if (!strcmp(json_string_value(json_object_get(one, "audience")), audience))
			return true;
	return false;
}

static int add_told(void *arg, const struct thread_row *row)
{
	if (row->state != THREAD_HELD && row->state != THREAD_DROPPED && row->root != DELIVERY_DECLINED &&
	    row->root != DELIVERY_ASKED && !is_told(arg, row->audience))
		json_array_append_new(arg, json_pack("{s:o, s:[]}", "audience", control_text(row->audience),
						     "names"));
	return 0;
}

/* What its members were called is gone with them. */
static json_t *told_of_kept(struct control *c, uint64_t incident)
{
	json_t *told = json_array();

	store_threads_of_incident(core_store(c->core), incident, add_told, told, NULL);
	return told;
}

json_t *control_kept(struct control *c, const struct incident_row *r)
{
	json_t *kept = json_pack("{s:s, s:I, s:I, s:o, s:I, s:o, s:o, s:b, s:o}", "tag", r->tag, "since_ms",
			 (json_int_t)r->since_s * 1000, "until_ms", (json_int_t)r->until_s * 1000, "object",
			 control_text(r->object), "members", (json_int_t)0, "state", control_text(r->state), "owner",
			 control_text(r->was_owner), "open", r->open, "told",
			 told_of_kept(c, r->id));

	add_flags(kept, r->flags);
	add_text(kept, "text", r->text);
	add_text(kept, "known", r->known);
	add_text(kept, "known_tag", r->known_tag);
	add_text(kept, "ticket", r->ticket);
	add_reports(c, r->id, kept);
	return kept;
}

struct listing {
	struct control *control;
	json_t *incidents;
};

static void list_live(void *arg, const struct incident_view *v)
{
	struct listing *l = arg;

	if (v->open)
		json_array_append_new(l->incidents, control_live(l->control, v));
}

static int list_kept(void *arg, const struct incident_row *row)
{
	struct listing *l = arg;
	struct incident_view view;

	if (!engine_view(core_engine(l->control->core), row->id, &view) || !view.open)
		json_array_append_new(l->incidents, control_kept(l->control, row));
	return 0;
}

json_t *answer_list(struct control *c, json_t *request)
{
	struct listing l = {.control = c, .incidents = json_array()};
	int64_t since = json_integer_value(json_object_get(request, "since_ms"));
	const char *words = json_string_value(json_object_get(request, "search"));
	struct err err;

	if (words) {
		json_decref(l.incidents);
		return control_search(c, words);
	}
	engine_each(core_engine(c->core), list_live, &l);
	if (json_is_true(json_object_get(request, "closed")) &&
	    store_incidents(core_store(c->core), true, since, list_kept, &l, &err) == -1) {
		json_decref(l.incidents);
		return answer_error("%s", err.text);
	}
	return json_pack("{s:b, s:o}", "ok", 1, "incidents", l.incidents);
}
