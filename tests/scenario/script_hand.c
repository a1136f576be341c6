/*
 * The words of a scenario that stand for commands of the command line by hand: open, close,
 * retract, quiet, pause, resume. Called by script.c.
 */
#include "tests/scenario/script.h"

#include "agent/core_hand.h"

#include <stdlib.h>
#include <string.h>

#define BY "root"

static void say_done(struct run *r, int rc, const struct err *err)
{
	run_stamp(r);
	if (rc == -1)
		buf_printf(&r->out, "cli: refused: %s\n", err->text);
	else
		buf_str(&r->out, "cli: done\n");
}

static void blanks(char *s)
{
	for (; *s; s++)
		if (*s == '+')
			*s = ' ';
}

/* "HH:MM", today or tomorrow, UTC; or "2h", "30m" from now on. */
static int64_t moment(const struct run *r, const char *text)
{
	int64_t now_s = r->world.now.wall_ms / 1000, at;
	char *end;
	long n = strtol(text, &end, 10);

	if (*end == 'h' || *end == 'm')
		return now_s + n * (*end == 'h' ? 3600 : 60);
	at = now_s / 86400 * 86400 + n * 3600 + (*end == ':' ? strtol(end + 1, NULL, 10) * 60 : 0);
	return at <= now_s ? at + 86400 : at;
}

/* AUDIENCES [name=A+B] [from=HH:MM] [until=HH:MM]: TEXT */
static void do_open(struct run *r, char *args)
{
	char *text = strstr(args, ": "), *audiences, tag[TAG_SIZE];
	struct open_order order = {.by = BY, .name = ""};
	struct err err;
	int rc;

	if (!text) {
		run_fail(r, "open needs `: text`", args);
		return;
	}
	*text = '\0';
	order.text = text + 2;
	audiences = run_word(&args);
	while (*args) {
		char *w = run_word(&args);

		if (!strncmp(w, "name=", 5)) {
			blanks(w);
			order.name = w + 5;
		} else if (!strncmp(w, "from=", 5))
			order.from_s = moment(r, w + 5);
		else if (!strncmp(w, "until=", 6))
			order.to_s = moment(r, w + 6);
		else
			run_fail(r, "unknown word in open", w);
	}
	rc = core_open(r->world.core, &order, audiences, &r->world.now, tag, &err);
	run_stamp(r);
	buf_printf(&r->out, rc == -1 ? "cli: refused: %s\n" : "cli: #%s\n", rc == -1 ? err.text : tag);
}

/* N [TEXT], N [delete] [TEXT] */
static void do_end(struct run *r, const char *what, char *args)
{
	bool is_delete = false;
	struct err err;
	char tag[32], number[16];

	snprintf(number, sizeof number, "$%s", run_word(&args));
	run_expand(r, number, tag, sizeof tag);
	if (!strcmp(what, "close")) {
		say_done(r, core_close(r->world.core, tag, args, BY, &r->world.now, &err), &err);
		return;
	}
	if (!strncmp(args, "delete", 6)) {
		is_delete = true;
		run_word(&args);
	}
	say_done(r,
		 core_retract(r->world.core, tag, args, BY, is_delete ? RETRACT_BY_DELETING : RETRACT_BY_POST,
			      &r->world.now, &err),
		 &err);
}

struct wanted {
	const char *match;
	uint64_t id;
};

static void find_quiet(void *arg, const struct quiet_row *row)
{
	struct wanted *w = arg;

	if (!strcmp(row->match, w->match))
		w->id = row->id;
}

/* MATCH FOR TEXT, end MATCH, end #TAG by the number of a post */
static void do_quiet(struct run *r, char *args)
{
	char *match = run_word(&args), which[32], number[16];
	struct wanted w = {.match = args};
	uint64_t id;
	struct err err;
	int64_t until_s;

	if (strcmp(match, "end")) {
		blanks(match);
		until_s = moment(r, run_word(&args));
		say_done(r, core_quiet(r->world.core, match, until_s, args, BY, &r->world.now, &id, &err), &err);
		return;
	}
	engine_quiets(core_engine(r->world.core), find_quiet, &w);
	snprintf(which, sizeof which, "%llu", (unsigned long long)w.id);
	if (args[0] >= '1' && args[0] <= '9') {
		snprintf(number, sizeof number, "$%.8s", args);
		run_expand(r, number, which, sizeof which);
	}
	say_done(r, core_quiet_end(r->world.core, which, BY, &r->world.now, &err), &err);
}

/* [NAME] [: TEXT] */
static void do_pause(struct run *r, const char *what, char *args)
{
	char *text = strstr(args, ": ");
	struct pause_target target;
	struct err err;
	int rc;

	if (text)
		*text = '\0';
	rc = core_pause_target(r->world.core, args, &target, &err);
	if (rc == 0 && !strcmp(what, "pause"))
		rc = core_pause(r->world.core, &target, text ? text + 2 : "", BY, &r->world.now, &err);
	else if (rc == 0)
		rc = core_resume_pause(r->world.core, &target, BY, &r->world.now, &err);
	say_done(r, rc, &err);
}

bool run_by_hand(struct run *r, const char *what, char *args)
{
	if (!strcmp(what, "open"))
		do_open(r, args);
	else if (!strcmp(what, "close") || !strcmp(what, "retract"))
		do_end(r, what, args);
	else if (!strcmp(what, "quiet"))
		do_quiet(r, args);
	else if (!strcmp(what, "pause") || !strcmp(what, "resume"))
		do_pause(r, what, args);
	else
		return false;
	return true;
}
