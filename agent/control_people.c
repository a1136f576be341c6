/*
 * People and records over the control socket: who may do what, and the audit. Called by
 * control.c for clients that may. Must never answer "done" before the store has it, nor
 * give a code to anybody but who asked for it.
 */
#include "agent/control_internal.h"

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
