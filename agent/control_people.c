/*
 * People and records over the control socket: who may do what, and the audit. Called by
 * control.c for clients that may. Must never answer "done" before the store has it, nor
 * give a code to anybody but who asked for it.
 */
#include "agent/control_internal.h"
#include "agent/core_people.h"

#define AUDIT_MAX 10000 /* lines of one answer: about 3 MB */

static int add_audit(void *arg, const struct audit_row *r)
{
	json_t *line = json_pack(
		"{s:I, s:o, s:o, s:o, s:o, s:o}", "at_ms", (json_int_t)r->at_ms, "actor",
		control_text(r->actor), "action", control_text(r->action), "object",
		control_text(r->object), "via", control_text(r->via), "result", control_text(r->result));

	return json_array_append_new(arg, line) == 0 ? 0 : 1;
}

static json_t *turned(json_t *newest_first)
{
	json_t *out = json_array();

	for (size_t k = json_array_size(newest_first); k-- > 0;)
		json_array_append(out, json_array_get(newest_first, k));
	json_decref(newest_first);
	return out;
}

json_t *answer_audit(struct control *c, json_t *request, const char *by)
{
	int64_t since_ms = json_integer_value(json_object_get(request, "since_ms"));
	json_t *lines = json_array();
	struct err err;
	int n = store_audit(core_store(c->core), since_ms, AUDIT_MAX, add_audit, lines, &err);

	(void)by;
	if (n == -1) {
		json_decref(lines);
		return answer_error("%s", err.text);
	}
	return json_pack("{s:b, s:o, s:b}", "ok", 1, "audit", turned(lines), "cut", n == AUDIT_MAX);
}

/* --- people ----------------------------------------------------------------------------------- */

static const char *role_word(enum role role)
{
	switch (role) {
	case ROLE_NOBODY: return "nobody";
	case ROLE_COMMUNICATOR: return "communicator";
	case ROLE_OPERATOR: return "operator";
	case ROLE_LEAD: return "lead";
	case ROLE_ADMIN: return "admin";
	}
	return "?";
}

static void add_id(void *arg, const struct identity_row *id)
{
	json_array_append_new(
		arg, json_pack("{s:o, s:o, s:I, s:I, s:b}", "server", control_text(id->server_account), "id",
			       control_text(id->author_id), "pinned_ms", (json_int_t)id->pinned_ms, "proven_ms",
			       (json_int_t)id->proven_ms, "disabled", id->disabled));
}

static void add_handle(struct control *c, const char *network, const char *handle, json_t *handles)
{
	json_t *ids = json_array();

	if (handle && *handle) {
		people_each_id(core_people(c->core), network, handle, add_id, ids);
		json_array_append_new(handles, json_pack("{s:s, s:o, s:O}", "network", network, "handle",
						     control_text(handle), "ids", ids));
	}
	json_decref(ids);
}

struct people_list {
	struct control *control;
	json_t *people;
};

static int add_held(void *arg, const struct incident_row *row)
{
	json_array_append_new(arg, control_text(row->tag));
	return 0;
}

/* The incidents in which what they said to have fixed it held: the count, and what it is made of. */
static json_t *held_of(struct control *c, const char *name)
{
	json_t *held = json_array();

	store_fixes_held_of(core_store(c->core), name, c->now.wall_ms / 1000, add_held, held, NULL);
	return held;
}

static void add_person(void *arg, const struct people_view *v)
{
	struct people_list *l = arg;
	json_t *handles = json_array();

	if (v->person) {
		add_handle(l->control, "mastodon", v->person->mastodon, handles);
		add_handle(l->control, "x", v->person->x, handles);
	}
	json_array_append_new(
		l->people,
		json_pack("{s:o, s:s, s:o, s:b, s:o, s:I, s:o, s:I, s:o, s:o}", "name", control_text(v->name), "role",
			  v->person ? role_word(v->person->role) : "", "match",
			  control_text(v->person ? v->person->match_text : ""), "listed", v->person != NULL,
			  "handles", handles, "revoked_ms", (json_int_t)v->revoked_ms, "revoked_by",
			  control_text(v->revoked_by), "code_until_ms", (json_int_t)v->code_until_ms, "held",
			  held_of(l->control, v->name), "confirmed", control_confirmed_of(l->control, v->name)));
}

static json_t *list_people(struct control *c)
{
	struct people_list l = {c, json_array()};

	people_each(core_people(c->core), add_person, &l);
	return json_pack("{s:b, s:o}", "ok", 1, "people", l.people);
}

static json_t *enrol_person(struct control *c, const char *name, const char *by)
{
	char code[PEOPLE_CODE_SIZE];
	struct err err = {{0}};
	int64_t until_ms;

	if (core_enrol(c->core, name, by, &c->now, code, &until_ms, &err) == -1)
		return answer_error("%s", err.text);
	return control_done(c, json_pack("{s:b, s:s, s:I}", "ok", 1, "code", code, "until_ms", (json_int_t)until_ms));
}

json_t *answer_people(struct control *c, json_t *request, const char *by)
{
	const char *revoke = json_string_value(json_object_get(request, "revoke"));
	const char *restore = json_string_value(json_object_get(request, "restore"));
	const char *enrol = json_string_value(json_object_get(request, "enrol"));
	struct err err = {{0}};
	int rc;

	if (enrol)
		return enrol_person(c, enrol, by);
	if (!revoke && !restore)
		return list_people(c);
	if (revoke)
		rc = core_revoke(c->core, revoke, by, &c->now, &err);
	else
		rc = core_restore(c->core, restore, by, &c->now, &err);
	if (rc == -1)
		return answer_error("%s", err.text);
	return control_done(c, json_pack("{s:b}", "ok", 1));
}
