/*
 * Each callback of the core, as the agent hears it.
 * Part of the module's tests; cases.c runs them.
 * Never sleeps: time is the fake core's.
 */
#include "tests/module/cases.h"

/* ---- events ---- */

static void state_has_all_fields(void)
{
	service *s = case_start_connected("");
	const struct event *ev;

	s->last_hard_state_change = 1234;
	s->last_time_ok = 1200;
	s->current_attempt = 2;
	s->max_attempts = 70000;
	s->problem_has_been_acknowledged = TRUE;
	s->acknowledgement_type = ACKNOWLEDGEMENT_STICKY;
	s->is_flapping = TRUE;
	s->scheduled_downtime_depth = 1;
	s->has_been_checked = FALSE;
	s->host_ptr->current_state = 1;
	s->plugin_output = (char *)"CRITICAL - all is lost";
	core_change(s, 2, HARD_STATE);
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_STATE && ev->kind == EVENT_SERVICE && ev->state == 2);
	CHECK(
	    ev->flags == (EVENT_HARD | EVENT_ACKED | EVENT_STICKY | EVENT_FLAPS |
			  EVENT_IN_DOWNTIME | EVENT_HOST_DOWN));
	CHECK(ev->attempt == 2 && ev->max_attempts == 65535 && ev->since == 1234);
	CHECK(ev->last_ok == 1200 && ev->time_us > 0 && ev->seq > 0);
	CHECK(!strcmp(ev->host, "web") && !strcmp(ev->service, "http"));
	CHECK(!strcmp(ev->text, "CRITICAL - all is lost"));
	case_stop();
}

static void repeats_are_dropped(void)
{
	service *s = case_start_connected("");

	core_change(s, 2, SOFT_STATE);
	core_change(s, 2, SOFT_STATE);
	core_change(s, 2, HARD_STATE);
	for (int i = 0; i < 100; i++)
		core_change(s, 2, HARD_STATE);
	core_change(s, 1, HARD_STATE);
	for (int i = 0; i < 4; i++)
		CHECK(agent_next());
	CHECK(!agent_next());
	case_stop();
}

static void wild_numbers_and_names(void)
{
	service *s = case_start_connected(""), *named;
	char name[2000];
	const struct event *ev;

	core_change(s, 77, HARD_STATE);
	ev = agent_next();
	CHECK(ev && ev->state == EVENT_UNKNOWN);
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	named = core_add_service(s->host_ptr, name);
	core_change(named, 2, HARD_STATE);
	CHECK(!agent_next());
	s->plugin_output = name; /* a long text is cut */
	core_change(s, 0, HARD_STATE);
	ev = agent_next();
	CHECK(ev && strlen(ev->text) == sizeof name - 1);
	s->plugin_output = NULL;
	core_change(s, 1, HARD_STATE);
	ev = agent_next();
	CHECK(ev && !*ev->text);
	case_stop();
	CHECK(core_log_count("1 messages were skipped") == 1);
}

static void host_that_comes_back(void)
{
	service *s = case_start_connected("");
	const struct event *ev;

	core_change_host(s->host_ptr, 1);
	core_change(s, 2, HARD_STATE);
	CHECK(agent_next() && agent_next());
	core_change_host(s->host_ptr, 0);
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_STATE && ev->kind == EVENT_HOST && !ev->state);
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_SNAP_BEGIN && !strcmp(ev->host, "web"));
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_OBJECT && !strcmp(ev->service, "http"));
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_SNAP_END && ev->code == 1);
	case_stop();
}

static void many_hosts_come_back(void)
{
	host *h;
	unsigned ends = 0;
	const struct event *ev;
	char name[32];

	case_start_connected("");
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "host%d", i);
		core_add_host(name);
	}
	for (h = host_list; h; h = h->next)
		core_change_host(h, 1);
	for (h = host_list; h; h = h->next)
		core_change_host(h, 0);
	while ((ev = agent_next()))
		ends += ev->type == EVENT_SNAP_END && !*ev->host;
	CHECK(ends == 1); /* one of all instead of thousands */
	case_stop();
}

static void remove_flag(void *arg)
{
	((service *)arg)->problem_has_been_acknowledged = FALSE;
}

static void acknowledgement_that_goes(void)
{
	service *s = case_start_connected("");
	const struct event *ev;

	s->current_state = 2;
	core_external(CMD_REMOVE_SVC_ACKNOWLEDGEMENT, "web;http", remove_flag, s);
	CHECK(!agent_next()); /* there was none */
	s->problem_has_been_acknowledged = TRUE;
	core_external(CMD_REMOVE_SVC_ACKNOWLEDGEMENT, "web;http", NULL, s);
	CHECK(!agent_next()); /* it is still there */
	core_external(CMD_REMOVE_SVC_ACKNOWLEDGEMENT, "web;http;x", remove_flag, s);
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_ACK_GONE && !strcmp(ev->service, "http") && !ev->flags);
	core_external(CMD_REMOVE_HOST_ACKNOWLEDGEMENT, "nobody", NULL, NULL);
	core_external(CMD_REMOVE_HOST_ACKNOWLEDGEMENT, "", NULL, NULL);
	CHECK(!agent_next());

	case_stop();
}

static void acknowledgement_that_a_change_ends(void)
{
	service *s = case_start_connected("");
	unsigned long second;
	const struct event *ev;

	s->current_state = 2;
	CHECK(case_order(EVENT_VERB_ACK, "http", "alice", "t", ""));
	second = core_add_comment(s, ACKNOWLEDGEMENT_COMMENT, "bob", "b");
	CHECK(agent_next());
	s->problem_has_been_acknowledged =
	    FALSE; /* the core does case_so, deletes, then calls back */
	core_delete_comment(second - 1);
	core_delete_comment(second);
	core_change(s, 0, HARD_STATE);
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_COMMENT_GONE && ev->sub == ACKNOWLEDGEMENT_COMMENT);
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_ACK_GONE && !strcmp(ev->service, "http"));
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_COMMENT_GONE);
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_STATE && !(ev->flags & EVENT_ACKED));
	case_stop();
}

static void delete_in_command(void *arg)
{
	core_delete_comment((unsigned long)(uintptr_t)arg);
}

static void deleting_a_comment_is_no_unack(void)
{
	service *s = case_start_connected("");
	unsigned long id = core_add_comment(s, ACKNOWLEDGEMENT_COMMENT, "bob", "old one");
	const struct event *ev;

	CHECK(agent_next());
	core_external(CMD_DEL_SVC_COMMENT, "1", delete_in_command, (void *)(uintptr_t)id);
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_COMMENT_GONE && !agent_next());
	case_stop();
}

static void other_events(void)
{
	service *s = case_start_connected("");
	nebstruct_flapping_data flap = {
	    .type = NEBTYPE_FLAPPING_START,
	    .flapping_type = SERVICE_FLAPPING,
	    .host_name = s->host_name,
	    .service_description = s->description};
	nebstruct_downtime_data down = {
	    .type = NEBTYPE_DOWNTIME_STOP,
	    .attr = NEBATTR_DOWNTIME_STOP_CANCELLED,
	    .downtime_type = HOST_DOWNTIME,
	    .host_name = s->host_name,
	    .fixed = 1,
	    .start_time = 100,
	    .end_time = 200,
	    .downtime_id = 12};
	nebstruct_contact_notification_data told = {
	    .type = NEBTYPE_CONTACTNOTIFICATION_END,
	    .notification_type = HOST_NOTIFICATION,
	    .reason_type = 1,
	    .state = 9,
	    .host_name = s->host_name,
	    .contact_name = (char *)"ops"};
	const struct event *ev;

	core_dispatch(NEBCALLBACK_FLAPPING_DATA, &flap);
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_FLAPPING && ev->flags == EVENT_FLAPS);
	flap.type = NEBTYPE_FLAPPING_STOP;
	core_dispatch(NEBCALLBACK_FLAPPING_DATA, &flap);
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_FLAPPING && !ev->flags);
	s->host_ptr->scheduled_downtime_depth = 2; /* the core counts down after it has told us */
	s->current_state = EVENT_CRITICAL;
	core_dispatch(NEBCALLBACK_DOWNTIME_DATA, &down);
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_DOWNTIME && ev->sub == EVENT_DOWNTIME_STOP && ev->id == 12);
	CHECK(ev->flags == (EVENT_FIXED | EVENT_CANCELLED) && ev->since == 100 && ev->until == 200);
	CHECK(ev->code == 1);
	/* and the services of the host follow: which of them are still in downtime? */
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_SNAP_BEGIN && !strcmp(ev->host, s->host_name));
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_OBJECT && (ev->flags & EVENT_IN_DOWNTIME));
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_SNAP_END && ev->code == 1);
	s->current_state = EVENT_OK;
	s->host_ptr->scheduled_downtime_depth = 0;
	down.type = NEBTYPE_DOWNTIME_LOAD;
	core_dispatch(NEBCALLBACK_DOWNTIME_DATA, &down);
	told.type = NEBTYPE_CONTACTNOTIFICATION_START;
	core_dispatch(NEBCALLBACK_CONTACT_NOTIFICATION_DATA, &told);
	CHECK(!agent_next());
	told.type = NEBTYPE_CONTACTNOTIFICATION_END;
	core_dispatch(NEBCALLBACK_CONTACT_NOTIFICATION_DATA, &told);
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_NOTIFIED && ev->sub == 1 && !strcmp(ev->author, "ops"));
	case_stop();
}

const struct test case_events[] = {
    CASE(state_has_all_fields),
    CASE(repeats_are_dropped),
    CASE(wild_numbers_and_names),
    CASE(host_that_comes_back),
    CASE(many_hosts_come_back),
    CASE(acknowledgement_that_goes),
    CASE(acknowledgement_that_a_change_ends),
    CASE(deleting_a_comment_is_no_unack),
    CASE(other_events),
    {NULL, NULL},
};
