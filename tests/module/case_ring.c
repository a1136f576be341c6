/*
 * Snapshots in slices, a full ring, reloads and the end.
 * Part of the module's tests; cases.c runs them.
 * Never sleeps: time is the fake core's.
 */
#include "tests/module/cases.h"

#include <dirent.h>
#include <dlfcn.h>

/* ---- snapshots and the ring ---- */

static void snapshot_says_what_is_not_fine(void)
{
	service *s = case_start("");
	const struct event *ev;

	s->problem_has_been_acknowledged = TRUE;
	s->current_state = 1;
	core_add_comment(s, ACKNOWLEDGEMENT_COMMENT, "alice", "mine T7K2:r1");
	core_add_comment(s, ACKNOWLEDGEMENT_COMMENT, "bob", "no, mine T7K2:r2");
	core_add_comment(s, USER_COMMENT, "carol", "hello");
	core_add_service(s->host_ptr, "flaps")->is_flapping = TRUE;
	core_add_service(s->host_ptr, "down")->scheduled_downtime_depth = 2;
	core_add_service(s->host_ptr, "fresh")->has_been_checked = FALSE;
	CHECK(agent_accept() && agent_next());
	agent_send(&(struct event){.type = EVENT_WELCOME, .id = EVENT_VERSION});
	ev = agent_find(EVENT_SNAP_BEGIN); /* behind the comments */
	CHECK(ev && !*ev->host);
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_OBJECT && (ev->flags & EVENT_ACKED));
	CHECK(!strcmp(ev->author, "bob") && !strcmp(ev->mark, "T7K2:r2") && ev->state == 1);
	ev = agent_next();
	CHECK(ev && (ev->flags & EVENT_FLAPS));
	ev = agent_next();
	CHECK(ev && (ev->flags & EVENT_IN_DOWNTIME));
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_SNAP_END && ev->code == 3);
	case_stop();
}

static void snapshot_in_slices(void)
{
	service *s = case_start("");
	const struct event *ev;
	unsigned objects = 0, turns = 0;

	case_add_problems(s->host_ptr, 5000);
	CHECK(agent_accept() && agent_next());
	agent_send(&(struct event){.type = EVENT_WELCOME, .id = EVENT_VERSION});
	core_clock_step_ns = 1000000; /* a look at the clock takes a millisecond */
	while ((ev = agent_next()) && ev->type != EVENT_SNAP_END) {
		objects += ev->type == EVENT_OBJECT;
		turns += core_turn() > 0;
	}
	CHECK(ev && ev->code == 5000 && objects == 5000);
	CHECK(turns > 20);
	core_clock_step_ns = 0;
	case_stop();
}

static void snapshot_waits_for_a_slow_agent(void)
{
	service *s = case_start("ring=512");
	const struct event *ev;
	unsigned objects = 0;

	case_add_problems(s->host_ptr, 20000);
	CHECK(agent_accept() && agent_next());
	agent_send(&(struct event){.type = EVENT_WELCOME, .id = EVENT_VERSION});
	for (int i = 0; i < 2000; i++)
		core_turn(); /* nobody reads: it must neither overflow nor spin to an end */
	core_change(s, 2, HARD_STATE);
	while ((ev = agent_next()) && ev->type != EVENT_SNAP_END) {
		CHECK(ev->type != EVENT_LOST);
		objects += ev->type == EVENT_OBJECT;
	}
	CHECK(ev && ev->code == (int32_t)objects && objects >= 20000);
	case_stop();
}

static void full_ring(void)
{
	service *s = case_start_connected("ring=512");
	const struct event *ev;
	uint64_t received = 0, lost = 0, first, last = 0;

	core_change(s, 1, HARD_STATE);
	ev = agent_next();
	CHECK(ev);
	first = ev->seq;
	for (int i = 0; i < 30000; i++) {
		core_change(s, i % 2 ? 1 : 2, HARD_STATE);
		if (i % 100 == 0)
			core_turn();
	}
	while ((ev = agent_next())) {
		received += ev->type == EVENT_STATE;
		if (ev->type == EVENT_LOST)
			lost += (uint64_t)ev->code;
		CHECK(ev->seq > last);
		last = ev->seq;
	}
	CHECK(lost > 1000 && received + lost == 30000);
	CHECK(last == first + 30000 + 4); /* LOST, BEGIN, one OBJECT, END */
	case_stop();
}

/* ---- reload and end ---- */

static unsigned open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void reloads(void)
{
	service *s = case_start_connected("");
	unsigned files = open_files();
	const struct event *ev;

	for (int i = 0; i < 50; i++) {
		core_change(s, 1 + i % 2, HARD_STATE);
		core_leave_loop(NEBTYPE_PROCESS_RESTART);
		core_change(s, 0, HARD_STATE); /* too late: nothing of it is sent */
		while ((ev = agent_next()) && ev->type != EVENT_PROCESS)
			CHECK(ev->type == EVENT_STATE && ev->state);
		CHECK(ev && ev->sub == EVENT_PROCESS_RESTART);
		CHECK(!agent_is_open());
		core_unload();
		core_load(case_so, case_args(""));
		core_enter_loop();
		agent_welcome();
	}
	CHECK(open_files() == files);
	case_stop();
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_PROCESS && ev->sub == EVENT_PROCESS_SHUTDOWN);
}

/* Somebody else holds the library: its variables live on. */
static void reload_without_unmapping(void)
{
	void *hold = dlopen(case_so, RTLD_NOW);

	CHECK(hold);
	case_start_connected("");
	for (int i = 0; i < 3; i++) {
		core_leave_loop(NEBTYPE_PROCESS_RESTART);
		core_unload();
		core_load(case_so, case_args(""));
		CHECK(core_callbacks() == 8);
		core_enter_loop();
		agent_welcome();
	}
	case_stop();
	CHECK(core_log_count("loaded twice") == 0);
	dlclose(hold);
}

static void callbacks_before_the_loop(void)
{
	service *s = core_add_service(core_add_host("web"), "http");

	core_load(case_so, case_args(""));
	core_change(s, 2, HARD_STATE);
	core_external(CMD_REMOVE_SVC_ACKNOWLEDGEMENT, "web;http", NULL, NULL);
	core_add_comment(s, ACKNOWLEDGEMENT_COMMENT, "x", "y");
	core_leave_loop(NEBTYPE_PROCESS_SHUTDOWN); /* a configuration that the core refuses */
}

const struct test case_ring[] = {
    CASE(snapshot_says_what_is_not_fine),
    CASE(snapshot_in_slices),
    CASE(snapshot_waits_for_a_slow_agent),
    CASE(full_ring),
    CASE(reloads),
    CASE(reload_without_unmapping),
    CASE(callbacks_before_the_loop),
    {NULL, NULL},
};
