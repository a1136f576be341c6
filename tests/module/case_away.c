/*
 * What is kept while the agent is away, and the core's scheduled downtimes in a snapshot.
 * Part of the module's tests; cases.c runs them.
 * Never sleeps: time is the fake core's.
 */
#include "tests/module/cases.h"

#include <stdbool.h>
#include <unistd.h>

/* Accepts and says WELCOME; returns the number of HELLO. */
static uint64_t welcome(void)
{
	const struct event *ev;
	uint64_t seq;

	CHECK(agent_accept());
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_HELLO);
	seq = ev->seq;
	agent_send(&(struct event){.type = EVENT_WELCOME, .id = EVENT_VERSION});
	return seq;
}

/* ---- the ring ---- */

static void kept_before_the_first_agent(void)
{
	service *s = case_start("");
	const struct event *ev;
	uint64_t seq;

	agent_stop();
	core_tick(1);
	for (int i = 1; i <= 3; i++)
		core_change(s, i % 2 ? 2 : 1, HARD_STATE);
	agent_listen(geteuid());
	core_tick(12);
	seq = welcome();
	for (int i = 1; i <= 3; i++) {
		ev = agent_next();
		CHECK(ev && ev->type == EVENT_STATE && ev->state == (i % 2 ? 2 : 1));
		CHECK(ev->seq == ++seq);
	}
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_SNAP_BEGIN && ev->seq == ++seq);
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_OBJECT && ev->state == 2);
	CHECK(agent_find(EVENT_SNAP_END));
	case_stop();
	CHECK(core_log_count("did not reach the agent") == 0);
}

/* The new agent gets what the old one had not: neither its snapshot nor its answers. */
static void kept_when_the_agent_dies(void)
{
	service *s = case_start("");
	const struct event *ev;
	unsigned states = 0, last = 0;
	uint64_t seq, changed = 0;

	case_add_problems(s->host_ptr, 4000);
	welcome();
	for (int i = 0; i < 6000; i++) {
		core_change(s, i % 2 ? 1 : 2, HARD_STATE);
		changed++;
		if (i % 10 == 0)
			core_turn(); /* the socket is full before half of it is through */
	}
	agent_send(&(struct event){.type = EVENT_DESCRIBE, .id = 7, .kind = EVENT_HOST, .host = "web"});
	core_turn();
	agent_hang_up();
	core_tick(2);
	core_change(s, 3, HARD_STATE);
	seq = welcome();
	while ((ev = agent_next()) && (ev->type == EVENT_STATE || ev->type == EVENT_LOST)) {
		CHECK(ev->seq == ++seq);
		if (ev->type == EVENT_LOST) {
			CHECK(ev->code == 1); /* at most the one that was partly sent */
			continue;
		}
		states++;
		last = ev->state;
	}
	CHECK(states > 1000 && states < changed && last == 3);
	CHECK(ev && ev->type == EVENT_SNAP_BEGIN && ev->seq == ++seq);
	while ((ev = agent_next()) && ev->type != EVENT_SNAP_END)
		CHECK(ev->type == EVENT_OBJECT);
	CHECK(ev && ev->code == 4001);
	CHECK(!agent_next());
	case_stop();
}

static void full_while_away(void)
{
	service *s = case_start("ring=512");
	const struct event *ev;
	uint64_t seq, lost = 0, received = 0;

	agent_stop();
	core_tick(1);
	for (int i = 0; i < 30000; i++)
		core_change(s, i % 2 ? 1 : 2, HARD_STATE);
	agent_listen(geteuid());
	core_tick(12);
	seq = welcome();
	while ((ev = agent_next()) && ev->type != EVENT_SNAP_BEGIN) {
		CHECK(ev->seq == ++seq);
		received += ev->type == EVENT_STATE;
		lost += ev->type == EVENT_LOST ? (uint64_t)ev->code : 0;
	}
	CHECK(ev && lost > 1000 && received + lost == 30000);
	CHECK(agent_find(EVENT_SNAP_END) && !agent_next());
	case_stop();
}

/* Lost twice: told once, and not forgotten when the one that was told dies before it has read it. */
static void a_loss_that_nobody_has_read(void)
{
	service *s = case_start_connected("ring=512");
	const struct event *ev;
	int64_t lost = 0;

	for (int i = 0; i < 9000; i++)
		core_change(s, i % 2 ? 1 : 2, HARD_STATE);
	for (int i = 0; i < 50; i++)
		core_turn(); /* what fits goes, LOST waits behind it */
	agent_hang_up();
	core_tick(2);
	welcome();
	while ((ev = agent_next()) && ev->type != EVENT_SNAP_BEGIN)
		lost += ev->type == EVENT_LOST ? ev->code : 0;
	CHECK(ev && lost > 1000);
	case_stop();
}

static void kept_for_nobody(void)
{
	service *s = case_start("");

	agent_stop();
	core_tick(1);
	core_change(s, 2, HARD_STATE);
	core_change(s, 1, HARD_STATE);
	case_stop();
	CHECK(core_log_count("2 events did not reach the agent") == 1);
}

/* The loop turns without a turn for us: nothing may be watched that is always ready. */
static void waits_without_spinning(void)
{
	service *s = case_start("");

	CHECK(agent_accept() && agent_next());
	core_change(s, 2, HARD_STATE);
	core_turn();
	CHECK(core_turn() == 0);
	CHECK(!agent_next());
	case_stop();
}

/* ---- scheduled downtimes ---- */

static void snapshot_has_downtimes(void)
{
	service *s = case_start("");
	scheduled_downtime *d;
	const struct event *ev;

	agent_stop();
	core_tick(1);
	core_add_downtime(s->host_ptr, NULL, 1000, 2000);
	d = core_add_downtime(NULL, s, 3000, 4000);
	d->is_in_effect = TRUE;
	d = core_add_downtime(NULL, s, 5000, 9000);
	d->fixed = FALSE;
	d->is_in_effect = TRUE;
	d->flex_downtime_start = 5500;
	d->duration = 600;
	agent_listen(geteuid());
	core_tick(12);
	welcome();
	CHECK(agent_find(EVENT_SNAP_BEGIN));
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_DOWNTIME && ev->sub == EVENT_DOWNTIME_ADD && ev->kind == EVENT_HOST);
	CHECK(ev->id == 1 && ev->flags == EVENT_FIXED && ev->since == 1000 && ev->until == 2000);
	CHECK(!strcmp(ev->host, "web") && !*ev->service && !strcmp(ev->author, "bob"));
	CHECK(!strcmp(ev->text, "new kernel"));
	ev = agent_next();
	CHECK(ev && ev->id == 2 && ev->kind == EVENT_SERVICE && !strcmp(ev->service, "http"));
	CHECK(ev->flags == (EVENT_FIXED | EVENT_IN_DOWNTIME));
	ev = agent_next();
	CHECK(ev && ev->id == 3 && ev->flags == EVENT_IN_DOWNTIME && ev->since == 5500 && ev->until == 6100);
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_SNAP_END && ev->code == 0);
	case_stop();
}

/* The core frees one at which the snapshot stands. */
static void downtime_deleted_in_a_snapshot(void)
{
	service *s = case_start("ring=512");
	char seen[3001] = "";
	const struct event *ev;
	bool is_first = true;

	agent_stop();
	core_tick(1);
	core_leave_loop(NEBTYPE_PROCESS_RESTART);
	core_unload();
	for (int i = 0; i < 3000; i++)
		core_add_downtime(NULL, s, 1000, 2000);
	agent_listen(geteuid());
	core_load(case_so, case_args("ring=512"));
	core_enter_loop();
	welcome();
	core_clock_step_ns = 1000000; /* a slice is 64 of them */
	CHECK(agent_find(EVENT_SNAP_BEGIN));
	while ((ev = agent_next()) && ev->type != EVENT_SNAP_END) {
		if (ev->sub != EVENT_DOWNTIME_ADD)
			continue;
		CHECK(ev->id >= 1 && ev->id <= 3000);
		seen[ev->id] = 1;
		for (unsigned long id = 1; is_first && id <= 200; id++)
			core_delete_downtime(id);
		is_first = false;
	}
	CHECK(ev);
	for (int id = 201; id <= 3000; id++)
		CHECK(seen[id]);
	case_stop();
}

static void flexible_begins(void)
{
	service *s = case_start_connected("");
	nebstruct_downtime_data down = {
	    .type = NEBTYPE_DOWNTIME_START,
	    .timestamp = {7000, 5},
	    .downtime_type = SERVICE_DOWNTIME,
	    .host_name = s->host_name,
	    .service_description = s->description,
	    .start_time = 6000,
	    .end_time = 9000,
	    .duration = 600,
	    .downtime_id = 4};
	const struct event *ev;

	core_dispatch(NEBCALLBACK_DOWNTIME_DATA, &down);
	ev = agent_next();
	CHECK(ev && ev->sub == EVENT_DOWNTIME_START && ev->since == 7000 && ev->until == 7600 && !ev->flags);
	down.fixed = TRUE;
	core_dispatch(NEBCALLBACK_DOWNTIME_DATA, &down);
	ev = agent_next();
	CHECK(ev && ev->since == 6000 && ev->until == 9000 && ev->flags == EVENT_FIXED);
	case_stop();
}

const struct test case_away[] = {
    CASE(kept_before_the_first_agent),
    CASE(kept_when_the_agent_dies),
    CASE(full_while_away),
    CASE(a_loss_that_nobody_has_read),
    CASE(kept_for_nobody),
    CASE(waits_without_spinning),
    CASE(snapshot_has_downtimes),
    CASE(downtime_deleted_in_a_snapshot),
    CASE(flexible_begins),
    {NULL, NULL},
};
