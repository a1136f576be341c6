/*
 * The journal's copy of the audit. Called by inbox*.c, people*.c and core.c. Must never let
 * a foreign name or address look like another key of the line.
 */
#include "agent/audit.h"

#include "common/buf.h"
#include "common/log.h"

#define AUDIT_LINE_MAX 1900 /* common/log.c has 2048 bytes for a line */
#define AUDIT_VALUE_MAX 350

static void audit_value(struct buf *out, const char *key, const char *value)
{
	size_t n = 0;

	if (!value)
		value = "";
	buf_printf(out, "%s%s=\"", out->len ? " " : "", key);
	for (; *value && n < AUDIT_VALUE_MAX; value++, n++) {
		if (*value == '"' || *value == '\\')
			buf_char(out, '\\');
		buf_char(out, *value);
	}
	buf_char(out, '"');
}

void audit_copy(const struct audit_row *row)
{
	struct buf line;

	buf_init(&line, AUDIT_LINE_MAX);
	audit_value(&line, "who", row->actor);
	audit_value(&line, "what", row->action);
	audit_value(&line, "result", row->result);
	audit_value(&line, "via", row->via);
	audit_value(&line, "about", row->object);
	log_always("audit", "%s", buf_text(&line));
	buf_finish(&line);
}
