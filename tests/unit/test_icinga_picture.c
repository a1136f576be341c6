/*
 * An Icinga 2's answers, look after look, and the events that they mean: the cases of
 * data/icinga/picture.txt. Must never need a server.
 *
 *	hosts|services|downtimes|comments JSON    the "results" of one look's answers
 *	outputs hosts|services JSON	          those of what was asked for more
 *	all | changes				  what is told then: as a snapshot, or as what changed
 *	wanted hosts|services			  whose outputs are asked for
 *	ok HOST SERVICE				  since when it is well
 *	cancel MARK ONLY			  we cancel what has the mark's tag; ONLY: but that mark's, - all
 *	now SECONDS
 *	last_ok					  lines say when it was well last
 *	> a line that comes out
 */
#include "agent/icinga_picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct picture *before, *fresh;
static struct now now;
static bool is_with_last_ok;
static struct buf out;

static void line_of(void *arg, const struct event *ev)
{
	static const struct {
		unsigned bit;
		const char *word;
	} flags[] = {{EVENT_HARD, "hard"},	     {EVENT_ACKED, "acked"}, {EVENT_STICKY, "sticky"},
		     {EVENT_FLAPS, "flaps"},	     {EVENT_IN_DOWNTIME, "down"}, {EVENT_OURS, "ours"},
		     {EVENT_CANCELLED, "cancelled"}, {EVENT_FIXED, "fixed"}, {EVENT_HOST_DOWN, "hostdown"}};

	(void)arg;
	buf_str(&out, event_type_name(ev->type));
	if (ev->type == EVENT_DOWNTIME)
		buf_printf(&out, ".%u", ev->sub);
	if (ev->kind)
		buf_printf(&out, " %s%s%s", ev->host, *ev->service ? "/" : "", ev->service);
	if (ev->type == EVENT_OBJECT)
		buf_printf(&out, " %s", event_state_word(ev->kind, ev->state));
	for (size_t k = 0; k < sizeof flags / sizeof flags[0]; k++)
		if (ev->flags & flags[k].bit)
			buf_printf(&out, " %s", flags[k].word);
	if (ev->since)
		buf_printf(&out, " since=%lld", (long long)ev->since);
	if (is_with_last_ok && ev->type == EVENT_OBJECT)
		buf_printf(&out, " ok=%lld", (long long)ev->last_ok);
	if (ev->until)
		buf_printf(&out, " until=%lld", (long long)ev->until);
	if (ev->code)
		buf_printf(&out, " code=%d", (int)ev->code);
	if (*ev->author)
		buf_printf(&out, " by=%s", ev->author);
	if (*ev->mark)
		buf_printf(&out, " mark=%s", ev->mark);
	if (*ev->text)
		buf_printf(&out, " '%s'", ev->text);
	buf_char(&out, '\n');
}

static struct picture *look(void)
{
	if (!fresh)
		fresh = picture_create(now.wall_ms / 1000);
	assert_non_null(fresh);
	return fresh;
}

static void through(void)
{
	picture_destroy(before);
	before = look();
	fresh = NULL;
}

static unsigned kind_of(const char *word)
{
	return strncmp(word, "hosts", 5) == 0 ? EVENT_HOST : EVENT_SERVICE;
}

static void wanted(unsigned kind)
{
	json_t *list = picture_wanted(look(), before, kind);
	char *text = json_dumps(list, JSON_COMPACT);

	buf_printf(&out, "%s\n", text);
	free(text);
	json_decref(list);
}

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, 0, &error);

	if (!json)
		fail_msg("%s in %s", error.text, text);
	return json;
}

static void take(const char *what, json_t *results)
{
	int rc = 0;

	if (strcmp(what, "hosts") == 0)
		rc = picture_take_hosts(look(), before, results);
	else if (strcmp(what, "services") == 0)
		rc = picture_take_services(look(), before, results);
	else if (strcmp(what, "downtimes") == 0)
		rc = picture_take_downtimes(look(), results);
	else if (strcmp(what, "comments") == 0)
		rc = picture_take_comments(look(), results);
	else
		fail_msg("%s?", what);
	assert_int_equal(rc, 0);
	json_decref(results);
}

static void run(char *line)
{
	char *rest = line + strcspn(line, " ");

	if (*rest)
		*rest++ = '\0';
	if (strcmp(line, "now") == 0) {
		now.wall_ms = strtoll(rest, NULL, 10) * 1000;
	} else if (strcmp(line, "last_ok") == 0) {
		is_with_last_ok = true;
	} else if (strcmp(line, "all") == 0) {
		picture_tell_all(look(), &now, line_of, NULL);
		through();
	} else if (strcmp(line, "changes") == 0) {
		assert_non_null(before);
		picture_tell_changes(look(), before, &now, line_of, NULL);
		through();
	} else if (strcmp(line, "notified") == 0) {
		json_t *event = parse(rest);

		icinga_tell_notification(event, line_of, NULL);
		json_decref(event);
	} else if (strcmp(line, "turn") == 0) {
		buf_printf(&out, "%lld\n", (long long)picture_next_turn(before));
	} else if (strcmp(line, "lacks") == 0) {
		buf_printf(&out, "%s\n", picture_lacks(look(), before) ? "yes" : "no");
	} else if (strcmp(line, "wanted") == 0) {
		wanted(kind_of(rest));
	} else if (strcmp(line, "outputs") == 0) {
		json_t *results = parse(strchr(rest, ' ') + 1);

		picture_take_outputs(look(), kind_of(rest), results);
		json_decref(results);
	} else if (strcmp(line, "cancel") == 0) {
		char *only = rest + strcspn(rest, " ");

		*only++ = '\0';
		picture_note_cancel(before, rest, strcmp(only, "-") == 0 ? "" : only);
	} else if (strcmp(line, "ok") == 0) {
		char *service = rest + strcspn(rest, " ");

		if (*service)
			*service++ = '\0';
		buf_printf(&out, "%lld\n", (long long)picture_ok_since(before, rest, service));
	} else {
		take(line, parse(rest));
	}
}

static void reset(void)
{
	picture_destroy(before);
	picture_destroy(fresh);
	before = fresh = NULL;
	now.wall_ms = 2000000;
	is_with_last_ok = false;
	buf_reset(&out);
}

/* All lines of one case are compared at its end. */
static unsigned check(const char *name, const struct buf *want)
{
	if (strcmp(buf_text(want), buf_text(&out)) == 0)
		return 0;
	print_error("--- %s\nwanted:\n%sgot:\n%s", name, buf_text(want), buf_text(&out));
	return 1;
}

static void test_cases(void **state)
{
	FILE *f = fopen(TWICKET_TEST_DATA "/unit/data/icinga/picture.txt", "re");
	char line[8192], name[200] = "";
	unsigned bad = 0, n = 0;
	struct buf want;

	(void)state;
	assert_non_null(f);
	buf_init(&out, 1u << 20);
	buf_init(&want, 1u << 20);
	reset();
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "== ", 3) == 0) {
			bad += check(name, &want);
			snprintf(name, sizeof name, "%.150s", line + 3);
			buf_reset(&want);
			reset();
			n++;
		} else if (strncmp(line, "> ", 2) == 0) {
			buf_printf(&want, "%s\n", line + 2);
		} else if (*line && *line != '#') {
			run(line);
		}
	}
	bad += check(name, &want);
	fclose(f);
	reset();
	buf_finish(&want);
	buf_finish(&out);
	assert_int_equal(bad, 0);
	assert_true(n > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
