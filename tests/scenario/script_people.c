/*
 * The words of a scenario about people and records: people enrol, revoke, restore, and the
 * audit. Called by script.c. A code is what the world's dice give: it is printed, and `$code`
 * in a reply's text is the last one.
 */
#include "tests/scenario/script.h"

#include "agent/core_people.h"

#include <stdlib.h>
#include <string.h>

static void say_done(struct run *r, int rc, const struct err *err, const char *done)
{
	run_stamp(r);
	buf_printf(&r->out, rc == -1 ? "cli: refused: %s\n" : "cli: %s\n", rc == -1 ? err->text : done);
}

static void do_people(struct run *r, char *args)
{
	const char *what = run_word(&args), *name = run_word(&args);
	struct core *c = r->world.core;
	const struct now *now = &r->world.now;
	struct err err;
	int64_t until_ms;

	if (!strcmp(what, "enrol"))
		say_done(r, core_enrol(c, name, "root", now, r->code, &until_ms, &err), &err, r->code);
	else if (!strcmp(what, "revoke"))
		say_done(r, core_revoke(c, name, "root", now, &err), &err, "done");
	else if (!strcmp(what, "restore"))
		say_done(r, core_restore(c, name, "root", now, &err), &err, "done");
	else
		run_fail(r, "unknown word in people", what);
}

struct audit_lines {
	struct run *run;
	char lines[100][600];
	unsigned n;
};

static int keep_line(void *arg, const struct audit_row *row)
{
	struct audit_lines *a = arg;

	if (a->n == sizeof a->lines / sizeof a->lines[0])
		return 1;
	snprintf(a->lines[a->n++], sizeof a->lines[0], "%s %s %s, via %s: %s", row->actor, row->action,
		 row->object, row->via, row->result);
	return 0;
}

/* All of it, oldest first. */
static void do_audit(struct run *r)
{
	struct audit_lines *a = calloc(1, sizeof *a);
	struct err err;

	if (!a || store_audit(r->world.store, 0, 100, keep_line, a, &err) == -1)
		run_fail(r, "no audit", "");
	run_stamp(r);
	buf_printf(&r->out, "audit %u lines\n", a ? a->n : 0);
	while (a && a->n)
		buf_printf(&r->out, "| %s\n", a->lines[--a->n]);
	free(a);
}

bool run_people(struct run *r, const char *what, char *args)
{
	if (!strcmp(what, "people"))
		do_people(r, args);
	else if (!strcmp(what, "audit"))
		do_audit(r);
	else
		return false;
	return true;
}
