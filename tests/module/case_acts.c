/*
 * Downtimes and forced checks that the agent orders.
 * Part of the module's tests; cases.c runs them.
 * Never sleeps: time is the fake core's.
 */
#include "tests/module/cases.h"

static struct event order(unsigned verb, unsigned kind, const char *mark)
{
	return (struct event){
	    .type = EVENT_COMMAND,
	    .id = 9,
	    .sub = (uint8_t)verb,
	    .kind = (uint8_t)kind,
	    .host = "web",
	    .service = kind == EVENT_SERVICE ? "http" : "",
	    .author = "alice;x",
	    .text = "new; kernel $(id)",
	    .mark = mark};
}

static const char *line_of(const char *command)
{
	return strchr(command, ' ') + 1;
}

/* Of the form "VERB;web[;http];FROM;UNTIL;1;0;LENGTH;alice x;new kernel id T7K2:r20" */
static int is_downtime(const char *command, const char *head, long long until)
{
	const char *line = line_of(command);
	long long from, to, length;
	int used = 0;

	if (strncmp(line, head, strlen(head)) != 0)
		return 0;
	if (sscanf(line + strlen(head), "%lld;%lld;1;0;%lld;%n", &from, &to, &length, &used) != 3 || !used)
		return 0;
	return to == until && from + length == to &&
	       !strcmp(line + strlen(head) + used, "alice x;new kernel id T7K2:r20");
}

static void puts_a_service_in_downtime(void)
{
	struct event ev = order(EVENT_VERB_DOWNTIME, EVENT_SERVICE, "T7K2:r20");
	const struct event *got;

	case_start_connected("");
	ev.until = time(NULL) + 1800;
	agent_send(&ev);
	got = agent_find(EVENT_DOWNTIME);
	CHECK(got && got->sub == EVENT_DOWNTIME_ADD && (got->flags & EVENT_OURS));
	CHECK(!strcmp(got->mark, "T7K2:r20"));
	got = agent_find(EVENT_RESULT);
	CHECK(got && got->id == 9 && got->code == EVENT_CODE_OK && core_commands == 1);
	CHECK(is_downtime(core_last_command, "SCHEDULE_SVC_DOWNTIME;web;http;", ev.until));
	case_stop();
}

static void puts_a_host_with_its_services_in_downtime(void)
{
	struct event ev = order(EVENT_VERB_DOWNTIME, EVENT_HOST, "T7K2:r20");
	const struct event *got;

	case_start_connected("");
	ev.until = time(NULL) + 1800;
	agent_send(&ev);
	got = agent_find(EVENT_RESULT);
	CHECK(got && got->code == EVENT_CODE_OK && core_commands == 2);
	CHECK(is_downtime(core_command_before, "SCHEDULE_HOST_SVC_DOWNTIME;web;", ev.until));
	CHECK(is_downtime(core_last_command, "SCHEDULE_HOST_DOWNTIME;web;", ev.until));
	ev.until = 5; /* over long ago */
	agent_send(&ev);
	got = agent_find(EVENT_RESULT);
	CHECK(got && got->code == EVENT_CODE_REFUSED && core_commands == 2);
	case_stop();
}

static void cancels_only_what_bears_its_tag(void)
{
	service *s = case_start_connected("");
	struct event ev = order(EVENT_VERB_DOWNTIME_CANCEL, EVENT_SERVICE, "T7K2:r21");
	static const char *const comments[] = {
	    "new kernel - via a@b T7K2:r20", "new kernel", "said T7K2:r20 he", "x T9QM:r20",
	    "of the host T7K2:r19"};
	const struct event *got;
	unsigned gone = 0;

	for (unsigned i = 0; i < 5; i++) {
		core_add_downtime(s->host_ptr, i == 4 ? NULL : s, 1, 2);
		core_set_downtime(i + 1, comments[i]);
	}
	ev.text = "";
	agent_send(&ev);
	while ((got = agent_next()) && got->type != EVENT_RESULT) {
		if (got->type != EVENT_DOWNTIME || got->sub != EVENT_DOWNTIME_DELETE)
			continue;
		CHECK((got->flags & EVENT_OURS) && !strcmp(got->mark, "T7K2:r21"));
		gone++;
	}
	CHECK(got && got->code == EVENT_CODE_OK && gone == 2 && core_commands == 2);
	CHECK(!core_find_downtime(1) && core_find_downtime(2) && core_find_downtime(3));
	CHECK(core_find_downtime(4) && !core_find_downtime(5));
	agent_send(&ev);
	got = agent_find(EVENT_RESULT);
	CHECK(got && got->code == EVENT_CODE_NO_DOWNTIME && core_commands == 2);
	case_stop();
}

/* Of one reply, not of all that were made under the tag. */
static void cancels_only_what_has_that_mark(void)
{
	service *s = case_start_connected("");
	struct event ev = order(EVENT_VERB_DOWNTIME_CANCEL, EVENT_SERVICE, "T7K2:r21");
	static const char *const comments[] = {"new kernel - via a@b T7K2:r20", "T7K2:r2", "x T7K2:r200", "y T7K2:r20"};
	const struct event *got;

	for (unsigned i = 0; i < 4; i++) {
		core_add_downtime(s->host_ptr, s, 1, 2);
		core_set_downtime(i + 1, comments[i]);
	}
	ev.text = "T7K2:r20";
	agent_send(&ev);
	got = agent_find(EVENT_RESULT);
	CHECK(got && got->code == EVENT_CODE_OK && core_commands == 2);
	CHECK(!core_find_downtime(1) && core_find_downtime(2) && core_find_downtime(3) && !core_find_downtime(4));
	ev.text = "all of them";
	agent_send(&ev);
	got = agent_find(EVENT_RESULT);
	CHECK(got && got->code == EVENT_CODE_NO_DOWNTIME && core_commands == 2);
	case_stop();
}

/* A core that says yes and deletes nothing must not be asked for ever. */
static void gives_up_on_a_downtime_that_stays(void)
{
	service *s = case_start_connected("");
	struct event ev = order(EVENT_VERB_DOWNTIME_CANCEL, EVENT_SERVICE, "T7K2:r21");
	const struct event *got;

	core_add_downtime(s->host_ptr, s, 1, 2);
	core_set_downtime(1, "x T7K2:r20");
	core_command_code = 4;
	ev.text = "";
	agent_send(&ev);
	got = agent_find(EVENT_RESULT);
	CHECK(got && got->code == 4 && core_commands == 1);
	case_stop();
}

static void tells_what_a_check_gave(void)
{
	service *s = case_start_connected("");
	struct event ev = order(EVENT_VERB_RECHECK, EVENT_SERVICE, "T7K2:r22");
	const struct event *got;
	long long when = 0;

	s->current_state = 2;
	s->last_check = time(NULL);
	s->plugin_output = (char *)"still refused";
	agent_send(&ev);
	got = agent_find(EVENT_RESULT);
	CHECK(got && got->id == 9 && got->code == EVENT_CODE_OK && (got->flags & EVENT_MORE));
	CHECK(sscanf(line_of(core_last_command), "SCHEDULE_FORCED_SVC_CHECK;web;http;%lld", &when) == 1);
	CHECK(when > (long long)s->last_check);
	core_tick(1);
	CHECK(!agent_next());
	s->last_check = (time_t)when;
	core_tick(1);
	got = agent_next();
	CHECK(got && got->type == EVENT_RESULT && got->id == 9 && !(got->flags & EVENT_MORE));
	CHECK(got->kind == EVENT_SERVICE && got->state == 2 && !strcmp(got->text, "still refused"));
	core_tick(3);
	CHECK(!agent_next()); /* once */
	case_stop();
}

static void waits_for_so_many_checks_and_so_long(void)
{
	struct event ev = order(EVENT_VERB_RECHECK, EVENT_SERVICE, "T7K2:r22");
	service *s = case_start_connected("");
	const struct event *got;

	for (unsigned i = 0; i < 17; i++) {
		ev.id = i;
		agent_send(&ev);
		got = agent_find(EVENT_RESULT);
		CHECK(got && got->code == EVENT_CODE_OK);
		CHECK(!!(got->flags & EVENT_MORE) == (i < 16)); /* the last one is done, but not watched */
	}
	core_tick(63);
	s->last_check = time(NULL) + 1;
	core_tick(2);
	CHECK(!agent_next()); /* nobody waits any more */
	case_stop();
}

const struct test case_acts[] = {
    CASE(puts_a_service_in_downtime),
    CASE(puts_a_host_with_its_services_in_downtime),
    CASE(cancels_only_what_bears_its_tag),
    CASE(cancels_only_what_has_that_mark),
    CASE(gives_up_on_a_downtime_that_stays),
    CASE(tells_what_a_check_gave),
    CASE(waits_for_so_many_checks_and_so_long),
    {NULL, NULL},
};
