/*
 * The word `report` of a scenario: a month as `twicket report` prints it, asked of the control
 * socket's own answers, slice by slice. Called by script.c.
 */
#include "agent/cli_report.h"
#include "agent/control_internal.h"
#include "tests/scenario/script.h"

#include <string.h>

static json_t *ask_control(void *arg, json_t *request)
{
	json_t *answer = answer_report(arg, request, "root");

	json_decref(request);
	if (json_is_true(json_object_get(answer, "ok")))
		return answer;
	json_decref(answer);
	return NULL;
}

static void put_lines(struct run *r, const char *text)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		buf_printf(&r->out, "| %.*s\n", (int)strcspn(text, "\n"), text);
}

bool run_report(struct run *r, const char *what, char *args)
{
	struct control control = {.core = r->world.core, .now = r->world.now};
	struct report_month month;
	json_t *report = NULL;
	struct err err;
	struct buf text;

	if (strcmp(what, "report") != 0)
		return false;
	if (report_month(*args ? args : NULL, r->world.now.wall_ms / 1000, &month, &err) == 0)
		report = cli_report_gather(&month, ask_control, &control);
	if (!report) {
		run_fail(r, "no report", args);
		return true;
	}
	buf_init(&text, 65536);
	cli_report_write(NULL, report, &text);
	run_stamp(r);
	buf_str(&r->out, "report\n");
	put_lines(r, buf_text(&text));
	buf_finish(&text);
	json_decref(report);
	return true;
}
